/* One value: from text into the member of the options struct. */
#include "common/base/mem.h"
#include "common/config/config_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *suffix;
    int64_t ms;
} duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

/* Digits only (and one '-'): strtoll alone takes blanks, '+' and the empty string. *ret_rest is
 * what follows. */
static bool parse_number(const char *text, int64_t *ret, const char **ret_rest)
{
    char *rest;
    if (!isdigit((unsigned char)text[text[0] == '-']))
        return false;
    errno = 0;
    long long n = strtoll(text, &rest, 10);
    if (errno)
        return false;
    *ret = n;
    *ret_rest = rest;
    return true;
}

enum err_code config_parse_duration(const char *text, int64_t *ret_ms, struct err *err)
{
    int64_t n, ms = 0;
    const char *rest;
    if (!parse_number(text, &n, &rest) || n < 0)
        goto bad;
    if (*rest == '\0')
        rest = "s";
    for (size_t i = 0; i < ARRAY_LEN(duration_units); i++)
        if (strcmp(rest, duration_units[i].suffix) == 0) {
            if (__builtin_mul_overflow(n, duration_units[i].ms, &ms))
                goto bad;
            *ret_ms = ms;
            return ERR_OK;
        }
bad:
    err_set(err, ERR_INVALID, "'%.64s' is not a duration", text);
    return err_hint(err, "write it as 250ms, 30s, 5m, 2h or 1d");
}

void config_format_duration(int64_t ms, char *out, size_t size)
{
    size_t i = 0;
    while (i < ARRAY_LEN(duration_units) - 1 && (ms == 0 || ms % duration_units[i].ms != 0))
        i++;
    if (ms == 0)
        i = 3;
    snprintf(out, size, "%lld%s", (long long)(ms / duration_units[i].ms), duration_units[i].suffix);
}

static void format_limit(const struct config_option *o, int64_t n, char *out, size_t size)
{
    if (o->type == CONFIG_T_DURATION)
        config_format_duration(n, out, size);
    else
        snprintf(out, size, "%lld", (long long)n);
}

static enum err_code check_range(const struct config_option *o, int64_t n, const char *what,
                                 struct err *err)
{
    if ((o->min == 0 && o->max == 0) || (n >= o->min && n <= o->max))
        return ERR_OK;
    char got[32], min[32], max[32];
    format_limit(o, n, got, sizeof(got));
    format_limit(o, o->min, min, sizeof(min));
    format_limit(o, o->max, max, sizeof(max));
    err_set(err, ERR_INVALID, "%s %s is out of range", what, got);
    return err_hint(err, "'%s' takes %s to %s%s%s", o->name, min, max, o->unit ? " " : "",
                    o->unit ? o->unit : "");
}

static enum err_code set_int(const struct config_option *o, void *value, const char *text,
                             struct err *err)
{
    int64_t n;
    const char *rest;
    bool good = parse_number(text, &n, &rest), is_bytes = o->unit && strcmp(o->unit, "bytes") == 0;
    if (good && is_bytes && *rest && rest[1] == '\0') {
        const char *powers = "kMG", *power = strchr(powers, *rest == 'K' ? 'k' : *rest);
        good = power && !__builtin_mul_overflow(n, INT64_C(1) << (10 * (power - powers + 1)), &n);
        rest++;
    }
    if (!good || *rest) {
        err_set(err, ERR_INVALID, "'%.64s' is not a number", text);
        return is_bytes ? err_hint(err, "write it as 65536, 64k, 10M or 2G") : ERR_INVALID;
    }
    enum err_code rc = check_range(o, n, "value", err);
    if (rc == ERR_OK)
        *(int64_t *)value = n;
    return rc;
}

static enum err_code set_duration(const struct config_option *o, void *value, const char *text,
                                  struct err *err)
{
    int64_t ms;
    enum err_code rc = config_parse_duration(text, &ms, err);
    if (rc == ERR_OK)
        rc = check_range(o, ms, "value", err);
    if (rc == ERR_OK)
        *(int64_t *)value = ms;
    return rc;
}

static enum err_code set_bool(void *value, const char *text, struct err *err)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(text, words[i]) == 0) {
            *(bool *)value = i % 2 == 1;
            return ERR_OK;
        }
    err_set(err, ERR_INVALID, "'%.64s' is neither true nor false", text);
    return err_hint(err, "write true or false");
}

static enum err_code set_enum(const struct config_option *o, void *value, const char *text,
                              struct err *err)
{
    char list[160] = "";
    for (int i = 0; o->choices[i]; i++) {
        if (strcmp(text, o->choices[i]) == 0) {
            *(int *)value = i;
            return ERR_OK;
        }
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
                 o->choices[i]);
    }
    err_set(err, ERR_INVALID, "'%.64s' is not a choice", text);
    return err_hint(err, "one of: %s", list);
}

static enum err_code set_list(struct config_slot *slot, const char *text, struct err *err)
{
    size_t n = 0, room = 1;
    for (const char *c = text; *c; c++)
        room += *c == ',';
    char *copy = xstrdup(text);
    const char **items = xcalloc(room, sizeof(*items));
    for (char *at = copy, *next; at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        at += strspn(at, " \t");
        size_t len = strlen(at);
        while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
            at[--len] = '\0';
        if (len > 0)
            items[n++] = at;
    }
    enum err_code rc = check_range(slot->option, (int64_t)n, "number of items", err);
    if (rc != ERR_OK) {
        free(items);
        free(copy);
        return rc;
    }
    free(slot->items);
    free(slot->item_text);
    slot->items = items;
    slot->item_text = copy;
    *(struct config_list *)slot->value = (struct config_list){.items = items, .n = n};
    return ERR_OK;
}

static enum err_code set_by_type(struct config_slot *slot, const char *text, struct err *err)
{
    const struct config_option *o = slot->option;
    switch (o->type) {
    case CONFIG_T_INT:
        return set_int(o, slot->value, text, err);
    case CONFIG_T_BOOL:
        return set_bool(slot->value, text, err);
    case CONFIG_T_DURATION:
        return set_duration(o, slot->value, text, err);
    case CONFIG_T_ENUM:
        return set_enum(o, slot->value, text, err);
    case CONFIG_T_LIST:
        return set_list(slot, text, err);
    case CONFIG_T_STR:
    case CONFIG_T_PATH:
    case CONFIG_T_SECRET:
        return check_range(o, (int64_t)strlen(text), "length", err);
    case CONFIG_T_END:
        break;
    }
    return err_set(err, ERR_INTERNAL, "option '%s' has no type", o->name);
}

static void wipe(const struct config_slot *slot)
{
    if (slot->text && slot->option->type == CONFIG_T_SECRET)
        explicit_bzero(slot->text, strlen(slot->text));
}

enum err_code config_set(struct config_slot *slot, const char *text, struct err *err)
{
    enum config_type type = slot->option->type;
    enum err_code rc = set_by_type(slot, text, err);
    if (rc != ERR_OK)
        return rc;
    char *copy = xstrdup(text); /* before the old one goes: text may be it */
    wipe(slot);
    free(slot->text);
    slot->text = copy;
    if (type == CONFIG_T_STR || type == CONFIG_T_PATH || type == CONFIG_T_SECRET)
        *(const char **)slot->value = copy;
    return ERR_OK;
}

void config_set_path(struct config_slot *slot, const char *path)
{
    free(slot->path);
    slot->path = path ? xstrdup(path) : NULL;
    if (slot->option->path_offset)
        *(const char **)((char *)slot->group->values + slot->option->path_offset) =
            path ? slot->path : "";
}

void config_unset(struct config_slot *slot)
{
    static const size_t sizes[] = {
        [CONFIG_T_STR] = sizeof(char *),  [CONFIG_T_INT] = sizeof(int64_t),
        [CONFIG_T_BOOL] = sizeof(bool),   [CONFIG_T_DURATION] = sizeof(int64_t),
        [CONFIG_T_PATH] = sizeof(char *), [CONFIG_T_SECRET] = sizeof(char *),
        [CONFIG_T_ENUM] = sizeof(int),    [CONFIG_T_LIST] = sizeof(struct config_list),
    };
    if (!slot->option) /* building stopped before this one */
        return;
    wipe(slot);
    free(slot->text);
    config_set_path(slot, NULL);
    free(slot->item_text);
    free(slot->items);
    memset(slot->value, 0, sizes[slot->option->type]);
}
