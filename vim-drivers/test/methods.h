/* What the test driver does for each method: amqp-protocol.md 5.4. */
#ifndef VIM_DRIVERS_TEST_METHODS_H
#define VIM_DRIVERS_TEST_METHODS_H

#include "vim-drivers/sdk/ob_vim.h"
#include "vim-drivers/test/model.h"

struct method_context {
    struct model_pop *pop;
    struct ob_call *call;
    struct sbuf *answer;
    bool is_failing; /* launches: leave a server in state ERROR behind and give it to the exception
                      */
    /* For the journal: "done", "again" (same token), "absent"; set by the method */
    const char *outcome;
    struct sbuf object; /* for the journal: id of what was made or removed */
};

typedef enum err_code method_fn(struct method_context *m, struct err *err);

struct method {
    const char *name;
    unsigned n_params; /* behind the VIM instance */
    method_fn *run;
    enum model_kind kind; /* of what it is about */
    int name_at;          /* parameter that names the server, for rules by name; -1: none */
};
extern const struct method methods[];                                  /* ends with a zero row */
const struct method *method_find(const char *name, unsigned n_params); /* NULL: none */

method_fn launch, rebuild, delete_server; /* servers.c */

#endif
