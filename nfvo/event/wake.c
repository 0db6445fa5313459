/* How threads of this folder wait, and wake one another. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "common/log/log.h"
#include "nfvo/event/internal.h"

void event_poke(int fd)
{
    uint64_t one = 1;
    if (write(fd, &one, sizeof(one)) < 0)
        log_debug(LOG_EVENT, "not_poked", KV_I("errno", errno));
}

void worker_drain_wake(struct worker *w)
{
    uint64_t n;
    if (read(w->wake_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        log_debug(LOG_EVENT, "woken_for_nothing", KV_I("errno", errno));
}

void worker_rest(struct worker *w, int64_t ms)
{
    struct pollfd fds[] = {{.fd = w->wake_fd, .events = POLLIN},
                           {.fd = w->d->stop_fd, .events = POLLIN}};
    poll(fds, 2, (int)ms);
    worker_drain_wake(w);
}

void wake_all(struct dispatcher *d)
{
    event_poke(d->queues.wake_fd);
    event_poke(d->prober.wake_fd);
    for (size_t i = 0; i < d->posts_n; i++)
        event_poke(d->posts[i].wake_fd);
}
