#include "tests/support/attack.h"

#include "common/base/macros.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

enum { CHANNEL = 1, LIMIT_S = 60 };

static amqp_bytes_t bytes(const char *text)
{
    return amqp_cstring_bytes(text);
}

/* *ret_code: 0, or what the broker said. */
static void judge(const amqp_rpc_reply_t *reply, int *ret_code)
{
    *ret_code = 0;
    if (reply->reply_type == AMQP_RESPONSE_NORMAL)
        return;
    if (reply->reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
        fail_msg("%s", amqp_error_string2(reply->library_error));
    if (reply->reply.id == AMQP_CHANNEL_CLOSE_METHOD)
        *ret_code = ((amqp_channel_close_t *)reply->reply.decoded)->reply_code;
    else
        *ret_code = ((amqp_connection_close_t *)reply->reply.decoded)->reply_code;
}

static amqp_connection_state_t enter(const struct bus_options *who)
{
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(c);
    int code;
    if (!socket || amqp_socket_open(socket, who->host, who->port) != AMQP_STATUS_OK)
        fail_msg("connect to the broker");
    amqp_rpc_reply_t reply = amqp_login(c, who->vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                        AMQP_SASL_METHOD_PLAIN, who->user, who->password);
    judge(&reply, &code);
    if (code)
        fail_msg("log in as '%s': %d", who->user, code);
    amqp_channel_open(c, CHANNEL);
    reply = amqp_get_rpc_reply(c);
    judge(&reply, &code);
    assert_int_equal(code, 0);
    return c;
}

/* The answer to the last call; the connection goes. */
static int leave(amqp_connection_state_t c)
{
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(c);
    int code;
    judge(&reply, &code);
    amqp_destroy_connection(c);
    return code;
}

static int await_confirm(amqp_connection_state_t c)
{
    struct timeval limit = {.tv_sec = LIMIT_S};
    amqp_frame_t frame;
    int code = amqp_simple_wait_frame_noblock(c, &frame, &limit);
    if (code != AMQP_STATUS_OK || frame.frame_type != AMQP_FRAME_METHOD)
        fail_msg("no confirm: %s", amqp_error_string2(code));
    if (frame.payload.method.id == AMQP_CHANNEL_CLOSE_METHOD)
        return ((amqp_channel_close_t *)frame.payload.method.decoded)->reply_code;
    assert_int_equal(frame.payload.method.id, AMQP_BASIC_ACK_METHOD);
    return 0;
}

int attack_publish(const struct bus_options *who, const char *exchange, const char *key,
                   const char *header, const char *copy_to, const char *body)
{
    amqp_connection_state_t c = enter(who);
    amqp_field_value_t copy = {.kind = AMQP_FIELD_KIND_UTF8};
    amqp_table_entry_t entry = {.value = {.kind = AMQP_FIELD_KIND_ARRAY}};
    amqp_basic_properties_t properties = {._flags = 0};
    if (header) {
        copy.value.bytes = bytes(copy_to);
        entry.key = bytes(header);
        entry.value.value.array = (amqp_array_t){.num_entries = 1, .entries = &copy};
        properties._flags |= AMQP_BASIC_HEADERS_FLAG;
        properties.headers = (amqp_table_t){.num_entries = 1, .entries = &entry};
    }
    amqp_confirm_select(c, CHANNEL);
    int rc =
        amqp_basic_publish(c, CHANNEL, bytes(exchange), bytes(key), 0, 0, &properties, bytes(body));
    if (rc != AMQP_STATUS_OK)
        fail_msg("publish: %s", amqp_error_string2(rc));
    int code = await_confirm(c);
    amqp_destroy_connection(c);
    return code;
}

static amqp_table_entry_t text_argument(const char *name, const char *value)
{
    amqp_table_entry_t entry = {.key = bytes(name), .value = {.kind = AMQP_FIELD_KIND_UTF8}};
    entry.value.value.bytes = bytes(value);
    return entry;
}

int attack_dead_letter(const struct bus_options *who, const char *queue, const char *exchange,
                       const char *key)
{
    amqp_connection_state_t c = enter(who);
    amqp_table_entry_t entries[] = {
        text_argument("x-dead-letter-exchange", exchange),
        text_argument("x-dead-letter-routing-key", key),
        {.key = bytes("x-message-ttl"), .value = {.kind = AMQP_FIELD_KIND_I32}}};
    amqp_table_t arguments = {.num_entries = ARRAY_LEN(entries), .entries = entries};
    amqp_queue_declare(c, CHANNEL, bytes(queue), 0, 0, 0, 1, arguments);
    return leave(c);
}

int attack_alternate(const struct bus_options *who, const char *exchange, const char *alternate)
{
    amqp_connection_state_t c = enter(who);
    amqp_table_entry_t entry = text_argument("alternate-exchange", alternate);
    amqp_table_t arguments = {.num_entries = 1, .entries = &entry};
    amqp_exchange_declare(c, CHANNEL, bytes(exchange), bytes("topic"), 0, 0, 0, 0, arguments);
    return leave(c);
}

int attack_bind(const struct bus_options *who, const char *queue, const char *exchange,
                const char *key)
{
    amqp_connection_state_t c = enter(who);
    amqp_queue_bind(c, CHANNEL, bytes(queue), bytes(exchange), bytes(key), amqp_empty_table);
    return leave(c);
}

int attack_bind_exchange(const struct bus_options *who, const char *to, const char *from,
                         const char *key)
{
    amqp_connection_state_t c = enter(who);
    amqp_exchange_bind(c, CHANNEL, bytes(to), bytes(from), bytes(key), amqp_empty_table);
    return leave(c);
}
