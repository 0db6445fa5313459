/* tests/support/second-try: which failed test is run again; and what a runner makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/baton-second-try.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Runs it with `said` (of 4 kB) as what it prints; returns its exit status. */
static int run(const char *command, char *said)
{
    FILE *p = popen(command, "r");
    assert_non_null(p);
    size_t n = fread(said, 1, 4095, p);
    said[n] = '\0';
    int status = pclose(p);

    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define FAILS "[  FAILED  ] it_waits: not within 120 s"

/* clang-format off */
static const struct {
    const char *what, *asked, *layer;
    int failed, status;
    const char *output;
    int want;
    const char *why;
} cases[] = {
    {"one test, and the clock",  "1", "e2e",         1, 1,   FAILS,                                             0, ""},
    {"each of the four layers",  "1", "integration", 1, 1,   FAILS,                                             0, ""},
    {"each of the four layers",  "1", "hostile",     1, 1,   FAILS,                                             0, ""},
    {"each of the four layers",  "1", "interop",     1, 1,   FAILS,                                             0, ""},
    {"a developer's check",      "",  "e2e",         1, 1,   FAILS,                                             1, ""},
    {"no clock in it",           "1", "unit",        1, 1,   FAILS,                                             1, "depend on no clock"},
    {"no clock in it",           "1", "sim",         1, 1,   FAILS,                                             1, "depend on no clock"},
    {"an old release",           "1", "upgrade",     1, 1,   FAILS,                                             0, ""},
    {"two tests",                "1", "e2e",         2, 1,   FAILS,                                             1, "2 tests of e2e failed"},
    {"a hang",                   "1", "e2e",         1, 124, FAILS,                                             1, "did not end in time"},
    {"a hang that was killed",   "1", "e2e",         1, 137, FAILS,                                             1, "did not end in time"},
    {"a process left behind",    "1", "e2e",         1, 125, FAILS,                                             1, "left processes behind"},
    {"one that says so",         "1", "e2e",         1, 1,   FAILS "\nleft behind: 7 nfvo",                     1, "left behind: "},
    {"a crash",                  "1", "integration", 1, 139, FAILS,                                             1, "ended with status 139"},
    {"a crash that cmocka saw",  "1", "integration", 1, 1,   "Test failed with exception: Segmentation fault",  1, "failed with exception"},
    {"a crash of one of ours",   "1", "e2e",         1, 1,   FAILS "\nresumed: vnfm-generic has died\n",        1, "has died"},
    {"one of its assertions",    "1", "integration", 1, 1,   "x: x.c:1: f: Assertion `n == 1' failed.",         1, "Assertion"},
    {"AddressSanitizer",         "1", "hostile",     1, 1,   "==7==ERROR: AddressSanitizer: heap-use-after-free", 1, "AddressSanitizer"},
    {"LeakSanitizer",            "1", "hostile",     1, 1,   "==7==ERROR: LeakSanitizer: detected memory leaks", 1, "LeakSanitizer"},
    {"UBSan",                    "1", "interop",     1, 1,   "a.c:1:2: runtime error: shift exponent 32",       1, "runtime error:"},
    {"a log line of the worst",  "1", "e2e",         1, 1,   "ts=1 lvl=crit mod=x",                             1, "lvl=crit"},
    {"bytes that are no text",   "1", "e2e",         1, 1,   "\xff\xfe\n a.c:1:2: runtime error: x",            1, "runtime error:"},
};
/* clang-format on */

static void test_decision(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char command[512], said[4096];

        write_file("output", cases[i].output);
        snprintf(command, sizeof(command),
                 "SECOND_TRY=%s tests/support/second-try %s %d %d %s/output 2>&1", cases[i].asked,
                 cases[i].layer, cases[i].failed, cases[i].status, folder);
        if (run(command, said) != cases[i].want || !strstr(said, cases[i].why))
            fail_msg("%s (%s): %s", cases[i].what, cases[i].layer, said);
    }
}

/* A test program in a shell: fails as often as its folder says, then passes. */
static void write_program(const char *name, int failures, const char *says)
{
    char text[1024], path[256];

    snprintf(text, sizeof(text),
             "#!/bin/sh\n"
             "echo run >>%s/%s.runs\n"
             "if [ $(wc -l <%s/%s.runs) -le %d ]; then\n"
             "    echo '%s'; echo '[  FAILED  ] 1 test(s)'; exit 1\n"
             "fi\n"
             "echo '[  PASSED  ] 2 test(s).'\n",
             folder, name, folder, name, failures, says);
    write_file(name, text);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    char command[300];
    snprintf(command, sizeof(command), "chmod +x %s && rm -f %s.runs", path, path);
    assert_int_equal(system(command), 0);
}

/* run-cmocka's exit status for one steady program and one that fails so often. */
static int run_cmocka(const char *asked, int failures, const char *says, char *said)
{
    char command[512];

    write_program("test_steady", 0, "");
    write_program("test_other", failures, says);
    snprintf(
        command, sizeof(command),
        "SECOND_TRY=%s tests/support/run-cmocka --layer hostile %s/test_steady %s/test_other 2>&1",
        asked, folder, folder);
    return run(command, said);
}

static void expect_said(const char *said, const char *text)
{
    if (!strstr(said, text))
        fail_msg("'%s' is not in:\n%s", text, said);
}

static void test_runner(void **state)
{
    (void)state;
    char said[4096];
    const char *unsteady = "\nUNSTEADY hostile test_other: failed once, passed when run again\n";

    assert_int_equal(run_cmocka("1", 1, "how it failed", said), 0);
    expect_said(said, unsteady);
    expect_said(said, "how it failed"); /* the first output is there all the same */
    expect_said(said, "\nhostile: 4 passed, 0 failed\n");

    assert_int_equal(run_cmocka("", 1, "how it failed", said), 1);
    expect_said(said, "\nhostile: 2 passed, 1 failed\n");

    assert_int_equal(run_cmocka("1", 2, "how it failed", said), 1);
    expect_said(said, "\nhostile: 2 passed, 1 failed\n");
    assert_null(strstr(said, "UNSTEADY"));

    assert_int_equal(run_cmocka("1", 1, "a.c:1:2: runtime error: x", said), 1);
    assert_null(strstr(said, "UNSTEADY"));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decision),
                                       cmocka_unit_test(test_runner)};

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
