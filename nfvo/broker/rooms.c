#include "nfvo/broker/rooms.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "nfvo/store/store_room.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOK_MS = 1000, RETRY_MS = 500 };

struct rooms {
    struct store *store;
    const char *inner;
    int stop_fd;
    atomic_bool is_stopping;
    pthread_t thread;
    bool is_running;
    atomic_uint_least64_t version;
    pthread_mutex_t lock;
    struct arena arena; /* of list; under lock, as the list */
    struct room_list list;
};

static void copy(const struct room_list *from, struct arena *a, struct room_list *ret)
{
    ret->n = from->n;
    ret->at = arena_alloc(a, (from->n + 1) * sizeof(*ret->at));
    for (uint32_t i = 0; i < from->n; i++)
        ret->at[i] = (struct room_info){
            .name = arena_strdup(a, from->at[i].name),
            .project_id = from->at[i].project_id ? arena_strdup(a, from->at[i].project_id) : NULL,
            .is_open = from->at[i].is_open};
}

static bool is_same(const struct room_list *a, const struct room_list *b)
{
    bool same = a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = strcmp(a->at[i].name, b->at[i].name) == 0 && a->at[i].is_open == b->at[i].is_open &&
               text_equal(a->at[i].project_id, b->at[i].project_id);
    return same;
}

static void put(struct rooms *r, const struct room_list *now)
{
    pthread_mutex_lock(&r->lock);
    if (!r->list.at || !is_same(&r->list, now)) {
        arena_reset(&r->arena);
        copy(now, &r->arena, &r->list);
        atomic_fetch_add(&r->version, 1);
    }
    pthread_mutex_unlock(&r->lock);
}

static enum err_code look(struct rooms *r, struct db *db, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_rooms rows;
    enum err_code rc = store_room_list(db, &a, &rows, err);
    if (rc != ERR_OK)
        return rc;
    struct room_list now = {.at = arena_alloc(&a, (rows.n + 1) * sizeof(*now.at)), .n = 1};
    now.at[0] = (struct room_info){.name = ""};
    for (uint32_t i = 0; i < rows.n; i++) {
        bool is_inner = strcmp(rows.at[i].name, r->inner) == 0;
        if (rows.at[i].state != STORE_ROOM_READY && !is_inner)
            continue;
        now.at[is_inner ? 0 : now.n++] = (struct room_info){.name = is_inner ? "" : rows.at[i].name,
                                                            .project_id = rows.at[i].project_id,
                                                            .is_open = rows.at[i].is_open};
    }
    put(r, &now);
    return ERR_OK;
}

static void *run(void *arg)
{
    struct rooms *r = arg;
    struct db *db = store_connection(r->store, "nfvo rooms");
    bool is_told = false;
    err_ignore(db_listen(db, STORE_ROOM_CHANNEL, NULL), "db_wait_notify tries again");
    while (!r->is_stopping) {
        struct db_notify n;
        struct err err = ERR_INIT;
        enum db_wait w = db_wait_notify(db, r->stop_fd, LOOK_MS, &n, &err);
        if (w == DB_WAIT_WOKEN)
            break;
        if (w != DB_WAIT_LOST && look(r, db, &err) == ERR_OK) {
            is_told = false;
            continue;
        }
        if (!is_told) /* the workers say the same, once */
            log_debug(LOG_STORE, "rooms_not_read", KV_ERR(&err));
        is_told = true;
        struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
    db_free(db);
    return NULL;
}

enum err_code rooms_open(struct rooms **ret, struct store *store, const char *inner,
                         struct err *err)
{
    struct rooms *r = xcalloc(1, sizeof(*r));
    r->store = store;
    r->inner = inner;
    r->stop_fd = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&r->lock, NULL);
    struct db *db = store_borrow(store);
    enum err_code rc = look(r, db, err);
    store_return(store, db);
    if (rc == ERR_OK) {
        int e = pthread_create(&r->thread, NULL, run, r);
        r->is_running = e == 0;
        if (e)
            rc = err_set_errno(err, ERR_INTERNAL, e, "start the thread that looks after rooms");
    }
    if (rc != ERR_OK) {
        rooms_close(r);
        return rc;
    }
    *ret = r;
    return ERR_OK;
}

void rooms_close(struct rooms *r)
{
    if (!r)
        return;
    r->is_stopping = true;
    if (write(r->stop_fd, &(uint64_t){1}, sizeof(uint64_t)) < 0) {
        /* it ends after LOOK_MS */
    }
    if (r->is_running)
        pthread_join(r->thread, NULL);
    close(r->stop_fd);
    pthread_mutex_destroy(&r->lock);
    arena_release(&r->arena);
    free(r);
}

uint64_t rooms_version(const struct rooms *r)
{
    return r->version;
}

uint64_t rooms_copy(struct rooms *r, struct arena *a, struct room_list *ret)
{
    pthread_mutex_lock(&r->lock);
    copy(&r->list, a, ret);
    uint64_t version = r->version;
    pthread_mutex_unlock(&r->lock);
    return version;
}

const struct room_info *room_list_find(const struct room_list *list, const char *name)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].name, name) == 0)
            return &list->at[i];
    return NULL;
}
