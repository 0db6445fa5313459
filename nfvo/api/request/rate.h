/* How often a client may ask for what needs no login. Each has so many calls in a second, and twice
 * as many at once; the memory is fixed, and clients that share a slot share its calls: which do
 * cannot be chosen from outside. No lock; nothing blocks. */
#ifndef NFVO_API_REQUEST_RATE_H
#define NFVO_API_REQUEST_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate; /* opaque */

struct rate *rate_new(int64_t per_second); /* given; 0: no limit */
void rate_free(struct rate *r);            /* NULL is fine */
/* client: an address as text; of IPv6 its /64 counts. false: too often. */
bool rate_take(struct rate *r, const char *client, int64_t now_us);

#endif
