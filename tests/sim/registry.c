/* What nfvo/vnfm says of drivers: which it does not see for a moment, and what died with one. */
#include "tests/sim/registry.h"
#include "common/base/sbuf.h"
#include "nfvo/lifecycle/types.h"
#include "tests/sim/cloud.h"
#include "tests/sim/store.h"

#include <string.h>

#define LOST_GRACE_US (2 * SEC)

static void put(struct driver *d, const char *absent)
{
    struct row r = {.kind = ROW_DRIVER, .id = d->queue, .agg = d->queue};
    r.key[DRIVER_TYPE] = d->type;
    r.key[DRIVER_CAPABILITIES] = d->client_token ? "client_token" : "";
    r.key[DRIVER_ABSENT] = absent;
    store_put(d->s, &r);
}

static void is_seen(struct sim *s, void *arg, uint64_t tag)
{
    struct driver *d = arg;
    (void)tag;
    sim_tell(s, "registry", d->queue, "is SEEN again");
    put(d, "");
}

static void is_missed(struct sim *s, void *arg, uint64_t tag)
{
    struct driver *d = arg;
    (void)tag;
    sim_tell(s, "registry", d->queue, "is NOT SEEN");
    put(d, arena_printf(&s->arena, "%lld", (long long)store_clock(s)));
    sim_at(s, s->now + sim_between(s, MSEC, 120 * SEC), is_seen, d, 0);
}

void registry_start(struct sim *s)
{
    for (int i = 0; i < s->cloud->n_drivers; i++) {
        put(&s->cloud->drivers[i], "");
        for (int n = (int)sim_between(s, 0, 2); n > 0; n--)
            sim_at(s, s->now + sim_between(s, 0, 300 * SEC), is_missed, &s->cloud->drivers[i], 0);
    }
}

static bool is_in_outbox(const struct store *st, const char *command)
{
    for (size_t i = 0; i < st->n_outbox; i++)
        if (st->outbox[i]->row.send.command &&
            strcmp(st->outbox[i]->row.send.command, command) == 0)
            return true;
    return false;
}

void registry_driver_died(struct driver *d)
{
    struct store *st = d->s->store;
    const char *doubt = arena_printf(&d->s->arena, CALL_IN_DOUBT "%s", d->queue);
    for (size_t i = 0; i < st->n_commands; i++) {
        struct command *c = st->commands[i];
        if ((strcmp(c->data, d->queue) != 0 && strcmp(c->data, doubt) != 0) ||
            is_in_outbox(st, c->id))
            continue;
        sim_tell(d->s, "registry", d->queue, "lost %s", c->id);
        c->data = COMMAND_LOST;
        if (c->due_at > store_clock(d->s) + LOST_GRACE_US)
            c->due_at = store_clock(d->s) + LOST_GRACE_US;
    }
}
