/* What scripts publish while an operation runs (`##baton set KEY VALUE`): kept, passed on to targets,
 * and not undone by a record that was sent before. */
#include "nfvo/lifecycle/operate.h"

#include "proto/topology.h"
#include "tests/support/operated.h"

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

static void ask(enum operation_kind kind, const char *vnf)
{
    static struct plan_count count;
    struct operate_request req = operated_request(&s, ++n_asked, kind, vnf);
    count = (struct plan_count){.number = 1};
    if (kind == OPERATION_SCALE_OUT) {
        req.plan.counts = &count;
        req.plan.n_counts = 1;
    }
    req.script = "true";
    req.cause = "disk";
    operated_ask(&s, req);
    assert_int_equal(s.d.err.code, ERR_OK);
}

/* The record that the last decision sent, to the VNFM or as answer to its request; NULL: none. */
static json_t *sent_record(void)
{
    static const char *const names[] = {"virtualNetworkFunctionRecord", "vnfr"};
    const struct send *sent = stage_sent(&s, "vnfm-queue");
    json_t *record = NULL;
    sent = sent ? sent : stage_sent(&s, "amq.gen-asker");
    for (size_t i = 0; sent && i < ARRAY_LEN(names) && !record; i++)
        record = json_object_get(stage_body(&s, sent), names[i]);
    assert_non_null(record);
    return record;
}

/* That record as the VNFM has it when a script has published `value`. */
static const char *with(json_t *record, const char *key, const char *value)
{
    json_t *copy = json_deep_copy(record), *p;
    size_t i;
    json_t *all = json_object_get(json_object_get(copy, "provides"), "configurationParameters");
    json_array_foreach(all, i,
                       p) if (strcmp(json_string_value(json_object_get(p, "confKey")), key) == 0)
        json_object_set_new(p, "value", json_string(value));
    char *text = json_dumps(copy, JSON_COMPACT);
    const char *ret = arena_strdup(&s.arena, text);
    free(text);
    json_decref(copy);
    return ret;
}

static void answer(int kind, const char *action, const char *record)
{
    operated_answer(&s, kind,
                    arena_printf(&s.arena,
                                 "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":%s}", action,
                                 record));
}

static const char *published(const char *vnf, const char *key)
{
    json_t *all =
        json_object_get(json_object_get(stage_record(&s, stage_vnfr(&s, vnf)), "provides"),
                        "configurationParameters");
    for (size_t i = 0; i < json_array_size(all); i++)
        if (strcmp(stage_text(json_array_get(all, i), "confKey"), key) == 0)
            return stage_text(json_array_get(all, i), "value");
    fail_msg("'%s' provides no '%s'", vnf, key);
    return NULL;
}

/* The request itself changes the record: its status, its component. */
static void test_in_every_kind(void **state)
{
    static const struct {
        enum operation_kind kind;
        int request;
        const char *action;
    } cases[] = {
        {OPERATION_EXECUTE, CMD_STEP_EXECUTE, "EXECUTE"},
        {OPERATION_UPDATE, CMD_STEP_UPDATE, "UPDATE"},
        {OPERATION_HEAL, CMD_STEP_HEAL, "HEAL"},
        {OPERATION_STOP_VNF, CMD_STEP_STOP, "STOP"},
        {OPERATION_START_VNF, CMD_STEP_START, "START"},
        {OPERATION_STOP_INSTANCE, CMD_STEP_STOP, "STOP"},
        {OPERATION_START_INSTANCE, CMD_STEP_START, "START"},
    };
    (void)state;
    operated_service(&s, true);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *value = arena_printf(&s.arena, "by %s", cases[i].action);
        ask(cases[i].kind, "client"); /* it is nobody's source */
        answer(cases[i].request, cases[i].action, with(sent_record(), "address", value));
        assert_string_equal(published("client", "address"), value);
        assert_string_equal(operated_state(&s, arena_printf(&s.arena, "op-%d", n_asked)),
                            "COMPLETED");
    }
}

/* EXECUTE is sent to a VNFM that need not answer it, and its silence counts. The record that it
 * got. */
static json_t *execute_silently(void)
{
    ask(OPERATION_EXECUTE, "client");
    json_t *record = sent_record();
    stage_late(&s, CMD_TIMER_OPERATION, operated_command(&s, CMD_TIMER_OPERATION)->subject);
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    return record;
}

/* What else happened while it ran touched other things of the record. */
static void test_beside_another_change(void **state)
{
    (void)state;
    operated_service(&s, false);
    json_t *of_execute = execute_silently();
    ask(OPERATION_STOP_INSTANCE, "client");
    answer(CMD_STEP_STOP, "STOP", with(sent_record(), "key", "by STOP"));
    answer(CMD_STEP_EXECUTE, "EXECUTE", with(of_execute, "address", "by EXECUTE"));
    assert_string_equal(published("client", "key"), "by STOP");
    assert_string_equal(published("client", "address"), "by EXECUTE");
}

/* A record of before a value was published does not bring back the one before. */
static void test_old_copy_takes_nothing_back(void **state)
{
    (void)state;
    operated_service(&s, false);
    const char *old = with(execute_silently(), "", "");
    ask(OPERATION_STOP_INSTANCE, "client");
    answer(CMD_STEP_STOP, "STOP", with(sent_record(), "address", "by STOP"));
    answer(CMD_STEP_EXECUTE, "EXECUTE", old);
    assert_string_equal(published("client", "address"), "by STOP");
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS_REPLY,
                                       .reply_to = "amq.gen-asker",
                                       .correlation_id = "corr-1",
                                       .body = arena_printf(&s.arena,
                                                            "{\"action\":\"UPDATEVNFR\","
                                                            "\"virtualNetworkFunctionRecord\":%s}",
                                                            old)});
    assert_string_equal(stage_text(operated_sent(&s) ? NULL : sent_record(), "name"), "client");
    assert_string_equal(published("client", "address"), "by STOP");
}

/* The value that came with the answer before goes out with the next request of the same decision. */
static void test_in_the_decision_of_a_request(void **state)
{
    (void)state;
    operated_service(&s, true);
    ask(OPERATION_HEAL, "web");
    answer(CMD_STEP_HEAL, "HEAL", with(sent_record(), "address", "moved"));
    assert_string_equal(stage_text(operated_sent(&s), "vnfrd.parameters.web_type.parameters."
                                                      "address"),
                        "moved");
    answer(CMD_STEP_MODIFY, "MODIFY", with(sent_record(), "address", "by MODIFY"));
    answer(CMD_STEP_START, "START", with(sent_record(), "address", "by START"));
    assert_string_equal(published("client", "address"), "by START");
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
}

static void launched(void)
{
    for (uint32_t i = 0; i < s.rows.n; i++) {
        const struct row *r = s.rows.at[i];
        if (r->kind != ROW_INSTANCE || r->phase != INSTANCE_LAUNCHING)
            continue;
        const char *host = r->key[INSTANCE_HOSTNAME];
        stage_answer(&s, CMD_LAUNCH, r->id,
                     arena_printf(&s.arena,
                                  "{\"answer\":{\"name\":\"%s\",\"extId\":\"vm-%s\",\"status\":"
                                  "\"ACTIVE\",\"hostName\":\"%s\",\"ips\":{\"net\":[\"10.0.0.77\"]"
                                  "},\"floatingIps\":{}}}",
                                  host, host, host));
        return;
    }
    fail_msg("nothing is launched");
}

/* One more of them publishes what it is itself: the value of the first stays, an empty one is
 * filled. */
static void test_one_more_fills_what_is_empty(void **state)
{
    (void)state;
    operated_service(&s, true);
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&s, s.facts.at[i], true);
    ask(OPERATION_EXECUTE, "client");
    answer(CMD_STEP_EXECUTE, "EXECUTE", with(sent_record(), "key", ""));
    assert_string_equal(published("client", "key"), "");
    ask(OPERATION_SCALE_OUT, "client");
    stage_vnfm(&s, "SCALING", "client", NULL);
    launched();
    json_t *served = json_loads(with(sent_record(), "address", "of the second"), 0, NULL);
    answer(CMD_STEP_SCALE_OUT, "SCALED", with(served, "key", "of the second"));
    json_decref(served);
    assert_string_equal(operated_state(&s, "op-2"), "COMPLETED");
    assert_string_equal(published("client", "address"), "provided");
    assert_string_equal(published("client", "key"), "of the second");
}

/* A VNFM that need not answer did so, when its silence had counted. */
static void test_after_the_end(void **state)
{
    (void)state;
    operated_service(&s, false);
    json_t *record = execute_silently();
    answer(CMD_STEP_EXECUTE, "EXECUTE", with(record, "address", "at last"));
    assert_string_equal(published("client", "address"), "at last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_every_kind, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_beside_another_change, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_old_copy_takes_nothing_back, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_in_the_decision_of_a_request, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_one_more_fills_what_is_empty, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_after_the_end, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
