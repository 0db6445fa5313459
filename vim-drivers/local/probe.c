/* Does runc mode work here? Found out by doing what it does, in a folder of its own. */
#include "vim-drivers/local/container.h"

#include "vim-drivers/local/fabric.h"
#include "vim-drivers/local/spawn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct probe {
    struct loc loc; /* with the folder of the probe */
    struct loc_server server;
};

static enum err_code try_programs(struct loc *l, struct err *err)
{
    char path[LOC_PATH_MAX];
    static const char *const needed[] = {"runc", "ip"};
    if (geteuid() != 0)
        return err_set(err, ERR_DENIED, "containers need root");
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!loc_find_program(needed[i], path, sizeof(path)))
            return err_set(err, ERR_NOT_FOUND, "program '%s' is not installed", needed[i]);
    if (!loc_find_program("tini-static", l->tini, sizeof(l->tini)) &&
        !loc_find_program("tini", l->tini, sizeof(l->tini))) {
        l->tini[0] = '\0';
        return err_set(err, ERR_NOT_FOUND, "program 'tini-static' is not installed");
    }
    return ERR_OK;
}

static enum err_code try_network(const struct loc *l, struct err *err)
{
    static const char lines[] = "link add br0 type bridge\n"
                                "link add v0 type veth peer name v1\n"
                                "link set v0 master br0 up\n";
    char file[LOC_PATH_MAX];
    const char *const ip[] = {"ip", "-batch", "-", NULL};
    enum err_code rc =
        loc_run(&(struct loc_spawn){.argv = ip, .in = lines, .wants_new_netns = true}, err);
    if (rc != ERR_OK)
        return err_add(err, "bridge in a network namespace");
    loc_path(l, file, "netns");
    rc = loc_write(file, "", 0, 0600, err);
    if (rc == ERR_OK)
        rc = loc_make_folder(LOC_NETNS_FOLDER, 0755, err);
    if (rc == ERR_OK && access(LOC_NETNS_FOLDER, W_OK) != 0)
        rc = err_set(err, ERR_DENIED, "'" LOC_NETNS_FOLDER "' is read-only");
    const char *const mount_file[] = {"mount", "--bind", "/proc/self/ns/net", file, NULL};
    if (rc == ERR_OK)
        rc = loc_run(&(struct loc_spawn){.argv = mount_file,
                                         .wants_new_netns = true,
                                         .rootfs_private = "yes"},
                     err);
    return rc == ERR_OK ? rc : err_add(err, "keep a network namespace");
}

static enum err_code try_container(struct probe *p, bool has_cgroups, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char rootfs[LOC_PATH_MAX], path[LOC_PATH_MAX], root[LOC_PATH_MAX];
    const char *const args[] = {"/bin/true", NULL};
    const char *argv[12] = {"runc", "--root", root};
    size_t n = 3;
    loc_path(&p->loc, rootfs, "rootfs");
    loc_path(&p->loc, root, "runc");
    loc_bundle_config(&(struct loc_bundle){.l = &p->loc,
                                           .s = &p->server,
                                           .rootfs = rootfs,
                                           .args = args,
                                           .is_host = true,
                                           .has_cgroups = has_cgroups},
                      &text);
    loc_path(&p->loc, path, "config.json");
    enum err_code rc = loc_write(path, text.s, text.len, 0600, err);
    loc_path(&p->loc, path, "%s", "");
    path[strlen(path) - 1] = '\0';
    if (!has_cgroups) {
        argv[n++] = "--rootless";
        argv[n++] = "true";
    }
    argv[n++] = "run";
    argv[n++] = "--bundle";
    argv[n++] = path;
    argv[n++] = p->server.id;
    if (rc == ERR_OK)
        rc = loc_run(&(struct loc_spawn){.argv = argv}, err);
    loc_cgroup_sweep(&p->loc, p->server.id);
    loc_cgroup_leave(&p->loc);
    return rc == ERR_OK ? rc : err_add(err, "container");
}

static enum err_code try_root(struct probe *p, struct err *err)
{
    char rootfs[LOC_PATH_MAX];
    loc_path(&p->loc, rootfs, "rootfs");
    enum err_code rc = loc_rootfs_host(rootfs, err);
    return rc == ERR_OK ? loc_rootfs_identity(rootfs, &p->server, err) : rc;
}

/* For images, on the file system where the state is. */
static bool try_overlay(const char *folder)
{
    char top[LOC_PATH_MAX], path[LOC_PATH_MAX + 16], options[3 * LOC_PATH_MAX + 64];
    static const char *const names[] = {"lower", "upper", "work", "root"};
    struct err err = ERR_INIT;
    bool is_good = true;
    snprintf(top, sizeof(top), "%s/overlay", folder);
    for (size_t i = 0; i < ARRAY_LEN(names) && is_good; i++) {
        snprintf(path, sizeof(path), "%s/%s", top, names[i]);
        is_good = loc_make_folder(path, 0755, &err) == ERR_OK;
    }
    snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", top,
             top, top);
    const char *const argv[] = {"true", NULL};
    is_good = is_good &&
              loc_run(&(struct loc_spawn){.argv = argv, .overlay = options, .overlay_at = path},
                      &err) == ERR_OK;
    return is_good;
}

static void try_disk(struct loc *l, const char *folder)
{
    struct err err = ERR_INIT;
    l->has_disk = l->o->limit_disk != LOC_NO && loc_disk_try(folder, &err) == ERR_OK;
    snprintf(l->no_disk, sizeof(l->no_disk), "%.150s",
             l->has_disk  ? ""
             : err.msg[0] ? err.msg
                          : "option limit-disk");
}

static enum err_code try_all(struct probe *p, bool *ret_cgroups, struct err *err)
{
    struct err first = ERR_INIT;
    enum err_code rc = try_programs(&p->loc, err);
    if (rc == ERR_OK)
        rc = try_network(&p->loc, err);
    if (rc == ERR_OK)
        rc = try_root(p, err);
    if (rc != ERR_OK)
        return rc;
    *ret_cgroups = try_container(p, true, &first) == ERR_OK;
    return *ret_cgroups ? ERR_OK : try_container(p, false, err);
}

/* The probe of a driver that was killed may have a process that still dies in it, writing. */
static bool remove_old(const char *path)
{
    enum { TRIES = 200, PAUSE_MS = 10 };
    for (int i = 0; i < TRIES; i++) {
        if (loc_remove_tree(path, NULL) == ERR_OK)
            return true;
        poll(NULL, 0, PAUSE_MS);
    }
    return false;
}

/* In the state folder, where --clean finds it if the driver is killed here; else in /tmp. */
static bool make_folder(const struct loc *l, char *out, size_t size)
{
    char path[LOC_PATH_MAX];
    if (!l->folder[0]) {
        snprintf(out, size, "/tmp/baton-probe.XXXXXX");
        return mkdtemp(out) != NULL;
    }
    loc_path(l, path, "probe");
    snprintf(out, size, "%s", path);
    return strlen(path) < size && remove_old(path) && loc_make_folder(path, 0700, NULL) == ERR_OK;
}

enum loc_mode loc_probe(struct loc *l, struct sbuf *why)
{
    struct probe p = {
        .loc = {.o = l->o},
        .server = {.name = "probe", .flavour = {.name = "probe", .vcpus = 1, .ram = 256}}};
    struct err err = ERR_INIT;
    unsigned char bytes[4];
    id_random(bytes, sizeof(bytes));
    snprintf(p.loc.id, sizeof(p.loc.id), "%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2],
             bytes[3]);
    id_new(p.server.id);
    if (l->id[0]) /* what is left of it is the state's */
        snprintf(p.loc.id, sizeof(p.loc.id), "%s", l->id);
    if (!make_folder(l, p.loc.folder, sizeof(p.loc.folder))) {
        sbuf_adds(why, "no folder can be made for the probe");
        return LOC_PLAIN;
    }
    bool has_cgroups = false;
    enum err_code rc = try_all(&p, &has_cgroups, &err);
    l->has_overlay = rc == ERR_OK && try_overlay(p.loc.folder);
    if (rc == ERR_OK)
        try_disk(l, p.loc.folder);
    err_ignore(loc_remove_tree(p.loc.folder, NULL), "--clean and the next probe try again");
    if (rc != ERR_OK) {
        sbuf_adds(why, err.msg);
        return LOC_PLAIN;
    }
    l->has_cgroups = has_cgroups;
    snprintf(l->tini, sizeof(l->tini), "%s", p.loc.tini);
    sbuf_addf(why, "containers, bridges and network namespaces work here%s%s%s%s",
              has_cgroups ? "" : "; no control groups: limits are per process only",
              l->has_overlay ? "" : "; no overlays: images are copied",
              l->has_disk ? "" : "; disks are not bounded: ", l->no_disk);
    return LOC_RUNC;
}
