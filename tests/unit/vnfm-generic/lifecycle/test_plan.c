/* What a run sends for each action, in which order, and with which environment. */
#include "tests/support/run_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S USEC_PER_SEC

static void test_instantiate(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package =
        bench_decode(b, &vnf_package_type, "{\"name\":\"p\",\"scriptsLink\":\"http://x/y.git\"}");
    bench_plan(b);
    bench_assert_orders(b, ""); /* nobody has said hello */
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 clone ");
    bench_assert_orders(b, "");
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-1 clone ");
    b->orders.at[0] =
        (struct run_send){run_host_find(b->run, "web-0"), run_host_find(b->run, "web-0")->steps[1]};
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute a.sh"); /* each at its own pace */
    assert_true(b->orders.at[0].step->is_dirty);
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute b.sh x y");
    bench_answer_all(b);
    bench_assert_orders(b, "");
    assert_false(b->run->end.is_over);
    b->orders =
        (struct run_orders){.at = &(struct run_send){run_host_find(b->run, "web-1"),
                                                     run_host_find(b->run, "web-1")->steps[1]},
                            .n = 1};
    bench_answer_all(b);
    bench_assert_orders(b, "web-1 execute a.sh");
    bench_answer_all(b);
    bench_assert_orders(b, "web-1 execute b.sh x y");
    bench_answer_all(b);
    bench_assert_orders(b, "");
    assert_true(b->run->end.is_over);
    assert_false(b->run->end.has_failed);
    run_finish_record(b->run);
    assert_int_equal(b->run->vnfr->lifecycle_event_history.n, 4);
    bench_free(b);
}

static void test_scripts_are_saved_together(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = bench_decode(b, &vnf_package_type, bench_package);
    bench_plan(b);
    bench_hello(b, "web-0", 1, false); /* without journal: the guard script goes along */
    bench_proceed(b);
    assert_int_equal(b->orders.n, 1 + 10);
    assert_true(b->orders.at[0].step->is_guard);
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    run_command_body(b->run, b->orders.at[1].host, b->orders.at[1].step, &body);
    assert_string_equal(body.s, "{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"YQ==\",\"name\":"
                                "\"a.sh\",\"script-path\":\"/opt/openbaton/scripts\"}");
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute a.sh");
    sbuf_clear(&body);
    run_command_body(b->run, b->orders.at[0].host, b->orders.at[0].step, &body);
    assert_non_null(strstr(body.s, "\"payload\":\"baton-guard.sh run-1.web-0.11 a.sh\""));
    assert_non_null(strstr(body.s, "\"timeout\":900"));
    bench_free(b);
}

static void test_package_lacks_script(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    struct err err = ERR_INIT;
    (void)state;
    b->request.package =
        bench_decode(b, &vnf_package_type, "{\"name\":\"p\",\"scripts\":[{\"name\":\"a.sh\"}]}");
    assert_null(run_plan(&b->request, &b->limits, &b->arena, &err));
    assert_string_equal(err.msg, "vnfd 'web': event INSTANTIATE names the script 'b.sh x y', which "
                                 "its package 'p' lacks");
    bench_free(b);
}

/* From the record, which its user or another VNFM wrote, or from another VNF's scripts; what is
 * being released does without. */
static void test_names_that_steer_loading(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        struct bench *b = bench_new(way == 3 ? ACTION_RELEASE_RESOURCES : ACTION_START);
        struct err err = ERR_INIT;
        struct configuration *c = bench_decode(
            b, &configuration_type,
            "{\"configurationParameters\":[{\"confKey\":\"LD_PRELOAD\",\"value\":\"/x.so\"}]}");
        if (way == 1)
            b->request.vnfr->provides = c;
        else if (way == 2)
            b->request.dependency =
                bench_decode(b, &vnf_record_dependency_type,
                             "{\"parameters\":{\"LD\":{\"parameters\":{\"PRELOAD\":\"/x.so\"}}}}");
        else
            b->request.vnfr->configurations = c;
        struct run *run = run_plan(&b->request, &b->limits, &b->arena, &err);
        if (way == 3) {
            assert_non_null(run);
            struct proto_strmap env =
                run_environment(run, &run->hosts[0], &(struct step){.source = "", .event = ""});
            assert_null(proto_strmap_get(&env, "LD_PRELOAD"));
            assert_string_equal(proto_strmap_get(&env, "hostname"), "web-0");
        } else {
            assert_null(run);
            assert_int_equal(err.code, ERR_DENIED);
            assert_non_null(strstr(err.msg, "no script may have the parameter 'LD_PRELOAD'"));
        }
        bench_free(b);
    }
}

static void test_environment(void **state)
{
    struct bench *b = bench_new(ACTION_MODIFY);
    (void)state;
    b->request.dependency = bench_decode(b, &vnf_record_dependency_type, bench_dependency);
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 dependency ");
    assert_non_null(strstr(b->orders.at[0].step->text, "\"d-2\""));
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute db_one.sh/d-1");
    assert_string_equal(bench_env_of(b, 0, "PORT"), "80");
    assert_string_equal(bench_env_of(b, 0, "k_1"), "c"); /* configurations after provides */
    assert_string_equal(bench_env_of(b, 0, "mgmt"), "10.0.0.1");
    assert_string_equal(bench_env_of(b, 0, "mgmt_floatingIp"), "1.2.3.4");
    assert_string_equal(bench_env_of(b, 0, "hostname"), "web-0");
    assert_string_equal(bench_env_of(b, 0, "db_user"), "root");
    assert_string_equal(bench_env_of(b, 0, "db_ip"), "10.1.0.1");
    assert_null(bench_env_of(b, 0, "answer")); /* without value */
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute db_one.sh/d-2");
    assert_string_equal(bench_env_of(b, 0, "db_ip"), "10.1.0.2");
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute plain.sh");
    assert_null(bench_env_of(b, 0, "db_ip"));
    bench_answer_all(b);
    bench_assert_orders(b, ""); /* none_two.sh: no instance of the source */
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-1 dependency ");
    bench_answer_all(b);
    bench_proceed(b);
    assert_string_equal(bench_env_of(b, 0, "net_2"), "10.0.0.2");
    /* web-0's address covered it: it is there again (7.5 [BUG]) */
    assert_string_equal(bench_env_of(b, 0, "mgmt"), "covered");
    bench_free(b);
}

static void test_one_object_missing(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    b->request.vnfr->provides = NULL;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_proceed(b);
    assert_null(bench_env_of(b, 0, "PORT")); /* nothing at all if either is missing (7.5) */
    bench_free(b);
}

static void test_release(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 3, true); /* web-1 never said hello */
    bench_assert_orders(b, "web-0 execute bye.sh");
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    run_command_body(b->run, b->orders.at[0].host, b->orders.at[0].step, &body);
    assert_non_null(strstr(body.s, "\"preempt\":true"));
    assert_non_null(strstr(body.s, "\"timeout\":120"));
    bench_answer(b, 0, 9, "", NULL);
    bench_assert_orders(b, "web-0 execute bye2.sh"); /* noted, and on */
    b->now += b->limits.terminate + b->limits.slack;
    bench_assert_orders(b, "");
    assert_true(b->run->end.is_over);
    assert_false(b->run->end.has_failed);
    assert_true(b->run->noted.has_failed); /* the first one, and not that bye2.sh was silent */
    assert_string_equal(b->run->noted.host, "web-0");
    assert_string_equal(b->run->noted.script, "bye.sh");
    assert_int_equal(b->run->noted.exit_code, 9);
    assert_non_null(strstr(b->run->noted.err.msg, "'bye.sh' of TERMINATE ended with 9"));
    run_finish_record(b->run);
    assert_int_equal(b->run->vnfr->lifecycle_event_history.n, 4);
    assert_string_equal(bench_instance_of(b, 1)->state, "ACTIVE");
    bench_free(b);
}

static void test_release_silent(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 3, true);
    bench_assert_orders(b, "web-0 execute bye.sh");
    b->now += b->limits.terminate + b->limits.slack;
    bench_assert_orders(b, ""); /* who does not answer once is not asked again */
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    assert_int_equal(bench_step_of(b, "web-0", "bye.sh")->state, STEP_UNKNOWN);
    assert_int_equal(bench_step_of(b, "web-0", "bye2.sh")->state, STEP_SKIPPED);
    assert_int_equal(b->run->noted.err.code, ERR_UNKNOWN);
    bench_free(b);
}

/* Whose agent never came has nothing to end: a deletion in the middle of a deployment is no fault.
 */
static void test_release_never_there(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    bench_plan(b);
    bench_assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    assert_int_equal(bench_step_of(b, "web-0", "bye.sh")->state, STEP_SKIPPED);
    assert_false(b->run->noted.has_failed);
    bench_free(b);
}

static void test_release_without_scripts(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    b->request.vnfr->lifecycle_event.n = 0;
    bench_plan(b);
    bench_assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    bench_free(b);
}

static void test_instantiate_without_scripts(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.vnfr->lifecycle_event.n = 0;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "");
    assert_false(b->run->end.is_over); /* the other one's agent is awaited */
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    bench_free(b);
}

static void test_release_agent_gone(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 3, true);
    bench_proceed(b);
    for (int i = 0; i < 100 && !b->run->end.is_over; i++) {
        for (uint32_t k = 0; k < b->orders.n; k++)
            run_returned(b->run, b->orders.at[k].host, b->orders.at[k].step, b->now);
        bench_proceed(b);
        b->now = b->run->due_at == INT64_MAX ? b->now : b->run->due_at;
        bench_proceed(b);
    }
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    assert_true(b->now <= 1000 * S + b->limits.gone + b->limits.retry);
    assert_int_equal(bench_step_of(b, "web-0", "bye.sh")->state, STEP_SKIPPED);
    assert_true(b->run->noted.has_failed);
    assert_string_equal(b->run->noted.script, "bye.sh");
    assert_non_null(strstr(b->run->noted.err.msg, "did not run, its agent is not there"));
    bench_free(b);
}

static void test_scale_out(void **state)
{
    struct bench *b = bench_new(ACTION_SCALE_OUT);
    (void)state;
    b->request.instance =
        bench_decode(b, &vnfc_instance_type, "{\"id\":\"i-0\",\"hostname\":\"web-0\"}");
    b->request.dependency = bench_decode(b, &vnf_record_dependency_type, bench_dependency);
    bench_plan(b);
    assert_int_equal(b->run->n_hosts, 1);
    bench_hello(b, "web-0", 1, true);
    const char *const expected[] = {"web-0 execute a.sh",          "web-0 execute b.sh x y",
                                    "web-0 dependency ",           "web-0 execute db_one.sh/d-1",
                                    "web-0 execute db_one.sh/d-2", "web-0 execute plain.sh",
                                    "web-0 execute start.sh"};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        bench_assert_orders(b, expected[i]);
        bench_answer_all(b);
    }
    bench_proceed(b);
    run_finish_record(b->run);
    assert_string_equal(b->request.instance->state, "ACTIVE");
    bench_free(b);
}

static void test_scale_in(void **state)
{
    struct bench *b = bench_new(ACTION_SCALE_IN);
    (void)state;
    b->request.instance =
        bench_decode(b, &vnfc_instance_type,
                     "{\"id\":\"d-1\",\"hostname\":\"db-3\",\"ips\":[{\"netName\":"
                     "\"mgmt\",\"ip\":\"10.1.0.1\"}]}");
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 execute in.sh");
    assert_string_equal(bench_env_of(b, 0, "removing_mgmt"), "10.1.0.1");
    assert_string_equal(bench_env_of(b, 0, "removing_hostname"), "db-3");
    assert_string_equal(bench_env_of(b, 0, "mgmt"), "10.0.0.1");
    bench_free(b);
}

static void test_heal(void **state)
{
    struct bench *b = bench_new(ACTION_HEAL);
    (void)state;
    b->request.instance =
        bench_decode(b, &vnfc_instance_type, "{\"id\":\"i-0\",\"hostname\":\"web-0\"}");
    b->request.cause = "serviceDown";
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 execute heal.sh");
    assert_string_equal(bench_env_of(b, 0, "cause"), "serviceDown");
    bench_free(b);

    b = bench_new(ACTION_HEAL);
    b->request.instance =
        bench_decode(b, &vnfc_instance_type, "{\"id\":\"i-1\",\"hostname\":\"web-1\"}");
    b->request.cause = "switchToStandby";
    b->request.vnfr->vdu.at[0]->vnfc_instance.at[1]->state = "STANDBY";
    bench_plan(b);
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-1 execute start.sh");
    bench_answer_all(b);
    bench_proceed(b);
    run_finish_record(b->run);
    assert_string_equal(bench_instance_of(b, 1)->state, "ACTIVE");
    assert_string_equal(b->request.instance->state, "ACTIVE");
    bench_free(b);
}

static void test_runtime_script(void **state)
{
    struct bench *b = bench_new(ACTION_EXECUTE);
    (void)state;
    b->request.script =
        bench_decode(b, &script_type, "{\"name\":\"ob_runtime_script\",\"payload\":\"dXB0aW1l\"}");
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 save ob_runtime_script-3c9d57fc"); /* a file per request */
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute ob_runtime_script-3c9d57fc");
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    run_command_body(b->run, b->orders.at[0].host, b->orders.at[0].step, &body);
    assert_null(strstr(body.s, "\"env\"")); /* 7.4 */
    bench_free(b);
}

/* A whole request leaves alone who is not in service; one that names an instance does not. */
static void test_idle_instances(void **state)
{
    static const struct {
        enum action action;
        const char *state, *expected;
    } rows[] = {
        {ACTION_START, "STANDBY", "web-0 execute start.sh"},
        {ACTION_START, "FAILED", "web-0 execute start.sh"},
        {ACTION_START, "INACTIVE", "web-0 execute start.sh, web-1 execute start.sh"},
        {ACTION_MODIFY, "STANDBY", "web-0 execute plain.sh"},
        {ACTION_SCALE_IN, "FAILED", "web-0 execute in.sh"},
        {ACTION_SCALE_IN, "STANDBY", "web-0 execute in.sh, web-1 execute in.sh"},
        {ACTION_INSTANTIATE, "FAILED", "web-0 execute a.sh, web-1 execute a.sh"},
        {ACTION_RELEASE_RESOURCES, "FAILED", "web-0 execute bye.sh, web-1 execute bye.sh"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench *b = bench_new(rows[i].action);
        struct vnfr *vnfr = b->request.vnfr;
        vnfr->vdu.at[0]->vnfc_instance.at[1]->state = rows[i].state;
        vnfr->lifecycle_event.at[1]->lifecycle_events.at[0] = "plain.sh";
        bench_plan(b);
        for (uint32_t k = 0; k < b->run->n_hosts; k++)
            bench_hello(b, b->run->hosts[k].hostname, 1, true);
        bench_assert_orders(b, rows[i].expected);
        run_finish_record(b->run);
        assert_string_equal(bench_instance_of(b, 1)->state,
                            strcmp(rows[i].state, "INACTIVE") == 0 ? "ACTIVE" : rows[i].state);
        bench_free(b);
    }
    struct bench *b = bench_new(ACTION_STOP);
    b->request.vnfr->lifecycle_event.at[2]->event = "STOP";
    b->request.instance = b->request.vnfr->vdu.at[0]->vnfc_instance.at[1];
    b->request.instance->state = "FAILED";
    bench_plan(b);
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-1 execute start.sh");
    bench_free(b);
}

/* Nothing would run, and be told as done. */
static void test_members_that_lack(void **state)
{
    static const struct {
        enum action action;
        const char *instance, *expected;
    } rows[] = {
        {ACTION_HEAL, NULL, "HEAL of 'web' names no instance"},
        {ACTION_SCALE_OUT, NULL, "SCALE_OUT of 'web' names no instance"},
        {ACTION_HEAL, "{\"id\":\"i-7\"}", "HEAL of 'web': instance 'i-7' is not in the record"},
        {ACTION_START, "{\"id\":\"i-7\"}", "START of 'web': instance 'i-7' is not in the record"},
        {ACTION_EXECUTE, NULL, "EXECUTE of 'web' brings no script"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench *b = bench_new(rows[i].action);
        struct err err = ERR_INIT;
        if (rows[i].instance)
            b->request.instance = bench_decode(b, &vnfc_instance_type, rows[i].instance);
        assert_null(run_plan(&b->request, &b->limits, &b->arena, &err));
        assert_string_equal(err.msg, rows[i].expected);
        bench_free(b);
    }
}

static void test_standby(void **state)
{
    struct bench *b = bench_new(ACTION_SCALE_OUT);
    (void)state;
    b->request.instance = b->request.vnfr->vdu.at[0]->vnfc_instance.at[1];
    b->request.instance->state = "error"; /* it failed at that, and is resumed */
    b->request.is_standby = b->request.is_resumed = true;
    bench_plan(b);
    bench_hello(b, "web-1", 1, true);
    const char *const expected[] = {"web-1 execute a.sh", "web-1 execute b.sh x y", ""};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        bench_assert_orders(b, expected[i]);
        bench_answer_all(b);
    }
    run_finish_record(b->run);
    assert_string_equal(bench_instance_of(b, 1)->state, "STANDBY");
    bench_free(b);
}

/* The agent of the system that was replaced may be there for a moment yet. */
static void test_rebuilt(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.rebuilt_at = b->now;
    bench_plan(b);
    struct run_host *host = run_host_find(b->run, "web-0");
    struct run_agent agent = {.hello_n = 3, .boot_at = b->now - 300 * S, .has_journal = true};
    run_hello(b->run, host, &agent);
    bench_assert_orders(b, "");
    agent.hello_n = 4; /* the old one again */
    run_hello(b->run, host, &agent);
    bench_assert_orders(b, "");
    agent.hello_n = 5;
    agent.boot_at = b->now - b->limits.skew; /* two clocks */
    run_hello(b->run, host, &agent);
    bench_assert_orders(b, "web-0 execute a.sh");
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instantiate),
        cmocka_unit_test(test_scripts_are_saved_together),
        cmocka_unit_test(test_package_lacks_script),
        cmocka_unit_test(test_names_that_steer_loading),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_one_object_missing),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_release_silent),
        cmocka_unit_test(test_release_never_there),
        cmocka_unit_test(test_release_without_scripts),
        cmocka_unit_test(test_instantiate_without_scripts),
        cmocka_unit_test(test_release_agent_gone),
        cmocka_unit_test(test_scale_out),
        cmocka_unit_test(test_scale_in),
        cmocka_unit_test(test_heal),
        cmocka_unit_test(test_runtime_script),
        cmocka_unit_test(test_idle_instances),
        cmocka_unit_test(test_members_that_lack),
        cmocka_unit_test(test_standby),
        cmocka_unit_test(test_rebuilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
