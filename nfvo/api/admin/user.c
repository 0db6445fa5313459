/* /users: rest-api.md 2.8. Passwords: password_change.c. */
#include <string.h>

#include "nfvo/api/admin/access.h"
#include "nfvo/api/auth/password.h"
#include "nfvo/api/auth/password_job.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_project.h"
#include "proto/records/manager.h"

#define BASE "/api/v1/users"

static bool is_blank(const char *s)
{
    return !s || !*s;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* By id; by name as well, which Java's UserAgent.findByName asks for and the reference has not. */
static enum err_code read_user(struct call *c, const char *what, struct user **ret, struct err *err)
{
    struct store_person person;
    enum err_code rc = store_person_get(call_db(c), what, &c->arena, &person, err);
    if (rc == ERR_OK)
        rc = proto_decode(&user_type, person.doc, strlen(person.doc), 0, &c->arena, ret, err);
    if (rc == ERR_OK)
        (*ret)->enabled = person.is_enabled;
    return rc;
}

/* Others are the administrators' business. */
static enum err_code user_get(struct call *c, struct err *err)
{
    struct user *user;
    const struct user *own = session_user(c->session);
    const char *what = call_param(c, "id");
    if (!session_is_admin(c->session) && strcmp(what, own->id) != 0 &&
        strcmp(what, own->username) != 0)
        return err_set(err, ERR_DENIED, "Access is denied");
    enum err_code rc = read_user(c, what, &user, err);
    if (rc == ERR_OK)
        call_json(c, &user_type, user);
    return rc;
}

/* A service is shown as what it is to the API: a name and its roles. */
static enum err_code user_current(struct call *c, struct err *err)
{
    struct user *user;
    if (session_is_service(c->session)) {
        call_json(c, &user_type, session_user(c->session));
        return ERR_OK;
    }
    enum err_code rc = read_user(c, session_user(c->session)->id, &user, err);
    if (rc == ERR_OK)
        call_json(c, &user_type, user);
    return rc;
}

/* --- checks ------------------------------------------------------------------------------------
 */

static enum err_code missing(const char *what, const char *member, struct err *err)
{
    err_set(err, ERR_INVALID, "%s must be provided", what);
    return err_where(err, "%s", member);
}

static bool is_email(const char *text)
{
    const char *at = strchr(text, '@'), *dot = at ? strrchr(at, '.') : NULL;
    return at && at > text && dot && dot > at + 1 &&
           dot[1 + strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz")] == '\0' && dot[1];
}

static enum err_code check_email(const char *email, struct err *err)
{
    if (is_blank(email) || is_email(email))
        return ERR_OK;
    err_set(err, ERR_INVALID, "Email is not well formatted");
    err_hint(err, "somebody@example.org");
    return err_where(err, "email");
}

/* Somebody must be left who can mend things. */
static enum err_code check_admin_left(struct call *c, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_person_admins(call_db(c), &n, err);
    if (rc != ERR_OK || n > 0)
        return rc;
    err_set(err, ERR_STATE, "no administrator would be left: this is the last one that is enabled");
    return err_hint(err, "give another user the role ADMIN first: baton user grant USER ADMIN@*");
}

/* --- making ------------------------------------------------------------------------------------
 */

static enum err_code check_new(const struct api *api, const struct user *body, struct err *err)
{
    if (is_blank(body->username))
        return missing("Username", "username", err);
    if (is_blank(body->password))
        return missing("Password", "password", err);
    if (proto_validate_forms(&user_type, body, err) != ERR_OK)
        return err->code;
    enum err_code rc = check_email(body->email, err);
    return rc == ERR_OK ? password_check(api, body->username, body->password, "password", err) : rc;
}

struct new_user {
    const char *password;
    struct user *user;
};

/* Only what a user is: what else a client sends is not kept beside what is read at each request. */
static struct user *user_of(struct arena *a, const struct user *body, const char *id)
{
    struct user *user = proto_new(&user_type, a);
    bool says_enabled = call_says(&user_type, body, "enabled");
    user->id = id;
    user->username = body->username;
    user->email = is_blank(body->email) ? NULL : body->email;
    user->enabled = body->enabled || !says_enabled;
    user->roles = body->roles;
    return user;
}

static enum err_code add_user(struct call *c, struct user *user, const char *hash, struct err *err)
{
    enum err_code rc = store_access_begin(call_db(c), err);
    if (rc == ERR_OK)
        rc = access_roles(c, &user->roles, err);
    if (rc == ERR_OK)
        rc = store_person_add(call_db(c), user, hash, err);
    if (rc == ERR_EXISTS) { /* also a service's: both are names in the audit log */
        err_set(err, rc, "Username exists already");
        err_where(err, "username");
    }
    return access_end(c, rc, err);
}

static enum err_code user_add_job(struct password_job *j, struct err *err)
{
    char hash[PASSWORD_HASH_SIZE];
    struct new_user *new = j->arg;
    enum err_code rc = password_hash(new->password, hash, err);
    if (rc == ERR_OK)
        rc = add_user(&j->work, new->user, hash, err);
    if (rc == ERR_OK)
        call_json(&j->work, &user_type, new->user);
    return rc;
}

/* A repeat of a request whose user is there already is answered with it: afterwards it would be
 * refused, and nobody is there who knows (dispatch.c). */
static enum err_code user_add(struct call *c, struct err *err)
{
    struct user *body;
    if (claim_has_object(c))
        return ERR_OK;
    struct password_job *j = password_job_new(c);
    struct arena *a = &j->work.arena;
    struct new_user *new = arena_alloc(a, sizeof(*new));
    enum err_code rc = call_body(&j->work, &user_type, &body, err);
    if (rc == ERR_OK)
        rc = check_new(c->api, body, err);
    if (rc != ERR_OK) {
        password_job_free(j);
        return rc;
    }
    *new = (struct new_user){.password = body->password,
                             .user = user_of(a, body, arena_strdup(a, call_object_id(c)))};
    j->arg = new;
    password_job_park(c, j, password_job_who(c, j), 0, user_add_job);
    return ERR_OK;
}

/* --- changing ----------------------------------------------------------------------------------
 */

/* Added or changed, never removed: as the reference does (rest-api.md 2.8). */
static void merge_roles(struct call *c, struct user *user, const struct role_list *roles)
{
    for (uint32_t i = 0; i < roles->n; i++) {
        uint32_t k = 0;
        while (k < user->roles.n && strcmp(user->roles.at[k]->project,
                                           roles->at[i]->project ? roles->at[i]->project : "") != 0)
            k++;
        if (k < user->roles.n)
            user->roles.at[k] = roles->at[i];
        else
            proto_list_add(&user->roles, roles->at[i], &c->arena);
    }
}

/* Who sends back what was read, with its hbVersion, has seen the roles, and means those that are
 * there: one that is missing is taken away. Without hbVersion they are merged. */
static enum err_code take_changes(struct call *c, struct user *user, const struct user *body,
                                  struct err *err)
{
    bool has_read = call_says(&user_type, body, "hbVersion");
    if (!is_blank(body->username) && strcmp(body->username, user->username) != 0)
        return err_set(err, ERR_DENIED, "Forbidden to change the username");
    if (has_read && body->hb_version != user->hb_version) {
        err_set(err, ERR_STATE, "user '%s' was changed since it was read", user->username);
        err_hint(err, "read it again: baton user show %s", user->username);
        return err_where(err, "hbVersion");
    }
    if (call_says(&user_type, body, "roles") && body->roles.n == 0)
        return missing("At least one role", "roles", err);
    if (call_says(&user_type, body, "enabled"))
        user->enabled = body->enabled;
    if (call_says(&user_type, body, "email"))
        user->email = is_blank(body->email) ? NULL : body->email;
    if (has_read && body->roles.n > 0)
        user->roles = body->roles;
    else
        merge_roles(c, user, &body->roles);
    return check_email(user->email, err);
}

/* Checked, stored, and somebody is left who administers. */
static enum err_code save_user(struct call *c, struct user *user, struct err *err)
{
    user->hb_version++;
    enum err_code rc = access_roles(c, &user->roles, err);
    if (rc == ERR_OK)
        rc = store_person_set(call_db(c), user, err);
    return rc == ERR_OK ? check_admin_left(c, err) : rc;
}

static enum err_code user_update(struct call *c, struct err *err)
{
    struct user *body, *user;
    enum err_code rc = call_body(c, &user_type, &body, err);
    if (rc == ERR_OK)
        rc = proto_validate_forms(&user_type, body, err);
    if (rc == ERR_OK)
        rc = store_access_begin(call_db(c), err);
    if (rc == ERR_OK)
        rc = read_user(c, is_blank(body->id) ? call_param(c, "id") : body->id, &user, err);
    if (rc == ERR_OK)
        rc = take_changes(c, user, body, err);
    if (rc == ERR_OK)
        rc = save_user(c, user, err);
    rc = access_end(c, rc, err);
    if (rc == ERR_OK)
        call_json(c, &user_type, user);
    return rc;
}

/* What the reference cannot do: one role is taken away. */
static enum err_code role_delete(struct call *c, struct err *err)
{
    struct user *user = NULL;
    const char *project = call_param(c, "project");
    enum err_code rc = store_access_begin(call_db(c), err);
    if (rc == ERR_OK)
        rc = read_user(c, call_param(c, "id"), &user, err);
    if (rc == ERR_OK && !access_drop_role(&user->roles, project))
        rc = err_set(err, ERR_NOT_FOUND, "user '%s' has no role in project '%s'", user->username,
                     project);
    if (rc == ERR_OK && user->roles.n == 0) {
        err_set(err, ERR_STATE,
                "At least one role must be provided: it is the only one of user '%s'",
                user->username);
        rc = err_hint(err, "disable or delete the user: baton user disable %s", user->username);
    }
    if (rc == ERR_OK)
        rc = save_user(c, user, err);
    return access_end(c, rc, err);
}

/* --- deleting ----------------------------------------------------------------------------------
 */

/* What belongs to a project would be left to nobody but the administrators. */
static enum err_code check_things(struct call *c, const struct user *user, struct err *err)
{
    AUTO(db_array_release) struct db_array projects = DB_TEXT_ARRAY;
    AUTO(sbuf_release) struct sbuf things = SBUF_INIT;
    enum err_code rc = store_person_sole_projects(call_db(c), user, &projects, err);
    if (rc == ERR_OK && projects.n > 0)
        rc = store_project_contents(call_db(c), &projects, &things, err);
    if (rc != ERR_OK || things.len == 0)
        return rc;
    err_set(err, ERR_STATE, "user '%s' is the only one with a role where there is still %s",
            user->username, things.s);
    return err_hint(err,
                    "give another user a role there first (baton user grant USER "
                    "USER@PROJECT), or only disable this one (baton user disable %.40s)",
                    user->username);
}

static enum err_code remove_user(struct call *c, const char *id, struct err *err)
{
    struct user *user;
    enum err_code rc = read_user(c, id, &user, err);
    if (rc == ERR_OK && strcmp(user->id, session_user(c->session)->id) == 0)
        rc = err_set(err, ERR_DENIED, "You can't delete yourself. Please ask another admin.");
    if (rc == ERR_OK)
        rc = check_things(c, user, err);
    if (rc == ERR_OK)
        rc = store_person_delete(call_db(c), user->id, err);
    return rc == ERR_OK ? check_admin_left(c, err) : rc;
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    return access_change(c, id, remove_user, err);
}

static enum err_code user_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code user_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint user_endpoints[] = {
    {"GET",    BASE,                        list_answer,      200, API_ANY_PROJECT | LIST(USER), "List the users; who is no administrator sees only themselves"},
    {"POST",   BASE,                        user_add,         201, API_ADMIN | API_ANY_PROJECT,  "Make a user: username, password, enabled, email, roles ({role: ADMIN|USER|GUEST, project: name or *})"},
    {"POST",   BASE "/multipledelete",      user_delete_many, 204, API_ADMIN | API_ANY_PROJECT,  "Delete several users"},
    {"GET",    BASE "/current",             user_current,     200, API_ANY_PROJECT | API_OWN,    "Show the user who asks"},
    {"GET",    BASE "/{id}",                user_get,         200, API_ANY_PROJECT | API_OWN,    "Show a user, by id or name"},
    {"PUT",    BASE "/{id}",                user_update,      202, API_ADMIN | API_ANY_PROJECT,  "Change email, enabled and roles; roles are added or changed, and with the hbVersion that was read replaced"},
    {"DELETE", BASE "/{id}",                user_delete,      204, API_ADMIN | API_ANY_PROJECT,  "Delete a user, who is not the last of a project that has something in it"},
    {"DELETE", BASE "/{id}/roles/{project}", role_delete,     204, API_ADMIN | API_ANY_PROJECT,  "Take a role away: by the project's name, or *"},
    {0},
};
/* clang-format on */
