#include "nfvo/api/lifecycle/event_stream.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/http/sse.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/context.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_explain.h"

#define POLL_MS  200
#define READ_MAX 1000
/* Ids are given before they are committed: so many below the highest one that was sent may still
 * appear. */
#define LATE_MAX 512

struct listener {
    struct listener *next;
    struct http_sse *stream;
    char *project, *nsr, *events; /* nsr, events NULL: all */
    char *token_hash, *standing;
    int64_t start, high; /* only ids above start; the highest one that was sent */
    int64_t sent[LATE_MAX];
    size_t sent_n;
    int64_t until_us;
};

struct event_stream {
    struct api *api;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    struct listener *listeners; /* added under the lock, taken out by the thread only */
    bool is_stopping, is_failing;
};

static void listener_free(struct listener *n)
{
    http_sse_close(n->stream);
    free(n->project);
    free(n->nsr);
    free(n->events);
    free(n->token_hash);
    free(n->standing);
    free(n);
}

static bool was_sent(const struct listener *n, int64_t id)
{
    for (size_t i = 0; i < n->sent_n && i < LATE_MAX; i++)
        if (n->sent[i] == id)
            return true;
    return false;
}

/* Each line begins with its event: nfvo/lifecycle/notify.c. */
static bool is_named(const char *events, const char *doc)
{
    static const char begin[] = "{\"event\":\"";
    const char *word = strncmp(doc, begin, sizeof(begin) - 1) == 0 ? doc + sizeof(begin) - 1 : "";
    size_t len = strcspn(word, "\"");
    for (const char *at = events; *at; at += strspn(at, ", ")) {
        size_t n = strcspn(at, ", ");
        bool is_prefix = n > 0 && at[n - 1] == '*';
        size_t wanted = n - is_prefix;
        if ((is_prefix ? wanted <= len : wanted == len) && strncmp(at, word, wanted) == 0)
            return true;
        at += n;
    }
    return false;
}

static bool wants(const struct listener *n, const struct store_history_line *line)
{
    if (line->id <= n->start || line->id <= n->high - LATE_MAX || was_sent(n, line->id))
        return false;
    return (strcmp(n->project, "*") == 0 || strcmp(n->project, line->project) == 0) &&
           (!n->nsr || strcmp(n->nsr, line->nsr_id) == 0) &&
           (!n->events || is_named(n->events, line->doc));
}

static void render(struct sbuf *out, const struct store_history_line *line)
{
    sbuf_addf(out, "{\"id\":%" PRId64 ",\"at\":%" PRId64 ",\"nsr\":", line->id, line->at);
    text_add_json(out, line->nsr_id);
    sbuf_adds(out, ",\"nsrName\":");
    text_add_json(out, line->nsr_name);
    sbuf_addf(out, ",\"entry\":%s}", line->doc);
}

struct round {
    struct event_stream *of;
    size_t n;
};

static void tell(void *arg, const struct store_history_line *line)
{
    struct round *round = arg;
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT;
    char id[24];
    round->n++;
    snprintf(id, sizeof(id), "%" PRId64, line->id);
    for (struct listener *n = round->of->listeners; n; n = n->next) {
        if (n->until_us && wants(n, line)) {
            if (data.len == 0)
                render(&data, line);
            if (!http_sse_send(n->stream, NULL, id, data.s))
                n->until_us = 0;
            n->sent[n->sent_n++ % LATE_MAX] = line->id;
        }
        if (line->id > n->high)
            n->high = line->id;
    }
}

/* Those that are gone, too slow, or have listened long enough. */
static void drop_ended(struct event_stream *l)
{
    int64_t now = clock_mono_us();
    for (struct listener **at = &l->listeners; *at;) {
        struct listener *n = *at;
        if (n->until_us > now && !l->is_stopping && http_sse_is_open(n->stream)) {
            at = &n->next;
            continue;
        }
        *at = n->next;
        listener_free(n);
    }
}

static int64_t lowest(const struct event_stream *l)
{
    int64_t low = INT64_MAX;
    for (const struct listener *n = l->listeners; n; n = n->next) {
        int64_t from = n->high - LATE_MAX > n->start ? n->high - LATE_MAX : n->start;
        low = from < low ? from : low;
    }
    return low;
}

static void compare(void *arg, int i, const char *standing)
{
    struct listener *n = arg;
    while (n && i-- > 0)
        n = n->next;
    if (n && strcmp(n->standing, standing) != 0)
        n->until_us = 0;
}

/* May they still hear? In the same moment of the database as what is read, so that nobody hears
 * what was said after it was taken away. */
static enum err_code check_standings(struct event_stream *l, struct db *db, struct err *err)
{
    AUTO(db_array_release) struct db_array hashes = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array projects = DB_TEXT_ARRAY;
    for (const struct listener *n = l->listeners; n; n = n->next) {
        db_array_text(&hashes, n->token_hash);
        db_array_text(&projects, n->project);
    }
    return store_token_standings(db, &hashes, &projects, compare, l->listeners, err);
}

/* Lock held. Returns whether there may be more at once. */
static bool look(struct event_stream *l)
{
    struct round round = {.of = l};
    struct err err = ERR_INIT;
    struct db *db = store_borrow(l->api->store);
    int64_t before = 0, low = lowest(l);
    for (const struct listener *n = l->listeners; n; n = n->next)
        before += n->high;
    enum err_code rc = store_snapshot_begin(db, &err);
    if (rc == ERR_OK)
        rc = check_standings(l, db, &err);
    if (rc == ERR_OK)
        rc = store_history_read(db, low, READ_MAX, tell, &round, &err);
    db_rollback(db);
    store_return(l->api->store, db);
    if (rc != ERR_OK && !l->is_failing)
        log_warn(LOG_API, "live_events_unread", KV_ERR(&err));
    l->is_failing = rc != ERR_OK;
    for (const struct listener *n = l->listeners; n; n = n->next)
        before -= n->high;
    return rc == ERR_OK && round.n == READ_MAX && before != 0;
}

static void rest(struct event_stream *l)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&l->woken, &l->lock, &until);
}

static void *run(void *arg)
{
    struct event_stream *l = arg;
    pthread_mutex_lock(&l->lock);
    while (!l->is_stopping) {
        drop_ended(l);
        if (!l->listeners)
            pthread_cond_wait(&l->woken, &l->lock);
        else if (!look(l))
            rest(l);
    }
    drop_ended(l);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

void event_stream_listen(struct event_stream *l, struct http_sse *stream_taken,
                         const struct event_stream_wanted *wanted)
{
    struct listener *n = xcalloc(1, sizeof(*n));
    n->stream = stream_taken;
    n->project = xstrdup(wanted->project);
    n->nsr = wanted->nsr ? xstrdup(wanted->nsr) : NULL;
    n->events = wanted->events ? xstrdup(wanted->events) : NULL;
    n->token_hash = xstrdup(wanted->token_hash);
    n->standing = xstrdup(wanted->standing);
    n->start = n->high = wanted->after;
    n->until_us = clock_mono_us() + EVENT_STREAM_MAX_S * USEC_PER_SEC;
    pthread_mutex_lock(&l->lock);
    n->next = l->listeners;
    l->listeners = n;
    pthread_cond_signal(&l->woken);
    pthread_mutex_unlock(&l->lock);
}

enum err_code event_stream_open(struct event_stream **ret, struct api *api, struct err *err)
{
    struct event_stream *l = xcalloc(1, sizeof(*l));
    pthread_condattr_t monotonic;
    l->api = api;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&l->thread, NULL, run, l) != 0) {
        pthread_cond_destroy(&l->woken);
        pthread_mutex_destroy(&l->lock);
        free(l);
        return err_set(err, ERR_NOMEM, "start the thread of the live events");
    }
    *ret = l;
    return ERR_OK;
}

void event_stream_close(struct event_stream *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->is_stopping = true;
    pthread_cond_signal(&l->woken);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->woken);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
