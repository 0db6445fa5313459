/* Plain mode: an instance is a folder, and the processes that descend from its first one. Not
 * isolated: it sees the host as its user does. */
#include "vim-drivers/local/local.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/local/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "BATON_INSTANCE="

enum { ENV_N = 12, KILL_MS = 10000, ENVIRON_MAX = 64 * 1024 };

static enum err_code make_root(struct loc *l, const struct loc_server *s, char root[LOC_PATH_MAX],
                               struct err *err)
{
    static const char *const folders[] = {
        "etc/baton", "etc/openbaton", "opt/baton/bin",     "opt/openbaton/scripts",
        "root",      "tmp",           "var/log/openbaton", "var/lib/openbaton/journal",
        "run"};
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[LOC_PATH_MAX];
    enum err_code rc = ERR_OK;
    loc_path(l, root, "instances/%s/root", s->id);
    for (size_t i = 0; i < ARRAY_LEN(folders) && rc == ERR_OK; i++) {
        loc_path(l, path, "instances/%s/root/%s", s->id, folders[i]);
        rc = loc_make_folder(path, 0755, err);
    }
    loc_path(l, path, "instances/%s/root/opt/baton/bin/ems-agent", s->id);
    if (rc == ERR_OK && l->agent[0] && symlink(l->agent, path) != 0 && errno != EEXIST)
        rc = err_set_errno(err, ERR_IO, errno, "make '%s'", path);
    if (rc != ERR_OK)
        return rc;
    loc_metadata(s, &text);
    loc_path(l, path, "instances/%s/root/etc/baton/metadata.json", s->id);
    rc = loc_write(path, text.s, text.len, 0644, err);
    return rc == ERR_OK ? loc_keys_place(l, s, root, err) : rc;
}

struct environment {
    struct sbuf text[ENV_N];
    const char *list[ENV_N + 1];
    int n;
};

static void env_add(struct environment *e, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
static void env_add(struct environment *e, const char *name, const char *fmt, ...)
{
    va_list ap;
    e->text[e->n] = (struct sbuf)SBUF_INIT;
    sbuf_addf(&e->text[e->n], "%s=", name);
    va_start(ap, fmt);
    sbuf_vaddf(&e->text[e->n], fmt, ap);
    va_end(ap);
    e->list[e->n] = e->text[e->n].s;
    e->list[++e->n] = NULL;
}

static void env_release(struct environment *e)
{
    for (int i = 0; i < e->n; i++)
        sbuf_release(&e->text[i]);
}

/* The mark comes first: it is looked for in the beginning of what a process has. */
static void env_fill(struct environment *e, const struct loc_server *s, const char *root)
{
    const char *path = getenv("PATH");
    env_add(e, "BATON_INSTANCE", "%s", s->id);
    env_add(e, "BATON_ROOT", "%s", root);
    env_add(e, "PATH", "%s/opt/baton/bin:%s", root,
            path && path[0] ? path : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    env_add(e, "HOME", "%s/root", root);
    env_add(e, "TMPDIR", "%s/tmp", root);
    env_add(e, "HOSTNAME", "%s", s->name);
    env_add(e, "LANG", "C.UTF-8");
    env_add(e, "BATON_MODE", "plain");
    env_add(e, "BATON_RAM_MB", "%lld", (long long)s->flavour.ram);
    env_add(e, "BATON_DISK_GB", "%lld", (long long)s->flavour.disk);
}

static enum err_code start(struct loc *l, struct loc_server *s, struct err *err)
{
    char root[LOC_PATH_MAX], folder[LOC_PATH_MAX], bytes[24];
    struct environment e = {.n = 0};
    enum err_code rc = make_root(l, s, root, err);
    if (rc != ERR_OK)
        return rc;
    loc_path(l, folder, "instances/%s", s->id);
    snprintf(bytes, sizeof(bytes), "%lld", (long long)l->o->console_bytes);
    env_fill(&e, s, root);
    loc_step(l);
    rc = loc_detach((const char *const[]){loc_own_path(), "instance-plain", folder, bytes, NULL},
                    e.list, -1, -1, l->lock_fd, &s->pid, err);
    loc_step(l);
    env_release(&e);
    s->start = loc_process_start(s->pid);
    if (rc == ERR_OK && !s->start)
        rc = err_set(err, ERR_IO, "its first process ended at once");
    return rc;
}

/* --- ending: everything that bears the mark, or descends from what does --- */

struct process {
    pid_t pid, parent;
    bool is_ours;
};

struct processes {
    struct process *at;
    size_t n, cap;
};

static bool has_mark(pid_t pid, const char *mark, size_t len)
{
    char path[40];
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    AUTO(freep) char *text = xmalloc(ENVIRON_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    ssize_t got;
    if (fd < 0)
        return false;
    while (n < ENVIRON_MAX && (got = read(fd, text + n, ENVIRON_MAX - n)) > 0)
        n += (size_t)got;
    close(fd);
    for (const char *p = text; p + len <= text + n;) {
        if (memcmp(p, mark, len) == 0 && (p + len == text + n || p[len] == '\0'))
            return true;
        const char *end = memchr(p, '\0', (size_t)(text + n - p));
        if (!end)
            break;
        p = end + 1;
    }
    return false;
}

static bool read_process(const char *name, struct process *ret)
{
    char path[300], text[512], state;
    int parent;
    snprintf(path, sizeof(path), "/proc/%s/stat", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    const char *after = strrchr(text, ')');
    if (!after || sscanf(after + 1, " %c %d", &state, &parent) != 2 || state == 'Z')
        return false;
    *ret = (struct process){.pid = atoi(name), .parent = parent};
    return true;
}

static void list_processes(struct processes *all)
{
    DIR *d = opendir("/proc");
    all->n = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] < '1' || e->d_name[0] > '9')
            continue;
        if (all->n == all->cap) {
            all->cap = all->cap ? all->cap * 2 : 256;
            all->at = xrealloc(all->at, all->cap * sizeof(*all->at));
        }
        if (read_process(e->d_name, &all->at[all->n]))
            all->n++;
    }
    if (d)
        closedir(d);
}

static bool is_ours(const struct processes *all, pid_t pid)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].pid == pid)
            return all->at[i].is_ours;
    return false;
}

/* Marks what belongs to the instance; how many. */
static size_t find_ours(struct processes *all, const struct loc *l, const struct loc_server *s)
{
    char mark[sizeof(MARK) + ID_SIZE];
    int len = snprintf(mark, sizeof(mark), MARK "%s", s->id);
    bool is_first_there = s->pid > 0 && s->start && strcmp(s->boot, l->boot) == 0 &&
                          loc_process_start(s->pid) == s->start;
    size_t n = 0, before;
    list_processes(all);
    for (size_t i = 0; i < all->n; i++) {
        struct process *p = &all->at[i];
        p->is_ours = p->pid != getpid() &&
                     ((is_first_there && p->pid == s->pid) || has_mark(p->pid, mark, (size_t)len));
        n += p->is_ours;
    }
    do {
        before = n;
        for (size_t i = 0; i < all->n; i++)
            if (!all->at[i].is_ours && all->at[i].pid != getpid() &&
                is_ours(all, all->at[i].parent)) {
                all->at[i].is_ours = true;
                n++;
            }
    } while (n != before);
    return n;
}

/* The first one last: until then it is the parent of what loses its own, and so they stay to be
 * found. */
static void kill_ours(const struct processes *all, const struct loc_server *s, size_t n)
{
    static const int how[] = {SIGSTOP, SIGKILL};
    for (size_t h = 0; h < ARRAY_LEN(how); h++)
        for (size_t i = 0; i < all->n; i++)
            if (all->at[i].is_ours && (all->at[i].pid != s->pid || n == 1))
                kill(all->at[i].pid, how[h]);
}

static enum err_code end(struct loc *l, const struct loc_server *s, struct err *err)
{
    struct processes all = {0};
    int64_t deadline = clock_mono_us() + KILL_MS * INT64_C(1000);
    size_t n;
    loc_step(l);
    while ((n = find_ours(&all, l, s)) > 0 && clock_mono_us() < deadline) {
        kill_ours(&all, s, n);
        poll(NULL, 0, 2);
    }
    free(all.at);
    loc_step(l);
    return n == 0 ? ERR_OK : err_set(err, ERR_TIMEOUT, "%zu of its processes cannot be killed", n);
}

const struct loc_maker loc_plain = {start, end};
