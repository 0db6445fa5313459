/* What the NFVO calls: amqp-protocol.md 5.4. */
#ifndef VIM_DRIVERS_LOCAL_METHODS_H
#define VIM_DRIVERS_LOCAL_METHODS_H

#include "vim-drivers/sdk/ob_vim.h"

extern const struct ob_vim_method loc_methods[]; /* arg: struct loc */

#endif
