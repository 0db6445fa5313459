/* A request for which argon2 has to work: it is parked, and goes on in the thread of the logins, in
 * their queue (login.h). So no thread of the server is kept, and who changes or makes passwords
 * takes turns with those who log in.
 *
 *     struct password_job *j = password_job_new(c);
 *     rc = call_body(&j->work, ...);      what fn needs, in j->work.arena
 *     return password_job_park(c, j, who, penalty, fn);  */
#ifndef NFVO_API_AUTH_PASSWORD_JOB_H
#define NFVO_API_AUTH_PASSWORD_JOB_H

#include "nfvo/api/context.h"

struct password_job;
/* In the thread. Leaves the body in j->work.out; the status is the endpoint's. May set
 * j->work.fail_status and retry_after_s with an error; or j->hold_us, and j->penalty: it is called
 * again later. */
typedef enum err_code password_job_fn(struct password_job *j, struct err *err);

struct password_job {
    struct task task;
    /* Of it fn has: api, arena, out, call_db; no session, and the request until it is parked. */
    struct call work;
    void *arg; /* fn's */
    unsigned penalty;
    int64_t hold_us; /* microseconds; 0: it is done */
    password_job_fn *fn;
    struct pending *pending;
    int64_t until_us;
};

struct password_job *password_job_new(const struct call *c);
void password_job_free(struct password_job *j); /* one that was not parked */
/* The turn of who asks, and is in already: as one who logs in where he did before. */
const char *password_job_who(const struct call *c, struct password_job *j);
/* Takes j. who: whose turn it takes; lives in j->work.arena. */
void password_job_park(struct call *c, struct password_job *j, const char *who, unsigned penalty,
                       password_job_fn *fn);
/* Gives the connection back before argon2 works; what was found stays in the arena. */
void password_job_rest(struct password_job *j);

#endif
