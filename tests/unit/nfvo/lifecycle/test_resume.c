/* RESUME of a service that failed: on from the failed script, in the order of the deployment, once;
 * again when it fails again; what cannot go on says what can be done. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

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

static void ours(void)
{
    for (uint32_t i = 0; i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
}

static void resume_with(struct retry_consent consent, bool knows_descriptor)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = arena_printf(&s.arena, "op-%d", ++n_asked),
                                  .project = "project-1",
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .deploy = knows_descriptor ? s.service : NULL,
                                  .no_deploy = "its NSD was deleted",
                                  .plan = {.kind = OPERATION_RESUME, .consent = consent}};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                     .payload = r});
}

static void resume(void)
{
    resume_with((struct retry_consent){0}, true);
}

static const struct row *operation(const char *id)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return s.rows.at[i];
    fail_msg("there is no operation %s", id);
    return NULL;
}

static const char *state_of(const char *id)
{
    return operation_state_words[operation(id)->phase];
}

static const char *status(const char *vnf)
{
    return stage_text(stage_record(&s, stage_vnfr(&s, vnf)), "status");
}

static const char *nsr_text(const char *path)
{
    return stage_text(stage_record(&s, s.root), path);
}

static const char *phase(const char *vnf)
{
    return vnfr_phase_names[stage_vnfr(&s, vnf)->phase];
}

static json_t *sent(void)
{
    return stage_body(&s, stage_sent(&s, "vnfm-queue"));
}

/* Its script said no. */
static void fails(int kind, const char *vnf)
{
    stage_answer(&s, kind, stage_vnfr(&s, vnf)->id,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 7\"}}");
}

static void answers(int kind, const char *vnf, const char *action)
{
    stage_answer(&s, kind, stage_vnfr(&s, vnf)->id,
                 arena_printf(&s.arena, "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":%s}",
                              action, stage_vnfr(&s, vnf)->doc));
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p += strlen(word))
        n++;
    return n;
}

/* A script of MODIFY fails, is mended: that one goes on, and nothing else runs again. */
static void test_goes_on_with_the_failed_script(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_MODIFYING);
    const char *failed = stage_command(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id)->id;
    fails(CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "web");
    assert_string_equal(nsr_text("status"), "ERROR");
    assert_string_equal(phase("web"), "ACTIVE");

    resume();
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_string_equal(stage_text(sent(), "resumes"), failed);
    assert_string_equal(stage_text(sent(), "resumedAction"), "MODIFY");
    assert_non_null(stage_text(sent(), "vnfrd.target"));
    assert_string_equal(status("client"), "RESUMING");
    assert_string_equal(nsr_text("status"), "RESUMING");
    assert_non_null(strstr(s.d.text, "\"form\":\"RESUME\""));

    stage_answer_well(&s, CMD_MODIFY, "client"); /* ours names the resumed action */
    assert_string_equal(stage_text(sent(), "action"), "START");
    assert_string_equal(nsr_text("status"), "RESUMING");
    stage_answer_well(&s, CMD_START, "client");
    assert_int_equal(count(stage_story(&s), "!INSTANTIATE_FINISH"), 1);
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    assert_string_equal(nsr_text("status"), "ACTIVE");
    assert_null(nsr_text("fault.message"));
    assert_null(stage_text(stage_record(&s, stage_vnfr(&s, "client")), "fault.message"));
    assert_int_equal(s.commands.n, 0);
}

/* How many instances of the source the dependency has, without that one. */
static size_t known(const char *removed)
{
    json_t *nsr = json_loads(s.root->doc, 0, NULL);
    json_t *dep = json_array_get(json_object_get(nsr, "vnf_dependency"), 0);
    json_t *of_type = json_object_get(json_object_get(dep, "vnfcParameters"), "web_type");
    json_t *all = json_object_get(of_type, "parameters");
    if (removed)
        json_object_del(all, removed);
    size_t n = json_object_size(all);
    char *text = json_dumps(nsr, 0);
    s.root->doc = arena_strdup(&s.arena, text);
    free(text);
    json_decref(nsr);
    return n;
}

/* A source that was scaled out while its target had failed told nobody: the target learns it now. */
static void test_learns_what_came_meanwhile(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_MODIFYING);
    fails(CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "web");
    const char *instance =
        stage_text(stage_record(&s, stage_vnfr(&s, "web")), "vdu.0.vnfc_instance.0.id");
    assert_int_equal(known(instance), 0);
    resume();
    assert_string_equal(stage_text(sent(), "resumedAction"), "MODIFY");
    json_t *types = json_object_get(json_object_get(sent(), "vnfrd"), "vnfcParameters");
    json_t *all = json_object_get(json_object_get(types, "web_type"), "parameters");
    assert_non_null(json_object_get(all, instance));
    assert_int_equal(known(NULL), 1);
}

/* It fails again: the same operation, and each attempt resumes the one before. */
static void test_again_when_it_fails_again(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_STARTING);
    fails(CMD_START, "client");
    stage_answer_well(&s, CMD_START, "web");
    resume();
    const char *second = stage_command(&s, CMD_START, stage_vnfr(&s, "client")->id)->id;
    fails(CMD_START, "client");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_string_equal(nsr_text("status"), "ERROR");
    assert_string_equal(status("client"), "ERROR");
    resume();
    assert_non_null(strstr(s.d.text, "\"op-1\""));
    assert_string_equal(stage_text(sent(), "resumes"), second);
    assert_string_equal(state_of("op-1"), "PROCESSING");
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(nsr_text("status"), "ACTIVE");
}

/* A foreign VNFM is told no more than it knows, and may answer RESUME; the one that was held goes on
 * behind it. */
static void test_foreign_and_held(void **state)
{
    (void)state;
    stage_to(&s, VNFR_WAIT_SOURCES);
    stage_vnfm(&s, "GRANT_OPERATION", "web", NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "web", NULL);
    stage_launched(&s, "web", NULL);
    fails(CMD_INSTANTIATE, "web");
    assert_string_equal(phase("client"), "HELD");
    resume();
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_string_equal(phase("web"), "ALLOCATED");
    assert_string_equal(phase("client"), "HELD");
    answers(CMD_INSTANTIATE, "web", "RESUME");
    assert_string_equal(phase("web"), "STARTING");
    assert_string_equal(phase("client"), "MODIFYING");
    stage_answer_well(&s, CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(nsr_text("status"), "ACTIVE");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

/* Its VNFM did not answer: ours is asked the same again, by the same id; of another one a person has
 * to say that scripts may run twice. */
static void test_outcome_unknown(void **state)
{
    (void)state;
    stage_to(&s, VNFR_STARTING);
    stage_late(&s, CMD_START, stage_vnfr(&s, "client")->id);
    resume();
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.hint, "baton nsr resume"));
    assert_non_null(strstr(s.d.err.hint, "--unknown repeat"));
    resume_with((struct retry_consent){.unknown = UNKNOWN_REPEAT, .repeat = true}, true);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_text(sent(), "action"), "START");
}

static void test_outcome_unknown_of_ours(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_STARTING);
    const char *id =
        arena_strdup(&s.arena, stage_command(&s, CMD_START, stage_vnfr(&s, "client")->id)->id);
    stage_late(&s, CMD_START, stage_vnfr(&s, "client")->id);
    resume();
    assert_string_equal(stage_text(sent(), "action"), "START");
    assert_string_equal(stage_sent(&s, "vnfm-queue")->command, id);
    assert_string_equal(stage_command(&s, CMD_START, stage_vnfr(&s, "client")->id)->id, id);
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(phase("client"), "ACTIVE");
}

/* Nor is that RESUME ever the request itself: a VNFM that it did not reach would begin anew. */
static void test_outcome_of_a_resume_unknown(void **state)
{
    static const struct {
        int phase, kind;
    } cases[] = {{VNFR_ALLOCATED, CMD_INSTANTIATE},
                 {VNFR_MODIFYING, CMD_MODIFY},
                 {VNFR_STARTING, CMD_START}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (i > 0) {
            close_stage(state);
            open_stage(state);
        }
        int kind = cases[i].kind;
        ours();
        stage_to(&s, cases[i].phase);
        const char *vnfr = stage_vnfr(&s, "client")->id;
        const char *first = arena_strdup(&s.arena, stage_command(&s, kind, vnfr)->id);
        fails(kind, "client");
        resume();
        const char *second = arena_strdup(&s.arena, stage_command(&s, kind, vnfr)->id);
        for (int again = 0; again < 2; again++) {
            stage_late(&s, kind, vnfr);
            resume();
            assert_string_equal(stage_text(sent(), "action"), "RESUME");
            assert_string_equal(stage_text(sent(), "resumes"), first);
            assert_string_equal(stage_sent(&s, "vnfm-queue")->command, second);
            assert_string_equal(status("client"), "RESUMING");
        }
        stage_answer_well(&s, kind, "client");
        assert_string_not_equal(phase("client"), "FAILED");
    }
}

static const struct send *cancel_sent(void)
{
    for (uint32_t i = 0; i < s.d.sends.n; i++)
        if (strstr(s.d.sends.at[i]->body, "\"CANCEL\""))
            return s.d.sends.at[i];
    return NULL;
}

/* Of a VNFM that makes its servers itself: what it did may all have run. That a RESUME of it was
 * cancelled says nothing of that. */
static void test_resume_cancelled(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_GRANTED);
    const char *vnfr = stage_vnfr(&s, "client")->id;
    stage_answer(&s, CMD_INSTANTIATE, vnfr, "null");
    for (int again = 0; again < 3; again++) {
        resume();
        assert_string_equal(stage_text(sent(), "action"), "RESUME");
        assert_string_equal(stage_text(sent(), "resumedAction"), "INSTANTIATE");
        answers(CMD_INSTANTIATE, "client", "ERROR");
        assert_string_equal(phase("client"), "FAILED");
    }
}

/* A server could not be launched: INSTANTIATE again, the grant stays, and what is missing is
 * launched; the failed one is deleted. */
static void test_resources(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_ALLOCATING);
    const char *request = arena_strdup(
        &s.arena, stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "client")->id)->id);
    stage_launched(&s, "client", "{\"exception\":{\"detailMessage\":\"no host\"}}");
    assert_string_equal(phase("client"), "FAILED");
    const char *old = stage_instance(&s, "client")->id;
    resume_with((struct retry_consent){0}, false);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "its NSD was deleted"));
    assert_non_null(strstr(s.d.err.hint, "baton nsr delete"));

    resume();
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_text(sent(), "action"), "INSTANTIATE");
    assert_string_equal(stage_text(sent(), "vnfd.name"), "client");
    assert_non_null(cancel_sent()); /* its VNFM may wait for the first one's servers yet */
    assert_string_equal(stage_text(stage_body(&s, cancel_sent()), "cancels"), request);
    assert_string_equal(phase("client"), "GRANTED");
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
    assert_string_equal(phase("client"), "GRANTED");
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", NULL);
    assert_string_equal(phase("client"), "ALLOCATING");
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_INSTANCE)
            assert_int_equal(s.rows.at[i]->phase, strcmp(s.rows.at[i]->id, old) == 0
                                                      ? INSTANCE_DELETING
                                                      : INSTANCE_LAUNCHING);
}

static uint32_t launching(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.rows.n; i++)
        n += s.rows.at[i]->kind == ROW_INSTANCE && s.rows.at[i]->phase == INSTANCE_LAUNCHING;
    return n;
}

static void two_components(void)
{
    struct vdu *vdu = s.service->nsd->vnfd.at[0]->vdu.at[0];
    if (strcmp(s.service->nsd->vnfd.at[0]->name, "client") != 0)
        vdu = s.service->nsd->vnfd.at[1]->vdu.at[0];
    struct vnf_component *other = proto_dup(&vnf_component_type, vdu->vnfc.at[0], &s.arena);
    other->id = "second";
    proto_list_add(&vdu->vnfc, other, &s.arena);
}

/* One of two could not be launched, the other one is under way when it is resumed: ALLOCATE only waits
 * then, so the failed one is launched at once. */
static void test_resources_while_others_launch(void **state)
{
    (void)state;
    ours();
    two_components();
    stage_to(&s, VNFR_ALLOCATING);
    assert_int_equal(launching(), 2);
    stage_launched(&s, "client", "{\"exception\":{\"detailMessage\":\"no host\"}}");
    stage_late(&s, CMD_INSTANTIATE, stage_vnfr(&s, "client")->id);
    assert_string_equal(phase("client"), "FAILED");
    assert_int_equal(launching(), 1);
    resume();
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(phase("client"), "ALLOCATING");
    assert_int_equal(launching(), 2);
}

static void launched_other(void)
{
    for (uint32_t i = 0; i < s.rows.n; i++) {
        const struct row *r = s.rows.at[i];
        if (r->kind != ROW_INSTANCE || r->phase != INSTANCE_LAUNCHING)
            continue;
        stage_answer(&s, CMD_LAUNCH, r->id,
                     arena_printf(&s.arena,
                                  "{\"answer\":{\"name\":\"%s\",\"extId\":\"vm\",\"status\":"
                                  "\"ACTIVE\",\"hostName\":\"%s\",\"ips\":{}}}",
                                  r->key[INSTANCE_HOSTNAME], r->key[INSTANCE_HOSTNAME]));
        return;
    }
}

/* One of two could be launched, and the second attempt is cancelled before it asks for the other: the
 * record that its VNFM has names the first, but no script ran. */
static void test_cancelled_before_it_asks(void **state)
{
    (void)state;
    ours();
    two_components();
    stage_to(&s, VNFR_ALLOCATING);
    stage_launched(&s, "client", "{\"exception\":{\"detailMessage\":\"no host\"}}");
    launched_other();
    assert_string_equal(phase("client"), "FAILED");
    resume();
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
    assert_string_equal(phase("client"), "GRANTED");
    answers(CMD_INSTANTIATE, "client", "ERROR");
    assert_string_equal(phase("client"), "FAILED");
    resume();
    assert_string_equal(stage_text(sent(), "action"), "INSTANTIATE");
    stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", NULL);
    assert_int_equal(launching(), 1);
}

/* One that failed by itself is resumed without an id; when its outcome is unknown, it is that RESUME
 * that goes out again. */
static void test_resume_of_nothing_unknown(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    stage_vnfm(&s, "ERROR", "client", NULL);
    assert_string_equal(phase("client"), "FAILED");
    resume();
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_null(stage_text(sent(), "resumes"));
    const char *id = stage_vnfr(&s, "client")->id, *command = stage_command(&s, CMD_START, id)->id;
    stage_late(&s, CMD_START, id);
    resume();
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_string_equal(stage_command(&s, CMD_START, id)->id, command);
}

/* It failed before it asked for servers: a RESUME would find nothing to run on, and say done. */
static void test_before_its_servers(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_GRANTED);
    answers(CMD_INSTANTIATE, "client", "ERROR");
    assert_string_equal(phase("client"), "FAILED");
    resume();
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_text(sent(), "action"), "INSTANTIATE");
    assert_null(cancel_sent()); /* it was answered */
}

/* Its grant could not be given, and it has not answered: a VNFM that makes its servers itself may have
 * done everything. By the same id it gives its answer again. */
static void test_not_answered_before_its_servers(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_GRANTING);
    const char *vnfr = stage_vnfr(&s, "client")->id;
    const char *id = arena_strdup(&s.arena, stage_command(&s, CMD_INSTANTIATE, vnfr)->id);
    stage_prepared(&s, "client", "{\"code\":\"ERR_PEER\",\"message\":\"no\"}");
    assert_string_equal(phase("client"), "FAILED");
    resume();
    assert_string_equal(stage_text(sent(), "action"), "INSTANTIATE");
    assert_string_equal(stage_sent(&s, "vnfm-queue")->command, id);
    assert_string_equal(stage_command(&s, CMD_INSTANTIATE, vnfr)->id, id);
    assert_null(cancel_sent());
    stage_answer_well(&s, CMD_INSTANTIATE, "client");
    assert_string_equal(phase("client"), "HELD");
}

/* It says late that it failed: so it has not, and is asked anew; another's word for it counts for
 * nothing. */
static void test_said_late_that_it_failed(void **state)
{
    (void)state;
    for (int is_its = 0; is_its < 2; is_its++) {
        close_stage(state);
        open_stage(state);
        ours();
        stage_to(&s, VNFR_GRANTING);
        const char *vnfr = stage_vnfr(&s, "client")->id;
        const char *id = arena_strdup(&s.arena, stage_command(&s, CMD_INSTANTIATE, vnfr)->id);
        stage_prepared(&s, "client", "{\"code\":\"ERR_PEER\",\"message\":\"no\"}");
        struct vnfm_or msg = {.action = "ERROR"};
        stage_decide(&s, (struct intent){.event = EV_VNFM_ANSWER,
                                         .command = id,
                                         .room = is_its ? stage_vnfr(&s, "client")->key[VNFR_ROOM]
                                                        : "another",
                                         .payload = &msg});
        assert_int_equal(s.d.outcome, is_its ? DECISION_APPLIED : DECISION_STALE);
        assert_string_equal(phase("client"), "FAILED");
        resume();
        assert_string_equal(stage_text(sent(), "action"), "INSTANTIATE");
        assert_int_equal(strcmp(stage_sent(&s, "vnfm-queue")->command, id) == 0, !is_its);
        assert_null(cancel_sent());
    }
}

/* It waits for servers, and is not asked for what it does not know. */
static void test_a_foreign_one_is_not_cancelled(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    stage_launched(&s, "client", "{\"exception\":{\"detailMessage\":\"no host\"}}");
    resume();
    assert_string_equal(stage_text(sent(), "action"), "INSTANTIATE");
    assert_null(cancel_sent());
}

/* One that is on its way yet is waited for, not asked again. */
static void test_in_hand(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_MODIFYING);
    fails(CMD_MODIFY, "client"); /* web is STARTING */
    const char *start = stage_command(&s, CMD_START, stage_vnfr(&s, "web")->id)->id;
    resume();
    assert_string_equal(stage_command(&s, CMD_START, stage_vnfr(&s, "web")->id)->id, start);
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(nsr_text("status"), "ACTIVE");
}

/* A step that tells it something waits until its own request was answered: else it may learn first that
 * an instance goes, and then of that instance. */
static void test_told_after_what_is_in_hand(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_MODIFYING);
    fails(CMD_START, "web");
    assert_string_equal(phase("client"), "MODIFYING");
    struct operate_request r = {
        .operation_id = "op-1",
        .project = "project-1",
        .asked_by = "admin",
        .origin = "user",
        .plan = {.kind = OPERATION_REMOVE_VNF, .vnfr = stage_vnfr(&s, "web")->id}};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                     .payload = &r});
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(state_of("op-1"), "PROCESSING");
    assert_null(stage_sent(&s, "vnfm-queue"));
    stage_answer_well(&s, CMD_MODIFY, "client");
    assert_string_equal(phase("client"), "HELD");
    stage_late(&s, CMD_TIMER_OPERATION,
               arena_printf(&s.arena, "%s/op-1/1", stage_vnfr(&s, "client")->id));
    assert_string_equal(stage_text(sent(), "action"), "SCALE_IN");
}

static void test_refused(void **state)
{
    (void)state;
    stage_to(&s, VNFR_STARTING);
    resume();
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    assert_string_equal(s.d.err.msg, "NSR is not in ERROR status");
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_START, "client");
    resume();
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
}

static void operate_on(const char *vnf, enum operation_kind kind)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = arena_printf(&s.arena, "op-%d", ++n_asked),
                                  .project = "project-1",
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .script = "true",
                                  .plan = {.kind = kind, .vnfr = stage_vnfr(&s, vnf)->id}};
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_SUBSCRIPTIONS, .payload = r});
}

/* Its servers may be looked at and repaired; what starts or changes all of it is a resume's. */
static void test_repair(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_ALLOCATED);
    fails(CMD_INSTANTIATE, "client");
    operate_on("client", OPERATION_START_VNF);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.hint, "baton nsr resume"));
    assert_non_null(strstr(s.d.err.hint, "baton nsr delete"));
    operate_on("client", OPERATION_EXECUTE);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_text(sent(), "action"), "EXECUTE");
    resume();
    assert_non_null(strstr(s.d.err.msg, "Busy"));
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == CMD_STEP_EXECUTE) {
            stage_answer(&s, CMD_STEP_EXECUTE, s.commands.at[i]->subject,
                         "{\"action\":\"EXECUTE\"}");
            break;
        }
    assert_string_equal(phase("client"), "FAILED");
    assert_string_equal(status("client"), "ERROR");
    resume();
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_string_equal(stage_text(sent(), "resumedAction"), "INSTANTIATE");
}

static void test_released_meanwhile(void **state)
{
    (void)state;
    ours();
    stage_to(&s, VNFR_STARTING);
    fails(CMD_START, "client");
    resume();
    stage_release_nsr(&s);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_string_equal(phase("client"), "RELEASING");
}

/* One of ours that asked for nothing may have run everything: the same request, not another one. */
static void test_unreadable_before_its_grant(void **state)
{
    (void)state;
    ours();
    stage_deploy(&s);
    const char *id = stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "web")->id)->id;
    stage_answer(&s, CMD_INSTANTIATE, stage_vnfr(&s, "web")->id, "[");
    stage_late(&s, CMD_INSTANTIATE, stage_vnfr(&s, "client")->id);
    assert_string_equal(phase("web"), "FAILED");
    resume();
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "web")->id)->id, id);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_goes_on_with_the_failed_script),
        TEST(test_learns_what_came_meanwhile),
        TEST(test_again_when_it_fails_again),
        TEST(test_foreign_and_held),
        TEST(test_outcome_unknown),
        TEST(test_outcome_unknown_of_ours),
        TEST(test_outcome_of_a_resume_unknown),
        TEST(test_resume_cancelled),
        TEST(test_resources),
        TEST(test_resources_while_others_launch),
        TEST(test_cancelled_before_it_asks),
        TEST(test_resume_of_nothing_unknown),
        TEST(test_before_its_servers),
        TEST(test_not_answered_before_its_servers),
        TEST(test_said_late_that_it_failed),
        TEST(test_a_foreign_one_is_not_cancelled),
        TEST(test_in_hand),
        TEST(test_told_after_what_is_in_hand),
        TEST(test_refused),
        TEST(test_repair),
        TEST(test_released_meanwhile),
        TEST(test_unreadable_before_its_grant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
