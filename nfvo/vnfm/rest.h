/* VNFMs over HTTP (rest-api.md 2.12, amqp-protocol.md 2.7; decisions.md D10, D21): the bridge
 * between them and the queues, so that nothing else knows of them.
 *
 *     to the VNFM     a lifecycle worker publishes an Or-Vnfm request as to any VNFM, to the queue
 *                     of its type (topology_rest_vnfm_queue) -> a thread here takes it, and keeps
 *                     it unacknowledged -> POST <endpoint>/core-rest-actions by another thread ->
 *                     what it answers is published to the request's reply queue -> acknowledged
 *     from the VNFM   POST /admin/v1/vnfm-core-... (nfvo/api) -> rest_vnfms_say: published to
 *                     QUEUE_ACTIONS or QUEUE_ACTIONS_REPLY -> the Or-Vnfm answer, if one is wanted
 *
 * So deadlines, rights, inbox and retries are those of AMQP. Beyond them: a request is sent again
 * while it surely was not carried out (nobody listens, 429, 503), until its deadline, and then told
 * as an error with the cause. One that may have been carried out (broken off; this process was
 * killed) is sent again only if that does no harm: INSTANTIATE, LOG_REQUEST, and all to a VNFM that
 * registers with the capability "correlation" and recognises the header Idempotency-Key. Otherwise
 * its outcome is waited for, as the VNFM may tell it by itself (vnfm-core-actions), then it is an
 * error. An answer without a body (the Java REST SDK gives no other) says nothing of what became of
 * INSTANTIATE, MODIFY, START, STOP, HEAL, SCALE_OUT, RESUME: it is waited for likewise, until the
 * deadline. */
#ifndef NFVO_VNFM_REST_H
#define NFVO_VNFM_REST_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>
#include <stdint.h>

/* How long the NFVO's answer is waited for: as the Java SDK does on the broker (amqp-protocol.md 3.1)
 */
#define REST_VNFM_ANSWER_MS 1000000

struct rest_vnfms; /* opaque, thread-safe */
struct bus_options;
struct dial_rules;
struct store;

struct rest_vnfms_setup { /* all borrowed until rest_vnfms_close */
    const struct bus_options *bus;
    struct store *store;
    const struct dial_rules *dial; /* where their URLs may lead */
    /* What they and we send as Authorization: Bearer (option rest-vnfm-token), so that a VNFM can
     * tell us from others who reach its port; NULL, "": none */
    const char *token;
    int64_t check_interval_ms, absence_grace_ms;
    int64_t doubt_ms;  /* how long an outcome that is not known is waited for */
    int64_t answer_ms; /* longest wait for the NFVO's answer to a VNFM */
};

/* Starts threads; the connection to the broker is opened when there is a VNFM. Given. */
MUST_USE enum err_code rest_vnfms_open(struct rest_vnfms **ret,
                                       const struct rest_vnfms_setup *setup, struct err *err);
/* Whoever waits is told ERR_UNAVAIL, and so is who comes later. Requests in hand stay in their
 * queues for the next process. */
void rest_vnfms_drain(struct rest_vnfms *r);
void rest_vnfms_close(struct rest_vnfms *r); /* NULL is fine */
/* One registered: look at it now. */
void rest_vnfms_changed(struct rest_vnfms *r);

/* body: of a Vnfm-Or message; borrowed. With wants_answer, done gets the Or-Vnfm answer (borrowed),
 * else "" as soon as the broker has the message. done is called once, from a thread of this or the
 * caller's. Errors: ERR_UNAVAIL (broker away), ERR_TIMEOUT, ERR_LIMIT (too many wait). */
typedef void rest_vnfms_done_fn(void *arg, const struct err *err, const char *body, size_t len);
void rest_vnfms_say(struct rest_vnfms *r, bool wants_answer, const char *body, size_t len,
                    rest_vnfms_done_fn *done, void *arg);

#endif
