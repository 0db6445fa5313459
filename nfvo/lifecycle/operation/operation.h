/* An operation in decoded form: what planner and runner work on, and document.h stores.
 *
 * A plan is a list of at most PLAN_STEPS_MAX steps, numbered from 1; a step names those that it
 * waits for, smaller numbers only, so a plan cannot be cyclic. A step that waits has no timer: what
 * it waits for has one. Everything lives in the arena of the decision. Pure. */
#ifndef NFVO_LIFECYCLE_OPERATION_OPERATION_H
#define NFVO_LIFECYCLE_OPERATION_OPERATION_H

#include "nfvo/lifecycle/operation/answers.h"
#include "nfvo/lifecycle/operation/kinds.h"
#include "nfvo/lifecycle/operation/states.h"
#include "proto/records/fault.h"

#define PLAN_STEPS_MAX 4096
#define PLAN_EDGES_MAX 65536 /* all `after` together: bounds the document */
#define PLAN_ONLY_MAX  65536 /* all `only` together */

struct step_numbers { /* ascending */
    uint16_t *at;
    uint32_t n;
};

/* How a step failed; decides how it may go out again (retry.h). */
#define FAULT_CAUSES(X)                                                                            \
    X(NONE)                                                                                        \
    X(UNSENT)    /* no peer ever heard of it */                                                    \
    X(RESOURCES) /* the NFVO refused what the VNFM asked for in its course */                      \
    X(SCRIPT)    /* the peer said ERROR */                                                         \
    X(OUTCOME)   /* unknown: deadline, peer lost, abandoned */
enum fault_cause {
#define X(word) CAUSE_##word,
    FAULT_CAUSES(X)
#undef X
        CAUSE_N
};
extern const char *const fault_cause_words[CAUSE_N];

/* In which form a step goes out. */
#define STEP_FORMS(X)                                                                              \
    X(MESSAGE) /* its own request */                                                               \
    X(RESUME)  /* RESUME with `resumes`: what had succeeded is not run again */                    \
    X(SAME)    /* the same command id: the peer joins its own run, or answers as before */         \
    X(ANEW)    /* undone first, then its own request */                                            \
    X(LISTING) /* the PoP is asked what is there, then again if it must */                         \
    X(REFUSED) /* not without consent; never stored */
enum step_form {
#define X(word) FORM_##word,
    STEP_FORMS(X)
#undef X
        FORM_N
};
extern const char *const step_form_words[FORM_N];

/* What happens when one of several instances cannot be made. DEFAULT: as the fault's cause says. */
#define FAULT_POLICIES(X) X(DEFAULT) X(KEEP) X(PARTIAL) X(ROLLBACK)
enum fault_policy {
#define X(word) POLICY_##word,
    FAULT_POLICIES(X)
#undef X
        POLICY_N
};
extern const char *const fault_policy_words[POLICY_N];
enum fault_policy fault_policy_parse(const char *word); /* NULL, or no such word: DEFAULT */

struct plan_step {
    uint16_t n; /* its number, from 1 */
    enum step_kind kind;
    enum step_undo undo;
    enum step_form form; /* of this attempt */
    enum fault_cause cause;
    int state; /* enum step_state */
    struct step_numbers after;
    uint16_t with;    /* not 0: NOT_NEEDED when that step is (a START behind a MODIFY) */
    uint16_t attempt; /* from 1 */
    uint16_t since; /* attempt at which the command that is open now was made: FORM_SAME keeps it */
    uint8_t undo_at;         /* UNDOING: the stage that is under way */
    bool is_always;          /* MODIFY: goes out also where the target knows all */
    bool if_changed;         /* planned because values may change; NOT_NEEDED if they do not */
    bool is_touched;         /* may have had an effect outside of our records */
    bool is_anew;            /* UNDOING: in order to go out again, not in a rollback */
    bool is_undo_due;        /* UNDO_FAILED: a person wants it tried again */
    bool is_machines;        /* SENT: the VNFR's own machine does it (operate_machine.c) */
    bool needs_again;        /* forward rollback: its turn will come, see runner_undo.c */
    bool is_news;            /* something became of it in this decision; not stored */
    const char *vnfr, *name; /* the VNFR's id and name; NULL: the service */
    const char *instance, *component, *vdu, *pop;
    const char *mode;         /* SCALE_OUT: "standby", or NULL */
    enum fault_policy policy; /* SCALE_OUT: its VDU's, where the request says nothing */
    uint16_t attempts;        /* of its VDU, or the most of its VNF's; 0: as the operation */
    /* MODIFY, SCALE_IN: the instances that it is about, looked up when it goes: ids of instances,
     * of components whose instance is not made yet, or of a VNFR (all of its instances). */
    struct proto_strs only;
    int64_t sent_at, done_at, not_before_at; /* database clock, microseconds; 0: never */
    const char *stage;                       /* of a conversation: its word */
    const char *note;
    const char *reason; /* why so, in a plan: "on 'lab': ..." */
    const char
        *before; /* the executor's text. SET: the values to restore; HEAL, EXECUTE: the cause,
                           the script */
    const char *command; /* the executor's: id of its last request; NULL: none went out */
    struct fault *fault, *late_fault;
};

enum cancel_mode { CANCEL_NO, CANCEL_GRACEFUL, CANCEL_FORCEFUL };
extern const char *const cancel_mode_words[3];

struct plan_request; /* planner.h */
struct operation {
    const char *id;
    enum operation_kind kind;
    int state;                         /* enum operation_state */
    const char *origin, *asked_by;     /* user, reconciler, engine: who and which */
    const char *nsr, *vnfr, *instance; /* what it is about, as far as its scope goes */
    struct proto_strs vnfrs;           /* UPDATE_SCRIPT: all of the package */
    struct proto_strs targets;         /* of the VNFR, when it was planned: for claims */
    struct proto_strmap names; /* of VNFRs and instances that it names, by id: it outlives them */
    int64_t asked_at, state_at, ended_at, queue_until_at;
    const struct plan_request *asked; /* queued: it is planned anew when its turn comes; or NULL */
    enum fault_policy policy;
    uint16_t attempts; /* a step goes out so often by itself; 1: no retry */
    enum cancel_mode cancel;
    bool is_rollback_pending;  /* begins when nothing is in flight any more */
    bool is_undo_failed;       /* a rollback began and did not end: only rollback or fail */
    bool is_partial;           /* COMPLETED without what failed */
    bool is_run;               /* DEPLOY: a retry went on with it, so the runner does its steps */
    const char *superseded_by; /* operation that ends this one; or NULL */
    struct fault *fault;
    struct proto_strmap before; /* digest.h */
    bool is_news, is_new;       /* changed, or made, in this decision; not stored */
    struct plan_step *steps;
    uint32_t n_steps;
};
struct operations { /* the open ones of one service, by (asked_at, id) */
    struct operation **at;
    uint32_t n;
};

struct plan_step *operation_step(const struct operation *op, uint16_t n); /* NULL: no such step */
bool step_is_open(const struct plan_step *s);      /* in flight: SENT, UNDOING */
bool step_is_satisfied(const struct plan_step *s); /* DONE, SKIPPED */
bool step_may_have_effect(const struct plan_step *s);
bool operation_is_final(const struct operation *op);
/* What happens when that step fails: as the request says, else its VDU. */
enum fault_policy operation_policy(const struct operation *op, const struct plan_step *s);
/* How often that step goes out by itself: as the request says, else its VDU; 1: no retry. */
uint16_t operation_attempts(const struct operation *op, const struct plan_step *s);
bool operation_is_life(const struct operation *op);
/* DEPLOY, RELEASE: the VNFRs' phases do its steps (operate_phases.c); the runner leaves it alone. */
bool operation_is_by_phases(const struct operation *op);
/* The step that a person wants to see first: failed, unknown, in flight, next; NULL: none. */
const struct plan_step *operation_current_step(const struct operation *op);
/* Steps in that state. */
uint32_t operation_count(const struct operation *op, int state);
/* Has each of these servers (ids) a DELETE among its steps? */
bool operation_deletes_all(const struct operation *op, const struct proto_strs *servers);

#endif
