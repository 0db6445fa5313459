#include "common/peer/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void put(struct answers *a, const char *id, const char *text)
{
    struct sbuf s = SBUF_INIT;
    sbuf_adds(&s, text);
    answers_put(a, id, &s);
    assert_int_equal(s.len, 0); /* taken */
}

static void assert_is(const struct answers *a, const char *id, const char *text)
{
    const struct sbuf *s = answers_find(a, id);
    assert_string_equal(s ? s->s : "(none)", text);
}

static void test_latest(void **state)
{
    struct answers a = {.max = SIZE_MAX};
    (void)state;
    assert_is(&a, "1", "(none)");
    put(&a, "1", "one");
    put(&a, "2", "two");
    put(&a, "1", "one again");
    assert_is(&a, "1", "one again");
    assert_is(&a, "2", "two");
    answers_release(&a);
}

/* The oldest go first; the latest stays, however large. */
static void test_bound(void **state)
{
    struct answers a = {.max = 4096};
    char id[20];
    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof(id), "%d", i);
        put(&a, id, "text");
        assert_true(a.size <= a.max);
    }
    assert_is(&a, "999", "text");
    assert_is(&a, "998", "text");
    assert_is(&a, "0", "(none)");
    struct sbuf large = SBUF_INIT;
    for (int i = 0; i < 1000; i++)
        sbuf_adds(&large, "much of it");
    answers_put(&a, "large", &large);
    assert_non_null(answers_find(&a, "large"));
    assert_is(&a, "999", "(none)");
    put(&a, "small", "text");
    assert_is(&a, "small", "text");
    assert_is(&a, "large", "(none)");
    answers_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_latest), cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
