/* The service's matrix, and one event through it. */
#include "nfvo/lifecycle/nsr_private.h"

#include "nfvo/lifecycle/operate.h"

#include <assert.h>

const char *const nsr_event_names[NSR_EV_N] = {
#define X(name) #name,
    NSR_EVENTS(X)
#undef X
};

static void is_onboarded(struct nsr_model *m)
{
    model_nsr(m)->task = "Onboarded";
    model_changed(m);
    nsr_note(m, "ACTIVE", NULL, NULL, NULL);
}

static int on_deployed(void *ctx)
{
    is_onboarded(ctx);
    nsr_event(ctx, ACTION_INSTANTIATE_FINISH); /* once per arrival: decisions.md D16 */
    return NSR_ACTIVE;
}

static int on_stop(void *ctx)
{
    (void)ctx;
    return NSR_FAILED;
}

static int on_recovered(void *ctx)
{
    struct nsr_model *m = ctx;
    model_nsr(m)->fault = NULL;
    m->nsr->status = nsr_status_of_all(m);
    is_onboarded(m);
    return NSR_ACTIVE;
}

static int on_pruned(void *ctx)
{
    (void)ctx;
    return NSR_ACTIVE;
}

static int on_release_asked(void *ctx)
{
    struct nsr_model *m = ctx;
    const struct lifecycle_settings *set = settings_of(m->d);
    int64_t scripts_us = 0;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (vnfr_has_terminate_scripts(&m->vnfrs[i]))
            scripts_us = set->terminate_scripts_us;
    decision_open(m->d, CMD_TIMER_RELEASE, m->d->root->id, scripts_us + set->release_sight_us,
                  NULL);
    nsr_note(m, "RELEASE", NULL, NULL, NULL);
    return NSR_RELEASING;
}

/* "web-7 on PoP 'lab' (driver 'vim-drivers.test.test'), and 3 more" */
static const char *unverified(struct nsr_model *m)
{
    struct decision *d = m->d;
    const char *first = "";
    uint32_t n = 0;
    for (uint32_t k = 0; k < m->n_instances; k++) {
        const struct row *i = m->instances[k].row;
        struct pop_state *st;
        const struct vim_instance *pop = fact_pop(d, i->key[INSTANCE_POP], &st);
        if (i->phase == INSTANCE_GONE || n++ > 0)
            continue;
        first = arena_printf(d->arena, "%s on PoP '%s' (%s)", i->key[INSTANCE_HOSTNAME],
                             pop && pop->name ? pop->name : i->key[INSTANCE_POP],
                             pop && pop->type ? driver_named(d, pop->type) : "its driver");
    }
    return n > 1 ? arena_printf(d->arena, "%s, and %u more", first, n - 1) : first;
}

/* It leaves the user's sight, but stays until every server is known to be gone. */
static int on_sight_over(void *ctx)
{
    struct nsr_model *m = ctx;
    nsr_note(m, "UNVERIFIED", NULL,
             arena_printf(m->d->arena,
                          "released, but not every server is verified to be gone yet: %s",
                          unverified(m)),
             NULL);
    nsr_event(m, ACTION_RELEASE_RESOURCES_FINISH);
    return NSR_TOMBSTONE;
}

static int on_all_gone(void *ctx)
{
    struct nsr_model *m = ctx;
    struct decision *d = m->d;
    if (d->root->phase != NSR_TOMBSTONE) {
        nsr_note(m, "RELEASED", NULL, NULL, NULL);
        nsr_event(m, ACTION_RELEASE_RESOURCES_FINISH);
    }
    logs_of_the_gone(m);
    for (uint32_t i = 0; i < d->rows.n; i++)
        if (d->rows.at[i]->kind != ROW_OPERATION) /* those outlive it */
            d->rows.at[i]->mark = d->rows.at[i]->mark == ROW_NEW ? ROW_CLEAN : ROW_GONE;
    for (uint32_t i = 0; i < d->commands.n; i++)
        decision_close(d->commands.at[i]);
    d->root->mark = ROW_GONE;
    d->lines = (struct record_lines){0}; /* their records are gone */
    return d->root->phase;
}

/* clang-format off */
#define B(phase) FSM_BIT(NSR_##phase)
static const struct fsm_rule rules[NSR_PHASE_N][NSR_EV_N] = {
    [NSR_DEPLOYING] = {
        [NSR_EV_ALL_ACTIVE] = { on_deployed,   FACT_SUBSCRIPTIONS,             B(ACTIVE) },
        [NSR_EV_STOP]       = { on_stop,       0,                              B(FAILED) },
        [NSR_EV_RELEASE]    = { on_release_asked, 0,                            B(RELEASING) },
    },
    [NSR_ACTIVE] = {
        [NSR_EV_STOP]       = { on_stop,       0,                              B(FAILED) },
        [NSR_EV_RELEASE]    = { on_release_asked, 0,                            B(RELEASING) },
    },
    [NSR_FAILED] = {
        [NSR_EV_RECOVERED]  = { on_recovered,  0,                              B(ACTIVE) },
        [NSR_EV_PRUNED]     = { on_pruned,     0,                              B(ACTIVE) },
        [NSR_EV_RELEASE]    = { on_release_asked, 0,                            B(RELEASING) },
    },
    [NSR_RELEASING] = {
        [NSR_EV_SIGHT_OVER] = { on_sight_over, FACT_POPS | FACT_SUBSCRIPTIONS, B(TOMBSTONE) },
        [NSR_EV_ALL_GONE]   = { on_all_gone,   FACT_SUBSCRIPTIONS,             B(RELEASING) }, /* its row goes */
    },
    [NSR_TOMBSTONE] = {
        [NSR_EV_ALL_GONE]   = { on_all_gone,   0,                              B(TOMBSTONE) },
    },
};
/* clang-format on */

static uint64_t hits[NSR_PHASE_N * NSR_EV_N];

const struct fsm nsr_fsm = {
    .name = "nsr",
    .n_phases = NSR_PHASE_N,
    .n_events = NSR_EV_N,
    .phases = nsr_phase_names,
    .events = nsr_event_names,
    .rules = &rules[0][0],
    .hits = hits,
};

bool nsr_step(struct nsr_model *m, enum nsr_event ev)
{
    struct row *root = m->d->root;
    int phase = root->phase;
    enum fsm_outcome outcome = fsm_step(&nsr_fsm, &phase, ev, m);
    assert(outcome != FSM_ILLEGAL);
    if (outcome == FSM_EMPTY)
        return false;
    root->phase = phase;
    if (root->mark != ROW_GONE)
        row_touch(root);
    return true;
}

/* One that is half taken away is no part of it any more. */
static bool are_rest_active(const struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase != VNFR_ACTIVE && !vnfr_is_leaving(&m->vnfrs[i]))
            return false;
    return true;
}

void nsr_recovered(struct nsr_model *m)
{
    if (are_rest_active(m))
        nsr_step(m, NSR_EV_RECOVERED);
}

static void hold_the_others(struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase == VNFR_WAIT_SOURCES || m->vnfrs[i].row->phase == VNFR_WAIT_TURN)
            vnfr_step(&m->vnfrs[i], VNFR_EV_HOLD, NULL);
}

void nsr_stop(struct nsr_model *m)
{
    if (nsr_step(m, NSR_EV_STOP))
        hold_the_others(m);
}
