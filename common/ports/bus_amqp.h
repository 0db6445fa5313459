/* The engine's bus on common/bus: connections of one worker, one to each room (virtual host;
 * design.md, "Rooms on the broker"). Names of queues are the process's (proto/topology.h).
 *
 *     struct engine_amqp *e = engine_amqp_new(&options);   connects to room "" when used
 *     engine_amqp_set_rooms(e, names, n);                  and to these; again when they change
 *     struct engine_bus bus = engine_amqp_bus(e);
 *
 * What was sent to a room is answered there: the shared reply queue, private reply queues and dead
 * letters are each room's own. A message bears the room that it came out of; the engine never sees
 * a delivery of one room as another's. */
#ifndef COMMON_ENGINE_BUS_AMQP_H
#define COMMON_ENGINE_BUS_AMQP_H

#include "common/bus/bus.h"
#include "common/engine/engine.h"

struct engine_amqp_options { /* strings borrowed for life */
    /* A connection to the room, with the exchange and queues below wanted; given. */
    struct bus *(*open)(void *arg, const char *room);
    const char *const *queues; /* to consume from, in each room */
    size_t n_queues;
    const char *inner_queue; /* and this one in the inner room only; NULL: none */
    uint16_t prefetch;
    const char *user; /* our broker account: what it wrote and somebody brings back is an echo, and
                         what another wrote into inner_queue is forged. The same for all processes */
    /* Is what names no author believed in inner_queue? Processes of before say none, and work beside
     * this one while it takes their place. NULL: no */
    bool (*hears_anonymous)(void *arg);
    const char *reply_queue;  /* reply_to of SEND_REPLY_SHARED; private reply queues are
                                 dead-lettered to it */
    const char *reply_prefix; /* of private reply queues: prefix + command id */
    int64_t reply_expires_ms;
    const char *dead_letters; /* queue, default exchange */
    /* Append what a dead letter may show of a body: no secrets, no more than is worth keeping. */
    void (*dead_letter_body)(const char *body, size_t len, struct sbuf *out);
    int wake_fd; /* ends a wait; -1: none */
    /* What the broker said went wrong (queue, channel, connection): for the log. May be NULL. */
    void (*fault)(void *arg, const char *room, const char *what, const char *text);
    void *arg;
};
struct engine_amqp;
struct engine_amqp *engine_amqp_new(const struct engine_amqp_options *options);
void engine_amqp_free(struct engine_amqp *e);
struct engine_bus engine_amqp_bus(struct engine_amqp *e);
/* The rooms beside the inner one, from now on: new ones are connected to, others closed
 * (HAPPENED_ENDED). By the thread that owns it, between steps. Borrows names. */
void engine_amqp_set_rooms(struct engine_amqp *e, const char *const *names, size_t n);
struct bus *engine_amqp_connection(struct engine_amqp *e); /* to the inner room; borrowed */

#endif
