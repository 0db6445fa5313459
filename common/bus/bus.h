/* One AMQP 0-9-1 connection, owned by one thread, as an event pump: no callbacks, no hidden threads
 * of control.
 *
 *     struct bus *bus = bus_new(
 *         &(struct bus_options){.host = "broker", .user = "admin", .password = password});
 *     bus_want_exchange(bus, &(struct bus_exchange){
 *         .name = "openbaton-exchange", .type = "topic", .is_durable = true});
 *     bus_want_queue(bus, &(struct bus_queue){.name = "vnfm.nfvo.actions", .is_durable = true});
 *     bus_want_binding(bus, &(struct bus_binding){
 *         .queue = "vnfm.nfvo.actions", .exchange = "openbaton-exchange"});
 *     bus_want_consumer(bus, &(struct bus_consumer){.queue = "vnfm.nfvo.actions", .prefetch = 32});
 *     for (;;) {
 *         struct bus_event ev;
 *         switch (bus_next(bus, &ev, wake_fd, 1000)) {
 *         case BUS_DELIVERY: {
 *             struct bus_delivery *d = bus_take(bus); // outlives bus_next
 *             handle(d);                              // publish what follows from it
 *             bus_ack(bus, d->tag, d->epoch);
 *             bus_delivery_free(d);
 *             break;
 *         }
 *         case BUS_CONFIRMED:
 *             for (uint64_t seq = ev.seq; seq <= ev.seq_last; seq++)
 *                 broker_has(seq);
 *             break;
 *         case BUS_LOST: // all that is not settled up to here is void
 *             send_again_later(ev.seq_last);
 *             break;
 *         default:
 *             break;
 *         }
 *     }
 *
 * The pump connects when it is first called, connects again by itself (backoff with jitter), and
 * replays what is wanted on every new connection. One connection carries everything: publishes on
 * one channel, declarations on a second, each consumer on its own, because AMQP reports an error by
 * closing the channel: a missing queue must not take the deliveries of its neighbour along. There
 * is no second connection for publishing: a broker in alarm stops reading this one, acks included,
 * but it says so first (BUS_BLOCKED), bus_publish then refuses at once, and acks wait in the socket
 * without harm (whoever acks late is only redelivered when the connection dies).
 *
 * Blocking: bus_next waits at most timeout_ms; beyond that only calls to the broker that the
 * watchdog bounds: connecting (connect_timeout_ms), topology and *_now calls (call_timeout_ms),
 * writing to a broker that does not read (publish_stall_ms). A name that does not resolve may take
 * as long as the resolver's own limit. Heartbeats are sent by the pump: call bus_next at least
 * every heartbeat_s / 2 seconds. Nothing here is thread-safe: one struct bus, one thread. Out of
 * memory aborts. Wire: amqp-protocol.md 1; RabbitMQ's extensions confirms, consumer_cancel_notify
 * and connection.blocked are used. */
#ifndef COMMON_BUS_BUS_H
#define COMMON_BUS_BUS_H

#include "common/base/err.h"
#include "common/base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus; /* opaque */

/* --- life --- */

struct bus_tls {
    bool is_on;
    const char *ca;          /* PEM file of the authorities; needed when verify is not off */
    const char *cert, *key;  /* PEM files of the client, or NULL */
    bool is_verify_off;      /* true: accept any certificate and any host name (tests only) */
    const char *min_version; /* "1.2" (default); anything else is refused: librabbitmq 0.11 cannot
                                ask for more, 1.3 is used if offered */
};

/* Everything is borrowed and duplicated. 0 or NULL means the default in brackets. */
struct bus_options {
    const char *host;          /* [localhost] */
    int port;                  /* [5672, with TLS 5671] */
    const char *vhost;         /* [/] */
    const char *user;          /* [guest] */
    const char *password;      /* [guest] */
    const char *password_path; /* read before each login, so that a new password needs no restart;
                                  beats password where it can be read; NULL: none */
    const char *name;          /* connection name shown by the management interface [baton] */
    int heartbeat_s;           /* asked for; the broker may lower it [60]; negative: none */
    int connect_timeout_ms;    /* TCP connect, TLS and AMQP handshake each [5000] */
    int call_timeout_ms;       /* each topology item and *_now call [5000] */
    int publish_stall_ms; /* the watchdog cuts the connection when one write takes longer [10000] */
    int backoff_min_ms, backoff_max_ms; /* between attempts: doubling with jitter [100, 5000] */
    int frame_max;   /* [131072]; lowered where the thread's stack is smaller than 4 MiB (README:
                        nested headers) */
    size_t max_body; /* larger deliveries come as BUS_OVERSIZE without their body [16 MiB] */
    struct bus_tls tls;
};

/* Never fails and does not connect yet: that is bus_next's work. Given. */
struct bus *bus_new(const struct bus_options *options);
/* Closes the connection in an orderly way (at most call_timeout_ms). Does not wait for confirms,
 * and deliveries neither acked nor rejected go back to their queues. Deliveries taken stay valid.
 * NULL is fine. */
void bus_free(struct bus *bus);
void bus_freep(struct bus **bus); /* for AUTO */

/* --- what shall exist: declared now if connected and again on every connection --- */

enum bus_value_type { BUS_INT, BUS_STRING, BUS_BOOL };
enum { BUS_ARGS_MAX = 32 }; /* arguments of one item */
struct bus_arg {
    const char *name;
    enum bus_value_type type;
    int64_t integer;    /* BUS_INT, BUS_BOOL */
    const char *string; /* BUS_STRING */
};
#define BUS_ARG_INT(n, v)    ((struct bus_arg){.name = (n), .type = BUS_INT, .integer = (v)})
#define BUS_ARG_STRING(n, v) ((struct bus_arg){.name = (n), .type = BUS_STRING, .string = (v)})
#define BUS_ARG_BOOL(n, v)   ((struct bus_arg){.name = (n), .type = BUS_BOOL, .integer = (v)})

struct bus_exchange {
    const char *name, *type;
    bool is_durable, is_auto_delete;
    bool is_passive; /* must exist already: only check (a peer that may not configure it) */
};

/* is_server_named: `name` is only our handle, by which bindings, consumers and bus_queue_name refer
 * to it; the broker's name (amq.gen-...) is new on every connection and is reported by BUS_NAMED.
 */
struct bus_queue {
    const char *name;
    bool is_server_named, is_durable, is_exclusive, is_auto_delete, is_passive;
    const struct bus_arg *args;
    size_t arg_n;
};

struct bus_binding {
    const char *queue, *exchange;
    /* NULL: the name of the queue, as Open Baton does everywhere (amqp-protocol.md 1.1) */
    const char *key;
};

/* Deliveries are always acked by hand. One consumer per queue and bus. */
struct bus_consumer {
    const char *queue;
    uint16_t prefetch; /* unacked deliveries the broker may hand out [32]; with max_body it bounds
                          our memory */
    bool is_exclusive; /* refuse others (403 while there are) */
    const struct bus_arg *args;
    size_t arg_n;
};

/* Record (all borrowed, duplicated); the next bus_next carries it out. The same name again replaces
 * the record. An item that fails (406, 403, 404, timeout) is reported by BUS_FAULT, holds up only
 * what depends on it, and is tried again with backoff. Order of calls does not matter: exchanges,
 * queues, bindings, consumers are replayed in this order. */
void bus_want_exchange(struct bus *bus, const struct bus_exchange *exchange);
void bus_want_queue(struct bus *bus, const struct bus_queue *queue);
void bus_want_binding(struct bus *bus, const struct bus_binding *binding);
void bus_want_consumer(struct bus *bus, const struct bus_consumer *consumer);
/* Stop consuming (pause: database away) or resume by bus_want_consumer. Deliveries that are here
 * stay valid and can still be acked; some may still come out of bus_next. Does not wait for the
 * broker. Unknown queue: nothing happens. */
void bus_unwant_consumer(struct bus *bus, const char *queue);
/* Forget a queue with its bindings and consumer; on the broker the consumer is cancelled, the queue
 * stays. */
void bus_unwant_queue(struct bus *bus, const char *queue);
/* The broker's name of a wanted queue. Borrowed until the next bus call; NULL while a server-named
 * queue has none. */
const char *bus_queue_name(const struct bus *bus, const char *queue);

/* --- the pump --- */

enum bus_event_type {
    BUS_TIMEOUT,   /* nothing within timeout_ms */
    BUS_WAKE,      /* wake_fd is readable; the caller reads it */
    BUS_DELIVERY,  /* delivery */
    BUS_OVERSIZE,  /* delivery with len = its size and body NULL: bus_reject it (dead-letter queue)
                    */
    BUS_CONFIRMED, /* the broker took seq..seq_last; a returned message is never among them */
    BUS_NACKED, /* the broker did not take seq..seq_last, or closed the publishing channel with them
                   open: send again */
    BUS_RETURNED, /* mandatory message seq had no queue: code, text (312 NO_ROUTE); this settles it
                   */
    BUS_READY, /* connected and topology replayed (items that failed were reported before); epoch */
    BUS_LOST,  /* connection lost: code, text; publishes up to seq_last not settled yet and
                * deliveries with an epoch up to  `epoch` are void; they will be redelivered */
    BUS_NAMED, /* queue `name` was given the broker's name `text` */
    BUS_CANCELLED, /* the broker cancelled the consumer of queue `name` (deleted?); queue and
                      consumer are tried again with backoff */
    BUS_FAULT,   /* item, name, code, text: could not connect, declare, bind, consume, or a channel
                    was closed; tried again */
    BUS_BLOCKED, /* the broker is in alarm: bus_publish refuses until BUS_UNBLOCKED; text */
    BUS_UNBLOCKED, /* the alarm is over, or the publishing channel that was closed (BUS_FAULT,
                      BUS_PUBLISHING) is open again */
    BUS_EVENT_TYPE_N
};

enum bus_item {
    BUS_CONNECTION,
    BUS_EXCHANGE,
    BUS_QUEUE,
    BUS_BINDING,
    BUS_CONSUMER,
    BUS_PUBLISHING
};

struct bus_header {
    const char *name,
        *value; /* numbers and booleans as text; tables and arrays are left out (but see death_*) */
};

/* One allocation. Absent strings are NULL; a NUL byte inside a string of a peer ends it. */
struct bus_delivery {
    const char *queue;                  /* the wanted queue (our handle for a server-named one) */
    const char *exchange, *routing_key; /* never NULL */
    const char *reply_to, *correlation_id, *content_type, *message_id;
    const char *user_id; /* the author's broker login, if he said it: the broker refuses another's.
                            Kept when a message is redelivered or dead-lettered */
    /* x-first-death-queue: tells which per-request queue a reply came to */
    const char *first_death_queue;
    const char *death_reason; /* x-death[0].reason: expired, rejected, maxlen, delivery_limit */
    int64_t death_count;      /* x-death[0].count, or 0 */
    int64_t delivery_count; /* x-delivery-count of quorum queues: earlier attempts; 0 when absent */
    bool is_redelivered;
    uint64_t tag, epoch; /* for bus_ack, bus_reject */
    const struct bus_header *headers;
    size_t header_n;  /* the first 64 of at most 4 KiB each */
    const char *body; /* NUL behind the last byte; NULL for BUS_OVERSIZE */
    size_t len;
};

struct bus_event {
    enum bus_event_type type;
    /* DELIVERY, OVERSIZE; borrowed until the next bus_next or bus_take */
    const struct bus_delivery *delivery;
    uint64_t seq, seq_last; /* CONFIRMED, NACKED (a range), RETURNED (one), LOST (seq_last) */
    uint64_t epoch;         /* READY, LOST */
    enum bus_item item;     /* FAULT */
    const char *name;       /* FAULT, CANCELLED, NAMED; borrowed until the next bus_next */
    int code;               /* AMQP reply code, or 0 when the fault is not the broker's own */
    const char *text; /* the broker's own words, or the library's; borrowed until the next bus_next;
                         never NULL */
};

/* The next event; returns ev->type. wake_fd: readable (an eventfd of the caller) ends the wait with
 * BUS_WAKE; -1 for none. timeout_ms: 0 only looks, negative waits for ever. Returns BUS_TIMEOUT
 * when nothing came. */
enum bus_event_type bus_next(struct bus *bus, struct bus_event *ev, int wake_fd, int timeout_ms);
/* Is a further event there without waiting? For greedy batches: while (n < 32 && bus_pending(bus))
 * ... */
bool bus_pending(struct bus *bus);
/* Steal the delivery of the last event (given: bus_delivery_free), so that it outlives bus_next,
 * and the bus. */
struct bus_delivery *bus_take(struct bus *bus);
void bus_delivery_free(struct bus_delivery *delivery);
/* Was it dead-lettered on its way, so that somebody's queue brought it here? Dead-lettering keeps
 * user_id: an author counts for this place only without it. Others can pretend it, not hide it. */
bool bus_is_dead_letter(const struct bus_delivery *delivery);
const char *bus_delivery_header(const struct bus_delivery *delivery,
                                const char *name);    /* borrowed; NULL when absent */
const char *bus_event_name(enum bus_event_type type); /* "DELIVERY" */
const char *bus_item_name(enum bus_item item);        /* "queue" */

/* Settle a delivery. Does not wait. A stale epoch is a no-op: the broker delivers again anyway, to
 * whoever is there. bus_ack_upto acks the delivery and all earlier ones of the same queue. */
void bus_ack(struct bus *bus, uint64_t tag, uint64_t epoch);
void bus_ack_upto(struct bus *bus, uint64_t tag, uint64_t epoch);
void bus_reject(struct bus *bus, uint64_t tag, uint64_t epoch, bool is_requeue);

/* --- publishing --- */

struct bus_message {
    const char *exchange; /* NULL or "": the default exchange, key = queue */
    const char *routing_key;
    const char *body;
    size_t len;
    const char *content_type; /* [text/plain], as the Java SDK needs it (amqp-protocol.md 1.4) */
    const char *content_encoding; /* [UTF-8] */
    const char *correlation_id, *reply_to, *message_id;
    const char *user_id;   /* vouches for the author. Must be this connection's own login, else the
                              broker closes the channel (406: BUS_FAULT, BUS_NACKED) */
    int64_t expiration_ms; /* 0: none; negative: expires at once unless a consumer waits ("0" on the
                              wire) */
    bool is_transient;     /* false: persistent */
    bool is_mandatory; /* BUS_RETURNED when no queue gets it; adds a header x-bus-seq (returns carry
                          no number) */
    const char *copy_to; /* default exchange only: this queue gets the message, too, in one step
                            with the other, and the receiver does not see it (header BCC). Beside it
                            a mandatory message is hardly ever returned. NULL: none */
    const struct bus_header *headers;
    size_t header_n;
};

/* Hands the message to the socket and returns; exactly one of CONFIRMED, NACKED, RETURNED, LOST
 * settles *ret_seq (numbers grow by one per success and never repeat in the life of a bus).
 * ERR_UNAVAIL: not connected, or the broker is in alarm; ERR_LIMIT: BUS_UNCONFIRMED_MAX are open;
 * ERR_IO: the connection broke while writing (BUS_LOST follows; the message may have arrived). An
 * exchange that does not exist or may not be written closes the channel: BUS_FAULT
 * (BUS_PUBLISHING), then BUS_NACKED for all that are open; a new one is there after backoff_min_ms.
 */
#define BUS_UNCONFIRMED_MAX 8192
enum err_code bus_publish(struct bus *bus, const struct bus_message *message, uint64_t *ret_seq,
                          struct err *err) MUST_USE;
/* Between the two, publishes and acks leave in full segments. bus_next and *_now calls uncork.
 * Nothing is held back for more than 200 ms (Linux). */
void bus_cork(struct bus *bus);
void bus_uncork(struct bus *bus);

/* --- synchronous broker calls: each waits at most call_timeout_ms; events that arrive are kept --- */

/* ERR_NOT_FOUND: no such queue; ERR_UNAVAIL: not connected, or in alarm; ERR_TIMEOUT; ERR_DENIED;
 * else ERR_PEER with the broker's words, err->sys its code. */
enum err_code bus_queue_check(struct bus *bus, const char *queue, uint32_t *ret_messages,
                              uint32_t *ret_consumers, struct err *err) MUST_USE;
/* Declare outside of the recovery list: the durable per-request reply queue that outlives the
 * connection (design.md 3). */
enum err_code bus_queue_declare_now(struct bus *bus, const struct bus_queue *queue,
                                    struct err *err) MUST_USE;
enum err_code bus_queue_delete_now(struct bus *bus, const char *queue,
                                   struct err *err) MUST_USE; /* absent is fine */

/* --- state --- */

struct bus_stats {
    uint64_t connects, connect_failures, losses, watchdog_cuts;
    uint64_t published, confirmed, nacked, returned;
    uint64_t delivered, redelivered, oversized, acked, rejected, stale_settles;
    uint64_t faults, cancels;
    uint64_t bytes_in, bytes_out; /* of bodies */
};
const struct bus_stats *bus_get_stats(const struct bus *bus); /* borrowed, by the owner's thread */
bool bus_is_ready(const struct bus *bus);                     /* between BUS_READY and BUS_LOST */
/* Is everything that is wanted there? An item that failed (BUS_FAULT) comes later without an event.
 */
bool bus_has_all(const struct bus *bus);
bool bus_is_blocked(const struct bus *bus);    /* between BUS_BLOCKED and BUS_UNBLOCKED */
size_t bus_unconfirmed(const struct bus *bus); /* publishes not settled yet */

#endif
