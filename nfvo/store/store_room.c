#include "nfvo/store/store_room.h"

#include "nfvo/store/internal.h"

#include <string.h>

#define SQL_ROOM "SELECT name, kind, state, project_id, made_at FROM room"

static const char *const words[] = {
#define WORD(name, word) word,
    STORE_ROOM_STATES(WORD)
#undef WORD
};

const char *store_room_state_word(enum store_room_state state)
{
    return words[state];
}

static void read_room(const struct db_result *res, int row, struct arena *a, struct store_room *ret)
{
    *ret = (struct store_room){
        .name = arena_strdup(a, db_text(res, row, 0)),
        .is_open = strcmp(db_text(res, row, 1), "open") == 0,
        .project_id = db_is_null(res, row, 3) ? NULL : arena_strdup(a, db_text(res, row, 3)),
        .made_at = db_int64(res, row, 4)};
    for (int s = 0; s < STORE_ROOM_STATE_N; s++)
        if (strcmp(db_text(res, row, 2), words[s]) == 0)
            ret->state = (enum store_room_state)s;
}

enum err_code store_room_list(struct db *db, struct arena *a, struct store_rooms *ret,
                              struct err *err)
{
    static const struct db_statement list = {"room_list", SQL_ROOM " ORDER BY name"};
    struct db_result res;
    enum err_code rc = db_query(db, &list, NULL, 0, &res, err);
    if (rc != ERR_OK)
        return rc;
    ret->n = (uint32_t)db_rows(&res);
    ret->at = arena_alloc(a, (ret->n + 1) * sizeof(*ret->at));
    for (uint32_t i = 0; i < ret->n; i++)
        read_room(&res, (int)i, a, &ret->at[i]);
    db_results_clear(db);
    return ERR_OK;
}

static enum err_code no_room(const char *name, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no room '%s' on the broker", name);
}

enum err_code store_rooms_age(struct db *db, int64_t *ret_us, struct err *err)
{
    static const struct db_statement age = {
        "rooms_age", "SELECT (extract(epoch FROM clock_timestamp() - applied_at) * 1000000)::int8 "
                     "FROM schema_version WHERE version = 27"};
    struct db_result res;
    enum err_code rc = db_query(db, &age, NULL, 0, &res, err);
    if (rc == ERR_OK && db_rows(&res) == 1)
        *ret_us = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_room_get(struct db *db, const char *name, struct arena *a,
                             struct store_room *ret, struct err *err)
{
    static const struct db_statement get = {"room_get", SQL_ROOM " WHERE name = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &get, DB_PARAMS(db_param_text(name)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = no_room(name, err);
    else
        read_room(&res, 0, a, ret);
    db_results_clear(db);
    return rc;
}

enum err_code store_room_put(struct db *db, const struct store_room *room, struct err *err)
{
    static const struct db_statement put = {
        "room_put", "INSERT INTO room (name, kind, project_id) VALUES ($1, $2, $3) ON CONFLICT "
                    "(name) DO UPDATE SET kind = excluded.kind, project_id = excluded.project_id"};
    return store_write(db, &put,
                       DB_PARAMS(db_param_text(room->name),
                                 db_param_text(room->is_open ? "open" : "peer"),
                                 db_param_text(room->project_id)),
                       NULL, err);
}

enum err_code store_room_set_state(struct db *db, const char *name, enum store_room_state state,
                                   struct err *err)
{
    static const struct db_statement set = {"room_set_state",
                                            "UPDATE room SET state = $2 WHERE name = $1"};
    int64_t n = 0;
    enum err_code rc =
        store_write(db, &set, DB_PARAMS(db_param_text(name), db_param_text(words[state])), &n, err);
    return rc == ERR_OK && n == 0 ? no_room(name, err) : rc;
}

enum err_code store_room_delete(struct db *db, const char *name, struct err *err)
{
    static const struct db_statement remove = {"room_delete", "DELETE FROM room WHERE name = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(name)), NULL, err);
}
