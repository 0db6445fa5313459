/* runc mode: a container for each server. Its mounts are in its own mount namespace only, its
 * network namespace lives as long as its processes, so all that has to be removed is the container,
 * its wires and its folder. */
#include "vim-drivers/local/container.h"

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/local/fabric.h"
#include "vim-drivers/local/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COPY_MS = 600000, END_MS = 10000 };

/* Runs the user data, says how it ended, and stays; tini above it reaps. */
#define FIRST_SCRIPT                                                                               \
    "f=/opt/baton/user-data; if [ -s $f ]; then IFS= read -r line <$f; case $line in "             \
    "'#!'*) $f;; *) /bin/sh $f;; esac; echo \"baton: the user data ended with status $?\"; fi; "   \
    "exec sleep infinity"

static const char *const first_process[] = {"/opt/baton/bin/tini", "--", "/bin/sh", "-c",
                                            FIRST_SCRIPT,          NULL};

/* --- its root --- */

struct root {
    char rootfs[LOC_PATH_MAX], overlay[4 * LOC_PATH_MAX];
    char disk[LOC_PATH_MAX], disk_at[LOC_PATH_MAX]; /* "": none */
    bool is_host;
};

static enum err_code make_its_own(struct loc *l, const struct loc_server *s, const char *top,
                                  struct err *err)
{
    enum err_code rc = loc_rootfs_identity(top, s, err);
    return rc == ERR_OK ? loc_keys_place(l, s, top, err) : rc;
}

/* Onto its disk goes what is below `tree`, which is `rootfs` itself or holds the overlay's folders. */
static enum err_code onto_disk(struct loc *l, const struct loc_server *s, const char *tree,
                               struct root *r, struct err *err)
{
    if (!s->disk_size)
        return ERR_OK;
    loc_disk_file(l, s, r->disk);
    snprintf(r->disk_at, sizeof(r->disk_at), "%s", tree);
    loc_step(l);
    enum err_code rc = loc_disk_make(l, s, tree, err);
    if (rc == ERR_OK)
        rc = loc_remove_tree(tree, err); /* it is on the disk now, and here only in the way */
    return rc == ERR_OK ? loc_make_folder(tree, 0755, err) : rc;
}

static enum err_code overlay_root(struct loc *l, const struct loc_server *s, const char *image,
                                  struct root *r, struct err *err)
{
    char top[LOC_PATH_MAX], upper[LOC_PATH_MAX], work[LOC_PATH_MAX];
    loc_path(l, top, "instances/%s/layer", s->id);
    loc_path(l, upper, "instances/%s/layer/upper", s->id);
    loc_path(l, work, "instances/%s/layer/work", s->id);
    enum err_code rc = loc_make_folder(upper, 0755, err);
    if (rc == ERR_OK)
        rc = loc_make_folder(work, 0755, err);
    if (rc == ERR_OK)
        rc = loc_make_folder(r->rootfs, 0755, err);
    snprintf(r->overlay, sizeof(r->overlay), "lowerdir=%s,upperdir=%s,workdir=%s", image, upper,
             work);
    if (rc == ERR_OK)
        rc = make_its_own(l, s, upper, err);
    return rc == ERR_OK ? onto_disk(l, s, top, r, err) : rc;
}

static enum err_code copied_root(struct loc *l, const struct loc_server *s, const char *image,
                                 struct root *r, struct err *err)
{
    const char *const argv[] = {"cp", "-a", "--reflink=auto", "--", image, r->rootfs, NULL};
    enum err_code rc = loc_run(&(struct loc_spawn){.argv = argv, .timeout_ms = COPY_MS}, err);
    if (rc == ERR_OK && chmod(r->rootfs, 0755) != 0) /* unpacked by a driver that left it at 0750 */
        rc = err_set_errno(err, ERR_IO, errno, "chmod '%s'", r->rootfs);
    if (rc == ERR_OK)
        rc = make_its_own(l, s, r->rootfs, err);
    return rc == ERR_OK ? onto_disk(l, s, r->rootfs, r, err) : rc;
}

static enum err_code make_root(struct loc *l, const struct loc_server *s, struct root *r,
                               struct err *err)
{
    char image[LOC_PATH_MAX];
    loc_path(l, r->rootfs, "instances/%s/rootfs", s->id);
    enum err_code rc = loc_image_folder(l, s->image, image, err);
    if (rc != ERR_OK)
        return rc;
    r->is_host = !image[0];
    if (!r->is_host)
        return l->has_overlay ? overlay_root(l, s, image, r, err)
                              : copied_root(l, s, image, r, err);
    rc = loc_rootfs_host(r->rootfs, err);
    if (rc == ERR_OK)
        rc = make_its_own(l, s, r->rootfs, err);
    return rc == ERR_OK ? onto_disk(l, s, r->rootfs, r, err) : rc;
}

/* --- its console --- */

/* The end to write to: descriptor, or -1. */
static int open_console(struct loc *l, const struct loc_server *s, struct err *err)
{
    char path[LOC_PATH_MAX], bytes[24];
    int p[2];
    pid_t pid;
    loc_path(l, path, "instances/%s/console.log", s->id);
    snprintf(bytes, sizeof(bytes), "%lld", (long long)l->o->console_bytes);
    if (pipe2(p, O_CLOEXEC) != 0) {
        err_set_errno(err, ERR_IO, errno, "open the console");
        return -1;
    }
    const char *const argv[] = {loc_own_path(), "instance-console", path, bytes, NULL};
    enum err_code rc = loc_detach(argv, NULL, p[0], -1, l->lock_fd, &pid, err);
    close(p[0]);
    if (rc == ERR_OK)
        return p[1];
    close(p[1]);
    return -1;
}

/* --- runc --- */

static enum err_code runc(struct loc *l, const struct loc_server *s, const struct root *r, int out,
                          const char *const *words, struct err *err)
{
    char root[LOC_PATH_MAX], log[LOC_PATH_MAX];
    const char *argv[16] = {"runc", "--root", root};
    size_t n = 3;
    struct loc_spawn spawn = {.argv = argv, .out_fd = out};
    loc_path(l, root, "runc");
    loc_path(l, log, "instances/%s/runc.log", s->id);
    if (out > 0) { /* its output is the console */
        argv[n++] = "--log";
        argv[n++] = log;
    }
    if (!l->has_cgroups) {
        argv[n++] = "--rootless";
        argv[n++] = "true";
    }
    while (*words && n < ARRAY_LEN(argv) - 1)
        argv[n++] = *words++;
    if (r && r->overlay[0]) {
        spawn.overlay = r->overlay;
        spawn.overlay_at = r->rootfs;
    }
    if (r && r->disk[0]) {
        spawn.disk = r->disk;
        spawn.disk_at = r->disk_at;
    }
    enum err_code rc = loc_run(&spawn, err);
    if (rc == ERR_OK)
        return rc;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (out > 0 && loc_read(log, 65536, &text, NULL) == ERR_OK && text.len)
        err_set(err, ERR_IO, "runc: %s", text.s + (text.len > 300 ? text.len - 300 : 0));
    return rc;
}

static enum err_code write_bundle(struct loc *l, const struct loc_server *s, const struct root *r,
                                  struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[LOC_PATH_MAX], user_data[LOC_PATH_MAX];
    loc_path(l, user_data, "instances/%s/user-data", s->id);
    loc_path(l, path, "instances/%s/config.json", s->id);
    loc_bundle_config(&(struct loc_bundle){.l = l,
                                           .s = s,
                                           .rootfs = r->rootfs,
                                           .args = first_process,
                                           .user_data = user_data,
                                           .is_host = r->is_host,
                                           .has_cgroups = l->has_cgroups},
                      &text);
    return loc_write(path, text.s, text.len, 0600, err);
}

static enum err_code read_pid(struct loc *l, struct loc_server *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances/%s/pid", s->id);
    enum err_code rc = loc_read(path, 32, &text, err);
    if (rc != ERR_OK)
        return rc;
    s->pid = (pid_t)atoi(text.s);
    s->start = loc_process_start(s->pid);
    return s->start ? ERR_OK : err_set(err, ERR_IO, "its first process ended at once");
}

static enum err_code create(struct loc *l, struct loc_server *s, const struct root *r,
                            struct err *err)
{
    char bundle[LOC_PATH_MAX], pid[LOC_PATH_MAX];
    loc_path(l, bundle, "instances/%s", s->id);
    loc_path(l, pid, "instances/%s/pid", s->id);
    int out = open_console(l, s, err);
    if (out < 0)
        return err->code;
    if (loc_disk_is_cut(s))
        dprintf(out,
                "baton: the disk has %lld MB, not the flavour's %lld GB: the host has no more\n",
                (long long)s->disk_size >> 20, (long long)s->flavour.disk);
    loc_step(l);
    enum err_code rc = runc(
        l, s, r, out,
        (const char *const[]){"create", "--bundle", bundle, "--pid-file", pid, s->id, NULL}, err);
    close(out);
    loc_step(l);
    return rc == ERR_OK ? read_pid(l, s, err) : rc;
}

static enum err_code start(struct loc *l, struct loc_server *s, struct err *err)
{
    struct root r = {.overlay = ""};
    enum err_code rc = make_root(l, s, &r, err);
    loc_step(l);
    if (rc == ERR_OK)
        rc = write_bundle(l, s, &r, err);
    if (rc == ERR_OK)
        rc = create(l, s, &r, err);
    if (rc == ERR_OK)
        rc = loc_fabric_attach(l, s, s->pid, err);
    loc_step(l);
    if (rc == ERR_OK)
        rc = runc(l, s, NULL, 0, (const char *const[]){"start", s->id, NULL}, err);
    loc_step(l);
    return rc;
}

/* --- its end --- */

static void kill_first(const struct loc *l, const struct loc_server *s)
{
    if (strcmp(s->boot, l->boot) != 0 || !s->start || loc_process_start(s->pid) != s->start)
        return;
    int fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
    if (loc_process_start(s->pid) == s->start) /* the descriptor is of that process, then */
        kill(s->pid, SIGKILL);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (fd >= 0 && poll(&p, 1, END_MS) >= 0)
        close(fd);
}

static enum err_code end(struct loc *l, const struct loc_server *s, struct err *err)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    enum err_code rc = ERR_OK;
    loc_step(l);
    kill_first(l, s);
    loc_step(l);
    loc_path(l, path, "runc/%s", s->id);
    if (stat(path, &st) == 0) {
        rc = runc(l, s, NULL, 0, (const char *const[]){"delete", "--force", s->id, NULL}, err);
        loc_cgroup_sweep(l, s->id);
        if (rc != ERR_OK || stat(path, &st) == 0) /* runc died before it knew it itself */
            rc = loc_remove_tree(path, err);
    } else
        loc_cgroup_sweep(l, s->id);
    loc_step(l);
    loc_fabric_detach(l, s);
    loc_step(l);
    return rc;
}

const struct loc_maker loc_container = {start, end};
