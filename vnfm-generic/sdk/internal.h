/* Between the files of the SDK. Wire: amqp-protocol.md 2 and 3; decisions.md D8, D11, D12, D13. */
#ifndef VNFM_GENERIC_SDK_INTERNAL_H
#define VNFM_GENERIC_SDK_INTERNAL_H

#include "common/sys/ids.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "vnfm-generic/sdk/ob_vnfm.h"
#include "vnfm-generic/sdk/transport.h"

/* An Or-Vnfm message as we read it first: what passes through untouched stays text. The record has
 * two names (3.1, TRAP). */
/* clang-format off */
#define ENVELOPE_FIELDS(X)                                                                       \
    X(STR,    action,            "action",          _, REQUIRED)                                 \
    X(RAW,    vnfr,              "virtualNetworkFunctionRecord", _, OPTIONAL, .alias = "vnfr")   \
    X(RAW,    vnfd,              "vnfd",            _, OPTIONAL)                                 \
    X(REC,    vnfdf,             "vnfdf",           deployment_flavour, OPTIONAL)                \
    X(STR,    vnf_instance_name, "vnfInstanceName", _, OPTIONAL)                                 \
    X(RAW,    vlrs,              "vlrs",            _, OPTIONAL)                                 \
    X(STRMAP, extension,         "extension",       _, OPTIONAL)                                 \
    X(RAW,    vim_instances,     "vimInstances",    _, OPTIONAL)                                 \
    X(RAW,    vnf_package,       "vnfPackage",      _, OPTIONAL)                                 \
    X(RAW,    keys,              "keys",            _, OPTIONAL)                                 \
    X(RAW,    dependency,        "vnfrd",           _, OPTIONAL, .alias = "dependency")          \
    X(BOOL,   grant_allowed,     "grantAllowed",    _, OPTIONAL)                                 \
    X(RAW,    vdu_vim,           "vduVim",          _, OPTIONAL)                                 \
    X(STR,    message,           "message",         _, OPTIONAL)                                 \
    X(RAW,    component,         "component",       _, OPTIONAL)                                 \
    X(STR,    mode,              "mode",            _, OPTIONAL)                                 \
    X(RAW,    vim_instance,      "vimInstance",     _, OPTIONAL)                                 \
    X(RAW,    vnfc_instance,     "vnfcInstance",    _, OPTIONAL)                                 \
    X(STR,    cause,             "cause",           _, OPTIONAL)                                 \
    X(RAW,    script,            "script",          _, OPTIONAL)                                 \
    X(STR,    vnfr_name,         "vnfrName",        _, OPTIONAL)                                 \
    X(STR,    hostname,          "hostname",        _, OPTIONAL)                                 \
    X(STR,    resumes,           "resumes",         _, OPTIONAL)                                 \
    X(STR,    resumed_action,    "resumedAction",   _, OPTIONAL)                                 \
    X(STR,    cancels,           "cancels",         _, OPTIONAL)
PROTO_RECORD(envelope, ENVELOPE_FIELDS)
/* clang-format on */

struct ob_record {
    const struct proto_type *type; /* NULL: not decoded */
    void *rec;
    struct arena *arena;
    bool is_changed;
};

enum request_record {
    RECORD_VNFR,
    RECORD_VNFC_INSTANCE,
    RECORD_DEPENDENCY,
    RECORD_COMPONENT,
    RECORD_SCRIPT,
    RECORD_PACKAGE,
    RECORD_VNFD,
    RECORD_VIM_INSTANCE,
    RECORD_N
};

/* An answer of the NFVO, while its step runs; NULL when there is an error. */
typedef void ask_step_fn(struct ob_request *r, const struct envelope *answer,
                         const struct err *err);

struct ob_request {
    struct ob_vnfm *vnfm;
    struct carried *carried;
    enum action action;
    bool is_restart;
    bool *is_deferred;     /* on the stack of who runs the handler: r may be gone when it returns */
    char answer_as[32];    /* "": as the table says */
    struct sbuf log[2];    /* output, error: the elements of JSON arrays */
    struct sbuf note;      /* a fault beside a good answer, with its name; or empty */
    struct sbuf host_logs; /* the members of a JSON object, the last one's array open */
    char log_host[256];    /* the last one */
    struct sbuf vnfr, vnfc_instance; /* the latest texts, where they are not the request's own */
    /* Decoded on demand, given back while somebody else has to do something: an arena is 64 KiB. */
    struct arena arena;
    struct envelope *msg; /* NULL: not decoded now */
    struct ob_record records[RECORD_N];
    /* of a question */
    enum action asked;
    ask_step_fn *step;
    ob_asked_fn *done;
    void *done_arg;
};

struct ob_vnfm {
    struct transport *transport;
    struct ob_vnfm_handlers handlers;
    char *type, *endpoint, *description, *user_data;
    char instance[ID_SIZE];
    int64_t ask_timeout_ms;
    bool is_allocating_itself;
    void *arg;
    enum err_code (*user_data_of)(void *arg, struct ob_request *request, struct sbuf *out,
                                  struct err *err);
    void (*on_credentials)(void *arg, const char *user, const char *password);
    void (*on_event)(void *arg, enum ob_vnfm_state state, int code, const char *text);
};

/* request.c */
void request_run_handler(struct ob_request *r); /* then answers, unless deferred; takes r */
MUST_USE enum err_code request_decode(struct ob_request *r, struct err *err);
void request_rewind(struct ob_request *r); /* give the arena back; changed records become text */
/* As it is now; empty when there is none. Borrowed: from the buffer, the request, or its arena. */
struct proto_raw request_text(struct ob_request *r, enum request_record which, struct sbuf *buffer);

/* The user data of this request, as a JSON string. */
MUST_USE enum err_code request_user_data(struct ob_request *r, struct sbuf *out, struct err *err);

/* answer.c: what goes out */
void answer_ok(struct ob_request *r, struct sbuf *out);
void answer_error(struct ob_request *r, const struct err *err, const struct ob_fault_place *place,
                  struct sbuf *out); /* place: may be NULL */
void answer_member(struct sbuf *out, const char *name,
                   struct proto_raw text);    /* nothing if empty */
size_t answer_handler_at(enum action action); /* offset in ob_vnfm_handlers; SIZE_MAX: none */

/* ask.c. Takes body's content; r is to be used by the step only. */
void ask_nfvo(struct ob_request *r, enum action action, struct sbuf *body, int64_t timeout_ms,
              ask_step_fn *step);

/* instantiate.c, scale.c: the sequences; take r */
void instantiate_begin(struct ob_request *r);
void scale_out_begin(struct ob_request *r);

/* build.c (pure): the VNFR of a VNFD, as the reference's factory makes it. Borrows the descriptor's
 * strings. */
struct vnfr *vnfr_build(const struct vnfd *vnfd, const char *name, const char *flavour_key,
                        const struct vlr_list *vlrs, const char *nsr_id, struct arena *a);

#endif
