#include "tests/support/local_cloud.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define OWN_SPACE "/tmp/baton-space."

char cloud_folder[64];
struct loc_options cloud_options;
static const char *const flavours[] = {"tiny:1:512:1", "small:1:1024:5"};
static bool has_runc;
static volatile bool *life_deletes; /* shared with the fork that lives: it deletes its server */
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
                                         .processes = 200,
                                         .default_disk_gb = 1,
                                         .console_bytes = 8192};
}

static pid_t owner; /* the test program; its forks are not it */
static char mode_text[8];
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
    if (loc_network_create(l, NULL, name, cidr, &n, &err) != ERR_OK)
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

/* Of any zone. */
static void assert_no_netns(const char *state_id)
{
    char prefix[40];
    DIR *d = opendir("/run/netns");
    int len = snprintf(prefix, sizeof(prefix), "baton-%s", state_id);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, prefix, (size_t)len) == 0)
            fail_msg("network namespace '%s' is left", e->d_name);
    if (d)
        closedir(d);
}

static void assert_nothing_left(const char *state_id)
{
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
    assert_no_netns(state_id);
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
    snprintf(mode_text, sizeof(mode_text), "%d", mode);
    cloud_set_options(mode);
    return 0;
}

/* --- space of its own --- */

/* The file system around it, when cloud_folder has one of its own. */
static bool own_space(char *ret, size_t size)
{
    char *slash;
    snprintf(ret, size, "%s", cloud_folder);
    return strncmp(ret, OWN_SPACE, strlen(OWN_SPACE)) == 0 && (slash = strrchr(ret, '/')) != NULL &&
           (*slash = '\0', true);
}

static void give_space_back(void)
{
    char space[sizeof(cloud_folder)];
    if (!own_space(space, sizeof(space)))
        return;
    umount2(space, MNT_DETACH);
    rmdir(space);
    cloud_folder[0] = '\0';
}

void cloud_limit_space(int mb)
{
    char space[sizeof(OWN_SPACE) + 8], size[40];
    snprintf(space, sizeof(space), OWN_SPACE "XXXXXX");
    snprintf(size, sizeof(size), "size=%dm,mode=755", mb);
    if (!mkdtemp(space))
        fail_msg("%s", space);
    if (mount("tmpfs", space, "tmpfs", 0, size) != 0) { /* disks are not mounted here, either */
        rmdir(space);
        return;
    }
    rmdir(cloud_folder);
    snprintf(cloud_folder, sizeof(cloud_folder), "%s/local", space);
    assert_int_equal(mkdir(cloud_folder, 0700), 0);
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
    give_space_back();
    return 0;
}

/* --- a driver that is killed --- */

void cloud_life(int64_t die_at)
{
    struct loc_network n;
    struct loc_server s;
    struct loc l = {.lock_fd = -1};
    bool was_there;
    cloud_options.die_at = die_at;
    if (loc_cloud_open(&l, &cloud_options, NULL) != ERR_OK ||
        loc_network_create(&l, NULL, "private", NULL, &n, NULL) != ERR_OK ||
        cloud_try_launch(&l, "a", "token", "#!/bin/sh\necho up\n", &s, NULL) != ERR_OK ||
        !(*life_deletes = true) || loc_server_delete(&l, s.id, &was_there, NULL) != ERR_OK ||
        loc_network_delete(&l, NULL, n.id, &was_there, NULL) != ERR_OK)
        _exit(1);
    _exit(0);
}

void cloud_check_successor(const char *when)
{
    struct loc_server s;
    struct err err = ERR_INIT;
    const char *why;
    unsigned n = 0;
    struct loc *l = cloud_open();
    for (const struct loc_server *o = l->servers; o; o = o->next, n++)
        if (strcmp(loc_server_status(l, o, &why), "ACTIVE") != 0)
            fail_msg("killed %s: there is a server in phase %s", when, loc_phase_names[o->phase]);
    assert_true(n <= 1);
    cloud_network(l, "private", NULL);
    enum err_code rc = cloud_try_launch(l, "a", "token", "#!/bin/sh\necho up\n", &s, &err);
    if (rc == ERR_STATE && *life_deletes && n == 0) /* deleted: it does not come back */
        rc = cloud_try_launch(l, "a", "another", "#!/bin/sh\necho up\n", &s, &err);
    if (rc != ERR_OK)
        fail_msg("killed %s: %s", when, err.msg);
    *life_deletes = false;
    assert_ptr_equal(l->servers->next, NULL); /* never a second one */
    cloud_await(l, &s, "up");
    cloud_close(l);
    cloud_clean();
    assert_int_equal(mkdir(cloud_folder, 0755), 0);
}

bool cloud_is_possible(void **state)
{
    if (*(const int *)*state == LOC_PLAIN || has_runc)
        return true;
    print_message("containers cannot be made here\n");
    skip();
    return false;
}

/* --- told to stop --- */

/* A test that takes too long is told to stop (tests/support/reap) and must not leave servers,
 * namespaces and folders. Nothing of that may be done in a signal's handler but this: to become
 * another program, ours again, which cleans. */
static void on_stop(int signal)
{
    char *const args[] = {(char[]){"cloud"}, (char[]){"--clean"}, cloud_folder, mode_text, NULL};
    if (getpid() == owner && cloud_folder[0])
        execv("/proc/self/exe", args);
    _exit(128 + signal);
}

static void clean_when_stopped(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    const struct sigaction act = {.sa_handler = on_stop};
    owner = getpid();
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &act, NULL);
}

static int clean_and_end(const char *folder, const char *mode)
{
    struct loc l = {.o = &cloud_options, .lock_fd = -1};
    struct err err = ERR_INIT;
    snprintf(cloud_folder, sizeof(cloud_folder), "%s", folder);
    cloud_set_options(atoi(mode));
    if (access(cloud_folder, F_OK) != 0)
        return 128 + SIGTERM;
    /* The driver that a test has forked is told to stop, too. */
    int64_t deadline = clock_mono_us() + 8 * USEC_PER_SEC;
    enum err_code rc;
    while ((rc = loc_state_open(&l, &err)) != ERR_OK && clock_mono_us() < deadline) {
        poll(NULL, 0, 50);
        err = (struct err)ERR_INIT;
    }
    if (rc == ERR_OK) {
        rc = loc_clean(&l, &err);
        loc_state_close(&l);
    }
    if (rc != ERR_OK)
        fprintf(stderr, "stopped, and '%s' stays: %s\n", folder, err.msg);
    else
        give_space_back();
    return 128 + SIGTERM;
}

bool cloud_begin(int argc, char **argv, int *ret_code)
{
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    struct loc l = {.o = &cloud_options, .lock_fd = -1};
    if (loc_is_companion(argc, argv, ret_code))
        return false;
    if (argc == 4 && strcmp(argv[1], "--clean") == 0) {
        *ret_code = clean_and_end(argv[2], argv[3]);
        return false;
    }
    clean_when_stopped();
    umask(027); /* as the driver's process has it */
    log_set_level_all(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_CRIT);
    if (getenv("ONLY")) /* a pattern, e.g. "test_token*" */
        cmocka_set_test_filter(getenv("ONLY"));
    cloud_set_options(LOC_AUTO);
    has_runc = loc_probe(&l, &why) == LOC_RUNC;
    life_deletes = mmap(NULL, sizeof(*life_deletes), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (life_deletes == MAP_FAILED)
        fail_msg("no memory to share with a fork");
    if (!has_runc)
        print_message("only plain mode is tested: %s\n", why.s);
    return true;
}
