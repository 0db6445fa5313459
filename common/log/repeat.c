/* Lines that come again and again. A fault that lasts makes the same line thousands of times a
 * second; the log keeps the first ones of each window and the number of the others. */
#include "common/log/log_private.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/base/macros.h"
#include "common/sys/clock.h"

enum { SLOTS = 64, BURST = 10, TEXT_MAX = 1024 };
#define WINDOW_US (10 * USEC_PER_SEC)

struct slot {
    uint64_t key; /* 0: free */
    int64_t since_us;
    uint32_t seen;
    uint64_t held; /* lines that were not written */
    enum log_category category;
    enum log_level level;
    size_t len;
    char text[TEXT_MAX]; /* of the first one that was held, without its time; cut */
};

/* The logger's own state, as its output is. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS];

/* Warnings that differ in numbers only are the same: a counter or a port must not hide that
 * a line is repeated. Ids keep lines apart by their letters. */
static uint64_t key_of(enum log_level level, const char *text, size_t len)
{
    uint64_t h = HASH_START;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (level >= LOG_LEVEL_WARN && isdigit(c)) {
            if (i > 0 && isdigit((unsigned char)text[i - 1]))
                continue;
            c = '0';
        }
        h = hash_byte(h, c);
    }
    return h ? h : 1;
}

/* Lock held. */
static void sum_up(struct slot *s, int64_t now_us)
{
    char line[LOG_LINE_MAX], time[CLOCK_TEXT_SIZE];
    clock_text(clock_wall_us(), time);
    int n = snprintf(line, sizeof(line), "ts=%s%.*s repeated=%llu within_s=%lld\n", time,
                     (int)s->len, s->text, (unsigned long long)s->held,
                     (long long)((now_us - s->since_us + USEC_PER_SEC - 1) / USEC_PER_SEC));
    s->held = 0;
    if (n > 0 && (size_t)n < sizeof(line))
        log_output(s->category, s->level, line, (size_t)n - 1);
}

/* Lock held. */
static void sum_up_ended(int64_t now_us, int64_t window_us)
{
    for (struct slot *s = slots; s < slots + SLOTS; s++) {
        if (!s->key || now_us - s->since_us < window_us)
            continue;
        if (s->held)
            sum_up(s, now_us);
        s->key = 0;
    }
}

/* Lock held. The one of this key, a free one, or that which was begun first. */
static struct slot *slot_of(uint64_t key, int64_t now_us)
{
    struct slot *found = &slots[0];
    for (struct slot *s = slots; s < slots + SLOTS; s++) {
        if (s->key == key)
            return s;
        if (found->key && (!s->key || s->since_us < found->since_us))
            found = s;
    }
    if (found->key && found->held)
        sum_up(found, now_us);
    *found = (struct slot){.key = key, .since_us = now_us};
    return found;
}

bool log_repeat_admit(enum log_category category, enum log_level level, const char *text,
                      size_t len)
{
    int64_t now = clock_mono_us();
    uint64_t key = key_of(level, text, len);
    /* Busy: another thread logs, or a process was forked meanwhile. A line too many does no harm.
     */
    if (pthread_mutex_trylock(&lock) != 0)
        return true;
    sum_up_ended(now, WINDOW_US);
    struct slot *s = slot_of(key, now);
    bool is_admitted = ++s->seen <= BURST;
    if (!is_admitted && s->held++ == 0) {
        s->category = category;
        s->level = level;
        s->len = len < TEXT_MAX ? len : TEXT_MAX;
        memcpy(s->text, text, s->len);
    }
    pthread_mutex_unlock(&lock);
    return is_admitted;
}

static void flush(int64_t window_us)
{
    if (pthread_mutex_trylock(&lock) != 0)
        return;
    sum_up_ended(clock_mono_us(), window_us);
    pthread_mutex_unlock(&lock);
}

void log_repeat_forget(void)
{
    pthread_mutex_lock(&lock);
    memset(slots, 0, sizeof(slots));
    pthread_mutex_unlock(&lock);
}

void log_tick(void)
{
    flush(WINDOW_US);
}

void log_flush(void)
{
    flush(INT64_MIN);
}
