/* Table event_out: events on their way to subscribers. A target is where events go, a queue or a
 * URL; several subscriptions may name the same one. */
#ifndef NFVO_STORE_STORE_EVENT_H
#define NFVO_STORE_STORE_EVENT_H

#include "nfvo/store/store.h"

#define STORE_EVENT_CHANNEL "event" /* NOTIFY by the engine when it has written some */

struct store_target {
    const char *type, *endpoint; /* RABBIT and the queue's name, REST and the URL */
    const char *room;            /* of the queue: its virtual host, "" the inner one */
};
struct store_targets {
    struct store_target *at;
    uint32_t n;
};
/* Targets of that type with events waiting. */
MUST_USE enum err_code store_event_targets(struct db *db, const char *type, struct arena *a,
                                           struct store_targets *ret, struct err *err);

/* --- targets that do not answer: table event_target --- */
/* A try failed, for this reason: the next one after a pause that doubles, up to a minute. */
MUST_USE enum err_code store_target_failed(struct db *db, const struct store_target *t,
                                           const char *reason, struct err *err);
MUST_USE enum err_code store_target_works(struct db *db, const struct store_target *t,
                                          struct err *err);
/* Somebody is there. What waits for it is due now, and says whether it works; if nothing waits, it
 * does. */
MUST_USE enum err_code store_target_seen(struct db *db, const struct store_target *t,
                                         bool *ret_works, struct err *err);
/* Those to be looked at now, at most max: each is given to one who asks. */
MUST_USE enum err_code store_targets_due(struct db *db, int64_t max, struct arena *a,
                                         struct store_targets *ret, struct err *err);
/* End the subscriptions of targets that have not answered for so long: each is reported. */
MUST_USE enum err_code store_targets_expire(struct db *db, int64_t keep_us,
                                            void (*report)(void *arg, const char *id,
                                                           const char *endpoint),
                                            void *arg, struct err *err);

/* One deliverer at a time and target, until unlocked or the connection ends. */
MUST_USE enum err_code store_target_lock(struct db *db, const struct store_target *t, bool *ret,
                                         struct err *err);
MUST_USE enum err_code store_target_unlock(struct db *db, const struct store_target *t,
                                           struct err *err);

struct store_event {
    int64_t id;
    int64_t attempts;
    const char *body;
    size_t len;
};
/* The first `max` events of a target in order; none when the first is not due yet, *ret_wait_us
 * tells for how long. Copied into the arena. */
MUST_USE enum err_code store_event_load(struct db *db, const struct store_target *t, int64_t max,
                                        struct arena *a, struct store_event **ret, size_t *ret_n,
                                        int64_t *ret_wait_us, struct err *err);
/* Delivered: they go, and their subscriptions say so. ids: event rows. */
MUST_USE enum err_code store_event_delivered(struct db *db, struct db_array *ids, struct err *err);
/* The receiver answered that it does not take them: shown with their subscriptions until it takes one. */
MUST_USE enum err_code store_event_refused(struct db *db, struct db_array *ids, const char *why,
                                           struct err *err);
/* Given up. Delivered, refused and given up ones are kept in event_kept. */
MUST_USE enum err_code store_event_delete(struct db *db, struct db_array *ids, struct err *err);
/* What was kept of this subscription with a number above `after` is sent again, in its order, under the
 * same numbers. project "*": of any. ERR_NOT_FOUND. */
MUST_USE enum err_code store_event_replay(struct db *db, const char *id, const char *project,
                                          int64_t after, int64_t *ret_n, struct err *err);
/* Of what is kept: what is older, and all but the last keep_n of each subscription. */
MUST_USE enum err_code store_event_forget(struct db *db, int64_t keep_us, int64_t keep_n,
                                          struct err *err);
/* Not now; has_tried counts it as an attempt. */
MUST_USE enum err_code store_event_delay(struct db *db, int64_t id, int64_t delay_us,
                                         bool has_tried, struct err *err);
/* Forget what is older, and what nobody subscribes any more. */
MUST_USE enum err_code store_event_expire(struct db *db, int64_t max_age_us, int64_t *ret_old,
                                          int64_t *ret_orphans, struct err *err);

/* Forget what happened to services longer ago than keep_us, at most max rows of it: several
 * processes may do so at once. */
MUST_USE enum err_code store_history_expire(struct db *db, int64_t keep_us, int64_t max,
                                            int64_t *ret_gone, struct err *err);

/* End the subscription with this id, if it came out of this room. ERR_NOT_FOUND. */
MUST_USE enum err_code store_event_unsubscribe(struct db *db, const char *id, const char *room,
                                               struct err *err);

struct event_endpoint;
/* Is there such an NSR or VNFR ("" or NULL: not asked for)? */
MUST_USE enum err_code store_event_has_subject(struct db *db, const char *nsr_id,
                                               const char *vnfr_id, bool *ret, struct err *err);
/* The equal subscription that is there already (into the arena), or this one, added; at most once,
 * whoever asks. */
MUST_USE enum err_code store_event_subscribe(struct db *db, struct event_endpoint *e,
                                             struct arena *a, struct event_endpoint **ret,
                                             struct err *err);

#endif
