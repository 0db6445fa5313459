#include "proto/environment.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names(void **state)
{
    static const char *const refused[] = {
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        "LD-PRELOAD",
        "LD PRELOAD",
        "LD.DEBUG",
        "BASH_ENV",
        "ENV",
        "IFS",
        "PATH",
        "PYTHONPATH",
        "PERL5OPT",
        "GCONV_PATH",
        "SHELLOPTS",
        "PS4",
        "BASH_FUNC_ls%%",
        "BASH_FUNC_ls()",
        "GIT_SSH_COMMAND",
        "GLIBC_TUNABLES",
        "_JAVA_OPTIONS",
        "JAVA-TOOL-OPTIONS",
        "NODE_OPTIONS",
        "LD_\xc3\xbc",
    };
    static const char *const taken[] = {
        "",       "k",           "path",        "ld_preload", "MY_PATH", "PATH_TO_X",
        "LD",     "LDAP_SERVER", "ENVIRONMENT", "hostname",   "private", "PYTHON_VERSION",
        "GITHUB", "IFS_2",       "server_ENV",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (!environment_is_steering(refused[i]))
            fail_msg("%s", refused[i]);
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        if (environment_is_steering(taken[i]))
            fail_msg("%s", taken[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
