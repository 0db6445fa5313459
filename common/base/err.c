#include "common/base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
    int status;
} codes[ERR_CODE_N] = {
#define X(name, status, text) [name] = {#name, text, status},
    ERR_CODES(X)
#undef X
};

static int known(enum err_code code)
{
    return (unsigned)code < ERR_CODE_N ? (int)code : ERR_INTERNAL;
}

const char *err_name(enum err_code code)
{
    return codes[known(code)].name;
}

const char *err_text(enum err_code code)
{
    return codes[known(code)].text;
}

int err_http_status(enum err_code code)
{
    return codes[known(code)].status;
}

enum err_code err_from_name(const char *name)
{
    for (int i = 0; name && i < ERR_CODE_N; i++)
        if (strcmp(codes[i].name, name) == 0)
            return (enum err_code)i;
    return ERR_INTERNAL;
}

enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        *err = (struct err){.code = code};
        va_start(ap, fmt);
        vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
        va_end(ap);
    }
    return code;
}

enum err_code err_set_errno(struct err *err, enum err_code code, int errno_value, const char *fmt,
                            ...)
{
    if (err) {
        va_list ap;
        char reason[96];
        *err = (struct err){.code = code, .sys = errno_value};
        va_start(ap, fmt);
        vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
        va_end(ap);
        size_t used = strlen(err->msg);
        snprintf(err->msg + used, sizeof(err->msg) - used, ": %s",
                 strerror_r(errno_value, reason, sizeof(reason)));
    }
    return code;
}

enum err_code err_add(struct err *err, const char *fmt, ...)
{
    if (!err)
        return ERR_INTERNAL;
    char context[sizeof(err->msg)], cause[sizeof(err->msg)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(context, sizeof(context), fmt, ap);
    va_end(ap);
    memcpy(cause, err->msg, sizeof(cause));
    /* The cause is worth more than the context: when both do not fit, the context is cut. */
    size_t room = sizeof(err->msg) - 1, cause_len = strlen(cause), head = strlen(context);
    if (cause_len + 2 < room && head > room - cause_len - 2)
        head = room - cause_len - 2;
    snprintf(err->msg, sizeof(err->msg), "%.*s: %s", (int)head, context, cause);
    return err->code;
}

enum err_code err_hint(struct err *err, const char *fmt, ...)
{
    if (!err)
        return ERR_INTERNAL;
    if (err->hint[0] == '\0') {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
        va_end(ap);
    }
    return err->code;
}

enum err_code err_where(struct err *err, const char *fmt, ...)
{
    if (!err)
        return ERR_INTERNAL;
    if (err->where[0] == '\0') {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->where, sizeof(err->where), fmt, ap);
        va_end(ap);
    }
    return err->code;
}

const char *text_behind_place(const char *text, const char *place)
{
    size_t n = strlen(place);
    bool is_there = n > 0 && strncmp(text, place, n) == 0 && strncmp(text + n, ": ", 2) == 0;
    return is_there ? text + n + 2 : text;
}

const char *err_what(const struct err *err)
{
    return text_behind_place(err->msg, err->where);
}
