/* Lists of all kinds: a row of a table of endpoints with LIST(kind) among its flags is one.
 *
 *     ?limit=100                    a page; `Link: <...>; rel="next"` when there is more
 *     ?after=ID or a cursor         goes on behind it (the cursor is in that link)
 *     ?sort=created|name            -created, -name: backwards
 *     ?slim=true                    what a table shows, and no more
 *     ?name=web*&status=ACTIVE      filters, those of the kind (store_list.c)
 *
 * Without limit everything is answered, in pieces when it is long: in memory that does not grow
 * with the list. A parameter that is not known is refused with those that are. */
#ifndef NFVO_API_REQUEST_LIST_H
#define NFVO_API_REQUEST_LIST_H

#include "nfvo/api/context.h"
#include "nfvo/store/store_list.h"

/* For the flags of struct endpoint; which one it is, -1: none. */
#define LIST(kind)     ((1 + STORE_LIST_##kind) << API_LIST_SHIFT)
#define LIST_OF(flags) ((int)((flags) >> API_LIST_SHIFT) - 1)

call_fn list_answer;
/* Its parameters as objects of OpenAPI, each with a comma in front. */
void list_parameters(struct sbuf *out, enum store_list kind);
/* The page that comes behind this one, as its Link: </api/v1/ns-records?limit=100&after=...>;
 * rel="next". The call's own parameters stay. */
void list_link_next(struct call *c, const char *after);
/* "15m", "2h", "7d" ago, "2026-11-30" or "2026-11-30T12:00:00" in UTC, as microseconds.
 * ERR_INVALID, with the parameter's name. */
MUST_USE enum err_code list_time(const char *name, const char *value, int64_t *ret_us,
                                 struct err *err);

#endif
