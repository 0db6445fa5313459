/* Faults planted on purpose, to know that the simulator would find them: in the fake ports, or in a
 * wrapper around the domain. */
#ifndef TESTS_SIM_PLANT_H
#define TESTS_SIM_PLANT_H

#include "tests/sim/crowd.h"

/* Those of operations, by name; the first twelve are of everything below them. */
enum plant {
    PLANT_UNDOES_DONE_ONLY = 13,
    PLANT_MERGES_WHOLE,
    PLANT_TELLS_EARLY,
    PLANT_RETRIES_DONE,
    PLANT_REPEATS_UNKNOWN,
    PLANT_KEEPS_CLAIMS,
    PLANT_SURVIVES_RELEASE,
    PLANT_FORGETS_LATE,
    PLANT_TELLS_ANOTHER,
    PLANT_SCALES_TWICE,
    PLANT_STARTS_STANDBY,
    PLANT_ADMITS_ALL,
    PLANT_LEAVES_SOMETHING,
    PLANT_FORGETS_REQUEST,
    PLANT_DONE_UNSENT,
    PLANT_DEPLOY_RETRIES_DONE,
    PLANT_DEPLOY_UNDONE_EARLY,
    PLANT_DEPLOY_CANCEL_GOES_ON,
    PLANT_DEPLOY_FAIL_COMPLETES,
    PLANT_DEPLOY_FORGETS_STEPS,
    /* of the reconciler: drift_store.c, drift_heals.c, drift_alarms.c */
    PLANT_HEALS_ALL_AT_ONCE,
    PLANT_COUNTS_NO_ATTEMPT,
    PLANT_FORGETS_REPLACED,
    PLANT_TAKES_FOREIGNERS,
    PLANT_LOOKS_ONCE,
    PLANT_HEALS_UNSEEN,
    PLANT_CLEARS_NOTHING,
    PLANT_N
};
#define PLANTS (PLANT_N - 1)
extern const char *const plant_names[PLANTS + 1];

/* plant_operations.c: around one decision */
void plant_before_operations(struct decision *d, int plant);
void plant_after_operations(struct decision *d, const struct cloud *cloud, int plant);

void plant_domain(struct sim *s); /* s->plant says which; 0: nothing */

#endif
