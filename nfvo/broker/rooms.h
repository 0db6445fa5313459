/* Which rooms (virtual hosts) there are to be connected to: table room, kept up to date by a thread
 * in LISTEN, for the threads of this process that have a connection in each.
 *
 *     rc = rooms_open(&rooms, store, "/", err);
 *     ...  in a loop that never rests for long:
 *     if (rooms_version(rooms) != seen) {
 *         seen = rooms_copy(rooms, &arena, &list);
 *         ...connect to what is new, close what is not there any more...
 *     }
 */
#ifndef NFVO_BROKER_ROOMS_H
#define NFVO_BROKER_ROOMS_H

#include "common/base/arena.h"
#include "common/base/err.h"

#include <stdbool.h>

struct rooms; /* opaque, thread-safe */
struct store;

struct room_info {
    const char *name;       /* virtual host; "": the inner one */
    const char *project_id; /* the one that subscriptions out of it may name; NULL: none */
    bool is_open;           /* anybody may register there */
};
struct room_list {
    struct room_info *at;
    uint32_t n;
};

/* Reads the table, so that who opens its connections afterwards knows all rooms; then starts the
 * thread. inner: name of the virtual host that is called "" (borrowed until rooms_close). Given. */
MUST_USE enum err_code rooms_open(struct rooms **ret, struct store *store, const char *inner,
                                  struct err *err);
void rooms_close(struct rooms *r); /* NULL is fine */
/* Changes when the list does: a second after the table at the latest, at once as a rule. */
uint64_t rooms_version(const struct rooms *r);
/* Those that are ready, by name, and always the inner one; the version that it is of. */
uint64_t rooms_copy(struct rooms *r, struct arena *a, struct room_list *ret);
/* NULL: there is none of this name. Borrows from list. */
const struct room_info *room_list_find(const struct room_list *list, const char *name);

#endif
