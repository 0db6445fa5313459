#include "nfvo/cli/hint.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *hint, *want;
} cases[] = {
    {"", ""},
    {"wait for it: baton op wait 7", "wait for it: baton op wait 7"},
    {"PoPs of this project: GET /api/v1/datacenters", "PoPs of this project: baton pop list"},
    {"GET /api/v1/datacenters; or POST /api/v1/datacenters",
     "baton pop list; or baton pop create FILE"},
    {"GET /api/v1/datacenters/x", "GET /api/v1/datacenters/x"}, /* another call */
    {"GET /api/v1/datacenters2", "GET /api/v1/datacenters2"},
    {"GET /api/v1/data", "GET /api/v1/data"},
    {"GET /api/v1/ns-records/", "GET /api/v1/ns-records/"}, /* of none */
    {"or delete it: DELETE /api/v1/ns-records/a-1, now", "or delete it: baton nsr delete a-1, now"},
    {"DELETE /api/v1/ns-records/{id}", "baton nsr delete ID"},
    {"DELETE /api/v1/ns-records/ID?plan=true", "baton nsr delete ID --plan"},
    {"GET /api/v1/baton/operations/0b7e", "baton op show 0b7e"},
    {"POST, DELETE /api/v1/ns-records/{id}/vnfcinstances", "baton nsr scale-out NSR VNF:VDU=N..."},
    {"have it queued: ?queue=true", "have it queued: --queued"},
    {"POST /oauth/token for a new one", "baton login"},
};

static void test_hints(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sbuf got = SBUF_INIT;
        cli_put_hint(&got, cases[i].hint);
        if (strcmp(got.len ? got.s : "", cases[i].want) != 0)
            fail_msg("'%s' is shown as '%s'", cases[i].hint, got.len ? got.s : "");
        sbuf_release(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
