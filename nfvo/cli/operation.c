#include "nfvo/cli/operation.h"

#include "common/http/http.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/cli/interrupt.h"
#include "nfvo/cli/terminal.h"
#include "nfvo/cli/words.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#define POLL_QUICK_MS 100
#define POLL_SLOW_MS  500
#define QUICK_FOR_US  (5 * USEC_PER_SEC)

/* --- lists ------------------------------------------------------------------------------------ */

static const char *subject_of(const json_t *op)
{
    const char *host = cli_json_str(op, "instance.name"), *vnf = cli_json_str(op, "vnfr.name");
    return *host ? host : vnf;
}

static void put_subject(const json_t *op, struct sbuf *cell)
{
    sbuf_adds(cell, subject_of(op));
}

static void put_progress(const json_t *op, struct sbuf *cell)
{
    sbuf_addf(cell, "%s of %s", cli_json_str(op, "progress.done"), cli_json_str(op, "progress.of"));
}

/* "2026-11-29T10:40:02.120Z", microseconds since the epoch; 0: none. */
int64_t cli_operation_time(const json_t *object, const char *path)
{
    struct tm tm = {0};
    int ms;
    if (sscanf(cli_json_str(object, path), "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (int64_t)timegm(&tm) * USEC_PER_SEC + ms * USEC_PER_MS;
}

static void put_age(const json_t *op, struct sbuf *cell)
{
    cli_put_age(cell, clock_wall_us() - cli_operation_time(op, "askedAt"));
}

static void put_time(const json_t *op, struct sbuf *cell)
{
    cli_put_clock(cell, cli_operation_time(op, "askedAt"), clock_wall_us());
}

static const struct cli_column op_columns[] = {
    {.heading = "ID", .path = "id"},
    {.heading = "KIND", .path = "kind"},
    {.heading = "STATE", .path = "state"},
    {.heading = "NSR", .path = "nsr.name"},
    {.heading = "OF", .print = put_subject},
    {.heading = "STEPS DONE", .print = put_progress},
    {.heading = "AGE", .print = put_age, .is_narrow = true},
    {.heading = "ASKED", .print = put_time, .is_wide = true},
    {.heading = "BY", .path = "askedBy"},
    {.heading = "ORIGIN", .path = "origin", .is_wide = true},
    {.heading = "FAULT", .path = "fault.message", .is_wide = true},
    {0}};

/* --- the page --------------------------------------------------------------------------------- */

/* What is short is told exactly: most steps are. */
static void put_span_of(const json_t *object, const char *from, const char *to, struct sbuf *cell)
{
    int64_t begin = cli_operation_time(object, from), end = cli_operation_time(object, to);
    if (begin && end && end - begin < 10 * USEC_PER_SEC)
        sbuf_addf(cell, "%.3f s", (double)(end - begin) / 1e6);
    else if (begin && end)
        cli_put_span(cell, end - begin);
}

static void put_took(const json_t *op, struct sbuf *cell)
{
    put_span_of(op, "askedAt", "endedAt", cell);
}

static void put_parameters(const json_t *op, struct sbuf *cell)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(op, "parameters"), name, value)
    {
        const json_t *one = json_object_get(op, "parameters");
        sbuf_addf(cell, "%s%s=%s", cell->len ? " " : "", name, cli_json_str(one, name));
        (void)value;
    }
}

static const struct cli_column page_columns[] = {{.heading = "OPERATION", .path = "id"},
                                                 {.heading = "KIND", .path = "kind"},
                                                 {.heading = "STATE", .path = "state"},
                                                 {.heading = "NSR", .path = "nsr.name"},
                                                 {.heading = "VNF", .path = "vnfr.name"},
                                                 {.heading = "INSTANCE", .path = "instance.name"},
                                                 {.heading = "WITH", .print = put_parameters},
                                                 {.heading = "ON FAILURE", .path = "onFailure"},
                                                 {.heading = "BASIS", .path = "basis"},
                                                 {.heading = "ASKED BY", .path = "askedBy"},
                                                 {.heading = "ASKED AT", .path = "askedAt"},
                                                 {.heading = "QUEUED UNTIL", .path = "queuedUntil"},
                                                 {.heading = "ENDED AT", .path = "endedAt"},
                                                 {.heading = "TOOK", .print = put_took},
                                                 {.heading = "CANCELLED", .path = "cancel"},
                                                 {.heading = "ENDED BY", .path = "supersededBy"},
                                                 {0}};

static void put_numbers(struct sbuf *out, const json_t *numbers)
{
    size_t i;
    const json_t *n;
    json_array_foreach(numbers, i, n)
        sbuf_addf(out, "%s%" JSON_INTEGER_FORMAT, i ? " " : "", json_integer_value(n));
}

static void put_of(struct sbuf *out, const json_t *step)
{
    size_t i;
    const json_t *name;
    const json_t *only = json_object_get(step, "only");
    const char *host = cli_json_str(step, "instance");
    bool has_name = *host && !id_is_valid(host); /* of one that is not there yet it is the id */
    sbuf_adds(out, has_name ? host : cli_json_str(step, "of"));
    json_array_foreach(only, i, name)
        sbuf_addf(out, "%s%s", i ? " " : " for ", json_string_value(name));
}

/* The most telling: what failed, what was noted, why so, what it does. The fault of one that goes on
 * is that of the attempt before. */
static const char *word_of(const json_t *step)
{
    static const char *const members[] = {"fault.message", "lateFault.message", "note", "reason",
                                          "sentence"};
    const char *state = cli_json_str(step, "state");
    bool has_failed = strstr(state, "FAILED") || strcmp(state, "UNKNOWN") == 0;
    for (size_t i = has_failed ? 0 : 1; i < ARRAY_LEN(members); i++)
        if (*cli_json_str(step, members[i]))
            return cli_json_str(step, members[i]);
    return "";
}

static void add_children(struct cli_table *t, void *parent, const json_t *step)
{
    size_t i;
    const json_t *child;
    json_array_foreach(json_object_get(step, "children"), i, child)
    {
        const char *cells[] = {"",
                               cli_json_str(child, "kind"),
                               cli_json_str(child, "of"),
                               cli_json_str(child, "state"),
                               "",
                               "",
                               cli_json_str(child, "name")};
        cli_table_add(t, parent, cells);
    }
}

static void show_steps(struct cli *c, const json_t *op, bool is_plan)
{
    static const char *const headings[] = {"STEP",  "KIND", "OF", "STATE",
                                           "AFTER", "TOOK", "",   NULL};
    static const char *const of_plan[] = {"STEP", "KIND", "OF", "AFTER", "", NULL};
    size_t i;
    const json_t *step;
    if (json_array_size(json_object_get(op, "steps")) == 0)
        return;
    fputc('\n', c->out);
    struct cli_table *t = cli_table_new(c, is_plan ? of_plan : headings, false);
    json_array_foreach(json_object_get(op, "steps"), i, step)
    {
        AUTO(sbuf_release) struct sbuf of = SBUF_INIT, after = SBUF_INIT, took = SBUF_INIT;
        put_of(&of, step);
        put_numbers(&after, json_object_get(step, "after"));
        put_span_of(step, "sentAt", "doneAt", &took);
        const char *cells[] = {cli_json_str(step, "n"),
                               cli_json_str(step, "kind"),
                               of.s,
                               cli_json_str(step, "state"),
                               after.s,
                               took.s,
                               word_of(step)};
        const char *planned[] = {
            cells[0], cells[1], cells[2], cells[4],
            cli_json_str(step, *cli_json_str(step, "note") ? "note" : "sentence")};
        void *line = cli_table_add(t, NULL, is_plan ? planned : cells);
        if (!is_plan)
            add_children(t, line, step);
    }
    cli_table_print(t);
}

static void print_texts(FILE *to, const char *heading, const json_t *texts)
{
    size_t i;
    const json_t *text;
    if (json_array_size(texts) > 0)
        fprintf(to, "\n%s\n", heading);
    json_array_foreach(texts, i, text) fprintf(to, "  %s\n", json_string_value(text));
}

/* --- what a plan says besides ------------------------------------------------------------------- */

#define TEXT_WIDTH 79

/* Words of text behind `begin`, further lines under its end. */
static void print_wrapped(FILE *to, const char *begin, const char *text)
{
    size_t indent = strlen(begin), at = indent;
    bool is_first = true;
    fputs(begin, to);
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        if (!is_first && at + 1 + n > TEXT_WIDTH) {
            fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
            is_first = true;
        }
        fprintf(to, "%s%.*s", is_first ? "" : " ", (int)n, word);
        at += n + (is_first ? 0 : 1);
        is_first = false;
        word += n + strspn(word + n, " ");
    }
    fputc('\n', to);
}

static void put_change(const json_t *change, struct sbuf *cell)
{
    if (!change)
        return;
    sbuf_addf(cell, "%s -> %s", cli_json_str(change, "before"), cli_json_str(change, "after"));
    if (json_integer_value(json_object_get(change, "limit")) > 0)
        sbuf_addf(cell, " of %s", cli_json_str(change, "limit"));
}

static void put_servers(const json_t *pop, struct sbuf *cell)
{
    const char *rebuilt = cli_json_str(pop, "rebuilt");
    put_change(json_object_get(pop, "servers"), cell);
    if (*rebuilt && strcmp(rebuilt, "0") != 0)
        sbuf_addf(cell, ", %s rebuilt", rebuilt);
}

static void put_quota(const json_t *pop, const char *what, struct sbuf *cell)
{
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(pop, "quota"), i,
                       one) if (strcmp(cli_json_str(one, "what"), what) == 0) put_change(one, cell);
}

static void put_instances(const json_t *pop, struct sbuf *cell)
{
    put_quota(pop, "instances", cell);
}

static void put_cores(const json_t *pop, struct sbuf *cell)
{
    put_quota(pop, "cores", cell);
}

static void put_ram(const json_t *pop, struct sbuf *cell)
{
    put_quota(pop, "ramMb", cell);
}

static const struct cli_column pop_columns[] = {
    {.heading = "POP", .path = "name"},
    {.heading = "SERVERS", .print = put_servers}, /* of the service; the rest is of all */
    {.heading = "INSTANCES", .print = put_instances},
    {.heading = "CORES", .print = put_cores},
    {.heading = "RAM (MB)", .print = put_ram},
    {0}};

static void print_networks(struct cli *c, const json_t *pop, const char *member, const char *begin,
                           const char *why)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    size_t i;
    const json_t *name;
    json_array_foreach(json_object_get(pop, member), i, name)
        sbuf_addf(&names, "%s%s", i ? ", " : "", json_string_value(name));
    if (names.len == 0)
        return;
    sbuf_addf(&names, " on '%s': %s", cli_json_str(pop, "name"), why);
    print_wrapped(c->out, begin, names.s);
}

/* Steps that say the same in a row are told at once. */
static void print_reasons(struct cli *c, const json_t *op, const char *member, const char *before)
{
    const json_t *steps = json_object_get(op, "steps");
    for (size_t i = 0, k; i < json_array_size(steps); i = k) {
        AUTO(sbuf_release) struct sbuf begin = SBUF_INIT;
        const char *reason = cli_json_str(json_array_get(steps, i), member);
        size_t n = 0;
        for (k = i; k < json_array_size(steps); k++) {
            const char *other = cli_json_str(json_array_get(steps, k), member);
            if (*other && strcmp(other, reason) != 0)
                break;
            if (*other)
                sbuf_addf(&begin, "%s %s", n++ ? "," : "",
                          cli_json_str(json_array_get(steps, k), "n"));
        }
        if (n == 0)
            continue;
        AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
        sbuf_addf(&line, "  step%s%s: %s", n > 1 ? "s" : "", begin.s, before);
        print_wrapped(c->out, line.s, reason);
    }
}

static void show_places(struct cli *c, const json_t *op)
{
    size_t i;
    const json_t *pop;
    const json_t *pops = json_object_get(op, "pops");
    if (json_array_size(pops) > 0) {
        fprintf(c->out, "\nSERVERS OF THE SERVICE, AND WHAT IS USED OF EACH POP'S QUOTA\n");
        cli_print_list(c, pop_columns, pops);
    }
    json_array_foreach(pops, i, pop)
    {
        AUTO(sbuf_release) struct sbuf begin = SBUF_INIT;
        sbuf_addf(&begin, "  %s: ", cli_json_str(pop, "name"));
        if (*cli_json_str(pop, "note"))
            print_wrapped(c->out, begin.s, cli_json_str(pop, "note"));
        print_networks(c, pop, "networksMade", "  made: ", "networks that it has not yet");
        print_networks(c, pop, "networksKept", "  stay: ", "networks are not deleted");
    }
    print_reasons(c, op, "reason", "");
    print_reasons(c, op, "onFailure", "on failure, as the VNFD says: ");
}

static void put_texts(struct sbuf *out, const json_t *texts)
{
    size_t i;
    const json_t *text;
    json_array_foreach(texts, i, text)
        sbuf_addf(out, "%s%s", i ? ", " : "", json_string_value(text));
}

static void show_run(struct cli *c, const json_t *step, const json_t *run)
{
    AUTO(sbuf_release) struct sbuf begin = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf hosts = SBUF_INIT;
    const char *more = cli_json_str(run, "moreHosts");
    sbuf_addf(&begin, "  step %-3s %-11s ", cli_json_str(step, "n"), cli_json_str(run, "event"));
    put_texts(&names, json_object_get(run, "names"));
    print_wrapped(c->out, begin.s, names.s);
    put_texts(&hosts, json_object_get(run, "hosts"));
    if (*more && strcmp(more, "0") != 0)
        sbuf_addf(&hosts, " and %s more", more);
    if (json_is_true(json_object_get(step, "ifChanged")))
        sbuf_adds(&hosts, "; only if a value differs by then");
    if (json_is_true(json_object_get(run, "isRest")))
        sbuf_adds(&hosts, "; what had succeeded is not run again");
    print_wrapped(c->out, "           on: ", hosts.s);
}

static void show_scripts(struct cli *c, const json_t *op)
{
    size_t i, k;
    const json_t *step, *run;
    bool is_any = false;
    json_array_foreach(json_object_get(op, "steps"), i, step)
        json_array_foreach(json_object_get(step, "scripts"), k, run)
    {
        if (!is_any)
            fprintf(c->out, "\nSCRIPTS THAT WILL RUN\n");
        is_any = true;
        show_run(c, step, run);
    }
}

static void print_end(FILE *to, const json_t *op)
{
    const json_t *fault = json_object_get(op, "fault");
    if (fault) {
        fputc('\n', to);
        cli_print_fault_below(to, fault);
    }
    print_texts(to, "NOT AS BEFORE", json_object_get(op, "differs"));
    print_texts(to, "POSSIBLE NOW", json_object_get(op, "next"));
}

void cli_show_operation(struct cli *c, const json_t *op)
{
    bool is_plan = !*cli_json_str(op, "id");
    if (is_plan)
        fprintf(c->out, "A plan: nothing is done.\n\n");
    cli_print_fields(c, page_columns, op);
    show_steps(c, op, is_plan);
    if (is_plan) {
        show_places(c, op);
        show_scripts(c, op);
    }
    print_texts(c->out, "WOULD BE REFUSED NOW", json_object_get(op, "refused"));
    print_texts(c->out, "WARNINGS", json_object_get(op, "warnings"));
    if (is_plan || strcmp(cli_json_str(op, "state"), "COMPLETED") != 0)
        print_texts(c->out, "A ROLLBACK DOES NOT BRING BACK", json_object_get(op, "cannotUndo"));
    print_end(c->out, op);
}

const struct cli_kind cli_op = {"operation", "/api/v1/baton/operations", op_columns,
                                cli_show_operation, true};

/* --- as it goes on ---------------------------------------------------------------------------- */

struct follow {
    struct cli *c;
    FILE *to;
    json_t *seen; /* "<step>" -> its state, attempt */
    bool is_away;
};

/* Is there nothing that happens by itself any more? */
static bool is_over(const json_t *op, int *ret_exit)
{
    const char *state = cli_json_str(op, "state");
    *ret_exit = strcmp(state, "COMPLETED") == 0 ? CLI_OK : CLI_FAULT;
    return strcmp(state, "COMPLETED") == 0 || strcmp(state, "FAILED") == 0 ||
           strcmp(state, "ROLLED_BACK") == 0 || strcmp(state, "FAILED_TEMP") == 0;
}

static void say_step(struct follow *f, const json_t *op, const json_t *step)
{
    AUTO(sbuf_release) struct sbuf of = SBUF_INIT;
    const char *state = cli_json_str(step, "state");
    bool is_under_way = strcmp(state, "SENT") == 0 || strcmp(state, "UNDOING") == 0;
    int64_t at = cli_operation_time(step, is_under_way ? "sentAt" : "doneAt");
    int64_t begin = cli_operation_time(op, "askedAt");
    put_of(&of, step);
    if (at)
        fprintf(f->to, "%8.3f s  ", (double)(at - begin) / 1e6);
    else
        fprintf(f->to, "%12s", "");
    const char *stage = strcmp(state, "SENT") == 0 ? cli_json_str(step, "stage") : "";
    fprintf(f->to, "%2s/%s %-13s %-24s %-11s %s%s%s\n", cli_json_str(step, "n"),
            cli_json_str(op, "progress.of"), cli_json_str(step, "kind"), of.s, state, word_of(step),
            *stage ? ": " : "", stage);
}

/* What is only planned is not news, at first. */
static void say_news(struct follow *f, const json_t *op)
{
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(op, "steps"), i, step)
    {
        char key[24], now[64];
        snprintf(key, sizeof(key), "%s", cli_json_str(step, "n"));
        snprintf(now, sizeof(now), "%s %s %s", cli_json_str(step, "state"),
                 cli_json_str(step, "attempt"), cli_json_str(step, "stage"));
        const char *before = json_string_value(json_object_get(f->seen, key));
        bool is_new =
            before ? strcmp(before, now) != 0 : strcmp(cli_json_str(step, "state"), "PLANNED") != 0;
        json_object_set_new(f->seen, key, json_string(now));
        if (is_new)
            say_step(f, op, step);
    }
}

static void say_state(struct follow *f, const json_t *op)
{
    const char *before = json_string_value(json_object_get(f->seen, "state"));
    const char *state = cli_json_str(op, "state");
    int exit;
    if ((before && strcmp(before, state) == 0) || is_over(op, &exit))
        return; /* its end has a line of its own */
    bool is_queued = strcmp(state, "STARTING") == 0;
    if (before || is_queued)
        fprintf(f->to, "%12s%s%s\n", "", state,
                is_queued ? " (waits for other operations of the service)" : "");
    json_object_set_new(f->seen, "state", json_string(state));
}

static void say_end(struct follow *f, const json_t *op)
{
    AUTO(sbuf_release) struct sbuf took = SBUF_INIT;
    put_span_of(op, "askedAt", "stateAt", &took);
    fprintf(f->to, "\n%s of %s%s%s is %s%s%s (%s)\n", cli_json_str(op, "kind"),
            cli_json_str(op, "nsr.name"), *subject_of(op) ? " " : "", subject_of(op),
            cli_json_str(op, "state"), took.len ? " after " : "", took.len ? took.s : "",
            cli_json_str(op, "id"));
    print_end(f->to, op);
}

static int interrupt(struct cli *c, const char *id)
{
    c->was_interrupted = true;
    fprintf(c->errors,
            "baton: the operation goes on without being watched\n"
            "  watch it again: baton op wait %s; end it: baton op cancel %s\n",
            id, id);
    return CLI_TIMEOUT;
}

int cli_wait_operation(struct cli *c, const char *id, int64_t timeout_ms, struct cli_answer *last)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    int exit = CLI_OK;
    int64_t begin_us = clock_mono_us(), deadline_us = begin_us + timeout_ms * USEC_PER_MS;
    struct follow f = {.c = c, .to = cli_is_for_people(c) ? c->out : c->errors};
    f.seen = json_object();
    sbuf_addf(&path, "%s/%s", cli_op.path, id);
    c->interrupt_fd = cli_interrupt_fd();
    for (;;) {
        cli_request(c, "GET", path.s, NULL, last);
        if (cli_interrupted(0)) {
            exit = interrupt(c, id);
            break;
        }
        bool is_away = last->exit == CLI_UNREACHABLE || last->status >= 500;
        if (is_away != f.is_away)
            fprintf(f.to, "%12s%s\n", "",
                    is_away ? "the server does not answer; waiting for it" : "the server is back");
        f.is_away = is_away;
        if (!is_away && last->exit != CLI_OK) {
            exit = cli_report(c, last, "wait for the operation '%s'", id);
            break;
        }
        if (!is_away) {
            say_state(&f, last->json);
            say_news(&f, last->json);
            fflush(f.to);
            if (is_over(last->json, &exit)) {
                say_end(&f, last->json);
                break;
            }
        }
        int64_t now_us = clock_mono_us();
        if (now_us >= deadline_us) {
            fprintf(c->errors, "baton: the operation is not done after %.0f s; it goes on\n",
                    (double)timeout_ms / 1e3);
            fprintf(c->errors, "  hint: baton op wait %s\n", id);
            exit = CLI_TIMEOUT;
            break;
        }
        if (cli_interrupted(now_us - begin_us < QUICK_FOR_US ? POLL_QUICK_MS : POLL_SLOW_MS)) {
            exit = interrupt(c, id);
            break;
        }
    }
    json_decref(f.seen);
    return exit;
}

int cli_end_operation(struct cli *c, const struct cli_answer *last, int exit)
{
    if (c->output == CLI_JSON && last->json)
        cli_print_json(c, last->json, last->body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", cli_json_str(last->json, "id"));
    return exit;
}

/* What a person looks at: what is under way. */
static const json_t *under_way(const json_t *op)
{
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(op, "steps"), i, step)
    {
        const char *state = cli_json_str(step, "state");
        if (strcmp(state, "SENT") == 0 || strcmp(state, "UNDOING") == 0)
            return step;
    }
    return NULL;
}

static const char *meaning_of(const json_t *op)
{
    const char *state = cli_json_str(op, "state");
    bool is_pending = json_is_true(json_object_get(op, "isRollbackPending"));
    if (strcmp(state, "STARTING") == 0)
        return "it waits for the operations before it";
    if (strcmp(state, "PROCESSING") == 0 && is_pending)
        return "it is undone when what is under way has ended";
    if (strcmp(state, "PROCESSING") == 0 && *cli_json_str(op, "cancel"))
        return "no further step begins; what is under way is awaited";
    if (strcmp(state, "PROCESSING") == 0)
        return "it goes on; what is done is not done again";
    if (strcmp(state, "ROLLING_BACK") == 0)
        return "it is being undone, the last step first";
    if (strcmp(state, "FAILED_TEMP") == 0)
        return "it waits for your decision";
    if (strcmp(state, "ROLLED_BACK") == 0)
        return "what it did is undone; nothing is left of it";
    if (strcmp(state, "FAILED") == 0)
        return "it is given up; what it did stays";
    return strcmp(state, "COMPLETED") == 0 ? "it is done" : "";
}

void cli_say_operation(struct cli *c, const json_t *op)
{
    int exit;
    const json_t *step = under_way(op);
    const char *id = cli_json_str(op, "id"), *meaning = meaning_of(op);
    fprintf(c->out, "%s %s of nsr '%s' is %s%s%s\n", cli_json_str(op, "kind"), id,
            cli_json_str(op, "nsr.name"), cli_json_str(op, "state"), *meaning ? ": " : "", meaning);
    if (step) {
        AUTO(sbuf_release) struct sbuf of = SBUF_INIT;
        put_of(&of, step);
        fprintf(c->out, "  under way: step %s of %s, %s of %s\n", cli_json_str(step, "n"),
                cli_json_str(op, "progress.of"), cli_json_str(step, "kind"), of.s);
    }
    if (!is_over(op, &exit))
        fprintf(c->out, "  watch it: baton op wait %s\n", id);
    print_texts(c->out, "POSSIBLE NOW", json_object_get(op, "next"));
}

/* false: it is not queued any more. */
static bool say_queued(struct cli *c, const struct cli_answer *answer, const char *word,
                       const char *nsr_name)
{
    AUTO(cli_answer_release) struct cli_answer op = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf until = SBUF_INIT;
    sbuf_addf(&path, "%s/%s", cli_op.path, answer->operation);
    if (cli_request(c, "GET", path.s, NULL, &op) != CLI_OK ||
        strcmp(cli_json_str(op.json, "state"), "STARTING") != 0)
        return false;
    cli_put_clock(&until, cli_operation_time(op.json, "queuedUntil"), clock_wall_us());
    fprintf(c->out,
            "%s of nsr '%s' is queued until %s at most, behind the operations before it\n"
            "  watch it: baton op wait %s; take it back: baton op cancel %s\n",
            word, nsr_name, until.s, answer->operation, answer->operation);
    return true;
}

int cli_begun_operation(struct cli *c, const struct cli_answer *answer, const char *word,
                        const char *nsr_name, int64_t timeout_ms)
{
    AUTO(cli_answer_release) struct cli_answer last = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    if (c->option[CLI_OPT_WAIT] && *answer->operation) {
        int exit = cli_wait_operation(c, answer->operation, timeout_ms, &last);
        return cli_end_operation(c, &last, exit);
    }
    if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", answer->operation);
    if (c->output == CLI_JSON) {
        sbuf_addf(&path, "%s/%s", cli_op.path, answer->operation);
        if (cli_request(c, "GET", path.s, NULL, &last) != CLI_OK)
            return cli_report(c, &last, "show the operation '%s'", answer->operation);
        return cli_end_operation(c, &last, CLI_OK);
    }
    bool is_for_people = cli_is_for_people(c);
    if (is_for_people && c->option[CLI_OPT_QUEUED] && say_queued(c, answer, word, nsr_name))
        return CLI_OK;
    if (is_for_people)
        fprintf(c->out, "%s of nsr '%s' is under way: baton op wait %s\n", word, nsr_name,
                answer->operation);
    return CLI_OK;
}
