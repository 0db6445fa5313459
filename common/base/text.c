#include "common/base/text.h"

#include "common/base/sbuf.h"
#include "common/base/utf8.h"

#include <string.h>

bool text_equal(const char *a, const char *b)
{
    return a == b || text_matches(a, b);
}

bool text_matches(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

const char *text_or_null(const char *text)
{
    return text && *text ? text : NULL;
}

size_t text_mark_size(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
}

/* "key: value", "'a key':", "- element", "--- " of YAML. */
static bool is_yaml_line(const char *at, const char *end)
{
    size_t n = (size_t)(end - at);
    if ((n >= 3 && memcmp(at, "---", 3) == 0) || (n >= 5 && memcmp(at, "%YAML", 5) == 0))
        return true;
    if (n >= 2 && at[0] == '-' && at[1] == ' ')
        return true;
    char quote = n > 0 && (*at == '"' || *at == '\'') ? *at++ : '\0';
    const char *key = at;
    while (at < end && (quote ? *at != quote && *at != '\n' : is_word(*at)))
        at++;
    if (at == key || at == end)
        return false;
    at += quote != '\0';
    while (at < end && *at == ' ')
        at++;
    return at < end && *at == ':' && (at + 1 == end || strchr(" \r\n", at[1]));
}

static const char *binary_kind(const char *text, size_t len)
{
    static const struct {
        const char *kind;
        size_t at, n;
        const char *magic;
    } rows[] = {
        {"UTF-16 text (UTF-8 is needed)", 0, 2, "\xff\xfe"},
        {"UTF-16 text (UTF-8 is needed)", 0, 2, "\xfe\xff"},
        {"a zip archive", 0, 4, "PK\x03\x04"},
        {"gzip data", 0, 2, "\x1f\x8b"},
        {"a tar archive", 257, 5, "ustar"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (len >= rows[i].at + rows[i].n &&
            memcmp(text + rows[i].at, rows[i].magic, rows[i].n) == 0)
            return rows[i].kind;
    return NULL;
}

const char *text_foreign_kind(const char *text, size_t len)
{
    const char *at = text, *end = text + len, *kind = binary_kind(text, len);
    if (kind)
        return kind;
    at += text_mark_size(text, len);
    bool has_comment = false;
    for (;;) {
        while (at < end && strchr(" \t\r\n", *at) && *at)
            at++;
        bool is_comment = at < end && (*at == '#' || (end - at >= 2 && memcmp(at, "//", 2) == 0));
        if (!is_comment)
            break;
        has_comment = true;
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        at = line_end ? line_end : end;
    }
    if (at < end && is_yaml_line(at, end))
        return "YAML";
    if (at < end && *at == '<')
        return "XML";
    return has_comment || (end - at >= 2 && memcmp(at, "/*", 2) == 0) ? "JSON with comments" : NULL;
}

void text_show(const char *text, size_t len, char ret[TEXT_SHOWN_SIZE])
{
    size_t n = len > 40 ? 37 : len;
    char *to = ret;
    *to++ = '\'';
    for (size_t i = 0; i < n; i++)
        *to++ = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    memcpy(to, len > 40 ? "...'" : "'", len > 40 ? 5 : 2);
}

#define HIDDEN "***"

void text_mask_url(struct sbuf *out, const char *url)
{
    const char *at = strstr(url, "://");
    at = at ? at + 3 : url;
    size_t authority = strcspn(at, "/?#");
    const char *user_end = NULL;
    for (size_t i = 0; i < authority; i++)
        if (at[i] == '@') /* the last one counts */
            user_end = at + i;
    sbuf_add(out, url, (size_t)(at - url));
    if (user_end) {
        sbuf_adds(out, HIDDEN);
        at = user_end;
    }
    size_t n = strcspn(at, "?#");
    sbuf_add(out, at, n);
    for (at += n; *at; at += n) { /* "?name=value", "&name=value", "#..." */
        n = 1 + strcspn(at + 1, "=&#?");
        sbuf_add(out, at, n);
        at += n;
        n = 0;
        if (*at == '=') {
            sbuf_adds(out, "=" HIDDEN);
            n = strcspn(at, "&#");
        }
    }
}

void text_add_json(struct sbuf *out, const char *s)
{
    size_t left = strlen(s);
    sbuf_addc(out, '"');
    while (left > 0) {
        uint32_t c;
        size_t n = utf8_char(s, left, &c);
        if (n == 0) {
            sbuf_adds(out, "\xef\xbf\xbd");
            n = 1;
        } else if (c == '"' || c == '\\') {
            sbuf_addc(out, '\\');
            sbuf_addc(out, (char)c);
        } else if (c < 0x20) {
            sbuf_addf(out, "\\u%04x", (unsigned)c);
        } else {
            sbuf_add(out, s, n);
        }
        s += n;
        left -= n;
    }
    sbuf_addc(out, '"');
}
