#include "nfvo/api/auth/service_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define KEY  "abcdefghijklmnop"
#define TEXT "{\"name\":\"ase\",\"action\":\"register\"}"
/* By openssl enc -aes-128-ecb: rest-api.md 1.6. */
#define SEALED "FIwVJU96cP/cIZAgvNBe9v2mNI7HYLZ3vB6k8BmzQVvk2aEI0k95SyJpOoILY/9E"

static bool opens(const char *key, const char *sealed, struct sbuf *out)
{
    sbuf_clear(out);
    return service_key_open(key, sealed, strlen(sealed), out);
}

static void speaks_as_the_reference(void **state)
{
    struct sbuf out = SBUF_INIT;
    (void)state;
    service_key_close(KEY, TEXT, strlen(TEXT), &out);
    assert_string_equal(out.s, SEALED);
    assert_true(opens(KEY, SEALED, &out));
    assert_string_equal(out.s, TEXT);
    assert_true(opens(KEY, SEALED "\r\n", &out)); /* clients of 76 characters a line */
    sbuf_release(&out);
}

static void refuses_what_is_not_of_the_key(void **state)
{
    static const char *const bad[] = {
        "",
        "!",
        "AAAA",
        "FIwVJU96cP/cIZAgvNBe9g==", /* a block, whose padding is none */
        "FIwVJU96cP/cIZAgvNBe9v2mNI7HYLZ3vB6k8BmzQVvk2aEI0k95SyJpOoILY/8", /* cut */
    };
    struct sbuf out = SBUF_INIT;
    (void)state;
    assert_false(opens("abcdefghijklmnoP", SEALED, &out));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(opens(KEY, bad[i], &out));
        assert_int_equal(out.len, 0);
    }
    sbuf_release(&out);
}

static void holds_any_length(void **state)
{
    struct sbuf sealed = SBUF_INIT, out = SBUF_INIT;
    char text[70];
    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t n = 0; n < sizeof(text); n++) {
        sbuf_clear(&sealed);
        service_key_close(KEY, text, n, &sealed);
        assert_true(opens(KEY, sealed.s, &out));
        assert_int_equal(out.len, n);
    }
    sbuf_release(&sealed);
    sbuf_release(&out);
}

static void makes_keys_of_letters_and_digits(void **state)
{
    char key[SERVICE_KEY_SIZE], other[SERVICE_KEY_SIZE];
    (void)state;
    service_key_new(key);
    service_key_new(other);
    assert_int_equal(strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
                     16);
    assert_int_equal(strlen(key), 16);
    assert_string_not_equal(key, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_as_the_reference),
        cmocka_unit_test(refuses_what_is_not_of_the_key),
        cmocka_unit_test(holds_any_length),
        cmocka_unit_test(makes_keys_of_letters_and_digits),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
