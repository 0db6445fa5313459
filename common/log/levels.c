#include "common/log/log_private.h"

#include <stdio.h>
#include <string.h>

#define X(name, text) [name] = text,
const char *const log_category_names[LOG_CATEGORY_N] = {LOG_CATEGORIES(X)};
const char *const log_level_names[LOG_LEVEL_N] = {LOG_LEVELS(X)};
#undef X
#define X(name, text) [name] = LOG_LEVEL_INFO,
_Atomic unsigned char log_levels[LOG_CATEGORY_N] = {LOG_CATEGORIES(X)};
#undef X

void log_set_level(enum log_category category, enum log_level level)
{
    atomic_store_explicit(&log_levels[category], (unsigned char)level, memory_order_relaxed);
}

void log_set_level_all(enum log_level level)
{
    for (int i = 0; i < LOG_CATEGORY_N; i++)
        log_set_level((enum log_category)i, level);
}

static int find(const char *const *names, int n, const char *text, size_t len)
{
    for (int i = 0; i < n; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
            return i;
    return -1;
}

static enum err_code refuse(const char *const *names, int n, const char *what, const char *text,
                            size_t len, struct err *err)
{
    char list[160] = "";
    for (int i = 0; i < n; i++)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? " " : "", names[i]);
    err_set(err, ERR_INVALID, "unknown log %s '%.*s'", what, (int)(len < 64 ? len : 64), text);
    return err_hint(err, "known: %s", list);
}

/* One item, "level" or "category=level". */
static enum err_code apply(const char *item, size_t len, unsigned char levels[LOG_CATEGORY_N],
                           struct err *err)
{
    const char *is = memchr(item, '=', len), *level_text = is ? is + 1 : item;
    size_t level_len = len - (size_t)(level_text - item);
    int category = -1, level = find(log_level_names, LOG_LEVEL_N, level_text, level_len);
    if (level < 0)
        return refuse(log_level_names, LOG_LEVEL_N, "level", level_text, level_len, err);
    if (is) {
        category = find(log_category_names, LOG_CATEGORY_N, item, (size_t)(is - item));
        if (category < 0)
            return refuse(log_category_names, LOG_CATEGORY_N, "category", item, (size_t)(is - item),
                          err);
    }
    for (int i = 0; i < LOG_CATEGORY_N; i++)
        if (category < 0 || category == i)
            levels[i] = (unsigned char)level;
    return ERR_OK;
}

enum err_code log_set_levels(const char *spec, struct err *err)
{
    unsigned char levels[LOG_CATEGORY_N];
    for (int i = 0; i < LOG_CATEGORY_N; i++)
        levels[i] = atomic_load(&log_levels[i]);
    for (const char *at = spec, *end; *at; at = *end ? end + 1 : end) {
        end = strchrnul(at, ',');
        size_t blank = strspn(at, " "), len = (size_t)(end - at);
        blank = blank < len ? blank : len;
        while (len > blank && at[len - 1] == ' ')
            len--;
        enum err_code rc = apply(at + blank, len - blank, levels, err);
        if (rc != ERR_OK)
            return rc;
    }
    for (int i = 0; i < LOG_CATEGORY_N; i++)
        log_set_level((enum log_category)i, (enum log_level)levels[i]);
    return ERR_OK;
}

void log_get_levels(char *out, size_t size)
{
    int count[LOG_LEVEL_N] = {0}, common = 0;
    for (int i = 0; i < LOG_CATEGORY_N; i++)
        count[atomic_load(&log_levels[i])]++;
    for (int i = 0; i < LOG_LEVEL_N; i++)
        if (count[i] > count[common])
            common = i;
    size_t len = (size_t)snprintf(out, size, "%s", log_level_names[common]);
    for (int i = 0; i < LOG_CATEGORY_N && len < size; i++) {
        int level = atomic_load(&log_levels[i]);
        if (level != common)
            len += (size_t)snprintf(out + len, size - len, ",%s=%s", log_category_names[i],
                                    log_level_names[level]);
    }
}
