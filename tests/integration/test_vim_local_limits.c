/* An instance of vim-driver-local takes all it can get: the host and its neighbours go on, and the
 * script says what it did not get. */
#include "tests/support/local_cloud.h"

#include "common/base/sbuf.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MB = 1024 * 1024 };

static void assert_neighbour_lives(struct loc *l)
{
    struct loc_server s = cloud_launch(l, "neighbour",
                                       "#!/bin/bash\n(echo forked) && dd if=/dev/zero of=/tmp/x "
                                       "bs=1M count=20 status=none && echo it works\n");
    bool was_there;
    cloud_await(l, &s, "it works");
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
}

/* Its processes, as the control groups count them; -1: there are none of those. */
static long processes_of(const struct loc *l, const struct loc_server *s)
{
    static const char *const folders[] = {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"};
    char path[200];
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        snprintf(path, sizeof(path), "%s/baton-%s/%s/pids.current", folders[i], l->id, s->id);
        if (loc_read(path, 64, &text, NULL) == ERR_OK)
            return atol(text.s);
    }
    return -1;
}

static void test_fork_bomb(void **state)
{
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    if (!l->has_cgroups) {
        print_message("no control groups here: processes are not bounded\n");
        cloud_close(l);
        cloud_clean();
        skip();
    }
    struct loc_server s =
        cloud_launch(l, "bomb", "#!/bin/bash\nbomb() { bomb | bomb & }\nbomb\nsleep 1000\n");
    cloud_await(l, &s, "Resource temporarily unavailable");
    for (int i = 0; i < 3; i++) {
        assert_in_range(processes_of(l, &s), 1, cloud_options.processes);
        assert_neighbour_lives(l);
    }
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    assert_true(was_there);
    assert_int_equal(processes_of(l, &s), -1);
    cloud_close(l);
    cloud_clean();
}

/* Many small ones together, which no limit per process stops. */
static void test_memory_hog(void **state)
{
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    if (!l->has_cgroups) {
        print_message("no control groups here: memory is bounded per process\n");
        cloud_close(l);
        cloud_clean();
        skip();
    }
    struct loc_server s = cloud_launch(
        l, "hog",
        "#!/bin/bash\n"
        "for i in 1 2 3 4 5 6; do python3 -c '\n"
        "import time\nb = bytearray(150 << 20)\nfor i in range(0, len(b), 4096): b[i] = 1\n"
        "time.sleep(5)' & pids=\"$pids $!\"; done\n"
        "for p in $pids; do wait $p; echo \"status $?\"; done\necho over\n");
    cloud_await(l, &s, "status 137");
    assert_neighbour_lives(l);
    cloud_await(l, &s, "over");
    cloud_close(l);
    cloud_clean();
}

static int64_t space(void)
{
    struct statvfs fs;
    assert_int_equal(statvfs(cloud_folder, &fs), 0);
    return (int64_t)(fs.f_bavail * fs.f_frsize);
}

static bool has_disks(struct loc *l)
{
    if (l->has_disk)
        return true;
    print_message("disks are not bounded here: %s\n", l->no_disk);
    cloud_close(l);
    cloud_clean();
    skip();
    return false;
}

static void test_disk_filler(void **state)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    if (!cloud_is_possible(state))
        return;
    cloud_limit_space(2000);
    cloud_options.disk_reserve = space() - 800 * (int64_t)MB; /* else it is 1 GB to write */
    struct loc *l = cloud_open();
    if (!has_disks(l))
        return;
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "filler",
        "#!/bin/bash\nfor at in / /tmp /var/lib /root /run; do dd if=/dev/zero of=$at/x "
        "bs=1M status=none; done\nrm /x /tmp/x; dd if=/dev/zero of=/etc/x bs=1M count=9 && "
        "echo again\n");
    cloud_await(l, &s, "baton: the disk has ");
    cloud_await(l, &s, "No space left on device");
    assert_int_equal(s.disk_size, 512 * (int64_t)MB); /* an eighth would be less */
    loc_path(l, path, "instances/%s/disk", s.id);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range((int64_t)st.st_blocks * 512, 0, s.disk_size);
    assert_true(space() > cloud_options.disk_reserve);
    assert_neighbour_lives(l);
    cloud_await(l, &s, "again");
    cloud_close(l);
    cloud_clean();
}

/* What all of them may write is never more than there is. */
static void test_disks_together(void **state)
{
    struct loc_server s;
    struct err err = ERR_INIT;
    enum err_code rc;
    int64_t sum = 0;
    int n = 0;
    if (!cloud_is_possible(state))
        return;
    cloud_limit_space(2000);
    cloud_options.disk_reserve = space() - 1200 * (int64_t)MB;
    struct loc *l = cloud_open();
    if (!has_disks(l))
        return;
    cloud_network(l, "private", NULL);
    while ((rc = cloud_try_launch(l, "a", NULL, "#!/bin/sh\necho up\n", &s, &err)) == ERR_OK) {
        sum += s.disk_size;
        n++;
        assert_true(n < 10);
    }
    assert_int_equal(rc, ERR_LIMIT);
    assert_non_null(strstr(err.msg, "no space is left"));
    assert_non_null(strstr(err.hint, "disk-reserve"));
    assert_in_range(n, 2, 4);
    assert_in_range(sum, 600 * MB, 1200 * MB);
    cloud_close(l);
    cloud_clean();
}

static void test_disk_of_rebuilt(void **state)
{
    struct loc_server after;
    if (!cloud_is_possible(state))
        return;
    cloud_limit_space(16 * 1024); /* an eighth is enough */
    struct loc *l = cloud_open();
    if (!has_disks(l))
        return;
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "a", "#!/bin/sh\nls /made || echo new; touch /made; df -m --output=size / | tail -1\n");
    assert_int_equal(s.disk_size, 1024 * (int64_t)MB);
    cloud_await(l, &s, "new");
    assert_int_equal(loc_server_rebuild(l, s.id, "host", NULL, &after, NULL), ERR_OK);
    cloud_await(l, &after, "new");
    cloud_close(l);
    l = cloud_open(); /* the next driver knows it, too */
    assert_int_equal(l->servers->disk_size, s.disk_size);
    cloud_close(l);
    cloud_clean();
}

/* Where it is switched off, and in plain mode: no file is larger than the disk. */
static void test_single_file(void **state)
{
    if (!cloud_is_possible(state))
        return;
    cloud_options.limit_disk = LOC_NO;
    struct loc *l = cloud_open();
    assert_false(l->has_disk);
    cloud_network(l, "private", NULL);
    struct loc_server s =
        cloud_launch(l, "a",
                     "#!/bin/bash\ntruncate -s 1000M $BATON_ROOT/tmp/x && echo fits\n"
                     "truncate -s 1100M $BATON_ROOT/tmp/x || echo larger does not\n");
    cloud_await(l, &s, "fits");
    cloud_await(l, &s, "larger does not");
    assert_int_equal(s.disk_size, 0);
    cloud_close(l);
    cloud_clean();
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {
        CLOUD_RUNC(test_fork_bomb),       CLOUD_RUNC(test_memory_hog),
        CLOUD_RUNC(test_disk_filler),     CLOUD_RUNC(test_disks_together),
        CLOUD_RUNC(test_disk_of_rebuilt), CLOUD_BOTH(test_single_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
