#include "nfvo/store/store_list.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "nfvo/store/internal.h"
#include "nfvo/store/store_audit.h"
#include "nfvo/store/store_package.h"
#include "proto/records/manager.h"
#include "proto/records/package.h"

/* --- what kinds there are --------------------------------------------------------------------- */

typedef enum err_code add_fn(struct db *db, const struct store_list_query *q,
                             const struct db_result *res, int row, struct sbuf *out,
                             struct err *err);

static enum err_code add_text(struct db *db, const struct store_list_query *q,
                              const struct db_result *res, int row, struct sbuf *out,
                              struct err *err);
static enum err_code add_name(struct db *db, const struct store_list_query *q,
                              const struct db_result *res, int row, struct sbuf *out,
                              struct err *err);
static enum err_code add_nsr(struct db *db, const struct store_list_query *q,
                             const struct db_result *res, int row, struct sbuf *out,
                             struct err *err);
static enum err_code add_pop(struct db *db, const struct store_list_query *q,
                             const struct db_result *res, int row, struct sbuf *out,
                             struct err *err);
static enum err_code add_package(struct db *db, const struct store_list_query *q,
                                 const struct db_result *res, int row, struct sbuf *out,
                                 struct err *err);
static enum err_code add_vnfm(struct db *db, const struct store_list_query *q,
                              const struct db_result *res, int row, struct sbuf *out,
                              struct err *err);
static enum err_code add_audit(struct db *db, const struct store_list_query *q,
                               const struct db_result *res, int row, struct sbuf *out,
                               struct err *err);

/* Parameters: $1 project, $2 and $3 key and id of the cursor, $4 limit, $5.. filters, $13 words. */
#define NAMED                                                                                      \
    "(t.name = $5::text OR (right($5::text, 1) = '*' AND starts_with(t.name, left($5::text, "      \
    "-1))))"
/* What a VNFM is known by. */
#define TYPED                                                                                      \
    "(t.type = $5::text OR (right($5::text, 1) = '*' AND starts_with(t.type, left($5::text, "      \
    "-1))))"
#define IS_STATUS                                                                                  \
    "(strpos(t.doc, '\"status\":\"' || $6::text || '\"') > 0 AND doc_json(t.doc)->>'status' = "    \
    "$6::text)"
/* A text, or with '*' at its end all that begin so. */
#define BEGINS(column, at)                                                                         \
    "(" column " = " at "::text OR (right(" at "::text, 1) = '*' AND starts_with(" column          \
    ", left(" at "::text, -1))))"
#define IN_PROJECT "t.project_id = $1::text"
/* Also those of all projects, for who may see them. */
#define OR_IN_WORDS "(t.project_id = $1::text OR t.project_id = ANY ($13::text[]))"

/* clang-format off */
#define NSR_SLIM \
    "json_strip_nulls(json_build_object('id', t.id, 'name', t.name, 'status', x.status, 'task', x.task, 'projectId', t.project_id, 'descriptor_reference', t.nsd_id, " \
    "'createdAt', x.\"createdAt\", 'updatedAt', x.\"updatedAt\", 'vendor', x.vendor, 'version', x.version, " \
    "'fault', CASE WHEN x.fault IS NOT NULL THEN json_build_object('code', x.fault->'code', 'message', x.fault->'message') END, " \
    "'vnfr', (SELECT coalesce(json_agg(json_build_object('id', v.id, 'name', v.name, 'status', " SQL_VNFR_STATUS ") ORDER BY v.name, v.id), '[]') FROM vnfr v WHERE v.agg = t.id AND v.doc <> ''), " \
    "'instances', (SELECT count(*) FROM instance i WHERE i.agg = t.id)))"
#define NSD_SLIM \
    "json_build_object('id', t.id, 'name', t.name, 'vendor', x.vendor, 'version', x.version, 'projectId', t.project_id, 'enabled', x.enabled, " \
    "'vnfd', (SELECT coalesce(json_agg(json_build_object('id', v->'id', 'name', v->'name')), '[]') FROM json_array_elements(x.vnfd) v))"
#define VNFD_SLIM \
    "json_build_object('id', t.id, 'name', t.name, 'vendor', x.vendor, 'version', x.version, 'type', x.type, 'endpoint', x.endpoint, 'projectId', t.project_id)"
#define PACKAGE_SLIM \
    "json_build_object('id', t.id, 'name', t.name, 'hbVersion', t.version, 'projectId', t.project_id, 'vnfPackageVersion', x.\"vnfPackageVersion\", " \
    "'vnfPackageMetadata', x.\"vnfPackageMetadata\", 'vimTypes', x.\"vimTypes\", " \
    "'scripts', (SELECT coalesce(json_agg(json_build_object('id', s.id, 'name', s.name) ORDER BY s.name), '[]') FROM vnf_package_script s WHERE s.package_id = t.id))"
#define POP_SLIM \
    "json_build_object('id', t.id, 'name', t.name, 'type', t.type, 'authUrl', x.\"authUrl\", 'active', x.active, 'projectId', t.project_id, " \
    "'imageCount', coalesce(json_array_length(x.images), 0), 'networkCount', coalesce(json_array_length(x.networks), 0), " \
    "'flavourCount', coalesce(json_array_length(x.flavours), 0))"
#define VNFM_COLUMNS "t.type, t.endpoint, t.kind, t.active, t.enabled, t.doc, t.room"
#define EVENT_NAME "coalesce(doc_json(t.doc)->>'name', '')"

static const struct kind {
    const char *word;
    const char *from, *visible, *scope; /* scope NULL: belongs to no project */
    const char *created, *name;         /* columns; created NULL: has none */
    const char *id;
    const char *columns;                /* of the full form, behind key and id */
    add_fn *add;
    const char *slim_from, *slim;       /* NULL: none */
    struct { const char *name, *sql; } filters[STORE_FILTERS + 1]; /* $5 and so on, in order */
} kinds[STORE_LIST_N] = {
    [STORE_LIST_NSR] = {"nsr", "nsr t", "t." SQL_NSR_IS_SEEN, IN_PROJECT, "t.created_at", "t.name", "t.id",
        "t.doc, (SELECT string_agg(" SQL_VNFR_DOC ", ',' ORDER BY v.name, v.id) FROM vnfr v WHERE v.agg = t.id AND v.doc <> '')", add_nsr,
        ", json_to_record(doc_json(t.doc)) AS x(status text, task text, \"createdAt\" text, \"updatedAt\" text, vendor text, version text, fault json)", NSR_SLIM,
        {{"name", NAMED}, {"status", IS_STATUS}, {"nsd", "t.nsd_id = $7::text"}, {"project", "t.project_id = $8::text"}, {"id", "t.id = ANY (string_to_array($9::text, ','))"}}},
    [STORE_LIST_NSD] = {"nsd", "nsd t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "t.doc", add_text,
        ", json_to_record(doc_json(t.doc)) AS x(vendor text, version text, enabled bool, vnfd json)", NSD_SLIM,
        {{"name", NAMED}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_VNFD] = {"vnfd", "vnfd t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "t.doc", add_text,
        ", json_to_record(doc_json(t.doc)) AS x(vendor text, version text, type text, endpoint text)", VNFD_SLIM,
        {{"name", NAMED}, {"nsd", "t.id IN (SELECT h.vnfd_id FROM nsd_vnfd h WHERE h.nsd_id = $6::text)"}, {"project", "t.project_id = $7::text"}}},
    [STORE_LIST_PACKAGE] = {"package", "vnf_package t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "NULL", add_package,
        ", json_to_record(doc_json(t.doc)) AS x(\"vnfPackageVersion\" text, \"vnfPackageMetadata\" json, \"vimTypes\" json)", PACKAGE_SLIM,
        {{"name", NAMED}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_POP] = {"pop", "pop t LEFT JOIN secret s ON s.owner = t.id", "t." SQL_POP_IS_SEEN, IN_PROJECT, "t.created_at", "t.name", "t.id",
        "t.doc, s.sealed", add_pop,
        ", json_to_record(doc_json(t.doc)) AS x(\"authUrl\" text, active bool, images json, networks json, flavours json)", POP_SLIM,
        {{"name", NAMED}, {"type", "t.type = $6::text"}, {"project", "t.project_id = $7::text"}}},
    [STORE_LIST_VNFM] = {"vnfm", "vnfm_endpoint t", "true", NULL, "t.created_at", "t.type", "t.id", VNFM_COLUMNS, add_vnfm, NULL, NULL,
        {{"name", TYPED}, {"type", "t.type = $6::text"}, {"active", "t.active = ($7::text = 'true')"}}},
    [STORE_LIST_DRIVER] = {"driver", "vim_driver t", "t.active", NULL, NULL, "t.queue", "t.queue", "t.queue", add_name, NULL, NULL,
        {{"type", "t.type = $5::text"}}},
    [STORE_LIST_EVENT] = {"event", "event_endpoint t", "true", OR_IN_WORDS, "t.created_at", EVENT_NAME, "t.id", SQL_EVENT_DOC("t"), add_text, NULL, NULL,
        {{"name", BEGINS(EVENT_NAME, "$5")}, {"event", "t.event = $6::text"}, {"nsr", "t.nsr_id = $7::text"}, {"project", "t.project_id = $8::text"}}},
    [STORE_LIST_KEY] = {"key", "ssh_key t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_PROJECT] = {"project", "project t", "($13::text[] IS NULL OR t.name = ANY ($13::text[]))", NULL, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}}},
    [STORE_LIST_USER] = {"user", "person t", "($13::text[] IS NULL OR t.name = ANY ($13::text[]))", NULL, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}}},
    [STORE_LIST_AUDIT] = {"audit", "audit t", "true", NULL, "t.at", "t.who", "t.n::text",
        "t.n, t.at, t.status, t.times, t.kind, t.outcome, t.who, t.origin, t.what, t.object, t.project, t.detail", add_audit, NULL, NULL,
        {{"who", BEGINS("t.who", "$5")}, {"kind", "t.kind = $6::text"}, {"outcome", "t.outcome = $7::text"}, {"from", BEGINS("t.origin", "$8")},
         {"what", BEGINS("t.what", "$9")}, {"object", BEGINS("t.object", "$10")}, {"since", "t.at >= $11::text::bigint"}, {"until", "t.at < $12::text::bigint"}}},
    [STORE_LIST_VNFFGD] = {"vnffgd", "vnffgd t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_VLD] = {"vld", "vld t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_COMPONENT] = {"component", SQL_COMPONENTS("vnfd t"), "true", IN_PROJECT, "t.created_at", "t.name", "k->>'id'", "k::text", add_text, NULL, NULL,
        {{"vnfd", "t.id = $5::text"}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_ALARM] = {"alarm", "alarm t", "true", IN_PROJECT, "t.raised_at", "t.host", "t.id", SQL_ALARM_DOC, add_text, NULL, NULL,
        {{"host", BEGINS("t.host", "$5")}, {"state", "(t.cleared_at IS NULL) = ($6::text = 'open')"}, {"severity", "t.severity = upper($7::text)"},
         {"kind", "t.kind = upper($8::text)"}, {"nsr", "(t.nsr_id = $9::text OR t.nsr_name = $9::text)"}, {"pop", "(t.pop_id = $10::text OR t.pop_name = $10::text)"},
         {"ack", "(t.acked_at IS NOT NULL) = ($11::text IN ('yes', 'true'))"}, {"project", "t.project_id = $12::text"}}},
    [STORE_LIST_IMAGE] = {"image", "nfv_image t", "true", IN_PROJECT, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}, {"project", "t.project_id = $6::text"}}},
    [STORE_LIST_SERVICE] = {"service", "service t", "true", NULL, "t.created_at", "t.name", "t.id", "t.doc", add_text, NULL, NULL,
        {{"name", NAMED}}},
    [STORE_LIST_SESSION] = {"session", "token t JOIN person p ON p.id = t.person_id",
        "($13::text[] IS NULL OR t.person_id = ANY ($13::text[])) AND greatest(t.expires_at, t.refresh_expires_at) > " SQL_NOW, NULL, "t.created_at", "p.name", "t.id",
        "json_build_object('id', t.id, 'username', p.name, 'from', t.client, 'createdAt', t.created_at / 1000, 'expiresAt', t.expires_at / 1000, "
        "'refreshableUntil', t.refresh_expires_at / 1000)::text", add_text, NULL, NULL,
        {{"name", "p.name = $5::text"}, {"from", "t.client = $6::text"}}},
};
/* clang-format on */

const char *store_list_filter(enum store_list kind, size_t i)
{
    return kinds[kind].filters[i].name;
}

bool store_list_has_slim(enum store_list kind)
{
    return kinds[kind].slim != NULL;
}

bool store_list_has_time(enum store_list kind)
{
    return kinds[kind].created != NULL;
}

/* --- statements ------------------------------------------------------------------------------- */

/* One for each shape that is asked for, made when it is first needed and kept: the planner sees no
 * "or" around the cursor and the project, so it can use their indexes. */
enum {
    SHAPE_SLIM = 1,
    SHAPE_NAME = 2,
    SHAPE_DOWN = 4,
    SHAPE_PROJECT = 8,
    SHAPE_AFTER = 16,
    SHAPES = 32
};

static pthread_mutex_t statements_lock = PTHREAD_MUTEX_INITIALIZER;
static struct db_statement *statements[STORE_LIST_N][SHAPES];

static unsigned shape_of(const struct store_list_query *q, const struct store_cursor *at)
{
    const struct kind *k = &kinds[q->kind];
    bool is_scoped = k->scope && strcmp(q->project, "*") != 0;
    return (q->is_slim && k->slim ? SHAPE_SLIM : 0u) |
           (q->by_name || !k->created ? SHAPE_NAME : 0u) | (q->is_descending ? SHAPE_DOWN : 0u) |
           (is_scoped ? SHAPE_PROJECT : 0u) | (at->id.len > 0 ? SHAPE_AFTER : 0u);
}

static struct db_statement *make(const struct kind *k, unsigned shape)
{
    struct sbuf sql = SBUF_INIT, name = SBUF_INIT;
    const char *key = shape & SHAPE_NAME ? k->name : k->created;
    const char *down = shape & SHAPE_DOWN ? " DESC" : "";
    bool is_slim = shape & SHAPE_SLIM;
    sbuf_addf(&name, "list_%s_%u", k->word, shape);
    sbuf_addf(&sql, "SELECT %s::text, %s, %s%s FROM %s%s WHERE %s", key, k->id,
              is_slim ? k->slim : k->columns, is_slim ? "::text" : "", k->from,
              is_slim ? k->slim_from : "", k->visible);
    sbuf_addf(&sql, " AND %s", shape & SHAPE_PROJECT ? k->scope : "$1::text IS NOT NULL");
    if (shape & SHAPE_AFTER)
        sbuf_addf(&sql, " AND (%s, %s) %c ($2::%s, $3::text)", key, k->id, *down ? '<' : '>',
                  shape & SHAPE_NAME ? "text" : "int8");
    else
        sbuf_adds(&sql, " AND $2::text IS NULL AND $3::text IS NULL");
    for (int i = 0; i < STORE_FILTERS; i++)
        sbuf_addf(&sql, " AND ($%d::text IS NULL%s%s)", 5 + i, k->filters[i].name ? " OR " : "",
                  k->filters[i].name ? k->filters[i].sql : "");
    sbuf_adds(&sql, " AND ($13::text[] IS NULL OR true)"); /* says its type where it is not used */
    sbuf_addf(&sql, " ORDER BY %s%s, %s%s LIMIT $4::int8", key, down, k->id, down);
    struct db_statement made = {sbuf_take(&name), sbuf_take(&sql)};
    struct db_statement *st = xmalloc(sizeof(*st));
    memcpy(st, &made, sizeof(made));
    return st;
}

static const struct db_statement *statement(enum store_list kind, unsigned shape)
{
    pthread_mutex_lock(&statements_lock);
    struct db_statement **st = &statements[kind][shape];
    if (!*st)
        *st = make(&kinds[kind], shape);
    const struct db_statement *found = *st;
    pthread_mutex_unlock(&statements_lock);
    return found;
}

/* --- elements --------------------------------------------------------------------------------- */

static enum err_code add_text(struct db *db, const struct store_list_query *q,
                              const struct db_result *res, int row, struct sbuf *out,
                              struct err *err)
{
    (void)db;
    (void)q;
    (void)err;
    sbuf_add(out, db_text(res, row, 2), db_len(res, row, 2));
    return ERR_OK;
}

static enum err_code add_name(struct db *db, const struct store_list_query *q,
                              const struct db_result *res, int row, struct sbuf *out,
                              struct err *err)
{
    (void)db;
    (void)q;
    (void)err;
    text_add_json(out, db_text(res, row, 2));
    return ERR_OK;
}

static enum err_code add_nsr(struct db *db, const struct store_list_query *q,
                             const struct db_result *res, int row, struct sbuf *out,
                             struct err *err)
{
    (void)db;
    (void)q;
    (void)err;
    store_nsr_splice(res, row, 2, out);
    return ERR_OK;
}

static enum err_code add_pop(struct db *db, const struct store_list_query *q,
                             const struct db_result *res, int row, struct sbuf *out,
                             struct err *err)
{
    (void)db;
    const struct store_pop_text pop = {.id = db_text(res, row, 1),
                                       .doc = db_text(res, row, 2),
                                       .len = db_len(res, row, 2),
                                       .sealed = db_text(res, row, 3)};
    return store_pop_text(q->seal, &pop, !q->is_open, out, err);
}

/* Its scripts are most of it: read one by one, by id. */
static enum err_code add_package(struct db *db, const struct store_list_query *q,
                                 const struct db_result *res, int row, struct sbuf *out,
                                 struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vnf_package *p;
    (void)q;
    enum err_code rc = store_package_read(db, db_text(res, row, 1), &a, &p, err);
    if (rc == ERR_OK)
        proto_encode(&vnf_package_type, p, PROTO_REST, out);
    return rc;
}

static enum err_code add_vnfm(struct db *db, const struct store_list_query *q,
                              const struct db_result *res, int row, struct sbuf *out,
                              struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    (void)db;
    (void)q;
    (void)err;
    proto_encode(&vnfm_endpoint_type, store_vnfm_of(res, row, 1, &a), PROTO_REST, out);
    return ERR_OK;
}

static enum err_code add_audit(struct db *db, const struct store_list_query *q,
                               const struct db_result *res, int row, struct sbuf *out,
                               struct err *err)
{
    const struct store_audit a = {.n = db_int64(res, row, 2),
                                  .at_us = db_int64(res, row, 3),
                                  .status = db_int64(res, row, 4),
                                  .times = db_int64(res, row, 5),
                                  .kind = db_text(res, row, 6),
                                  .outcome = db_text(res, row, 7),
                                  .who = db_text(res, row, 8),
                                  .from = db_text(res, row, 9),
                                  .what = db_text(res, row, 10),
                                  .object = db_text(res, row, 11),
                                  .project = db_text(res, row, 12),
                                  .detail = db_text(res, row, 13)};
    (void)db;
    (void)q;
    (void)err;
    store_audit_json(&a, out);
    return ERR_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

void store_cursor_release(struct store_cursor *c)
{
    sbuf_release(&c->key);
    sbuf_release(&c->id);
}

static void move(struct store_cursor *at, const struct db_result *res, int row)
{
    sbuf_clear(&at->key);
    sbuf_clear(&at->id);
    sbuf_add(&at->key, db_is_null(res, row, 0) ? "" : db_text(res, row, 0), db_len(res, row, 0));
    sbuf_add(&at->id, db_text(res, row, 1), db_len(res, row, 1));
}

static enum err_code add_rows(struct db *db, const struct store_list_query *q,
                              struct store_cursor *at, const struct db_result *res, int n,
                              struct sbuf *out, struct err *err)
{
    const struct kind *k = &kinds[q->kind];
    bool is_plain = q->is_slim && k->slim;
    for (int i = 0; i < n; i++) {
        size_t before = out->len;
        if (at->n > 0)
            sbuf_addc(out, ',');
        enum err_code rc =
            is_plain ? add_text(db, q, res, i, out, err) : k->add(db, q, res, i, out, err);
        if (rc == ERR_NOT_FOUND) /* deleted since */
            sbuf_truncate(out, before);
        else if (rc != ERR_OK)
            return err_add(err, "list %s '%s'", k->word, db_text(res, i, 1));
        else
            at->n++;
        move(at, res, i);
    }
    return ERR_OK;
}

static enum err_code query(struct db *db, const struct store_list_query *q,
                           const struct store_cursor *at, int64_t limit, struct db_result *res,
                           struct err *err)
{
    AUTO(db_array_release) struct db_array words = DB_TEXT_ARRAY;
    bool is_after = at->id.len > 0;
    for (const char *const *w = q->words; w && *w; w++)
        db_array_text(&words, *w);
    const struct db_param params[] = {
        db_param_text(q->project),
        db_param_text(is_after ? at->key.s : NULL),
        db_param_text(is_after ? at->id.s : NULL),
        db_param_int(limit),
        db_param_text(q->filters[0]),
        db_param_text(q->filters[1]),
        db_param_text(q->filters[2]),
        db_param_text(q->filters[3]),
        db_param_text(q->filters[4]),
        db_param_text(q->filters[5]),
        db_param_text(q->filters[6]),
        db_param_text(q->filters[7]),
        q->words ? db_param_array(&words) : db_param_null(),
    };
    return db_query(db, statement(q->kind, shape_of(q, at)), params, ARRAY_LEN(params), res, err);
}

/* One row more is asked for, to know whether there is one. Documents that together are larger than
 * what one answer of the database may be come in smaller numbers. */
enum err_code store_list_read(struct db *db, const struct store_list_query *q,
                              struct store_cursor *at, size_t max, struct sbuf *out,
                              struct err *err)
{
    struct db_result res;
    enum err_code rc = query(db, q, at, (int64_t)max + 1, &res, err);
    while (rc == ERR_LIMIT && max > 1) {
        max = max / 4 + 1;
        rc = query(db, q, at, (int64_t)max + 1, &res, err);
    }
    if (rc != ERR_OK)
        return rc;
    int rows = db_rows(&res), n = (size_t)rows > max ? (int)max : rows;
    rc = add_rows(db, q, at, &res, n, out, err);
    at->has_more = rows > n;
    db_results_clear(db);
    return rc;
}

enum err_code store_list_seek(struct db *db, const struct store_list_query *q, const char *id,
                              struct store_cursor *ret, struct err *err)
{
    static struct db_statement seeks[STORE_LIST_N][2];
    const struct kind *k = &kinds[q->kind];
    bool by_name = q->by_name || !k->created;
    struct db_result res;
    pthread_mutex_lock(&statements_lock);
    struct db_statement *st = &seeks[q->kind][by_name];
    if (!st->name) {
        struct sbuf sql = SBUF_INIT, name = SBUF_INIT;
        sbuf_addf(&name, "seek_%s_%d", k->word, by_name);
        sbuf_addf(&sql, "SELECT %s::text, %s FROM %s WHERE %s = $1::text",
                  by_name ? k->name : k->created, k->id, k->from, k->id);
        struct db_statement made = {sbuf_take(&name), sbuf_take(&sql)};
        memcpy(st, &made, sizeof(made));
    }
    pthread_mutex_unlock(&statements_lock);
    enum err_code rc = db_query(db, st, DB_PARAMS(db_param_text(id)), &res, err);
    if (rc == ERR_OK && db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "there is no %s '%s'", k->word, id);
    else if (rc == ERR_OK)
        move(ret, &res, 0);
    db_results_clear(db);
    return rc;
}
