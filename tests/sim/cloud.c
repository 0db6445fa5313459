#include "tests/sim/cloud.h"

#include <string.h>

const char *const manner_names[MANNER_N] = {"c", "java", "python", "go"};

void cloud_init(struct sim *s)
{
    s->cloud = arena_alloc(&s->arena, sizeof(*s->cloud));
}

struct vnfm *cloud_add_vnfm(struct sim *s, enum manner manner, bool self_allocates)
{
    struct vnfm *v = &s->cloud->vnfms[s->cloud->n_vnfms++];
    *v = (struct vnfm){.s = s, .manner = manner, .self_allocates = self_allocates};
    v->type = arena_printf(&s->arena, "%s%s", manner_names[manner], self_allocates ? "-self" : "");
    v->queue = arena_printf(&s->arena, "vnfm-%s", v->type);
    vnfm_start(v);
    return v;
}

struct driver *cloud_add_driver(struct sim *s, enum manner manner)
{
    struct driver *d = &s->cloud->drivers[s->cloud->n_drivers++];
    *d = (struct driver){.s = s, .manner = manner, .client_token = manner == MANNER_C};
    d->type = arena_printf(&s->arena, "cloud-%s", manner_names[manner]);
    d->queue = arena_printf(&s->arena, "vim-drivers.%s.sim", d->type);
    driver_start(d);
    return d;
}

struct fate cloud_fate(struct sim *s, int64_t typical_us, int64_t deadline_us)
{
    const struct weather *w = &s->weather;
    struct fate f = {.takes_us = sim_delay(s, typical_us)};
    f.fails = sim_faulty(s, w->peer_fails);
    f.silent = sim_faulty(s, w->peer_silent);
    f.twice = sim_faulty(s, w->peer_twice);
    f.garbles = sim_faulty(s, w->peer_twice / 4);
    if (sim_faulty(s, w->peer_slow))
        f.takes_us = sim_between(s, deadline_us / 10, deadline_us * 11 / 10);
    if (sim_faulty(s, w->peer_crash)) {
        f.crashes_before = sim_chance(s, 500);
        f.crashes_after = !f.crashes_before;
    }
    return f;
}

const char *cloud_garbled(struct sim *s, const struct fate *f, const char *body)
{
    return f->garbles && strlen(body) > 2 ? arena_strndup(&s->arena, body, strlen(body) - 1) : body;
}
