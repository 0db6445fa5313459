/* baton status, version, driver list. */
#include "common/base/version.h"
#include "common/sys/clock.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/open_operations.h"
#include "nfvo/cli/terminal.h"
#include "nfvo/cli/words.h"

#include <string.h>

/* "vim-drivers.openstack.name": type and name. */
static void print_drivers(struct cli *c, const json_t *queues)
{
    static const char *const headings[] = {"QUEUE", "TYPE", "NAME", NULL};
    size_t i;
    json_t *queue;
    if (json_array_size(queues) == 0) {
        fprintf(c->errors, "none\n");
        return;
    }
    struct cli_table *t = cli_table_new(c, headings, false);
    json_array_foreach(queues, i, queue)
    {
        const char *text = json_is_string(queue) ? json_string_value(queue) : "";
        const char *type = strchr(text, '.'), *name = type ? strchr(type + 1, '.') : NULL;
        char word[128] = "";
        if (type)
            snprintf(word, sizeof(word), "%.*s", (int)strcspn(type + 1, "."), type + 1);
        const char *cells[] = {text, word, name ? name + 1 : ""};
        cli_table_add(t, NULL, cells);
    }
    cli_table_print(t);
}

int cli_cmd_driver_list(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t i;
    json_t *queue;
    if (cli_request(c, "GET", "/api/v1/plugins", NULL, &a) != CLI_OK)
        return cli_report(c, &a, "list the drivers");
    if (c->output == CLI_JSON)
        cli_print_json(c, a.json, a.body.s);
    else if (cli_is_for_people(c))
        print_drivers(c, a.json);
    else
        json_array_foreach(a.json, i, queue)
            fprintf(c->out, "%s\n", json_is_string(queue) ? json_string_value(queue) : "");
    return CLI_OK;
}

int cli_cmd_version(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    fprintf(c->out, "baton %s\n", BATON_VERSION);
    fflush(c->out);
    if (cli_request(c, "GET", "/api/v1/main/version", NULL, &a) != CLI_OK)
        return cli_report(c, &a, "ask the server for its version");
    fprintf(c->out, "nfvo %.*s at %s\n", (int)strcspn(a.body.s, "\r\n"), a.body.s, c->session.url);
    return CLI_OK;
}

/* --- status: warnings first, then what there is; it fits a terminal ------------------------------
 */

#define PROCESS_LATE_US (10 * USEC_PER_SEC) /* a heartbeat comes every 2 s */
#define EVENTS_LATE_US  (60 * USEC_PER_SEC)
#define NUMBERS_OLD_US  (12 * USEC_PER_SEC)
#define WARNINGS_MAX    15

struct view {
    struct cli *c;
    const json_t *all;
    int64_t now_us;
    struct sbuf warnings; /* a line each */
    int warning_n;
};

static int64_t number(const json_t *object, const char *path)
{
    return json_integer_value(cli_json_at(object, path));
}

static bool is_true(const json_t *object, const char *path)
{
    return json_is_true(cli_json_at(object, path));
}

static void PRINTF_LIKE(2, 3) warn(struct view *v, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    va_list ap;
    if (v->warning_n++ >= WARNINGS_MAX)
        return;
    sbuf_addf(&v->warnings, "%-12s ", v->warning_n == 1 ? "WARNINGS" : "");
    va_start(ap, fmt);
    sbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    cli_put_line(&v->warnings, text.s);
    sbuf_addc(&v->warnings, '\n');
}

static void put_ago(struct sbuf *out, const struct view *v, int64_t at_us)
{
    cli_put_span(out, v->now_us - at_us);
    sbuf_adds(out, " ago");
}

static void check_processes(struct view *v)
{
    size_t i;
    const json_t *process;
    if (!is_true(v->all, "ready"))
        warn(v, "the server is not ready: %s", cli_json_str(v->all, "why"));
    json_array_foreach(json_object_get(v->all, "processes"), i, process)
    {
        AUTO(sbuf_release) struct sbuf ago = SBUF_INIT;
        int64_t seen = number(process, "seen");
        if (is_true(process, "stopped") || v->now_us - seen < PROCESS_LATE_US)
            continue;
        put_ago(&ago, v, seen);
        warn(v, "nfvo %s pid %s was last seen %s: it died, or cannot reach the database",
             cli_json_str(process, "host"), cli_json_str(process, "pid"), ago.s);
    }
}

static void check_documents(struct view *v)
{
    size_t i;
    const json_t *doc;
    json_array_foreach(json_object_get(v->all, "unreadable"), i, doc)
        warn(v, "%s; what needs it is refused (baton explain %s)", cli_json_str(doc, "message"),
             cli_json_str(doc, "agg"));
}

/* "start vnfm-generic": who consumes from a queue. "": nobody has to. */
static void consumer_of(const struct view *v, const char *queue, struct sbuf *out)
{
    size_t i;
    const json_t *vnfm;
    if (strcmp(queue, "nfvo.dead-letters") == 0)
        return;
    if (strncmp(queue, "nfvo.", 5) == 0 || strncmp(queue, "vnfm.nfvo.", 10) == 0)
        sbuf_adds(out, "start nfvo");
    else if (strncmp(queue, "vim-drivers.", 12) == 0)
        sbuf_addf(out, "start vim-driver-%.*s", (int)strcspn(queue + 12, "."), queue + 12);
    json_array_foreach(json_object_get(v->all, "vnfms"), i,
                       vnfm) if (strcmp(cli_json_str(vnfm, "endpoint"), queue) == 0 &&
                                 is_true(vnfm, "enabled"))
        sbuf_addf(out, "start vnfm-%s", cli_json_str(vnfm, "type"));
}

static bool has_queue(const struct view *v, const char *name)
{
    size_t i;
    const json_t *queue;
    json_array_foreach(json_object_get(v->all, "queues"), i, queue)
    {
        if (strcmp(cli_json_str(queue, "name"), name) == 0)
            return true;
    }
    return false;
}

/* The broker's numbers are some seconds old: what began just now does not show in them. */
static bool has_begun_just_now(const struct view *v)
{
    size_t i;
    const json_t *process;
    json_array_foreach(json_object_get(v->all, "processes"), i, process)
    {
        if (!is_true(process, "stopped") && v->now_us - number(process, "started") < NUMBERS_OLD_US)
            return true;
    }
    return false;
}

static void check_queues(struct view *v)
{
    size_t i;
    const json_t *queue, *queues = json_object_get(v->all, "queues");
    if (!json_is_array(queues))
        warn(v, "the broker's queues could not be listed: %s", cli_json_str(v->all, "queuesFault"));
    json_array_foreach(queues, i, queue)
    {
        AUTO(sbuf_release) struct sbuf who = SBUF_INIT;
        const char *name = cli_json_str(queue, "name");
        int64_t messages = number(queue, "messages");
        consumer_of(v, name, &who);
        if (who.len && number(queue, "consumers") == 0 && !has_begun_just_now(v))
            warn(v, "queue '%s' has no consumer%s: %s", name,
                 messages ? ", and messages wait in it" : "", who.s);
        else if (strcmp(name, "nfvo.dead-letters") == 0 && messages > 0)
            warn(v,
                 "%lld message%s (%lld kB) could not be read or delivered: queue '%s' holds them "
                 "with their reasons",
                 (long long)messages, messages == 1 ? "" : "s",
                 (long long)(number(queue, "bytes") + 1023) / 1024, name);
    }
}

static void check_peers(struct view *v)
{
    size_t i;
    const json_t *peer;
    json_array_foreach(json_object_get(v->all, "vnfms"), i, peer)
    {
        if (is_true(peer, "enabled") && !is_true(peer, "active") &&
            !has_queue(v, cli_json_str(peer, "endpoint")))
            warn(v, "VNFM '%s' is not there (%s VNFs are its): start vnfm-%s",
                 cli_json_str(peer, "type"), cli_json_str(peer, "vnfrs"),
                 cli_json_str(peer, "type"));
    }
    json_array_foreach(json_object_get(v->all, "missing"), i, peer)
    {
        const char *type = cli_json_str(peer, "type"), *n = cli_json_str(peer, "vnfrs");
        warn(v, "no VNFM '%s' is registered, but %s VNF%s: start vnfm-%s", type, n,
             strcmp(n, "1") == 0 ? " is its" : "s are its", type);
    }
    json_array_foreach(json_object_get(v->all, "pops"), i, peer)
    {
        const char *name = cli_json_str(peer, "name"), *type = cli_json_str(peer, "type");
        if (!*cli_json_str(peer, "driver"))
            warn(v, "PoP '%s' has no driver: start vim-driver-%.*s", name, (int)strcspn(type, "."),
                 type);
        if (json_is_object(json_object_get(peer, "fault")))
            warn(v, "PoP '%s': %s (baton explain pop/%s)", name,
                 cli_json_str(peer, "fault.message"), name);
    }
}

/* What others are refused or lost, and nobody else tells. */
static void check_around(struct view *v)
{
    size_t i;
    const json_t *item;
    const char *accounts = cli_json_str(v->all, "broker.accountsFault"),
               *what_to_do = cli_json_str(v->all, "broker.accountsHint");
    if (*accounts)
        warn(v, "accounts on the broker: %s%s%s", accounts, *what_to_do ? ": " : "", what_to_do);
    json_array_foreach(json_object_get(v->all, "refusals"), i, item)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        cli_put_refusal(&text, item, v->now_us);
        const char *hint = cli_json_str(item, "hint");
        warn(v, "%s%s%s", text.s, *hint ? ": " : "", hint);
    }
    json_array_foreach(json_object_get(v->all, "agentsGone"), i, item)
    {
        AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
        cli_put_clock(&at, number(item, "since"), v->now_us);
        sbuf_adds(&at, " (");
        cli_put_span(&at, v->now_us - number(item, "since"));
        sbuf_addc(&at, ')');
        warn(v, "the agent of %s (nsr '%s') is not connected since %s: does the server run? %s",
             cli_json_str(item, "host"), cli_json_str(item, "nsrName"), at.s,
             "scripts cannot be run on it");
    }
}

/* Launched before agents had an exchange of their own to write. */
static void check_old_agents(struct view *v)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    const json_t *old = json_object_get(v->all, "agentsOld"), *name;
    int64_t n = number(old, "n"), services = number(old, "services");
    size_t i;
    if (!n)
        return;
    json_array_foreach(json_object_get(old, "nsrs"), i, name) sbuf_addf(
        &names, "%s'%s'", i ? ", " : "", json_is_string(name) ? json_string_value(name) : "");
    if (services > (int64_t)i)
        sbuf_addf(&names, " and %lld more", (long long)(services - (int64_t)i));
    warn(v,
         "%lld agent%s of before can reach one another: root in one such server is root "
         "in all: nsr %s. Deploy %s again (baton nsr delete NSR, then baton nsr create NSD)",
         (long long)n, n == 1 ? "" : "s", names.s, services == 1 ? "it" : "them");
}

/* Root causes first. Those that follow from another one are counted with it. */
static void check_alarms(struct view *v)
{
    size_t i;
    const json_t *item;
    int64_t open = number(v->all, "alarmsOpen"), shown = 0;
    json_array_foreach(json_object_get(v->all, "alarms"), i, item)
    {
        AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
        const char *nsr = cli_json_str(item, "nsrName");
        if (!is_true(item, "isRoot"))
            continue;
        cli_put_clock(&at, number(item, "raised"), v->now_us);
        sbuf_adds(&at, " (");
        cli_put_span(&at, v->now_us - number(item, "raised"));
        sbuf_addc(&at, ')');
        warn(v, "%s%s%s%s, since %s%s%s%s (baton alarm show %.8s)", cli_json_str(item, "text"),
             *nsr ? " (nsr '" : "", nsr, *nsr ? "')" : "", at.s,
             *cli_json_str(item, "healing") ? "; " : "", cli_json_str(item, "healing"),
             is_true(item, "acked") ? "; acknowledged" : "", cli_json_str(item, "id"));
        shown++;
    }
    if (open > shown)
        warn(v, "%lld more alarms (baton alarm list state=open)", (long long)(open - shown));
}

/* What their drivers say to those who deploy there. */
static void check_pops(struct view *v)
{
    size_t i;
    const json_t *pop;
    json_array_foreach(json_object_get(v->all, "pops"), i, pop) if (*cli_json_str(pop, "warning"))
        warn(v, "PoP '%s': %s (baton explain %s)", cli_json_str(pop, "name"),
             cli_json_str(pop, "warning"), cli_json_str(pop, "id"));
}

/* What does not go on by itself. */
static void check_operations(struct view *v)
{
    size_t i;
    const json_t *op;
    json_array_foreach(json_object_get(v->all, "openOperations"), i, op)
    {
        AUTO(sbuf_release) struct sbuf what = SBUF_INIT, next = SBUF_INIT;
        if (!cli_is_undecided(op))
            continue;
        cli_put_open_what(&what, op, v->now_us);
        cli_put_open_next(&next, op, "; ");
        warn(v, "nsr '%s': %s, failed and waits for a decision: baton op show %s%s",
             cli_json_str(op, "nsr.name"), what.s, cli_json_str(op, "id"), next.s);
    }
}

static void check_work(struct view *v)
{
    size_t i;
    const json_t *nsr;
    int64_t unsent = number(v->all, "outbox.unsent"), due = number(v->all, "waiting.oldest.due");
    json_array_foreach(json_object_get(v->all, "failed"), i, nsr)
        warn(v, "nsr '%s' is in ERROR: %s (baton explain %s)", cli_json_str(nsr, "name"),
             cli_json_str(nsr, "fault"), cli_json_str(nsr, "id"));
    if (due && due < v->now_us - PROCESS_LATE_US)
        warn(v, "a wait is overdue and no process acts: is nfvo alive? (baton explain %s)",
             cli_json_str(v->all, "waiting.oldest.id"));
    if (unsent)
        warn(v, "%lld message%s wait%s for a queue that takes %s", (long long)unsent,
             unsent == 1 ? "" : "s", unsent == 1 ? "s" : "", unsent == 1 ? "it" : "them");
    int64_t oldest = number(v->all, "events.oldest");
    if (oldest && v->now_us - oldest > EVENTS_LATE_US)
        warn(v, "%s events are not taken by their subscribers (baton event list)",
             cli_json_str(v->all, "events.undelivered"));
    const json_t *target;
    json_array_foreach(cli_json_at(v->all, "events.failing"), i, target)
        warn(v, "no receiver takes events at %s '%s': %s (baton event list)",
             cli_json_str(target, "type"), cli_json_str(target, "endpoint"),
             cli_json_str(target, "fault"));
}

static void print_server(struct view *v)
{
    size_t i;
    const json_t *process;
    AUTO(sbuf_release) struct sbuf alive = SBUF_INIT;
    int n = 0;
    json_array_foreach(json_object_get(v->all, "processes"), i, process)
    {
        if (is_true(process, "stopped") || v->now_us - number(process, "seen") >= PROCESS_LATE_US)
            continue;
        sbuf_addf(&alive, "%s%s:%s up ", n++ ? ", " : "", cli_json_str(process, "host"),
                  cli_json_str(process, "pid"));
        cli_put_span(&alive, v->now_us - number(process, "started"));
    }
    fprintf(v->c->out, "%-12s %s, version %s, %s\n", "SERVER", v->c->session.url,
            cli_json_str(v->all, "version"), is_true(v->all, "ready") ? "ready" : "NOT READY");
    if (v->warnings.len)
        fputs(v->warnings.s, v->c->out);
    if (v->warning_n > WARNINGS_MAX)
        fprintf(v->c->out, "%-12s and %d more\n", "", v->warning_n - WARNINGS_MAX);
    if (v->warning_n == 0)
        fprintf(v->c->out, "%-12s none\n", "WARNINGS");
    fprintf(v->c->out, "%-12s %d nfvo%s%s\n", "PROCESSES", n, n ? ": " : "", n ? alive.s : "");
    if (json_is_false(cli_json_at(v->all, "broker.log")))
        fprintf(v->c->out,
                "%-12s what it refuses to whom is not told (%s): log.exchange = true in "
                "rabbitmq.conf\n",
                "BROKER", cli_json_str(v->all, "broker.logFault"));
    if (*cli_json_str(v->all, "broker.openRoom"))
        fprintf(v->c->out,
                "%-12s is open in virtual host %s: who is there can act for each other; 'open' in "
                "baton manager list\n",
                "REGISTRATION", cli_json_str(v->all, "broker.openRoom"));
}

static void print_counts(struct view *v)
{
    const char *state;
    json_t *n;
    int64_t all = 0, messages = 0, empty = 0;
    size_t i;
    const json_t *queue, *queues = json_object_get(v->all, "queues");
    AUTO(sbuf_release) struct sbuf states = SBUF_INIT;
    json_object_foreach((json_t *)json_object_get(v->all, "phases"), state, n)
    {
        sbuf_addf(&states, "%s%s %s", states.len ? ", " : " (", cli_json_str(n, ""), state);
        all += json_integer_value(n);
    }
    json_array_foreach(queues, i, queue)
    {
        messages += number(queue, "messages");
        empty += number(queue, "messages") == 0;
    }
    fprintf(v->c->out, "%-12s %lld%s%s", "SERVICES", (long long)all, states.len ? states.s : "",
            states.len ? ")" : "");
    if (number(v->all, "releases.left"))
        fprintf(v->c->out, "; %s releases accepted and not begun",
                cli_json_str(v->all, "releases.left"));
    if (number(v->all, "tombstones"))
        fprintf(v->c->out, "; %s gone from sight, servers not yet verified to be gone",
                cli_json_str(v->all, "tombstones"));
    fputc('\n', v->c->out);
    if (json_is_array(queues))
        fprintf(v->c->out, "%-12s %zu, %lld of them empty, %lld message%s in all%s\n", "QUEUES",
                json_array_size(queues), (long long)empty, (long long)messages,
                messages == 1 ? "" : "s", v->c->output == CLI_WIDE ? "" : " (-o wide lists them)");
    AUTO(sbuf_release) struct sbuf oldest = SBUF_INIT;
    if (number(v->all, "waiting.open")) {
        sbuf_addf(&oldest, "; the oldest: %s, since ", cli_json_str(v->all, "waiting.oldest.kind"));
        cli_put_span(&oldest, v->now_us - number(v->all, "waiting.oldest.opened"));
        sbuf_addf(&oldest, " (baton explain %s)", cli_json_str(v->all, "waiting.oldest.id"));
    }
    fprintf(v->c->out, "%-12s %s open command%s%s\n", "WAITS", cli_json_str(v->all, "waiting.open"),
            number(v->all, "waiting.open") == 1 ? "" : "s", oldest.len ? oldest.s : "");
}

static void print_in_flight(struct view *v)
{
    static const char *const headings[] = {"IN FLIGHT", "PHASE", "AGE", "LAST STEP",
                                           "UNTIL",     "ID",    NULL};
    const json_t *list = json_object_get(v->all, "inFlight"), *nsr;
    size_t i;
    if (json_array_size(list) == 0)
        return;
    fputc('\n', v->c->out);
    struct cli_table *t = cli_table_new(v->c, headings, false);
    json_array_foreach(list, i, nsr)
    {
        AUTO(sbuf_release) struct sbuf age = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf since = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf until = SBUF_INIT;
        cli_put_span(&age, v->now_us - number(nsr, "created"));
        if (number(nsr, "since"))
            put_ago(&since, v, number(nsr, "since"));
        if (number(nsr, "due"))
            cli_put_clock(&until, number(nsr, "due"), v->now_us);
        const char *cells[] = {
            cli_json_str(nsr, "name"), cli_json_str(nsr, "phase"), age.s,
            since.len ? since.s : "",  until.len ? until.s : "",   cli_json_str(nsr, "id")};
        cli_table_add(t, NULL, cells);
    }
    cli_table_print(t);
}

static void put_servers(const json_t *pop, struct sbuf *cell)
{
    sbuf_addf(cell, "%s images, %s networks, %s servers", cli_json_str(pop, "images"),
              cli_json_str(pop, "networks"), cli_json_str(pop, "servers"));
    json_int_t quota =
        json_integer_value(json_object_get(json_object_get(pop, "quota"), "instances"));
    if (quota > 0)
        sbuf_addf(cell, " of %" JSON_INTEGER_FORMAT, quota);
}

static void put_driver(const json_t *pop, struct sbuf *cell)
{
    const char *driver = cli_json_str(pop, "driver");
    sbuf_adds(cell, *driver ? driver : "none");
}

static const struct cli_column vnfm_columns[] = {
    {.heading = "VNFM", .path = "type"},           {.heading = "REACHED BY", .path = "kind"},
    {.heading = "ENDPOINT", .path = "endpoint"},   {.heading = "ACTIVE", .path = "active"},
    {.heading = "PROCESSES", .path = "consumers"}, {.heading = "VNFS", .path = "vnfrs"},
    {.heading = "OPEN", .path = "open"},           {0}};
static const struct cli_column driver_columns[] = {
    {.heading = "DRIVER", .path = "queue"},  {.heading = "TYPE", .path = "type"},
    {.heading = "ACTIVE", .path = "active"}, {.heading = "PROCESSES", .path = "consumers"},
    {.heading = "POPS", .path = "pops"},     {0}};
static const struct cli_column pop_columns[] = {{.heading = "POP", .path = "name"},
                                                {.heading = "TYPE", .path = "type"},
                                                {.heading = "ACTIVE", .path = "active"},
                                                {.heading = "DRIVER", .print = put_driver},
                                                {.heading = "HOLDS", .print = put_servers},
                                                {.heading = "REFRESHED", .path = "ago"},
                                                {0}};
static const struct cli_column queue_columns[] = {{.heading = "QUEUE", .path = "name"},
                                                  {.heading = "CONSUMERS", .path = "consumers"},
                                                  {.heading = "MESSAGES", .path = "messages"},
                                                  {0}};

enum { SHOWN_MAX = 30 };

/* A thousand PoPs are no overview. */
static void print_some(struct view *v, const struct cli_column *columns, const json_t *list)
{
    size_t n = json_array_size(list);
    if (n <= SHOWN_MAX || v->c->output == CLI_WIDE) {
        cli_print_list(v->c, columns, list);
        return;
    }
    json_t *some = json_array();
    for (size_t i = 0; i < SHOWN_MAX; i++)
        json_array_append(some, json_array_get(list, i));
    cli_print_list(v->c, columns, some);
    json_decref(some);
    fprintf(v->c->out, "... and %zu more (-o wide shows all)\n", n - SHOWN_MAX);
}

/* none: what to do when there is nothing of the kind. */
static void print_part(struct view *v, const char *member, const struct cli_column *columns,
                       const char *none)
{
    const json_t *list = json_object_get(v->all, member);
    fputc('\n', v->c->out);
    if (json_array_size(list) == 0)
        fprintf(v->c->out, "%s: none%s\n", columns[0].heading, none);
    else
        print_some(v, columns, list);
}

/* Columns have no clock: the age is put beside the time. */
static void add_ages(const struct view *v, const json_t *pops)
{
    size_t i;
    json_t *pop;
    json_array_foreach(pops, i, pop)
    {
        AUTO(sbuf_release) struct sbuf ago = SBUF_INIT;
        if (number(pop, "refreshed"))
            put_ago(&ago, v, number(pop, "refreshed"));
        json_object_set_new(pop, "ago", json_string(ago.len ? ago.s : "never"));
    }
}

/* Who consumes from a peer's queue is one process of it. */
static void add_consumers(const struct view *v, const char *member, const char *queue)
{
    size_t i, k;
    json_t *peer, *q;
    json_array_foreach(json_object_get(v->all, member), i, peer)
    {
        json_array_foreach(json_object_get(v->all, "queues"), k, q)
        {
            if (strcmp(cli_json_str(q, "name"), cli_json_str(peer, queue)) == 0)
                json_object_set(peer, "consumers", json_object_get(q, "consumers"));
        }
    }
}

static void print_notes(const struct view *v)
{
    size_t i;
    const json_t *pop;
    json_array_foreach(json_object_get(v->all, "pops"), i, pop)
    {
        AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (i >= SHOWN_MAX && v->c->output != CLI_WIDE)
            break;
        if (!*cli_json_str(pop, "note"))
            continue;
        sbuf_addf(&text, "%s: %s", cli_json_str(pop, "name"), cli_json_str(pop, "note"));
        cli_put_line(&line, text.s);
        fprintf(v->c->out, "%s\n", line.s);
    }
}

static void print_status(struct cli *c, const json_t *all)
{
    struct view v = {.c = c, .all = all, .now_us = number(all, "now"), .warnings = SBUF_INIT};
    check_processes(&v);
    check_documents(&v);
    check_queues(&v);
    check_peers(&v);
    check_around(&v);
    check_old_agents(&v);
    check_alarms(&v);
    check_pops(&v);
    check_work(&v);
    check_operations(&v);
    add_ages(&v, json_object_get(all, "pops"));
    add_consumers(&v, "vnfms", "endpoint");
    add_consumers(&v, "drivers", "queue");
    print_server(&v);
    print_counts(&v);
    print_in_flight(&v);
    cli_print_open_operations(c, json_object_get(all, "openOperations"), v.now_us);
    print_part(&v, "vnfms", vnfm_columns, "; start one, e.g. vnfm-generic");
    print_part(&v, "drivers", driver_columns, "; start one, e.g. vim-driver-local");
    print_part(&v, "pops", pop_columns, "; baton pop create FILE");
    print_notes(&v);
    if (c->output == CLI_WIDE && json_is_array(json_object_get(all, "queues")))
        print_part(&v, "queues", queue_columns, "");
    sbuf_release(&v.warnings);
}

/* An nfvo that is older than this client. */
static bool is_unknown(const struct cli_answer *a)
{
    return a->status == 404;
}

int cli_cmd_status(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (cli_request(c, "GET", "/api/v1/baton/status", NULL, &a) != CLI_OK) {
        if (is_unknown(&a))
            return cli_fail(c, CLI_FAULT, NULL, "the server at %s is older than this client",
                            c->session.url);
        return cli_report(c, &a, "ask for the status");
    }
    if (c->output == CLI_JSON)
        cli_print_json(c, a.json, a.body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", is_true(a.json, "ready") ? "ready" : "not ready");
    else
        print_status(c, a.json);
    return is_true(a.json, "ready") ? CLI_OK : CLI_FAULT;
}
