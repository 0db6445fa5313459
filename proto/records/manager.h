/* Managers (VNFMs, drivers), event subscriptions, users. amqp-protocol.md 2, 8.1, 9.4;
 * rest-api.md 1.3, 2.8. */
#ifndef PROTO_RECORDS_MANAGER_H
#define PROTO_RECORDS_MANAGER_H

#include "proto/records/base.h"

/* clang-format off */
/* `capabilities` is ours (decisions.md D13): "correlation", "client_token", "journal", "instance". */
#define VNFM_ENDPOINT_FIELDS(X)                                                              \
    BASE_FIELDS(X)                                                                           \
    X(STR,  type,          "type",         _, REQUIRED) /* what VNFD.endpoint names */       \
    X(STR,  endpoint_type, "endpointType", _, OPTIONAL, .words = endpoint_type_words)        \
    X(STR,  endpoint,      "endpoint",     _, REQUIRED) /* the queue, or the base URL */     \
    X(STR,  description,   "description",  _, OPTIONAL)                                      \
    X(BOOL, enabled,       "enabled",      _, EMIT)                                          \
    X(BOOL, active,        "active",       _, EMIT)                                          \
    X(STRS, capabilities,  "capabilities", _, OPTIONAL)                                      \
    X(STR,  instance,      "instance",     _, OPTIONAL) /* ours: one id a process */
PROTO_RECORD(vnfm_endpoint, VNFM_ENDPOINT_FIELDS)

/* Body on nfvo.manager.handling: 2.2 and 2.5. Comes in single quotes from the Java plugin SDK: decode with PROTO_SINGLE_QUOTES. */
#define REGISTRATION_FIELDS(X)                                                                           \
    X(STR,  action,       "action",              _, REQUIRED) /* register, unregister, deregister */     \
    X(STR,  type,         "type",                _, OPTIONAL)                                            \
    X(REC,  endpoint,     "vnfmManagerEndpoint", vnfm_endpoint, OBJECT_IN_TEXT)                          \
    X(STR,  username,     "username",            _, OPTIONAL)                                            \
    X(STR,  password,     "password",            _, SECRET)                                              \
    X(STRS, capabilities, "capabilities",        _, OPTIONAL)                                            \
    X(STR,  instance,     "instance",            _, OPTIONAL)
PROTO_RECORD(registration, REGISTRATION_FIELDS)

#define MANAGER_CREDENTIALS_FIELDS(X)                        \
    BASE_FIELDS(X)                                           \
    X(STR, username, "rabbitUsername", _, REQUIRED)          \
    X(STR, password, "rabbitPassword", _, REQUIRED | SECRET)
PROTO_RECORD(manager_credentials, MANAGER_CREDENTIALS_FIELDS)

#define EVENT_ENDPOINT_FIELDS(X)                                                                 \
    BASE_FIELDS(X)                                                                               \
    X(STR, name,               "name",                     _, REQUIRED)                          \
    X(STR, type,               "type",                     _, REQUIRED, .words = endpoint_type_words) \
    X(STR, endpoint,           "endpoint",                 _, REQUIRED) /* queue name or URL */  \
    X(STR, event,              "event",                    _, REQUIRED, .words = action_words)   \
    X(STR, network_service_id, "networkServiceId",         _, OPTIONAL)                          \
    X(STR, vnf_id,             "virtualNetworkFunctionId", _, OPTIONAL)                          \
    X(STR, description,        "description",              _, OPTIONAL)                          \
    X(STR, status,             "status",                   _, OPTIONAL)
PROTO_RECORD(event_endpoint, EVENT_ENDPOINT_FIELDS)

#define PROJECT_FIELDS(X)                                \
    BASE_FIELDS(X)                                       \
    X(STR, name,        "name",        _, REQUIRED)      \
    X(STR, description, "description", _, OPTIONAL)
PROTO_RECORD(project, PROJECT_FIELDS)

#define ROLE_FIELDS(X) /* project holds the project's NAME, or "*" */ \
    BASE_FIELDS(X)                                                    \
    X(STR, role,    "role",    _, REQUIRED)                           \
    X(STR, project, "project", _, REQUIRED)
PROTO_RECORD(role, ROLE_FIELDS)

#define USER_FIELDS(X)                                   \
    BASE_FIELDS(X)                                       \
    X(STR,  username, "username", _,    REQUIRED)        \
    X(STR,  password, "password", _,    SECRET)          \
    X(BOOL, enabled,  "enabled",  _,    EMIT)            \
    X(STR,  email,    "email",    _,    OPTIONAL)        \
    X(LIST, roles,    "roles",    role, EMIT)
PROTO_RECORD(user, USER_FIELDS)
/* clang-format on */

extern const char *const endpoint_type_words[]; /* RABBIT REST JMS */
extern const char *const action_words[];        /* amqp-protocol.md 3.2, order of rest-api.md 2.9 */

/* The answer to a registration, checked. user and password: buffers of size bytes each. ERR_SYNTAX,
 * ERR_INVALID (a member is missing), ERR_LIMIT (longer than the buffers). */
MUST_USE enum err_code manager_credentials_read(const char *body, size_t len, char *user,
                                                char *password, size_t size, struct err *err);

#endif
