/* Which queues the broker has, and who consumes from them. The listing's numbers are some seconds
 * old; where that matters the broker is asked for the one queue, passively. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "nfvo/vnfm/internal.h"
#include "proto/topology.h"

/* All but the per-request reply queues and server-named ones. */
#define LISTED_QUEUES "^(?!nfvo\\.reply\\.|amq\\.gen-)"

struct registry_room *registry_room_find(const struct registry *r, const char *name)
{
    for (size_t i = 0; i < r->rooms_n; i++)
        if (strcmp(r->rooms[i]->name, name) == 0)
            return r->rooms[i];
    return NULL;
}

void listing_free(struct listing *l)
{
    if (!l)
        return;
    arena_release(&l->arena);
    free(l);
}

struct room_listing {
    struct listing *listing;
    const char *room;
};

static void on_queue(void *arg, const struct management_queue *q)
{
    const struct room_listing *of = arg;
    struct listing *l = of->listing;
    if (strcmp(q->name, QUEUE_DEAD_LETTERS) == 0) {
        l->dead_letters += q->messages;
        l->dead_bytes += q->bytes;
    }
    l->at = arena_grow_array(&l->arena, l->at, l->n, sizeof(l->at[0]));
    l->at[l->n++] = (struct listed_queue){of->room, arena_strdup(&l->arena, q->name),
                                          q->is_auto_delete, q->messages > 0};
}

static int by_name(const void *a, const void *b)
{
    const struct listed_queue *one = a, *other = b;
    int order = strcmp(one->room, other->room);
    return order ? order : strcmp(one->name, other->name);
}

const struct listed_queue *listing_find(const struct listing *l, const char *room, const char *name)
{
    struct listed_queue key = {.room = room, .name = name};
    return l && l->n ? bsearch(&key, l->at, l->n, sizeof(key), by_name) : NULL;
}

enum err_code listing_read(struct registry *r, struct err *err)
{
    struct listing *l = xcalloc(1, sizeof(*l));
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < r->rooms_n; i++) {
        const char *room = r->rooms[i]->name;
        struct room_listing of = {l, arena_strdup(&l->arena, room)};
        rc = management_queues_like(&r->management, account_vhost(&r->setup, room), LISTED_QUEUES,
                                    on_queue, &of, err);
        if (rc == ERR_NOT_FOUND && i > 0) /* it is just ending */
            rc = ERR_OK;
    }
    if (rc != ERR_OK) {
        listing_free(l);
        return rc;
    }
    if (l->n)
        qsort(l->at, l->n, sizeof(l->at[0]), by_name);
    pthread_mutex_lock(&r->lock);
    struct listing *old = r->listing;
    r->listing = l; /* only this thread replaces it, and may read it without the lock */
    pthread_mutex_unlock(&r->lock);
    listing_free(old);
    return ERR_OK;
}

bool registry_queue_exists(void *ctx, const char *queue)
{
    struct registry *r = ctx;
    struct management m;
    struct err err = ERR_INIT;
    pthread_mutex_lock(&r->lock);
    bool exists = listing_find(r->listing, "", queue) != NULL;
    pthread_mutex_unlock(&r->lock);
    if (exists)
        return true;
    management_init(&m, &r->setup, r->wake_fd);
    if (management_has_queue(&m, queue, &exists, &err) != ERR_OK) {
        log_warn(LOG_VNFM, "queue_taken_for_granted", KV_S("queue", queue), KV_ERR(&err));
        exists = true;
    }
    management_release(&m);
    return exists;
}

struct own_queues {
    void (*report)(void *arg, const struct management_queue *queue);
    void *arg;
    struct sbuf log;
};

static void report_own(void *arg, const struct management_queue *q)
{
    const struct own_queues *own = arg;
    static const char log[] = QUEUE_BROKER_LOG;
    if (strncmp(q->name, log, sizeof(log) - 1) == 0 && strcmp(q->name, own->log.s) != 0)
        return;
    own->report(own->arg, q);
}

enum err_code registry_list_queues(struct registry *r,
                                   void (*report)(void *arg, const struct management_queue *queue),
                                   void *arg, struct err *err)
{
    struct management m;
    management_init(&m, &r->setup, r->wake_fd);
    struct own_queues own = {.report = report, .arg = arg, .log = SBUF_INIT};
    topology_broker_log_queue(management_vhost(&m), &own.log);
    enum err_code rc = management_queues(&m, report_own, &own, err);
    sbuf_release(&own.log);
    management_release(&m);
    return rc;
}

/* --- consumers -------------------------------------------------------------------------------- */

enum err_code watch_has_consumers(struct registry_room *room, const char *queue, bool *ret,
                                  struct err *err)
{
    uint32_t messages = 0, consumers = 0;
    enum err_code rc = bus_queue_check(room->bus, queue, &messages, &consumers, err);
    if (rc == ERR_PEER) /* locked: exclusive to a connection that is there */
        consumers = 1;
    else if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    *ret = rc != ERR_NOT_FOUND && consumers > 0;
    return ERR_OK;
}

/* Does the queue belong to the plugin that registered with this type? */
static bool is_queue_of(const char *queue, const char *type)
{
    static const char *const prefixes[] = {QUEUE_VIM_DRIVER_PREFIX, QUEUE_MONITOR_PREFIX};
    if (topology_is_plugin_queue(type))
        return strcmp(queue, type) == 0;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (text_starts_with(queue, prefixes[i])) {
            const char *rest = queue + strlen(prefixes[i]);
            return text_starts_with(rest, type) && rest[strlen(type)] == '.';
        }
    return false;
}

enum err_code watch_plugin_has_consumers(struct registry *r, struct registry_room *room,
                                         const char *type, bool *ret, struct err *err)
{
    *ret = false;
    if (topology_is_plugin_queue(type))
        return watch_has_consumers(room, type, ret, err);
    enum err_code rc = listing_read(r, err);
    for (size_t i = 0; rc == ERR_OK && !*ret && i < r->listing->n; i++)
        if (strcmp(r->listing->at[i].room, room->name) == 0 &&
            is_queue_of(r->listing->at[i].name, type))
            rc = watch_has_consumers(room, r->listing->at[i].name, ret, err);
    return rc;
}
