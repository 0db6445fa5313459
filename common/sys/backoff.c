#include "common/sys/backoff.h"

/* splitmix64: one multiplication chain, any seed is good, the same on each machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t backoff_next_ms(struct backoff *b)
{
    int64_t d = b->min_ms > 0 ? b->min_ms : 1, max = b->max_ms > d ? b->max_ms : d;
    for (unsigned i = 0; i < b->tries && d < max; i++)
        d = d > max / 2 ? max : d * 2;
    b->tries++;
    int64_t half = d / 2;
    return d - (int64_t)(next_random(&b->seed) % (uint64_t)(half + 1));
}

void backoff_reset(struct backoff *b)
{
    b->tries = 0;
}
