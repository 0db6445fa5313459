/* baton op ...: what was asked of network services, and what to do with it. */
#include "common/http/http.h"
#include "common/sys/ids.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/operation.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_MIN 4

/* The argument NSR of a list; filters have a '='. */
static const char *nsr_of(const struct cli *c)
{
    return c->arg_n > 0 && !strchr(c->args[0], '=') ? c->args[0] : NULL;
}

int cli_cmd_op_list(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct cli_kind kind = cli_op;
    for (int i = nsr_of(c) ? 1 : 0; i < c->arg_n; i++)
        if (!strchr(c->args[i], '='))
            return cli_fail(c, CLI_USAGE, NULL,
                            "a filter is NAME=VALUE (state=open, kind=heal, since=2h), not '%s'",
                            c->args[i]);
    if (nsr_of(c)) {
        int exit = cli_resolve(c, "nsr", cli_nsr.path, nsr_of(c), &id);
        if (exit != CLI_OK)
            return exit;
        sbuf_addf(&path, "%s/%s/operations", cli_nsr.path, id.s);
        kind.path = path.s;
    }
    return cli_list(c, &kind);
}

/* The whole id, or how it begins. */
static int resolve(struct cli *c, const char *wanted, struct sbuf *ret_id)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t i, n = 0;
    json_t *op;
    if (id_is_valid(wanted)) {
        sbuf_adds(ret_id, wanted);
        return CLI_OK;
    }
    if (strlen(wanted) < PREFIX_MIN)
        return cli_fail(c, CLI_USAGE, NULL,
                        "an operation is named by its id, or its first %d characters or more, not "
                        "'%s'",
                        PREFIX_MIN, wanted);
    if (cli_request(c, "GET", "/api/v1/baton/operations?limit=500", NULL, &a) != CLI_OK)
        return cli_report(c, &a, "look up the operation '%s'", wanted);
    json_array_foreach(a.json, i, op)
    {
        if (strncmp(cli_json_str(op, "id"), wanted, strlen(wanted)) != 0)
            continue;
        n++;
        sbuf_clear(ret_id);
        sbuf_adds(ret_id, cli_json_str(op, "id"));
    }
    if (n == 1)
        return CLI_OK;
    int exit =
        cli_fail(c, n ? CLI_USAGE : CLI_NOT_FOUND, NULL,
                 n ? "several operations begin with '%s'" : "there is no operation '%s'", wanted);
    fprintf(c->errors, "  hint: baton op list\n");
    return exit;
}

int cli_cmd_op_show(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = resolve(c, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s", cli_op.path, id.s);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show the operation '%s'", c->args[0]);
    cli_print_object(c, &cli_op, &a);
    return CLI_OK;
}

/* wanted: the state that is no failure, beside COMPLETED; "": none is. */
static int wait_for(struct cli *c, const char *id, int64_t timeout_ms, const char *wanted)
{
    AUTO(cli_answer_release) struct cli_answer last = CLI_ANSWER_INIT;
    int exit = cli_wait_operation(c, id, timeout_ms, &last);
    if (exit == CLI_FAULT && strcmp(cli_json_str(last.json, "state"), wanted) == 0)
        exit = CLI_OK;
    return cli_end_operation(c, &last, exit);
}

int cli_cmd_op_wait(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    int64_t timeout_ms;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    int exit = resolve(c, c->args[0], &id);
    return exit == CLI_OK ? wait_for(c, id.s, timeout_ms, "") : exit;
}

/* --- verbs ------------------------------------------------------------------------------------ */

static int ask(struct cli *c, const char *verb, const char *body)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int64_t timeout_ms;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    int exit = resolve(c, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s/%s", cli_op.path, id.s, verb);
    if (cli_request(c, "POST", path.s, body, &a) != CLI_OK)
        return cli_report(c, &a, "%s the operation '%s'", verb, c->args[0]);
    if (c->option[CLI_OPT_WAIT])
        return wait_for(c, id.s, timeout_ms, strcmp(verb, "rollback") == 0 ? "ROLLED_BACK" : "");
    if (!cli_is_for_people(c))
        return cli_end_operation(c, &a, CLI_OK);
    cli_say_operation(c, a.json);
    return CLI_OK;
}

char *cli_consent(const struct cli *c)
{
    const char *unknown = c->option[CLI_OPT_UNKNOWN];
    json_t *body = json_object();
    if (unknown)
        json_object_set_new(body, "unknown", json_string(unknown));
    if (c->option[CLI_OPT_REPEAT])
        json_object_set_new(body, "repeat", json_true());
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

int cli_cmd_op_retry(struct cli *c)
{
    char *text = cli_consent(c);
    int exit = ask(c, "retry", text);
    free(text);
    return exit;
}

int cli_cmd_op_continue(struct cli *c)
{
    return ask(c, "continue", "{}");
}

int cli_cmd_op_rollback(struct cli *c)
{
    return ask(c, "rollback", "{}");
}

int cli_cmd_op_cancel(struct cli *c)
{
    return ask(c, "cancel",
               c->option[CLI_OPT_FORCEFUL] ? "{\"mode\":\"FORCEFUL\"}" : "{\"mode\":\"GRACEFUL\"}");
}

int cli_cmd_op_fail(struct cli *c)
{
    return ask(c, "fail", "{}");
}
