/* Who asks, in which project, and what they may: asked of the database for each request, in one
 * query by key. So what is taken away (a role, a user, a project, a service) is taken away for the
 * next request with any token, at every nfvo of the database; there is nothing to be told to others
 * and nothing that may be late. Measured in the commit that removed the cache: 0.1 ms a request. */
#ifndef NFVO_API_AUTH_SESSION_H
#define NFVO_API_AUTH_SESSION_H

#include "common/base/err.h"

#include <stdbool.h>

struct call;
struct session;
struct user;

/* The session of a bearer token: given, session_free. ERR_AUTH: the message is the
 * error_description of rest-api.md 0.1. */
MUST_USE enum err_code session_find(struct call *c, const char *token, struct session **ret,
                                    struct err *err);
void session_free(struct session *s);
/* The user, or the service as one: id, name, roles. */
const struct user *session_user(const struct session *s);
bool session_is_service(const struct session *s);
/* An administrator: a user with the role ADMIN, of whatever project (rest-api.md 1.3). A service is
 * none (1.4). */
bool session_is_admin(const struct session *s);
/* May work in all projects, and with "project-id: *" (decisions.md D3): an administrator, or a
 * service that was made for all. */
bool session_is_everywhere(const struct session *s);
/* Has the user a role there, and which? "ADMIN", "USER", "GUEST" or NULL. The role in the project
 * itself counts before one in "*". */
const char *session_role(const struct session *s, const char *project_name);

/* For what goes on after the request (event_stream.h): nfvo/store/store_access.h, standing. */
const char *session_token_hash(const struct session *s);
const char *session_standing(const struct session *s);

/* rest-api.md 1.5: sets c->project, or refuses (c->fail_status). */
MUST_USE enum err_code session_authorise(struct call *c, struct err *err);

#endif
