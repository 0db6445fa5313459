/* A VNFR made and taken away in the course of an operation. Its phases up to INITIALIZED, and those
 * of its release, are the machine's (vnfr_fsm.c): a step begins them, and is over when the VNFR's
 * phase says so. What comes between the two (MODIFY, START) are steps with requests of their own:
 * the phase is ACTIVE then, and `stable` of the private document tells how far it is. */
#include "nfvo/lifecycle/operate_life.h"

#include "common/base/text.h"
#include "nfvo/lifecycle/nsr.h"

#include <string.h>

static void not_sent(struct nsr_model *m, const struct run_action *a, const char *why)
{
    const struct step_news news = {.event = STEP_EV_UNSENT, .note = why};
    operate_tell(m, a->kind, a->step->vnfr, &news);
}

/* --- the request ------------------------------------------------------------------------------ */

const char *operate_deploy_text(struct nsr_model *m, const struct deploy_request *req)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&deploy_request_type, req, PROTO_COMPLETE, &text);
    return arena_strndup(m->d->arena, text.s, text.len);
}

struct deploy_request *operate_deploy_of(struct nsr_model *m, const struct operation *op,
                                         const char *vnfr)
{
    struct deploy_request *req = NULL;
    struct err err = ERR_INIT;
    for (uint32_t i = 0; i < op->n_steps && !req; i++) {
        const struct plan_step *s = &op->steps[i];
        if (s->kind == STEP_INSTANTIATE && s->before && strcmp(s->vnfr, vnfr) == 0 &&
            proto_decode(&deploy_request_type, s->before, strlen(s->before), 0, m->d->arena, &req,
                         &err) != ERR_OK)
            return NULL;
    }
    return req && req->nsd->vnfd.n == 1 ? req : NULL;
}

void operate_forget_deploy(struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].kind == STEP_INSTANTIATE)
            op->steps[i].before = NULL;
}

/* --- INSTANTIATE ------------------------------------------------------------------------------- */

static void remember_command(struct nsr_model *m, struct plan_step *s, int kind)
{
    const struct command *c = decision_find_for(m->d, kind, s->vnfr);
    s->command = c ? c->id : s->command;
}

/* Its servers are there, a script of theirs failed: the VNFM goes on with it. */
static void resume(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    const struct vnfr_resume what = {.kind = STEP_INSTANTIATE,
                                     .form = FORM_RESUME,
                                     .command = a->step->command,
                                     .deploy = a->step->before};
    if (!v || v->row->phase != VNFR_FAILED) {
        not_sent(m, a, "it has nothing that its VNFM could go on with");
        return;
    }
    vnfr_step(v, VNFR_EV_RESUME, &(struct vnfr_input){.resume = &what});
    remember_command(m, a->step, CMD_INSTANTIATE);
}

void operate_instantiate(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct plan_step *s = a->step;
    if (a->form == FORM_RESUME) {
        resume(m, v, a);
        return;
    }
    const struct deploy_request *req = operate_deploy_of(m, a->op, s->vnfr);
    if (!req) {
        not_sent(m, a, "what it was to be made of is not known any more");
        return;
    }
    if (!v)
        v = nsr_add_vnfr(m, req, s->vnfr);
    v->row->phase = VNFR_INSTANTIATING; /* also of one that begins anew, which may be later */
    v->st->phase_at = m->d->now;
    v->st->by_steps = true;
    member_changed(v);
    send_instantiate(v, req, req->nsd->vnfd.at[0]);
    remember_command(m, s, CMD_INSTANTIATE);
}

bool operate_is_instantiated(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                             struct step_news *ret)
{
    (void)m;
    (void)s;
    if (v->row->phase == VNFR_ACTIVE) {
        *ret = (struct step_news){.event = STEP_EV_OK};
        return true;
    }
    if (v->row->phase != VNFR_FAILED)
        return false;
    *ret = (struct step_news){.event = STEP_EV_FAULT,
                              .cause = vnfr_failed_by(v),
                              .fault = v->failed_with,
                              .note = v->failed_with ? NULL : "it failed"};
    return true;
}

const char *operate_stage_of(const struct vnfr_member *v, const struct plan_step *s)
{
    bool is_on_its_way = v && s->kind == STEP_INSTANTIATE && s->state == STEP_STATE_SENT &&
                         v->row->phase <= VNFR_ALLOCATED;
    return is_on_its_way ? vnfr_phase_names[v->row->phase] : s->stage;
}

/* --- TERMINATE --------------------------------------------------------------------------------- */

void operate_terminate(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    if (!v)
        return; /* never made */
    if (v->row->phase < VNFR_UNDOING)
        vnfr_step(v, VNFR_EV_RELEASE, NULL);
    remember_command(m, a->step, CMD_RELEASE_RESOURCES);
}

static bool has_step_to_delete(const struct operations *all, const char *instance)
{
    for (uint32_t o = 0; o < all->n; o++)
        for (uint32_t i = 0; i < all->at[o]->n_steps; i++)
            if (all->at[o]->steps[i].kind == STEP_DELETE &&
                text_matches(all->at[o]->steps[i].instance, instance))
                return true;
    return false;
}

/* One that was not up yet when the plan was made, though it may be since: no step of it deletes that. */
static bool has_server_beside_plan(struct nsr_model *m, const struct vnfr_member *v)
{
    const struct operations *all = model_operations(m);
    for (uint32_t k = 0; all && k < m->n_instances; k++) {
        const struct row *r = m->instances[k].row;
        if (strcmp(r->key[INSTANCE_VNFR], v->row->id) == 0 && r->phase != INSTANCE_GONE &&
            !has_step_to_delete(all, r->id))
            return true;
    }
    return false;
}

bool operate_is_terminated(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                           struct step_news *ret)
{
    *ret = (struct step_news){.event = STEP_EV_OK};
    if (v->row->phase == VNFR_DELETING) /* an undo deletes all of them itself */
        return s->kind != STEP_TERMINATE || !has_server_beside_plan(m, v);
    return v->row->phase == VNFR_GONE;
}

/* --- DROP -------------------------------------------------------------------------------------- */

/* Its VNFM is asked for it again: as it was when it was new; FAILED until that goes out. By another
 * id: one of ours that was not answered, and may not have heard of the release, is not to do both. */
static void begin_anew(struct vnfr_member *v)
{
    if (v->st->correlates && v->st->may_run_yet && v->st->failed_command)
        send_cancel_to_vnfm(v, v->st->failed_command);
    struct vnfr_state *st = proto_new(&vnfr_state_type, v->m->d->arena);
    st->phase_at = v->m->d->now;
    st->queue = v->st->queue;
    st->correlates = v->st->correlates;
    st->by_steps = true;
    st->broken = v->st->broken; /* until that is mended */
    st->history_lines = v->st->history_lines;
    model_drop_instances_of(v);
    v->st = st;
    v->vnfr = NULL;
    v->row->doc = "";
    v->row->phase = VNFR_FAILED;
    member_changed(v);
}

void operate_mend_service(struct nsr_model *m)
{
    if (m->d->root->phase == NSR_FAILED) /* others failed */
        return;
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        const struct vnfr_member *v = &m->vnfrs[i];
        if (!v->is_dropped && (v->row->phase == VNFR_FAILED || v->st->broken))
            return;
    }
    if (model_nsr(m)->fault)
        model_changed(m);
    m->nsr->fault = NULL;
}

/* It had failed for the one that is gone. */
static void is_well_again(struct nsr_model *m)
{
    bool is_well = m->d->root->phase == NSR_FAILED;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        is_well = is_well && (m->vnfrs[i].is_dropped || m->vnfrs[i].row->phase == VNFR_ACTIVE);
    if (is_well)
        nsr_step(m, NSR_EV_PRUNED);
}

/* Else its INSTANTIATE does not go out now, and it is made when that does, if ever. */
static bool goes_on(const struct operation *op)
{
    return op->state == OPERATION_STATE_PROCESSING && op->cancel == CANCEL_NO &&
           !op->is_rollback_pending && !op->superseded_by;
}

void operate_drop(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    if (!v)
        return;
    if (v->row->phase < VNFR_UNDOING) /* its VNFM never knew it */
        vnfr_step(v, VNFR_EV_RELEASE, NULL);
    if (a->is_anew && goes_on(a->op)) {
        begin_anew(v);
        return;
    }
    nsr_forget_vnf(m, v->row->key[VNFR_NAME]);
    model_drop_vnfr(v);
    is_well_again(m);
    operate_mend_service(m);
}
