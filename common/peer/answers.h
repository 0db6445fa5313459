/* Answers that were given, by the id of their requests, so that a repeat gets the same: the latest
 * ones, bounded by their bytes. Not thread-safe. */
#ifndef COMMON_PEER_ANSWERS_H
#define COMMON_PEER_ANSWERS_H

#include "common/base/sbuf.h"
#include "common/base/table.h"

struct answered; /* one of them */
struct answers {
    struct table by_id;
    struct answered *newest, *oldest;
    size_t size, max;
};

/* Takes the content of reply. The latest is kept even if it is larger than max. */
void answers_put(struct answers *a, const char *id, struct sbuf *reply);
const struct sbuf *answers_find(const struct answers *a, const char *id); /* borrowed; or NULL */
void answers_release(struct answers *a);

#endif
