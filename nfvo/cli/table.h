/* Tables for people, by libsmartcols. Not a terminal: no colours, nothing is cut. */
#ifndef NFVO_CLI_TABLE_H
#define NFVO_CLI_TABLE_H

#include "nfvo/cli/cli.h"

struct cli_column {
    const char *heading;
    const char *path;                                       /* into the object; NULL: */
    void (*print)(const json_t *object, struct sbuf *cell); /* makes the cell */
    bool is_wide;                                           /* in lists with -o wide only */
    bool is_narrow;                                         /* in lists without -o wide only */
};

#define CLI_SHORT_ID 8

/* One line per element of list, the column "ID" last. columns end with a row without heading. */
void cli_print_list(struct cli *c, const struct cli_column *columns, const json_t *list);

/* The same of a list that comes in pages: the first has headings. has_short_ids: UUIDs in the column
 * ID are cut to CLI_SHORT_ID characters, or to as many more as make them unique on the page, but for
 * -o wide. Commands take them so (cli_resolve). */
void cli_print_page(struct cli *c, const struct cli_column *columns, const json_t *list,
                    bool has_short_ids, bool is_first);

/* A table that is filled line by line; cells are text, cut after 300 bytes, line 0.. as added. */
struct cli_table;
struct cli_table *cli_table_new(struct cli *c, const char *const *headings,
                                bool is_tree); /* ends with NULL; given */
/* Elsewhere than c->out. */
struct cli_table *cli_table_new_to(struct cli *c, FILE *to, const char *const *headings);
/* parent: what an earlier call returned, NULL: a root. cells: as many as headings; NULL: empty. */
void *cli_table_add(struct cli_table *t, void *parent, const char *const *cells);
void cli_table_print(struct cli_table *t); /* and frees it */

/* "label  value" lines; empty values are left out. */
void cli_print_fields(struct cli *c, const struct cli_column *columns, const json_t *object);

/* Terminal colour of a status word ("green"), NULL: none. */
const char *cli_status_color(const char *word);

#endif
