/* Logins: one for all calls that come with the same credentials. */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOGIN_MS = 20000,
    MARGIN_MAX_S = 300,
    LISTING_AGE_MAX_US = 90000000 /* no call wants to know what is older */
};

/* --- what a PoP logs in by --- */

static void add_part(struct sbuf *out, const char *text)
{
    const char *part = text_or_empty(text);
    sbuf_addf(out, "%zu:%s,", strlen(part), part); /* no two PoPs' parts make one key */
}

static void make_key(const struct os_conn *c, struct sbuf *out)
{
    const struct ob_cloud_pop *p = c->pop;
    add_part(out, p->auth_url);
    add_part(out, p->tenant);
    add_part(out, p->domain);
    add_part(out, p->region);
    add_part(out, p->username);
    add_part(out, p->password);
    add_part(out, p->ca);
    add_part(out, os_pop_metadata(c, "auth"));
}

static struct os_session *session_new(struct os *os, const char *key)
{
    struct os_session *s = xcalloc(1, sizeof(*s));
    pthread_condattr_t monotonic;
    s->os = os;
    s->key = xstrdup(key);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->networks, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

void os_session_free(struct os_session *s)
{
    for (struct os_launching *l = s->launching, *next; l; l = next) {
        next = l->next;
        free(l->token);
        free(l);
    }
    for (size_t i = 0; i < OS_LIST_N; i++)
        os_listing_unref(s->listings[i]);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->networks);
    pthread_cond_destroy(&s->changed);
    free(s->token);
    explicit_bzero(s->key, strlen(s->key));
    free(s->key);
    free(s);
}

/* Of too many, the one that was used longest ago and that no call has in hand. */
static struct os_session *take_oldest(struct os *os)
{
    struct os_session **oldest = NULL, *s;
    for (struct os_session **at = &os->sessions; *at; at = &(*at)->next)
        if ((*at)->refs == 0 && !(*at)->launching &&
            (!oldest || (*at)->used_us < (*oldest)->used_us))
            oldest = at;
    if (!oldest || os->session_n <= OS_SESSIONS_MAX)
        return NULL;
    s = *oldest;
    *oldest = s->next;
    os->session_n--;
    return s;
}

struct os_session *os_session_ref(struct os_conn *c)
{
    AUTO(sbuf_release) struct sbuf key = SBUF_INIT;
    struct os *os = c->os;
    make_key(c, &key);
    pthread_mutex_lock(&os->lock);
    struct os_session *s = os->sessions;
    while (s && strcmp(s->key, key.s) != 0)
        s = s->next;
    if (!s) {
        s = session_new(os, key.s);
        s->next = os->sessions;
        os->sessions = s;
        os->session_n++;
    }
    s->refs++;
    s->used_us = clock_mono_us();
    for (struct os_session *each = os->sessions; each; each = each->next)
        os_listings_drop(each, s->used_us - LISTING_AGE_MAX_US);
    struct os_session *old = take_oldest(os);
    pthread_mutex_unlock(&os->lock);
    explicit_bzero(key.s, key.len); /* it holds the password */
    if (old)
        os_session_free(old);
    return s;
}

void os_session_unref(struct os_session *s)
{
    pthread_mutex_lock(&s->os->lock);
    s->refs--;
    pthread_mutex_unlock(&s->os->lock);
}

/* --- the login --- */

enum project_by { BY_ID, BY_NAME };

static void add_domain(struct sbuf *out, const char *domain)
{
    bool is_id = strcmp(domain, "default") == 0 || os_is_hex_id(domain);
    sbuf_adds(out, ",\"domain\":{");
    os_add_pair(out, is_id ? "id" : "name", domain);
    sbuf_addc(out, '}');
}

static const char *domain_of(const struct os_conn *c)
{
    return c->pop->domain && c->pop->domain[0] ? c->pop->domain : "Default";
}

static bool is_application(const struct os_conn *c)
{
    const char *how = os_pop_metadata(c, "auth");
    return how && strcmp(how, "application_credential") == 0;
}

static void add_identity(const struct os_conn *c, struct sbuf *out)
{
    const struct ob_cloud_pop *p = c->pop;
    if (is_application(c)) {
        sbuf_adds(out, "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
                       "\"application_credential\":{");
        os_add_pair(out, "id", p->username);
        os_add_pair(out, "secret", p->password);
        sbuf_adds(out, "}}}}");
        return;
    }
    sbuf_adds(out, "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{");
    os_add_pair(out, "name", p->username);
    os_add_pair(out, "password", p->password);
    add_domain(out, domain_of(c));
    sbuf_adds(out, "}}},\"scope\":{\"project\":{");
}

static void make_body(const struct os_conn *c, enum project_by by, struct sbuf *out)
{
    add_identity(c, out);
    if (is_application(c))
        return; /* it is of one project */
    os_add_pair(out, by == BY_ID ? "id" : "name", c->pop->tenant);
    if (by == BY_NAME)
        add_domain(out, domain_of(c));
    sbuf_adds(out, "}}}}");
}

static enum err_code ask_keystone(struct os_conn *c, const char *auth, enum project_by by,
                                  struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    struct os_headers none = {.n = 0};
    make_body(c, by, &body);
    sbuf_addf(&url, "%s/auth/tokens", auth);
    enum err_code rc =
        os_http(c, url.s,
                &(struct os_request){
                    .method = "POST", .body = body.s, .body_len = body.len, .timeout_ms = LOGIN_MS},
                &none, err);
    explicit_bzero(body.s, body.len); /* the password; a memset before a free is left out */
    if (rc == ERR_OK && c->res.status != 201)
        rc = os_said(c, "keystone", err);
    if (rc == ERR_UNKNOWN || rc == ERR_TIMEOUT)
        err->code = rc = ERR_UNAVAIL; /* one token more does no harm */
    return rc;
}

static enum err_code log_in_by(struct os_conn *c, const char *auth, enum project_by by,
                               struct err *err)
{
    enum err_code rc = ask_keystone(c, auth, by, err);
    if (rc != ERR_AUTH && rc != ERR_NOT_FOUND)
        return rc;
    /* Keystone says the same of each mistake: so say what was asked for. */
    if (is_application(c))
        return err_hint(err, "application credential '%.60s' at %.80s",
                        text_or_empty(c->pop->username), auth);
    return err_hint(err, "user '%.40s', domain '%.40s', project %s '%.50s'",
                    text_or_empty(c->pop->username), domain_of(c), by == BY_ID ? "id" : "name",
                    text_or_empty(c->pop->tenant));
}

static enum err_code log_in(struct os_conn *c, const char *auth, bool is_v2, struct err *err)
{
    bool may_be_id = !is_v2 && os_is_hex_id(text_or_empty(c->pop->tenant));
    enum err_code rc = log_in_by(c, auth, may_be_id ? BY_ID : BY_NAME, err);
    if (rc == ERR_AUTH && may_be_id && !is_application(c)) {
        *err = (struct err)ERR_INIT;
        rc = log_in_by(c, auth, BY_NAME, err);
    }
    return rc;
}

/* --- its answer --- */

static int64_t renewal(const struct os_token *t)
{
    int64_t now = clock_wall_us() / USEC_PER_SEC, life = os_time(t->expires_at) - now;
    int64_t margin = life / 5 < MARGIN_MAX_S ? life / 5 : MARGIN_MAX_S;
    return clock_mono_us() + (life > margin + 1 ? life - margin : 1) * USEC_PER_SEC;
}

static enum err_code read_catalogue(struct os_conn *c, const struct os_token *t,
                                    char urls[OS_SERVICE_N][OS_URL_MAX], struct err *err)
{
    static const char *const types[OS_SERVICE_N] = {
        [OS_COMPUTE] = "compute", [OS_NETWORK] = "network", [OS_IMAGE] = "image"};
    char region[128];
    enum err_code rc =
        os_region_choose(t, c->pop->region, c->pop->is_region_said, region, sizeof(region), err);
    for (int i = OS_COMPUTE; rc == ERR_OK && i < OS_SERVICE_N; i++) {
        const char *url = os_endpoint_find(t, types[i], c->os->o->interface, region);
        if (url)
            rc = os_endpoint_url((enum os_service)i, url, urls[i], err);
        else
            rc = err_set(err, ERR_STATE, "the catalogue has no %s endpoint for '%s' in region '%s'",
                         c->os->o->interface, types[i], region);
    }
    return rc;
}

static enum err_code read_login(struct os_conn *c, char urls[OS_SERVICE_N][OS_URL_MAX],
                                struct err *err)
{
    struct os_session *s = c->session;
    struct os_one *one;
    const char *token = http_response_header(&c->res, "X-Subject-Token");
    enum err_code rc = os_read(c, &os_one_type, &c->arena, &one, err);
    if (rc == ERR_OK && (!token || !one->token || !one->token->project || !one->token->project->id))
        rc = err_set(err, ERR_PEER, "keystone's answer has no token for a project");
    if (rc == ERR_OK)
        rc = read_catalogue(c, one->token, urls, err);
    if (rc != ERR_OK)
        return rc;
    pthread_mutex_lock(&s->lock);
    free(s->token);
    s->token = xstrdup(token);
    s->generation++;
    s->renew_at_us = renewal(one->token);
    snprintf(s->project_id, sizeof(s->project_id), "%s", one->token->project->id);
    memcpy(s->urls, urls, sizeof(s->urls));
    pthread_mutex_unlock(&s->lock);
    log_info(LOG_DRIVER, "logged_in", KV_S("pop", c->pop->name), KV_S("project", s->project_id),
             KV_S("expires_at", one->token->expires_at));
    return ERR_OK;
}

/* Which microversions nova has; one that does not say has none. */
static void ask_versions(struct os_conn *c, const char *compute, const char *token)
{
    struct os_headers headers = {.of = {{"X-Auth-Token", token}}, .n = 1};
    struct os_one *one = NULL;
    unsigned major = 0, minor = 0;
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    static const char version[] = "/v2.1"; /* older endpoints go on with the project's id */
    const char *at = strstr(compute, version);
    size_t len = at ? (size_t)(at - compute) + strlen(version) : strlen(compute);
    sbuf_addf(&url, "%.*s/", (int)len, compute);
    if (os_http(c, url.s, &(struct os_request){.timeout_ms = LOGIN_MS}, &headers, NULL) == ERR_OK &&
        c->res.status == 200 && os_read(c, &os_one_type, &c->arena, &one, NULL) == ERR_OK &&
        one->version && one->version->version &&
        sscanf(one->version->version, "%u.%u", &major, &minor) == 2 && major == 2) {
        pthread_mutex_lock(&c->session->lock);
        c->session->nova_minor = minor;
        pthread_mutex_unlock(&c->session->lock);
    }
}

static enum err_code renew(struct os_conn *c, struct err *err)
{
    char auth[OS_URL_MAX], urls[OS_SERVICE_N][OS_URL_MAX] = {{0}};
    bool is_v2 = false;
    enum err_code rc = os_auth_url(c->pop->auth_url, c->os->o->may_be_plain, auth, &is_v2, err);
    if (rc != ERR_OK)
        return rc; /* it quotes the URL, and auth is not set */
    rc = log_in(c, auth, is_v2, err);
    if (rc == ERR_OK)
        rc = read_login(c, urls, err);
    if (rc == ERR_OK && !c->session->nova_minor) {
        const char *token = arena_strdup(&c->arena, c->session->token); /* busy: ours alone */
        ask_versions(c, urls[OS_COMPUTE], token);
    }
    return rc == ERR_OK ? rc : err_add(err, "log in at '%.80s'", auth);
}

enum err_code os_session_token(struct os_conn *c, uint64_t refused, const char **ret,
                               uint64_t *ret_generation, struct err *err)
{
    struct os_session *s = c->session;
    enum err_code rc = ERR_OK;
    bool has_waited = false;
    pthread_mutex_lock(&s->lock);
    for (; s->is_busy; has_waited = true)
        pthread_cond_wait(&s->changed, &s->lock);
    if (has_waited && s->login_err.code != ERR_OK) { /* not one after the other, each for itself */
        rc = s->login_err.code;
        if (err)
            *err = s->login_err;
    } else if (!s->token || s->generation == refused || clock_mono_us() >= s->renew_at_us) {
        s->is_busy = true;
        pthread_mutex_unlock(&s->lock);
        struct err own = ERR_INIT;
        rc = renew(c, &own);
        if (rc != ERR_OK && err)
            *err = own;
        pthread_mutex_lock(&s->lock);
        s->login_err = own;
        s->is_busy = false;
        pthread_cond_broadcast(&s->changed);
    }
    if (rc == ERR_OK) {
        *ret = arena_strdup(&c->arena, s->token);
        *ret_generation = s->generation;
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}
