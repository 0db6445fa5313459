/* RESTART and UPGRADE: servers are rebuilt, the list decides when, and the VNF is installed again;
 * rolled back, all of that goes back. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/operated.h"

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

/* --- what happens in between ------------------------------------------------------------------- */

static struct row *server(const char *vnf)
{
    return stage_instance(&s, vnf);
}

static const struct send *driver_sent(void)
{
    for (uint32_t i = s.d.sends.n; i > 0; i--)
        if (strstr(s.d.sends.at[i - 1]->body, "rebuildServer"))
            return s.d.sends.at[i - 1];
    return NULL;
}

static void listed(const char *vnf, const char *status)
{
    const struct row *i = server(vnf);
    const char *found =
        status ? arena_printf(&s.arena, "{\"extId\":\"%s\",\"hostName\":\"%s\",\"status\":\"%s\"}",
                              i->key[INSTANCE_VC], i->key[INSTANCE_HOSTNAME], status)
               : NULL;
    if (!stage_command(&s, CMD_LIST_POP, i->key[INSTANCE_POP]))
        stage_late(&s, CMD_TIMER_LIST, i->key[INSTANCE_POP]);
    stage_listed(&s, i->key[INSTANCE_POP], found, false);
}

static void rebuilt(const char *vnf)
{
    operated_answer(&s, CMD_STEP_REBUILD, "{\"answer\":{\"extId\":\"x\"}}");
    listed(vnf, "REBUILD");
    listed(vnf, "ACTIVE");
    assert_non_null(operated_command(&s, CMD_STEP_REBUILD)); /* once is not enough */
    listed(vnf, "ACTIVE");
    assert_null(operated_command(&s, CMD_STEP_REBUILD));
}

static void installed(void)
{
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    if (operated_command(&s, CMD_STEP_MODIFY))
        operated_answer(&s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
}

static void restart(const char *vnf, const char *image)
{
    struct operate_request req = operated_request(&s, 1, OPERATION_RESTART, vnf);
    req.image = image;
    req.plan.has_image = *image != '\0';
    operated_ask(&s, req);
}

static const char *nsr_status(void)
{
    return stage_text(stage_record(&s, s.root), "status");
}

/* --- restart ------------------------------------------------------------------------------------ */

static void test_restart(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *vc = arena_strdup(&s.arena, server("web")->key[INSTANCE_VC]);
    restart("web", "");
    assert_int_equal(s.d.err.code, ERR_OK);
    json_t *call = stage_body(&s, driver_sent());
    assert_string_equal(stage_text(call, "methodName"), "rebuildServer");
    assert_string_equal(stage_text(call, "parameters.1"), vc);
    assert_string_equal(nsr_status(), "NULL"); /* amqp-protocol.md 4.12 */
    const char *began = arena_printf(&s.arena, "%lld", (long long)s.now);
    rebuilt("web");
    json_t *sent = operated_sent(&s);
    assert_string_equal(stage_text(sent, "action"), "INSTANTIATE");
    assert_string_equal(stage_text(sent, "vnfr.name"), "web");
    assert_string_equal(stage_text(sent, "vnfd.name"), "web");
    assert_string_equal(stage_text(sent, "vnfInstanceName"), "web");
    assert_string_equal(stage_text(sent, "extension.rebuilt"), began);
    assert_string_equal(stage_text(sent, "extension.nsr-id"), "nsr-1");
    assert_non_null(json_object_get(sent, "vimInstances"));
    installed();
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_string_equal(server("web")->key[INSTANCE_VC], vc);
    assert_int_equal(s.commands.n, 0);
}

/* A target is told all of its sources again. */
static void test_restart_of_a_target(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    rebuilt("client");
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    json_t *sent = operated_sent(&s);
    assert_string_equal(stage_text(sent, "action"), "MODIFY");
    assert_non_null(json_object_get(sent, "vnfrd"));
    assert_string_equal(operated_text(&s, "client", "status"), "INITIALIZED");
    operated_answer(&s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
}

/* The install script fails; rolled back, the old image is built first. */
static void test_image_and_rollback(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *old = arena_strdup(&s.arena, operated_text(&s, "web", "vdu.0.vm_image.0"));
    restart("web", "other");
    assert_string_equal(stage_text(stage_body(&s, driver_sent()), "parameters.2"), "other");
    rebuilt("web");
    assert_string_equal(operated_text(&s, "web", "vdu.0.vm_image.0"), "other");
    operated_answer(&s, CMD_STEP_REINSTANTIATE,
                    "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no disk\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_text(&s, "web", "status"), "ERROR");
    s.now += USEC_PER_SEC;
    operated_verb(&s, "op-1", OPERATION_EV_ROLLBACK);
    const char *began = arena_printf(&s.arena, "%lld", (long long)s.now);
    assert_string_equal(stage_text(stage_body(&s, driver_sent()), "parameters.2"), "img-ext");
    assert_string_equal(old, "img");
    rebuilt("web");
    assert_string_equal(stage_text(operated_sent(&s), "extension.rebuilt"), began);
    installed();
    assert_string_equal(operated_state(&s, "op-1"), "ROLLED_BACK");
    assert_string_equal(operated_text(&s, "web", "vdu.0.vm_image.0"), old);
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

static void refused(const char *vnf)
{
    operated_answer(&s, CMD_STEP_REINSTANTIATE,
                    "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no disk\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_text(&s, vnf, "status"), "ERROR");
}

/* A resume of a target whose servers are empty: from INSTANTIATE on, in that form. */
static void resumed(const char *action, const char *resumes)
{
    assert_string_equal(operated_text(&s, "client", "status"), "ERROR");
    assert_string_equal(nsr_status(), "ERROR");
    operated_ask(&s, operated_request(&s, 2, OPERATION_RESUME, NULL));
    assert_int_equal(s.d.err.code, ERR_OK);
    json_t *sent = operated_sent(&s);
    assert_string_equal(stage_text(sent, "action"), action);
    if (resumes) {
        assert_string_equal(stage_text(sent, "resumes"), resumes);
        assert_string_equal(stage_text(sent, "resumedAction"), "INSTANTIATE");
    }
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    assert_string_equal(stage_text(operated_sent(&s), "action"), "MODIFY");
}

static void configured_and_started(void)
{
    operated_answer(&s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&s, "op-2"), "COMPLETED");
    assert_string_equal(operated_text(&s, "client", "status"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

/* Its servers are empty: given up, a resume installs it, tells it of its sources, and starts it. */
static void test_resume_after_fail(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    rebuilt("client");
    const char *failed = arena_strdup(&s.arena, operated_command(&s, CMD_STEP_REINSTANTIATE)->id);
    refused("client");
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    resumed("RESUME", failed);
    configured_and_started();
}

/* Nothing of it failed: it was cancelled, and given up. It is not ACTIVE for that. */
static void test_resume_after_cancel(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    operated_verb(&s, "op-1", OPERATION_EV_CANCEL);
    rebuilt("client");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_text(&s, "client", "status"), "NULL");
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    resumed("INSTANTIATE", NULL);
    configured_and_started();
}

/* It is not known whether it was rebuilt: it may be empty. */
static void test_resume_after_a_silent_driver(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    const char *subject = arena_strdup(&s.arena, operated_command(&s, CMD_STEP_REBUILD)->subject);
    stage_late(&s, CMD_STEP_REBUILD, subject);
    listed("client", "ACTIVE");
    listed("client", "ACTIVE");
    stage_late(&s, CMD_STEP_REBUILD, subject);
    stage_late(&s, CMD_TIMER_LIST, server("client")->key[INSTANCE_POP]); /* nobody needs it now */
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    resumed("INSTANTIATE", NULL);
    configured_and_started();
}

/* Its VNFM said that something broke: its machine resumes it, from INSTANTIATE on, also when the
 * resume fails half-way, and is given up. */
static void test_resume_of_one_that_failed_itself(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    stage_vnfm(&s, "ERROR", "client", NULL);
    rebuilt("client");
    refused("client");
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    resumed("RESUME", NULL);
    stage_answer(&s, CMD_MODIFY, operated_vnfr(&s, "client"),
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no peer\"}}");
    assert_string_equal(operated_state(&s, "op-2"), "FAILED_TEMP");
    operated_verb(&s, "op-2", OPERATION_EV_FAIL);
    operated_ask(&s, operated_request(&s, 3, OPERATION_RESUME, NULL));
    assert_string_equal(stage_text(operated_sent(&s), "resumedAction"), "MODIFY");
    stage_answer_well(&s, CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(operated_state(&s, "op-3"), "COMPLETED");
    assert_string_equal(operated_text(&s, "client", "status"), "ACTIVE");
}

/* Looked at by a script before: its servers are there. Nothing else makes it ACTIVE. */
static void test_repair_after_fail(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    rebuilt("client");
    refused("client");
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    struct operate_request req = operated_request(&s, 2, OPERATION_EXECUTE, "client");
    req.script = "true";
    operated_ask(&s, req);
    assert_int_equal(s.d.err.code, ERR_OK);
    operated_answer(&s, CMD_STEP_EXECUTE, "{\"action\":\"EXECUTE\"}");
    assert_string_equal(operated_state(&s, "op-2"), "COMPLETED");
    operated_ask(&s, operated_request(&s, 3, OPERATION_START_VNF, "client"));
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_string_equal(operated_text(&s, "client", "status"), "ERROR");
}

/* Rolled back behind an INSTANTIATE that was done, it is as it was. */
static void test_rollback_behind_start(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    rebuilt("web");
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"ERROR\"}");
    operated_verb(&s, "op-1", OPERATION_EV_ROLLBACK);
    rebuilt("web");
    assert_string_equal(operated_text(&s, "web", "status"), "NULL");
    installed();
    assert_string_equal(operated_state(&s, "op-1"), "ROLLED_BACK");
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
}

/* It was installed again, and not configured: that is what it goes on with; then it is started. */
static void test_resume_behind_modify(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("client", "");
    rebuilt("client");
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"INSTANTIATE\"}");
    operated_answer(&s, CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    operated_ask(&s, operated_request(&s, 2, OPERATION_RESUME, NULL));
    assert_string_equal(stage_text(operated_sent(&s), "resumedAction"), "MODIFY");
    operated_answer(&s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(operated_state(&s, "op-2"), "PROCESSING");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&s, "op-2"), "COMPLETED");
    assert_string_equal(operated_text(&s, "client", "status"), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

/* --- what drivers do ------------------------------------------------------------------------------ */

/* It has not this call: nothing happened, and nothing is undone. */
static void test_driver_without_rebuild(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    operated_answer(&s, CMD_STEP_REBUILD,
                    "{\"exception\":{\"detailMessage\":\"Method not implemented\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_int_equal(s.commands.n, 0);
    operated_verb(&s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(operated_state(&s, "op-1"), "ROLLED_BACK");
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE");
    assert_null(operated_command(&s, CMD_STEP_REBUILD));
}

static void test_driver_refuses_then_retry(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    operated_answer(&s, CMD_STEP_REBUILD, "{\"exception\":{\"detailMessage\":\"no host\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    operated_verb(&s, "op-1", OPERATION_EV_RETRY);
    rebuilt("web");
    installed();
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
}

/* Listed in ERROR it has failed; not listed any more, too. */
static void test_the_list_decides(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    operated_answer(&s, CMD_STEP_REBUILD, "{\"answer\":{}}");
    listed("web", "ERROR");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    operated_verb(&s, "op-1", OPERATION_EV_RETRY);
    operated_answer(&s, CMD_STEP_REBUILD, "garbage");
    listed("web", "ACTIVE");
    listed("web", NULL); /* once it was missed: twice in a row again */
    listed("web", "ACTIVE");
    assert_non_null(operated_command(&s, CMD_STEP_REBUILD));
    listed("web", NULL);
    listed("web", NULL);
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_int_equal(s.commands.n, 0);
}

/* Silent: after the deadline the list has a last chance, and does not know of the same image. */
static void test_silent_driver(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    const char *subject = arena_strdup(&s.arena, operated_command(&s, CMD_STEP_REBUILD)->subject);
    stage_late(&s, CMD_STEP_REBUILD, subject);
    listed("web", "ACTIVE");
    listed("web", "ACTIVE");
    assert_string_equal(operated_state(&s, "op-1"), "PROCESSING");
    stage_late(&s, CMD_STEP_REBUILD, subject);
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    operated_verb(&s, "op-1", OPERATION_EV_RETRY);
    rebuilt("web");
    installed();
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    assert_int_equal(s.commands.n, 0);
}

/* Its answer may come when it is not waited for any longer. */
static void test_late_answer_counts(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    stage_late(&s, CMD_STEP_REBUILD, operated_command(&s, CMD_STEP_REBUILD)->subject);
    rebuilt("web");
    assert_non_null(operated_command(&s, CMD_STEP_REINSTANTIATE));
}

/* A release does not wait for it. */
static void test_release_meanwhile(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    stage_release_nsr(&s);
    stage_answer(&s, CMD_RELEASE_RESOURCES, operated_vnfr(&s, "web"),
                 "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED");
    assert_int_equal(server("web")->phase, INSTANCE_DELETING);
}

/* Its VNFM says that something broke, while the PoP is prepared: nothing waits for ever (the
 * simulator found that). */
static void test_broken_while_the_pop_is_prepared(void **state)
{
    (void)state;
    operated_service(&s, false);
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&s, s.facts.at[i], false);
    restart("web", "other");
    assert_non_null(stage_command(&s, CMD_PREPARE_POP, operated_vnfr(&s, "web")));
    stage_vnfm(&s, "ERROR", "web", NULL);
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_int_equal(s.commands.n, 0);
}

/* Its VNFM says that something broke, while a driver has its server: that the driver could not do it
 * is no reason to run START again, which ran. Resumed, it is what it was (the simulator found both). */
static void test_broken_while_it_is_rebuilt(void **state)
{
    (void)state;
    operated_service(&s, true);
    restart("web", "");
    assert_string_equal(operated_text(&s, "web", "status"), "NULL");
    stage_vnfm(&s, "ERROR", "web", NULL);
    assert_string_equal(nsr_status(), "ERROR");
    operated_answer(&s, CMD_STEP_REBUILD, "{\"exception\":{\"detailMessage\":\"no host\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    operated_verb(&s, "op-1", OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&s, "op-1"), "FAILED");
    operated_ask(&s, operated_request(&s, 2, OPERATION_RESUME, NULL));
    json_t *sent = operated_sent(&s);
    assert_string_equal(stage_text(sent, "action"), "RESUME");
    assert_string_equal(stage_text(sent, "resumedAction"), "START");
    stage_answer_well(&s, CMD_START, "web");
    assert_string_equal(operated_state(&s, "op-2"), "COMPLETED");
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

/* --- upgrade -------------------------------------------------------------------------------------- */

static struct vnfd *release_two(void)
{
    struct vnfd *v = NULL;
    static const char text[] =
        "{\"id\":\"vnfd-2\",\"name\":\"web\",\"vendor\":\"acme\",\"version\":\"2\",\"type\":"
        "\"web_type\",\"endpoint\":\"generic\",\"vnfPackageLocation\":\"package-2\","
        "\"lifecycle_event\":[{\"id\":\"e-2\",\"event\":\"START\",\"lifecycle_events\":[\"new.sh\"]"
        "}],\"vdu\":[{\"vm_image\":[\"new\"],\"metadata\":{\"baton.on-failure\":\"partial\"}}]}";
    assert_int_equal(proto_decode(&vnfd_type, text, sizeof(text) - 1, 0, &s.arena, &v, NULL),
                     ERR_OK);
    return v;
}

static void upgrade(bool keeps_service)
{
    struct operate_request req = operated_request(&s, 1, OPERATION_UPGRADE, "web");
    req.vnfd = release_two();
    req.plan.has_image = true;
    req.plan.keeps_service = keeps_service;
    operated_ask(&s, req);
    if (stage_command(&s, CMD_PREPARE_POP, operated_vnfr(&s, "web")))
        stage_prepared(&s, "web", NULL);
}

/* Asked for by a plan: what a scale-out would do. NULL: the VNFD says nothing. */
static const char *on_failure(void)
{
    static const struct plan_count one = {.number = 1};
    struct operate_request req = operated_request(&s, 2, OPERATION_SCALE_OUT, "web");
    req.plan.counts = &one;
    req.plan.n_counts = 1;
    req.is_dry = true;
    operated_ask(&s, req);
    json_t *plan = json_loads(s.d.text ? s.d.text : "", 0, NULL);
    assert_non_null(plan);
    const char *word = stage_text(plan, "steps.1.onFailure");
    word = word ? arena_strdup(&s.arena, word) : NULL;
    json_decref(plan);
    return word;
}

static void test_upgrade_restarts_the_service(void **state)
{
    (void)state;
    operated_service(&s, true);
    upgrade(false);
    assert_string_equal(operated_text(&s, "web", "version"), "2");
    assert_string_equal(operated_text(&s, "web", "descriptor_reference"), "vnfd-2");
    assert_string_equal(operated_text(&s, "web", "packageId"), "package-2");
    assert_string_equal(operated_text(&s, "web", "vdu.0.vm_image.0"), "new");
    assert_string_equal(operated_text(&s, "web", "lifecycle_event.0.lifecycle_events.0"), "new.sh");
    assert_string_not_equal(operated_text(&s, "web", "lifecycle_event.0.id"), "e-2");
    rebuilt("web");
    json_t *sent = operated_sent(&s);
    assert_string_equal(stage_text(sent, "vnfd.version"), "2");
    assert_string_equal(stage_text(sent, "vnfPackage.package"), "package-2:0:");
    installed();
    for (int i = 0; i < 2; i++)
        operated_answer(&s, CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(nsr_status(), "INACTIVE");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_text(&s, "web", "status"), "ACTIVE"); /* it weighs less */
    assert_string_equal(operated_text(&s, "client", "status"), "INACTIVE");
    operated_answer(&s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
    assert_string_equal(on_failure(), "partial");
}

static void test_upgrade_rolled_back(void **state)
{
    (void)state;
    operated_service(&s, true);
    const char *image = arena_strdup(&s.arena, operated_text(&s, "web", "vdu.0.vm_image.0"));
    upgrade(true);
    rebuilt("web");
    operated_answer(&s, CMD_STEP_REINSTANTIATE, "{\"action\":\"ERROR\"}");
    operated_verb(&s, "op-1", OPERATION_EV_ROLLBACK);
    assert_null(operated_text(&s, "web", "version")); /* as the stage's VNFM left it */
    assert_null(operated_text(&s, "web", "packageId"));
    assert_string_equal(operated_text(&s, "web", "vdu.0.vm_image.0"), image);
    rebuilt("web");
    assert_null(json_object_get(operated_sent(&s), "vnfPackage")); /* as it had none */
    installed();
    assert_string_equal(operated_state(&s, "op-1"), "ROLLED_BACK");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_null(on_failure());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_restart),
        TEST(test_restart_of_a_target),
        TEST(test_image_and_rollback),
        TEST(test_resume_after_fail),
        TEST(test_resume_after_cancel),
        TEST(test_resume_after_a_silent_driver),
        TEST(test_resume_of_one_that_failed_itself),
        TEST(test_repair_after_fail),
        TEST(test_rollback_behind_start),
        TEST(test_resume_behind_modify),
        TEST(test_driver_without_rebuild),
        TEST(test_driver_refuses_then_retry),
        TEST(test_the_list_decides),
        TEST(test_silent_driver),
        TEST(test_late_answer_counts),
        TEST(test_release_meanwhile),
        TEST(test_broken_while_the_pop_is_prepared),
        TEST(test_broken_while_it_is_rebuilt),
        TEST(test_upgrade_restarts_the_service),
        TEST(test_upgrade_rolled_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
