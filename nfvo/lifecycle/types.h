/* What the NFVO's engine works on: aggregates, rows, commands, phases, events, and the private
 * documents beside the wire's. Pure (style.md, section 2): proto, common/base and common/fsm only.
 */
#ifndef NFVO_LIFECYCLE_TYPES_H
#define NFVO_LIFECYCLE_TYPES_H

#include "common/fsm/domain.h"
#include "common/fsm/fsm.h"
#include "proto/messages/driver_rpc.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/manager.h"
#include "proto/records/package.h"

enum agg { AGG_NSR, AGG_POP, AGG_N };
enum row_kinds {
    ROW_NSR,
    ROW_VNFR,
    ROW_INSTANCE,
    ROW_POP,
    ROW_SUBSCRIPTION,
    ROW_DRIVER,
    ROW_KIND_N
};
enum nsr_keys { NSR_PROJECT, NSR_NAME, NSR_NSD, NSR_POPS };
enum vnfr_keys { VNFR_NAME, VNFR_ENDPOINT };
enum instance_keys { INSTANCE_VNFR, INSTANCE_POP, INSTANCE_HOSTNAME, INSTANCE_VC, INSTANCE_AGENT };
enum pop_keys { POP_PROJECT, POP_NAME, POP_TYPE };
enum subscription_keys {
    SUBSCRIPTION_PROJECT,
    SUBSCRIPTION_EVENT,
    SUBSCRIPTION_NSR,
    SUBSCRIPTION_VNFR
};
enum driver_keys { DRIVER_TYPE, DRIVER_CAPABILITIES };

/* Rows of other aggregates that a decision may read. */
enum facts {
    FACT_POPS = 1 << 0,          /* the PoPs that this NSR may use */
    FACT_SUBSCRIPTIONS = 1 << 1, /* all event endpoints */
    FACT_DRIVERS = 1 << 2,       /* all driver queues */
};

/* --- NSR --- */
enum nsr_phase {
    NSR_DEPLOYING,
    NSR_ACTIVE,
    NSR_FAILED,
    NSR_RELEASING,
    NSR_TOMBSTONE = 100 /* >= 100: users do not see it */
};

/* One phase a wait. Wire status: vnfr_status_of. */
#define VNFR_PHASES(X)                                                                             \
    X(INSTANTIATING, NULL) /* INSTANTIATE sent: GRANT_OPERATION, or an answer, is awaited */       \
    X(GRANTING, NULL) /* PoPs are being prepared (refresh, networks) before GRANT is answered */   \
    X(GRANTED,                                                                                     \
      NULL) /* GRANT answered: ALLOCATE_RESOURCES, or the answer to INSTANTIATE, is awaited */     \
    X(ALLOCATING, NULL) /* servers are being launched before ALLOCATE_RESOURCES is answered */     \
    X(ALLOCATED, NULL)  /* the answer to INSTANTIATE is awaited */                                 \
    X(WAIT_SOURCES,                                                                                \
      INITIALIZED)            /* target of dependencies whose sources are not all INITIALIZED */   \
    X(MODIFYING, INITIALIZED) /* MODIFY sent */                                                    \
    X(WAIT_TURN, INACTIVE)    /* ordered start: not its turn yet */                                \
    X(STARTING, INACTIVE)     /* START sent */                                                     \
    X(ACTIVE, ACTIVE)                                                                              \
    X(HELD, INITIALIZED) /* another VNFR of the NSR failed: nothing further is sent */             \
    X(FAILED, ERROR)                                                                               \
    X(UNDOING,                                                                                     \
      TERMINATED) /* release came while servers were being launched: their outcome is awaited */   \
    X(RELEASING, TERMINATED) /* RELEASE_RESOURCES sent */                                          \
    X(DELETING, TERMINATED)  /* servers are being deleted, and their absence verified */           \
    X(GONE, TERMINATED)
enum vnfr_phase {
#define X(name, status) VNFR_##name,
    VNFR_PHASES(X)
#undef X
        VNFR_PHASE_N
};
extern const char *const vnfr_phase_names[VNFR_PHASE_N];
const char *vnfr_status_of(int phase); /* the wire's status: a pure projection of the phase */

#define VNFR_EVENTS(X)                                                                             \
    X(GRANT)     /* request of the VNFM */                                                         \
    X(POP_READY) /* a PoP that this grant waited for is prepared */                                \
    X(POP_FAULT)                                                                                   \
    X(ALLOCATE)       /* request of the VNFM */                                                    \
    X(LAUNCH_SETTLED) /* one more server's outcome is known; the row says which */                 \
    X(INSTANTIATED)   /* answer to INSTANTIATE */                                                  \
    X(SOURCE_READY)   /* a VNFR that it depends on became INITIALIZED */                           \
    X(MODIFIED)       /* answer to MODIFY */                                                       \
    X(TURN)           /* ordered start: its turn */                                                \
    X(STARTED)        /* answer to START */                                                        \
    X(UPDATE)         /* UPDATEVNFR: the VNFM pushes its record */                                 \
    X(FAULT)   /* ERROR, an unreadable or missing answer, a deadline: err of the context says what \
                */                                                                                 \
    X(HOLD)    /* another VNFR failed */                                                           \
    X(RELEASE) /* the user deletes the NSR */                                                      \
    X(RELEASED)    /* answer to RELEASE_RESOURCES, or its deadline */                              \
    X(SERVER_GONE) /* one more server is verified to be gone */
enum vnfr_event {
#define X(name) VNFR_EV_##name,
    VNFR_EVENTS(X)
#undef X
        VNFR_EV_N
};
extern const char *const vnfr_event_names[VNFR_EV_N];
extern const struct fsm vnfr_fsm; /* the matrix: vnfr_fsm.c */

/* --- VNFC instance (server) --- */
enum instance_phase {
    INSTANCE_LAUNCHING, /* launch sent */
    INSTANCE_DOUBT,     /* no answer, or it may not have been sent: the PoP's list decides */
    INSTANCE_UP,
    INSTANCE_FAILED,   /* the driver said no; something may be left of it */
    INSTANCE_DELETING, /* delete sent; GONE when two good listings miss it. The table's triggers
                          know its number: its agent's login goes now */
    INSTANCE_GONE,
    INSTANCE_PHASE_N
};

extern const char *const instance_phase_names[INSTANCE_PHASE_N];

/* --- PoP --- */
enum pop_phase { POP_REGISTERING, POP_READY, POP_PHASE_N };

/* --- commands --- */
enum command_kind {
    /* of an NSR */
    CMD_INSTANTIATE = 1, /* Or-Vnfm requests; subject = vnfr. At most one of a VNFR is open */
    CMD_MODIFY,
    CMD_START,
    CMD_RELEASE,
    CMD_PREPARE, /* a PoP is asked to be fresh and have the networks; subject = vnfr, data = pop id
                  */
    CMD_LAUNCH,  /* driver; subject = instance */
    CMD_DELETE,  /* driver; subject = instance: its answer is a hint */
    CMD_LIST,    /* a PoP is asked what is there; subject = pop id */
    CMD_TIMER_SOURCES, /* subject = vnfr: WAIT_SOURCES may not last for ever */
    CMD_TIMER_TURN,
    CMD_TIMER_LIST,    /* subject = pop id: list again */
    CMD_TIMER_RELEASE, /* subject = nsr: when it leaves the user's sight, verified or not */
    /* of a PoP */
    CMD_REFRESH,        /* driver */
    CMD_CREATE_NETWORK, /* driver; subject = name */
    CMD_LISTING,        /* driver: listServer */
    CMD_WAIT_PREPARE,   /* an NSR waits; data = struct internal */
    CMD_WAIT_LIST,      /* an NSR waits for a listing */
    CMD_WAIT_OPERATION, /* a REST call waits; subject = operation id */
    /* of an NSR; kinds are stored, so new ones come last */
    CMD_LOGS, /* LOG_REQUEST to a VNFM; subject = operation id, data: logs.c */
    CMD_KIND_N
};

/* A body may hold "\x01ems:<hostname>\x01": the password of that instance's agent, rendered by the
 * publisher as "\x01pop:...\x01" is. */
#define REFERENCE_EMS "ems:"

/* data of an Or-Vnfm command whose VNFM died with it in hand; the store writes it
 * (nfvo/store/store_engine.h) and brings the deadline forward. */
#define COMMAND_LOST "lost"

/* --- events (intent.event) --- */
enum nfvo_event {
    EV_NSR_DEPLOY,    /* payload: struct deploy_request */
    EV_NSR_RELEASE,   /* payload: project id, or NULL */
    EV_NSR_LOGS,      /* payload: struct logs_request */
    EV_VNFM_REQUEST,  /* payload: struct vnfm_or: GRANT_OPERATION, ALLOCATE_RESOURCES, UPDATEVNFR,
                         SCALING */
    EV_VNFM_ANSWER,   /* payload: struct vnfm_or, or NULL when the VNFM had nothing to say; command
                         NULL: unsolicited */
    EV_DRIVER_ANSWER, /* payload: struct driver_reply, or NULL: empty body */
    EV_INTERNAL,      /* payload: struct internal */
    EV_POP_REGISTER,  /* payload: struct pop_request */
    EV_POP_REFRESH,
    EV_POP_UPDATE,
    EV_POP_DELETE,
    EV_DEADLINE,
    EV_IN_DOUBT,
    EV_BAD_REPLY,
    EV_ANSWER_LOST, /* our answer to a VNFM's request found nobody; command: the INSTANTIATE in
                       whose course it had asked */
    EV_N
};

/* --- payloads of users' commands --- */
/* clang-format off */
#define DEPLOY_VNFM_FIELDS(X) /* who manages VNFDs of an endpoint type */ \
    X(STR,  type,         "type",         _, REQUIRED)                    \
    X(STR,  queue,        "queue",        _, REQUIRED)                    \
    X(STRS, capabilities, "capabilities", _, OPTIONAL)
PROTO_RECORD(deploy_vnfm, DEPLOY_VNFM_FIELDS)

/* Everything a deployment needs, checked: the descriptor with its merged configurations, PoPs, VNFMs, packages, keys. */
#define DEPLOY_REQUEST_FIELDS(X)                                                                            \
    X(REC,     nsd,           "nsd",          nsd,         REQUIRED)                                        \
    X(STR,     project_id,    "projectId",    _,           REQUIRED)                                        \
    X(STRSMAP, candidates,    "candidates",   _,           OPTIONAL) /* "<vnfd>/<vdu>" -> "<pop id>[:zone]" */ \
    X(LIST,    pops,          "pops",         vim_ref,     OPTIONAL) /* id and name of all candidates */    \
    X(LIST,    vnfms,         "vnfms",        deploy_vnfm, OPTIONAL)                                        \
    X(LIST,    packages,      "packages",     vnf_package, OPTIONAL) /* id and hb_version */                \
    X(LIST,    keys,          "keys",         ssh_key,     OPTIONAL)                                        \
    X(STR,     monitoring_ip, "monitoringIp", _,           OPTIONAL)
PROTO_RECORD(deploy_request, DEPLOY_REQUEST_FIELDS)

#define POP_REQUEST_FIELDS(X)                                        \
    X(STR, operation, "operation", _,            OPTIONAL)           \
    X(REC, pop,       "pop",       vim_instance, OPTIONAL) /* without secrets */
PROTO_RECORD(pop_request, POP_REQUEST_FIELDS)

/* Logs of an instance; the operation's outcome is the REST answer. */
struct logs_request {
    const char *operation, *vnfr_name, *hostname;
    int64_t lines; /* the last ones; 0: all */
    bool is_full;  /* both logs, as an object */
};

/* --- messages between aggregates (queue nfvo.internal) --- */
#define INTERNAL_FIELDS(X)                                                                                  \
    X(STR,  what,     "what",     _,       REQUIRED) /* prepare, prepared, list, listed */                  \
    X(STR,  to,       "to",       _,       REQUIRED) /* aggregate */                                        \
    X(INT,  to_kind,  "toKind",   _,       OPTIONAL)                                                        \
    X(STR,  from,     "from",     _,       OPTIONAL)                                                        \
    X(STR,  command,  "command",  _,       OPTIONAL) /* of the asker; comes back with the answer */         \
    X(LIST, networks, "networks", network, OPTIONAL) /* wanted by name and cidr; answered with extId */     \
    X(STRS, servers,  "servers",  _,       OPTIONAL) /* asked about: hostnames and vc ids; answered: present ones */ \
    X(LIST, found,    "found",    server,  OPTIONAL) /* the servers of those names */                       \
    X(BOOL, weak,     "weak",     _,       OPTIONAL) /* an empty answer: see instance.c */                  \
    X(REC,  fault,    "fault",    fault,   OPTIONAL)
PROTO_RECORD(internal, INTERNAL_FIELDS)

/* --- private documents (column state) --- */
#define NSR_STATE_FIELDS(X)                                                                                  \
    X(STRSMAP, candidates,  "candidates",  _,       OPTIONAL)                                                \
    X(LIST,    keys,        "keys",        ssh_key, OPTIONAL)                                                \
    X(STRMAP,  cidrs,       "cidrs",       _,       OPTIONAL) /* by link name */                             \
    X(INT,     list_tries,  "listTries",   _,       OPTIONAL)
PROTO_RECORD(nsr_state, NSR_STATE_FIELDS)

#define VNFR_STATE_FIELDS(X)                                                                        \
    X(STR,    queue,          "queue",         _, OPTIONAL) /* of its VNFM */                       \
    X(BOOL,   correlates,     "correlates",    _, OPTIONAL) /* its VNFM echoes correlation ids and dedupes by them */ \
    X(STR,    userdata,       "userdata",      _, OPTIONAL)                                         \
    X(STRMAP, vdu_pop,        "vduPop",        _, OPTIONAL) /* record's VDU id -> "<pop id>[:zone]" */ \
    X(STR,    reply_to,       "replyTo",       _, OPTIONAL) /* of the request that waits for our answer */ \
    X(STR,    correlation_id, "correlationId", _, OPTIONAL)                                         \
    X(REC,    launch_fault,   "launchFault",   fault, OPTIONAL) /* first launch that failed */
PROTO_RECORD(vnfr_state, VNFR_STATE_FIELDS)

#define INSTANCE_STATE_FIELDS(X)                                                             \
    X(STR,  vdu_id,  "vdu",    _, OPTIONAL)                                                  \
    X(STR,  vnfc_id, "vnfc",   _, OPTIONAL)                                                  \
    X(INT,  misses,  "misses", _, OPTIONAL) /* weight of the listings in a row that missed it */      \
    X(INT,  tries,   "tries",  _, OPTIONAL) /* launches, then deletes, sent */               \
    X(STR,  pop_ref, "popRef", _, OPTIONAL) /* "<pop id>[:zone]" */
PROTO_RECORD(instance_state, INSTANCE_STATE_FIELDS)

#define POP_STATE_FIELDS(X)                                                                  \
    X(INT,  refreshed_at, "refreshedAt", _,     OPTIONAL) /* database clock, us */           \
    X(REC,  fault,        "fault",       fault, OPTIONAL) /* of the last refresh */          \
    X(BOOL, refresh_again,"refreshAgain",_,     OPTIONAL)                                    \
    X(INT,  refresh_from, "refreshFrom", _,     OPTIONAL) /* the last refresh serves waiters opened before this seq */ \
    X(STRMAP, made,       "made",        _,     OPTIONAL) /* networks that their driver called otherwise: wanted name -> extId */ \
    X(INT,  listing_from, "listingFrom", _,     OPTIONAL) /* waiters opened before this seq are served by the listing under way */
PROTO_RECORD(pop_state, POP_STATE_FIELDS)
/* clang-format on */

/* --- settings --- */
struct lifecycle_settings {                                    /* microseconds */
    int64_t instantiate_us, modify_us, start_us, terminate_us; /* answers of VNFMs */
    int64_t terminate_scripts_us; /* added where the VNFM has TERMINATE scripts to run */
    int64_t log_us;               /* answer of a VNFM to LOG_REQUEST */
    int64_t driver_us; /* answers of drivers; below the Java SDK's 1000 s for ALLOCATE_RESOURCES */
    int64_t pop_cache_us; /* a snapshot younger than this needs no refresh */
    int64_t sources_us, turn_us;
    int64_t delete_hint_us; /* a driver's answer to delete is waited for so long before listing */
    int64_t list_retry_us;  /* first pause between listings; doubles */
    int64_t
        release_sight_us; /* after this a released NSR leaves the user's sight, verified or not */
    bool ordered_start, dedicated_networks;
    const char *broker_ip, *broker_port, *monitoring_ip, *timezone; /* extension of INSTANTIATE */
};
#define LIFECYCLE_SETTINGS_DEFAULT                                                                 \
    {                                                                                              \
        .instantiate_us = 1800 * USEC_PER_SEC, .modify_us = 1800 * USEC_PER_SEC,                   \
        .start_us = 1800 * USEC_PER_SEC, .terminate_us = 30 * USEC_PER_SEC,                        \
        .terminate_scripts_us = 300 * USEC_PER_SEC, .log_us = 10 * USEC_PER_SEC,                   \
        .driver_us = 300 * USEC_PER_SEC, .pop_cache_us = 10 * USEC_PER_SEC,                        \
        .sources_us = 2 * 3600 * USEC_PER_SEC, .turn_us = 2 * 3600 * USEC_PER_SEC,                 \
        .delete_hint_us = 5 * USEC_PER_SEC, .list_retry_us = 1 * USEC_PER_SEC,                     \
        .release_sight_us = 90 * USEC_PER_SEC, .broker_ip = "127.0.0.1", .broker_port = "5672",    \
        .monitoring_ip = "", .timezone = "CET"                                                     \
    }

#endif
