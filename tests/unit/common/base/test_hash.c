#include "common/base/hash.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Of the authors' page (isthe.com/chongo/tech/comp/fnv): they must stay what they are. */
static void known_values(void **state)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } cases[] = {
        {"", UINT64_C(0xcbf29ce484222325)},
        {"a", UINT64_C(0xaf63dc4c8601ec8c)},
        {"foobar", UINT64_C(0x85944171f73967e8)},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_true(hash_text(HASH_START, cases[i].text) == cases[i].hash);
}

static void pieces_are_one_text(void **state)
{
    (void)state;
    assert_true(hash_text(hash_text(HASH_START, "foo"), "bar") == hash_text(HASH_START, "foobar"));
    assert_true(hash_bytes(HASH_START, "foobar", 6) == hash_text(HASH_START, "foobar"));
    assert_true(hash_bytes(HASH_START, "\0", 1) == hash_byte(HASH_START, 0));
    assert_true(hash_bytes(HASH_START, "\0", 1) != HASH_START);
    assert_true(hash_text(HASH_START, "\xff") == hash_byte(HASH_START, 0xff));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(pieces_are_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
