/* The SDK of VIM drivers: attach a kind of cloud to an NFVO (Baton, Open Baton 6) over AMQP and
 * serve its remote calls.
 *
 *     static enum ob_code list_images(void *arg, struct ob_call *call, struct ob_text *answer,
 *                                     struct ob_err *err)
 *     {
 *         ob_text_add(answer, "[{\"extId\":\"i-1\",\"name\":\"bionic\"}]");
 *         return OB_OK; // the SDK replies {"answer":[...]}
 *     }
 *
 *     // parameters behind the VIM instance: overloads differ by their number
 *     static const struct ob_vim_method methods[] = {
 *         {"listImages", 0, list_images}, {"launchInstanceAndWait", 9, launch}, {0}};
 *
 *     int main(void)
 *     {
 *         struct ob_err err = OB_ERR_INIT;
 *         struct ob_vim *vim = ob_vim_new(&(struct ob_vim_options){.type = "mycloud",
 *                                                                  .broker = {.host = "10.0.0.5"},
 *                                                                  .methods = methods},
 *                                         &err);
 *         if (!vim || ob_vim_start(vim, &err) != OB_OK)
 *             return 1;
 *         wait_for_signal();
 *         ob_vim_stop(vim, 5000);
 *         ob_vim_free(vim);
 *     }
 *
 * A method runs on one of `threads` workers and may block. Returning an error replies an exception
 * with its text, and with the server that ob_call_set_server gave: one that exists although
 * launching it failed, so that the NFVO can delete it. A method that cannot finish now calls
 * ob_call_defer, returns OB_OK and ends the call later, from any thread, by ob_call_answer or
 * ob_call_fail.
 *
 * Parameters are JSON text, in the order of the method; the first on the wire is always
 * the VIM instance, which is not counted here. Dispatch checks their number and that none is null
 * before a method sees them.
 *
 * Delivery: a call is acknowledged after its reply was confirmed by the broker. A crash before that
 * means it comes again, here or at a sibling. A launch carries a client token when the NFVO may
 * repeat it: a driver that announces `client_token` gives the server it made for that token, never
 * a second one.
 *
 * Monitoring systems are attached in the same way (is_monitor): their calls, as queryPMJob, have no
 * VIM instance, so all parameters count, and ob_call_vim* give NULL. Who calls them are the engines
 * for scaling and faults, not the NFVO.
 *
 * Ownership: options are borrowed and duplicated (but methods and arg). Handles are taken by
 * answer, fail and drop. Strings got from a call end with it, or with its deferral. Errors are
 * values; nothing here ends the process, except running out of memory. Build with `pkg-config --cflags
 * --libs libob_vim`. */
#ifndef OB_VIM_H
#define OB_VIM_H

#include "common/sdk/in_tree.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ob_vim;  /* one driver: one queue, one I/O thread, a pool of workers */
struct ob_call; /* one call of the NFVO in hand */

/* answer: append JSON; left empty, the reply is {} (nothing returned). */
typedef enum ob_code ob_vim_handler(void *arg, struct ob_call *call, struct ob_text *answer,
                                    struct ob_err *err);

struct ob_vim_method {
    const char *name;  /* "launchInstanceAndWait" */
    unsigned n_params; /* behind the VIM instance */
    ob_vim_handler *handler;
};

enum ob_vim_state {
    OB_VIM_REGISTERING,
    OB_VIM_SERVING,
    OB_VIM_LOST,
    OB_VIM_FAULT,
    OB_VIM_ANSWER_DROPPED
};

struct ob_vim_options {
    const char *type,
        *name; /* queue vim-drivers.<type>.<name>; type: of the VIM instances; name [type] */
    /* user, password: of the registration user [openbaton-manager-user, openbaton] */
    struct ob_broker broker;
    unsigned threads;      /* [4] */
    unsigned prefetch;     /* calls in hand at most [512] */
    bool is_monitor;       /* queue monitor.<type>.<name>: of a monitoring system, see above */
    bool has_client_token; /* launches are repeatable by their token, also when their server was
                              deleted meanwhile: ob_spent.h */
    /* Ends with a zero row; borrowed for the life of the driver */
    const struct ob_vim_method *methods;
    void *arg; /* of the methods and on_event */
    /* What happens to the connection; on the I/O thread, must not block; may be NULL. */
    void (*on_event)(void *arg, enum ob_vim_state state, int code, const char *text);
};

/* Given. NULL with OB_ERR_INVALID: no type, or a dot in type or name. No connection yet. */
struct ob_vim *ob_vim_new(const struct ob_vim_options *options, struct ob_err *err);
OB_MUST_USE enum ob_code ob_vim_start(struct ob_vim *vim, struct ob_err *err); /* OB_ERR_IO */
/* Takes no new call, lets those in hand finish for at most grace_ms, unregisters. Deferred handles
 * must be ended by the time this returns. Blocks. */
void ob_vim_stop(struct ob_vim *vim, int grace_ms);
void ob_vim_free(struct ob_vim *vim); /* stopped or never started; NULL is fine */

struct ob_vim_stats {
    uint64_t calls, repeats, replies, dropped, registrations, in_hand;
};
void ob_vim_get_stats(const struct ob_vim *vim, struct ob_vim_stats *ret);

/* --- calls --- */

const char *ob_call_method(const struct ob_call *call);
const char *ob_call_id(const struct ob_call *call);    /* correlation id, or NULL */
const char *ob_call_token(const struct ob_call *call); /* client token, or NULL */
/* The VIM instance: its JSON, and members of it that every call needs (NULL: absent). */
const char *ob_call_vim(const struct ob_call *call, size_t *ret_len);
const char *ob_call_vim_id(const struct ob_call *call);
const char *ob_call_vim_name(const struct ob_call *call);
/* The project that the VIM instance belongs to: what tells tenants apart who share a cloud. */
const char *ob_call_vim_project(const struct ob_call *call);
/* Parameter i (0: the first behind the VIM instance): its JSON; or its text when it is a string (a
 * number as its digits). OB_ERR_INVALID: it is something else, or is not there. Borrowed. */
const char *ob_call_json(const struct ob_call *call, unsigned i, size_t *ret_len);
OB_MUST_USE enum ob_code ob_call_str(struct ob_call *call, unsigned i, const char **ret,
                                     struct ob_err *err);

unsigned ob_call_param_count(const struct ob_call *call); /* behind the VIM instance */
/* A value of the method's own that stays with the call, also over ob_call_defer; NULL at first.
 * Never freed here. */
void ob_call_set_data(struct ob_call *call, const void *data);
const void *ob_call_data(const struct ob_call *call);

/* The server (JSON) to go into the exception if this call fails. Copied. */
void ob_call_set_server(struct ob_call *call, const char *json, size_t len);

/* It will be ended later, perhaps before the method returns: return OB_OK and touch it no more,
 * unless you are who ends it. */
void ob_call_defer(struct ob_call *call);
/* The end of a deferred call; take the handle. answer: JSON, its content is taken, may be empty.
 * drop: acknowledge, never answer. */
void ob_call_answer(struct ob_call *call, struct ob_text *answer);
void ob_call_fail(struct ob_call *call, const struct ob_err *err);
void ob_call_drop(struct ob_call *call);
/* Run the call's method (again): what a method that deferred itself for a delay does when the time
 * is over. Takes the handle. */
void ob_call_resume(struct ob_call *call, ob_vim_handler *handler);
void ob_vim_after(struct ob_vim *vim, int64_t delay_ms, void (*fn)(void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif
