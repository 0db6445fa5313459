/* /projects and /users: rest-api.md 2.8. */
#include <string.h>

#include "common/log/log.h"
#include "nfvo/api/context.h"
#include "nfvo/api/credentials.h"
#include "nfvo/api/password.h"
#include "nfvo/api/session.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"

#define PROJECTS "/api/v1/projects"
#define USERS    "/api/v1/users"

/* --- projects --------------------------------------------------------------------------------- */

static enum err_code project_list(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct project_list all = {0}, mine = {0};
    enum err_code rc = store_doc_list(call_db(c), STORE_PROJECT, "*", &text, err);
    if (rc == ERR_OK)
        rc = proto_decode_list(&project_type, text.s, text.len, &c->arena, &all, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < all.n; i++)
        if (session_is_admin(c->session) || session_role(c->session, all.at[i]->name))
            proto_list_add(&mine, all.at[i], &c->arena);
    proto_encode_list(&project_type, &mine, PROTO_COMPLETE, &c->out);
    return ERR_OK;
}

static enum err_code project_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id"), *name;
    enum err_code rc = projects_name(c, id, &name, err);
    if (rc == ERR_OK && !name)
        return err_set(err, ERR_NOT_FOUND, "Not found project with id %s", id);
    if (rc == ERR_OK && !session_is_admin(c->session) && !session_role(c->session, name))
        return err_set(err, ERR_DENIED, "Forbidden to access project %s", id);
    return rc == ERR_OK ? store_doc_get(call_db(c), STORE_PROJECT, id, "*", &c->out, err) : rc;
}

static enum err_code project_add(struct call *c, struct err *err)
{
    struct project *p;
    enum err_code rc = call_body(c, &project_type, &p, err);
    if (rc == ERR_OK)
        rc = proto_validate(&project_type, p, err);
    if (rc != ERR_OK) {
        c->fail_status = 400;
        return rc;
    }
    p->id = call_new_id(c);
    rc = store_project_add(call_db(c), p, err);
    projects_clear(c->api->projects);
    call_json(c, &project_type, p);
    return rc;
}

/* --- users ------------------------------------------------------------------------------------ */

static enum err_code user_list(struct call *c, struct err *err)
{
    return store_doc_list(call_db(c), STORE_PERSON, "*", &c->out, err);
}

static enum err_code user_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_PERSON, id, "*", &c->out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "Not found user with id: %s", id) : rc;
}

static enum err_code user_current(struct call *c, struct err *err)
{
    return store_doc_get(call_db(c), STORE_PERSON, session_user(c->session)->id, "*", &c->out, err);
}

#define PASSWORD_CHANGE_FIELDS(X)                                                                  \
    X(STR, old_password, "old_pwd", _, SECRET)                                                     \
    X(STR, new_password, "new_pwd", _, SECRET)
PROTO_RECORD(password_change, PASSWORD_CHANGE_FIELDS)
#define PROTO_THIS struct password_change
PROTO_RECORD_DEFINE(password_change, PASSWORD_CHANGE_FIELDS)
#undef PROTO_THIS

static enum err_code set_password(struct call *c, const struct store_person *person,
                                  const char *password, struct err *err)
{
    char hash[PASSWORD_HASH_SIZE];
    if (!password || !*password)
        return err_set(err, ERR_INVALID, "Password must be provided");
    if (c->api->options->is_password_strength_checked && !credentials_is_strong(password)) {
        err_set(err, ERR_INVALID, "the password is too weak");
        err_hint(err, "at least 8 characters, an upper and a lower case letter, and a digit");
        return err_where(err, "new_pwd");
    }
    enum err_code rc = password_hash(password, hash, err);
    if (rc == ERR_OK)
        rc = store_person_password(call_db(c), person->id, hash, err);
    sessions_clear(c->api->sessions);
    if (rc == ERR_OK)
        log_info(LOG_SEC, "password_changed", KV_S("user", person->name),
                 KV_S("by", session_user(c->session)->username));
    return rc;
}

/* Ends the tokens of that user: who had the old password had them too. */
static enum err_code change_own(struct call *c, struct err *err)
{
    struct password_change *body;
    struct store_person person;
    enum err_code rc = call_body(c, &password_change_type, &body, err);
    if (rc == ERR_OK)
        rc = store_person_find(call_db(c), session_user(c->session)->username, &c->arena, &person,
                               err);
    if (rc != ERR_OK)
        return rc;
    if (!body->old_password || !password_verify(person.password, body->old_password))
        return err_set(err, ERR_DENIED, "Old password is wrong.");
    return set_password(c, &person, body->new_password, err);
}

static enum err_code change_other(struct call *c, struct err *err)
{
    struct password_change *body;
    struct store_person person;
    enum err_code rc = call_body(c, &password_change_type, &body, err);
    if (rc == ERR_OK)
        rc = store_person_find(call_db(c), call_param(c, "username"), &c->arena, &person, err);
    return rc == ERR_OK ? set_password(c, &person, body->new_password, err) : rc;
}

/* clang-format off */
const struct endpoint access_endpoints[] = {
    {"GET",  PROJECTS,                      project_list, 200, API_ANY_PROJECT,             "List the projects of the user"},
    {"POST", PROJECTS,                      project_add,  201, API_ADMIN | API_ANY_PROJECT, "Make a project"},
    {"GET",  PROJECTS "/{id}",              project_get,  200, 0,                           "Show a project"},
    {"GET",  USERS,                         user_list,    200, API_ANY_PROJECT,             "List the users"},
    {"GET",  USERS "/current",              user_current, 200, API_ANY_PROJECT,             "Show the user who asks"},
    {"PUT",  USERS "/changepwd",            change_own,   202, API_ANY_PROJECT,             "Change one's own password"},
    {"PUT",  USERS "/changepwd/{username}", change_other, 202, API_ADMIN | API_ANY_PROJECT, "Change the password of a user"},
    {"GET",  USERS "/{id}",                 user_get,     200, 0,                           "Show a user"},
    {0},
};
/* clang-format on */
