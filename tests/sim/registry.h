/* What the registry of managers (nfvo/vnfm) writes into the store about drivers. */
#ifndef TESTS_SIM_REGISTRY_H
#define TESTS_SIM_REGISTRY_H

struct driver;
struct sim;

/* All drivers are known; each is not seen for a while, some times, in any weather: that alone must
 * change nothing. */
void registry_start(struct sim *s);
/* It registers anew: calls that it had acknowledged and not answered become due. */
void registry_driver_died(struct driver *d);

#endif
