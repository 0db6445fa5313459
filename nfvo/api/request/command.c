#include "nfvo/api/request/command.h"

#include "common/base/mem.h"

#include <stdlib.h>

struct api_command *api_command_new(enum agg agg_kind, const char *agg, enum nfvo_event event)
{
    struct api_command *cmd = xcalloc(1, sizeof(*cmd));
    cmd->agg_kind = agg_kind;
    cmd->agg = arena_strdup(&cmd->arena, agg);
    cmd->event = event;
    return cmd;
}

void api_command_free(struct api_command *cmd)
{
    if (!cmd)
        return;
    arena_release(&cmd->arena);
    free(cmd);
}

enum err_code api_command_copy(struct api_command *cmd, const struct proto_type *type,
                               const void *rec, unsigned flags, void *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(type, rec, flags, &text);
    return proto_decode(type, text.s, text.len, 0, &cmd->arena, ret, err);
}

static const char *copied(struct api_command *cmd, const char *text)
{
    return text ? arena_strdup(&cmd->arena, text) : NULL;
}

struct api_command *command_release(const char *nsr_id, const struct release_request *req)
{
    struct api_command *cmd = api_command_new(AGG_NSR, nsr_id, EV_NSR_RELEASE);
    struct release_request *copy = arena_alloc(&cmd->arena, sizeof(*copy));
    *copy = (struct release_request){.project = copied(cmd, req->project),
                                     .operation_id = copied(cmd, req->operation_id),
                                     .asked_by = copied(cmd, req->asked_by)};
    cmd->payload = copy;
    return cmd;
}

struct api_command *command_collect(const char *pop_id, const struct proto_strs *servers)
{
    struct api_command *cmd = api_command_new(AGG_POP, pop_id, EV_POP_COLLECT);
    struct pop_request *req = proto_new(&pop_request_type, &cmd->arena);
    for (uint32_t i = 0; i < servers->n; i++)
        proto_list_add(&req->servers, arena_strdup(&cmd->arena, servers->at[i]), &cmd->arena);
    cmd->payload = req;
    return cmd;
}

struct api_command *command_pop(enum nfvo_event event, const char *rest_call_id, const char *pop_id)
{
    struct api_command *cmd = api_command_new(AGG_POP, pop_id, event);
    struct pop_request *req = proto_new(&pop_request_type, &cmd->arena);
    req->operation = arena_strdup(&cmd->arena, rest_call_id);
    cmd->payload = req;
    return cmd;
}
