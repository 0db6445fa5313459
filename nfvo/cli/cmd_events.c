/* baton event watch: lifecycle events as they happen, until Ctrl-C; a server that restarts loses
 * none of them. */
#include "common/http/http.h"
#include "common/sys/clock.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/interrupt.h"
#include "nfvo/cli/stream.h"
#include "nfvo/cli/words.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 1000

struct watcher {
    struct cli *c;
    struct cli_stream stream;
    json_t *names; /* of NSRs, by id: one that is gone is still called by its name */
    bool has_begun, is_away;
};

static const char *name_of(struct watcher *w, const json_t *row)
{
    const char *id = cli_json_str(row, "nsr"), *name = cli_json_str(row, "nsrName");
    if (*name)
        json_object_set_new(w->names, id, json_string(name));
    else
        name = json_string_value(json_object_get(w->names, id));
    return name ? name : id;
}

static void print_row(struct watcher *w, const json_t *row)
{
    const json_t *entry = json_object_get(row, "entry");
    AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    int64_t at_us = json_integer_value(json_object_get(row, "at"));
    const char *host = cli_json_str(entry, "host"), *vnfr = cli_json_str(entry, "vnfr");
    bool is_step = strcmp(cli_json_str(entry, "event"), "STEP") == 0;
    cli_put_clock(&at, at_us, clock_wall_us());
    cli_put_history(&what, entry);
    fprintf(w->c->out, "%s.%03d  %-16s  %-22s  %s%s%s\n", at.s, (int)(at_us / 1000 % 1000),
            name_of(w, row),
            *host   ? host
            : *vnfr ? vnfr
                    : "-",
            what.s, is_step ? "  status " : "", is_step ? cli_json_str(entry, "text") : "");
}

static void on_event(void *arg, const char *event, const char *id, const char *data)
{
    struct watcher *w = arg;
    (void)id;
    if (w->is_away)
        fprintf(w->c->errors, "the server is back\n");
    w->is_away = false;
    if (strcmp(event, "ready") == 0) {
        if (!w->has_begun && w->c->is_terminal)
            fprintf(w->c->errors, "watching; Ctrl-C ends it\n");
        w->has_begun = true;
        return;
    }
    if (w->c->output == CLI_JSON) {
        fprintf(w->c->out, "%s\n", data);
    } else {
        json_t *row = json_loads(data, 0, NULL);
        if (w->c->output == CLI_NAME)
            fprintf(w->c->out, "%s\n", cli_json_str(row, "nsr"));
        else if (row)
            print_row(w, row);
        json_decref(row);
    }
    fflush(w->c->out);
}

static bool on_data(void *arg, const char *bytes, size_t n)
{
    struct watcher *w = arg;
    return cli_stream_feed(&w->stream, bytes, n);
}

/* Returns the exit when it is over, -1 to try again. */
static int judge(struct watcher *w, const struct cli_answer *a)
{
    if (cli_interrupted(0))
        return CLI_OK;
    if (a->status == 401 && w->has_begun) { /* the token has expired: log in again if we can */
        w->c->has_session = false;
        w->has_begun = false;
        return -1;
    }
    bool is_final = a->exit != CLI_OK && a->exit != CLI_UNREACHABLE && a->status < 500;
    if (is_final || (a->exit != CLI_OK && !w->has_begun))
        return cli_report(w->c, a, "watch the events");
    if (a->exit != CLI_OK && !w->is_away) {
        fprintf(w->c->errors, "the server does not answer; waiting for it\n");
        w->is_away = true;
    }
    return cli_interrupted(AGAIN_MS) ? CLI_OK : -1;
}

int cli_cmd_events_watch(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf nsr = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct watcher w = {.c = c, .names = json_object()};
    int exit = -1;
    if (c->option[CLI_OPT_NSR])
        exit = cli_resolve(c, "nsr", cli_nsr.path, c->option[CLI_OPT_NSR], &nsr);
    if (exit > CLI_OK) {
        json_decref(w.names);
        return exit;
    }
    cli_stream_init(&w.stream, on_event, &w);
    cli_interrupt_fd();
    do {
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        cli_stream_reset(&w.stream);
        sbuf_addf(&path, "/api/v1/baton/events?nsr=%s&after=%s&event=", nsr.len ? nsr.s : "",
                  w.stream.id);
        if (c->option[CLI_OPT_EVENT])
            http_percent_encode(&path, c->option[CLI_OPT_EVENT]);
        cli_follow(c, path.s, on_data, &w, cli_interrupt_fd(), &a);
        exit = judge(&w, &a);
    } while (exit < 0);
    cli_stream_release(&w.stream);
    json_decref(w.names);
    return exit;
}
