/* Images of the repository: a PoP gets what a VDU needs there, once, before the servers are launched. */
#include "common/base/sbuf.h"
#include "nfvo/lifecycle/placement.h"
#include "proto/topology.h"
#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NETWORK "\"active\":true,\"networks\":[{\"name\":\"net\",\"extId\":\"n\"}]"
#define OTHER   ",\"images\":[{\"name\":\"other\",\"extId\":\"o\"}]"
#define FILE_OF "http://127.0.0.1:8080/api/v1/nfvimage/file/"

static struct stage s;

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

/* --- the service: where may a VDU go, and what is asked of the PoP ------------------------------ */

static int open_service(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    struct vdu *vdu = s.service->nsd->vnfd.at[1]->vdu.at[0];
    struct proto_strs *candidates = &s.service->candidates.at[1].value;
    vdu->vm_image = *candidates = (struct proto_strs){0};
    proto_list_add(&vdu->vm_image, "web:1", &s.arena);
    proto_list_add(candidates, "berlin", &s.arena);
    stage_driver(&s, "vim-drivers.openstack.one", "");
    return 0;
}

static void grant(const char *image)
{
    stage_message(
        &s, (struct message){.queue = QUEUE_ACTIONS_REPLY,
                             .reply_to = "amq.gen-asker",
                             .correlation_id = "corr-1",
                             .body = arena_printf(
                                 &s.arena,
                                 "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":"
                                 "{\"name\":\"client\",\"parent_ns_id\":\"nsr-1\",\"status\":"
                                 "\"NULL\",\"vdu\":[{\"name\":\"client-vdu\",\"vm_image\":[\"%s\"]}"
                                 "]}}",
                                 image)});
}

static const char *asked(const char *path)
{
    const struct send *send = stage_sent(&s, QUEUE_INTERNAL);
    const char *text = send ? stage_text(stage_body(&s, send), path) : NULL;
    return text ? text : "";
}

static int phase(void)
{
    return stage_vnfr(&s, "client")->phase;
}

static void test_a_pop_without_it_is_asked(void **state)
{
    (void)state;
    struct row *pop = stage_pop(&s, "berlin", "openstack", NETWORK OTHER);
    stage_pop_is_fresh(&s, pop, true);
    stage_image(&s, "image-1", s.service->project_id, "web:1");
    stage_deploy(&s);
    grant("web:1");
    assert_int_equal(phase(), VNFR_GRANTING);
    assert_string_equal(asked("what"), "prepare");
    assert_string_equal(asked("images.0.id"), "image-1");
    assert_string_equal(asked("images.0.name"), "web:1");
    pop->doc = "{\"id\":\"berlin\",\"name\":\"berlin\",\"type\":\"openstack\"," NETWORK
               ",\"images\":[{\"name\":\"web:1\",\"extId\":\"x\"}]}";
    stage_prepared(&s, "client", NULL);
    assert_int_equal(phase(), VNFR_GRANTED);
}

static void test_who_gets_none(void **state)
{
    static const struct {
        const char *why, *project, *name, *pop;
        int phase;
    } cases[] = {
        {"of another project", "project-2", "web:1", OTHER, VNFR_FAILED},
        {"of another name", NULL, "web:2", OTHER, VNFR_FAILED},
        {"it is there", NULL, "web:1", ",\"images\":[{\"name\":\"web:1\",\"extId\":\"x\"}]",
         VNFR_GRANTED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_stage(NULL);
        open_service(NULL);
        stage_pop_is_fresh(&s,
                           stage_pop(&s, "berlin", "openstack",
                                     arena_printf(&s.arena, NETWORK "%s", cases[i].pop)),
                           true);
        stage_image(&s, "image-1", cases[i].project ? cases[i].project : s.service->project_id,
                    cases[i].name);
        stage_deploy(&s);
        grant("web:1");
        if (phase() != cases[i].phase)
            fail_msg("%s: %d", cases[i].why, phase());
        assert_string_equal(asked("images.0.id"), "");
    }
}

/* --- the PoP ------------------------------------------------------------------------------------ */

#define WANTED  ",\"images\":[{\"id\":\"image-1\",\"name\":\"web:1\",\"diskFormat\":\"qcow2\"}]"
#define LINK    ",\"images\":[{\"id\":\"image-1\",\"name\":\"web:1\",\"url\":\"http://192.0.2.1/i\"}]"
#define MADE    "{\"answer\":{\"name\":\"web:1\",\"extId\":\"x\",\"status\":\"ACTIVE\"}}"
#define DRIVER  "vim-drivers.openstack.one"
#define REFRESH "{\"answer\":{\"type\":\"openstack\"%s}}"

static int open_pop(void **state)
{
    struct pop_request *req;
    (void)state;
    stage_init(&s, AGG_POP, "pop-1");
    stage_driver(&s, DRIVER, "client_token");
    req = proto_new(&pop_request_type, &s.arena);
    req->operation = "op-1";
    req->pop = proto_new(&vim_instance_type, &s.arena);
    req->pop->name = "berlin";
    req->pop->type = "openstack";
    stage_decide(&s,
                 (struct intent){.event = EV_POP_REGISTER, .facts = FACT_DRIVERS, .payload = req});
    stage_answer(&s, CMD_REFRESH, "pop-1", "{\"answer\":{\"type\":\"openstack\"}}");
    return 0;
}

static void prepare(const char *nsr, const char *more)
{
    stage_message(&s, (struct message){
                          .queue = QUEUE_INTERNAL,
                          .body = arena_printf(&s.arena,
                                               "{\"what\":\"prepare\",\"to\":\"pop-1\",\"toKind\":"
                                               "1,\"from\":\"%s\",\"command\":\"%s:0.5.1\"%s}",
                                               nsr, nsr, more)});
}

static void test_one_copy_serves_all(void **state)
{
    (void)state;
    prepare("nsr-1", WANTED);
    json_t *call = stage_body(&s, stage_sent(&s, DRIVER));
    assert_string_equal(stage_text(call, "methodName"), "addImage");
    assert_string_equal(stage_text(call, "parameters.1.name"), "web:1");
    assert_string_equal(stage_text(call, "parameters.1.diskFormat"), "qcow2");
    assert_string_equal(stage_text(call, "parameters.2"), FILE_OF "image-1");
    assert_string_equal(stage_text(call, "parameters.3.token"), "image-1:0:");
    assert_int_equal(stage_sent(&s, DRIVER)->policy, SEND_ASK);
    prepare("nsr-2", WANTED);
    assert_null(stage_sent(&s, DRIVER));
    stage_answer(&s, CMD_ADD_IMAGE, "web:1", MADE);
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
    assert_string_equal(stage_text(stage_record(&s, s.root), "images.0.extId"), "x");
    prepare("nsr-3", WANTED); /* it is there now */
    assert_null(stage_sent(&s, DRIVER));
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
}

static void test_a_link_needs_no_token(void **state)
{
    (void)state;
    prepare("nsr-1", LINK);
    json_t *call = stage_body(&s, stage_sent(&s, DRIVER));
    assert_string_equal(stage_text(call, "parameters.2"), "http://192.0.2.1/i");
    assert_null(json_array_get(json_object_get(call, "parameters"), 3));
}

/* Who waits is told, in the driver's words; who waits for something else is not. Never again by
 * itself: a copy that fails would be made for ever. */
static void test_one_that_fails(void **state)
{
    static const struct {
        const char *answer, *want;
    } cases[] = {
        {"{\"exception\":{\"detailMessage\":\"the image is larger than 5 MB\"}}",
         "larger than 5 MB"},
        {"{\"answer\":{\"name\":\"web:1\",\"extId\":\"x\",\"status\":\"SAVING\"}}",
         "status SAVING"},
        {"{\"answer\":{\"name\":\"another\",\"extId\":\"x\"}}", "as 'another'"},
        {"{\"answer\":[]}", "expected an object"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        close_stage(NULL);
        open_pop(NULL);
        prepare("nsr-1", WANTED);
        prepare("nsr-2", ",\"networks\":[{\"name\":\"net\"}]");
        stage_answer(&s, CMD_ADD_IMAGE, "web:1", cases[i].answer);
        const char *told = asked("fault.message");
        if (!strstr(told, cases[i].want))
            fail_msg("'%s' is not in: %s", cases[i].want, told);
        assert_string_equal(asked("to"), "nsr-1");
        assert_non_null(stage_command(&s, CMD_WAIT_PREPARE, "nsr-2:0.5.1"));
        assert_null(stage_command(&s, CMD_WAIT_PREPARE, "nsr-1:0.5.1"));
        assert_null(stage_command(&s, CMD_ADD_IMAGE, "web:1"));
    }
}

/* It may be on its way already: looked for first. */
static void test_in_doubt_it_is_looked_for(void **state)
{
    (void)state;
    prepare("nsr-1", WANTED);
    const struct command *c = stage_command(&s, CMD_ADD_IMAGE, "web:1");
    stage_decide(&s,
                 (struct intent){.event = EV_IN_DOUBT, .command = c->id, .facts = FACT_DRIVERS});
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, DRIVER)), "methodName"),
                        "refresh");
    stage_answer(&s, CMD_REFRESH, "pop-1",
                 "{\"answer\":{\"type\":\"openstack\",\"images\":[{\"name\":\"web:1\",\"extId\":"
                 "\"x\"}]}}");
    assert_null(stage_command(&s, CMD_ADD_IMAGE, "web:1"));
    assert_null(stage_command(&s, CMD_WAIT_PREPARE, NULL));
}

/* The driver died with it in hand: it is asked again, who waits is not told of a fault. */
static void test_a_lost_call_goes_out_again(void **state)
{
    (void)state;
    prepare("nsr-1", WANTED);
    struct command *c = stage_command(&s, CMD_ADD_IMAGE, "web:1");
    c->data = COMMAND_LOST;
    c->due_at = s.now + 2 * USEC_PER_SEC;
    stage_late(&s, CMD_ADD_IMAGE, "web:1");
    assert_null(stage_sent(&s, QUEUE_INTERNAL));
    stage_answer(&s, CMD_REFRESH, "pop-1", "{\"answer\":{\"type\":\"openstack\"}}");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, DRIVER)), "methodName"),
                        "addImage");
}

static void test_a_silent_driver_is_named(void **state)
{
    (void)state;
    prepare("nsr-1", WANTED);
    stage_late(&s, CMD_ADD_IMAGE, "web:1");
    assert_non_null(strstr(asked("fault.message"), "did not answer addImage in time"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SERVICE(name) cmocka_unit_test_setup_teardown(name, open_service, close_stage)
#define POP(name)     cmocka_unit_test_setup_teardown(name, open_pop, close_stage)
        SERVICE(test_a_pop_without_it_is_asked),
        SERVICE(test_who_gets_none),
        POP(test_one_copy_serves_all),
        POP(test_a_link_needs_no_token),
        POP(test_one_that_fails),
        POP(test_in_doubt_it_is_looked_for),
        POP(test_a_lost_call_goes_out_again),
        POP(test_a_silent_driver_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
