/* Errors as values: what went wrong, where it arose, and the next step.
 *
 *     if (rc != ERR_OK)
 *         return err_add(err, "launch vdu '%s' on pop '%s'", vdu->name, pop->name);
 *
 * A function that can fail returns enum err_code and fills *err (borrowed, may be NULL) in the
 * place where the error arises; callers only add context in front, the first cause stays. struct
 * err is a plain value: nothing to free, copy it freely. What is stored, sent or shown to a user is
 * the proto record `fault`, made once from it (proto/records/fault.h). */
#ifndef COMMON_BASE_ERR_H
#define COMMON_BASE_ERR_H

#include "common/base/macros.h"

/* name, HTTP status (rest-api.md 0.1: never 401, 403, 409, 415 or 503 where its CLI must notice),
 * text */
#define ERR_CODES(X)                                                                               \
    X(ERR_OK, 200, "ok")                                                                           \
    X(ERR_INVALID, 422, "invalid input")                                                           \
    X(ERR_SYNTAX, 400, "not well-formed")                                                          \
    X(ERR_LIMIT, 422, "limit exceeded")                                                            \
    X(ERR_NOT_FOUND, 404, "no such object")                                                        \
    X(ERR_EXISTS, 422, "exists already")                                                           \
    X(ERR_STATE, 422, "state forbids this")                                                        \
    X(ERR_AUTH, 401, "not authenticated")                                                          \
    X(ERR_DENIED, 403, "not allowed")                                                              \
    X(ERR_TIMEOUT, 500, "peer did not answer in time")                                             \
    X(ERR_UNAVAIL, 500, "peer is not there")                                                       \
    X(ERR_PEER, 422, "peer answered with an error")                                                \
    X(ERR_UNKNOWN, 500, "outcome unknown")                                                         \
    X(ERR_IO, 500, "input or output failed")                                                       \
    X(ERR_NOMEM, 500, "out of memory")                                                             \
    X(ERR_UNSUPPORTED, 501, "not built")                                                           \
    X(ERR_INTERNAL, 500, "internal error")

enum err_code {
#define X(name, status, text) name,
    ERR_CODES(X)
#undef X
        ERR_CODE_N
};

struct err {
    enum err_code code;
    int sys;       /* errno, SQLSTATE as PostgreSQL packs it, AMQP reply code: whatever the place of
                      origin has; 0 if none */
    char msg[384]; /* lower case, no full stop, subject in single quotes; context first, cause last
                    */
    char hint[192]; /* the next step for the user, or "" */
    char where[96]; /* JSON path, file:line or object of the fault, or "" */
};

#define ERR_INIT                                                                                   \
    {                                                                                              \
        .code = ERR_OK                                                                             \
    }

const char *err_name(enum err_code code);      /* "ERR_INVALID" */
const char *err_text(enum err_code code);      /* "invalid input" */
int err_http_status(enum err_code code);       /* 422 */
enum err_code err_from_name(const char *name); /* ERR_INTERNAL when unknown */

/* Where the error arises. Overwrites *err. Returns code, so that `return err_set(...)` reads well.
 * err may be NULL. */
enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same with strerror(errno_value) behind the message. */
enum err_code err_set_errno(struct err *err, enum err_code code, int errno_value, const char *fmt,
                            ...) PRINTF_LIKE(4, 5);
/* On the way up: put context before the message. Returns err->code (ERR_INTERNAL when err is NULL).
 */
enum err_code err_add(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Set the hint or the place unless one is there already (the first cause knows best). Return
 * err->code. */
enum err_code err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum err_code err_where(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The message without the place in front of it ("vnfd[0].name: must not be empty" at
 * "vnfd[0].name"): for who prints both. Borrowed. */
const char *err_what(const struct err *err);
/* The same for a text and a place that come from elsewhere. */
const char *text_behind_place(const char *text, const char *place);

/* Drop a result on purpose, saying why (gcc does not accept a cast to void). */
#define err_ignore(expr, reason)                                                                   \
    do {                                                                                           \
        enum err_code err_ignored_ = (expr);                                                       \
        (void)err_ignored_;                                                                        \
    } while (0)

#endif
