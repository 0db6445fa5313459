#include "tests/sim/plant.h"

#include "common/base/sbuf.h"

#include <string.h>

const char *const plant_names[PLANTS + 1] = {
    "none",
    "acknowledged before commit",                                 /* fake_bus.c */
    "outbox row not sent again after a crash",                    /* store.c */
    "a repeated ALLOCATE launches again",                         /* here */
    "a reply is taken without closing its command",               /* here */
    "an absence is believed at the first listing",                /* here */
    "a deadline is not opened",                                   /* store_tx.c */
    "of two sources that come at once, one is missed",            /* here */
    "what another worker holds is taken for not there",           /* store.c */
    "a driver forgets what it did, and which servers it deleted", /* driver_cloud.c */
    "what another room says counts",                              /* stranger.c */
    "who may still be sending is taken for gone",                 /* fake_bus.c */
    "what a dead process may have sent is not looked into",       /* fake_bus.c */
    /* plant_operations.c */
    "rollback undoes only what is DONE",
    "an answer's record is merged whole",
    "the finish event comes before the last step",
    "a retry sends what was DONE again",
    "what is UNKNOWN at a foreign VNFM is repeated without consent",
    "a queued operation that is cancelled keeps its claims",
    "a release leaves an operation",
    "what may stay silent forgets its late ERROR",
    "a target's MODIFY goes to another VNFM",
    "a SCALING launches a second server", /* plant.c */
    "a standby instance becomes ACTIVE by the START of its VNF",
    "an operation is admitted beside what holds the same thing",
    "a rollback leaves something",
    "the request of a step is forgotten while it is awaited",
    "a START that was never sent is DONE",
    "a retry of DEPLOY starts what was started",
    "a rollback of DEPLOY is over before the servers are gone",
    "a cancelled DEPLOY goes on",
    "op fail completes a DEPLOY",
    "what a VNF kept of its deployment's steps is lost",
    /* drift_store.c */
    "heal-at-once is not looked at",
    "attempts at healing are not counted",
    "a server in whose place another one was launched is forgotten",
    "what has a name of ours is ours",
    "a PoP is looked at once",
    "a heal does not wait for a listing",
    "an alarm is not cleared",
};

/* The real domain, with something wrong. One simulator, one thread: the plant's state may be
 * global. */
static struct domain real;
static struct sim *sim;

static void again(struct decision *d, enum action asked)
{
    /* Every launch that this aggregate ever sent goes out once more. */
    const struct vnfm_or *msg = d->in->payload;
    if (!d->root || d->in->event != EV_VNFM_REQUEST || action_parse(msg->action) != asked)
        return;
    for (uint32_t i = 0; i < d->rows.n; i++) {
        struct row *r = d->rows.at[i];
        bool is_meant = asked == ACTION_SCALING || r->mark == ROW_CLEAN;
        if (r->kind == ROW_INSTANCE && r->phase == INSTANCE_LAUNCHING && is_meant) {
            const struct row *pop = store_row(sim, ROW_POP, r->key[INSTANCE_POP]);
            for (int k = 0; pop && k < sim->cloud->n_drivers; k++)
                if (strcmp(sim->cloud->drivers[k].type, pop->key[POP_TYPE]) == 0)
                    decision_send(d, "openbaton-exchange", sim->cloud->drivers[k].queue,
                                  arena_printf(d->arena,
                                               "{\"methodName\":\"launchInstanceAndWait\","
                                               "\"parameters\":[{},\"%s\",\"img\",\"\",\"\","
                                               "[],[],\"\",{},[]]}",
                                               r->key[INSTANCE_HOSTNAME]));
        }
    }
}

static void believe_at_once(struct decision *d)
{
    for (uint32_t i = 0; d->in->event == EV_INTERNAL && !d->model && i < d->rows.n; i++) {
        struct row *r = d->rows.at[i];
        struct instance_state *st = NULL;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (r->kind != ROW_INSTANCE || r->phase != INSTANCE_DELETING ||
            proto_decode(&instance_state_type, r->state, strlen(r->state), 0, d->arena, &st,
                         NULL) != ERR_OK)
            continue;
        st->misses = 4; /* one more, however weak, is enough */
        proto_encode(&instance_state_type, st, 0, &text);
        r->state = arena_strdup(d->arena, text.s);
    }
}

static void decide(struct decision *d)
{
    uint32_t had = d->sends.n;
    const struct intent *in = d->in;
    if (sim->plant == 5)
        believe_at_once(d);
    if (sim->plant >= PLANT_UNDOES_DONE_ONLY)
        plant_before_operations(d, sim->plant);
    real.decide(d);
    d->in = in;
    if (sim->plant >= PLANT_UNDOES_DONE_ONLY)
        plant_after_operations(d, sim->cloud, sim->plant);
    if (sim->plant == 3 || sim->plant == PLANT_SCALES_TWICE)
        again(d, sim->plant == 3 ? ACTION_ALLOCATE_RESOURCES : ACTION_SCALING);
    for (uint32_t i = 0; sim->plant == 4 && d->in->command && i < d->commands.n; i++)
        if (strcmp(d->commands.at[i]->id, d->in->command) == 0 &&
            d->commands.at[i]->mark == ROW_GONE && d->in->event == EV_VNFM_ANSWER)
            d->commands.at[i]->mark = ROW_CLEAN;
    for (uint32_t i = had; sim->plant == 7 && i < d->sends.n; i++)
        if (strncmp(d->sends.at[i]->body, "{\"action\":\"MODIFY\"", 17) == 0 && i > 0 && had > 0) {
            d->sends.n = i; /* the batch had sent something before: two came at once */
            break;
        }
}

void plant_domain(struct sim *s)
{
    sim = s;
    real = s->crowd->dom;
    if (s->plant)
        s->crowd->dom.decide = decide;
}
