#include "nfvo/cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>

int cli_interrupt_fd(void)
{
    static int fd = -2; /* of the process, as signals are */
    sigset_t set;
    if (fd != -2)
        return fd;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0)
        sigprocmask(SIG_BLOCK, &set, NULL);
    return fd;
}

bool cli_interrupted(int timeout_ms)
{
    struct pollfd p = {.fd = cli_interrupt_fd(), .events = POLLIN};
    return poll(&p, 1, timeout_ms) > 0;
}

void cli_interrupt_end(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    signal(SIGINT, SIG_DFL);
    raise(SIGINT); /* pending, if it is blocked */
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
