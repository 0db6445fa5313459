#include "tests/sim/fake_bus.h"

#include "common/base/mem.h"
#include "proto/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFETCH 24

struct token { /* malloc'ed, with its strings, so that ASan sees a late look */
    struct token *next;
    struct bmsg *m;
    struct bconsumer *by;
    struct bconn *conn;
    struct message copy;
    char *texts[6];
};
struct happening {
    struct happening *next;
    struct bus_happened h;
};
struct pending {
    struct pending *next;
    struct publish p;
};

/* --- what happens --- */
static void happen(struct fake_bus *b, struct bus_happened h)
{
    struct happening *n = arena_alloc(&b->s->arena, sizeof(*n));
    n->h = h;
    *b->last = n;
    b->last = &n->next;
    b->gate->wake(b->gate->arg);
}

static char *keep(struct token *t, int i, const char *text)
{
    t->texts[i] = text ? xstrdup(text) : NULL;
    return t->texts[i];
}

static void on_delivery(void *ctx, struct bconsumer *c, struct bmsg *m)
{
    struct fake_bus *b = ctx;
    struct token *t = xcalloc(1, sizeof(*t));
    *t = (struct token){.next = b->tokens, .m = m, .by = c, .conn = b->conn};
    b->tokens = t;
    struct message copy = {.room = "",
                           .queue = keep(t, 0, m->first_death_queue ? QUEUE_REPLIES : m->key),
                           .routing_key = t->texts[0],
                           .reply_to = keep(t, 1, m->reply_to),
                           .correlation_id = keep(t, 2, m->correlation_id),
                           .first_death_queue = keep(t, 3, m->first_death_queue)};
    t->texts[4] = xmalloc(m->len + 1);
    memcpy(t->texts[4], m->body, m->len + 1);
    copy.body = t->texts[4];
    copy.len = m->len;
    happen(b, (struct bus_happened){.what = HAPPENED_DELIVERY, .message = copy, .token = t});
}

void fake_bus_inject(struct fake_bus *b, const struct message *m)
{
    if (b->is_closed || b->is_paused || !broker_connected(b->conn))
        return;
    struct token *t = xcalloc(1, sizeof(*t));
    *t = (struct token){.next = b->tokens, .conn = b->conn};
    b->tokens = t;
    struct message copy = *m;
    copy.queue = copy.routing_key = keep(t, 0, m->queue);
    copy.reply_to = keep(t, 1, m->reply_to);
    copy.correlation_id = keep(t, 2, m->correlation_id);
    copy.first_death_queue = keep(t, 3, m->first_death_queue);
    copy.body = keep(t, 4, m->body);
    sim_tell(b->s, "stranger", b->who, "%s %.60s", copy.correlation_id ? copy.correlation_id : "",
             copy.body);
    happen(b, (struct bus_happened){.what = HAPPENED_DELIVERY, .message = copy, .token = t});
}

static void on_confirmed(void *ctx, uint64_t seq)
{
    struct fake_bus *b = ctx;
    happen(b, (struct bus_happened){.what = HAPPENED_CONFIRMED, .seq = b->base + seq});
}

static void on_returned(void *ctx, uint64_t seq)
{
    struct fake_bus *b = ctx;
    happen(b, (struct bus_happened){.what = HAPPENED_RETURNED, .seq = b->base + seq});
}

static void on_refused(void *ctx, uint64_t seq)
{
    struct fake_bus *b = ctx;
    happen(b, (struct bus_happened){.what = HAPPENED_REFUSED, .seq = b->base + seq});
}

static const struct bconn_events events = {on_delivery, on_confirmed, on_returned, on_refused};

/* --- connection --- */
static void connect_now(struct sim *s, void *arg, uint64_t session)
{
    struct fake_bus *b = arg;
    if (b->is_closed || session != (uint64_t)b->session)
        return;
    b->base = b->seq;
    b->conn = broker_connect(s, b->who, &events, b);
    if (b->is_paused)
        broker_pause(b->conn, true);
    happen(b, (struct bus_happened){.what = HAPPENED_READY, .room = ""});
    for (const char *const *q = b->queues; *q; q++)
        broker_consume(b->conn, *q, PREFETCH,
                       s->plant == 1); /* planted: acknowledged before anything is committed */
}

static void forget_happenings(struct fake_bus *b)
{
    b->first = NULL;
    b->last = &b->first;
    b->pending = NULL;
    b->pending_last = &b->pending;
}

void fake_bus_lose(struct fake_bus *b)
{
    struct sim *s = b->s;
    if (b->is_closed || !broker_connected(b->conn))
        return;
    sim_tell(s, b->who, "broker", "CONNECTION LOST");
    broker_drop(b->conn,
                sim_chance(s, 200) ? sim_between(s, SEC, 90 * SEC) : sim_between(s, 0, 200 * MSEC));
    forget_happenings(b);
    happen(b, (struct bus_happened){.what = HAPPENED_LOST, .room = ""});
    sim_at(s, s->now + sim_delay(s, 500 * MSEC), connect_now, b, (uint64_t)++b->session);
}

static void free_token(struct token *t)
{
    for (size_t i = 0; i < ARRAY_LEN(t->texts); i++)
        free(t->texts[i]);
    free(t);
}

void fake_bus_close(struct fake_bus *b)
{
    b->is_closed = true;
    broker_drop(b->conn, sim_between(b->s, 0, 20 * MSEC));
    forget_happenings(b);
    while (b->tokens) {
        struct token *t = b->tokens;
        b->tokens = t->next;
        free_token(t);
    }
}

/* --- the port --- */
static void flush(struct fake_bus *b)
{
    for (struct pending *p = b->pending; p; p = p->next)
        broker_publish(b->conn, &p->p);
    b->pending = NULL;
    b->pending_last = &b->pending;
}

static void port_next(void *ctx, int timeout_ms, struct bus_happened *ret)
{
    struct fake_bus *b = ctx;
    flush(b);
    if (b->in_burst)
        gate_pass(b->gate, POINT_AFTER_PUBLISHES);
    b->in_burst = false;
    *ret = (struct bus_happened){.what = HAPPENED_NOTHING};
    if (!b->first && timeout_ms > 0) {
        int64_t until = b->s->now + timeout_ms * MSEC;
        gate_pass(b->gate, POINT_WAITING);
        if (!b->first)
            b->gate->wait(b->gate->arg, timeout_ms * MSEC);
        if (b->s->now < until)
            ret->what = HAPPENED_WOKEN;
    }
    struct happening *h = b->first;
    if (!h)
        return;
    b->first = h->next;
    if (!b->first)
        b->last = &b->first;
    *ret = h->h;
    if (ret->what == HAPPENED_READY)
        b->heard = b->session;
    if (ret->what == HAPPENED_DELIVERY && ((struct token *)ret->token)->m)
        sim_tell(b->s, "broker", b->who, "took #%llu from %s%s",
                 (unsigned long long)((struct token *)ret->token)->m->id, ret->message.queue,
                 ((struct token *)ret->token)->m->deliveries > 1 ? " (again)" : "");
}

static void drop_token(struct fake_bus *b, struct token *t)
{
    for (struct token **at = &b->tokens; *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            free_token(t);
            return;
        }
    if (!b->is_closed)
        sim_violate(b->s, "%s gives a delivery back twice", b->who);
}

static void port_ack(void *ctx, void *token)
{
    struct fake_bus *b = ctx;
    struct token *t = token;
    if (b->is_closed)
        return;
    gate_pass(b->gate, POINT_BEFORE_ACK);
    if (t->m && t->conn == b->conn && broker_connected(b->conn)) {
        if (t->m->first_death_queue) /* a private reply queue has done its work; what comes later is
                                        unroutable */
            broker_delete(b->s, t->m->first_death_queue);
        broker_ack(t->conn, t->by, t->m);
    }
    drop_token(b, t);
    gate_pass(b->gate, POINT_AFTER_ACK);
}

static void port_dead_letter(void *ctx, void *token, const struct err *reason)
{
    struct fake_bus *b = ctx;
    b->dead_letters++;
    struct token *t = token;
    sim_tell(b->s, b->who, "dead letters", "#%llu: %s",
             b->is_closed || !t->m ? 0ULL : (unsigned long long)t->m->id, reason->msg);
    port_ack(ctx, token);
}

/* The real port connects inside of next only: a worker that stood still meanwhile writes into the old
 * connection. */
static bool is_connected(const struct fake_bus *b)
{
    return broker_connected(b->conn) && b->heard == b->session;
}

static bool leaves_copy(const struct send *sd)
{
    return sd->policy != SEND_BLIND && sd->command;
}

static const char *reply_queue_of(struct sim *s, const struct send *sd)
{
    return arena_printf(&s->arena, "%s%s", QUEUE_REPLY_PREFIX, sd->command);
}

/* The queue comes with what is published (wants_private_queue), where it holds no copy. */
static enum err_code port_prepare(void *ctx, const struct send *sd, struct err *err)
{
    struct fake_bus *b = ctx;
    if (sd->reply != SEND_REPLY_PRIVATE && !leaves_copy(sd))
        return ERR_OK;
    if (!is_connected(b))
        return err_set(err, ERR_UNAVAIL, "not connected to the broker");
    if (leaves_copy(sd)) {
        if (!broker_find(b->s, sd->key))
            return err_set(err, ERR_STATE, "no consumer serves queue '%s'", sd->key);
        broker_declare_reply(b->s, reply_queue_of(b->s, sd));
    }
    gate_pass(b->gate, POINT_AFTER_PREPARE);
    return ERR_OK;
}

static const char *port_sender(void *ctx, const char *room)
{
    struct fake_bus *b = ctx;
    (void)room;
    return is_connected(b) ? broker_sender(b->conn) : NULL;
}

static enum err_code port_has_ended(void *ctx, const char *room, const char *sender, bool *ret,
                                    struct err *err)
{
    struct fake_bus *b = ctx;
    (void)room;
    if (!is_connected(b))
        return err_set(err, ERR_UNAVAIL, "not connected to the broker");
    /* planted: who may still be sending is taken for gone */
    *ret = b->s->plant == 11 || !broker_find(b->s, sender);
    gate_pass(b->gate, POINT_IN_DOUBT);
    return ERR_OK;
}

static enum err_code port_was_taken(void *ctx, const struct send *sd, enum send_fate *ret,
                                    struct err *err)
{
    struct fake_bus *b = ctx;
    *ret = FATE_UNKNOWN;
    if (!leaves_copy(sd) || b->s->plant == 12) /* planted: nobody looks */
        return ERR_OK;
    if (!is_connected(b))
        return err_set(err, ERR_UNAVAIL, "not connected to the broker");
    int has = broker_has_copy(b->s, reply_queue_of(b->s, sd));
    if (has >= 0)
        *ret = has ? FATE_TAKEN : FATE_NOT_TAKEN;
    gate_pass(b->gate, POINT_IN_DOUBT);
    return ERR_OK;
}

static enum err_code port_publish(void *ctx, const struct send *sd, const char *body, size_t len,
                                  uint64_t *ret_seq, struct err *err)
{
    struct fake_bus *b = ctx;
    struct sim *s = b->s;
    gate_pass(b->gate, b->in_burst ? POINT_BETWEEN_PUBLISHES : POINT_BEFORE_PUBLISH);
    if (leaves_copy(sd))
        gate_pass(b->gate, POINT_BEFORE_WRITE);
    b->in_burst = true;
    if (!is_connected(b))
        return err_set(err, ERR_UNAVAIL, "not connected to the broker");
    struct pending *p = arena_alloc(&s->arena, sizeof(*p));
    p->p = (struct publish){.exchange = arena_strdup(&s->arena, sd->exchange),
                            .key = arena_strdup(&s->arena, sd->key),
                            .body = arena_strndup(&s->arena, body, len),
                            .len = len,
                            .mandatory = true,
                            .wants_private_queue = sd->reply == SEND_REPLY_PRIVATE,
                            .copy_to = leaves_copy(sd) ? reply_queue_of(s, sd) : NULL};
    p->p.correlation_id = arena_strdup(&s->arena, sd->is_answer ? sd->correlation_id : sd->command);
    if (sd->reply == SEND_REPLY_SHARED)
        p->p.reply_to = QUEUE_REPLIES;
    else if (sd->reply == SEND_REPLY_PRIVATE)
        p->p.reply_to = reply_queue_of(s, sd);
    if (sd->is_answer && strncmp(sd->key, "amq.rabbitmq.reply-to", 21) == 0)
        p->p.mandatory = false;
    if (sd->is_answer && len == 0)
        sim_violate(s, "%s answers %s with an empty body: the Python SDK would loop for ever",
                    b->who, sd->key);
    *b->pending_last = p;
    b->pending_last = &p->next;
    *ret_seq = ++b->seq;
    sim_tell(s, b->who, sd->key, "%.60s%s%s", body, sd->command ? " cmd " : "",
             sd->command ? sd->command + (strlen(sd->command) > 36 ? 36 : 0) : "");
    if (!b->is_corked || sim_chance(s, 250))
        flush(b);
    return ERR_OK;
}

static void port_forget(void *ctx, const char *room, const char *command)
{
    struct fake_bus *b = ctx;
    (void)room;
    if (is_connected(b))
        broker_delete(b->s, arena_printf(&b->s->arena, "%s%s", QUEUE_REPLY_PREFIX, command));
}

static void port_cork(void *ctx, bool on)
{
    struct fake_bus *b = ctx;
    b->is_corked = on;
    if (!on && is_connected(b))
        flush(b);
}

static void port_pause(void *ctx, bool on)
{
    struct fake_bus *b = ctx;
    b->is_paused = on;
    if (b->conn)
        broker_pause(b->conn, on);
}

void fake_bus_open(struct fake_bus *b, struct sim *s, const char *who, const struct gate *gate,
                   const char *const *queues)
{
    *b = (struct fake_bus){.s = s, .who = who, .gate = gate, .queues = queues};
    forget_happenings(b);
    b->port = (struct engine_bus){.ctx = b,
                                  .next = port_next,
                                  .ack = port_ack,
                                  .dead_letter = port_dead_letter,
                                  .prepare = port_prepare,
                                  .publish = port_publish,
                                  .sender = port_sender,
                                  .has_ended = port_has_ended,
                                  .was_taken = port_was_taken,
                                  .forget = port_forget,
                                  .cork = port_cork,
                                  .pause = port_pause};
    sim_at(s, s->now + sim_delay(s, 5 * MSEC), connect_now, b, (uint64_t)b->session);
}
