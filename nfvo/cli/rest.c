#include "nfvo/cli/rest.h"

#include "common/base/mem.h"
#include "common/http/client.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* A PoP is registered within the server's operation-timeout (120 s): let it say why, do not hang up
 * before. */
#define CALL_TIMEOUT_MS 180000
/* Of a file, which may be gigabytes over a slow line; as http-request-timeout of nfvo has it. */
#define UPLOAD_TIMEOUT_MS 3600000
/* A POST whose answer was lost is asked for again, with the same Idempotency-Key: for so long. */
#define REPEAT_MS       60000
#define REPEAT_PAUSE_MS 250

void cli_answer_release(struct cli_answer *a)
{
    sbuf_release(&a->body);
    json_decref(a->json);
    free(a->next);
    *a = (struct cli_answer)CLI_ANSWER_INIT;
}

static void clear(struct cli_answer *a)
{
    sbuf_clear(&a->body);
    json_decref(a->json);
    free(a->next);
    *a = (struct cli_answer){.body = a->body};
}

static int answer_error(struct cli_answer *a, enum cli_exit exit, enum err_code code,
                        const char *msg, const char *hint)
{
    clear(a);
    err_ignore(err_set(&a->err, code, "%s", msg), "is the answer");
    err_ignore(err_hint(&a->err, "%s", hint), "is the answer");
    return a->exit = exit;
}

static enum cli_exit exit_of(int status)
{
    if (status < 400)
        return CLI_OK;
    return status == 401 || status == 403 ? CLI_AUTH : status == 404 ? CLI_NOT_FOUND : CLI_FAULT;
}

/* Link: </api/v1/...>; rel="next" */
static char *next_of(const struct http_response *res)
{
    const char *link = http_response_header(res, "Link");
    size_t len = link && link[0] == '<' ? strcspn(link, ">") : 0;
    if (len < 2 || link[1] != '/' || !strstr(link + len, "rel=\"next\""))
        return NULL;
    char *path = xstrdup(link + 1);
    path[len - 1] = '\0';
    return path;
}

/* 299 - "text": the text (RFC 7234, 5.5). */
static void read_warning(struct cli_answer *a, const char *header)
{
    size_t n = 0;
    const char *at = header ? strchr(header, '"') : NULL;
    for (at = at ? at + 1 : ""; *at && *at != '"' && n + 1 < sizeof(a->warning); at++) {
        if (*at == '\\' && at[1])
            at++;
        a->warning[n++] = *at;
    }
    a->warning[n] = '\0';
}

static void read_answer(struct cli_answer *a, const struct http_response *res)
{
    a->status = res->status;
    sbuf_add(&a->body, res->body.s, res->body.len);
    a->json = json_loadb(res->body.s, res->body.len, JSON_DECODE_ANY, NULL);
    a->next = next_of(res);
    const char *operation = http_response_header(res, "Operation-Id");
    snprintf(a->operation, sizeof(a->operation), "%s", operation ? operation : "");
    read_warning(a, http_response_header(res, "Warning"));
    a->exit = exit_of(res->status);
    /* Some refusals are 404 for the reference's clients: what was named is there. */
    const char *code = cli_json_str(a->json, "fault.code");
    if (a->exit == CLI_NOT_FOUND && *code && strcmp(code, "ERR_NOT_FOUND") != 0)
        a->exit = CLI_FAULT;
}

/* What to do about it, as the user would type it. */
static void hint_at(const struct cli *c, enum http_why why, struct err *err)
{
    switch (why) {
    case HTTP_WHY_AUTHORITY:
        if (c->session.ca)
            err_hint(err, "'%.60s' is not its authority: --ca FILE", c->session.ca);
        else
            err_hint(err, "get the certificate of its authority, and say --ca FILE");
        break;
    case HTTP_WHY_NAME:
        err_hint(err, "put a name into --url that the certificate has, or this one into it");
        break;
    case HTTP_WHY_TIME:
        err_hint(err, "renew the server's certificate; is the clock right here?");
        break;
    case HTTP_WHY_NO_TLS:
        err_hint(err, "that port speaks no TLS: --url http://HOST:PORT, or another port");
        break;
    case HTTP_WHY_TLS:
        err_hint(err, "did nfvo end just now? if that port speaks TLS: --url https://HOST:PORT");
        break;
    case HTTP_WHY_CA_FILE:
        err_hint(err, "--ca takes a file with certificates in PEM: '-----BEGIN CERTIFICATE-----'");
        break;
    case HTTP_WHY_OTHER:
        err_hint(err, "is '%s' right, and does nfvo run there?", c->session.url);
    }
}

static int call(struct cli *c, const struct http_call *wanted, struct cli_answer *ret)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    struct http_call http = *wanted;
    clear(ret);
    if (!c->http)
        c->http = http_client_new();
    if (!http.timeout_ms)
        http.timeout_ms = CALL_TIMEOUT_MS;
    if (http.cancel_fd <= 0) /* Ctrl-C ends a request, too, of what waits */
        http.cancel_fd = c->interrupt_fd;
    http.ca_file = c->session.ca;
    http.is_insecure = c->session.is_insecure;
    http.max_body = (size_t)256 * 1024 * 1024;
    enum err_code rc = http_client_call(c->http, &http, &res, &ret->err);
    if (rc == ERR_OK) {
        read_answer(ret, &res);
    } else {
        hint_at(c, res.why, &ret->err);
        bool is_ours = rc == ERR_INVALID || res.why == HTTP_WHY_CA_FILE;
        ret->exit = is_ours ? CLI_USAGE : CLI_UNREACHABLE;
    }
    http_response_release(&res);
    return ret->exit;
}

static void url_of(const struct cli *c, const char *path, struct sbuf *url)
{
    size_t len = strlen(c->session.url);
    while (len > 0 && c->session.url[len - 1] == '/')
        len--;
    sbuf_add(url, c->session.url, len);
    sbuf_adds(url, path);
}

int cli_fetch_token(struct cli *c, const char *user, const char *password, struct cli_answer *ret)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf form = SBUF_INIT;
    url_of(c, "/oauth/token", &url);
    sbuf_adds(&form, "grant_type=password&username=");
    http_percent_encode(&form, user);
    sbuf_adds(&form, "&password=");
    http_percent_encode(&form, password);
    int exit = call(c,
                    &(struct http_call){.method = "POST",
                                        .url = url.s,
                                        .type = "application/x-www-form-urlencoded",
                                        .body = form.s,
                                        .body_len = form.len,
                                        .user = "openbatonOSClient",
                                        .password = "secret"},
                    ret);
    explicit_bzero(form.s, form.len);
    if (exit == CLI_FAULT && (ret->status == 400 || ret->status == 429))
        return ret->exit =
                   CLI_AUTH; /* the reference's status of a wrong password; too many of them */
    if (exit != CLI_OK)
        return exit;
    const char *token = cli_json_str(ret->json, "value");
    cli_session_set(&c->session.token, *token ? token : cli_json_str(ret->json, "access_token"));
    if (!c->session.token)
        return answer_error(ret, CLI_FAULT, ERR_PEER, "the answer holds no token",
                            "is this the URL of an nfvo?");
    c->is_login_passing = true;
    return CLI_OK;
}

int cli_revoke_token(struct cli *c, struct cli_answer *ret)
{
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf form = SBUF_INIT;
    url_of(c, "/oauth/revoke", &url);
    sbuf_addf(&form, "token=%s", c->session.token);
    int exit = call(c,
                    &(struct http_call){.method = "POST",
                                        .url = url.s,
                                        .type = "application/x-www-form-urlencoded",
                                        .body = form.s,
                                        .body_len = form.len,
                                        .timeout_ms = 5000,
                                        .user = "openbatonOSClient",
                                        .password = "secret"},
                    ret);
    explicit_bzero(form.s, form.len);
    return exit;
}

void cli_end_login(struct cli *c, int code)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (!c->is_login_passing)
        return;
    c->is_login_passing = false;
    int exit = cli_revoke_token(c, &a);
    cli_session_set(&c->session.token, NULL);
    /* NOT_FOUND: a server of the reference. Behind a failure nothing is added to its message. */
    if (exit != CLI_OK && exit != CLI_NOT_FOUND && code == CLI_OK)
        cli_report(c, &a, "end the login of this command at %s", c->session.url);
}

/* Was the answer lost, or is there, after that, nobody who could give it yet? */
static bool is_lost(const struct cli_answer *a, bool was_lost)
{
    return a->status == 0 &&
           (a->err.code == ERR_UNKNOWN || (was_lost && a->err.code == ERR_UNAVAIL));
}

/* nfvo may have carried it out: with the key it tells what came of it, and makes nothing twice. */
static int call_until_answered(struct cli *c, const struct http_call *http, struct cli_answer *ret)
{
    int64_t until_us = clock_mono_us() + REPEAT_MS * USEC_PER_MS;
    int pause_ms = REPEAT_PAUSE_MS;
    bool was_lost = false;
    int exit = call(c, http, ret);
    while (is_lost(ret, was_lost) && clock_mono_us() < until_us) {
        if (!was_lost)
            fprintf(c->errors, "baton: the connection was lost before the answer; asking again\n");
        was_lost = true;
        poll(NULL, 0, pause_ms);
        pause_ms = pause_ms < 4000 ? 2 * pause_ms : pause_ms;
        exit = call(c, http, ret);
    }
    return exit;
}

static bool has_other_context(const struct cli *c)
{
    return c->session.context && strcmp(c->session.context, CLI_CONTEXT_DEFAULT) != 0;
}

/* extra: timeout, stream, type of the body, file to upload; or NULL. */
static int send_call(struct cli *c, const char *method, const char *path, const char *body,
                     const struct http_call *extra, struct cli_answer *ret)
{
    struct http_call http = extra ? *extra : (struct http_call){0};
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf bearer = SBUF_INIT;
    url_of(c, path, &url);
    sbuf_addf(&bearer, "Bearer %s", c->session.token ? c->session.token : "");
    bool is_post = strcmp(method, "POST") == 0;
    char key[ID_SIZE];
    struct http_header headers[4] = {{"Authorization", bearer.s},
                                     {"Accept", "application/json, text/plain"}};
    size_t n = 2;
    if (c->session.project)
        headers[n++] = (struct http_header){"project-id", c->session.project};
    id_new(key);
    if (is_post)
        headers[n++] = (struct http_header){"Idempotency-Key", key};
    http.method = method;
    http.url = url.s;
    http.headers = headers;
    http.header_n = n;
    if (body && !http.type)
        http.type = HTTP_TYPE_JSON;
    http.body = body;
    http.body_len = body ? strlen(body) : 0;
    int exit = is_post ? call_until_answered(c, &http, ret) : call(c, &http, ret);
    explicit_bzero(bearer.s, bearer.len);
    if (ret->status == 400 && !c->session.project &&
        strstr(cli_json_str(ret->json, "message"), "'project-id'"))
        return answer_error(ret, CLI_USAGE, ERR_INVALID, "there are several projects",
                            "say which: --project NAME, or BATON_PROJECT=NAME");
    if (ret->status == 401)
        err_ignore(err_hint(&ret->err, "the token is not or no longer valid: baton login%s%s",
                            has_other_context(c) ? " --context " : "",
                            has_other_context(c) ? c->session.context : ""),
                   "is reported");
    return exit;
}

int cli_choose_project(struct cli *c, const char *wanted, struct cli_answer *ret)
{
    size_t i;
    json_t *project;
    cli_session_set(&c->session.project, NULL);
    if (send_call(c, "GET", "/api/v1/projects", NULL, NULL, ret) != CLI_OK)
        return ret->exit;
    const char *id = NULL;
    json_array_foreach(ret->json, i, project)
    {
        const char *name = cli_json_str(project, "name");
        if (wanted ? strcmp(wanted, name) == 0 || strcmp(wanted, cli_json_str(project, "id")) == 0
                   : json_array_size(ret->json) == 1 || strcmp(name, "default") == 0)
            id = cli_json_str(project, "id");
    }
    if (!id && wanted)
        return answer_error(ret, CLI_NOT_FOUND, ERR_NOT_FOUND,
                            "there is no such project, or it is not yours", "");
    cli_session_set(&c->session.project, id);
    return CLI_OK;
}

/* A stored token is for the server that gave it and no other: otherwise --url would hand it to
 * anybody. */
static bool apply_url(struct cli *c)
{
    const char *url = cli_setting(c, CLI_OPT_URL, "BATON_URL");
    if (url && (!c->session.url || strcmp(url, c->session.url) != 0)) {
        cli_session_release(&c->session);
        cli_session_set(&c->session.url, url);
    }
    if (!c->session.url)
        cli_session_set(&c->session.url, CLI_URL_DEFAULT);
    const char *ca = cli_setting(c, CLI_OPT_CA, "BATON_CA");
    if (ca)
        cli_session_set(&c->session.ca, ca);
    if (c->option[CLI_OPT_INSECURE])
        c->session.is_insecure = true;
    return url != NULL;
}

static void wiped_release(struct sbuf *s)
{
    if (s->len > 0)
        explicit_bzero(s->s, s->len);
    sbuf_release(s);
}

static int not_logged_in(const struct cli *c, struct cli_answer *ret)
{
    if (!has_other_context(c))
        return answer_error(
            ret, CLI_AUTH, ERR_AUTH, "not logged in",
            "baton login --url URL --user NAME, or set BATON_URL, BATON_USER and BATON_PASSWORD");
    clear(ret);
    err_set(&ret->err, ERR_AUTH, "not logged in in the context '%s'", c->session.context);
    err_hint(&ret->err, "baton login --context %s", c->session.context);
    return ret->exit = CLI_AUTH;
}

static int get_token(struct cli *c, struct cli_answer *ret)
{
    const char *token = cli_setting(c, CLI_OPT_N, "BATON_TOKEN"),
               *user = cli_setting(c, CLI_OPT_N, "BATON_USER"),
               *password = cli_setting(c, CLI_OPT_N, "BATON_PASSWORD"),
               *file = password ? NULL : cli_setting(c, CLI_OPT_N, "BATON_PASSWORD_FILE");
    AUTO(wiped_release) struct sbuf kept = SBUF_INIT;
    if (user && file && !token) {
        if (cli_read_file(file, &kept, &ret->err) != ERR_OK)
            return ret->exit = CLI_USAGE;
        sbuf_truncate(&kept, strcspn(kept.s, "\r\n"));
        password = kept.len > 0 ? kept.s : NULL;
    }
    if (token || (user && password)) {
        cli_session_set(&c->session.token, token);
        cli_session_set(&c->session.project, NULL); /* that of somebody else */
    }
    if (!token && user && password)
        return cli_fetch_token(c, user, password, ret);
    if (!c->session.token)
        return not_logged_in(c, ret);
    return CLI_OK;
}

enum cli_exit cli_connect(struct cli *c, struct cli_answer *ret)
{
    if (c->has_session)
        return CLI_OK;
    clear(ret);
    enum err_code rc = cli_session_read(&c->session, cli_context(c), &ret->err);
    if (rc != ERR_OK)
        return ret->exit = rc == ERR_NOT_FOUND ? CLI_NOT_FOUND : CLI_USAGE;
    apply_url(c);
    int exit = get_token(c, ret);
    const char *project = cli_setting(c, CLI_OPT_PROJECT, "BATON_PROJECT");
    if (exit == CLI_OK && (project || !c->session.project))
        exit = cli_choose_project(c, project, ret);
    c->has_session = exit == CLI_OK;
    return (enum cli_exit)exit;
}

int cli_request(struct cli *c, const char *method, const char *path, const char *body,
                struct cli_answer *ret)
{
    if (cli_connect(c, ret) != CLI_OK)
        return ret->exit;
    return send_call(c, method, path, body, NULL, ret);
}

int cli_request_within(struct cli *c, int64_t timeout_ms, const char *method, const char *path,
                       const char *body, struct cli_answer *ret)
{
    if (cli_connect(c, ret) != CLI_OK)
        return ret->exit;
    return send_call(c, method, path, body, &(struct http_call){.timeout_ms = timeout_ms}, ret);
}

int cli_send_text(struct cli *c, const char *method, const char *path, const char *text,
                  struct cli_answer *ret)
{
    if (cli_connect(c, ret) != CLI_OK)
        return ret->exit;
    return send_call(c, method, path, text, &(struct http_call){.type = HTTP_TYPE_TEXT}, ret);
}

int cli_upload(struct cli *c, const char *path, const char *file, struct cli_answer *ret)
{
    if (cli_connect(c, ret) != CLI_OK)
        return ret->exit;
    return send_call(c, "POST", path, NULL,
                     &(struct http_call){.upload_path = file, .timeout_ms = UPLOAD_TIMEOUT_MS},
                     ret);
}

int cli_follow(struct cli *c, const char *path,
               bool (*on_data)(void *arg, const char *bytes, size_t n), void *arg, int cancel_fd,
               struct cli_answer *ret)
{
    struct http_call extra = {
        .timeout_ms = -1, .on_data = on_data, .on_data_arg = arg, .cancel_fd = cancel_fd};
    if (cli_connect(c, ret) != CLI_OK)
        return ret->exit;
    return send_call(c, "GET", path, NULL, &extra, ret);
}

int cli_report(struct cli *c, const struct cli_answer *a, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&what, fmt, ap);
    va_end(ap);
    if (a->exit == CLI_OK)
        return CLI_OK;
    if (a->status == 0)
        return cli_fail(c, a->exit, &a->err, "%s", what.s);
    if (a->json) {
        cli_print_fault(c->errors, what.s, a->json);
        cli_print_document_line(c, cli_json_str(a->json, "fault.object"));
    } else {
        size_t n = strcspn(a->body.s, "\r\n");
        fprintf(c->errors, "baton: %s: HTTP status %d%s%.*s\n", what.s, a->status, n ? ": " : "",
                (int)(n < 200 ? n : 200), a->body.s);
    }
    if (a->err.hint[0])
        fprintf(c->errors, "  hint: %s\n", a->err.hint);
    return a->exit;
}
