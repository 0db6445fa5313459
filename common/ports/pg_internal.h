/* Inside of store_pg: one worker's statements, and what its files share. */
#ifndef COMMON_PORTS_PG_INTERNAL_H
#define COMMON_PORTS_PG_INTERNAL_H

#include "common/ports/store_pg.h"

#define NOW_SQL   "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
#define KINDS_MAX 16

struct kind_statements {
    struct db_statement exists, lock, members, upsert, drop;
};

struct engine_pg {
    struct db *db;
    const struct domain *dom;
    struct kind_statements kinds[KINDS_MAX];
    struct db_statement facts[KINDS_MAX];
    enum err_code (*render)(void *arg, struct db *db, const char *name, char **ret,
                            struct err *err);
    void *arg;
};

/* As "proto_list_add", for the engine's lists. */
#define ADD(list, element, a)                                                                      \
    do {                                                                                           \
        (list)->at = arena_grow_array((a), (list)->at, (list)->n, sizeof((list)->at[0]));          \
        (list)->at[(list)->n++] = (element);                                                       \
    } while (0)

bool pg_is_root(const struct domain *dom, int kind);
enum err_code pg_load(void *ctx, const struct domain *dom, struct load *l, struct err *err);
enum err_code pg_save(void *ctx, const struct domain *dom, const struct save *s, struct err *err);
/* Outbox rows by their keys: $1 streams, $2 seqs. */
void pg_send_keys(struct engine_pg *pg, const struct db_statement *st,
                  const struct outbox_row *const *rows, size_t n);
extern const struct db_statement pg_outbox_drop, pg_outbox_retry;

/* Flags in the column meta. */
enum { META_ANSWER = 1, META_INTERNAL = 2 };

#endif
