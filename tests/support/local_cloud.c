#include "tests/support/local_cloud.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char cloud_folder[64];
struct loc_options cloud_options;
static const char *const flavours[] = {"tiny:1:512:1", "small:1:1024:5"};
static bool has_runc;
const int cloud_plain = LOC_PLAIN, cloud_runc = LOC_RUNC;

void cloud_set_options(int mode)
{
    cloud_options = (struct loc_options){.state_dir = cloud_folder,
                                         .type = "local",
                                         .images = "",
                                         .agent = "/bin/true",
                                         .mode = mode,
                                         .flavours = {flavours, 2},
                                         .default_flavour = "tiny",
                                         .quota_instances = 50,
                                         .console_bytes = 8192};
}

static struct loc *opened; /* for the end of a test that failed */

struct loc *cloud_open(void)
{
    struct loc *l = opened = xcalloc(1, sizeof(*l));
    struct err err = ERR_INIT;
    if (loc_cloud_open(l, &cloud_options, &err) != ERR_OK)
        fail_msg("%s: %s (%s)", cloud_folder, err.msg, err.hint);
    return l;
}

void cloud_close(struct loc *l)
{
    opened = NULL;
    loc_state_close(l);
    free(l);
}

void cloud_network(struct loc *l, const char *name, const char *cidr)
{
    struct loc_network n;
    struct err err = ERR_INIT;
    if (loc_network_create(l, name, cidr, &n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

enum err_code cloud_try_launch(struct loc *l, const char *name, const char *token, const char *text,
                               struct loc_server *ret, struct err *err)
{
    struct loc_launch want = {.name = name,
                              .image = "host",
                              .flavour = "tiny",
                              .token = token,
                              .user_data = text,
                              .nics = {{.network = "private"}},
                              .nic_n = 1};
    return loc_server_launch(l, &want, ret, err);
}

struct loc_server cloud_launch(struct loc *l, const char *name, const char *text)
{
    struct loc_server s;
    struct err err = ERR_INIT;
    if (cloud_try_launch(l, name, NULL, text, &s, &err) != ERR_OK)
        fail_msg("%s (%s)", err.msg, err.hint);
    return s;
}

bool cloud_has_text(const char *path, const char *text)
{
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    return loc_read(path, 1024 * 1024, &all, NULL) == ERR_OK && strstr(all.s, text);
}

void cloud_await(const struct loc *l, const struct loc_server *s, const char *text)
{
    char dir[LOC_PATH_MAX], path[LOC_PATH_MAX];
    char events[4096];
    int64_t deadline = clock_mono_us() + CLOUD_WAIT_MS * INT64_C(1000);
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    loc_path(l, dir, "instances/%s", s->id);
    loc_path(l, path, "instances/%s/console.log", s->id);
    assert_true(inotify_add_watch(fd, dir, IN_MODIFY | IN_CREATE) >= 0);
    while (!cloud_has_text(path, text)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
        if (poll(&p, 1, clock_left_ms(deadline)) <= 0) {
            err_ignore(loc_read(path, 65536, &all, NULL), "for the message only");
            fail_msg("the console does not say '%s' but: %s", text, all.s);
        }
        while (read(fd, events, sizeof(events)) > 0)
            ;
    }
    close(fd);
}

/* --- what is left on the host --- */

bool cloud_has_process(const char *text)
{
    DIR *d = opendir("/proc");
    bool is_found = false;
    for (struct dirent *e; !is_found && (e = readdir(d));) {
        char path[300], args[4096];
        snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
        int fd = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? open(path, O_RDONLY) : -1;
        ssize_t n = fd >= 0 ? read(fd, args, sizeof(args) - 1) : -1;
        if (fd >= 0)
            close(fd);
        for (ssize_t i = 0; i < n; i++)
            args[i] = args[i] ? args[i] : ' ';
        if (n > 0) {
            args[n] = '\0';
            is_found = strstr(args, text) != NULL;
        }
    }
    closedir(d);
    return is_found;
}

static void assert_no_cgroup(const char *state_id)
{
    char path[300] = "";
    DIR *d = opendir("/sys/fs/cgroup");
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/baton-%s", e->d_name, state_id);
        if (access(path, F_OK) == 0)
            break;
    }
    if (d)
        closedir(d);
    if (access(path, F_OK) == 0)
        fail_msg("'%s' is left", path);
}

static void assert_nothing_left(const char *state_id)
{
    char path[100];
    AUTO(sbuf_release) struct sbuf mounts = SBUF_INIT;
    struct stat st;
    if (stat(cloud_folder, &st) == 0) {
        char command[100];
        snprintf(command, sizeof(command), "find %s -print", cloud_folder);
        fail_msg("'%s' is left: %d", cloud_folder, system(command));
    }
    /* What was killed may still be on its way out. */
    int64_t deadline = clock_mono_us() + CLOUD_WAIT_MS * INT64_C(1000);
    while (cloud_has_process(cloud_folder) && clock_mono_us() < deadline)
        poll(NULL, 0, 10);
    assert_false(cloud_has_process(cloud_folder));
    assert_int_equal(loc_read("/proc/self/mounts", 4 * 1024 * 1024, &mounts, NULL), ERR_OK);
    assert_null(strstr(mounts.s, cloud_folder));
    assert_null(strstr(mounts.s, state_id));
    snprintf(path, sizeof(path), "/run/netns/baton-%s", state_id);
    assert_int_not_equal(stat(path, &st), 0);
    assert_no_cgroup(state_id);
}

void cloud_clean(void)
{
    struct loc l = {.o = &cloud_options, .lock_fd = -1};
    struct err err = ERR_INIT;
    char id[LOC_STATE_ID];
    if (loc_state_open(&l, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    snprintf(id, sizeof(id), "%s", l.id);
    if (loc_clean(&l, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    loc_state_close(&l);
    assert_nothing_left(id);
}

/* Where waiting for the disk costs nothing: a test kills processes, never the machine. */
static const char *place(void)
{
    struct statvfs fs;
    bool is_good = statvfs("/dev/shm", &fs) == 0 && !(fs.f_flag & ST_NOEXEC) &&
                   fs.f_bavail * fs.f_frsize > 256 << 20 && access("/dev/shm", W_OK) == 0;
    return is_good ? "/dev/shm" : "/tmp";
}

int cloud_set_up(void **state)
{
    int mode = *(const int *)*state;
    if (mode == LOC_RUNC && !has_runc)
        return 0;
    snprintf(cloud_folder, sizeof(cloud_folder), "%s/baton-local.XXXXXX", place());
    if (!mkdtemp(cloud_folder))
        return -1;
    cloud_set_options(mode);
    return 0;
}

/* After a test that failed; a good one has cleaned. */
int cloud_tear_down(void **state)
{
    struct loc l = {.o = &cloud_options, .lock_fd = -1};
    (void)state;
    cloud_options.die_at = 0;
    if (opened)
        cloud_close(opened);
    if (access(cloud_folder, F_OK) == 0 && loc_state_open(&l, NULL) == ERR_OK) {
        err_ignore(loc_clean(&l, NULL), "the test has failed already");
        loc_state_close(&l);
    }
    return 0;
}

bool cloud_is_possible(void **state)
{
    if (*(const int *)*state == LOC_PLAIN || has_runc)
        return true;
    print_message("containers cannot be made here\n");
    skip();
    return false;
}

bool cloud_begin(int argc, char **argv, int *ret_code)
{
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    struct loc l = {.o = &cloud_options, .lock_fd = -1};
    if (loc_is_companion(argc, argv, ret_code))
        return false;
    log_set_level_all(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_CRIT);
    if (getenv("ONLY")) /* a pattern, e.g. "test_token*" */
        cmocka_set_test_filter(getenv("ONLY"));
    cloud_set_options(LOC_AUTO);
    has_runc = loc_probe(&l, &why) == LOC_RUNC;
    if (!has_runc)
        print_message("only plain mode is tested: %s\n", why.s);
    return true;
}
