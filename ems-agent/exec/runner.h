/* Runs one script in a process of its own that outlives the agent: forked twice, in a session of
 * its own, so that a kill -9 of the agent, or of its service, leaves script and outcome alone.
 *
 * The runner puts the script into its own process group, reads both its streams without pause
 * (nothing that it or its children say ever blocks them), ends the group when the time is up (TERM,
 * then KILL) or when it is told to (SIGTERM), and writes the outcome into the journal. Done is when
 * the script's own process has ended: daemons that it leaves behind live on, and while they hold
 * the streams the runner stays and reads on, for nobody.
 *
 * If the runner itself is killed, the kernel kills the script (PR_SET_PDEATHSIG). */
#ifndef EMS_AGENT_EXEC_RUNNER_H
#define EMS_AGENT_EXEC_RUNNER_H

#include "ems-agent/exec/journal.h"

struct run_spec {
    const char *const *argv; /* argv[0]: absolute path */
    const char *const *envp;
    const char *folder; /* working directory */
    int64_t timeout_ms; /* of the script; 0: none */
    int64_t grace_ms;   /* between TERM and KILL */
};

/* Start it. fd: of runs_create, taken. Borrows the rest for the call. The outcome comes by the
 * journal, also that of a script that cannot be executed (126, 127). */
MUST_USE enum err_code runner_start(struct runs *j, const char *key, int fd, struct run_head *head,
                                    const struct run_spec *spec, struct err *err);

#endif
