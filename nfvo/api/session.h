/* Who asks: sessions made from tokens and kept for a short while, so that a GET costs no query
 * for its token; and the projects, likewise. Another process's change is seen after CACHE_US. */
#ifndef NFVO_API_SESSION_H
#define NFVO_API_SESSION_H

#include "common/base/err.h"

#include <stdbool.h>

struct arena;
struct call;
struct db;
struct session;
struct sessions;
struct user;

#define SESSION_CACHE_US (INT64_C(5) * 1000000)

struct sessions *sessions_new(void);
void sessions_free(struct sessions *s);
void sessions_clear(struct sessions *s); /* after a change of persons or passwords */

/* The session of a bearer token, with a reference for the caller. ERR_AUTH: the message is the
 * error_description of rest-api.md 0.1. */
MUST_USE enum err_code session_find(struct call *c, const char *token, struct session **ret,
                                    struct err *err);
void session_unref(struct session *s);
const struct user *session_user(const struct session *s);
bool session_is_admin(const struct session *s);

/* "<64 hex digits>" of a token, as it is stored. */
#define TOKEN_HASH_SIZE 65
void token_hash(const char *token, char out[TOKEN_HASH_SIZE]);

/* --- projects --- */
struct projects;
struct projects *projects_new(void);
void projects_free(struct projects *p);
void projects_clear(struct projects *p);
/* The name of a project, in the call's arena; NULL in *ret: there is none. */
MUST_USE enum err_code projects_name(struct call *c, const char *id, const char **ret,
                                     struct err *err);
/* The first project of the user (an admin: of all), or NULL. */
MUST_USE enum err_code projects_first(struct call *c, const struct user *user, const char **ret_id,
                                      struct err *err);
/* Has the user a role there, and which? "ADMIN", "USER", "GUEST" or NULL. */
const char *session_role(const struct session *s, const char *project_name);

/* rest-api.md 1.5: sets c->project, or refuses (c->fail_status). */
MUST_USE enum err_code session_authorise(struct call *c, struct err *err);

#endif
