/* POST /oauth/token: rest-api.md 1.1. A login hashes a password, which takes long: it is parked and
 * done by a thread of its own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/api/context.h"
#include "nfvo/api/credentials.h"
#include "nfvo/api/password.h"
#include "nfvo/api/session.h"
#include "nfvo/store/store_access.h"

#define CLIENT_ID     "openbatonOSClient" /* well known: names the client, proves nothing */
#define CLIENT_SECRET "secret"
#define TOKEN_SIZE    44 /* 43 characters: 256 bits */
#define REFRESH_US    (INT64_C(30) * 24 * 3600 * USEC_PER_SEC)
#define LOGIN_WAIT_MS 30000

struct login {
    struct pending *pending;
    struct arena arena;
    struct credentials_form form;
};

static void oauth_error(struct sbuf *out, const char *error, const char *description)
{
    sbuf_addf(out,
              "{\"error\":\"%s\",\"error_description\":\"%s\",\"detailMessage\":\"%s\","
              "\"message\":\"%s\"}",
              error, description, description, description);
}

static void answer_error(struct pending *p, int status, const char *error, const char *description)
{
    struct sbuf body = SBUF_INIT;
    oauth_error(&body, error, description);
    pending_answer(p, status, HTTP_TYPE_JSON, &body);
}

static void token_body(struct sbuf *out, const char *token, const char *refresh, int64_t ttl_us)
{
    sbuf_addf(out,
              "{\"access_token\":\"%s\",\"value\":\"%s\",\"token_type\":\"bearer\","
              "\"refresh_token\":\"%s\",\"expires_in\":%" PRId64 ",\"scope\":\"read write\"}",
              token, token, refresh, ttl_us / USEC_PER_SEC);
}

/* --- password ------------------------------------------------------------------------------- */

static bool is_password(const struct store_person *person, const struct credentials_form *form)
{
    const char *hash = person ? person->password : NULL;
    if (password_verify(hash, form->password))
        return true;
    return strcmp(form->password, form->raw_password) != 0 &&
           password_verify(hash, form->raw_password);
}

static enum err_code give_token(struct api *api, struct db *db, const char *person_id,
                                struct sbuf *out, struct err *err)
{
    char token[TOKEN_SIZE], refresh[TOKEN_SIZE], hash[TOKEN_HASH_SIZE],
        refresh_hash[TOKEN_HASH_SIZE];
    int64_t ttl_us = api->options->token_validity_ms * USEC_PER_MS;
    id_token(token, sizeof(token));
    id_token(refresh, sizeof(refresh));
    token_hash(token, hash);
    token_hash(refresh, refresh_hash);
    enum err_code rc = store_token_add(
        db, &(struct store_token){hash, refresh_hash, person_id, ttl_us, REFRESH_US}, err);
    if (rc == ERR_OK)
        token_body(out, token, refresh, ttl_us);
    return rc;
}

static void log_in(struct login *l)
{
    struct api *api = l->pending->api;
    struct store_person person;
    struct sbuf body = SBUF_INIT;
    struct err err = ERR_INIT;
    struct db *db = store_borrow(api->store);
    enum err_code rc = store_person_find(db, l->form.username, &l->arena, &person, &err);
    bool is_known = rc == ERR_OK;
    if (rc == ERR_NOT_FOUND)
        rc = ERR_OK;
    bool is_right = rc == ERR_OK && is_password(is_known ? &person : NULL, &l->form);
    if (rc == ERR_OK && is_right && person.is_enabled)
        rc = give_token(api, db, person.id, &body, &err);
    store_return(api->store, db);
    if (rc != ERR_OK) {
        pending_fail(l->pending, 0, &err);
        sbuf_release(&body);
        return;
    }
    bool is_in = is_right && person.is_enabled;
    log_info(LOG_SEC, "login", KV_S("user", l->form.username), KV_B("ok", is_in));
    if (is_in)
        pending_done(l->pending, NULL, &body);
    else
        answer_error(l->pending, 400, "invalid_grant",
                     is_right ? "User is disabled" : "Bad credentials");
}

static void login_free(struct login *l)
{
    arena_release(&l->arena);
    free(l);
}

static void login_job(void *arg, bool is_stopping)
{
    struct login *l = arg;
    struct err err = ERR_INIT;
    if (is_stopping) {
        err_set(&err, ERR_UNAVAIL, "the orchestrator is stopping");
        pending_fail(l->pending, 0, &err);
    } else
        log_in(l);
    login_free(l);
}

static enum err_code start_login(struct call *c, struct err *err)
{
    struct err late = ERR_INIT;
    struct login *l = xcalloc(1, sizeof(*l));
    credentials_form(c->req->body, &l->arena, &l->form);
    if (!l->form.username || !l->form.password) {
        login_free(l);
        oauth_error(&c->out, "invalid_grant", "Bad credentials");
        c->fail_status = 400;
        return err_set(err, ERR_SYNTAX, "username and password are needed");
    }
    err_set(&late, ERR_TIMEOUT, "too many logins at a time");
    l->pending = call_park(c, LOGIN_WAIT_MS, &late, NULL);
    if (!jobs_push(c->api->logins, login_job, l)) {
        pending_fail(l->pending, 0, &late);
        login_free(l);
    }
    return ERR_OK;
}

/* --- refresh -------------------------------------------------------------------------------- */

static enum err_code refresh(struct call *c, const char *refresh_token, struct err *err)
{
    char token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE], refresh_hash[TOKEN_HASH_SIZE];
    int64_t ttl_us = c->api->options->token_validity_ms * USEC_PER_MS;
    id_token(token, sizeof(token));
    token_hash(token, hash);
    token_hash(refresh_token, refresh_hash);
    enum err_code rc = store_token_refresh(call_db(c), refresh_hash, hash, ttl_us, err);
    if (rc == ERR_NOT_FOUND) {
        c->fail_status = 400;
        oauth_error(&c->out, "invalid_grant", "Invalid refresh token");
    } else if (rc == ERR_OK)
        token_body(&c->out, token, strlen(refresh_token) < TOKEN_SIZE ? refresh_token : "", ttl_us);
    return rc;
}

static enum err_code token(struct call *c, struct err *err)
{
    struct credentials_form form;
    const char *basic = http_request_header(c->req, "Authorization");
    if (!credentials_basic(basic, CLIENT_ID, CLIENT_SECRET)) {
        c->fail_status = 401;
        oauth_error(&c->out, "invalid_client", "Bad client credentials");
        return err_set(err, ERR_AUTH, "bad client credentials");
    }
    credentials_form(c->req->body, &c->arena, &form);
    if (form.grant_type && strcmp(form.grant_type, "password") == 0)
        return start_login(c, err);
    if (form.grant_type && strcmp(form.grant_type, "refresh_token") == 0 && form.refresh_token)
        return refresh(c, form.refresh_token, err);
    c->fail_status = 400;
    oauth_error(&c->out, form.grant_type ? "unsupported_grant_type" : "invalid_request",
                "grant_type must be password or refresh_token");
    return err_set(err, ERR_SYNTAX, "unsupported grant type");
}

const struct endpoint token_endpoints[] = {
    {"POST", "/oauth/token", token, 200, API_OPEN, "Log in, or refresh a token"},
    {0},
};
