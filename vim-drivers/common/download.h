/* Bytes from a URL that a user or the NFVO named, into a file without a name: it goes with its
 * descriptor. Redirects are not followed; where URLs may lead is dial's matter. Blocks. */
#ifndef VIM_DRIVERS_COMMON_DOWNLOAD_H
#define VIM_DRIVERS_COMMON_DOWNLOAD_H

#include "common/base/err.h"

#include <stdint.h>

struct dial_rules;

struct download {
    const char *folder; /* where it is kept */
    int64_t max_mb;     /* option image-max */
    int64_t timeout_ms;
    const struct dial_rules *dial;
    int cancel_fd;
    int fd;    /* made: to close; -1 else */
    int64_t n; /* its bytes */
};

/* ERR_LIMIT: larger than max_mb, or the file system is full; ERR_PEER; ERR_IO; as
 * http_client_call. d->fd is -1 then. */
MUST_USE enum err_code download_open(struct download *d, const char *url, struct err *err);
/* A file without a name in that folder. */
MUST_USE enum err_code download_file(const char *folder, int *ret, struct err *err);

#endif
