#include "nfvo/cli/session.h"

#include "common/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[64], file[128];
static const char *const made[] = {"contexts/lab", "contexts/Z-1.a", "contexts", "context"};

static int setup(void **state)
{
    (void)state;
    snprintf(home, sizeof(home), "/tmp/baton-session.XXXXXX");
    if (!mkdtemp(home))
        return -1;
    setenv("XDG_CONFIG_HOME", home, 1);
    snprintf(file, sizeof(file), "%s/baton/session", home);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char path[160];
    unlink(file);
    *strrchr(file, '/') = '\0';
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        snprintf(path, sizeof(path), "%s/%s", file, made[i]);
        remove(path);
    }
    rmdir(file);
    return rmdir(home); /* nothing else was made */
}

static void what_is_kept_comes_back_and_is_private(void **state)
{
    (void)state;
    struct cli_session s = {0}, back = {0};
    struct err err = ERR_INIT;
    struct stat st;
    assert_int_equal(cli_session_read(&back, NULL, &err), ERR_OK); /* nobody logged in yet */
    assert_null(back.token);
    cli_session_set(&s.url, "https://nfvo.example:8443");
    cli_session_set(&s.token, "a=b");
    s.is_insecure = true;
    assert_int_equal(cli_session_write(&s, &err), ERR_OK);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(cli_session_read(&back, NULL, &err), ERR_OK);
    assert_string_equal(back.url, s.url);
    assert_string_equal(back.token, "a=b");
    assert_null(back.project);
    assert_true(back.is_insecure);
    assert_int_equal(cli_session_remove("default", &err), ERR_OK);
    assert_int_equal(cli_session_remove("default", &err), ERR_NOT_FOUND);
    cli_session_release(&s);
    cli_session_release(&back);
}

static void what_others_can_read_is_refused(void **state)
{
    (void)state;
    struct cli_session s = {0};
    struct err err = ERR_INIT;
    cli_session_set(&s.token, "t");
    assert_int_equal(cli_session_write(&s, &err), ERR_OK);
    assert_int_equal(chmod(file, 0640), 0);
    assert_int_equal(cli_session_read(&s, NULL, &err), ERR_INVALID);
    assert_null(s.token);
    assert_non_null(strstr(err.hint, "chmod 600"));
    cli_session_release(&s);
}

static void write_context(const char *name, const char *token)
{
    struct cli_session s = {0};
    struct err err = ERR_INIT;
    cli_session_set(&s.context, name);
    cli_session_set(&s.token, token);
    assert_int_equal(cli_session_write(&s, &err), ERR_OK);
    cli_session_release(&s);
}

static void assert_reads(const char *name, const char *context, const char *token)
{
    struct cli_session s = {0};
    struct err err = ERR_INIT;
    assert_int_equal(cli_session_read(&s, name, &err), ERR_OK);
    assert_string_equal(s.context, context);
    assert_string_equal(s.token ? s.token : "", token);
    cli_session_release(&s);
}

static void contexts_are_apart_and_one_is_in_use(void **state)
{
    (void)state;
    struct stat st;
    struct err err = ERR_INIT;
    char path[160];
    write_context("lab", "of lab");
    write_context("Z-1.a", "of Z");
    assert_reads(NULL, "default", "");
    assert_int_equal(cli_session_use("lab", &err), ERR_OK);
    assert_reads(NULL, "lab", "of lab");
    assert_reads("default", "default", "");
    write_context("default", "as before");
    assert_reads("default", "default", "as before");
    assert_reads("Z-1.a", "Z-1.a", "of Z");
    snprintf(path, sizeof(path), "%s/baton/contexts/lab", home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char **all = cli_session_contexts();
    assert_string_equal(all[0], "default");
    assert_string_equal(all[1], "Z-1.a");
    assert_string_equal(all[2], "lab");
    assert_null(all[3]);
    for (char **name = all; *name; name++)
        free(*name);
    free(all);
    assert_int_equal(cli_session_remove("lab", &err), ERR_OK);
    assert_reads(NULL, "default", "as before"); /* what was in use is not there any more */
}

static void a_context_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "..",
                                      "a/b",
                                      ".hidden",
                                      "-x",
                                      "a b",
                                      "\033[2J",
                                      "12345678901234567890123456789012345678901234567890123456789"
                                      "012345"};
    struct cli_session s = {0};
    struct err err = ERR_INIT;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(cli_session_read(&s, bad[i], &err), ERR_INVALID);
        assert_int_equal(cli_session_write(&s, &err), ERR_INVALID);
        assert_int_equal(cli_session_use(bad[i], &err), ERR_INVALID);
        assert_int_equal(cli_session_remove(bad[i], &err), ERR_INVALID);
    }
    assert_int_equal(cli_session_read(&s, "lab", &err), ERR_NOT_FOUND);
    assert_int_equal(cli_session_use("lab", &err), ERR_NOT_FOUND);
    assert_int_equal(cli_session_remove("lab", &err), ERR_NOT_FOUND);
    cli_session_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_comes_back_and_is_private, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_can_read_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(contexts_are_apart_and_one_is_in_use, setup, teardown),
        cmocka_unit_test_setup_teardown(a_context_that_is_none_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
