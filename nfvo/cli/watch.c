#include "nfvo/cli/watch.h"

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/sys/clock.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/table.h"
#include "nfvo/cli/terminal.h"
#include "nfvo/cli/words.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH_DEFAULT 80
#define WHO_MIN       16
#define HOST_NUMBER   4                  /* "-123" behind the name of its VNF */
#define STEP_WIDTH    29                 /* "WAIT_SOURCES -> MODIFYING" */
#define LASTS_US      (1 * USEC_PER_SEC) /* a wait that is over sooner is not worth a line */

struct cli_watch {
    FILE *to;
    FILE *raw;
    bool can_steer, has_colors, has_live_line;
    char begin[16];
    int64_t start_us, begin_at, end_at; /* ours; the server's; 0: not seen yet */
    int64_t last_id;
    int64_t ahead_us; /* the server's clock less ours since the start */
    int who_width;
    char name[128];
    json_t *rows; /* of the history since it began */
    json_t *told; /* ids of the waits that were told */
};

struct cli_watch *cli_watch_new(FILE *to, FILE *raw, const char *begin, int64_t now_us)
{
    struct cli_watch *w = xcalloc(1, sizeof(*w));
    *w = (struct cli_watch){.to = to,
                            .raw = raw,
                            .can_steer = cli_terminal_can_steer(raw),
                            .has_colors = cli_terminal_has_colors(raw),
                            .start_us = now_us,
                            .who_width = WHO_MIN,
                            .rows = json_array(),
                            .told = json_object()};
    snprintf(w->begin, sizeof(w->begin), "%s", begin);
    return w;
}

static void erase_live_line(struct cli_watch *w)
{
    if (w->has_live_line)
        cli_terminal_control(w->to, w->raw, "\r\033[K");
    w->has_live_line = false;
}

void cli_watch_end_line(struct cli_watch *w)
{
    erase_live_line(w);
}

void cli_watch_free(struct cli_watch *w)
{
    if (!w)
        return;
    erase_live_line(w);
    json_decref(w->rows);
    json_decref(w->told);
    free(w);
}

int64_t cli_watch_after(const struct cli_watch *w)
{
    return w->last_id;
}

const char *cli_watch_name(const struct cli_watch *w)
{
    return w->name;
}

double cli_watch_took(const struct cli_watch *w)
{
    return w->begin_at ? (double)(w->end_at - w->begin_at) / 1e6 : -1;
}

int64_t cli_watch_since(const struct cli_watch *w, const char *vnfr)
{
    for (size_t i = json_array_size(w->rows); i > 0; i--) {
        const json_t *row = json_array_get(w->rows, i - 1);
        if (strcmp(cli_json_str(row, "entry.event"), "STEP") == 0 &&
            strcmp(cli_json_str(row, "entry.vnfr"), vnfr) == 0)
            return json_integer_value(json_object_get(row, "at"));
    }
    return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void begin_line(struct cli_watch *w, double seconds, const char *who)
{
    erase_live_line(w);
    fprintf(w->to, "%8.3f s  %-*s  ", seconds > 0 ? seconds : 0, w->who_width, who);
}

static void begin_line_of_before(struct cli_watch *w, const char *who)
{
    erase_live_line(w);
    fprintf(w->to, "%10s  %-*s  ", "", w->who_width, who);
}

void cli_watch_say(struct cli_watch *w, int64_t now_us, const char *who, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    va_list ap;
    int64_t at = now_us - w->start_us + w->ahead_us;
    if (now_us < 0)
        begin_line_of_before(w, who);
    else
        begin_line(w, (double)at / 1e6, who);
    va_start(ap, fmt);
    sbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    cli_put_line(&line, text.s);
    fprintf(w->to, "%s\n", line.s);
    fflush(w->to);
}

static const char *color_of(const struct cli_watch *w, const char *word)
{
    const char *color = w->has_colors ? cli_status_color(word) : NULL;
    return !color                        ? ""
           : strcmp(color, "red") == 0   ? "\033[31m"
           : strcmp(color, "green") == 0 ? "\033[32m"
                                         : "";
}

/* "GRANTED -> ALLOCATING          servers are launched" */
static void put_row(struct sbuf *out, const json_t *entry)
{
    size_t from = out->len;
    const char *event = cli_json_str(entry, "event"), *to = cli_json_str(entry, "to");
    if (strcmp(event, "STEP") != 0 && strcmp(event, "SERVER") != 0) {
        cli_put_history(out, entry);
        return;
    }
    bool is_step = strcmp(event, "STEP") == 0;
    const char *was = cli_json_str(entry, "from");
    sbuf_addf(out, "%s%s%s", was, *was ? " -> " : "", to);
    const char *text = is_step ? cli_vnfr_meaning(to) : cli_json_str(entry, "text");
    if (!*text && !is_step)
        text = strcmp(to, "UP") == 0 ? "" : cli_instance_meaning(to);
    if (*text && strcmp(to, "ACTIVE") != 0 && strcmp(to, "GONE") != 0)
        sbuf_addf(out, "%*s%s",
                  (int)(STEP_WIDTH > out->len - from ? STEP_WIDTH - (out->len - from) : 1), "",
                  text);
}

static void print_row(struct cli_watch *w, const json_t *row)
{
    const json_t *entry = json_object_get(row, "entry");
    const char *host = cli_json_str(entry, "host"), *vnfr = cli_json_str(entry, "vnfr"),
               *event = cli_json_str(entry, "event"), *to = cli_json_str(entry, "to");
    AUTO(sbuf_release) struct sbuf who = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (*host)
        sbuf_addf(&who, "  %s", host);
    else
        sbuf_adds(&who, *vnfr ? vnfr : w->name);
    put_row(&text, entry);
    begin_line(w, (double)(w->end_at - w->begin_at) / 1e6, who.s ? who.s : "");
    const char *color = color_of(w, *to ? to : event);
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    cli_put_line(&line, text.s);
    if (*color)
        cli_terminal_control(w->to, w->raw, color);
    fputs(line.s, w->to);
    if (*color)
        cli_terminal_control(w->to, w->raw, "\033[0m");
    fputc('\n', w->to);
}

static void measure(struct cli_watch *w, const char *name, int indent)
{
    int n = (int)strlen(name) + indent;
    if (n > w->who_width && n <= 40)
        w->who_width = n;
}

static void measure_all(struct cli_watch *w, const json_t *explain)
{
    size_t i, k;
    const json_t *vnfr, *instance;
    const char *name = cli_json_str(explain, "nsr.name");
    if (*name)
        snprintf(w->name, sizeof(w->name), "%s", name);
    measure(w, name, 0);
    json_array_foreach(json_object_get(explain, "vnfrs"), i, vnfr)
    {
        measure(w, cli_json_str(vnfr, "name"), 2 + HOST_NUMBER);
        json_array_foreach(json_object_get(vnfr, "instances"), k, instance)
            measure(w, cli_json_str(instance, "hostname"), 2);
    }
}

static void show_rows(struct cli_watch *w, const json_t *explain)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(explain, "history"), i, row)
    {
        int64_t at = json_integer_value(json_object_get(row, "at"));
        w->last_id = json_integer_value(json_object_get(row, "id"));
        if (!w->begin_at && strcmp(cli_json_str(row, "entry.event"), w->begin) == 0)
            w->begin_at = at;
        if (!w->begin_at)
            continue;
        w->end_at = at;
        json_array_append(w->rows, row);
        print_row(w, row);
    }
}

/* --- waits ------------------------------------------------------------------------------------ */

static void put_wait(struct sbuf *out, const json_t *wait, int64_t now_us, const json_t *explain)
{
    size_t i;
    const json_t *vnfr, *needs = NULL;
    int64_t due = json_integer_value(json_object_get(wait, "due"));
    json_array_foreach(json_object_get(explain, "vnfrs"), i, vnfr)
    {
        if (strcmp(cli_json_str(vnfr, "name"), cli_json_str(wait, "vnfr")) == 0)
            needs = json_object_get(vnfr, "needs");
    }
    sbuf_adds(out, "waits for ");
    cli_put_wait(out, wait, needs);
    sbuf_adds(out, ", until ");
    cli_put_clock(out, due, now_us);
    sbuf_adds(out, " (");
    cli_put_span(out, due - now_us);
    sbuf_addc(out, ')');
}

static bool lasts(const json_t *wait, int64_t now_us)
{
    return now_us - json_integer_value(json_object_get(wait, "opened")) > LASTS_US;
}

/* Each wait once, when it lasts. */
static void tell_waits(struct cli_watch *w, const json_t *explain, int64_t server_us,
                       int64_t now_us)
{
    size_t i;
    const json_t *wait, *waits = json_object_get(explain, "waits");
    json_array_foreach(waits, i, wait)
    {
        const char *id = cli_json_str(wait, "id"), *vnfr = cli_json_str(wait, "vnfr");
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf who = SBUF_INIT;
        /* the others of this VNFR wait for this one */
        if (cli_is_limit(wait) || !lasts(wait, server_us) || json_object_get(w->told, id) ||
            (*vnfr && cli_main_wait(waits, vnfr) != wait && !*cli_json_str(wait, "host")))
            continue;
        json_object_set_new(w->told, id, json_true());
        put_wait(&text, wait, server_us, explain);
        if (*cli_json_str(wait, "host"))
            sbuf_addf(&who, "  %s", cli_json_str(wait, "host"));
        else
            sbuf_adds(&who, vnfr);
        cli_watch_say(w, now_us, who.s ? who.s : "", "%s", text.s);
    }
}

static void draw_live_line(struct cli_watch *w, const json_t *explain, int64_t server_us,
                           int64_t now_us)
{
    int width = cli_terminal_width(w->raw);
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const json_t *wait = cli_main_wait(json_object_get(explain, "waits"), NULL);
    sbuf_addf(&text, "%8.1f s  %s", (double)(now_us - w->start_us + w->ahead_us) / 1e6,
              cli_json_str(explain, "nsr.phase"));
    if (wait) {
        sbuf_adds(&text, ", ");
        put_wait(&text, wait, server_us, explain);
    }
    erase_live_line(w);
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    cli_put_line(&line, text.s);
    if (w->has_colors)
        cli_terminal_control(w->to, w->raw, "\033[2m");
    size_t columns = (size_t)(width > 1 ? width : WIDTH_DEFAULT) - 1;
    fprintf(w->to, "%.*s", (int)utf8_cut(line.s, line.len < columns ? line.len : columns), line.s);
    if (w->has_colors)
        cli_terminal_control(w->to, w->raw, "\033[0m");
    w->has_live_line = true;
}

void cli_watch_show(struct cli_watch *w, const json_t *explain, int64_t now_us)
{
    int64_t server_us = json_integer_value(json_object_get(explain, "now"));
    measure_all(w, explain);
    show_rows(w, explain);
    if (w->begin_at)
        w->ahead_us = (server_us - w->begin_at) - (now_us - w->start_us);
    tell_waits(w, explain, server_us, now_us);
    if (w->can_steer && json_is_object(json_object_get(explain, "nsr")))
        draw_live_line(w, explain, server_us, now_us);
    fflush(w->to);
}

/* --- how long each step took ------------------------------------------------------------------ */

#define PHASES_MAX 12

struct steps {
    const char *phases[PHASES_MAX]; /* in the order in which they were met */
    size_t phase_n;
    json_t *times; /* vnfr -> phase -> microseconds */
    json_t *since; /* vnfr -> when its phase began */
    int64_t begin_at;
    bool is_release;
};

static void note_phase(struct steps *s, const char *phase)
{
    for (size_t i = 0; i < s->phase_n; i++)
        if (strcmp(s->phases[i], phase) == 0)
            return;
    if (s->phase_n < PHASES_MAX)
        s->phases[s->phase_n++] = phase;
}

static void note_step(struct steps *s, const json_t *row)
{
    const char *vnfr = json_string_value(cli_json_at(row, "entry.vnfr"));
    const char *from = json_string_value(cli_json_at(row, "entry.from"));
    int64_t at = json_integer_value(json_object_get(row, "at"));
    if (!vnfr || !from)
        return;
    json_t *times = json_object_get(s->times, vnfr), *since = json_object_get(s->since, vnfr);
    if (!times) {
        times = json_object();
        json_object_set_new(s->times, vnfr, times);
    }
    int64_t took = at - (since ? json_integer_value(since) : s->begin_at);
    int64_t before = json_integer_value(json_object_get(times, from));
    json_object_set_new(s->since, vnfr, json_integer(at));
    if (!since && s->is_release) /* what it was before is no part of this */
        return;
    json_object_set_new(times, from, json_integer(before + took));
    note_phase(s, from);
}

static void print_vnfr_steps(struct cli_table *t, const struct steps *s, const char *vnfr,
                             const json_t *times)
{
    char texts[PHASES_MAX + 1][24];
    const char *cells[PHASES_MAX + 2] = {vnfr};
    int64_t sum = 0;
    for (size_t i = 0; i < s->phase_n; i++) {
        const json_t *took = json_object_get(times, s->phases[i]);
        texts[i][0] = '\0';
        if (took)
            snprintf(texts[i], sizeof(texts[i]), "%.3f", (double)json_integer_value(took) / 1e6);
        sum += json_integer_value(took);
        cells[i + 1] = texts[i];
    }
    snprintf(texts[s->phase_n], sizeof(texts[0]), "%.3f", (double)sum / 1e6);
    cells[s->phase_n + 1] = texts[s->phase_n];
    cli_table_add(t, NULL, cells);
}

void cli_print_steps(struct cli *c, FILE *to, const json_t *history)
{
    const char *headings[PHASES_MAX + 3] = {"SECONDS IN"}, *vnfr;
    struct steps s = {.times = json_object(), .since = json_object()};
    size_t i;
    json_t *row, *times;
    s.begin_at = json_integer_value(json_object_get(json_array_get(history, 0), "at"));
    s.is_release = strcmp(cli_json_str(json_array_get(history, 0), "entry.event"), "RELEASE") == 0;
    json_array_foreach(history, i, row)
    {
        if (strcmp(cli_json_str(row, "entry.event"), "RELEASE") == 0 && i > 0)
            break; /* the life of what is deployed and its end are two stories */
        if (strcmp(cli_json_str(row, "entry.event"), "STEP") == 0)
            note_step(&s, row);
    }
    for (i = 0; i < s.phase_n; i++)
        headings[i + 1] = s.phases[i];
    headings[s.phase_n + 1] = "ALL";
    if (s.phase_n > 0) {
        struct cli_table *t = cli_table_new_to(c, to, headings);
        fputc('\n', to);
        json_object_foreach(s.times, vnfr, times) print_vnfr_steps(t, &s, vnfr, times);
        cli_table_print(t);
    }
    json_decref(s.times);
    json_decref(s.since);
}

void cli_watch_steps(struct cli_watch *w, struct cli *c)
{
    erase_live_line(w);
    cli_print_steps(c, w->to, w->rows);
}

size_t cli_watch_faults(struct cli_watch *w, FILE *to)
{
    size_t i, n = 0;
    const json_t *row;
    erase_live_line(w);
    json_array_foreach(w->rows, i, row)
    {
        const json_t *entry = json_object_get(row, "entry");
        char what[300];
        if (!json_is_object(json_object_get(entry, "fault")))
            continue;
        snprintf(what, sizeof(what), "vnfr '%.200s'", cli_json_str(entry, "vnfr"));
        cli_print_fault(to, what, entry);
        n++;
    }
    return n;
}
