#include "common/fake/fake.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct journal {
    int fd;
};

enum err_code journal_open(const char *path, struct journal **ret, struct err *err)
{
    *ret = NULL;
    if (!path || !path[0])
        return ERR_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open journal '%s'", path);
    *ret = xcalloc(1, sizeof(**ret));
    (*ret)->fd = fd;
    return ERR_OK;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    close(j->fd);
    free(j);
}

bool journal_is_on(const struct journal *j)
{
    return j != NULL;
}

static void add_quoted(struct sbuf *out, const char *s)
{
    sbuf_addc(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20)
            sbuf_addf(out, "\\u%04x", c);
        else {
            if (c == '"' || c == '\\')
                sbuf_addc(out, '\\');
            sbuf_addc(out, *s);
        }
    }
    sbuf_addc(out, '"');
}

void journal_write(struct journal *j, const char *action, ...)
{
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    char now[CLOCK_TEXT_SIZE];
    const char *name;
    va_list ap;
    if (!j)
        return;
    clock_text(clock_wall_us(), now);
    sbuf_addf(&line, "{\"at\":\"%s\",\"action\":\"%s\"", now, action);
    va_start(ap, action);
    while ((name = va_arg(ap, const char *)) != NULL) {
        const char *value = va_arg(ap, const char *);
        if (!value)
            continue;
        sbuf_addf(&line, ",\"%s\":", name);
        add_quoted(&line, value);
    }
    va_end(ap);
    sbuf_adds(&line, "}\n");
    while (write(j->fd, line.s, line.len) < 0 && errno == EINTR)
        ;
}
