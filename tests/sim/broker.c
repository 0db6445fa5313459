#include "tests/sim/broker.h"

#include "proto/topology.h"

#include <string.h>

struct held { /* delivered, not acknowledged */
    struct held *next;
    struct bmsg *m;
    struct bconsumer *by;
};
struct bconsumer {
    struct bconsumer *next_of_queue;
    struct bqueue *queue;
    struct bconn *conn;
    int prefetch, in_flight;
    bool auto_ack;
    int64_t last_at; /* order from one queue to one consumer */
};
struct bqueue {
    struct bqueue *next;
    const char *name;
    struct bmsg *first, **last;
    struct bconsumer *consumers;
    struct bconn *owner;
    size_t n;
    bool auto_delete, is_private_reply, has_copy;
};
struct bconn {
    struct sim *s;
    const char *name;
    const struct bconn_events *events;
    void *ctx;
    bool is_open, is_known, is_paused; /* for the client; for the broker */
    int64_t broke_at, out_at, in_at;   /* order on the connection, both ways */
    uint64_t published;
    const char *sender;
    struct held *held;
};
struct broker {
    struct bqueue *queues;
    uint64_t ids;
    struct broker_counts counts;
};

struct packet { /* on its way to the broker */
    struct bconn *conn;
    enum { PACKET_PUBLISH, PACKET_ACK } what;
    struct publish p;
    uint64_t seq;
    struct bconsumer *consumer;
    struct bmsg *m;
};

void broker_init(struct sim *s)
{
    s->broker = arena_alloc(&s->arena, sizeof(*s->broker));
}

const struct broker_counts *broker_counts(const struct sim *s)
{
    return &s->broker->counts;
}

struct bconn *broker_connect(struct sim *s, const char *name, const struct bconn_events *events,
                             void *ctx)
{
    struct bconn *c = arena_alloc(&s->arena, sizeof(*c));
    *c = (struct bconn){
        .s = s, .name = name, .events = events, .ctx = ctx, .is_open = true, .is_known = true};
    c->broke_at = INT64_MAX;
    return c;
}

bool broker_connected(const struct bconn *c)
{
    return c && c->is_open;
}

/* --- queues --- */
struct bqueue *broker_find(struct sim *s, const char *name)
{
    for (struct bqueue *q = s->broker->queues; q; q = q->next)
        if (strcmp(q->name, name) == 0)
            return q;
    return NULL;
}

struct bqueue *broker_declare(struct sim *s, const char *name, struct bconn *owner,
                              bool auto_delete)
{
    struct bqueue *q = broker_find(s, name);
    if (q)
        return q;
    q = arena_alloc(&s->arena, sizeof(*q));
    *q = (struct bqueue){
        .name = arena_strdup(&s->arena, name), .owner = owner, .auto_delete = auto_delete};
    q->last = &q->first;
    q->next = s->broker->queues;
    s->broker->queues = q;
    return q;
}

void broker_delete(struct sim *s, const char *name)
{
    for (struct bqueue **at = &s->broker->queues; *at; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0) {
            s->broker->counts.lost_with_queue += (*at)->n;
            *at = (*at)->next;
            return;
        }
}

void broker_declare_reply(struct sim *s, const char *name)
{
    broker_declare(s, name, NULL, false)->is_private_reply = true;
}

int broker_has_copy(struct sim *s, const char *name)
{
    const struct bqueue *q = broker_find(s, name);
    return q ? q->has_copy : -1;
}

const char *broker_sender(struct bconn *c)
{
    if (!c->sender) {
        c->sender =
            arena_printf(&c->s->arena, "sender-%llu", (unsigned long long)++c->s->broker->ids);
        broker_declare(c->s, c->sender, c, false);
    }
    return c->sender;
}

size_t broker_waiting(struct sim *s, const char *queue)
{
    struct bqueue *q = broker_find(s, queue);
    size_t n = q ? q->n : 0;
    for (struct bconsumer *c = q ? q->consumers : NULL; c; c = c->next_of_queue)
        n += (size_t)c->in_flight;
    return n;
}

const char *broker_left_reply(const struct sim *s)
{
    for (const struct bqueue *q = s->broker->queues; q; q = q->next)
        if (q->is_private_reply)
            return q->name;
    return NULL;
}

/* --- to the consumers --- */
struct arrival {
    struct bconsumer *c;
    struct bmsg *m;
};

static void arrive(struct sim *s, void *arg, uint64_t tag)
{
    struct arrival *a = arg;
    (void)s, (void)tag;
    if (a->c->conn->is_open)
        a->c->conn->events->delivery(a->c->conn->ctx, a->c, a->m);
}

static bool can_take(const struct bconsumer *c)
{
    return c->conn->is_known && !c->conn->is_paused && c->in_flight < c->prefetch;
}

static struct bconsumer *choose(struct sim *s, struct bqueue *q)
{
    int64_t n = 0, k;
    for (struct bconsumer *c = q->consumers; c; c = c->next_of_queue)
        n += can_take(c);
    if (n == 0)
        return NULL;
    k = n == 1 ? 0 : sim_between(s, 0, n - 1);
    for (struct bconsumer *c = q->consumers; c; c = c->next_of_queue)
        if (can_take(c) && k-- == 0)
            return c;
    return NULL;
}

static void dispatch(struct sim *s, struct bqueue *q)
{
    struct bconsumer *c;
    while (q->first && (c = choose(s, q))) {
        struct bmsg *m = q->first;
        q->first = m->next;
        if (!q->first)
            q->last = &q->first;
        q->n--;
        m->next = NULL;
        if (m->deliveries++)
            s->broker->counts.redelivered++;
        if (!c->auto_ack) {
            struct held *h = arena_alloc(&s->arena, sizeof(*h));
            *h = (struct held){c->conn->held, m, c};
            c->conn->held = h;
            c->in_flight++;
        }
        struct arrival *a = arena_alloc(&s->arena, sizeof(*a));
        *a = (struct arrival){c, m};
        int64_t at = s->now + sim_delay(s, s->weather.net_us);
        c->last_at = at > c->last_at ? at : c->last_at + 1;
        sim_at(s, c->last_at, arrive, a, 0);
    }
}

struct bconsumer *broker_consume(struct bconn *conn, const char *queue, int prefetch, bool auto_ack)
{
    struct bqueue *q = broker_declare(conn->s, queue, NULL, false);
    struct bconsumer *c = arena_alloc(&conn->s->arena, sizeof(*c));
    *c = (struct bconsumer){q->consumers, q, conn, prefetch, 0, auto_ack, 0};
    q->consumers = c;
    dispatch(conn->s, q);
    return c;
}

void broker_pause(struct bconn *conn, bool on)
{
    conn->is_paused = on;
    for (struct bqueue *q = conn->s->broker->queues; !on && q; q = q->next)
        dispatch(conn->s, q);
}

/* --- routing --- */
static void put(struct sim *s, struct bqueue *q, struct bmsg *m)
{
    if (q->is_private_reply) { /* x-message-ttl 0: dead-lettered at once */
        m->first_death_queue = q->name;
        m->key = QUEUE_REPLIES;
        q = broker_find(s, QUEUE_REPLIES);
        if (!q)
            return;
    }
    *q->last = m;
    q->last = &m->next;
    q->n++;
    dispatch(s, q);
}

static struct bmsg *message_of(struct sim *s, const struct publish *p)
{
    struct bmsg *m = arena_alloc(&s->arena, sizeof(*m));
    *m = (struct bmsg){.id = ++s->broker->ids,
                       .exchange = p->exchange,
                       .key = p->key,
                       .reply_to = p->reply_to,
                       .correlation_id = p->correlation_id,
                       .body = p->body,
                       .len = p->len,
                       .published_at = s->now};
    return m;
}

enum note_what { NOTE_CONFIRMED, NOTE_RETURNED, NOTE_REFUSED };
static void note(struct sim *s, void *arg, uint64_t tag)
{
    struct bconn *c = arg;
    (void)s;
    if (!c->is_open)
        return;
    uint64_t seq = tag >> 2;
    void (*tell)(void *, uint64_t) = (tag & 3) == NOTE_CONFIRMED  ? c->events->confirmed
                                     : (tag & 3) == NOTE_RETURNED ? c->events->returned
                                                                  : c->events->refused;
    if (tell)
        tell(c->ctx, seq);
}

static void tell_publisher(struct bconn *c, enum note_what what, uint64_t seq)
{
    struct sim *s = c->s;
    int64_t at = s->now + sim_delay(s, s->weather.net_us);
    c->in_at = at > c->in_at ? at : c->in_at + 1;
    sim_at(s, c->in_at, note, c, seq << 2 | what);
}

static void route(struct sim *s, struct packet *k)
{
    struct publish *p = &k->p;
    if (k->conn->events->refused && sim_faulty(s, s->weather.nack)) {
        tell_publisher(k->conn, NOTE_REFUSED, k->seq);
        return;
    }
    if (p->wants_private_queue && !p->copy_to)
        broker_declare_reply(s, p->reply_to);
    struct bqueue *q = broker_find(s, p->key), *copy = NULL;
    if (p->copy_to && (copy = broker_find(s, p->copy_to)) != NULL)
        copy->has_copy = true;
    s->broker->counts.published++;
    if (q) {
        s->broker->counts.routed++;
        put(s, q, message_of(s, p));
        /* Tried with RabbitMQ: a mandatory one to direct reply-to is delivered and returned. */
        if (p->mandatory && strncmp(p->key, "amq.rabbitmq.reply-to", 21) == 0) {
            tell_publisher(k->conn, NOTE_RETURNED, k->seq);
            return;
        }
    } else if (p->mandatory && !copy) {
        s->broker->counts.unroutable++;
        tell_publisher(k->conn, NOTE_RETURNED, k->seq);
        return;
    } else {
        s->broker->counts.dropped++;
    }
    tell_publisher(k->conn, NOTE_CONFIRMED, k->seq);
}

static void acknowledge(struct sim *s, struct packet *k)
{
    for (struct held **at = &k->conn->held; *at; at = &(*at)->next)
        if ((*at)->m == k->m) {
            *at = (*at)->next;
            k->consumer->in_flight--;
            dispatch(s, k->consumer->queue);
            return;
        }
}

/* --- from the clients --- */
static void packet_in(struct sim *s, void *arg, uint64_t tag)
{
    struct packet *k = arg;
    (void)tag;
    if (!k->conn->is_known || s->now > k->conn->broke_at)
        return; /* it never left, or the broker gave the connection up */
    if (k->what == PACKET_PUBLISH)
        route(s, k);
    else
        acknowledge(s, k);
}

static void packet_out(struct packet *k)
{
    struct sim *s = k->conn->s;
    int64_t at = s->now + sim_delay(s, s->weather.net_us);
    k->conn->out_at = at > k->conn->out_at ? at : k->conn->out_at + 1;
    sim_at(s, k->conn->out_at, packet_in, k, 0);
}

uint64_t broker_publish(struct bconn *c, const struct publish *p)
{
    struct arena *a = &c->s->arena;
    struct packet *k = arena_alloc(a, sizeof(*k));
    *k = (struct packet){.conn = c, .what = PACKET_PUBLISH, .p = *p, .seq = ++c->published};
    k->p.exchange = arena_strdup(a, p->exchange);
    k->p.key = arena_strdup(a, p->key);
    k->p.reply_to = arena_strdup(a, p->reply_to);
    k->p.copy_to = arena_strdup(a, p->copy_to);
    k->p.correlation_id = arena_strdup(a, p->correlation_id);
    k->p.body = arena_strndup(a, p->body, p->len);
    if (c->is_open)
        packet_out(k);
    return k->seq;
}

void broker_ack(struct bconn *c, struct bconsumer *consumer, struct bmsg *m)
{
    struct packet *k = arena_alloc(&c->s->arena, sizeof(*k));
    *k = (struct packet){.conn = c, .what = PACKET_ACK, .consumer = consumer, .m = m};
    if (c->is_open)
        packet_out(k);
}

/* --- the end of a connection --- */
static void give_back(struct sim *s, struct bconn *c)
{
    /* held is newest first: putting each in front restores the order */
    for (struct held *h = c->held; h; h = h->next) {
        struct bqueue *q = h->by->queue;
        h->m->next = q->first;
        if (!q->first)
            q->last = &h->m->next;
        q->first = h->m;
        q->n++;
        h->by->in_flight--;
    }
    c->held = NULL;
    for (struct bqueue *q = s->broker->queues; q; q = q->next)
        dispatch(s, q);
}

static void noticed(struct sim *s, void *arg, uint64_t tag)
{
    struct bconn *c = arg;
    (void)tag;
    c->is_known = false;
    sim_tell(s, "broker", c->name, "notices that the connection is gone%s",
             c->held ? "; gives back what was not acknowledged" : "");
    for (struct bqueue **at = &s->broker->queues, *q; (q = *at);) {
        bool had = false;
        for (struct bconsumer **b = &q->consumers; *b;) {
            had |= (*b)->conn == c;
            if ((*b)->conn == c)
                *b = (*b)->next_of_queue;
            else
                b = &(*b)->next_of_queue;
        }
        if (q->owner == c || (q->auto_delete && had && !q->consumers)) {
            s->broker->counts.lost_with_queue += q->n;
            *at = q->next;
        } else {
            at = &q->next;
        }
    }
    give_back(s, c);
}

static void sender_ends(struct sim *s, void *arg, uint64_t tag)
{
    const struct bconn *c = arg;
    (void)tag;
    broker_delete(s, c->sender);
}

void broker_drop(struct bconn *c, int64_t notice_us)
{
    if (!c || !c->is_open)
        return;
    c->is_open = false;
    /* What was written before the end may still arrive, up to a point. */
    c->broke_at = c->s->now + sim_between(c->s, 0, notice_us);
    sim_at(c->s, c->s->now + notice_us, noticed, c, 0);
    if (c->sender) {
        int64_t early = sim_between(c->s, 0, 500 * MSEC);
        sim_at(c->s, c->s->now + (notice_us > early ? notice_us - early : 0), sender_ends, c, 0);
    }
}
