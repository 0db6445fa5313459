#include "proto/codec/mask.h"

#include "common/base/sbuf.h"
#include "proto/codec/scan.h"

#include <string.h>
#include <strings.h>

#define MASK       "\"**********\""
#define STRING_MAX 1024

struct mask {
    const struct proto_type *const *types;
    struct scan scan;
    struct sbuf *out;
};

static bool is(const char *name, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(name, word, len) == 0;
}

static bool holds(const char *name, size_t len, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(name + i, part, n) == 0)
            return true;
    return false;
}

static bool is_called_secret(const char *name, size_t len)
{
    static const char *const parts[] = {"passw",      "secret", "token",  "private",
                                        "credential", "apikey", "api_key"};
    static const char *const words[] = {"value",     "userdata", "user_data",
                                        "extension", "env",      "payload"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (holds(name, len, parts[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (is(name, len, words[i]))
            return true;
    return false;
}

static bool is_marked(const struct proto_type *const *types, const char *name, size_t len)
{
    for (; *types; types++)
        for (uint32_t i = 0; i < (*types)->n_fields; i++) {
            const struct proto_field *f = &(*types)->fields[i];
            if ((f->flags & SECRET) &&
                (is(name, len, f->wire) || (f->alias && is(name, len, f->alias))))
                return true;
        }
    return false;
}

static bool is_json_in_text(const char *s, size_t len)
{
    size_t at = 0;
    while (at < len && strchr(" \t\r\n", s[at]))
        at++;
    return at < len && (s[at] == '{' || s[at] == '[');
}

/* "scheme://login@host" without the login. */
static void put_string(struct sbuf *out, const char *s, size_t len)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_add(&text, s, len);
    for (char *at = strstr(text.s, "://"); at; at = strstr(at + 3, "://")) {
        char *last = NULL;
        for (char *p = at + 3; *p && !strchr("/?# ", *p); p++)
            if (*p == '@')
                last = p;
        for (char *p = at + 3; last && p < last; p++)
            *p = '*';
    }
    proto_quote(out, text.s, text.len);
}

static enum err_code put_value(struct mask *m);

static enum err_code put_object(struct mask *m)
{
    const char *key, *sep = "{";
    size_t len;
    bool more;
    enum err_code rc = scan_open(&m->scan, '{');
    while (rc == ERR_OK && (rc = scan_member(&m->scan, &more, &key, &len)) == ERR_OK && more) {
        sbuf_adds(m->out, sep);
        proto_quote(m->out, key, len);
        sbuf_addc(m->out, ':');
        sep = ",";
        if (is_marked(m->types, key, len) || is_called_secret(key, len)) {
            sbuf_adds(m->out, MASK);
            rc = scan_skip(&m->scan);
        } else {
            rc = put_value(m);
        }
    }
    sbuf_adds(m->out, *sep == '{' ? "{}" : "}");
    return rc;
}

static enum err_code put_array(struct mask *m)
{
    const char *sep = "[";
    bool more;
    enum err_code rc = scan_open(&m->scan, '[');
    while (rc == ERR_OK && (rc = scan_element(&m->scan, &more)) == ERR_OK && more) {
        sbuf_adds(m->out, sep);
        sep = ",";
        rc = put_value(m);
    }
    sbuf_adds(m->out, *sep == '[' ? "[]" : "]");
    return rc;
}

static enum err_code put_text(struct mask *m)
{
    const char *s;
    size_t len;
    enum err_code rc = scan_string(&m->scan, &s, &len);
    if (rc != ERR_OK)
        return rc;
    if (len > STRING_MAX || is_json_in_text(s, len))
        sbuf_addf(m->out, "\"(%zu bytes)\"", len);
    else
        put_string(m->out, s, len);
    return ERR_OK;
}

static enum err_code put_value(struct mask *m)
{
    const char *s;
    size_t len;
    enum scan_token token = scan_peek(&m->scan);
    if (token == SCAN_OBJECT)
        return put_object(m);
    if (token == SCAN_ARRAY)
        return put_array(m);
    if (token == SCAN_STRING)
        return put_text(m);
    enum err_code rc = scan_scalar_slice(&m->scan, &s, &len);
    if (rc == ERR_OK)
        sbuf_add(m->out, s, len);
    return rc;
}

enum err_code proto_mask_text(const struct proto_type *const *types, const char *text, size_t len,
                              struct sbuf *out, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct mask m = {.types = types, .out = out};
    size_t before = out->len;
    scan_init(&m.scan, text, len, 0, &a, err);
    enum err_code rc = put_value(&m);
    if (rc == ERR_OK)
        rc = scan_end(&m.scan);
    if (rc != ERR_OK)
        sbuf_truncate(out, before);
    return rc;
}
