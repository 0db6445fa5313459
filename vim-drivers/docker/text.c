#include "vim-drivers/docker/text.h"

#include "vim-drivers/docker/records.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- where an engine is --- */

static bool is_host_and_port(const char *s)
{
    const char *colon = strrchr(s, ':');
    if (!colon || colon == s || strlen(s) > 250)
        return false;
    for (const char *c = s; c < colon; c++)
        if (!isalnum((unsigned char)*c) && !strchr(".-_[]:", *c))
            return false;
    size_t digits = strspn(colon + 1, "0123456789");
    return digits > 0 && digits <= 5 &&
           (!colon[1 + digits] || strcmp(colon + 1 + digits, "/") == 0);
}

enum err_code dk_address_read(const char *auth_url, bool has_ca, struct dk_address *ret,
                              struct err *err)
{
    const char *url = auth_url ? auth_url : "", *rest = strstr(url, "://");
    size_t n = rest ? (size_t)(rest - url) : 0;
    *ret = (struct dk_address){.url = "http://engine"};
    if (n == 4 && memcmp(url, "unix", 4) == 0 && rest[3] == '/' &&
        strlen(rest + 3) < DK_SOCKET_MAX) {
        snprintf(ret->socket, sizeof(ret->socket), "%s", rest + 3);
        return ERR_OK;
    }
    bool is_http = n == 4 && memcmp(url, "http", 4) == 0;
    bool is_https = n == 5 && memcmp(url, "https", 5) == 0;
    bool is_tcp = n == 3 && memcmp(url, "tcp", 3) == 0;
    if (!rest || !(is_http || is_https || is_tcp) || !is_host_and_port(rest + 3)) {
        err_set(err, ERR_INVALID, "authUrl '%.120s' of the PoP is no engine", url);
        return err_hint(err, "write unix:///var/run/docker.sock or https://HOST:2376");
    }
    ret->is_tls = is_https || (is_tcp && has_ca);
    int len =
        snprintf(ret->url, sizeof(ret->url), "%s://%s", ret->is_tls ? "https" : "http", rest + 3);
    if (len > 0 && ret->url[len - 1] == '/')
        ret->url[len - 1] = '\0';
    return ERR_OK;
}

/* --- versions --- */

enum { OURS = 44, OLDEST = 24 }; /* of 1.x */

static int minor_of(const char *version)
{
    unsigned minor;
    int n = 0;
    if (!version || sscanf(version, "1.%3u%n", &minor, &n) != 1 || version[n])
        return -1;
    return (int)minor;
}

enum err_code dk_version_choose(const char *high, const char *low, char ret[DK_VERSION_MAX],
                                struct err *err)
{
    int theirs = minor_of(high), least = minor_of(low);
    if (theirs < OLDEST)
        return err_set(err, ERR_PEER, "its API has version '%.20s', ours 1.%d to 1.%d",
                       high ? high : "", OLDEST, OURS);
    int chosen = theirs < OURS ? theirs : OURS;
    if (least > chosen) /* a newer engine than we know: what we use it has kept so far */
        chosen = least;
    snprintf(ret, DK_VERSION_MAX, "1.%d", chosen);
    return ERR_OK;
}

/* --- names --- */

enum err_code dk_name_of_token(const char *token, char ret[DK_NAME_MAX], struct err *err)
{
    size_t n = 0;
    for (const char *c = token; *c; c++) {
        bool is_plain = isalnum((unsigned char)*c) || *c == '.' || *c == '-';
        if (n + 4 > 200)
            return err_set(err, ERR_LIMIT, "the client token is too long for a container's name");
        if (is_plain)
            ret[n++] = *c;
        else
            n += (size_t)snprintf(ret + n, 4, "_%02x", (unsigned char)*c);
    }
    ret[n] = '\0';
    return n ? ERR_OK : err_set(err, ERR_INVALID, "the client token is empty");
}

void dk_hostname(const char *name, char ret[64])
{
    size_t n = 0;
    for (; *name && n < 63; name++, n++) {
        bool is_plain = isalnum((unsigned char)*name) || (*name == '.' && n > 0);
        ret[n] = is_plain ? *name : '-';
    }
    ret[n] = '\0';
}

enum err_code dk_reference_read(const char *text, char repository[DK_NAME_MAX],
                                char tag[DK_NAME_MAX], struct err *err)
{
    const char *slash = strrchr(text, '/'), *at = strchr(text, '@');
    const char *colon = at ? at : strchr(slash ? slash : text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    const char *rest = colon ? colon + 1 : "latest";
    bool is_good = n > 0 && n < DK_NAME_MAX && rest[0] && strlen(rest) < DK_NAME_MAX;
    for (const char *c = text; is_good && *c; c++)
        is_good = isalnum((unsigned char)*c) || strchr("._-/:@", *c);
    if (!is_good) {
        err_set(err, ERR_INVALID, "'%.120s' is no reference of an image", text);
        return err_hint(err, "write REPOSITORY:TAG, e.g. registry.example.org/vnf/web:1");
    }
    memcpy(repository, text, n);
    repository[n] = '\0';
    snprintf(tag, DK_NAME_MAX, "%s", rest);
    return ERR_OK;
}

/* As engines read it: the part in front of the first slash, if it looks like a host. */
void dk_registry_of(const char *repository, char ret[DK_NAME_MAX])
{
    static const char large[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strcspn(repository, "/");
    snprintf(ret, DK_NAME_MAX, "%.*s", (int)(n < DK_NAME_MAX ? n : 0), repository);
    bool is_host = repository[n] &&
                   (strpbrk(ret, ".:") || strpbrk(ret, large) || strcmp(ret, "localhost") == 0);
    if (!is_host || strcmp(ret, "index.docker.io") == 0)
        snprintf(ret, DK_NAME_MAX, "docker.io");
}

/* --- archives --- */

static void entry(struct sbuf *out, const char *path, unsigned mode, char type, size_t len)
{
    unsigned char h[512] = {0};
    unsigned sum = 0;
    snprintf((char *)h, 100, "%s", path);
    snprintf((char *)h + 100, 8, "%07o", mode & 07777);
    snprintf((char *)h + 108, 8, "%07o", 0);
    snprintf((char *)h + 116, 8, "%07o", 0);
    snprintf((char *)h + 124, 12, "%011llo", (unsigned long long)len);
    snprintf((char *)h + 136, 12, "%011o", 0);
    memset(h + 148, ' ', 8);
    h[156] = (unsigned char)type;
    memcpy(h + 257, "ustar\00000", 8);
    memcpy(h + 265, "root", 5);
    memcpy(h + 297, "root", 5);
    for (size_t i = 0; i < sizeof(h); i++)
        sum += h[i];
    snprintf((char *)h + 148, 8, "%06o", sum);
    sbuf_add(out, h, sizeof(h));
}

static void fill(struct sbuf *out, size_t n)
{
    static const char zeros[512];
    sbuf_add(out, zeros, n);
}

void dk_tar_folder(struct sbuf *out, const char *path, unsigned mode)
{
    entry(out, path, mode, '5', 0);
}

void dk_tar_file(struct sbuf *out, const char *path, unsigned mode, const void *data, size_t len)
{
    entry(out, path, mode, '0', len);
    sbuf_add(out, data, len);
    fill(out, (512 - len % 512) % 512);
}

void dk_tar_end(struct sbuf *out)
{
    fill(out, 512);
    fill(out, 512);
}

/* --- streams --- */

enum { LINE_MAX_BYTES = 256 * 1024 };

static void take_line(struct dk_stream *s)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct dk_progress *p;
    struct err err = ERR_INIT;
    size_t blank = strspn(s->line.s, " \t\r");
    if (blank == s->line.len)
        return;
    if (proto_decode(&dk_progress_type, s->line.s, s->line.len, 0, &a, &p, &err) != ERR_OK) {
        s->fault = err;
        err_add(&s->fault, "what the engine says of its progress");
        return;
    }
    const char *words = p->detail && p->detail->message ? p->detail->message : p->error;
    if (words)
        err_set(&s->fault, ERR_PEER, "the engine says: %s", words);
    if (p->status)
        snprintf(s->status, sizeof(s->status), "%s", p->status);
}

bool dk_stream_take(struct dk_stream *s, const char *data, size_t len)
{
    while (len > 0 && s->fault.code == ERR_OK) {
        const char *end = memchr(data, '\n', len);
        size_t n = end ? (size_t)(end - data) : len;
        if (s->line.len + n > LINE_MAX_BYTES) {
            err_set(&s->fault, ERR_LIMIT, "the engine says a line of more than %d bytes",
                    LINE_MAX_BYTES);
            break;
        }
        sbuf_add(&s->line, data, n);
        if (!end)
            break;
        take_line(s);
        sbuf_clear(&s->line);
        data += n + 1;
        len -= n + 1;
    }
    return s->fault.code == ERR_OK;
}

enum err_code dk_stream_end(struct dk_stream *s, struct err *err)
{
    if (s->fault.code == ERR_OK)
        take_line(s);
    if (s->fault.code != ERR_OK && err)
        *err = s->fault;
    return s->fault.code;
}

void dk_stream_release(struct dk_stream *s)
{
    sbuf_release(&s->line);
}

/* --- images of the repository --- */

#define OWN "baton/"

static void own_prefix(const char *project, struct sbuf *out)
{
    sbuf_adds(out, OWN);
    for (const char *p = project; *p; p++)
        sbuf_addf(out, "%02x", (unsigned char)*p);
    sbuf_adds(out, *project ? "/" : "none/");
}

const char *dk_own_name(const char *name, const char *project, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    if (!*name || strlen(name) > DK_OWN_NAME_MAX || strlen(project) > 36)
        return NULL;
    own_prefix(project, &out);
    for (const char *p = name; *p; p++)
        sbuf_addf(&out, "%02x", (unsigned char)*p);
    return arena_strdup(a, out.s);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool dk_own_name_read(const char *tag, const char *project, struct arena *a, const char **ret_name)
{
    AUTO(sbuf_release) struct sbuf prefix = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    *ret_name = NULL;
    if (strncmp(tag, OWN, strlen(OWN)) != 0)
        return false;
    own_prefix(project, &prefix);
    if (strncmp(tag, prefix.s, prefix.len) != 0)
        return true;
    for (const char *p = tag + prefix.len; *p && *p != ':'; p += 2) {
        int high = digit(p[0]), low = high < 0 ? -1 : digit(p[1]);
        if (low < 0 || high * 16 + low == 0)
            return true;
        sbuf_addc(&name, (char)(high * 16 + low));
    }
    *ret_name = name.len ? arena_strndup(a, name.s, name.len) : NULL;
    return true;
}
