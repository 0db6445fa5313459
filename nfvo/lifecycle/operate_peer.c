/* Steps whose peer is a driver or a PoP, and those that a VNFR's phases do: begun, and found to be
 * over. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/vnfr.h"

/* clang-format off */
static const struct operate_peer peers[STEP_KIND_N] = {
    [STEP_DELETE]      = { operate_delete,      operate_is_deleted },
    [STEP_PREPARE]     = { operate_prepare,     operate_prepare_look },
    [STEP_REBUILD]     = { operate_rebuild,     operate_rebuild_look },
    [STEP_SCALE_OUT]   = { NULL,                operate_scaling_look }, /* sent to a VNFM; the launch in its course */
    [STEP_INSTANTIATE] = { operate_instantiate, operate_is_instantiated },
    [STEP_TERMINATE]   = { operate_terminate,   operate_is_terminated },
};
/* clang-format on */

bool operate_is_begun_here(enum step_kind kind)
{
    return peers[kind].begin || step_kinds[kind].peer == PEER_DRIVER ||
           step_kinds[kind].peer == PEER_POP;
}

static bool is_peers(enum step_kind kind)
{
    return peers[kind].look || operate_is_begun_here(kind);
}

/* One that nobody waits for any more goes on by itself, and may yet end well. */
static bool is_looked_at(const struct plan_step *s)
{
    bool is_left = s->kind == STEP_INSTANTIATE && s->state == STEP_STATE_UNKNOWN;
    return is_left || (step_is_open(s) && is_peers(operate_request_of(s)));
}

void operate_peer_begin(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct step_news none = {.event = STEP_EV_UNSENT,
                             .note = "this NFVO does not know how to do that"};
    if (peers[a->kind].begin)
        peers[a->kind].begin(m, v, a);
    else
        operate_tell(m, a->kind, a->step->instance ? a->step->instance : a->step->vnfr, &none);
}

/* What is told of a step comes before what is seen of it: it says more. */
static bool news_of(struct nsr_model *m, struct plan_step *s, struct step_news *ret)
{
    struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
    const struct operate_peer *peer = &peers[operate_request_of(s)];
    if (operate_is_told(m, s, ret))
        return true;
    *ret = (struct step_news){.event = STEP_EV_OK};
    if (!v || v->is_dropped) { /* never made, or gone: there is nothing to take away */
        if (operate_request_of(s) != STEP_TERMINATE && operate_request_of(s) != STEP_DELETE)
            *ret = (struct step_news){.event = STEP_EV_OUT, /* its request was closed with it */
                                      .cause = CAUSE_OUTCOME,
                                      .note = "the VNF is not there any more"};
        return true;
    }
    return is_looked_at(s) && peer->look && peer->look(m, v, s, ret);
}

bool operate_peers_look(struct nsr_model *m, struct run *run)
{
    bool is_over = false;
    for (uint32_t o = 0; o < run->operations->n; o++) {
        struct operation *op = run->operations->at[o];
        for (uint32_t i = 0; i < op->n_steps; i++) {
            struct plan_step *s = &op->steps[i];
            struct step_news news = {0};
            if (s->kind == STEP_INSTANTIATE)
                s->stage = operate_stage_of(model_vnfr_by_id(m, s->vnfr), s);
            bool is_over_now = operate_is_machines(s)
                                   ? operate_machine_look(m, s, &news)
                                   : (step_is_open(s) || is_looked_at(s)) && news_of(m, s, &news);
            if (!is_over_now)
                continue;
            news.is_undo = s->state == STEP_STATE_UNDOING;
            run_step(run, op, s, &news);
            is_over = true;
        }
    }
    m->told = NULL; /* of steps that nobody waits for any more */
    return is_over;
}

bool operate_has_peers(const struct operations *all)
{
    for (uint32_t o = 0; o < all->n; o++)
        for (uint32_t i = 0; i < all->at[o]->n_steps; i++)
            if (operate_is_machines(&all->at[o]->steps[i]) || is_looked_at(&all->at[o]->steps[i]))
                return true;
    return false;
}
