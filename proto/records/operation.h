/* Operations as they are shown (REST, events) and as they are stored. What they are in between, and
 * what the words mean: nfvo/lifecycle/operation. */
#ifndef PROTO_RECORDS_OPERATION_H
#define PROTO_RECORDS_OPERATION_H

#include "proto/records/fault.h"

/* clang-format off */
/* --- shown: /baton/operations. Times: ISO 8601, UTC, milliseconds ----------------------------- */
#define SHOWN_CHILD_FIELDS(X) /* what happens in the course of a step: a server, a script */        \
    X(STR, kind,  "kind",  _, REQUIRED) /* LAUNCH, SCRIPT, ... */                                   \
    X(STR, of,    "of",    _, OPTIONAL) /* hostname */                                              \
    X(STR, name,  "name",  _, OPTIONAL)                                                             \
    X(STR, pop,   "pop",   _, OPTIONAL)                                                             \
    X(STR, state, "state", _, OPTIONAL)                                                             \
    X(INT, exit,  "exit",  _, OPTIONAL)
PROTO_RECORD(shown_child, SHOWN_CHILD_FIELDS)

#define SHOWN_SCRIPTS_FIELDS(X) /* of a plan: what a step runs, and on which hosts */               \
    X(STR,  event,      "event",     _, REQUIRED)                                                   \
    X(STRS, names,      "names",     _, EMIT)                                                       \
    X(STRS, hosts,      "hosts",     _, EMIT) /* hostnames; of a server that is not there yet a description */ \
    X(INT,  more,       "moreHosts", _, OPTIONAL) /* so many are not listed */                      \
    X(BOOL, is_rest,    "isRest",    _, OPTIONAL) /* those that succeeded already are not run again */
PROTO_RECORD(shown_scripts, SHOWN_SCRIPTS_FIELDS)

#define SHOWN_CHANGE_FIELDS(X)                                                                      \
    X(STR,  what,       "what",      _, OPTIONAL) /* instances, cores, ramMb */                     \
    X(INT,  before,     "before",    _, EMIT)                                                       \
    X(INT,  after,      "after",     _, EMIT)                                                       \
    X(INT,  limit,      "limit",     _, OPTIONAL)
PROTO_RECORD(shown_change, SHOWN_CHANGE_FIELDS)

#define SHOWN_POP_FIELDS(X) /* of a plan: a PoP on which it makes, deletes or rebuilds servers */    \
    X(STR,  id,         "id",        _, REQUIRED)                                                   \
    X(STR,  name,       "name",      _, REQUIRED)                                                   \
    X(REC,  servers,    "servers",   shown_change, OPTIONAL) /* of this service */                  \
    X(INT,  rebuilt,    "rebuilt",   _, OPTIONAL)                                                   \
    X(LIST, quota,      "quota",     shown_change, OPTIONAL) /* what all of ours use of it; absent: not known */ \
    X(STRS, new_networks, "networksMade", _, OPTIONAL) /* links that it has no network for yet */    \
    X(STRS, networks,   "networksKept", _, OPTIONAL) /* of the service; they stay */                \
    X(STR,  note,       "note",      _, OPTIONAL)
PROTO_RECORD(shown_pop, SHOWN_POP_FIELDS)

#define SHOWN_UNTOLD_FIELDS(X) /* a target that does not know what its source has by now */         \
    X(STR,  target,     "target",    _, REQUIRED)                                                   \
    X(STR,  source,     "source",    _, REQUIRED)                                                   \
    X(STRS, what,       "what",      _, REQUIRED) /* keys, "instance HOST" */                       \
    X(STR,  next,       "next",      _, REQUIRED) /* the command that tells it */
PROTO_RECORD(shown_untold, SHOWN_UNTOLD_FIELDS)

#define SHOWN_STEP_FIELDS(X)                                                                        \
    X(INT,  n,          "n",         _, REQUIRED)                                                   \
    X(STR,  kind,       "kind",      _, REQUIRED)                                                   \
    X(STR,  of,         "of",        _, OPTIONAL) /* name of the VNFR */                            \
    X(STR,  instance,   "instance",  _, OPTIONAL) /* hostname, else id */                           \
    X(STR,  component,  "component", _, OPTIONAL)                                                   \
    X(STR,  vdu,        "vdu",       _, OPTIONAL)                                                   \
    X(STR,  pop,        "pop",       _, OPTIONAL)                                                   \
    X(STR,  mode,       "mode",      _, OPTIONAL)                                                   \
    X(STR,  on_failure, "onFailure", _, OPTIONAL) /* of its VDU, where the request says nothing */  \
    X(INT,  attempts,   "attempts",  _, OPTIONAL) /* so often by itself, if more than once */       \
    X(STRS, only,       "only",      _, OPTIONAL)                                                   \
    X(RAW,  after,      "after",     _, OPTIONAL) /* [1,2] */                                       \
    X(STR,  state,      "state",     _, REQUIRED)                                                   \
    X(BOOL, if_changed, "ifChanged", _, OPTIONAL) /* done only if a value differs by then */        \
    X(INT,  attempt,    "attempt",   _, OPTIONAL)                                                   \
    X(STR,  form,       "form",      _, OPTIONAL) /* not its own request: RESUME, SAME, ... */      \
    X(STR,  sent_at,    "sentAt",    _, OPTIONAL)                                                   \
    X(STR,  done_at,    "doneAt",    _, OPTIONAL)                                                   \
    X(STR,  not_before, "notBefore", _, OPTIONAL)                                                   \
    X(STR,  stage,      "stage",     _, OPTIONAL)                                                   \
    X(STR,  peer,       "peer",      _, OPTIONAL)                                                   \
    X(STR,  undo,       "undo",      _, OPTIONAL)                                                   \
    X(STR,  sentence,   "sentence",  _, OPTIONAL)                                                   \
    X(STR,  reason,     "reason",    _, OPTIONAL)                                                   \
    X(STR,  note,       "note",      _, OPTIONAL)                                                   \
    X(REC,  fault,      "fault",     fault, OPTIONAL)                                               \
    X(REC,  late_fault, "lateFault", fault, OPTIONAL)                                               \
    X(LIST, scripts,    "scripts",   shown_scripts, OPTIONAL) /* of a plan */                       \
    X(LIST, children,   "children",  shown_child, OPTIONAL)
PROTO_RECORD(shown_step, SHOWN_STEP_FIELDS)

#define SHOWN_SUBJECT_FIELDS(X) X(STR, id, "id", _, REQUIRED) X(STR, name, "name", _, OPTIONAL)
PROTO_RECORD(shown_subject, SHOWN_SUBJECT_FIELDS)

#define SHOWN_PROGRESS_FIELDS(X) X(INT, done, "done", _, EMIT) X(INT, of, "of", _, EMIT)
PROTO_RECORD(shown_progress, SHOWN_PROGRESS_FIELDS)

#define SHOWN_OPERATION_FIELDS(X)                                                                   \
    X(STR,  id,              "id",         _, OPTIONAL) /* absent: a plan, nothing is done */       \
    X(STR,  kind,            "kind",       _, REQUIRED)                                             \
    X(STR,  state,           "state",      _, OPTIONAL)                                             \
    X(STR,  origin,          "origin",     _, OPTIONAL)                                             \
    X(STR,  asked_by,        "askedBy",    _, OPTIONAL)                                             \
    X(STR,  asked_at,        "askedAt",    _, OPTIONAL)                                             \
    X(STR,  state_at,        "stateAt",    _, OPTIONAL)                                             \
    X(STR,  ended_at,        "endedAt",    _, OPTIONAL)                                             \
    X(STR,  queued_until,    "queuedUntil",_, OPTIONAL)                                             \
    X(STR,  project,         "projectId",  _, OPTIONAL) /* of events */                             \
    X(REC,  nsr,             "nsr",        shown_subject, OPTIONAL)                                 \
    X(REC,  vnfr,            "vnfr",       shown_subject, OPTIONAL)                                 \
    X(REC,  instance,        "instance",   shown_subject, OPTIONAL)                                 \
    X(RAW,  parameters,      "parameters", _, OPTIONAL) /* of the request */                        \
    X(STR,  on_failure,      "onFailure",  _, OPTIONAL)                                             \
    X(STR,  cancel,          "cancel",     _, OPTIONAL)                                             \
    X(BOOL, is_cancel_pending,   "isCancelPending",   _, EMIT)                                      \
    X(BOOL, is_rollback_pending, "isRollbackPending", _, EMIT)                                      \
    X(BOOL, is_undo_failed,  "isUndoFailed", _, OPTIONAL)                                           \
    X(BOOL, is_partial,      "isPartial",  _, OPTIONAL)                                             \
    X(BOOL, has_late_fault,  "hasLateFault", _, OPTIONAL)                                           \
    X(STR,  superseded_by,   "supersededBy", _, OPTIONAL)                                           \
    X(REC,  progress,        "progress",   shown_progress, OPTIONAL)                                \
    X(REC,  fault,           "fault",      fault, OPTIONAL)                                         \
    X(STRS, next,            "next",       _, EMIT) /* what is possible now, as commands to type */ \
    X(REC,  current,         "current",    shown_step, OPTIONAL) /* open ones: to be looked at first */ \
    X(STR,  basis,           "basis",      _, OPTIONAL) /* of a plan: it applies while this is so */  \
    X(STRS, refused,         "refused",    _, OPTIONAL) /* of a plan: why it would be now, and what to do */ \
    X(STRS, warnings,        "warnings",   _, OPTIONAL)                                             \
    X(LIST, pops,            "pops",       shown_pop, OPTIONAL) /* of a plan */                      \
    X(STRS, cannot_undo,     "cannotUndo", _, OPTIONAL)                                             \
    X(STRS, differs,         "differs",    _, OPTIONAL) /* ROLLED_BACK, but not as it was */        \
    X(LIST, steps,           "steps",      shown_step, EMIT)
PROTO_RECORD(shown_operation, SHOWN_OPERATION_FIELDS)

/* --- stored: column doc of table operation. Times: microseconds; what is as the kind says is left
 * out. What lists need (kind, state, who, when, of what) is in columns beside it. ------------- */
#define STORED_STEP_FIELDS(X)                                                                       \
    X(INT,  n,            "n",         _, OPTIONAL)                                                 \
    X(STR,  kind,         "kind",      _, REQUIRED)                                                 \
    X(STR,  state,        "state",     _, REQUIRED)                                                 \
    X(STR,  vnfr,         "of",        _, OPTIONAL)                                                 \
    X(STR,  name,         "name",      _, OPTIONAL)                                                 \
    X(STR,  instance,     "instance",  _, OPTIONAL)                                                 \
    X(STR,  component,    "component", _, OPTIONAL)                                                 \
    X(STR,  vdu,          "vdu",       _, OPTIONAL)                                                 \
    X(STR,  pop,          "pop",       _, OPTIONAL)                                                 \
    X(STR,  mode,         "mode",      _, OPTIONAL)                                                 \
    X(STR,  policy,       "policy",    _, OPTIONAL)                                                 \
    X(INT,  attempts,     "attempts",  _, OPTIONAL)                                                 \
    X(STRS, only,         "only",      _, OPTIONAL)                                                 \
    X(RAW,  after,        "after",     _, OPTIONAL)                                                 \
    X(INT,  with,         "with",      _, OPTIONAL)                                                 \
    X(STR,  undo,         "undo",      _, OPTIONAL)                                                 \
    X(INT,  undo_at,      "undoAt",    _, OPTIONAL)                                                 \
    X(STR,  form,         "form",      _, OPTIONAL)                                                 \
    X(STR,  cause,        "cause",     _, OPTIONAL)                                                 \
    X(INT,  attempt,      "attempt",   _, OPTIONAL)                                                 \
    X(INT,  since,        "since",     _, OPTIONAL)                                                 \
    X(BOOL, if_changed,   "ifChanged", _, OPTIONAL)                                                 \
    X(BOOL, is_always,    "always",    _, OPTIONAL)                                                 \
    X(BOOL, is_touched,   "touched",   _, OPTIONAL)                                                 \
    X(BOOL, is_anew,      "anew",      _, OPTIONAL)                                                 \
    X(BOOL, is_undo_due,  "undoDue",   _, OPTIONAL)                                                 \
    X(BOOL, is_machines,  "machines",  _, OPTIONAL)                                                 \
    X(BOOL, needs_again,  "again",     _, OPTIONAL)                                                 \
    X(INT,  sent_at,      "sentAt",    _, OPTIONAL)                                                 \
    X(INT,  done_at,      "doneAt",    _, OPTIONAL)                                                 \
    X(INT,  not_before_at,"notBefore", _, OPTIONAL)                                                 \
    X(STR,  stage,        "stage",     _, OPTIONAL)                                                 \
    X(STR,  note,         "note",      _, OPTIONAL)                                                 \
    X(STR,  reason,       "reason",    _, OPTIONAL)                                                 \
    X(STR,  before,       "before",    _, EMPTY_COUNTS)                                             \
    X(STR,  command,      "command",   _, OPTIONAL) /* id of its last request */                    \
    X(REC,  fault,        "fault",     fault, OPTIONAL)                                             \
    X(REC,  late_fault,   "lateFault", fault, OPTIONAL)
PROTO_RECORD(stored_step, STORED_STEP_FIELDS)

#define STORED_COUNT_FIELDS(X) /* of a scale request */                                             \
    X(STR,  vnfr,       "of",      _, OPTIONAL) /* of several VNFRs */                              \
    X(STR,  vdu,        "vdu",     _, OPTIONAL)                                                     \
    X(INT,  number,     "number",  _, OPTIONAL)                                                     \
    X(STR,  pop,        "pop",     _, OPTIONAL)                                                     \
    X(BOOL, is_standby, "standby", _, OPTIONAL)
PROTO_RECORD(stored_count, STORED_COUNT_FIELDS)

#define STORED_ASKED_FIELDS(X) /* while it is queued: operation/asked.h */                          \
    X(STR,  kind,          "kind",         _, OPTIONAL)                                             \
    X(STR,  vnfr,          "vnfr",         _, OPTIONAL)                                             \
    X(STR,  instance,      "instance",     _, OPTIONAL)                                             \
    X(STR,  failed,        "failed",       _, OPTIONAL)                                             \
    X(STR,  package,       "package",      _, OPTIONAL)                                             \
    X(STRS, vnfrs,         "vnfrs",        _, OPTIONAL)                                             \
    X(LIST, counts,        "counts",       stored_count, OPTIONAL)                                  \
    X(BOOL, has_image,     "hasImage",     _, OPTIONAL)                                             \
    X(BOOL, keeps_service, "keepsService", _, OPTIONAL)                                             \
    X(BOOL, drains,        "drains",       _, OPTIONAL)                                             \
    X(BOOL, is_record_only, "recordOnly",  _, OPTIONAL)
PROTO_RECORD(stored_asked, STORED_ASKED_FIELDS)

#define STORED_OPERATION_FIELDS(X)                                                                  \
    X(STR,    policy,              "policy",          _, OPTIONAL)                                  \
    X(INT,    attempts,            "attempts",        _, OPTIONAL)                                  \
    X(STR,    cancel,              "cancel",          _, OPTIONAL)                                  \
    X(BOOL,   is_rollback_pending, "rollbackPending", _, OPTIONAL)                                  \
    X(BOOL,   is_undo_failed,      "undoFailed",      _, OPTIONAL)                                  \
    X(BOOL,   is_partial,          "partial",         _, OPTIONAL)                                  \
    X(BOOL,   is_run,              "run",             _, OPTIONAL) /* DEPLOY: a retry went on with it */ \
    X(STR,    superseded_by,       "supersededBy",    _, OPTIONAL)                                  \
    X(INT,    queue_until_at,      "queueUntil",      _, OPTIONAL)                                  \
    X(REC,    asked,               "asked",           stored_asked, OPTIONAL)                       \
    X(STRS,   vnfrs,               "vnfrs",           _, OPTIONAL)                                  \
    X(STRS,   targets,             "targets",         _, OPTIONAL)                                  \
    X(STRMAP, names,               "names",           _, OPTIONAL)                                  \
    X(REC,    fault,               "fault",           fault, OPTIONAL)                              \
    X(STRMAP, before,              "before",          _, OPTIONAL)                                  \
    X(LIST,   steps,               "steps",           stored_step, OPTIONAL)
PROTO_RECORD(stored_operation, STORED_OPERATION_FIELDS)

/* --- at the VNFRs: what has become of a deployment's steps since its document was written
 * (nfvo/lifecycle/operation/progress.h) -------------------------------------------------------- */
#define STEP_TIMES_FIELDS(X)                                                                        \
    X(STR,  kind,         "kind",      _, REQUIRED)                                                 \
    X(INT,  sent_at,      "sentAt",    _, OPTIONAL)                                                 \
    X(INT,  done_at,      "doneAt",    _, OPTIONAL) /* none: it is under way */                     \
    X(STR,  command,      "command",   _, OPTIONAL) /* id of its request */
PROTO_RECORD(step_times, STEP_TIMES_FIELDS)

#define VNFR_PROGRESS_FIELDS(X)                                                                     \
    X(STR,  vnfr,         "vnfr",      _, REQUIRED)                                                 \
    X(LIST, steps,        "steps",     step_times, OPTIONAL)
PROTO_RECORD(vnfr_progress, VNFR_PROGRESS_FIELDS)

#define STORED_PROGRESS_FIELDS(X)                                                                   \
    X(LIST, vnfrs,        "vnfrs",     vnfr_progress, OPTIONAL)
PROTO_RECORD(stored_progress, STORED_PROGRESS_FIELDS)
/* clang-format on */

#endif
