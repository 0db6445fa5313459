#include "ems-agent/settings.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "proto/topology.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 64 * 1024 };

enum kind { TEXT, PORT, SECONDS, BOOLEAN };
struct key {
    const char *name;
    enum kind kind;
    size_t offset;
};

/* clang-format off */
#define AT(member) offsetof(struct settings, member)
static const struct key keys[] = {
    { "broker_ip",    TEXT,    AT(broker_ip) },
    { "broker_port",  PORT,    AT(broker_port) },
    { "hostname",     TEXT,    AT(hostname) },
    { "type",         TEXT,    AT(type) },
    { "username",     TEXT,    AT(username) },
    { "password",     TEXT,    AT(password) },
    { "autodelete",   BOOLEAN, AT(is_autodelete) },
    { "exchange",     TEXT,    AT(exchange) },
    { "heartbeat",    SECONDS, AT(heartbeat_s) },
    { "virtual_host", TEXT,    AT(virtual_host) },
    { "tls",          BOOLEAN, AT(is_tls) },
    { "tls_ca",       TEXT,    AT(tls_ca) },
    { "tls_insecure", BOOLEAN, AT(is_tls_insecure) },
};
/* clang-format on */

static void *member_of(struct settings *s, const struct key *k)
{
    return (char *)s + k->offset;
}

static bool read_number(const char *text, long min, long max, int *ret)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return false;
    *ret = (int)value;
    return true;
}

static bool read_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *ret = strcasecmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

/* An empty value is an absent one, as the reference takes it. */
static enum err_code set(struct settings *s, const struct key *k, const char *value,
                         struct err *err)
{
    if (!*value)
        return ERR_OK;
    switch (k->kind) {
    case TEXT: {
        char **at = member_of(s, k);
        free(*at);
        *at = xstrdup(value);
        return ERR_OK;
    }
    case PORT:
        if (read_number(value, 1, 65535, member_of(s, k)))
            return ERR_OK;
        return err_set(err, ERR_INVALID, "%s: '%.32s' is not a port", k->name, value);
    case SECONDS:
        if (read_number(value, 0, 3600, member_of(s, k)))
            return ERR_OK;
        return err_set(err, ERR_INVALID, "%s: '%.32s' is not a number of seconds up to 3600",
                       k->name, value);
    case BOOLEAN:
        /* The reference: whatever is not "false" deletes. */
        if (!read_bool(value, member_of(s, k)) && k->offset != AT(is_autodelete))
            return err_set(err, ERR_INVALID, "%s: '%.32s' is neither true nor false", k->name,
                           value);
        return ERR_OK;
    }
    return ERR_OK;
}

static void trim(char **text)
{
    *text += strspn(*text, " \t\r");
    size_t len = strlen(*text);
    while (len > 0 && strchr(" \t\r", (*text)[len - 1]))
        len--;
    (*text)[len] = '\0';
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strcasecmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

struct reader {
    const char *name;
    unsigned line;
    bool is_ours; /* inside of [ems] */
    struct settings *s;
    struct sbuf *warnings;
};

static enum err_code read_line(struct reader *r, char *line, struct err *err)
{
    trim(&line);
    if (!*line || *line == '#' || *line == ';')
        return ERR_OK;
    if (*line == '[') {
        r->is_ours = strcasecmp(line, "[ems]") == 0;
        return ERR_OK;
    }
    if (!r->is_ours)
        return ERR_OK;
    size_t len = strcspn(line, "=:");
    if (!line[len]) {
        sbuf_addf(r->warnings, "%s:%u: '%.32s' has no value\n", r->name, r->line, line);
        return ERR_OK;
    }
    char *name = line, *value = line + len + 1;
    line[len] = '\0';
    trim(&name);
    trim(&value);
    const struct key *k = find_key(name);
    if (!k) {
        sbuf_addf(r->warnings, "%s:%u: unknown key '%.64s'\n", r->name, r->line, name);
        return ERR_OK;
    }
    if (set(r->s, k, value, err) == ERR_OK)
        return ERR_OK;
    return err_where(err, "%s:%u", r->name, r->line);
}

static enum err_code check(const char *name, struct settings *s, struct err *err)
{
    const char *missing = !*s->broker_ip  ? "broker_ip"
                          : !*s->hostname ? "hostname"
                          : !*s->username ? "username"
                                          : NULL;
    if (missing) {
        err_set(err, ERR_INVALID, "%s is missing", missing);
        err_where(err, "%s", name);
        return err_hint(err, "the section is [ems]; the VNFM's user data writes this file");
    }
    /* Queue names hold both: AMQP's names end at 255 bytes. */
    if (strlen(s->hostname) > 200 || strlen(s->type) > 200) {
        err_set(err, ERR_INVALID, "hostname or type is longer than 200 bytes");
        return err_where(err, "%s", name);
    }
    if (s->broker_port == 0)
        s->broker_port = s->is_tls ? 5671 : 5672;
    return ERR_OK;
}

enum err_code settings_parse(const char *name, const char *text, struct settings *ret,
                             struct sbuf *warnings, struct err *err)
{
    char *copy = xstrdup(text), *rest = copy;
    struct settings s = {.broker_ip = xstrdup(""),
                         .hostname = xstrdup(""),
                         .type = xstrdup("generic"),
                         .username = xstrdup(""),
                         .password = xstrdup(""),
                         .exchange = xstrdup(TOPOLOGY_EXCHANGE),
                         .virtual_host = xstrdup("/"),
                         .heartbeat_s = 60,
                         .is_autodelete = true};
    struct reader r = {.name = name, .s = &s, .warnings = warnings};
    enum err_code rc = ERR_OK;

    for (char *line; rc == ERR_OK && (line = strsep(&rest, "\n"));) {
        r.line++;
        rc = read_line(&r, line, err);
    }
    explicit_bzero(copy, strlen(text));
    free(copy);
    if (rc == ERR_OK)
        rc = check(name, &s, err);
    if (rc == ERR_OK)
        *ret = s;
    else
        settings_release(&s);
    return rc;
}

enum err_code settings_read(const char *path, struct settings *ret, struct sbuf *warnings,
                            struct err *err)
{
    char *text = xcalloc(1, FILE_BYTES_MAX + 1);
    size_t len = 0;
    enum err_code rc = ERR_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        rc = err_set_errno(err, ERR_IO, errno, "open '%s'", path);
    while (rc == ERR_OK && len < FILE_BYTES_MAX) {
        ssize_t n = read(fd, text + len, FILE_BYTES_MAX - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_set_errno(err, ERR_IO, errno, "read '%s'", path);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (fd >= 0)
        close(fd);
    if (rc == ERR_OK && len == FILE_BYTES_MAX)
        rc = err_set(err, ERR_LIMIT, "'%s' is longer than %d bytes", path, FILE_BYTES_MAX);
    if (rc == ERR_OK)
        rc = settings_parse(path, text + text_mark_size(text, len), ret, warnings, err);
    explicit_bzero(text, FILE_BYTES_MAX);
    free(text);
    return rc;
}

bool settings_has_agents_exchange(const struct settings *s)
{
    return strcmp(s->exchange, TOPOLOGY_AGENTS_EXCHANGE) == 0;
}

void settings_release(struct settings *s)
{
    secret_free(s->password);
    char *const all[] = {s->broker_ip, s->hostname,     s->type,  s->username,
                         s->exchange,  s->virtual_host, s->tls_ca};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
    memset(s, 0, sizeof(*s));
}
