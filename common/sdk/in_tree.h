/* In the tree, the public headers of the SDKs are read with our own types: the public names are
 * other words for them, with the same layout (held by ob_base.c). `make install` puts
 * "ob_base.h" in the place of this header, so that nothing of common/ is seen there. */
#ifndef COMMON_SDK_IN_TREE_H
#define COMMON_SDK_IN_TREE_H

#include "common/sdk/ob_base.h"

#include "common/base/err.h"
#include "common/base/sbuf.h"
#include "common/bus/bus.h"

#define ob_err    err
#define ob_code   err_code
#define ob_text   sbuf
#define ob_broker bus_options

#endif
