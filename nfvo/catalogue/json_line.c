#include "nfvo/catalogue/json_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"

struct cursor {
    const char *at, *end;
};

static char peek(struct cursor *c)
{
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
        c->at++;
    return c->at < c->end ? *c->at : '\0';
}

static bool eat(struct cursor *c, char what)
{
    if (peek(c) != what || what == '\0')
        return false;
    c->at++;
    return true;
}

static void skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\' && c->at + 1 < c->end)
            c->at++;
    if (c->at < c->end)
        c->at++;
}

/* A value of any depth. */
static void skip_value(struct cursor *c)
{
    int depth = 0;
    do {
        char what = peek(c);
        if (what == '\0')
            return;
        if (what == '"') {
            skip_string(c);
        } else {
            depth += what == '{' || what == '[';
            depth -= what == '}' || what == ']';
            if (strchr("{}[],:", what))
                c->at++;
            else
                c->at += strcspn(c->at, "{}[],: \t\r\n\"");
        }
    } while (depth > 0 && c->at < c->end);
}

/* The member that the path goes on with: a key may hold dots, so keys are compared with the path
 * and not the other way round. Leaves the cursor at its value. */
static bool enter_member(struct cursor *c, const char **path, const char **ret_key)
{
    if (!eat(c, '{'))
        return false;
    while (peek(c) == '"') {
        const char *key = c->at;
        skip_string(c);
        size_t n = (size_t)(c->at - key) >= 2 ? (size_t)(c->at - key) - 2 : 0;
        if (!eat(c, ':'))
            return false;
        if (n > 0 && strncmp(*path, key + 1, n) == 0 && strchr(".[", (*path)[n])) {
            *path += n; /* '\0' is found in ".[" as well */
            *ret_key = key;
            return true;
        }
        skip_value(c);
        if (!eat(c, ','))
            return false;
    }
    return false;
}

static bool enter_element(struct cursor *c, const char **path, const char **ret_at)
{
    char *end;
    unsigned long index = strtoul(*path + 1, &end, 10);
    if (*end != ']' || !eat(c, '['))
        return false;
    for (unsigned long i = 0; i < index; i++) {
        if (peek(c) == ']' || peek(c) == '\0')
            return false;
        skip_value(c);
        if (!eat(c, ','))
            return false;
    }
    if (peek(c) == ']')
        return false;
    *path = end + 1;
    *ret_at = c->at;
    return true;
}

static uint32_t line_of_byte(const char *text, size_t at)
{
    uint32_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

uint32_t json_line_of_path(const char *text, size_t len, const char *path)
{
    struct cursor c = {text + text_mark_size(text, len), text + len};
    peek(&c);
    const char *found = c.at, *whole = path;
    while (*path) {
        if (*path == '.')
            path++;
        if (!(*path == '[' ? enter_element(&c, &path, &found) : enter_member(&c, &path, &found)))
            break;
    }
    return *whole && path == whole ? 0 : line_of_byte(text, (size_t)(found - text));
}
