/* Names of scripts' parameters: amqp-protocol.md 7.5. */
#include "common/base/sbuf.h"
#include "nfvo/catalogue/internal.h"
#include "proto/environment.h"

#include <string.h>

enum err_code catalogue_check_parameter(const char *name, struct err *err)
{
    if (!name || !environment_is_steering(name))
        return ERR_OK;
    err_set(err, ERR_INVALID, "no script may have the parameter '%.64s'", name);
    err_hint(err, "it would change how programs are loaded: give it another name");
    return ERR_INVALID;
}

enum err_code catalogue_check_parameters(const struct vnfd *v, const char *at, struct err *err)
{
    const struct configuration *c = v->configurations;
    for (uint32_t i = 0; c && i < c->parameters.n; i++)
        if (catalogue_check_parameter(c->parameters.at[i]->conf_key, err) != ERR_OK)
            return err_where(err, "%sconfigurations.configurationParameters[%u].confKey", at, i);
    for (uint32_t i = 0; i < v->provides.n; i++)
        if (catalogue_check_parameter(v->provides.at[i], err) != ERR_OK)
            return err_where(err, "%sprovides[%u]", at, i);
    return ERR_OK;
}

/* Type "BASH" and parameter "ENV" are BASH_ENV at the target. */
enum err_code catalogue_check_dependencies(const struct nsd *nsd, const struct name_index *index,
                                           struct err *err)
{
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        const char *type = nsd->vnfd.at[name_index_find(index, d->source)]->type;
        for (uint32_t k = 0; k < d->parameters.n; k++) {
            AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
            sbuf_addf(&name, "%s_%s", type ? type : "", d->parameters.at[k]);
            if (catalogue_check_parameter(name.s, err) != ERR_OK)
                return err_where(err, "vnf_dependency[%u].parameters[%u]", i, k);
        }
    }
    return ERR_OK;
}
