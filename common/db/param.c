#include "common/db/internal.h"

#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

/* array_recv of PostgreSQL: int32 dimensions, int32 has_null, uint32 element type, then for each
 * dimension int32 length, int32 lower bound, then for each element int32 length (-1: NULL) and its
 * bytes. The header is patched when the array is sent. */
enum { HEADER = 20, HEADER_EMPTY = 12, MAX_ARRAY_BYTES = 256 << 20 };

static void add_u32(struct sbuf *b, uint32_t value)
{
    uint32_t net = htonl(value);
    sbuf_add(b, &net, sizeof(net));
}

static void put_u32(char *at, uint32_t value)
{
    uint32_t net = htonl(value);
    memcpy(at, &net, sizeof(net));
}

/* False when the element is to be dropped, as the array will be refused anyway. */
static bool element_begin(struct db_array *a, uint32_t len)
{
    static const char header[HEADER];
    if (len > MAX_ARRAY_BYTES || a->data.len > (size_t)MAX_ARRAY_BYTES - len)
        a->bad = "the array is larger than 256 MiB";
    if (a->bad)
        return false;
    if (a->data.len == 0)
        sbuf_add(&a->data, header, HEADER);
    a->n++;
    return true;
}

void db_array_null(struct db_array *a)
{
    if (!element_begin(a, 0))
        return;
    add_u32(&a->data, UINT32_MAX);
    a->has_null = true;
}

void db_array_textn(struct db_array *a, const char *text, size_t len)
{
    if (!text) {
        db_array_null(a);
        return;
    }
    if (len && memchr(text, '\0', len))
        a->bad = "a text of the array contains a NUL byte";
    if (!element_begin(a, len > MAX_ARRAY_BYTES ? UINT32_MAX : (uint32_t)len))
        return;
    sbuf_grow(&a->data, len + 4);
    add_u32(&a->data, (uint32_t)len);
    sbuf_add(&a->data, text, len);
}

void db_array_text(struct db_array *a, const char *text)
{
    db_array_textn(a, text, text ? strlen(text) : 0);
}

void db_array_int(struct db_array *a, int64_t value)
{
    struct db_array narrow = DB_INT4_ARRAY;
    if (a->element == narrow.element && (value < INT32_MIN || value > INT32_MAX))
        a->bad = "a number of the array does not fit into 32 bits";
    if (!element_begin(a, 8))
        return;
    if (a->element == narrow.element) {
        add_u32(&a->data, 4);
        add_u32(&a->data, (uint32_t)(int32_t)value);
    } else {
        uint64_t net = htobe64((uint64_t)value);
        add_u32(&a->data, 8);
        sbuf_add(&a->data, &net, sizeof(net));
    }
}

void db_array_bool(struct db_array *a, bool value)
{
    if (!element_begin(a, 1))
        return;
    add_u32(&a->data, 1);
    sbuf_addc(&a->data, value ? 1 : 0);
}

void db_array_clear(struct db_array *a)
{
    sbuf_clear(&a->data);
    a->n = 0;
    a->has_null = false;
    a->bad = NULL;
}

void db_array_release(struct db_array *a)
{
    db_array_clear(a);
    sbuf_release(&a->data);
}

/* Patch the header; returns the length on the wire. */
static size_t array_finish(struct db_array *a)
{
    static const char header[HEADER];
    if (a->data.len == 0)
        sbuf_add(&a->data, header, HEADER);
    put_u32(a->data.s, a->n ? 1 : 0);
    put_u32(a->data.s + 4, a->has_null ? 1 : 0);
    put_u32(a->data.s + 8, a->element);
    put_u32(a->data.s + 12, (uint32_t)a->n);
    put_u32(a->data.s + 16, 1);
    return a->n ? a->data.len : HEADER_EMPTY;
}

static enum err_code refuse(struct err *err, enum err_code code,
                            const struct db_statement *statement, size_t i, const char *why)
{
    err_set(err, code, "statement '%s': parameter $%zu: %s", statement->name, i + 1, why);
    if (code == ERR_INVALID)
        err_hint(err, "PostgreSQL's text cannot hold it: refuse such input where it enters");
    return code;
}

enum err_code db_params_encode(struct db_wire_params *wire, const struct db_statement *statement,
                               const struct db_param *params, size_t n, struct err *err)
{
    if (n > DB_MAX_PARAMS)
        return err_set(err, ERR_LIMIT, "statement '%s': more than %d parameters", statement->name,
                       DB_MAX_PARAMS);
    for (size_t i = 0; i < n; i++) {
        const struct db_param *p = &params[i];
        size_t len = p->len;
        wire->values[i] = NULL;
        wire->formats[i] = p->kind == DB_PARAM_ARRAY || p->kind == DB_PARAM_TEXTN;
        switch (p->kind) {
        case DB_PARAM_NULL:
            len = 0;
            break;
        case DB_PARAM_TEXT:
        case DB_PARAM_TEXTN:
            /* libpq takes text up to its first NUL: the rest would be lost without a word. */
            if (len && memchr(p->text, '\0', len))
                return refuse(err, ERR_INVALID, statement, i, "the text contains a NUL byte");
            if (len > MAX_ARRAY_BYTES)
                return refuse(err, ERR_LIMIT, statement, i, "the text is larger than 256 MiB");
            wire->values[i] = p->text;
            break;
        case DB_PARAM_INT:
            snprintf(wire->numbers[i], sizeof(wire->numbers[i]), "%" PRId64, p->i);
            wire->values[i] = wire->numbers[i];
            break;
        case DB_PARAM_BOOL:
            wire->values[i] = p->i ? "t" : "f";
            break;
        case DB_PARAM_ARRAY:
            if (p->array->bad)
                return refuse(err, ERR_INVALID, statement, i, p->array->bad);
            len = array_finish(p->array);
            wire->values[i] = p->array->data.s;
            break;
        }
        wire->lengths[i] = (int)len;
    }
    return ERR_OK;
}
