#include "nfvo/api/vim/image_files.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/file.h"
#include "common/sys/ids.h"
#include "nfvo/api/vim/md5.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 1 << 20, SWEEP_AGE_S = 86400 };

static void path_of(const char *folder, const char *id, const char *end, struct sbuf *out)
{
    sbuf_addf(out, "%s/%s%s", folder, id, end);
}

static enum err_code no_room(const char *folder, struct err *err)
{
    err_set(err, ERR_LIMIT, "there is no room for the image in '%s'", folder);
    return err_hint(err, "delete images (baton image list), or see options image-dir and "
                         "image-reserve of nfvo");
}

static enum err_code check_room(const char *folder, size_t size, int64_t reserve, struct err *err)
{
    struct statvfs s;
    if (statvfs(folder, &s) != 0)
        return err_set_errno(err, ERR_IO, errno, "keep an image in '%s'", folder);
    uint64_t free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
    return free_bytes < size || free_bytes - size < (uint64_t)reserve ? no_room(folder, err)
                                                                      : ERR_OK;
}

struct digesting {
    struct md5 md5;
    crypto_hash_sha256_state sha256;
};

static int take_piece(struct digesting *d, int fd, const char *data, size_t len)
{
    md5_add(&d->md5, data, len);
    crypto_hash_sha256_update(&d->sha256, (const unsigned char *)data, len);
    return file_write_all(fd, data, len) ? 0 : errno;
}

/* 0, or an errno. */
static int copy_upload(const struct http_file *upload, int fd, struct image_digests *ret)
{
    struct digesting d;
    unsigned char md5[16], sha256[crypto_hash_sha256_BYTES];
    int sys = 0;
    md5_init(&d.md5);
    crypto_hash_sha256_init(&d.sha256);
    if (upload->data) {
        sys = take_piece(&d, fd, upload->data, upload->size);
    } else {
        char *piece = xmalloc(PIECE);
        off_t at = 0;
        while (sys == 0 && (size_t)at < upload->size) {
            ssize_t n = pread(upload->fd, piece, PIECE, at);
            if (n < 0 && errno == EINTR)
                continue;
            sys = n < 0 ? errno : n == 0 ? EIO : take_piece(&d, fd, piece, (size_t)n);
            at += n > 0 ? n : 0;
        }
        free(piece);
    }
    md5_end(&d.md5, md5);
    crypto_hash_sha256_final(&d.sha256, sha256);
    sodium_bin2hex(ret->md5, sizeof(ret->md5), md5, sizeof(md5));
    sodium_bin2hex(ret->sha256, sizeof(ret->sha256), sha256, sizeof(sha256));
    return sys;
}

enum err_code image_file_keep(const char *folder, const char *id, const struct http_file *upload,
                              int64_t reserve, struct image_digests *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf part = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    path_of(folder, id, ".part", &part);
    path_of(folder, id, "", &path);
    enum err_code rc = check_room(folder, upload->size, reserve, err);
    if (rc != ERR_OK)
        return rc;
    int fd = open(part.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "keep an image in '%s'", folder);
    int sys = copy_upload(upload, fd, ret);
    if (sys == 0 && fsync(fd) != 0)
        sys = errno;
    close(fd);
    if (sys == 0 && rename(part.s, path.s) != 0)
        sys = errno;
    if (sys == 0 && !file_sync_folder(folder)) /* the name is there after a crash, too */
        sys = errno;
    if (sys == 0)
        return ERR_OK;
    unlink(part.s);
    unlink(path.s);
    if (sys == ENOSPC || sys == EDQUOT)
        return no_room(folder, err);
    return err_set_errno(err, ERR_IO, sys, "keep an image in '%s'", folder);
}

enum err_code image_file_open(const char *folder, const char *id, int *ret_fd, size_t *ret_size,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct stat st;
    path_of(folder, id, "", &path);
    int fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *ret_fd = fd;
        *ret_size = (size_t)st.st_size;
        return ERR_OK;
    }
    int sys = errno;
    if (fd >= 0)
        close(fd);
    err_set_errno(err, sys == ENOENT ? ERR_NOT_FOUND : ERR_IO, sys, "image '%s' of '%s'", id,
                  folder);
    return err_hint(err, "image-dir has to be the same folder for every nfvo of a suite");
}

void image_file_remove(const char *folder, const char *id)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    path_of(folder, id, "", &path);
    if (unlink(path.s) != 0 && errno != ENOENT)
        log_error(LOG_API, "image_file_left", KV_S("path", path.s), KV_S("why", strerror(errno)));
}

/* "<id>" or "<id>.part": nothing else in there is touched. */
static bool is_ours(const char *name, char ret_id[ID_SIZE])
{
    size_t n = strlen(name);
    if (n > 5 && strcmp(name + n - 5, ".part") == 0)
        n -= 5;
    if (n != ID_SIZE - 1)
        return false;
    memcpy(ret_id, name, n);
    ret_id[n] = '\0';
    return strspn(ret_id, "0123456789abcdef-") == n;
}

void image_files_sweep(const char *folder, bool (*is_there)(void *arg, const char *id), void *arg)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    char id[ID_SIZE];
    struct stat st;
    if (!dir) {
        log_error(LOG_API, "image_dir", KV_S("path", folder), KV_S("why", strerror(errno)));
        return;
    }
    while ((e = readdir(dir)) != NULL) {
        if (!is_ours(e->d_name, id) ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            st.st_mtime + SWEEP_AGE_S > time(NULL))
            continue;
        bool is_part = strlen(e->d_name) != ID_SIZE - 1;
        if ((is_part || !is_there(arg, id)) && unlinkat(dirfd(dir), e->d_name, 0) == 0)
            log_info(LOG_API, "image_file_swept", KV_S("file", e->d_name));
    }
    closedir(dir);
}
