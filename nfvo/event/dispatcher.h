/* Events on their way to subscribers: table event_out is delivered in order, at least once; and
 * subscriptions that come over AMQP. amqp-protocol.md 8.
 *
 *     rc = dispatcher_open(&nfvo->dispatcher, &(struct dispatcher_setup){
 *              .options = &nfvo->options.event, .bus = &nfvo->bus_options,
 *              .store = nfvo->store }, err);
 *
 * The unit of order is the target (a queue, a URL): its rows go out in the order of their ids,
 * which within a stream (NSR) is the order of what happened. Whoever delivers to a target holds its
 * advisory lock, so any number of NFVOs may run, and a dead one's lock is free at once. A target
 * that does not answer holds up nobody but itself.
 *
 * Threads: one owns the bus (queues, subscriptions), `event-http-threads` do the POSTs, one sleeps
 * in LISTEN and wakes them, one looks after targets that do not answer. Nobody waits for them.
 *
 * A queue that is gone and a URL that does not answer are tried again a few times, then the event
 * is dropped; after one was dropped the next ones get one try each, until one succeeds. Events
 * older than event-max-age are dropped. All of that is counted and logged.
 *
 * What left event_out is kept for event-replay-keep, to be sent again when its subscriber asks.
 *
 * Rooms (design.md, "Rooms on the broker"): subscriptions are taken in each, and name the project
 * of the room; events go into the queue of the room that the subscription came out of; only who is
 * in that room ends it. The inner room, unless it has a project itself, may name any.
 *
 * A subscription need not have a listener when it is made (decisions.md D26): a target is looked at
 * when it is subscribed, and again with a pause that doubles while it does not answer; its fault is
 * shown with its subscriptions, which end after event-endpoint-keep. */
#ifndef NFVO_EVENT_DISPATCHER_H
#define NFVO_EVENT_DISPATCHER_H

#include "common/base/sbuf.h"
#include "common/config/config.h"

struct dispatcher; /* opaque */
struct bus_options;
struct dial_rules;
struct rooms;
struct store;

struct dispatcher_options {
    int64_t http_threads, attempts, retry_ms, http_timeout_ms, max_age_ms, poll_ms, batch,
        history_keep_ms, operation_keep_ms, endpoint_keep_ms, replay_keep_ms;
};

/* clang-format off */
#define DISPATCHER_CONFIG(S, m)                                                                                         \
    CONFIG_INT(S, m.http_threads, "event-http-threads", "2", 1, 32, NULL, "threads that post events to URLs"),          \
    CONFIG_INT(S, m.attempts, "event-attempts", "8", 1, 100, NULL, "tries for an event whose queue is gone or whose URL does not answer"), \
    CONFIG_DURATION(S, m.retry_ms, "event-retry", "1s", 10, 600000, "pause between them; it doubles, up to a minute"),                              \
    CONFIG_DURATION(S, m.http_timeout_ms, "event-http-timeout", "5s", 10, 60000, "longest POST of an event"),           \
    CONFIG_DURATION(S, m.max_age_ms, "event-max-age", "1h", 1000, 604800000, "events that could not be delivered for so long are dropped"), \
    CONFIG_DURATION(S, m.endpoint_keep_ms, "event-endpoint-keep", "1d", 1000, INT64_C(31536000000), "a subscription whose queue or URL does not answer for so long is removed"), \
    CONFIG_DURATION(S, m.replay_keep_ms, "event-replay-keep", "1h", 0, 604800000, "events are kept for so long to be sent again, the last 1000 of each subscription"), \
    CONFIG_DURATION(S, m.history_keep_ms, "history-keep", "30d", 1000, INT64_C(315360000000), "the history of services is kept for so long"), \
    CONFIG_DURATION(S, m.operation_keep_ms, "operation-keep", "30d", 1000, INT64_C(315360000000), "operations that ended are kept for so long"), \
    CONFIG_DURATION(S, m.poll_ms, "event-poll", "1s", 10, 60000, "how often events are looked for without being told"), \
    CONFIG_INT(S, m.batch, "event-batch", "256", 1, 1000, NULL, "events to one target in hand")
/* clang-format on */

struct dispatcher_setup { /* all borrowed until dispatcher_close */
    const struct dispatcher_options *options;
    const struct bus_options *bus;
    struct store *store;
    struct rooms *rooms;           /* NULL: there is the inner one only (nfvo/broker/rooms.h) */
    const struct dial_rules *dial; /* where URLs of subscriptions may lead: common/http/dial.h */
    /* Is there such a queue in the inner room? NULL: taken for granted. Blocks some seconds at
     * most. */
    bool (*queue_exists)(void *ctx, const char *queue);
    void *ctx;
};

/* Starts the threads; waits for neither broker nor database. Given. ERR_IO, ERR_NOMEM. */
MUST_USE enum err_code dispatcher_open(struct dispatcher **ret,
                                       const struct dispatcher_setup *setup, struct err *err);
void dispatcher_close(struct dispatcher *d); /* NULL is fine; what is not confirmed stays */

/* Any thread. Prometheus text, appended. */
void dispatcher_render_metrics(const struct dispatcher *d, struct sbuf *out);

#endif
