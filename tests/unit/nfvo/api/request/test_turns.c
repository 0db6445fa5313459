#include "nfvo/api/request/turns.h"

#include "nfvo/api/auth/credentials.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *whose(struct turns *t, const char *token, const char *client, int64_t now_us)
{
    static char turn[HTTP_TURN_SIZE];
    turns_whose(t, token, client, now_us, turn);
    return turn;
}

static void tokens_of_one_user_are_one(void **state)
{
    char hash[TOKEN_HASH_SIZE];
    struct turns *t = turns_new();
    (void)state;
    for (int i = 0; i < 100; i++) {
        char token[16];
        snprintf(token, sizeof(token), "token-%d", i);
        token_hash(token, hash);
        turns_add(t, hash, i % 2 ? "alice" : "bob", 1000);
    }
    assert_string_equal(whose(t, "token-1", "192.0.2.1", 2000), "user alice");
    assert_string_equal(whose(t, "token-3", "192.0.2.2", 2000), "user alice");
    assert_string_equal(whose(t, "token-4", "192.0.2.1", 2000), "user bob");
    turns_free(t);
}

/* What was never good, or not lately, gains nothing. */
static void others_are_their_address(void **state)
{
    char hash[TOKEN_HASH_SIZE];
    struct turns *t = turns_new();
    (void)state;
    token_hash("good", hash);
    turns_add(t, hash, "alice", 1000);
    assert_string_equal(whose(t, NULL, "192.0.2.1", 1000), "192.0.2.1");
    assert_string_equal(whose(t, "made-up-1", "192.0.2.1", 1000), "192.0.2.1");
    assert_string_equal(whose(t, "made-up-2", "2001:db8::1", 1000), "2001:db8::/64");
    assert_string_equal(whose(t, "good", "192.0.2.1", 999 + TURNS_US), "user alice");
    assert_string_equal(whose(t, "good", "192.0.2.1", 1000 + TURNS_US), "192.0.2.1");
    turns_free(t);
}

/* Also one whose hash stands where that of a good one does: of so many there is one. */
static void no_made_up_token_is_a_user(void **state)
{
    char hash[TOKEN_HASH_SIZE], token[32];
    struct turns *t = turns_new();
    (void)state;
    token_hash("good", hash);
    turns_add(t, hash, "alice", 1000);
    for (int i = 0; i < 40000; i++) {
        snprintf(token, sizeof(token), "made-up-%d", i);
        assert_string_equal(whose(t, token, "192.0.2.1", 2000), "192.0.2.1");
    }
    turns_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_of_one_user_are_one),
        cmocka_unit_test(others_are_their_address),
        cmocka_unit_test(no_made_up_token_is_a_user),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
