/* Admission: who may run beside whom. Each kind names what it claims (kinds.h); two operations
 * conflict iff two of their claims on the same thing do. The matrix of kinds is generated from this
 * (make docs), never written. Pure.
 *
 * X excludes all, but R of a repair where what holds X has failed: what is broken must be within
 * reach. S shares, R runs something, T tells targets. */
#ifndef NFVO_LIFECYCLE_OPERATION_CLAIMS_H
#define NFVO_LIFECYCLE_OPERATION_CLAIMS_H

#include "nfvo/lifecycle/operation/runner.h"

#define QUEUED_MAX 8 /* operations that wait, per service */
/* Open ones, per service, that run a script beside all others (claim R): EXECUTE, UPDATE_SCRIPT. They
 * exclude none of their own, so only this bounds them. */
#define BESIDE_MAX 32

extern const char claim_letters[CLAIM_N + 1]; /* "-XSRT" */
/* Symmetric. */
bool claims_go_together(enum claim a, enum claim b);

/* What an operation claims. is_full: as it does while it runs, also in FAILED_TEMP. */
struct claims_of {
    enum claim nsr, vnfr, target;
    bool is_on_instances; /* X on those that it names, or touched */
};
struct claims_of claims_of(const struct operation *op, bool is_full);

/* Do they conflict, each with what it holds now? A plan that is not made yet: its request's scope.
 */
bool operations_conflict(const struct operation *running, bool is_running_full,
                         const struct operation *asked);

enum admission { ADMIT, QUEUE, REFUSE };
struct admitted {
    enum admission answer;
    const struct operation *busy; /* REFUSE, QUEUE: in whose way it is; NULL: the queue is full */
    struct operations ended;      /* ADMIT: operations that it supersedes, or releases; also the
                                     oldest of BESIDE_MAX that has failed, and waits for a person */
};
/* asked is not among the open ones, or is queued there (then only those before it count).
 * may_queue: the request said so, and its origin is a user: reconcilers and engines never queue.
 * err is set when it is refused: what runs, of whom, where, since when, and what to do. */
struct admitted operation_admit(const struct run *run, const struct operation *asked,
                                bool may_queue, struct err *err);
/* RETRY and ROLLBACK take the full claims again. */
MUST_USE enum err_code operation_reclaim(const struct run *run, const struct operation *op,
                                         struct err *err);
/* The next queued one that may begin now; NULL: none. */
struct operation *operation_next_queued(const struct run *run);

#endif
