#include "nfvo/cli/table.h"

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/sys/ids.h"
#include "nfvo/cli/terminal.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_MAX 14
#define CELL_MAX   300

struct cli_table {
    struct cli *c;
    FILE *to, *raw;
    struct libscols_table *table;
    size_t n;
};

const char *cli_status_color(const char *word)
{
    static const char *const colors[][2] = {{"ACTIVE", "green"},       {"ERROR", "red"},
                                            {"FAILED", "red"},         {"TERMINATED", "magenta"},
                                            {"INITIALIZED", "yellow"}, {"INACTIVE", "yellow"},
                                            {"NULL", "yellow"},        {"SCALING", "yellow"},
                                            {"RESUMING", "yellow"},    {"no", "red"},
                                            {"not ready", "red"},      {"ready", "green"}};
    for (size_t i = 0; i < ARRAY_LEN(colors); i++)
        if (strcmp(colors[i][0], word) == 0)
            return colors[i][1];
    return NULL;
}

static struct libscols_table *must(struct libscols_table *table)
{
    if (!table)
        abort(); /* libsmartcols has no other reason than memory: common/base/mem.h */
    return table;
}

/* On a terminal that is too narrow long cells go over several lines, but not what is copied to be
 * typed again. A pipe gets one line each, and who asks for the wide form, too. */
static bool may_wrap(const struct cli *c, const char *heading)
{
    static const char *const typed[] = {"ID",    "EXTERNAL ID", "HOST", "NAME",
                                        "QUEUE", "ADDRESSES",   "AGE"};
    for (size_t i = 0; i < ARRAY_LEN(typed); i++)
        if (strcmp(typed[i], heading) == 0)
            return false;
    return c->is_terminal && c->output != CLI_WIDE;
}

static struct cli_table *make(struct cli *c, FILE *to, const char *const *headings, bool is_tree)
{
    struct cli_table *t = xcalloc(1, sizeof(*t));
    t->c = c;
    t->to = to;
    t->table = must(scols_new_table());
    t->raw = to == c->out ? c->raw_out : to == c->errors ? c->raw_errors : to;
    scols_table_set_stream(t->table, t->raw);
    scols_table_enable_colors(t->table, c->has_colors);
    /* Said and not found out: under --watch the stream is memory. */
    scols_table_set_termforce(t->table,
                              c->is_terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    for (; headings[t->n]; t->n++) {
        bool is_root = is_tree && t->n == 0;
        scols_table_new_column(t->table, headings[t->n], 0,
                               is_root                       ? SCOLS_FL_TREE
                               : may_wrap(c, headings[t->n]) ? SCOLS_FL_WRAP
                                                             : 0);
    }
    if (c->width > 0)
        scols_table_set_termwidth(t->table, (size_t)c->width);
    return t;
}

struct cli_table *cli_table_new(struct cli *c, const char *const *headings, bool is_tree)
{
    return make(c, c->out, headings, is_tree);
}

struct cli_table *cli_table_new_to(struct cli *c, FILE *to, const char *const *headings)
{
    return make(c, to, headings, false);
}

/* A name of 100 kB is no name for people; -o json and name have it whole. */
static void set_cell(struct libscols_line *line, size_t column, const char *text)
{
    char cut[CELL_MAX + 4];
    size_t len = strnlen(text, CELL_MAX + 1);
    if (len > CELL_MAX) {
        snprintf(cut, sizeof(cut), "%.*s...", (int)utf8_cut(text, CELL_MAX), text);
        text = cut;
    }
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    cli_put_line(&shown, text);
    scols_line_set_data(line, column, shown.s);
}

void *cli_table_add(struct cli_table *t, void *parent, const char *const *cells)
{
    struct libscols_line *line = scols_table_new_line(t->table, parent);
    if (!line)
        abort();
    for (size_t i = 0; i < t->n; i++) {
        const char *color = cells[i] ? cli_status_color(cells[i]) : NULL;
        if (cells[i] && cells[i][0])
            set_cell(line, i, cells[i]);
        if (color && t->c->has_colors)
            scols_cell_set_color(scols_line_get_cell(line, i), color);
    }
    return line;
}

void cli_table_print(struct cli_table *t)
{
    fflush(t->to);
    scols_print_table(t->table);
    fflush(t->raw);
    scols_unref_table(t->table);
    free(t);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many characters of their ids tell these objects apart; 0: they have none that may be cut. */
static size_t short_id(const json_t *list)
{
    size_t i, k, n = CLI_SHORT_ID, count = json_array_size(list);
    const char **ids = xcalloc(count + 1, sizeof(*ids));
    for (i = 0; i < count && n > 0; i++) {
        ids[i] = cli_json_str(json_array_get(list, i), "id");
        n = id_is_valid(ids[i]) ? n : 0;
    }
    if (n > 0)
        qsort(ids, count, sizeof(*ids), by_text);
    for (i = 1; i < count && n > 0; i++) {
        for (k = 0; ids[i][k] && ids[i][k] == ids[i - 1][k]; k++)
            ;
        n = k + 1 > n ? k + 1 : n;
    }
    free(ids);
    return n;
}

static const char *cell_of(const struct cli_column *column, const json_t *object, struct sbuf *cell)
{
    if (column->path)
        return cli_json_str(object, column->path);
    column->print(object, cell);
    return cell->s;
}

static bool is_id(const struct cli_column *column)
{
    return strcmp(column->heading, "ID") == 0 && column->path;
}

/* Those that are shown, in order; the id stands last. */
static size_t choose(const struct cli *c, const struct cli_column *columns,
                     const struct cli_column **shown)
{
    size_t n = 0;
    bool is_wide = c->output == CLI_WIDE;
    const struct cli_column *id = NULL;
    for (const struct cli_column *k = columns; n < COLUMN_MAX - 1 && k->heading; k++)
        if (is_id(k))
            id = k;
        else if (is_wide ? !k->is_narrow : !k->is_wide)
            shown[n++] = k;
    if (id)
        shown[n++] = id;
    return n;
}

static void print(struct cli *c, const struct cli_column *columns, const json_t *list,
                  size_t id_len, bool has_headings)
{
    const char *headings[COLUMN_MAX + 1] = {NULL}, *cells[COLUMN_MAX];
    size_t i;
    json_t *object;
    const struct cli_column *shown[COLUMN_MAX];
    size_t n = choose(c, columns, shown);
    for (size_t k = 0; k < n; k++)
        headings[k] = shown[k]->heading;
    struct cli_table *t = cli_table_new(c, headings, false);
    scols_table_enable_noheadings(t->table, !has_headings);
    json_array_foreach(list, i, object)
    {
        struct sbuf made[COLUMN_MAX];
        for (size_t k = 0; k < n; k++) {
            made[k] = (struct sbuf)SBUF_INIT;
            cells[k] = cell_of(shown[k], object, &made[k]);
            if (id_len > 0 && is_id(shown[k])) {
                sbuf_add(&made[k], cells[k], id_len);
                cells[k] = made[k].s;
            }
        }
        cli_table_add(t, NULL, cells);
        for (size_t k = 0; k < n; k++)
            sbuf_release(&made[k]);
    }
    cli_table_print(t);
}

void cli_print_page(struct cli *c, const struct cli_column *columns, const json_t *list,
                    bool has_short_ids, bool is_first)
{
    if (json_array_size(list) == 0 && is_first)
        fprintf(c->errors, "none\n");
    else
        print(c, columns, list, has_short_ids && c->output != CLI_WIDE ? short_id(list) : 0,
              is_first);
}

void cli_print_list(struct cli *c, const struct cli_column *columns, const json_t *list)
{
    cli_print_page(c, columns, list, false, true);
}

void cli_print_fields(struct cli *c, const struct cli_column *columns, const json_t *object)
{
    for (const struct cli_column *k = columns; k->heading; k++) {
        AUTO(sbuf_release) struct sbuf made = SBUF_INIT;
        const char *value = cell_of(k, object, &made);
        AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
        cli_put_line(&shown, value);
        if (*value)
            fprintf(c->out, "%-12s %s\n", k->heading, shown.s);
    }
}
