/* baton explain: one thing, told to a person: what it is, what it waits for, what went wrong, what
 * to do. The facts are the server's (GET /api/v1/baton/explain/{id}); -o json prints them all. */
#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/explain_parts.h"
#include "nfvo/cli/open_operations.h"
#include "nfvo/cli/operation.h"
#include "nfvo/cli/words.h"

#include <string.h>

/* --- next step --- */

static const char *nsr_id(struct page *p)
{
    return cli_json_str(p->all, "nsr.id");
}

static void put_main_wait(struct page *p, struct sbuf *out, const json_t *wait, const json_t *needs)
{
    int64_t due = page_time_of(wait, "due");
    cli_put_wait(out, wait, needs);
    sbuf_adds(out, ", until ");
    cli_put_clock(out, due, p->now_us);
    sbuf_adds(out, " (");
    cli_put_span(out, due - p->now_us);
    sbuf_adds(out, ")");
}

static const json_t *needs_of(struct page *p, const char *vnfr)
{
    size_t i;
    const json_t *v;
    json_array_foreach(json_object_get(p->all, "vnfrs"), i,
                       v) if (strcmp(cli_json_str(v, "name"), vnfr) ==
                              0) return json_object_get(v, "needs");
    return NULL;
}

static const char *vnfr_phase(struct page *p, const char *vnfr)
{
    size_t i;
    const json_t *v;
    json_array_foreach(json_object_get(p->all, "vnfrs"), i,
                       v) if (strcmp(cli_json_str(v, "name"), vnfr) ==
                              0) return cli_json_str(v, "phase");
    return "";
}

static const char *host_of(struct page *p, const char *vnfr)
{
    size_t i;
    const json_t *v;
    json_array_foreach(json_object_get(p->all, "vnfrs"), i,
                       v) if (!vnfr || strcmp(cli_json_str(v, "name"), vnfr) == 0)
    {
        const char *host =
            cli_json_str(json_array_get(json_object_get(v, "instances"), 0), "hostname");
        if (*host)
            return host;
    }
    return "";
}

static const json_t *open_operation(struct page *p, const char *vnfr)
{
    const json_t *first = NULL, *op;
    size_t i;
    json_array_foreach(json_object_get(p->all, "openOperations"), i, op)
    {
        bool is_nearer = !first || (cli_is_undecided(op) && !cli_is_undecided(first));
        if (cli_is_open_of(op, vnfr) && is_nearer)
            first = op;
    }
    return first;
}

/* The service is in ERROR, and no operation waits for a decision. */
static void put_choice(struct page *p, struct sbuf *text, const char *host)
{
    size_t i;
    const json_t *command;
    if (*host)
        sbuf_addf(text, "baton logs %s; ", host);
    sbuf_adds(text, "fix the cause; then one of:");
    json_array_foreach(json_object_get(p->all, "next"), i, command)
        sbuf_addf(text, FURTHER "%s", json_string_value(command));
}

/* The first that has to be told something; NULL: none. */
static const json_t *untold(struct page *p, const char *vnfr)
{
    size_t i;
    const json_t *u;
    json_array_foreach(json_object_get(p->all, "notTold"), i,
                       u) if (!vnfr || strcmp(cli_json_str(u, "target"), vnfr) == 0) return u;
    return NULL;
}

/* What a person does now. vnfr NULL: the whole NSR. */
static void show_next(struct page *p, const char *vnfr)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    const char *phase = cli_json_str(p->all, "nsr.phase");
    const json_t *fault = cli_json_at(p->all, "nsr.fault");
    const json_t *wait = cli_main_wait(json_object_get(p->all, "waits"), vnfr);
    const char *waits_vnfr = wait ? cli_json_str(wait, "vnfr") : "";
    const json_t *op = open_operation(p, vnfr);
    bool is_over = strcmp(phase, "ACTIVE") == 0 || strcmp(phase, "FAILED") == 0;
    if (op && is_over) {
        sbuf_adds(&text, cli_is_undecided(op) ? "an operation failed and waits for you:"
                                              : "an operation goes on:");
        cli_put_open_next(&text, op, FURTHER);
        if (*cli_json_str(op, "instance.name"))
            sbuf_addf(&text, FURTHER "look at: baton logs %s", cli_json_str(op, "instance.name"));
    } else if (json_array_size(json_object_get(p->all, "next")) > 0) {
        put_choice(p, &text, cli_json_str(fault, "host"));
    } else if (wait) {
        sbuf_addf(&text, "%s; waits for ",
                  strcmp(phase, "RELEASING") == 0 ? "is released" : "deploys");
        put_main_wait(p, &text, wait, needs_of(p, waits_vnfr));
        if (cli_runs_scripts(vnfr_phase(p, waits_vnfr)) && *host_of(p, waits_vnfr))
            sbuf_addf(&text, FURTHER "look at: baton logs %s -f", host_of(p, waits_vnfr));
    } else if (strcmp(phase, "ACTIVE") == 0 && untold(p, vnfr)) {
        sbuf_adds(&text, cli_json_str(untold(p, vnfr), "next"));
    } else if (strcmp(phase, "ACTIVE") == 0) {
        sbuf_addf(&text, "nothing to do; addresses: baton nsr show %s", nsr_id(p));
        if (*host_of(p, vnfr))
            sbuf_addf(&text, "; output: baton logs %s", host_of(p, vnfr));
    } else {
        sbuf_addf(&text, "baton nsr show %s", nsr_id(p));
    }
    fputc('\n', p->c->out);
    page_field(p, "NEXT", "%s", text.s);
}

/* --- pages --- */

static void show_instances(struct page *p, const json_t *vnfrs, const char *vnfr)
{
    static const char *const headings[] = {"VNFR / SERVER", "PHASE", "STATUS",
                                           "ADDRESSES",     "POP",   NULL};
    size_t i, k;
    const json_t *v, *instance;
    struct cli_table *t = cli_table_new(p->c, headings, true);
    fputc('\n', p->c->out);
    json_array_foreach(vnfrs, i, v)
    {
        if (vnfr && strcmp(cli_json_str(v, "name"), vnfr) != 0)
            continue;
        const char *cells[] = {cli_json_str(v, "name"), cli_json_str(v, "phase"),
                               cli_json_str(v, "status"), NULL, NULL};
        void *line = cli_table_add(t, NULL, cells);
        json_array_foreach(json_object_get(v, "instances"), k, instance)
        {
            AUTO(sbuf_release) struct sbuf addresses = SBUF_INIT;
            cli_addresses(instance, &addresses);
            const char *below[] = {cli_json_str(instance, "hostname"),
                                   cli_json_str(instance, "phase"), cli_json_str(instance, "state"),
                                   addresses.s, cli_json_str(instance, "popName")};
            cli_table_add(t, line, below);
        }
    }
    cli_table_print(t);
}

/* The last event of its own. */
static int64_t nsr_since(struct page *p)
{
    const json_t *list = json_object_get(p->all, "history");
    for (size_t i = json_array_size(list); i > 0; i--) {
        const json_t *row = json_array_get(list, i - 1), *entry = json_object_get(row, "entry");
        if (!*cli_json_str(entry, "vnfr") && !*cli_json_str(entry, "host"))
            return page_time_of(row, "at");
    }
    return 0;
}

/* Those of the PoPs that it is on, which its history has in its beginning. */
static void show_warnings(struct page *p)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(p->all, "history"), i, row)
    {
        const json_t *entry = json_object_get(row, "entry");
        if (strcmp(cli_json_str(entry, "event"), "WARNING") == 0)
            page_field(p, "WARNING", "%s", cli_json_str(entry, "text"));
    }
}

static void explain_nsr(struct page *p)
{
    const json_t *nsr = json_object_get(p->all, "nsr");
    const char *phase = cli_json_str(nsr, "phase");
    page_field(p, "NSR", "%s  %s", cli_json_str(nsr, "name"), cli_json_str(nsr, "id"));
    page_phase(p, phase, cli_nsr_meaning(phase), cli_json_str(nsr, "status"), nsr_since(p));
    show_warnings(p);
    page_operations(p, NULL);
    page_untold(p, NULL);
    page_waits(p, NULL, NULL, NULL);
    page_scripts(p, NULL, NULL);
    page_refusals(p);
    page_losses(p, NULL, NULL);
    page_outbox(p);
    page_unreadable(p);
    page_fault(p, json_object_get(nsr, "fault"));
    show_instances(p, json_object_get(p->all, "vnfrs"), NULL);
    page_history(p, NULL, NULL);
    show_next(p, NULL);
}

static void show_parents(struct page *p, const json_t *vnfr)
{
    if (vnfr)
        page_field(p, "VNFR", "%s  %s", cli_json_str(vnfr, "name"), cli_json_str(vnfr, "id"));
    page_field(p, "NSR", "%s  %s  %s", cli_json_str(p->all, "nsr.name"), nsr_id(p),
               cli_json_str(p->all, "nsr.status"));
}

static void explain_vnfr(struct page *p)
{
    const json_t *vnfr = page_by_id(json_object_get(p->all, "vnfrs"), cli_json_str(p->hit, "id"));
    const char *name = cli_json_str(vnfr, "name"), *phase = cli_json_str(vnfr, "phase");
    show_parents(p, vnfr);
    page_field(p, "VNFM", "%s", cli_json_str(vnfr, "vnfm"));
    page_phase(p, phase, cli_vnfr_meaning(phase), cli_json_str(vnfr, "status"),
               page_phase_since(p, name, NULL));
    page_operations(p, name);
    page_untold(p, name);
    page_waits(p, name, NULL, json_object_get(vnfr, "needs"));
    page_scripts(p, name, NULL);
    page_refusals(p);
    page_losses(p, name, NULL);
    page_outbox(p);
    page_unreadable(p);
    page_fault(p, json_object_get(vnfr, "fault"));
    if (json_array_size(json_object_get(vnfr, "instances")) > 0)
        show_instances(p, json_object_get(p->all, "vnfrs"), name);
    page_history(p, name, NULL);
    show_next(p, name);
}

static void explain_instance(struct page *p)
{
    const json_t *vnfr, *instance = NULL;
    AUTO(sbuf_release) struct sbuf addresses = SBUF_INIT;
    size_t i;
    json_array_foreach(json_object_get(p->all, "vnfrs"), i, vnfr)
    {
        instance = page_by_id(json_object_get(vnfr, "instances"), cli_json_str(p->hit, "id"));
        if (instance)
            break;
    }
    const char *host = cli_json_str(instance, "hostname"), *phase = cli_json_str(instance, "phase");
    page_field(p, "INSTANCE", "%s  %s", host, cli_json_str(instance, "id"));
    show_parents(p, instance ? vnfr : NULL);
    page_field(p, "POP", "%s  %s  there: %s", cli_json_str(instance, "popName"),
               cli_json_str(instance, "pop"), cli_json_str(instance, "vcId"));
    cli_addresses(instance, &addresses);
    if (addresses.len)
        page_field(p, "ADDRESSES", "%s", addresses.s);
    page_unreadable(p);
    page_phase(p, phase, cli_instance_meaning(phase), NULL, page_phase_since(p, NULL, host));
    if (instance) {
        const char *of = cli_json_str(vnfr, "phase");
        page_field(p, "", "its VNFR is %s: %s", of, cli_vnfr_meaning(of));
        page_operations(p, cli_json_str(vnfr, "name"));
    }
    page_waits(p, NULL, host, NULL);
    page_scripts(p, NULL, host);
    page_refusals(p);
    page_losses(p, NULL, host);
    const json_t *fault = json_object_get(instance ? vnfr : NULL, "fault");
    if (strcmp(cli_json_str(fault, "host"), host) == 0)
        page_fault(p, fault);
    page_history(p, NULL, host);
    show_next(p, instance ? cli_json_str(vnfr, "name") : NULL);
}

/* 0 and less: infinite, or not told. */
static void show_quota(struct page *p, const json_t *quota)
{
    static const struct {
        const char *name, *unit;
    } bounds[] = {{"instances", "servers"}, {"cores", "cores"}, {"ram", "MB of RAM"}};
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        json_int_t n = json_integer_value(json_object_get(quota, bounds[i].name));
        if (n > 0)
            sbuf_addf(&text, "%s%" JSON_INTEGER_FORMAT " %s", text.len ? ", " : "", n,
                      bounds[i].unit);
    }
    if (text.len)
        page_field(p, "QUOTA", "%s", text.s);
}

static void explain_pop(struct page *p)
{
    const json_t *pop = json_object_get(p->all, "pop"), *fault = json_object_get(pop, "fault");
    AUTO(sbuf_release) struct sbuf refreshed = SBUF_INIT;
    const char *driver = cli_json_str(pop, "driver"), *type = cli_json_str(pop, "type");
    int64_t at = page_time_of(pop, "refreshed");
    page_field(p, "POP", "%s  %s", cli_json_str(pop, "name"), cli_json_str(pop, "id"));
    page_unreadable(p);
    page_field(p, "TYPE", "%s  %s", type, cli_json_str(pop, "url"));
    page_field(p, "PHASE", "%s%s", cli_json_str(pop, "phase"),
               json_is_false(json_object_get(pop, "active")) ? ", inactive" : "");
    if (at) {
        cli_put_clock(&refreshed, at, p->now_us);
        sbuf_adds(&refreshed, " (");
        cli_put_span(&refreshed, p->now_us - at);
        sbuf_adds(&refreshed, " ago)");
    }
    page_field(p, "REFRESHED", "%s", at ? refreshed.s : "never");
    page_field(p, "HOLDS", "%s images, %s networks, %s flavours, %s servers of ours",
               cli_json_str(pop, "images"), cli_json_str(pop, "networks"),
               cli_json_str(pop, "flavours"), cli_json_str(pop, "servers"));
    show_quota(p, json_object_get(pop, "quota"));
    if (*cli_json_str(pop, "warning"))
        page_field(p, "WARNING", "%s", cli_json_str(pop, "warning"));
    if (*cli_json_str(pop, "note"))
        page_field(p, "NOTE", "%s", cli_json_str(pop, "note"));
    page_field(p, "DRIVER", "%s", *driver ? driver : "none is there");
    page_waits(p, NULL, NULL, NULL);
    page_refusals(p);
    page_outbox(p);
    page_unreadable(p);
    page_fault(p, fault);
    fputc('\n', p->c->out);
    if (!*driver)
        page_field(p, "NEXT", "start a driver for type '%s': it consumes from vim-drivers.%s.*",
                   type, type);
    else if (json_is_object(fault))
        page_field(p, "NEXT", "fix that, then: baton pop refresh %s", cli_json_str(pop, "name"));
    else
        page_field(p, "NEXT", "nothing to do; what it offers: baton pop show %s",
                   cli_json_str(pop, "name"));
}

static void explain_vnfm(struct page *p)
{
    const json_t *vnfm = json_object_get(p->all, "vnfm");
    bool is_active = json_is_true(json_object_get(vnfm, "active"));
    const char *endpoint = cli_json_str(vnfm, "endpoint"),
               *capabilities = cli_json_str(vnfm, "capabilities");
    page_field(p, "VNFM", "%s  %s", cli_json_str(vnfm, "type"), cli_json_str(vnfm, "id"));
    page_field(p, "REACHED BY", "%s '%s'",
               strcmp(cli_json_str(vnfm, "kind"), "REST") == 0 ? "URL" : "queue", endpoint);
    page_field(p, "STATE", "%s%s",
               is_active ? "active: somebody consumes from its queue"
                         : "not active: its queue has no consumer",
               json_is_false(json_object_get(vnfm, "enabled")) ? "; disabled" : "");
    page_field(p, "CAN", "%s",
               *capabilities ? capabilities : "only what the reference's VNFMs can");
    page_field(p, "MANAGES", "%s VNFs", cli_json_str(vnfm, "vnfrs"));
    page_waits(p, NULL, NULL, NULL);
    page_refusals(p);
    fputc('\n', p->c->out);
    if (!is_active)
        page_field(p, "NEXT", "start it: vnfm-%s, and read its log", cli_json_str(vnfm, "type"));
    else if (json_array_size(json_object_get(p->all, "waits")) > 0)
        page_field(p, "NEXT", "it works; if nothing moves, read its log");
    else
        page_field(p, "NEXT", "nothing to do");
}

static void explain_driver(struct page *p)
{
    const json_t *driver = json_object_get(p->all, "driver");
    bool is_active = json_is_true(json_object_get(driver, "active"));
    const char *capabilities = cli_json_str(driver, "capabilities");
    page_field(p, "DRIVER", "%s", cli_json_str(driver, "queue"));
    page_field(p, "STATE", "%s",
               is_active ? "active: somebody consumes from its queue"
                         : "not active: its queue has no consumer");
    page_field(p, "CAN", "%s",
               *capabilities ? capabilities : "only what the reference's drivers can");
    page_field(p, "SERVES", "%s PoPs of type '%s'", cli_json_str(driver, "pops"),
               cli_json_str(driver, "type"));
    page_waits(p, NULL, NULL, NULL);
    page_refusals(p);
    fputc('\n', p->c->out);
    page_field(p, "NEXT", is_active ? "nothing to do" : "start it: vim-driver-%s, and read its log",
               cli_json_str(driver, "type"));
}

static void explain_command(struct page *p)
{
    const json_t *wait = json_array_get(json_object_get(p->all, "waits"), 0);
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    cli_put_wait(&text, wait, needs_of(p, cli_json_str(wait, "vnfr")));
    page_field(p, "COMMAND", "%s", cli_json_str(p->hit, "id"));
    page_field(p, "KIND", "%s", cli_json_str(wait, "kind"));
    page_waits(p, NULL, NULL, needs_of(p, cli_json_str(wait, "vnfr")));
    if (*nsr_id(p))
        show_parents(p, NULL);
    page_outbox(p);
    page_unreadable(p);
    fputc('\n', p->c->out);
    page_field(p, "NEXT", "baton explain %s",
               *cli_json_str(wait, "host")   ? cli_json_str(wait, "host")
               : *cli_json_str(wait, "vnfr") ? nsr_id(p)
                                             : cli_json_str(wait, "pop"));
}

/* Its own page tells all: also of one whose service is gone. */
static void explain_operation(struct page *p)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/%s", cli_op.path, cli_json_str(p->hit, "id"));
    if (cli_request(p->c, "GET", path.s, NULL, &a) != CLI_OK) {
        cli_report(p->c, &a, "explain '%s'", cli_json_str(p->hit, "id"));
        return;
    }
    cli_show_operation(p->c, a.json);
    if (*cli_json_str(a.json, "endedAt"))
        return;
    fputc('\n', p->c->out);
    page_waits(p, NULL, NULL, NULL);
}

static void explain_gone(struct page *p)
{
    page_field(p, "NSR", "%s", cli_json_str(p->hit, "id"));
    page_field(p, "PHASE", "gone: it was released");
    page_history(p, NULL, NULL);
}

static const struct {
    const char *kind, *called;
    void (*show)(struct page *p);
} kinds[] = {{"nsr", "network service", explain_nsr},
             {"vnfr", "VNF", explain_vnfr},
             {"instance", "VNFC instance", explain_instance},
             {"pop", "point of presence", explain_pop},
             {"vnfm", "VNF manager", explain_vnfm},
             {"driver", "VIM driver", explain_driver},
             {"operation", "operation", explain_operation},
             {"command", "open command", explain_command},
             {"gone", "network service that is gone", explain_gone}};

int cli_tell_hits(struct cli *c, const char *command, const json_t *hits, const char *wanted)
{
    size_t i;
    const json_t *hit;
    const char *first = cli_json_str(json_array_get(hits, 0), "kind");
    bool are_alike = true;
    fprintf(c->errors, "baton: '%s' is the name of several things:\n", wanted);
    json_array_foreach(hits, i, hit)
    {
        const char *nsr = cli_json_str(hit, "nsrName"), *kind = cli_json_str(hit, "kind");
        bool is_part = *nsr && strcmp(kind, "nsr") != 0;
        are_alike &= strcmp(kind, first) == 0;
        fprintf(c->errors, "  %s/%s%s%s%s%s%s\n", kind, cli_json_str(hit, "id"),
                is_part ? "  of nsr '" : "", is_part ? nsr : "", is_part ? "' (" : "",
                is_part ? cli_json_str(hit, "nsr") : "", is_part ? ")" : "");
    }
    if (are_alike)
        fprintf(c->errors, "  hint: say which by its id\n");
    else
        fprintf(c->errors, "  hint: say which by its id, or by kind and name: baton %s %s/%s\n",
                command, first, wanted);
    return CLI_USAGE;
}

int cli_ask_explain(struct cli *c, const char *wanted, const char *query, struct cli_answer *a)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    const char *name = wanted, *kind = "";
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i].kind);
        if (strncmp(wanted, kinds[i].kind, len) == 0 && wanted[len] == '/') {
            kind = kinds[i].kind;
            n = len;
            name = wanted + len + 1;
        }
    }
    sbuf_adds(&path, "/api/v1/baton/explain/");
    http_percent_encode(&path, name);
    sbuf_addf(&path, "?kind=%.*s%s%s", (int)n, kind, *query ? "&" : "", query);
    return cli_request(c, "GET", path.s, NULL, a);
}

int cli_cmd_explain(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    const char *wanted = c->args[0];
    if (cli_ask_explain(c, wanted, "", &a) != CLI_OK)
        return cli_report(c, &a, "explain '%s'", wanted);
    const json_t *hits = json_object_get(a.json, "hits"), *hit = json_array_get(hits, 0);
    if (json_array_size(hits) == 0) {
        struct err err = ERR_INIT;
        err_hint(&err, "baton status, baton nsr list");
        return cli_fail(c, CLI_NOT_FOUND, &err, "nothing has the id or name '%s'", wanted);
    }
    if (json_array_size(hits) > 1)
        return cli_tell_hits(c, "explain", hits, wanted);
    if (c->output == CLI_JSON) {
        cli_print_json(c, a.json, a.body.s);
        return CLI_OK;
    }
    if (c->output == CLI_NAME) {
        fprintf(c->out, "%s\n", cli_json_str(hit, "id"));
        return CLI_OK;
    }
    struct page p = {c, a.json, hit, json_integer_value(json_object_get(a.json, "now"))};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].kind, cli_json_str(hit, "kind")) == 0)
            kinds[i].show(&p);
    return CLI_OK;
}
