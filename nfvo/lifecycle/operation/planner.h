/* Planners: what an operation will do, as a list of steps. Pure: (snapshot, request) -> plan. What
 * `plan` (a dry run) shows is this value, and nothing is planned anew later: claims keep out what
 * would change its subjects, and MODIFY and the START behind it are computed when they go.
 *
 *     struct plan plan;
 *     if (plan_make(&view, &request, &ids, arena, &plan, &err) != ERR_OK)
 *         ...                            refused, in the reference's words where it has some
 */
#ifndef NFVO_LIFECYCLE_OPERATION_PLANNER_H
#define NFVO_LIFECYCLE_OPERATION_PLANNER_H

#include "nfvo/lifecycle/operation/operation.h"
#include "nfvo/lifecycle/operation/retry.h"
#include "nfvo/lifecycle/operation/view.h"

#define PLAN_NUMBER_MAX 64 /* instances of one VDU in one request */

/* So many instances of one VDU. */
struct plan_count {
    const char *vnfr; /* id; NULL: the request's. Those of one VNFR stand together */
    const char *vdu;  /* id; NULL: the first with room (SCALE_OUT), with one to spare (SCALE_IN) */
    uint32_t number;
    const char *pop;      /* SCALE_OUT: where; NULL: placement decides when it is asked */
    const char *pop_name; /* for people; NULL: not known */
    bool is_standby;
};

struct plan_request {
    enum operation_kind kind;
    const char *vnfr, *instance; /* ids, as far as the kind's scope goes */
    const char *failed;          /* SWITCH: the instance that failed; `instance`: NULL, chosen */
    const struct plan_count *counts; /* SCALE_*; none and no instance: one, anywhere */
    uint32_t n_counts;
    struct proto_strs vnfrs;      /* REMOVE_VNF, SCALE_*: several, in one plan; `vnfr`: NULL then */
    const char *package;          /* UPDATE_SCRIPT: id */
    bool has_image;               /* RESTART: another image; UPGRADE has always one */
    bool keeps_service;           /* UPGRADE: "restartService": false */
    bool is_rebuilt;              /* HEAL: its server is made anew first, with all that was on it */
    bool drains;                  /* SCALE_IN: STOP of the instance before it goes */
    bool is_record_only;          /* CONFIGURE: nobody is told */
    struct retry_consent consent; /* RESUME */
};

struct plan {
    struct plan_step *steps;
    uint32_t n_steps, n_edges, n_only;
    struct proto_strs vnfrs, targets; /* for claims: struct operation */
    struct proto_strs warnings; /* what a peer's SDK does without an effect, what is not told */
    struct proto_strs refused;  /* the executor's: by what runs now; then what to do */
};

/* ids: where components get theirs. Errors: ERR_NOT_FOUND, ERR_STATE, ERR_INVALID, ERR_LIMIT,
 * ERR_UNSUPPORTED (the SDK of a peer has not the action). */
MUST_USE enum err_code plan_make(const struct service_view *view,
                                 const struct plan_request *request, const struct ids *ids,
                                 struct arena *a, struct plan *ret, struct err *err);

/* An operation of that plan, in STARTING. Borrows the plan. */
struct operation *plan_operation(const struct plan *plan, const struct plan_request *request,
                                 const char *id, const char *nsr, int64_t now, struct arena *a);

#endif
