/* Private to the SDK: what carries requests, answers and questions. Two of them, chosen by
 * ob_vnfm_options.http: the broker (amqp.c, over common/peer) and HTTP (rest.c). The rest of the SDK
 * knows neither. What each function means: common/peer/peer.h. */
#ifndef VNFM_GENERIC_SDK_TRANSPORT_H
#define VNFM_GENERIC_SDK_TRANSPORT_H

#include "common/peer/peer.h"
#include "proto/messages/action.h"
#include "vnfm-generic/sdk/ob_vnfm.h"

/* One request, as its transport knows it. */
struct carried {
    const struct transport_ops *ops;
};

struct transport {
    const struct transport_ops *ops;
};

struct transport_ops {
    enum err_code (*start)(struct transport *t, struct err *err);
    void (*stop)(struct transport *t, int grace_ms);
    void (*free)(struct transport *t);
    void (*ask)(struct transport *t, enum action action, struct sbuf *body, int64_t timeout_ms,
                peer_answered_fn *done, void *arg);
    void (*after)(struct transport *t, int64_t delay_ms, void (*fn)(void *arg), void *arg);
    void (*tell_manager)(struct transport *t, struct sbuf *body); /* content taken */
    void (*get_stats)(struct transport *t, struct peer_stats *ret);
    /* of a request in hand */
    const char *(*body)(struct carried *c, size_t *ret_len);
    const char *(*id)(struct carried *c);
    void (*reply)(struct carried *c, struct sbuf *body); /* both are taken */
    void (*drop)(struct carried *c);
};

/* Given; v is borrowed until it is freed. */
struct transport *transport_amqp_new(struct ob_vnfm *v, const struct ob_vnfm_options *o,
                                     struct err *err);
struct transport *transport_rest_new(struct ob_vnfm *v, const struct ob_vnfm_options *o,
                                     struct err *err);

/* request.c: takes c; on a worker. */
void request_serve(struct ob_vnfm *v, struct carried *c);

#endif
