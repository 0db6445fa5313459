#include "tests/support/broker.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"

#include <curl/curl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *need_env(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        fail_msg("%s is not set: run this by tests/integration/run", name);
    return value;
}

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
    sbuf_add(arg, data, size * n);
    return size * n;
}

static long call(const struct test_vhost *v, const char *method, const char *path, const char *body,
                 char **ret_body)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf login = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf reply = SBUF_INIT;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *curl = curl_easy_init();
    long status = 0;

    sbuf_addf(&url, "http://%s:%d/api/%s", v->host, v->management_port, path);
    sbuf_addf(&login, "%s:%s", v->user, v->password);
    curl_easy_setopt(curl, CURLOPT_URL, url.s);
    curl_easy_setopt(curl, CURLOPT_USERPWD, login.s);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (rc != CURLE_OK)
        fail_msg("%s %s: %s", method, url.s, curl_easy_strerror(rc));
    if (ret_body)
        *ret_body = sbuf_take(&reply);
    return status;
}

/* vhost, user: as they are in paths. */
static void take_rights(const struct test_vhost *v, const char *vhost, const char *kind)
{
    char path[512];
    size_t i;
    json_t *right;
    AUTO(freep) char *reply = NULL;

    snprintf(path, sizeof(path), "vhosts/%s/%s", vhost, kind);
    call(v, "GET", path, NULL, &reply);
    json_t *list = json_loads(reply, 0, NULL);
    json_array_foreach(list, i, right)
    {
        const char *user = json_string_value(json_object_get(right, "user"));
        snprintf(path, sizeof(path), "%s/%s/%s", kind, vhost, user ? user : "");
        call(v, "DELETE", path, NULL, NULL);
    }
    json_decref(list);
}

long test_broker_api(const struct test_vhost *v, const char *method, const char *path,
                     const char *body, char **ret_body)
{
    const char *vhost = strncmp(path, "vhosts/", 7) == 0 ? path + 7 : NULL;

    /* What rights are left go with it in a transaction of the broker that may never end:
     * nfvo/vnfm/management_vhost.c. */
    if (vhost && strcmp(method, "DELETE") == 0 && !strchr(vhost, '/')) {
        take_rights(v, vhost, "topic-permissions");
        take_rights(v, vhost, "permissions");
    }
    return call(v, method, path, body, ret_body);
}

static void api(const struct test_vhost *v, const char *method, const char *path, const char *body)
{
    AUTO(freep) char *reply = NULL;
    long status = test_broker_api(v, method, path, body, &reply);

    if (status < 200 || status > 299)
        fail_msg("%s %s: status %ld: %s", method, path, status, reply);
}

struct test_vhost *test_vhost_later(void)
{
    static atomic_int counter;
    struct test_vhost *v = xcalloc(1, sizeof(*v));

    v->host = need_env("OB_TEST_BROKER_HOST");
    v->port = atoi(need_env("OB_TEST_BROKER_PORT"));
    v->management_port = atoi(need_env("OB_TEST_BROKER_MANAGEMENT_PORT"));
    v->user = need_env("OB_TEST_BROKER_USER");
    v->password = need_env("OB_TEST_BROKER_PASSWORD");
    snprintf(v->name, sizeof(v->name), "test-%ld-%d-%lld", (long)getpid(),
             atomic_fetch_add(&counter, 1), (long long)time(NULL));
    return v;
}

struct test_vhost *test_vhost_new(void)
{
    struct test_vhost *v = test_vhost_later();
    char path[256];

    snprintf(path, sizeof(path), "vhosts/%s", v->name);
    api(v, "PUT", path, "{}");
    snprintf(path, sizeof(path), "permissions/%s/%s", v->name, v->user);
    api(v, "PUT", path, "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}");
    return v;
}

void test_vhost_free(struct test_vhost *v)
{
    char path[256];

    if (!v)
        return;
    /* of an nfvo that was in it; it would stay for its 10 minutes */
    snprintf(path, sizeof(path), "queues/%%2F/nfvo.broker-log.%s", v->name);
    test_broker_api(v, "DELETE", path, NULL, NULL);
    snprintf(path, sizeof(path), "vhosts/%s", v->name);
    long status = test_broker_api(v, "DELETE", path, NULL, NULL);
    free(v);
    if (status != 404 && (status < 200 || status > 299)) /* 404: nobody made it */
        fail_msg("DELETE %s: %ld", path, status);
}

struct bus_options test_bus_options(const struct test_vhost *v, const char *name)
{
    return (struct bus_options){.host = v->host,
                                .port = v->port,
                                .vhost = v->name,
                                .user = v->user,
                                .password = v->password,
                                .name = name,
                                .connect_timeout_ms = 10000,
                                .call_timeout_ms = 10000,
                                .backoff_min_ms = 20,
                                .backoff_max_ms = 200};
}

struct bus_event test_bus_await(struct bus *bus, enum bus_event_type type)
{
    AUTO(sbuf_release) struct sbuf seen = SBUF_INIT;
    struct bus_event ev;
    time_t deadline = time(NULL) + 60;

    while (bus_next(bus, &ev, -1, 1000) != type) {
        if (ev.type != BUS_TIMEOUT)
            sbuf_addf(&seen, " %s(%s %d %s)", bus_event_name(ev.type), ev.name ? ev.name : "",
                      ev.code, ev.text);
        if (time(NULL) > deadline)
            fail_msg("no %s within 60 s, but:%.2000s", bus_event_name(type), seen.s);
    }
    return ev;
}

static void close_connection(const struct test_vhost *v, const char *broker_name)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    char *escaped = curl_easy_escape(NULL, broker_name, 0);

    sbuf_addf(&path, "connections/%s", escaped);
    curl_free(escaped);
    api(v, "DELETE", path.s, NULL);
}

bool test_connection_kill(const struct test_vhost *v, const char *name)
{
    AUTO(freep) char *reply = NULL;
    char path[256];
    bool is_found = false;
    size_t i;
    json_t *c;

    snprintf(path, sizeof(path), "vhosts/%s/connections", v->name);
    test_broker_api(v, "GET", path, NULL, &reply);
    json_t *list = json_loads(reply, 0, NULL);
    json_array_foreach(list, i, c)
    {
        const char *found = json_string_value(
            json_object_get(json_object_get(c, "client_properties"), "connection_name"));
        const char *broker_name = json_string_value(json_object_get(c, "name"));
        if (found && broker_name && strcmp(found, name) == 0) {
            close_connection(v, broker_name);
            is_found = true;
        }
    }
    json_decref(list);
    return is_found;
}

void test_queue_delete(const struct test_vhost *v, const char *queue)
{
    char path[512];

    snprintf(path, sizeof(path), "queues/%s/%s", v->name, queue);
    api(v, "DELETE", path, NULL);
}

void test_user_new(const struct test_vhost *v, const char *user, const char *password,
                   const char *configure, const char *write, const char *read)
{
    char path[256], body[512];

    snprintf(path, sizeof(path), "users/%s", user);
    snprintf(body, sizeof(body), "{\"password\":\"%s\",\"tags\":\"\"}", password);
    api(v, "PUT", path, body);
    snprintf(path, sizeof(path), "permissions/%s/%s", v->name, user);
    snprintf(body, sizeof(body), "{\"configure\":\"%s\",\"write\":\"%s\",\"read\":\"%s\"}",
             configure, write, read);
    api(v, "PUT", path, body);
}

void test_user_free(const struct test_vhost *v, const char *user)
{
    char path[256];

    snprintf(path, sizeof(path), "users/%s", user);
    api(v, "DELETE", path, NULL);
}
