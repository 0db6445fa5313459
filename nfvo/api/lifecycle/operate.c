#include "nfvo/api/lifecycle/operate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/store/store_operation.h"
#include "nfvo/store/store_record.h"

enum { BASIS_MAX = 64, ATTEMPTS_MAX = 10 };

/* --- what the path names ---------------------------------------------------------------------- */

static const struct vdu *find_vdu(const struct vnfr *v, const char *id)
{
    for (uint32_t i = 0; i < v->vdu.n; i++)
        if (v->vdu.at[i]->id && strcmp(v->vdu.at[i]->id, id) == 0)
            return v->vdu.at[i];
    return NULL;
}

static const struct vnfc_instance *find_instance(const struct vdu *u, const char *id)
{
    for (uint32_t i = 0; i < u->vnfc_instance.n; i++)
        if (u->vnfc_instance.at[i]->id && strcmp(u->vnfc_instance.at[i]->id, id) == 0)
            return u->vnfc_instance.at[i];
    return NULL;
}

static enum err_code no_instance(const struct asked *o, const char *id, struct err *err)
{
    enum operation_kind kind = o->req->plan.kind;
    if (kind == OPERATION_START_INSTANCE || kind == OPERATION_STOP_INSTANCE)
        return err_set(err, ERR_NOT_FOUND, "VNFCInstance to be %s NOT FOUND",
                       kind == OPERATION_START_INSTANCE ? "started" : "stopped");
    return err_set(err, ERR_NOT_FOUND, "VNFCInstance with ID %s was not found in VDU '%s'", id,
                   o->vdu->name ? o->vdu->name : o->vdu->id);
}

static enum err_code find_parts(struct asked *o, struct err *err)
{
    const char *vdu = http_request_param(o->call->req, "vduId");
    const char *instance = http_request_param(o->call->req, "instanceId");
    if (vdu) {
        o->vdu = find_vdu(o->vnfr, vdu);
        if (!o->vdu)
            return err_set(err, ERR_NOT_FOUND, "VDU with ID %s was not found in VNFR '%s'", vdu,
                           o->vnfr->name);
    }
    if (instance && o->req->plan.kind != OPERATION_SWITCH) { /* that one's is not read */
        o->instance = find_instance(o->vdu, instance);
        if (!o->instance)
            return no_instance(o, instance, err);
        o->req->plan.instance = arena_strdup(&o->cmd->arena, instance);
    }
    return ERR_OK;
}

static enum err_code find(struct asked *o, struct err *err)
{
    struct call *c = o->call;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const char *vnfr = http_request_param(c->req, "vnfrId");
    if (!vnfr)
        return store_nsr_doc(call_db(c), o->nsr_id, c->project, &text, err);
    enum err_code rc = store_vnfr_get(call_db(c), o->nsr_id, vnfr, c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &vnfr_type, &text, &o->vnfr, err);
    if (rc != ERR_OK)
        return rc;
    o->req->plan.vnfr = arena_strdup(&o->cmd->arena, vnfr);
    return find_parts(o, err);
}

/* --- what was asked --------------------------------------------------------------------------- */

static void say(struct asked *o, const char *name)
{
    sbuf_adds(&o->parameters, o->parameters.len ? "," : "");
    text_add_json(&o->parameters, name);
    sbuf_addc(&o->parameters, ':');
}

void operate_say(struct asked *o, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    say(o, name);
    text_add_json(&o->parameters, value);
}

void operate_say_number(struct asked *o, const char *name, int64_t value)
{
    say(o, name);
    sbuf_addf(&o->parameters, "%lld", (long long)value);
}

enum err_code operate_body(struct asked *o, const struct proto_type *type, void *ret_rec,
                           struct err *err)
{
    const struct http_request *req = o->call->req;
    if (proto_is_nothing(req->body, req->body_len))
        return proto_decode(type, "{}", 2, 0, &o->cmd->arena, ret_rec, err);
    return proto_decode(type, req->body, req->body_len, 0, &o->cmd->arena, ret_rec, err);
}

/* --- the engine's answer ---------------------------------------------------------------------- */

struct waiting { /* for the engine, in place of the request */
    struct pending *pending;
    char *nsr_id, *vnfr_id; /* vnfr_id NULL: of the whole service */
    bool is_dry;
    int status_of_limit; /* as the reference's clients know it; 0: that of the code */
};

/* 202: the record as it is now. It was accepted, so nothing here is a failure. */
static void add_record(struct waiting *w, struct sbuf *body)
{
    struct err err = ERR_INIT;
    struct pending *p = w->pending;
    struct db *db = store_borrow(p->api->store);
    enum err_code rc = w->vnfr_id
                           ? store_vnfr_get(db, w->nsr_id, w->vnfr_id, p->project, body, &err)
                           : store_nsr_get(db, w->nsr_id, p->project, body, &err);
    store_return(p->api->store, db);
    if (rc != ERR_OK) {
        log_warn(LOG_API, "record_not_shown", KV_S("nsr", w->nsr_id), KV_ERR(&err));
        sbuf_clear(body);
        sbuf_adds(body, "{}");
    }
}

/* It may be another one, which is tried again (RESUME): the text begins with its id. */
static void name_operation(struct pending *p, const char *text)
{
    static const char begins[] = "{\"id\":\"";
    const char *id =
        text && strncmp(text, begins, strlen(begins)) == 0 ? text + strlen(begins) : "";
    size_t n = strcspn(id, "\"");
    if (n > 0 && n < sizeof(p->operation_id))
        snprintf(p->operation_id, sizeof(p->operation_id), "%.*s", (int)n, id);
}

static void answered(void *arg, const struct err *err, const char *text)
{
    struct waiting *w = arg;
    struct pending *p = w->pending;
    struct sbuf body = SBUF_INIT;
    if (!w->is_dry)
        name_operation(p, text);
    if (err && err->code != ERR_OK) {
        p->operation_id[0] = '\0';
        pending_fail(p, err->code == ERR_LIMIT ? w->status_of_limit : 0, err);
    } else if (w->is_dry) {
        sbuf_adds(&body, text && *text ? text : "{}");
        pending_answer(p, 200, HTTP_TYPE_JSON, &body);
    } else {
        if (p->status == 202)
            add_record(w, &body);
        else if (p->status != 204)
            sbuf_adds(&body, "{}");
        pending_done(p, HTTP_TYPE_JSON, &body);
    }
    free(w->nsr_id);
    free(w->vnfr_id);
    free(w);
}

static void submit(struct asked *o)
{
    struct call *c = o->call;
    struct err late = ERR_INIT;
    struct waiting *w = xcalloc(1, sizeof(*w));
    struct operate_request *req = o->req;
    req->request = arena_printf(&o->cmd->arena, "{%s}", o->parameters.len ? o->parameters.s : "");
    w->nsr_id = xstrdup(o->nsr_id);
    w->vnfr_id = req->plan.vnfr ? xstrdup(req->plan.vnfr) : NULL;
    w->is_dry = req->is_dry;
    if (req->plan.n_counts == 1 && !req->plan.counts[0].vdu)
        w->status_of_limit = 404; /* rest-api.md 2.5: no VDU has room, or one to spare */
    err_set(&late, ERR_TIMEOUT, "the operation was not confirmed in time: it may still happen");
    err_hint(&late, req->is_dry ? "ask again" : "GET /api/v1/baton/operations/%s",
             req->operation_id);
    w->pending = call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
    if (!req->is_dry)
        snprintf(w->pending->operation_id, sizeof(w->pending->operation_id), "%s",
                 req->operation_id);
    api_submit(c->api->commands, o->cmd, answered, w);
}

/* "W/" and quotes are HTTP's; "*" asks for nothing. An ETag was compared already. */
static enum err_code read_basis(const struct asked *o, const char **ret, struct err *err)
{
    struct http_request *req = o->call->req;
    const char *match = http_request_header(req, "If-Match"),
               *text = match ? match : http_request_query(req, "basis");
    if (o->call->basis) {
        *ret = arena_strdup(&o->cmd->arena, o->call->basis);
        return ERR_OK;
    }
    if (!text || strcmp(text, "*") == 0)
        return ERR_OK;
    text += strncmp(text, "W/", 2) == 0 ? 2 : 0;
    size_t n = strlen(text);
    bool is_quoted = n >= 2 && text[0] == '"' && text[n - 1] == '"';
    if (n == 0 || n > BASIS_MAX) {
        err_set(err, ERR_INVALID, "a basis has 1 to %d characters: it is the member of a plan",
                BASIS_MAX);
        return err_where(err, match ? "If-Match" : "basis");
    }
    *ret = is_quoted ? arena_strndup(&o->cmd->arena, text + 1, n - 2)
                     : arena_strdup(&o->cmd->arena, text);
    return ERR_OK;
}

/* How often a step goes out by itself; 1, and none given: no retry. */
static enum err_code read_attempts(struct asked *o, struct err *err)
{
    const char *text = http_request_query(o->call->req, "attempts");
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : 1;
    if (n < 1 || n > ATTEMPTS_MAX || (text && (!*text || *end))) {
        err_set(err, ERR_INVALID, "attempts must be 1 to %d, not '%.20s'", ATTEMPTS_MAX, text);
        return err_where(err, "attempts");
    }
    o->req->attempts = (uint16_t)n;
    if (n > 1)
        operate_say_number(o, "attempts", n);
    return ERR_OK;
}

enum err_code operate_ask(struct call *c, enum operation_kind kind, operate_read_fn *read,
                          struct err *err)
{
    struct asked o = {.call = c, .nsr_id = call_param(c, "id"), .parameters = SBUF_INIT};
    o.cmd = api_command_new(AGG_NSR, o.nsr_id, EV_NSR_OPERATE);
    struct arena *a = &o.cmd->arena;
    o.req = arena_alloc(a, sizeof(*o.req));
    *o.req =
        (struct operate_request){.operation_id = arena_strdup(a, call_object_id(c)),
                                 .project = arena_strdup(a, c->project),
                                 .asked_by = arena_strdup(a, session_user(c->session)->username),
                                 .origin = "user",
                                 .plan = {.kind = kind},
                                 .may_queue = call_query_is_yes(c, "queue"),
                                 .is_dry = call_is_plan(c)};
    o.cmd->payload = o.req;
    enum err_code rc = read_basis(&o, &o.req->basis, err);
    if (rc == ERR_OK)
        rc = read_attempts(&o, err);
    if (rc == ERR_OK)
        rc = find(&o, err);
    if (rc == ERR_OK && read)
        rc = read(&o, err);
    if (rc == ERR_OK)
        submit(&o);
    else
        api_command_free(o.cmd);
    sbuf_release(&o.parameters);
    return rc;
}
