#include "nfvo/cli/watch.h"

#include "common/base/mem.h"
#include "nfvo/cli/show.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define WIDTH_DEFAULT  80
#define HEIGHT_DEFAULT 24

struct item {
    char *key, *label, *state, *detail;
    int depth;
    int64_t since_us;
    bool is_there;
};

struct cli_watch {
    FILE *to;
    bool is_terminal;
    int64_t start_us;
    struct item *items;
    size_t n;
    unsigned drawn; /* lines of the block on the terminal */
};

struct cli_watch *cli_watch_new(FILE *to, bool is_terminal, int64_t now_us)
{
    struct cli_watch *w = xcalloc(1, sizeof(*w));
    *w = (struct cli_watch){.to = to, .is_terminal = is_terminal, .start_us = now_us};
    return w;
}

static void release_item(struct item *item)
{
    free(item->key);
    free(item->label);
    free(item->state);
    free(item->detail);
}

void cli_watch_free(struct cli_watch *w)
{
    for (size_t i = 0; w && i < w->n; i++)
        release_item(&w->items[i]);
    if (w)
        free(w->items);
    free(w);
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

/* Back to the first line of the block, and nothing below it any more. */
static void erase(struct cli_watch *w)
{
    if (w->drawn > 0)
        fprintf(w->to, "\033[%uA\r\033[J", w->drawn);
    w->drawn = 0;
}

void cli_watch_say(struct cli_watch *w, int64_t now_us, const char *fmt, ...)
{
    va_list ap;
    erase(w);
    fprintf(w->to, "%8.3f s  ", seconds(now_us - w->start_us));
    va_start(ap, fmt);
    vfprintf(w->to, fmt, ap);
    va_end(ap);
    fputc('\n', w->to);
    fflush(w->to);
}

static struct item *item_of(struct cli_watch *w, const char *key, size_t at)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->items[i].key, key) == 0)
            return &w->items[i];
    w->items = xrealloc(w->items, (w->n + 1) * sizeof(*w->items));
    memmove(&w->items[at + 1], &w->items[at], (w->n - at) * sizeof(*w->items));
    w->items[at] = (struct item){.key = xstrdup(key)};
    w->n++;
    return &w->items[at];
}

static void replace(char **member, const char *value)
{
    char *copy = xstrdup(value);
    free(*member);
    *member = copy;
}

/* Returns the place behind this item: the next one of the answer belongs there. */
static size_t note(struct cli_watch *w, size_t at, int depth, const json_t *object,
                   const char *label, const char *state, const char *detail, int64_t now_us)
{
    const char *id = cli_json_str(object, "id");
    struct item *item = item_of(w, *id ? id : label, at);
    bool is_changed =
        !item->state || strcmp(item->state, state) != 0 || strcmp(item->detail, detail) != 0;
    item->is_there = true;
    item->depth = depth;
    if (!item->state || strcmp(item->state, state) != 0)
        item->since_us = now_us;
    replace(&item->label, label);
    replace(&item->state, state);
    replace(&item->detail, detail);
    if (is_changed && !w->is_terminal)
        cli_watch_say(w, now_us, "%*s%s %s%s%s", depth * 2, "", label, *state ? state : "-",
                      *detail ? "  " : "", detail);
    return (size_t)(item - w->items) + 1;
}

static size_t note_vnfr(struct cli_watch *w, size_t at, const json_t *vnfr, int64_t now_us)
{
    size_t i, k;
    json_t *vdu, *instance;
    at = note(w, at, 1, vnfr, cli_json_str(vnfr, "name"), cli_json_str(vnfr, "status"), "", now_us);
    json_array_foreach(json_object_get(vnfr, "vdu"), i, vdu)
        json_array_foreach(json_object_get(vdu, "vnfc_instance"), k, instance)
    {
        AUTO(sbuf_release) struct sbuf addresses = SBUF_INIT;
        cli_addresses(instance, &addresses);
        at = note(w, at, 2, instance, cli_json_str(instance, "hostname"),
                  cli_json_str(instance, "state"), addresses.s, now_us);
    }
    return at;
}

static void drop_gone(struct cli_watch *w, int64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++) {
        struct item *item = &w->items[i];
        if (item->is_there) {
            w->items[kept++] = *item;
            continue;
        }
        if (!w->is_terminal)
            cli_watch_say(w, now_us, "%*s%s gone", item->depth * 2, "", item->label);
        release_item(item);
    }
    w->n = kept;
}

/* Lines are cut to the width: one that wraps would break the way back up. */
static void draw(struct cli_watch *w, int64_t now_us)
{
    struct winsize size = {.ws_row = HEIGHT_DEFAULT, .ws_col = WIDTH_DEFAULT};
    if (ioctl(fileno(w->to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        size = (struct winsize){.ws_row = HEIGHT_DEFAULT, .ws_col = WIDTH_DEFAULT};
    static const struct {
        const char *name, *code;
    } codes[] = {{"green", "\033[32m"},
                 {"red", "\033[31m"},
                 {"yellow", "\033[33m"},
                 {"magenta", "\033[35m"}};
    erase(w);
    for (size_t i = 0; i < w->n && w->drawn + 2 < size.ws_row; i++) {
        const struct item *item = &w->items[i];
        const char *color = cli_status_color(item->state), *code = "";
        for (size_t k = 0; color && k < ARRAY_LEN(codes); k++)
            if (strcmp(codes[k].name, color) == 0)
                code = codes[k].code;
        int left = size.ws_col - 48;
        fprintf(w->to, "%*s%-*.28s %s%-12.12s%s %5.1f s  %.*s\n", item->depth * 2, "",
                28 - item->depth * 2, item->label, code, *item->state ? item->state : "-",
                *code ? "\033[0m" : "", seconds(now_us - item->since_us), left > 0 ? left : 0,
                item->detail);
        w->drawn++;
    }
    fflush(w->to);
}

void cli_watch_show(struct cli_watch *w, const json_t *nsr, int64_t now_us)
{
    size_t i, at;
    json_t *vnfr;
    if (nsr) {
        for (i = 0; i < w->n; i++)
            w->items[i].is_there = false;
        at = note(w, 0, 0, nsr, cli_json_str(nsr, "name"), cli_json_str(nsr, "status"),
                  cli_json_str(nsr, "task"), now_us);
        json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr) at =
            note_vnfr(w, at, vnfr, now_us);
        drop_gone(w, now_us);
    }
    if (w->is_terminal)
        draw(w, now_us);
}
