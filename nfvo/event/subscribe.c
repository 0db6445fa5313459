/* Subscriptions that come over AMQP: amqp-protocol.md 8.1. */
#include <string.h>

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/event/internal.h"
#include "nfvo/event/subscription.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_watch.h"
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

static enum err_code answer(const struct event_room *room, const struct bus_delivery *to,
                            const struct event_endpoint *e, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    uint64_t seq;
    if (!to->reply_to || !*to->reply_to)
        return ERR_OK;
    if (topology_check_reply_to(to->reply_to, err) != ERR_OK) {
        log_warn(LOG_SEC, "subscription_not_answered", KV_ERR(err));
        return ERR_OK;
    }
    proto_encode(&event_endpoint_type, e, PROTO_COMPLETE, &body);
    return bus_publish(room->member->bus,
                       &(struct bus_message){.routing_key = to->reply_to,
                                             .body = body.s,
                                             .len = body.len,
                                             .correlation_id = to->correlation_id,
                                             .is_transient = true},
                       &seq, err);
}

/* Which project's events may be heard in a room: what its row says. The inner room of old has none.
 */
static enum err_code check_room(const struct dispatcher *d, const struct event_room *room,
                                struct event_endpoint *e, struct err *err)
{
    const char *name = room->member->name;
    const struct room_info *info = room_list_find(&d->room_list, name);
    const char *project = info ? info->project_id : NULL;
    e->room = *name ? name : NULL; /* whatever it said itself */
    if (!project && !*name && !(info && info->is_open))
        return ERR_OK;
    if (!project) {
        err_set(err, ERR_DENIED, "room '%s' has no project: nothing is subscribed out of it", name);
        return err_hint(err, "subscribe over REST, or enrol the account with a project "
                             "('baton manager enrol NAME --project PROJECT')");
    }
    if (!e->project_id || !*e->project_id)
        e->project_id = project;
    if (strcmp(e->project_id, project) == 0)
        return ERR_OK;
    err_set(err, ERR_DENIED,
            "room '%s' may subscribe to events of project '%s' only, not of '%.64s'", name, project,
            e->project_id);
    return err_where(err, "projectId");
}

static enum err_code subscribe(struct dispatcher *d, const struct event_room *room,
                               const struct bus_delivery *from, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct event_endpoint *e = NULL, *stored = NULL;
    char id[ID_SIZE];
    enum err_code rc = proto_decode(&event_endpoint_type, from->body, from->len, 0, &a, &e, err);
    if (rc == ERR_OK)
        rc = check_room(d, room, e, err);
    if (rc == ERR_OK)
        rc = subscription_check(e, d->setup.dial, err);
    if (rc != ERR_OK)
        return rc;
    id_new(id);
    e->id = id;
    rc = store_event_subscribe(d->queues.db, e, &a, &stored, err);
    if (rc != ERR_OK)
        return rc;
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    target_show(&shown, &(struct store_target){stored->type, stored->endpoint, ""});
    metric_add(d->metrics, M_SUBSCRIBED, 1, 0, 0);
    log_info(LOG_EVENT, "subscribed", KV_S("id", stored->id), KV_S("event", stored->event),
             KV_S("type", stored->type), KV_S("endpoint", shown.s), KV_B("is_new", stored == e));
    return answer(room, from, stored, err);
}

/* The bare id, as the reference sends it; quotes and blanks around it do no harm. */
static enum err_code unsubscribe(struct dispatcher *d, const struct event_room *room,
                                 const struct bus_delivery *from, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    static const char around[] = " \t\r\n\"";
    const char *at = from->body + strspn(from->body, around);
    const char *id = arena_strndup(&a, at, strcspn(at, around));
    if (!id_is_valid(id))
        return err_set(err, ERR_INVALID, "'%.40s' is not an id", id);
    enum err_code rc = store_event_unsubscribe(d->queues.db, id, room->member->name, err);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    metric_add(d->metrics, M_UNSUBSCRIBED, 1, 0, 0);
    log_info(LOG_EVENT, "unsubscribed", KV_S("id", id), KV_B("was_there", rc == ERR_OK));
    return ERR_OK;
}

/* True: it is settled. */
static bool handle(struct dispatcher *d, struct event_room *room, const struct bus_delivery *from)
{
    struct bus *bus = room->member->bus;
    struct err err = ERR_INIT;
    bool is_new = strcmp(from->queue, QUEUE_EVENT_REGISTER) == 0;
    enum err_code rc = is_new ? subscribe(d, room, from, &err) : unsubscribe(d, room, from, &err);
    enum outcome outcome = judge(rc, from, &err);
    if (outcome == DONE)
        bus_ack(bus, from->tag, from->epoch);
    else if (outcome == REFUSED) {
        err_ignore(store_refusal_tell(d->queues.db, "subscription", "", "", "", &err),
                   "the log has it");
        dead_letter(&room->dead, bus, from, &err);
    }
    return outcome != AGAIN;
}

void subscribe_delivery(struct dispatcher *d, struct event_room *room)
{
    struct bus_delivery *taken = bus_take(room->member->bus);
    struct pending *p = &room->pending[strcmp(taken->queue, QUEUE_EVENT_REGISTER) == 0 ? 0 : 1];
    if (handle(d, room, taken)) {
        bus_delivery_free(taken);
        return;
    }
    bus_delivery_free(p->delivery); /* of a connection before */
    *p = (struct pending){taken, clock_mono_us() + RETRY_MS * USEC_PER_MS};
}

static void retry(struct dispatcher *d, struct event_room *room, int64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(room->pending); i++) {
        struct pending *p = &room->pending[i];
        if (!p->delivery || p->retry_at_us > now_us)
            continue;
        if (handle(d, room, p->delivery)) {
            bus_delivery_free(p->delivery);
            p->delivery = NULL;
        } else
            p->retry_at_us = clock_mono_us() + RETRY_MS * USEC_PER_MS;
    }
}

void subscribe_retry(struct dispatcher *d, int64_t now_us)
{
    for (struct event_room *room = d->rooms; room; room = room->next)
        retry(d, room, now_us);
}

void subscribe_drop(struct event_room *room)
{
    for (size_t i = 0; i < ARRAY_LEN(room->pending); i++) {
        bus_delivery_free(room->pending[i].delivery);
        room->pending[i].delivery = NULL;
    }
}
