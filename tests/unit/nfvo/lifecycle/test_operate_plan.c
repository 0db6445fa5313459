/* What a plan tells beside its steps: PoPs and their quota, why there, which scripts run where; and
 * the plan of a release. */
#include "nfvo/lifecycle/basis.h"
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVENTS                                                                                     \
    "[{\"event\":\"INSTANTIATE\",\"lifecycle_events\":[\"install.sh\"]},"                          \
    "{\"event\":\"CONFIGURE\",\"lifecycle_events\":[\"web_type_join.sh\",\"conf.sh\"]},"           \
    "{\"event\":\"START\",\"lifecycle_events\":[\"start.sh\"]},"                                   \
    "{\"event\":\"HEAL\",\"lifecycle_events\":[\"heal.sh\"]},"                                     \
    "{\"event\":\"SCALE_IN\",\"lifecycle_events\":[\"leave.sh\"]},"                                \
    "{\"event\":\"TERMINATE\",\"lifecycle_events\":[\"bye.sh\"]}]"

static struct stage s;
static json_t *plan;
static struct plan_count counts;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    counts = (struct plan_count){.number = 1};
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    json_decref(plan);
    plan = NULL;
    stage_release(&s);
    return 0;
}

static struct row *pop_fact(void)
{
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_POP)
            return s.facts.at[i];
    fail_msg("no PoP");
    return NULL;
}

/* 4 cores and 2048 MB a server of ours; 3 of them are there. */
static void give_quota(const char *quota)
{
    struct row *pop = pop_fact();
    json_t *doc = json_loads(pop->doc, 0, NULL);
    json_object_set_new(doc, "flavours",
                        json_pack("[{sssisi}]", "flavour_key", "m1", "vcpus", 4, "ram", 2048));
    char *text = json_dumps(doc, JSON_COMPACT);
    pop->doc = arena_strdup(&s.arena, text);
    pop->state = arena_printf(&s.arena,
                              "{\"refreshedAt\":%lld,\"quotaAt\":%lld,\"quota\":{%s},\"use\":{"
                              "\"instances\":1}}", /* of the last refresh: not what it is now */
                              (long long)s.now, (long long)s.now, quota);
    stage_use(&s, "pop-1", "m1", 3);
    free(text);
    json_decref(doc);
}

static void give_scripts(const char *vnf)
{
    struct row *r = stage_vnfr(&s, vnf);
    json_t *doc = json_loads(r->doc, 0, NULL);
    json_object_set_new(doc, "lifecycle_event", json_loads(EVENTS, 0, NULL));
    char *text = json_dumps(doc, JSON_COMPACT);
    r->doc = arena_strdup(&s.arena, text);
    free(text);
    json_decref(doc);
}

static void to_active(bool is_ours)
{
    for (uint32_t i = 0; is_ours && i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    stage_pop_is_fresh(&s, pop_fact(), true);
}

static void ask(struct operate_request req)
{
    static struct operate_request r;
    r = req;
    r.operation_id = "op";
    r.project = "project-1";
    r.asked_by = "admin";
    r.origin = "user";
    r.is_dry = true;
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS |
                                              FACT_USE_OF_NSR,
                                     .payload = &r});
    if (s.d.err.code != ERR_OK)
        fail_msg("%s", s.d.err.msg);
    json_decref(plan);
    plan = json_loads(s.d.text, 0, NULL);
    assert_non_null(plan);
}

static void ask_of(enum operation_kind kind, const char *vnf)
{
    bool is_scaling = kind == OPERATION_SCALE_OUT || kind == OPERATION_SCALE_IN;
    ask((struct operate_request){.plan = {.kind = kind,
                                          .vnfr = vnf ? stage_vnfr(&s, vnf)->id : NULL,
                                          .counts = is_scaling ? &counts : NULL,
                                          .n_counts = is_scaling}});
}

static void is_json(const char *path, const char *want)
{
    AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
    json_t *value = plan;
    for (const char *p = path; *p; p += strcspn(p, ".") + (p[strcspn(p, ".")] == '.')) {
        sbuf_clear(&at);
        sbuf_add(&at, p, strcspn(p, "."));
        value = json_is_array(value) ? json_array_get(value, strtoul(at.s, NULL, 10))
                                     : json_object_get(value, at.s);
    }
    char *got = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (strcmp(got ? got : "null", want) != 0)
        fail_msg("%s is %s, not %s", path, got ? got : "nothing", want);
    free(got);
}

static const char *host_of(const char *vnf)
{
    return stage_instance(&s, vnf)->key[INSTANCE_HOSTNAME];
}

/* --- scaling ------------------------------------------------------------------------------------ */

static void test_scale_out(void **state)
{
    (void)state;
    to_active(true);
    give_quota("\"instances\":20,\"cores\":40,\"ram\":-1");
    give_scripts("web");
    give_scripts("client");
    ask_of(OPERATION_SCALE_OUT, "web");
    is_json("pops.0.name", "\"pop-1\"");
    is_json("pops.0.servers", "{\"before\":2,\"after\":3}");
    is_json("pops.0.quota", "[{\"what\":\"instances\",\"before\":3,\"after\":4,\"limit\":20},"
                            "{\"what\":\"cores\",\"before\":12,\"after\":16,\"limit\":40},"
                            "{\"what\":\"ramMb\",\"before\":6144,\"after\":8192}]");
    is_json("steps.1.kind", "\"SCALE_OUT\"");
    is_json("steps.1.reason", "\"on 'pop-1', the only PoP of its VDU\"");
    is_json("steps.1.children", "[{\"kind\":\"LAUNCH\",\"pop\":\"pop-1\",\"state\":\"EXPECTED\"}]");
    /* it depends on nobody: no CONFIGURE */
    is_json("steps.1.scripts",
            "[{\"event\":\"INSTANTIATE\",\"names\":[\"install.sh\"],\"hosts\":[\"the new "
            "server\"]},{\"event\":\"START\",\"names\":[\"start.sh\"],\"hosts\":[\"the new "
            "server\"]}]");
    is_json("steps.2.kind", "\"MODIFY\"");
    is_json("steps.2.scripts",
            arena_printf(&s.arena,
                         "[{\"event\":\"CONFIGURE\",\"names\":[\"web_type_join.sh\",\"conf.sh\"],"
                         "\"hosts\":[\"%s\"]}]",
                         host_of("client")));
    is_json("warnings", "null");
    assert_int_equal(stage_vnfr(&s, "web")->mark, ROW_CLEAN);
}

static void test_standby_starts_nothing(void **state)
{
    (void)state;
    to_active(true);
    give_scripts("client");
    counts.is_standby = true;
    ask_of(OPERATION_SCALE_OUT, "client");
    is_json("steps.1.scripts.1.event", "\"CONFIGURE\"");
    is_json("steps.1.scripts.2.event", "null");
}

/* Where it would be tight, the other PoPs and what is wrong with them are named. */
static void test_reason_names_the_others(void **state)
{
    (void)state;
    proto_list_add(&s.service->candidates.at[0].value, "pop-2", &s.arena);
    struct vim_ref *ref = proto_new(&vim_ref_type, &s.arena);
    ref->id = ref->name = "pop-2";
    proto_list_add(&s.service->pops, ref, &s.arena);
    to_active(true);
    struct row *other = stage_pop(&s, "pop-2", "openstack", "\"active\":true,\"images\":[]");
    stage_pop_is_fresh(&s, other, true);
    ask_of(OPERATION_SCALE_OUT, "web");
    is_json("steps.1.reason",
            "\"on 'pop-1', beside the other servers of its VDU; not on 'pop-2': none of the "
            "images 'img' is available there\"");
    is_json("pops.0.note", "\"its driver told no quota\"");
}

/* One that the service does not use yet. */
static void test_asked_for(void **state)
{
    (void)state;
    to_active(true);
    counts.pop = "pop-9";
    counts.pop_name = "far";
    ask_of(OPERATION_SCALE_OUT, "web");
    is_json("steps.0.pop", "\"far\"");
    is_json("pops.0.name", "\"far\"");
    is_json("pops.0.servers", "{\"before\":0,\"after\":1}");
    counts.pop = "pop-1";
    ask_of(OPERATION_SCALE_OUT, "web");
    is_json("steps.1.reason", "\"on 'pop-1', as it was asked for\"");
}

/* --- others ------------------------------------------------------------------------------------- */

static void test_heal_and_execute(void **state)
{
    (void)state;
    to_active(true);
    give_scripts("web");
    ask((struct operate_request){.plan = {.kind = OPERATION_HEAL,
                                          .vnfr = stage_vnfr(&s, "web")->id,
                                          .instance = stage_instance(&s, "web")->id}});
    is_json("steps.0.scripts", arena_printf(&s.arena,
                                            "[{\"event\":\"HEAL\",\"names\":[\"heal.sh\"],"
                                            "\"hosts\":[\"%s\"]}]",
                                            host_of("web")));
    is_json("pops", "null");
    ask((struct operate_request){
        .plan = {.kind = OPERATION_EXECUTE, .vnfr = stage_vnfr(&s, "web")->id}, .script = "#!"});
    is_json("steps.0.scripts.0.names", "[\"the script that is given\"]");
}

static void test_restart(void **state)
{
    (void)state;
    to_active(true);
    give_scripts("web");
    ask((struct operate_request){
        .plan = {.kind = OPERATION_RESTART, .vnfr = stage_vnfr(&s, "web")->id}, .image = ""});
    is_json("steps.0.kind", "\"REBUILD\"");
    is_json("steps.0.pop", "\"pop-1\"");
    is_json("pops.0.rebuilt", "1");
    is_json("pops.0.servers", "{\"before\":2,\"after\":2}");
    is_json("steps.1.scripts.0.names", "[\"install.sh\"]");
}

/* Whatever Java VNFM runs them: it is said that it may do otherwise, once a VNF. */
static void test_foreign(void **state)
{
    (void)state;
    to_active(false);
    give_scripts("web");
    ask_of(OPERATION_STOP_VNF, "web");
    is_json("warnings", "null"); /* it has no script for that */
    ask_of(OPERATION_START_VNF, "web");
    is_json("warnings.1", "null");
    is_json("warnings.0",
            "\"VNF 'web': its VNFM is not one of Baton's; which scripts it runs is up to it, shown "
            "are those that the descriptor names\"");
}

/* --- release ------------------------------------------------------------------------------------ */

static void test_release(void **state)
{
    (void)state;
    to_active(true);
    give_quota("\"instances\":20,\"cores\":40,\"ram\":-1");
    give_scripts("client");
    ask_of(OPERATION_RELEASE, NULL);
    is_json("kind", "\"RELEASE\"");
    is_json("steps.0.kind", "\"TERMINATE\"");
    is_json("steps.0.reason", "\"VNFM 'vnfm' gets RELEASE_RESOURCES of 'web'\"");
    is_json("steps.1.kind", "\"DELETE\"");
    is_json("steps.1.pop", "\"pop-1\"");
    is_json("steps.1.instance", arena_printf(&s.arena, "\"%s\"", host_of("web")));
    is_json("steps.3.scripts.0.names", "[\"bye.sh\"]");
    is_json("pops.0.servers", "{\"before\":2,\"after\":0}");
    is_json("pops.0.quota.0", "{\"what\":\"instances\",\"before\":3,\"after\":1,\"limit\":20}");
    is_json("pops.0.networksKept", "[\"net\"]");
    is_json("basis", "null");
    is_json("id", "null");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    assert_int_equal(s.root->mark, ROW_CLEAN);
}

/* Also while it is deployed: what is there by then; and what it ends. */
static void test_release_of_one_on_its_way(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    ask_of(OPERATION_RELEASE, NULL);
    is_json("pops.0.servers.after", "0");
    is_json("pops.0.servers.before", "1");
    json_t *warning = json_array_get(json_object_get(plan, "warnings"), 0);
    assert_non_null(strstr(json_string_value(warning), "it ends operation"));
    assert_non_null(strstr(json_string_value(warning), "(DEPLOY), which is PROCESSING"));
}

static void test_release_of_one_that_goes(void **state)
{
    (void)state;
    stage_to(&s, VNFR_RELEASING);
    static struct operate_request r;
    r = (struct operate_request){.operation_id = "op",
                                 .project = "project-1",
                                 .plan = {.kind = OPERATION_RELEASE},
                                 .is_dry = true};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_POPS, .payload = &r});
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_string_equal(s.d.err.msg, "service 'service' is being released");
    r.is_dry = false; /* never by this way */
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_POPS, .payload = &r});
    assert_int_equal(s.d.err.code, ERR_UNSUPPORTED);
}

/* --- deployment --------------------------------------------------------------------------------- */

#define EQUAL_POP "\"images\":[{\"id\":\"im-1\",\"name\":\"img\",\"extId\":\"img-ext\"}]"

static const unsigned named = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS | FACT_NAMED_POPS |
                              FACT_USE_OF_NSR; /* as the named ones' use */

static void plan_deployment(void)
{
    json_decref(plan);
    plan = NULL;
    stage_decide(&s, (struct intent){.event = EV_NSR_PLAN, .facts = named, .payload = s.service});
    if (s.d.err.code != ERR_OK)
        return;
    plan = json_loads(s.d.text, 0, NULL);
    assert_non_null(plan);
}

static void deploy_by(const char *basis)
{
    s.service->basis = basis;
    stage_decide(&s, (struct intent){.event = EV_NSR_DEPLOY, .facts = named, .payload = s.service});
}

static void may_also_use(const char *pop)
{
    struct vim_ref *ref = proto_new(&vim_ref_type, &s.arena);
    ref->id = ref->name = pop;
    proto_list_add(&s.service->pops, ref, &s.arena);
    for (uint32_t i = 0; i < s.service->candidates.n; i++)
        proto_list_add(&s.service->candidates.at[i].value, pop, &s.arena);
}

static void give_script(uint32_t vnfd)
{
    struct lifecycle_event *event = proto_new(&lifecycle_event_type, &s.arena);
    event->event = "START";
    proto_list_add(&event->lifecycle_events, "start.sh", &s.arena);
    proto_list_add(&s.service->nsd->vnfd.at[vnfd]->lifecycle_event, event, &s.arena);
}

static void test_deployment(void **state)
{
    (void)state;
    give_script(0);
    stage_pop_is_fresh(&s, pop_fact(), true);
    give_quota("\"instances\":20,\"cores\":40,\"ram\":-1");
    plan_deployment();
    is_json("kind", "\"DEPLOY\"");
    is_json("nsr.name", "\"service\"");
    is_json("id", "null");
    is_json("steps.0.kind", "\"INSTANTIATE\"");
    is_json("steps.0.reason", arena_printf(&s.arena, "\"VDU '%s' on pop-1, its only PoP\"",
                                           s.service->nsd->vnfd.at[0]->vdu.at[0]->name));
    is_json("steps.0.children.0.kind", "\"LAUNCH\"");
    is_json("steps.0.children.0.pop", "\"pop-1\"");
    is_json("pops.0.servers", "{\"before\":0,\"after\":2}");
    is_json("pops.0.quota.0", "{\"what\":\"instances\",\"before\":3,\"after\":5,\"limit\":20}");
    is_json("refused", "null");
    is_json("steps.3.kind", "\"START\"");
    assert_null(s.root); /* nothing of it is there */
    assert_int_equal(s.rows.n, 0);
    assert_int_equal(s.commands.n, 0);
    assert_int_equal(s.d.sends.n + s.d.notes.n + s.d.events.n + s.d.lines.n, 0);
}

/* It is full: a deployment would be accepted, and fail. */
static void test_deployment_without_a_place(void **state)
{
    (void)state;
    stage_pop_is_fresh(&s, pop_fact(), true);
    stage_forget(&s, "pop-1");
    plan_deployment();
    json_t *why = json_array_get(json_object_get(plan, "refused"), 0);
    assert_non_null(why);
    assert_non_null(strstr(json_string_value(why), "PoP 'pop-1': it is not there any more"));
    is_json("pops", "null");
    deploy_by(json_string_value(json_object_get(plan, "basis")));
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    assert_null(s.root);
}

/* Among equals the choice is the plan's, for each id that the service may get. */
static void test_deployed_as_planned(void **state)
{
    static const char *const ids[] = {"1-nsr", "2-nsr", "3-nsr", "4-nsr", "5-nsr", "6-nsr"};
    (void)state;
    may_also_use("pop-2");
    stage_pop_is_fresh(&s, pop_fact(), true);
    struct row *other = stage_pop(&s, "pop-2", "test", EQUAL_POP);
    stage_pop_is_fresh(&s, other, true);
    plan_deployment();
    const char *basis = arena_strdup(&s.arena, json_string_value(json_object_get(plan, "basis")));
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        s.agg = ids[i];
        s.root = NULL;
        s.rows.n = s.commands.n = 0;
        deploy_by(basis);
        assert_int_equal(s.d.err.code, ERR_OK);
        assert_non_null(s.root);
        assert_non_null(strstr(s.root->state, basis_spread(basis, &s.arena)));
    }
}

static void test_deployment_changed_since(void **state)
{
    (void)state;
    may_also_use("pop-2");
    stage_pop_is_fresh(&s, pop_fact(), true);
    struct row *other = stage_pop(&s, "pop-2", "test", EQUAL_POP);
    stage_pop_is_fresh(&s, other, true);
    plan_deployment();
    const char *basis = arena_strdup(&s.arena, json_string_value(json_object_get(plan, "basis")));
    const char *where =
        arena_strdup(&s.arena, stage_text(json_array_get(json_object_get(plan, "pops"), 0), "id"));
    s.service->vnfms.at[0]->queue = "its-next-queue"; /* that is no part of it */
    s.service->nsd->version = "2.0";
    deploy_by(basis);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "has changed since that plan was made"));
    assert_null(s.root);
    plan_deployment();
    basis = arena_strdup(&s.arena, json_string_value(json_object_get(plan, "basis")));
    stage_forget(&s, where);
    deploy_by(basis);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "would go to other PoPs now than the plan says"));
    static const char *const none[] = {"x", "x-", "-", "x-1-2"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        deploy_by(none[i]);
        assert_true(s.d.err.code == ERR_INVALID || s.d.err.code == ERR_STATE);
        assert_null(s.root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scale_out, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_standby_starts_nothing, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_reason_names_the_others, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_asked_for, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_heal_and_execute, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_restart, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_foreign, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_release, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_release_of_one_on_its_way, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_release_of_one_that_goes, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_deployment, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_deployment_without_a_place, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_deployed_as_planned, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_deployment_changed_since, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
