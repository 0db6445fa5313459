/* Accounts that are shut out of the broker for a while. */
#include "common/base/arena.h"
#include "nfvo/store/internal.h"
#include "nfvo/store/store_watch.h"

#define SQL_HOUR_US "3600000000"

enum { LONGER_MAX = 6 /* doublings */ };

enum err_code store_shut_add(struct db *db, const struct store_shut *shut, int64_t pause_us,
                             int64_t *ret_until, struct err *err)
{
    static const struct db_statement
        forget = {"shut_forget", "DELETE FROM account_shut WHERE is_over AND until_at < " SQL_NOW
                                 " - " SQL_HOUR_US},
        add = {"shut_add",
               "INSERT INTO account_shut AS s (account, room, is_agent, until_at) VALUES ($1, $2, "
               "$3, " SQL_NOW " + $4::int8) ON CONFLICT (account) DO UPDATE SET is_over = false, "
               "room = excluded.room, is_agent = excluded.is_agent, times = s.times + "
               "s.is_over::int, until_at = CASE WHEN s.is_over THEN excluded.until_at - $4::int8 + "
               "($4::int8 << least(s.times, $5::int8::int)) ELSE s.until_at END RETURNING "
               "until_at"};
    struct db_result res;
    enum err_code rc = store_write(db, &forget, NULL, 0, NULL, err);
    if (rc == ERR_OK)
        rc = db_query(db, &add,
                      DB_PARAMS(db_param_text(shut->account), db_param_text(shut->room),
                                db_param_bool(shut->is_agent), db_param_int(pause_us),
                                db_param_int(LONGER_MAX)),
                      &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_until = db_int64(&res, 0, 0);
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_shut_list(struct db *db, struct arena *a, struct store_shut **ret,
                              size_t *ret_n, struct err *err)
{
    static const struct db_statement list = {
        "shut_list", "SELECT account, room, is_agent, until_at <= " SQL_NOW
                     " FROM account_shut WHERE NOT is_over ORDER BY until_at LIMIT $1::int8"};
    struct db_result res;
    enum err_code rc = db_query(db, &list, DB_PARAMS(db_param_int(STORE_SHUT_MAX)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof(**ret));
    for (int i = 0; i < db_rows(&res); i++)
        (*ret)[i] = (struct store_shut){.account = arena_strdup(a, db_text(&res, i, 0)),
                                        .room = arena_strdup(a, db_text(&res, i, 1)),
                                        .is_agent = db_bool(&res, i, 2),
                                        .is_due = db_bool(&res, i, 3)};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_shut_end(struct db *db, const char *account, struct err *err)
{
    static const struct db_statement end = {
        "shut_end", "UPDATE account_shut SET is_over = true WHERE account = $1"};
    return store_write(db, &end, DB_PARAMS(db_param_text(account)), NULL, err);
}
