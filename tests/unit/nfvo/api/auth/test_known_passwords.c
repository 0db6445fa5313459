#include "nfvo/api/auth/known_passwords.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void known_for_a_time(void **state)
{
    (void)state;
    struct known_passwords *k = known_passwords_new(), *other = known_passwords_new();
    assert_false(known_passwords_has(k, "$argon2id$x", "secret", 10));
    known_passwords_add(k, "$argon2id$x", "secret", 10);
    assert_true(known_passwords_has(k, "$argon2id$x", "secret", 11));
    assert_false(known_passwords_has(k, "$argon2id$x", "secret2", 11));
    assert_false(known_passwords_has(k, "$argon2id$y", "secret", 11)); /* changed */
    assert_false(known_passwords_has(k, "$argon2id$xs", "ecret", 11));
    assert_false(known_passwords_has(k, "", "", 11));
    assert_false(known_passwords_has(other, "$argon2id$x", "secret", 11));
    assert_true(known_passwords_has(k, "$argon2id$x", "secret", 9 + KNOWN_PASSWORDS_US));
    assert_false(known_passwords_has(k, "$argon2id$x", "secret", 10 + KNOWN_PASSWORDS_US));
    known_passwords_free(k);
    known_passwords_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_for_a_time)};
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
