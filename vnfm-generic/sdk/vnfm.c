/* One VNFM: its registration, its peer. */
#include "vnfm-generic/sdk/internal.h"

#include "proto/records/manager.h"
#include "proto/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const capabilities[] = {"correlation", "instance"};

static void registration(void *arg, const struct peer_credentials *mine, struct sbuf *out)
{
    const struct ob_vnfm *v = arg;
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
    const struct ob_vnfm *v = arg;
    if (v->on_event)
        v->on_event(v->arg, states[ev->state], ev->code, ev->text);
}

static void on_private_user(void *arg, const struct peer_credentials *mine)
{
    const struct ob_vnfm *v = arg;
    if (v->on_credentials)
        v->on_credentials(v->arg, mine->user, mine->password);
}

static const struct peer_hooks hooks = {.serve = request_serve,
                                        .registration = registration,
                                        .read_credentials = manager_credentials_read,
                                        .may_answer = topology_may_answer,
                                        .private_user = on_private_user,
                                        .event = on_event};

static struct peer *new_peer(struct ob_vnfm *v, const struct ob_vnfm_options *o)
{
    struct peer_options peer = {.bus = o->broker,
                                .exchange = TOPOLOGY_EXCHANGE,
                                .register_key = QUEUE_MANAGER_HANDLING,
                                .ask_key = QUEUE_ACTIONS_REPLY,
                                .queue = v->endpoint,
                                .dead_letter_key = QUEUE_DEAD_LETTERS,
                                .threads = o->threads,
                                .prefetch = o->prefetch,
                                .delivery_limit = QUEUE_DELIVERY_LIMIT,
                                .hooks = &hooks,
                                .arg = v};
    if (!peer.bus.user || !peer.bus.user[0])
        peer.bus.user = REGISTRATION_USER;
    if (!peer.bus.password || !peer.bus.password[0])
        peer.bus.password = REGISTRATION_PASSWORD;
    if (!peer.bus.name)
        peer.bus.name = v->type;
    if (!peer.bus.max_body)
        peer.bus.max_body = PACKAGE_MESSAGE_MAX;
    return peer_new(&peer);
}

struct ob_vnfm *ob_vnfm_new(const struct ob_vnfm_options *o, struct err *err)
{
    if (!o->type || !o->type[0]) {
        err_set(err, ERR_INVALID, "a VNFM needs a type");
        return NULL;
    }
    struct ob_vnfm *v = calloc(1, sizeof(*v));
    if (v) {
        v->type = strdup(o->type);
        v->endpoint = strdup(o->endpoint && o->endpoint[0] ? o->endpoint : o->type);
        v->description = strdup(o->description ? o->description : "");
        v->user_data = strdup(o->user_data ? o->user_data : "");
    }
    if (!v || !v->type || !v->endpoint || !v->description || !v->user_data) {
        err_set(err, ERR_NOMEM, "make a VNFM");
        ob_vnfm_free(v);
        return NULL;
    }
    id_new(v->instance);
    v->ask_timeout_ms = o->ask_timeout_ms > 0 ? o->ask_timeout_ms : 1000 * 1000;
    v->is_allocating_itself = o->is_allocating_itself;
    v->arg = o->arg;
    v->on_event = o->on_event;
    v->on_credentials = o->on_credentials;
    v->user_data_of = o->user_data_of;
    if (o->handlers)
        v->handlers = *o->handlers;
    v->peer = new_peer(v, o);
    return v;
}

enum err_code ob_vnfm_start(struct ob_vnfm *v, struct err *err)
{
    return peer_start(v->peer, err);
}

void ob_vnfm_stop(struct ob_vnfm *v, int grace_ms)
{
    peer_stop(v->peer, grace_ms);
}

void ob_vnfm_free(struct ob_vnfm *v)
{
    if (!v)
        return;
    peer_free(v->peer);
    free(v->type);
    free(v->endpoint);
    free(v->description);
    free(v->user_data);
    free(v);
}

void ob_vnfm_tell_refused(struct ob_vnfm *v, const char *account, const char *words, int64_t times)
{
    struct sbuf body = SBUF_INIT;
    const struct refused_by_peer told = {.action = REFUSED_BY_PEER,
                                         .type = v->type,
                                         .account = account,
                                         .words = words,
                                         .times = times};
    proto_encode(&refused_by_peer_type, &told, 0, &body);
    peer_tell(v->peer, QUEUE_MANAGER_HANDLING, &body);
}

void ob_vnfm_get_stats(const struct ob_vnfm *v, struct ob_vnfm_stats *ret)
{
    struct peer_stats s;
    peer_get_stats(v->peer, &s);
    *ret = (struct ob_vnfm_stats){.requests = s.requests,
                                  .repeats = s.repeats,
                                  .replies = s.replies,
                                  .asks = s.asks,
                                  .answers = s.answers,
                                  .timeouts = s.timeouts,
                                  .dropped = s.dropped,
                                  .registrations = s.registrations,
                                  .in_hand = s.in_hand};
}
