/* The orchestrator's store: migrations, a small pool of connections, sealed secrets, and typed
 * functions for all that the API and the catalogue read and write. SQL is nowhere else in nfvo but
 * here (the engine's is in common/engine and engine_store*.c).
 *
 *     struct db *db = store_borrow(store);
 *     rc = store_nsr_get(db, id, project, &text, err);
 *     store_return(store, db);
 *
 * All functions take the connection: they run in the caller's transaction where one is open, else
 * in one of their own. Texts are copied into the arena or buffer that the caller gives. project:
 * an id, or "*" for all projects (decisions.md D3). Errors are those of common/db; and
 * ERR_NOT_FOUND with a message for users where the function's name ends in _get or _delete. */
#ifndef NFVO_STORE_STORE_H
#define NFVO_STORE_STORE_H

#include "common/base/arena.h"
#include "common/config/config.h"
#include "common/db/db.h"

struct store; /* opaque, thread-safe */
struct seal;

struct store_options {
    const char *conninfo, *schema;
    /* 0600; made at first start. Lose it, and all PoPs' secrets are lost */
    const char *seal_key_path;
    bool is_seal_key_lost; /* store_seal.h */
    int64_t connections;   /* of the pool: the API's threads, and one to spare */
};

/* clang-format off */
#define STORE_CONFIG(S, m)                                                                                               \
    CONFIG_SECRET(S, m.conninfo, "database", "dbname=openbaton", "PostgreSQL: conninfo or URI"),                         \
    CONFIG_STR(S, m.schema, "database-schema", "nfvo", "schema that holds the tables"),                                  \
    CONFIG_PRIVATE_PATH(S, m.seal_key_path, "seal-key-path", "/var/lib/openbaton/seal-key", "file with the key that seals secrets; made at first start"), \
    { .name = "seal-key-lost", .type = CONFIG_T_BOOL, .initial = "no", .flags = CONFIG_FLAG_ONLY,                       \
      .help = "the key file is lost: seal with a new one, and forget the secrets sealed with the old one",             \
      .offset = CONFIG_AT_(S, m.is_seal_key_lost, bool) },                                                              \
    CONFIG_INT(S, m.connections, "database-connections", "8", 1, 100, NULL, "connections of the REST API: http-threads, http-work-threads, logins and what runs behind")
/* clang-format on */

/* Brings the schema up to date and reads or makes the key. Given: store_close. */
MUST_USE enum err_code store_open(struct store **ret, const struct store_options *options,
                                  struct err *err);
void store_close(struct store *s);
/* A connection for this thread, until store_return; waits while all are in use. An open
 * transaction is rolled back and results are cleared on return. */
struct db *store_borrow(struct store *s);
void store_return(struct store *s, struct db *db);
/* A connection of its own, for threads that keep it and work by key: given, db_free. */
struct db *store_connection(const struct store *s, const char *application_name);
const struct seal *store_seal(const struct store *s);

/* A row that is a document with its id; lists are in order of creation. */
struct store_doc {
    const char *id, *doc;
};
struct store_docs {
    struct store_doc *at;
    uint32_t n;
};

/* Begins a transaction whose reads all see the same moment; end it with db_rollback. */
MUST_USE enum err_code store_snapshot_begin(struct db *db, struct err *err);

/* "now" of the database, microseconds since the epoch. */
MUST_USE enum err_code store_now(struct db *db, int64_t *ret_us, struct err *err);

#endif
