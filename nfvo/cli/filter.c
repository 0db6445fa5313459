#include "nfvo/cli/filter.h"

#include "common/base/mem.h"
#include "nfvo/cli/json_path.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 16 };

struct rule {
    const struct cli_column *column; /* NULL: at a path */
    struct json_path *path;
    char *value;
    bool is_not;
};

struct cli_filter {
    struct rule rules[RULES_MAX];
    size_t n;
};

static const struct cli_column *column_of(const struct cli_column *columns, const char *name,
                                          size_t len)
{
    for (; columns->heading; columns++)
        if (strlen(columns->heading) == len && strncasecmp(columns->heading, name, len) == 0)
            return columns;
    return NULL;
}

static enum err_code read_rule(struct cli_filter *f, const struct cli_column *columns,
                               const char *text, size_t len, struct err *err)
{
    const char *is = memchr(text, '=', len);
    if (!is || is == text)
        return err_set(err, ERR_INVALID, "a filter is NAME=VALUE or NAME!=VALUE, not '%.*s'",
                       (int)(len < 100 ? len : 100), text);
    if (f->n == RULES_MAX)
        return err_set(err, ERR_INVALID, "more than %d filters", RULES_MAX);
    struct rule *r = &f->rules[f->n];
    r->is_not = is[-1] == '!';
    size_t name = (size_t)(is - text) - (r->is_not ? 1 : 0);
    r->column = column_of(columns, text, name);
    if (!r->column) {
        r->path = json_path_new(text, name, err);
        if (!r->path)
            return err->code;
    }
    r->value = xstrndup(is + 1, len - (size_t)(is + 1 - text));
    f->n++;
    return ERR_OK;
}

enum cli_exit cli_filter_open(struct cli *c, const struct cli_column *columns, const char *text,
                              struct cli_filter **ret)
{
    struct err err = ERR_INIT;
    struct cli_filter *f = xcalloc(1, sizeof(*f));
    for (;;) {
        size_t len = strcspn(text, ",");
        if (read_rule(f, columns, text, len, &err) != ERR_OK) {
            cli_filter_free(f);
            return (enum cli_exit)cli_fail(c, CLI_USAGE, &err, "--filter");
        }
        if (!text[len])
            break;
        text += len + 1;
    }
    *ret = f;
    return CLI_OK;
}

void cli_filter_free(struct cli_filter *f)
{
    for (size_t i = 0; f && i < f->n; i++) {
        json_path_free(f->rules[i].path);
        free(f->rules[i].value);
    }
    free(f);
}

static bool fits_text(const struct rule *r, const char *text)
{
    return fnmatch(r->value, text, 0) == 0;
}

/* One of those that stand there. */
static bool fits_path(const struct rule *r, const json_t *object)
{
    json_t *found = json_path_find(r->path, object), *value;
    size_t i;
    bool fits = json_array_size(found) == 0 && !*r->value;
    json_array_foreach(found, i, value)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        json_path_put(&text, value);
        fits = fits || fits_text(r, text.s);
    }
    json_decref(found);
    return fits;
}

static bool fits_column(const struct rule *r, const json_t *object)
{
    AUTO(sbuf_release) struct sbuf made = SBUF_INIT;
    sbuf_adds(&made, "");
    if (r->column->path)
        return fits_text(r, cli_json_str(object, r->column->path));
    r->column->print(object, &made);
    return fits_text(r, made.s);
}

void cli_filter_apply(const struct cli_filter *f, json_t *list, size_t most)
{
    size_t i = 0;
    while (i < json_array_size(list)) {
        const json_t *object = json_array_get(list, i);
        bool fits = i < most;
        for (size_t k = 0; fits && k < f->n; k++) {
            const struct rule *r = &f->rules[k];
            fits = (r->column ? fits_column(r, object) : fits_path(r, object)) != r->is_not;
        }
        if (fits)
            i++;
        else
            json_array_remove(list, i);
    }
}
