/* Server-sent events, taken apart as they come in. Knows no server. */
#ifndef NFVO_CLI_STREAM_H
#define NFVO_CLI_STREAM_H

#include "common/base/sbuf.h"

#include <stdbool.h>

#define CLI_STREAM_MAX (4u << 20) /* of one event */

struct cli_stream {
    struct sbuf line, data; /* what has come of the current ones */
    char id[32], event[32]; /* id: of the last event, also of earlier ones */
    void (*on_event)(void *arg, const char *event, const char *id, const char *data);
    void *arg;
};
void cli_stream_init(struct cli_stream *s,
                     void (*on_event)(void *arg, const char *event, const char *id,
                                      const char *data),
                     void *arg);
void cli_stream_release(struct cli_stream *s);
/* false: an event is longer than CLI_STREAM_MAX. */
bool cli_stream_feed(struct cli_stream *s, const char *bytes, size_t n);
/* Another connection: half an event of the last one is void. */
void cli_stream_reset(struct cli_stream *s);

#endif
