/* Output of an instance's scripts: for baton logs, and for the watch of --wait. */
#ifndef NFVO_CLI_LOGS_H
#define NFVO_CLI_LOGS_H

#include "nfvo/cli/rest.h"

struct cli_host {
    const char *nsr, *vnfr, *host; /* id, name, name */
};
/* a->json: an array of lines, with a heading before each script's. lines <= 0: all; timeout_ms 0:
 * as long as the server takes. */
int cli_ask_logs(struct cli *c, const struct cli_host *h, long lines, int64_t timeout_ms,
                 struct cli_answer *a);

typedef void cli_log_line_fn(void *arg, const char *text);
/* The lines of `now` that `before` (NULL: none) did not have, in order. A heading that says by now
 * how its script ended is reported again, after the script's output. Output that was cut meanwhile
 * is reported from there on. */
void cli_logs_diff(const json_t *before, const json_t *now, cli_log_line_fn *report, void *arg);

#endif
