#include "nfvo/store/store_reconcile.h"

#include <stdlib.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/store_findings.h"

/* --- which PoP, when --------------------------------------------------------------------------- */

#define SQL_HAS_OURS                                                                               \
    "EXISTS (SELECT 1 FROM instance i WHERE i.pop_id = w.pop_id AND i." SQL_INSTANCE_IS_LEFT ")"

enum err_code store_watch_follow(struct db *db, int64_t from_us, int64_t within_us, struct err *err)
{
    static const struct db_statement
        add = {"watch_add",
               "INSERT INTO pop_watch (pop_id, next_at) SELECT p.id, " SQL_NOW
               " + $2::int8 + (random() * $1::int8)::int8 FROM pop p WHERE p." SQL_POP_IS_SEEN
               " AND NOT EXISTS (SELECT 1 FROM pop_watch w WHERE w.pop_id = p.id) "
               "ON CONFLICT DO NOTHING"},
        /* that had none of ours when it was looked at last, and was to be left alone for a while */
        near = {"watch_near",
                "UPDATE pop_watch w SET next_at = " SQL_NOW
                " + (random() * $1::int8)::int8 WHERE $1::int8 > 0 AND w.operation = '' "
                "AND w.next_at > " SQL_NOW " + $1::int8 AND " SQL_HAS_OURS},
        end = {"watch_end", "DELETE FROM pop_watch w WHERE NOT EXISTS (SELECT 1 FROM pop p WHERE "
                            "p.id = w.pop_id AND p." SQL_POP_IS_SEEN ")"},
        drift = {"watch_drift_end", "DELETE FROM drift d WHERE NOT EXISTS (SELECT 1 FROM pop p "
                                    "WHERE p.id = d.pop_id)"},
        orphan = {"watch_orphan_end", "DELETE FROM orphan o WHERE NOT EXISTS (SELECT 1 FROM pop p "
                                      "WHERE p.id = o.pop_id)"},
        alarm = {"watch_alarm_end",
                 "UPDATE alarm a SET cleared_at = " SQL_NOW ", changed_at = " SQL_NOW
                 " WHERE a.cleared_at IS NULL AND NOT EXISTS (SELECT 1 FROM pop p WHERE p.id = "
                 "a.pop_id)"};
    db_begin(db);
    db_send(db, &add, DB_PARAMS(db_param_int(within_us), db_param_int(from_us)));
    db_send(db, &near, DB_PARAMS(db_param_int(within_us)));
    db_send(db, &end, NULL, 0);
    db_send(db, &drift, NULL, 0);
    db_send(db, &orphan, NULL, 0);
    db_send(db, &alarm, NULL, 0);
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_watch_take(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                               struct store_due **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement take = {
        "watch_take",
        "WITH due AS (SELECT d.pop_id FROM pop_watch d WHERE d.next_at <= " SQL_NOW
        " ORDER BY d.next_at LIMIT $1::int8 FOR UPDATE SKIP LOCKED), "
        "taken AS (UPDATE pop_watch w SET failures = w.failures + (w.operation <> '')::int, "
        "good_since = CASE WHEN w.operation <> '' THEN 0 ELSE w.good_since END, "
        "fault = CASE WHEN w.operation <> '' THEN 'it was not listed in time' ELSE w.fault "
        "END, operation = gen_random_uuid()::text, asked_at = " SQL_NOW ", next_at = " SQL_NOW
        " + $2::int8 FROM due WHERE w.pop_id = due.pop_id RETURNING "
        "w.pop_id, w.operation, " SQL_HAS_OURS " AS has_ours), "
        "calls AS (INSERT INTO rest_call (id, project, expires_at) SELECT operation, '', " SQL_NOW
        " + $2::int8 FROM taken) SELECT pop_id, operation, has_ours FROM taken"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &take, DB_PARAMS(db_param_int(max), db_param_int(lease_us)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct store_due){.pop = store_text_or_empty(a, &res, (int)i, 0),
                                       .operation = store_text_or_empty(a, &res, (int)i, 1),
                                       .has_ours = db_bool(&res, (int)i, 2)};
    db_results_clear(db);
    return ERR_OK;
}

/* One that waits for a listing already is asked again when that has come: what it shows may be from
 * before. */
enum err_code store_watch_soon(struct db *db, const char *pop, const char *type, bool is_back,
                               struct err *err)
{
    static const struct db_statement soon = {
        "watch_soon", "UPDATE pop_watch w SET wanted_at = " SQL_NOW
                      ", next_at = CASE WHEN w.operation = '' THEN least(w.next_at, " SQL_NOW
                      ") ELSE w.next_at END, good_since = CASE WHEN $3::bool THEN 0 ELSE "
                      "w.good_since END WHERE ($1::text IS NULL OR w.pop_id = $1::text) AND "
                      "($2::text IS NULL OR EXISTS (SELECT 1 FROM pop p WHERE p.id = w.pop_id AND "
                      "(p.type = $2::text OR starts_with(p.type, $2::text || '.'))))"};
    return store_write(db, &soon,
                       DB_PARAMS(db_param_text(pop), db_param_text(type), db_param_bool(is_back)),
                       NULL, err);
}

enum err_code store_watch_finished(struct db *db, struct arena *a, struct store_looked **ret,
                                   struct err *err)
{
    static const struct db_statement finished = {
        "watch_finished",
        "SELECT w.pop_id, p.name, r.status, CASE r.status WHEN 200 THEN r.body ELSE "
        "coalesce(r.body::json->>'message', '') END, w.asked_at, w.good_since, w.failures, "
        "w.outage_at, w.networks, " SQL_NOW " FROM pop_watch "
        "w JOIN pop p ON p.id = w.pop_id JOIN rest_call r ON r.id = w.operation WHERE w.operation "
        "<> '' AND r.status <> 0 ORDER BY w.asked_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED"};
    struct db_result res;
    *ret = NULL;
    enum err_code rc = db_query(db, &finished, NULL, 0, &res, err);
    if (rc == ERR_OK && db_rows(&res)) {
        *ret = arena_alloc(a, sizeof(**ret));
        **ret = (struct store_looked){.pop = store_text_or_empty(a, &res, 0, 0),
                                      .name = store_text_or_empty(a, &res, 0, 1),
                                      .status = db_int64(&res, 0, 2),
                                      .body = store_text_or_empty(a, &res, 0, 3),
                                      .asked_at = db_int64(&res, 0, 4),
                                      .good_since = db_int64(&res, 0, 5),
                                      .failures = db_int64(&res, 0, 6),
                                      .outage_at = db_int64(&res, 0, 7),
                                      .networks = store_text_or_empty(a, &res, 0, 8),
                                      .now = db_int64(&res, 0, 9)};
    }
    db_results_clear(db);
    return rc;
}

/* --- what should be there ---------------------------------------------------------------------- */

enum err_code store_expected_read(struct db *db, const char *pop, struct arena *a,
                                  struct store_expected **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement read = {
        "expected_read",
        "WITH s AS MATERIALIZED (SELECT n.id, n." SQL_NSR_IS_ACTIVE " OR n." SQL_NSR_IS_FAILED
        " AS is_still, " SQL_IS_CHANGING(
            "n.id") " AS is_changing FROM nsr n WHERE n.id IN (SELECT x.agg FROM instance x WHERE "
                    "x.pop_id = "
                    "$1)) SELECT i.id, i.hostname, i.vc_id, i.agg, i.vnfr_id, coalesce(d.kind, "
                    "''), "
                    "coalesce(d.believed, ''), coalesce(d.detail, ''), coalesce(d.weight, 0), "
                    "i." SQL_INSTANCE_IS_UP
                    " AND coalesce(s.is_still AND NOT s.is_changing, false), "
                    "strpos(i.state, '\"owner\":\"vnfm\"') > 0 FROM instance i LEFT JOIN s ON s.id "
                    "= i.agg "
                    "LEFT JOIN drift d ON d.subject = i.id WHERE i.pop_id = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &read, DB_PARAMS(db_param_text(pop)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct store_expected){.id = store_text_or_empty(a, &res, (int)i, 0),
                                            .hostname = store_text_or_empty(a, &res, (int)i, 1),
                                            .vc_id = store_text_or_empty(a, &res, (int)i, 2),
                                            .nsr = store_text_or_empty(a, &res, (int)i, 3),
                                            .vnfr = store_text_or_empty(a, &res, (int)i, 4),
                                            .kind = store_text_or_empty(a, &res, (int)i, 5),
                                            .believed = store_text_or_empty(a, &res, (int)i, 6),
                                            .detail = store_text_or_empty(a, &res, (int)i, 7),
                                            .weight = db_int64(&res, (int)i, 8),
                                            .is_judged = db_bool(&res, (int)i, 9),
                                            .is_of_vnfm = db_bool(&res, (int)i, 10)};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code
store_expected_addresses(struct db *db, struct db_array *vnfrs, struct db_array *instances,
                         void (*report)(void *arg, int64_t index, const char *addresses), void *arg,
                         struct err *err)
{
    static const struct db_statement read = {
        "expected_addresses",
        "SELECT x.n - 1, (SELECT coalesce(string_agg((p->>'netName') || '=' || (p->>'ip'), ' '), "
        "'') FROM json_array_elements(e->'ips') p WHERE p->>'ip' <> '') FROM vnfr v, "
        "json_array_elements(doc_json(v.doc)->'vdu') u, json_array_elements(u->'vnfc_instance') e "
        "JOIN unnest($2::text[]) WITH ORDINALITY x(id, n) ON x.id = e->>'id' "
        "WHERE v.id = ANY ($1::text[]) AND v.doc <> ''"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &read, DB_PARAMS(db_param_array(vnfrs), db_param_array(instances)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, db_int64(&res, i, 0), db_text(&res, i, 1));
    db_results_clear(db);
    return rc;
}

/* "1700000000000000:md5": of which snapshot; which networks, and which services looked for theirs:
 * one that becomes ACTIVE is compared, though no network came or went. A process of before wrote
 * the networks alone. */
static const char *digest_split(const char *digest, int64_t *ret_at)
{
    char *end = NULL;
    long long at = strtoll(digest, &end, 10);
    bool has_time = end > digest && *end == ':';
    *ret_at = has_time ? at : 0;
    return has_time ? end + 1 : digest;
}

enum err_code store_networks_read(struct db *db, const char *pop, const char *digest,
                                  struct arena *a, struct store_network **ret, size_t *ret_n,
                                  const char **ret_digest, struct err *err)
{
    static const struct db_statement read = {
        "networks_read",
        "WITH p AS MATERIALIZED (SELECT doc_json(p.doc)->'networks' AS nets, "
        "(doc_json(p.state)->>'refreshedAt')::int8 AS at FROM pop p WHERE p.id = $1 AND "
        "(doc_json(p.state)->>'refreshedAt')::int8 > $3::int8), "
        "listed AS MATERIALIZED (SELECT e->>'extId' AS id FROM p, json_array_elements(p.nets) e "
        "WHERE json_typeof(p.nets) = 'array'), "
        "g AS MATERIALIZED (SELECT md5(coalesce(string_agg(id, ',' ORDER BY id), '') || '/' || "
        "coalesce((SELECT string_agg(n.id::text, ',' ORDER BY n.id) FROM nsr n WHERE "
        "n." SQL_NSR_IS_ACTIVE " AND $1 = ANY (string_to_array(n.pops, ','))), '')) AS digest "
        "FROM listed WHERE EXISTS (SELECT 1 FROM p)) "
        "SELECT g.digest, l.id, l.name, l.ext, l.nsr, coalesce(d.kind, ''), coalesce(d.believed, "
        "''), coalesce(d.weight, 0), EXISTS (SELECT 1 FROM listed x WHERE x.id = l.ext), (SELECT "
        "at "
        "FROM p) FROM g "
        "LEFT JOIN (SELECT v->>'id' AS id, v->>'name' AS name, v->>'extId' AS ext, n.id AS nsr "
        "FROM nsr n, json_array_elements(doc_json(n.doc)->'vlr') v WHERE n." SQL_NSR_IS_ACTIVE
        " AND $1 = ANY (string_to_array(n.pops, ',')) AND v->>'vim_id' = $1 AND "
        "coalesce(v->>'extId', '') <> '') l ON g.digest <> $2 OR EXISTS (SELECT 1 FROM drift y "
        "WHERE y.pop_id = $1 AND starts_with(y.subject, 'net:')) "
        "LEFT JOIN drift d ON d.subject = 'net:' || l.id WHERE EXISTS (SELECT 1 FROM p)"};
    struct db_result res;
    int64_t at;
    const char *before = digest_split(digest, &at);
    enum err_code rc =
        db_query(db, &read, DB_PARAMS(db_param_text(pop), db_param_text(before), db_param_int(at)),
                 &res, err);
    *ret_n = 0;
    *ret_digest = digest;
    if (rc != ERR_OK)
        return rc;
    *ret = arena_alloc(a, ((size_t)db_rows(&res) + 1) * sizeof((*ret)[0]));
    for (int i = 0; i < db_rows(&res); i++) {
        *ret_digest = arena_printf(a, "%lld:%s", (long long)db_int64(&res, i, 9),
                                   store_text_or_empty(a, &res, i, 0));
        if (!db_is_null(&res, i, 1))
            (*ret)[(*ret_n)++] =
                (struct store_network){.id = store_text_or_empty(a, &res, i, 1),
                                       .name = store_text_or_empty(a, &res, i, 2),
                                       .ext_id = store_text_or_empty(a, &res, i, 3),
                                       .nsr = store_text_or_empty(a, &res, i, 4),
                                       .kind = store_text_or_empty(a, &res, i, 5),
                                       .believed = store_text_or_empty(a, &res, i, 6),
                                       .weight = db_int64(&res, i, 7),
                                       .is_listed = db_bool(&res, i, 8)};
    }
    db_results_clear(db);
    return ERR_OK;
}

/* --- what was found ---------------------------------------------------------------------------- */

static void send_drifts(struct db *db, const char *pop, struct store_findings *f, int64_t now)
{
    static const struct db_statement
        put = {"drift_put",
               "INSERT INTO drift AS d (subject, pop_id, kind, weight, believed, since, detail) "
               "SELECT x.s, $1, x.k, x.w, x.b, $7::int8, x.d FROM unnest($2::text[], $3::text[], "
               "$4::int8[], $5::text[], $6::text[]) x(s, k, w, b, d) ON CONFLICT (subject) DO "
               "UPDATE SET pop_id = excluded.pop_id, kind = excluded.kind, weight = "
               "excluded.weight, believed = excluded.believed, detail = excluded.detail, since = "
               "CASE WHEN d.kind = excluded.kind THEN d.since ELSE excluded.since END"},
        over = {"drift_over", "DELETE FROM drift WHERE subject = ANY ($1::text[])"};
    if (f->subject.n)
        db_send(db, &put,
                DB_PARAMS(db_param_text(pop), db_param_array(&f->subject), db_param_array(&f->kind),
                          db_param_array(&f->weight), db_param_array(&f->believed),
                          db_param_array(&f->detail), db_param_int(now)));
    if (f->over.n)
        db_send(db, &over, DB_PARAMS(db_param_array(&f->over)));
}

/* Without a fault in between: what was found on a listing before a bad one begins anew. */
static void send_bad(struct db *db, const char *pop)
{
    static const struct db_statement
        forget = {"drift_bad", "DELETE FROM drift WHERE pop_id = $1 AND believed = ''"},
        doubt = {"drift_doubt", "UPDATE drift SET kind = believed, weight = " SQL_NUMBER(
                                    DRIFT_BELIEVED) " WHERE pop_id = $1 AND "
                                                    "believed <> kind"};
    db_send(db, &forget, DB_PARAMS(db_param_text(pop)));
    db_send(db, &doubt, DB_PARAMS(db_param_text(pop)));
}

static void send_alarms(struct db *db, const char *pop, struct store_findings *f, int64_t now)
{
    static const struct db_statement
        raise = {"alarm_raise",
                 "INSERT INTO alarm AS a (id, subject, kind, project_id, pop_id, pop_name, nsr_id, "
                 "nsr_name, vnfr_id, host, resource_id, severity, event_type, cause, is_root, "
                 "detail, raised_at, changed_at) SELECT gen_random_uuid()::text, x.s, x.k, "
                 "coalesce(n.project_id, p.project_id), p.id, p.name, x.nsr, coalesce(n.name, ''), "
                 "x.vnfr, x.host, x.res, x.sev, x.type, x.cause, true, x.detail, $12::int8, "
                 "$12::int8 FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], "
                 "$6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[]) x(s, "
                 "k, nsr, vnfr, host, res, sev, type, cause, detail) JOIN pop p ON p.id = $1 LEFT "
                 "JOIN nsr n ON n.id = x.nsr ON CONFLICT (subject) WHERE cleared_at IS NULL DO "
                 "UPDATE SET kind = excluded.kind, severity = excluded.severity, event_type = "
                 "excluded.event_type, cause = excluded.cause, detail = excluded.detail, "
                 "resource_id = excluded.resource_id, changed_at = excluded.changed_at, healing = "
                 "CASE WHEN a.kind = excluded.kind THEN a.healing ELSE '' END WHERE "
                 "(a.kind, a.detail) IS DISTINCT FROM (excluded.kind, excluded.detail)"},
        follow = {"alarm_follow",
                  "UPDATE alarm a SET is_root = false, root_id = r.id FROM alarm r WHERE r.subject "
                  "= 'pop:' || $1 || ':outage' AND r.cleared_at IS NULL AND a.pop_id = $1 AND "
                  "a.cleared_at IS NULL AND a.nsr_id <> '' AND a.root_id = ''"},
        clear = {"alarm_clear",
                 "UPDATE alarm SET cleared_at = $2::int8, changed_at = $2::int8, healing = '' "
                 "WHERE subject = ANY ($1::text[]) AND cleared_at IS NULL"};
    if (f->alarm.subject.n) {
        db_send(db, &raise,
                DB_PARAMS(db_param_text(pop), db_param_array(&f->alarm.subject),
                          db_param_array(&f->alarm.kind), db_param_array(&f->alarm.nsr),
                          db_param_array(&f->alarm.vnfr), db_param_array(&f->alarm.host),
                          db_param_array(&f->alarm.resource), db_param_array(&f->alarm.severity),
                          db_param_array(&f->alarm.type), db_param_array(&f->alarm.cause),
                          db_param_array(&f->alarm.detail), db_param_int(now)));
        db_send(db, &follow, DB_PARAMS(db_param_text(pop)));
    }
    if (f->cleared.n)
        db_send(db, &clear, DB_PARAMS(db_param_array(&f->cleared), db_param_int(now)));
}

/* Of servers that were released meanwhile, of services that were. */
static void send_gone(struct db *db, const char *pop, int64_t now)
{
    static const struct db_statement
        drift = {"drift_gone",
                 "DELETE FROM drift d WHERE d.pop_id = $1 AND NOT starts_with(d.subject, 'net:') "
                 "AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.id = d.subject AND "
                 "i." SQL_INSTANCE_HAS_AGENT ")"},
        net = {"drift_net_gone",
               "DELETE FROM drift d WHERE d.pop_id = $1 AND starts_with(d.subject, 'net:') AND NOT "
               "EXISTS (SELECT 1 FROM alarm a JOIN nsr n ON n.id = a.nsr_id AND n." SQL_NSR_IS_SEEN
               " WHERE a.subject = d.subject AND a.cleared_at IS NULL) AND (d.believed <> '' OR "
               "d.since < " SQL_NOW " - 3600000000)"},
        alarm = {"alarm_gone",
                 "UPDATE alarm a SET cleared_at = $2::int8, changed_at = $2::int8, healing = '' "
                 "WHERE a.pop_id = $1 AND a.cleared_at IS NULL AND a.nsr_id <> '' AND NOT EXISTS "
                 "(SELECT 1 FROM drift d WHERE d.subject = a.subject AND d.believed <> '')"};
    db_send(db, &drift, DB_PARAMS(db_param_text(pop)));
    db_send(db, &net, DB_PARAMS(db_param_text(pop)));
    db_send(db, &alarm, DB_PARAMS(db_param_text(pop), db_param_int(now)));
}

static void send_orphans(struct db *db, const char *pop, struct store_findings *f, int64_t now)
{
    static const struct db_statement
        put =
            {"orphan_put",
             "INSERT INTO orphan AS o (pop_id, server_id, hostname, status, mark, since, seen_at) "
             "SELECT DISTINCT ON (x.id) $1, x.id, x.host, x.status, x.mark, $6::int8, $6::int8 "
             "FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) x(id, host, status, "
             "mark) ON CONFLICT (pop_id, server_id) DO UPDATE SET hostname = excluded.hostname, "
             "status = excluded.status, mark = excluded.mark, seen_at = excluded.seen_at, times "
             "= o.times + 1"},
        over = {"orphan_over", "DELETE FROM orphan WHERE pop_id = $1 AND seen_at < $2::int8"},
        raise =
            {"orphan_raise",
             "INSERT INTO alarm AS a (id, subject, kind, project_id, pop_id, pop_name, severity, "
             "event_type, cause, is_root, detail, raised_at, changed_at) SELECT "
             "gen_random_uuid()::text, 'pop:' || p.id || ':orphans', 'ORPHANS', p.project_id, "
             "p.id, p.name, 'WARNING', 'PROCESSING_ERROR_ALARM', 'servers of services that are "
             "not there any more', true, o.n || ' server(s) of ours on PoP ''' || p.name || "
             "''' belong to no service: baton pop orphans ' || p.name, $2::int8, $2::int8 FROM "
             "pop p, (SELECT count(*) AS n FROM orphan WHERE pop_id = $1 AND times >= 2) o WHERE "
             "p.id = $1 AND o.n > 0 ON CONFLICT (subject) WHERE cleared_at IS NULL DO UPDATE SET "
             "detail = excluded.detail, changed_at = excluded.changed_at WHERE a.detail <> "
             "excluded.detail"},
        clear = {"orphan_clear",
                 "UPDATE alarm SET cleared_at = $2::int8, changed_at = $2::int8 WHERE subject = "
                 "'pop:' || $1 || ':orphans' AND cleared_at IS NULL AND NOT EXISTS (SELECT 1 FROM "
                 "orphan WHERE pop_id = $1)"};
    if (f->orphan.id.n)
        db_send(db, &put,
                DB_PARAMS(db_param_text(pop), db_param_array(&f->orphan.id),
                          db_param_array(&f->orphan.host), db_param_array(&f->orphan.status),
                          db_param_array(&f->orphan.mark), db_param_int(now)));
    db_send(db, &over, DB_PARAMS(db_param_text(pop), db_param_int(now)));
    db_send(db, &raise, DB_PARAMS(db_param_text(pop), db_param_int(now)));
    db_send(db, &clear, DB_PARAMS(db_param_text(pop), db_param_int(now)));
}

void store_look_write(struct db *db, const struct store_look_end *end, struct store_findings *f,
                      int64_t now)
{
    static const struct db_statement done = {
        "watch_done",
        "WITH r AS (DELETE FROM rest_call c USING pop_watch w WHERE w.pop_id = $1 AND c.id = "
        "w.operation) UPDATE pop_watch SET operation = '', looked_at = CASE WHEN $2::bool "
        "THEN asked_at ELSE looked_at END, next_at = CASE WHEN wanted_at > asked_at THEN " SQL_NOW
        " ELSE $3::int8 END, good_since = $4::int8, "
        "failures = $5::int8, outage_at = $6::int8, servers = CASE WHEN $2::bool THEN "
        "$7::int8 ELSE servers END, expected = CASE WHEN $2::bool THEN $8::int8 ELSE "
        "expected END, fault = $9, networks = $10 WHERE pop_id = $1"};
    if (end->is_good) {
        send_drifts(db, end->pop, f, now);
        send_orphans(db, end->pop, f, now);
    } else {
        send_bad(db, end->pop);
    }
    send_alarms(db, end->pop, f, now);
    send_gone(db, end->pop, now);
    db_send(db, &done,
            DB_PARAMS(db_param_text(end->pop), db_param_bool(end->is_good),
                      db_param_int(now + end->next_us), db_param_int(end->good_since),
                      db_param_int(end->failures), db_param_int(end->outage_at),
                      db_param_int(end->servers), db_param_int(end->expected),
                      db_param_text(end->fault), db_param_text(end->networks)));
}

/* --- for people -------------------------------------------------------------------------------- */

/* What it belonged to: the youngest of those that fit. */
#define SQL_PAST(o)                                                                                \
    "LEFT JOIN LATERAL (SELECT p.* FROM server_past p WHERE (p.vc_id = " o                         \
    ".server_id AND p.vc_id "                                                                      \
    "<> '') OR p.instance_id = right(" o ".server_id, 36) OR p.hostname = " o                      \
    ".hostname ORDER BY "                                                                          \
    "p.gone_at DESC LIMIT 1) b ON true"
#define SQL_TIME_OR_NULL(t) "CASE WHEN " t " > 0 THEN " t " END"

enum err_code store_pop_reconcile(struct db *db, const char *pop, const char *project,
                                  struct sbuf *out, struct err *err)
{
    /* clang-format off */
    static const struct db_statement read = {"pop_reconcile",
        "SELECT json_build_object('pop', p.id, 'name', p.name, 'now', " SQL_NOW ", 'askedAt', " SQL_TIME_OR_NULL("w.asked_at")
        ", 'lookedAt', " SQL_TIME_OR_NULL("w.looked_at") ", 'isAsked', coalesce(w.operation <> '', false), 'nextAt', " SQL_TIME_OR_NULL("w.next_at")
        ", 'goodSince', " SQL_TIME_OR_NULL("w.good_since") ", 'outageSince', " SQL_TIME_OR_NULL("w.outage_at")
        ", 'failures', w.failures, 'fault', nullif(w.fault, ''), 'servers', w.servers, 'expected', w.expected, "
        "'drift', coalesce((SELECT json_agg(json_build_object('subject', d.subject, 'kind', d.kind, 'believed', d.believed <> '', 'since', d.since, "
            "'detail', d.detail, 'host', i.hostname, 'nsr', n.name) ORDER BY d.since, d.subject) FROM (SELECT * FROM drift d WHERE d.pop_id = p.id ORDER BY d.since LIMIT 500) d "
            "LEFT JOIN instance i ON i.id = d.subject LEFT JOIN nsr n ON n.id = i.agg), '[]'), "
        "'orphans', coalesce((SELECT json_agg(json_build_object('id', o.server_id, 'host', o.hostname, 'status', o.status, 'mark', o.mark, 'since', o.since, "
            "'times', o.times, 'askedAt', " SQL_TIME_OR_NULL("o.asked_at") ", 'askedBy', nullif(o.asked_by, ''), 'nsr', b.nsr_name, 'nsrId', b.nsr_id, 'vnfr', b.vnfr_name, "
            "'goneAt', b.gone_at) ORDER BY o.since, o.server_id) FROM (SELECT * FROM orphan o WHERE o.pop_id = p.id ORDER BY o.since LIMIT 500) o " SQL_PAST("o")
            " WHERE $2::text = '*' OR b.project_id = $2::text), '[]'))::text "
        "FROM pop p LEFT JOIN pop_watch w ON w.pop_id = p.id WHERE p.id = $1 AND p." SQL_POP_IS_SEEN " AND ($2::text = '*' OR p.project_id = $2::text)"};
    /* clang-format on */
    enum err_code rc =
        store_read_text(db, &read, DB_PARAMS(db_param_text(pop), db_param_text(project)), out, err);
    return rc == ERR_NOT_FOUND
               ? err_set(err, ERR_NOT_FOUND, "VIM Instance with ID %s not found.", pop)
               : rc;
}

/* --- sweeping ---------------------------------------------------------------------------------- */

enum err_code store_reconcile_sweep(struct db *db, int64_t keep_us, struct err *err)
{
    static const struct db_statement
        alarm = {"alarm_sweep",
                 "DELETE FROM alarm WHERE id IN (SELECT id FROM alarm WHERE cleared_at < " SQL_NOW
                 " - $1::int8 ORDER BY cleared_at LIMIT 1000)"},
        heal = {"heal_sweep", "DELETE FROM heal WHERE last_at < " SQL_NOW " - 7200000000"},
        past = {"past_sweep",
                "DELETE FROM server_past WHERE (instance_id, vc_id) IN (SELECT p.instance_id, "
                "p.vc_id FROM "
                "server_past p WHERE p.gone_at < " SQL_NOW
                " - 7776000000000 AND NOT EXISTS (SELECT 1 FROM orphan o WHERE o.hostname = "
                "p.hostname) ORDER BY p.gone_at LIMIT 1000)"};
    db_begin(db);
    db_send(db, &alarm, DB_PARAMS(db_param_int(keep_us)));
    db_send(db, &heal, NULL, 0);
    db_send(db, &past, NULL, 0);
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}
