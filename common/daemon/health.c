/* What a health check of a container or a script asks: does this process serve? The answer stands
 * in a file that is locked while the process lives: after a kill -9 the words are still there, but
 * nobody holds the lock. */
#include "common/daemon/daemon_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* One block, written by one call: whoever reads sees the old words or the new ones. */
#define BLOCK 256

static struct {
    pthread_mutex_t lock;
    int fd;
    bool has_said; /* the process knows better than "all duties are up" */
    bool is_good;  /* what it said last */
    int good_fd;   /* an eventfd that is written when it says good; -1: nobody waits */
} health = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1, .good_fd = -1};

static void put(bool is_good, const char *text)
{
    char block[BLOCK + 1];
    int n = snprintf(block, sizeof(block), "%s %.200s\n", is_good ? "good" : "bad", text);
    memset(block + n, ' ', sizeof(block) - (size_t)n);
    block[BLOCK - 1] = '\n';
    ssize_t put = pwrite(health.fd, block, BLOCK, 0);
    (void)put; /* a full disk: the words stay the old ones, the lock still tells the truth */
}

enum err_code daemon_health_open(const char *path, struct err *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open health file '%s'", path);
    if (fcntl(fd, F_SETLK, &lock) < 0) {
        err_set_errno(err, ERR_EXISTS, errno, "lock health file '%s'", path);
        close(fd);
        return err_hint(err, "another process uses it; give each its own health-file");
    }
    pthread_mutex_lock(&health.lock);
    health.fd = fd;
    put(false, "starting");
    pthread_mutex_unlock(&health.lock);
    return ERR_OK;
}

void daemon_health_ready(void)
{
    pthread_mutex_lock(&health.lock);
    if (health.fd >= 0 && !health.has_said)
        put(true, "ready");
    pthread_mutex_unlock(&health.lock);
}

void daemon_health(bool is_good, const char *text)
{
    pthread_mutex_lock(&health.lock);
    health.has_said = true;
    health.is_good = is_good;
    if (health.fd >= 0)
        put(is_good, text ? text : "");
    if (is_good && health.good_fd >= 0)
        eventfd_write(health.good_fd, 1);
    pthread_mutex_unlock(&health.lock);
}

enum err_code daemon_await_good(void *ctx, struct err *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)ctx;
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "wait until it serves");
    pthread_mutex_lock(&health.lock);
    health.good_fd = fd;
    bool is_good = health.is_good;
    pthread_mutex_unlock(&health.lock);
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = daemon_stop_fd(), .events = POLLIN}};
    while (!is_good && !daemon_is_stopping()) {
        poll(fds, ARRAY_LEN(fds), -1);
        is_good = fds[0].revents != 0;
    }
    pthread_mutex_lock(&health.lock);
    health.good_fd = -1;
    pthread_mutex_unlock(&health.lock);
    close(fd);
    return ERR_OK;
}

void daemon_health_close(const char *path)
{
    pthread_mutex_lock(&health.lock);
    if (health.fd >= 0) {
        err_ignore(unlink(path) == 0 ? ERR_OK : ERR_IO,
                   "after dropping privileges it may not be ours to remove");
        close(health.fd);
    }
    health.fd = -1;
    health.has_said = health.is_good = false;
    pthread_mutex_unlock(&health.lock);
}

static enum err_code read_health(const char *path, char *words, size_t size, struct err *err)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_UNAVAIL, "it does not run: there is no '%s'", path);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open health file '%s'", path);
    ssize_t n = pread(fd, words, size - 1, 0);
    words[n > 0 ? n : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    bool is_alive = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    if (!is_alive)
        return err_set(err, ERR_UNAVAIL, "it does not run: no process holds '%s'", path);
    return ERR_OK;
}

int daemon_health_show(const char *name, const char *path)
{
    char words[BLOCK + 1];
    struct err err = ERR_INIT;
    if (!path[0]) {
        fprintf(stderr,
                "%s: --health needs the option health-file, the one that the process runs with\n",
                name);
        return DAEMON_EXIT_CONFIG;
    }
    if (read_health(path, words, sizeof(words), &err) != ERR_OK) {
        printf("%s: %s\n", name, err.msg);
        return DAEMON_EXIT_FAILURE;
    }
    bool is_good = strncmp(words, "good ", 5) == 0;
    printf("%s: %s\n", name, is_good ? words + 5 : words[0] ? words + 4 : "starting");
    return is_good ? DAEMON_EXIT_OK : DAEMON_EXIT_FAILURE;
}
