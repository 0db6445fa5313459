/* Lists, in pages: what a page holds is shown before the next is asked for. */
#include "common/base/mem.h"
#include "common/http/http.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/filter.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 500, PAGE_JSON = 100 };

struct list {
    struct cli *c;
    const struct cli_kind *kind;
    size_t left, shown;        /* left: of --limit */
    struct cli_filter *filter; /* NULL: the server has chosen */
};

static void add_parameter(struct sbuf *path, const char *name, const char *value)
{
    if (!value)
        return;
    sbuf_addf(path, "&%s=", name);
    http_percent_encode(path, value);
}

static void first_page(const struct list *l, struct sbuf *path)
{
    const struct cli *c = l->c;
    bool is_json = c->output == CLI_JSON;
    size_t page = is_json ? PAGE_JSON : PAGE;
    sbuf_addf(path, "%s?limit=%zu%s", l->kind->path, l->left < page && !l->filter ? l->left : page,
              is_json ? "" : "&slim=true");
    add_parameter(path, "name", c->option[CLI_OPT_NAME]);
    add_parameter(path, "status", c->option[CLI_OPT_STATUS]);
    add_parameter(path, "sort", c->option[CLI_OPT_SORT]);
    for (int i = 0; i < c->arg_n; i++) {
        AUTO(freep) char *name = xstrdup(c->args[i]);
        char *value = strchr(name, '=');
        if (!value)
            continue;
        *value++ = '\0';
        add_parameter(path, name, value);
    }
}

/* One after the other, of those that --filter has left. */
static void dump_elements(struct list *l, const json_t *elements)
{
    size_t i;
    const json_t *element;
    json_array_foreach(elements, i, element)
    {
        fputs(l->shown + i ? "," : "[", l->c->out);
        json_dumpf(element, l->c->out, JSON_ENCODE_ANY | JSON_COMPACT);
    }
}

/* As it came, without the brackets around it. */
static void copy_elements(struct list *l, const struct sbuf *body)
{
    const char *first = strchr(body->s, '['), *last = strrchr(body->s, ']');
    if (!first || last < first)
        return;
    fputs(l->shown ? "," : "[", l->c->out);
    fwrite(first + 1, 1, (size_t)(last - first - 1), l->c->out);
}

/* On a terminal, indented. */
static void show_elements(struct list *l, const json_t *elements)
{
    size_t i;
    json_t *element;
    json_array_foreach(elements, i, element)
    {
        fputs(l->shown + i ? ",\n" : "[\n", l->c->out);
        json_dumpf(element, l->c->out, JSON_ENCODE_ANY | JSON_INDENT(2));
    }
}

static void show(struct list *l, const struct cli_answer *a)
{
    size_t i;
    json_t *object, *page = a->json;
    if (l->filter)
        cli_filter_apply(l->filter, page, l->left);
    size_t n = json_array_size(page); /* more than asked for: a server that knows no limit */
    l->left -= n < l->left ? n : l->left;
    if (l->c->output == CLI_JSON && l->c->is_terminal)
        show_elements(l, page);
    else if (l->c->output == CLI_JSON && l->filter)
        dump_elements(l, page);
    else if (l->c->output == CLI_JSON && json_array_size(page) > 0)
        copy_elements(l, &a->body);
    else if (l->c->output == CLI_JSON)
        return;
    else if (!cli_is_for_people(l->c))
        json_array_foreach(page, i, object) fprintf(l->c->out, "%s\n", cli_json_str(object, "id"));
    else if (l->shown == 0 && n == 0 && a->next)
        return; /* --filter left nothing of this page */
    else if (l->shown == 0)
        cli_print_page(l->c, l->kind->columns, page, l->kind->has_short_ids, true);
    else if (json_array_size(page) > 0)
        cli_print_page(l->c, l->kind->columns, page, l->kind->has_short_ids, false);
    l->shown += json_array_size(page);
}

static enum cli_exit take_limit(struct list *l)
{
    const char *text = l->c->option[CLI_OPT_LIMIT];
    char *end;
    l->left = SIZE_MAX;
    if (!text)
        return CLI_OK;
    unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    if (n < 1 || *end)
        return cli_fail(l->c, CLI_USAGE, NULL, "--limit takes a number from 1, not '%s'", text);
    l->left = n;
    return CLI_OK;
}

static int list_pages(struct list *l)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct cli *c = l->c;
    first_page(l, &path);
    for (;;) {
        if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
            return cli_report(c, &a, "list the %ss", l->kind->name);
        show(l, &a);
        if (!a.next || l->left == 0)
            break;
        sbuf_clear(&path);
        sbuf_adds(&path, a.next);
    }
    if (c->output == CLI_JSON)
        fprintf(c->out, "%s]\n", l->shown ? c->is_terminal ? "\n" : "" : "[");
    return CLI_OK;
}

int cli_list(struct cli *c, const struct cli_kind *kind)
{
    struct list l = {.c = c, .kind = kind};
    if (take_limit(&l) != CLI_OK)
        return CLI_USAGE;
    if (c->option[CLI_OPT_FILTER] &&
        cli_filter_open(c, kind->columns, c->option[CLI_OPT_FILTER], &l.filter) != CLI_OK)
        return CLI_USAGE;
    int exit = list_pages(&l);
    cli_filter_free(l.filter);
    return exit;
}
