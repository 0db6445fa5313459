/* /baton/operations: what was asked of network services, how far it is, and what a person may do
 * with it now. operations.md 7. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/lifecycle/deploy.h"
#include "nfvo/api/lifecycle/operate.h"
#include "nfvo/api/request/list.h"
#include "nfvo/lifecycle/operation/document.h"
#include "nfvo/lifecycle/operation/progress.h"
#include "nfvo/lifecycle/told.h"
#include "nfvo/store/store_operation.h"
#include "nfvo/store/store_record.h"

#define BASE "/api/v1/baton/operations"

enum { PAGE = 100, OPEN_SHOWN = 50 };

/* --- one of them, as it is shown -------------------------------------------------------------- */

static int state_of(const char *word)
{
    for (int i = 0; word && i < OPERATION_STATE_N; i++)
        if (strcasecmp(operation_state_words[i], word) == 0)
            return i;
    return -1;
}

/* ERR_INVALID: a word that this program does not know, written by a newer one. */
static enum err_code read_row(struct call *c, const struct store_operation *row,
                              struct operation *ret, struct err *err)
{
    int kind = operation_kind_parse(row->kind), state = state_of(row->state);
    *ret = (struct operation){.id = row->id,
                              .kind = (enum operation_kind)kind,
                              .state = state,
                              .nsr = row->nsr,
                              .vnfr = text_or_null(row->vnfr),
                              .instance = text_or_null(row->instance),
                              .origin = row->origin,
                              .asked_by = row->asked_by,
                              .asked_at = row->asked_at,
                              .state_at = row->state_at,
                              .ended_at = row->ended_at};
    if (kind < 0 || state < 0)
        return err_set(err, ERR_INVALID, "operation '%s': kind '%s' or state '%s' is not known",
                       row->id, row->kind, row->state);
    enum err_code rc = operation_read(row->doc, strlen(row->doc), ret, &c->arena, err);
    return rc == ERR_OK ? progress_read(ret, row->progress, &c->arena, err) : rc;
}

static bool is_error(const char *status)
{
    return status && strcmp(status, "ERROR") == 0;
}

/* Names: ids, hostnames, components. What the peers are does not follow from the record. */
static struct service_view *view_of(const struct nsr *nsr, struct arena *a)
{
    struct service_view *view = arena_alloc(a, sizeof(*view));
    struct view_vnfr *vnfrs = arena_alloc(a, (nsr->vnfr.n + 1) * sizeof(*vnfrs));
    for (uint32_t v = 0; v < nsr->vnfr.n; v++) {
        const struct vnfr *r = nsr->vnfr.at[v];
        struct view_instance *at = NULL;
        uint32_t n = 0;
        for (uint32_t u = 0; u < r->vdu.n; u++)
            for (uint32_t i = 0; i < r->vdu.at[u]->vnfc_instance.n; i++) {
                const struct vnfc_instance *x = r->vdu.at[u]->vnfc_instance.at[i];
                at = arena_grow_array(a, at, n, sizeof(*at));
                at[n++] = (struct view_instance){
                    .id = x->id ? x->id : "",
                    .hostname = x->hostname,
                    .component = x->vnf_component ? x->vnf_component->id : NULL};
            }
        vnfrs[v] = (struct view_vnfr){.id = r->id,
                                      .name = r->name,
                                      .is_broken = is_error(r->status),
                                      .instances = at,
                                      .n_instances = n};
    }
    *view = (struct service_view){.id = nsr->id,
                                  .name = nsr->name,
                                  .has_fault = is_error(nsr->status),
                                  .vnfrs = vnfrs,
                                  .n_vnfrs = nsr->vnfr.n};
    return view;
}

static struct nsr *read_service(struct call *c, const char *nsr_id)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err = ERR_INIT;
    struct nsr *nsr;
    if (store_nsr_get(call_db(c), nsr_id, c->project, &text, &err) != ERR_OK ||
        call_decode(c, &nsr_type, &text, &nsr, &err) != ERR_OK)
        return NULL;
    return nsr;
}

/* The service may be gone: names are then those in the operation. */
static const struct service_view *read_view(struct call *c, const char *nsr_id)
{
    const struct nsr *nsr = read_service(c, nsr_id);
    return nsr ? view_of(nsr, &c->arena) : NULL;
}

static void set_sdk(struct view_vnfr *v, const char *word, size_t len, struct arena *a)
{
    v->sdk = sdk_parse(arena_strndup(a, word, len));
    v->is_ours = v->sdk == SDK_C;
}

/* What is possible depends on the VNFMs: how each would be asked to go on. view NULL: of a list,
 * which needs no names; the operation has those. */
static const struct service_view *with_peers(const struct service_view *view,
                                             const struct store_operation *row, struct arena *a)
{
    struct service_view *ret = arena_alloc(a, sizeof(*ret));
    struct view_vnfr *vnfrs = NULL;
    uint32_t n = view ? view->n_vnfrs : 0;
    for (uint32_t i = 0; i < n; i++) {
        vnfrs = arena_grow_array(a, vnfrs, i, sizeof(*vnfrs));
        vnfrs[i] = view->vnfrs[i];
    }
    for (const char *at = row->sdks; *at; at += *at == ',') {
        size_t id_len = strcspn(at, ":"), len = strcspn(at, ",");
        const char *id = arena_strndup(a, at, id_len);
        uint32_t k = 0;
        while (k < n && strcmp(vnfrs[k].id, id) != 0)
            k++;
        if (k == n) {
            vnfrs = arena_grow_array(a, vnfrs, n, sizeof(*vnfrs));
            vnfrs[n++] = (struct view_vnfr){.id = id};
        }
        set_sdk(&vnfrs[k], at + id_len + 1, len - id_len - 1, a);
        at += len;
    }
    *ret = view ? *view : (struct service_view){.id = row->nsr, .name = row->nsr_name};
    ret->vnfrs = vnfrs;
    ret->n_vnfrs = n;
    return ret;
}

static enum err_code show(struct call *c, const struct store_operation *row,
                          const struct service_view *view, struct shown_operation **ret,
                          struct err *err)
{
    struct operation op;
    enum err_code rc = read_row(c, row, &op, err);
    if (rc != ERR_OK)
        return rc;
    struct run run = {.view = with_peers(view, row, &c->arena), .arena = &c->arena};
    struct operation_extras extras = {
        .run = &run, .nsr_name = row->nsr_name, .parameters = text_or_null(row->request)};
    *ret = operation_show(&op, &extras, &c->arena);
    if ((*ret)->vnfr && !(*ret)->vnfr->name)
        (*ret)->vnfr->name = text_or_null(row->vnfr_name);
    if ((*ret)->instance && *row->hostname)
        (*ret)->instance->name = row->hostname;
    const struct plan_step *current = row->is_open ? operation_current_step(&op) : NULL;
    (*ret)->current = current ? (*ret)->steps.at[current - op.steps] : NULL;
    return ERR_OK;
}

/* One row that cannot be read must not hide the others. */
static void show_unreadable(struct call *c, const struct store_operation *row,
                            const struct err *err)
{
    sbuf_adds(&c->out, "{\"id\":");
    text_add_json(&c->out, row->id);
    sbuf_adds(&c->out, ",\"kind\":");
    text_add_json(&c->out, row->kind);
    sbuf_adds(&c->out, ",\"state\":");
    text_add_json(&c->out, row->state);
    sbuf_adds(&c->out, ",\"fault\":{\"code\":\"ERR_INVALID\",\"message\":");
    text_add_json(&c->out, err->msg);
    sbuf_adds(&c->out, "},\"next\":[],\"steps\":[]}");
}

static enum err_code get(struct call *c, struct err *err)
{
    struct store_operation row;
    struct shown_operation *shown;
    enum err_code rc =
        store_operation_get(call_db(c), call_param(c, "id"), c->project, &c->arena, &row, err);
    if (rc == ERR_OK)
        rc = show(c, &row, read_view(c, row.nsr), &shown, err);
    if (rc == ERR_OK)
        call_json(c, &shown_operation_type, shown);
    return rc;
}

/* --- lists ------------------------------------------------------------------------------------ */

static enum err_code no_such(const char *what, const char *word, const char *const *known, size_t n,
                             struct err *err)
{
    AUTO(sbuf_release) struct sbuf list = SBUF_INIT;
    for (size_t i = 0; i < n; i++)
        sbuf_addf(&list, "%s%s", i ? ", " : "", known[i]);
    err_set(err, ERR_INVALID, "there is no %s '%s'", what, word);
    return err_hint(err, "%s", list.s);
}

static enum err_code take_state(const char *word, struct store_operation_query *q, struct err *err)
{
    int state = state_of(word);
    if (strcmp(word, "open") != 0 && state < 0)
        return no_such("state", word, operation_state_words, OPERATION_STATE_N, err);
    q->state = state < 0 ? word : operation_state_words[state];
    return ERR_OK;
}

static enum err_code take_kind(const char *word, struct store_operation_query *q, struct err *err)
{
    const char *known[OPERATION_KIND_N];
    for (int i = 0; i < OPERATION_KIND_N; i++) {
        known[i] = operation_kind_word(i);
        if (strcasecmp(known[i], word) == 0)
            q->kind = known[i];
    }
    return q->kind ? ERR_OK : no_such("kind", word, known, OPERATION_KIND_N, err);
}

static enum err_code take_limit(const char *text, struct store_operation_query *q, struct err *err)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (!*text || *end || n < 1 || n > STORE_OPERATIONS_MAX) {
        err_set(err, ERR_INVALID, "limit must be 1 to %d, not '%s'", STORE_OPERATIONS_MAX, text);
        return err_where(err, "limit");
    }
    q->limit = n;
    return ERR_OK;
}

static enum err_code take_parameters(struct call *c, struct store_operation_query *q,
                                     struct err *err)
{
    const char *name, *value;
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && (name = http_request_query_at(c->req, i, &value)); i++)
        if (strcmp(name, "nsr") == 0)
            q->nsr = value;
        else if (strcmp(name, "vnfr") == 0)
            q->vnfr = value;
        else if (strcmp(name, "after") == 0)
            q->after = value;
        else if (strcmp(name, "state") == 0)
            rc = take_state(value, q, err);
        else if (strcmp(name, "kind") == 0)
            rc = take_kind(value, q, err);
        else if (strcmp(name, "since") == 0)
            rc = list_time(name, value, &q->since, err);
        else if (strcmp(name, "until") == 0)
            rc = list_time(name, value, &q->until, err);
        else if (strcmp(name, "limit") == 0)
            rc = take_limit(value, q, err);
        else if (strcmp(name, "_") != 0 && strcmp(name, "slim") != 0) {
            /* browsers send the first against caches; slim they are anyway */
            err_set(err, ERR_INVALID, "there is no parameter '%s'", name);
            rc = err_hint(err, "nsr, vnfr, state, kind, since, until, after, limit");
        }
    return rc;
}

/* Steps are left out: a plan has up to 4,096. */
static void put_list(struct call *c, const struct store_operations *rows, uint32_t limit)
{
    sbuf_addc(&c->out, '[');
    for (uint32_t i = 0; i < rows->n && i < limit; i++) {
        struct shown_operation *shown;
        struct err why = ERR_INIT;
        sbuf_adds(&c->out, i ? "," : "");
        if (show(c, &rows->at[i], NULL, &shown, &why) != ERR_OK) {
            show_unreadable(c, &rows->at[i], &why);
            continue;
        }
        shown->steps.n = 0;
        call_json(c, &shown_operation_type, shown);
    }
    sbuf_addc(&c->out, ']');
}

void operations_put_service(struct call *c, const char *id)
{
    const struct nsr *nsr = read_service(c, id);
    struct proto_strs next = {0};
    struct shown_untold_list untold = {0};
    if (nsr) {
        service_next(view_of(nsr, &c->arena), id, &c->arena, &next);
        told_missing(nsr, &c->arena, &untold);
    }
    sbuf_adds(&c->out, ",\"notTold\":");
    proto_encode_list(&shown_untold_type, &untold, 0, &c->out);
    sbuf_adds(&c->out, ",\"next\":[");
    for (uint32_t i = 0; i < next.n; i++) {
        sbuf_adds(&c->out, i ? "," : "");
        text_add_json(&c->out, next.at[i]);
    }
    sbuf_addc(&c->out, ']');
}

enum err_code operations_put_open(struct call *c, const char *nsr, struct err *err)
{
    const struct store_operation_query q = {
        .project = c->project, .nsr = nsr, .state = "open", .limit = OPEN_SHOWN};
    struct store_operations rows;
    enum err_code rc = store_operation_list(call_db(c), &q, &c->arena, &rows, err);
    if (rc == ERR_OK)
        put_list(c, &rows, OPEN_SHOWN);
    return rc;
}

static enum err_code answer_list(struct call *c, struct store_operation_query *q, struct err *err)
{
    struct store_operations rows = {0};
    q->project = c->project;
    q->limit = PAGE;
    enum err_code rc = take_parameters(c, q, err);
    int64_t limit = q->limit;
    if (q->limit < STORE_OPERATIONS_MAX)
        q->limit++; /* is there another one? */
    if (rc == ERR_OK)
        rc = store_operation_list(call_db(c), q, &c->arena, &rows, err);
    put_list(c, &rows, rc == ERR_OK ? (uint32_t)limit : 0);
    if (rc == ERR_OK && (rows.n > limit || rows.n == STORE_OPERATIONS_MAX))
        list_link_next(c, rows.at[limit - 1].id);
    return rc;
}

static enum err_code list(struct call *c, struct err *err)
{
    struct store_operation_query q = {0};
    return answer_list(c, &q, err);
}

/* Of one that is released, too: they outlive it. */
static enum err_code list_of_nsr(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct store_operation_query q = {.nsr = call_param(c, "id")};
    enum err_code rc = answer_list(c, &q, err);
    if (rc == ERR_OK && c->out.len == 2)
        rc = store_nsr_doc(call_db(c), q.nsr, c->project, &text, err);
    return rc;
}

/* --- what a person wants of one --------------------------------------------------------------- */

#define VERB_BODY_FIELDS(X)                                                                        \
    X(STR, unknown, "unknown", _, OPTIONAL)                                                        \
    X(BOOL, repeat, "repeat", _, OPTIONAL)                                                         \
    X(STR, mode, "mode", _, OPTIONAL)
PROTO_RECORD(verb_body, VERB_BODY_FIELDS)
#define PROTO_THIS struct verb_body
PROTO_RECORD_DEFINE(verb_body, VERB_BODY_FIELDS)
#undef PROTO_THIS

static enum err_code read_unknown(const char *word, enum retry_unknown *ret, struct err *err)
{
    if (!word || !*word)
        return ERR_OK;
    *ret = strcmp(word, "repeat") == 0 ? UNKNOWN_REPEAT
           : strcmp(word, "done") == 0 ? UNKNOWN_IS_DONE
                                       : UNKNOWN_ASK;
    if (*ret != UNKNOWN_ASK)
        return ERR_OK;
    err_set(err, ERR_INVALID, "unknown is 'repeat' or 'done', not '%s'", word);
    err_hint(
        err,
        "it says what became of the steps whose outcome is not known: look at the servers first");
    return err_where(err, "unknown");
}

static enum err_code read_mode(const char *word, enum cancel_mode *ret, struct err *err)
{
    *ret = CANCEL_GRACEFUL;
    if (!word || !*word || strcasecmp(word, "graceful") == 0)
        return ERR_OK;
    *ret = CANCEL_FORCEFUL;
    if (strcasecmp(word, "forceful") == 0)
        return ERR_OK;
    err_set(err, ERR_INVALID, "mode is GRACEFUL or FORCEFUL, not '%s'", word);
    return err_where(err, "mode");
}

static enum err_code read_verb_body(struct call *c, struct verb_body **ret,
                                    struct retry_consent *consent, struct err *err)
{
    enum err_code rc = ERR_OK;
    *ret = proto_new(&verb_body_type, &c->arena);
    if (!proto_is_nothing(c->req->body, c->req->body_len))
        rc = call_body(c, &verb_body_type, ret, err);
    if (rc == ERR_OK)
        rc = read_unknown((*ret)->unknown, &consent->unknown, err);
    consent->repeat = rc == ERR_OK && ((*ret)->repeat || consent->unknown == UNKNOWN_REPEAT);
    return rc;
}

enum err_code read_consent(struct call *c, struct retry_consent *ret, struct err *err)
{
    struct verb_body *body;
    const char *text = c->req->body_len ? c->req->body : "";
    *ret = (struct retry_consent){0};
    while (*text == ' ' || *text == '\n')
        text++;
    return *text == '{' ? read_verb_body(c, &body, ret, err) : ERR_OK;
}

static enum err_code read_verb(struct call *c, struct verb_request *v, struct err *err)
{
    struct verb_body *body;
    enum err_code rc = read_verb_body(c, &body, &v->consent, err);
    if (rc == ERR_OK && v->verb == OPERATION_EV_CANCEL)
        rc = read_mode(body->mode, &v->mode, err);
    return rc;
}

static void done(void *arg, const struct err *err, const char *text)
{
    struct sbuf body = SBUF_INIT;
    if (err && err->code != ERR_OK) {
        pending_fail(arg, 0, err);
        return;
    }
    sbuf_adds(&body, text && *text ? text : "{}");
    pending_done(arg, HTTP_TYPE_JSON, &body);
}

/* What was not instantiated needs its descriptor again. */
static bool is_anew(const struct store_operation *row, enum operation_event verb)
{
    return verb == OPERATION_EV_RETRY &&
           strcmp(row->kind, operation_kind_word(OPERATION_DEPLOY)) == 0;
}

static enum err_code ask(struct call *c, enum operation_event verb, struct err *err)
{
    struct store_operation row;
    struct verb_request v = {.verb = verb};
    struct err late = ERR_INIT;
    enum err_code rc =
        store_operation_get(call_db(c), call_param(c, "id"), c->project, &c->arena, &row, err);
    if (rc == ERR_OK)
        rc = read_verb(c, &v, err);
    if (rc == ERR_OK && !row.is_open) {
        err_set(err, ERR_STATE, "operation %s (%s) has ended: it is %s", row.id, row.kind,
                row.state);
        return err_hint(err, "see it: baton op show %s", row.id);
    }
    if (rc != ERR_OK)
        return rc;
    struct api_command *cmd = api_command_new(AGG_NSR, row.nsr, EV_NSR_OPERATION_VERB);
    struct verb_request *req = arena_alloc(&cmd->arena, sizeof(*req));
    *req = v;
    if (is_anew(&row, verb))
        rc = deploy_request_of_nsr(c, cmd, row.nsr, &req->deploy, &req->no_deploy, err);
    if (rc != ERR_OK) {
        api_command_free(cmd);
        return rc;
    }
    req->operation_id = arena_strdup(&cmd->arena, row.id);
    req->project = arena_strdup(&cmd->arena, c->project);
    req->asked_by = arena_strdup(&cmd->arena, session_user(c->session)->username);
    cmd->payload = req;
    err_set(&late, ERR_TIMEOUT, "it was not confirmed in time: it may still happen");
    err_hint(&late, "GET " BASE "/%s", row.id);
    struct pending *p = call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
    api_submit(c->api->commands, cmd, done, p);
    return ERR_OK;
}

static enum err_code retry(struct call *c, struct err *err)
{
    return ask(c, OPERATION_EV_RETRY, err);
}

static enum err_code rollback(struct call *c, struct err *err)
{
    return ask(c, OPERATION_EV_ROLLBACK, err);
}

static enum err_code cancel(struct call *c, struct err *err)
{
    return ask(c, OPERATION_EV_CANCEL, err);
}

static enum err_code fail(struct call *c, struct err *err)
{
    return ask(c, OPERATION_EV_FAIL, err);
}

static enum err_code go_on(struct call *c, struct err *err)
{
    return ask(c, OPERATION_EV_CONTINUE, err);
}

/* clang-format off */
const struct endpoint operations_endpoints[] = {
    {"GET",  BASE,                            list,        200, API_PROJECT, "List the operations on network services, the youngest first, without their steps: ?nsr ?vnfr ?state=open ?kind ?since=2h ?until=2026-11-30 ?after ?limit"},
    {"GET",  BASE "/{id}",                    get,         200, API_PROJECT, "Show an operation: its steps, what failed, and what may be done now"},
    {"POST", BASE "/{id}/retry",              retry,       202, API_PROJECT, "Go on with an operation that failed: {\"repeat\":true} where scripts would run again, {\"unknown\":\"repeat\"|\"done\"} where it is not known whether they ran"},
    {"POST", BASE "/{id}/rollback",           rollback,    202, API_PROJECT, "Undo an operation, last step first"},
    {"POST", BASE "/{id}/cancel",             cancel,      202, API_PROJECT, "Stop an operation: {\"mode\":\"GRACEFUL\"} waits for what is under way, FORCEFUL does not"},
    {"POST", BASE "/{id}/fail",               fail,        202, API_PROJECT, "Give an operation up; what it did stays"},
    {"POST", BASE "/{id}/continue",           go_on,       202, API_PROJECT, "Go on without the instances that could not be made"},
    {"GET",  "/api/v1/ns-records/{id}/operations", list_of_nsr, 200, API_PROJECT, "List the operations on a network service, also on one that is released"},
    {0},
};
/* clang-format on */
