#include "vim-drivers/sdk/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_split(void **state)
{
    static const struct {
        const char *text;
        int n; /* -1: refused */
        const char *parts[4];
    } rows[] = {
        {"[]", 0, {0}},
        {" [ ] ", 0, {0}},
        {"[1]", 1, {"1"}},
        {"[ 1 , \"a\" ]", 2, {"1", "\"a\""}},
        {"[{\"a\":[1,2],\"b\":\"},]\"},[],{},\"x\\\"],y\"]",
         4,
         {"{\"a\":[1,2],\"b\":\"},]\"}", "[]", "{}", "\"x\\\"],y\""}},
        {"[\"\\\\\",2]", 2, {"\"\\\\\"", "2"}},
        {"[true,false]", 2, {"true", "false"}},
        {"[\"null\"]", 1, {"\"null\""}},
        {"[1,null]", -1, {0}},
        {"[1,2,3,4,5]", -1, {0}},
        {"{}", -1, {0}},
        {"", -1, {0}},
        {"7", -1, {0}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct proto_raw got[4];
        unsigned n = 0;
        struct proto_raw in = {rows[i].text, strlen(rows[i].text)};
        enum err_code rc = params_split(in, got, 4, &n, NULL);
        if ((rc == ERR_OK) != (rows[i].n >= 0) || (rc == ERR_OK && n != (unsigned)rows[i].n))
            fail_msg("%s: %d, %u parts", rows[i].text, rc, n);
        for (unsigned k = 0; rc == ERR_OK && k < n; k++)
            if (got[k].n != strlen(rows[i].parts[k]) ||
                memcmp(got[k].at, rows[i].parts[k], got[k].n) != 0)
                fail_msg("%s: part %u is %.*s", rows[i].text, k, (int)got[k].n, got[k].at);
    }
    assert_int_equal(params_split((struct proto_raw){0}, NULL, 4, &(unsigned){0}, NULL),
                     ERR_INVALID);
}

static void test_names(void **state)
{
    static const struct ob_vim_method none[] = {{0}};
    struct err err = ERR_INIT;
    (void)state;
    assert_null(ob_vim_new(&(struct ob_vim_options){.methods = none}, &err));
    assert_null(ob_vim_new(&(struct ob_vim_options){.type = "a.b", .methods = none}, &err));
    assert_null(
        ob_vim_new(&(struct ob_vim_options){.type = "a", .name = "b.c", .methods = none}, &err));
    struct ob_vim *v =
        ob_vim_new(&(struct ob_vim_options){.type = "a", .name = "b", .methods = none}, &err);
    assert_string_equal(v->queue, "vim-drivers.a.b");
    ob_vim_stop(v, 0); /* never started */
    ob_vim_free(v);
    ob_vim_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_split), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
