#include "vim-drivers/sdk/ob_spent.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/base/table.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP_S (24 * 3600)
#define LINES_SLACK                                                                                \
    1000 /* the file is written anew when so many of its lines, and half, are old                  \
          */

struct token {
    struct table_entry entry;
    struct token *newer;
    int64_t at; /* seconds since 1970 */
    char text[];
};

struct ob_spent {
    pthread_mutex_t lock;
    struct table tokens;
    struct token *oldest, **newest;
    char *path; /* NULL: in memory only */
    bool is_durable;
    int fd;
    size_t lines; /* in the file */
};

/* One line each, one word: what cannot be printed stands as '?'. */
static char *plain(const char *token)
{
    char *text = xstrdup(token);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            *c = '?';
    return text;
}

static void forget_old(struct ob_spent *s, int64_t now)
{
    while (s->oldest && (s->tokens.n > OB_SPENT_MAX || s->oldest->at + KEEP_S < now)) {
        struct token *t = s->oldest;
        s->oldest = t->newer;
        if (!s->oldest)
            s->newest = &s->oldest;
        table_remove(&s->tokens, &t->entry);
        free(t);
    }
}

static void keep(struct ob_spent *s, const char *text, int64_t at)
{
    size_t n = strlen(text) + 1;
    struct token *t = xcalloc(1, sizeof(*t) + n);
    t->at = at;
    memcpy(t->text, text, n);
    *s->newest = t;
    s->newest = &t->newer;
    table_put(&s->tokens, &t->entry, t->text);
}

/* --- the file --- */

static enum err_code write_all(const struct ob_spent *s, int fd, const struct sbuf *text,
                               struct err *err)
{
    if (!file_write_all(fd, text->s, text->len))
        return err_set_errno(err, ERR_IO, errno, "write '%s'", s->path);
    if (s->is_durable && fdatasync(fd) != 0)
        return err_set_errno(err, ERR_IO, errno, "sync '%s'", s->path);
    return ERR_OK;
}

/* The last line may be torn: a crash in the middle of a write. What else cannot be read is left
 * out, too: it is no token of ours. */
static enum err_code load(struct ob_spent *s, struct err *err)
{
    AUTO(freep) char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    FILE *f = fopen(s->path, "re");
    if (!f)
        return errno == ENOENT ? ERR_OK : err_set_errno(err, ERR_IO, errno, "open '%s'", s->path);
    while ((n = getline(&line, &cap, f)) > 0 && line[n - 1] == '\n') {
        char *token = NULL;
        int64_t at = strtoll(line, &token, 10);
        line[n - 1] = '\0';
        if (at > 0 && token[0] == ' ' && token[1] && !table_find(&s->tokens, token + 1))
            keep(s, token + 1, at);
    }
    fclose(f);
    return ERR_OK;
}

/* Into a new file that takes the old one's place at once. Its descriptor is the one to append to
 * from then on. */
static enum err_code write_anew(struct ob_spent *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf fresh = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_addf(&fresh, "%s.new", s->path);
    for (const struct token *t = s->oldest; t; t = t->newer)
        sbuf_addf(&text, "%lld %s\n", (long long)t->at, t->text);
    int fd = open(fresh.s, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", fresh.s);
    enum err_code rc = write_all(s, fd, &text, err);
    if (rc == ERR_OK && rename(fresh.s, s->path) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "write '%s'", s->path);
    if (rc != ERR_OK) {
        close(fd);
        return rc;
    }
    if (s->fd >= 0)
        close(s->fd);
    s->fd = fd;
    s->lines = s->tokens.n;
    return ERR_OK;
}

static enum err_code append(struct ob_spent *s, const char *text, int64_t now, struct err *err)
{
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    if (!s->path)
        return ERR_OK;
    if (s->lines > 2 * s->tokens.n + LINES_SLACK) {
        enum err_code rc = write_anew(s, err);
        if (rc != ERR_OK)
            return rc;
    }
    sbuf_addf(&line, "%lld %s\n", (long long)now, text);
    s->lines++;
    return write_all(s, s->fd, &line, err);
}

/* --- --- */

enum err_code ob_spent_open(const char *path, bool is_durable, struct ob_spent **ret,
                            struct err *err)
{
    struct ob_spent *s = xcalloc(1, sizeof(*s));
    enum err_code rc = ERR_OK;
    pthread_mutex_init(&s->lock, NULL);
    s->newest = &s->oldest;
    s->fd = -1;
    s->is_durable = is_durable;
    s->path = path && *path ? xstrdup(path) : NULL;
    if (s->path)
        rc = load(s, err);
    forget_old(s, clock_wall_us() / USEC_PER_SEC);
    if (s->path && rc == ERR_OK)
        rc = write_anew(s, err);
    if (rc == ERR_OK)
        *ret = s;
    else
        ob_spent_close(s);
    return rc;
}

void ob_spent_close(struct ob_spent *s)
{
    if (!s)
        return;
    for (struct token *t = s->oldest, *newer; t; t = newer) {
        newer = t->newer;
        free(t);
    }
    table_release(&s->tokens);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

enum err_code ob_spent_add(struct ob_spent *s, const char *token, struct err *err)
{
    enum err_code rc = ERR_OK;
    if (!s || !token || !*token)
        return ERR_OK;
    AUTO(freep) char *text = plain(token);
    int64_t now = clock_wall_us() / USEC_PER_SEC;
    pthread_mutex_lock(&s->lock);
    forget_old(s, now);
    if (!table_find(&s->tokens, text)) {
        rc = append(s, text, now, err);
        if (rc == ERR_OK)
            keep(s, text, now);
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

enum err_code ob_spent_check(struct ob_spent *s, const char *token, struct err *err)
{
    if (!s || !token || !*token)
        return ERR_OK;
    AUTO(freep) char *text = plain(token);
    pthread_mutex_lock(&s->lock);
    bool is_spent = table_find(&s->tokens, text) != NULL;
    pthread_mutex_unlock(&s->lock);
    if (!is_spent)
        return ERR_OK;
    err_set(err, ERR_STATE, "the server of client token '%s' was deleted", text);
    err_hint(err, "this launch came again after that; a new one needs a token of its own");
    return ERR_STATE;
}
