/* /keys: ssh keys for the servers of a deployment. rest-api.md 2.8. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/vim/key_pair.h"
#include "nfvo/api/vim/keys.h"
#include "nfvo/api/vim/sha1.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"
#include "proto/records/record.h"

#define BASE "/api/v1/keys"

#define GENERATE_WAIT_MS 60000

/* One line: with another behind it, servers would let in whom nobody named. */
static bool has_another_line(const char *key)
{
    const char *end = key + strcspn(key, "\r\n");
    return end[strspn(end, "\r\n")] != '\0';
}

enum err_code key_fingerprint(const char *public_key, char ret[KEY_FINGERPRINT_SIZE],
                              struct err *err)
{
    unsigned char blob[2048], digest[20];
    size_t len = 0;
    const char *at = public_key;
    bool is_rsa = strncmp(at, "ssh-rsa ", 8) == 0;
    at += is_rsa ? 8 : 0;
    size_t digits = strcspn(at, " \t\r\n");
    if (!is_rsa || digits == 0 || has_another_line(public_key) ||
        sodium_base642bin(blob, sizeof(blob), at, digits, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        err_set(err, ERR_INVALID,
                "The public key must have the following format: ssh-rsa [the_public_key]");
        return err_where(err, "publicKey");
    }
    sha1(blob, len, digest);
    key_fingerprint_text(digest, ret);
    return ERR_OK;
}

/* Its length without blanks and line ends at the end. */
static size_t trimmed(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    return n;
}

static enum err_code add_row(struct db *db, const struct ssh_key *key, struct err *err)
{
    enum err_code rc = store_key_add(db, key, err);
    if (rc != ERR_EXISTS)
        return rc;
    err_set(err, rc, "A key with the name %s exists already.", key->name);
    return err_where(err, "name");
}

static enum err_code key_add(struct call *c, struct err *err)
{
    struct ssh_key *key;
    char fingerprint[KEY_FINGERPRINT_SIZE];
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = call_body(c, &ssh_key_type, &key, err);
    if (rc != ERR_OK)
        return rc;
    if (key->public_key) /* a file's line end comes along easily; others would be lines of a
                            server's file */
        key->public_key = arena_strndup(&c->arena, key->public_key, trimmed(key->public_key));
    rc = proto_validate(&ssh_key_type, key, err);
    if (rc != ERR_OK) {
        c->fail_status = 400;
        return rc;
    }
    rc = key_fingerprint(key->public_key, fingerprint, err);
    if (rc != ERR_OK)
        return rc;
    key->id = call_object_id(c);
    key->hb_version = 0;
    key->project_id = c->project;
    key->fingerprint = fingerprint;
    rc = add_row(call_db(c), key, err);
    if (rc == ERR_OK)
        call_json(c, &ssh_key_type, key);
    return rc;
}

/* --- generating --------------------------------------------------------------------------------
 */

struct wanted {
    struct task task;
    struct pending *pending;
    char *name, *who;
};

static void wanted_free(struct wanted *w)
{
    free(w->name);
    free(w->who);
    free(w);
}

/* In the thread for it. */
static void generate(struct wanted *w)
{
    struct api *api = w->pending->api;
    struct key_pair pair = KEY_PAIR_INIT;
    struct err err = ERR_INIT;
    enum err_code rc = key_pair_new(w->name, &pair, &err);
    if (rc == ERR_OK) {
        struct db *db = store_borrow(api->store);
        rc = add_row(db,
                     &(struct ssh_key){.id = w->pending->id,
                                       .project_id = w->pending->project,
                                       .name = w->name,
                                       .public_key = pair.public_line.s,
                                       .fingerprint = pair.fingerprint},
                     &err);
        store_return(api->store, db);
    }
    if (rc == ERR_OK)
        pending_done(w->pending, HTTP_TYPE_TEXT, &pair.private_text);
    else
        pending_fail(w->pending, 0, &err);
    key_pair_release(&pair);
}

static void generate_task(struct task *t, enum task_end end)
{
    struct wanted *w = CONTAINER_OF(t, struct wanted, task);
    if (end == TASK_RUN)
        generate(w);
    else {
        struct err err = ERR_INIT;
        if (end == TASK_STOPPING)
            err_set(&err, ERR_UNAVAIL, "the orchestrator is stopping");
        else
            err_set(&err, ERR_TIMEOUT, "too many keys are being made");
        pending_fail(w->pending, 0, &err);
    }
    wanted_free(w);
}

/* The body is the name. */
static enum err_code key_generate(struct call *c, struct err *err)
{
    struct err late = ERR_INIT;
    enum err_code rc = call_one_project(c, err);
    if (rc != ERR_OK)
        return rc;
    char *body = arena_strndup(&c->arena, c->req->body_len ? c->req->body : "", c->req->body_len);
    const char *name = arena_strndup(&c->arena, body, trimmed(body));
    const struct ssh_key key = {.name = name, .public_key = "-"};
    if (proto_validate(&ssh_key_type, &key, err) != ERR_OK)
        return err_hint(err, "the body is the name of the key");
    struct wanted *w = xcalloc(1, sizeof(*w));
    w->name = xstrdup(name);
    err_set(&late, ERR_TIMEOUT, "too many keys are being made");
    err_hint(&late, "try again in a while");
    const char *id = call_object_id(c);
    c->made = arena_printf(&c->arena, BASE "/%s", id);
    w->pending = call_park(c, GENERATE_WAIT_MS, &late, id);
    w->who = xstrdup(session_user(c->session)->id);
    w->task = (struct task){.run = generate_task, .who = w->who};
    if (!task_queue_push(c->api->key_pairs, &w->task, 0, 0)) {
        pending_fail(w->pending, 0, &late);
        wanted_free(w);
    }
    return ERR_OK;
}

static enum err_code key_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_KEY, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "No key found with ID %s", id) : rc;
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    enum err_code rc = store_doc_delete(call_db(c), STORE_KEY, id, c->project, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "Not found key with id %s", id) : rc;
}

static enum err_code key_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code key_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint key_endpoints[] = {
    {"POST",   BASE,                   key_add,         201, API_PROJECT, "Import a public ssh key"},
    {"GET",    BASE,                   list_answer,        200, API_PROJECT | LIST(KEY), "List the ssh keys"},
    {"POST",   BASE "/generate",       key_generate,    201, API_PROJECT | API_SECRET, "Make a key pair: the body is its name, the answer the private key, which is not kept"},
    {"POST",   BASE "/multipledelete", key_delete_many, 204, API_PROJECT, "Delete several ssh keys"},
    {"GET",    BASE "/{id}",           key_get,         200, API_PROJECT, "Show an ssh key"},
    {"DELETE", BASE "/{id}",           key_delete,      204, API_PROJECT, "Delete an ssh key"},
    {0},
};
/* clang-format on */
