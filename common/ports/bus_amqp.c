#include "common/ports/bus_amqp.h"

#include "common/base/mem.h"
#include "common/bus/bus_set.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REST_MAX_MS = 250, SEQ_BITS = 40 };
/* Our handle of a queue of each connection that is named by the broker and goes with it: while it
 * is there, what was written on that connection may still arrive. */
#define SENDER "sender"

struct room { /* names live as long as the port */
    struct room *next;
    char *name;
};
struct token { /* of a delivery */
    struct bus_delivery *delivery;
    uint32_t member;
};
struct doomed { /* a copy is on its way to the dead letters; its original is acked when the broker
                   has it */
    uint64_t seq, tag, epoch;
    uint32_t member;
};

struct engine_amqp {
    struct bus_set *set;
    struct engine_amqp_options o;
    struct room *names;
    const char **ended; /* rooms that were closed, to be reported; of names */
    size_t n_ended;
    uint64_t from, to; /* settled publishes still to be reported, one by one */
    uint32_t settled_of;
    enum bus_happening settled_as;
    struct doomed doomed[64];
    size_t n_doomed;
    bool is_paused, is_corking; /* corking: each connection, when something is published on it */
};

/* --- rooms --- */

static const char *name_of(struct engine_amqp *e, const char *name)
{
    struct room *r = e->names;
    while (r && strcmp(r->name, name) != 0)
        r = r->next;
    if (!r) {
        r = xcalloc(1, sizeof(*r));
        r->name = xstrdup(name);
        r->next = e->names;
        e->names = r;
    }
    return r->name;
}

/* Queue number i of a member; NULL: there is none. */
static const char *queue_of(const struct engine_amqp *e, const struct bus_member *m, size_t i)
{
    return i < e->o.n_queues                 ? e->o.queues[i]
           : i == e->o.n_queues && !*m->name ? e->o.inner_queue
                                             : NULL;
}

static void consume(struct engine_amqp *e, const struct bus_member *m, bool on)
{
    const char *queue;
    for (size_t i = 0; (queue = queue_of(e, m, i)) != NULL; i++)
        if (on)
            bus_want_consumer(m->bus,
                              &(struct bus_consumer){.queue = queue, .prefetch = e->o.prefetch});
        else
            bus_unwant_consumer(m->bus, queue);
}

static void add_room(struct engine_amqp *e, const char *name)
{
    const struct bus_member *m = bus_set_add(e->set, name, e->o.open(e->o.arg, name));
    bus_want_queue(
        m->bus, &(struct bus_queue){.name = SENDER, .is_server_named = true, .is_exclusive = true});
    if (!e->is_paused)
        consume(e, m, true);
}

static void forget_doomed(struct engine_amqp *e, uint32_t member)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_doomed; i++)
        if (e->doomed[i].member != member)
            e->doomed[n++] = e->doomed[i];
    e->n_doomed = n;
}

static void end_room(struct engine_amqp *e, const struct bus_member *m)
{
    e->ended = xrealloc(e->ended, (e->n_ended + 1) * sizeof(*e->ended));
    e->ended[e->n_ended++] = name_of(e, m->name);
    if (e->settled_of == m->number)
        e->from = e->to + 1;
    forget_doomed(e, m->number);
    bus_set_remove(e->set, name_of(e, m->name));
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

void engine_amqp_set_rooms(struct engine_amqp *e, const char *const *names, size_t n)
{
    for (size_t i = bus_set_count(e->set); i-- > 0;) {
        const struct bus_member *m = bus_set_at(e->set, i);
        if (*m->name && !is_among(m->name, names, n))
            end_room(e, m);
    }
    for (size_t i = 0; i < n; i++)
        if (!bus_set_find(e->set, names[i]))
            add_room(e, names[i]);
}

struct engine_amqp *engine_amqp_new(const struct engine_amqp_options *options)
{
    struct engine_amqp *e = xcalloc(1, sizeof(*e));
    e->set = bus_set_new();
    e->o = *options;
    e->from = 1; /* from > to: nothing to report */
    add_room(e, "");
    return e;
}

void engine_amqp_free(struct engine_amqp *e)
{
    if (!e)
        return;
    bus_set_free(e->set);
    while (e->names) {
        struct room *next = e->names->next;
        free(e->names->name);
        free(e->names);
        e->names = next;
    }
    free(e->ended);
    free(e);
}

struct bus *engine_amqp_connection(struct engine_amqp *e)
{
    return bus_set_find(e->set, "")->bus;
}

/* --- what happens --- */

/* Ids that come back in an answer are kept in the outbox, one line each: what holds control
 * characters, or is longer than any queue's name, is nobody's address. */
static const char *plain(const char *s)
{
    size_t n = 0;
    for (; s && s[n]; n++)
        if ((unsigned char)s[n] < 0x20 || (unsigned char)s[n] >= 0x7f || n > 255)
            return NULL;
    return n ? s : NULL;
}

static bool is_inner_queue(const struct engine_amqp *e, const struct bus_delivery *d)
{
    return e->o.inner_queue && strcmp(d->queue, e->o.inner_queue) == 0;
}

/* The broker vouches for user_id, and dead-lettering keeps it. */
static bool is_ours(const struct engine_amqp *e, const struct bus_delivery *d)
{
    return d->user_id && strcmp(d->user_id, e->o.user) == 0;
}

static bool is_echo(const struct engine_amqp *e, const struct bus_delivery *d)
{
    return is_ours(e, d) && !is_inner_queue(e, d);
}

/* The inner room may have peers in it, and whoever may write an exchange there reaches every queue:
 * what counts in the NFVO's own queue is what it published itself, and nobody brought back. */
static bool is_forged(const struct engine_amqp *e, const struct bus_delivery *d)
{
    bool is_of_before = !d->user_id && e->o.hears_anonymous && e->o.hears_anonymous(e->o.arg);
    return is_inner_queue(e, d) && ((!is_ours(e, d) && !is_of_before) || bus_is_dead_letter(d));
}

static void fill(struct engine_amqp *e, const struct bus_member *from, struct bus_happened *ret)
{
    struct token *t = xcalloc(1, sizeof(*t));
    struct bus_delivery *d = bus_take(from->bus);
    *t = (struct token){.delivery = d, .member = from->number};
    ret->token = t;
    ret->message = (struct message){.room = name_of(e, from->name),
                                    .is_echo = is_echo(e, d),
                                    .is_forged = is_forged(e, d),
                                    .queue = d->queue,
                                    .routing_key = d->routing_key,
                                    .reply_to = plain(d->reply_to),
                                    .correlation_id = plain(d->correlation_id),
                                    .first_death_queue = plain(d->first_death_queue),
                                    .body = d->body,
                                    .len = d->len};
}

static bool was_dead_letter(struct engine_amqp *e, uint64_t seq)
{
    for (size_t i = 0; i < e->n_doomed; i++)
        if (e->doomed[i].member == e->settled_of && e->doomed[i].seq == seq) {
            struct bus *bus = bus_set_get(e->set, e->settled_of)->bus;
            if (e->settled_as == HAPPENED_CONFIRMED)
                bus_ack(bus, e->doomed[i].tag, e->doomed[i].epoch);
            else /* the copy was refused: the original is all there is */
                bus_reject(bus, e->doomed[i].tag, e->doomed[i].epoch, true);
            e->doomed[i] = e->doomed[--e->n_doomed];
            return true;
        }
    return false;
}

/* A number that no publish of another room has. */
static uint64_t seq_of(uint32_t member, uint64_t seq)
{
    return (uint64_t)member << SEQ_BITS | seq;
}

static bool report_settled(struct engine_amqp *e, struct bus_happened *ret)
{
    while (e->from <= e->to) {
        uint64_t seq = e->from++;
        if (was_dead_letter(e, seq))
            continue;
        ret->what = e->settled_as;
        ret->seq = seq_of(e->settled_of, seq);
        return true;
    }
    return false;
}

static bool report_ended(struct engine_amqp *e, struct bus_happened *ret)
{
    if (e->n_ended == 0)
        return false;
    ret->what = HAPPENED_ENDED;
    ret->room = e->ended[--e->n_ended];
    return true;
}

static void fault(struct engine_amqp *e, const struct bus_member *from, const struct bus_event *ev)
{
    char what[160];
    if (!e->o.fault)
        return;
    snprintf(what, sizeof(what), "%s %s",
             ev->type == BUS_FAULT ? bus_item_name(ev->item) : bus_event_name(ev->type),
             ev->name ? ev->name : "");
    e->o.fault(e->o.arg, from->name, what, ev->text ? ev->text : "");
}

/* One event of the bus; true: *ret is filled. */
static bool one(struct engine_amqp *e, const struct bus_event *ev, const struct bus_member *from,
                struct bus_happened *ret)
{
    switch (ev->type) {
    case BUS_TIMEOUT:
        ret->what = HAPPENED_NOTHING;
        return true;
    case BUS_WAKE:
        ret->what = HAPPENED_WOKEN;
        return true;
    case BUS_DELIVERY:
    case BUS_OVERSIZE:
        ret->what = ev->type == BUS_DELIVERY ? HAPPENED_DELIVERY : HAPPENED_OVERSIZE;
        fill(e, from, ret);
        return true;
    case BUS_CONFIRMED:
    case BUS_NACKED:
    case BUS_RETURNED:
        e->settled_as = ev->type == BUS_CONFIRMED ? HAPPENED_CONFIRMED
                        : ev->type == BUS_NACKED  ? HAPPENED_REFUSED
                                                  : HAPPENED_RETURNED;
        e->settled_of = from->number;
        e->from = ev->seq;
        e->to = ev->type == BUS_RETURNED ? ev->seq : ev->seq_last;
        return report_settled(e, ret);
    case BUS_READY:
        ret->what = HAPPENED_READY;
        ret->room = name_of(e, from->name);
        return true;
    case BUS_LOST:
        forget_doomed(e, from->number);
        fault(e, from, ev);
        ret->what = HAPPENED_LOST;
        ret->room = name_of(e, from->name);
        return true;
    case BUS_FAULT:
    case BUS_CANCELLED:
    case BUS_BLOCKED:
    case BUS_UNBLOCKED:
        fault(e, from, ev);
        return false;
    default:
        return false;
    }
}

static void next(void *ctx, int timeout_ms, struct bus_happened *ret)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *from;
    struct bus_event ev;
    if (report_settled(e, ret) || report_ended(e, ret))
        return;
    do
        bus_set_next(e->set, &ev, &from, timeout_ms && !e->is_paused ? e->o.wake_fd : -1,
                     timeout_ms);
    while (!one(e, &ev, from, ret));
}

/* --- what is done --- */

/* A private reply queue has done its work when its answer was taken. */
static void delete_reply_queue(struct engine_amqp *e, struct bus *bus, const struct bus_delivery *d)
{
    size_t n = strlen(e->o.reply_prefix);
    if (d->first_death_queue && strncmp(d->first_death_queue, e->o.reply_prefix, n) == 0 &&
        bus_is_ready(bus))
        err_ignore(bus_queue_delete_now(bus, d->first_death_queue, NULL), "it expires by itself");
}

static void forget(void *ctx, const char *room, const char *command)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *m = bus_set_find(e->set, room);
    char queue[256];
    snprintf(queue, sizeof(queue), "%s%s", e->o.reply_prefix, command);
    if (m && bus_is_ready(m->bus))
        err_ignore(bus_queue_delete_now(m->bus, queue, NULL), "it expires by itself");
}

static void token_free(struct token *t)
{
    bus_delivery_free(t->delivery);
    free(t);
}

static void ack(void *ctx, void *token)
{
    struct engine_amqp *e = ctx;
    struct token *t = token;
    const struct bus_member *m = bus_set_get(e->set, t->member);
    if (m) { /* the queue first: who dies in between is given the answer again, and sees to it */
        delete_reply_queue(e, m->bus, t->delivery);
        bus_ack(m->bus, t->delivery->tag, t->delivery->epoch);
    }
    token_free(t);
}

static void dead_letter(void *ctx, void *token, const struct err *reason)
{
    struct engine_amqp *e = ctx;
    struct token *t = token;
    const struct bus_member *to = bus_set_get(e->set, t->member);
    const struct bus_delivery *d = t->delivery;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    char bytes[24];
    uint64_t seq = 0;
    size_t len = d->body ? d->len : 0;
    e->o.dead_letter_body(d->body ? d->body : "", len, &body);
    snprintf(bytes, sizeof(bytes), "%zu", len);
    const struct bus_header headers[] = {{"x-baton-queue", d->queue},
                                         {"x-baton-code", err_name(reason->code)},
                                         {"x-baton-reason", reason->msg},
                                         {"x-baton-bytes", bytes},
                                         {"x-baton-where", reason->where}};
    struct bus_message m = {.routing_key = e->o.dead_letters,
                            .body = body.s,
                            .len = body.len,
                            .content_type = d->content_type,
                            .correlation_id = d->correlation_id,
                            .headers = headers,
                            .header_n = reason->where[0] ? 5 : 4};
    if (to && e->n_doomed < ARRAY_LEN(e->doomed) && bus_publish(to->bus, &m, &seq, NULL) == ERR_OK)
        e->doomed[e->n_doomed++] = (struct doomed){seq, d->tag, d->epoch, t->member};
    else if (to) /* delivered again, or over the limit to the dead letters by the broker itself */
        bus_reject(to->bus, d->tag, d->epoch, true);
    token_free(t);
}

/* What must not be sent twice leaves a copy in a queue of its own, by the same step of the broker
 * that gives it to the peer: by it everybody can see, whoever died, whether the peer was given it.
 * Where its answer comes to a private queue, it is that one. */
static bool leaves_copy(const struct send *s)
{
    return s->policy != SEND_BLIND && s->command;
}

/* Answers go on to the shared queue at once: they expire, or, where the copy of the request lies,
 * find the queue full. */
static enum err_code declare_reply_queue(const struct engine_amqp *e, struct bus *bus,
                                         const char *name, bool holds_copy, struct err *err)
{
    const struct bus_arg args[] = {BUS_ARG_INT("x-expires", e->o.reply_expires_ms),
                                   BUS_ARG_STRING("x-dead-letter-exchange", ""),
                                   BUS_ARG_STRING("x-dead-letter-routing-key", e->o.reply_queue),
                                   holds_copy ? BUS_ARG_INT("x-max-length", 1)
                                              : BUS_ARG_INT("x-message-ttl", 0),
                                   BUS_ARG_STRING("x-overflow", "reject-publish-dlx")};
    return bus_queue_declare_now(
        bus,
        &(struct bus_queue){
            .name = name, .is_durable = true, .args = args, .arg_n = ARRAY_LEN(args) - !holds_copy},
        err);
}

/* Nothing of what is prepared has left: a queue of that name that is otherwise (made by a process
 * of another version, which died) holds nothing. */
static enum err_code prepare_reply_queue(const struct engine_amqp *e, struct bus *bus,
                                         const struct send *s, const char *name, struct err *err)
{
    enum { PRECONDITION_FAILED = 406 };
    struct err why = ERR_INIT;
    enum err_code rc = declare_reply_queue(e, bus, name, leaves_copy(s), &why);
    if (rc == ERR_PEER && why.sys == PRECONDITION_FAILED) {
        rc = bus_queue_delete_now(bus, name, err);
        return rc == ERR_OK ? declare_reply_queue(e, bus, name, leaves_copy(s), err) : rc;
    }
    if (rc != ERR_OK && err)
        *err = why;
    return rc;
}

/* A message that leaves a copy would not be returned. */
static enum err_code check_receiver(struct bus *bus, const struct send *s, struct err *err)
{
    uint32_t messages, consumers;
    enum err_code rc = bus_queue_check(bus, s->key, &messages, &consumers, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, ERR_STATE, "no consumer serves queue '%s'", s->key);
    return rc == ERR_PEER ? ERR_OK : rc; /* it is another connection's, so it is there */
}

static enum err_code no_such_room(const struct send *s, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no room '%s' on the broker", s->room);
}

static void reply_queue_of(const struct engine_amqp *e, const struct send *s, char ret[256])
{
    snprintf(ret, 256, "%s%s", e->o.reply_prefix, s->command);
}

static enum err_code prepare(void *ctx, const struct send *s, struct err *err)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *to = bus_set_find(e->set, s->room);
    char reply_queue[256];
    if (s->reply != SEND_REPLY_PRIVATE && !leaves_copy(s))
        return ERR_OK;
    if (!to)
        return no_such_room(s, err);
    reply_queue_of(e, s, reply_queue);
    if (leaves_copy(s)) {
        enum err_code rc = check_receiver(to->bus, s, err);
        if (rc != ERR_OK)
            return rc;
    }
    return prepare_reply_queue(e, to->bus, s, reply_queue, err);
}

static const char *sender(void *ctx, const char *room)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *m = bus_set_find(e->set, room);
    return m && bus_is_ready(m->bus) ? bus_queue_name(m->bus, SENDER) : NULL;
}

static enum err_code has_ended(void *ctx, const char *room, const char *name, bool *ret,
                               struct err *err)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *m = bus_set_find(e->set, room);
    uint32_t messages, consumers;
    if (!m)
        return err_set(err, ERR_NOT_FOUND, "there is no room '%s' on the broker", room);
    enum err_code rc = bus_queue_check(m->bus, name, &messages, &consumers, err);
    *ret = rc == ERR_NOT_FOUND;
    return rc == ERR_NOT_FOUND || rc == ERR_PEER ? ERR_OK : rc;
}

static enum err_code was_taken(void *ctx, const struct send *s, enum send_fate *ret,
                               struct err *err)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *m = bus_set_find(e->set, s->room);
    uint32_t messages = 0, consumers;
    char reply_queue[256];
    *ret = FATE_UNKNOWN;
    if (!leaves_copy(s))
        return ERR_OK;
    if (!m)
        return no_such_room(s, err);
    reply_queue_of(e, s, reply_queue);
    enum err_code rc = bus_queue_check(m->bus, reply_queue, &messages, &consumers, err);
    if (rc == ERR_OK)
        *ret = messages ? FATE_TAKEN : FATE_NOT_TAKEN;
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err_code publish(void *ctx, const struct send *s, const char *body, size_t len,
                             uint64_t *ret_seq, struct err *err)
{
    struct engine_amqp *e = ctx;
    const struct bus_member *to = bus_set_find(e->set, s->room);
    char reply_queue[256] = "";
    uint64_t seq = 0;
    struct bus_message m = {.exchange = s->exchange,
                            .routing_key = s->key,
                            .body = body,
                            .len = len,
                            .user_id = e->o.user,
                            .correlation_id = s->is_answer ? s->correlation_id : s->command};
    if (!to)
        return no_such_room(s, err);
    /* The broker returns what goes to a direct reply-to although it delivers it (design.md,
     * "Unroutable"). */
    m.is_mandatory = !(s->is_answer && strncmp(s->key, "amq.rabbitmq.reply-to", 21) == 0);
    if (s->command)
        reply_queue_of(e, s, reply_queue);
    if (s->reply == SEND_REPLY_SHARED)
        m.reply_to = e->o.reply_queue;
    else if (s->reply == SEND_REPLY_PRIVATE)
        m.reply_to = reply_queue;
    if (leaves_copy(s)) { /* there keys are names of queues, as in the peers' bindings (1.1) */
        m.exchange = "";
        m.copy_to = reply_queue;
    }
    if (e->is_corking)
        bus_cork(to->bus);
    enum err_code rc = bus_publish(to->bus, &m, &seq, err);
    if (rc == ERR_OK)
        *ret_seq = seq_of(to->number, seq);
    return rc;
}

static void cork(void *ctx, bool on)
{
    struct engine_amqp *e = ctx;
    e->is_corking = on;
    for (size_t i = 0; !on && i < bus_set_count(e->set); i++)
        bus_uncork(bus_set_at(e->set, i)->bus);
}

static void pause_consuming(void *ctx, bool on)
{
    struct engine_amqp *e = ctx;
    if (on == e->is_paused)
        return;
    e->is_paused = on;
    for (size_t i = 0; i < bus_set_count(e->set); i++)
        consume(e, bus_set_at(e->set, i), !on);
}

/* Short: heartbeats are written by next. */
static void rest(void *ctx, int timeout_ms)
{
    (void)ctx;
    poll(NULL, 0, timeout_ms < REST_MAX_MS ? timeout_ms : REST_MAX_MS);
}

struct engine_bus engine_amqp_bus(struct engine_amqp *e)
{
    return (struct engine_bus){.ctx = e,
                               .next = next,
                               .ack = ack,
                               .dead_letter = dead_letter,
                               .prepare = prepare,
                               .publish = publish,
                               .sender = sender,
                               .has_ended = has_ended,
                               .was_taken = was_taken,
                               .forget = forget,
                               .cork = cork,
                               .pause = pause_consuming,
                               .rest = rest};
}
