#include "proto/codec/scan.h"

#include "common/base/text.h"
#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void scan_init(struct scan *s, const char *text, size_t len, unsigned flags, struct arena *a,
               struct err *err)
{
    if (!text) /* an empty body may come as NULL, 0 */
        text = "";
    *s = (struct scan){
        .at = text, .begin = text, .end = text + len, .arena = a, .flags = flags, .err = err};
    s->arena_limit = a->used + PROTO_ARENA_MAX;
    s->at += text_mark_size(text, len);
}

/* From 1; columns count characters. Looked for only when something is wrong. */
static void place(const struct scan *s, size_t *ret_line, size_t *ret_column)
{
    const char *p = s->begin + text_mark_size(s->begin, (size_t)(s->end - s->begin));
    *ret_line = *ret_column = 1;
    for (; p < s->at; p++) {
        *ret_column += ((unsigned char)*p & 0xc0) != 0x80;
        if (*p == '\n')
            ++*ret_line, *ret_column = 1;
    }
}

/* A long name is cut, and never inside a character: the path ends up in faults, which are JSON. */
void scan_path(const struct scan *s, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 1; i <= s->depth && used < size; i++) {
        int n = 0,
            key_len = (int)utf8_cut(s->path[i].key ? s->path[i].key : "",
                                    (size_t)(s->path[i].key_len > 48 ? 48 : s->path[i].key_len));
        if (s->path[i].index >= 0)
            n = snprintf(out + used, size - used, "[%ld]", s->path[i].index);
        else if (s->path[i].key)
            n = snprintf(out + used, size - used, "%s%.*s", used ? "." : "", key_len,
                         s->path[i].key);
        used += n > 0 ? (size_t)n : 0;
    }
    out[utf8_cut(out, strlen(out))] = '\0';
}

enum err_code scan_fail(struct scan *s, enum err_code code, const char *fmt, ...)
{
    char what[200], path[sizeof(s->err->where)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    size_t line, column;
    place(s, &line, &column);
    scan_path(s, path, sizeof(path));
    err_set(s->err, code, "%s%s%s (line %zu, column %zu)", path, path[0] ? ": " : "", what, line,
            column);
    if (path[0])
        err_where(s->err, "%s", path);
    return code;
}

enum err_code scan_room(struct scan *s, size_t more)
{
    if (s->arena->used <= s->arena_limit && more <= s->arena_limit - s->arena->used)
        return ERR_OK;
    return scan_fail(s, ERR_LIMIT, "document of %zu bytes needs more than %zu MiB of memory",
                     (size_t)(s->end - s->begin), PROTO_ARENA_MAX >> 20);
}

enum err_code scan_room_to_grow(struct scan *s, size_t n, size_t size)
{
    bool grows = n == 0 || (n >= 4 && (n & (n - 1)) == 0);
    return scan_room(s, grows ? (n ? n * 2 : 4) * size : 0);
}

static inline void skip_blanks(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static inline bool is_quote(const struct scan *s, char c)
{
    return c == '"' || (c == '\'' && (s->flags & PROTO_SINGLE_QUOTES));
}

enum scan_token scan_peek(struct scan *s)
{
    skip_blanks(s);
    if (s->at == s->end)
        return SCAN_BAD;
    char c = *s->at;
    if (is_quote(s, c))
        return SCAN_STRING;
    switch (c) {
    case '{':
        return SCAN_OBJECT;
    case '[':
        return SCAN_ARRAY;
    case 't':
        return SCAN_TRUE;
    case 'f':
        return SCAN_FALSE;
    case 'n':
        return SCAN_NULL;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? SCAN_NUMBER : SCAN_BAD;
    }
}

const char *scan_token_name(enum scan_token t)
{
    static const char *const names[] = {
        "an object", "an array", "a string", "a number",
        "true",      "false",    "null",     "something that is not JSON"};
    return names[t];
}

enum err_code scan_open(struct scan *s, char bracket)
{
    skip_blanks(s);
    if (s->at == s->end || *s->at != bracket)
        return scan_fail(s, ERR_SYNTAX, "expected '%c'", bracket);
    if (s->depth == PROTO_DEPTH_MAX)
        return scan_fail(s, ERR_LIMIT, "nested deeper than %d", PROTO_DEPTH_MAX);
    if (scan_room(s, 0) != ERR_OK)
        return ERR_LIMIT;
    s->at++;
    s->depth++;
    s->path[s->depth].key = NULL;
    s->path[s->depth].key_len = 0;
    s->path[s->depth].index = -1;
    return ERR_OK;
}

/* After an opening bracket or a value: is there another one? Eats the comma, or the closing
 * bracket. */
static enum err_code another(struct scan *s, char close, bool first, bool *more)
{
    skip_blanks(s);
    if (s->at < s->end && *s->at == close) {
        s->at++;
        s->depth--;
        *more = false;
        return ERR_OK;
    }
    if (!first) {
        if (s->at == s->end || *s->at != ',')
            return scan_fail(s, ERR_SYNTAX, "expected ',' or '%c'", close);
        s->at++;
        skip_blanks(s);
    }
    *more = true;
    return s->at < s->end ? ERR_OK : scan_fail(s, ERR_SYNTAX, "text ends too early");
}

enum err_code scan_element(struct scan *s, bool *more)
{
    long *index = &s->path[s->depth].index;
    enum err_code rc = another(s, ']', *index < 0, more);
    if (rc == ERR_OK && *more)
        ++*index;
    return rc;
}

static enum err_code string_body(struct scan *s, char *out, char **ret_end);

/* The length of the string at s->at (behind its quote) up to its closing quote, and whether it is
 * plain: no escape, no byte >= 0x80. */
static enum err_code string_extent(struct scan *s, char quote, size_t *ret_len, bool *ret_plain)
{
    const char *p = s->at;
    bool plain = true;
    for (; p < s->end && *p != quote; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20)
            return s->at = p, scan_fail(s, ERR_SYNTAX, "control character in a string");
        if (c == '\\') {
            plain = false;
            if (++p == s->end)
                break;
        } else if (c >= 0x80) {
            plain = false;
        }
    }
    if (p >= s->end)
        return scan_fail(s, ERR_SYNTAX, "string without end");
    *ret_len = (size_t)(p - s->at);
    *ret_plain = plain;
    return ERR_OK;
}

enum string_use {
    STRING_COPY,  /* into the arena */
    STRING_SLICE, /* a slice of the text where that is the string; else a copy */
    STRING_CHECK, /* well-formed? Nothing is returned, nothing allocated */
};

static enum err_code string(struct scan *s, enum string_use use, const char **ret, size_t *ret_len)
{
    size_t len = 0;
    bool plain = false;
    char quote = *s->at++;
    enum err_code rc = string_extent(s, quote, &len, &plain);
    if (rc == ERR_OK && (use == STRING_COPY || (use == STRING_SLICE && !plain)))
        rc = scan_room(s, len + 1);
    if (rc != ERR_OK)
        return rc;
    const char *end = s->end, *close = s->at + len;
    if (plain) {
        *ret = use == STRING_COPY ? arena_strndup(s->arena, s->at, len) : s->at;
        *ret_len = len;
    } else {
        /* Escapes only shrink: \uXXXX (6 bytes) gives at most 3, a pair (12) gives 4. */
        char *copy = use == STRING_CHECK ? NULL : arena_alloc(s->arena, len + 1), *copy_end = copy;
        s->end = close;
        rc = string_body(s, copy, &copy_end);
        s->end = end;
        if (rc != ERR_OK)
            return rc;
        *ret = copy;
        *ret_len = (size_t)(copy_end - copy);
    }
    s->at = close + 1;
    return ERR_OK;
}

enum err_code scan_string(struct scan *s, const char **ret, size_t *ret_len)
{
    skip_blanks(s);
    return string(s, STRING_COPY, ret, ret_len);
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *out, unsigned u)
{
    if (u < 0x80) {
        *out++ = (char)u;
    } else if (u < 0x800) {
        *out++ = (char)(0xc0 | u >> 6);
        *out++ = (char)(0x80 | (u & 0x3f));
    } else if (u < 0x10000) {
        *out++ = (char)(0xe0 | u >> 12);
        *out++ = (char)(0x80 | (u >> 6 & 0x3f));
        *out++ = (char)(0x80 | (u & 0x3f));
    } else {
        *out++ = (char)(0xf0 | u >> 18);
        *out++ = (char)(0x80 | (u >> 12 & 0x3f));
        *out++ = (char)(0x80 | (u >> 6 & 0x3f));
        *out++ = (char)(0x80 | (u & 0x3f));
    }
    return out;
}

static enum err_code unicode_escape(struct scan *s, char **out)
{
    int u = s->end - s->at >= 4 ? hex4(s->at) : -1;
    if (u < 0)
        return scan_fail(s, ERR_SYNTAX, "bad \\u escape");
    s->at += 4;
    if (u == 0)
        return scan_fail(s, ERR_SYNTAX, "\\u0000 cannot be stored");
    if (u >= 0xdc00 && u <= 0xdfff)
        return scan_fail(s, ERR_SYNTAX, "half of a surrogate pair");
    if (u >= 0xd800 && u <= 0xdbff) {
        int low = s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u' ? hex4(s->at + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return scan_fail(s, ERR_SYNTAX, "half of a surrogate pair");
        s->at += 6;
        u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = put_utf8(*out, (unsigned)u);
    return ERR_OK;
}

static enum err_code escape(struct scan *s, char **out)
{
    static const char from[] = "\"\\/bfnrt'", to[] = "\"\\/\b\f\n\r\t'";
    char c = *s->at++;
    if (c == 'u')
        return unicode_escape(s, out);
    const char *hit = memchr(from, c, sizeof(from) - 1 - !(s->flags & PROTO_SINGLE_QUOTES));
    if (!hit)
        return scan_fail(s, ERR_SYNTAX, "unknown escape '\\%c'", c >= 0x20 && c < 0x7f ? c : '?');
    *(*out)++ = to[hit - from];
    return ERR_OK;
}

/* The string up to s->end, unescaped to out; out NULL: checked only. */
static enum err_code string_body(struct scan *s, char *out, char **ret_end)
{
    char scratch[4];
    while (s->at < s->end) {
        char *to = out ? out : scratch;
        if (*s->at == '\\') {
            s->at++;
            enum err_code rc = escape(s, &to);
            if (rc != ERR_OK)
                return rc;
        } else {
            size_t n = utf8_char(s->at, (size_t)(s->end - s->at), NULL);
            if (n == 0)
                return scan_fail(s, ERR_SYNTAX, "not UTF-8");
            memcpy(to, s->at, n);
            to += n;
            s->at += n;
        }
        if (out)
            out = to;
    }
    if (out)
        *out = '\0';
    *ret_end = out;
    return ERR_OK;
}

enum err_code scan_member(struct scan *s, bool *more, const char **key, size_t *key_len)
{
    bool first = s->path[s->depth].key == NULL;
    enum err_code rc = another(s, '}', first, more);
    if (rc != ERR_OK || !*more)
        return rc;
    if (!is_quote(s, *s->at))
        return scan_fail(s, ERR_SYNTAX, "expected the name of a member");
    if ((rc = string(s, STRING_SLICE, key, key_len)) != ERR_OK)
        return rc;
    skip_blanks(s);
    s->path[s->depth].key = *key;
    s->path[s->depth].key_len = (int)*key_len;
    if (s->at == s->end || *s->at != ':')
        return scan_fail(s, ERR_SYNTAX, "expected ':'");
    s->at++;
    return ERR_OK;
}

static const char *number_end(const char *p, const char *end)
{
    const char *digits;
    if (p < end && *p == '-')
        p++;
    if (p < end && *p == '0')
        p++;
    else if (p < end && *p >= '1' && *p <= '9')
        while (p < end && *p >= '0' && *p <= '9')
            p++;
    else
        return NULL;
    if (p < end && *p == '.') {
        for (digits = ++p; p < end && *p >= '0' && *p <= '9';)
            p++;
        if (p == digits)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        for (digits = p; p < end && *p >= '0' && *p <= '9';)
            p++;
        if (p == digits)
            return NULL;
    }
    return p;
}

bool scan_is_number(const char *text, size_t len)
{
    return number_end(text, text + len) == text + len;
}

enum err_code scan_scalar_slice(struct scan *s, const char **ret, size_t *ret_len)
{
    static const char *const words[] = {"true", "false", "null"};
    skip_blanks(s);
    const char *end = NULL;
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->at) >= n && memcmp(s->at, words[i], n) == 0)
            end = s->at + n;
    }
    if (!end)
        end = number_end(s->at, s->end);
    if (!end)
        return scan_fail(s, ERR_SYNTAX, "expected a value");
    *ret = s->at;
    *ret_len = (size_t)(end - s->at);
    s->at = end;
    return ERR_OK;
}

enum err_code scan_skip(struct scan *s)
{
    const char *text;
    size_t len;
    bool more;
    enum err_code rc;
    switch (scan_peek(s)) {
    case SCAN_OBJECT:
        rc = scan_open(s, '{');
        while (rc == ERR_OK && (rc = scan_member(s, &more, &text, &len)) == ERR_OK && more)
            rc = scan_skip(s);
        return rc;
    case SCAN_ARRAY:
        rc = scan_open(s, '[');
        while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more)
            rc = scan_skip(s);
        return rc;
    case SCAN_STRING:
        return string(s, STRING_CHECK, &text, &len);
    default:
        return scan_scalar_slice(s, &text, &len);
    }
}

enum err_code scan_end(struct scan *s)
{
    skip_blanks(s);
    return s->at == s->end ? ERR_OK : scan_fail(s, ERR_SYNTAX, "text behind the document's end");
}
