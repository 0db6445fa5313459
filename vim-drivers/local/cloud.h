/* What main and the tests need of the driver. */
#ifndef VIM_DRIVERS_LOCAL_CLOUD_H
#define VIM_DRIVERS_LOCAL_CLOUD_H

#include "vim-drivers/local/local.h"
#include "vim-drivers/sdk/ob_cloud.h"

extern const struct ob_cloud_table loc_table; /* table.c; arg: struct loc */

/* Opens the state folder, chooses the mode, and takes over what is there. o is borrowed. */
MUST_USE enum err_code loc_cloud_open(struct loc *l, struct loc_options *o, struct err *err);
/* Is this process one that the driver started beside itself? Then it has run, with that exit code.
 */
bool loc_is_companion(int argc, char **argv, int *ret_code);

#endif
