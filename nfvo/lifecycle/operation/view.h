/* The service as the planner sees it: a snapshot, filled from the aggregate's rows and records by
 * whoever asks (today's model: struct nsr_model). Plain data, all of it borrowed; nothing is looked
 * up behind it. Ids are those of the records; a VNFR that is not made yet has the id that it will
 * get. */
#ifndef NFVO_LIFECYCLE_OPERATION_VIEW_H
#define NFVO_LIFECYCLE_OPERATION_VIEW_H

#include "nfvo/lifecycle/operation/answers.h"
#include "proto/codec/codec.h"
#include "proto/records/fault.h"

/* vnfr.state: stable, set by effects only. */
#define VNFR_STATES(X) X(NULL) X(INITIALIZED) X(INACTIVE) X(ACTIVE) X(GONE)
enum vnfr_state_word {
#define X(word) VNFR_STATE_##word,
    VNFR_STATES(X)
#undef X
        VNFR_STATE_N
};
extern const char *const vnfr_state_words[VNFR_STATE_N];

/* instance.state */
#define INSTANCE_STATES(X)                                                                         \
    X(LAUNCHING)                                                                                   \
    X(DOUBT)                                                                                       \
    X(UP) /* the record shows the driver's word */                                                 \
    X(ACTIVE)                                                                                      \
    X(INACTIVE)                                                                                    \
    X(STANDBY)                                                                                     \
    X(FAILED) /* marked so, by SWITCH or a failed operation */                                     \
    X(ERROR)  /* its launch failed */                                                              \
    X(REBUILDING)                                                                                  \
    X(DELETING)                                                                                    \
    X(GONE)
enum instance_state_word {
#define X(word) INSTANCE_STATE_##word,
    INSTANCE_STATES(X)
#undef X
        INSTANCE_STATE_N
};
extern const char *const instance_state_words[INSTANCE_STATE_N];

struct view_instance {
    const char *id, *hostname, *vdu, *pop; /* vdu: id; pop: id */
    const char *component;                 /* id */
    enum instance_state_word state;
    bool is_emptied; /* its server was made anew, and its HEAL is not done: nothing is installed */
    int64_t made;    /* orders them by age: larger is younger */
    const char
        *addresses;    /* "net=10.0.0.2 net_floatingIp=..." in the record's order; for the digest */
    const char *image; /* name */
};

struct view_vdu {
    const char *id, *name;
    uint32_t scale_max;     /* scale_in_out; 0: no limit told */
    const char *on_failure; /* a word of fault_policy_words; NULL: the VNFD says nothing */
    uint16_t attempts;      /* of a step, by itself; 0, 1: it goes out once */
};

struct view_vnfr {
    const char *id, *name, *type, *package; /* package: id; "" or NULL: none */
    enum vnfr_state_word state;
    bool is_broken; /* vnfr.fault */
    /* Of one that is broken: why, by which request (id, NULL: none), and is it one whose step is
     * its machine's (operate_machine.c)? */
    int cause; /* enum fault_cause */
    const char *failed_command;
    bool
        is_emptied; /* its servers were rebuilt, and it is not installed on them again: state NULL */
    bool has_resources;     /* its servers are there, though it is not INITIALIZED */
    enum step_kind in_hand; /* on its way: what its machine does now; STEP_NO */
    struct proto_strs
        servers;     /* ids: launched, there or being deleted; in its record or not (yet) */
    bool is_leaving; /* half taken away: nothing of it is made or started again */
    bool is_dropped; /* gone, in this very decision */
    bool has_record; /* GRANT made it, or the VNFM's answer did */
    bool is_known;   /* to its VNFM: TERMINATE is sent when it goes */
    bool is_new;     /* ADD_VNF: this one is to be added */
    bool is_ours;    /* its VNFM announces `correlation` */
    enum sdk sdk;
    bool has_terminate_scripts;
    const uint32_t *sources; /* indices of the VNFRs that it depends on, its own not among them */
    uint32_t n_sources;
    struct proto_strs told;                  /* instances of sources that its dependency holds */
    const char *configurations, *dependency; /* as text, for the digest; NULL: none */
    const struct view_vdu *vdus;
    uint32_t n_vdus;
    const struct view_instance *instances; /* LAUNCHING to DELETING; GONE ones may be there */
    uint32_t n_instances;
    /* Of a service of before operations: what adopt.h reads. */
    const char *phase;                     /* word of enum vnfr_phase; NULL: not such a service */
    bool was_instantiated, was_configured; /* its history has INSTANTIATE, CONFIGURE */
    struct fault *fault;
};

struct service_view {
    const char *id, *name;
    bool is_gone, has_fault; /* the NSR's own */
    bool is_ordered;         /* option ordered start */
    bool heal_tells_targets; /* option of that name */
    const struct view_vnfr *vnfrs;
    uint32_t n_vnfrs;
    struct proto_strs pops; /* ids of those that it uses already */
    const char *phase;      /* of before operations: word of enum nsr_phase */
    int64_t created_at;
};

const struct view_vnfr *view_vnfr(const struct service_view *view, const char *id);   /* or NULL */
const struct view_instance *view_instance(const struct view_vnfr *v, const char *id); /* or NULL */
const struct view_vdu *view_vdu(const struct view_vnfr *v, const char *id);           /* or NULL */
bool view_depends(const struct view_vnfr *target, uint32_t source); /* index of a VNFR */
uint32_t view_index(const struct service_view *view, const struct view_vnfr *v);
/* Ordered start: the number of its sources and, recursively, theirs (amqp-protocol.md 4.4).
 * Computed for all at once: weights[n_vnfrs]. Cycles are refused before; here they end. */
void view_weights(const struct service_view *view, uint32_t *weights);
/* Does it count, has it a server that is not on its way out? */
bool instance_is_there(const struct view_instance *i);

#endif
