#include "tests/support/operated.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void operated_service(struct stage *s, bool is_ours)
{
    for (uint32_t i = 0; is_ours && i < s->service->vnfms.n; i++)
        proto_list_add(&s->service->vnfms.at[i]->capabilities, "correlation", &s->arena);
    stage_to(s, VNFR_ACTIVE);
    stage_answer_well(s, CMD_START, "web");
    assert_int_equal(s->root->phase, NSR_ACTIVE);
}

const char *operated_vnfr(struct stage *s, const char *vnf)
{
    return stage_vnfr(s, vnf)->id;
}

const char *operated_text(struct stage *s, const char *vnf, const char *path)
{
    return stage_text(stage_record(s, stage_vnfr(s, vnf)), path);
}

const char *operated_instance(struct stage *s, const char *vnf)
{
    return operated_text(s, vnf, "vdu.0.vnfc_instance.0.id");
}

struct operate_request operated_request(struct stage *s, int n, enum operation_kind kind,
                                        const char *vnf)
{
    enum operation_scope scope = operation_kinds[kind].scope;
    return (struct operate_request){
        .operation_id = arena_printf(&s->arena, "op-%d", n),
        .project = "project-1",
        .asked_by = "admin",
        .origin = "user",
        .plan = {.kind = kind,
                 .vnfr = vnf ? operated_vnfr(s, vnf) : NULL,
                 .instance = scope == SCOPE_INSTANCE ? operated_instance(s, vnf) : NULL}};
}

void operated_ask(struct stage *s, struct operate_request req)
{
    struct operate_request *r = arena_alloc(&s->arena, sizeof(*r));
    *r = req;
    stage_decide(s, (struct intent){.event = EV_NSR_OPERATE,
                                    .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                    .payload = r});
}

void operated_verb(struct stage *s, const char *id, enum operation_event what)
{
    struct verb_request *r = arena_alloc(&s->arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .project = "project-1", .asked_by = "admin", .verb = what};
    stage_decide(s, (struct intent){.event = EV_NSR_OPERATION_VERB,
                                    .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                    .payload = r});
}

const struct row *operated_row(struct stage *s, const char *id)
{
    for (uint32_t i = 0; i < s->rows.n; i++)
        if (s->rows.at[i]->kind == ROW_OPERATION && strcmp(s->rows.at[i]->id, id) == 0)
            return s->rows.at[i];
    fail_msg("there is no operation %s", id);
    return NULL;
}

const char *operated_state(struct stage *s, const char *id)
{
    return operation_state_words[operated_row(s, id)->phase];
}

const char *operated_step(struct stage *s, const char *id, const char *kind)
{
    json_t *doc = stage_record(s, operated_row(s, id)), *step;
    size_t i;
    json_array_foreach(json_object_get(doc, "steps"), i, step)
    {
        const char *word = stage_text(step, "kind");
        if (word && strcmp(word, kind) == 0)
            return stage_text(step, "state");
    }
    return NULL;
}

const struct command *operated_command(struct stage *s, int kind)
{
    for (uint32_t i = 0; i < s->commands.n; i++)
        if (s->commands.at[i]->kind == kind)
            return s->commands.at[i];
    return NULL;
}

void operated_answer(struct stage *s, int kind, const char *body)
{
    const struct command *c = operated_command(s, kind);
    if (!c)
        fail_msg("no request %s is open", command_names[kind]);
    else
        stage_answer(s, kind, c->subject, body);
}

json_t *operated_sent(struct stage *s)
{
    const struct send *sent = stage_sent(s, "vnfm-queue");
    return sent ? stage_body(s, sent) : NULL;
}
