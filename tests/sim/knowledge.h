/* What the VNFMs of targets know of their sources' instances, as they were told by MODIFY (or RESUME)
 * and SCALE_IN; compared with the records when all is settled. */
#ifndef TESTS_SIM_KNOWLEDGE_H
#define TESTS_SIM_KNOWLEDGE_H

#include "tests/sim/sim.h"

struct or_vnfm;
struct vnfr;

/* A request that a VNFM takes for the first time. */
void knowledge_told(struct sim *s, const char *nsr, const struct vnfr *target,
                    const struct or_vnfm *rq);
/* That target is gone: one that comes by its name knows nothing yet. */
void knowledge_forget(struct sim *s, const char *nsr, const char *target);
/* Of the service: violates unless each target knows each instance that works, with the address that
 * the record has, and none that is gone. Only where all operations ended well. */
void knowledge_check(struct sim *s, const char *nsr);

#endif
