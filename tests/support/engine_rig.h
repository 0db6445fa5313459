/* One engine worker between ports of memory that a test holds in its hands.
 *
 * The domain counts: a delivery "<agg> <verb>" adds one to the aggregate's phase and notes the verb
 * in rig->story. Verbs that do more: "send", "ask" and "never" send a message of that policy with a
 * command; "answer" answers "amq.gen-1" on behalf of command "<agg>:0.1.7"; "secret" sends a body
 * with the reference "\x01name\x01"; "nothing" is none of ours, "bad" cannot be read, "badreply"
 * neither but answers "<agg>:0.1.7"; an aggregate that
 * begins with '!' is refused by the store. */
#ifndef TESTS_SUPPORT_ENGINE_RIG_H
#define TESTS_SUPPORT_ENGINE_RIG_H

#include "common/base/sbuf.h"
#include "common/engine/engine.h"

#define RIG_MAX 128

struct rig_row { /* of the outbox */
    char stream[40], key[40], command[80], body[64];
    int64_t seq;
    uint8_t policy;
    bool is_answer, is_marked, is_deleted, is_due; /* due: the sweeper may have it */
    int retries;
};
struct rig {
    struct domain domain;
    struct engine_options options;
    struct engine_worker *worker;
    struct engine_queue *queue;
    int64_t now;
    /* store */
    struct {
        char id[40];
        int phase;
        int64_t seq;
    } aggs[RIG_MAX];
    size_t n_aggs;
    struct rig_row outbox[RIG_MAX];
    size_t n_outbox;
    const char *held; /* an aggregate that another worker holds */
    enum err_code load_rc, save_rc, mark_rc, settle_rc, render_rc; /* what they answer */
    int loads, saves;
    const char *due; /* a command that is due: "<agg>:0.1.9" */
    /* bus */
    struct bus_happened happenings[RIG_MAX];
    size_t n_happenings, at;
    enum err_code publish_rc; /* from the publish_fails_at-th on */
    int publish_fails_at;
    uint64_t published;
    char sent[RIG_MAX][96]; /* "key body" by seq - 1 */
    bool is_paused;
    int pauses;
    void *ports;
    char *told;
    struct sbuf story; /* blank-separated: what was decided, acknowledged, given up, told */
};

struct rig *rig_new(void); /* connected: the first step is done */
void rig_free(struct rig *r);
/* What the bus tells next. */
void rig_deliver(struct rig *r, const char *body);
void rig_happens(struct rig *r, enum bus_happening what, uint64_t seq);
void rig_happens_oversize(struct rig *r, const char *command); /* that it answers, or NULL */
/* Steps until nothing is left to be told. */
void rig_run(struct rig *r);
/* The story since the last call; valid until the next. */
const char *rig_story(struct rig *r);
int rig_count(const struct rig *r, const char *agg);     /* 0: not there */
struct rig_row *rig_out(struct rig *r, const char *key); /* the last, deleted or not */
void rig_request(struct rig *r, const char *agg);        /* a user's command */

#endif
