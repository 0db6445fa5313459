/* What the explain answer is read by: baton explain, and the watch of --wait. */
#ifndef NFVO_CLI_EXPLAIN_H
#define NFVO_CLI_EXPLAIN_H

#include "nfvo/cli/rest.h"

/* wanted: id or name, or "kind/name". query: "after=7&limit=5" or "". */
int cli_ask_explain(struct cli *c, const char *wanted, const char *query, struct cli_answer *a);
/* "'x' is the name of several things", with their ids. Returns CLI_USAGE. */
int cli_tell_hits(struct cli *c, const char *command, const json_t *hits, const char *wanted);
/* One line of the history: "GRANTED -> ALLOCATING", "UP  private=10.1.0.2", "ERROR  <message>". */
void cli_put_history(struct sbuf *out, const json_t *entry);

#endif
