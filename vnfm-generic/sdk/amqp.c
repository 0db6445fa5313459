/* Over the broker: a peer (common/peer), and the registration that it sends. */
#include "common/base/mem.h"
#include "proto/records/manager.h"
#include "proto/topology.h"
#include "vnfm-generic/sdk/internal.h"

#include <stdlib.h>

struct amqp {
    struct transport base;
    struct ob_vnfm *vnfm;
    struct peer *peer;
};

struct amqp_request {
    struct carried base;
    struct peer_request *peer;
};

static const struct transport_ops ops;

static struct amqp *amqp_of(struct transport *t)
{
    return CONTAINER_OF(t, struct amqp, base);
}

/* --- registration ---------------------------------------------------------------------------- */

static const char *const capabilities[] = {"correlation", "instance"};

static void registration(void *arg, const struct peer_credentials *mine, struct sbuf *out)
{
    const struct ob_vnfm *v = ((const struct amqp *)arg)->vnfm;
    const char *words[] = {capabilities[0], capabilities[1]};
    struct vnfm_endpoint endpoint = {.type = v->type,
                                     .endpoint = v->endpoint,
                                     .endpoint_type = "RABBIT",
                                     .description = v->description,
                                     .enabled = true,
                                     .active = true,
                                     .capabilities = {.at = words, .n = ARRAY_LEN(words)},
                                     .instance = v->instance};
    struct registration body = {.action = mine ? "unregister" : "register",
                                .type = v->type,
                                .endpoint = &endpoint,
                                .instance = v->instance};
    if (mine) {
        body.username = mine->user;
        body.password = mine->password;
    }
    proto_encode(&registration_type, &body, PROTO_COMPLETE, out);
}

static void on_event(void *arg, const struct peer_event *ev)
{
    static const enum ob_vnfm_state states[] = {[PEER_REGISTERING] = OB_REGISTERING,
                                                [PEER_SERVING] = OB_SERVING,
                                                [PEER_LOST] = OB_LOST,
                                                [PEER_FAULT] = OB_FAULT,
                                                [PEER_DROPPED] = OB_ANSWER_DROPPED};
    const struct ob_vnfm *v = ((const struct amqp *)arg)->vnfm;
    if (v->on_event)
        v->on_event(v->arg, states[ev->state], ev->code, ev->text);
}

static void on_private_user(void *arg, const struct peer_credentials *mine)
{
    const struct ob_vnfm *v = ((const struct amqp *)arg)->vnfm;
    if (v->on_credentials)
        v->on_credentials(v->arg, mine->user, mine->password);
}

static void serve(void *arg, struct peer_request *peer)
{
    const struct amqp *a = arg;
    struct amqp_request *r = xcalloc(1, sizeof(*r));
    *r = (struct amqp_request){.base = {&ops}, .peer = peer};
    request_serve(a->vnfm, &r->base);
}

static const struct peer_hooks hooks = {.serve = serve,
                                        .registration = registration,
                                        .read_credentials = manager_credentials_read,
                                        .may_answer = topology_may_answer,
                                        .private_user = on_private_user,
                                        .event = on_event};

static struct peer *new_peer(struct amqp *a, const struct ob_vnfm_options *o)
{
    struct peer_options peer = {.bus = o->broker,
                                .exchange = TOPOLOGY_EXCHANGE,
                                .register_key = QUEUE_MANAGER_HANDLING,
                                .ask_key = QUEUE_ACTIONS_REPLY,
                                .queue = a->vnfm->endpoint,
                                .dead_letter_key = QUEUE_DEAD_LETTERS,
                                .threads = o->threads,
                                .prefetch = o->prefetch,
                                .delivery_limit = QUEUE_DELIVERY_LIMIT,
                                .hooks = &hooks,
                                .arg = a};
    if (!peer.bus.user || !peer.bus.user[0])
        peer.bus.user = REGISTRATION_USER;
    if (!peer.bus.password || !peer.bus.password[0])
        peer.bus.password = REGISTRATION_PASSWORD;
    if (!peer.bus.name)
        peer.bus.name = a->vnfm->type;
    if (!peer.bus.max_body)
        peer.bus.max_body = PACKAGE_MESSAGE_MAX;
    return peer_new(&peer);
}

struct transport *transport_amqp_new(struct ob_vnfm *v, const struct ob_vnfm_options *o,
                                     struct err *err)
{
    struct amqp *a = xcalloc(1, sizeof(*a));
    (void)err;
    *a = (struct amqp){.base = {&ops}, .vnfm = v};
    a->peer = new_peer(a, o);
    return &a->base;
}

/* --- the same as common/peer ------------------------------------------------------------------ */

static enum err_code amqp_start(struct transport *t, struct err *err)
{
    return peer_start(amqp_of(t)->peer, err);
}

static void amqp_stop(struct transport *t, int grace_ms)
{
    peer_stop(amqp_of(t)->peer, grace_ms);
}

static void amqp_free(struct transport *t)
{
    peer_free(amqp_of(t)->peer);
    free(amqp_of(t));
}

static void amqp_ask(struct transport *t, enum action action, struct sbuf *body, int64_t timeout_ms,
                     peer_answered_fn *done, void *arg)
{
    (void)action; /* one queue takes them all */
    peer_ask(amqp_of(t)->peer, body, timeout_ms, done, arg);
}

static void amqp_after(struct transport *t, int64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    peer_after(amqp_of(t)->peer, delay_ms, fn, arg);
}

static void amqp_tell_manager(struct transport *t, struct sbuf *body)
{
    peer_tell(amqp_of(t)->peer, QUEUE_MANAGER_HANDLING, body);
}

static void amqp_get_stats(struct transport *t, struct peer_stats *ret)
{
    peer_get_stats(amqp_of(t)->peer, ret);
}

static struct amqp_request *request_of(struct carried *c)
{
    return CONTAINER_OF(c, struct amqp_request, base);
}

static const char *amqp_body(struct carried *c, size_t *ret_len)
{
    return peer_request_body(request_of(c)->peer, ret_len);
}

static const char *amqp_id(struct carried *c)
{
    return peer_request_id(request_of(c)->peer);
}

static void amqp_reply(struct carried *c, struct sbuf *body)
{
    peer_request_reply(request_of(c)->peer, body);
    free(request_of(c));
}

static void amqp_drop(struct carried *c)
{
    peer_request_ack(request_of(c)->peer);
    free(request_of(c));
}

static const struct transport_ops ops = {.start = amqp_start,
                                         .stop = amqp_stop,
                                         .free = amqp_free,
                                         .ask = amqp_ask,
                                         .after = amqp_after,
                                         .tell_manager = amqp_tell_manager,
                                         .get_stats = amqp_get_stats,
                                         .body = amqp_body,
                                         .id = amqp_id,
                                         .reply = amqp_reply,
                                         .drop = amqp_drop};
