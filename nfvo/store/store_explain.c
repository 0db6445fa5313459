#include "nfvo/store/store_explain.h"

#include "common/base/macros.h"
#include "common/ports/store_pg.h"
#include "nfvo/store/internal.h"

/* One statement is one round trip, and longer than what C99 promises; gcc and clang have no limit.
 */
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* clang-format off */

#define SQL_NSR_SEEN  "n." SQL_NSR_IS_SEEN " AND ($2::text = '*' OR n.project_id = $2::text)"

/* A line of the history whose network service is gone, and may be seen. */
#define SQL_GONE \
    "NOT EXISTS (SELECT 1 FROM nsr n WHERE n.id = h.nsr_id AND n." SQL_NSR_IS_SEEN ") AND ($2::text = '*' OR " SQL_HISTORY_PROJECT " = $2::text)"

/* Who bears that id or name; what is gone only when nothing that is there does. $1 = it, $2 = project. */
#define SQL_HITS \
    "live AS (SELECT * FROM (" \
    "SELECT 'nsr' AS kind, n.id, n.name, n.id AS agg, n.id AS nsr, n.name AS nsr_name FROM nsr n WHERE (n.id = $1 OR n.name = $1) AND " SQL_NSR_SEEN \
    " UNION ALL SELECT 'vnfr', v.id, v.name, v.agg, n.id, n.name FROM vnfr v JOIN nsr n ON n.id = v.agg WHERE (v.id = $1 OR v.name = $1) AND " SQL_NSR_SEEN \
    " UNION ALL SELECT 'instance', i.id, i.hostname, i.agg, n.id, n.name FROM instance i JOIN nsr n ON n.id = i.agg " \
        "WHERE (i.id = $1 OR i.hostname = $1 OR (i.vc_id = $1 AND $1 <> '')) AND " SQL_NSR_SEEN \
    " UNION ALL SELECT 'operation', o.id, o.id, o.agg, o.agg, o.nsr_name FROM operation o WHERE o.id = $1 AND ($2::text = '*' OR o.project_id = $2::text)" \
    " UNION ALL SELECT 'pop', p.id, p.name, p.id, NULL, NULL FROM pop p WHERE (p.id = $1 OR p.name = $1) AND " SQL_IN_PROJECT \
    " UNION ALL SELECT 'vnfm', e.id, e.type, NULL, NULL, NULL FROM vnfm_endpoint e WHERE e.id = $1 OR e.type = $1 OR e.endpoint = $1" \
    " UNION ALL SELECT 'driver', d.queue, d.queue, NULL, NULL, NULL FROM vim_driver d WHERE d.queue = $1 OR d.type = $1" \
    " UNION ALL SELECT 'command', c.id, c.id, c.agg, n.id, n.name FROM command c LEFT JOIN nsr n ON n.id = c.agg LEFT JOIN pop p ON p.id = c.agg " \
        "WHERE c.id = $1 AND ($2::text = '*' OR coalesce(n.project_id, p.project_id) = $2::text)" \
    ") all_of_them LIMIT 100), " \
    "gone AS (SELECT 'gone' AS kind, h.nsr_id AS id, '' AS name, NULL AS agg, h.nsr_id AS nsr, NULL AS nsr_name FROM history h WHERE h.nsr_id = $1 AND " SQL_GONE \
        " UNION SELECT 'gone', h.nsr_id, " SQL_HISTORY_NSR ", NULL, h.nsr_id, NULL FROM history h WHERE " SQL_HISTORY_IS_LOGS \
        " AND (" SQL_HISTORY_HOST " = $1 OR " SQL_HISTORY_NSR " = $1) AND " SQL_GONE " LIMIT 100), " \
    "found AS (SELECT * FROM live UNION ALL SELECT * FROM gone WHERE NOT EXISTS (SELECT 1 FROM live)), " \
    "hit AS (SELECT * FROM found WHERE ($5::text = '' OR kind = $5::text) AND (id = $1 OR NOT EXISTS (SELECT 1 FROM found WHERE id = $1))), " \
    "one AS (SELECT * FROM hit WHERE (SELECT count(*) FROM hit) = 1)"

/* Agents that were connected once and are not; below 0: not sure yet (store_watch.h). */
#define SQL_AGENT_GONE "(SELECT s.gone_since FROM agent_seen s WHERE s.hostname = i.hostname AND s.gone_since > 0)"

#define SQL_INSTANCES \
    "(SELECT json_agg(json_build_object('id', i.id, 'hostname', i.hostname, 'phase', i.phase, 'vcId', i.vc_id, 'pop', i.pop_id, 'popName', p.name, " \
    "'serverGone', (SELECT m.since FROM drift m WHERE m.subject = i.id AND m." SQL_DRIFT_IS_GONE "), 'drift', (SELECT json_build_object('kind', m.believed, 'since', m.since, 'text', a.detail, 'healing', nullif(a.healing, ''), 'alarm', a.id) FROM drift m JOIN alarm a ON a.subject = m.subject AND a.cleared_at IS NULL WHERE m.subject = i.id AND m.believed <> ''), 'agentGone', CASE WHEN i." SQL_INSTANCE_IS_UP " THEN " SQL_AGENT_GONE " END, " \
    "'state', x.doc->>'state', 'ips', x.doc->'ips', 'floatingIps', x.doc->'floatingIps') ORDER BY i.hostname) " \
    "FROM instance i LEFT JOIN pop p ON p.id = i.pop_id LEFT JOIN LATERAL (SELECT e AS doc FROM json_array_elements(CASE WHEN v.doc <> '' THEN doc_json(v.doc)->'vdu' END) u, " \
    "json_array_elements(u->'vnfc_instance') e WHERE e->>'id' = i.id LIMIT 1) x ON true WHERE i.vnfr_id = v.id)"

#define SQL_NSR \
    "(SELECT json_build_object('id', n.id, 'name', n.name, 'phase', n.phase, 'status', doc_json(n.doc)->>'status', 'task', doc_json(n.doc)->>'task', " \
    "'created', n.created_at, 'project', n.project_id, 'nsd', n.nsd_id, 'fault', doc_json(n.doc)->'fault') FROM nsr n JOIN one ON one.nsr = n.id)"

#define SQL_VNFRS \
    "(SELECT json_agg(json_build_object('id', v.id, 'name', v.name, 'vnfm', v.endpoint, 'phase', v.phase, " \
    "'status', CASE WHEN v.doc <> '' THEN doc_json(v.doc)->>'status' END, 'type', CASE WHEN v.doc <> '' THEN doc_json(v.doc)->>'type' END, " \
    "'fault', CASE WHEN v.doc <> '' THEN doc_json(v.doc)->'fault' END, " \
    "'needs', (SELECT json_agg(k) FROM nsr n, json_array_elements(doc_json(n.doc)->'vnf_dependency') d, json_object_keys(d->'idType') k WHERE n.id = v.agg AND d->>'target' = v.name), " \
    "'instances', " SQL_INSTANCES ") ORDER BY v.name, v.id) FROM vnfr v JOIN one ON one.nsr = v.agg)"

/* What the aggregate waits for, and what the PoPs wait for that it waits for. */
#define SQL_WAITS \
    "(SELECT json_agg(json_build_object('id', c.id, 'of', c.agg_kind, 'kind', c.kind, 'subject', c.subject, " \
    "'opened', c.opened_at, 'due', c.due_at, 'lost', c.data = 'lost', 'vnfr', v.name, 'vnfm', v.endpoint, 'host', i.hostname, " \
    "'pop', p.name, 'popType', p.type) ORDER BY c.opened_at, c.id) " \
    "FROM one JOIN command c ON c.agg = one.agg OR c.agg IN (SELECT coalesce(nullif(w.data, ''), w.subject) FROM command w WHERE w.agg = one.agg AND w." SQL_IS_TO_POP ") " \
    "OR one.kind IN ('vnfm', 'driver') AND split_part(c.subject, '/', 1) IN (SELECT v.id FROM vnfr v JOIN nsr n ON n.id = v.agg WHERE one.kind = 'vnfm' AND v.endpoint = one.name AND " SQL_NSR_SEEN " " \
        "UNION ALL SELECT i.id FROM instance i JOIN nsr n ON n.id = i.agg JOIN pop p ON p.id = i.pop_id JOIN vim_driver d ON d.type = split_part(p.type, '.', 1) " \
            "WHERE one.kind = 'driver' AND d.queue = one.id AND " SQL_NSR_SEEN ") " \
    "LEFT JOIN instance i ON i.id = split_part(c.subject, '/', 1) LEFT JOIN vnfr v ON v.id = coalesce(i.vnfr_id, split_part(c.subject, '/', 1)) " \
    "LEFT JOIN pop p ON p.id = coalesce(i.pop_id, CASE WHEN c.agg_kind = 'pop' THEN c.agg END, nullif(c.data, ''), c.subject) " \
    "WHERE NOT (one.kind = 'command' AND c.id <> one.id))"

#define SQL_OUTBOX \
    "(SELECT json_agg(json_build_object('seq', o.seq, 'to', " OUTBOX_KEY_SQL("o") ", 'command', " OUTBOX_COMMAND_SQL("o") ", 'attempts', o.attempts, " \
    "'next', o.next_at, 'until', o.until_at, 'maybeSent', o.maybe_sent, 'bytes', length(o.body)) ORDER BY o.seq) FROM outbox o JOIN one ON o.stream = one.agg WHERE " OUTBOX_HAS_MESSAGE_SQL("o") ")"

/* What the broker refused. To whom: an agent, a VNFM, a driver; the account by which VNFMs and drivers register concerns those that are not there. */
#define SQL_REFUSAL_COLUMNS \
    "'kind', r.kind, 'account', r.account, 'about', r.about, 'subject', r.subject, 'vhost', r.vhost, 'operation', r.operation, 'needs', r.needs, " \
    "'object', r.object, 'words', r.words, 'hint', r.hint, 'n', r.n, 'first', r.first_at, 'last', r.last_at"
/* An agent may be there when its user is and its rights are not: that it was refused the virtual host until then is settled. */
#define SQL_REFUSAL_OPEN \
    "NOT EXISTS (SELECT 1 FROM agent_login l WHERE r.about = 'agent' AND r.kind = 'vhost' AND l.hostname = r.subject AND l.made_at > 0 AND r.last_at <= l.made_at + 2000000)"
#define SQL_IS_DRIVER_OF(type) \
    "(r.subject = split_part(" type ", '.', 1) OR r.subject LIKE 'vim-drivers.%' AND split_part(r.subject, '.', 2) = split_part(" type ", '.', 1))"
#define SQL_REFUSALS \
    "(SELECT json_agg(json_build_object(" SQL_REFUSAL_COLUMNS ") ORDER BY r.last_at DESC) FROM refusal r, one WHERE " \
    "r.about = 'agent' AND " SQL_REFUSAL_OPEN " AND (one.kind = 'instance' AND r.subject = one.name OR one.kind IN ('nsr', 'vnfr') AND EXISTS (SELECT 1 FROM instance i WHERE i.hostname = r.subject " \
        "AND i.agg = one.nsr AND (one.kind = 'nsr' OR i.vnfr_id = one.id))) " \
    "OR r.about = 'vnfm' AND (one.kind = 'vnfm' AND r.subject = one.name OR one.kind IN ('nsr', 'vnfr', 'instance') AND EXISTS (SELECT 1 FROM vnfr v WHERE v.endpoint = r.subject " \
        "AND v.agg = one.nsr AND (one.kind <> 'vnfr' OR v.id = one.id))) " \
    "OR r.about = 'driver' AND (one.kind = 'driver' AND " SQL_IS_DRIVER_OF("(SELECT d.type FROM vim_driver d WHERE d.queue = one.id)") \
        " OR one.kind = 'pop' AND " SQL_IS_DRIVER_OF("(SELECT p.type FROM pop p WHERE p.id = one.id)") \
        " OR one.kind IN ('nsr', 'vnfr', 'instance') AND EXISTS (SELECT 1 FROM instance i JOIN pop p ON p.id = i.pop_id WHERE i.agg = one.nsr AND " SQL_IS_DRIVER_OF("p.type") ")) " \
    "OR r.about IN ('registration', 'nfvo') AND (one.kind = 'vnfm' AND NOT (SELECT e.active FROM vnfm_endpoint e WHERE e.id = one.id) " \
        "OR one.kind = 'driver' AND NOT (SELECT d.active FROM vim_driver d WHERE d.queue = one.id) OR one.kind = 'pop' AND NOT EXISTS (SELECT 1 FROM vim_driver d, pop p " \
        "WHERE p.id = one.id AND d.active AND d.type = split_part(p.type, '.', 1))))"

/* Stored documents that cannot be read, of whatever the question is about. */
#define SQL_STILL_UNREADABLE \
    "u.digest = md5(CASE u.kind WHEN 'nsr' THEN (SELECT x.doc || x.state FROM nsr x WHERE x.id = u.id) WHEN 'vnfr' THEN (SELECT x.doc || x.state FROM vnfr x WHERE x.id = u.id) " \
    "WHEN 'instance' THEN (SELECT x.state FROM instance x WHERE x.id = u.id) WHEN 'pop' THEN (SELECT x.doc || x.state FROM pop x WHERE x.id = u.id) END)"
#define SQL_UNREADABLE_COLUMNS "'kind', u.kind, 'id', u.id, 'agg', u.agg, 'found', u.found_at, 'message', u.message"
#define SQL_UNREADABLE \
    "(SELECT json_agg(json_build_object(" SQL_UNREADABLE_COLUMNS ") ORDER BY u.found_at) FROM unreadable u JOIN one ON u.agg = one.agg OR u.kind = 'pop' AND " \
    "EXISTS (SELECT 1 FROM nsr n WHERE n.id = one.nsr AND u.id = ANY (string_to_array(n.pops, ','))) WHERE " SQL_STILL_UNREADABLE ")"

#define SQL_HISTORY \
    "(SELECT json_agg(json_build_object('id', x.id, 'at', x.at, 'entry', doc_json(x.doc)) ORDER BY x.id) FROM " \
    "(SELECT h.id, h.at, h.doc FROM history h JOIN one ON h.nsr_id = one.nsr WHERE h.id > $3::int8 AND NOT " SQL_HISTORY_IS_LOGS " ORDER BY h.id DESC LIMIT $4::int8) x)"

/* Of which hosts the logs were kept. */
#define SQL_LOGS \
    "(SELECT json_agg(json_build_object('vnfr', substring(h.doc FROM '\"vnfr\":\"([^\"]*)\"'), 'host', " SQL_HISTORY_HOST ") ORDER BY h.id) " \
    "FROM history h JOIN one ON one.kind = 'gone' AND h.nsr_id = one.nsr WHERE " SQL_HISTORY_IS_LOGS ")"

/* Counts are asked for one by one for one object, and once for all in the status. */
#define SQL_POP_COLUMNS(servers) \
    "'id', p.id, 'name', p.name, 'type', p.type, 'phase', p.phase, 'url', doc_json(p.doc)->>'authUrl', " \
    "'active', doc_json(p.doc)->'active', 'images', coalesce(json_array_length(doc_json(p.doc)->'images'), 0), 'networks', coalesce(json_array_length(doc_json(p.doc)->'networks'), 0), " \
    "'flavours', coalesce(json_array_length(doc_json(p.doc)->'flavours'), 0), " \
    "'refreshed', CASE WHEN p.state <> '' THEN doc_json(p.state)->'refreshedAt' END, 'fault', CASE WHEN p.state <> '' THEN doc_json(p.state)->'fault' END, " \
    "'driver', (SELECT min(d.queue) FROM vim_driver d WHERE d.active AND (d.type = split_part(p.type, '.', 1) OR d.queue = 'vim-drivers.' || p.type)), " \
    "'quota', CASE WHEN p.state <> '' THEN doc_json(p.state)->'quota' END, " \
    "'note', CASE WHEN p.state <> '' THEN doc_json(p.state)->>'note' END, 'warning', CASE WHEN p.state <> '' THEN doc_json(p.state)->>'warning' END, " \
    "'servers', " servers
#define SQL_POP_SERVERS "(SELECT count(*) FROM instance i WHERE i.pop_id = p.id AND i." SQL_INSTANCE_IS_LEFT ")"
#define SQL_POP "(SELECT json_build_object(" SQL_POP_COLUMNS(SQL_POP_SERVERS) ") FROM pop p JOIN one ON one.kind = 'pop' AND one.id = p.id)"

#define SQL_VNFM_COLUMNS(vnfrs, open) \
    "'id', e.id, 'type', e.type, 'endpoint', e.endpoint, 'kind', e.kind, 'active', e.active, 'enabled', e.enabled, 'capabilities', e.capabilities, " \
    "'vnfrs', " vnfrs ", 'open', " open
#define SQL_VNFM_VNFRS "(SELECT count(*) FROM vnfr v WHERE v.endpoint = e.type)"
#define SQL_VNFM_OPEN "(SELECT count(*) FROM command c JOIN vnfr v ON v.id = split_part(c.subject, '/', 1) WHERE v.endpoint = e.type AND c." SQL_IS_TO_VNFM ")"
#define SQL_VNFM "(SELECT json_build_object(" SQL_VNFM_COLUMNS(SQL_VNFM_VNFRS, SQL_VNFM_OPEN) ") FROM vnfm_endpoint e JOIN one ON one.kind = 'vnfm' AND one.id = e.id)"

#define SQL_DRIVER_COLUMNS \
    "'queue', d.queue, 'type', d.type, 'active', d.active, 'capabilities', d.capabilities, " \
    "'pops', (SELECT count(*) FROM pop p WHERE split_part(p.type, '.', 1) = d.type)"
#define SQL_DRIVER "(SELECT json_build_object(" SQL_DRIVER_COLUMNS ") FROM vim_driver d JOIN one ON one.kind = 'driver' AND one.id = d.queue)"

static const struct db_statement explain = {"explain",
    "WITH " SQL_HITS " SELECT json_build_object('now', " SQL_NOW
    ", 'hits', coalesce((SELECT json_agg(json_build_object('kind', kind, 'id', id, 'name', name, 'nsr', nsr, 'nsrName', nsr_name)) FROM hit), '[]')"
    ", 'nsr', " SQL_NSR ", 'vnfrs', " SQL_VNFRS ", 'pop', " SQL_POP ", 'vnfm', " SQL_VNFM ", 'driver', " SQL_DRIVER
    ", 'unreadable', coalesce(" SQL_UNREADABLE ", '[]'), 'waits', coalesce(" SQL_WAITS ", '[]'), 'outbox', coalesce(" SQL_OUTBOX ", '[]'), 'refusals', coalesce(" SQL_REFUSALS ", '[]')"
    ", 'history', coalesce(" SQL_HISTORY ", '[]'), 'logs', coalesce(" SQL_LOGS ", '[]'))::text, coalesce((SELECT nsr FROM one), '')"};

/* Of the last quarter of an hour, or of who is still not there: who was refused may not try again. */
#define SQL_REFUSAL_NOW \
    "r.last_at > " SQL_NOW " - 900000000 OR r.about = 'agent' AND EXISTS (SELECT 1 FROM instance i JOIN vnfr v ON v.id = i.vnfr_id WHERE i.hostname = r.subject AND v." SQL_VNFR_IS_COMING ") " \
    "OR r.about = 'vnfm' AND EXISTS (SELECT 1 FROM vnfm_endpoint e WHERE e.type = r.subject AND NOT e.active) " \
    "OR r.about = 'driver' AND EXISTS (SELECT 1 FROM vim_driver d WHERE (d.queue = r.subject OR d.type = r.subject) AND NOT d.active)"

/* $1 = project, $2 = how long an agent may be away; the order of the parts is that of the view. */
#define SQL_STATUS_NSRS "FROM nsr n WHERE n." SQL_NSR_IS_SEEN " AND ($1::text = '*' OR n.project_id = $1::text)"
static const struct db_statement status = {"status",
    "SELECT json_build_object('now', " SQL_NOW
    ", 'processes', (SELECT json_agg(json_build_object('id', b.process, 'host', b.host, 'pid', b.pid, 'version', b.version, 'started', b.started_at, 'seen', b.at, 'stopped', b.has_stopped) "
        "ORDER BY b.started_at, b.process) FROM heartbeat b)"
    ", 'vnfms', (SELECT json_agg(json_build_object(" SQL_VNFM_COLUMNS("coalesce(x.n, 0)", "coalesce(o.n, 0)") ") ORDER BY e.created_at, e.id) FROM vnfm_endpoint e "
        "LEFT JOIN (SELECT v.endpoint, count(*) AS n FROM vnfr v GROUP BY 1) x ON x.endpoint = e.type "
        "LEFT JOIN (SELECT v.endpoint, count(*) AS n FROM command c JOIN vnfr v ON v.id = split_part(c.subject, '/', 1) WHERE c." SQL_IS_TO_VNFM " GROUP BY 1) o ON o.endpoint = e.type)"
    ", 'missing', (SELECT json_agg(json_build_object('type', t.endpoint, 'vnfrs', t.n) ORDER BY t.endpoint) FROM (SELECT v.endpoint, count(*) AS n FROM vnfr v "
        "WHERE NOT EXISTS (SELECT 1 FROM vnfm_endpoint e WHERE e.type = v.endpoint) GROUP BY v.endpoint) t)"
    ", 'drivers', (SELECT json_agg(json_build_object(" SQL_DRIVER_COLUMNS ") ORDER BY d.queue) FROM vim_driver d)"
    ", 'pops', (SELECT json_agg(json_build_object(" SQL_POP_COLUMNS("coalesce(i.n, 0)") ") ORDER BY p.created_at, p.id) FROM pop p "
        "LEFT JOIN (SELECT pop_id, count(*) AS n FROM instance WHERE " SQL_INSTANCE_IS_LEFT " GROUP BY 1) i ON i.pop_id = p.id WHERE $1::text = '*' OR p.project_id = $1::text)"
    ", 'nsrs', (SELECT json_object_agg(s, c) FROM (SELECT coalesce(doc_json(n.doc)->>'status', 'NULL') AS s, count(*) AS c " SQL_STATUS_NSRS " GROUP BY 1 ORDER BY 1) t)"
    ", 'phases', (SELECT json_object_agg(s, c) FROM (SELECT n.phase AS s, count(*) AS c " SQL_STATUS_NSRS " GROUP BY 1 ORDER BY 1) t)"
    ", 'inFlight', (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'phase', t.phase, 'created', t.created_at, 'since', t.since, 'due', t.due) ORDER BY t.created_at) "
        "FROM (SELECT n.id, n.name, n.phase, n.created_at, (SELECT max(h.at) FROM history h WHERE h.nsr_id = n.id) AS since, (SELECT min(c.due_at) FROM command c WHERE c.agg = n.id) AS due "
        SQL_STATUS_NSRS " AND n." SQL_NSR_IS_IN_FLIGHT " ORDER BY n.created_at LIMIT 20) t)"
    ", 'failed', (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'fault', doc_json(t.doc)->'fault'->>'message') ORDER BY t.created_at) "
        "FROM (SELECT n.id, n.name, n.doc, n.created_at " SQL_STATUS_NSRS " AND n." SQL_NSR_IS_FAILED " ORDER BY n.created_at LIMIT 20) t)"
    ", 'waiting', (SELECT json_build_object('open', count(*), 'oldest', (array_agg(json_build_object('id', c.id, 'kind', c.kind, 'opened', c.opened_at, 'due', c.due_at) "
        "ORDER BY c.opened_at))[1]) FROM command c LEFT JOIN nsr n ON n.id = c.agg LEFT JOIN pop p ON p.id = c.agg WHERE $1::text = '*' OR coalesce(n.project_id, p.project_id) = $1::text)"
    ", 'outbox', (SELECT json_build_object('unsent', count(*) FILTER (WHERE o.next_at < " SQL_NOW "), 'retried', count(*) FILTER (WHERE o.attempts > 1)) FROM outbox o WHERE " OUTBOX_HAS_MESSAGE_SQL("o") ")"
    ", 'events', (SELECT json_build_object('undelivered', count(*), 'oldest', min(e.created_at), 'failing', (SELECT json_agg(json_build_object('type', t.type, 'endpoint', CASE t.type WHEN 'REST' THEN url_masked(t.endpoint) ELSE t.endpoint END, 'since', t.since, 'tries', t.tries, 'fault', t.fault)) FROM (SELECT * FROM event_target WHERE fault <> '' ORDER BY since LIMIT 20) t)) FROM event_out e)"
    ", 'refusals', coalesce((SELECT json_agg(json_build_object(" SQL_REFUSAL_COLUMNS ") ORDER BY r.about <> '' DESC, r.last_at DESC) FROM (SELECT * FROM refusal r WHERE (" SQL_REFUSAL_NOW ") AND " SQL_REFUSAL_OPEN " "
        "AND ($1::text = '*' OR r.about <> 'agent' OR EXISTS (SELECT 1 FROM instance i JOIN nsr n ON n.id = i.agg WHERE i.hostname = r.subject AND n.project_id = $1::text))"
        " ORDER BY r.about <> '' DESC, r.last_at DESC LIMIT 20) r), '[]')"
    ", 'agentsGone', coalesce((SELECT json_agg(json_build_object('host', t.hostname, 'since', t.gone_since, 'nsr', t.id, 'nsrName', t.name) ORDER BY t.gone_since, t.hostname) "
        "FROM (SELECT s.hostname, s.gone_since, n.id, n.name FROM agent_seen s JOIN instance i ON i.hostname = s.hostname AND i." SQL_INSTANCE_IS_UP " JOIN nsr n ON n.id = i.agg "
        "WHERE s.gone_since > 0 AND s.gone_since < " SQL_NOW " - $2::int8 AND n." SQL_NSR_IS_SEEN " AND ($1::text = '*' OR n.project_id = $1::text) ORDER BY s.gone_since, s.hostname LIMIT 20) t), '[]')"
    ", 'agentsOld', (SELECT json_build_object('n', count(*), 'nsrs', (array_agg(DISTINCT t.name))[1:5], 'services', count(DISTINCT t.id)) FROM (SELECT n.id, n.name FROM agent_login l "
        "JOIN instance i ON i.hostname = l.hostname AND i." SQL_INSTANCE_HAS_AGENT " JOIN nsr n ON n.id = i.agg WHERE l.is_old AND ($1::text = '*' OR n.project_id = $1::text)) t)"
    ", 'unreadable', (SELECT json_agg(json_build_object(" SQL_UNREADABLE_COLUMNS ") ORDER BY u.found_at) FROM (SELECT u.* FROM unreadable u LEFT JOIN nsr n ON n.id = u.agg LEFT JOIN pop p ON p.id = u.agg "
        "WHERE ($1::text = '*' OR coalesce(n.project_id, p.project_id) = $1::text) AND " SQL_STILL_UNREADABLE " ORDER BY u.found_at LIMIT 20) u)"
    ", 'alarms', coalesce((SELECT json_agg(json_build_object('id', t.id, 'kind', t.kind, 'severity', t.severity, 'raised', t.raised_at, 'host', t.host, 'nsr', t.nsr_id, 'nsrName', t.nsr_name, 'pop', t.pop_name, "
        "'text', t.detail, 'healing', nullif(t.healing, ''), 'isRoot', t.is_root, 'acked', t.acked_at IS NOT NULL) ORDER BY NOT t.is_root, t.raised_at, t.id) FROM (SELECT * FROM alarm a WHERE a.cleared_at IS NULL "
        "AND ($1::text = '*' OR a.project_id = $1::text) ORDER BY NOT a.is_root, a.raised_at LIMIT 20) t), '[]')"
    ", 'serversGone', coalesce((SELECT json_agg(json_build_object('host', t.host, 'since', t.since, 'pop', t.pop_name, 'nsr', t.nsr_id, 'nsrName', t.nsr_name) ORDER BY t.since, t.host) "
        "FROM (SELECT a.host, d.since, a.pop_name, a.nsr_id, a.nsr_name FROM drift d JOIN alarm a ON a.subject = d.subject AND a.cleared_at IS NULL "
        "WHERE d." SQL_DRIFT_IS_GONE " AND ($1::text = '*' OR a.project_id = $1::text) ORDER BY d.since, a.host LIMIT 20) t), '[]')"
    ", 'alarmsOpen', (SELECT count(*) FROM alarm a WHERE a.cleared_at IS NULL AND ($1::text = '*' OR a.project_id = $1::text))"
    ", 'releases', (SELECT json_build_object('left', count(*), 'oldest', min(r.wanted_at)) FROM release_wanted r WHERE $1::text = '*' OR r.project_id = $1::text)"
    ", 'tombstones', (SELECT count(*) FROM nsr n WHERE NOT n." SQL_NSR_IS_SEEN ")"
    ", 'operations', (SELECT count(*) FROM rest_call WHERE status = 0 AND expires_at > " SQL_NOW "))::text"};

/* clang-format on */

enum err_code store_explain(struct db *db, const struct store_question *q, struct sbuf *out,
                            struct sbuf *ret_nsr, struct err *err)
{
    struct db_result res;
    enum err_code rc =
        db_query(db, &explain,
                 DB_PARAMS(db_param_text(q->id_or_name), db_param_text(q->project),
                           db_param_int(q->after), db_param_int(q->limit), db_param_text(q->kind)),
                 &res, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_add(out, db_text(&res, 0, 0), db_len(&res, 0, 0));
    sbuf_adds(ret_nsr, db_text(&res, 0, 1));
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_status(struct db *db, const char *project, struct sbuf *out, struct err *err)
{
    return store_read_text(db, &status,
                           DB_PARAMS(db_param_text(project), db_param_int(STORE_AGENT_GRACE_US)),
                           out, err);
}

enum err_code store_history_read(struct db *db, int64_t after, int64_t limit,
                                 void (*report)(void *arg, const struct store_history_line *line),
                                 void *arg, struct err *err)
{
    static const struct db_statement read = {
        "history_read",
        "SELECT h.id, h.at, h.nsr_id, coalesce(n.name, ''), coalesce(" SQL_HISTORY_PROJECT
        ", n.project_id, ''), h.doc FROM history h LEFT JOIN nsr n ON n.id = "
        "h.nsr_id WHERE h.id > $1::int8 AND NOT " SQL_HISTORY_IS_LOGS
        " ORDER BY h.id LIMIT $2::int8"};
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

enum err_code store_history_logs(struct db *db, const char *nsr_id, const char *vnfr_name,
                                 const char *hostname, const char *project, struct sbuf *out,
                                 struct err *err)
{
    static const struct db_statement logs = {
        "history_logs", "SELECT (h.doc::json->'lines')::text FROM history h WHERE h.nsr_id = "
                        "$1::text AND " SQL_HISTORY_IS_LOGS
                        " AND h.doc::json->>'vnfr' = $2::text AND h.doc::json->>'host' = "
                        "$3::text AND ($4::text = '*' OR " SQL_HISTORY_PROJECT " = $4::text) "
                        "ORDER BY h.id DESC LIMIT 1"};
    return store_read_text(db, &logs,
                           DB_PARAMS(db_param_text(nsr_id), db_param_text(vnfr_name),
                                     db_param_text(hostname), db_param_text(project)),
                           out, err);
}
