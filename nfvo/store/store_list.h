/* Lists of all kinds, in pieces: any number of rows, in memory that a piece takes.
 *
 *     struct store_list_query q = {.kind = STORE_LIST_NSR, .project = "*", ...};
 *     struct store_cursor at = STORE_CURSOR_INIT;
 *     do {
 *         rc = store_list_read(db, &q, &at, 100, &out, err);     // a{...},{...} or nothing
 *     } while (rc == ERR_OK && at.has_more);
 *     store_cursor_release(&at);
 *
 * A piece begins behind the key (time of creation or name, and id) of the last row of the piece
 * before, so a list that takes long costs the database nothing in between: no cursor, no snapshot.
 * What is made or deleted meanwhile is seen or not; nothing comes twice, and nothing that stays is
 * left out. */
#ifndef NFVO_STORE_STORE_LIST_H
#define NFVO_STORE_STORE_LIST_H

#include "nfvo/store/store.h"

enum store_list {
    STORE_LIST_NSR,
    STORE_LIST_NSD,
    STORE_LIST_VNFD,
    STORE_LIST_PACKAGE,
    STORE_LIST_POP,
    STORE_LIST_VNFM,
    STORE_LIST_DRIVER,
    STORE_LIST_EVENT,
    STORE_LIST_KEY,
    STORE_LIST_PROJECT,
    STORE_LIST_USER,
    STORE_LIST_SERVICE,
    STORE_LIST_AUDIT,
    STORE_LIST_SESSION,
    STORE_LIST_VNFFGD,
    STORE_LIST_VLD,
    STORE_LIST_COMPONENT,
    STORE_LIST_ALARM,
    STORE_LIST_IMAGE,
    STORE_LIST_N
};

enum { STORE_FILTERS = 8 };

struct store_list_query {
    enum store_list kind;
    const char *project; /* "*": of all; ignored for what belongs to none */
    bool by_name, is_descending, is_slim;
    const char *filters[STORE_FILTERS]; /* by store_list_filter; NULL: none */
    /* Projects and users: the names that may be seen, sessions: the ids of their users, NULL: all.
     * Subscriptions: projects beside `project`, NULL: none. Ended by NULL. */
    const char *const *words;
    const struct seal *seal; /* of PoPs */
    bool is_open;            /* PoPs with their secrets, instead of asterisks */
};

/* Where a list goes on: behind this row. */
struct store_cursor {
    struct sbuf key, id; /* both empty: at the beginning */
    bool has_more;
    size_t n; /* elements so far */
};
#define STORE_CURSOR_INIT                                                                          \
    {                                                                                              \
        SBUF_INIT, SBUF_INIT, false, 0                                                             \
    }
void store_cursor_release(struct store_cursor *c);

/* The names of a kind's filters, in the order of query.filters; NULL: no more. A name that ends
 * with
 * '*' stands for all that begin so (STORE_LIST_NAME of them). */
const char *store_list_filter(enum store_list kind, size_t i);
bool store_list_has_slim(enum store_list kind); /* else it is the same */
bool store_list_has_time(enum store_list kind); /* else they are in order of their names only */

/* Appends the next elements, at most max, with commas between them and behind those of earlier
 * pieces, and moves the cursor. */
MUST_USE enum err_code store_list_read(struct db *db, const struct store_list_query *q,
                                       struct store_cursor *at, size_t max, struct sbuf *out,
                                       struct err *err);
/* The cursor behind the element of this id. ERR_NOT_FOUND: there is none. */
MUST_USE enum err_code store_list_seek(struct db *db, const struct store_list_query *q,
                                       const char *id, struct store_cursor *ret, struct err *err);

#endif
