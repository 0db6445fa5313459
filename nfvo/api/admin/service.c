/* /components/services: rest-api.md 1.6. */
#include <sodium.h>
#include <string.h>

#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/api/admin/access.h"
#include "nfvo/api/auth/credentials.h"
#include "nfvo/api/auth/service_key.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_project.h"
#include "nfvo/store/store_service.h"
#include "proto/records/manager.h"

#define BASE        "/api/v1/components/services"
#define TYPE_BINARY "application/octet-stream"
#define TOKEN_SIZE  44
#define SEALED_MAX  4096 /* of what a service sends to register */

/* --- making ------------------------------------------------------------------------------------
 */

#define SERVICE_WANTED_FIELDS(X)                                                                   \
    X(STR, name, "name", _, REQUIRED, .form = &form_name)                                          \
    X(STRS, roles, "roles", _, OPTIONAL) /* ids or names of projects, or "*" alone */
PROTO_RECORD(service_wanted, SERVICE_WANTED_FIELDS)
#define PROTO_THIS struct service_wanted
PROTO_RECORD_DEFINE(service_wanted, SERVICE_WANTED_FIELDS)
#undef PROTO_THIS

static enum err_code read_wanted(struct call *c, struct service_wanted **ret, struct err *err)
{
    enum err_code rc = call_body(c, &service_wanted_type, ret, err);
    if (rc == ERR_OK)
        rc = proto_validate(&service_wanted_type, *ret, err);
    if (rc == ERR_OK && !call_says(&service_wanted_type, *ret, "roles"))
        rc = err_set(err, ERR_SYNTAX, "roles: is missing");
    if (rc != ERR_OK) {
        c->fail_status = 400;
        return rc;
    }
    if ((*ret)->roles.n > 0)
        return ERR_OK;
    err_set(err, ERR_INVALID, "Project list must not be empty");
    err_hint(err, "ids or names of projects, or [\"*\"] for all of them");
    return err_where(err, "roles");
}

static enum err_code roles_of(struct call *c, const struct proto_strs *wanted, struct service *s,
                              struct err *err)
{
    if (wanted->n == 1 && strcmp(wanted->at[0], "*") == 0) {
        proto_list_add(&s->roles, access_role(c, "ADMIN", "*"), &c->arena);
        return ERR_OK;
    }
    for (uint32_t i = 0; i < wanted->n; i++) {
        struct project *p;
        enum err_code rc = store_project_find(call_db(c), wanted->at[i], &c->arena, &p, err);
        if (rc != ERR_OK)
            return err_where(err, "roles[%u]", i);
        access_drop_role(&s->roles, p->name); /* named twice */
        proto_list_add(&s->roles, access_role(c, "USER", p->name), &c->arena);
    }
    return ERR_OK;
}

static enum err_code check_name(struct call *c, const char *name, struct err *err)
{
    struct store_person person;
    enum err_code rc = store_person_find(call_db(c), name, &c->arena, &person, err);
    if (rc == ERR_NOT_FOUND)
        return ERR_OK;
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_EXISTS, "there is a user '%s': a service needs a name of its own", name);
    return err_where(err, "name");
}

static enum err_code add_service(struct call *c, const struct service_wanted *wanted,
                                 const char *key, struct err *err)
{
    struct service *s = proto_new(&service_type, &c->arena);
    s->id = call_new_id(c);
    c->made = arena_printf(&c->arena, BASE "/%s", s->id);
    s->name = wanted->name;
    enum err_code rc = check_name(c, wanted->name, err);
    if (rc == ERR_OK)
        rc = roles_of(c, &wanted->roles, s, err);
    return rc == ERR_OK ? store_service_add(call_db(c), store_seal(c->api->store), s, key, err)
                        : rc;
}

/* The reference's rule: one that is there keeps its roles, and its key is told again. */
static enum err_code add_or_find(struct call *c, const struct service_wanted *wanted, char *key,
                                 struct err *err)
{
    const struct seal *seal = store_seal(c->api->store);
    struct service *there;
    const char *old = NULL;
    enum err_code rc =
        store_service_find(call_db(c), seal, wanted->name, &c->arena, &there, &old, err);
    if (rc == ERR_NOT_FOUND)
        return add_service(c, wanted, key, err);
    if (rc == ERR_OK)
        c->made = arena_printf(&c->arena, BASE "/%s", there->id);
    if (rc == ERR_OK && !*old)
        return store_service_key(call_db(c), seal, there->id, key, err);
    if (rc == ERR_OK)
        memcpy(key, old, SERVICE_KEY_SIZE);
    return rc;
}

static enum err_code service_add(struct call *c, struct err *err)
{
    struct service_wanted *wanted;
    char key[SERVICE_KEY_SIZE];
    enum err_code rc = read_wanted(c, &wanted, err);
    if (rc != ERR_OK)
        return rc;
    service_key_new(key);
    rc = store_access_begin(call_db(c), err);
    if (rc == ERR_OK)
        rc = add_or_find(c, wanted, key, err);
    rc = access_end(c, rc, err);
    if (rc == ERR_OK) {
        c->type = TYPE_BINARY;
        sbuf_adds(&c->out, key);
    }
    sodium_memzero(key, sizeof(key));
    return rc;
}

/* --- registering -------------------------------------------------------------------------------
 */

#define SERVICE_CALL_FIELDS(X)                                                                     \
    X(STR, name, "name", _, OPTIONAL)                                                              \
    X(STR, action, "action", _, OPTIONAL)
PROTO_RECORD(service_call, SERVICE_CALL_FIELDS)
#define PROTO_THIS struct service_call
PROTO_RECORD_DEFINE(service_call, SERVICE_CALL_FIELDS)
#undef PROTO_THIS

struct caller {
    struct call *call;
    struct service *service; /* NULL: no key fits */
    struct service_call *said;
    char key[SERVICE_KEY_SIZE];
};

static bool try_key(void *arg, const char *doc, const char *key)
{
    struct caller *k = arg;
    struct call *c = k->call;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (strlen(key) + 1 != SERVICE_KEY_SIZE ||
        !service_key_open(key, c->req->body, c->req->body_len, &text) ||
        proto_decode(&service_call_type, text.s, text.len, 0, &c->arena, &k->said, NULL) !=
            ERR_OK ||
        proto_decode(&service_type, doc, strlen(doc), 0, &c->arena, &k->service, NULL) != ERR_OK)
        return false;
    memcpy(k->key, key, SERVICE_KEY_SIZE);
    return true;
}

static enum err_code find_caller(struct call *c, struct caller *k, struct err *err)
{
    if (c->req->body_len == 0 || c->req->body_len > SEALED_MAX)
        return err_set(err, ERR_NOT_FOUND,
                       "Could not decrypt the body, did you enable the service? Is the passed "
                       "service key correct?");
    enum err_code rc = store_service_keys(call_db(c), store_seal(c->api->store), try_key, k, err);
    if (rc != ERR_OK)
        return rc;
    if (!k->service) {
        err_set(err, ERR_NOT_FOUND,
                "Could not decrypt the body, did you enable the service? Is the passed service key "
                "correct?");
        return err_hint(err, "an administrator makes one: baton service create NAME");
    }
    if (!k->said->name || strcmp(k->said->name, k->service->name) != 0)
        return err_set(err, ERR_NOT_FOUND, "the key is that of the service '%s', not of '%.60s'",
                       k->service->name, k->said->name ? k->said->name : "");
    return ERR_OK;
}

static enum err_code give_token(struct call *c, const struct caller *k, struct err *err)
{
    char token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE];
    id_token(token, sizeof(token));
    token_hash(token, hash);
    enum err_code rc =
        store_service_token(call_db(c), k->service->id, hash,
                            c->api->options->service_token_validity_ms * USEC_PER_MS, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&c->out, "{\"token\":\"");
    service_key_close(k->key, token, strlen(token), &c->out);
    sbuf_adds(&c->out, "\"}");
    sodium_memzero(token, sizeof(token));
    return ERR_OK;
}

static enum err_code act(struct call *c, const struct caller *k, struct err *err)
{
    const char *action = k->said->action ? k->said->action : "";
    if (strcmp(action, "register") == 0)
        return give_token(c, k, err);
    if (strcmp(action, "remove") == 0 || strcmp(action, "delete") == 0) {
        sbuf_adds(&c->out, "{}");
        return store_service_delete(call_db(c), k->service->id, err);
    }
    err_set(err, ERR_INVALID, "a service asks for 'register' or 'remove', not for '%.40s'", action);
    return err_where(err, "action");
}

static enum err_code service_register(struct call *c, struct err *err)
{
    struct caller k = {.call = c};
    enum err_code rc = find_caller(c, &k, err);
    if (rc == ERR_OK)
        rc = act(c, &k, err);
    sodium_memzero(k.key, sizeof(k.key));
    audited_write(c, (struct audit_record){.kind = AUDIT_LOGIN,
                                           .outcome = rc == ERR_OK          ? AUDIT_OK
                                                      : rc == ERR_NOT_FOUND ? AUDIT_REFUSED
                                                                            : AUDIT_FAILED,
                                           .who = k.service ? k.service->name : NULL,
                                           .what = k.said && k.said->action ? "service key used"
                                                                            : "service register",
                                           .object = BASE "/register",
                                           .detail = rc == ERR_OK ? NULL : err->msg,
                                           .status = rc == ERR_OK ? 201 : err_http_status(rc)});
    return rc;
}

/* --- deleting ----------------------------------------------------------------------------------
 */

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    return store_service_delete(call_db(c), id, err);
}

static enum err_code service_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code service_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint service_endpoints[] = {
    {"GET",    BASE,                   list_answer,         200, API_ADMIN | API_ANY_PROJECT | LIST(SERVICE), "List the services that may register: autoscaling, fault management, .."},
    {"POST",   BASE "/create",         service_add,         201, API_ADMIN | API_ANY_PROJECT | API_SECRET, "Make a service for projects ({name, roles: ids or names of projects, or [\"*\"]}); the answer is its key"},
    {"POST",   BASE "/register",       service_register,    201, API_OPEN,                    "A service gets a token, by its name encrypted with its key"},
    {"POST",   BASE "/multipledelete", service_delete_many, 204, API_ADMIN | API_ANY_PROJECT, "Delete several services"},
    {"DELETE", BASE "/{id}",           service_delete,      204, API_ADMIN | API_ANY_PROJECT, "Delete a service: its key and its tokens end"},
    {0},
};
/* clang-format on */
