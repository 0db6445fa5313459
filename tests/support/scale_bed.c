#include "tests/support/scale_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void scale_bed_init(struct scale_bed *b)
{
    *b = (struct scale_bed){.counts = {.number = 1}};
    stage_init(&b->s, AGG_NSR, "nsr-1");
    stage_service(&b->s, NULL);
}

void scale_bed_run(struct scale_bed *b, bool is_ours)
{
    operated_service(&b->s, is_ours);
    stage_subscribe(&b->s, "op", "*", "SCALED", "");
    stage_subscribe(&b->s, "op2", "*", "SCALE_OUT", "");
    for (uint32_t i = 0; i < b->s.facts.n; i++)
        if (b->s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&b->s, b->s.facts.at[i], true);
}

struct operate_request scale_bed_request(struct scale_bed *b, const char *vnf)
{
    struct operate_request req = operated_request(&b->s, ++b->n_asked, OPERATION_SCALE_OUT, vnf);
    req.plan.counts = &b->counts;
    req.plan.n_counts = 1;
    return req;
}

void scale_bed_scale(struct scale_bed *b, const char *vnf)
{
    b->counts = (struct plan_count){.number = 1};
    operated_ask(&b->s, scale_bed_request(b, vnf));
}

void scale_bed_scaling(struct scale_bed *b, const char *vnf)
{
    stage_vnfm(&b->s, "SCALING", vnf, "\"userData\":\"#!/bin/sh\\n\",");
}

void scale_bed_scaled(struct scale_bed *b, const char *vnf)
{
    const char *body =
        arena_printf(&b->s.arena, "{\"action\":\"SCALED\",\"virtualNetworkFunctionRecord\":%s}",
                     stage_vnfr(&b->s, vnf)->doc);
    operated_answer(&b->s, CMD_STEP_SCALE_OUT, body);
}

void scale_bed_launched(struct scale_bed *b, const char *body)
{
    const struct row *i = scale_bed_launching(b);
    const char *host = i->key[INSTANCE_HOSTNAME];
    stage_answer(&b->s, CMD_LAUNCH, i->id,
                 body ? body
                      : arena_printf(&b->s.arena,
                                     "{\"answer\":{\"name\":\"%s\",\"extId\":\"vm-%s\",\"status\":"
                                     "\"ACTIVE\",\"hostName\":\"%s\",\"ips\":{\"net\":["
                                     "\"10.0.0.77\"]},\"floatingIps\":{}}}",
                                     host, host, host));
}

void scale_bed_gone(struct scale_bed *b)
{
    operated_answer(&b->s, CMD_DELETE, "{\"answer\":null}");
    stage_listed(&b->s, "pop-1", NULL, false);
    if (stage_command(&b->s, CMD_LIST_POP, "pop-1"))
        stage_listed(&b->s, "pop-1", NULL, false);
}

const struct row *scale_bed_launching(struct scale_bed *b)
{
    for (uint32_t i = 0; i < b->s.rows.n; i++)
        if (b->s.rows.at[i]->kind == ROW_INSTANCE && b->s.rows.at[i]->phase == INSTANCE_LAUNCHING)
            return b->s.rows.at[i];
    fail_msg("nothing is launched");
    return NULL;
}

uint32_t scale_bed_servers(struct scale_bed *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->s.rows.n; i++)
        n += b->s.rows.at[i]->kind == ROW_INSTANCE;
    return n;
}

size_t scale_bed_count(struct scale_bed *b, const char *vnf, const char *list)
{
    json_t *vdu =
        json_array_get(json_object_get(stage_record(&b->s, stage_vnfr(&b->s, vnf)), "vdu"), 0);
    return json_array_size(json_object_get(vdu, list));
}
