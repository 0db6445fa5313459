/* `baton test` with our VNFM and driver, which pass, and with a peer that breaks each rule of
 * nfvo/cli/kit/rules.h in turn: every rule can fail. This program is that peer, too. */
#include "nfvo/cli/kit/kit.h"
#include "tests/support/broker.h"
#include "tests/support/odd_peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENT_MS = 30000, HASTY_MS = 300, LATE_MS = 300 };

struct fixture {
    struct test_vhost *place; /* a name for the kit to make and delete, and where the broker is */
    char type[40], url[400], api[200], self[4000], run[8000];
    struct kit_options o;
    struct kit_report report;
    enum kit_end end;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
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

/* A type of its own: the accounts that the kit makes are named after it. */
static void run_ours(struct fixture *f, const char *program, enum kit_whose whose,
                     const char *options)
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
    run(f, whose, type, PATIENT_MS, PATIENT_MS);
}

static void our_vnfm_passes(void **state)
{
    struct fixture *f = *state;
    run_ours(f, "vnfm-dummy", KIT_VNFM, "");
    passes(f, "");
    left_nothing(f);
}

static void our_driver_passes(void **state)
{
    struct fixture *f = *state;
    run_ours(f, "vim-driver-test", KIT_DRIVER, "");
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
    run_ours(f, "vim-driver-local", KIT_DRIVER, options);
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

static void the_peer_passes_without_faults(void **state)
{
    struct fixture *f = *state;
    run_odd(f, false, "", PATIENT_MS, PATIENT_MS);
    passes(f, "");
    run_odd(f, true, "", PATIENT_MS, PATIENT_MS);
    passes(f, "correlation");
}

/* Every rule of the group is broken, and found. "bad" stands for all rules that begin so. */
static void finds(struct fixture *f, bool is_driver, const char *faults, int64_t wait_ms,
                  int64_t answer_ms)
{
    run_odd(f, is_driver, faults, wait_ms, answer_ms);
    for (int i = 0; i < KIT_RULE_N; i++) {
        const char *word = kit_rules[i].word;
        const char *at = strstr(faults, word);
        size_t len = strlen(word);
        bool is_named = at && (at == faults || at[-1] == ',') && (!at[len] || at[len] == ',');
        bool is_bad = strncmp(word, "bad-", 4) == 0 && strcmp(word, "bad-answered") != 0 &&
                      (strncmp(faults, "bad,", 4) == 0 || strstr(faults, ",bad,"));
        if ((is_named || is_bad) && f->report.rules[i].verdict != KIT_FAILED)
            fail_msg("%s is broken, and was %s (%s)", word,
                     f->report.rules[i].verdict == KIT_PASSED ? "passed" : "skipped",
                     f->report.rules[i].reason ? f->report.rules[i].reason : "");
    }
    kit_report_release(&f->report);
}

static void registration_faults_are_found(void **state)
{
    struct fixture *f = *state;
    finds(f, false, "register-form,register-strict-json,queue", 1000, HASTY_MS);
    finds(f, true, "register-form", 500, HASTY_MS);
    finds(f, false, "register-reply", 500, HASTY_MS);
    assert_int_equal(f->end, KIT_BREAKS);
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

static void vnfm_faults_are_found(void **state)
{
    struct fixture *f = *state;
    finds(f, false,
          "account,grant,allocate,instantiate,reinstantiate,modify,start,stop,heal,update,execute,"
          "resume,release,scale-out,scale-in,log-request,reason-kept,missing-members,"
          "unknown-members,text-utf8,keeps-members,no-reply-to",
          PATIENT_MS, HASTY_MS);
    finds(f, false,
          "start-one,stop-one,heal-one,scaling,scale-in-null,release-unknown,"
          "grant-refused,allocate-refused,answer-once,answer-place,answer-json,"
          "content-type,repeat,load,bad",
          PATIENT_MS, HASTY_MS);
    finds(f, false,
          "error-tolerated,scaling-refused,grant-late,answer-twice,encoding,unregister,"
          "killed-request,record-id,correlation,bad-answered",
          PATIENT_MS, HASTY_MS);
}

/* What drivers and VNFMs have in common is broken by the VNFMs above. */
static void driver_faults_are_found(void **state)
{
    struct fixture *f = *state;
    finds(f, true,
          "refresh,networks,lists,lists-more,launch,get-type,wrong-count,answer-form,empty-list",
          PATIENT_MS, HASTY_MS);
    finds(f, true,
          "network-delete,booleans,launch-token,delete,launch-refused,quota,correlation-driver",
          PATIENT_MS, HASTY_MS);
    finds(f, true, "delete-twice,no-reply-to,bad-answered", PATIENT_MS, HASTY_MS);
}

static void one_that_does_not_come_back_is_found(void **state)
{
    struct fixture *f = *state;
    char file[] = "/tmp/baton-test-kit.XXXXXX", faults[100];
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    unlink(file);
    finds(f, true, "reconnect", 2000, PATIENT_MS);
    snprintf(faults, sizeof(faults), "killed,once=%s", file);
    finds(f, false, faults, 6000, PATIENT_MS);
    unlink(file);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "peer") == 0)
        return odd_peer_main(argc - 2, argv + 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(our_vnfm_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(our_driver_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(our_local_driver_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_peer_passes_without_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(registration_faults_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_does_not_come_is_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(vnfm_faults_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(driver_faults_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_does_not_come_back_is_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
