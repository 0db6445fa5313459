/* Follows a network service from answer to answer: who is in which state, since when. Knows no
 * clock and no server.
 *
 *     struct cli_watch *w = cli_watch_new(to, is_terminal, now_us);
 *     cli_watch_show(w, nsr, now_us);      // after each answer, and in between for the clock on a
 * terminal (nsr NULL) cli_watch_free(w);
 *
 * On a terminal one block is redrawn in place; elsewhere one plain line per change. */
#ifndef NFVO_CLI_WATCH_H
#define NFVO_CLI_WATCH_H

#include "nfvo/cli/cli.h"

struct cli_watch;
struct cli_watch *cli_watch_new(FILE *to, bool is_terminal, int64_t now_us); /* given */
void cli_watch_free(struct cli_watch *w);
void cli_watch_show(struct cli_watch *w, const json_t *nsr, int64_t now_us);
/* A line that stays, above the block. */
void cli_watch_say(struct cli_watch *w, int64_t now_us, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
