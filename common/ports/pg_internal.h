/* Inside of store_pg: one worker's statements, and what its files share. */
#ifndef COMMON_PORTS_PG_INTERNAL_H
#define COMMON_PORTS_PG_INTERNAL_H

#include "common/ports/store_pg.h"

struct sbuf;

#define NOW_SQL   "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
#define KINDS_MAX 16

struct kind_statements {
    struct db_statement exists, lock, members, commands, upsert, drop; /* commands: of roots */
};

struct engine_pg {
    struct db *db;
    const struct domain *dom;
    struct kind_statements kinds[KINDS_MAX];
    struct db_statement facts[KINDS_MAX];
    enum err_code (*render)(void *arg, struct db *db, const struct send_ref *ref, char **ret,
                            struct err *err);
    void *arg;
};

/* As "proto_list_add", for the engine's lists. */
#define ADD(list, element, a)                                                                      \
    do {                                                                                           \
        (list)->at = arena_grow_array((a), (list)->at, (list)->n, sizeof((list)->at[0]));          \
        (list)->at[(list)->n++] = (element);                                                       \
    } while (0)

int pg_n_keys(const struct row_kind *k);
bool pg_is_root(const struct domain *dom, int kind);
/* -1: there is none of that name. */
int pg_agg_kind(const struct domain *dom, const char *name);
enum err_code pg_load(void *ctx, const struct domain *dom, struct load *l, struct err *err);
enum err_code pg_save(void *ctx, const struct domain *dom, const struct save *s, struct err *err);
/* Outbox rows: $1 streams, $2 seqs, $3 senders. */
void pg_send_rows(struct engine_pg *pg, const struct db_statement *st,
                  const struct outbox_row *const *rows, size_t n);
/* What is to become of those that were published. */
void pg_send_settled(struct engine_pg *pg, const struct save *s);

/* The column refs of a row of the outbox, "" without any: "<at> <kind> <version> <n>:<id><m>:<arg>"
 * each, where n and m count bytes: nothing in an id or argument can make a reference. */
void pg_refs_write(struct sbuf *out, const struct send_refs *refs);
/* Into the arena. What is not of that form becomes one reference of kind 0, which cannot be
 * rendered: the row is not sent, and that is said. */
void pg_refs_read(struct arena *a, const char *text, struct send_refs *ret);

/* Flags in the column meta. */
enum { META_ANSWER = 1, META_INTERNAL = 2 };

#endif
