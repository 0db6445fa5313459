#include "common/daemon/daemon_private.h"
#include "common/log/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

/* The stop flag, which the house style allows to be global: a signal handler has no argument. */
static atomic_bool is_stopping, has_failed;
static atomic_int interrupts;
static atomic_int stop_fd = -1, wake_fd = -1;
static atomic_llong stop_timeout_ms;

static void ring(int fd)
{
    uint64_t one = 1;
    ssize_t n =
        write(fd, &one,
              sizeof(one)); /* fails only when the counter is full: then it is readable anyway */
    (void)n;
}

/* The limit begins here and not when the duties close: an open may hang as well. */
static void start_stop(void)
{
    if (!atomic_exchange(&is_stopping, true))
        daemon_limit_stop(atomic_load(&stop_timeout_ms));
    ring(atomic_load(&stop_fd));
}

static void on_signal(int number)
{
    int saved = errno;
    if (number == SIGALRM) {
        static const char text[] = "lvl=crit mod=proc ev=stop_timeout\n";
        ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);
        (void)n;
        _exit(DAEMON_EXIT_FAILURE);
    }
    if (number == SIGHUP) {
        ring(atomic_load(&wake_fd));
    } else {
        if (number == SIGINT && atomic_fetch_add(&interrupts, 1) > 0)
            _exit(DAEMON_EXIT_FAILURE);
        start_stop();
    }
    errno = saved;
}

enum err_code daemon_signals_open(int64_t stop_limit_ms, struct err *err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
    int stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop < 0 || wake < 0)
        return err_set_errno(err, ERR_IO, errno, "eventfd");
    atomic_store(&stop_timeout_ms, stop_limit_ms);
    atomic_store(&is_stopping, false);
    atomic_store(&has_failed, false);
    atomic_store(&interrupts, 0);
    atomic_store(&stop_fd, stop);
    atomic_store(&wake_fd, wake);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t none;
    sigemptyset(&none);
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    /* A parent may have left SIGCHLD ignored or blocked, and then waiting for children does not
     * work. */
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return ERR_OK;
}

void daemon_signals_close(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
    daemon_limit_stop(0);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sigaction(numbers[i], &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    close(atomic_exchange(&stop_fd, -1));
    close(atomic_exchange(&wake_fd, -1));
}

int daemon_wait(int timeout_ms)
{
    struct pollfd fds[] = {{.fd = atomic_load(&stop_fd), .events = POLLIN},
                           {.fd = atomic_load(&wake_fd), .events = POLLIN}};
    int n;
    do
        n = poll(fds, ARRAY_LEN(fds), timeout_ms);
    while (n < 0 && errno == EINTR && !daemon_is_stopping());
    if (daemon_is_stopping())
        return 0;
    uint64_t count;
    return read(fds[1].fd, &count, sizeof(count)) > 0 ? 1 : 2;
}

void daemon_limit_stop(int64_t timeout_ms)
{
    struct itimerval timer = {
        .it_value = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

bool daemon_is_stopping(void)
{
    return atomic_load_explicit(&is_stopping, memory_order_relaxed);
}

bool daemon_has_failed(void)
{
    return atomic_load(&has_failed);
}

int daemon_stop_fd(void)
{
    return atomic_load_explicit(&stop_fd, memory_order_relaxed);
}

void daemon_stop(const struct err *err)
{
    if (err) {
        log_crit(LOG_PROC, "cannot_go_on", KV_ERR(err));
        atomic_store(&has_failed, true);
    }
    start_stop();
}
