/* A real agent against a real broker, commanded as a VNFM does it. */
#include "tests/support/ems_bed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SAVE_OK                                                                                    \
    "{\"action\":\"SAVE_SCRIPTS\",\"payload\":\"ZWNobyBvayAkMSAkQQo=\",\"name\":\"ok.sh\","        \
    "\"script-path\":\"/opt/openbaton/scripts\"}" /* echo ok $1 $A */

static void test_saves_and_executes(void **state)
{
    struct ems_bed *bed = ems_bed_new(EMS_BED_STRICT);
    const struct ems_reply *r;

    (void)state;
    ems_bed_start(bed);
    assert_string_equal(bed->hello->hostname, "web-4711");
    assert_int_equal(bed->hello->capabilities.n, 1);
    assert_string_equal(bed->hello->capabilities.at[0], EMS_CAPABILITY_JOURNAL);
    assert_true(strlen(bed->hello->boot) > 30);

    r = ems_bed_ask(bed, "save", SAVE_OK);
    assert_int_equal(r->status, 0);
    assert_string_equal(r->output, "['ok.sh']");
    assert_string_equal(r->err, "");

    ems_bed_execute(bed, "run", "ok.sh  one", ",\"env\":{\"A\":\"a b\",\"PATH\":\"no\"}");
    r = ems_bed_await(bed, "run", 1);
    assert_int_equal(r->status, 0);
    assert_string_equal(r->output, "ok one a b\n");
    assert_string_equal(r->err, "");
    assert_null(r->state);
    ems_bed_free(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saves_and_executes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
