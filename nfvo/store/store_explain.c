#include "nfvo/store/store_explain.h"

#include "nfvo/store/internal.h"

/* One statement is one round trip, and longer than what C99 promises; gcc and clang have no limit.
 */
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* clang-format off */

#define SQL_NSR_SEEN  "n.phase < 100 AND ($2::text = '*' OR n.project_id = $2::text)"

/* Who bears that id or name. $1 = it, $2 = project. */
#define SQL_HITS \
    "found AS (SELECT * FROM (" \
    "SELECT 'nsr' AS kind, n.id, n.name, n.id AS agg, n.id AS nsr, n.name AS nsr_name FROM nsr n WHERE (n.id = $1 OR n.name = $1) AND " SQL_NSR_SEEN \
    " UNION ALL SELECT 'vnfr', v.id, v.name, v.agg, n.id, n.name FROM vnfr v JOIN nsr n ON n.id = v.agg WHERE (v.id = $1 OR v.name = $1) AND " SQL_NSR_SEEN \
    " UNION ALL SELECT 'instance', i.id, i.hostname, i.agg, n.id, n.name FROM instance i JOIN nsr n ON n.id = i.agg " \
        "WHERE (i.id = $1 OR i.hostname = $1 OR (i.vc_id = $1 AND $1 <> '')) AND " SQL_NSR_SEEN \
    " UNION ALL SELECT 'pop', p.id, p.name, p.id, NULL, NULL FROM pop p WHERE (p.id = $1 OR p.name = $1) AND " SQL_IN_PROJECT \
    " UNION ALL SELECT 'vnfm', e.id, e.type, NULL, NULL, NULL FROM vnfm_endpoint e WHERE e.id = $1 OR e.type = $1 OR e.endpoint = $1" \
    " UNION ALL SELECT 'driver', d.queue, d.queue, NULL, NULL, NULL FROM vim_driver d WHERE d.queue = $1 OR d.type = $1" \
    " UNION ALL SELECT 'command', c.id, c.id, c.agg, n.id, n.name FROM command c LEFT JOIN nsr n ON n.id = c.agg LEFT JOIN pop p ON p.id = c.agg " \
        "WHERE c.id = $1 AND ($2::text = '*' OR coalesce(n.project_id, p.project_id) = $2::text)" \
    " UNION ALL (SELECT 'gone', h.nsr_id, '', NULL, h.nsr_id, NULL FROM history h WHERE h.nsr_id = $1 AND NOT EXISTS (SELECT 1 FROM nsr n WHERE n.id = $1 AND n.phase < 100) " \
        "AND ($2::text = '*' OR " SQL_HISTORY_PROJECT " = $2::text) LIMIT 1)" \
    ") all_of_them LIMIT 100), " \
    "hit AS (SELECT * FROM found WHERE ($9::text = '' OR kind = $9::text) AND (id = $1 OR NOT EXISTS (SELECT 1 FROM found WHERE id = $1))), " \
    "one AS (SELECT * FROM hit WHERE (SELECT count(*) FROM hit) = 1)"

#define SQL_INSTANCES \
    "(SELECT json_agg(json_build_object('id', i.id, 'hostname', i.hostname, 'phase', ($5::text[])[i.phase + 1], 'vcId', i.vc_id, 'pop', i.pop_id, 'popName', p.name, " \
    "'state', x.doc->>'state', 'ips', x.doc->'ips', 'floatingIps', x.doc->'floatingIps') ORDER BY i.hostname) " \
    "FROM instance i LEFT JOIN pop p ON p.id = i.pop_id LEFT JOIN LATERAL (SELECT e AS doc FROM json_array_elements(CASE WHEN v.doc <> '' THEN v.doc::json->'vdu' END) u, " \
    "json_array_elements(u->'vnfc_instance') e WHERE e->>'id' = i.id LIMIT 1) x ON true WHERE i.vnfr_id = v.id)"

#define SQL_NSR \
    "(SELECT json_build_object('id', n.id, 'name', n.name, 'phase', ($3::text[])[n.phase + 1], 'status', n.doc::json->>'status', 'task', n.doc::json->>'task', " \
    "'created', n.created_at, 'project', n.project_id, 'nsd', n.nsd_id, 'fault', n.doc::json->'fault') FROM nsr n JOIN one ON one.nsr = n.id)"

#define SQL_VNFRS \
    "(SELECT json_agg(json_build_object('id', v.id, 'name', v.name, 'vnfm', v.endpoint, 'phase', ($4::text[])[v.phase + 1], " \
    "'status', CASE WHEN v.doc <> '' THEN v.doc::json->>'status' END, 'type', CASE WHEN v.doc <> '' THEN v.doc::json->>'type' END, " \
    "'fault', CASE WHEN v.doc <> '' THEN v.doc::json->'fault' END, " \
    "'needs', (SELECT json_agg(k) FROM nsr n, json_array_elements(n.doc::json->'vnf_dependency') d, json_object_keys(d->'idType') k WHERE n.id = v.agg AND d->>'target' = v.name), " \
    "'instances', " SQL_INSTANCES ") ORDER BY v.name, v.id) FROM vnfr v JOIN one ON one.nsr = v.agg)"

/* What the aggregate waits for, and what the PoPs wait for that it waits for. */
#define SQL_WAITS \
    "(SELECT json_agg(json_build_object('id', c.id, 'of', CASE WHEN c.agg_kind = 0 THEN 'nsr' ELSE 'pop' END, 'kind', ($6::text[])[c.kind], 'subject', c.subject, " \
    "'opened', c.opened_at, 'due', c.due_at, 'lost', c.data = 'lost', 'vnfr', v.name, 'vnfm', v.endpoint, 'host', i.hostname, " \
    "'pop', p.name, 'popType', p.type) ORDER BY c.opened_at, c.id) " \
    "FROM one JOIN command c ON c.agg = one.agg OR c.agg IN (SELECT coalesce(nullif(w.data, ''), w.subject) FROM command w WHERE w.agg = one.agg AND w.kind IN (5, 8)) " \
    "OR one.kind IN ('vnfm', 'driver') AND c.subject IN (SELECT v.id FROM vnfr v JOIN nsr n ON n.id = v.agg WHERE one.kind = 'vnfm' AND v.endpoint = one.name AND " SQL_NSR_SEEN " " \
        "UNION ALL SELECT i.id FROM instance i JOIN nsr n ON n.id = i.agg JOIN pop p ON p.id = i.pop_id JOIN vim_driver d ON d.type = split_part(p.type, '.', 1) " \
            "WHERE one.kind = 'driver' AND d.queue = one.id AND " SQL_NSR_SEEN ") " \
    "LEFT JOIN instance i ON i.id = c.subject LEFT JOIN vnfr v ON v.id = coalesce(i.vnfr_id, c.subject) " \
    "LEFT JOIN pop p ON p.id = coalesce(i.pop_id, CASE WHEN c.agg_kind = 1 THEN c.agg END, nullif(c.data, ''), c.subject) " \
    "WHERE NOT (one.kind = 'command' AND c.id <> one.id))"

#define SQL_OUTBOX \
    "(SELECT json_agg(json_build_object('seq', o.seq, 'to', split_part(o.meta, E'\\t', 2), 'command', split_part(o.meta, E'\\t', 3), 'attempts', o.attempts, " \
    "'next', o.next_at, 'until', o.until_at, 'maybeSent', o.maybe_sent, 'bytes', length(o.body)) ORDER BY o.seq) FROM outbox o JOIN one ON o.stream = one.agg)"

#define SQL_HISTORY \
    "(SELECT json_agg(json_build_object('id', x.id, 'at', x.at, 'entry', x.doc::json) ORDER BY x.id) FROM " \
    "(SELECT h.id, h.at, h.doc FROM history h JOIN one ON h.nsr_id = one.nsr WHERE h.id > $7::int8 ORDER BY h.id DESC LIMIT $8::int8) x)"

#define SQL_POP_COLUMNS \
    "'id', p.id, 'name', p.name, 'type', p.type, 'phase', CASE p.phase WHEN 0 THEN 'REGISTERING' ELSE 'READY' END, 'url', p.doc::json->>'authUrl', " \
    "'active', p.doc::json->'active', 'images', coalesce(json_array_length(p.doc::json->'images'), 0), 'networks', coalesce(json_array_length(p.doc::json->'networks'), 0), " \
    "'flavours', coalesce(json_array_length(p.doc::json->'flavours'), 0), " \
    "'refreshed', CASE WHEN p.state <> '' THEN p.state::json->'refreshedAt' END, 'fault', CASE WHEN p.state <> '' THEN p.state::json->'fault' END, " \
    "'driver', (SELECT min(d.queue) FROM vim_driver d WHERE d.active AND (d.type = split_part(p.type, '.', 1) OR d.queue = 'vim-drivers.' || p.type)), " \
    "'servers', (SELECT count(*) FROM instance i WHERE i.pop_id = p.id AND i.phase < 5)"
#define SQL_POP "(SELECT json_build_object(" SQL_POP_COLUMNS ") FROM pop p JOIN one ON one.kind = 'pop' AND one.id = p.id)"

#define SQL_VNFM_COLUMNS \
    "'id', e.id, 'type', e.type, 'endpoint', e.endpoint, 'kind', e.kind, 'active', e.active, 'enabled', e.enabled, 'capabilities', e.capabilities, " \
    "'vnfrs', (SELECT count(*) FROM vnfr v WHERE v.endpoint = e.type), 'open', (SELECT count(*) FROM command c JOIN vnfr v ON v.id = c.subject WHERE v.endpoint = e.type AND c.kind <= 4)"
#define SQL_VNFM "(SELECT json_build_object(" SQL_VNFM_COLUMNS ") FROM vnfm_endpoint e JOIN one ON one.kind = 'vnfm' AND one.id = e.id)"

#define SQL_DRIVER_COLUMNS \
    "'queue', d.queue, 'type', d.type, 'active', d.active, 'capabilities', d.capabilities, " \
    "'pops', (SELECT count(*) FROM pop p WHERE split_part(p.type, '.', 1) = d.type)"
#define SQL_DRIVER "(SELECT json_build_object(" SQL_DRIVER_COLUMNS ") FROM vim_driver d JOIN one ON one.kind = 'driver' AND one.id = d.queue)"

static const struct db_statement explain = {"explain",
    "WITH " SQL_HITS " SELECT json_build_object('now', " SQL_NOW
    ", 'hits', coalesce((SELECT json_agg(json_build_object('kind', kind, 'id', id, 'name', name, 'nsr', nsr, 'nsrName', nsr_name)) FROM hit), '[]')"
    ", 'nsr', " SQL_NSR ", 'vnfrs', " SQL_VNFRS ", 'pop', " SQL_POP ", 'vnfm', " SQL_VNFM ", 'driver', " SQL_DRIVER
    ", 'waits', coalesce(" SQL_WAITS ", '[]'), 'outbox', coalesce(" SQL_OUTBOX ", '[]'), 'history', coalesce(" SQL_HISTORY ", '[]'))::text"};

/* $1 = project; the order of the parts is that of the view. */
#define SQL_STATUS_NSRS "FROM nsr n WHERE n.phase < 100 AND ($1::text = '*' OR n.project_id = $1::text)"
static const struct db_statement status = {"status",
    "SELECT json_build_object('now', " SQL_NOW
    ", 'processes', (SELECT json_agg(json_build_object('id', b.process, 'host', b.host, 'pid', b.pid, 'version', b.version, 'started', b.started_at, 'seen', b.at, 'stopped', b.has_stopped) "
        "ORDER BY b.started_at, b.process) FROM heartbeat b)"
    ", 'vnfms', (SELECT json_agg(json_build_object(" SQL_VNFM_COLUMNS ") ORDER BY e.created_at, e.id) FROM vnfm_endpoint e)"
    ", 'missing', (SELECT json_agg(json_build_object('type', t.endpoint, 'vnfrs', t.n) ORDER BY t.endpoint) FROM (SELECT v.endpoint, count(*) AS n FROM vnfr v "
        "WHERE NOT EXISTS (SELECT 1 FROM vnfm_endpoint e WHERE e.type = v.endpoint) GROUP BY v.endpoint) t)"
    ", 'drivers', (SELECT json_agg(json_build_object(" SQL_DRIVER_COLUMNS ") ORDER BY d.queue) FROM vim_driver d)"
    ", 'pops', (SELECT json_agg(json_build_object(" SQL_POP_COLUMNS ") ORDER BY p.created_at, p.id) FROM pop p WHERE $1::text = '*' OR p.project_id = $1::text)"
    ", 'nsrs', (SELECT json_object_agg(s, c) FROM (SELECT coalesce(n.doc::json->>'status', 'NULL') AS s, count(*) AS c " SQL_STATUS_NSRS " GROUP BY 1 ORDER BY 1) t)"
    ", 'phases', (SELECT json_object_agg(s, c) FROM (SELECT ($2::text[])[n.phase + 1] AS s, count(*) AS c " SQL_STATUS_NSRS " GROUP BY 1 ORDER BY 1) t)"
    ", 'inFlight', (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'phase', ($2::text[])[t.phase + 1], 'created', t.created_at, 'since', t.since, 'due', t.due) ORDER BY t.created_at) "
        "FROM (SELECT n.id, n.name, n.phase, n.created_at, (SELECT max(h.at) FROM history h WHERE h.nsr_id = n.id) AS since, (SELECT min(c.due_at) FROM command c WHERE c.agg = n.id) AS due "
        SQL_STATUS_NSRS " AND n.phase IN (0, 3) ORDER BY n.created_at LIMIT 20) t)"
    ", 'failed', (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'fault', t.doc::json->'fault'->>'message') ORDER BY t.created_at) "
        "FROM (SELECT n.id, n.name, n.doc, n.created_at " SQL_STATUS_NSRS " AND n.phase = 2 ORDER BY n.created_at LIMIT 20) t)"
    ", 'waiting', (SELECT json_build_object('open', count(*), 'oldest', (array_agg(json_build_object('id', c.id, 'kind', ($3::text[])[c.kind], 'opened', c.opened_at, 'due', c.due_at) "
        "ORDER BY c.opened_at))[1]) FROM command c LEFT JOIN nsr n ON n.id = c.agg LEFT JOIN pop p ON p.id = c.agg WHERE $1::text = '*' OR coalesce(n.project_id, p.project_id) = $1::text)"
    ", 'outbox', (SELECT json_build_object('unsent', count(*) FILTER (WHERE o.next_at < " SQL_NOW "), 'retried', count(*) FILTER (WHERE o.attempts > 1)) FROM outbox o)"
    ", 'events', (SELECT json_build_object('undelivered', count(*), 'oldest', min(e.created_at)) FROM event_out e)"
    ", 'tombstones', (SELECT count(*) FROM nsr n WHERE n.phase >= 100)"
    ", 'operations', (SELECT count(*) FROM operation WHERE status = 0 AND expires_at > " SQL_NOW "))::text"};

/* clang-format on */

static void fill(struct db_array *array, const char *const *words)
{
    for (; *words; words++)
        db_array_text(array, *words);
}

enum err_code store_explain(struct db *db, const struct store_question *q,
                            const struct store_words *words, struct sbuf *out, struct err *err)
{
    AUTO(db_array_release) struct db_array nsr = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array vnfr = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array instance = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array command = DB_TEXT_ARRAY;
    fill(&nsr, words->nsr_phases);
    fill(&vnfr, words->vnfr_phases);
    fill(&instance, words->instance_phases);
    fill(&command, words->commands);
    return store_read_text(
        db, &explain,
        DB_PARAMS(db_param_text(q->id_or_name), db_param_text(q->project), db_param_array(&nsr),
                  db_param_array(&vnfr), db_param_array(&instance), db_param_array(&command),
                  db_param_int(q->after), db_param_int(q->limit), db_param_text(q->kind)),
        out, err);
}

enum err_code store_status(struct db *db, const char *project, const struct store_words *words,
                           struct sbuf *out, struct err *err)
{
    AUTO(db_array_release) struct db_array nsr = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array command = DB_TEXT_ARRAY;
    fill(&nsr, words->nsr_phases);
    fill(&command, words->commands);
    return store_read_text(
        db, &status,
        DB_PARAMS(db_param_text(project), db_param_array(&nsr), db_param_array(&command)), out,
        err);
}

enum err_code store_history_read(struct db *db, int64_t after, int64_t limit,
                                 void (*report)(void *arg, const struct store_history_line *line),
                                 void *arg, struct err *err)
{
    static const struct db_statement read = {
        "history_read",
        "SELECT h.id, h.at, h.nsr_id, coalesce(n.name, ''), coalesce(" SQL_HISTORY_PROJECT
        ", n.project_id, ''), h.doc FROM history h LEFT JOIN nsr n ON n.id = "
        "h.nsr_id WHERE h.id > $1::int8 ORDER BY h.id LIMIT $2::int8"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &read, DB_PARAMS(db_param_int(after), db_param_int(limit)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, &(struct store_history_line){
                        .id = db_int64(&res, i, 0),
                        .at = db_int64(&res, i, 1),
                        .nsr_id = db_text(&res, i, 2),
                        .nsr_name = db_text(&res, i, 3),
                        .project = db_text(&res, i, 4),
                        .doc = db_text(&res, i, 5),
                    });
    db_results_clear(db);
    return rc;
}

enum err_code store_history_end(struct db *db, int64_t *ret, struct err *err)
{
    static const struct db_statement end = {"history_end",
                                            "SELECT coalesce(max(id), 0) FROM history"};
    struct db_result res;
    enum err_code rc = db_query(db, &end, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}
