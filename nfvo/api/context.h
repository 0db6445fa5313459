/* The API from inside: one struct api a process, one struct call a request. */
#ifndef NFVO_API_CONTEXT_H
#define NFVO_API_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/arena.h"
#include "common/base/net_list.h"
#include "common/db/db.h"
#include "common/sys/ids.h"
#include "common/sys/task_queue.h"
#include "nfvo/api/api.h"
#include "nfvo/api/auth/password_rule.h"
#include "nfvo/store/store.h"
#include "proto/codec/codec.h"

struct call_waiter;
struct http_metrics;
struct known_passwords;
struct session;
struct event_stream;
struct key_claims;
struct key_claim;
struct releaser;
struct request_log;
struct rate;
struct turns;
struct endpoint;

struct api {
    const struct api_options *options;
    const struct api_commands *commands;
    const struct api_host *host;
    struct store *store;
    struct audit *audit;
    struct call_waiter *waiter;        /* waits for parked calls, writes request_log */
    struct request_log *request_log;   /* the waiter's */
    struct event_stream *event_stream; /* streams of lifecycle events */
    struct key_claims *claims;         /* requests with an Idempotency-Key */
    struct task_queue *logins;         /* password hashing: one at a time (19 MiB each) */
    struct releaser *releaser;         /* begins accepted releases */
    struct task_queue *key_pairs;      /* RSA keys take as long */
    struct known_passwords *known;
    struct password_list *password_list; /* of the operator; NULL: none */
    atomic_ullong logins_hashed, logins_known,
        logins_refused;                   /* passwords that argon2 looked at, or need not */
    const struct endpoint *const *tables; /* endpoint_tables: for who must not name it */
    struct http_route *routes;
    const struct endpoint **endpoints; /* of routes[i]; ends with NULL */
    struct sbuf openapi;
    struct net_list trusted_proxies, metrics_networks, rest_vnfm_networks;
    struct rate *open_rate, *login_rate; /* of calls without a token; those that are POSTs */
    struct turns *turns;
    struct http_metrics *http_metrics;
    struct http_server *server;
    struct http_server *status_server; /* NULL: none */
    struct http_route status_routes[8];
    const struct endpoint *status_endpoints[8];
};

/* --- a request ------------------------------------------------------------------------------ */

struct call {
    struct api *api;
    struct http_request *req;
    const struct endpoint *endpoint;
    const char *from;        /* the client's address; "": not known */
    struct session *session; /* NULL: an open endpoint */
    const char *project;     /* id, or "*"; NULL: none given */
    /* idempotency.h; NULL: the request bears no key, or it went to a pending */
    struct key_claim *claim;
    struct db *db; /* use call_db */
    struct arena arena;
    struct sbuf out;           /* the body of the answer */
    const char *made;          /* path of what is made, where the answer does not say it; NULL */
    const char *type;          /* JSON unless set */
    const char *basis;         /* If-Match of an operation: precondition.h; NULL: not asked */
    int fail_status;           /* instead of err_http_status, where the reference says so */
    bool is_plan;              /* call_is_plan() said so */
    bool is_parked, is_stream; /* answered later; by events, for as long as it lasts */
    bool has_etag;             /* also without a session: what is read often, and the same */
    bool is_packed;            /* `out` is gzip already */
    const char *policy, *cache, *vary; /* headers; NULL: those of every answer */
    int retry_after_s;                 /* header Retry-After of the answer; 0: none */
    bool has_file; /* the body is file_size bytes of file_fd, taken, instead of out */
    int file_fd;
    size_t file_size;
    struct sbuf link;          /* header Link of the answer; empty: none */
    http_piece_fn *next_piece; /* the body in pieces (list.c), instead of out; NULL: none */
    http_piece_free_fn *free_pieces;
    void *pieces;
};

/* Leaves the body in c->out; the status is the endpoint's. Or parks: c->is_parked. */
typedef enum err_code call_fn(struct call *c, struct err *err);

enum endpoint_flags {
    API_OPEN = 1 << 0,        /* no token */
    API_PROJECT = 1 << 1,     /* the header project-id is required */
    API_ADMIN = 1 << 2,       /* a role ADMIN is required */
    API_ANY_PROJECT = 1 << 3, /* an unknown project-id is no error (rest-api.md 1.5, 3) */
    API_OWN = 1 << 5,         /* about the one who asks: needs no role in a project */
    API_SECRET = 1 << 7,      /* the answer is one: it is not kept for an Idempotency-Key */
    API_UPLOAD = 1 << 4,      /* takes a file: upload-max instead of http-max-body */
    API_STATUS = 1 << 6,      /* on status-listen, too */
    API_AT_ONCE = 1 << 8,     /* waits for nothing, the database included */
    API_OPERATES = 1 << 9, /* asks for an operation: headers Operation-Id, Location (operate.h) */
    API_VNFM = 1 << 10,    /* of VNFMs, from rest-vnfm-networks: rest_vnfm.h */
    API_READS = 1 << 11,   /* a POST that changes nothing: no change in the audit log */
    API_PLANS = 1 << 12,   /* ?plan=true: answers what would be done; with API_OPERATES, too */
    API_LIST_SHIFT = 13,   /* LIST(kind) of list.h: this is a list, fn is list_answer */
};

struct endpoint {
    const char *method, *path; /* below the server's root */
    call_fn *fn;
    int status; /* on success; 204: no body */
    unsigned flags;
    const char *summary;
};

/* One table each subject; end with a zero row. */
extern const struct endpoint nsd_endpoints[], vnfd_endpoints[], package_endpoints[],
    nsr_endpoints[], pop_endpoints[], manager_endpoints[], event_endpoints[], password_endpoints[],
    user_endpoints[], project_endpoints[], service_endpoints[], quota_endpoints[],
    client_file_endpoints[], key_endpoints[], system_endpoints[], token_endpoints[],
    explain_endpoints[], logs_endpoints[], enrolment_endpoints[], scaling_endpoints[],
    operate_endpoints[], operations_endpoints[], vnfs_endpoints[], nsd_part_endpoints[],
    nsd_pnfd_endpoints[], nsr_part_endpoints[], vnffg_endpoints[], document_endpoints[],
    rest_vnfm_endpoints[], ui_endpoints[], dead_letter_endpoints[], alarm_endpoints[],
    target_endpoints[], reconcile_endpoints[], image_endpoints[], unbuilt_endpoints[];
extern const struct endpoint *const endpoint_tables[]; /* ends with NULL */

struct db *call_db(struct call *c); /* borrowed from the pool until the call ends */
const char *call_param(struct call *c, const char *name); /* of the path; never NULL */
bool call_query_is_yes(struct call *c,
                       const char *name); /* there, as in "?plan", and neither 0 nor false */
/* ?plan: what is asked for is only looked at, which is no change for the audit log. Only of calls
 * that do look then. */
bool call_is_plan(struct call *c);
/* Decode the body. Errors: ERR_SYNTAX (400). */
MUST_USE enum err_code call_body(struct call *c, const struct proto_type *type, void *ret_rec,
                                 struct err *err);
/* Has the decoded body this member, and not null? */
bool call_says(const struct proto_type *type, const void *rec, const char *wire);
/* The body is ["id",...]. */
MUST_USE enum err_code call_body_ids(struct call *c, struct proto_strs *ret, struct err *err);
void call_json(struct call *c, const struct proto_type *type, const void *rec); /* into c->out */
const char *call_new_id(void *call);  /* in the call's arena; of type make_id */
const char *call_now(struct call *c); /* "yyyy.MM.dd 'at' HH:mm:ss z", in UTC */
/* For fetched texts: decode into the call's arena. */
MUST_USE enum err_code call_decode(struct call *c, const struct proto_type *type,
                                   const struct sbuf *text, void *ret_rec, struct err *err);

/* --- a request that is answered later ------------------------------------------------------- */

struct pending {
    struct api *api;
    struct http_parked *parked;
    int status; /* on success */
    int retry_after_s;
    bool is_plan; /* as in struct call */
    const struct endpoint *endpoint;
    struct key_claim *claim; /* its end is the pending's */
    char *username, *from, *method, *path;
    char *id, *project;         /* what it is about; may be NULL */
    char *made;                 /* as in struct call */
    char operation_id[ID_SIZE]; /* of the operation that was asked for; "": none */
    char *operation_ids;        /* of several: header Operation-Id; NULL: none */
    char *warning;              /* header Warning; NULL: none */
};

/* Parks: exactly one pending_done or pending_fail follows. fallback: the answer at the deadline. */
struct pending *call_park(struct call *c, int64_t timeout_ms, const struct err *fallback,
                          const char *id);
void pending_done(struct pending *p, const char *type,
                  struct sbuf *body);                                    /* frees p; empties body */
void pending_fail(struct pending *p, int status, const struct err *err); /* status 0: by err */
/* body is the whole answer. */
void pending_answer(struct pending *p, int status, const char *type, struct sbuf *body);

/* --- answers -------------------------------------------------------------------------------- */

/* Both forms of the reference's error bodies and our fault: rest-api.md 0.1. path may be NULL. */
void error_body(struct sbuf *out, int status, const struct err *err, const char *path,
                int64_t now_us);
/* The same of a fault's JSON, as the engine writes it; anything else is repeated as a message. */
void error_body_of_fault(struct sbuf *out, int status, const char *fault, const char *path,
                         int64_t now_us);
/* Where what was made is, or what the request is about: the path; of a 201 whose body begins with
 * an id, that of the new object. */
void reply_object(struct sbuf *out, const struct endpoint *endpoint, const char *path, int status,
                  const char *body);
/* Where what was made is: of a 201 whose body begins with its id. */
void reply_location(struct http_reply *reply, const struct endpoint *endpoint, int status,
                    const char *body);
/* Of an operation that was accepted: which. */
void reply_operation(struct http_reply *reply, const char *id);
void reply_retry_after(struct http_reply *reply, int seconds); /* 0: nothing */
void reply_error(struct http_reply *reply, int status, const struct err *err, const char *path);

/* --- process-wide --------------------------------------------------------------------------- */

http_handler_fn api_dispatch;
/* In front of each request, without its body: is the caller let in? */
bool api_admit(struct http_request *req, struct http_reply *reply);
/* Does it wait for the database, and whose turn is it? */
bool api_turn(struct http_request *req, char ret[HTTP_TURN_SIZE]);
/* Who asks, as for an endpoint with a token: c->session, c->project. */
MUST_USE enum err_code api_identify(struct call *c, struct err *err);
/* --- check_options.c --- */
MUST_USE enum err_code api_read_networks(const struct api_options *o, struct net_list *ret_proxies,
                                         struct net_list *ret_metrics,
                                         struct net_list *ret_rest_vnfms, struct err *err);
/* Of status-listen: ADDRESS:PORT, IPv6 in brackets. ERR_INVALID. */
MUST_USE enum err_code api_status_address(const char *where, char ret[HTTP_ADDRESS_SIZE],
                                          uint16_t *ret_port, struct err *err);

void api_cors(struct http_request *req, struct http_reply *reply); /* headers: cors-origins */
bool call_is_status(const struct call *c);                         /* it came in on status-listen */
void api_on_error(struct http_request *req, int status, const struct err *err,
                  struct http_reply *reply);
void api_finish(struct http_request *req, struct http_reply *reply);
MUST_USE enum err_code api_bootstrap(struct api *api, struct err *err);
/* tables: as endpoint_tables. */
void openapi_render(struct sbuf *out, const struct endpoint *const *tables, const char *version);

#endif
