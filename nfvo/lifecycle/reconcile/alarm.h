/* An alarm about something of a service (nfvo/reconcile raises, changes and clears it): a line of
 * the service's history, and the event ALARM to who subscribed to it. */
#ifndef NFVO_LIFECYCLE_RECONCILE_ALARM_H
#define NFVO_LIFECYCLE_RECONCILE_ALARM_H

#include "nfvo/lifecycle/model.h"

/* EV_NSR_ALARM. That a server is not listed any more is kept with its row, since one that is not
 * there cannot be rebuilt, but launched. */
void alarm_take_news(struct nsr_model *m, const struct alarm_news *news);

#endif
