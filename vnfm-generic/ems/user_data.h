/* User data of an instance: the template with its lines filled, and the package's own script behind
 * it (amqp-protocol.md 7.3). Pure. */
#ifndef VNFM_GENERIC_EMS_USER_DATA_H
#define VNFM_GENERIC_EMS_USER_DATA_H

#include "common/base/sbuf.h"

extern const char user_data_template[]; /* vnfm-generic/user-data.sh */
extern const char guard_script[];       /* vnfm-generic/ems/guard.sh */

struct user_data_value {
    const char *name, *value; /* fills lines "export NAME="; value NULL: left as it is */
};

/* Values are quoted for the shell. Ends with a line end. extra: of the package, NULL: none. */
void user_data_make(const char *text, const struct user_data_value *values, size_t n,
                    const char *extra, size_t extra_len, struct sbuf *out);

#endif
