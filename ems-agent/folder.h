/* The folder of scripts: the only place that commands write to and run from. Names come from the
 * wire, so each step of a path is opened by itself and never through a symbolic link: nothing is
 * written outside, whatever a cloned repository or a script has put there. */
#ifndef EMS_AGENT_FOLDER_H
#define EMS_AGENT_FOLDER_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>

#define FOLDER_FILE_MAX ((size_t)16 * 1024 * 1024)

/* What a path of a request means inside of the folder, as "sub/name" without a slash at either end:
 * the reference's EMS_SCRIPTS_DIR and root itself in front are dropped, "//" and "." go.
 * ERR_DENIED:
 * "..", another absolute path, too long or too deep. path NULL or "" is the folder itself: "". */
MUST_USE enum err_code folder_map(const char *root, const char *path, struct sbuf *out,
                                  struct err *err);

/* Open a folder below root (relative as folder_map gives it), made where missing. Given: close it.
 * ERR_DENIED: something on the way is no folder. */
MUST_USE enum err_code folder_open(const char *root, const char *relative, int *ret_fd,
                                   struct err *err);

/* Write relative/name (name may hold folders, which are made), by a temporary file and rename, so a
 * script that is read now stays what it is. is_append: add to what is there instead. */
MUST_USE enum err_code folder_write(const char *root, const char *relative, const char *name,
                                    const void *data, size_t len, bool is_append, struct err *err);

/* The names in it, as the reference answers them: ['a.sh', 'b.sh'], sorted, at most 1,000. */
MUST_USE enum err_code folder_list(const char *root, const char *relative, struct sbuf *out,
                                   struct err *err);

/* The path of a script to run: a regular file, whose real place is inside of root. ERR_NOT_FOUND,
 * ERR_DENIED. */
MUST_USE enum err_code folder_script(const char *root, const char *name, struct sbuf *ret_path,
                                     struct err *err);

#endif
