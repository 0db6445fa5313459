/* /ns-descriptors: rest-api.md 2.1. */
#include <string.h>

#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/catalogue/nsd.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/request/precondition.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_package.h"
#include "proto/records/package.h"

#define BASE "/api/v1/ns-descriptors"

enum err_code nsd_not_found(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "Did not find a Network Service Descriptor with ID %s", id);
}

enum err_code nsd_read(struct call *c, struct nsd **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_NSD, id, c->project, &text, err);
    if (rc == ERR_NOT_FOUND)
        return nsd_not_found(id, err);
    return rc == ERR_OK ? call_decode(c, &nsd_type, &text, ret, err) : rc;
}

/* --- onboarding ----------------------------------------------------------------------------- */

static enum err_code find_vnfd(struct call *c, const char *id, struct sbuf *text, struct err *err)
{
    const char *parts[3];
    enum err_code rc;
    if (strchr(id, '/')) {
        rc = catalogue_split_reference(id, &c->arena, parts, err);
        if (rc == ERR_OK)
            rc = store_vnfd_find(call_db(c), c->project, parts[0], parts[1], parts[2], text, err);
    } else
        rc = store_doc_get(call_db(c), STORE_VNFD, id, c->project, text, err);
    return rc;
}

static enum err_code resolve(struct call *c, struct nsd *nsd, struct err *err)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        const char *id = nsd->vnfd.at[i]->id;
        if (!catalogue_is_reference(nsd->vnfd.at[i]))
            continue;
        enum err_code rc = find_vnfd(c, id, &text, err);
        if (rc == ERR_NOT_FOUND) {
            err_set(err, rc,
                    "Not found VNFD with ID: %s. Did you try to create a new VNFD instead of using "
                    "an already existing one?",
                    id);
            err_hint(err, "a VNFD with an id refers to a stored one: leave the id out to make one");
        }
        if (rc == ERR_OK)
            rc = call_decode(c, &vnfd_type, &text, &nsd->vnfd.at[i], err);
        if (rc != ERR_OK)
            return err_where(err, "vnfd[%u].id", i);
    }
    return ERR_OK;
}

static enum err_code nsd_add(struct call *c, struct err *err)
{
    AUTO(descriptor_advice_release)
    struct descriptor_advice advice = {.call = c, .kind = "nsd", .list = SBUF_INIT};
    struct nsd *nsd = NULL;
    struct vnf_package_list packages = {0};
    struct catalogue_rules rules;
    enum err_code rc = descriptor_rules(c, &rules, err);
    if (rc == ERR_OK)
        rc = call_body(c, &nsd_type, &nsd, err);
    if (rc == ERR_OK)
        rc = catalogue_check_nsd_schema(nsd, err);
    if (rc == ERR_OK)
        rc = resolve(c, nsd, err);
    if (rc == ERR_OK)
        catalogue_advise_nsd(nsd, &c->arena, descriptor_advise, &advice);
    if (rc == ERR_OK)
        rc = catalogue_onboard_nsd(nsd, &rules, &c->arena, err);
    if (rc == ERR_OK)
        nsd->id = call_object_id(c);
    for (uint32_t i = 0; rc == ERR_OK && i < nsd->vnfd.n; i++) {
        rc = descriptor_adopt_link(c, nsd->vnfd.at[i], &packages, err);
        if (rc != ERR_OK)
            err_where(err, "vnfd[%u].vnfPackageLocation", i);
    }
    if (rc == ERR_OK)
        rc = store_nsd_add(call_db(c), nsd, &packages, err);
    if (rc == ERR_OK)
        descriptor_answer(&advice, &nsd_type, nsd, nsd->id);
    return rc;
}

/* --- reading and changing ------------------------------------------------------------------- */

static enum err_code nsd_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_NSD, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? nsd_not_found(id, err) : rc;
}

/* Only five members change. What the body does not say stays, but enabled, which is true then. */
static void take_changes(struct nsd *nsd, const struct nsd *body)
{
    nsd->name = body->name ? body->name : nsd->name;
    nsd->vendor = body->vendor ? body->vendor : nsd->vendor;
    nsd->version = body->version ? body->version : nsd->version;
    nsd->nfvo_version = body->nfvo_version ? body->nfvo_version : nsd->nfvo_version;
    nsd->enabled = body->enabled;
}

/* --- one that changes ------------------------------------------------------------------------- */

void nsd_change_release(struct nsd_change *change)
{
    sbuf_release(&change->was);
}

enum err_code nsd_change_begin(struct nsd_change *change, const char *id, struct err *err)
{
    struct call *c = change->call;
    enum err_code rc = store_doc_get(call_db(c), STORE_NSD, id, c->project, &change->was, err);
    if (rc == ERR_NOT_FOUND)
        return nsd_not_found(id, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &nsd_type, &change->was, &change->old, err);
    if (rc == ERR_OK)
        rc = precondition_check(c, err);
    if (rc == ERR_OK)
        change->nsd = proto_dup(&nsd_type, change->old, &c->arena);
    return rc;
}

enum err_code nsd_change_end(struct nsd_change *change, const char *removed, struct err *err)
{
    struct call *c = change->call;
    struct nsd *nsd = change->nsd;
    struct catalogue_rules rules = descriptor_change_rules(c, change->old, change->old->project_id);
    const struct store_nsd_change stored = {.was = change->was.s,
                                            .removed = removed,
                                            .is_package = c->api->options->is_package_cascade};
    enum err_code rc = catalogue_check_nsd_schema(nsd, err);
    if (rc == ERR_OK)
        rc = catalogue_onboard_nsd(nsd, &rules, &c->arena, err);
    for (uint32_t i = 0; rc == ERR_OK && i < change->packages.n; i++)
        rc = store_package_add(call_db(c), change->packages.at[i], change->packages.at[i]->id, NULL,
                               err);
    if (rc == ERR_OK)
        rc = store_nsd_set(call_db(c), nsd, &stored, err);
    if (rc != ERR_STATE)
        return rc;
    err_set(err, rc, "NSD '%s' was changed by somebody else at the same time", nsd->name);
    return err_hint(err, "read it again, then send the change again");
}

/* The id is the body's. Checked as a new one. */
static enum err_code nsd_update(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct nsd *body;
    enum err_code rc = call_body(c, &nsd_type, &body, err);
    if (rc == ERR_OK && (!body->id || !*body->id))
        return err_set(err, ERR_INVALID, "No id found in the passed NSD");
    if (rc == ERR_OK)
        rc = nsd_change_begin(&change, body->id, err);
    if (rc != ERR_OK)
        return rc;
    take_changes(change.nsd, body);
    rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK)
        call_json(c, &nsd_type, change.nsd);
    return rc;
}

static enum err_code check_unused(struct call *c, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct nsr *nsr;
    enum err_code rc = store_nsd_user(call_db(c), id, &text, err);
    if (rc == ERR_NOT_FOUND)
        return ERR_OK;
    if (rc == ERR_OK)
        rc = call_decode(c, &nsr_type, &text, &nsr, err);
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_STATE,
            "The NetworkServiceRecord %s (%s) created from the NetworkServiceDescriptor %s is not "
            "yet in ACTIVE state but in %s.",
            nsr->name, nsr->id, id, nsr->status);
    return err_hint(err, "wait until it is, or delete it: DELETE /api/v1/ns-records/%s", nsr->id);
}

/* An unknown id is 422 here, as the reference has it. */
static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    const struct store_nsd_cascade cascade = {c->api->options->is_vnfd_cascade,
                                              c->api->options->is_package_cascade};
    enum err_code rc = check_unused(c, id, err);
    if (rc == ERR_OK)
        rc = store_nsd_delete(call_db(c), id, c->project, &cascade, err);
    if (rc != ERR_NOT_FOUND)
        return rc;
    c->fail_status = 422;
    return nsd_not_found(id, err);
}

static enum err_code nsd_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code nsd_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint nsd_endpoints[] = {
    {"POST",   BASE,                                nsd_add,          201, API_PROJECT, "Onboard a network service descriptor"},
    {"GET",    BASE,                                list_answer,         200, API_PROJECT | LIST(NSD), "List the NSDs"},
    {"POST",   BASE "/multipledelete",              nsd_delete_many,  204, API_PROJECT, "Delete several NSDs"},
    {"GET",    BASE "/{id}",                        nsd_get,          200, API_PROJECT, "Show an NSD"},
    {"PUT",    BASE "/{id}",                        nsd_update,       202, API_PROJECT, "Change name, vendor, versions, enabled of an NSD"},
    {"DELETE", BASE "/{id}",                        nsd_delete,       204, API_PROJECT, "Delete an NSD"},
    {0},
};
/* clang-format on */
