/* The durable loop of design.md, section 3, written once over ports: the real ones talk to RabbitMQ
 * and PostgreSQL, the simulator's are made of memory. A worker is one thread that owns one of each:
 *
 *     take    what is waiting (deliveries, users' commands, due deadlines), at most a batch
 *     load    BEGIN; lock the aggregates, skip what another worker holds; their rows, commands and
 *             facts; the database's time
 *     decide  each, purely
 *     save    changed rows, commands, outbox, events, history; COMMIT
 *     then    publish the outbox rows, acknowledge, complete; the next save deletes confirmed rows
 *
 * A batch that fails to save is tried again one intent at a time. When the store is away,
 * deliveries are kept and consuming pauses. Nothing here knows NFV: a domain says how to read a
 * message and how to decide. */
#ifndef COMMON_ENGINE_ENGINE_H
#define COMMON_ENGINE_ENGINE_H

#include "common/base/sbuf.h"
#include "common/fsm/domain.h"

#define ENGINE_BATCH_MAX   32
#define ENGINE_BATCH_BYTES ((size_t)16 << 20) /* bodies in hand; one more message may exceed it */

/* --- port: store --- */
struct loaded { /* one locked aggregate */
    const char *agg;
    uint8_t agg_kind;
    struct row *root; /* NULL: there is none (the id itself is locked against creation by others) */
    const char *unknown; /* "phase 'X' of vnfr v-1": a word in it that is not known here, and so it
                            cannot be decided; else NULL */
    struct rows rows;
    struct commands commands;
};
struct load {
    /* in */
    const struct intent *const *intents;
    size_t n;
    struct arena *arena;
    /* out */
    int64_t now;
    /* The ones that could be locked; a missing one is held by another worker */
    struct loaded *aggs;
    size_t n_aggs;
    struct rows facts;
};
struct outbox_row {
    const char *stream;
    int64_t seq;
    int32_t attempts; /* of sweeps and returns, when it was read */
    int64_t made_at;  /* before it was saved, by the worker's own clock; not stored */
    int64_t until_at;
    bool maybe_sent;
    /* With maybe_sent: the connection on which it was, or would have been, written (engine_bus,
     * sender); OUTBOX_SENDER_GONE: it was seen to have ended a while ago; "": not known. */
    const char *sender;
    bool has_ended; /* not to be sent, its queue is to go: it is confirmed, and that queue holds its
                       copy, or nobody waits for its answer any more. One to insert has no message:
                       its command, closed in the same save, has no other row */
    struct send send;
};
#define OUTBOX_SENDER_GONE      "-"
#define OUTBOX_SENDER_CONFIRMED "+" /* as the store keeps copied ones */
struct outbox_rows {
    struct outbox_row **at;
    uint32_t n;
};
struct unreadable { /* a stored document that could not be read */
    const struct row *row;
    const char *text; /* what people are told */
};
struct save {
    struct row *const *rows; /* marked ones only */
    size_t n_rows;
    struct command *const *commands; /* marked ones only */
    size_t n_commands;
    struct outbox_row *const *outbox; /* to insert */
    size_t n_outbox;
    struct outgoing_event *const *events;
    size_t n_events;
    const struct unreadable *unreadable; /* to be noted for people: kept until it can be read */
    size_t n_unreadable;
    const char *const *postponed; /* commands whose deadline is looked at again after a minute */
    size_t n_postponed;
    const struct {
        const char *nsr_id, *doc;
    } * notes;
    size_t n_notes;
    struct record_line *const *lines;
    size_t n_lines;
    const struct {
        const char *id;
        int status;
        const char *body;
    } * operations;
    size_t n_operations;
    const struct outbox_row *const *confirmed; /* to delete */
    size_t n_confirmed;
    const struct outbox_row *const
        *copied; /* confirmed, their copies are to go first: the store keeps them, has_ended, and
                    they come as confirmed next */
    size_t n_copied;
    const struct outbox_row *const
        *retry; /* unroutable: to send again later; attempts and next_at are set by the store */
    size_t n_retry;
    const struct outbox_row *const
        *gone; /* whose sender is gone: the store notes that, and gives them out again in a second,
                  when nothing that it wrote can be under way in the broker any more */
    size_t n_gone;
};
struct due {
    const char *command, *agg;
    uint8_t agg_kind;
};
struct due_query {
    size_t max;
    const char *const *held; /* not those sent to these rooms: their answers could not be heard */
    size_t n_held;
};
struct engine_store {
    void *ctx;
    /* Opens a transaction. On failure none is open. ERR_UNAVAIL: the store is away. */
    enum err_code (*load)(void *ctx, const struct domain *dom, struct load *l, struct err *err);
    /* Writes and commits the open transaction; on failure it is rolled back. */
    enum err_code (*save)(void *ctx, const struct domain *dom, const struct save *s,
                          struct err *err);
    /* Deletes confirmed and re-schedules returned rows outside of a batch. */
    enum err_code (*settle)(void *ctx, const struct save *s, struct err *err);
    /* Commands that are due. */
    enum err_code (*due)(void *ctx, struct arena *a, const struct due_query *q, struct due **ret,
                         size_t *ret_n, struct err *err);
    /* Outbox rows that nobody confirmed in time; leases them to the caller. A request whose command
     * is closed is none of them: whoever sent it died before it could delete the row, and what was
     * asked for may be undone already. Such rows are deleted here; those that may have left a queue
     * at the broker (their answer's, or their copy's) are given out has_ended, to be deleted by the
     * caller once that is gone, and may not be marked by anybody from then on. At most max of
     * either. */
    enum err_code (*unsent)(void *ctx, struct arena *a, size_t max, struct outbox_rows *ret,
                            struct err *err);
    /* Commits "may have been sent", by row->sender, for rows whose policy is not SEND_BLIND, and
     * sets maybe_sent in those that are still there and nobody had marked: only these may be sent
     * by the caller. */
    enum err_code (*mark_maybe_sent)(void *ctx, struct outbox_row *const *rows, size_t n,
                                     struct err *err);
    /* Text for a reference of a body; given (malloc). ERR_NOT_FOUND: its owner is gone. */
    enum err_code (*render)(void *ctx, const struct send_ref *ref, char **ret, struct err *err);
};

/* --- port: bus --- */
enum send_fate { FATE_UNKNOWN, FATE_TAKEN, FATE_NOT_TAKEN };
enum bus_happening {
    HAPPENED_NOTHING, /* time out: nothing waits */
    HAPPENED_WOKEN,   /* a user's command waits */
    HAPPENED_DELIVERY,
    HAPPENED_CONFIRMED, /* publish `seq` */
    HAPPENED_RETURNED,  /* publish `seq` could not be routed; no CONFIRMED follows */
    HAPPENED_REFUSED,   /* publish `seq` was nacked */
    HAPPENED_LOST,      /* of `room` everything unconfirmed and unacknowledged is void; will be
                           redelivered */
    HAPPENED_READY,     /* `room` is connected and consumed */
    HAPPENED_ENDED,     /* `room` is LOST and will not come back: it is nobody's any more */
    HAPPENED_OVERSIZE,  /* a delivery too large to read: all but its body */
};
struct bus_happened {
    enum bus_happening what;
    uint64_t seq;           /* never of two rooms */
    const char *room;       /* LOST, READY, ENDED; lives as long as the port */
    struct message message; /* memory belongs to token until it is acked or dropped */
    void *token;            /* of a delivery: give to ack or dead_letter exactly once */
};
struct engine_bus {
    void *ctx;
    /* Waits at most timeout_ms (0: only what is there). */
    void (*next)(void *ctx, int timeout_ms, struct bus_happened *ret);
    void (*ack)(void *ctx, void *token);
    /* To the dead-letter queue with its reason, then acknowledged. */
    void (*dead_letter)(void *ctx, void *token, const struct err *reason);
    /* Makes what publish needs at the broker, and waits for it: the private reply queue of s, if it
     * wants one, and one for its copy, if it must not be sent twice. Done again it does no harm. Errors are those of publish but ERR_IO; and ERR_STATE:
     * nobody would get it, as if it had been returned. */
    enum err_code (*prepare)(void *ctx, const struct send *s, struct err *err);
    /* To the room of s; prepared. Waits for nothing. ERR_UNAVAIL when that is not connected;
     * ERR_NOT_FOUND when there is no such room; ERR_IO when it broke meanwhile: it may have left.
     * After any other error it did not. body: rendered. */
    enum err_code (*publish)(void *ctx, const struct send *s, const char *body, size_t len,
                             uint64_t *ret_seq, struct err *err);
    /* Of a request that is not SEND_BLIND, whose sender may have died before the broker confirmed
     * it. sender: the name of the connection to the room on which publish writes
     * now, borrowed; NULL: there is none. has_ended: has that connection, of whatever process,
     * ended? was_taken: has the broker given the message to its receiver? FATE_NOT_TAKEN is final
     * a second after the connection has ended, FATE_TAKEN always; FATE_UNKNOWN: it keeps no trace.
     * Both wait for the broker; errors are those of prepare. */
    const char *(*sender)(void *ctx, const char *room);
    enum err_code (*has_ended)(void *ctx, const char *room, const char *sender, bool *ret,
                               struct err *err);
    enum err_code (*was_taken)(void *ctx, const struct send *s, enum send_fate *ret,
                               struct err *err);
    /* Nobody waits for the answer to this command any more, and none was taken: its private reply
     * queue in the room, if it has one, may go; or its copy is not needed any more. Best effort.
     * May be NULL. */
    void (*forget)(void *ctx, const char *room, const char *command);
    void (*cork)(void *ctx, bool on);
    /* Stop or resume consuming. While it is on, next is not woken by requests of users either: they
     * cannot be decided. */
    void (*pause)(void *ctx, bool on);
    /* Wait without taking anything: there is no room. May be NULL. */
    void (*rest)(void *ctx, int timeout_ms);
};

/* --- port: clock (monotonic) --- */
struct engine_clock {
    void *ctx;
    int64_t (*now_us)(void *ctx);
};

/* --- users' commands --- */
/* Executed by whichever worker comes first; done is called once, from that worker's thread, after
 * COMMIT or failure. */
struct engine_request {
    struct engine_request *next;
    struct intent intent; /* memory is the submitter's until done */
    void (*done)(struct engine_request *r, const struct err *err, const char *text);
    void *arg;
};
struct engine_queue; /* thread-safe, shared by the workers of a process */
struct engine_queue *engine_queue_new(void);
void engine_queue_free(struct engine_queue *q);
/* When no worker takes any more: who still waits is told ERR_UNAVAIL, and so is each later request,
 * in the thread that submits it. */
void engine_queue_close(struct engine_queue *q);
void engine_submit(struct engine_queue *q, struct engine_request *r);
int engine_queue_fd(struct engine_queue *q); /* readable when something waits (eventfd) */
struct engine_request *engine_queue_take(struct engine_queue *q,
                                         size_t max); /* a list; may be NULL */

/* --- worker --- */
struct engine_stats { /* written by the worker only; read by anybody, torn values do not matter */
    uint64_t batches, intents, stale, empty, bad, deferred, conflicts, commits, published,
        confirmed, returned, resent, deadlines, dead_letters, unreadable, foreign;
    uint64_t decide_us, load_us, save_us, publish_us;
};
struct engine_options {
    int64_t sweep_every_us, due_every_us; /* how often the outbox and the deadlines are looked at */
    int64_t
        grace_us; /* deadlines fire only when consuming that long and the queue was seen empty */
    int64_t room_grace_us; /* how long those of commands to a room wait for the room's connection */
    int64_t idle_us;       /* longest wait of one step */
    void (*log)(void *arg, const struct decision *d); /* after each decision; may be NULL */
    /* Rows that are committed, each once, with the transaction's time: for what is counted. Borrowed
     * for the call. May be NULL. */
    void (*saved)(void *arg, int64_t now, struct row *const *rows, size_t n);
    /* What did not work and will be tried again, or was given up: for the log. May be NULL. */
    void (*fault)(void *arg, const char *what, const struct err *err);
    void *log_arg;
};
struct engine_worker;
struct engine_worker *engine_worker_new(const struct domain *dom, const struct engine_store *store,
                                        const struct engine_bus *bus,
                                        const struct engine_clock *clock, const struct ids *ids,
                                        struct engine_queue *queue,
                                        const struct engine_options *options);
void engine_worker_free(struct engine_worker *w);
/* One turn of the loop; returns whether anything was done. The caller loops until told to stop. */
bool engine_worker_step(struct engine_worker *w);
/* Stop taking; publish and settle what is in hand, at most until the clock says deadline. Users'
 * commands that are undecided by then are told ERR_UNAVAIL. */
void engine_worker_drain(struct engine_worker *w, int64_t deadline_us);
const struct engine_stats *engine_worker_stats(const struct engine_worker *w);

#endif
