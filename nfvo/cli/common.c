#include "nfvo/cli/common.h"

const struct cli_kind cli_pop = {"pop", "/api/v1/datacenters", cli_pop_columns, cli_show_pop, true};
const struct cli_kind cli_nsd = {"nsd", "/api/v1/ns-descriptors", cli_nsd_columns, cli_show_nsd,
                                 true};
const struct cli_kind cli_nsr = {"nsr", CLI_NSR_PATH, cli_nsr_columns, cli_show_nsr, true};
const struct cli_kind cli_package = {"package", "/api/v1/vnf-packages", cli_package_columns,
                                     cli_show_package, true};
const struct cli_kind cli_event = {"event", "/api/v1/events", cli_event_columns, NULL, true};

void cli_print_object(struct cli *c, const struct cli_kind *kind, const struct cli_answer *a)
{
    if (c->output == CLI_JSON)
        cli_print_json(c, a->json, a->body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", cli_json_str(a->json, "id"));
    else if (kind->show)
        kind->show(c, a->json);
    else
        cli_print_fields(c, kind->columns, a->json);
}

int cli_show(struct cli *c, const struct cli_kind *kind)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = cli_resolve(c, kind->name, kind->path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s", kind->path, id.s);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show the %s '%s'", kind->name, c->args[0]);
    cli_print_object(c, kind, &a);
    return CLI_OK;
}

/* What the server took, and will probably not do what is meant. */
static void print_warnings(struct cli *c, const json_t *answer)
{
    const json_t *warning;
    size_t i;
    json_array_foreach(json_object_get(answer, "warnings"), i, warning)
    {
        fprintf(c->errors, "baton: %s: %s: %s\n", cli_json_str(warning, "severity"),
                cli_json_str(warning, "path"), cli_json_str(warning, "message"));
        cli_print_document_line(c, cli_json_str(warning, "path"));
    }
}

int cli_create(struct cli *c, const struct cli_kind *kind, const char *path, const char *body)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (cli_request(c, "POST", path, body, &a) != CLI_OK)
        return cli_report(c, &a, "create the %s", kind->name);
    print_warnings(c, a.json);
    if (cli_is_for_people(c))
        fprintf(c->out, "%s '%s' created: %s\n", kind->name, cli_json_str(a.json, "name"),
                cli_json_str(a.json, "id"));
    else
        cli_print_object(c, kind, &a);
    return CLI_OK;
}

int cli_delete(struct cli *c, const struct cli_kind *kind)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = cli_resolve(c, kind->name, kind->path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s", kind->path, id.s);
    if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "delete the %s '%s'", kind->name, c->args[0]);
    if (cli_is_for_people(c))
        fprintf(c->out, "%s '%s' deleted\n", kind->name, c->args[0]);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", id.s);
    return CLI_OK;
}
