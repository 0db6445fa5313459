/* Bytes into files. False: errno says why. */
#ifndef COMMON_SYS_FILE_H
#define COMMON_SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>

bool file_write_all(int fd, const void *data, size_t len); /* again after a signal, and a part */
bool file_sync_folder(const char *folder); /* what was renamed there stays after a crash */

#endif
