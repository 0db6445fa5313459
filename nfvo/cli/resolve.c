#include "common/http/http.h"
#include "common/sys/ids.h"
#include "nfvo/cli/rest.h"

#include <string.h>

static void list_ids(struct cli *c, const char *kind, const json_t *list, const char *name)
{
    size_t i;
    json_t *object;
    fprintf(c->errors, "baton: there are several %ss named '%s':\n", kind, name);
    json_array_foreach(list, i, object)
    {
        const char *status = cli_json_str(object, "status"),
                   *created = cli_json_str(object, "createdAt");
        if (strcmp(cli_json_str(object, "name"), name) == 0)
            fprintf(c->errors, "  %s%s%s%s%s\n", cli_json_str(object, "id"), *status ? "  " : "",
                    status, *created ? "  " : "", created);
    }
    fprintf(c->errors, "  hint: say which by its id\n");
}

int cli_resolve_in(struct cli *c, const char *kind, const json_t *list, const char *wanted,
                   const char **ret_id)
{
    size_t i, n = 0;
    json_t *object;
    const char *found = NULL;
    json_array_foreach(list, i, object)
    {
        const char *id = json_string_value(json_object_get(object, "id"));
        if (id && strcmp(id, wanted) == 0) { /* an id beats a name */
            *ret_id = id;
            return CLI_OK;
        }
        if (id && strcmp(cli_json_str(object, "name"), wanted) == 0) {
            found = id;
            n++;
        }
    }
    if (n > 1) {
        list_ids(c, kind, list, wanted);
        return CLI_USAGE;
    }
    if (n == 0) {
        fprintf(c->errors, "baton: there is no %s '%s'\n", kind, wanted);
        for (const struct cli_command *cmd = c->commands; cmd->noun; cmd++)
            if (strcmp(cmd->noun, kind) == 0 && cmd->verb && strcmp(cmd->verb, "list") == 0)
                fprintf(c->errors, "  hint: baton %s list\n", kind);
        return CLI_NOT_FOUND;
    }
    *ret_id = found;
    return CLI_OK;
}

int cli_resolve(struct cli *c, const char *kind, const char *path, const char *wanted,
                struct sbuf *ret_id)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    const char *id;
    sbuf_clear(ret_id);
    if (id_is_valid(wanted)) { /* hand on as it is: one call less, and the server says it better */
        sbuf_adds(ret_id, wanted);
        return CLI_OK;
    }
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    sbuf_addf(&query, "%s?slim=true&name=", path);
    http_percent_encode(&query, wanted);
    if (cli_request(c, "GET", query.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "look up the %s '%s'", kind, wanted);
    int exit = cli_resolve_in(c, kind, a.json, wanted, &id);
    if (exit == CLI_OK)
        http_percent_encode(ret_id, id); /* it becomes a part of a path */
    return exit;
}
