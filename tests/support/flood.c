#include "tests/support/flood.h"

#include "common/base/macros.h"
#include "common/base/mem.h"
#include "proto/topology.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ENTER_PAUSE_US = 20000, CHANNEL = 1, SMALL = 200, BIG = 16 << 20, MANY = 10000 };

const char *const flood_texts[] = {
#define X(name, text) text,
    FLOODS(X)
#undef X
};

struct client {
    enum flood_kind kind;
    const struct bus_options *who;
    const char *queue;
    amqp_connection_state_t c;
    _Atomic uint64_t *counts;
    char *body;
    uint64_t n;
};

static amqp_bytes_t bytes(const char *text)
{
    return amqp_cstring_bytes(text);
}

/* Until it is let in. What connecting costs the broker nobody but a firewall can limit, and it needs
 * no account: that is FLOOD_CONNECT's matter. The others, when they are shut out, come again at the
 * pace of a client that reconnects without a backoff, or they would all become FLOOD_CONNECT. */
static void enter(struct client *f)
{
    for (;; f->counts[1]++) {
        f->c = amqp_new_connection();
        amqp_socket_t *socket = amqp_tcp_socket_new(f->c);
        if (socket && amqp_socket_open(socket, f->who->host, f->who->port) == AMQP_STATUS_OK &&
            amqp_login(f->c, f->who->vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
                       f->who->user, f->who->password)
                    .reply_type == AMQP_RESPONSE_NORMAL &&
            amqp_channel_open(f->c, CHANNEL))
            return;
        amqp_destroy_connection(f->c);
        if (f->kind != FLOOD_CONNECT)
            usleep(ENTER_PAUSE_US);
    }
}

static void judge(struct client *f, bool is_done)
{
    f->counts[is_done ? 0 : 1]++;
    if (is_done)
        return;
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(f->c);
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        amqp_channel_close_ok_t ok = {0};
        amqp_send_method(f->c, CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
        if (amqp_channel_open(f->c, CHANNEL))
            return;
    }
    amqp_destroy_connection(f->c);
    enter(f);
}

static bool send(struct client *f, const char *exchange, const char *key, bool is_mandatory,
                 size_t len)
{
    amqp_bytes_t body = {.bytes = f->body, .len = len};
    return amqp_basic_publish(f->c, CHANNEL, bytes(exchange), bytes(key), is_mandatory, 0, NULL,
                              body) == AMQP_STATUS_OK;
}

static bool publish(struct client *f, const char *exchange, const char *key, size_t len)
{
    return send(f, exchange, key, false, len);
}

static void consume(struct client *f)
{
    amqp_basic_consume(f->c, CHANNEL, bytes(f->queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
}

/* What comes, if anything, is dropped. */
static void look(struct client *f)
{
    struct timeval at_once = {0};
    amqp_envelope_t envelope;
    if (amqp_consume_message(f->c, &envelope, &at_once, 0).reply_type == AMQP_RESPONSE_NORMAL)
        amqp_destroy_envelope(&envelope);
    amqp_maybe_release_buffers(f->c);
}

/* FLOOD_GET waits for each answer, and so does no more than a slow machine answers. */
static bool get_many(struct client *f)
{
    enum { AT_ONCE = 1000 };
    amqp_basic_get_t get = {.queue = bytes(f->queue), .no_ack = 1};
    amqp_frame_t frame;
    for (int i = 0; i < AT_ONCE; i++)
        if (amqp_send_method(f->c, CHANNEL, AMQP_BASIC_GET_METHOD, &get) != AMQP_STATUS_OK)
            return false;
    for (int answers = 0; answers < AT_ONCE;) {
        amqp_maybe_release_buffers(f->c);
        if (amqp_simple_wait_frame(f->c, &frame) != AMQP_STATUS_OK)
            return false;
        if (frame.frame_type != AMQP_FRAME_METHOD) /* of a message that was there */
            continue;
        if (frame.payload.method.id != AMQP_BASIC_GET_EMPTY_METHOD &&
            frame.payload.method.id != AMQP_BASIC_GET_OK_METHOD)
            return false;
        answers++;
    }
    return true;
}

static bool churn(struct client *f)
{
    const amqp_queue_declare_ok_t *made =
        amqp_queue_declare(f->c, CHANNEL, amqp_empty_bytes, 0, 0, 0, 0, amqp_empty_table);
    if (!made)
        return false;
    amqp_bytes_t name = amqp_bytes_malloc_dup(made->queue);
    bool is_done = amqp_queue_delete(f->c, CHANNEL, name, 0, 0);
    amqp_bytes_free(name);
    amqp_maybe_release_buffers(f->c);
    return is_done;
}

static bool step(struct client *f, enum flood_kind kind)
{
    char key[32];
    switch (kind) {
    case FLOOD_OWN:
        return publish(f, "", f->queue, SMALL);
    case FLOOD_RETURNS:
        look(f);
        return send(f, TOPOLOGY_EXCHANGE, "nobody.listens", true, SMALL);
    case FLOOD_GET:
        return amqp_basic_get(f->c, CHANNEL, bytes(f->queue), 1).reply_type == AMQP_RESPONSE_NORMAL;
    case FLOOD_GETS:
        return get_many(f);
    case FLOOD_CHANNELS:
        return amqp_channel_open(f->c, CHANNEL + 1) &&
               amqp_channel_close(f->c, CHANNEL + 1, AMQP_REPLY_SUCCESS).reply_type ==
                   AMQP_RESPONSE_NORMAL;
    case FLOOD_CHURN:
        return churn(f);
    case FLOOD_HELLOS:
        return publish(f, TOPOLOGY_AGENTS_EXCHANGE, "ems.generic.register", SMALL);
    case FLOOD_REQUESTS:
        return publish(f, TOPOLOGY_EXCHANGE, QUEUE_ACTIONS, SMALL);
    case FLOOD_BIG:
        return publish(f, "", f->queue, BIG);
    case FLOOD_NEVER_ACK:
        look(f);
        return publish(f, "", f->queue, SMALL);
    case FLOOD_STALL:
        return publish(f, "", f->queue, SMALL * 20);
    case FLOOD_QUEUES:
        if (f->n >= MANY)
            return pause() == 0;
        return amqp_queue_declare(f->c, CHANNEL, amqp_empty_bytes, 0, 0, 0, 0, amqp_empty_table);
    case FLOOD_BINDINGS:
        if (f->n >= MANY)
            return pause() == 0;
        snprintf(key, sizeof(key), "key.%llu", (unsigned long long)f->n);
        return amqp_queue_bind(f->c, CHANNEL, bytes(f->queue), bytes(TOPOLOGY_EXCHANGE), bytes(key),
                               amqp_empty_table);
    default:
        amqp_destroy_connection(f->c);
        enter(f);
        return true;
    }
}

enum flood_kind flood_kind_of(const char *name)
{
    static const char *const names[] = {
#define X(name, text) #name,
        FLOODS(X)
#undef X
    };
    int kind = 0;
    while (kind < FLOOD_N && strcmp(names[kind], name) != 0)
        kind++;
    return (enum flood_kind)kind;
}

void flood_run(enum flood_kind kind, const struct bus_options *who, const char *queue,
               _Atomic uint64_t *counts)
{
    struct client f = {
        .kind = kind, .who = who, .queue = queue, .counts = counts, .body = xcalloc(1, BIG)};
    enter(&f);
    if (kind == FLOOD_NEVER_ACK || kind == FLOOD_STALL)
        consume(&f);
    for (;; f.n++)
        judge(&f, step(&f, kind));
}

struct flood flood_start(enum flood_kind kind, const struct bus_options *who, const char *queue)
{
    struct flood f;
    f.counts = mmap(NULL, 2 * sizeof(*f.counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                    -1, 0);
    assert_true(f.counts != MAP_FAILED);
    f.pid = fork();
    assert_true(f.pid >= 0);
    if (f.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        flood_run(kind, who, queue, f.counts);
    }
    return f;
}

void flood_hold(struct flood *f, bool is_held)
{
    kill(f->pid, is_held ? SIGSTOP : SIGCONT);
}

void flood_stop(struct flood *f, uint64_t *ret_done, uint64_t *ret_refused)
{
    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
    *ret_done = f->counts[0];
    *ret_refused = f->counts[1];
    munmap(f->counts, 2 * sizeof(*f->counts));
}
