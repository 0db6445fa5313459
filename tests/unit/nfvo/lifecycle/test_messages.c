/* What goes out: the classes of amqp-protocol.md 3.3, how it is answered, and whether it may be
 * sent again. */
#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void again(void)
{
    stage_release(&s);
    open_stage(NULL);
}

/* "action extension keys ...": the members, sorted. */
static const char *members(json_t *object)
{
    char *text = json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT);
    json_t *sorted = json_loads(text, 0, NULL);
    const char *key, *out = "";
    json_t *value;
    free(text);
    json_object_foreach(sorted, key, value) out =
        arena_printf(&s.arena, "%s%s%s", out, *out ? " " : "", key);
    json_decref(sorted);
    return out;
}

static void no_nulls(json_t *value)
{
    const char *key;
    size_t i;
    json_t *e;
    assert_false(json_is_null(value));
    if (json_is_object(value)) {
        json_object_foreach(value, key, e) no_nulls(e);
    } else {
        json_array_foreach(value, i, e) no_nulls(e);
    }
}

/* --- classes ---------------------------------------------------------------------------------- */

/* phase at whose entry it goes out, members besides none */
static void test_classes(void **state)
{
    static const struct {
        int phase;
        const char *to, *members;
    } cases[] = {
        {VNFR_INSTANTIATING, "vnfm-queue",
         "action extension keys vimInstances vlrs vnfInstanceName vnfPackage vnfd vnfdf"},
        {VNFR_GRANTED, "amq.gen-asker", "action grantAllowed vduVim virtualNetworkFunctionRecord"},
        {VNFR_ALLOCATED, "amq.gen-asker", "action vnfr"},
        {VNFR_MODIFYING, "vnfm-queue", "action vnfr vnfrd"},
        {VNFR_STARTING, "vnfm-queue", "action virtualNetworkFunctionRecord"},
        {VNFR_RELEASING, "vnfm-queue", "action vnfr"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, cases[i].phase);
        const struct send *sent = stage_sent(&s, cases[i].to);
        json_t *body = stage_body(&s, sent);
        assert_string_equal(members(body), cases[i].members);
        no_nulls(body);
        assert_string_equal(sent->exchange, sent->is_answer ? "" : TOPOLOGY_EXCHANGE);
    }
}

static void test_error_class(void **state)
{
    (void)state;
    stage_to(&s, VNFR_GRANTING);
    stage_prepared(&s, "client", "{\"code\":\"ERR_PEER\",\"message\":\"no \\\"net\\\"\"}");
    json_t *body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(members(body), "action message vnfr");
    assert_string_equal(stage_text(body, "message"), "no \"net\"");
    /* Nobody's: no record to speak of but its own. */
    stage_message(
        &s,
        (struct message){.queue = QUEUE_ACTIONS_REPLY,
                         .reply_to = "amq.gen-asker",
                         .body = "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":"
                                 "{\"name\":\"stranger\",\"parent_ns_id\":\"nsr-1\"}}"});
    body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "ERROR");
    assert_string_equal(stage_text(body, "vnfr.name"), "stranger");
}

/* An NSR that is not there any more: never silence (a Python VNFM would wait for ever). */
static void test_requests_of_a_deleted_nsr(void **state)
{
    static const char *const bodies[] = {
        "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":{\"name\":\"client\","
        "\"parent_ns_id\":\"nsr-1\"}}",
        "{\"action\":\"ALLOCATE_RESOURCES\"}",
        "{\"action\":\"SCALING\",\"virtualNetworkFunctionRecord\":null}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        stage_message(&s, (struct message){.queue = QUEUE_ACTIONS_REPLY,
                                           .reply_to = "amq.gen-asker",
                                           .correlation_id = "c",
                                           .body = bodies[i]});
        const struct send *sent = stage_sent(&s, "amq.gen-asker");
        assert_string_equal(stage_text(stage_body(&s, sent), "action"), "ERROR");
        assert_string_equal(sent->correlation_id, "c");
        assert_true(sent->is_answer);
    }
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS_REPLY, .body = bodies[0]});
    assert_int_equal(s.d.sends.n, 0); /* one-way: nobody to answer */
}

/* amqp-protocol.md 3.3, TRAP: what the SDKs iterate without a null check is there. */
static void test_collections_of_instantiate(void **state)
{
    static const char *const paths[][3] = {
        /* of vnfd: name, kind */
        {"lifecycle_event", "["},
        {"virtual_link", "["},
        {"auto_scale_policy", "["},
        {"connection_point", "["},
        {"provides", "["},
        {"requires", "{"},
        {"deployment_flavour", "["},
        {"monitoring_parameter", "["},
        {"vdu", "["},
        /* of its VDU */
        {"metadata", "{", "vdu"},
        {"vnfc", "[", "vdu"},
        {"vnfc_instance", "[", "vdu"},
        {"lifecycle_event", "[", "vdu"},
        {"vm_image", "[", "vdu"},
        {"vimInstanceName", "[", "vdu"},
        {"monitoring_parameter", "[", "vdu"},
        {"fault_management_policy", "[", "vdu"},
    };
    (void)state;
    stage_deploy(&s);
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue")),
           *vnfd = json_object_get(body, "vnfd");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        json_t *in = paths[i][2] ? json_array_get(json_object_get(vnfd, "vdu"), 0) : vnfd;
        json_t *v = json_object_get(in, paths[i][0]);
        if (*paths[i][1] == '[' ? !json_is_array(v) : !json_is_object(v))
            fail_msg("%s of %s", paths[i][0], paths[i][2] ? "the VDU" : "the VNFD");
    }
    assert_string_equal(stage_text(body, "vnfInstanceName"), "client");
    assert_string_equal(stage_text(body, "vnfdf.flavour_key"), "m1");
    assert_string_equal(stage_text(body, "extension.nsr-id"), "nsr-1");
    assert_string_equal(stage_text(body, "extension.brokerPort"), "5672"); /* a string */
    assert_string_equal(stage_text(body, "extension.monitoringIp"), "");
    assert_string_equal(stage_text(body, "extension.timezone"), "CET");
    assert_string_equal(stage_text(body, "vlrs.0.name"), "net");
    assert_string_equal(stage_text(body, "vlrs.0.status"), "LINKDOWN");
    assert_string_equal(stage_text(body, "vlrs.0.parent_ns"), "nsd-1"); /* until it has a network */
    assert_string_equal(stage_text(body, "vimInstances.client-vdu.0.pop"), "pop-1:0:");
    /* A reference, which the publisher renders: scripts are not stored again in every outbox. */
    assert_string_equal(stage_text(body, "vnfPackage.package"), "package-client:0:");
}

static void test_grant_answer(void **state)
{
    (void)state;
    stage_to(&s, VNFR_GRANTED);
    json_t *body = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    const char *vdu = stage_text(body, "virtualNetworkFunctionRecord.vdu.0.id");
    assert_true(json_is_true(json_object_get(body, "grantAllowed")));
    assert_string_equal(stage_text(json_object_get(json_object_get(body, "vduVim"), vdu), "pop"),
                        "pop-1:7:"); /* an object by the record's VDU id, at this version */
    assert_string_not_equal(vdu, "the-vnfds"); /* the ids are ours from now on */
    json_t *record = json_object_get(body, "virtualNetworkFunctionRecord");
    assert_string_equal(stage_text(record, "id"), stage_vnfr(&s, "client")->id);
    assert_string_equal(stage_text(record, "status"), "NULL");
    assert_string_equal(stage_text(record, "parent_ns_id"), "nsr-1");
    assert_non_null(stage_text(record, "vdu.0.vnfc.0.id"));
    assert_string_equal(
        stage_text(record, "vdu.0.vnfc.0.connection_point.0.virtual_link_reference_id"), "net-ext");
    json_t *nsr = stage_record(&s, s.root);
    assert_string_equal(stage_text(nsr, "vlr.0.extId"), "net-ext");
    assert_string_equal(stage_text(nsr, "vlr.0.vim_id"), "pop-1");
    assert_string_equal(stage_text(nsr, "vlr.0.parent_ns"), "nsr-1");
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL); /* a repetition gets the same */
    json_t *repeated = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_true(json_equal(json_object_get(body, "vduVim"), json_object_get(repeated, "vduVim")));
    assert_true(json_equal(
        json_object_get(record, "vdu"),
        json_object_get(json_object_get(repeated, "virtualNetworkFunctionRecord"), "vdu")));
}

/* A driver may call a network otherwise than it was asked to: amqp-protocol.md 5.7. */
static void test_grant_with_a_renamed_network(void **state)
{
    struct row *pop = s.facts.at[0];
    (void)state;
    pop->doc = "{\"id\":\"pop-1\",\"type\":\"test\",\"networks\":[{\"name\":\"net_1\",\"extId\":"
               "\"e\"}]}";
    pop->state =
        arena_printf(&s.arena, "{\"refreshedAt\":%lld,\"made\":{\"net\":\"e\"}}", (long long)s.now);
    stage_to(&s, VNFR_GRANTED);
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "amq.gen-asker")),
                                   "virtualNetworkFunctionRecord.vdu.0.vnfc.0.connection_point.0."
                                   "virtual_link_reference_id"),
                        "e");
}

/* design.md, "Which reply is whose" and "May it be sent again?" */
static void test_policies(void **state)
{
    static const struct {
        int phase;
        bool correlates;
        int policy, reply;
    } cases[] = {
        {VNFR_INSTANTIATING, false, SEND_BLIND, SEND_REPLY_PRIVATE},
        {VNFR_MODIFYING, false, SEND_NEVER, SEND_REPLY_PRIVATE},
        {VNFR_STARTING, false, SEND_NEVER, SEND_REPLY_PRIVATE},
        {VNFR_RELEASING, false, SEND_NEVER, SEND_REPLY_PRIVATE},
        {VNFR_INSTANTIATING, true, SEND_BLIND, SEND_REPLY_SHARED},
        {VNFR_MODIFYING, true, SEND_BLIND, SEND_REPLY_SHARED},
        {VNFR_STARTING, true, SEND_BLIND, SEND_REPLY_SHARED},
        {VNFR_RELEASING, true, SEND_BLIND, SEND_REPLY_SHARED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        if (cases[i].correlates)
            proto_list_add(&s.service->vnfms.at[0]->capabilities, "correlation", &s.arena);
        stage_to(&s, cases[i].phase);
        const struct send *sent = stage_sent(&s, "vnfm-queue");
        assert_int_equal(sent->policy, cases[i].policy);
        assert_int_equal(sent->reply, cases[i].reply);
        assert_non_null(sent->command);
        assert_true(sent->until_at > s.now);
    }
}

/* --- answers: whose, and counted once --------------------------------------------------------- */

static void test_an_answer_counts_once(void **state)
{
    (void)state;
    stage_to(&s, VNFR_STARTING);
    const char *id = stage_command(&s, CMD_START, stage_vnfr(&s, "client")->id)->id;
    struct message m = {.queue = QUEUE_REPLIES,
                        .correlation_id = id,
                        .body = "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{}}"};
    stage_message(&s, m);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ACTIVE);
    stage_message(&s, m); /* the command was re-sent: the second answer closes nothing */
    assert_string_equal(stage_story(&s), "stale");
}

static void test_an_answer_by_its_private_queue(void **state)
{
    (void)state;
    stage_to(&s, VNFR_STARTING);
    const char *id = stage_command(&s, CMD_START, stage_vnfr(&s, "client")->id)->id;
    stage_message(&s, (struct message){
                          .queue = QUEUE_REPLIES,
                          .correlation_id = "the peer's own",
                          .first_death_queue = arena_printf(&s.arena, QUEUE_REPLY_PREFIX "%s", id),
                          .body = "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{}}"});
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ACTIVE);
}

static void test_answers_that_are_not_ours(void **state)
{
    static const char *const ids[] = {
        NULL, "", "x", "nsr-1:0.3.9999", "nsr-1:9.3.1", "nsr-1:-1.3.1", "nsr-1:0.2.1\n"};
    (void)state;
    stage_to(&s, VNFR_STARTING);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        s.d.outcome = DECISION_STALE;
        stage_message(&s, (struct message){.queue = QUEUE_REPLIES,
                                           .correlation_id = ids[i],
                                           .body = "{\"action\":\"START\"}"});
        assert_int_equal(s.d.outcome, DECISION_STALE);
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_STARTING);
    }
}

/* A VNFM may name any command in its answer: only one that it was sent counts. */
static void test_an_answer_to_what_no_vnfm_was_asked(void **state)
{
    (void)state;
    stage_to(&s, VNFR_GRANTING);
    const char *id = stage_command(&s, CMD_PREPARE_POP, stage_vnfr(&s, "client")->id)->id;
    stage_message(&s, (struct message){.queue = QUEUE_REPLIES,
                                       .correlation_id = id,
                                       .body = "{\"action\":\"ERROR\"}"});
    assert_int_equal(s.d.outcome, DECISION_STALE);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_GRANTING);
    assert_non_null(stage_command(&s, CMD_PREPARE_POP, stage_vnfr(&s, "client")->id));
}

/* amqp-protocol.md 3.4: a VNFM without reply_to publishes its answer on our queues. */
static void test_answers_that_name_no_request(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    stage_vnfm(&s, "START", "client", NULL);
    assert_string_equal(stage_story(&s), "stale"); /* nothing of that kind is outstanding */
    stage_vnfm(&s, "MODIFY", "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_STARTING);
    again();
    proto_list_add(&s.service->vnfms.at[0]->capabilities, "correlation", &s.arena);
    stage_to(&s, VNFR_MODIFYING);
    stage_vnfm(&s, "MODIFY", "client", NULL);
    assert_string_equal(stage_story(&s), "stale"); /* ours can say better */
}

/* Deleted while its VNFM still works on something: RELEASE_RESOURCES goes out beside that, and what
 * the VNFM still says about it closes nothing, whichever way it comes. */
static void test_late_answers_of_a_released_vnfr(void **state)
{
    static const struct {
        int phase, kind;
        const char *action;
    } cases[] = {
        {VNFR_GRANTED, CMD_INSTANTIATE, "INSTANTIATE"},
        {VNFR_ALLOCATED, CMD_INSTANTIATE, "INSTANTIATE"},
        {VNFR_MODIFYING, CMD_MODIFY, "MODIFY"},
        {VNFR_STARTING, CMD_START, "START"},
    };
    enum { PRIVATE, SHARED, UNASKED, BAD, ERROR, WAYS };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases) * WAYS; i++) {
        int way = (int)(i % WAYS);
        again();
        if (way == SHARED)
            proto_list_add(&s.service->vnfms.at[0]->capabilities, "correlation", &s.arena);
        stage_to(&s, cases[i / WAYS].phase);
        const char *vnfr = arena_strdup(&s.arena, stage_vnfr(&s, "client")->id);
        const char *late =
            arena_strdup(&s.arena, stage_command(&s, cases[i / WAYS].kind, vnfr)->id);
        stage_release_nsr(&s);
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_RELEASING);
        assert_null(stage_command(&s, cases[i / WAYS].kind, vnfr));
        const struct command *release = stage_command(&s, CMD_RELEASE_RESOURCES, vnfr);
        assert_string_not_equal(release->id, late);
        const char *action = way == ERROR ? "ERROR" : cases[i / WAYS].action;
        struct message m = {
            .queue = QUEUE_REPLIES,
            .correlation_id = way == SHARED ? late : "the peer's own",
            .body = way == BAD
                        ? "["
                        : arena_printf(&s.arena, "{\"action\":\"%s\",\"exception\":{}}", action)};
        if (way != SHARED)
            m.first_death_queue = arena_printf(&s.arena, QUEUE_REPLY_PREFIX "%s", late);
        if (way == UNASKED)
            stage_vnfm(&s, cases[i / WAYS].action, "client", NULL);
        else
            stage_message(&s, m);
        assert_string_equal(stage_story(&s), "stale");
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_RELEASING);
        stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
        const struct row *after = s.root ? stage_vnfr(&s, "client") : NULL; /* it may be over */
        assert_true(!after || after->phase >= VNFR_DELETING);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_classes),
        T(test_error_class),
        T(test_requests_of_a_deleted_nsr),
        T(test_collections_of_instantiate),
        T(test_grant_answer),
        T(test_grant_with_a_renamed_network),
        T(test_policies),
        T(test_an_answer_counts_once),
        T(test_an_answer_by_its_private_queue),
        T(test_answers_that_are_not_ours),
        T(test_an_answer_to_what_no_vnfm_was_asked),
        T(test_answers_that_name_no_request),
        T(test_late_answers_of_a_released_vnfr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
