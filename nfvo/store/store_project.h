/* Projects: what they are, and what is in them. */
#ifndef NFVO_STORE_STORE_PROJECT_H
#define NFVO_STORE_STORE_PROJECT_H

#include "nfvo/store/store.h"

struct project;
struct role_list;

/* Begins a transaction in which users, projects and services change, one after the other in all
 * processes: what was looked at (the last administrator, the projects of roles) stays so until
 * db_commit. */
MUST_USE enum err_code store_access_begin(struct db *db, struct err *err);

/* Names are unique, since roles name projects. ERR_EXISTS. */
MUST_USE enum err_code store_project_add(struct db *db, const struct project *p, struct err *err);
/* By its id. ERR_NOT_FOUND. */
MUST_USE enum err_code store_project_get(struct db *db, const char *id, struct arena *a,
                                         struct project **ret, struct err *err);
/* By its id, else by its name. ERR_NOT_FOUND. */
MUST_USE enum err_code store_project_find(struct db *db, const char *id_or_name, struct arena *a,
                                          struct project **ret, struct err *err);
MUST_USE enum err_code store_project_set(struct db *db, const struct project *p, struct err *err);
MUST_USE enum err_code store_project_delete(struct db *db, const char *id, struct err *err);
MUST_USE enum err_code store_project_count(struct db *db, int64_t *ret, struct err *err);
/* Is any of the projects that the roles name there? */
MUST_USE enum err_code store_projects_any(struct db *db, const struct role_list *roles, bool *ret,
                                          struct err *err);

/* What is in these projects, in words, with the first names: "2 network services ('web', 'db'), 1
 * PoP ('site')"; nothing is appended when they are empty. ids: of text. */
MUST_USE enum err_code store_project_contents(struct db *db, struct db_array *ids, struct sbuf *out,
                                              struct err *err);

#endif
