#include "common/http/head.h"

#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2 */
static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *s)
{
    if (!*s)
        return false;
    while (*s && is_token_char(*s))
        s++;
    return !*s;
}

static void refuse(struct http_head *h, int status, const char *why)
{
    if (h->refused)
        return;
    h->refused = status;
    h->why = why;
}

/* --- where it ends ---------------------------------------------------------------------------- */

static size_t stop(struct http_head_scan *s, int status, const char *why)
{
    s->refused = status;
    s->why = why;
    return 0;
}

size_t http_head_end(struct http_head_scan *s, const char *text, size_t len)
{
    if (s->refused)
        return 0;
    if (len > 0 && !is_token_char(text[0]))
        return stop(s, 400, "this is no HTTP request");
    while (s->at < len) {
        const char *end = memchr(text + s->at, '\n', len - s->at);
        size_t line_end = end ? (size_t)(end - text) + 1 : len;
        s->at = line_end;
        if (s->line == 0 && line_end > HTTP_LINE_MAX)
            return stop(s, 414, "the request line is longer than 16 KiB");
        if (line_end > HTTP_HEAD_MAX)
            return stop(s, 431, "the header lines are longer than 32 KiB together");
        if (!end)
            return 0;
        if (line_end - s->line < 2 || end[-1] != '\r')
            return stop(s, 400, "a line ends without a carriage return");
        if (line_end - s->line == 2)
            return line_end;
        s->line = line_end;
    }
    return 0;
}

/* --- the request line ------------------------------------------------------------------------- */

static void check_version(struct http_head *h, const char *v)
{
    bool is_form = strncmp(v, "HTTP/", 5) == 0 && v[5] >= '0' && v[5] <= '9' && v[6] == '.' &&
                   v[7] >= '0' && v[7] <= '9' && !v[8];
    if (!is_form)
        refuse(h, 400, "the request line has no HTTP version");
    else if (v[5] != '1')
        refuse(h, 505, "this server speaks HTTP/1.1");
    else
        h->is_http10 = v[7] == '0';
}

static void check_target(struct http_head *h)
{
    const char *t = h->target;
    for (const unsigned char *c = (const unsigned char *)t; *c; c++)
        if (*c <= ' ' || *c == 0x7f || *c == '#')
            refuse(h, 400, "a character of the request target has to be percent-encoded");
    bool is_absolute = strncasecmp(t, "http://", 7) == 0 || strncasecmp(t, "https://", 8) == 0;
    bool is_star = strcmp(t, "*") == 0 && strcmp(h->method, "OPTIONS") == 0;
    if (t[0] != '/' && !is_absolute && !is_star)
        refuse(h, strcmp(h->method, "CONNECT") == 0 ? 501 : 400,
               "the request target is neither a path nor an http URL");
}

static void parse_request_line(struct http_head *h, char *line)
{
    char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version) {
        refuse(h, 400, "the request line is not: method, target, version");
        return;
    }
    *target++ = *version++ = '\0';
    h->method = line;
    h->target = target;
    if (!is_token(line) || strlen(line) > 32)
        refuse(h, 400, "the request line has no method");
    check_target(h);
    check_version(h, version);
}

/* --- header lines ----------------------------------------------------------------------------- */

/* Twice, they could be understood in two ways. */
static const char *const single[] = {
    "Authorization", "Content-Length",  "Content-Type", "Expect",
    "Host",          "Idempotency-Key", "project-id",   "Transfer-Encoding"};

static void parse_header(struct http_head *h, char *line)
{
    char *colon = strchr(line, ':');
    if (*line == ' ' || *line == '\t') {
        refuse(h, 400, "a header line is folded");
        return;
    }
    if (!colon) {
        refuse(h, 400, "a header line has no colon");
        return;
    }
    *colon = '\0';
    if (!is_token(line))
        refuse(h, 400, "the name of a header line is no token");
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t n = strlen(value);
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        value[--n] = '\0';
    for (const unsigned char *c = (const unsigned char *)value; *c; c++)
        if ((*c < ' ' && *c != '\t') || *c == 0x7f)
            refuse(h, 400, "a header line holds a control character");
    if (h->header_n == HTTP_HEADERS_MAX) {
        refuse(h, 431, "there are more than 100 header lines");
        return;
    }
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
        if (strcasecmp(single[i], line) == 0 && http_head_get(h, line))
            refuse(h, 400, "a header line is there twice that may be there once");
    h->headers[h->header_n++] = (struct http_header){line, value};
}

const char *http_head_get(const struct http_head *h, const char *name)
{
    for (unsigned i = 0; i < h->header_n; i++)
        if (strcasecmp(h->headers[i].name, name) == 0)
            return h->headers[i].value;
    return NULL;
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    while (list && *list) {
        list += strspn(list, " \t,");
        size_t len = strcspn(list, " \t,");
        if (len == n && strncasecmp(list, word, n) == 0)
            return true;
        list += len;
    }
    return false;
}

static void check_host(struct http_head *h)
{
    const char *host = http_head_get(h, "Host");
    if (!host && !h->is_http10)
        refuse(h, 400, "the header line Host is missing");
    for (const char *c = host ? host : ""; *c; c++)
        if (!is_token_char(*c) && !strchr("()[]:;,=", *c))
            refuse(h, 400, "the header line Host is no host and port");
}

/* RFC 9112, 6.1 to 6.3 */
static void check_framing(struct http_head *h)
{
    const char *length = http_head_get(h, "Content-Length");
    const char *coding = http_head_get(h, "Transfer-Encoding");
    if (length && coding)
        refuse(h, 400, "Content-Length and Transfer-Encoding exclude each other");
    if (coding && h->is_http10)
        refuse(h, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (coding && strcasecmp(coding, "chunked") != 0)
        refuse(h, 501, "the only Transfer-Encoding is chunked");
    h->is_chunked = coding != NULL;
    if (!length)
        return;
    size_t n = strspn(length, "0123456789");
    if (n == 0 || length[n]) {
        refuse(h, 400, "Content-Length is no number");
        return;
    }
    for (h->has_length = true; *length; length++) {
        if (h->length > UINT64_MAX / 16) {
            refuse(h, 413, "Content-Length is too large");
            return;
        }
        h->length = h->length * 10 + (unsigned)(*length - '0');
    }
}

static void check_meaning(struct http_head *h)
{
    const char *expect = http_head_get(h, "Expect");
    check_host(h);
    check_framing(h);
    if (expect && !h->is_http10 && strcasecmp(expect, "100-continue") != 0)
        refuse(h, 417, "the only expectation is 100-continue");
    h->expects_continue = expect && !h->is_http10;
    for (unsigned i = 0; i < h->header_n; i++)
        if (strcasecmp(h->headers[i].name, "Connection") == 0) {
            h->wants_close |= has_word(h->headers[i].value, "close");
            h->wants_keep_alive |= has_word(h->headers[i].value, "keep-alive");
        }
    if (h->is_http10 && !h->wants_keep_alive)
        h->wants_close = true;
}

void http_head_parse(char *text, size_t len, struct http_head *ret)
{
    static char none[1];
    memset(ret, 0, offsetof(struct http_head, headers));
    ret->method = ret->target = none;
    text[len] = '\0';
    if (memchr(text, '\0', len))
        refuse(ret, 400, "the head of the request holds a NUL");
    for (char *line = text, *end; !ret->refused && line < text + len - 2; line = end + 2) {
        end = strstr(line, "\r\n");
        *end = '\0';
        if (line == text)
            parse_request_line(ret, line);
        else
            parse_header(ret, line);
    }
    check_meaning(ret);
}

/* --- chunked bodies --------------------------------------------------------------------------- */

#define EXTRA_MAX ((size_t)16 * 1024)

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int size_byte(struct http_chunks *c, char b)
{
    int digit = hex_value(b);
    if (digit >= 0 && c->digits < 15) {
        c->left = c->left * 16 + (unsigned)digit;
        c->digits++;
        return CHUNK_SIZE;
    }
    if (c->digits == 0 || digit >= 0)
        return CHUNK_BAD;
    return b == '\r'                           ? CHUNK_SIZE_LF
           : b == ';' || b == ' ' || b == '\t' ? CHUNK_EXTENSION
                                               : CHUNK_BAD;
}

/* The state behind one byte that is none of the data. */
static int next_state(struct http_chunks *c, char b)
{
    switch (c->state) {
    case CHUNK_SIZE:
        return size_byte(c, b);
    case CHUNK_EXTENSION:
        return b == '\r' ? CHUNK_SIZE_LF : b == '\n' || !b ? CHUNK_BAD : CHUNK_EXTENSION;
    case CHUNK_SIZE_LF:
        return b != '\n' ? CHUNK_BAD : c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    case CHUNK_DATA_CR:
        return b == '\r' ? CHUNK_DATA_LF : CHUNK_BAD;
    case CHUNK_DATA_LF:
        c->left = c->digits = 0;
        return b == '\n' ? CHUNK_SIZE : CHUNK_BAD;
    case CHUNK_TRAILER:
        return b == '\r' ? CHUNK_END_LF : is_token_char(b) ? CHUNK_TRAILER_LINE : CHUNK_BAD;
    case CHUNK_TRAILER_LINE:
        return b == '\r' ? CHUNK_TRAILER_LF : b == '\n' || !b ? CHUNK_BAD : CHUNK_TRAILER_LINE;
    case CHUNK_TRAILER_LF:
        return b == '\n' ? CHUNK_TRAILER : CHUNK_BAD;
    case CHUNK_END_LF:
        return b == '\n' ? CHUNK_DONE : CHUNK_BAD;
    default:
        return CHUNK_BAD;
    }
}

size_t http_chunks_take(struct http_chunks *c, const char *data, size_t len, const char **ret_piece,
                        size_t *ret_n)
{
    size_t at = 0;
    *ret_n = 0;
    while (at < len && c->state != CHUNK_DONE && c->state != CHUNK_BAD) {
        if (c->state == CHUNK_DATA) {
            *ret_piece = data + at;
            *ret_n = c->left < len - at ? (size_t)c->left : len - at;
            c->left -= *ret_n;
            c->state = c->left == 0 ? CHUNK_DATA_CR : CHUNK_DATA;
            return at + *ret_n;
        }
        if ((c->state == CHUNK_EXTENSION || c->state == CHUNK_TRAILER_LINE) &&
            ++c->extra > EXTRA_MAX) {
            c->state = CHUNK_BAD;
            break;
        }
        c->state = next_state(c, data[at++]);
    }
    return at;
}
