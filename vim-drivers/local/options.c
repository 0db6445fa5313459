#include "vim-drivers/local/options.h"

const char *const loc_mode_names[] = {"auto", "runc", "plain", NULL};

static const char *const want_names[] = {"auto", "yes", "no", NULL};

#define O struct loc_options
/* clang-format off */
const struct config_option loc_option_rows[] = {
    CONFIG_STR(O, type, "type", "local", "type of the VIM instances"),
    CONFIG_STR(O, name, "name", "", "name of this driver; empty: the type"),
    PEER_OPTIONS(O, peer),
    CONFIG_PATH(O, state_dir, "state-dir", "/var/lib/openbaton/vim-driver-local",
                "folder for servers, networks and what is known of them; one driver at a time"),
    CONFIG_ENUM(O, mode, "mode", "auto", loc_mode_names,
                "runc: containers; plain: processes of this host, not isolated; auto: tries runc first"),
    CONFIG_LIST(O, relay, "relay", "5672",
                "PORT or ADDRESS:PORT of this host that instances in runc mode reach at 169.254.77.1:PORT"),
    CONFIG_LIST(O, shared_networks, "shared-networks", "",
                "names of networks that are one for all projects, e.g. for management; others are a project's own"),
    CONFIG_PATH(O, images, "images", "", "folder with images: a root file system each, as a folder or .tar file"),
    CONFIG_PATH(O, agent, "ems-agent", "", "the agent's program, for every instance; empty: ems-agent beside this program"),
    CONFIG_LIST(O, flavours, "flavours",
                "tiny:1:512:1,small:1:1024:5,medium:2:2048:10,large:4:4096:20,"
                "m1.tiny:1:512:1,m1.small:1:2048:20,m1.medium:2:4096:40,m1.large:4:8192:80",
                "NAME:VCPUS:RAM in MB:DISK in GB"),
    CONFIG_STR(O, default_flavour, "default-flavour", "small", "of servers whose flavour is not said"),
    CONFIG_INT(O, processes, "processes-per-vcpu", "1024", 16, 1000000, NULL,
               "processes and threads of a container, for each vcpu of its flavour"),
    CONFIG_ENUM(O, limit_disk, "limit-disk", "auto", want_names,
                "a container's disk is no larger than its flavour says: a file system in a file, mounted as a loop device; "
                "auto: where that works, and otherwise the log says why not; yes: or the driver does not start"),
    CONFIG_INT(O, default_disk_gb, "default-disk", "5", 1, 1048576, "GB", "of flavours with a disk of 0"),
    CONFIG_INT(O, disk_reserve, "disk-reserve", "1G", 0, INT64_C(1) << 50, "bytes",
               "of the file system of state-dir that disks of containers leave to the host"),
    CONFIG_LIST(O, capabilities, "capabilities", "",
                "of root in a container, beside the usual ones (docker's without MKNOD), e.g. NET_ADMIN for functions that route; "
                "the system calls that need one come with it"),
    CONFIG_INT(O, quota_cores, "quota-cores", "0", 0, 1000000, NULL, "what getQuota tells; 0: no bound (-1)"),
    CONFIG_INT(O, quota_ram, "quota-ram", "0", 0, 1000000000, "MB", "what getQuota tells; 0: no bound (-1)"),
    CONFIG_INT(O, quota_instances, "quota-instances", "200", 1, 10000, NULL, "servers at most"),
    CONFIG_INT(O, console_bytes, "console-size", "1M", 4096, 1 << 30, "bytes",
               "of an instance's console.log; the older half goes when it is full"),
    CONFIG_INT(O, launches, "launches", "8", 1, 256, NULL, "launches in flight at most; others wait"),
    CONFIG_DURATION(O, stop_grace_ms, "stop-grace", "5s", 0, 600000, "for calls in hand when stopping"),
    { .name = "probe-mode", .type = CONFIG_T_BOOL, .initial = "no", .flags = CONFIG_FLAG_ONLY,
      .help = "say which mode works here, and why, and end", .offset = CONFIG_AT_(O, wants_probe, bool) },
    { .name = "clean", .type = CONFIG_T_BOOL, .initial = "no", .flags = CONFIG_FLAG_ONLY,
      .help = "remove everything that was made with this state-dir, and end", .offset = CONFIG_AT_(O, wants_clean, bool) },
    { .name = "die-at", .type = CONFIG_T_INT, .initial = "0", .max = 100000, .flags = CONFIG_HIDDEN,
      .help = "for tests: kill -9 at this step", .offset = CONFIG_AT_(O, die_at, int64_t) },
    CONFIG_END
};
/* clang-format on */
