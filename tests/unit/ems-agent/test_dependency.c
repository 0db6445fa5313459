#include "common/base/err.h"
#include "ems-agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char root[] = "/tmp/baton-dependency.XXXXXX";

static const char dependency[] =
    "{\"target\":\"client\",\"idType\":{\"v1\":\"server\"},"
    "\"parameters\":{\"iperf-server\":{\"parameters\":{\"port\":\"5001\",\"motd\":\"it's $(x)\"}}},"
    "\"vnfcParameters\":{\"server\":{\"vnfcId\":\"c\",\"parameters\":{"
    "\"i1\":{\"parameters\":{\"private\":\"10.0.0.1\",\"hostname\":\"a-1\"}},"
    "\"i2\":{\"parameters\":{\"private\":\"10.0.0.2\"}}}}}}";

static void run(const char *command, const char *want)
{
    char line[400], got[4000] = "";

    snprintf(line, sizeof(line), "cd %s && %s", root, command);
    FILE *f = popen(line, "re");
    assert_non_null(f);
    got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
    pclose(f);
    assert_string_equal(got, want);
}

static void test_files(void **state)
{
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(dependency_save(root, "", dependency, &err), ERR_OK);
    run("cat ob_parameters.json", dependency);
    run("cat ob_parameters.sh", "# VNF Parameters\n"
                                "export OB_iperf_server_VNF_port=5001\n"
                                "export OB_iperf_server_VNF_motd='it'\\''s $(x)'\n"
                                "\n# VNFC Parameters\n"
                                "export OB_server_VNFC_private=10.0.0.1:10.0.0.2\n"
                                "export OB_server_VNFC_hostname=a-1:NA\n");
    run(". ./ob_parameters.sh; echo \"$OB_iperf_server_VNF_motd\"", "it's $(x)\n");
    run("cat ob_parameters.yaml", "\"idType\":\n  \"v1\": \"server\"\n"
                                  "\"parameters\":\n  \"iperf-server\":\n    \"parameters\":\n"
                                  "      \"port\": \"5001\"\n      \"motd\": \"it's $(x)\"\n"
                                  "\"target\": \"client\"\n"
                                  "\"vnfcParameters\":\n  \"server\":\n    \"parameters\":\n"
                                  "      \"i1\":\n        \"parameters\":\n"
                                  "          \"private\": \"10.0.0.1\"\n"
                                  "          \"hostname\": \"a-1\"\n"
                                  "      \"i2\":\n        \"parameters\":\n"
                                  "          \"private\": \"10.0.0.2\"\n"
                                  "    \"vnfcId\": \"c\"\n");
}

static void test_exports_are_added(void **state)
{
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(
        dependency_save(root, "",
                        "{\"parameters\":{\"iperf-server\":{\"parameters\":{\"port\":\"1\"}}}}",
                        &err),
        ERR_OK);
    run("grep -c VNF_port ob_parameters.sh", "2\n");
    run(". ./ob_parameters.sh; echo $OB_iperf_server_VNF_port $OB_server_VNFC_hostname",
        "1 a-1:NA\n");
}

static void test_refused(void **state)
{
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(dependency_save(root, "", "not json", &err), ERR_SYNTAX);
    assert_int_equal(dependency_save(root, "", "[]", &err), ERR_SYNTAX);
}

static int make(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int clean(void **state)
{
    char line[100];

    (void)state;
    snprintf(line, sizeof(line), "rm -rf '%s'", root);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_exports_are_added),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
