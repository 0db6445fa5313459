/* Between the files of operate.h. */
#ifndef NFVO_LIFECYCLE_OPERATE_PRIVATE_H
#define NFVO_LIFECYCLE_OPERATE_PRIVATE_H

#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/operation/runner.h"

/* The aggregate as planners and projection see it (operate_view.c). */
struct service_view *operate_view(struct nsr_model *m);
struct vnfc_instance *operate_instance(struct vnfr_member *v,
                                       const char *id); /* of the record; NULL */

/* One decision's run: view and operations of the model. false: something cannot be read. */
bool operate_run(struct nsr_model *m, struct run *ret);
/* Start what may go, do what comes of it, and begin what was queued, until nothing changes; then the
 * wire's statuses (operate_run.c). */
void operate_settle(struct nsr_model *m, struct run *run);
void operate_begin(struct nsr_model *m, struct run *run, struct operation *op);

/* Send the request of a step, or of a stage of its undo, as a command of its own (operate_send.c).
 * The step remembers the command. */
void operate_send(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a,
                  bool is_optional);

#endif
