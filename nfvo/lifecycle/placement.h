/* Which of its candidate PoPs each VDU goes to. The candidates are those that the NSD, the VDU or
 * the user's request allow (nfvo/catalogue/plan.h). Of them can take a VDU: a PoP
 * with one of its images and the zone asked for; first come those that are active, have a driver
 * that is there, the flavour, and room in their quota as far as it is known. A PoP that is found
 * wanting on a fresh snapshot, or cannot be prepared, is refused with its reason and the next one
 * is tried; when none is left, the fault tells the reason of each.
 *
 * VDUs of one service stay together where they may, since their links end at a PoP's border;
 * services are spread over the PoPs by their ids, which is replayable.
 *
 * amqp-protocol.md 4.3 (the reference chooses at random, and fails with its choice). */
#ifndef NFVO_LIFECYCLE_PLACEMENT_H
#define NFVO_LIFECYCLE_PLACEMENT_H

#include "nfvo/lifecycle/vnfr.h"

/* One PoP for each VDU of the record: fills st->vdu_pop. A choice of before stays while it is not
 * refused. ERR_NOT_FOUND: a VDU that no PoP can take; the reasons are in err. */
enum err_code placement_choose(struct vnfr_member *v, struct err *err);

/* Where one more server of the record's VDU at this place goes: beside the others if it can. pop_id:
 * there and nowhere else; NULL: the VDU's candidates. */
enum err_code placement_one_more(struct vnfr_member *v, uint32_t place, const char *pop_id,
                                 const char **ret_ref, struct err *err);
/* Would n more find a place, by what is known now? Changes nothing. *ret_doubt: what speaks against
 * it although it may be old, or NULL: what is used of a quota is counted anew when the PoP is asked
 * for a server (a moment ago another service may have gone). ERR_NOT_FOUND: certainly not. */
enum err_code placement_has_room(struct vnfr_member *v, uint32_t place, const char *pop_id,
                                 uint32_t n, const char **ret_doubt, struct err *err);

/* Where the n-th of n new servers of the VDU would go by what is known now, and why there: "on 'lab',
 * beside ...". Changes nothing. */
enum err_code placement_foretell(struct vnfr_member *v, uint32_t place, const char *pop_id,
                                 uint32_t n, const char **ret_ref, const char **ret_why,
                                 struct err *err);

/* Why the record's VDU at this place goes where placement_choose put it: "its only PoP". *ret_doubt:
 * what speaks against it although it may be old, or NULL. */
const char *placement_why(struct vnfr_member *v, uint32_t place, const char **ret_doubt);

/* The image of the repository that the PoP has to get before the VDU can run there; NULL: none, it
 * has what the VDU names, or there is nothing to give. */
struct image *vdu_image_to_add(struct decision *d, const struct vim_instance *pop,
                               const struct vdu *vdu);

/* Is there a VDU that more than one PoP is allowed for? */
bool placement_has_choice(struct vnfr_member *v);

/* v is placed. When no VNFR of the service has to choose any more, the PoPs that were not chosen
 * are no longer facts of each of its messages, and may be deleted. */
void placement_settle(struct vnfr_member *v);

/* PoPs to be asked for a fresh snapshot before the choice is believed: the best for a VDU is
 * doubtful by what is known of it, and others are known from old snapshots only. At most max. */
uint32_t placement_wants_look(struct vnfr_member *v, const char **ret_pop_ids, uint32_t max);

/* Its quota has not much room left: what our instances use of it is to be counted anew before it is
 * chosen (its answer to CMD_PREPARE_POP does so), since others may have taken the rest meanwhile.
 */
bool placement_is_tight(struct vnfr_member *v, const char *pop_id);

/* It was asked for a fresh snapshot, and for its networks too; from its answer on its snapshot is
 * believed. */
void placement_asked(struct vnfr_member *v, const char *pop_id, bool with_networks);
bool placement_is_prepared(const struct vnfr_member *v, const char *pop_id); /* or on its way */
/* Its answer is awaited (CMD_PREPARE_POP). */
bool placement_is_awaited(const struct vnfr_member *v, const char *pop_id);
/* It is out of the choice for this VNFR. why: copied. */
void placement_refuse(struct vnfr_member *v, const char *pop_id, const struct err *why);

#endif
