/* The listening socket. */
#include "common/http/server_private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum err_code http_listen(struct http_server *s, struct err *err)
{
    const struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE | AI_NUMERICSERV,
                                  .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    char port[8];
    const int yes = 1, no = 0;
    snprintf(port, sizeof(port), "%u", s->o.port);
    int rc = getaddrinfo(s->o.address, port, &want, &found);
    if (rc != 0)
        return err_set(err, ERR_INVALID, "listen address '%s': %s", s->o.address, gai_strerror(rc));
    s->listen_fd =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    bool good = s->listen_fd >= 0;
    if (good && found->ai_family == AF_INET6) /* "::" takes IPv4 too */
        setsockopt(s->listen_fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    good = good && setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
           bind(s->listen_fd, found->ai_addr, found->ai_addrlen) == 0 &&
           listen(s->listen_fd, 1024) == 0 &&
           getsockname(s->listen_fd, (struct sockaddr *)&bound, &len) == 0;
    int sys = errno;
    freeaddrinfo(found);
    if (!good) {
        err_set_errno(err, ERR_IO, sys, "listen on %s port %s", s->o.address, port);
        return sys == EADDRINUSE ? err_hint(err, "another process has the port") : ERR_IO;
    }
    if (getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof(port), NI_NUMERICSERV) ==
        0)
        s->port = (uint16_t)strtoul(port, NULL, 10);
    return ERR_OK;
}
