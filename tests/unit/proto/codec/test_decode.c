#include "proto/codec/codec.h"

#include "tests/unit/proto/codec/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Decode and encode again: what the decoder understood, in one line. NULL: refused, see err. */
static const char *through(const char *text, size_t len, unsigned flags, struct sbuf *out,
                           struct arena *a, struct err *err)
{
    struct sample *s = NULL;
    sbuf_clear(out);
    *err = (struct err)ERR_INIT;
    /* A copy of exactly that length, so that the sanitizer sees each byte read too much. */
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    enum err_code rc = proto_decode(&sample_type, copy, len, flags, a, &s, err);
    free(copy); /* nothing may point into it */
    if (rc != ERR_OK) {
        assert_null(s);
        assert_int_equal(err->code, rc);
        return NULL;
    }
    proto_encode(&sample_type, s, 0, out);
    return out->s;
}

struct good {
    const char *text, *want;
};
struct bad {
    const char *text, *where, *message;
};

static void expect(const struct good *c, unsigned flags)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err;
    const char *got = through(c->text, strlen(c->text), flags, &out, &a, &err);
    if (!got || strcmp(got, c->want) != 0)
        fail_msg("%s: got %s, want %s", c->text, got ? got : err.msg, c->want);
}

static void test_leniency(void **state)
{
    (void)state;
    static const struct good cases[] = {
        {"{}", "{}"},
        {" { } \n", "{}"},
        {"{\"str\":\"x\"}", "{\"str\":\"x\"}"},
        /* numbers and booleans as text, and the other way round */
        {"{\"str\":5}", "{\"str\":\"5\"}"},
        {"{\"str\":-1.50e2}", "{\"str\":\"-1.50e2\"}"},
        {"{\"str\":true}", "{\"str\":\"true\"}"},
        {"\xef\xbb\xbf{\"str\":\"marked\"}", "{\"str\":\"marked\"}"},
        {"{\"num\":\"42\"}", "{\"num\":42}"},
        {"{\"num\":\"-7\"}", "{\"num\":-7}"},
        {"{\"num\":\"\"}", "{}"},
        {"{\"num\":5.0}", "{\"num\":5}"},
        {"{\"num\":5e2}", "{\"num\":500}"},
        {"{\"num\":9223372036854775807}", "{\"num\":9223372036854775807}"},
        {"{\"num\":-9223372036854775808}", "{\"num\":-9223372036854775808}"},
        {"{\"flag\":\"true\"}", "{\"flag\":true}"},
        {"{\"flag\":\"false\"}", "{\"flag\":false}"},
        {"{\"real\":\"0.5\"}", "{\"real\":0.5}"},
        {"{\"real\":0.1}", "{\"real\":0.1}"},
        {"{\"real\":0.30000000000000004}", "{\"real\":0.30000000000000004}"},
        {"{\"real\":\"\"}", "{}"},
        {"{\"num\":0,\"real\":0,\"flag\":false}", "{\"num\":0,\"flag\":false,\"real\":0}"},
        /* null is absent, everywhere */
        {"{\"str\":null,\"num\":null,\"flag\":null,\"real\":null,\"strs\":null,\"strmap\":null}",
         "{}"},
        {"{\"strsmap\":null,\"rec\":null,\"list\":null,\"map\":null,\"listmap\":null}", "{}"},
        {"{\"bytes\":null,\"raw\":null,\"named\":null,\"first\":null,\"in_text\":null}", "{}"},
        {"{\"strs\":[null,\"a\",null]}", "{\"strs\":[\"a\"]}"},
        {"{\"list\":[null,{},null]}", "{\"list\":[{}]}"},
        {"{\"strmap\":{\"a\":null,\"b\":\"1\"}}", "{\"strmap\":{\"b\":\"1\"}}"},
        {"{\"map\":{\"a\":null}}", "{\"map\":{}}"},
        {"{\"listmap\":{\"a\":null,\"b\":[]}}", "{\"listmap\":{\"b\":[]}}"},
        /* present and empty stays so */
        {"{\"strs\":[],\"list\":[],\"strmap\":{},\"bytes\":[]}",
         "{\"strs\":[],\"strmap\":{},\"list\":[],\"bytes\":[]}"},
        /* two names, old forms */
        {"{\"string\":\"x\"}", "{\"str\":\"x\"}"},
        {"{\"named\":\"x\"}", "{\"named\":\"x\"}"},
        {"{\"named\":{\"id\":\"1\",\"name\":\"x\",\"more\":[{}]}}", "{\"named\":\"x\"}"},
        {"{\"named\":{\"name\":null}}", "{}"},
        {"{\"named\":{}}", "{}"},
        {"{\"strs\":[\"a\",{\"name\":\"b\"},{\"id\":\"c\"},7]}", "{\"strs\":[\"a\",\"b\",\"7\"]}"},
        {"{\"first\":[\"x\",\"y\"]}", "{\"first\":\"x\"}"},
        {"{\"first\":[null,{},\"y\"]}", "{\"first\":\"y\"}"},
        {"{\"first\":[]}", "{}"},
        {"{\"in_text\":\"{\\\"str\\\":\\\"x\\\"}\"}", "{\"in_text\":{\"str\":\"x\"}}"},
        {"{\"in_text\":{\"str\":\"x\"}}", "{\"in_text\":{\"str\":\"x\"}}"},
        /* maps keep their order */
        {"{\"strsmap\":{\"b\":[\"1\"],\"a\":[]}}", "{\"strsmap\":{\"b\":[\"1\"],\"a\":[]}}"},
        {"{\"map\":{\"k\":{\"n\":1}},\"listmap\":{\"k\":[{\"n\":2},{}]}}",
         "{\"map\":{\"k\":{\"n\":1}},\"listmap\":{\"k\":[{\"n\":2},{}]}}"},
        /* raw: any value, as it stands */
        {"{\"raw\": [ 1 , {\"a\" : null} ] }", "{\"raw\":[ 1 , {\"a\" : null} ]}"},
        {"{\"raw\":1e999}", "{\"raw\":1e999}"},
        /* unknown members, also null, in their order, behind the known ones */
        {"{\"x\": {\"y\" : [1]},\"str\":\"s\",\"z\":null}",
         "{\"str\":\"s\",\"x\":{\"y\" : [1]},\"z\":null}"},
        {"{\"x\\n\":1}", "{\"x\\n\":1}"},
        {"{\"\":1}", "{\"\":1}"},
        /* twice: the last that is not null */
        {"{\"str\":\"a\",\"str\":\"b\"}", "{\"str\":\"b\"}"},
        {"{\"str\":\"a\",\"string\":\"b\",\"str\":null}", "{\"str\":\"b\"}"},
        {"{\"list\":[{},{}],\"list\":[]}", "{\"list\":[]}"},
        {"{\"x\":1,\"y\":2,\"x\":3,\"x\":null}", "{\"x\":3,\"y\":2}"},
        {"{\"strmap\":{\"k\":\"a\",\"l\":\"c\",\"k\":\"b\",\"k\":null}}",
         "{\"strmap\":{\"l\":\"c\",\"k\":\"b\"}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i], 0);
}

static void test_single_quotes(void **state)
{
    (void)state;
    static const struct good cases[] = {
        {"{'str':'x','rec':{'name':'it\\'s \"it\"'}}",
         "{\"str\":\"x\",\"rec\":{\"name\":\"it's \\\"it\\\"\"}}"},
        {"{'str':\"it's\"}", "{\"str\":\"it's\"}"},
        {"{'in_text':'{\\'str\\':5}'}", "{\"in_text\":{\"str\":\"5\"}}"},
        {"{\"str\":\"x\"}", "{\"str\":\"x\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i], PROTO_SINGLE_QUOTES);
}

static void test_empty_is_absent(void **state)
{
    (void)state;
    static const struct good cases[] = {
        {"{\"str\":\"\",\"num\":0,\"strs\":[\"\"],\"secret\":\"x\"}",
         "{\"num\":0,\"strs\":[\"\"],\"secret\":\"x\"}"},
        {"{\"str\":\"a\",\"str\":\"\"}", "{\"str\":\"a\"}"},
        {"{\"rec\":{\"id\":\"\",\"name\":\"n\"},\"list\":[{\"id\":\"\"}]}",
         "{\"rec\":{\"name\":\"n\"},\"list\":[{}]}"},
        {"{\"strmap\":{\"k\":\"\"},\"map\":{\"k\":{\"name\":\"\"}}}",
         "{\"strmap\":{\"k\":\"\"},\"map\":{\"k\":{}}}"},
        {"{\"emptied\":\"\"}", "{\"emptied\":\"\"}"},
        {"{\"x\":\"\"}", "{\"x\":\"\"}"}, /* unknown: kept as it is */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i], PROTO_EMPTY_IS_ABSENT);
    const struct good plain = {"{\"str\":\"\"}", "{\"str\":\"\"}"};
    expect(&plain, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"", "", "expected an object, found the end (line 1, column 1)"},
        {"null", "", "expected an object, found null"},
        {"[]", "", "expected an object, found an array"},
        /* what is no JSON at all is named; a byte order mark counts as nothing */
        {"\xef\xbb\xbf", "", "expected an object, found the end (line 1, column 1)"},
        {"\xef\xbb\xbf[]", "", "expected an object, found an array (line 1, column 1)"},
        {"tosca_definitions_version: x\n", "", "this is YAML, JSON is expected"},
        {"\xef\xbb\xbf# a comment\nname: x\n", "", "this is YAML, JSON is expected"},
        {"- a\n", "", "this is YAML, JSON is expected"},
        {"<nsd/>", "", "this is XML, JSON is expected"},
        {"PK\x03\x04...", "", "this is a zip archive, JSON is expected"},
        {"\xff\xfe{", "", "this is UTF-16 text (UTF-8 is needed), JSON is expected"},
        {"// why\n{}", "", "this is JSON with comments, JSON is expected"},
        {"true", "", "expected an object, found true"},
        {"{\n \"str\":\"\303\244\", \"num\":\"x\"}", "num", "found 'x' (line 2, column 22)"},
        {"{} x", "", "text behind the document's end (line 1, column 4)"},
        {"{\"str\":{}}", "str", "expected a string, found an object"},
        {"{\"str\":nul}", "str", "expected a string"},
        {"{\"str\":tru}", "str", "expected a value"},
        {"{\"first\":{}}", "first", "expected a string, found an object"},
        {"{\"named\":[]}", "named", "expected a string, found an array"},
        {"{'str':'x'}", "", "expected the name of a member"},
        {"{\"str\":'x'}", "str", "not JSON"},
        {"{\"str\":\"it\\'s\"}", "str", "unknown escape"},
        /* an integer is not cut, and nothing of the C library's own numbers gets in */
        {"{\"num\":1.5}", "num", "expected an integer, found '1.5'"},
        {"{\"num\":\"1.5\"}", "num", "expected an integer"},
        {"{\"num\":1e18}", "num", "expected an integer"},
        {"{\"num\":9223372036854775808}", "num", "too large"},
        {"{\"num\":\"0x10\"}", "num", "expected a number"},
        {"{\"num\":\" 5\"}", "num", "expected a number"},
        {"{\"num\":\"+5\"}", "num", "expected a number"},
        {"{\"num\":\"5 \"}", "num", "expected a number"},
        {"{\"num\":true}", "num", "expected a number, found true"},
        {"{\"real\":\"0x1p3\"}", "real", "expected a number"},
        {"{\"real\":\"inf\"}", "real", "expected a number"},
        {"{\"real\":\"nan\"}", "real", "expected a number"},
        {"{\"real\":1e999}", "real", "too large"},
        {"{\"real\":1111111111111111111111111111111111111111111111111111111111111111}", "real",
         "too long"},
        {"{\"flag\":1}", "flag", "expected true or false, found the number '1'"},
        {"{\"flag\":\"yes\"}", "flag", "expected true or false, found 'yes'"},
        {"{\"strs\":\"a\"}", "strs", "expected an array of strings, found the text 'a'"},
        {"{\"strs\":[\"a\",[]]}", "strs[1]", "expected a string, found an array"},
        {"{\"list\":{}}", "list", "expected an array, found an object"},
        {"{\"list\":[{},{\"n\":[]}]}", "list[1].n", "expected a number, found an array"},
        {"{\"map\":{\"k\":{\"name\":{}}}}", "map.k.name", "expected a string"},
        {"{\"listmap\":{\"k\":[{\"n\":\"x\"}]}}", "listmap.k[0].n", "expected a number"},
        {"{\"strmap\":{\"k\":{}}}", "strmap.k", "expected a string, found an object"},
        {"{\"strmap\":[]}", "strmap", "expected an object, found an array"},
        {"{\"deeper\":{\"list\":[{\"n\":\"x\"}]}}", "deeper.list[0].n", "expected a number"},
        {"{\"in_text\":\"{\\\"num\\\":[]}\"}", "in_text.num", "object in text"},
        {"{\"in_text\":\"{} {}\"}", "in_text", "text behind"},
        {"{\"in_text\":\"x\"}", "in_text", "expected an object"},
        {"{\"bytes\":[1,256]}", "bytes[1]", "not a byte"},
        {"{\"bytes\":[-129]}", "bytes[0]", "not a byte"},
        {"{\"bytes\":[1,\"\"]}", "bytes[1]", "not a byte"},
        {"{\"bytes\":[1,null]}", "bytes[1]", "expected a number"},
        {"{\"bytes\":[1,01]}", "bytes[1]", "expected"},
        {"{\"bytes\":[1,[2]]}", "bytes[1]", "expected a number, found an array"},
        {"{\"bytes\":[1", "bytes[0]", "expected"},
        {"{\"bytes\":{}}", "bytes", "array of bytes or base64"},
        {"{\"bytes\":\"Z\"}", "bytes", "cut off"},
        {"{\"bytes\":\"Zm9vY\"}", "bytes", "cut off"},
        {"{\"bytes\":\"Zm9=v\"}", "bytes", "not base64"},
        {"{\"bytes\":\"Zm 9v\"}", "bytes", "not base64"},
    };
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        const struct bad *c = &cases[i];
        const char *got = through(c->text, strlen(c->text), 0, &out, &a, &err);
        if (got)
            fail_msg("%s: taken as %s", c->text, got);
        if (strcmp(err.where, c->where) != 0 || !strstr(err.msg, c->message))
            fail_msg("%s: got where '%s', message '%s'", c->text, err.where, err.msg);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
        size_t n;
    } cases[] = {
        {"[35,33,10]", "#!\n", 3},
        {"[ -1 , -128,127 , 255,128]", "\xff\x80\x7f\xff\x80", 5},
        {"[\"65\",6.6e1]", "AB", 2},
        {"[0,-0]", "\0\0", 2},
        {"\"\"", "", 0},
        {"\"IyEvYmluL3NoCg==\"", "#!/bin/sh\n", 10},
        {"\"IyEvYmluL3NoCg\"", "#!/bin/sh\n", 10},
        {"\"Iy\\nEv\\r\\nYmluL3NoCg==\\n\"", "#!/bin/sh\n", 10}, /* Python's encodebytes */
        {"\"-_+/\"", "\xfb\xff\xbf", 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct sample *s = NULL;
        struct err err = ERR_INIT;
        sbuf_addf(&text, "{\"bytes\":%s}", cases[i].text);
        if (proto_decode(&sample_type, text.s, text.len, 0, &a, &s, &err) != ERR_OK)
            fail_msg("%s: %s", cases[i].text, err.msg);
        assert_int_equal(s->bytes.n, cases[i].n);
        assert_memory_equal(s->bytes.at, cases[i].want, cases[i].n);
    }
}

static void count_leaf(void *arg, const void *rec)
{
    const struct leaf *leaf = rec;
    int *n = arg;
    assert_true(!leaf->name || strlen(leaf->name) == 1000);
    ++*n;
}

/* More than fits into one document's memory: element by element it is read all the same. */
static void test_a_long_list(void **state)
{
    enum { N = 70000 };
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct leaf_list l;
    struct err err = ERR_INIT;
    int n = 0;
    (void)state;
    for (int i = 0; i < N; i++)
        sbuf_addf(&text, "%s{\"name\":\"%01000d\"}", i ? "," : "[", i);
    sbuf_addc(&text, ']');
    assert_int_equal(proto_decode_list(&leaf_type, text.s, text.len, &a, &l, &err), ERR_LIMIT);
    if (proto_decode_each(&leaf_type, text.s, text.len, count_leaf, &n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(n, N);
}

static void test_list(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n; /* -1: refused */
    } cases[] = {{"null", 0},     {"[]", 0}, {"[{},{}]", 2}, {"[{},null]", 1},
                 {" [ {} ] ", 1}, {"", -1},  {"{}", -1},     {"[{}] []", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct leaf_list l = {.n = 77};
        enum err_code rc =
            proto_decode_list(&leaf_type, cases[i].text, strlen(cases[i].text), &a, &l, NULL);
        assert_int_equal(rc == ERR_OK, cases[i].n >= 0);
        assert_int_equal(l.n, cases[i].n >= 0 ? cases[i].n : 77);
        int n = 0;
        rc = proto_decode_each(&leaf_type, cases[i].text, strlen(cases[i].text), count_leaf, &n,
                               NULL);
        assert_int_equal(rc == ERR_OK, cases[i].n >= 0);
        assert_true(n == cases[i].n || cases[i].n < 0);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    static const char *const yes[] = {"", "null", " ", "\r\n null\t"};
    static const char *const no[] = {"{}", "[]", "nul", "nulll", "\"\"", "false", "0", "None"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_true(proto_is_nothing(yes[i], strlen(yes[i])));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_false(proto_is_nothing(no[i], strlen(no[i])));
    assert_true(proto_is_nothing(NULL, 0));
    struct sample *s = NULL;
    struct arena a = ARENA_INIT;
    assert_int_equal(proto_decode(&sample_type, NULL, 0, 0, &a, &s, NULL), ERR_SYNTAX);
}

/* A place in the document is shown to people and stored: cut, but not inside a character. */
static void test_long_path(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT, out = SBUF_INIT;
    struct err err;
    for (int shift = 0; shift < 3; shift++) {
        sbuf_clear(&text);
        for (int i = 0; i < 3; i++) {
            sbuf_adds(&text, "{\"deeper\":{\"map\":{\"");
            for (int k = 0; k < 40; k++)
                sbuf_adds(&text, k < shift ? "a" : "\xe2\x82\xac");
            sbuf_adds(&text, i < 2 ? "\":{\"x\":" : "\":[");
        }
        assert_null(through(text.s, text.len, 0, &out, &a, &err));
        sbuf_clear(&out);
        proto_quotes(&out, err.where); /* the encoder would put U+FFFD for half a character */
        assert_null(strstr(out.s, "\xef\xbf\xbd"));
        sbuf_clear(&out);
        proto_quotes(&out, err.msg);
        assert_null(strstr(out.s, "\xef\xbf\xbd"));
        assert_true(strlen(err.where) > 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leniency),    cmocka_unit_test(test_empty_is_absent),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_single_quotes),
        cmocka_unit_test(test_bytes),       cmocka_unit_test(test_list),
        cmocka_unit_test(test_nothing),     cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_a_long_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
