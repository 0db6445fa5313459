#include "nfvo/cli/common.h"

#include <stdlib.h>

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

/* All of them before anything is done: a mistyped name does nothing. */
static int resolve_all(struct cli *c, const struct cli_kind *kind, json_t *ids)
{
    for (int i = 0; i < c->arg_n; i++) {
        AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
        int exit = cli_resolve(c, kind->name, kind->path, c->args[i], &id);
        if (exit != CLI_OK)
            return exit;
        json_array_append_new(ids, json_string(id.s));
    }
    return CLI_OK;
}

static int get(struct cli *c, const struct cli_kind *kind, const char *id, const char *named,
               struct cli_answer *a)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/%s", kind->path, id);
    if (cli_request(c, "GET", path.s, NULL, a) != CLI_OK)
        return cli_report(c, a, "show the %s '%s'", kind->name, named);
    return CLI_OK;
}

/* Several: an array of them under -o json. */
static int show_several(struct cli *c, const struct cli_kind *kind, const json_t *ids)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    json_t *all = json_array();
    int exit = CLI_OK;
    for (size_t i = 0; exit == CLI_OK && i < json_array_size(ids); i++) {
        exit = get(c, kind, json_string_value(json_array_get(ids, i)), c->args[i], &a);
        if (exit != CLI_OK)
            break;
        if (c->output == CLI_JSON) {
            json_array_append(all, a.json);
            continue;
        }
        if (i > 0 && cli_is_for_people(c))
            fputc('\n', c->out);
        cli_print_object(c, kind, &a);
    }
    if (exit == CLI_OK && c->output == CLI_JSON) {
        char *text = json_dumps(all, JSON_COMPACT);
        cli_print_json(c, all, text);
        free(text);
    }
    json_decref(all);
    return exit;
}

int cli_show(struct cli *c, const struct cli_kind *kind)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    json_t *ids = json_array();
    int exit = resolve_all(c, kind, ids);
    if (exit == CLI_OK && c->arg_n > 1)
        exit = show_several(c, kind, ids);
    else if (exit == CLI_OK)
        exit = get(c, kind, json_string_value(json_array_get(ids, 0)), c->args[0], &a);
    if (exit == CLI_OK && c->arg_n == 1)
        cli_print_object(c, kind, &a);
    json_decref(ids);
    return exit;
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

/* Those that can be deleted are; the exit is that of the first that cannot. */
int cli_delete(struct cli *c, const struct cli_kind *kind)
{
    json_t *ids = json_array();
    int exit = resolve_all(c, kind, ids);
    if (exit != CLI_OK)
        json_array_clear(ids);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
        const char *id = json_string_value(json_array_get(ids, i));
        sbuf_addf(&path, "%s/%s", kind->path, id);
        if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK) {
            int failed = cli_report(c, &a, "delete the %s '%s'", kind->name, c->args[i]);
            exit = exit == CLI_OK ? failed : exit;
        } else if (cli_is_for_people(c)) {
            fprintf(c->out, "%s '%s' deleted\n", kind->name, c->args[i]);
        } else if (c->output == CLI_NAME) {
            fprintf(c->out, "%s\n", id);
        }
    }
    json_decref(ids);
    return exit;
}
