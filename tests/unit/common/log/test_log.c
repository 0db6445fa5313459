#include "common/log/log.h"

#include "common/base/sbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void keep(void *arg, enum log_category category, enum log_level level, const char *line)
{
    struct sbuf *out = arg;
    (void)category;
    (void)level;
    errno = 0;                           /* as a write would */
    sbuf_adds(out, strstr(line, "ev=")); /* without the time */
    sbuf_addc(out, '|');
}

static int capture_on(void **state)
{
    static struct sbuf got = SBUF_INIT;
    sbuf_clear(&got);
    *state = &got;
    log_set_level_all(LOG_LEVEL_INFO);
    log_set_capture(keep, &got);
    return 0;
}

static int capture_off(void **state)
{
    log_set_capture(NULL, NULL);
    sbuf_release(*state);
    return 0;
}

static void test_types(void **state)
{
    struct sbuf *got = *state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_IO, "read 'x'");
    err_hint(&err, "try again");
    log_info(LOG_TEST, "nothing");
    log_info(LOG_TEST, "all", KV_S("s", "text"), KV_I("i", -5), KV_D("d", 0.25), KV_B("b", true),
             KV_SECRET("pw", "hunter2"), KV_SECRET("no", NULL), KV_S("null", NULL));
    log_error(LOG_TEST, "bad", KV_ERR(&err));
    assert_string_equal(got->s, "ev=nothing|"
                                "ev=all s=text i=-5 d=0.25 b=true pw=*** no=NULL null=NULL|"
                                "ev=bad err=ERR_IO msg=\"read 'x'\" hint=\"try again\"|");
}

static void test_escaping(void **state)
{
    struct sbuf *got = *state;
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"plain-1.2:/x", "plain-1.2:/x"},
        {"", "\"\""},
        {"NULL", "\"NULL\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"x\nts=2026 lvl=crit", "\"x\\nts=2026 lvl=crit\""},
        {"\r\t\x01\x7f", "\"\\r\\t\\u0001\\u007f\""},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"bad\xc3", "\"bad\\xc3\""},
        {"\xc0\x80", "\"\\xc0\\x80\""},
        {"sep\xe2\x80\xa8", "\"sep\\u2028\""},
        {"nel\xc2\x85", "\"nel\\u0085\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char want[128];
        snprintf(want, sizeof(want), "ev=e v=%s|", cases[i].want);
        sbuf_clear(got);
        log_info(LOG_TEST, "e", KV_S("v", cases[i].value));
        assert_string_equal(got->s, want);
    }
}

static void test_bounds(void **state)
{
    struct sbuf *got = *state;
    char big[LOG_VALUE_MAX + 2];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    log_info(LOG_TEST, "one", KV_S("v", big));
    assert_int_equal(got->len, strlen("ev=one v=\"...\"|") + LOG_VALUE_MAX);
    sbuf_clear(got);
    memset(big, '\x01', sizeof(big) - 1); /* each becomes six bytes */
    log_info(LOG_TEST, "many", KV_S("v", big), KV_S("v", big), KV_S("v", big));
    assert_in_range(got->len, LOG_LINE_MAX - 100, LOG_LINE_MAX);
}

static int evaluated;
static const char *count_evaluation(void)
{
    evaluated++;
    return "x";
}

static void test_levels(void **state)
{
    struct sbuf *got = *state;
    struct err err = ERR_INIT;
    char text[256];
    log_debug(LOG_TEST, "off", KV_S("v", count_evaluation()));
    assert_int_equal(evaluated, 0);
    assert_int_equal(log_set_levels("error, test=debug,bus=warn", &err), ERR_OK);
    log_debug(LOG_TEST, "on");
    log_warn(LOG_HTTP, "off");
    log_warn(LOG_BUS, "on");
    assert_string_equal(got->s, "ev=on|ev=on|");
    log_get_levels(text, sizeof(text));
    assert_string_equal(text, "error,bus=warn,test=debug");
    assert_int_equal(log_set_levels("none,nosuch=debug", &err), ERR_INVALID);
    assert_non_null(strstr(err.hint, "lcm"));
    assert_int_equal(log_set_levels("test=loud", &err), ERR_INVALID);
    assert_int_equal(log_set_levels("", &err), ERR_OK);
    log_get_levels(text, sizeof(text));
    assert_string_equal(text, "error,bus=warn,test=debug");
}

static void test_errno_is_kept(void **state)
{
    (void)state;
    errno = EXDEV;
    log_info(LOG_TEST, "e", KV_D("d", 1e300));
    assert_int_equal(errno, EXDEV);
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        log_info(LOG_TEST, "thread", KV_S("who", arg), KV_I("i", i), KV_S("tail", "end of line"));
    return NULL;
}

/* Four threads write while the file is moved away and opened again: all lines whole, none lost. */
static void test_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/test-log-XXXXXX", path[64], moved[64], cmd[256];
    struct err err = ERR_INIT;
    log_set_capture(NULL, NULL);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/log", dir);
    snprintf(moved, sizeof(moved), "%s/log.1", dir);
    assert_int_equal(log_open_file(path, &err), ERR_OK);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, (void *)(uintptr_t) "abcd"),
                         0);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(log_reopen(&err), ERR_OK);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_info(LOG_TEST, "after");
    assert_int_equal(log_lost_count(), 0);
    snprintf(
        cmd, sizeof(cmd),
        "test $(cat %s/log* | grep -c '^ts=.*ev=thread.*tail=\"end of line\"$') = 2000 && grep "
        "-q ev=after %s && rm -r %s",
        dir, path, dir);
    assert_int_equal(system(cmd), 0);
    assert_int_equal(log_reopen(&err), ERR_IO); /* the folder is gone: the old file stays */
    log_info(LOG_TEST, "still_writable");
    assert_int_equal(log_lost_count(), 0);
    assert_int_equal(log_open_file(NULL, &err), ERR_OK);
    assert_int_equal(log_open_file("/nonexistent/x", &err), ERR_IO);
    assert_int_equal(err.sys, ENOENT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, capture_on, capture_off)
    const struct CMUnitTest tests[] = {
        T(test_types),  T(test_escaping),      T(test_bounds),
        T(test_levels), T(test_errno_is_kept), T(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
