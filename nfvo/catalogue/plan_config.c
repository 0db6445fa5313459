/* The user's configuration over the descriptor's, and the login data of VNFs on fixed hosts:
 * amqp-protocol.md 4.2, 6 and 7. The NSD in the store is not changed. */
#include <string.h>

#include "nfvo/catalogue/internal.h"
#include "nfvo/catalogue/plan_internal.h"

static struct configuration_parameter *find(const struct configuration *c, const char *key)
{
    for (uint32_t i = 0; c && i < c->parameters.n; i++)
        if (c->parameters.at[i]->conf_key && strcmp(c->parameters.at[i]->conf_key, key) == 0)
            return c->parameters.at[i];
    return NULL;
}

static const char *value_of(const struct vnfd *v, const char *key)
{
    const struct configuration_parameter *p = find(v->configurations, key);
    return p && p->value && *p->value ? p->value : NULL;
}

static void merge(struct configuration *into, const struct configuration *from, struct arena *a)
{
    for (uint32_t i = 0; i < from->parameters.n; i++) {
        const struct configuration_parameter *p = from->parameters.at[i];
        if (!p->conf_key)
            continue;
        struct configuration_parameter *old = find(into, p->conf_key);
        if (!old) {
            proto_list_add(&into->parameters, proto_dup(&configuration_parameter_type, p, a), a);
            continue;
        }
        old->value = p->value;
        if (p->description)
            old->description = p->description;
    }
}

static void merge_body(const struct deploy_body *body, struct vnfd *v, struct arena *a)
{
    for (uint32_t i = 0; body && i < body->configurations.n; i++) {
        const struct configuration *from = body->configurations.at[i].value;
        if (!from || strcmp(body->configurations.at[i].key, v->name) != 0)
            continue;
        if (!v->configurations) {
            v->configurations = proto_new(&configuration_type, a);
            v->configurations->name = from->name ? from->name : v->name;
        }
        merge(v->configurations, from, a);
    }
}

/* A fixed host has its addresses already: ssh_<link>_ip is the floating IP of that link's points.
 */
static void place_fixed_host(struct vnfd *v, struct arena *a)
{
    for (uint32_t i = 0; i < v->vdu.n; i++)
        for (uint32_t k = 0; k < v->vdu.at[i]->vnfc.n; k++) {
            struct vnf_component *c = v->vdu.at[i]->vnfc.at[k];
            for (uint32_t m = 0; m < c->connection_point.n; m++) {
                struct vnfd_connection_point *cp = c->connection_point.at[m];
                const char *link = cp->virtual_link_reference ? cp->virtual_link_reference : "";
                const char *ip = value_of(v, arena_printf(a, "ssh_%s_ip", link));
                if (ip)
                    cp->floating_ip = ip;
            }
        }
}

enum err_code plan_configurations(const struct deploy_body *body, struct arena *a, struct nsd *nsd,
                                  struct err *err)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        struct vnfd *v = nsd->vnfd.at[i];
        merge_body(body, v, a);
        /* Descriptors that were onboarded before this was looked at. */
        enum err_code rc = catalogue_check_parameters(v, arena_printf(a, "vnfd[%u].", i), err);
        if (rc != ERR_OK)
            return rc;
        bool is_fixed = v->endpoint && strcmp(v->endpoint, "fixed-host") == 0;
        bool has_user = value_of(v, "ssh_username"), has_password = value_of(v, "ssh_password");
        if (has_user != has_password || (is_fixed && !has_user)) {
            err_set(err, ERR_NOT_FOUND,
                    "Provide both ssh_username and ssh_password for the vnfd: %s", v->name);
            return err_where(err, "configurations.%s", v->name);
        }
        if (is_fixed)
            place_fixed_host(v, a);
    }
    return ERR_OK;
}
