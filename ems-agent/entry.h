/* The first process of a container that a driver gave our agent: see entry_main. */
#ifndef EMS_AGENT_ENTRY_H
#define EMS_AGENT_ENTRY_H

#include "common/base/err.h"

#include <sys/types.h>

#define ENTRY_USER_DATA "/opt/baton/user-data"
#define ENTRY_PROGRAMS  "/opt/baton/bin"

/* What stands behind --entry: [--user USER[:GROUP]] -- COMMAND... Runs the user data as root, waits
 * for its end, and becomes the command, as that user. Without a command it waits until it is ended.
 * Returns only when that cannot be done: 126 or 127, as a shell would. */
int entry_main(int argc, char **argv);

/* USER[:GROUP] as an image's configuration has it: names of the image's own files below etc (with
 * "passwd" and "group"), or numbers. ERR_NOT_FOUND. */
MUST_USE enum err_code entry_user(const char *etc, const char *text, uid_t *ret_uid, gid_t *ret_gid,
                                  struct err *err);

#endif
