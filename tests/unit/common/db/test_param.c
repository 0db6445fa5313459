/* common/db/param.c: what goes to the server, byte for byte. */
#include "common/db/internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct db_statement stmt = {"stmt", "SELECT"};

static enum err_code encode(struct db_wire_params *wire, struct db_param param, struct err *err)
{
    return db_params_encode(wire, &stmt, &param, 1, err);
}

#define assert_wire(array, bytes)                                                                  \
    do {                                                                                           \
        struct db_wire_params wire_;                                                               \
        assert_int_equal(encode(&wire_, db_param_array(array), NULL), ERR_OK);                     \
        assert_int_equal(wire_.formats[0], 1);                                                     \
        assert_int_equal(wire_.lengths[0], sizeof(bytes) - 1);                                     \
        assert_memory_equal(wire_.values[0], bytes, sizeof(bytes) - 1);                            \
    } while (0)

static void test_text_array(void **state UNUSED)
{
    AUTO(db_array_release) struct db_array a = DB_TEXT_ARRAY;
    assert_wire(&a, "\0\0\0\0\0\0\0\0\0\0\0\x19");
    db_array_text(&a, "a\"\\");
    db_array_text(&a, NULL);
    db_array_textn(&a, "xyz", 1);
    db_array_text(&a, "");
    assert_wire(&a, "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\4\0\0\0\1"
                    "\0\0\0\3a\"\\\xff\xff\xff\xff\0\0\0\1x\0\0\0\0");
    db_array_clear(&a);
    assert_wire(&a, "\0\0\0\0\0\0\0\0\0\0\0\x19");
}

static void test_number_arrays(void **state UNUSED)
{
    AUTO(db_array_release) struct db_array i8 = DB_INT8_ARRAY;
    AUTO(db_array_release) struct db_array i4 = DB_INT4_ARRAY;
    AUTO(db_array_release) struct db_array b = DB_BOOL_ARRAY;
    db_array_int(&i8, INT64_MIN + 1);
    assert_wire(&i8, "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\1\0\0\0\1\0\0\0\x08\x80\0\0\0\0\0\0\1");
    db_array_int(&i4, -2);
    assert_wire(&i4, "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\4\xff\xff\xff\xfe");
    db_array_bool(&b, true);
    db_array_bool(&b, false);
    assert_wire(&b, "\0\0\0\1\0\0\0\0\0\0\0\x10\0\0\0\2\0\0\0\1\0\0\0\1\1\0\0\0\1\0");
}

static void test_refused(void **state UNUSED)
{
    struct db_wire_params wire;
    struct err err = ERR_INIT;
    AUTO(db_array_release) struct db_array text = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array i4 = DB_INT4_ARRAY;
    db_array_textn(&text, "a\0b", 3);
    assert_int_equal(encode(&wire, db_param_array(&text), &err), ERR_INVALID);
    assert_string_equal(err.msg,
                        "statement 'stmt': parameter $1: a text of the array contains a NUL byte");
    db_array_clear(&text);
    assert_int_equal(encode(&wire, db_param_array(&text), &err), ERR_OK);

    db_array_int(&i4, INT64_C(1) << 31);
    assert_int_equal(encode(&wire, db_param_array(&i4), &err), ERR_INVALID);
    assert_int_equal(encode(&wire, db_param_textn("a\0", 2), &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "NUL byte"));

    struct db_param many[DB_MAX_PARAMS + 1] = {0};
    assert_int_equal(db_params_encode(&wire, &stmt, many, DB_MAX_PARAMS, &err), ERR_OK);
    assert_int_equal(db_params_encode(&wire, &stmt, many, DB_MAX_PARAMS + 1, &err), ERR_LIMIT);
}

static void test_scalars(void **state UNUSED)
{
    struct db_wire_params wire;
    const struct db_param params[] = {db_param_text("x"),      db_param_text(NULL),
                                      db_param_int(INT64_MIN), db_param_bool(true),
                                      db_param_bool(false),    db_param_textn("abc", 2)};
    assert_int_equal(db_params_encode(&wire, &stmt, params, ARRAY_LEN(params), NULL), ERR_OK);
    assert_string_equal(wire.values[0], "x");
    assert_null(wire.values[1]);
    assert_string_equal(wire.values[2], "-9223372036854775808");
    assert_string_equal(wire.values[3], "t");
    assert_string_equal(wire.values[4], "f");
    assert_int_equal(wire.lengths[5], 2);
    assert_int_equal(wire.formats[0], 0);
    assert_int_equal(wire.formats[5], 1); /* as text it would be read up to a NUL */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_array),
        cmocka_unit_test(test_number_arrays),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_scalars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
