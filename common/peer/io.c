/* The I/O thread: one round after the other of what workers ask for, what is due, and what the
 * broker says. */
#include "common/peer/internal.h"

#include "common/sys/clock.h"

#include <poll.h>
#include <unistd.h>

enum { EVENTS_PER_ROUND = 512, UNREGISTER_MS = 2000, DISCARD_MS = 5000 };

static void carry_out(struct peer *p, struct command *c)
{
    switch (c->kind) {
    case COMMAND_REPLY:
        serve_reply(p, CONTAINER_OF(c, struct peer_request, command));
        break;
    case COMMAND_ACK:
        serve_ack(p, CONTAINER_OF(c, struct peer_request, command));
        break;
    case COMMAND_ASK:
        ask_begin(p, CONTAINER_OF(c, struct ask, command));
        break;
    case COMMAND_AFTER:
        after_begin(p, CONTAINER_OF(c, struct after, command));
        break;
    case COMMAND_TELL:
        send_later(p, &CONTAINER_OF(c, struct tell, command)->send);
        break;
    }
}

static void take_commands(struct peer *p)
{
    uint64_t count;
    ssize_t n =
        read(p->wake_fd, &count, sizeof(count)); /* before looking: no wake-up may be lost */
    (void)n;
    pthread_mutex_lock(&p->lock);
    struct command *c = p->commands;
    p->commands = NULL;
    p->commands_tail = &p->commands;
    pthread_mutex_unlock(&p->lock);
    for (struct command *next; c; c = next) {
        next = c->next;
        carry_out(p, c);
    }
}

static void run_timers(struct peer *p)
{
    struct timer *t;
    int64_t now = peer_now_us();
    while ((t = timers_first(&p->timers)) != NULL && t->due_us <= now) {
        timers_unset(&p->timers, t);
        t->fire(p, t);
    }
}

static void handle(struct peer *p, const struct bus_event *ev)
{
    switch (ev->type) {
    case BUS_DELIVERY:
        if (strcmp(ev->delivery->queue, PEER_REPLIES) == 0)
            ask_answer(p);
        else
            serve_delivery(p);
        break;
    case BUS_OVERSIZE:
        bus_reject(p->bus, ev->delivery->tag, ev->delivery->epoch, false);
        break;
    case BUS_CONFIRMED:
        send_confirmed(p, ev->seq, ev->seq_last);
        break;
    case BUS_NACKED:
        send_nacked(p, ev->seq, ev->seq_last);
        break;
    case BUS_RETURNED:
        send_returned(p, ev->seq);
        break;
    case BUS_READY:
        session_ready(p);
        break;
    case BUS_LOST:
        session_lost(p, ev);
        break;
    case BUS_FAULT:
        session_fault(p, ev);
        break;
    case BUS_CANCELLED:
        peer_report(p, PEER_FAULT, 0, "the broker cancelled the consumer");
        break;
    case BUS_BLOCKED:
        peer_report(p, PEER_FAULT, 0, ev->text);
        break;
    case BUS_TIMEOUT:
    case BUS_WAKE:
    case BUS_NAMED:
    case BUS_UNBLOCKED:
    case BUS_EVENT_TYPE_N:
        break;
    }
}

static void listen_to_bus(struct peer *p, int64_t until_us)
{
    struct timer *t = timers_first(&p->timers);
    if (t && t->due_us < until_us)
        until_us = t->due_us;
    if (!p->bus) {
        struct pollfd fd = {.fd = p->wake_fd, .events = POLLIN};
        if (p->reopen_at_us < until_us)
            until_us = p->reopen_at_us;
        poll(&fd, 1, clock_left_ms(until_us));
        return;
    }
    struct bus_event ev;
    bus_next(p->bus, &ev, p->wake_fd, clock_left_ms(until_us));
    handle(p, &ev);
    /* A handler may close the bus: look each time. The limit lets commands and timers have their
     * turn. */
    for (int n = 0; n < EVENTS_PER_ROUND && p->bus && bus_pending(p->bus); n++) {
        bus_next(p->bus, &ev, -1, 0);
        handle(p, &ev);
    }
}

/* All that can be done without waiting. */
static void act(struct peer *p)
{
    take_commands(p);
    run_timers(p);
    if (p->bus) {
        bus_cork(p->bus);
        send_pump(p);
        serve_flush_acks(p);
    }
    pool_give(&p->pool, &p->jobs);
}

static bool has_commands(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    bool has = p->commands != NULL;
    pthread_mutex_unlock(&p->lock);
    return has;
}

static bool is_connected(const struct peer *p)
{
    return p->bus && bus_is_ready(p->bus) && p->is_private;
}

static bool is_busy(struct peer *p)
{
    return p->in_hand_n || p->ack_n || has_commands(p) || !send_is_idle(p);
}

/* Let what is in hand finish; give up at once when there is nobody to tell. */
static void finish_work(struct peer *p)
{
    int64_t until = peer_now_us() + p->stop_grace_ms * USEC_PER_MS;
    if (is_connected(p))
        bus_unwant_consumer(p->bus, p->o.queue);
    act(p);
    while (is_connected(p) && peer_now_us() < until && is_busy(p)) {
        listen_to_bus(p, until);
        act(p);
    }
}

static void unregister(struct peer *p)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    int64_t until = peer_now_us() + UNREGISTER_MS * USEC_PER_MS;
    if (!is_connected(p))
        return;
    p->o.hooks->registration(p->o.arg, &p->credentials, &body);
    peer_tell(p, p->o.register_key, &body);
    act(p);
    while (is_connected(p) && peer_now_us() < until && !send_is_idle(p)) {
        listen_to_bus(p, until);
        act(p);
    }
}

/* What is left goes back to the queue; its owners only have to be told. */
static void discard(struct peer *p)
{
    int64_t until = peer_now_us() + DISCARD_MS * USEC_PER_MS;
    p->is_discarding = true;
    session_close(p);
    p->reopen_at_us = INT64_MAX;
    send_free_tells(p);
    while (p->queue.head) {
        struct send *send = p->queue.head;
        if (send->kind == SEND_REPLY)
            serve_reply(p, CONTAINER_OF(send, struct peer_request, send));
        else
            ask_finish(p, CONTAINER_OF(send, struct ask, send), ERR_UNAVAIL, "stopping");
    }
    do {
        ask_abort_all(p);
        after_abort_all(p);
        act(p);
        listen_to_bus(p, p->in_hand_n ? peer_now_us() + 10 * USEC_PER_MS : 0);
    } while (peer_now_us() < until && (p->in_hand_n || p->asks.n || p->afters || has_commands(p)));
    pool_give(&p->pool, &p->jobs);
    pool_stop(&p->pool);
    take_commands(p);
}

void *peer_io(void *arg)
{
    struct peer *p = arg;
    while (p->stop_grace_ms < 0) {
        session_work(p);
        act(p);
        listen_to_bus(p, INT64_MAX);
    }
    finish_work(p);
    unregister(p);
    discard(p);
    return NULL;
}
