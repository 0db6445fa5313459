#include "common/http/http.h"

#include "common/base/text.h"

#include <ctype.h>

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } known[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Timeout"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Payload Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Entity"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i].status == status)
            return known[i].text;
    return "Status";
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte of "%41"; 0 or less: it is none, or a NUL. */
static int escaped(const char *s)
{
    int high = hex_value(s[1]), low = high < 0 ? -1 : hex_value(s[2]);
    return low < 0 ? -1 : high << 4 | low;
}

bool http_percent_is_good(const char *s)
{
    while ((s = strchr(s, '%')) != NULL && escaped(s) > 0)
        s += 3;
    return !s;
}

bool http_percent_decode(char *s, bool plus_is_blank)
{
    char *to = s;
    for (; *s; s++) {
        if (*s == '%') {
            int byte = escaped(s);
            if (byte <= 0)
                return false;
            *to++ = (char)byte;
            s += 2;
        } else {
            *to++ = *s == '+' && plus_is_blank ? ' ' : *s;
        }
    }
    *to = '\0';
    return true;
}

void http_percent_encode(struct sbuf *out, const char *s)
{
    for (; *s; s++) {
        if ((*s & 0x80) == 0 && (isalnum((unsigned char)*s) || strchr("-._~", *s)))
            sbuf_addc(out, *s);
        else
            sbuf_addf(out, "%%%02X", (unsigned char)*s);
    }
}

void http_quoted_string(struct sbuf *out, const char *s)
{
    sbuf_addc(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            sbuf_addc(out, '\\');
        sbuf_addc(out, c < ' ' || c == 0x7f ? ' ' : *s);
    }
    sbuf_addc(out, '"');
}
