#include "nfvo/vnfm/load.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/mem.h"
#include "common/sys/clock.h"

enum { LOGINS_MAX = 512 /* accounts between two looks; more are not counted */ };

/* What was done: in reductions, in bytes. */
enum { WORK, BYTES, KINDS };

struct counter {
    struct load_item item;
    int64_t value[KINDS], delta[KINDS];
};

struct owner { /* an account in a room */
    const char *account, *room;
    enum load_place place;
    bool is_nfvo, is_agent;
    int64_t delta[KINDS];
    double level[KINDS];   /* of the bucket */
    double partner[KINDS]; /* a second, averaged over LOAD_BURST_S */
    int64_t over_since_us; /* 0: it is not full */
};

/* One look at the broker. */
struct look {
    struct arena arena;
    struct counter *counters; /* when it is over: by name */
    size_t counter_n;
    struct owner *owners; /* by room, account */
    size_t owner_n;
};

struct login {
    struct load_item item;
    int64_t n;
};

struct load {
    struct look looks[2], *now, *last;
    bool has_last;
    int64_t at_us;
    struct arena logins_arena;
    struct login logins[LOGINS_MAX];
    size_t login_n;
};

struct load *load_new(void)
{
    struct load *l = xcalloc(1, sizeof(*l));
    l->now = &l->looks[0];
    l->last = &l->looks[1];
    return l;
}

void load_free(struct load *l)
{
    if (!l)
        return;
    arena_release(&l->looks[0].arena);
    arena_release(&l->looks[1].arena);
    arena_release(&l->logins_arena);
    free(l);
}

static void look_reset(struct look *k)
{
    arena_reset(&k->arena);
    k->counters = NULL;
    k->owners = NULL;
    k->counter_n = k->owner_n = 0;
}

static void forget_logins(struct load *l)
{
    arena_reset(&l->logins_arena);
    l->login_n = 0;
}

void load_forget(struct load *l)
{
    look_reset(l->last);
    forget_logins(l);
    l->has_last = false;
}

void load_begin(struct load *l)
{
    look_reset(l->now);
}

void load_add(struct load *l, const struct load_item *item)
{
    struct look *k = l->now;
    if (item->place == LOAD_IGNORED)
        return;
    k->counters = arena_grow_array(&k->arena, k->counters, k->counter_n, sizeof(k->counters[0]));
    struct counter *c = &k->counters[k->counter_n++];
    *c = (struct counter){.item = *item, .value = {item->work, item->bytes}};
    c->item.name = arena_strdup(&k->arena, item->name);
    c->item.account = arena_strdup(&k->arena, item->account);
    c->item.room = arena_strdup(&k->arena, item->room);
}

void load_login(struct load *l, const struct load_item *item)
{
    if (item->place == LOAD_IGNORED)
        return;
    for (size_t i = 0; i < l->login_n; i++) {
        struct login *in = &l->logins[i];
        if (strcmp(in->item.account, item->account) == 0 &&
            strcmp(in->item.room, item->room) == 0) {
            in->n++;
            return;
        }
    }
    if (l->login_n == LOGINS_MAX)
        return;
    struct login *in = &l->logins[l->login_n++];
    *in = (struct login){.item = *item, .n = 1};
    in->item.account = arena_strdup(&l->logins_arena, item->account);
    in->item.room = arena_strdup(&l->logins_arena, item->room);
}

/* --- what was done since the last look ---------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct counter *)a)->item.name, ((const struct counter *)b)->item.name);
}

static int by_owner(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;
    int order = strcmp(x->room, y->room);
    return order ? order : strcmp(x->account, y->account);
}

static struct owner *find_owner(const struct look *k, const char *room, const char *account)
{
    const struct owner key = {.room = room, .account = account};
    return k->owner_n ? bsearch(&key, k->owners, k->owner_n, sizeof(key), by_owner) : NULL;
}

/* A counter that is lower than it was belongs to a new connection of the same addresses. */
static void count_since(const struct look *last, struct counter *c)
{
    const struct counter *was =
        last->counter_n ? bsearch(c, last->counters, last->counter_n, sizeof(*c), by_name) : NULL;
    for (int k = 0; k < KINDS; k++)
        c->delta[k] =
            was && was->value[k] <= c->value[k] ? c->value[k] - was->value[k] : c->value[k];
}

/* Those that are not connected any more still owe what is in their bucket. */
static void keep_owners(struct look *now, const struct look *last)
{
    size_t listed = now->owner_n;
    for (size_t i = 0; i < last->owner_n; i++) {
        const struct owner *was = &last->owners[i];
        struct look k = {.owners = now->owners, .owner_n = listed};
        if (find_owner(&k, was->room, was->account) || (!was->level[WORK] && !was->level[BYTES]))
            continue;
        now->owners =
            arena_grow_array(&now->arena, now->owners, now->owner_n, sizeof(now->owners[0]));
        struct owner *o = &now->owners[now->owner_n++];
        *o = *was;
        o->account = arena_strdup(&now->arena, was->account);
        o->room = arena_strdup(&now->arena, was->room);
        memset(o->delta, 0, sizeof(o->delta));
    }
}

static void add_owner(struct look *now, const struct load_item *item, int64_t work, int64_t bytes)
{
    now->owners = arena_grow_array(&now->arena, now->owners, now->owner_n, sizeof(now->owners[0]));
    now->owners[now->owner_n++] =
        (struct owner){.account = arena_strdup(&now->arena, item->account),
                       .room = arena_strdup(&now->arena, item->room),
                       .place = item->place,
                       .is_nfvo = item->is_nfvo,
                       .is_agent = item->is_agent,
                       .delta = {work, bytes}};
}

static void sum_up(struct load *l)
{
    struct look *now = l->now;
    size_t n = 0;
    for (size_t i = 0; i < now->counter_n; i++) {
        const struct counter *c = &now->counters[i];
        add_owner(now, &c->item, c->delta[WORK], c->delta[BYTES]);
    }
    for (size_t i = 0; i < l->login_n; i++)
        add_owner(now, &l->logins[i].item, l->logins[i].n * LOAD_LOGIN, 0);
    forget_logins(l);
    if (now->owner_n)
        qsort(now->owners, now->owner_n, sizeof(now->owners[0]), by_owner);
    for (size_t i = 0; i < now->owner_n; i++) {
        struct owner *o = &now->owners[i];
        if (n && by_owner(&now->owners[n - 1], o) == 0)
            for (int k = 0; k < KINDS; k++)
                now->owners[n - 1].delta[k] += o->delta[k];
        else
            now->owners[n++] = *o;
    }
    now->owner_n = n;
}

static void carry_over(struct look *now, const struct look *last)
{
    for (size_t i = 0; i < now->owner_n; i++) {
        struct owner *o = &now->owners[i];
        const struct owner *was = find_owner(last, o->room, o->account);
        if (!was)
            continue;
        memcpy(o->level, was->level, sizeof(o->level));
        memcpy(o->partner, was->partner, sizeof(o->partner));
        o->over_since_us = was->over_since_us;
    }
    keep_owners(now, last);
    if (now->owner_n)
        qsort(now->owners, now->owner_n, sizeof(now->owners[0]), by_owner);
}

/* --- who does too much --------------------------------------------------------------------------
 */

/* Owners [first, end) are a room's. */
static double partners_work(const struct look *k, size_t first, size_t end, const struct owner *o,
                            int kind)
{
    double sum = 0;
    for (size_t i = first; i < end; i++) {
        const struct owner *p = &k->owners[i];
        if (o->place == LOAD_ROOM ? p->is_nfvo : p != o)
            sum += (double)p->delta[kind];
    }
    return sum;
}

static bool fill(struct owner *o, int kind, double bound, double partner, double dt_s)
{
    double weight = dt_s < LOAD_BURST_S ? dt_s / LOAD_BURST_S : 1;
    o->partner[kind] += (partner / dt_s - o->partner[kind]) * weight;
    double allowed = bound + LOAD_PARTNER * o->partner[kind];
    o->level[kind] += (double)o->delta[kind] - allowed * dt_s;
    if (bound <= 0 || o->level[kind] < 0)
        o->level[kind] = 0;
    return bound > 0 && o->level[kind] > allowed * LOAD_BURST_S;
}

static int64_t allowed(const struct owner *o, int kind, int64_t bound)
{
    return bound > 0 ? bound + (int64_t)(LOAD_PARTNER * o->partner[kind]) : INT64_MAX;
}

/* A second, on average over LOAD_BURST_S: what is in the bucket came beside what is allowed. */
static int64_t rate(const struct owner *o, int kind, int64_t bound)
{
    return bound > 0 ? allowed(o, kind, bound) + (int64_t)(o->level[kind] / LOAD_BURST_S) : 0;
}

static void tell(struct owner *o, const struct load_bounds *b,
                 void (*report)(void *arg, const struct load_excess *excess), void *arg)
{
    double full[KINDS];
    for (int k = 0; k < KINDS; k++)
        full[k] = o->level[k] / (double)allowed(o, k, k == WORK ? b->work : b->bytes);
    report(arg, &(struct load_excess){.account = o->account,
                                      .room = o->room,
                                      .is_bytes = full[BYTES] > full[WORK],
                                      .work = rate(o, WORK, b->work),
                                      .bytes = rate(o, BYTES, b->bytes),
                                      .allowed_work = allowed(o, WORK, b->work),
                                      .allowed_bytes = allowed(o, BYTES, b->bytes)});
    memset(o->level, 0, sizeof(o->level));
    o->over_since_us = 0;
}

/* Full, then not less than that until it is confirmed: what drains meanwhile was a burst. */
static bool judge(struct owner *o, bool is_full, int64_t now_us)
{
    if (!is_full) {
        o->over_since_us = 0;
        return false;
    }
    if (!o->over_since_us) {
        o->over_since_us = now_us;
        return false;
    }
    return now_us - o->over_since_us >= LOAD_CONFIRM_S * USEC_PER_SEC;
}

static size_t end_of_room(const struct look *k, size_t first)
{
    size_t end = first;
    while (end < k->owner_n && strcmp(k->owners[end].room, k->owners[first].room) == 0)
        end++;
    return end;
}

bool load_end(struct load *l, int64_t now_us, const struct load_bounds *bounds,
              void (*report)(void *arg, const struct load_excess *excess), void *arg)
{
    struct look *now = l->now;
    const double bound[KINDS] = {(double)bounds->work, (double)bounds->bytes};
    double dt_s = (double)(now_us - l->at_us) / USEC_PER_SEC;
    bool is_waiting = false;
    if (now->counter_n)
        qsort(now->counters, now->counter_n, sizeof(now->counters[0]), by_name);
    for (size_t i = 0; l->has_last && i < now->counter_n; i++)
        count_since(l->last, &now->counters[i]);
    sum_up(l);
    carry_over(now, l->last);
    for (size_t first = 0; l->has_last && dt_s > 0 && first < now->owner_n;) {
        size_t end = end_of_room(now, first);
        for (size_t i = first; i < end; i++) {
            struct owner *o = &now->owners[i];
            bool is_full = false;
            if (o->is_nfvo)
                continue;
            for (int k = 0; k < KINDS; k++)
                is_full |= fill(o, k, bound[k],
                                o->is_agent ? 0 : partners_work(now, first, end, o, k), dt_s);
            if (judge(o, is_full, now_us))
                tell(o, bounds, report, arg);
            is_waiting |= o->over_since_us != 0;
        }
        first = end;
    }
    l->now = l->last;
    l->last = now;
    l->has_last = true;
    l->at_us = now_us;
    return is_waiting;
}
