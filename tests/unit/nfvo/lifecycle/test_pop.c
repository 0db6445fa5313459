/* The PoP aggregate: refreshed once for all who ask, networks made once, listings shared. */
#include "tests/support/stage.h"

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
        assert_int_equal(s.commands.n, 0);
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
        story("+WAIT_LIST(nsr-1:0.5.1) +LISTING(pop-1) >vim-drivers.test.test:listServer");
        stage_answer(&s, CMD_LISTING, "pop-1", cases[i].answer);
        json_t *told = stage_body(&s, stage_sent(&s, QUEUE_INTERNAL));
        json_t *weak = json_object_get(told, "weak");
        assert_string_equal(stage_text(told, "command"), "nsr-1:0.5.1");
        assert_int_equal(json_object_get(told, "fault") != NULL, cases[i].found == -1);
        assert_int_equal(json_is_true(weak), cases[i].found == -2);
        assert_int_equal(json_array_size(json_object_get(told, "found")),
                         cases[i].found > 0 ? cases[i].found : 0);
    }
}

/* Who asks while a listing is under way waits for the next: it may have looked too early. */
static void test_a_listing_serves_who_asked_before_it(void **state)
{
    (void)state;
    ask("list", "nsr-1", "");
    ask("list", "nsr-2", "");
    story("+WAIT_LIST(nsr-2:0.5.1)");
    stage_answer(&s, CMD_LISTING, "pop-1", "{\"answer\":[]}");
    story("-WAIT_LIST(nsr-1:0.5.1) -LISTING(pop-1) +LISTING(pop-1) >nfvo.internal:listed "
          ">vim-drivers.test.test:listServer");
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_pop, close_pop)
    const struct CMUnitTest tests[] = {
        T(test_registration),
        T(test_registration_without_a_driver),
        T(test_a_snapshot_changes_lists_only),
        T(test_one_refresh_for_all_who_wait),
        T(test_a_network_is_made_once),
        T(test_a_renamed_network_is_not_made_again),
        T(test_a_network_that_fails),
        T(test_in_doubt_a_network_is_looked_for),
        T(test_listings),
        T(test_a_listing_serves_who_asked_before_it),
        T(test_deletion_tells_who_waits),
        T(test_questions_to_a_pop_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
