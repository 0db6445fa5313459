/* Between the files of nsr.h. */
#ifndef NFVO_LIFECYCLE_NSR_PRIVATE_H
#define NFVO_LIFECYCLE_NSR_PRIVATE_H

#include "nfvo/lifecycle/nsr.h"

/* --- nsr_phase.c --- */
void nsr_set_phase(struct nsr_model *m, int phase);
bool nsr_all_in(const struct nsr_model *m, int phase); /* its VNFRs */
/* The status that follows from those of its VNFRs. */
const char *nsr_status_of_all(const struct nsr_model *m);

/* --- what its VNFMs say, or do not say (nsr_vnfm.c) --- */
void nsr_vnfm_request(struct nsr_model *m, const struct vnfm_or *msg);
void nsr_vnfm_answer(struct nsr_model *m, const struct vnfm_or *msg);
/* why: it cannot be read. */
void nsr_vnfm_unreadable(struct vnfr_member *v, struct command *c, const struct err *why);
void nsr_vnfm_late(struct vnfr_member *v, struct command *c);
void nsr_vnfm_answer_lost(struct nsr_model *m);

/* --- nsr_release.c --- */
void nsr_release_asked(struct nsr_model *m, const struct release_request *req);
/* It leaves the user's sight, but stays until every server is known to be gone. */
void nsr_leave_sight(struct nsr_model *m, struct command *c);
void nsr_finish(struct nsr_model *m); /* all VNFRs are GONE */

#endif
