/* The kinds of steps, as one table, and what undoes them, as another. Pure.
 *
 * Codes are in command ids, which go out into the world (reply queues, correlation ids, journals
 * of agents): a code is never reused. They begin at 64: smaller ones are today's command kinds. */
#ifndef NFVO_LIFECYCLE_OPERATION_STEP_KINDS_H
#define NFVO_LIFECYCLE_OPERATION_STEP_KINDS_H

#include "common/fsm/decision.h"
#include "proto/messages/action.h"

/* Who does it. NFVO: nobody is asked; the step is DONE in the transaction in which it may go. POP:
 * one of our own aggregates. */
enum step_peer { PEER_NFVO, PEER_VNFM, PEER_DRIVER, PEER_POP };
/* How much of a VNFR an Or-Vnfm request takes: one WHOLE is open, or any number of INSTANCE for
 * different instances. NONE: takes no turn (TERMINATE does not wait; drivers have queues). BOTH:
 * INSTANCE when the step names one. */
enum step_scope { TAKES_NONE, TAKES_WHOLE, TAKES_INSTANCE, TAKES_BOTH };
/* What silence means at the deadline. VERIFIED: an answer is a hint, listings decide. ANYTHING:
 * whatever comes, or nothing, is DONE (what failed is noted). BY_SDK: answers.h. */
enum step_answers {
    ANSWERS_NONE,
    ANSWERS_REQUIRED,
    ANSWERS_BY_SDK,
    ANSWERS_OPTIONAL,
    ANSWERS_VERIFIED,
    ANSWERS_ANYTHING
};
/* What DONE makes of the VNFR's stable state. EMPTIED: NULL, if its plan installs it again; until that
 * is DONE no other effect counts. ..._IF_NONE: INACTIVE when no instance is ACTIVE any more;
 * ..._IF_ANY: ACTIVE when one is, and the VNFR is not broken (O1). */
enum step_effect {
    EFFECT_NONE,
    EFFECT_EMPTIED,
    EFFECT_INITIALIZED,
    EFFECT_INACTIVE,
    EFFECT_ACTIVE,
    EFFECT_INACTIVE_IF_NONE,
    EFFECT_ACTIVE_IF_ANY,
    EFFECT_GONE
};

/* clang-format off */
/* word, code, peer, takes, action sent, deadline option (seconds), may it go again: ours, foreign; answers; undo unless the plan
 * says otherwise; effect; effect when it names an instance; event when DONE; sentence */
#define STEP_KINDS(X) \
    X(INSTANTIATE,      64, VNFM,   WHOLE,    INSTANTIATE,       "instantiate-timeout", 1800, BLIND, BLIND, REQUIRED, VNFR,     INITIALIZED, NONE,             INSTANTIATE,       "instantiate %s") \
    X(REINSTANTIATE,    65, VNFM,   WHOLE,    INSTANTIATE,       "instantiate-timeout", 1800, BLIND, NEVER, REQUIRED, AGAIN,    INITIALIZED, NONE,             INSTANTIATE,       "install %s again") \
    X(MODIFY,           66, VNFM,   WHOLE,    MODIFY,            "modify-timeout",      1800, BLIND, NEVER, REQUIRED, NONE,     INACTIVE,    NONE,             MODIFY,            "configure %s") \
    X(START,            67, VNFM,   BOTH,     START,             "start-timeout",       1800, BLIND, NEVER, REQUIRED, NONE,     ACTIVE,      ACTIVE_IF_ANY,    START,             "start %s") \
    X(STOP,             68, VNFM,   BOTH,     STOP,              "stop-timeout",        1800, BLIND, NEVER, REQUIRED, START,    INACTIVE,    INACTIVE_IF_NONE, STOP,              "stop %s") \
    X(SCALE_OUT,        69, VNFM,   WHOLE,    SCALE_OUT,         "scale-timeout",       1800, BLIND, NEVER, REQUIRED, INSTANCE, NONE,        ACTIVE_IF_ANY,    SCALED,            "add an instance to %s") \
    X(SCALE_IN,         70, VNFM,   WHOLE,    SCALE_IN,          "scale-in-timeout",    300,  BLIND, NEVER, BY_SDK,   MODIFY,   NONE,        NONE,             NONE,              "tell %s that an instance goes") \
    X(HEAL,             71, VNFM,   INSTANCE, HEAL,              "heal-timeout",        1800, BLIND, NEVER, REQUIRED, NEVER,    NONE,        ACTIVE_IF_ANY,    HEAL,              "heal an instance of %s") \
    X(UPDATE_SCRIPT,    72, VNFM,   WHOLE,    UPDATE,            "update-timeout",      1800, BLIND, BLIND, BY_SDK,   AGAIN,    NONE,        NONE,             UPDATE,            "replace a script of %s") \
    X(UPDATE,           73, VNFM,   WHOLE,    UPDATE,            "update-timeout",      1800, BLIND, NEVER, BY_SDK,   NEVER,    NONE,        NONE,             UPDATE,            "run the UPDATE scripts of %s") \
    X(EXECUTE,          74, VNFM,   WHOLE,    EXECUTE,           "execute-timeout",     1800, BLIND, NEVER, BY_SDK,   NEVER,    NONE,        NONE,             NONE,              "execute a script on %s") \
    X(TERMINATE,        75, VNFM,   NONE,     RELEASE_RESOURCES, "terminate-timeout",   30,   BLIND, NEVER, ANYTHING, NEVER,    NONE,        NONE,             RELEASE_RESOURCES, "tell the VNFM of %s to release it") \
    X(LAUNCH,           76, DRIVER, NONE,     NONE,              "driver-timeout",      300,  ASK,   ASK,   VERIFIED, DELETE,   NONE,        NONE,             NONE,              "launch a server of %s") \
    X(DELETE,           77, DRIVER, NONE,     NONE,              "driver-timeout",      300,  BLIND, BLIND, VERIFIED, NEVER,    NONE,        NONE,             NONE,              "delete a server of %s") \
    X(REBUILD,          78, DRIVER, NONE,     NONE,              "rebuild-timeout",     600,  ASK,   ASK,   VERIFIED, AGAIN,    EMPTIED,     EMPTIED,          NONE,              "rebuild a server of %s") \
    X(PREPARE,          79, POP,    NONE,     NONE,              "prepare-timeout",     600,  BLIND, BLIND, REQUIRED, NONE,     NONE,        NONE,             NONE,              "prepare the PoP of %s") \
    X(SET_COMPONENT,    80, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     RESTORE,  NONE,        NONE,             NONE,              "add a component to %s") \
    X(SET_IMAGE,        81, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     RESTORE,  NONE,        NONE,             NONE,              "set the image of %s") \
    X(SET_VNFD,         82, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     RESTORE,  NONE,        NONE,             NONE,              "set the descriptor of %s") \
    X(SET_CONFIG,       83, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     RESTORE,  NONE,        NONE,             NONE,              "set the configurations of %s") \
    X(SET_DEPENDENCIES, 84, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     RESTORE,  NONE,        NONE,             NONE,              "set the dependencies of %s") \
    X(MARK_FAILED,      85, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     RESTORE,  NONE,        INACTIVE_IF_NONE, NONE,              "mark an instance of %s FAILED") \
    X(DROP_INSTANCE,    86, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     NEVER,    NONE,        INACTIVE_IF_NONE, NONE,              "remove an instance of %s from the record") \
    X(DROP,             87, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     NEVER,    GONE,        NONE,             NONE,              "remove the record of %s") \
    X(DROP_SERVICE,     88, NFVO,   NONE,     NONE,              "",                    0,    BLIND, BLIND, NONE,     NEVER,    NONE,        NONE,             NONE,              "remove the service's record")

/* What undoes a step: up to three requests, one after the other. word, stages, sentence.
 * AGAIN: the same request with the values before (forward rollback). NEVER: not once it was sent. */
#define STEP_UNDOS(X) \
    X(NONE,     NO,        NO,            NO,   "nothing to undo") \
    X(NEVER,    NO,        NO,            NO,   "cannot be undone") \
    X(RESTORE,  NO,        NO,            NO,   "the values before are stored again") \
    X(AGAIN,    SELF,      NO,            NO,   "done again with the values before") \
    X(STOP,     STOP,      NO,            NO,   "stopped again") \
    X(START,    START,     NO,            NO,   "started again") \
    X(SCALE_IN, SCALE_IN,  NO,            NO,   "told that the instances go again") \
    X(MODIFY,   MODIFY,    START,         NO,   "told of the instance again") \
    X(DELETE,   DELETE,    NO,            NO,   "the server is deleted") \
    X(INSTANCE, DELETE,    DROP_INSTANCE, NO,   "the server is deleted and leaves the record") \
    X(VNFR,     TERMINATE, DELETE,        DROP, "the VNF is released")
/* clang-format on */

enum step_kind {
#define X(word, ...) STEP_##word,
    STEP_KINDS(X)
#undef X
        STEP_KIND_N,
    STEP_SELF = STEP_KIND_N, /* as an undo's stage: the kind of the step itself */
    STEP_NO                  /* no further stage */
};
enum step_undo {
#define X(word, ...) UNDO_##word,
    STEP_UNDOS(X)
#undef X
        STEP_UNDO_N
};

struct step_kind_row {
    const char *word;
    uint8_t code;
    enum step_peer peer;
    enum step_scope takes;
    enum action action;
    const char *deadline; /* option; "": none */
    int64_t deadline_us;  /* its default */
    enum send_policy again_ours, again_foreign;
    enum step_answers answers;
    enum step_undo undo;
    enum step_effect effect, effect_instance;
    enum action event;
    const char *sentence; /* %s: the VNFR's name */
};
extern const struct step_kind_row step_kinds[STEP_KIND_N];

#define STEP_UNDO_STAGES 3
struct step_undo_row {
    const char *word;
    enum step_kind stages[STEP_UNDO_STAGES]; /* STEP_NO behind the last */
    const char *sentence;
};
extern const struct step_undo_row step_undos[STEP_UNDO_N];

#define step_kind_word(kind) (step_kinds[kind].word)
int step_kind_parse(const char *word); /* -1: no such kind, or NULL */
int step_kind_of_code(int code);       /* -1: no such code */
int step_undo_parse(const char *word); /* -1 */

#endif
