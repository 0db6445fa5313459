/* Every kind of command: one row each. The enum, the words in the store and in /baton/explain, what
 * people are told, who is asked and how, and whether it may be asked again: all of it comes from
 * here.
 *
 *     #define X(name, code, peer, call, again, within, quarters, near, text) #name,
 *     COMMAND_KINDS(X)
 *
 * name      the word: column kind of table command, member kind of explain's waits
 * code      stands in command ids, which are out in the world (reply queues, correlation ids,
 *           journals of agents). Never changed, never given to another kind
 * peer      who is waited for: enum command_peer
 * call      what it is asked: action of Or-Vnfm, method of a driver, word of an internal message
 * again     may it be sent again when it may have been sent: BLIND, ASK, NEVER (enum send_policy).
 *           To a peer that recognises a repetition everything is BLIND
 * within,   its deadline: member of struct lifecycle_settings, times quarters / 4. 0 quarters: that
 * quarters  one is a part of it, and whoever opens the command says how much
 * near      the higher, the nearer to the cause of a wait: what is shown when there is room for
 * one. NEAR_LIMIT: not a wait for somebody, it only says when patience ends text      "waits for"
 * and this; {host} and the like stand for members of explain's wait
 */
#ifndef NFVO_WORDS_COMMANDS_H
#define NFVO_WORDS_COMMANDS_H

enum command_peer {
    COMMAND_TO_VNFM,
    COMMAND_TO_DRIVER,
    COMMAND_TO_POP,   /* one of our own aggregates */
    COMMAND_OF_ASKER, /* somebody waits for us: an NSR, a REST call */
    COMMAND_TIMER,
};
#define NEAR_LIMIT  0
#define NEAR_MAX    14
#define NEAR_OTHERS 7 /* of a kind that is not known here: the peer is of another version */

/* clang-format off */
#define COMMAND_KINDS(X)                                                                                                         \
    /* of an NSR. To VNFMs; subject = vnfr. At most one of the first four is open for a VNFR */                                  \
    X(INSTANTIATE,       1, TO_VNFM,   "INSTANTIATE",       BLIND, instantiate_us,   4,  7, "VNFM '{vnfm}' to answer INSTANTIATE of {vnfr}")                     \
    X(MODIFY,            2, TO_VNFM,   "MODIFY",            NEVER, modify_us,        4,  7, "VNFM '{vnfm}' to answer MODIFY (configure) of {vnfr}")              \
    X(START,             3, TO_VNFM,   "START",             NEVER, start_us,         4,  7, "VNFM '{vnfm}' to answer START of {vnfr}")                           \
    X(RELEASE_RESOURCES, 4, TO_VNFM,   "RELEASE_RESOURCES", NEVER, terminate_us,     0,  7, "VNFM '{vnfm}' to answer RELEASE_RESOURCES (terminate) of {vnfr}")   \
    X(PREPARE_POP,       5, TO_POP,    "prepare",           BLIND, driver_us,        0,  8, "PoP '{pop}' to be refreshed and have the networks of {vnfr}")       \
        /* subject = vnfr, data = pop id */                                                                                      \
    X(LAUNCH,            6, TO_DRIVER, "launchInstanceAndWait", ASK, driver_us,      4, 13, "the driver of PoP '{pop}' ({popType}) to launch {host}")            \
        /* subject = instance */                                                                                                 \
    X(DELETE,            7, TO_DRIVER, "deleteServerByIdAndWait", BLIND, delete_hint_us, 4, 14, "the driver of PoP '{pop}' ({popType}) to delete {host}")        \
        /* subject = instance: its answer is a hint */                                                                           \
    X(LIST_POP,          8, TO_POP,    "list",              BLIND, driver_us,        9,  9, "PoP '{pop}' to list its servers")                                   \
        /* subject = pop id */                                                                                                   \
    X(TIMER_SOURCES,     9, TIMER,     "",                  NEVER, sources_us,       4,  5, "the VNFs it needs parameters of")                                   \
        /* subject = vnfr: WAIT_SOURCES may not last for ever */                                                                 \
    X(TIMER_TURN,       10, TIMER,     "",                  NEVER, turn_us,          4,  6, "the turn of {vnfr} to start")                                       \
    X(TIMER_LIST,       11, TIMER,     "",                  NEVER, list_retry_us,    0,  7, "the pause before PoP '{pop}' is asked for its servers again")       \
        /* subject = pop id */                                                                                                   \
    X(TIMER_RELEASE,    12, TIMER,     "",                  NEVER, release_sight_us, 0,  0, "the release deadline: after it the service is hidden even if its servers are not verified as deleted")   \
        /* subject = nsr */                                                                                                      \
    /* of a PoP */                                                                                                               \
    X(REFRESH,          13, TO_DRIVER, "refresh",           BLIND, driver_us,        4, 12, "the driver of PoP '{pop}' ({popType}) to say what is there")        \
    X(CREATE_NETWORK,   14, TO_DRIVER, "createNetwork",     ASK,   driver_us,        4, 10, "the driver of PoP '{pop}' ({popType}) to create network '{subject}'") \
        /* subject = name */                                                                                                     \
    X(LIST_SERVERS,     15, TO_DRIVER, "listServer",        BLIND, driver_us,        4, 11, "the driver of PoP '{pop}' ({popType}) to list the servers")         \
    X(WAIT_PREPARE,     16, OF_ASKER,  "",                  NEVER, driver_us,        8,  3, "PoP '{pop}' to be prepared, for a network service")                 \
        /* data = struct internal */                                                                                             \
    X(WAIT_LIST,        17, OF_ASKER,  "",                  NEVER, driver_us,        8,  4, "PoP '{pop}' to be listed, for a network service")                   \
    X(WAIT_OPERATION,   18, OF_ASKER,  "",                  NEVER, driver_us,        8,  2, "PoP '{pop}', for a REST call")                                      \
        /* subject = operation id */                                                                                             \
    /* of an NSR */                                                                                                              \
    X(LOG_REQUEST,      19, TO_VNFM,   "LOG_REQUEST",       BLIND, log_us,           4,  7, "a VNFM to say what its scripts wrote, for a REST call")             \
        /* beside the first four; subject = operation id, data: logs.c */                                                        \
    X(TIMER_DOUBT,      20, TIMER,     "",                  NEVER, driver_us,        0,  7, "PoP '{pop}' to show whether {host} was launched")                   \
        /* subject = instance: a launch may not be in doubt for ever */                                                          \
    /* of a PoP; nothing waits for it */                                                                                         \
    X(GET_QUOTA,        21, TO_DRIVER, "getQuota",          BLIND, driver_us,        0,  1, "the driver of PoP '{pop}' ({popType}) to tell its quota; nothing waits for it")                                                                                     \
    /* of an NSR's operations (nfvo/lifecycle/operate.h). Codes of requests: those of operation/step_kinds.h, from 64 on */      \
    X(TIMER_OPERATION,  22, TIMER,     "",                  NEVER, queue_us,         0,  5, "the turn of an operation, or a pause in it")                        \
    /* of a PoP */                                                                                                               \
    X(TIMER_LATE,       23, TIMER,     "",                  NEVER, driver_us,        0,  0, "the next look for launches that took effect too late on PoP '{pop}'")  \
    X(ADD_IMAGE,        24, TO_DRIVER, "addImage",          ASK,   driver_us,        7, 10, "the driver of PoP '{pop}' ({popType}) to get image '{subject}'")    \
        /* subject = name; ends before who waits for it gives up */                                                              \
    X(STEP_REINSTANTIATE,65,TO_VNFM,   "INSTANTIATE",       NEVER, instantiate_us,   4,  7, "VNFM '{vnfm}' to answer INSTANTIATE (on rebuilt servers) of {vnfr}")  \
    X(STEP_MODIFY,      66, TO_VNFM,   "MODIFY",            NEVER, modify_us,        4,  7, "VNFM '{vnfm}' to answer MODIFY (configure) of {vnfr}")              \
    X(STEP_START,       67, TO_VNFM,   "START",             NEVER, start_us,         4,  7, "VNFM '{vnfm}' to answer START of {vnfr}")                           \
        /* of these and the next: subject = <vnfr>/<operation>/<step>/<attempt> */                                               \
    X(STEP_STOP,        68, TO_VNFM,   "STOP",              NEVER, stop_us,          4,  7, "VNFM '{vnfm}' to answer STOP of {vnfr}")                            \
    X(STEP_SCALE_OUT,   69, TO_VNFM,   "SCALE_OUT",         NEVER, scale_us,         4,  7, "VNFM '{vnfm}' to answer SCALE_OUT of {vnfr}")                       \
    X(STEP_SCALE_IN,    70, TO_VNFM,   "SCALE_IN",          NEVER, scale_in_us,      4,  7, "VNFM '{vnfm}' to answer SCALE_IN (an instance goes) of {vnfr}")     \
    X(STEP_HEAL,        71, TO_VNFM,   "HEAL",              NEVER, heal_us,          4,  7, "VNFM '{vnfm}' to answer HEAL of {vnfr}")                            \
    X(STEP_UPDATE_SCRIPT,72, TO_VNFM,  "UPDATE",            BLIND, update_us,        4,  7, "VNFM '{vnfm}' to answer UPDATE (a new script) of {vnfr}")            \
    X(STEP_UPDATE,      73, TO_VNFM,   "UPDATE",            NEVER, update_us,        4,  7, "VNFM '{vnfm}' to answer UPDATE of {vnfr}")                          \
    X(STEP_EXECUTE,     74, TO_VNFM,   "EXECUTE",           NEVER, execute_us,       4,  7, "VNFM '{vnfm}' to answer EXECUTE (a script) of {vnfr}") \
    X(STEP_REBUILD,     78, TO_DRIVER, "rebuildServer",     ASK,   rebuild_us,       4, 13, "the driver of PoP '{pop}' ({popType}) to rebuild {host}")
        /* subject = <instance>/<operation>/<step>/<attempt>; open until the PoP's list shows it */
/* clang-format on */

#define X(name, code, ...) CMD_##name = code,
enum command_kind {
    COMMAND_KINDS(X) CMD_KIND_N /* one more than the highest code: new rows come last */
};
#undef X
#define CMD_STEP_FIRST 64 /* from here on: requests of operations' steps */

#endif
