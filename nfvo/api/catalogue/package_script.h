/* /vnf-packages/{id}/scripts/{scriptId}: rest-api.md 2.4, amqp-protocol.md 4.11. */
#ifndef NFVO_API_CATALOGUE_PACKAGE_SCRIPT_H
#define NFVO_API_CATALOGUE_PACKAGE_SCRIPT_H

#include "nfvo/api/context.h"

call_fn package_script_get;
/* The text is replaced in the package; then each service that runs a VNF of it is asked for an
 * operation UPDATE_SCRIPT, queued where something is in the way. The answer is the text, when all
 * have answered: so whoever gets none may send it again. `Operation-Id` names the operations (the
 * first 32), `Warning` says how many services did not take it, and why the first did not.
 * `?plan=true` changes nothing and answers the list of plans. */
call_fn package_script_put;

#endif
