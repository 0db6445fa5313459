#include "nfvo/cli/commands.h"

#include "common/http/client.h"

#include <unistd.h>

#define LOGIN (CLI_BIT(USER) | CLI_BIT(PASSWORD_FILE))
#define WAIT  (CLI_BIT(WAIT) | CLI_BIT(TIMEOUT))

/* Dispatch, help and completion are made of this; rows of one noun stand together. */
/* clang-format off */
const struct cli_command cli_commands[] = {
    {"login",      NULL,       "",       0, 0, LOGIN,                   cli_cmd_login,        "Get a token and keep it, with URL and project, for the next commands"},
    {"logout",     NULL,       "",       0, 0, 0,                       cli_cmd_logout,       "Forget the token"},
    {"status",     NULL,       "",       0, 0, 0,                       cli_cmd_status,       "Show the whole suite, what is wrong first: processes, queues, managers, drivers, PoPs, waits"},
    {"explain",    NULL,       "ID|NAME", 1, 1, 0,                      cli_cmd_explain,      "Say what something is, what it waits for until when, what failed, what to do"},
    {"logs",       NULL,       "NSR|VNFR|HOST [HOST]", 1, 2, CLI_BIT(FOLLOW) | CLI_BIT(LINES), cli_cmd_logs, "Print what the scripts of its servers said"},
    {"pop",        "list",     "",       0, 0, 0,                       cli_cmd_pop_list,     "List the points of presence (clouds)"},
    {"pop",        "show",     "POP",    1, 1, 0,                       cli_cmd_pop_show,     "Show one with its images, networks and flavours"},
    {"pop",        "create",   "FILE",   1, 1, 0,                       cli_cmd_pop_create,   "Register one out of a JSON file"},
    {"pop",        "refresh",  "POP",    1, 1, 0,                       cli_cmd_pop_refresh,  "Ask its driver again what is there"},
    {"pop",        "delete",   "POP",    1, 1, 0,                       cli_cmd_pop_delete,   "Forget it"},
    {"package",    "list",     "",       0, 0, 0,                       cli_cmd_package_list, "List the VNF packages"},
    {"package",    "show",     "PACKAGE", 1, 1, 0,                      cli_cmd_package_show, "Show one with its scripts"},
    {"package",    "create",   "NAME",   1, 1, CLI_BIT(DIR),            cli_cmd_package_create, "Write a folder with a package that works, to start from"},
    {"package",    "validate", "DIR|TAR", 1, 1, 0,                      cli_cmd_package_validate, "Check one without a server, naming every fault by file, line and path"},
    {"package",    "upload",   "DIR|TAR", 1, 1, 0,                      cli_cmd_package_upload, "Check one, pack it if it is a folder, and onboard it"},
    {"package",    "delete",   "PACKAGE", 1, 1, 0,                      cli_cmd_package_delete, "Remove it and its VNFD from the catalogue"},
    {"script",     "show",     "PACKAGE SCRIPT", 2, 2, 0,               cli_cmd_script_show,  "Print the text of a package's script"},
    {"script",     "put",      "PACKAGE SCRIPT FILE", 3, 3, 0,          cli_cmd_script_put,   "Replace the text of a package's script"},
    {"nsd",        "list",     "",       0, 0, 0,                       cli_cmd_nsd_list,     "List the network service descriptors"},
    {"nsd",        "show",     "NSD",    1, 1, 0,                       cli_cmd_nsd_show,     "Show one with its VNFDs and dependencies"},
    {"nsd",        "create",   "FILE",   1, 1, 0,                       cli_cmd_nsd_create,   "Onboard one out of a JSON file"},
    {"nsd",        "validate", "FILE",   1, 1, CLI_BIT(STRICT),         cli_cmd_nsd_validate, "Check a JSON file without a server, naming every violation by its path"},
    {"nsd",        "delete",   "NSD",    1, 1, 0,                       cli_cmd_nsd_delete,   "Remove it from the catalogue"},
    {"nsr",        "list",     "",       0, 0, 0,                       cli_cmd_nsr_list,     "List the network services that run"},
    {"nsr",        "show",     "NSR",    1, 1, 0,                       cli_cmd_nsr_show,     "Show one with VNFs, instances, addresses and faults"},
    {"nsr",        "create",   "NSD",    1, 1, WAIT | CLI_BIT(BODY),    cli_cmd_nsr_create,   "Deploy a network service"},
    {"nsr",        "delete",   "NSR",    1, 1, WAIT,                    cli_cmd_nsr_delete,   "Release everything it uses"},
    {"nsr",        "history",  "NSR",    1, 1, 0,                       cli_cmd_nsr_history,  "What happened to it, with times"},
    {"manager",    "list",     "",       0, 0, 0,                       cli_cmd_manager_list, "List the VNFMs that registered"},
    {"driver",     "list",     "",       0, 0, 0,                       cli_cmd_driver_list,  "List the VIM drivers that run"},
    {"event",      "list",     "",       0, 0, 0,                       cli_cmd_event_list,   "List who is told of lifecycle events"},
    {"event",      "watch",    "",       0, 0, CLI_BIT(NSR),            cli_cmd_events_watch, "Print lifecycle events as they happen, until Ctrl-C"},
    {"event",      "create",   "NAME",   1, 1, CLI_BIT(EVENT) | CLI_BIT(ENDPOINT) | CLI_BIT(NSR), cli_cmd_event_create, "Subscribe a queue or URL"},
    {"event",      "delete",   "EVENT",  1, 1, 0,                       cli_cmd_event_delete, "Unsubscribe it"},
    {"version",    NULL,       "",       0, 0, 0,                       cli_cmd_version,      "Show the versions of client and server"},
    {"completion", NULL,       "",       0, 0, 0,                       cli_cmd_completion,   "Print the completion for bash: source <(baton completion)"},
    {"help",       NULL,       "[COMMAND]", 0, 2, 0,                    cli_cmd_help,         "Explain a command, or all"},
    {0}
};
/* clang-format on */

void cli_init(struct cli *c, FILE *out, FILE *errors)
{
    *c = (struct cli){.out = out, .errors = errors};
    c->is_terminal = fileno(out) >= 0 && isatty(fileno(out));
}

void cli_release(struct cli *c)
{
    http_client_free(c->http);
    cli_session_release(&c->session);
}

int cli_main(struct cli *c, int argc, char **argv)
{
    enum cli_exit exit = cli_parse(c, argc, argv);
    if (exit != CLI_OK || !c->command)
        return exit;
    if (c->option[CLI_OPT_HELP]) {
        cli_help(c, c->out, c->command->noun, c->command->verb);
        return CLI_OK;
    }
    int code = c->command->run(c);
    if (fflush(c->out) != 0 && code == CLI_OK)
        return cli_fail(c, CLI_USAGE, NULL, "the output cannot be written");
    return code;
}
