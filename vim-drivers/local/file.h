/* Files and folders of the state: written whole and durably, removed for good; and processes by
 * their id and start time. */
#ifndef VIM_DRIVERS_LOCAL_FILE_H
#define VIM_DRIVERS_LOCAL_FILE_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>
#include <sys/types.h>

#define LOC_PATH_MAX 1024
#define LOC_BOOT_MAX 40

/* New text under that name at once and for good: written beside it, synced, renamed. */
MUST_USE enum err_code loc_write_durably(const char *path, const char *text, size_t len,
                                         struct err *err);
/* The same without the wait for the disk: for what can be made again. */
MUST_USE enum err_code loc_write(const char *path, const char *text, size_t len, unsigned mode,
                                 struct err *err);
/* At most max bytes. ERR_NOT_FOUND, ERR_LIMIT, ERR_IO. */
MUST_USE enum err_code loc_read(const char *path, size_t max, struct sbuf *out, struct err *err);
MUST_USE enum err_code loc_unlink_durably(const char *path, struct err *err); /* absent is fine */
/* With all that is missing above it; what it makes has this mode whatever the umask is. */
MUST_USE enum err_code loc_make_folder(const char *path, unsigned mode, struct err *err);
/* A folder and all below it, never crossing into another file system or following a link; absent is
 * fine. */
MUST_USE enum err_code loc_remove_tree(const char *path, struct err *err);

/* Start of a process in clock ticks since boot: with the id it names one process for ever (until
 * the next boot). 0: there is none, or it has ended and waits for its parent. */
uint64_t loc_process_start(pid_t pid);
void loc_boot_id(char out[LOC_BOOT_MAX]);

#endif
