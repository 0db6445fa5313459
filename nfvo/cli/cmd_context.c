/* Stored logins, of several servers or users: session.h. */
#include "nfvo/cli/commands.h"
#include "nfvo/cli/rest.h"
#include "nfvo/cli/table.h"

#include <stdlib.h>
#include <string.h>

static void print_in_use(const json_t *context, struct sbuf *cell)
{
    if (json_is_true(json_object_get(context, "inUse")))
        sbuf_adds(cell, "yes");
}

static void print_login(const json_t *context, struct sbuf *cell)
{
    sbuf_adds(cell, json_is_true(json_object_get(context, "hasLogin")) ? "yes" : "no");
}

static const struct cli_column columns[] = {
    {"IN USE", NULL, print_in_use, false, false},
    {"NAME", "name", NULL, false, false},
    {"SERVER", "url", NULL, false, false},
    {"USER", "user", NULL, false, false},
    {"LOGIN", NULL, print_login, false, false},
    {"PROJECT", "project", NULL, true, false},
    {"CA", "ca", NULL, true, false},
    {0},
};

static const struct cli_column fields[] = {
    {"NAME", "name", NULL, false, false},         {"SERVER", "url", NULL, false, false},
    {"USER", "user", NULL, false, false},         {"LOGIN", NULL, print_login, false, false},
    {"PROJECT", "project", NULL, false, false},   {"CA", "ca", NULL, false, false},
    {"IN USE", NULL, print_in_use, false, false}, {0},
};

static void set_text(json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, value ? json_string(value) : json_null());
}

/* What may be shown of it: never the token. */
static json_t *to_json(const struct cli_session *s, const char *current)
{
    json_t *object = json_object();
    set_text(object, "name", s->context);
    set_text(object, "url", s->url);
    set_text(object, "user", s->user);
    set_text(object, "project", s->project);
    set_text(object, "ca", s->ca);
    json_object_set_new(object, "insecure", json_boolean(s->is_insecure));
    json_object_set_new(object, "hasLogin", json_boolean(s->token));
    json_object_set_new(object, "inUse", json_boolean(strcmp(s->context, current) == 0));
    return object;
}

static void print_whole(struct cli *c, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    cli_print_json(c, json, text);
    free(text);
}

static int read_context(struct cli *c, const char *name)
{
    struct err err = ERR_INIT;
    enum err_code rc = cli_session_read(&c->session, name, &err);
    if (rc == ERR_OK)
        return CLI_OK;
    return cli_fail(c, rc == ERR_NOT_FOUND ? CLI_NOT_FOUND : CLI_USAGE, &err, "read the context");
}

/* One that cannot be read is told, and the others are listed. */
static json_t *read_all(struct cli *c, int *ret_exit)
{
    json_t *list = json_array();
    char *current = cli_session_current(), **all = cli_session_contexts();
    for (char **name = all; *name; name++) {
        int exit = read_context(c, *name);
        if (exit == CLI_OK)
            json_array_append_new(list, to_json(&c->session, current));
        else
            *ret_exit = exit;
        free(*name);
    }
    free(all);
    free(current);
    return list;
}

int cli_cmd_context_list(struct cli *c)
{
    int exit = CLI_OK;
    size_t i;
    const json_t *context;
    json_t *list = read_all(c, &exit);
    if (c->output == CLI_JSON)
        print_whole(c, list);
    else if (c->output == CLI_NAME)
        json_array_foreach(list, i, context) fprintf(c->out, "%s\n", cli_json_str(context, "name"));
    else
        cli_print_list(c, columns, list);
    json_decref(list);
    return exit;
}

int cli_cmd_context_show(struct cli *c)
{
    const char *name = c->arg_n > 0 ? c->args[0] : cli_context(c);
    int exit = read_context(c, name);
    if (exit != CLI_OK)
        return exit;
    char *current = cli_session_current();
    json_t *context = to_json(&c->session, current);
    if (c->output == CLI_JSON)
        print_whole(c, context);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", c->session.context);
    else
        cli_print_fields(c, fields, context);
    json_decref(context);
    free(current);
    return CLI_OK;
}

int cli_cmd_context_use(struct cli *c)
{
    struct err err = ERR_INIT;
    enum err_code rc = cli_session_use(c->args[0], &err);
    if (rc != ERR_OK)
        return cli_fail(c, rc == ERR_NOT_FOUND ? CLI_NOT_FOUND : CLI_USAGE, &err,
                        "use the context");
    if (read_context(c, c->args[0]) != CLI_OK)
        return CLI_USAGE;
    if (cli_is_for_people(c))
        fprintf(c->out, "'%s' is in use: %s\n", c->args[0],
                c->session.url ? c->session.url : "no login is stored in it");
    return CLI_OK;
}

/* A server that is away must not keep it here. */
static int delete_one(struct cli *c, const char *name)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct err err = ERR_INIT;
    int exit = read_context(c, name);
    if (exit != CLI_OK)
        return exit;
    bool has_token = c->session.url && c->session.token;
    exit = has_token ? cli_revoke_token(c, &a) : CLI_OK;
    enum err_code rc = cli_session_remove(name, &err);
    if (rc != ERR_OK)
        return cli_fail(c, rc == ERR_NOT_FOUND ? CLI_NOT_FOUND : CLI_USAGE, &err,
                        "delete the context '%s'", name);
    if (cli_is_for_people(c))
        fprintf(c->out, "context '%s' deleted\n", name);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", name);
    /* NOT_FOUND: a server of the reference; AUTH: it had ended. */
    if (exit != CLI_OK && exit != CLI_NOT_FOUND && exit != CLI_AUTH)
        return cli_report(c, &a, "the token is forgotten here; end it at %s", c->session.url);
    return CLI_OK;
}

int cli_cmd_context_delete(struct cli *c)
{
    int exit = CLI_OK;
    for (int i = 0; i < c->arg_n; i++) {
        int failed = delete_one(c, c->args[i]);
        exit = exit == CLI_OK ? failed : exit;
    }
    return exit;
}
