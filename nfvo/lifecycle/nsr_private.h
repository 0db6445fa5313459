/* Between the files of nsr.h. */
#ifndef NFVO_LIFECYCLE_NSR_PRIVATE_H
#define NFVO_LIFECYCLE_NSR_PRIVATE_H

#include "nfvo/lifecycle/nsr.h"

/* --- nsr_status.c --- */
bool nsr_all_in(const struct nsr_model *m, int phase); /* its VNFRs */
/* The status that follows from those of its VNFRs. */
const char *nsr_status_of_all(const struct nsr_model *m);

/* --- machines.c --- */
/* Until no machine has anything for another one, and no operation has a step that may go. */
void machines_run(struct nsr_model *m);

/* --- what its VNFMs say, or do not say (nsr_vnfm.c) --- */
void nsr_vnfm_request(struct nsr_model *m, const struct vnfm_or *msg);
void nsr_vnfm_answer(struct nsr_model *m, const struct vnfm_or *msg);
/* why: it cannot be read. */
void nsr_vnfm_unreadable(struct vnfr_member *v, struct command *c, const struct err *why);
void nsr_vnfm_late(struct vnfr_member *v, struct command *c);
void nsr_vnfm_answer_lost(struct nsr_model *m);

/* --- nsr_release.c --- */
void nsr_release_asked(struct nsr_model *m, const struct release_request *req);

#endif
