#include "common/bus/internal.h"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "common/base/secret.h"

static struct timeval timeval_of(int ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

static amqp_socket_t *new_tls_socket(struct bus *bus, const char **ret_what)
{
    const struct bus_tls *tls = &bus->o.tls;
    amqp_socket_t *socket = amqp_ssl_socket_new(bus->conn);

    if (!socket) {
        *ret_what = "cannot make a TLS socket";
        return NULL;
    }
    amqp_ssl_socket_set_verify_peer(socket, !tls->is_verify_off);
    amqp_ssl_socket_set_verify_hostname(socket, !tls->is_verify_off);
    /* "Latest" of 0.11 is 1.2, but as a maximum it does not switch 1.3 off; as a minimum it would
     * not switch 1.2 off, so we refuse rather than promise it. */
    *ret_what = "librabbitmq knows 1.2 as the only minimum of TLS versions";
    if (strcmp(tls->min_version, "1.2") != 0 ||
        amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) != AMQP_STATUS_OK)
        return NULL;
    *ret_what = "cannot read the file of the certificate authority";
    if (tls->ca && amqp_ssl_socket_set_cacert(socket, tls->ca) != AMQP_STATUS_OK)
        return NULL;
    *ret_what = "cannot read the client certificate or key";
    if (tls->cert && amqp_ssl_socket_set_key(socket, tls->cert, tls->key) != AMQP_STATUS_OK)
        return NULL;
    return socket;
}

static void tune_socket(const struct bus *bus, int fd)
{
    int on = 1;
    /* A peer that vanished without a word: unacknowledged data gives up after this. Longer than the
     * watchdog's limit, because a broker in alarm shows a closed window for a while and shall not
     * be dropped for it. */
    unsigned user_timeout_ms = 3U * (unsigned)bus->o.publish_stall_ms;

    if (user_timeout_ms < 30000)
        user_timeout_ms = 30000;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof(user_timeout_ms));
}

/* librabbitmq decodes nested header tables by recursion without a limit: five bytes of a frame are
 * one level, and a frame of 128 KiB took a stack of 2 MiB beyond its end (tried). A frame_max below
 * what publishers may send is no way out: the broker sends headers in one frame all the same, and
 * the message would kill the connection again and again (tried, too). So the largest frame, and a
 * smaller one only for a thread whose stack could not bear it: 24 bytes of stack for a byte of
 * frame were enough. */
static int frame_max_for_stack(int wanted)
{
    pthread_attr_t attr;
    size_t stack = 0;

    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstacksize(&attr, &stack);
        pthread_attr_destroy(&attr);
    }
    if (stack && (size_t)wanted > stack / 32)
        wanted = (int)(stack / 32);
    return wanted < AMQP_FRAME_MIN_SIZE ? AMQP_FRAME_MIN_SIZE : wanted;
}

static void put_text(amqp_table_entry_t *e, const char *name, const char *value)
{
    e->key = amqp_cstring_bytes(name);
    e->value.kind = AMQP_FIELD_KIND_UTF8;
    e->value.value.bytes = amqp_cstring_bytes(value);
}

/* A file that is being replaced, or not readable for a moment: the password of before is tried. */
static void read_password(struct bus *bus)
{
    char line[1024];
    FILE *f = bus->password_path ? fopen(bus->password_path, "re") : NULL;
    if (!f)
        return;
    if (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\r\n")] = '\0';
        secret_free(bus->password);
        bus->o.password = bus->password = xstrdup(line);
    }
    explicit_bzero(line, sizeof(line));
    fclose(f);
}

static amqp_rpc_reply_t login(struct bus *bus)
{
    static const char *const capability_names[] = {"consumer_cancel_notify", "connection.blocked",
                                                   "publisher_confirms", "basic.nack"};
    amqp_table_entry_t capabilities[ARRAY_LEN(capability_names)];
    amqp_table_entry_t entries[3];

    for (size_t i = 0; i < ARRAY_LEN(capability_names); i++) {
        capabilities[i].key = amqp_cstring_bytes(capability_names[i]);
        capabilities[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
        capabilities[i].value.value.boolean = 1;
    }
    put_text(&entries[0], "connection_name", bus->o.name);
    put_text(&entries[1], "product", "baton");
    entries[2].key = amqp_cstring_bytes("capabilities");
    entries[2].value.kind = AMQP_FIELD_KIND_TABLE;
    entries[2].value.value.table =
        (amqp_table_t){.num_entries = ARRAY_LEN(capabilities), .entries = capabilities};

    amqp_table_t properties = {.num_entries = ARRAY_LEN(entries), .entries = entries};
    read_password(bus);
    return amqp_login_with_properties(
        bus->conn, bus->o.vhost, CHANNEL_MAX, frame_max_for_stack(bus->o.frame_max),
        bus->o.heartbeat_s, &properties, AMQP_SASL_METHOD_PLAIN, bus->o.user, bus->o.password);
}

/* The broker's own words where it has any. Returns its code, else 0. */
static int describe(const amqp_rpc_reply_t *reply, char text[256])
{
    if (reply->reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply->reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const amqp_connection_close_t *m = reply->reply.decoded;
        bus_copy_short(text, m->reply_text);
        return m->reply_code;
    }
    snprintf(text, 256, "handshake: %s",
             reply->reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION
                 ? amqp_error_string2(reply->library_error)
                 : "the broker closed a channel that does not exist");
    return 0;
}

static void drop(struct bus *bus)
{
    bus_guard_disarm(&bus->guard);
    bus_guard_detach(&bus->guard);
    amqp_destroy_connection(bus->conn);
    bus->conn = NULL;
    bus->retry_at_ms = bus_now_ms() + backoff_next_ms(&bus->backoff);
}

static void failed(struct bus *bus, int code, const char *text)
{
    struct bus_event *ev = bus_event_push(&bus->events, BUS_FAULT, bus->address, text);

    ev->item = BUS_CONNECTION;
    ev->code = code;
    bus->stats.connect_failures++;
    bus->stats.faults++;
    drop(bus);
}

void bus_connect(struct bus *bus)
{
    struct timeval limit = timeval_of(bus->o.connect_timeout_ms);
    const char *what = "out of memory";
    char text[256];

    bus->conn = amqp_new_connection();
    amqp_socket_t *socket =
        bus->o.tls.is_on ? new_tls_socket(bus, &what) : amqp_tcp_socket_new(bus->conn);
    if (!socket) {
        failed(bus, 0, what);
        return;
    }
    int status = amqp_socket_open_noblock(socket, bus->o.host, bus->o.port, &limit);
    if (status != AMQP_STATUS_OK) {
        /* The library drops errno and says "a socket error occurred". */
        snprintf(text, sizeof(text), "connect: %s",
                 status == AMQP_STATUS_SOCKET_ERROR ? "refused, unreachable or reset"
                                                    : amqp_error_string2(status));
        failed(bus, 0, text);
        return;
    }
    tune_socket(bus, amqp_get_sockfd(bus->conn));
    bus_guard_attach(&bus->guard, amqp_get_sockfd(bus->conn));
    /* The library has a limit of its own for the handshake; the watchdog stands behind it. */
    amqp_set_handshake_timeout(bus->conn, &limit);
    bus_guard_arm(&bus->guard, 2 * bus->o.connect_timeout_ms);
    amqp_rpc_reply_t reply = login(bus);
    bus_guard_disarm(&bus->guard);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
        int code = describe(&reply, text);
        failed(bus, code, text);
        return;
    }
    bus->stats.connects++;
    bus->heard_at_ms = bus_now_ms();
    bus->is_replayed = false;
}

static void close_channels(struct bus *bus)
{
    for (size_t i = 0; i < ARRAY_LEN(bus->channels); i++)
        if (bus->channels[i])
            bus_channel_void(bus, bus->channels[i]);
}

void bus_lost(struct bus *bus, int code, const char *text)
{
    if (!bus->conn)
        return;
    if (bus->guard.is_cut) {
        bus->stats.watchdog_cuts++;
        code = 0;
        text = "the watchdog cut the connection: the broker did not read for publish_stall_ms";
    }
    /* A connection that did not last counts as a failed attempt, or a broker that throws us out
     * would be hammered. */
    if (bus->is_replayed && bus_now_ms() - bus->ready_at_ms > bus->o.backoff_max_ms)
        backoff_reset(&bus->backoff);

    bus_event_splice(&bus->events, &bus->early);
    bus_event_drop_deliveries(&bus->events);
    struct bus_event *ev = bus_event_push(&bus->events, BUS_LOST, NULL, text);
    ev->code = code;
    ev->epoch = bus->epoch;
    ev->seq_last = bus->ledger.next - 1;
    bus->stats.losses++;

    bus->is_ready = bus->is_blocked = bus->is_corked = false;
    bus_ledger_void(&bus->ledger);
    close_channels(bus);
    bus_items_reset(bus);
    if (bus->call.channel)
        bus->call.state = CALL_LOST;
    drop(bus);
}

void bus_write_failed(struct bus *bus, int status)
{
    /* What came before the end, confirms above all and the broker's reason, is still worth reading.
     */
    bus_drain(bus);
    bus_lost(bus, 0, amqp_error_string2(status));
}

void bus_disconnect(struct bus *bus)
{
    if (!bus->conn)
        return;
    bus_guard_arm(&bus->guard, bus->o.call_timeout_ms);
    (void)amqp_connection_close(bus->conn, AMQP_REPLY_SUCCESS);
    drop(bus);
}
