/* What goes over the broker, as an AsyncAPI 3 document: exchanges, queues, messages, who may do what,
 * made from topology.h, rights.h, the messages' field tables and the table of channels here. */
#ifndef PROTO_CONTRACT_ASYNCAPI_H
#define PROTO_CONTRACT_ASYNCAPI_H

#include "common/base/sbuf.h"

struct proto_type;

/* Whom a message goes to, seen from the NFVO and its generic VNFM. */
enum channel_way { CHANNEL_RECEIVES, CHANNEL_SENDS };

struct channel {
    const char *id;      /* "vnfmActions" */
    const char *address; /* routing key and queue: "vim-drivers.{type}.{name}" */
    const char *text;
    const char *exchange; /* "" the default one, by the queue's name */
    const char *by;       /* who declares it */
    enum channel_way way;
    const struct proto_type *message, *reply; /* reply NULL: none */
    const char *reply_to;                     /* in words */
    bool is_durable, is_auto_delete;
    const char *vhost; /* in words */
};
extern const struct channel channels[]; /* ends with a zero row */

void asyncapi_render(struct sbuf *out, const char *version);
/* The same as a page (Markdown). */
void channels_describe(struct sbuf *out);

#endif
