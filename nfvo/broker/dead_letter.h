/* Deliveries that cannot be handled: a copy with the reason goes to QUEUE_DEAD_LETTERS, and the
 * original is acknowledged when the broker has the copy. The copy is for people: its secrets are
 * masked (dead_letter_body), and x-baton-bytes tells how long the body was.
 *
 *     dead_letter(&dead, bus, delivery, &err);
 *     ...
 *     case BUS_CONFIRMED, BUS_NACKED, BUS_LOST: dead_letters_settle(&dead, bus, &ev); */
#ifndef NFVO_BROKER_DEAD_LETTER_H
#define NFVO_BROKER_DEAD_LETTER_H

#include "common/bus/bus.h"

struct dead_letters { /* one per bus; zeroed is empty */
    struct dead_letter {
        uint64_t seq, tag, epoch;
    } at[64];
    size_t n;
};

#define DEAD_LETTER_BYTES_MAX (64 * 1024)

/* Append what a dead letter may show of a body: JSON with its secrets masked
 * (proto/codec/mask.h), cut at DEAD_LETTER_BYTES_MAX; of what is no JSON only its size, since
 * nobody can tell what stands in it. */
struct sbuf;
void dead_letter_body(const char *body, size_t len, struct sbuf *out);

/* Borrows delivery. reason: its message must hold no secret of the body. */
void dead_letter(struct dead_letters *d, struct bus *bus, const struct bus_delivery *delivery,
                 const struct err *reason);
/* For every event; those of other publishes are ignored. */
void dead_letters_settle(struct dead_letters *d, struct bus *bus, const struct bus_event *ev);

#endif
