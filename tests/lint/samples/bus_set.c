// The sample in common/bus/bus_set.h
#include "common/bus/bus_set.h"

void handle(const struct bus_delivery *d);
void pump(struct bus_options options, int wake_fd);

void pump(struct bus_options options, int wake_fd)
{
    /* clang-format off */
    /* sample */
    struct bus_set *set = bus_set_new();
    bus_set_add(set, "", bus_new(&options)); // then topology and consumers: bus_want_...
    options.vhost = "baton.vnfm-generic";
    bus_set_add(set, options.vhost, bus_new(&options));
    for (;;) {
        const struct bus_member *from;
        struct bus_event ev;
        if (bus_set_next(set, &ev, &from, wake_fd, 1000) == BUS_DELIVERY) {
            struct bus_delivery *d = bus_take(from->bus);
            handle(d);
            bus_ack(from->bus, d->tag, d->epoch);
            bus_delivery_free(d);
        }
    }
    /* end */
    /* clang-format on */
}
