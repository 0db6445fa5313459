/* What users ask of a service that is there: operations of all kinds, and what becomes of them. */
#include "tests/sim/crowd.h"

#include "nfvo/lifecycle/operate.h"
#include "tests/sim/watch.h"

#include <string.h>

/* A member of the service, any; NULL: there is none. */
static const struct row *any_of(struct sim *s, const char *agg, int kind, const char *vnfr)
{
    const struct row *found = NULL;
    int n = 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == kind && strcmp(r->agg, agg) == 0 &&
            (!vnfr || strcmp(r->key[INSTANCE_VNFR], vnfr) == 0) && sim_between(s, 0, n++) == 0)
            found = r;
    }
    return found;
}

/* All of them run with it. */
static void of_package(struct sim *s, struct operate_request *r)
{
    struct script *script = proto_new(&script_type, &s->arena);
    script->id = script->name = "script";
    script->payload = (struct proto_bytes){(const uint8_t *)"true", 4};
    r->new_script = r->old_script = script;
    r->plan.package = SIM_PACKAGE;
    r->plan.vnfr = r->plan.instance = NULL;
}

static void some_more(struct sim *s, struct operate_request *r)
{
    static const enum fault_policy policies[] = {POLICY_DEFAULT, POLICY_KEEP, POLICY_PARTIAL,
                                                 POLICY_ROLLBACK};
    struct plan_count *n = arena_alloc(&s->arena, sizeof(*n));
    *n = (struct plan_count){
        .number = sim_chance(s, 300) ? 2 : 1,
        .is_standby = sim_chance(s, 200),
        .pop = sim_chance(s, 200) ? s->crowd->pops[sim_between(s, 0, s->crowd->n_pops - 1)] : NULL};
    r->plan.counts = n;
    r->plan.n_counts = 1;
    r->policy = policies[sim_between(s, 0, ARRAY_LEN(policies) - 1)];
}

/* Of all VNFRs of the service in one operation, one instance each. */
static void of_several(struct sim *s, struct operate_request *r, const char *agg)
{
    struct plan_count *counts = arena_alloc(&s->arena, 8 * sizeof(*counts));
    uint32_t n = 0;
    for (size_t i = 0; i < s->store->n_rows && n < 8; i++) {
        const struct row *v = s->store->rows[i];
        if (v->kind != ROW_VNFR || strcmp(v->agg, agg) != 0)
            continue;
        const char *id = arena_strdup(&s->arena, v->id);
        counts[n++] = (struct plan_count){.vnfr = id, .number = 1};
        proto_list_add(&r->plan.vnfrs, id, &s->arena);
    }
    r->plan.counts = counts;
    r->plan.n_counts = n;
    r->plan.vnfr = r->plan.instance = NULL;
}

static const struct deploy_request *deployed_as(struct sim *s, const char *agg)
{
    for (int i = 0; i < s->crowd->n_nsrs; i++)
        if (strcmp(s->crowd->nsrs[i].id, agg) == 0)
            return s->crowd->nsrs[i].request;
    return NULL;
}

/* A service that failed is resumed, as a rule. */
static enum operation_kind kind_for(struct sim *s, const char *agg, const enum operation_kind *any,
                                    size_t n)
{
    const struct row *nsr = store_row(s, ROW_NSR, agg);
    return nsr && nsr->phase == NSR_FAILED && sim_chance(s, 700) ? OPERATION_RESUME
                                                                 : any[sim_between(s, 0, n - 1)];
}

/* The next release of what it was made of. */
static const struct vnfd *next_release(struct sim *s, const char *agg, const char *name)
{
    for (int i = 0; i < s->crowd->n_nsrs; i++) {
        const struct wanted *n = &s->crowd->nsrs[i];
        for (uint32_t k = 0; strcmp(n->id, agg) == 0 && k < n->request->nsd->vnfd.n; k++) {
            const struct vnfd *from = n->request->nsd->vnfd.at[k];
            if (strcmp(from->name, name) != 0)
                continue;
            struct vnfd *v = proto_dup(&vnfd_type, from, &s->arena);
            v->version = "2.0";
            for (uint32_t u = 0; u < v->vdu.n; u++)
                v->vdu.at[u]->vm_image.at[0] = "img2";
            return v;
        }
    }
    return NULL;
}

static void of_release(struct sim *s, struct operate_request *r, const char *agg,
                       const struct row *vnfr)
{
    if (r->plan.kind == OPERATION_RESTART)
        r->image = sim_chance(s, 500) ? "img2" : "";
    else
        r->vnfd = vnfr ? next_release(s, agg, vnfr->key[VNFR_NAME]) : NULL;
    r->plan.has_image = r->plan.kind == OPERATION_UPGRADE || *r->image;
    r->plan.keeps_service = sim_chance(s, 500);
    r->plan.instance = NULL;
}

static void of_more_or_fewer(struct sim *s, struct operate_request *r, const char *agg)
{
    const struct row *other = NULL;
    r->plan.instance = NULL;
    if (r->plan.kind == OPERATION_ADD_VNF) {
        r->plan.vnfr = NULL;
        r->deploy = crowd_added(s);
        r->vnfd = r->deploy->nsd->vnfd.at[0];
        return;
    }
    if (!r->plan.vnfr || sim_chance(s, 700))
        return;
    other = any_of(s, agg, ROW_VNFR, NULL); /* both in one, or this one twice */
    proto_list_add(&r->plan.vnfrs, r->plan.vnfr, &s->arena);
    proto_list_add(&r->plan.vnfrs, arena_strdup(&s->arena, other->id), &s->arena);
    r->plan.vnfr = NULL;
}

/* Something that is built, of a VNFR and an instance of it. */
const void *crowd_operation(struct sim *s, const char *agg)
{
    /* clang-format off */
    static const enum operation_kind kinds[] = { /* one a line: several people add to them */
        OPERATION_HEAL,
        OPERATION_START_INSTANCE,
        OPERATION_STOP_INSTANCE,
        OPERATION_START_VNF,
        OPERATION_STOP_VNF,
        OPERATION_UPDATE,
        OPERATION_EXECUTE,
        OPERATION_UPDATE_SCRIPT,
        OPERATION_SCALE_OUT,
        OPERATION_RESTART,
        OPERATION_UPGRADE,
        OPERATION_SCALE_IN,
        OPERATION_SWITCH,
        OPERATION_CONFIGURE,
        OPERATION_ADD_VNF,
        OPERATION_REMOVE_VNF,
    };
    /* clang-format on */
    enum operation_kind kind = kind_for(s, agg, kinds, ARRAY_LEN(kinds));
    const struct row *vnfr = kind == OPERATION_RESUME ? NULL : any_of(s, agg, ROW_VNFR, NULL);
    const struct row *instance = vnfr ? any_of(s, agg, ROW_INSTANCE, vnfr->id) : NULL;
    struct operate_request *r = arena_alloc(&s->arena, sizeof(*r));
    char *id = arena_alloc(&s->arena, ID_SIZE);
    sim_id(s, id);
    *r = (struct operate_request){
        .operation_id = id,
        .asked_by = "user",
        .origin = "user",
        .may_queue = sim_chance(s, 500),
        .attempts = (uint16_t)sim_between(s, 0, 2),
        .policy = sim_chance(s, 300) ? POLICY_ROLLBACK : POLICY_DEFAULT,
        .script = "true",
        .deploy = kind == OPERATION_RESUME ? deployed_as(s, agg) : NULL,
        .plan = {.kind = kind,
                 .vnfr = vnfr ? arena_strdup(&s->arena, vnfr->id) : NULL,
                 .instance = instance ? arena_strdup(&s->arena, instance->id) : NULL}};
    if (kind == OPERATION_CONFIGURE)
        proto_map_add(&r->configurations, sim_chance(s, 500) ? "address" : "key", id, &s->arena);
    r->plan.is_record_only = kind == OPERATION_CONFIGURE && sim_chance(s, 200);
    if (r->plan.kind == OPERATION_UPDATE_SCRIPT)
        of_package(s, r);
    if (r->plan.kind == OPERATION_RESTART || r->plan.kind == OPERATION_UPGRADE)
        of_release(s, r, agg, vnfr);
    r->plan.failed = r->plan.instance;
    if (r->plan.kind == OPERATION_SCALE_OUT)
        some_more(s, r);
    if (r->plan.kind == OPERATION_ADD_VNF || r->plan.kind == OPERATION_REMOVE_VNF)
        of_more_or_fewer(s, r, agg);
    if (r->plan.kind == OPERATION_SCALE_IN) {
        r->plan.drains = sim_chance(s, 300);
        r->plan.instance = sim_chance(s, 500) ? r->plan.instance : NULL;
    }
    bool is_scaling = r->plan.kind == OPERATION_SCALE_OUT || r->plan.kind == OPERATION_SCALE_IN;
    if (is_scaling && sim_chance(s, 250))
        of_several(s, r, agg);
    return r;
}

static bool is_a(const struct row *operation, const char *kind)
{
    return strcmp(operation->key[OPERATION_KIND], kind) == 0;
}

/* Seldom of one that is well under way: most services are to be there. */
static bool is_left_alone(struct sim *s, const struct row *operation)
{
    bool is_quiet = is_a(operation, "RELEASE") ||
                    (is_a(operation, "DEPLOY") && operation->phase != OPERATION_STATE_FAILED_TEMP);
    return is_quiet && !sim_chance(s, 100);
}

/* Something for an operation that waits for a person; NULL: none does. */
const void *crowd_verb(struct sim *s, const char *agg)
{
    static const enum operation_event verbs[] = {OPERATION_EV_RETRY, OPERATION_EV_ROLLBACK,
                                                 OPERATION_EV_CANCEL, OPERATION_EV_FAIL};
    const struct row *r = NULL;
    int n = 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *x = s->store->rows[i];
        if (x->kind == ROW_OPERATION && strcmp(x->agg, agg) == 0 &&
            x->phase < OPERATION_STATE_COMPLETED && !is_left_alone(s, x) &&
            sim_between(s, 0, n++) == 0)
            r = x;
    }
    if (!r)
        return NULL;
    struct verb_request *verb = arena_alloc(&s->arena, sizeof(*verb));
    *verb = (struct verb_request){
        .operation_id = arena_strdup(&s->arena, r->id),
        .asked_by = "user",
        .verb = verbs[sim_between(s, 0, ARRAY_LEN(verbs) - 1)],
        .mode = sim_chance(s, 500) ? CANCEL_FORCEFUL : CANCEL_GRACEFUL,
        .consent = {.repeat = sim_chance(s, 300), .unknown = (int)sim_between(s, 0, 2)}};
    if (is_a(r, "RESUME") || is_a(r, "DEPLOY"))
        verb->consent = (struct retry_consent){0}; /* so that no script may run twice */
    if (is_a(r, "DEPLOY")) {
        verb->deploy = deployed_as(s, agg);
        verb->no_deploy = "";
        if (verb->verb == OPERATION_EV_CANCEL)
            watch_cancel(s, agg);
    }
    if (verb->verb == OPERATION_EV_RETRY && verb->consent.unknown == UNKNOWN_REPEAT)
        watch_consent(s, verb->operation_id);
    if (verb->verb == OPERATION_EV_RETRY && verb->consent.unknown == UNKNOWN_IS_DONE)
        watch_vouch(s, verb->operation_id);
    return verb;
}
