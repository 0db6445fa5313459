/* What clouds do behind everybody's back: servers end, stop, change names and addresses, are not
 * listed; networks vanish; others' servers come; PoPs are away for hours, or lie. */
#include "tests/sim/crowd.h"
#include "tests/sim/drift.h"

#include <string.h>

struct pop_weather *drift_weather(struct sim *s, const char *pop)
{
    struct drift_world *d = s->drift;
    for (int i = 0; d && i < d->n_pops; i++)
        if (strcmp(d->pops[i].pop, pop) == 0)
            return &d->pops[i];
    if (!d || d->n_pops == (int)ARRAY_LEN(d->pops))
        return NULL;
    d->pops[d->n_pops] = (struct pop_weather){.pop = arena_strdup(&s->arena, pop)};
    return &d->pops[d->n_pops++];
}

bool drift_has_dark(struct sim *s, const char *pop)
{
    const struct pop_weather *w = drift_weather(s, pop);
    return w && s->now < w->dark_until;
}

bool drift_is_hidden(struct sim *s, const struct cloud_server *v)
{
    const struct pop_weather *w = drift_weather(s, v->pop);
    return s->now < v->hidden_until || (w && s->now >= w->away_from && s->now < w->away_until);
}

/* --- which ------------------------------------------------------------------------------------- */

static struct cloud_server *some_server(struct sim *s, bool of_others)
{
    struct cloud_server *found = NULL;
    int n = 0;
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++)
            if (s->cloud->drivers[i].servers[k].is_foreign == of_others &&
                drift_between(s, 0, n++) == 0)
                found = &s->cloud->drivers[i].servers[k];
    return found;
}

static void remove_server(struct sim *s, const char *id)
{
    for (int i = 0; i < s->cloud->n_drivers; i++) {
        struct driver *d = &s->cloud->drivers[i];
        for (size_t k = 0; k < d->n_servers; k++)
            if (strcmp(d->servers[k].id, id) == 0) {
                memmove(&d->servers[k], &d->servers[k + 1],
                        (d->n_servers - k - 1) * sizeof(*d->servers));
                d->n_servers--;
                return;
            }
    }
}

static const char *some_pop(struct sim *s)
{
    return s->crowd->pops[drift_between(s, 0, s->crowd->n_pops - 1)];
}

/* --- what --------------------------------------------------------------------------------------- */

/* Its name is one that a service of ours had, or none of ours. */
static void foreigner_comes(struct sim *s)
{
    static const char *const names[] = {"web-700", "other", "db-801", "x-99999"};
    const struct rec *rec = &s->drift->rec;
    const char *name = names[drift_between(s, 0, ARRAY_LEN(names) - 1)], *pop = some_pop(s);
    const struct rec_past *past =
        rec->past.n ? &rec->past.at[drift_between(s, 0, (int64_t)rec->past.n - 1)] : NULL;
    if (past && *past->vc && !store_row(s, ROW_INSTANCE, past->instance) && drift_chance(s, 500)) {
        name = past->hostname;
        pop = past->pop;
    }
    for (int i = 0; i < s->crowd->n_pops; i++)
        if (strcmp(s->crowd->pops[i], pop) == 0) {
            struct driver *d = s->crowd->pop_driver[i];
            cloud_add_foreign(d, pop, name);
            s->drift->foreigners++;
        }
}

static void starts_again(struct sim *s, void *arg, uint64_t tag)
{
    const char *id = arg;
    (void)tag;
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++)
            if (strcmp(s->cloud->drivers[i].servers[k].id, id) == 0)
                s->cloud->drivers[i].servers[k].is_stopped = false;
}

static bool is_known(const struct sim *s, const struct cloud_server *v)
{
    for (size_t i = 0; i < s->store->n_rows; i++)
        if (s->store->rows[i]->kind == ROW_INSTANCE &&
            strcmp(s->store->rows[i]->key[INSTANCE_VC], v->id) == 0)
            return true;
    return false;
}

static void to_server(struct sim *s, struct cloud_server *v)
{
    switch (drift_between(s, 0, 5)) {
    case 0:
    case 1:
        sim_tell(s, "cloud", "", "LOSES %s (%s)", v->id, v->hostname);
        remove_server(s, v->id);
        break;
    case 2:
        sim_tell(s, "cloud", "", "STOPS %s (%s)", v->id, v->hostname);
        v->is_stopped = true;
        if (drift_chance(s, 300))
            sim_at(s, s->now + drift_between(s, SEC, 3600 * SEC), starts_again,
                   arena_strdup(&s->arena, v->id), 0);
        break;
    case 3: /* one whose id is known: else it is anybody's */
        if (!is_known(s, v))
            break;
        sim_tell(s, "cloud", "", "RENAMES %s (%s)", v->id, v->hostname);
        v->shown_as = drift_chance(s, 300) ? NULL : arena_printf(&s->arena, "renamed-%s", v->id);
        break;
    case 4:
        sim_tell(s, "cloud", "", "MOVES %s (%s)", v->id, v->hostname);
        v->ip = drift_chance(s, 300) ? NULL : "10.0.0.99";
        break;
    default:
        v->hidden_until = s->now + drift_between(s, SEC, 1200 * SEC);
        sim_tell(s, "cloud", "", "HIDES %s (%s) for %lld s", v->id, v->hostname,
                 (long long)((v->hidden_until - s->now) / SEC));
        break;
    }
}

static void to_network(struct sim *s)
{
    for (int i = 0; i < s->cloud->n_drivers; i++) {
        struct driver *d = &s->cloud->drivers[i];
        if (!d->n_networks || !drift_chance(s, 500))
            continue;
        size_t k = (size_t)drift_between(s, 0, (int64_t)d->n_networks - 1);
        s->drift->net_lost_at = s->drift->net_lost_at ? s->drift->net_lost_at : s->now;
        sim_tell(s, "cloud", "", "LOSES network %s (%s)", d->networks[k].id, d->networks[k].name);
        memmove(&d->networks[k], &d->networks[k + 1],
                (d->n_networks - k - 1) * sizeof(*d->networks));
        d->n_networks--;
        return;
    }
}

void drift_hide_all(struct sim *s, const char *pop)
{
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++)
            if (strcmp(s->cloud->drivers[i].servers[k].pop, pop) == 0)
                s->cloud->drivers[i].servers[k].was_hidden = true;
}

static void to_pop(struct sim *s)
{
    struct pop_weather *w = drift_weather(s, some_pop(s));
    if (!w)
        return;
    s->drift->upset_at = s->now;
    switch (drift_between(s, 0, 2)) {
    case 0:
        w->dark_until = s->now + drift_between(s, SEC, 5400 * SEC);
        sim_tell(s, "cloud", "", "PoP %.8s is DARK for %lld s", w->pop,
                 (long long)((w->dark_until - s->now) / SEC));
        break;
    case 1:
        w->away_from = s->now;
        w->away_until = s->now + drift_between(s, SEC, 5400 * SEC);
        sim_tell(s, "cloud", "", "PoP %.8s has an OUTAGE of %lld s", w->pop,
                 (long long)((w->away_until - s->now) / SEC));
        break;
    default:
        w->lies = 2;
        sim_tell(s, "cloud", "", "PoP %.8s LIES, twice", w->pop);
        break;
    }
}

static void acknowledge(struct sim *s)
{
    struct rec *rec = &s->drift->rec;
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (!rec->alarm.at[i].cleared_at && drift_chance(s, 500))
            rec->alarm.at[i].acked_at = store_clock(s);
}

static void strikes(struct sim *s, void *arg, uint64_t tag)
{
    (void)arg, (void)tag;
    struct cloud_server *v = some_server(s, false);
    int64_t kind = drift_between(s, 0, 9);
    drift_counts[DC_DISASTERS]++;
    if (kind <= 5 && v)
        to_server(s, v);
    else if (kind == 6)
        foreigner_comes(s);
    else if (kind == 7)
        to_network(s);
    else if (kind == 8)
        to_pop(s);
    else
        acknowledge(s);
}

void disasters_plan(struct sim *s, int64_t within)
{
    for (int64_t n = drift_between(s, 1, 8); n > 0; n--)
        sim_at(s, s->now + drift_between(s, 0, within), strikes, NULL, 0);
}
