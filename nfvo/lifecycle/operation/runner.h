/* The runner: what an operation's steps do next. Pure: it changes the operations in hand, and says
 * what is to be sent, applied, noted and waited for as a list of actions, in order. It sends,
 * stores and times nothing itself.
 *
 *     struct run run = {.view = view, .operations = &open, .now = d->now, .arena = d->arena};
 *     run_step(&run, op, step, &(struct step_news){.event = STEP_EV_OK, .attempt = attempt});
 *     run_settle(&run);
 *     for (uint32_t i = 0; i < run.actions.n; i++)
 *         ...
 *
 * Two rules for what may go. (a) A VNFR has one Or-Vnfm request of scope "whole" open, its own
 * machine's included, or any number of scope "instance" for different instances; a step that may not go waits, whatever
 * operation it is of; first come by (operation's time, number). (b) A MODIFY for certain instances,
 * and the START behind it, are computed when they go: what does not differ from what the peer knows
 * is NOT_NEEDED. */
#ifndef NFVO_LIFECYCLE_OPERATION_RUNNER_H
#define NFVO_LIFECYCLE_OPERATION_RUNNER_H

#include "nfvo/lifecycle/operation/retry.h"
#include "nfvo/lifecycle/operation/view.h"

#define RUN_ACTIONS(X)                                                                               \
    X(SEND)    /* send `kind` in `form`, and open a command for it */                                \
    X(UNDO)    /* send `kind` to undo the step (of all that it was about), and open commands */      \
    X(APPLY)   /* of the NFVO's own: do it now, keep what was before in step->before */              \
    X(RESTORE) /* store step->before again */                                                        \
    X(EFFECT)  /* the step is DONE: its effect on the record, its event */                           \
    X(FAULT)   /* it FAILED, or its outcome is UNKNOWN; step->fault may be NULL: note says why */    \
    X(UNDONE)  /* it is undone */                                                                    \
    X(NOTE)    /* something came that changes nothing, or a late fault: for the history */           \
    X(WITHDRAW) /* nobody waits for the answer any more: tell a peer of ours, answer its requests  \
                   with an Error; the command stays, a late answer is noted */ \
    X(WAIT)     /* look again at step->not_before_at */                                              \
    X(STATE)    /* the operation is in another state: row, event, claims */                          \
    X(CLOSE)    /* it is final: close its commands, but those of OPTIONAL steps */
enum run_what {
#define X(word) RUN_##word,
    RUN_ACTIONS(X)
#undef X
        RUN_ACTION_N
};
extern const char *const run_action_words[RUN_ACTION_N];

struct run_action {
    enum run_what what;
    struct operation *op;
    struct plan_step *step; /* NULL: of the operation */
    enum step_kind kind;    /* SEND, UNDO, APPLY */
    enum step_form form;    /* SEND */
    int state;              /* STATE: enum operation_state */
    bool is_anew;           /* UNDO, APPLY: undone in order to go out again */
};
struct run_actions {
    struct run_action *at;
    uint32_t n;
};

struct run {
    const struct service_view *view; /* peers by VNFR; may be NULL: all ours */
    struct operations *operations;   /* the open ones, in order */
    int64_t now;                     /* database clock, microseconds */
    int64_t retry_pause_us;          /* before the second attempt by itself; doubles. 0: 5 s */
    struct arena *arena;
    /* Rule (b): does what the step would say differ from what the peer knows? NULL: always. */
    bool (*is_needed)(void *arg, const struct operation *op, const struct plan_step *s);
    /* Rule (a): has the VNFR's own machine a request open, which is no step of an operation? NULL: no. */
    bool (*is_in_hand)(void *arg, const struct operation *op, const struct plan_step *s,
                       enum step_kind kind);
    void *arg;
    struct run_actions actions; /* what came of it */
};

/* What became of a step's request. */
struct step_news {
    enum step_event event; /* OK, FAULT, UNSENT, OUT */
    uint16_t attempt;      /* of its command; 0: the current one */
    bool is_undo;          /* of its undo's command */
    enum fault_cause cause;
    struct fault *fault; /* borrowed; NULL: none */
    const char *note;
};
/* false: it means nothing here, and is noted. Call run_settle after the last. */
bool run_step(struct run *run, struct operation *op, struct plan_step *s,
              const struct step_news *news);

/* What a person, or another operation, wants of it. */
struct run_ask {
    struct retry_consent consent; /* RETRY */
    enum cancel_mode cancel;      /* CANCEL */
    const char *by;               /* SUPERSEDE: the operation's id; else who, for the fault */
};
/* RETRY, ROLLBACK, CANCEL, FAIL, CONTINUE. Errors: ERR_STATE, not possible now, and why. Claims
 * are the caller's to take before RETRY and ROLLBACK (claims.h). */
MUST_USE enum err_code run_verb(struct run *run, struct operation *op, enum operation_event verb,
                                const struct run_ask *ask, struct err *err);
/* The same question without doing it: hints, links, refusals of every face. */
MUST_USE enum err_code run_may(const struct run *run, const struct operation *op,
                               enum operation_event verb, const struct run_ask *ask,
                               struct err *err);
/* "baton op retry 5f0c", ...: what is possible now, as commands to type. The only place that decides
 * it: refusals, pages and events of every face show this. Of one that has ended: what is possible with
 * its service, if that is in ERROR. */
void run_next(const struct run *run, const struct operation *op, const char *nsr_name,
              struct proto_strs *ret);
/* The same of a service without an operation that waits for a person; nothing unless it is in ERROR:
 * phase FAILED (has_fault), or a VNF that is broken. */
void service_next(const struct service_view *view, const char *nsr_name, struct arena *a,
                  struct proto_strs *ret);

/* run_may of DEPLOY and RELEASE, whose steps are phases. A refusal's hint is the next command. */
MUST_USE enum err_code run_may_by_phases(const struct run *run, const struct operation *op,
                                         enum operation_event verb, const struct run_ask *ask,
                                         struct err *err);

void run_begin(struct run *run, struct operation *op);   /* admitted and planned */
void run_overdue(struct run *run, struct operation *op); /* queued for too long */
/* Ends it: as FAILED now, or when what a driver has in hand is over. */
void run_supersede(struct run *run, struct operation *op, const char *by);

/* Start what may go, and derive every operation's state, until nothing changes. */
void run_settle(struct run *run);

/* --- between the runner's files --------------------------------------------------------------- */
struct step_turn { /* ctx of step_fsm */
    struct run *run;
    struct operation *op;
    struct plan_step *s;
    const struct step_news *news; /* of OK, FAULT, UNSENT, OUT */
    enum step_form form;          /* of RETRY */
    int64_t not_before_at;        /* of RETRY */
};
struct operation_turn { /* ctx of operation_fsm */
    struct run *run;
    struct operation *op;
    const struct run_ask *ask;
};
void run_say(struct run *run, enum run_what what, struct operation *op, struct plan_step *s,
             enum step_kind kind);
/* One event through step_fsm; false: an empty cell. */
bool run_turn(struct step_turn *t, enum step_event event);
bool run_simple(struct run *run, struct operation *op, struct plan_step *s, enum step_event event);
/* One event through operation_fsm. */
bool run_event(struct run *run, struct operation *op, enum operation_event event,
               const struct run_ask *ask);
enum sdk run_sdk(const struct run *run, const struct plan_step *s);

bool run_is_tolerated(const struct operation *op, const struct plan_step *s);
bool run_is_failing(const struct operation *op);
uint32_t run_in_flight(const struct operation *op);
/* The request that a step has open or would open now: its own, or the stage of its undo. */
enum step_kind run_request_of(const struct plan_step *s, bool is_undo);
bool run_turn_is_free(const struct run *run, const struct operation *op, const struct plan_step *s,
                      enum step_kind kind);
/* runner_undo.c: the rollback; step_undo.c: one step of it */
void run_prepare_rollback(struct operation *op);
int run_undo_begin(struct step_turn *t); /* next state of a step whose undo begins */
int run_undo_next(struct step_turn *t);  /* ... whose stage is done */
bool run_undo_may_go(const struct run *run, const struct operation *op); /* anything left to try */
bool run_undo_go(struct run *run, struct operation *op);             /* true: something changed */
const struct plan_step *run_cannot_undo(const struct operation *op); /* NULL: all can be undone */

#endif
