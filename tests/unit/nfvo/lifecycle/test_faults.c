/* What goes wrong, and what is kept, sent and told of it. */
#include "tests/support/stage.h"

#include "common/base/utf8.h"
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

static void story(const char *want)
{
    assert_string_equal(stage_story(&s), want);
}

static json_t *nsr(void)
{
    return stage_record(&s, s.root);
}

static json_t *client(void)
{
    return stage_record(&s, stage_vnfr(&s, "client"));
}

static void one_way(const char *body)
{
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS, .body = body});
}

/* amqp-protocol.md 3.4, 4.3: an ERROR may name its NSR only (Python: an empty record). */
static void test_error_without_a_record_fails_the_nsr(void **state)
{
    static const char *const bodies[] = {
        "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\",\"exception\":{\"detailMessage\":\"bad\"}}",
        "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\",\"virtualNetworkFunctionRecord\":{},"
        "\"exception\":{\"detailMessage\":\"bad\"}}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, VNFR_WAIT_SOURCES);
        one_way(bodies[i]);
        story("nsr:DEPLOYING>FAILED nsr=ERROR client:WAIT_SOURCES>HELD -TIMER_SOURCES(client) "
              "#ERROR");
        assert_non_null(strstr(stage_text(nsr(), "fault.message"), "bad"));
        /* It stays an ERROR whatever the VNFRs do, and nothing further is sent. */
        stage_answer_well(&s, CMD_INSTANTIATE, "web");
        story("web:INSTANTIATING>HELD web=INITIALIZED web/INSTANTIATE "
              "DEPLOY:PROCESSING>FAILED_TEMP -INSTANTIATE(web) !INSTANTIATE");
        assert_string_equal(stage_text(nsr(), "status"), "ERROR");
        stage_release_nsr(&s);
        assert_string_equal(stage_text(nsr(), "status"), "TERMINATED");
        one_way(bodies[i]);
        story("stale");
    }
}

static void test_error_of_nobody_is_not_ours(void **state)
{
    (void)state;
    stage_deploy(&s);
    assert_int_equal(
        stage_message(&s, (struct message){.queue = QUEUE_ACTIONS,
                                           .body = "{\"action\":\"ERROR\",\"nsrId\":null,"
                                                   "\"virtualNetworkFunctionRecord\":{}}"}),
        ERR_NOT_FOUND);
}

/* decisions.md D14: host, script, exit code and output reach record, NSR, history and event. */
static void test_what_the_vnfm_says_more_is_everywhere(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    stage_answer(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"script failed\"},"
                 "\"fault\":{\"code\":\"ERR_UNKNOWN\",\"message\":\"m\",\"host\":\"client-101\","
                 "\"script\":\"a.sh\",\"exit\":3,\"output_tail\":\"tail\",\"hint\":\"do\","
                 "\"causes\":[\"deeper\"]}}");
    story("nsr:DEPLOYING>FAILED nsr=ERROR client:MODIFYING>FAILED client=ERROR client/ERROR "
          "-MODIFY(client) "
          "!ERROR #ERROR");
    struct row event = {.doc = s.d.events.at[0]->body}, note = {.doc = s.d.notes.at[0]->doc};
    json_t *faults[] = {
        json_object_get(client(), "fault"), json_object_get(nsr(), "fault"),
        json_object_get(json_object_get(stage_record(&s, &event), "payload"), "fault"),
        json_object_get(stage_record(&s, &note), "fault")};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        assert_string_equal(stage_text(faults[i], "host"), "client-101");
        assert_string_equal(stage_text(faults[i], "script"), "a.sh");
        assert_string_equal(stage_text(faults[i], "output_tail"), "tail");
        assert_string_equal(stage_text(faults[i], "hint"), "do");
        assert_non_null(strstr(stage_text(faults[i], "message"), "script failed"));
        assert_string_equal(stage_text(faults[i], "causes.0"), "deeper"); /* not said twice */
        assert_string_equal(stage_text(faults[i], "code"), "ERR_UNKNOWN");
        assert_int_equal(json_integer_value(json_object_get(faults[i], "exit")), 3);
    }
}

/* Whatever goes wrong with a release does not keep the servers alive, and does not go unsaid: the
 * history, the record and an event tell, in this order before the end. */
static void test_faults_of_a_release(void **state)
{
    static const char script[] =
        "\"fault\":{\"code\":\"ERR_PEER\",\"message\":\"m of it\",\"host\":\"client-101\","
        "\"script\":\"stop.sh\",\"exit\":3,\"output_tail\":\"tail\"}}";
    static const struct {
        const char *answer, *more; /* answer NULL: its deadline */
        const char *message;
    } cases[] = {
        {"{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"script failed\"},", script,
         "answered RELEASE_RESOURCES with an error: script failed"},
        {"{\"action\":\"RELEASE_RESOURCES\",", script, "released, but: m of it"},
        {NULL, NULL, "did not answer RELEASE_RESOURCES in time"},
        {"[", "", "something unreadable"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, VNFR_ACTIVE);
        stage_release_nsr(&s);
        const char *id = stage_vnfr(&s, "client")->id;
        if (cases[i].answer)
            stage_answer(&s, CMD_RELEASE_RESOURCES, id,
                         arena_printf(&s.arena, "%s%s", cases[i].answer, cases[i].more));
        else
            stage_late(&s, CMD_RELEASE_RESOURCES, id);
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_DELETING);
        assert_non_null(stage_sent(&s, "vim-drivers.test.test"));
        struct row event = {.doc = s.d.events.at[0]->body}, note = {.doc = s.d.notes.at[0]->doc};
        assert_string_equal(s.d.events.at[0]->action, "ERROR");
        assert_string_equal(stage_text(stage_record(&s, &note), "event"), "ERROR");
        json_t *faults[] = {
            json_object_get(stage_record(&s, &note), "fault"), json_object_get(client(), "fault"),
            json_object_get(nsr(), "fault"),
            json_object_get(json_object_get(stage_record(&s, &event), "payload"), "fault")};
        for (size_t k = 0; k < ARRAY_LEN(faults); k++) {
            if (!strstr(stage_text(faults[k], "message"), cases[i].message))
                fail_msg("'%s' is not in '%s'", cases[i].message, stage_text(faults[k], "message"));
            if (cases[i].more == script) {
                assert_string_equal(stage_text(faults[k], "script"), "stop.sh");
                assert_string_equal(stage_text(faults[k], "host"), "client-101");
                assert_string_equal(stage_text(faults[k], "output_tail"), "tail");
            }
        }
    }
}

/* design.md, "Deletion": the safety net starts when the TERMINATE scripts' own time is over. */
static void test_terminate_scripts_have_their_time(void **state)
{
    static const char *const events[] = {
        "[]", "[{\"event\":\"TERMINATE\",\"lifecycle_events\":[]}]",
        "[{\"event\":\"START\",\"lifecycle_events\":[\"a.sh\"]}]",
        "[{\"event\":\"TERMINATE\",\"lifecycle_events\":[\"a.sh\"]}]"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, VNFR_ACTIVE);
        json_t *record = client();
        json_object_set_new(record, "lifecycle_event", json_loads(events[i], 0, NULL));
        char *doc = json_dumps(record, 0);
        stage_vnfr(&s, "client")->doc = arena_strdup(&s.arena, doc);
        free(doc);
        stage_release_nsr(&s);
        int64_t more_us = i == 3 ? s.settings.terminate_scripts_us : 0;
        assert_int_equal(
            stage_command(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "client")->id)->due_at -
                s.d.now,
            s.settings.terminate_us + more_us);
        assert_int_equal(
            stage_command(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "web")->id)->due_at - s.d.now,
            s.settings.terminate_us);
        assert_int_equal(stage_command(&s, CMD_TIMER_RELEASE, "nsr-1")->due_at - s.d.now,
                         s.settings.release_sight_us + more_us);
    }
}

/* A peer does not choose how much we store of its failure, nor cuts our text inside a character. */
static void test_texts_of_peers_are_bounded(void **state)
{
    char *text = malloc(300001);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < 100000; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3); /* the euro sign */
    text[300000] = '\0';
    stage_to(&s, VNFR_MODIFYING);
    stage_answer(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id,
                 arena_printf(&s.arena,
                              "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"%s\"},"
                              "\"fault\":{\"code\":\"ERR_PEER\",\"message\":\"%s\",\"host\":\"%s\","
                              "\"script\":\"%s\",\"output_tail\":\"%s\",\"hint\":\"%s\"}}",
                              text, text, text, text, text, text));
    free(text);
    assert_true(strlen(stage_vnfr(&s, "client")->doc) < 20000);
    assert_true(strlen(s.root->doc) < 20000);
    assert_true(strlen(s.d.notes.at[0]->doc) < 20000);
    const char *docs[] = {stage_vnfr(&s, "client")->doc, s.root->doc, s.d.notes.at[0]->doc,
                          stage_text(client(), "fault.causes.0")};
    for (size_t i = 0; i < ARRAY_LEN(docs); i++)
        assert_null(strstr(docs[i], "\xef\xbf\xbd")); /* the codec's mark of what is not UTF-8 */
}

static void test_history_is_cut_between_characters(void **state)
{
    (void)state;
    stage_to(&s, VNFR_GRANTED);
    stage_decide(&s, (struct intent){.event = EV_N});
    struct vnfr_member *v = model_vnfr_by_name(nsr_model_of(&s.d), "client");
    char text[1024 + 8];
    memset(text, 'a', sizeof(text));
    memcpy(text + 1023, "\xe2\x82\xac", 4);
    vnfr_history(v, "ERROR", text);
    struct row line = {.doc = s.d.lines.at[s.d.lines.n - 1]->doc};
    const char *kept = stage_text(stage_record(&s, &line), "description");
    assert_int_equal(strlen(kept), 1023);
    assert_int_equal(utf8_cut(kept, 1023), 1023);
}

/* Without this, its INSTANTIATE would be closed and nothing would ever happen to it again. */
static void test_an_answer_that_comes_too_early_is_a_fault(void **state)
{
    static const int phases[] = {VNFR_GRANTING, VNFR_ALLOCATING};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, phases[i]);
        stage_answer_well(&s, CMD_INSTANTIATE, "client");
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
        assert_string_equal(stage_text(nsr(), "status"), "ERROR");
        assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "amq.gen-asker")), "action"),
                            "ERROR");
    }
}

static void test_answers_that_are_none(void **state)
{
    static const struct {
        const char *body, *says;
    } cases[] = {
        {"", "nothing"},
        {"null", "nothing"},
        {"{}", "an unknown action"},
        {"{\"action\":\"STOP\"}", "with STOP"},
        {"{\"action\":\"DANCE\"}", "an unknown action"},
        {"{\"action\":", "unreadable"},
        {"[]", "unreadable"},
        {"{\"action\":\"ERROR\"}", "error"},
        {"{\"action\":\"ERROR\",\"exception\":{\"cause\":{\"detailMessage\":\"deep\"}}}", "deep"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, VNFR_STARTING);
        stage_answer(&s, CMD_START, stage_vnfr(&s, "client")->id, cases[i].body);
        story("nsr:DEPLOYING>FAILED nsr=ERROR client:STARTING>FAILED client=ERROR client/ERROR "
              "-START(client) "
              "!ERROR #ERROR");
        if (!strstr(stage_text(client(), "fault.message"), cases[i].says))
            fail_msg("'%s': %s", cases[i].body, stage_text(client(), "fault.message"));
    }
}

static void test_deadlines_of_requests(void **state)
{
    static const struct {
        int phase, kind;
        const char *says;
    } cases[] = {
        {VNFR_INSTANTIATING, CMD_INSTANTIATE, "INSTANTIATE in time"},
        {VNFR_GRANTING, CMD_INSTANTIATE, "INSTANTIATE in time"},
        {VNFR_GRANTING, CMD_PREPARE_POP, "PoP 'pop-1' was not ready"},
        {VNFR_ALLOCATING, CMD_INSTANTIATE, "INSTANTIATE in time"},
        {VNFR_WAIT_SOURCES, CMD_TIMER_SOURCES, "depends on"},
        {VNFR_MODIFYING, CMD_MODIFY, "MODIFY in time"},
        {VNFR_WAIT_TURN, CMD_TIMER_TURN, "turn"},
        {VNFR_STARTING, CMD_START, "START in time"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, cases[i].phase);
        const char *id = stage_vnfr(&s, "client")->id;
        const struct command *c = stage_command(&s, cases[i].kind, id);
        assert_non_null(c);
        assert_true(c->due_at > s.now);
        stage_decide(&s, (struct intent){.event = EV_DEADLINE, .command = c->id}); /* too early */
        story("stale");
        stage_late(&s, cases[i].kind, id);
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
        assert_null(stage_command(&s, cases[i].kind, id));
        assert_non_null(strstr(stage_text(nsr(), "fault.message"), cases[i].says));
        assert_non_null(stage_text(nsr(), "fault.hint"));
        stage_decide(&s, (struct intent){.event = EV_DEADLINE, .command = c->id}); /* twice */
        story("stale");
    }
}

/* The first cause stays on the NSR; each VNFR keeps its own. */
static void test_the_first_cause_stays(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATED);
    stage_vnfm(&s, "ERROR", "client", "\"exception\":{\"detailMessage\":\"first\"},");
    stage_vnfm(&s, "GRANT_OPERATION", "web", NULL);
    stage_vnfm(&s, "ERROR", "web", "\"exception\":{\"detailMessage\":\"second\"},");
    assert_non_null(strstr(stage_text(nsr(), "fault.message"), "first"));
    assert_non_null(
        strstr(stage_text(stage_record(&s, stage_vnfr(&s, "web")), "fault.message"), "second"));
}

static void test_a_fault_after_active(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    story("nsr:DEPLOYING>ACTIVE nsr=ACTIVE web:STARTING>ACTIVE web=ACTIVE web/START "
          "DEPLOY:PROCESSING>COMPLETED -START(web) !START "
          "!INSTANTIATE_FINISH #ACTIVE");
    stage_vnfm(&s, "ERROR", "client", NULL);
    story(
        "nsr:ACTIVE>FAILED nsr=ERROR client:ACTIVE>FAILED client=ERROR client/ERROR !ERROR #ERROR");
    stage_vnfm(&s, "ERROR", "client", NULL);
    story("empty");
}

/* design.md, "Unroutable": a foreign VNFM whose reply queue is gone lost its work; ours is given it
 * again by the broker. */
static void test_an_answer_that_finds_nobody(void **state)
{
    static const struct {
        int phase;
        bool is_ours, is_fault;
    } cases[] = {
        {VNFR_GRANTED, false, true}, {VNFR_ALLOCATED, false, true}, {VNFR_GRANTED, true, false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_release(&s);
        open_stage(NULL);
        if (cases[i].is_ours)
            proto_list_add(&s.service->vnfms.at[0]->capabilities, "correlation", &s.arena);
        stage_to(&s, cases[i].phase);
        const struct send *answer = stage_sent(&s, "amq.gen-asker");
        assert_string_equal(answer->command,
                            stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "client")->id)->id);
        stage_vnfm(&s, "UPDATEVNFR", "client", NULL); /* serves no INSTANTIATE */
        assert_null(stage_sent(&s, "amq.gen-asker")->command);
        stage_vnfm(&s, "GRANT_OPERATION", "client", NULL); /* a repetition says nothing */
        assert_null(stage_sent(&s, "amq.gen-asker")->command);
        struct intent lost = {.event = EV_ANSWER_LOST,
                              .command = answer->command,
                              .facts = s.domain.facts_of_internal_events};
        const char *vnfr = arena_strdup(&s.arena, stage_vnfr(&s, "client")->id);
        int64_t due_at = stage_command(&s, CMD_INSTANTIATE, vnfr)->due_at;
        stage_decide(&s, lost);
        if (!cases[i].is_fault) {
            story("stale");
            continue;
        }
        assert_true(stage_command(&s, CMD_INSTANTIATE, vnfr)->due_at <= s.d.now + 5 * USEC_PER_SEC);
        /* It had asked twice, and goes on with the other answer. */
        stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", NULL);
        assert_true(stage_command(&s, CMD_INSTANTIATE, vnfr)->due_at >= due_at);
        assert_string_equal(stage_command(&s, CMD_INSTANTIATE, vnfr)->data, "");
        /* It did not. */
        stage_decide(&s, lost);
        stage_decide(&s, lost);
        story("stale");
        stage_late(&s, CMD_INSTANTIATE, vnfr);
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
        assert_non_null(strstr(stage_text(client(), "fault.message"), "died while it worked on"));
        assert_string_equal(stage_text(client(), "fault.code"), "ERR_UNKNOWN");
    }
}

static void test_deployed_twice_is_answered_twice(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        stage_deploy(&s);
        struct row text = {.doc = s.d.text};
        assert_string_equal(stage_text(stage_record(&s, &text), "id"), "nsr-1");
        assert_string_equal(stage_text(stage_record(&s, &text), "status"), "NULL");
    }
    story("stale");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_error_without_a_record_fails_the_nsr),
        T(test_error_of_nobody_is_not_ours),
        T(test_what_the_vnfm_says_more_is_everywhere),
        T(test_faults_of_a_release),
        T(test_terminate_scripts_have_their_time),
        T(test_texts_of_peers_are_bounded),
        T(test_history_is_cut_between_characters),
        T(test_an_answer_that_comes_too_early_is_a_fault),
        T(test_answers_that_are_none),
        T(test_deadlines_of_requests),
        T(test_the_first_cause_stays),
        T(test_a_fault_after_active),
        T(test_an_answer_that_finds_nobody),
        T(test_deployed_twice_is_answered_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
