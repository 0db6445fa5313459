/* Physical network functions and the security of an NSD, one by one: rest-api.md 2.1. */
#include <string.h>

#include "common/base/text.h"
#include "nfvo/api/catalogue/nsd.h"

#define BASE "/api/v1/ns-descriptors/{id}"

/* A PNFD, or the security of an NSD: nothing of it is understood, all of it is kept. */
#define NSD_PART_FIELDS(X) BASE_FIELDS(X)
PROTO_RECORD(nsd_part, NSD_PART_FIELDS)
#define PROTO_THIS struct nsd_part
PROTO_RECORD_DEFINE(nsd_part, NSD_PART_FIELDS)
#undef PROTO_THIS

/* --- physical network functions --------------------------------------------------------------- */

static enum err_code read_parts(struct call *c, const struct proto_raw *raw,
                                struct nsd_part_list *ret, struct err *err)
{
    *ret = (struct nsd_part_list){0};
    if (raw->n == 0)
        return ERR_OK;
    enum err_code rc = proto_decode_list(&nsd_part_type, raw->at, raw->n, &c->arena, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "the NSD's pnfd is no list of objects");
}

static void put_parts(struct call *c, const struct nsd_part_list *parts, struct proto_raw *ret)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode_list(&nsd_part_type, parts, PROTO_REST, &text);
    ret->at = arena_strndup(&c->arena, text.s, text.len);
    ret->n = text.len;
}

static uint32_t place_of_part(const struct nsd_part_list *parts, const char *id)
{
    uint32_t i = 0;
    while (i < parts->n && !text_matches(parts->at[i]->id, id))
        i++;
    return i;
}

static enum err_code no_pnfd(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "PhysicalNetworkFunctionDescriptor with id %s doesn't exist",
                   id);
}

static enum err_code pnfds(struct call *c, struct err *err)
{
    struct nsd *nsd;
    struct nsd_part_list parts;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        rc = read_parts(c, &nsd->pnfd, &parts, err);
    if (rc == ERR_OK)
        proto_encode_list(&nsd_part_type, &parts, PROTO_REST, &c->out);
    return rc;
}

static enum err_code pnfd(struct call *c, struct err *err)
{
    struct nsd *nsd;
    struct nsd_part_list parts;
    const char *id = call_param(c, "partId");
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        rc = read_parts(c, &nsd->pnfd, &parts, err);
    if (rc != ERR_OK)
        return rc;
    uint32_t at = place_of_part(&parts, id);
    if (at == parts.n)
        return no_pnfd(id, err);
    call_json(c, &nsd_part_type, parts.at[at]);
    return ERR_OK;
}

static enum err_code read_part(struct nsd_change *change, struct nsd_part **ret, struct err *err)
{
    struct call *c = change->call;
    enum err_code rc = call_body(c, &nsd_part_type, ret, err);
    if (rc != ERR_OK)
        return rc;
    (*ret)->id = call_new_id(c);
    (*ret)->hb_version = 0;
    (*ret)->project_id = change->old->project_id;
    return ERR_OK;
}

static enum err_code pnfd_add(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct nsd_part_list parts;
    struct nsd_part *p;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = read_parts(c, &change.nsd->pnfd, &parts, err);
    if (rc == ERR_OK)
        rc = read_part(&change, &p, err);
    if (rc != ERR_OK)
        return rc;
    proto_list_add(&parts, p, &c->arena);
    put_parts(c, &parts, &change.nsd->pnfd);
    rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK)
        call_json(c, &nsd_part_type, p);
    return rc;
}

/* is_gone: it is taken out; else the body takes its place. */
static enum err_code change_pnfd(struct call *c, bool is_gone, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct nsd_part_list parts = {0};
    struct nsd_part *p = NULL;
    const char *id = call_param(c, "partId");
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = read_parts(c, &change.nsd->pnfd, &parts, err);
    uint32_t at = place_of_part(&parts, id);
    if (rc == ERR_OK && at == parts.n)
        return no_pnfd(id, err);
    if (rc == ERR_OK && !is_gone)
        rc = read_part(&change, &p, err);
    if (rc != ERR_OK)
        return rc;
    if (p) {
        p->id = parts.at[at]->id;
        p->hb_version = parts.at[at]->hb_version + 1;
        parts.at[at] = p;
    } else {
        memmove(&parts.at[at], &parts.at[at + 1], (parts.n - at - 1) * sizeof(parts.at[0]));
        parts.n--;
    }
    put_parts(c, &parts, &change.nsd->pnfd);
    rc = nsd_change_end(&change, NULL, err);
    if (rc == ERR_OK && p)
        call_json(c, &nsd_part_type, p);
    return rc;
}

/* The reference answers 500. */
static enum err_code pnfd_update(struct call *c, struct err *err)
{
    return change_pnfd(c, false, err);
}

static enum err_code pnfd_remove(struct call *c, struct err *err)
{
    return change_pnfd(c, true, err);
}

/* --- security: one object, or none ------------------------------------------------------------ */

/* None: an empty body, as the reference answers. */
static enum err_code security(struct call *c, struct err *err)
{
    struct nsd *nsd;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        sbuf_add(&c->out, nsd->nsd_security.at, nsd->nsd_security.n);
    return rc;
}

static enum err_code find_security(struct call *c, const struct nsd *nsd, struct nsd_part **ret,
                                   struct err *err)
{
    const char *id = call_param(c, "partId");
    const struct proto_raw *raw = &nsd->nsd_security;
    *ret = NULL;
    if (raw->n > 0 &&
        proto_decode(&nsd_part_type, raw->at, raw->n, 0, &c->arena, ret, NULL) == ERR_OK &&
        text_matches((*ret)->id, id))
        return ERR_OK;
    return err_set(err, ERR_NOT_FOUND, "No Security with ID %s found in NSD with ID %s", id,
                   call_param(c, "id"));
}

static enum err_code security_one(struct call *c, struct err *err)
{
    struct nsd *nsd;
    struct nsd_part *p;
    enum err_code rc = nsd_read(c, &nsd, err);
    if (rc == ERR_OK)
        rc = find_security(c, nsd, &p, err);
    if (rc == ERR_OK)
        call_json(c, &nsd_part_type, p);
    return rc;
}

/* p NULL: there is none any more. */
static enum err_code save_security(struct nsd_change *change, struct nsd_part *p, struct err *err)
{
    struct call *c = change->call;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (p)
        proto_encode(&nsd_part_type, p, PROTO_REST, &text);
    change->nsd->nsd_security = (struct proto_raw){
        .at = p ? arena_strndup(&c->arena, text.s, text.len) : NULL, .n = text.len};
    enum err_code rc = nsd_change_end(change, NULL, err);
    if (rc == ERR_OK && p)
        sbuf_add(&c->out, text.s, text.len);
    return rc;
}

/* Takes the place of the one that there is. */
static enum err_code security_add(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct nsd_part *p;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = read_part(&change, &p, err);
    return rc == ERR_OK ? save_security(&change, p, err) : rc;
}

static enum err_code security_update(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct nsd_part *old = NULL, *p = NULL;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = find_security(c, change.nsd, &old, err);
    if (rc == ERR_OK)
        rc = read_part(&change, &p, err);
    if (rc != ERR_OK)
        return rc;
    p->id = old->id;
    p->hb_version = old->hb_version + 1;
    return save_security(&change, p, err);
}

static enum err_code security_remove(struct call *c, struct err *err)
{
    AUTO(nsd_change_release) struct nsd_change change = NSD_CHANGE_INIT(c);
    struct nsd_part *p;
    enum err_code rc = nsd_change_begin(&change, call_param(c, "id"), err);
    if (rc == ERR_OK)
        rc = find_security(c, change.nsd, &p, err);
    return rc == ERR_OK ? save_security(&change, NULL, err) : rc;
}

/* clang-format off */
const struct endpoint nsd_pnfd_endpoints[] = {
    {"GET",    BASE "/pnfdescriptors",          pnfds,             200, API_PROJECT, "List the physical network functions of an NSD"},
    {"POST",   BASE "/pnfdescriptors",          pnfd_add,          201, API_PROJECT, "Add a physical network function to an NSD"},
    {"GET",    BASE "/pnfdescriptors/{partId}", pnfd,              200, API_PROJECT, "Show a physical network function of an NSD"},
    {"PUT",    BASE "/pnfdescriptors/{partId}", pnfd_update,       202, API_PROJECT, "Replace a physical network function of an NSD"},
    {"DELETE", BASE "/pnfdescriptors/{partId}", pnfd_remove,       204, API_PROJECT, "Remove a physical network function from an NSD"},
    {"GET",    BASE "/security",                security,          200, API_PROJECT, "Show the security of an NSD"},
    {"POST",   BASE "/security",                security_add,      201, API_PROJECT, "Set the security of an NSD"},
    {"GET",    BASE "/security/{partId}",       security_one,      200, API_PROJECT, "Show the security of an NSD, by its id"},
    {"PUT",    BASE "/security/{partId}",       security_update,   202, API_PROJECT, "Replace the security of an NSD"},
    {"DELETE", BASE "/security/{partId}",       security_remove,   204, API_PROJECT, "Remove the security of an NSD"},
    {0},
};
/* clang-format on */
