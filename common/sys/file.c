#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool file_write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool file_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_good = fsync(fd) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return is_good;
}
