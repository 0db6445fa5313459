/* Users' commands as intents of the engine: where the API (nfvo/api/request/command.h) and the workers
 * meet; neither knows the other. */
#ifndef NFVO_COMMANDS_H
#define NFVO_COMMANDS_H

#include "nfvo/api/request/command.h"

struct engine_queue;
struct api_commands
commands_on(struct engine_queue *q); /* q: borrowed as long as the result is used */

#endif
