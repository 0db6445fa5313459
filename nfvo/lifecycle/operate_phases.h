/* Between operate_phases.c, which writes down how far DEPLOY and RELEASE are, and
 * operate_phases_verb.c. */
#ifndef NFVO_LIFECYCLE_OPERATE_PHASES_H
#define NFVO_LIFECYCLE_OPERATE_PHASES_H

#include "nfvo/lifecycle/operate_private.h"

/* The deployment, with what has become of its steps since its document was written; NULL: none is
 * open, or it is the runner's. */
struct operation *operate_phases_deployment(struct nsr_model *m);
void operate_phases_set_state(struct nsr_model *m, struct operation *op, int state);
/* Of a rollback: UNDOING, UNDONE, SKIPPED. */
void operate_phases_set_undo(struct nsr_model *m, struct operation *op, struct plan_step *s,
                             int state);
/* What it had under way is nobody's any more. */
void operate_phases_abandon_step(struct nsr_model *m, struct operation *op, struct plan_step *s);
/* by: what goes on instead of it; NULL: nothing does. */
void operate_phases_end_early(struct nsr_model *m, struct operation *op, const char *by);
/* The service's fault names the deployment that it is of. */
const char *operate_phases_cancelled_object(struct nsr_model *m, const struct operation *op);

#endif
