#include "common/http/limits.h"

#include "common/base/hash.h"
#include "common/base/mem.h"
#include "common/base/net_list.h"
#include "common/sys/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS     1024
#define RESERVE_FOR 10 /* connections: who has fewer may use the reserve */

struct http_party {
    struct http_party *next; /* of its bucket */
    struct http_seat seats;  /* list head */
    unsigned refs, connections;
    size_t held[HTTP_BYTES_N];
    bool is_proxy; /* many clients in one: only the limits of all, and of users, count */
    size_t key_n;
    unsigned char key[];
};

struct http_limits {
    pthread_mutex_t lock;
    const struct http_server_options *o;
    unsigned connections;
    size_t held[HTTP_BYTES_N];
    struct http_party *buckets[BUCKETS];
};

struct http_limits *http_limits_new(const struct http_server_options *o)
{
    struct http_limits *l = xcalloc(1, sizeof(*l));
    pthread_mutex_init(&l->lock, NULL);
    l->o = o;
    return l;
}

void http_limits_free(struct http_limits *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* --- parties ---------------------------------------------------------------------------------- */

static struct http_party **bucket_of(struct http_limits *l, const void *key, size_t n)
{
    return &l->buckets[hash_bytes(HASH_START, key, n) % BUCKETS];
}

/* Lock held. */
static struct http_party *ref(struct http_limits *l, const void *key, size_t n)
{
    struct http_party **bucket = bucket_of(l, key, n), *p = *bucket;
    while (p && (p->key_n != n || memcmp(p->key, key, n) != 0))
        p = p->next;
    if (!p) {
        p = xcalloc(1, sizeof(*p) + n);
        p->key_n = n;
        memcpy(p->key, key, n);
        p->seats.next = p->seats.prev = &p->seats;
        p->next = *bucket;
        *bucket = p;
    }
    p->refs++;
    return p;
}

/* Lock held. */
static void unref(struct http_limits *l, struct http_party *p)
{
    if (--p->refs > 0)
        return;
    struct http_party **at = bucket_of(l, p->key, p->key_n);
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    free(p);
}

struct http_party *http_limits_user(struct http_limits *l, const char *name)
{
    AUTO(sbuf_release) struct sbuf key = SBUF_INIT;
    sbuf_addf(&key, "user %s", name);
    pthread_mutex_lock(&l->lock);
    struct http_party *p = ref(l, key.s, key.len);
    pthread_mutex_unlock(&l->lock);
    return p;
}

void http_limits_unref(struct http_limits *l, struct http_party *party)
{
    if (!party)
        return;
    pthread_mutex_lock(&l->lock);
    unref(l, party);
    pthread_mutex_unlock(&l->lock);
}

/* Of IPv6 the network: who has one address has 2^64. IPv4 inside IPv6 is IPv4. */
static size_t key_of(const struct sockaddr_storage *from, unsigned char key[9])
{
    const struct sockaddr_in *v4 = (const void *)from;
    const struct sockaddr_in6 *v6 = (const void *)from;
    key[0] = 4;
    if (from->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        key[0] = 6;
        memcpy(key + 1, &v6->sin6_addr, 8);
        return 9;
    }
    if (from->ss_family == AF_INET6)
        memcpy(key + 1, (const unsigned char *)&v6->sin6_addr + 12, 4);
    else
        memcpy(key + 1, &v4->sin_addr, 4);
    return 5;
}

static bool is_proxy(const struct net_list *proxies, const struct sockaddr_storage *from)
{
    char text[NET_TEXT_SIZE];
    const struct sockaddr_in *v4 = (const void *)from;
    const struct sockaddr_in6 *v6 = (const void *)from;
    const void *address =
        from->ss_family == AF_INET6 ? (const void *)&v6->sin6_addr : &v4->sin_addr;
    return proxies && proxies->n > 0 && inet_ntop(from->ss_family, address, text, sizeof(text)) &&
           net_list_has(proxies, text);
}

/* --- connections ------------------------------------------------------------------------------ */

/* Lock held. Its place is free from now on; its thread closes it when it sees the end. */
static void uncount(struct http_limits *l, struct http_seat *seat)
{
    if (!seat->is_counted)
        return;
    seat->is_counted = false;
    seat->party->connections--;
    l->connections--;
}

/* Lock held. NULL: all of them are at work. */
static struct http_seat *longest_idle(const struct http_party *p)
{
    struct http_seat *found = NULL;
    int64_t since = INT64_MAX;
    for (struct http_seat *s = p->seats.next; s != &p->seats; s = s->next) {
        int64_t idle = atomic_load(&s->idle_since_us);
        if (!s->is_counted || atomic_load(&s->is_busy) || idle >= since)
            continue;
        found = s;
        since = idle;
    }
    return found;
}

static bool evict_of(struct http_limits *l, const struct http_party *p)
{
    struct http_seat *victim = longest_idle(p);
    if (!victim)
        return false;
    uncount(l, victim);
    shutdown(victim->fd, SHUT_RDWR);
    return true;
}

/* Lock held. Of the party that has most; those behind it, when all of its connections are at work.
 */
static bool evict_any(struct http_limits *l)
{
    struct http_party *most = NULL;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct http_party *p = l->buckets[i]; p; p = p->next)
            if (p->connections > 0 && (!most || p->connections > most->connections) &&
                longest_idle(p))
                most = p;
    return most && evict_of(l, most);
}

/* Lock held. */
static bool make_room(struct http_limits *l, struct http_party *p)
{
    const struct http_server_options *o = l->o;
    if (o->max_per_address && !p->is_proxy && p->connections >= o->max_per_address &&
        !evict_of(l, p))
        return false;
    if (!p->is_proxy && l->connections + o->reserve >= o->max_connections &&
        p->connections >= RESERVE_FOR)
        return evict_of(l, p);
    return l->connections < o->max_connections || evict_any(l);
}

bool http_limits_enter(struct http_limits *l, struct http_seat *seat,
                       const struct sockaddr_storage *from)
{
    unsigned char key[9];
    size_t n = key_of(from, key);
    pthread_mutex_lock(&l->lock);
    struct http_party *p = ref(l, key, n);
    p->is_proxy = is_proxy(l->o->trusted_proxies, from);
    bool has_room = make_room(l, p);
    if (has_room) {
        atomic_store(&seat->idle_since_us, clock_mono_us());
        seat->party = p;
        seat->is_counted = true;
        seat->next = &p->seats;
        seat->prev = p->seats.prev;
        seat->prev->next = seat->next->prev = seat;
        p->connections++;
        l->connections++;
    } else
        unref(l, p);
    pthread_mutex_unlock(&l->lock);
    return has_room;
}

void http_limits_leave(struct http_limits *l, struct http_seat *seat)
{
    if (!seat->party)
        return;
    pthread_mutex_lock(&l->lock);
    uncount(l, seat);
    seat->prev->next = seat->next;
    seat->next->prev = seat->prev;
    unref(l, seat->party);
    pthread_mutex_unlock(&l->lock);
    seat->party = NULL;
}

unsigned http_limits_connections(struct http_limits *l)
{
    pthread_mutex_lock(&l->lock);
    unsigned n = l->connections;
    pthread_mutex_unlock(&l->lock);
    return n;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static bool fits(size_t held, size_t n, size_t max)
{
    return max == 0 || (held <= max && n <= max - held);
}

const char *http_limits_take(struct http_limits *l, enum http_bytes kind, size_t n,
                             struct http_party *address, struct http_party *user)
{
    const struct http_server_options *o = l->o;
    const struct http_kept *max = kind == HTTP_BYTES_MEMORY ? &o->memory : &o->disk;
    const char *whose = NULL;
    pthread_mutex_lock(&l->lock);
    if (!fits(l->held[kind], n, max->all))
        whose = "all clients";
    else if (address && !address->is_proxy && !fits(address->held[kind], n, max->each))
        whose = "one address";
    else if (user && !fits(user->held[kind], n, max->each))
        whose = "one user";
    if (!whose) {
        l->held[kind] += n;
        if (address)
            address->held[kind] += n;
        if (user)
            user->held[kind] += n;
    }
    pthread_mutex_unlock(&l->lock);
    return whose;
}

void http_limits_give(struct http_limits *l, enum http_bytes kind, size_t n,
                      struct http_party *address, struct http_party *user)
{
    if (n == 0)
        return;
    pthread_mutex_lock(&l->lock);
    l->held[kind] -= n;
    if (address)
        address->held[kind] -= n;
    if (user)
        user->held[kind] -= n;
    pthread_mutex_unlock(&l->lock);
}

size_t http_limits_held(struct http_limits *l, enum http_bytes kind)
{
    pthread_mutex_lock(&l->lock);
    size_t n = l->held[kind];
    pthread_mutex_unlock(&l->lock);
    return n;
}
