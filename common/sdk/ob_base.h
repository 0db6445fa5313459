/* What the public libraries of Baton share, libob_vnfm and libob_vim: errors, texts, and how to
 * reach the broker.
 *
 *     static enum ob_code switch_on(const char *host, struct ob_err *err)
 *     {
 *         if (!host[0])
 *             return ob_err_set(err, OB_ERR_INVALID, "a host without name");
 *         return OB_OK;
 *     }
 *
 * A function that can fail returns enum ob_code and fills *err where the error arises; its callers
 * put context in front. An error is a plain value: nothing to free, copy it freely. What a callback
 * returns as an error is shown to the user, with its hint.
 *
 * C11 and C++. Each library has these functions; a program that links both gets one copy of them. */
#ifndef OB_BASE_H
#define OB_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OB_MUST_USE               __attribute__((warn_unused_result))
#define OB_PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum ob_code {
    OB_OK,
    OB_ERR_INVALID,     /* invalid input */
    OB_ERR_SYNTAX,      /* not well-formed */
    OB_ERR_LIMIT,       /* limit exceeded */
    OB_ERR_NOT_FOUND,   /* no such object */
    OB_ERR_EXISTS,      /* exists already */
    OB_ERR_STATE,       /* state forbids this */
    OB_ERR_AUTH,        /* not authenticated */
    OB_ERR_DENIED,      /* not allowed */
    OB_ERR_TIMEOUT,     /* peer did not answer in time */
    OB_ERR_UNAVAIL,     /* peer is not there */
    OB_ERR_PEER,        /* peer answered with an error */
    OB_ERR_UNKNOWN,     /* outcome unknown */
    OB_ERR_IO,          /* input or output failed */
    OB_ERR_NOMEM,       /* out of memory */
    OB_ERR_UNSUPPORTED, /* not built */
    OB_ERR_INTERNAL,    /* internal error */
    OB_ERR_N
};

struct ob_err {
    enum ob_code code;
    int sys;        /* errno, AMQP reply code: what the place of origin has; 0: none */
    char msg[384];  /* lower case, no full stop, subject in single quotes */
    char hint[192]; /* the next step for the user, or "" */
    char where[96]; /* JSON path, file:line or object of the fault, or "" */
};

#define OB_ERR_INIT                                                                                \
    {                                                                                              \
        OB_OK, 0, "", "", ""                                                                       \
    }

/* Where the error arises. Overwrites *err, which may be NULL. Returns code, so that `return
 * ob_err_set(...)` reads well. */
enum ob_code ob_err_set(struct ob_err *err, enum ob_code code, const char *fmt, ...)
    OB_PRINTF_LIKE(3, 4);
/* On the way up: put context before the message. Returns the code of *err (OB_ERR_INTERNAL when err
 * is NULL). */
enum ob_code ob_err_add(struct ob_err *err, const char *fmt, ...) OB_PRINTF_LIKE(2, 3);
/* Tell the user what to do about it, unless a hint is there already. Returns the code of *err. */
enum ob_code ob_err_hint(struct ob_err *err, const char *fmt, ...) OB_PRINTF_LIKE(2, 3);
const char *ob_err_text(enum ob_code code); /* "invalid input"; static */

/* A growing text that always ends with a NUL: what callbacks write their answers to. A text of your
 * own begins with ob_text_init and ends with ob_text_release. s is borrowed, never NULL, and moves
 * when the text grows. Running out of memory ends the process. */
struct ob_text {
    char *s;
    size_t len, cap;
};

void ob_text_init(struct ob_text *text);
void ob_text_release(struct ob_text *text);
void ob_text_add(struct ob_text *text, const char *s);
void ob_text_addf(struct ob_text *text, const char *fmt, ...) OB_PRINTF_LIKE(2, 3);
/* s as a JSON string, with its quotes; NULL: null. s must be UTF-8. */
void ob_text_add_json(struct ob_text *text, const char *s);

struct ob_broker_tls {
    bool is_on;
    const char *ca;          /* PEM file of the authorities; needed unless is_verify_off */
    const char *cert, *key;  /* PEM files of the client, or NULL */
    bool is_verify_off;      /* accept any certificate and any host name: tests only */
    const char *min_version; /* "1.2" [1.2] */
};

/* How to reach the broker. Borrowed and duplicated. 0 or NULL: the default in brackets. */
struct ob_broker {
    const char *host;     /* [localhost] */
    int port;             /* [5672, with TLS 5671] */
    const char *vhost;    /* [/] */
    const char *user;     /* what `baton manager enrol` printed [that of open registration] */
    const char *password; /* [that of open registration] */
    /* A file, read before each login, so that a new password needs no restart; beats password where
     * it can be read [none] */
    const char *password_path;
    const char *name; /* connection name shown by the broker's management interface [baton] */
    int heartbeat_s;  /* the broker may lower it [60]; negative: none */
    int connect_timeout_ms, call_timeout_ms; /* [5000] */
    int publish_stall_ms; /* the connection is cut when one write takes longer [10000] */
    int backoff_min_ms, backoff_max_ms; /* between attempts: doubling with jitter [100, 5000] */
    int frame_max;                      /* [131072] */
    size_t max_body;                    /* of a message; what is larger is refused [16 MiB] */
    struct ob_broker_tls tls;
};

#ifdef __cplusplus
}
#endif

#endif
