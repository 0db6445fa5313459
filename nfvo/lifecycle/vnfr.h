/* The VNFR's machine and what surrounds it. The matrix is in vnfr_fsm.c; its handlers by subject:
 * vnfr_grant.c, vnfr_allocate.c, vnfr_configure.c, vnfr_release.c. nsr.c and nsr_vnfm.c turn intents
 * into events of the machine. */
#ifndef NFVO_LIFECYCLE_VNFR_H
#define NFVO_LIFECYCLE_VNFR_H

#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/operation/operation.h"
#include "nfvo/lifecycle/operation/view.h"
#include "nfvo/lifecycle/send.h"

/* What an event brings. Borrowed for the step. */
struct vnfr_input {
    const struct vnfm_or *msg;
    /* FAULT, POP_FAULT: */
    const struct err *err;
    const char *detail;             /* the peer's own text */
    const char *component;          /* where it arose; NULL: here */
    const struct fault *peer_fault; /* what else our VNFM says of it */
    enum fault_cause cause;         /* CAUSE_NONE: we refused what the VNFM asked for */
    const char *pop;                /* which one */
    /* RESUME: */
    const struct vnfr_resume *resume;
};

/* Run one event through the matrix; an empty cell is counted in the decision's outcome. Stores
 * phase and status. in NULL: it brought nothing. false: empty cell. */
bool vnfr_step(struct vnfr_member *v, enum vnfr_event ev, const struct vnfr_input *in);

/* The same, without input, when the machine that found out has returned; once, however often it is
 * raised before (machines.c). */
void vnfr_raise(struct vnfr_member *v, enum vnfr_event ev);

/* The ctx of the handlers. */
struct vnfr_turn {
    struct vnfr_member *v;
    const struct vnfr_input *in;
};
static inline struct vnfr_member *turn_vnfr(const void *ctx) /* for those that need no input */
{
    return ((const struct vnfr_turn *)ctx)->v;
}
fsm_handler on_grant, on_grant_again, on_grant_waiting, on_pop_ready, on_pop_fault;
fsm_handler on_allocate, on_allocate_waiting, on_allocate_again, on_launch_settled, on_undo_settled;
fsm_handler on_instantiated, on_source_ready, on_modified, on_turn, on_started, on_update;
fsm_handler on_fault, on_hold, on_release, on_release_unknown, on_released, on_server_gone;
fsm_handler on_resume;
/* It fails for a reason that the handler found itself. component: where it arose; NULL: here. */
int vnfr_fail(const struct vnfr_turn *t, const struct err *err, const char *component);

/* What a step of an operation wants of a VNFR that is FAILED or HELD (vnfr_resume.c). */
struct vnfr_resume {
    enum step_kind kind; /* INSTANTIATE, MODIFY, START */
    enum step_form form; /* MESSAGE, RESUME, SAME */
    const char *command; /* id of the request that failed; NULL: none, or it is not known */
    const char *deploy;  /* INSTANTIATE: struct deploy_request with its VNFD only; NULL: none */
};
/* What failed goes well again: its fault is over. */
void vnfr_mended(struct vnfr_member *v);
/* An ERROR to a request that the VNFR FAILED without: its VNFM is not at it any more. room: out of which
 * it came; NULL: out of its own. true: that was news. */
bool vnfr_said_late(struct vnfr_member *v, const char *command, const char *room);
/* --- what is known of it (vnfr_facts.c) --- */
/* For vnfr.state of the planners: where it stands, in whatever phase. */
enum vnfr_state_word vnfr_stable(const struct vnfr_member *v);
int vnfr_failed_in(const struct vnfr_member *v); /* the phase; -1: it did not, or none is known */
enum fault_cause vnfr_failed_by(const struct vnfr_member *v); /* CAUSE_NONE: it did not */
bool vnfr_is_leaving(const struct vnfr_member *v);            /* its release has begun */
/* Its servers are there, though it is not INITIALIZED: FAILED since, or they were rebuilt. */
bool vnfr_has_resources(const struct vnfr_member *v);
/* The step that its machine has in hand; STEP_NO: none. */
enum step_kind vnfr_in_hand(const struct vnfr_member *v);
bool vnfr_is_ready_source(int phase);
bool launches_pending(const struct vnfr_member *v);
bool vnfr_has_servers(const struct vnfr_member *v); /* one that is not verified to be gone */
bool nsr_has_failed(const struct nsr_model *m);

/* --- its record (vnfr_record.c, vnfr_descriptor.c) --- */
void vnfr_adopt(struct vnfr_member *v,
                const struct vnfr *record); /* first record of the VNFM: ids, owner members */
/* What the VNFM says of its record now: merged by the owner column; new elements get ids. */
void vnfr_merge(struct vnfr_member *v, const struct vnfr *record);
/* A copy of it without what operations have removed since, and with instances' states as they are
 * now (merge_late.c); the record itself before the VNFR is ACTIVE. */
const struct vnfr *vnfr_of_now(struct vnfr_member *v, const struct vnfr *record);
/* The candidates of the descriptor's VDU that this one of the record is: "<pop id>[:zone]" each.
 * NULL: none is known. */
const struct proto_strs *vdu_candidates(struct vnfr_member *v, struct vdu *vdu, uint32_t place);
/* What the descriptor says of that VDU (VDU_ON_FAILURE): not every VNFM hands metadata on. NULL: nothing.
 * An upgrade says it anew. */
const char *vnfr_on_failure(const struct vnfr_member *v, const struct vdu *vdu, uint32_t place);
/* As it is kept: "rollback", "rollback*3", "*3" (VDU_ATTEMPTS); NULL: the descriptor says nothing. */
const char *vdu_policy_text(const struct vdu *vdu, struct arena *a);
void vdu_policy_read(const char *text, struct arena *a, const char **ret_on_failure,
                     uint16_t *ret_attempts); /* NULL; 1 */
void vnfr_set_on_failure(struct vnfr_member *v, const struct vdu *vdu, const char *word);
/* Is the snapshot fresh, and are all networks of the service there? Otherwise the PoP is asked to see
 * to it (CMD_PREPARE_POP), and its answer comes as POP_READY or POP_FAULT. */
MUST_USE enum err_code vnfr_prepare_pop(struct vnfr_member *v, const char *pop_id, struct err *err);
/* The same without a look at what is known: it may be no fact yet. */
MUST_USE enum err_code vnfr_ask_pop(struct vnfr_member *v, const char *pop_id, struct err *err);
/* The networks of that PoP into the VDU's components (only: this one; NULL: all). */
void vnfr_place_links(struct vnfr_member *v, struct vdu *vdu, const struct vnf_component *only,
                      const struct vim_instance *pop, const struct pop_state *st);
/* A server for that component, on "<pop id>[:zone]": its row, LAUNCHING; GONE when nothing could be
 * asked for (launch_fault says why). */
struct row *vnfr_launch(struct vnfr_member *v, const struct vdu *vdu,
                        const struct vnf_component *vnfc, const char *ref);
/* The same for each component that has none. */
void vnfr_launch_missing(struct vnfr_member *v);
/* One was asked for, or is there. */
bool vnfr_has_instance(const struct vnfr_member *v, const struct vdu *vdu,
                       const struct vnf_component *vnfc);
/* Did the NFVO allocate this instance of a record? Else the VNFM made it itself: its addresses,
 * hostname, vc_id and state are the VNFM's (decisions.md D25). */
bool vnfr_allocated_by_us(struct nsr_model *m, const struct vnfc_instance *instance);
int vnfr_proceed(struct vnfr_member *v); /* INITIALIZED: what comes next */
int vnfr_begin_release(struct vnfr_member *v);
void vnfr_set_status(struct vnfr_member *v, int phase);

/* --- servers (instance.c, instance_said.c) --- */
void instance_answer(struct nsr_model *m, struct command *c, const struct driver_reply *reply,
                     const struct err *bad);
/* An answer that closes no command. One that names a server which its instance does not have makes
 * the PoP be looked at again for an instance that is being deleted, or was (true). */
bool instance_late_answer(struct nsr_model *m, const struct driver_reply *reply);
/* The server that an answer nobody waits for names, also beside an exception; NULL: none. The
 * decision's err says it, for the log. */
const struct server *late_server(struct decision *d, const struct driver_reply *reply);
void instance_deadline(struct nsr_model *m, struct command *c);
void instance_in_doubt(struct nsr_model *m, struct command *c);
void instance_doubt_over(struct nsr_model *m, struct command *c);
void instance_listed(struct nsr_model *m, const struct internal *msg, const char *pop_id);
void instance_list_again(struct nsr_model *m,
                         const char *pop_id); /* the pause between listings is over */
void instance_pause_list(struct nsr_model *m, struct instance_member *i); /* longer each time */
void instances_want_list(struct nsr_model *m, const char *pop_id);
/* It is to go: an event of its machine, when this one has returned. */
void instance_delete(struct nsr_model *m, struct instance_member *i);

/* --- dependencies (dependency.c) --- */
void dependencies_build(struct nsr_model *m, const struct nsd *nsd);
void dependencies_fill(struct vnfr_member *source);
struct vnf_record_dependency *dependency_of(struct nsr_model *m, const char *target);
bool dependency_sources_ready(struct nsr_model *m, const struct vnf_record_dependency *dep);
/* What it says now, as one word. */
const char *dependency_digest(struct arena *a, const struct vnf_record_dependency *dep);
int dependency_weight(struct nsr_model *m,
                      const char *vnfr_name); /* ordered start: amqp-protocol.md 4.4 */

#endif
