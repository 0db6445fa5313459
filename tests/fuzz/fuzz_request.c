/* What a client sends to the real server, start line to body: the input goes to a loopback port as
 * it is, in two parts. The first byte says where it is cut; the second, whether the request needs a
 * user. What comes back must be answers of HTTP, each error in JSON, no more answers than requests
 * could be, and nothing of a body is kept behind the end. */
#include "common/base/mem.h"
#include "common/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct http_server *server;
static atomic_bool needs_user;

static enum http_result echo(struct http_request *req, struct http_reply *reply)
{
    struct sbuf out = SBUF_INIT;
    const struct http_file *file = http_request_file(req);
    const char *id = http_request_param(req, "id"), *value;
    sbuf_addf(&out, "%s %s %zu", req->method, id ? id : "", req->body_len);
    for (size_t i = 0; (id = http_request_query_at(req, i, &value)); i++)
        sbuf_addf(&out, " %s=%s", id, value);
    if (strlen(req->body) > req->body_len ||
        (file && file->size > 0 && !file->data && file->fd < 0))
        abort();
    http_reply_sbuf(reply, 200, HTTP_TYPE_TEXT, &out);
    return HTTP_DONE;
}

static const struct http_route routes[] = {
    {"GET", "/a/{id}", echo, 0},
    {"POST", "/a/{id}", echo, 0},
    {"PUT", "/work", echo, HTTP_ROUTE_WORK},
    {"POST", "/upload", echo, HTTP_ROUTE_UPLOAD},
    {"POST", "/small", echo, HTTP_ROUTE_SMALL},
    {"DELETE", "/files/{rest*}", echo, 0},
    {0},
};

static bool before(struct http_request *req, struct http_reply *reply)
{
    const char *token = http_request_header(req, "Authorization");
    if (!atomic_load(&needs_user) || token) {
        http_request_set_user(req, token ? token : "");
        return true;
    }
    http_reply_static(reply, 401, HTTP_TYPE_JSON, "{}");
    return false;
}

static void open_server(void)
{
    struct http_server_options o = {.threads = 1,
                                    .work_threads = 1,
                                    .max_body = 4000,
                                    .max_upload = 8000,
                                    .upload_memory = 1000,
                                    .work_body = 100,
                                    .memory = {6000, 5000},
                                    .disk = {8000, 7000},
                                    .routes = routes,
                                    .before = before};
    if (http_server_open(&server, &o, NULL) != ERR_OK)
        abort();
}

/* libFuzzer's alarm interrupts: the connection goes on being made. */
static bool is_connected(int fd, int result)
{
    struct pollfd made = {.fd = fd, .events = POLLOUT};
    int failed = 0;
    socklen_t len = sizeof(failed);
    if (result == 0 || errno != EINTR)
        return result == 0;
    while (poll(&made, 1, 10000) < 0 && errno == EINTR)
        ;
    return made.revents && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed == 0;
}

static int connect_to_it(void)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons(http_server_port(server))};
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    static uint32_t n; /* each from another address: ports stay in TIME_WAIT for a minute */
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f010000 + n++ % 65536)};
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        !is_connected(fd, connect(fd, (const struct sockaddr *)&to, sizeof(to)))) {
        perror("connect to the server");
        abort();
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    return fd;
}

static void must(bool is_good, const char *got)
{
    if (is_good)
        return;
    fprintf(stderr, "the answer is: %s\n", got);
    abort();
}

/* All answers, one behind the other. Those to HEAD have no body: the method is not known here, so
 * a next status line may stand where a body was announced. */
static void check(const struct sbuf *got)
{
    const char *at = got->s, *end = got->s + got->len;
    while (at < end) {
        must(strncmp(at, "HTTP/1.1 ", 9) == 0, at);
        int status = atoi(at + 9);
        const char *body = strstr(at, "\r\n\r\n");
        must(body != NULL && status >= 100 && status < 600, at);
        const char *length = strcasestr(at, "\r\nContent-Length: ");
        size_t n = length && length < body ? strtoul(length + 18, NULL, 10) : 0;
        body += 4;
        must(status < 200 || status == 204 || (length && length < body), at);
        if (n > 0 && strncmp(body, "HTTP/1.1 ", 9) != 0 && body < end) {
            must((size_t)(end - body) >= n, at);
            must(status < 400 || *body == '{', at);
            body += n;
        }
        at = body;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    char part[4096];
    ssize_t n;
    if (size < 2)
        return 0;
    if (!server)
        open_server();
    size_t len = size - 2, cut = data[0] * (len + 1) / 256;
    atomic_store(&needs_user, data[1] & 1);
    int fd = connect_to_it();
    if (send(fd, data + 2, cut, MSG_NOSIGNAL) >= 0)
        send(fd, data + 2 + cut, len - cut, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while ((n = recv(fd, part, sizeof(part), 0)) > 0)
        sbuf_add(&got, part, (size_t)n);
    close(fd);
    check(&got);
    if (http_server_kept(server, false) > 6000 || http_server_kept(server, true) > 8000)
        abort();
    return 0;
}
