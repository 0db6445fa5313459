#include "proto/codec/codec.h"
#include "proto/codec/scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum err_code value(struct scan *s, const struct proto_field *f, char *at, bool *ret_present);
static enum err_code record(struct scan *s, const struct proto_type *type, void **ret);

static enum err_code wrong(struct scan *s, const char *wanted)
{
    enum scan_token got = scan_peek(s);
    return scan_fail(s, ERR_SYNTAX, "expected %s, found %s", wanted,
                     s->at == s->end ? "the end" : scan_token_name(got));
}

static enum err_code str(struct scan *s, unsigned flags, const char **ret)
{
    size_t len;
    const char *text, *key;
    bool more;
    enum err_code rc;
    switch (scan_peek(s)) {
    case SCAN_STRING: return scan_string(s, ret, &len);
    case SCAN_NUMBER:
    case SCAN_TRUE:
    case SCAN_FALSE:
        if ((rc = scan_scalar_slice(s, &text, &len)) == ERR_OK)
            *ret = arena_strndup(s->arena, text, len);
        return rc;
    case SCAN_OBJECT:
        if (!(flags & NAME_OF_OBJECT))
            return wrong(s, "a string");
        rc = scan_open(s, '{');
        while (rc == ERR_OK && (rc = scan_member(s, &more, &key, &len)) == ERR_OK && more)
            rc = len == 4 && memcmp(key, "name", 4) == 0 && scan_peek(s) == SCAN_STRING ? scan_string(s, ret, &len) : scan_skip(s);
        return rc;
    case SCAN_ARRAY:
        if (!(flags & FIRST_OF_ARRAY))
            return wrong(s, "a string");
        rc = scan_open(s, '[');
        while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more)
            rc = *ret == NULL && scan_peek(s) == SCAN_STRING ? scan_string(s, ret, &len) : scan_skip(s);
        return rc;
    default: return wrong(s, "a string");
    }
}

/* The text of a number, also when it comes in a string; "" counts as absent (*ret_len 0). */
static enum err_code number_text(struct scan *s, char *buf, size_t size, size_t *ret_len)
{
    const char *text;
    size_t len;
    enum scan_token t = scan_peek(s);
    enum err_code rc = t == SCAN_STRING                     ? scan_string(s, &text, &len)
                       : t == SCAN_NUMBER                   ? scan_scalar_slice(s, &text, &len)
                                                            : wrong(s, "a number");
    if (rc != ERR_OK)
        return rc;
    if (len >= size)
        return scan_fail(s, ERR_SYNTAX, "number is too long");
    memcpy(buf, text, len);
    buf[len] = '\0';
    *ret_len = len;
    return ERR_OK;
}

static enum err_code real(struct scan *s, double *ret, bool *ret_present)
{
    char buf[64], *end;
    size_t len;
    enum err_code rc = number_text(s, buf, sizeof(buf), &len);
    if (rc != ERR_OK || len == 0)
        return *ret_present = false, rc;
    double d = strtod(buf, &end);
    if (*end || !isfinite(d))
        return scan_fail(s, ERR_SYNTAX, "expected a number");
    *ret = d;
    return ERR_OK;
}

static enum err_code integer(struct scan *s, int64_t *ret, bool *ret_present)
{
    char buf[64], *end;
    size_t len;
    enum err_code rc = number_text(s, buf, sizeof(buf), &len);
    if (rc != ERR_OK || len == 0)
        return *ret_present = false, rc;
    errno = 0;
    long long v = strtoll(buf, &end, 10);
    if (*end == '.' || *end == 'e' || *end == 'E') { /* 5.0 is an integer too (Gson and JavaScript peers) */
        double d = strtod(buf, &end);
        if (*end == '\0' && d == floor(d) && fabs(d) < 9e15) {
            *ret = (int64_t)d;
            return ERR_OK;
        }
    }
    if (*end || errno)
        return scan_fail(s, ERR_SYNTAX, "expected an integer");
    *ret = v;
    return ERR_OK;
}

static enum err_code boolean(struct scan *s, bool *ret)
{
    const char *text;
    size_t len;
    enum scan_token t = scan_peek(s);
    if (t != SCAN_TRUE && t != SCAN_FALSE && t != SCAN_STRING)
        return wrong(s, "true or false");
    enum err_code rc = t == SCAN_STRING ? scan_string(s, &text, &len) : scan_scalar_slice(s, &text, &len);
    if (rc != ERR_OK)
        return rc;
    if (len == 4 && memcmp(text, "true", 4) == 0)
        *ret = true;
    else if (len == 5 && memcmp(text, "false", 5) == 0)
        *ret = false;
    else
        return scan_fail(s, ERR_SYNTAX, "expected true or false");
    return ERR_OK;
}

static bool skip_null(struct scan *s)
{
    const char *text;
    size_t len;
    return scan_peek(s) == SCAN_NULL && scan_scalar_slice(s, &text, &len) == ERR_OK && len == 4;
}

/* Non-NULL `at` with n == 0 says "present and empty", which a faithful encoder writes back. */
static void *empty_array(struct scan *s)
{
    return arena_alloc(s->arena, 1);
}

static enum err_code strs(struct scan *s, struct proto_strs *ret)
{
    bool more;
    if (scan_peek(s) != SCAN_ARRAY)
        return wrong(s, "an array of strings");
    enum err_code rc = scan_open(s, '[');
    *ret = (struct proto_strs){ 0 };
    while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more) {
        const char *text = NULL;
        if (skip_null(s))
            continue;
        if ((rc = str(s, NAME_OF_OBJECT, &text)) == ERR_OK && text)
            proto_list_add(ret, text, s->arena);
    }
    if (!ret->at)
        ret->at = empty_array(s);
    return rc;
}

static enum err_code list(struct scan *s, const struct proto_type *type, struct proto_list *ret)
{
    bool more;
    if (scan_peek(s) != SCAN_ARRAY)
        return wrong(s, "an array");
    enum err_code rc = scan_open(s, '[');
    *ret = (struct proto_list){ 0 };
    while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more) {
        void *rec;
        if (skip_null(s))
            continue;
        if ((rc = record(s, type, &rec)) == ERR_OK)
            proto_list_add(ret, rec, s->arena);
    }
    if (!ret->at)
        ret->at = empty_array(s);
    return rc;
}

/* All four kinds of maps: the pair's layout is { key, value }, the value's size differs. */
static enum err_code map(struct scan *s, const struct proto_field *f, size_t pair_size, struct proto_map *ret)
{
    struct proto_field inner = { .type = f->type, .wire = f->wire };
    inner.kind = f->kind == PROTO_STRMAP    ? PROTO_STR
                 : f->kind == PROTO_STRSMAP ? PROTO_STRS
                 : f->kind == PROTO_MAP     ? PROTO_REC
                                            : PROTO_LIST;
    bool more;
    const char *key;
    size_t len;
    if (scan_peek(s) != SCAN_OBJECT)
        return wrong(s, "an object");
    enum err_code rc = scan_open(s, '{');
    char *array = NULL;
    uint32_t n = 0;
    while (rc == ERR_OK && (rc = scan_member(s, &more, &key, &len)) == ERR_OK && more) {
        bool present = true;
        if (n >= PROTO_COUNT_MAX)
            return scan_fail(s, ERR_LIMIT, "more than %d members", PROTO_COUNT_MAX);
        array = arena_grow_array(s->arena, array, n, pair_size);
        char *pair = array + n * pair_size;
        memset(pair, 0, pair_size);
        const char *copy = arena_strndup(s->arena, key, len);
        memcpy(pair, &copy, sizeof(copy));
        rc = value(s, &inner, pair + offsetof(struct proto_pair, value), &present);
        n += rc == ERR_OK && present;
    }
    ret->at = array ? (void *)array : empty_array(s);
    ret->n = n;
    return rc;
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static enum err_code base64(struct scan *s, struct proto_bytes *ret)
{
    const char *text;
    size_t len;
    enum err_code rc = scan_string(s, &text, &len);
    if (rc != ERR_OK)
        return rc;
    uint8_t *out = arena_alloc(s->arena, len / 4 * 3 + 3);
    size_t n = 0;
    uint32_t bits = 0;
    int have = 0;
    while (len && text[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++) {
        int d = base64_digit((unsigned char)text[i]);
        if (text[i] == '\n' || text[i] == '\r') /* MIME lines */
            continue;
        if (d < 0)
            return scan_fail(s, ERR_SYNTAX, "not base64");
        bits = bits << 6 | (uint32_t)d;
        if ((have += 6) >= 8)
            out[n++] = (uint8_t)(bits >> (have -= 8));
    }
    *ret = (struct proto_bytes){ out, n };
    return ERR_OK;
}

/* Script payloads are longer than any list of records: their own bound is the size of the message. */
static enum err_code bytes(struct scan *s, struct proto_bytes *ret)
{
    if (scan_peek(s) == SCAN_STRING)
        return base64(s, ret);
    if (scan_peek(s) != SCAN_ARRAY)
        return wrong(s, "an array of bytes or base64 text");
    enum err_code rc = scan_open(s, '[');
    uint8_t *out = arena_alloc(s->arena, (size_t)(s->end - s->at) / 2 + 1);
    size_t n = 0;
    bool more, present = true;
    while (rc == ERR_OK) {
        int64_t v = 0;
        s->path[s->depth].index = n ? 0 : -1;
        if ((rc = scan_element(s, &more)) != ERR_OK || !more)
            break;
        s->path[s->depth].index = (long)n;
        if ((rc = integer(s, &v, &present)) == ERR_OK && (v < -128 || v > 255))
            rc = scan_fail(s, ERR_SYNTAX, "not a byte");
        out[n++] = (uint8_t)v;
    }
    *ret = (struct proto_bytes){ out, n };
    return rc;
}

static enum err_code raw(struct scan *s, struct proto_raw *ret)
{
    scan_peek(s);
    const char *begin = s->at;
    enum err_code rc = scan_skip(s);
    if (rc == ERR_OK) {
        ret->n = (size_t)(s->at - begin);
        ret->at = arena_strndup(s->arena, begin, ret->n);
    }
    return rc;
}

static enum err_code object_in_text(struct scan *s, const struct proto_type *type, void **ret)
{
    const char *text;
    size_t len;
    enum err_code rc = scan_string(s, &text, &len);
    if (rc == ERR_OK && (rc = proto_decode(type, text, len, s->flags, s->arena, ret, s->err)) != ERR_OK)
        err_add(s->err, "object in text");
    return rc;
}

#define CALL_GENERIC(generic, expr)                                                                \
    do {                                                                                           \
        generic tmp_ = { 0 };                                                                      \
        rc = (expr);                                                                               \
        memcpy(at, &tmp_, sizeof(tmp_));                                                           \
    } while (0)

static enum err_code value(struct scan *s, const struct proto_field *f, char *at, bool *ret_present)
{
    enum err_code rc = ERR_OK;
    void *rec;
    if (skip_null(s)) {
        *ret_present = false;
        return ERR_OK;
    }
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR: CALL_GENERIC(const char *, str(s, f->flags, &tmp_)); break;
    case PROTO_INT: CALL_GENERIC(int64_t, integer(s, &tmp_, ret_present)); break;
    case PROTO_BOOL: CALL_GENERIC(bool, boolean(s, &tmp_)); break;
    case PROTO_REAL: CALL_GENERIC(double, real(s, &tmp_, ret_present)); break;
    case PROTO_STRS: CALL_GENERIC(struct proto_strs, strs(s, &tmp_)); break;
    case PROTO_STRMAP:
    case PROTO_MAP: CALL_GENERIC(struct proto_map, map(s, f, sizeof(struct proto_pair), &tmp_)); break;
    case PROTO_STRSMAP:
    case PROTO_LISTMAP: CALL_GENERIC(struct proto_map, map(s, f, sizeof(struct proto_listpair), &tmp_)); break;
    case PROTO_LIST: CALL_GENERIC(struct proto_list, list(s, f->type, &tmp_)); break;
    case PROTO_BYTES: CALL_GENERIC(struct proto_bytes, bytes(s, &tmp_)); break;
    case PROTO_RAW: CALL_GENERIC(struct proto_raw, raw(s, &tmp_)); break;
    case PROTO_REC:
        rc = (f->flags & OBJECT_IN_TEXT) && scan_peek(s) == SCAN_STRING ? object_in_text(s, f->type, &rec)
                                                                        : record(s, f->type, &rec);
        if (rc == ERR_OK)
            memcpy(at, &rec, sizeof(rec));
        break;
    }
    return rc;
}

/* Members mostly come in the order of the table, so the search starts behind the last hit. */
static int find_field(const struct proto_type *type, uint32_t hint, const char *key, size_t len)
{
    for (uint32_t k = 0; k < type->n_fields; k++) {
        uint32_t i = hint + k < type->n_fields ? hint + k : hint + k - type->n_fields;
        const struct proto_field *f = &type->fields[i];
        if (f->wire_len == len && memcmp(f->wire, key, len) == 0)
            return (int)i;
        if (f->alias && strlen(f->alias) == len && memcmp(f->alias, key, len) == 0)
            return (int)i;
    }
    return -1;
}

static enum err_code keep_extra(struct scan *s, const char *key, size_t len, struct proto_extra ***tail)
{
    struct proto_raw text;
    struct proto_extra *x = arena_alloc(s->arena, sizeof(*x));
    x->key = arena_strndup(s->arena, key, len);
    enum err_code rc = raw(s, &text);
    if (rc != ERR_OK)
        return rc;
    x->value = text.at;
    x->value_len = text.n;
    if (s->arena->used > s->arena_limit)
        return scan_fail(s, ERR_LIMIT, "document needs more than %zu MiB", PROTO_ARENA_MAX >> 20);
    **tail = x;
    *tail = &x->next;
    return ERR_OK;
}

static enum err_code record(struct scan *s, const struct proto_type *type, void **ret)
{
    if (scan_peek(s) != SCAN_OBJECT)
        return wrong(s, "an object");
    enum err_code rc = scan_open(s, '{');
    if (rc != ERR_OK)
        return rc;
    if (s->arena->used > s->arena_limit)
        return scan_fail(s, ERR_LIMIT, "document needs more than %zu MiB", PROTO_ARENA_MAX >> 20);
    char *rec = arena_alloc(s->arena, type->size);
    struct proto_rec *head = (struct proto_rec *)(void *)rec;
    struct proto_extra **tail = &head->extra;
    uint32_t hint = 0;
    const char *key;
    size_t len;
    bool more;
    while ((rc = scan_member(s, &more, &key, &len)) == ERR_OK && more) {
        int i = find_field(type, hint, key, len);
        bool present = true;
        if (i < 0)
            rc = keep_extra(s, key, len, &tail);
        else if ((rc = value(s, &type->fields[i], rec + type->fields[i].offset, &present)) == ERR_OK && present)
            head->seen |= UINT64_C(1) << i, hint = (uint32_t)i + 1;
        if (rc != ERR_OK)
            return rc;
    }
    *ret = rec;
    return rc;
}

enum err_code proto_decode(const struct proto_type *type, const char *text, size_t len, unsigned flags,
                           struct arena *a, void *ret_rec, struct err *err)
{
    struct scan s;
    void *rec = NULL;
    scan_init(&s, text, len, flags, a, err);
    enum err_code rc = record(&s, type, &rec);
    if (rc == ERR_OK && (rc = scan_end(&s)) == ERR_OK)
        memcpy(ret_rec, &rec, sizeof(rec));
    return rc;
}

enum err_code proto_decode_list(const struct proto_type *type, const char *text, size_t len, struct arena *a,
                                void *ret_list, struct err *err)
{
    struct scan s;
    struct proto_list got = { 0 };
    scan_init(&s, text, len, 0, a, err);
    enum err_code rc = skip_null(&s) ? ERR_OK : list(&s, type, &got);
    if (rc == ERR_OK && (rc = scan_end(&s)) == ERR_OK)
        memcpy(ret_list, &got, sizeof(got));
    return rc;
}
