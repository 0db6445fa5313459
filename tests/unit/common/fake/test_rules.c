#include "common/fake/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const actions[] = {"START", "STOP", NULL};

static struct fake *rules(const char *delay, const char *fail, enum err_code want)
{
    struct config_list d = {&delay, delay ? 1 : 0}, f = {&fail, fail ? 1 : 0}, none = {0};
    struct fake *fake = NULL;
    struct err err = ERR_INIT;
    enum err_code rc = fake_new(&d, &f, &none, actions, 1, &fake, &err);
    if (rc != want)
        fail_msg("%s %s: %s", delay, fail, err.msg);
    return fake;
}

static void test_parse(void **state)
{
    static const char *const bad[] = {"RUN",       "START#",  "START#x", "START#0",
                                      "START%101", "START%0", "START:*#"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        rules(NULL, bad[i], ERR_INVALID);
    rules("RUN=1s", NULL, ERR_INVALID);
    rules("START=x", NULL, ERR_INVALID);
    fake_free(rules("", NULL, ERR_INVALID));
}

static void test_judge(void **state)
{
    (void)state;
    struct fake *f = rules("START=20ms", "START:web-*", ERR_OK);
    assert_int_equal(fake_judge(f, "START", NULL).delay_ms, 20);
    assert_int_equal(fake_judge(f, "STOP", NULL).delay_ms, 0);
    assert_true(fake_judge(f, "START", "web-1").is_failing);
    assert_false(fake_judge(f, "START", "db").is_failing);
    assert_false(fake_judge(f, "START", NULL).is_failing);
    assert_false(fake_judge(f, "STOP", "web-1").is_failing);
    fake_free(f);
    f = rules("30ms", "START#3", ERR_OK);
    assert_int_equal(fake_judge(f, "STOP", NULL).delay_ms, 30);
    for (int i = 1; i <= 5; i++)
        assert_int_equal(fake_judge(f, "START", "x").is_failing, i == 3);
    fake_free(f);
    f = rules(NULL, "START%20", ERR_OK);
    int n = 0;
    for (int i = 0; i < 1000; i++)
        n += fake_judge(f, "START", NULL).is_failing;
    assert_in_range(n, 130, 270);
    fake_free(f);
    fake_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_judge)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
