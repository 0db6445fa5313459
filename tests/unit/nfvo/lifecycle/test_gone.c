/* Servers in doubt, and servers that are deleted: listings decide. */
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

static int instance_phase(void)
{
    return stage_instance(&s, "client")->phase;
}

static const char *instance_id(void)
{
    return stage_instance(&s, "client")->id;
}

static json_t *parameters(void)
{
    return json_object_get(stage_body(&s, stage_sent(&s, "vim-drivers.test.test")), "parameters");
}

/* --- doubt ------------------------------------------------------------------------------------ */

static void list_until_settled(const char *found, bool is_weak, int max)
{
    for (int i = 0; i < max && instance_phase() == INSTANCE_DOUBT; i++) {
        if (!stage_command(&s, CMD_LIST_POP, "pop-1"))
            stage_late(&s, CMD_TIMER_LIST, "pop-1");
        stage_listed(&s, "pop-1", found, is_weak);
    }
}

static void test_doubt(void **state)
{
    static const struct {
        bool is_late, is_weak; /* late: never answered, so it was sent for sure */
        const char *found;
        int listings, instance;
    } cases[] = {
        {false, false, "{\"name\":\"client-100\",\"extId\":\"v\"}", 1, INSTANCE_UP},
        {false, false, "{\"hostName\":\"client-100\",\"extId\":\"v\"}", 1, INSTANCE_UP},
        {false, false, NULL, 2, INSTANCE_LAUNCHING}, /* it may never have been sent: again */
        {false, true, NULL, 5, INSTANCE_LAUNCHING},
        {false, false, NULL, 1, INSTANCE_DOUBT}, /* one listing is no evidence */
        {false, true, NULL, 4, INSTANCE_DOUBT},
        {true, false, NULL, 2, INSTANCE_FAILED}, /* never a second one */
        {true, false, "{\"name\":\"client-100\",\"extId\":\"v\"}", 1, INSTANCE_UP},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_ALLOCATING);
        if (cases[i].is_late)
            stage_late(&s, CMD_LAUNCH, instance_id());
        else
            stage_launched(&s, "client", "{}");
        list_until_settled(cases[i].found, cases[i].is_weak, cases[i].listings);
        if (instance_phase() != cases[i].instance)
            fail_msg("case %zu: %s", i, stage_story(&s));
        if (cases[i].instance == INSTANCE_UP)
            assert_string_equal(stage_instance(&s, "client")->key[INSTANCE_VC], "v");
    }
}

/* The sender died: the command stays open, an answer counts, and the listing waits for its end. */
static void test_in_doubt_after_a_crash(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    const struct command *launch = stage_command(&s, CMD_LAUNCH, instance_id());
    stage_decide(&s, (struct intent){.event = EV_IN_DOUBT,
                                     .command = launch->id,
                                     .facts = s.domain.facts_of_internal_events});
    assert_int_equal(instance_phase(), INSTANCE_DOUBT);
    list_until_settled(NULL, false, 3);
    assert_int_equal(instance_phase(), INSTANCE_DOUBT);
    stage_launched(&s, "client", NULL);
    assert_int_equal(instance_phase(), INSTANCE_UP);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ALLOCATED);
}

static void test_at_most_three_launches(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(instance_phase(), INSTANCE_LAUNCHING);
        stage_launched(&s, "client", "{}");
        list_until_settled(NULL, false, 2);
    }
    assert_int_equal(instance_phase(), INSTANCE_FAILED);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
}

/* Nobody can be asked any more: it must not be listed for ever. */
static void test_doubt_ends_when_its_pop_is_deleted(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    stage_launched(&s, "client", "{}");
    stage_forget(&s, "pop-1");
    stage_message(&s, (struct message){
                          .queue = QUEUE_INTERNAL,
                          .body = arena_printf(&s.arena,
                                               "{\"what\":\"listed\",\"to\":\"nsr-1\",\"command\":"
                                               "\"%s\",\"fault\":{\"code\":\"ERR_NOT_FOUND\","
                                               "\"message\":\"gone\"}}",
                                               stage_command(&s, CMD_LIST_POP, "pop-1")->id)});
    stage_late(&s, CMD_TIMER_LIST, "pop-1");
    assert_int_equal(instance_phase(), INSTANCE_FAILED);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    assert_null(s.root); /* nothing is left */
}

/* The driver is connected, and silent: neither the launch nor a listing is answered. The service
 * ends while its VNFM still waits (1000 s in Java), and the fault says who was silent. */
static void test_a_silent_driver_is_named(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    int64_t began = s.now;
    stage_late(&s, CMD_LAUNCH, instance_id());
    assert_int_equal(instance_phase(), INSTANCE_DOUBT);
    stage_late(&s, CMD_TIMER_DOUBT, instance_id());
    assert_int_equal(instance_phase(), INSTANCE_FAILED);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    assert_true(s.now - began <= 900 * USEC_PER_SEC);
    json_t *record = stage_record(&s, stage_vnfr(&s, "client"));
    assert_non_null(strstr(stage_text(record, "fault.message"), "driver 'vim-drivers.test.test'"));
    assert_non_null(strstr(stage_text(record, "fault.message"), "PoP 'pop-1'"));
    assert_string_equal(stage_text(record, "fault.component"), "vim-driver:test");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "amq.gen-asker")), "action"),
                        "ERROR");
}

/* However often a launch is doubted and sent again, it ends before the VNFM's patience. */
static void test_launches_end_in_time(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    int64_t began = s.now;
    for (int i = 0; i < 10 && stage_vnfr(&s, "client")->phase == VNFR_ALLOCATING; i++) {
        const struct command *c = stage_command(&s, CMD_LAUNCH, instance_id());
        s.now = c ? c->due_at - 1 : s.now; /* answered in the last moment, with nothing */
        if (c)
            stage_launched(&s, "client", "{}");
        list_until_settled(NULL, false, 2);
        if (instance_phase() == INSTANCE_DOUBT)
            stage_late(&s, CMD_TIMER_DOUBT, instance_id());
    }
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    assert_true(s.now - began < 1000 * USEC_PER_SEC);
}

static void lose(int kind, const char *subject) /* what the store writes: its driver died */
{
    struct command *c = stage_command(&s, kind, subject);
    assert_non_null(c);
    assert_string_equal(c->data, "vim-drivers.test.test");
    c->due_at = s.now + 2 * USEC_PER_SEC;
    c->data = COMMAND_LOST;
    stage_late(&s, kind, subject);
}

/* The driver died with the launch in hand: the PoP is looked at, at once, and the server is
 * adopted, or launched again. */
static void test_a_launch_is_lost(void **state)
{
    static const struct {
        const char *found;
        int listings, instance;
    } cases[] = {{"{\"name\":\"client-100\",\"extId\":\"v\"}", 1, INSTANCE_UP},
                 {NULL, 1, INSTANCE_DOUBT},
                 {NULL, 2, INSTANCE_LAUNCHING}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_ALLOCATING);
        lose(CMD_LAUNCH, instance_id());
        assert_non_null(stage_command(&s, CMD_LIST_POP, "pop-1"));
        list_until_settled(cases[i].found, false, cases[i].listings);
        assert_int_equal(instance_phase(), cases[i].instance);
        assert_int_equal(cases[i].instance == INSTANCE_LAUNCHING,
                         stage_sent(&s, "vim-drivers.test.test") != NULL);
    }
}

/* --- deleting --------------------------------------------------------------------------------- */

static void test_delete_request(void **state)
{
    (void)state;
    stage_to(&s, VNFR_DELETING);
    const struct send *sent = stage_sent(&s, "vim-drivers.test.test");
    json_t *p = parameters();
    assert_int_equal(json_array_size(p), 2);
    assert_string_equal(stage_text(p, "1"), "vm-client-101");
    assert_int_equal(sent->reply, SEND_REPLY_SHARED); /* the Python driver goes deaf without one */
    assert_int_equal(sent->policy, SEND_BLIND);
}

static void test_gone_when_two_good_listings_miss_it(void **state)
{
    static const struct {
        const char *listings; /* g: good and empty, w: weak, f: found, x: failed */
        bool is_gone;
    } cases[] = {{"g", false},     {"gg", true},  {"w", false},      {"wwww", false},
                 {"wwwww", true},  {"gww", true}, {"gwfg", false},   {"gfgg", true},
                 {"gxg", false},   {"f", false},  {"wwwwfw", false}, {"gxgg", true},
                 {"wwwxww", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_DELETING);
        stage_answer(&s, CMD_DELETE, instance_id(), "{\"answer\":true}"); /* only a hint */
        assert_int_equal(instance_phase(), INSTANCE_DELETING);
        for (const char *l = cases[i].listings; *l; l++) {
            if (!stage_command(&s, CMD_LIST_POP, "pop-1") &&
                stage_command(&s, CMD_TIMER_LIST, "pop-1"))
                stage_late(&s, CMD_TIMER_LIST, "pop-1");
            if (stage_command(&s, CMD_DELETE, NULL)) /* sent again after a pause */
                stage_late(&s, CMD_DELETE, instance_id());
            if (*l == 'x')
                stage_late(&s, CMD_LIST_POP, "pop-1");
            else
                stage_listed(&s, "pop-1",
                             *l == 'f' ? "{\"name\":\"client-101\",\"extId\":\"vm-client-101\"}"
                                       : NULL,
                             *l == 'w');
        }
        if ((stage_vnfr(&s, "client")->phase == VNFR_GONE) != cases[i].is_gone)
            fail_msg("'%s': %s", cases[i].listings, stage_story(&s));
    }
}

/* --- another suite in the same tenant has a server of that name --------------------------------- */

#define OURS   "{\"name\":\"client-101\",\"extId\":\"vm-client-101\"}"
#define OTHERS "{\"name\":\"client-101\",\"extId\":\"others\"}"

static void with_tokens(void)
{
    stage_forget(&s, "vim-drivers.test.test");
    stage_driver(&s, "vim-drivers.test.test", "correlation client_token");
}

static void list_while_it_is_deleted(const char *found)
{
    if (!stage_command(&s, CMD_LIST_POP, "pop-1") && stage_command(&s, CMD_TIMER_LIST, "pop-1"))
        stage_late(&s, CMD_TIMER_LIST, "pop-1");
    if (stage_command(&s, CMD_DELETE, NULL))
        stage_late(&s, CMD_DELETE, instance_id());
    stage_listed(&s, "pop-1", found, false);
}

/* Its driver made one server of its token, and that one is known: the other one is not deleted, and
 * nobody waits for it to go. */
static void test_others_of_its_name_are_left_alone(void **state)
{
    (void)state;
    with_tokens();
    stage_to(&s, VNFR_DELETING);
    list_while_it_is_deleted(OTHERS "," OURS);
    assert_int_equal(instance_phase(), INSTANCE_DELETING);
    assert_string_equal(stage_instance(&s, "client")->key[INSTANCE_VC], "vm-client-101");
    list_while_it_is_deleted(OTHERS);
    list_while_it_is_deleted(OTHERS);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_GONE);
    assert_string_equal(stage_instance(&s, "client")->key[INSTANCE_VC], "vm-client-101");
}

/* Else it may be another one that a launch of ours made: deleted, too, but behind the known one. */
static void test_without_tokens_the_name_tells(void **state)
{
    (void)state;
    stage_to(&s, VNFR_DELETING);
    list_while_it_is_deleted(OTHERS "," OURS);
    assert_string_equal(stage_instance(&s, "client")->key[INSTANCE_VC], "vm-client-101");
    list_while_it_is_deleted(OTHERS);
    list_while_it_is_deleted(OTHERS);
    assert_int_equal(instance_phase(), INSTANCE_DELETING);
    assert_string_equal(stage_instance(&s, "client")->key[INSTANCE_VC], "others");
}

/* Found by its name, after a launch that was not answered: the token's may come yet. */
static void test_adopted_by_its_name(void **state)
{
    (void)state;
    with_tokens();
    stage_to(&s, VNFR_ALLOCATING);
    stage_launched(&s, "client", "{}");
    list_until_settled("{\"name\":\"client-100\",\"extId\":\"v\"}", false, 1);
    assert_int_equal(instance_phase(), INSTANCE_UP);
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    for (int i = 0; i < 3; i++)
        list_while_it_is_deleted("{\"name\":\"client-100\",\"extId\":\"others\"}");
    assert_int_equal(instance_phase(), INSTANCE_DELETING);
}

/* --- a driver that answers no delete, and can only say nothing of an empty PoP (Python) --------
 */

static struct row *instance_of(const char *vnf)
{
    return stage_instance(&s, vnf);
}

static struct command *next_due(void)
{
    struct command *next = NULL;
    for (uint32_t i = 0; i < s.commands.n; i++) {
        struct command *c = s.commands.at[i];
        bool is_ours = c->kind == CMD_DELETE || c->kind == CMD_TIMER_LIST;
        if (is_ours && (!next || c->due_at < next->due_at))
            next = c;
    }
    return next;
}

/* Time goes on until then; listings take 0.2 s and show nothing. */
static void python_until(int64_t until)
{
    while (s.root && s.now < until) {
        if (stage_command(&s, CMD_LIST_POP, "pop-1")) {
            s.now += USEC_PER_SEC / 5;
            stage_listed(&s, "pop-1", NULL, true);
            continue;
        }
        struct command *c = next_due();
        if (!c || c->due_at > until) {
            s.now = until;
            return;
        }
        stage_late(&s, c->kind, c->subject);
    }
}

static bool is_gone(const char *vnf)
{
    return !s.root || instance_of(vnf)->phase == INSTANCE_GONE;
}

/* The second server is deleted any time after the first: each is gone in 45 s, and not sooner than
 * five listings with growing pauses take. (It was 41 s and 296 s.) */
static void test_late_deletes_delay_nobody(void **state)
{
    static const char *const vnfs[] = {"client", "web"};
    (void)state;
    for (int later = 0; later <= 120; later += 3) {
        int gone[2] = {0};
        again();
        stage_to(&s, VNFR_ACTIVE);
        stage_answer_well(&s, CMD_START, "web");
        stage_release_nsr(&s);
        const int64_t began = s.now;
        stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
        for (int t = 1; t <= 200 && !(gone[0] && gone[1]); t++) {
            if (t == later + 1)
                stage_answer_well(&s, CMD_RELEASE_RESOURCES, "web");
            python_until(began + t * USEC_PER_SEC);
            for (int k = 0; k < 2; k++)
                gone[k] = gone[k] ? gone[k] : is_gone(vnfs[k]) ? t - k * later : 0;
        }
        if (gone[0] < 25 || gone[0] > 45 || gone[1] < 25 || gone[1] > 45)
            fail_msg("%d s later: gone after %d s and %d s", later, gone[0], gone[1]);
    }
}

/* Out of sight at its deadline, but not forgotten before its servers are gone. */
static void test_tombstone(void **state)
{
    (void)state;
    stage_to(&s, VNFR_DELETING);
    stage_late(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "web")->id);
    stage_late(&s, CMD_TIMER_RELEASE, "nsr-1");
    assert_string_equal(stage_story(&s), "nsr:RELEASING>TOMBSTONE -TIMER_RELEASE(nsr-1) "
                                         "!RELEASE_RESOURCES_FINISH #UNVERIFIED");
    stage_release_nsr(&s);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND); /* for users it is not there */
    stage_vnfm(&s, "UPDATEVNFR", "client", NULL);
    assert_string_equal(stage_story(&s), "=amq.gen-asker:ERROR empty");
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_INSTANCE && stage_command(&s, CMD_DELETE, s.rows.at[i]->id))
            stage_late(&s, CMD_DELETE, s.rows.at[i]->id);
    stage_listed(&s, "pop-1", NULL, false);
    stage_listed(&s, "pop-1", NULL, false);
    assert_null(s.root);
    assert_int_equal(s.d.events.n, 0); /* RELEASE_RESOURCES_FINISH came once */
}

/* --- answers that nobody waits for ------------------------------------------------------------ */

static void late_answer(const char *command, const char *body)
{
    s.d.err = (struct err)ERR_INIT;
    stage_message(&s, (struct message){.queue = QUEUE_REPLIES,
                                       .correlation_id = command,
                                       .body = body,
                                       .len = strlen(body)});
}

#define SECOND "{\"answer\":{\"name\":\"client-100\",\"extId\":\"second\"}}"

/* A launch that was sent again, or came late, made a second server. Nothing says so but its answer.
 * An instance that was counted as gone, and is there again, is looked for and deleted. */
static void test_a_late_server_is_looked_for(void **state)
{
    static const struct {
        const char *body;
        bool is_told, is_looked_for;
    } cases[] = {
        {SECOND, true, true},
        {"{\"exception\":{\"detailMessage\":\"x\",\"server\":{\"hostName\":\"client-100\","
         "\"extId\":"
         "\"second\"}}}",
         true, true},
        {"{\"answer\":{\"name\":\"client-100\",\"extId\":\"vc\"}}", false, false}, /* again */
        {"{\"answer\":{\"name\":\"other-7\",\"extId\":\"second\"}}", true, false},
        {"{\"answer\":true}", false, false},
        {"{\"answer\":[1]}", false, false},
        {"{}", false, false},
        {"{\"exception\":{\"detailMessage\":\"x\"}}", false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_ALLOCATING);
        const char *launch =
            arena_strdup(&s.arena, stage_command(&s, CMD_LAUNCH, instance_id())->id);
        stage_launched(&s, "client", "{\"answer\":{\"name\":\"client-100\",\"extId\":\"vc\"}}");
        assert_int_equal(instance_phase(), INSTANCE_UP);
        late_answer(launch, cases[i].body); /* it runs: nothing is done, but somebody is told */
        assert_int_equal(s.d.outcome, DECISION_STALE);
        assert_int_equal(s.d.err.code, cases[i].is_told ? ERR_STATE : ERR_OK);
        stage_release_nsr(&s);
        stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
        assert_int_equal(instance_phase(), INSTANCE_DELETING);
        stage_answer(&s, CMD_DELETE, instance_id(), "{}");
        stage_listed(&s, "pop-1", NULL, false); /* one of two */
        late_answer(launch, cases[i].body);
        stage_listed(&s, "pop-1", NULL, false);
        if ((s.root != NULL) != cases[i].is_looked_for)
            fail_msg("case %zu: %s", i, stage_story(&s));
        if (!cases[i].is_looked_for)
            continue;
        stage_listed(&s, "pop-1", "{\"name\":\"client-100\",\"extId\":\"second\"}", false);
        assert_string_equal(stage_instance(&s, "client")->key[INSTANCE_VC], "second");
        stage_late(&s, CMD_TIMER_LIST, "pop-1");
        assert_string_equal(stage_text(parameters(), "1"), "second"); /* that is deleted now */
    }
}

/* Its service is gone: all that can be done is to tell. */
static void test_a_late_server_of_nobody_is_told(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    const char *launch = arena_strdup(&s.arena, stage_command(&s, CMD_LAUNCH, instance_id())->id);
    stage_launched(&s, "client", NULL);
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    stage_answer(&s, CMD_DELETE, instance_id(), "{}");
    for (int i = 0; s.root && i < 3; i++)
        stage_listed(&s, "pop-1", NULL, false);
    assert_null(s.root);
    late_answer(launch, SECOND);
    assert_int_equal(s.d.outcome, DECISION_STALE);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "'client-100' (second)"));
    late_answer(launch, "{\"answer\":true}");
    assert_int_equal(s.d.err.code, ERR_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_doubt),
        T(test_in_doubt_after_a_crash),
        T(test_at_most_three_launches),
        T(test_doubt_ends_when_its_pop_is_deleted),
        T(test_a_silent_driver_is_named),
        T(test_launches_end_in_time),
        T(test_a_launch_is_lost),
        T(test_delete_request),
        T(test_gone_when_two_good_listings_miss_it),
        T(test_others_of_its_name_are_left_alone),
        T(test_without_tokens_the_name_tells),
        T(test_adopted_by_its_name),
        T(test_late_deletes_delay_nobody),
        T(test_tombstone),
        T(test_a_late_server_is_looked_for),
        cmocka_unit_test_setup_teardown(test_a_late_server_of_nobody_is_told, open_stage,
                                        close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
