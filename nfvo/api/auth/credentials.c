#include "nfvo/api/auth/credentials.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/http/http.h"

#define TOKEN_MAX 256

const char *credentials_bearer(const char *header)
{
    if (!header || strncasecmp(header, "Bearer", 6) != 0 || header[6] != ' ')
        return NULL;
    header += 6;
    while (*header == ' ')
        header++;
    size_t len = strlen(header);
    return len > 0 && len <= TOKEN_MAX ? header : NULL;
}

bool credentials_basic(const char *header, const char *user, const char *password)
{
    char got[256], want[256];
    size_t len = 0;
    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return false;
    header += 6;
    header += strspn(header, " ");
    if (sodium_base642bin((unsigned char *)got, sizeof(got) - 1, header, strlen(header), NULL, &len,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    got[len] = '\0';
    snprintf(want, sizeof(want), "%s:%s", user, password);
    return strlen(got) == len && strlen(want) == len && sodium_memcmp(got, want, len) == 0;
}

/* Decoded; as it stands when the escapes are bad. */
static const char *decode(const char *raw, struct arena *a)
{
    char *text = arena_strdup(a, raw);
    if (http_percent_decode(text, true))
        return text;
    return raw;
}

/* A client that does not encode may have '&' in a value: what is no known name belongs to the value
 * before it. */
static const char *is_member(const char *part, const char *name)
{
    size_t len = strlen(name);
    return strncmp(part, name, len) == 0 && part[len] == '=' ? part + len + 1 : NULL;
}

static const char *const names[] = {"grant_type", "username",  "password",     "refresh_token",
                                    "scope",      "client_id", "client_secret"};

static bool starts_member(const char *part)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (is_member(part, names[i]))
            return true;
    return false;
}

static size_t value_length(const char *value)
{
    const char *end = value;
    for (;;) {
        end += strcspn(end, "&");
        if (!*end || starts_member(end + 1))
            return (size_t)(end - value);
        end++;
    }
}

void credentials_form(const char *body, struct arena *a, struct credentials_form *ret)
{
    *ret = (struct credentials_form){0};
    for (const char *at = body; *at;) {
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            const char *value = is_member(at, names[i]);
            if (!value)
                continue;
            size_t len = value_length(value);
            const char *raw = arena_strndup(a, value, len);
            const char **to[] = {&ret->grant_type, &ret->username, &ret->password,
                                 &ret->refresh_token};
            if (i < ARRAY_LEN(to))
                *to[i] = decode(raw, a);
            if (i == 1)
                ret->raw_username = raw;
            if (i == 2)
                ret->raw_password = raw;
            at = value + len;
            break;
        }
        at += strcspn(at, "&");
        at += *at == '&';
    }
}

void token_hash(const char *token, char out[TOKEN_HASH_SIZE])
{
    unsigned char bytes[32];
    crypto_generichash(bytes, sizeof(bytes), (const unsigned char *)token, strlen(token), NULL, 0);
    sodium_bin2hex(out, TOKEN_HASH_SIZE, bytes, sizeof(bytes));
}
