/* librabbitmq writes without limit when the broker stops reading, and a thread that is inside it
 * cannot be told anything. So a second thread shuts the socket down under it: the write then fails
 * like on any broken connection. One thread per process; it sleeps while no bus is inside a bounded
 * call, and otherwise looks every TICK_MS, so that arming costs one store per publish. */
#include "common/bus/internal.h"
#include "common/sys/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 50, IDLE_TICKS = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct guard *guards;   /* under lock */
static _Atomic bool is_asleep; /* the thread waits without a limit */

int64_t bus_now_ms(void)
{
    return clock_mono_us() / USEC_PER_MS;
}

/* Cuts what is overdue; returns whether any guard is armed. Called under lock. */
static bool scan(void)
{
    bool is_any_armed = false;
    int64_t now = bus_now_ms();

    for (struct guard *g = guards; g; g = g->next) {
        int64_t deadline = atomic_load(&g->deadline_at_ms);
        if (deadline == 0)
            continue;
        is_any_armed = true;
        if (now >= deadline && !atomic_exchange(&g->is_cut, true))
            shutdown(g->fd, SHUT_RDWR);
    }
    return is_any_armed;
}

static void *watch(void *unused)
{
    int idle = 0;

    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        idle = scan() ? 0 : idle + 1;
        if (idle < IDLE_TICKS) {
            struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
            pthread_mutex_unlock(&lock);
            nanosleep(&tick, NULL);
            pthread_mutex_lock(&lock);
            continue;
        }
        /* First say that we sleep, then look once more: whoever arms does it the other way round,
         * so one of us notices. */
        atomic_store(&is_asleep, true);
        if (!scan())
            while (atomic_load(&is_asleep))
                pthread_cond_wait(&wake, &lock);
        atomic_store(&is_asleep, false);
        idle = 0;
    }
    return NULL;
}

static void start(void)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, old;

    /* Signals belong to the threads that wait for them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attr, watch, NULL) == 0)
        pthread_setname_np(thread, "bus-watchdog");
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void bus_guard_attach(struct guard *g, int fd)
{
    pthread_once(&once, start);
    bus_guard_detach(g);
    atomic_store(&g->is_cut, false);
    g->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    pthread_mutex_lock(&lock);
    g->next = guards;
    g->link = &guards;
    if (guards)
        guards->link = &g->next;
    guards = g;
    pthread_mutex_unlock(&lock);
}

void bus_guard_detach(struct guard *g)
{
    if (!g->link)
        return;
    pthread_mutex_lock(&lock);
    *g->link = g->next;
    if (g->next)
        g->next->link = g->link;
    g->link = NULL;
    pthread_mutex_unlock(&lock);
    close(g->fd);
}

void bus_guard_arm(struct guard *g, int timeout_ms)
{
    atomic_store(&g->deadline_at_ms, bus_now_ms() + timeout_ms);
    if (atomic_load(&is_asleep)) {
        pthread_mutex_lock(&lock);
        atomic_store(&is_asleep, false);
        pthread_cond_signal(&wake);
        pthread_mutex_unlock(&lock);
    }
}

void bus_guard_disarm(struct guard *g)
{
    atomic_store(&g->deadline_at_ms, 0);
}
