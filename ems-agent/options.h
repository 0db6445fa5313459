/* The agent's own options; what the user data writes is in settings.h. */
#ifndef EMS_AGENT_OPTIONS_H
#define EMS_AGENT_OPTIONS_H

#include "common/config/config.h"

struct options {
    const char *properties, *scripts_dir, *journal_dir;
    int64_t script_timeout_ms, kill_grace_ms, output_limit, journal_keep;
};

extern const struct config_option ems_options[];

#endif
