/* How planners write a plan; theirs alone. A limit that is passed is remembered, and plan_make
 * refuses: planners need not look. */
#ifndef NFVO_LIFECYCLE_OPERATION_PLAN_BUILD_H
#define NFVO_LIFECYCLE_OPERATION_PLAN_BUILD_H

#include "nfvo/lifecycle/operation/planner.h"

struct planning {
    const struct service_view *view;
    const struct plan_request *request;
    const struct view_vnfr *vnfr; /* the request's; NULL: the service's */
    const struct ids *ids;
    struct arena *arena;
    struct plan *plan;
    bool is_too_large;
    const char *refused; /* a peer cannot do a step of it: why; of whom */
    const char *refused_name;
};
typedef enum err_code planner_fn(struct planning *p, struct err *err);

planner_fn plan_deploy, plan_release, plan_add, plan_remove, plan_resume;        /* plan_life.c */
planner_fn plan_scale_out, plan_scale_in, plan_switch, plan_heal;                /* plan_scale.c */
planner_fn plan_single, plan_script, plan_restart, plan_upgrade, plan_configure; /* plan_run.c */

/* Append a step of v (NULL: of the service); its number. */
uint16_t plan_add_step(struct planning *p, enum step_kind kind, const struct view_vnfr *v);
/* 0 is nothing, so that optional steps need no question. Doubles are dropped. */
void plan_after(struct planning *p, uint16_t n, uint16_t before);
struct plan_step *plan_at(struct planning *p, uint16_t n); /* never NULL */
void plan_only(struct planning *p, uint16_t n, const char *id);
void plan_warn(struct planning *p, const struct view_vnfr *v, const char *what);

/* The targets of v: VNFRs whose dependency has it as source, INITIALIZED at least (others learn all
 * when they are). fn is called for each. */
typedef void target_fn(struct planning *p, const struct view_vnfr *target, void *arg);
void plan_targets(struct planning *p, const struct view_vnfr *v, target_fn *fn, void *arg);
bool plan_is_target(const struct view_vnfr *v);

/* MODIFY t, of what `only` names, and START t behind it: begun here, each after `after`. */
uint16_t plan_tell(struct planning *p, const struct view_vnfr *target, uint16_t after,
                   enum step_undo undo, bool if_changed);

#endif
