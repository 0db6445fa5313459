#include "nfvo/api/request/idempotency.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/claims.h"
#include "nfvo/store/store_idempotency.h"
#include "nfvo/store/store_operation.h"
#include "proto/records/manager.h"

#define KEY_MAX    255
#define TRIM_EVERY 100

/* --- key and digest --------------------------------------------------------------------------- */

static void feed(crypto_generichash_state *s, const char *text)
{
    crypto_generichash_update(s, (const unsigned char *)text, strlen(text) + 1);
}

static void finish_hash(crypto_generichash_state *s, char *ret_hex)
{
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash_final(s, hash, sizeof(hash));
    sodium_bin2hex(ret_hex, 2 * sizeof(hash) + 1, hash, sizeof(hash));
}

static enum err_code feed_file(crypto_generichash_state *s, const struct http_file *file,
                               struct err *err)
{
    unsigned char piece[65536];
    ssize_t n;
    if (file->data) {
        crypto_generichash_update(s, (const unsigned char *)file->data, file->size);
        return ERR_OK;
    }
    for (off_t at = 0; (n = pread(file->fd, piece, sizeof(piece), at)) > 0; at += n)
        crypto_generichash_update(s, piece, (size_t)n);
    return n < 0 ? err_set(err, ERR_IO, "read the uploaded file again") : ERR_OK;
}

static enum err_code identify(struct call *c, const char *key, struct key_claim *claim,
                              struct err *err)
{
    crypto_generichash_state s;
    const struct http_file *file =
        c->endpoint->flags & API_UPLOAD ? http_request_file(c->req) : NULL;
    enum err_code rc = ERR_OK;
    crypto_generichash_init(&s, NULL, 0, crypto_generichash_BYTES);
    feed(&s, session_user(c->session)->id);
    feed(&s, c->project ? c->project : "");
    feed(&s, key);
    finish_hash(&s, claim->key);
    crypto_generichash_init(&s, NULL, 0, crypto_generichash_BYTES);
    feed(&s, c->req->method);
    feed(&s, c->req->path);
    bool is_plan = call_query_is_yes(c, "plan"); /* looking at a plan is not doing it */
    if (is_plan || c->endpoint->flags & (API_OPERATES | API_PLANS))
        feed(&s, is_plan ? "plan" : "");
    if (file)
        rc = feed_file(&s, file, err);
    else
        crypto_generichash_update(&s, (const unsigned char *)c->req->body, c->req->body_len);
    finish_hash(&s, claim->digest);
    return rc;
}

static enum err_code check_key(const char *key, struct err *err)
{
    size_t n = 0;
    while (key[n] > ' ' && key[n] < 0x7f)
        n++;
    if (n > 0 && n <= KEY_MAX && !key[n])
        return ERR_OK;
    err_set(err, ERR_INVALID, "the header Idempotency-Key is not 1 to %d printable characters",
            KEY_MAX);
    return err_hint(err, "a random UUID serves");
}

static enum err_code other_request(struct err *err)
{
    err_set(err, ERR_INVALID, "the Idempotency-Key was used for another request");
    return err_hint(err, "a new request takes a new key; a repeat has the same path and body");
}

/* --- what is in hand here ----------------------------------------------------------------------
 */

static void replayed(const struct call *c, struct http_reply *reply, int status, const char *object)
{
    http_reply_header(reply, "Idempotency-Replayed", "true");
    if (c->endpoint->flags & API_OPERATES && status == c->endpoint->status)
        reply_operation(reply, object);
}

/* The answer of the one in hand is this one's. */
static struct pending *park_repeat(void *arg)
{
    struct call *c = arg;
    struct err late = ERR_INIT;
    err_set(&late, ERR_TIMEOUT, "the first request with this Idempotency-Key is not answered yet");
    err_hint(&late, "repeat it");
    return call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
}

/* True: somebody else has it in hand; *rc says whether it is the same request. Else it is ours from
 * now on. */
static bool join_or_take(struct call *c, struct key_claim *mine, enum err_code *rc, struct err *err)
{
    enum claim_taken what = claims_take(c->api->claims, mine, park_repeat, c);
    if (what == CLAIM_OF_ANOTHER)
        *rc = other_request(err);
    return what != CLAIM_OURS;
}

/* --- begin --------------------------------------------------------------------------------------
 */

/* Of an operation nothing is shown but that it was accepted. */
static enum err_code find_object(struct call *c, bool *ret_there, struct sbuf *doc, struct err *err)
{
    struct store_operation op;
    *ret_there = false;
    if (!(c->endpoint->flags & API_OPERATES))
        return store_claim_object(call_db(c), store_seal(c->api->store), c->claim->object,
                                  ret_there, doc, err);
    enum err_code rc = store_operation_get(call_db(c), c->claim->object, "*", &c->arena, &op, err);
    *ret_there = rc == ERR_OK;
    sbuf_adds(doc, "{}");
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

bool claim_has_object(struct call *c)
{
    struct err err = ERR_INIT;
    bool is_there = false;
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    if (!c->claim || !c->claim->is_again)
        return false;
    store_return(c->api->store, c->db); /* what failed may have left a transaction */
    c->db = NULL;
    if (find_object(c, &is_there, &doc, &err) != ERR_OK || !is_there)
        return false;
    sbuf_clear(&c->out);
    sbuf_add(&c->out, doc.s, doc.len);
    return true;
}

static void trim(struct call *c)
{
    struct err err = ERR_INIT;
    if (claims_count(c->api->claims) % TRIM_EVERY == 0 &&
        store_claim_trim(call_db(c), session_user(c->session)->id, c->api->options->idempotency_max,
                         &err) != ERR_OK)
        log_warn(LOG_API, "idempotency_keys_not_trimmed", KV_ERR(&err));
}

/* The row says what there is to do. */
static enum err_code look(struct call *c, struct key_claim *claim, struct http_reply *reply,
                          bool *ret_is_answered, struct err *err)
{
    struct store_claim_row row = {.body = SBUF_INIT};
    const struct store_claim wanted = {claim->key, session_user(c->session)->id, claim->digest,
                                       claim->object,
                                       c->api->options->idempotency_keep_ms * USEC_PER_MS};
    enum err_code rc = store_claim(call_db(c), &wanted, &c->arena, &row, err);
    claim->is_settled =
        rc != ERR_OK || row.what == STORE_CLAIM_OTHER || row.what == STORE_CLAIM_DONE;
    if (rc == ERR_OK && row.what == STORE_CLAIM_OTHER)
        rc = other_request(err);
    if (rc == ERR_OK && row.what == STORE_CLAIM_DONE) {
        bool is_text = strcmp(row.type, HTTP_TYPE_TEXT) == 0;
        http_reply_copy(reply, row.status, is_text ? HTTP_TYPE_TEXT : HTTP_TYPE_JSON, row.body.s,
                        row.body.len);
        replayed(c, reply, row.status, row.object);
        *ret_is_answered = true;
    }
    if (rc == ERR_OK && row.what == STORE_CLAIM_AGAIN) {
        free(claim->object);
        claim->object = xstrdup(row.object);
        claim->is_again = true;
    }
    sbuf_release(&row.body);
    return rc;
}

/* Carried out before, and only the answer was not written? */
static enum err_code look_for_object(struct call *c, struct http_reply *reply,
                                     bool *ret_is_answered, struct err *err)
{
    bool is_there = false;
    struct sbuf doc = SBUF_INIT;
    enum err_code rc = find_object(c, &is_there, &doc, err);
    if (rc == ERR_OK && is_there) {
        http_reply_sbuf(reply, c->endpoint->status, HTTP_TYPE_JSON, &doc);
        replayed(c, reply, c->endpoint->status, c->claim->object);
        *ret_is_answered = true;
    } else
        sbuf_release(&doc);
    return rc;
}

enum err_code claim_begin(struct call *c, struct http_reply *reply, bool *ret_is_answered,
                          struct err *err)
{
    const char *key = http_request_header(c->req, "Idempotency-Key");
    *ret_is_answered = false;
    if (!key || strcmp(c->req->method, "POST") != 0)
        return ERR_OK;
    enum err_code rc = check_key(key, err);
    if (rc != ERR_OK)
        return rc;
    struct key_claim *claim = xcalloc(1, sizeof(*claim));
    rc = identify(c, key, claim, err);
    claim->object = xstrdup(call_new_id(c));
    if (rc != ERR_OK || join_or_take(c, claim, &rc, err)) {
        *ret_is_answered = rc == ERR_OK;
        claim_free(claim);
        return rc;
    }
    c->claim = claim; /* from here on claim_finish ends it, whatever comes */
    trim(c);
    rc = look(c, claim, reply, ret_is_answered, err);
    if (rc == ERR_OK && !*ret_is_answered && claim->is_again)
        rc = look_for_object(c, reply, ret_is_answered, err);
    return rc;
}

const char *call_object_id(struct call *c)
{
    return c->claim ? arena_strdup(&c->arena, c->claim->object) : call_new_id(c);
}
