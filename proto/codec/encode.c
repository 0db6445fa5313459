#include "proto/codec/codec.h"

#include "common/base/base64.h"
#include "common/base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASK_TEXT   "**********"   /* rest-api.md 1.6: ten asterisks */
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void escape(struct sbuf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
    const char *hit = c ? memchr(from, c, sizeof(from) - 1) : NULL;
    char u[6] = {'\\', hit ? to[hit - from] : 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    if (c == 0)
        sbuf_adds(out, REPLACEMENT);
    else
        sbuf_add(out, u, hit ? 2 : 6);
}

void proto_quote(struct sbuf *out, const char *text, size_t len)
{
    size_t from = 0, i = 0, n;
    sbuf_addc(out, '"');
    while (i < len) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            i++;
        } else if (c >= 0x80 && (n = utf8_char(text + i, len - i, NULL)) > 0) {
            i += n;
        } else {
            sbuf_add(out, text + from, i - from);
            if (c >= 0x80)
                sbuf_adds(out, REPLACEMENT);
            else
                escape(out, c);
            from = ++i;
        }
    }
    sbuf_add(out, text + from, len - from);
    sbuf_addc(out, '"');
}

void proto_quotes(struct sbuf *out, const char *text)
{
    proto_quote(out, text, strlen(text));
}

static void integer(struct sbuf *out, int64_t v)
{
    char buf[24], *p = buf + sizeof(buf);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        *--p = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (v < 0)
        *--p = '-';
    sbuf_add(out, p, (size_t)(buf + sizeof(buf) - p));
}

static void real(struct sbuf *out, double v)
{
    char buf[40];
    snprintf(buf, sizeof(buf), "%.15g", v);
    if (strtod(buf, NULL) != v)
        snprintf(buf, sizeof(buf), "%.17g", v);
    sbuf_adds(out, isfinite(v) ? buf : "0");
}

static void strs(struct sbuf *out, const struct proto_strs *l)
{
    sbuf_addc(out, '[');
    for (uint32_t i = 0; i < l->n; i++) {
        if (i)
            sbuf_addc(out, ',');
        proto_quotes(out, l->at[i]);
    }
    sbuf_addc(out, ']');
}

static void bytes(struct sbuf *out, const struct proto_bytes *b, unsigned flags)
{
    if (flags & PROTO_BASE64) {
        sbuf_addc(out, '"');
        base64_add(out, b->at, b->n);
        sbuf_addc(out, '"');
        return;
    }
    sbuf_addc(out, '[');
    for (size_t i = 0; i < b->n; i++) {
        if (i)
            sbuf_addc(out, ',');
        integer(out, (int8_t)b->at[i]);
    }
    sbuf_addc(out, ']');
}

static void map(struct sbuf *out, const struct proto_field *f, const char *at, unsigned flags)
{
    struct proto_map m;
    memcpy(&m, at, sizeof(m));
    bool wide = f->kind == PROTO_STRSMAP || f->kind == PROTO_LISTMAP;
    size_t size = wide ? sizeof(struct proto_listpair) : sizeof(struct proto_pair);
    sbuf_addc(out, '{');
    for (uint32_t i = 0; i < m.n; i++) {
        struct proto_listpair pair = {0};
        memcpy(&pair, (const char *)m.at + i * size, size);
        if (i)
            sbuf_addc(out, ',');
        proto_quotes(out, pair.key);
        sbuf_addc(out, ':');
        void *single;
        memcpy(&single, (const char *)&pair + offsetof(struct proto_pair, value), sizeof(single));
        if (f->kind == PROTO_STRMAP)
            proto_quotes(out, single);
        else if (f->kind == PROTO_MAP)
            proto_encode(f->type, single, flags, out);
        else if (f->kind == PROTO_LISTMAP)
            proto_encode_list(f->type, &pair.value, flags, out);
        else {
            struct proto_strs l;
            memcpy(&l, &pair.value, sizeof(l));
            strs(out, &l);
        }
    }
    sbuf_addc(out, '}');
}

/* Is the member worth writing? `seen`: the text it was decoded from carried it. */
static bool wanted(const struct proto_field *f, const char *at, bool seen, unsigned flags)
{
    bool emit = (flags & PROTO_COMPLETE) && (f->flags & EMIT);
    union {
        const void *p;
        int64_t i;
        double d;
        bool b;
        struct proto_map map;
    } v = {0};
    if (((f->flags & SECRET) && (flags & PROTO_NO_SECRETS)) ||
        ((f->flags & APART) && (flags & PROTO_STORED)))
        return false;
    if (f->flags & ENTITY) {
        emit = flags & (PROTO_ENTITY | PROTO_ENTITY_OUTER);
        seen &= !(flags & PROTO_LEAN);
        if (f->kind == PROTO_STRMAP) {
            memcpy(&v.map, at, sizeof(v.map));
            return v.map.n > 0 || seen || emit;
        }
    }
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:
    case PROTO_REC:
        memcpy(&v.p, at, sizeof(v.p));
        return v.p != NULL;
    case PROTO_INT:
        memcpy(&v.i, at, sizeof(v.i));
        return v.i != 0 || seen || emit;
    case PROTO_BOOL:
        memcpy(&v.b, at, sizeof(v.b));
        if (f->flags & TRUE_IF_ABSENT)
            return !v.b || seen || (flags & PROTO_COMPLETE);
        return v.b || seen || emit;
    case PROTO_REAL:
        memcpy(&v.d, at, sizeof(v.d));
        return v.d != 0 || seen || emit;
    default:
        memcpy(&v.p, at, sizeof(v.p));
        return v.p != NULL || emit; /* collections: first member is `at` */
    }
}

static void raw(struct sbuf *out, const struct proto_raw *r)
{
    if (r->n)
        sbuf_add(out, r->at, r->n);
    else
        sbuf_adds(out, "null");
}

static void value(struct sbuf *out, const struct proto_field *f, const char *at, unsigned flags)
{
    union {
        const void *p;
        int64_t i;
        double d;
        bool b;
        struct proto_strs strs;
        struct proto_bytes bytes;
        struct proto_raw raw;
    } v;
    if ((f->flags & SECRET) && (flags & PROTO_MASK)) {
        sbuf_adds(out, "\"" MASK_TEXT "\"");
        return;
    }
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:     memcpy(&v.p, at, sizeof(v.p)); proto_quotes(out, v.p); break;
    case PROTO_INT:     memcpy(&v.i, at, sizeof(v.i)); integer(out, v.i); break;
    case PROTO_BOOL:    memcpy(&v.b, at, sizeof(v.b)); sbuf_adds(out, v.b ? "true" : "false"); break;
    case PROTO_REAL:    memcpy(&v.d, at, sizeof(v.d)); real(out, v.d); break;
    case PROTO_STRS:    memcpy(&v.strs, at, sizeof(v.strs)); strs(out, &v.strs); break;
    case PROTO_REC:     memcpy(&v.p, at, sizeof(v.p)); proto_encode(f->type, v.p, flags, out); break;
    case PROTO_LIST:    proto_encode_list(f->type, at, flags, out); break;
    case PROTO_BYTES:   memcpy(&v.bytes, at, sizeof(v.bytes)); bytes(out, &v.bytes, flags); break;
    case PROTO_RAW:     memcpy(&v.raw, at, sizeof(v.raw)); raw(out, &v.raw); break;
    case PROTO_STRMAP:
    case PROTO_STRSMAP:
    case PROTO_MAP:
    case PROTO_LISTMAP: map(out, f, at, flags); break;
    }
    /* clang-format on */
}

void proto_encode(const struct proto_type *type, const void *rec, unsigned flags, struct sbuf *out)
{
    const struct proto_rec *head = rec;
    const unsigned inner = flags & ~(unsigned)PROTO_ENTITY_OUTER;
    char sep = '{';
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        const char *at = (const char *)rec + f->offset;
        if (!wanted(f, at, head->seen >> i & 1, flags))
            continue;
        sbuf_grow(out, f->wire_len + (size_t)4);
        char *p = out->s + out->len;
        p[0] = sep;
        p[1] = '"';
        memcpy(p + 2, f->wire, f->wire_len);
        p[2 + f->wire_len] = '"';
        p[3 + f->wire_len] = ':';
        out->len += f->wire_len + (size_t)4;
        sep = ',';
        value(out, f, at, inner);
    }
    for (const struct proto_extra *x = head->extra; x; x = x->next) {
        sbuf_addc(out, sep);
        sep = ',';
        proto_quotes(out, x->key);
        sbuf_addc(out, ':');
        sbuf_add(out, x->value, x->value_len);
    }
    if (sep == '{')
        sbuf_addc(out, '{');
    sbuf_addc(out, '}');
}

void proto_encode_list(const struct proto_type *type, const void *list, unsigned flags,
                       struct sbuf *out)
{
    struct proto_list l;
    memcpy(&l, list, sizeof(l));
    sbuf_addc(out, '[');
    for (uint32_t i = 0; i < l.n; i++) {
        if (i)
            sbuf_addc(out, ',');
        proto_encode(type, l.at[i], flags, out);
    }
    sbuf_addc(out, ']');
}
