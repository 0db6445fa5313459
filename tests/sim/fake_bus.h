/* engine_bus over the fake broker: one connection of one worker, with losses and recovery. */
#ifndef TESTS_SIM_FAKE_BUS_H
#define TESTS_SIM_FAKE_BUS_H

#include "common/engine/engine.h"
#include "tests/sim/broker.h"
#include "tests/sim/point.h"

struct token;
struct happening;
struct pending;
struct fake_bus {
    struct sim *s;
    const char *who;
    const struct gate *gate;
    struct engine_bus port;
    struct bconn *conn;
    const char *const *queues;
    struct happening *first, **last;
    struct token *tokens; /* deliveries whose memory the engine may look at */
    struct pending *pending, **pending_last;
    uint64_t seq, base; /* numbers over all connections; those before the current one */
    int session, heard; /* of connections: the current one; the last that the worker heard of */
    bool is_corked, is_paused, is_closed, in_burst;
    int dead_letters;
};

/* queues: NULL at the end; borrowed. Connects after a moment: HAPPENED_READY tells. */
void fake_bus_open(struct fake_bus *b, struct sim *s, const char *who, const struct gate *gate,
                   const char *const *queues);
void fake_bus_lose(struct fake_bus *b);  /* the connection breaks; it comes back by itself */
void fake_bus_close(struct fake_bus *b); /* the process died */
/* A delivery that no broker has sent: out of another room. Lost when the bus is not connected. */
void fake_bus_inject(struct fake_bus *b, const struct message *m);

#endif
