#include "nfvo/api/catalogue/package_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/command.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/lifecycle/operate.h"
#include "nfvo/store/store_package.h"

enum { IDS_SHOWN_MAX = 32 };

static enum err_code read_script(struct call *c, struct script **ret, struct err *err)
{
    return store_script_get(call_db(c), call_param(c, "id"), call_param(c, "scriptId"), c->project,
                            &c->arena, ret, err);
}

enum err_code package_script_get(struct call *c, struct err *err)
{
    struct script *s;
    enum err_code rc = read_script(c, &s, err);
    if (rc != ERR_OK)
        return rc;
    c->type = HTTP_TYPE_TEXT;
    sbuf_add(&c->out, s->payload.at, s->payload.n);
    return ERR_OK;
}

/* Together they stay what one message can carry. */
static enum err_code check_room(struct call *c, const struct script *s, struct err *err)
{
    struct vnf_package *p;
    size_t all = c->req->body_len;
    enum err_code rc =
        store_package_get(call_db(c), call_param(c, "id"), c->project, true, &c->arena, &p, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < p->scripts.n; i++)
        if (strcmp(p->scripts.at[i]->id, s->id) != 0)
            all += p->scripts.at[i]->payload.n;
    if (all > PACKAGE_SCRIPTS_MAX)
        return err_set(err, ERR_LIMIT,
                       "the scripts of package '%s' become %zu bytes together, more than %zu MiB: "
                       "one message carries them all",
                       p->name, all, PACKAGE_SCRIPTS_MAX >> 20);
    return ERR_OK;
}

/* --- the services that run with it ------------------------------------------------------------ */

/* One after the other: a service whose worker answers gives way to the next. Owned by the command
 * that the engine has in hand, so no lock. */
struct push {
    struct pending *pending;
    struct api *api;
    struct arena arena;
    struct proto_strs services;
    uint32_t at; /* the one that is asked */
    const char *package, *project, *user;
    struct script *before, *after;
    bool is_dry;
    struct sbuf text; /* of the answer */
    struct sbuf ids;  /* of operations, for the header */
    const char *id;   /* of the operation that is asked for */
    uint32_t n_ids, n_refused;
    char why[sizeof(((struct err *)NULL)->msg)]; /* the first did not take it */
};

static void push_free(struct push *p)
{
    sbuf_release(&p->text);
    sbuf_release(&p->ids);
    arena_release(&p->arena);
    free(p);
}

static void end(struct push *p)
{
    struct pending *pending = p->pending;
    if (p->is_dry)
        sbuf_addc(&p->text, ']');
    if (p->n_refused) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT, warning = SBUF_INIT;
        sbuf_addf(&text, "%u of %u services that run with it keep their script: %s", p->n_refused,
                  p->services.n, p->why);
        sbuf_adds(&warning, "299 - ");
        http_quoted_string(&warning, text.s);
        pending->warning = xstrdup(warning.s);
    }
    pending->operation_ids = p->ids.len ? xstrdup(p->ids.s) : NULL;
    pending_done(pending, p->is_dry ? HTTP_TYPE_JSON : HTTP_TYPE_TEXT, &p->text);
    push_free(p);
}

static void ask_next(struct push *p);

static void took(struct push *p, const char *text)
{
    if (p->is_dry) {
        sbuf_adds(&p->text, p->text.len > 1 ? "," : "");
        sbuf_adds(&p->text, text && *text ? text : "{}");
    } else if (p->n_ids++ < IDS_SHOWN_MAX) {
        sbuf_addf(&p->ids, "%s%s", p->ids.len ? ", " : "", p->id);
    }
}

/* Not there any more, or no VNF of the package: upgraded in between. */
static bool is_nothing_lost(const struct err *err)
{
    return err->code == ERR_NOT_FOUND;
}

static void answered(void *arg, const struct err *err, const char *text)
{
    struct push *p = arg;
    if (err && err->code == ERR_UNAVAIL) { /* this process ends: nobody else is asked */
        pending_fail(p->pending, 0, err);
        push_free(p);
        return;
    }
    if (!err || err->code == ERR_OK) {
        took(p, text);
    } else if (!is_nothing_lost(err)) {
        log_warn(LOG_API, "script_not_told", KV_S("nsr", p->services.at[p->at]), KV_ERR(err));
        if (p->n_refused++ == 0)
            snprintf(p->why, sizeof(p->why), "%s", err->msg);
    }
    if (++p->at < p->services.n)
        ask_next(p);
    else
        end(p);
}

static const char *parameters(struct push *p, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_adds(&out, "{\"script\":");
    proto_quotes(&out, p->after->name);
    sbuf_adds(&out, ",\"package\":");
    proto_quotes(&out, p->package);
    sbuf_addc(&out, '}');
    return arena_strndup(a, out.s, out.len);
}

static void ask_next(struct push *p)
{
    struct api_command *cmd = api_command_new(AGG_NSR, p->services.at[p->at], EV_NSR_OPERATE);
    struct operate_request *req = arena_alloc(&cmd->arena, sizeof(*req));
    char id[ID_SIZE];
    id_new(id);
    p->id = arena_strdup(&p->arena, id);
    *req =
        (struct operate_request){.operation_id = p->id,
                                 .project = p->project,
                                 .asked_by = p->user,
                                 .origin = "user",
                                 .request = parameters(p, &cmd->arena),
                                 .plan = {.kind = OPERATION_UPDATE_SCRIPT, .package = p->package},
                                 .new_script = p->after,
                                 .old_script = p->before,
                                 .may_queue = true,
                                 .is_dry = p->is_dry};
    cmd->payload = req;
    api_submit(p->api->commands, cmd, answered, p);
}

static struct script *copy(struct arena *a, const struct script *from, const void *text, size_t n)
{
    struct script *s = proto_new(&script_type, a);
    s->id = arena_strdup(a, from->id);
    s->name = arena_strdup(a, from->name);
    s->hb_version = from->hb_version;
    s->payload = (struct proto_bytes){(const uint8_t *)arena_strndup(a, text, n), n};
    return s;
}

static void push(struct call *c, const struct script *s, const struct proto_strs *services,
                 bool is_dry)
{
    struct err late = ERR_INIT;
    struct push *p = xcalloc(1, sizeof(*p));
    struct arena *a = &p->arena;
    *p = (struct push){.api = c->api, .is_dry = is_dry, .text = SBUF_INIT, .ids = SBUF_INIT};
    p->package = arena_strdup(a, call_param(c, "id"));
    p->project = arena_strdup(a, c->project);
    p->user = arena_strdup(a, session_user(c->session)->username);
    p->before = copy(a, s, s->payload.at, s->payload.n);
    p->after = copy(a, s, c->req->body, c->req->body_len);
    p->after->hb_version++;
    for (uint32_t i = 0; i < services->n; i++)
        proto_list_add(&p->services, arena_strdup(a, services->at[i]), a);
    if (is_dry)
        sbuf_addc(&p->text, '[');
    else
        sbuf_add(&p->text, c->req->body, c->req->body_len);
    err_set(&late, ERR_TIMEOUT,
            is_dry ? "not all services have answered in time"
                   : "the package is changed, but not all services that run with it have confirmed "
                     "in time that they take the script");
    err_hint(&late, "send it again: it may be sent twice");
    p->pending = call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
    ask_next(p);
}

enum err_code package_script_put(struct call *c, struct err *err)
{
    struct script *s;
    struct proto_strs services = {0};
    bool is_dry = call_is_plan(c);
    enum err_code rc = read_script(c, &s, err);
    if (rc == ERR_OK)
        rc = check_room(c, s, err);
    if (rc == ERR_OK && !is_dry) {
        struct script new = *s;
        new.payload = (struct proto_bytes){(const uint8_t *)c->req->body, c->req->body_len};
        new.hb_version++;
        rc = store_script_set(call_db(c), call_param(c, "id"), &new, err);
    }
    if (rc == ERR_OK) /* behind the change: who is deployed from now on has the new text */
        rc = store_package_services(call_db(c), call_param(c, "id"), c->project, &c->arena,
                                    &services, err);
    if (rc != ERR_OK)
        return rc;
    if (services.n) {
        push(c, s, &services, is_dry);
        return ERR_OK;
    }
    c->type = is_dry ? HTTP_TYPE_JSON : HTTP_TYPE_TEXT;
    if (is_dry)
        sbuf_adds(&c->out, "[]");
    else
        sbuf_add(&c->out, c->req->body, c->req->body_len);
    return ERR_OK;
}
