/* Runs, without anything but the run: what is sent, in which order, and what follows. */
#include "vnfm-generic/lifecycle/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S USEC_PER_SEC

struct bench {
    struct arena arena;
    struct run_request request;
    struct run_limits limits;
    struct run *run;
    struct run_orders orders;
    int64_t now;
};

static const char record[] =
    "{\"id\":\"r-1\",\"name\":\"web\",\"provides\":{\"configurationParameters\":[{\"confKey\":"
    "\"mgmt\",\"value\":\"covered\"},{\"confKey\":\"answer\"},{\"confKey\":\"k-1\",\"value\":"
    "\"p\"}]},\"configurations\":{\"configurationParameters\":[{\"confKey\":\"PORT\",\"value\":"
    "\"80\"},{\"confKey\":\"k-1\",\"value\":\"c\"}]},\"lifecycle_event\":["
    "{\"event\":\"INSTANTIATE\",\"lifecycle_events\":[\"a.sh\",\"b.sh x y\"]},"
    "{\"event\":\"CONFIGURE\",\"lifecycle_events\":[\"db_one.sh\",\"plain.sh\",\"none_two.sh\"]},"
    "{\"event\":\"START\",\"lifecycle_events\":[\"start.sh\"]},"
    "{\"event\":\"HEAL\",\"lifecycle_events\":[\"heal.sh\"]},"
    "{\"event\":\"SCALE_IN\",\"lifecycle_events\":[\"in.sh\"]},"
    "{\"event\":\"TERMINATE\",\"lifecycle_events\":[\"bye.sh\",\"bye2.sh\"]}],"
    "\"vdu\":[{\"id\":\"u\",\"vnfc_instance\":["
    "{\"id\":\"i-0\",\"hostname\":\"web-0\",\"state\":\"ACTIVE\",\"ips\":[{\"netName\":\"mgmt\","
    "\"ip\":\"10.0.0.1\"}],\"floatingIps\":[{\"netName\":\"mgmt\",\"ip\":\"1.2.3.4\"}]},"
    "{\"id\":\"i-1\",\"hostname\":\"web-1\",\"state\":\"ACTIVE\",\"ips\":[{\"netName\":\"net-2\","
    "\"ip\":\"10.0.0.2\"}]}]}]}";
static const char dependency[] =
    "{\"target\":\"web\",\"idType\":{\"database\":\"db\",\"n\":\"none\"},\"parameters\":{\"db\":"
    "{\"parameters\":{\"user\":\"root\",\"ip\":\"\"}}},\"vnfcParameters\":{\"none\":{"
    "\"parameters\":{}},\"db\":{\"parameters\":{\"d-1\":{\"parameters\":{\"ip\":\"10.1.0.1\"}},"
    "\"d-2\":{\"parameters\":{\"ip\":\"10.1.0.2\"}}}}}}";
static const char package[] =
    "{\"name\":\"p\",\"scripts\":[{\"name\":\"a.sh\",\"payload\":\"YQ==\"},"
    "{\"name\":\"b.sh\",\"payload\":\"Yg==\"},{\"name\":\"db_one.sh\"},"
    "{\"name\":\"plain.sh\"},{\"name\":\"none_two.sh\"},{\"name\":"
    "\"start.sh\"},{\"name\":\"heal.sh\"},{\"name\":\"in.sh\"},{\"name\":"
    "\"bye.sh\"},{\"name\":\"bye2.sh\"}]}";

static void *decode(struct bench *b, const struct proto_type *type, const char *text)
{
    void *rec;
    struct err err = ERR_INIT;
    if (proto_decode(type, text, strlen(text), 0, &b->arena, &rec, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return rec;
}

static struct bench *bench_new(enum action action)
{
    struct bench *b = calloc(1, sizeof(*b));
    b->limits = (struct run_limits)RUN_LIMITS_DEFAULT;
    b->now = 1000 * S;
    b->request = (struct run_request){.id = "run-1",
                                      .action = action,
                                      .vnfr = decode(b, &vnfr_type, record),
                                      .guard = {.at = (const uint8_t *)"guard", .n = 5}};
    return b;
}

static void bench_free(struct bench *b)
{
    arena_release(&b->arena);
    free(b);
}

static void plan(struct bench *b)
{
    struct err err = ERR_INIT;
    b->run = run_plan(&b->request, &b->limits, &b->arena, &err);
    if (!b->run)
        fail_msg("%s", err.msg);
    run_started(b->run, b->now, b->now);
}

static void hello(struct bench *b, const char *hostname, int64_t n, bool has_journal)
{
    struct run_host *host = run_host_find(b->run, hostname);
    assert_non_null(host);
    run_hello(b->run, host,
              &(struct run_agent){.hello_n = n, .boot_at = b->now, .has_journal = has_journal});
}

static void proceed(struct bench *b)
{
    b->orders = (struct run_orders){0};
    run_proceed(b->run, b->now, &b->orders);
}

/* What was ordered, as "host kind script ..." words. */
static void assert_orders(struct bench *b, const char *expected)
{
    static const char *const kinds[] = {"save", "clone", "replace", "dependency", "execute"};
    char text[4000] = "";
    proceed(b);
    for (uint32_t i = 0; i < b->orders.n; i++) {
        const struct run_send *o = &b->orders.at[i];
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %s %s%s%s", i ? ", " : "",
                 o->host->hostname, kinds[o->step->kind], o->step->script,
                 o->step->source[0] ? "/" : "", o->step->source);
    }
    assert_string_equal(text, expected);
}

static void answer(struct bench *b, uint32_t order, int status, const char *output,
                   const char *state)
{
    struct run_send o = b->orders.at[order];
    run_reply(
        b->run, o.host, o.step,
        &(struct ems_reply){
            .status = status, .output = output, .err = status ? "went wrong" : "", .state = state},
        b->now);
}

static void answer_all(struct bench *b)
{
    for (uint32_t i = 0; i < b->orders.n; i++)
        answer(b, i, 0, "", NULL);
}

static const char *env_of(struct bench *b, uint32_t order, const char *name)
{
    struct proto_strmap env =
        run_environment(b->run, b->orders.at[order].host, b->orders.at[order].step);
    return proto_strmap_get(&env, name);
}

static struct step *step_of(struct bench *b, const char *hostname, const char *script)
{
    struct run_host *host = run_host_find(b->run, hostname);
    for (uint32_t i = 0; i < host->n; i++)
        if (strcmp(host->steps[i]->script, script) == 0)
            return host->steps[i];
    fail_msg("no %s", script);
    return NULL;
}

static const struct vnfc_instance *instance_of(struct bench *b, uint32_t i)
{
    return b->run->vnfr->vdu.at[0]->vnfc_instance.at[i];
}

/* --- tests --- */

static void test_instantiate(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package =
        decode(b, &vnf_package_type, "{\"name\":\"p\",\"scriptsLink\":\"http://x/y.git\"}");
    plan(b);
    assert_orders(b, ""); /* nobody has said hello */
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 clone ");
    assert_orders(b, "");
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-1 clone ");
    b->orders.at[0] =
        (struct run_send){run_host_find(b->run, "web-0"), run_host_find(b->run, "web-0")->steps[1]};
    answer_all(b);
    assert_orders(b, "web-0 execute a.sh"); /* each at its own pace */
    assert_true(b->orders.at[0].step->is_dirty);
    answer_all(b);
    assert_orders(b, "web-0 execute b.sh x y");
    answer_all(b);
    assert_orders(b, "");
    assert_false(b->run->end.is_over);
    b->orders =
        (struct run_orders){.at = &(struct run_send){run_host_find(b->run, "web-1"),
                                                     run_host_find(b->run, "web-1")->steps[1]},
                            .n = 1};
    answer_all(b);
    assert_orders(b, "web-1 execute a.sh");
    answer_all(b);
    assert_orders(b, "web-1 execute b.sh x y");
    answer_all(b);
    assert_orders(b, "");
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
    b->request.package = decode(b, &vnf_package_type, package);
    plan(b);
    hello(b, "web-0", 1, false); /* without journal: the guard script goes along */
    proceed(b);
    assert_int_equal(b->orders.n, 1 + 10);
    assert_true(b->orders.at[0].step->is_guard);
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    run_command_body(b->run, b->orders.at[1].host, b->orders.at[1].step, &body);
    assert_string_equal(body.s, "{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"YQ==\",\"name\":"
                                "\"a.sh\",\"script-path\":\"/opt/openbaton/scripts\"}");
    answer_all(b);
    assert_orders(b, "web-0 execute a.sh");
    sbuf_clear(&body);
    run_command_body(b->run, b->orders.at[0].host, b->orders.at[0].step, &body);
    assert_non_null(strstr(body.s, "\"payload\":\"baton-guard.sh run-1.web-0.11 a.sh\""));
    assert_non_null(strstr(body.s, "\"timeout\":900"));
    bench_free(b);
}

/* The fault goes to the NFVO's history, to events and to people. */
static void test_no_login_in_a_fault(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = decode(b, &vnf_package_type,
                                "{\"name\":\"p\",\"scriptsLink\":\"https://u:s3cret@x/y.git\"}");
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 clone ");
    answer(b, 0, 128, "", NULL);
    proceed(b);
    assert_true(b->run->end.has_failed);
    assert_non_null(strstr(b->run->end.err.msg, "https://***@x/y.git"));
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
        struct configuration *c = decode(
            b, &configuration_type,
            "{\"configurationParameters\":[{\"confKey\":\"LD_PRELOAD\",\"value\":\"/x.so\"}]}");
        if (way == 1)
            b->request.vnfr->provides = c;
        else if (way == 2)
            b->request.dependency =
                decode(b, &vnf_record_dependency_type,
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

static void test_package_lacks_script(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    struct err err = ERR_INIT;
    (void)state;
    b->request.package =
        decode(b, &vnf_package_type, "{\"name\":\"p\",\"scripts\":[{\"name\":\"a.sh\"}]}");
    assert_null(run_plan(&b->request, &b->limits, &b->arena, &err));
    assert_string_equal(err.msg, "vnfd 'web': event INSTANTIATE names the script 'b.sh x y', which "
                                 "its package 'p' lacks");
    bench_free(b);
}

static void test_environment(void **state)
{
    struct bench *b = bench_new(ACTION_MODIFY);
    (void)state;
    b->request.dependency = decode(b, &vnf_record_dependency_type, dependency);
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 dependency ");
    assert_non_null(strstr(b->orders.at[0].step->text, "\"d-2\""));
    answer_all(b);
    assert_orders(b, "web-0 execute db_one.sh/d-1");
    assert_string_equal(env_of(b, 0, "PORT"), "80");
    assert_string_equal(env_of(b, 0, "k_1"), "c"); /* configurations after provides */
    assert_string_equal(env_of(b, 0, "mgmt"), "10.0.0.1");
    assert_string_equal(env_of(b, 0, "mgmt_floatingIp"), "1.2.3.4");
    assert_string_equal(env_of(b, 0, "hostname"), "web-0");
    assert_string_equal(env_of(b, 0, "db_user"), "root");
    assert_string_equal(env_of(b, 0, "db_ip"), "10.1.0.1");
    assert_null(env_of(b, 0, "answer")); /* without value */
    answer_all(b);
    assert_orders(b, "web-0 execute db_one.sh/d-2");
    assert_string_equal(env_of(b, 0, "db_ip"), "10.1.0.2");
    answer_all(b);
    assert_orders(b, "web-0 execute plain.sh");
    assert_null(env_of(b, 0, "db_ip"));
    answer_all(b);
    assert_orders(b, ""); /* none_two.sh: no instance of the source */
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-1 dependency ");
    answer_all(b);
    proceed(b);
    assert_string_equal(env_of(b, 0, "net_2"), "10.0.0.2");
    /* web-0's address covered it: it is there again (7.5 [BUG]) */
    assert_string_equal(env_of(b, 0, "mgmt"), "covered");
    bench_free(b);
}

static void test_one_object_missing(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    b->request.vnfr->provides = NULL;
    plan(b);
    hello(b, "web-0", 1, true);
    proceed(b);
    assert_null(env_of(b, 0, "PORT")); /* nothing at all if either is missing (7.5) */
    bench_free(b);
}

static void test_failure(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    b->request.vnfr->vdu.at[0]->vnfc_instance.at[0]->state = "INACTIVE";
    plan(b);
    hello(b, "web-0", 1, true);
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-0 execute start.sh, web-1 execute start.sh");
    answer(b, 1, 3, "one\ntwo\n", NULL);
    assert_orders(b, "");
    const struct run_end *end = &b->run->end;
    assert_true(end->is_over && end->has_failed);
    assert_string_equal(end->host, "web-1");
    assert_string_equal(end->script, "start.sh");
    assert_int_equal(end->exit_code, 3);
    assert_string_equal(end->output_tail, "went wrong");
    assert_string_equal(end->err.msg, "EMS (web-1) had the following error: script 'start.sh' of "
                                      "START ended with 3: went wrong");
    assert_string_equal(instance_of(b, 1)->state, "error");
    run_finish_record(b->run);
    assert_string_equal(instance_of(b, 0)->state, "INACTIVE"); /* as it was */
    bench_free(b);
}

static void test_failure_stops_others(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-0 execute a.sh, web-1 execute a.sh");
    answer(b, 0, 0, "", NULL);
    answer(b, 1, 1, "", NULL);
    assert_orders(b, ""); /* no b.sh on web-0 */
    assert_string_equal(b->run->end.host, "web-1");
    bench_free(b);
}

static void test_resent_with_the_same_id(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 execute start.sh");
    const char *id = b->orders.at[0].step->command;
    assert_orders(b, "");
    hello(b, "web-0", 1, true); /* known already */
    assert_orders(b, "");
    hello(b, "web-0", 2, true); /* its queue is a new one */
    assert_orders(b, "web-0 execute start.sh");
    assert_string_equal(b->orders.at[0].step->command, id);
    run_resend(b->run, b->now);
    assert_orders(b, "web-0 execute start.sh");
    bench_free(b);
}

static void test_returned(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 execute start.sh");
    run_returned(b->run, b->orders.at[0].host, b->orders.at[0].step, b->now);
    assert_orders(b, "");
    b->now += b->limits.retry;
    assert_orders(b, "web-0 execute start.sh");
    run_returned(b->run, b->orders.at[0].host, b->orders.at[0].step, b->now);
    hello(b, "web-0", 2, true);
    assert_orders(b, "web-0 execute start.sh");
    run_returned(b->run, b->orders.at[0].host, b->orders.at[0].step, b->now);
    b->now += b->limits.hello;
    proceed(b);
    assert_true(b->run->end.has_failed);
    assert_int_equal(b->run->end.err.code, ERR_TIMEOUT);
    bench_free(b);
}

static void test_no_journal_no_guard(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 execute start.sh");
    step_of(b, "web-0", RUN_GUARD_SCRIPT)->state = STEP_SKIPPED;
    hello(b, "web-0", 2, false); /* another agent, which knows nothing of the first */
    assert_orders(b, "");
    assert_int_equal(b->run->end.err.code, ERR_UNKNOWN);
    bench_free(b);
}

static void test_unknown(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    proceed(b);
    answer(b, 0, -1, "", EMS_STATE_UNKNOWN);
    assert_int_equal(b->run->end.err.code, ERR_UNKNOWN);
    assert_int_equal(step_of(b, "web-0", "start.sh")->state, STEP_UNKNOWN);
    bench_free(b);
}

static void test_deadlines(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    plan(b);
    proceed(b);
    assert_int_equal(b->run->due_at, b->now + b->limits.hello);
    hello(b, "web-0", 1, true);
    hello(b, "web-1", 1, true);
    proceed(b);
    assert_int_equal(b->run->due_at, b->now + b->limits.script + b->limits.slack);
    for (int64_t n = 2; !b->run->end.is_over && n < 100; n++) { /* a flapping agent */
        b->now += b->limits.script / 2;
        hello(b, "web-0", n, true);
        hello(b, "web-1", n, true);
        proceed(b);
    }
    assert_int_equal(b->run->end.err.code, ERR_UNKNOWN);
    assert_true(b->now <= 1000 * S + 3 * (b->limits.script + b->limits.slack));
    bench_free(b);
}

static void test_grace_after_a_start(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    run_started(b->run, b->now - 10 * b->limits.hello, b->now);
    proceed(b);
    assert_false(b->run->end.is_over);
    assert_int_equal(b->run->due_at, b->now + b->limits.grace);
    b->now += b->limits.grace;
    proceed(b);
    assert_true(b->run->end.has_failed);
    bench_free(b);
}

static void test_goes_on_from_rows(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = decode(b, &vnf_package_type, package);
    plan(b);
    struct step *a = step_of(b, "web-0", "a.sh"); /* the saving; the script is behind it */
    assert_int_equal(a->kind, STEP_SAVE);
    run_adopt(b->run, &(struct step_row){.hostname = "web-0",
                                         .command = "old",
                                         .event = "INSTANTIATE",
                                         .script = "a.sh",
                                         .source = "",
                                         .seq = 11,
                                         .state = STEP_DONE,
                                         .sets = "##baton set answer 42\n",
                                         .first_sent_at = 1,
                                         .sent_at = 1,
                                         .done_at = 2});
    run_adopt(b->run, &(struct step_row){.hostname = "web-0",
                                         .command = "run-1.web-0.12",
                                         .event = "INSTANTIATE",
                                         .script = "b.sh x y",
                                         .source = "",
                                         .seq = 12,
                                         .state = STEP_SENT,
                                         .first_sent_at = b->now,
                                         .sent_at = b->now});
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 execute b.sh x y"); /* the same id: its outcome is asked for */
    assert_string_equal(b->orders.at[0].step->command, "run-1.web-0.12");
    assert_string_equal(env_of(b, 0, "answer"), "42");
    bench_free(b);
}

static void test_resume(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.id = "run-2";
    plan(b);
    run_inherit(b->run, &(struct step_row){.hostname = "web-0",
                                           .command = "run-1.web-0.1",
                                           .event = "INSTANTIATE",
                                           .script = "a.sh",
                                           .source = "",
                                           .seq = 1,
                                           .state = STEP_DONE,
                                           .done_at = 5});
    run_inherit(b->run, &(struct step_row){.hostname = "web-0",
                                           .command = "run-1.web-0.2",
                                           .event = "INSTANTIATE",
                                           .script = "b.sh x y",
                                           .source = "",
                                           .seq = 2,
                                           .state = STEP_FAILED});
    run_inherit(b->run, &(struct step_row){.hostname = "web-1",
                                           .command = "run-1.web-1.1",
                                           .event = "INSTANTIATE",
                                           .script = "a.sh",
                                           .source = "",
                                           .seq = 1,
                                           .state = STEP_SENT,
                                           .first_sent_at = b->now,
                                           .sent_at = b->now});
    hello(b, "web-0", 1, true);
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-0 execute b.sh x y, web-1 execute a.sh");
    assert_string_equal(b->orders.at[0].step->command, "run-2.web-0.2"); /* anew */
    assert_string_equal(b->orders.at[1].step->command, "run-1.web-1.1"); /* may still run */
    answer(b, 1, 3, "", NULL); /* it failed there, as on web-0 */
    assert_orders(b, "web-1 execute a.sh");
    assert_string_equal(b->orders.at[0].step->command, "run-2.web-1.1");
    answer(b, 0, 3, "", NULL);
    assert_orders(b, "");
    assert_true(b->run->end.has_failed);
    bench_free(b);
}

static void test_release(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    plan(b);
    hello(b, "web-0", 3, true); /* web-1 never said hello */
    assert_orders(b, "web-0 execute bye.sh");
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    run_command_body(b->run, b->orders.at[0].host, b->orders.at[0].step, &body);
    assert_non_null(strstr(body.s, "\"preempt\":true"));
    assert_non_null(strstr(body.s, "\"timeout\":120"));
    answer(b, 0, 9, "", NULL);
    assert_orders(b, "web-0 execute bye2.sh"); /* noted, and on */
    b->now += b->limits.terminate + b->limits.slack;
    assert_orders(b, "");
    assert_true(b->run->end.is_over);
    assert_false(b->run->end.has_failed);
    assert_true(b->run->noted.has_failed); /* the first one, and not that bye2.sh was silent */
    assert_string_equal(b->run->noted.host, "web-0");
    assert_string_equal(b->run->noted.script, "bye.sh");
    assert_int_equal(b->run->noted.exit_code, 9);
    assert_non_null(strstr(b->run->noted.err.msg, "'bye.sh' of TERMINATE ended with 9"));
    run_finish_record(b->run);
    assert_int_equal(b->run->vnfr->lifecycle_event_history.n, 4);
    assert_string_equal(instance_of(b, 1)->state, "ACTIVE");
    bench_free(b);
}

static void test_release_silent(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    plan(b);
    hello(b, "web-0", 3, true);
    assert_orders(b, "web-0 execute bye.sh");
    b->now += b->limits.terminate + b->limits.slack;
    assert_orders(b, ""); /* who does not answer once is not asked again */
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    assert_int_equal(step_of(b, "web-0", "bye.sh")->state, STEP_UNKNOWN);
    assert_int_equal(step_of(b, "web-0", "bye2.sh")->state, STEP_SKIPPED);
    assert_int_equal(b->run->noted.err.code, ERR_UNKNOWN);
    bench_free(b);
}

/* Whose agent never came has nothing to end: a deletion in the middle of a deployment is no fault.
 */
static void test_release_never_there(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    plan(b);
    assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    assert_int_equal(step_of(b, "web-0", "bye.sh")->state, STEP_SKIPPED);
    assert_false(b->run->noted.has_failed);
    bench_free(b);
}

static void test_instantiate_without_scripts(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.vnfr->lifecycle_event.n = 0;
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "");
    assert_false(b->run->end.is_over); /* the other one's agent is awaited */
    hello(b, "web-1", 1, true);
    assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    bench_free(b);
}

static void test_second_answer(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    proceed(b);
    answer(b, 0, 0, "", NULL);
    answer(b, 0, 5, "", NULL); /* to the repetition, from another life of the agent */
    assert_int_equal(step_of(b, "web-0", "start.sh")->state, STEP_DONE);
    assert_false(b->run->end.has_failed);
    bench_free(b);
}

static void test_release_without_scripts(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    b->request.vnfr->lifecycle_event.n = 0;
    plan(b);
    assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    bench_free(b);
}

static void test_release_agent_gone(void **state)
{
    struct bench *b = bench_new(ACTION_RELEASE_RESOURCES);
    (void)state;
    plan(b);
    hello(b, "web-0", 3, true);
    proceed(b);
    for (int i = 0; i < 100 && !b->run->end.is_over; i++) {
        for (uint32_t k = 0; k < b->orders.n; k++)
            run_returned(b->run, b->orders.at[k].host, b->orders.at[k].step, b->now);
        proceed(b);
        b->now = b->run->due_at == INT64_MAX ? b->now : b->run->due_at;
        proceed(b);
    }
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    assert_true(b->now <= 1000 * S + b->limits.gone + b->limits.retry);
    assert_int_equal(step_of(b, "web-0", "bye.sh")->state, STEP_SKIPPED);
    assert_true(b->run->noted.has_failed);
    assert_string_equal(b->run->noted.script, "bye.sh");
    assert_non_null(strstr(b->run->noted.err.msg, "did not run, its agent is not there"));
    bench_free(b);
}

static void test_scale_out(void **state)
{
    struct bench *b = bench_new(ACTION_SCALE_OUT);
    (void)state;
    b->request.instance = decode(b, &vnfc_instance_type, "{\"id\":\"i-0\",\"hostname\":\"web-0\"}");
    b->request.dependency = decode(b, &vnf_record_dependency_type, dependency);
    plan(b);
    assert_int_equal(b->run->n_hosts, 1);
    hello(b, "web-0", 1, true);
    const char *const expected[] = {"web-0 execute a.sh",          "web-0 execute b.sh x y",
                                    "web-0 dependency ",           "web-0 execute db_one.sh/d-1",
                                    "web-0 execute db_one.sh/d-2", "web-0 execute plain.sh",
                                    "web-0 execute start.sh"};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_orders(b, expected[i]);
        answer_all(b);
    }
    proceed(b);
    run_finish_record(b->run);
    assert_string_equal(b->request.instance->state, "ACTIVE");
    bench_free(b);
}

static void test_scale_in(void **state)
{
    struct bench *b = bench_new(ACTION_SCALE_IN);
    (void)state;
    b->request.instance = decode(b, &vnfc_instance_type,
                                 "{\"id\":\"d-1\",\"hostname\":\"db-3\",\"ips\":[{\"netName\":"
                                 "\"mgmt\",\"ip\":\"10.1.0.1\"}]}");
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 execute in.sh");
    assert_string_equal(env_of(b, 0, "removing_mgmt"), "10.1.0.1");
    assert_string_equal(env_of(b, 0, "removing_hostname"), "db-3");
    assert_string_equal(env_of(b, 0, "mgmt"), "10.0.0.1");
    bench_free(b);
}

static void test_heal(void **state)
{
    struct bench *b = bench_new(ACTION_HEAL);
    (void)state;
    b->request.instance = decode(b, &vnfc_instance_type, "{\"id\":\"i-0\",\"hostname\":\"web-0\"}");
    b->request.cause = "serviceDown";
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 execute heal.sh");
    assert_string_equal(env_of(b, 0, "cause"), "serviceDown");
    bench_free(b);

    b = bench_new(ACTION_HEAL);
    b->request.instance = decode(b, &vnfc_instance_type, "{\"id\":\"i-1\",\"hostname\":\"web-1\"}");
    b->request.cause = "switchToStandby";
    b->request.vnfr->vdu.at[0]->vnfc_instance.at[1]->state = "STANDBY";
    plan(b);
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-1 execute start.sh");
    answer_all(b);
    proceed(b);
    run_finish_record(b->run);
    assert_string_equal(instance_of(b, 1)->state, "ACTIVE");
    assert_string_equal(b->request.instance->state, "ACTIVE");
    bench_free(b);
}

static void test_runtime_script(void **state)
{
    struct bench *b = bench_new(ACTION_EXECUTE);
    (void)state;
    b->request.script =
        decode(b, &script_type, "{\"name\":\"ob_runtime_script\",\"payload\":\"dXB0aW1l\"}");
    plan(b);
    hello(b, "web-0", 1, true);
    assert_orders(b, "web-0 save ob_runtime_script-3c9d57fc"); /* a file per request */
    answer_all(b);
    assert_orders(b, "web-0 execute ob_runtime_script-3c9d57fc");
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    run_command_body(b->run, b->orders.at[0].host, b->orders.at[0].step, &body);
    assert_null(strstr(body.s, "\"env\"")); /* 7.4 */
    bench_free(b);
}

/* The same file again, by the first request's id: so what ran there is found. */
static void test_runtime_script_resumed(void **state)
{
    struct bench *b = bench_new(ACTION_EXECUTE);
    (void)state;
    b->request.id = "run-9";
    b->request.root = "run-1";
    b->request.script = decode(b, &script_type, "{\"name\":\"x.py\",\"payload\":\"dXB0aW1l\"}");
    plan(b);
    run_inherit(b->run, &(struct step_row){.hostname = "web-0",
                                           .command = "run-1.web-0.2",
                                           .event = "EXECUTE",
                                           .script = "x-3c9d57fc.py",
                                           .source = "",
                                           .seq = 2,
                                           .state = STEP_DONE});
    hello(b, "web-0", 1, true);
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-0 save x-3c9d57fc.py, web-1 save x-3c9d57fc.py");
    answer_all(b);
    assert_orders(b, "web-1 execute x-3c9d57fc.py");
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
        plan(b);
        for (uint32_t k = 0; k < b->run->n_hosts; k++)
            hello(b, b->run->hosts[k].hostname, 1, true);
        assert_orders(b, rows[i].expected);
        run_finish_record(b->run);
        assert_string_equal(instance_of(b, 1)->state,
                            strcmp(rows[i].state, "INACTIVE") == 0 ? "ACTIVE" : rows[i].state);
        bench_free(b);
    }
    struct bench *b = bench_new(ACTION_STOP);
    b->request.vnfr->lifecycle_event.at[2]->event = "STOP";
    b->request.instance = b->request.vnfr->vdu.at[0]->vnfc_instance.at[1];
    b->request.instance->state = "FAILED";
    plan(b);
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-1 execute start.sh");
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
            b->request.instance = decode(b, &vnfc_instance_type, rows[i].instance);
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
    plan(b);
    hello(b, "web-1", 1, true);
    const char *const expected[] = {"web-1 execute a.sh", "web-1 execute b.sh x y", ""};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_orders(b, expected[i]);
        answer_all(b);
    }
    run_finish_record(b->run);
    assert_string_equal(instance_of(b, 1)->state, "STANDBY");
    bench_free(b);
}

/* The agent of the system that was replaced may be there for a moment yet. */
static void test_rebuilt(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.rebuilt_at = b->now;
    plan(b);
    struct run_host *host = run_host_find(b->run, "web-0");
    struct run_agent agent = {.hello_n = 3, .boot_at = b->now - 300 * S, .has_journal = true};
    run_hello(b->run, host, &agent);
    assert_orders(b, "");
    agent.hello_n = 4; /* the old one again */
    run_hello(b->run, host, &agent);
    assert_orders(b, "");
    agent.hello_n = 5;
    agent.boot_at = b->now - b->limits.skew; /* two clocks */
    run_hello(b->run, host, &agent);
    assert_orders(b, "web-0 execute a.sh");
    bench_free(b);
}

/* The request comes again when its answer is known: nothing runs. */
static void test_ended_before(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    plan(b);
    run_adopt(b->run, &(struct step_row){.hostname = "web-0",
                                         .command = "run-1.web-0.1",
                                         .event = "INSTANTIATE",
                                         .script = "a.sh",
                                         .source = "",
                                         .seq = 1,
                                         .state = STEP_FAILED,
                                         .exit_code = 7,
                                         .done_at = 5});
    hello(b, "web-0", 1, true);
    assert_orders(b, ""); /* no b.sh */
    assert_true(b->run->end.has_failed);
    assert_string_equal(b->run->end.script, "a.sh");
    assert_int_equal(b->run->end.exit_code, 7);
    bench_free(b);

    b = bench_new(ACTION_INSTANTIATE);
    plan(b);
    run_was_done(b->run);
    hello(b, "web-0", 1, true);
    assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    bench_free(b);
}

/* The package as it is now, and none of the scripts that were done. */
static void test_resume_saves_again(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = decode(b, &vnf_package_type, package);
    plan(b);
    struct step_row row = {.hostname = "web-0",
                           .command = "run-0.web-0.11",
                           .event = "INSTANTIATE",
                           .script = "a.sh",
                           .source = "",
                           .seq = 11,
                           .state = STEP_DONE};
    run_inherit(b->run, &row);
    row.hostname = "web-1"; /* where it may run yet: nothing is written beside it */
    row.state = STEP_SENT;
    row.sent_at = row.first_sent_at = b->now;
    run_inherit(b->run, &row);
    hello(b, "web-0", 1, true);
    proceed(b);
    assert_int_equal(b->orders.n, 10);
    answer_all(b);
    assert_orders(b, "web-0 execute b.sh x y");
    hello(b, "web-1", 1, true);
    assert_orders(b, "web-1 execute a.sh");
    bench_free(b);
}

static void test_publishing(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    hello(b, "web-1", 1, true);
    proceed(b);
    answer(b, 0, 0, "x\n##baton set answer {\"a\": 1} b\r\n##baton set other 2\n##baton set answer",
           NULL);
    answer(b, 1, 0, "", NULL);
    proceed(b);
    run_finish_record(b->run);
    assert_string_equal(b->run->vnfr->provides->parameters.at[1]->value, "{\"a\": 1} b");
    const struct history_event_list *history = &b->run->vnfr->lifecycle_event_history;
    assert_int_equal(history->n, 3);
    assert_non_null(strstr(history->at[1]->description, "'other'"));
    bench_free(b);
}

static void test_cancel(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    plan(b);
    hello(b, "web-0", 1, true);
    run_cancel(b->run, "because");
    assert_orders(b, "");
    assert_int_equal(b->run->end.err.code, ERR_STATE);
    assert_null(b->run->end.host);
    bench_free(b);
}

static void test_long_output(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    static char text[300000];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, i % 200 ? "\xC3\xA4" : " \n", 2);
    plan(b);
    hello(b, "web-0", 1, true);
    proceed(b);
    answer(b, 0, 0, text, NULL);
    const char *kept = step_of(b, "web-0", "start.sh")->output;
    assert_true(strlen(kept) < 70000);
    assert_non_null(strstr(kept, " bytes left out "));
    bench_free(b);
}

/* Agents that lose commands and answers, go and come: whatever happens, no script is started twice
 * on a host that journals, scripts of a host run in order, and the run ends. */
struct world_host {
    int64_t hello_n;
    bool is_up;
    const char *known[64]; /* command ids that ran, in order */
    int n;
    uint32_t order; /* of the last script that was started */
};

static unsigned dice(uint64_t *seed, unsigned n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

static bool world_deliver(struct bench *b, struct world_host *w, const struct run_send *o,
                          uint64_t *seed)
{
    if (!w->is_up) {
        run_returned(b->run, o->host, o->step, b->now);
        return false;
    }
    if (dice(seed, 5) == 0)
        return false; /* lost on the way */
    bool is_known = false;
    for (int i = 0; i < w->n; i++)
        is_known |= strcmp(w->known[i], o->step->command) == 0;
    if (!is_known) {
        if (o->step->kind == STEP_EXECUTE) {
            assert_true((uint32_t)o->step->seq > w->order);
            w->order = (uint32_t)o->step->seq;
        }
        assert_true(w->n < 64);
        w->known[w->n++] = o->step->command;
    }
    return dice(seed, 4) != 0; /* or its answer is lost */
}

static void simulate(uint64_t seed)
{
    struct bench *b = bench_new(ACTION_SCALE_OUT);
    struct world_host worlds[2] = {{0}};
    b->request.action = dice(&seed, 2) ? ACTION_INSTANTIATE : ACTION_MODIFY;
    b->request.package = decode(b, &vnf_package_type, package);
    b->request.dependency = decode(b, &vnf_record_dependency_type, dependency);
    plan(b);
    for (int round = 0; round < 2000 && !b->run->end.is_over; round++) {
        unsigned h = dice(&seed, 2);
        struct run_host *host = &b->run->hosts[h];
        if (!worlds[h].is_up || dice(&seed, 10) == 0) {
            worlds[h].is_up = !worlds[h].is_up;
            if (worlds[h].is_up)
                run_hello(b->run, host,
                          &(struct run_agent){.hello_n = ++worlds[h].hello_n, .has_journal = true});
        }
        if (dice(&seed, 10) == 0)
            run_resend(b->run, b->now);
        proceed(b);
        struct run_orders orders = b->orders;
        for (uint32_t i = 0; i < orders.n; i++)
            if (world_deliver(b, &worlds[orders.at[i].host - b->run->hosts], &orders.at[i], &seed))
                run_reply(b->run, orders.at[i].host, orders.at[i].step,
                          &(struct ems_reply){.output = "", .err = ""}, b->now);
        b->now += dice(&seed, 1000) * USEC_PER_MS;
    }
    assert_true(b->run->end.is_over);
    if (b->run->end.has_failed)
        fail_msg("seed: %s", b->run->end.err.msg);
    for (unsigned h = 0; h < 2; h++)
        for (uint32_t i = 0; i < b->run->hosts[h].n; i++)
            assert_int_equal(b->run->hosts[h].steps[i]->state, STEP_DONE);
    bench_free(b);
}

static void test_simulated(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++)
        simulate(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instantiate),
        cmocka_unit_test(test_scripts_are_saved_together),
        cmocka_unit_test(test_package_lacks_script),
        cmocka_unit_test(test_names_that_steer_loading),
        cmocka_unit_test(test_no_login_in_a_fault),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_one_object_missing),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_failure_stops_others),
        cmocka_unit_test(test_resent_with_the_same_id),
        cmocka_unit_test(test_returned),
        cmocka_unit_test(test_no_journal_no_guard),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_grace_after_a_start),
        cmocka_unit_test(test_goes_on_from_rows),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_release_silent),
        cmocka_unit_test(test_release_never_there),
        cmocka_unit_test(test_release_without_scripts),
        cmocka_unit_test(test_instantiate_without_scripts),
        cmocka_unit_test(test_second_answer),
        cmocka_unit_test(test_release_agent_gone),
        cmocka_unit_test(test_scale_out),
        cmocka_unit_test(test_scale_in),
        cmocka_unit_test(test_heal),
        cmocka_unit_test(test_runtime_script),
        cmocka_unit_test(test_runtime_script_resumed),
        cmocka_unit_test(test_idle_instances),
        cmocka_unit_test(test_members_that_lack),
        cmocka_unit_test(test_standby),
        cmocka_unit_test(test_rebuilt),
        cmocka_unit_test(test_ended_before),
        cmocka_unit_test(test_resume_saves_again),
        cmocka_unit_test(test_publishing),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_long_output),
        cmocka_unit_test(test_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
