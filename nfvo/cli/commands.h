/* The functions behind the rows of commands.c; each returns an enum cli_exit. */
#ifndef NFVO_CLI_COMMANDS_H
#define NFVO_CLI_COMMANDS_H

#include "nfvo/cli/cli.h"

int cli_cmd_login(struct cli *c);
int cli_cmd_logout(struct cli *c);
int cli_cmd_audit(struct cli *c);
int cli_cmd_session_list(struct cli *c);
int cli_cmd_session_delete(struct cli *c);
int cli_cmd_pop_list(struct cli *c);
int cli_cmd_pop_show(struct cli *c);
int cli_cmd_pop_create(struct cli *c);
int cli_cmd_pop_update(struct cli *c);
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
int cli_cmd_nsr_scale_out(struct cli *c);
int cli_cmd_nsr_scale_in(struct cli *c);
int cli_cmd_nsr_heal(struct cli *c);
int cli_cmd_nsr_switch(struct cli *c);
int cli_cmd_nsr_start(struct cli *c);
int cli_cmd_nsr_stop(struct cli *c);
int cli_cmd_nsr_restart(struct cli *c);
int cli_cmd_nsr_upgrade(struct cli *c);
int cli_cmd_nsr_update(struct cli *c);
int cli_cmd_nsr_execute(struct cli *c);
int cli_cmd_nsr_configure(struct cli *c);
int cli_cmd_nsr_add_vnf(struct cli *c);
int cli_cmd_nsr_remove_vnf(struct cli *c);
int cli_cmd_nsr_resume(struct cli *c);
int cli_cmd_op_list(struct cli *c);
int cli_cmd_op_show(struct cli *c);
int cli_cmd_op_wait(struct cli *c);
int cli_cmd_op_retry(struct cli *c);
char *cli_consent(const struct cli *c); /* body of a retry: --repeat, --unknown; given */
int cli_cmd_op_continue(struct cli *c);
int cli_cmd_op_rollback(struct cli *c);
int cli_cmd_op_cancel(struct cli *c);
int cli_cmd_op_fail(struct cli *c);
int cli_cmd_vnfd_list(struct cli *c);
int cli_cmd_manager_list(struct cli *c);
int cli_cmd_manager_show(struct cli *c);
int cli_cmd_manager_enrol(struct cli *c);
int cli_cmd_manager_rotate(struct cli *c);
int cli_cmd_manager_delete(struct cli *c);
int cli_cmd_driver_list(struct cli *c);
int cli_cmd_event_list(struct cli *c);
int cli_cmd_event_create(struct cli *c);
int cli_cmd_event_delete(struct cli *c);
int cli_cmd_status(struct cli *c);
int cli_cmd_explain(struct cli *c);
int cli_cmd_logs(struct cli *c);
int cli_cmd_events_watch(struct cli *c);
int cli_cmd_user_list(struct cli *c);
int cli_cmd_user_show(struct cli *c);
int cli_cmd_user_create(struct cli *c);
int cli_cmd_user_update(struct cli *c);
int cli_cmd_user_grant(struct cli *c);
int cli_cmd_user_revoke(struct cli *c);
int cli_cmd_user_enable(struct cli *c);
int cli_cmd_user_disable(struct cli *c);
int cli_cmd_user_password(struct cli *c);
int cli_cmd_user_delete(struct cli *c);
int cli_cmd_project_list(struct cli *c);
int cli_cmd_project_show(struct cli *c);
int cli_cmd_project_create(struct cli *c);
int cli_cmd_project_update(struct cli *c);
int cli_cmd_project_delete(struct cli *c);
int cli_cmd_key_list(struct cli *c);
int cli_cmd_key_show(struct cli *c);
int cli_cmd_key_import(struct cli *c);
int cli_cmd_key_generate(struct cli *c);
int cli_cmd_key_delete(struct cli *c);
int cli_cmd_service_list(struct cli *c);
int cli_cmd_service_create(struct cli *c);
int cli_cmd_service_delete(struct cli *c);
int cli_cmd_version(struct cli *c);

#endif
