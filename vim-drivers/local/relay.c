/* Passes TCP connections on, both ways, as many as PAIRS_MAX at once and with a small buffer for
 * each direction; one thread, level-triggered. */
#include "vim-drivers/local/fabric.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 1024, BUFFER = 16384, EVENTS = 64, USER_TIMEOUT_MS = 60000 };

struct pair;
struct side {
    struct pair *pair; /* NULL: a listener */
    const struct loc_target *target;
    int fd;
    uint32_t events;     /* asked for */
    bool has_ended;      /* nothing more to read */
    char buffer[BUFFER]; /* read here, to be written to the other side */
    size_t from, n;      /* its content */
};

struct pair {
    struct side a, b; /* instance, host */
    bool is_connecting, is_broken;
    struct pair *next; /* to be freed when the round is over */
};

struct relay {
    int epoll;
    unsigned pairs;
    struct pair *broken;
};

static struct side *other(struct side *s)
{
    return s == &s->pair->a ? &s->pair->b : &s->pair->a;
}

static void watch(const struct relay *r, struct side *s)
{
    const struct side *o = other(s);
    uint32_t want = 0;
    if (!s->pair->is_connecting && !s->has_ended && s->n == 0)
        want |= EPOLLIN;
    if (o->n > 0 || (s->pair->is_connecting && s == &s->pair->b))
        want |= EPOLLOUT;
    if (want == s->events)
        return;
    struct epoll_event e = {.events = want, .data.ptr = s};
    s->events = want;
    epoll_ctl(r->epoll, EPOLL_CTL_MOD, s->fd, &e);
}

static void end_pair(struct relay *r, struct pair *p)
{
    if (p->is_broken)
        return;
    p->is_broken = true;
    close(p->a.fd);
    close(p->b.fd);
    r->pairs--;
    p->next = r->broken; /* an event of this round may still name it */
    r->broken = p;
}

/* What s has read goes to the other side. false: broken. */
static bool pass(struct side *s)
{
    struct side *o = other(s);
    while (s->n > 0) {
        ssize_t done = send(o->fd, s->buffer + s->from, s->n, MSG_NOSIGNAL);
        if (done < 0)
            return errno == EAGAIN || errno == EINTR;
        s->from += (size_t)done;
        s->n -= (size_t)done;
    }
    s->from = 0;
    if (s->has_ended)
        shutdown(o->fd, SHUT_WR);
    return true;
}

static bool take(struct side *s)
{
    if (s->n > 0 || s->has_ended)
        return true;
    ssize_t got = recv(s->fd, s->buffer, BUFFER, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    s->has_ended = got == 0;
    s->n = (size_t)got;
    return pass(s);
}

static bool has_connected(struct pair *p)
{
    int error = 0;
    socklen_t len = sizeof(error);
    p->is_connecting = false;
    return getsockopt(p->b.fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static void on_pair(struct relay *r, struct side *s, uint32_t events)
{
    struct pair *p = s->pair;
    bool is_good = !p->is_broken;
    if (is_good && p->is_connecting && s == &p->b)
        is_good = has_connected(p);
    else if (is_good && p->is_connecting)
        is_good = !(events & (EPOLLHUP | EPOLLERR));
    if (is_good && !p->is_connecting && (events & EPOLLOUT))
        is_good = pass(other(s));
    if (is_good && !p->is_connecting && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        is_good = take(s);
    /* Both ended and all passed on; or hung up with nothing to be read any more. */
    if (is_good && p->a.has_ended && p->b.has_ended && p->a.n == 0 && p->b.n == 0)
        is_good = false;
    if (is_good && (events & EPOLLERR))
        is_good = false;
    if (is_good && (events & EPOLLHUP) && (s->has_ended || s->n > 0))
        is_good = false;
    if (!is_good) {
        end_pair(r, p);
        return;
    }
    watch(r, &p->a);
    watch(r, &p->b);
}

static void set_socket(int fd)
{
    int on = 1, timeout = USER_TIMEOUT_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

static int connect_to(const struct loc_target *t)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)t->port),
                            .sin_addr.s_addr = htonl(t->ip)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool add(const struct relay *r, struct side *s, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};
    s->events = events;
    return epoll_ctl(r->epoll, EPOLL_CTL_ADD, s->fd, &e) == 0;
}

static void on_listener(struct relay *r, const struct side *l)
{
    int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct pair *p = fd >= 0 && r->pairs < PAIRS_MAX ? calloc(1, sizeof(*p)) : NULL;
    int host = p ? connect_to(l->target) : -1;
    if (host < 0) {
        free(p);
        if (fd >= 0)
            close(fd);
        return;
    }
    set_socket(fd);
    set_socket(host);
    p->a.pair = p->b.pair = p;
    p->a.fd = fd;
    p->b.fd = host;
    p->is_connecting = true;
    r->pairs++;
    if (!add(r, &p->a, 0) || !add(r, &p->b, EPOLLOUT))
        end_pair(r, p);
}

static void free_broken(struct relay *r)
{
    while (r->broken) {
        struct pair *next = r->broken->next;
        free(r->broken);
        r->broken = next;
    }
}

int loc_relay_run(const struct loc_target *targets, size_t n)
{
    struct relay r = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct side *listeners = calloc(n ? n : 1, sizeof(*listeners));
    struct rlimit files;
    if (r.epoll < 0 || !listeners)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (size_t i = 0; i < n; i++) {
        listeners[i].fd = targets[i].listener;
        listeners[i].target = &targets[i];
        if (!add(&r, &listeners[i], EPOLLIN))
            return 1;
    }
    for (;;) {
        struct epoll_event events[EVENTS];
        int got = epoll_wait(r.epoll, events, EVENTS, -1);
        if (got < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < got; i++) {
            struct side *s = events[i].data.ptr;
            if (s->pair)
                on_pair(&r, s, events[i].events);
            else
                on_listener(&r, s);
        }
        free_broken(&r);
    }
}
