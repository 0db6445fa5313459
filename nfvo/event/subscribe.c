/* Subscriptions that come over AMQP: amqp-protocol.md 8.1. */
#include <string.h>

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/event/internal.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"
#include "proto/topology.h"

enum { RETRY_MS = 500 };
enum outcome { DONE, AGAIN, REFUSED };

static bool may_pass(enum err_code code)
{
    return code == ERR_UNAVAIL || code == ERR_TIMEOUT || code == ERR_UNKNOWN || code == ERR_STATE;
}

static enum outcome judge(enum err_code rc, const struct bus_delivery *d, const struct err *err)
{
    if (rc == ERR_OK)
        return DONE;
    log_warn(LOG_EVENT, may_pass(rc) ? "subscription_retried" : "subscription_refused",
             KV_S("queue", d->queue), KV_ERR(err));
    return may_pass(rc) ? AGAIN : REFUSED;
}

static bool is_url(const char *s)
{
    return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

static enum err_code check(const struct event_endpoint *e, struct err *err)
{
    enum err_code rc = proto_validate(&event_endpoint_type, e, err);
    if (rc != ERR_OK)
        return rc;
    if (!e->project_id || !*e->project_id)
        return err_set(err, ERR_INVALID, "projectId: must not be empty");
    if (strcmp(e->type, "RABBIT") == 0)
        return topology_check_subscriber(e->endpoint, err);
    if (strcmp(e->type, "REST") != 0)
        return err_set(err, ERR_INVALID, "type: '%s' is not delivered to", e->type);
    return is_url(e->endpoint) ? ERR_OK
                               : err_set(err, ERR_INVALID, "endpoint: must be an http URL");
}

static enum err_code answer(struct dispatcher *d, const struct bus_delivery *to,
                            const struct event_endpoint *e, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    uint64_t seq;
    if (!to->reply_to || !*to->reply_to)
        return ERR_OK;
    if (topology_check_subscriber(to->reply_to, err) != ERR_OK) {
        log_warn(LOG_SEC, "subscription_not_answered", KV_ERR(err));
        return ERR_OK;
    }
    proto_encode(&event_endpoint_type, e, PROTO_COMPLETE, &body);
    return bus_publish(d->bus,
                       &(struct bus_message){.routing_key = to->reply_to,
                                             .body = body.s,
                                             .len = body.len,
                                             .correlation_id = to->correlation_id,
                                             .is_transient = true},
                       &seq, err);
}

static enum err_code subscribe(struct dispatcher *d, const struct bus_delivery *from,
                               struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct event_endpoint *e = NULL, *stored = NULL;
    char id[ID_SIZE];
    enum err_code rc = proto_decode(&event_endpoint_type, from->body, from->len, 0, &a, &e, err);
    if (rc == ERR_OK)
        rc = check(e, err);
    if (rc != ERR_OK)
        return rc;
    id_new(id);
    e->id = id;
    rc = store_event_subscribe(d->queues.db, e, &a, &stored, err);
    if (rc != ERR_OK)
        return rc;
    metric_add(d->metrics, M_SUBSCRIBED, 1, 0, 0);
    log_info(LOG_EVENT, "subscribed", KV_S("id", stored->id), KV_S("event", stored->event),
             KV_S("type", stored->type), KV_S("endpoint", stored->endpoint),
             KV_B("is_new", stored == e));
    return answer(d, from, stored, err);
}

/* The bare id, as the reference sends it; quotes and blanks around it do no harm. */
static enum err_code unsubscribe(struct dispatcher *d, const struct bus_delivery *from,
                                 struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    static const char around[] = " \t\r\n\"";
    const char *at = from->body + strspn(from->body, around);
    const char *id = arena_strndup(&a, at, strcspn(at, around));
    if (!id_is_valid(id))
        return err_set(err, ERR_INVALID, "'%.40s' is not an id", id);
    enum err_code rc = store_doc_delete(d->queues.db, STORE_EVENT, id, "*", err);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    metric_add(d->metrics, M_UNSUBSCRIBED, 1, 0, 0);
    log_info(LOG_EVENT, "unsubscribed", KV_S("id", id), KV_B("was_there", rc == ERR_OK));
    return ERR_OK;
}

/* True: it is settled. */
static bool handle(struct dispatcher *d, const struct bus_delivery *from)
{
    struct err err = ERR_INIT;
    bool is_new = strcmp(from->queue, QUEUE_EVENT_REGISTER) == 0;
    enum err_code rc = is_new ? subscribe(d, from, &err) : unsubscribe(d, from, &err);
    enum outcome outcome = judge(rc, from, &err);
    if (outcome == DONE)
        bus_ack(d->bus, from->tag, from->epoch);
    else if (outcome == REFUSED)
        dead_letter(&d->dead, d->bus, from, &err);
    return outcome != AGAIN;
}

void subscribe_delivery(struct dispatcher *d)
{
    struct bus_delivery *taken = bus_take(d->bus);
    struct pending *p = &d->pending[strcmp(taken->queue, QUEUE_EVENT_REGISTER) == 0 ? 0 : 1];
    if (handle(d, taken)) {
        bus_delivery_free(taken);
        return;
    }
    bus_delivery_free(p->delivery); /* of a connection before */
    *p = (struct pending){taken, clock_mono_us() + RETRY_MS * USEC_PER_MS};
}

void subscribe_retry(struct dispatcher *d, int64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(d->pending); i++) {
        struct pending *p = &d->pending[i];
        if (!p->delivery || p->retry_at_us > now_us)
            continue;
        if (handle(d, p->delivery)) {
            bus_delivery_free(p->delivery);
            p->delivery = NULL;
        } else
            p->retry_at_us = clock_mono_us() + RETRY_MS * USEC_PER_MS;
    }
}

void subscribe_drop_all(struct dispatcher *d)
{
    for (size_t i = 0; i < ARRAY_LEN(d->pending); i++) {
        bus_delivery_free(d->pending[i].delivery);
        d->pending[i].delivery = NULL;
    }
}
