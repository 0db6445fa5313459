#include "common/http/multipart.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct seen {
    struct sbuf text;
    bool stops;
};

static bool on_begin(void *arg, const char *filename)
{
    struct seen *s = arg;
    sbuf_addf(&s->text, "[%s]", filename);
    return !s->stops;
}

static bool on_data(void *arg, const char *data, size_t len)
{
    struct seen *s = arg;
    sbuf_add(&s->text, data, len);
    return true;
}

/* "bad", "open", or what was seen of the part `file`. */
static const char *parse(const char *type, const char *body, size_t step, struct seen *s)
{
    const struct http_multipart_sink sink = {s, on_begin, on_data};
    struct http_multipart *m = http_multipart_new(type, "file", &sink);
    bool is_good = true;
    sbuf_clear(&s->text);
    if (!m)
        return "no boundary";
    for (size_t at = 0, len = strlen(body); is_good && at < len; at += step)
        is_good = http_multipart_add(m, body + at, at + step < len ? step : len - at);
    bool is_complete = http_multipart_is_complete(m);
    http_multipart_free(m);
    return !is_good ? "bad" : is_complete ? s->text.s : "open";
}

#define TYPE "multipart/form-data; boundary=bb"
#define FILE_PART                                                                                  \
    "--bb\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.tar\"\r\n\r\n"
#define OTHER_PART "--bb\r\ncontent-disposition: form-data; name=other\r\nX: y\r\n\r\n"

static void test_bodies(void **state)
{
    (void)state;
    struct seen s = {.text = SBUF_INIT};
    static const struct {
        const char *type, *body, *want;
    } cases[] = {
        {TYPE, FILE_PART "data\r\n--bb--\r\n", "[a b.tar]data"},
        {TYPE, FILE_PART "data\r\n--bb--", "[a b.tar]data"},
        {TYPE, FILE_PART "\r\n--bb--", "[a b.tar]"},
        {TYPE, "preamble\r\n" OTHER_PART "x\r\n" FILE_PART "\r\n--b\r\n-\r\n--bb--\r\nepilogue",
         "[a b.tar]\r\n--b\r\n-"},
        {TYPE, OTHER_PART "x\r\n--bb--", ""},
        {TYPE, "--bb  \r\n\r\nx\r\n--bb--", ""}, /* no head lines */
        {TYPE, FILE_PART "data\r\n--bb\r\n" FILE_PART "more\r\n--bb--",
         "[a b.tar]data[a b.tar]more"},
        {TYPE, FILE_PART "data", "open"},
        {TYPE, "", "open"},
        {TYPE, "--bbx\r\n", "bad"},
        {TYPE, "--bb--", ""},
        {"multipart/form-data; charset=x; boundary=\"bb\"", FILE_PART "1\r\n--bb--", "[a b.tar]1"},
        {"multipart/form-data", "", "no boundary"},
        {"multipart/form-data; boundary=", "", "no boundary"},
        {"multipart/form-data; boundary="
         "01234567890123456789012345678901234567890123456789012345678901234567891",
         "", "no boundary"},
        {TYPE,
         "--bb\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"b\"\r\n\r\nx"
         "\r\n--bb--",
         "[a\"b]x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step < 200; step = step * 3 + 1) {
            const char *got = parse(cases[i].type, cases[i].body, step, &s);
            if (strcmp(got, cases[i].want) != 0)
                fail_msg("case %zu, steps of %zu: got %s, want %s", i, step, got, cases[i].want);
        }
    s.stops = true;
    assert_string_equal(parse(TYPE, FILE_PART "data\r\n--bb--", 7, &s), "bad");
    sbuf_release(&s.text);
}

/* What never ends is not kept. */
static void test_bounds(void **state)
{
    (void)state;
    struct seen s = {.text = SBUF_INIT};
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "--bb\r\nX: ");
    for (int i = 0; i < 10000; i++)
        sbuf_addc(&body, 'x');
    assert_string_equal(parse(TYPE, body.s, 1000, &s), "bad");
    sbuf_clear(&body);
    for (int i = 0; i < 1001; i++)
        sbuf_adds(&body, OTHER_PART "\r\n");
    assert_string_equal(parse(TYPE, body.s, 1000, &s), "bad");
    sbuf_release(&s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
