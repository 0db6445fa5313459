/* The API from inside: one struct api a process, one struct call a request. */
#ifndef NFVO_API_CONTEXT_H
#define NFVO_API_CONTEXT_H

#include <pthread.h>

#include "common/base/arena.h"
#include "common/db/db.h"
#include "nfvo/api/api.h"
#include "nfvo/api/jobs.h"
#include "nfvo/store/store.h"
#include "proto/codec/codec.h"

struct clerk;
struct sessions;
struct session;
struct projects;
struct live;
struct endpoint;

struct api {
    const struct api_options *options;
    const struct api_commands *commands;
    const struct api_host *host;
    struct store *store;
    struct sessions *sessions;
    struct projects *projects;
    struct clerk *clerk; /* waits for operations, writes the history of requests */
    struct live *live;   /* streams of lifecycle events */
    struct jobs *logins; /* password hashing: one at a time (19 MiB each) */
    struct jobs *probes; /* connects to event listeners: slow ones hold up nothing else */
    struct http_route *routes;
    const struct endpoint **endpoints; /* of routes[i] */
    struct sbuf openapi;
    struct http_server *server;
};

/* --- a request ------------------------------------------------------------------------------ */

struct call {
    struct api *api;
    struct http_request *req;
    const struct endpoint *endpoint;
    struct session *session; /* NULL: an open endpoint */
    const char *project;     /* id, or "*"; NULL: none given */
    struct db *db;           /* use call_db */
    struct arena arena;
    struct sbuf out;           /* the body of the answer */
    const char *type;          /* JSON unless set */
    int fail_status;           /* instead of err_http_status, where the reference says so */
    bool is_parked, is_stream; /* answered later; by events, for as long as it lasts */
};

/* Leaves the body in c->out; the status is the endpoint's. Or parks: c->is_parked. */
typedef enum err_code call_fn(struct call *c, struct err *err);

enum endpoint_flags {
    API_OPEN = 1 << 0,        /* no token */
    API_PROJECT = 1 << 1,     /* the header project-id is required */
    API_ADMIN = 1 << 2,       /* a role ADMIN is required */
    API_ANY_PROJECT = 1 << 3, /* an unknown project-id is no error (rest-api.md 1.5, 3) */
    API_UPLOAD = 1 << 4,      /* takes a file: upload-max instead of http-max-body */
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
    nsr_endpoints[], pop_endpoints[], manager_endpoints[], event_endpoints[], access_endpoints[],
    key_endpoints[], system_endpoints[], token_endpoints[], explain_endpoints[], logs_endpoints[];
extern const struct endpoint *const endpoint_tables[]; /* ends with NULL */

struct db *call_db(struct call *c); /* borrowed from the pool until the call ends */
const char *call_param(struct call *c, const char *name); /* of the path; never NULL */
/* Decode the body. Errors: ERR_SYNTAX (400). */
MUST_USE enum err_code call_body(struct call *c, const struct proto_type *type, void *ret_rec,
                                 struct err *err);
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
    char *username, *method, *path;
    char *id, *project; /* what it is about; may be NULL */
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
void reply_error(struct http_reply *reply, int status, const struct err *err, const char *path);

/* --- process-wide --------------------------------------------------------------------------- */

http_handler_fn api_dispatch;
void api_on_error(struct http_request *req, int status, const struct err *err,
                  struct http_reply *reply);
void api_finish(struct http_request *req, struct http_reply *reply);
MUST_USE enum err_code api_boot(struct api *api, struct err *err);
void openapi_render(struct sbuf *out, const char *version);

#endif
