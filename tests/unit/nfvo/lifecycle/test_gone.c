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
        if (!stage_command(&s, CMD_LIST, "pop-1"))
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
                                               stage_command(&s, CMD_LIST, "pop-1")->id)});
    stage_late(&s, CMD_TIMER_LIST, "pop-1");
    assert_int_equal(instance_phase(), INSTANCE_FAILED);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE, "client");
    assert_null(s.root); /* nothing is left */
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
    } cases[] = {{"g", false},    {"gg", true},  {"w", false},     {"wwww", false},
                 {"wwwww", true}, {"gww", true}, {"gwfg", false},  {"gfgg", true},
                 {"gxg", true},   {"f", false},  {"wwwwfw", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_DELETING);
        stage_answer(&s, CMD_DELETE, instance_id(), "{\"answer\":true}"); /* only a hint */
        assert_int_equal(instance_phase(), INSTANCE_DELETING);
        for (const char *l = cases[i].listings; *l; l++) {
            if (!stage_command(&s, CMD_LIST, "pop-1") && stage_command(&s, CMD_TIMER_LIST, "pop-1"))
                stage_late(&s, CMD_TIMER_LIST, "pop-1");
            if (stage_command(&s, CMD_DELETE, NULL)) /* sent again after a pause */
                stage_late(&s, CMD_DELETE, instance_id());
            if (*l == 'x')
                stage_late(&s, CMD_LIST, "pop-1");
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

/* Out of sight at its deadline, but not forgotten before its servers are gone. */
static void test_tombstone(void **state)
{
    (void)state;
    stage_to(&s, VNFR_DELETING);
    stage_late(&s, CMD_RELEASE, stage_vnfr(&s, "web")->id);
    stage_late(&s, CMD_TIMER_RELEASE, "nsr-1");
    assert_string_equal(stage_story(&s), "nsr:3>100 -TIMER_RELEASE(nsr-1) "
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_doubt),
        T(test_in_doubt_after_a_crash),
        T(test_at_most_three_launches),
        T(test_doubt_ends_when_its_pop_is_deleted),
        T(test_delete_request),
        T(test_gone_when_two_good_listings_miss_it),
        T(test_tombstone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
