/* What onboarding takes, and what will probably not do what its author means: told as warnings and
 * notes. amqp-protocol.md 4.5, 9.7. */
#include <stdio.h>
#include <string.h>

#include "nfvo/catalogue/internal.h"

#include "common/base/text.h"

/* Names are compared with each other; longer lists are not looked through, since their makers are
 * not people. */
#define COMPARED_MAX 1000

struct advice {
    finding_fn *report;
    void *arg;
    struct arena *a;
    const struct nsd *nsd; /* NULL: a VNFD on its own */
};

static void tell(const struct advice *k, enum finding_level level, const char *path,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);
static void tell(const struct advice *k, enum finding_level level, const char *path,
                 const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    k->report(k->arg, level, path, arena_vprintf(k->a, fmt, ap));
    va_end(ap);
}

static const char *named(const char *name)
{
    return name ? name : "";
}

/* --- what a source offers --------------------------------------------------------------------- */

#define OFFERS_SHOWN 12

struct offers {
    struct proto_strs names;
};

static void offer(struct offers *o, const char *name, struct arena *a)
{
    if (!is_blank(name) && o->names.n < COMPARED_MAX && !proto_strs_has(&o->names, name))
        proto_list_add(&o->names, name, a);
}

static void offer_addresses(struct offers *o, const struct vnfd *v, struct arena *a)
{
    for (uint32_t i = 0; i < v->vdu.n; i++)
        for (uint32_t k = 0; k < v->vdu.at[i]->vnfc.n; k++) {
            const struct vnf_component *c = v->vdu.at[i]->vnfc.at[k];
            for (uint32_t m = 0; m < c->connection_point.n; m++) {
                const char *link = c->connection_point.at[m]->virtual_link_reference;
                offer(o, link, a);
                if (!is_blank(link) && !is_blank(c->connection_point.at[m]->floating_ip))
                    offer(o, arena_printf(a, "%s_floatingIp", link), a);
            }
        }
    offer(o, "hostname", a);
}

static struct offers offers_of(const struct vnfd *v, bool is_own, struct arena *a)
{
    struct offers o = {0};
    for (uint32_t i = 0; v->configurations && i < v->configurations->parameters.n; i++)
        offer(&o, v->configurations->parameters.at[i]->conf_key, a);
    for (uint32_t i = 0; i < v->provides.n; i++)
        offer(&o, v->provides.at[i], a);
    if (!is_own)
        offer_addresses(&o, v, a);
    return o;
}

static const char *listed(const struct proto_strs *names, struct arena *a)
{
    const char *text = names->n ? "" : "nothing";
    for (uint32_t i = 0; i < names->n && i < OFFERS_SHOWN; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", names->at[i]);
    return names->n > OFFERS_SHOWN ? arena_printf(a, "%s, ...", text) : text;
}

/* --- dependencies ----------------------------------------------------------------------------- */

static const struct vnfd *vnfd_by_name(const struct nsd *nsd, const char *name)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        if (text_matches(nsd->vnfd.at[i]->name, name))
            return nsd->vnfd.at[i];
    return NULL;
}

static void check_parameters(const struct advice *k, const char *target, const struct vnfd *source,
                             const struct proto_strs *parameters, const char *path)
{
    /* Only a reference, that nobody has looked up: what it offers is not known here. */
    if (!source || source->vdu.n == 0)
        return;
    struct offers o = offers_of(source, text_matches(source->name, target), k->a);
    for (uint32_t i = 0; i < parameters->n && i < COMPARED_MAX && o.names.n < COMPARED_MAX; i++)
        if (!proto_strs_has(&o.names, parameters->at[i]))
            tell(
                k, FINDING_WARNING, arena_printf(k->a, "%s[%u]", path, i),
                "VNFD '%s' asks for '%s' of '%s', which does not offer it: the variable %s_%s will "
                "be empty; '%s' offers %s",
                named(target), parameters->at[i], named(source->name), named(source->type),
                parameters->at[i], named(source->name), listed(&o.names, k->a));
}

static void check_dependencies(const struct advice *k)
{
    const struct nsd *nsd = k->nsd;
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        check_parameters(k, d->target, vnfd_by_name(nsd, d->source), &d->parameters,
                         arena_printf(k->a, "vnf_dependency[%u].parameters", i));
    }
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        for (uint32_t m = 0; m < nsd->vnfd.at[i]->requires.n; m++) {
            const char *source = nsd->vnfd.at[i]->requires.at[m].key;
            const struct requires_parameters *r = nsd->vnfd.at[i]->requires.at[m].value;
            if (r)
                check_parameters(k, nsd->vnfd.at[i]->name, vnfd_by_name(nsd, source),
                                 &r->parameters,
                                 arena_printf(k->a, "vnfd[%u].requires.%s.parameters", i, source));
        }
}

/* --- links ------------------------------------------------------------------------------------ */

/* Links that connection points use, each once, with the first VNFD that uses it. */
struct used_links {
    struct proto_strs names;
    const char **users;
};

static void use_links(struct used_links *u, const struct vnfd *v, struct arena *a)
{
    for (uint32_t i = 0; i < v->vdu.n; i++)
        for (uint32_t k = 0; k < v->vdu.at[i]->vnfc.n; k++) {
            const struct vnf_component *c = v->vdu.at[i]->vnfc.at[k];
            for (uint32_t m = 0; m < c->connection_point.n; m++) {
                const char *link = c->connection_point.at[m]->virtual_link_reference;
                if (is_blank(link) || u->names.n == COMPARED_MAX || proto_strs_has(&u->names, link))
                    continue;
                u->users = arena_grow_array(a, u->users, u->names.n, sizeof(u->users[0]));
                u->users[u->names.n] = v->name;
                proto_list_add(&u->names, link, a);
            }
        }
}

static bool has_vld(const struct nsd *nsd, const char *name)
{
    for (uint32_t i = 0; i < nsd->vld.n; i++)
        if (text_matches(nsd->vld.at[i]->name, name))
            return true;
    return false;
}

static bool has_unresolved(const struct nsd *nsd)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        if (nsd->vnfd.at[i]->vdu.n == 0)
            return true;
    return false;
}

/* A VNFD may declare a link of its own, so a misspelled one in the NSD is no error: the VNFs get
 * another network than the one with the NSD's range and pool. */
static void check_vlds(const struct advice *k)
{
    const struct nsd *nsd = k->nsd;
    struct used_links used = {0};
    const char *other = NULL, *user = NULL;
    if (has_unresolved(nsd))
        return;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        use_links(&used, nsd->vnfd.at[i], k->a);
    if (used.names.n == COMPARED_MAX || nsd->vld.n > COMPARED_MAX)
        return;
    for (uint32_t i = 0; i < used.names.n && !other; i++)
        if (!has_vld(nsd, used.names.at[i])) {
            other = used.names.at[i];
            user = used.users[i];
        }
    for (uint32_t i = 0; i < nsd->vld.n; i++) {
        const char *name = nsd->vld.at[i]->name;
        const char *path = arena_printf(k->a, "vld[%u].name", i);
        if (is_blank(name) || proto_strs_has(&used.names, name))
            continue;
        if (other)
            tell(k, FINDING_WARNING, path,
                 "no connection point uses the link '%s'; VNFD '%s' uses '%s', which the NSD does "
                 "not declare: is '%s' meant?",
                 name, named(user), other, other);
        else
            tell(k, FINDING_NOTE, path, "no connection point uses the link '%s'", name);
    }
}

static void check_cidr(const struct advice *k, const char *cidr, const char *path)
{
    uint32_t address, mask;
    if (is_blank(cidr) || !form_parse_network(cidr, &address, &mask) || !(address & ~mask))
        return;
    address &= mask;
    tell(k, FINDING_NOTE, path, "'%s' has bits behind its mask: the network is %u.%u.%u.%u%s", cidr,
         address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255, strchr(cidr, '/'));
}

/* --- names that come twice -------------------------------------------------------------------- */

/* list: of records whose member at `offset` is their name. */
static void check_twice(const struct advice *k, const struct proto_list *list, size_t offset,
                        const char *path, const char *member)
{
    for (uint32_t i = 1; i < list->n && list->n <= COMPARED_MAX; i++) {
        const char *name, *before;
        memcpy(&name, (const char *)list->at[i] + offset, sizeof(name));
        for (uint32_t m = 0; m < i && !is_blank(name); m++) {
            memcpy(&before, (const char *)list->at[m] + offset, sizeof(before));
            if (!text_matches(before, name))
                continue;
            tell(k, FINDING_WARNING, arena_printf(k->a, "%s[%u].%s", path, i, member),
                 "'%s' is there twice: only one of them counts", name);
            break;
        }
    }
}

#define CHECK_TWICE(k, list, type, field, path, member)                                            \
    check_twice(k, (const struct proto_list *)(const void *)(list), offsetof(struct type, field),  \
                path, member)

/* --- one VNFD --------------------------------------------------------------------------------- */

static void check_vdu(const struct advice *k, const struct vnfd *v, const struct vdu *vdu,
                      const char *at)
{
    if (vdu->vnfc.n == 0)
        tell(k, FINDING_WARNING, arena_printf(k->a, "%s.vnfc", at),
             "a VDU without vnfc is never launched");
    if (v->deployment_flavour.n == 0 && is_blank(vdu->computation_requirement))
        tell(k, FINDING_NOTE, arena_printf(k->a, "%s.computation_requirement", at),
             "neither the VDU nor the VNFD's deployment_flavour names a flavour, which most clouds "
             "need");
    if (vdu->scale_in_out > 0 && vdu->vnfc.n > vdu->scale_in_out)
        tell(k, FINDING_NOTE, arena_printf(k->a, "%s.scale_in_out", at),
             "%lld is less than the %u vnfc that are launched at once",
             (long long)vdu->scale_in_out, vdu->vnfc.n);
}

static void check_vnfd(const struct advice *k, const struct vnfd *v, const char *at)
{
    for (uint32_t i = 0; i < v->vdu.n; i++)
        check_vdu(k, v, v->vdu.at[i], arena_printf(k->a, "%svdu[%u]", at, i));
    for (uint32_t i = 0; i < v->virtual_link.n; i++)
        check_cidr(k, v->virtual_link.at[i]->cidr,
                   arena_printf(k->a, "%svirtual_link[%u].cidr", at, i));
    CHECK_TWICE(k, &v->vdu, vdu, name, arena_printf(k->a, "%svdu", at), "name");
    CHECK_TWICE(k, &v->virtual_link, internal_virtual_link, name,
                arena_printf(k->a, "%svirtual_link", at), "name");
    CHECK_TWICE(k, &v->lifecycle_event, lifecycle_event, event,
                arena_printf(k->a, "%slifecycle_event", at), "event");
    if (v->configurations)
        CHECK_TWICE(k, &v->configurations->parameters, configuration_parameter, conf_key,
                    arena_printf(k->a, "%sconfigurations.configurationParameters", at), "confKey");
}

void catalogue_advise_vnfd(const struct vnfd *vnfd, struct arena *a, finding_fn *report, void *arg)
{
    const struct advice k = {report, arg, a, NULL};
    check_vnfd(&k, vnfd, "");
}

void catalogue_advise_nsd(const struct nsd *nsd, struct arena *a, finding_fn *report, void *arg)
{
    const struct advice k = {report, arg, a, nsd};
    for (uint32_t i = 0; i < nsd->vld.n; i++)
        check_cidr(&k, nsd->vld.at[i]->cidr, arena_printf(a, "vld[%u].cidr", i));
    CHECK_TWICE(&k, &nsd->vld, vld, name, "vld", "name");
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        check_vnfd(&k, nsd->vnfd.at[i], arena_printf(a, "vnfd[%u].", i));
    check_vlds(&k);
    check_dependencies(&k);
}
