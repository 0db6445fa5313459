/* Between the files of this folder only; the one place besides server.c's neighbours that sees
 * microhttpd.h. */
#ifndef COMMON_HTTP_SERVER_PRIVATE_H
#define COMMON_HTTP_SERVER_PRIVATE_H

#include "common/http/router.h"
#include "common/http/server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

/* --- the lot: what waits for a time, and the thread that watches
 * ---------------------------------------------- Parked requests, streams, connections. Refcounted:
 * tokens that are held outlive the server. One lock for all: waiting things are few, and the fast
 * path (a request that is answered at once) never takes it. Lock order: lot, then microhttpd's own
 * locks. */
struct http_waiter {
    struct http_waiter *next, *prev;
    int64_t due_us;                        /* monotonic; INT64_MAX: never */
    void (*fire)(struct http_waiter *w);   /* under the lock; sets due_us anew or removes itself */
    void (*finish)(struct http_waiter *w); /* the server closes; under the lock; removes itself */
};

struct http_lot {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_waiter waiters; /* list head */
    int64_t wake_us;            /* when the thread looks next */
    unsigned refs;
    bool is_closed, has_ended;
    pthread_t thread;
};

struct http_lot *http_lot_new(void); /* starts the thread; NULL: no thread */
void http_lot_lock(struct http_lot *lot);
void http_lot_unlock(struct http_lot *lot);
void http_lot_add(struct http_lot *lot, struct http_waiter *w); /* these three: lock held */
void http_lot_remove(struct http_waiter *w);
void http_lot_unref(struct http_lot *lot); /* may free the lot: unlocks */
void http_lot_close(struct http_lot *lot); /* finish all waiters */
void http_lot_end(struct http_lot *lot);   /* stop the thread and drop the server's reference */

/* --- one connection
 * ---------------------------------------------------------------------------------------------- */
struct http_conn {
    struct http_waiter waiter; /* in the lot: looks at the clock now and then */
    struct http_server *server;
    int fd;
    _Atomic int64_t reading_since_us; /* 0: the request is there and in hand */
    _Atomic int64_t limit_us;
};

/* --- one request
 * --------------------------------------------------------------------------------------------------
 */
enum http_stage { STAGE_NEW, STAGE_BODY, STAGE_HANDED, STAGE_PARKED, STAGE_SENT };

struct http_query {
    char *name, *value;
};

struct http_upload {
    struct MHD_PostProcessor *parser; /* NULL: the body is the file */
    struct http_file file;
    char *name;
    struct sbuf memory;
    bool has_file;
};

struct http_private {
    struct http_request view;
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_conn *conn;
    enum http_stage stage;
    int status;
    struct http_path path;
    struct sbuf body;
    size_t received, limit;
    struct http_upload *upload;
    struct http_query *query; /* NULL until it is asked for; ends with a NULL name */
    char *query_text, *rest, *raw_query;
    char peer[64];
    int failure; /* status of an error that is answered when the request is complete; 0: none */
    struct err failure_err;
    struct http_parked *parked;
    struct http_sse *sse;
    char text[]; /* the path as sent, NUL, the path cut into segments, NUL */
};

struct http_server {
    struct http_server_options o; /* defaults filled in */
    struct MHD_Daemon *daemon;
    struct http_router *router;
    struct http_lot *lot;
    int listen_fd;
    uint16_t port;
    char *tls_cert, *tls_key;
    atomic_bool is_closing;
    atomic_uint in_hand; /* requests that have begun and are not completed */
};

/* listen.c */
MUST_USE enum err_code http_listen(struct http_server *s, struct err *err);
MUST_USE enum err_code http_load_tls(struct http_server *s, struct err *err);

/* request.c */
struct http_private *http_request_new(struct http_server *s, const char *uri);
void http_request_free(struct http_private *p);

/* body.c */
bool http_body_begin(struct http_private *p); /* false: answer now, the rest is not worth reading */
bool http_body_add(struct http_private *p, const char *data,
                   size_t len); /* false: break the connection off */
void http_body_end(struct http_private *p);
void http_body_free(struct http_private *p);
void http_fail(struct http_private *p, int status, enum err_code code,
               const char *text); /* the first one stays */

/* answer.c */
void http_error_reply(struct http_private *p, int status, const struct err *err,
                      struct http_reply *reply);
enum MHD_Result http_answer(struct http_private *p,
                            struct http_reply *reply);       /* finish, queue, release */
enum MHD_Result http_answer_failure(struct http_private *p); /* p->failure */
/* Set status and header lines, queue, give the reference back. */
enum MHD_Result http_queue(struct http_private *p, struct MHD_Response *response,
                           struct http_reply *reply);

/* parked.c, sse.c: what server.c does with requests that wait */
enum MHD_Result http_parked_suspend(struct http_private *p);
void http_parked_forget(struct http_private *p);
enum MHD_Result http_sse_answer(struct http_private *p);
void http_sse_forget(struct http_private *p);

#endif
