#include "vim-drivers/openstack/options.h"

#define O struct os_options
/* clang-format off */
const struct config_option os_option_rows[] = {
    CONFIG_STR(O, type, "type", "openstack", "type of the VIM instances"),
    CONFIG_STR(O, name, "name", "", "name of this driver; empty: the type"),
    PEER_OPTIONS(O, peer),
    CONFIG_BOOL(O, is_tls_checked, "tls-check", "yes",
                "certificates of clouds are checked, by the PoP's own openstackSslCertificate or ca, else by this machine's authorities; no: passwords go to whatever answers"),
    CONFIG_BOOL(O, may_be_plain, "plain-http", "yes",
                "PoPs may name a keystone without TLS (http://): for networks that only trusted hosts are in"),
    CONFIG_STR(O, interface, "interface", "public", "which of the catalogue's endpoints are called: public, internal or admin"),
    CONFIG_PATH(O, spent_file, "spent-file", "/var/lib/openbaton/vim-driver-openstack/spent",
                "keeps for a day what was deleted, so that a launch which comes late makes nothing anew"),
    CONFIG_STR(O, default_flavour, "default-flavour", "m1.small", "of servers whose flavour is not said"),
    CONFIG_STR(O, router, "router", "", "router that new networks are attached to; empty: the tenant's first one with a gateway, else one is made to external-network"),
    CONFIG_STR(O, external, "external-network", "", "of new routers, and of floating addresses whose pool is not said; empty: the first external network"),
    CONFIG_STR(O, subnets, "subnets", "192.168.0.0/16", "networks whose subnet is not said get a /24 out of this range"),
    CONFIG_LIST(O, dns, "dns-servers", "8.8.8.8", "name servers of new subnets; empty: the cloud's own"),
    CONFIG_BOOL(O, has_config_drive, "config-drive", "no", "servers get user data on a disk, too: for clouds without a metadata service"),
    CONFIG_INT(O, boot_volume_gb, "boot-volume", "0", 0, 16384, NULL,
               "servers boot from a volume of so many GB made of their image; 0: from the image. metadata boot_volume of a VDU goes before"),
    CONFIG_PATH(O, image_folder, "image-folder", "/var/tmp", "images to add are kept here while they are passed on"),
    CONFIG_INT(O, image_max_mb, "image-max", "20480", 1, 1048576, "MB", "of an image to add"),
    CONFIG_LIST(O, outbound, "outbound-allow", "",
                "networks that images may be fetched from although they are this machine's own, loopback or link-local"),
    CONFIG_INT(O, launches, "launches", "8", 1, 64, NULL, "launches in flight at most, of each cloud; others wait"),
    CONFIG_DURATION(O, poll_ms, "poll", "1s", 50, 60000, "between two listings of a cloud's servers while some of them are awaited"),
    CONFIG_DURATION(O, orphan_age_ms, "orphan-age", "15m", 1000, 86400000,
                    "ports and floating addresses of ours whose server is not there are removed when they are that old"),
    CONFIG_DURATION(O, call_timeout_ms, "call-timeout", "240s", 1000, 3600000, "of a call of the NFVO; tries end after this"),
    CONFIG_DURATION(O, stop_grace_ms, "stop-grace", "5s", 0, 600000, "for calls in hand when stopping"),
    { .name = "die-at", .type = CONFIG_T_INT, .initial = "0", .max = 100000, .flags = CONFIG_HIDDEN,
      .help = "for tests: kill -9 at this step", .offset = CONFIG_AT_(O, die_at, int64_t) },
    CONFIG_END
};
/* clang-format on */
