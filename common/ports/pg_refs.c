#include "common/ports/pg_internal.h"

#include "common/base/sbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pg_refs_write(struct sbuf *out, const struct send_refs *refs)
{
    sbuf_clear(out);
    for (uint32_t i = 0; i < refs->n; i++) {
        const struct send_ref *r = &refs->at[i];
        sbuf_addf(out, "%zu %u %lld %zu:%s%zu:%s", r->at, r->kind, (long long)r->version,
                  strlen(r->id), r->id, strlen(r->arg), r->arg);
    }
}

static bool read_number(const char **at, char end, long long least, long long most, long long *ret)
{
    char *stop;
    if (**at != '-' && (**at < '0' || **at > '9'))
        return false;
    errno = 0;
    *ret = strtoll(*at, &stop, 10);
    if (errno || *stop != end || *ret < least || *ret > most)
        return false;
    *at = stop + 1;
    return true;
}

static bool read_counted(struct arena *a, const char **at, const char **ret)
{
    long long n;
    if (!read_number(at, ':', 0, INT32_MAX, &n) || strnlen(*at, (size_t)n) < (size_t)n)
        return false;
    *ret = arena_strndup(a, *at, (size_t)n);
    *at += n;
    return true;
}

void pg_refs_read(struct arena *a, const char *text, struct send_refs *ret)
{
    *ret = (struct send_refs){0};
    while (*text) {
        long long at, kind, version;
        struct send_ref ref = {.id = "", .arg = ""};
        if (!read_number(&text, ' ', 0, INT32_MAX, &at) ||
            !read_number(&text, ' ', 1, UINT8_MAX, &kind) ||
            !read_number(&text, ' ', INT64_MIN, INT64_MAX, &version) ||
            !read_counted(a, &text, &ref.id) || !read_counted(a, &text, &ref.arg)) {
            ret->n = 0;
            ADD(ret, ((struct send_ref){.id = "", .arg = ""}), a);
            return;
        }
        ref.at = (size_t)at;
        ref.kind = (uint8_t)kind;
        ref.version = version;
        ADD(ret, ref, a);
    }
}
