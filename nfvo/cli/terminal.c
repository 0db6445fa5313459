#include "nfvo/cli/terminal.h"

#include "common/base/mem.h"
#include "common/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal {
    FILE *to;
    char pending[4]; /* the begin of a character whose rest was not written yet */
    size_t n;
};

/* Returns how many bytes were taken: 0 when the character may go on behind the end. */
static size_t put_character(struct sbuf *out, const char *s, size_t n, bool is_end)
{
    uint32_t c;
    size_t len = utf8_char(s, n, &c);
    if (len == 0) {
        unsigned char first = (unsigned char)s[0];
        size_t want = first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        if (!is_end && n < want && utf8_cut(s, n) == 0)
            return 0;
        sbuf_addf(out, "\\x%02x", first);
        return 1;
    }
    if (c != '\n' && c != '\t' && utf8_steers(c) && c < 0x10000)
        sbuf_addf(out, "\\u%04x", (unsigned)c);
    else if (utf8_steers(c) && c >= 0x10000)
        sbuf_addf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)),
                  (unsigned)(0xdc00 + (c & 0x3ff)));
    else
        sbuf_add(out, s, len);
    return len;
}

static size_t put(struct sbuf *out, const char *s, size_t n, bool is_end)
{
    size_t i = 0, len;
    while (i < n && (len = put_character(out, s + i, n - i, is_end)) > 0)
        i += len;
    return i;
}

static ssize_t on_write(void *arg, const char *bytes, size_t n)
{
    struct terminal *t = arg;
    AUTO(sbuf_release) struct sbuf in = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_add(&in, t->pending, t->n);
    sbuf_add(&in, bytes, n);
    size_t taken = put(&out, in.s, in.len, false);
    t->n = in.len - taken; /* at most 3 */
    memcpy(t->pending, in.s + taken, t->n);
    if (fwrite(out.s, 1, out.len, t->to) != out.len || fflush(t->to) != 0)
        return 0; /* an error, for a cookie */
    return (ssize_t)n;
}

static int on_close(void *arg)
{
    struct terminal *t = arg;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    put(&out, t->pending, t->n, true);
    fwrite(out.s, 1, out.len, t->to);
    int rc = fflush(t->to);
    free(t);
    return rc;
}

FILE *cli_terminal_open(FILE *to, bool is_terminal)
{
    struct terminal *t = xcalloc(1, sizeof(*t));
    t->to = to;
    FILE *f = fopencookie(t, "w", (cookie_io_functions_t){.write = on_write, .close = on_close});
    if (!f)
        abort(); /* out of memory: the policy of xmalloc */
    if (is_terminal)
        setvbuf(f, NULL, _IOLBF, 0);
    return f;
}

bool cli_terminal_can_steer(FILE *raw)
{
    const char *term = getenv("TERM");
    return raw && fileno(raw) >= 0 && isatty(fileno(raw)) && term && *term &&
           strcmp(term, "dumb") != 0;
}

bool cli_terminal_has_colors(FILE *raw)
{
    const char *no = getenv("NO_COLOR");
    return cli_terminal_can_steer(raw) && (!no || !*no);
}

int cli_terminal_width(FILE *raw)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int n = columns ? atoi(columns) : 0;
    if (!raw || fileno(raw) < 0 || !isatty(fileno(raw)))
        return 0;
    if (n > 0 && n < 10000)
        return n;
    return ioctl(fileno(raw), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void cli_terminal_control(FILE *stream, FILE *raw, const char *sequence)
{
    fflush(stream);
    if (!raw)
        raw = stream;
    fputs(sequence, raw);
    fflush(raw);
}

void cli_terminal_bytes(FILE *stream, FILE *raw, bool is_terminal, const char *bytes, size_t n)
{
    fflush(stream);
    fwrite(bytes, 1, n, is_terminal ? stream : raw);
}

void cli_put_line(struct sbuf *out, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0, len; i < n; i += len) {
        len = 1;
        if (text[i] == '\n' || text[i] == '\t')
            sbuf_addf(out, "\\u%04x", (unsigned)text[i]);
        else
            len = put_character(out, text + i, n - i, true);
    }
}
