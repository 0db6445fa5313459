/* /projects: rest-api.md 2.8; quotas are ours. */
#include <string.h>

#include "nfvo/api/admin/access.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_project.h"
#include "nfvo/store/store_service.h"
#include "proto/records/manager.h"

#define BASE "/api/v1/projects"

static enum err_code project_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    struct project *p;
    enum err_code rc = store_project_get(call_db(c), id, &c->arena, &p, err);
    if (rc != ERR_OK)
        return rc;
    if (!session_is_everywhere(c->session) && !session_role(c->session, p->name))
        return err_set(err, ERR_DENIED, "Forbidden to access project %s", id);
    call_json(c, &project_type, p);
    return ERR_OK;
}

/* Only what a project is. */
static struct project *project_of(struct call *c, const struct project *body)
{
    struct project *p = proto_new(&project_type, &c->arena);
    p->id = call_object_id(c);
    p->name = body->name;
    p->description = body->description;
    p->quota = body->quota;
    return p;
}

static enum err_code project_add(struct call *c, struct err *err)
{
    struct project *body;
    enum err_code rc = call_body(c, &project_type, &body, err);
    if (rc == ERR_OK)
        rc = proto_validate(&project_type, body, err);
    if (rc != ERR_OK) {
        c->fail_status = 400;
        return rc;
    }
    if (strcmp(body->name, "*") == 0) {
        err_set(err, ERR_INVALID, "a project cannot be named '*', which stands for all");
        return err_where(err, "name");
    }
    struct project *p = project_of(c, body);
    rc = store_access_begin(call_db(c), err);
    if (rc == ERR_OK)
        rc = store_project_add(call_db(c), p, err);
    rc = access_end(c, rc, err);
    if (rc == ERR_OK)
        call_json(c, &project_type, p);
    return rc;
}

/* --- changing ----------------------------------------------------------------------------------
 */

static enum err_code take_changes(struct project *p, const struct project *body, struct err *err)
{
    if (body->name && *body->name && strcmp(body->name, p->name) != 0)
        return err_set(err, ERR_DENIED, "Forbidden to change the project name");
    if (call_says(&project_type, body, "description"))
        p->description = body->description;
    if (body->quota)
        p->quota = body->quota;
    p->hb_version++;
    return ERR_OK;
}

static enum err_code project_update(struct call *c, struct err *err)
{
    struct project *body, *p;
    enum err_code rc = call_body(c, &project_type, &body, err);
    if (rc == ERR_OK)
        rc = proto_validate_forms(&project_type, body, err);
    if (rc == ERR_OK)
        rc = store_access_begin(call_db(c), err);
    if (rc == ERR_OK)
        rc = store_project_get(call_db(c), body->id && *body->id ? body->id : call_param(c, "id"),
                               &c->arena, &p, err);
    if (rc == ERR_OK)
        rc = take_changes(p, body, err);
    if (rc == ERR_OK)
        rc = store_project_set(call_db(c), p, err);
    rc = access_end(c, rc, err);
    if (rc == ERR_OK)
        call_json(c, &project_type, p);
    return rc;
}

/* --- deleting ----------------------------------------------------------------------------------
 */

/* Who would have no role any more. */
struct homeless {
    struct sbuf names;
    uint32_t n;
};

static void add_homeless(struct homeless *h, const char *kind, const char *name)
{
    if (h->n++ < 3)
        sbuf_addf(&h->names, "%s%s '%.40s'", h->n > 1 ? ", " : "", kind, name);
}

static enum err_code drop_from_user(struct call *c, const struct store_doc *doc,
                                    const char *project, struct homeless *h, struct err *err)
{
    struct user *user;
    enum err_code rc =
        proto_decode(&user_type, doc->doc, strlen(doc->doc), 0, &c->arena, &user, err);
    if (rc != ERR_OK || !access_drop_role(&user->roles, project))
        return rc;
    if (user->roles.n == 0)
        add_homeless(h, "user", user->username);
    user->hb_version++;
    return store_person_set(call_db(c), user, err);
}

static enum err_code drop_from_service(struct call *c, const struct store_doc *doc,
                                       const char *project, struct homeless *h, struct err *err)
{
    struct service *service;
    enum err_code rc =
        proto_decode(&service_type, doc->doc, strlen(doc->doc), 0, &c->arena, &service, err);
    if (rc != ERR_OK || !access_drop_role(&service->roles, project))
        return rc;
    if (service->roles.n == 0)
        add_homeless(h, "service", service->name);
    service->hb_version++;
    return store_service_set(call_db(c), service, err);
}

/* The roles in it go with it: a later project of the same name is another one. */
static enum err_code drop_roles(struct call *c, const struct project *p, struct err *err)
{
    struct homeless h = {SBUF_INIT, 0};
    struct store_docs users, services = {0};
    int64_t admins = 0;
    enum err_code rc = store_person_list(call_db(c), &c->arena, &users, err);
    if (rc == ERR_OK)
        rc = store_service_list(call_db(c), &c->arena, &services, err);
    for (uint32_t i = 0; rc == ERR_OK && i < users.n; i++)
        rc = drop_from_user(c, &users.at[i], p->name, &h, err);
    for (uint32_t i = 0; rc == ERR_OK && i < services.n; i++)
        rc = drop_from_service(c, &services.at[i], p->name, &h, err);
    if (rc == ERR_OK && h.n > 0) {
        rc = err_set(err, ERR_STATE,
                     "At least one role must be provided: project %s has the only role of %s%s",
                     p->name, h.names.s, h.n > 3 ? ", ..." : "");
        err_hint(err, "give them a role in another project, or delete them first: baton user "
                      "delete USER");
    }
    sbuf_release(&h.names);
    if (rc == ERR_OK)
        rc = store_person_admins(call_db(c), &admins, err);
    if (rc == ERR_OK && admins == 0)
        rc = err_set(err, ERR_STATE,
                     "no administrator would be left: the role of the last one is in project %s",
                     p->name);
    return rc;
}

static enum err_code check_empty(struct call *c, const struct project *p, struct err *err)
{
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    AUTO(sbuf_release) struct sbuf things = SBUF_INIT;
    db_array_text(&ids, p->id);
    enum err_code rc = store_project_contents(call_db(c), &ids, &things, err);
    if (rc != ERR_OK || things.len == 0)
        return rc;
    err_set(err, ERR_STATE, "Project %s has still some resources allocated: %s", p->name, things.s);
    return err_hint(err,
                    "delete them first, services before descriptors and PoPs: baton nsr delete "
                    "NSR --project %.60s",
                    p->name);
}

static enum err_code remove_project(struct call *c, const char *id, struct err *err)
{
    struct project *p;
    int64_t n = 0;
    enum err_code rc = store_project_get(call_db(c), id, &c->arena, &p, err);
    if (rc == ERR_OK)
        rc = store_project_count(call_db(c), &n, err);
    if (rc == ERR_OK && n == 1)
        rc = err_set(err, ERR_DENIED, "You are not allowed to remove the last project");
    if (rc == ERR_OK)
        rc = check_empty(c, p, err);
    if (rc == ERR_OK)
        rc = drop_roles(c, p, err);
    return rc == ERR_OK ? store_project_delete(call_db(c), id, err) : rc;
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    return access_change(c, id, remove_project, err);
}

static enum err_code project_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code project_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint project_endpoints[] = {
    {"GET",    BASE,                   list_answer,         200, API_ANY_PROJECT | LIST(PROJECT), "List the projects of the user"},
    {"POST",   BASE,                   project_add,         201, API_ADMIN | API_ANY_PROJECT, "Make a project: name, description, quota ({services, instances, vcpus, ram in MB})"},
    {"POST",   BASE "/multipledelete", project_delete_many, 204, API_ADMIN | API_ANY_PROJECT, "Delete several projects"},
    {"GET",    BASE "/{id}",           project_get,         200, API_ANY_PROJECT | API_OWN,   "Show a project"},
    {"PUT",    BASE "/{id}",           project_update,      202, API_ADMIN | API_ANY_PROJECT, "Change description and quota"},
    {"DELETE", BASE "/{id}",           project_delete,      204, API_ADMIN | API_ANY_PROJECT, "Delete a project that has nothing in it, and the roles in it"},
    {0},
};
/* clang-format on */
