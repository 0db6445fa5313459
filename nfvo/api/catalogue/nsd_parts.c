/* VNFDs and dependencies of an NSD, one by one: rest-api.md 2.1. A change of one is a change of the
 * NSD, checked and stored as such. */
#include <string.h>

#include "common/base/text.h"
#include "nfvo/api/catalogue/nsd.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/package.h"

#define BASE "/api/v1/ns-descriptors/{id}"

/* --- VNFDs ------------------------------------------------------------------------------------ */

static enum err_code vnfds(struct call *c, struct err *err)
{
    struct nsd *nsd;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        proto_encode_list(&vnfd_type, &nsd->vnfd, PROTO_REST, &c->out);
    return rc;
}

/* Its place; the number of them: none. */
static uint32_t place_of_vnfd(const struct nsd *nsd, const char *id)
{
    uint32_t i = 0;
    while (i < nsd->vnfd.n && !text_matches(nsd->vnfd.at[i]->id, id))
        i++;
    return i;
}

static enum err_code find_vnfd(struct call *c, const struct nsd *nsd, uint32_t *ret,
                               struct err *err)
{
    const char *id = call_param(c, "vnfdId");
    *ret = place_of_vnfd(nsd, id);
    if (*ret < nsd->vnfd.n)
        return ERR_OK;
    return err_set(err, ERR_NOT_FOUND, "The NSD with ID %s does not contain a VNFD with ID %s",
                   call_param(c, "id"), id);
}

static enum err_code vnfd(struct call *c, struct err *err)
{
    struct nsd *nsd;
    uint32_t at = 0;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        rc = find_vnfd(c, nsd, &at, err);
    if (rc == ERR_OK)
        call_json(c, &vnfd_type, nsd->vnfd.at[at]);
    return rc;
}

static enum err_code read_vnfd(struct nsd_change *change, struct vnfd **ret, struct err *err)
{
    struct call *c = change->call;
    enum err_code rc = call_body(c, &vnfd_type, ret, err);
    if (rc == ERR_OK)
        rc = catalogue_check_vnfd_schema(*ret, err);
    return rc;
}

static enum err_code vnfd_add(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct vnfd *v;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = read_vnfd(&change, &v, err);
    if (rc != ERR_OK)
        return rc;
    v->id = NULL; /* a new one, whatever the body says */
    v->hb_version = 0;
    v->project_id = change.old->project_id;
    v->created_at = v->updated_at = call_now(c);
    rc = descriptor_adopt_link(c, v, &change.packages, err);
    proto_list_add(&change.nsd->vnfd, v, &c->arena);
    if (rc == ERR_OK)
        rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK)
        call_json(c, &vnfd_type, v);
    return rc;
}

/* The stored VNFD and the copy that this NSD has of it. */
static enum err_code vnfd_update(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct vnfd *v = NULL;
    uint32_t at = 0;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = find_vnfd(c, change.nsd, &at, err);
    if (rc == ERR_OK)
        rc = read_vnfd(&change, &v, err);
    if (rc != ERR_OK)
        return rc;
    const struct vnfd *old = change.old->vnfd.at[at];
    v->id = old->id;
    v->hb_version = old->hb_version + 1;
    v->project_id = old->project_id;
    v->created_at = old->created_at;
    v->updated_at = call_now(c);
    v->vnf_package_location = old->vnf_package_location; /* the server's to know */
    change.nsd->vnfd.at[at] = v;
    rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK)
        rc = store_vnfd_set(call_db(c), v, NULL, err);
    if (rc == ERR_OK)
        call_json(c, &vnfd_type, v);
    return rc;
}

/* Dependencies that name it go with it; what another VNFD requires of it does not, and is refused. */
static void drop_dependencies(struct nsd *nsd, const char *name)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        if (!text_matches(d->source, name) && !text_matches(d->target, name))
            nsd->vnf_dependency.at[n++] = d;
    }
    nsd->vnf_dependency.n = n;
}

static enum err_code check_other_user(struct call *c, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    enum err_code rc = store_vnfd_user(call_db(c), id, call_param(c, "id"), &user, err);
    if (rc != ERR_OK || user.len == 0)
        return rc;
    return err_set(err, ERR_STATE, "NSD with id: %s is still onboarded and referencing this VNFD",
                   user.s);
}

static enum err_code vnfd_remove(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    uint32_t at = 0;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    struct nsd *nsd = change.nsd;
    if (rc == ERR_OK)
        rc = find_vnfd(c, nsd, &at, err);
    if (rc == ERR_OK && nsd->vnfd.n == 1) {
        err_set(err, ERR_STATE, "NSD with id: %s cannot contain less than 1 vnfd", nsd->id);
        c->fail_status = 403;
        return err_hint(err, "delete the NSD: DELETE /api/v1/ns-descriptors/%s", nsd->id);
    }
    if (rc == ERR_OK)
        rc = check_other_user(c, nsd->vnfd.at[at]->id, err);
    if (rc != ERR_OK)
        return rc;
    const struct vnfd *gone = nsd->vnfd.at[at];
    drop_dependencies(nsd, gone->name);
    memmove(&nsd->vnfd.at[at], &nsd->vnfd.at[at + 1],
            (nsd->vnfd.n - at - 1) * sizeof(nsd->vnfd.at[0]));
    nsd->vnfd.n--;
    return nsd_change_end(&change, gone->id, err);
}

/* --- dependencies ----------------------------------------------------------------------------- */

static enum err_code dependencies(struct call *c, struct err *err)
{
    struct nsd *nsd;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        proto_encode_list(&vnf_dependency_type, &nsd->vnf_dependency, PROTO_REST, &c->out);
    return rc;
}

static uint32_t place_of_dependency(const struct nsd *nsd, const char *id)
{
    uint32_t i = 0;
    while (i < nsd->vnf_dependency.n && !text_matches(nsd->vnf_dependency.at[i]->id, id))
        i++;
    return i;
}

/* Unknown: an empty body, as the reference answers. */
static enum err_code dependency(struct call *c, struct err *err)
{
    struct nsd *nsd;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc != ERR_OK)
        return rc;
    uint32_t at = place_of_dependency(nsd, call_param(c, "depId"));
    if (at < nsd->vnf_dependency.n)
        call_json(c, &vnf_dependency_type, nsd->vnf_dependency.at[at]);
    return ERR_OK;
}

static enum err_code no_dependency(struct call *c, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "No VNFDependency with ID %s found in NSD with ID %s",
                   call_param(c, "depId"), call_param(c, "id"));
}

static struct vnf_dependency *between(const struct nsd *nsd, const char *source, const char *target)
{
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        if (text_matches(d->source, source) && text_matches(d->target, target))
            return d;
    }
    return NULL;
}

/* Missing members, in the body's own words; the rest is the NSD's to check. */
static enum err_code read_dependency(struct call *c, struct vnf_dependency **ret, struct err *err)
{
    enum err_code rc = call_body(c, &vnf_dependency_type, ret, err);
    if (rc == ERR_OK)
        rc = proto_validate(&vnf_dependency_type, *ret, err);
    if (rc == ERR_INVALID)
        c->fail_status = 400; /* the reference's schema check */
    return rc;
}

/* One of the same source and target is there: it gets the parameters, too. */
static enum err_code dependency_add(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct vnf_dependency *d;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = read_dependency(c, &d, err);
    if (rc != ERR_OK)
        return rc;
    d->id = NULL;
    const char *source = d->source, *target = d->target;
    proto_list_add(&change.nsd->vnf_dependency, d, &c->arena);
    rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK)
        call_json(c, &vnf_dependency_type, between(change.nsd, source, target));
    return rc;
}

static enum err_code dependency_update(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct vnf_dependency *d;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    uint32_t at = rc == ERR_OK ? place_of_dependency(change.nsd, call_param(c, "depId")) : 0;
    if (rc == ERR_OK && at == change.nsd->vnf_dependency.n)
        return no_dependency(c, err);
    if (rc == ERR_OK)
        rc = read_dependency(c, &d, err);
    if (rc != ERR_OK)
        return rc;
    d->id = change.old->vnf_dependency.at[at]->id;
    const char *source = d->source, *target = d->target;
    change.nsd->vnf_dependency.at[at] = d;
    rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK)
        call_json(c, &vnf_dependency_type, between(change.nsd, source, target));
    return rc;
}

/* One that a VNFD requires would be there again at once. */
static enum err_code check_required(const struct nsd *nsd, const struct vnf_dependency *d,
                                    struct err *err)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        for (uint32_t k = 0; k < nsd->vnfd.at[i]->requires.n; k++)
            if (text_matches(nsd->vnfd.at[i]->name, d->target) &&
                text_matches(nsd->vnfd.at[i]->requires.at[k].key, d->source)) {
                err_set(err, ERR_STATE, "VNFD '%s' requires what '%s' provides", d->target,
                        d->source);
                return err_hint(err, "change the member requires of that VNFD: PUT "
                                     "/api/v1/ns-descriptors/{id}/vnfdescriptors/{vnfdId}");
            }
    return ERR_OK;
}

static enum err_code dependency_remove(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    struct nsd *nsd = change.nsd;
    uint32_t at = rc == ERR_OK ? place_of_dependency(nsd, call_param(c, "depId")) : 0;
    if (rc == ERR_OK && at == nsd->vnf_dependency.n)
        return no_dependency(c, err);
    if (rc == ERR_OK)
        rc = check_required(nsd, nsd->vnf_dependency.at[at], err);
    if (rc != ERR_OK)
        return rc;
    memmove(&nsd->vnf_dependency.at[at], &nsd->vnf_dependency.at[at + 1],
            (nsd->vnf_dependency.n - at - 1) * sizeof(nsd->vnf_dependency.at[0]));
    nsd->vnf_dependency.n--;
    return nsd_change_end(&change, NULL, err);
}

/* clang-format off */
const struct endpoint nsd_part_endpoints[] = {
    {"GET",    BASE "/vnfdescriptors",          vnfds,             200, API_PROJECT, "List the VNFDs of an NSD"},
    {"POST",   BASE "/vnfdescriptors",          vnfd_add,          201, API_PROJECT, "Add a VNFD to an NSD"},
    {"GET",    BASE "/vnfdescriptors/{vnfdId}", vnfd,              200, API_PROJECT, "Show a VNFD of an NSD"},
    {"PUT",    BASE "/vnfdescriptors/{vnfdId}", vnfd_update,       202, API_PROJECT, "Replace a VNFD inside an NSD"},
    {"DELETE", BASE "/vnfdescriptors/{vnfdId}", vnfd_remove,       204, API_PROJECT, "Remove a VNFD from an NSD, with the dependencies that name it"},
    {"GET",    BASE "/vnfdependencies",         dependencies,      200, API_PROJECT, "List the dependencies of an NSD"},
    {"POST",   BASE "/vnfdependencies",         dependency_add,    201, API_PROJECT, "Add a dependency to an NSD"},
    {"GET",    BASE "/vnfdependencies/{depId}", dependency,        200, API_PROJECT, "Show a dependency of an NSD"},
    {"PUT",    BASE "/vnfdependencies/{depId}", dependency_update, 202, API_PROJECT, "Replace a dependency of an NSD"},
    {"DELETE", BASE "/vnfdependencies/{depId}", dependency_remove, 204, API_PROJECT, "Remove a dependency from an NSD"},
    {0},
};
/* clang-format on */
