// The sample in common/bus/bus.h
#include "common/bus/bus.h"

void handle(const struct bus_delivery *d);
void broker_has(uint64_t seq);
void send_again_later(uint64_t up_to_seq);
void pump(const char *password, int wake_fd);

void pump(const char *password, int wake_fd)
{
    /* clang-format off */
    /* sample */
    struct bus *bus = bus_new(
        &(struct bus_options){.host = "broker", .user = "admin", .password = password});
    bus_want_exchange(bus, &(struct bus_exchange){
        .name = "openbaton-exchange", .type = "topic", .is_durable = true});
    bus_want_queue(bus, &(struct bus_queue){.name = "vnfm.nfvo.actions", .is_durable = true});
    bus_want_binding(bus, &(struct bus_binding){
        .queue = "vnfm.nfvo.actions", .exchange = "openbaton-exchange"});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = "vnfm.nfvo.actions", .prefetch = 32});
    for (;;) {
        struct bus_event ev;
        switch (bus_next(bus, &ev, wake_fd, 1000)) {
        case BUS_DELIVERY: {
            struct bus_delivery *d = bus_take(bus); // outlives bus_next
            handle(d);                              // publish what follows from it
            bus_ack(bus, d->tag, d->epoch);
            bus_delivery_free(d);
            break;
        }
        case BUS_CONFIRMED:
            for (uint64_t seq = ev.seq; seq <= ev.seq_last; seq++)
                broker_has(seq);
            break;
        case BUS_LOST: // all that is not settled up to here is void
            send_again_later(ev.seq_last);
            break;
        default:
            break;
        }
    }
    /* end */
    /* clang-format on */
}
