#include "nfvo/broker/dead_letter.h"

#include "common/base/sbuf.h"
#include "common/base/utf8.h"
#include "proto/codec/mask.h"
#include "proto/topology.h"
#include "proto/types.h"

#include <stdio.h>

void dead_letter_body(const char *body, size_t len, struct sbuf *out)
{
    size_t before = out->len;
    struct err err = ERR_INIT;
    if (proto_mask_text(proto_types, body, len, out, &err) != ERR_OK)
        sbuf_addf(out, "(%zu bytes that are not JSON)", len);
    if (out->len - before > DEAD_LETTER_BYTES_MAX)
        sbuf_truncate(out, before + utf8_cut(out->s + before, DEAD_LETTER_BYTES_MAX));
}

void dead_letter(struct dead_letters *d, struct bus *bus, const struct bus_delivery *delivery,
                 const struct err *reason)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    char bytes[24];
    uint64_t seq = 0;
    size_t len = delivery->body ? delivery->len : 0;
    dead_letter_body(delivery->body ? delivery->body : "", len, &body);
    snprintf(bytes, sizeof(bytes), "%zu", len);
    const struct bus_header headers[] = {{"x-baton-queue", delivery->queue},
                                         {"x-baton-code", err_name(reason->code)},
                                         {"x-baton-reason", reason->msg},
                                         {"x-baton-bytes", bytes},
                                         {"x-baton-where", reason->where}};
    struct bus_message m = {.routing_key = QUEUE_DEAD_LETTERS,
                            .body = body.s,
                            .len = body.len,
                            .content_type = delivery->content_type,
                            .correlation_id = delivery->correlation_id,
                            .headers = headers,
                            .header_n = reason->where[0] ? 5 : 4};
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
