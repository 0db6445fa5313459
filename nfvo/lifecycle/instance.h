/* Between the files that are about servers. */
#ifndef NFVO_LIFECYCLE_INSTANCE_H
#define NFVO_LIFECYCLE_INSTANCE_H

#include "nfvo/lifecycle/vnfr.h"

#define REBUILD_SENT "sent" /* of a server that is rebuilt: its driver is asked */

struct vnfr_member *instance_owner(struct nsr_model *m, const struct instance_member *i);
/* text: for people; may be NULL. */
void instance_set_phase(struct nsr_model *m, struct instance_member *i, int phase,
                        const char *text);

/* The PoP by its name, its driver, and the component of a fault; all in the arena. */
struct instance_place {
    const char *pop, *driver, *component;
};
struct instance_place instance_place(struct nsr_model *m, const struct instance_member *i);

/* It waits for a listing of its PoP, and how long after the one before. */
bool instance_needs_list(const struct instance_member *i, const char *pop_id);
int64_t instance_pause(const struct nsr_model *m, const struct instance_member *i);

#endif
