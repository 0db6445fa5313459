/* What a VNF's scripts publish (`##baton set KEY VALUE`): the values of `provides` in its record, which
 * its targets may want (dependency.h).
 *
 * They come in the record that a VNFM sends with an answer, which is a copy of the one that its
 * request had, so it also has the values of then. Which are which is told by the version: each
 * request counts the record's (`hbVersion`), and a value that came since in another way is newer than
 * any copy of before. Kept for each key, in the VNFR's private document: operations run beside each
 * other, and what one publishes is no reason to lose what another does. */
#ifndef NFVO_LIFECYCLE_PUBLISHED_H
#define NFVO_LIFECYCLE_PUBLISHED_H

#include "nfvo/lifecycle/model.h"

/* Of more keys than these a record's values count all together, or not at all. */
#define PUBLISHED_KEYS_MAX 1024

enum published_which {
    PUBLISHED_ALL,   /* the record is the only one that is out: while a VNFR is deployed */
    PUBLISHED_NEWER, /* those that have not changed since it was sent */
    PUBLISHED_EMPTY, /* those of which we have no value: one more instance publishes its own */
};

/* Takes values of that record over into ours; does nothing without one of ours, or with one that is
 * another VNFR's or has no `provides`. Borrows record, which may be NULL, for the decision. */
void published_take(struct vnfr_member *v, const struct vnfr *record, enum published_which which);

/* Its record goes out within a message: it gets a version of its own, before it is encoded. */
void published_count(struct vnfr_member *v);

#endif
