/* Between the files of common/peer. The I/O thread owns everything but what is marked: workers hand
 * it commands, it hands them jobs. */
#ifndef COMMON_PEER_INTERNAL_H
#define COMMON_PEER_INTERNAL_H

#include "common/base/table.h"
#include "common/peer/answers.h"
#include "common/peer/peer.h"
#include "common/sys/backoff.h"
#include "common/sys/ids.h"

#include <pthread.h>
#include <stdatomic.h>

#define PEER_REPLIES "replies" /* our handle for the server-named reply queue */

/* --- timers.c: a heap by due time --- */
struct timer {
    int64_t due_us;
    size_t at; /* place in the heap + 1; 0: not set */
    void (*fire)(struct peer *p, struct timer *timer);
};
struct timers {
    struct timer **heap;
    size_t n, cap;
};
void timers_set(struct timers *t, struct timer *timer, int64_t due_us);
void timers_unset(struct timers *t, struct timer *timer);
struct timer *timers_first(const struct timers *t); /* NULL when empty */
void timers_release(struct timers *t);

/* --- pool.c: the workers --- */
struct job {
    struct job *next;
    void (*run)(struct job *job);
};
struct jobs {
    struct job *head, **tail;
    size_t n;
};
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *head, **tail;
    bool is_ending;
    pthread_t *threads;
    unsigned n, idle;
};
void jobs_init(struct jobs *jobs);
void jobs_add(struct jobs *jobs, struct job *job);
void pool_init(struct pool *pool);
MUST_USE enum err_code pool_start(struct pool *pool, unsigned n, struct err *err);
void pool_give(struct pool *pool, struct jobs *jobs); /* empties jobs */
void pool_stop(struct pool *pool);                    /* runs what is left, then joins */
void pool_release(struct pool *pool);

/* --- what is to be published --- */
enum send_kind { SEND_REPLY, SEND_ASK, SEND_TELL };
struct send {
    struct send *next, *prev;
    enum send_kind kind;
    enum { SEND_IDLE, SEND_QUEUED, SEND_OPEN } state;
    uint64_t seq;
};
struct send_queue {
    struct send *head, *tail;
};

struct command { /* from any thread to the I/O thread */
    struct command *next;
    enum { COMMAND_REPLY, COMMAND_ACK, COMMAND_ASK, COMMAND_AFTER, COMMAND_TELL } kind;
};

struct peer_request {
    struct table_entry entry; /* in peer->in_hand, when it has a correlation id */
    struct job job;
    struct command command;
    struct send send;
    struct peer *peer;
    struct bus_delivery *delivery;
    uint64_t tag, epoch; /* of the latest delivery */
    struct sbuf reply;
    bool is_keyed;
};

struct ask {
    struct table_entry entry;
    struct timer timer;
    struct job job;
    struct command command;
    struct send send;
    struct peer *peer;
    char id[ID_SIZE + 20];
    const char *key;
    struct sbuf body;
    int64_t deadline_us;
    peer_answered_fn *done;
    void *arg;
    struct bus_delivery *answer;
    struct err err;
};

struct after {
    struct timer timer;
    struct job job;
    struct command command;
    struct after *next, *prev; /* of all, for the stop */
    int64_t delay_ms;
    void (*fn)(void *arg);
    void *arg;
};

struct tell {
    struct command command;
    struct send send;
    char *key;
    struct sbuf body;
};

struct peer {
    struct peer_options o; /* strings are ours */
    char *strings[24];
    size_t string_n;
    char instance[ID_SIZE];
    struct pool pool;
    pthread_t io;
    bool is_started;
    int wake_fd;

    pthread_mutex_t lock; /* commands */
    struct command *commands, **commands_tail;
    _Atomic int stop_grace_ms;  /* -1: go on */
    _Atomic bool is_discarding; /* the end: replies go nowhere */

    /* session.c */
    struct bus *bus; /* NULL between sessions */
    bool is_private, is_first;
    struct peer_credentials credentials; /* user "" : none */
    int64_t reopen_at_us;
    struct backoff backoff;
    unsigned register_patience; /* each attempt that was not answered doubles the next one's time */
    struct ask *registration;   /* NULL: none is under way */
    struct timer again;         /* registers again after a failure */

    struct timers timers;
    struct jobs jobs; /* for the workers, at the end of the round */
    struct table in_hand, asks;
    struct answers answers;
    struct after *afters;
    uint64_t ask_n;

    struct send_queue urgent, queue;
    struct send *open[BUS_UNCONFIRMED_MAX]; /* by number modulo */
    uint64_t open_last;
    size_t careful;  /* publishes to go one by one, to find the one that the broker refuses */
    bool is_refusal; /* what is nacked next was refused for lack of rights */

    struct {
        uint64_t tag, epoch;
    } * acks;
    size_t ack_n, ack_cap;

    _Atomic uint64_t requests, repeats, replies, asked, answered, timeouts, dropped, registrations,
        in_hand_n;
};

int64_t peer_now_us(void);
void peer_command(struct peer *p, struct command *command);
void peer_report(struct peer *p, enum peer_state state, int code, const char *text);

/* session.c */
void session_work(struct peer *p); /* open one when it is due */
void session_ready(struct peer *p);
void session_lost(struct peer *p, const struct bus_event *ev);
void session_fault(struct peer *p, const struct bus_event *ev);
void session_close(struct peer *p);
void session_registered(struct peer *p, struct ask *ask); /* answer or error of the registration */

/* serve.c */
void serve_delivery(struct peer *p); /* the one bus_take gives */
void serve_reply(struct peer *p, struct peer_request *r);
void serve_ack(struct peer *p, struct peer_request *r);
void serve_settled(struct peer *p, struct peer_request *r, bool is_sent);
void serve_flush_acks(struct peer *p);

/* ask.c */
void ask_begin(struct peer *p, struct ask *ask);
struct ask *ask_new(struct peer *p, const char *key, struct sbuf *body, int64_t timeout_ms);
void ask_answer(struct peer *p); /* the delivery bus_take gives */
void ask_finish(struct peer *p, struct ask *ask, enum err_code code, const char *text);
void ask_resend_all(struct peer *p);
void ask_abort_all(struct peer *p);
void ask_free(struct ask *ask);
void after_begin(struct peer *p, struct after *after);
void after_abort_all(struct peer *p);

/* send.c */
void send_later(struct peer *p, struct send *send);
void send_cancel(struct peer *p, struct send *send);
void send_pump(struct peer *p);
void send_confirmed(struct peer *p, uint64_t from, uint64_t to);
void send_nacked(struct peer *p, uint64_t from, uint64_t to);
void send_returned(struct peer *p, uint64_t seq);
void send_void(struct peer *p); /* the connection is gone */
void send_refused(struct peer *p);
bool send_is_idle(const struct peer *p);
void send_free_tells(struct peer *p);

/* io.c */
void *peer_io(void *peer);

#endif
