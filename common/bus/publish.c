#include "common/base/mem.h"
#include "common/bus/internal.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    HEADERS_MAX = 64,
    SHORT_MAX = 255,
    FRAME_OVERHEAD = 8,
    PROPERTIES_MAX = 2048,
    READ_EVERY = 64
};

static void set_tcp(struct bus *bus, int option, int value)
{
    setsockopt(amqp_get_sockfd(bus->conn), IPPROTO_TCP, option, &value, sizeof(value));
}

void bus_cork(struct bus *bus)
{
    if (!bus->conn || bus->is_corked)
        return;
    bus->is_corked = true;
    set_tcp(bus, TCP_CORK, 1);
}

void bus_uncork(struct bus *bus)
{
    if (!bus->conn || !bus->is_corked)
        return;
    bus->is_corked = false;
    set_tcp(bus, TCP_CORK, 0);
}

/* A message that cannot be encoded must be refused before its first frame is out: half a message is
 * the end of the connection. */
static enum err_code check(const struct bus *bus, const struct bus_message *m, struct err *err)
{
    const char *const shorts[] = {m->exchange,         m->routing_key,    m->content_type,
                                  m->content_encoding, m->correlation_id, m->reply_to,
                                  m->message_id,       m->user_id,        m->copy_to};
    size_t size = 0;

    for (size_t i = 0; i < ARRAY_LEN(shorts); i++)
        if (shorts[i] && strlen(shorts[i]) > SHORT_MAX)
            return err_set(err, ERR_INVALID, "'%.40s...' is longer than AMQP's %d bytes", shorts[i],
                           SHORT_MAX);
    if (m->header_n > HEADERS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d message headers", HEADERS_MAX);
    for (size_t i = 0; i < m->header_n; i++) {
        size_t name_len = strlen(m->headers[i].name);
        if (name_len > SHORT_MAX)
            return err_set(err, ERR_INVALID, "message header '%.40s...' has too long a name",
                           m->headers[i].name);
        size += name_len + strlen(m->headers[i].value) + 8;
    }
    if (size + PROPERTIES_MAX > (size_t)amqp_get_frame_max(bus->conn))
        return err_set(err, ERR_LIMIT, "message headers of %zu bytes do not fit into a frame",
                       size);
    return ERR_OK;
}

static void fill_table(amqp_basic_properties_t *p, amqp_table_entry_t *entries,
                       amqp_field_value_t *copy_to, const struct bus_message *m, uint64_t seq)
{
    size_t n = 0;

    for (; n < m->header_n; n++) {
        entries[n].key = amqp_cstring_bytes(m->headers[n].name);
        entries[n].value.kind = AMQP_FIELD_KIND_UTF8;
        entries[n].value.value.bytes = amqp_cstring_bytes(m->headers[n].value);
    }
    if (m->is_mandatory) {
        entries[n].key = amqp_cstring_bytes("x-bus-seq");
        entries[n].value.kind = AMQP_FIELD_KIND_I64;
        entries[n++].value.value.i64 = (int64_t)seq;
    }
    if (m->copy_to) {
        *copy_to = (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8,
                                        .value.bytes = bus_bytes(m->copy_to)};
        entries[n].key = amqp_cstring_bytes("BCC");
        entries[n].value.kind = AMQP_FIELD_KIND_ARRAY;
        entries[n++].value.value.array = (amqp_array_t){.num_entries = 1, .entries = copy_to};
    }
    if (n == 0)
        return;
    p->_flags |= AMQP_BASIC_HEADERS_FLAG;
    p->headers = (amqp_table_t){.num_entries = (int)n, .entries = entries};
}

static void fill_properties(amqp_basic_properties_t *p, const struct bus_message *m,
                            char expiration[24])
{
    memset(p, 0, sizeof(*p));
    p->_flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
                AMQP_BASIC_DELIVERY_MODE_FLAG;
    p->content_type = bus_bytes(m->content_type ? m->content_type : "text/plain");
    p->content_encoding = bus_bytes(m->content_encoding ? m->content_encoding : "UTF-8");
    p->delivery_mode = m->is_transient ? AMQP_DELIVERY_NONPERSISTENT : AMQP_DELIVERY_PERSISTENT;
    if (m->correlation_id) {
        p->_flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
        p->correlation_id = bus_bytes(m->correlation_id);
    }
    if (m->reply_to) {
        p->_flags |= AMQP_BASIC_REPLY_TO_FLAG;
        p->reply_to = bus_bytes(m->reply_to);
    }
    if (m->message_id) {
        p->_flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
        p->message_id = bus_bytes(m->message_id);
    }
    if (m->user_id) {
        p->_flags |= AMQP_BASIC_USER_ID_FLAG;
        p->user_id = bus_bytes(m->user_id);
    }
    if (m->expiration_ms) {
        snprintf(expiration, 24, "%" PRId64, m->expiration_ms > 0 ? m->expiration_ms : 0);
        p->_flags |= AMQP_BASIC_EXPIRATION_FLAG;
        p->expiration = bus_bytes(expiration);
    }
}

static enum err_code may_publish(struct bus *bus, struct err *err)
{
    /* Confirms and returns are read in between, or a caller that publishes for long without the
     * pump would fill both sockets and wait for ever for itself. */
    if (bus->is_replayed &&
        (bus->ledger.next % READ_EVERY == 0 || bus_ledger_is_full(&bus->ledger)))
        bus_drain(bus);
    if (!bus->conn || !bus->is_ready)
        return err_set(err, ERR_UNAVAIL, "not connected to the broker");
    if (!bus->publishing->is_done)
        return err_set(err, ERR_UNAVAIL, "the broker closed the publishing channel");
    if (bus->is_blocked)
        return err_set(err, ERR_UNAVAIL, "the broker is in alarm and takes no messages");
    if (bus_ledger_is_full(&bus->ledger))
        return err_set(err, ERR_LIMIT, "%d messages wait for their confirm", BUS_UNCONFIRMED_MAX);
    return ERR_OK;
}

static amqp_bytes_t body_of(const struct bus_message *m)
{
    /* librabbitmq's type has no const; it does not write there. */
    return (amqp_bytes_t){.len = m->len, .bytes = (void *)(uintptr_t)m->body};
}

/* basic.publish of 0.11 announces more data behind every full frame, the last one too: push it out.
 */
static void flush_full_frame(struct bus *bus, size_t len)
{
    if (!bus->is_corked && len &&
        len % (size_t)(amqp_get_frame_max(bus->conn) - FRAME_OVERHEAD) == 0)
        set_tcp(bus, TCP_NODELAY, 1);
}

enum err_code bus_publish(struct bus *bus, const struct bus_message *message, uint64_t *ret_seq,
                          struct err *err)
{
    amqp_table_entry_t entries[HEADERS_MAX + 2];
    amqp_field_value_t copy_to;
    amqp_basic_properties_t p;
    char expiration[24];
    enum err_code rc = may_publish(bus, err);

    if (rc == ERR_OK)
        rc = check(bus, message, err);
    if (rc != ERR_OK)
        return rc;
    uint64_t seq = bus_ledger_open(&bus->ledger);
    fill_properties(&p, message, expiration);
    fill_table(&p, entries, &copy_to, message, seq);

    bus_guard_arm(&bus->guard, bus->o.publish_stall_ms);
    int status = amqp_basic_publish(bus->conn, bus->publishing->channel->number,
                                    bus_bytes(message->exchange), bus_bytes(message->routing_key),
                                    message->is_mandatory, 0, &p, body_of(message));
    bus_guard_disarm(&bus->guard);
    if (status != AMQP_STATUS_OK) {
        bus_write_failed(bus, status);
        return err_set(err, ERR_IO, "the connection to the broker broke while writing");
    }
    flush_full_frame(bus, message->len);
    bus->stats.published++;
    bus->stats.bytes_out += message->len;
    if (ret_seq)
        *ret_seq = seq;
    return ERR_OK;
}

/* --- settling deliveries --- */

/* The channel of a tag, or NULL when it is not the one any more on which the delivery came. */
static struct channel *channel_of(struct bus *bus, uint64_t tag, uint64_t epoch)
{
    struct channel *c = bus->conn ? bus_channel_find(bus, (uint16_t)(tag >> 48)) : NULL;

    if (c && c->state == CHANNEL_OPEN && c->epoch == epoch)
        return c;
    bus->stats.stale_settles++;
    return NULL;
}

static uint64_t broker_tag(uint64_t tag)
{
    return tag & ((UINT64_C(1) << 48) - 1);
}

static void ack(struct bus *bus, uint64_t tag, uint64_t epoch, bool is_multiple)
{
    const struct channel *c = channel_of(bus, tag, epoch);

    if (!c)
        return;
    bus_guard_arm(&bus->guard, bus->o.publish_stall_ms);
    int status = amqp_basic_ack(bus->conn, c->number, broker_tag(tag), is_multiple);
    bus_guard_disarm(&bus->guard);
    bus->stats.acked++;
    if (status != AMQP_STATUS_OK)
        bus_write_failed(bus, status);
}

void bus_ack(struct bus *bus, uint64_t tag, uint64_t epoch)
{
    ack(bus, tag, epoch, false);
}

void bus_ack_upto(struct bus *bus, uint64_t tag, uint64_t epoch)
{
    ack(bus, tag, epoch, true);
}

void bus_reject(struct bus *bus, uint64_t tag, uint64_t epoch, bool is_requeue)
{
    const struct channel *c = channel_of(bus, tag, epoch);

    if (!c)
        return;
    bus_guard_arm(&bus->guard, bus->o.publish_stall_ms);
    int status = amqp_basic_reject(bus->conn, c->number, broker_tag(tag), is_requeue);
    bus_guard_disarm(&bus->guard);
    bus->stats.rejected++;
    if (status != AMQP_STATUS_OK)
        bus_write_failed(bus, status);
}
