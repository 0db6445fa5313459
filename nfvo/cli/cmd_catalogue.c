/* baton pop, nsd, event. */
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"

#include <stdlib.h>
#include <string.h>

int cli_cmd_pop_list(struct cli *c)
{
    return cli_list(c, &cli_pop);
}
int cli_cmd_pop_show(struct cli *c)
{
    return cli_show(c, &cli_pop);
}
int cli_cmd_pop_delete(struct cli *c)
{
    return cli_delete(c, &cli_pop);
}
int cli_cmd_nsd_list(struct cli *c)
{
    return cli_list(c, &cli_nsd);
}
int cli_cmd_nsd_show(struct cli *c)
{
    return cli_show(c, &cli_nsd);
}
int cli_cmd_nsd_delete(struct cli *c)
{
    return cli_delete(c, &cli_nsd);
}
int cli_cmd_event_list(struct cli *c)
{
    return cli_list(c, &cli_event);
}
int cli_cmd_event_delete(struct cli *c)
{
    return cli_delete(c, &cli_event);
}

static int create_from_file(struct cli *c, const struct cli_kind *kind)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    int exit = cli_read_json(c, c->args[0], &body);
    return exit == CLI_OK ? cli_create(c, kind, kind->path, body.s) : exit;
}

int cli_cmd_pop_create(struct cli *c)
{
    return create_from_file(c, &cli_pop);
}
int cli_cmd_nsd_create(struct cli *c)
{
    return create_from_file(c, &cli_nsd);
}

/* A changed address, or a password to enter again: the PoP keeps its id and what runs on it. */
int cli_cmd_pop_update(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = cli_resolve(c, "pop", cli_pop.path, c->args[0], &id);
    if (exit == CLI_OK)
        exit = cli_read_json(c, c->args[1], &body);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s", cli_pop.path, id.s);
    if (cli_request(c, "PUT", path.s, body.s, &a) != CLI_OK)
        return cli_report(c, &a, "update the pop '%s'", c->args[0]);
    cli_print_object(c, &cli_pop, &a);
    return CLI_OK;
}

int cli_cmd_pop_refresh(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = cli_resolve(c, "pop", cli_pop.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s/refresh", cli_pop.path, id.s);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "refresh the pop '%s'", c->args[0]);
    cli_print_object(c, &cli_pop, &a);
    return CLI_OK;
}

int cli_cmd_event_replay(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    const char *after = c->option[CLI_OPT_AFTER];
    if (after && (!*after || strspn(after, "0123456789") != strlen(after) || strlen(after) > 18))
        return cli_usage(c, "--after takes the number of an event, not", after);
    int exit = cli_resolve(c, "event", cli_event.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s/replay", cli_event.path, id.s);
    sbuf_addf(&body, "{\"after\":%lld}", after ? atoll(after) : 0LL);
    if (cli_request(c, "POST", path.s, body.s, &a) != CLI_OK)
        return cli_report(c, &a, "replay the event subscription '%s'", c->args[0]);
    if (c->output == CLI_JSON)
        fprintf(c->out, "%s\n", a.body.s);
    else
        fprintf(c->out, "%lld events are sent again\n",
                (long long)json_integer_value(json_object_get(a.json, "events")));
    return CLI_OK;
}

int cli_cmd_event_create(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf nsr = SBUF_INIT;
    const char *event = c->option[CLI_OPT_EVENT], *endpoint = c->option[CLI_OPT_ENDPOINT];
    if (!event || !endpoint)
        return cli_fail(c, CLI_USAGE, NULL, "event create needs --event and --endpoint");
    if (c->option[CLI_OPT_NSR]) {
        int exit = cli_resolve(c, "nsr", cli_nsr.path, c->option[CLI_OPT_NSR], &nsr);
        if (exit != CLI_OK)
            return exit;
    }
    json_t *subscription =
        json_pack("{ss ss ss ss}", "name", c->args[0], "event", event, "endpoint", endpoint, "type",
                  strncmp(endpoint, "http", 4) == 0 && strstr(endpoint, "://") ? "REST" : "RABBIT");
    if (!subscription)
        return cli_fail(c, CLI_USAGE, NULL, "the arguments are not UTF-8");
    if (nsr.len > 0)
        json_object_set_new(subscription, "networkServiceId", json_string(nsr.s));
    char *body = json_dumps(subscription, JSON_COMPACT);
    int exit = cli_create(c, &cli_event, cli_event.path, body);
    free(body);
    json_decref(subscription);
    return exit;
}
