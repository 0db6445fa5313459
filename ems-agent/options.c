#include "ems-agent/options.h"

#include "proto/messages/ems.h"

#define O struct options

/* clang-format off */
const struct config_option ems_options[] = {
    CONFIG_PRIVATE_PATH(O, properties, "properties", "/etc/openbaton/openbaton-ems.properties", "the file that user data writes, section [ems]; --config FILE means this one"),
    CONFIG_PATH(O, scripts_dir, "scripts-dir", EMS_SCRIPTS_DIR, "folder of scripts; the VNFM's " EMS_SCRIPTS_DIR " means this one"),
    CONFIG_PATH(O, journal_dir, "journal-dir", "/var/lib/openbaton/journal", "folder that remembers what was run"),
    CONFIG_DURATION(O, script_timeout_ms, "script-timeout", "1000s", 1000, 86400000, "a script without a limit of its own is ended after this"),
    CONFIG_DURATION(O, kill_grace_ms, "kill-grace", "5s", 0, 600000, "between TERM and KILL when its time is up"),
    CONFIG_INT(O, output_limit, "output-limit", "256k", 1024, 8388608, "bytes", "of each stream of a script: head and tail are kept"),
    CONFIG_INT(O, journal_keep, "journal-keep", "256", 1, 4096, NULL, "outcomes kept for commands that are repeated"),
    CONFIG_END
};
/* clang-format on */
