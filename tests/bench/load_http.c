#include "tests/bench/load_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20 };

struct client {
    int fd;
    bool is_busy;
    double sent_at_s;
    char *answer; /* of ANSWER_MAX bytes and an end */
    size_t length;
};

struct http_clients {
    struct http_job job;
    struct client *clients;
    int epoll, busy;
    long left; /* to send; negative: no end */
};

void fail(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}

double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void client_connect(struct http_clients *all, struct client *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)all->job.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        fail("epoll", strerror(errno));
}

/* A request is small: it fits into the empty buffer of the socket. */
static void client_send(struct http_clients *all, struct client *c)
{
    size_t length = strlen(all->job.request);

    if (all->left == 0)
        return;
    if (all->left > 0)
        all->left--;
    c->is_busy = true;
    c->length = 0;
    all->busy++;
    c->sent_at_s = now_s();
    if (send(c->fd, all->job.request, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("send", strerror(errno));
}

/* Value of a header, or NULL; the head ends with an empty line and a NUL. */
static const char *header(const char *head, const char *name)
{
    size_t n = strlen(name);

    for (const char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n'))
        if (strncasecmp(line + 1, name, n) == 0 && line[1 + n] == ':')
            return line + 1 + n + 1 + strspn(line + 1 + n + 1, " ");
    return NULL;
}

/* Returns whether the whole answer is there. */
static bool client_answered(struct http_clients *all, struct client *c)
{
    char *end = strstr(c->answer, "\r\n\r\n");
    const char *text;
    size_t head, body;
    int status;
    bool is_last;

    if (!end)
        return false;
    head = (size_t)(end - c->answer) + 4;
    end[2] = '\0';
    text = header(c->answer, "Content-Length");
    if (sscanf(c->answer, "HTTP/1.1 %d", &status) != 1 || !text)
        fail("answer", "has no status or length");
    body = (size_t)strtoul(text, NULL, 10);
    text = header(c->answer, "Connection");
    is_last = text && strncasecmp(text, "close", 5) == 0;
    end[2] = '\r';
    if (head + body > ANSWER_MAX)
        fail("answer", "too long");
    if (c->length < head + body)
        return false;
    c->is_busy = false;
    all->busy--;
    all->job.answered(all->job.arg, status, c->answer + head, body, now_s() - c->sent_at_s);
    if (is_last) {
        close(c->fd);
        client_connect(all, c);
    }
    return true;
}

static void client_read(struct http_clients *all, struct client *c)
{
    ssize_t n = recv(c->fd, c->answer + c->length, ANSWER_MAX - c->length, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (c->is_busy)
            fail("receive", n ? strerror(errno) : "the server hung up");
        close(c->fd); /* idle for too long */
        client_connect(all, c);
        return;
    }
    c->length += (size_t)n;
    c->answer[c->length] = '\0';
    if (c->is_busy && client_answered(all, c))
        client_send(all, c);
}

struct http_clients *http_clients_open(const struct http_job *job)
{
    struct http_clients *all = calloc(1, sizeof *all);

    if (!all || !(all->clients = calloc((size_t)job->connections, sizeof *all->clients)))
        fail("memory", "not enough");
    all->job = *job;
    all->left = job->count;
    all->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < job->connections; i++) {
        all->clients[i].answer = malloc(ANSWER_MAX + 1);
        if (!all->clients[i].answer)
            fail("memory", "not enough");
        client_connect(all, &all->clients[i]);
    }
    return all;
}

bool http_clients_turn(struct http_clients *all, int timeout_ms)
{
    struct epoll_event events[64];
    int n;

    for (int i = 0; i < all->job.connections && all->left; i++)
        if (!all->clients[i].is_busy)
            client_send(all, &all->clients[i]);
    n = epoll_wait(all->epoll, events, 64, timeout_ms);
    for (int i = 0; i < n; i++)
        client_read(all, events[i].data.ptr);
    return all->busy || all->left;
}

void http_clients_stop(struct http_clients *all)
{
    all->left = 0;
}

void http_clients_more(struct http_clients *all, long count)
{
    all->left += count;
}

void http_clients_close(struct http_clients *all)
{
    for (int i = 0; i < all->job.connections; i++) {
        close(all->clients[i].fd);
        free(all->clients[i].answer);
    }
    close(all->epoll);
    free(all->clients);
    free(all);
}
