/* What the files of common/bus share; nobody else includes this (except its unit tests). README.md
 * shows who calls whom. */
#ifndef COMMON_BUS_INTERNAL_H
#define COMMON_BUS_INTERNAL_H

#include "common/bus/bus.h"
#include "common/sys/backoff.h"

#include <amqp.h>
#include <amqp_framing.h>
#include <stdatomic.h>

int64_t bus_now_ms(void);                        /* monotonic */
struct backoff bus_backoff_new(struct bus *bus); /* with the limits of the options */

/* --- events.c (pure): what bus_next will return --- */
struct event_node {
    struct event_node *next;
    struct bus_event ev;
    struct bus_delivery *delivery; /* owned */
    char strings[];                /* name and text */
};
struct event_queue {
    struct event_node *head, *tail;
};
/* Append an event; copies name and text (may be NULL). Borrowed result, to fill in the numbers. */
struct bus_event *bus_event_push(struct event_queue *q, enum bus_event_type type, const char *name,
                                 const char *text);
void bus_event_push_delivery(struct event_queue *q, enum bus_event_type type,
                             struct bus_delivery *taken);
/* Append one settled publish, growing the range of the last event where it fits. */
void bus_event_push_settled(struct event_queue *q, enum bus_event_type type, uint64_t seq);
struct event_node *bus_event_pop(struct event_queue *q); /* given; NULL when empty */
void bus_event_splice(struct event_queue *to, struct event_queue *from);
void bus_event_drop_deliveries(struct event_queue *q);
void bus_event_node_free(struct event_node *node);
void bus_event_queue_release(struct event_queue *q);

/* --- ledger.c (pure): publishes that are not settled yet --- */
struct ledger {
    uint64_t first, next; /* open ones are in [first, next); next is the number of the next publish;
                             starts at 1 */
    uint64_t base;        /* delivery tag n of the publishing channel is publish base + n */
    size_t open_n;
    unsigned char state[BUS_UNCONFIRMED_MAX]; /* by number modulo */
};
void bus_ledger_init(struct ledger *l);
void bus_ledger_new_channel(struct ledger *l); /* tags start at 1 again */
bool bus_ledger_is_full(const struct ledger *l);
uint64_t bus_ledger_open(struct ledger *l);
bool bus_ledger_returned(struct ledger *l, uint64_t seq); /* false: not an open one */
/* Settle by the broker's delivery tag (is_multiple: and all before it; tag 0: all). Pushes events;
 * returns how many. */
size_t bus_ledger_settle(struct ledger *l, struct event_queue *q, enum bus_event_type type,
                         uint64_t tag, bool is_multiple);
void bus_ledger_void(struct ledger *l); /* the connection is gone: nothing is open any more */

/* --- delivery.c (pure): one allocation out of method, properties and size --- */
struct incoming { /* a message that is arriving: what the method said, kept until the header is here
                   */
    enum { IN_NOTHING, IN_HEADER, IN_BODY } want;
    bool is_return, is_oversize, is_redelivered;
    uint64_t tag;
    int code;
    char exchange[256], routing_key[256], text[256];
    struct bus_delivery *delivery; /* owned; NULL for a return */
    uint64_t size, at;
};
/* queue is copied. Body not filled; is NULL when with_body is false. Given. */
struct bus_delivery *bus_delivery_new(const struct incoming *in, const char *queue,
                                      const amqp_basic_properties_t *p, bool with_body);
char *bus_delivery_body(struct bus_delivery *d); /* the writable body behind d->body */
int64_t bus_properties_seq(
    const amqp_basic_properties_t *p); /* x-bus-seq of a returned message; -1 when absent */
void bus_copy_short(char to[256], amqp_bytes_t from);

/* --- watchdog.c --- */
struct guard { /* one per bus; the thread may only look at it while it is attached */
    struct guard *next, **link;
    int fd; /* a dup: the number cannot be reused by somebody else while we may shut it down */
    _Atomic int64_t deadline_at_ms; /* 0: not armed */
    _Atomic bool is_cut;
};
void bus_guard_attach(struct guard *g, int fd);
void bus_guard_detach(struct guard *g);
void bus_guard_arm(struct guard *g, int timeout_ms);
void bus_guard_disarm(struct guard *g);

/* --- the bus --- */
enum { CHANNEL_MAX = 255 };
struct channel {
    uint16_t number;
    enum {
        CHANNEL_CLOSED,
        CHANNEL_OPEN,
        CHANNEL_CLOSING
    } state; /* closing: given up by us, late frames are dropped */
    uint64_t epoch;
    char *queue;           /* wanted name of the queue that is, or was, consumed here; owned */
    struct item *consumer; /* borrowed; NULL when nothing is consumed now */
    struct incoming in;
};

struct item { /* of the recovery list */
    struct item *next;
    enum bus_item kind;
    char *name; /* exchange; queue for all others; NULL for publishing */
    char *type, *exchange, *key, *actual;
    bool is_server_named, is_durable, is_exclusive, is_auto_delete, is_passive;
    uint16_t prefetch;
    struct bus_arg *args;
    size_t arg_n;
    bool is_done;
    struct backoff backoff;
    int64_t retry_at_ms;
    struct channel *channel; /* consumer, publishing */
};

struct call {                /* the one synchronous call that may be under way */
    struct channel *channel; /* NULL: none */
    amqp_method_number_t expect;
    enum { CALL_PENDING, CALL_ANSWERED, CALL_CLOSED, CALL_LOST } state;
    int code;
    char text[256], queue[256];
    uint32_t messages, consumers;
};

struct bus {
    char *host, *vhost, *user, *password, *password_path, *name, *address;
    char *tls_ca, *tls_cert, *tls_key, *tls_min_version;
    struct bus_options o; /* defaults filled in; strings point to the above */

    amqp_connection_state_t conn; /* NULL: not connected */
    bool is_ready, is_blocked, is_corked, is_replayed;
    int64_t ready_at_ms, retry_at_ms, heard_at_ms; /* heard: when bus_drain read last */
    struct backoff backoff;
    uint64_t seed;  /* of the next backoff */
    uint64_t epoch; /* counts channels ever opened */
    struct guard guard;

    struct channel *channels[CHANNEL_MAX + 1]; /* by number; created when first used */
    struct channel *topology;                  /* for declarations; NULL while it has none */
    struct item *items;                        /* sorted by kind: the order of replay */
    struct item *publishing;                   /* first of the items: channel and confirm mode */
    struct call call;

    struct event_queue events,
        early; /* early: what arrives while the topology is replayed, to come after READY */
    struct event_node *current; /* the event the caller looks at */
    unsigned since_wake;
    struct ledger ledger;
    struct bus_stats stats;
};

/* --- connect.c --- */
void bus_connect(struct bus *bus); /* one attempt; failure is a FAULT event */
void bus_lost(struct bus *bus, int code,
              const char *text); /* close, void, report LOST; bus->conn is NULL afterwards */
void bus_write_failed(struct bus *bus,
                      int status);    /* read what is left (the reason), then bus_lost */
void bus_disconnect(struct bus *bus); /* orderly */

/* --- pump.c: what bus_next and bus_set_next are made of --- */
/* The next event that is here, into *ev and bus->current. */
bool bus_give_next(struct bus *bus, struct bus_event *ev);
void bus_release_current(struct bus *bus); /* the caller has done with the last event */
int bus_socket(const struct bus *bus);     /* -1: not connected */
/* When connecting or declaring is due (past: now; INT64_MAX: never), and when the connection has to
 * be looked at for its heartbeats. */
int64_t bus_call_due_ms(const struct bus *bus);
int64_t bus_heartbeat_due_ms(const struct bus *bus);
/* One round of what is due: connect, declare. Waits for the broker's answers, and for nothing else.
 */
void bus_work_calls(struct bus *bus);
/* Read what is here, unless events wait already. Never waits. */
void bus_work_frames(struct bus *bus);

/* --- frames.c --- */
void bus_drain(
    struct bus *bus); /* handle every frame that is here; never waits; may end in bus_lost */

/* --- call.c --- */
/* Send a method and pump frames until it is answered. ERR_PEER: the broker closed the channel,
 * err->sys says why. */
enum err_code bus_call(struct bus *bus, struct channel *channel, amqp_method_number_t id,
                       void *method, amqp_method_number_t expect, struct err *err) MUST_USE;
enum err_code bus_channel_open(struct bus *bus, struct channel **ret_channel,
                               struct err *err) MUST_USE;
void bus_channel_void(struct bus *bus, struct channel *c); /* forget all that belonged to it */
enum err_code bus_topology_channel(struct bus *bus, struct channel **ret_channel,
                                   struct err *err) MUST_USE;
struct channel *bus_channel_find(struct bus *bus, uint16_t number); /* NULL when there is none */
enum err_code bus_declare_queue(struct bus *bus, const char *name, const struct item *item,
                                struct err *err) MUST_USE;
/* Fills entries (at least arg_n) and returns the table over them. */
amqp_table_t bus_args_table(const struct bus_arg *args, size_t arg_n, amqp_table_entry_t *entries);
amqp_bytes_t bus_bytes(const char *s); /* NULL is empty */

/* --- topology.c --- */
void bus_replay(struct bus *bus); /* try every item that is due */
int64_t bus_replay_due_ms(
    const struct bus *bus);            /* when bus_replay has something to do; INT64_MAX: nothing */
void bus_items_reset(struct bus *bus); /* the connection is gone: all is to be done again */
int bus_replay_rank(enum bus_item kind);
void bus_item_free(struct item *item);
void bus_items_free(struct bus *bus);
/* Failed or undone from outside: report when text is not NULL, try again after a backoff. */
void bus_item_fault(struct bus *bus, struct item *item, int code, const char *text);
void bus_consumer_cancelled(struct bus *bus, struct item *consumer);

#endif
