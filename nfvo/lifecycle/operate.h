/* Operations on a service that is there: what users ask of them, and how they run. The plan, its
 * steps and what may follow are nfvo/lifecycle/operation's; this is where they meet the aggregate.
 *
 *     struct operate_request req = {.operation_id = id, .project = project, .asked_by = "admin",
 *                                   .origin = "user", .plan = {.kind = OPERATION_HEAL, ...}};
 *     intent: AGG_NSR, the service's id, EV_NSR_OPERATE, payload = &req
 *
 * The answer's text is the operation's JSON (proto/records/operation.h), of a dry run that of its
 * plan. Refused: ERR_NOT_FOUND, ERR_STATE (busy, or the reference's own words), ERR_INVALID,
 * ERR_LIMIT, ERR_UNSUPPORTED (this kind, or the SDK of a peer); with a hint. The request is borrowed
 * until the intent is decided. */
#ifndef NFVO_LIFECYCLE_OPERATE_H
#define NFVO_LIFECYCLE_OPERATE_H

#include "nfvo/lifecycle/model.h"
#include "nfvo/lifecycle/operation/planner.h"
#include "nfvo/lifecycle/operation/retry.h"
#include "proto/records/descriptor.h"

#define OPERATE_SCRIPT_MAX (1 << 20) /* bytes of a script */
#define OPERATE_CAUSE_MAX  4096

struct operate_request {
    const char *operation_id; /* a new one */
    const char *project;      /* of the request: the service must be its; NULL, "*": any */
    const char *asked_by;     /* user name, engine */
    const char *origin;       /* "user", "reconciler", "engine": only a user's may queue */
    const char *request;      /* JSON as it came, secrets masked: kept; NULL: none */
    struct plan_request plan;
    const char *basis; /* of a plan: only if the service is still as it was then; NULL: as it is */
    enum fault_policy policy;
    uint16_t attempts; /* 0, 1: a step goes out once by itself */
    bool may_queue, is_dry;
    /* by kind; NULL where it has none */
    const char *cause;   /* HEAL */
    const char *missing; /* HEAL, RESTART: instance that its PoP does not list any more; NULL */
    const char *script;  /* EXECUTE: its text */
    struct script *new_script;             /* UPDATE_SCRIPT: as it is in the package now */
    struct script *old_script;             /* ... and was before: for a rollback */
    struct proto_strmap configurations;    /* CONFIGURE: what changes, by confKey */
    const struct vnf_component *component; /* SCALE_OUT: its connection points; NULL: as the VDU's
                                               first component has them */
    const char *image;                     /* RESTART: name; "": as it was */
    const struct vnfd *vnfd;               /* UPGRADE, ADD_VNF */
    const struct deploy_request *deploy;   /* ADD_VNF: what a deployment of it needs; RESUME: of
                                               the service, as the catalogue is now; or NULL */
    const char *no_deploy;                 /* RESUME without it: why */
};

/* What a person wants of an operation. */
struct verb_request {
    const char *operation_id;
    const char *project, *asked_by;
    enum operation_event verb;    /* OPERATION_EV_RETRY, ROLLBACK, CANCEL, FAIL, CONTINUE */
    enum cancel_mode mode;        /* CANCEL; CANCEL_NO: graceful */
    struct retry_consent consent; /* RETRY: "unknown", "repeat" */
    /* RETRY of DEPLOY: of the service, as the catalogue is now; or NULL, and why */
    const struct deploy_request *deploy;
    const char *no_deploy;
};

/* --- for nsr.c --------------------------------------------------------------------------------- */
void operate(struct nsr_model *m, const struct operate_request *req);
void operate_verb(struct nsr_model *m, const struct verb_request *req);
/* It is one of an operation's step: to a VNFM. */
bool operate_is_request(const struct command *c);
/* Its answer; msg NULL: `null`, or bad says why it cannot be read. */
void operate_answered(struct nsr_model *m, struct command *c, const struct vnfm_or *msg,
                      const struct err *bad);
/* A foreign VNFM's answer that does not say to what: it counts if exactly one request of that action
 * is open for that VNFR. false: it is none. */
bool operate_unsolicited(struct nsr_model *m, const struct row *vnfr, const struct vnfm_or *msg);
/* SCALING of the VNFM (operate_scaling.c): it gets its answer, now or later. false: nobody scales that
 * VNFR out. */
bool operate_scaling(struct nsr_model *m, struct vnfr_member *v, const struct vnfm_or *msg);
/* A PoP that one of its steps waits for is ready; err: it cannot be. */
void operate_pop_answered(struct nsr_model *m, struct vnfr_member *v, const char *pop_id,
                          const struct err *err);
/* Is the launch of this server a step's, and still wanted? */
bool operate_wants_launch(struct nsr_model *m, const char *instance);
void operate_late(struct nsr_model *m, struct command *c);  /* its deadline */
void operate_timer(struct nsr_model *m, struct command *c); /* CMD_TIMER_OPERATION */
/* --- DEPLOY and RELEASE, whose steps are phases (operate_phases.c) --- */
void operate_deploy_begun(struct nsr_model *m, const struct deploy_request *req);
void operate_release_begun(struct nsr_model *m, const struct release_request *req); /* or NULL */
void operate_follow_phases(struct nsr_model *m); /* after each decision: how far they are */
/* --- a server that is rebuilt (operate_rebuild.c), for nsr.c and instance_said.c --- */
void operate_rebuilt(struct nsr_model *m, struct command *c, const struct driver_reply *reply,
                     const struct err *bad); /* its driver's answer */
void operate_rebuild_late(struct nsr_model *m, struct command *c);
void operate_rebuild_in_doubt(struct nsr_model *m, struct command *c);
enum listing { LISTING_GOOD, LISTING_WEAK, LISTING_FAILED };
/* s NULL: it was not in the list. */
void operate_rebuild_listed(struct nsr_model *m, struct instance_member *i, const struct server *s,
                            enum listing listing);
void operate_rebuild_lost(struct nsr_model *m, struct instance_member *i); /* its PoP is gone */

/* The answer to a request for an operation, or for a verb. */
void operate_show(struct nsr_model *m);
void operate_look(struct nsr_model *m);     /* after the handlers: which driver's steps are over */
void operate_deployed(struct nsr_model *m); /* its deployment is over: what was queued may begin */
/* --- of nsr_fsm.c, nsr_release.c --------------------------------------------------------------- */
void nsr_recovered(struct nsr_model *m); /* what failed was resumed; ACTIVE, if all are */
void nsr_stop(struct nsr_model *m);      /* FAILED: what is under way goes on, nothing new begins */
void nsr_release(struct nsr_model *m);   /* its release begins; it ends all operations but that
                                            which is rolled back by it */
/* What failed in it is being resumed, and nothing of that failed again. */
bool operate_is_resuming(struct nsr_model *m);

#endif
