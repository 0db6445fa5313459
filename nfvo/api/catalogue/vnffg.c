/* VNF forwarding graphs, virtual links, VNF components: apart from an NSD, as the reference keeps
 * them. rest-api.md 2.10, 2.11. Nothing is made of the first two. The reference has them in no
 * project; here they belong to the one of the request, as all else does. */
#include <string.h>

#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_doc.h"

#include "common/base/text.h"

#define GRAPHS     "/api/v1/vnf-forwarding-graphs"
#define LINKS      "/api/v1/virtual-link-descriptors"
#define COMPONENTS "/api/v1/vnfcomponents"

/* Nothing else of it is understood, all of it is kept. */
#define VNFFGD_FIELDS(X) BASE_FIELDS(X) X(STR, name, "name", _, OPTIONAL, .form = &form_name)
PROTO_RECORD(vnffgd, VNFFGD_FIELDS)
#define PROTO_THIS struct vnffgd
PROTO_RECORD_DEFINE(vnffgd, VNFFGD_FIELDS)
#undef PROTO_THIS

static enum store_table table_of(const struct call *c)
{
    return text_starts_with(c->endpoint->path, GRAPHS) ? STORE_VNFFGD : STORE_VLD;
}

static const char *word_of(enum store_table table)
{
    return table == STORE_VNFFGD ? "VNF forwarding graph" : "virtual link";
}

static enum err_code not_found(enum store_table table, const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "No %s with ID %s", word_of(table), id);
}

struct part {
    const char *id, *name;
    struct sbuf text;
};

static void part_release(struct part *p)
{
    sbuf_release(&p->text);
}

static enum err_code read_graph(struct call *c, struct part *p, int64_t version,
                                const char *project, struct err *err)
{
    struct vnffgd *g;
    enum err_code rc = call_body(c, &vnffgd_type, &g, err);
    if (rc == ERR_OK)
        rc = proto_validate(&vnffgd_type, g, err);
    if (rc != ERR_OK)
        return rc;
    g->id = p->id;
    g->hb_version = version;
    g->project_id = project;
    p->name = g->name ? g->name : "";
    proto_encode(&vnffgd_type, g, PROTO_REST, &p->text);
    return rc;
}

static enum err_code read_link(struct call *c, struct part *p, int64_t version, const char *project,
                               struct err *err)
{
    struct vld *v;
    enum err_code rc = call_body(c, &vld_type, &v, err);
    if (rc == ERR_OK)
        rc = proto_validate(&vld_type, v, err);
    if (rc != ERR_OK)
        return rc;
    v->id = p->id;
    v->hb_version = version;
    v->project_id = project;
    p->name = v->name;
    proto_encode(&vld_type, v, PROTO_REST, &p->text);
    return rc;
}

static enum err_code read_part(struct call *c, enum store_table table, struct part *p,
                               int64_t version, const char *project, struct err *err)
{
    enum err_code rc = table == STORE_VNFFGD ? read_graph(c, p, version, project, err)
                                             : read_link(c, p, version, project, err);
    if (rc == ERR_INVALID)
        c->fail_status = 400; /* the reference's schema check */
    return rc;
}

static enum err_code add(struct call *c, struct err *err)
{
    AUTO(part_release) struct part p = {.id = call_object_id(c), .text = SBUF_INIT};
    enum store_table table = table_of(c);
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = read_part(c, table, &p, 0, c->project, err);
    if (rc == ERR_OK)
        rc = store_doc_add(call_db(c), table, p.id, c->project, p.name, p.text.s, err);
    if (rc == ERR_OK)
        sbuf_add(&c->out, p.text.s, p.text.len);
    return rc;
}

static enum err_code get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "partId");
    enum store_table table = table_of(c);
    enum err_code rc = store_doc_get(call_db(c), table, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? not_found(table, id, err) : rc;
}

static enum err_code update(struct call *c, struct err *err)
{
    AUTO(part_release) struct part p = {.id = call_param(c, "partId"), .text = SBUF_INIT};
    AUTO(sbuf_release) struct sbuf was = SBUF_INIT;
    enum store_table table = table_of(c);
    struct vnffgd *old; /* what both have */
    enum err_code rc = store_doc_get(call_db(c), table, p.id, c->project, &was, err);
    if (rc == ERR_NOT_FOUND)
        return not_found(table, p.id, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &vnffgd_type, &was, &old, err);
    if (rc == ERR_OK)
        rc = read_part(c, table, &p, old->hb_version + 1, old->project_id, err);
    if (rc == ERR_OK)
        rc = store_doc_replace(call_db(c), table, p.id, p.name, p.text.s, err);
    if (rc == ERR_OK)
        sbuf_add(&c->out, p.text.s, p.text.len);
    return rc;
}

static enum err_code remove_one(struct call *c, struct err *err)
{
    const char *id = call_param(c, "partId");
    enum store_table table = table_of(c);
    enum err_code rc = store_doc_delete(call_db(c), table, id, c->project, err);
    return rc == ERR_NOT_FOUND ? not_found(table, id, err) : rc;
}

/* Those of descriptors; what the VNFs of a service have is in their records. */
static enum err_code component(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_component_get(call_db(c), id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "No VNFComponent with ID %s", id) : rc;
}

/* clang-format off */
const struct endpoint vnffg_endpoints[] = {
    {"GET",    GRAPHS,                list_answer, 200, API_PROJECT | LIST(VNFFGD), "List the VNF forwarding graphs"},
    {"POST",   GRAPHS,                add,         201, API_PROJECT, "Store a VNF forwarding graph; nothing is made of it"},
    {"GET",    GRAPHS "/{partId}",    get,         200, API_PROJECT, "Show a VNF forwarding graph"},
    {"PUT",    GRAPHS "/{partId}",    update,      202, API_PROJECT, "Replace a VNF forwarding graph"},
    {"DELETE", GRAPHS "/{partId}",    remove_one,  204, API_PROJECT, "Delete a VNF forwarding graph"},
    {"GET",    LINKS,                 list_answer, 200, API_PROJECT | LIST(VLD), "List the virtual links that belong to no NSD"},
    {"POST",   LINKS,                 add,         201, API_PROJECT, "Store a virtual link; nothing is made of it"},
    {"GET",    LINKS "/{partId}",     get,         200, API_PROJECT, "Show a virtual link"},
    {"PUT",    LINKS "/{partId}",     update,      202, API_PROJECT, "Replace a virtual link"},
    {"DELETE", LINKS "/{partId}",     remove_one,  204, API_PROJECT, "Delete a virtual link"},
    {"GET",    COMPONENTS,            list_answer, 200, API_PROJECT | LIST(COMPONENT), "List the VNF components of the VNFDs"},
    {"GET",    COMPONENTS "/{id}",    component,   200, API_PROJECT, "Show a VNF component of a VNFD"},
    {0},
};
/* clang-format on */
