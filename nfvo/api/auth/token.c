/* POST /oauth/token and /oauth/revoke: rest-api.md 1.1, RFC 6749, RFC 7009; and the sessions that
 * tokens make. */
#include <string.h>

#include "common/sys/ids.h"
#include "nfvo/api/auth/credentials.h"
#include "nfvo/api/auth/login.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_session.h"
#include "proto/records/manager.h"

#define CLIENT_ID     "openbatonOSClient" /* well known: names the client, proves nothing */
#define CLIENT_SECRET "secret"
#define SESSIONS      "/api/v1/sessions"

static enum err_code check_client(struct call *c, struct err *err)
{
    const char *basic = http_request_header(c->req, "Authorization");
    if (credentials_basic(basic, CLIENT_ID, CLIENT_SECRET))
        return ERR_OK;
    c->fail_status = 401;
    oauth_error(&c->out, "invalid_client", "Bad client credentials");
    return err_set(err, ERR_AUTH, "bad client credentials");
}

/* --- refresh -------------------------------------------------------------------------------- */

/* Whoever has a refresh token that was used has stolen it, or was stolen from. */
static enum err_code refuse_refresh(struct call *c, const struct store_refresh_outcome *o,
                                    struct err *err)
{
    bool is_reused = o->what == STORE_REFRESH_REUSED;
    audited_write(c, (struct audit_record){
                         .kind = AUDIT_LOGIN,
                         .outcome = AUDIT_REFUSED,
                         .who = o->username,
                         .what = "refresh",
                         .detail = is_reused ? "a refresh token came again: its session is ended"
                                             : "no such refresh token",
                         .status = 400});
    c->fail_status = 400;
    oauth_error(&c->out, "invalid_grant", "Invalid refresh token");
    return err_set(err, ERR_NOT_FOUND, "no such refresh token");
}

static enum err_code refresh(struct call *c, const char *refresh_token, struct err *err)
{
    char token[TOKEN_SIZE], refresh[TOKEN_SIZE];
    char old_hash[TOKEN_HASH_SIZE], hash[TOKEN_HASH_SIZE], refresh_hash[TOKEN_HASH_SIZE];
    struct store_refresh_outcome outcome;
    int64_t ttl_us = c->api->options->token_validity_ms * USEC_PER_MS;
    id_token(token, sizeof(token));
    id_token(refresh, sizeof(refresh));
    token_hash(refresh_token, old_hash);
    token_hash(token, hash);
    token_hash(refresh, refresh_hash);
    enum err_code rc = store_session_refresh(call_db(c), old_hash, hash, refresh_hash, ttl_us,
                                             &c->arena, &outcome, err);
    if (rc != ERR_OK)
        return rc;
    if (outcome.what != STORE_REFRESH_DONE)
        return refuse_refresh(c, &outcome, err);
    audited_write(
        c, (struct audit_record){
               .kind = AUDIT_LOGIN, .who = outcome.username, .what = "refresh", .status = 200});
    oauth_token(&c->out, token, refresh, ttl_us);
    return ERR_OK;
}

static enum err_code token(struct call *c, struct err *err)
{
    struct credentials_form form;
    enum err_code rc = check_client(c, err);
    if (rc != ERR_OK)
        return rc;
    credentials_form(c->req->body, &c->arena, &form);
    if (form.grant_type && strcmp(form.grant_type, "password") == 0)
        return login_start(c, &form, err);
    if (form.grant_type && strcmp(form.grant_type, "refresh_token") == 0 && form.refresh_token)
        return refresh(c, form.refresh_token, err);
    c->fail_status = 400;
    oauth_error(&c->out, form.grant_type ? "unsupported_grant_type" : "invalid_request",
                "grant_type must be password or refresh_token");
    return err_set(err, ERR_SYNTAX, "unsupported grant type");
}

/* --- revoke --------------------------------------------------------------------------------- */

/* The member `token` of the form; "" if it has none. Ours need no decoding. */
static const char *token_of(struct call *c)
{
    const char *at = c->req->body;
    while (at && strncmp(at, "token=", 6) != 0) {
        at = strchr(at, '&');
        at = at ? at + 1 : NULL;
    }
    return at ? arena_strndup(&c->arena, at + 6, strcspn(at + 6, "&")) : "";
}

/* What is no token is answered as one that is ended: it is of no use any more (RFC 7009, 2.2). */
static enum err_code revoke(struct call *c, struct err *err)
{
    char hash[TOKEN_HASH_SIZE];
    const char *who = NULL, *text = token_of(c);
    enum err_code rc = check_client(c, err);
    if (rc != ERR_OK)
        return rc;
    if (!*text) {
        c->fail_status = 400;
        oauth_error(&c->out, "invalid_request", "token is missing");
        return err_set(err, ERR_SYNTAX, "token is missing");
    }
    token_hash(text, hash);
    rc = store_session_revoke(call_db(c), hash, &c->arena, &who, err);
    if (rc == ERR_OK && who)
        audited_write(c, (struct audit_record){
                             .kind = AUDIT_LOGIN, .who = who, .what = "logout", .status = 200});
    sbuf_adds(&c->out, "{}");
    return rc;
}

/* --- sessions ------------------------------------------------------------------------------- */

static enum err_code session_end(struct call *c, struct err *err)
{
    const char *own = session_is_admin(c->session) ? NULL : session_user(c->session)->id;
    return store_session_delete(call_db(c), call_param(c, "id"), own, err);
}

/* clang-format off */
const struct endpoint token_endpoints[] = {
    {"POST",   "/oauth/token",     token,       200, API_OPEN, "Log in, or refresh a token"},
    {"POST",   "/oauth/revoke",    revoke,      200, API_OPEN, "Log out: end the session of a token or refresh token"},
    {"GET",    SESSIONS,           list_answer, 200, API_OWN | API_ANY_PROJECT | LIST(SESSION), "List one's own sessions; an administrator: all"},
    {"DELETE", SESSIONS "/{id}",   session_end, 204, API_OWN | API_ANY_PROJECT, "End a session; an administrator: anybody's"},
    {0},
};
/* clang-format on */
