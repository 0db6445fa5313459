/* Requests: in hand from their delivery until their reply is confirmed, remembered afterwards. */
#include "common/base/mem.h"
#include "common/peer/internal.h"

#include <stdlib.h>

static void add_ack(struct peer *p, uint64_t tag, uint64_t epoch)
{
    if (p->ack_n == p->ack_cap) {
        p->ack_cap = p->ack_cap ? p->ack_cap * 2 : 256;
        p->acks = xrealloc(p->acks, p->ack_cap * sizeof(p->acks[0]));
    }
    p->acks[p->ack_n].tag = tag;
    p->acks[p->ack_n++].epoch = epoch;
}

/* All of a round in one go, so that they share segments. */
void serve_flush_acks(struct peer *p)
{
    for (size_t i = 0; i < p->ack_n && p->bus; i++)
        bus_ack(p->bus, p->acks[i].tag, p->acks[i].epoch);
    p->ack_n = 0;
}

static void request_free(struct peer *p, struct peer_request *r)
{
    if (r->is_keyed)
        table_remove(&p->in_hand, &r->entry);
    send_cancel(p, &r->send);
    sbuf_release(&r->reply);
    bus_delivery_free(r->delivery);
    free(r);
    p->in_hand_n--;
}

static void run(struct job *job)
{
    struct peer_request *r = CONTAINER_OF(job, struct peer_request, job);
    if (r->peer->is_discarding)
        peer_request_ack(r); /* which gives it back, at that stage */
    else
        r->peer->o.hooks->serve(r->peer->o.arg, r);
}

/* The same request again. True: dealt with. */
static bool is_repeat(struct peer *p, struct bus_delivery *d)
{
    struct table_entry *e = table_find(&p->in_hand, d->correlation_id);
    if (!e)
        return false;
    struct peer_request *r = CONTAINER_OF(e, struct peer_request, entry);
    p->repeats++;
    if (r->epoch == d->epoch) { /* sent twice: the first delivery stands for both */
        add_ack(p, d->tag, d->epoch);
    } else { /* the connection it came on is gone */
        r->tag = d->tag;
        r->epoch = d->epoch;
    }
    bus_delivery_free(d);
    return true;
}

void serve_delivery(struct peer *p)
{
    struct bus_delivery *d = bus_take(p->bus);
    if (d->correlation_id && is_repeat(p, d))
        return;
    struct peer_request *r = xcalloc(1, sizeof(*r));
    *r = (struct peer_request){.peer = p,
                               .delivery = d,
                               .tag = d->tag,
                               .epoch = d->epoch,
                               .reply = SBUF_INIT,
                               .send = {.kind = SEND_REPLY},
                               .job = {.run = run}};
    p->in_hand_n++;
    p->requests++;
    if (!d->correlation_id) {
        jobs_add(&p->jobs, &r->job);
        return;
    }
    r->is_keyed = true;
    table_put(&p->in_hand, &r->entry, d->correlation_id);
    const struct sbuf *known = answers_find(&p->answers, d->correlation_id);
    if (!known) {
        jobs_add(&p->jobs, &r->job);
        return;
    }
    p->repeats++;
    sbuf_add(&r->reply, known->s, known->len);
    serve_reply(p, r);
}

void serve_reply(struct peer *p, struct peer_request *r)
{
    if (p->is_discarding)
        request_free(p, r);
    else if (!peer_request_wants_reply(r))
        serve_ack(p, r);
    else if (p->o.hooks->may_answer && !p->o.hooks->may_answer(r->delivery->reply_to)) {
        peer_report(p, PEER_DROPPED, 0, r->delivery->reply_to);
        serve_settled(p, r, false);
    } else
        send_later(p, &r->send);
}

void serve_ack(struct peer *p, struct peer_request *r)
{
    if (!p->is_discarding)
        add_ack(p, r->tag, r->epoch);
    request_free(p, r);
}

void serve_settled(struct peer *p, struct peer_request *r, bool is_sent)
{
    *(is_sent ? &p->replies : &p->dropped) += 1;
    add_ack(p, r->tag, r->epoch);
    if (r->is_keyed)
        answers_put(&p->answers, r->delivery->correlation_id, &r->reply);
    request_free(p, r);
}
