/* baton status, version, manager list, driver list. */
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_VERSION "0.1"

int cli_cmd_manager_list(struct cli *c)
{
    static const struct cli_kind manager = {"manager", "/api/v1/vnfmanagers", cli_manager_columns,
                                            NULL};
    return cli_list(c, &manager);
}

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
    else if (c->output == CLI_TABLE)
        print_drivers(c, a.json);
    else
        json_array_foreach(a.json, i, queue)
            fprintf(c->out, "%s\n", json_is_string(queue) ? json_string_value(queue) : "");
    return CLI_OK;
}

int cli_cmd_version(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    fprintf(c->out, "baton %s\n", CLIENT_VERSION);
    fflush(c->out);
    if (cli_request(c, "GET", "/api/v1/main/version", NULL, &a) != CLI_OK)
        return cli_report(c, &a, "ask the server for its version");
    fprintf(c->out, "nfvo %.*s at %s\n", (int)strcspn(a.body.s, "\r\n"), a.body.s, c->session.url);
    return CLI_OK;
}

/* "2 ACTIVE, 1 ERROR" */
static void count_statuses(const json_t *nsrs, struct sbuf *out)
{
    json_t *counts = json_object(), *n;
    const char *status;
    size_t i;
    json_t *nsr;
    json_array_foreach(nsrs, i, nsr)
    {
        status = cli_json_str(nsr, "status");
        json_int_t before = json_integer_value(json_object_get(counts, status));
        json_object_set_new(counts, *status ? status : "NULL", json_integer(before + 1));
    }
    json_object_foreach(counts, status, n)
        sbuf_addf(out, "%s%s %s", out->len ? ", " : "", cli_json_str(n, ""), status);
    json_decref(counts);
}

enum part { VERSION, READY, MANAGERS, DRIVERS, POPS, NSRS, PART_N };
static const struct {
    const char *name, *path;
} parts[PART_N] = {
    [VERSION] = {"version", "/api/v1/main/version"},  [READY] = {"ready", "/readyz"},
    [MANAGERS] = {"managers", "/api/v1/vnfmanagers"}, [DRIVERS] = {"drivers", "/api/v1/plugins"},
    [POPS] = {"pops", "/api/v1/datacenters"},         [NSRS] = {"nsrs", "/api/v1/ns-records"}};

static void print_status(struct cli *c, struct cli_answer *a)
{
    AUTO(sbuf_release) struct sbuf statuses = SBUF_INIT;
    count_statuses(a[NSRS].json, &statuses);
    fprintf(c->out, "%-12s %s\n", "SERVER", c->session.url);
    fprintf(c->out, "%-12s %.*s\n", "VERSION", (int)strcspn(a[VERSION].body.s, "\r\n"),
            a[VERSION].body.s);
    fprintf(c->out, "%-12s %s\n", "HEALTH", a[READY].exit == CLI_OK ? "ready" : "not ready");
    if (a[READY].exit != CLI_OK)
        fprintf(c->out, "%-12s %.*s\n", "", (int)strcspn(a[READY].body.s, "\r\n"), a[READY].body.s);
    fprintf(c->out, "%-12s %zu%s%s%s\n", "SERVICES", json_array_size(a[NSRS].json),
            statuses.len ? " (" : "", statuses.s, statuses.len ? ")" : "");
    static const char *const titles[PART_N] = {
        [MANAGERS] = "VNF MANAGERS", [POPS] = "POINTS OF PRESENCE", [NSRS] = "NETWORK SERVICES"};
    const struct cli_column *const columns[PART_N] = {
        [MANAGERS] = cli_manager_columns, [POPS] = cli_pop_columns, [NSRS] = cli_nsr_columns};
    for (int i = MANAGERS; i < PART_N; i++) {
        fprintf(c->out, "\n%s%s\n", i == DRIVERS ? "VIM DRIVERS" : titles[i],
                json_array_size(a[i].json) == 0 ? ": none" : "");
        if (json_array_size(a[i].json) > 0 && i == DRIVERS)
            print_drivers(c, a[i].json);
        else if (json_array_size(a[i].json) > 0)
            cli_print_list(c, columns[i], a[i].json);
    }
}

static void print_status_json(struct cli *c, struct cli_answer *a)
{
    json_t *all = json_object();
    for (int i = 0; i < PART_N; i++) {
        if (i == VERSION)
            json_object_set_new(all, parts[i].name,
                                json_stringn(a[i].body.s, strcspn(a[i].body.s, "\r\n")));
        else if (i == READY)
            json_object_set_new(all, parts[i].name, json_boolean(a[i].exit == CLI_OK));
        else
            json_object_set(all, parts[i].name, a[i].json);
    }
    char *text = json_dumps(all, JSON_COMPACT);
    cli_print_json(c, all, text);
    free(text);
    json_decref(all);
}

int cli_cmd_status(struct cli *c)
{
    struct cli_answer a[PART_N] = {0};
    int exit = CLI_OK;
    for (int i = 0; i < PART_N; i++)
        a[i] = (struct cli_answer)CLI_ANSWER_INIT;
    for (int i = 0; i < PART_N && exit == CLI_OK; i++)
        if (cli_request(c, "GET", parts[i].path, NULL, &a[i]) != CLI_OK && i != READY)
            exit = cli_report(c, &a[i], "ask for the %s", parts[i].name);
    if (exit == CLI_OK && c->output == CLI_TABLE)
        print_status(c, a);
    else if (exit == CLI_OK)
        print_status_json(c, a);
    if (exit == CLI_OK && a[READY].exit != CLI_OK)
        exit = CLI_FAULT;
    for (int i = 0; i < PART_N; i++)
        cli_answer_release(&a[i]);
    return exit;
}
