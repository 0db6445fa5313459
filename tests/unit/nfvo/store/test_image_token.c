/* Who may fetch a file of the image repository. */
#include "nfvo/store/image_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1800000000, END = NOW + 600 };

static char directory[] = "/tmp/baton-token-XXXXXX";

static struct seal *key(const char *name)
{
    char path[64];
    struct seal *s;
    struct err err = ERR_INIT;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (seal_load(&s, path, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    unlink(path);
    return s;
}

static void test_good(void **state)
{
    AUTO(sbuf_release) struct sbuf token = SBUF_INIT;
    struct seal *s = key("one"), *other = key("two");
    (void)state;
    image_token_make(s, "i-1", END, &token);
    assert_int_equal(strspn(token.s, "0123456789"), 10);
    assert_int_equal(token.len, 10 + 1 + 43);
    assert_true(image_token_is_good(s, "i-1", token.s, NOW));
    assert_true(image_token_is_good(s, "i-1", token.s, END - 1));
    assert_false(image_token_is_good(s, "i-1", token.s, END));
    assert_false(image_token_is_good(s, "i-2", token.s, NOW));
    assert_false(image_token_is_good(s, "", token.s, NOW));
    assert_false(image_token_is_good(other, "i-1", token.s, NOW));
    seal_free(s);
    seal_free(other);
}

/* Every byte of it counts, and nothing may be beside it. */
static void attack_changed_tokens(void **state)
{
    static const char *const bad[] = {
        "", ".", "1", "1800000600", "1800000600.", "-1.x", "x", "9999999999999999999999.x"};
    AUTO(sbuf_release) struct sbuf token = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf more = SBUF_INIT;
    struct seal *s = key("one");
    (void)state;
    image_token_make(s, "i-1", END, &token);
    for (size_t i = 0; i < token.len; i++) {
        char was = token.s[i];
        token.s[i] = was == '9' ? '8' : '9';
        assert_false(image_token_is_good(s, "i-1", token.s, NOW));
        token.s[i] = '\0'; /* cut off */
        assert_false(image_token_is_good(s, "i-1", token.s, NOW));
        token.s[i] = was;
    }
    sbuf_addf(&more, "%sA", token.s);
    assert_false(image_token_is_good(s, "i-1", more.s, NOW));
    sbuf_clear(&more);
    sbuf_addf(&more, "0%s", token.s); /* the same time, said otherwise */
    assert_false(image_token_is_good(s, "i-1", more.s, NOW));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(image_token_is_good(s, "i-1", bad[i], NOW));
    seal_free(s);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : 1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good),
                                       cmocka_unit_test(attack_changed_tokens)};
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
