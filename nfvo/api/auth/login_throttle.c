#include "nfvo/api/auth/login_throttle.h"

#define SECOND_US INT64_C(1000000)

enum {
    PAIR_FREE = 5,
    PAIR_MAX_S = 900,
    PAIR_KNOWN_MANY = 50,
    CLIENT_FREE = 20,
    CLIENT_MAX_S = 60,
    ACCOUNT_FREE = 100,
    ACCOUNT_MANY = 1000,
    PENALTY_MAX = 1000,
};

static int64_t doubled_us(int64_t failures, int64_t free, int64_t max_s)
{
    int64_t n = failures - free;
    if (n < 0)
        return 0;
    return (n >= 20 || (INT64_C(1) << n) > max_s ? max_s : INT64_C(1) << n) * SECOND_US;
}

static int64_t left_us(int64_t at_us, int64_t wait_us, int64_t now_us)
{
    int64_t left = at_us + wait_us - now_us;
    return left > 0 ? left : 0;
}

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t login_wait_us(const struct store_login_standing *s)
{
    int64_t pair_us = doubled_us(s->pair, PAIR_FREE, PAIR_MAX_S);
    int64_t client_us = doubled_us(s->client, CLIENT_FREE, CLIENT_MAX_S);
    int64_t account_us = s->account >= ACCOUNT_MANY   ? 10 * SECOND_US
                         : s->account >= ACCOUNT_FREE ? SECOND_US
                                                      : 0;
    if (s->is_known && pair_us > 0)
        pair_us = s->pair >= PAIR_KNOWN_MANY ? SECOND_US : SECOND_US / 4;
    int64_t wait = left_us(s->pair_at_us, pair_us, s->now_us);
    if (s->is_known)
        return wait;
    wait = max_of(wait, left_us(s->client_at_us, client_us, s->now_us));
    return max_of(wait, left_us(s->account_at_us, account_us, s->now_us));
}

bool login_is_held(const struct store_login_standing *s)
{
    return s->is_known || (s->pair == 0 && s->client == 0);
}

/* Spread over a few of the waits, so that none who comes again at once is always the first. */
int64_t login_hold_us(int64_t wait_us, uint32_t random)
{
    return wait_us + SECOND_US / 100 + (int64_t)(random % 1000) * SECOND_US / 1000;
}

unsigned login_penalty(const struct store_login_standing *s)
{
    int64_t n = s->is_known ? s->pair : 1 + s->pair + s->client + s->account / 8;
    return (unsigned)(n < PENALTY_MAX ? n : PENALTY_MAX);
}
