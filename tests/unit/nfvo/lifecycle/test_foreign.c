/* Records as VNFMs on other SDKs send them: which VDU is which, what is no value, and whose the
 * members of an instance are that the VNFM made itself (decisions.md D24, D25). */
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

/* The descriptor of "client" gets a second VDU, "other", and both ids; each has a PoP of its own.
 */
static void two_vdus(void)
{
    struct vnfd *v = s.service->nsd->vnfd.at[1];
    struct proto_strs pops[2] = {{0}};
    proto_list_add(&pops[0], "pop-1", &s.arena);
    proto_list_add(&pops[1], "pop-2", &s.arena);
    struct vdu *other = proto_dup(&vdu_type, v->vdu.at[0], &s.arena);
    v->vdu.at[0]->id = "d-1";
    other->id = "d-2";
    other->name = "other";
    proto_list_add(&v->vdu, other, &s.arena);
    s.service->candidates.n = 0;
    proto_map_add(&s.service->candidates, "web/web-vdu", pops[0], &s.arena);
    proto_map_add(&s.service->candidates, "client/d-1", pops[0], &s.arena);
    proto_map_add(&s.service->candidates, "client/d-2", pops[1], &s.arena);
    stage_pop(&s, "pop-2", "test", NULL);
}

static void grant(const char *vdus)
{
    stage_message(&s, (struct message){
                          .queue = QUEUE_ACTIONS_REPLY,
                          .reply_to = "amq.gen-asker",
                          .correlation_id = "corr-1",
                          .body = arena_printf(
                              &s.arena,
                              "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":{"
                              "\"name\":\"client\",\"parent_ns_id\":\"nsr-1\",\"status\":\"NULL\","
                              "\"vdu\":[%s]}}",
                              vdus)});
}

/* "<name> <PoP>, ..." in the record's order. */
static const char *placed(void)
{
    const struct row *row = stage_vnfr(&s, "client");
    json_t *record = stage_record(&s, row);
    struct vnfr_state *st = NULL;
    const char *out = "";
    assert_int_equal(
        proto_decode(&vnfr_state_type, row->state, strlen(row->state), 0, &s.arena, &st, NULL),
        ERR_OK);
    for (uint32_t i = 0; i < st->vdu_pop.n; i++) {
        const char *name = stage_text(record, arena_printf(&s.arena, "vdu.%u.name", i));
        const char *id = stage_text(record, arena_printf(&s.arena, "vdu.%u.id", i));
        assert_string_equal(id, st->vdu_pop.at[i].key);
        out = arena_printf(&s.arena, "%s%s%s %s", out, *out ? ", " : "", name ? name : "-",
                           st->vdu_pop.at[i].value);
    }
    return out;
}

static void test_which_vdu_is_it(void **state)
{
    static const struct {
        const char *why, *vdus, *placed;
    } cases[] = {
        {"Java, Python: both",
         "{\"parent_vdu\":\"d-1\",\"name\":\"client-vdu\"},"
         "{\"parent_vdu\":\"d-2\",\"name\":\"other\"}",
         "client-vdu pop-1, other pop-2"},
        {"Go: no name, in another order",
         "{\"name\":\"\",\"parent_vdu\":\"d-2\",\"vimInstanceName\":[\"pop-2\"]},"
         "{\"name\":\"\",\"parent_vdu\":\"d-1\",\"vimInstanceName\":[\"pop-1\"]}",
         "other pop-2, client-vdu pop-1"},
        {"by name", "{\"name\":\"other\"},{\"name\":\"client-vdu\"}",
         "other pop-2, client-vdu pop-1"},
        {"parent_vdu before the name", "{\"name\":\"client-vdu\",\"parent_vdu\":\"d-2\"}",
         "client-vdu pop-2"},
        {"a parent that the descriptor does not have: by name",
         "{\"name\":\"other\",\"parent_vdu\":\"d-9\"}", "other pop-2"},
        {"by place", "{\"hostname\":\"x\"},{\"name\":\"renamed\",\"parent_vdu\":\"\"}",
         "client-vdu pop-1, renamed pop-2"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        two_vdus();
        stage_deploy(&s);
        grant(cases[i].vdus);
        if (stage_vnfr(&s, "client")->phase == VNFR_FAILED)
            fail_msg("%s: %s", cases[i].why, stage_story(&s));
        if (strcmp(placed(), cases[i].placed) != 0)
            fail_msg("%s: %s, want %s", cases[i].why, placed(), cases[i].placed);
    }
}

static void test_a_vdu_of_nobody(void **state)
{
    (void)state;
    two_vdus();
    stage_deploy(&s);
    grant("{\"name\":\"client-vdu\"},{\"name\":\"other\"},{\"name\":\"third\"}");
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_FAILED);
    assert_non_null(strstr(stage_text(stage_record(&s, stage_vnfr(&s, "client")), "fault.message"),
                           "no PoP was chosen for VDU 'third'"));
}

/* Two VDUs of one name: the descriptor's ids tell them apart, in INSTANTIATE and in the grant. */
static void test_one_name_twice(void **state)
{
    (void)state;
    two_vdus();
    s.service->nsd->vnfd.at[1]->vdu.at[1]->name = "client-vdu";
    stage_deploy(&s);
    const char *message = NULL;
    for (uint32_t i = 0; i < s.d.sends.n; i++)
        if (strstr(s.d.sends.at[i]->body, "\"vnfInstanceName\":\"client\""))
            message = stage_rendered(&s, s.d.sends.at[i]);
    assert_non_null(message);
    assert_non_null(strstr(message, "\"d-1\":[{\"pop\":\"pop-1:"));
    assert_non_null(strstr(message, "\"d-2\":[{\"pop\":\"pop-2:"));
    grant("{\"name\":\"client-vdu\",\"parent_vdu\":\"d-2\"},"
          "{\"name\":\"client-vdu\",\"parent_vdu\":\"d-1\"}");
    assert_string_equal(placed(), "client-vdu pop-2, client-vdu pop-1");
}

/* A zone is text that a user wrote. Before issue 8 it could hold a reference of its own, and brought
 * the PoP of another project, password included, to the VNFM. */
static void test_a_zone_is_only_a_zone(void **state)
{
    struct proto_strs pops = {0};
    (void)state;
    proto_list_add(&pops, "pop-1:\x01,\"x\",\x01pop:pop-9:0:", &s.arena);
    s.service->candidates.n = 0;
    proto_map_add(&s.service->candidates, "web/web-vdu", pops, &s.arena);
    proto_map_add(&s.service->candidates, "client/client-vdu", pops, &s.arena);
    stage_deploy(&s);
    size_t n = 0;
    for (uint32_t i = 0; i < s.d.sends.n; i++) {
        if (!strstr(s.d.sends.at[i]->body, "INSTANTIATE"))
            continue;
        json_t *vims = json_object_get(stage_body(&s, s.d.sends.at[i]), "vimInstances");
        json_t *one = json_object_get(vims, ++n == 1 ? "web-vdu" : "client-vdu");
        assert_int_equal(json_array_size(one), 1);
        assert_string_equal(stage_text(one, "0.pop"), "pop-1:0:\x01,\"x\",\x01pop:pop-9:0:");
    }
    assert_int_equal(n, 2);
}

/* Services that were deployed when the candidates were known by name only. */
static void test_an_older_state(void **state)
{
    static const bool has_ids[] = {false, true};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(has_ids); i++) {
        again();
        two_vdus();
        struct vnfd *v = s.service->nsd->vnfd.at[1];
        s.service->candidates.at[1].key = "client/client-vdu";
        s.service->candidates.at[2].key = "client/other";
        if (!has_ids[i])
            v->vdu.at[0]->id = v->vdu.at[1]->id = NULL;
        stage_deploy(&s);
        grant("{\"name\":\"other\",\"parent_vdu\":\"d-2\"}");
        assert_string_equal(placed(), "other pop-2");
    }
}

/* Go says "" of whatever it does not know: that is no flavour. */
static void test_empty_is_no_value(void **state)
{
    (void)state;
    stage_deploy(&s);
    stage_pop_is_fresh(&s, s.facts.at[0], true);
    stage_message(
        &s,
        (struct message){
            .queue = QUEUE_ACTIONS_REPLY,
            .reply_to = "amq.gen-asker",
            .body = "{\"action\":\"GRANT_OPERATION\",\"virtualNetworkFunctionRecord\":{\"name\":"
                    "\"client\",\"parent_ns_id\":\"nsr-1\",\"deployment_flavour_key\":\"m1\","
                    "\"localization\":\"\",\"configurations\":{\"configurationParameters\":[{"
                    "\"confKey\":\"k\",\"value\":\"\"}]},\"vdu\":[{\"name\":\"client-vdu\","
                    "\"computation_requirement\":\"\",\"vm_image\":[\"img\"],\"vnfc\":[{"
                    "\"connection_point\":[{\"virtual_link_reference\":\"net\",\"fixedIp\":\"\"}]"
                    "}]}]}}"});
    json_t *record = stage_record(&s, stage_vnfr(&s, "client"));
    assert_null(stage_text(record, "localization"));
    assert_null(stage_text(record, "vdu.0.computation_requirement"));
    assert_string_equal(stage_text(record, "configurations.configurationParameters.0.value"), "");
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", NULL);
    const struct send *launch = stage_sent(&s, "vim-drivers.test.test");
    assert_non_null(launch);
    assert_string_equal(stage_text(stage_body(&s, launch), "parameters.3"), "m1");
}

/* An NSR's id that is empty is none either: the message's own counts. */
static void test_an_empty_parent(void **state)
{
    struct message m = {.queue = QUEUE_ACTIONS,
                        .body = "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\","
                                "\"virtualNetworkFunctionRecord\":{\"name\":\"client\","
                                "\"parent_ns_id\":\"\"}}"};
    struct intent in = {0};
    (void)state;
    m.len = strlen(m.body);
    assert_int_equal(s.domain.understand(&m, &s.arena, &in, NULL), ERR_OK);
    assert_string_equal(in.agg, "nsr-1");
}

/* --- a VNFM that makes its instances itself --------------------------------------------------- */

#define INSTANCE(members) "{\"vim_id\":\"pop-1\",\"state\":\"\"," members "}"

static void instantiated(const char *instances)
{
    stage_deploy(&s);
    stage_pop_is_fresh(&s, s.facts.at[0], true);
    s.service->nsd->vnf_dependency.n = 0;
    stage_vnfm(&s, "GRANT_OPERATION", "web", NULL);
    json_t *record = json_deep_copy(stage_record(&s, stage_vnfr(&s, "web")));
    json_t *list = json_loads(instances, 0, NULL);
    assert_non_null(list);
    json_object_set_new(json_array_get(json_object_get(record, "vdu"), 0), "vnfc_instance", list);
    char *text = json_dumps(record, JSON_COMPACT);
    stage_answer(&s, CMD_INSTANTIATE, stage_vnfr(&s, "web")->id,
                 arena_printf(&s.arena,
                              "{\"action\":\"INSTANTIATE\",\"virtualNetworkFunctionRecord\":%s}",
                              text));
    free(text);
    json_decref(record);
    assert_int_equal(stage_vnfr(&s, "web")->phase, VNFR_STARTING);
}

/* The VNFM's answer to START: its record, with this merged into its first instance. */
static json_t *started(const char *change)
{
    json_t *record = json_deep_copy(stage_record(&s, stage_vnfr(&s, "web")));
    json_t *more = json_loads(change, 0, NULL);
    json_t *vdu = json_array_get(json_object_get(record, "vdu"), 0);
    assert_non_null(more);
    json_object_update(json_array_get(json_object_get(vdu, "vnfc_instance"), 0), more);
    char *text = json_dumps(record, JSON_COMPACT);
    stage_answer(
        &s, CMD_START, stage_vnfr(&s, "web")->id,
        arena_printf(&s.arena, "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":%s}", text));
    free(text);
    json_decref(more);
    json_decref(record);
    assert_int_equal(stage_vnfr(&s, "web")->phase, VNFR_ACTIVE);
    return stage_record(&s, stage_vnfr(&s, "web"));
}

#define FIRST "vdu.0.vnfc_instance.0."

static void test_the_vnfms_own_instance(void **state)
{
    (void)state;
    instantiated("[" INSTANCE("\"hostname\":\"web\",\"vc_id\":\"\",\"ips\":[{\"netName\":\"net\","
                              "\"ip\":\"\"}]") "]");
    json_t *record =
        started("{\"hostname\":\"web-4711\",\"vc_id\":\"container-1\",\"state\":\"RUNNING\","
                "\"ips\":[{\"netName\":\"new-network\",\"ip\":\"172.30.0.2\"},{\"netName\":"
                "\"new-network\",\"ip\":\"172.30.0.3\"}],\"floatingIps\":[]}");
    assert_string_equal(stage_text(record, FIRST "hostname"), "web-4711");
    assert_string_equal(stage_text(record, FIRST "vc_id"), "container-1");
    assert_string_equal(stage_text(record, FIRST "state"), "RUNNING");
    assert_string_equal(stage_text(record, FIRST "vim_id"), "pop-1");
    assert_string_equal(stage_text(record, FIRST "ips.0.ip"), "172.30.0.2");
    assert_string_equal(stage_text(record, FIRST "ips.1.ip"), "172.30.0.3");
    assert_null(stage_text(record, FIRST "ips.2.netName"));
    assert_null(stage_text(record, "vdu.0.vnfc_instance.1.hostname"));
}

static void test_empty_leaves_the_vnfms_own_alone(void **state)
{
    (void)state;
    instantiated("[" INSTANCE("\"hostname\":\"web\",\"vc_id\":\"c\",\"ips\":[{\"netName\":\"net\","
                              "\"ip\":\"10.1.1.1\"}]") "]");
    json_t *record = started("{\"hostname\":\"\",\"vc_id\":\"\",\"state\":\"\",\"ips\":[]}");
    assert_string_equal(stage_text(record, FIRST "hostname"), "web");
    assert_string_equal(stage_text(record, FIRST "vc_id"), "c");
    assert_string_equal(stage_text(record, FIRST "ips.0.ip"), "10.1.1.1");
    assert_string_equal(stage_text(record, FIRST "state"), "ACTIVE"); /* it names none */
}

/* Once the NFVO allocated it, the NFVO knows better where it is. */
static void test_an_instance_of_ours(void **state)
{
    (void)state;
    stage_to(&s, VNFR_STARTING);
    const char *host = stage_instance(&s, "client")->key[INSTANCE_HOSTNAME];
    json_t *record = json_deep_copy(stage_record(&s, stage_vnfr(&s, "client")));
    json_t *instance = json_array_get(
        json_object_get(json_array_get(json_object_get(record, "vdu"), 0), "vnfc_instance"), 0);
    json_t *lies = json_loads("{\"hostname\":\"mine\",\"vc_id\":\"x\",\"vim_id\":\"pop-9\","
                              "\"state\":\"STANDBY\",\"ips\":[{\"netName\":\"net\",\"ip\":"
                              "\"6.6.6.6\"}]}",
                              0, NULL);
    json_object_update(instance, lies);
    char *text = json_dumps(record, JSON_COMPACT);
    stage_answer(
        &s, CMD_START, stage_vnfr(&s, "client")->id,
        arena_printf(&s.arena, "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":%s}", text));
    free(text);
    json_decref(lies);
    json_decref(record);
    record = stage_record(&s, stage_vnfr(&s, "client"));
    assert_string_equal(stage_text(record, FIRST "hostname"), host);
    assert_string_equal(stage_text(record, FIRST "vim_id"), "pop-1");
    assert_string_equal(stage_text(record, FIRST "ips.0.ip"), "10.0.0.5");
    assert_string_equal(stage_text(record, FIRST "state"), "ACTIVE");
}

/* Its TERMINATE scripts have their own time, whoever made the instances that they run on. */
static void test_terminate_scripts_on_its_own_instances(void **state)
{
    static const struct {
        const char *instances;
        bool more;
    } cases[] = {{"[]", false}, {"[" INSTANCE("\"hostname\":\"web\"") "]", true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        again();
        struct vnfr *web;
        instantiated(cases[i].instances);
        struct row *row = stage_vnfr(&s, "web");
        assert_int_equal(
            proto_decode(&vnfr_type, row->doc, strlen(row->doc), 0, &s.arena, &web, NULL), ERR_OK);
        struct lifecycle_event *e = proto_new(&lifecycle_event_type, &s.arena);
        e->event = "TERMINATE";
        proto_list_add(&e->lifecycle_events, "bye.sh", &s.arena);
        proto_list_add(&web->lifecycle_event, e, &s.arena);
        AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
        proto_encode(&vnfr_type, web, 0, &doc);
        row->doc = arena_strdup(&s.arena, doc.s);
        stage_release_nsr(&s);
        const struct command *c =
            stage_command(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "web")->id);
        assert_non_null(c);
        int64_t scripts = cases[i].more ? s.settings.terminate_scripts_us : 0;
        assert_int_equal(c->due_at - s.now, s.settings.terminate_us + scripts);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_which_vdu_is_it),
        T(test_a_vdu_of_nobody),
        T(test_one_name_twice),
        T(test_a_zone_is_only_a_zone),
        T(test_an_older_state),
        T(test_empty_is_no_value),
        T(test_an_empty_parent),
        T(test_the_vnfms_own_instance),
        T(test_empty_leaves_the_vnfms_own_alone),
        T(test_an_instance_of_ours),
        T(test_terminate_scripts_on_its_own_instances),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
