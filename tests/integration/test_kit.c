/* `baton test` with our VNFM and driver, which pass, and with a peer that breaks each rule of
 * nfvo/cli/kit/rules.h in turn: every rule can fail. This program is that peer, too.
 *
 * Most of it is waiting for answers that do not come. So each case runs in a process of its own, some
 * side by side:
 *
 *     test_kit             all of them
 *     test_kit case NAME   one, here (for a debugger)
 *     test_kit peer ...    the peer (tests/support/odd_peer.h) */
#include "nfvo/cli/kit/kit.h"
#include "proto/topology.h"
#include "tests/support/broker.h"
#include "tests/support/database.h"
#include "tests/support/odd_peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PATIENT_MS = 30000,
    BRIEF_MS = 5000,
    MODEST_MS = 2000,
    HASTY_MS = 300,
    LATE_MS = 300,
    MORE_PATIENT = 3,
    SIDE_BY_SIDE = 4
};

/* A peer that breaks these rules ("bad" stands for all that begin so), and how long the kit waits. */
struct faults {
    bool is_driver, is_once; /* once: started a second time, it serves nothing */
    const char *rules;
    int64_t wait_ms, answer_ms;
};

struct fixture {
    const struct faults *faults;
    struct test_vhost *place; /* a name for the kit to make and delete, and where the broker is */
    char type[40], url[400], api[200], self[4000], run[8000], missed[1000];
    struct kit_options o;
    struct kit_report report;
    enum kit_end end;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->faults = *state;
    f->place = test_vhost_later();
    snprintf(f->url, sizeof(f->url), "amqp://%s:%s@%s:%d/%s", f->place->user, f->place->password,
             f->place->host, f->place->port, f->place->name);
    snprintf(f->api, sizeof(f->api), "http://%s:%d", f->place->host, f->place->management_port);
    ssize_t len = readlink("/proc/self/exe", f->self, sizeof(f->self) - 1);
    f->self[len < 0 ? 0 : len] = '\0';
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    test_vhost_free(f->place);
    free(f);
    return 0;
}

static void run(struct fixture *f, enum kit_whose whose, const char *type, int64_t wait_ms,
                int64_t answer_ms)
{
    char shown[20000] = "";
    FILE *out = fmemopen(shown, sizeof(shown), "w");
    f->err = (struct err)ERR_INIT;
    f->o.whose = whose;
    f->o.type = type;
    f->o.broker = f->url;
    f->o.api = f->api;
    f->o.wait_ms = wait_ms;
    f->o.answer_ms = answer_ms;
    f->o.late_ms = LATE_MS;
    f->o.load = 30;
    kit_report_init(&f->report, whose, type, "now");
    f->end = kit_run(&f->o, out, &f->report, &f->err);
    fclose(out);
    fputs(shown, stderr);
}

static void print_failures(const struct kit_report *r)
{
    for (int i = 0; i < KIT_RULE_N; i++)
        for (unsigned j = 0; j < r->rules[i].finding_n; j++)
            fprintf(stderr, "%s: %s\n  sent %s\n  got %s\n", kit_rules[i].word,
                    r->rules[i].findings[j].what,
                    r->rules[i].findings[j].sent ? r->rules[i].findings[j].sent : "-",
                    r->rules[i].findings[j].got ? r->rules[i].findings[j].got : "-");
}

static void passes(struct fixture *f, const char *not_applicable)
{
    struct kit_counts n = kit_report_count(&f->report);
    print_failures(&f->report);
    if (f->err.code != ERR_OK)
        fail_msg("%s", f->err.msg);
    assert_int_equal(f->end, KIT_PASSES);
    assert_int_equal(n.failed + n.advised, 0);
    for (int i = 0; i < KIT_RULE_N; i++)
        if (kit_rules[i].whose & f->o.whose && f->report.rules[i].verdict == KIT_SKIPPED &&
            !strstr(not_applicable, kit_rules[i].word))
            fail_msg("%s was skipped: %s", kit_rules[i].word, f->report.rules[i].reason);
    kit_report_release(&f->report);
}

/* What the kit makes at the broker goes with it. */
static void left_nothing(const struct fixture *f)
{
    char path[200], *users = NULL;
    snprintf(path, sizeof(path), "vhosts/%s", f->place->name);
    assert_int_equal(test_broker_api(f->place, "GET", path, NULL, NULL), 404);
    assert_int_equal(test_broker_api(f->place, "GET", "users", NULL, &users), 200);
    snprintf(path, sizeof(path), "baton-test-%s-", f->o.type);
    assert_null(strstr(users, path));
    free(users);
}

#define OF_AGENTS                                                                                  \
    "agent-commands agent-scripts agent-environment agent-output agent-fails agent-reason "        \
    "agent-back agent-silent"

/* A type of its own: the accounts that the kit makes are named after it. */
static void run_ours(struct fixture *f, const char *program, enum kit_whose whose,
                     const char *options, int64_t answer_ms)
{
    char *type = f->type;
    snprintf(f->type, sizeof(f->type), "kit%d", (int)getpid());
    char *cut = strstr(f->self, "/integration/");
    assert_non_null(cut);
    snprintf(f->run, sizeof(f->run),
             "exec %.*s/bin/%s --broker-host=%s --broker-port=%d --broker-vhost=%s "
             "--log-level=error --type=%s %s",
             (int)(cut - f->self), f->self, program, f->place->host, f->place->port, f->place->name,
             type, options);
    f->o.run = f->run;
    run(f, whose, type, PATIENT_MS, answer_ms);
}

static void our_vnfm_passes(void **state)
{
    struct fixture *f = *state;
    run_ours(f, "vnfm-dummy", KIT_VNFM, "", PATIENT_MS);
    passes(f, OF_AGENTS);
    left_nothing(f);
}

static void run_generic(struct fixture *f, const char *agents, int64_t answer_ms)
{
    char options[1000];
    struct test_schema *schema = test_schema_new("kit");
    snprintf(options, sizeof(options), "--database='%s' --database-schema=%s --agents-vhost=%s",
             test_schema_conninfo(schema), test_schema_name(schema), agents);
    run_ours(f, "vnfm-generic", KIT_VNFM, options, answer_ms);
    test_schema_free(schema);
}

/* Its agents are played by the kit. */
static void our_generic_vnfm_passes(void **state)
{
    struct fixture *f = *state;
    char agents[100], path[200];
    snprintf(agents, sizeof(agents), "%s-agents", f->place->name);
    run_generic(f, agents, PATIENT_MS);
    passes(f, "");
    left_nothing(f);
    snprintf(path, sizeof(path), "vhosts/%s", agents);
    assert_int_equal(test_broker_api(f->place, "GET", path, NULL, NULL), 404);
}

/* An NFVO may use it: it is left alone, and what the agents would do is told as not tested. */
static void agents_of_another_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct test_vhost *others = test_vhost_new();
    char path[200];
    run_generic(f, others->name, MODEST_MS);
    assert_int_equal(f->report.rules[KIT_INSTANTIATE_RULE].verdict, KIT_SKIPPED);
    assert_non_null(strstr(f->report.rules[KIT_AGENT_BACK_RULE].reason, "is there already"));
    passes(f, "instantiate reinstantiate scale-out update execute grant-late answer-twice "
              "unknown-members missing-members " OF_AGENTS);
    snprintf(path, sizeof(path), "vhosts/%s", others->name);
    assert_int_equal(test_broker_api(f->place, "GET", path, NULL, NULL), 200);
    test_vhost_free(others);
}

static void our_driver_passes(void **state)
{
    struct fixture *f = *state;
    run_ours(f, "vim-driver-test", KIT_DRIVER, "", PATIENT_MS);
    passes(f, "correlation");
    left_nothing(f);
}

/* Its servers are processes of this host, in folders that go with them. */
static void our_local_driver_passes(void **state)
{
    struct fixture *f = *state;
    char folder[] = "/tmp/baton-test-kit.XXXXXX", options[100];
    if (geteuid() != 0) {
        print_message("not root: the local driver is not tested\n");
        return;
    }
    assert_non_null(mkdtemp(folder));
    snprintf(options, sizeof(options), "--mode=plain --state-dir=%s", folder);
    run_ours(f, "vim-driver-local", KIT_DRIVER, options, PATIENT_MS);
    passes(f, "correlation");
    snprintf(f->run, sizeof(f->run), "rm -rf %s", folder);
    assert_int_equal(system(f->run), 0);
}

static void run_odd(struct fixture *f, bool is_driver, const char *faults, int64_t wait_ms,
                    int64_t answer_ms)
{
    const char *type = is_driver ? "odddriver" : "oddvnfm";
    snprintf(f->run, sizeof(f->run), "exec %s peer %s %s %s %d %s '%s'", f->self,
             is_driver ? "driver" : "vnfm", type, f->place->host, f->place->port, f->place->name,
             faults);
    f->o.run = f->run;
    run(f, is_driver ? KIT_DRIVER : KIT_VNFM, type, wait_ms, answer_ms);
}

static void the_vnfm_passes_without_faults(void **state)
{
    struct fixture *f = *state;
    run_odd(f, false, "", PATIENT_MS, PATIENT_MS);
    passes(f, OF_AGENTS);
}

static void the_driver_passes_without_faults(void **state)
{
    struct fixture *f = *state;
    run_odd(f, true, "", PATIENT_MS, PATIENT_MS);
    passes(f, "correlation");
}

static void the_vnfm_with_agents_passes_without_faults(void **state)
{
    struct fixture *f = *state;
    run_odd(f, false, "agents", PATIENT_MS, PATIENT_MS);
    passes(f, "");
    left_nothing(f);
}

static void a_peer_that_does_not_come_is_no_failure(void **state)
{
    struct fixture *f = *state;
    f->o.run = NULL;
    run(f, KIT_VNFM, "nobody", 200, HASTY_MS);
    assert_int_equal(f->end, KIT_UNTESTED);
    assert_non_null(strstr(f->err.msg, "no peer of type 'nobody'"));
    kit_report_release(&f->report);
}

static bool is_broken(const char *faults, const char *word)
{
    size_t len = strlen(word);
    const char *at = strstr(faults, word);
    if (at && (at == faults || at[-1] == ',') && (!at[len] || at[len] == ','))
        return true;
    return strncmp(word, "bad-", 4) == 0 && strcmp(word, "bad-answered") != 0 &&
           (strncmp(faults, "bad,", 4) == 0 || strstr(faults, ",bad,"));
}

/* Rules that are broken, and were not found to be; f->missed says which. */
static int count_missed(struct fixture *f)
{
    int n = 0;
    size_t len = 0;
    for (int i = 0; i < KIT_RULE_N; i++) {
        const struct kit_result *r = &f->report.rules[i];
        if (!is_broken(f->faults->rules, kit_rules[i].word) || r->verdict == KIT_FAILED)
            continue;
        if (len < sizeof(f->missed))
            len += (size_t)snprintf(
                f->missed + len, sizeof(f->missed) - len, " %s was %s (%s);", kit_rules[i].word,
                r->verdict == KIT_PASSED ? "passed" : "skipped", r->reason ? r->reason : "");
        n++;
    }
    return n;
}

/* Every rule of the group is broken, and found. Where the machine is so busy that the kit's haste left
 * a rule untested, once more with patience: a rule that cannot fail is not found then either. */
static void faults_are_found(void **state)
{
    struct fixture *f = *state;
    const struct faults *of = f->faults;
    char file[] = "/tmp/baton-test-kit.XXXXXX", rules[1000];
    int fd = mkstemp(file), missed = 1;
    assert_true(fd >= 0);
    close(fd);
    snprintf(rules, sizeof(rules), "%s%s%s", of->rules, of->is_once ? ",once=" : "",
             of->is_once ? file : "");
    for (int patience = 1; missed && patience <= MORE_PATIENT; patience += MORE_PATIENT - 1) {
        unlink(file);
        if (patience > 1)
            print_message("once more, with patience; found not to be broken:%s\n", f->missed);
        run_odd(f, of->is_driver, rules, patience * of->wait_ms, patience * of->answer_ms);
        missed = count_missed(f);
        kit_report_release(&f->report);
    }
    unlink(file);
    if (missed)
        fail_msg("broken, and not found to be:%s", f->missed);
    assert_int_equal(f->end, KIT_BREAKS);
}

/* What drivers and VNFMs have in common is broken by the VNFMs. */
static struct faults
    vnfm_killed = {false, true, "killed", 6000, PATIENT_MS},
    vnfm_answers = {false, false,
                    "error-tolerated,scaling-refused,grant-late,answer-twice,encoding,unregister,"
                    "killed-request,record-id,correlation,bad-answered",
                    PATIENT_MS, HASTY_MS},
    vnfm_forms = {false, false,
                  "start-one,stop-one,heal-one,scaling,scale-in-null,release-unknown,"
                  "grant-refused,allocate-refused,answer-once,answer-place,answer-json,"
                  "content-type,repeat,load,bad",
                  PATIENT_MS, HASTY_MS},
    vnfm_agents = {false, false,
                   "agents,agent-commands,agent-scripts,agent-output,"
                   "agent-fails,agent-back,agent-silent",
                   PATIENT_MS, MODEST_MS},
    vnfm_agents_reason = {false, false, "agents,agent-environment,agent-reason", PATIENT_MS,
                          MODEST_MS},
    driver_deletes = {true, false, "delete-twice,no-reply-to,bad-answered", PATIENT_MS, HASTY_MS},
    vnfm_requests = {false, false,
                     "account,grant,allocate,instantiate,reinstantiate,modify,start,stop,heal,"
                     "update,execute,resume,release,scale-out,scale-in,log-request,reason-kept,"
                     "missing-members,unknown-members,text-utf8,keeps-members,no-reply-to",
                     PATIENT_MS, HASTY_MS},
    driver_reconnects = {true, false, "reconnect", 2000, PATIENT_MS},
    driver_methods = {true, false,
                      "refresh,networks,lists,lists-more,launch,get-type,wrong-count,answer-form,"
                      "empty-list",
                      PATIENT_MS, HASTY_MS},
    driver_refusals = {true, false,
                       "network-delete,booleans,launch-token,delete,launch-refused,quota,"
                       "correlation-driver",
                       PATIENT_MS, HASTY_MS},
    vnfm_registers = {false, false, "register-form,register-strict-json,queue", 1000, HASTY_MS},
    vnfm_registers_deaf = {false, false, "register-reply", 500, HASTY_MS},
    driver_registers = {true, false, "register-form", 500, HASTY_MS};

/* --- all of them, side by side ----------------------------------------------------------------- */

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define FAULTS(f)                                                                                  \
    {                                                                                              \
        "faults_are_found: " #f, faults_are_found, setup, teardown, &(f)                           \
    }
static const struct CMUnitTest cases[] = {
    /* in the order in which they start: long ones first */
    FAULTS(vnfm_answers),
    FAULTS(vnfm_killed),
    FAULTS(vnfm_agents),
    FAULTS(vnfm_agents_reason),
    FAULTS(vnfm_forms),
    FAULTS(driver_deletes),
    FAULTS(vnfm_requests),
    FAULTS(driver_reconnects),
    FAULTS(driver_methods),
    FAULTS(driver_refusals),
    FAULTS(vnfm_registers),
    FAULTS(vnfm_registers_deaf),
    FAULTS(driver_registers),
    CASE(our_vnfm_passes),
    CASE(our_driver_passes),
    CASE(our_generic_vnfm_passes),
    CASE(agents_of_another_are_left_alone),
    CASE(our_local_driver_passes),
    CASE(the_vnfm_passes_without_faults),
    CASE(the_vnfm_with_agents_passes_without_faults),
    CASE(the_driver_passes_without_faults),
};
enum { CASE_N = sizeof(cases) / sizeof(cases[0]) };

static struct beside {
    pid_t pid;  /* 0: not started, or over */
    FILE *said; /* NULL: not started */
    int status;
} beside[CASE_N];

static void start(struct beside *b)
{
    const char *name = cases[b - beside].name;
    b->said = tmpfile();
    assert_non_null(b->said);
    b->pid = fork();
    assert_true(b->pid >= 0);
    if (b->pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fileno(b->said), 1);
    dup2(fileno(b->said), 2);
    execl("/proc/self/exe", "test_kit", "case", name, (char *)NULL);
    _exit(127);
}

static void start_more(void)
{
    int running = 0;
    for (int i = 0; i < CASE_N; i++)
        running += beside[i].pid > 0;
    for (int i = 0; i < CASE_N && running < SIDE_BY_SIDE; i++)
        if (!beside[i].said) {
            start(&beside[i]);
            running++;
        }
}

static void passes_beside(void **state)
{
    struct beside *b = *state;
    char line[1000];
    start_more();
    while (b->pid) {
        int status;
        pid_t over = waitpid(-1, &status, 0);
        assert_true(over > 0);
        for (int i = 0; i < CASE_N; i++)
            if (beside[i].pid == over) {
                beside[i].pid = 0;
                beside[i].status = status;
            }
        start_more();
    }
    rewind(b->said);
    while (fgets(line, sizeof(line), b->said)) /* of cmocka's lines, those that say what failed */
        if (line[0] != '[' || strncmp(line, "[  ERROR", 8) == 0 ||
            strncmp(line, "[   LINE", 8) == 0)
            fputs(line, stderr);
    fclose(b->said);
    if (b->status != 0)
        fail_msg("its process ended with wait status %d", b->status);
}

/* The account that registers is one for all virtual hosts, and a kit deletes the one it made: here they
 * find it, so none takes it from the others. The kit that runs alone, before, makes it. */
static bool has_made_registrar;

static int make_registrar(void **state)
{
    struct test_vhost *v = test_vhost_later();
    (void)state;
    has_made_registrar = test_broker_api(v, "GET", "users/" REGISTRATION_USER, NULL, NULL) == 404;
    if (has_made_registrar)
        test_broker_api(v, "PUT", "users/" REGISTRATION_USER,
                        "{\"password\":\"" REGISTRATION_PASSWORD "\",\"tags\":\"\"}", NULL);
    test_vhost_free(v);
    return 0;
}

static int delete_registrar(void **state)
{
    struct test_vhost *v = test_vhost_later();
    (void)state;
    if (has_made_registrar)
        test_broker_api(v, "DELETE", "users/" REGISTRATION_USER, NULL, NULL);
    test_vhost_free(v);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest alone[] = {CASE(a_peer_that_does_not_come_is_no_failure)};
    struct CMUnitTest all[CASE_N];
    if (argc > 1 && strcmp(argv[1], "peer") == 0)
        return odd_peer_main(argc - 2, argv + 2);
    if (argc == 3 && strcmp(argv[1], "case") == 0) {
        cmocka_set_test_filter(argv[2]);
        return cmocka_run_group_tests(cases, NULL, NULL);
    }
    for (int i = 0; i < CASE_N; i++)
        all[i] = (struct CMUnitTest){cases[i].name, passes_beside, NULL, NULL, &beside[i]};
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    return failed + cmocka_run_group_tests(all, make_registrar, delete_registrar);
}
