/* The agent's own file: the reference's openbaton-ems.properties, an ini file that user data
 * writes. amqp-protocol.md 7.2. Section [ems], "key = value" or "key: value", keys in either case,
 * comments with '#' or ';' at the start of a line. Unlike our own options it is never a reason not
 * to start for what it holds too much: unknown keys are only reported. */
#ifndef EMS_AGENT_SETTINGS_H
#define EMS_AGENT_SETTINGS_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>

struct settings { /* strings are owned and never NULL, besides tls_ca */
    char *broker_ip, *hostname, *type, *username, *password, *exchange, *virtual_host;
    char *tls_ca; /* NULL: not said */
    int broker_port, heartbeat_s;
    bool is_autodelete, is_tls, is_tls_insecure;
};

/* Does it write TOPOLOGY_AGENTS_EXCHANGE? Then nothing is bound, commands come by its queue's name,
 * and the default exchange is not its to use. Else it works as the reference's does. */
bool settings_has_agents_exchange(const struct settings *s);

/* ERR_IO: not readable. ERR_INVALID, with err->where "file:line": a value that is none, or a
 * missing broker_ip, hostname or username. What is odd is appended to warnings, a line each. */
MUST_USE enum err_code settings_read(const char *path, struct settings *ret, struct sbuf *warnings,
                                     struct err *err);
/* The same from text in memory; name is for messages. */
MUST_USE enum err_code settings_parse(const char *name, const char *text, struct settings *ret,
                                      struct sbuf *warnings, struct err *err);
void settings_release(struct settings *s); /* wipes the password */

#endif
