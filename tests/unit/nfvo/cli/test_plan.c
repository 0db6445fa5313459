/* A plan as people see it: every line fits 80 columns, unless a name alone is longer. */
#include "nfvo/cli/operation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *shown(const char *text)
{
    struct cli c;
    char *out, *errors;
    size_t n, errors_n;
    json_t *op = json_loads(text, 0, NULL);
    assert_non_null(op);
    cli_init(&c, open_memstream(&out, &n), open_memstream(&errors, &errors_n));
    cli_show_operation(&c, op);
    cli_release(&c);
    fclose(c.out);
    fclose(c.errors);
    assert_string_equal(errors, "");
    free(errors);
    json_decref(op);
    return out;
}

static void is_shown(const char *text, const char *want)
{
    char *got = shown(text);
    if (strcmp(got, want) != 0)
        fail_msg("shown:\n%s\nwanted:\n%s", got, want);
    for (const char *line = got; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    free(got);
}

static void test_scale_out(void **state)
{
    (void)state;
    is_shown("{\"kind\":\"SCALE_OUT\",\"nsr\":{\"name\":\"shop\"},\"vnfr\":{\"name\":\"web\"},"
             "\"basis\":\"b1\",\"steps\":["
             "{\"n\":1,\"kind\":\"SET_COMPONENT\",\"of\":\"web\",\"state\":\"PLANNED\","
             "\"sentence\":\"add a component to 'web'\"},"
             "{\"n\":2,\"kind\":\"SCALE_OUT\",\"of\":\"web\",\"after\":[1],\"state\":\"PLANNED\","
             "\"sentence\":\"add an instance to 'web'\",\"reason\":\"on 'lab', beside the other "
             "servers of its VDU; not on 'far': its quota of 20 instances has 0 left, 1 is "
             "needed\",\"scripts\":[{\"event\":\"INSTANTIATE\",\"names\":[\"install.sh\"],"
             "\"hosts\":[\"the new server\"]}]},"
             "{\"n\":3,\"kind\":\"MODIFY\",\"of\":\"db\",\"after\":[2],\"state\":\"PLANNED\","
             "\"ifChanged\":true,\"sentence\":\"configure 'db'\",\"scripts\":[{\"event\":"
             "\"CONFIGURE\",\"names\":[\"web_join.sh\",\"conf.sh\"],\"hosts\":[\"db-100001\","
             "\"db-100002\",\"db-100003\",\"db-100004\",\"db-100005\",\"db-100006\"],"
             "\"moreHosts\":4}]}],"
             "\"pops\":[{\"id\":\"p\",\"name\":\"lab\",\"servers\":{\"before\":1,\"after\":2},"
             "\"quota\":[{\"what\":\"instances\",\"before\":3,\"after\":4,\"limit\":20},"
             "{\"what\":\"cores\",\"before\":12,\"after\":16,\"limit\":40},"
             "{\"what\":\"ramMb\",\"before\":6144,\"after\":8192}]}]}",
             "A plan: nothing is done.\n\n"
             "KIND         SCALE_OUT\n"
             "NSR          shop\n"
             "VNF          web\n"
             "BASIS        b1\n"
             "\n"
             "STEP KIND          OF  AFTER \n"
             "1    SET_COMPONENT web       add a component to 'web'\n"
             "2    SCALE_OUT     web 1     add an instance to 'web'\n"
             "3    MODIFY        db  2     configure 'db'\n"
             "\n"
             "SERVERS OF THE SERVICE, AND WHAT IS USED OF EACH POP'S QUOTA\n"
             "POP SERVERS INSTANCES    CORES          RAM (MB)\n"
             "lab 1 -> 2  3 -> 4 of 20 12 -> 16 of 40 6144 -> 8192\n"
             "  step 2: on 'lab', beside the other servers of its VDU; not on 'far': its\n"
             "          quota of 20 instances has 0 left, 1 is needed\n"
             "\n"
             "SCRIPTS THAT WILL RUN\n"
             "  step 2   INSTANTIATE install.sh\n"
             "           on: the new server\n"
             "  step 3   CONFIGURE   web_join.sh, conf.sh\n"
             "           on: db-100001, db-100002, db-100003, db-100004, db-100005, db-100006\n"
             "               and 4 more; only if a value differs by then\n");
}

static void test_release(void **state)
{
    (void)state;
    is_shown("{\"kind\":\"RELEASE\",\"nsr\":{\"name\":\"shop\"},\"steps\":["
             "{\"n\":1,\"kind\":\"TERMINATE\",\"of\":\"web\",\"reason\":\"VNFM 'generic' gets "
             "RELEASE_RESOURCES of 'web'\",\"sentence\":\"tell the VNFM of 'web' to release it\"},"
             "{\"n\":2,\"kind\":\"DELETE\",\"of\":\"web\",\"instance\":\"web-1\",\"pop\":\"lab\","
             "\"after\":[1],\"sentence\":\"delete a server of 'web'\"}],"
             "\"pops\":[{\"id\":\"p\",\"name\":\"lab\",\"servers\":{\"before\":1,\"after\":0},"
             "\"note\":\"its driver told no quota\",\"networksKept\":[\"net\",\"mgmt\"]}],"
             "\"warnings\":[\"it ends operation x\"]}",
             "A plan: nothing is done.\n\n"
             "KIND         RELEASE\n"
             "NSR          shop\n"
             "\n"
             "STEP KIND      OF    AFTER \n"
             "1    TERMINATE web         tell the VNFM of 'web' to release it\n"
             "2    DELETE    web-1 1     delete a server of 'web'\n"
             "\n"
             "SERVERS OF THE SERVICE, AND WHAT IS USED OF EACH POP'S QUOTA\n"
             "POP SERVERS INSTANCES CORES RAM (MB)\n"
             "lab 1 -> 0                  \n"
             "  lab: its driver told no quota\n"
             "  stay: net, mgmt on 'lab': networks are not deleted\n"
             "  step 1: VNFM 'generic' gets RELEASE_RESOURCES of 'web'\n"
             "\n"
             "WARNINGS\n"
             "  it ends operation x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_out),
        cmocka_unit_test(test_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
