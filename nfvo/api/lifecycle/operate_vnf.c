/* What is done to a whole VNF, and which VNFs a service has: rest-api.md 2.5, operations.md 1. */
#include <string.h>

#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/lifecycle/deploy.h"
#include "nfvo/api/lifecycle/operate.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_record.h"

#define NSR "/api/v1/ns-records/{id}"
#define VNF NSR "/vnfrecords/{vnfrId}"

/* --- scripts ---------------------------------------------------------------------------------- */

/* The text itself is not kept for people: it is a program, and may hold anything. */
static enum err_code read_script(struct asked *o, struct err *err)
{
    const struct http_request *req = o->call->req;
    if (req->body_len == 0 || strspn(req->body, " \t\r\n") >= req->body_len) {
        err_set(err, ERR_INVALID, "the script is empty");
        return err_hint(err, "the body is its text, beginning with #!");
    }
    if (req->body_len > OPERATE_SCRIPT_MAX)
        return err_set(err, ERR_INVALID, "the script has %zu bytes; at most %d are taken",
                       req->body_len, OPERATE_SCRIPT_MAX);
    if (memchr(req->body, '\0', req->body_len))
        return err_set(err, ERR_INVALID, "the script is no text: it has NUL bytes");
    o->req->script = arena_strndup(&o->cmd->arena, req->body, req->body_len);
    operate_say_number(o, "scriptBytes", (int64_t)req->body_len);
    return ERR_OK;
}

static enum err_code execute(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_EXECUTE, read_script, err);
}

static enum err_code update(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_UPDATE, NULL, err);
}

static enum err_code start(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_START_VNF, NULL, err);
}

static enum err_code stop(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_STOP_VNF, NULL, err);
}

/* --- restart ---------------------------------------------------------------------------------- */

#define RESTART_BODY_FIELDS(X) X(STR, image, "imageName", _, EMPTY_COUNTS)
PROTO_RECORD(restart_body, RESTART_BODY_FIELDS)
#define PROTO_THIS struct restart_body
PROTO_RECORD_DEFINE(restart_body, RESTART_BODY_FIELDS)
#undef PROTO_THIS

static enum err_code check_image_on(struct asked *o, const char *pop_id, const char *image,
                                    struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct call *c = o->call;
    struct vim_instance *pop = NULL;
    enum err_code rc =
        store_pop_get(call_db(c), store_seal(c->api->store), pop_id, c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &vim_instance_type, &text, &pop, err);
    if (rc != ERR_OK || strncmp(pop->type, "test", 4) == 0)
        return rc;
    for (uint32_t i = 0; i < pop->images.n; i++) {
        const struct image *m = pop->images.at[i];
        if ((m->name && strcmp(m->name, image) == 0) || (m->id && strcmp(m->id, image) == 0) ||
            (m->ext_id && strcmp(m->ext_id, image) == 0))
            return ERR_OK;
    }
    err_set(err, ERR_NOT_FOUND, "Not found image %s in vim: %s", image, pop->name);
    return err_hint(err, "see its images: baton pop show %s", pop->name);
}

/* On each PoP that has an instance, once. */
static enum err_code check_image(struct asked *o, const char *image, struct err *err)
{
    enum err_code rc = ERR_OK;
    const char *last = "";
    for (uint32_t u = 0; u < o->vnfr->vdu.n; u++)
        for (uint32_t i = 0; i < o->vnfr->vdu.at[u]->vnfc_instance.n && rc == ERR_OK; i++) {
            const char *pop = o->vnfr->vdu.at[u]->vnfc_instance.at[i]->vim_id;
            if (!pop || strcmp(pop, last) == 0)
                continue;
            last = pop;
            rc = check_image_on(o, pop, image, err);
        }
    return rc;
}

static enum err_code read_restart(struct asked *o, struct err *err)
{
    struct restart_body *body;
    enum err_code rc = operate_body(o, &restart_body_type, &body, err);
    if (rc == ERR_OK && !body->image) {
        err_set(err, ERR_INVALID,
                "The passed JSON is not correct. It should include a string field named: "
                "imageName");
        rc = err_hint(err, "\"\" keeps the image");
    }
    if (rc == ERR_OK && *body->image)
        rc = check_image(o, body->image, err);
    if (rc != ERR_OK)
        return rc;
    o->req->image = body->image;
    o->req->plan.has_image = *body->image != '\0';
    operate_say(o, "image", body->image);
    return ERR_OK;
}

static enum err_code restart(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_RESTART, read_restart, err);
}

/* --- upgrade ---------------------------------------------------------------------------------- */

#define UPGRADE_BODY_FIELDS(X)                                                                     \
    X(STR, vnfd, "vnfdId", _, OPTIONAL)                                                            \
    X(BOOL, restarts, "restartService", _, OPTIONAL)
PROTO_RECORD(upgrade_body, UPGRADE_BODY_FIELDS)
#define PROTO_THIS struct upgrade_body
PROTO_RECORD_DEFINE(upgrade_body, UPGRADE_BODY_FIELDS)
#undef PROTO_THIS

enum err_code operate_read_vnfd(struct asked *o, const char *id, struct vnfd **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct call *c = o->call;
    enum err_code rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, &text, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "VNFD with id %s was not found in the project with id %s", id,
                       c->project);
    return rc == ERR_OK ? proto_decode(&vnfd_type, text.s, text.len, 0, &o->cmd->arena, ret, err)
                        : rc;
}

static enum err_code has_image(const struct vnfd *vnfd, struct err *err)
{
    for (uint32_t i = 0; i < vnfd->vdu.n; i++)
        if (vnfd->vdu.at[i]->vm_image.n > 0)
            return ERR_OK;
    return err_set(err, ERR_NOT_FOUND, "No images specified in new VNFD: %s", vnfd->name);
}

/* By name, or where neither has one, by place. */
static enum err_code check_vdus(const struct asked *o, const struct vnfd *vnfd, struct err *err)
{
    bool is_same = vnfd->vdu.n == o->vnfr->vdu.n;
    for (uint32_t i = 0; is_same && i < vnfd->vdu.n; i++) {
        const char *name = vnfd->vdu.at[i]->name;
        bool is_there = !name || !*name;
        for (uint32_t k = 0; k < o->vnfr->vdu.n && !is_there; k++)
            is_there = o->vnfr->vdu.at[k]->name && strcmp(o->vnfr->vdu.at[k]->name, name) == 0;
        is_same = is_there;
    }
    if (is_same)
        return ERR_OK;
    err_set(err, ERR_INVALID, "VNFD '%s' has other VDUs than VNF '%s'", vnfd->name, o->vnfr->name);
    return err_hint(err, "an upgrade changes images and scripts; for other servers add a VNF of "
                         "that VNFD, and remove this one");
}

static enum err_code check_endpoint(const struct asked *o, const struct vnfd *vnfd, struct err *err)
{
    if (vnfd->endpoint && o->vnfr->endpoint && strcmp(vnfd->endpoint, o->vnfr->endpoint) == 0)
        return ERR_OK;
    return err_set(err, ERR_INVALID, "VNFD '%s' is managed by '%s', VNF '%s' by '%s'", vnfd->name,
                   vnfd->endpoint ? vnfd->endpoint : "", o->vnfr->name,
                   o->vnfr->endpoint ? o->vnfr->endpoint : "");
}

static enum err_code read_upgrade(struct asked *o, struct err *err)
{
    struct upgrade_body *body;
    struct vnfd *vnfd;
    enum err_code rc = operate_body(o, &upgrade_body_type, &body, err);
    if (rc == ERR_OK && (!body->vnfd || !*body->vnfd))
        rc = err_set(err, ERR_INVALID,
                     "The passed JSON is not correct. It should include a string field named: "
                     "vnfdId");
    if (rc == ERR_OK)
        rc = operate_read_vnfd(o, body->vnfd, &vnfd, err);
    if (rc == ERR_OK)
        rc = has_image(vnfd, err);
    if (rc == ERR_OK)
        rc = check_endpoint(o, vnfd, err);
    if (rc == ERR_OK)
        rc = check_vdus(o, vnfd, err);
    if (rc != ERR_OK)
        return rc;
    o->req->vnfd = vnfd;
    o->req->plan.has_image = true;
    o->req->plan.keeps_service =
        call_says(&upgrade_body_type, body, "restartService") && !body->restarts;
    operate_say(o, "vnfd", vnfd->name);
    operate_say(o, "vnfdId", body->vnfd);
    return ERR_OK;
}

static enum err_code upgrade(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_UPGRADE, read_upgrade, err);
}

/* --- configurations: []: the VNF is only configured again by its sources' values --------------- */

/* clang-format off */
#define CONFIGURE_BODY_FIELDS(X) \
    X(LIST, parameters, "configurationParameters", configuration_parameter, OPTIONAL) \
    X(REC,  of_vnfr,    "configurations",          configuration,           OPTIONAL) /* PUT: a whole record */ \
    X(STR,  apply,      "apply",                   _,                       OPTIONAL) /* record: only stored */ \
    X(BOOL, is_strict,  "strict",                  _,                       OPTIONAL)
PROTO_RECORD(configure_body, CONFIGURE_BODY_FIELDS)
#define PROTO_THIS struct configure_body
PROTO_RECORD_DEFINE(configure_body, CONFIGURE_BODY_FIELDS)
#undef PROTO_THIS
/* clang-format on */

#define VALUE_MAX 1024

static bool is_known(const struct vnfr *v, const char *key)
{
    for (uint32_t i = 0; v->configurations && i < v->configurations->parameters.n; i++) {
        const char *known = v->configurations->parameters.at[i]->conf_key;
        if (known && strcmp(known, key) == 0)
            return true;
    }
    return false;
}

static enum err_code take_value(struct asked *o, const struct configuration_parameter *p,
                                bool is_strict, struct err *err)
{
    if (!p->conf_key || !*p->conf_key)
        return err_set(err, ERR_INVALID, "a parameter has no confKey");
    const char *value = p->value ? p->value : "";
    if (strlen(value) > VALUE_MAX)
        return err_set(err, ERR_INVALID, "the value of '%s' has %zu bytes; at most %d are taken",
                       p->conf_key, strlen(value), VALUE_MAX);
    if (is_strict && !is_known(o->vnfr, p->conf_key)) {
        err_set(err, ERR_INVALID, "VNF '%s' has no parameter '%s'", o->vnfr->name, p->conf_key);
        return err_hint(err, "without \"strict\" it is added");
    }
    proto_map_add(&o->req->configurations, p->conf_key, value, &o->cmd->arena);
    return ERR_OK;
}

/* Keys only: values may be secrets. */
static void say_keys(struct asked *o)
{
    AUTO(sbuf_release) struct sbuf keys = SBUF_INIT;
    for (uint32_t i = 0; i < o->req->configurations.n; i++)
        sbuf_addf(&keys, "%s%s", i ? " " : "", o->req->configurations.at[i].key);
    operate_say(o, "keys", keys.s);
}

static enum err_code read_configuration(struct asked *o, struct err *err)
{
    struct configure_body *body;
    enum err_code rc = operate_body(o, &configure_body_type, &body, err);
    if (rc == ERR_OK && body->of_vnfr && body->parameters.n == 0)
        body->parameters = body->of_vnfr->parameters;
    if (rc == ERR_OK && body->apply && strcmp(body->apply, "record") != 0) {
        err_set(err, ERR_INVALID, "apply is 'record' (only stored), or left out, not '%s'",
                body->apply);
        rc = err_where(err, "apply");
    }
    bool only_tells = rc == ERR_OK && body->parameters.n == 0 && !body->of_vnfr && !body->apply &&
                      call_says(&configure_body_type, body, "configurationParameters");
    if (rc == ERR_OK && body->parameters.n == 0 && !only_tells) {
        err_set(err, ERR_INVALID, "the request changes no parameter");
        rc = err_hint(err,
                      "{\"configurationParameters\":[{\"confKey\":\"...\",\"value\":\"...\"}]}");
    }
    for (uint32_t i = 0; rc == ERR_OK && i < body->parameters.n; i++) {
        rc = take_value(o, body->parameters.at[i], body->is_strict, err);
        if (rc != ERR_OK)
            return err_where(err, "configurationParameters[%u]", i);
    }
    if (rc != ERR_OK)
        return rc;
    o->req->plan.is_record_only = body->apply != NULL;
    operate_say(o, "apply", body->apply);
    say_keys(o);
    return ERR_OK;
}

static enum err_code configure(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_CONFIGURE, read_configuration, err);
}

/* --- the service -------------------------------------------------------------------------------- */

/* What was not instantiated needs its descriptor again. Without it the rest may go on, and the
 * engine says what cannot. */
static enum err_code read_descriptors(struct asked *o, struct err *err)
{
    return deploy_request_of_nsr(o->call, o->cmd, o->nsr_id, &o->req->deploy, &o->req->no_deploy,
                                 err);
}

static enum err_code read_resume(struct asked *o, struct err *err)
{
    enum err_code rc = read_consent(o->call, &o->req->plan.consent, err);
    operate_say(o, "unknown", o->req->plan.consent.unknown == UNKNOWN_REPEAT ? "repeat" : NULL);
    return rc == ERR_OK ? read_descriptors(o, err) : rc;
}

static enum err_code resume(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_RESUME, read_resume, err);
}

/* clang-format off */
const struct endpoint operate_endpoints[] = {
    {"POST",   VNF "/execute-script",      execute,    201, OPERATES, "Execute a script, the body, on all servers of a VNF"},
    {"POST",   VNF "/update",              update,     201, OPERATES, "Run the UPDATE scripts of a VNF"},
    {"POST",   VNF "/upgrade",             upgrade,    201, OPERATES, "Upgrade a VNF to another VNFD: {\"vnfdId\":...}"},
    {"POST",   VNF "/restart",             restart,    201, OPERATES, "Rebuild a VNF's servers and start it again: {\"imageName\":...}, \"\" keeps the image"},
    {"POST",   VNF "/start",               start,      201, OPERATES, "Start a VNF"},
    {"POST",   VNF "/stop",                stop,       201, OPERATES, "Stop a VNF"},
    {"PATCH",  VNF "/configurations",      configure,  202, OPERATES, "Change configuration parameters of a VNF that runs, and of those that depend on it"},
    {"PUT",    VNF,                        configure,  202, OPERATES, "The same, out of a whole record; nothing else of it is taken"},
    {"POST",   NSR "/resume",              resume,     201, OPERATES, "Go on with what failed in a network service; body as of an operation's retry"},
    {0},
};
/* clang-format on */
