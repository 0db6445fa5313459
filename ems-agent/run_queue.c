/* EXECUTE and whatever else runs a program: one at a time on this machine, in the order of arrival,
 * each command id once. */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "ems-agent/agent.h"
#include "ems-agent/exec/runner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAITERS_MAX = 64, QUEUE_MAX = 64 };

struct run {
    struct run *next;
    char key[RUNS_KEY_SIZE];
    struct arena arena; /* holds the job */
    struct queued_run job;
    struct address waiters[WAITERS_MAX];
    size_t waiter_n;
    bool is_live;
};

/* --- answers --- */

static void answer_of(int fd, const struct run_head *head, struct arena *arena,
                      struct ems_reply *ret)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT, err = SBUF_INIT;

    runs_output(fd, head, 0, &out);
    runs_output(fd, head, 1, &err);
    if (head->state == RUN_UNKNOWN)
        sbuf_adds(&err, "\nems-agent: the run was cut off, by a restart of the machine or because "
                        "its runner was killed; what it has done is not known\n");
    ret->output = arena_strndup(arena, out.s, out.len);
    ret->err = arena_strndup(arena, err.s, err.len);
    ret->status = head->status;
    ret->state = run_state_name((enum run_state)head->state);
    ret->took_ms = head->took_ms;
}

static void refuse(struct ems_reply *reply, const char *why)
{
    *reply = (struct ems_reply){.output = "", .err = why, .status = 1, .state = EMS_STATE_REFUSED};
}

/* The answer to a command that is over, to one who waits. */
static void answer_one(struct agent *a, int fd, const struct run_head *head, struct address *taken)
{
    struct arena arena = ARENA_INIT;
    struct ems_reply reply = {0};

    answer_of(fd, head, &arena, &reply);
    outbox_send(a, taken, &reply);
    arena_release(&arena);
}

static void run_free(struct run *r)
{
    for (size_t i = 0; i < r->waiter_n; i++)
        address_release(&r->waiters[i]);
    arena_release(&r->arena);
    free(r);
}

static struct run *pop(struct agent *a)
{
    struct run *r = a->run_queue.first;

    a->run_queue.first = r->next;
    if (!r->next)
        a->run_queue.last = NULL;
    a->run_queue.n--;
    return r;
}

static void push(struct agent *a, struct run *r)
{
    if (a->run_queue.last)
        a->run_queue.last->next = r;
    else
        a->run_queue.first = r;
    a->run_queue.last = r;
    a->run_queue.n++;
}

static void answer_all(struct agent *a, struct run *r, int fd, const struct run_head *head)
{
    log_info(LOG_EXEC, "script_over", KV_S("corr", head->id), KV_S("script", head->name),
             KV_I("status", head->status),
             KV_S("state", run_state_name((enum run_state)head->state)),
             KV_I("took_ms", head->took_ms));
    for (size_t i = 0; i < r->waiter_n; i++)
        answer_one(a, fd, head, &r->waiters[i]);
    r->waiter_n = 0;
}

static void refuse_all(struct agent *a, struct run *r, const struct err *err)
{
    struct ems_reply reply;

    log_error(LOG_EXEC, "script_not_started", KV_S("corr", r->job.id), KV_ERR(err));
    refuse(&reply, err->msg);
    for (size_t i = 0; i < r->waiter_n; i++)
        outbox_send(a, &r->waiters[i], &reply);
    r->waiter_n = 0;
}

/* --- the queue --- */

static void fill_head(const struct agent *a, const struct queued_run *job, struct run_head *head)
{
    *head =
        (struct run_head){.timeout_ms = job->timeout_ms, .half = (uint64_t)a->o.output_limit / 2};
    strncpy(head->id, job->id, sizeof(head->id) - 1);
    strncpy(head->name, job->name, sizeof(head->name) - 1);
}

static enum err_code start(struct agent *a, struct run *r, struct err *err)
{
    struct run_head head;
    int fd = -1;

    fill_head(a, &r->job, &head);
    enum err_code rc = runs_create(&a->journal, r->key, &head, &fd, err);
    if (rc != ERR_OK)
        return rc;
    rc = runner_start(&a->journal, r->key, fd, &head,
                      &(struct run_spec){.argv = r->job.argv,
                                         .envp = r->job.envp,
                                         .folder = a->root,
                                         .timeout_ms = r->job.timeout_ms,
                                         .grace_ms = a->o.kill_grace_ms},
                      err);
    if (rc == ERR_OK)
        log_info(LOG_EXEC, "script_started", KV_S("corr", r->job.id), KV_S("script", r->job.name),
                 KV_I("timeout_ms", r->job.timeout_ms));
    else /* it never began: the file goes */
        (void)runs_find(&a->journal, r->key, &head, NULL);
    return rc;
}

void run_queue_look(struct agent *a)
{
    while (a->run_queue.first) {
        struct run *r = a->run_queue.first;
        struct err err = ERR_INIT;
        struct run_head head;
        int fd = -1;

        if (!r->is_live) {
            r->is_live = true;
            if (start(a, r, &err) == ERR_OK)
                return;
            refuse_all(a, r, &err);
        } else {
            enum run_place place = runs_find(&a->journal, r->key, &head, &fd);
            if (place == RUN_LIVE) {
                close(fd);
                return;
            }
            if (place == RUN_OVER)
                answer_all(a, r, fd, &head);
            else
                refuse_all(a, r, (err_set(&err, ERR_UNKNOWN, "the journal of it is gone"), &err));
            if (fd >= 0)
                close(fd);
        }
        run_free(pop(a));
    }
}

bool run_queue_join(struct agent *a, const char *id, struct address *taken)
{
    char key[RUNS_KEY_SIZE];
    struct run_head head;
    int fd = -1;

    runs_key(id, key);
    for (struct run *r = a->run_queue.first; r; r = r->next) {
        if (strcmp(r->key, key) != 0)
            continue;
        if (r->waiter_n ==
            WAITERS_MAX) { /* who asks so often has long gone from the first places */
            bus_ack(a->bus, r->waiters[0].tag, r->waiters[0].epoch);
            address_release(&r->waiters[0]);
            memmove(&r->waiters[0], &r->waiters[1], --r->waiter_n * sizeof(r->waiters[0]));
        }
        log_info(LOG_EXEC, "joined", KV_S("corr", id));
        r->waiters[r->waiter_n++] = *taken;
        *taken = (struct address){0};
        return true;
    }
    if (runs_find(&a->journal, key, &head, &fd) != RUN_OVER) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    log_info(LOG_EXEC, "answered_again", KV_S("corr", id), KV_I("status", head.status));
    answer_one(a, fd, &head, taken);
    close(fd);
    return true;
}

static const char *const *dup_list(struct arena *arena, const char *const *list)
{
    size_t n = 0;
    while (list[n])
        n++;
    const char **copy = arena_alloc(arena, (n + 1) * sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_strdup(arena, list[i]);
    return copy;
}

void run_queue_submit(struct agent *a, const struct queued_run *job, struct address *taken)
{
    if (a->run_queue.n >= QUEUE_MAX) {
        struct ems_reply reply;
        refuse(&reply, "too many scripts wait for their turn");
        outbox_send(a, taken, &reply);
        return;
    }
    struct run *r = xcalloc(1, sizeof(*r));
    runs_key(job->id, r->key);
    r->job = (struct queued_run){.id = arena_strdup(&r->arena, job->id),
                                 .name = arena_strdup(&r->arena, job->name),
                                 .argv = dup_list(&r->arena, job->argv),
                                 .envp = dup_list(&r->arena, job->envp),
                                 .timeout_ms = job->timeout_ms};
    r->waiters[r->waiter_n++] = *taken;
    *taken = (struct address){0};
    push(a, r);
    run_queue_look(a);
}

static void kill_waiting(struct agent *a, struct run *r)
{
    struct err err = ERR_INIT;
    struct run_head head;
    int fd = -1;

    fill_head(a, &r->job, &head);
    head.state = RUN_KILLED;
    head.status = 137;
    if (runs_write_outcome(&a->journal, r->key, &head, &err) == ERR_OK &&
        runs_find(&a->journal, r->key, &head, &fd) == RUN_OVER)
        answer_all(a, r, fd, &head);
    else
        refuse_all(a, r, &err);
    if (fd >= 0)
        close(fd);
}

void run_queue_preempt(struct agent *a)
{
    struct run *r = a->run_queue.first;

    if (!r)
        return;
    log_info(LOG_EXEC, "preempted", KV_S("corr", r->job.id), KV_I("waiting", a->run_queue.n - 1));
    runs_kill(&a->journal, r->key);
    struct run *waiting = r->next;
    r->next = NULL;
    a->run_queue.last = r;
    a->run_queue.n = 1;
    while (waiting) {
        struct run *next = waiting->next;
        kill_waiting(a, waiting);
        run_free(waiting);
        waiting = next;
    }
}

void run_queue_adopt(struct agent *a)
{
    char key[RUNS_KEY_SIZE];
    long position = 0;

    while (runs_next_live(&a->journal, &position, key)) {
        struct run_head head;
        if (runs_find(&a->journal, key, &head, NULL) != RUN_LIVE)
            continue;
        struct run *r = xcalloc(1, sizeof(*r));
        memcpy(r->key, key, sizeof(key));
        r->job.id = arena_strdup(&r->arena, head.id);
        r->job.name = arena_strdup(&r->arena, head.name);
        r->is_live = true;
        push(a, r);
        log_info(LOG_EXEC, "adopted", KV_S("corr", head.id), KV_S("script", head.name));
    }
}

void run_queue_release(struct agent *a)
{
    while (a->run_queue.first)
        run_free(pop(a));
}

void run_queue_log(struct agent *a, const char *id, struct arena *arena, struct ems_reply *ret)
{
    char key[RUNS_KEY_SIZE];
    struct run_head head;
    int fd = -1;

    if (!*id && a->run_queue.first)
        memcpy(key, a->run_queue.first->key, sizeof(key));
    else
        runs_key(id, key);
    enum run_place place =
        *id || a->run_queue.first ? runs_find(&a->journal, key, &head, &fd) : RUN_NONE;
    if (place == RUN_NONE) {
        refuse(ret, *id ? "this command is not known here" : "nothing runs here");
        return;
    }
    answer_of(fd, &head, arena, ret);
    close(fd);
    if (place == RUN_LIVE) {
        ret->state = EMS_STATE_RUNNING;
        ret->took_ms = 0;
    }
}
