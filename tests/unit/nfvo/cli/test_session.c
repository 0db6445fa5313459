#include "nfvo/cli/session.h"

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
    unlink(file);
    *strrchr(file, '/') = '\0';
    rmdir(file);
    return rmdir(home);
}

static void what_is_kept_comes_back_and_is_private(void **state)
{
    (void)state;
    struct cli_session s = {0}, back = {0};
    struct err err = ERR_INIT;
    struct stat st;
    assert_int_equal(cli_session_read(&back, &err), ERR_OK); /* nobody logged in yet */
    assert_null(back.token);
    cli_session_set(&s.url, "https://nfvo.example:8443");
    cli_session_set(&s.token, "a=b");
    s.is_insecure = true;
    assert_int_equal(cli_session_write(&s, &err), ERR_OK);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(cli_session_read(&back, &err), ERR_OK);
    assert_string_equal(back.url, s.url);
    assert_string_equal(back.token, "a=b");
    assert_null(back.project);
    assert_true(back.is_insecure);
    assert_int_equal(cli_session_remove(&err), ERR_OK);
    assert_int_equal(cli_session_remove(&err), ERR_NOT_FOUND);
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
    assert_int_equal(cli_session_read(&s, &err), ERR_INVALID);
    assert_null(s.token);
    assert_non_null(strstr(err.hint, "chmod 600"));
    cli_session_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_comes_back_and_is_private, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_can_read_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
