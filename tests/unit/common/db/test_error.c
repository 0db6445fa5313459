/* common/db/error.c: PostgreSQL's errors into ours, without the values that they quote. */
#include "common/db/internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_mapping(void **state UNUSED)
{
    /* clang-format off */
    static const struct { const char *sqlstate, *function; enum err_code code; bool is_retryable; } cases[] = {
        { "23505", NULL, ERR_EXISTS, false },   { "23503", NULL, ERR_STATE, false },
        { "23514", NULL, ERR_INTERNAL, false }, { "40001", NULL, ERR_STATE, true },
        { "40P01", NULL, ERR_STATE, true },     { "55P03", NULL, ERR_STATE, true },
        { "57014", NULL, ERR_TIMEOUT, false },  { "57P01", NULL, ERR_UNAVAIL, false },
        { "25P03", NULL, ERR_UNAVAIL, false },  { "08006", NULL, ERR_UNAVAIL, false },
        { "53300", NULL, ERR_UNAVAIL, false },  { "25006", NULL, ERR_UNAVAIL, false },
        { "22021", NULL, ERR_INVALID, false },  { "22P02", NULL, ERR_INTERNAL, false },
        { "54000", NULL, ERR_LIMIT, false },    { "42P01", NULL, ERR_INTERNAL, false },
        { "08P01", NULL, ERR_INTERNAL, false }, { "26000", NULL, ERR_STATE, true },     { NULL,    NULL, ERR_INTERNAL, false },
        { "0A000", NULL, ERR_INTERNAL, false }, { "0A000", "RevalidateCachedQuery", ERR_STATE, true },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct db_diag diag = {.statement = "s",
                               .sqlstate = cases[i].sqlstate,
                               .message = "m",
                               .function = cases[i].function};
        struct err err;
        assert_int_equal(db_error_set(&err, &diag), cases[i].code);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(db_is_retryable(&err), cases[i].is_retryable);
        if (cases[i].sqlstate) {
            char text[6];
            db_sqlstate_text(err.sys, text);
            assert_string_equal(text, cases[i].sqlstate);
        }
    }
}

static void test_values_are_kept_out(void **state UNUSED)
{
    /* clang-format off */
    static const struct { struct db_diag diag; const char *msg, *hint; } cases[] = {
        { { "save", "23505", "duplicate key value violates unique constraint \"u\"",
            "Key (a, b)=(se)(cret, x) already exists.", NULL, "u", NULL },
          "statement 'save': duplicate key value violates unique constraint \"u\"", "Key (a, b) already exists." },
        { { "save", "23514", "new row violates check constraint \"c\"", "Failing row contains (secret).", NULL, "c", NULL },
          "statement 'save': new row violates check constraint \"c\"", "" },
        { { "load", "22P02", "invalid input syntax for type bigint: \"sec\"ret\"", NULL, NULL, NULL, NULL },
          "statement 'load': invalid input syntax for type bigint: \"...\"", "" },
        { { "load", "22P02", "invalid input syntax for type json", "Token \"secret\" is invalid.", NULL, NULL, NULL },
          "statement 'load': invalid input syntax for type json", "" },
        { { "load", "42703", "column \"x\" does not exist", NULL, "Perhaps you meant \"y\".\nOr z.", NULL, NULL },
          "statement 'load': column \"x\" does not exist", "Perhaps you meant \"y\". Or z." },
        { { "load", "23505", "m", "secret without the known form", NULL, NULL, NULL }, "statement 'load': m", "" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        db_error_set(&err, &cases[i].diag);
        assert_string_equal(err.msg, cases[i].msg);
        assert_string_equal(err.hint, cases[i].hint);
        assert_string_equal(err.where, cases[i].diag.constraint ? cases[i].diag.constraint : "");
    }
}

static void test_mask(void **state UNUSED)
{
    static const char *const cases[][2] = {{"a \"\" b", "a \"\" b"},
                                           {"a \"x\" b", "a \"\" b"},
                                           {"a \"long one\" b", "a \"...\" b"},
                                           {"only one \" here", "only one \" here"},
                                           {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[64];
        strcpy(text, cases[i][0]);
        db_mask_quoted(text);
        assert_string_equal(text, cases[i][1]);
    }
}

static void test_backoff(void **state UNUSED)
{
    assert_int_equal(db_backoff_ms(0, 0), 25);
    assert_int_equal(db_backoff_ms(0, 25), 50);
    assert_int_equal(db_backoff_ms(3, 0), 200);
    assert_int_equal(db_backoff_ms(1000, 0), 2500);
    for (unsigned attempt = 0; attempt < 40; attempt++) {
        int ms = db_backoff_ms(attempt, UINT32_MAX);
        assert_in_range(ms, 25, 5000);
    }
}

static void test_lock_key(void **state UNUSED)
{
    /* Processes of different versions meet at this value: it may never change. */
    assert_int_equal(db_lock_key("outbox", "x"), db_lock_key("outbox", "x"));
    assert_true(db_lock_key("outbox", "x") == INT64_C(-3285433369870322929));
    assert_int_not_equal(db_lock_key("a", "bc"), db_lock_key("ab", "c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping),  cmocka_unit_test(test_values_are_kept_out),
        cmocka_unit_test(test_mask),     cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_lock_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
