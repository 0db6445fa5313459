/* A message broker with the parts of RabbitMQ that the protocol leans on (amqp-protocol.md 1,
 * design.md section 3).
 *
 * Every queue is bound to openbaton-exchange with its own name, so both exchanges route by name.
 * Order is kept on one connection outwards, and from one queue to one consumer; between queues and
 * consumers everything may overtake. What was delivered and not acknowledged comes again, in front,
 * when its connection is lost or its process dies. A connection that dies has sent some of what it
 * was about to send, not all. */
#ifndef TESTS_SIM_BROKER_H
#define TESTS_SIM_BROKER_H

#include "tests/sim/sim.h"

#include <stddef.h>

struct bmsg {
    struct bmsg *next;
    uint64_t id; /* one publish = one id, however often it is delivered */
    const char *exchange, *key, *reply_to, *correlation_id, *first_death_queue;
    const char *body;
    size_t len;
    int deliveries;
    int64_t published_at;
};

struct bqueue;
struct bconn;
struct bconsumer;

struct bconn_events { /* what happens to a client; NULL: of no interest */
    void (*delivery)(void *ctx, struct bconsumer *c, struct bmsg *m);
    void (*confirmed)(void *ctx, uint64_t seq);
    void (*returned)(void *ctx, uint64_t seq);
    void (*refused)(void *ctx, uint64_t seq);
};

void broker_init(struct sim *s);

/* A new connection; memory is the run's. */
struct bconn *broker_connect(struct sim *s, const char *name, const struct bconn_events *events,
                             void *ctx);
/* It is gone at once for the client. The broker notices after notice_us; what was sent before it
 * broke arrives until then. */
void broker_drop(struct bconn *c, int64_t notice_us);
bool broker_connected(const struct bconn *c);

/* Declared at once: the time that takes is of no interest. owner: exclusive, goes with that
 * connection. */
struct bqueue *broker_declare(struct sim *s, const char *name, struct bconn *owner,
                              bool auto_delete);
struct bqueue *broker_find(struct sim *s, const char *name);
void broker_delete(struct sim *s, const char *name);
/* A private reply queue, declared. broker_has_copy: -1: there is none. */
void broker_declare_reply(struct sim *s, const char *name);
int broker_has_copy(struct sim *s, const char *name);
/* A queue of the connection's own by whose end others see that it ended: up to half a second before
 * what it wrote has no effect any more. */
const char *broker_sender(struct bconn *c);
/* auto_ack: acknowledged before the peer works on it, as all peers but ours do. */
struct bconsumer *broker_consume(struct bconn *c, const char *queue, int prefetch, bool auto_ack);
void broker_pause(struct bconn *c, bool on); /* no further deliveries to this connection */

struct publish {
    const char *exchange, *key, *reply_to, *correlation_id, *body;
    size_t len;
    bool mandatory,
        wants_private_queue; /* reply_to is to be declared first: dead-lettered to nfvo.replies */
    const char *copy_to;     /* a reply queue, where it stays, in the step that gives it to the
                                receiver; NULL: none */
};
uint64_t
broker_publish(struct bconn *c,
               const struct publish *p); /* what is given is copied; returns its number on c */
void broker_ack(struct bconn *c, struct bconsumer *consumer, struct bmsg *m);
/* Who will be told of a queue's coming: not modelled; peers are found again by retries. */
size_t broker_waiting(struct sim *s, const char *queue); /* ready and unacknowledged */
const char *broker_left_reply(const struct sim *s); /* a private reply queue; NULL: none is there */

struct broker_counts {
    uint64_t published, routed, unroutable, dropped, redelivered, lost_with_queue;
};
const struct broker_counts *broker_counts(const struct sim *s);

#endif
