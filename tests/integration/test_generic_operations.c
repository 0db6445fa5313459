/* What the generic VNFM does for operations after birth: which script runs on which host, with
 * which environment, and how a failed request goes on. Real agents; scripts count their runs. */
#include "tests/support/generic_bed.h"

#include "common/base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE_OF(name, text)                                                                        \
    {                                                                                              \
        name, "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho \"" text "\" >>runs\n"                  \
    }
/* Fails until there is a file `mended`. */
#define FAILING(name)                                                                              \
    {                                                                                              \
        name, "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho " name " >>runs\n[ -e mended ]\n"       \
    }

static const char *say(struct generic_bed *s, const char *format, ...) PRINTF_LIKE(2, 3);
static const char *say(struct generic_bed *s, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char *text = arena_vprintf(&s->arena, format, ap);
    va_end(ap);
    return text;
}

/* ",\"vnfcInstance\":{...}" */
static const char *about(struct generic_bed *s, unsigned i)
{
    return say(s, ",\"vnfcInstance\":{\"id\":\"i-%u\",\"hostname\":\"%s\"}", i,
               generic_bed_host(s, i));
}

static const char *resuming(struct generic_bed *s, const char *what, const char *action,
                            const char *more)
{
    return say(s, ",\"resumes\":\"%s\",\"resumedAction\":\"%s\"%s", generic_bed_id(s, what), action,
               more);
}

/* ",\"script\":{...}", its payload as numbers: 3.1 */
static const char *script(struct generic_bed *s, const char *name, const char *text)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addf(&out, ",\"script\":{\"name\":\"%s\",\"payload\":[", name);
    for (const char *c = text; *c; c++)
        sbuf_addf(&out, "%s%d", c > text ? "," : "", (int)(signed char)*c);
    sbuf_adds(&out, "]}");
    return arena_strdup(&s->arena, out.s);
}

static const char *package(struct generic_bed *s, const struct script_text *scripts)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    generic_bed_add_package(&out, scripts);
    return arena_strdup(&s->arena, out.s);
}

static struct vnfr *deployed(struct generic_bed *s, const char *events, unsigned instances,
                             const struct script_text *scripts)
{
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, events, instances, scripts);
    struct vnfm_or *done = generic_bed_answer(s, "instantiate");
    assert_string_equal(done->action, "INSTANTIATE");
    return done->record;
}

static struct vnfc_instance *instance(struct vnfr *vnfr, unsigned i)
{
    return vnfr->vdu.at[0]->vnfc_instance.at[i];
}

static void assert_runs(struct generic_bed *s, unsigned i, const char *expected)
{
    generic_bed_assert_file(s, i, "runs", expected);
}

/* --- what runs where --- */

#define DEPENDENCY(member)                                                                         \
    ",\"" member "\":{\"target\":\"web\",\"idType\":{\"db\":\"db\"},\"parameters\":{\"db\":{"      \
    "\"parameters\":{\"user\":\"root\"}}},\"vnfcParameters\":{\"db\":{\"parameters\":{\"i-7\":{"   \
    "\"parameters\":{\"ip\":\"10.0.0.7\"}}}}}}"

/* Whole requests leave alone who is STANDBY or FAILED; those for one instance name it. */
static void test_idle_instances(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {LINE_OF("db_c.sh", "db $db_ip $db_user"),
                                          LINE_OF("start.sh", "start"),
                                          LINE_OF("stop.sh", "stop"),
                                          LINE_OF("update.sh", "update"),
                                          {NULL, NULL}};
    struct vnfr *vnfr =
        deployed(s,
                 EVENT("CONFIGURE", "\"db_c.sh\"") "," EVENT("START", "\"start.sh\"") "," EVENT(
                     "STOP", "\"stop.sh\"") "," EVENT("UPDATE", "\"update.sh\""),
                 3, scripts);
    instance(vnfr, 1)->state = "STANDBY";
    instance(vnfr, 2)->state = "FAILED";
    test_agents_kill(s->agents, generic_bed_host(s, 2), true); /* that is why it is FAILED */
    generic_bed_ask(s, "modify", generic_bed_message(s, "MODIFY", vnfr, DEPENDENCY("vnfrd")),
                    "MODIFY");
    struct vnfm_or *done =
        generic_bed_ask(s, "start", generic_bed_message(s, "START", vnfr, NULL), "START");
    assert_string_equal(instance(done->record, 0)->state, "ACTIVE");
    assert_string_equal(instance(done->record, 1)->state, "STANDBY");
    assert_string_equal(instance(done->record, 2)->state, "FAILED");
    generic_bed_ask(s, "update", generic_bed_message(s, "UPDATE", vnfr, NULL), "UPDATE");
    generic_bed_ask(s, "stop", generic_bed_message(s, "STOP", vnfr, NULL), "STOP");
    assert_runs(s, 0, "db 10.0.0.7 root\nstart\nupdate\nstop\n");
    assert_runs(s, 1, "update\n");
    assert_runs(s, 2, "");
    done = generic_bed_ask(s, "start-one", generic_bed_message(s, "START", vnfr, about(s, 1)),
                           "START");
    assert_string_equal(done->vnfc_instance->state, "ACTIVE");
    assert_runs(s, 1, "update\nstart\n");
}

/* A standby is made, and later started in place of the one that failed. */
static void test_switch_to_standby(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {LINE_OF("one.sh", "one"),
                                          LINE_OF("start.sh", "start"),
                                          LINE_OF("heal.sh", "heal $cause"),
                                          {NULL, NULL}};
    struct vnfr *vnfr = deployed(s,
                                 EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT(
                                     "START", "\"start.sh\"") "," EVENT("HEAL", "\"heal.sh\""),
                                 1, scripts);
    generic_bed_scale_out(s, "scale", vnfr, "standby", package(s, scripts));
    struct vnfm_or *done = generic_bed_answer(s, "scale");
    assert_string_equal(done->action, "SCALED");
    assert_string_equal(done->vnfc_instance->state, "STANDBY");
    assert_runs(s, 1, "one\n");
    vnfr = done->record;
    generic_bed_ask(
        s, "heal",
        generic_bed_message(s, "HEAL", vnfr, say(s, "%s,\"cause\":\"hot\"", about(s, 0))), "HEAL");
    assert_runs(s, 0, "one\nheal hot\n");
    done = generic_bed_ask(
        s, "switch",
        generic_bed_message(s, "HEAL", vnfr,
                            say(s, "%s,\"cause\":\"switchToStandby\"", about(s, 1))),
        "HEAL");
    assert_string_equal(done->vnfc_instance->state, "ACTIVE");
    assert_runs(s, 1, "one\nstart\n");
}

static void test_scale_out_and_in(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        LINE_OF("one.sh", "one"),
        LINE_OF("db_c.sh", "db $db_ip"),
        LINE_OF("start.sh", "start"),
        LINE_OF("in.sh", "in $removing_mgmt $removing_mgmt_floatingIp $removing_hostname $mgmt"),
        {NULL, NULL}};
    struct vnfr *vnfr =
        deployed(s,
                 EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT("CONFIGURE", "\"db_c.sh\"") "," EVENT(
                     "START", "\"start.sh\"") "," EVENT("SCALE_IN", "\"in.sh\""),
                 1, scripts);
    generic_bed_scale_out(s, "scale", vnfr, "", DEPENDENCY("dependency")); /* package as stored */
    struct vnfm_or *done = generic_bed_answer(s, "scale");
    assert_string_equal(done->action, "SCALED");
    assert_string_equal(done->vnfc_instance->hostname, generic_bed_host(s, 1));
    assert_string_equal(done->vnfc_instance->state, "ACTIVE");
    assert_runs(s, 0, "one\n");
    assert_runs(s, 1, "one\ndb 10.0.0.7\nstart\n");
    generic_bed_send(s, "in",
                     generic_bed_message(
                         s, "SCALE_IN", done->record,
                         ",\"vnfcInstance\":{\"id\":\"d-1\",\"hostname\":\"db-3\",\"ips\":[{"
                         "\"netName\":\"mgmt\",\"ip\":\"10.1.0.1\"}],\"floatingIps\":[{\"netName\":"
                         "\"mgmt\",\"ip\":\"1.2.3.4\"}]}"));
    assert_string_equal(mini_nfvo_await(s->nfvo, generic_bed_id(s, "in"), 1), "null");
    assert_runs(s, 0, "one\nin 10.1.0.1 1.2.3.4 db-3 \n");
    assert_runs(s, 1, "one\ndb 10.0.0.7\nstart\nin 10.1.0.1 1.2.3.4 db-3 \n");
}

/* Two at once, each in a file of its own; neither sees parameters. */
static void test_execute_two(void **state)
{
    struct generic_bed *s = *state;
    static const char *const names[] = {"execute-one", "execute-two"};
    struct vnfr *vnfr = deployed(s, "", 1, NULL);
    for (int i = 0; i < 2; i++)
        generic_bed_send(
            s, names[i],
            generic_bed_message(
                s, "EXECUTE", vnfr,
                script(s, "ob_runtime_script",
                       say(s,
                           "cd \"$(dirname \"$0\")\"; echo begin%d >>begun\nuntil [ -e go ]; do "
                           "sleep 0.05; done\necho %d$PORT >>runs\n",
                           i, i))));
    generic_bed_await_file(s, 0, "begun", "begin");
    generic_bed_write_file(s, 0, "go");
    for (int i = 0; i < 2; i++)
        assert_string_equal(generic_bed_answer(s, names[i])->action, "EXECUTE");
    AUTO(freep) char *runs = test_agents_read(s->agents, generic_bed_host(s, 0), "runs");
    generic_bed_assert_has(runs, "0\n");
    generic_bed_assert_has(runs, "1\n");
    assert_int_equal(strlen(runs), 4);
}

/* ERROR scripts, best effort; the answer is "null". */
static void test_error(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        FAILING("bad.sh"), LINE_OF("worse.sh", "worse"), {NULL, NULL}};
    struct vnfr *vnfr = deployed(s, EVENT("ERROR", "\"bad.sh\",\"worse.sh\""), 1, scripts);
    generic_bed_send(s, "error", generic_bed_message(s, "ERROR", vnfr, ",\"message\":\"so\""));
    assert_string_equal(mini_nfvo_await(s->nfvo, generic_bed_id(s, "error"), 1), "null");
    assert_runs(s, 0, "bad.sh\nworse\n");
}

/* A rebuilt server is installed again, by the agent of the new system and not by the old one's. */
static void test_reinstantiate(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {LINE_OF("one.sh", "one"), {NULL, NULL}};
    struct vnfr *vnfr = deployed(s, EVENT("INSTANTIATE", "\"one.sh\""), 1, scripts);
    int64_t boot_at = generic_bed_count(s, "SELECT boot_at FROM agent");
    int64_t rebuilt = boot_at + 60 * USEC_PER_SEC + 1; /* clocks may differ by a minute */
    generic_bed_send(
        s, "again",
        generic_bed_message(s, "INSTANTIATE", vnfr,
                            say(s, ",\"extension\":{\"rebuilt\":\"%lld\"}", (long long)rebuilt)));
    generic_bed_await_count(s, "SELECT count(*) FROM run WHERE ended_at IS NULL", 1);
    test_agents_kill(s->agents, generic_bed_host(s, 0), true); /* says hello again: the same boot */
    test_agents_boot(s->agents, generic_bed_host(s, 0), s->nfvo->last_user_data);
    generic_bed_await_count(s, "SELECT count(*) FROM agent WHERE hello_n = 2", 1);
    assert_int_equal(generic_bed_count(s, "SELECT boot_at FROM agent"), boot_at);
    assert_runs(s, 0, "one\n");
    test_agents_rebuild(s->agents, generic_bed_host(s, 0), s->nfvo->last_user_data);
    assert_string_equal(generic_bed_answer(s, "again")->action, "INSTANTIATE");
    assert_runs(s, 0, "one\n"); /* of the new system */
}

/* --- fix the script, retry --- */

/* A successful UPDATE is not what RESUME resumes, and the package as it came does not come back. */
static void test_resume_instantiate(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"one.sh", "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho broken >>runs\nexit 3\n"},
        LINE_OF("two.sh", "two"),
        {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"one.sh\",\"two.sh\""), 2, scripts);
    struct vnfm_or *failed = generic_bed_answer(s, "instantiate");
    assert_string_equal(failed->action, "ERROR");
    generic_bed_ask(
        s, "update",
        generic_bed_message(s, "UPDATE", failed->record,
                            script(s, "one.sh", "cd \"$(dirname \"$0\")\"; echo mended >>runs")),
        "UPDATE");
    generic_bed_ask(s, "resume", generic_bed_message(s, "RESUME", failed->record, NULL),
                    "INSTANTIATE");
    for (unsigned i = 0; i < 2; i++) {
        AUTO(freep) char *runs = test_agents_read(s->agents, generic_bed_host(s, i), "runs");
        generic_bed_assert_has(runs, "mended\ntwo\n");
    }
}

/* By the id of the request, whatever failed since; the scripts that were done are not run again,
 * also when the RESUME fails, too, and is resumed. */
static void test_resume_chain(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {LINE_OF("one.sh", "one"),
                                          FAILING("two.sh"),
                                          {"three.sh",
                                           "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho "
                                           "three >>runs\n[ -e mended3 ]\n"},
                                          FAILING("stop.sh"),
                                          {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(
        s,
        EVENT("INSTANTIATE", "\"one.sh\",\"two.sh\",\"three.sh\"") "," EVENT("STOP", "\"stop.sh\""),
        1, scripts);
    struct vnfm_or *failed = generic_bed_answer(s, "instantiate");
    assert_string_equal(failed->action, "ERROR");
    generic_bed_ask(s, "stop", generic_bed_message(s, "STOP", failed->record, about(s, 0)),
                    "ERROR");
    generic_bed_write_file(s, 0, "mended");
    const char *again = generic_bed_message(s, "RESUME", failed->record,
                                            resuming(s, "instantiate", "INSTANTIATE", ""));
    failed = generic_bed_ask(s, "resume-1", again, "ERROR");
    assert_string_equal(failed->fault->script, "three.sh");
    assert_runs(s, 0, "one\ntwo.sh\nstop.sh\ntwo.sh\nthree\n");
    test_program_stop(s->vnfm[0], SIGKILL); /* it is in the store */
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_write_file(s, 0, "mended3");
    generic_bed_ask(s, "resume-2", again,
                    "INSTANTIATE"); /* of the first one, as well as its RESUME */
    assert_runs(s, 0, "one\ntwo.sh\nstop.sh\ntwo.sh\nthree\nthree\n");
    generic_bed_ask(s, "resume-3",
                    generic_bed_message(s, "RESUME", failed->record,
                                        resuming(s, "resume-1", "INSTANTIATE", "")),
                    "INSTANTIATE");
    assert_runs(s, 0, "one\ntwo.sh\nstop.sh\ntwo.sh\nthree\nthree\n"); /* it was done */
    /* Of those that failed and were not done since, the last: STOP. */
    struct vnfm_or *stopped = generic_bed_ask(
        s, "resume-4", generic_bed_message(s, "RESUME", failed->record, NULL), "STOP");
    assert_string_equal(stopped->vnfc_instance->state, "INACTIVE");
    failed = generic_bed_ask(
        s, "resume-5",
        generic_bed_message(s, "RESUME", failed->record,
                            ",\"resumes\":\"nobody-knows-0000\",\"resumedAction\":\"START\""),
        "ERROR");
    assert_string_equal(failed->fault->code, "ERR_NOT_FOUND");
}

/* What was about one instance goes on there, and is answered as itself. */
static void test_resume_one_instance(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"heal.sh", "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho $cause >>runs\n[ -e mended ]\n"},
        FAILING("start.sh"),
        {NULL, NULL}};
    struct vnfr *vnfr =
        deployed(s, EVENT("HEAL", "\"heal.sh\"") "," EVENT("START", "\"start.sh\""), 2, scripts);
    generic_bed_ask(
        s, "heal",
        generic_bed_message(s, "HEAL", vnfr, say(s, "%s,\"cause\":\"hot\"", about(s, 1))), "ERROR");
    generic_bed_ask(s, "start", generic_bed_message(s, "START", vnfr, about(s, 1)), "ERROR");
    generic_bed_write_file(s, 1, "mended");
    struct vnfm_or *done =
        generic_bed_ask(s, "resume-heal",
                        generic_bed_message(s, "RESUME", vnfr,
                                            resuming(s, "heal", "HEAL",
                                                     say(s, "%s,\"cause\":\"hot\"", about(s, 1)))),
                        "HEAL");
    assert_string_equal(done->vnfc_instance->id, "i-1");
    /* An NFVO that says no more than RESUME: the VNFM knows what it was about. */
    done =
        generic_bed_ask(s, "resume-start", generic_bed_message(s, "RESUME", vnfr, NULL), "START");
    assert_string_equal(done->vnfc_instance->id, "i-1");
    assert_string_equal(done->vnfc_instance->state, "ACTIVE");
    assert_runs(s, 0, "");
    assert_runs(s, 1, "hot\nstart.sh\nhot\nstart.sh\n");
}

/* Without an id, by what it says of itself: neither what failed later, nor the same at one instance. */
static void test_resume_by_action(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        LINE_OF("one.sh", "one"), FAILING("start.sh"), FAILING("stop.sh"), {NULL, NULL}};
    struct vnfr *vnfr = deployed(s,
                                 EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT(
                                     "START", "\"start.sh\"") "," EVENT("STOP", "\"stop.sh\""),
                                 2, scripts);
    generic_bed_write_file(s, 0, "mended");
    generic_bed_ask(s, "start", generic_bed_message(s, "START", vnfr, NULL), "ERROR");
    generic_bed_ask(s, "start-one", generic_bed_message(s, "START", vnfr, about(s, 1)), "ERROR");
    generic_bed_ask(s, "stop-one", generic_bed_message(s, "STOP", vnfr, about(s, 1)), "ERROR");
    generic_bed_write_file(s, 1, "mended");
    struct vnfm_or *done = generic_bed_ask(
        s, "resume", generic_bed_message(s, "RESUME", vnfr, ",\"resumedAction\":\"START\""),
        "START");
    assert_null(done->vnfc_instance);
    assert_runs(s, 0, "one\nstart.sh\n");
    assert_runs(s, 1, "one\nstart.sh\nstart.sh\nstop.sh\nstart.sh\n");
    generic_bed_ask(s, "resume-one",
                    generic_bed_message(s, "RESUME", vnfr,
                                        say(s, ",\"resumedAction\":\"STOP\"%s", about(s, 1))),
                    "STOP");
    assert_runs(s, 0, "one\nstart.sh\n");
    assert_runs(s, 1, "one\nstart.sh\nstart.sh\nstop.sh\nstart.sh\nstop.sh\n");
}

static void test_resume_scale_out(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {LINE_OF("one.sh", "one"),
                                          LINE_OF("db_c.sh", "db $db_ip"),
                                          FAILING("start.sh"),
                                          {NULL, NULL}};
    struct vnfr *vnfr = deployed(s,
                                 EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT(
                                     "CONFIGURE", "\"db_c.sh\"") "," EVENT("START", "\"start.sh\""),
                                 1, scripts);
    generic_bed_scale_out(s, "scale", vnfr, "",
                          say(s, "%s%s", package(s, scripts), DEPENDENCY("dependency")));
    struct vnfm_or *failed = generic_bed_answer(s, "scale");
    assert_string_equal(failed->action, "ERROR");
    generic_bed_write_file(s, 1, "mended");
    struct vnfm_or *done = generic_bed_ask(
        s, "resume",
        generic_bed_message(
            s, "RESUME", failed->record,
            resuming(s, "scale", "SCALE_OUT",
                     say(s, "%s%s%s", about(s, 1), package(s, scripts), DEPENDENCY("dependency")))),
        "SCALED");
    assert_string_equal(done->vnfc_instance->hostname, generic_bed_host(s, 1));
    assert_string_equal(done->vnfc_instance->state, "ACTIVE");
    assert_runs(s, 0, "one\n");
    assert_runs(s, 1, "one\ndb 10.0.0.7\nstart.sh\nstart.sh\n");
    assert_int_equal(s->nfvo->scalings, 1);
}

/* Those that answer "null" or run a script of the request. */
static void test_resume_others(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {FAILING("in.sh"), FAILING("update.sh"), {NULL, NULL}};
    const char *runtime = script(s, "ob_runtime_script",
                                 "cd \"$(dirname \"$0\")\"; echo execute >>runs; [ -e mended ]\n");
    struct vnfr *vnfr = deployed(
        s, EVENT("SCALE_IN", "\"in.sh\"") "," EVENT("UPDATE", "\"update.sh\""), 1, scripts);
    const char *gone = ",\"vnfcInstance\":{\"id\":\"d-1\",\"hostname\":\"db-3\"}";
    generic_bed_ask(s, "in", generic_bed_message(s, "SCALE_IN", vnfr, gone), "ERROR");
    generic_bed_ask(s, "update", generic_bed_message(s, "UPDATE", vnfr, NULL), "ERROR");
    generic_bed_ask(s, "execute", generic_bed_message(s, "EXECUTE", vnfr, runtime), "ERROR");
    generic_bed_write_file(s, 0, "mended");
    generic_bed_ask(s, "resume-in",
                    generic_bed_message(s, "RESUME", vnfr, resuming(s, "in", "SCALE_IN", gone)),
                    "SCALE_IN");
    generic_bed_ask(s, "resume-update",
                    generic_bed_message(s, "RESUME", vnfr, resuming(s, "update", "UPDATE", "")),
                    "UPDATE");
    generic_bed_ask(
        s, "resume-execute",
        generic_bed_message(s, "RESUME", vnfr, resuming(s, "execute", "EXECUTE", runtime)),
        "EXECUTE");
    assert_runs(s, 0, "in.sh\nupdate.sh\nexecute\nin.sh\nupdate.sh\nexecute\n");
}

/* Refused before anything ran: resumed from the beginning, with what is right by now. */
static void test_resume_refused(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text lacking[] = {LINE_OF("one.sh", "one"), {NULL, NULL}};
    const struct script_text whole[] = {
        LINE_OF("one.sh", "one"), LINE_OF("start.sh", "start"), {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT("START", "\"start.sh\""), 1,
                       lacking);
    struct vnfm_or *failed = generic_bed_answer(s, "instantiate");
    assert_string_equal(failed->fault->code, "ERR_NOT_FOUND");
    generic_bed_ask(
        s, "resume",
        generic_bed_message(s, "RESUME", failed->record,
                            resuming(s, "instantiate", "INSTANTIATE", package(s, whole))),
        "INSTANTIATE");
    generic_bed_ask(s, "start", generic_bed_message(s, "START", failed->record, NULL), "START");
    assert_runs(s, 0, "one\nstart\n");
}

/* --- repeats and the end before the end --- */

/* The answer that was given is given again, by whichever process; nothing runs. */
static void test_repeats(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        LINE_OF("one.sh", "one"), FAILING("two.sh"), LINE_OF("three.sh", "three"), {NULL, NULL}};
    struct vnfr *vnfr = deployed(
        s, EVENT("UPDATE", "\"one.sh\",\"two.sh\",\"three.sh\"") "," EVENT("START", "\"one.sh\""),
        1, scripts);
    static const char *const names[] = {"start", "update"};
    const char *bodies[] = {generic_bed_message(s, "START", vnfr, NULL),
                            generic_bed_message(s, "UPDATE", vnfr, NULL)};
    const char *answers[2];
    for (int i = 0; i < 2; i++)
        answers[i] = mini_nfvo_ask(s->nfvo, s->type, bodies[i], generic_bed_id(s, names[i]));
    for (unsigned nth = 2; nth <= 3; nth++) {
        for (int i = 0; i < 2; i++) {
            generic_bed_send(s, names[i], bodies[i]);
            const char *again = mini_nfvo_await(s->nfvo, generic_bed_id(s, names[i]), nth);
            if (nth == 2)
                assert_string_equal(again, answers[i]);
            else
                generic_bed_assert_has(again,
                                       i ? "{\"action\":\"ERROR\"" : "{\"action\":\"START\"");
        }
        test_program_stop(s->vnfm[0], SIGKILL); /* its memory of answers goes */
        test_agents_kill(s->agents, generic_bed_host(s, 0), true);
        s->vnfm[0] = generic_bed_start(s, NULL);
    }
    assert_runs(s, 0, "one\none\ntwo.sh\n");
}

static void cancel(struct generic_bed *s, const char *what)
{
    const char *name = say(s, "cancel-%s", what);
    generic_bed_send(s, name,
                     say(s, "{\"action\":\"CANCEL\",\"cancels\":\"%s\"}", generic_bed_id(s, what)));
    assert_string_equal(mini_nfvo_await(s->nfvo, generic_bed_id(s, name), 1), "null");
}

/* In whichever process it is; no further script starts, and a RESUME waits for the one that runs. */
static void test_cancel(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"slow.sh", generic_bed_slow}, LINE_OF("two.sh", "two"), {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, "--prefetch=1"); /* it takes no other while it has one */
    generic_bed_deploy(s, EVENT("START", "\"slow.sh\",\"two.sh\""), 1, scripts);
    struct vnfr *vnfr = generic_bed_answer(s, "instantiate")->record;
    generic_bed_send(s, "start", generic_bed_message(s, "START", vnfr, NULL));
    generic_bed_await_file(s, 0, "runs", "begin");
    s->vnfm[1] = generic_bed_start(s, NULL);
    mini_nfvo_await_count(s->nfvo, &s->nfvo->registers, 2);
    cancel(s, "start"); /* comes to the other process */
    struct vnfm_or *failed = generic_bed_answer(s, "start");
    assert_string_equal(failed->action, "ERROR");
    generic_bed_assert_has(failed->exception->detail_message, "was cancelled");
    generic_bed_send(s, "resume",
                     generic_bed_message(s, "RESUME", vnfr, resuming(s, "start", "START", "")));
    generic_bed_write_file(s, 0, "go");
    assert_string_equal(generic_bed_answer(s, "resume")->action, "START");
    assert_runs(s, 0, "begin\nend\ntwo\n");
}

/* It comes when it was cancelled already, and does nothing; what it would have done is known. */
static void test_cancelled_before(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {LINE_OF("one.sh", "one"), {NULL, NULL}};
    struct vnfr *vnfr = deployed(s, EVENT("START", "\"one.sh\""), 1, scripts);
    cancel(s, "start");
    generic_bed_ask(s, "start", generic_bed_message(s, "START", vnfr, NULL), "ERROR");
    assert_runs(s, 0, "");
    cancel(s, "start"); /* ended: no effect */
    generic_bed_ask(s, "resume",
                    generic_bed_message(s, "RESUME", vnfr, resuming(s, "start", "START", "")),
                    "START");
    assert_runs(s, 0, "one\n");
    generic_bed_send(s, "bad", "{\"action\":\"CANCEL\",\"cancels\":\"a b c d e f g h i j k l\"}");
    assert_string_equal(generic_bed_answer(s, "bad")->action, "ERROR");
}

int main(void)
{
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(test_##name, generic_bed_setup, generic_bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(idle_instances),
        TEST(switch_to_standby),
        TEST(scale_out_and_in),
        TEST(execute_two),
        TEST(error),
        TEST(reinstantiate),
        TEST(resume_instantiate),
        TEST(resume_chain),
        TEST(resume_one_instance),
        TEST(resume_by_action),
        TEST(resume_scale_out),
        TEST(resume_others),
        TEST(resume_refused),
        TEST(repeats),
        TEST(cancel),
        TEST(cancelled_before),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
