/* What runc leaves behind in control groups when it is killed at work. */
#include "vim-drivers/local/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

enum { TRIES = 200, PAUSE_MS = 5 };

static void kill_all(const char *folder)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
    if (loc_read(path, 1024 * 1024, &text, NULL) != ERR_OK)
        return;
    for (char *line = text.s, *save; (line = strtok_r(line, "\n", &save)); line = NULL)
        if (atoi(line) > 1 && atoi(line) != getpid())
            kill(atoi(line), SIGKILL);
}

static void remove_group(const char *folder, bool wants_kill)
{
    for (int i = 0; i < TRIES && access(folder, F_OK) == 0 && rmdir(folder) != 0; i++) {
        if (!wants_kill)
            return;
        kill_all(folder);
        poll(NULL, 0, PAUSE_MS);
    }
}

/* The group of that name in each hierarchy, be it one (version 2) or many. */
static void each(const char *name, bool wants_kill)
{
    char path[PATH_MAX];
    DIR *d = opendir(CGROUPS);
    snprintf(path, sizeof(path), CGROUPS "/%s", name);
    remove_group(path, wants_kill);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.' || strncmp(e->d_name, "baton-", 6) == 0)
            continue;
        snprintf(path, sizeof(path), CGROUPS "/%s/%s", e->d_name, name);
        remove_group(path, wants_kill);
    }
    if (d)
        closedir(d);
}

/* Version 1 has it by an option of the kernel; in version 2, where it is not there, runc goes on
 * without. */
bool loc_cgroup_has_swap(void)
{
    return access(CGROUPS "/memory/memory.memsw.limit_in_bytes", F_OK) == 0 ||
           access(CGROUPS "/cgroup.controllers", F_OK) == 0;
}

void loc_cgroup_sweep(const struct loc *l, const char *id)
{
    char name[80];
    snprintf(name, sizeof(name), "baton-%s/%s", l->id, id);
    each(name, true);
}

void loc_cgroup_leave(const struct loc *l)
{
    char name[40];
    snprintf(name, sizeof(name), "baton-%s", l->id);
    each(name, false); /* refused while a server is in it */
}

/* All below that folder of one hierarchy: no server is left, but a probe may have been killed. */
static void sweep_below(const char *folder, const struct loc *l)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_type == DT_DIR && e->d_name[0] != '.')
            loc_cgroup_sweep(l, e->d_name);
    if (d)
        closedir(d);
}

void loc_cgroup_clean(const struct loc *l)
{
    char path[PATH_MAX];
    DIR *d = opendir(CGROUPS);
    snprintf(path, sizeof(path), CGROUPS "/baton-%s", l->id);
    sweep_below(path, l);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof(path), CGROUPS "/%s/baton-%s", e->d_name, l->id);
        if (e->d_name[0] != '.')
            sweep_below(path, l);
    }
    if (d)
        closedir(d);
    loc_cgroup_leave(l);
}
