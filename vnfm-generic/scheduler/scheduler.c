#include "vnfm-generic/scheduler/scheduler.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vnfm-generic/scheduler/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static const int64_t sweep_every_us = 60 * USEC_PER_SEC;

/* --- taking them --- */

static void on_job(struct scheduler *c, struct job *job)
{
    if (c->is_abandoned) {
        ob_request_drop(job->handle);
        job_free(c, job);
        return;
    }
    if (job->is_log) {
        log_begin(c, job);
        return;
    }
    struct job **tail = job->cancels ? &c->cancels : &c->arriving;
    while (*tail)
        tail = &(*tail)->next;
    *tail = job;
}

static void on_hello(struct scheduler *c, const struct event *e)
{
    struct hello *h = xcalloc(1, sizeof(*h)), **tail = &c->hellos;
    struct err err = ERR_INIT;
    *h = (struct hello){.tag = e->tag, .epoch = e->epoch};
    if (proto_decode(&ems_hello_type, e->body.s, e->body.len, 0, &h->arena, &h->said, &err) !=
            ERR_OK ||
        !h->said->hostname || !h->said->hostname[0] || strlen(h->said->hostname) > 255) {
        log_warn(LOG_EMS, "hello_not_understood", KV_ERR(&err));
        c->o->ack_hello(c->o->arg, e->tag, e->epoch);
        arena_release(&h->arena);
        free(h);
        return;
    }
    enum author_is author = author_of(e->author, h->said->hostname);
    if (author == AUTHOR_ANOTHER) {
        impostor_note(c, e->author, h->said->hostname, true);
        c->o->ack_hello(c->o->arg, e->tag, e->epoch);
        arena_release(&h->arena);
        free(h);
        return;
    }
    h->is_vouched = author == AUTHOR_OWN;
    while (*tail)
        tail = &(*tail)->next;
    *tail = h;
}

static struct sent *sent_find(const struct scheduler *c, const char *command)
{
    struct table_entry *e = table_find(&c->sent, command);
    struct sent *s = e ? CONTAINER_OF(e, struct sent, by_command) : NULL;
    return s && strcmp(s->step->command, command) == 0 ? s : NULL; /* else of an older attempt */
}

static void on_reply(struct scheduler *c, const struct event *e)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct ems_reply *reply;
    struct err err = ERR_INIT;
    struct sent *s = sent_find(c, e->command);
    if (proto_decode(&ems_reply_type, e->body.s, e->body.len, 0, &a, &reply, &err) != ERR_OK) {
        /* "None": the agent could not read the command (7.4). */
        reply = &(struct ems_reply){.status = 1, .output = "", .err = err.msg};
        log_warn(LOG_EMS, "reply_not_understood", KV_S("command", e->command), KV_ERR(&err));
    }
    if (!s) {
        if (!log_reply(c, e->author, e->command, reply))
            log_debug(LOG_EMS, "late_reply", KV_S("command", e->command));
        return;
    }
    if (!is_heard(c, e->author, s->host->hostname, s->host->may_be_unsaid))
        return;
    enum step_state before = s->step->state;
    run_reply(s->job->run, s->host, s->step, reply, scheduler_now(c));
    s->job->is_touched = true;
    if (s->step->kind == STEP_EXECUTE && s->step->state != before)
        log_info(LOG_EXEC, "script", KV_S("host", s->host->hostname), KV_S("event", s->step->event),
                 KV_S("script", s->step->script), KV_S("state", step_state_word(s->step->state)),
                 KV_I("exit", s->step->exit_code), KV_I("took_ms", s->step->took_ms));
}

static void on_returned(struct scheduler *c, const char *command)
{
    struct sent *s = sent_find(c, command);
    if (!s)
        return;
    run_returned(s->job->run, s->host, s->step, scheduler_now(c));
    s->job->is_touched = true;
}

static void on_ready(struct scheduler *c, const char *hostname)
{
    for (struct job *job = c->runs; job; job = job->next) {
        if (hostname && !run_host_find(job->run, hostname))
            continue;
        run_resend(job->run, scheduler_now(c));
        job->is_touched = true;
    }
}

static bool is_waited_for(const struct scheduler *c, const char *hostname)
{
    for (const struct job *job = c->runs; job; job = job->next)
        if (run_host_find(job->run, hostname))
            return true;
    return false;
}

/* "h <sender> <hostname>", "c <sender> <vnfr>": rows.c writes them. */
static void on_note(struct scheduler *c, const char *note)
{
    size_t n = strlen(c->o->sender);
    if (strlen(note) < 3 || (strncmp(note + 2, c->o->sender, n) == 0 && note[2 + n] == ' '))
        return; /* our own */
    const char *what = strchr(note + 2, ' ');
    if (note[0] == 'c')
        c->looks_for_cancelled = true;
    if (note[0] != 'h' || !what || !is_waited_for(c, what + 1))
        return;
    c->looks = arena_grow_array(&c->looks_arena, c->looks, c->n_looks, sizeof(c->looks[0]));
    c->looks[c->n_looks++] = arena_strdup(&c->looks_arena, what + 1);
}

static void drop_all(struct scheduler *c, struct job **list)
{
    while (*list) {
        struct job *job = *list;
        *list = job->next;
        ob_request_drop(job->handle);
        job_free(c, job);
    }
}

static void take(struct scheduler *c, struct event *e)
{
    switch (e->kind) {
    case EVENT_JOB:
        on_job(c, e->job);
        break;
    case EVENT_HELLO:
        on_hello(c, e);
        break;
    case EVENT_REPLY:
        on_reply(c, e);
        break;
    case EVENT_RETURNED:
        on_returned(c, e->command);
        break;
    case EVENT_READY:
        on_ready(c, e->command);
        break;
    case EVENT_NOTE:
        on_note(c, e->command);
        break;
    case EVENT_LOOK:
        c->looks_at_all = c->runs != NULL;
        break;
    case EVENT_ABANDON:
        c->is_abandoned = true;
        drop_all(c, &c->arriving);
        drop_all(c, &c->cancels);
        drop_all(c, &c->runs);
        drop_all(c, &c->logs);
        break;
    }
    event_free(e);
}

static void wait_until(struct scheduler *c, int64_t mono_us)
{
    struct timespec at = {.tv_sec = mono_us / USEC_PER_SEC,
                          .tv_nsec = mono_us % USEC_PER_SEC * 1000};
    while (!c->events && !c->is_stopping)
        if (pthread_cond_timedwait(&c->more, &c->lock, &at) == ETIMEDOUT)
            break;
}

/* False: it is time to stop. */
static bool take_events(struct scheduler *c, int64_t until)
{
    pthread_mutex_lock(&c->lock);
    if (!c->events)
        wait_until(c, until);
    struct event *e = c->events;
    c->events = NULL;
    c->events_tail = &c->events;
    bool is_stopping = c->is_stopping;
    pthread_mutex_unlock(&c->lock);
    for (struct event *next; e; e = next) {
        next = e->next;
        take(c, e);
    }
    return !is_stopping;
}

/* --- deciding and writing --- */

static void remember_sent(struct scheduler *c, struct job *job, const struct run_send *order)
{
    if (sent_find(c, order->step->command))
        return;
    struct sent *s = arena_alloc(&job->arena, sizeof(*s));
    s->job = job;
    s->host = order->host;
    s->step = order->step;
    s->next = job->sent;
    job->sent = s;
    table_put(&c->sent, &s->by_command, order->step->command);
}

static void proceed_all(struct scheduler *c)
{
    int64_t now = scheduler_now(c);
    for (struct job *job = c->runs; job; job = job->next)
        if ((job->is_touched || job->run->due_at <= now) && !job->run->end.is_over) {
            run_proceed(job->run, now, &job->orders);
            job->is_touched = true;
        }
}

static void collect_changes(const struct job *job, struct rows_changes *changes)
{
    for (uint32_t i = 0; i < job->run->n_hosts; i++)
        for (uint32_t k = 0; k < job->run->hosts[i].n; k++)
            if (job->run->hosts[i].steps[k]->is_dirty)
                rows_add_step(changes, job->request.id, &job->run->hosts[i],
                              job->run->hosts[i].steps[k]);
    if (!job->run->end.is_over)
        return;
    const char *released =
        job->request.action == ACTION_RELEASE_RESOURCES ? job->request.vnfr->id : NULL;
    rows_add_end(changes, job->request.id, job->run->end.has_failed, released);
    for (uint32_t i = 0; released && i < job->run->n_hosts; i++)
        rows_add_gone(changes, job->run->hosts[i].hostname, released);
}

static void send_orders(struct scheduler *c, struct job *job)
{
    for (uint32_t i = 0; i < job->orders.n && !job->run->end.is_over; i++) {
        const struct run_send *order = &job->orders.at[i];
        AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
        run_command_body(job->run, order->host, order->step, &body);
        remember_sent(c, job, order);
        c->o->send(c->o->arg, order->host->hostname, order->step->command, &body);
    }
    job->orders = (struct run_orders){0};
}

static void clean(struct job *job)
{
    job->is_touched = false;
    for (uint32_t i = 0; i < job->run->n_hosts; i++)
        for (uint32_t k = 0; k < job->run->hosts[i].n; k++)
            job->run->hosts[i].steps[k]->is_dirty = false;
}

static void publish_all(struct scheduler *c)
{
    for (struct job **at = &c->runs; *at;) {
        struct job *job = *at;
        if (!job->is_touched) {
            at = &job->next;
            continue;
        }
        clean(job);
        send_orders(c, job);
        if (!job->run->end.is_over) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        job_answer(c, job);
    }
}

static bool save_all(struct scheduler *c, struct err *err)
{
    AUTO(rows_changes_release) struct rows_changes changes;
    rows_changes_init(&changes);
    for (const struct job *job = c->runs; job; job = job->next)
        if (job->is_touched)
            collect_changes(job, &changes);
    return !rows_changes_any(&changes) || rows_save(c->db, &changes, err) == ERR_OK;
}

static void sweep(struct scheduler *c)
{
    struct err err = ERR_INIT;
    if (clock_mono_us() < c->sweep_at)
        return;
    c->sweep_at = clock_mono_us() + sweep_every_us;
    if (rows_sweep(c->db, c->o->log_keep_us, &err) != ERR_OK)
        log_warn(LOG_DB, "not_swept", KV_ERR(&err));
}

static int64_t next_due(struct scheduler *c)
{
    int64_t due = logs_expire(c);
    if (c->impostors_at && c->impostors_at < due)
        due = c->impostors_at;
    for (const struct job *job = c->runs; job; job = job->next)
        if (job->run->due_at != INT64_MAX && job->run->due_at - c->offset_us < due)
            due = job->run->due_at - c->offset_us;
    if (c->sweep_at < due)
        due = c->sweep_at;
    if (c->retry_at) /* nothing goes without the database */
        due = c->retry_at;
    return due;
}

static void *scheduler_run(void *arg)
{
    struct scheduler *c = arg;
    while (take_events(c, next_due(c))) {
        struct err err = ERR_INIT;
        impostors_tell(c);
        if (c->retry_at && clock_mono_us() < c->retry_at)
            continue;
        c->retry_at = 0;
        bool is_fine = arrivals_take(c, &err);
        if (is_fine) {
            proceed_all(c);
            is_fine = save_all(c, &err) && logs_of_released(c, &err);
        }
        if (is_fine) {
            c->failures = 0;
            publish_all(c);
            sweep(c);
            continue;
        }
        int wait_ms = db_backoff_ms(c->failures++, (uint32_t)clock_mono_us());
        log_warn(LOG_DB, "database_does_not_answer", KV_I("again_ms", wait_ms), KV_ERR(&err));
        c->retry_at = clock_mono_us() + wait_ms * USEC_PER_MS;
    }
    return NULL;
}

/* --- life --- */

enum err_code scheduler_migrate(const struct scheduler_options *o, struct err *err)
{
    struct db *db = db_new(&(struct db_options){
        .conninfo = o->conninfo, .application_name = "vnfm-generic", .schema = o->schema});
    enum err_code rc = rows_migrate(db, err);
    db_free(db);
    return rc;
}

struct scheduler *scheduler_new(const struct scheduler_options *options)
{
    struct scheduler *c = xcalloc(1, sizeof(*c));
    pthread_condattr_t attr;
    c->o = options;
    c->db = db_new(&(struct db_options){.conninfo = options->conninfo,
                                        .application_name = "vnfm-generic",
                                        .schema = options->schema,
                                        .settings = DB_SETTINGS_BY_KEY});
    c->events_tail = &c->events;
    c->stop_fd = -1;
    c->sweep_at = clock_mono_us() + sweep_every_us;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->more, &attr);
    pthread_condattr_destroy(&attr);
    return c;
}

enum err_code scheduler_start(struct scheduler *c, struct err *err)
{
    c->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->stop_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "make a wake-up descriptor");
    int failed = pthread_create(&c->thread, NULL, scheduler_run, c);
    if (failed)
        return err_set_errno(err, ERR_IO, failed, "start the scheduler");
    c->is_started = true;
    failed = pthread_create(&c->listener, NULL, listener_run, c);
    if (!failed)
        return ERR_OK;
    c->listener = c->thread;
    scheduler_stop(c);
    return err_set_errno(err, ERR_IO, failed, "start the listener");
}

void scheduler_stop(struct scheduler *c)
{
    uint64_t one = 1;
    if (!c->is_started)
        return;
    pthread_mutex_lock(&c->lock);
    c->is_stopping = true;
    pthread_cond_signal(&c->more);
    pthread_mutex_unlock(&c->lock);
    while (write(c->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    pthread_join(c->thread, NULL);
    if (!pthread_equal(c->thread, c->listener))
        pthread_join(c->listener, NULL);
    c->is_started = false;
}

void scheduler_free(struct scheduler *c)
{
    if (!c)
        return;
    while (c->events) {
        struct event *e = c->events;
        c->events = e->next;
        if (e->job) { /* the SDK is gone, and its handles */
            arena_release(&e->job->arena);
            free(e->job);
        }
        event_free(e);
    }
    while (c->hellos) {
        struct hello *h = c->hellos;
        c->hellos = h->next;
        arena_release(&h->arena);
        free(h);
    }
    table_release(&c->sent);
    arena_release(&c->looks_arena);
    db_free(c->db);
    if (c->stop_fd >= 0)
        close(c->stop_fd);
    pthread_cond_destroy(&c->more);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
