/* baton project, key, service. */
#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"

#include <stdlib.h>
#include <string.h>

#define PROJECTS "/api/v1/projects"
#define KEYS     "/api/v1/keys"
#define SERVICES "/api/v1/components/services"

/* --- projects ----------------------------------------------------------------------------------
 */

/* "services=5, ram=2048" */
static void say_quota(const json_t *project, struct sbuf *cell)
{
    const char *name;
    json_t *value;
    size_t n = 0;
    json_object_foreach(json_object_get(project, "quota"), name, value) if (json_is_integer(value))
        sbuf_addf(cell, "%s%s=%" JSON_INTEGER_FORMAT, n++ ? ", " : "", name,
                  json_integer_value(value));
}

static const struct cli_column project_columns[] = {
    {.heading = "ID", .path = "id"},
    {.heading = "NAME", .path = "name"},
    {.heading = "DESCRIPTION", .path = "description"},
    {.heading = "QUOTA", .print = say_quota},
    {0}};
static const struct cli_kind projects = {"project", PROJECTS, project_columns, NULL, false};

int cli_cmd_project_list(struct cli *c)
{
    return cli_list(c, &projects);
}

static const char *const quota_words[] = {"services", "instances", "vcpus", "ram", NULL};

/* One "services=5" of a quota. false: it is none (told). */
static bool take_limit(struct cli *c, json_t *quota, const char *text, size_t len)
{
    for (const char *const *word = quota_words; *word; word++) {
        size_t n = strlen(*word);
        char *end;
        if (len <= n + 1 || strncmp(text, *word, n) != 0 || text[n] != '=')
            continue;
        long value = strtol(text + n + 1, &end, 10);
        if (end != text + len || value < 0)
            break;
        json_object_set_new(quota, *word, json_integer(value));
        return true;
    }
    cli_fail(c, CLI_USAGE, NULL,
             "a quota is services=N,instances=N,vcpus=N,ram=MB (some of them), or none, not '%.*s'",
             (int)len, text);
    return false;
}

/* "services=5,ram=2048" or "none": given; NULL: wrong (told). */
static json_t *quota_of(struct cli *c, const char *text)
{
    json_t *quota = json_object();
    if (strcmp(text, "none") == 0)
        return quota;
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        if (!take_limit(c, quota, at, len)) {
            json_decref(quota);
            return NULL;
        }
        at += len + (at[len] == ',');
    }
    return quota;
}

/* What the options say, given; NULL: wrong (told). */
static json_t *project_body(struct cli *c)
{
    const char *description = c->option[CLI_OPT_DESCRIPTION], *quota = c->option[CLI_OPT_QUOTA];
    json_t *body = json_object();
    json_t *limits = quota ? quota_of(c, quota) : NULL;
    if (quota && !limits) {
        json_decref(body);
        return NULL;
    }
    if (limits)
        json_object_set_new(body, "quota", limits);
    if (description)
        json_object_set_new(body, "description", json_string(description));
    return body;
}

int cli_cmd_project_create(struct cli *c)
{
    json_t *body = project_body(c);
    if (!body)
        return CLI_USAGE;
    json_object_set_new(body, "name", json_string(c->args[0]));
    char *text = json_dumps(body, JSON_COMPACT);
    int exit = cli_create(c, &projects, PROJECTS, text);
    free(text);
    json_decref(body);
    return exit;
}

int cli_cmd_project_update(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (!c->option[CLI_OPT_DESCRIPTION] && !c->option[CLI_OPT_QUOTA])
        return cli_fail(c, CLI_USAGE, NULL,
                        "what is to be changed? --description TEXT, --quota services=5,ram=2048");
    int exit = cli_resolve(c, "project", PROJECTS, c->args[0], &id);
    json_t *body = exit == CLI_OK ? project_body(c) : NULL;
    if (!body)
        return exit == CLI_OK ? CLI_USAGE : exit;
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    sbuf_addf(&path, PROJECTS "/%s", id.s);
    exit = cli_request(c, "PUT", path.s, text, &a);
    free(text);
    if (exit != CLI_OK)
        return cli_report(c, &a, "change the project '%s'", c->args[0]);
    cli_print_object(c, &projects, &a);
    return CLI_OK;
}

int cli_cmd_project_delete(struct cli *c)
{
    return cli_delete(c, &projects);
}

/* What of the quota is used, below the project. */
static void print_use(struct cli *c, const json_t *use)
{
    static const char *const headings[] = {"", "USED", "AT MOST", NULL};
    struct cli_table *t = cli_table_new(c, headings, false);
    for (const char *const *word = quota_words; *word; word++) {
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        sbuf_addf(&path, "used.%s", *word);
        const char *used = cli_json_str(use, path.s);
        sbuf_clear(&path);
        sbuf_addf(&path, "quota.%s", *word);
        const char *limit = cli_json_str(use, path.s);
        cli_table_add(t, NULL,
                      (const char *const[]){strcmp(*word, "ram") == 0 ? "ram (MB)" : *word, used,
                                            *limit ? limit : "-"});
    }
    cli_table_print(t);
}

int cli_cmd_project_show(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = cli_resolve(c, "project", PROJECTS, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, PROJECTS "/%s", id.s);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show the project '%s'", c->args[0]);
    cli_print_object(c, &projects, &a);
    if (!cli_is_for_people(c))
        return CLI_OK;
    sbuf_adds(&path, "/use");
    if (cli_request(c, "GET", path.s, NULL, &a) == CLI_OK)
        print_use(c, a.json);
    return CLI_OK;
}

/* --- keys --------------------------------------------------------------------------------------
 */

static const struct cli_column key_columns[] = {{.heading = "ID", .path = "id"},
                                                {.heading = "NAME", .path = "name"},
                                                {.heading = "FINGERPRINT", .path = "fingerprint"},
                                                {0}};
static void show_key(struct cli *c, const json_t *key)
{
    cli_print_fields(c, key_columns, key);
    fprintf(c->out, "%s\n", cli_json_str(key, "publicKey"));
}
static const struct cli_kind keys = {"key", KEYS, key_columns, show_key, false};

int cli_cmd_key_list(struct cli *c)
{
    return cli_list(c, &keys);
}
int cli_cmd_key_show(struct cli *c)
{
    return cli_show(c, &keys);
}
int cli_cmd_key_delete(struct cli *c)
{
    return cli_delete(c, &keys);
}

int cli_cmd_key_import(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err = ERR_INIT;
    if (cli_read_file(c->args[1], &text, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the public key");
    json_t *body = json_pack("{ss ss}", "name", c->args[0], "publicKey", text.len ? text.s : "");
    if (!body)
        return cli_fail(c, CLI_USAGE, NULL, "the key is not UTF-8: is it a public key of ssh?");
    char *out = json_dumps(body, JSON_COMPACT);
    int exit = cli_create(c, &keys, KEYS, out);
    free(out);
    json_decref(body);
    return exit;
}

/* The private key to standard output, and nothing else: it is told this once. */
int cli_cmd_key_generate(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (cli_send_text(c, "POST", KEYS "/generate", c->args[0], &a) != CLI_OK)
        return cli_report(c, &a, "generate the key '%s'", c->args[0]);
    fputs(a.body.s, c->out);
    if (c->is_terminal)
        fprintf(c->errors, "this is the private key, shown only now: keep it in a file that only "
                           "you can read\n");
    return CLI_OK;
}

/* --- services ----------------------------------------------------------------------------------
 */

static void say_projects(const json_t *service, struct sbuf *cell)
{
    size_t i;
    json_t *role;
    json_array_foreach(json_object_get(service, "roles"), i, role)
        sbuf_addf(cell, "%s%s", i ? ", " : "", cli_json_str(role, "project"));
}

static const struct cli_column service_columns[] = {{.heading = "ID", .path = "id"},
                                                    {.heading = "NAME", .path = "name"},
                                                    {.heading = "PROJECTS", .print = say_projects},
                                                    {0}};
static const struct cli_kind services = {"service", SERVICES, service_columns, NULL, false};

int cli_cmd_service_list(struct cli *c)
{
    return cli_list(c, &services);
}
int cli_cmd_service_delete(struct cli *c)
{
    return cli_delete(c, &services);
}

/* "lab,default" as a list; given. */
static json_t *names_of(const char *text)
{
    json_t *names = json_array();
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        json_array_append_new(names, json_stringn(at, len));
        at += len + (at[len] == ',');
    }
    return names;
}

/* The key to standard output, and nothing else. */
int cli_cmd_service_create(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (!c->option[CLI_OPT_FOR])
        return cli_fail(c, CLI_USAGE, NULL,
                        "for which projects? --for default, --for lab,default, or --for '*' for "
                        "all of them");
    json_t *body =
        json_pack("{ss so}", "name", c->args[0], "roles", names_of(c->option[CLI_OPT_FOR]));
    if (!body)
        return cli_fail(c, CLI_USAGE, NULL, "the arguments are not UTF-8");
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    int exit = cli_request(c, "POST", SERVICES "/create", text, &a);
    free(text);
    if (exit != CLI_OK)
        return cli_report(c, &a, "create the service '%s'", c->args[0]);
    fprintf(c->out, "%s\n", a.body.s);
    if (c->is_terminal)
        fprintf(c->errors, "this is its key: it goes into the service's configuration; with it one "
                           "reads the secrets of its projects' PoPs\n");
    return CLI_OK;
}
