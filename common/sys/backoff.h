/* How long to wait before the next try: exponential, with jitter so that a thousand peers do not
 * come back in the same millisecond.
 *
 *     struct backoff b = BACKOFF_INIT(100, 30000, seed);
 *     while (connect() fails)
 *         wait(backoff_next_ms(&b));
 *     backoff_reset(&b);
 *
 * The n-th wait is random in [d/2, d] with d = min(min_ms * 2^n, max_ms). The sequence depends on
 * the seed only, so the simulator can replay it; processes seed it from id_random. Not thread-safe.
 */
#ifndef COMMON_SYS_BACKOFF_H
#define COMMON_SYS_BACKOFF_H

#include "common/base/macros.h"

struct backoff {
    int64_t min_ms, max_ms; /* 1 <= min_ms <= max_ms */
    uint64_t seed;          /* state of the generator; any value */
    unsigned tries;         /* since the last reset */
};

#define BACKOFF_INIT(min, max, start)                                                              \
    {                                                                                              \
        .min_ms = (min), .max_ms = (max), .seed = (start)                                          \
    }

int64_t backoff_next_ms(struct backoff *b);
void backoff_reset(struct backoff *b); /* after a success; keeps the generator's state */

#endif
