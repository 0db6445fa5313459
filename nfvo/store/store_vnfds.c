/* The rows of VNFDs: the columns go with the document. */
#include "nfvo/store/internal.h"
#include "proto/records/descriptor.h"

/* Stored already: a reference. Its document is not touched. */
static const struct db_statement vnfds_add = {
    "vnfds_add",
    "INSERT INTO vnfd (id, project_id, name, created_at, doc, package_id) "
    "SELECT u.id, u.project_id, u.name, " SQL_NOW ", u.doc, u.package_id "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS u(id, project_id, "
    "name, doc, package_id) "
    "ON CONFLICT (id) DO NOTHING"};
void vnfd_columns_release(struct vnfd_columns *c)
{
    db_array_release(&c->id);
    db_array_release(&c->project);
    db_array_release(&c->name);
    db_array_release(&c->doc);
    db_array_release(&c->package);
}

void vnfd_columns_add(struct vnfd_columns *c, const struct vnfd *v, struct sbuf *doc)
{
    sbuf_clear(doc);
    proto_encode(&vnfd_type, v, PROTO_REST, doc);
    db_array_text(&c->id, v->id);
    db_array_text(&c->project, v->project_id);
    db_array_text(&c->name, v->name);
    db_array_textn(&c->doc, doc->s, doc->len);
    db_array_text(&c->package, v->vnf_package_location);
}

static void send_rows(struct db *db, struct vnfd_columns *c)
{
    db_send(db, &vnfds_add,
            DB_PARAMS(db_param_array(&c->id), db_param_array(&c->project), db_param_array(&c->name),
                      db_param_array(&c->doc), db_param_array(&c->package)));
}

void store_vnfds_send(struct db *db, struct vnfd *const *vnfds, size_t n)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(vnfd_columns_release)
    struct vnfd_columns c = VNFD_COLUMNS_INIT;
    for (size_t i = 0; i < n; i++)
        vnfd_columns_add(&c, vnfds[i], &doc);
    send_rows(db, &c);
}

void store_vnfd_send(struct db *db, const struct vnfd *vnfd)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(vnfd_columns_release)
    struct vnfd_columns c = VNFD_COLUMNS_INIT;
    vnfd_columns_add(&c, vnfd, &doc);
    send_rows(db, &c);
}
