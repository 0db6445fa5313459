/* The database: tables of rows of text in memory, with the transactions that common/engine relies
 * on.
 *
 * One session a worker. load opens its transaction and locks aggregates, skipping what another
 * session holds; save applies everything at one moment or nothing; a session that is closed in
 * between (its process died) leaves nothing behind. Commits fail, and succeed without telling, as
 * the weather says. */
#ifndef TESTS_SIM_STORE_H
#define TESTS_SIM_STORE_H

#include "common/engine/engine.h"
#include "tests/sim/point.h"
#include "tests/sim/sim.h"

struct stored_outbox {
    struct outbox_row row;
    int64_t next_at;
};
struct rest_call {
    const char *id, *body;
    int status;
};
struct store_lock {
    const char *agg;
    struct session *by;
};
struct store {
    const struct domain *dom;
    struct row **rows;
    size_t n_rows;
    struct command **commands;
    size_t n_commands;
    struct stored_outbox **outbox;
    size_t n_outbox;
    struct rest_call *operations;
    size_t n_operations;
    struct store_lock *locks;
    size_t n_locks;
    /* for the invariants and the plants */
    void (*on_row)(struct sim *s, const struct row *before,
                   const struct row *after); /* NULL = none */
    void (*on_saved)(struct sim *s);
    void (*on_note)(struct sim *s, const char *doc);
    void (*on_command)(struct sim *s, const struct command *c); /* a new one */
    void (*on_event)(struct sim *s, const struct outgoing_event *e);
    bool news; /* a row changed that on_saved looks at */
    uint64_t loads, saves, skipped, failed, unknown, notes, events;
};
struct session {
    struct sim *s;
    const char *who;
    const struct gate *gate;
    struct engine_store port;
    bool in_tx;
};

void store_init(struct sim *s, const struct domain *dom);
void session_open(struct session *ss, struct sim *s, const char *who, const struct gate *gate);
void session_close(
    struct session *ss); /* the process died: its locks are free, its transaction never was */

const struct row *store_row(const struct sim *s, int kind, const char *id);
void store_put(struct sim *s,
               const struct row *r); /* as if another process had written it: copied */
void store_drop(struct sim *s, int kind, const char *id);
int64_t store_next_at(
    const struct sim *s); /* when the next command or outbox row is due; INT64_MAX: none */
const struct rest_call *store_rest_call(const struct sim *s, const char *id);
int64_t store_clock(const struct sim *s);

/* store_tx.c */
enum err_code store_save(void *ctx, const struct domain *dom, const struct save *sv,
                         struct err *err);
enum err_code store_settle(void *ctx, const struct save *sv, struct err *err);
void store_unlock(struct session *ss);
struct command *store_command(const struct sim *s, const char *id);

#endif
