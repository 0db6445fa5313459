/* What users, projects and services have in common: roles, one change after the other. */
#ifndef NFVO_API_ADMIN_ACCESS_H
#define NFVO_API_ADMIN_ACCESS_H

#include "nfvo/api/context.h"

struct role;
struct role_list;

/* The end of what store_access_begin began: commits when rc is ERR_OK, else undoes all. */
MUST_USE enum err_code access_end(struct call *c, enum err_code rc, struct err *err);

/* change(c, id) between store_access_begin and access_end. */
MUST_USE enum err_code access_change(struct call *c, const char *id,
                                     enum err_code (*change)(struct call *c, const char *id,
                                                             struct err *err),
                                     struct err *err);

/* Roles as clients send them: at least one, words that there are, projects that there are (or "*"),
 * one for each project. They are replaced by ones with ids of their own and nothing else in them.
 * Within store_access_begin. ERR_INVALID with the words of rest-api.md 2.8. */
MUST_USE enum err_code access_roles(struct call *c, struct role_list *roles, struct err *err);
struct role *access_role(struct call *c, const char *role, const char *project);
/* false: there is none for this project (its name, or "*"). */
bool access_drop_role(struct role_list *roles, const char *project);

#endif
