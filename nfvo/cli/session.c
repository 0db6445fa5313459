#include "nfvo/cli/session.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err_code session_path(struct sbuf *path, bool is_making, struct err *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && config[0] == '/')
        sbuf_adds(path, config);
    else if (home && home[0] == '/')
        sbuf_addf(path, "%s/.config", home);
    else
        return err_set(err, ERR_IO, "neither XDG_CONFIG_HOME nor HOME is set");
    if (is_making && mkdir(path->s, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "make '%s'", path->s);
    sbuf_adds(path, "/baton");
    if (is_making && mkdir(path->s, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "make '%s'", path->s);
    sbuf_adds(path, "/session");
    return ERR_OK;
}

void cli_session_set(char **member, const char *value)
{
    char *copy = value && *value ? xstrdup(value) : NULL;
    free(*member);
    *member = copy;
}

static void take_line(struct cli_session *s, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    char *value = strchr(line, '=');
    if (!value)
        return;
    *value++ = '\0';
    struct {
        const char *name;
        char **member;
    } rows[] = {{"url", &s->url},
                {"user", &s->user},
                {"token", &s->token},
                {"project", &s->project},
                {"ca", &s->ca}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(line, rows[i].name) == 0)
            cli_session_set(rows[i].member, value);
    if (strcmp(line, "insecure") == 0)
        s->is_insecure = strcmp(value, "yes") == 0;
}

enum err_code cli_session_read(struct cli_session *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    cli_session_release(s);
    enum err_code rc = session_path(&path, false, NULL);
    if (rc != ERR_OK)
        return ERR_OK; /* nowhere to look: the environment may say everything */
    FILE *file = fopen(path.s, "re");
    if (!file)
        return errno == ENOENT || errno == ENOTDIR
                   ? ERR_OK
                   : err_set_errno(err, ERR_IO, errno, "read '%s'", path.s);
    struct stat st;
    if (fstat(fileno(file), &st) != 0 || (st.st_mode & 077) != 0) {
        fclose(file);
        err_set(err, ERR_INVALID, "'%s' can be read by others", path.s);
        return err_hint(err, "chmod 600 '%s', and log in again if others are on this machine",
                        path.s);
    }
    char line[4096];
    while (fgets(line, sizeof(line), file))
        take_line(s, line);
    fclose(file);
    return ERR_OK;
}

static enum err_code write_lines(int fd, const struct cli_session *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_addf(&text, "url=%s\nuser=%s\ntoken=%s\nproject=%s\n", s->url ? s->url : "",
              s->user ? s->user : "", s->token ? s->token : "", s->project ? s->project : "");
    sbuf_addf(&text, "ca=%s\ninsecure=%s\n", s->ca ? s->ca : "", s->is_insecure ? "yes" : "no");
    ssize_t n = write(fd, text.s, text.len);
    explicit_bzero(text.s, text.len);
    if (n != (ssize_t)text.len)
        return err_set_errno(err, ERR_IO, n < 0 ? errno : ENOSPC, "write the session");
    return ERR_OK;
}

/* A new file beside it, then a rename: nobody reads half of one, and its mode is ours. */
enum err_code cli_session_write(const struct cli_session *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf fresh = SBUF_INIT;
    enum err_code rc = session_path(&path, true, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addf(&fresh, "%s.XXXXXX", path.s);
    int fd = mkostemp(fresh.s, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "make '%s'", fresh.s);
    rc = write_lines(fd, s, err);
    if (close(fd) != 0 && rc == ERR_OK)
        rc = err_set_errno(err, ERR_IO, errno, "write '%s'", fresh.s);
    if (rc == ERR_OK && rename(fresh.s, path.s) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "make '%s'", path.s);
    if (rc != ERR_OK)
        unlink(fresh.s);
    return rc;
}

enum err_code cli_session_remove(struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    enum err_code rc = session_path(&path, false, err);
    if (rc != ERR_OK)
        return rc;
    if (unlink(path.s) != 0)
        return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "no user is logged in")
                               : err_set_errno(err, ERR_IO, errno, "remove '%s'", path.s);
    return ERR_OK;
}

void cli_session_release(struct cli_session *s)
{
    free(s->url);
    free(s->user);
    secret_free(s->token);
    free(s->project);
    free(s->ca);
    *s = (struct cli_session){0};
}
