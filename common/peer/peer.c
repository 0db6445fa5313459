#include "common/peer/peer.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/peer/internal.h"
#include "common/sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int64_t peer_now_us(void)
{
    return clock_mono_us();
}

static const char *keep(struct peer *p, const char *s)
{
    return s ? p->strings[p->string_n++] = xstrdup(s) : NULL;
}

static void keep_strings(struct peer *p)
{
    struct peer_options *o = &p->o;
    const char **all[] = {&o->bus.host,     &o->bus.vhost,       &o->bus.user,
                          &o->bus.password, &o->bus.name,        &o->bus.tls.ca,
                          &o->bus.tls.cert, &o->bus.tls.key,     &o->bus.tls.min_version,
                          &o->exchange,     &o->register_key,    &o->ask_key,
                          &o->queue,        &o->dead_letter_key, &o->bus.password_path};
    _Static_assert(ARRAY_LEN(all) <= ARRAY_LEN(p->strings), "room for each");
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        *all[i] = keep(p, *all[i]);
}

static void registration_again(struct peer *p, struct timer *timer)
{
    (void)timer;
    if (p->bus && bus_is_ready(p->bus) && !p->registration)
        session_ready(p);
}

struct peer *peer_new(const struct peer_options *options)
{
    struct peer *p = xcalloc(1, sizeof(*p));
    p->o = *options;
    keep_strings(p);
    p->o.threads = p->o.threads ? p->o.threads : 4;
    p->o.prefetch = p->o.prefetch ? p->o.prefetch : 512;
    p->o.delivery_limit = p->o.delivery_limit ? p->o.delivery_limit : 8;
    p->o.register_timeout_ms = p->o.register_timeout_ms ? p->o.register_timeout_ms : 5000;
    p->o.answers_max = p->o.answers_max ? p->o.answers_max : (size_t)4 << 20;
    p->answers.max = p->o.answers_max;
    id_new(p->instance);
    pool_init(&p->pool);
    pthread_mutex_init(&p->lock, NULL);
    p->commands_tail = &p->commands;
    jobs_init(&p->jobs);
    p->wake_fd = -1;
    p->stop_grace_ms = -1;
    p->again.fire = registration_again;
    uint64_t seed;
    id_random(&seed, sizeof(seed));
    p->backoff = (struct backoff)BACKOFF_INIT(200, 10000, seed);
    return p;
}

enum err_code peer_start(struct peer *p, struct err *err)
{
    p->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->wake_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "make a wake-up descriptor");
    enum err_code rc = pool_start(&p->pool, p->o.threads, err);
    if (rc != ERR_OK)
        return rc;
    int failed = pthread_create(&p->io, NULL, peer_io, p);
    if (failed) {
        pool_stop(&p->pool);
        return err_set_errno(err, ERR_IO, failed, "start the I/O thread");
    }
    p->is_started = true;
    return ERR_OK;
}

static void wake(struct peer *p)
{
    uint64_t one = 1;
    while (write(p->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

void peer_stop(struct peer *p, int grace_ms)
{
    if (!p->is_started)
        return;
    p->stop_grace_ms = grace_ms < 0 ? 0 : grace_ms;
    wake(p);
    pthread_join(p->io, NULL);
    p->is_started = false;
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    send_free_tells(p);
    table_release(&p->in_hand);
    table_release(&p->asks);
    answers_release(&p->answers);
    timers_release(&p->timers);
    pool_release(&p->pool);
    pthread_mutex_destroy(&p->lock);
    if (p->wake_fd >= 0)
        close(p->wake_fd);
    for (size_t i = 0; i < p->string_n; i++)
        secret_free(p->strings[i]);
    free(p->acks);
    explicit_bzero(&p->credentials, sizeof(p->credentials));
    free(p);
}

void peer_command(struct peer *p, struct command *command)
{
    command->next = NULL;
    pthread_mutex_lock(&p->lock);
    bool was_empty = p->commands == NULL;
    *p->commands_tail = command;
    p->commands_tail = &command->next;
    pthread_mutex_unlock(&p->lock);
    if (was_empty)
        wake(p);
}

void peer_report(struct peer *p, enum peer_state state, int code, const char *text)
{
    if (p->o.hooks->event)
        p->o.hooks->event(p->o.arg, &(struct peer_event){state, code, text ? text : ""});
}

const char *peer_request_body(const struct peer_request *r, size_t *ret_len)
{
    *ret_len = r->delivery->len;
    return r->delivery->body;
}

const char *peer_request_id(const struct peer_request *r)
{
    return r->delivery->correlation_id;
}

bool peer_request_wants_reply(const struct peer_request *r)
{
    return r->delivery->reply_to && r->delivery->reply_to[0];
}

void peer_request_reply(struct peer_request *r, struct sbuf *body)
{
    r->reply = *body;
    *body = (struct sbuf)SBUF_INIT;
    r->command.kind = COMMAND_REPLY;
    peer_command(r->peer, &r->command);
}

void peer_request_ack(struct peer_request *r)
{
    r->command.kind = COMMAND_ACK;
    peer_command(r->peer, &r->command);
}

void peer_ask(struct peer *p, struct sbuf *body, int64_t timeout_ms, peer_answered_fn *done,
              void *arg)
{
    struct ask *ask = ask_new(p, p->o.ask_key, body, timeout_ms);
    ask->done = done;
    ask->arg = arg;
    ask->command.kind = COMMAND_ASK;
    peer_command(p, &ask->command);
}

void peer_after(struct peer *p, int64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    struct after *after = xcalloc(1, sizeof(*after));
    after->delay_ms = delay_ms;
    after->fn = fn;
    after->arg = arg;
    after->command.kind = COMMAND_AFTER;
    peer_command(p, &after->command);
}

void peer_tell(struct peer *p, const char *key, struct sbuf *body)
{
    struct tell *tell = xcalloc(1, sizeof(*tell));
    tell->key = xstrdup(key);
    tell->body = *body;
    *body = (struct sbuf)SBUF_INIT;
    tell->send.kind = SEND_TELL;
    tell->command.kind = COMMAND_TELL;
    peer_command(p, &tell->command);
}

void peer_get_stats(const struct peer *p, struct peer_stats *ret)
{
    *ret = (struct peer_stats){.requests = p->requests,
                               .repeats = p->repeats,
                               .replies = p->replies,
                               .asks = p->asked,
                               .answers = p->answered,
                               .timeouts = p->timeouts,
                               .dropped = p->dropped,
                               .registrations = p->registrations,
                               .in_hand = p->in_hand_n};
}
