/* The engine's bus on common/bus: one connection of one worker. Names of queues are the process's
 * (proto/topology.h). */
#ifndef COMMON_ENGINE_BUS_AMQP_H
#define COMMON_ENGINE_BUS_AMQP_H

#include "common/bus/bus.h"
#include "common/engine/engine.h"

struct engine_amqp_options {   /* strings borrowed for life */
    const char *const *queues; /* to consume from; declared by the caller with bus_want_queue */
    size_t n_queues;
    uint16_t prefetch;
    const char *reply_queue;  /* reply_to of SEND_REPLY_SHARED; private reply queues are
                                 dead-lettered to it */
    const char *reply_prefix; /* of private reply queues: prefix + command id */
    int64_t reply_expires_ms;
    const char *dead_letters; /* queue, default exchange */
    int wake_fd;              /* ends a wait; -1: none */
    /* What the broker said went wrong (queue, channel, connection): for the log. May be NULL. */
    void (*fault)(void *arg, const char *what, const char *text);
    void *arg;
};
struct engine_amqp;
struct engine_amqp *engine_amqp_new(struct bus *bus_taken,
                                    const struct engine_amqp_options *options);
void engine_amqp_free(struct engine_amqp *e);
struct engine_bus engine_amqp_bus(struct engine_amqp *e);
struct bus *engine_amqp_connection(struct engine_amqp *e); /* borrowed */

#endif
