/* What the registry writes about managers: broker users, VNFM endpoints, driver queues. Reading
 * them for users: store_misc.h. */
#ifndef NFVO_STORE_STORE_MANAGER_H
#define NFVO_STORE_STORE_MANAGER_H

#include "nfvo/store/store.h"

/* A broker user made for a manager. Texts of `get` live in the arena. */
struct store_manager {
    const char *username, *kind; /* vnfm, plugin */
    const char *sealed;          /* password, sealed for the owner STORE_MANAGER_OWNER username */
    const char *instances;       /* blank-separated */
    const char *doc;             /* the registration, without secrets */
};
#define STORE_MANAGER_OWNER "manager:"

/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_manager_get(struct db *db, const char *username, struct arena *a,
                                         struct store_manager *ret, struct err *err);
/* Insert or replace; the password of a row that exists stays as it is: ret_sealed, appended, is the
 * one that counts. */
MUST_USE enum err_code store_manager_put(struct db *db, const struct store_manager *m,
                                         struct sbuf *ret_sealed, struct err *err);
struct vnfm_endpoint;
/* Insert, or take over what it says: active as given; enabled stays as the administrator left it.
 * e->id is used for a new row only. account: who registered it. A row that is active in another
 * room stays there until its queue is served in e->room: store_vnfm_move. */
MUST_USE enum err_code store_vnfm_put(struct db *db, const struct vnfm_endpoint *e,
                                      const char *account, struct err *err);
/* What this account serves under the type, and what nobody says he serves; absent is fine. */
MUST_USE enum err_code store_vnfm_leave(struct db *db, const char *type, const char *room,
                                        const char *account, struct err *err);
/* Queues in their rooms, in the arena. */
struct store_queue {
    const char *room, *queue;
};
/* Those that VNFMs listen on, and those that enrolled ones may; each once. */
MUST_USE enum err_code store_vnfm_queues(struct db *db, struct arena *a, struct store_queue **ret,
                                         size_t *ret_n, struct err *err);
/* The queues of this type in this room. */
MUST_USE enum err_code store_vnfm_queues_of(struct db *db, const char *room, const char *type,
                                            struct arena *a, struct store_queue **ret,
                                            size_t *ret_n, struct err *err);
/* VNFMs whose enrolled account serves the queue in its own room, while their row is in another one:
 * it moves. What was sent before is answered where it was sent. ret_n: how many. */
MUST_USE enum err_code store_vnfm_move(struct db *db, struct db_array *rooms,
                                       struct db_array *queues, int64_t *ret_n, struct err *err);
/* --- who is there: design.md, "Who is there" ---
 * One look at the broker's queues. It begins with store_look_begin, which gives it its time in the database's clock; what it saw is
 * marked afterwards. A manager that it did not see is missed since then, and no longer active when
 * it has been missed for grace_us. A look that another one overtook says nothing, and none says
 * that a manager is absent that registered after the look began. */
struct store_look {
    int64_t at;       /* when it began */
    int64_t grace_us; /* 0: not seen is gone */
};
MUST_USE enum err_code store_look_begin(struct db *db, struct store_look *look, struct err *err);
/* Was it overtaken? Otherwise those that began before it are, from now on. */
MUST_USE enum err_code store_look_counts(struct db *db, const struct store_look *look, bool *ret,
                                         struct err *err);

/* Where VNFMs, drivers are now that are enrolled, and in their room. */
MUST_USE enum err_code store_vnfm_queues_moved(struct db *db, struct arena *a,
                                               struct store_queue **ret, size_t *ret_n,
                                               struct err *err);
MUST_USE enum err_code store_driver_queues_moved(struct db *db, struct arena *a,
                                                 struct store_queue **ret, size_t *ret_n,
                                                 struct err *err);
/* A command that was sent to the VNFM's, driver's queue in the inner room, and is open: it is
 * answered from its room now. *ret: it was one (also when it was moved before). */
MUST_USE enum err_code store_vnfm_command_move(struct db *db, const char *command,
                                               const char *queue, const char *room, bool *ret,
                                               struct err *err);
MUST_USE enum err_code store_driver_command_move(struct db *db, const char *command,
                                                 const char *queue, const char *room, bool *ret,
                                                 struct err *err);
/* VNFRs of VNFMs that moved so: they follow, each when nothing that was asked of it in the room of
 * before is open any more. ret_n: how many. */
MUST_USE enum err_code store_vnfrs_follow(struct db *db, int64_t *ret_n, struct err *err);

/* Of all endpoints on queues: is the endpoint among the queues (rooms[i], queues[i])? ret_changed:
 * how many became active or stopped to be; ret_gone: the latter, in the arena. */
struct store_vnfm_gone {
    const char *type, *room, *queue;
};
MUST_USE enum err_code store_vnfm_mark_active(struct db *db, const struct store_look *look,
                                              struct db_array *rooms, struct db_array *queues,
                                              struct arena *a, struct store_vnfm_gone **ret_gone,
                                              size_t *ret_n_gone, int64_t *ret_changed,
                                              struct err *err);

/* A driver that registered: its capabilities; a new row is not active before its queue is. */
struct store_driver {
    const char *queue, *type, *capabilities, *room, *account;
};
MUST_USE enum err_code store_driver_put(struct db *db, const struct store_driver *d,
                                        struct err *err);
/* It said goodbye: inactive at once, forgotten by a look when the grace is over. */
MUST_USE enum err_code store_driver_leave(struct db *db, const char *queue, struct err *err);
/* Known queues, in this room, of a driver that registered by a bare type; in the arena. */
MUST_USE enum err_code store_driver_queues(struct db *db, const char *room, const char *type,
                                           struct arena *a, const char ***ret, size_t *ret_n,
                                           struct err *err);
/* Driver queues that are there, with room and type of each: inserted or made active; the others are
 * missed. One that is known in another room moves, if this one's account is enrolled and the
 * other's is not. back(arg, queue, type) for each that was not there before, gone(arg, queue, type)
 * for each that is not active any more. Those that left, and those missed for STORE_DRIVER_KEEP_US,
 * are forgotten. */
#define STORE_DRIVER_KEEP_US (7 * 86400 * USEC_PER_SEC)
typedef void store_driver_fn(void *arg, const char *room, const char *queue, const char *type);
MUST_USE enum err_code store_driver_mark_active(struct db *db, const struct store_look *look,
                                                struct db_array *rooms, struct db_array *queues,
                                                struct db_array *types, store_driver_fn *back,
                                                store_driver_fn *gone, void *arg, struct err *err);
/* Who serves this type, this queue of a VNFM, or this driver (a queue, or a bare type), elsewhere
 * than in `room`, or is enrolled for it: its account or, without one, its room's name; appended.
 * ERR_NOT_FOUND: nobody. Active ones only, and enrolled ones whether they run or not. */
MUST_USE enum err_code store_served_elsewhere(struct db *db, const char *room, const char *type,
                                              const char *queue, struct sbuf *ret, struct err *err);

/* For metrics: how many are active. */
MUST_USE enum err_code store_managers_count(struct db *db, int64_t *ret_vnfms, int64_t *ret_drivers,
                                            struct err *err);

#endif
