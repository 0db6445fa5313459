/* LOG_REQUEST: beside everything else that a VNFM does. */
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

static struct decision *ask(const char *vnfr, const char *host, int64_t lines, bool is_full)
{
    struct logs_request *req = arena_alloc(&s.arena, sizeof(*req));
    *req = (struct logs_request){"op-1", vnfr, host, lines, is_full};
    return stage_decide(
        &s,
        (struct intent){.agg_kind = AGG_NSR, .agg = "nsr-1", .event = EV_NSR_LOGS, .payload = req});
}

static void finished(int status, const char *body)
{
    assert_int_equal(s.d.operations.n, 1);
    assert_string_equal(s.d.operations.at[0]->id, "op-1");
    assert_int_equal(s.d.operations.at[0]->status, status);
    if (status == 200)
        assert_string_equal(s.d.operations.at[0]->body, body);
    else if (!strstr(s.d.operations.at[0]->body, body))
        fail_msg("'%s' is not in %s", body, s.d.operations.at[0]->body);
    assert_null(stage_command(&s, CMD_LOG_REQUEST, "op-1"));
}

static const char *host(void)
{
    return stage_instance(&s, "client")->key[INSTANCE_HOSTNAME];
}

#define LOGS                                                                                       \
    "{\"action\":\"LOG_REQUEST\",\"outputLog\":[\"a\",\"b "                                        \
    "\\\"q\\\"\",\"\",\"c\"],\"errorLog\":[]}"

static void test_question_and_answers(void **state)
{
    static const struct {
        int64_t lines;
        bool is_full;
        const char *answer;
        int status;
        const char *want;
    } cases[] = {
        {0, false, LOGS, 200, "[\"a\",\"b \\\"q\\\"\",\"\",\"c\"]"},
        {1, false, LOGS, 200, "[\"c\"]"},
        {9, false, LOGS, 200, "[\"a\",\"b \\\"q\\\"\",\"\",\"c\"]"},
        {1, true, LOGS, 200, "{\"outputLog\":[\"c\"],\"errorLog\":[]}"},
        {1, false, "{\"action\":\"LOG_REQUEST\",\"outputLog\":[\"a\"],\"errorLog\":[\"x\",\"y\"]}",
         200, "[\"x\",\"y\"]"},
        {0, true, "{\"action\":\"LOG_REQUEST\"}", 200, "{\"outputLog\":[],\"errorLog\":[]}"},
        {0, false, "", 500, "'vnfm' answered LOG_REQUEST with nothing"},
        {0, false, "{\"action\":\"START\"}", 500, "answered LOG_REQUEST with START"},
        {0, false, "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no disk\"}}", 500,
         "with an error: no disk"},
        {0, false, "[", 500, "something unreadable"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, VNFR_ACTIVE);
        const char *vnfr = arena_strdup(&s.arena, stage_vnfr(&s, "client")->doc);
        ask("client", host(), cases[i].lines, cases[i].is_full);
        assert_int_equal(s.d.err.code, ERR_OK);
        const struct send *sent = stage_sent(&s, "vnfm-queue");
        assert_string_equal(sent->body,
                            arena_printf(&s.arena,
                                         "{\"action\":\"LOG_REQUEST\",\"vnfrName\":\"client\","
                                         "\"hostname\":\"%s\"}",
                                         host()));
        assert_int_equal(sent->policy, SEND_BLIND);
        assert_int_equal(stage_command(&s, CMD_LOG_REQUEST, "op-1")->due_at,
                         s.d.now + s.settings.log_us);
        stage_answer(&s, CMD_LOG_REQUEST, "op-1", cases[i].answer);
        finished(cases[i].status, cases[i].want);
        assert_string_equal(stage_vnfr(&s, "client")->doc, vnfr); /* no step of its lifecycle */
        assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ACTIVE);
    }
}

/* What our VNFM says with the answer to RELEASE_RESOURCES goes into the history, of our hosts only.
 */
static void test_kept_of_the_released(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ACTIVE);
    stage_release_nsr(&s);
    stage_answer(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "client")->id,
                 arena_printf(&s.arena,
                              "{\"action\":\"RELEASE_RESOURCES\",\"hostLogs\":{\"%s\":[\"== a\","
                              "\"b \\\"q\\\"\"],\"other-1\":[\"x\"]}}",
                              host()));
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.d.notes.n; i++) {
        struct row note = {.doc = s.d.notes.at[i]->doc};
        if (strncmp(note.doc, "{\"event\":\"LOGS\"", 15) != 0)
            continue;
        json_t *doc = stage_record(&s, &note);
        n++;
        assert_string_equal(stage_text(doc, "host"), host());
        assert_string_equal(stage_text(doc, "vnfr"), "client");
        assert_string_equal(stage_text(doc, "lines.0"), "== a");
        assert_string_equal(stage_text(doc, "lines.1"), "b \"q\"");
    }
    assert_int_equal(n, 1);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_DELETING);
}

/* In every phase in which there is an instance, while another request is under way; whatever
 * becomes of that one. */
static void test_in_any_phase(void **state)
{
    static const int phases[] = {VNFR_ALLOCATING, VNFR_ALLOCATED, VNFR_WAIT_SOURCES,
                                 VNFR_MODIFYING,  VNFR_STARTING,  VNFR_ACTIVE,
                                 VNFR_FAILED,     VNFR_RELEASING};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        stage_release(&s);
        open_stage(NULL);
        stage_to(&s, phases[i]);
        uint32_t open = s.commands.n;
        ask("client", host(), 0, false);
        assert_int_equal(s.d.err.code, ERR_OK);
        assert_int_equal(s.commands.n, open + 1);
        stage_answer(&s, CMD_LOG_REQUEST, "op-1", LOGS);
        finished(200, "[\"a\",\"b \\\"q\\\"\",\"\",\"c\"]");
        assert_int_equal(stage_vnfr(&s, "client")->phase, phases[i]);
        assert_int_equal(s.commands.n, open);
    }
}

static void test_a_fault_meanwhile_does_not_end_the_question(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    ask("client", host(), 0, false);
    stage_answer(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"bad\"}}");
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    stage_answer(&s, CMD_LOG_REQUEST, "op-1", LOGS);
    finished(200, "[\"a\",\"b \\\"q\\\"\",\"\",\"c\"]");
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    ask("client", "client-100", 0, false);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    stage_to(&s, VNFR_ACTIVE);
    ask("nobody", host(), 0, false);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(s.d.err.msg, "Error something was not found"));
    ask("web", host(), 0, false); /* another VNF's */
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    assert_int_equal(s.d.sends.n, 0);
    assert_null(stage_command(&s, CMD_LOG_REQUEST, "op-1"));
}

static void test_no_answer(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ACTIVE);
    ask("client", host(), 0, false);
    stage_late(&s, CMD_LOG_REQUEST, "op-1");
    finished(500, "VNFM 'vnfm' did not answer LOG_REQUEST in time");
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ACTIVE);
}

/* The NSR goes while somebody waits. */
static void test_deleted_meanwhile(void **state)
{
    (void)state;
    stage_to(&s, VNFR_RELEASING);
    ask("client", host(), 0, false);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    stage_forget(&s, "pop-1"); /* nobody can be asked any more for its servers */
    stage_late(&s, CMD_DELETE, stage_instance(&s, "client")->id);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "web");
    stage_late(&s, CMD_LIST_POP, "pop-1");
    stage_late(&s, CMD_TIMER_LIST, "pop-1");
    assert_int_equal(s.d.root->mark, ROW_GONE);
    finished(404, "deleted meanwhile");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_question_and_answers), T(test_kept_of_the_released),
        T(test_in_any_phase),         T(test_a_fault_meanwhile_does_not_end_the_question),
        T(test_what_is_not_there),    T(test_no_answer),
        T(test_deleted_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
