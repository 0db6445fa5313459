/* Inside of common/engine: one worker's state. */
#ifndef COMMON_ENGINE_INTERNAL_H
#define COMMON_ENGINE_INTERNAL_H

#include "common/engine/engine.h"

/* DOUBT and LOST are outbox rows: it may have been sent; its answer found nobody. */
enum item_kind { ITEM_MESSAGE, ITEM_REQUEST, ITEM_DUE, ITEM_DOUBT, ITEM_LOST };

/* Something to be decided. It stays in the worker's list until it is done: a batch that cannot be
 * saved, or an aggregate that another worker holds, leaves it there. Messages are read anew for
 * each try: what was decoded lived in the batch's arena. */
struct item {
    enum item_kind kind;
    bool is_done, is_bad, is_oversize;
    bool is_foreign; /* it said nothing: of another room than who was asked */
    bool is_alone;   /* a neighbour needs a document that cannot be read: decided by itself next */
    uint8_t failures;
    size_t oversize; /* bytes that were not read */
    struct err bad;  /* MESSAGE: why it goes to the dead letters when it is done */
    struct message message;
    void *token;                    /* MESSAGE: to acknowledge; NULL once that happened */
    struct engine_request *request; /* REQUEST */
    char command[ID_SIZE + 48];     /* DUE, DOUBT, LOST */
    char agg[ID_SIZE + 8];
    uint8_t agg_kind;
    struct outbox_row *row; /* DOUBT, LOST: deleted with it; owned */
    /* of the current try */
    struct intent intent;
    struct err err;
    const char *text;
};

struct flight { /* published, not yet confirmed; the row is owned */
    uint64_t seq;
    struct outbox_row *row;
};

struct engine_worker {
    const struct domain *dom;
    const struct engine_store *store;
    const struct engine_bus *bus;
    const struct engine_clock *clock;
    const struct ids *ids;
    struct engine_queue *queue;
    struct engine_options options;
    struct engine_stats stats;
    struct arena arena; /* of the batch */

    struct item items[ENGINE_BATCH_MAX];
    size_t n_items;

    struct flight *flights;
    size_t n_flights, cap_flights;
    /* Owned; to be settled by the next save. */
    struct outbox_row **confirmed, **copied, **retry, **gone;
    size_t n_confirmed, cap_confirmed, n_copied, cap_copied, n_retry, cap_retry, n_gone, cap_gone;

    struct heard_room {
        char *name;
        bool is_ready, saw_empty;
        int64_t since; /* ready, or lost */
    } * rooms;         /* all but the inner one, from their first connection on */
    size_t n_rooms;

    bool is_ready, saw_empty, is_paused, is_draining; /* ready, empty: the inner room */
    int64_t ready_at, swept_at, due_at, store_retry_at;
    unsigned store_failures;
};

void request_refuse(struct engine_request *r); /* the process stops: nothing was decided */

int64_t worker_now(const struct engine_worker *w);
void worker_fault(const struct engine_worker *w, const char *what, const struct err *err);

/* batch.c: decide what is in items; done ones are removed. Returns whether any was. */
bool batch_run(struct engine_worker *w);
void store_is_away(struct engine_worker *w, const struct err *err);
void store_is_back(struct engine_worker *w);

/* rooms.c: which rooms are heard. The inner one is is_ready, saw_empty. */
void room_ready(struct engine_worker *w, const char *room);
void room_lost(struct engine_worker *w, const char *room, bool is_ended);
void rooms_seen_empty(struct engine_worker *w);
/* Those that could not be heard, or not for long enough: into the arena. Returns how many. */
size_t rooms_held(struct engine_worker *w, const char ***ret);
void rooms_release(struct engine_worker *w);

/* outbox.c */
struct outbox_row *outbox_row_dup(const struct outbox_row *row); /* one malloc */
void outbox_publish(struct engine_worker *w, struct outbox_row *const *rows, size_t n);
void outbox_confirmed(struct engine_worker *w, uint64_t seq);
void outbox_returned(struct engine_worker *w, uint64_t seq, bool is_unroutable);
/* A room's connection is lost (NULL: all): the rows stay in the store for the sweeper. */
void outbox_lost(struct engine_worker *w, const char *room);
void outbox_sweep(struct engine_worker *w);
void outbox_settle(struct engine_worker *w);
void outbox_to_settle(const struct engine_worker *w, struct save *ret); /* borrows */
void outbox_settled(struct engine_worker *w);      /* they were saved: forget them */
void outbox_drop_settled(struct engine_worker *w); /* and tell nobody */
void outbox_delete_later(struct engine_worker *w, struct outbox_row *row_taken);

#endif
