/* User data: the lines that are filled, and what stays as it is. */
#include "vnfm-generic/ems/user_data.h"

#include "common/base/macros.h"
#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_lines(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct user_data_value values[] = {
        {"A", "10.0.0.1"}, {"B", "it's $HOME"}, {"C", NULL}, {"D", ""}};
    (void)state;
    user_data_make("#!/bin/sh\nexport A=\nexport B=\nexport C=\nexport D=\nexport AA=\n"
                   " export A=\nexport A=x",
                   values, ARRAY_LEN(values), NULL, 0, &out);
    assert_string_equal(out.s, "#!/bin/sh\nexport A=10.0.0.1\nexport B='it'\\''s $HOME'\n"
                               "export C=\nexport D=''\nexport AA=\n export A=\nexport A=x\n");
}

static void test_of_the_package(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    static const char extra[] = "\xEF\xBB\xBF"
                                "echo mine";
    (void)state;
    user_data_make("one", NULL, 0, extra, sizeof(extra) - 1, &out);
    assert_string_equal(out.s, "one\necho mine\n");
}

/* The NFVO fills these, once per instance. */
static void test_template(void **state)
{
    static const char *const lines[] = {"\nexport " USER_DATA_HOSTNAME "\n",
                                        "\nexport " USER_DATA_EMS_USER "\n",
                                        "\nexport " USER_DATA_EMS_PASSWORD "\n",
                                        "\nexport BROKER_IP=\n",
                                        "\nexport BROKER_PORT=\n",
                                        "\nexport EMS_VIRTUAL_HOST=\n",
                                        "\nexport EMS_TLS=\n",
                                        "\nexport EMS_TLS_CA=\n",
                                        "\nexport ENDPOINT=\n"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        assert_non_null(strstr(user_data_template, lines[i]));
    assert_true(strncmp(user_data_template, "#!/bin/sh\n", 10) == 0);
    assert_true(strncmp(guard_script, "#!/bin/bash\n", 12) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_of_the_package),
        cmocka_unit_test(test_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
