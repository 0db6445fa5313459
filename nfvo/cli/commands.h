/* The functions behind the rows of commands.c; each returns an enum cli_exit. */
#ifndef NFVO_CLI_COMMANDS_H
#define NFVO_CLI_COMMANDS_H

#include "nfvo/cli/cli.h"

int cli_cmd_login(struct cli *c);
int cli_cmd_logout(struct cli *c);
int cli_cmd_pop_list(struct cli *c);
int cli_cmd_pop_show(struct cli *c);
int cli_cmd_pop_create(struct cli *c);
int cli_cmd_pop_refresh(struct cli *c);
int cli_cmd_pop_delete(struct cli *c);
int cli_cmd_nsd_list(struct cli *c);
int cli_cmd_nsd_show(struct cli *c);
int cli_cmd_nsd_create(struct cli *c);
int cli_cmd_nsd_delete(struct cli *c);
int cli_cmd_nsd_validate(struct cli *c);
int cli_cmd_package_list(struct cli *c);
int cli_cmd_package_show(struct cli *c);
int cli_cmd_package_create(struct cli *c);
int cli_cmd_package_validate(struct cli *c);
int cli_cmd_package_upload(struct cli *c);
int cli_cmd_package_delete(struct cli *c);
int cli_cmd_script_show(struct cli *c);
int cli_cmd_script_put(struct cli *c);
int cli_cmd_nsr_list(struct cli *c);
int cli_cmd_nsr_show(struct cli *c);
int cli_cmd_nsr_create(struct cli *c);
int cli_cmd_nsr_delete(struct cli *c);
int cli_cmd_nsr_history(struct cli *c);
int cli_cmd_manager_list(struct cli *c);
int cli_cmd_driver_list(struct cli *c);
int cli_cmd_event_list(struct cli *c);
int cli_cmd_event_create(struct cli *c);
int cli_cmd_event_delete(struct cli *c);
int cli_cmd_status(struct cli *c);
int cli_cmd_explain(struct cli *c);
int cli_cmd_logs(struct cli *c);
int cli_cmd_events_watch(struct cli *c);
int cli_cmd_version(struct cli *c);

#endif
