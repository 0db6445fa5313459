/* Projects by id, kept for a short while; and the rules of rest-api.md 1.5. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/api/context.h"
#include "nfvo/api/session.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"

struct projects {
    pthread_mutex_t lock;
    struct arena arena;
    struct project_list list;
    int64_t until_us;
};

struct projects *projects_new(void)
{
    struct projects *p = xcalloc(1, sizeof(*p));
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void projects_free(struct projects *p)
{
    if (!p)
        return;
    arena_release(&p->arena);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void projects_clear(struct projects *p)
{
    pthread_mutex_lock(&p->lock);
    p->until_us = 0;
    pthread_mutex_unlock(&p->lock);
}

static enum err_code reload(struct call *c, struct projects *p, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_doc_list(call_db(c), STORE_PROJECT, "*", &text, err);
    if (rc != ERR_OK)
        return rc;
    arena_reset(&p->arena);
    memset(&p->list, 0, sizeof(p->list));
    rc = proto_decode_list(&project_type, text.s, text.len, &p->arena, &p->list, err);
    p->until_us = rc == ERR_OK ? clock_mono_us() + SESSION_CACHE_US : 0;
    return rc;
}

static const struct project *find(const struct projects *p, const char *id)
{
    for (uint32_t i = 0; i < p->list.n; i++)
        if (p->list.at[i]->id && strcmp(p->list.at[i]->id, id) == 0)
            return p->list.at[i];
    return NULL;
}

enum err_code projects_name(struct call *c, const char *id, const char **ret, struct err *err)
{
    struct projects *p = c->api->projects;
    enum err_code rc = ERR_OK;
    pthread_mutex_lock(&p->lock);
    const struct project *found = clock_mono_us() < p->until_us ? find(p, id) : NULL;
    if (!found) { /* also one that is new */
        rc = reload(c, p, err);
        found = rc == ERR_OK ? find(p, id) : NULL;
    }
    *ret = found ? arena_strdup(&c->arena, found->name) : NULL;
    pthread_mutex_unlock(&p->lock);
    return rc;
}

enum err_code projects_first(struct call *c, const struct user *user, const char **ret_id,
                             struct err *err)
{
    struct projects *p = c->api->projects;
    enum err_code rc = ERR_OK;
    const char *id = NULL;
    pthread_mutex_lock(&p->lock);
    if (clock_mono_us() >= p->until_us)
        rc = reload(c, p, err);
    for (uint32_t i = 0; rc == ERR_OK && i < p->list.n && !id; i++)
        if (!user || session_role(c->session, p->list.at[i]->name))
            id = arena_strdup(&c->arena, p->list.at[i]->id);
    pthread_mutex_unlock(&p->lock);
    *ret_id = id;
    return rc;
}

/* --- rest-api.md 1.5 ------------------------------------------------------------------------ */

static enum err_code check_role(struct call *c, const char *project_name, struct err *err)
{
    const char *role = session_role(c->session, project_name);
    bool is_get = strcmp(c->req->method, "GET") == 0 || strcmp(c->req->method, "HEAD") == 0;
    if (!role) { /* the reference answers 400, not 403 */
        c->fail_status = 400;
        err_set(err, ERR_DENIED, "%s requesting method: %s on %s",
                session_user(c->session)->username, c->req->method, c->req->path);
        return err_hint(err, "the user has no role in project '%s'", project_name);
    }
    if (strcmp(role, "GUEST") == 0 && !is_get)
        return err_set(err, ERR_DENIED, "Guest is only allowed to execute GET");
    return ERR_OK;
}

static enum err_code without_header(struct call *c, struct err *err)
{
    const char *first = NULL;
    if (c->endpoint->flags & API_PROJECT) {
        c->fail_status = 400;
        return err_set(err, ERR_SYNTAX, "Missing request header 'project-id'");
    }
    if (session_is_admin(c->session))
        return ERR_OK;
    enum err_code rc = projects_first(c, session_user(c->session), &first, err);
    if (rc == ERR_OK && !first)
        return err_set(err, ERR_NOT_FOUND,
                       "Not Found any project you are assigned to. Please ask an admin to assign a "
                       "project to you.");
    return rc;
}

enum err_code session_authorise(struct call *c, struct err *err)
{
    const char *id = http_request_header(c->req, "project-id"), *name = NULL;
    if (!id || !*id)
        return without_header(c, err);
    c->project = arena_strdup(&c->arena, id);
    if (strcmp(id, "*") == 0) { /* for services and admins: decisions.md D3 */
        if (session_is_admin(c->session))
            return ERR_OK;
        return err_set(err, ERR_NOT_FOUND, "Project with id '*' was not found");
    }
    enum err_code rc = projects_name(c, id, &name, err);
    if (rc != ERR_OK)
        return rc;
    if (!name && !(c->endpoint->flags & API_ANY_PROJECT))
        return err_set(err, ERR_NOT_FOUND, "Project with id '%s' was not found", id);
    if (session_is_admin(c->session) || !name)
        return ERR_OK;
    return check_role(c, name, err);
}
