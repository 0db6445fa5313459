#include "nfvo/api/auth/password_job.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/auth/session.h"
#include "proto/records/manager.h"

#define WAIT_MS  120000 /* as for a login: login.c */
#define TOO_MANY "too many passwords are looked at"

struct password_job *password_job_new(const struct call *c)
{
    struct password_job *j = xcalloc(1, sizeof(*j));
    j->work =
        (struct call){.api = c->api, .req = c->req, .endpoint = c->endpoint, .out = SBUF_INIT};
    return j;
}

void password_job_free(struct password_job *j)
{
    password_job_rest(j);
    sbuf_release(&j->work.out);
    arena_release(&j->work.arena);
    free(j);
}

void password_job_rest(struct password_job *j)
{
    store_return(j->work.api->store, j->work.db);
    j->work.db = NULL;
}

static void give_up(struct password_job *j, enum err_code code, const char *why)
{
    struct err err = ERR_INIT;
    err_set(&err, code, "%s", why);
    err_hint(&err, "try again in a while");
    pending_fail(j->pending, 0, &err);
    password_job_free(j);
}

static void run(struct task *t, enum task_end end);

static void push(struct password_job *j)
{
    j->task.run = run;
    if (!task_queue_push(j->work.api->logins, &j->task, j->penalty, j->hold_us))
        give_up(j, ERR_TIMEOUT, TOO_MANY);
}

static void work(struct password_job *j)
{
    struct err err = ERR_INIT;
    j->hold_us = 0;
    enum err_code rc = j->fn(j, &err);
    password_job_rest(j);
    if (rc == ERR_OK && j->hold_us > 0) {
        push(j);
        return;
    }
    j->pending->retry_after_s = j->work.retry_after_s;
    if (rc == ERR_OK)
        pending_done(j->pending, NULL, &j->work.out);
    else {
        if (err_http_status(rc) >= 500)
            log_error(LOG_API, "request_failed", KV_S("method", j->pending->method),
                      KV_S("path", j->pending->path), KV_S("user", j->pending->username),
                      KV_ERR(&err));
        pending_fail(j->pending, j->work.fail_status, &err);
    }
    password_job_free(j);
}

static void run(struct task *t, enum task_end end)
{
    struct password_job *j = CONTAINER_OF(t, struct password_job, task);
    if (end == TASK_STOPPING)
        give_up(j, ERR_UNAVAIL, "the orchestrator is stopping");
    else if (end == TASK_NO_ROOM || clock_mono_us() > j->until_us)
        give_up(j, ERR_TIMEOUT, TOO_MANY);
    else
        work(j);
}

const char *password_job_who(const struct call *c, struct password_job *j)
{
    char client[NET_CLIENT_SIZE];
    net_client(c->from, client);
    return arena_printf(&j->work.arena, "%s %s", session_user(c->session)->id, client);
}

void password_job_park(struct call *c, struct password_job *j, const char *who, unsigned penalty,
                       password_job_fn *fn)
{
    struct err late = ERR_INIT;
    err_set(&late, ERR_TIMEOUT, TOO_MANY);
    err_hint(&late, "try again in a while");
    j->work.req = NULL;
    j->task.who = who;
    j->penalty = penalty;
    j->fn = fn;
    j->until_us = clock_mono_us() + WAIT_MS * USEC_PER_MS;
    j->pending = call_park(c, WAIT_MS, &late, NULL);
    push(j);
}
