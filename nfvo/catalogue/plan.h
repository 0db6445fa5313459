/* What a deployment starts from: the NSD with the user's configuration merged in, and for each VDU
 * the PoPs it may be launched on. Made by the API in one go, checked completely, so that a user
 * learns of every mistake that can be known before anything runs. Pure. rest-api.md 2.5. */
#ifndef NFVO_CATALOGUE_PLAN_H
#define NFVO_CATALOGUE_PLAN_H

#include "proto/records/manager.h"
#include "proto/records/package.h"
#include "proto/records/record.h"
#include "proto/records/vim.h"

struct plan_candidate {
    const char *pop_id, *pop_name;
    const char *zone; /* of "vim:zone"; NULL: any */
};

/* One row for each VDU of each VNFD, in the order of the NSD. */
struct plan_vdu {
    const char *vnfd_id, *vnfd_name;
    const char *vdu_id, *vdu_name;
    struct plan_candidate *candidates; /* candidate_n >= 1 */
    uint32_t candidate_n;
};

/* Everything lives in the arena given to catalogue_plan_deploy. */
struct deploy_plan {
    const char *project_id;
    struct nsd *nsd; /* a deep copy: body.configurations merged, ssh_<link>_ip in its place */
    struct plan_vdu *vdus;
    uint32_t vdu_n;
    const char *monitoring_ip;   /* NULL: none */
    const struct ssh_key **keys; /* with their public keys, in the order the user named them */
    uint32_t key_n;
    const struct vnf_package **packages; /* those of the VNFDs that have one; without scripts */
    uint32_t package_n;                  /* filled by the caller, who has read them */
    const struct vnfm_endpoint **vnfms;  /* who manages vnfd[i]: one for each VNFD of the NSD */
    const char *operation_id, *asked_by; /* filled by the caller, of a deployment; NULL: not one */
    const char *basis; /* filled by the caller: only as that plan says; NULL: as it comes */
};

struct plan_pop {
    const char *id, *name, *type;
};

/* What of the store the checks look at; all of the project of the deployment. Borrowed. */
struct plan_facts {
    const char *project_id;
    const struct plan_pop *pops;
    uint32_t pop_n;
    const struct vnfm_endpoint *const *endpoints; /* of all projects */
    uint32_t endpoint_n;
    const struct ssh_key *const *keys;
    uint32_t key_n;
    /* vim_types of a VNFD's package, NULL when it has none; may be NULL */
    const struct proto_strs *(*vim_types)(void *arg, const struct vnfd *vnfd);
    void *arg;
};

/* body may be NULL; names in it that the NSD does not have are refused first, with those that there
 * are. The order of the other checks and their messages are the reference's: keys, VNFM of
 * every VNFD, PoPs of every VDU, configurations, login data. nsd, body and facts are borrowed into
 * *ret_plan where they are not copied: keep them as long as the plan. err.where is the JSON path
 * in the body or the NSD. Errors: ERR_NOT_FOUND, ERR_INVALID. */
MUST_USE enum err_code catalogue_plan_deploy(const struct nsd *nsd, const struct deploy_body *body,
                                             const struct plan_facts *facts, struct arena *a,
                                             struct deploy_plan *ret_plan, struct err *err);

#endif
