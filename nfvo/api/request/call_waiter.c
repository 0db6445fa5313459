#include "nfvo/api/request/call_waiter.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/request_log.h"
#include "nfvo/store/store_misc.h"
#include "nfvo/store/store_pop.h"

#define POLL_MS  1000  /* deadlines are this coarse */
#define CHECK_MS 10000 /* look at the rows even if nothing was announced */

struct waiting {
    struct waiting *next;
    char *id;
    enum rest_call_subject subject;
    int64_t until_us;
    struct pending *pending;
};

struct call_waiter {
    struct api *api;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock; /* of waiting */
    struct waiting *waiting;
    int wake_fd;
    bool is_stopping;
};

/* --- waiting -------------------------------------------------------------------------------- */

static void wake(struct call_waiter *k)
{
    uint64_t one = 1;
    if (write(k->wake_fd, &one, sizeof(one)) < 0)
        log_warn(LOG_API, "call_waiter_wake_failed", KV_I("fd", k->wake_fd));
}

void call_waiter_add(struct call_waiter *k, const char *id, enum rest_call_subject subject,
                     int64_t timeout_ms, struct pending *p)
{
    struct waiting *w = xcalloc(1, sizeof(*w));
    w->id = xstrdup(id);
    w->subject = subject;
    w->until_us = clock_mono_us() + timeout_ms * USEC_PER_MS;
    w->pending = p;
    pthread_mutex_lock(&k->lock);
    w->next = k->waiting;
    k->waiting = w;
    pthread_mutex_unlock(&k->lock);
}

/* Whoever takes it out answers: exactly once. id NULL: one that is overdue at now_us. */
static struct waiting *take_out(struct call_waiter *k, const char *id, int64_t now_us)
{
    struct waiting *w = NULL;
    pthread_mutex_lock(&k->lock);
    for (struct waiting **at = &k->waiting; *at; at = &(*at)->next)
        if (id ? strcmp((*at)->id, id) == 0 : (*at)->until_us <= now_us) {
            w = *at;
            *at = w->next;
            break;
        }
    pthread_mutex_unlock(&k->lock);
    return w;
}

static void waiting_free(struct waiting *w)
{
    free(w->id);
    free(w);
}

static void drop_secrets(struct db *db, const char *pop_id)
{
    struct err err = ERR_INIT;
    if (store_secret_delete(db, pop_id, &err) != ERR_OK)
        log_warn(LOG_API, "secret_left", KV_S("pop", pop_id), KV_ERR(&err));
}

void call_waiter_refuse(struct call_waiter *k, const char *id, const struct err *err)
{
    struct waiting *w = take_out(k, id, 0);
    if (!w)
        return;
    if (w->subject == REST_CALL_POP_NEW) {
        struct db *db = store_borrow(k->api->store);
        drop_secrets(db, w->pending->id);
        store_return(k->api->store, db);
    }
    pending_fail(w->pending, 0, err);
    waiting_free(w);
}

/* --- outcomes (in the thread) ---------------------------------------------------------------- */

static void answer_pop(struct call_waiter *k, struct waiting *w)
{
    struct sbuf body = SBUF_INIT;
    struct err err = ERR_INIT;
    if (store_pop_get(k->db, store_seal(k->api->store), w->pending->id, "*", &body, &err) == ERR_OK)
        pending_done(w->pending, NULL, &body);
    else {
        sbuf_release(&body);
        pending_fail(w->pending, 0, &err);
    }
}

/* Collected first: answering makes queries of its own on the same connection. */
struct outcome {
    struct outcome *next;
    struct waiting *waiting;
    int status;
    char *body;
};

struct outcomes {
    struct call_waiter *owner;
    struct outcome *first;
};

static void collect(void *arg, const char *id, int64_t status, const char *body)
{
    struct outcomes *all = arg;
    struct waiting *w = take_out(all->owner, id, 0);
    if (!w)
        return;
    struct outcome *o = xcalloc(1, sizeof(*o));
    *o = (struct outcome){all->first, w, (int)status, xstrdup(body)};
    all->first = o;
}

static void answer(struct call_waiter *k, struct outcome *o)
{
    struct waiting *w = o->waiting;
    if (o->status < 300 && w->subject == REST_CALL_TEXT) {
        struct sbuf body = SBUF_INIT;
        sbuf_adds(&body, o->body);
        pending_done(w->pending, NULL, &body);
    } else if (o->status < 300) {
        answer_pop(k, w);
    } else {
        struct sbuf body = SBUF_INIT;
        if (w->subject == REST_CALL_POP_NEW)
            drop_secrets(k->db, w->pending->id);
        error_body_of_fault(&body, o->status, o->body, w->pending->path, clock_wall_us());
        pending_answer(w->pending, o->status, HTTP_TYPE_JSON, &body);
    }
    waiting_free(w);
    free(o->body);
    free(o);
}

/* id NULL: all. */
static void look(struct call_waiter *k, const char *id)
{
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    struct err err = ERR_INIT;
    struct outcomes all = {.owner = k};
    pthread_mutex_lock(&k->lock);
    for (struct waiting *w = k->waiting; w; w = w->next)
        if (!id || strcmp(w->id, id) == 0)
            db_array_text(&ids, w->id);
    pthread_mutex_unlock(&k->lock);
    if (ids.n == 0)
        return;
    if (store_rest_call_finished(k->db, &ids, collect, &all, &err) != ERR_OK)
        log_warn(LOG_API, "operations_unread", KV_ERR(&err));
    while (all.first) {
        struct outcome *o = all.first;
        all.first = o->next;
        answer(k, o);
    }
}

static void drop_overdue(struct call_waiter *k, int64_t now_us)
{
    struct waiting *w;
    while ((w = take_out(k, NULL, now_us)) != NULL) {
        struct err err = ERR_INIT;
        err_set(&err, ERR_TIMEOUT, "operation '%s' is not finished yet", w->id);
        pending_fail(w->pending, 0, &err); /* the fallback has gone out: this frees the token */
        waiting_free(w);
    }
}

/* --- thread ----------------------------------------------------------------------------------- */

static bool is_stopping(struct call_waiter *k)
{
    pthread_mutex_lock(&k->lock);
    bool is = k->is_stopping;
    pthread_mutex_unlock(&k->lock);
    return is;
}

static void drain_wake(struct call_waiter *k)
{
    uint64_t n;
    if (read(k->wake_fd, &n, sizeof(n)) < 0)
        log_debug(LOG_API, "call_waiter_woken_for_nothing", KV_I("fd", k->wake_fd));
}

/* To the end, however often it is woken: a wake that is not taken would make a loop of it. */
static void rest(struct call_waiter *k, unsigned attempt)
{
    int64_t until_us =
        clock_mono_us() + db_backoff_ms(attempt, (uint32_t)clock_mono_us()) * USEC_PER_MS;
    for (int ms; (ms = clock_left_ms(until_us)) > 0 && !is_stopping(k);) {
        struct pollfd fd = {.fd = k->wake_fd, .events = POLLIN};
        if (poll(&fd, 1, ms) > 0)
            drain_wake(k);
    }
}

static void *run(void *arg)
{
    struct call_waiter *k = arg;
    unsigned lost = 0;
    int64_t checked_us = clock_mono_us();
    while (!is_stopping(k)) {
        struct db_notify n = {0};
        struct err err = ERR_INIT;
        enum db_wait what = db_wait_notify(k->db, k->wake_fd, POLL_MS, &n, &err);
        int64_t now = clock_mono_us();
        if (what == DB_WAIT_LOST) {
            log_warn(LOG_API, "call_waiter_lost_database", KV_ERR(&err));
            rest(k, lost++);
            continue;
        }
        lost = 0;
        if (what == DB_WAIT_NOTIFY)
            look(k, n.payload);
        if (what == DB_WAIT_WOKEN)
            drain_wake(k);
        if (what == DB_WAIT_WOKEN ||
            what == DB_WAIT_CONNECTED) /* it may have been woken meanwhile */
            request_log_write(k->api->request_log, k->db);
        if (what == DB_WAIT_CONNECTED || now - checked_us > CHECK_MS * USEC_PER_MS) {
            checked_us = now;
            look(k, NULL);
        }
        drop_overdue(k, now);
    }
    request_log_write(k->api->request_log, k->db);
    return NULL;
}

enum err_code call_waiter_open(struct call_waiter **ret, struct api *api, struct err *err)
{
    struct call_waiter *k = xcalloc(1, sizeof(*k));
    k->api = api;
    k->db = store_connection(api->store, "nfvo-rest-calls");
    k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    api->request_log = request_log_new(k->wake_fd);
    pthread_mutex_init(&k->lock, NULL);
    enum err_code rc = db_listen(k->db, STORE_REST_CALL_CHANNEL, err);
    if (rc == ERR_OK && pthread_create(&k->thread, NULL, run, k) != 0)
        rc = err_set(err, ERR_NOMEM, "start the thread that waits for operations");
    if (rc != ERR_OK) {
        request_log_free(k->api->request_log);
        db_free(k->db);
        close(k->wake_fd);
        free(k);
        return rc;
    }
    *ret = k;
    return ERR_OK;
}

void call_waiter_close(struct call_waiter *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->is_stopping = true;
    pthread_mutex_unlock(&k->lock);
    wake(k);
    pthread_join(k->thread, NULL);
    drop_overdue(k, INT64_MAX);
    request_log_free(k->api->request_log);
    db_free(k->db);
    close(k->wake_fd);
    pthread_mutex_destroy(&k->lock);
    free(k);
}
