/* The end of a service: it is released, leaves the lists, and is forgotten. */
#include "nfvo/lifecycle/nsr_private.h"

#include "nfvo/lifecycle/operate_private.h"

#include <string.h>

static void end_operations(struct nsr_model *m)
{
    struct run run;
    operate_deploy_over(m, "the service is released");
    if (!operate_run(m, &run))
        return;
    for (uint32_t i = 0; i < run.operations->n; i++)
        run_supersede(&run, run.operations->at[i], "the service is released");
    operate_settle(m, &run);
    for (uint32_t i = 0; i < m->d->commands.n; i++) /* nobody waits for what is optional either */
        if (operate_is_request(m->d->commands.at[i]) ||
            m->d->commands.at[i]->kind == CMD_TIMER_OPERATION)
            decision_close(m->d->commands.at[i]);
}

void nsr_release(struct nsr_model *m)
{
    struct decision *d = m->d;
    int64_t scripts_us = 0;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (vnfr_has_terminate_scripts(&m->vnfrs[i]))
            scripts_us = settings_of(d)->terminate_scripts_us;
    end_operations(m);
    if (d->unreadable)
        return;
    nsr_set_phase(m, NSR_RELEASING);
    decision_open(d, CMD_TIMER_RELEASE, d->root->id, scripts_us + settings_of(d)->release_sight_us,
                  NULL);
    nsr_note(m, "RELEASE", NULL, NULL, NULL);
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        vnfr_step(&m->vnfrs[i], VNFR_EV_RELEASE);
}

void nsr_release_asked(struct nsr_model *m, const struct release_request *req)
{
    if (m->d->root->phase >= NSR_RELEASING) { /* deleted twice: it goes already */
        m->d->outcome = DECISION_STALE;
        return;
    }
    nsr_release(m);
    if (!m->d->unreadable)
        operate_release_begun(m, req);
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
void nsr_leave_sight(struct nsr_model *m, struct command *c)
{
    decision_close(c);
    nsr_note(m, "UNVERIFIED", NULL,
             arena_printf(m->d->arena,
                          "released, but not every server is verified to be gone yet: %s",
                          unverified(m)),
             NULL);
    nsr_event(m, ACTION_RELEASE_RESOURCES_FINISH);
    nsr_set_phase(m, NSR_TOMBSTONE);
}

void nsr_finish(struct nsr_model *m)
{
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
}
