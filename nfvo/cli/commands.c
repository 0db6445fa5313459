#include "nfvo/cli/commands.h"

#include "common/http/client.h"
#include "nfvo/cli/form.h"
#include "nfvo/cli/rest.h"
#include "nfvo/cli/terminal.h"

#include <stdlib.h>
#include <unistd.h>

#define LOGIN (CLI_BIT(USER) | CLI_BIT(PASSWORD_FILE))
#define LIST  (CLI_BIT(LIMIT) | CLI_BIT(NAME) | CLI_BIT(SORT) | CLI_BIT(FILTER) | WATCH)
#define SURE  CLI_BIT(YES) /* it is asked first whether it is meant: confirm.c */
#define WATCH CLI_BIT(WATCH)
#define WAIT  (CLI_BIT(WAIT) | CLI_BIT(TIMEOUT))
#define TEST                                                                                       \
    (CLI_BIT(BROKER) | CLI_BIT(BROKER_API) | CLI_BIT(RUN) | CLI_BIT(PID) | CLI_BIT(TIMEOUT) |      \
     CLI_BIT(ANSWER_WITHIN) | CLI_BIT(LOAD) | CLI_BIT(HTML) | CLI_BIT(QUEUE))
#define ASK (WAIT | CLI_BIT(PLAN) | CLI_BIT(SAVE) | CLI_BIT(QUEUED) | CLI_BIT(ATTEMPTS))

/* Dispatch, help and completion are made of this; rows of one noun stand together. */
/* clang-format off */
const struct cli_command cli_commands[] = {
    {"login",      NULL,       "",       0, 0, LOGIN,                   cli_cmd_login,        "Get a token and keep it, with URL and project, for the next commands"},
    {"logout",     NULL,       "",       0, 0, 0,                       cli_cmd_logout,       "End the login at the server, and forget the token"},
    {"context",    "list",     "",       0, 0, 0,                       cli_cmd_context_list, "List the stored logins, each with its server; baton login --context NAME makes one"},
    {"context",    "use",      "CONTEXT", 1, 1, 0,                      cli_cmd_context_use,  "Use this one when neither --context nor BATON_CONTEXT says which"},
    {"context",    "show",     "[CONTEXT]", 0, 1, 0,                    cli_cmd_context_show, "Show one, without its token; default: the one in use"},
    {"context",    "delete",   "CONTEXT...", 1, CLI_ARGS_MAX, SURE,     cli_cmd_context_delete, "End their logins, and forget them"},
    {"session",    "list",     "",       0, 0, LIST,                    cli_cmd_session_list, "List your logins; an administrator: everybody's"},
    {"session",    "delete",   "SESSION...", 1, CLI_ARGS_MAX, SURE,        cli_cmd_session_delete, "End logins: their tokens are good no more, at once"},
    {"audit",      NULL,       "[FILTER=VALUE...]", 0, CLI_ARGS_MAX, CLI_BIT(LIMIT), cli_cmd_audit, "Say who did what, from where, with what outcome, the newest first: who=admin kind=login outcome=refused from=ADDRESS what=POST* object=/api/v1/users/* since=2h until=2026-11-30"},
    {"status",     NULL,       "",       0, 0, WATCH,                       cli_cmd_status,       "Show the whole suite, what is wrong first: processes, queues, managers, drivers, PoPs, waits"},
    {"explain",    NULL,       "ID|NAME", 1, 1, WATCH,                      cli_cmd_explain,      "Say what something is, what it waits for until when, what failed, what to do"},
    {"logs",       NULL,       "NSR|VNFR|HOST [HOST]", 1, 2, CLI_BIT(FOLLOW) | CLI_BIT(LINES), cli_cmd_logs, "Print what the scripts of its servers said"},
    {"pop",        "list",     "",       0, 0, LIST,                       cli_cmd_pop_list,     "List the points of presence (clouds)"},
    {"pop",        "show",     "POP...", 1, CLI_ARGS_MAX, WATCH,                       cli_cmd_pop_show,     "Show one with its images, networks and flavours"},
    {"pop",        "create",   "FILE",   1, 1, 0,                       cli_cmd_pop_create,   "Register one out of a JSON file"},
    {"pop",        "update",   "POP FILE", 2, 2, 0,                     cli_cmd_pop_update,   "Replace its address or credentials by those of a JSON file"},
    {"pop",        "refresh",  "POP",    1, 1, 0,                       cli_cmd_pop_refresh,  "Ask its driver again what is there"},
    {"pop",        "delete",   "POP...", 1, CLI_ARGS_MAX, SURE,                       cli_cmd_pop_delete,   "Forget it"},
    {"pop",        "reconcile", "POP",   1, 1, CLI_BIT(TIMEOUT),        cli_cmd_pop_reconcile, "Compare its servers with the store now, and say what differs"},
    {"pop",        "orphans",  "POP [HOST...]", 1, CLI_ARGS_MAX, CLI_BIT(COLLECT) | SURE, cli_cmd_pop_orphans, "List servers there that were launched here and that no service owns"},
    {"alarm",      "list",     "[FILTER=VALUE...]", 0, CLI_ARGS_MAX, CLI_BIT(LIMIT) | CLI_BIT(SORT) | CLI_BIT(FILTER) | WATCH, cli_cmd_alarm_list, "List alarms: state=open severity=critical nsr=NAME pop=NAME kind=SERVER_GONE ack=no"},
    {"alarm",      "show",     "ALARM",  1, 1, WATCH,                       cli_cmd_alarm_show,   "Show one: what is wrong, since when, what is done about it"},
    {"alarm",      "ack",      "ALARM...", 1, CLI_ARGS_MAX, 0,          cli_cmd_alarm_ack,    "Acknowledge alarms; that of a suspected outage lets healing go on"},
    {"package",    "list",     "",       0, 0, LIST,                       cli_cmd_package_list, "List the VNF packages"},
    {"package",    "show",     "PACKAGE...", 1, CLI_ARGS_MAX, 0,                      cli_cmd_package_show, "Show one with its scripts"},
    {"package",    "create",   "NAME",   1, 1, CLI_BIT(DIR),            cli_cmd_package_create, "Write a folder with a package that works, to start from"},
    {"package",    "validate", "DIR|TAR", 1, 1, 0,                      cli_cmd_package_validate, "Check one without a server, naming every fault by file, line and path"},
    {"package",    "upload",   "DIR|TAR", 1, 1, 0,                      cli_cmd_package_upload, "Check one, pack it if it is a folder, and onboard it"},
    {"package",    "delete",   "PACKAGE...", 1, CLI_ARGS_MAX, SURE,                      cli_cmd_package_delete, "Remove it and its VNFD from the catalogue"},
    {"script",     "show",     "PACKAGE SCRIPT", 2, 2, 0,               cli_cmd_script_show,  "Print the text of a package's script"},
    {"script",     "put",      "PACKAGE SCRIPT FILE", 3, 3, WAIT | CLI_BIT(PLAN), cli_cmd_script_put, "Replace the text of a package's script, also on the VNFs that run with it"},
    {"nsd",        "list",     "",       0, 0, LIST,                       cli_cmd_nsd_list,     "List the network service descriptors"},
    {"nsd",        "show",     "NSD...", 1, CLI_ARGS_MAX, 0,                       cli_cmd_nsd_show,     "Show one with its VNFDs and dependencies"},
    {"nsd",        "create",   "FILE",   1, 1, 0,                       cli_cmd_nsd_create,   "Onboard one out of a JSON file"},
    {"nsd",        "validate", "FILE",   1, 1, CLI_BIT(STRICT),         cli_cmd_nsd_validate, "Check a JSON file without a server, naming every violation by its path"},
    {"nsd",        "delete",   "NSD...", 1, CLI_ARGS_MAX, SURE,                       cli_cmd_nsd_delete,   "Remove it from the catalogue"},
    {"nsr",        "list",     "",       0, 0, LIST | CLI_BIT(STATUS),                       cli_cmd_nsr_list,     "List the network services that run"},
    {"nsr",        "show",     "NSR...", 1, CLI_ARGS_MAX, WATCH,                       cli_cmd_nsr_show,     "Show one with VNFs, instances, addresses and faults"},
    {"nsr",        "create",   "NSD",    1, 1, WAIT | CLI_BIT(NAME) | CLI_BIT(BODY) | CLI_BIT(PLAN) | CLI_BIT(SAVE), cli_cmd_nsr_create, "Deploy a network service"},
    {"nsr",        "wait",     "NSR...", 1, CLI_ARGS_MAX, CLI_BIT(TIMEOUT), cli_cmd_nsr_wait, "Show its steps as they happen, until it is ACTIVE, has failed, or is gone"},
    {"nsr",        "delete",   "NSR...", 1, CLI_ARGS_MAX, WAIT | CLI_BIT(PLAN) | SURE,    cli_cmd_nsr_delete,   "Release everything it uses"},
    {"nsr",        "history",  "NSR",    1, 1, 0,                       cli_cmd_nsr_history,  "What happened to it, with times"},
    {"nsr",        "scale-out", "NSR [VNF] [VDU=N...|VNF:VDU=N...]", 1, CLI_ARGS_MAX, ASK | CLI_BIT(VDU) | CLI_BIT(NUMBER) | CLI_BIT(POP) | CLI_BIT(STANDBY) | CLI_BIT(ON_FAILURE), cli_cmd_nsr_scale_out, "Add instances to a VNF, or to several in one operation"},
    {"nsr",        "scale-in", "NSR [VNF|HOST] [VDU=N...|VNF:VDU=N...]", 1, CLI_ARGS_MAX, ASK | CLI_BIT(VDU) | CLI_BIT(NUMBER) | CLI_BIT(DRAIN), cli_cmd_nsr_scale_in, "Remove instances: this one, or those that failed, then the youngest; VDU=N, VNF:VDU=N: of several in one operation"},
    {"nsr",        "heal",     "NSR [VNF|HOST]", 1, 2, ASK | CLI_BIT(CAUSE), cli_cmd_nsr_heal, "Run the HEAL scripts of an instance"},
    {"nsr",        "switch",   "NSR [VNF|HOST]", 1, 2, ASK,             cli_cmd_nsr_switch,   "Let a standby instance take the place of this one"},
    {"nsr",        "start",    "NSR [VNF|HOST]", 1, 2, ASK,             cli_cmd_nsr_start,    "Start a VNF, or one instance of it"},
    {"nsr",        "stop",     "NSR [VNF|HOST]", 1, 2, ASK,             cli_cmd_nsr_stop,     "Stop a VNF, or one instance of it"},
    {"nsr",        "restart",  "NSR [VNF]", 1, 2, ASK | CLI_BIT(IMAGE) | SURE, cli_cmd_nsr_restart,  "Rebuild the servers of a VNF, what is on their disks is lost, and start it again"},
    {"nsr",        "upgrade",  "NSR VNF VNFD", 3, 3, ASK | CLI_BIT(NO_RESTART), cli_cmd_nsr_upgrade, "Rebuild a VNF by another descriptor: images, scripts"},
    {"nsr",        "update",   "NSR [VNF]", 1, 2, ASK,                  cli_cmd_nsr_update,   "Run the UPDATE scripts of a VNF"},
    {"nsr",        "execute",  "NSR [VNF] FILE", 2, 3, ASK,             cli_cmd_nsr_execute,  "Run a script, out of a file or -, on all servers of a VNF"},
    {"nsr",        "configure", "NSR [VNF] KEY=VALUE...", 2, CLI_ARGS_MAX, ASK | CLI_BIT(STRICT) | CLI_BIT(RECORD_ONLY) | CLI_BIT(TELL), cli_cmd_nsr_configure, "Change configuration parameters, and tell the VNF and those that depend on it"},
    {"nsr",        "add-vnf",  "NSR VNFD", 2, 2, ASK | CLI_BIT(BODY),   cli_cmd_nsr_add_vnf,  "Add a VNF of this descriptor to a service that runs"},
    {"nsr",        "remove-vnf", "NSR VNF", 2, 2, ASK | SURE,                  cli_cmd_nsr_remove_vnf, "Remove a VNF and its servers from a service that runs"},
    {"nsr",        "resume",   "NSR",    1, 1, WAIT | CLI_BIT(PLAN) | CLI_BIT(REPEAT) | CLI_BIT(UNKNOWN), cli_cmd_nsr_resume, "Go on with what failed, from the failed script on"},
    {"op",         "list",     "[NSR] [FILTER=VALUE...]", 0, CLI_ARGS_MAX, CLI_BIT(LIMIT) | CLI_BIT(FILTER) | WATCH, cli_cmd_op_list, "List operations, the youngest first: state=open kind=heal since=2h"},
    {"op",         "show",     "OPERATION", 1, 1, WATCH,                    cli_cmd_op_show,      "Show its steps, what failed, and what you may do now"},
    {"op",         "wait",     "OPERATION", 1, 1, CLI_BIT(TIMEOUT),     cli_cmd_op_wait,      "Show its steps as they happen, until it ends or waits for you"},
    {"op",         "apply",    "FILE",   1, 1, WAIT,                    cli_cmd_op_apply,     "Do what a saved plan says, if the service is still as it was"},
    {"op",         "retry",    "OPERATION", 1, 1, WAIT | CLI_BIT(REPEAT) | CLI_BIT(UNKNOWN), cli_cmd_op_retry, "Go on with one that failed: what is done is not done again"},
    {"op",         "continue", "OPERATION", 1, 1, WAIT,                 cli_cmd_op_continue,  "Go on without the instances that could not be made"},
    {"op",         "rollback", "OPERATION", 1, 1, WAIT,                 cli_cmd_op_rollback,  "Undo it, the last step first"},
    {"op",         "cancel",   "OPERATION", 1, 1, WAIT | CLI_BIT(FORCEFUL), cli_cmd_op_cancel, "Begin nothing more of it"},
    {"op",         "fail",     "OPERATION", 1, 1, 0,                    cli_cmd_op_fail,      "Give it up; what it did stays"},
    {"vnfd",       "list",     "",       0, 0, LIST,                    cli_cmd_vnfd_list,    "List the VNF descriptors"},
    {"manager",    "list",     "",       0, 0, WATCH,                       cli_cmd_manager_list, "List the accounts of VNFMs, drivers and others on the broker, with their rooms"},
    {"manager",    "show",     "NAME",   1, 1, 0,                       cli_cmd_manager_show, "Show one"},
    {"manager",    "enrol",    "NAME",   1, 1, CLI_BIT(TYPE) | CLI_BIT(KIND) | CLI_BIT(QUEUE) | CLI_BIT(ROOM) | CLI_BIT(MANAGEMENT) | CLI_BIT(SDK) | CLI_BIT(FOR), cli_cmd_manager_enrol, "Make an account for one before it starts; its password is shown once"},
    {"manager",    "update",   "NAME",   1, 1, CLI_BIT(SDK),            cli_cmd_manager_update, "Say with which SDK a VNFM is written"},
    {"manager",    "rotate",   "NAME",   1, 1, CLI_BIT(FOR),            cli_cmd_manager_rotate, "Give it another password; what is connected goes on"},
    {"manager",    "delete",   "NAME",   1, 1, SURE,                       cli_cmd_manager_delete, "Delete its account; its connections end"},
    {"driver",     "list",     "",       0, 0, WATCH,                       cli_cmd_driver_list,  "List the VIM drivers that run"},
    {"event",      "list",     "",       0, 0, LIST,                       cli_cmd_event_list,   "List event subscriptions"},
    {"event",      "watch",    "",       0, 0, CLI_BIT(NSR) | CLI_BIT(EVENT), cli_cmd_events_watch, "Print lifecycle events as they happen, until Ctrl-C; --event STEP,SERV*: those only"},
    {"event",      "create",   "NAME",   1, 1, CLI_BIT(EVENT) | CLI_BIT(ENDPOINT) | CLI_BIT(NSR), cli_cmd_event_create, "Subscribe a queue or URL"},
    {"event",      "login",    "NAME",   1, 1, CLI_BIT(QUEUE) | CLI_BIT(ROOM) | CLI_BIT(FOR), cli_cmd_event_login, "Make a broker account that hears events in queues of its own, called NAME.<any>; its password is shown once"},
    {"event",      "replay",   "EVENT",  1, 1, CLI_BIT(AFTER),          cli_cmd_event_replay, "Send it again what it was sent, or could not be sent, of the last hour"},
    {"event",      "delete",   "EVENT...", 1, CLI_ARGS_MAX, SURE,                       cli_cmd_event_delete, "Unsubscribe it"},
    {"user",       "list",     "",       0, 0, LIST,                    cli_cmd_user_list,    "List the users; who is no administrator sees themselves"},
    {"user",       "show",     "[USER]", 0, 1, 0,                       cli_cmd_user_show,    "Show one; without a name the one who is logged in"},
    {"user",       "create",   "NAME",   1, 1, CLI_BIT(ROLE) | CLI_BIT(EMAIL) | CLI_BIT(PASSWORD_FILE), cli_cmd_user_create, "Make a user with roles in projects (ADMIN, USER, GUEST)"},
    {"user",       "update",   "USER",   1, 1, CLI_BIT(EMAIL),          cli_cmd_user_update,  "Change the e-mail address"},
    {"user",       "grant",    "USER ROLE@PROJECT", 2, 2, 0,            cli_cmd_user_grant,   "Give a role in a project, in the place of the one there: USER@lab, GUEST@lab, ADMIN@*"},
    {"user",       "revoke",   "USER PROJECT", 2, 2, 0,                 cli_cmd_user_revoke,  "Take the role in a project away"},
    {"user",       "enable",   "USER...", 1, CLI_ARGS_MAX, 0,           cli_cmd_user_enable,  "Let them log in again"},
    {"user",       "disable",  "USER...", 1, CLI_ARGS_MAX, 0,           cli_cmd_user_disable, "End their logins, and let them not log in"},
    {"user",       "password", "[USER]", 0, 1, CLI_BIT(PASSWORD_FILE),  cli_cmd_user_password, "Change your own password, or that of a user; logins with the old one end"},
    {"user",       "delete",   "USER...", 1, CLI_ARGS_MAX, SURE,           cli_cmd_user_delete,  "Delete them; not the last one of a project that has something in it"},
    {"project",    "list",     "",       0, 0, LIST,                    cli_cmd_project_list, "List the projects that you may see"},
    {"project",    "show",     "PROJECT", 1, 1, 0,                      cli_cmd_project_show, "Show one with what it uses of its quota"},
    {"project",    "create",   "NAME",   1, 1, CLI_BIT(DESCRIPTION) | CLI_BIT(QUOTA), cli_cmd_project_create, "Make a project"},
    {"project",    "update",   "PROJECT", 1, 1, CLI_BIT(DESCRIPTION) | CLI_BIT(QUOTA), cli_cmd_project_update, "Change its description or quota"},
    {"project",    "delete",   "PROJECT", 1, 1, SURE,                      cli_cmd_project_delete, "Delete one that has nothing in it, and the roles in it"},
    {"image",      "list",     "",       0, 0, LIST,                    cli_cmd_image_list,   "List the images of the project that PoPs get when a VDU needs them"},
    {"image",      "show",     "IMAGE",  1, 1, 0,                       cli_cmd_image_show,   "Show one with its digests"},
    {"image",      "add",      "NAME FILE|URL [FORMAT]", 2, 3, 0,       cli_cmd_image_add,    "Upload one, or say where it is; NAME is what vm_image says, FORMAT (qcow2, raw, ..) is seen in a file, and in a link's name"},
    {"image",      "delete",   "IMAGE",  1, 1, SURE,                       cli_cmd_image_delete, "Delete it here; PoPs that have it keep it"},
    {"key",        "list",     "",       0, 0, LIST,                    cli_cmd_key_list,     "List the ssh keys of the project"},
    {"key",        "show",     "KEY",    1, 1, 0,                       cli_cmd_key_show,     "Show one with its public part"},
    {"key",        "import",   "NAME FILE", 2, 2, 0,                    cli_cmd_key_import,   "Register a public key out of a file (ssh-rsa ...)"},
    {"key",        "generate", "NAME",   1, 1, 0,                       cli_cmd_key_generate, "Make a key pair and print the private key: baton key generate NAME >FILE"},
    {"key",        "delete",   "KEY",    1, 1, SURE,                       cli_cmd_key_delete,   "Forget it"},
    {"service",    "list",     "",       0, 0, LIST,                    cli_cmd_service_list, "List the services that may register (autoscaling, fault management)"},
    {"service",    "create",   "NAME",   1, 1, CLI_BIT(FOR),            cli_cmd_service_create, "Let a service register, and print its key; one that is there keeps its projects and key"},
    {"service",    "delete",   "SERVICE", 1, 1, SURE,                      cli_cmd_service_delete, "Delete it: its key and tokens end"},
    {"test",       "vnfm",     "TYPE",   1, 1, TEST,                    cli_cmd_test_vnfm,    "Play the NFVO for a VNFM, on a broker without one, and report what it does wrong: TAP, HTML"},
    {"test",       "driver",   "TYPE[.NAME]", 1, 1, TEST | CLI_BIT(CLOUD), cli_cmd_test_driver, "Play the NFVO for a VIM driver, and report what it does wrong: TAP, HTML"},
    {"version",    NULL,       "",       0, 0, 0,                       cli_cmd_version,      "Show the versions of client and server"},
    {"completion", NULL,       "[bash|zsh|fish]", 0, 1, 0,              cli_cmd_completion,   "Print the completion for a shell, bash by default: source <(baton completion)"},
    {"help",       NULL,       "[COMMAND]", 0, 2, 0,                    cli_cmd_help,         "Explain a command, or all"},
    {0}
};
/* clang-format on */

void cli_init(struct cli *c, FILE *out, FILE *errors)
{
    *c = (struct cli){.raw_out = out, .raw_errors = errors, .commands = cli_commands};
    c->is_terminal = fileno(out) >= 0 && isatty(fileno(out));
    c->has_colors = cli_terminal_has_colors(out);
    c->width = cli_terminal_width(out);
    c->out = cli_terminal_open(out, c->is_terminal);
    c->errors = cli_terminal_open(errors, true);
}

void cli_release(struct cli *c)
{
    http_client_free(c->http);
    cli_session_release(&c->session);
    free(c->split[0]);
    free(c->split[1]);
    fclose(c->out);
    fclose(c->errors);
    c->out = c->raw_out;
    c->errors = c->raw_errors;
}

static int run(struct cli *c, int argc, char **argv)
{
    enum cli_exit exit = cli_parse(c, argc, argv);
    if (exit != CLI_OK || !c->command)
        return exit;
    if (c->option[CLI_OPT_HELP]) {
        cli_help(c, c->out, c->command->noun, c->command->verb);
        return CLI_OK;
    }
    exit = cli_check_environment(c);
    if (exit != CLI_OK)
        return exit;
    exit = cli_confirm(c);
    if (exit != CLI_OK)
        return exit;
    return c->option[CLI_OPT_WATCH] ? cli_repeat(c) : c->command->run(c);
}

/* Tables go around c->out. */
static bool is_written(struct cli *c)
{
    return fflush(c->out) == 0 && !ferror(c->out) && !ferror(c->raw_out);
}

int cli_main(struct cli *c, int argc, char **argv)
{
    int code = run(c, argc, argv);
    cli_form_close(c);
    if (code == CLI_OK && !is_written(c))
        code = cli_fail(c, CLI_USAGE, NULL, "the output cannot be written");
    c->interrupt_fd = 0; /* what was waited for is over: the login is ended for all that */
    cli_end_login(c, code);
    fflush(c->out);
    fflush(c->errors);
    return code;
}
