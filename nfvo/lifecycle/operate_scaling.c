/* The conversation in the course of SCALE_OUT (operations.md 2.5): the VNFM asks for the new
 * component's server (SCALING), gets its answer when the server is up, and says SCALED at the end.
 *
 *     ASKED --SCALING--> [CLEARING] --> [PREPARING] --> LAUNCHING --> SERVED --SCALED--> done
 *
 * The stage is the step's. Who asked is the VNFR's: each repeat is answered, since one that comes
 * from another copy of the VNFM has a reply queue of its own. SCALING names no component, so one
 * SCALE_OUT of a VNFR is open at a time (planner). A VNFM that allocates itself never asks. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/placement.h"

#include <string.h>

/* clang-format off */
#define STAGES(X) \
    X(ASKED)     /* SCALE_OUT is sent */                                                             \
    X(CLEARING)  /* SCALING came; what an attempt before left is deleted first */                    \
    X(PREPARING) /* the PoP is refreshed, and gets the networks */                                   \
    X(LAUNCHING)                                                                                     \
    X(SERVED)    /* SCALING is answered */
/* clang-format on */
enum stage {
#define X(word) STAGE_##word,
    STAGES(X)
#undef X
        STAGE_N
};
static const char *const stage_words[STAGE_N] = {
#define X(word) #word,
    STAGES(X)
#undef X
};

#define ASKERS_MAX 8

static enum stage stage_of(const struct plan_step *s)
{
    for (int i = 0; s->stage && i < STAGE_N; i++)
        if (strcmp(s->stage, stage_words[i]) == 0)
            return (enum stage)i;
    return STAGE_ASKED;
}

/* --- who asked --------------------------------------------------------------------------------- */

static bool is_same(const struct asker *a, const struct asker *b)
{
    return strcmp(a->reply_to, b->reply_to) == 0 &&
           strcmp(a->correlation_id ? a->correlation_id : "",
                  b->correlation_id ? b->correlation_id : "") == 0;
}

static void add_asker(struct vnfr_member *v)
{
    const struct intent *in = v->m->d->in;
    struct asker *a = proto_new(&asker_type, v->m->d->arena);
    *a = (struct asker){.reply_to = in->reply_to ? in->reply_to : "",
                        .correlation_id = in->correlation_id,
                        .room = in->room};
    for (uint32_t i = 0; i < v->st->scaling.n; i++)
        if (is_same(v->st->scaling.at[i], a))
            return;
    if (v->st->scaling.n == ASKERS_MAX) { /* the oldest has given up long ago */
        memmove(v->st->scaling.at, v->st->scaling.at + 1,
                (ASKERS_MAX - 1) * sizeof(v->st->scaling.at[0]));
        v->st->scaling.n--;
    }
    proto_list_add(&v->st->scaling, a, v->m->d->arena);
    member_changed(v);
}

/* With the record, or, fault: with an Error, which carries the record without the instance. */
static void answer_all(struct vnfr_member *v, const char *command, const char *fault)
{
    struct decision *d = v->m->d;
    for (uint32_t i = 0; i < v->st->scaling.n; i++) {
        const struct asker *a = v->st->scaling.at[i];
        v->st->reply_to = a->reply_to;
        v->st->correlation_id = a->correlation_id;
        v->st->reply_room = a->room;
        if (fault)
            answer_with_error(v, fault);
        else
            answer_record(v, ACTION_SCALED);
        struct send *s = d->sends.n ? d->sends.at[d->sends.n - 1] : NULL;
        if (i + 1 == v->st->scaling.n && s && s->is_answer && command && !fault)
            s->command = command; /* if the last one finds nobody, that is lost */
    }
    v->st->scaling = (struct asker_list){0};
    member_changed(v);
}

/* --- the step ---------------------------------------------------------------------------------- */

static struct plan_step *open_step(const struct operations *all, const struct vnfr_member *v,
                                   enum step_kind kind, struct operation **ret_op)
{
    for (uint32_t o = 0; o < all->n; o++)
        for (uint32_t i = 0; i < all->at[o]->n_steps; i++) {
            struct plan_step *s = &all->at[o]->steps[i];
            if (s->kind != kind || s->state != STEP_STATE_SENT || strcmp(s->vnfr, v->row->id) != 0)
                continue;
            *ret_op = all->at[o];
            return s;
        }
    return NULL;
}

static void tell(struct vnfr_member *v, const struct plan_step *s, const struct step_news *news)
{
    operate_tell(v->m, s->kind, s->instance ? s->instance : v->row->id, news);
}

bool operate_wants_launch(struct nsr_model *m, const char *instance)
{
    const struct operations *all = model_operations(m);
    for (uint32_t o = 0; all && o < all->n; o++)
        for (uint32_t i = 0; i < all->at[o]->n_steps; i++) {
            const struct plan_step *s = &all->at[o]->steps[i];
            if ((s->kind == STEP_SCALE_OUT || s->kind == STEP_REBUILD) &&
                s->state == STEP_STATE_SENT && s->instance && strcmp(s->instance, instance) == 0)
                return true;
        }
    return false;
}

static struct instance_member *instance_of(struct nsr_model *m, const struct plan_step *s)
{
    return model_instance_by_id(m, s->instance);
}

/* Refused: the VNFM gets an Error, and nobody waits for its own answer (a Python VNFM gives none). */
static struct step_news refused(struct vnfr_member *v, struct plan_step *s, const struct err *err,
                                const struct fault *peers)
{
    struct decision *d = v->m->d;
    struct fault *f = peers ? proto_dup(&fault_type, peers, d->arena)
                            : fault_from_err(err, "nfvo",
                                             arena_printf(d->arena, "vnfr %s (%s)",
                                                          v->row->key[VNFR_NAME], v->row->id),
                                             d->arena);
    f->at = timestamp_executed(d->arena, d->now);
    answer_all(v, NULL, f->message);
    v->st->launch_fault = NULL;
    s->stage = stage_words[STAGE_ASKED];
    return (struct step_news){.event = STEP_EV_FAULT, .cause = CAUSE_RESOURCES, .fault = f};
}

/* --- a place, and a server --------------------------------------------------------------------- */

/* It was new to the service: from now on it is a fact of each of its messages. */
static void join_pop(struct nsr_model *m, const char *pop_id)
{
    struct row *root = m->d->root;
    const char *pops = root->key[NSR_POPS];
    if (!*pop_id || strstr(pops, pop_id)) /* ids have one length */
        return;
    root->key[NSR_POPS] = *pops ? arena_printf(m->d->arena, "%s,%s", pops, pop_id)
                                : arena_strdup(m->d->arena, pop_id);
    row_touch(root);
}

static const struct vnf_component *component_of(const struct vdu *vdu, const char *id)
{
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        if (vdu->vnfc.at[i]->id && strcmp(vdu->vnfc.at[i]->id, id) == 0)
            return vdu->vnfc.at[i];
    return NULL;
}

static void launch(struct vnfr_member *v, struct plan_step *s, struct vdu *vdu, const char *ref)
{
    const char *id, *zone;
    struct pop_state *st;
    const struct vnf_component *c = component_of(vdu, s->component);
    pop_ref_split(v->m->d->arena, ref, &id, &zone);
    const struct vim_instance *pop = fact_pop(v->m->d, id, &st);
    if (pop)
        vnfr_place_links(v, vdu, c, pop, st);
    v->st->launch_fault = NULL;
    s->instance = vnfr_launch(v, vdu, c, ref)->id;
    s->stage = stage_words[STAGE_LAUNCHING];
    member_changed(v);
}

/* A PoP that is ready, or on its way to be. why: what is said when nothing is left, where there was
 * no choice. false: *ret says why there is none. */
static bool find_place(struct vnfr_member *v, struct plan_step *s, const struct err *why,
                       struct step_news *ret)
{
    struct decision *d = v->m->d;
    struct vdu *vdu = operate_vdu(v, s->vdu);
    uint32_t place = 0;
    struct err err = ERR_INIT;
    if (!vdu || !component_of(vdu, s->component)) {
        err_set(&err, ERR_NOT_FOUND, "the record has no component '%s' any more", s->component);
        *ret = refused(v, s, &err, NULL);
        return false;
    }
    while (member_vnfr(v)->vdu.at[place] != vdu)
        place++;
    for (;;) {
        const char *ref, *id, *zone;
        struct err not_ready = ERR_INIT;
        if (placement_one_more(v, place, s->pop, &ref, &err) != ERR_OK) {
            *ret = refused(v, s, why ? why : &err, NULL);
            return false;
        }
        pop_ref_split(d->arena, ref, &id, &zone);
        if (placement_is_prepared(v, id) || vnfr_prepare_pop(v, id, &not_ready) == ERR_OK) {
            s->stage = stage_words[STAGE_PREPARING];
            if (!placement_is_awaited(v, id))
                launch(v, s, vdu, ref);
            return true;
        }
        if (s->pop) { /* it is the only one */
            *ret = refused(v, s, &not_ready, NULL);
            return false;
        }
        placement_refuse(v, id, &not_ready);
    }
}

/* What an attempt before left of this component: 0 nothing; 1 it is being deleted; 2 it is up, or on
 * its way. */
enum left { LEFT_NOTHING, LEFT_GOES, LEFT_STAYS };
static enum left what_is_left(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s)
{
    struct instance_member *i = instance_of(m, s);
    if (i && (i->row->phase == INSTANCE_UP || i->row->phase == INSTANCE_LAUNCHING ||
              i->row->phase == INSTANCE_DOUBT))
        return LEFT_STAYS;
    if (i && i->row->phase == INSTANCE_FAILED)
        instance_delete(m, i);
    if (i && i->row->phase != INSTANCE_GONE)
        return LEFT_GOES;
    if (s->instance)
        operate_forget_instance(m, v, s->instance, NULL);
    s->instance = NULL;
    return LEFT_NOTHING;
}

/* The first SCALING of an attempt. true: it ended here, *ret says how. */
static bool begin(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                  struct step_news *ret)
{
    v->st->refused = (struct proto_strmap){0};
    v->st->prepared = v->st->looked_at = (struct proto_strs){0};
    v->st->grant_until = m->d->now + 3 * settings_of(m->d)->driver_us;
    v->st->launch_fault = NULL;
    member_changed(v);
    switch (what_is_left(m, v, s)) {
    case LEFT_STAYS:
        s->stage = stage_words[STAGE_LAUNCHING];
        return false;
    case LEFT_GOES:
        s->stage = stage_words[STAGE_CLEARING];
        return false;
    default:
        return !find_place(v, s, NULL, ret);
    }
}

/* --- what comes -------------------------------------------------------------------------------- */

static void is_alive(struct nsr_model *m, const struct plan_step *s)
{
    struct command *c = decision_find(m->d, s->command);
    if (c && strcmp(c->data, COMMAND_LOST) == 0) /* it was thought to be gone, and works on */
        command_change(c, m->d->now + command_time(settings_of(m->d), c->kind), "");
}

bool operate_scaling(struct nsr_model *m, struct vnfr_member *v, const struct vnfm_or *msg)
{
    const struct operations *all = model_operations(m);
    struct operation *op;
    struct step_news news = {0};
    const char *userdata = msg->userdata;
    if (!all)
        return true; /* the decision is refused */
    struct plan_step *s = member_vnfr(v) ? open_step(all, v, STEP_SCALE_OUT, &op) : NULL;
    if (!s || op->state != OPERATION_STATE_PROCESSING)
        return false;
    is_alive(m, s);
    vnfr_merge_history(v, msg->record); /* nothing else: it may be an old copy */
    add_asker(v);
    if (stage_of(s) == STAGE_ASKED) {
        v->st->userdata = userdata && strcmp(userdata, "none") != 0 ? userdata : NULL;
        if (begin(m, v, s, &news))
            tell(v, s, &news);
    } else if (stage_of(s) == STAGE_SERVED) {
        answer_all(v, s->command, NULL);
    }
    return true;
}

static bool launched(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                     struct step_news *ret)
{
    const struct instance_member *i = instance_of(m, s);
    struct err err = ERR_INIT;
    if (i && (i->row->phase == INSTANCE_LAUNCHING || i->row->phase == INSTANCE_DOUBT))
        return false;
    if (i && i->row->phase == INSTANCE_UP) {
        s->stage = stage_words[STAGE_SERVED];
        vnfr_history(v, "SCALE_OUT", i->row->key[INSTANCE_HOSTNAME]);
        answer_all(v, s->command, NULL);
        return false;
    }
    err_set(&err, ERR_PEER, "the server could not be launched");
    *ret = refused(v, s, &err, v->st->launch_fault);
    return true;
}

/* After each decision: has what the stage waits for ended? */
bool operate_scaling_look(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                          struct step_news *ret)
{
    if (stage_of(s) == STAGE_CLEARING && what_is_left(m, v, s) == LEFT_NOTHING &&
        !find_place(v, s, NULL, ret))
        return true;
    return stage_of(s) == STAGE_LAUNCHING && launched(m, v, s, ret);
}

void operate_pop_answered(struct nsr_model *m, struct vnfr_member *v, const char *pop_id,
                          const struct err *err)
{
    const struct operations *all = model_operations(m);
    struct operation *op;
    struct step_news news = {.event = STEP_EV_OK};
    if (!all)
        return;
    struct plan_step *s = open_step(all, v, STEP_PREPARE, &op);
    if (s && strcmp(s->pop, pop_id) == 0) {
        if (err)
            news = refused(v, s, err, NULL);
        tell(v, s, &news);
        return;
    }
    s = open_step(all, v, STEP_SCALE_OUT, &op);
    if (!s || stage_of(s) != STAGE_PREPARING) {
        m->d->outcome = DECISION_STALE;
        return;
    }
    if (err)
        placement_refuse(v, pop_id, err);
    bool is_over = err && s->pop;
    if (is_over)
        news = refused(v, s, err, NULL);
    if (is_over || !find_place(v, s, err && !placement_has_choice(v) ? err : NULL, &news))
        tell(v, s, &news);
}

void operate_prepare(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct err err = ERR_INIT;
    struct pop_state *st;
    struct step_news news = {.event = STEP_EV_OK};
    join_pop(m, a->step->pop);
    v->st->prepared = (struct proto_strs){0};
    v->st->grant_until = m->d->now + 3 * settings_of(m->d)->driver_us;
    /* Not a fact of this decision, but of those to come. */
    bool is_known = fact_pop(m->d, a->step->pop, &st) != NULL;
    enum err_code rc =
        is_known ? vnfr_prepare_pop(v, a->step->pop, &err) : vnfr_ask_pop(v, a->step->pop, &err);
    if (rc != ERR_OK)
        news = refused(v, a->step, &err, NULL);
    if (rc != ERR_OK || !placement_is_awaited(v, a->step->pop))
        operate_tell(m, STEP_PREPARE, v->row->id, &news);
}

/* Its VNF failed meanwhile, and with it what it waited for. */
bool operate_prepare_look(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                          struct step_news *ret)
{
    (void)m;
    if (placement_is_awaited(v, s->pop))
        return false;
    *ret = (struct step_news){.event = STEP_EV_FAULT,
                              .cause = CAUSE_RESOURCES,
                              .note = "the VNF failed while its PoP was prepared"};
    return true;
}

void operate_scaling_begin(struct nsr_model *m, struct plan_step *s, enum step_form form)
{
    const struct instance_member *i = instance_of(m, s);
    if (form == FORM_RESUME || form == FORM_SAME)
        return;
    s->stage = stage_words[STAGE_ASKED];
    if (!i)
        s->instance = NULL;
}

/* --- SCALED ------------------------------------------------------------------------------------ */

static const struct vnfc_instance *find_component(const struct vnfr *record, const char *id)
{
    for (uint32_t u = 0; record && u < record->vdu.n; u++)
        for (uint32_t i = 0; i < record->vdu.at[u]->vnfc_instance.n; i++) {
            const struct vnfc_instance *x = record->vdu.at[u]->vnfc_instance.at[i];
            if (x->vnf_component && x->vnf_component->id && strcmp(x->vnf_component->id, id) == 0)
                return x;
        }
    return NULL;
}

/* In the record that came back, else beside it. */
static const struct vnfc_instance *told_instance(const struct vnfm_or *msg, const char *component)
{
    const struct vnfc_instance *x = find_component(msg ? msg->record : NULL, component);
    return x || !msg ? x : msg->vnfc_instance;
}

static bool is_of_vnfm(void *arg, const struct proto_type *type, const void *rec)
{
    (void)type, (void)rec;
    return *(const bool *)arg;
}

static void take_instance(struct vnfr_member *v, struct vnfc_instance *x,
                          const struct vnfc_instance *told, bool is_ours)
{
    const struct proto_allocator allocator = {is_of_vnfm, &is_ours};
    const char *id = x->id, *state = x->state;
    proto_merge_allocated(&vnfc_instance_type, x, told, &allocator, v->m->d->arena);
    x->id = id;
    x->state = is_ours ? state : x->state;
    member_changed(v);
}

/* A VNFM that allocates itself: its instance gets a row, by which it is counted and deleted. Its id
 * is ours, so that it is nobody else's; so is the row's hostname, which has to be unique. */
static void adopt(struct vnfr_member *v, struct plan_step *s, const struct vnfc_instance *told)
{
    struct decision *d = v->m->d;
    struct vdu *vdu = operate_vdu(v, s->vdu);
    struct vnfc_instance *x = proto_new(&vnfc_instance_type, d->arena);
    struct row *row = decision_add_row(d, ROW_INSTANCE, decision_new_id(d), INSTANCE_UP);
    struct instance_state *st = proto_new(&instance_state_type, d->arena);
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        if (vdu->vnfc.at[i]->id && strcmp(vdu->vnfc.at[i]->id, s->component) == 0)
            x->vnf_component = vdu->vnfc.at[i];
    x->id = row->id;
    take_instance(v, x, told, false);
    row->key[INSTANCE_VNFR] = v->row->id;
    row->key[INSTANCE_POP] = x->vim_id ? x->vim_id : "";
    row->key[INSTANCE_HOSTNAME] = row->id;
    row->key[INSTANCE_VC] = x->vc_id ? x->vc_id : "";
    *st = (struct instance_state){.vdu_id = vdu->id,
                                  .vnfc_id = s->component,
                                  .owner = "vnfm",
                                  .pop_ref = row->key[INSTANCE_POP]};
    model_add_instance(v->m, row, st);
    proto_list_add(&vdu->vnfc_instance, x, d->arena);
    s->instance = row->id;
}

void operate_scaled(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                    const struct vnfm_or *msg, struct step_news *news)
{
    const struct vnfc_instance *told = told_instance(msg, s->component);
    struct vnfc_instance *x = s->instance ? operate_instance(v, s->instance) : NULL;
    const struct instance_member *i = instance_of(m, s);
    struct err err = ERR_INIT;
    if (x && i && i->row->phase == INSTANCE_UP) {
        if (told)
            take_instance(v, x, told, !i->st->owner);
        return;
    }
    if (stage_of(s) == STAGE_ASKED && !i && told && operate_vdu(v, s->vdu)) {
        adopt(v, s, told);
        return;
    }
    err_set(&err, ERR_PEER, "VNFM '%s' answered SCALE_OUT with SCALED, but %s",
            v->row->key[VNFR_ENDPOINT],
            stage_of(s) == STAGE_ASKED ? "there is no instance of the new component"
                                       : "its server is not up");
    *news = refused(v, s, &err, NULL);
    news->cause = CAUSE_SCRIPT;
}

/* --- the end without it ------------------------------------------------------------------------ */

void operate_scaling_withdrawn(struct vnfr_member *v, struct plan_step *s)
{
    if (v->st->scaling.n)
        answer_all(v, NULL, "the operation that scales this VNF out was given up");
    (void)s;
}

/* A server that is there stays, and shows that it does not work; one that is not leaves no trace. */
static void leave_one(struct nsr_model *m, struct vnfr_member *v, const struct plan_step *s)
{
    struct vnfc_instance *x = s->instance ? operate_instance(v, s->instance) : NULL;
    struct instance_member *i = instance_of(m, s);
    struct vdu *vdu = operate_vdu(v, s->vdu);
    uint32_t kept = 0;
    if (x) {
        x->state = instance_state_words[INSTANCE_STATE_FAILED];
        member_changed(v);
        return;
    }
    if (i && i->row->phase == INSTANCE_FAILED)
        instance_delete(m, i);
    for (uint32_t k = 0; vdu && k < vdu->vnfc.n; k++)
        if (!vdu->vnfc.at[k]->id || strcmp(vdu->vnfc.at[k]->id, s->component) != 0)
            vdu->vnfc.at[kept++] = vdu->vnfc.at[k];
    if (vdu)
        vdu->vnfc.n = kept;
    member_changed(v);
}

void operate_scaling_over(struct nsr_model *m, const struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        struct vnfr_member *v = s->vnfr ? model_vnfr_by_id(m, s->vnfr) : NULL;
        bool is_undone = s->state == STEP_STATE_UNDONE || s->state == STEP_STATE_DONE;
        bool was_set = i > 0 && op->steps[i - 1].kind == STEP_SET_COMPONENT &&
                       op->steps[i - 1].state == STEP_STATE_DONE;
        if (s->kind == STEP_SCALE_OUT && v && member_vnfr(v) && !is_undone && was_set)
            leave_one(m, v, s);
    }
}
