#include "vim-drivers/common/download.h"

#include "common/http/client.h"
#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct taking {
    struct download *d;
    bool is_too_long;
    int sys;
};

static bool on_data(void *arg, const char *data, size_t len)
{
    struct taking *t = arg;
    struct download *d = t->d;
    if (d->n + (int64_t)len > d->max_mb << 20) {
        t->is_too_long = true;
        return false;
    }
    d->n += (int64_t)len;
    if (!file_write_all(d->fd, data, len))
        t->sys = errno;
    return t->sys == 0;
}

enum err_code download_file(const char *folder, int *ret, struct err *err)
{
    char path[4096];
    int fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(path, sizeof(path), "%s/baton-image-XXXXXX", folder);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd < 0)
            return err_set_errno(err, ERR_IO, errno, "keep an image in '%s'", folder);
        unlink(path);
    }
    *ret = fd;
    return ERR_OK;
}

static enum err_code fetch(struct taking *t, const char *url, struct err *err)
{
    struct download *d = t->d;
    AUTO(http_client_freep) struct http_client *http = http_client_new();
    struct http_response res = HTTP_RESPONSE_INIT;
    struct http_call call = {.url = url,
                             .timeout_ms = d->timeout_ms,
                             .dial = d->dial,
                             .cancel_fd = d->cancel_fd,
                             .on_data = on_data,
                             .on_data_arg = t};
    enum err_code rc = http_client_call(http, &call, &res, err);
    if (rc == ERR_OK && res.status != 200) {
        rc = err_set(err, ERR_PEER, "the image's server answers %d", res.status);
        err_hint(err, "redirects are not followed: give the address where it is");
    }
    http_response_release(&res);
    return rc;
}

enum err_code download_open(struct download *d, const char *url, struct err *err)
{
    struct taking t = {.d = d};
    d->n = 0;
    d->fd = -1;
    enum err_code rc = download_file(d->folder, &d->fd, err);
    if (rc != ERR_OK)
        return rc;
    rc = fetch(&t, url, err);
    if (t.is_too_long) {
        rc = err_set(err, ERR_LIMIT, "the image is larger than %lld MB", (long long)d->max_mb);
        err_hint(err, "option image-max of the driver");
    } else if (t.sys) {
        rc = err_set_errno(err, t.sys == ENOSPC ? ERR_LIMIT : ERR_IO, t.sys,
                           "keep the image in '%s'", d->folder);
    } else if (rc == ERR_OK && d->n == 0) {
        rc = err_set(err, ERR_PEER, "the image is empty");
    }
    if (rc != ERR_OK) {
        close(d->fd);
        d->fd = -1;
    }
    return rc;
}
