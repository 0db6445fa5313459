/* The NSR aggregate: what an intent means to it, its own phase, its status, its end. */
#ifndef NFVO_LIFECYCLE_NSR_H
#define NFVO_LIFECYCLE_NSR_H

#include "nfvo/lifecycle/vnfr.h"

void nsr_decide(struct decision *d);
/* One event through the matrix (nsr_fsm.c). false: it means nothing in its phase. */
bool nsr_step(struct nsr_model *m, enum nsr_event ev);
void nsr_refused(struct decision *d); /* struct domain, refused */
void nsr_foreign(struct decision *d); /* author.h: who asked is told what a stranger is told */
void nsr_decide_deploy(struct decision *d, const struct deploy_request *req);
/* Its records as a deployment begins, VNFRs in the descriptor's order; nothing is sent. NULL: a VNFM is
 * not there (d->err). */
struct nsr_model *nsr_make(struct decision *d, const struct deploy_request *req);
/* --- the plan of a deployment (nsr_plan.c) --- */
/* The answer's text is the plan; nothing of the aggregate is touched. */
void nsr_decide_plan(struct decision *d, const struct deploy_request *req);
/* false: the deployment would not be as the plan said that it names (d->err says in what). */
bool nsr_is_as_planned(struct decision *d, const struct deploy_request *req);
/* A VNFR more, of the one VNFD of req, in its first phase; its VNFM has not been asked for it yet.
 * What the service has to know of the VNFD (candidates, VDUs, keys) is added; forget takes that of a
 * VNF away again. The first borrows req for as long as the decision. */
struct vnfr_member *nsr_add_vnfr(struct nsr_model *m, const struct deploy_request *req,
                                 const char *id);
/* For placement of that VNF: its candidates, and VDUs. */
void nsr_know_places(struct nsr_model *m, const struct deploy_request *req);
void nsr_forget_vnf(struct nsr_model *m, const char *name);

/* --- logs.c --- */
void logs_ask(struct nsr_model *m, const struct logs_request *req);
/* bad: why the answer cannot be read, or NULL. */
void logs_answered(struct nsr_model *m, struct command *c, const struct vnfm_or *msg,
                   const struct err *bad);
void logs_late(struct nsr_model *m, struct command *c);
void logs_of_the_gone(struct nsr_model *m);
/* What a VNFM of ours says with its answer to RELEASE_RESOURCES. */
void logs_keep(struct vnfr_member *v, const struct vnfm_or *msg);

#endif
