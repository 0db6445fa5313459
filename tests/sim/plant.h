/* Faults planted on purpose, to know that the simulator would find them: in the fake ports, or in a
 * wrapper around the domain. */
#ifndef TESTS_SIM_PLANT_H
#define TESTS_SIM_PLANT_H

#include "tests/sim/crowd.h"

#define PLANTS 12
extern const char *const plant_names[PLANTS + 1];

void plant_domain(struct sim *s); /* s->plant says which; 0: nothing */

#endif
