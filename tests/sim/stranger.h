/* A peer of another room (virtual host): with the ids of commands and services, which are no
 * secret, it answers for others, reports errors of their services and changes their records.
 * Nothing may come of it: no invariant knows that it is there. */
#ifndef TESTS_SIM_STRANGER_H
#define TESTS_SIM_STRANGER_H

#define STRANGER_PLANT 10 /* its messages count as said in the peers' own room */

struct sim;
void stranger_start(struct sim *s); /* in half of the seeds */

#endif
