/* What a plan (dry run) tells beside its steps: on which PoPs servers come and go, why there, what of
 * their quota is used before and after it; and which scripts run on which hosts. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/text.h"
#include "nfvo/lifecycle/send.h"
#include "nfvo/lifecycle/vnfr.h"

#include <stdlib.h>
#include <string.h>

#define HOSTS_SHOWN    32 /* of one step: the others are counted */
#define CHILDREN_SHOWN 64 /* servers of an added VNF */

struct tally { /* of one PoP */
    const char *id;
    int64_t before, made, gone, rebuilt;
    struct pop_use more, less;
};

struct operate_plan {
    struct nsr_model *m;
    const struct operate_request *req;
    const struct operation *op;
    struct plan *plan;
    struct tally *pops;
    uint32_t n_pops;
    const struct service_view *view;
    const struct placed_list *placed; /* of VNFs that are not there yet; or NULL */
};

void operate_plan_refuse(struct plan *plan, struct err why, struct arena *a)
{
    if (proto_strs_has(&plan->refused, why.msg))
        return;
    proto_list_add(&plan->refused, arena_strdup(a, why.msg), a);
    if (*why.hint)
        proto_list_add(&plan->refused, arena_strdup(a, why.hint), a);
}

/* --- PoPs -------------------------------------------------------------------------------------- */

static const char *name_of(const struct operate_plan *p, const char *id)
{
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(p->m->d, id, &st);
    const struct deploy_request *deploy = p->req->deploy;
    if (pop && pop->name)
        return pop->name;
    for (uint32_t i = 0; deploy && i < deploy->pops.n; i++)
        if (text_equal(deploy->pops.at[i]->id, id) && deploy->pops.at[i]->name)
            return deploy->pops.at[i]->name;
    for (uint32_t i = 0; i < p->req->plan.n_counts; i++)
        if (text_equal(p->req->plan.counts[i].pop, id) && p->req->plan.counts[i].pop_name)
            return p->req->plan.counts[i].pop_name;
    return id;
}

static const char *name_of_ref(const struct operate_plan *p, const char *ref)
{
    const char *id, *zone;
    pop_ref_split(p->m->d->arena, ref, &id, &zone);
    return *zone ? arena_printf(p->m->d->arena, "%s:%s", name_of(p, id), zone) : name_of(p, id);
}

static int64_t servers_on(const struct nsr_model *m, const char *pop)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < m->n_instances; i++)
        n += m->instances[i].row->phase != INSTANCE_GONE &&
             strcmp(m->instances[i].row->key[INSTANCE_POP], pop) == 0;
    return n;
}

static struct tally *tally_of(struct operate_plan *p, const char *ref)
{
    const char *id, *zone;
    pop_ref_split(p->m->d->arena, ref, &id, &zone);
    for (uint32_t i = 0; i < p->n_pops; i++)
        if (strcmp(p->pops[i].id, id) == 0)
            return &p->pops[i];
    p->pops = arena_grow_array(p->m->d->arena, p->pops, p->n_pops, sizeof(*p->pops));
    p->pops[p->n_pops] = (struct tally){.id = id, .before = servers_on(p->m, id)};
    return &p->pops[p->n_pops++];
}

static const struct deployment_flavour *flavour_of(const struct operate_plan *p, const char *pop,
                                                   const char *key)
{
    struct pop_state *st;
    const struct vim_instance *facts = fact_pop(p->m->d, pop, &st);
    return facts && key && *key ? pop_flavour(facts, key) : NULL;
}

static void count_made(struct operate_plan *p, const char *ref, const char *flavour)
{
    struct tally *t = tally_of(p, ref);
    t->made++;
    pop_use_add(&t->more, 1, flavour_of(p, t->id, flavour));
}

/* One that is not made yet, or was made by its VNFM, is on no PoP that we know. */
static void count_server(struct operate_plan *p, const struct plan_step *s)
{
    const struct instance_member *i = model_instance_by_id(p->m, s->instance);
    if (!i || !*i->row->key[INSTANCE_POP])
        return;
    struct tally *t = tally_of(p, i->row->key[INSTANCE_POP]);
    if (s->kind == STEP_REBUILD) {
        t->rebuilt++;
        return;
    }
    t->gone++;
    pop_use_add(&t->less, 1, flavour_of(p, t->id, i->row->key[INSTANCE_FLAVOUR]));
}

/* Where it goes is found before (operate_scaling_foretell), unless the PoP is new to the service. */
static void count_scale_out(struct operate_plan *p, struct plan_step *s)
{
    struct vnfr_member *v = model_vnfr_by_id(p->m, s->vnfr);
    const struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    if (s->pop && !s->reason)
        s->reason = arena_printf(p->m->d->arena, "on '%s', as it was asked for; new to the service",
                                 name_of(p, s->pop));
    for (uint32_t u = 0; vnfr && s->pop && u < vnfr->vdu.n; u++)
        if (text_equal(vnfr->vdu.at[u]->id, s->vdu))
            count_made(p, s->pop, vnfr_flavour_key(vnfr, vnfr->vdu.at[u]));
}

/* A PoP that the service uses and the request names comes twice. */
static bool is_known_fact(const struct rows *facts, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (facts->at[i]->kind == facts->at[at]->kind &&
            strcmp(facts->at[i]->id, facts->at[at]->id) == 0)
            return true;
    return false;
}

/* Counted now; what is kept beside the quota is as old as the PoP's last refresh. */
static struct pop_use use_of(const struct operate_plan *p, const char *pop)
{
    const struct rows *facts = &p->m->d->facts;
    struct pop_use use = {0};
    for (uint32_t i = 0; i < facts->n; i++)
        if (facts->at[i]->kind == ROW_USE_OF_NSR && strcmp(facts->at[i]->key[USE_POP], pop) == 0 &&
            !is_known_fact(facts, i))
            pop_use_add(&use, strtoll(facts->at[i]->key[USE_N], NULL, 10),
                        flavour_of(p, pop, facts->at[i]->key[USE_FLAVOUR]));
    return use;
}

static void add_quota(const struct operate_plan *p, const struct tally *t, struct shown_pop *ret)
{
    struct arena *a = p->m->d->arena;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(p->m->d, t->id, &st);
    if (!pop || !st->quota) {
        ret->note = !pop ? "new to the service: its quota is looked at when it is prepared"
                         : "its driver told no quota";
        return;
    }
    const struct pop_use use = use_of(p, t->id);
    const struct {
        const char *what;
        int64_t limit, used, more, less;
    } rows[] = {
        {"instances", st->quota->instances, use.instances, t->more.instances, t->less.instances},
        {"cores", st->quota->cores, use.cores, t->more.cores, t->less.cores},
        {"ramMb", st->quota->ram, use.ram, t->more.ram, t->less.ram}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shown_change *c = proto_new(&shown_change_type, a);
        int64_t after = rows[i].used + rows[i].more - rows[i].less;
        c->what = rows[i].what;
        c->before = rows[i].used;
        c->after = after > 0 ? after : 0;
        c->limit = rows[i].limit > 0 ? rows[i].limit : 0;
        proto_list_add(&ret->quota, c, a);
    }
}

/* Links that the PoP has no network for yet. */
static void add_new_networks(const struct operate_plan *p, const struct tally *t,
                             struct shown_pop *ret)
{
    bool makes = p->op->kind == OPERATION_DEPLOY || p->op->kind == OPERATION_ADD_VNF;
    const struct nsr *nsr = model_nsr(p->m);
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(p->m->d, t->id, &st);
    for (uint32_t i = 0; makes && pop && t->made && i < nsr->vlr.n; i++)
        if (nsr->vlr.at[i]->name && !pop_network(pop, st, nsr->vlr.at[i]->name))
            proto_list_add(&ret->new_networks, nsr->vlr.at[i]->name, p->m->d->arena);
}

/* The NFVO deletes no network: other services may use it, or its users made it. */
static void add_networks(const struct operate_plan *p, const struct tally *t, struct shown_pop *ret)
{
    const struct nsr *nsr = model_nsr(p->m);
    for (uint32_t i = 0; p->op->kind == OPERATION_RELEASE && i < nsr->vlr.n; i++)
        if (nsr->vlr.at[i]->name && text_equal(nsr->vlr.at[i]->vim_id, t->id))
            proto_list_add(&ret->networks, nsr->vlr.at[i]->name, p->m->d->arena);
}

static void show_pops(const struct operate_plan *p, struct shown_pop_list *ret)
{
    struct arena *a = p->m->d->arena;
    for (uint32_t i = 0; i < p->n_pops; i++) {
        const struct tally *t = &p->pops[i];
        struct shown_pop *pop = proto_new(&shown_pop_type, a);
        pop->id = t->id;
        pop->name = name_of(p, t->id);
        pop->rebuilt = t->rebuilt;
        pop->servers = proto_new(&shown_change_type, a);
        pop->servers->before = t->before;
        pop->servers->after = t->before + t->made - t->gone;
        add_quota(p, t, pop);
        add_new_networks(p, t, pop);
        add_networks(p, t, pop);
        proto_list_add(ret, pop, a);
    }
}

/* --- a VNF that is added ------------------------------------------------------------------------ */

static const struct vnfd *descriptor_of(const struct operate_plan *p, const struct plan_step *s)
{
    const struct deploy_request *deploy = p->req->deploy;
    for (uint32_t i = 0; deploy && i < deploy->nsd->vnfd.n; i++)
        if (s->name && text_equal(deploy->nsd->vnfd.at[i]->name, s->name))
            return deploy->nsd->vnfd.at[i];
    return NULL;
}

static const struct proto_strs *candidates_of(const struct deploy_request *deploy,
                                              const struct vnfd *vnfd, const struct vdu *vdu,
                                              struct arena *a)
{
    const char *of = vdu->id ? vdu->id : vdu->name ? vdu->name : "";
    const char *key = arena_printf(a, "%s/%s", vnfd->name, of);
    for (uint32_t i = 0; i < deploy->candidates.n; i++)
        if (strcmp(deploy->candidates.at[i].key, key) == 0)
            return &deploy->candidates.at[i].value;
    return NULL;
}

static const char *flavour_key_of(const struct vnfd *vnfd, const struct vdu *vdu)
{
    if (vdu->computation_requirement)
        return vdu->computation_requirement;
    return vnfd->deployment_flavour.n ? vnfd->deployment_flavour.at[0]->flavour_key : NULL;
}

static const struct placed *placed_of(const struct operate_plan *p, const char *vnf, uint32_t vdu)
{
    for (uint32_t i = 0; p->placed && i < p->placed->n; i++)
        if (p->placed->at[i].vdu == vdu && strcmp(p->placed->at[i].vnf, vnf) == 0)
            return &p->placed->at[i];
    return NULL;
}

/* Where it would go by what is known now; else "lab or lab2", of which one is chosen when its VNFM
 * asks. "": nowhere. */
static const char *places_of(const struct operate_plan *p, const struct vnfd *vnfd, uint32_t vdu)
{
    const struct placed *placed = placed_of(p, vnfd->name, vdu);
    const struct proto_strs *refs =
        candidates_of(p->req->deploy, vnfd, vnfd->vdu.at[vdu], p->m->d->arena);
    const char *text = "";
    if (placed)
        return placed->ref ? name_of_ref(p, placed->ref) : "";
    for (uint32_t i = 0; refs && i < refs->n && i < 8; i++)
        text = arena_printf(p->m->d->arena, "%s%s%s", text, i ? " or " : "",
                            name_of_ref(p, refs->at[i]));
    return text;
}

/* One whose servers are there already (RESUME) makes no more. */
static bool makes_servers(const struct operate_plan *p, const struct plan_step *s)
{
    const struct vnfr_member *v = model_vnfr_by_id(p->m, s->vnfr);
    bool is_new = !v || p->op->kind == OPERATION_DEPLOY;
    return s->kind == STEP_INSTANTIATE && (is_new || (v->row->phase == VNFR_FAILED && !v->vnfr));
}

/* The one PoP that it goes to; NULL: it is not known. */
static const char *place_of(const struct operate_plan *p, const struct vnfd *vnfd, uint32_t vdu)
{
    const struct placed *placed = placed_of(p, vnfd->name, vdu);
    const struct proto_strs *refs =
        candidates_of(p->req->deploy, vnfd, vnfd->vdu.at[vdu], p->m->d->arena);
    if (placed)
        return placed->ref;
    return refs && refs->n == 1 ? refs->at[0] : NULL;
}

static const char *why_there(const struct operate_plan *p, const struct vnfd *vnfd, uint32_t vdu)
{
    const struct placed *placed = placed_of(p, vnfd->name, vdu);
    if (placed)
        return placed->reason;
    return place_of(p, vnfd, vdu) ? "its only PoP" : NULL;
}

static void warn_of_doubt(struct operate_plan *p, const char *vdu, const char *doubt)
{
    struct arena *a = p->m->d->arena;
    if (doubt)
        proto_list_add(&p->plan->warnings, arena_printf(a, "VDU '%s': %s", vdu, doubt), a);
}

static void place_added(struct operate_plan *p, struct plan_step *s)
{
    struct arena *a = p->m->d->arena;
    const struct vnfd *vnfd = descriptor_of(p, s);
    const char *where = "";
    for (uint32_t u = 0; vnfd && u < vnfd->vdu.n; u++) {
        const struct vdu *vdu = vnfd->vdu.at[u];
        const struct placed *placed = placed_of(p, vnfd->name, u);
        const char *places = places_of(p, vnfd, u), *ref = place_of(p, vnfd, u),
                   *why = why_there(p, vnfd, u);
        for (uint32_t i = 0; ref && i < vdu->vnfc.n; i++)
            count_made(p, ref, flavour_key_of(vnfd, vdu));
        warn_of_doubt(p, vdu->name ? vdu->name : "", placed ? placed->doubt : NULL);
        if (*places)
            where =
                arena_printf(a, "%s%sVDU '%s' on %s%s%s", where, *where ? "; " : "",
                             vdu->name ? vdu->name : "", places, why ? ", " : "", why ? why : "");
        else if (placed)
            operate_plan_refuse(p->plan, placed->why, a);
    }
    s->reason = *where ? where : NULL;
}

static void add_child(struct shown_step *ret, const char *of, const char *pop, struct arena *a)
{
    struct shown_child *c = proto_new(&shown_child_type, a);
    c->kind = "LAUNCH";
    c->of = of;
    c->pop = pop;
    c->state = "EXPECTED";
    proto_list_add(&ret->children, c, a);
}

static void add_children(const struct operate_plan *p, const struct plan_step *s,
                         struct shown_step *ret)
{
    struct arena *a = p->m->d->arena;
    const struct vnfd *vnfd = makes_servers(p, s) ? descriptor_of(p, s) : NULL;
    if (s->kind == STEP_SCALE_OUT && s->pop)
        add_child(ret, NULL, name_of_ref(p, s->pop), a);
    for (uint32_t u = 0; vnfd && u < vnfd->vdu.n; u++) {
        const struct vdu *vdu = vnfd->vdu.at[u];
        const char *places = places_of(p, vnfd, u);
        for (uint32_t i = 0; i < vdu->vnfc.n && ret->children.n < CHILDREN_SHOWN; i++)
            add_child(ret, vdu->name, *places ? places : NULL, a);
    }
}

/* --- scripts ------------------------------------------------------------------------------------ */

enum whom { ALL, NOT_FAILED, IN_SERVICE, THE_NEW };

/* As the generic VNFM runs them: operations.md 2.7. */
/* clang-format off */
static const struct {
    const char *events[3];
    enum whom whom; /* of a step that names no instance */
} runs[STEP_KIND_N] = {
    [STEP_INSTANTIATE]   = {{"INSTANTIATE"}, ALL},
    [STEP_REINSTANTIATE] = {{"INSTANTIATE"}, ALL},
    [STEP_MODIFY]        = {{"CONFIGURE"}, IN_SERVICE},
    [STEP_START]         = {{"START"}, IN_SERVICE},
    [STEP_STOP]          = {{"STOP"}, IN_SERVICE},
    [STEP_SCALE_OUT]     = {{"INSTANTIATE", "CONFIGURE", "START"}, THE_NEW},
    [STEP_SCALE_IN]      = {{"SCALE_IN"}, NOT_FAILED},
    [STEP_HEAL]          = {{"HEAL"}, ALL},
    [STEP_UPDATE]        = {{"UPDATE"}, NOT_FAILED},
    [STEP_EXECUTE]       = {{"EXECUTE"}, NOT_FAILED},
    [STEP_TERMINATE]     = {{"TERMINATE"}, ALL},
};
/* clang-format on */

static bool is_in(const struct vnfc_instance *x, enum instance_state_word state)
{
    return text_equal(x->state, instance_state_words[state]);
}

static bool is_meant(const struct vnfc_instance *x, const struct plan_step *s)
{
    enum whom whom = runs[s->kind].whom;
    if (s->instance)
        return text_equal(x->id, s->instance);
    return !(whom != ALL && is_in(x, INSTANCE_STATE_FAILED)) &&
           !(whom == IN_SERVICE && is_in(x, INSTANCE_STATE_STANDBY));
}

static void add_host(struct shown_scripts *ret, const char *host, struct arena *a)
{
    if (ret->hosts.n < HOSTS_SHOWN)
        proto_list_add(&ret->hosts, host, a);
    else
        ret->more++;
}

/* "2 new servers of VDU 'front'" */
static const char *new_servers_of(const struct vdu *u, struct arena *a)
{
    const char *n = u->vnfc.n == 1 ? "a new server" : arena_printf(a, "%u new servers", u->vnfc.n);
    return u->name ? arena_printf(a, "%s of VDU '%s'", n, u->name) : n;
}

static void add_hosts(const struct operate_plan *p, const struct plan_step *s,
                      struct shown_scripts *ret)
{
    struct arena *a = p->m->d->arena;
    struct vnfr_member *v = model_vnfr_by_id(p->m, s->vnfr);
    const struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    const struct vnfd *vnfd = vnfr ? NULL : descriptor_of(p, s);
    if (runs[s->kind].whom == THE_NEW) {
        add_host(ret, "the new server", a);
        return;
    }
    for (uint32_t u = 0; vnfr && u < vnfr->vdu.n; u++)
        for (uint32_t i = 0; i < vnfr->vdu.at[u]->vnfc_instance.n; i++) {
            const struct vnfc_instance *x = vnfr->vdu.at[u]->vnfc_instance.at[i];
            if (x->hostname && *x->hostname && is_meant(x, s))
                add_host(ret, x->hostname, a);
        }
    for (uint32_t u = 0; vnfd && u < vnfd->vdu.n; u++)
        if (vnfd->vdu.at[u]->vnfc.n)
            add_host(ret, new_servers_of(vnfd->vdu.at[u], a), a);
}

/* An upgrade takes those of the new descriptor first. */
static const struct lifecycle_event_list *events_of(const struct operate_plan *p,
                                                    const struct plan_step *s)
{
    struct vnfr_member *v = model_vnfr_by_id(p->m, s->vnfr);
    const struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    const struct vnfd *vnfd = descriptor_of(p, s);
    if (p->op->kind == OPERATION_UPGRADE && text_equal(s->vnfr, p->op->vnfr))
        return &p->req->vnfd->lifecycle_event;
    return vnfr ? &vnfr->lifecycle_event : vnfd ? &vnfd->lifecycle_event : NULL;
}

static bool depends(const struct operate_plan *p, const struct plan_step *s)
{
    const struct view_vnfr *v = view_vnfr(p->view, s->vnfr);
    return v && v->dependency;
}

/* Not every script of the table goes with every such step. */
static const char *event_of(const struct operate_plan *p, const struct plan_step *s, size_t i)
{
    const char *event = i < ARRAY_LEN(runs[0].events) ? runs[s->kind].events[i] : NULL;
    if (!event || s->kind == STEP_EXECUTE)
        return event;
    if (s->kind == STEP_HEAL && p->op->kind == OPERATION_SWITCH)
        return "START";
    if (s->kind == STEP_SCALE_OUT && strcmp(event, "START") == 0 && s->mode)
        return NULL; /* it stands by */
    if (s->kind == STEP_SCALE_OUT && strcmp(event, "CONFIGURE") == 0 && !depends(p, s))
        return "";
    return event;
}

static void add_scripts(const struct operate_plan *p, const struct plan_step *s,
                        struct shown_scripts_list *ret)
{
    struct arena *a = p->m->d->arena;
    const struct lifecycle_event_list *events = events_of(p, s);
    const char *event;
    for (size_t i = 0; (event = event_of(p, s, i)); i++) {
        struct shown_scripts *one = proto_new(&shown_scripts_type, a);
        one->event = event;
        one->is_rest = s->form == FORM_RESUME;
        if (s->kind == STEP_EXECUTE)
            proto_list_add(&one->names, "the script that is given", a);
        for (uint32_t k = 0; events && k < events->n; k++)
            for (uint32_t n = 0;
                 text_equal(events->at[k]->event, event) && n < events->at[k]->lifecycle_events.n;
                 n++)
                proto_list_add(&one->names, events->at[k]->lifecycle_events.at[n], a);
        if (one->names.n == 0)
            continue;
        add_hosts(p, s, one);
        if (one->hosts.n)
            proto_list_add(ret, one, a);
    }
}

/* What a foreign VNFM does with the scripts is its own. */
static void warn_of_foreign(struct operate_plan *p, const struct plan_step *s)
{
    struct arena *a = p->m->d->arena;
    const struct vnfr_member *v = model_vnfr_by_id(p->m, s->vnfr);
    struct shown_scripts_list scripts = {0};
    if (!v || v->st->correlates)
        return;
    add_scripts(p, s, &scripts);
    const char *text = arena_printf(a,
                                    "VNF '%s': its VNFM is not one of Baton's; which scripts it "
                                    "runs is up to it, shown are those that the descriptor names",
                                    s->name);
    if (scripts.n && !proto_strs_has(&p->plan->warnings, text))
        proto_list_add(&p->plan->warnings, text, a);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static void say_vnfm(struct operate_plan *p, struct plan_step *s)
{
    const struct vnfr_member *v = model_vnfr_by_id(p->m, s->vnfr);
    if (v && !s->reason)
        s->reason = arena_printf(p->m->d->arena, "VNFM '%s' gets RELEASE_RESOURCES of '%s'",
                                 v->row->key[VNFR_ENDPOINT], s->name);
}

void operate_plan_add(void *arg, const struct plan_step *s, struct shown_step *ret)
{
    const struct operate_plan *p = arg;
    add_children(p, s, ret);
    add_scripts(p, s, &ret->scripts);
    if (s->kind == STEP_DELETE || s->kind == STEP_REBUILD) {
        const struct instance_member *i = model_instance_by_id(p->m, s->instance);
        if (i && *i->row->key[INSTANCE_POP])
            ret->pop = name_of(p, i->row->key[INSTANCE_POP]);
    } else if (ret->pop) {
        ret->pop = name_of_ref(p, ret->pop);
    }
}

struct operate_plan *operate_plan_look(struct nsr_model *m, const struct service_view *view,
                                       const struct operate_request *req, struct operation *op,
                                       struct plan *plan, const struct placed_list *placed,
                                       struct shown_pop_list *ret)
{
    struct operate_plan *p = arena_alloc(m->d->arena, sizeof(*p));
    *p = (struct operate_plan){
        .m = m, .view = view, .req = req, .op = op, .plan = plan, .placed = placed};
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        if (s->kind == STEP_SCALE_OUT)
            count_scale_out(p, s);
        else if (s->kind == STEP_DELETE || s->kind == STEP_REBUILD)
            count_server(p, s);
        else if (makes_servers(p, s))
            place_added(p, s);
        else if (s->kind == STEP_TERMINATE)
            say_vnfm(p, s);
        if (*runs[s->kind].events)
            warn_of_foreign(p, s);
    }
    show_pops(p, ret);
    return p;
}
