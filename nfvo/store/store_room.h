/* Rooms on the broker: virtual hosts, each one trust domain (design.md, "Rooms on the broker"). The
 * inner room, option broker-vhost, is called '' and has no row. The registry makes and ends rooms;
 * workers, event dispatcher and registry keep a connection to the inner room and to each that is
 * ready. */
#ifndef NFVO_STORE_STORE_ROOM_H
#define NFVO_STORE_STORE_ROOM_H

#include "nfvo/store/store.h"

#define STORE_ROOM_CHANNEL "room" /* NOTIFY without payload, whenever a row changes */

#define STORE_ROOM_STATES(X)                                                                       \
    X(STORE_ROOM_MAKING, "making") /* virtual host, account and topology are being made */         \
    X(STORE_ROOM_READY, "ready")                                                                   \
    X(STORE_ROOM_ENDING, "ending") /* no new connections; the virtual host goes next */
enum store_room_state {
#define STORE_ROOM_STATE_(name, word) name,
    STORE_ROOM_STATES(STORE_ROOM_STATE_)
#undef STORE_ROOM_STATE_
        STORE_ROOM_STATE_N
};

struct store_room {
    const char *name; /* of the virtual host */
    bool is_open;     /* kind: open (registration for trials) or peer (enrolled) */
    enum store_room_state state;
    const char *project_id; /* subscriptions over the bus may name only this project; NULL: none */
    int64_t made_at;
};
struct store_rooms {
    struct store_room *at;
    uint32_t n;
};

const char *store_room_state_word(enum store_room_state state);

/* All, by name; texts in the arena. */
MUST_USE enum err_code store_room_list(struct db *db, struct arena *a, struct store_rooms *ret,
                                       struct err *err);
/* How long ago this database learned of rooms, microseconds: processes of before may still run. */
MUST_USE enum err_code store_rooms_age(struct db *db, int64_t *ret_us, struct err *err);
/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_room_get(struct db *db, const char *name, struct arena *a,
                                      struct store_room *ret, struct err *err);
/* Insert in state `making`, or replace kind and project of one that is there; its state stays.
 * state and made_at of *room are not read. */
MUST_USE enum err_code store_room_put(struct db *db, const struct store_room *room,
                                      struct err *err);
/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_room_set_state(struct db *db, const char *name,
                                            enum store_room_state state, struct err *err);
/* Absent is fine. */
MUST_USE enum err_code store_room_delete(struct db *db, const char *name, struct err *err);

#endif
