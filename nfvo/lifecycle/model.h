/* The aggregates in decoded form. Documents are decoded when first asked for and written back once,
 * by model_flush, after the last intent of a batch: JSON is the largest cost of the engine.
 *
 * A stored document that cannot be read refuses the decision (decision_unreadable): what is asked
 * for is NULL then, and whatever the handlers make of that is thrown away. The documents that every
 * handler relies on are read before: the NSR's, all private ones (nsr_decide), that of the VNFR
 * whose machine goes on (vnfr_step), the PoP's own (pop_decide). */
#ifndef NFVO_LIFECYCLE_MODEL_H
#define NFVO_LIFECYCLE_MODEL_H

#include "nfvo/lifecycle/types.h"

struct operation;
struct operations;
struct run;
struct told_news; /* operate_news.c */

struct vnfr_member {
    struct nsr_model *m;
    struct row *row;
    struct vnfr *vnfr; /* use member_vnfr(): NULL until granted */
    struct vnfr_state *st;
    bool is_changed;
    struct fault *failed_with; /* its fault in this decision */
    bool is_dropped;           /* it leaves the model at the end of this decision */
    bool has_moved;            /* its phase means another state of a step (vnfr_step.c) */
    uint32_t raised; /* events that other machines have for it: a bit each, enum vnfr_event */
};

struct instance_member {
    struct row *row;
    struct instance_state *st;
    uint32_t raised; /* as a VNFR's: enum instance_event */
};

struct nsr_model {
    struct decision *d;
    struct nsr *nsr; /* use model_nsr() */
    struct nsr_state *st;
    bool is_changed;
    struct vnfr_member *vnfrs;
    uint32_t n_vnfrs;
    struct instance_member *instances; /* use model_instances() */
    uint32_t n_instances;
    bool has_moved;                /* one of its VNFRs */
    bool has_raised;               /* one of its VNFRs or instances has a bit in `raised` */
    struct operations *operations; /* use model_operations() */
    struct told_news *told;        /* operate_tell: not acted upon yet; or NULL */
    struct run *due;               /* operate_due: the loop is to act on it; or NULL */
    /* The answer's text is this one, when the loop is over; or NULL. */
    const struct operation *shown;
};

struct pop_model {
    struct decision *d;
    struct vim_instance *pop;
    struct pop_state *st;
    bool is_changed;
    const struct err *no_snapshot; /* NO_SNAPSHOT is raised: why */
};

const struct lifecycle_settings *settings_of(const struct decision *d);

struct nsr_model *nsr_model_of(struct decision *d); /* NULL: the NSR does not exist */
struct nsr *model_nsr(struct nsr_model *m);
struct vnfr *member_vnfr(struct vnfr_member *v); /* NULL before the grant, or unreadable */
struct vnfr_member *model_vnfr_by_id(struct nsr_model *m, const char *id);
struct vnfr_member *model_vnfr_by_name(struct nsr_model *m, const char *name);
struct instance_member *model_instance_by_id(struct nsr_model *m, const char *id);
/* Those that have not ended, by (asked_at, id), without those that are done by phases. NULL: one
 * cannot be read, the decision is refused. */
struct operations *model_operations(struct nsr_model *m);
/* The open one of DEPLOY or RELEASE that is done by phases, of which there is one at most: its row, and decoded. NULL: there
 * is none; or it cannot be read, the decision is refused. */
struct row *model_phases_row(struct nsr_model *m, const char *kind);
struct operation *model_phases_operation(struct nsr_model *m, const char *kind);
/* A retry went on with that DEPLOY: it is one of model_operations(), which was called before. */
void model_run_operation(struct nsr_model *m, struct operation *op);
void model_add_operation(struct nsr_model *m, struct operation *op, const char *request);
void model_add_vnfr(struct nsr_model *m, struct row *row, struct vnfr_state *st);
/* The VNFR leaves the service, with its instances: rows, open commands, lines of its history. It
 * stays among the members, in phase GONE, until model_forget_dropped. */
void model_drop_vnfr(struct vnfr_member *v);
void model_drop_instances_of(struct vnfr_member *v);
void model_forget_dropped(struct nsr_model *m);
void model_add_instance(struct nsr_model *m, struct row *row, struct instance_state *st);
/* A line of its record's history; key: see struct record_line. */
void model_add_line(struct vnfr_member *v, const struct history_event *h, const char *key);
void member_changed(struct vnfr_member *v);
void model_changed(struct nsr_model *m);

struct pop_model *pop_model_of(struct decision *d);
void pop_changed(struct pop_model *p);

void model_flush(struct decision *d);
/* Within the time that the kind's row gives it (nfvo/words/commands.h). */
struct command *command_open(struct decision *d, int kind, const char *subject, const char *data);
/* Is it that row's, or one of an operation on it: "<row>/..."? */
bool command_is_about(const struct command *c, const char *id);
void command_change(struct command *c, int64_t due_at, const char *data);

/* A PoP that this NSR may use, out of the facts; NULL when it is not there any more, or unreadable.
 * Decoded once a batch. */
struct vim_instance *fact_pop(struct decision *d, const char *id, struct pop_state **ret_st);
/* The PoP's network of that name: by its name, its extId, or the extId it got when it was made
 * under that name; NULL: none. */
struct network *pop_network(const struct vim_instance *pop, const struct pop_state *st,
                            const char *name);
/* Of the repository of the service's project: the first one that the VDU names; NULL: none (or not
 * among the facts). Its id is the repository's. */
struct image *fact_image(struct decision *d, const struct vdu *vdu);
/* NULL: the PoP does not list it. */
const struct deployment_flavour *pop_flavour(const struct vim_instance *pop, const char *key);
/* So many instances of that flavour, which may be NULL. */
void pop_use_add(struct pop_use *use, int64_t n, const struct deployment_flavour *flavour);
/* The flavour that the VDU asks for; NULL: none. */
const char *vnfr_flavour_key(const struct vnfr *vnfr, const struct vdu *vdu);
/* The driver for a PoP type ("test", or "test.name" to pin one), exact name first (amqp-protocol.md
 * 5.1): its queue, and more in *ret; NULL: none was ever registered. One that is not seen is
 * chosen, too, where no other is there: what is sent to it waits in the outbox until it is back or
 * the call's deadline comes (design.md, "Who is there"). */
struct known_driver {
    const char *queue, *room;
    bool has_client_token;
    int64_t absent_since; /* 0: it is there */
};
const char *fact_driver(struct decision *d, const char *pop_type, struct known_driver *ret);
/* For faults: "driver 'vim-drivers.test.test' (not seen since ...)". */
const char *driver_named(struct decision *d, const char *pop_type);

char *timestamp_at(struct arena *a, int64_t us);       /* yyyy.MM.dd 'at' HH:mm:ss z, UTC */
char *timestamp_executed(struct arena *a, int64_t us); /* yyyy.MM.dd-HH:mm:ss:SSS-z */

#endif
