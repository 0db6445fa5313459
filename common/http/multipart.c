#include "common/http/multipart.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */
#define HEAD_MAX     ((size_t)8 * 1024)
#define PARTS_MAX    1000

struct http_multipart {
    enum { PREAMBLE, DELIMITER, HEAD, DATA, EPILOGUE, BAD } state;
    const char *wanted;
    struct http_multipart_sink sink;
    bool is_wanted; /* the part that we are in */
    unsigned parts;
    struct sbuf kept; /* what could still become a delimiter or is half a head */
    size_t delimiter_n;
    char delimiter[BOUNDARY_MAX + 5]; /* CR LF - - boundary */
};

/* The parameter `name` of a header's value: name="x y" or name=x. NULL: none. Given. */
static char *parameter(const char *value, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = value; (at = strchr(at, ';'));) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, name, n) != 0 || at[n] != '=')
            continue;
        at += n + 1;
        if (*at != '"')
            return xstrndup(at, strcspn(at, "; \t\r\n"));
        struct sbuf out = SBUF_INIT;
        for (at++; *at && *at != '"' && *at != '\r'; at++) {
            at += *at == '\\' && (at[1] == '"' || at[1] == '\\');
            sbuf_addc(&out, *at);
        }
        sbuf_add(&out, "", 1);
        return sbuf_take(&out);
    }
    return NULL;
}

struct http_multipart *http_multipart_new(const char *content_type, const char *wanted,
                                          const struct http_multipart_sink *sink)
{
    char *boundary = parameter(content_type, "boundary");
    size_t n = boundary ? strlen(boundary) : 0;
    struct http_multipart *m = NULL;
    if (n > 0 && n <= BOUNDARY_MAX) {
        m = xcalloc(1, sizeof(*m));
        m->wanted = wanted;
        m->sink = *sink;
        m->kept = (struct sbuf)SBUF_INIT;
        memcpy(m->delimiter, "\r\n--", 4);
        memcpy(m->delimiter + 4, boundary, n + 1);
        m->delimiter_n = n + 4;
        sbuf_adds(&m->kept, "\r\n"); /* the first delimiter may be at the very beginning */
    }
    free(boundary);
    return m;
}

void http_multipart_free(struct http_multipart *m)
{
    if (!m)
        return;
    sbuf_release(&m->kept);
    free(m);
}

bool http_multipart_is_complete(const struct http_multipart *m)
{
    return m->state == EPILOGUE;
}

/* kept up to `n` has been dealt with. */
static void drop(struct http_multipart *m, size_t n)
{
    memmove(m->kept.s, m->kept.s + n, m->kept.len - n);
    sbuf_truncate(&m->kept, m->kept.len - n);
}

static bool emit(struct http_multipart *m, size_t n)
{
    bool is_good =
        n == 0 || m->state != DATA || !m->is_wanted || m->sink.data(m->sink.arg, m->kept.s, n);
    drop(m, n);
    return is_good;
}

/* false: more is needed, or the sink said stop (BAD). */
static bool to_delimiter(struct http_multipart *m)
{
    char *found = memmem(m->kept.s, m->kept.len, m->delimiter, m->delimiter_n);
    size_t sure = found                           ? (size_t)(found - m->kept.s)
                  : m->kept.len >= m->delimiter_n ? m->kept.len - m->delimiter_n + 1
                                                  : 0;
    if (!emit(m, sure))
        m->state = BAD;
    else if (found) {
        drop(m, m->delimiter_n);
        m->state = DELIMITER;
    }
    return m->state == DELIMITER;
}

/* Behind a delimiter: "--" is the end of all, blanks and a line end that of the line. */
static bool behind_delimiter(struct http_multipart *m)
{
    size_t blanks = strspn(m->kept.s, " \t");
    if (m->kept.len >= 2 && memcmp(m->kept.s, "--", 2) == 0)
        m->state = EPILOGUE;
    else if (blanks > HEAD_MAX || (m->kept.len >= blanks + 2 && m->kept.s[blanks] != '\r'))
        m->state = BAD;
    else if (m->kept.len >= blanks + 2) {
        drop(m, blanks); /* its line end is kept: a part may have no head lines */
        m->state = HEAD;
    }
    return m->state == HEAD;
}

static bool begin_part(struct http_multipart *m, char *head)
{
    static const char disposition[] = "\r\nContent-Disposition:";
    char *line = strcasestr(head, disposition);
    char *name = NULL, *filename = NULL;
    if (line) {
        line += sizeof(disposition) - 1;
        line[strcspn(line, "\r")] = '\0';
        name = parameter(line, "name");
        filename = parameter(line, "filename");
    }
    m->is_wanted = name && strcmp(name, m->wanted) == 0;
    bool is_good = ++m->parts <= PARTS_MAX &&
                   (!m->is_wanted || m->sink.begin(m->sink.arg, filename ? filename : ""));
    free(name);
    free(filename);
    return is_good;
}

static bool part_head(struct http_multipart *m)
{
    char *end = memmem(m->kept.s, m->kept.len, "\r\n\r\n", 4);
    if (!end) {
        if (m->kept.len > HEAD_MAX)
            m->state = BAD;
        return false;
    }
    size_t n = (size_t)(end - m->kept.s);
    char *head = xstrndup(m->kept.s, n);
    m->state = n <= HEAD_MAX && begin_part(m, head) ? DATA : BAD;
    free(head);
    drop(m, n + 4);
    return m->state == DATA;
}

bool http_multipart_add(struct http_multipart *m, const char *data, size_t len)
{
    bool goes_on = m->state != EPILOGUE && m->state != BAD;
    if (goes_on)
        sbuf_add(&m->kept, data, len);
    while (goes_on)
        goes_on = m->state == DELIMITER ? behind_delimiter(m)
                  : m->state == HEAD    ? part_head(m)
                                        : to_delimiter(m);
    return m->state != BAD;
}
