#include "nfvo/api/auth/password_rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

enum {
    NEEDED = 6,
    WORD = 2, /* what a common word counts */
    WORD_MIN = 4,
    WORD_MAX = 24,
    RUN_MIN = 3,
};

/* --- lists ------------------------------------------------------------------------------------ */

uint32_t password_rule_hash(const char *text, size_t len)
{
    return (uint32_t)(hash_bytes(HASH_START, text, len) >> 32);
}

static int compare_short(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int compare_long(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool is_common(const char *text, size_t len)
{
    uint32_t hash = password_rule_hash(text, len);
    return bsearch(&hash, common_passwords, common_passwords_n, sizeof(hash), compare_short);
}

struct password_list {
    uint64_t *at;
    size_t n, size;
};

static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

static bool is_own(const struct password_list *list, const char *text)
{
    uint64_t hash = hash_bytes(HASH_START, text, strlen(text));
    return list && bsearch(&hash, list->at, list->n, sizeof(hash), compare_long);
}

static enum err_code add_line(struct password_list *list, char *line, struct err *err)
{
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line)
        return ERR_OK;
    if (list->n == PASSWORD_LIST_MAX)
        return err_set(err, ERR_LIMIT, "more than %d lines", PASSWORD_LIST_MAX);
    if (list->n == list->size) {
        list->size = list->size ? 2 * list->size : 1024;
        list->at = xrealloc(list->at, list->size * sizeof(list->at[0]));
    }
    lower(line);
    list->at[list->n++] = hash_bytes(HASH_START, line, strlen(line));
    return ERR_OK;
}

enum err_code password_list_read(struct password_list **ret, const char *path, struct err *err)
{
    char line[PASSWORD_MAX + 3];
    enum err_code rc = ERR_OK;
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set_errno(err, ERR_IO, errno, "read the list of passwords '%s'", path);
    struct password_list *list = xcalloc(1, sizeof(*list));
    while (rc == ERR_OK && fgets(line, sizeof(line), file))
        rc = add_line(list, line, err);
    if (rc == ERR_OK && ferror(file))
        rc = err_set_errno(err, ERR_IO, errno, "read the list of passwords '%s'", path);
    fclose(file);
    if (rc != ERR_OK) {
        password_list_free(list);
        return rc;
    }
    if (list->n)
        qsort(list->at, list->n, sizeof(list->at[0]), compare_long);
    *ret = list;
    return ERR_OK;
}

void password_list_free(struct password_list *list)
{
    if (!list)
        return;
    free(list->at);
    free(list);
}

/* --- how much of it is not to be expected ----------------------------------------------------- */

/* A character and the next one in a row of something: 0, or the step. */
static int step_of(char a, char b)
{
    static const char *const rows[] = {"abcdefghijklmnopqrstuvwxyz",
                                       "01234567890",
                                       "qwertyuiop",
                                       "asdfghjkl",
                                       "zxcvbnm",
                                       "qwertzuiop",
                                       "yxcvbnm",
                                       "azertyuiop",
                                       "qsdfghjklm",
                                       "wxcvbn"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *at = strchr(rows[i], a);
        if (at && *at && at[1] == b)
            return (int)i + 1;
        if (at && *at && at > rows[i] && at[-1] == b)
            return -(int)i - 1;
    }
    return 0;
}

static size_t same_length(const char *text)
{
    size_t n = 1;
    while (text[n] && text[n] == text[0])
        n++;
    return n;
}

static size_t run_length(const char *text)
{
    size_t n = 1;
    int step = text[1] ? step_of(text[0], text[1]) : 0;
    while (step && text[n] && step_of(text[n - 1], text[n]) == step)
        n++;
    return n;
}

/* "abcabcabc": what comes again and again is there once. */
static size_t period_of(const char *text, size_t len)
{
    for (size_t n = 1; n <= len / 2; n++)
        if (len % n == 0 && memcmp(text, text + n, len - n) == 0)
            return n;
    return len;
}

static bool is_year(const char *text)
{
    return (strncmp(text, "19", 2) == 0 || strncmp(text, "20", 2) == 0) &&
           strspn(text, "0123456789") >= 4;
}

static size_t word_length(const char *text)
{
    size_t most = strlen(text);
    if (most > WORD_MAX)
        most = WORD_MAX;
    for (size_t n = most; n >= WORD_MIN; n--)
        if (is_common(text, n))
            return n;
    return 0;
}

/* The user's name, and those of what it is the password for. */
static size_t name_length(const char *text, const char *user)
{
    const char *const names[] = {user, "openbaton", "baton", "nfvo", "orchestrator"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t len = strlen(names[i]);
        if (len >= RUN_MIN && strncmp(text, names[i], len) == 0)
            return len;
    }
    return 0;
}

/* The longest step that counts little. *ret_count: how much. */
static size_t take(const char *text, const char *user, size_t *ret_count)
{
    size_t n;
    *ret_count = 1;
    if ((n = name_length(text, user)))
        return n;
    if ((n = same_length(text)) > 1 || (n = run_length(text)) >= RUN_MIN)
        return n;
    if (is_year(text))
        return 4;
    if ((n = word_length(text))) {
        *ret_count = WORD;
        return n;
    }
    n = utf8_char(text, strlen(text), NULL);
    return n ? n : 1;
}

static size_t count(const char *text, const char *user)
{
    size_t all = 0, counted;
    while (*text) {
        text += take(text, user, &counted);
        all += counted;
    }
    return all;
}

/* --- the rule --------------------------------------------------------------------------------- */

static void unleet(char *text)
{
    static const char from[] = "0134578@$!", to[] = "oieastbasi";
    for (; *text; text++) {
        const char *at = strchr(from, *text);
        if (at)
            *text = to[at - from];
    }
}

static size_t characters(const char *text)
{
    size_t n = 0, len = strlen(text);
    for (size_t i = 0; i < len; n++) {
        size_t k = utf8_char(text + i, len - i, NULL);
        i += k ? k : 1;
    }
    return n;
}

static bool is_guessable(const struct password_rule *rule, const char *user, char *text)
{
    char name[64] = "";
    size_t len = strlen(text);
    if (user && strlen(user) < sizeof(name))
        memcpy(name, user, strlen(user) + 1);
    lower(name);
    lower(text);
    for (int round = 0; round < 2; round++) {
        if (is_common(text, len) || is_own(rule->own, text))
            return true;
        size_t period = period_of(text, len);
        char kept = text[period];
        text[period] = '\0';
        size_t counted = count(text, name);
        text[period] = kept;
        if (counted < NEEDED)
            return true;
        unleet(text);
    }
    return false;
}

enum err_code password_rule_check(const struct password_rule *rule, const char *user,
                                  const char *password, struct err *err)
{
    char text[PASSWORD_MAX + 1];
    size_t len = strlen(password);
    if (characters(password) < rule->min) {
        err_set(err, ERR_INVALID, "the password is too short");
        return err_hint(err,
                        "at least %zu characters; some words that have nothing to do with "
                        "each other are good",
                        rule->min);
    }
    if (len > PASSWORD_MAX) {
        err_set(err, ERR_INVALID, "the password is too long");
        return err_hint(err, "at most %d bytes", PASSWORD_MAX);
    }
    memcpy(text, password, len + 1);
    bool is_bad = is_guessable(rule, user, text);
    explicit_bzero(text, sizeof(text));
    if (!is_bad)
        return ERR_OK;
    err_set(err, ERR_INVALID, "the password is easy to guess");
    return err_hint(err, "it is common, or made of common words, names, years and runs such as "
                         "'1234' or 'qwer'; some words that have nothing to do with each other "
                         "are good");
}
