/* The aggregates in decoded form. Documents are decoded when first asked for and written back once,
 * by model_flush, after the last intent of a batch: JSON is the largest cost of the engine. */
#ifndef NFVO_LIFECYCLE_MODEL_H
#define NFVO_LIFECYCLE_MODEL_H

#include "nfvo/lifecycle/types.h"

struct vnfr_member {
    struct nsr_model *m;
    struct row *row;
    struct vnfr *vnfr; /* use member_vnfr(): NULL until granted */
    struct vnfr_state *st;
    bool is_changed;
    /* what the current event brought, for the matrix's handlers */
    const struct vnfm_or *msg;
    const struct err *err;
    const char *detail;             /* of a fault: the peer's own text */
    const char *component;          /* of a fault: where it arose; NULL: here */
    const struct fault *peer_fault; /* and what else our VNFM says of it; or NULL */
    const struct internal *internal;
};

struct instance_member {
    struct row *row;
    struct instance_state *st;
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
};

struct pop_model {
    struct decision *d;
    struct vim_instance *pop;
    struct pop_state *st;
    bool is_changed;
};

const struct lifecycle_settings *settings_of(const struct decision *d);

struct nsr_model *nsr_model_of(struct decision *d); /* NULL: the NSR does not exist */
struct nsr *model_nsr(struct nsr_model *m);
struct vnfr *member_vnfr(struct vnfr_member *v); /* NULL before the grant */
struct vnfr_member *model_vnfr_by_id(struct nsr_model *m, const char *id);
struct vnfr_member *model_vnfr_by_name(struct nsr_model *m, const char *name);
struct instance_member *model_instance_by_id(struct nsr_model *m, const char *id);
void model_add_vnfr(struct nsr_model *m, struct row *row, struct vnfr_state *st);
void model_add_instance(struct nsr_model *m, struct row *row, struct instance_state *st);
void member_changed(struct vnfr_member *v);
void model_changed(struct nsr_model *m);

struct pop_model *pop_model_of(struct decision *d);
void pop_changed(struct pop_model *p);

void model_flush(struct decision *d);

/* A PoP that this NSR may use, out of the facts; NULL when it is not there any more. Decoded once a
 * batch. */
struct vim_instance *fact_pop(struct decision *d, const char *id, struct pop_state **ret_st);
/* The PoP's network of that name: by its name, its extId, or the extId it got when it was made
 * under that name; NULL: none. */
struct network *pop_network(const struct vim_instance *pop, const struct pop_state *st,
                            const char *name);
/* The driver's queue for a PoP type ("test", or "test.name" to pin one), exact name first
 * (amqp-protocol.md 5.1); NULL: none. */
const char *fact_driver(struct decision *d, const char *pop_type, bool *ret_client_token);

char *timestamp_at(struct arena *a, int64_t us);       /* yyyy.MM.dd 'at' HH:mm:ss z, UTC */
char *timestamp_executed(struct arena *a, int64_t us); /* yyyy.MM.dd-HH:mm:ss:SSS-z */

#endif
