/* The NFVO's peers: VNFMs and VIM drivers in the manners of the SDKs that exist (amqp-protocol.md
 * 1-5, tests/interop/README.md), with the failures of real ones. What they did in the world is
 * counted here: scripts, servers, networks. */
#ifndef TESTS_SIM_CLOUD_H
#define TESTS_SIM_CLOUD_H

#include "proto/messages/driver_rpc.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "tests/sim/broker.h"

enum manner {
    MANNER_C,    /* our SDKs: correlation ids, recognise repetitions, acknowledge after the work */
    MANNER_JAVA, /* acknowledge first, direct reply-to, "null" when there is nothing to say */
    MANNER_PYTHON, /* acknowledge first, no correlation id, no answer when there is nothing to say
                    */
    MANNER_GO,     /* acknowledge first, null for empty lists, cyclic_dependency */
    MANNER_N
};
extern const char *const manner_names[MANNER_N];

#define PEERS_MAX 4

struct effect {                   /* a script ran for a record */
    const char *record, *command; /* command: correlation id or reply address, tells the request */
    const char *root;             /* of what was resumed, it or a RESUME before; else its own */
    enum action action;
    uint64_t message;
    bool has_failed;
};
struct answered { /* our SDK's journal: it survives a crash */
    const char *command, *body;
};
struct job;
struct vnfm {
    struct sim *s;
    const char *type, *queue;
    enum manner manner;
    bool is_alive, self_allocates;
    int incarnation, jobs;
    struct bconn *conn;
    struct job *newest;
    struct effect *effects;
    size_t n_effects;
    struct answered *journal;
    size_t n_journal;
    const char **cancelled; /* requests, also such that have not come yet */
    size_t n_cancelled;
};

struct cloud_server {
    const char *id, *hostname, *token, *pop;
    bool is_broken, is_late; /* late: launched after its deadline */
    int64_t late_at;         /* as that of a network */
    int rebuilds;
    /* drift.h */
    bool is_foreign, is_stopped, was_hidden;
    const char *shown_as, *ip; /* NULL: as it was launched */
    int64_t hidden_until;
};
struct cloud_network {
    const char *id, *name, *pop;
    uint64_t message;
    int64_t late_at;  /* when it came to life, if that was after its request's deadline; else 0 */
    int64_t shown_at; /* when a listing first showed it; 0: none yet */
};
struct call;
struct driver {
    struct sim *s;
    const char *type, *queue;
    enum manner manner;
    bool is_alive, client_token;
    const char *glitched[PEERS_MAX]; /* PoPs whose last listing lied: not twice in a row */
    int incarnation;
    int64_t mute_until; /* it takes calls and does nothing */
    struct bconn *conn;
    struct call *calls;           /* newest first: driver.c */
    struct cloud_server *servers; /* these stay when the driver dies: they are the cloud's */
    size_t n_servers;
    const char **spent; /* client tokens that had a server */
    size_t n_spent;
    struct cloud_network *networks;
    size_t n_networks, n_created; /* created: numbers are not given again */
    uint64_t launches, deletes, listings;
};
struct cloud {
    struct vnfm vnfms[PEERS_MAX];
    int n_vnfms;
    struct driver drivers[PEERS_MAX];
    int n_drivers;
};

void cloud_init(struct sim *s);
struct vnfm *cloud_add_vnfm(struct sim *s, enum manner manner, bool self_allocates);
struct driver *cloud_add_driver(struct sim *s, enum manner manner);

/* That VNF is gone, or begins anew: what ran for it says nothing of the next one. */
void cloud_forget(struct sim *s, const char *nsr, const char *name, const char *id);
void vnfm_start(struct vnfm *v);
void vnfm_crash(struct vnfm *v);
void driver_start(struct driver *d);
void driver_crash(struct driver *d);

/* What becomes of one request. */
struct fate {
    bool fails, silent, twice, garbles, crashes_before, crashes_after;
    int64_t takes_us, published_at; /* the latter of the request, whoever took it before */
    uint64_t message; /* the broker's number of the request: the same one may come twice */
};
/* Its answer, or what a broken encoder makes of it. */
const char *cloud_garbled(struct sim *s, const struct fate *f, const char *body);
struct fate cloud_fate(struct sim *s, int64_t typical_us, int64_t deadline_us);

/* vnfm_record.c: messages in each manner, in the run's arena. */
struct vnfr *vnfm_build_record(struct vnfm *v, const struct vnfd *vnfd, const char *nsr);
void vnfm_allocate_itself(struct vnfm *v, struct vnfr *record);
const char *vnfm_message(struct vnfm *v, enum action action, const struct vnfr *record,
                         const struct or_vnfm *grant);
const char *vnfm_error(struct vnfm *v, const struct vnfr *record, const char *nsr,
                       const char *text);

/* vnfm_scale.c */
/* Of the component that is added; NULL: the record has none. */
const struct vnfc_instance *vnfm_instance_of(const struct vnfr *record, const char *component);
/* What every SDK needs of SCALE_OUT; NULL, or what is wrong with it. */
const char *vnfm_scale_lacks(const struct or_vnfm *rq, const struct vnfr *record);
/* One that allocates itself: an instance of its own for it. */
struct vnfr *vnfm_scale_itself(struct vnfm *v, const struct vnfr *record, const char *component);

/* driver_cloud.c: what the methods do, and the body that says so; NULL: no answer. *ret_ok: it did
 * something. */
const char *driver_perform(struct driver *d, const struct driver_request *rq, const struct fate *f);
/* One that somebody else launched there. */
void cloud_add_foreign(struct driver *d, const char *pop, const char *hostname);
/* Elements of a JSON array as slices of its text; at most max. */
uint32_t json_elements(struct proto_raw array, struct proto_raw *ret, uint32_t max);

#endif
