/* Scaling of a VNF and what is done to one instance: rest-api.md 2.5, operations.md 1. */
#include <string.h>

#include "nfvo/api/admin/project_quota.h"
#include "nfvo/api/lifecycle/operate.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_record.h"

#define VDU "/api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits"
#define ALL "/api/v1/ns-records/{id}/vnfcinstances"
#define ONE VDU "/{vduId}/vnfcinstances/{instanceId}"

/* --- scaling out ------------------------------------------------------------------------------ */

/* clang-format off */
#define SCALE_PART_FIELDS(X)                                      \
    X(STR,  vnf,    "vnf",              _, OPTIONAL) /* name or id; of the call for several VNFs */ \
    X(STR,  vdu,    "vdu",              _, OPTIONAL) /* name or id */ \
    X(INT,  number, "number",           _, OPTIONAL)              \
    X(STRS, pops,   "vimInstanceNames", _, OPTIONAL)
PROTO_RECORD(scale_part, SCALE_PART_FIELDS)
#define PROTO_THIS struct scale_part
PROTO_RECORD_DEFINE(scale_part, SCALE_PART_FIELDS)
#undef PROTO_THIS

#define SCALE_BODY_FIELDS(X)                                      \
    X(REC,  component, "vnfComponent",     vnf_component, OPTIONAL) \
    X(STRS, pops,      "vimInstanceNames", _,             OPTIONAL) \
    X(INT,  number,    "number",           _,             OPTIONAL) /* ours */ \
    X(LIST, vdus,      "vdus",             scale_part,    OPTIONAL) /* ours: several, in one operation */ \
    X(STR,  policy,    "onFailure",        _,             OPTIONAL) /* ours: keep, partial, rollback */ \
    X(BOOL, drain,     "drain",            _,             OPTIONAL) /* ours, of scaling in: STOP first */
PROTO_RECORD(scale_body, SCALE_BODY_FIELDS)
#define PROTO_THIS struct scale_body
PROTO_RECORD_DEFINE(scale_body, SCALE_BODY_FIELDS)
#undef PROTO_THIS
/* clang-format on */

static enum err_code read_policy(const char *word, enum fault_policy *ret, struct err *err)
{
    for (int i = 1; word && i < POLICY_N; i++)
        if (strcasecmp(word, fault_policy_words[i]) == 0) {
            *ret = (enum fault_policy)i;
            return ERR_OK;
        }
    if (!word)
        return ERR_OK;
    err_set(err, ERR_INVALID, "onFailure is none that there is: '%s'", word);
    return err_hint(err, "keep, partial or rollback");
}

/* The links of the VNF, as they are called; a component may name no other. */
static enum err_code check_link(const struct vnfr *v, const char *link, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    for (uint32_t i = 0; i < v->virtual_link.n; i++) {
        const char *name = v->virtual_link.at[i]->name;
        if (name && strcmp(name, link) == 0)
            return ERR_OK;
        sbuf_addf(&known, "%s%s", known.len ? ", " : "", name ? name : "");
    }
    err_set(err, ERR_INVALID, "VNF '%s' has no virtual link '%s'", v->name, link);
    return err_hint(err, "it has: %s", known.len ? known.s : "none");
}

static enum err_code check_component(const struct asked *o, const struct vnf_component *c,
                                     struct err *err)
{
    enum err_code rc = ERR_OK;
    if (c->connection_point.n == 0)
        return err_set(err, ERR_INVALID, "No connection points were passed for scaling out.");
    for (uint32_t i = 0; rc == ERR_OK && i < c->connection_point.n; i++) {
        const char *link = c->connection_point.at[i]->virtual_link_reference;
        if (!link || !*link)
            return err_set(err, ERR_INVALID,
                           "Connection points have to contain a virtual link reference.");
        rc = check_link(o->vnfr, link, err);
        if (rc != ERR_OK)
            return err_where(err, "vnfComponent.connection_point[%u].virtual_link_reference", i);
    }
    return proto_validate_forms(&vnf_component_type, c, err);
}

/* The first that there is, as in the reference; where none is named, the count has none. */
static enum err_code find_pop(struct asked *o, const struct proto_strs *names,
                              struct plan_count *ret, struct err *err)
{
    struct store_pop *pops;
    uint32_t n;
    if (names->n == 0)
        return ERR_OK;
    enum err_code rc =
        store_pop_names(call_db(o->call), o->call->project, &o->cmd->arena, &pops, &n, err);
    for (uint32_t k = 0; rc == ERR_OK && k < names->n; k++)
        for (uint32_t i = 0; i < n; i++)
            if (strcmp(pops[i].name, names->at[k]) == 0) {
                ret->pop = pops[i].id;
                ret->pop_name = pops[i].name;
                operate_say(o, "pop", pops[i].name);
                return ERR_OK;
            }
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_NOT_FOUND, "VimInstance names passed not found");
    return err_hint(err, "see the names: baton pop list");
}

static struct plan_count *count(struct asked *o, const struct scale_body *body)
{
    struct plan_count *n = arena_alloc(&o->cmd->arena, sizeof(*n));
    *n = (struct plan_count){
        .number = body->number > 0 && body->number <= PLAN_NUMBER_MAX ? (uint32_t)body->number : 1,
        .vdu = o->vdu ? arena_strdup(&o->cmd->arena, o->vdu->id) : NULL};
    o->req->plan.counts = n;
    o->req->plan.n_counts = 1;
    operate_say(o, "vdu", o->vdu ? o->vdu->name : NULL);
    operate_say_number(o, "number", n->number);
    return n;
}

static enum err_code check_number(const struct proto_type *type, const void *rec, int64_t number,
                                  struct err *err)
{
    if (!call_says(type, rec, "number") || (number >= 1 && number <= PLAN_NUMBER_MAX))
        return ERR_OK;
    return err_set(err, ERR_INVALID, "number must be 1 to %d, not %lld", PLAN_NUMBER_MAX,
                   (long long)number);
}

/* --- several VDUs ------------------------------------------------------------------------------- */

static bool is_called(const struct vdu *u, const char *word)
{
    return (u->id && strcmp(u->id, word) == 0) || (u->name && strcmp(u->name, word) == 0);
}

static enum err_code find_vdu(const struct vnfr *v, const char *word, const struct vdu **ret,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    const struct vdu_list *all = &v->vdu;
    for (uint32_t i = 0; i < all->n; i++) {
        if (word && is_called(all->at[i], word)) {
            *ret = all->at[i];
            return ERR_OK;
        }
        sbuf_addf(&known, "%s%s", i ? ", " : "", all->at[i]->name ? all->at[i]->name : "");
    }
    if (word && *word)
        err_set(err, ERR_INVALID, "VNF '%s' has no VDU '%s'", v->name, word);
    else
        err_set(err, ERR_INVALID, "which VDU? It has no name");
    return err_hint(err, "it has: %s", known.len ? known.s : "none");
}

static enum err_code read_one(struct asked *o, const struct vnfr *v, const struct scale_part *part,
                              uint32_t i, struct plan_count *counts, struct err *err)
{
    const struct vdu *u = NULL;
    if (find_vdu(v, part->vdu, &u, err) != ERR_OK)
        return err_where(err, "vdus[%u].vdu", i);
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(counts[k].vdu, u->id) == 0) {
            err_set(err, ERR_INVALID, "VDU '%s' is there twice", part->vdu);
            return err_where(err, "vdus[%u].vdu", i);
        }
    if (check_number(&scale_part_type, part, part->number, err) != ERR_OK)
        return err_where(err, "vdus[%u].number", i);
    if (find_pop(o, &part->pops, &counts[i], err) != ERR_OK)
        return err_where(err, "vdus[%u].vimInstanceNames", i);
    counts[i].vdu = arena_strdup(&o->cmd->arena, u->id);
    counts[i].number = part->number ? (uint32_t)part->number : 1;
    return ERR_OK;
}

/* What would be said twice, or for none of them. */
static enum err_code check_alone(const struct asked *o, const struct scale_body *body,
                                 struct err *err)
{
    static const char *const others[] = {"number", "vnfComponent", "vimInstanceNames"};
    if (o->vdu || o->instance) {
        err_set(err, ERR_INVALID, "the path names a VDU, and the body several");
        err_hint(err, "several: .../vdunits/vnfcinstances");
        return err_where(err, "vdus");
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (call_says(&scale_body_type, body, others[i])) {
            err_set(err, ERR_INVALID, "%s does not go together with vdus", others[i]);
            err_hint(err, "number and vimInstanceNames stand in each element of vdus");
            return err_where(err, "%s", others[i]);
        }
    if (body->vdus.n > 0 && body->vdus.n <= PLAN_NUMBER_MAX)
        return ERR_OK;
    err_set(err, ERR_INVALID, "vdus must name 1 to %d VDUs, not %u", PLAN_NUMBER_MAX, body->vdus.n);
    return err_where(err, "vdus");
}

static enum err_code no_vnf_here(uint32_t i, struct err *err)
{
    err_set(err, ERR_INVALID, "the path names the VNF");
    err_hint(err, "several VNFs: POST, DELETE " ALL);
    return err_where(err, "vdus[%u].vnf", i);
}

static enum err_code read_several(struct asked *o, const struct scale_body *body, struct err *err)
{
    AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
    enum err_code rc = check_alone(o, body, err);
    if (rc != ERR_OK)
        return rc;
    struct plan_count *counts = arena_alloc(&o->cmd->arena, body->vdus.n * sizeof(*counts));
    memset(counts, 0, body->vdus.n * sizeof(*counts));
    for (uint32_t i = 0; rc == ERR_OK && i < body->vdus.n; i++) {
        rc = body->vdus.at[i]->vnf ? no_vnf_here(i, err)
                                   : read_one(o, o->vnfr, body->vdus.at[i], i, counts, err);
        if (rc == ERR_OK)
            sbuf_addf(&said, "%s%s=%u", i ? " " : "", body->vdus.at[i]->vdu, counts[i].number);
    }
    if (rc != ERR_OK)
        return rc;
    o->req->plan.counts = counts;
    o->req->plan.n_counts = body->vdus.n;
    operate_say(o, "vdus", said.s);
    return ERR_OK;
}

/* A connection point without a link is refused by the decoder, in other words. */
static enum err_code read_scale_body(struct asked *o, struct scale_body **ret, struct err *err)
{
    enum err_code rc = operate_body(o, &scale_body_type, ret, err);
    if (rc != ERR_OK && strstr(err->where, "virtual_link_reference"))
        return err_set(err, ERR_INVALID,
                       "Connection points have to contain a virtual link reference.");
    if (rc == ERR_OK)
        rc = check_number(&scale_body_type, *ret, (*ret)->number, err);
    if (rc == ERR_INVALID)
        err_where(err, "number");
    return rc == ERR_OK ? read_policy((*ret)->policy, &o->req->policy, err) : rc;
}

/* Of one VDU, or the first with room. */
static enum err_code read_component(struct asked *o, const struct scale_body *body, struct err *err)
{
    struct plan_count place = {0};
    enum err_code rc = ERR_OK;
    if (!body->component && !call_says(&scale_body_type, body, "number")) {
        err_set(err, ERR_INVALID,
                "The passed request body is not correct. It should include a field named: "
                "vnfComponent");
        return err_hint(err,
                        "or a number, for instances like those that there are: {\"number\":1}");
    }
    if (body->component)
        rc = check_component(o, body->component, err);
    if (rc == ERR_OK)
        rc = find_pop(o, &body->pops, &place, err);
    if (rc != ERR_OK)
        return rc;
    o->req->component = body->component;
    struct plan_count *n = count(o, body);
    n->pop = place.pop;
    n->pop_name = place.pop_name;
    return ERR_OK;
}

static enum err_code read_scale_out(struct asked *o, struct err *err)
{
    struct scale_body *body;
    enum err_code rc = read_scale_body(o, &body, err);
    if (rc == ERR_OK)
        rc = call_says(&scale_body_type, body, "vdus") ? read_several(o, body, err)
                                                       : read_component(o, body, err);
    if (rc != ERR_OK)
        return rc;
    operate_say(o, "onFailure", body->policy);
    struct vnfr_list one = {.at = &o->vnfr, .n = 1};
    return quota_claim_more(o->call, o->nsr_id, &one, &o->req->plan, o->req->is_dry, err);
}

static enum err_code read_standby(struct asked *o, struct err *err)
{
    enum err_code rc = read_scale_out(o, err);
    if (rc != ERR_OK)
        return rc;
    struct plan_count *n = arena_alloc(&o->cmd->arena, sizeof(*n));
    *n = o->req->plan.counts[0];
    n->is_standby = true;
    o->req->plan.counts = n;
    operate_say(o, "mode", "standby");
    return ERR_OK;
}

static enum err_code scale_out(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_SCALE_OUT, read_scale_out, err);
}

static enum err_code standby(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_SCALE_OUT, read_standby, err);
}

/* --- scaling in ------------------------------------------------------------------------------- */

static enum err_code read_scale_in(struct asked *o, struct err *err)
{
    struct scale_body *body;
    enum err_code rc = read_scale_body(o, &body, err);
    if (rc != ERR_OK)
        return rc;
    o->req->plan.drains = body->drain;
    if (o->instance)
        operate_say(o, "instance", o->instance->hostname);
    if (call_says(&scale_body_type, body, "vdus"))
        return read_several(o, body, err);
    if (!o->instance)
        count(o, body);
    return ERR_OK;
}

static enum err_code scale_in(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_SCALE_IN, read_scale_in, err);
}

/* --- several VNFs ------------------------------------------------------------------------------- */

static enum err_code read_vnfrs(struct asked *o, struct vnfr_list *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct call *c = o->call;
    *ret = (struct vnfr_list){0};
    enum err_code rc = store_vnfr_list(call_db(c), o->nsr_id, c->project, &text, err);
    if (rc == ERR_OK)
        rc = proto_decode_list(&vnfr_type, text.s, text.len, &o->cmd->arena, ret, err);
    return rc;
}

static enum err_code find_vnfr(const struct vnfr_list *all, const char *word,
                               const struct vnfr **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    for (uint32_t i = 0; i < all->n; i++) {
        const struct vnfr *v = all->at[i];
        const char *name = v->name ? v->name : "";
        if (word && v->id && (strcmp(v->id, word) == 0 || strcmp(name, word) == 0)) {
            *ret = v;
            return ERR_OK;
        }
        sbuf_addf(&known, "%s%s", i ? ", " : "", name);
    }
    if (word && *word)
        err_set(err, ERR_INVALID, "the service has no VNF '%s'", word);
    else
        err_set(err, ERR_INVALID, "which VNF? It has no name");
    return err_hint(err, "it has: %s", known.len ? known.s : "none");
}

/* In the order in which the body names the VNFs first; those of one VNF stand together. */
static void put_together(struct asked *o, const struct plan_count *counts, uint32_t n)
{
    struct operate_request *req = o->req;
    struct plan_count *sorted = arena_alloc(&o->cmd->arena, n * sizeof(*sorted));
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (proto_strs_has(&req->plan.vnfrs, counts[i].vnfr))
            continue;
        proto_list_add(&req->plan.vnfrs, counts[i].vnfr, &o->cmd->arena);
        for (uint32_t k = i; k < n; k++)
            if (strcmp(counts[k].vnfr, counts[i].vnfr) == 0)
                sorted[at++] = counts[k];
    }
    req->plan.counts = sorted;
    req->plan.n_counts = n;
}

static enum err_code read_of_several(struct asked *o, const struct scale_body *body,
                                     struct vnfr_list *ret_all, struct err *err)
{
    AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
    enum err_code rc = check_alone(o, body, err);
    if (rc == ERR_OK)
        rc = read_vnfrs(o, ret_all, err);
    if (rc != ERR_OK)
        return rc;
    struct plan_count *counts = arena_alloc(&o->cmd->arena, body->vdus.n * sizeof(*counts));
    memset(counts, 0, body->vdus.n * sizeof(*counts));
    for (uint32_t i = 0; i < body->vdus.n; i++) {
        const struct scale_part *part = body->vdus.at[i];
        const struct vnfr *v = NULL;
        if (find_vnfr(ret_all, part->vnf, &v, err) != ERR_OK)
            return err_where(err, "vdus[%u].vnf", i);
        rc = read_one(o, v, part, i, counts, err);
        if (rc != ERR_OK)
            return rc;
        counts[i].vnfr = v->id;
        sbuf_addf(&said, "%s%s:%s=%u", i ? " " : "", v->name, part->vdu, counts[i].number);
    }
    put_together(o, counts, body->vdus.n);
    operate_say(o, "vdus", said.s);
    return ERR_OK;
}

static enum err_code read_scale_out_all(struct asked *o, struct err *err)
{
    struct scale_body *body;
    struct vnfr_list all = {0};
    enum err_code rc = read_scale_body(o, &body, err);
    if (rc == ERR_OK)
        rc = read_of_several(o, body, &all, err);
    if (rc != ERR_OK)
        return rc;
    operate_say(o, "onFailure", body->policy);
    return quota_claim_more(o->call, o->nsr_id, &all, &o->req->plan, o->req->is_dry, err);
}

static enum err_code read_scale_in_all(struct asked *o, struct err *err)
{
    struct scale_body *body;
    struct vnfr_list all = {0};
    enum err_code rc = read_scale_body(o, &body, err);
    if (rc != ERR_OK)
        return rc;
    o->req->plan.drains = body->drain;
    return read_of_several(o, body, &all, err);
}

static enum err_code scale_out_all(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_SCALE_OUT, read_scale_out_all, err);
}

static enum err_code scale_in_all(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_SCALE_IN, read_scale_in_all, err);
}

/* --- one instance ----------------------------------------------------------------------------- */

static enum err_code read_switch(struct asked *o, struct err *err)
{
    struct vnfc_instance *failed;
    enum err_code rc = operate_body(o, &vnfc_instance_type, &failed, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; failed->id && i < o->vdu->vnfc_instance.n; i++)
        if (o->vdu->vnfc_instance.at[i]->id &&
            strcmp(o->vdu->vnfc_instance.at[i]->id, failed->id) == 0) {
            o->req->plan.failed = failed->id;
            operate_say(o, "failed", o->vdu->vnfc_instance.at[i]->hostname);
            return ERR_OK;
        }
    err_set(err, ERR_NOT_FOUND, "VNFCInstance with ID %s was not found in VDU '%s'",
            failed->id ? failed->id : "", o->vdu->name ? o->vdu->name : o->vdu->id);
    return err_hint(err, "the body is the instance that failed, with its id");
}

static enum err_code switch_over(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_SWITCH, read_switch, err);
}

#define ACTION_BODY_FIELDS(X)                                                                      \
    X(STR, action, "action", _, OPTIONAL) X(STR, cause, "cause", _, OPTIONAL)
PROTO_RECORD(action_body, ACTION_BODY_FIELDS)
#define PROTO_THIS struct action_body
PROTO_RECORD_DEFINE(action_body, ACTION_BODY_FIELDS)
#undef PROTO_THIS

static enum err_code read_action(struct asked *o, struct err *err)
{
    struct action_body *body;
    enum err_code rc = operate_body(o, &action_body_type, &body, err);
    if (rc == ERR_OK && (!body->action || strcmp(body->action, "HEAL") != 0)) {
        err_set(err, ERR_INVALID, "no such action of an instance: '%s'",
                body->action ? body->action : "");
        rc = err_hint(err, "{\"action\":\"HEAL\",\"cause\":\"...\"}");
    }
    if (rc != ERR_OK)
        return rc;
    o->req->cause = body->cause ? body->cause : "";
    operate_say(o, "cause", body->cause);
    return ERR_OK;
}

static enum err_code act(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_HEAL, read_action, err);
}

static enum err_code start(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_START_INSTANCE, NULL, err);
}

static enum err_code stop(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_STOP_INSTANCE, NULL, err);
}

/* clang-format off */
const struct endpoint scaling_endpoints[] = {
    {"POST",   VDU "/vnfcinstances",                 scale_out,   201, OPERATES, "Scale out, on the first VDU with room"},
    {"POST",   VDU "/{vduId}/vnfcinstances",         scale_out,   201, OPERATES, "Scale out a VDU"},
    {"POST",   VDU "/{vduId}/vnfcinstances/standby", standby,     201, OPERATES, "Add an instance that stands by"},
    {"DELETE", VDU "/vnfcinstances",                 scale_in,    204, OPERATES, "Scale in, on the first VDU with more than one instance"},
    {"DELETE", VDU "/{vduId}/vnfcinstances",         scale_in,    204, OPERATES, "Scale in a VDU: failed instances go first"},
    {"DELETE", ONE,                                  scale_in,    204, OPERATES, "Remove this instance"},
    {"POST",   ALL,                                  scale_out_all, 201, OPERATES, "Scale out VDUs of several VNFs, in one operation"},
    {"DELETE", ALL,                                  scale_in_all, 204, OPERATES, "Scale in VDUs of several VNFs, in one operation"},
    {"POST",   ONE "/switchtostandby",               switch_over, 201, OPERATES, "Let a standby instance take the place of the one in the body"},
    {"POST",   ONE "/actions",                       act,         201, OPERATES, "Heal an instance: {\"action\":\"HEAL\",\"cause\":...}"},
    {"POST",   ONE "/start",                         start,       201, OPERATES, "Start an instance"},
    {"POST",   ONE "/stop",                          stop,        201, OPERATES, "Stop an instance"},
    {0},
};
/* clang-format on */
