/* Which VNFMs are called over HTTP, and which of them listen: the list that the other threads use is
 * read again every second, and each is connected to every manager-check-interval (rest-api.md 2.12,
 * heartbeat), at once after one registered here. */
#include <poll.h>
#include <string.h>

#include "common/http/client.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/rest_internal.h"

#define TICK_MS  1000
#define PROBE_MS 1000

static enum err_code read_list(struct rest_vnfms *r, struct db *db, struct err *err)
{
    struct arena a = ARENA_INIT;
    struct store_vnfm_rest *list = NULL;
    size_t n = 0;
    enum err_code rc = store_vnfm_rest_list(db, &a, &list, &n, err);
    if (rc != ERR_OK) {
        arena_release(&a);
        return rc;
    }
    pthread_mutex_lock(&r->lock);
    struct arena old = r->list_memory;
    bool is_more = n > r->list_n;
    r->list_memory = a;
    r->list = list;
    r->list_n = n;
    pthread_mutex_unlock(&r->lock);
    arena_release(&old);
    if (is_more)
        rest_wake(r->wake_fd);
    return ERR_OK;
}

static bool is_there(struct rest_vnfms *r, struct http_client *client, const char *url)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    struct err err = ERR_INIT;
    enum err_code rc = http_client_call(client,
                                        &(struct http_call){.url = url,
                                                            .dial = r->setup.dial,
                                                            .timeout_ms = PROBE_MS,
                                                            .connect_timeout_ms = PROBE_MS,
                                                            .is_probe = true,
                                                            .cancel_fd = r->stop_fd},
                                        &res, &err);
    http_response_release(&res);
    return rc == ERR_OK;
}

/* This thread alone replaces the list, and reads it without the lock. */
static enum err_code probe(struct rest_vnfms *r, struct db *db, struct http_client *client,
                           struct err *err)
{
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < r->list_n && !atomic_load(&r->is_stopping); i++) {
        const struct store_vnfm_rest *v = &r->list[i];
        bool is = is_there(r, client, v->url);
        if (atomic_load(&r->is_stopping) ||
            (rc = store_vnfm_calls_tend(db, r->sender, err)) != ERR_OK)
            break;
        if (is != v->active)
            log_info(LOG_VNFM, is ? "rest_vnfm_is_there" : "rest_vnfm_is_missed",
                     KV_S("type", v->type), KV_S("endpoint", v->url));
        rc = store_vnfm_rest_seen(db, v->id, is, r->setup.absence_grace_ms * USEC_PER_MS, err);
    }
    return rc;
}

void *rest_watch_run(void *arg)
{
    struct rest_vnfms *r = arg;
    struct db *db = store_connection(r->setup.store, "nfvo-rest-vnfm-watch");
    struct http_client *client = http_client_new();
    int64_t probe_at_us = 0;
    bool is_failing = false;
    while (!atomic_load(&r->is_stopping)) {
        struct err err = ERR_INIT;
        struct pollfd fds[] = {{.fd = r->watch_fd, .events = POLLIN},
                               {.fd = r->stop_fd, .events = POLLIN}};
        enum err_code rc = read_list(r, db, &err);
        if (rc == ERR_OK && r->list_n)
            rc = store_vnfm_calls_tend(db, r->sender, &err);
        if (rc == ERR_OK && clock_mono_us() >= probe_at_us) {
            rc = probe(r, db, client, &err);
            probe_at_us = clock_mono_us() + r->setup.check_interval_ms * USEC_PER_MS;
        }
        if (rc != ERR_OK && !is_failing && !atomic_load(&r->is_stopping))
            log_warn(LOG_VNFM, "rest_vnfms_not_looked_at", KV_ERR(&err));
        is_failing = rc != ERR_OK;
        if (poll(fds, 2, TICK_MS) > 0 && (fds[0].revents & POLLIN)) {
            rest_drain_wake(r->watch_fd);
            probe_at_us = 0;
        }
    }
    http_client_free(client);
    db_free(db);
    return NULL;
}
