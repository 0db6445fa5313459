/* The addresses of subscribers: which of them do not answer, and what is said of them. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/log/log.h"
#include "nfvo/event/internal.h"

const char *const event_whys[] = {"gone", "refused", "old", "orphan", NULL};

/* Given. */
static char *name_of(const struct store_target *t)
{
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    sbuf_addf(&name, "%s\n%s", t->endpoint, t->room);
    return sbuf_take(&name);
}

static size_t find_suspect(const struct dispatcher *d, const char *target)
{
    size_t i = 0;
    while (i < d->suspects_n && strcmp(d->suspects[i], target) != 0)
        i++;
    return i;
}

bool is_suspect(struct dispatcher *d, const struct store_target *t)
{
    AUTO(freep) char *target = name_of(t);
    pthread_mutex_lock(&d->lock);
    bool is = find_suspect(d, target) < d->suspects_n;
    pthread_mutex_unlock(&d->lock);
    return is;
}

void set_suspect(struct dispatcher *d, const struct store_target *t, bool is)
{
    AUTO(freep) char *target = name_of(t);
    pthread_mutex_lock(&d->lock);
    size_t i = find_suspect(d, target);
    if (is && i == d->suspects_n && i < SUSPECTS_MAX)
        d->suspects[d->suspects_n++] = xstrdup(target);
    else if (!is && i < d->suspects_n) {
        free(d->suspects[i]);
        d->suspects[i] = d->suspects[--d->suspects_n];
    }
    pthread_mutex_unlock(&d->lock);
}

void target_show(struct sbuf *out, const struct store_target *t)
{
    if (strcmp(t->type, "REST") == 0)
        http_url_mask(out, t->endpoint);
    else
        sbuf_adds(out, t->endpoint);
}

void note_dropped(struct dispatcher *d, const struct store_target *t, int64_t id,
                  enum event_why why, const char *reason)
{
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    target_show(&shown, t);
    metric_add(d->metrics, M_DROPPED, 1, why, 0);
    log_warn(LOG_EVENT, "event_dropped", KV_S("type", t->type), KV_S("endpoint", shown.s),
             KV_I("event", id), KV_S("why", event_whys[why]), KV_S("reason", reason));
}

/* Refused, timed out, unknown, not HTTP: one and the same. */
static const char *told(const struct store_target *t, const struct err *why)
{
    return strcmp(t->type, "REST") != 0 ? why->msg
           : why->code == ERR_DENIED    ? "its address is not to be called: option outbound-allow"
           : why->code == ERR_INVALID   ? "it is not a URL that can be called"
                                        : "it gave no answer";
}

void note_target(struct worker *w, const struct store_target *t, const struct err *why)
{
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    struct err err = ERR_INIT;
    target_show(&shown, t);
    enum err_code rc = why ? store_target_failed(w->db, t, told(t, why), &err)
                           : store_target_works(w->db, t, &err);
    if (rc != ERR_OK)
        log_warn(LOG_EVENT, "target_not_noted", KV_S("endpoint", shown.s), KV_ERR(&err));
}

int64_t retry_us(const struct dispatcher *d, int64_t attempts)
{
    int64_t us = d->setup.options->retry_ms * USEC_PER_MS, longest = 60 * USEC_PER_SEC;
    for (; attempts > 0 && us < longest; attempts--)
        us *= 2;
    return us < longest || us <= d->setup.options->retry_ms * USEC_PER_MS ? us : longest;
}
