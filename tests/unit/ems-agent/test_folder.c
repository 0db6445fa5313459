#include "ems-agent/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char base[] = "/tmp/baton-folder.XXXXXX";
static char root[64];

static const char *path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", base, name);
    return path;
}

static void test_map(void **state)
{
    char deep[200] = "";
    const struct {
        const char *path, *mapped; /* NULL: refused */
    } cases[] = {
        {NULL, ""},
        {"", ""},
        {"/opt/openbaton/scripts", ""},
        {"/opt/openbaton/scripts/", ""},
        {"/opt/openbaton/scripts/a//b/./c", "a/b/c"},
        {"a/b", "a/b"},
        {root, ""},
        {"/opt/openbaton/scripts-other", NULL},
        {"/opt/openbaton", NULL},
        {"/etc", NULL},
        {"/", NULL},
        {"..", NULL},
        {"a/../../b", NULL},
        {"/opt/openbaton/scripts/../x", NULL},
        {"...", "..."},
        {deep, NULL},
    };
    struct err err;

    (void)state;
    for (int i = 0; i < 40; i++)
        strcat(deep, "d/");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        enum err_code rc = folder_map(root, cases[i].path, &out, &err);
        assert_int_equal(rc, cases[i].mapped ? ERR_OK : ERR_DENIED);
        if (cases[i].mapped)
            assert_string_equal(out.s, cases[i].mapped);
    }
}

static void expect_content(const char *name, const char *want)
{
    char got[100] = "";
    FILE *f = fopen(path_of(name), "re");

    assert_non_null(f);
    got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(got, want);
}

static void test_write_and_list(void **state)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    struct err err;
    struct stat st;

    (void)state;
    assert_int_equal(folder_write(root, "", "b.sh", "one", 3, false, &err), ERR_OK);
    assert_int_equal(folder_write(root, "", "b.sh", "two", 3, false, &err), ERR_OK);
    assert_int_equal(folder_write(root, "", "b.sh", "+", 1, true, &err), ERR_OK);
    expect_content("root/b.sh", "two+");
    assert_int_equal(stat(path_of("root/b.sh"), &st), 0);
    assert_int_equal(st.st_mode & 0111, 0111);
    assert_int_equal(folder_write(root, "sub", "deeper/a.sh", "x", 1, false, &err), ERR_OK);
    expect_content("root/sub/deeper/a.sh", "x");
    assert_int_equal(stat(path_of("root/sub/deeper"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    assert_int_equal(folder_list(root, "", &names, &err), ERR_OK);
    assert_string_equal(names.s, "['b.sh', 'sub']");
}

static void test_writes_nothing_outside(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(mkdir(path_of("outside"), 0755), 0);
    assert_int_equal(symlink("../outside", path_of("root/link")), 0);
    assert_int_equal(symlink("../outside/file", path_of("root/file-link")), 0);
    assert_int_equal(mkfifo(path_of("root/fifo"), 0600), 0);

    assert_int_equal(folder_write(root, "link", "x", "x", 1, false, &err), ERR_DENIED);
    assert_int_equal(folder_write(root, "", "link/x", "x", 1, false, &err), ERR_DENIED);
    assert_int_equal(folder_write(root, "", "../x", "x", 1, false, &err), ERR_DENIED);
    assert_int_equal(folder_write(root, "", "/etc/x", "x", 1, false, &err), ERR_DENIED);
    assert_int_equal(folder_write(root, "", "file-link", "x", 1, true, &err), ERR_DENIED);
    assert_int_equal(folder_write(root, "", "fifo", "x", 1, true, &err), ERR_IO); /* no reader */
    assert_int_equal(folder_write(root, "", "", "x", 1, false, &err), ERR_INVALID);
    assert_int_equal(folder_write(root, "", ".", "x", 1, false, &err), ERR_INVALID);
    assert_int_equal(folder_write(root, "", NULL, "x", 1, false, &err), ERR_DENIED);
    assert_int_not_equal(access(path_of("outside/x"), F_OK), 0);
    assert_int_not_equal(access(path_of("outside/file"), F_OK), 0);
    assert_int_not_equal(access(path_of("x"), F_OK), 0);
    /* A link in the place of the script itself is replaced, and not followed. */
    assert_int_equal(folder_write(root, "", "file-link", "x", 1, false, &err), ERR_OK);
    assert_int_not_equal(access(path_of("outside/file"), F_OK), 0);
}

static void test_script(void **state)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct err err;

    (void)state;
    assert_int_equal(folder_write(root, "", "run.sh", "x", 1, false, &err), ERR_OK);
    assert_int_equal(folder_script(root, "/run.sh", &path, &err), ERR_OK);
    assert_string_equal(path.s, path_of("root/run.sh"));
    assert_int_equal(symlink("run.sh", path_of("root/inside.sh")), 0);
    assert_int_equal(folder_script(root, "inside.sh", &path, &err), ERR_OK);
    assert_int_equal(symlink("/bin/sh", path_of("root/sh")), 0);
    assert_int_equal(folder_script(root, "sh", &path, &err), ERR_DENIED);
    assert_int_equal(folder_script(root, "../../bin/sh", &path, &err), ERR_DENIED);
    assert_int_equal(folder_script(root, "none.sh", &path, &err), ERR_NOT_FOUND);
    assert_int_equal(folder_script(root, "", &path, &err), ERR_NOT_FOUND); /* a folder */
}

static void test_size_is_bounded(void **state)
{
    struct err err;
    char *much = calloc(1, FOLDER_FILE_MAX);

    (void)state;
    assert_int_equal(folder_write(root, "", "much", much, FOLDER_FILE_MAX, false, &err), ERR_OK);
    assert_int_equal(folder_write(root, "", "much", "x", 1, true, &err), ERR_LIMIT);
    free(much);
}

static int make(void **state)
{
    (void)state;
    umask(077); /* what is made is for others all the same */
    if (!mkdtemp(base))
        return -1;
    snprintf(root, sizeof(root), "%s/root", base);
    return 0;
}

static int clean(void **state)
{
    char line[100];

    (void)state;
    snprintf(line, sizeof(line), "rm -rf '%s'", base);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_write_and_list),
        cmocka_unit_test(test_writes_nothing_outside),
        cmocka_unit_test(test_script),
        cmocka_unit_test(test_size_is_bounded),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
