#include "nfvo/api/auth/session.h"
#include "nfvo/api/auth/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/turns.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_project.h"
#include "proto/records/manager.h"

struct session {
    struct arena arena;
    struct user *user;
    bool is_admin, is_everywhere, is_service;
    const char *project_name; /* of the header project-id; NULL: no such project */
    const char *standing;
    char hash[TOKEN_HASH_SIZE];
};

void session_free(struct session *s)
{
    if (!s)
        return;
    arena_release(&s->arena);
    free(s);
}

const struct user *session_user(const struct session *s)
{
    return s->user;
}

bool session_is_service(const struct session *s)
{
    return s->is_service;
}

bool session_is_admin(const struct session *s)
{
    return s->is_admin;
}

bool session_is_everywhere(const struct session *s)
{
    return s->is_everywhere;
}

const char *session_token_hash(const struct session *s)
{
    return s->hash;
}

const char *session_standing(const struct session *s)
{
    return s->standing;
}

static enum err_code read_roles(struct session *s, const struct store_bearer *bearer,
                                struct err *err)
{
    struct service *service;
    size_t len = strlen(bearer->doc);
    if (!bearer->is_service)
        return proto_decode(&user_type, bearer->doc, len, 0, &s->arena, &s->user, err);
    enum err_code rc = proto_decode(&service_type, bearer->doc, len, 0, &s->arena, &service, err);
    if (rc == ERR_OK) {
        s->user = proto_new(&user_type, &s->arena);
        s->user->roles = service->roles;
    }
    return rc;
}

static enum err_code make(struct session *s, const struct store_bearer *bearer, struct err *err)
{
    enum err_code rc = read_roles(s, bearer, err);
    if (rc != ERR_OK)
        return err_add(err, "read %s '%s'", bearer->is_service ? "service" : "user", bearer->name);
    s->user->id = bearer->id;
    s->user->username = bearer->name;
    s->project_name = bearer->project_name;
    s->standing = bearer->standing;
    s->is_service = bearer->is_service;
    for (uint32_t i = 0; i < s->user->roles.n; i++) {
        const struct role *r = s->user->roles.at[i];
        bool is_admin = r->role && strcmp(r->role, "ADMIN") == 0;
        s->is_admin |= is_admin && !s->is_service;
        s->is_everywhere |= is_admin && r->project && strcmp(r->project, "*") == 0;
    }
    s->is_everywhere |= s->is_admin;
    return ERR_OK;
}

/* What of a token may be repeated to the one who sent it. */
static enum err_code refuse(struct err *err, const char *what, const char *token)
{
    char shown[48];
    size_t n = 0;
    while (n < sizeof(shown) - 1 && token[n] > ' ' && token[n] < 0x7f) {
        shown[n] = token[n];
        n++;
    }
    shown[n] = '\0';
    err_set(err, ERR_AUTH, "%s: %s", what, shown);
    return err_hint(err, "POST /oauth/token for a new one");
}

enum err_code session_find(struct call *c, const char *token, struct session **ret, struct err *err)
{
    struct store_bearer bearer;
    struct session *s = xcalloc(1, sizeof(*s));
    token_hash(token, s->hash);
    enum err_code rc = store_token_find(
        call_db(c), s->hash, http_request_header(c->req, "project-id"), &s->arena, &bearer, err);
    if (rc == ERR_NOT_FOUND || (rc == ERR_OK && !bearer.is_enabled))
        rc = refuse(err, "Invalid access token", token);
    else if (rc == ERR_OK && bearer.left_us <= 0)
        rc = refuse(err, "Access token expired", token);
    else if (rc == ERR_OK)
        rc = make(s, &bearer, err);
    if (rc == ERR_OK) {
        turns_add(c->api->turns, s->hash, s->user->id, clock_mono_us());
        *ret = s;
    } else
        session_free(s);
    return rc;
}

const char *session_role(const struct session *s, const char *project_name)
{
    const char *of_all = NULL;
    for (uint32_t i = 0; i < s->user->roles.n; i++) {
        const struct role *r = s->user->roles.at[i];
        if (r->project && strcmp(r->project, project_name) == 0)
            return r->role;
        if (r->project && strcmp(r->project, "*") == 0)
            of_all = r->role;
    }
    return of_all;
}

/* --- rest-api.md 1.5 ------------------------------------------------------------------------ */

static enum err_code check_role(struct call *c, struct err *err)
{
    const char *role = session_role(c->session, c->session->project_name);
    bool is_get = strcmp(c->req->method, "GET") == 0 || strcmp(c->req->method, "HEAD") == 0;
    if (!role) { /* the reference answers 400, not 403 */
        c->fail_status = 400;
        err_set(err, ERR_DENIED, "%s requesting method: %s on %s",
                session_user(c->session)->username, c->req->method, c->req->path);
        return err_hint(err, "no role in project '%s'", c->session->project_name);
    }
    if (strcmp(role, "GUEST") == 0 && !is_get)
        return err_set(err, ERR_DENIED, "Guest is only allowed to execute GET");
    return ERR_OK;
}

static enum err_code without_header(struct call *c, struct err *err)
{
    bool has_one = false;
    if (c->endpoint->flags & API_PROJECT) {
        c->fail_status = 400;
        return err_set(err, ERR_SYNTAX, "Missing request header 'project-id'");
    }
    if (session_is_everywhere(c->session) || session_role(c->session, "*"))
        return ERR_OK;
    enum err_code rc =
        store_projects_any(call_db(c), &session_user(c->session)->roles, &has_one, err);
    if (rc == ERR_OK && !has_one)
        return err_set(err, ERR_NOT_FOUND,
                       "Not Found any project you are assigned to. Please ask an admin to assign a "
                       "project to you.");
    return rc;
}

/* decisions.md D3. */
static enum err_code all_projects(struct call *c, struct err *err)
{
    if (session_is_everywhere(c->session))
        return ERR_OK;
    err_set(err, ERR_NOT_FOUND, "Project with id '*' was not found");
    return err_hint(err, "all projects are for administrators, and for services made for '*': name "
                         "one project");
}

enum err_code session_authorise(struct call *c, struct err *err)
{
    const char *id = http_request_header(c->req, "project-id");
    bool is_own = c->endpoint->flags & API_OWN;
    if (!id || !*id)
        return is_own ? ERR_OK : without_header(c, err);
    c->project = arena_strdup(&c->arena, id);
    if (is_own)
        return ERR_OK;
    if (strcmp(id, "*") == 0)
        return all_projects(c, err);
    bool is_there = c->session->project_name != NULL;
    if (!is_there && !(c->endpoint->flags & API_ANY_PROJECT))
        return err_set(err, ERR_NOT_FOUND, "Project with id '%s' was not found", id);
    return session_is_everywhere(c->session) || !is_there ? ERR_OK : check_role(c, err);
}
