/* The engine's store on PostgreSQL: two round trips a batch. Tables and columns: those of the
 * domain's row kinds (id, agg, phase, seq of roots, key columns, doc, state) and command, outbox,
 * event_out, history, operation, as in nfvo/store/migrations/001_core.sql. */
#ifndef COMMON_ENGINE_STORE_PG_H
#define COMMON_ENGINE_STORE_PG_H

#include "common/db/db.h"
#include "common/engine/engine.h"

struct engine_pg; /* of one worker: owned by its thread */

/* db: taken. render: text for a reference of a body (given, malloc), may use db outside of a
 * transaction. */
struct engine_pg *engine_pg_new(struct db *db, const struct domain *dom,
                                enum err_code (*render)(void *arg, struct db *db,
                                                        const struct send_ref *ref, char **ret,
                                                        struct err *err),
                                void *arg);
void engine_pg_free(struct engine_pg *pg);
struct engine_store engine_pg_store(struct engine_pg *pg);
struct db *engine_pg_db(struct engine_pg *pg); /* borrowed */

/* Of row r of the outbox, in statements; what its column meta holds, write_meta says. A row
 * without a key has no message: it tells of a reply queue that is to go (has_ended, engine.h). */
#define OUTBOX_KEY_SQL(r)         "split_part(" r ".meta, E'\\t', 2)"
#define OUTBOX_COMMAND_SQL(r)     "split_part(" r ".meta, E'\\t', 3)"
#define OUTBOX_HAS_MESSAGE_SQL(r) "(" OUTBOX_KEY_SQL(r) " <> '')"

/* Outbox rows that nobody confirmed for so long are sent again by whoever finds them. */
#define ENGINE_PG_LEASE_US (3 * USEC_PER_SEC)

#endif
