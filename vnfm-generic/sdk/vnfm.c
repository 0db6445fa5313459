/* One VNFM: what it was made of, and its transport. */
#include "vnfm-generic/sdk/internal.h"

#include "proto/records/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_rest(const struct ob_vnfm_options *o)
{
    return o->http.nfvo && o->http.nfvo[0];
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
    v->transport = is_rest(o) ? transport_rest_new(v, o, err) : transport_amqp_new(v, o, err);
    if (v->transport)
        return v;
    ob_vnfm_free(v);
    return NULL;
}

enum err_code ob_vnfm_start(struct ob_vnfm *v, struct err *err)
{
    return v->transport->ops->start(v->transport, err);
}

void ob_vnfm_stop(struct ob_vnfm *v, int grace_ms)
{
    v->transport->ops->stop(v->transport, grace_ms);
}

void ob_vnfm_free(struct ob_vnfm *v)
{
    if (!v)
        return;
    if (v->transport)
        v->transport->ops->free(v->transport);
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
    v->transport->ops->tell_manager(v->transport, &body);
}

void ob_vnfm_get_stats(const struct ob_vnfm *v, struct ob_vnfm_stats *ret)
{
    struct peer_stats s;
    v->transport->ops->get_stats(v->transport, &s);
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
