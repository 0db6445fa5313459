/* Operations on network services, for people: the page of one, and one as it goes on. */
#ifndef NFVO_CLI_OPERATION_H
#define NFVO_CLI_OPERATION_H

#include "nfvo/cli/common.h"

extern const struct cli_kind cli_op;

/* The page: what and by whom, its steps as a table, the fault, what to do next. A plan, too. */
void cli_show_operation(struct cli *c, const json_t *operation);
/* One line a step, with the time since it was asked for by the server's clock, until it has ended
 * or waits for a person. last: what the server said last. Returns CLI_OK for COMPLETED, CLI_FAULT
 * for another end, CLI_TIMEOUT. */
int cli_wait_operation(struct cli *c, const char *id, int64_t timeout_ms, struct cli_answer *last);
/* What follows an answer that names the operation that begins: --wait, or a line. word: "heal". */
int cli_begun_operation(struct cli *c, const struct cli_answer *answer, const char *word,
                        const char *nsr_name, int64_t timeout_ms);
/* After a verb: the state in words, what is under way, how to watch it, what is possible now. */
void cli_say_operation(struct cli *c, const json_t *operation);
/* Report as -o says. Returns exit. */
int cli_end_operation(struct cli *c, const struct cli_answer *last, int exit);
/* "2026-11-29T10:40:02.120Z", microseconds since the epoch; 0: none. */
int64_t cli_operation_time(const json_t *object, const char *path);

#endif
