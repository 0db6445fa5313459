#include "nfvo/lifecycle/vnfr.h"

/* After MODIFY, or INITIALIZED without dependencies: start, or wait for the turn. */
static int start(struct vnfr_member *v)
{
    if (nsr_has_failed(v->m))
        return VNFR_HELD;
    if (settings_of(v->m->d)->ordered_start) {
        command_open(v->m->d, CMD_TIMER_TURN, v->row->id, NULL);
        return VNFR_WAIT_TURN;
    }
    vnfr_set_status(v, VNFR_STARTING);
    send_start(v);
    return VNFR_STARTING;
}

int vnfr_proceed(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    const struct vnf_record_dependency *dep = dependency_of(v->m, v->row->key[VNFR_NAME]);
    if (v->st->by_steps) {
        v->st->stable = "INITIALIZED";
        return VNFR_ACTIVE;
    }
    if (nsr_has_failed(v->m))
        return VNFR_HELD;
    if (!dep)
        return start(v);
    if (dependency_sources_ready(v->m, dep)) {
        send_modify(v, dep);
        return VNFR_MODIFYING;
    }
    command_open(d, CMD_TIMER_SOURCES, v->row->id, NULL);
    return VNFR_WAIT_SOURCES;
}

/* A VNFM may answer INSTANTIATE without having asked for anything (amqp-protocol.md 3.5): its
 * record is adopted then. */
int on_instantiated(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    if (!member_vnfr(v))
        vnfr_adopt(v, t->in->msg->record);
    else
        vnfr_merge(v, t->in->msg->record);
    v->st->reached = vnfr_state_words[VNFR_STATE_INITIALIZED];
    vnfr_mended(v);
    vnfr_set_status(v, VNFR_WAIT_SOURCES);
    vnfr_history(v, "INSTANTIATE", "");
    dependencies_fill(v);
    vnfr_event(v, ACTION_INSTANTIATE);
    return vnfr_proceed(v);
}

int on_source_ready(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    struct decision *d = v->m->d;
    const struct vnf_record_dependency *dep = dependency_of(v->m, v->row->key[VNFR_NAME]);
    if (!dep || !dependency_sources_ready(v->m, dep))
        return VNFR_WAIT_SOURCES;
    decision_close(decision_find_for(d, CMD_TIMER_SOURCES, v->row->id));
    send_modify(v, dep);
    return VNFR_MODIFYING;
}

int on_modified(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    vnfr_merge(v, t->in->msg->record);
    v->st->reached = vnfr_state_words[VNFR_STATE_INACTIVE];
    vnfr_mended(v);
    vnfr_set_status(v, VNFR_STARTING);
    vnfr_history(v, "CONFIGURE", "");
    vnfr_event(v, ACTION_MODIFY);
    return start(v);
}

int on_turn(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    decision_close(decision_find_for(v->m->d, CMD_TIMER_TURN, v->row->id));
    vnfr_set_status(v, VNFR_STARTING);
    send_start(v);
    return VNFR_STARTING;
}

int on_started(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    struct vnfr *vnfr = member_vnfr(v);
    vnfr_merge(v, t->in->msg->record);
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        for (uint32_t k = 0; k < vnfr->vdu.at[i]->vnfc_instance.n; k++) {
            struct vnfc_instance *vi = vnfr->vdu.at[i]->vnfc_instance.at[k];
            if (vnfr_allocated_by_us(v->m, vi) || !vi->state || !*vi->state)
                vi->state = "ACTIVE";
        }
    v->st->reached = vnfr_state_words[VNFR_STATE_ACTIVE];
    vnfr_mended(v);
    vnfr_set_status(v, VNFR_ACTIVE);
    vnfr_history(v, "START", "");
    vnfr_event(v, ACTION_START);
    return VNFR_ACTIVE;
}

/* UPDATEVNFR in any phase in which a record exists: merged by the owner column, answered at once.
 */
int on_update(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    const char *reply_to = v->st->reply_to, *correlation_id = v->st->correlation_id,
               *room = v->st->reply_room;
    vnfr_merge(v, t->in->msg->record);
    remember_asker(v);
    answer_record(v, ACTION_UPDATEVNFR);
    v->st->reply_to = reply_to;
    v->st->correlation_id = correlation_id;
    v->st->reply_room = room;
    return v->row->phase;
}
