#include "nfvo/event/probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static enum err_code bad(const char *url, struct err *err)
{
    err_set(err, ERR_INVALID, "'%s' is not an http URL", url);
    return err_hint(err, "http://host:port/path");
}

enum err_code probe_split_url(const char *url, char host[256], char port[8], struct err *err)
{
    const char *at = strstr(url, "://"), *end;
    bool is_tls = strncasecmp(url, "https://", 8) == 0;
    if (!at || (!is_tls && strncasecmp(url, "http://", 7) != 0))
        return bad(url, err);
    at += 3;
    size_t authority = strcspn(at, "/?#");
    const char *user = memchr(at, '@', authority);
    if (user) {
        authority -= (size_t)(user + 1 - at);
        at = user + 1;
    }
    bool is_v6 = *at == '[';
    at += is_v6;
    end = at + strcspn(at, is_v6 ? "]/?#" : ":/?#");
    size_t len = (size_t)(end - at);
    if (len == 0 || len > 255 || (is_v6 && *end != ']'))
        return bad(url, err);
    end += is_v6;
    size_t digits = *end == ':' ? strspn(end + 1, "0123456789") : 0;
    if (digits > 5 || (*end == ':' && (digits == 0 || !strchr("/?#", end[1 + digits]))))
        return bad(url, err);
    memcpy(host, at, len);
    host[len] = '\0';
    strcpy(port, is_tls ? "443" : "80");
    if (digits) {
        memcpy(port, end + 1, digits);
        port[digits] = '\0';
    }
    return ERR_OK;
}

static enum err_code try_one(const struct addrinfo *a, int timeout_ms, struct err *err)
{
    int why = 0;
    socklen_t size = sizeof(why);
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, ERR_UNAVAIL, errno, "open a socket");
    enum err_code rc = ERR_OK;
    if (connect(fd, a->ai_addr, a->ai_addrlen) != 0)
        why = errno;
    if (why == EINPROGRESS) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        why = 0;
        if (poll(&p, 1, timeout_ms) != 1)
            rc = err_set(err, ERR_TIMEOUT, "no connection within %d ms", timeout_ms);
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0)
            why = errno;
    }
    if (rc == ERR_OK && why != 0)
        rc = err_set_errno(err, ERR_UNAVAIL, why, "no connection");
    close(fd);
    return rc;
}

enum err_code probe_url(const char *url, int timeout_ms, struct err *err)
{
    char host[256], port[8];
    struct addrinfo *all, hints = {.ai_socktype = SOCK_STREAM};
    enum err_code rc = probe_split_url(url, host, port, err);
    if (rc != ERR_OK)
        return rc;
    int why = getaddrinfo(host, port, &hints, &all);
    if (why != 0)
        return err_set(err, ERR_UNAVAIL, "host '%s' is unknown: %s", host, gai_strerror(why));
    rc = ERR_UNAVAIL;
    for (const struct addrinfo *a = all; a && rc != ERR_OK; a = a->ai_next)
        rc = try_one(a, timeout_ms, err);
    freeaddrinfo(all);
    return rc == ERR_OK ? rc : err_add(err, "connect to '%s' port %s", host, port);
}
