/* Faults planted in operations: before a decision what it is made from is wrong, or behind it what
 * came of it. */
#include "nfvo/lifecycle/operate.h"
#include "tests/sim/plant.h"

#include <string.h>

enum { OPERATIONS_MAX = 64 };

/* Of one decision. */
static struct {
    struct intent in;
    struct verb_request verb;
    struct operation *at[OPERATIONS_MAX];
    int states[OPERATIONS_MAX];
    uint32_t n;
} was;

static bool is_verb(const struct decision *d, enum operation_event verb)
{
    const struct verb_request *r = d->in->payload;
    return d->in->event == EV_NSR_OPERATION_VERB && r->verb == verb;
}

static bool is_undone_by_vnfm(const struct plan_step *x)
{
    enum step_kind first = step_undos[x->undo].stages[0];
    return first < STEP_SELF && step_kinds[first].peer == PEER_VNFM;
}

/* What failed is taken for what never went out. */
static void undo_done_ones_only(struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *x = &op->steps[i];
        if ((x->state == STEP_STATE_FAILED || x->state == STEP_STATE_UNKNOWN) &&
            is_undone_by_vnfm(x)) {
            x->state = STEP_STATE_PLANNED;
            x->is_touched = false;
        }
    }
}

static void retry_all(struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].state == STEP_STATE_DONE &&
            step_kinds[op->steps[i].kind].peer == PEER_VNFM) {
            op->steps[i].state = STEP_STATE_FAILED;
            op->steps[i].cause = CAUSE_SCRIPT;
        }
}

static void consent_to_all(struct decision *d)
{
    was.in = *d->in;
    was.verb = *(const struct verb_request *)d->in->payload;
    was.verb.consent.unknown = UNKNOWN_REPEAT;
    was.in.payload = &was.verb;
    d->in = &was.in;
}

/* As if it held nothing. */
static const char hidden[] = "hidden";

static void start_unsent(struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps && op->state == OPERATION_STATE_PROCESSING; i++)
        if (op->steps[i].kind == STEP_START && op->steps[i].state == STEP_STATE_PLANNED &&
            op->steps[i].after.n)
            op->steps[i].state = STEP_STATE_DONE;
}

void plant_before_operations(struct decision *d, int plant)
{
    was.n = 0;
    struct nsr_model *m = d->root && d->in->agg_kind == AGG_NSR ? nsr_model_of(d) : NULL;
    struct operations *all = m ? model_operations(m) : NULL;
    const struct verb_request *verb = d->in->event == EV_NSR_OPERATION_VERB ? d->in->payload : NULL;
    for (uint32_t i = 0; all && i < all->n && was.n < OPERATIONS_MAX; i++) {
        struct operation *op = all->at[i];
        bool is_meant = verb && strcmp(verb->operation_id, op->id) == 0 &&
                        op->state == OPERATION_STATE_FAILED_TEMP;
        if (plant == PLANT_UNDOES_DONE_ONLY && is_meant && verb->verb == OPERATION_EV_ROLLBACK)
            undo_done_ones_only(op);
        if (plant == PLANT_RETRIES_DONE && is_meant && verb->verb == OPERATION_EV_RETRY)
            retry_all(op);
        if (plant == PLANT_ADMITS_ALL && d->in->event == EV_NSR_OPERATE && !op->superseded_by)
            op->superseded_by = hidden;
        if (plant == PLANT_DONE_UNSENT)
            start_unsent(op);
        was.at[was.n] = op;
        was.states[was.n++] = op->state;
    }
    if (plant == PLANT_REPEATS_UNKNOWN && is_verb(d, OPERATION_EV_RETRY))
        consent_to_all(d);
}

/* --- behind the decision ---------------------------------------------------------------------- */

static void back_to(enum operation_state state)
{
    for (uint32_t i = 0; i < was.n; i++)
        if (was.states[i] == (int)state && operation_is_final(was.at[i]))
            was.at[i]->state = was.states[i];
}

static void finish_early(struct decision *d)
{
    for (uint32_t i = 0; d->in->event == EV_VNFM_ANSWER && i < was.n; i++) {
        enum action finish = operation_kinds[was.at[i]->kind].finish;
        if (was.at[i]->state != OPERATION_STATE_PROCESSING || finish == ACTION_NONE)
            continue;
        struct outgoing_event *e = arena_alloc(d->arena, sizeof(*e));
        *e = (struct outgoing_event){
            .action = action_word(finish), .project_id = "", .nsr_id = d->root->id, .body = "{}"};
        proto_list_add(&d->events, e, d->arena);
    }
}

/* The states of all instances, as the VNFM's copy has them. */
static void merge_whole(struct decision *d)
{
    const struct vnfm_or *msg = d->in->event == EV_VNFM_ANSWER ? d->in->payload : NULL;
    struct nsr_model *m = msg && msg->record && msg->record->id && d->root ? nsr_model_of(d) : NULL;
    struct vnfr_member *v = m ? model_vnfr_by_id(m, msg->record->id) : NULL;
    struct vnfr *ours = v && v->row->phase == VNFR_ACTIVE ? member_vnfr(v) : NULL;
    for (uint32_t u = 0; ours && u < ours->vdu.n && u < msg->record->vdu.n; u++) {
        struct vnfc_instance_list *to = &ours->vdu.at[u]->vnfc_instance;
        const struct vnfc_instance_list *from = &msg->record->vdu.at[u]->vnfc_instance;
        for (uint32_t k = 0; k < to->n && k < from->n; k++)
            if (from->at[k]->state)
                to->at[k]->state = from->at[k]->state;
        member_changed(v);
    }
}

static void forget_late_words(struct decision *d)
{
    for (uint32_t i = 0; i < d->commands.n; i++) {
        struct command *c = d->commands.at[i];
        for (uint32_t k = 0; c->mark == ROW_CLEAN && operate_is_request(c) && k < was.n; k++)
            if (was.at[k]->state == OPERATION_STATE_COMPLETED && strstr(c->subject, was.at[k]->id))
                decision_close(c);
    }
}

static void tell_another(struct decision *d, const struct cloud *cloud)
{
    for (uint32_t i = 0; i < d->sends.n; i++) {
        struct send *x = d->sends.at[i];
        const struct command *c = x->command ? decision_find(d, x->command) : NULL;
        for (int k = 0; c && c->kind == CMD_STEP_MODIFY && k < cloud->n_vnfms; k++)
            if (strcmp(cloud->vnfms[k].queue, x->key) != 0)
                x->key = cloud->vnfms[k].queue;
    }
}

/* Of the VNFR that is told to have STARTed, or was rolled back: each instance. */
static void change_instances(struct decision *d, const char *vnfr, int plant)
{
    struct nsr_model *m = d->root ? nsr_model_of(d) : NULL;
    struct vnfr_member *v = m && vnfr ? model_vnfr_by_id(m, vnfr) : NULL;
    struct vnfr *ours = v && v->row->phase == VNFR_ACTIVE ? member_vnfr(v) : NULL;
    for (uint32_t u = 0; ours && u < ours->vdu.n; u++)
        for (uint32_t k = 0; k < ours->vdu.at[u]->vnfc_instance.n; k++) {
            struct vnfc_instance *x = ours->vdu.at[u]->vnfc_instance.at[k];
            if (plant == PLANT_LEAVES_SOMETHING)
                x->ips.n = 0;
            else if (x->state && strcmp(x->state, "STANDBY") == 0)
                x->state = "ACTIVE";
            member_changed(v);
        }
}

static void start_standby(struct decision *d)
{
    const struct vnfm_or *msg = d->in->event == EV_VNFM_ANSWER ? d->in->payload : NULL;
    if (msg && action_parse(msg->action) == ACTION_START && msg->record && !msg->vnfc_instance)
        change_instances(d, msg->record->id, PLANT_STARTS_STANDBY);
}

static void leave_something(struct decision *d)
{
    for (uint32_t i = 0; i < was.n; i++)
        if (was.at[i]->state == OPERATION_STATE_ROLLED_BACK &&
            was.states[i] == OPERATION_STATE_ROLLING_BACK)
            change_instances(d, was.at[i]->vnfr, PLANT_LEAVES_SOMETHING);
}

static void forget_request(struct decision *d)
{
    for (uint32_t i = 0; d->in->event == EV_NSR_OPERATION_VERB && i < d->commands.n; i++)
        if (operate_is_request(d->commands.at[i]) && d->commands.at[i]->mark == ROW_CLEAN)
            decision_close(d->commands.at[i]);
}

/* The deployment that the verb is about; NULL: it is none, or the verb was refused. */
static struct operation *deployment(const struct decision *d, enum operation_event verb)
{
    const struct verb_request *req = d->in->payload;
    for (uint32_t i = 0; is_verb(d, verb) && d->err.code == ERR_OK && i < d->rows.n; i++) {
        struct row *r = d->rows.at[i];
        if (r->kind == ROW_OPERATION && strcmp(r->id, req->operation_id) == 0 &&
            strcmp(r->key[OPERATION_KIND], "DEPLOY") == 0)
            return r->decoded;
    }
    return NULL;
}

static void start_again(struct decision *d)
{
    struct operation *op = deployment(d, OPERATION_EV_RETRY);
    for (uint32_t i = 0; op && op->is_run && i < op->n_steps; i++)
        if (op->steps[i].kind == STEP_START && op->steps[i].state == STEP_STATE_DONE)
            op->steps[i].state = STEP_STATE_PLANNED;
}

static void end_undone(struct decision *d)
{
    struct operation *op = deployment(d, OPERATION_EV_ROLLBACK);
    if (op && op->state == OPERATION_STATE_ROLLING_BACK)
        op->state = OPERATION_STATE_ROLLED_BACK;
}

static void go_on(struct decision *d)
{
    const struct operation *op = deployment(d, OPERATION_EV_CANCEL);
    if (op && op->state == OPERATION_STATE_PROCESSING && d->root->phase == NSR_FAILED)
        d->root->phase = NSR_DEPLOYING;
}

static void complete_failed(struct decision *d)
{
    struct operation *op = deployment(d, OPERATION_EV_FAIL);
    if (op && op->state == OPERATION_STATE_FAILED)
        op->state = OPERATION_STATE_COMPLETED;
}

/* As if the document alone, written before, told how far the VNFRs are. */
static void forget_progress(struct decision *d)
{
    struct nsr_model *m = d->root && d->in->agg_kind == AGG_NSR ? nsr_model_of(d) : NULL;
    for (uint32_t i = 0; m && i < m->n_vnfrs; i++)
        if (d->root->phase == NSR_DEPLOYING && m->vnfrs[i].st)
            m->vnfrs[i].st->deployed = (struct step_times_list){0};
}

static void show_again(void)
{
    for (uint32_t i = 0; i < was.n; i++)
        if (was.at[i]->superseded_by == hidden)
            was.at[i]->superseded_by = NULL;
}

void plant_after_operations(struct decision *d, const struct cloud *cloud, int plant)
{
    if (plant == PLANT_DEPLOY_RETRIES_DONE)
        start_again(d);
    if (plant == PLANT_DEPLOY_UNDONE_EARLY)
        end_undone(d);
    if (plant == PLANT_DEPLOY_CANCEL_GOES_ON)
        go_on(d);
    if (plant == PLANT_DEPLOY_FAIL_COMPLETES)
        complete_failed(d);
    if (plant == PLANT_DEPLOY_FORGETS_STEPS)
        forget_progress(d);
    if (plant == PLANT_STARTS_STANDBY)
        start_standby(d);
    if (plant == PLANT_LEAVES_SOMETHING)
        leave_something(d);
    if (plant == PLANT_FORGETS_REQUEST)
        forget_request(d);
    if (plant == PLANT_ADMITS_ALL)
        show_again();
    if (plant == PLANT_TELLS_ANOTHER)
        tell_another(d, cloud);
    if (plant == PLANT_KEEPS_CLAIMS && is_verb(d, OPERATION_EV_CANCEL))
        back_to(OPERATION_STATE_STARTING);
    if (plant == PLANT_SURVIVES_RELEASE && d->in->event == EV_NSR_RELEASE)
        back_to(OPERATION_STATE_FAILED_TEMP);
    if (plant == PLANT_TELLS_EARLY)
        finish_early(d);
    if (plant == PLANT_MERGES_WHOLE)
        merge_whole(d);
    if (plant == PLANT_FORGETS_LATE)
        forget_late_words(d);
}
