/* A service that runs, and is scaled out (SCALE_OUT). */
#ifndef TESTS_SUPPORT_SCALE_BED_H
#define TESTS_SUPPORT_SCALE_BED_H

#include "tests/support/operated.h"

struct scale_bed {
    struct stage s; /* released by the test */
    int n_asked;    /* the last operation is "op-<n_asked>" */
    struct plan_count counts;
};

void scale_bed_init(struct scale_bed *b);
/* Deploys it; its PoPs were looked at a moment ago, and both events have subscribers. */
void scale_bed_run(struct scale_bed *b, bool is_ours);

/* Of the bed's counts. */
struct operate_request scale_bed_request(struct scale_bed *b, const char *vnf);
void scale_bed_scale(struct scale_bed *b, const char *vnf); /* by one */

/* --- the VNFM and the driver --- */
void scale_bed_scaling(struct scale_bed *b, const char *vnf);   /* it asks for the server */
void scale_bed_launched(struct scale_bed *b, const char *body); /* NULL: a good server */
void scale_bed_scaled(struct scale_bed *b, const char *vnf); /* its answer, the record as it is */
void scale_bed_gone(struct scale_bed *b); /* deleted, and missed by two good listings */

/* --- looking --- */
const struct row *scale_bed_launching(struct scale_bed *b); /* the instance; fails: none */
uint32_t scale_bed_servers(struct scale_bed *b);
size_t scale_bed_count(struct scale_bed *b, const char *vnf, const char *list); /* of its VDU */

#endif
