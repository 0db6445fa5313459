/* The server face: a router table in front, a view of the request in, a reply out.
 *
 *     static enum http_result ns_get(struct http_request *req, struct http_reply *reply)
 *     {
 *         struct nfvo *nfvo = req->ctx;
 *         ... http_request_param(req, "id") ...
 *         http_reply_sbuf(reply, 200, HTTP_TYPE_JSON, &body);
 *         return HTTP_DONE;
 *     }
 *     static const struct http_route routes[] = {
 *         { "GET",  "/api/v1/ns-records/{id}", ns_get, 0 },
 *         { "POST", "/api/v1/vnf-packages",    package_add, HTTP_ROUTE_UPLOAD },
 *         { 0 }
 *     };
 *
 * Paths (rest-api.md section 0): a trailing slash is optional, double slashes are one, a literal
 * segment beats {param}, case matters, segments are split before they are percent-decoded. {rest*}
 * at the end takes all that is left. The more literal path wins only if it has the method: DELETE
 * /users/current reaches /users/{id} unless /users/current has a DELETE. HEAD is served by GET.
 *
 * Threads. Those that serve connections (`threads`) wait for nothing. What takes long (a large body
 * (work_body), an upload, a route with HTTP_ROUTE_WORK) runs in one of `work_threads`; what waits
 * for others, such as a database, by the hook `turn`, in one of `wait_threads`: its `before`, its
 * handler and the pieces of its answer. Both take turns (common/sys/task_queue.h), one request of
 * each client at a time; who waits for longer than wait_timeout_s (large ones: request_timeout_s),
 * or finds the queue full, gets 429 and nothing was done. All else runs in the thread of its
 * connection, and blocks the others of this thread. What waits for minutes is parked (below). The
 * request and everything it lends live until the handler returns.
 *
 * Requests are read as RFC 9112 says and no more leniently: what two readers could understand in
 * two ways (two lengths, a length beside chunks, folded lines, bare line feeds, ...) gets 400, and
 * its connection is closed. Every error has a body by on_error, those of the protocol, too.
 *
 * Limits: headers 32 KiB, body max_body (checked on Content-Length before a byte is taken, and
 * while chunks come in), uploads max_upload, what is kept of bodies (memory, disk),
 * max_connections, max_per_address, timeout_s without a byte, request_timeout_s until the whole
 * request is there. A connection without a request in hand makes room for a new one when its
 * address, or the server, has no place left: the one that is idle longest goes first. */
#ifndef COMMON_HTTP_SERVER_H
#define COMMON_HTTP_SERVER_H

#include "common/base/err.h"
#include "common/http/http.h"

struct http_server;  /* opaque */
struct http_parked;  /* opaque */
struct http_private; /* opaque */
struct http_route;
struct net_list;

/* --- request --- */

struct http_request {
    const char *method;
    const char *path; /* as it was sent, without the query */
    const char *body; /* NUL-terminated, "" if none; empty for uploads */
    size_t body_len;
    const struct http_route *route; /* NULL in on_error of a 404 or 405 */
    void *ctx;                      /* of http_server_options */
    void *user;         /* free for `before` to leave something for the handler, e.g. the session */
    int64_t started_us; /* monotonic: when the request line was read */
    struct http_private *priv;
};

/* All borrowed until the handler returns; NULL when absent. */
const char *http_request_param(struct http_request *req, const char *name); /* of {name}, decoded */
const char *http_request_query(struct http_request *req,
                               const char *name); /* decoded; "" for ?name */
/* The i-th parameter of the query, in the order sent; NULL: there are no more. */
const char *http_request_query_at(struct http_request *req, size_t i, const char **ret_value);
const char *http_request_header(struct http_request *req, const char *name);
/* Of the header Accept-Encoding: does its sender take gzip? NULL: no such header. Pure. */
bool http_gzip_accepted(const char *accept_encoding);
bool http_request_has_body(const struct http_request *req); /* announced: also in `before` */
bool http_request_has_type(struct http_request *req,
                           const char *type); /* Content-Type without parameters, any case */
const char *http_request_peer(struct http_request *req); /* address as text, without port */
/* Who asks: the peer, unless it is one of trusted_proxies: then the last address in X-Forwarded-For
 * that is none of them, since what stands in front of it was written by the client itself. Never
 * NULL; "" when the peer is not known. */
const char *http_request_client(struct http_request *req);
/* The same out of its parts; forwarded: the values of the header, as sent, with commas between
 * them; NULL: none. Pure. */
#define HTTP_CLIENT_SIZE 64
void http_forwarded(const struct net_list *trusted, const char *peer, const char *forwarded,
                    char ret[HTTP_CLIENT_SIZE]);

/* For `before`: whose body comes in. Its bytes count for this name, too, as for the address. */
void http_request_set_user(struct http_request *req, const char *name);

/* The part `file` of a multipart/form-data body, or the whole body if it is none (HTTP_ROUTE_UPLOAD
 * routes only). Up to upload_memory bytes it is in memory (data), above in an unlinked temporary
 * file (fd, positioned at 0, data NULL). Borrowed. */
struct http_file {
    const char *name; /* as the client calls it: untrusted, may be "" */
    const char *data;
    int fd; /* -1 when in memory */
    size_t size;
};
const struct http_file *http_request_file(struct http_request *req);

/* --- reply --- */

#define HTTP_REPLY_HEADERS 16

/* A body that is made while it is sent: appends the next piece to *out. Called in a thread of the
 * server when the client has taken what was there, so the memory is that of a piece; blocks no
 * longer than a handler may. */
enum http_piece {
    HTTP_PIECE_MORE,
    HTTP_PIECE_LAST,
    HTTP_PIECE_BROKEN, /* the connection is cut: the client sees that it did not get everything */
    HTTP_PIECE_WAIT    /* of streams (sse.h) only: nothing is there now */
};
typedef enum http_piece http_piece_fn(void *arg, struct sbuf *out);
typedef void http_piece_free_fn(void *arg);

/* Filled by the functions; status 0 is "nothing yet" and answered with 500. A reply that is not
 * handed on is given back by http_reply_release. */
struct http_reply {
    int status;
    const char *type; /* literal, or living as long as the server; NULL: no Content-Type */
    const char *body;
    size_t body_len;
    enum { HTTP_BODY_STATIC, HTTP_BODY_TAKEN, HTTP_BODY_FILE, HTTP_BODY_PIECES } kind;
    int fd;
    http_piece_fn *next_piece;
    http_piece_free_fn *free_pieces;
    void *pieces;
    unsigned header_n;
    struct {
        char *name, *value;
    } headers[HTTP_REPLY_HEADERS];
};

#define HTTP_REPLY_INIT                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

void http_reply_static(struct http_reply *r, int status, const char *type,
                       const char *text); /* text outlives the server */
void http_reply_copy(struct http_reply *r, int status, const char *type, const void *body,
                     size_t len);
void http_reply_take(struct http_reply *r, int status, const char *type, char *body,
                     size_t len); /* body taken: free()d */
void http_reply_sbuf(struct http_reply *r, int status, const char *type,
                     struct sbuf *body); /* content taken; *body is empty */
void http_reply_file(struct http_reply *r, int status, const char *type, int fd,
                     size_t size); /* fd taken; sent from offset 0 */
/* Chunked, of unknown length. arg: taken, free_arg(arg) is called once, also when the client
 * leaves.
 */
void http_reply_pieces(struct http_reply *r, int status, const char *type, http_piece_fn *next,
                       http_piece_free_fn *free_arg, void *arg);
void http_reply_empty(struct http_reply *r, int status);
void http_reply_header(struct http_reply *r, const char *name,
                       const char *value); /* copied; CR and LF are refused silently */
void http_reply_release(struct http_reply *r);

/* --- routes and server --- */

enum http_result {
    HTTP_DONE,   /* *reply is the answer */
    HTTP_PARKED, /* http_park was called: the answer comes later */
    HTTP_STREAM  /* http_sse_open was called (sse.h) */
};

typedef enum http_result http_handler_fn(struct http_request *req, struct http_reply *reply);

enum http_route_flags {
    HTTP_ROUTE_UPLOAD = 1, /* takes a file: max_upload instead of max_body, http_request_file */
    HTTP_ROUTE_SMALL = 2,  /* a body of at most HTTP_SMALL_BODY: for those who may be anybody */
    HTTP_ROUTE_WORK = 4,   /* takes long: always in one of work_threads */
    HTTP_ROUTE_USER =
        256 /* this and above: free for the owner of the table (roles, content types, ...) */
};

#define HTTP_SMALL_BODY ((size_t)64 * 1024)
#define HTTP_TURN_SIZE  64

struct http_route {
    const char *method, *path;
    http_handler_fn *handler;
    unsigned flags;
};

/* Bytes of bodies that are kept until their requests are answered: in all; of an address, and of a
 * user. 0: no limit. Over it: 429. */
struct http_kept {
    size_t all, each;
};

struct http_server_options {
    const char *address;                      /* NULL: 127.0.0.1; "0.0.0.0", "::" or one of ours */
    uint16_t port;                            /* 0: any free one, see http_server_port */
    const char *tls_cert_file, *tls_key_file; /* PEM; both or none */
    const char *tls_priorities;               /* GnuTLS syntax; NULL: TLS 1.2 and 1.3 */
    unsigned threads;                         /* 0: 4 */
    unsigned work_threads;                    /* 0: 2 */
    unsigned wait_threads;                    /* 0: 4 */
    unsigned wait_timeout_s;                  /* in the queue; 0: 10 */
    size_t work_body;                         /* bodies of so many bytes go there; 0: 16 KiB */
    struct http_kept memory, disk;
    size_t max_body;              /* 0: 4 MiB */
    size_t max_upload;            /* 0: 2046 MiB, the reference's limit */
    size_t upload_memory;         /* 0: 1 MiB */
    const char *upload_directory; /* NULL: /tmp */
    unsigned max_connections;     /* 0: 1000 */
    unsigned max_per_address;     /* 0: no limit. Of IPv6 its /64 is an address */
    unsigned reserve;             /* of max_connections: only for addresses with fewer than 10 */
    unsigned timeout_s;           /* 0: 30 */
    unsigned request_timeout_s;   /* 0: 60, uploads: 60 times as much */
    unsigned stop_timeout_ms;     /* 0: 5000; for requests in hand when closing */
    size_t gzip_min; /* answers of so many bytes (and those in pieces) to a GET that accepts gzip
                        are compressed; 0: none */
    /* NULL: none; borrowed until close. They are many clients: max_per_address, reserve and what is
     * kept of an address do not bind them. */
    const struct net_list *trusted_proxies;
    const struct http_route *routes; /* ends with a zero row; borrowed until close */
    void *ctx;

    /* Hooks, all may be NULL, called in the server's threads.
     * turn: when the head is there and has a route: does the request wait for others? *ret: whose
     * turn it takes then, or as a large one; by default the client (of IPv6 its /64). Must not wait
     * itself. NULL: none waits. */
    bool (*turn)(struct http_request *req, char ret[HTTP_TURN_SIZE]);
    /*
     * before: when the head is there and has a route, and no byte of the body is kept; false:
     * *reply is the answer, the body is dropped and the handler is not called. */
    bool (*before)(struct http_request *req, struct http_reply *reply);
    /* on_error: fills *reply for what no handler sees: 404, 405 (Allow is added afterwards), 400
     * and others for what is no good request (method and path are "" when they could not be read),
     * 408, 413 body too long, 429. Default: the status with {"code":"Not Found","message":"..."}.
     * It may choose another status (rest-api.md 0.1: the CLI takes 413 for success). */
    void (*on_error)(struct http_request *req, int status, const struct err *err,
                     struct http_reply *reply);
    /* finish: on each reply just before it is sent, wherever it comes from: common headers. The
     * request's body may be gone by then. */
    void (*finish)(struct http_request *req, struct http_reply *reply);
    /* after: the answer is out or the client gone (status 0): access log, metrics. route may be
     * NULL. */
    void (*after)(void *ctx, const struct http_route *route, const char *method, const char *path,
                  int status, int64_t took_us);
    /* tls_failed: HTTP_TLS_REFUSED and HTTP_TLS_LATE, instead of the log. from: NULL not known. */
    void (*tls_failed)(void *ctx, const char *from, const char *why);
};

/* Given: http_server_close. Errors: ERR_INVALID (routes, TLS files), ERR_IO (address in use, ...).
 */
MUST_USE enum err_code http_server_open(struct http_server **ret,
                                        const struct http_server_options *options, struct err *err);
uint16_t http_server_port(const struct http_server *s);
unsigned http_server_connections(struct http_server *s);      /* open now */
size_t http_server_kept(struct http_server *s, bool on_disk); /* bytes of bodies, now */
/* TLS handshakes that came to no connection, so far. Each is in the log, where what repeats is
 * summed up (common/log/log.h). */
enum http_tls_failure {
    HTTP_TLS_REFUSED, /* by us or by the client: no common version or cipher, no trust, no TLS */
    HTTP_TLS_LEFT,    /* the client closed the connection: a probe of the port, or it was reset */
    HTTP_TLS_LATE,    /* not done within timeout_s or request_timeout_s */
    HTTP_TLS_FAILURE_N
};
uint64_t http_server_tls_failures(const struct http_server *s, enum http_tls_failure why);
/* Requests that wait for their turn, now: large ones, and those that wait for others. */
unsigned http_server_waiting(struct http_server *s, bool is_large);

/* First half of closing: no new connection is taken, and a request that begins on one that is open
 * gets 503. What is in hand and parked goes on: those who answer it may end now, before
 * http_server_close. */
void http_server_drain(struct http_server *s);
bool http_server_is_closing(const struct http_server *s); /* drained, or closing */

/* Refuse new connections, finish what is in hand (stop_timeout_ms at most), answer parked requests
 * with 503, end streams, stop the threads. Tokens that are still held stay valid and
 * harmless. Blocks. NULL is fine. */
void http_server_close(struct http_server *s);

/* --- parked requests ---
 * The handler takes a token, gives it to whoever will have the answer, and returns HTTP_PARKED.
 * Exactly one http_parked_reply follows, from any thread, even before the handler has returned,
 * after the deadline, after the client went or after http_server_close; it frees the token. At the
 * deadline the client gets the fallback and the reply that comes too late is dropped. */

/* fallback: taken (with status 0: 500 with a plain text). The request's strings are not valid after
 * the handler returned. */
struct http_parked *http_park(struct http_request *req, int64_t timeout_ms,
                              struct http_reply *fallback);
/* reply: taken. true: it was the answer; false: too late, or the server is gone (a client that left
 * is noticed only when sending). */
bool http_parked_reply(struct http_parked *p, struct http_reply *reply);

#endif
