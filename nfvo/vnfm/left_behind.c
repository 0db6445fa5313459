/* What was in the queue of a VNFM or driver when it moved to its room: requests that the process of
 * before gave back when it stopped or was killed, and those that nobody had taken yet. They follow,
 * so that work in hand goes on; else each would last until its deadline, and fail.
 *
 * Only out of the inner room, and only what is a command to this VNFM or driver that is open, in
 * words of the NFVO's own: whoever else is still in that room could send there before, and cannot
 * get anything to the room of now but in place of such a command. A crash in between repeats a
 * request; a VNFM of ours joins it by its correlation id, a launch has a token.
 */
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/store/store_manager.h"
#include "nfvo/vnfm/internal.h"
#include "proto/topology.h"

#include <string.h>

/* In the registry's thread, which meanwhile registers nobody: a look later it goes on. */
enum { ALL_MS = 3000, QUIET_MS = 300 };

struct move {
    struct registry *r;
    struct bus *from, *to;
    const char *queue, *room;
    bool is_driver;
    int64_t deadline_us;
    int64_t moved, refused;
};

static struct bus *connect_to(const struct move *m, const char *room)
{
    struct bus_options options = *m->r->setup.bus;
    options.name = "nfvo-left-behind";
    options.vhost = account_vhost(&m->r->setup, room);
    return bus_new(&options);
}

/* ERR_TIMEOUT: it did not come. ERR_UNAVAIL: another nfvo has the queue, a process of before is
 * back, or the broker is away. */
static enum err_code await(const struct move *m, struct bus *bus, enum bus_event_type type, int ms,
                           struct bus_event *ev, struct err *err)
{
    int64_t until = clock_mono_us() + ms * USEC_PER_MS;
    if (until > m->deadline_us)
        until = m->deadline_us;
    while (bus_next(bus, ev, m->r->wake_fd, clock_left_ms(until)) != type)
        switch (ev->type) {
        case BUS_TIMEOUT:
        case BUS_WAKE:
            return err_set(err, ERR_TIMEOUT, "nothing came");
        case BUS_FAULT:
        case BUS_LOST:
        case BUS_NACKED:
        case BUS_RETURNED:
        case BUS_CANCELLED:
            return err_set(err, ERR_UNAVAIL, "%s", ev->text ? ev->text : bus_event_name(ev->type));
        default:
            break;
        }
    return ERR_OK;
}

static enum err_code pass_on(struct move *m, const struct bus_delivery *d, struct err *err)
{
    const struct bus_message copy = {.routing_key = m->queue,
                                     .body = d->body,
                                     .len = d->len,
                                     .content_type = d->content_type,
                                     .correlation_id = d->correlation_id,
                                     .reply_to = d->reply_to,
                                     .message_id = d->message_id,
                                     .is_mandatory = true,
                                     .headers = d->headers,
                                     .header_n = d->header_n};
    struct bus_event ev;
    uint64_t seq;
    enum err_code rc = bus_publish(m->to, &copy, &seq, err);
    return rc == ERR_OK ? await(m, m->to, BUS_CONFIRMED, ALL_MS, &ev, err) : rc;
}

/* By a peer that answers with correlation ids. Another one acknowledges before it works, so only
 * what it never got is there, and the queue for its answer is not where it is now: that is lost,
 * as when such a peer dies. */
static bool is_answered_to_all(const struct bus_delivery *d)
{
    return d->reply_to && strncmp(d->reply_to, QUEUE_REPLY_PREFIX, strlen(QUEUE_REPLY_PREFIX)) != 0;
}

/* The row first: the answer may come at once. */
static enum err_code move_one(struct move *m, const struct bus_delivery *d, struct err *err)
{
    bool is_open = false;
    enum err_code rc = ERR_OK;
    if (d->correlation_id && is_answered_to_all(d))
        rc = (m->is_driver ? store_driver_command_move : store_vnfm_command_move)(
            m->r->db, d->correlation_id, m->queue, m->room, &is_open, err);
    if (rc == ERR_OK && is_open)
        rc = pass_on(m, d, err);
    if (rc != ERR_OK)
        return rc;
    *(is_open ? &m->moved : &m->refused) += 1;
    bus_ack(m->from, d->tag, d->epoch);
    return ERR_OK;
}

static enum err_code move_all(struct move *m, struct err *err)
{
    struct bus_event ev;
    enum err_code rc = await(m, m->to, BUS_READY, ALL_MS, &ev, err);
    bus_want_consumer(
        m->from, &(struct bus_consumer){.queue = m->queue, .prefetch = 1, .is_exclusive = true});
    if (rc == ERR_OK)
        rc = await(m, m->from, BUS_READY, ALL_MS, &ev, err);
    while (rc == ERR_OK && (rc = await(m, m->from, BUS_DELIVERY, QUIET_MS, &ev, err)) == ERR_OK)
        rc = move_one(m, ev.delivery, err);
    return rc == ERR_TIMEOUT ? ERR_OK : rc;
}

static void tell(const struct move *m)
{
    if (m->moved)
        log_info(m->is_driver ? LOG_VIM : LOG_VNFM,
                 m->is_driver ? "calls_moved_with_their_driver" : "requests_moved_with_their_vnfm",
                 KV_S("queue", m->queue), KV_S("room", m->room), KV_I("moved", m->moved));
    if (m->refused)
        log_warn(m->is_driver ? LOG_VIM : LOG_VNFM, "left_behind_dropped", KV_S("queue", m->queue),
                 KV_I("dropped", m->refused),
                 KV_S("why", "no command that is open, or its answer cannot follow"));
}

void left_behind_follow(struct registry *r, const struct store_queue *q, bool is_driver)
{
    struct err err = ERR_INIT;
    struct move m = {.r = r, .queue = q->queue, .room = q->room, .is_driver = is_driver};
    m.deadline_us = clock_mono_us() + ALL_MS * USEC_PER_MS;
    m.from = connect_to(&m, "");
    m.to = connect_to(&m, m.room);
    enum err_code rc = move_all(&m, &err);
    bus_free(m.from);
    bus_free(m.to);
    tell(&m);
    if (m.refused && (is_driver ? watch_driver_died : watch_vnfm_died)(r, m.queue, &err) != ERR_OK)
        log_debug(LOG_VNFM, "left_behind_not_lost", KV_S("queue", m.queue), KV_ERR(&err));
    if (rc != ERR_OK)
        log_debug(LOG_VNFM, "left_behind_later", KV_S("queue", m.queue), KV_ERR(&err));
}
