/* The PoP aggregate: its snapshot (refreshes coalesced), its networks (created once for everybody),
 * its listings (one for all who ask).
 *
 * Who waits is a command of the PoP: CMD_WAIT_PREPARE and CMD_WAIT_LIST (an NSR, answered by an
 * internal message), CMD_WAIT_OPERATION (a REST call). pop_proceed serves whoever can be served and
 * sends what is missing. */
#ifndef NFVO_LIFECYCLE_POP_H
#define NFVO_LIFECYCLE_POP_H

#include "nfvo/lifecycle/send.h"

void pop_decide(struct decision *d);

#endif
