/* What targets are told of their sources, and when: after HEAL, SWITCH, before an instance goes; and
 * what is taken back. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;
static int n_asked;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    n_asked = 0;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

/* Servers of `vnf` that are being launched come up, each with an address of its own. */
static void launch_all(const char *vnf)
{
    const char *id = stage_vnfr(&s, vnf)->id;
    for (int n = 0; n < 8; n++) {
        const struct row *up = NULL;
        for (uint32_t i = 0; i < s.rows.n && !up; i++)
            if (s.rows.at[i]->kind == ROW_INSTANCE && s.rows.at[i]->phase == INSTANCE_LAUNCHING &&
                strcmp(s.rows.at[i]->key[INSTANCE_VNFR], id) == 0)
                up = s.rows.at[i];
        if (!up)
            return;
        const char *host = up->key[INSTANCE_HOSTNAME];
        stage_answer(&s, CMD_LAUNCH, up->id,
                     arena_printf(&s.arena,
                                  "{\"answer\":{\"name\":\"%s\",\"extId\":\"vm-%s\",\"status\":"
                                  "\"ACTIVE\",\"hostName\":\"%s\",\"ips\":{\"net\":[\"10.0.%d.%d\"]"
                                  "}}}",
                                  host, host, host, vnf[0] == 'w', n + 5));
    }
}

static void instantiate(const char *vnf)
{
    stage_vnfm(&s, "GRANT_OPERATION", vnf, NULL);
    if (stage_vnfr(&s, vnf)->phase == VNFR_GRANTING)
        stage_prepared(&s, vnf, NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", vnf, NULL);
    launch_all(vnf);
    stage_answer_well(&s, CMD_INSTANTIATE, vnf);
}

/* ACTIVE, "web" with two instances. */
static void to_active(bool is_ours)
{
    static const char *const events[] = {"HEAL", "SCALE_IN", "MODIFY", "START"};
    struct vdu *vdu = s.service->nsd->vnfd.at[0]->vdu.at[0];
    proto_list_add(&vdu->vnfc, proto_dup(&vnf_component_type, vdu->vnfc.at[0], &s.arena), &s.arena);
    for (uint32_t i = 0; is_ours && i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    stage_deploy(&s);
    instantiate("web");
    instantiate("client");
    stage_answer_well(&s, CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "client");
    stage_answer_well(&s, CMD_START, "web");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        stage_subscribe(&s, "op", "*", events[i], "");
}

static json_t *record(const char *vnf)
{
    return stage_record(&s, stage_vnfr(&s, vnf));
}

static const char *instance(const char *vnf, int n)
{
    return stage_text(record(vnf), arena_printf(&s.arena, "vdu.0.vnfc_instance.%d.id", n));
}

static const char *instance_state(const char *vnf, int n)
{
    return stage_text(record(vnf), arena_printf(&s.arena, "vdu.0.vnfc_instance.%d.state", n));
}

static size_t instances(const char *vnf)
{
    json_t *vdu = json_array_get(json_object_get(record(vnf), "vdu"), 0);
    return json_array_size(json_object_get(vdu, "vnfc_instance"));
}

static const char *status(const char *vnf)
{
    return stage_text(record(vnf), "status");
}

static struct operate_request request(enum operation_kind kind, const char *vnf,
                                      const char *instance_id)
{
    return (struct operate_request){
        .operation_id = arena_printf(&s.arena, "op-%d", ++n_asked),
        .project = "project-1",
        .asked_by = "admin",
        .origin = "user",
        .plan = {.kind = kind, .vnfr = stage_vnfr(&s, vnf)->id, .instance = instance_id},
        .cause = "disk"};
}

static void ask(struct operate_request req)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = req;
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = r});
}

static void verb(const char *id, enum operation_event what)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .project = "project-1", .asked_by = "admin", .verb = what};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATION_VERB,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = r});
}

static const char *state_of(const char *id)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return operation_state_words[s.rows.at[i]->phase];
    return "none";
}

static bool names_host(const char *id, const char *instance)
{
    const char *begin = arena_printf(&s.arena, "\"%s\":\"web-", instance);
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return strstr(s.rows.at[i]->doc, begin) != NULL;
    return false;
}

static void answer(int kind, const char *body)
{
    const struct command *c = stage_command(&s, kind, NULL);
    if (!c)
        fail_msg("no request %s is open", command_names[kind]);
    else
        stage_answer(&s, kind, c->subject, body);
}

static json_t *sent(void)
{
    const struct send *send = stage_sent(&s, "vnfm-queue");
    if (!send)
        fail_msg("nothing was sent to the VNFM");
    return stage_body(&s, send);
}

static bool has_event(const char *action)
{
    for (uint32_t i = 0; i < s.d.events.n; i++)
        if (strcmp(s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

/* What a dependency says of an instance of web, or of web itself. */
static json_t *entry(json_t *dep, const char *id)
{
    json_t *types = json_object_get(dep, "vnfcParameters");
    json_t *all = json_object_get(json_object_get(types, "web_type"), "parameters");
    return json_object_get(json_object_get(all, id), "parameters");
}

static json_t *stored(void)
{
    return json_array_get(json_object_get(stage_record(&s, s.root), "vnf_dependency"), 0);
}

static void deleted(const char *pop)
{
    const struct command *c;
    while ((c = stage_command(&s, CMD_DELETE, NULL)) != NULL)
        stage_answer(&s, CMD_DELETE, c->subject, "null");
    for (int i = 0; i < 3 && stage_command(&s, CMD_LIST_POP, pop); i++)
        stage_listed(&s, pop, NULL, false);
}

/* --- HEAL --------------------------------------------------------------------------------------- */

/* What its scripts published is another value: the target is told of it, and started. */
static void test_heal_tells_what_changed(void **state)
{
    (void)state;
    to_active(true);
    const char *old = arena_strdup(&s.arena, stage_vnfr(&s, "web")->doc);
    ask(request(OPERATION_HEAL, "web", instance("web", 0)));
    char *changed = arena_strdup(&s.arena, old), *at = strstr(changed, "\"provided\"");
    assert_non_null(at);
    memcpy(at, "\"moved to\"", strlen("\"moved to\""));
    answer(CMD_STEP_HEAL,
           arena_printf(&s.arena, "{\"action\":\"HEAL\",\"virtualNetworkFunctionRecord\":%s}",
                        changed));
    assert_string_equal(state_of("op-1"), "PROCESSING");
    json_t *dep = json_object_get(sent(), "vnfrd");
    assert_string_equal(stage_text(sent(), "action"), "MODIFY");
    assert_string_equal(stage_text(sent(), "vnfr.name"), "client");
    assert_string_equal(stage_text(dep, "idType.web"), "web_type");
    assert_string_equal(stage_text(dep, "parameters.web_type.parameters.address"), "moved to");
    assert_string_equal(stage_text(entry(dep, instance("web", 0)), "net"), "10.0.1.5");
    assert_non_null(stage_text(entry(dep, instance("web", 0)), "hostname")); /* all there is */
    assert_null(entry(dep, instance("web", 1)));
    assert_string_equal(stage_text(stored(), "parameters.web_type.parameters.address"), "moved to");
    assert_non_null(entry(stored(), instance("web", 1)));
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(status("client"), "INACTIVE");
    assert_string_equal(stage_text(sent(), "action"), "START");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(status("client"), "ACTIVE");
    ask(request(OPERATION_HEAL, "web", instance("web", 0)));
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED"); /* told already */
    assert_int_equal(s.commands.n, 0);
    s.settings.heal_tells_targets = true; /* told all the same */
    ask(request(OPERATION_HEAL, "web", instance("web", 0)));
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(state_of("op-3"), "PROCESSING");
    dep = json_object_get(sent(), "vnfrd");
    assert_string_equal(stage_text(sent(), "action"), "MODIFY");
    assert_string_equal(stage_text(dep, "parameters.web_type.parameters.address"), "moved to");
    assert_non_null(entry(dep, instance("web", 0)));
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-3"), "COMPLETED");
}

/* Two heal beside each other: the second to end brings no old value back, and its own one. */
static void test_two_heal_at_once(void **state)
{
    (void)state;
    to_active(true);
    const char *old = arena_strdup(&s.arena, stage_vnfr(&s, "web")->doc);
    char *first = arena_strdup(&s.arena, old), *second = arena_strdup(&s.arena, old);
    char *address = strstr(first, "\"provided\""), *key = strstr(second, "\"provided\"");
    memcpy(address, "\"moved to\"", strlen("\"moved to\""));
    key = strstr(key + 1, "\"provided\"");
    memcpy(key, "\"new keys\"", strlen("\"new keys\""));
    ask(request(OPERATION_HEAL, "web", instance("web", 0)));
    ask(request(OPERATION_HEAL, "web", instance("web", 1)));
    const char *bodies[] = {first, second};
    for (int i = 0; i < 2; i++)
        answer(CMD_STEP_HEAL,
               arena_printf(&s.arena, "{\"action\":\"HEAL\",\"virtualNetworkFunctionRecord\":%s}",
                            bodies[i]));
    json_t *all =
        json_object_get(json_object_get(record("web"), "provides"), "configurationParameters");
    assert_string_equal(stage_text(json_array_get(all, 0), "value"), "moved to");
    assert_string_equal(stage_text(json_array_get(all, 1), "value"), "new keys");
}

/* --- SCALE_IN ----------------------------------------------------------------------------------- */

static void test_scale_in(void **state)
{
    (void)state;
    to_active(true);
    const char *stays = instance("web", 0), *goes = instance("web", 1);
    ask(request(OPERATION_SCALE_IN, "web", goes));
    assert_string_equal(stage_text(sent(), "action"), "SCALE_IN");
    assert_string_equal(stage_text(sent(), "virtualNetworkFunctionRecord.name"), "client");
    assert_string_equal(stage_text(sent(), "vnfcInstance.id"), goes);
    assert_non_null(entry(stored(), goes)); /* until it was told */
    answer(CMD_STEP_SCALE_IN, "null");
    assert_null(entry(stored(), goes));
    assert_non_null(entry(stored(), stays));
    assert_int_equal(instances("web"), 2); /* until it is gone */
    deleted("pop-1");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_true(names_host("op-1", goes)); /* it is gone, and shown by its name */
    assert_int_equal(instances("web"), 1);
    assert_string_equal(instance("web", 0), stays);
    assert_string_equal(status("web"), "ACTIVE");
    assert_string_equal(status("client"), "ACTIVE");
    assert_true(has_event("SCALE_IN"));
    assert_int_equal(s.commands.n, 0);
    ask(request(OPERATION_SCALE_IN, "web", NULL));
    assert_int_equal(s.d.err.code, ERR_LIMIT);
    assert_non_null(strstr(s.d.err.msg, "minimum number"));
}

/* Which goes is chosen: what failed first, else the youngest. */
static void test_scale_in_by_choice(void **state)
{
    (void)state;
    to_active(true);
    const char *stays = instance("web", 1);
    ask(request(OPERATION_STOP_INSTANCE, "web", instance("web", 0)));
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    ask(request(OPERATION_SCALE_IN, "web", NULL));
    answer(CMD_STEP_SCALE_IN, "null");
    deleted("pop-1");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(instance("web", 0), stays);
}

/* Before its server is deleted: the target is told again of what it was told before, and started. */
static void test_scale_in_rolled_back(void **state)
{
    (void)state;
    to_active(true);
    const char *goes = instance("web", 1);
    char *before = json_dumps(entry(stored(), goes), JSON_SORT_KEYS);
    struct operate_request req = request(OPERATION_SCALE_IN, "web", goes);
    req.plan.drains = true;
    ask(req);
    assert_string_equal(stage_text(sent(), "action"), "STOP");
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    answer(CMD_STEP_SCALE_IN, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(stage_text(sent(), "action"), "MODIFY");
    assert_int_equal(json_object_size(entry(json_object_get(sent(), "vnfrd"), goes)), 1);
    assert_null(entry(json_object_get(sent(), "vnfrd"), instance("web", 0)));
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(stage_text(sent(), "action"), "START");
    assert_null(json_object_get(sent(), "vnfcInstance")); /* all of the target */
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(stage_text(sent(), "vnfcInstance.id"), goes); /* was drained */
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    char *after = json_dumps(entry(stored(), goes), JSON_SORT_KEYS);
    assert_string_equal(before, after);
    free(before);
    free(after);
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "not as it was"));
    assert_int_equal(instances("web"), 2);
    assert_string_equal(status("client"), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

/* Goes on where it failed, as what it was: it says that the instance goes, and not also that it is
 * there. */
static void test_scale_in_resumed(void **state)
{
    (void)state;
    to_active(true);
    const char *goes = instance("web", 1);
    ask(request(OPERATION_SCALE_IN, "web", goes));
    answer(CMD_STEP_SCALE_IN, "{\"action\":\"ERROR\"}");
    verb("op-1", OPERATION_EV_RETRY);
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_string_equal(stage_text(sent(), "resumedAction"), "SCALE_IN");
    assert_string_equal(stage_text(sent(), "vnfcInstance.id"), goes);
    assert_null(json_object_get(sent(), "vnfrd"));
    answer(CMD_STEP_SCALE_IN, "{\"action\":\"SCALE_IN\"}");
    assert_null(entry(stored(), goes));
    deleted("pop-1");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

/* What was queued is planned anew when its turn comes: its instance is gone, or there is none to
 * spare any more. */
static void test_queued_behind_it(void **state)
{
    (void)state;
    to_active(true);
    ask(request(OPERATION_SCALE_IN, "web", instance("web", 1)));
    struct operate_request req = request(OPERATION_SCALE_IN, "web", NULL);
    req.may_queue = true;
    ask(req);
    req = request(OPERATION_HEAL, "web", instance("web", 1));
    req.may_queue = true;
    ask(req);
    req = request(OPERATION_HEAL, "web", instance("web", 0));
    req.may_queue = true;
    ask(req);
    assert_string_equal(state_of("op-4"), "STARTING");
    answer(CMD_STEP_SCALE_IN, "null");
    deleted("pop-1");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    stage_late(&s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(state_of("op-2"), "ROLLED_BACK");
    assert_string_equal(state_of("op-3"), "ROLLED_BACK");
    assert_string_equal(state_of("op-4"), "PROCESSING");
    assert_int_equal(instances("web"), 1);
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(state_of("op-4"), "COMPLETED");
    assert_int_equal(s.commands.n, 0);
}

/* A VNFM says something with a copy of before: what is gone stays gone, a state that was set stays. */
static void test_late_record(void **state)
{
    (void)state;
    to_active(true);
    const char *old = arena_strdup(&s.arena, stage_vnfr(&s, "web")->doc),
               *stays = instance("web", 0);
    ask(request(OPERATION_STOP_INSTANCE, "web", stays));
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    ask(request(OPERATION_SCALE_IN, "web", instance("web", 1)));
    answer(CMD_STEP_SCALE_IN, "null");
    deleted("pop-1");
    json_t *vdu = json_array_get(json_object_get(record("web"), "vdu"), 0);
    size_t components = json_array_size(json_object_get(vdu, "vnfc")),
           addresses = json_array_size(json_object_get(record("web"), "vnf_address"));
    stage_message(
        &s, (struct message){
                .queue = QUEUE_ACTIONS_REPLY,
                .reply_to = "amq.gen-asker",
                .correlation_id = "corr-1",
                .body = arena_printf(&s.arena, "{\"action\":\"UPDATEVNFR\",\"vnfr\":%s}", old)});
    assert_int_equal(s.d.outcome, DECISION_APPLIED);
    assert_int_equal(instances("web"), 1);
    assert_string_equal(instance("web", 0), stays);
    assert_string_equal(instance_state("web", 0), "INACTIVE");
    vdu = json_array_get(json_object_get(record("web"), "vdu"), 0);
    assert_int_equal(json_array_size(json_object_get(vdu, "vnfc")), components);
    assert_int_equal(json_array_size(json_object_get(record("web"), "vnf_address")), addresses);
}

/* Its server is being deleted: there is no way back. */
static void test_scale_in_cannot_go_back(void **state)
{
    (void)state;
    to_active(true);
    ask(request(OPERATION_SCALE_IN, "web", NULL));
    answer(CMD_STEP_SCALE_IN, "null");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_int_equal(s.d.err.code, ERR_STATE);
    deleted("pop-1");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

/* --- SWITCH ------------------------------------------------------------------------------------- */

static void stand_by(const char *vnf, int n)
{
    struct row *r = stage_vnfr(&s, vnf);
    char *doc = arena_strdup(&s.arena, r->doc), *at = doc;
    for (int i = 0; at && i <= n; i++)
        at = strstr(i ? at + 1 : strstr(doc, "\"vnfc_instance\""), "\"state\":\"ACTIVE\"");
    assert_non_null(at);
    r->doc = arena_printf(&s.arena, "%.*s\"state\":\"STANDBY\"%s", (int)(at - doc), doc,
                          at + strlen("\"state\":\"ACTIVE\""));
}

static void test_switch(void **state)
{
    (void)state;
    to_active(true);
    stand_by("web", 1);
    assert_string_equal(instance_state("web", 1), "STANDBY");
    const char *failed = instance("web", 0), *standby = instance("web", 1);
    struct operate_request req = request(OPERATION_SWITCH, "web", NULL);
    req.plan.failed = failed;
    ask(req);
    assert_string_equal(instance_state("web", 0), "FAILED");
    assert_string_equal(stage_text(sent(), "action"), "HEAL");
    assert_string_equal(stage_text(sent(), "cause"), "switchToStandby");
    assert_string_equal(stage_text(sent(), "vnfcInstance.id"), standby);
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(instance_state("web", 1), "ACTIVE");
    /* it was told of both at the deployment: nothing new */
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_true(has_event("HEAL"));
    assert_string_equal(status("web"), "ACTIVE");
}

static void forget(const char *id)
{
    json_t *nsr = json_loads(s.root->doc, 0, NULL);
    json_t *dep = json_array_get(json_object_get(nsr, "vnf_dependency"), 0);
    json_t *types = json_object_get(dep, "vnfcParameters");
    json_t *all = json_object_get(json_object_get(types, "web_type"), "parameters");
    assert_int_equal(json_object_del(all, id), 0);
    char *text = json_dumps(nsr, 0);
    s.root->doc = arena_strdup(&s.arena, text);
    free(text);
    json_decref(nsr);
}

/* The target never heard of the one that stood by: it is told of it, and what failed leaves. */
static void test_switch_tells(void **state)
{
    (void)state;
    to_active(true);
    const char *failed = instance("web", 0), *standby = instance("web", 1);
    stand_by("web", 1);
    forget(standby);
    struct operate_request req = request(OPERATION_SWITCH, "web", NULL);
    req.plan.failed = failed;
    ask(req);
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(stage_text(sent(), "action"), "MODIFY");
    assert_non_null(entry(json_object_get(sent(), "vnfrd"), standby));
    assert_null(entry(json_object_get(sent(), "vnfrd"), failed));
    assert_non_null(entry(stored(), standby));
    assert_null(entry(stored(), failed));
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    ask(request(OPERATION_SCALE_IN, "web", NULL)); /* what failed goes; nobody knows it */
    assert_null(stage_sent(&s, "vnfm-queue"));
    deleted("pop-1");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(instance("web", 0), standby);
}

/* What ends the one before it is an answer that comes without the facts for a delete: the server of an
 * instance that goes is deleted all the same, not taken for one whose PoP is gone. */
static void test_queued_behind_a_resume(void **state)
{
    (void)state;
    to_active(true);
    const char *standby = instance("web", 1);
    stand_by("web", 1);
    forget(standby); /* nobody is to be told: the delete comes first */
    stage_vnfm(&s, "ERROR", "client", NULL);
    struct operate_request req = request(OPERATION_RESUME, "web", NULL);
    req.plan.vnfr = NULL;
    ask(req);
    req = request(OPERATION_SCALE_IN, "web", standby);
    req.may_queue = true;
    ask(req);
    assert_string_equal(state_of("op-2"), "STARTING");
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    if (stage_command(&s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"))
        stage_late(&s, CMD_TIMER_OPERATION, "nsr-1/op-2/0");
    assert_string_equal(state_of("op-2"), "PROCESSING");
    assert_non_null(stage_command(&s, CMD_DELETE, standby));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_heal_tells_what_changed, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_two_heal_at_once, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_scale_in, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_scale_in_by_choice, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_scale_in_rolled_back, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_scale_in_resumed, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_queued_behind_it, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_queued_behind_a_resume, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_late_record, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_scale_in_cannot_go_back, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_switch, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_switch_tells, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
