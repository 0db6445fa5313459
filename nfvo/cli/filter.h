/* --filter of lists: what the server cannot choose, chosen here. NAME is a column of the list, as its
 * heading has it in any case, or a path into the objects (json_path.h); VALUE a pattern of a shell. */
#ifndef NFVO_CLI_FILTER_H
#define NFVO_CLI_FILTER_H

#include "nfvo/cli/table.h"

struct cli_filter;

/* "status=ERROR,name=web*,task!=Onboarded": all of them must hold. columns and text are borrowed. USAGE, and a
 * message, when it is none. */
MUST_USE enum cli_exit cli_filter_open(struct cli *c, const struct cli_column *columns,
                                       const char *text, struct cli_filter **ret);
void cli_filter_free(struct cli_filter *f);
/* Leaves those of the list that fit, at most so many. */
void cli_filter_apply(const struct cli_filter *f, json_t *list, size_t most);

#endif
