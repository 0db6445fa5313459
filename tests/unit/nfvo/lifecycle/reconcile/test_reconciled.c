/* What a service does about alarms and by the reconciler: history and event, a server that is made
 * anew, rebuilt or launched again, and set up; what a PoP is asked to list and to collect. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/operated.h"

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

static void alarm_is(const char *word, const char *kind, const char *vnf)
{
    struct alarm_news *news = arena_alloc(&s.arena, sizeof(*news));
    *news = (struct alarm_news){.word = word,
                                .kind = kind,
                                .instance = operated_instance(&s, vnf),
                                .vnfr = operated_vnfr(&s, vnf),
                                .host = stage_instance(&s, vnf)->key[INSTANCE_HOSTNAME],
                                .text = "server is not well",
                                .body = "{\"id\":\"alarm-1\"}"};
    stage_decide(&s, (struct intent){.event = EV_NSR_ALARM,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = news});
}

static bool is_noted(const char *text)
{
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        if (strstr(s.d.notes.at[i]->doc, text))
            return true;
    return false;
}

static void test_history_and_event(void **state)
{
    (void)state;
    operated_service(&s, true);
    alarm_is("RAISED", "SERVER_STOPPED", "web");
    assert_true(is_noted("\"alarm\":\"SERVER_STOPPED\""));
    assert_int_equal(s.d.events.n, 0); /* nobody asked for it */
    stage_subscribe(&s, "a", "*", "ALARM", "");
    alarm_is("CLEARED", "SERVER_STOPPED", "web");
    assert_true(is_noted("\"what\":\"CLEARED\""));
    assert_int_equal(s.d.events.n, 1);
    assert_string_equal(s.d.events.at[0]->body,
                        "{\"action\":\"ALARM\",\"payload\":{\"id\":\"alarm-1\"}}");
    stage_forget(&s, "a");
    stage_subscribe(&s, "b", "project-2", "ALARM", ""); /* another project's */
    alarm_is("RAISED", "SERVER_GONE", "web");
    assert_int_equal(s.d.events.n, 0);
}

static void heal(int n, const char *vnf, bool is_gone)
{
    struct operate_request req = operated_request(&s, n, OPERATION_HEAL, vnf);
    req.asked_by = req.origin = "reconciler";
    req.cause = "it is gone";
    req.plan.is_rebuilt = true;
    req.missing = is_gone ? req.plan.instance : NULL;
    operated_ask(&s, req);
    assert_int_equal(s.d.err.code, ERR_OK);
}

static const struct send *sent(const char *what)
{
    for (uint32_t i = s.d.sends.n; i > 0; i--)
        if (strstr(s.d.sends.at[i - 1]->body, what))
            return s.d.sends.at[i - 1];
    return NULL;
}

static void up(const char *vnf)
{
    const struct row *i = stage_instance(&s, vnf);
    if (!stage_command(&s, CMD_LIST_POP, i->key[INSTANCE_POP]))
        stage_late(&s, CMD_TIMER_LIST, i->key[INSTANCE_POP]);
    stage_listed(
        &s, i->key[INSTANCE_POP],
        arena_printf(&s.arena, "{\"extId\":\"%s\",\"status\":\"ACTIVE\"}", i->key[INSTANCE_VC]),
        false);
}

/* It is listed, and does not run: rebuilt, then the VNFM sets it up and heals it. */
static void test_heal_rebuilds(void **state)
{
    (void)state;
    operated_service(&s, true);
    heal(1, "client", false);
    assert_non_null(sent("rebuildServer"));
    const char *began = arena_printf(&s.arena, "%lld", (long long)s.now);
    operated_answer(&s, CMD_STEP_REBUILD, "{\"answer\":{\"extId\":\"x\"}}");
    up("client");
    up("client");
    json_t *message = operated_sent(&s);
    assert_string_equal(stage_text(message, "action"), "HEAL");
    assert_string_equal(stage_text(message, "cause"), "it is gone");
    assert_string_equal(stage_text(message, "extension.rebuilt"), began);
    assert_string_equal(stage_text(message, "dependency.target"), "client");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    assert_int_equal(s.commands.n, 0);
}

/* It is gone: another one of its name, with a token of its own, and its record says so. */
static void test_heal_launches_again(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *id = operated_instance(&s, "web");
    const char *host = arena_strdup(&s.arena, stage_instance(&s, "web")->key[INSTANCE_HOSTNAME]);
    heal(1, "web", true);
    assert_null(sent("rebuildServer"));
    const struct send *launch = sent("launchInstanceAndWait");
    assert_non_null(launch);
    assert_string_equal(stage_text(stage_body(&s, launch), "parameters.1"), host);
    assert_int_equal(stage_instance(&s, "web")->phase, INSTANCE_LAUNCHING);
    stage_answer(
        &s, CMD_LAUNCH, id,
        "{\"answer\":{\"extId\":\"vc-again\",\"status\":\"ACTIVE\",\"ips\":{\"net\":[\"10.9."
        "9.9\"]}}}");
    assert_string_equal(stage_text(operated_sent(&s), "action"), "HEAL");
    assert_non_null(stage_text(operated_sent(&s), "extension.rebuilt"));
    assert_string_equal(operated_text(&s, "web", "vdu.0.vnfc_instance.0.vc_id"), "vc-again");
    assert_string_equal(operated_text(&s, "web", "vdu.0.vnfc_instance.0.ips.0.ip"), "10.9.9.9");
    assert_null(operated_text(&s, "web", "vdu.0.vnfc_instance.1.id")); /* in its place */
    assert_string_equal(operated_text(&s, "web", "vnf_address.0"), "10.9.9.9");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    if (operated_command(&s, CMD_STEP_MODIFY)) { /* its addresses are others */
        operated_answer(&s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
        operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    }
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE");
    assert_int_equal(stage_instance(&s, "web")->phase, INSTANCE_UP);
    assert_int_equal(s.commands.n, 0);
}

/* --- its HEAL fails ---------------------------------------------------------------------------- */

#define STATE "vdu.0.vnfc_instance.0.state"

static void is(const char *vnf, const char *instance, const char *status)
{
    assert_string_equal(operated_text(&s, vnf, STATE), instance);
    assert_string_equal(operated_text(&s, vnf, "status"), status);
}

static void rebuilt(const char *vnf)
{
    operated_answer(&s, CMD_STEP_REBUILD, "{\"answer\":{\"extId\":\"x\"}}");
    up(vnf);
    up(vnf);
}

static void starts(int n, enum operation_kind kind, const char *vnf)
{
    operated_ask(&s, operated_request(&s, n, kind, vnf));
    assert_int_equal(s.d.err.code, ERR_OK);
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
}

/* Nothing is installed on its server: it does not serve, whatever is started, before its HEAL. */
static void test_rebuilt_and_not_healed(void **state)
{
    (void)state;
    operated_service(&s, true);
    heal(1, "web", false);
    rebuilt("web");
    assert_string_equal(operated_text(&s, "web", STATE), "INACTIVE");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"ERROR\",\"message\":\"disk full\"}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    is("web", "INACTIVE", "INACTIVE");
    operated_ask(&s, operated_request(&s, 2, OPERATION_START_INSTANCE, "web"));
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.hint, "baton nsr heal "));
    starts(3, OPERATION_START_VNF, "web");
    is("web", "INACTIVE", "INACTIVE");
    operated_ask(&s, operated_request(&s, 4, OPERATION_HEAL, "web")); /* by hand */
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    is("web", "ACTIVE", "ACTIVE");
    assert_string_equal(operated_state(&s, "op-4"), "COMPLETED");
    starts(5, OPERATION_START_INSTANCE, "web");
}

static void test_healed_by_a_retry(void **state)
{
    (void)state;
    operated_service(&s, true);
    heal(1, "web", false);
    rebuilt("web");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"ERROR\",\"message\":\"disk full\"}");
    operated_verb(&s, "op-1", OPERATION_EV_RETRY);
    assert_string_equal(stage_text(operated_sent(&s), "resumedAction"), "HEAL");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    is("web", "ACTIVE", "ACTIVE");
}

/* Neither listed as before nor ACTIVE, and the driver never answered: it may be empty. */
static void test_rebuilt_or_not(void **state)
{
    (void)state;
    operated_service(&s, true);
    heal(1, "web", false);
    const char *subject = arena_strdup(&s.arena, operated_command(&s, CMD_STEP_REBUILD)->subject);
    stage_late(&s, CMD_STEP_REBUILD, subject);
    stage_late(&s, CMD_STEP_REBUILD, subject);
    is("web", "INACTIVE", "INACTIVE");
}

/* The driver said no: it is what it was. */
static void test_not_rebuilt(void **state)
{
    (void)state;
    operated_service(&s, true);
    heal(1, "web", false);
    operated_answer(&s, CMD_STEP_REBUILD, "{\"exception\":{\"detailMessage\":\"no host\"}}");
    is("web", "ACTIVE", "ACTIVE");
}

/* Its server is gone, and there is no other one. */
static void test_not_launched_again(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *id = operated_instance(&s, "web");
    heal(1, "web", true);
    stage_answer(&s, CMD_LAUNCH, id, "{\"exception\":{\"detailMessage\":\"no room\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    is("web", "INACTIVE", "INACTIVE");
    heal(2, "web", true);
    stage_answer(&s, CMD_LAUNCH, id, "{\"answer\":{\"extId\":\"vc-2\",\"status\":\"ACTIVE\"}}");
    assert_string_equal(operated_text(&s, "web", STATE), "INACTIVE");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    is("web", "ACTIVE", "ACTIVE");
}

/* Installed again as a whole, it needs no HEAL any more. */
static void test_restarted_after_that(void **state)
{
    (void)state;
    operated_service(&s, true);
    heal(1, "web", false);
    rebuilt("web");
    operated_answer(&s, CMD_STEP_HEAL, "{\"action\":\"ERROR\",\"message\":\"disk full\"}");
    operated_ask(&s, operated_request(&s, 2, OPERATION_RESTART, "web"));
    rebuilt("web");
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    is("web", "ACTIVE", "ACTIVE");
}

/* What it was before its server was lost, it is. */
static void launched_as(const char *word)
{
    struct row *r = stage_vnfr(&s, "web");
    const char *id = operated_instance(&s, "web");
    char *doc = arena_strdup(&s.arena, r->doc);
    char *at = strstr(strstr(doc, "\"vnfc_instance\""), "\"state\":\"ACTIVE\"");
    assert_non_null(at);
    r->doc = arena_printf(&s.arena, "%.*s\"state\":\"%s\"%s", (int)(at - doc), doc, word,
                          at + strlen("\"state\":\"ACTIVE\""));
    alarm_is("RAISED", "SERVER_GONE", "web");
    operated_ask(&s, operated_request(&s, 1, OPERATION_RESTART, "web"));
    stage_answer(&s, CMD_LAUNCH, id, "{\"answer\":{\"extId\":\"vc-2\",\"status\":\"ACTIVE\"}}");
    assert_string_equal(operated_text(&s, "web", "vdu.0.vnfc_instance.0.vc_id"), "vc-2");
    assert_string_equal(operated_text(&s, "web", STATE), word);
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_text(&s, "web", STATE), word);
}

static void test_launched_again_it_stands_by(void **state)
{
    (void)state;
    operated_service(&s, true);
    launched_as("STANDBY");
}

static void test_launched_again_it_has_failed(void **state)
{
    (void)state;
    operated_service(&s, true);
    launched_as("FAILED");
}

/* A restart by hand knows it, too, by the alarm; the driver refuses: the next try launches again. */
static void test_restart_of_one_that_is_gone(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *id = operated_instance(&s, "web");
    alarm_is("RAISED", "SERVER_GONE", "web");
    operated_ask(&s, operated_request(&s, 1, OPERATION_RESTART, "web"));
    assert_non_null(sent("launchInstanceAndWait"));
    stage_answer(&s, CMD_LAUNCH, id, "{\"exception\":{\"detailMessage\":\"no room\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    operated_verb(&s, "op-1", OPERATION_EV_RETRY);
    assert_non_null(sent("launchInstanceAndWait"));
    stage_answer(&s, CMD_LAUNCH, id, "{\"answer\":{\"extId\":\"vc-2\",\"status\":\"ACTIVE\"}}");
    assert_string_equal(stage_text(operated_sent(&s), "action"), "INSTANTIATE");
    alarm_is("CLEARED", "SERVER_GONE", "web");
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
}

/* Released while it is launched again: awaited, then deleted. */
static void test_released_meanwhile(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *id = operated_instance(&s, "web");
    heal(1, "web", true);
    stage_release_nsr(&s);
    stage_answer(&s, CMD_LAUNCH, id, "{\"answer\":{\"extId\":\"vc-2\",\"status\":\"ACTIVE\"}}");
    assert_string_equal(stage_instance(&s, "web")->key[INSTANCE_VC], "vc-2");
    assert_null(operated_command(&s, CMD_STEP_HEAL));
}

static void missed(const char *vnf, int phase)
{
    for (int i = 0; i < 3 && stage_instance(&s, vnf)->phase == phase; i++) {
        const char *pop = stage_instance(&s, vnf)->key[INSTANCE_POP];
        if (!stage_command(&s, CMD_LIST_POP, pop))
            stage_late(&s, CMD_TIMER_LIST, pop);
        stage_listed(&s, pop, NULL, false);
    }
}

/* Its driver died with that launch in hand, and it is released: the answer to the launch of before
 * tells nothing of this one, which may take effect yet. */
static void test_launched_again_and_never_answered(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *id = operated_instance(&s, "web");
    heal(1, "web", true);
    stage_command(&s, CMD_LAUNCH, id)->data = COMMAND_LOST;
    stage_late(&s, CMD_LAUNCH, id);
    assert_int_equal(stage_instance(&s, "web")->phase, INSTANCE_DOUBT);
    stage_release_nsr(&s);
    s.now += 3 * s.settings.driver_us; /* it is not worth while to launch it again */
    missed("web", INSTANCE_DOUBT);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "web");
    assert_int_equal(stage_instance(&s, "web")->phase, INSTANCE_DELETING);
    missed("web", INSTANCE_DELETING);
    const struct send *late = stage_sent(&s, "nfvo.internal");
    assert_non_null(late);
    assert_string_equal(stage_text(stage_body(&s, late), "what"), "late");
}

/* Cleared by another server that came back: it can be rebuilt again. */
static void test_missing_no_more(void **state)
{
    (void)state;
    operated_service(&s, true);
    alarm_is("RAISED", "SERVER_GONE", "web");
    alarm_is("CHANGED", "SERVER_STOPPED", "web");
    operated_ask(&s, operated_request(&s, 1, OPERATION_RESTART, "web"));
    assert_non_null(sent("rebuildServer"));
}

/* --- a PoP ------------------------------------------------------------------------------------- */

static void user(int event, struct pop_request *req)
{
    stage_decide(&s, (struct intent){.event = event, .facts = FACT_DRIVERS, .payload = req});
}

static int open_pop(void **state)
{
    (void)state;
    stage_init(&s, AGG_POP, "pop-1");
    struct pop_request *req = proto_new(&pop_request_type, &s.arena);
    req->pop = proto_new(&vim_instance_type, &s.arena);
    req->pop->name = "pop";
    req->pop->type = "test";
    stage_driver(&s, "vim-drivers.test.test", "");
    user(EV_POP_REGISTER, req);
    stage_answer(&s, CMD_REFRESH, "pop-1", "{\"answer\":{\"name\":\"x\",\"type\":\"test\"}}");
    return 0;
}

static void test_full_listing(void **state)
{
    struct pop_request *req = proto_new(&pop_request_type, &s.arena);
    (void)state;
    req->operation = "op";
    req->full = true;
    user(EV_POP_LIST, req);
    stage_answer(
        &s, CMD_LIST_SERVERS, "pop-1",
        "{\"answer\":[{\"extId\":\"s\\\"1\",\"name\":\"a\",\"hostName\":\"a-1\",\"status\":"
        "\"ACTIVE\",\"ips\":{\"net\":[\"10.0.0.1\",\"10.0.0.2\"]}},{\"extId\":\"s-2\"}]}");
    assert_int_equal(s.d.operations.n, 1);
    assert_string_equal(
        s.d.operations.at[0]->body,
        "{\"weak\":false,\"servers\":[{\"id\":\"s\\\"1\",\"host\":\"a-1\",\"name\":"
        "\"a\",\"status\":\"ACTIVE\",\"ips\":\"net=10.0.0.1 net=10.0.0.2\"},{\"id\":"
        "\"s-2\"}]}");
}

static void test_collect(void **state)
{
    struct pop_request *req = proto_new(&pop_request_type, &s.arena);
    (void)state;
    proto_list_add(&req->servers, "s-1", &s.arena);
    proto_list_add(&req->servers, "s-2", &s.arena);
    user(EV_POP_COLLECT, req);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_int_equal(s.d.sends.n, 2);
    json_t *call = stage_body(&s, s.d.sends.at[1]);
    assert_string_equal(stage_text(call, "methodName"), "deleteServerByIdAndWait");
    assert_string_equal(stage_text(call, "parameters.1"), "s-2");
    user(EV_POP_COLLECT, req); /* they are under way */
    assert_int_equal(s.d.sends.n, 0);
    stage_answer(&s, CMD_DELETE, "s-1", "{\"answer\":null}");
    stage_late(&s, CMD_DELETE, "s-2");
    assert_null(stage_command(&s, CMD_DELETE, "s-2"));
}

int main(void)
{
#define TEST(name, open) cmocka_unit_test_setup_teardown(name, open, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_history_and_event, open_stage),
        TEST(test_heal_rebuilds, open_stage),
        TEST(test_heal_launches_again, open_stage),
        TEST(test_rebuilt_and_not_healed, open_stage),
        TEST(test_healed_by_a_retry, open_stage),
        TEST(test_rebuilt_or_not, open_stage),
        TEST(test_not_rebuilt, open_stage),
        TEST(test_not_launched_again, open_stage),
        TEST(test_restarted_after_that, open_stage),
        TEST(test_launched_again_it_stands_by, open_stage),
        TEST(test_launched_again_it_has_failed, open_stage),
        TEST(test_restart_of_one_that_is_gone, open_stage),
        TEST(test_released_meanwhile, open_stage),
        TEST(test_launched_again_and_never_answered, open_stage),
        TEST(test_missing_no_more, open_stage),
        TEST(test_full_listing, open_pop),
        TEST(test_collect, open_pop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
