/* The PoP aggregate: its snapshot (refreshes coalesced), its networks (created once for everybody),
 * its listings (one for all who ask), its quota (asked for beside a refresh, at most once a minute
 * unless a user wants the refresh; nothing waits for the answer, and without one no quota is
 * known).
 *
 * EV_POP_LIST: an operation waits for the next listing; its body is struct pop_listing if it asked
 * for a full one, else {"weak":bool,"names":[..]}, weak as in instance_fsm.c, names: the ids and names
 * of all servers.
 *
 * Who waits is a command of the PoP: CMD_WAIT_PREPARE and CMD_WAIT_LIST (an NSR, answered by an
 * internal message), CMD_WAIT_OPERATION (a REST call). pop_proceed serves whoever can be served and
 * sends what is missing. */
#ifndef NFVO_LIFECYCLE_POP_H
#define NFVO_LIFECYCLE_POP_H

#include "nfvo/lifecycle/send.h"

void pop_decide(struct decision *d);
void pop_refused(struct decision *d); /* struct domain, refused */

/* --- its driver's words: pop_notes.c */

/* The driver's answer has something to read; else err says what it has instead. */
enum err_code pop_driver_said(struct pop_model *p, const struct driver_reply *reply,
                              const char *method, struct err *err);
/* No answer, or one that can mean an empty list. */
bool pop_says_nothing(const struct driver_reply *reply);
void pop_take_notes(struct pop_model *p, const struct vim_instance *got);

/* --- its quota: pop_quota.c */

/* Asks for it if it was not asked within a minute, or if a user wants it now. */
void pop_want_quota(struct pop_model *p, bool is_wanted_now);
/* The driver's answer, or what is wrong with it: then no quota is known, which is no fault. */
void pop_quota_told(struct pop_model *p, const struct driver_reply *reply, const struct err *bad);
/* Takes over what FACT_USE says our instances use, where the intent has it and a quota is known. */
void pop_count_use(struct pop_model *p);

/* --- launches that take effect too late: pop_late.c */

/* Hostnames of which nobody knows whether their launch takes effect yet (internal message "late"). */
void pop_late_add(struct pop_model *p, const struct internal *msg);
void pop_late_look(struct pop_model *p); /* CMD_TIMER_LATE is due, and closed */
/* Servers of a listing; those of these hostnames are deleted. */
void pop_late_found(struct pop_model *p, const struct server_list *found);

#endif
