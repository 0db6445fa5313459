/* The stage's service and how its VNF "client" gets into each phase, by messages only. */
#include "tests/support/stage.h"

#include "common/base/sbuf.h"
#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POP_DOC                                                                                    \
    "\"images\":[{\"id\":\"im-1\",\"name\":\"img\",\"extId\":\"img-ext\"}],"                       \
    "\"networks\":[{\"id\":\"n-1\",\"name\":\"net\",\"extId\":\"net-ext\"}],"                      \
    "\"securityGroups\":[\"sg\"],\"keyPair\":\"kp\""

static void vdu(struct sbuf *out, const char *vnf, const char *vdu_id, uint32_t components)
{
    sbuf_addf(out,
              "\"vdu\":[{%s\"name\":\"%s-vdu\",\"vm_image\":[\"img\"],"
              "\"metadata\":{\"tier\":\"1\"},"
              "\"computation_requirement\":\"m1\",\"scale_in_out\":2,\"vnfc\":[",
              vdu_id, vnf);
    for (uint32_t i = 0; i < components; i++)
        sbuf_addf(out,
                  "%s{\"connection_point\":[{\"virtual_link_reference\":\"net\","
                  "\"floatingIp\":\"random\",\"interfaceId\":0}]}",
                  i ? "," : "");
    sbuf_adds(out, "]}]");
}

static void vnfd(struct sbuf *out, const char *vnf)
{
    sbuf_addf(out,
              "{\"id\":\"vnfd-%s\",\"name\":\"%s\",\"type\":\"%s_type\",\"endpoint\":\"vnfm\","
              "\"vendor\":\"acme\",\"version\":\"1\",\"vnfPackageLocation\":\"package-%s\","
              "\"deployment_flavour\":[{\"flavour_key\":\"m1\"}],",
              vnf, vnf, vnf, vnf);
    vdu(out, vnf, "", 1);
    sbuf_addc(out, '}');
}

void stage_service(struct stage *s, const char *dependencies)
{
    AUTO(sbuf_release) struct sbuf t = SBUF_INIT;
    sbuf_adds(&t, "{\"projectId\":\"project-1\",\"nsd\":{\"id\":\"nsd-1\",\"name\":\"service\","
                  "\"vendor\":\"acme\",\"version\":\"1\",\"vld\":[{\"id\":\"vld-1\",\"name\":"
                  "\"net\",\"cidr\":\"10.0.0.0/24\"}],\"vnfd\":[");
    vnfd(&t, "web");
    sbuf_addc(&t, ',');
    vnfd(&t, "client");
    sbuf_addf(&t, "],\"vnf_dependency\":%s}",
              dependencies ? dependencies
                           : "[{\"source\":\"web\",\"target\":\"client\",\"parameters\":"
                             "[\"address\",\"key\",\"net\"]}]");
    sbuf_adds(&t,
              ",\"candidates\":{\"web/web-vdu\":[\"pop-1\"],\"client/client-vdu\":[\"pop-1\"]},"
              "\"pops\":[{\"id\":\"pop-1\",\"name\":\"pop-1\"}],\"vnfms\":[{\"type\":\"vnfm\","
              "\"queue\":\"vnfm-queue\"}],\"packages\":[{\"id\":\"package-client\",\"name\":"
              "\"p\",\"scripts\":[{\"name\":\"a.sh\",\"payload\":[35,33]}]}],\"keys\":[{\"name\":"
              "\"key-1\",\"publicKey\":\"ssh-rsa A\"}]}");
    struct err err = ERR_INIT;
    if (proto_decode(&deploy_request_type, t.s, t.len, 0, &s->arena, &s->service, &err) != ERR_OK)
        fail_msg("the service: %s", err.msg);
    stage_pop(s, "pop-1", "test", POP_DOC);
    stage_driver(s, "vim-drivers.test.test", "");
    static const char *const events[] = {"INSTANTIATE",
                                         "MODIFY",
                                         "START",
                                         "RELEASE_RESOURCES",
                                         "ERROR",
                                         "INSTANTIATE_FINISH",
                                         "RELEASE_RESOURCES_FINISH"};
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        stage_subscribe(s, "all", "*", events[i], "");
}

/* --- the user --------------------------------------------------------------------------------- */

void stage_deploy(struct stage *s)
{
    stage_decide(s, (struct intent){.event = EV_NSR_DEPLOY,
                                    .facts = FACT_SUBSCRIPTIONS | FACT_DRIVERS | FACT_POPS,
                                    .payload = s->service});
}

void stage_release_nsr(struct stage *s)
{
    stage_decide(s, (struct intent){.event = EV_NSR_RELEASE,
                                    .facts = FACT_SUBSCRIPTIONS | FACT_DRIVERS | FACT_POPS,
                                    .payload = &(struct release_request){.project = "project-1"}});
}

/* --- peers ------------------------------------------------------------------------------------ */

static uint32_t components_of(const struct stage *s, const char *vnf)
{
    const struct nsd *nsd = s->service->nsd;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        if (strcmp(nsd->vnfd.at[i]->name, vnf) == 0)
            return nsd->vnfd.at[i]->vdu.at[0]->vnfc.n;
    return 1;
}

/* The VNFM's record: made from the VNFD at first, then what it was told. */
static const char *record_of(struct stage *s, const char *vnf)
{
    const struct row *v = stage_vnfr(s, vnf);
    if (v && *v->doc)
        return v->doc;
    AUTO(sbuf_release) struct sbuf t = SBUF_INIT;
    sbuf_addf(&t,
              "{\"name\":\"%s\",\"type\":\"%s_type\",\"parent_ns_id\":\"nsr-1\",\"provides\":"
              "{\"configurationParameters\":[{\"confKey\":\"address\",\"value\":\"provided\"},"
              "{\"confKey\":\"key\",\"value\":\"provided\"}]},\"configurations\":"
              "{\"configurationParameters\":[{\"confKey\":\"key\",\"value\":\"configured\"}]},",
              vnf, vnf);
    vdu(&t, vnf, "\"id\":\"the-vnfds\",", components_of(s, vnf));
    sbuf_addc(&t, '}');
    return arena_strndup(&s->arena, t.s, t.len);
}

void stage_vnfm(struct stage *s, const char *action, const char *vnf, const char *more)
{
    const char *body =
        arena_printf(&s->arena, "{\"action\":\"%s\",%s\"virtualNetworkFunctionRecord\":%s}", action,
                     more ? more : "", record_of(s, vnf));
    stage_message(s, (struct message){.queue = QUEUE_ACTIONS_REPLY,
                                      .reply_to = "amq.gen-asker",
                                      .correlation_id = "corr-1",
                                      .body = body});
}

void stage_answer_well(struct stage *s, int kind, const char *vnf)
{
    const struct row *v = stage_vnfr(s, vnf);
    assert_non_null(v);
    stage_answer(s, kind, v->id,
                 arena_printf(&s->arena, "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":%s}",
                              command_rows[kind].call, record_of(s, vnf)));
}

static void internal_message(struct stage *s, const char *body)
{
    stage_message(s, (struct message){.queue = QUEUE_INTERNAL, .body = body});
}

void stage_prepared(struct stage *s, const char *vnf, const char *fault)
{
    const struct row *v = stage_vnfr(s, vnf);
    const struct command *c = v ? stage_command(s, CMD_PREPARE_POP, v->id) : NULL;
    if (!c) {
        fail_msg("'%s' waits for no PoP", vnf);
        return;
    }
    for (uint32_t i = 0; !fault && i < s->facts.n; i++)
        if (s->facts.at[i]->kind == ROW_POP && strcmp(s->facts.at[i]->id, c->data) == 0)
            stage_pop_is_fresh(s, s->facts.at[i], true);
    internal_message(s,
                     arena_printf(&s->arena,
                                  "{\"what\":\"prepared\",\"to\":\"nsr-1\",\"from\":\"%s\","
                                  "\"command\":\"%s\"%s%s}",
                                  c->data, c->id, fault ? ",\"fault\":" : "", fault ? fault : ""));
}

void stage_launched(struct stage *s, const char *vnf, const char *body)
{
    const struct row *i = stage_instance(s, vnf);
    assert_non_null(i);
    const char *host = i->key[INSTANCE_HOSTNAME];
    stage_answer(s, CMD_LAUNCH, i->id,
                 body
                     ? body
                     : arena_printf(&s->arena,
                                    "{\"answer\":{\"name\":\"%s\",\"extId\":\"vm-%s\",\"status\":"
                                    "\"ACTIVE\",\"hostName\":\"%s\",\"ips\":{\"net\":[\"10.0.0.5\","
                                    "\"fe80::1\"]},\"floatingIps\":{\"net\":\"172.24.4.9\"}}}",
                                    host, host, host));
}

void stage_listed(struct stage *s, const char *pop, const char *found, bool is_weak)
{
    const struct command *c = stage_command(s, CMD_LIST_POP, pop);
    AUTO(sbuf_release) struct sbuf asked = SBUF_INIT;
    if (!c) {
        fail_msg("no listing of '%s' is awaited", pop);
        return;
    }
    for (uint32_t i = 0; i < s->rows.n; i++)
        if (s->rows.at[i]->kind == ROW_INSTANCE)
            sbuf_addf(&asked, "%s\"%s\",\"%s\"", asked.len ? "," : "",
                      s->rows.at[i]->key[INSTANCE_HOSTNAME], s->rows.at[i]->key[INSTANCE_VC]);
    internal_message(s, arena_printf(&s->arena,
                                     "{\"what\":\"listed\",\"to\":\"nsr-1\",\"from\":\"%s\","
                                     "\"command\":\"%s\",\"servers\":[%s],\"found\":[%s],"
                                     "\"weak\":%s}",
                                     pop, c->id, asked.s, found ? found : "",
                                     is_weak ? "true" : "false"));
}

/* --- driving ---------------------------------------------------------------------------------- */

static void bring_up(struct stage *s, const char *vnf, int phase)
{
    static const int order[] = {VNFR_INSTANTIATING, VNFR_GRANTING,  VNFR_GRANTED,
                                VNFR_ALLOCATING,    VNFR_ALLOCATED, VNFR_WAIT_SOURCES};
    for (size_t i = 0; i + 1 < ARRAY_LEN(order) && order[i] < phase; i++)
        switch (order[i]) {
        case VNFR_INSTANTIATING:
            stage_vnfm(s, "GRANT_OPERATION", vnf, NULL);
            break;
        case VNFR_GRANTING:
            if (stage_vnfr(s, vnf)->phase == VNFR_GRANTING)
                stage_prepared(s, vnf, NULL);
            break;
        case VNFR_GRANTED:
            stage_vnfm(s, "ALLOCATE_RESOURCES", vnf,
                       "\"userdata\":\"#!/bin/sh\\nexport #Hostname=\\n\",");
            break;
        case VNFR_ALLOCATING:
            stage_launched(s, vnf, NULL);
            break;
        default:
            stage_answer_well(s, CMD_INSTANTIATE, vnf);
        }
}

void stage_to(struct stage *s, int phase)
{
    bool needs_web = phase == VNFR_MODIFYING || phase == VNFR_WAIT_TURN || phase == VNFR_STARTING ||
                     phase == VNFR_ACTIVE || phase == VNFR_RELEASING || phase == VNFR_DELETING;
    if (phase == VNFR_WAIT_TURN)
        s->settings.ordered_start = true;
    stage_deploy(s);
    if (needs_web)
        bring_up(s, "web", VNFR_WAIT_SOURCES);
    bring_up(s, "client",
             phase == VNFR_GONE          ? VNFR_INSTANTIATING
             : phase == VNFR_UNDOING     ? VNFR_ALLOCATING
             : phase == VNFR_FAILED      ? VNFR_ALLOCATED
             : phase > VNFR_WAIT_SOURCES ? VNFR_WAIT_SOURCES
                                         : phase);
    if (phase == VNFR_WAIT_TURN || phase == VNFR_STARTING || phase == VNFR_ACTIVE ||
        phase == VNFR_RELEASING || phase == VNFR_DELETING)
        stage_answer_well(s, CMD_MODIFY, "client");
    if (phase == VNFR_ACTIVE || phase == VNFR_RELEASING || phase == VNFR_DELETING)
        stage_answer_well(s, CMD_START, "client");
    if (phase == VNFR_HELD)
        stage_vnfm(s, "ERROR", "web", NULL);
    if (phase == VNFR_FAILED)
        stage_vnfm(s, "ERROR", "client", NULL);
    if (phase == VNFR_GONE)
        bring_up(s, "web", VNFR_GRANTED);
    if (phase == VNFR_UNDOING || phase == VNFR_RELEASING || phase == VNFR_DELETING ||
        phase == VNFR_GONE)
        stage_release_nsr(s);
    if (phase == VNFR_DELETING)
        stage_answer_well(s, CMD_RELEASE_RESOURCES, "client");
    if (stage_vnfr(s, "client")->phase != phase)
        fail_msg("client is %s, not %s", vnfr_phase_names[stage_vnfr(s, "client")->phase],
                 vnfr_phase_names[phase]);
}
