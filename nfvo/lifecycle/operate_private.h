/* Between the files of operate.h. */
#ifndef NFVO_LIFECYCLE_OPERATE_PRIVATE_H
#define NFVO_LIFECYCLE_OPERATE_PRIVATE_H

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/operation/runner.h"
#include "proto/records/operation.h"

/* The aggregate as planners and projection see it (operate_view.c). */
struct service_view *operate_view(struct nsr_model *m);
/* The same as DEPLOY and RELEASE see it: what rows tell, no record is decoded. */
struct service_view *operate_view_phases(struct nsr_model *m);
void operate_view_phase(const struct vnfr_member *member, struct view_vnfr *ret);
struct vnfc_instance *operate_instance(struct vnfr_member *v,
                                       const char *id); /* of the record; NULL */
/* Ids of all that are not gone, in the record or not. */
struct proto_strs operate_servers(const struct nsr_model *m, const struct vnfr_member *v);

/* One decision's run: view and operations of the model. false: something cannot be read. */
bool operate_run(struct nsr_model *m, struct run *ret);
/* Start what may go, do what comes of it, and begin what was queued, until nothing changes; then the
 * wire's statuses (operate_run.c). */
void operate_settle(struct nsr_model *m, struct run *run);
/* Handlers do not do that: they leave the run for the loop above them (machines.c). */
void operate_due(struct nsr_model *m, const struct run *run);
void operate_begin(struct nsr_model *m, struct run *run, struct operation *op);
/* What the runner says, done: effects, faults, history, events, commands (operate_act.c). */
void operate_act(struct nsr_model *m, struct run *run);

/* --- operations that wait for others (operate_queue.c) --- */
void operate_queue(struct nsr_model *m, struct operation *op, const struct plan_request *asked);
/* Its turn has come: it is planned as things are now. false: it is not possible any more, and has
 * ended. */
bool operate_plan_anew(struct nsr_model *m, struct run *run, struct operation *op);

/* --- what the NFVO does itself (operate_own.c) --------------------------------------------------
 *
 * A step of the NFVO's own, or such a stage of an undo, is done in the transaction in which its
 * turn comes. a->kind says which; what is to be restored is kept in a->step->before. */
typedef void operate_step_fn(struct nsr_model *m, struct vnfr_member *v,
                             const struct run_action *a);
operate_step_fn operate_apply, operate_restore;
/* Rows of its table, by subject. */
operate_step_fn operate_set_component, operate_unset_component;       /* operate_scale.c */
operate_step_fn operate_exchange_config;                              /* operate_configure.c */
operate_step_fn operate_drop_instance;                                /* operate_servers.c */
operate_step_fn operate_set_dependencies, operate_unset_dependencies; /* operate_dependencies.c */
operate_step_fn operate_drop;                                         /* operate_life.c */
/* It leaves the record, what targets know, and the rows; component: goes with it, or NULL. */
void operate_forget_instance(struct nsr_model *m, struct vnfr_member *v, const char *instance,
                             const char *component);

/* --- steps of drivers and PoPs (operate_peer.c) -------------------------------------------------
 *
 * A row of its table begins such a step, or stage of an undo (v has the record), and looks whether
 * it is over: after each decision on a service that has one open. Where the rows do not tell it,
 * the one who learns of the end says so by operate_tell: from anywhere within a decision, also from
 * within `begin`. It is acted upon when the handlers have returned. */
struct operate_peer {
    operate_step_fn *begin;
    /* false: not yet. NULL: it is told. May go on with it: an instance is deleted when its launch
     * has ended. */
    bool (*look)(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                 struct step_news *ret);
};
operate_step_fn operate_peer_begin;
enum step_kind operate_request_of(const struct plan_step *s); /* of its stage, where it is undone */
bool operate_is_begun_here(enum step_kind kind); /* else it is a request (operate_send) */
/* id: of the instance, else of the VNFR that the step is about. */
void operate_tell(struct nsr_model *m, enum step_kind kind, const char *id,
                  const struct step_news *news);
bool operate_is_told(struct nsr_model *m, const struct plan_step *s,
                     struct step_news *ret);                   /* takes it */
bool operate_peers_look(struct nsr_model *m, struct run *run); /* true: one is over */
bool operate_has_peers(const struct operations *all);          /* one is to be looked at */
/* Rows of its table, by subject. */
operate_step_fn operate_delete, operate_prepare;
bool operate_is_deleted(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                        struct step_news *ret); /* operate_servers.c */
/* operate_life.c; v NULL: the VNFR is not made yet, or not any more */
operate_step_fn operate_instantiate, operate_terminate;
bool operate_is_instantiated(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                             struct step_news *ret);
bool operate_is_terminated(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                           struct step_news *ret);
const char *operate_stage_of(const struct vnfr_member *v, const struct plan_step *s);

/* --- what a step makes of a VNFR's record (operate_effect.c) --- */
/* id NULL: all but STANDBY and FAILED ones (O5). */
void operate_set_instances(struct vnfr_member *v, const char *id, enum instance_state_word to);
void operate_set_stable(struct vnfr_member *v, enum vnfr_state_word to);
/* Of the request of that kind, which is the step's own, or one that undoes it. */
void operate_effect(struct vnfr_member *v, const struct run_action *a, enum step_kind kind);
/* Only of the VNFR: what its instances are is known. */
void operate_effect_again(struct vnfr_member *v, const struct run_action *a, enum step_kind kind);
/* The server of that instance was made anew, or may have been, for a HEAL alone: an instance that was
 * ACTIVE is INACTIVE until its HEAL is done, whatever else ends well. */
void operate_empty(struct vnfr_member *v, const struct operation *op, const char *id);
void operate_fill(struct vnfr_member *v, const char *id); /* its HEAL is done */
/* Between the two (operate_view.c): nothing of it runs, whatever was started. */
bool operate_is_empty(struct nsr_model *m, const struct vnfc_instance *x);

/* --- REBUILD (operate_rebuild.c), and what it is for (operate_values.c) --- */
operate_step_fn operate_rebuild;
bool operate_rebuild_look(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                          struct step_news *ret);
/* When the first driver was asked to rebuild, for this request; NULL: none was. */
const char *operate_rebuilt_since(const struct run_action *a, struct arena *arena);
operate_step_fn operate_set_image, operate_set_vnfd, operate_restore_values;
/* The request's image or VNFD as the step keeps it until its turn comes; NULL: not such a step. */
const char *operate_values_wanted(const struct operate_request *req, enum step_kind kind,
                                  struct arena *a);
/* INSTANTIATE of what is there. */
void operate_add_reinstantiate(struct sbuf *body, struct send_refs *places, struct vnfr_member *v,
                               const struct run_action *a);

/* Of UPDATE_SCRIPT (operate_script.c): both texts as one, for `before` of its first step; and
 * ,"script":{...} of a request, the one before when the step is undone. */
const char *operate_script_keep(const struct operate_request *req, struct arena *a);
void operate_script_add(struct sbuf *body, const struct run_action *a, struct arena *arena);
MUST_USE enum err_code operate_script_check(const struct operate_request *req, struct err *err);
/* CONFIGURE (operate_configure.c): the new values, for `before` of SET_CONFIG. */
const char *operate_configure_keep(const struct operate_request *req, struct arena *a);
/* --- SCALE_OUT (operate_scale.c, operate_scaling.c) --------------------------------------------- */
/* Of the component that the step adds: its instance, if it has one. */
struct vdu *operate_vdu(struct vnfr_member *v, const char *id);
/* What its message has beside action and record. */
void operate_add_scaling(struct sbuf *body, struct send_refs *places, struct vnfr_member *v,
                         const struct run_action *a);
/* Of a plan: where each SCALE_OUT would go by what is known now, into its `pop` ("<pop id>[:zone]"),
 * and why, into its `reason`. One whose PoP is new to the service stays as it is. */
void operate_scaling_foretell(struct nsr_model *m, struct operation *op);
/* Before it goes out: at which stage its conversation begins. */
void operate_scaling_begin(struct nsr_model *m, struct plan_step *s, enum step_form form);
bool operate_prepare_look(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                          struct step_news *ret);
bool operate_scaling_look(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                          struct step_news *ret);
/* The VNFM says SCALED: is it true? Else news says what is wrong. */
void operate_scaled(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                    const struct vnfm_or *msg, struct step_news *news);
/* Nobody waits for the step any more. */
void operate_scaling_withdrawn(struct vnfr_member *v, struct plan_step *s);
/* It ended without them: what is left of instances that could not be made. */
void operate_scaling_over(struct nsr_model *m, const struct operation *op);
/* Refused beforehand: no PoP can take it, as far as that is certain; what is not is a warning. */
MUST_USE enum err_code operate_scaling_check(struct nsr_model *m, struct plan *plan,
                                             struct err *err);
/* --- steps that a VNFR's own machine does (operate_machine.c) -----------------------------------
 *
 * INSTANTIATE, MODIFY, START of a VNFR that is not ACTIVE yet: its phases have the conversation,
 * the deadline and the record; the step waits for where they lead. */
bool operate_resumes(const struct operation *op); /* a RESUME, or a DEPLOY that is tried again */
bool operate_is_for_machine(const struct vnfr_member *v, const struct run_action *a);
operate_step_fn operate_machine_go;
/* Rule (a): a request of its machine's that is no step of an operation. */
bool operate_is_in_hand(void *arg, const struct operation *op, const struct plan_step *s,
                        enum step_kind kind);
/* It waits for that, or its outcome is unknown. */
bool operate_is_machines(const struct plan_step *s);
bool operate_machine_look(struct nsr_model *m, const struct plan_step *s, struct step_news *ret);
/* --- RESUME (operate_resume.c) --- */
enum err_code operate_resume_check(struct nsr_model *m, struct err *err);
/* What INSTANTIATE steps need to go out again; refused where nothing is known of it. */
enum err_code operate_resume_take(struct nsr_model *m, struct operation *op,
                                  const struct operate_request *req, struct err *err);
/* Those of class LIFE that failed are tried again. NULL: there is none, or err says why not. */
struct operation *operate_resume_open(struct nsr_model *m, struct run *run,
                                      const struct operate_request *req, struct err *err);

/* Send the request of a step, or of a stage of its undo, as a command of its own (operate_send.c).
 * The step remembers the command. */
void operate_send(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a,
                  bool is_optional);

/* A line of the history: what became of the operation, or of its step (`what`: "is sent"). With a
 * fault it is one of the event ERROR (operate_events.c). */
void operate_note(struct nsr_model *m, const struct operation *op, const struct plan_step *s,
                  const char *what, const struct fault *fault);
/* Something became of it, or of its step: subscribers to OPERATION learn it from operate_publish, once
 * a decision. */
void operate_is_news(struct operation *op, struct plan_step *s);
/* There is a subscription to these events of the service. */
bool operate_is_followed(const struct nsr_model *m);
void operate_publish(struct nsr_model *m, const struct run *run);
void operate_publish_one(struct nsr_model *m, const struct run *run, struct operation *op);

/* --- DEPLOY, RELEASE (operate_phases.c) --- */
/* run: the operation if it is one of the runner's, or NULL. false: the runner does it. */
bool operate_phases_verb(struct nsr_model *m, struct operation *run,
                         const struct verb_request *req);
void operate_deploy_over(struct nsr_model *m,
                         const char *by); /* another operation goes on with it */
/* For what is told of one that the runner does not run; peers are known where it waits for a person. */
struct run operate_run_of_one(struct nsr_model *m, const struct operation *op);
/* The operation's JSON (operate_shown.c). */
const char *operate_shown(struct nsr_model *m, const struct operation *op);
const char *operate_shown_of(struct nsr_model *m, const struct run *run,
                             const struct operation *op);

/* --- an instance that stands by takes over (operate_switch.c) --- */
#define OPERATE_CAUSE_SWITCH "switchToStandby" /* of HEAL: VNFMs know the word */
operate_step_fn operate_mark_failed, operate_unmark;
/* HEAL of that cause is done: the instance of the step stands by no more. */
void operate_activate(struct vnfr_member *v, const struct plan_step *s);

/* data of the timer that ends a stage for which nobody has to be asked. */
#define NOTHING_TO_TELL "nothing"

/* --- targets (operate_targets.c) --- */
/* Rule (b), as struct run wants it; arg: the model. */
bool operate_is_needed(void *arg, const struct operation *op, const struct plan_step *s);
/* What a MODIFY of that step tells the target, whole or reduced; the target's dependency is written
 * with it. Also for an undo that tells it again. Never NULL. */
const struct vnf_record_dependency *operate_told(struct nsr_model *m, struct vnfr_member *target,
                                                 const struct plan_step *s);
/* The target was told that the instance goes: its entries leave, and are kept in a SCALE_IN's
 * `before`, for operate_remember. */
void operate_forget(struct nsr_model *m, struct vnfr_member *target, struct plan_step *s,
                    const char *instance);
void operate_remember(struct nsr_model *m, struct vnfr_member *target, const struct plan_step *s);
void operate_forget_everywhere(struct nsr_model *m, const char *instance); /* it is dropped */
/* Of the instances that a MODIFY told: one that the target has to be told of that it goes; NULL:
 * none is left. */
const char *operate_next_told(struct nsr_model *m, const struct vnfr_member *target,
                              const struct plan_step *s);

/* --- where a VNF that is not there yet would go (operate_place.c) --- */
struct placed { /* one VDU */
    const char *vnf;
    uint32_t vdu;    /* its place in the VNFD */
    const char *ref; /* "<pop id>[:zone]"; NULL: no PoP can take its VNF, `why` */
    const char *reason, *doubt;
    struct err why;
};
struct placed_list {
    struct placed *at;
    uint32_t n;
};
/* Leaves the member as one that is GRANTING, with a record. */
void operate_place(struct vnfr_member *v, const struct vnfd *vnfd, struct placed_list *ret);
/* Of a request ADD_VNF; the model stays as it is. */
void operate_place_added(struct nsr_model *m, const struct deploy_request *req,
                         struct placed_list *ret);

/* --- what a plan tells beside its steps (operate_plan.c) --- */
struct operate_plan;
/* Steps get their reasons, the plan warnings, *ret the PoPs. Given to operate_plan_add as arg: extras
 * of operation_show. */
struct operate_plan *operate_plan_look(struct nsr_model *m, const struct service_view *view,
                                       const struct operate_request *req, struct operation *op,
                                       struct plan *plan, const struct placed_list *placed,
                                       struct shown_pop_list *ret);
void operate_plan_refuse(struct plan *plan, struct err why, struct arena *a);
/* A dry run's answer (operate.c). */
struct planned {
    const struct run *run;
    const struct operate_request *req;
    struct plan *plan;
    struct operation *op;             /* NULL: that of the plan */
    const struct placed_list *placed; /* of a deployment; or NULL */
    const char *basis;                /* NULL: it has none */
};
const char *operate_show_plan(struct nsr_model *m, const struct planned *planned);
void operate_plan_add(void *arg, const struct plan_step *s, struct shown_step *ret);

/* The versions of the service's records, as one word (operate_basis.c). */
const char *operate_basis(struct nsr_model *m);
/* basis NULL: nobody asks. */
bool operate_is_as_planned(struct nsr_model *m, const char *basis, struct err *err);

#endif
