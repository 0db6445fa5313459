#include "nfvo/audit/audit.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/audit/file.h"
#include "nfvo/audit/repeats.h"
#include "nfvo/store/store_audit.h"

#define QUEUE_MAX 4000 /* some 6 MB */
#define BATCH     64
#define LOOK_MS   500 /* while something is counted */
#define TRIM_ROWS 1000
#define TRIM_US   (INT64_C(3600) * 1000000)

struct audit {
    const struct audit_options *options;
    struct db *db;
    struct audit_file *file; /* NULL: none */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    struct repeats *repeats;
    struct audit_entry *first, **last;
    size_t n;
    int64_t lost;
    bool is_stopping;
    /* of the thread */
    int64_t rows, trim_at_us;
};

/* --- taking records --------------------------------------------------------------------------- */

/* In the log at once, where lines that come again and again are summed up, too. */
static void log_record(const struct audit_record *r)
{
    log_info(LOG_SEC, "audit", KV_S("kind", audit_kind_names[r->kind]),
             KV_S("outcome", audit_outcome_names[r->outcome]), KV_S("who", r->who),
             KV_S("from", r->from), KV_S("what", r->what), KV_S("object", r->object),
             KV_S("project", r->project), KV_I("status", r->status), KV_S("detail", r->detail));
}

/* Under the lock. e: taken. */
static void push(struct audit *a, struct audit_entry *e)
{
    if (a->n >= QUEUE_MAX) {
        a->lost += e->row.times;
        free(e);
        return;
    }
    e->next = NULL;
    *a->last = e;
    a->last = &e->next;
    a->n++;
}

void audit_write(struct audit *a, const struct audit_record *record)
{
    log_record(record);
    if (!a)
        return;
    struct audit_entry *e = audit_entry_new(record, clock_wall_us());
    pthread_mutex_lock(&a->lock);
    e = repeats_take(a->repeats, e, clock_mono_us());
    if (e)
        push(a, e);
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Under the lock. */
static void tell_lost(struct audit *a)
{
    const struct audit_record r = {.kind = AUDIT_CHANGE,
                                   .outcome = AUDIT_FAILED,
                                   .what = "audit records lost",
                                   .detail = "too many waited for the database",
                                   .times = a->lost};
    if (a->lost == 0 || a->n >= QUEUE_MAX)
        return;
    a->lost = 0;
    push(a, audit_entry_new(&r, clock_wall_us()));
}

/* Under the lock. */
static void wait_ms(struct audit *a, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&a->changed, &a->lock, &until);
}

/* Some entries, cut off as a list; NULL: the process stops, and there are no more. */
static struct audit_entry *take(struct audit *a)
{
    struct audit_entry *e, *taken;
    pthread_mutex_lock(&a->lock);
    for (;;) {
        while ((e = repeats_due(a->repeats, a->is_stopping ? INT64_MAX : clock_mono_us())))
            push(a, e);
        tell_lost(a);
        if (a->first || a->is_stopping)
            break;
        if (repeats_are_waiting(a->repeats))
            wait_ms(a, LOOK_MS);
        else
            pthread_cond_wait(&a->changed, &a->lock);
    }
    taken = a->first;
    struct audit_entry **end = &a->first;
    for (size_t n = 0; n < BATCH && *end; n++) {
        end = &(*end)->next;
        a->n--;
    }
    struct audit_entry *rest = *end;
    *end = NULL;
    a->first = rest;
    if (!rest)
        a->last = &a->first;
    pthread_mutex_unlock(&a->lock);
    return taken;
}

static void write_lines(struct audit *a, const struct audit_entry *batch)
{
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    struct err err = ERR_INIT;
    for (const struct audit_entry *e = batch; a->file && e; e = e->next) {
        sbuf_clear(&line);
        store_audit_json(&e->row, &line);
        sbuf_addc(&line, '\n');
        if (audit_file_write(a->file, line.s, line.len, &err) != ERR_OK) {
            log_error(LOG_SEC, "audit_file_not_written", KV_ERR(&err));
            return;
        }
    }
}

static bool is_stopping(struct audit *a)
{
    pthread_mutex_lock(&a->lock);
    bool is = a->is_stopping;
    pthread_mutex_unlock(&a->lock);
    return is;
}

static void pause_before_retry(struct audit *a, unsigned attempt)
{
    pthread_mutex_lock(&a->lock);
    int64_t until_us =
        clock_mono_us() + db_backoff_ms(attempt, (uint32_t)clock_mono_us()) * INT64_C(1000);
    for (int ms; !a->is_stopping && (ms = clock_left_ms(until_us)) > 0;)
        wait_ms(a, ms);
    pthread_mutex_unlock(&a->lock);
}

/* A batch is kept while the database is away; what it refuses is lost with words. */
static void write_rows(struct audit *a, const struct audit_entry *batch)
{
    struct store_audit rows[BATCH];
    size_t n = 0;
    for (const struct audit_entry *e = batch; e; e = e->next)
        rows[n++] = e->row;
    for (unsigned attempt = 0;; attempt++) {
        struct err err = ERR_INIT;
        enum err_code rc = store_audit_add(a->db, rows, n, &err);
        if (rc == ERR_OK) {
            a->rows += (int64_t)n;
            return;
        }
        bool is_final = (rc != ERR_UNAVAIL && rc != ERR_TIMEOUT) || is_stopping(a);
        if (is_final || attempt == 0)
            log_error(LOG_SEC, is_final ? "audit_rows_lost" : "audit_rows_wait", KV_I("rows", n),
                      KV_ERR(&err));
        if (is_final)
            return;
        pause_before_retry(a, attempt);
    }
}

static void trim(struct audit *a)
{
    const struct audit_options *o = a->options;
    int64_t often = o->rows_max / 10 < TRIM_ROWS ? o->rows_max / 10 : TRIM_ROWS;
    struct err err = ERR_INIT;
    if (a->rows < often && clock_mono_us() < a->trim_at_us)
        return;
    a->rows = 0;
    a->trim_at_us = clock_mono_us() + TRIM_US;
    if (store_audit_trim(a->db, o->keep_ms * 1000, o->rows_max, &err) != ERR_OK)
        log_warn(LOG_SEC, "audit_not_trimmed", KV_ERR(&err));
}

static void *run(void *arg)
{
    struct audit *a = arg;
    struct audit_entry *batch;
    while ((batch = take(a))) {
        write_lines(a, batch);
        write_rows(a, batch);
        trim(a);
        while (batch) {
            struct audit_entry *next = batch->next;
            free(batch);
            batch = next;
        }
    }
    return NULL;
}

/* --- opening ---------------------------------------------------------------------------------- */

static void release(struct audit *a)
{
    db_free(a->db);
    audit_file_close(a->file);
    repeats_free(a->repeats);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

enum err_code audit_open(struct audit **ret, const struct audit_options *options,
                         struct store *store, struct err *err)
{
    struct audit *a = xcalloc(1, sizeof(*a));
    pthread_condattr_t monotonic;
    a->options = options;
    a->repeats = repeats_new();
    a->last = &a->first;
    a->db = store_connection(store, "nfvo-audit");
    pthread_mutex_init(&a->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&a->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    enum err_code rc = ERR_OK;
    if (options->path && *options->path)
        rc = audit_file_open(&a->file, options->path, options->file_max, err);
    if (rc == ERR_OK && pthread_create(&a->thread, NULL, run, a) != 0)
        rc = err_set(err, ERR_NOMEM, "start the thread that writes the audit log");
    if (rc != ERR_OK) {
        release(a);
        return err_add(err, "open the audit log");
    }
    *ret = a;
    return ERR_OK;
}

void audit_close(struct audit *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->is_stopping = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    release(a);
}
