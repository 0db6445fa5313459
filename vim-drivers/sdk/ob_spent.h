/* Client tokens whose servers were deleted. A launch may come again after that: its sender died
 * before it knew that it had left, or a driver before it could acknowledge it. Whoever asked has
 * what it wanted, and released it; a server made now would be nobody's. So a driver that announces
 * `client_token` spends the token before it deletes the server, and refuses a launch whose token is
 * spent (after it looked for the server itself: a repeat gets that).
 *
 * With a file they outlive the driver: a line each, "<seconds since 1970> <token>". A token is kept
 * for a day, longer than any call waits, and at most OB_SPENT_MAX of them, the newest.
 *
 * Thread-safe. */
#ifndef OB_SPENT_H
#define OB_SPENT_H

#include "common/sdk/in_tree.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OB_SPENT_MAX 100000

struct ob_spent; /* opaque */

/* Given. path NULL or "": in memory only. is_durable: each is on disk when ob_spent_add returns,
 * for servers that outlive a crash of the host. OB_ERR_IO. */
OB_MUST_USE enum ob_code ob_spent_open(const char *path, bool is_durable, struct ob_spent **ret,
                                       struct ob_err *err);
void ob_spent_close(struct ob_spent *spent); /* NULL is fine */
/* token NULL or "", or spent already: nothing is done. OB_ERR_IO: not written, and not spent. */
OB_MUST_USE enum ob_code ob_spent_add(struct ob_spent *spent, const char *token,
                                      struct ob_err *err);
/* OB_ERR_STATE, with words for whoever launches: it is spent. token NULL or "": it never is. */
OB_MUST_USE enum ob_code ob_spent_check(struct ob_spent *spent, const char *token,
                                        struct ob_err *err);

#ifdef __cplusplus
}
#endif

#endif
