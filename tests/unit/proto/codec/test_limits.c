/* What a peer can make the decoder and the merge do. Each limit is tried at its edge; each way
 * around one that was found stays here. */
#include "proto/codec/codec.h"

#include "tests/unit/proto/codec/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* `times` x `piece`, with commas. */
static void repeat(struct sbuf *out, const char *piece, int times)
{
    for (int i = 0; i < times; i++) {
        if (i)
            sbuf_addc(out, ',');
        sbuf_adds(out, piece);
    }
}

static enum err_code decode(const struct sbuf *text, struct arena *a, struct err *err)
{
    struct sample *s;
    *err = (struct err)ERR_INIT;
    return proto_decode(&sample_type, text->s, text->len, 0, a, &s, err);
}

static void test_depth(void **state)
{
    (void)state;
    static const struct {
        const char *open, *middle, *close;
        int per_round; /* levels that a round adds */
    } cases[] = {
        {"{\"deeper\":", "{}", "}", 1},
        {"{\"unknown\":", "{}", "}", 1},
        {"{\"deeper\":{\"raw\":[", "{}", "]}}", 3},
        {"{\"deeper\":", "{\"strs\":[]}", "}", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int n = 1; n < 40; n++) {
            AUTO(arena_release) struct arena a = ARENA_INIT;
            AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
            struct err err;
            int levels = n * cases[i].per_round + 1 + (strchr(cases[i].middle, '[') != NULL);
            for (int k = 0; k < n; k++)
                sbuf_adds(&text, cases[i].open);
            sbuf_adds(&text, cases[i].middle);
            for (int k = 0; k < n; k++)
                sbuf_adds(&text, cases[i].close);
            assert_int_equal(decode(&text, &a, &err),
                             levels <= PROTO_DEPTH_MAX ? ERR_OK : ERR_LIMIT);
        }
    }
}

/* A text in a text in a text: the levels add up, in spite of the new text. */
static void test_depth_of_texts(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT, outer = SBUF_INIT;
    struct err err;
    for (int i = 0; i < 18; i++)
        sbuf_adds(&text, "{\"deeper\":");
    sbuf_adds(&text, "{}");
    for (int i = 0; i < 18; i++)
        sbuf_adds(&text, "}");
    assert_int_equal(decode(&text, &a, &err), ERR_OK);
    for (int i = 0; i < 18; i++)
        sbuf_adds(&outer, "{\"deeper\":");
    sbuf_adds(&outer, "{\"in_text\":");
    proto_quotes(&outer, text.s);
    for (int i = 0; i < 19; i++)
        sbuf_adds(&outer, "}");
    assert_int_equal(decode(&outer, &a, &err), ERR_LIMIT);
}

/* What is typed, skipped and kept as text has the same bound: none of number. */
static void test_counts(void **state)
{
    (void)state;
    static const struct {
        const char *open, *piece, *close;
    } cases[] = {
        {"{\"strs\":[", "\"\"", "]}"},
        {"{\"strs\":[", "null", "]}"},
        {"{\"list\":[", "{}", "]}"},
        {"{\"first\":[", "1", "]}"},
        {"{\"strmap\":{", "\"k\":\"v\"", "}}"},
        {"{\"strmap\":{", "\"k\":null", "}}"},
        {"{\"listmap\":{", "\"k\":[]", "}}"},
        {"{\"raw\":[", "1", "]}"},
        {"{\"bytes\":[", "1", "]}"},
        {"{\"unknown\":[", "1", "]}"}, /* a script's bytes, to who passes the message on */
        {"{\"unknown\":{\"list\":[", "{}", "]}}"},
        {"{", "\"str\":1", "}"},
        {"{", "\"x\":1", "}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct err err;
        sbuf_adds(&text, cases[i].open);
        repeat(&text, cases[i].piece, 50000);
        sbuf_adds(&text, cases[i].close);
        if (decode(&text, &a, &err) != ERR_OK)
            fail_msg("%s%s...: '%s'", cases[i].open, cases[i].piece, err.msg);
    }
}

static void unknown_members(struct sbuf *text, int from, int n)
{
    sbuf_addc(text, '{');
    for (int i = 0; i < n; i++)
        sbuf_addf(text, "%s\"x%d\":1", i ? "," : "", from + i);
    sbuf_addc(text, '}');
}

static void test_unknown_members(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct err err;
        unknown_members(&text, 0, PROTO_EXTRA_MAX + more);
        assert_int_equal(decode(&text, &a, &err), more ? ERR_LIMIT : ERR_OK);
    }
}

/* How much memory a text of a certain shape takes, as a multiple of its length. Found by reading:
 *  - bytes: each array took half of the rest of the text, however short it was;
 *  - null members of a map with a full array (8192 entries) made the array anew, each;
 *  - lists, maps and their keys were not counted against PROTO_ARENA_MAX at all. */
static void test_memory(void **state)
{
    (void)state;
    static const struct {
        const char *name, *open, *piece, *close;
        int times;
        size_t ratio;
    } cases[] = {
        {"empty scripts", "{\"raw\":1,", "\"bytes\":[]", "}", 20000, 4},
        {"short scripts", "{\"raw\":1,", "\"bytes\":[1,2,3]", "}", 20000, 4},
        {"base64", "{\"raw\":1,", "\"bytes\":\"AAAA\"", "}", 20000, 4},
        {"map with nulls", "{\"strmap\":{\"a\":\"1\",", "\"k\":null", "}}", 9000, 4},
        {"maps", "{\"raw\":1,", "\"listmap\":{\"\":[]}", "}", 20000, 12},
        {"unknown", "{\"raw\":1,", "\"x\":1", "}", 20000, 8},
        {"unknown, escaped", "{\"raw\":1,", "\"\\u0061\":\"\\n\"", "}", 20000, 8},
        {"skipped strings", "{\"first\":[\"a\",", "\"\\n\\n\\n\\n\"", "]}", 9000, 2},
        {"empty records", "{\"list\":[", "{}", "]}", 9000, 64},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct err err;
        sbuf_adds(&text, cases[i].open);
        repeat(&text, cases[i].piece, cases[i].times);
        sbuf_adds(&text, cases[i].close);
        assert_int_equal(decode(&text, &a, &err), ERR_OK);
        if (a.used > cases[i].ratio * text.len + 4096)
            fail_msg("%s: %zu bytes of text took %zu bytes, %zu times as much", cases[i].name,
                     text.len, a.used, a.used / text.len);
    }
}

static void test_full_map_with_nulls(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err;
    sbuf_adds(&text, "{\"strmap\":{");
    for (int i = 0; i < 8192; i++)
        sbuf_addf(&text, "\"%d\":\"\",", i);
    repeat(&text, "\"\":null", 1000);
    sbuf_adds(&text, "}}");
    assert_int_equal(decode(&text, &a, &err), ERR_OK);
    assert_true(a.used < 20 * text.len);
}

/* The limit of memory holds wherever a document repeats something. */
static void test_arena_limit(void **state)
{
    (void)state;
    static const struct {
        const char *open, *piece, *close;
    } cases[] = {
        {"{\"raw\":1,", "\"listmap\":{\"a\":[],\"b\":[],\"c\":[]}", "}"},
        {"{\"raw\":1,", "\"strsmap\":{\"a\":[],\"b\":[],\"c\":[]}", "}"},
        {"{\"raw\":1,", "\"strs\":[1,2,3,4,5,6,7,8,9]", "}"},
        {"{\"raw\":1,", "\"strmap\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1}", "}"},
        {"{\"raw\":1,", "\"list\":[{},{},{}]", "}"},
        {"{\"raw\":1,", "\"deeper\":{}", "}"},
        {"{\"raw\":1,", "\"in_text\":\"{}\"", "}"},
        {"{\"raw\":1,", "\"x\":\"0123456789abcdef0123456789abcdef\"", "}"},
        {"{\"strs\":[", "\"\"", "]}"},
        {"{\"list\":[", "{}", "]}"},
        {"{\"strmap\":{", "\"\":\"\"", "}}"},
        {"{\"strsmap\":{", "\"\":[]", "}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct err err;
        sbuf_adds(&text, cases[i].open);
        repeat(&text, cases[i].piece, 4000000);
        sbuf_adds(&text, cases[i].close);
        enum err_code rc = decode(&text, &a, &err);
        if (a.used > PROTO_ARENA_MAX + 1024 * 1024)
            fail_msg("%s: took %zu MiB", cases[i].piece, a.used >> 20);
        assert_true(rc == ERR_LIMIT || a.used < PROTO_ARENA_MAX);
    }
}

/* Quadratic work would take minutes here; the bound is generous, the sanitizer is slow. */
static int64_t milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum { MANY = 10000 };

/* MANY pieces, each with its number in the place of # */
static void many(struct sbuf *out, const char *piece, const char *open, const char *close)
{
    int before = (int)strcspn(piece, "#");
    sbuf_adds(out, open);
    for (int i = 0; i < MANY; i++)
        sbuf_addf(out, "%s%.*s%d%s", i ? "," : "", before, piece, i, piece + before + 1);
    sbuf_adds(out, close);
}

static void test_time(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stored, *sent, *open, *close;
    } cases[] = {
        {"by id", "{\"id\":\"a#\"}", "{\"id\":\"b#\"}", "{\"list\":[", "]}"},
        {"same name, other id", "{\"id\":\"a#\",\"name\":\"x\"}", "{\"id\":\"b#\",\"name\":\"x\"}",
         "{\"list\":[", "]}"},
        {"same name, no id", "{\"name\":\"x\",\"n\":#}", "{\"id\":\"#\",\"name\":\"x\"}",
         "{\"list\":[", "]}"},
        {"map", "\"a#\":\"1\"", "\"b#\":\"2\"", "{\"strmap\":{", "}}"},
        {"map of records", "\"a#\":{}", "\"b#\":{}", "{\"map\":{", "}}"},
        {"same key", "\"a\":\"#\"", "\"a\":\"#\"", "{\"strmap\":{", "}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf stored = SBUF_INIT, sent = SBUF_INIT, out = SBUF_INIT;
        struct sample *dst, *src;
        many(&stored, cases[i].stored, cases[i].open, cases[i].close);
        many(&sent, cases[i].sent, cases[i].open, cases[i].close);
        int64_t began = milliseconds();
        assert_int_equal(proto_decode(&sample_type, stored.s, stored.len, 0, &a, &dst, NULL),
                         ERR_OK);
        assert_int_equal(proto_decode(&sample_type, sent.s, sent.len, 0, &a, &src, NULL), ERR_OK);
        proto_merge(&sample_type, dst, src, &a);
        int64_t took = milliseconds() - began;
        if (took > 1000)
            fail_msg("%s: took %lld ms", cases[i].name, (long long)took);
        /* What was merged must be readable again. */
        proto_encode(&sample_type, dst, 0, &out);
        assert_int_equal(proto_decode(&sample_type, out.s, out.len, 0, &a, &src, NULL), ERR_OK);
    }
}

/* A peer that adds other unknown members with each message must not get so far that the record
 * that we stored can no longer be read. */
static void test_merge_stays_readable(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct sample *dst = proto_new(&sample_type, &a), *src;
    struct err err;
    for (int i = 0; i < 5; i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        unknown_members(&text, i * 100, 100);
        assert_int_equal(proto_decode(&sample_type, text.s, text.len, 0, &a, &src, &err), ERR_OK);
        proto_merge(&sample_type, dst, src, &a);
    }
    proto_encode(&sample_type, dst, 0, &out);
    assert_int_equal(decode(&out, &a, &err), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_depth_of_texts),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_unknown_members),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_full_map_with_nulls),
        cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_merge_stays_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
