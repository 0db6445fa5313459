/* Follows a network service from answer to answer of baton explain: one line a step, with the time
 * since it was begun by the server's clock; what is waited for, when it lasts. Knows no clock and
 * no server.
 *
 *     struct cli_watch *w = cli_watch_new(to, raw, "DEPLOY", now_us);
 *     cli_watch_show(w, answer, now_us);       // after each answer
 *     cli_watch_steps(w, c);                   // in the end: how long each step took
 *     cli_watch_free(w);
 *
 * On a terminal a last line says what is waited for now, and is drawn anew each time. */
#ifndef NFVO_CLI_WATCH_H
#define NFVO_CLI_WATCH_H

#include "nfvo/cli/cli.h"

struct cli_watch;
/* to, raw: as in struct cli; raw NULL: no terminal. begin: the history's event with which it
 * begins, "DEPLOY" or "RELEASE"; what was before is not shown. Given. */
struct cli_watch *cli_watch_new(FILE *to, FILE *raw, const char *begin, int64_t now_us);
void cli_watch_free(struct cli_watch *w);
/* explain: what the server answered, with the history behind cli_watch_after(). */
void cli_watch_show(struct cli_watch *w, const json_t *explain, int64_t now_us);
int64_t cli_watch_after(const struct cli_watch *w); /* id of the last line of the history */
/* Since when the VNFR is in its phase, by the answer's clock; 0: no step was seen. */
int64_t cli_watch_since(const struct cli_watch *w, const char *vnfr);
const char *cli_watch_name(const struct cli_watch *w); /* of the NSR; "": not seen */
/* Seconds from the beginning to the last line, by the server's clock; < 0: nothing was seen. */
double cli_watch_took(const struct cli_watch *w);
/* A line at this moment; now_us < 0: of some time before. who: a VNF, a host, or "". */
void cli_watch_say(struct cli_watch *w, int64_t now_us, const char *who, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* What failed and was passed over, with all that is known of it; returns how many there were. */
size_t cli_watch_faults(struct cli_watch *w, FILE *to);
/* A table: VNFs and their phases, in seconds. Ends the last line of a terminal. */
/* A live line of a terminal is erased: something else is about to be printed. */
void cli_watch_end_line(struct cli_watch *w);
void cli_watch_steps(struct cli_watch *w, struct cli *c);

/* The same of a whole history: rows {"at","entry"}. Prints nothing when there was no step. */
void cli_print_steps(struct cli *c, FILE *to, const json_t *history);

#endif
