/* Accounts of peers on the broker, and the rooms that they live in: decisions.md D7, trust.md 3.
 * A row is what the broker shall have; nfvo/vnfm/account.h brings it there.
 *
 *     state 'making'  the broker is to be told (also: once more, with another password)
 *     state 'ready'   it has it
 *     state 'ending'  its user goes, then the room when it was the last, then the row
 *
 * The same rows as store_manager.h: a peer that registers finds its account there. */
#ifndef NFVO_STORE_STORE_ACCOUNT_H
#define NFVO_STORE_STORE_ACCOUNT_H

#include "nfvo/store/store.h"

/* Of what agents measure. Its room is the agents' virtual host, which has no row of its own. */
#define STORE_ACCOUNT_COLLECTOR "collector"

struct store_account { /* texts of reading live in the arena; none is NULL */
    const char *name;  /* of the broker's user */
    const char *kind;  /* vnfm, plugin, monitor, subscriber, companion, collector */
    const char *type, *queue;
    const char *room; /* "": the inner one */
    const char *project;
    const char *sealed; /* password, for the owner STORE_MANAGER_OWNER name */
    const char *state, *fault;
    bool is_enrolled, is_open, has_management;
    int64_t made_at, seen_at;
    const char *sdk; /* c, java, python, go; "": nobody said */
};

/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_account_get(struct db *db, const char *name, struct arena *a,
                                         struct store_account *ret, struct err *err);
/* In the open transaction: the row, locked. *ret_is_free false: somebody else has it in hand. */
MUST_USE enum err_code store_account_lock(struct db *db, const char *name, struct arena *a,
                                          struct store_account *ret, bool *ret_is_free,
                                          struct err *err);
/* 'making'; its room too, if there is none of that name. ERR_EXISTS: that name is taken; ERR_STATE:
 * the room is ending, or of another kind or project. */
MUST_USE enum err_code store_account_add(struct db *db, const struct store_account *account,
                                         bool is_room_open, struct err *err);
/* Another password, 'making'. ERR_NOT_FOUND; ERR_STATE: it is ending. */
MUST_USE enum err_code store_account_set_password(struct db *db, const char *name,
                                                  const char *sealed, struct err *err);
/* Which SDK the peer is written with: words of the column, checked before. ERR_NOT_FOUND. */
MUST_USE enum err_code store_account_set_sdk(struct db *db, const char *name, const char *sdk,
                                             struct err *err);
/* 'ending'; what it served is not there any more. ERR_NOT_FOUND. */
MUST_USE enum err_code store_account_end(struct db *db, const char *name, struct err *err);
/* Names of those that are not 'ready', those without a fault first; in the arena. */
MUST_USE enum err_code store_accounts_due(struct db *db, struct arena *a, const char ***ret,
                                          size_t *ret_n, struct err *err);
/* All that are not 'ending', in the arena; by name. */
MUST_USE enum err_code store_accounts_all(struct db *db, struct arena *a,
                                          struct store_account **ret, size_t *ret_n,
                                          struct err *err);
/* The broker has it, or why not. */
MUST_USE enum err_code store_account_done(struct db *db, const char *name, const char *fault,
                                          struct err *err);
/* 'making' again: the broker lost it. */
MUST_USE enum err_code store_account_redo(struct db *db, const char *name, struct err *err);
/* The row is gone, and what it served. */
MUST_USE enum err_code store_account_forget(struct db *db, const char *name, struct err *err);
/* Of another account than `name` that is not ending: one that may register this type, enrolled;
 * its name, appended. ERR_NOT_FOUND: none. */
MUST_USE enum err_code store_account_of_type(struct db *db, const char *name, const char *type,
                                             struct sbuf *ret, struct err *err);

/* Those in this room that are not ending, those that are enrolled first; in the arena. */
MUST_USE enum err_code store_accounts_in(struct db *db, const char *room, struct arena *a,
                                         struct store_account **ret, size_t *ret_n,
                                         struct err *err);
/* Ends those in this room that may register this type and were not enrolled: another one takes
 * their place. */
MUST_USE enum err_code store_accounts_supersede(struct db *db, const char *room, const char *type,
                                                struct err *err);
/* Was one made by open registration for this type less than age_us ago? */
MUST_USE enum err_code store_account_is_fresh(struct db *db, const char *room, const char *type,
                                              int64_t age_us, bool *ret, struct err *err);
/* Open ones: they are there now. */
MUST_USE enum err_code store_accounts_seen(struct db *db, struct db_array *names, struct err *err);
/* Open ones that were neither made nor seen since keep_us, or all of them: their names, in the
 * arena. */
MUST_USE enum err_code store_accounts_unused(struct db *db, int64_t keep_us, struct arena *a,
                                             const char ***ret, size_t *ret_n, struct err *err);

/* As JSON for administrators: a list, or one. Appended. `open`: the name that the open room has for
 * people. */
MUST_USE enum err_code store_accounts_json(struct db *db, const char *inner, struct sbuf *out,
                                           struct err *err);
MUST_USE enum err_code store_account_json(struct db *db, const char *name, const char *inner,
                                          struct sbuf *out, struct err *err);

/* How many accounts but `name` are in it. */
MUST_USE enum err_code store_room_others(struct db *db, const char *room, const char *name,
                                         int64_t *ret, struct err *err);

#endif
