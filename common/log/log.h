/* The key=value logger: one event, one line, one write(2).
 *
 *     log_info(LOG_LCM, "vnfr_state", KV_S("vnfr", id), KV_I("took_ms", ms));
 *     -> ts=2026-11-22T10:00:00.123Z lvl=info mod=lcm ev=vnfr_state vnfr=8f0c... took_ms=12
 *
 * Event names and keys are literals in snake_case, no text is ever put together in them. Values are
 * data of peers: they are quoted and escaped when they hold anything but printable non-blank ASCII
 * or UTF-8, and cut at LOG_VALUE_MAX bytes (a line at LOG_LINE_MAX), so a line is always one line.
 * NULL strings are written as NULL.
 *
 * A line that comes again and again is written ten times in ten seconds; the others are counted,
 * and summed up in one line more when the ten seconds are over: "... repeated=25890 within_s=10".
 * Warnings and errors that differ in digits only count as the same line.
 *
 * Thread-safe; the arguments are borrowed for the call and not evaluated when the level is off. The
 * levels are the only state besides the output; they may be changed while others log. Failing to
 * write is silent (there is nobody left to tell) but counted. */
#ifndef COMMON_LOG_LOG_H
#define COMMON_LOG_LOG_H

#include "common/base/err.h"

#include <stdatomic.h>
#include <stdbool.h>

#define LOG_VALUE_MAX 1024
#define LOG_LINE_MAX  8192

/* clang-format off */
#define LOG_CATEGORIES(X)                                                                          \
    X(LOG_PROC,   "proc")   /* start, stop, signals, privileges */                                 \
    X(LOG_CONF,   "conf")                                                                          \
    X(LOG_HTTP,   "http")                                                                          \
    X(LOG_BUS,    "bus")                                                                           \
    X(LOG_DB,     "db")                                                                            \
    X(LOG_ENGINE, "engine")                                                                        \
    X(LOG_JSON,   "json")                                                                          \
    X(LOG_API,    "api")                                                                           \
    X(LOG_SEC,    "sec")    /* logins, tokens, refusals */                                         \
    X(LOG_LCM,    "lcm")    /* lifecycle of network services and functions */                      \
    X(LOG_CAT,    "cat")    /* catalogue: descriptors, packages */                                 \
    X(LOG_VNFM,   "vnfm")                                                                          \
    X(LOG_VIM,    "vim")                                                                           \
    X(LOG_EVENT,  "event")                                                                         \
    X(LOG_STORE,  "store")                                                                         \
    X(LOG_EMS,    "ems")                                                                           \
    X(LOG_EXEC,   "exec")   /* child processes, scripts */                                         \
    X(LOG_DRIVER, "driver")                                                                        \
    X(LOG_SDK,    "sdk")                                                                           \
    X(LOG_CLI,    "cli")                                                                           \
    X(LOG_TEST,   "test")

#define LOG_LEVELS(X)                                                                              \
    X(LOG_LEVEL_DEBUG, "debug")                                                                    \
    X(LOG_LEVEL_INFO,  "info")                                                                     \
    X(LOG_LEVEL_WARN,  "warn")  /* works, but somebody should look */                              \
    X(LOG_LEVEL_ERROR, "error") /* something asked for was not done */                             \
    X(LOG_LEVEL_CRIT,  "crit")  /* the process cannot go on */                                     \
    X(LOG_LEVEL_NONE,  "none")  /* for setting only: nothing at all */
/* clang-format on */

#define X(name, text) name,
enum log_category { LOG_CATEGORIES(X) LOG_CATEGORY_N };
enum log_level { LOG_LEVELS(X) LOG_LEVEL_N };
#undef X

enum kv_type { KV_T_END, KV_T_STR, KV_T_INT, KV_T_DBL, KV_T_BOOL, KV_T_ERR, KV_T_SECRET };
struct kv {
    const char *key;
    enum kv_type type;
    union {
        const char *s;
        int64_t i;
        double d;
        bool b;
        const struct err *e;
    } v;
};

/* clang-format off */
#define KV_S(k, x)      ((struct kv){ .key = (k), .type = KV_T_STR,    .v.s = (x) })
#define KV_I(k, x)      ((struct kv){ .key = (k), .type = KV_T_INT,    .v.i = (int64_t)(x) })
#define KV_D(k, x)      ((struct kv){ .key = (k), .type = KV_T_DBL,    .v.d = (x) })
#define KV_B(k, x)      ((struct kv){ .key = (k), .type = KV_T_BOOL,   .v.b = (x) })
#define KV_ERR(x)       ((struct kv){ .key = "err", .type = KV_T_ERR,  .v.e = (x) }) /* err= msg= and where= hint= sys= if set */
#define KV_SECRET(k, x) ((struct kv){ .key = (k), .type = KV_T_SECRET, .v.s = (x) }) /* ***, or NULL or "" if it is that */
#define KV_END          ((struct kv){ .type = KV_T_END })

#define log_debug(category, ...) LOG_AT_(LOG_LEVEL_DEBUG, category, __VA_ARGS__)
#define log_info(category, ...)  LOG_AT_(LOG_LEVEL_INFO,  category, __VA_ARGS__)
#define log_warn(category, ...)  LOG_AT_(LOG_LEVEL_WARN,  category, __VA_ARGS__)
#define log_error(category, ...) LOG_AT_(LOG_LEVEL_ERROR, category, __VA_ARGS__)
#define log_crit(category, ...)  LOG_AT_(LOG_LEVEL_CRIT,  category, __VA_ARGS__)

/* The first of the arguments is the event, the rest are struct kv: an array, so that the compiler checks their type. */
#define LOG_FIRST_(event, ...) event
#define LOG_REST_(event, ...)  __VA_ARGS__
#define LOG_AT_(level, category, ...)                                                              \
    do {                                                                                           \
        if (log_wants(category, level))                                                            \
            log_write(category, level, LOG_FIRST_(__VA_ARGS__, 0),                                 \
                      (const struct kv[]){ LOG_REST_(__VA_ARGS__, KV_END) });                      \
    } while (0)
/* clang-format on */

extern _Atomic unsigned char log_levels[LOG_CATEGORY_N];

static inline bool log_wants(enum log_category category, enum log_level level)
{
    return level >= atomic_load_explicit(&log_levels[category], memory_order_relaxed);
}

/* What the macros call. kv ends with KV_END. */
void log_write(enum log_category category, enum log_level level, const char *event,
               const struct kv *kv);

void log_set_level(enum log_category category, enum log_level level);
void log_set_level_all(enum log_level level); /* info is the default */
/* "info" or "warn,lcm=debug,bus=info": from left to right; all or nothing. ERR_INVALID with a hint
 * that lists the names. */
MUST_USE enum err_code log_set_levels(const char *spec, struct err *err);
void log_get_levels(char *out, size_t size); /* in the same form; cut when it does not fit */

/* Write the sums of repeated lines whose time is over (now and then, from any thread: nothing else
 * may be logged for long), and all of them (at the end of the process). */
void log_tick(void);
void log_flush(void);

/* Where lines go: a file (created 0640, appended, close-on-exec) or standard error, path NULL or
 * "". log_reopen opens the same path again (SIGHUP, logrotate); on failure the old file stays in
 * use. ERR_IO. */
MUST_USE enum err_code log_open_file(const char *path, struct err *err);
MUST_USE enum err_code log_reopen(struct err *err);
uint64_t log_lost_count(void); /* lines that could not be written */

/* For tests: each line (without the newline, NUL-terminated, borrowed) goes to fn in the thread
 * that logs, and not to the output. NULL ends it. Set it while nobody else logs. */
typedef void log_capture_fn(void *arg, enum log_category category, enum log_level level,
                            const char *line);
void log_set_capture(log_capture_fn *fn, void *arg);

#endif
