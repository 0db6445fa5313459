#include "nfvo/cli/session.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/base/secret.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err_code make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "make '%s'", path);
    return ERR_OK;
}

/* name: below .../baton. */
static enum err_code file_path(struct sbuf *path, const char *name, bool is_making, struct err *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && config[0] == '/')
        sbuf_adds(path, config);
    else if (home && home[0] == '/')
        sbuf_addf(path, "%s/.config", home);
    else
        return err_set(err, ERR_IO, "neither XDG_CONFIG_HOME nor HOME is set");
    enum err_code rc = is_making ? make_folder(path->s, err) : ERR_OK;
    sbuf_adds(path, "/baton");
    if (rc == ERR_OK && is_making)
        rc = make_folder(path->s, err);
    if (rc == ERR_OK && is_making && strncmp(name, "contexts/", 9) == 0) {
        AUTO(sbuf_release) struct sbuf folder = SBUF_INIT;
        sbuf_addf(&folder, "%s/contexts", path->s);
        rc = make_folder(folder.s, err);
    }
    sbuf_addf(path, "/%s", name);
    return rc;
}

/* It is the name of a file: a path, or one that is hidden, is none. */
static bool is_name(const char *text)
{
    size_t n = 0;
    for (; text[n]; n++)
        if (!isalnum((unsigned char)text[n]) && (n == 0 || !strchr("._-", text[n])))
            return false;
    return n > 0 && n <= CLI_CONTEXT_MAX;
}

static enum err_code context_path(struct sbuf *path, const char *context, bool is_making,
                                  struct err *err)
{
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    if (!context || strcmp(context, CLI_CONTEXT_DEFAULT) == 0)
        return file_path(path, "session", is_making, err);
    if (!is_name(context)) {
        err_set(err, ERR_INVALID, "'%.80s' is no name of a context", context);
        return err_hint(err, "letters, digits, '.', '_', '-', at most %d, a letter or digit first",
                        CLI_CONTEXT_MAX);
    }
    sbuf_addf(&name, "contexts/%s", context);
    return file_path(path, name.s, is_making, err);
}

static enum err_code no_context(const char *context, struct err *err)
{
    err_set(err, ERR_NOT_FOUND, "there is no context '%s'", context);
    return err_hint(err, "baton context list; baton login --context %s makes it", context);
}

char *cli_session_current(void)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    char line[CLI_CONTEXT_MAX + 2] = "";
    FILE *file = file_path(&path, "context", false, NULL) == ERR_OK ? fopen(path.s, "re") : NULL;
    if (file) {
        if (fgets(line, sizeof(line), file))
            line[strcspn(line, "\r\n")] = '\0';
        fclose(file);
    }
    return xstrdup(is_name(line) ? line : CLI_CONTEXT_DEFAULT);
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

enum err_code cli_session_read(struct cli_session *s, const char *context, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    char *wanted = context ? xstrdup(context) : cli_session_current();
    cli_session_release(s);
    s->context = wanted;
    bool is_default = strcmp(wanted, CLI_CONTEXT_DEFAULT) == 0;
    enum err_code rc = context_path(&path, wanted, false, err);
    if (rc != ERR_OK)
        return is_default ? ERR_OK : rc; /* nowhere to look: the environment may say everything */
    FILE *file = fopen(path.s, "re");
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return is_default ? ERR_OK : no_context(wanted, err);
    if (!file)
        return err_set_errno(err, ERR_IO, errno, "read '%s'", path.s);
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

/* A new file beside it, then a rename: nobody reads half of one, and its mode is ours. Its name is
 * none of a context. */
static enum err_code write_file(const char *path, const struct sbuf *text, struct err *err)
{
    AUTO(sbuf_release) struct sbuf fresh = SBUF_INIT;
    enum err_code rc = ERR_OK;
    sbuf_addf(&fresh, "%.*s/.new.XXXXXX", (int)(strrchr(path, '/') - path), path);
    int fd = mkostemp(fresh.s, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "make '%s'", fresh.s);
    ssize_t n = write(fd, text->s, text->len);
    if (n != (ssize_t)text->len)
        rc = err_set_errno(err, ERR_IO, n < 0 ? errno : ENOSPC, "write '%s'", fresh.s);
    if (close(fd) != 0 && rc == ERR_OK)
        rc = err_set_errno(err, ERR_IO, errno, "write '%s'", fresh.s);
    if (rc == ERR_OK && rename(fresh.s, path) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "make '%s'", path);
    if (rc != ERR_OK)
        unlink(fresh.s);
    return rc;
}

enum err_code cli_session_write(const struct cli_session *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = context_path(&path, s->context, true, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addf(&text, "url=%s\nuser=%s\ntoken=%s\nproject=%s\n", s->url ? s->url : "",
              s->user ? s->user : "", s->token ? s->token : "", s->project ? s->project : "");
    sbuf_addf(&text, "ca=%s\ninsecure=%s\n", s->ca ? s->ca : "", s->is_insecure ? "yes" : "no");
    rc = write_file(path.s, &text, err);
    explicit_bzero(text.s, text.len);
    return rc;
}

enum err_code cli_session_use(const char *context, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    enum err_code rc = context_path(&path, context, false, err);
    if (rc != ERR_OK)
        return rc;
    bool is_default = strcmp(context, CLI_CONTEXT_DEFAULT) == 0;
    if (!is_default && access(path.s, F_OK) != 0)
        return no_context(context, err);
    sbuf_clear(&path);
    rc = file_path(&path, "context", true, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addf(&name, "%s\n", context);
    return write_file(path.s, &name, err);
}

enum err_code cli_session_remove(const char *context, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    enum err_code rc = context_path(&path, context, false, err);
    if (rc != ERR_OK)
        return rc;
    if (unlink(path.s) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return err_set_errno(err, ERR_IO, errno, "remove '%s'", path.s);
        return strcmp(context, CLI_CONTEXT_DEFAULT) == 0
                   ? err_set(err, ERR_NOT_FOUND, "no user is logged in")
                   : no_context(context, err);
    }
    char *current = cli_session_current();
    if (strcmp(context, CLI_CONTEXT_DEFAULT) != 0 && strcmp(current, context) == 0)
        rc = cli_session_use(CLI_CONTEXT_DEFAULT, err);
    free(current);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **cli_session_contexts(void)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    size_t n = 1;
    char **all = xcalloc(2, sizeof(*all));
    all[0] = xstrdup(CLI_CONTEXT_DEFAULT);
    DIR *dir = file_path(&path, "contexts", false, NULL) == ERR_OK ? opendir(path.s) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (!is_name(e->d_name))
            continue;
        all = xrealloc(all, (n + 2) * sizeof(*all));
        all[n++] = xstrdup(e->d_name);
        all[n] = NULL;
    }
    if (dir)
        closedir(dir);
    qsort(all + 1, n - 1, sizeof(*all), by_name);
    return all;
}

void cli_session_release(struct cli_session *s)
{
    free(s->context);
    free(s->url);
    free(s->user);
    secret_free(s->token);
    free(s->project);
    free(s->ca);
    *s = (struct cli_session){0};
}
