#include "common/base/macros.h"
#include "vim-drivers/sdk/ob_cloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_read(void **state)
{
    static const char *const bad[] = {
        "",        "x",         "x:1",      "x:1:2",        "x:1:512:1:1", "x:0:512:1",
        "x:1:1:1", "x:a:512:1", ":1:512:1", "../x:1:512:1", "x y:1:512:1", "x:1:512:-1"};
    struct err err = ERR_INIT;
    struct ob_cloud_flavour f;
    char name[8];
    (void)state;
    assert_int_equal(ob_cloud_read_flavour("m1.tiny:2:512:0", name, sizeof(name), &f, &err),
                     ERR_OK);
    assert_string_equal(f.name, "m1.tiny");
    assert_ptr_equal(f.name, name);
    assert_true(f.vcpus == 2 && f.ram_mb == 512 && f.disk_gb == 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (ob_cloud_read_flavour(bad[i], name, sizeof(name), &f, &err) != ERR_INVALID)
            fail_msg("%s", bad[i]);
        assert_string_not_equal(err.hint, "");
    }
    assert_int_equal(ob_cloud_read_flavour("m1.large:2:512:0", name, sizeof(name), &f, &err),
                     ERR_INVALID); /* it would be cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
