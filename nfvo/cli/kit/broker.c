#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/http/client.h"
#include "common/sys/ids.h"
#include "proto/rights.h"

#include <stdlib.h>

enum { CALL_MS = 10000, CUT_MS = 10000 };

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Percent-decoded. False: too long, or not so encoded, or with a NUL. */
static bool decode(const char *from, size_t len, char *to, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)from[i];
        if (c == '%') {
            if (i + 2 >= len || hex(from[i + 1]) < 0 || hex(from[i + 2]) < 0)
                return false;
            c = hex(from[i + 1]) * 16 + hex(from[i + 2]);
            i += 2;
        }
        if (c == 0 || n + 1 >= size)
            return false;
        to[n++] = (char)c;
    }
    to[n] = '\0';
    return true;
}

static bool read_login(const char *at, const char *end, struct kit_url *u)
{
    const char *colon = memchr(at, ':', (size_t)(end - at));
    return decode(at, (size_t)((colon ? colon : end) - at), u->user, sizeof(u->user)) &&
           (!colon ||
            decode(colon + 1, (size_t)(end - colon - 1), u->password, sizeof(u->password)));
}

static bool read_place(const char *at, const char *end, struct kit_url *u)
{
    const char *colon = NULL, *host_end = end;
    if (at < end && *at == '[') {
        const char *close = memchr(at, ']', (size_t)(end - at));
        if (!close)
            return false;
        at++;
        host_end = close;
        colon = close + 1 < end && close[1] == ':' ? close + 1 : NULL;
        if (!colon && close + 1 != end)
            return false;
    } else if ((colon = memchr(at, ':', (size_t)(end - at)))) {
        host_end = colon;
    }
    if (colon) {
        char digits[8] = "", *rest;
        if (!decode(colon + 1, (size_t)(end - colon - 1), digits, sizeof(digits)))
            return false;
        long port = strtol(digits, &rest, 10);
        if (*rest || port < 1 || port > 65535)
            return false;
        u->port = (int)port;
    }
    return decode(at, (size_t)(host_end - at), u->host, sizeof(u->host)) && u->host[0];
}

enum err_code kit_url_parse(const char *url, struct kit_url *ret, struct err *err)
{
    struct kit_url u = {.user = "guest", .password = "guest", .vhost = "/"};
    const char *at = NULL;
    if (strncmp(url, "amqp://", 7) == 0)
        at = url + 7;
    else if (strncmp(url, "amqps://", 8) == 0)
        at = url + 8;
    u.has_tls = at == url + 8;
    const char *end = at ? at + strcspn(at, "/?#") : NULL;
    const char *login_end = at ? memchr(at, '@', (size_t)(end - at)) : NULL;
    bool is_right = at && (!login_end || read_login(at, login_end, &u)) &&
                    read_place(login_end ? login_end + 1 : at, end, &u);
    if (is_right && *end == '/' && end[1])
        is_right = decode(end + 1, strlen(end + 1), u.vhost, sizeof(u.vhost));
    else if (is_right && *end && *end != '/')
        is_right = false;
    if (!is_right) {
        err_set(err, ERR_INVALID, "not the URL of a broker"); /* it may hold a password */
        return err_hint(err, "it looks like amqp://user:password@host:5672/vhost; '/' in a name is "
                             "%%2F");
    }
    if (!u.port)
        u.port = u.has_tls ? 5671 : 5672;
    *ret = u;
    return ERR_OK;
}

static void add_segment(struct sbuf *out, const char *text)
{
    for (; *text; text++)
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
            (*text >= '0' && *text <= '9') || *text == '-' || *text == '_' || *text == '.')
            sbuf_addc(out, *text);
        else
            sbuf_addf(out, "%%%02X", (unsigned char)*text);
}

/* path: pieces; a piece behind '=' is encoded. Returns the status, 0: no answer. */
static int call(struct kit *k, const char *method, const char *const *path, const char *body,
                json_t **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    sbuf_addf(&url, "%s/api", k->api);
    for (; *path; path++) {
        sbuf_addc(&url, '/');
        add_segment(&url, *path);
    }
    struct http_call c = {.method = method,
                          .url = url.s,
                          .type = body ? "application/json" : NULL,
                          .body = body,
                          .body_len = body ? strlen(body) : 0,
                          .timeout_ms = CALL_MS,
                          .connect_timeout_ms = CALL_MS,
                          .user = k->url.user,
                          .password = k->url.password};
    int status = http_client_call(k->http, &c, &res, err) == ERR_OK ? res.status : 0;
    if (status / 100 != 2 && status)
        err_set(err, status == 404 ? ERR_NOT_FOUND : ERR_PEER,
                "the broker's management API answered %d to %s %s", status, method, path[-1]);
    if (ret)
        *ret = status / 100 == 2 ? json_loads(res.body.s, JSON_DECODE_ANY, NULL) : NULL;
    http_response_release(&res);
    return status;
}

#define PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

static enum err_code change(struct kit *k, const char *method, const char *const *path,
                            const char *body, struct err *err)
{
    return call(k, method, path, body, NULL, err) / 100 == 2 ? ERR_OK : err->code;
}

static enum err_code put_rights(struct kit *k, const char *vhost, const char *user,
                                const struct topology_rights *r, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"configure\":");
    text_add_json(&body, r->configure.s);
    sbuf_adds(&body, ",\"write\":");
    text_add_json(&body, r->write.s);
    sbuf_adds(&body, ",\"read\":");
    text_add_json(&body, r->read.s);
    sbuf_addc(&body, '}');
    return change(k, "PUT", PATH("permissions", vhost, user), body.s, err);
}

static enum err_code put_user(struct kit *k, const char *user, const char *password,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"password\":");
    text_add_json(&body, password);
    sbuf_adds(&body, ",\"tags\":\"\"}");
    return change(k, "PUT", PATH("users", user), body.s, err);
}

/* One that is there is left alone; a new one is the kit's, with all rights, also after a failure. */
static enum err_code make_vhost(struct kit *k, const char *vhost, bool *ret_is_new, struct err *err)
{
    int status = call(k, "GET", PATH("vhosts", vhost), NULL, NULL, err);
    *ret_is_new = status == 404;
    if (status / 100 == 2)
        return ERR_OK;
    if (status != 404)
        return err->code;
    enum err_code rc = change(k, "PUT", PATH("vhosts", vhost),
                              "{\"description\":\"made by the test kit of baton\"}", err);
    if (rc != ERR_OK)
        return rc;
    return change(k, "PUT", PATH("permissions", vhost, k->url.user),
                  "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}", err);
}

/* One that is there keeps its password: an NFVO may use it in another virtual host. */
static enum err_code make_registrar(struct kit *k, struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
    enum err_code rc = ERR_OK;
    int status = call(k, "GET", PATH("users", REGISTRATION_USER), NULL, NULL, err);
    if (status == 404) {
        rc = put_user(k, REGISTRATION_USER, REGISTRATION_PASSWORD, err);
        k->made_registrar = rc == ERR_OK;
    } else if (status / 100 != 2) {
        rc = err->code;
    }
    rights_of(RIGHTS_REGISTRATION, &(struct rights_names){0}, &r);
    return rc == ERR_OK ? put_rights(k, k->url.vhost, REGISTRATION_USER, &r, err) : rc;
}

enum err_code kit_broker_open(struct kit *k, struct err *err)
{
    struct err why = ERR_INIT;
    bool is_ip6 = strchr(k->url.host, ':') != NULL;
    k->http = http_client_new();
    if (k->o->api)
        snprintf(k->api, sizeof(k->api), "%s", k->o->api);
    else
        snprintf(k->api, sizeof(k->api), "http://%s%s%s:15672", is_ip6 ? "[" : "", k->url.host,
                 is_ip6 ? "]" : "");
    size_t len = strlen(k->api);
    if (len > 0 && k->api[len - 1] == '/')
        k->api[len - 1] = '\0';
    k->has_api = call(k, "GET", PATH("overview"), NULL, NULL, &why) / 100 == 2;
    if (!k->has_api && k->o->api) {
        *err = why;
        return err_add(err, "--broker-api");
    }
    if (!k->has_api) {
        sbuf_addf(&k->report->notes,
                  "no management API at %s: the peer gets the kit's own account\n", k->api);
        return ERR_OK;
    }
    enum err_code rc = make_vhost(k, k->url.vhost, &k->made_vhost, err);
    if (rc == ERR_OK)
        rc = make_registrar(k, err);
    if (rc == ERR_OK)
        return ERR_OK;
    err_hint(err, "the login of --broker must be an administrator of the broker");
    return err_add(err, "prepare the broker");
}

/* Another test may use it in another virtual host. */
static bool is_registrar_free(struct kit *k)
{
    struct err err = ERR_INIT;
    json_t *rights = NULL;
    call(k, "GET", PATH("users", REGISTRATION_USER, "permissions"), NULL, &rights, &err);
    bool is_free = json_is_array(rights) && json_array_size(rights) == 0;
    json_decref(rights);
    return is_free;
}

void kit_broker_close(struct kit *k)
{
    struct err err = ERR_INIT;
    for (unsigned i = 0; i < k->user_n; i++)
        err_ignore(change(k, "DELETE", PATH("users", k->users[i]), NULL, &err), "best effort");
    if (k->has_api && k->queue[0] && !k->made_vhost)
        err_ignore(change(k, "DELETE", PATH("queues", k->url.vhost, k->queue), NULL, &err),
                   "is gone with its consumer, as a rule");
    if (k->made_vhost)
        err_ignore(change(k, "DELETE", PATH("vhosts", k->url.vhost), NULL, &err), "best effort");
    else if (k->has_api)
        err_ignore(
            change(k, "DELETE", PATH("permissions", k->url.vhost, REGISTRATION_USER), NULL, &err),
            "best effort");
    if (k->made_registrar && is_registrar_free(k))
        err_ignore(change(k, "DELETE", PATH("users", REGISTRATION_USER), NULL, &err),
                   "best effort");
    http_client_free(k->http);
    k->http = NULL;
}

/* The same again for one that registers again. Never called as the type: there may be such a user. */
static bool is_ours(const struct kit *k, const char *user)
{
    for (unsigned i = 0; i < k->user_n; i++)
        if (strcmp(k->users[i], user) == 0)
            return true;
    return false;
}

static void note_user(struct kit *k, enum err_code made, const char *user)
{
    if (made == ERR_OK && !is_ours(k, user) && k->user_n < KIT_USERS_MAX)
        snprintf(k->users[k->user_n++], sizeof(k->users[0]), "%s", user);
}

enum err_code kit_broker_account(struct kit *k, const char *queue, const char *bare_type,
                                 struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
    if (!k->has_api) {
        snprintf(k->user, sizeof(k->user), "%s", k->url.user);
        return ERR_OK;
    }
    if (!k->user[0]) {
        char random[9];
        id_token(random, sizeof(random));
        snprintf(k->user, sizeof(k->user), "baton-test-%.80s-%s", k->o->type, random);
        id_token(k->password, sizeof(k->password));
    }
    if (bare_type)
        rights_of(RIGHTS_DRIVER_BARE, &(struct rights_names){.type = bare_type}, &r);
    else
        rights_of(RIGHTS_PEER, &(struct rights_names){.queue = queue}, &r);
    enum err_code rc = put_user(k, k->user, k->password, err);
    note_user(k, rc, k->user);
    return rc == ERR_OK ? put_rights(k, k->url.vhost, k->user, &r, err) : rc;
}

enum err_code kit_broker_agents_place(struct kit *k, const char *vhost, const char *endpoint,
                                      bool *ret_is_new, struct err *err)
{
    static const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE};
    AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
    enum err_code rc = make_vhost(k, vhost, ret_is_new, err);
    if (!*ret_is_new)
        return rc;
    for (size_t i = 0; i < ARRAY_LEN(exchanges) && rc == ERR_OK; i++)
        rc = change(k, "PUT", PATH("exchanges", vhost, exchanges[i]),
                    "{\"type\":\"topic\",\"durable\":true}", err);
    rights_of(RIGHTS_AGENTS_MANAGER, &(struct rights_names){.endpoint = endpoint}, &r);
    if (rc == ERR_OK)
        rc = put_rights(k, vhost, k->user, &r, err);
    if (rc != ERR_OK)
        kit_broker_agents_gone(k, vhost);
    return rc;
}

enum err_code kit_broker_agent(struct kit *k, const char *vhost, const char *user,
                               const char *password, const char *hostname, const char *endpoint,
                               struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
    if (k->user_n == KIT_USERS_MAX)
        return err_set(err, ERR_LIMIT, "the kit makes at most %d accounts", KIT_USERS_MAX);
    enum err_code rc = put_user(k, user, password, err);
    note_user(k, rc, user);
    rights_of(RIGHTS_AGENT, &(struct rights_names){.host = hostname, .endpoint = endpoint}, &r);
    return rc == ERR_OK ? put_rights(k, vhost, user, &r, err) : rc;
}

void kit_broker_agents_gone(struct kit *k, const char *vhost)
{
    struct err err = ERR_INIT;
    err_ignore(change(k, "DELETE", PATH("vhosts", vhost), NULL, &err), "best effort");
}

static json_t *connections(struct kit *k)
{
    struct err err = ERR_INIT;
    json_t *list = NULL;
    call(k, "GET", PATH("connections", "username", k->user), NULL, &list, &err);
    return list;
}

static bool is_any_of(const json_t *list, const char *name)
{
    size_t i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        if (strcmp(kit_text(one, "name"), name) == 0)
            return true;
    }
    return false;
}

static bool is_cut(struct kit *k, void *cut)
{
    if (!kit_has_consumer(k))
        return true;
    json_t *now = connections(k);
    bool is_left = !now;
    size_t i;
    const json_t *one;
    json_array_foreach(now, i, one) is_left |= is_any_of(cut, kit_text(one, "name"));
    json_decref(now);
    return !is_left;
}

enum err_code kit_broker_cut(struct kit *k, struct err *err)
{
    json_t *before = connections(k);
    enum err_code rc = change(k, "DELETE", PATH("connections", "username", k->user), NULL, err);
    if (rc == ERR_OK)
        kit_until(k, CUT_MS, is_cut, before);
    json_decref(before);
    return rc;
}

bool kit_broker_is_connected(struct kit *k)
{
    json_t *list = connections(k);
    bool is_there = json_array_size(list) > 0;
    json_decref(list);
    return is_there;
}
