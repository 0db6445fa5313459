/* As process 1 of a container: nobody reaps orphans, and signals without a handler are ignored. A
 * process that runs scripts cannot reap with waitpid(-1) itself, it would steal the exit codes of
 * its own children: so a parent that does nothing else. */
#include "common/daemon/daemon_private.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static NORETURN void be_init(pid_t child, const sigset_t *all)
{
    for (;;) {
        int status, number = sigwaitinfo(all, NULL);
        if (number > 0 && number != SIGCHLD)
            kill(child, number);
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
            if (pid == child && (WIFEXITED(status) || WIFSIGNALED(status)))
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
}

enum err_code daemon_become_init(struct err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* before the fork: no signal is lost in between */
    pid_t child = fork();
    if (child > 0)
        be_init(child, &all);
    int sys = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child == 0 ? ERR_OK : err_set_errno(err, ERR_IO, sys, "fork");
}
