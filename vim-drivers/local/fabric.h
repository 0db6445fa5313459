/* Between the driver and the fabric's own process. */
#ifndef VIM_DRIVERS_LOCAL_FABRIC_H
#define VIM_DRIVERS_LOCAL_FABRIC_H

#include "vim-drivers/local/local.h"

#define LOC_NETNS_FOLDER  "/run/netns"
#define LOC_RELAY_ADDRESS "169.254.77.1"

/* The file of a zone's network namespace. */
void loc_fabric_file(const struct loc *l, unsigned zone, char out[LOC_PATH_MAX]);
bool loc_is_netns(const char *path);
void loc_fabric_detach(struct loc *l, const struct loc_server *s);

/* "5672", "127.0.0.1:5672", "10.0.0.5:80": where to, and the port for instances. */
MUST_USE enum err_code loc_relay_parse(const char *text, uint32_t *ret_ip, unsigned *ret_port,
                                       struct err *err);
/* Passes connections on for ever. listeners: as many as targets; each in the fabric. */
struct loc_target {
    uint32_t ip;
    unsigned port;
    int listener;
};
int loc_relay_run(const struct loc_target *targets, size_t n);

#endif
