/* The PoP aggregate: refreshed once for all who ask, networks made once, listings shared. */
#include "tests/support/stage.h"

#include "common/base/sbuf.h"
#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static void user(int event, const char *operation, const char *type)
{
    struct pop_request *req = proto_new(&pop_request_type, &s.arena);
    req->operation = operation;
    if (type) {
        req->pop = proto_new(&vim_instance_type, &s.arena);
        req->pop->name = "pop";
        req->pop->type = type;
        req->pop->project_id = "project-1";
    }
    stage_decide(&s, (struct intent){.event = event, .facts = FACT_DRIVERS, .payload = req});
}

static const char *answer_to_refresh =
    "{\"answer\":{\"id\":\"x\",\"name\":\"x\",\"type\":\"test\"}}";

static int open_pop(void **state)
{
    (void)state;
    stage_init(&s, AGG_POP, "pop-1");
    stage_driver(&s, "vim-drivers.test.test", "");
    stage_driver(&s, "vim-drivers.docker.docker", "");
    user(EV_POP_REGISTER, "op-1", "test");
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    return 0;
}

static int close_pop(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void ask(const char *what, const char *nsr, const char *more)
{
    stage_message(
        &s, (struct message){
                .queue = QUEUE_INTERNAL,
                .body = arena_printf(&s.arena,
                                     "{\"what\":\"%s\",\"to\":\"pop-1\",\"toKind\":1,\"from\":"
                                     "\"%s\",\"command\":\"%s:0.5.1\"%s}",
                                     what, nsr, nsr, more)});
}

static void story(const char *want)
{
    assert_string_equal(stage_story(&s), want);
}

static const char net[] = ",\"networks\":[{\"name\":\"net\",\"subnet\":\"10.0.0.0/24\"}]";

static void test_registration(void **state)
{
    static const struct {
        const char *answer;
        int status; /* of the operation; 200: it is stored */
    } cases[] = {
        {"{\"answer\":{\"type\":\"test\"}}", 200},
        {"{\"answer\":null}", 422},
        {"{}", 422},
        {"", 422},
        {"{\"answer\":[]}", 422},
        {"{\"answer\":", 422},
        {"{\"exception\":{\"detailMessage\":\"bad password\"}}", 422},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_release(&s);
        stage_init(&s, AGG_POP, "pop-1");
        stage_driver(&s, "vim-drivers.test.test", "");
        user(EV_POP_REGISTER, "op-1", "test");
        story("+WAIT_OPERATION(op-1) +REFRESH(pop-1) >vim-drivers.test.test:refresh");
        stage_answer(&s, CMD_REFRESH, "pop-1", cases[i].answer);
        assert_int_equal(s.d.operations.n, 1);
        assert_int_equal(s.d.operations.at[0]->status, cases[i].status);
        assert_int_equal(s.root != NULL, cases[i].status == 200); /* decisions.md D5 */
        assert_int_equal(s.commands.n, cases[i].status == 200);   /* its quota is asked for */
        assert_int_equal(stage_command(&s, CMD_GET_QUOTA, "pop-1") != NULL, s.commands.n);
    }
    assert_non_null(strstr(s.d.operations.at[0]->body, "bad password"));
    assert_non_null(strstr(s.d.operations.at[0]->body, "hint"));
}

static void test_registration_without_a_driver(void **state)
{
    (void)state;
    stage_release(&s);
    stage_init(&s, AGG_POP, "pop-1");
    user(EV_POP_REGISTER, "op-1", "test");
    assert_int_equal(s.d.operations.at[0]->status, 422);
    assert_non_null(strstr(s.d.operations.at[0]->body, "no driver for PoP type 'test'"));
    assert_null(s.root);
}

/* Identity, place and secrets stay ours: amqp-protocol.md 5.6, TRAP. */
static void test_a_snapshot_changes_lists_only(void **state)
{
    (void)state;
    user(EV_POP_REFRESH, "op-2", NULL);
    stage_answer(&s, CMD_REFRESH, "pop-1",
                 "{\"answer\":{\"id\":\"evil\",\"name\":\"evil\",\"projectId\":\"evil\",\"type\":"
                 "\"docker\",\"hbVersion\":0,\"images\":[{\"extId\":\"i\"}],\"networks\":null}}");
    json_t *doc = stage_record(&s, s.root);
    assert_string_equal(stage_text(doc, "id"), "pop-1");
    assert_string_equal(stage_text(doc, "name"), "pop");
    assert_string_equal(stage_text(doc, "projectId"), "project-1");
    assert_string_equal(stage_text(doc, "type"), "test");
    assert_string_equal(stage_text(doc, "images.0.extId"), "i");
    assert_true(json_integer_value(json_object_get(doc, "hbVersion")) > 1);
}

/* Drivers make new ids each time, or none; ours stay with what the cloud calls the same. */
static void test_ids_outlive_a_refresh(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{\"answer\":{\"type\":\"test\",\"images\":[{\"id\":\"1\",\"extId\":\"i\"},{\"extId\":"
        "\"k\"}],"
        "\"networks\":[{\"extId\":\"n\"}],\"flavours\":[{\"flavour_key\":\"f\",\"extId\":\"g\"}]}}",
        "{\"answer\":{\"type\":\"test\",\"images\":[{\"extId\":\"k\"},{\"id\":\"2\",\"extId\":"
        "\"i\"}],"
        "\"networks\":[{\"id\":\"3\",\"extId\":\"n\"}],\"flavours\":[{\"flavour_key\":\"f\","
        "\"extId\":\"g\"}]}}",
    };
    static const char *const paths[2][4] = {
        {"images.0.id", "images.1.id", "networks.0.id", "flavours.0.id"},
        {"images.1.id", "images.0.id", "networks.0.id", "flavours.0.id"}};
    const char *was[4];
    for (int round = 0; round < 2; round++) {
        user(EV_POP_REFRESH, round ? "op-3" : "op-2", NULL);
        stage_answer(&s, CMD_REFRESH, "pop-1", answers[round]);
        json_t *doc = stage_record(&s, s.root);
        for (int i = 0; i < 4; i++) {
            const char *id = arena_strdup(&s.arena, stage_text(doc, paths[round][i]));
            assert_string_not_equal(id, "");
            if (round)
                assert_string_equal(id, was[i]);
            was[i] = id;
        }
    }
}

/* What its driver says to people is kept, bounded, until it says it no more. */
static void test_notes(void **state)
{
    char text[600];
    struct pop_state *st;
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text + 479, "\u00e9", 2); /* on the bound */
    user(EV_POP_REFRESH, "op-2", NULL);
    stage_answer(&s, CMD_REFRESH, "pop-1",
                 arena_printf(&s.arena,
                              "{\"answer\":{\"type\":\"test\",\"metadata\":{\"" VIM_WARNING
                              "\":\"shared\",\"" VIM_NOTE "\":\"%s\",\"other\":\"no\"}}}",
                              text));
    assert_int_equal(
        proto_decode(&pop_state_type, s.root->state, strlen(s.root->state), 0, &s.arena, &st, NULL),
        ERR_OK);
    assert_string_equal(st->warning, "shared");
    assert_int_equal(strlen(st->note), 479);
    assert_null(strstr(s.root->doc, VIM_WARNING));
    user(EV_POP_REFRESH, "op-3", NULL);
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    assert_null(strstr(s.root->state, "shared"));
    assert_null(strstr(s.root->state, "note"));
}

static void test_one_refresh_for_all_who_wait(void **state)
{
    (void)state;
    s.now += 3600 * USEC_PER_SEC;
    ask("prepare", "nsr-1", "");
    story("+WAIT_PREPARE(nsr-1:0.5.1) +REFRESH(pop-1) >vim-drivers.test.test:refresh");
    ask("prepare", "nsr-2", "");
    story("+WAIT_PREPARE(nsr-2:0.5.1)");
    ask("prepare", "nsr-2", ""); /* the message came twice */
    story("stale");
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    assert_non_null(strstr(stage_story(&s), "-WAIT_PREPARE(nsr-1:0.5.1)"));
    const struct command *second = stage_command(&s, CMD_WAIT_PREPARE, NULL);
    if (second) /* it asked after the first refresh was sent: the next one is its */
        stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
}

static void test_a_network_is_made_once(void **state)
{
    (void)state;
    ask("prepare", "nsr-1", net);
    story("+WAIT_PREPARE(nsr-1:0.5.1) +CREATE_NETWORK(net) >vim-drivers.test.test:createNetwork");
    assert_int_equal(stage_sent(&s, "vim-drivers.test.test")->policy, SEND_ASK);
    ask("prepare", "nsr-2", net);
    story("+WAIT_PREPARE(nsr-2:0.5.1)");
    stage_answer(&s, CMD_CREATE_NETWORK, "net", "{\"answer\":{\"name\":\"net\",\"extId\":\"e\"}}");
    story("-WAIT_PREPARE(nsr-1:0.5.1) -CREATE_NETWORK(net) -WAIT_PREPARE(nsr-2:0.5.1) "
          ">nfvo.internal:prepared >nfvo.internal:prepared");
}

/* The Go docker driver calls it "net_1" (amqp-protocol.md 5.7): after the next snapshot it must be
 * known by its extId, or every grant would make another one. */
static void test_a_renamed_network_is_not_made_again(void **state)
{
    (void)state;
    ask("prepare", "nsr-1", net);
    stage_answer(&s, CMD_CREATE_NETWORK, "net",
                 "{\"answer\":{\"name\":\"net_1\",\"extId\":\"e\"}}");
    s.now += 3600 * USEC_PER_SEC;
    ask("prepare", "nsr-2", net);
    stage_answer(
        &s, CMD_REFRESH, "pop-1",
        "{\"answer\":{\"type\":\"test\",\"networks\":[{\"name\":\"net_1\",\"extId\":\"e\"}]}}");
    assert_null(stage_command(&s, CMD_CREATE_NETWORK, "net"));
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
    s.now += 3600 * USEC_PER_SEC; /* somebody deleted it */
    ask("prepare", "nsr-3", net);
    stage_answer(&s, CMD_REFRESH, "pop-1", "{\"answer\":{\"type\":\"test\",\"networks\":[]}}");
    assert_non_null(stage_command(&s, CMD_CREATE_NETWORK, "net"));
}

static void test_a_network_that_fails(void **state)
{
    (void)state;
    ask("prepare", "nsr-1", net);
    ask("prepare", "nsr-2", ",\"networks\":[{\"name\":\"other\"}]");
    stage_answer(&s, CMD_CREATE_NETWORK, "net", "{\"exception\":{\"detailMessage\":\"quota\"}}");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, QUEUE_INTERNAL)), "to"), "nsr-1");
    assert_non_null(strstr(
        stage_text(stage_body(&s, stage_sent(&s, QUEUE_INTERNAL)), "fault.message"), "quota"));
    assert_non_null(stage_command(&s, CMD_WAIT_PREPARE, "nsr-2:0.5.1"));
}

/* It may be there all the same. A snapshot that was under way may be from before, and must not make
 * the next try sure that it is not. */
static void test_one_that_fails_is_looked_for_anew(void **state)
{
    (void)state;
    ask("prepare", "nsr-1", net);
    user(EV_POP_REFRESH, NULL, NULL);
    stage_late(&s, CMD_CREATE_NETWORK, "net");
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    ask("prepare", "nsr-2", net);
    assert_null(stage_command(&s, CMD_CREATE_NETWORK, "net"));
    stage_answer(
        &s, CMD_REFRESH, "pop-1",
        "{\"answer\":{\"type\":\"test\",\"networks\":[{\"name\":\"net\",\"extId\":\"e\"}]}}");
    assert_null(stage_command(&s, CMD_CREATE_NETWORK, "net"));
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
}

static void test_in_doubt_a_network_is_looked_for(void **state)
{
    (void)state;
    ask("prepare", "nsr-1", net);
    const struct command *c = stage_command(&s, CMD_CREATE_NETWORK, "net");
    stage_decide(&s,
                 (struct intent){.event = EV_IN_DOUBT, .command = c->id, .facts = FACT_DRIVERS});
    stage_answer(
        &s, CMD_REFRESH, "pop-1",
        "{\"answer\":{\"type\":\"test\",\"networks\":[{\"name\":\"net\",\"extId\":\"e\"}]}}");
    assert_null(stage_command(&s, CMD_CREATE_NETWORK, "net"));
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
}

static void test_listings(void **state)
{
    static const struct {
        const char *answer;
        int found; /* -1: fault, -2: weak */
    } cases[] = {
        {"{\"answer\":[{\"name\":\"h\"},{\"hostName\":\"h\"},{\"extId\":\"v\"},{\"name\":\"z\"}]}",
         3},
        {"{\"answer\":[]}", 0},
        {"{\"answer\":null}", -2},
        {"{}", -2},
        {"", -2},
        {"{\"answer\":7}", -1},
        {"{\"exception\":{}}", -1},
        {"{\"answer\":", -1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_pop(NULL);
        open_pop(NULL);
        ask("list", "nsr-1", ",\"servers\":[\"h\",\"v\"]");
        story("+WAIT_LIST(nsr-1:0.5.1) +LIST_SERVERS(pop-1) >vim-drivers.test.test:listServer");
        stage_answer(&s, CMD_LIST_SERVERS, "pop-1", cases[i].answer);
        json_t *told = stage_body(&s, stage_sent(&s, QUEUE_INTERNAL));
        json_t *weak = json_object_get(told, "weak");
        assert_string_equal(stage_text(told, "command"), "nsr-1:0.5.1");
        assert_int_equal(json_object_get(told, "fault") != NULL, cases[i].found == -1);
        assert_int_equal(json_is_true(weak), cases[i].found == -2);
        assert_int_equal(json_array_size(json_object_get(told, "found")),
                         cases[i].found > 0 ? cases[i].found : 0);
    }
}

/* 60,000 servers, 60 MB: who asked about two of them is told of these. */
static void test_a_long_listing(void **state)
{
    enum { N = 60000 };
    AUTO(sbuf_release) struct sbuf answer = SBUF_INIT;
    (void)state;
    for (int i = 0; i < N; i++)
        sbuf_addf(&answer,
                  "%s{\"name\":\"s-%d\",\"hostName\":\"s-%d\",\"extId\":\"v-%d\",\"status\":"
                  "\"ACTIVE\",\"extendedStatus\":\"%0900d\"}",
                  i ? "," : "{\"answer\":[", i, i, i, 0);
    sbuf_adds(&answer, "]}");
    ask("list", "nsr-1", ",\"servers\":[\"s-59999\",\"v-59999\",\"s-7\",\"none\",\"v-none\"]");
    stage_answer(&s, CMD_LIST_SERVERS, "pop-1", answer.s);
    json_t *told = stage_body(&s, stage_sent(&s, QUEUE_INTERNAL));
    assert_null(json_object_get(told, "fault"));
    assert_int_equal(json_array_size(json_object_get(told, "found")), 2);
    assert_string_equal(stage_text(told, "found.0.extId"), "v-7");
    assert_string_equal(stage_text(told, "found.1.extId"), "v-59999");
}

/* Who asks while a listing is under way waits for the next: it may have looked too early. */
static void test_a_listing_serves_who_asked_before_it(void **state)
{
    (void)state;
    ask("list", "nsr-1", "");
    ask("list", "nsr-2", "");
    story("+WAIT_LIST(nsr-2:0.5.1)");
    stage_answer(&s, CMD_LIST_SERVERS, "pop-1", "{\"answer\":[]}");
    story("-WAIT_LIST(nsr-1:0.5.1) -LIST_SERVERS(pop-1) +LIST_SERVERS(pop-1) >nfvo.internal:listed "
          ">vim-drivers.test.test:listServer");
}

static void look(const char *listed)
{
    stage_late(&s, CMD_TIMER_LATE, "pop-1");
    stage_answer(&s, CMD_LIST_SERVERS, "pop-1", listed);
}

/* A launch that nobody waits for any more, of a service that may be gone: what comes is deleted, and
 * nothing else; an hour later nobody looks any more. */
static void test_a_launch_that_takes_effect_late(void **state)
{
    (void)state;
    ask("late", "nsr-1", ",\"servers\":[\"web-7\"]");
    story("+TIMER_LATE(pop-1)");
    look("{\"answer\":[{\"hostName\":\"web-6\",\"extId\":\"v-6\"}]}");
    story("-WAIT_LIST(late) -LIST_SERVERS(pop-1)");
    look("{\"answer\":[{\"hostName\":\"web-6\",\"extId\":\"v-6\"},"
         "{\"name\":\"web-7\",\"extId\":\"v-7\"}]}");
    story("-WAIT_LIST(late) -LIST_SERVERS(pop-1) +DELETE(web-7) "
          ">vim-drivers.test.test:deleteServerByIdAndWait");
    const json_t *call = stage_body(&s, stage_sent(&s, "vim-drivers.test.test"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(call, "parameters"), 1)),
                        "v-7");
    stage_answer(&s, CMD_DELETE, "web-7", "{\"answer\":true}");
    s.now += 3600 * USEC_PER_SEC;
    stage_late(&s, CMD_TIMER_LATE, "pop-1");
    story("-TIMER_LATE(pop-1)");
}

/* All servers of a PoP, for who compares: with the listing that others wait for, and no other. */
static void test_inventory(void **state)
{
    static const struct {
        const char *answer;
        int status;
        const char *body; /* NULL: a fault's */
    } cases[] = {
        {"{\"answer\":[{\"extId\":\"s-1\",\"name\":\"a-1\",\"hostName\":\"a-1\"},{\"extId\":\"s-"
         "2\",\"name\":\"b\"}]}",
         200, "{\"weak\":false,\"names\":[\"s-1\",\"a-1\",\"a-1\",\"s-2\",\"b\"]}"},
        {"", 200, "{\"weak\":true,\"names\":[]}"},
        {"{\"exception\":{\"detailMessage\":\"no\"}}", 500, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_pop(NULL);
        open_pop(NULL);
        ask("list", "nsr-1", "");
        user(EV_POP_LIST, "early", NULL); /* while one is under way: served by the next */
        story("+WAIT_LIST(early)");
        stage_answer(&s, CMD_LIST_SERVERS, "pop-1", cases[i].answer);
        assert_int_equal(s.d.operations.n, 0);
        stage_answer(&s, CMD_LIST_SERVERS, "pop-1", cases[i].answer);
        assert_int_equal(s.d.operations.n, 1);
        assert_string_equal(s.d.operations.at[0]->id, "early");
        assert_int_equal(s.d.operations.at[0]->status, cases[i].status);
        if (cases[i].body)
            assert_string_equal(s.d.operations.at[0]->body, cases[i].body);
    }
    user(EV_POP_LIST, "op", NULL);
    story("+WAIT_LIST(op) +LIST_SERVERS(pop-1) >vim-drivers.test.test:listServer");
    user(EV_POP_DELETE, NULL, NULL);
    assert_int_equal(s.d.operations.at[0]->status, 500);
    user(EV_POP_LIST, "op", NULL);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
}

static void test_deletion_tells_who_waits(void **state)
{
    (void)state;
    s.now += 3600 * USEC_PER_SEC;
    ask("prepare", "nsr-1", net);
    ask("list", "nsr-2", "");
    user(EV_POP_REFRESH, "op-2", NULL);
    user(EV_POP_DELETE, NULL, NULL);
    assert_null(s.root);
    assert_int_equal(s.d.sends.n, 2);
    for (uint32_t i = 0; i < 2; i++) {
        json_t *told = stage_body(&s, s.d.sends.at[i]);
        assert_string_equal(stage_text(told, "fault.code"), "ERR_NOT_FOUND");
        assert_string_equal(stage_text(told, "what"), i ? "listed" : "prepared");
    }
    assert_int_equal(s.d.operations.n, 1);
    assert_int_equal(s.d.operations.at[0]->status, 404);
}

static void test_questions_to_a_pop_that_is_gone(void **state)
{
    static const char *const what[][2] = {{"prepare", "prepared"}, {"list", "listed"}};
    (void)state;
    user(EV_POP_DELETE, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        ask(what[i][0], "nsr-1", "");
        json_t *told = stage_body(&s, stage_sent(&s, QUEUE_INTERNAL));
        assert_string_equal(stage_text(told, "what"), what[i][1]);
        assert_string_equal(stage_text(told, "to"), "nsr-1");
        assert_string_equal(stage_text(told, "fault.code"), "ERR_NOT_FOUND");
    }
    user(EV_POP_REFRESH, "op", NULL);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
}

/* The driver died with it in hand, and is back: who waits is served by the next call, not told at
 * the deadline of the first. */
static void test_calls_are_lost(void **state)
{
    static const struct {
        int kind;
        const char *subject, *ask, *more, *method;
    } cases[] = {
        {CMD_REFRESH, "pop-1", "prepare", "", "refresh"},
        {CMD_CREATE_NETWORK, "net", "prepare", net, "refresh"}, /* it may be there: look first */
        {CMD_LIST_SERVERS, "pop-1", "list", "", "listServer"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int doubt = 0; doubt <= (cases[i].kind == CMD_CREATE_NETWORK); doubt++) {
            close_pop(NULL);
            open_pop(NULL);
            if (cases[i].kind == CMD_REFRESH)
                s.now += 3600 * USEC_PER_SEC;
            ask(cases[i].ask, "nsr-1", cases[i].more);
            if (doubt) {
                stage_decide(&s,
                             (struct intent){
                                 .event = EV_IN_DOUBT,
                                 .command = stage_command(&s, cases[i].kind, cases[i].subject)->id,
                                 .facts = FACT_DRIVERS});
                stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
            }
            struct command *c = stage_command(&s, cases[i].kind, cases[i].subject);
            assert_string_equal(c->data, doubt ? CALL_IN_DOUBT "vim-drivers.test.test"
                                               : "vim-drivers.test.test");
            c->data = COMMAND_LOST;
            c->due_at = s.now + 2 * USEC_PER_SEC;
            stage_late(&s, cases[i].kind, cases[i].subject);
            json_t *again = stage_body(&s, stage_sent(&s, "vim-drivers.test.test"));
            assert_string_equal(stage_text(again, "methodName"), cases[i].method);
            assert_null(stage_sent(&s, QUEUE_INTERNAL)); /* nobody was told of a fault */
            if (cases[i].kind == CMD_CREATE_NETWORK) {
                stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
                again = stage_body(&s, stage_sent(&s, "vim-drivers.test.test"));
                assert_string_equal(stage_text(again, "methodName"), "createNetwork");
            }
        }
}

/* A registration that lost its refresh asks again, and ends at its deadline if nobody answers. */
static void test_a_registration_is_lost(void **state)
{
    (void)state;
    stage_release(&s);
    stage_init(&s, AGG_POP, "pop-1");
    stage_driver(&s, "vim-drivers.test.test", "");
    user(EV_POP_REGISTER, "op-1", "test");
    struct command *c = stage_command(&s, CMD_REFRESH, "pop-1");
    c->data = COMMAND_LOST;
    stage_late(&s, CMD_REFRESH, "pop-1");
    story("-REFRESH(pop-1) +REFRESH(pop-1) >vim-drivers.test.test:refresh");
    stage_late(&s, CMD_WAIT_OPERATION, "op-1");
    assert_int_equal(s.d.operations.n, 1);
    assert_non_null(
        strstr(s.d.operations.at[0]->body, "driver 'vim-drivers.test.test' of PoP 'pop'"));
    assert_null(s.root);
    assert_int_equal(s.commands.n, 0);
}

/* Silent: each call has its deadline, and the fault names driver, PoP and call. */
static void test_a_silent_driver_is_named(void **state)
{
    static const struct {
        int kind;
        const char *subject, *ask, *more, *text;
    } cases[] = {
        {CMD_REFRESH, "pop-1", "prepare", "", "did not answer refresh"},
        {CMD_CREATE_NETWORK, "net", "prepare", net, "did not answer createNetwork"},
        {CMD_LIST_SERVERS, "pop-1", "list", "", "did not answer listServer"},
        {CMD_WAIT_PREPARE, "nsr-1:0.5.1", "prepare", net, "did not answer"},
        {CMD_WAIT_LIST, "nsr-1:0.5.1", "list", "", "did not answer"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_pop(NULL);
        open_pop(NULL);
        if (cases[i].kind == CMD_REFRESH)
            s.now += 3600 * USEC_PER_SEC;
        ask(cases[i].ask, "nsr-1", cases[i].more);
        stage_late(&s, cases[i].kind, cases[i].subject);
        const char *told =
            stage_text(stage_body(&s, stage_sent(&s, QUEUE_INTERNAL)), "fault.message");
        assert_non_null(strstr(told, "driver 'vim-drivers.test.test' of PoP 'pop'"));
        assert_non_null(strstr(told, cases[i].text));
    }
}

/* Not seen is not gone: the call goes out, and waits for it until its own deadline. */
static void test_a_driver_that_is_not_seen(void **state)
{
    static const struct {
        const char *absent, *other, *want;
    } cases[] = {
        {"", NULL, "vim-drivers.test.test"},
        {"900000000000", NULL, "vim-drivers.test.test"},
        {"900000000000", "", "vim-drivers.test.z"}, /* one that is there comes first */
        {"900000000000", "900000000001", "vim-drivers.test.z"},
        {"900000000001", "900000000000", "vim-drivers.test.test"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_pop(NULL);
        open_pop(NULL);
        stage_forget(&s, "vim-drivers.test.test");
        stage_driver(&s, "vim-drivers.test.test", "")->key[DRIVER_ABSENT] = cases[i].absent;
        if (cases[i].other)
            stage_driver(&s, "vim-drivers.test.z", "")->key[DRIVER_ABSENT] = cases[i].other;
        ask("list", "nsr-1", "");
        assert_non_null(stage_sent(&s, cases[i].want));
        if (!*cases[i].absent || cases[i].other)
            continue;
        stage_late(&s, CMD_WAIT_LIST, "nsr-1:0.5.1");
        const char *told =
            stage_text(stage_body(&s, stage_sent(&s, QUEUE_INTERNAL)), "fault.message");
        assert_non_null(strstr(told, "'vim-drivers.test.test' (not seen since 1970.01.11"));
    }
}

/* sim --seed 14519: registered, failed, and the same command again. */
static void test_numbers_do_not_come_again(void **state)
{
    (void)state;
    close_pop(NULL);
    stage_init(&s, AGG_POP, "pop-1");
    stage_driver(&s, "vim-drivers.test.test", "");
    user(EV_POP_REGISTER, "op-1", "test");
    const char *first = stage_command(&s, CMD_REFRESH, "pop-1")->id;
    int64_t last = s.root->seq;
    stage_answer(&s, CMD_REFRESH, "pop-1", "{}");
    assert_null(s.root);
    s.now += 1000; /* a commit in between takes longer than numbers are used up */
    user(EV_POP_REGISTER, "op-1", "test");
    assert_string_not_equal(stage_command(&s, CMD_REFRESH, "pop-1")->id, first);
    assert_true(s.root->seq > last + 2);
}

static json_t *state_of_pop(void)
{
    json_t *j = json_loads(s.root->state, 0, NULL);
    assert_non_null(j);
    return j;
}

#define QUOTA_10 "{\"answer\":{\"tenant\":\"t\",\"cores\":20,\"instances\":10,\"ram\":-1}}"

static bool knows_quota(void)
{
    json_t *state = state_of_pop();
    bool is_known = json_object_get(state, "quota") != NULL;
    json_decref(state);
    return is_known;
}

/* What drivers say of quotas; whatever it is, nobody is told of a fault, and what is known of the
 * PoP stays. */
static void test_quota_answers(void **state)
{
    static const struct {
        const char *answer;
        bool is_known;
    } cases[] = {
        {QUOTA_10, true},
        {"{\"answer\":{\"instances\":-1,\"cores\":-1,\"ram\":-1}}", false},
        {"{\"answer\":{}}", false},
        {"{\"answer\":null}", false},
        {"{}", false},
        {"", false},
        {"{\"answer\":[1]}", false},
        {"{\"answer\":", false},
        {"{\"exception\":{\"detailMessage\":\"not implemented\"}}", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_pop(NULL);
        open_pop(NULL);
        stage_answer(&s, CMD_GET_QUOTA, "pop-1", QUOTA_10);
        assert_true(knows_quota());
        user(EV_POP_REFRESH, "op-2", NULL); /* a user's refresh asks at once */
        stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
        stage_answer(&s, CMD_GET_QUOTA, "pop-1", cases[i].answer);
        if (knows_quota() != cases[i].is_known)
            fail_msg("%s: known: %d", cases[i].answer, knows_quota());
        assert_int_equal(s.root->phase, POP_READY);
        assert_null(strstr(s.root->state, "fault"));
        assert_int_equal(s.commands.n, 0);
    }
}

/* Beside a refresh, once a minute; who waits for the refresh is answered without it; one that is
 * never answered ends alone. */
static void test_quota_is_asked_beside_a_refresh(void **state)
{
    (void)state;
    stage_late(&s, CMD_GET_QUOTA, "pop-1");
    story("-GET_QUOTA(pop-1)");
    assert_false(knows_quota());
    s.now += 25 * USEC_PER_SEC; /* 55 s since the registration */
    ask("prepare", "nsr-1", "");
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    assert_null(stage_command(&s, CMD_GET_QUOTA, "pop-1")); /* asked less than a minute ago */
    s.now += 31 * USEC_PER_SEC;
    ask("prepare", "nsr-1", "");
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    story("-WAIT_PREPARE(nsr-1:0.5.1) -REFRESH(pop-1) +GET_QUOTA(pop-1) "
          ">vim-drivers.test.test:getQuota >nfvo.internal:prepared");
    s.settings.is_quota_checked = false;
    stage_answer(&s, CMD_GET_QUOTA, "pop-1", "");
    s.now += 61 * USEC_PER_SEC;
    ask("prepare", "nsr-1", "");
    stage_answer(&s, CMD_REFRESH, "pop-1", answer_to_refresh);
    assert_null(stage_command(&s, CMD_GET_QUOTA, "pop-1"));
}

/* What our instances use comes with a preparation, by flavours where they are known; another PoP's
 * is not ours. */
static void test_use_is_counted(void **state)
{
    (void)state;
    stage_answer(&s, CMD_GET_QUOTA, "pop-1", QUOTA_10);
    user(EV_POP_REFRESH, NULL, NULL);
    stage_answer(
        &s, CMD_REFRESH, "pop-1",
        "{\"answer\":{\"type\":\"test\",\"flavours\":[{\"flavour_key\":\"small\",\"vcpus\":2,"
        "\"ram\":512}]}}");
    stage_use(&s, "pop-1", "small", 3);
    stage_use(&s, "pop-1", "", 4);
    stage_use(&s, "pop-2", "small", 50);
    ask("prepare", "nsr-1", "");
    json_t *now = state_of_pop(), *use = json_object_get(now, "use");
    assert_int_equal(json_integer_value(json_object_get(use, "instances")), 7);
    assert_int_equal(json_integer_value(json_object_get(use, "cores")), 6);
    assert_int_equal(json_integer_value(json_object_get(use, "ram")), 1536);
    json_decref(now);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_pop, close_pop)
    const struct CMUnitTest tests[] = {
        T(test_numbers_do_not_come_again),
        T(test_registration),
        T(test_registration_without_a_driver),
        T(test_a_snapshot_changes_lists_only),
        T(test_ids_outlive_a_refresh),
        T(test_notes),
        T(test_one_refresh_for_all_who_wait),
        T(test_a_network_is_made_once),
        T(test_a_renamed_network_is_not_made_again),
        T(test_a_network_that_fails),
        T(test_one_that_fails_is_looked_for_anew),
        T(test_in_doubt_a_network_is_looked_for),
        T(test_listings),
        T(test_a_long_listing),
        T(test_a_listing_serves_who_asked_before_it),
        T(test_a_launch_that_takes_effect_late),
        T(test_inventory),
        T(test_deletion_tells_who_waits),
        T(test_questions_to_a_pop_that_is_gone),
        T(test_calls_are_lost),
        T(test_a_registration_is_lost),
        T(test_a_silent_driver_is_named),
        T(test_a_driver_that_is_not_seen),
        T(test_quota_answers),
        T(test_quota_is_asked_beside_a_refresh),
        T(test_use_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
