/* Dependencies and physical network functions of a network service: rest-api.md 2.5. The reference
 * stores nothing of what is sent here, and neither do we: a service's dependencies are made of its
 * descriptors, and change with its VNFs. */
#include <string.h>

#include "common/base/text.h"
#include "nfvo/api/context.h"
#include "nfvo/api/lifecycle/nsr.h"
#include "nfvo/store/store_record.h"
#include "proto/records/record.h"

#define BASE "/api/v1/ns-records/{id}"

/* Nothing of it is understood. */
#define PNFR_FIELDS(X) BASE_FIELDS(X)
PROTO_RECORD(pnfr, PNFR_FIELDS)
#define PROTO_THIS struct pnfr
PROTO_RECORD_DEFINE(pnfr, PNFR_FIELDS)
#undef PROTO_THIS

/* --- dependencies ----------------------------------------------------------------------------- */

static enum err_code dependencies(struct call *c, struct err *err)
{
    struct nsr *nsr;
    enum err_code rc = nsr_read(c, &nsr, err);
    if (rc == ERR_OK)
        proto_encode_list(&vnf_record_dependency_type, &nsr->vnf_dependency, PROTO_REST, &c->out);
    return rc;
}

static enum err_code find_dependency(struct call *c, struct vnf_record_dependency **ret,
                                     struct err *err)
{
    struct nsr *nsr;
    const char *id = call_param(c, "depId");
    enum err_code rc = nsr_read(c, &nsr, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++)
        if (text_matches(nsr->vnf_dependency.at[i]->id, id)) {
            *ret = nsr->vnf_dependency.at[i];
            return ERR_OK;
        }
    return err_set(err, ERR_NOT_FOUND, "No VNFDependency with ID %s found in NSR with ID %s", id,
                   call_param(c, "id"));
}

static enum err_code dependency(struct call *c, struct err *err)
{
    struct vnf_record_dependency *d;
    enum err_code rc = find_dependency(c, &d, err);
    if (rc == ERR_OK)
        call_json(c, &vnf_record_dependency_type, d);
    return rc;
}

static const char *host_of(const struct nsr *nsr, const char *instance)
{
    for (uint32_t v = 0; v < nsr->vnfr.n; v++)
        for (uint32_t u = 0; u < nsr->vnfr.at[v]->vdu.n; u++) {
            const struct vnfc_instance_list *all = &nsr->vnfr.at[v]->vdu.at[u]->vnfc_instance;
            for (uint32_t i = 0; i < all->n; i++)
                if (text_matches(all->at[i]->id, instance))
                    return all->at[i]->hostname;
        }
    return NULL;
}

/* Which host tells which VNF: {"source":hostname,"target":VNF}. */
static void list_hosts(const struct nsr *nsr, const struct vnf_record_dependency *d,
                       struct sbuf *out)
{
    for (uint32_t t = 0; t < d->vnfc_parameters.n; t++) {
        const struct vnfc_dependency_parameters *of = d->vnfc_parameters.at[t].value;
        for (uint32_t i = 0; of && i < of->parameters.n; i++) {
            const char *host = host_of(nsr, of->parameters.at[i].key);
            if (!host)
                continue;
            sbuf_adds(out, out->len > 1 ? ",{\"source\":" : "{\"source\":");
            proto_quotes(out, host);
            sbuf_adds(out, ",\"target\":");
            proto_quotes(out, d->target ? d->target : "");
            sbuf_addc(out, '}');
        }
    }
}

static enum err_code dependency_hosts(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct nsr *nsr;
    enum err_code rc = store_nsr_get(call_db(c), call_param(c, "id"), c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &nsr_type, &text, &nsr, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addc(&c->out, '[');
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++)
        list_hosts(nsr, nsr->vnf_dependency.at[i], &c->out);
    sbuf_addc(&c->out, ']');
    return ERR_OK;
}

/* Gives the body back, as the reference. */
static enum err_code give_back(struct call *c, const struct proto_type *type, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    void *body;
    enum err_code rc = store_nsr_doc(call_db(c), call_param(c, "id"), c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_body(c, type, &body, err);
    if (rc == ERR_OK)
        call_json(c, type, body);
    return rc;
}

static enum err_code dependency_echo(struct call *c, struct err *err)
{
    return give_back(c, &vnf_record_dependency_type, err);
}

static enum err_code dependency_remove(struct call *c, struct err *err)
{
    struct vnf_record_dependency *d;
    enum err_code rc = find_dependency(c, &d, err);
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_STATE, "the parameters that VNF '%s' gets are in use: they go with its VNFs",
            d->target ? d->target : "");
    return err_hint(err, "remove a VNF: baton nsr remove-vnf NSR VNF");
}

/* --- physical network functions: there are none ------------------------------------------------- */

static enum err_code pnfrs(struct call *c, struct err *err)
{
    struct nsr *nsr;
    enum err_code rc = nsr_read(c, &nsr, err);
    if (rc == ERR_OK)
        proto_encode_list(&vlr_type, &nsr->pnfr, PROTO_REST, &c->out);
    return rc;
}

static enum err_code no_pnfr(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_nsr_doc(call_db(c), call_param(c, "id"), c->project, &text, err);
    return rc == ERR_OK ? err_set(err, ERR_NOT_FOUND, "PNFD with id %s was not found",
                                  call_param(c, "partId"))
                        : rc;
}

static enum err_code pnfr_echo(struct call *c, struct err *err)
{
    return give_back(c, &pnfr_type, err);
}

/* clang-format off */
const struct endpoint nsr_part_endpoints[] = {
    {"GET",    BASE "/vnfdependencies",         dependencies,      200, API_PROJECT, "List the dependencies of a network service"},
    {"POST",   BASE "/vnfdependencies",         dependency_echo,   201, API_PROJECT, "Gives the dependency back, as in the reference: nothing is stored"},
    {"GET",    BASE "/vnfdependencies/{depId}", dependency,        200, API_PROJECT, "Show a dependency"},
    {"PUT",    BASE "/vnfdependencies/{depId}", dependency_echo,   202, API_PROJECT, "Gives the dependency back, as in the reference: nothing is stored"},
    {"DELETE", BASE "/vnfdependencies/{depId}", dependency_remove, 204, API_PROJECT, "Refused: a dependency goes with its VNFs"},
    {"GET",    BASE "/vnfdependenciesList",     dependency_hosts,  200, API_PROJECT, "List which host tells which VNF"},
    {"GET",    BASE "/pnfrecords",              pnfrs,             200, API_PROJECT, "List the physical network functions of a network service: there are none"},
    {"POST",   BASE "/pnfrecords",              pnfr_echo,         201, API_PROJECT, "Gives the record back, as in the reference: nothing is stored"},
    {"GET",    BASE "/pnfrecords/{partId}",     no_pnfr,           200, API_PROJECT, "There are none: 404"},
    {"PUT",    BASE "/pnfrecords/{partId}",     pnfr_echo,         202, API_PROJECT, "Gives the record back, as in the reference: nothing is stored"},
    {"DELETE", BASE "/pnfrecords/{partId}",     no_pnfr,           204, API_PROJECT, "There are none: 404"},
    {0},
};
/* clang-format on */
