#include "nfvo/cli/show.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

size_t cli_count_vnfrs(const json_t *nsr, const char *status)
{
    size_t i, n = 0;
    json_t *vnfr;
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr) n +=
        !status || strcmp(cli_json_str(vnfr, "status"), status) == 0;
    return n;
}

size_t cli_count_instances(const json_t *nsr)
{
    size_t i, k, n = 0;
    json_t *vnfr, *vdu;
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr)
        json_array_foreach(json_object_get(vnfr, "vdu"), k, vdu) n +=
        json_array_size(json_object_get(vdu, "vnfc_instance"));
    return n;
}

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
    show_faults(c, nsr);
}

struct step {
    const char *at, *vnfr, *event, *text;
};

static int by_time(const void *a, const void *b)
{
    return strcmp(((const struct step *)a)->at, ((const struct step *)b)->at);
}

/* "2026.11.22-21:24:44:123-UTC" to milliseconds of the day; -1: another form. */
static long ms_of(const char *at)
{
    int h, m, s, ms;
    if (sscanf(at, "%*4d.%*2d.%*2d-%2d:%2d:%2d:%3d", &h, &m, &s, &ms) != 4)
        return -1;
    return ((h * 60L + m) * 60 + s) * 1000 + ms;
}

/* Only strings are taken: they live as long as the NSR. */
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static struct step *collect(const json_t *nsr, size_t *ret_n)
{
    size_t i, k, n = 0;
    json_t *vnfr, *event;
    struct step *steps = NULL;
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr)
        json_array_foreach(json_object_get(vnfr, "lifecycle_event_history"), k, event)
    {
        steps = xrealloc(steps, (n + 1) * sizeof(*steps));
        steps[n++] = (struct step){text_of(event, "executedAt"), text_of(vnfr, "name"),
                                   text_of(event, "event"), text_of(event, "description")};
    }
    if (n > 1)
        qsort(steps, n, sizeof(*steps), by_time);
    *ret_n = n;
    return steps;
}

void cli_show_history(struct cli *c, const json_t *nsr)
{
    static const char *const headings[] = {"AT", "+MS", "VNFR", "EVENT", "DESCRIPTION", NULL};
    size_t n;
    struct step *steps = collect(nsr, &n);
    if (n == 0) {
        fprintf(c->errors, "no history yet\n");
        return;
    }
    struct cli_table *t = cli_table_new(c, headings, false);
    long start = ms_of(steps[0].at);
    for (size_t i = 0; i < n; i++) {
        char since[32] = "";
        long at = ms_of(steps[i].at);
        if (at >= 0 && start >= 0)
            snprintf(since, sizeof(since), "%ld", (at - start + 86400000L) % 86400000L);
        const char *cells[] = {steps[i].at, since, steps[i].vnfr, steps[i].event, steps[i].text};
        cli_table_add(t, NULL, cells);
    }
    cli_table_print(t);
    free(steps);
}
