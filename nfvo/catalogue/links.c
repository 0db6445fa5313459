/* Virtual links and connection points: amqp-protocol.md 9.7, rule 6. */
#include "nfvo/catalogue/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct link {
    const char *name, *cidr, *pool;
};

/* VLDs first: only they carry a pool. A CIDR may be given on either side. */
static bool find_link(const struct vld_list *vlds, const struct vnfd *vnfd, const char *name,
                      struct link *ret)
{
    struct link found = {0};
    for (uint32_t i = 0; vlds && i < vlds->n && !found.name; i++) {
        const struct vld *l = vlds->at[i];
        if (l->name && strcmp(l->name, name) == 0)
            found = (struct link){l->name, l->cidr, l->pool_name};
    }
    for (uint32_t i = 0; i < vnfd->virtual_link.n; i++) {
        const struct internal_virtual_link *l = vnfd->virtual_link.at[i];
        if (!l->name || strcmp(l->name, name) != 0)
            continue;
        found.name = l->name;
        if (is_blank(found.cidr))
            found.cidr = l->cidr;
        break;
    }
    *ret = found;
    return found.name != NULL;
}

/* A host's address: neither the network's nor the broadcast address, unless it is a /31 or /32. */
static bool is_usable_host(uint32_t ip, uint32_t network, uint32_t mask)
{
    if ((ip & mask) != network)
        return false;
    return mask >= UINT32_MAX - 1 || (ip != network && ip != (network | ~mask));
}

static enum err_code check_fixed_ip(const struct vnfd_connection_point *cp, const struct link *link,
                                    struct err *err)
{
    struct in_addr ip;
    uint32_t address, mask;
    if (inet_pton(AF_INET, cp->fixed_ip, &ip) != 1)
        return err_set(err, ERR_INVALID, "fixedIp '%s' is not an IPv4 address", cp->fixed_ip);
    if (!link)
        return ERR_OK;
    if (is_blank(link->cidr)) {
        err_set(err, ERR_INVALID, "fixedIp '%s' needs a cidr in virtual link '%s'", cp->fixed_ip,
                link->name);
        return err_hint(err, "add \"cidr\" to the link, or leave fixedIp out");
    }
    if (!form_parse_network(link->cidr, &address, &mask))
        return err_set(err, ERR_INVALID, "cidr '%s' of virtual link '%s' is not well-formed",
                       link->cidr, link->name);
    if (!is_usable_host(ntohl(ip.s_addr), address & mask, mask))
        return err_set(err, ERR_INVALID,
                       "fixedIp '%s' is not a usable host address in the cidr '%s' of virtual link "
                       "'%s'",
                       cp->fixed_ip, link->cidr, link->name);
    return ERR_OK;
}

static enum err_code check_point(const struct vld_list *vlds, const struct vnfd *vnfd,
                                 struct vnfd_connection_point *cp, bool is_strict,
                                 const char **ret_member, struct err *err)
{
    struct link link = {0};
    *ret_member = "virtual_link_reference";
    bool has_link = !is_blank(cp->virtual_link_reference) &&
                    find_link(vlds, vnfd, cp->virtual_link_reference, &link);
    if (is_strict && !has_link) {
        err_set(err, ERR_INVALID,
                "VirtualLinkReference %s not found in the virtual links defined in the vnfd",
                cp->virtual_link_reference ? cp->virtual_link_reference : "");
        return err_hint(err, "name one of the NSD's vld or of the VNFD's virtual_link");
    }
    if (has_link && !is_blank(link.pool))
        cp->chosen_pool = link.pool;
    *ret_member = "fixedIp";
    if (is_blank(cp->fixed_ip))
        return ERR_OK;
    return check_fixed_ip(cp, has_link ? &link : NULL, err);
}

static int64_t find_duplicate_fixed_ip(const struct vnf_component *c)
{
    for (uint32_t i = 1; i < c->connection_point.n; i++)
        for (uint32_t k = 0; k < i && !is_blank(c->connection_point.at[i]->fixed_ip); k++)
            if (!is_blank(c->connection_point.at[k]->fixed_ip) &&
                strcmp(c->connection_point.at[i]->fixed_ip, c->connection_point.at[k]->fixed_ip) ==
                    0)
                return i;
    return -1;
}

static enum err_code check_component(const struct vld_list *vlds, const struct vnfd *vnfd,
                                     const struct vnf_component *c, bool is_strict, const char *at,
                                     struct err *err)
{
    for (uint32_t i = 0; i < c->connection_point.n; i++) {
        const char *member;
        enum err_code rc =
            check_point(vlds, vnfd, c->connection_point.at[i], is_strict, &member, err);
        if (rc != ERR_OK)
            return err_where(err, "%s.connection_point[%u].%s", at, i, member);
    }
    int64_t twice = find_duplicate_fixed_ip(c);
    if (twice < 0)
        return ERR_OK;
    err_set(err, ERR_INVALID, "fixedIp '%s' is given twice in one VNFC",
            c->connection_point.at[twice]->fixed_ip);
    return err_where(err, "%s.connection_point[%lld].fixedIp", at, (long long)twice);
}

enum err_code catalogue_check_links(const struct vld_list *vlds, struct vnfd *vnfd, bool is_strict,
                                    const char *at, struct err *err)
{
    for (uint32_t i = 0; i < vnfd->virtual_link.n; i++)
        if (is_blank(vnfd->virtual_link.at[i]->name)) {
            err_set(err, ERR_INVALID, "a virtual link of VNFD '%s' has no name", vnfd->name);
            return err_where(err, "%svirtual_link[%u].name", at, i);
        }
    for (uint32_t i = 0; i < vnfd->vdu.n; i++)
        for (uint32_t k = 0; k < vnfd->vdu.at[i]->vnfc.n; k++) {
            char path[64];
            snprintf(path, sizeof(path), "%svdu[%u].vnfc[%u]", at, i, k);
            enum err_code rc =
                check_component(vlds, vnfd, vnfd->vdu.at[i]->vnfc.at[k], is_strict, path, err);
            if (rc != ERR_OK)
                return rc;
        }
    return ERR_OK;
}
