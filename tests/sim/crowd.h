/* The users: they register PoPs, deploy network services of several shapes, delete them at any
 * moment, and ask again when the process that they were talking to died. */
#ifndef TESTS_SIM_CROWD_H
#define TESTS_SIM_CROWD_H

#include "nfvo/lifecycle/domain.h"
#include "tests/sim/cloud.h"
#include "tests/sim/fleet.h"

#define POPS_MAX    2
#define NSRS_MAX    3
#define SIM_PACKAGE "package" /* of all VNFDs */

enum wish_kind { WISH_POP, WISH_DEPLOY, WISH_RELEASE, WISH_OPERATE };
struct wish {                  /* one command of a user, until it is known what became of it */
    struct wish *next, *after; /* not before that one is completed */
    struct crowd *crowd;
    enum wish_kind kind;
    const char *agg, *operation;
    const void *payload;
    bool is_pending, is_done, is_refused;
    int tries;
    struct process *with;
    int generation;
    struct engine_request *request;
    char why[128];
};
struct wanted { /* a network service as its user sees it */
    const char *id;
    struct deploy_request *request;
    struct wish *deploy, *release;
    int servers; /* how many should be at the drivers when it is ACTIVE */
};
struct crowd {
    struct sim *s;
    struct lifecycle_settings settings;
    struct domain dom;
    struct wish *wishes;
    const char *pops[POPS_MAX];
    struct driver *pop_driver[POPS_MAX];
    int n_pops;
    struct wanted nsrs[NSRS_MAX];
    int n_nsrs;
    bool is_open; /* the PoPs are there, deployments began */
};

void crowd_start(struct sim *s); /* draws the scenario and sets everything going */
void crowd_release_all(struct sim *s);
/* All that failed, while the peers may fail again (not in a calm simulation); several times. */
void crowd_resume_all(struct sim *s);
void crowd_process_died(struct sim *s, struct process *p);
/* request.c: something for that service, any operation that users may ask for; and what is to become
 * of one that is open (struct verb_request), NULL: none is. */
const void *crowd_operation(struct sim *s, const char *agg);
const void *crowd_verb(struct sim *s, const char *agg);
/* descriptor.c */
#define VNFS_MAX 4
extern const char *const crowd_vnfs[VNFS_MAX]; /* names; the last one is added only */
struct deploy_request *crowd_descriptor(struct sim *s, int number, int *ret_servers);
/* One VNF for a service that is there, or one that it has already. */
struct deploy_request *crowd_added(struct sim *s);

#endif
