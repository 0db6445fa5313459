#include "proto/codec/codec.h"

#include "common/base/text.h"
#include "proto/codec/leaf.h"

#include <stdlib.h>
#include <string.h>

static enum err_code value(struct scan *s, const struct proto_field *f, char *at,
                           bool *ret_present);
static enum err_code record(struct scan *s, const struct proto_type *type, void **ret);

/* Non-NULL `at` with n == 0 says "present and empty", which a faithful encoder writes back. */
static void *empty_array(struct scan *s)
{
    return arena_alloc(s->arena, 1);
}

static enum err_code strs(struct scan *s, struct proto_strs *ret)
{
    bool more;
    if (scan_peek(s) != SCAN_ARRAY)
        return leaf_wrong(s, "an array of strings");
    enum err_code rc = scan_open(s, '[');
    while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more) {
        const char *text = NULL;
        if (leaf_null(s))
            continue;
        if ((rc = leaf_str(s, NAME_OF_OBJECT, &text)) == ERR_OK && text &&
            (rc = scan_room_to_grow(s, ret->n, sizeof(text))) == ERR_OK)
            proto_list_add(ret, text, s->arena);
    }
    if (!ret->at)
        ret->at = empty_array(s);
    return rc;
}

static enum err_code list(struct scan *s, const struct proto_type *type, struct proto_list *ret)
{
    bool more;
    if (scan_peek(s) != SCAN_ARRAY)
        return leaf_wrong(s, "an array");
    enum err_code rc = scan_open(s, '[');
    while (rc == ERR_OK && (rc = scan_element(s, &more)) == ERR_OK && more) {
        void *rec;
        if (leaf_null(s))
            continue;
        if ((rc = record(s, type, &rec)) == ERR_OK &&
            (rc = scan_room_to_grow(s, ret->n, sizeof(rec))) == ERR_OK)
            proto_list_add(ret, rec, s->arena);
    }
    if (!ret->at)
        ret->at = empty_array(s);
    return rc;
}

static const char *key_at(const char *pair)
{
    const char *key;
    memcpy(&key, pair, sizeof(key));
    return key;
}

static int by_key_then_place(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int order = strcmp(key_at(x), key_at(y));
    return order ? order : (x > y) - (x < y);
}

static bool may_have_doubles(const char *array, uint32_t n, size_t pair_size)
{
    if (n > 16)
        return true;
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(key_at(array + i * pair_size), key_at(array + k * pair_size)) == 0)
                return true;
    return false;
}

/* Of keys that come twice the last one counts, as with every peer's parser: whoever looks one up
 * must not see another value than they. Sorted, since a peer chooses how many there are. */
static uint32_t drop_doubles(struct scan *s, char *array, uint32_t n, size_t pair_size)
{
    if (!may_have_doubles(array, n, pair_size))
        return n;
    char **sorted = arena_alloc(s->arena, n * sizeof(*sorted));
    const char *none = NULL;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        sorted[i] = array + i * pair_size;
    qsort(sorted, n, sizeof(*sorted), by_key_then_place);
    for (uint32_t i = 0; i + 1 < n; i++)
        if (strcmp(key_at(sorted[i]), key_at(sorted[i + 1])) == 0)
            memcpy(sorted[i], &none, sizeof(none));
    for (uint32_t i = 0; i < n; i++)
        if (key_at(array + i * pair_size))
            memmove(array + kept++ * pair_size, array + i * pair_size, pair_size);
    return kept;
}

static enum proto_kind kind_of_values(enum proto_kind map)
{
    return map == PROTO_STRMAP    ? PROTO_STR
           : map == PROTO_STRSMAP ? PROTO_STRS
           : map == PROTO_MAP     ? PROTO_REC
                                  : PROTO_LIST;
}

/* All four kinds of maps: the pair's layout is { key, value }, the value's size differs. */
static enum err_code map(struct scan *s, const struct proto_field *f, size_t pair_size,
                         struct proto_map *ret)
{
    struct proto_field inner = {
        .type = f->type, .kind = (uint8_t)kind_of_values(f->kind), .flags = EMPTY_COUNTS};
    const char *key;
    char *array = NULL;
    size_t len;
    uint32_t n = 0;
    bool more;
    if (scan_peek(s) != SCAN_OBJECT)
        return leaf_wrong(s, "an object");
    enum err_code rc = scan_open(s, '{');
    while (rc == ERR_OK && (rc = scan_member(s, &more, &key, &len)) == ERR_OK && more) {
        bool present = true;
        if (leaf_null(s)) /* before the array grows: growing with n unchanged makes it anew */
            continue;
        if ((rc = scan_room(s, len)) != ERR_OK ||
            (rc = scan_room_to_grow(s, n, pair_size)) != ERR_OK)
            break;
        array = arena_grow_array(s->arena, array, n, pair_size);
        char *pair = array + n * pair_size;
        const char *copy = arena_strndup(s->arena, key, len);
        memcpy(pair, &copy, sizeof(copy));
        rc = value(s, &inner, pair + offsetof(struct proto_pair, value), &present);
        n++;
    }
    if (rc == ERR_OK)
        rc = scan_room(s, n * sizeof(char *)); /* drop_doubles */
    if (rc != ERR_OK)
        return rc;
    ret->at = array ? (void *)array : empty_array(s);
    ret->n = drop_doubles(s, array, n, pair_size);
    return ERR_OK;
}

/* An object without a name, an array without a string: nothing, as null is. */
static enum err_code str(struct scan *s, unsigned flags, const char **ret, bool *ret_present)
{
    enum err_code rc = leaf_str(s, flags, ret);
    bool may_be_empty = !(s->flags & PROTO_EMPTY_IS_ABSENT) || (flags & EMPTY_COUNTS);
    *ret_present = *ret != NULL && (may_be_empty || **ret != '\0');
    return rc;
}

/* Depth, path and memory go on counting: a text in a text is no way around the limits. */
static enum err_code object_in_text(struct scan *s, const struct proto_type *type, void **ret)
{
    const char *text;
    size_t len;
    enum err_code rc = scan_string(s, &text, &len);
    if (rc != ERR_OK)
        return rc;
    struct scan inner = *s;
    inner.begin = inner.at = text;
    inner.end = text + len;
    rc = record(&inner, type, ret);
    if (rc == ERR_OK)
        rc = scan_end(&inner);
    if (rc != ERR_OK)
        err_add(s->err, "object in text");
    return rc;
}

#define CALL_GENERIC(generic, expr)                                                                \
    do {                                                                                           \
        generic got = {0};                                                                         \
        if ((rc = (expr)) == ERR_OK && *ret_present)                                               \
            memcpy(at, &got, sizeof(got));                                                         \
    } while (0)

/* One member's value to `at`, unless it is null or stands for nothing: then *ret_present is false
 * and what an earlier member of that name brought stays. */
static enum err_code value(struct scan *s, const struct proto_field *f, char *at, bool *ret_present)
{
    enum err_code rc = ERR_OK;
    if (leaf_null(s))
        return *ret_present = false, ERR_OK;
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:     CALL_GENERIC(const char *, str(s, f->flags, &got, ret_present)); break;
    case PROTO_INT:     CALL_GENERIC(int64_t, leaf_integer(s, &got, ret_present)); break;
    case PROTO_BOOL:    CALL_GENERIC(bool, leaf_boolean(s, &got)); break;
    case PROTO_REAL:    CALL_GENERIC(double, leaf_real(s, &got, ret_present)); break;
    case PROTO_STRS:    CALL_GENERIC(struct proto_strs, strs(s, &got)); break;
    case PROTO_STRMAP:
    case PROTO_MAP:     CALL_GENERIC(struct proto_map, map(s, f, sizeof(struct proto_pair), &got)); break;
    case PROTO_STRSMAP:
    case PROTO_LISTMAP: CALL_GENERIC(struct proto_map, map(s, f, sizeof(struct proto_listpair), &got)); break;
    case PROTO_LIST:    CALL_GENERIC(struct proto_list, list(s, f->type, &got)); break;
    case PROTO_BYTES:   CALL_GENERIC(struct proto_bytes, leaf_bytes(s, &got)); break;
    case PROTO_RAW:     CALL_GENERIC(struct proto_raw, leaf_raw(s, &got)); break;
    case PROTO_REC:
        if ((f->flags & OBJECT_IN_TEXT) && scan_peek(s) == SCAN_STRING)
            CALL_GENERIC(void *, object_in_text(s, f->type, &got));
        else
            CALL_GENERIC(void *, record(s, f->type, &got));
        break;
    }
    /* clang-format on */
    return rc;
}

/* Members mostly come in the order of the table, so the search starts behind the last hit. */
static int find_field(const struct proto_type *type, uint32_t hint, const char *key, size_t len)
{
    for (uint32_t k = 0; k < type->n_fields; k++) {
        uint32_t i = hint + k < type->n_fields ? hint + k : hint + k - type->n_fields;
        const struct proto_field *f = &type->fields[i];
        if (f->wire_len == len && memcmp(f->wire, key, len) == 0)
            return (int)i;
        if (f->alias && strlen(f->alias) == len && memcmp(f->alias, key, len) == 0)
            return (int)i;
    }
    return -1;
}

static struct proto_extra **find_extra(struct proto_rec *head, const char *key, size_t len,
                                       int *ret_count)
{
    struct proto_extra **p = &head->extra;
    for (*ret_count = 0; *p; p = &(*p)->next, ++*ret_count)
        if (strncmp((*p)->key, key, len) == 0 && (*p)->key[len] == '\0')
            break;
    return p;
}

/* A null is kept too (the peer may tell it from absent), but does not replace a value. */
static enum err_code keep_extra(struct scan *s, const char *key, size_t len, struct proto_rec *head)
{
    int count;
    struct proto_raw text = {0};
    struct proto_extra **at = find_extra(head, key, len, &count), *x = *at;
    if (count == PROTO_EXTRA_MAX)
        return scan_fail(s, ERR_LIMIT, "more than %d unknown members", PROTO_EXTRA_MAX);
    bool is_null = scan_peek(s) == SCAN_NULL;
    enum err_code rc = leaf_raw(s, &text);
    if (rc == ERR_OK)
        rc = scan_room(s, sizeof(*x) + len);
    if (rc != ERR_OK || (x && is_null))
        return rc;
    if (!x) {
        x = *at = arena_alloc(s->arena, sizeof(*x));
        x->key = arena_strndup(s->arena, key, len);
    }
    x->value = text.at;
    x->value_len = text.n;
    return ERR_OK;
}

static enum err_code record(struct scan *s, const struct proto_type *type, void **ret)
{
    if (scan_peek(s) != SCAN_OBJECT)
        return leaf_wrong(s, "an object");
    enum err_code rc = scan_open(s, '{');
    if (rc != ERR_OK)
        return rc;
    char *rec = proto_new(type, s->arena);
    struct proto_rec *head = (struct proto_rec *)(void *)rec;
    uint32_t hint = 0;
    const char *key;
    size_t len;
    bool more;
    while ((rc = scan_member(s, &more, &key, &len)) == ERR_OK && more) {
        int i = find_field(type, hint, key, len);
        bool present = true;
        if (i < 0)
            rc = keep_extra(s, key, len, head);
        else
            rc = value(s, &type->fields[i], rec + type->fields[i].offset, &present);
        if (rc != ERR_OK)
            return rc;
        if (i >= 0 && present)
            head->seen |= UINT64_C(1) << i, hint = (uint32_t)i + 1;
    }
    *ret = rec;
    return rc;
}

enum err_code proto_decode(const struct proto_type *type, const char *text, size_t len,
                           unsigned flags, struct arena *a, void *ret_rec, struct err *err)
{
    struct scan s;
    void *rec = NULL;
    scan_init(&s, text, len, flags, a, err);
    enum err_code rc = record(&s, type, &rec);
    if (rc == ERR_OK && (rc = scan_end(&s)) == ERR_OK)
        memcpy(ret_rec, &rec, sizeof(rec));
    return rc;
}

enum err_code proto_decode_list(const struct proto_type *type, const char *text, size_t len,
                                struct arena *a, void *ret_list, struct err *err)
{
    struct scan s;
    struct proto_list got = {0};
    scan_init(&s, text, len, 0, a, err);
    enum err_code rc = leaf_null(&s) ? ERR_OK : list(&s, type, &got);
    if (rc == ERR_OK && (rc = scan_end(&s)) == ERR_OK)
        memcpy(ret_list, &got, sizeof(got));
    return rc;
}

enum err_code proto_decode_each(const struct proto_type *type, const char *text, size_t len,
                                void (*each)(void *arg, const void *rec), void *arg,
                                struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct scan s;
    bool more;
    scan_init(&s, text, len, 0, &a, err);
    if (leaf_null(&s))
        return scan_end(&s);
    if (scan_peek(&s) != SCAN_ARRAY)
        return leaf_wrong(&s, "an array");
    enum err_code rc = scan_open(&s, '[');
    while (rc == ERR_OK && (rc = scan_element(&s, &more)) == ERR_OK && more) {
        void *rec;
        if (leaf_null(&s))
            continue;
        if ((rc = record(&s, type, &rec)) == ERR_OK)
            each(arg, rec);
        arena_reset(&a);
    }
    return rc == ERR_OK ? scan_end(&s) : rc;
}

enum err_code proto_decode_texts(const char *text, size_t len, struct arena *a,
                                 struct proto_strs *ret, struct err *err)
{
    struct scan s;
    bool more;
    scan_init(&s, text, len, 0, a, err);
    if (scan_peek(&s) != SCAN_ARRAY)
        return leaf_wrong(&s, "an array of texts");
    enum err_code rc = scan_open(&s, '[');
    while (rc == ERR_OK && (rc = scan_element(&s, &more)) == ERR_OK && more) {
        const char *element = NULL;
        if (scan_peek(&s) != SCAN_STRING)
            return leaf_wrong(&s, "a text");
        rc = leaf_str(&s, 0, &element);
        if (rc == ERR_OK && (!element || !*element))
            return scan_fail(&s, ERR_SYNTAX, "must not be empty");
        if (rc == ERR_OK)
            proto_list_add(ret, element, a);
    }
    return rc == ERR_OK ? scan_end(&s) : rc;
}

bool proto_is_nothing(const char *text, size_t len)
{
    static const char blanks[] = " \t\r\n";
    size_t mark = text_mark_size(text, len);
    text += mark, len -= mark;
    while (len && memchr(blanks, text[0], 4))
        text++, len--;
    while (len && memchr(blanks, text[len - 1], 4))
        len--;
    return len == 0 || (len == 4 && memcmp(text, "null", 4) == 0);
}
