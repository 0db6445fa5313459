/* Which rooms (virtual hosts) this worker hears: a deadline means nothing where the answer could
 * not come. */
#include "common/engine/internal.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct heard_room *find(struct engine_worker *w, const char *room)
{
    for (size_t i = 0; i < w->n_rooms; i++)
        if (strcmp(w->rooms[i].name, room) == 0)
            return &w->rooms[i];
    return NULL;
}

static struct heard_room *find_or_add(struct engine_worker *w, const char *room)
{
    struct heard_room *r = find(w, room);
    if (r)
        return r;
    w->rooms = xrealloc(w->rooms, (w->n_rooms + 1) * sizeof(*w->rooms));
    r = &w->rooms[w->n_rooms++];
    *r = (struct heard_room){.name = xstrdup(room)};
    return r;
}

void room_ready(struct engine_worker *w, const char *room)
{
    if (!*room) {
        w->is_ready = true;
        w->saw_empty = false;
        w->ready_at = worker_now(w);
        return;
    }
    struct heard_room *r = find_or_add(w, room);
    r->is_ready = true;
    r->saw_empty = false;
    r->since = worker_now(w);
}

static void forget(struct engine_worker *w, struct heard_room *r)
{
    free(r->name);
    *r = w->rooms[--w->n_rooms];
}

void room_lost(struct engine_worker *w, const char *room, bool is_ended)
{
    if (!*room) {
        w->is_ready = w->saw_empty = false;
        return;
    }
    struct heard_room *r = find_or_add(w, room);
    if (is_ended) {
        forget(w, r);
        return;
    }
    r->is_ready = r->saw_empty = false;
    r->since = worker_now(w);
}

void rooms_seen_empty(struct engine_worker *w)
{
    w->saw_empty = w->is_ready;
    for (size_t i = 0; i < w->n_rooms; i++)
        w->rooms[i].saw_empty = w->rooms[i].is_ready;
}

/* One that stays away does not keep operations open for ever. */
static bool is_held(const struct engine_worker *w, const struct heard_room *r, int64_t now)
{
    int64_t grace = r->is_ready ? w->options.grace_us : w->options.room_grace_us;
    return now - r->since < grace || (r->is_ready && !r->saw_empty);
}

size_t rooms_held(struct engine_worker *w, const char ***ret)
{
    int64_t now = worker_now(w);
    size_t n = 0;
    *ret = arena_alloc(&w->arena, (w->n_rooms + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < w->n_rooms; i++)
        if (is_held(w, &w->rooms[i], now))
            (*ret)[n++] = w->rooms[i].name;
    return n;
}

void rooms_release(struct engine_worker *w)
{
    for (size_t i = 0; i < w->n_rooms; i++)
        free(w->rooms[i].name);
    free(w->rooms);
}
