/* What a subscription must be like, whichever way it comes: REST or AMQP. */
#ifndef NFVO_EVENT_SUBSCRIPTION_H
#define NFVO_EVENT_SUBSCRIPTION_H

#include "common/base/err.h"

struct dial_rules;
struct event_endpoint;

/* ERR_INVALID with the member: required ones, an event that there is, a type that is delivered to,
 * a queue that is a subscriber's, a URL. A URL that names an address which dial refuses: refused at
 * once; what a name stands for is looked at when it is called. */
MUST_USE enum err_code subscription_check(const struct event_endpoint *e,
                                          const struct dial_rules *dial, struct err *err);

#endif
