/* What must hold, whatever the weather. All in one place; the first violation ends the run and
 * names the seed. */
#ifndef TESTS_SIM_INVARIANTS_H
#define TESTS_SIM_INVARIANTS_H

#include "tests/sim/crowd.h"

/* While it runs: hung into the store. */
void invariants_watch(struct sim *s);
/* Hours after the last fault: every service is ACTIVE, ERROR or gone, every user's command is
 * completed, what is ACTIVE is really there. */
void invariants_settled(struct sim *s);
/* After everything was released: nothing is left, here or at the peers. */
void invariants_empty(struct sim *s);

#endif
