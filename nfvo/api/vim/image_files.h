/* The bytes of uploaded images: a file each in a folder, which all nfvo of a suite share. A file is
 * there before its row and goes after it, so what has no row is nobody's: image_files_sweep.
 *
 * Names are ids of ours. Blocks as long as a copy takes. */
#ifndef NFVO_API_VIM_IMAGE_FILES_H
#define NFVO_API_VIM_IMAGE_FILES_H

#include "common/base/err.h"
#include "common/http/server.h"

#include <stdbool.h>

struct image_digests {
    char md5[33], sha256[65]; /* hex */
};

/* Copies what was uploaded, and syncs it. reserve: bytes that stay free behind it. ERR_LIMIT: there
 * is no room; ERR_IO; nothing is left of it then. */
MUST_USE enum err_code image_file_keep(const char *folder, const char *id,
                                       const struct http_file *upload, int64_t reserve,
                                       struct image_digests *ret, struct err *err);
/* For reading, given. ERR_NOT_FOUND, ERR_IO. */
MUST_USE enum err_code image_file_open(const char *folder, const char *id, int *ret_fd,
                                       size_t *ret_size, struct err *err);
/* One that is not there is removed. */
void image_file_remove(const char *folder, const char *id);
/* Removes files of ours, older than a day, for which is_there says no. */
void image_files_sweep(const char *folder, bool (*is_there)(void *arg, const char *id), void *arg);

#endif
