/* Lifecycle events as they happen, to whoever listens by server-sent events: lines of the history,
 * read by one thread for all listeners, and only while there are any. What one process writes, the
 * listeners of every process see. */
#ifndef NFVO_API_LIFECYCLE_EVENT_STREAM_H
#define NFVO_API_LIFECYCLE_EVENT_STREAM_H

#include "common/base/err.h"

struct api;
struct http_sse;
struct event_stream; /* opaque, thread-safe */

MUST_USE enum err_code event_stream_open(struct event_stream **ret, struct api *api,
                                         struct err *err);
void event_stream_close(struct event_stream *l); /* ends the streams; NULL is fine */

/* Lines with an id above `after`, of this project ("*": all) and this NSR (NULL: all), go to the
 * stream (taken), until it ends: at the latest after EVENT_STREAM_MAX_S, then the client comes again with
 * the last id and proves anew who it is. It ends as well, before anything more is sent, when the
 * token, its user, their roles or the project change (standing of store_access.h). Texts are
 * copied. */
#define EVENT_STREAM_MAX_S 900
struct event_stream_wanted {
    const char *project, *nsr;
    const char
        *events; /* words of entry.event, with commas; "SERV*" is all that begin so; NULL: all */
    int64_t after;
    const char *token_hash, *standing;
};
void event_stream_listen(struct event_stream *l, struct http_sse *stream_taken,
                         const struct event_stream_wanted *wanted);

#endif
