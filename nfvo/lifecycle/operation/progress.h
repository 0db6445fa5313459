/* How far a deployment is, without writing its document in its course.
 *
 * A service of 100 VNFs has a document of 250 steps; written with each of some 50 transactions it
 * made the deployment a fifth slower. What becomes of a step is the business of one VNFR, whose row
 * is written then anyway: it keeps the times (vnfr_state.deployed). They are put into the document
 * when the deployment has ended, failed, or is told to subscribers; whoever reads the document
 * before (REST) puts them in, too. Pure. */
#ifndef NFVO_LIFECYCLE_OPERATION_PROGRESS_H
#define NFVO_LIFECYCLE_OPERATION_PROGRESS_H

#include "nfvo/lifecycle/operation/operation.h"
#include "proto/records/operation.h"

/* A step of the VNFR is SENT or DONE. What is known of it already stays. command: of its request, or
 * NULL; borrowed. Returns whether something became of it. */
bool progress_note(struct step_times_list *times, enum step_kind kind, enum step_state state,
                   int64_t now, const char *command, struct arena *a);
/* Put it into the steps of that VNFR, as far as they are not as far themselves. Of an operation that
 * the VNFRs' phases do; any other is left as it is. Borrows times. */
void progress_put(struct operation *op, const char *vnfr, const struct step_times_list *times);
/* The same of all VNFRs, in their stored form: struct stored_progress; "": nothing.
 * ERR_SYNTAX, ERR_INVALID. */
MUST_USE enum err_code progress_read(struct operation *op, const char *text, struct arena *a,
                                     struct err *err);

#endif
