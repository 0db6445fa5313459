#include "nfvo/api/lifecycle/releaser.h"
#include "nfvo/api/request/command.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/request_log.h"
#include "nfvo/store/store_release.h"

enum {
    IN_HAND_MAX = 64, /* at a time: the engine takes them in two batches */
    LOOK_MS = 5000,   /* for what a process left that is no more */
    LOST_MS = 1000,   /* the database is away */
};
#define LEASE_US                                                                                   \
    (INT64_C(30) * 1000000) /* a release that the engine takes over needs milliseconds */
#define RETRY_US (INT64_C(2) * 1000000)

struct in_hand {
    struct in_hand *next;
    struct releaser *releaser;
    char *nsr_id, *project, *username;
    struct err outcome;
    bool is_answered;
};

/* Held by its owner and by each release that the engine has. */
struct releaser {
    struct api *api;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct in_hand *first;
    unsigned n, refs;
    int wake_fd;
    bool is_stopping, is_closed;
};

void releaser_wake(struct releaser *r)
{
    uint64_t one = 1;
    if (write(r->wake_fd, &one, sizeof(one)) < 0)
        log_debug(LOG_API, "releaser_wake_failed", KV_I("fd", r->wake_fd));
}

static void in_hand_free(struct in_hand *h)
{
    free(h->nsr_id);
    free(h->project);
    free(h->username);
    free(h);
}

/* Lock held; unlocks. */
static void unref(struct releaser *r)
{
    bool is_last = --r->refs == 0;
    pthread_mutex_unlock(&r->lock);
    if (!is_last)
        return;
    while (r->first) {
        struct in_hand *h = r->first;
        r->first = h->next;
        in_hand_free(h);
    }
    close(r->wake_fd);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* --- to the engine and back ------------------------------------------------------------------- */

/* In a thread of the engine. */
static void answered(void *arg, const struct err *err, const char *text)
{
    struct in_hand *h = arg;
    struct releaser *r = h->releaser;
    (void)text;
    pthread_mutex_lock(&r->lock);
    h->is_answered = true;
    if (err)
        h->outcome = *err;
    if (!r->is_closed)
        releaser_wake(r);
    unref(r);
}

static void take_one(void *arg, const struct store_release *wanted)
{
    struct releaser *r = arg;
    struct in_hand *h = xcalloc(1, sizeof(*h));
    h->releaser = r;
    h->nsr_id = xstrdup(wanted->nsr_id);
    h->project = xstrdup(wanted->project);
    h->username = xstrdup(wanted->username);
    h->outcome = (struct err)ERR_INIT;
    pthread_mutex_lock(&r->lock);
    h->next = r->first;
    r->first = h;
    r->n++;
    r->refs++;
    pthread_mutex_unlock(&r->lock);
    const struct release_request req = {.project = h->project, .asked_by = h->username};
    api_submit(r->api->commands, command_release(h->nsr_id, &req), answered, h);
}

/* Those that are answered (or all) leave the list. */
static struct in_hand *take_out(struct releaser *r, bool all)
{
    struct in_hand *out = NULL;
    pthread_mutex_lock(&r->lock);
    for (struct in_hand **at = &r->first, *h; (h = *at);) {
        if (!h->is_answered && !all) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        h->next = out;
        out = h;
        r->n--;
    }
    pthread_mutex_unlock(&r->lock);
    return out;
}

static void put_back(struct releaser *r, struct in_hand *list)
{
    pthread_mutex_lock(&r->lock);
    while (list) {
        struct in_hand *h = list;
        list = h->next;
        h->next = r->first;
        r->first = h;
        r->n++;
    }
    pthread_mutex_unlock(&r->lock);
}

static bool may_come_again(const struct err *err)
{
    return err->code == ERR_UNAVAIL || err->code == ERR_UNKNOWN || err->code == ERR_TIMEOUT ||
           db_is_retryable(err);
}

/* The last word on it is in the history of requests, as for a DELETE of its own. */
static void note(struct releaser *r, const struct in_hand *h)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    int status = h->outcome.code == ERR_OK ? 204 : err_http_status(h->outcome.code);
    sbuf_addf(&path, "/api/v1/ns-records/%s", h->nsr_id);
    request_log_note(r->api->request_log, h->username, "DELETE", path.s, status);
    if (h->outcome.code != ERR_OK &&
        h->outcome.code != ERR_NOT_FOUND) /* it is gone: that was asked */
        log_error(LOG_API, "release_refused", KV_S("nsr", h->nsr_id), KV_S("user", h->username),
                  KV_ERR(&h->outcome));
}

static enum err_code settle(struct releaser *r, struct err *err)
{
    AUTO(db_array_release) struct db_array done = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array later = DB_TEXT_ARRAY;
    struct in_hand *list = take_out(r, false);
    for (struct in_hand *h = list; h; h = h->next)
        db_array_text(may_come_again(&h->outcome) ? &later : &done, h->nsr_id);
    enum err_code rc = done.n ? store_release_done(r->db, &done, err) : ERR_OK;
    if (rc == ERR_OK && later.n)
        rc = store_release_later(r->db, &later, RETRY_US, err);
    if (rc != ERR_OK) {
        put_back(r, list);
        return rc;
    }
    while (list) {
        struct in_hand *h = list;
        list = h->next;
        if (!may_come_again(&h->outcome))
            note(r, h);
        in_hand_free(h);
    }
    return ERR_OK;
}

/* --- thread ----------------------------------------------------------------------------------- */

static unsigned count(struct releaser *r, bool *ret_is_stopping)
{
    pthread_mutex_lock(&r->lock);
    unsigned n = r->n;
    *ret_is_stopping = r->is_stopping;
    pthread_mutex_unlock(&r->lock);
    return n;
}

static void rest(struct releaser *r, int ms)
{
    uint64_t n;
    struct pollfd fd = {.fd = r->wake_fd, .events = POLLIN};
    if (poll(&fd, 1, ms) > 0 && read(r->wake_fd, &n, sizeof(n)) < 0)
        log_debug(LOG_API, "releaser_woken_for_nothing", KV_I("fd", r->wake_fd));
}

static void *run(void *arg)
{
    struct releaser *r = arg;
    bool is_stopping = false, was_lost = false;
    while (!is_stopping) {
        struct err err = ERR_INIT;
        enum err_code rc = settle(r, &err);
        unsigned n = count(r, &is_stopping);
        if (rc == ERR_OK && n < IN_HAND_MAX && !is_stopping)
            rc = store_release_take(r->db, IN_HAND_MAX - n, LEASE_US, take_one, r, &err);
        if (rc != ERR_OK && !was_lost)
            log_warn(LOG_API, "releases_wait_for_database", KV_ERR(&err));
        was_lost = rc != ERR_OK;
        if (was_lost) { /* woken by each answer, but there is nothing to do with it yet */
            poll(NULL, 0, is_stopping ? 0 : LOST_MS);
            continue;
        }
        if (!is_stopping)
            rest(r, LOOK_MS);
    }
    return NULL;
}

enum err_code releaser_open(struct releaser **ret, struct api *api, struct err *err)
{
    struct releaser *r = xcalloc(1, sizeof(*r));
    r->api = api;
    r->db = store_connection(api->store, "nfvo-releaser");
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->refs = 1;
    pthread_mutex_init(&r->lock, NULL);
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        db_free(r->db);
        pthread_mutex_lock(&r->lock);
        unref(r);
        return err_set(err, ERR_NOMEM, "start the thread that begins releases");
    }
    *ret = r;
    return ERR_OK;
}

/* The engine may answer what it has as long as it lives: then only the reference is given back. */
void releaser_close(struct releaser *r)
{
    AUTO(db_array_release) struct db_array left = DB_TEXT_ARRAY;
    struct err err = ERR_INIT;
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->is_stopping = true;
    pthread_mutex_unlock(&r->lock);
    releaser_wake(r);
    pthread_join(r->thread, NULL);
    pthread_mutex_lock(&r->lock);
    for (struct in_hand *h = r->first; h; h = h->next)
        if (!h->is_answered)
            db_array_text(&left, h->nsr_id);
    r->is_closed = true;
    pthread_mutex_unlock(&r->lock);
    if (left.n && store_release_later(r->db, &left, 0, &err) != ERR_OK)
        log_warn(LOG_API, "releases_left", KV_I("n", left.n), KV_ERR(&err));
    db_free(r->db);
    pthread_mutex_lock(&r->lock);
    unref(r);
}
