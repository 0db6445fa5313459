#include "vnfm-generic/ems/link.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "proto/topology.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { HELLOS_AHEAD = 256, REPLIES_AHEAD = 512, EVENTS_PER_ROUND = 256 };

struct order { /* from any thread to the I/O thread */
    struct order *next;
    char *hostname, *command; /* NULL: acknowledge a hello */
    struct sbuf body;
    uint64_t tag, epoch;
};

struct ems_link {
    struct bus_options o;
    char *host, *vhost, *endpoint, *instance, *tls_ca, *tls_cert, *tls_key;
    char *account, *password_path; /* whose password is in that file */
    const struct ems_link_hooks *hooks;
    void *arg;

    pthread_mutex_t lock;
    struct order *orders, **tail;
    char *user, *password; /* of the next connection */
    char *author;          /* whose connection this one is; of the I/O thread */
    bool has_new_login, is_stopping, is_alone;
    atomic_bool is_over; /* the thread has ended */
    int wake_fd;

    pthread_t thread;
    bool is_started;
    struct bus *bus; /* NULL: nobody told us who we are */
    struct sbuf hellos, replies;
    uint64_t connection_n;
    char *open[BUS_UNCONFIRMED_MAX]; /* command ids by number modulo */
    uint64_t open_seq[BUS_UNCONFIRMED_MAX];
};

struct ems_link *ems_link_new(const struct ems_link_options *options)
{
    struct ems_link *a = xcalloc(1, sizeof(*a));
    a->o = options->bus;
    a->o.host = a->host = xstrdup_or_null(options->bus.host);
    a->o.vhost = a->vhost = xstrdup(options->vhost);
    a->account = xstrdup_or_null(options->bus.user);
    a->password_path = xstrdup_or_null(options->bus.password_path);
    a->o.tls.ca = a->tls_ca = xstrdup_or_null(options->bus.tls.ca);
    a->o.tls.cert = a->tls_cert = xstrdup_or_null(options->bus.tls.cert);
    a->o.tls.key = a->tls_key = xstrdup_or_null(options->bus.tls.key);
    a->endpoint = xstrdup(options->endpoint);
    a->instance = xstrdup(options->instance);
    a->is_alone = options->is_alone;
    a->hooks = options->hooks;
    a->arg = options->arg;
    a->tail = &a->orders;
    a->wake_fd = -1;
    a->hellos = a->replies = (struct sbuf)SBUF_INIT;
    topology_hello_queue(a->endpoint, &a->hellos);
    pthread_mutex_init(&a->lock, NULL);
    return a;
}

static void order_free(struct order *o)
{
    free(o->hostname);
    free(o->command);
    sbuf_release(&o->body);
    free(o);
}

void ems_link_free(struct ems_link *a)
{
    if (!a)
        return;
    for (struct order *o = a->orders, *next; o; o = next) {
        next = o->next;
        order_free(o);
    }
    for (size_t i = 0; i < ARRAY_LEN(a->open); i++)
        free(a->open[i]);
    bus_free(a->bus);
    if (a->wake_fd >= 0)
        close(a->wake_fd);
    pthread_mutex_destroy(&a->lock);
    sbuf_release(&a->hellos);
    sbuf_release(&a->replies);
    free(a->host);
    free(a->vhost);
    free(a->account);
    free(a->password_path);
    free(a->tls_ca);
    free(a->tls_cert);
    free(a->tls_key);
    free(a->endpoint);
    free(a->instance);
    free(a->user);
    free(a->author);
    secret_free(a->password);
    free(a);
}

static void wake(struct ems_link *a)
{
    uint64_t one = 1;
    while (a->wake_fd >= 0 && write(a->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void give(struct ems_link *a, struct order *o)
{
    pthread_mutex_lock(&a->lock);
    *a->tail = o;
    a->tail = &o->next;
    pthread_mutex_unlock(&a->lock);
    wake(a);
}

void ems_link_login(struct ems_link *a, const char *user, const char *password)
{
    pthread_mutex_lock(&a->lock);
    bool is_same = a->user && strcmp(a->user, user) == 0 && strcmp(a->password, password) == 0;
    if (!is_same) {
        free(a->user);
        secret_free(a->password);
        a->user = xstrdup(user);
        a->password = xstrdup(password);
        a->has_new_login = true;
    }
    pthread_mutex_unlock(&a->lock);
    wake(a);
}

void ems_link_send(struct ems_link *a, const char *hostname, const char *command, struct sbuf *body)
{
    struct order *o = xcalloc(1, sizeof(*o));
    o->hostname = xstrdup(hostname);
    o->command = xstrdup(command);
    o->body = *body;
    *body = (struct sbuf)SBUF_INIT;
    give(a, o);
}

void ems_link_ack(struct ems_link *a, uint64_t tag, uint64_t epoch)
{
    struct order *o = xcalloc(1, sizeof(*o));
    *o = (struct order){.body = SBUF_INIT, .tag = tag, .epoch = epoch};
    give(a, o);
}

/* --- the I/O thread --- */

/* The second: agents of before, and unmodified ones; the first is not there where one is alone. */
static void want_bindings(struct ems_link *a, const char *queue)
{
    static const char *const exchanges[] = {TOPOLOGY_AGENTS_EXCHANGE, TOPOLOGY_EXCHANGE};
    for (size_t i = a->is_alone; i < ARRAY_LEN(exchanges); i++)
        bus_want_binding(a->bus, &(struct bus_binding){.queue = queue, .exchange = exchanges[i]});
}

static void want_replies(struct ems_link *a)
{
    char suffix[80];
    if (a->replies.len)
        bus_unwant_queue(a->bus, a->replies.s);
    sbuf_clear(&a->replies);
    snprintf(suffix, sizeof(suffix), "%.40s-%llu", a->instance,
             (unsigned long long)++a->connection_n);
    topology_agent_replies(a->endpoint, suffix, &a->replies);
    bus_want_queue(a->bus, &(struct bus_queue){
                               .name = a->replies.s, .is_exclusive = true, .is_auto_delete = true});
    want_bindings(a, a->replies.s);
    bus_want_consumer(a->bus,
                      &(struct bus_consumer){.queue = a->replies.s, .prefetch = REPLIES_AHEAD});
}

static void open_bus(struct ems_link *a)
{
    const struct bus_arg args[] = {BUS_ARG_STRING("x-queue-type", "quorum"),
                                   BUS_ARG_INT("x-delivery-limit", QUEUE_DELIVERY_LIMIT)};
    struct bus_options o = a->o;
    pthread_mutex_lock(&a->lock);
    a->has_new_login = false;
    o.user = a->user;
    o.password = a->password;
    o.password_path = a->account && strcmp(a->account, a->user) == 0 ? a->password_path : NULL;
    free(a->author);
    a->author = xstrdup(a->user);
    bus_free(a->bus);
    a->bus = bus_new(&o);
    pthread_mutex_unlock(&a->lock);
    bus_want_queue(a->bus, &(struct bus_queue){.name = a->hellos.s,
                                               .is_durable = true,
                                               .args = args,
                                               .arg_n = ARRAY_LEN(args)});
    want_bindings(a, a->hellos.s);
    bus_want_consumer(a->bus,
                      &(struct bus_consumer){.queue = a->hellos.s, .prefetch = HELLOS_AHEAD});
    a->replies.len = 0;
    want_replies(a);
}

static void publish(struct ems_link *a, struct order *o)
{
    AUTO(sbuf_release) struct sbuf key = SBUF_INIT;
    struct err err = ERR_INIT;
    uint64_t seq = 0;
    if (!a->bus || !bus_is_ready(a->bus))
        return;
    topology_agent_queue(o->hostname, &key);
    enum err_code rc = bus_publish(a->bus,
                                   &(struct bus_message){.routing_key = key.s,
                                                         .body = o->body.s,
                                                         .len = o->body.len,
                                                         .correlation_id = o->command,
                                                         .reply_to = a->replies.s,
                                                         .user_id = a->author,
                                                         .is_transient = true,
                                                         .is_mandatory = true},
                                   &seq, &err);
    if (rc == ERR_UNAVAIL || rc == ERR_IO)
        return; /* `ready` will come */
    if (rc != ERR_OK) {
        log_warn(LOG_EMS, "command_not_sent", KV_S("host", o->hostname), KV_ERR(&err));
        a->hooks->returned(a->arg, o->command);
        return;
    }
    free(a->open[seq % BUS_UNCONFIRMED_MAX]);
    a->open[seq % BUS_UNCONFIRMED_MAX] = o->command;
    a->open_seq[seq % BUS_UNCONFIRMED_MAX] = seq;
    o->command = NULL;
}

static void settle(struct ems_link *a, uint64_t seq, bool is_lost)
{
    size_t i = seq % BUS_UNCONFIRMED_MAX;
    if (!a->open[i] || a->open_seq[i] != seq)
        return;
    if (is_lost)
        a->hooks->returned(a->arg, a->open[i]);
    free(a->open[i]);
    a->open[i] = NULL;
}

static void take_orders(struct ems_link *a)
{
    uint64_t count;
    ssize_t n = read(a->wake_fd, &count, sizeof(count));
    (void)n;
    pthread_mutex_lock(&a->lock);
    struct order *o = a->orders;
    a->orders = NULL;
    a->tail = &a->orders;
    bool has_login = a->has_new_login;
    pthread_mutex_unlock(&a->lock);
    if (has_login)
        open_bus(a);
    if (a->bus)
        bus_cork(a->bus);
    for (struct order *next; o; o = next) {
        next = o->next;
        if (o->hostname)
            publish(a, o);
        else if (a->bus)
            bus_ack(a->bus, o->tag, o->epoch);
        order_free(o);
    }
}

static void on_delivery(struct ems_link *a, const struct bus_delivery *d)
{
    if (strcmp(d->queue, a->hellos.s) == 0) {
        a->hooks->hello(a->arg, d->user_id, d->body, d->len, d->tag, d->epoch);
        return;
    }
    if (d->correlation_id)
        a->hooks->reply(a->arg, d->user_id, d->correlation_id, d->body, d->len);
    bus_ack(a->bus, d->tag, d->epoch);
}

static void on_lost(struct ems_link *a, const struct bus_event *ev)
{
    log_warn(LOG_EMS, "agents_connection_lost", KV_I("code", ev->code), KV_S("text", ev->text));
    for (size_t i = 0; i < ARRAY_LEN(a->open); i++) {
        free(a->open[i]);
        a->open[i] = NULL;
    }
    want_replies(a);
}

static void handle(struct ems_link *a, const struct bus_event *ev)
{
    switch (ev->type) {
    case BUS_DELIVERY:
        on_delivery(a, ev->delivery);
        break;
    case BUS_OVERSIZE:
        log_warn(LOG_EMS, "message_too_large", KV_I("bytes", ev->delivery->len));
        bus_reject(a->bus, ev->delivery->tag, ev->delivery->epoch, false);
        break;
    case BUS_CONFIRMED:
        for (uint64_t seq = ev->seq; seq <= ev->seq_last; seq++)
            settle(a, seq, false);
        break;
    case BUS_NACKED:
    case BUS_RETURNED:
        for (uint64_t seq = ev->seq; seq <= ev->seq_last || seq == ev->seq; seq++)
            settle(a, seq, true);
        break;
    case BUS_READY:
        log_info(LOG_EMS, "agents_ready", KV_S("hellos", a->hellos.s), KV_S("vhost", a->vhost));
        a->hooks->ready(a->arg, NULL);
        break;
    case BUS_LOST:
        on_lost(a, ev);
        break;
    case BUS_FAULT:
        log_warn(LOG_EMS, "agents_fault", KV_S("item", bus_item_name(ev->item)),
                 KV_S("name", ev->name), KV_I("code", ev->code), KV_S("text", ev->text));
        break;
    case BUS_CANCELLED:
        log_warn(LOG_EMS, "consumer_cancelled", KV_S("queue", ev->name));
        break;
    case BUS_TIMEOUT:
    case BUS_WAKE:
    case BUS_NAMED:
    case BUS_BLOCKED:
    case BUS_UNBLOCKED:
    case BUS_EVENT_TYPE_N:
        break;
    }
}

static bool is_stopping(struct ems_link *a)
{
    pthread_mutex_lock(&a->lock);
    bool is = a->is_stopping;
    pthread_mutex_unlock(&a->lock);
    return is;
}

static void *run(void *arg)
{
    struct ems_link *a = arg;
    while (!is_stopping(a)) {
        struct bus_event ev;
        take_orders(a);
        if (!a->bus) {
            struct pollfd fd = {.fd = a->wake_fd, .events = POLLIN};
            poll(&fd, 1, -1);
            continue;
        }
        bus_next(a->bus, &ev, a->wake_fd, 10000);
        handle(a, &ev);
        for (int n = 0; n < EVENTS_PER_ROUND && bus_pending(a->bus); n++) {
            bus_next(a->bus, &ev, -1, 0);
            handle(a, &ev);
        }
    }
    bus_free(a->bus);
    a->bus = NULL;
    atomic_store(&a->is_over, true);
    return NULL;
}

enum err_code ems_link_start(struct ems_link *a, struct err *err)
{
    a->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (a->wake_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "make a wake-up descriptor");
    int failed = pthread_create(&a->thread, NULL, run, a);
    if (failed)
        return err_set_errno(err, ERR_IO, failed, "start the thread of the agents' connection");
    a->is_started = true;
    return ERR_OK;
}

void ems_link_end(struct ems_link *a)
{
    pthread_mutex_lock(&a->lock);
    a->is_stopping = true;
    pthread_mutex_unlock(&a->lock);
    wake(a);
}

bool ems_link_is_over(const struct ems_link *a)
{
    return atomic_load(&a->is_over);
}

void ems_link_stop(struct ems_link *a)
{
    if (!a->is_started)
        return;
    ems_link_end(a);
    pthread_join(a->thread, NULL);
    a->is_started = false;
}
