/* What is refused again and again: the first one is a record at once, those after it are counted
 * and become one record when AUDIT_REPEAT_US are over. Bounded: what finds no room is counted as
 * several of its kind. Not thread-safe: the owner locks. */
#ifndef NFVO_AUDIT_REPEATS_H
#define NFVO_AUDIT_REPEATS_H

#include "nfvo/audit/audit.h"
#include "nfvo/store/store_audit.h"

struct repeats; /* opaque */

/* A record with its texts in one block: given by audit_entry_new, free(). Texts are cut at
 * AUDIT_TEXT_MAX; what is no printable character becomes '?'. */
struct audit_entry {
    struct audit_entry *next;
    enum audit_kind kind;
    enum audit_outcome outcome;
    struct store_audit row;
    char texts[];
};
struct audit_entry *audit_entry_new(const struct audit_record *record, int64_t at_us);

struct repeats *repeats_new(void); /* given */
void repeats_free(struct repeats *r);
/* e: taken. Returned (given): to be written now; NULL: it is counted. now_us: monotonic. */
struct audit_entry *repeats_take(struct repeats *r, struct audit_entry *e, int64_t now_us);
/* One that was counted and is due (at INT64_MAX: any); given. NULL: none. */
struct audit_entry *repeats_due(struct repeats *r, int64_t now_us);
bool repeats_are_waiting(const struct repeats *r); /* something is counted */

#endif
