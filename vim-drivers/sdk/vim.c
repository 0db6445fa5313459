/* One driver: its registration, its peer. */
#include "vim-drivers/sdk/internal.h"

#include "proto/records/manager.h"
#include "proto/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void registration(void *arg, const struct peer_credentials *mine, struct sbuf *out)
{
    const struct ob_vim *v = arg;
    const char *words[] = {"correlation", "instance", "client_token"};
    struct registration body = {.action = mine ? "unregister" : "register",
                                .type = v->queue,
                                .instance = v->instance,
                                .capabilities = {.at = words, .n = v->has_client_token ? 3 : 2}};
    if (mine) {
        body.username = mine->user;
        body.password = mine->password;
    }
    proto_encode(&registration_type, &body, PROTO_COMPLETE, out);
}

static void on_event(void *arg, const struct peer_event *ev)
{
    static const enum ob_vim_state states[] = {[PEER_REGISTERING] = OB_VIM_REGISTERING,
                                               [PEER_SERVING] = OB_VIM_SERVING,
                                               [PEER_LOST] = OB_VIM_LOST,
                                               [PEER_FAULT] = OB_VIM_FAULT,
                                               [PEER_DROPPED] = OB_VIM_ANSWER_DROPPED};
    const struct ob_vim *v = arg;
    if (v->on_event)
        v->on_event(v->arg, states[ev->state], ev->code, ev->text);
}

static const struct peer_hooks hooks = {.serve = call_serve,
                                        .registration = registration,
                                        .read_credentials = manager_credentials_read,
                                        .may_answer = topology_may_answer,
                                        .event = on_event};

static struct peer *new_peer(struct ob_vim *v, const struct ob_vim_options *o)
{
    struct peer_options peer = {.bus = o->broker,
                                .exchange = TOPOLOGY_EXCHANGE,
                                .register_key = QUEUE_MANAGER_HANDLING,
                                .ask_key = QUEUE_MANAGER_HANDLING,
                                .queue = v->queue,
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
        peer.bus.name = v->queue;
    return peer_new(&peer);
}

/* The NFVO finds a driver by the dots in the name of its queue: amqp-protocol.md 5.1. */
static bool is_name(const char *s)
{
    return s && s[0] && !strchr(s, '.');
}

struct ob_vim *ob_vim_new(const struct ob_vim_options *o, struct err *err)
{
    const char *name = o->name && o->name[0] ? o->name : o->type;
    if (!is_name(o->type) || !is_name(name)) {
        err_set(err, ERR_INVALID, "a driver needs a type and a name without dots");
        return NULL;
    }
    struct ob_vim *v = calloc(1, sizeof(*v));
    if (v) {
        v->type = strdup(o->type);
        v->name = strdup(name);
        if (asprintf(&v->queue, "%s%s.%s",
                     o->is_monitor ? QUEUE_MONITOR_PREFIX : QUEUE_VIM_DRIVER_PREFIX, o->type,
                     name) < 0)
            v->queue = NULL;
    }
    if (!v || !v->type || !v->name || !v->queue) {
        err_set(err, ERR_NOMEM, "make a driver");
        ob_vim_free(v);
        return NULL;
    }
    id_new(v->instance);
    v->has_client_token = o->has_client_token;
    v->is_monitor = o->is_monitor;
    v->methods = o->methods;
    v->arg = o->arg;
    v->on_event = o->on_event;
    v->peer = new_peer(v, o);
    return v;
}

enum err_code ob_vim_start(struct ob_vim *v, struct err *err)
{
    return peer_start(v->peer, err);
}

void ob_vim_stop(struct ob_vim *v, int grace_ms)
{
    peer_stop(v->peer, grace_ms);
}

void ob_vim_free(struct ob_vim *v)
{
    if (!v)
        return;
    peer_free(v->peer);
    free(v->type);
    free(v->name);
    free(v->queue);
    free(v);
}

void ob_vim_after(struct ob_vim *v, int64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    peer_after(v->peer, delay_ms, fn, arg);
}

void ob_vim_get_stats(const struct ob_vim *v, struct ob_vim_stats *ret)
{
    struct peer_stats s;
    peer_get_stats(v->peer, &s);
    *ret = (struct ob_vim_stats){.calls = s.requests,
                                 .repeats = s.repeats,
                                 .replies = s.replies,
                                 .dropped = s.dropped,
                                 .registrations = s.registrations,
                                 .in_hand = s.in_hand};
}
