/* /vnf-descriptors: rest-api.md 2.3. */
#include <string.h>

#include "nfvo/api/descriptor.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_package.h"

#define BASE "/api/v1/vnf-descriptors"

enum err_code call_one_project(struct call *c, struct err *err)
{
    if (c->project && strcmp(c->project, "*") != 0)
        return ERR_OK;
    return err_set(err, ERR_INVALID, "the header project-id must name one project here");
}

enum err_code descriptor_rules(struct call *c, struct catalogue_rules *ret, struct err *err)
{
    *ret = (struct catalogue_rules){.project_id = c->project,
                                    .now = call_now(c),
                                    .is_start_ordered = c->api->options->is_start_ordered,
                                    .make_id = call_new_id,
                                    .arg = c};
    return call_one_project(c, err);
}

enum err_code descriptor_delete_many(struct call *c,
                                     enum err_code (*remove_one)(struct call *c, const char *id,
                                                                 struct err *err),
                                     struct err *err)
{
    struct proto_strs ids;
    enum err_code rc = call_body_ids(c, &ids, err);
    for (uint32_t i = 0; rc == ERR_OK && i < ids.n; i++)
        rc = remove_one(c, ids.at[i], err);
    return rc;
}

static enum err_code no_vnfd(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "No VNFD found with ID %s", id);
}

static enum err_code read_vnfd(struct call *c, struct vnfd **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, &text, err);
    if (rc == ERR_NOT_FOUND)
        return no_vnfd(id, err);
    return rc == ERR_OK ? call_decode(c, &vnfd_type, &text, ret, err) : rc;
}

static enum err_code vnfd_add(struct call *c, struct err *err)
{
    struct vnfd *vnfd;
    struct catalogue_rules rules;
    enum err_code rc = descriptor_rules(c, &rules, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vnfd_type, &vnfd, err);
    if (rc == ERR_OK)
        rc = catalogue_check_vnfd_schema(vnfd, err);
    if (rc == ERR_OK)
        rc = catalogue_onboard_vnfd(vnfd, &rules, &c->arena, err);
    if (rc == ERR_OK)
        rc = descriptor_adopt_link(c, vnfd, err);
    if (rc == ERR_OK)
        rc = store_vnfd_add(call_db(c), vnfd, err);
    if (rc == ERR_OK)
        call_json(c, &vnfd_type, vnfd);
    return rc;
}

static enum err_code vnfd_list(struct call *c, struct err *err)
{
    return store_doc_list(call_db(c), STORE_VNFD, c->project, &c->out, err);
}

static enum err_code vnfd_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? no_vnfd(id, err) : rc;
}

static enum err_code vnfd_vdu(struct call *c, struct err *err)
{
    struct vnfd *vnfd;
    const char *id = call_param(c, "vduId");
    enum err_code rc = read_vnfd(c, &vnfd, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < vnfd->vdu.n; i++)
        if (strcmp(vnfd->vdu.at[i]->id, id) == 0) {
            call_json(c, &vdu_type, vnfd->vdu.at[i]);
            return ERR_OK;
        }
    return err_set(err, ERR_NOT_FOUND, "No VDU with ID %s was found in the VNFD with ID %s", id,
                   vnfd->id);
}

/* Checked as a new one; the id stays. */
static enum err_code vnfd_update(struct call *c, struct err *err)
{
    struct vnfd *old, *vnfd;
    struct catalogue_rules rules;
    enum err_code rc = read_vnfd(c, &old, err);
    if (rc == ERR_OK)
        rc = descriptor_rules(c, &rules, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vnfd_type, &vnfd, err);
    if (rc == ERR_OK)
        rc = catalogue_check_vnfd_schema(vnfd, err);
    if (rc == ERR_OK)
        rc = catalogue_onboard_vnfd(vnfd, &rules, &c->arena, err);
    if (rc != ERR_OK)
        return rc;
    vnfd->id = old->id;
    vnfd->hb_version = old->hb_version + 1;
    vnfd->created_at = old->created_at;
    call_json(c, &vnfd_type, vnfd);
    return store_doc_set(call_db(c), STORE_VNFD, old->id, c->out.s, err);
}

/* With its package, if it has one and they go together. */
static enum err_code delete_vnfd(struct call *c, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vnfd *v;
    enum err_code rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &vnfd_type, &text, &v, err);
    if (rc != ERR_OK)
        return rc;
    const char *package = v->vnf_package_location;
    if (c->api->options->is_package_cascade && package && *package) {
        rc = store_package_delete(call_db(c), package, c->project, false, err);
        if (rc != ERR_OK && rc != ERR_NOT_FOUND)
            return rc;
    }
    return store_doc_delete(call_db(c), STORE_VNFD, id, c->project, err);
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    enum err_code rc = store_vnfd_user(call_db(c), id, &user, err);
    if (rc == ERR_OK && user.len > 0) {
        err_set(err, ERR_STATE, "NSD with id: %s is still onboarded and referencing this VNFD",
                user.s);
        return err_hint(err, "delete that NSD first");
    }
    if (rc == ERR_OK)
        rc = delete_vnfd(c, id, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "Virtual Network Function Descriptor with ID %s was not found", id);
    return rc;
}

static enum err_code vnfd_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code vnfd_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint vnfd_endpoints[] = {
    {"POST",   BASE,                     vnfd_add,         201, API_PROJECT, "Onboard a VNF descriptor without a package"},
    {"GET",    BASE,                     vnfd_list,        200, API_PROJECT, "List the VNFDs"},
    {"POST",   BASE "/multipledelete",   vnfd_delete_many, 204, API_PROJECT, "Delete several VNFDs"},
    {"GET",    BASE "/{id}",             vnfd_get,         200, API_PROJECT, "Show a VNFD"},
    {"PUT",    BASE "/{id}",             vnfd_update,      202, API_PROJECT, "Replace a VNFD"},
    {"DELETE", BASE "/{id}",             vnfd_delete,      204, API_PROJECT, "Delete a VNFD"},
    {"GET",    BASE "/{id}/vdus/{vduId}", vnfd_vdu,        200, API_PROJECT, "Show a VDU of a VNFD"},
    {0},
};
/* clang-format on */
