/* The SDK of VNF managers: attach to an NFVO (Baton, Open Baton 6) over AMQP or HTTP and
 * serve its requests.
 *
 *     static enum ob_code start(void *arg, struct ob_request *request, struct ob_err *err)
 *     {
 *         struct ob_record *vnfr = ob_request_vnfr(request, err);
 *         if (!vnfr)
 *             return err->code;
 *         for (size_t i = 0; i < ob_count(vnfr, "vdu[0].vnfc_instance"); i++)
 *             if (switch_on(ob_get_str(vnfr, "vdu[0].vnfc_instance[%zu].hostname", i)) != 0)
 *                 return ob_err_set(err, OB_ERR_PEER, "switch on '%s'", ob_get_str(vnfr, "name"));
 *         return OB_OK; // the SDK answers START with the record
 *     }
 *
 *     int main(void)
 *     {
 *         struct ob_err err = OB_ERR_INIT;
 *         struct ob_vnfm *vnfm = ob_vnfm_new(
 *             &(struct ob_vnfm_options){.type = "web",
 *                                       .broker = {.host = "10.0.0.5",
 *                                                  .user = "openbaton-manager-user",
 *                                                  .password = "openbaton"},
 *                                       .handlers = &(struct ob_vnfm_handlers){.start = start}},
 *             &err);
 *         if (!vnfm || ob_vnfm_start(vnfm, &err) != OB_OK)
 *             return 1;
 *         wait_for_signal();
 *         ob_vnfm_stop(vnfm, 5000);
 *         ob_vnfm_free(vnfm);
 *     }
 *
 * The simple case is a table of synchronous callbacks. An action without callback is answered as
 * done, with its record unchanged. A callback runs on one of `threads` workers and may block;
 * returning an error makes the SDK answer ERROR with the error's text and a fault record. Before
 * `instantiate` the SDK has built the VNFR from the VNFD, had the operation granted and, unless
 * is_allocating_itself, the resources allocated by the NFVO; before `scale_out` it had the new
 * instance made. While the NFVO works on these, no thread waits.
 *
 * The other case is the same callback that cannot finish now: it calls ob_request_defer, returns
 * OB_OK, keeps the handle and ends it later, from any thread, by ob_request_reply or
 * ob_request_fail. Thousands may be open. ob_vnfm_ask and ob_vnfm_after call back later.
 *
 * The transport is one option: with `.http = {.nfvo = "http://10.0.0.5:8080"}` in the place of
 * `.broker` the same VNFM registers at the NFVO's REST interface, listens, and is called there.
 * Handlers, threads, deadlines and what is said below of repeats are the same.
 *
 * Delivery: a request is acknowledged after its answer was confirmed by the broker. A crash before
 * that means it comes again, here or at a sibling: callbacks must stand repeats of what they did.
 * Over HTTP the NFVO asks again until its deadline when it had no answer. Within one process a
 * repeated request joins the one in hand, or gets the answer that was given (a bounded memory).
 *
 * Ownership: options are borrowed and duplicated (but handlers' arg). Handles are taken by reply,
 * fail and drop. Records belong to their request and end with it; so do strings got from them.
 * Errors are values; nothing here ends the process, except running out of memory. Nothing is logged;
 * on_event tells what a log should say. Build with `pkg-config --cflags --libs libob_vnfm`. */
#ifndef OB_VNFM_H
#define OB_VNFM_H

#include "common/sdk/in_tree.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ob_vnfm;    /* one endpoint: one queue, one I/O thread, a pool of workers */
struct ob_request; /* one request of the NFVO in hand */
struct ob_record;  /* a VNFR, an instance, a dependency, ...: read and changed by paths */

/* OB_OK: done, answer it (unless deferred). Else answer ERROR with *err. */
typedef enum ob_code ob_vnfm_handler(void *arg, struct ob_request *request, struct ob_err *err);

struct ob_vnfm_handlers {
    ob_vnfm_handler
        *instantiate;        /* granted and allocated; also a restart (ob_request_is_restart) */
    ob_vnfm_handler *modify; /* "dependency" is there */
    ob_vnfm_handler *start, *stop; /* "vnfc_instance" is there when it is about one */
    ob_vnfm_handler
        *scale_out; /* "vnfc_instance" is the new one; "dependency" when it is a target */
    ob_vnfm_handler *scale_in;  /* of a source of ours: "vnfc_instance" goes away */
    ob_vnfm_handler *heal;      /* "vnfc_instance"; ob_request_text(request, "cause") */
    ob_vnfm_handler *terminate; /* RELEASE_RESOURCES */
    ob_vnfm_handler *update;    /* "script" when one was replaced */
    ob_vnfm_handler *execute;   /* "script" */
    /* What was resumed is ob_request_text(request, "resumedAction"), or NULL: then it is answered as
     * MODIFY with, as START without dependency, unless ob_request_answer_as says otherwise */
    ob_vnfm_handler *resume;
    ob_vnfm_handler *cancel; /* of the request with the id ob_request_text(request, "cancels") */
    ob_vnfm_handler *configure;
    ob_vnfm_handler *error; /* the NFVO gave up on the VNFR: ob_request_text(request, "message") */
    ob_vnfm_handler *log;   /* LOG_REQUEST: ob_request_add_log */
};

/* Over HTTP: the NFVO calls the VNFM, and no broker is needed (proto/doc/vnfm.md 6). Borrowed and
 * duplicated. 0 or NULL: the default in brackets. */
struct ob_http {
    const char *nfvo;    /* base of its URLs: "http://10.0.0.5:8080" [none: over the broker] */
    const char *address; /* to listen at; "0.0.0.0" and "::" want url, too [127.0.0.1] */
    int port;            /* a fixed one lets the NFVO find the next process there [any] */
    /* Where the NFVO reaches us, without the path [http://ADDRESS:PORT, with cert https] */
    const char *url;
    /* What nfvo's option rest-vnfm-token says: then its requests bear it, and others are refused
     * [none: whoever reaches the port is taken for the NFVO] */
    const char *token;
    const char *ca;         /* PEM file of who signed the NFVO's certificate [the system's] */
    const char *cert, *key; /* PEM files: listen with TLS [without] */
};

enum ob_vnfm_state { OB_REGISTERING, OB_SERVING, OB_LOST, OB_FAULT, OB_ANSWER_DROPPED };

struct ob_vnfm_options {
    const char *type;        /* what VNFD.endpoint names */
    const char *endpoint;    /* the queue [type] */
    const char *description; /* [] */
    /* user, password: of the registration user [openbaton-manager-user, openbaton] */
    struct ob_broker broker;
    unsigned threads;          /* [4] */
    unsigned prefetch;         /* requests in hand at most [512] */
    int64_t ask_timeout_ms;    /* for GRANT, ALLOCATE, SCALING [1000 s, as the Java SDK] */
    bool is_allocating_itself; /* the VNFM makes its resources: no ALLOCATE_RESOURCES, no SCALING */
    /* For ALLOCATE and SCALING; "#Hostname=" in it is filled in by the NFVO [] */
    const char *user_data;
    /* Or made per request, on a worker, just before ALLOCATE or SCALING; overrides user_data. An
     * error fails the request. May be NULL. */
    enum ob_code (*user_data_of)(void *arg, struct ob_request *request, struct ob_text *out,
                                 struct ob_err *err);
    const struct ob_vnfm_handlers *handlers; /* copied */
    void *arg;                               /* of the handlers and the callbacks */
    /* Over AMQP: the private broker user that registration gave us, each time that we begin to
     * serve as it; on the I/O thread, must not block; may be NULL. */
    void (*on_credentials)(void *arg, const char *user, const char *password);
    /* What happens to the connection; on the I/O thread, must not block; may be NULL. Over HTTP
     * also on others: OB_ANSWER_DROPPED where the request ended, OB_FAULT for a TLS handshake. */
    void (*on_event)(void *arg, enum ob_vnfm_state state, int code, const char *text);
    struct ob_http http; /* with http.nfvo: over HTTP, and broker is not looked at */
};

/* Given. NULL with OB_ERR_INVALID when type is missing, or http is wrong. No connection yet. */
struct ob_vnfm *ob_vnfm_new(const struct ob_vnfm_options *options, struct ob_err *err);
/* Starts the threads; registration goes on behind, for ever. OB_ERR_IO. */
OB_MUST_USE enum ob_code ob_vnfm_start(struct ob_vnfm *vnfm, struct ob_err *err);
/* Takes no new request, lets those in hand finish for at most grace_ms, unregisters. Unfinished
 * ones go back to the queue, over HTTP to the NFVO; deferred handles must be ended by the time this
 * returns. Blocks. */
void ob_vnfm_stop(struct ob_vnfm *vnfm, int grace_ms);
void ob_vnfm_free(struct ob_vnfm *vnfm); /* stopped or never started; NULL is fine */

/* Tell the operator (status) that this VNFM refused, `times` since it said so last, what came from
 * this broker login (NULL: not known), e.g. since it is not who it claims to be. Any thread; to be
 * summed up by the caller: at most now and then. Over HTTP nothing is told: there is no login. */
void ob_vnfm_tell_refused(struct ob_vnfm *vnfm, const char *account, const char *words,
                          int64_t times);

struct ob_vnfm_stats {
    uint64_t requests, repeats, replies, asks, answers, timeouts, dropped, registrations, in_hand;
};
void ob_vnfm_get_stats(const struct ob_vnfm *vnfm, struct ob_vnfm_stats *ret);

/* --- requests --- */

const char *ob_request_action(const struct ob_request *request); /* "INSTANTIATE"; borrowed */
const char *ob_request_id(const struct ob_request *request);     /* correlation id, or NULL */
bool ob_request_is_restart(
    const struct ob_request *request); /* INSTANTIATE of a VNFR that exists */
/* The record it is about. Decoded at the first call, and only then: one that is not looked at
 * passes through as text. Changes go out with the answer. NULL: *err says why. */
struct ob_record *ob_request_vnfr(struct ob_request *request, struct ob_err *err);
/* Other records by name: "vnfc_instance", "dependency", "component", "script", "package", "vnfd",
 * "vim_instance". Changes of "vnfc_instance" go out with the answer. NULL: not sent (err->code
 * OB_ERR_NOT_FOUND), or not readable. */
struct ob_record *ob_request_record(struct ob_request *request, const char *name,
                                    struct ob_err *err);
/* Texts by name: "cause", "message", "mode", "vnfrName", "hostname", "resumes", "resumedAction",
 * "cancels", "extension[brokerIp]". NULL: not sent. */
const char *ob_request_text(const struct ob_request *request, const char *name);
/* The same as JSON text, for users with a JSON library of their own; "vnfr" too. Borrowed until the
 * request is deferred or ends. NULL: not sent. */
const char *ob_request_json(struct ob_request *request, const char *name, size_t *ret_len);
/* What goes out as "vnfr" or "vnfc_instance" from now on; also for a deferred request. Copied, not
 * checked. OB_ERR_INVALID: another name. */
OB_MUST_USE enum ob_code ob_request_set_json(struct ob_request *request, const char *name,
                                             const char *text, size_t len, struct ob_err *err);
/* Payload of "script", or of script i of "package". Borrowed. NULL: none. */
const void *ob_script_payload(const struct ob_record *script_or_package, size_t i, size_t *ret_len);

/* It will be ended later, perhaps before the callback returns: return OB_OK and touch it no more.
 * Records got so far end here (changes are kept); get them again when you need them. */
void ob_request_defer(struct ob_request *request);
/* Of RESUME: the action that was resumed, e.g. "SCALE_OUT", which is answered SCALED. */
void ob_request_answer_as(struct ob_request *request, const char *action);
void ob_request_add_log(struct ob_request *request, const char *line,
                        bool is_error); /* of LOG_REQUEST */

/* The end of a deferred request; take the handle. drop: acknowledge and never answer (for tests of
 * the NFVO). */
void ob_request_reply(struct ob_request *request);
void ob_request_fail(struct ob_request *request, const struct ob_err *err);
/* As ob_request_fail, and the fault says where it happened. */
struct ob_fault_place {
    const char *host, *script, *output_tail; /* NULL: none; borrowed */
    int exit_code;                           /* counts when script is there */
};
void ob_request_fail_at(struct ob_request *request, const struct ob_err *err,
                        const struct ob_fault_place *place);
void ob_request_drop(struct ob_request *request);
/* Done, but something on the way failed and was passed over: the answer that ob_request_reply will
 * send carries this fault too. The last one counts. */
void ob_request_note(struct ob_request *request, const struct ob_err *err,
                     const struct ob_fault_place *place);
/* Of RELEASE_RESOURCES: what the scripts of a host have said, to be read when it is gone. The lines
 * of a host come in a row. */
void ob_request_add_host_log(struct ob_request *request, const char *hostname, const char *line);

/* --- questions to the NFVO --- */

/* For a request in hand: "UPDATEVNFR", "SCALING", ... with its record as it is now. done is called
 * once, on a worker; with OB_OK the request has the record that the NFVO answered. OB_ERR_PEER: it
 * answered ERROR; OB_ERR_TIMEOUT; OB_ERR_UNAVAIL (stopping). The request must be deferred; records got so
 * far end here. */
typedef void ob_asked_fn(void *arg, struct ob_request *request, const struct ob_err *err);
void ob_vnfm_ask(struct ob_request *request, const char *action, int64_t timeout_ms,
                 ob_asked_fn *done, void *arg);
/* Call back on a worker in delay_ms (at once when stopping). */
void ob_vnfm_after(struct ob_vnfm *vnfm, int64_t delay_ms, void (*fn)(void *arg), void *arg);
struct ob_vnfm *ob_request_vnfm(const struct ob_request *request);

/* --- records --- */

/* Paths are members of the record as it travels, with dots between: "vdu[0].vnfc_instance[1].hostname"
 * (elements of a list by number), "vdu[0].metadata[az]" (of a map by key); formatted like printf.
 * Borrowed until the request ends; NULL or the fallback when absent. */
const char *ob_get_str(const struct ob_record *record, const char *path, ...) OB_PRINTF_LIKE(2, 3);
int64_t ob_get_int(const struct ob_record *record, int64_t fallback, const char *path, ...)
    OB_PRINTF_LIKE(3, 4);
size_t ob_count(const struct ob_record *record, const char *path, ...) OB_PRINTF_LIKE(2, 3);
const char *ob_get_key(const struct ob_record *record, size_t i, const char *path, ...)
    OB_PRINTF_LIKE(3, 4);
/* One element behind the last of a list is added, a key that is missing too. OB_ERR_NOT_FOUND,
 * OB_ERR_INVALID. */
OB_MUST_USE enum ob_code ob_set_str(struct ob_record *record, const char *path, const char *value,
                                    struct ob_err *err);
OB_MUST_USE enum ob_code ob_set_int(struct ob_record *record, const char *path, int64_t value,
                                    struct ob_err *err);

#ifdef __cplusplus
}
#endif

#endif
