/* What goes wrong between the broker and others, looked for because nobody tells the suite:
 * accounts that are refused something or do too much, alarms of the broker, agents that are gone.
 *
 * Refusals: with `log.exchange = true` in rabbitmq.conf the broker publishes its log to the
 * exchange QUEUE_BROKER_LOG_EXCHANGE of virtual host "/", which no client may write. All NFVOs
 * share one queue of it, so that a line is counted once, and one that comes while none runs is not
 * lost. What refusal.h reads in it is summed up and stored (store_watch.h) before it is
 * acknowledged. Without that exchange it is guessed: an account of ours that is connected and
 * consumes nothing. Alarms: the nodes' state, every 5 s. Agents: the queues of those that were
 * there once.
 *
 * Work: each account's share of what the broker does (load.h), every LOADS_MS. Who does too much is
 * told as a refusal and shut out for a while.
 *
 * One thread, with connections of its own to both; it blocks on nothing but the management API.
 * Never more than memory for some hundred refusals, and some lines of log an hour, whatever the
 * broker says. */
#ifndef NFVO_VNFM_BROKER_WATCH_H
#define NFVO_VNFM_BROKER_WATCH_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>

struct broker_watch; /* opaque */
struct metrics;
struct registry_setup;

/* setup, metrics: borrowed until broker_watch_close. cancel_fd: readable when everything stops.
 * ERR_IO, ERR_NOMEM. */
MUST_USE enum err_code broker_watch_open(struct broker_watch **ret,
                                         const struct registry_setup *setup,
                                         struct metrics *metrics, int cancel_fd, struct err *err);
/* Before cancel_fd becomes readable. NULL is fine, for both. */
void broker_watch_stop(struct broker_watch *w);
void broker_watch_close(struct broker_watch *w);

/* Any thread. Is some node of the broker in alarm, so that it takes no messages? Which, and what to
 * do about it is appended to why. As of some seconds ago. */
bool broker_watch_has_alarm(struct broker_watch *w, struct sbuf *why);
/* Any thread. Why accounts or the room of open registration cannot be made; NULL: they can. */
void broker_watch_set_accounts_fault(struct broker_watch *w, const struct err *why);
/* Any thread. {"alarms":["..",..],"log":true|false|null,"logFault":"..","openRoom":"..",
 * "accountsFault":"..","accountsHint":".."}: log says whether refusals are told by the broker;
 * null: not known yet. openRoom: where anybody may register, if it is somewhere. Appended. */
void broker_watch_render(struct broker_watch *w, struct sbuf *out);

#endif
