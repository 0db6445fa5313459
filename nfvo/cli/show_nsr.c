#include "nfvo/cli/show.h"

#include "common/sys/clock.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/open_operations.h"
#include "nfvo/cli/terminal.h"
#include "nfvo/cli/watch.h"
#include "nfvo/cli/words.h"

#include <string.h>

void cli_addresses(const json_t *instance, struct sbuf *out)
{
    size_t i;
    json_t *ip;
    json_array_foreach(json_object_get(instance, "ips"), i, ip) sbuf_addf(
        out, "%s%s=%s", out->len ? " " : "", cli_json_str(ip, "netName"), cli_json_str(ip, "ip"));
    json_array_foreach(json_object_get(instance, "floatingIps"), i, ip)
        sbuf_addf(out, "%s%s=%s (floating)", out->len ? " " : "", cli_json_str(ip, "netName"),
                  cli_json_str(ip, "ip"));
}

static void add_instances(struct cli_table *t, void *parent, const json_t *vdu)
{
    size_t i;
    json_t *instance;
    json_array_foreach(json_object_get(vdu, "vnfc_instance"), i, instance)
    {
        AUTO(sbuf_release) struct sbuf addresses = SBUF_INIT;
        cli_addresses(instance, &addresses);
        const char *cells[] = {cli_json_str(instance, "hostname"), cli_json_str(instance, "state"),
                               addresses.s, cli_json_str(instance, "vc_id")};
        cli_table_add(t, parent, cells);
    }
}

static void add_vnfr(struct cli_table *t, const json_t *vnfr)
{
    size_t i;
    json_t *vdu;
    const char *cells[] = {cli_json_str(vnfr, "name"), cli_json_str(vnfr, "status"), NULL,
                           cli_json_str(vnfr, "id")};
    void *line = cli_table_add(t, NULL, cells);
    json_array_foreach(json_object_get(vnfr, "vdu"), i, vdu) add_instances(t, line, vdu);
}

static void show_faults(struct cli *c, const json_t *nsr)
{
    size_t i;
    json_t *vnfr, *shown = json_object_get(nsr, "fault");
    if (shown) {
        fputc('\n', c->out);
        cli_print_fault_below(c->out, shown);
    }
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr)
    {
        json_t *fault = json_object_get(vnfr, "fault");
        if (!fault || json_equal(fault, shown))
            continue;
        fprintf(c->out, "\n%s:\n", cli_json_str(vnfr, "name"));
        cli_print_fault_below(c->out, fault);
    }
}

/* What a VNF provides to others: "server: iperf3=[{"ok":...} (812 bytes)". Long values are cut. */
#define VALUE_SHOWN 60

static void print_value(FILE *to, const char *value)
{
    size_t n = strlen(value), i = 0;
    for (; i < VALUE_SHOWN && value[i]; i++)
        fputc(value[i] == '\n' || value[i] == '\r' || value[i] == '\t' ? ' ' : value[i], to);
    while (((unsigned char)value[i] & 0xc0) == 0x80) /* not in the middle of a character */
        fputc(value[i++], to);
    if (value[i])
        fprintf(to, "... (%zu bytes)", n);
}

static void show_provided(struct cli *c, const json_t *nsr)
{
    size_t i, k;
    const json_t *vnfr, *parameter;
    bool has_heading = false;
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr)
    {
        json_array_foreach(cli_json_at(vnfr, "provides.configurationParameters"), k, parameter)
        {
            if (!*cli_json_str(parameter, "value"))
                continue;
            if (!has_heading)
                fprintf(c->out, "\nPROVIDED (whole: baton nsr show ID -o json)\n");
            has_heading = true;
            fprintf(c->out, "  %s: %s=", cli_json_str(vnfr, "name"),
                    cli_json_str(parameter, "confKey"));
            print_value(c->out, cli_json_str(parameter, "value"));
            fputc('\n', c->out);
        }
    }
}

/* What goes on, or waits for somebody; a server that knows none is as good as one that has none. */
static void show_operations(struct cli *c, const json_t *nsr)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t i;
    const json_t *op;
    sbuf_addf(&path, "%s/%s/operations?state=open&limit=%d", CLI_NSR_PATH, cli_json_str(nsr, "id"),
              OPEN_OPERATIONS_SHOWN);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK || json_array_size(a.json) == 0)
        return;
    fprintf(c->out, "\nOPERATIONS\n");
    json_array_foreach(a.json, i, op)
    {
        AUTO(sbuf_release) struct sbuf what = SBUF_INIT, state = SBUF_INIT, line = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf next = SBUF_INIT;
        cli_put_open_what(&what, op, clock_wall_us());
        cli_put_open_state(&state, op, clock_wall_us());
        cli_put_open_next(&next, op, "\n    ");
        cli_put_line(&line, what.s);
        sbuf_adds(&line, "\n    ");
        cli_put_line(&line, state.s);
        fprintf(c->out, "  %s%s\n", line.s, next.s);
    }
}

static void show_untold(struct cli *c, const json_t *nsr)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t i;
    const json_t *u;
    sbuf_addf(&path, "/api/v1/baton/explain/%s?kind=nsr&limit=0", cli_json_str(nsr, "id"));
    if (json_array_size(json_object_get(nsr, "vnf_dependency")) == 0 ||
        cli_request(c, "GET", path.s, NULL, &a) != CLI_OK ||
        json_array_size(json_object_get(a.json, "notTold")) == 0)
        return;
    fprintf(c->out, "\nNOT TOLD\n");
    json_array_foreach(json_object_get(a.json, "notTold"), i, u)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT, line = SBUF_INIT;
        cli_put_untold(&text, u);
        cli_put_line(&line, text.s);
        fprintf(c->out, "  %s\n    %s\n", line.s, cli_json_str(u, "next"));
    }
}

void cli_show_nsr(struct cli *c, const json_t *nsr)
{
    static const char *const headings[] = {"VNFR / INSTANCE", "STATUS", "ADDRESSES", "ID", NULL};
    size_t i;
    json_t *vnfr;
    cli_print_fields(c, cli_nsr_columns, nsr);
    if (json_array_size(json_object_get(nsr, "vnfr")) > 0) {
        fputc('\n', c->out);
        struct cli_table *t = cli_table_new(c, headings, true);
        json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr) add_vnfr(t, vnfr);
        cli_table_print(t);
    }
    show_operations(c, nsr);
    show_untold(c, nsr);
    show_provided(c, nsr);
    show_faults(c, nsr);
}

static const char *who_of(const json_t *entry)
{
    const char *host = cli_json_str(entry, "host");
    return *host ? host : cli_json_str(entry, "vnfr");
}

/* How long it had been in the phase that this line leaves: since the line before of the same one.
 * 0: there is none. */
static int64_t took_us(const json_t *history, size_t at)
{
    const json_t *row = json_array_get(history, at);
    const char *who = who_of(json_object_get(row, "entry"));
    int64_t end = json_integer_value(json_object_get(row, "at"));
    if (!*cli_json_str(row, "entry.from"))
        return 0;
    while (at-- > 0) {
        const json_t *before = json_array_get(history, at);
        bool is_same = strcmp(who_of(json_object_get(before, "entry")), who) == 0;
        if ((is_same && *cli_json_str(before, "entry.to")) || at == 0)
            return end - json_integer_value(json_object_get(before, "at"));
    }
    return 0;
}

void cli_show_history(struct cli *c, const json_t *history)
{
    static const char *const headings[] = {"AT", "+SECONDS", "WHO", "WHAT", "TOOK", NULL};
    size_t i;
    const json_t *row;
    if (json_array_size(history) == 0) {
        fprintf(c->errors, "no history yet\n");
        return;
    }
    struct cli_table *t = cli_table_new(c, headings, false);
    int64_t start = json_integer_value(json_object_get(json_array_get(history, 0), "at"));
    json_array_foreach(history, i, row)
    {
        char since[32], took[32] = "";
        AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
        int64_t at_us = json_integer_value(json_object_get(row, "at")), us = took_us(history, i);
        cli_put_clock(&at, at_us, clock_wall_us());
        sbuf_addf(&at, ".%03d", (int)(at_us / 1000 % 1000));
        snprintf(since, sizeof(since), "%.3f", (double)(at_us - start) / 1e6);
        if (us)
            snprintf(took, sizeof(took), "%.3f", (double)us / 1e6);
        cli_put_history(&what, json_object_get(row, "entry"));
        const char *cells[] = {at.s, since, who_of(json_object_get(row, "entry")), what.s, took};
        cli_table_add(t, NULL, cells);
    }
    cli_table_print(t);
    cli_print_steps(c, c->out, history);
}
