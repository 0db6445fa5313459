/* Which PoP a VDU goes to: nfvo/lifecycle/placement.c. Once all went to the first that was allowed,
 * and failed there while another had the image. */
#include "proto/topology.h"
#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ACTIVE  "\"active\":true"
#define NETWORK "\"networks\":[{\"name\":\"net\",\"extId\":\"n\"}]"
#define IMAGE   "\"images\":[{\"name\":\"image\",\"extId\":\"i\"}]"
#define FLAVOUR "\"flavours\":[{\"flavour_key\":\"m1.small\",\"extId\":\"f\"}]"
#define NO_GOOD "\"images\":[{\"name\":\"other\",\"extId\":\"o\"}]"

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
    close_stage(NULL);
    open_stage(NULL);
}

static struct row *pop_of(const char *type, const char *id, const char *more, bool is_fresh)
{
    struct row *r = stage_pop(
        &s, id, type, arena_printf(&s.arena, ACTIVE "," NETWORK "%s%s", *more ? "," : "", more));
    stage_pop_is_fresh(&s, r, is_fresh);
    return r;
}

/* A PoP with a driver and the network, of a type whose images are looked at. */
static struct row *pop(const char *id, const char *more, bool is_fresh)
{
    return pop_of("openstack", id, more, is_fresh);
}

/* The VDU of "client" wants this image, and may go to these. */
static void allow(const char *const *refs)
{
    struct vdu *vdu = s.service->nsd->vnfd.at[1]->vdu.at[0];
    struct proto_strs *candidates = &s.service->candidates.at[1].value;
    vdu->vm_image = (struct proto_strs){0};
    proto_list_add(&vdu->vm_image, "image", &s.arena);
    *candidates = (struct proto_strs){0};
    for (; *refs; refs++)
        proto_list_add(candidates, *refs, &s.arena);
    stage_driver(&s, "vim-drivers.openstack.one", "");
}

static const struct vnfr_state *state_of(const char *vnf)
{
    struct vnfr_state *st = NULL;
    const struct row *row = stage_vnfr(&s, vnf);
    assert_int_equal(
        proto_decode(&vnfr_state_type, row->state, strlen(row->state), 0, &s.arena, &st, NULL),
        ERR_OK);
    return st;
}

static void grant(const char *vdu_more)
{
    stage_message(&s, (struct message){
                          .queue = QUEUE_ACTIONS_REPLY,
                          .reply_to = "amq.gen-asker",
                          .correlation_id = "corr-1",
                          .body = arena_printf(
                              &s.arena,
                              "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":{"
                              "\"name\":\"client\",\"parent_ns_id\":\"nsr-1\",\"status\":\"NULL\","
                              "\"vdu\":[{\"name\":\"client-vdu\",\"vm_image\":[\"image\"]%s}]}}",
                              vdu_more)});
}

static const char *where(void)
{
    const struct vnfr_state *st = state_of("client");
    return st->vdu_pop.n ? st->vdu_pop.at[0].value : "nowhere";
}

static int phase(void)
{
    return stage_vnfr(&s, "client")->phase;
}

static const char *fault_of(const char *member)
{
    const char *text = stage_text(stage_record(&s, stage_vnfr(&s, "client")),
                                  arena_printf(&s.arena, "fault.%s", member));
    return text ? text : "";
}

/* All that are asked answer; the one named `good` has this in it now, the others NO_GOOD. */
static int all_answer(const char *type, const char *good, const char *more)
{
    const struct command *c;
    int n = 0;
    while ((c = stage_command(&s, CMD_PREPARE_POP, stage_vnfr(&s, "client")->id))) {
        bool is_good = strcmp(c->data, good) == 0;
        for (uint32_t i = 0; i < s.facts.n; i++)
            if (strcmp(s.facts.at[i]->id, c->data) == 0)
                s.facts.at[i]->doc = arena_printf(
                    &s.arena,
                    "{\"id\":\"%s\",\"name\":\"%s\",\"type\":\"%s\"," ACTIVE "," NETWORK ",%s}",
                    c->data, c->data, type, is_good ? more : NO_GOOD);
        stage_prepared(&s, "client", NULL);
        assert_true(++n < 10);
    }
    return n;
}

/* Fresh snapshots decide at once; the better one wins, whatever its place in the list. */
static void test_the_one_that_can(void **state)
{
    static const struct {
        const char *why, *type, *bad, *good, *vdu, *zone;
        bool has_driver; /* the type of the bad one */
    } cases[] = {
        {"image", "openstack", NO_GOOD, IMAGE, "", "", true},
        {"no image at all", "openstack", "", IMAGE, "", "", true},
        {"flavour", "docker", IMAGE "," FLAVOUR, IMAGE, ",\"computation_requirement\":\"m9\"", "",
         true},
        {"zone", "openstack", IMAGE ",\"zones\":[{\"name\":\"a\"}]",
         IMAGE ",\"zones\":[{\"name\":\"b\"}]", "", ":b", true},
        {"driver", "docker", IMAGE, IMAGE, "", "", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int turn = 0; turn < 2; turn++) {
            again();
            const char *bad = arena_printf(&s.arena, "bad%s", cases[i].zone),
                       *good = arena_printf(&s.arena, "good%s", cases[i].zone);
            allow((const char *const[]){turn ? good : bad, turn ? bad : good, NULL});
            pop_of(cases[i].type, "bad", cases[i].bad, true);
            pop("good", cases[i].good, true);
            if (cases[i].has_driver)
                stage_driver(&s, "vim-drivers.docker.one", "");
            stage_deploy(&s);
            grant(cases[i].vdu);
            if (phase() != VNFR_GRANTED || strcmp(where(), good) != 0)
                fail_msg("%s, turn %d: %s on '%s': %s", cases[i].why, turn,
                         vnfr_phase_names[phase()], where(), fault_of("message"));
        }
}

/* An old snapshot is no evidence: the PoPs are asked, and found wanting only then. The images of a
 * PoP of type test are not checked, but that which has the image is taken. */
static void test_old_snapshots_are_asked(void **state)
{
    static const char *const types[] = {"openstack", "test"}, *const good[] = {"a", "b"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        again();
        allow((const char *const[]){"a", "b", NULL});
        pop_of(types[i / 2], "a", NO_GOOD, false);
        pop_of(types[i / 2], "b", NO_GOOD, false);
        stage_deploy(&s);
        grant("");
        assert_int_equal(phase(), VNFR_GRANTING);
        assert_int_equal(all_answer(types[i / 2], good[i % 2], IMAGE), 2);
        assert_int_equal(phase(), VNFR_GRANTED);
        assert_string_equal(where(), good[i % 2]);
    }
}

/* None has it: the fault of one whose images are checked, the driver's word of one whose are not.
 */
static void test_old_snapshots_were_right(void **state)
{
    static const char *const types[] = {"openstack", "test"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        again();
        allow((const char *const[]){"a", "b", NULL});
        pop_of(types[i], "a", NO_GOOD, false);
        pop_of(types[i], "b", NO_GOOD, false);
        stage_deploy(&s);
        grant("");
        all_answer(types[i], "none", "");
        assert_int_equal(phase(), i ? VNFR_GRANTED : VNFR_FAILED);
    }
}

static void test_none_can_and_why(void **state)
{
    (void)state;
    allow((const char *const[]){"a", "b:z", "gone", NULL});
    pop("a", NO_GOOD, true);
    pop("b", IMAGE ",\"zones\":[{\"name\":\"y\"}]", true);
    stage_deploy(&s);
    grant("");
    assert_int_equal(phase(), VNFR_FAILED);
    assert_string_equal(
        fault_of("message"),
        "no PoP can take VDU 'client-vdu': PoP 'a': none of the images 'image' is available "
        "there; PoP 'b:z': it has no zone 'z'; PoP 'gone': it is not there any more");
    assert_non_null(strstr(fault_of("hint"), "baton pop show"));
}

/* A PoP that cannot be prepared gives way; when it was the only one, its own words are the fault.
 */
static void test_a_pop_that_fails(void **state)
{
    static const char words[] =
        "{\"code\":\"ERR_PEER\",\"message\":\"out of subnets\",\"hint\":\"make room\"}";
    (void)state;
    allow((const char *const[]){"a", "b", NULL});
    pop("a", IMAGE, false);
    pop("b", IMAGE, false);
    stage_deploy(&s);
    grant("");
    const char *first = where();
    stage_prepared(&s, "client", words);
    assert_int_equal(phase(), VNFR_GRANTING);
    assert_string_not_equal(where(), first);
    stage_prepared(&s, "client", words);
    assert_int_equal(phase(), VNFR_FAILED);
    assert_non_null(strstr(fault_of("message"), "PoP 'a': out of subnets"));
    assert_non_null(strstr(fault_of("message"), "PoP 'b': out of subnets"));
    again();
    allow((const char *const[]){"a", NULL});
    pop("a", IMAGE, false);
    stage_deploy(&s);
    grant("");
    stage_prepared(&s, "client", words);
    assert_string_equal(fault_of("message"), "out of subnets");
    assert_string_equal(fault_of("hint"), "make room");
}

/* However many there are, the VNFM is answered before it gives up: 3 x driver-timeout. */
static void test_the_time_is_one_for_all(void **state)
{
    const char *refs[41] = {NULL};
    int tried = 0;
    (void)state;
    for (int i = 0; i < 40; i++)
        refs[i] = arena_printf(&s.arena, "p%d", i);
    allow(refs);
    for (int i = 0; i < 40; i++)
        pop(refs[i], IMAGE, false);
    int64_t begin = s.now;
    stage_deploy(&s);
    grant("");
    while (phase() == VNFR_GRANTING && ++tried < 40) {
        struct command *c = stage_command(&s, CMD_PREPARE_POP, stage_vnfr(&s, "client")->id);
        s.now = c->due_at;
        stage_late(&s, CMD_PREPARE_POP, stage_vnfr(&s, "client")->id);
    }
    assert_int_equal(phase(), VNFR_FAILED);
    assert_true(s.now - begin <= 3 * s.settings.driver_us);
    assert_non_null(strstr(fault_of("message"), "there was no time left to try it"));
}

/* A thousand PoPs may take it: when all VNFs have theirs, the others are no longer loaded with each
 * message. */
static void test_the_others_are_forgotten(void **state)
{
    (void)state;
    allow((const char *const[]){"a", "b", NULL});
    pop("a", IMAGE, true);
    pop("b", IMAGE, true);
    stage_pop_is_fresh(&s, s.facts.at[0], true);
    proto_list_add(&s.service->pops, proto_dup(&vim_ref_type, s.service->pops.at[0], &s.arena),
                   &s.arena);
    s.service->pops.at[1]->id = "a";
    proto_list_add(&s.service->pops, proto_dup(&vim_ref_type, s.service->pops.at[0], &s.arena),
                   &s.arena);
    s.service->pops.at[2]->id = "b";
    stage_deploy(&s);
    assert_string_equal(s.root->key[NSR_POPS], "pop-1,a,b");
    grant("");
    assert_string_equal(s.root->key[NSR_POPS], "pop-1,a,b"); /* "web" has not chosen yet */
    stage_vnfm(&s, "GRANT_OPERATION", "web", NULL);
    assert_string_equal(s.root->key[NSR_POPS], arena_printf(&s.arena, "pop-1,%s", where()));
}

/* Many services: all PoPs are used, none by much more than its share. */
static void test_services_are_spread(void **state)
{
    enum { N = 300 };
    int a = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        static char id[32];
        snprintf(id, sizeof(id), "nsr-%d", i);
        close_stage(NULL);
        stage_init(&s, AGG_NSR, id);
        stage_service(&s, NULL);
        allow((const char *const[]){"a", "b", NULL});
        pop("a", IMAGE, true);
        pop("b", IMAGE, true);
        stage_deploy(&s);
        stage_message(&s,
                      (struct message){
                          .queue = QUEUE_ACTIONS_REPLY,
                          .reply_to = "amq.gen-asker",
                          .correlation_id = "corr-1",
                          .body = arena_printf(
                              &s.arena,
                              "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":{"
                              "\"name\":\"client\",\"parent_ns_id\":\"%s\",\"status\":\"NULL\","
                              "\"vdu\":[{\"name\":\"client-vdu\",\"vm_image\":[\"image\"]}]}}",
                              id)});
        assert_int_equal(phase(), VNFR_GRANTED);
        a += strcmp(where(), "a") == 0;
    }
    assert_in_range(a, N / 3, N - N / 3);
}

/* Links end at a PoP's border: the VDUs of a service stay together where they may. */
static void test_a_service_stays_together(void **state)
{
    (void)state;
    allow((const char *const[]){"a", "b", NULL});
    struct vdu *vdu = s.service->nsd->vnfd.at[1]->vdu.at[0];
    struct vdu *more = proto_dup(&vdu_type, vdu, &s.arena);
    struct proto_strs both = {0};
    more->name = "second";
    proto_list_add(&s.service->nsd->vnfd.at[1]->vdu, more, &s.arena);
    proto_list_add(&both, "b", &s.arena);
    proto_list_add(&both, "a", &s.arena);
    proto_map_add(&s.service->candidates, "client/second", both, &s.arena);
    pop("a", IMAGE, true);
    pop("b", IMAGE, true);
    stage_deploy(&s);
    grant("},{\"name\":\"second\",\"vm_image\":[\"image\"]");
    assert_int_equal(phase(), VNFR_GRANTED);
    const struct vnfr_state *st = state_of("client");
    assert_int_equal(st->vdu_pop.n, 2);
    assert_string_equal(st->vdu_pop.at[0].value, st->vdu_pop.at[1].value);
}

/* --- quotas ----------------------------------------------------------------------------------- */

#define ROOM "\"instances\":1000,\"cores\":-1,\"ram\":-1"

/* The PoP's quota and what is used of it, answered so long ago. */
static void set_quota(struct row *pop, const char *quota, int64_t used, int64_t age_us)
{
    pop->state = arena_printf(&s.arena,
                              "{\"refreshedAt\":%lld,\"quotaAt\":%lld,\"quota\":{%s},"
                              "\"use\":{\"instances\":%lld,\"cores\":%lld,\"ram\":%lld}}",
                              (long long)s.now, (long long)(s.now - age_us), quota, (long long)used,
                              (long long)(2 * used), (long long)(512 * used));
}

#define BIG_FLAVOUR "\"flavours\":[{\"flavour_key\":\"m1.small\",\"vcpus\":2,\"ram\":512}]"
#define TWO         ",\"computation_requirement\":\"m1.small\",\"vnfc\":[{},{}]"

/* The PoP with room is taken, at once where it has much of it. */
static void test_quota_with_room_is_taken(void **state)
{
    static const char *const full[] = {
        "\"instances\":10,\"cores\":-1,\"ram\":-1",
        "\"instances\":-1,\"cores\":21,\"ram\":-1",
        "\"instances\":0,\"cores\":-1,\"ram\":5000",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(full); i++)
        for (int turn = 0; turn < 2; turn++) {
            again();
            allow((const char *const[]){turn ? "roomy" : "full", turn ? "full" : "roomy", NULL});
            set_quota(pop("full", IMAGE "," BIG_FLAVOUR, true), full[i], 9, 0);
            set_quota(pop("roomy", IMAGE "," BIG_FLAVOUR, true), ROOM, 9, 0);
            stage_deploy(&s);
            grant(TWO);
            if (phase() != VNFR_GRANTED || strcmp(where(), "roomy") != 0)
                fail_msg("%s, turn %d: %s on '%s'", full[i], turn, vnfr_phase_names[phase()],
                         where());
        }
}

/* A quota is never in the way when it is not known, not finite, not looked at, or has room. */
static void test_quota_stands_in_nobodys_way(void **state)
{
    static const struct {
        const char *quota;
        bool is_off;
    } cases[] = {
        {"\"instances\":-1,\"cores\":-1,\"ram\":-1", false},
        {"\"instances\":0,\"cores\":0,\"ram\":0", false},
        {ROOM, false},
        {"\"instances\":1,\"cores\":1,\"ram\":1", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        s.settings.is_quota_checked = !cases[i].is_off;
        allow((const char *const[]){"a", NULL});
        set_quota(pop("a", IMAGE "," BIG_FLAVOUR, true), cases[i].quota, 50, 0);
        stage_deploy(&s);
        grant(TWO);
        assert_int_equal(phase(), VNFR_GRANTED); /* nobody was asked */
    }
}

/* Near its end the PoP is asked first: the use that it tells then counts. */
static void test_quota_is_counted_anew_near_its_end(void **state)
{
    (void)state;
    for (int used = 8; used <= 9; used++) {
        again();
        allow((const char *const[]){"a", NULL});
        struct row *a = pop("a", IMAGE, true);
        set_quota(a, "\"instances\":10,\"cores\":-1,\"ram\":-1", 17 - used, 0);
        stage_deploy(&s);
        grant(TWO);
        assert_int_equal(phase(), VNFR_GRANTING);
        set_quota(a, "\"instances\":10,\"cores\":-1,\"ram\":-1", used, 0);
        stage_prepared(&s, "client", NULL);
        assert_int_equal(phase(), used == 8 ? VNFR_GRANTED : VNFR_FAILED);
    }
}

static void test_quota_none_has_room(void **state)
{
    (void)state;
    allow((const char *const[]){"a", "b", NULL});
    set_quota(pop("a", IMAGE "," BIG_FLAVOUR, true), "\"instances\":10,\"cores\":-1,\"ram\":-1", 9,
              0);
    set_quota(pop("b", IMAGE "," BIG_FLAVOUR, true), "\"instances\":10,\"cores\":4,\"ram\":-1", 2,
              0);
    stage_deploy(&s);
    grant(TWO);
    for (int i = 0; phase() == VNFR_GRANTING && i < 4; i++)
        stage_prepared(&s, "client", NULL);
    assert_int_equal(phase(), VNFR_FAILED);
    assert_string_equal(
        fault_of("message"),
        "no PoP can take VDU 'client-vdu': PoP 'a': its quota of 10 instances has 1 "
        "left, 2 are needed; PoP 'b': its quota of 4 cores has 0 left, 4 are needed");
}

/* It may have been raised since: then the driver has the last word. */
static void test_old_quota_is_no_evidence(void **state)
{
    (void)state;
    allow((const char *const[]){"a", NULL});
    set_quota(pop("a", IMAGE, true), "\"instances\":10,\"cores\":-1,\"ram\":-1", 10,
              3600 * USEC_PER_SEC);
    stage_deploy(&s);
    grant(TWO);
    stage_prepared(&s, "client", NULL);
    assert_int_equal(phase(), VNFR_GRANTED);
}

/* Each VDU has room, both together have not: one goes elsewhere. */
static void test_quota_counts_the_whole_service(void **state)
{
    (void)state;
    allow((const char *const[]){"a", "b", NULL});
    struct vdu *more = proto_dup(&vdu_type, s.service->nsd->vnfd.at[1]->vdu.at[0], &s.arena);
    struct proto_strs both = {0};
    more->name = "second";
    proto_list_add(&s.service->nsd->vnfd.at[1]->vdu, more, &s.arena);
    proto_list_add(&both, "b", &s.arena);
    proto_list_add(&both, "a", &s.arena);
    proto_map_add(&s.service->candidates, "client/second", both, &s.arena);
    set_quota(pop("a", IMAGE, true), "\"instances\":10,\"cores\":-1,\"ram\":-1", 7, 0);
    set_quota(pop("b", IMAGE, true), "\"instances\":10,\"cores\":-1,\"ram\":-1", 7, 0);
    stage_deploy(&s);
    grant(",\"vnfc\":[{},{}]},{\"name\":\"second\",\"vm_image\":[\"image\"],\"vnfc\":[{},{}]");
    for (int i = 0; phase() == VNFR_GRANTING && i < 4; i++)
        stage_prepared(&s, "client", NULL);
    assert_int_equal(phase(), VNFR_GRANTED);
    const struct vnfr_state *st = state_of("client");
    assert_int_equal(st->vdu_pop.n, 2);
    assert_string_not_equal(st->vdu_pop.at[0].value, st->vdu_pop.at[1].value);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_the_one_that_can),
        T(test_old_snapshots_are_asked),
        T(test_old_snapshots_were_right),
        T(test_none_can_and_why),
        T(test_a_pop_that_fails),
        T(test_the_time_is_one_for_all),
        T(test_services_are_spread),
        T(test_the_others_are_forgotten),
        T(test_a_service_stays_together),
        T(test_quota_with_room_is_taken),
        T(test_quota_stands_in_nobodys_way),
        T(test_quota_none_has_room),
        T(test_quota_is_counted_anew_near_its_end),
        T(test_old_quota_is_no_evidence),
        T(test_quota_counts_the_whole_service),
    };
    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
