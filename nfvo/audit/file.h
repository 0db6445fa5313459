/* A file of lines that may not grow without bound: a line is one write at its end, so that several
 * processes may share it; above a size it is renamed to PATH.1. What others rename (logrotate) is
 * made anew. */
#ifndef NFVO_AUDIT_FILE_H
#define NFVO_AUDIT_FILE_H

#include "common/base/err.h"

#include <stdbool.h>

struct audit_file; /* opaque, for one thread */

/* Made with mode 0600 when it is missing. path: copied. Given. ERR_IO, ERR_INVALID (path). */
MUST_USE enum err_code audit_file_open(struct audit_file **ret, const char *path, int64_t max,
                                       struct err *err);
/* line: with its newline. ERR_IO; the next call tries to open it again. */
MUST_USE enum err_code audit_file_write(struct audit_file *f, const char *line, size_t len,
                                        struct err *err);
void audit_file_close(struct audit_file *f); /* NULL is fine */

#endif
