#include "nfvo/api/vim/md5.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hex_of(const char *text, size_t step, char ret[33])
{
    unsigned char out[16];
    struct md5 m;
    size_t n = strlen(text);
    md5_init(&m);
    for (size_t i = 0; i < n; i += step)
        md5_add(&m, text + i, n - i < step ? n - i : step);
    md5_end(&m, out);
    for (size_t i = 0; i < 16; i++)
        snprintf(ret + 2 * i, 3, "%02x", out[i]);
}

/* RFC 1321, A.5, and lengths around the end of a block as md5sum says them. */
static void test_known(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
        {"0123456789012345678901234567890123456789012345678901234",
         "6e7a4fc92eb1c3f6e652425bcc8d44b5"},
        {"01234567890123456789012345678901234567890123456789012345",
         "8af270b2847610e742b0791b53648c09"},
        {"0123456789012345678901234567890123456789012345678901234567890123",
         "7f7bfd348709deeaace19e3f535f8c54"},
    };
    char got[33];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t step = 1; step < 70; step += 9) {
            hex_of(cases[i].text, step, got);
            assert_string_equal(got, cases[i].want);
        }
}

/* The end of 512 MB of zeros, as dd bs=1M count=512 </dev/zero | md5sum says: their number of bits
 * takes two words. */
static void test_long(void **state)
{
    struct md5 m = {.state = {0xf0407588, 0xae350ce4, 0x76d7e5b6, 0x161dc26f},
                    .size = UINT64_C(512) << 20};
    unsigned char out[16];
    char got[33];
    (void)state;
    md5_end(&m, out);
    for (size_t i = 0; i < 16; i++)
        snprintf(got + 2 * i, 3, "%02x", out[i]);
    assert_string_equal(got, "aa559b4e3523a6c931f08f4df52d58f2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
