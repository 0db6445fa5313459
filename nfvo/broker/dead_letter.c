#include "nfvo/broker/dead_letter.h"

#include "proto/topology.h"

void dead_letter(struct dead_letters *d, struct bus *bus, const struct bus_delivery *delivery,
                 const struct err *reason)
{
    uint64_t seq = 0;
    const struct bus_header headers[] = {{"x-baton-queue", delivery->queue},
                                         {"x-baton-code", err_name(reason->code)},
                                         {"x-baton-reason", reason->msg},
                                         {"x-baton-where", reason->where}};
    struct bus_message m = {.routing_key = QUEUE_DEAD_LETTERS,
                            .body = delivery->body ? delivery->body : "",
                            .len = delivery->body ? delivery->len : 0,
                            .content_type = delivery->content_type,
                            .correlation_id = delivery->correlation_id,
                            .headers = headers,
                            .header_n = reason->where[0] ? 4 : 3};
    if (d->n < ARRAY_LEN(d->at) && bus_publish(bus, &m, &seq, NULL) == ERR_OK)
        d->at[d->n++] = (struct dead_letter){seq, delivery->tag, delivery->epoch};
    else /* delivered again, or over the limit to the dead letters by the broker itself */
        bus_reject(bus, delivery->tag, delivery->epoch, true);
}

void dead_letters_settle(struct dead_letters *d, struct bus *bus, const struct bus_event *ev)
{
    if (ev->type == BUS_LOST)
        d->n = 0;
    if (ev->type != BUS_CONFIRMED && ev->type != BUS_NACKED)
        return;
    for (size_t i = d->n; i-- > 0;) {
        struct dead_letter l = d->at[i];
        if (l.seq < ev->seq || l.seq > ev->seq_last)
            continue;
        if (ev->type == BUS_CONFIRMED)
            bus_ack(bus, l.tag, l.epoch);
        else
            bus_reject(bus, l.tag, l.epoch, true);
        d->at[i] = d->at[--d->n];
    }
}
