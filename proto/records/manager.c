#include "proto/records/manager.h"

#include <string.h>

#define PROTO_THIS struct vnfm_endpoint
PROTO_RECORD_DEFINE(vnfm_endpoint, VNFM_ENDPOINT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct registration
PROTO_RECORD_DEFINE(registration, REGISTRATION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct refused_by_peer
PROTO_RECORD_DEFINE(refused_by_peer, REFUSED_BY_PEER_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct manager_credentials
PROTO_RECORD_DEFINE(manager_credentials, MANAGER_CREDENTIALS_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct event_endpoint
PROTO_RECORD_DEFINE(event_endpoint, EVENT_ENDPOINT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct project_quota
PROTO_RECORD_DEFINE(project_quota, PROJECT_QUOTA_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct project
PROTO_RECORD_DEFINE(project, PROJECT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct role
PROTO_RECORD_DEFINE(role, ROLE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct user
PROTO_RECORD_DEFINE(user, USER_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct service
PROTO_RECORD_DEFINE(service, SERVICE_FIELDS)
#undef PROTO_THIS

bool event_is_named(const char *named, const char *event)
{
    size_t len = strlen(named);
    return strcmp(named, event) == 0 ||
           (len > 0 && named[len - 1] == '*' && strncmp(named, event, len - 1) == 0);
}

const char *const role_words[] = {"ADMIN", "USER", "GUEST", NULL};

enum err_code manager_credentials_read(const char *body, size_t len, char *user, char *password,
                                       size_t size, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct manager_credentials *got;
    enum err_code rc = proto_decode(&manager_credentials_type, body, len, 0, &a, &got, err);
    if (rc == ERR_OK && got->fault) {
        err_set(err, ERR_DENIED, "the registration is refused: %s",
                got->fault->message ? got->fault->message : "no reason is given");
        return err_hint(err, "%s", got->fault->hint ? got->fault->hint : "");
    }
    if (rc == ERR_OK)
        rc = proto_validate(&manager_credentials_type, got, err);
    if (rc == ERR_OK && (strlen(got->username) >= size || strlen(got->password) >= size))
        rc = err_set(err, ERR_LIMIT, "a user or password of more than %zu bytes", size - 1);
    if (rc != ERR_OK)
        return err_add(err, "answer to the registration");
    memcpy(user, got->username, strlen(got->username) + 1);
    memcpy(password, got->password, strlen(got->password) + 1);
    return ERR_OK;
}
