/* SCALE_OUT: the message, the conversation in its course, what comes of it, and what is left of one
 * that fails. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;
static int n_asked;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    n_asked = 0;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void to_active(bool is_ours)
{
    for (uint32_t i = 0; is_ours && i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    stage_subscribe(&s, "op", "*", "SCALED", "");
    stage_subscribe(&s, "op2", "*", "SCALE_OUT", "");
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&s, s.facts.at[i], true);
}

static struct plan_count counts = {.number = 1};

static struct operate_request request(const char *vnf)
{
    return (struct operate_request){.operation_id = arena_printf(&s.arena, "op-%d", ++n_asked),
                                    .project = "project-1",
                                    .asked_by = "admin",
                                    .origin = "user",
                                    .plan = {.kind = OPERATION_SCALE_OUT,
                                             .vnfr = stage_vnfr(&s, vnf)->id,
                                             .counts = &counts,
                                             .n_counts = 1}};
}

static void ask(struct operate_request req)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = req;
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = r});
}

static void scale(const char *vnf)
{
    counts = (struct plan_count){.number = 1};
    ask(request(vnf));
}

static void verb(const char *id, enum operation_event what)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .project = "project-1", .asked_by = "admin", .verb = what};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATION_VERB,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = r});
}

static const char *state_of(const char *id)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return operation_state_words[s.rows.at[i]->phase];
    fail_msg("there is no operation %s", id);
    return NULL;
}

static const struct command *open_request(int kind)
{
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == kind)
            return s.commands.at[i];
    return NULL;
}

static void answer(int kind, const char *body)
{
    const struct command *c = open_request(kind);
    if (!c)
        fail_msg("no request %s is open", command_names[kind]);
    stage_answer(&s, kind, c->subject, body);
}

static const char *text_of(const char *vnf, const char *path)
{
    return stage_text(stage_record(&s, stage_vnfr(&s, vnf)), path);
}

static size_t count_of(const char *vnf, const char *list)
{
    json_t *vdu = json_array_get(json_object_get(stage_record(&s, stage_vnfr(&s, vnf)), "vdu"), 0);
    return json_array_size(json_object_get(vdu, list));
}

static bool has_event(const char *action)
{
    for (uint32_t i = 0; i < s.d.events.n; i++)
        if (strcmp(s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

static const struct row *launching(void)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_INSTANCE && s.rows.at[i]->phase == INSTANCE_LAUNCHING)
            return s.rows.at[i];
    fail_msg("nothing is launched");
    return NULL;
}

static uint32_t n_servers(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.rows.n; i++)
        n += s.rows.at[i]->kind == ROW_INSTANCE;
    return n;
}

/* body NULL: a good server. */
static void launched(const char *body)
{
    const struct row *i = launching();
    const char *host = i->key[INSTANCE_HOSTNAME];
    stage_answer(&s, CMD_LAUNCH, i->id,
                 body ? body
                      : arena_printf(&s.arena,
                                     "{\"answer\":{\"name\":\"%s\",\"extId\":\"vm-%s\",\"status\":"
                                     "\"ACTIVE\",\"hostName\":\"%s\",\"ips\":{\"net\":["
                                     "\"10.0.0.77\"]},\"floatingIps\":{}}}",
                                     host, host, host));
}

static const char no_room[] =
    "{\"exception\":{\"detailMessage\":\"no room\",\"stackTrace\":[],\"suppressedExceptions\":[]}}";

static void scaling(const char *vnf)
{
    stage_vnfm(&s, "SCALING", vnf, "\"userData\":\"#!/bin/sh\\n\",");
}

static void scaled(const char *vnf)
{
    const char *body =
        arena_printf(&s.arena, "{\"action\":\"SCALED\",\"virtualNetworkFunctionRecord\":%s}",
                     stage_vnfr(&s, vnf)->doc);
    answer(CMD_STEP_SCALE_OUT, body);
}

/* Deleted, and missed by two good listings. */
static void server_gone(void)
{
    answer(CMD_DELETE, "{\"answer\":null}");
    stage_listed(&s, "pop-1", NULL, false);
    if (stage_command(&s, CMD_LIST_POP, "pop-1"))
        stage_listed(&s, "pop-1", NULL, false);
}

/* --- it goes well ------------------------------------------------------------------------------ */

static void test_message(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    assert_string_equal(state_of("op-1"), "PROCESSING");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "SCALE_OUT");
    assert_string_equal(stage_text(body, "mode"), "");
    assert_non_null(stage_text(body, "component.id"));
    assert_string_equal(stage_text(body, "component.connection_point.0.virtual_link_reference"),
                        "net");
    assert_string_equal(stage_text(body, "component.id"),
                        stage_text(body, "virtualNetworkFunctionRecord.vdu.0.vnfc.1.id"));
    assert_string_equal(stage_text(body, "vimInstance.pop"), "pop-1:0:");
    assert_string_equal(stage_text(body, "vnfPackage.package"), "package-client:0:");
    assert_string_equal(stage_text(body, "dependency.target"), "client");
    assert_string_equal(stage_text(body, "extension.brokerIp"), "127.0.0.1");
    assert_string_equal(stage_text(body, "extension.timezone"), "CET");
    assert_int_equal(json_object_size(json_object_get(body, "extension")), 4);
    assert_null(json_object_get(body, "vnfcInstance"));
    assert_string_equal(text_of("client", "status"), "SCALING");
    assert_string_equal(stage_text(stage_record(&s, s.root), "status"), "SCALING");
    assert_string_equal(stage_text(stage_record(&s, s.root), "task"), "Scaling out");
}

static void test_conversation(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    const struct row *i = launching();
    assert_int_equal(s.d.sends.n, 1); /* the launch: the VNFM waits */
    scaling("client");                /* again: no second server, nothing to say yet */
    assert_int_equal(s.d.sends.n, 0);
    launched(NULL);
    json_t *body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "SCALED");
    assert_string_equal(stage_text(body, "vnfr.vdu.0.vnfc_instance.1.id"), i->id);
    assert_string_equal(stage_text(body, "vnfr.vdu.0.vnfc_instance.1.vnfComponent.id"),
                        stage_text(body, "vnfr.vdu.0.vnfc.1.id"));
    assert_int_equal(s.d.sends.n, 1);
    scaling("client"); /* and again: the stored answer */
    body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "SCALED");
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_true(has_event("SCALED"));
    assert_true(has_event("SCALE_OUT"));
    assert_string_equal(text_of("client", "vdu.0.vnfc_instance.1.state"), "ACTIVE");
    assert_string_equal(text_of("client", "status"), "ACTIVE");
    assert_string_equal(stage_text(stage_record(&s, s.root), "status"), "ACTIVE");
    assert_string_equal(stage_text(stage_record(&s, s.root), "task"), "Scaled out");
    assert_int_equal(s.commands.n, 0);
    scaling("client"); /* too late */
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "amq.gen-asker")), "action"),
                        "ERROR");
}

/* As the Java REST SDK answers: a message of its own, that names neither request nor correlation. */
static void test_result_as_a_message_of_its_own(void **state)
{
    (void)state;
    to_active(false);
    scale("client");
    scaling("client");
    launched(NULL);
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS,
                                       .body = arena_printf(&s.arena,
                                                            "{\"action\":\"SCALED\","
                                                            "\"virtualNetworkFunctionRecord\":%s}",
                                                            stage_vnfr(&s, "client")->doc)});
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void other(enum operation_kind kind, const char *vnf)
{
    struct operate_request req = request(vnf);
    req.plan.kind = kind;
    req.plan.n_counts = 0;
    ask(req);
}

static const char *task(void)
{
    return stage_text(stage_record(&s, s.root), "task");
}

/* A kind without a text leaves that of one beside it alone, and ends that of one before it. */
static void test_task(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    other(OPERATION_STOP_VNF, "web");
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(task(), "Scaling out");
    launched(NULL);
    scaled("client");
    assert_string_equal(task(), "Scaled out");
    other(OPERATION_START_VNF, "web");
    assert_string_equal(task(), "Scaled out");
    answer(CMD_STEP_START, "{\"action\":\"ERROR\"}");
    verb("op-3", OPERATION_EV_ROLLBACK);
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-3"), "ROLLED_BACK");
    assert_string_equal(task(), "Onboarded");
}

/* The PoP is looked at first when what is known of it is old. */
static void test_stale_pop(void **state)
{
    (void)state;
    to_active(true);
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&s, s.facts.at[i], false);
    scale("client");
    scaling("client");
    assert_null(open_request(CMD_LAUNCH));
    stage_prepared(&s, "client", NULL);
    launched(NULL);
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void test_standby(void **state)
{
    (void)state;
    to_active(true);
    counts = (struct plan_count){.number = 1, .is_standby = true};
    ask(request("web")); /* whose target is not told */
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "mode"),
                        "standby");
    scaling("web");
    launched(NULL);
    scaled("web");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(text_of("web", "vdu.0.vnfc_instance.1.state"), "STANDBY");
    struct operate_request req = request("web");
    req.plan.kind = OPERATION_STOP_INSTANCE;
    req.plan.instance = arena_strdup(&s.arena, text_of("web", "vdu.0.vnfc_instance.1.id"));
    ask(req);
    assert_int_equal(s.d.err.code, ERR_STATE); /* started again, it would be unknown to targets */
    req = request("web");
    req.plan.kind = OPERATION_SWITCH;
    req.plan.counts = NULL;
    req.plan.n_counts = 0;
    req.plan.failed = arena_strdup(&s.arena, text_of("web", "vdu.0.vnfc_instance.0.id"));
    ask(req);
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(text_of("web", "vdu.0.vnfc_instance.1.state"), "ACTIVE");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "action"),
                        "MODIFY"); /* it is told now */
}

static const char *document_of(const char *id)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return s.rows.at[i]->doc;
    return "";
}

/* The VNFD's word counts also where its VNFM hands no metadata on; the request's own before it. */
static void test_policy_of_the_vnfd(void **state)
{
    (void)state;
    struct vdu *vdu = s.service->nsd->vnfd.at[0]->vdu.at[0];
    proto_strmap_set(&vdu->metadata, VDU_ON_FAILURE, "rollback", &s.arena);
    vdu->scale_in_out = 8;
    to_active(true);
    assert_null(text_of("web", "vdu.0.metadata"));
    scale("client"); /* whose VNFD says nothing */
    assert_null(strstr(document_of("op-1"), "policy"));
    scaling("client");
    launched(NULL);
    scaled("client");
    scale("web");
    assert_non_null(strstr(document_of("op-2"), "\"policy\":\"rollback\""));
    scaling("web");
    launched(NULL);
    answer(CMD_STEP_SCALE_OUT, "{\"action\":\"ERROR\"}"); /* a script failed: it would be kept */
    assert_string_equal(state_of("op-2"), "ROLLING_BACK");
    server_gone();
    assert_string_equal(state_of("op-2"), "ROLLED_BACK");
    struct operate_request req = request("web");
    req.policy = POLICY_KEEP;
    ask(req);
    scaling("web");
    launched(NULL);
    answer(CMD_STEP_SCALE_OUT, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-3"), "FAILED_TEMP");
}

static void test_limit_and_wrong_state(void **state)
{
    (void)state;
    to_active(true);
    counts = (struct plan_count){.number = 2};
    ask(request("client"));
    assert_int_equal(s.d.err.code, ERR_LIMIT);
    assert_non_null(strstr(s.d.err.msg, "maximum number"));
    counts.vdu = arena_strdup(&s.arena, text_of("client", "vdu.0.id"));
    ask(request("client"));
    assert_int_equal(s.d.err.code, ERR_LIMIT);
    scale("client");
    assert_int_equal(s.d.err.code, ERR_OK);
    scale("client");
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "Busy"));
}

/* Its VDU takes five. */
static void may_grow(const char *vnf)
{
    json_t *doc = json_deep_copy(stage_record(&s, stage_vnfr(&s, vnf)));
    json_object_set_new(json_array_get(json_object_get(doc, "vdu"), 0), "scale_in_out",
                        json_integer(5));
    char *text = json_dumps(doc, JSON_COMPACT);
    stage_vnfr(&s, vnf)->doc = arena_strdup(&s.arena, text);
    free(text);
    json_decref(doc);
}

/* k instances, one after the other. */
static void test_several(void **state)
{
    (void)state;
    s.service->nsd->vnfd.at[1]->vdu.at[0]->scale_in_out = 5;
    to_active(true);
    may_grow("client");
    counts = (struct plan_count){.number = 3};
    ask(request("client"));
    assert_int_equal(s.d.err.code, ERR_OK);
    for (int i = 0; i < 3; i++) {
        scaling("client");
        launched(NULL);
        scaled("client");
    }
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_int_equal(count_of("client", "vnfc_instance"), 4);
    assert_int_equal(count_of("client", "vnfc"), 4);
}

/* Its target learns of the new one, and of no other; undone, it is told that it goes again. */
static void test_target(void **state)
{
    (void)state;
    to_active(true);
    scale("web");
    scaling("web");
    const char *id = launching()->id;
    launched(NULL);
    scaled("web");
    assert_string_equal(state_of("op-1"), "PROCESSING");
    assert_string_equal(stage_text(stage_record(&s, s.root), "status"), "SCALING");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "MODIFY");
    assert_string_equal(stage_text(body, "vnfr.name"), "client");
    json_t *all = json_object_get(
        json_object_get(json_object_get(json_object_get(body, "vnfrd"), "vnfcParameters"),
                        "web_type"),
        "parameters");
    assert_int_equal(json_object_size(all), 1);
    assert_non_null(json_object_get(all, id));
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "action"),
                        "START");
    answer(CMD_STEP_START, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "action"),
                        "SCALE_IN");
    answer(CMD_STEP_SCALE_IN, "null");
    server_gone();
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_int_equal(n_servers(), 2);
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "differs"));
}

/* Two at once are told at once; undone, of each that it goes, one after the other. */
static void test_target_of_two(void **state)
{
    const char *first, *second;
    (void)state;
    to_active(true);
    may_grow("web");
    counts = (struct plan_count){.number = 2};
    ask(request("web"));
    for (int i = 0; i < 2; i++) {
        scaling("web");
        launched(NULL);
        scaled("web");
    }
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    json_t *all = json_object_get(
        json_object_get(json_object_get(json_object_get(body, "vnfrd"), "vnfcParameters"),
                        "web_type"),
        "parameters");
    assert_int_equal(json_object_size(all), 2);
    answer(CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_ROLLBACK);
    body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "SCALE_IN");
    first = arena_strdup(&s.arena, stage_text(body, "vnfcInstance.id"));
    answer(CMD_STEP_SCALE_IN, "null");
    assert_string_equal(state_of("op-1"), "ROLLING_BACK");
    body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "SCALE_IN");
    second = stage_text(body, "vnfcInstance.id");
    assert_string_not_equal(first, second);
    answer(CMD_STEP_SCALE_IN, "null");
    server_gone();
    server_gone();
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_int_equal(n_servers(), 2);
    assert_int_equal(s.commands.n, 0);
}

/* What was queued is planned when its turn has come: the one before it took the last place. */
static void test_queued(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    counts = (struct plan_count){.number = 1};
    struct operate_request req = request("client");
    req.may_queue = true;
    ask(req);
    assert_string_equal(state_of("op-2"), "STARTING");
    req = request("client");
    req.plan.kind = OPERATION_SCALE_IN;
    req.may_queue = true;
    ask(req);
    assert_int_equal(s.d.err.code, ERR_LIMIT); /* as it is now, there is one only */
    scaling("client");
    launched(NULL);
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(state_of("op-2"), "ROLLED_BACK");
    assert_int_equal(count_of("client", "vnfc"), 2);
    assert_int_equal(s.commands.n, 0);
}

/* --- it does not ------------------------------------------------------------------------------- */

/* No room: the VNFM gets an Error with the record, the step fails at once, and what was made goes
 * again by itself. */
static void test_no_room(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    launched(no_room);
    json_t *body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "ERROR");
    assert_non_null(strstr(stage_text(body, "message"), "no room"));
    assert_non_null(stage_text(body, "vnfr.id"));
    assert_string_equal(state_of("op-1"), "ROLLING_BACK");
    stage_listed(&s, "pop-1", NULL, false);
    stage_listed(&s, "pop-1", NULL, false);
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_int_equal(count_of("client", "vnfc"), 1);
    assert_int_equal(n_servers(), 2);
    assert_string_equal(text_of("client", "status"), "ACTIVE");
    assert_string_equal(stage_text(stage_record(&s, s.root), "status"), "ACTIVE");
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "differs"));
    assert_int_equal(s.commands.n, 0);
}

/* A retry launches again, when what failed is gone. */
static void test_no_room_keep_and_retry(void **state)
{
    (void)state;
    to_active(true);
    struct operate_request req = request("client");
    counts = (struct plan_count){.number = 1};
    req.policy = POLICY_KEEP;
    ask(req);
    scaling("client");
    launched(no_room);
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    answer(CMD_STEP_SCALE_OUT, "null"); /* the Java SDK's word; it changes nothing */
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_RETRY);
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "action"),
                        "SCALE_OUT");
    scaling("client");
    assert_null(open_request(CMD_LAUNCH));
    stage_listed(&s, "pop-1", NULL, false);
    stage_listed(&s, "pop-1", NULL, false);
    launched(NULL);
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_int_equal(n_servers(), 3);
    assert_int_equal(s.commands.n, 0);
}

static void fail_script(void)
{
    answer(CMD_STEP_SCALE_OUT,
           "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 1\"}}");
}

/* A script: the server stays. Ours goes on where it failed. */
static void test_script_fails(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    launched(NULL);
    fail_script();
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_string_equal(text_of("client", "status"), "ACTIVE");
    assert_int_equal(n_servers(), 3);
    verb("op-1", OPERATION_EV_RETRY);
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "RESUME");
    assert_string_equal(stage_text(body, "resumedAction"), "SCALE_OUT");
    assert_non_null(stage_text(body, "vnfcInstance.id"));
    assert_non_null(json_object_get(body, "dependency"));
    assert_null(json_object_get(body, "vnfrd"));
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void test_script_fails_rollback(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    launched(NULL);
    fail_script();
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(state_of("op-1"), "ROLLING_BACK");
    server_gone();
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_int_equal(count_of("client", "vnfc_instance"), 1);
    assert_int_equal(count_of("client", "vnfc"), 1);
    assert_int_equal(n_servers(), 2);
    assert_null(strstr(stage_vnfr(&s, "client")->doc, "10.0.0.77"));
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "differs"));
}

/* A foreign VNFM cannot go on: another server. */
static void test_script_fails_at_a_foreigner(void **state)
{
    (void)state;
    to_active(false);
    scale("client");
    scaling("client");
    const char *first = launching()->id;
    launched(NULL);
    fail_script();
    verb("op-1", OPERATION_EV_RETRY);
    assert_null(open_request(CMD_STEP_SCALE_OUT));
    server_gone();
    assert_int_equal(count_of("client", "vnfc"), 2); /* its component waits for another one */
    scaling("client");
    assert_string_not_equal(launching()->id, first);
    launched(NULL);
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_int_equal(n_servers(), 3);
}

static void test_script_fails_given_up(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    launched(NULL);
    fail_script();
    verb("op-1", OPERATION_EV_FAIL);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_string_equal(text_of("client", "vdu.0.vnfc_instance.1.state"), "FAILED");
    assert_string_equal(text_of("client", "status"), "ACTIVE");
}

/* Given up before its server is there: the component went, and the server goes when it comes. */
static void test_given_up_while_launching(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    size_t components = count_of("client", "vnfc");
    fail_script();
    verb("op-1", OPERATION_EV_FAIL);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_int_equal(count_of("client", "vnfc"), components - 1);
    launched(NULL);
    assert_int_equal(count_of("client", "vnfc_instance"), 1);
    assert_non_null(stage_command(&s, CMD_DELETE, NULL));
}

/* It says SCALED, and nobody has asked for a server: it made one itself, or lies. */
static void test_allocates_itself(void **state)
{
    (void)state;
    to_active(false);
    scale("client");
    answer(CMD_STEP_SCALE_OUT, "{\"action\":\"SCALED\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    scale("client");
    const char *component = arena_strdup(
        &s.arena, stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "component.id"));
    answer(CMD_STEP_SCALE_OUT,
           arena_printf(&s.arena,
                        "{\"action\":\"SCALED\",\"virtualNetworkFunctionRecord\":{\"id\":\"x\","
                        "\"vdu\":[{\"vnfc_instance\":[{\"id\":\"their\",\"hostname\":\"h\","
                        "\"vim_id\":\"pop-1\",\"vc_id\":\"container\",\"ips\":[{\"netName\":"
                        "\"net\",\"ip\":\"10.0.0.9\"}],\"vnfComponent\":{\"id\":\"%s\"}}]}]}}",
                        component));
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(text_of("client", "vdu.0.vnfc_instance.1.hostname"), "h");
    assert_string_equal(text_of("client", "vdu.0.vnfc_instance.1.ips.0.ip"), "10.0.0.9");
    assert_string_equal(text_of("client", "vdu.0.vnfc_instance.1.state"), "ACTIVE");
    assert_int_equal(n_servers(), 3);
    stage_release_nsr(&s);
    for (int i = 0; i < 2; i++)
        answer(CMD_RELEASE_RESOURCES, "null");
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.commands.n; i++)
        n += s.commands.at[i]->kind == CMD_DELETE;
    assert_int_equal(n, 3); /* it goes like the others */
}

/* --- and meanwhile ----------------------------------------------------------------------------- */

static void test_released_while_launching(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    stage_release_nsr(&s);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "amq.gen-asker")), "action"),
                        "ERROR");
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_UNDOING);
    launched(NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_RELEASING);
}

/* The VNFM never says anything: what became of it is unknown; a late word settles it. */
static void test_deadline(void **state)
{
    (void)state;
    to_active(true);
    scale("client");
    scaling("client");
    launched(NULL);
    stage_late(&s, CMD_STEP_SCALE_OUT, open_request(CMD_STEP_SCALE_OUT)->subject);
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    scaled("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void test_dry_and_quota(void **state)
{
    (void)state;
    to_active(true);
    struct operate_request req = request("client");
    counts = (struct plan_count){.number = 1};
    req.is_dry = true;
    ask(req);
    assert_non_null(strstr(s.d.text, "\"SET_COMPONENT\""));
    assert_int_equal(count_of("client", "vnfc"), 1);
    for (uint32_t i = 0; i < s.facts.n; i++) /* it is said; counted anew, when it matters */
        if (s.facts.at[i]->kind == ROW_POP)
            s.facts.at[i]->state = "{\"refreshedAt\":1,\"quota\":{\"instances\":2},"
                                   "\"use\":{\"instances\":2}}";
    ask(req);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_non_null(strstr(s.d.text, "its quota of 2 instances has 0 left"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_message),
        TEST(test_conversation),
        TEST(test_result_as_a_message_of_its_own),
        TEST(test_task),
        TEST(test_stale_pop),
        TEST(test_standby),
        TEST(test_policy_of_the_vnfd),
        TEST(test_limit_and_wrong_state),
        TEST(test_several),
        TEST(test_target),
        TEST(test_target_of_two),
        TEST(test_queued),
        TEST(test_no_room),
        TEST(test_no_room_keep_and_retry),
        TEST(test_script_fails),
        TEST(test_script_fails_rollback),
        TEST(test_script_fails_at_a_foreigner),
        TEST(test_script_fails_given_up),
        TEST(test_given_up_while_launching),
        TEST(test_allocates_itself),
        TEST(test_released_while_launching),
        TEST(test_deadline),
        TEST(test_dry_and_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
