/* What the broker refused to an account: read out of a line of its log, and told with what to do.
 * Pure.
 *
 *     struct refusal r;
 *     if (refusal_read(body, len, &r)) {          // most lines are something else
 *         refusal_hint(&r, &place, &hint);
 *     }
 *
 * The lines come from anybody who reaches the broker's port, names in them included: every text is
 * cut to its array, and is printable UTF-8. RabbitMQ 3.10's words; trust.md, question 7. */
#ifndef NFVO_VNFM_REFUSAL_H
#define NFVO_VNFM_REFUSAL_H

#include "common/base/sbuf.h"

/* clang-format off */
#define REFUSAL_KINDS(X)                                                                    \
    X(LOGIN,    "login",    "password or account is not known")                             \
    X(VHOST,    "vhost",    "a virtual host that does not exist, or is closed to it")       \
    X(ACCESS,   "access",   "a right is missing")                                           \
    X(ARGUMENT, "argument", "a queue or exchange is there with other arguments")            \
    X(LOCKED,   "locked",   "a queue belongs to another connection alone")                  \
    X(LIMIT,    "limit",    "a limit of the broker is reached")                             \
    X(MISSING,  "missing",  "an exchange or queue does not exist")                          \
    X(SILENT,   "silent",   "guessed: it is connected and consumes nothing")            \
    X(FLOOD,    "flood",    "nfvo shut it out: it gave the broker too much work")
/* clang-format on */
enum refusal_kind {
#define X(name, word, text) REFUSAL_##name,
    REFUSAL_KINDS(X)
#undef X
        REFUSAL_KIND_N
};
extern const char *const refusal_kind_names[REFUSAL_KIND_N + 1]; /* ends with NULL */

struct refusal {
    enum refusal_kind kind;
    char account[128];  /* "": the line does not tell */
    char vhost[128];    /* "": before there was one */
    char operation[40]; /* "queue.declare"; "": of the connection */
    char object[256];   /* "queue 'x'", "topic 'y' in exchange 'z'" */
    const char *needs;  /* "configure", "write", "read"; "": no right is missing, or not known */
    char words[400];    /* the broker's own */
};

/* Is it a refusal that somebody has to act on? A queue that is looked for and is not there is none.
 * Needs no NUL at the end. */
bool refusal_read(const char *line, size_t len, struct refusal *ret);
/* A text made printable: control characters and what is no UTF-8 become '?'; cut to size. */
void refusal_text(const char *text, size_t len, char *ret, size_t size);

/* Whose account that is. */
enum refusal_about {
    ABOUT_NOBODY, /* not known to the suite */
    ABOUT_AGENT,
    ABOUT_LEFT, /* an agent whose server is being deleted, or was a moment ago */
    ABOUT_VNFM,
    ABOUT_DRIVER,
    ABOUT_REGISTRATION, /* the account by which managers register */
    ABOUT_NFVO,
    ABOUT_N
};
extern const char *const refusal_about_names[ABOUT_N + 1]; /* "agent", ..; "" for nobody */

struct refusal_place {
    enum refusal_about about;
    const char *subject; /* hostname, VNFM type, driver queue; "" */
    const char *vhost, *agents_vhost, *registration_user;
};
/* Which right, option or step gives it; appended. */
void refusal_hint(const struct refusal *r, const struct refusal_place *place, struct sbuf *out);

#endif
