#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/cli/interrupt.h"
#include "proto/topology.h"

#include <limits.h>
#include <stdlib.h>

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"
enum { CONNECT_MS = 10000, REPLY_EXPIRES_MS = 600000, ROUND_MS = 50 };
/* Agents are looked at between; the VNFM looks for their virtual host again every few seconds. */
enum { AGENTS_ROUND_MS = 5, FIRST_COMMAND_MS = 15000 };

void kit_announce(struct kit *k, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    fputs("# ", k->out);
    for (const char *c = text.s; *c; c++)
        fputs(*c == '\n' ? "\n# " : (char[]){*c, 0}, k->out);
    fputc('\n', k->out);
    fflush(k->out);
}

bool kit_stopped(void)
{
    return cli_interrupted(0);
}

void kit_reply(struct kit *k, const char *reply_to, const char *correlation_id, const char *body)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    struct bus_message m = {.routing_key = reply_to,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = correlation_id};
    if (bus_publish(k->bus, &m, &seq, &err) != ERR_OK)
        kit_announce(k, "could not answer the peer: %s", err.msg);
}

void kit_forget_late(struct kit *k)
{
    free(k->late.reply_to);
    free(k->late.correlation_id);
    free(k->late.body);
    k->late.reply_to = k->late.correlation_id = k->late.body = NULL;
}

void kit_reply_late(struct kit *k, const char *reply_to, const char *correlation_id,
                    const char *body, int64_t ms)
{
    kit_forget_late(k);
    k->late.reply_to = xstrdup(reply_to);
    k->late.correlation_id = correlation_id ? xstrdup(correlation_id) : NULL;
    k->late.body = xstrdup(body);
    k->late.at = clock_mono_us() + ms * 1000;
}

static void send_late(struct kit *k)
{
    if (!k->late.body || clock_mono_us() < k->late.at)
        return;
    kit_reply(k, k->late.reply_to, k->late.correlation_id, k->late.body);
    kit_forget_late(k);
}

static bool is_its_answer(const struct kit_ask *a, const struct bus_delivery *d)
{
    if (d->first_death_queue)
        return strcmp(a->reply_to, d->first_death_queue) == 0;
    return d->correlation_id && strcmp(a->id, d->correlation_id) == 0;
}

/* Of a request that was sent twice: the first that has none yet. */
static struct kit_ask *find_ask(struct kit *k, const struct bus_delivery *d)
{
    struct kit_ask *match = NULL, *only = NULL;
    unsigned open = 0;
    for (unsigned i = 0; i < k->ask_n; i++) {
        struct kit_ask *a = k->asks[i];
        if (is_its_answer(a, d) && (!match || match->answers))
            match = a;
        if (!a->answers && a->has_reply_to) {
            only = a;
            open++;
        }
    }
    if (match || open != 1 || d->first_death_queue)
        return match;
    only->is_foreign_id = true; /* of a driver: there is no telling whose it is, but by guessing */
    return only;
}

static void on_answer(struct kit *k, const struct bus_delivery *d)
{
    struct kit_ask *a = find_ask(k, d);
    if (!a)
        k->strays++;
    if (!a || a->answers++ > 0)
        return;
    a->got = xcalloc(1, d->len + 1);
    memcpy(a->got, d->body, d->len);
    a->got_len = d->len;
    a->content_type = d->content_type ? xstrdup(d->content_type) : NULL;
    a->correlation_id = d->correlation_id ? xstrdup(d->correlation_id) : NULL;
    a->answer = json_loadb(a->got, a->got_len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static void on_delivery(struct kit *k, const struct bus_delivery *d)
{
    if (strcmp(d->queue, QUEUE_MANAGER_HANDLING) == 0)
        k->on_registration(k, d);
    else if (strcmp(d->queue, QUEUE_ACTIONS_REPLY) == 0)
        k->on_question(k, d);
    else if (strcmp(d->queue, QUEUE_REPLIES) == 0)
        on_answer(k, d);
    else if (strcmp(d->queue, QUEUE_ACTIONS) == 0)
        k->one_way++;
    bus_ack(k->bus, d->tag, d->epoch);
}

void kit_pump(struct kit *k, int ms)
{
    struct bus_event ev;
    send_late(k);
    k->on_round(k);
    if (k->agents && ms > AGENTS_ROUND_MS)
        ms = AGENTS_ROUND_MS;
    switch (bus_next(k->bus, &ev, cli_interrupt_fd(), ms)) {
    case BUS_DELIVERY:
        on_delivery(k, ev.delivery);
        break;
    case BUS_OVERSIZE:
        bus_reject(k->bus, ev.delivery->tag, ev.delivery->epoch, false);
        break;
    case BUS_FAULT:
        kit_announce(k, "broker: %s '%s': %s", bus_item_name(ev.item), ev.name ? ev.name : "",
                     ev.text);
        break;
    case BUS_LOST:
        kit_announce(k, "the kit's own connection was lost: %s", ev.text);
        break;
    default:
        break;
    }
}

bool kit_until(struct kit *k, int64_t ms, bool (*is_done)(struct kit *k, void *arg), void *arg)
{
    int64_t deadline = clock_mono_us() + ms * 1000;
    while (!is_done(k, arg)) {
        if (clock_mono_us() > deadline || kit_stopped())
            return false;
        kit_pump(k, ROUND_MS);
    }
    return true;
}

static enum err_code await_connection(struct kit *k, struct err *err)
{
    int64_t deadline = clock_mono_us() + CONNECT_MS * INT64_C(1000);
    struct err why = ERR_INIT;
    while (!bus_is_ready(k->bus)) {
        struct bus_event ev;
        if (bus_next(k->bus, &ev, cli_interrupt_fd(), ROUND_MS) == BUS_FAULT)
            err_set(&why, ERR_UNAVAIL, "%s", ev.text);
        if (clock_mono_us() > deadline || kit_stopped()) {
            err_set(err, ERR_UNAVAIL, "connect to the broker %s:%d, virtual host '%s': %s",
                    k->url.host, k->url.port, k->url.vhost, why.msg[0] ? why.msg : "no answer");
            return err_hint(err, "--broker amqp://user:password@host:5672/vhost");
        }
    }
    return ERR_OK;
}

static void want_entries(struct kit *k)
{
    static const char *const queues[] = {QUEUE_MANAGER_HANDLING, QUEUE_ACTIONS, QUEUE_ACTIONS_REPLY,
                                         QUEUE_REPLIES};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        bus_want_queue(k->bus, &(struct bus_queue){
                                   .name = queues[i], .is_durable = true, .is_auto_delete = true});
        bus_want_binding(k->bus,
                         &(struct bus_binding){.queue = queues[i], .exchange = TOPOLOGY_EXCHANGE});
        bus_want_consumer(k->bus, &(struct bus_consumer){.queue = queues[i], .prefetch = 64});
    }
}

static bool has_entries(struct kit *k, void *arg)
{
    (void)arg;
    return bus_has_all(k->bus);
}

struct bus_options kit_bus_options(const struct kit *k)
{
    return (struct bus_options){
        .host = k->url.host,
        .port = k->url.port,
        .vhost = k->url.vhost,
        .user = k->url.user,
        .password = k->url.password,
        .name = "test kit",
        .tls = {.is_on = k->url.has_tls, .ca = k->o->ca ? k->o->ca : SYSTEM_CA}};
}

enum err_code kit_link_open(struct kit *k, struct err *err)
{
    uint32_t messages, consumers;
    const struct bus_options login = kit_bus_options(k);
    k->bus = bus_new(&login);
    bus_want_exchange(k->bus, &(struct bus_exchange){
                                  .name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    enum err_code rc = await_connection(k, err);
    if (rc != ERR_OK)
        return rc;
    rc = bus_queue_check(k->bus, QUEUE_MANAGER_HANDLING, &messages, &consumers, err);
    if (rc != ERR_OK)
        *err = (struct err)ERR_INIT; /* as it should be: there is none */
    else {
        err_set(err, ERR_STATE,
                "virtual host '%s' has a queue " QUEUE_MANAGER_HANDLING
                ": an NFVO uses it, or another test",
                k->url.vhost);
        return err_hint(err, "name a virtual host of the kit's own, which it makes and deletes: "
                             "--broker amqp://.../baton-test");
    }
    want_entries(k);
    if (kit_until(k, CONNECT_MS, has_entries, NULL))
        return ERR_OK;
    return err_set(err, ERR_UNAVAIL, "declare the queues of an NFVO at the broker");
}

bool kit_has_consumer(struct kit *k)
{
    uint32_t messages, consumers = 0;
    struct err err = ERR_INIT;
    return k->queue[0] && bus_is_ready(k->bus) &&
           bus_queue_check(k->bus, k->queue, &messages, &consumers, &err) == ERR_OK &&
           consumers > 0;
}

static bool is_bus_ready(struct kit *k, void *arg)
{
    (void)arg;
    return bus_is_ready(k->bus);
}

/* As the NFVO does: drivers, and VNFMs that announce 'correlation', answer to one queue. Others have one
 * for each request, whose messages go to the common one at once and say where they came to. */
static enum err_code make_reply_queue(struct kit *k, struct kit_ask *a, struct err *err)
{
    if (k->o->whose == KIT_DRIVER || k->has_correlation) {
        snprintf(a->reply_to, sizeof(a->reply_to), "%s", QUEUE_REPLIES);
        return ERR_OK;
    }
    const struct bus_arg args[] = {BUS_ARG_INT("x-message-ttl", 0),
                                   BUS_ARG_INT("x-expires", REPLY_EXPIRES_MS),
                                   BUS_ARG_STRING("x-dead-letter-exchange", ""),
                                   BUS_ARG_STRING("x-dead-letter-routing-key", QUEUE_REPLIES)};
    snprintf(a->reply_to, sizeof(a->reply_to), "%s%s", QUEUE_REPLY_PREFIX, a->id);
    return bus_queue_declare_now(
        k->bus,
        &(struct bus_queue){
            .name = a->reply_to, .is_durable = true, .args = args, .arg_n = ARRAY_LEN(args)},
        err);
}

static enum err_code publish(struct kit *k, const struct kit_ask *a, const char *body, size_t len,
                             const struct kit_send *how, struct err *err)
{
    uint64_t seq;
    struct bus_message m = {.exchange = TOPOLOGY_EXCHANGE,
                            .routing_key = k->queue,
                            .body = body,
                            .len = len,
                            .correlation_id = a->id,
                            .reply_to = a->has_reply_to ? a->reply_to : NULL,
                            .content_type = how->content_type,
                            .content_encoding = how->content_encoding};
    return bus_publish(k->bus, &m, &seq, err);
}

struct kit_ask *kit_send(struct kit *k, const char *body, size_t len, const struct kit_send *how)
{
    static const struct kit_send usual;
    struct err err = ERR_INIT;
    enum err_code rc = ERR_OK;
    how = how ? how : &usual;
    if (k->ask_n == KIT_ASKS_MAX || !kit_until(k, CONNECT_MS, is_bus_ready, NULL))
        return NULL;
    struct kit_ask *a = xcalloc(1, sizeof(*a));
    a->wanted = k->is_shaken ? UINT_MAX : 1;
    a->has_reply_to = !how->has_no_reply_to;
    id_new(a->id);
    a->sent = xstrndup(body, len < 4096 ? len : 4096);
    k->asks[k->ask_n++] = a;
    if (how->repeat) {
        snprintf(a->id, sizeof(a->id), "%s", how->repeat->id);
        snprintf(a->reply_to, sizeof(a->reply_to), "%s", how->repeat->reply_to);
    } else if (a->has_reply_to) {
        rc = make_reply_queue(k, a, &err);
    }
    if (rc == ERR_OK)
        rc = publish(k, a, body, len, how, &err);
    if (rc == ERR_OK)
        return a;
    kit_announce(k, "could not send: %s", err.msg);
    return NULL;
}

struct kit_ask *kit_send_json(struct kit *k, const json_t *message)
{
    AUTO(freep) char *text = json_dumps(message, JSON_COMPACT);
    return text ? kit_send(k, text, strlen(text), NULL) : NULL;
}

static bool is_answered(struct kit *k, void *arg)
{
    (void)k;
    return ((const struct kit_ask *)arg)->answers > 0;
}

static bool is_answered_or_begun(struct kit *k, void *arg)
{
    return is_answered(k, arg) || !k->awaits_agents;
}

bool kit_await(struct kit *k, struct kit_ask *a)
{
    if (!a || kit_until(k, k->o->answer_ms, is_answered, a))
        return a != NULL;
    if (!k->awaits_agents || kit_stopped())
        return false;
    kit_until(k, FIRST_COMMAND_MS, is_answered_or_begun, a);
    return kit_until(k, k->o->answer_ms, is_answered, a);
}

/* User data starts something, and the kit could not play its agents. */
static bool waits_for_servers(const struct kit *k, const char *action)
{
    static const char *const words[] = {"INSTANTIATE", "SCALE_OUT", "UPDATE", "EXECUTE"};
    for (size_t i = 0; k->has_user_data && k->agents_missing && i < ARRAY_LEN(words); i++)
        if (strcmp(action, words[i]) == 0)
            return true;
    return false;
}

struct kit_ask *kit_ask_for(struct kit *k, enum kit_rule rule, json_t *message)
{
    struct kit_ask *a = kit_send_json(k, message);
    bool has_answered = kit_await(k, a);
    bool is_excused = !has_answered && waits_for_servers(k, kit_text(message, "action"));
    json_decref(message);
    if (is_excused)
        kit_skip(k, rule, k->agents_missing);
    else if (!has_answered)
        kit_fail(k, rule, a, "no answer within %.1f s", (double)k->o->answer_ms / 1000);
    if (!has_answered)
        return NULL;
    kit_check_answer(k, a);
    return a;
}
