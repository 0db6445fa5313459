#include "nfvo/cli/stream.h"

#include <stdio.h>
#include <string.h>

void cli_stream_init(struct cli_stream *s,
                     void (*on_event)(void *arg, const char *event, const char *id,
                                      const char *data),
                     void *arg)
{
    *s =
        (struct cli_stream){.line = SBUF_INIT, .data = SBUF_INIT, .on_event = on_event, .arg = arg};
}

void cli_stream_release(struct cli_stream *s)
{
    sbuf_release(&s->line);
    sbuf_release(&s->data);
}

void cli_stream_reset(struct cli_stream *s)
{
    sbuf_clear(&s->line);
    sbuf_clear(&s->data);
    s->event[0] = '\0';
}

static void take_line(struct cli_stream *s)
{
    const char *line = s->line.s ? s->line.s : "", *value = strchr(line, ':');
    size_t name = value ? (size_t)(value - line) : strlen(line);
    if (!*line) {
        if (s->data.len)
            s->on_event(s->arg, s->event, s->id, s->data.s);
        sbuf_clear(&s->data);
        s->event[0] = '\0';
        return;
    }
    value = value ? value + 1 + (value[1] == ' ') : "";
    if (name == 4 && strncmp(line, "data", 4) == 0)
        sbuf_addf(&s->data, "%s%s", s->data.len ? "\n" : "", value);
    else if (name == 2 && strncmp(line, "id", 2) == 0)
        snprintf(s->id, sizeof(s->id), "%s", value);
    else if (name == 5 && strncmp(line, "event", 5) == 0)
        snprintf(s->event, sizeof(s->event), "%s", value);
}

bool cli_stream_feed(struct cli_stream *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        const char *end = memchr(bytes + i, '\n', n - i);
        size_t len = end ? (size_t)(end - bytes) - i : n - i;
        sbuf_add(&s->line, bytes + i, len);
        if (s->line.len + s->data.len > CLI_STREAM_MAX)
            return false;
        i += len;
        if (!end)
            break;
        i++;
        if (s->line.len && s->line.s[s->line.len - 1] == '\r')
            sbuf_truncate(&s->line, s->line.len - 1);
        take_line(s);
        sbuf_clear(&s->line);
    }
    return true;
}
