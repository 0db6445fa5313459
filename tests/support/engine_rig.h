/* One engine worker between ports of memory that a test holds in its hands.
 *
 * The domain counts: a delivery "<agg> <verb>" adds one to the aggregate's phase and notes the verb
 * in rig->story. Verbs that do more: "send", "ask" and "never" send a message of that policy with a
 * command; "answer" answers "amq.gen-1" on behalf of command "<agg>:0.1.7"; "secret" sends "<>"
 * with the reference "name" inside of it, "askref" asks with one; what is sent goes to the room of
 * the delivery; "nothing" is none of ours, "bad" cannot be read, "badreply" neither but answers
 * "<agg>:0.1.7", whose command that closes; an aggregate that begins with '!' is refused by the
 * store. With "unreadable", and with the aggregate "?" always, the stored document cannot be read;
 * "asker" is answered. */
#ifndef TESTS_SUPPORT_ENGINE_RIG_H
#define TESTS_SUPPORT_ENGINE_RIG_H

#include "common/base/sbuf.h"
#include "common/engine/engine.h"

#define RIG_MAX 128

struct rig_row { /* of the outbox */
    char stream[40], room[40], key[40], command[80], body[64], sender[40];
    int64_t seq;
    uint8_t policy;
    bool has_ref, is_answer, is_marked, is_deleted, is_due; /* due: the sweeper may have it */
    bool has_ended;                                         /* its command is closed */
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
    const char *due;      /* a command that is due: "<agg>:0.1.9" */
    const char *due_room; /* where it was sent */
    /* bus */
    struct bus_happened happenings[RIG_MAX];
    size_t n_happenings, at;
    enum err_code publish_rc; /* from the publish_fails_at-th on */
    int publish_fails_at;
    const char *no_room; /* publishing to this one answers no_room_rc */
    enum err_code no_room_rc;
    enum err_code prepare_rc;
    bool waited_marked; /* a body was rendered, or the broker waited for, after its mark */
    int64_t mark_takes_us;
    int forgotten;       /* copies and reply queues */
    const char *sender;  /* of what is published now */
    bool is_sender_gone; /* each one's connection has ended */
    enum send_fate fate; /* of what is in doubt */
    enum err_code fate_rc;
    bool another_sweeps; /* while this one waits for the broker, another worker marks the row */
    uint64_t published;
    char sent[RIG_MAX][96]; /* "key body" by seq - 1 */
    bool is_paused;
    int pauses;
    int waits; /* steps that would have waited */
    void *ports;
    char *told;
    struct sbuf story; /* blank-separated: what was decided, acknowledged, given up, told */
};

struct rig *rig_new(void); /* connected: the first step is done */
void rig_free(struct rig *r);
/* What the bus tells next. */
void rig_deliver(struct rig *r, const char *body);
void rig_happens(struct rig *r, enum bus_happening what, uint64_t seq);
void rig_deliver_in(struct rig *r, const char *room, const char *body);
void rig_happens_in(struct rig *r, const char *room, enum bus_happening what);
void rig_happens_oversize(struct rig *r, const char *command); /* that it answers, or NULL */
/* Steps until nothing is left to be told. */
void rig_run(struct rig *r);
/* The story since the last call; valid until the next. */
const char *rig_story(struct rig *r);
int rig_count(const struct rig *r, const char *agg);     /* 0: not there */
struct rig_row *rig_out(struct rig *r, const char *key); /* the last, deleted or not */
void rig_request(struct rig *r, const char *agg);        /* a user's command */

#endif
