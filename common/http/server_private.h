/* Between the files of this folder only. */
#ifndef COMMON_HTTP_SERVER_PRIVATE_H
#define COMMON_HTTP_SERVER_PRIVATE_H

#include "common/http/head.h"
#include "common/http/limits.h"
#include "common/http/multipart.h"
#include "common/http/router.h"
#include "common/http/server.h"
#include "common/http/tls.h"
#include "common/sys/task_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* --- the parked list: what waits for a time, and the thread that watches ---
 * Parked requests and streams. Refcounted: tokens that are held outlive the server. One lock for
 * all: waiting things are few, and the fast path (a request that is answered at once) never takes
 * it. Lock order: this list's, then a worker's. */
struct http_waiter {
    struct http_waiter *next, *prev;
    int64_t due_us;                        /* monotonic; INT64_MAX: never */
    void (*fire)(struct http_waiter *w);   /* under the lock; sets due_us anew or removes itself */
    void (*finish)(struct http_waiter *w); /* the server closes; under the lock; removes itself */
};

struct http_parked_list {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_waiter waiters; /* list head */
    int64_t wake_us;            /* when the thread looks next */
    unsigned refs;
    bool is_closed, has_ended;
    pthread_t thread;
};

struct http_parked_list *http_parked_list_new(void); /* starts the thread; NULL: no thread */
void http_parked_list_lock(struct http_parked_list *list);
void http_parked_list_unlock(struct http_parked_list *list);
void http_parked_list_add(struct http_parked_list *list,
                          struct http_waiter *w); /* these three: lock held */
void http_parked_list_remove(struct http_waiter *w);
void http_parked_list_unref(struct http_parked_list *list); /* may free it: unlocks */
void http_parked_list_close(struct http_parked_list *list); /* finish all waiters */
void http_parked_list_end(
    struct http_parked_list *list); /* stop the thread and drop the server's reference */

/* --- one connection --- */
enum http_conn_state {
    CONN_HANDSHAKE,
    CONN_HEAD,  /* between requests, or the head of one comes in */
    CONN_BODY,  /* the body comes in */
    CONN_WAIT,  /* the request is parked, or waits for its turn: nothing is read */
    CONN_WRITE, /* the answer goes out */
    CONN_LINGER /* it is out, and the client still sends: what it does is dropped for a while, since
                   closing at once would reset the connection before it reads the answer */
};

struct http_worker;
struct http_private;

/* Belongs to its worker's thread but for the members under the worker's lock. */
struct http_conn {
    struct http_conn *next, *prev; /* of its worker */
    struct http_worker *worker;
    struct http_server *server;
    struct http_seat seat; /* with the descriptor */
    struct sockaddr_storage from;
    struct http_tls_session *tls; /* NULL: plain */
    enum http_conn_state state;
    uint32_t events; /* what epoll watches; 0: it is not there */
    struct sbuf in;  /* received and not used up yet: from in_at on */
    size_t in_at;
    struct http_head_scan scan;
    int64_t deadline_us, quiet_us; /* of the whole request; without a byte. INT64_MAX: none */
    struct http_private *p;        /* NULL: between requests */
    struct sbuf out;               /* head, pieces: from out_at on still to be sent */
    size_t out_at;
    struct http_reply reply; /* its body is what comes behind out */
    size_t body_at;
    bool may_read, is_last, has_unread, is_chunked, is_body_out, is_suspended;
    struct http_conn *next_ready; /* under the worker's lock, as is_ready */
    bool is_ready;
};

/* From any thread, while something that the connection waits for is held: look at it again. */
void http_conn_wake(struct http_conn *c);
/* In its worker's thread: this is the answer to c->p; taken. */
void http_conn_answer(struct http_conn *c, struct http_reply *reply);
void http_conn_wait(struct http_conn *c); /* until http_conn_wake */
/* The same, for a turn of c->p: until it is worked, at most so long in the queue. */
void http_conn_wait_for_turn(struct http_conn *c, unsigned patience_s);
/* In the thread that worked: c->p->is_worked, and as http_conn_wake. The connection is its worker's
 * from then on. */
void http_conn_worked(struct http_conn *c);
void http_conn_read_body(struct http_conn *c, unsigned patience_s); /* http_hand_over is next */
void http_conn_say(struct http_conn *c); /* out is an interim answer: sent as far as it goes */

struct http_worker *http_worker_new(struct http_server *s); /* starts its thread; NULL: it cannot */
void http_worker_wake(struct http_worker *w);
void http_worker_free(struct http_worker *w); /* the server has stopped: joins */

/* --- one request --- */
#define HTTP_PEER_SIZE 64

struct http_query {
    char *name, *value;
};

struct http_upload {
    struct http_multipart *parser; /* NULL: the body is the file */
    struct http_file file;
    char *name;
    struct sbuf memory;
    bool has_file;
};

struct http_private {
    struct http_request view;
    struct http_server *server;
    struct http_conn *conn;
    bool is_late;    /* it began when the server was closing */
    bool is_refused; /* by `before`: refusal is the answer, the body is dropped */
    struct http_reply refusal;
    int status;
    struct http_path path;
    struct http_chunks chunks;
    struct sbuf body;
    uint64_t received, limit, dropped;
    struct http_upload *upload;
    size_t held[HTTP_BYTES_N];
    struct http_party *user;  /* NULL: not known */
    struct http_query *query; /* NULL until it is asked for; ends with a NULL name */
    char *query_text, *rest, *raw_query;
    char peer[HTTP_PEER_SIZE], client[HTTP_CLIENT_SIZE];
    int failure; /* status of an error that is answered when the request is complete; 0: none */
    struct err failure_err;
    struct http_parked *parked;
    struct http_sse *sse;
    /* Its turn in one of the server's queues: work in a thread of the queue, then in the worker's.
     */
    char turn[HTTP_TURN_SIZE];
    struct task task;
    struct task_queue *queue;
    void (*work)(struct http_private *p), (*then)(struct http_private *p);
    bool waits, is_queued, has_body_to_come;
    atomic_bool is_worked;
    enum task_end end;
    enum http_result result; /* what work left */
    struct http_reply reply;
    struct sbuf piece;
    enum http_piece piece_state;
    struct http_head head; /* last: only its beginning is cleared */
    char text[];           /* the head, cut; the path cut into segments */
};

struct http_server {
    struct http_server_options o; /* defaults filled in */
    struct http_router *router;
    struct http_parked_list *parked_list;
    struct http_limits *limits;
    struct task_queue *working, *waiting; /* of what takes long; of what waits for others */
    struct http_tls *tls;                 /* NULL: plain */
    atomic_ullong tls_failures[HTTP_TLS_FAILURE_N];
    struct http_worker **workers;
    int listen_fd;
    uint16_t port;
    atomic_bool is_closing, is_stopped;
    atomic_uint in_hand; /* requests that have begun and are not completed */
};

/* listen.c */
MUST_USE enum err_code http_listen(struct http_server *s, struct err *err);

/* request.c */
const char *http_conn_peer(const struct http_conn *c, char ret[HTTP_PEER_SIZE]); /* NULL: unknown */
/* text: the head, len bytes; NULL: none that could be read. */
struct http_private *http_request_new(struct http_conn *c, const char *text, size_t len);
void http_request_free(struct http_private *p);

/* exchange.c: the life of a request. Each leaves the connection in the state that comes next. */
void http_begin(struct http_conn *c, const char *text, size_t len);
void http_refuse(struct http_conn *c, int status, const char *why); /* what is no request */
void http_hand_over(struct http_private *p);                        /* the body is there */
void http_go_on(struct http_private *p);                            /* it waited */
/* It waited for its turn as long as it may. false: its turn has come meanwhile. Else it is
 * answered, or its connection is to be closed: an answer breaks off. */
bool http_turn_is_over(struct http_private *p);
/* The next piece of the answer. false: it is being made, http_conn_wake follows. */
bool http_next_piece(struct http_private *p, struct sbuf *ret, enum http_piece *ret_state);
void http_completed(struct http_conn *c, bool is_sent); /* frees c->p */

/* body.c */
enum http_body_next { HTTP_BODY_NONE, HTTP_BODY_COMES, HTTP_BODY_UNWANTED };
enum http_body_next http_body_begin(struct http_private *p);
bool http_body_add(struct http_private *p, const char *data,
                   size_t len); /* false: answer now, the rest is not worth reading */
void http_body_end(struct http_private *p);
void http_body_free(struct http_private *p);
void http_fail(struct http_private *p, int status, enum err_code code,
               const char *text); /* the first one stays */

/* answer.c */
void http_error_reply(struct http_private *p, int status, const struct err *err,
                      struct http_reply *reply);
void http_answer(struct http_private *p, struct http_reply *reply); /* finish, send; taken */
void http_answer_failure(struct http_private *p);                   /* p->failure */

/* parked.c: what a request gets that a process which ends cannot serve any more. */
void http_reply_stopping(struct http_reply *reply);

/* gzip.c */
bool http_gzip_body(struct http_reply *r);   /* false: left as it is */
bool http_gzip_pieces(struct http_reply *r); /* the same */

/* parked.c, sse.c: what exchange.c does with requests that wait */
void http_parked_suspend(struct http_private *p);
void http_parked_forget(struct http_private *p);
void http_sse_answer(struct http_private *p);
void http_sse_forget(struct http_private *p);

#endif
