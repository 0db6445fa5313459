#include "tests/support/intruder.h"

#include "common/base/macros.h"
#include "common/base/mem.h"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

enum { CHANNEL = 1, LIMIT_S = 60, COPIES_MAX = 64 };

struct intruder {
    const struct bus_options *who;
    amqp_connection_state_t c;
};

static amqp_bytes_t bytes(const char *text)
{
    return amqp_cstring_bytes(text);
}

/* Logs in and opens the channel; 0, or why it is not let in. */
static int enter(struct intruder *i)
{
    const struct bus_options *who = i->who;
    struct timeval limit = {.tv_sec = LIMIT_S};
    i->c = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(i->c);
    if (!socket || amqp_socket_open(socket, who->host, who->port) != AMQP_STATUS_OK)
        fail_msg("connect to the broker");
    amqp_set_rpc_timeout(i->c, &limit);
    amqp_rpc_reply_t reply = amqp_login(i->c, who->vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                        AMQP_SASL_METHOD_PLAIN, who->user, who->password);
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
        return reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD
                   ? ((amqp_connection_close_t *)reply.reply.decoded)->reply_code
                   : AMQP_ACCESS_REFUSED;
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        fail_msg("log in as '%s': %s", who->user, amqp_error_string2(reply.library_error));
    amqp_channel_open(i->c, CHANNEL);
    amqp_confirm_select(i->c, CHANNEL);
    reply = amqp_get_rpc_reply(i->c);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        fail_msg("'%s' has no channel: %s", who->user, amqp_error_string2(reply.library_error));
    return 0;
}

struct intruder *intruder_new(const struct bus_options *who, int *ret_code)
{
    struct intruder *i = xcalloc(1, sizeof(*i));
    i->who = who;
    *ret_code = enter(i);
    if (*ret_code == 0)
        return i;
    intruder_free(i);
    return NULL;
}

void intruder_free(struct intruder *i)
{
    if (!i)
        return;
    amqp_destroy_connection(i->c);
    free(i);
}

/* A method with which the broker closed something: its code, and all is open again. */
static int closed(struct intruder *i, amqp_method_number_t id, void *decoded)
{
    if (id == AMQP_CHANNEL_CLOSE_METHOD) {
        int code = ((amqp_channel_close_t *)decoded)->reply_code;
        amqp_channel_close_ok_t ok = {0};
        amqp_send_method(i->c, CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
        amqp_maybe_release_buffers(i->c);
        amqp_channel_open(i->c, CHANNEL);
        amqp_confirm_select(i->c, CHANNEL);
        if (amqp_get_rpc_reply(i->c).reply_type != AMQP_RESPONSE_NORMAL)
            fail_msg("no channel after %d", code);
        return code;
    }
    if (id != AMQP_CONNECTION_CLOSE_METHOD)
        fail_msg("the broker sent %s", amqp_method_name(id));
    int code = ((amqp_connection_close_t *)decoded)->reply_code;
    amqp_destroy_connection(i->c);
    if (enter(i) != 0)
        fail_msg("'%s' is not let in again after %d", i->who->user, code);
    return code;
}

static int judge(struct intruder *i, const amqp_rpc_reply_t *reply)
{
    if (reply->reply_type == AMQP_RESPONSE_NORMAL) {
        amqp_maybe_release_buffers(i->c);
        return 0;
    }
    if (reply->reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
        fail_msg("'%s': %s", i->who->user, amqp_error_string2(reply->library_error));
    return closed(i, reply->reply.id, reply->reply.decoded);
}

static int answer(struct intruder *i)
{
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(i->c);
    return judge(i, &reply);
}

/* A nack says that a bounded queue is full: the code of that in AMQP. */
static int await_confirm(struct intruder *i)
{
    struct timeval limit = {.tv_sec = LIMIT_S};
    amqp_frame_t frame;
    int rc = amqp_simple_wait_frame_noblock(i->c, &frame, &limit);
    if (rc != AMQP_STATUS_OK || frame.frame_type != AMQP_FRAME_METHOD)
        fail_msg("'%s': no confirm: %s", i->who->user, amqp_error_string2(rc));
    amqp_maybe_release_buffers(i->c);
    if (frame.payload.method.id == AMQP_BASIC_ACK_METHOD)
        return 0;
    if (frame.payload.method.id == AMQP_BASIC_NACK_METHOD)
        return AMQP_RESOURCE_ERROR;
    return closed(i, frame.payload.method.id, frame.payload.method.decoded);
}

int intruder_publish(struct intruder *i, const struct intruder_message *m)
{
    amqp_field_value_t copies[COPIES_MAX];
    amqp_table_entry_t entry = {.value = {.kind = AMQP_FIELD_KIND_ARRAY}};
    amqp_basic_properties_t properties = {._flags = 0};
    int n = 0;
    if (m->header) {
        for (; m->copy_to[n]; n++) {
            assert_true(n < COPIES_MAX);
            copies[n] = (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8};
            copies[n].value.bytes = bytes(m->copy_to[n]);
        }
        entry.key = bytes(m->header);
        entry.value.value.array = (amqp_array_t){.num_entries = n, .entries = copies};
        properties._flags |= AMQP_BASIC_HEADERS_FLAG;
        properties.headers = (amqp_table_t){.num_entries = 1, .entries = &entry};
    }
    if (m->user_id) {
        properties._flags |= AMQP_BASIC_USER_ID_FLAG;
        properties.user_id = bytes(m->user_id);
    }
    int rc = amqp_basic_publish(i->c, CHANNEL, bytes(m->exchange), bytes(m->key), 0, 0, &properties,
                                bytes(m->body));
    if (rc != AMQP_STATUS_OK)
        fail_msg("publish: %s", amqp_error_string2(rc));
    return await_confirm(i);
}

static amqp_table_entry_t text_argument(const char *name, const char *value)
{
    amqp_table_entry_t entry = {.key = bytes(name), .value = {.kind = AMQP_FIELD_KIND_UTF8}};
    entry.value.value.bytes = bytes(value);
    return entry;
}

int intruder_queue_declare(struct intruder *i, const struct intruder_queue *q)
{
    amqp_table_entry_t entries[3] = {
        {.key = bytes("x-message-ttl"), .value = {.kind = AMQP_FIELD_KIND_I32}}};
    amqp_table_t arguments = amqp_empty_table;
    if (q->dead_letter_exchange) {
        entries[1] = text_argument("x-dead-letter-exchange", q->dead_letter_exchange);
        entries[2] = text_argument("x-dead-letter-routing-key", q->dead_letter_key);
        arguments = (amqp_table_t){.num_entries = ARRAY_LEN(entries), .entries = entries};
    }
    amqp_queue_declare(i->c, CHANNEL, bytes(q->name), q->is_passive, q->is_durable, 0, 0,
                       arguments);
    return answer(i);
}

int intruder_exchange_declare(struct intruder *i, const char *name, bool is_passive,
                              const char *alternate)
{
    amqp_table_entry_t entry = text_argument("alternate-exchange", alternate ? alternate : "");
    amqp_table_t arguments = {.num_entries = alternate ? 1 : 0, .entries = &entry};
    amqp_exchange_declare(i->c, CHANNEL, bytes(name), bytes("topic"), is_passive, 1, 0, 0,
                          arguments);
    return answer(i);
}

int intruder_bind(struct intruder *i, const char *queue, const char *exchange, const char *key)
{
    amqp_queue_bind(i->c, CHANNEL, bytes(queue), bytes(exchange), bytes(key), amqp_empty_table);
    return answer(i);
}

int intruder_unbind(struct intruder *i, const char *queue, const char *exchange, const char *key)
{
    amqp_queue_unbind(i->c, CHANNEL, bytes(queue), bytes(exchange), bytes(key), amqp_empty_table);
    return answer(i);
}

int intruder_bind_exchange(struct intruder *i, const char *to, const char *from, const char *key)
{
    amqp_exchange_bind(i->c, CHANNEL, bytes(to), bytes(from), bytes(key), amqp_empty_table);
    return answer(i);
}

int intruder_unbind_exchange(struct intruder *i, const char *to, const char *from, const char *key)
{
    amqp_exchange_unbind(i->c, CHANNEL, bytes(to), bytes(from), bytes(key), amqp_empty_table);
    return answer(i);
}

int intruder_consume(struct intruder *i, const char *queue)
{
    amqp_basic_consume(i->c, CHANNEL, bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    return answer(i);
}

int intruder_purge(struct intruder *i, const char *queue)
{
    amqp_queue_purge(i->c, CHANNEL, bytes(queue));
    return answer(i);
}

int intruder_queue_delete(struct intruder *i, const char *queue)
{
    amqp_queue_delete(i->c, CHANNEL, bytes(queue), 0, 0);
    return answer(i);
}

int intruder_exchange_delete(struct intruder *i, const char *exchange)
{
    amqp_exchange_delete(i->c, CHANNEL, bytes(exchange), 0);
    return answer(i);
}

int intruder_get(struct intruder *i, const char *queue, char **ret_body)
{
    amqp_message_t message;
    amqp_rpc_reply_t reply = amqp_basic_get(i->c, CHANNEL, bytes(queue), 1);
    *ret_body = NULL;
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        return judge(i, &reply);
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD)
        return judge(i, &reply);
    amqp_rpc_reply_t body = amqp_read_message(i->c, CHANNEL, &message, 0);
    if (body.reply_type != AMQP_RESPONSE_NORMAL)
        fail_msg("a message of '%s' broke off", queue);
    *ret_body = xstrndup(message.body.bytes, message.body.len);
    amqp_destroy_message(&message);
    amqp_maybe_release_buffers(i->c);
    return 0;
}

void intruder_take_until(struct intruder *i, const char *queue, const char *last,
                         void (*report)(void *arg, const char *body), void *arg)
{
    bool is_end = false;
    amqp_basic_consume(i->c, CHANNEL, bytes(queue), bytes("taker"), 0, 1, 0, amqp_empty_table);
    if (answer(i) != 0)
        fail_msg("'%s' cannot be emptied", queue);
    while (!is_end) {
        struct timeval limit = {.tv_sec = LIMIT_S};
        amqp_envelope_t envelope;
        amqp_rpc_reply_t reply = amqp_consume_message(i->c, &envelope, &limit, 0);
        if (reply.reply_type != AMQP_RESPONSE_NORMAL)
            fail_msg("'%s': no '%s' came", queue, last);
        AUTO(freep) char *body = xstrndup(envelope.message.body.bytes, envelope.message.body.len);
        amqp_destroy_envelope(&envelope);
        amqp_maybe_release_buffers(i->c);
        is_end = strcmp(body, last) == 0;
        if (!is_end)
            report(arg, body);
    }
    amqp_basic_cancel(i->c, CHANNEL, bytes("taker"));
    if (answer(i) != 0)
        fail_msg("'%s' is consumed for ever", queue);
}
