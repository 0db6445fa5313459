#include "nfvo/commands.h"

#include "common/base/mem.h"
#include "common/engine/engine.h"
#include "nfvo/lifecycle/operate.h"

#include <stdlib.h>

struct errand {
    struct engine_request request; /* first: what finished() gets is this */
    struct api_command *cmd;
    api_done_fn *done;
    void *arg;
};

static void finished(struct engine_request *r, const struct err *err, const char *text)
{
    struct errand *e = (struct errand *)(void *)r;
    e->done(e->arg, err, text);
    api_command_free(e->cmd);
    free(e);
}

static unsigned facts_of(const struct api_command *cmd)
{
    const struct operate_request *operate = cmd->payload;
    unsigned facts = FACT_SUBSCRIPTIONS | FACT_DRIVERS;
    if (cmd->agg_kind == AGG_NSR)
        facts |= FACT_POPS | FACT_VNFMS;
    if (cmd->agg_kind == AGG_NSR && cmd->event == EV_NSR_OPERATE)
        facts |= FACT_IMAGES;
    if (cmd->event == EV_NSR_OPERATE && operate->is_dry)
        facts |= FACT_USE_OF_NSR;
    if (cmd->agg_kind == AGG_NSR && cmd->fact_key)
        facts |= FACT_NAMED_POPS;
    return facts;
}

static void submit(void *ctx, struct api_command *cmd, api_done_fn *done, void *arg)
{
    struct errand *e = xcalloc(1, sizeof(*e));
    *e = (struct errand){.request = {.done = finished}, .cmd = cmd, .done = done, .arg = arg};
    e->request.intent = (struct intent){.agg_kind = (uint8_t)cmd->agg_kind,
                                        .agg = cmd->agg,
                                        .event = cmd->event,
                                        .fact_key = cmd->fact_key,
                                        .payload = cmd->payload,
                                        .facts = facts_of(cmd)};
    engine_submit(ctx, &e->request);
}

struct api_commands commands_on(struct engine_queue *q)
{
    return (struct api_commands){.ctx = q, .submit = submit};
}
