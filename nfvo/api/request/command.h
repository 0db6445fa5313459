/* What users ask of the engine: one command, executed in the engine's transaction, then completed.
 * What it may be is nfvo/lifecycle/types.h: an event of an aggregate, and its payload.
 *
 *     struct api_command *cmd = api_command_new(AGG_NSR, nsr_id, EV_NSR_RELEASE);
 *     cmd->payload = arena_strdup(&cmd->arena, project_id);
 *     api_submit(commands, cmd, released, pending);
 *
 * Everything that the payload points at lives in the command's arena, or longer than the call of
 * `done`. */
#ifndef NFVO_API_REQUEST_COMMAND_H
#define NFVO_API_REQUEST_COMMAND_H

#include "common/base/arena.h"
#include "common/base/err.h"
#include "nfvo/lifecycle/types.h"

struct api_command {
    struct arena arena;
    enum agg agg_kind;
    const char *agg;
    enum nfvo_event event;
    const void *payload;
    const char *fact_key; /* struct intent; NULL: none */
};

/* Called exactly once, from a worker thread, after COMMIT or failure; err is NULL or borrowed for
 * the call, as is text: what the engine answers. */
typedef void api_done_fn(void *arg, const struct err *err, const char *text);

struct api_commands {
    void *ctx;
    /* Returns at once. Takes the command. */
    void (*submit)(void *ctx, struct api_command *cmd, api_done_fn *done, void *arg);
};

struct api_command *api_command_new(enum agg agg_kind, const char *agg, enum nfvo_event event);
void api_command_free(struct api_command *cmd);
/* Deep copy into the command's arena, by its text: its size is bounded like that of a message.
 * flags: PROTO_LEAN, PROTO_NO_SECRETS. */
MUST_USE enum err_code api_command_copy(struct api_command *cmd, const struct proto_type *type,
                                        const void *rec, unsigned flags, void *ret,
                                        struct err *err);
static inline void api_submit(const struct api_commands *commands, struct api_command *cmd,
                              api_done_fn *done, void *arg)
{
    commands->submit(commands->ctx, cmd, done, arg);
}

/* --- those of several callers; given ---------------------------------------------------------- */

struct api_command *command_release(const char *nsr_id, const struct release_request *req);
/* EV_POP_*. `done` says whether it was accepted. The outcome follows as the row rest_call_id
 * (rest_call.h; NULL: nobody waits): status = HTTP status, body = the error's JSON; on success an
 * empty body stands for the PoP as it is then stored, and EV_POP_LIST has what nfvo/lifecycle/pop.h
 * says. */
struct api_command *command_pop(enum nfvo_event event, const char *rest_call_id,
                                const char *pop_id);

/* EV_POP_COLLECT: these servers of that PoP, by their ids there, are deleted; which no row owns. */
struct api_command *command_collect(const char *pop_id, const struct proto_strs *servers);

#endif
