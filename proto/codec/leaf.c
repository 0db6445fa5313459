#include "proto/codec/leaf.h"

#include "common/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool leaf_null(struct scan *s)
{
    if (scan_peek(s) != SCAN_NULL || s->end - s->at < 4 || memcmp(s->at, "null", 4) != 0)
        return false;
    s->at += 4;
    return true;
}

static enum err_code wrong_value(struct scan *s, const char *wanted, const char *text, size_t len)
{
    char shown[TEXT_SHOWN_SIZE];
    text_show(text, len, shown);
    return scan_fail(s, ERR_SYNTAX, "expected %s, found %s", wanted, shown);
}

/* Members that hold secrets are texts: where one is wanted, no text is wrong, so none is shown. */
static enum err_code wrong_scalar(struct scan *s, const char *wanted, enum scan_token got)
{
    struct scan ahead = *s;
    struct err ignored = ERR_INIT;
    char shown[TEXT_SHOWN_SIZE];
    ahead.err = &ignored;
    if (scan_skip(&ahead) != ERR_OK)
        return scan_fail(s, ERR_SYNTAX, "expected %s, found %s", wanted, scan_token_name(got));
    bool is_string = got == SCAN_STRING;
    text_show(s->at + is_string, (size_t)(ahead.at - s->at) - 2 * is_string, shown);
    return scan_fail(s, ERR_SYNTAX, "expected %s, found the %s %s", wanted,
                     is_string ? "text" : "number", shown);
}

enum err_code leaf_wrong(struct scan *s, const char *wanted)
{
    enum scan_token got = scan_peek(s);
    const char *kind = s->depth == 0 ? text_foreign_kind(s->begin, s->end - s->begin) : NULL;
    if (kind)
        return scan_fail(s, ERR_SYNTAX, "this is %s, JSON is expected", kind);
    if (got == SCAN_STRING || got == SCAN_NUMBER)
        return wrong_scalar(s, wanted, got);
    return scan_fail(s, ERR_SYNTAX, "expected %s, found %s", wanted,
                     s->at == s->end ? "the end" : scan_token_name(got));
}

static enum err_code name_of_object(struct scan *s, const char **ret)
{
    const char *key;
    size_t len;
    bool more;
    enum err_code rc = scan_open(s, '{');
    while (rc == ERR_OK && (rc = scan_member(s, &more, &key, &len)) == ERR_OK && more) {
        bool is_name = len == 4 && memcmp(key, "name", 4) == 0;
        rc = is_name && scan_peek(s) == SCAN_STRING ? scan_string(s, ret, &len) : scan_skip(s);
    }
    return rc;
}

static enum err_code first_of_array(struct scan *s, const char **ret)
{
    size_t len;
    bool more;
    enum err_code rc = scan_open(s, '[');
    while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more)
        rc = !*ret && scan_peek(s) == SCAN_STRING ? scan_string(s, ret, &len) : scan_skip(s);
    return rc;
}

enum err_code leaf_str(struct scan *s, unsigned flags, const char **ret)
{
    const char *text;
    size_t len;
    enum err_code rc;
    switch (scan_peek(s)) {
    case SCAN_STRING:
        return scan_string(s, ret, &len);
    case SCAN_NUMBER:
    case SCAN_TRUE:
    case SCAN_FALSE:
        if ((rc = scan_scalar_slice(s, &text, &len)) == ERR_OK &&
            (rc = scan_room(s, len)) == ERR_OK)
            *ret = arena_strndup(s->arena, text, len);
        return rc;
    case SCAN_OBJECT:
        return flags & NAME_OF_OBJECT ? name_of_object(s, ret) : leaf_wrong(s, "a string");
    case SCAN_ARRAY:
        return flags & FIRST_OF_ARRAY ? first_of_array(s, ret) : leaf_wrong(s, "a string");
    default:
        return leaf_wrong(s, "a string");
    }
}

/* The text of a number, also when it comes in a string; "" counts as absent (*ret_len 0). What the
 * C library takes beyond JSON (blanks, +5, 0x1p3, inf) must not get to it. */
static enum err_code number_text(struct scan *s, char *buf, size_t size, size_t *ret_len)
{
    const char *text;
    size_t len;
    enum scan_token t = scan_peek(s);
    enum err_code rc = t == SCAN_STRING   ? scan_string(s, &text, &len)
                       : t == SCAN_NUMBER ? scan_scalar_slice(s, &text, &len)
                                          : leaf_wrong(s, "a number");
    if (rc != ERR_OK)
        return rc;
    if (len >= size)
        return scan_fail(s, ERR_SYNTAX, "number is too long");
    if (t == SCAN_STRING && len && !scan_is_number(text, len))
        return wrong_value(s, "a number", text, len);
    memcpy(buf, text, len);
    buf[len] = '\0';
    *ret_len = len;
    return ERR_OK;
}

enum err_code leaf_real(struct scan *s, double *ret, bool *ret_present)
{
    char buf[64], *end;
    size_t len;
    enum err_code rc = number_text(s, buf, sizeof(buf), &len);
    if (rc != ERR_OK || len == 0)
        return *ret_present = false, rc;
    double d = strtod(buf, &end);
    if (*end || !isfinite(d))
        return scan_fail(s, ERR_SYNTAX, "number is too large");
    *ret = d;
    return ERR_OK;
}

enum err_code leaf_integer(struct scan *s, int64_t *ret, bool *ret_present)
{
    char buf[64], *end;
    size_t len;
    enum err_code rc = number_text(s, buf, sizeof(buf), &len);
    if (rc != ERR_OK || len == 0)
        return *ret_present = false, rc;
    errno = 0;
    long long v = strtoll(buf, &end, 10);
    if (*end) { /* 5.0 and 5e0 are integers too (Gson and JavaScript peers) */
        double d = strtod(buf, &end);
        if (*end || d != floor(d) || fabs(d) > 9e15) /* above, doubles skip integers */
            return wrong_value(s, "an integer", buf, len);
        v = (long long)d;
    } else if (errno) {
        return scan_fail(s, ERR_SYNTAX, "number is too large");
    }
    *ret = v;
    return ERR_OK;
}

enum err_code leaf_boolean(struct scan *s, bool *ret)
{
    const char *text;
    size_t len;
    enum scan_token t = scan_peek(s);
    if (t != SCAN_TRUE && t != SCAN_FALSE && t != SCAN_STRING)
        return leaf_wrong(s, "true or false");
    enum err_code rc =
        t == SCAN_STRING ? scan_string(s, &text, &len) : scan_scalar_slice(s, &text, &len);
    if (rc != ERR_OK)
        return rc;
    if (len == 4 && memcmp(text, "true", 4) == 0)
        *ret = true;
    else if (len == 5 && memcmp(text, "false", 5) == 0)
        *ret = false;
    else
        return wrong_value(s, "true or false", text, len);
    return ERR_OK;
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
    size_t len, n = 0, digits = 0;
    enum err_code rc = scan_string(s, &text, &len);
    if (rc != ERR_OK || (rc = scan_room(s, len / 4 * 3 + 3)) != ERR_OK)
        return rc;
    uint8_t *out = arena_alloc(s->arena, len / 4 * 3 + 3);
    uint32_t bits = 0;
    int have = 0;
    /* Padding is not counted; line ends anywhere are MIME's, and Python's encodebytes ends in one.
     */
    while (len && (text[len - 1] == '=' || text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    for (size_t i = 0; i < len; i++) {
        int d = base64_digit((unsigned char)text[i]);
        if (text[i] == '\n' || text[i] == '\r')
            continue;
        if (d < 0)
            return scan_fail(s, ERR_SYNTAX, "not base64");
        digits++;
        bits = bits << 6 | (uint32_t)d;
        if ((have += 6) >= 8)
            out[n++] = (uint8_t)(bits >> (have -= 8));
    }
    if (digits % 4 == 1)
        return scan_fail(s, ERR_SYNTAX, "base64 was cut off");
    *ret = (struct proto_bytes){out, n};
    return ERR_OK;
}

/* The usual element of a byte array, "-12" or "104", without a detour over a text: scripts make up
 * most of an INSTANTIATE message. */
static bool short_integer(struct scan *s, int64_t *ret)
{
    const char *p = s->at, *digits;
    bool minus = p < s->end && *p == '-';
    int v = 0;
    for (digits = p += minus; p < s->end && *p >= '0' && *p <= '9' && p - digits < 3; p++)
        v = v * 10 + (*p - '0');
    if (p == digits || p == s->end || (*p != ',' && *p != ']') || (*digits == '0' && v))
        return false;
    *ret = minus ? -v : v;
    s->at = p;
    return true;
}

static enum err_code byte(struct scan *s, uint8_t *ret)
{
    int64_t v = 0;
    bool present = true;
    enum err_code rc = short_integer(s, &v) ? ERR_OK : leaf_integer(s, &v, &present);
    if (rc == ERR_OK && (!present || v < -128 || v > 255))
        rc = scan_fail(s, ERR_SYNTAX, "not a byte");
    *ret = (uint8_t)v;
    return rc;
}

enum err_code leaf_bytes(struct scan *s, struct proto_bytes *ret)
{
    if (scan_peek(s) == SCAN_STRING)
        return base64(s, ret);
    if (scan_peek(s) != SCAN_ARRAY)
        return leaf_wrong(s, "an array of bytes or base64 text");
    enum err_code rc = scan_open(s, '[');
    if (rc != ERR_OK)
        return rc;
    /* No byte holds a bracket, so the first one ends the array, with at most one byte per comma
     * before it. Not by the length of the rest of the text: a thousand empty scripts in a message
     * of a megabyte would take half a gigabyte. */
    const char *close = memchr(s->at, ']', (size_t)(s->end - s->at));
    size_t n = 0, most = (size_t)((close ? close : s->end) - s->at) / 2 + 1;
    if ((rc = scan_room(s, most)) != ERR_OK)
        return rc;
    uint8_t *out = arena_alloc(s->arena, most), b;
    bool more;
    while ((rc = scan_element(s, &more)) == ERR_OK && more && (rc = byte(s, &b)) == ERR_OK)
        out[n++] = b;
    *ret = (struct proto_bytes){out, n};
    return rc;
}

enum err_code leaf_raw(struct scan *s, struct proto_raw *ret)
{
    scan_peek(s);
    const char *begin = s->at;
    enum err_code rc = scan_skip(s);
    size_t n = (size_t)(s->at - begin);
    if (rc == ERR_OK && (rc = scan_room(s, n)) == ERR_OK)
        *ret = (struct proto_raw){arena_strndup(s->arena, begin, n), n};
    return rc;
}
