#include "vim-drivers/docker/options.h"

#define O struct dk_options
/* clang-format off */
const struct config_option dk_option_rows[] = {
    CONFIG_STR(O, type, "type", "docker", "type of the VIM instances"),
    CONFIG_STR(O, name, "name", "", "name of this driver; empty: the type"),
    PEER_OPTIONS(O, peer),
    CONFIG_LIST(O, sockets, "sockets", "/var/run/docker.sock",
                "sockets of engines of this machine that PoPs may name, as unix:///var/run/docker.sock; access to one is as good as root here"),
    CONFIG_BOOL(O, may_be_plain, "plain-tcp", "no",
                "PoPs may name engines without TLS, as http://HOST:PORT: for networks that only trusted hosts are in"),
    CONFIG_PATH(O, agent, "ems-agent", "", "the agent's program for every container, linked statically; empty: ems-agent-static beside this program"),
    CONFIG_PATH(O, spent_file, "spent-file", "/var/lib/openbaton/vim-driver-docker/spent",
                "keeps for a day what was deleted, so that a launch which comes late makes nothing anew"),
    CONFIG_LIST(O, flavours, "flavours",
                "tiny:1:512:1,small:1:1024:5,medium:2:2048:10,large:4:4096:20,"
                "m1.tiny:1:512:1,m1.small:1:2048:20,m1.medium:2:4096:40,m1.large:4:8192:80",
                "NAME:VCPUS:RAM in MB:DISK in GB; the disk is not limited"),
    CONFIG_STR(O, default_flavour, "default-flavour", "small", "of servers whose flavour is not said"),
    CONFIG_STR(O, subnets, "subnets", "10.200.0.0/14", "networks whose subnet is not said get a /24 out of this range"),
    CONFIG_LIST(O, cidrs, "cidrs", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
                "ranges that a subnet which is said has to be in; networks of this machine are refused in any case: the engine would take them, and its host would reach its neighbours no more"),
    CONFIG_LIST(O, floating, "floating-addresses", "",
                "addresses of the engine's host for servers that want a floating one: the ports that the image exposes are published there"),
    CONFIG_LIST(O, registries, "registries", "docker.io",
                "registries that are shown a PoP's username and password when an image is pulled, as registry.example.org:5000"),
    CONFIG_PATH(O, image_folder, "image-folder", "/var/tmp", "images to add are kept here while they are passed on: twice their size"),
    CONFIG_INT(O, image_max_mb, "image-max", "20480", 1, 1048576, "MB", "of an image to add"),
    CONFIG_LIST(O, outbound, "outbound-allow", "",
                "networks that images may be fetched from although they are this machine's own, loopback or link-local"),
    CONFIG_INT(O, processes, "processes-per-vcpu", "1024", 16, 1000000, NULL,
               "processes and threads of a container, for each vcpu of its flavour"),
    CONFIG_LIST(O, capabilities, "capabilities", "",
                "that containers get beside the engine's usual ones, e.g. NET_ADMIN for functions that route"),
    CONFIG_INT(O, launches, "launches", "16", 1, 256, NULL, "launches in flight at most; others wait"),
    CONFIG_DURATION(O, call_timeout_ms, "call-timeout", "240s", 1000, 3600000, "of a call of the NFVO, pulling an image included"),
    CONFIG_INT(O, quota_instances, "quota-instances", "200", 1, 100000, NULL, "servers of a project at most"),
    CONFIG_DURATION(O, stop_grace_ms, "stop-grace", "5s", 0, 600000, "for calls in hand when stopping"),
    { .name = "die-at", .type = CONFIG_T_INT, .initial = "0", .max = 100000, .flags = CONFIG_HIDDEN,
      .help = "for tests: kill -9 at this step", .offset = CONFIG_AT_(O, die_at, int64_t) },
    CONFIG_END
};
/* clang-format on */
