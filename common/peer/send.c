/* What is to be published: queued, open until the broker settles it, then done. Replies, asks and
 * one-way messages alike. */
#include "common/base/mem.h"
#include "common/peer/internal.h"

#include <stdlib.h>

static struct send_queue *queue_of(struct peer *p, const struct send *send)
{
    bool is_registration =
        p->registration &&
        send == &p->registration->send; /* goes before all else, in both sessions */
    return is_registration ? &p->urgent : &p->queue;
}

static void append(struct send_queue *q, struct send *send)
{
    send->prev = q->tail;
    send->next = NULL;
    *(q->tail ? &q->tail->next : &q->head) = send;
    q->tail = send;
    send->state = SEND_QUEUED;
}

static void prepend(struct send_queue *q, struct send *send)
{
    send->next = q->head;
    send->prev = NULL;
    *(q->head ? &q->head->prev : &q->tail) = send;
    q->head = send;
    send->state = SEND_QUEUED;
}

static void unlink_from(struct send_queue *q, struct send *send)
{
    *(send->prev ? &send->prev->next : &q->head) = send->next;
    *(send->next ? &send->next->prev : &q->tail) = send->prev;
    send->state = SEND_IDLE;
}

void send_later(struct peer *p, struct send *send)
{
    if (send->state == SEND_IDLE)
        append(queue_of(p, send), send);
}

void send_cancel(struct peer *p, struct send *send)
{
    if (send->state == SEND_QUEUED)
        unlink_from(queue_of(p, send), send);
    else if (send->state == SEND_OPEN)
        p->open[send->seq % BUS_UNCONFIRMED_MAX] = NULL;
    send->state = SEND_IDLE;
}

static const char *fill(struct peer *p, struct send *send, struct bus_message *m)
{
    const struct sbuf *body;
    m->exchange = p->o.exchange;
    m->is_mandatory = true;
    if (send->kind == SEND_REPLY) {
        struct peer_request *r = CONTAINER_OF(send, struct peer_request, send);
        body = &r->reply;
        m->routing_key = r->delivery->reply_to;
        m->correlation_id = r->delivery->correlation_id;
        if (strncmp(m->routing_key, "amq.rabbitmq.reply-to", 21) == 0) {
            /* A pseudo queue: reached only so, and returned by the broker although delivered. */
            m->exchange = "";
            m->is_mandatory = false;
        }
    } else if (send->kind == SEND_ASK) {
        struct ask *ask = CONTAINER_OF(send, struct ask, send);
        body = &ask->body;
        m->routing_key = ask->key;
        m->correlation_id = ask->id;
        m->reply_to = bus_queue_name(p->bus, PEER_REPLIES);
        if (p->is_private) /* the broker vouches for it: who registers again is known by it */
            m->user_id = p->credentials.user;
    } else {
        struct tell *tell = CONTAINER_OF(send, struct tell, send);
        body = &tell->body;
        m->routing_key = tell->key;
    }
    m->body = body->s;
    m->len = body->len;
    return m->routing_key;
}

/* False: not now. */
static bool publish(struct peer *p, struct send_queue *q)
{
    struct send *send = q->head;
    struct bus_message m = {0};
    struct err err;
    uint64_t seq;
    fill(p, send, &m);
    if (send->kind == SEND_ASK && !m.reply_to)
        return false; /* the reply queue has no name yet */
    enum err_code rc = bus_publish(p->bus, &m, &seq, &err);
    if (rc == ERR_UNAVAIL || rc == ERR_LIMIT || rc == ERR_IO)
        return false;
    unlink_from(q, send);
    if (rc != ERR_OK) { /* a reply_to or id that AMQP cannot carry: the peer's own fault, nobody can
                           be told */
        if (send->kind == SEND_REPLY) {
            peer_report(p, PEER_DROPPED, 0, err.msg);
            serve_settled(p, CONTAINER_OF(send, struct peer_request, send), false);
        }
        return true;
    }
    send->state = SEND_OPEN;
    send->seq = seq;
    p->open[seq % BUS_UNCONFIRMED_MAX] = send;
    p->open_last = seq;
    return true;
}

void send_pump(struct peer *p)
{
    if (!p->bus || !bus_is_ready(p->bus) || bus_is_blocked(p->bus))
        return;
    while (p->urgent.head && publish(p, &p->urgent))
        ;
    while (p->is_private && p->queue.head && !(p->careful && bus_unconfirmed(p->bus) > 0) &&
           publish(p, &p->queue))
        ;
}

static struct send *take_open(struct peer *p, uint64_t seq)
{
    struct send *send = p->open[seq % BUS_UNCONFIRMED_MAX];
    if (!send || send->seq != seq)
        return NULL;
    p->open[seq % BUS_UNCONFIRMED_MAX] = NULL;
    send->state = SEND_IDLE;
    return send;
}

static void tell_free(struct tell *tell)
{
    sbuf_release(&tell->body);
    free(tell->key);
    free(tell);
}

static void settled(struct peer *p, struct send *send, bool is_sent)
{
    if (send->kind == SEND_REPLY)
        serve_settled(p, CONTAINER_OF(send, struct peer_request, send), is_sent);
    else if (send->kind == SEND_TELL)
        tell_free(CONTAINER_OF(send, struct tell, send));
}

void send_confirmed(struct peer *p, uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++) {
        struct send *send = take_open(p, seq);
        if (send)
            settled(p, send, true);
        if (p->careful)
            p->careful--;
    }
}

/* The channel was closed while these were open. Which one the broker refused shows when they go one
 * by one. */
void send_refused(struct peer *p)
{
    p->is_refusal = true;
}

/* Nobody listens, or may: the timer sends it again until its deadline. */
static void ask_again_later(struct peer *p, struct send *send)
{
    struct ask *ask = CONTAINER_OF(send, struct ask, send);
    int64_t again = peer_now_us() + USEC_PER_SEC / 2;
    timers_set(&p->timers, &ask->timer, again < ask->deadline_us ? again : ask->deadline_us);
}

static void drop(struct peer *p, struct send *send, int code, const char *text)
{
    if (send->kind == SEND_ASK) {
        ask_again_later(p, send);
        return;
    }
    if (send->kind == SEND_REPLY)
        peer_report(p, PEER_DROPPED, code, text);
    settled(p, send, false);
}

void send_nacked(struct peer *p, uint64_t from, uint64_t to)
{
    bool is_guilty = p->is_refusal && p->careful > 0;    /* then only one was open */
    for (uint64_t seq = to; seq >= from && seq; seq--) { /* backwards: prepending keeps the order */
        struct send *send = take_open(p, seq);
        if (send && is_guilty) {
            drop(p, send, 403, "the broker refuses to route it");
            p->careful--;
        } else if (send) {
            prepend(queue_of(p, send), send);
            p->careful += p->is_refusal;
        }
    }
    p->is_refusal = false;
}

void send_returned(struct peer *p, uint64_t seq)
{
    struct send *send = take_open(p, seq);
    if (send)
        drop(p, send, 312,
             send->kind == SEND_REPLY
                 ? CONTAINER_OF(send, struct peer_request, send)->delivery->reply_to
                 : "");
}

void send_void(struct peer *p)
{
    uint64_t window = p->open_last < BUS_UNCONFIRMED_MAX ? p->open_last : BUS_UNCONFIRMED_MAX;
    for (uint64_t i = 0; i < window; i++) { /* the broker may settle in any order: look at all */
        struct send *send = take_open(p, p->open_last - i);
        if (send)
            prepend(queue_of(p, send), send);
    }
    p->open_last = 0;
    p->careful = 0;
    p->is_refusal = false;
}

bool send_is_idle(const struct peer *p)
{
    return !p->queue.head && (!p->bus || bus_unconfirmed(p->bus) == 0);
}

/* Tells that never left; replies and asks have other owners. */
void send_free_tells(struct peer *p)
{
    for (struct send *send = p->queue.head, *next; send; send = next) {
        next = send->next;
        if (send->kind != SEND_TELL)
            continue;
        unlink_from(&p->queue, send);
        tell_free(CONTAINER_OF(send, struct tell, send));
    }
}
