/* Names of environment variables that no parameter of a script may have. Pure. */
#ifndef PROTO_ENVIRONMENT_H
#define PROTO_ENVIRONMENT_H

#include <stdbool.h>

/* Does a variable of this name change how programs are found or loaded, or run other ones:
 * LD_PRELOAD, BASH_ENV, IFS, PATH, PYTHONPATH, GIT_SSH_COMMAND, ...? Scripts run as root, and
 * parameters come from descriptors, users, and other VNFs' scripts: a value under such a name would
 * run before the script does. The name is taken as a script's environment is made
 * (amqp-protocol.md 7.5): what is neither letter nor digit counts as '_'. Case matters. Onboarding,
 * deploying, the VNFM and the agent ask. */
bool environment_is_steering(const char *name);

/* Appended: a page (Markdown) with all of them. */
struct sbuf;
void environment_describe(struct sbuf *out);

#endif
