/* Any record of any type: what is encoded decodes to what was encoded, unknown members included.
 * SEED=n repeats one run, ROUNDS=n makes it longer. */
#include "proto/types.h"
#include "tests/support/oracle.h"
#include "tests/support/record_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t option(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);
    return s ? strtoull(s, NULL, 10) : otherwise;
}

static void *decode(const struct proto_type *t, const struct sbuf *text, struct arena *a,
                    uint64_t seed)
{
    struct err err = ERR_INIT;
    void *rec = NULL;
    if (proto_decode(t, text->s, text->len, 0, a, &rec, &err) != ERR_OK)
        fail_msg("seed %llu, %s: %s\n%s", (unsigned long long)seed, t->name, err.msg, text->s);
    return rec;
}

static void expect_same(const struct sbuf *got, const struct sbuf *want, const char *what,
                        const struct proto_type *t, uint64_t seed)
{
    if (got->len != want->len || memcmp(got->s, want->s, got->len) != 0)
        fail_msg("seed %llu, %s, %s:\ngot  %s\nwant %s", (unsigned long long)seed, t->name, what,
                 got->s, want->s);
}

static void one_record(const struct proto_type *t, uint64_t seed, unsigned flags)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf first = SBUF_INIT, second = SBUF_INIT, copied = SBUF_INIT;
    struct record_gen g = {.state = seed, .arena = &a, .depth = 5, .extras = 3};
    void *rec = gen_record(&g, t);
    proto_encode(t, rec, flags, &first);
    proto_encode(t, proto_dup(t, rec, &a), flags, &copied);
    expect_same(&copied, &first, "copy", t, seed);
    void *back = decode(t, &first, &a, seed);
    proto_encode(t, back, flags, &second);
    expect_same(&second, &first, "decoded and encoded", t, seed);
    if (!oracle_same(first.s, first.len, second.s, second.len))
        fail_msg("seed %llu, %s: not what jansson calls JSON: %s", (unsigned long long)seed,
                 t->name, first.s);
    sbuf_clear(&second);
    proto_encode(t, proto_dup(t, back, &a), flags, &second);
    expect_same(&second, &first, "copy of decoded", t, seed);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const unsigned modes[] = {0, PROTO_COMPLETE, PROTO_BASE64};
    uint64_t rounds = option("ROUNDS", 40), seed = option("SEED", 0);
    for (const struct proto_type *const *t = proto_types; *t; t++)
        for (uint64_t i = 1; i <= (seed ? 1 : rounds); i++)
            for (size_t m = 0; m < ARRAY_LEN(modes); m++)
                one_record(*t, (seed ? seed : i) * UINT64_C(0x9e3779b97f4a7c15), modes[m]);
}

/* No secret is left by NO_SECRETS, and none but its mask by MASK, wherever in the tree it is. */
static void set_secrets(const struct proto_type *t, void *rec)
{
    for (uint32_t i = 0; i < t->n_fields; i++) {
        const struct proto_field *f = &t->fields[i];
        const char *secret = "\"hunter2\"";
        struct proto_raw raw = {secret, strlen(secret)};
        if (!(f->flags & SECRET))
            continue;
        if (f->kind == PROTO_STR)
            memcpy((char *)rec + f->offset, &secret, sizeof(secret));
        else
            memcpy((char *)rec + f->offset, &raw, sizeof(raw));
    }
}

static void test_secrets(void **state)
{
    (void)state;
    int with_secret = 0;
    for (const struct proto_type *const *t = proto_types; *t; t++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf plain = SBUF_INIT, mask = SBUF_INIT, none = SBUF_INIT;
        void *rec = proto_new(*t, &a);
        set_secrets(*t, rec);
        proto_encode(*t, rec, 0, &plain);
        proto_encode(*t, rec, PROTO_MASK, &mask);
        proto_encode(*t, rec, PROTO_NO_SECRETS, &none);
        with_secret += strstr(plain.s, "hunter2") != NULL;
        assert_null(strstr(mask.s, "hunter2"));
        assert_null(strstr(none.s, "hunter2"));
        assert_int_equal(strstr(plain.s, "hunter2") != NULL,
                         strstr(mask.s, "\"**********\"") != NULL);
        assert_true((*t)->n_true || strcmp(none.s, "{}") == 0);
    }
    assert_true(with_secret >= 5); /* credentials, registration, user, PoP, driver request */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
