/* Commands of users to the engine: executed in the engine's transaction, then completed.
 *
 * Each function returns at once. `done` is called exactly once, from a worker thread, after COMMIT
 * or failure; err is NULL or borrowed for the call, as is text. What is passed in is borrowed for
 * the call of the function: the engine copies it (as text). */
#ifndef NFVO_API_COMMAND_H
#define NFVO_API_COMMAND_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct deploy_plan;
struct vim_instance;

struct api_logs {
    const char *vnfr_name, *hostname;
    int64_t lines;
    bool is_full;
};

typedef void api_done_fn(void *arg, const struct err *err, const char *text);

struct api_commands {
    void *ctx;
    /* text = the NSR's JSON, answered with 201. */
    void (*deploy)(void *ctx, const char *nsr_id, const struct deploy_plan *plan, api_done_fn *done,
                   void *arg);
    void (*release)(void *ctx, const char *nsr_id, const char *project_id, api_done_fn *done,
                    void *arg);

    /* PoPs. `done` says whether the command was accepted. The outcome of those with an operation
     * id follows as the row of table operation (inserted by the API before the call, status 0):
     * status = HTTP status, body = the error's JSON; on success an empty body stands for the PoP
     * as it is then stored. It is announced by NOTIFY operation, '<id>'.
     * pop: complete with its secrets in memory; the API has stored them already (table secret,
     * owner = pop->id), table pop and the document without secrets are the engine's to write. */
    void (*pop_register)(void *ctx, const char *operation_id, const struct vim_instance *pop,
                         api_done_fn *done, void *arg);
    void (*pop_refresh)(void *ctx, const char *operation_id, const char *pop_id, api_done_fn *done,
                        void *arg);
    void (*pop_update)(void *ctx, const char *operation_id, const struct vim_instance *pop,
                       api_done_fn *done, void *arg);
    void (*pop_delete)(void *ctx, const char *pop_id, api_done_fn *done, void *arg);

    /* An operation, too; its body is the whole answer. lines: the last ones, 0: all; is_full: both
     * logs as an object, else an array as the reference's. ERR_NOT_FOUND from `done`: no such VNFR
     * or instance. */
    void (*logs)(void *ctx, const char *operation_id, const char *nsr_id,
                 const struct api_logs *what, api_done_fn *done, void *arg);
};

#endif
