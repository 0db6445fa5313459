#include "tests/support/api_fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/http/dial.h"
#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/api/auth/password.h"
#include "nfvo/store/store_access.h"
#include "proto/records/manager.h"

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s\n", what, err->msg);
    exit(1);
}

static void open_api(struct api_fixture *f)
{
    /* 127.0.0.1/32: tests subscribe ports of their own. */
    static const struct dial_rules dial = {
        .allowed = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}, 128}}, .n = 1};
    static const struct api_host host = {.version = "6.0.0-test", .dial = &dial};
    struct err err = ERR_INIT;
    struct api_setup setup = {&f->options, f->store, fake_engine_commands(f->engine), &host,
                              f->audit};
    if (api_open(&f->api, &setup, &err) != ERR_OK)
        die("api_open", &err);
}

void api_fixture_reopen(struct api_fixture *f)
{
    api_close(f->api);
    open_api(f);
}

static void open_all(struct api_fixture *f)
{
    struct err err = ERR_INIT;
    f->store_options = (struct store_options){.conninfo = test_schema_conninfo(f->schema),
                                              .schema = test_schema_name(f->schema),
                                              .seal_key_path = f->key_path,
                                              .connections = 3};
    if (store_open(&f->store, &f->store_options, &err) != ERR_OK)
        die("store_open", &err);
    f->audit_options = (struct audit_options){
        .path = f->audit_path, .file_max = 65536, .keep_ms = 3600000, .rows_max = 200};
    if (audit_open(&f->audit, &f->audit_options, f->store, &err) != ERR_OK)
        die("audit_open", &err);
    f->options = (struct api_options){.listen = "127.0.0.1",
                                      .threads = 2,
                                      .io_threads = 2,
                                      .max_body = 65536,
                                      .max_connections = 500,
                                      .metrics_networks = "127.0.0.1",
                                      .rest_vnfm_networks = "127.0.0.1",
                                      .status_listen = "127.0.0.1:0",
                                      .cors_origins = "https://dash.example, http://other:81",
                                      .admin_password = FIXTURE_PASSWORD,
                                      .admin_password_path = f->password_path,
                                      .project_name = "default",
                                      .token_validity_ms = 3600000,
                                      .session_validity_ms = 86400000,
                                      .password_min = 8,
                                      .service_token_validity_ms = 3600000,
                                      .trusted_proxies = "127.0.0.1",
                                      .sessions_max = 500,
                                      .operation_timeout_ms = 10000,
                                      .idempotency_keep_ms = 3600000,
                                      .idempotency_max = 100,
                                      .is_package_cascade = true,
                                      .is_version_checked = true,
                                      .is_password_strength_checked = true};
    open_api(f);
}

struct api_fixture *api_fixture_new(void)
{
    struct err err = ERR_INIT;
    struct api_fixture *f = xcalloc(1, sizeof(*f));
    err_ignore(log_set_levels("crit", &err), "the tests make errors on purpose");
    snprintf(f->directory, sizeof(f->directory), "/tmp/baton-api-XXXXXX");
    if (!mkdtemp(f->directory))
        die("mkdtemp", &err);
    snprintf(f->key_path, sizeof(f->key_path), "%s/key", f->directory);
    snprintf(f->password_path, sizeof(f->password_path), "%s/password", f->directory);
    snprintf(f->audit_path, sizeof(f->audit_path), "%s/audit", f->directory);
    f->schema = test_schema_new("api");
    f->db = test_schema_open(f->schema);
    f->engine = fake_engine_new(f->schema);
    f->client = http_client_new();
    f->res = (struct http_response)HTTP_RESPONSE_INIT;
    open_all(f);
    api_be(f, "admin");
    if (api_call(f, "GET", "/api/v1/projects", NULL) != 200 || !api_member(f, "id"))
        die(f->res.body.s, &f->err);
    snprintf(f->project, sizeof(f->project), "%s", api_member(f, "id"));
    return f;
}

void api_fixture_free(struct api_fixture *f)
{
    char rotated[sizeof(f->audit_path) + 2];
    api_close(f->api);
    fake_engine_free(f->engine);
    audit_close(f->audit);
    store_close(f->store);
    db_free(f->db);
    test_schema_free(f->schema);
    http_response_release(&f->res);
    http_client_free(f->client);
    unlink(f->key_path);
    unlink(f->password_path);
    unlink(f->audit_path);
    snprintf(rotated, sizeof(rotated), "%s.1", f->audit_path); /* after many calls */
    unlink(rotated);
    rmdir(f->directory);
    free(f);
}

int api_fixture_setup(void **state)
{
    *state = api_fixture_new();
    return 0;
}

int api_fixture_teardown(void **state)
{
    api_fixture_free(*state);
    return 0;
}

/* With API_EXCHANGES=FILE each call and its answer is a line of JSON there:
 * tests/interop/scenarios_contract.py compares them with the OpenAPI document. */
static void note_exchange(const struct api_fixture *f, const struct http_call *c, const char *path)
{
    const char *to = getenv("API_EXCHANGES");
    FILE *file = to ? fopen(to, "a") : NULL;
    const char *type = http_response_header(&f->res, "Content-Type");
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    if (!file)
        return;
    sbuf_addf(&line, "{\"method\":\"%s\",\"path\":", c->method);
    text_add_json(&line, path);
    sbuf_addf(&line, ",\"status\":%d,\"type\":", f->res.status);
    text_add_json(&line, type ? type : "");
    sbuf_adds(&line, ",\"body\":");
    text_add_json(&line, f->res.body.s ? f->res.body.s : "");
    fprintf(file, "%s}\n", line.s);
    fclose(file);
}

static int call(struct api_fixture *f, struct http_call *c, const char *path)
{
    char url[512];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", api_port(f->api), path);
    c->url = url;
    f->err = (struct err)ERR_INIT;
    if (http_client_call(f->client, c, &f->res, &f->err) != ERR_OK)
        return -1;
    note_exchange(f, c, path);
    return f->res.status;
}

static int call_as_user(struct api_fixture *f, struct http_call *c, const char *path)
{
    char bearer[128];
    struct http_header headers[5];
    size_t n = 0;
    snprintf(bearer, sizeof(bearer), "Bearer %s", f->token);
    if (f->token[0])
        headers[n++] = (struct http_header){"Authorization", bearer};
    if (f->project[0])
        headers[n++] = (struct http_header){"project-id", f->project};
    if (f->idempotency_key)
        headers[n++] = (struct http_header){"Idempotency-Key", f->idempotency_key};
    if (f->if_match)
        headers[n++] = (struct http_header){"If-Match", f->if_match};
    if (f->from)
        headers[n++] = (struct http_header){"X-Forwarded-For", f->from};
    c->headers = headers;
    c->header_n = n;
    return call(f, c, path);
}

int api_call(struct api_fixture *f, const char *method, const char *path, const char *body)
{
    struct http_call c = {.method = method,
                          .type = body ? "application/json" : NULL,
                          .body = body,
                          .body_len = body ? strlen(body) : 0};
    return call_as_user(f, &c, path);
}

int api_upload(struct api_fixture *f, const char *path, const void *data, size_t len)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body,
              "--file\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n"
              "Content-Type: multipart/form-data\r\n\r\n");
    sbuf_add(&body, data, len);
    sbuf_adds(&body, "\r\n--file--\r\n");
    struct http_call c = {.method = "POST",
                          .type = "multipart/form-data; boundary=file",
                          .body = body.s,
                          .body_len = body.len};
    return call_as_user(f, &c, path);
}

int api_login(struct api_fixture *f, const char *form)
{
    return api_oauth(f, "/oauth/token", form);
}

int api_oauth(struct api_fixture *f, const char *path, const char *form)
{
    const struct http_header from = {"X-Forwarded-For", f->from};
    struct http_call c = {.method = "POST",
                          .type = "application/x-www-form-urlencoded",
                          .body = form,
                          .body_len = strlen(form),
                          .headers = &from,
                          .header_n = f->from ? 1 : 0,
                          .user = "openbatonOSClient",
                          .password = "secret"};
    return call(f, &c, path);
}

const char *api_member(struct api_fixture *f, const char *name)
{
    static char rows[4][256];
    static unsigned next;
    char *out = rows[next++ % 4], key[64];
    snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *at = strstr(f->res.body.s, key);
    if (!at)
        return NULL;
    at += strlen(key);
    snprintf(out, sizeof(rows[0]), "%.*s", (int)strcspn(at, "\""), at);
    return out;
}

void api_add_user(struct api_fixture *f, const char *name, const char *role, const char *project)
{
    char id[ID_SIZE], hash[PASSWORD_HASH_SIZE];
    struct role r = {.role = role, .project = project}, *roles[] = {&r};
    struct user user = {
        .id = id, .username = name, .enabled = true, .roles = {.at = roles, .n = role ? 1 : 0}};
    struct err err = ERR_INIT;
    id_new(id);
    if (password_hash(FIXTURE_PASSWORD, hash, &err) != ERR_OK ||
        store_person_add(f->db, &user, hash, &err) != ERR_OK)
        die("add a user", &err);
}

void api_be(struct api_fixture *f, const char *name)
{
    char form[128];
    snprintf(form, sizeof(form), LOGIN "%s&password=" FIXTURE_PASSWORD, name);
    if (api_login(f, form) != 200)
        die(f->res.body.s, &f->err);
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "access_token"));
}

void api_keep_token(struct api_fixture *f, char ret[64])
{
    snprintf(ret, 64, "%s", api_member(f, "access_token"));
}

void api_use_token(struct api_fixture *f, const char *token)
{
    if (token != f->token)
        snprintf(f->token, sizeof(f->token), "%s", token);
}

void api_make(struct api_fixture *f, const char *path, const char *body, char *id)
{
    if (api_call(f, "POST", path, body) != 201)
        die(f->res.body.s, &f->err);
    snprintf(id, 64, "%s", api_member(f, "id"));
}

const char *api_text(const char *fmt, ...)
{
    static char rows[4][8192];
    static unsigned next;
    char *out = rows[next++ % 4];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out, sizeof(rows[0]), fmt, ap);
    va_end(ap);
    return out;
}
