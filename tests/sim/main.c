/* sim: runs seeds through the simulator. See README.md. */
#include "common/log/log.h"
#include "nfvo/lifecycle/domain.h"
#include "tests/sim/drift.h"
#include "tests/sim/invariants.h"
#include "tests/sim/plant.h"
#include "tests/sim/selftest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR (3600 * SEC)

#ifdef __SANITIZE_ADDRESS__
/* A killed process takes its memory with it: what its fibers held is not ours to free. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

struct totals {
    uint64_t seeds, failed, events, outcome[3], by_point[POINT_N];
};

/* One run: a storm, hours of quiet, what failed is resumed, hours of quiet, everything released, an
 * hour more. */
static void run_seed(struct sim *s, uint64_t seed, int plant, bool tracing)
{
    sim_init(s, seed);
    s->tracing = tracing;
    s->plant = plant;
    crowd_start(s);
    plant_domain(s);
    invariants_watch(s);
    while (!s->crowd->is_open && !*s->violation && s->now < 2 * HOUR)
        sim_run(s, s->now + 10 * SEC);
    if (!s->crowd->is_open)
        sim_violate(s, "the PoPs were never registered");
    sim_run(s, s->now + 6 * HOUR);
    if (!*s->violation)
        invariants_settled(s);
    crowd_resume_all(s);
    sim_run(s, s->now + 6 * HOUR);
    if (!*s->violation)
        invariants_settled(s);
    s->calm = true;
    crowd_release_all(s);
    sim_run(s, s->now + 2 * HOUR);
    drift_end(s);
    if (!*s->violation)
        invariants_empty(s);
    fleet_stop(s);
}

static void print_cells(bool hit)
{
    int n = 0, total = 0;
    for (int p = 0; p < vnfr_fsm.n_phases; p++)
        for (int e = 0; e < vnfr_fsm.n_events; e++) {
            const struct fsm_rule *r = fsm_rule(&vnfr_fsm, p, e);
            if (!r->handle)
                continue;
            total++;
            bool was_hit = vnfr_fsm.hits[p * vnfr_fsm.n_events + e] > 0;
            n += was_hit;
            if (was_hit == hit)
                printf("  %s x %s%s", vnfr_fsm.phases[p], vnfr_fsm.events[e], hit ? "" : "\n");
        }
    printf("%scells of the vnfr matrix hit: %d of %d\n", hit ? "\n" : "", n, total);
}

static void print_summary(const struct totals *t, double took)
{
    printf("network services: %" PRIu64 " ACTIVE, %" PRIu64 " ERROR, %" PRIu64 " gone\n",
           t->outcome[0], t->outcome[1], t->outcome[2]);
    printf("killed at:");
    for (int i = 0; i < POINT_N; i++)
        printf(" %s %" PRIu64 "%s", point_names[i], fleet_killed[i], i + 1 < POINT_N ? "," : "\n");
    printf("drift:");
    for (int i = 0; i < DC_N; i++)
        printf(" %s %" PRIu64 "%s", drift_count_names[i], drift_counts[i],
               i + 1 < DC_N ? "," : "\n");
    printf("cells never hit:\n");
    print_cells(false);
    printf("%" PRIu64 " schedules, %" PRIu64 " events in %.1f s: %.0f schedules/s\n", t->seeds,
           t->events, took, took > 0 ? (double)t->seeds / took : 0.0);
}

static double seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A fault of the reconciler is looked for where it runs, the others where it does not: a run with it costs ten others. */
static bool may_show(int plant, uint64_t seed)
{
    return !plant || drift_is_in(seed) == (plant >= PLANT_HEALS_ALL_AT_ONCE);
}

/* Runs seeds until one fails, or all; with a plant, a failure is what is looked for. */
static void run_seeds(struct totals *t, uint64_t from, uint64_t n, int plant,
                      uint64_t most_failures)
{
    struct sim s = {0};
    for (uint64_t seed = from; seed < from + n && t->failed < most_failures; seed++) {
        if (!may_show(plant, seed))
            continue;
        run_seed(&s, seed, plant, false);
        t->seeds++;
        t->events += s.events;
        for (int i = 0; i < 3; i++)
            t->outcome[i] += (uint64_t)s.outcome[i];
        if (*s.violation) {
            t->failed++;
            printf("seed %" PRIu64 " at %.3f s: %s\n  replay: sim --seed %" PRIu64 " --trace", seed,
                   (double)s.now / 1e6, s.violation, seed);
            printf(plant ? " --plant %d\n" : "\n", plant);
        }
    }
    sim_release(&s);
}

static int run_plants(uint64_t n)
{
    int found = 0;
    for (int k = 1; k <= PLANTS; k++) {
        struct totals t = {0};
        printf("planted fault %d (%s): ", k, plant_names[k]);
        run_seeds(&t, 1, n, k, 1);
        if (!t.failed)
            printf("NOT FOUND in %" PRIu64 " seeds\n", t.seeds);
        found += t.failed > 0;
    }
    printf("planted faults: %d of %d found\n", found, PLANTS);
    return found;
}

static int replay(uint64_t seed, int plant, bool tracing)
{
    struct sim s = {0};
    run_seed(&s, seed, plant, tracing);
    printf("seed %" PRIu64 ": %s\n", seed, *s.violation ? s.violation : "ok");
    bool ok = !*s.violation;
    sim_release(&s);
    fibers_release();
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t n = 1000, from = 1, seed = 0, most = 10;
    for (int i = 0; i < LOG_CATEGORY_N; i++) /* the story tells more */
        log_levels[i] = LOG_LEVEL_CRIT;
    int plant = 0;
    bool tracing = false, one = false, plants = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--trace") == 0)
            tracing = true;
        else if (strcmp(argv[i], "--plants") == 0)
            plants = true, n = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--seeds") == 0)
            n = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--from") == 0)
            from = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--failures") == 0)
            most = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--plant") == 0)
            plant = atoi(value), i++;
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(value, NULL, 10), one = true, i++;
        else {
            fprintf(stderr, "usage: sim [--seeds N] [--from S] [--failures N] [--plant K] | --seed "
                            "S [--trace] [--plant K] | --plants N\n");
            return 2;
        }
    }
    if (one)
        return replay(seed, plant, tracing);
    if (plants)
        return run_plants(n) == PLANTS ? 0 : 1;
    struct totals t = {.failed = (uint64_t)selftest()};
    double began = seconds();
    run_seeds(&t, from, n, plant, most);
    print_summary(&t, seconds() - began);
    printf("sim: %" PRIu64 " passed, %" PRIu64 " failed\n",
           t.seeds > t.failed ? t.seeds - t.failed : 0, t.failed);
    fibers_release();
    return t.failed ? 1 : 0;
}
