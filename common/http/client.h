/* The client face over libcurl: one blocking call with a deadline, for delivery threads, drivers
 * and tools. Lifecycle workers make none.
 *
 *     AUTO(http_client_freep) struct http_client *client = http_client_new();
 *     struct http_response res = HTTP_RESPONSE_INIT;
 *     struct http_call call = { .method = "POST", .url = url, .type = HTTP_TYPE_JSON,
 *                               .body = body, .body_len = len, .timeout_ms = 10000 };
 *     rc = http_client_call(client, &call, &res, err);
 *     ... res.status, res.body.s ...
 *     http_response_release(&res);
 *
 * A client belongs to one thread and keeps its connections for reuse. Only http and https are
 * spoken; redirects are answers like any other (status 3xx); proxies of the environment are not
 * used; texts of errors show URLs without their credentials; certificates are checked unless
 * is_insecure. A status of 400 and more is not an error of the call: the body often says more, the
 * caller decides. */
#ifndef COMMON_HTTP_CLIENT_H
#define COMMON_HTTP_CLIENT_H

#include "common/base/err.h"
#include "common/http/http.h"

struct http_client; /* opaque */
struct dial_rules;

struct http_call {
    const char *method; /* NULL: GET */
    const char *url;    /* for unix_socket: http://host/path, host goes into the Host header */
    const struct http_header *headers; /* header_n of them; a value with CR or LF is ERR_INVALID */
    size_t header_n;
    const char *type; /* Content-Type; NULL: none */
    const void *body; /* body_len bytes; NULL: none */
    size_t body_len;
    int body_fd; /* > 0, instead of body: body_len bytes of this file, from its beginning */
    const char *upload_path; /* instead of body: this file as part `file` of multipart/form-data */
    int64_t timeout_ms;      /* of the whole call; 0: 30000; -1: none (streams) */
    int64_t connect_timeout_ms;  /* 0: 5000 */
    size_t max_body;             /* of the answer; 0: 4 MiB; more is ERR_LIMIT */
    const char *user, *password; /* basic authentication; NULL: none */
    const char *unix_socket;     /* path; NULL: TCP */
    const char *ca_file, *cert_file,
        *key_file; /* PEM; NULL: the system's authorities, no client certificate */
    /* The same as texts in PEM, e.g. of a record; a file goes before. */
    const char *ca_pem, *cert_pem, *key_pem;
    /* For URLs that users wrote: which addresses may be called, dial.h; every call of a client has
     * the same, since connections are kept. NULL: any, for those that the operator configured. */
    const struct dial_rules *dial;
    /* Sent once at most, on a connection of its own. Without it a request that was sent on a kept
     * connection, which turns out to be closed, is sent again by libcurl: also a POST. */
    bool is_once;
    bool is_probe;    /* only connect (with TLS: and greet), then hang up; a client of its own */
    bool is_insecure; /* neither certificate nor host name is checked */
    int cancel_fd; /* > 0: ERR_UNAVAIL as soon as it is readable (daemon_stop_fd()); 0, -1: none */
    /* Streams and downloads: gets the body as it comes (only for status 2xx; otherwise it goes to
     * body as usual), max_body does not apply. false ends the call with ERR_OK. NULL: the body is
     * collected. */
    bool (*on_data)(void *arg, const char *data, size_t len);
    void *on_data_arg;
};

/* Why a connection was not made, where somebody can do something about it; HTTP_WHY_OTHER: the error
 * says it. */
enum http_why {
    HTTP_WHY_OTHER,
    HTTP_WHY_AUTHORITY, /* signed by none that is trusted here */
    HTTP_WHY_NAME,      /* the certificate is for other hosts */
    HTTP_WHY_TIME,      /* it has expired, or is not valid yet */
    HTTP_WHY_NO_TLS,    /* https:// to a port that speaks something else */
    HTTP_WHY_TLS,     /* http://, and the server ended it without an answer: as one with TLS does */
    HTTP_WHY_CA_FILE, /* call->ca_file cannot be read, or has no certificate */
};

struct http_response {
    int status;
    enum http_why why;
    struct sbuf body;    /* always NUL-terminated */
    struct sbuf headers; /* private: http_response_header */
};

#define HTTP_RESPONSE_INIT                                                                         \
    {                                                                                              \
        .body = SBUF_INIT, .headers = SBUF_INIT                                                    \
    }

struct http_client *http_client_new(void); /* given */
void http_client_free(struct http_client *c);
void http_client_freep(struct http_client **c); /* for AUTO */

/* Blocks until the answer, the deadline or cancel_fd. *ret is cleared first and keeps what came,
 * also on errors. Errors: ERR_INVALID (URL, scheme, header), ERR_DENIED (dial), ERR_UNAVAIL (no
 * connection, name unknown, cancelled), ERR_TIMEOUT, ERR_LIMIT, ERR_PEER (TLS, not HTTP),
 * ERR_UNKNOWN (broken off after the request was sent: it may have been carried out), ERR_IO (local
 * file). */
MUST_USE enum err_code http_client_call(struct http_client *c, const struct http_call *call,
                                        struct http_response *ret, struct err *err);

/* Borrowed from r; NULL: there is none. */
const char *http_response_header(const struct http_response *r, const char *name);
void http_response_release(struct http_response *r);

#endif
