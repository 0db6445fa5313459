#include "common/http/http.h"
#include "common/sys/ids.h"
#include "nfvo/cli/guess.h"
#include "nfvo/cli/rest.h"

#include <string.h>

enum { SHORT_MIN = 4, SEARCH_PAGE = 500, SEARCH_PAGES = 100 };

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

static void hint_list(struct cli *c, const char *kind)
{
    for (const struct cli_command *cmd = c->commands; cmd->noun; cmd++)
        if (strcmp(cmd->noun, kind) == 0 && cmd->verb && strcmp(cmd->verb, "list") == 0)
            fprintf(c->errors, "  hint: baton %s list\n", kind);
}

/* By its whole id or name. */
static bool has_named(const json_t *list, const char *wanted)
{
    size_t i;
    const json_t *object;
    json_array_foreach(list, i, object)
    {
        if (strcmp(cli_json_str(object, "id"), wanted) == 0 ||
            strcmp(cli_json_str(object, "name"), wanted) == 0)
            return true;
    }
    return false;
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
        hint_list(c, kind);
        return CLI_NOT_FOUND;
    }
    *ret_id = found;
    return CLI_OK;
}

/* A list as a whole, page by page: how many begin so, or else what is called nearly so. */
struct search {
    const char *wanted;
    struct sbuf id; /* of the last that begins so */
    size_t n;
    struct cli_guess guess;
    struct sbuf near; /* its best word: pages are freed */
};

static void search_page(struct search *s, const json_t *page)
{
    size_t i;
    const json_t *object;
    json_array_foreach(page, i, object)
    {
        const char *id = cli_json_str(object, "id"), *near = cli_guess_best(&s->guess);
        if (cli_is_short_id(s->wanted) && strncmp(id, s->wanted, strlen(s->wanted)) == 0) {
            sbuf_clear(&s->id);
            http_percent_encode(&s->id, id);
            s->n++;
        }
        cli_guess_try(&s->guess, cli_json_str(object, "name"));
        if (cli_guess_best(&s->guess) == near)
            continue;
        sbuf_clear(&s->near);
        sbuf_adds(&s->near, cli_guess_best(&s->guess));
        s->guess.best = s->near.s;
    }
}

static int search(struct cli *c, const char *kind, const char *path, struct search *s)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    sbuf_addf(&query, "%s?slim=true&limit=%d", path, SEARCH_PAGE);
    for (int pages = 0; pages < SEARCH_PAGES; pages++) {
        if (cli_request(c, "GET", query.s, NULL, &a) != CLI_OK)
            return cli_report(c, &a, "look up the %s '%s'", kind, s->wanted);
        search_page(s, a.json);
        if (!a.next)
            break;
        sbuf_clear(&query);
        sbuf_adds(&query, a.next);
    }
    return CLI_OK;
}

bool cli_is_short_id(const char *text)
{
    size_t n = strlen(text);
    return n >= SHORT_MIN && n < ID_SIZE && strspn(text, "0123456789abcdef-") == n;
}

static int find(struct cli *c, const char *kind, const char *path, struct search *s)
{
    int exit = search(c, kind, path, s);
    if (exit != CLI_OK)
        return exit;
    if (s->n == 1)
        return CLI_OK;
    if (s->n > 1)
        return cli_fail(c, CLI_USAGE, NULL, "the ids of %zu %ss begin with '%s': give more of it",
                        s->n, kind, s->wanted);
    fprintf(c->errors, "baton: there is no %s '%s'\n", kind, s->wanted);
    if (cli_guess_best(&s->guess))
        fprintf(c->errors, "  did you mean: %s\n", cli_guess_best(&s->guess));
    hint_list(c, kind);
    return CLI_NOT_FOUND;
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
    if (has_named(a.json, wanted)) {
        int exit = cli_resolve_in(c, kind, a.json, wanted, &id);
        if (exit == CLI_OK)
            http_percent_encode(ret_id, id); /* it becomes a part of a path */
        return exit;
    }
    struct search s = {
        .wanted = wanted, .id = SBUF_INIT, .guess = {.typed = wanted}, .near = SBUF_INIT};
    int exit = find(c, kind, path, &s);
    if (exit == CLI_OK)
        sbuf_add(ret_id, s.id.s, s.id.len);
    sbuf_release(&s.id);
    sbuf_release(&s.near);
    return exit;
}
