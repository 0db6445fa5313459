/* Between the files of this folder. */
#ifndef NFVO_STORE_INTERNAL_H
#define NFVO_STORE_INTERNAL_H

#include "nfvo/store/store.h"
#include "nfvo/store/words.h"

/* The database's clock, in SQL. */
#define SQL_NOW "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
/* $2 is the project or "*". */
#define SQL_IN_PROJECT "($2::text = '*' OR project_id = $2::text)"

/* A VNFR (v) as clients know it: its document, with the last lines of its history. */
#define SQL_VNFR_DOC                                                                               \
    "('{\"lifecycle_event_history\":[' || coalesce((SELECT string_agg(l.doc, ',' ORDER BY l.n) "   \
    "FROM (SELECT r.n, r.doc FROM record_history r WHERE r.subject = v.id ORDER BY r.n DESC "      \
    "LIMIT "                                                                                       \
    "100) l), '') || CASE WHEN v.doc = '{}' THEN ']}' ELSE '],' || right(v.doc, -1) END)"

/* The project of a line of the history (h), which may outlive its network service. */
#define SQL_HISTORY_PROJECT "substring(h.doc FROM '\"project\":\"([^\"]*)\"')"
/* Lines that keep the logs of a released host; as in migrations/0019_history_logs.sql. */
#define SQL_HISTORY_IS_LOGS "h.doc LIKE '{\"event\":\"LOGS\"%'"
#define SQL_HISTORY_HOST    "substring(h.doc FROM '\"host\":\"([^\"]*)\"')"
#define SQL_HISTORY_NSR     "substring(h.doc FROM '\"nsr\":\"([^\"]*)\"')"

/* The VNF components of VNFDs (a table, or one with its alias) as k; u is the VDU. */
#define SQL_COMPONENTS(vnfds)                                                                      \
    vnfds ", json_array_elements(doc_json(doc)->'vdu') u, json_array_elements(u->'vnfc') k"

/* A subscription (e: its table or alias), its last delivery, and what is wrong with it while nobody
 * answers. */
#define SQL_EVENT_DOC(e)                                                                           \
    "(left(rtrim(event_doc_masked(" e ".doc)), -1) || coalesce((SELECT ',\"lastDelivery\":' || "   \
    "json_build_object('at', y.at, 'seq', y.seq, 'count', y.n)::text FROM event_delivery y "       \
    "WHERE y.endpoint_id = " e ".id AND y.n > 0), '') || coalesce((SELECT ',\"fault\":' || "       \
    "json_build_object('message', "                                                                \
    "g.fault, 'hint', 'it is tried again: is somebody there?', 'since', g.since, 'tries', "        \
    "g.tries)::text FROM event_target g WHERE g.key = " e                                          \
    ".target AND g.fault <> ''), (SELECT ',\"fault\":' || json_build_object('message', "           \
    "y.refused, 'hint', format('it is not sent again by itself: baton event replay %s', "          \
    "y.endpoint_id), 'since', y.refused_at, 'tries', 1)::text FROM event_delivery y WHERE "        \
    "y.endpoint_id = " e ".id AND y.refused <> ''), '') || '}')"

/* An operation that goes on may stop, rebuild and delete servers. One that waits for a person does
 * not. */
#define SQL_IS_CHANGING(agg)                                                                       \
    "EXISTS (SELECT 1 FROM operation o WHERE o.agg = " agg                                         \
    " AND o.is_open AND o.state IN ('STARTING', 'PROCESSING', 'ROLLING_BACK'))"

/* A time in microseconds as ISO 8601, in UTC; NULL stays NULL. */
#define SQL_ISO_TIME(t)                                                                            \
    "to_char(to_timestamp(" t                                                                      \
    " / 1000000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
/* An alarm of "alarm t": struct alarm of proto/records/alarm.h. */
/* clang-format off */
#define SQL_ALARM_DOC \
    "json_strip_nulls(json_build_object('id', t.id, " \
    "'managedObjectId', coalesce(nullif(t.vnfr_id, ''), nullif(t.nsr_id, ''), t.pop_id), " \
    "'rootCauseFaultyResource', CASE WHEN t.resource_id <> '' THEN json_build_object(" \
        "'faultyResource', json_build_object('vimConnectionId', t.pop_id, 'resourceId', t.resource_id), " \
        "'faultyResourceType', CASE WHEN t.kind LIKE 'NETWORK%' THEN 'NETWORK' ELSE 'COMPUTE' END) END, " \
    "'alarmRaisedTime', " SQL_ISO_TIME("t.raised_at") ", " \
    "'alarmChangedTime', " SQL_ISO_TIME("t.changed_at") ", " \
    "'alarmClearedTime', " SQL_ISO_TIME("t.cleared_at") ", " \
    "'alarmAcknowledgedTime', " SQL_ISO_TIME("t.acked_at") ", " \
    "'ackState', CASE WHEN t.acked_at IS NULL THEN 'UNACKNOWLEDGED' ELSE 'ACKNOWLEDGED' END, " \
    "'perceivedSeverity', t.severity, " \
    "'eventTime', " SQL_ISO_TIME("t.raised_at") ", " \
    "'eventType', t.event_type, 'faultType', t.kind, 'probableCause', t.cause, 'isRootCause', t.is_root, " \
    "'correlatedAlarmIds', CASE WHEN t.root_id <> '' THEN json_build_array(t.root_id) END, " \
    "'faultDetails', json_build_array(t.detail), 'projectId', t.project_id, " \
    "'nsrId', nullif(t.nsr_id, ''), 'nsrName', nullif(t.nsr_name, ''), 'vnfrId', nullif(t.vnfr_id, ''), " \
    "'host', nullif(t.host, ''), 'popId', t.pop_id, 'popName', t.pop_name, " \
    "'acknowledgedBy', nullif(t.acked_by, ''), 'healing', nullif(t.healing, '')))"
/* clang-format on */

/* A column of a row, copied: for SQL's NULL, NULL or "". */
const char *store_text(struct arena *a, const struct db_result *res, int row, int col);
const char *store_text_or_empty(struct arena *a, const struct db_result *res, int row, int col);
/* One column of documents as a JSON array, appended. */
MUST_USE enum err_code store_read_array(struct db *db, const struct db_statement *st,
                                        const struct db_param *params, size_t n, struct sbuf *out,
                                        struct err *err);
/* Columns id and doc of all rows, copied. */
MUST_USE enum err_code store_read_docs(struct db *db, const struct db_statement *st,
                                       struct arena *a, struct store_docs *ret, struct err *err);
/* The first column of the first row, appended. ERR_NOT_FOUND without row. */
MUST_USE enum err_code store_read_text(struct db *db, const struct db_statement *st,
                                       const struct db_param *params, size_t n, struct sbuf *out,
                                       struct err *err);
/* A statement that changes rows; ret_n may be NULL. */
MUST_USE enum err_code store_write(struct db *db, const struct db_statement *st,
                                   const struct db_param *params, size_t n, int64_t *ret_n,
                                   struct err *err);

/* --- elements of lists (store_list.c) --- */

/* Two columns from `first`: nsr.doc, and the documents of its VNFRs with commas (or NULL). */
void store_nsr_splice(const struct db_result *res, int row, int first, struct sbuf *out);
struct store_pop_text {
    const char *id, *doc, *sealed; /* sealed NULL: none */
    size_t len;                    /* of doc */
};
/* The document with its secrets, or with asterisks for them. */
MUST_USE enum err_code store_pop_text(const struct seal *seal, const struct store_pop_text *pop,
                                      bool is_masked, struct sbuf *out, struct err *err);
/* Eight columns from `first`: id, type, endpoint, kind, active, enabled, doc, room. */
struct vnfm_endpoint *store_vnfm_of(const struct db_result *res, int row, int first,
                                    struct arena *a);
/* With its scripts. The results of its queries stay until db_results_clear. */
struct vnf_package;
MUST_USE enum err_code store_package_read(struct db *db, const char *id, struct arena *a,
                                          struct vnf_package **ret, struct err *err);

/* Rows of VNFDs as columns, for one statement: store_vnfds.c. doc: a buffer of the caller's. */
struct vnfd_columns {
    struct db_array id, project, name, doc, package;
};
#define VNFD_COLUMNS_INIT                                                                          \
    {                                                                                              \
        DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY                  \
    }
struct vnfd;
void vnfd_columns_release(struct vnfd_columns *c);
void vnfd_columns_add(struct vnfd_columns *c, const struct vnfd *v, struct sbuf *doc);
/* Queues the insertion of a VNFD, or of several. */
struct vnfd;
void store_vnfd_send(struct db *db, const struct vnfd *vnfd);
void store_vnfds_send(struct db *db, struct vnfd *const *vnfds, size_t n);
/* Queues the insertion of a package with its scripts. */
struct vnf_package;
void store_package_send(struct db *db, const struct vnf_package *package, const char *identity);

#endif
