/* Planners of what changes the number of instances, or which of them works. */
#include "nfvo/lifecycle/operation/plan_build.h"

#include "common/base/sbuf.h"

#include <string.h>

/* --- scale out -------------------------------------------------------------------------------- */

static uint32_t instances_of(const struct view_vnfr *v, const struct view_vdu *u)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->n_instances; i++)
        n += instance_is_there(&v->instances[i]) && strcmp(v->instances[i].vdu, u->id) == 0;
    return n;
}

/* more: beside those that there are. */
static bool has_room(const struct view_vnfr *v, const struct view_vdu *u, uint32_t more)
{
    return u->scale_max == 0 || instances_of(v, u) + more <= u->scale_max;
}

/* "VDU 'front' has 2 instances, VDU 'back' has 1 instance", of one VDU or of all. is_maximum: of how
 * many; standby and failed ones count as the others. */
static void put_counts(const struct view_vnfr *v, const char *vdu, bool is_maximum,
                       struct sbuf *out)
{
    for (uint32_t i = 0; i < v->n_vdus; i++) {
        const struct view_vdu *u = &v->vdus[i];
        uint32_t n = instances_of(v, u);
        if (vdu && strcmp(vdu, u->id) != 0)
            continue;
        sbuf_addf(out, "%sVDU '%s' has %u instance%s", out->len ? ", " : "",
                  u->name && *u->name ? u->name : u->id, n, n == 1 ? "" : "s");
        if (is_maximum)
            sbuf_addf(out, " of at most %u", u->scale_max);
    }
}

/* The texts are the reference's; the hint says what was counted, and what is possible. more: what
 * this plan adds already, by VDU. */
static enum err_code no_room(const struct view_vnfr *v, const struct plan_count *c,
                             const uint32_t *more, struct err *err)
{
    AUTO(sbuf_release) struct sbuf counts = SBUF_INIT;
    uint32_t most = 0, asked = c->number;
    put_counts(v, c->vdu, true, &counts);
    for (uint32_t i = 0; i < v->n_vdus; i++) {
        const struct view_vdu *u = &v->vdus[i];
        uint32_t n = instances_of(v, u) + (c->vdu ? 0 : more[i]);
        if (c->vdu && strcmp(c->vdu, u->id) != 0)
            continue;
        asked += c->vdu ? more[i] : 0;
        if (u->scale_max > n && u->scale_max - n > most)
            most = u->scale_max - n;
    }
    err_set(err, ERR_LIMIT, "%s",
            c->vdu ? "The VirtualDeploymentUnit chosen has reached the maximum number of "
                     "VNFCInstance"
                   : "All VirtualDeploymentUnits have reached their maximum number of "
                     "VNFCInstances");
    if (most)
        return err_hint(err, "%s, and %u more were asked for: ask for %u at most", counts.s, asked,
                        most);
    return err_hint(err,
                    "%s (standby and failed ones count), and %u more %s asked for; the limit is "
                    "scale_in_out of the VNFD",
                    counts.s, asked, asked == 1 ? "was" : "were");
}

static enum err_code find_room(const struct view_vnfr *v, const struct plan_count *c,
                               uint32_t *more, const struct view_vdu **ret, struct err *err)
{
    const struct view_vdu *u = c->vdu ? view_vdu(v, c->vdu) : NULL;
    if (c->number < 1 || c->number > PLAN_NUMBER_MAX)
        return err_set(err, ERR_INVALID, "number must be 1 to %d, not %u", PLAN_NUMBER_MAX,
                       c->number);
    if (c->vdu && !u)
        return err_set(err, ERR_NOT_FOUND, "VDU with ID %s was not found in VNFR '%s'", c->vdu,
                       v->name);
    for (uint32_t i = 0; !u && i < v->n_vdus; i++)
        if (has_room(v, &v->vdus[i], more[i] + c->number))
            u = &v->vdus[i];
    if (!u || !has_room(v, u, more[u - v->vdus] + c->number))
        return no_room(v, c, more, err);
    more[u - v->vdus] += c->number;
    *ret = u;
    return ERR_OK;
}

static const char *new_id(struct planning *p)
{
    char *id = arena_alloc(p->arena, ID_SIZE);
    p->ids->make(p->ids->ctx, id);
    return id;
}

struct told {
    struct proto_strs only;
    uint16_t after;
    enum step_undo undo;
    bool if_changed, is_always;
};

static void tell(struct planning *p, const struct view_vnfr *target, void *arg)
{
    const struct told *told = arg;
    uint16_t n = plan_tell(p, target, told->after, told->undo, told->if_changed);
    plan_at(p, n)->is_always = told->is_always;
    for (uint32_t i = 0; i < told->only.n; i++)
        plan_only(p, n, told->only.at[i]);
}

static uint16_t prepare(struct planning *p, struct proto_strs *prepared, const char *pop)
{
    if (!pop || proto_strs_has(&p->view->pops, pop) || proto_strs_has(prepared, pop))
        return 0;
    uint16_t n = plan_add_step(p, STEP_PREPARE, p->vnfr);
    plan_at(p, n)->pop = pop;
    proto_list_add(prepared, pop, p->arena);
    return n;
}

/* SET_COMPONENT c -> SCALE_OUT v c; both after what came before: one SCALE_OUT of a VNFR is open at
 * a time, since SCALING names no component. */
static uint16_t one_more(struct planning *p, const struct plan_count *c, const struct view_vdu *u,
                         uint16_t prepared, uint16_t before, struct told *told)
{
    const char *component = new_id(p);
    uint16_t set = plan_add_step(p, STEP_SET_COMPONENT, p->vnfr);
    plan_after(p, set, prepared);
    plan_after(p, set, before);
    uint16_t scale = plan_add_step(p, STEP_SCALE_OUT, p->vnfr);
    plan_after(p, scale, set);
    plan_at(p, set)->component = plan_at(p, scale)->component = component;
    plan_at(p, set)->vdu = plan_at(p, scale)->vdu = u->id;
    plan_at(p, scale)->mode = c->is_standby ? "standby" : NULL;
    plan_at(p, scale)->pop = c->pop;
    plan_at(p, scale)->policy = fault_policy_parse(u->on_failure);
    if (!c->is_standby)
        proto_list_add(&told->only, component, p->arena);
    return scale;
}

/* Which of several is wrong. */
static enum err_code in_list(uint32_t n, uint32_t i, struct err *err)
{
    return n > 1 ? err_where(err, "vdus[%u]", i) : err->code;
}

/* Those of one VNFR: [first, end) of the request's. */
struct part {
    const struct view_vnfr *v;
    const struct plan_count *counts;
    uint32_t first, end, n; /* n: of all VNFRs */
    uint16_t before;        /* the last step of the part before it, or 0 */
};

/* Done once for each VNFR that the request names; p->vnfr is that one meanwhile. */
typedef enum err_code part_fn(struct planning *p, struct part *part, struct err *err);
static enum err_code each_part(struct planning *p, part_fn *fn, struct err *err)
{
    static const struct plan_count one = {.number = 1};
    const struct plan_request *q = p->request;
    struct part part = {
        .v = p->vnfr, .counts = q->n_counts ? q->counts : &one, .n = q->n_counts ? q->n_counts : 1};
    part.end = part.n;
    if (p->vnfr)
        return fn(p, &part, err);
    for (; part.first < part.n; part.first = part.end) {
        const char *id = part.counts[part.first].vnfr;
        p->vnfr = part.v = view_vnfr(p->view, id);
        if (!part.v || !proto_strs_has(&p->plan->vnfrs, id))
            return err_set(err, ERR_INVALID, "a number of instances is of no VNF of the request");
        for (part.end = part.first;
             part.end < part.n && strcmp(part.counts[part.end].vnfr, id) == 0; part.end++)
            ;
        enum err_code rc = fn(p, &part, err);
        if (rc != ERR_OK)
            return rc;
    }
    p->vnfr = NULL;
    return ERR_OK;
}

static enum err_code more_of(struct planning *p, struct part *part, struct err *err)
{
    struct told told = {.undo = UNDO_SCALE_IN};
    struct proto_strs prepared = {0};
    uint32_t *more = arena_alloc(p->arena, (p->vnfr->n_vdus + 1) * sizeof(*more));
    if (p->vnfr->state != VNFR_STATE_ACTIVE)
        return err_set(err, ERR_STATE, "NetworkServiceDescriptor must be in ACTIVE state");
    for (uint32_t i = part->first; i < part->end; i++) {
        const struct plan_count *c = &part->counts[i];
        const struct view_vdu *u = NULL;
        uint16_t pop = prepare(p, &prepared, c->pop);
        enum err_code rc = find_room(p->vnfr, c, more, &u, err);
        if (rc != ERR_OK)
            return in_list(part->n, i, err);
        for (uint32_t k = 0; k < c->number; k++)
            told.after = one_more(p, c, u, pop, told.after, &told);
    }
    if (told.only.n)
        plan_targets(p, p->vnfr, tell, &told);
    return ERR_OK;
}

enum err_code plan_scale_out(struct planning *p, struct err *err)
{
    return each_part(p, more_of, err);
}

/* --- scale in --------------------------------------------------------------------------------- */

/* Which goes first; 0: not by choice. A STANDBY is redundancy that somebody asked for: it goes only
 * when the last ACTIVE one would. */
static int rank(enum instance_state_word state)
{
    switch (state) {
    case INSTANCE_STATE_FAILED:
        return 6;
    case INSTANCE_STATE_ERROR:
        return 5;
    case INSTANCE_STATE_INACTIVE:
        return 4;
    case INSTANCE_STATE_UP:
        return 3;
    case INSTANCE_STATE_ACTIVE:
        return 2;
    case INSTANCE_STATE_STANDBY:
        return 1;
    default:
        return 0;
    }
}

static const struct view_instance *victim(const struct view_vnfr *v, const struct view_vdu *u,
                                          const bool *is_taken)
{
    const struct view_instance *best = NULL;
    uint32_t n_active = 0;
    for (uint32_t i = 0; i < v->n_instances; i++)
        n_active += !is_taken[i] && v->instances[i].state == INSTANCE_STATE_ACTIVE &&
                    strcmp(v->instances[i].vdu, u->id) == 0;
    for (uint32_t i = 0; i < v->n_instances; i++) {
        const struct view_instance *x = &v->instances[i];
        if (is_taken[i] || rank(x->state) == 0 || strcmp(x->vdu, u->id) != 0 ||
            (x->state == INSTANCE_STATE_ACTIVE && n_active < 2))
            continue;
        if (!best || rank(x->state) > rank(best->state) ||
            (rank(x->state) == rank(best->state) && x->made > best->made))
            best = x;
    }
    return best;
}

/* [STOP i ->] per target that was told of i: SCALE_IN t i -> DELETE i -> DROP_INSTANCE i. STOP only
 * of one that runs: a rollback would START one that did not. */
static uint16_t one_less(struct planning *p, const struct view_instance *x, uint16_t before)
{
    bool runs = x->state == INSTANCE_STATE_ACTIVE || x->state == INSTANCE_STATE_UP;
    uint16_t stop = p->request->drains && runs ? plan_add_step(p, STEP_STOP, p->vnfr) : 0;
    struct step_numbers told = {
        .at = arena_alloc(p->arena, (p->view->n_vnfrs + 1) * sizeof(*told.at))};
    uint32_t source = view_index(p->view, p->vnfr);
    if (stop) {
        plan_at(p, stop)->instance = x->id;
        plan_after(p, stop, before);
    }
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++) {
        const struct view_vnfr *t = &p->view->vnfrs[i];
        if (t == p->vnfr || !view_depends(t, source) || !proto_strs_has(&t->told, x->id))
            continue;
        uint16_t n = plan_add_step(p, STEP_SCALE_IN, t);
        plan_at(p, n)->instance = x->id;
        plan_after(p, n, stop ? stop : before);
        told.at[told.n++] = n;
    }
    uint16_t del = plan_add_step(p, STEP_DELETE, p->vnfr);
    plan_at(p, del)->instance = x->id;
    for (uint32_t i = 0; i < told.n; i++)
        plan_after(p, del, told.at[i]);
    if (told.n == 0)
        plan_after(p, del, stop ? stop : before);
    uint16_t drop = plan_add_step(p, STEP_DROP_INSTANCE, p->vnfr);
    plan_at(p, drop)->instance = x->id;
    plan_after(p, drop, del);
    return drop;
}

/* at: which of them found none; those before it of the same VDU were to go too. */
static enum err_code no_victim(const struct planning *p, const struct plan_count *all, uint32_t at,
                               struct err *err)
{
    AUTO(sbuf_release) struct sbuf counts = SBUF_INIT;
    const struct plan_count *c = &all[at];
    uint32_t asked = c->number;
    for (uint32_t i = 0; c->vdu && i < at; i++)
        asked += all[i].vdu && strcmp(all[i].vdu, c->vdu) == 0 ? all[i].number : 0;
    put_counts(p->vnfr, c->vdu, false, &counts);
    err_set(err, ERR_LIMIT, "%s",
            c->vdu ? "The VirtualDeploymentUnit chosen has reached the minimum number of "
                     "VNFCInstance"
                   : "All VirtualDeploymentUnits have reached their minimum number of "
                     "VNFCInstances");
    return err_hint(err,
                    "%s, and %u %s to go: at least one that works stays; the whole VNF goes "
                    "with: baton nsr remove-vnf %s %s",
                    counts.s, asked, asked == 1 ? "was" : "were", p->view->name, p->vnfr->name);
}

/* The first VDU with one to spare, or the one asked for; the same rule as the reference's: more
 * than one instance. */
static const struct view_instance *choose(struct planning *p, const struct plan_count *c,
                                          const bool *is_taken)
{
    const struct view_vnfr *v = p->vnfr;
    for (uint32_t u = 0; u < v->n_vdus; u++) {
        const struct view_vdu *vdu = &v->vdus[u];
        uint32_t n = instances_of(v, vdu);
        if (c->vdu && strcmp(c->vdu, vdu->id) != 0)
            continue;
        for (uint32_t i = 0; i < v->n_instances; i++)
            n -= is_taken[i] && strcmp(v->instances[i].vdu, vdu->id) == 0;
        const struct view_instance *x = n > 1 ? victim(v, vdu, is_taken) : NULL;
        if (x)
            return x;
    }
    return NULL;
}

static bool may_go(const struct view_vnfr *v, const struct view_instance *x)
{
    return v->state == VNFR_STATE_ACTIVE || x->state == INSTANCE_STATE_FAILED ||
           x->state == INSTANCE_STATE_ERROR;
}

static enum err_code named(struct planning *p, struct err *err)
{
    const struct view_vnfr *v = p->vnfr;
    const struct view_instance *x = view_instance(v, p->request->instance);
    const struct view_vdu *u = x ? view_vdu(v, x->vdu) : NULL;
    if (!x || !instance_is_there(x))
        return err_set(err, ERR_NOT_FOUND, "VNFCInstance with ID %s was not found in VNFR '%s'",
                       p->request->instance, v->name);
    if (!may_go(v, x))
        return err_set(err, ERR_STATE, "NetworkServiceDescriptor must be in ACTIVE state");
    if (u && instances_of(v, u) < 2)
        return no_victim(p, &(struct plan_count){.vdu = u->id, .number = 1}, 0, err);
    one_less(p, x, 0);
    return ERR_OK;
}

/* One VNFR after the other: what goes of one may be a host on which another tells its own. */
static enum err_code fewer_of(struct planning *p, struct part *part, struct err *err)
{
    bool *is_taken = arena_alloc(p->arena, p->vnfr->n_instances + 1);
    for (uint32_t i = part->first; i < part->end; i++)
        for (uint32_t k = 0; k < part->counts[i].number; k++) {
            const struct view_instance *x = choose(p, &part->counts[i], is_taken);
            if (!x) {
                err_ignore(no_victim(p, part->counts + part->first, i - part->first, err),
                           "the place is added");
                return in_list(part->n, i, err);
            }
            if (!may_go(p->vnfr, x))
                return err_set(err, ERR_STATE, "NetworkServiceDescriptor must be in ACTIVE state");
            is_taken[x - p->vnfr->instances] = true;
            part->before = one_less(p, x, part->before);
        }
    return ERR_OK;
}

enum err_code plan_scale_in(struct planning *p, struct err *err)
{
    return p->request->instance ? named(p, err) : each_part(p, fewer_of, err);
}

/* --- switch, heal ----------------------------------------------------------------------------- */

/* MARK f FAILED -> HEAL b `switchToStandby` -> per target: MODIFY t {b} -> START t. */
enum err_code plan_switch(struct planning *p, struct err *err)
{
    const struct view_vnfr *v = p->vnfr;
    const struct view_instance *failed = view_instance(v, p->request->failed), *standby = NULL;
    if (!failed || !instance_is_there(failed))
        return err_set(err, ERR_NOT_FOUND, "VNFCInstance with ID %s was not found in VNFR '%s'",
                       p->request->failed ? p->request->failed : "", v->name);
    if (v->state != VNFR_STATE_ACTIVE)
        return err_set(err, ERR_STATE, "NetworkServiceDescriptor must be in ACTIVE state");
    for (uint32_t i = 0; i < v->n_instances && !standby; i++)
        if (v->instances[i].state == INSTANCE_STATE_STANDBY && &v->instances[i] != failed &&
            strcmp(v->instances[i].vdu, failed->vdu) == 0)
            standby = &v->instances[i];
    if (!standby)
        return err_set(err, ERR_NOT_FOUND,
                       "No VNFCInstance in standby mode found, so switch to redundant VNFC is not "
                       "possibile"); /* sic: clients compare it */
    uint16_t mark = plan_add_step(p, STEP_MARK_FAILED, v);
    plan_at(p, mark)->instance = failed->id;
    uint16_t heal = plan_add_step(p, STEP_HEAL, v);
    plan_at(p, heal)->instance = standby->id;
    plan_after(p, heal, mark);
    struct told told = {.after = heal, .undo = UNDO_NEVER};
    proto_list_add(&told.only, standby->id, p->arena);
    plan_targets(p, v, tell, &told);
    return ERR_OK;
}

/* [REBUILD i ->] HEAL i -> per target whose parameters changed by it: MODIFY t {i} -> START t. */
enum err_code plan_heal(struct planning *p, struct err *err)
{
    const struct view_instance *x = view_instance(p->vnfr, p->request->instance);
    if (!x || !instance_is_there(x))
        return err_set(err, ERR_NOT_FOUND, "VNFCInstance with ID %s was not found in VNFR '%s'",
                       p->request->instance ? p->request->instance : "", p->vnfr->name);
    if (x->state == INSTANCE_STATE_STANDBY)
        return err_set(err, ERR_STATE, "instance '%s' is in standby: there is nothing to heal",
                       x->hostname);
    uint16_t rebuild = p->request->is_rebuilt ? plan_add_step(p, STEP_REBUILD, p->vnfr) : 0;
    if (rebuild)
        plan_at(p, rebuild)->instance = x->id;
    uint16_t heal = plan_add_step(p, STEP_HEAL, p->vnfr);
    plan_at(p, heal)->instance = x->id;
    plan_after(p, heal, rebuild);
    struct told told = {.after = heal,
                        .undo = UNDO_NEVER,
                        .if_changed = !p->view->heal_tells_targets,
                        .is_always = p->view->heal_tells_targets};
    proto_list_add(&told.only, x->id, p->arena);
    plan_targets(p, p->vnfr, tell, &told);
    return ERR_OK;
}
