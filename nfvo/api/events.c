/* /events: subscriptions. rest-api.md 2.9, amqp-protocol.md 8.1. Delivery is the engine's. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "nfvo/api/context.h"
#include "nfvo/api/descriptor.h"
#include "nfvo/api/session.h"
#include "nfvo/event/probe.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"

#define BASE     "/api/v1/events"
#define PROBE_MS 3000

static enum err_code event_list(struct call *c, struct err *err)
{
    return store_doc_list(call_db(c), STORE_EVENT, c->project, &c->out, err);
}

static enum err_code event_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_EVENT, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "No Event found with ID %s", id) : rc;
}

static enum err_code event_actions(struct call *c, struct err *err)
{
    (void)err;
    for (const char *const *word = action_words; *word; word++)
        sbuf_addf(&c->out, "%s\"%s\"", word == action_words ? "[" : ",", *word);
    sbuf_addc(&c->out, ']');
    return ERR_OK;
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    enum err_code rc = store_doc_delete(call_db(c), STORE_EVENT, id, c->project, err);
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

/* --- subscribing ------------------------------------------------------------------------------ */

static enum err_code check(struct call *c, struct event_endpoint *e, struct err *err)
{
    enum err_code rc = proto_validate(&event_endpoint_type, e, err);
    if (rc != ERR_OK) {
        c->fail_status = 400;
        return rc;
    }
    if (!e->project_id || !*e->project_id)
        e->project_id = c->project;
    if (strcmp(e->project_id, "*") == 0 && !session_is_admin(c->session))
        return err_set(err, ERR_DENIED, "Only services and admin can register to all events");
    if (strcmp(e->project_id, c->project) != 0 && !session_is_admin(c->session))
        return err_set(err, ERR_NOT_FOUND, "Project with id '%s' was not found", e->project_id);
    return ERR_OK;
}

/* The reference stores the endpoint, finds that nobody is there, and deletes it, while the client
 * got its 201. We say so. */
static enum err_code check_queue(struct call *c, const struct event_endpoint *e, struct err *err)
{
    const struct api_host *host = c->api->host;
    if (strcmp(e->type, "RABBIT") != 0 || !host->queue_exists ||
        host->queue_exists(host->ctx, e->endpoint))
        return ERR_OK;
    err_set(err, ERR_INVALID, "there is no queue '%s'", e->endpoint);
    err_hint(err, "declare the queue before subscribing");
    return err_where(err, "endpoint");
}

struct subscription {
    struct pending *pending;
    struct arena arena;
    struct event_endpoint *e;
};

static void subscription_free(struct subscription *s)
{
    arena_release(&s->arena);
    free(s);
}

static void probed(struct subscription *s, enum err_code rc, struct err *err)
{
    struct api *api = s->pending->api;
    if (rc == ERR_OK) {
        struct db *db = store_borrow(api->store);
        rc = store_event_add(db, s->e, err);
        store_return(api->store, db);
    }
    if (rc != ERR_OK) {
        pending_fail(s->pending, err_http_status(rc) == 500 ? 422 : 0, err);
        return;
    }
    struct sbuf body = SBUF_INIT;
    proto_encode(&event_endpoint_type, s->e, PROTO_COMPLETE, &body);
    pending_done(s->pending, NULL, &body);
}

static void probe_job(void *arg, bool is_stopping)
{
    struct subscription *s = arg;
    struct err err = ERR_INIT;
    enum err_code rc;
    if (is_stopping)
        rc = err_set(&err, ERR_UNAVAIL, "the orchestrator is stopping");
    else
        rc = probe_url(s->e->endpoint, PROBE_MS, &err);
    if (rc != ERR_OK)
        err_hint(&err, "the listener must be there before it subscribes");
    probed(s, rc, &err);
    subscription_free(s);
}

static enum err_code subscribe_rest(struct call *c, const struct event_endpoint *e)
{
    struct err late = ERR_INIT;
    struct subscription *s = xcalloc(1, sizeof(*s));
    s->e = proto_dup(&event_endpoint_type, e, &s->arena);
    err_set(&late, ERR_TIMEOUT, "the listener did not answer");
    s->pending = call_park(c, 10 * PROBE_MS, &late, NULL);
    if (!jobs_push(c->api->probes, probe_job, s)) {
        pending_fail(s->pending, 0, &late);
        subscription_free(s);
    }
    return ERR_OK;
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
        call_json(c, &event_endpoint_type, equal);
        return ERR_OK;
    }
    if (rc == ERR_OK)
        rc = check_queue(c, e, err);
    if (rc != ERR_OK)
        return rc;
    e->id = call_new_id(c);
    if (strcmp(e->type, "REST") == 0)
        return subscribe_rest(c, e);
    rc = store_event_add(call_db(c), e, err);
    call_json(c, &event_endpoint_type, e);
    return rc;
}

/* clang-format off */
const struct endpoint event_endpoints[] = {
    {"POST",   BASE,                   event_add,         201, API_PROJECT, "Subscribe to events"},
    {"GET",    BASE,                   event_list,        200, API_PROJECT, "List the subscriptions"},
    {"GET",    BASE "/actions",        event_actions,     200, 0,           "List the names of events"},
    {"POST",   BASE "/multipledelete", event_delete_many, 204, API_PROJECT, "End several subscriptions"},
    {"GET",    BASE "/{id}",           event_get,         200, API_PROJECT, "Show a subscription"},
    {"DELETE", BASE "/{id}",           event_delete,      204, API_PROJECT, "End a subscription"},
    {0},
};
/* clang-format on */
