/* What the stand-ins of tests and demos share (vnfm-dummy, vim-driver-test): rules that say what
 * they do wrong, and a journal of what they did. Knows nothing of NFV: an "action" is a word, a
 * "name" is whom it concerns.
 *
 *     --delay=50ms,START=2s            wait before acting: for all actions, or one of them
 *     --fail=MODIFY                    always
 *     --fail=START:web-*               only for names that match the shell pattern
 *     --fail=launch#3                  only the 3rd time (counted from 1, over matching names)
 *     --fail=launch%20                 one in five, drawn by chance from the seed
 *     --silent=STOP                    act, but never answer; same forms as --fail
 *
 * Journal: one JSON object a line, appended by one write(2), so that lines of several threads stay
 * whole and a kill -9 loses none:
 *     {"at":"2026-11-22T10:00:00.123Z","action":"START","name":"web","id":"r-1","outcome":"done"}
 */
#ifndef COMMON_FAKE_FAKE_H
#define COMMON_FAKE_FAKE_H

#include "common/config/config.h"

struct fake; /* opaque; thread-safe */

struct fake_verdict {
    int64_t delay_ms;
    bool is_failing, is_silent;
};

/* The lists are borrowed for the life of the result. actions: the words that rules may name, ending
 * with NULL. ERR_INVALID with the rule in err->where. */
MUST_USE enum err_code fake_new(const struct config_list *delay, const struct config_list *fail,
                                const struct config_list *silent, const char *const *actions,
                                uint64_t seed, struct fake **ret, struct err *err);
void fake_free(struct fake *fake);
/* Counts one more time of this action. name may be NULL. */
struct fake_verdict fake_judge(struct fake *fake, const char *action, const char *name);

struct journal; /* opaque; thread-safe */
/* path NULL or "": *ret is NULL, and writing does nothing. Appends. ERR_IO. */
MUST_USE enum err_code journal_open(const char *path, struct journal **ret, struct err *err);
void journal_close(struct journal *journal);
bool journal_is_on(const struct journal *journal);
/* Pairs of name and value (text, NULL is left out), ending with NULL, behind "at" and "action". */
void journal_write(struct journal *journal, const char *action, ...);

#endif
