/* Every name in a deployment's body must mean something: a configuration for a VNF that is not
 * there, or a PoP for a VDU that is not, would be dropped without a word, and the service would run
 * with another configuration, or elsewhere, than the user believes. */
#include <stdio.h>
#include <string.h>

#include "nfvo/catalogue/catalogue.h"
#include "nfvo/catalogue/internal.h"
#include "nfvo/catalogue/plan_internal.h"

/* "there are: a, b, c" as the hint, as far as it fits. */
struct names {
    char text[160];
    bool is_cut;
};

static void add_name(struct names *n, const char *name)
{
    size_t used = strlen(n->text);
    if (n->is_cut || !name)
        return;
    n->is_cut = used + strlen(name) + sizeof(", ...") > sizeof(n->text);
    snprintf(n->text + used, sizeof(n->text) - used, "%s%s", used ? ", " : "",
             n->is_cut ? "..." : name);
}

static enum err_code refuse(struct err *err, const char *path, const char *what,
                            const struct names *names)
{
    err_set(err, ERR_INVALID, "%s: %s", path, what);
    err_hint(err, names->text[0] ? "there are: %s" : "there are none%s", names->text);
    return err_where(err, "%s", path);
}

/* --- members ---------------------------------------------------------------------------------- */

static void on_unknown(void *arg, const char *path, const char *what)
{
    struct err *err = arg;
    if (err->code != ERR_OK)
        return;
    err_set(err, ERR_INVALID, "%s: %s", path, what);
    err_where(err, "%s", path);
    err_hint(err, "there are: keys, vduVimInstances, configurations (name, configurationParameters "
                  "(confKey, value, description)), monitoringIp, name");
}

static enum err_code check_members(const struct deploy_body *body, struct err *err)
{
    struct err found = ERR_INIT;
    catalogue_unknown_members(&deploy_body_type, body, on_unknown, &found);
    if (found.code != ERR_OK && err)
        *err = found;
    return found.code;
}

/* --- VDUs ------------------------------------------------------------------------------------- */

static bool has_vdu(const struct nsd *nsd, const char *name, struct names *names)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        for (uint32_t k = 0; k < nsd->vnfd.at[i]->vdu.n; k++) {
            const char *own = nsd->vnfd.at[i]->vdu.at[k]->name;
            if (own && strcmp(own, name) == 0)
                return true;
            add_name(names, own);
        }
    return false;
}

static enum err_code check_vdus(const struct deploy_body *body, const struct nsd *nsd,
                                struct arena *a, struct err *err)
{
    for (uint32_t i = 0; i < body->vdu_vim_instances.n; i++) {
        struct names names = {0};
        const char *name = body->vdu_vim_instances.at[i].key;
        if (!has_vdu(nsd, name, &names))
            return refuse(err, arena_printf(a, "vduVimInstances.%s", name),
                          "the NSD has no VDU of this name", &names);
    }
    return ERR_OK;
}

/* --- configurations --------------------------------------------------------------------------- */

static const struct vnfd *find_vnfd(const struct nsd *nsd, const char *name, struct names *names)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        if (strcmp(nsd->vnfd.at[i]->name, name) == 0)
            return nsd->vnfd.at[i];
        add_name(names, nsd->vnfd.at[i]->name);
    }
    return NULL;
}

/* What a deployment may give without the descriptor's word: amqp-protocol.md 9.7, fixed hosts. */
static bool is_login(const struct vnfd *v, const char *key, struct arena *a)
{
    if (strcmp(key, "ssh_username") == 0 || strcmp(key, "ssh_password") == 0)
        return true;
    for (uint32_t i = 0; i < v->vdu.n; i++)
        for (uint32_t k = 0; k < v->vdu.at[i]->vnfc.n; k++) {
            const struct vnf_component *c = v->vdu.at[i]->vnfc.at[k];
            for (uint32_t m = 0; m < c->connection_point.n; m++) {
                const char *link = c->connection_point.at[m]->virtual_link_reference;
                if (link && strcmp(arena_printf(a, "ssh_%s_ip", link), key) == 0)
                    return true;
            }
        }
    return false;
}

static bool has_key(const struct vnfd *v, const char *key, struct names *names, struct arena *a)
{
    for (uint32_t i = 0; v->configurations && i < v->configurations->parameters.n; i++) {
        const char *own = v->configurations->parameters.at[i]->conf_key;
        if (own && strcmp(own, key) == 0)
            return true;
        add_name(names, own);
    }
    return is_login(v, key, a);
}

/* A body may also add parameters (rest-api.md 2.5): what is added has a description, as the
 * dashboard sends it, so that a misspelled key is no new one. */
static enum err_code check_parameter(const struct vnfd *v, const struct configuration_parameter *p,
                                     const char *path, struct arena *a, struct err *err)
{
    struct names names = {0};
    if (!p->conf_key || !*p->conf_key) {
        err_set(err, ERR_INVALID, "%s.confKey: must not be empty", path);
        return err_where(err, "%s.confKey", path);
    }
    if (catalogue_check_parameter(p->conf_key, err) != ERR_OK)
        return err_where(err, "%s.confKey", path);
    if (p->description || has_key(v, p->conf_key, &names, a))
        return ERR_OK;
    return refuse(err, arena_printf(a, "%s.confKey", path),
                  arena_printf(a,
                               "VNFD '%s' has no parameter '%s'; a new one is added by giving it "
                               "a description",
                               v->name, p->conf_key),
                  &names);
}

static enum err_code check_configurations(const struct deploy_body *body, const struct nsd *nsd,
                                          struct arena *a, struct err *err)
{
    enum err_code rc = ERR_OK;
    for (uint32_t i = 0; rc == ERR_OK && i < body->configurations.n; i++) {
        struct names names = {0};
        const char *name = body->configurations.at[i].key;
        const struct configuration *c = body->configurations.at[i].value;
        const struct vnfd *v = find_vnfd(nsd, name, &names);
        if (!v)
            return refuse(err, arena_printf(a, "configurations.%s", name),
                          "the NSD has no VNFD of this name", &names);
        for (uint32_t k = 0; rc == ERR_OK && k < c->parameters.n; k++)
            rc = check_parameter(
                v, c->parameters.at[k],
                arena_printf(a, "configurations.%s.configurationParameters[%u]", name, k), a, err);
    }
    return rc;
}

enum err_code plan_body(const struct deploy_body *body, const struct nsd *nsd, struct arena *a,
                        struct err *err)
{
    if (!body)
        return ERR_OK;
    enum err_code rc = check_members(body, err);
    if (rc == ERR_OK)
        rc = check_vdus(body, nsd, a, err);
    if (rc == ERR_OK)
        rc = check_configurations(body, nsd, a, err);
    return rc;
}
