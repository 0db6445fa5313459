/* Between the files of the SDK. Wire: amqp-protocol.md 5; decisions.md D11, D12, D13. */
#ifndef VIM_DRIVERS_SDK_INTERNAL_H
#define VIM_DRIVERS_SDK_INTERNAL_H

#include "common/peer/peer.h"
#include "common/sys/ids.h"
#include "proto/messages/driver_rpc.h"
#include "vim-drivers/sdk/ob_vim.h"

/* clang-format off */
#define CALL_VIM_FIELDS(X) /* of the VIM instance only what says which one it is */ \
    X(STR, id,         "id",        _, OPTIONAL)                                    \
    X(STR, name,       "name",      _, OPTIONAL)                                    \
    X(STR, project_id, "projectId", _, OPTIONAL)
PROTO_RECORD(call_vim, CALL_VIM_FIELDS)
/* clang-format on */

enum { CALL_PARAMS_MAX = 16 };

struct ob_call {
    struct ob_vim *vim;
    struct peer_request *peer;
    struct arena arena;
    struct driver_request *msg;
    /* [0] is the VIM instance, of a monitor's calls nothing; slices of msg->parameters */
    struct proto_raw params[CALL_PARAMS_MAX];
    unsigned param_n;
    struct call_vim *pop;
    const void *data;
    struct sbuf server; /* for the exception */
    /* On the stack of who runs the method: the call may be gone when it returns */
    bool *is_deferred;
};

struct ob_vim {
    struct peer *peer;
    char *type, *name, *queue;
    char instance[ID_SIZE];
    bool has_client_token, is_monitor;
    const struct ob_vim_method *methods;
    void *arg;
    void (*on_event)(void *arg, enum ob_vim_state state, int code, const char *text);
};

/* call.c */
void call_serve(void *vim, struct peer_request *peer);
/* Of the VDU that a launch is for; NULL: the NFVO tells none. */
const struct proto_strmap *call_metadata(const struct ob_call *call);

/* params.c (pure): cut a JSON array into its elements, without decoding them. The text was checked
 * by the codec before. ERR_INVALID: not an array, a null in it, more than max. */
MUST_USE enum err_code params_split(struct proto_raw array, struct proto_raw *ret, unsigned max,
                                    unsigned *ret_n, struct err *err);

#endif
