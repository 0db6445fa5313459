/* The file: name = value, '#' comments, "quotes". */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/config/config_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES   (1024 * 1024)
#define SECRET_MAX_BYTES (64 * 1024)

static enum err_code read_all(const char *path, size_t max, struct sbuf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", path);
    enum err_code rc = ERR_OK;
    ssize_t n;
    sbuf_grow(out, max + 1); /* once: a growing buffer would leave copies of secrets behind */
    while ((n = read(fd, out->s + out->len, max + 1 - out->len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_set_errno(err, ERR_IO, errno, "read '%s'", path);
            break;
        }
        out->len += (size_t)n;
        if (out->len > max) {
            rc = err_set(err, ERR_LIMIT, "'%s' is longer than %zu bytes", path, max);
            break;
        }
    }
    out->s[out->len] = '\0';
    close(fd);
    if (rc == ERR_OK && memchr(out->s, '\0', out->len))
        rc = err_set(err, ERR_INVALID, "'%s' contains a NUL byte", path);
    return rc;
}

enum err_code config_assign(struct config_slot *slot, bool is_file, const char *text,
                            struct err *err)
{
    enum err_code rc;
    if (!is_file) {
        rc = config_set(slot, text, err);
    } else {
        AUTO(sbuf_release) struct sbuf content = SBUF_INIT;
        rc = read_all(text, SECRET_MAX_BYTES, &content, err);
        if (rc == ERR_OK) {
            if (content.len > 0 && content.s[content.len - 1] == '\n')
                sbuf_truncate(&content, content.len - 1);
            if (content.len > 0 && content.s[content.len - 1] == '\r')
                sbuf_truncate(&content, content.len - 1);
            rc = config_set(slot, content.s + text_mark_size(content.s, content.len), err);
        }
        explicit_bzero(content.s, content.len);
    }
    config_set_path(slot, is_file ? text : NULL);
    return rc == ERR_OK ? rc : err_add(err, "option '%s'", slot->option->name);
}

/* Cut the value out of the rest of a line, in place. false: quotes that do not end, or something
 * behind them. */
static bool cut_value(char **value)
{
    char *at = *value + strspn(*value, " \t"), *to = at;
    if (*at != '"') {
        size_t len = 0;
        for (size_t i = 0; at[i] && !(at[i] == '#' && (i == 0 || strchr(" \t", at[i - 1]))); i++)
            if (!strchr(" \t", at[i]))
                len = i + 1;
        at[len] = '\0';
        *value = at;
        return true;
    }
    *value = to;
    for (at++; *at != '"'; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        if (*at == '\0')
            return false;
        *to++ = *at;
    }
    at += 1 + strspn(at + 1, " \t");
    *to = '\0';
    return *at == '\0' || *at == '#';
}

static enum err_code read_line(struct config_memory *m, char *line, unsigned number,
                               struct err *err)
{
    bool is_file = false;
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return ERR_OK;
    size_t len = strcspn(line, " \t=");
    char *is = line + len + strspn(line + len, " \t");
    if (*is != '=') {
        err_set(err, ERR_INVALID, "'%.64s' has no '='", line);
        return err_hint(err, "write name = value");
    }
    struct config_slot *slot = config_find(m, line, len, &is_file);
    if (!slot)
        return config_unknown(m, line, len, err);
    if (slot->option->flags & CONFIG_FLAG_ONLY)
        return err_set(err, ERR_INVALID, "option '%s' is for the command line only",
                       slot->option->name);
    if (slot->rank == CONFIG_FROM_FILE) {
        err_set(err, ERR_INVALID, "option '%s' is given twice", slot->option->name);
        return err_hint(err, "the first is in line %u", slot->line);
    }
    char *value = is + 1;
    if (!cut_value(&value)) {
        err_set(err, ERR_INVALID, "option '%s': quotes do not end", slot->option->name);
        return err_hint(err, "inside quotes write \\\" and \\\\");
    }
    slot->rank = CONFIG_FROM_FILE;
    slot->line = number;
    return config_assign(slot, is_file, value, err);
}

enum err_code config_read_file(struct config_memory *m, const char *path, bool may_be_missing,
                               struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = read_all(path, FILE_MAX_BYTES, &text, err);
    if (rc != ERR_OK && may_be_missing && access(path, F_OK) != 0 && errno == ENOENT)
        return ERR_OK;
    unsigned number = 1;
    for (char *line = text.s + text_mark_size(text.s, text.len), *next; rc == ERR_OK && line;
         line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        size_t len = strlen(line);
        if (len > 0 && line[len - 1] == '\r')
            line[len - 1] = '\0';
        rc = read_line(m, line, number, err);
        if (rc != ERR_OK)
            err_where(err, "%s:%u", path, number);
    }
    explicit_bzero(text.s, text.len);
    return rc;
}
