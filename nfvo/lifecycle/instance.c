/* A server's phase and its deletion, and when its PoP is asked for its servers.
 *
 * Each instance has its own times: list_at says when it wants a listing, `lists` how long its
 * pauses have grown. The PoP is asked at the earliest of them, for all that wait; what it says
 * counts for each. So one whose delete is late neither makes the others wait nor starts their count
 * anew. */
#include "nfvo/lifecycle/instance.h"

#include <string.h>

#define LIST_RETRY_MAX_US (60 * USEC_PER_SEC)

void instance_delete(struct nsr_model *m, struct instance_member *i)
{
    i->raised |= 1u << INSTANCE_EV_DELETE;
    m->has_raised = true;
}

struct vnfr_member *instance_owner(struct nsr_model *m, const struct instance_member *i)
{
    return model_vnfr_by_id(m, i->row->key[INSTANCE_VNFR]);
}

struct instance_place instance_place(struct nsr_model *m, const struct instance_member *i)
{
    struct decision *d = m->d;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, i->row->key[INSTANCE_POP], &st);
    if (!pop || !pop->type)
        return (struct instance_place){i->row->key[INSTANCE_POP], "its driver", "vim-driver"};
    return (struct instance_place){pop->name ? pop->name : pop->id, driver_named(d, pop->type),
                                   arena_printf(d->arena, "vim-driver:%s", pop->type)};
}

struct command *instance_launch_again(struct nsr_model *m, struct instance_member *i,
                                      struct vnfr_member *v, const struct vim_instance *pop,
                                      struct err *err)
{
    const struct instance_state before = *i->st;
    i->st->answered -= i->st->tries; /* what was not answered yet may come to light late, too */
    i->st->until = i->st->tries = 0;
    i->st->launches++;
    struct command *c = send_launch(m, i, v, pop, err);
    if (!c) {
        *i->st = before;
        return NULL;
    }
    i->st->rebuild = REBUILD_SENT; /* until its machine takes the event: the step is not over */
    i->raised |= 1u << INSTANCE_EV_LAUNCH_AGAIN;
    m->has_raised = true;
    return c;
}

/* --- listings --- */

/* Its driver answered, or will not: the list decides (operate_rebuild.c). */
static bool is_being_rebuilt(const struct instance_member *i)
{
    return i->row->phase == INSTANCE_UP && i->st->rebuild &&
           strcmp(i->st->rebuild, REBUILD_SENT) != 0;
}

bool instance_needs_list(const struct instance_member *i, const char *pop_id)
{
    return (i->row->phase == INSTANCE_DOUBT || i->row->phase == INSTANCE_DELETING ||
            is_being_rebuilt(i)) &&
           strcmp(i->row->key[INSTANCE_POP], pop_id) == 0;
}

int64_t instance_pause(const struct nsr_model *m, const struct instance_member *i)
{
    int64_t pause = settings_of(m->d)->list_retry_us;
    for (int64_t k = 0; k < i->st->lists && pause < LIST_RETRY_MAX_US; k++)
        pause *= 2;
    return pause < LIST_RETRY_MAX_US ? pause : LIST_RETRY_MAX_US;
}

void instance_pause_list(struct nsr_model *m, struct instance_member *i)
{
    i->st->lists++;
    i->st->list_at = m->d->now + instance_pause(m, i);
}

/* Deletes whose time has come; a listing makes sense when their answer is there, or overdue. */
static void delete_due(struct nsr_model *m, struct instance_member *i)
{
    struct decision *d = m->d;
    struct pop_state *st;
    if (!i->st->delete_again || i->st->list_at > d->now)
        return;
    const struct vim_instance *pop = fact_pop(d, i->row->key[INSTANCE_POP], &st);
    i->st->delete_again = false;
    row_touch(i->row);
    decision_close(decision_find_for(d, CMD_DELETE, i->row->id));
    if (pop && *i->row->key[INSTANCE_VC] && send_delete(m, i, pop->type))
        i->st->list_at = d->now + settings_of(d)->delete_hint_us;
}

static void ask_for_list(struct nsr_model *m, const char *pop_id)
{
    struct decision *d = m->d;
    struct internal *msg = proto_new(&internal_type, d->arena);
    for (uint32_t k = 0; k < m->n_instances; k++) {
        const struct instance_member *i = &m->instances[k];
        if (!instance_needs_list(i, pop_id))
            continue;
        proto_list_add(&msg->servers, i->row->key[INSTANCE_HOSTNAME], d->arena);
        if (*i->row->key[INSTANCE_VC])
            proto_list_add(&msg->servers, i->row->key[INSTANCE_VC], d->arena);
    }
    /* Longer than the PoP's own wait, whose fault says more. */
    struct command *c = command_open(d, CMD_LIST_POP, pop_id, NULL);
    msg->what = "list";
    msg->to = pop_id;
    msg->to_kind = AGG_POP;
    msg->command = c->id;
    send_internal(d, msg);
}

void instances_want_list(struct nsr_model *m, const char *pop_id)
{
    struct decision *d = m->d;
    struct command *timer = decision_find_for(d, CMD_TIMER_LIST, pop_id);
    int64_t at = INT64_MAX;
    for (uint32_t k = 0; k < m->n_instances; k++) {
        struct instance_member *i = &m->instances[k];
        if (!instance_needs_list(i, pop_id))
            continue;
        delete_due(m, i);
        if (i->st->list_at < at && !decision_find_for(d, CMD_DELETE, i->row->id))
            at = i->st->list_at; /* else the answer to its delete, or its deadline, comes first */
    }
    if (decision_find_for(d, CMD_LIST_POP, pop_id) || at <= d->now || at == INT64_MAX) {
        decision_close(timer);
        if (at <= d->now && !decision_find_for(d, CMD_LIST_POP, pop_id))
            ask_for_list(m, pop_id);
    } else if (!timer) {
        decision_open(d, CMD_TIMER_LIST, pop_id, at - d->now, NULL);
    } else if (timer->due_at != at) {
        command_change(timer, at, timer->data);
    }
}
