/* What a process had in hand when it died: the requests that it acknowledged and has not answered. */
#include <string.h>

#include "common/log/log.h"
#include "nfvo/store/store_engine.h"
#include "nfvo/vnfm/internal.h"

/* Its answers under way still count. */
#define LOST_GRACE_US        (5 * USEC_PER_SEC)
#define LOST_GRACE_DRIVER_US (2 * USEC_PER_SEC)

static void tell_lost_requests(const char *type, int64_t n)
{
    if (n)
        log_warn(LOG_VNFM, "requests_lost", KV_S("type", type), KV_I("requests", n));
}

static void tell_lost_calls(const char *queue, int64_t n)
{
    if (n)
        log_warn(LOG_VIM, "calls_lost", KV_S("queue", queue), KV_I("calls", n));
}

enum err_code watch_vnfm_died(struct registry *r, const char *type, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_vnfm_requests_lost(r->db, type, LOST_GRACE_US, &n, err);
    if (rc == ERR_OK)
        tell_lost_requests(type, n);
    return rc;
}

enum err_code watch_driver_died(struct registry *r, const char *queue, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_driver_requests_lost(r->db, queue, LOST_GRACE_DRIVER_US, &n, err);
    if (rc == ERR_OK)
        tell_lost_calls(queue, n);
    return rc;
}

/* Does nothing wait in it, and nobody consume from it? Also if there is no such queue. */
static enum err_code holds_nothing(struct registry_room *room, const char *queue, bool *ret,
                                   struct err *err)
{
    uint32_t messages = 0, consumers = 0;
    enum err_code rc = bus_queue_check(room->bus, queue, &messages, &consumers, err);
    *ret = rc == ERR_NOT_FOUND || (rc == ERR_OK && messages == 0 && consumers == 0);
    return rc == ERR_NOT_FOUND || rc == ERR_PEER ? ERR_OK : rc; /* ERR_PEER: locked, in use */
}

/* Marked first, then looked again: what is marked had left the outbox before that look, so it would
 * be seen in the queue if nobody had taken it. The first look is only there so that rows are seldom
 * locked while the broker is asked. */
enum err_code watch_predecessor_died(struct registry *r, struct registry_room *room,
                                     const char *queue, const char *type, struct err *err)
{
    bool is_lost = false;
    int64_t n = 0;
    enum err_code rc = holds_nothing(room, queue, &is_lost, err);
    if (rc != ERR_OK || !is_lost)
        return rc;
    db_begin(r->db);
    rc = type ? store_vnfm_requests_lost(r->db, type, LOST_GRACE_US, &n, err)
              : store_driver_requests_lost(r->db, queue, LOST_GRACE_DRIVER_US, &n, err);
    if (rc == ERR_OK && n)
        rc = holds_nothing(room, queue, &is_lost, err);
    is_lost &= rc == ERR_OK;
    if (is_lost)
        rc = db_commit(r->db, err);
    else
        db_rollback(r->db);
    db_results_clear(r->db);
    if (rc == ERR_OK && is_lost && type)
        tell_lost_requests(type, n);
    else if (rc == ERR_OK && is_lost)
        tell_lost_calls(queue, n);
    return rc;
}
