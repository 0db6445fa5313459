/* /events: subscriptions. rest-api.md 2.9, amqp-protocol.md 8.1. Delivery is the engine's. */
#include <string.h>

#include "common/http/url.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/event/subscription.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_event.h"
#include "proto/records/manager.h"

#define BASE "/api/v1/events"

/* A subscription to all projects hears what its reader may not: administrators' only, whatever
 * project they work in. */
static const char *scope_of(const struct call *c)
{
    return session_is_everywhere(c->session) ? "*" : c->project;
}

static enum err_code event_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_EVENT, id, scope_of(c), &c->out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "No Event found with ID %s", id) : rc;
}

static enum err_code event_actions(struct call *c, struct err *err)
{
    (void)err;
    for (const char *const *word = event_words; *word; word++)
        sbuf_addf(&c->out, "%s\"%s\"", word == event_words ? "[" : ",", *word);
    sbuf_addc(&c->out, ']');
    return ERR_OK;
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    enum err_code rc = store_doc_delete(call_db(c), STORE_EVENT, id, scope_of(c), err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "No event found with ID %s", id) : rc;
}

static enum err_code event_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code event_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* --- subscribing: somebody need not listen yet (decisions.md D26), the dispatcher looks ---------
 */

static enum err_code check(struct call *c, struct event_endpoint *e, struct err *err)
{
    if (!e->project_id || !*e->project_id)
        e->project_id = c->project;
    if (proto_validate(&event_endpoint_type, e, err) != ERR_OK) {
        c->fail_status = 400;
        return err->code;
    }
    e->room = NULL; /* queues in rooms are subscribed out of them, over the bus */
    if (strcmp(e->project_id, "*") == 0 && !session_is_everywhere(c->session))
        return err_set(err, ERR_DENIED, "Only services and admin can register to all events");
    if (strcmp(e->project_id, c->project) != 0 && !session_is_everywhere(c->session))
        return err_set(err, ERR_NOT_FOUND, "Project with id '%s' was not found", e->project_id);
    return subscription_check(e, c->api->host->dial, err);
}

/* Of what is not there no event comes. */
static enum err_code check_subject(struct call *c, const struct event_endpoint *e, struct err *err)
{
    bool is_there = false;
    enum err_code rc =
        store_event_has_subject(call_db(c), e->network_service_id, e->vnf_id, &is_there, err);
    if (rc != ERR_OK || is_there)
        return rc;
    bool is_vnf = e->vnf_id && *e->vnf_id;
    err_set(err, ERR_INVALID, "there is no %s '%.64s': no event of it will come",
            is_vnf ? "VNF" : "network service", is_vnf ? e->vnf_id : e->network_service_id);
    return err_where(err, "%s", is_vnf ? "virtualNetworkFunctionId" : "networkServiceId");
}

/* As it is listed: answers are kept for repetitions (idempotency.h). */
static void answer(struct call *c, struct event_endpoint *e)
{
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    if (strcmp(e->type, "REST") == 0) {
        http_url_mask(&shown, e->endpoint);
        e->endpoint = arena_strdup(&c->arena, shown.s);
    }
    call_json(c, &event_endpoint_type, e);
}

static enum err_code event_add(struct call *c, struct err *err)
{
    struct event_endpoint *e, *equal = NULL;
    enum err_code rc = call_body(c, &event_endpoint_type, &e, err);
    if (rc == ERR_OK)
        rc = check(c, e, err);
    if (rc == ERR_OK)
        rc = store_event_find(call_db(c), e, &c->arena, &equal, err);
    if (rc == ERR_OK && equal) {
        answer(c, equal);
        return ERR_OK;
    }
    if (rc == ERR_OK)
        rc = check_subject(c, e, err);
    if (rc != ERR_OK)
        return rc;
    e->id = call_object_id(c);
    rc = store_event_add(call_db(c), e, err);
    answer(c, e);
    return rc;
}

/* --- what was sent is sent again ---------------------------------------------------------------- */

#define REPLAY_BODY_FIELDS(X) X(INT, after, "after", _, OPTIONAL)
PROTO_RECORD(replay_body, REPLAY_BODY_FIELDS)
#define PROTO_THIS struct replay_body
PROTO_RECORD_DEFINE(replay_body, REPLAY_BODY_FIELDS)
#undef PROTO_THIS

static enum err_code event_replay(struct call *c, struct err *err)
{
    struct replay_body *body;
    int64_t n = 0;
    enum err_code rc = call_body(c, &replay_body_type, &body, err);
    if (rc == ERR_OK && body->after < 0) {
        err_set(err, ERR_INVALID, "after is the number of an event, or 0 for all that are kept");
        return err_where(err, "after");
    }
    if (rc == ERR_OK)
        rc = store_event_replay(call_db(c), call_param(c, "id"), scope_of(c), body->after, &n, err);
    sbuf_addf(&c->out, "{\"events\":%lld}", (long long)n);
    return rc;
}

/* clang-format off */
const struct endpoint event_endpoints[] = {
    {"POST",   BASE,                   event_add,         201, API_PROJECT, "Subscribe to events"},
    {"GET",    BASE,                   list_answer,        200, API_PROJECT | LIST(EVENT), "List the subscriptions"},
    {"GET",    BASE "/actions",        event_actions,     200, 0,           "List the names of events"},
    {"POST",   BASE "/multipledelete", event_delete_many, 204, API_PROJECT, "End several subscriptions"},
    {"GET",    BASE "/{id}",           event_get,         200, API_PROJECT, "Show a subscription"},
    {"POST",   BASE "/{id}/replay",    event_replay,      200, API_PROJECT, "Send a subscription again what it was sent: {\"after\":N}, above the number N"},
    {"DELETE", BASE "/{id}",           event_delete,      204, API_PROJECT, "End a subscription"},
    {0},
};
/* clang-format on */
