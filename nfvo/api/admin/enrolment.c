/* /baton/managers: accounts of VNFMs, drivers and others on the broker. Ours; nfvo/vnfm/account.h.
 * What is asked for is a row; a registry brings it to the broker, within a second as a rule, and
 * `state` says so. */
#include <string.h>

#include "common/base/text.h"
#include "common/http/http.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/store/store_project.h"
#include "nfvo/vnfm/account.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"

#define BASE "/api/v1/baton/managers"

/* clang-format off */
#define ACCOUNT_WANTED_FIELDS(X)                     \
    X(STR,  name,       "name",       _, OPTIONAL)   \
    X(STR,  kind,       "kind",       _, OPTIONAL)   \
    X(STR,  type,       "type",       _, OPTIONAL)   \
    X(STR,  queue,      "queue",      _, OPTIONAL)   \
    X(STR,  room,       "room",       _, OPTIONAL)   \
    X(STR,  project,    "project",    _, OPTIONAL)   \
    X(STR,  sdk,        "sdk",        _, OPTIONAL)   \
    X(BOOL, management, "management", _, OPTIONAL)
PROTO_RECORD(account_wanted, ACCOUNT_WANTED_FIELDS)
/* clang-format on */
#define PROTO_THIS struct account_wanted
PROTO_RECORD_DEFINE(account_wanted, ACCOUNT_WANTED_FIELDS)
#undef PROTO_THIS

static const char *inner_of(struct call *c)
{
    const struct registry_setup *setup = c->api->host->registry;
    return setup ? account_vhost(setup, "") : "/";
}

static enum err_code need_registry(struct call *c, const struct registry_setup **ret,
                                   struct err *err)
{
    *ret = c->api->host->registry;
    return *ret ? ERR_OK : err_set(err, ERR_UNAVAIL, "this server makes no accounts");
}

static void tell_audit(struct call *c, const char *what, const char *name, const struct err *why)
{
    audited_write(c, (struct audit_record){.kind = AUDIT_ENROL,
                                           .outcome = why ? AUDIT_FAILED : AUDIT_OK,
                                           .what = what,
                                           .object = name,
                                           .detail = why ? why->msg : NULL});
}

static enum err_code list(struct call *c, struct err *err)
{
    return store_accounts_json(call_db(c), inner_of(c), &c->out, err);
}

static enum err_code show(struct call *c, struct err *err)
{
    return store_account_json(call_db(c), call_param(c, "name"), inner_of(c), &c->out, err);
}

/* The account with its password and how many others are in its room, once. */
static enum err_code answer(struct call *c, const char *name, const struct sbuf *password,
                            struct err *err)
{
    struct store_account m = {0};
    int64_t others = 0;
    enum err_code rc = store_account_json(call_db(c), name, inner_of(c), &c->out, err);
    if (rc == ERR_OK)
        rc = store_account_get(call_db(c), name, &c->arena, &m, err);
    if (rc == ERR_OK && *m.room)
        rc = store_room_others(call_db(c), m.room, name, &others, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_truncate(&c->out, c->out.len - 1);
    sbuf_addf(&c->out, ",\"others\":%d,\"password\":", (int)others);
    text_add_json(&c->out, password->s);
    sbuf_addc(&c->out, '}');
    return ERR_OK;
}

static enum err_code enrol(struct call *c, struct err *err)
{
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct registry_setup *setup;
    struct account_wanted *w;
    struct project *project = NULL;
    enum err_code rc = need_registry(c, &setup, err);
    if (rc == ERR_OK)
        rc = call_body(c, &account_wanted_type, &w, err);
    if (rc == ERR_OK && w->project && *w->project)
        rc = store_project_find(call_db(c), w->project, &c->arena, &project, err);
    if (rc != ERR_OK)
        return rc;
    const struct account_wish wish = {.name = w->name,
                                      .kind = w->kind,
                                      .type = w->type,
                                      .queue = w->queue,
                                      .room = w->room,
                                      .project = project ? project->id : NULL,
                                      .sdk = w->sdk,
                                      .has_management = w->management};
    rc = account_enrol(call_db(c), setup, &wish, &c->arena, &told, err);
    tell_audit(c, "enrol", w->name, rc == ERR_OK ? NULL : err);
    if (rc == ERR_OK)
        c->made = arena_printf(&c->arena, BASE "/%s", w->name);
    if (rc == ERR_OK)
        rc = answer(c, w->name, &told.password, err);
    account_told_release(&told);
    return rc;
}

static enum err_code rotate(struct call *c, struct err *err)
{
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct registry_setup *setup;
    const char *name = call_param(c, "name");
    enum err_code rc = need_registry(c, &setup, err);
    if (rc != ERR_OK)
        return rc;
    rc = account_rotate(call_db(c), setup, name, &told, err);
    tell_audit(c, "rotate", name, rc == ERR_OK ? NULL : err);
    if (rc == ERR_OK)
        rc = answer(c, name, &told.password, err);
    account_told_release(&told);
    return rc;
}

/* What was not known when it was enrolled. Nothing else of an account can be another one. */
static enum err_code update(struct call *c, struct err *err)
{
    struct account_wanted *w;
    const char *name = call_param(c, "name");
    enum err_code rc = call_body(c, &account_wanted_type, &w, err);
    if (rc == ERR_OK && !w->sdk) {
        err_set(err, ERR_INVALID, "nothing of an account can be changed but its \"sdk\"");
        return err_where(err, "sdk");
    }
    if (rc == ERR_OK)
        rc = account_check_sdk(w->sdk, err);
    if (rc != ERR_OK)
        return rc;
    rc = store_account_set_sdk(call_db(c), name, w->sdk, err);
    tell_audit(c, "update", name, rc == ERR_OK ? NULL : err);
    return rc == ERR_OK ? store_account_json(call_db(c), name, inner_of(c), &c->out, err) : rc;
}

static enum err_code remove_account(struct call *c, struct err *err)
{
    const char *name = call_param(c, "name");
    enum err_code rc = store_account_end(call_db(c), name, err);
    tell_audit(c, "delete", name, rc == ERR_OK ? NULL : err);
    return rc;
}

/* clang-format off */
const struct endpoint enrolment_endpoints[] = {
    {"GET",    BASE,                 list,           200, API_ANY_PROJECT,              "List the accounts on the broker, and VNFMs without one"},
    {"POST",   BASE,                 enrol,          201, API_ADMIN | API_ANY_PROJECT | API_SECRET, "Make an account for a VNFM, driver, monitor, subscriber, companion or collector of what agents measure; the answer has its password, once"},
    {"GET",    BASE "/{name}",       show,           200, API_ANY_PROJECT,              "Show an account"},
    {"PATCH",  BASE "/{name}",       update,         200, API_ADMIN | API_ANY_PROJECT,  "Say with which SDK a VNFM is written: {\"sdk\":\"java\"}, c, python, go, or \"\" if that is not known"},
    {"POST",   BASE "/{name}/rotate", rotate,        201, API_ADMIN | API_ANY_PROJECT | API_SECRET, "Give it another password; open connections go on"},
    {"DELETE", BASE "/{name}",       remove_account, 204, API_ADMIN | API_ANY_PROJECT,  "Delete it: its connections end, and its room when it was the last there"},
    {0},
};
/* clang-format on */
