/* The kinds of operations, as one table: all that differs between them is a column here, a planner
 * (planner.h), an endpoint and a row of the CLI. No handler asks which kind it has. Pure.
 *
 * Codes are in documents and command ids of running services: a code is never reused, a new kind
 * takes the next one. */
#ifndef NFVO_LIFECYCLE_OPERATION_KINDS_H
#define NFVO_LIFECYCLE_OPERATION_KINDS_H

#include "proto/messages/action.h"

#include <stdbool.h>
#include <stdint.h>

/* A failure of class LIFE makes VNFR and NSR ERROR; one of class SIDE leaves the VNFR as it is. */
enum operation_class { CLASS_LIFE, CLASS_SIDE };
enum operation_scope { SCOPE_NSR, SCOPE_VNFR, SCOPE_INSTANCE };
/* What an operation claims of a thing: claims.h says which go together. */
enum claim { CLAIM__ /* nothing */, CLAIM_X, CLAIM_S, CLAIM_R, CLAIM_T, CLAIM_N };
/* What is left of the claims in FAILED_TEMP. SHRUNK: S on NSR and VNFR, X on the instances that it
 * touched. NOTHING: the next operation on the same thing supersedes it. */
enum claim_hold { HOLD_ALL, HOLD_SHRUNK, HOLD_NOTHING };
/* REVERSE: undo what adds something, last first. FORWARD: restore the values, then the same steps
 * again in their order (what was changed persists: a server that was rebuilt is rebuilt with the
 * old image *before* its software is installed again). NEVER: nothing to undo is known. */
enum rollback_way { ROLLBACK_REVERSE, ROLLBACK_FORWARD, ROLLBACK_NEVER };

/* clang-format off */
/* word, code, class, scope, claims on: NSR, VNFR, instance, targets of the VNFR; hold; rollback; NSR event when it completes;
 * nsr.task while and after it; SOL003 operation, SOL005 lcmOperationType ("": not shown there); sentence: what it does */
#define OPERATION_KINDS(X) \
    X(DEPLOY,         1,  LIFE, NSR,      X, _, _, _, ALL,     REVERSE, INSTANTIATE_FINISH,       "Onboarding",  "Onboarded",  "INSTANTIATE",    "INSTANTIATE", "deploy the service") \
    X(RELEASE,        2,  LIFE, NSR,      X, _, _, _, ALL,     NEVER,   RELEASE_RESOURCES_FINISH, "",            "",           "TERMINATE",      "TERMINATE",   "release the service") \
    X(SCALE_OUT,      3,  SIDE, VNFR,     S, X, _, T, SHRUNK,  REVERSE, SCALE_OUT,                "Scaling out", "Scaled out", "SCALE",          "SCALE",       "add instances") \
    X(SCALE_IN,       4,  SIDE, VNFR,     S, X, _, T, SHRUNK,  REVERSE, SCALE_IN,                 "Scaling in",  "Scaled in",  "SCALE",          "SCALE",       "remove instances") \
    X(SWITCH,         5,  SIDE, VNFR,     S, X, _, T, SHRUNK,  REVERSE, HEAL,                     "Healing",     "Healed",     "HEAL",           "HEAL",        "switch to a standby instance") \
    X(HEAL,           6,  SIDE, INSTANCE, S, S, X, T, NOTHING, NEVER,   NONE,                     "",            "",           "HEAL",           "HEAL",        "heal an instance") \
    X(START_INSTANCE, 7,  SIDE, INSTANCE, S, S, X, _, NOTHING, REVERSE, NONE,                     "",            "",           "OPERATE",        "UPDATE",      "start an instance") \
    X(STOP_INSTANCE,  8,  SIDE, INSTANCE, S, S, X, _, NOTHING, REVERSE, NONE,                     "",            "",           "OPERATE",        "UPDATE",      "stop an instance") \
    X(START_VNF,      9,  LIFE, VNFR,     S, X, _, _, ALL,     REVERSE, NONE,                     "",            "",           "OPERATE",        "UPDATE",      "start a VNF") \
    X(STOP_VNF,       10, SIDE, VNFR,     S, X, _, _, NOTHING, REVERSE, NONE,                     "",            "",           "OPERATE",        "UPDATE",      "stop a VNF") \
    X(RESTART,        11, LIFE, VNFR,     S, X, _, T, ALL,     FORWARD, INSTANTIATE_FINISH,       "",            "",           "OPERATE",        "UPDATE",      "rebuild and restart a VNF") \
    X(UPGRADE,        12, LIFE, VNFR,     X, _, _, _, ALL,     FORWARD, INSTANTIATE_FINISH,       "",            "",           "CHANGE_VNFPKG",  "UPDATE",      "upgrade a VNF to another descriptor") \
    X(UPDATE_SCRIPT,  13, SIDE, NSR,      S, R, _, _, NOTHING, FORWARD, NONE,                     "",            "",           "",               "",            "replace a script of a package") \
    X(UPDATE,         14, SIDE, VNFR,     S, X, _, _, NOTHING, NEVER,   NONE,                     "",            "",           "",               "",            "run the UPDATE scripts") \
    X(EXECUTE,        15, SIDE, VNFR,     S, R, _, _, NOTHING, NEVER,   NONE,                     "",            "",           "",               "",            "execute a script") \
    X(CONFIGURE,      16, SIDE, VNFR,     S, X, _, T, SHRUNK,  FORWARD, NONE,                     "",            "",           "MODIFY_INFO",    "UPDATE",      "change configurations") \
    X(ADD_VNF,        17, LIFE, NSR,      X, _, _, _, ALL,     REVERSE, INSTANTIATE_FINISH,       "",            "",           "INSTANTIATE",    "UPDATE",      "add a VNF") \
    X(REMOVE_VNF,     18, LIFE, NSR,      X, _, _, _, ALL,     REVERSE, NONE,                     "",            "",           "TERMINATE",      "UPDATE",      "remove a VNF") \
    X(RESUME,         19, LIFE, NSR,      X, _, _, _, ALL,     NEVER,   INSTANTIATE_FINISH,       "",            "",           "HEAL",           "HEAL",        "resume what failed")
/* clang-format on */

enum operation_kind {
#define X(word, ...) OPERATION_##word,
    OPERATION_KINDS(X)
#undef X
        OPERATION_KIND_N
};

struct operation_kind_row {
    const char *word;
    uint8_t code;
    enum operation_class class;
    enum operation_scope scope;
    struct {
        enum claim nsr, vnfr, instance, target;
    } claims;
    enum claim_hold hold;
    enum rollback_way rollback;
    enum action finish; /* ACTION_NONE: no event of the NSR */
    const char *task, *task_done;
    const char *sol003, *sol005;
    const char *sentence;
};
extern const struct operation_kind_row operation_kinds[OPERATION_KIND_N];

#define operation_kind_word(kind) (operation_kinds[kind].word)
int operation_kind_parse(const char *word); /* -1: no such kind, or NULL */
int operation_kind_of_code(int code);       /* -1: no such code */

#endif
