#include "common/log/log.h"

#include "common/base/utf8.h"
#include "common/log/log_private.h"
#include "common/sys/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A line under construction: on the stack, never longer than its array, one byte kept for the
 * newline. */
struct line {
    size_t len;
    char text[LOG_LINE_MAX];
};

static size_t room(const struct line *l)
{
    return sizeof(l->text) - 1 - l->len;
}

static void put(struct line *l, const char *s, size_t n)
{
    if (n > room(l))
        n = utf8_cut(s, room(l));
    memcpy(l->text + l->len, s, n);
    l->len += n;
}

static void puts_line(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

static bool is_plain(const char *s, size_t n)
{
    if (n == 0 || (n == 4 && memcmp(s, "NULL", 4) == 0))
        return false;
    for (size_t i = 0, step; i < n; i += step) {
        uint32_t c;
        step = utf8_char(s + i, n - i, &c);
        if (step == 0 || utf8_steers(c) || c == ' ' || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return true;
}

static void put_escaped(struct line *l, const char *s, size_t n)
{
    char esc[12];
    for (size_t i = 0, step; i < n; i += step) {
        uint32_t c = 0;
        step = utf8_char(s + i, n - i, &c);
        if (step == 0) {
            snprintf(esc, sizeof(esc), "\\x%02x", (unsigned char)s[i]);
            step = 1;
        } else if (c == '"' || c == '\\') {
            snprintf(esc, sizeof(esc), "\\%c", (int)c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            snprintf(esc, sizeof(esc), "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        } else if (utf8_steers(c)) {
            snprintf(esc, sizeof(esc), c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
        } else {
            put(l, s + i, step);
            continue;
        }
        puts_line(l, esc);
    }
}

static void put_value(struct line *l, const char *s)
{
    if (!s) {
        puts_line(l, "NULL");
        return;
    }
    size_t n = strnlen(s, LOG_VALUE_MAX + 1);
    bool is_cut = n > LOG_VALUE_MAX;
    if (is_cut)
        n = utf8_cut(s, LOG_VALUE_MAX);
    if (!is_cut && is_plain(s, n)) {
        put(l, s, n);
        return;
    }
    put(l, "\"", 1);
    put_escaped(l, s, n);
    puts_line(l, is_cut ? "...\"" : "\"");
}

static void put_key(struct line *l, const char *key)
{
    put(l, " ", 1);
    puts_line(l, key);
    put(l, "=", 1);
}

static void put_err(struct line *l, const struct err *e)
{
    put_key(l, "err");
    puts_line(l, e ? err_name(e->code) : "NULL");
    if (!e)
        return;
    put_key(l, "msg");
    put_value(l, e->msg);
    if (e->where[0]) {
        put_key(l, "where");
        put_value(l, e->where);
    }
    if (e->hint[0]) {
        put_key(l, "hint");
        put_value(l, e->hint);
    }
    if (e->sys) {
        char number[16];
        snprintf(number, sizeof(number), "%d", e->sys);
        put_key(l, "sys");
        puts_line(l, number);
    }
}

static void put_kv(struct line *l, const struct kv *kv)
{
    char number[40];
    if (kv->type == KV_T_ERR) {
        put_err(l, kv->v.e);
        return;
    }
    put_key(l, kv->key);
    switch (kv->type) {
    case KV_T_STR:
        put_value(l, kv->v.s);
        break;
    case KV_T_INT:
        snprintf(number, sizeof(number), "%lld", (long long)kv->v.i);
        puts_line(l, number);
        break;
    case KV_T_DBL:
        snprintf(number, sizeof(number), "%.6g", kv->v.d);
        puts_line(l, number);
        break;
    case KV_T_BOOL:
        puts_line(l, kv->v.b ? "true" : "false");
        break;
    case KV_T_SECRET:
        put_value(l, kv->v.s && kv->v.s[0] ? "***" : kv->v.s);
        break;
    case KV_T_ERR:
    case KV_T_END:
        break;
    }
}

void log_write(enum log_category category, enum log_level level, const char *event,
               const struct kv *kv)
{
    int saved = errno; /* a log call must not change what its caller looks at */
    char time[CLOCK_TEXT_SIZE];
    struct line l;
    l.len = 0;
    clock_text(clock_wall_us(), time);
    puts_line(&l, "ts=");
    puts_line(&l, time);
    size_t begin = l.len;
    puts_line(&l, " lvl=");
    puts_line(&l, log_level_names[level]);
    puts_line(&l, " mod=");
    puts_line(&l, log_category_names[category]);
    put_key(&l, "ev");
    put_value(&l, event);
    for (; kv->type != KV_T_END; kv++)
        put_kv(&l, kv);
    l.text[l.len] = '\n';
    if (log_repeat_admit(category, level, l.text + begin, l.len - begin))
        log_output(category, level, l.text, l.len);
    errno = saved;
}

void log_set_capture(log_capture_fn *fn, void *arg)
{
    log_repeat_forget();
    log_output_to(fn, arg);
}
