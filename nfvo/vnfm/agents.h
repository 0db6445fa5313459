/* Broker logins of EMS agents (decisions.md D9): one user "ems.<hostname>" in the agents' virtual
 * host for each VNFC instance whose user data asks for one, made when its launch is committed and
 * removed when it is deleted. Its password is in nobody's store: seal_derive.
 *
 * Level, not edge: the table agent_login says what is wanted, a thread of its own makes it so and
 * is woken by NOTIFY; what it takes is leased, so any number of processes may work side by side.
 * Now and then broker and tables are compared: users that the broker lost are made again, and users
 * with this suite's tag (it depends on the seal key and the virtual host) that nobody knows are
 * removed. Users that do not bear it are never touched. */
#ifndef NFVO_VNFM_AGENTS_H
#define NFVO_VNFM_AGENTS_H

#include "common/base/err.h"

#include <stdbool.h>

struct agents; /* opaque */
struct metrics;
struct registry_setup;

/* setup, metrics: borrowed until agents_close. cancel_fd: readable when everything stops. *ret
 * NULL: there is no virtual host for agents. ERR_IO, ERR_NOMEM. */
MUST_USE enum err_code agents_open(struct agents **ret, const struct registry_setup *setup,
                                   struct metrics *metrics, int cancel_fd, struct err *err);
/* Says so and returns; before cancel_fd becomes readable. NULL is fine, for both. */
void agents_stop(struct agents *a);
void agents_close(struct agents *a);
/* The broker was away and is back: compare now. is_vhost_new: their virtual host had vanished, and
 * with it everybody's rights. Any thread; NULL is fine. */
void agents_compare_soon(struct agents *a, bool is_vhost_new);

#endif
