/* Who may say that: nfvo/lifecycle/author.h. What a foreign room says has no effect, whatever it
 * is; the same out of the right room has. */
#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FOREIGN "stranger"

static struct stage s;

/* The VNFM in a room of its own, the driver in another. */
static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    s.service->vnfms.at[0]->room = "guest";
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_DRIVER)
            s.facts.at[i]->key[DRIVER_ROOM] = "cloud";
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

/* The last decision changed nothing; at most a stranger's answer went back where it came from. */
static void nothing_came_of_it(void)
{
    assert_int_equal(s.d.outcome, DECISION_FOREIGN);
    assert_non_null(s.d.text);
    assert_int_equal(s.d.events.n, 0);
    assert_int_equal(s.d.notes.n, 0);
    assert_int_equal(s.d.steps.n, 0);
    for (uint32_t i = 0; i < s.d.rows.n; i++)
        assert_int_equal(s.d.rows.at[i]->mark, ROW_CLEAN);
    for (uint32_t i = 0; i < s.d.commands.n; i++)
        assert_int_equal(s.d.commands.at[i]->mark, ROW_CLEAN);
    assert_true(s.d.sends.n <= 1);
    if (s.d.sends.n) {
        assert_string_equal(s.d.sends.at[0]->room, FOREIGN);
        assert_true(s.d.sends.at[0]->is_answer);
        assert_non_null(strstr(s.d.sends.at[0]->body, "no such network service"));
    }
}

static const struct command *open_command(int kind)
{
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == kind)
            return s.commands.at[i];
    fail_msg("no command of kind %d is open", kind);
    return NULL;
}

/* What follows is sent where its receiver is, answers where the request came from. */
static void test_what_goes_out_goes_to_its_room(void **state)
{
    (void)state;
    stage_deploy(&s);
    assert_string_equal(stage_sent(&s, "vnfm-queue")->room, "guest");
    assert_string_equal(open_command(CMD_INSTANTIATE)->room, "guest");
    stage_to(&s, VNFR_GRANTED);
    assert_string_equal(stage_sent(&s, "amq.gen-asker")->room, "guest");
    stage_to(&s, VNFR_ALLOCATING);
    assert_string_equal(stage_sent(&s, "vim-drivers.test.test")->room, "cloud");
    assert_string_equal(open_command(CMD_LAUNCH)->room, "cloud");
}

/* Each request of VNFMs, in each phase that the VNFR comes through. */
static void test_requests_about_anothers_vnfr(void **state)
{
    static const char *const actions[] = {"GRANT_OPERATION",
                                          "ALLOCATE_RESOURCES",
                                          "UPDATEVNFR",
                                          "SCALING",
                                          "ERROR",
                                          "INSTANTIATE",
                                          "MODIFY",
                                          "START",
                                          "RELEASE_RESOURCES"};
    static const int phases[] = {VNFR_INSTANTIATING, VNFR_GRANTED, VNFR_ALLOCATED, VNFR_ACTIVE};
    for (size_t p = 0; p < ARRAY_LEN(phases); p++) {
        close_stage(state);
        open_stage(state);
        stage_to(&s, phases[p]);
        s.room = FOREIGN;
        for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
            stage_vnfm(&s, actions[i], "client", NULL);
            nothing_came_of_it();
        }
        s.room = NULL;
    }
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ACTIVE);
    stage_vnfm(&s, "ERROR", "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
}

/* By the id of the VNFR, by its name, by neither: the service itself. */
static void test_however_it_is_named(void **state)
{
    (void)state;
    stage_deploy(&s);
    stage_to(&s, VNFR_GRANTED);
    const char *id = stage_vnfr(&s, "client")->id;
    const char *const bodies[] = {
        arena_printf(&s.arena,
                     "{\"action\":\"ERROR\",\"virtualNetworkFunctionRecord\":{\"id\":\"%s\","
                     "\"name\":\"mine\",\"parent_ns_id\":\"nsr-1\"}}",
                     id),
        "{\"action\":\"ERROR\",\"virtualNetworkFunctionRecord\":{\"name\":\"client\","
        "\"parent_ns_id\":\"nsr-1\"}}",
        "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\"}",
        "{\"action\":\"UPDATEVNFR\",\"virtualNetworkFunctionRecord\":{\"name\":\"mine\","
        "\"parent_ns_id\":\"nsr-1\"}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        stage_message(&s, (struct message){.room = FOREIGN,
                                           .queue = QUEUE_ACTIONS,
                                           .reply_to = "amq.gen-asker",
                                           .body = bodies[i]});
        nothing_came_of_it();
    }
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS, .body = bodies[2]});
    assert_int_equal(s.root->phase, NSR_FAILED); /* any of its VNFMs may say that */
}

/* The id of a command is no secret: REST lists and events tell them. */
static void test_answers_to_commands_of_others(void **state)
{
    static const char *const bodies[] = {"", "{\"answer\":null}", "garbage",
                                         "{\"action\":\"ERROR\"}"};
    static const int kinds[] = {CMD_INSTANTIATE, CMD_LAUNCH};
    (void)state;
    stage_deploy(&s);
    stage_to(&s, VNFR_ALLOCATING);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
            const char *id = open_command(kinds[k])->id;
            stage_message(&s, (struct message){.room = FOREIGN,
                                               .queue = QUEUE_REPLIES,
                                               .correlation_id = id,
                                               .body = bodies[i]});
            nothing_came_of_it();
            /* A private reply queue of its own, with the name of another room's. */
            stage_message(&s, (struct message){.room = FOREIGN,
                                               .queue = QUEUE_REPLIES,
                                               .first_death_queue = arena_printf(
                                                   &s.arena, QUEUE_REPLY_PREFIX "%s", id),
                                               .body = bodies[i]});
            nothing_came_of_it();
        }
    /* A driver may not answer for a VNFM either, nor a VNFM for a driver. */
    stage_message(&s, (struct message){.room = "cloud",
                                       .queue = QUEUE_REPLIES,
                                       .correlation_id = open_command(CMD_INSTANTIATE)->id,
                                       .body = "{\"action\":\"ERROR\"}"});
    assert_int_equal(s.d.outcome, DECISION_FOREIGN);
    stage_launched(&s, "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ALLOCATED);
}

static void test_messages_between_our_own_parts(void **state)
{
    (void)state;
    stage_deploy(&s);
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
    s.room = FOREIGN;
    stage_prepared(&s, "client", NULL);
    nothing_came_of_it();
    s.room = NULL;
    stage_prepared(&s, "client", NULL);
    assert_int_equal(s.d.outcome, DECISION_APPLIED);
}

/* Peers may be in the inner room, too (in installations of before, all of them). */
static void attack_an_internal_message(void **state)
{
    (void)state;
    stage_deploy(&s);
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
    s.is_forged = true;
    stage_prepared(&s, "client", NULL);
    assert_int_equal(s.d.outcome, DECISION_FOREIGN);
    assert_int_equal(s.d.sends.n, 0);
    s.is_forged = false;
    stage_prepared(&s, "client", NULL);
    assert_int_equal(s.d.outcome, DECISION_APPLIED);
}

/* The answer of a driver whose command is closed may name a server: then a deletion that is being
 * verified starts again, and a stranger could keep it from ever ending. */
static void attack_a_late_answer_of_another_driver(void **state)
{
    static const char *const second = "{\"answer\":{\"name\":\"client-100\",\"extId\":\"x\"}}";
    static const struct {
        const char *room;
        int outcome;
    } cases[] = {
        {FOREIGN, DECISION_FOREIGN}, {"guest", DECISION_FOREIGN}, {"cloud", DECISION_APPLIED}};
    (void)state;
    stage_deploy(&s);
    stage_to(&s, VNFR_ALLOCATING);
    const char *launch = arena_strdup(&s.arena, open_command(CMD_LAUNCH)->id);
    stage_launched(&s, "client", "{\"answer\":{\"name\":\"client-100\",\"extId\":\"vc\"}}");
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    stage_answer(&s, CMD_DELETE, stage_instance(&s, "client")->id, "{}");
    stage_listed(&s, "pop-1", NULL, false); /* one of two */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_message(&s, (struct message){.room = cases[i].room,
                                           .queue = QUEUE_REPLIES,
                                           .correlation_id = launch,
                                           .body = second});
        assert_int_equal(s.d.outcome, cases[i].outcome);
        if (cases[i].outcome == DECISION_FOREIGN)
            nothing_came_of_it();
    }
    stage_listed(&s, "pop-1", NULL, false);
    assert_non_null(s.root); /* the count began anew, for the one that may say so */
}

/* Dead-lettering keeps user_id: our own words, brought back, count for nothing, also in the right
 * room. */
static void test_our_own_words(void **state)
{
    (void)state;
    stage_deploy(&s);
    stage_to(&s, VNFR_MODIFYING);
    const char *modify = stage_sent(&s, "vnfm-queue")->body;
    stage_message(&s, (struct message){.is_echo = true, .queue = QUEUE_ACTIONS, .body = modify});
    assert_int_equal(s.d.outcome, DECISION_FOREIGN);
    assert_int_equal(s.d.sends.n, 0);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_MODIFYING);
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS, .body = modify});
    assert_int_equal(s.d.outcome, DECISION_APPLIED); /* what it would have done */
}

/* A VNFM moves to another room: what it began in the old one it finishes there. */
static void test_a_vnfm_that_moves(void **state)
{
    (void)state;
    stage_deploy(&s);
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_VNFR)
            s.rows.at[i]->key[VNFR_ROOM] = "new";
    s.room = "guest";
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
    stage_prepared(&s, "client", NULL); /* foreign: it is between our own parts */
    s.room = NULL;
    stage_prepared(&s, "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_GRANTED);
    assert_string_equal(stage_sent(&s, "amq.gen-asker")->room, "guest");
    s.room = "guest";
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", NULL);
    s.room = NULL;
    stage_launched(&s, "client", NULL);
    stage_answer_well(&s, CMD_INSTANTIATE, "client");
    assert_int_equal(s.d.outcome, DECISION_APPLIED);
    s.room = "guest"; /* nothing of it is outstanding in the old one any more */
    stage_vnfm(&s, "UPDATEVNFR", "client", NULL);
    assert_int_equal(s.d.outcome, DECISION_FOREIGN);
    stage_release_nsr(&s);
    assert_string_equal(stage_sent(&s, "vnfm-queue")->room, "new");
}

/* One that is no reply queue costs its own request the answer. */
static void test_a_bad_reply_to(void **state)
{
    static const char *const bad[] = {QUEUE_ACTIONS, QUEUE_INTERNAL, "vim-drivers.test.test",
                                      "a b"};
    (void)state;
    stage_deploy(&s);
    stage_to(&s, VNFR_ACTIVE);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        stage_message(&s, (struct message){.queue = QUEUE_ACTIONS,
                                           .reply_to = bad[i],
                                           .body = "{\"action\":\"UPDATEVNFR\","
                                                   "\"virtualNetworkFunctionRecord\":{\"name\":"
                                                   "\"client\",\"parent_ns_id\":\"nsr-1\"}}"});
        assert_int_equal(s.d.outcome, DECISION_APPLIED);
        assert_int_equal(s.d.sends.n, 0);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    static const struct CMUnitTest tests[] = {
        T(test_what_goes_out_goes_to_its_room),
        T(test_requests_about_anothers_vnfr),
        T(test_however_it_is_named),
        T(test_answers_to_commands_of_others),
        T(test_messages_between_our_own_parts),
        T(attack_an_internal_message),
        T(attack_a_late_answer_of_another_driver),
        T(test_our_own_words),
        T(test_a_vnfm_that_moves),
        T(test_a_bad_reply_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
