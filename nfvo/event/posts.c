/* Events that are POSTed to URLs. Each thread takes whatever target nobody else is at. */
#include <stdio.h>

#include "common/http/client.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/event/internal.h"

enum { TURN = 16 /* events to one URL before the others have their turn */ };

enum step { GO_ON, OTHERS_FIRST, WAIT };

struct turn {
    struct worker *w;
    struct http_client *client;
    struct store_target *target;
    int64_t *wait_us; /* until the first retry is due */
};

static enum err_code post(struct turn *t, const struct store_event *e, int *ret_status,
                          struct err *err)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    char seq[24];
    snprintf(seq, sizeof(seq), "%lld", (long long)e->id);
    const struct http_header header = {"x-baton-seq", seq};
    int64_t timeout_ms = t->w->d->setup.options->http_timeout_ms;
    enum err_code rc = http_client_call(t->client,
                                        &(struct http_call){.method = "POST",
                                                            .url = t->target->endpoint,
                                                            .headers = &header,
                                                            .header_n = 1,
                                                            .type = HTTP_TYPE_JSON,
                                                            .body = e->body,
                                                            .body_len = e->len,
                                                            .dial = t->w->d->setup.dial,
                                                            .timeout_ms = timeout_ms,
                                                            .connect_timeout_ms = timeout_ms,
                                                            .max_body = 65536,
                                                            .cancel_fd = t->w->d->stop_fd},
                                        &res, err);
    *ret_status = res.status;
    if (rc == ERR_LIMIT) /* an answer that is too long is an answer */
        rc = ERR_OK;
    http_response_release(&res);
    return rc;
}

static enum err_code finish_refused(struct turn *t, int64_t id, const char *why, struct err *err)
{
    AUTO(db_array_release) struct db_array ids = DB_INT8_ARRAY;
    db_array_int(&ids, id);
    return store_event_refused(t->w->db, &ids, why, err);
}

static enum err_code finish(struct turn *t, int64_t id, bool is_delivered, struct err *err)
{
    AUTO(db_array_release) struct db_array ids = DB_INT8_ARRAY;
    db_array_int(&ids, id);
    return is_delivered ? store_event_delivered(t->w->db, &ids, err)
                        : store_event_delete(t->w->db, &ids, err);
}

static void want_wake(struct turn *t, int64_t us)
{
    if (us < *t->wait_us)
        *t->wait_us = us;
}

/* There was no answer: later, or never. */
static enum step no_answer(struct turn *t, const struct store_event *e, const struct err *why,
                           enum err_code *rc, struct err *err)
{
    struct dispatcher *d = t->w->d;
    int64_t delay_us = retry_us(d, e->attempts);
    metric_add(d->metrics, M_RETRIED, 1, KIND_REST, 0);
    note_target(t->w, t->target, why);
    if (e->attempts + 1 < d->setup.options->attempts && !is_suspect(d, t->target)) {
        *rc = store_event_delay(t->w->db, e->id, delay_us, true, err);
        want_wake(t, delay_us);
        return WAIT;
    }
    note_dropped(d, t->target, e->id, WHY_GONE, why->msg);
    set_suspect(d, t->target, true);
    *rc = finish(t, e->id, false, err);
    return OTHERS_FIRST; /* this one will take its time-out again */
}

static enum step deliver(struct turn *t, const struct store_event *e, enum err_code *rc,
                         struct err *err)
{
    struct dispatcher *d = t->w->d;
    struct err why = ERR_INIT;
    int status = 0;
    enum err_code sent = post(t, e, &status, &why);
    if (atomic_load(&d->is_stopping) && sent != ERR_OK)
        return WAIT; /* broken off by us */
    if (sent != ERR_OK && sent != ERR_INVALID)
        return no_answer(t, e, &why, rc, err);
    if (e->attempts > 0 || is_suspect(d, t->target))
        note_target(t->w, t->target, NULL);
    set_suspect(d, t->target, false);
    bool is_delivered = sent == ERR_OK && status / 100 == 2;
    if (is_delivered) {
        metric_add(d->metrics, M_DELIVERED, 1, KIND_REST, 0);
        *rc = finish(t, e->id, true, err);
        return GO_ON;
    }
    char shown[100] = "it is not a URL that can be called";
    if (sent == ERR_OK) {
        err_set(&why, ERR_PEER, "status %d", status);
        snprintf(shown, sizeof(shown), "it answered the last event with status %d", status);
    }
    note_dropped(d, t->target, e->id, WHY_REFUSED, why.msg);
    *rc = finish_refused(t, e->id, shown, err);
    return GO_ON;
}

/* Returns whether there is more for this target now. */
static bool serve_locked(struct turn *t, enum err_code *rc, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_event *events = NULL;
    size_t n = 0;
    int64_t wait_us = 0;
    enum step step = GO_ON;
    *rc = store_event_load(t->w->db, t->target, TURN, &a, &events, &n, &wait_us, err);
    if (*rc == ERR_OK && wait_us > 0)
        want_wake(t, wait_us);
    for (size_t i = 0; *rc == ERR_OK && step == GO_ON && i < n; i++)
        step = atomic_load(&t->w->d->is_stopping) ? WAIT : deliver(t, &events[i], rc, err);
    return step == OTHERS_FIRST || (step == GO_ON && n == TURN);
}

static bool serve(struct turn *t, enum err_code *rc, struct err *err)
{
    bool is_mine = false;
    *rc = store_target_lock(t->w->db, t->target, &is_mine, err);
    if (*rc != ERR_OK || !is_mine)
        return false;
    bool has_more = serve_locked(t, rc, err);
    if (*rc == ERR_OK)
        *rc = store_target_unlock(t->w->db, t->target, err);
    return has_more;
}

/* One turn over all URLs with events; *wait_us: when there is something to do again. */
static enum err_code round_of(struct worker *w, struct http_client *client, int64_t *wait_us,
                              struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_targets targets = {0};
    bool has_more = false;
    enum err_code rc = store_event_targets(w->db, "REST", &a, &targets, err);
    /* Each thread begins somewhere else. */
    for (uint32_t i = 0; rc == ERR_OK && i < targets.n; i++) {
        struct turn t = {w, client, &targets.at[(i + w->number) % targets.n], wait_us};
        if (atomic_load(&w->d->is_stopping))
            break;
        has_more |= serve(&t, &rc, err);
    }
    if (has_more)
        *wait_us = 0;
    return rc;
}

void *posts_run(void *arg)
{
    struct worker *w = arg;
    struct http_client *client = http_client_new();
    unsigned lost = 0;
    while (!atomic_load(&w->d->is_stopping)) {
        struct err err = ERR_INIT;
        int64_t wait_us = w->d->setup.options->poll_ms * USEC_PER_MS;
        if (round_of(w, client, &wait_us, &err) == ERR_OK)
            lost = 0;
        else {
            /* Locks that are in doubt end with the connection. */
            db_disconnect(w->db);
            log_warn(LOG_EVENT, "events_not_posted", KV_ERR(&err));
            wait_us = db_backoff_ms(lost++, (uint32_t)clock_mono_us()) * USEC_PER_MS;
        }
        if (wait_us > 0)
            worker_rest(w, (wait_us + USEC_PER_MS - 1) / USEC_PER_MS);
    }
    http_client_free(client);
    return NULL;
}
