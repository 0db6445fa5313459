/* Every kind of body, as a peer may send it: the first byte picks the type (and whether single
 * quotes are taken), the rest is the text. What decodes must encode, decode again to the same,
 * copy, validate and merge, without taking more memory than a record is larger than its text. */
#include "proto/types.h"
#include "tests/support/oracle.h"

#include <stdio.h>
#include <stdlib.h>

#define RATIO_MAX 640 /* `{},` is a VNFR of some 900 bytes */

static void finding(const char *what, const struct proto_type *type, const char *detail)
{
    fprintf(stderr, "finding: %s: %s: %s\n", type->name, what, detail);
    abort();
}

static void *decode(const struct proto_type *t, const struct sbuf *text, struct arena *a)
{
    struct err err = ERR_INIT;
    void *rec = NULL;
    if (proto_decode(t, text->s, text->len, 0, a, &rec, &err) != ERR_OK)
        finding("wrote what it refuses", t, err.msg);
    return rec;
}

static void check_stable(const struct proto_type *t, const void *rec, unsigned flags,
                         struct arena *a)
{
    AUTO(sbuf_release) struct sbuf first = SBUF_INIT, second = SBUF_INIT, copy = SBUF_INIT;
    proto_encode(t, rec, flags, &first);
    proto_encode(t, decode(t, &first, a), flags, &second);
    proto_encode(t, proto_dup(t, rec, a), flags, &copy);
    if (strcmp(first.s, second.s) != 0)
        finding("not stable", t, second.s);
    if (strcmp(first.s, copy.s) != 0)
        finding("copied wrongly", t, copy.s);
    json_error_t error;
    json_t *value = json_loadb(first.s, first.len, 0, &error);
    if (!value && json_error_code(&error) != json_error_numeric_overflow)
        finding("wrote what jansson refuses", t, error.text);
    json_decref(value);
}

static void report(void *arg, const char *path, const char *what)
{
    *(size_t *)arg += strlen(path) + strlen(what);
}

static void check_merge(const struct proto_type *t, const void *rec, struct arena *a)
{
    void *into = proto_new(t, a);
    proto_merge(t, into, rec, a);
    check_stable(t, into, 0, a);
    proto_merge(t, into, proto_dup(t, into, a), a);
    check_stable(t, into, PROTO_COMPLETE, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err = ERR_INIT;
    size_t n = 0, shown = 0;
    void *rec;
    if (size == 0)
        return 0;
    while (proto_types[n])
        n++;
    const struct proto_type *t = proto_types[(data[0] & 0x7f) % n];
    unsigned flags = data[0] & 0x80 ? PROTO_SINGLE_QUOTES : 0;
    enum err_code rc = proto_decode(t, (const char *)data + 1, size - 1, flags, &a, &rec, &err);
    if (a.used > RATIO_MAX * size + 8192)
        finding("took too much memory", t, "see the size of the input");
    proto_quotes(&out, err.where); /* what a fault would hold must be UTF-8 */
    if (strstr(out.s, "\xef\xbf\xbd") && !memmem(data, size, "\xef\xbf\xbd", 3) &&
        !memmem(data, size, "\\u", 2))
        finding("cut inside a character", t, err.where);
    if (rc != ERR_OK)
        return 0;
    check_stable(t, rec, 0, &a);
    check_stable(t, rec, PROTO_COMPLETE, &a);
    check_stable(t, rec, PROTO_BASE64, &a);
    proto_validate_all(t, rec, 100, report, &shown);
    check_merge(t, rec, &a);
    return 0;
}
