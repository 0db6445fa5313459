/* The NFVO's processes: one or two workers each, every worker a fiber that runs the real engine
 * over fake ports. They are killed inside of port calls, come back, lose their connections, and
 * overtake each other. */
#ifndef TESTS_SIM_FLEET_H
#define TESTS_SIM_FLEET_H

#include "tests/sim/fake_bus.h"
#include "tests/sim/fiber.h"
#include "tests/sim/store.h"

#define FLEET_MAX   3
#define WORKERS_MAX 2

struct process;
struct worker {
    struct process *p;
    char name[16];
    struct gate gate;
    struct fiber *fiber;
    struct session session;
    struct fake_bus bus;
    struct engine_clock clock;
    struct ids ids;
    struct engine_worker *engine;
    uint64_t wait; /* which sleep it is in; events that are meant for an older one are void */
    bool is_waiting;
};
struct aide;
struct process {
    struct fleet *f;
    int number, generation;
    bool is_alive;
    struct engine_queue *queue;
    struct worker *workers[WORKERS_MAX];
    int n_workers;
    struct aide *aide; /* its reconciler: drift.h; or NULL */
};
struct fleet {
    struct sim *s;
    const struct domain *dom;
    struct process at[FLEET_MAX];
    int n;
    int kills_left, kill_after; /* at the how many-th passage of that point, or of any (POINT_N) */
    int kill_at;
    void (*died)(struct sim *s, struct process *p);
};

extern uint64_t fleet_passed[], fleet_killed[]; /* by point, over all runs */

void fleet_start(struct sim *s, const struct domain *dom,
                 void (*died)(struct sim *s, struct process *p));
void fleet_stop(struct sim *s); /* at the end of a run: gives everything back */
/* kill -9, now; from inside of one of its fibers too, which yields then. */
void fleet_kill(struct process *p);
void fleet_submit(struct process *p, struct engine_request *r);
struct process *fleet_any(struct sim *s); /* one that lives, or NULL */

#endif
