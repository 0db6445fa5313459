/* ems-agent: runs the lifecycle scripts of a VNF inside its machine, on commands of the generic
 * VNFM. */
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "ems-agent/agent.h"
#include "ems-agent/entry.h"
#include "ems-agent/slim.h"

#include <stdio.h>
#include <string.h>

static const struct daemon_duty duties[] = {{"agent", agent_open, agent_close}, {0}};

/* --config is the reference's file here, and not one of our options: it gets another name. */
static void rename_config(char **argv)
{
    static char name[] = "--properties";
    static char with_value[4096];

    for (char **at = argv + 1; *at; at++) {
        if (strcmp(*at, "--config") == 0) {
            *at = name;
        } else if (strncmp(*at, "--config=", 9) == 0) {
            snprintf(with_value, sizeof(with_value), "--properties=%s", *at + 9);
            *at = with_value;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--entry") == 0)
        return entry_main(argc - 2, argv + 2);
    slim_set_up();
    rename_config(argv);
    return daemon_main(argc, argv,
                       &(struct daemon){.name = "ems-agent",
                                        .version = BATON_VERSION,
                                        .summary = "Runs the lifecycle scripts of a VNF inside its "
                                                   "machine, on commands of the generic VNFM.",
                                        .options = ems_options,
                                        .duties = duties,
                                        .context_size = sizeof(struct agent),
                                        .options_at = offsetof(struct agent, o)});
}
