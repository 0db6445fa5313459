/* Who may say that? The one check of design.md, "Rooms on the broker": a room is a trust domain,
 * and the room that a message came out of is its author. Pure, before anything is decided.
 *
 * - An answer to a command of ours, readable or not: the room to which the command was sent. When
 *   the command is closed nothing comes of it, but of a driver's late answer that names a server:
 *   that has to come from the room of that PoP's driver (instance_late_answer).
 * - GRANT_OPERATION, ALLOCATE_RESOURCES, UPDATEVNFR, SCALING; ERROR and answers that name no command:
 *   the room of the VNFM of that VNFR, or one to which a command about it is outstanding.
 * - The same about a VNFR that the service has not: a room of any VNFM of the network service.
 * - Between our aggregates: the inner room, and written by the NFVO itself (user_id, for which the
 *   broker vouches), since peers may be in that room.
 * - Anything else that the NFVO wrote itself: nowhere; it is a dead letter, sent back to us.
 *
 * Outstanding commands count because peers move: what was begun in the old room is finished there.
 */
#ifndef NFVO_LIFECYCLE_AUTHOR_H
#define NFVO_LIFECYCLE_AUTHOR_H

#include "nfvo/lifecycle/types.h"

/* True: d->outcome is DECISION_FOREIGN, d->text says what was said, and nothing may come of it but
 * an answer as to somebody who asks about what is not there. */
bool author_is_foreign(struct decision *d);

/* The VNFR that a VNFM's message is about, by its record; NULL: none of this service. A GRANT names
 * it by (nsr, vnfd name), as its record has no id yet. */
const struct row *vnfr_meant(const struct decision *d, const struct vnfm_or *msg);

#endif
