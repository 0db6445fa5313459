#include "nfvo/broker/topology_bus.h"

#include "common/bus/bus.h"
#include "proto/topology.h"

/* The first arguments of all; a queue takes as many as it needs. */
static const struct bus_arg quorum[] = {
    {.name = "x-queue-type", .type = BUS_STRING, .string = "quorum"},
    {.name = "x-delivery-limit", .type = BUS_INT, .integer = QUEUE_DELIVERY_LIMIT},
    {.name = "x-dead-letter-exchange", .type = BUS_STRING, .string = ""},
    {.name = "x-dead-letter-routing-key", .type = BUS_STRING, .string = QUEUE_DEAD_LETTERS},
    {.name = "x-single-active-consumer", .type = BUS_BOOL, .integer = 1},
};
/* In rooms: existing queues of the inner one keep their arguments, or declaring them is refused
 * (406). */
static const struct bus_arg room_entry[] = {
    {.name = "x-queue-type", .type = BUS_STRING, .string = "quorum"},
    {.name = "x-delivery-limit", .type = BUS_INT, .integer = QUEUE_DELIVERY_LIMIT},
    {.name = "x-dead-letter-exchange", .type = BUS_STRING, .string = ""},
    {.name = "x-dead-letter-routing-key", .type = BUS_STRING, .string = QUEUE_DEAD_LETTERS},
    {.name = "x-max-length-bytes", .type = BUS_INT, .integer = QUEUE_ROOM_MAX_BYTES},
    {.name = "x-overflow", .type = BUS_STRING, .string = "reject-publish"},
    {.name = "x-single-active-consumer", .type = BUS_BOOL, .integer = 1},
};
static const struct bus_arg room_bounded[] = {
    {.name = "x-max-length", .type = BUS_INT, .integer = QUEUE_DEAD_LETTERS_MAX},
    {.name = "x-max-length-bytes", .type = BUS_INT, .integer = QUEUE_ROOM_MAX_BYTES},
};
static const struct bus_arg bounded[] = {
    {.name = "x-max-length", .type = BUS_INT, .integer = QUEUE_DEAD_LETTERS_MAX},
};

struct queue_args {
    const struct bus_arg *args;
    size_t arg_n;
};
/* clang-format off */
static const struct {
    const char *name;
    struct queue_args inner, room; /* none: not there */
    bool is_bound;
} queues[] = {
    {QUEUE_MANAGER_HANDLING, {quorum, 5},  {room_entry, 7},   true},
    {QUEUE_ACTIONS,          {quorum, 4},  {room_entry, 6},   true},
    {QUEUE_ACTIONS_REPLY,    {quorum, 4},  {room_entry, 6},   true},
    {QUEUE_EVENT_REGISTER,   {quorum, 4},  {room_entry, 6},   true},
    {QUEUE_EVENT_UNREGISTER, {quorum, 4},  {room_entry, 6},   true},
    {QUEUE_REPLIES,          {quorum, 4},  {room_entry, 6},   true}, /* drivers answer through the exchange */
    {QUEUE_INTERNAL,         {quorum, 4},  {NULL, 0},         false},
    {QUEUE_DEAD_LETTERS,     {bounded, 1}, {room_bounded, 2}, true}, /* the queues of our peers dead-letter through it */
};
/* clang-format on */

static void declare(struct bus *bus, bool is_room)
{
    bus_want_exchange(bus, &(struct bus_exchange){
                               .name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        const struct queue_args *a = is_room ? &queues[i].room : &queues[i].inner;
        if (!a->args)
            continue;
        bus_want_queue(bus, &(struct bus_queue){.name = queues[i].name,
                                                .is_durable = true,
                                                .args = a->args,
                                                .arg_n = a->arg_n});
        if (queues[i].is_bound)
            bus_want_binding(
                bus, &(struct bus_binding){.queue = queues[i].name, .exchange = TOPOLOGY_EXCHANGE});
    }
}

void topology_declare(struct bus *bus)
{
    declare(bus, false);
}

void topology_declare_room(struct bus *bus)
{
    declare(bus, true);
}

void topology_declare_rest_vnfm(struct bus *bus, const char *queue)
{
    static const struct bus_arg args[] = {
        {.name = "x-queue-type", .type = BUS_STRING, .string = "quorum"},
        {.name = "x-dead-letter-exchange", .type = BUS_STRING, .string = ""},
        {.name = "x-dead-letter-routing-key", .type = BUS_STRING, .string = QUEUE_DEAD_LETTERS},
        {.name = "x-expires", .type = BUS_INT, .integer = QUEUE_REST_VNFM_EXPIRES_MS},
    };
    bus_want_exchange(bus, &(struct bus_exchange){
                               .name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    bus_want_queue(bus,
                   &(struct bus_queue){
                       .name = queue, .is_durable = true, .args = args, .arg_n = ARRAY_LEN(args)});
    bus_want_binding(bus, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
}

void topology_declare_rest_answers(struct bus *bus, const char *queue)
{
    static const struct bus_arg args[] = {
        {.name = "x-expires", .type = BUS_INT, .integer = QUEUE_REST_ANSWERS_EXPIRES_MS},
    };
    bus_want_queue(bus,
                   &(struct bus_queue){
                       .name = queue, .is_durable = true, .args = args, .arg_n = ARRAY_LEN(args)});
}
