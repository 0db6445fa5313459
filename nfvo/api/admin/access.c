/* Roles: rest-api.md 1.3, 2.8. */
#include "nfvo/api/admin/access.h"

#include <string.h>

#include "nfvo/store/store_project.h"
#include "proto/records/manager.h"

enum err_code access_end(struct call *c, enum err_code rc, struct err *err)
{
    if (rc == ERR_OK)
        rc = db_commit(call_db(c), err);
    else
        db_rollback(call_db(c));
    db_results_clear(call_db(c));
    return rc;
}

enum err_code access_change(struct call *c, const char *id,
                            enum err_code (*change)(struct call *c, const char *id,
                                                    struct err *err),
                            struct err *err)
{
    enum err_code rc = store_access_begin(call_db(c), err);
    return access_end(c, rc == ERR_OK ? change(c, id, err) : rc, err);
}

/* --- roles -------------------------------------------------------------------------------------
 */

static bool is_blank(const char *s)
{
    return !s || !*s;
}

struct role *access_role(struct call *c, const char *role, const char *project)
{
    struct role *r = proto_new(&role_type, &c->arena);
    r->id = call_new_id(c);
    r->role = role;
    r->project = project;
    return r;
}

bool access_drop_role(struct role_list *roles, const char *project)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < roles->n; i++)
        if (!roles->at[i]->project || strcmp(roles->at[i]->project, project) != 0)
            roles->at[n++] = roles->at[i];
    bool is_dropped = n < roles->n;
    roles->n = n;
    return is_dropped;
}

static enum err_code refuse(const char *what, uint32_t i, const char *member, struct err *err)
{
    err_set(err, ERR_INVALID, "%s must be provided", what);
    return err_where(err, "roles[%u].%s", i, member);
}

static enum err_code check_word(const struct role *r, uint32_t i, struct err *err)
{
    for (const char *const *word = role_words; *word; word++)
        if (strcmp(*word, r->role) == 0)
            return ERR_OK;
    err_set(err, ERR_INVALID, "Role must be provided: there is none '%.40s'", r->role);
    err_hint(err, "ADMIN (administers everything), USER, GUEST (only reads)");
    return err_where(err, "roles[%u].role", i);
}

static enum err_code check_project(struct call *c, const struct role *r, uint32_t i,
                                   struct err *err)
{
    struct project *project;
    if (strcmp(r->project, "*") == 0)
        return ERR_OK;
    enum err_code rc = store_project_find(call_db(c), r->project, &c->arena, &project, err);
    if (rc == ERR_OK && strcmp(project->name, r->project) == 0)
        return ERR_OK;
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    err_set(err, ERR_INVALID, "Not found project %s", r->project);
    err_hint(err, "a role names its project by name, or '*' for all");
    return err_where(err, "roles[%u].project", i);
}

static enum err_code check_role(struct call *c, const struct role_list *roles, uint32_t i,
                                struct err *err)
{
    const struct role *r = roles->at[i];
    if (is_blank(r->project))
        return refuse("Project", i, "project", err);
    if (is_blank(r->role))
        return refuse("Role", i, "role", err);
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(roles->at[k]->project, r->project) == 0) {
            err_set(err, ERR_INVALID, "Only one role per project: there are two for '%s'",
                    r->project);
            return err_where(err, "roles[%u]", i);
        }
    enum err_code rc = check_word(r, i, err);
    return rc == ERR_OK ? check_project(c, r, i, err) : rc;
}

enum err_code access_roles(struct call *c, struct role_list *roles, struct err *err)
{
    if (roles->n == 0) {
        err_set(err, ERR_INVALID, "At least one role must be provided");
        return err_where(err, "roles");
    }
    for (uint32_t i = 0; i < roles->n; i++) {
        enum err_code rc = check_role(c, roles, i, err);
        if (rc != ERR_OK)
            return rc;
        roles->at[i] = access_role(c, roles->at[i]->role, roles->at[i]->project);
    }
    return ERR_OK;
}
