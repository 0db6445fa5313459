/* A delivery is one allocation: struct, headers, strings and body behind one another. It is filled
 * by the same code twice: once to count, once to copy. What a peer can make us allocate is bounded:
 * strings and headers come out of one frame (frame_max), the body is checked against max_body
 * before. */
#include "common/base/mem.h"
#include "common/bus/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 64, HEADER_VALUE_MAX = 4096 };

struct packer {
    char *base; /* NULL: only count */
    size_t used;
};

static const char *pack(struct packer *p, const void *data, size_t len)
{
    char *to = p->base ? p->base + p->used : NULL;

    if (to) {
        memcpy(to, data, len);
        to[len] = '\0';
    }
    p->used += len + 1;
    return to;
}

static const char *pack_bytes(struct packer *p, amqp_bytes_t bytes)
{
    return pack(p, bytes.bytes ? bytes.bytes : "", bytes.len);
}

static bool is_named(amqp_bytes_t key, const char *name)
{
    return key.len == strlen(name) && memcmp(key.bytes, name, key.len) == 0;
}

static bool is_text(const amqp_field_value_t *v)
{
    return v->kind == AMQP_FIELD_KIND_UTF8 || v->kind == AMQP_FIELD_KIND_BYTES;
}

static bool read_integer(const amqp_field_value_t *v, int64_t *ret)
{
    switch (v->kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
        *ret = v->value.boolean != 0;
        return true;
    case AMQP_FIELD_KIND_I8:
        *ret = v->value.i8;
        return true;
    case AMQP_FIELD_KIND_U8:
        *ret = v->value.u8;
        return true;
    case AMQP_FIELD_KIND_I16:
        *ret = v->value.i16;
        return true;
    case AMQP_FIELD_KIND_U16:
        *ret = v->value.u16;
        return true;
    case AMQP_FIELD_KIND_I32:
        *ret = v->value.i32;
        return true;
    case AMQP_FIELD_KIND_U32:
        *ret = v->value.u32;
        return true;
    case AMQP_FIELD_KIND_I64:
        *ret = v->value.i64;
        return true;
    case AMQP_FIELD_KIND_U64:
    case AMQP_FIELD_KIND_TIMESTAMP:
        *ret = v->value.u64 > INT64_MAX ? INT64_MAX : (int64_t)v->value.u64;
        return true;
    default:
        return false;
    }
}

/* Kinds that have a text. Asked before anything is packed: the copying pass has room for exactly
 * what was counted. */
static bool is_scalar(const amqp_field_value_t *v)
{
    int64_t ignored;

    return is_text(v) ? v->value.bytes.len <= HEADER_VALUE_MAX
                      : v->kind == AMQP_FIELD_KIND_F64 || v->kind == AMQP_FIELD_KIND_F32 ||
                            read_integer(v, &ignored);
}

static const char *pack_scalar(struct packer *p, const amqp_field_value_t *v)
{
    char number[32];
    int64_t integer = 0;
    int n;

    if (is_text(v))
        return pack_bytes(p, v->value.bytes);
    if (v->kind == AMQP_FIELD_KIND_F64)
        n = snprintf(number, sizeof(number), "%.17g", v->value.f64);
    else if (v->kind == AMQP_FIELD_KIND_F32)
        n = snprintf(number, sizeof(number), "%.9g", (double)v->value.f32);
    else if (v->kind == AMQP_FIELD_KIND_BOOLEAN)
        n = snprintf(number, sizeof(number), "%s", v->value.boolean ? "true" : "false");
    else {
        (void)read_integer(v, &integer);
        n = snprintf(number, sizeof(number), "%" PRId64, integer);
    }
    return pack(p, number, (size_t)n);
}

/* The newest death is the first: x-death = [{reason, count, queue, ...}, ...]. */
static void fill_death(struct packer *p, struct bus_delivery *d, const amqp_field_value_t *v)
{
    if (v->kind != AMQP_FIELD_KIND_ARRAY || v->value.array.num_entries < 1 ||
        v->value.array.entries[0].kind != AMQP_FIELD_KIND_TABLE)
        return;
    const amqp_table_t *death = &v->value.array.entries[0].value.table;
    for (int i = 0; i < death->num_entries; i++) {
        const amqp_table_entry_t *e = &death->entries[i];
        if (is_named(e->key, "reason") && is_text(&e->value))
            d->death_reason = pack_bytes(p, e->value.value.bytes);
        else if (is_named(e->key, "count"))
            (void)read_integer(&e->value, &d->death_count);
    }
}

static void fill_headers(struct packer *p, struct bus_delivery *d, struct bus_header *headers,
                         const amqp_table_t *table)
{
    for (int i = 0; i < table->num_entries; i++) {
        const amqp_table_entry_t *e = &table->entries[i];
        struct bus_header h;

        if (is_named(e->key, "x-death"))
            fill_death(p, d, &e->value);
        if (is_named(e->key, "x-delivery-count"))
            (void)read_integer(&e->value, &d->delivery_count);
        if (d->header_n == HEADERS_MAX || !is_scalar(&e->value))
            continue;
        h.name = pack_bytes(p, e->key);
        h.value = pack_scalar(p, &e->value);
        if (is_named(e->key, "x-first-death-queue") && is_text(&e->value))
            d->first_death_queue = h.value;
        if (headers)
            headers[d->header_n] = h;
        d->header_n++;
    }
}

static void fill(struct packer *p, struct bus_delivery *d, struct bus_header *headers,
                 const struct incoming *in, const char *queue, const amqp_basic_properties_t *props)
{
    d->queue = pack(p, queue, strlen(queue));
    d->exchange = pack(p, in->exchange, strlen(in->exchange));
    d->routing_key = pack(p, in->routing_key, strlen(in->routing_key));
    if (props->_flags & AMQP_BASIC_REPLY_TO_FLAG)
        d->reply_to = pack_bytes(p, props->reply_to);
    if (props->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)
        d->correlation_id = pack_bytes(p, props->correlation_id);
    if (props->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG)
        d->content_type = pack_bytes(p, props->content_type);
    if (props->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        d->message_id = pack_bytes(p, props->message_id);
    if (props->_flags & AMQP_BASIC_USER_ID_FLAG)
        d->user_id = pack_bytes(p, props->user_id);
    if (props->_flags & AMQP_BASIC_HEADERS_FLAG)
        fill_headers(p, d, headers, &props->headers);
}

struct bus_delivery *bus_delivery_new(const struct incoming *in, const char *queue,
                                      const amqp_basic_properties_t *p, bool with_body)
{
    struct bus_delivery counted = {0};
    struct packer count = {0};

    fill(&count, &counted, NULL, in, queue, p);

    size_t fixed = sizeof(struct bus_delivery) + counted.header_n * sizeof(struct bus_header);
    size_t body = with_body ? (size_t)in->size + 1 : 0;
    char *memory = xmalloc(fixed + count.used + body);
    struct bus_delivery *d = (void *)memory;
    struct bus_header *headers = (void *)(d + 1);
    struct packer copy = {.base = memory + fixed};

    memset(d, 0, sizeof(*d));
    fill(&copy, d, headers, in, queue, p);
    d->headers = headers;
    d->is_redelivered = in->is_redelivered;
    d->tag = in->tag;
    d->len = (size_t)in->size;
    if (with_body) {
        memory[fixed + count.used + in->size] = '\0';
        d->body = memory + fixed + count.used;
    }
    return d;
}

char *bus_delivery_body(struct bus_delivery *d)
{
    return (char *)d + (d->body - (const char *)d);
}

void bus_delivery_free(struct bus_delivery *delivery)
{
    free(delivery);
}

bool bus_is_dead_letter(const struct bus_delivery *delivery)
{
    return delivery->death_reason || delivery->first_death_queue;
}

const char *bus_delivery_header(const struct bus_delivery *delivery, const char *name)
{
    for (size_t i = 0; i < delivery->header_n; i++)
        if (strcmp(delivery->headers[i].name, name) == 0)
            return delivery->headers[i].value;
    return NULL;
}

int64_t bus_properties_seq(const amqp_basic_properties_t *p)
{
    int64_t seq = -1;

    if (p->_flags & AMQP_BASIC_HEADERS_FLAG)
        for (int i = 0; i < p->headers.num_entries; i++)
            if (is_named(p->headers.entries[i].key, "x-bus-seq"))
                (void)read_integer(&p->headers.entries[i].value, &seq);
    return seq;
}

void bus_copy_short(char to[256], amqp_bytes_t from)
{
    size_t n = from.len < 255 ? from.len : 255;

    if (n)
        memcpy(to, from.bytes, n);
    to[n] = '\0';
}
