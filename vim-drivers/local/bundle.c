/* What runc is told: https://github.com/opencontainers/runtime-spec, config.md, config-linux.md. */
#include "proto/codec/codec.h"
#include "vim-drivers/local/container.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { FILES_MAX = 65536 };

/* clang-format off */
static const char mounts[] =
    "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
    "{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=64k\"]},"
    "{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]},"
    "{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
    "{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
    "{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}";
static const char isolation[] =
    "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"}],"
    "\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/interrupts\",\"/proc/keys\",\"/proc/latency_stats\",\"/proc/timer_list\","
    "\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/sys/devices/virtual/powercap\",\"/proc/scsi\"],"
    "\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]";
/* clang-format on */

static void strings(struct sbuf *out, const char *name, const char *const *list)
{
    sbuf_addf(out, "\"%s\":[", name);
    for (size_t i = 0; list[i]; i++) {
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, list[i]);
    }
    sbuf_addc(out, ']');
}

static void environment(const struct loc_server *s, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf mark = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf host = SBUF_INIT;
    sbuf_addf(&mark, "BATON_INSTANCE=%s", s->id);
    sbuf_addf(&host, "HOSTNAME=%s", s->name);
    strings(out, "env",
            (const char *const[]){
                mark.s, "BATON_ROOT=", "BATON_MODE=runc", host.s,
                "PATH=/opt/baton/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root", "TMPDIR=/tmp", "LANG=C.UTF-8", NULL});
}

static void bind(struct sbuf *out, const char *from, const char *to)
{
    struct stat st;
    if (stat(from, &st) != 0)
        return;
    sbuf_adds(out, ",{\"destination\":");
    proto_quotes(out, to);
    sbuf_adds(out, ",\"type\":\"bind\",\"source\":");
    proto_quotes(out, from);
    sbuf_adds(out, ",\"options\":[\"bind\",\"ro\",\"nodev\"]}");
}

static void host_binds(struct sbuf *out)
{
    static const char *const own[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
    struct stat st;
    bind(out, "/usr", "/usr");
    bind(out, "/etc/alternatives", "/etc/alternatives");
    bind(out, "/etc/ssl/certs", "/etc/ssl/certs");
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (lstat(own[i], &st) == 0 && S_ISDIR(st.st_mode)) /* /usr is not merged */
            bind(out, own[i], own[i]);
}

static void process(const struct loc_bundle *b, struct sbuf *out)
{
    sbuf_adds(out, "\"process\":{\"terminal\":false,\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\","
                   "\"noNewPrivileges\":true,");
    strings(out, "args", b->args);
    sbuf_addc(out, ',');
    environment(b->s, out);
    sbuf_addc(out, ',');
    loc_capabilities(b->l->o, out);
    struct rlimit files = {.rlim_max = FILES_MAX}; /* raising it would take a capability more */
    getrlimit(RLIMIT_NOFILE, &files);
    long long most = files.rlim_max < FILES_MAX ? (long long)files.rlim_max : FILES_MAX;
    sbuf_addf(out,
              ",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":%lld,\"soft\":%lld},"
              "{\"type\":\"RLIMIT_CORE\",\"hard\":0,\"soft\":0}",
              most, most);
    if (!b->has_cgroups && b->s->flavour.ram) /* per process: better than nothing */
        sbuf_addf(out, ",{\"type\":\"RLIMIT_DATA\",\"hard\":%lld,\"soft\":%lld}",
                  (long long)b->s->flavour.ram << 20, (long long)b->s->flavour.ram << 20);
    if (!b->s->disk_size && b->s->flavour.disk)
        sbuf_addf(out, ",{\"type\":\"RLIMIT_FSIZE\",\"hard\":%lld,\"soft\":%lld}",
                  (long long)b->s->flavour.disk << 30, (long long)b->s->flavour.disk << 30);
    sbuf_adds(out, "]}");
}

static void limits(const struct loc_bundle *b, struct sbuf *out)
{
    enum { PERIOD_US = 100000 };
    const struct loc_flavour *f = &b->s->flavour;
    sbuf_addf(out, "\"cgroupsPath\":\"/baton-%s/%s\",\"resources\":{", b->l->id, b->s->id);
    sbuf_addf(out, "\"memory\":{\"limit\":%lld", (long long)f->ram << 20);
    if (loc_cgroup_has_swap()) /* of both together: none of it is swap */
        sbuf_addf(out, ",\"swap\":%lld", (long long)f->ram << 20);
    sbuf_addf(out, "},\"pids\":{\"limit\":%lld},", (long long)f->vcpus * b->l->o->processes);
    sbuf_addf(out, "\"cpu\":{\"shares\":%lld,\"quota\":%lld,\"period\":%d},",
              (long long)f->vcpus * 1024 > 262144 ? 262144LL : (long long)f->vcpus * 1024,
              (long long)f->vcpus * PERIOD_US, PERIOD_US);
    sbuf_adds(out, "\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]},");
}

void loc_bundle_config(const struct loc_bundle *b, struct sbuf *out)
{
    char host[64];
    loc_hostname(b->s->name, host);
    sbuf_adds(out, "{\"ociVersion\":\"1.0.2\",");
    process(b, out);
    sbuf_adds(out, ",\"root\":{\"path\":");
    proto_quotes(out, b->rootfs);
    sbuf_adds(out, ",\"readonly\":false},\"hostname\":");
    proto_quotes(out, host);
    sbuf_addf(out, ",\"mounts\":[%s", mounts);
    if (b->is_host)
        host_binds(out);
    if (b->l->tini[0])
        bind(out, b->l->tini, "/opt/baton/bin/tini");
    if (b->l->agent[0])
        bind(out, b->l->agent, "/opt/baton/bin/ems-agent");
    if (b->user_data)
        bind(out, b->user_data, "/opt/baton/user-data");
    sbuf_adds(out, "],\"linux\":{\"rootfsPropagation\":\"private\",");
    if (b->has_cgroups)
        limits(b, out);
    sbuf_addf(out, "%s,", isolation);
    loc_seccomp(b->l->o, out);
    sbuf_adds(out, "}}");
}
