#include "tests/support/record_gen.h"

#include <string.h>

uint64_t gen_number(struct record_gen *g, uint64_t below)
{
    g->state ^= g->state << 13; /* xorshift64 */
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return g->state % below;
}

const char *gen_text(struct record_gen *g)
{
    static const char *const parts[] = {"a",
                                        "web-1",
                                        "10.1.0.4",
                                        " ",
                                        "\"",
                                        "\\",
                                        "/",
                                        "\n\t\r",
                                        "\x01\x1f",
                                        "\x7f",
                                        "\xc3\xbc",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x8c\x8d",
                                        "\xef\xbf\xbf",
                                        "null",
                                        "'",
                                        "0",
                                        "{}",
                                        "\\u0041"};
    char text[64] = "";
    for (uint64_t n = gen_number(g, 5); n > 0; n--)
        strcat(text, parts[gen_number(g, ARRAY_LEN(parts))]);
    return arena_strdup(g->arena, text);
}

static const char *gen_json(struct record_gen *g)
{
    static const char *const texts[] = {"1",
                                        "-2.5e3",
                                        "true",
                                        "\"a\\u00fc\\n\"",
                                        "[]",
                                        "{}",
                                        "[1,[2,{\"a\":null}]]",
                                        "{\"k\":{\"k\":[\"\"]}}",
                                        "-0.0",
                                        " { \"a\" : 1 } "};
    return texts[gen_number(g, ARRAY_LEN(texts))];
}

static struct proto_raw gen_raw(struct record_gen *g)
{
    const char *text = gen_json(g);
    size_t n;
    text += strspn(text, " ");
    for (n = strlen(text); text[n - 1] == ' ';)
        n--;
    return (struct proto_raw){text, n};
}

static double gen_real(struct record_gen *g)
{
    static const double some[] = {0, 1, -1, 0.1, 1e300, 5e-324, 123456789.125, 2.0 / 3};
    return some[gen_number(g, ARRAY_LEN(some))];
}

static int64_t gen_integer(struct record_gen *g)
{
    static const int64_t some[] = {0, 1, -1, 42, 9007199254740993, INT64_MAX, INT64_MIN};
    return some[gen_number(g, ARRAY_LEN(some))];
}

static struct proto_strs gen_strs(struct record_gen *g)
{
    struct proto_strs l = {.at = arena_alloc(g->arena, 1)};
    for (uint64_t n = gen_number(g, 4); n > 0; n--)
        proto_list_add(&l, gen_text(g), g->arena);
    return l;
}

static struct proto_list gen_list(struct record_gen *g, const struct proto_type *type)
{
    struct proto_list l = {.at = arena_alloc(g->arena, 1)};
    for (uint64_t n = g->depth ? gen_number(g, 3) : 0; n > 0; n--)
        proto_list_add(&l, gen_record(g, type), g->arena);
    return l;
}

static const char *gen_key(struct record_gen *g, uint32_t i)
{
    return arena_printf(g->arena, "k%u%s", i, gen_text(g)); /* no two alike */
}

static void gen_map(struct record_gen *g, const struct proto_field *f, char *at)
{
    bool narrow = f->kind == PROTO_STRMAP || f->kind == PROTO_MAP;
    struct proto_map m = {.at = arena_alloc(g->arena, 1)};
    struct proto_listmap wide = {.at = arena_alloc(g->arena, 1)};
    bool is_deep = f->type && g->depth == 0;
    for (uint32_t i = 0, n = is_deep ? 0 : (uint32_t)gen_number(g, 3); i < n; i++) {
        struct proto_strs strs;
        struct proto_list list = {0};
        const char *text;
        void *value;
        if (f->kind == PROTO_STRMAP) {
            text = gen_text(g);
            memcpy(&value, &text, sizeof(value));
            proto_map_add(&m, gen_key(g, i), value, g->arena);
        } else if (f->kind == PROTO_MAP) {
            proto_map_add(&m, gen_key(g, i), gen_record(g, f->type), g->arena);
        } else {
            if (f->kind == PROTO_LISTMAP) {
                list = gen_list(g, f->type);
            } else {
                strs = gen_strs(g);
                memcpy(&list, &strs, sizeof(list));
            }
            proto_map_add(&wide, gen_key(g, i), list, g->arena);
        }
    }
    if (narrow)
        memcpy(at, &m, sizeof(m));
    else
        memcpy(at, &wide, sizeof(wide));
}

#define SET(generic, expr)                                                                         \
    do {                                                                                           \
        generic v = (expr);                                                                        \
        memcpy(at, &v, sizeof(v));                                                                 \
    } while (0)

static void gen_member(struct record_gen *g, const struct proto_field *f, char *at)
{
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:     SET(const char *, gen_text(g)); break;
    case PROTO_INT:     SET(int64_t, gen_integer(g)); break;
    case PROTO_BOOL:    SET(bool, gen_number(g, 2)); break;
    case PROTO_REAL:    SET(double, gen_real(g)); break;
    case PROTO_STRS:    SET(struct proto_strs, gen_strs(g)); break;
    case PROTO_LIST:    SET(struct proto_list, gen_list(g, f->type)); break;
    case PROTO_RAW:     SET(struct proto_raw, gen_raw(g)); break;
    case PROTO_STRMAP:
    case PROTO_STRSMAP:
    case PROTO_MAP:
    case PROTO_LISTMAP: gen_map(g, f, at); break;
    case PROTO_BYTES: {
        struct proto_bytes b = {.n = gen_number(g, 40)};
        uint8_t *bytes = arena_alloc(g->arena, b.n);
        for (size_t i = 0; i < b.n; i++)
            bytes[i] = (uint8_t)gen_number(g, 256);
        b.at = bytes;
        memcpy(at, &b, sizeof(b));
        break;
    }
    case PROTO_REC:
        if (g->depth)
            SET(void *, gen_record(g, f->type));
        break;
    }
    /* clang-format on */
}

void *gen_record(struct record_gen *g, const struct proto_type *type)
{
    char *rec = proto_new(type, g->arena);
    struct proto_extra **tail = &((struct proto_rec *)(void *)rec)->extra;
    g->depth--;
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (gen_number(g, 3) == 0)
            gen_member(g, &type->fields[i], rec + type->fields[i].offset);
    for (uint64_t n = gen_number(g, (uint64_t)g->extras + 1), i = 0; i < n; i++) {
        struct proto_raw value = gen_raw(g);
        struct proto_extra *x = arena_alloc(g->arena, sizeof(*x));
        x->key = arena_printf(g->arena, "x-%d%s", (int)i, gen_text(g));
        x->value = value.at;
        x->value_len = value.n;
        *tail = x;
        tail = &x->next;
    }
    g->depth++;
    return rec;
}
