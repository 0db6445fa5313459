/* A real agent against a real broker, commanded as a VNFM does it. */
#include "tests/support/ems_bed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SAVE_OK                                                                                    \
    "{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"ZWNobyBvayAkMSAkQQo=\",\"name\":\"ok.sh\","        \
    "\"script-path\":\"/opt/openbaton/scripts\"}" /* echo ok $1 $A */
/* Says that it has begun, counts how often it was begun, and waits to be let go. */
#define HELD "echo begun; echo run >>../runs; until [ -e ../go ]; do sleep 0.02; done; echo ended\n"

static struct ems_bed *start(enum ems_bed_kind kind)
{
    struct ems_bed *bed = ems_bed_new(kind);
    ems_bed_start(bed);
    return bed;
}

static void test_saves_and_executes(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);
    const struct ems_reply *r;

    (void)state;
    assert_string_equal(bed->hello->hostname, "web-4711");
    assert_int_equal(bed->hello->capabilities.n, 1);
    assert_string_equal(bed->hello->capabilities.at[0], EMS_CAPABILITY_JOURNAL);
    assert_true(strlen(bed->hello->boot) > 30);

    r = ems_bed_ask(bed, "save", SAVE_OK);
    assert_int_equal(r->status, 0);
    assert_string_equal(r->output, "['ok.sh']");
    assert_string_equal(r->err, "");

    ems_bed_execute(bed, "run", "ok.sh  one", ",\"env\":{\"A\":\"a b\",\"HOME\":\"no\"}");
    r = ems_bed_await(bed, "run", 1);
    assert_int_equal(r->status, 0);
    assert_string_equal(r->output, "ok one a b\n");
    assert_string_equal(r->err, "");
    assert_null(r->state);
    ems_bed_free(bed);
}

/* Before issue 8 the agent's shell ran the file that a parameter BASH_ENV names, before the
 * script. */
static void test_names_that_steer_loading(void **state)
{
    static const char *const names[] = {"BASH_ENV", "LD_PRELOAD", "PATH", "IFS"};
    struct ems_bed *bed = start(EMS_BED_STRICT);
    (void)state;
    ems_bed_script(bed, "evil.sh", "echo evil\n");
    ems_bed_script(bed, "quiet.sh", "exit 0\n");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char id[16], env[96];
        snprintf(id, sizeof(id), "x%zu", i);
        snprintf(env, sizeof(env), ",\"env\":{\"%s\":\"evil.sh\"}", names[i]);
        ems_bed_execute(bed, id, "quiet.sh", env);
        const struct ems_reply *r = ems_bed_await(bed, id, 1);
        assert_int_not_equal(r->status, 0);
        assert_null(strstr(r->output, "evil"));
        assert_non_null(strstr(r->err, "would change how programs are loaded: rename it"));
    }
    ems_bed_free(bed);
}

/* Members that the reference's VNFM reads are always there. */
static void test_form_of_an_answer(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);

    (void)state;
    ems_bed_script(bed, "quiet.sh", "exit 0\n");
    ems_bed_execute(bed, "quiet", "quiet.sh", "");
    ems_bed_await(bed, "quiet", 1);
    const char *body = bed->answers[0].body;
    assert_non_null(strstr(body, "\"output\":\"\""));
    assert_non_null(strstr(body, "\"err\":\"\""));
    assert_non_null(strstr(body, "\"status\":0"));
    ems_bed_free(bed);
}

/* One whose user data is of before: it binds its queue, writes the exchange, and is commanded as
 * the others are. */
static void test_old_agent(void **state)
{
    struct ems_bed *bed = start(EMS_BED_OLD);

    (void)state;
    assert_int_equal(ems_bed_ask(bed, "save", SAVE_OK)->status, 0);
    ems_bed_execute(bed, "run", "ok.sh", "");
    assert_int_equal(ems_bed_await(bed, "run", 1)->status, 0);
    ems_bed_await_text(bed, "agent.log", "default_exchange=false");
    ems_bed_kill(bed, SIGKILL);
    ems_bed_start(bed);
    assert_int_equal(ems_bed_ask(bed, "again", SAVE_OK)->status, 0);
    ems_bed_free(bed);
}

/* Hello and answers reach queues that nobody bound. */
static void test_reference_vnfm(void **state)
{
    struct ems_bed *bed = start(EMS_BED_REFERENCE);
    const struct ems_reply *r = ems_bed_ask(bed, "save", SAVE_OK);

    (void)state;
    assert_int_equal(r->status, 0);
    ems_bed_await_text(bed, "agent.log",
                       "ev=hello hostname=web-4711 type=generic "
                       "default_exchange=true");
    ems_bed_free(bed);
}

/* User, exchange and VNFM come when the agent has long been there. */
static void test_everybody_else_is_late(void **state)
{
    struct ems_bed *bed = ems_bed_new(EMS_BED_STRICT);

    (void)state;
    ems_bed_spawn(bed);
    ems_bed_await_text(bed, "agent.log", "times=2");
    ems_bed_make_user(bed);
    ems_bed_await_text(bed, "agent.log", "ev=connected");
    ems_bed_await_text(bed, "agent.log", "item=publishing"); /* there is no exchange */
    ems_bed_open_vnfm(bed);
    ems_bed_await_hello(bed, 1);
    assert_int_equal(ems_bed_ask(bed, "save", SAVE_OK)->status, 0);
    ems_bed_free(bed);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *body, *err; /* which the answer's err holds */
    } cases[] = {
        {"nonsense", "read the request"},
        {"", "read the request"},
        {"[]", "read the request"},
        {"{}", "there is no action ''"},
        {"{\"action\":\"DANCE\"}", "there is no action 'DANCE'"},
        {"{\"action\":\"EXECUTE\",\"payload\":\"\"}", "names no script"},
        {"{\"action\":\"EXECUTE\",\"payload\":\"../../../bin/ls\"}", "has '..' in it"},
        {"{\"action\":\"EXECUTE\",\"payload\":\"none.sh\"}", "there is no script 'none.sh'"},
        {"{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"*\",\"name\":\"a\"}", "not base64"},
        {"{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"QQ==\"}", "not a file name"},
        {"{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"QQ==\",\"name\":\"../a\"}", "has '..' in it"},
        {"{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"QQ==\",\"name\":\"a\",\"script-path\":\"/"
         "etc\"}",
         "is outside of the scripts"},
        {"{\"action\":\"CLONE_SCRIPTS\",\"payload\":\"--upload-pack=x\"}",
         "not the address of a repository"},
        {"{\"action\":\"SAVE_VNFR_DEPENDENCY\",\"payload\":\"x\"}", "read the dependency"},
        {"{\"action\":\"LOG\",\"payload\":\"never\"}", "not known here"},
        {"{\"action\":\"LOG\",\"payload\":\"\"}", "nothing runs here"},
    };
    struct ems_bed *bed = start(EMS_BED_STRICT);
    char id[32];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        snprintf(id, sizeof(id), "refused-%zu", i);
        const struct ems_reply *r = ems_bed_ask(bed, id, cases[i].body);
        assert_int_equal(r->status, 1);
        assert_string_equal(r->state, EMS_STATE_REFUSED);
        if (!strstr(r->err, cases[i].err))
            fail_msg("%s: '%s' does not say '%s'", cases[i].body, r->err, cases[i].err);
    }
    ems_bed_free(bed);
}

static void test_once_for_each_id(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);

    (void)state;
    ems_bed_script(bed, "held.sh", HELD);
    ems_bed_execute(bed, "same", "held.sh", "");
    ems_bed_await_text(bed, "runs", "run");
    ems_bed_execute(bed, "same", "held.sh", ""); /* joins */
    ems_bed_execute(bed, "same", "held.sh", ",\"preempt\":true");
    ems_bed_await_text(bed, "agent.log", "ev=joined");
    const struct ems_reply *r = ems_bed_ask(bed, "log", "{\"action\":\"LOG\",\"payload\":\"\"}");
    assert_string_equal(r->state, EMS_STATE_RUNNING);
    assert_string_equal(r->output, "begun\n");
    assert_false(ems_bed_has(bed, "same"));
    ems_bed_touch(bed, "go");
    r = ems_bed_await(bed, "same", 3);
    assert_int_equal(r->status, 0);
    assert_string_equal(r->output, "begun\nended\n");
    ems_bed_execute(bed, "same", "held.sh", ""); /* out of the journal */
    r = ems_bed_await(bed, "same", 4);
    assert_string_equal(r->output, "begun\nended\n");
    r = ems_bed_ask(bed, "log2", "{\"action\":\"LOG\",\"payload\":\"same\"}");
    assert_string_equal(r->output, "begun\nended\n");
    assert_null(r->state);
    ems_bed_expect_text(bed, "runs", "run\n");
    ems_bed_free(bed);
}

/* The ids of a VNFM's library are not ids of commands. */
static void test_numbers_are_no_ids(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);

    (void)state;
    ems_bed_script(bed, "count.sh", "echo run >>../runs\n");
    for (unsigned i = 1; i <= 2; i++) {
        ems_bed_execute(bed, "17", "count.sh", "");
        assert_int_equal(ems_bed_await(bed, "17", i)->status, 0);
    }
    ems_bed_expect_text(bed, "runs", "run\nrun\n");
    ems_bed_free(bed);
}

static void test_one_at_a_time(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);
    char id[16];

    (void)state;
    ems_bed_script(bed, "order.sh",
                   "[ ! -e busy ] || echo two at once >>../order\n"
                   "touch busy; echo $1 >>../order; sleep 0.05; rm busy\n");
    for (int i = 0; i < 6; i++) {
        char payload[32];
        snprintf(id, sizeof(id), "o%d", i);
        snprintf(payload, sizeof(payload), "order.sh %d", i);
        ems_bed_execute(bed, id, payload, "");
    }
    ems_bed_await(bed, "o5", 1);
    ems_bed_expect_text(bed, "order", "0\n1\n2\n3\n4\n5\n");
    ems_bed_free(bed);
}

static void test_preempts(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);
    const struct ems_reply *r;

    (void)state;
    ems_bed_script(bed, "held.sh", HELD);
    ems_bed_script(bed, "quick.sh", "echo quick $1\n");
    ems_bed_execute(bed, "runs", "held.sh", "");
    ems_bed_await_text(bed, "runs", "run");
    ems_bed_execute(bed, "waits", "quick.sh", "");
    ems_bed_execute(bed, "last", "quick.sh now", ",\"preempt\":true");
    r = ems_bed_await(bed, "last", 1);
    assert_string_equal(r->output, "quick now\n");
    r = ems_bed_await(bed, "runs", 1);
    assert_string_equal(r->state, EMS_STATE_KILLED);
    assert_int_equal(r->status, 137);
    assert_string_equal(r->output, "begun\n");
    r = ems_bed_await(bed, "waits", 1);
    assert_string_equal(r->state, EMS_STATE_KILLED);
    ems_bed_execute(bed, "waits", "quick.sh", ""); /* also later, it does not run any more */
    r = ems_bed_await(bed, "waits", 2);
    assert_string_equal(r->state, EMS_STATE_KILLED);
    ems_bed_free(bed);
}

static void test_time_is_up(void **state)
{
    struct ems_bed *bed = ems_bed_new(EMS_BED_STRICT);
    const struct ems_reply *r;

    (void)state;
    bed->options[0] = "--script-timeout=1s";
    ems_bed_start(bed);
    ems_bed_script(bed, "sleep.sh", "echo so far; sleep 600\n");
    ems_bed_execute(bed, "own", "sleep.sh", ",\"timeout\":5");
    r = ems_bed_await(bed, "own", 1);
    assert_string_equal(r->state, EMS_STATE_TIMEOUT);
    assert_int_equal(r->status, 124);
    assert_string_equal(r->output, "so far\n");
    ems_bed_execute(bed, "option", "sleep.sh", "");
    assert_string_equal(ems_bed_await(bed, "option", 1)->state, EMS_STATE_TIMEOUT);
    ems_bed_free(bed);
}

/* kill -9 of the agent in the middle of a script: it goes on, once, and whoever asks again gets the
 * outcome. So does a stop as asked. */
static void test_agent_dies(void **state)
{
    static const int signals[] = {SIGKILL, SIGTERM};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct ems_bed *bed = start(EMS_BED_STRICT);
        ems_bed_script(bed, "held.sh", HELD);
        ems_bed_script(bed, "next.sh", "echo next\n");
        ems_bed_execute(bed, "survivor", "held.sh", "");
        ems_bed_await_text(bed, "runs", "run");
        ems_bed_kill(bed, signals[i]);
        ems_bed_start(bed);
        ems_bed_execute(bed, "next", "next.sh", ""); /* waits for the one that still runs */
        ems_bed_execute(bed, "survivor", "held.sh", "");
        ems_bed_await_text(bed, "agent.log", "ev=joined");
        assert_false(ems_bed_has(bed, "next"));
        ems_bed_touch(bed, "go");
        const struct ems_reply *r = ems_bed_await(bed, "survivor", 1);
        assert_int_equal(r->status, 0);
        assert_string_equal(r->output, "begun\nended\n");
        assert_string_equal(ems_bed_await(bed, "next", 1)->output, "next\n");
        ems_bed_expect_text(bed, "runs", "run\n");
        ems_bed_free(bed);
    }
}

/* It ends while no agent is there. */
static void test_ends_in_between(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);

    (void)state;
    ems_bed_script(bed, "held.sh", HELD "touch ../over\n");
    ems_bed_execute(bed, "survivor", "held.sh", "");
    ems_bed_await_text(bed, "runs", "run");
    ems_bed_kill(bed, SIGKILL);
    ems_bed_touch(bed, "go");
    ems_bed_start(bed);
    ems_bed_execute(bed, "survivor", "held.sh", "");
    assert_string_equal(ems_bed_await(bed, "survivor", 1)->output, "begun\nended\n");
    ems_bed_expect_text(bed, "runs", "run\n");
    ems_bed_free(bed);
}

/* kill -9 at any moment: each command is carried out once, and its outcome is not lost. */
static void test_killed_anywhere(void **state)
{
    enum { COMMANDS = 24 };
    struct ems_bed *bed = start(EMS_BED_STRICT);
    char id[16], payload[40], want[COMMANDS * 8] = "";

    (void)state;
    ems_bed_script(bed, "once.sh", "echo $1 >>../once; echo out $1\n");
    for (int i = 0; i < COMMANDS; i++) {
        snprintf(id, sizeof(id), "c-%d", i);
        snprintf(payload, sizeof(payload), "once.sh %d", i);
        snprintf(want + strlen(want), 8, "%d\n", i);
        ems_bed_execute(bed, id, payload, "");
        ems_bed_pump_for(bed, i * 700); /* microseconds: from before it is read to after its end */
        ems_bed_kill(bed, SIGKILL);
        ems_bed_start(bed);
        ems_bed_execute(bed, id, payload, "");
        const struct ems_reply *r = ems_bed_await(bed, id, 1);
        if (r->state || strncmp(r->output, "out ", 4) != 0)
            fail_msg("killed %d us after the request: state %s, status %d, output '%s', err '%s'",
                     i * 700, r->state ? r->state : "done", (int)r->status, r->output, r->err);
    }
    ems_bed_expect_text(bed, "once", want);
    ems_bed_free(bed);
}

/* The connection goes in the middle of a script: one more hello, and the answer comes all the same.
 */
static void test_connection_goes(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);

    (void)state;
    ems_bed_script(bed, "held.sh", HELD);
    ems_bed_execute(bed, "patient", "held.sh", "");
    ems_bed_await_text(bed, "runs", "run");
    while (!test_connection_kill(bed->vhost, "ems-agent web-4711"))
        ems_bed_pump(bed, 200); /* the management lists it late */
    ems_bed_await_hello(bed, 2);
    ems_bed_touch(bed, "go");
    assert_string_equal(ems_bed_await(bed, "patient", 1)->output, "begun\nended\n");
    ems_bed_expect_text(bed, "runs", "run\n");
    ems_bed_free(bed);
}

/* Nobody has the queue of the answer any more: it is dropped, and the agent goes on. */
static void test_answer_nobody_wants(void **state)
{
    static const enum ems_bed_kind kinds[] = {EMS_BED_STRICT, EMS_BED_REFERENCE};
    static const char *const queues[] = {"ems.generic.replies.gone", "another", "amq.gen-gone",
                                         "amq.rabbitmq.reply-to.gone"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct ems_bed *bed = start(kinds[i]);
        for (size_t k = 0; k < ARRAY_LEN(queues); k++) {
            bed->reply_to = queues[k];
            ems_bed_send(bed, "gone", SAVE_OK);
        }
        bed->reply_to = "";
        ems_bed_send(bed, "gone", SAVE_OK);
        bed->reply_to = NULL;
        assert_int_equal(ems_bed_ask(bed, "here", SAVE_OK)->status, 0);
        ems_bed_free(bed);
    }
}

static void test_parameters_of_others(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);
    const struct ems_reply *r;

    (void)state;
    r = ems_bed_ask(
        bed, "dependency",
        "{\"action\":\"SAVE_VNFR_DEPENDENCY\",\"script-path\":\"/opt/openbaton/scripts\","
        "\"payload\":\"{\\\"parameters\\\":{\\\"server\\\":{\\\"parameters\\\":"
        "{\\\"ip\\\":\\\"10.0.0.1\\\"}}}}\"}");
    assert_int_equal(r->status, 0);
    assert_string_equal(r->output,
                        "['ob_parameters.json', 'ob_parameters.sh', 'ob_parameters.yaml']");
    ems_bed_script(bed, "use.sh", ". ./ob_parameters.sh; echo $OB_server_VNF_ip $SCRIPTS_PATH\n");
    ems_bed_execute(bed, "use", "use.sh", "");
    r = ems_bed_await(bed, "use", 1);
    assert_non_null(strstr(r->output, "10.0.0.1 /tmp/baton-ems."));
    ems_bed_free(bed);
}

static void test_repository(void **state)
{
    struct ems_bed *bed = start(EMS_BED_STRICT);
    const struct ems_reply *r;
    char line[1000], body[300];

    (void)state;
    snprintf(
        line, sizeof(line),
        "export HOME=%s GIT_CONFIG_NOSYSTEM=1; mkdir %s/repo && cd %s/repo && git init -q . && "
        "echo 'echo cloned' >c.sh && git add c.sh && "
        "git -c user.name=t -c user.email=t@t.invalid commit -qm one >/dev/null",
        bed->folder, bed->folder, bed->folder);
    assert_int_equal(system(line), 0);
    snprintf(body, sizeof(body), "{\"action\":\"CLONE_SCRIPTS\",\"payload\":\"file://%s/repo\"}",
             bed->folder);
    r = ems_bed_ask(bed, "clone", body);
    assert_string_equal(r->err, "");
    assert_int_equal(r->status, 0);
    assert_non_null(strstr(r->output, "c.sh"));
    ems_bed_execute(bed, "run", "c.sh", "");
    assert_string_equal(ems_bed_await(bed, "run", 1)->output, "cloned\n");
    r = ems_bed_ask(bed, "wrong",
                    "{\"action\":\"CLONE_SCRIPTS\",\"payload\":\"file:///nonexistent.git\"}");
    assert_int_not_equal(r->status, 0);
    assert_non_null(strstr(r->err, "nonexistent.git"));
    ems_bed_free(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saves_and_executes),
        cmocka_unit_test(test_names_that_steer_loading),
        cmocka_unit_test(test_form_of_an_answer),
        cmocka_unit_test(test_old_agent),
        cmocka_unit_test(test_reference_vnfm),
        cmocka_unit_test(test_everybody_else_is_late),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_once_for_each_id),
        cmocka_unit_test(test_numbers_are_no_ids),
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_preempts),
        cmocka_unit_test(test_time_is_up),
        cmocka_unit_test(test_agent_dies),
        cmocka_unit_test(test_ends_in_between),
        cmocka_unit_test(test_killed_anywhere),
        cmocka_unit_test(test_connection_goes),
        cmocka_unit_test(test_answer_nobody_wants),
        cmocka_unit_test(test_parameters_of_others),
        cmocka_unit_test(test_repository),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
