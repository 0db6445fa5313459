/* Lifecycle events as they happen, to whoever listens by server-sent events: lines of the history,
 * read by one thread for all listeners, and only while there are any. What one process writes, the
 * listeners of every process see. */
#ifndef NFVO_API_LIVE_H
#define NFVO_API_LIVE_H

#include "common/base/err.h"

struct api;
struct http_sse;
struct live; /* opaque, thread-safe */

MUST_USE enum err_code live_open(struct live **ret, struct api *api, struct err *err);
void live_close(struct live *l); /* ends the streams; NULL is fine */

/* Lines with an id above `after`, of this project ("*": all) and this NSR (NULL: all), go to the
 * stream (taken), until it ends: at the latest after LIVE_MAX_S, then the client comes again with
 * the last id and proves anew who it is. */
#define LIVE_MAX_S 900
void live_listen(struct live *l, struct http_sse *stream_taken, const char *project,
                 const char *nsr, int64_t after);

#endif
