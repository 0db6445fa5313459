/* What the NFVO's engine works on: aggregates, rows, commands, phases, events, and the private
 * documents beside the wire's. Pure: proto, common/base and common/fsm only.
 */
#ifndef NFVO_LIFECYCLE_TYPES_H
#define NFVO_LIFECYCLE_TYPES_H

#include "common/fsm/domain.h"
#include "common/fsm/fsm.h"
#include "nfvo/words/commands.h"
#include "nfvo/words/phases.h"
#include "proto/messages/driver_rpc.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/manager.h"
#include "proto/records/operation.h"
#include "proto/records/package.h"

struct lifecycle_settings;

enum agg { AGG_NSR, AGG_POP, AGG_N };
enum row_kinds {
    ROW_NSR,
    ROW_VNFR,
    ROW_INSTANCE,
    ROW_POP,
    ROW_INTEREST,
    ROW_DRIVER,
    ROW_USE,
    ROW_OPERATION,
    ROW_VNFM,
    ROW_USE_OF_NSR,
    ROW_IMAGE,
    ROW_KIND_N
};
enum nsr_keys { NSR_PROJECT, NSR_NAME, NSR_NSD, NSR_POPS };
enum vnfr_keys { VNFR_NAME, VNFR_ENDPOINT, VNFR_ROOM /* of its VNFM; moves with the endpoint */ };
/* The agent is alone in a virtual host of its own (migrations/0032). */
#define INSTANCE_AGENT_OWN "/own"

enum instance_keys {
    INSTANCE_VNFR,
    INSTANCE_POP,
    INSTANCE_HOSTNAME,
    INSTANCE_VC,
    INSTANCE_AGENT,  /* endpoint of its VNFM, with INSTANCE_AGENT_OWN behind it; "": none */
    INSTANCE_FLAVOUR /* its key; "": launched without one */
};
enum operation_keys {
    OPERATION_PROJECT,
    OPERATION_NSR_NAME,
    OPERATION_KIND,
    OPERATION_VNFR, /* "": not of one VNFR */
    OPERATION_INSTANCE,
    OPERATION_ORIGIN,
    OPERATION_ASKED_BY,
    OPERATION_ASKED_AT, /* database clock, us: numbers, as the next two */
    OPERATION_STATE_AT,
    OPERATION_ENDED_AT
};
enum pop_keys { POP_PROJECT, POP_NAME, POP_TYPE };
enum interest_keys { INTEREST_PROJECT, INTEREST_EVENT, INTEREST_SUBJECT };
enum driver_keys {
    DRIVER_TYPE,
    DRIVER_CAPABILITIES,
    DRIVER_ABSENT, /* since when it is not seen (database clock, us); "": it is there */
    DRIVER_ROOM
};
enum vnfm_keys { VNFM_SDK }; /* of the row `type`; its words: operation/answers.h, "": not told */
enum image_keys { IMAGE_PROJECT, IMAGE_NAME }; /* of the repository */
enum use_keys { USE_POP, USE_FLAVOUR, USE_N }; /* of both: no table, our instances, counted */

/* Rows of other aggregates that a decision may read. */
enum facts {
    FACT_POPS = 1 << 0,          /* the PoPs that this NSR may use */
    FACT_SUBSCRIPTIONS = 1 << 1, /* which events of this NSR and its VNFRs anybody subscribed to */
    FACT_DRIVERS =
        1 << 2,        /* driver queues for the types of its PoPs, there or not, the best of each */
    FACT_USE = 1 << 3, /* what our own instances use of this PoP; no rows where no quota is known */
    FACT_USE_OF_NSR = 1 << 5, /* the same of the PoPs that this NSR may use: for plans */
    FACT_VNFMS = 1 << 4,      /* with which SDK the VNFMs of this NSR's VNFRs are written */
    FACT_NAMED_POPS = 1 << 6, /* PoPs that the fact_key names ("id,id"), their drivers, what our own
                                 instances use of them, and the images of their projects'
                                 repository: for plans of what is not there yet */
    FACT_IMAGES = 1 << 7,     /* the repository of this NSR's project: where PoPs are chosen */
};

/* --- phases (nfvo/words/phases.h) --- */
extern const char *const nsr_phase_names[NSR_PHASE_N],
    *const vnfr_phase_names[VNFR_PHASE_N], *const instance_phase_names[INSTANCE_PHASE_N],
                                               *const pop_phase_names[POP_PHASE_N];
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
    X(FAULT)          /* ERROR, an unreadable or missing answer, a deadline: see err */            \
    X(HOLD)           /* another VNFR failed */                                                    \
    X(RELEASE)        /* the user deletes the NSR, or this VNF of it */                            \
    X(RELEASED)       /* answer to RELEASE_RESOURCES, or its deadline */                           \
    X(SERVER_GONE)    /* one more server is verified to be gone */                                 \
    X(RESUME)         /* an operation goes on with what failed, or stands still */
enum vnfr_event {
#define X(name) VNFR_EV_##name,
    VNFR_EVENTS(X)
#undef X
        VNFR_EV_N
};
extern const char *const vnfr_event_names[VNFR_EV_N];
extern const struct fsm vnfr_fsm; /* the matrix: vnfr_fsm.c */

#define NSR_EVENTS(X)                                                                              \
    X(ALL_ACTIVE) /* its VNFRs are */                                                              \
    X(STOP)       /* one failed, or it was cancelled: nothing new begins */                        \
    X(RECOVERED)  /* what failed was resumed */                                                    \
    X(PRUNED)     /* what failed was taken away */                                                 \
    X(RELEASE)                                                                                     \
    X(SIGHT_OVER) /* its servers were not verified to be gone in time */                           \
    X(ALL_GONE)   /* its VNFRs are */
enum nsr_event {
#define X(name) NSR_EV_##name,
    NSR_EVENTS(X)
#undef X
        NSR_EV_N
};
extern const char *const nsr_event_names[NSR_EV_N];
extern const struct fsm nsr_fsm; /* the matrix: nsr_fsm.c */

#define INSTANCE_EVENTS(X)                                                                         \
    X(LAUNCHED)     /* answer to its launch */                                                     \
    X(LATE)         /* the deadline of its launch */                                               \
    X(UNSURE)       /* its launch may not have been sent */                                        \
    X(DOUBT_OVER)   /* the end of the doubt's time */                                              \
    X(LISTED)       /* its PoP lists it */                                                         \
    X(MISSED)       /* its PoP does not */                                                         \
    X(UNLISTED)     /* its PoP could not be asked */                                               \
    X(POP_GONE)     /* nobody can be asked any more */                                             \
    X(DELETE)       /* it is to go */                                                              \
    X(DELETED)      /* answer to its delete, or its deadline: a hint */                            \
    X(LATE_LAUNCH)  /* a driver says too late that it launched it */                               \
    X(LAUNCH_AGAIN) /* it is gone, or its launch failed: another one is asked for */
enum instance_event {
#define X(name) INSTANCE_EV_##name,
    INSTANCE_EVENTS(X)
#undef X
        INSTANCE_EV_N
};
extern const char *const instance_event_names[INSTANCE_EV_N];
extern const struct fsm instance_fsm; /* the matrix: instance_fsm.c */

#define POP_EVENTS(X)                                                                              \
    X(REFRESH) /* a user wants a snapshot */                                                       \
    X(UPDATE)  /* ... of a PoP that is changed */                                                  \
    X(LIST)    /* a call wants all of its servers */                                               \
    X(COLLECT) /* servers that are nobody's are to go */                                           \
    X(DELETE)                                                                                      \
    X(PREPARE)     /* a service wants a snapshot, and networks */                                  \
    X(FIND)        /* a service asks for servers by name */                                        \
    X(LATE)        /* a service says which launches may take effect yet */                         \
    X(LOOK)        /* it is time to look for those */                                              \
    X(REFRESHED)   /* answer to a refresh, or its deadline */                                      \
    X(NO_SNAPSHOT) /* the refresh failed, or cannot be asked for */                                \
    X(NETWORK)     /* answer to createNetwork, or its deadline */                                  \
    X(IMAGE)       /* answer to addImage, or its deadline */                                       \
    X(SERVERS)     /* answer to a listing, or its deadline */                                      \
    X(QUOTA)       /* answer to the question for it, or its deadline */                            \
    X(LOST)        /* the driver died with a call in hand */                                       \
    X(IN_DOUBT)    /* createNetwork or addImage may not have been sent */                          \
    X(UNSURE)      /* ... and was not answered in time */                                          \
    X(WAIT_OVER)   /* the deadline of a service's question */                                      \
    X(CALL_OVER)   /* the deadline of a user's call */
enum pop_event {
#define X(name) POP_EV_##name,
    POP_EVENTS(X)
#undef X
        POP_EV_N
};
extern const char *const pop_event_names[POP_EV_N];
extern const struct fsm pop_fsm; /* the matrix: pop_fsm.c */

/* --- commands (nfvo/words/commands.h) --- */
struct command_row {
    const char *word; /* NULL: no kind has this code */
    enum command_peer peer;
    const char *call;
    uint8_t again;    /* enum send_policy */
    uint16_t within;  /* offset in struct lifecycle_settings */
    uint8_t quarters; /* of it; 0: whoever opens it says how long */
};
extern const struct command_row command_rows[CMD_KIND_N];
extern const char *const command_names[CMD_KIND_N];   /* NULL: none */
bool command_is_to(enum command_peer peer, int kind); /* false for a kind that there is not */
/* The kind by which a peer is asked for that; 0: none. */
int command_kind_of(enum command_peer peer, const char *call);
/* What the options give it; not of those whose time is computed. */
int64_t command_time(const struct lifecycle_settings *s, int kind);

/* What a body stands without until it is published (struct send_ref; nfvo/worker/render.c). Stored
 * in the outbox, so new ones come last. */
enum reference_kind {
    REFERENCE_POP = 1, /* id, version (0: as it is then), arg: the zone asked for, "" if none */
    REFERENCE_PACKAGE, /* id, version */
    REFERENCE_AGENT,   /* id: a hostname; the password of that instance's agent */
    REFERENCE_IMAGE,   /* id: of the repository; a token for its file, in quotes */
};

/* data of an Or-Vnfm command whose VNFM, or of a call whose driver, died with it in hand; the store
 * writes it (nfvo/store/store_engine.h) and brings the deadline forward. */
#define COMMAND_LOST "lost"
/* data of a call to a driver otherwise: the driver's queue; this before it where it may not have
 * been sent. */
#define CALL_IN_DOUBT "doubt "

/* --- events (intent.event) --- */
enum nfvo_event {
    EV_NSR_DEPLOY,  /* payload: struct deploy_request */
    EV_NSR_PLAN,    /* the same: what its deployment would be; nothing is stored (nsr_plan.c) */
    EV_NSR_RELEASE, /* payload: struct release_request, or NULL */
    EV_NSR_LOGS,    /* payload: struct logs_request */
    EV_NSR_OPERATE, /* payload: struct operate_request (operate.h) */
    EV_NSR_OPERATION_VERB, /* payload: struct verb_request (operate.h) */
    EV_VNFM_REQUEST,  /* payload: struct vnfm_or: GRANT_OPERATION, ALLOCATE_RESOURCES, UPDATEVNFR,
                         SCALING */
    EV_VNFM_ANSWER,   /* payload: struct vnfm_or, or NULL when the VNFM had nothing to say; command
                         NULL: unsolicited */
    EV_DRIVER_ANSWER, /* payload: struct driver_reply, or NULL: empty body */
    EV_INTERNAL,      /* payload: struct internal */
    EV_POP_REGISTER,  /* payload: struct pop_request */
    EV_POP_REFRESH,
    EV_POP_UPDATE,
    EV_POP_LIST, /* its servers, as the body of the operation: pop.h */
    EV_POP_DELETE,
    EV_DEADLINE,
    EV_IN_DOUBT,
    EV_BAD_REPLY,
    EV_ANSWER_LOST, /* our answer to a VNFM's request found nobody; command: the INSTANTIATE in
                       whose course it had asked */
    EV_NSR_ALARM,   /* payload: struct alarm_news */
    EV_POP_COLLECT, /* payload: struct pop_request: servers that nobody owns are deleted */
    EV_N
};

/* --- payloads of users' commands --- */
/* clang-format off */
#define DEPLOY_VNFM_FIELDS(X) /* who manages VNFDs of an endpoint type */ \
    X(STR,  type,         "type",         _, REQUIRED)                    \
    X(STR,  queue,        "queue",        _, REQUIRED)                    \
    X(STRS, capabilities, "capabilities", _, OPTIONAL)                    \
    X(STR,  room,         "room",         _, OPTIONAL)
PROTO_RECORD(deploy_vnfm, DEPLOY_VNFM_FIELDS)

/* Everything a deployment needs, checked: the descriptor with its merged configurations, PoPs, VNFMs, packages, keys. */
#define DEPLOY_REQUEST_FIELDS(X)                                                                            \
    X(REC,     nsd,           "nsd",          nsd,         REQUIRED)                                        \
    X(STR,     project_id,    "projectId",    _,           REQUIRED)                                        \
    X(STRSMAP, candidates,    "candidates",   _,           OPTIONAL) /* "<vnfd>/<VDU's id, else name>" -> "<pop id>[:zone]" */ \
    X(LIST,    pops,          "pops",         vim_ref,     OPTIONAL) /* id and name of all candidates */    \
    X(LIST,    vnfms,         "vnfms",        deploy_vnfm, OPTIONAL)                                        \
    X(LIST,    packages,      "packages",     vnf_package, OPTIONAL) /* id and hb_version */                \
    X(LIST,    keys,          "keys",         ssh_key,     OPTIONAL)                                        \
    X(STR,     monitoring_ip, "monitoringIp", _,           OPTIONAL)                                        \
    X(STR,     operation_id,  "operationId",  _,           OPTIONAL) /* of its operation DEPLOY; absent: a new one */ \
    X(STR,     asked_by,      "askedBy",      _,           OPTIONAL) /* user */ \
    X(STR,     basis,         "basis",        _,           OPTIONAL) /* of a plan: only as it says (nsr_plan.c) */
PROTO_RECORD(deploy_request, DEPLOY_REQUEST_FIELDS)

#define POP_REQUEST_FIELDS(X)                                        \
    X(STR, operation, "operation", _,            OPTIONAL)           \
    X(REC, pop,       "pop",       vim_instance, OPTIONAL) /* without secrets */ \
    X(BOOL, full,     "full",      _,            OPTIONAL) /* EV_POP_LIST: struct pop_listing */ \
    X(STRS, servers,  "servers",   _,            OPTIONAL) /* EV_POP_COLLECT: their ids at the PoP */
PROTO_RECORD(pop_request, POP_REQUEST_FIELDS)

/* What a PoP lists, as an EV_POP_LIST that is full brings it. */
#define LISTED_SERVER_FIELDS(X)            \
    X(STR, id,     "id",     _, OPTIONAL)  \
    X(STR, host,   "host",   _, OPTIONAL)  \
    X(STR, name,   "name",   _, OPTIONAL)  \
    X(STR, status, "status", _, OPTIONAL)  \
    X(STR, ips,    "ips",    _, OPTIONAL) /* "net=10.0.0.2 net=10.0.0.3 .." */
PROTO_RECORD(listed_server, LISTED_SERVER_FIELDS)
#define POP_LISTING_FIELDS(X)                              \
    X(BOOL, weak,    "weak",    _,             OPTIONAL) /* an empty answer: see instance_fsm.c */ \
    X(LIST, servers, "servers", listed_server, OPTIONAL)
PROTO_RECORD(pop_listing, POP_LISTING_FIELDS)

/* An alarm about something of this service was raised, has changed, or was cleared (nfvo/reconcile). */
struct alarm_news {
    const char *word;     /* RAISED, CHANGED, CLEARED */
    const char *kind;     /* lifecycle/reconcile/judge.h */
    const char *instance; /* id; NULL: of none */
    const char *vnfr;     /* id; NULL */
    const char *host, *text;
    const char *body; /* struct alarm, as JSON: payload of the event */
};

struct release_request {
    const char *project;      /* NULL, "*": any */
    const char *operation_id; /* of its operation RELEASE; NULL: a new one */
    const char *asked_by;     /* user; NULL: not told */
};

/* Logs of an instance; the operation's outcome is the REST answer. */
struct logs_request {
    const char *operation, *vnfr_name, *hostname;
    int64_t lines; /* the last ones; 0: all */
    bool is_full;  /* both logs, as an object */
};

/* --- messages between aggregates (queue nfvo.internal) --- */
#define INTERNAL_LATE "late" /* to a PoP: servers whose launch may take effect yet; not answered */
#define INTERNAL_FIELDS(X)                                                                                  \
    X(STR,  what,     "what",     _,       REQUIRED) /* prepare, prepared, list, listed */                  \
    X(STR,  to,       "to",       _,       REQUIRED) /* aggregate */                                        \
    X(INT,  to_kind,  "toKind",   _,       OPTIONAL)                                                        \
    X(STR,  from,     "from",     _,       OPTIONAL)                                                        \
    X(STR,  command,  "command",  _,       OPTIONAL) /* of the asker; comes back with the answer */         \
    X(LIST, networks, "networks", network, OPTIONAL) /* wanted by name and cidr; answered with extId */     \
    X(LIST, images,   "images",   image,   OPTIONAL) /* wanted, as the repository has them */               \
    X(STRS, servers,  "servers",  _,       OPTIONAL) /* asked about: hostnames and vc ids; answered: present ones */ \
    X(LIST, found,    "found",    server,  OPTIONAL) /* the servers of those names */                       \
    X(BOOL, weak,     "weak",     _,       OPTIONAL) /* an empty answer: see instance_fsm.c */                  \
    X(REC,  fault,    "fault",    fault,   OPTIONAL)
PROTO_RECORD(internal, INTERNAL_FIELDS)

/* --- private documents (column state) --- */
#define NSR_STATE_FIELDS(X)                                                                                  \
    X(STRSMAP, candidates,  "candidates",  _,       OPTIONAL)                                                \
    X(STRMAP,  vdus,        "vdus",        _,       OPTIONAL) /* "<vnfd>/<VDU's id in it>" -> its name, in the descriptor's order */ \
    X(LIST,    keys,        "keys",        ssh_key, OPTIONAL)                                                \
    X(STRMAP,  cidrs,       "cidrs",       _,       OPTIONAL) /* by link name */                             \
    X(STRMAP,  on_failure,  "onFailure",   _,       OPTIONAL) /* as vdus, of a record's VDU by its id -> its word, or "" */ \
    X(STRMAP,  packages,    "packages",    _,       OPTIONAL) /* VNFD's name -> id of its package */         \
    X(STR,     wire,        "wire",        _,       OPTIONAL) /* phase ACTIVE, operations open: its status on the wire */ \
    X(STR,     monitoring_ip, "monitoringIp", _,    OPTIONAL) /* of the deployment */                        \
    X(STR,     spread,      "spread",      _,       OPTIONAL) /* where placement begins; absent: by its id */ \
    X(STRS,    warned,      "warned",      _,       OPTIONAL) /* PoPs whose warning is in its history */
PROTO_RECORD(nsr_state, NSR_STATE_FIELDS)

/* Somebody who waits for our answer to its request. */
#define ASKER_FIELDS(X)                                  \
    X(STR, reply_to,       "replyTo",       _, OPTIONAL) \
    X(STR, correlation_id, "correlationId", _, OPTIONAL) \
    X(STR, room,           "room",          _, OPTIONAL)
PROTO_RECORD(asker, ASKER_FIELDS)

#define VNFR_STATE_FIELDS(X)                                                                        \
    X(STR,    queue,          "queue",         _, OPTIONAL) /* of its VNFM */                       \
    X(BOOL,   correlates,     "correlates",    _, OPTIONAL) /* its VNFM echoes correlation ids and dedupes by them */ \
    X(STR,    userdata,       "userdata",      _, OPTIONAL)                                         \
    X(STRMAP, refused,        "refused",       _, OPTIONAL) /* "<VDU id>/<pop ref>" -> why it cannot take it */ \
    X(STRS,   prepared,       "prepared",      _, OPTIONAL) /* PoPs asked for a fresh snapshot and networks: placement.h */ \
    X(STRS,   looked_at,      "lookedAt",      _, OPTIONAL) /* PoPs asked for a fresh snapshot only */ \
    X(INT,    grant_until,    "grantUntil",    _, OPTIONAL) /* when GRANT has to be answered */       \
    X(STRMAP, vdu_pop,        "vduPop",        _, OPTIONAL) /* record's VDU id -> "<pop id>[:zone]" */ \
    X(STR,    reply_to,       "replyTo",       _, OPTIONAL) /* of the request that waits for our answer */ \
    X(STR,    correlation_id, "correlationId", _, OPTIONAL)                                         \
    X(STR,    reply_room,     "replyRoom",     _, OPTIONAL) /* out of which it came */              \
    X(STRMAP, published,      "published",     _, OPTIONAL) /* key of `provides` -> version of the record that has its value: published.h */ \
    X(LIST,   scaling,        "scaling",       asker, OPTIONAL) /* who wait for the answer to SCALING */ \
    X(STR,    stable,         "stable",        _, OPTIONAL) /* phase ACTIVE: NULL, INITIALIZED, INACTIVE; absent: ACTIVE */ \
    X(BOOL,   by_steps,       "bySteps",       _, OPTIONAL) /* INITIALIZED ends its phases: what follows is steps of an operation */ \
    X(BOOL,   broken,         "broken",        _, OPTIONAL) /* phase ACTIVE: an operation of class LIFE failed */ \
    X(STR,    wire,           "wire",          _, OPTIONAL) /* phase ACTIVE: its status on the wire; absent: ACTIVE */ \
    X(REC,    configurations, "configurations", configuration, OPTIONAL) /* of the deployment, until a record has them */ \
    X(BOOL,   emptied,        "emptied",       _, OPTIONAL) /* its servers were rebuilt, or may have been, and it is not installed on them again */ \
    X(STR,    reached,        "reached",       _, OPTIONAL) /* its stable state: INITIALIZED, INACTIVE (configured), ACTIVE; absent: none yet */ \
    X(STR,    failed_in,      "failedIn",      _, OPTIONAL) /* phase FAILED: the one before */ \
    X(STR,    failed_by,      "failedBy",      _, OPTIONAL) /* and why: enum fault_cause (operation/operation.h) */ \
    X(STR,    failed_command, "failedCommand", _, OPTIONAL) /* id of the request that failed, also of an operation's; absent: of none */ \
    X(BOOL,   may_run_yet,    "mayRunYet",     _, OPTIONAL) /* ... it was not answered: its VNFM may be at it yet */ \
    X(STR,    resumes,        "resumes",       _, OPTIONAL) /* the last request was a RESUME, of this one; "": of what failed last; absent: it was none */ \
    X(BOOL,   is_resuming,    "resuming",      _, OPTIONAL) /* what its VNFM is asked is a RESUME */ \
    X(LIST,   deployed,       "deployed",      step_times, OPTIONAL) /* its deployment's steps, until their document has them: operation/progress.h */ \
    X(INT,    phase_at,       "phaseAt",       _, OPTIONAL) /* since when it is in its phase (database clock, us) */ \
    X(INT,    history_lines,  "historyLines",  _, OPTIONAL) /* how many there were: the next one's number */ \
    X(REC,    launch_fault,   "launchFault",   fault, OPTIONAL) /* first launch that failed */
PROTO_RECORD(vnfr_state, VNFR_STATE_FIELDS)

#define INSTANCE_STATE_FIELDS(X)                                                             \
    X(STR,  vdu_id,  "vdu",    _, OPTIONAL)                                                  \
    X(STR,  vnfc_id, "vnfc",   _, OPTIONAL)                                                  \
    X(STR,  owner,   "owner",  _, OPTIONAL) /* "vnfm": made by its VNFM, not by us */        \
    X(INT,  misses,  "misses", _, OPTIONAL) /* weight of the listings in a row that missed it */      \
    X(INT,  tries,   "tries",  _, OPTIONAL) /* launches sent */                              \
    X(BOOL, by_token, "byToken", _, OPTIONAL) /* each of its launches bore its token, and was answered: there is one server at most, and its id is known */ \
    X(INT,  answered, "answered", _, OPTIONAL) /* of them, less those of before the last `launches` that were not: what became of these may come to light late */ \
    X(INT,  until,   "until",  _, OPTIONAL) /* its launches end before (database clock, us) */    \
    X(INT,  list_at, "listAt", _, OPTIONAL) /* DOUBT, DELETING: when it wants a listing */   \
    X(INT,  lists,   "lists",  _, OPTIONAL) /* listings that brought it no further, in this phase */ \
    X(BOOL, delete_again, "deleteAgain", _, OPTIONAL) /* DELETING: the next listing comes after another delete */ \
    X(STR,  pop_ref, "popRef", _, OPTIONAL) /* "<pop id>[:zone]" */                          \
    X(STR,  rebuild, "rebuild", _, OPTIONAL) /* UP: how far its REBUILD is (operate_rebuild.c) */     \
    X(INT,  seen,    "seen",   _, OPTIONAL) /* ... listings in a row that showed it ACTIVE */ \
    X(BOOL, missing, "missing", _, OPTIONAL) /* UP: its PoP does not list it any more (EV_NSR_ALARM) */ \
    X(INT,  launches, "launches", _, OPTIONAL) /* servers that were launched in the place of one that was gone */ \
    X(BOOL, emptied, "emptied", _, OPTIONAL) /* it was ACTIVE, and nothing is installed on its server: that was made anew for a HEAL, which is not done */
PROTO_RECORD(instance_state, INSTANCE_STATE_FIELDS)

/* What our own instances use of a PoP, as far as it is known. */
#define POP_USE_FIELDS(X)                                                                    \
    X(INT,  instances, "instances", _, OPTIONAL)                                             \
    X(INT,  cores,     "cores",     _, OPTIONAL)                                             \
    X(INT,  ram,       "ram",       _, OPTIONAL) /* MB */
PROTO_RECORD(pop_use, POP_USE_FIELDS)

#define POP_STATE_FIELDS(X)                                                                  \
    X(INT,  refreshed_at, "refreshedAt", _,     OPTIONAL) /* database clock, us */           \
    X(REC,  fault,        "fault",       fault, OPTIONAL) /* of the last refresh */          \
    X(STR,  note,         "note",        _,     OPTIONAL) /* its driver's: VIM_NOTE */       \
    X(STR,  warning,      "warning",     _,     OPTIONAL) /* VIM_WARNING */                  \
    X(BOOL, refresh_again,"refreshAgain",_,     OPTIONAL)                                    \
    X(INT,  refresh_from, "refreshFrom", _,     OPTIONAL) /* the last refresh serves waiters opened before this seq */ \
    X(STRMAP, made,       "made",        _,     OPTIONAL) /* networks that their driver called otherwise: wanted name -> extId */ \
    X(STRMAP, late,       "late",        _,     OPTIONAL) /* hostname whose launch may take effect yet, and is nobody's any more -> until when (database clock, us) */ \
    X(INT,  listing_from, "listingFrom", _,     OPTIONAL) /* waiters opened before this seq are served by the listing under way */ \
    X(INT,  quota_asked_at, "quotaAskedAt", _,  OPTIONAL) /* database clock, us */           \
    X(INT,  quota_at,     "quotaAt",     _,     OPTIONAL) /* when it was answered */         \
    X(REC,  quota,        "quota",       quota, OPTIONAL) /* none: not known */              \
    X(REC,  use,          "use",         pop_use, OPTIONAL) /* counted beside refreshes and preparations, while a quota is known */
PROTO_RECORD(pop_state, POP_STATE_FIELDS)
/* clang-format on */

/* --- settings --- */
/* clang-format off */
/* The times that an option sets: member (with _us behind it), option, default in seconds and as the option's text, bounds in ms, what it is.
 * From a row come the member, its default, the option and the way between them (nfvo/options.c). */
#define LIFECYCLE_TIMES(X) \
    X(instantiate, "instantiate-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to INSTANTIATE, scripts included") \
    X(modify, "modify-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to MODIFY") \
    X(start, "start-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to START") \
    X(stop, "stop-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to STOP") \
    X(heal, "heal-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to HEAL") \
    X(scale_in, "scale-in-timeout", 300, "5m", 1000, 86400000, "answer of a VNFM to SCALE_IN: a target learns that an instance goes") \
    X(update, "update-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to UPDATE") \
    X(execute, "execute-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to a script that users have executed") \
    X(rebuild, "rebuild-timeout", 600, "10m", 1000, 86400000, "a driver's answer to rebuildServer, until its list shows the server ACTIVE") \
    X(scale, "scale-timeout", 1800, "30m", 1000, 86400000, "answer of a VNFM to SCALE_OUT, the launch and scripts included") \
    X(queue, "operation-queue", 3600, "1h", 1000, 86400000, "an operation that waits for others of its service is given up after this time") \
    X(terminate, "terminate-timeout", 30, "30s", 1000, 86400000, "answer of a VNFM to RELEASE_RESOURCES; then its servers are deleted without it") \
    X(terminate_scripts, "terminate-scripts-timeout", 300, "300s", 0, 86400000, "added to that where TERMINATE scripts have to run first") \
    X(log, "log-timeout", 10, "10s", 100, 600000, "answer of a VNFM to a request for logs") \
    X(driver, "driver-timeout", 300, "300s", 1000, 900000, "answer of a VIM driver; below the 1000 s of the Java VNFM SDK") \
    X(pop_cache, "pop-cache", 10, "10s", 0, 3600000, "a PoP refreshed within this time is not refreshed before a grant") \
    X(delete_hint, "delete-hint", 5, "5s", 100, 600000, "how long a driver's answer to a delete is waited for before its servers are listed") \
    X(release_sight, "release-sight", 90, "90s", 1000, 86400000, "a released service leaves the lists after this time even if its servers could not be verified to be gone")
/* clang-format on */

struct lifecycle_settings { /* microseconds */
#define X(member, ...) int64_t member##_us;
    LIFECYCLE_TIMES(X)
#undef X
    int64_t silence_us; /* an answer that a VNFM need not give is waited for so long */
    int64_t sources_us, turn_us;
    int64_t list_retry_us; /* pause of an instance after the first listing; doubles */
    bool ordered_start;
    bool is_quota_checked; /* PoPs are asked for their quotas, and one without room is not taken */
    bool
        heal_tells_targets; /* targets are configured again after a HEAL, also if no value changed */
    const char *broker_ip, *broker_port, *monitoring_ip, *timezone; /* extension of INSTANTIATE */
    const char *image_url; /* where drivers fetch images: https://HOST:PORT */
};
/* clang-format off */
#define LIFECYCLE_DEFAULT_(member, option, seconds, ...) .member##_us = (seconds) * USEC_PER_SEC,
#define LIFECYCLE_SETTINGS_DEFAULT                                                                 \
    {                                                                                              \
        LIFECYCLE_TIMES(LIFECYCLE_DEFAULT_)                                                        \
        .silence_us = 5 * USEC_PER_SEC, .sources_us = 2 * 3600 * USEC_PER_SEC,                     \
        .turn_us = 2 * 3600 * USEC_PER_SEC, .list_retry_us = 1 * USEC_PER_SEC,                     \
        .is_quota_checked = true, .broker_ip = "127.0.0.1", .broker_port = "5672",                 \
        .monitoring_ip = "", .timezone = "CET", .image_url = "http://127.0.0.1:8080"                                                     \
    }
/* clang-format on */

#endif
