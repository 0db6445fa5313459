/* Managers (VNFMs, drivers), event subscriptions, users. amqp-protocol.md 2, 8.1, 9.4;
 * rest-api.md 1.3, 2.8. */
#ifndef PROTO_RECORDS_MANAGER_H
#define PROTO_RECORDS_MANAGER_H

#include "proto/records/base.h"
#include "proto/records/fault.h"

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
    X(STR,  instance,      "instance",     _, OPTIONAL) /* ours: one id a process */         \
    X(STR,  room,          "room",         _, OPTIONAL) /* ours: its virtual host on the broker, if not the inner one */
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

/* Ours, on nfvo.manager.handling, unanswered: a VNFM tells what it refused itself, since the author is not who it claims to be. */
#define REFUSED_BY_PEER_FIELDS(X)                                                              \
    X(STR, action,  "action",  _, REQUIRED) /* REFUSED_BY_PEER */                              \
    X(STR, type,    "type",    _, REQUIRED) /* the VNFM's */                                   \
    X(STR, account, "account", _, OPTIONAL) /* the author's broker login; absent: not known */ \
    X(STR, words,   "words",   _, REQUIRED)                                                    \
    X(INT, times,   "times",   _, REQUIRED) /* since it was told last */
PROTO_RECORD(refused_by_peer, REFUSED_BY_PEER_FIELDS)
#define REFUSED_BY_PEER "refused"

/* `fault` is ours, and then alone: why the registration is refused. A peer of the reference finds no rabbitUsername in
 * it and ends with an error, where it would wait for ever for an answer that does not come (amqp-protocol.md 2.3). */
#define MANAGER_CREDENTIALS_FIELDS(X)                               \
    BASE_FIELDS(X)                                                  \
    X(STR, username, "rabbitUsername", _,     REQUIRED)             \
    X(STR, password, "rabbitPassword", _,     REQUIRED | SECRET)    \
    X(REC, fault,    "fault",          fault, OPTIONAL)
PROTO_RECORD(manager_credentials, MANAGER_CREDENTIALS_FIELDS)

#define EVENT_ENDPOINT_FIELDS(X)                                                                                    \
    BASE_FIELDS(X)                                                                                                  \
    X(STR, name,               "name",                     _, REQUIRED, .form = &form_name)                         \
    X(STR, type,               "type",                     _, REQUIRED, .words = endpoint_type_words)               \
    X(STR, endpoint,           "endpoint",                 _, REQUIRED, .form = &form_line) /* queue name or URL */ \
    X(STR, event,              "event",                    _, REQUIRED | BEGINNINGS, .words = event_words)          \
    X(STR, network_service_id, "networkServiceId",         _, OPTIONAL)                                             \
    X(STR, vnf_id,             "virtualNetworkFunctionId", _, OPTIONAL)                                             \
    X(STR, description,        "description",              _, OPTIONAL)                                             \
    X(STR, status,             "status",                   _, OPTIONAL)                                             \
    X(STR, room,               "room",                     _, OPTIONAL) /* ours: of the queue, if not the inner one */
PROTO_RECORD(event_endpoint, EVENT_ENDPOINT_FIELDS)

/* Ours: what a project may use at most. A member that is absent is no limit. */
#define PROJECT_QUOTA_FIELDS(X)                                                  \
    X(INT, services,  "services",  _, NATURAL | INT32) /* network services */    \
    X(INT, instances, "instances", _, NATURAL | INT32) /* servers */             \
    X(INT, vcpus,     "vcpus",     _, NATURAL | INT32)                           \
    X(INT, ram,       "ram",       _, NATURAL | INT32) /* MB */
PROTO_RECORD(project_quota, PROJECT_QUOTA_FIELDS)

#define PROJECT_FIELDS(X)                                                             \
    BASE_FIELDS(X)                                                                    \
    X(STR, name,        "name",        _,             REQUIRED, .form = &form_name)   \
    X(STR, description, "description", _,             OPTIONAL, .form = &form_line)   \
    X(REC, quota,       "quota",       project_quota, OPTIONAL)
PROTO_RECORD(project, PROJECT_FIELDS)

#define ROLE_FIELDS(X) /* project holds the project's NAME, or "*" */ \
    BASE_FIELDS(X)                                                    \
    X(STR, role,    "role",    _, REQUIRED, .form = &form_name)       \
    X(STR, project, "project", _, REQUIRED, .form = &form_name)
PROTO_RECORD(role, ROLE_FIELDS)

#define USER_FIELDS(X)                                                \
    BASE_FIELDS(X)                                                    \
    X(STR,  username, "username", _,    REQUIRED, .form = &form_name) \
    X(STR,  password, "password", _,    SECRET)                       \
    X(BOOL, enabled,  "enabled",  _,    EMIT)                         \
    X(STR,  email,    "email",    _,    OPTIONAL, .form = &form_line) \
    X(LIST, roles,    "roles",    role, EMIT)
PROTO_RECORD(user, USER_FIELDS)

/* ServiceMetadata of rest-api.md 1.6. Its key is shown once, when the service is made; a token when it registers. */
#define SERVICE_FIELDS(X)                                         \
    BASE_FIELDS(X)                                                \
    X(LIST, roles, "roles", role, EMIT)                           \
    X(STR,  name,  "name",  _,    REQUIRED, .form = &form_name)
PROTO_RECORD(service, SERVICE_FIELDS)
/* clang-format on */

extern const char *const role_words[];          /* ADMIN USER GUEST */
extern const char *const endpoint_type_words[]; /* RABBIT REST JMS */
extern const char *const action_words[];        /* amqp-protocol.md 3.2, order of rest-api.md 2.9 */
/* What may be subscribed to: those, and ours behind them. The reference's enum does not know ours, so
 * they go to nobody who did not ask for them by name. */
extern const char *const event_words[];
/* Is it what a subscription names: the word itself, or a beginning and '*'? */
bool event_is_named(const char *named, const char *event);
#define EVENT_OPERATION "OPERATION"
#define EVENT_ALARM     "ALARM"

/* The answer to a registration, checked. user and password: buffers of size bytes each. ERR_SYNTAX,
 * ERR_INVALID (a member is missing), ERR_LIMIT (longer than the buffers), ERR_DENIED (refused, with
 * the orchestrator's words). */
MUST_USE enum err_code manager_credentials_read(const char *body, size_t len, char *user,
                                                char *password, size_t size, struct err *err);

#endif
