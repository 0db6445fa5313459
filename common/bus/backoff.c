#include "common/bus/internal.h"

int bus_backoff_ms(int min_ms, int max_ms, unsigned attempt, uint32_t random)
{
    int64_t step = min_ms;

    while (attempt-- > 0 && step < max_ms)
        step *= 2;
    if (step > max_ms)
        step = max_ms;
    /* Half fixed, half jitter: a hundred peers of a restarted broker come back spread out, yet none
     * hammers it. */
    return (int)(step - step / 2 + (int64_t)random % (step / 2 + 1));
}
