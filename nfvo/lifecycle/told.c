#include "nfvo/lifecycle/told.h"

#include "common/base/text.h"

#include <string.h>

#define WHAT_SHOWN 8 /* of one target and source: the others are counted */

void *told_map_find(const struct proto_map *map, const char *key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->at[i].key, key) == 0)
            return map->at[i].value;
    return NULL;
}

static const char *configured(const struct configuration *c, const char *key)
{
    for (uint32_t i = 0; c && i < c->parameters.n; i++) {
        const struct configuration_parameter *p = c->parameters.at[i];
        if (p->conf_key && strcmp(p->conf_key, key) == 0)
            return p->value;
    }
    return NULL;
}

const char *dependency_value(const struct vnfr *source, const char *key)
{
    const char *value = configured(source->configurations, key);
    return value ? value : configured(source->provides, key);
}

static const char *address(const struct ip_list *ips, const char *net)
{
    for (uint32_t i = 0; i < ips->n; i++)
        if (ips->at[i]->net_name && strcmp(ips->at[i]->net_name, net) == 0)
            return ips->at[i]->ip;
    return NULL;
}

const char *dependency_instance_value(struct arena *a, const struct vnfc_instance *i,
                                      const char *key)
{
    static const char floating[] = "_floatingIp";
    size_t n = strlen(key), tail = sizeof(floating) - 1;
    if (strcmp(key, "hostname") == 0)
        return i->hostname;
    if (n > tail && strcmp(key + n - tail, floating) == 0)
        return address(&i->floating_ips, arena_strndup(a, key, n - tail));
    return address(&i->ips, key);
}

bool told_differs(const char *now, const char *told)
{
    return now && (!told || strcmp(now, told) != 0);
}

/* --- what is missing ---------------------------------------------------------------------------- */

static bool is_configured(const struct vnfr *v)
{
    return text_matches(v->status, "ACTIVE") || text_matches(v->status, "INACTIVE");
}

static const struct vnfr *named(const struct nsr *nsr, const char *name)
{
    for (uint32_t i = 0; name && i < nsr->vnfr.n; i++)
        if (text_matches(nsr->vnfr.at[i]->name, name))
            return nsr->vnfr.at[i];
    return NULL;
}

static void add(struct shown_untold *u, const char *what, uint32_t *n, struct arena *a)
{
    if (++*n <= WHAT_SHOWN)
        proto_list_add(&u->what, what, a);
}

/* Two sources of one type overwrite each other's values: either's is right. */
static bool is_any_told(const struct nsr *nsr, const struct vnf_record_dependency *dep,
                        const char *type, const struct proto_strpair *told)
{
    for (uint32_t i = 0; i < dep->id_type.n; i++) {
        const struct vnfr *source = named(nsr, dep->id_type.at[i].key);
        if (source && strcmp(dep->id_type.at[i].value, type) == 0 &&
            !told_differs(dependency_value(source, told->key), told->value))
            return true;
    }
    return false;
}

static void compare_values(const struct nsr *nsr, const struct vnf_record_dependency *dep,
                           const char *type, struct shown_untold *u, uint32_t *n, struct arena *a)
{
    const struct dependency_parameters *told = MAP_FIND(&dep->parameters, type);
    for (uint32_t i = 0; told && i < told->parameters.n; i++)
        if (!is_any_told(nsr, dep, type, &told->parameters.at[i]))
            add(u, told->parameters.at[i].key, n, a);
}

static void compare_instance(const struct vnf_record_dependency *dep, const char *type,
                             const struct vnfc_instance *x, struct shown_untold *u, uint32_t *n,
                             struct arena *a)
{
    const struct vnfc_dependency_parameters *all = MAP_FIND(&dep->vnfc_parameters, type);
    const struct dependency_parameters *told =
        all && x->id ? MAP_FIND(&all->parameters, x->id) : NULL;
    const char *host = x->hostname ? x->hostname : x->id;
    if (!x->id || text_matches(x->state, "STANDBY") || text_matches(x->state, "FAILED"))
        return; /* nothing for targets */
    if (!told)
        add(u, arena_printf(a, "instance %s", host), n, a);
    for (uint32_t i = 0; told && i < told->parameters.n; i++)
        if (told_differs(dependency_instance_value(a, x, told->parameters.at[i].key),
                         told->parameters.at[i].value))
            add(u, arena_printf(a, "%s of %s", told->parameters.at[i].key, host), n, a);
}

static void compare(const struct nsr *nsr, const struct vnf_record_dependency *dep,
                    const struct vnfr *source, const char *type, struct arena *a,
                    struct shown_untold_list *ret)
{
    struct shown_untold *u = proto_new(&shown_untold_type, a);
    uint32_t n = 0;
    compare_values(nsr, dep, type, u, &n, a);
    for (uint32_t k = 0; k < source->vdu.n; k++)
        for (uint32_t i = 0; i < source->vdu.at[k]->vnfc_instance.n; i++)
            compare_instance(dep, type, source->vdu.at[k]->vnfc_instance.at[i], u, &n, a);
    if (n == 0)
        return;
    if (n > WHAT_SHOWN)
        proto_list_add(&u->what, arena_printf(a, "and %u more", n - WHAT_SHOWN), a);
    u->target = dep->target;
    u->source = source->name;
    u->next = arena_printf(a, "baton nsr configure %s %s --tell", nsr->name, dep->target);
    proto_list_add(ret, u, a);
}

void told_missing(const struct nsr *nsr, struct arena *a, struct shown_untold_list *ret)
{
    for (uint32_t i = 0; i < nsr->vnfr.n; i++)
        if (text_matches(nsr->vnfr.at[i]->status, "SCALING"))
            return;
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++) {
        const struct vnf_record_dependency *dep = nsr->vnf_dependency.at[i];
        const struct vnfr *target = named(nsr, dep->target);
        for (uint32_t k = 0; target && is_configured(target) && k < dep->id_type.n; k++) {
            const struct vnfr *source = named(nsr, dep->id_type.at[k].key);
            if (source && source != target && is_configured(source))
                compare(nsr, dep, source, dep->id_type.at[k].value, a, ret);
        }
    }
}
