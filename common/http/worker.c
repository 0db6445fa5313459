/* A worker: a thread with its connections, and new ones. */
#include "common/http/worker.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS   64
#define ACCEPTS  16                  /* at a time: the other workers want some */
#define PAUSE_US (100 * USEC_PER_MS) /* when there are no descriptors left */

/* --- new ones ---------------------------------------------------------------------------------- */

static void listen_again(struct http_worker *w, bool is_wanted)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = w};
    if (is_wanted == w->is_listening)
        return;
    w->is_listening = is_wanted;
    epoll_ctl(w->epoll_fd, is_wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, w->server->listen_fd, &e);
}

static void accept_some(struct http_worker *w)
{
    for (int i = 0; i < ACCEPTS && !atomic_load(&w->server->is_closing); i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);
        int fd = accept4(w->server->listen_fd, (struct sockaddr *)&from, &len,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            http_conn_open(w, fd, &from);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            listen_again(w, false); /* or epoll would say so again at once */
            w->pause_until_us = clock_mono_us() + PAUSE_US;
            return;
        } else if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

/* --- the thread -------------------------------------------------------------------------------- */

/* Those that come again meanwhile have to wait until the others were looked at. */
static void run_ready(struct http_worker *w)
{
    struct http_conn *c;
    for (int n = 0; n < EVENTS && (c = http_worker_take_ready(w)); n++) {
        if (c->state == CONN_WAIT)
            http_go_on(c->p);
        c->is_suspended = false;
        c->may_read = true;
        http_conn_run(c);
    }
}

static void look_at_times(struct http_worker *w)
{
    int64_t now = clock_mono_us();
    if (now >= w->pause_until_us && w->pause_until_us) {
        w->pause_until_us = 0;
        listen_again(w, !atomic_load(&w->server->is_closing));
    }
    if (now < w->look_us)
        return;
    w->look_us = INT64_MAX;
    for (struct http_conn *c = w->conns.next, *next; c != &w->conns; c = next) {
        next = c->next;
        int64_t due_us = c->deadline_us < c->quiet_us ? c->deadline_us : c->quiet_us;
        if (due_us <= now)
            http_conn_too_late(c);
        else if (due_us < w->look_us)
            w->look_us = due_us;
    }
}

static int patience_ms(struct http_worker *w)
{
    if (http_worker_has_ready(w))
        return 0;
    int64_t due = w->look_us, now = clock_mono_us();
    if (w->pause_until_us && w->pause_until_us < due)
        due = w->pause_until_us;
    if (due == INT64_MAX)
        return -1;
    int64_t left = due - now;
    return left <= 0 ? 0 : left > 60 * USEC_PER_SEC ? 60000 : (int)(left / USEC_PER_MS) + 1;
}

static void *work(void *arg)
{
    struct http_worker *w = arg;
    struct epoll_event events[EVENTS];
    while (!atomic_load(&w->server->is_stopped)) {
        int n = epoll_wait(w->epoll_fd, events, EVENTS, patience_ms(w));
        if (atomic_load(&w->server->is_closing))
            listen_again(w, false);
        for (int i = 0; i < n; i++) {
            struct http_conn *c = events[i].data.ptr;
            uint64_t count;
            if (events[i].data.ptr == w) {
                accept_some(w);
            } else if (!c) {
                if (read(w->wake_fd, &count, sizeof(count)) < 0)
                    continue;
            } else {
                c->may_read = true;
                http_conn_run(c);
            }
        }
        run_ready(w);
        look_at_times(w);
    }
    while (http_worker_has_ready(w))
        run_ready(w);
    while (w->conns.next != &w->conns)
        http_conn_close(w->conns.next);
    return NULL;
}

struct http_worker *http_worker_new(struct http_server *s)
{
    struct http_worker *w = xcalloc(1, sizeof(*w));
    struct epoll_event wake = {.events = EPOLLIN};
    sigset_t all, before;
    w->server = s;
    w->conns.next = w->conns.prev = &w->conns;
    w->look_us = INT64_MAX;
    w->ready_end = &w->ready;
    pthread_mutex_init(&w->lock, NULL);
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool is_good = w->epoll_fd >= 0 && w->wake_fd >= 0 &&
                   epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &wake) == 0;
    listen_again(w, is_good);
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_good = is_good && pthread_create(&w->thread, NULL, work, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (is_good)
        return w;
    w->thread = pthread_self();
    http_worker_free(w);
    return NULL;
}

void http_worker_free(struct http_worker *w)
{
    if (!w)
        return;
    if (!pthread_equal(w->thread, pthread_self())) {
        http_worker_wake(w);
        pthread_join(w->thread, NULL);
    }
    if (w->epoll_fd >= 0)
        close(w->epoll_fd);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
