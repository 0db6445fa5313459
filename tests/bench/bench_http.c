/* A trivial JSON GET through our server (our), or from bare libmicrohttpd with the same threads
 * (bare): what does ours cost? Link with libcommon, -lgnutls -lmicrohttpd -lcurl -luuid;
 * then
 *
 *     bench_http our 18080 &  wrk -t1 -c16 -d2 http://127.0.0.1:18080/api/v1/ns-records/0123456789
 *
 * several times in turn with bare, and compare the server's CPU time per request: it moves less
 * than the rate on a busy machine. */
#include "common/http/server.h"
#include "common/log/log.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char json[] = "{\"id\":\"0123456789\",\"name\":\"iperf\",\"status\":\"ACTIVE\"}";
static const unsigned threads = 2;

static enum http_result our_get(struct http_request *req, struct http_reply *reply)
{
    if (!http_request_param(req, "id"))
        abort();
    http_reply_static(reply, 200, HTTP_TYPE_JSON, json);
    return HTTP_DONE;
}

/* About as many as the REST interface has, so that the tree is real. */
static const struct http_route routes[] = {
#define ENTITY(path)                                                                               \
    {"GET", "/api/v1/" path, our_get, 0}, {"POST", "/api/v1/" path, our_get, 0},                   \
        {"GET", "/api/v1/" path "/{id}", our_get, 0},                                              \
    {                                                                                              \
        "DELETE", "/api/v1/" path "/{id}", our_get, 0                                              \
    }
    ENTITY("ns-records"),      ENTITY("ns-descriptors"),
    ENTITY("vnf-descriptors"), ENTITY("users"),
    ENTITY("projects"),        ENTITY("datacenters"),
    ENTITY("events"),          ENTITY("keys"),
    ENTITY("vnf-packages"),    {0}};

static enum MHD_Result bare_get(void *arg, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **state)
{
    static int mark;
    (void)arg, (void)url, (void)method, (void)version, (void)data, (void)size;
    if (!*state) {
        *state = &mark;
        return MHD_YES;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(
        sizeof(json) - 1, (void *)(uintptr_t)json, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, HTTP_TYPE_JSON);
    enum MHD_Result rc = MHD_queue_response(connection, 200, r);
    MHD_destroy_response(r);
    return rc;
}

int main(int argc, char **argv)
{
    uint16_t port = argc > 2 ? (uint16_t)atoi(argv[2]) : 18080;
    struct http_server *s = NULL;
    if (argc > 1 && strcmp(argv[1], "bare") == 0) {
        if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, port, NULL,
                              NULL, bare_get, NULL, MHD_OPTION_THREAD_POOL_SIZE, threads,
                              MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_END))
            return 1;
    } else {
        struct http_server_options o = {.port = port, .threads = threads, .routes = routes};
        if (http_server_open(&s, &o, NULL) != ERR_OK)
            return 1;
    }
    puts("ready");
    fflush(stdout);
    pause();
    return 0;
}
