#include "nfvo/api/auth/login.h"
#include "nfvo/api/auth/credentials.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/api/auth/known_passwords.h"
#include "nfvo/api/auth/login_throttle.h"
#include "nfvo/api/auth/password.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/audited.h"

#define LOGIN_WAIT_MS 120000 /* a thousand others may be in front, at some 30 to 100 ms each */
#define TOO_MANY      "too many logins at a time"

struct login {
    struct task task;
    struct pending *pending; /* NULL: in the server's thread still */
    char from[HTTP_CLIENT_SIZE], client[NET_CLIENT_SIZE];
    int64_t until_us; /* who waited longer has got an answer: no work for nothing */
    struct arena arena;
    struct credentials_form form;
};

/* The user as it is now. */
struct found {
    struct store_person person;
    bool is_there;
    struct store_login_standing standing;
};

void oauth_error(struct sbuf *out, const char *error, const char *description)
{
    sbuf_addf(out,
              "{\"error\":\"%s\",\"error_description\":\"%s\",\"detailMessage\":\"%s\","
              "\"message\":\"%s\"}",
              error, description, description, description);
}

void oauth_token(struct sbuf *out, const char *token, const char *refresh, int64_t ttl_us)
{
    sbuf_addf(out, "{\"access_token\":\"%s\",\"value\":\"%s\",\"token_type\":\"bearer\",", token,
              token);
    if (refresh)
        sbuf_addf(out, "\"refresh_token\":\"%s\",", refresh);
    sbuf_addf(out, "\"expires_in\":%" PRId64 ",\"scope\":\"read write\"}", ttl_us / USEC_PER_SEC);
}

/* --- passwords ------------------------------------------------------------------------------ */

static bool is_hashed(struct api *api, const char *stored, const char *password)
{
    atomic_fetch_add(&api->logins_hashed, 1);
    bool is_right = password_verify(stored, password);
    if (is_right)
        known_passwords_add(api->known, stored, password, clock_mono_us());
    return is_right;
}

static bool is_password(struct api *api, const struct found *f, const struct credentials_form *form)
{
    const char *stored = f->is_there ? f->person.password : NULL;
    if (is_hashed(api, stored, form->password))
        return true;
    return strcmp(form->password, form->raw_password) != 0 &&
           is_hashed(api, stored, form->raw_password);
}

static bool is_known(struct api *api, const struct found *f, const struct credentials_form *form)
{
    int64_t now_us = clock_mono_us();
    bool is = f->is_there &&
              (known_passwords_has(api->known, f->person.password, form->password, now_us) ||
               known_passwords_has(api->known, f->person.password, form->raw_password, now_us));
    if (is)
        atomic_fetch_add(&api->logins_known, 1);
    return is;
}

/* --- outcomes --------------------------------------------------------------------------------- */

/* A name that nobody has may be a password in the wrong field. detail NULL: is in. */
static void audit_login(struct api *api, const struct login *l, const struct found *f, int status,
                        const char *detail)
{
    audit_write(api->audit, &(struct audit_record){
                                .kind = AUDIT_LOGIN,
                                .outcome = detail ? AUDIT_REFUSED : AUDIT_OK,
                                .who = f->is_there ? l->form.username : NULL,
                                .from = l->from,
                                .what = "login",
                                .detail = detail,
                                .status = status,
                            });
}

static enum err_code give_token(struct api *api, struct db *db, const struct login *l,
                                const struct found *f, struct sbuf *out, struct err *err)
{
    char token[TOKEN_SIZE], refresh[TOKEN_SIZE], hash[TOKEN_HASH_SIZE],
        refresh_hash[TOKEN_HASH_SIZE];
    int64_t session_us = api->options->session_validity_ms * USEC_PER_MS;
    int64_t ttl_us = api->options->token_validity_ms * USEC_PER_MS;
    ttl_us = ttl_us < session_us ? ttl_us : session_us;
    id_token(token, sizeof(token));
    id_token(refresh, sizeof(refresh));
    token_hash(token, hash);
    token_hash(refresh, refresh_hash);
    enum err_code rc = store_token_add(db,
                                       &(struct store_token){.hash = hash,
                                                             .refresh_hash = refresh_hash,
                                                             .person_id = f->person.id,
                                                             .client = l->from,
                                                             .ttl_us = ttl_us,
                                                             .refresh_ttl_us = session_us,
                                                             .max = api->options->sessions_max},
                                       err);
    if (rc != ERR_OK)
        return rc;
    oauth_token(out, token, refresh, ttl_us);
    audit_login(api, l, f, 200, NULL);
    return ERR_OK;
}

/* "too many failed logins from your address: try again in 4 s" */
static int too_early(struct api *api, const struct login *l, const struct found *f, int64_t wait_us,
                     struct sbuf *out)
{
    char text[128];
    int seconds = (int)((wait_us + USEC_PER_SEC - 1) / USEC_PER_SEC);
    atomic_fetch_add(&api->logins_refused, 1);
    audit_login(api, l, f, 429, "too many failures before: not looked at");
    snprintf(text, sizeof(text), "too many failed logins from your address: try again in %d s",
             seconds);
    oauth_error(out, "invalid_grant", text);
    return seconds;
}

static void refuse(struct login *l, const struct found *f, bool is_right)
{
    struct sbuf body = SBUF_INIT;
    audit_login(l->pending->api, l, f, 400,
                !f->is_there ? "no such user"
                : is_right   ? "the user is disabled"
                             : "the password is wrong");
    oauth_error(&body, "invalid_grant", is_right ? "User is disabled" : "Bad credentials");
    pending_answer(l->pending, 400, HTTP_TYPE_JSON, &body);
}

/* --- in the thread of its own ----------------------------------------------------------------- */

static enum err_code look(const struct login *l, struct db *db, struct arena *a, struct found *f,
                          struct err *err)
{
    memset(f, 0, sizeof(*f));
    return store_login_find(db, l->form.username, l->client, a, &f->person, &f->is_there,
                            &f->standing, err);
}

/* Fairness is among clients; who is known at his own goes by himself. */
static const char *group_of(struct login *l, const struct found *f)
{
    return f->standing.is_known ? arena_printf(&l->arena, "%s %s", f->person.id, l->client)
                                : l->client;
}

static void login_free(struct login *l)
{
    arena_release(&l->arena);
    free(l);
}

static void login_task(struct task *t, enum task_end end);

/* false: there is no room. */
static bool take_turn(struct api *api, struct login *l, const struct found *f, int64_t hold_us)
{
    l->task = (struct task){.run = login_task, .who = group_of(l, f)};
    return task_queue_push(api->logins, &l->task, login_penalty(&f->standing), hold_us);
}

static void give_up(struct login *l, enum err_code code, const char *why)
{
    struct err err = ERR_INIT;
    err_set(&err, code, "%s", why);
    err_hint(&err, "try again in a while");
    pending_fail(l->pending, 0, &err);
    login_free(l);
}

/* Comes again by itself (login_throttle.h). */
static void hold(struct login *l, const struct found *f, int64_t wait_us)
{
    int64_t hold_us = login_hold_us(wait_us, randombytes_random());
    if (!take_turn(l->pending->api, l, f, hold_us))
        give_up(l, ERR_TIMEOUT, TOO_MANY);
}

static void note_failure(struct api *api, const struct login *l, const struct found *f)
{
    struct err err = ERR_INIT;
    struct db *db = store_borrow(api->store);
    if (store_login_failed(db, l->form.username, f->is_there ? f->person.id : NULL, l->client,
                           f->standing.is_known, &err) != ERR_OK)
        log_error(LOG_SEC, "login_failure_not_counted", KV_ERR(&err));
    store_return(api->store, db);
}

/* argon2 has said no, or yes: of one who is disabled, too. */
static void conclude(struct login *l, const struct found *f, bool is_right)
{
    struct api *api = l->pending->api;
    struct sbuf body = SBUF_INIT;
    struct err err = ERR_INIT;
    if (!is_right || !f->person.is_enabled) {
        if (!is_right)
            note_failure(api, l, f);
        refuse(l, f, is_right);
        return;
    }
    struct db *db = store_borrow(api->store);
    enum err_code rc = store_login_succeeded(db, f->person.id, l->client, &err);
    if (rc == ERR_OK)
        rc = give_token(api, db, l, f, &body, &err);
    store_return(api->store, db);
    if (rc == ERR_OK)
        pending_done(l->pending, NULL, &body);
    else
        pending_fail(l->pending, 0, &err);
    sbuf_release(&body);
}

/* The connection is given back while argon2 works. While it waited here the same one may have
 * logged in, or others from there may have failed. */
static void log_in(struct login *l)
{
    struct api *api = l->pending->api;
    struct found f;
    struct err err = ERR_INIT;
    struct db *db = store_borrow(api->store);
    enum err_code rc = look(l, db, &l->arena, &f, &err);
    store_return(api->store, db);
    int64_t wait_us = rc == ERR_OK ? login_wait_us(&f.standing) : 0;
    if (wait_us > 0 && login_is_held(&f.standing)) {
        hold(l, &f, wait_us);
        return;
    }
    if (rc != ERR_OK)
        pending_fail(l->pending, 0, &err);
    else if (wait_us > 0) {
        struct sbuf body = SBUF_INIT;
        l->pending->retry_after_s = too_early(api, l, &f, wait_us, &body);
        pending_answer(l->pending, 429, HTTP_TYPE_JSON, &body);
    } else
        conclude(l, &f, is_known(api, &f, &l->form) || is_password(api, &f, &l->form));
    login_free(l);
}

static void login_task(struct task *t, enum task_end end)
{
    struct login *l = CONTAINER_OF(t, struct login, task);
    if (end == TASK_STOPPING)
        give_up(l, ERR_UNAVAIL, "the orchestrator is stopping");
    else if (end == TASK_NO_ROOM || clock_mono_us() > l->until_us)
        give_up(l, ERR_TIMEOUT, TOO_MANY);
    else
        log_in(l);
}

/* --- in the server's thread ------------------------------------------------------------------- */

static enum err_code park(struct call *c, struct login *l, const struct found *f)
{
    struct err late = ERR_INIT;
    err_set(&late, ERR_TIMEOUT, TOO_MANY);
    err_hint(&late, "try again in a while");
    l->until_us = clock_mono_us() + LOGIN_WAIT_MS * USEC_PER_MS;
    l->pending = call_park(c, LOGIN_WAIT_MS, &late, NULL);
    if (!take_turn(c->api, l, f, 0))
        give_up(l, ERR_TIMEOUT, TOO_MANY);
    return ERR_OK;
}

/* May the memory of right passwords answer here, in front of the queue? Only where the user has
 * logged in before and nothing waits: else a burst of guesses would be compared with it before the
 * first wrong one counts. */
static bool needs_no_turn(struct call *c, struct login *l, const struct found *f, int64_t wait_us)
{
    return wait_us == 0 && f->is_there && f->person.is_enabled && f->standing.is_known &&
           !task_queue_has(c->api->logins, group_of(l, f)) && is_known(c->api, f, &l->form);
}

/* A password that was right a moment ago needs no queue; who comes too early gets none. */
static enum err_code at_once(struct call *c, struct login *l, const struct found *f, bool *ret_done,
                             struct err *err)
{
    int64_t wait_us = login_wait_us(&f->standing);
    *ret_done = true;
    if (needs_no_turn(c, l, f, wait_us)) {
        enum err_code rc = store_login_succeeded(call_db(c), f->person.id, l->client, err);
        return rc == ERR_OK ? give_token(c->api, call_db(c), l, f, &c->out, err) : rc;
    }
    if (wait_us > 0 && !login_is_held(&f->standing)) {
        c->retry_after_s = too_early(c->api, l, f, wait_us, &c->out);
        c->fail_status = 429;
        return err_set(err, ERR_LIMIT, "too many failed logins");
    }
    *ret_done = false;
    return ERR_OK;
}

enum err_code login_start(struct call *c, const struct credentials_form *form, struct err *err)
{
    struct found f;
    bool is_done;
    if (!form->username || !form->password) {
        oauth_error(&c->out, "invalid_grant", "Bad credentials");
        c->fail_status = 400;
        return err_set(err, ERR_SYNTAX, "username and password are needed");
    }
    struct login *l = xcalloc(1, sizeof(*l));
    snprintf(l->from, sizeof(l->from), "%s", c->from);
    net_client(l->from, l->client);
    credentials_form(c->req->body, &l->arena, &l->form);
    enum err_code rc = look(l, call_db(c), &l->arena, &f, err);
    if (rc == ERR_OK)
        rc = at_once(c, l, &f, &is_done, err);
    if (rc == ERR_OK && !is_done)
        return park(c, l, &f);
    login_free(l);
    return rc;
}
