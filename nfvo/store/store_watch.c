#include "nfvo/store/store_watch.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/utf8.h"
#include "nfvo/store/internal.h"

/* --- refusals --------------------------------------------------------------------------------- */

#define SQL_KEEP_US  "86400000000"
#define SQL_QUIET_US "600000000" /* said in the log again after this */

enum { COLUMNS = 10 };

static void fill(struct db_array *columns, struct db_array *n, const struct store_refusal *rows,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct store_refusal *r = &rows[i];
        const char *values[COLUMNS] = {r->kind,      r->account, r->about,  r->subject, r->vhost,
                                       r->operation, r->needs,   r->object, r->words,   r->hint};
        for (size_t c = 0; c < COLUMNS; c++)
            db_array_text(&columns[c], values[c] ? values[c] : "");
        db_array_int(n, r->n);
    }
}

static enum err_code trim(struct db *db, struct err *err)
{
    static const struct db_statement old = {
        "refusals_trim",
        "DELETE FROM refusal WHERE last_at < " SQL_NOW " - " SQL_KEEP_US " OR key IN (SELECT key "
        "FROM (SELECT key, account, about, row_number() OVER (PARTITION BY account ORDER BY "
        "last_at DESC) AS of_account, row_number() OVER (PARTITION BY about = '' ORDER BY last_at "
        "DESC) AS of_kind, row_number() OVER (ORDER BY about <> '' DESC, last_at DESC) AS of_all "
        "FROM refusal) x WHERE (account <> '' AND of_account > $1::int8) OR (about = '' AND "
        "of_kind > $2::int8) OR of_all > $3::int8)"};
    return store_write(db, &old,
                       DB_PARAMS(db_param_int(STORE_REFUSALS_PER_ACCOUNT),
                                 db_param_int(STORE_REFUSALS_OF_STRANGERS),
                                 db_param_int(STORE_REFUSALS_MAX)),
                       NULL, err);
}

enum err_code store_refusals_add(struct db *db, const struct store_refusal *rows, size_t n,
                                 void (*report)(void *arg, const char *account, const char *object,
                                                const char *words, const char *hint, int64_t n),
                                 void *arg, struct err *err)
{
    static const struct db_statement add = {
        "refusals_add",
        "INSERT INTO refusal AS r (key, kind, account, about, subject, vhost, operation, needs, "
        "object, words, hint, n, first_at, last_at, logged_at) "
        "SELECT md5(concat_ws(E'\\x01', kind, account, vhost, operation, object)), kind, account, "
        "about, subject, vhost, operation, needs, object, words, hint, n, t.now, t.now, t.now "
        "FROM (SELECT " SQL_NOW " AS now) t, unnest($1::text[], $2::text[], $3::text[], "
        "$4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], "
        "$11::int8[]) AS x(kind, account, about, subject, vhost, operation, needs, object, words, "
        "hint, n) ON CONFLICT (key) DO UPDATE SET n = r.n + excluded.n, "
        "last_at = excluded.last_at, about = excluded.about, subject = excluded.subject, "
        "needs = excluded.needs, words = excluded.words, hint = excluded.hint, "
        "logged_at = CASE WHEN r.logged_at < excluded.last_at - " SQL_QUIET_US
        " THEN excluded.last_at ELSE r.logged_at END "
        "RETURNING account, object, words, hint, n, logged_at = last_at"};
    struct db_array c[COLUMNS], count = DB_INT8_ARRAY;
    struct db_result res;
    for (size_t i = 0; i < COLUMNS; i++)
        c[i] = (struct db_array)DB_TEXT_ARRAY;
    fill(c, &count, rows, n);
    enum err_code rc =
        db_query(db, &add,
                 DB_PARAMS(db_param_array(&c[0]), db_param_array(&c[1]), db_param_array(&c[2]),
                           db_param_array(&c[3]), db_param_array(&c[4]), db_param_array(&c[5]),
                           db_param_array(&c[6]), db_param_array(&c[7]), db_param_array(&c[8]),
                           db_param_array(&c[9]), db_param_array(&count)),
                 &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        if (db_bool(&res, i, 5))
            report(arg, db_text(&res, i, 0), db_text(&res, i, 1), db_text(&res, i, 2),
                   db_text(&res, i, 3), db_int64(&res, i, 4));
    db_results_clear(db);
    for (size_t i = 0; i < COLUMNS; i++)
        db_array_release(&c[i]);
    db_array_release(&count);
    return rc == ERR_OK ? trim(db, err) : rc;
}

/* What is said of the store's own failure is the caller's business: it may be why it asks. */
static void nobody(void *arg, const char *account, const char *object, const char *words,
                   const char *hint, int64_t n)
{
    (void)arg;
    (void)account;
    (void)object;
    (void)words;
    (void)hint;
    (void)n;
}

static const char *printable(const char *text, struct arena *a)
{
    enum { MAX = 240 };
    char *copy = arena_strndup(a, text ? text : "", text ? strnlen(text, MAX) : 0);
    size_t len = utf8_cut(copy, strlen(copy));
    copy[len] = '\0';
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = utf8_char(copy + i, len - i, &c);
        if (n == 0 || c < ' ' || (c >= 0x7f && c < 0xa0)) {
            memset(copy + i, '?', n ? n : 1);
        }
        i += n ? n : 1;
    }
    return copy;
}

enum err_code store_refusal_tell(struct db *db, const char *kind, const char *account,
                                 const char *about, const char *subject, const struct err *why)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_refusal row = {.kind = kind,
                                .account = printable(account, &a),
                                .about = about,
                                .subject = printable(subject, &a),
                                .words = printable(why->msg, &a),
                                .hint = printable(why->hint, &a),
                                .n = 1};
    return store_refusals_add(db, &row, 1, nobody, NULL, NULL);
}

enum err_code store_accounts_about(struct db *db, struct db_array *accounts,
                                   void (*report)(void *arg, const char *account, const char *about,
                                                  const char *subject, int64_t login_us),
                                   void *arg, struct err *err)
{
    static const struct db_statement about = {
        "accounts_about",
        "SELECT a, CASE WHEN i." SQL_INSTANCE_HAS_AGENT
        " THEN 'agent' ELSE 'left' END, i.hostname, CASE l.made_at WHEN 0 THEN -1 ELSE " SQL_NOW
        " - l.made_at END FROM "
        "unnest($1::text[]) AS a JOIN instance i ON a LIKE 'ems.%' AND i.hostname = substr(a, 5) "
        "LEFT JOIN agent_login l ON l.hostname = i.hostname "
        "UNION ALL SELECT a, 'left', substr(a, 5), NULL FROM unnest($1::text[]) AS a WHERE a LIKE "
        "'ems.%' AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.hostname = substr(a, 5)) AND "
        "(EXISTS (SELECT 1 FROM agent_gone g WHERE g.hostname = substr(a, 5)) OR EXISTS (SELECT 1 "
        "FROM agent_left l WHERE l.hostname = substr(a, 5))) UNION ALL "
        "SELECT a, CASE m.kind WHEN 'vnfm' THEN 'vnfm' ELSE 'driver' END, "
        "coalesce(nullif(m.type, ''), a), NULL FROM "
        "unnest($1::text[]) AS a JOIN manager_credentials m ON m.username = a"};
    struct db_result res;
    enum err_code rc = db_query(db, &about, DB_PARAMS(db_param_array(accounts)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, db_text(&res, i, 0), db_text(&res, i, 1), db_text(&res, i, 2),
               db_is_null(&res, i, 3) ? STORE_LOGIN_OLD : db_int64(&res, i, 3));
    db_results_clear(db);
    return rc;
}

/* --- agents ----------------------------------------------------------------------------------- */

/* Rows are written when
 * something changes only. Of agents that died before the first look there is one witness: their
 * VNFM had an answer of theirs, or the VNF would not be active. One look may have been asked for
 * before that, so it takes two: gone_since < 0 is the first, with its time. */
enum err_code store_agents_seen(struct db *db, struct db_array *hostnames, int64_t *ret_gone,
                                int64_t *ret_new, struct err *err)
{
    static const struct db_statement
        here = {"agents_here",
                "INSERT INTO agent_seen AS s (hostname) SELECT i.hostname FROM instance i WHERE "
                "i." SQL_INSTANCE_IS_UP
                " AND i.hostname = ANY ($1::text[]) ON CONFLICT (hostname) DO UPDATE "
                "SET gone_since = 0 "
                "WHERE s.gone_since <> 0"},
        over = {"agents_over", "DELETE FROM agent_seen s WHERE NOT EXISTS (SELECT 1 FROM instance "
                               "i WHERE i.hostname = s.hostname AND i." SQL_INSTANCE_IS_UP ")"},
        away = {"agents_away", "UPDATE agent_seen SET gone_since = CASE WHEN gone_since < 0 THEN "
                               "-gone_since ELSE " SQL_NOW
                               " END WHERE gone_since <= 0 AND hostname <> ALL ($1::text[])"},
        never = {"agents_never",
                 "INSERT INTO agent_seen (hostname, gone_since) SELECT i.hostname, -" SQL_NOW
                 " FROM instance i JOIN vnfr v ON v.id = i.vnfr_id AND v." SQL_VNFR_IS_ACTIVE
                 " JOIN nsr n ON "
                 "n.id = i.agg AND n." SQL_NSR_IS_ACTIVE " WHERE i." SQL_INSTANCE_IS_UP
                 " AND i.agent <> '' AND "
                 /* its queue is in a virtual host that is not looked at */
                 "i.agent NOT LIKE '%/own' AND NOT EXISTS (SELECT 1 FROM agent_seen s WHERE "
                 "s.hostname = i.hostname) AND NOT EXISTS "
                 "(SELECT 1 FROM unnest($1::text[]) h WHERE h = i.hostname) ON CONFLICT DO "
                 "NOTHING"},
        count = {"agents_gone", "SELECT count(*) FROM agent_seen WHERE gone_since > 0"};
    struct db_result res;
    db_begin(db);
    db_send(db, &here, DB_PARAMS(db_param_array(hostnames)));
    db_send(db, &over, NULL, 0);
    db_send(db, &away, DB_PARAMS(db_param_array(hostnames)));
    db_send(db, &never, DB_PARAMS(db_param_array(hostnames)));
    db_send(db, &count, NULL, 0);
    enum err_code rc = db_commit(db, err);
    for (int i = 0; rc == ERR_OK && db_result_next(db, &res); i++) {
        if (res.statement == &away)
            *ret_new = db_affected(&res);
        if (res.statement == &count)
            *ret_gone = db_int64(&res, 0, 0);
    }
    db_results_clear(db);
    return rc;
}
