/* /vnf-descriptors: rest-api.md 2.3. */
#include <string.h>

#include "common/log/log.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/request/precondition.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_package.h"

#define BASE "/api/v1/vnf-descriptors"

static enum err_code no_vnfd(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "No VNFD found with ID %s", id);
}

static enum err_code read_vnfd(struct call *c, struct sbuf *text, struct vnfd **ret,
                               struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, text, err);
    if (rc == ERR_NOT_FOUND)
        return no_vnfd(id, err);
    return rc == ERR_OK ? call_decode(c, &vnfd_type, text, ret, err) : rc;
}

/* The way of every VNFD that comes without package, new or changed (old). */
static enum err_code onboard(struct call *c, struct vnfd *old, struct vnfd **ret,
                             struct vnf_package_list *packages, struct err *err)
{
    struct catalogue_rules rules =
        descriptor_change_rules(c, old, old ? old->project_id : c->project);
    enum err_code rc = old ? ERR_OK : call_one_project(c, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vnfd_type, ret, err);
    if (rc == ERR_OK)
        rc = catalogue_check_vnfd_schema(*ret, err);
    if (rc == ERR_OK)
        rc = catalogue_onboard_vnfd(*ret, &rules, &c->arena, err);
    if (rc == ERR_OK && old &&
        !(*ret)->vnf_package_location) /* the package is the server's to know */
        (*ret)->vnf_package_location = old->vnf_package_location;
    const char *own = rc == ERR_OK ? (*ret)->vnf_package_location : NULL;
    if (rc == ERR_OK && old && own && old->vnf_package_location &&
        strcmp(own, old->vnf_package_location) == 0)
        return ERR_OK; /* as it was */
    return rc == ERR_OK ? descriptor_adopt_link(c, *ret, packages, err) : rc;
}

static enum err_code vnfd_add(struct call *c, struct err *err)
{
    AUTO(descriptor_advice_release)
    struct descriptor_advice advice = {.call = c, .kind = "vnfd", .list = SBUF_INIT};
    struct vnf_package_list packages = {0};
    struct vnfd *vnfd = NULL;
    enum err_code rc = onboard(c, NULL, &vnfd, &packages, err);
    if (rc == ERR_OK)
        vnfd->id = call_object_id(c);
    if (rc == ERR_OK)
        rc = store_vnfd_add(call_db(c), vnfd, &packages, err);
    if (rc == ERR_OK)
        catalogue_advise_vnfd(vnfd, &c->arena, descriptor_advise, &advice);
    if (rc == ERR_OK)
        descriptor_answer(&advice, &vnfd_type, vnfd, vnfd->id);
    return rc;
}

static enum err_code vnfd_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? no_vnfd(id, err) : rc;
}

static enum err_code vnfd_vdu(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vnfd *vnfd;
    const char *id = call_param(c, "vduId");
    enum err_code rc = read_vnfd(c, &text, &vnfd, err);
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

/* Checked as a new one; ids stay with what has them. */
static enum err_code vnfd_update(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf was = SBUF_INIT;
    struct vnfd *old, *vnfd = NULL;
    struct vnf_package_list packages = {0};
    enum err_code rc = read_vnfd(c, &was, &old, err);
    if (rc == ERR_OK)
        rc = precondition_check(c, err);
    if (rc == ERR_OK)
        rc = onboard(c, old, &vnfd, &packages, err);
    for (uint32_t i = 0; rc == ERR_OK && i < packages.n; i++)
        rc = store_package_add(call_db(c), packages.at[i], packages.at[i]->id, NULL, err);
    if (rc == ERR_OK)
        rc = store_vnfd_set(call_db(c), vnfd, was.s, err);
    if (rc == ERR_STATE)
        err_hint(err, "read it again, then send the change again");
    if (rc == ERR_OK)
        call_json(c, &vnfd_type, vnfd);
    return rc;
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
    enum err_code rc = store_vnfd_user(call_db(c), id, NULL, &user, err);
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
    {"GET",    BASE,                     list_answer,        200, API_PROJECT | LIST(VNFD), "List the VNFDs"},
    {"POST",   BASE "/multipledelete",   vnfd_delete_many, 204, API_PROJECT, "Delete several VNFDs"},
    {"GET",    BASE "/{id}",             vnfd_get,         200, API_PROJECT, "Show a VNFD"},
    {"PUT",    BASE "/{id}",             vnfd_update,      202, API_PROJECT, "Replace a VNFD"},
    {"DELETE", BASE "/{id}",             vnfd_delete,      204, API_PROJECT, "Delete a VNFD"},
    {"GET",    BASE "/{id}/vdus/{vduId}", vnfd_vdu,        200, API_PROJECT, "Show a VDU of a VNFD"},
    {0},
};
/* clang-format on */
