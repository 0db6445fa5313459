#include "tests/bench/floor.h"

#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONSUME = 1, PUBLISH = 2 }; /* channels */

/* --- what is in a message --- */

/* Fixed width, so that a handler finds its members without decoding: the floor does no JSON work.
 */
#define HEAD_FORMAT "{\"id\":\"%.36s\",\"nsr\":\"%.36s\",\"vnf\":%d,\"k\":%02d,\"pad\":"
enum {
    ID_AT = 7,
    NSR_AT = 52,
    CHAIN_AT = 96,
    STEP_AT = 102,
    PAD_AT = 111,
    STEP_BASE = 10,
    PADS = 16
};

static char *big_pads[PADS], *small_pads[PADS];
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int random_below(int limit)
{
    return (int)(next_random() % (uint64_t)limit);
}

void seed_random(void)
{
    random_state = 88172645463325252ULL ^ (uint64_t)time(NULL) ^ 0x1234567ULL * (uint64_t)getpid();
    for (int i = 0; i < 9; i++)
        next_random();
}

/* Ours and not libuuid's: the floor must not measure getrandom(). */
void new_id(char id[ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits[2] = {next_random(), next_random()};

    for (int i = 0; i < ID_SIZE - 1; i++) {
        uint64_t *half = &bits[i >= 18];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            id[i] = '-';
            continue;
        }
        id[i] = digits[*half & 15];
        *half >>= 4;
    }
    id[ID_SIZE - 1] = '\0';
}

void nsr_id(char id[ID_SIZE], int n)
{
    uint64_t spread =
        (uint64_t)n * 0x9E3779B97F4A7C15ULL; /* or all would fall into one index page */

    snprintf(id, ID_SIZE, "%08x-%04x-4000-8000-%012u", (unsigned)(spread >> 32),
             (unsigned)(spread >> 16) & 0xffffU, (unsigned)n % 1000000000U);
}

int nsr_number(const char id[ID_SIZE])
{
    return atoi(id + 24);
}

static int write_instance(char *text, size_t size, int n)
{
    char id[ID_SIZE], vim_id[ID_SIZE];

    new_id(id);
    new_id(vim_id);
    return snprintf(
        text, size,
        "%s{\"id\":\"%s\",\"hbVersion\":%d,\"vim_id\":\"%s\","
        "\"hostname\":\"iperf-server-%d\",\"state\":\"ACTIVE\","
        "\"vnfComponent\":{\"connection_point\":[{\"virtual_link_reference\":\"private\","
        "\"floatingIp\":\"random\",\"interfaceId\":%d}]},"
        "\"ips\":[{\"netName\":\"private\",\"ip\":\"10.%d.%d.%d\"}],\"floatingIps\":[]}",
        n > 0 ? "," : "", id, random_below(9), vim_id, random_below(900000), n, random_below(250),
        random_below(250), random_below(250));
}

char *new_filler(size_t length)
{
    char *text = malloc(length + 1), instance[600];
    size_t used = 1;

    if (!text)
        fail("filler", "out of memory");
    text[0] = '[';
    for (int n = 0;; n++) {
        size_t bytes = (size_t)write_instance(instance, sizeof instance, n);
        if (used + bytes + 24 > length)
            break;
        memcpy(text + used, instance, bytes);
        used += bytes;
    }
    if (used > 1)
        text[used++] = ',';
    text[used++] = '"';
    memset(text + used, 'x', length - used - 2);
    memcpy(text + length - 2, "\"]", 3);
    return text;
}

void prepare_messages(void)
{
    for (int i = 0; i < PADS; i++) {
        big_pads[i] = new_filler(BIG_BYTES - PAD_AT - 1);
        small_pads[i] = new_filler(SMALL_BYTES - PAD_AT - 1);
    }
}

void make_message(struct outgoing *out, const char *queue, const char *nsr, int chain, int step,
                  bool is_big)
{
    const char *pad = (is_big ? big_pads : small_pads)[random_below(PADS)];

    new_id(out->id);
    memcpy(out->nsr, nsr, ID_SIZE);
    out->queue = queue;
    out->length = is_big ? BIG_BYTES : SMALL_BYTES;
    snprintf(out->body, PAD_AT + 1, HEAD_FORMAT, out->id, nsr, chain, step + STEP_BASE);
    memcpy(out->body + PAD_AT, pad, out->length - PAD_AT - 1);
    out->body[out->length - 1] = '}';
}

static void read_message(struct message *message, const char *body)
{
    memcpy(message->id, body + ID_AT, ID_SIZE - 1);
    message->id[ID_SIZE - 1] = '\0';
    memcpy(message->nsr, body + NSR_AT, ID_SIZE - 1);
    message->nsr[ID_SIZE - 1] = '\0';
    message->chain = body[CHAIN_AT] - '0';
    message->step = (body[STEP_AT] - '0') * 10 + body[STEP_AT + 1] - '0' - STEP_BASE;
}

/* --- the connection --- */

static const char exchange[] = "floor-exchange";

static void check(struct bus *bus, const char *what)
{
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(bus->connection);

    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
        if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
            amqp_channel_close_t *closed = reply.reply.decoded;
            char why[256];
            snprintf(why, sizeof why, "%.*s", (int)closed->reply_text.len,
                     (char *)closed->reply_text.bytes);
            fail(what, why);
        }
        fail(what, "refused by the broker");
    }
    fail(what, amqp_error_string2(reply.library_error));
}

struct bus *bus_connect(void)
{
    const struct floor_options *o = &floor_options;
    struct bus *bus = calloc(1, sizeof *bus);
    amqp_rpc_reply_t reply;

    if (!bus || !(bus->connection = amqp_new_connection()))
        fail("bus", "out of memory");
    if (amqp_socket_open(amqp_tcp_socket_new(bus->connection), o->host, o->port) != AMQP_STATUS_OK)
        fail("connect to the broker", o->host);
    reply = amqp_login(bus->connection, o->vhost, 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, o->user,
                       o->password);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        fail("log in to the broker", o->user);
    amqp_channel_open(bus->connection, CONSUME);
    check(bus, "open channel");
    amqp_channel_open(bus->connection, PUBLISH);
    check(bus, "open channel");
    amqp_confirm_select(bus->connection, PUBLISH);
    check(bus, "ask for confirms");
    return bus;
}

void bus_declare(struct bus *bus)
{
    static const char *const queues[] = {"o.vnfm", "o.drv", "vnfm", "drv"};
    amqp_bytes_t name = amqp_cstring_bytes(exchange);

    amqp_exchange_declare(bus->connection, CONSUME, name, amqp_cstring_bytes("topic"), 0, 1, 0, 0,
                          amqp_empty_table);
    check(bus, exchange);
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        amqp_bytes_t queue = amqp_cstring_bytes(queues[i]);
        amqp_queue_delete(bus->connection, CONSUME, queue, 0, 0);
        check(bus, "delete queue");
        amqp_queue_declare(bus->connection, CONSUME, queue, 0, 1, 0, 0, amqp_empty_table);
        check(bus, "declare queue");
        amqp_queue_bind(bus->connection, CONSUME, queue, name, queue, amqp_empty_table);
        check(bus, "bind queue");
    }
}

void bus_consume(struct bus *bus, const char *queue, int prefetch)
{
    amqp_basic_qos(bus->connection, CONSUME, 0, (uint16_t)prefetch, 0);
    check(bus, "prefetch");
    amqp_basic_consume(bus->connection, CONSUME, amqp_cstring_bytes(queue), amqp_empty_bytes, 0, 0,
                       0, amqp_empty_table);
    check(bus, queue);
}

static void on_confirm(struct bus *bus, const amqp_basic_ack_t *ack)
{
    uint64_t from = ack->multiple ? bus->confirmed + 1 : ack->delivery_tag;

    for (uint64_t n = from; n <= ack->delivery_tag; n++)
        bus->is_confirmed[n % RING] = true;
    while (bus->is_confirmed[(bus->confirmed + 1) % RING])
        bus->is_confirmed[++bus->confirmed % RING] = false;
}

static void on_method(struct bus *bus, const amqp_method_t *method)
{
    if (method->id == AMQP_BASIC_DELIVER_METHOD)
        bus->tag = ((amqp_basic_deliver_t *)method->decoded)->delivery_tag;
    else if (method->id == AMQP_BASIC_ACK_METHOD)
        on_confirm(bus, method->decoded);
    else
        fail("unexpected from the broker", amqp_method_name(method->id));
}

static void on_body(struct bus *bus, amqp_bytes_t part)
{
    struct message *message = &bus->arrived[bus->end % RING];

    memcpy(bus->body + bus->received, part.bytes, part.len);
    bus->received += part.len;
    if (bus->received < bus->expected)
        return;
    if (bus->end - bus->first == RING)
        fail("arrived", "more than the prefetch allows");
    read_message(message, bus->body);
    message->tag = bus->tag;
    bus->end++;
}

static void on_frame(struct bus *bus, const amqp_frame_t *frame)
{
    switch (frame->frame_type) {
    case AMQP_FRAME_METHOD:
        on_method(bus, &frame->payload.method);
        break;
    case AMQP_FRAME_HEADER:
        bus->expected = frame->payload.properties.body_size;
        bus->received = 0;
        if (bus->expected > sizeof bus->body)
            fail("message", "larger than any of ours");
        break;
    case AMQP_FRAME_BODY:
        on_body(bus, frame->payload.body_fragment);
        break;
    default:
        break;
    }
}

bool bus_wait(struct bus *bus, int wake_fd, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = amqp_get_sockfd(bus->connection), .events = POLLIN},
                            {.fd = wake_fd, .events = POLLIN}};
    uint64_t times;

    if (amqp_frames_enqueued(bus->connection) || amqp_data_in_buffer(bus->connection))
        return true;
    if (poll(fds, 2, timeout_ms) <= 0)
        return false;
    return !(fds[1].revents & POLLIN) || read(wake_fd, &times, sizeof times) != 0;
}

int bus_read(struct bus *bus, int timeout_ms)
{
    struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

    for (int frames = 0;; frames++) {
        amqp_frame_t frame;
        int rc;
        amqp_maybe_release_buffers(bus->connection);
        rc = amqp_simple_wait_frame_noblock(bus->connection, &frame, &wait);
        if (rc == AMQP_STATUS_TIMEOUT)
            return frames;
        if (rc != AMQP_STATUS_OK)
            fail("read from the broker", amqp_error_string2(rc));
        on_frame(bus, &frame);
        wait = (struct timeval){0, 0};
    }
}

bool bus_is_empty(const struct bus *bus)
{
    return bus->first == bus->end;
}

bool bus_take(struct bus *bus, struct message *message)
{
    if (bus_is_empty(bus))
        return false;
    *message = bus->arrived[bus->first++ % RING];
    return true;
}

uint64_t bus_publish(struct bus *bus, struct outgoing *out)
{
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .content_type = amqp_cstring_bytes("application/json"),
    };
    int rc = amqp_basic_publish(bus->connection, PUBLISH, amqp_cstring_bytes(exchange),
                                amqp_cstring_bytes(out->queue), 0, 0, &properties,
                                (amqp_bytes_t){out->length, out->body});

    if (rc != AMQP_STATUS_OK)
        fail("publish", amqp_error_string2(rc));
    if (++bus->published - bus->confirmed >= RING)
        fail("publish", "too many confirms are owed");
    return bus->published;
}

void bus_ack(struct bus *bus, uint64_t tag)
{
    if (amqp_basic_ack(bus->connection, CONSUME, tag, 1) != AMQP_STATUS_OK)
        fail("acknowledge", "connection lost");
}

void bus_cork(struct bus *bus, bool is_corked)
{
    int value = is_corked;

    setsockopt(amqp_get_sockfd(bus->connection), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}
