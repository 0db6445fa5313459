#include "nfvo/vnfm/rest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/store/store.h"
#include "nfvo/vnfm/rest_internal.h"
#include "proto/topology.h"

#define IDLE_MS   500 /* calls that wait for too long are this late */
#define NO_BUS_MS 500
/* A reply queue that holds a copy of its request dead-letters the answer and says that it did not take
 * it (proto/topology.h); it is gone when the answer is read. */
#define AGAIN_US   USEC_PER_SEC
#define LOOK_MS    10 /* then, after twice as long, and so on: until it is published again */
#define STOP_US    (2 * USEC_PER_SEC)
#define ANSWER_MAX ((size_t)16 << 20)

/* --- calls of VNFMs ------------------------------------------------------------------------- */

static void ask_end(struct ask *k, const struct err *err, const char *body, size_t len)
{
    k->done(k->arg, err, body, len);
    free(k->body);
    free(k);
}

static void ask_fail(struct ask *k, enum err_code code, const char *text)
{
    struct err err = ERR_INIT;
    err_set(&err, code, "%s", text);
    err_hint(&err, "try again");
    ask_end(k, &err, "", 0);
}

/* Lock held. */
static void ask_drop_body(struct rest_vnfms *r, struct ask *k)
{
    if (k->body)
        r->asks_bytes -= k->len;
    free(k->body);
    k->body = NULL;
}

typedef bool ask_fn(const struct ask *k, const void *arg);

/* Out of the list: who takes one out answers it. */
static struct ask *ask_take(struct rest_vnfms *r, ask_fn *is, const void *arg)
{
    struct ask *k = NULL;
    pthread_mutex_lock(&r->lock);
    for (struct ask **at = &r->asks; *at; at = &(*at)->next)
        if (is(*at, arg)) {
            k = *at;
            *at = k->next;
            r->asks_n--;
            ask_drop_body(r, k);
            break;
        }
    pthread_mutex_unlock(&r->lock);
    return k;
}

static bool is_any(const struct ask *k, const void *arg)
{
    (void)k, (void)arg;
    return true;
}

static bool is_answered_by(const struct ask *k, const void *id)
{
    return k->wants_answer && strcmp(k->id, id) == 0;
}

static bool is_overdue(const struct ask *k, const void *now)
{
    return k->until_us <= *(const int64_t *)now;
}

/* What became of a message: the broker has it; it has not, and it is published again; or nobody is
 * there any more who wanted it. */
enum fate { TAKEN, NOT_TAKEN, UNWANTED };

struct range {
    uint64_t first, last;
};

static bool is_sent_in(const struct ask *k, const void *arg)
{
    const struct range *range = arg;
    return k->is_sent && k->seq >= range->first && k->seq <= range->last;
}

/* Repeated, they do no harm: nfvo/lifecycle has what was asked and answered. */
static void mark_asks(struct rest_vnfms *r, const struct range *range, enum fate fate)
{
    pthread_mutex_lock(&r->lock);
    for (struct ask *k = r->asks; k; k = k->next)
        if (is_sent_in(k, range)) {
            k->is_taken |= fate == TAKEN;
            k->is_sent = k->is_taken;
            k->again_us = clock_mono_us() + AGAIN_US;
            if (k->is_taken)
                ask_drop_body(r, k);
        }
    pthread_mutex_unlock(&r->lock);
}

static bool is_told_in(const struct ask *k, const void *arg)
{
    return !k->wants_answer && is_sent_in(k, arg);
}

void rest_vnfms_say(struct rest_vnfms *r, bool wants_answer, const char *body, size_t len,
                    rest_vnfms_done_fn *done, void *arg)
{
    struct ask *k = xcalloc(1, sizeof(*k));
    *k = (struct ask){.wants_answer = wants_answer,
                      .body = xmalloc(len + 1),
                      .len = len,
                      .until_us = clock_mono_us() + r->setup.answer_ms * USEC_PER_MS,
                      .done = done,
                      .arg = arg};
    id_new(k->id);
    memcpy(k->body, body, len);
    k->body[len] = '\0';
    pthread_mutex_lock(&r->lock);
    bool is_refused = r->is_drained,
         is_full = r->asks_n >= REST_ASKS_MAX ||
                   (r->asks_bytes && r->asks_bytes + len > REST_ASKS_BYTES_MAX);
    if (!is_refused && !is_full) {
        struct ask **end = &r->asks;
        while (*end)
            end = &(*end)->next;
        *end = k;
        r->asks_n++;
        r->asks_bytes += len;
    }
    pthread_mutex_unlock(&r->lock);
    if (is_refused)
        ask_fail(k, ERR_UNAVAIL, "the process is stopping");
    else if (is_full)
        ask_fail(k, ERR_LIMIT, "too many calls of VNFMs wait");
    else
        rest_wake(r->wake_fd);
}

void rest_vnfms_drain(struct rest_vnfms *r)
{
    struct ask *k;
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->is_drained = true;
    pthread_mutex_unlock(&r->lock);
    while ((k = ask_take(r, is_any, NULL)))
        ask_fail(k, ERR_UNAVAIL, "the process is stopping");
}

/* Publishes those that were not yet; the lock is held meanwhile, and nothing is waited for. */
static void send_asks(struct rest_vnfms *r)
{
    struct err err = ERR_INIT;
    if (!r->bus || !bus_is_ready(r->bus) || bus_is_blocked(r->bus))
        return;
    pthread_mutex_lock(&r->lock);
    int64_t now = clock_mono_us();
    for (struct ask *k = r->asks; k; k = k->next) {
        if (k->is_sent || now < k->again_us)
            continue;
        struct bus_message m = {.routing_key =
                                    k->wants_answer ? QUEUE_ACTIONS_REPLY : QUEUE_ACTIONS,
                                .body = k->body,
                                .len = k->len,
                                .correlation_id = k->wants_answer ? k->id : NULL,
                                .reply_to = k->wants_answer ? r->answers : NULL,
                                .is_mandatory = true};
        if (bus_publish(r->bus, &m, &k->seq, &err) != ERR_OK)
            break;
        k->is_sent = true;
    }
    pthread_mutex_unlock(&r->lock);
}

static void end_overdue(struct rest_vnfms *r)
{
    int64_t now = clock_mono_us();
    struct ask *k;
    while ((k = ask_take(r, is_overdue, &now)))
        ask_fail(k, ERR_TIMEOUT, "the NFVO has no answer");
}

/* --- requests to VNFMs ---------------------------------------------------------------------- */

static void post_free(struct post *p)
{
    bus_delivery_free(p->delivery);
    free(p->type);
    free(p->command);
    free(p->reply_to);
    free(p->body);
    sbuf_release(&p->answer);
    free(p);
}

static struct post *post_of(struct rest_vnfms *r, const char *command)
{
    for (struct post *p = r->posts; p && command; p = p->next)
        if (p->command && strcmp(p->command, command) == 0)
            return p;
    return NULL;
}

static void post_remove(struct rest_vnfms *r, struct post *p)
{
    struct post **at = &r->posts;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    post_free(p);
}

static void post_ack(struct rest_vnfms *r, struct post *p)
{
    if (p->delivery)
        bus_ack(r->bus, p->delivery->tag, p->delivery->epoch);
    bus_delivery_free(p->delivery);
    p->delivery = NULL;
}

/* A second copy of what is in hand: the first one is worked on, and acknowledged in its place. */
static void post_again(struct rest_vnfms *r, struct post *p, struct bus_delivery *d)
{
    if (p->delivery && p->delivery->epoch == d->epoch) {
        bus_ack(r->bus, d->tag, d->epoch);
        bus_delivery_free(d);
        return;
    }
    bus_delivery_free(p->delivery);
    p->delivery = d;
}

static void post_begin(struct rest_vnfms *r, struct bus_delivery *d)
{
    struct post *p = xcalloc(1, sizeof(*p));
    *p = (struct post){.next = r->posts,
                       .of = r,
                       .delivery = d,
                       .type = xstrdup(d->queue + strlen(QUEUE_REST_VNFM_PREFIX)),
                       .command = xstrdup_or_null(d->correlation_id),
                       .reply_to = xstrdup_or_null(d->reply_to),
                       .body = xmalloc(d->len + 1),
                       .len = d->len,
                       .answer = SBUF_INIT};
    memcpy(p->body, d->body, d->len);
    p->body[d->len] = '\0';
    r->posts = p;
}

static void start_posts(struct rest_vnfms *r)
{
    for (struct post *p = r->posts; p && r->threads_n < REST_THREADS_MAX; p = p->next) {
        if (p->state != POST_WAITS)
            continue;
        p->state = POST_RUNS;
        if (pthread_create(&p->thread, NULL, post_run, p) != 0) {
            log_warn(LOG_VNFM, "rest_no_thread", KV_S("type", p->type));
            p->state = POST_WAITS;
            return;
        }
        p->has_thread = true;
        r->threads_n++;
    }
}

static void post_join(struct rest_vnfms *r, struct post *p)
{
    if (!p->has_thread)
        return;
    pthread_join(p->thread, NULL);
    p->has_thread = false;
    r->threads_n--;
}

/* The inner room may have peers in it: only what the NFVO wrote itself goes to a VNFM. */
static bool is_ours(const struct rest_vnfms *r, const struct bus_delivery *d)
{
    static const char prefix[] = QUEUE_REPLY_PREFIX;
    return d->user_id && strcmp(d->user_id, r->setup.bus->user) == 0 && !bus_is_dead_letter(d) &&
           (!d->reply_to || strncmp(d->reply_to, prefix, sizeof(prefix) - 1) == 0);
}

static void take_request(struct rest_vnfms *r, struct bus_delivery *d)
{
    struct post *p = post_of(r, d->correlation_id);
    if (!is_ours(r, d) || !d->body) {
        log_warn(LOG_SEC, "rest_request_refused", KV_S("queue", d->queue),
                 KV_S("reason", d->body ? "the NFVO has not written it" : "it is too long"),
                 KV_I("bytes", (int64_t)d->len));
        bus_reject(r->bus, d->tag, d->epoch, false);
        bus_delivery_free(d);
    } else if (p)
        post_again(r, p, d);
    else
        post_begin(r, d);
}

static void take_answer(struct rest_vnfms *r, struct bus_delivery *d)
{
    struct ask *k = d->correlation_id ? ask_take(r, is_answered_by, d->correlation_id) : NULL;
    if (k && d->body)
        ask_end(k, NULL, d->body, d->len);
    else if (k)
        ask_fail(k, ERR_LIMIT, "the NFVO's answer is too long");
    bus_ack(r->bus, d->tag, d->epoch);
    bus_delivery_free(d);
}

/* What the broker has not taken may have arrived: a reply queue with a copy of its request in it says
 * no, and dead-letters it to where it belongs. A place among those that are in hand is free as soon
 * as that is seen, and not a second later. */
static bool has_arrived(struct rest_vnfms *r, struct post *p)
{
    bool is_open = true;
    struct err err = ERR_INIT;
    if (!p->look_us || !p->command || clock_mono_us() < p->look_us)
        return false;
    pthread_mutex_lock(&r->db_lock);
    enum err_code rc = store_vnfm_call_is_open(r->db, p->command, &is_open, &err);
    pthread_mutex_unlock(&r->db_lock);
    p->look_ms *= 2;
    p->look_us += p->look_ms * USEC_PER_MS;
    return rc == ERR_OK && !is_open;
}

static int next_look_ms(const struct rest_vnfms *r)
{
    int64_t next_us = clock_mono_us() + IDLE_MS * USEC_PER_MS;
    for (const struct post *p = r->posts; p; p = p->next)
        if (p->state == POST_ENDED && p->look_us && p->look_us < next_us)
            next_us = p->look_us;
    return clock_left_ms(next_us);
}

/* What came of those whose thread ended: published, and acknowledged when the broker has it. */
static void send_answers(struct rest_vnfms *r)
{
    struct err err = ERR_INIT;
    for (struct post *p = r->posts, *next; p; p = next) {
        next = p->next;
        if (p->state != POST_ENDED)
            continue;
        post_join(r, p);
        if (p->is_kept)
            post_remove(r, p);
        else if (!p->has_answer || !p->reply_to || has_arrived(r, p)) {
            post_ack(r, p);
            post_remove(r, p);
        } else if (r->bus && bus_is_ready(r->bus) && clock_mono_us() >= p->again_us &&
                   bus_publish(r->bus,
                               &(struct bus_message){.routing_key = p->reply_to,
                                                     .body = p->answer.s,
                                                     .len = p->answer.len,
                                                     .correlation_id = p->command,
                                                     .is_mandatory = true},
                               &p->seq, &err) == ERR_OK) {
            p->state = POST_ANSWERING;
            p->look_us = 0;
        }
    }
}

/* --- the broker ----------------------------------------------------------------------------- */

static void settle_posts(struct rest_vnfms *r, const struct range *range, enum fate fate)
{
    for (struct post *p = r->posts, *next; p; p = next) {
        next = p->next;
        if (p->state != POST_ANSWERING || p->seq < range->first || p->seq > range->last)
            continue;
        if (fate == NOT_TAKEN) {
            int64_t now = clock_mono_us();
            p->state = POST_ENDED;
            p->again_us = now + AGAIN_US;
            p->look_ms = LOOK_MS;
            p->look_us = now + p->look_ms * USEC_PER_MS;
            continue;
        }
        post_ack(r, p);
        post_remove(r, p);
    }
}

static void settled(struct rest_vnfms *r, uint64_t first, uint64_t last, enum fate fate)
{
    const struct range range = {first, last};
    struct ask *k;
    settle_posts(r, &range, fate);
    mark_asks(r, &range, fate);
    while (fate == TAKEN && (k = ask_take(r, is_told_in, &range)))
        ask_end(k, NULL, "", 0);
}

static void lost(struct rest_vnfms *r, const struct bus_event *ev)
{
    settled(r, 1, ev->seq_last, NOT_TAKEN);
    for (struct post *p = r->posts; p; p = p->next)
        if (p->delivery && p->delivery->epoch <= ev->epoch) {
            bus_delivery_free(p->delivery);
            p->delivery = NULL;
        }
}

static void on_event(struct rest_vnfms *r, const struct bus_event *ev)
{
    switch (ev->type) {
    case BUS_DELIVERY:
    case BUS_OVERSIZE: {
        struct bus_delivery *d = bus_take(r->bus);
        if (strcmp(d->queue, r->answers) == 0)
            take_answer(r, d);
        else
            take_request(r, d);
        break;
    }
    case BUS_CONFIRMED:
        settled(r, ev->seq, ev->seq_last, TAKEN);
        break;
    case BUS_NACKED:
        settled(r, ev->seq, ev->seq_last, NOT_TAKEN);
        break;
    case BUS_RETURNED:
        settled(r, ev->seq, ev->seq, UNWANTED);
        break;
    case BUS_LOST:
        lost(r, ev);
        break;
    case BUS_FAULT:
    case BUS_CANCELLED:
    case BUS_BLOCKED:
        log_warn(LOG_VNFM, "rest_bus_fault", KV_S("what", bus_event_name(ev->type)),
                 KV_S("name", ev->name), KV_I("code", ev->code), KV_S("text", ev->text));
        break;
    default:
        break;
    }
}

static void open_bus(struct rest_vnfms *r)
{
    struct bus_options options = *r->setup.bus;
    options.max_body = ANSWER_MAX;
    r->bus = bus_new(&options);
    topology_declare_rest_answers(r->bus, r->answers);
    bus_want_consumer(r->bus, &(struct bus_consumer){.queue = r->answers, .prefetch = 64});
}

static bool has_queue(const struct rest_vnfms *r, const char *queue)
{
    for (size_t i = 0; i < r->queues_n; i++)
        if (strcmp(r->queues[i], queue) == 0)
            return true;
    return false;
}

/* Of the types that are registered. One that goes is still taken from, until this process ends. */
static void follow_types(struct rest_vnfms *r)
{
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->list_n; i++) {
        AUTO(sbuf_release) struct sbuf queue = SBUF_INIT;
        topology_rest_vnfm_queue(r->list[i].type, &queue);
        if (has_queue(r, queue.s))
            continue;
        if (!r->bus)
            open_bus(r);
        r->queues = xrealloc(r->queues, (r->queues_n + 1) * sizeof(r->queues[0]));
        r->queues[r->queues_n++] = xstrdup(queue.s);
        topology_declare_rest_vnfm(r->bus, queue.s);
        bus_want_consumer(r->bus,
                          &(struct bus_consumer){.queue = queue.s, .prefetch = REST_PREFETCH});
    }
    if (r->asks && !r->bus)
        open_bus(r);
    pthread_mutex_unlock(&r->lock);
}

static void rest_without_bus(struct rest_vnfms *r)
{
    struct pollfd fds[] = {{.fd = r->wake_fd, .events = POLLIN},
                           {.fd = r->stop_fd, .events = POLLIN}};
    poll(fds, 2, NO_BUS_MS);
    rest_drain_wake(r->wake_fd);
}

/* Answers that are there leave; what is in hand stays in its queue. */
static void finish(struct rest_vnfms *r)
{
    int64_t until = clock_mono_us() + STOP_US;
    while (r->posts && clock_mono_us() < until) {
        struct bus_event ev;
        send_answers(r);
        if (!r->bus || !r->posts)
            break;
        if (bus_next(r->bus, &ev, r->wake_fd, 50) == BUS_WAKE)
            rest_drain_wake(r->wake_fd);
        else if (ev.type != BUS_DELIVERY)
            on_event(r, &ev);
    }
    while (r->posts) {
        post_join(r, r->posts);
        post_remove(r, r->posts);
    }
}

static void *run(void *arg)
{
    struct rest_vnfms *r = arg;
    while (!atomic_load(&r->is_stopping)) {
        struct bus_event ev = {.type = BUS_TIMEOUT};
        follow_types(r);
        if (!r->bus)
            rest_without_bus(r);
        else if (bus_next(r->bus, &ev, r->wake_fd, next_look_ms(r)) == BUS_WAKE)
            rest_drain_wake(r->wake_fd);
        else
            on_event(r, &ev);
        start_posts(r);
        send_answers(r);
        send_asks(r);
        end_overdue(r);
    }
    finish(r);
    return NULL;
}

/* --- life ----------------------------------------------------------------------------------- */

static void release(struct rest_vnfms *r)
{
    for (size_t i = 0; i < r->queues_n; i++)
        free(r->queues[i]);
    free(r->queues);
    bus_free(r->bus);
    db_free(r->db);
    arena_release(&r->list_memory);
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->db_lock);
    for (size_t i = 0; i < 3; i++) {
        int fd = (const int[]){r->wake_fd, r->watch_fd, r->stop_fd}[i];
        if (fd >= 0)
            close(fd);
    }
    free(r);
}

enum err_code rest_vnfms_open(struct rest_vnfms **ret, const struct rest_vnfms_setup *setup,
                              struct err *err)
{
    struct rest_vnfms *r = xcalloc(1, sizeof(*r));
    enum err_code rc = ERR_OK;
    r->setup = *setup;
    id_new(r->sender);
    snprintf(r->answers, sizeof(r->answers), QUEUE_REST_ANSWERS_PREFIX "%s", r->sender);
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->db_lock, NULL);
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->watch_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->db = store_connection(setup->store, "nfvo-rest-vnfms");
    if (r->wake_fd < 0 || r->watch_fd < 0 || r->stop_fd < 0)
        rc = err_set_errno(err, ERR_IO, errno, "serve VNFMs over HTTP");
    else if (pthread_create(&r->watch_thread, NULL, rest_watch_run, r) != 0)
        rc = err_set(err, ERR_NOMEM, "start a thread for VNFMs over HTTP");
    else if (pthread_create(&r->broker_thread, NULL, run, r) != 0) {
        rc = err_set(err, ERR_NOMEM, "start a thread for VNFMs over HTTP");
        atomic_store(&r->is_stopping, true);
        rest_wake(r->stop_fd);
        pthread_join(r->watch_thread, NULL);
    }
    if (rc != ERR_OK) {
        release(r);
        return rc;
    }
    *ret = r;
    return ERR_OK;
}

void rest_vnfms_close(struct rest_vnfms *r)
{
    if (!r)
        return;
    rest_vnfms_drain(r);
    atomic_store(&r->is_stopping, true);
    rest_wake(r->stop_fd);
    rest_wake(r->wake_fd);
    pthread_join(r->broker_thread, NULL);
    pthread_join(r->watch_thread, NULL);
    release(r);
}

void rest_vnfms_changed(struct rest_vnfms *r)
{
    rest_wake(r->watch_fd);
}
