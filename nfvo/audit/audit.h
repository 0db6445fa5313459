/* The audit log: who did what, from where, on which object, and what became of it.
 *
 *     audit_write(api->audit, &(struct audit_record){.kind = AUDIT_CHANGE, .outcome = AUDIT_OK,
 *                 .who = "admin", .from = "192.0.2.7", .what = "POST /api/v1/users",
 *                 .object = "/api/v1/users/8f0c...", .status = 201});
 *
 * A record is a row of the table audit, which all NFVOs of a database share; with option
 * audit-file it is a line of JSON in a file, too. Administrators read it by GET /api/v1/audit and
 * `baton audit`. A line of the process's log (mod=sec) says the same at once.
 *
 * audit_write does not block and cannot fail for the caller: a thread writes the rows in batches.
 * A database that is away delays them; when QUEUE_MAX wait, later ones are counted, and the count
 * is a record.
 *
 * Bounds. Texts are cut at AUDIT_TEXT_MAX. What is refused again and again is one record a
 * AUDIT_REPEAT_US with the number of times: alike are those of one person from one address with
 * the same action, object and status, and those of nobody from one address with the same action and
 * status, whatever path they ask for.
 * Rows are removed when they are older than audit-keep, and of each kind and outcome the oldest
 * when there are more than audit-max: a flood of refusals cannot wash away who changed what.
 *
 * Never a secret: `what` is a literal or a route, `object` a path without its query, or a name or
 * id; `detail` the words of an error. A name that nobody has is not written, as users type
 * passwords into the wrong field. */
#ifndef NFVO_AUDIT_AUDIT_H
#define NFVO_AUDIT_AUDIT_H

#include "common/base/err.h"
#include "common/config/config.h"

struct audit; /* opaque, thread-safe */
struct store;

#define AUDIT_TEXT_MAX  200
#define AUDIT_REPEAT_US (INT64_C(10) * 1000000)

struct audit_options {
    const char *path; /* "": no file */
    int64_t file_max, keep_ms, rows_max;
};

/* clang-format off */
#define AUDIT_CONFIG(S, m)                                                                                              \
    CONFIG_PRIVATE_PATH(S, m.path, "audit-file", "", "file (0600) that gets each record of the audit log as a line of JSON, beside the table; empty: none"), \
    CONFIG_INT(S, m.file_max, "audit-file-max", "64M", 65536, INT64_C(17179869184), "bytes", "above it the file is renamed to FILE.1, which replaces the one before"), \
    CONFIG_DURATION(S, m.keep_ms, "audit-keep", "90d", 60000, INT64_C(315360000000), "how long records stay in the table"), \
    CONFIG_INT(S, m.rows_max, "audit-max", "100000", 100, 10000000, NULL, "how many records of each kind and outcome stay in the table")

#define AUDIT_KINDS(X)                                                                             \
    X(AUDIT_LOGIN,   "login")   /* logins, logouts, tokens */                                      \
    X(AUDIT_CHANGE,  "change")  /* every REST call that is no read */                              \
    X(AUDIT_ENROL,   "enrol")   /* peers: enrolments, registrations, accounts of the broker */     \
    X(AUDIT_REFUSAL, "refusal") /* REST calls without a token, a role or a right */                \
    X(AUDIT_BROKER,  "broker")  /* what the broker refused to an account */

#define AUDIT_OUTCOMES(X)                                                                          \
    X(AUDIT_OK,      "ok")                                                                         \
    X(AUDIT_REFUSED, "refused") /* not allowed */                                                  \
    X(AUDIT_FAILED,  "failed")  /* allowed, and not done: wrong input, wrong state, a peer */
/* clang-format on */

#define X(name, text) name,
enum audit_kind { AUDIT_KINDS(X) AUDIT_KIND_N };
enum audit_outcome { AUDIT_OUTCOMES(X) AUDIT_OUTCOME_N };
#undef X
extern const char *const audit_kind_names[AUDIT_KIND_N + 1];       /* ends with NULL */
extern const char *const audit_outcome_names[AUDIT_OUTCOME_N + 1]; /* ends with NULL */

struct audit_record { /* all borrowed for the call; NULL or "": not known */
    enum audit_kind kind;
    enum audit_outcome outcome;
    const char *who;    /* a user's, service's, peer's or account's name */
    const char *from;   /* an address; of peers: the room (virtual host) */
    const char *what;   /* "login", "PUT /api/v1/users/{id}", "enrol" */
    const char *object; /* what it is about: a path, name or id */
    const char *project;
    const char *detail; /* why not */
    int status;         /* of HTTP; 0: none */
    int64_t times;      /* 0: once */
};

/* Any thread. a NULL: only the line of the process's log. */
void audit_write(struct audit *a, const struct audit_record *record);

/* options, store: borrowed until audit_close. Does not wait for the database. Given. Errors: ERR_IO
 * the file cannot be opened; ERR_NOMEM no thread. */
MUST_USE enum err_code audit_open(struct audit **ret, const struct audit_options *options,
                                  struct store *store, struct err *err);
/* Writes what waits, once. NULL is fine. */
void audit_close(struct audit *a);

#endif
