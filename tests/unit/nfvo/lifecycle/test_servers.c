/* Launching servers: what is asked of the drivers, and what their answers mean. */
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

/* --- launching -------------------------------------------------------------------------------- */

/* amqp-protocol.md 4.9 and 5.2: ten parameters, none null. */
static void test_launch_request(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    const struct send *sent = stage_sent(&s, "vim-drivers.test.test");
    json_t *p = parameters();
    size_t i;
    json_t *value;
    assert_string_equal(sent->exchange, TOPOLOGY_EXCHANGE);
    assert_int_equal(sent->policy, SEND_ASK);
    assert_int_equal(sent->reply, SEND_REPLY_SHARED);
    assert_string_equal(sent->command, stage_command(&s, CMD_LAUNCH, instance_id())->id);
    assert_int_equal(sent->until_at, stage_command(&s, CMD_LAUNCH, instance_id())->due_at);
    assert_int_equal(json_array_size(p), 10);
    assert_null(stage_text(stage_body(&s, sent), "vduMetadata.tier")); /* it knows no more */
    json_array_foreach(p, i, value) assert_false(json_is_null(value));
    assert_string_equal(stage_text(p, "0.pop"), "pop-1:7:"); /* rendered when published */
    assert_string_equal(stage_text(p, "1"), "client-100");
    assert_string_equal(stage_text(p, "2"), "img-ext");
    assert_string_equal(stage_text(p, "3"), "m1");
    assert_string_equal(stage_text(p, "4"), "kp");
    assert_string_equal(stage_text(p, "5.0.virtual_link_reference"), "net");
    assert_string_equal(stage_text(p, "5.0.virtual_link_reference_id"), "net-ext");
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(json_array_get(p, 5), 0), "interfaceId")),
        0);
    assert_true(
        json_is_integer(json_object_get(json_array_get(json_array_get(p, 5), 0), "interfaceId")));
    assert_string_equal(stage_text(p, "6.0"), "sg");
    assert_string_equal(stage_text(p, "7"), "#!/bin/sh\nexport Hostname=client-100\n");
    assert_string_equal(stage_text(p, "8.net"), "random");
    assert_string_equal(stage_text(p, "9.0.name"), "key-1");
}

static void test_launch_says_what_it_knows_by_driver(void **state)
{
    (void)state;
    stage_forget(&s, "vim-drivers.test.test");
    stage_driver(&s, "vim-drivers.test.z", "correlation client_token");
    stage_to(&s, VNFR_ALLOCATING);
    const struct send *sent = stage_sent(&s, "vim-drivers.test.z");
    assert_int_equal(sent->policy, SEND_BLIND); /* it recognises a repetition */
    assert_string_equal(stage_text(stage_body(&s, sent), "clientToken"), instance_id());
    assert_string_equal(stage_text(stage_body(&s, sent), "vduMetadata.tier"), "1");
}

/* A hostname is a DNS label that ends in -<digits>, whatever the VNF is called. */
static void test_hostnames(void **state)
{
    static const struct {
        const char *name, *hostname;
    } cases[] = {
        {"client", "client-100"},
        {"my vnf", "my-vnf-100"},
        {"a.b/c_d", "a-b-c-d-100"},
        {"-a-", "a-100"},
        {"", "vnf-100"},
        {"---", "vnf-100"},
        {"\xc3\xbc"
         "ber",
         "ber-100"},
        {"$(reboot)\n\"", "reboot-100"},
        {"UPPER9", "UPPER9-100"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "01234567890123456789012345678901234567890123456789012345678-100"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_GRANTED);
        stage_vnfr(&s, "client")->key[VNFR_NAME] = cases[i].name;
        stage_vnfm(&s, "ALLOCATE_RESOURCES", cases[i].name, NULL);
        const struct row *instance = stage_instance(&s, cases[i].name);
        assert_non_null(instance);
        assert_string_equal(instance->key[INSTANCE_HOSTNAME], cases[i].hostname);
        assert_true(strlen(instance->key[INSTANCE_HOSTNAME]) <= 63);
    }
}

static void test_user_data(void **state)
{
    static const struct {
        const char *member, *want;
    } cases[] = {
        {"", ""},
        {"\"userdata\":\"none\",", ""}, /* Python */
        {"\"userdata\":null,", ""},
        {"\"userdata\":\"x\",", "x"},
        {"\"userdata\":\"#Hostname=#Hostname=\",", "Hostname=client-100Hostname=client-100"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_GRANTED);
        stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", cases[i].member);
        assert_string_equal(stage_text(parameters(), "7"), cases[i].want);
    }
}

/* Hostname and login of its agent are filled in for each instance, wherever their marks stand; the
 * password is a reference until it is published, and nothing that the VNFM writes is one. */
static void test_user_data_of_an_agent(void **state)
{
    static const struct {
        const char *userdata, *want, *agent;
    } cases[] = {
        {"#Hostname=\\n#EmsUser=\\n#EmsPassword=\\n",
         "\"Hostname=client-100\\nEmsUser=ems.client-100\\nEmsPassword="
         "<password of client-100>\\n\"",
         "vnfm-queue"},
        {"# a \\\"comment\\\" ##EmsUser=#", "\"# a \\\"comment\\\" #EmsUser=ems.client-100#\"",
         "vnfm-queue"},
        {"#EmsUser=\\n#EmsVirtualHost=\\n",
         "\"EmsUser=ems.client-100\\nEmsVirtualHost=ems.client-100\\n\"", "vnfm-queue/own"},
        {"#Ems #Host #Hostname=", "\"#Ems #Host Hostname=client-100\"", ""},
        {"\\u0001ems:web-1\\u0001\\u0001pop:pop-1:0:\\u0001#EmsUser=",
         "\"\\u0001ems:web-1\\u0001\\u0001pop:pop-1:0:\\u0001EmsUser=ems.client-100\"",
         "vnfm-queue"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_GRANTED);
        stage_vnfm(&s, "ALLOCATE_RESOURCES", "client",
                   arena_printf(&s.arena, "\"userdata\":\"%s\",", cases[i].userdata));
        const char *body = stage_rendered(&s, stage_sent(&s, "vim-drivers.test.test"));
        if (!strstr(body, cases[i].want))
            fail_msg("%s is not in %s", cases[i].want, body);
        const char *agent = stage_instance(&s, "client")->key[INSTANCE_AGENT];
        assert_string_equal(agent, cases[i].agent);
    }
}

/* amqp-protocol.md 4.9: what becomes of a Server. */
static void test_instance_of_a_server(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATED);
    json_t *record = stage_record(&s, stage_vnfr(&s, "client"));
    json_t *i = json_array_get(
        json_object_get(json_array_get(json_object_get(record, "vdu"), 0), "vnfc_instance"), 0);
    assert_string_equal(stage_text(i, "hostname"), "client-100");
    assert_string_equal(stage_text(i, "vc_id"), "vm-client-100");
    assert_string_equal(stage_text(i, "vim_id"), "pop-1");
    assert_string_equal(stage_text(i, "state"), "ACTIVE");
    assert_string_equal(stage_text(i, "ips.0.netName"), "net");
    assert_string_equal(stage_text(i, "ips.0.ip"), "10.0.0.5"); /* the first of each network */
    assert_int_equal(json_array_size(json_object_get(i, "ips")), 1);
    assert_string_equal(stage_text(i, "floatingIps.0.ip"), "172.24.4.9");
    assert_string_equal(stage_text(i, "connection_point.0.virtual_link_reference"), "net");
    assert_string_equal(stage_text(i, "connection_point.0.floatingIp"), "172.24.4.9");
    assert_string_equal(stage_text(i, "vnfComponent.id"), stage_text(record, "vdu.0.vnfc.0.id"));
    assert_string_equal(stage_text(record, "vnf_address.0"), "10.0.0.5");
    assert_string_equal(stage_text(record, "vnf_address.1"), "172.24.4.9");
    /* The answer to the VNFM carries it. */
    json_t *answer = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(stage_text(answer, "vnfr.vdu.0.vnfc_instance.0.hostname"), "client-100");
}

/* A VNFM may send elements without ids: they get ours, and nothing of ours may trip over them. */
static void test_elements_without_ids(void **state)
{
    static const char *const more[] = {
        "{\"name\":\"new\",\"vnfc\":[{\"id\":\"c\"}]}",
        "{\"vnfc\":[{}]}",
        "{\"name\":\"client-vdu\",\"vnfc\":[{},{}],\"vnfc_instance\":[{},{\"vnfComponent\":{}}]}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        again();
        stage_to(&s, VNFR_GRANTED);
        stage_message(&s,
                      (struct message){
                          .queue = QUEUE_ACTIONS_REPLY,
                          .reply_to = "amq.gen-asker",
                          .body = arena_printf(
                              &s.arena,
                              "{\"action\":\"ALLOCATE_RESOURCES\",\"virtualNetworkFunctionRecord\":"
                              "{\"id\":\"%s\",\"parent_ns_id\":\"nsr-1\",\"vdu\":[%s]}}",
                              stage_vnfr(&s, "client")->id, more[i])});
        for (uint32_t k = 0; k < s.commands.n; k++)
            while (k < s.commands.n && s.commands.at[k]->kind == CMD_LAUNCH)
                stage_answer(&s, CMD_LAUNCH, s.commands.at[k]->subject,
                             "{\"answer\":{\"extId\":\"x\",\"ips\":{\"net\":[\"10.0.0.1\"]}}}");
        int phase = stage_vnfr(&s, "client")->phase;
        assert_true(phase == VNFR_ALLOCATED || phase == VNFR_FAILED);
        stage_release_nsr(&s);
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

static void test_launch_answers(void **state)
{
    static const struct {
        const char *body;
        int vnfr, instance;
    } cases[] = {
        {"{\"exception\":{\"detailMessage\":\"no host\"}}", VNFR_FAILED, INSTANCE_FAILED},
        {"{\"exception\":{}}", VNFR_FAILED, INSTANCE_FAILED},
        {"{\"answer\":null}", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"{\"answer\":{}}", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"{\"answer\":{\"extId\":\"\"}}", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"{\"answer\":[]}", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"{}", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"null", VNFR_ALLOCATING, INSTANCE_DOUBT},
        {"{\"answer\":", VNFR_ALLOCATING, INSTANCE_DOUBT}, /* unreadable */
        {"{\"answer\":{\"extId\":\"x\"}}", VNFR_ALLOCATED, INSTANCE_UP},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        stage_to(&s, VNFR_ALLOCATING);
        stage_launched(&s, "client", cases[i].body);
        if (stage_vnfr(&s, "client")->phase != cases[i].vnfr ||
            instance_phase() != cases[i].instance)
            fail_msg("'%s': %s", cases[i].body, stage_story(&s));
        assert_null(stage_command(&s, CMD_LAUNCH, instance_id()));
        assert_int_equal(instance_phase() == INSTANCE_DOUBT,
                         stage_command(&s, CMD_LIST_POP, "pop-1") != NULL);
    }
}

/* What the driver made before it failed has to be deleted. */
static void test_partly_created(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    stage_launched(&s, "client",
                   "{\"exception\":{\"detailMessage\":\"late\",\"server\":{\"extId\":\"half\"}}}");
    json_t *told = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    assert_string_equal(stage_text(told, "action"), "ERROR");
    assert_non_null(strstr(stage_text(told, "message"), "late"));
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    assert_string_equal(stage_text(parameters(), "1"), "half");
}

/* In doubt, and the PoP lists it, but broken: not adopted, and not forgotten either. */
static void test_a_broken_server_is_not_adopted(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    stage_launched(&s, "client", "{}");
    assert_int_equal(instance_phase(), INSTANCE_DOUBT);
    stage_listed(&s, "pop-1",
                 "{\"hostName\":\"client-100\",\"extId\":\"broken\",\"status\":\"ERROR\"}", false);
    assert_int_equal(instance_phase(), INSTANCE_FAILED);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    assert_string_equal(stage_text(parameters(), "1"), "broken");
}

/* FAILED while a server is on its way: it still settles, and goes with the release. */
static void test_a_launch_outlives_its_vnfr(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    stage_vnfm(&s, "ERROR", "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    assert_non_null(stage_command(&s, CMD_LAUNCH, instance_id()));
    stage_release_nsr(&s);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_UNDOING);
    stage_launched(&s, "client", NULL);
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_RELEASING);
    stage_late(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "client")->id);
    assert_string_equal(stage_text(parameters(), "1"), "vm-client-100");
    assert_int_equal(instance_phase(), INSTANCE_DELETING);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_launch_request),
        T(test_launch_says_what_it_knows_by_driver),
        T(test_hostnames),
        T(test_user_data),
        T(test_user_data_of_an_agent),
        T(test_instance_of_a_server),
        T(test_elements_without_ids),
        T(test_launch_answers),
        T(test_partly_created),
        T(test_a_broken_server_is_not_adopted),
        T(test_a_launch_outlives_its_vnfr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
