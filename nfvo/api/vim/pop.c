/* /datacenters: rest-api.md 2.6. What needs the driver is an operation: the engine does it, the
 * call waiter answers. */
#include <stdlib.h>
#include <string.h>

#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/request/command.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/request/rest_call.h"
#include "nfvo/api/vim/pop.h"
#include "nfvo/store/store_misc.h"
#include "nfvo/store/store_pop.h"

#define BASE "/api/v1/datacenters"

/* --- checks ----------------------------------------------------------------------------------- */

static bool is_blank(const char *s)
{
    return !s || !*s;
}

static enum err_code empty(const char *what, const char *member, struct err *err)
{
    err_set(err, ERR_INVALID, "The VIM's %s must not be empty or null.", what);
    return err_where(err, "%s", member);
}

static enum err_code check(const struct vim_instance *pop, struct err *err)
{
    if (is_blank(pop->name))
        return empty("name", "name", err);
    if (is_blank(pop->type))
        return empty("type", "type", err);
    if (strchr(pop->name, ':')) {
        err_set(err, ERR_INVALID, "the VIM's name '%s' must not hold a colon", pop->name);
        err_hint(err, "'vim:zone' names an availability zone");
        return err_where(err, "name");
    }
    if (proto_validate_forms(&vim_instance_type, pop, err) != ERR_OK)
        return ERR_INVALID;
    if (strncmp(pop->type, "openstack", 9) != 0)
        return ERR_OK;
    if (is_blank(pop->tenant))
        return empty("tenant", "tenant", err);
    if (is_blank(pop->username))
        return empty("username", "username", err);
    if (!pop->password)
        return empty("password", "password", err);
    if (pop->key_pair && !*pop->key_pair)
        return empty("key pair", "keyPair", err);
    return ERR_OK;
}

static enum err_code check_name(struct call *c, const struct vim_instance *pop, struct err *err)
{
    bool is_taken = false;
    enum err_code rc =
        store_pop_name_taken(call_db(c), c->project, pop->name, pop->id, &is_taken, err);
    if (rc == ERR_OK && is_taken) {
        err_set(err, ERR_EXISTS, "Vim Instance with name %s exists already in project %s",
                pop->name, c->project);
        return err_where(err, "name");
    }
    return rc;
}

/* The engine is told of the PoP as it is to be, without its secrets: table secret has them already,
 * the document and table pop are the engine's to write. */
static enum err_code tell(struct call *c, enum nfvo_event event, enum rest_call_subject subject,
                          const struct vim_instance *pop, struct err *err)
{
    struct api_command *cmd = api_command_new(AGG_POP, pop->id, event);
    struct pop_request *req = proto_new(&pop_request_type, &cmd->arena);
    struct rest_call *o;
    enum err_code rc =
        api_command_copy(cmd, &vim_instance_type, pop, PROTO_NO_SECRETS, &req->pop, err);
    if (rc == ERR_OK)
        rc = rest_call_start(c, pop->id, subject, &o, err);
    if (rc != ERR_OK) {
        api_command_free(cmd);
        return rc;
    }
    req->operation = arena_strdup(&cmd->arena, o->id);
    cmd->fact_key = req->pop->type;
    cmd->payload = req;
    api_submit(c->api->commands, cmd, rest_call_accepted, o);
    return ERR_OK;
}

static enum err_code pop_add(struct call *c, struct err *err)
{
    struct vim_instance *pop;
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vim_instance_type, &pop, err);
    if (rc == ERR_OK)
        rc = check(pop, err);
    if (rc != ERR_OK)
        return rc;
    record_fill_ids(&vim_instance_type, pop, true, call_new_id, c);
    pop->id = call_object_id(c);
    pop->project_id = c->project;
    pop->hb_version = 0;
    rc = check_name(c, pop, err);
    if (rc == ERR_OK)
        rc = store_pop_seal(call_db(c), store_seal(c->api->store), pop, &c->arena, err);
    return rc == ERR_OK ? tell(c, EV_POP_REGISTER, REST_CALL_POP_NEW, pop, err) : rc;
}

/* Is it there, in this project? */
static enum err_code read_pop(struct call *c, const char *id, struct vim_instance **ret,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc =
        store_pop_get(call_db(c), store_seal(c->api->store), id, c->project, &text, err);
    return rc == ERR_OK ? call_decode(c, &vim_instance_type, &text, ret, err) : rc;
}

/* NEEDSWORK: new credentials replace the sealed ones before the driver has tried them. */
static enum err_code pop_update(struct call *c, struct err *err)
{
    struct vim_instance *old, *pop;
    enum err_code rc = read_pop(c, call_param(c, "id"), &old, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vim_instance_type, &pop, err);
    if (rc != ERR_OK)
        return rc;
    pop->id = old->id;
    pop->project_id = old->project_id;
    pop->hb_version = old->hb_version + 1;
    if (!pop->password)
        pop->password = old->password; /* masked: the stored one is kept */
    record_keep_ids(&vim_instance_type, pop, old, call_new_id, c);
    rc = check(pop, err);
    if (rc == ERR_OK)
        rc = check_name(c, pop, err);
    if (rc == ERR_OK)
        rc = store_pop_seal(call_db(c), store_seal(c->api->store), pop, &c->arena, err);
    return rc == ERR_OK ? tell(c, EV_POP_UPDATE, REST_CALL_POP, pop, err) : rc;
}

static enum err_code pop_refresh(struct call *c, struct err *err)
{
    struct vim_instance *pop;
    struct rest_call *o;
    enum err_code rc = read_pop(c, call_param(c, "id"), &pop, err);
    if (rc == ERR_OK)
        rc = rest_call_start(c, pop->id, REST_CALL_POP, &o, err);
    if (rc == ERR_OK)
        api_submit(c->api->commands, command_pop(EV_POP_REFRESH, o->id, pop->id),
                   rest_call_accepted, o);
    return rc;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static enum err_code pop_get(struct call *c, struct err *err)
{
    return store_pop_show(call_db(c), store_seal(c->api->store), call_param(c, "id"), c->project,
                          !session_is_service(c->session), &c->out, err);
}

static enum err_code pop_find(struct call *c, struct err *err)
{
    const char *name = http_request_query(c->req, "name");
    if (!name) {
        c->fail_status = 400;
        return err_set(err, ERR_SYNTAX, "Required String parameter 'name' is not present");
    }
    enum err_code rc = store_pop_find(call_db(c), store_seal(c->api->store), name, c->project,
                                      !session_is_service(c->session), &c->out, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "Not found vim Instance with name %s", name);
    return rc;
}

static enum err_code read_active(struct call *c, struct vim_instance **ret, struct err *err)
{
    enum err_code rc = read_pop(c, call_param(c, "id"), ret, err);
    if (rc == ERR_OK && !(*ret)->active)
        return err_set(err, ERR_UNAVAIL, "VimInstance %s is not reachable", (*ret)->name);
    return rc;
}

static enum err_code pop_images(struct call *c, struct err *err)
{
    struct vim_instance *pop;
    enum err_code rc = read_active(c, &pop, err);
    if (rc == ERR_OK)
        proto_encode_list(&image_type, &pop->images, PROTO_REST, &c->out);
    else if (rc == ERR_UNAVAIL)
        c->fail_status = 422;
    return rc;
}

static enum err_code pop_image(struct call *c, struct err *err)
{
    struct vim_instance *pop;
    const char *id = call_param(c, "imageId");
    enum err_code rc = read_active(c, &pop, err);
    if (rc == ERR_UNAVAIL)
        c->fail_status = 422;
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < pop->images.n; i++)
        if (pop->images.at[i]->id && strcmp(pop->images.at[i]->id, id) == 0) {
            call_json(c, &image_type, pop->images.at[i]);
            return ERR_OK;
        }
    return err_set(err, ERR_NOT_FOUND, "No image found with ID %s in VIM Instance %s", id,
                   pop->name);
}

/* clang-format off */
const struct endpoint pop_endpoints[] = {
    {"POST",   BASE,                          pop_add,         201, API_PROJECT, "Register a PoP; answers after its first refresh"},
    {"GET",    BASE,                          list_answer,        200, API_PROJECT | LIST(POP), "List the PoPs"},
    {"POST",   BASE "/multipledelete",        pop_delete_many, 204, API_PROJECT, "Delete several PoPs"},
    {"GET",    BASE "/search/findByName",     pop_find,        200, API_PROJECT, "Show a PoP by ?name="},
    {"GET",    BASE "/{id}",                  pop_get,         200, API_PROJECT, "Show a PoP"},
    {"PUT",    BASE "/{id}",                  pop_update,      202, API_PROJECT, "Change a PoP; masked secrets are kept"},
    {"DELETE", BASE "/{id}",                  pop_delete,      204, API_PROJECT, "Delete a PoP that is not in use"},
    {"GET",    BASE "/{id}/refresh",          pop_refresh,     200, API_PROJECT, "Ask the driver what is there"},
    {"GET",    BASE "/{id}/images",           pop_images,      200, API_PROJECT, "List the images of a PoP"},
    {"GET",    BASE "/{id}/images/{imageId}", pop_image,       200, API_PROJECT, "Show an image of a PoP"},
    {0},
};
/* clang-format on */
