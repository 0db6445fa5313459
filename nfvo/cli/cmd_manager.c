/* baton manager: accounts of VNFMs, drivers and others on the broker. */
#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/interrupt.h"

#include <stdlib.h>
#include <string.h>

#define BASE "/api/v1/baton/managers"

enum { READY_TRIES = 40, READY_PAUSE_MS = 250 };

static bool is_over_http(const json_t *m)
{
    return strcmp(cli_json_str(m, "transport"), "REST") == 0;
}

static void print_how(const json_t *m, struct sbuf *cell)
{
    bool is_enrolled = json_is_true(json_object_get(m, "enrolled"));
    sbuf_adds(cell, is_over_http(m)                            ? "registered"
                    : json_is_true(json_object_get(m, "open")) ? "open"
                    : is_enrolled                              ? "enrolled"
                                                               : "of before");
}

/* Who is called over HTTP is in none. */
static void print_room(const json_t *m, struct sbuf *cell)
{
    if (!is_over_http(m))
        sbuf_adds(cell, cli_json_str(m, "room"));
}

/* Whether somebody is there, as far as that can be said. */
static void print_there(const json_t *m, struct sbuf *cell)
{
    const char *state = cli_json_str(m, "state");
    const json_t *active = json_object_get(m, "active");
    if (strcmp(state, "ready") != 0)
        sbuf_adds(cell, state);
    else if (active && !json_is_null(active))
        sbuf_adds(cell, json_is_true(active) ? "there" : "not there");
}

static void print_sdk(const json_t *m, struct sbuf *cell)
{
    if (strcmp(cli_json_str(m, "kind"), "vnfm") == 0)
        sbuf_adds(cell, *cli_json_str(m, "sdk") ? cli_json_str(m, "sdk") : "unknown");
}

static const struct cli_column columns[] = {
    {.heading = "NAME", .path = "name"},
    {.heading = "KIND", .path = "kind"},
    {.heading = "TYPE", .path = "type"},
    {.heading = "SDK", .print = print_sdk},
    {.heading = "VIA", .path = "transport"},
    {.heading = "ROOM", .print = print_room},
    {.heading = "HOW", .print = print_how},
    {.heading = "STATE", .print = print_there},
    {.heading = "FAULT", .path = "fault"},
    {.heading = "QUEUE", .path = "queue", .is_wide = true},
    {.heading = "PROJECT", .path = "project", .is_wide = true},
    {0}};

int cli_cmd_manager_list(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t i;
    json_t *m;
    if (cli_request(c, "GET", BASE, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "list the managers");
    if (c->output == CLI_JSON)
        cli_print_json(c, a.json, a.body.s);
    else if (c->output == CLI_NAME)
        json_array_foreach(a.json, i, m) fprintf(c->out, "%s\n", cli_json_str(m, "name"));
    else
        cli_print_list(c, columns, a.json);
    return CLI_OK;
}

static void path_of(const struct cli *c, const char *more, struct sbuf *path)
{
    sbuf_adds(path, BASE "/");
    http_percent_encode(path, c->args[0]);
    sbuf_adds(path, more);
}

int cli_cmd_manager_show(struct cli *c)
{
    static const struct cli_column fields[] = {{.heading = "name", .path = "name"},
                                               {.heading = "kind", .path = "kind"},
                                               {.heading = "type", .path = "type"},
                                               {.heading = "SDK", .print = print_sdk},
                                               {.heading = "queue", .path = "queue"},
                                               {.heading = "room", .path = "room"},
                                               {.heading = "how", .print = print_how},
                                               {.heading = "state", .print = print_there},
                                               {.heading = "fault", .path = "fault"},
                                               {.heading = "project", .path = "project"},
                                               {.heading = "processes", .path = "instances"},
                                               {.heading = "management API", .path = "management"},
                                               {0}};
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    path_of(c, "", &path);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show manager '%s'", c->args[0]);
    if (c->output == CLI_JSON)
        cli_print_json(c, a.json, a.body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", cli_json_str(a.json, "name"));
    else
        cli_print_fields(c, fields, a.json);
    return CLI_OK;
}

/* --- what goes into a peer's configuration: trust.md 2 -----------------------------------------
 */

struct peer_lines {
    const char *account, *password, *room;
    bool is_driver;
};

static void lines_c(FILE *to, const struct peer_lines *p)
{
    fprintf(
        to,
        "broker-vhost = %s\nbroker-user = %s\nbroker-password = %s\n"
        "# or in a file (0600), which is read again at each login: broker-password-file = FILE\n",
        p->room, p->account, p->password);
}

/* What the examples of the tutorials read. A password of ours needs no quotes; these do no harm. */
static void lines_env(FILE *to, const struct peer_lines *p)
{
    fprintf(to, "export BROKER_VHOST='%s' BROKER_USER='%s' BROKER_PASSWORD='%s'\n", p->room,
            p->account, p->password);
}

static void lines_java(FILE *to, const struct peer_lines *p)
{
    if (p->is_driver) /* plugin.conf.properties */
        fprintf(to, "virtual-host = %s\nbroker-user = %s\nbroker-password = %s\n", p->room,
                p->account, p->password);
    else
        fprintf(to,
                "spring.rabbitmq.virtualHost=%s\nspring.rabbitmq.username=%s\n"
                "spring.rabbitmq.password=%s\nvnfm.rabbitmq.virtual-host=%s\n",
                p->room, p->account, p->password, p->room);
}

static void lines_python(FILE *to, const struct peer_lines *p)
{
    fprintf(to,
            "username = %s\npassword = %s\n# and in the program, before the SDK is used:\n"
            "import pika; pika.connection.Parameters.DEFAULT_VIRTUAL_HOST = '%s'\n",
            p->account, p->password, p->room);
}

static void lines_go(FILE *to, const struct peer_lines *p)
{
    fprintf(to, "username = \"%s\"\npassword = \"%s\"\nbroker = \"HOST:PORT/%s?x=\"\n", p->account,
            p->password, p->room);
}

static const struct {
    const char *word, *title;
    void (*print)(FILE *to, const struct peer_lines *p);
} sdks[] = {{"c", "a process of Baton (NAME.conf)", lines_c},
            {"env", "a program that reads its environment", lines_env},
            {"java", "Java SDK", lines_java},
            {"python", "Python SDK", lines_python},
            {"go", "Go SDK", lines_go}};

static enum cli_exit check_sdk(struct cli *c)
{
    const char *wanted = c->option[CLI_OPT_FOR];
    for (size_t i = 0; wanted && i < ARRAY_LEN(sdks); i++)
        if (strcmp(sdks[i].word, wanted) == 0)
            return CLI_OK;
    return wanted
               ? (enum cli_exit)cli_fail(c, CLI_USAGE, NULL,
                                         "--for %s: it is one of c, env, java, python, go", wanted)
               : CLI_OK;
}

/* Of what agents measure: no SDK is made for it. */
static void print_told_collector(struct cli *c, const json_t *m)
{
    fprintf(c->out, "account   %s\npassword  %s\nroom      %s\nqueue     %s\n",
            cli_json_str(m, "name"), cli_json_str(m, "password"), cli_json_str(m, "room"),
            cli_json_str(m, "queue"));
    if (strcmp(cli_json_str(m, "others"), "0") != 0)
        fprintf(c->errors, "\nother collectors: %s; each measurement goes to one of them\n",
                cli_json_str(m, "others"));
}

static void print_told_peer(struct cli *c, const json_t *m)
{
    const char *wanted = c->option[CLI_OPT_FOR];
    const struct peer_lines p = {.account = cli_json_str(m, "name"),
                                 .password = cli_json_str(m, "password"),
                                 .room = cli_json_str(m, "room"),
                                 .is_driver = strcmp(cli_json_str(m, "kind"), "driver") == 0};
    if (!wanted)
        fprintf(c->out, "account   %s\npassword  %s\nroom      %s\n", p.account, p.password,
                p.room);
    for (size_t i = 0; i < ARRAY_LEN(sdks); i++)
        if (!wanted || strcmp(wanted, sdks[i].word) == 0) {
            if (!wanted)
                fprintf(c->out, "\n%s:\n", sdks[i].title);
            sdks[i].print(c->out, &p);
        }
    if (strcmp(cli_json_str(m, "others"), "0") != 0)
        fprintf(c->errors, "\nothers in this room: %s; they can act for each other\n",
                cli_json_str(m, "others"));
}

static void print_told(struct cli *c, const json_t *m)
{
    bool is_collector = strcmp(cli_json_str(m, "kind"), "collector") == 0;
    (is_collector ? print_told_collector : print_told_peer)(c, m);
    fprintf(c->errors, "the password is not told again; another one: baton manager rotate %s\n",
            cli_json_str(m, "name"));
}

/* The broker has it, or it is said why not. It is made in any case. */
static int await_ready(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    path_of(c, "", &path);
    for (int i = 0; i < READY_TRIES; i++) {
        AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
        if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
            return cli_report(c, &a, "look at manager '%s'", c->args[0]);
        if (strcmp(cli_json_str(a.json, "state"), "ready") == 0)
            return CLI_OK;
        if (*cli_json_str(a.json, "fault"))
            return cli_fail(c, CLI_FAULT, NULL, "the broker does not have it yet: %s",
                            cli_json_str(a.json, "fault"));
        if (cli_interrupted(READY_PAUSE_MS))
            break;
    }
    return cli_fail(c, CLI_TIMEOUT, NULL,
                    "the broker does not have it yet; see: baton manager "
                    "show %s",
                    c->args[0]);
}

static int tell(struct cli *c, const struct cli_answer *a)
{
    if (c->output == CLI_JSON)
        cli_print_json(c, a->json, a->body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", cli_json_str(a->json, "name"));
    else
        print_told(c, a->json);
    fflush(c->out);
    return await_ready(c);
}

static void put(json_t *body, const char *name, const char *value)
{
    if (value)
        json_object_set_new(body, name, json_string(value));
}

static int enrol(struct cli *c, json_t *body_taken)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    char *text = json_dumps(body_taken, JSON_COMPACT);
    json_decref(body_taken);
    int exit = cli_request(c, "POST", BASE, text, &a);
    free(text);
    return exit == CLI_OK ? tell(c, &a) : cli_report(c, &a, "enrol '%s'", c->args[0]);
}

/* Its queues begin with its name: it may declare and read those, and ask for events. */
int cli_cmd_event_login(struct cli *c)
{
    if (check_sdk(c) != CLI_OK)
        return CLI_USAGE;
    json_t *body = json_object();
    put(body, "name", c->args[0]);
    put(body, "kind", "subscriber");
    put(body, "queue", c->option[CLI_OPT_QUEUE] ? c->option[CLI_OPT_QUEUE] : c->args[0]);
    put(body, "room", c->option[CLI_OPT_ROOM]);
    put(body, "project", c->option[CLI_OPT_PROJECT]);
    return enrol(c, body);
}

int cli_cmd_manager_enrol(struct cli *c)
{
    if (check_sdk(c) != CLI_OK)
        return CLI_USAGE;
    json_t *body = json_object();
    put(body, "name", c->args[0]);
    put(body, "type", c->option[CLI_OPT_TYPE]);
    put(body, "kind", c->option[CLI_OPT_KIND]);
    put(body, "queue", c->option[CLI_OPT_QUEUE]);
    put(body, "room", c->option[CLI_OPT_ROOM]);
    put(body, "project", c->option[CLI_OPT_PROJECT]);
    put(body, "sdk", c->option[CLI_OPT_SDK]);
    if (c->option[CLI_OPT_MANAGEMENT])
        json_object_set_new(body, "management", json_true());
    return enrol(c, body);
}

int cli_cmd_manager_update(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    if (!c->option[CLI_OPT_SDK])
        return cli_fail(c, CLI_USAGE, NULL, "which SDK? Say --sdk c, java, python or go");
    json_t *body = json_pack("{ss}", "sdk", c->option[CLI_OPT_SDK]);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    path_of(c, "", &path);
    int exit = cli_request(c, "PATCH", path.s, text, &a);
    free(text);
    if (exit != CLI_OK)
        return cli_report(c, &a, "update manager '%s'", c->args[0]);
    if (c->output == CLI_JSON)
        cli_print_json(c, a.json, a.body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", c->args[0]);
    else
        fprintf(c->out, "manager '%s': its SDK is %s\n", c->args[0],
                *cli_json_str(a.json, "sdk") ? cli_json_str(a.json, "sdk") : "unknown");
    return CLI_OK;
}

int cli_cmd_manager_rotate(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    if (check_sdk(c) != CLI_OK)
        return CLI_USAGE;
    path_of(c, "/rotate", &path);
    return cli_request(c, "POST", path.s, NULL, &a) == CLI_OK
               ? tell(c, &a)
               : cli_report(c, &a, "rotate '%s'", c->args[0]);
}

int cli_cmd_manager_delete(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    path_of(c, "", &path);
    if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "delete manager '%s'", c->args[0]);
    if (cli_is_for_people(c))
        fprintf(c->out, "manager '%s' deleted: its account and connections end\n", c->args[0]);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", c->args[0]);
    return CLI_OK;
}
