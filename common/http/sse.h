/* Server-sent events: a request that stays open and is fed with events (server.h, HTTP_STREAM).
 *
 *     struct http_sse *stream = http_sse_open(req, &(struct http_sse_options){ 0 });
 *     subscribers_add(stream);            // whoever has events calls http_sse_send
 *     return HTTP_STREAM;
 *
 * The queue is bounded: when a client reads too slowly the stream ends, the browser comes again and
 * says with Last-Event-ID where it was. A comment line goes out after heartbeat_ms of silence,
 * which also finds out clients that are gone. Thread-safe; nothing blocks. */
#ifndef COMMON_HTTP_SSE_H
#define COMMON_HTTP_SSE_H

#include "common/http/server.h"

struct http_sse; /* opaque */

struct http_sse_options {
    size_t queue_bytes;   /* 0: 256 KiB */
    int64_t heartbeat_ms; /* 0: 15000 */
    int64_t retry_ms;     /* 0: not said; how soon the browser comes again */
};

/* Given: http_sse_close, by whoever holds it, exactly once, also after the client went or the
 * server closed. */
struct http_sse *http_sse_open(struct http_request *req, const struct http_sse_options *options);

/* event and id may be NULL; data may have several lines. false: the client is gone, was too slow,
 * or the server closes: call http_sse_close. */
bool http_sse_send(struct http_sse *s, const char *event, const char *id, const char *data);
bool http_sse_is_open(struct http_sse *s);
void http_sse_close(struct http_sse *s); /* what is queued is still sent; NULL is fine */

#endif
