/* Dependencies: their parameters, who waits for whom, and in which order everybody starts. */
#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static void open_with(const char *dependencies)
{
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, dependencies);
}

/* To the answer to its INSTANTIATE, with a server. */
static void instantiate(const char *vnf)
{
    stage_vnfm(&s, "GRANT_OPERATION", vnf, NULL);
    if (stage_vnfr(&s, vnf)->phase == VNFR_GRANTING)
        stage_prepared(&s, vnf, NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", vnf, NULL);
    stage_launched(&s, vnf, NULL);
    stage_answer_well(&s, CMD_INSTANTIATE, vnf);
}

static const char *phase_of(const char *vnf)
{
    return vnfr_phase_names[stage_vnfr(&s, vnf)->phase];
}

static json_t *at(json_t *value, const char *a, const char *b, const char *c)
{
    value = json_object_get(value, a);
    value = b ? json_object_get(value, b) : value;
    return c ? json_object_get(value, c) : value;
}

/* amqp-protocol.md 4.5: one record a target, keyed by type; configuration beats provides. */
static void test_parameters(void **state)
{
    (void)state;
    open_with(NULL);
    stage_deploy(&s);
    json_t *before = json_array_get(json_object_get(stage_record(&s, s.root), "vnf_dependency"), 0);
    assert_string_equal(stage_text(before, "target"), "client");
    assert_string_equal(stage_text(before, "idType.web"), "web_type");
    assert_string_equal(stage_text(before, "parameters.web_type.parameters.key"), "");
    assert_int_equal(json_object_size(at(before, "vnfcParameters", NULL, NULL)), 2);
    instantiate("client");
    assert_string_equal(phase_of("client"), "WAIT_SOURCES");
    instantiate("web");
    assert_string_equal(phase_of("client"), "MODIFYING");
    json_t *d = json_object_get(stage_body(&s, stage_sent(&s, "vnfm-queue")), "vnfrd");
    assert_string_equal(stage_text(d, "parameters.web_type.parameters.address"), "provided");
    assert_string_equal(stage_text(d, "parameters.web_type.parameters.key"), "configured");
    assert_string_equal(stage_text(d, "parameters.web_type.parameters.net"), "");
    json_t *of_instance = at(at(d, "vnfcParameters", "web_type", "parameters"),
                             stage_instance(&s, "web")->id, "parameters", NULL);
    assert_string_equal(stage_text(of_instance, "net"), "10.0.0.5");
    assert_int_equal(json_object_size(of_instance), 1); /* only what was asked for */
    stage_release(&s);
}

static void test_out_of_the_box_parameters(void **state)
{
    (void)state;
    open_with("[{\"source\":\"web\",\"target\":\"client\",\"parameters\":[\"hostname\","
              "\"net_floatingIp\",\"other\",\"other_floatingIp\"]}]");
    stage_deploy(&s);
    instantiate("client");
    instantiate("web");
    json_t *d = json_object_get(stage_body(&s, stage_sent(&s, "vnfm-queue")), "vnfrd");
    json_t *p = at(at(d, "vnfcParameters", "web_type", "parameters"), stage_instance(&s, "web")->id,
                   "parameters", NULL);
    assert_string_equal(stage_text(p, "hostname"),
                        stage_instance(&s, "web")->key[INSTANCE_HOSTNAME]);
    assert_string_equal(stage_text(p, "net_floatingIp"), "172.24.4.9");
    assert_int_equal(json_object_size(p), 2);
    stage_release(&s);
}

static void test_two_sources_of_one_type_share_an_entry(void **state)
{
    (void)state;
    open_with("[{\"source\":\"web\",\"target\":\"client\",\"parameters\":[\"a\"]},"
              "{\"source\":\"db\",\"target\":\"client\",\"parameters\":[\"b\"]},"
              "{\"source\":\"web\",\"target\":\"client\",\"parameters\":[\"c\"]}]");
    struct vnfd *db = proto_dup(&vnfd_type, s.service->nsd->vnfd.at[0], &s.arena);
    db->name = "db"; /* of the same type */
    proto_list_add(&s.service->nsd->vnfd, db, &s.arena);
    stage_deploy(&s);
    json_t *all = json_object_get(stage_record(&s, s.root), "vnf_dependency");
    json_t *d = json_array_get(all, 0);
    assert_int_equal(json_array_size(all), 1);
    assert_int_equal(json_object_size(json_object_get(d, "idType")), 2);
    assert_int_equal(json_object_size(json_object_get(d, "parameters")), 1);
    assert_int_equal(json_object_size(at(d, "parameters", "web_type", "parameters")), 3);
    /* The target waits for both. */
    stage_answer_well(&s, CMD_INSTANTIATE, "client");
    stage_answer_well(&s, CMD_INSTANTIATE, "web");
    assert_string_equal(phase_of("client"), "WAIT_SOURCES");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_string_equal(phase_of("client"), "MODIFYING");
    stage_release(&s);
}

static void test_self_dependency(void **state)
{
    (void)state;
    open_with("[{\"source\":\"client\",\"target\":\"client\",\"parameters\":[\"key\",\"net\"]}]");
    stage_deploy(&s);
    instantiate("client"); /* waits for nobody */
    assert_string_equal(phase_of("client"), "MODIFYING");
    json_t *d = json_object_get(stage_body(&s, stage_sent(&s, "vnfm-queue")), "vnfrd");
    assert_string_equal(stage_text(d, "parameters.client_type.parameters.key"), "configured");
    assert_int_equal(json_object_size(at(d, "vnfcParameters", "client_type", "parameters")), 0);
    stage_release(&s);
}

/* decisions.md D23: allowed; both are ready sources as soon as they are INITIALIZED. */
static void test_cycle(void **state)
{
    (void)state;
    open_with("[{\"source\":\"web\",\"target\":\"client\",\"parameters\":[\"key\"]},"
              "{\"source\":\"client\",\"target\":\"web\",\"parameters\":[\"key\"]}]");
    stage_deploy(&s);
    stage_answer_well(&s, CMD_INSTANTIATE, "client");
    assert_string_equal(phase_of("client"), "WAIT_SOURCES");
    stage_answer_well(&s, CMD_INSTANTIATE, "web");
    assert_string_equal(phase_of("client"), "MODIFYING");
    assert_string_equal(phase_of("web"), "MODIFYING");
    stage_release(&s);
}

/* amqp-protocol.md 4.4: one at a time, by weight, when everybody is INACTIVE. */
static void test_ordered_start(void **state)
{
    static const char *const order[] = {"db", "web", "client"};
    (void)state;
    open_with("[{\"source\":\"web\",\"target\":\"client\",\"parameters\":[\"key\"]},"
              "{\"source\":\"db\",\"target\":\"web\",\"parameters\":[\"key\"]}]");
    struct vnfd *db = proto_dup(&vnfd_type, s.service->nsd->vnfd.at[0], &s.arena);
    db->name = "db";
    db->type = "db_type";
    proto_list_add(&s.service->nsd->vnfd, db, &s.arena);
    s.settings.ordered_start = true;
    stage_deploy(&s);
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_string_equal(phase_of("db"),
                        "WAIT_TURN"); /* lightest, but the others are not INACTIVE */
    stage_answer_well(&s, CMD_INSTANTIATE, "client");
    stage_answer_well(&s, CMD_INSTANTIATE, "web");
    stage_answer_well(&s, CMD_MODIFY, "client");
    assert_string_equal(phase_of("db"), "WAIT_TURN");
    stage_answer_well(&s, CMD_MODIFY, "web");
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            assert_string_equal(phase_of(order[k]), k < i    ? "ACTIVE"
                                                    : k == i ? "STARTING"
                                                             : "WAIT_TURN");
        stage_answer_well(&s, CMD_START, order[i]);
    }
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    stage_decide(&s, (struct intent){.event = EV_N});
    struct nsr_model *m = nsr_model_of(&s.d);
    assert_int_equal(dependency_weight(m, "db"), 0);
    assert_int_equal(dependency_weight(m, "web"), 1);
    assert_int_equal(dependency_weight(m, "client"), 2); /* its own, and its source's */
    stage_release(&s);
}

/* amqp-protocol.md 8.2. The event is START of client's VNFR, then INSTANTIATE_FINISH of the NSR. */
static void test_subscriptions(void **state)
{
    static const struct {
        const char *project, *event, *nsr;
        bool of_client; /* its VNFR id as a filter; else "other" if of_other */
        bool of_other, is_told;
    } cases[] = {
        {"*", "START", "", false, false, true},
        {"project-1", "START", "", false, false, true},
        {"project-2", "START", "", false, false, false},
        {"*", "MODIFY", "", false, false, false},
        {"*", "START", "nsr-1", false, false, false}, /* an NSR's filter takes the NSR only */
        {"*", "INSTANTIATE_FINISH", "nsr-1", false, false, true},
        {"*", "INSTANTIATE_FINISH", "nsr-2", false, false, false},
        {"*", "INSTANTIATE_FINISH", "", false, false, true},
        {"*", "START", "", true, false, true},
        {"*", "START", "", false, true, false},
        {"*", "INSTANTIATE_FINISH", "nsr-1", true, false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        open_with("[]");
        stage_forget(&s, "all");
        stage_deploy(&s);
        stage_answer_well(&s, CMD_INSTANTIATE, "web");
        stage_answer_well(&s, CMD_INSTANTIATE, "client");
        stage_answer_well(&s, CMD_START, "web");
        stage_subscribe(&s, "it", cases[i].project, cases[i].event,
                        cases[i].of_client  ? stage_vnfr(&s, "client")->id
                        : cases[i].of_other ? "other"
                                            : cases[i].nsr);
        stage_answer_well(&s, CMD_START, "client");
        if ((s.d.events.n == 1) != cases[i].is_told)
            fail_msg("case %zu: %u events", i, s.d.events.n);
        if (cases[i].is_told) {
            struct row body = {.doc = s.d.events.at[0]->body};
            json_t *e = stage_record(&s, &body);
            assert_string_equal(stage_text(e, "action"), cases[i].event);
            assert_string_equal(stage_text(e, "payload.status"), "ACTIVE");
            assert_string_equal(s.d.events.at[0]->project_id, "project-1");
        }
        stage_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_out_of_the_box_parameters),
        cmocka_unit_test(test_two_sources_of_one_type_share_an_entry),
        cmocka_unit_test(test_self_dependency),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_ordered_start),
        cmocka_unit_test(test_subscriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
