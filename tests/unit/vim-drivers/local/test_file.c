#include "vim-drivers/local/file.h"

#include "common/base/macros.h"
#include "vim-drivers/local/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[] = "/tmp/baton-file.XXXXXX";

static void expect_mode(const char *name, unsigned mode)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s%s%s", top, name[0] ? "/" : "", name);
    if (lstat(path, &st) != 0)
        fail_msg("%s is not there", path);
    if ((st.st_mode & 07777) != mode)
        fail_msg("%s: %o and not %o", path, (unsigned)st.st_mode & 07777, mode);
}

/* A daemon's umask is 027: what was made 0755 under it was 0750, and only root could use a server's
 * root file system. */
static void test_folders_whatever_the_umask(void **state)
{
    char path[LOC_PATH_MAX];
    struct err err = ERR_INIT;
    (void)state;
    snprintf(path, sizeof(path), "%s/a/b/c", top);
    assert_int_equal(loc_make_folder(path, 0755, &err), ERR_OK);
    expect_mode("a", 0755);
    expect_mode("a/b", 0755);
    expect_mode("a/b/c", 0755);
    snprintf(path, sizeof(path), "%s/a/own", top);
    assert_int_equal(loc_make_folder(path, 0700, &err), ERR_OK);
    expect_mode("a/own", 0700);
    assert_int_equal(loc_make_folder(path, 0755, &err), ERR_OK);
    expect_mode("a/own", 0700); /* what is there stays as it is */
}

static void test_root_file_system(void **state)
{
    static const char *const open_to_all[] = {"root-fs", "root-fs/etc", "root-fs/opt/baton/bin",
                                              "root-fs/var/lib"};
    char path[LOC_PATH_MAX];
    struct err err = ERR_INIT;
    (void)state;
    snprintf(path, sizeof(path), "%s/root-fs", top);
    assert_int_equal(loc_rootfs_host(path, &err), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(open_to_all); i++)
        expect_mode(open_to_all[i], 0755);
    expect_mode("root-fs/root", 0700);
    expect_mode("root-fs/tmp", 01777);
    expect_mode("root-fs/etc/passwd", 0644);
    expect_mode("root-fs/etc/shadow", 0600);
}

static int make_top(void **state)
{
    (void)state;
    umask(027);
    return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
    (void)state;
    return loc_remove_tree(top, NULL) == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folders_whatever_the_umask),
        cmocka_unit_test(test_root_file_system),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
