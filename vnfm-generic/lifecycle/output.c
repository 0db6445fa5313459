/* What scripts say. */
#include "common/base/utf8.h"
#include "vnfm-generic/lifecycle/internal.h"

#include <string.h>

/* The last max bytes, from the beginning of a character. */
static const char *last_part(const char *text, size_t n, size_t max)
{
    const char *at = n > max ? text + n - max : text;
    while ((*at & 0xC0) == 0x80)
        at++;
    return at;
}

const char *output_bounded(struct arena *a, const char *text, size_t max)
{
    size_t n = text ? strlen(text) : 0;
    if (n <= max)
        return arena_strndup(a, text ? text : "", n);
    size_t head = utf8_cut(text, max / 4);
    const char *tail = last_part(text, n, max - max / 4);
    return arena_printf(a, "%.*s\n... %zu bytes left out ...\n%s", (int)head, text,
                        (size_t)(tail - text) - head, tail);
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

const char *output_tail(struct arena *a, const struct step *step)
{
    const char *text = is_blank(step->err) ? step->output : step->err;
    if (is_blank(text))
        return "";
    size_t n = strlen(text);
    while (n > 0 && strchr("\r\n", text[n - 1]))
        n--;
    const char *tail = last_part(text, n, TAIL_MAX);
    const char *line = tail > text ? memchr(tail, '\n', (size_t)(text + n - tail)) : NULL;
    if (line) /* whole lines, where there are several */
        tail = line + 1;
    return arena_strndup(a, tail, (size_t)(text + n - tail));
}

struct proto_strmap output_sets(struct arena *a, const char *text)
{
    static const char mark[] = "##baton set ";
    struct proto_strmap sets = {0};
    for (const char *line = text, *end; line && *line && sets.n < SETS_MAX;
         line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        size_t n = (size_t)(end - line);
        if (n > 0 && line[n - 1] == '\r')
            n--;
        if (n <= sizeof(mark) - 1 || strncmp(line, mark, sizeof(mark) - 1) != 0)
            continue;
        const char *key = line + sizeof(mark) - 1;
        size_t key_n = strcspn(key, " \t\r\n");
        const char *value = key + key_n;
        if (key_n == 0 || value >= line + n) /* no value, not even an empty one */
            continue;
        value++;
        proto_strmap_set(&sets, arena_strndup(a, key, key_n),
                         arena_strndup(a, value, (size_t)(line + n - value)), a);
    }
    return sets;
}
