/* Operations that have not ended, as other pages mention them: explain, status, nsr show. */
#ifndef NFVO_CLI_OPEN_OPERATIONS_H
#define NFVO_CLI_OPEN_OPERATIONS_H

#include "nfvo/cli/cli.h"

#define OPEN_OPERATIONS_SHOWN 10

/* "HEAL of web-1 (5f0c...), asked by admin at 12:03:10, 41 s ago". Appended, as the others. */
void cli_put_open_what(struct sbuf *out, const json_t *operation, int64_t now_us);
/* "FAILED_TEMP: step 2 of 4, MODIFY of client, FAILED: <why>"; what it waits for. */
void cli_put_open_state(struct sbuf *out, const json_t *operation, int64_t now_us);
/* The commands that are possible now, one after the other, each behind `before`. */
void cli_put_open_next(struct sbuf *out, const json_t *operation, const char *before);
/* It does not go on by itself: somebody must decide. */
bool cli_is_undecided(const json_t *operation);
/* Is it on this VNF (its name), or on all of the service? vnfr NULL: any is. */
bool cli_is_open_of(const json_t *operation, const char *vnfr);
/* A table; nothing when there are none. */
void cli_print_open_operations(struct cli *c, const json_t *operations, int64_t now_us);

#endif
