/* The state folder: opened, locked, read, written.
 *
 *   lock              held while a driver (or --clean) has the folder
 *   state.json        id and mode
 *   servers/ID.json networks/ID.json flavours/NAME.json
 *   spent             tokens of deleted servers: ob_spent.h
 *   instances/ID/     all that a server has on disk
 */
#include "vim-drivers/local/local.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "vim-drivers/local/records.h"
#include "vim-drivers/sdk/ob_spent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

const char *const loc_phase_names[LOC_PHASE_N] = {"making", "running", "deleting", "failed",
                                                  "rebuilding"};

void loc_path(const struct loc *l, char out[LOC_PATH_MAX], const char *fmt, ...)
{
    va_list ap;
    int n = snprintf(out, LOC_PATH_MAX, "%s/", l->folder);
    va_start(ap, fmt);
    vsnprintf(out + n, (size_t)(LOC_PATH_MAX - n), fmt, ap);
    va_end(ap);
}

void loc_step(struct loc *l)
{
    if (l->o->die_at && __atomic_add_fetch(&l->steps, 1, __ATOMIC_SEQ_CST) == l->o->die_at)
        kill(getpid(), SIGKILL);
}

/* --- write --- */

static enum err_code save(struct loc *l, const char *kind, const char *id,
                          const struct proto_type *type, const void *rec, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[LOC_PATH_MAX];
    loc_step(l);
    proto_encode(type, rec, 0, &text);
    loc_path(l, path, "%s/%s.json", kind, id);
    enum err_code rc = loc_write_durably(path, text.s, text.len, err);
    loc_step(l);
    return rc;
}

enum err_code loc_save_server(struct loc *l, const struct loc_server *s, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    char ip[IP4_TEXT], start[24];
    snprintf(start, sizeof(start), "%llu", (unsigned long long)s->start);
    struct loc_server_file f = {.id = s->id,
                                .name = s->name,
                                .project = s->project[0] ? s->project : NULL,
                                .token = s->token[0] ? s->token : NULL,
                                .phase = loc_phase_names[s->phase],
                                .mode = loc_mode_names[s->mode],
                                .image = s->image,
                                .flavour = s->flavour.name,
                                .vcpus = s->flavour.vcpus,
                                .ram = s->flavour.ram,
                                .disk = s->flavour.disk,
                                .disk_size = s->disk_size,
                                .created_at = s->created_at,
                                .updated_at = s->updated_at,
                                .fault = s->fault[0] ? s->fault : NULL,
                                .rebuild = s->rebuild[0] ? s->rebuild : NULL,
                                .boot = s->boot,
                                .pid = s->pid,
                                .start = start};
    for (unsigned i = 0; i < s->nic_n; i++) {
        struct loc_nic_file *n = proto_new(&loc_nic_file_type, &a);
        ip4_print(s->nics[i].ip, ip);
        *n = (struct loc_nic_file){.network = s->nics[i].network,
                                   .name = s->nics[i].name,
                                   .ip = arena_strdup(&a, ip),
                                   .has_floating = s->nics[i].has_floating};
        proto_list_add(&f.nics, n, &a);
    }
    return save(l, "servers", s->id, &loc_server_file_type, &f, err);
}

enum err_code loc_save_network(struct loc *l, const struct loc_network *n, struct err *err)
{
    char cidr[IP4_RANGE_TEXT];
    ip4_range_print(&n->range, cidr);
    struct loc_network_file f = {.id = n->id,
                                 .name = n->name,
                                 .project = n->project[0] ? n->project : NULL,
                                 .cidr = cidr,
                                 .number = n->number,
                                 .zone = n->zone};
    return save(l, "networks", n->id, &loc_network_file_type, &f, err);
}

enum err_code loc_save_flavour(struct loc *l, const struct loc_flavour *f, struct err *err)
{
    struct loc_flavour_file r = {
        .name = f->name, .vcpus = f->vcpus, .ram = f->ram, .disk = f->disk};
    return save(l, "flavours", f->name, &loc_flavour_file_type, &r, err);
}

enum err_code loc_save_mode(struct loc *l, struct err *err)
{
    struct loc_state_file f = {.id = l->id, .mode = loc_mode_names[l->mode]};
    return save(l, ".", "state", &loc_state_file_type, &f, err);
}

enum err_code loc_forget(struct loc *l, const char *kind, const char *id, struct err *err)
{
    char path[LOC_PATH_MAX];
    loc_step(l);
    loc_path(l, path, "%s/%s.json", kind, id);
    enum err_code rc = loc_unlink_durably(path, err);
    loc_step(l);
    return rc;
}

/* --- read --- */

static int word_of(const char *text, const char *const *words, int n)
{
    for (int i = 0; text && i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    return 0;
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

/* "Dec 1, 2026 3:02:01 PM", which files had before. 0: not that. */
static int64_t seconds_of(const char *date)
{
    struct tm t = {.tm_isdst = 0};
    const char *end = date ? strptime(date, "%b %d, %Y %I:%M:%S %p", &t) : NULL;
    return end && !*end ? (int64_t)timegm(&t) : 0;
}

static enum err_code read_server(struct loc *l, const void *rec, struct err *err)
{
    const struct loc_server_file *f = rec;
    struct loc_server *s = xcalloc(1, sizeof(*s));
    copy(s->id, sizeof(s->id), f->id);
    copy(s->name, sizeof(s->name), f->name);
    copy(s->project, sizeof(s->project), f->project);
    copy(s->token, sizeof(s->token), f->token);
    copy(s->image, sizeof(s->image), f->image);
    s->created_at = f->created_at ? f->created_at : seconds_of(f->created);
    s->updated_at = f->updated_at ? f->updated_at : seconds_of(f->updated);
    copy(s->boot, sizeof(s->boot), f->boot);
    copy(s->fault, sizeof(s->fault), f->fault);
    copy(s->rebuild, sizeof(s->rebuild), f->rebuild);
    copy(s->flavour.name, sizeof(s->flavour.name), f->flavour);
    s->flavour.vcpus = f->vcpus;
    s->flavour.ram = f->ram;
    s->flavour.disk = f->disk;
    s->disk_size = f->disk_size;
    s->phase = (enum loc_phase)word_of(f->phase, loc_phase_names, LOC_PHASE_N);
    s->mode = (enum loc_mode)word_of(f->mode, loc_mode_names, 3);
    s->pid = (pid_t)f->pid;
    s->start = f->start ? strtoull(f->start, NULL, 10) : 0;
    for (uint32_t i = 0; i < f->nics.n && i < LOC_NICS_MAX; i++) {
        struct loc_nic *n = &s->nics[s->nic_n++];
        copy(n->network, sizeof(n->network), f->nics.at[i]->network);
        copy(n->name, sizeof(n->name), f->nics.at[i]->name);
        n->ip = ip4_parse(f->nics.at[i]->ip);
        n->has_floating = f->nics.at[i]->has_floating;
    }
    if (!id_is_valid(s->id)) {
        err_set(err, ERR_SYNTAX, "'%s' is no id of a server", s->id);
        free(s);
        return ERR_SYNTAX;
    }
    s->next = l->servers;
    l->servers = s;
    return ERR_OK;
}

static enum err_code read_network(struct loc *l, const void *rec, struct err *err)
{
    const struct loc_network_file *f = rec;
    struct loc_network *n = xcalloc(1, sizeof(*n));
    copy(n->id, sizeof(n->id), f->id);
    copy(n->name, sizeof(n->name), f->name);
    copy(n->project, sizeof(n->project), f->project);
    n->number = (unsigned)f->number;
    n->zone = (unsigned)f->zone;
    enum err_code rc =
        ip4_range_parse(f->cidr, f->cidr && strncmp(f->cidr, "127.", 4) == 0, &n->range, err);
    if (rc != ERR_OK) {
        free(n);
        return rc;
    }
    n->next = l->networks;
    l->networks = n;
    return ERR_OK;
}

static enum err_code read_flavour(struct loc *l, const void *rec, struct err *err)
{
    (void)err;
    const struct loc_flavour_file *r = rec;
    struct loc_flavour *f = xcalloc(1, sizeof(*f));
    copy(f->name, sizeof(f->name), r->name);
    f->vcpus = r->vcpus;
    f->ram = r->ram;
    f->disk = r->disk;
    f->is_added = true;
    f->next = l->flavours;
    l->flavours = f;
    return ERR_OK;
}

static enum err_code read_state(struct loc *l, const void *rec, struct err *err)
{
    const struct loc_state_file *f = rec;
    if (!f->id || strlen(f->id) != LOC_STATE_ID - 1 || strspn(f->id, "0123456789abcdef") != 8)
        return err_set(err, ERR_SYNTAX, "it has no id");
    copy(l->id, sizeof(l->id), f->id);
    l->mode = (enum loc_mode)word_of(f->mode, loc_mode_names, 3);
    return ERR_OK;
}

typedef enum err_code read_fn(struct loc *l, const void *rec, struct err *err);

static enum err_code read_file(struct loc *l, const char *path, const struct proto_type *type,
                               read_fn *fn, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    void *rec;
    enum err_code rc = loc_read(path, LOC_RECORD_MAX, &text, err);
    if (rc == ERR_OK)
        rc = proto_decode(type, text.s, text.len, 0, &a, &rec, err);
    if (rc == ERR_OK)
        rc = proto_validate(type, rec, err);
    if (rc == ERR_OK)
        rc = fn(l, rec, err);
    return rc == ERR_OK || rc == ERR_NOT_FOUND ? rc : err_add(err, "state file '%s'", path);
}

static enum err_code read_folder(struct loc *l, const char *kind, const struct proto_type *type,
                                 read_fn *fn, struct err *err)
{
    char path[LOC_PATH_MAX];
    enum err_code rc = ERR_OK;
    loc_path(l, path, "%s", kind);
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? ERR_OK : err_set_errno(err, ERR_IO, errno, "read '%s'", path);
    for (struct dirent *e; rc == ERR_OK && (e = readdir(d));) {
        const char *dot = strrchr(e->d_name, '.');
        loc_path(l, path, "%s/%s", kind, e->d_name);
        if (dot && strcmp(dot, ".json") == 0)
            rc = read_file(l, path, type, fn, err);
        else if (dot && strcmp(dot, ".new") == 0)
            unlink(path); /* torn: it was never valid */
    }
    closedir(d);
    return rc;
}

/* --- open --- */

/* "PID START" of who took the lock last. */
static bool owner_lives(int fd)
{
    char text[64] = "";
    int pid = 0;
    unsigned long long start = 0;
    return pread(fd, text, sizeof(text) - 1, 0) > 0 && sscanf(text, "%d %llu", &pid, &start) == 2 &&
           start && loc_process_start(pid) == start;
}

static bool write_owner(int fd)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%-10d %-20llu\n", (int)getpid(),
                     (unsigned long long)loc_process_start(getpid()));
    return pwrite(fd, text, (size_t)n, 0) == n;
}

/* Of a driver that was killed, companions may be on their way: they hold the lock until they are
 * known, or find that nobody listens. */
static enum err_code take_lock(struct loc *l, struct err *err)
{
    enum { WAIT_MS = 10000, PAUSE_MS = 5 };
    char path[LOC_PATH_MAX];
    loc_path(l, path, "lock");
    l->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->lock_fd < 0) {
        err_set_errno(err, ERR_IO, errno, "open '%s'", path);
        return err_hint(err, "choose a state-dir that is yours");
    }
    for (int i = 0; i < WAIT_MS / PAUSE_MS; i++) {
        if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0)
            return write_owner(l->lock_fd) ? ERR_OK
                                           : err_set_errno(err, ERR_IO, errno, "write '%s'", path);
        if (owner_lives(l->lock_fd))
            break;
        poll(NULL, 0, PAUSE_MS);
    }
    err_set(err, ERR_STATE, "another vim-driver-local has the state folder '%s'", l->folder);
    err_hint(err, "stop that one, or give this one a state-dir of its own");
    close(l->lock_fd);
    l->lock_fd = -1;
    return ERR_STATE;
}

static enum err_code make_id(struct loc *l, struct err *err)
{
    unsigned char bytes[4];
    id_random(bytes, sizeof(bytes));
    snprintf(l->id, sizeof(l->id), "%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
    l->mode = LOC_AUTO;
    return loc_save_mode(l, err);
}

static enum err_code read_all(struct loc *l, struct err *err)
{
    char path[LOC_PATH_MAX];
    loc_path(l, path, "state.json");
    enum err_code rc = read_file(l, path, &loc_state_file_type, read_state, err);
    if (rc == ERR_NOT_FOUND)
        rc = make_id(l, err);
    if (rc == ERR_OK)
        rc = read_folder(l, "servers", &loc_server_file_type, read_server, err);
    if (rc == ERR_OK)
        rc = read_folder(l, "networks", &loc_network_file_type, read_network, err);
    if (rc == ERR_OK)
        rc = read_folder(l, "flavours", &loc_flavour_file_type, read_flavour, err);
    return rc;
}

enum err_code loc_state_open(struct loc *l, struct err *err)
{
    /* Nobody else's: user data holds passwords, and a container's root may leave a setuid program.
     */
    static const char *const folders[] = {"servers", "networks", "flavours", "instances", "images"};
    char path[LOC_PATH_MAX];
    l->lock_fd = -1;
    if (strlen(l->o->state_dir) >= sizeof(l->folder) || strchr(l->o->state_dir, ',') ||
        strchr(l->o->state_dir, ':'))
        return err_set(err, ERR_INVALID,
                       "state-dir: its path is too long, or has ',' or ':' in it");
    snprintf(l->folder, sizeof(l->folder), "%s", l->o->state_dir);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    loc_boot_id(l->boot);
    enum err_code rc = loc_make_folder(l->folder, 0755, err);
    if (rc != ERR_OK)
        return err_hint(err, "choose a state-dir that is yours");
    rc = take_lock(l, err);
    for (size_t i = 0; i < ARRAY_LEN(folders) && rc == ERR_OK; i++) {
        loc_path(l, path, "%s", folders[i]);
        rc = loc_make_folder(path, 0700, err);
    }
    if (rc == ERR_OK)
        rc = read_all(l, err);
    loc_path(l, path, "spent");
    if (rc == ERR_OK)
        rc = ob_spent_open(path, true, &l->spent, err);
    if (rc != ERR_OK)
        loc_state_close(l);
    return rc;
}

#define FREE_LIST(list, type)                                                                      \
    while (list) {                                                                                 \
        struct type *next_ = (list)->next;                                                         \
        free(list);                                                                                \
        (list) = next_;                                                                            \
    }

void loc_state_close(struct loc *l)
{
    FREE_LIST(l->servers, loc_server)
    FREE_LIST(l->networks, loc_network)
    FREE_LIST(l->flavours, loc_flavour)
    FREE_LIST(l->images, loc_image)
    ob_spent_close(l->spent);
    l->spent = NULL;
    if (l->lock_fd >= 0)
        close(l->lock_fd);
    l->lock_fd = -1;
}

/* --- find --- */

struct loc_server *loc_server_by_id(const struct loc *l, const char *id)
{
    struct loc_server *s = l->servers;
    while (s && strcmp(s->id, id) != 0)
        s = s->next;
    return s;
}

struct loc_server *loc_server_by_token(const struct loc *l, const char *token)
{
    struct loc_server *s = l->servers;
    while (s && (!token || !token[0] || strcmp(s->token, token) != 0))
        s = s->next;
    return s;
}

struct loc_network *loc_network_by_id(const struct loc *l, const char *id)
{
    struct loc_network *n = l->networks;
    while (n && strcmp(n->id, id) != 0)
        n = n->next;
    return n;
}

/* 0: not for the project; else the higher, the nearer. */
static int nearness(const struct loc_network *n, const char *project)
{
    return strcmp(n->project, project) == 0         ? 3
           : strcmp(n->project, LOC_SHARED) == 0    ? 2
           : strcmp(n->project, LOC_OF_BEFORE) == 0 ? 1
                                                    : 0;
}

bool loc_network_is_for(const struct loc_network *n, const char *project)
{
    return nearness(n, project) > 0;
}

struct loc_network *loc_network_find(const struct loc *l, const char *project,
                                     const char *id_or_name)
{
    struct loc_network *by_name = NULL;
    int best = 0;
    for (struct loc_network *n = l->networks; n; n = n->next) {
        int near = nearness(n, project);
        if (near && strcmp(n->id, id_or_name) == 0)
            return n;
        if (near > best && strcmp(n->name, id_or_name) == 0) {
            by_name = n;
            best = near;
        }
    }
    return by_name;
}

const struct loc_flavour *loc_flavour_find(const struct loc *l, const char *name)
{
    const struct loc_flavour *f = l->flavours;
    while (f && strcmp(f->name, name) != 0)
        f = f->next;
    return f;
}

const struct loc_image *loc_image_find(const struct loc *l, const char *name)
{
    const struct loc_image *i = l->images;
    while (i && strcmp(i->name, name) != 0)
        i = i->next;
    return i;
}

void loc_remove_server(struct loc *l, struct loc_server *s)
{
    struct loc_server **at = &l->servers;
    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
    free(s);
}

#define PROTO_THIS struct loc_nic_file
PROTO_RECORD_DEFINE(loc_nic_file, LOC_NIC_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct loc_server_file
PROTO_RECORD_DEFINE(loc_server_file, LOC_SERVER_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct loc_network_file
PROTO_RECORD_DEFINE(loc_network_file, LOC_NETWORK_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct loc_flavour_file
PROTO_RECORD_DEFINE(loc_flavour_file, LOC_FLAVOUR_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct loc_state_file
PROTO_RECORD_DEFINE(loc_state_file, LOC_STATE_FIELDS)
#undef PROTO_THIS
