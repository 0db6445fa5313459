/* A service that runs, to which VNF "db" is added, and from which VNFs go (ADD_VNF, REMOVE_VNF). */
#ifndef TESTS_SUPPORT_VNFS_BED_H
#define TESTS_SUPPORT_VNFS_BED_H

#include "tests/support/operated.h"

struct vnfs_bed {
    struct stage s;
    int n_asked;   /* the last operation is "op-<n_asked>" */
    bool are_ours; /* its VNFMs are on our SDK */
};

/* clang-format off */
#define SOURCE_OF_CLIENT "[{\"source\":\"db\",\"target\":\"client\",\"parameters\":[\"address\",\"net\"]}]"
#define TARGET_OF_WEB    "[{\"source\":\"web\",\"target\":\"db\",\"parameters\":[\"address\",\"net\"]}]"
/* clang-format on */

void vnfs_bed_init(struct vnfs_bed *b); /* are_ours */
void vnfs_bed_release(struct vnfs_bed *b);
void vnfs_bed_run(struct vnfs_bed *b); /* deploys the service */

/* VNFD "db", with these dependencies (JSON; NULL: none). */
struct deploy_request *vnfs_bed_vnf(struct vnfs_bed *b, const char *dependencies);
/* Who asks, and the operation's id, are filled in. */
void vnfs_bed_ask(struct vnfs_bed *b, struct operate_request req);
void vnfs_bed_add(struct vnfs_bed *b, const char *dependencies);
void vnfs_bed_remove(struct vnfs_bed *b, const char *vnf);

void vnfs_bed_up(struct vnfs_bed *b, const char *vnf);     /* up to the answer to INSTANTIATE */
void vnfs_bed_gone(struct vnfs_bed *b);                    /* the PoP lists no server any more */
void vnfs_bed_delete(struct vnfs_bed *b, const char *vnf); /* its driver does, and they are gone */
const char *vnfs_bed_status(struct vnfs_bed *b);           /* of the service */

#endif
