#include "ems-agent/exec/journal.h"

#include "common/base/hash.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/sys/clock.h"
#include "proto/messages/ems.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char magic[8] = "EMSRUN1";

const char *run_state_name(enum run_state state)
{
    switch (state) {
    case RUN_TIMEOUT:
        return EMS_STATE_TIMEOUT;
    case RUN_KILLED:
        return EMS_STATE_KILLED;
    case RUN_UNKNOWN:
        return EMS_STATE_UNKNOWN;
    case RUN_NORMAL:
        break;
    }
    return NULL;
}

/* --- names --- */

void runs_key(const char *id, char out[RUNS_KEY_SIZE])
{
    size_t n = 0;

    for (const char *at = id; *at && n < 20; at++)
        if (isalnum((unsigned char)*at))
            out[n++] = *at;
    snprintf(out + n, RUNS_KEY_SIZE - n, "-%016" PRIx64 "%016" PRIx64, hash_text(HASH_START, id),
             hash_text(UINT64_C(0x9e3779b97f4a7c15), id));
}

static void name_of(const char *key, const char *suffix, char out[RUNS_KEY_SIZE + 8])
{
    snprintf(out, RUNS_KEY_SIZE + 8, "%s.%s", key, suffix);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name), n = strlen(suffix);
    return len > n && strcmp(name + len - n, suffix) == 0;
}

static size_t read_file(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, out, size - 1);

    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = '\0';
    return strcspn(out, "\n");
}

void runs_read_boot(char out[RUNS_BOOT_SIZE])
{
    char id[64], stat[1024];
    size_t n = read_file("/proc/sys/kernel/random/boot_id", id, sizeof(id));

    snprintf(out, RUNS_BOOT_SIZE, "%.*s", (int)n, id);
    /* Containers share the host's boot id: field 22 of process 1, its start, tells one life of a
     * container from the next. The name in brackets may hold blanks. */
    read_file("/proc/1/stat", stat, sizeof(stat));
    const char *at = strrchr(stat, ')');
    for (int i = 2; at && i < 22; i++)
        at = (at = strchr(at, ' ')) ? at + 1 : NULL;
    if (at)
        snprintf(out + n, RUNS_BOOT_SIZE - n, "-%.*s", (int)strcspn(at, " \n"), at);
}

/* A server that is rebuilt has a new file system, and so a new mark here; its boot may be the old
 * one: where a server is a folder, there is no other. */
static enum err_code add_system(struct runs *j, struct err *err)
{
    char mark[17] = "", path[4096];
    unsigned char random[8];
    size_t n = strlen(j->boot);

    snprintf(path, sizeof(path), "%s/system", j->path);
    if (read_file(path, mark, sizeof(mark)) != sizeof(mark) - 1) {
        if (getrandom(random, sizeof(random), 0) != sizeof(random))
            return err_set_errno(err, ERR_IO, errno, "make the mark of the journal");
        for (size_t i = 0; i < sizeof(random); i++)
            snprintf(mark + 2 * i, 3, "%02x", random[i]);
        int fd =
            openat(j->dir, "system", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        bool is_written = fd >= 0 && write(fd, mark, strlen(mark)) == (ssize_t)strlen(mark);
        if (fd >= 0)
            close(fd);
        if (!is_written)
            return err_set_errno(err, ERR_IO, errno, "write '%s'", path);
    }
    snprintf(j->boot + n, RUNS_BOOT_SIZE - n, "-%s", mark);
    return ERR_OK;
}

/* --- the folder --- */

enum err_code runs_open(struct runs *j, const char *path, int64_t keep_n, struct err *err)
{
    AUTO(freep) char *copy = xstrdup(path);

    *j = (struct runs){.dir = -1, .lock = -1, .inotify = -1, .keep_n = keep_n};
    for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(copy, 0755) == 0 ? chmod(copy, 0755) != 0 : errno != EEXIST)
            return err_set_errno(err, ERR_IO, errno, "make folder '%s'", copy);
        *at = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "make journal '%s'", path);
    j->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->dir < 0)
        return err_set_errno(err, ERR_IO, errno, "open journal '%s'", path);
    j->lock = openat(j->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* The process's own, and not flock: a runner would keep that for the moment until it has closed
     * what it inherits, and an agent that was killed could not be started again at once. */
    if (j->lock < 0 || fcntl(j->lock, F_SETLK, &(struct flock){.l_type = F_WRLCK}) != 0) {
        enum err_code rc =
            err_set_errno(err, j->lock < 0 ? ERR_IO : ERR_EXISTS, errno, "lock journal '%s'", path);
        err_hint(err, "one agent has one journal: is another one running?");
        runs_close(j);
        return rc;
    }
    /* Their number is limited for all of a user's processes, of other containers, too. */
    j->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (j->inotify >= 0 && inotify_add_watch(j->inotify, path, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        close(j->inotify);
        j->inotify = -1;
    }
    j->path = xstrdup(path);
    runs_read_boot(j->boot);
    return add_system(j, err);
}

void runs_close(struct runs *j)
{
    if (j->dir >= 0)
        close(j->dir);
    if (j->inotify >= 0)
        close(j->inotify);
    if (j->lock >= 0)
        close(j->lock);
    free(j->path);
    *j = (struct runs){.dir = -1, .lock = -1, .inotify = -1};
}

void runs_read_events(struct runs *j)
{
    char buffer[4096] __attribute__((aligned(8)));

    while (j->inotify >= 0 && read(j->inotify, buffer, sizeof(buffer)) > 0)
        ;
}

static DIR *list(const struct runs *j)
{
    int fd = openat(j->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (fd >= 0 && !dir)
        close(fd);
    return dir;
}

struct outcome_file {
    int64_t at;
    char name[RUNS_KEY_SIZE + 8];
};

static int newest_first(const void *a, const void *b)
{
    const struct outcome_file *x = a, *y = b;
    return (x->at < y->at) - (x->at > y->at);
}

static void prune(struct runs *j)
{
    enum { SEEN_MAX = 4096 };
    DIR *dir = list(j);
    size_t n = 0, cap = 0;
    struct outcome_file *all = NULL;
    struct stat st;

    if (!dir)
        return;
    for (struct dirent *e; n < SEEN_MAX && (e = readdir(dir));) {
        if (!has_suffix(e->d_name, ".done") || strlen(e->d_name) >= sizeof(all->name) ||
            fstatat(j->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (n == cap)
            all = xrealloc(all, (cap = cap ? 2 * cap : 64) * sizeof(*all));
        all[n].at = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        snprintf(all[n++].name, sizeof(all->name), "%s", e->d_name);
    }
    closedir(dir);
    if ((int64_t)n > j->keep_n) {
        qsort(all, n, sizeof(*all), newest_first);
        for (size_t i = (size_t)j->keep_n; i < n; i++)
            unlinkat(j->dir, all[i].name, 0);
    }
    free(all);
}

bool runs_next_live(struct runs *j, long *position, char ret_key[RUNS_KEY_SIZE])
{
    DIR *dir = list(j);
    long at = 0;
    bool is_found = false;
    struct run_head head;

    if (!dir)
        return false;
    for (struct dirent *e; !is_found && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (!has_suffix(e->d_name, ".run") || len - 4 >= RUNS_KEY_SIZE || at++ < *position)
            continue;
        *position = at;
        snprintf(ret_key, RUNS_KEY_SIZE, "%.*s", (int)(len - 4), e->d_name);
        is_found = runs_find(j, ret_key, &head, NULL) == RUN_LIVE;
    }
    closedir(dir);
    return is_found;
}

/* --- one run --- */

static bool read_head(int fd, struct run_head *head)
{
    if (pread(fd, head, sizeof(*head), 0) != (ssize_t)sizeof(*head) ||
        memcmp(head->magic, magic, sizeof(magic)) != 0)
        return false;
    head->boot[sizeof(head->boot) - 1] = head->id[sizeof(head->id) - 1] =
        head->name[sizeof(head->name) - 1] = '\0';
    return head->half > 0 && head->half <= UINT32_MAX;
}

static int open_run(const struct runs *j, const char *key, const char *suffix, int flags)
{
    char name[RUNS_KEY_SIZE + 8];

    name_of(key, suffix, name);
    return openat(j->dir, name, flags | O_CLOEXEC | O_NOFOLLOW);
}

/* Was no head ever written? Nothing is started before the head is on the disk (runner.c), so the
 * script never began: whoever made the file was killed, or the power went. */
static bool is_without_head(int fd)
{
    static const char nothing[RUNS_HEAD_SIZE];
    char page[RUNS_HEAD_SIZE];
    ssize_t n = pread(fd, page, sizeof(page), 0);
    return n == 0 || (n > 0 && memcmp(page, nothing, (size_t)n) == 0);
}

/* Nobody holds the lock any more: what became of it? */
static enum run_place settle(struct runs *j, const char *key, int run, struct run_head *head)
{
    char name[RUNS_KEY_SIZE + 8];
    bool is_readable = read_head(run, head);

    if (is_readable ? head->phase == RUN_PREPARED : is_without_head(run)) {
        name_of(key, "run", name);
        unlinkat(j->dir, name, 0);
        return RUN_NONE;
    }
    if (!is_readable) { /* there was one, and the disk lost it */
        memset(head, 0, sizeof(*head));
        memcpy(head->magic, magic, sizeof(magic));
        head->half = 1;
        head->phase = RUN_STARTED;
    }
    if (head->phase != RUN_ENDED) {
        head->state = RUN_UNKNOWN;
        head->status = -1;
    }
    int fd = open_run(j, key, "run", O_RDWR);
    if (fd >= 0) { /* else it was renamed since we opened it: then the head is complete */
        (void)runs_finish(j->dir, key, fd, head);
        close(fd);
    }
    return RUN_OVER;
}

enum run_place runs_find(struct runs *j, const char *key, struct run_head *ret_head, int *ret_fd)
{
    enum run_place place = RUN_NONE;
    int fd = -1;

    if (ret_fd)
        *ret_fd = -1;
    /* Twice: between looking for the one name and the other it may be renamed. */
    for (int i = 0; i < 2 && place == RUN_NONE; i++) {
        fd = open_run(j, key, "done", O_RDONLY);
        if (fd >= 0 && read_head(fd, ret_head)) {
            place = RUN_OVER;
            break;
        }
        if (fd >= 0)
            close(fd);
        /* Not for writing: closing it would ring our own bell. */
        fd = open_run(j, key, "run", O_RDONLY);
        if (fd < 0)
            continue;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (read_head(fd, ret_head))
                place = RUN_LIVE;
        } else {
            place = settle(j, key, fd, ret_head);
        }
        if (place == RUN_NONE)
            close(fd);
    }
    if (place == RUN_NONE)
        return place;
    if (ret_fd)
        *ret_fd = fd;
    else
        close(fd);
    return place;
}

static int open_run_new(struct runs *j, const char *key, struct err *err)
{
    char name[RUNS_KEY_SIZE + 8];

    name_of(key, "run", name);
    int fd = openat(j->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        err_set_errno(err, ERR_IO, errno, "make '%s' in journal '%s'", name, j->path);
    return fd;
}

enum err_code runs_create(struct runs *j, const char *key, struct run_head *head, int *ret_fd,
                          struct err *err)
{
    prune(j);
    memcpy(head->magic, magic, sizeof(magic));
    memcpy(head->boot, j->boot, sizeof(head->boot));
    head->phase = RUN_PREPARED;
    head->started_wall_us = clock_wall_us();
    int fd = open_run_new(j, key, err);
    if (fd < 0)
        return ERR_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || ftruncate(fd, RUNS_HEAD_SIZE) != 0 ||
        pwrite(fd, head, sizeof(*head), 0) != (ssize_t)sizeof(*head)) {
        char name[RUNS_KEY_SIZE + 8];
        err_set_errno(err, ERR_IO, errno, "write to journal '%s'", j->path);
        name_of(key, "run", name);
        unlinkat(j->dir, name, 0);
        close(fd);
        return ERR_IO;
    }
    *ret_fd = fd;
    return ERR_OK;
}

enum err_code runs_write_outcome(struct runs *j, const char *key, struct run_head *head,
                                 struct err *err)
{
    int fd = -1;
    enum err_code rc = runs_create(j, key, head, &fd, err);

    if (rc == ERR_OK && !runs_finish(j->dir, key, fd, head))
        rc = err_set_errno(err, ERR_IO, errno, "write to journal '%s'", j->path);
    if (fd >= 0)
        close(fd);
    return rc;
}

void runs_kill(struct runs *j, const char *key)
{
    struct run_head head;
    int fd = open_run(j, key, "run", O_RDONLY);

    if (fd < 0)
        return;
    /* The number is the runner's own as long as the lock is held: take hold of the process first,
     * then make sure. */
    int process =
        read_head(fd, &head) && head.runner > 0 ? (int)syscall(SYS_pidfd_open, head.runner, 0) : -1;
    bool is_live = flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (is_live && process >= 0)
        syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0);
    else if (is_live && head.runner > 0 && errno == ENOSYS)
        kill(head.runner, SIGTERM);
    if (process >= 0)
        close(process);
    close(fd);
}

/* --- the head, by the runner --- */

void runs_put_head(int fd, const struct run_head *head)
{
    ssize_t n = pwrite(fd, head, sizeof(*head), 0);
    (void)n; /* overwrites what is there: only a broken disk refuses */
}

bool runs_finish(int dir, const char *key, int fd, struct run_head *head)
{
    char from[RUNS_KEY_SIZE + 8], to[RUNS_KEY_SIZE + 8];
    size_t n = strlen(key);

    head->phase = RUN_ENDED;
    runs_put_head(fd, head);
    if (fsync(fd) != 0 || n >= RUNS_KEY_SIZE)
        return false;
    memcpy(from, key, n);
    memcpy(to, key, n);
    memcpy(from + n, ".run", sizeof(".run"));
    memcpy(to + n, ".done", sizeof(".done"));
    return renameat(dir, from, dir, to) == 0 && fsync(dir) == 0;
}

/* --- output --- */

static int64_t stream_at(const struct run_head *head, int stream)
{
    return RUNS_HEAD_SIZE + (int64_t)stream * 2 * (int64_t)head->half;
}

static void put_part(int fd, const char *data, size_t len, int64_t at)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, at);
        if (n <= 0)
            return; /* disk full: the script goes on, its words are lost */
        data += n;
        at += n;
        len -= (size_t)n;
    }
}

void runs_put_output(int fd, struct run_head *head, int stream, const char *data, size_t len)
{
    uint64_t half = head->half, at = head->total[stream];
    int64_t base = stream_at(head, stream);

    head->total[stream] += len;
    while (len > 0) {
        uint64_t in = at < half ? at : half + (at - half) % half;
        uint64_t room = at < half ? half - at : 2 * half - in;
        size_t n = len < room ? len : (size_t)room;
        put_part(fd, data, n, base + (int64_t)in);
        data += n;
        len -= n;
        at += n;
    }
    put_part(fd, (const char *)&head->total[stream], sizeof(head->total[stream]),
             (int64_t)((const char *)&head->total[stream] - (const char *)head));
}

static void add_part(int fd, int64_t at, size_t len, struct sbuf *out)
{
    sbuf_grow(out, len);
    ssize_t n = pread(fd, out->s + out->len, len, at);
    if (n > 0)
        out->len += (size_t)n;
    if (len > 0)
        out->s[out->len] = '\0';
}

void runs_output(int fd, const struct run_head *head, int stream, struct sbuf *out)
{
    uint64_t half = head->half, total = head->total[stream];
    int64_t base = stream_at(head, stream);

    if (total <= 2 * half) {
        add_part(fd, base, (size_t)total, out);
        return;
    }
    uint64_t turn = (total - half) % half; /* where the oldest byte of the ring is */
    size_t before = out->len;
    add_part(fd, base, (size_t)half, out);
    sbuf_truncate(out, before + utf8_cut(out->s + before, out->len - before));
    sbuf_addf(out, "\n[... %" PRIu64 " bytes left out ...]\n", total - 2 * half);
    add_part(fd, base + (int64_t)(half + turn), (size_t)(half - turn), out);
    add_part(fd, base + (int64_t)half, (size_t)turn, out);
}
