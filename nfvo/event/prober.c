/* Targets that do not answer (table event_target): is somebody there now? */
#include "common/http/client.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/event/internal.h"

#include <string.h>

enum { TURN = 16, PROBE_MS = 3000 };

static void seen(struct worker *w, const struct store_target *t)
{
    struct err err = ERR_INIT;
    bool works = false;
    if (store_target_seen(w->db, t, &works, &err) != ERR_OK)
        log_warn(LOG_EVENT, "target_not_noted", KV_S("type", t->type), KV_ERR(&err));
    if (works)
        set_suspect(w->d, t, false);
    else
        wake_all(w->d);
}

static enum err_code probe(struct worker *w, const char *url, struct err *err)
{
    AUTO(http_client_freep) struct http_client *client = http_client_new();
    struct http_response res = HTTP_RESPONSE_INIT;
    enum err_code rc = http_client_call(client,
                                        &(struct http_call){.url = url,
                                                            .is_probe = true,
                                                            .dial = w->d->setup.dial,
                                                            .timeout_ms = PROBE_MS,
                                                            .connect_timeout_ms = PROBE_MS,
                                                            .cancel_fd = w->d->stop_fd},
                                        &res, err);
    http_response_release(&res);
    return rc;
}

static void look(struct worker *w, const struct store_target *t)
{
    const struct dispatcher_setup *s = &w->d->setup;
    struct err err = ERR_INIT;
    enum err_code rc = ERR_OK;
    if (strcmp(t->type, "REST") == 0)
        rc = probe(w, t->endpoint, &err);
    else if (!*t->room && s->queue_exists && !s->queue_exists(s->ctx, t->endpoint))
        rc = err_set(&err, ERR_NOT_FOUND, "there is no queue '%s'", t->endpoint);
    if (rc == ERR_OK) {
        seen(w, t);
        return;
    }
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    target_show(&shown, t);
    note_target(w, t, &err);
    log_info(LOG_EVENT, "subscriber_not_there", KV_S("type", t->type), KV_S("endpoint", shown.s),
             KV_ERR(&err));
}

/* Returns whether there may be more. */
static bool round_of(struct worker *w)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_targets due = {0};
    struct err err = ERR_INIT;
    if (store_targets_due(w->db, TURN, &a, &due, &err) != ERR_OK) {
        log_warn(LOG_EVENT, "targets_not_looked_at", KV_ERR(&err));
        return false;
    }
    for (uint32_t i = 0; i < due.n && !atomic_load(&w->d->is_stopping); i++)
        look(w, &due.at[i]);
    return due.n == TURN;
}

void *prober_run(void *arg)
{
    struct worker *w = arg;
    while (!atomic_load(&w->d->is_stopping))
        if (!round_of(w))
            worker_rest(w, w->d->setup.options->poll_ms);
    return NULL;
}
