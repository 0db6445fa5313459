/* The driver's side of the fabric: its zones, each with a network namespace, kept by a file below
 * /run/netns so that neither the driver's end nor that of the zone's process cuts a server off, its
 * process, its bridges, the wires of servers. A project has a zone of its own: nothing leads from one
 * to another, and the same addresses may be in both. A zone is there while a network is in it. */
#include "vim-drivers/local/fabric.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/local/local.h"
#include "vim-drivers/local/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { RELAYS_MAX = 32, END_MS = 10000 };

/* Zone 0 has the names that there were before there were others. */
void loc_fabric_file(const struct loc *l, unsigned zone, char out[LOC_PATH_MAX])
{
    if (zone == 0)
        snprintf(out, LOC_PATH_MAX, LOC_NETNS_FOLDER "/baton-%s", l->id);
    else
        snprintf(out, LOC_PATH_MAX, LOC_NETNS_FOLDER "/baton-%s.%u", l->id, zone);
}

/* In its folder; name "": that itself. */
static void zone_path(const struct loc *l, unsigned zone, const char *name, char out[LOC_PATH_MAX])
{
    char folder[32] = "fabric";
    if (zone)
        snprintf(folder, sizeof(folder), "fabric/%u", zone);
    loc_path(l, out, name[0] ? "%s/%s" : "%s%s", folder, name);
}

bool loc_is_netns(const char *path)
{
    struct statfs fs;
    return statfs(path, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

/* Many lines of `ip` at once. netns: its file. is_lenient: what is there already is fine. */
static enum err_code ip_batch(const char *netns, const char *lines, bool is_lenient,
                              struct err *err)
{
    const char *const strict[] = {"ip", "-batch", "-", NULL}, *const lenient[] = {"ip", "-force",
                                                                                  "-batch", "-",
                                                                                  NULL};
    struct err ignored = ERR_INIT;
    enum err_code rc = loc_run(
        &(struct loc_spawn){.argv = is_lenient ? lenient : strict, .in = lines, .netns = netns},
        is_lenient ? &ignored : err);
    return is_lenient ? ERR_OK : rc;
}

/* --- its process --- */

/* true: nobody holds it (and nobody does afterwards, either). */
static bool is_unlocked(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_free = fd >= 0 ? flock(fd, LOCK_EX | LOCK_NB) == 0 : errno == ENOENT;
    if (fd >= 0)
        close(fd);
    return is_free;
}

static void relays(const struct loc *l, struct sbuf *out)
{
    for (size_t i = 0; i < l->o->relay.n && i < RELAYS_MAX; i++)
        sbuf_addf(out, "%s ", l->o->relay.items[i]);
}

/* "PID START BOOT\nRELAYS\n" as the fabric wrote it. */
static bool read_process(const struct loc *l, unsigned zone, pid_t *ret_pid, char *relay_text,
                         size_t size)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[LOC_PATH_MAX], boot[LOC_BOOT_MAX];
    int pid;
    unsigned long long start;
    zone_path(l, zone, "process", path);
    if (loc_read(path, LOC_RECORD_MAX, &text, NULL) != ERR_OK ||
        sscanf(text.s, "%d %llu %39s", &pid, &start, boot) != 3 || strcmp(boot, l->boot) != 0 ||
        start == 0 || loc_process_start(pid) != start)
        return false;
    const char *line = strchr(text.s, '\n');
    snprintf(relay_text, size, "%s", line ? line + 1 : "");
    relay_text[strcspn(relay_text, "\n")] = '\0';
    *ret_pid = pid;
    return true;
}

static enum err_code end_process(const struct loc *l, unsigned zone, struct err *err)
{
    char lock[LOC_PATH_MAX], text[2048];
    pid_t pid;
    int64_t deadline = clock_mono_us() + END_MS * INT64_C(1000);
    zone_path(l, zone, "lock", lock);
    while (!is_unlocked(lock)) {
        if (read_process(l, zone, &pid, text, sizeof(text)))
            kill(pid, SIGKILL); /* it keeps nothing but connections */
        if (clock_mono_us() > deadline)
            return err_set(err, ERR_TIMEOUT, "the fabric's process does not end");
        poll(NULL, 0, 5);
    }
    return ERR_OK;
}

static enum err_code start_process(struct loc *l, unsigned zone, struct err *err)
{
    char folder[LOC_PATH_MAX], netns[LOC_PATH_MAX];
    const char *argv[RELAYS_MAX + 5] = {loc_own_path(), "fabric", folder, netns};
    size_t n = 4;
    pid_t pid;
    zone_path(l, zone, "", folder);
    loc_fabric_file(l, zone, netns);
    for (size_t i = 0; i < l->o->relay.n && i < RELAYS_MAX; i++)
        argv[n++] = l->o->relay.items[i];
    argv[n] = NULL;
    loc_step(l);
    enum err_code rc = loc_detach(argv, NULL, -1, -1, l->lock_fd, &pid, err);
    loc_step(l);
    return rc;
}

static enum err_code see_to_process(struct loc *l, unsigned zone, struct err *err)
{
    AUTO(sbuf_release) struct sbuf wanted = SBUF_INIT;
    char path[LOC_PATH_MAX], text[2048] = "";
    pid_t pid;
    zone_path(l, zone, "", path);
    enum err_code rc = loc_make_folder(path, 0700, err);
    relays(l, &wanted);
    zone_path(l, zone, "lock", path);
    if (rc == ERR_OK && !is_unlocked(path)) {
        if (read_process(l, zone, &pid, text, sizeof(text)) && strcmp(text, wanted.s) == 0)
            return ERR_OK;
        rc = end_process(l, zone, err); /* other relays are wanted now */
    }
    return rc == ERR_OK ? start_process(l, zone, err) : rc;
}

/* --- bridges --- */

static void bridge_lines(const struct loc_network *n, struct sbuf *out)
{
    char gateway[IP4_TEXT];
    ip4_print(ip4_range_gateway(&n->range), gateway);
    /* Without an address of its own a bridge takes the lowest of its ports', another one whenever a
     * server comes or goes, and who knew it loses its gateway for half a minute. */
    sbuf_addf(out, "link add br%u address 02:ba:70:6e:%02x:%02x type bridge\n", n->number,
              n->number >> 8 & 0xff, n->number & 0xff);
    sbuf_addf(out, "addr add %s/%u dev br%u\n", gateway, n->range.bits, n->number);
    sbuf_addf(out, "link set br%u up\n", n->number);
}

/* What is there may stay; that it is there is checked. only: NULL: all of the zone. */
static enum err_code make_bridges(struct loc *l, unsigned zone, const struct loc_network *only,
                                  struct err *err)
{
    AUTO(sbuf_release) struct sbuf lines = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf check = SBUF_INIT;
    char netns[LOC_PATH_MAX];
    loc_fabric_file(l, zone, netns);
    pthread_mutex_lock(&l->lock);
    for (const struct loc_network *n = only ? only : l->networks; n; n = only ? NULL : n->next)
        if (n->zone == zone) {
            bridge_lines(n, &lines);
            sbuf_addf(&check, "link set br%u up\n", n->number);
        }
    pthread_mutex_unlock(&l->lock);
    if (lines.len == 0)
        return ERR_OK;
    loc_step(l);
    err_ignore(ip_batch(netns, lines.s, true, err), "what is missing is found by the check");
    loc_step(l);
    enum err_code rc = ip_batch(netns, check.s, false, err);
    return rc == ERR_OK ? rc : err_add(err, "make the bridge");
}

/* --- servers --- */

static void wire(char out[20], const struct loc_server *s, unsigned i)
{
    snprintf(out, 20, "v%.8s.%u", s->id, i);
}

static bool place_of(struct loc *l, const struct loc_nic *nic, struct loc_network *ret)
{
    pthread_mutex_lock(&l->lock);
    const struct loc_network *n = loc_network_by_id(l, nic->network);
    if (n)
        *ret = *n;
    pthread_mutex_unlock(&l->lock);
    return n != NULL;
}

static void wire_lines(const struct loc_server *s, unsigned i, const struct loc_network *n,
                       pid_t pid, struct sbuf *outside, struct sbuf *inside)
{
    char name[20], ip[IP4_TEXT];
    uint32_t to = s->nics[i].ip;
    wire(name, s, i);
    /* The address follows from the IP: whoever remembers that of a server that is gone is right
     * when the next one gets its IP. */
    sbuf_addf(outside,
              "link add %s type veth peer name eth%u address 02:bb:%02x:%02x:%02x:%02x netns %d\n",
              name, i, to >> 24, to >> 16 & 0xff, to >> 8 & 0xff, to & 0xff, (int)pid);
    sbuf_addf(outside, "link set %s master br%u up\n", name, n->number);
    ip4_print(to, ip);
    sbuf_addf(inside, "addr add %s/%u dev eth%u\nlink set eth%u up\n", ip, n->range.bits, i, i);
    ip4_print(ip4_range_gateway(&n->range), ip);
    if (i == 0)
        sbuf_addf(inside, "route add default via %s\n", ip);
}

enum { ALL_ZONES = -1 };

/* Its wires into that zone. */
static enum err_code attach(struct loc *l, const struct loc_server *s, pid_t pid, int zone,
                            struct err *err)
{
    AUTO(sbuf_release) struct sbuf inside = SBUF_INIT;
    char own[64], netns[LOC_PATH_MAX];
    struct loc_network n;
    snprintf(own, sizeof(own), "/proc/%d/ns/net", (int)pid);
    sbuf_adds(&inside, "link set lo up\n");
    for (unsigned i = 0; i < s->nic_n; i++) {
        AUTO(sbuf_release) struct sbuf outside = SBUF_INIT;
        if (!place_of(l, &s->nics[i], &n))
            return err_set(err, ERR_NOT_FOUND, "network '%s' is gone", s->nics[i].name);
        if (zone != ALL_ZONES && n.zone != (unsigned)zone)
            continue;
        wire_lines(s, i, &n, pid, &outside, &inside);
        loc_fabric_file(l, n.zone, netns);
        enum err_code rc = ip_batch(netns, outside.s, false, err);
        loc_step(l);
        if (rc != ERR_OK)
            return err_add(err, "connect it to its networks");
    }
    enum err_code rc = ip_batch(own, inside.s, false, err);
    return rc == ERR_OK ? rc : err_add(err, "connect it to its networks");
}

enum err_code loc_fabric_attach(struct loc *l, const struct loc_server *s, pid_t pid,
                                struct err *err)
{
    return attach(l, s, pid, ALL_ZONES, err);
}

void loc_fabric_detach(struct loc *l, const struct loc_server *s)
{
    char line[40], name[20], netns[LOC_PATH_MAX];
    struct loc_network n;
    for (unsigned i = 0; i < s->nic_n; i++) {
        if (!place_of(l, &s->nics[i], &n))
            continue;
        wire(name, s, i);
        snprintf(line, sizeof(line), "link del %s\n", name);
        loc_fabric_file(l, n.zone, netns);
        if (loc_is_netns(netns))
            err_ignore(ip_batch(netns, line, true, NULL), "they go with the server's namespace");
    }
}

/* --- a zone --- */

static size_t running(struct loc *l, struct loc_server **ret)
{
    size_t n = 0, cap = 0;
    const char *why;
    pthread_mutex_lock(&l->lock);
    for (const struct loc_server *s = l->servers; s; s = s->next)
        cap++;
    *ret = xcalloc(cap + 1, sizeof(**ret));
    for (const struct loc_server *s = l->servers; s; s = s->next)
        if (s->mode == LOC_RUNC && s->phase == LOC_RUNNING &&
            strcmp(loc_server_status(l, s, &why), "ACTIVE") == 0)
            (*ret)[n++] = *s;
    pthread_mutex_unlock(&l->lock);
    return n;
}

/* The old namespace goes at leisure, and its wires with it: their ends must not be in the way. */
static void drop_old_ends(struct loc *l, const struct loc_server *s, unsigned zone)
{
    AUTO(sbuf_release) struct sbuf lines = SBUF_INIT;
    char own[64];
    struct loc_network n;
    snprintf(own, sizeof(own), "/proc/%d/ns/net", (int)s->pid);
    for (unsigned i = 0; i < s->nic_n; i++)
        if (place_of(l, &s->nics[i], &n) && n.zone == zone)
            sbuf_addf(&lines, "link del eth%u\n", i);
    if (lines.len)
        err_ignore(ip_batch(own, lines.s, true, NULL), "there may be none");
}

/* A namespace that is new has nobody in it: those that run are connected again. */
static void connect_again(struct loc *l, unsigned zone)
{
    AUTO(freep) struct loc_server *list = NULL;
    size_t n = running(l, &list);
    for (size_t i = 0; i < n; i++) {
        struct err err = ERR_INIT;
        drop_old_ends(l, &list[i], zone);
        if (attach(l, &list[i], list[i].pid, (int)zone, &err) != ERR_OK)
            log_error(LOG_DRIVER, "not_connected", KV_S("server", list[i].id), KV_ERR(&err));
    }
}

static enum err_code open_zone(struct loc *l, unsigned zone, struct err *err)
{
    char netns[LOC_PATH_MAX];
    loc_fabric_file(l, zone, netns);
    bool is_new = !loc_is_netns(netns);
    enum err_code rc = is_new ? end_process(l, zone, err) : ERR_OK;
    if (rc == ERR_OK)
        rc = see_to_process(l, zone, err);
    if (rc == ERR_OK)
        rc = make_bridges(l, zone, NULL, err);
    if (rc == ERR_OK && is_new)
        connect_again(l, zone);
    return rc == ERR_OK ? rc : err_add(err, "make the network fabric");
}

static bool is_open(const struct loc *l, unsigned zone)
{
    char lock[LOC_PATH_MAX], netns[LOC_PATH_MAX];
    zone_path(l, zone, "lock", lock);
    loc_fabric_file(l, zone, netns);
    return loc_is_netns(netns) && !is_unlocked(lock);
}

static enum err_code close_zone(const struct loc *l, unsigned zone, struct err *err)
{
    char path[LOC_PATH_MAX];
    zone_path(l, zone, "", path);
    if (access(path, F_OK) == 0) {
        enum err_code rc = end_process(l, zone, err);
        if (rc != ERR_OK)
            return rc;
    }
    loc_fabric_file(l, zone, path);
    if (loc_is_netns(path) && umount2(path, MNT_DETACH) != 0)
        return err_set_errno(err, ERR_IO, errno, "unmount '%s'", path);
    if (unlink(path) != 0 && errno != ENOENT && errno != EACCES)
        return err_set_errno(err, ERR_IO, errno, "remove '%s'", path);
    return ERR_OK;
}

/* --- all of it --- */

/* Whoever makes or ends zones. */
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;

enum { ZONES_MAX = 1024 };

/* Those with networks that are neither made nor deleted just now. */
static size_t zones_of(struct loc *l, unsigned out[ZONES_MAX])
{
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    for (const struct loc_network *o = l->networks; o; o = o->next) {
        size_t i = 0;
        while (i < n && out[i] != o->zone)
            i++;
        if (i == n && n < ZONES_MAX && !o->is_busy)
            out[n++] = o->zone;
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}

enum err_code loc_fabric_open(struct loc *l, struct err *err)
{
    unsigned zones[ZONES_MAX];
    size_t n = zones_of(l, zones);
    bool has_first = false;
    enum err_code rc = ERR_OK;
    for (size_t i = 0; i < n && rc == ERR_OK; i++) {
        has_first |= zones[i] == 0;
        rc = open_zone(l, zones[i], err);
    }
    if (rc == ERR_OK && !has_first) /* a driver of before made it for no network, too */
        rc = close_zone(l, 0, err);
    return rc;
}

/* A zone may have been killed, or its namespace unmounted. */
void loc_fabric_check(struct loc *l)
{
    unsigned zones[ZONES_MAX];
    if (l->mode != LOC_RUNC)
        return;
    pthread_mutex_lock(&zones_lock);
    size_t n = zones_of(l, zones);
    for (size_t i = 0; i < n; i++) {
        struct err err = ERR_INIT;
        if (is_open(l, zones[i]))
            continue;
        log_warn(LOG_DRIVER, "fabric_lost", KV_I("zone", zones[i]));
        if (open_zone(l, zones[i], &err) != ERR_OK)
            log_error(LOG_DRIVER, "fabric_not_made", KV_ERR(&err));
    }
    pthread_mutex_unlock(&zones_lock);
}

enum err_code loc_fabric_add_network(struct loc *l, const struct loc_network *n, struct err *err)
{
    pthread_mutex_lock(&zones_lock);
    enum err_code rc =
        is_open(l, n->zone) ? make_bridges(l, n->zone, n, err) : open_zone(l, n->zone, err);
    pthread_mutex_unlock(&zones_lock);
    return rc;
}

static bool is_last(struct loc *l, const struct loc_network *n)
{
    pthread_mutex_lock(&l->lock);
    const struct loc_network *o = l->networks;
    while (o && (o == n || o->zone != n->zone || strcmp(o->id, n->id) == 0))
        o = o->next;
    pthread_mutex_unlock(&l->lock);
    return !o;
}

enum err_code loc_fabric_drop_network(struct loc *l, const struct loc_network *n, struct err *err)
{
    char line[64], netns[LOC_PATH_MAX];
    enum err_code rc;
    loc_fabric_file(l, n->zone, netns);
    snprintf(line, sizeof(line), "link del br%u\n", n->number);
    pthread_mutex_lock(&zones_lock);
    loc_step(l);
    if (is_last(l, n))
        rc = close_zone(l, n->zone, err);
    else
        rc = ip_batch(netns, line, true, err);
    loc_step(l);
    pthread_mutex_unlock(&zones_lock);
    return rc;
}

enum err_code loc_fabric_clean(struct loc *l, struct err *err)
{
    unsigned zones[ZONES_MAX];
    size_t n = zones_of(l, zones);
    enum err_code rc = close_zone(l, 0, err);
    for (size_t i = 0; i < n && rc == ERR_OK; i++)
        rc = close_zone(l, zones[i], err);
    return rc;
}
