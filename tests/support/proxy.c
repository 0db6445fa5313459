#include "tests/support/proxy.h"

#include "common/base/macros.h"
#include "common/base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 16 };

struct pair {
    int client, server; /* -1: free */
};

struct proxy {
    struct sockaddr_in target;
    int listener, port, wake;
    atomic_bool is_stalled, is_mute, is_down, is_ending;
    struct pair pairs[PAIRS_MAX];
    pthread_t thread;
};

static void pair_close(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    pair->client = pair->server = -1;
}

static void take_client(struct proxy *p)
{
    int client = accept(p->listener, NULL, NULL);
    int server = socket(AF_INET, SOCK_STREAM, 0);

    for (size_t i = 0; i < PAIRS_MAX && !p->is_down; i++) {
        if (p->pairs[i].client >= 0)
            continue;
        if (connect(server, (struct sockaddr *)&p->target, sizeof(p->target)) != 0)
            break;
        p->pairs[i] = (struct pair){client, server};
        return;
    }
    close(client);
    close(server);
}

static bool copy(int from, int to)
{
    char buffer[65536];
    ssize_t n = recv(from, buffer, sizeof(buffer), MSG_DONTWAIT);

    return n > 0 && send(to, buffer, (size_t)n, MSG_NOSIGNAL) == n;
}

static void round_of(struct proxy *p)
{
    struct pollfd fds[2 + 2 * PAIRS_MAX] = {{.fd = p->wake, .events = POLLIN},
                                            {.fd = p->listener, .events = POLLIN}};

    for (size_t i = 0; i < PAIRS_MAX; i++) {
        if (p->is_down && p->pairs[i].client >= 0)
            pair_close(&p->pairs[i]);
        fds[2 + 2 * i] =
            (struct pollfd){.fd = p->is_stalled ? -1 : p->pairs[i].client, .events = POLLIN};
        fds[3 + 2 * i] =
            (struct pollfd){.fd = p->is_mute ? -1 : p->pairs[i].server, .events = POLLIN};
    }
    poll(fds, ARRAY_LEN(fds), -1);
    if (fds[0].revents) {
        eventfd_t count;
        eventfd_read(p->wake, &count);
    }
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &p->pairs[i];
        /* It may have been told to be still while it waited in poll. */
        if ((fds[2 + 2 * i].revents && !p->is_stalled && !copy(pair->client, pair->server)) ||
            (fds[3 + 2 * i].revents && !p->is_mute && !copy(pair->server, pair->client)))
            pair_close(pair);
    }
    if (fds[1].revents)
        take_client(p);
}

static void *run(void *arg)
{
    struct proxy *p = arg;

    while (!p->is_ending)
        round_of(p);
    return NULL;
}

struct proxy *proxy_new(const char *host, int port)
{
    return proxy_new_at(host, port, 0);
}

struct proxy *proxy_new_at(const char *host, int port, int own_port)
{
    struct proxy *p = xcalloc(1, sizeof(*p));
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)own_port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(own);
    int small = 65536; /* the kernel shall not swallow megabytes while we are stalled */

    p->target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &p->target.sin_addr);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        p->pairs[i].client = p->pairs[i].server = -1;
    p->wake = eventfd(0, EFD_NONBLOCK);
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(p->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(p->listener, (struct sockaddr *)&own, len) != 0 || listen(p->listener, 16) != 0)
        abort();
    getsockname(p->listener, (struct sockaddr *)&own, &len);
    p->port = ntohs(own.sin_port);
    pthread_create(&p->thread, NULL, run, p);
    return p;
}

int proxy_port(const struct proxy *p)
{
    return p->port;
}

void proxy_stall(struct proxy *p, bool is_stalled)
{
    p->is_stalled = is_stalled;
    eventfd_write(p->wake, 1);
}

void proxy_mute(struct proxy *p, bool is_mute)
{
    p->is_stalled = p->is_mute = is_mute;
    eventfd_write(p->wake, 1);
}

void proxy_down(struct proxy *p, bool is_down)
{
    p->is_down = is_down;
    eventfd_write(p->wake, 1);
}

void proxy_free(struct proxy *p)
{
    if (!p)
        return;
    p->is_ending = true;
    eventfd_write(p->wake, 1);
    pthread_join(p->thread, NULL);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (p->pairs[i].client >= 0)
            pair_close(&p->pairs[i]);
    close(p->listener);
    close(p->wake);
    free(p);
}
