#include "tests/support/rawsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int raw_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

bool raw_send(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

bool raw_read(int fd, struct sbuf *got, const char *text)
{
    char buf[4096];
    while (!(text && strstr(got->s, text))) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 60000) != 1) {
            fprintf(stderr, "raw_read: nothing for 60 s, waiting for %s after: %s\n",
                    text ? text : "the end", got->s);
            abort();
        }
        ssize_t n = recv(fd, buf, sizeof(buf), 0);
        if (n <= 0)
            return text == NULL;
        sbuf_add(got, buf, (size_t)n);
    }
    return true;
}

int raw_ask(uint16_t port, const char *request, struct sbuf *got)
{
    int status = 0, fd = raw_connect(port);
    sbuf_clear(got);
    if (fd < 0)
        return 0;
    raw_send(fd, request, strlen(request));
    raw_read(fd, got, NULL);
    close(fd);
    return sscanf(got->s, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}
