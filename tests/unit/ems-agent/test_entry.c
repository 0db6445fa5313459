/* The first process of a container: as whom it goes on. */
#include "ems-agent/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void write_in(const char *folder, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_user(void **state)
{
    static const struct {
        const char *text;
        enum err_code want;
        unsigned uid, gid;
    } cases[] = {
        {"web", ERR_OK, 7, 8},
        {"web:adm", ERR_OK, 7, 4},
        {"7", ERR_OK, 7, 8},
        {"99", ERR_OK, 99, 0},
        {"99:5", ERR_OK, 99, 5},
        {"0", ERR_OK, 0, 0},
        {"nobody", ERR_NOT_FOUND, 0, 0},
        {"web:none", ERR_NOT_FOUND, 0, 0},
        {"", ERR_INVALID, 0, 0},
        {":adm", ERR_INVALID, 0, 0},
        {"-1", ERR_NOT_FOUND, 0, 0},
        {"4294967295", ERR_NOT_FOUND, 0, 0},
    };
    char folder[] = "/tmp/baton-entry.XXXXXX", path[100];
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_in(folder, "passwd", "root:x:0:0::/root:/bin/sh\nweb:x:7:8::/:/bin/sh\n");
    write_in(folder, "group", "root:x:0:\nadm:x:4:web\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uid_t uid = 0;
        gid_t gid = 0;
        enum err_code rc = entry_user(folder, cases[i].text, &uid, &gid, NULL);
        if (rc != cases[i].want || uid != cases[i].uid || gid != cases[i].gid)
            fail_msg("'%s': %d %u %u", cases[i].text, rc, uid, gid);
    }
    snprintf(path, sizeof(path), "%s/passwd", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/group", folder);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_user)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
