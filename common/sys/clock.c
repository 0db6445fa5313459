#include "common/sys/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t); /* cannot fail for these two clocks */
    return (int64_t)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

static char *put(char *out, int value, int digits)
{
    for (int i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

void clock_text(int64_t wall_us, char out[CLOCK_TEXT_SIZE])
{
    const int64_t first = INT64_C(-62167219200) * USEC_PER_SEC; /* 0000-01-01 */
    const int64_t last = INT64_C(253402300800) * USEC_PER_SEC - 1;
    if (wall_us < first)
        wall_us = first;
    if (wall_us > last)
        wall_us = last;
    int64_t micro = wall_us % USEC_PER_SEC, sec = wall_us / USEC_PER_SEC;
    if (micro < 0) {
        micro += USEC_PER_SEC;
        sec--;
    }
    time_t t = (time_t)sec;
    struct tm tm;
    gmtime_r(&t, &tm);
    /* By hand: snprintf is the largest cost of a log line. */
    out = put(out, tm.tm_year + 1900, 4);
    *out++ = '-';
    out = put(out, tm.tm_mon + 1, 2);
    *out++ = '-';
    out = put(out, tm.tm_mday, 2);
    *out++ = 'T';
    out = put(out, tm.tm_hour, 2);
    *out++ = ':';
    out = put(out, tm.tm_min, 2);
    *out++ = ':';
    out = put(out, tm.tm_sec, 2);
    *out++ = '.';
    out = put(out, (int)(micro / 1000), 3);
    *out++ = 'Z';
    *out = '\0';
}

int clock_left_ms(int64_t deadline_mono_us)
{
    int64_t now = clock_mono_us();
    if (deadline_mono_us <= now)
        return 0;
    int64_t ms = (deadline_mono_us - now) / 1000;
    return ms >= INT_MAX ? INT_MAX : (int)ms + 1;
}
