/* Texts of OpenStack: URLs, the catalogue, errors, user data. */
#include "vim-drivers/openstack/text.h"

#include "common/base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_auth_url(void **state)
{
    static const struct {
        const char *url, *is;
        bool is_v2;
    } cases[] = {
        {"http://k:5000/v3", "http://k:5000/v3", false},
        {"http://k:5000/v3/", "http://k:5000/v3", false},
        {"https://k/identity/v3.0", "https://k/identity/v3", false},
        {"http://k:35357/v2.0", "http://k:35357/v3", true},
        {"http://k:35357/v2.0//", "http://k:35357/v3", true},
        {"http://k:5000", "http://k:5000/v3", false},
        {"https://k/identity/", "https://k/identity/v3", false},
        {"ftp://k/v3", NULL, false},
        {"http:///v3", NULL, false},
        {"http://user@k/v3", NULL, false},
        {"http://k/v3?x", NULL, false},
        {"http://k/v3\r\nX: y", NULL, false},
        {"", NULL, false},
        {NULL, NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char url[OS_URL_MAX];
        bool is_v2 = false;
        struct err err = ERR_INIT;
        enum err_code rc = os_auth_url(cases[i].url, true, url, &is_v2, &err);
        if (!cases[i].is) {
            assert_int_equal(rc, ERR_INVALID);
            continue;
        }
        assert_int_equal(rc, ERR_OK);
        assert_string_equal(url, cases[i].is);
        assert_int_equal(is_v2, cases[i].is_v2);
    }
}

static void attack_a_cloud_without_tls(void **state)
{
    char url[OS_URL_MAX];
    bool is_v2;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(os_auth_url("http://k/v3", false, url, &is_v2, &err), ERR_DENIED);
    assert_int_equal(os_auth_url("https://k/v3", false, url, &is_v2, &err), ERR_OK);
}

static void test_endpoints(void **state)
{
    static const struct {
        enum os_service service;
        const char *url, *is;
    } cases[] = {{OS_COMPUTE, "http://n:8774/v2.1", "http://n:8774/v2.1"},
                 {OS_COMPUTE, "http://n:8774/v2.1/p1/", "http://n:8774/v2.1/p1"},
                 {OS_NETWORK, "http://n:9696", "http://n:9696/v2.0"},
                 {OS_NETWORK, "http://n:9696/v2.0/", "http://n:9696/v2.0"},
                 {OS_IMAGE, "http://g:9292/", "http://g:9292/v2"},
                 {OS_IMAGE, "http://g/image/v2", "http://g/image/v2"},
                 {OS_IMAGE, "file:///etc/passwd", NULL}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char url[OS_URL_MAX];
        struct err err = ERR_INIT;
        enum err_code rc = os_endpoint_url(cases[i].service, cases[i].url, url, &err);
        assert_int_equal(rc, cases[i].is ? ERR_OK : ERR_PEER);
        if (cases[i].is)
            assert_string_equal(url, cases[i].is);
    }
}

static const char two_regions[] =
    "{\"catalog\":[{\"type\":\"compute\",\"endpoints\":["
    "{\"interface\":\"admin\",\"region\":\"east\",\"url\":\"http://a\"},"
    "{\"interface\":\"public\",\"region_id\":\"east\",\"url\":\"http://e\"},"
    "{\"interface\":\"public\",\"region_id\":\"west\",\"url\":\"http://w\"}]}]}";
static const char one_region[] =
    "{\"catalog\":[{\"type\":\"compute\",\"endpoints\":["
    "{\"interface\":\"public\",\"region_id\":\"only\",\"url\":\"http://o\"}]},"
    "{\"type\":\"empty\",\"endpoints\":null}]}";

static void test_regions(void **state)
{
    static const struct {
        const char *catalogue, *wanted;
        bool is_said;
        const char *is; /* NULL: refused */
    } cases[] = {{two_regions, "west", false, "west"},  {two_regions, "east", true, "east"},
                 {two_regions, "Berlin", false, NULL},  {two_regions, NULL, false, NULL},
                 {one_region, "Berlin", false, "only"}, {one_region, NULL, false, "only"},
                 {one_region, "Berlin", true, NULL},    {"{}", NULL, false, ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct os_token *t;
        struct err err = ERR_INIT;
        char region[64];
        assert_int_equal(proto_decode(&os_token_type, cases[i].catalogue,
                                      strlen(cases[i].catalogue), 0, &a, &t, &err),
                         ERR_OK);
        enum err_code rc =
            os_region_choose(t, cases[i].wanted, cases[i].is_said, region, sizeof(region), &err);
        assert_int_equal(rc, cases[i].is ? ERR_OK : ERR_INVALID);
        if (cases[i].is)
            assert_string_equal(region, cases[i].is);
        else
            assert_non_null(
                strstr(err.hint, cases[i].catalogue == two_regions ? "'west'" : "'only'"));
    }
}

static void test_endpoint_of_region(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct os_token *t;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(
        proto_decode(&os_token_type, two_regions, strlen(two_regions), 0, &a, &t, &err), ERR_OK);
    assert_string_equal(os_endpoint_find(t, "compute", "public", "west"), "http://w");
    assert_string_equal(os_endpoint_find(t, "compute", "admin", "east"), "http://a");
    assert_null(os_endpoint_find(t, "compute", "admin", "west"));
    assert_null(os_endpoint_find(t, "image", "public", "west"));
}

/* As the services of Debian 12 said it. */
static void test_words(void **state)
{
    static const struct {
        int status;
        const char *body, *words, *type;
        enum err_code is;
    } cases[] = {
        {401,
         "{\"error\":{\"code\":401,\"message\":\"The request you have made requires "
         "authentication.\",\"title\":\"Unauthorized\"}}",
         "The request you have made requires authentication.", "", ERR_AUTH},
        {403,
         "{\"forbidden\": {\"code\": 403, \"message\": \"Quota exceeded for cores, instances: "
         "Requested 1, 1, but already used 7, 7 of 6, 6 cores, instances\"}}",
         "Quota exceeded for cores, instances: Requested 1, 1, but already used 7, 7 of 6, 6 "
         "cores, instances",
         "", ERR_LIMIT},
        {403,
         "{\"forbidden\": {\"code\": 403, \"message\": \"Policy doesn't allow "
         "os_compute_api:os-flavor-manage:create to be performed.\"}}",
         "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.", "",
         ERR_DENIED},
        {409,
         "{\"NeutronError\": {\"type\": \"OverQuota\", \"message\": \"Quota exceeded for "
         "resources: ['floatingip'].\", \"detail\": \"\"}}",
         "Quota exceeded for resources: ['floatingip'].", "OverQuota", ERR_LIMIT},
        {409,
         "{\"NeutronError\": {\"type\": \"IpAddressAlreadyAllocated\", \"message\": \"IP address "
         "10.0.0.5 already allocated in subnet s\", \"detail\": \"\"}}",
         "IP address 10.0.0.5 already allocated in subnet s", "IpAddressAlreadyAllocated",
         ERR_STATE},
        {403,
         "<html>\n <head>\n  <title>403 Forbidden</title>\n </head>\n <body>\n  <h1>403 "
         "Forbidden</h1>\n  You are not authorized to complete &lt;publicize_image&gt; action.<br "
         "/><br />\n\n\n </body>\n</html>",
         "403 Forbidden You are not authorized to complete <publicize_image> action.", "",
         ERR_DENIED},
        {500, "", "", "", ERR_UNAVAIL},
        {502, "Bad\ngateway", "Bad gateway", "", ERR_UNAVAIL},
        {429, "{\"overLimit\":{\"message\":\"wait\"}}", "wait", "", ERR_UNAVAIL},
        {413, "x", "x", "", ERR_LIMIT},
        {418, "{\"NeutronError\": \"old form\"}", "{\"NeutronError\": \"old form\"}", "", ERR_PEER},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char words[200], type[60];
        os_words(cases[i].body, strlen(cases[i].body), words, sizeof(words), type, sizeof(type));
        assert_string_equal(words, cases[i].words);
        assert_string_equal(type, cases[i].type);
        assert_int_equal(os_code(cases[i].status, words, type), cases[i].is);
    }
}

/* Longer than there is room for, without an end, of one byte. */
static void attack_words(void **state)
{
    char body[9000], words[32], type[8];
    (void)state;
    memset(body, '<', sizeof(body));
    os_words(body, sizeof(body), words, sizeof(words), type, sizeof(type));
    assert_string_equal(words, "");
    memset(body, 'x', sizeof(body));
    os_words(body, sizeof(body), words, sizeof(words), type, sizeof(type));
    assert_int_equal(strlen(words), sizeof(words) - 1);
    os_words("&", 1, words, sizeof(words), type, sizeof(type));
    assert_string_equal(words, "&");
}

static void test_next(void **state)
{
    static const struct {
        const char *page;
        size_t links_at;
        const char *is;
    } cases[] = {
        {"{\"servers_links\":[{\"rel\":\"next\",\"href\":\"http://inside:8774/v2.1/servers/"
         "detail?marker=a&limit=2\"}]}",
         offsetof(struct os_page, server_links), "marker=a&limit=2"},
        {"{\"servers_links\":[{\"rel\":\"prev\",\"href\":\"http://x/?marker=a\"}]}",
         offsetof(struct os_page, server_links), ""},
        {"{\"next\":\"/v2/images?marker=b\"}", 0, "marker=b"},
        {"{\"first\":\"/v2/images\"}", 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct os_page *p;
        assert_int_equal(
            proto_decode(&os_page_type, cases[i].page, strlen(cases[i].page), 0, &a, &p, NULL),
            ERR_OK);
        assert_string_equal(os_next_query(p, cases[i].links_at), cases[i].is);
    }
}

static void test_small(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    (void)state;
    assert_int_equal(os_time("1970-01-02T00:00:01Z"), 86401);
    assert_int_equal(os_time("2026-11-29T12:00:31.000000Z"), 1795953631);
    assert_int_equal(os_time("yesterday"), 0);
    assert_int_equal(os_time(NULL), 0);
    assert_true(os_is_hex_id("0123456789abcdef0123456789ABCDEF"));
    assert_true(os_is_hex_id("01234567-89ab-cdef-0123-456789abcdef"));
    assert_false(os_is_hex_id("0123456789abcdef0123456789abcdeg"));
    assert_false(os_is_hex_id("web"));
    os_mark(&out, "t/1");
    assert_string_equal(out.s, "baton:t/1");
    assert_string_equal(os_marked(out.s), "t/1");
    assert_null(os_marked("baton:"));
    assert_null(os_marked("somebody's"));
    assert_null(os_marked(NULL));
    assert_string_equal(os_path(&a, "/images", "../a?b=c&d#e%2f ", "/file"),
                        "/images/..%2Fa%3Fb%3Dc%26d%23e%252f%20/file");
    assert_string_equal(os_disk_format((const unsigned char *)"QFI\xfb....", 8), "qcow2");
    assert_string_equal(os_disk_format((const unsigned char *)"KD", 2), "raw");
}

/* "#!/bin/sh\nfor home" in base64 is 24 characters to the line's end. */
static void test_user_data(void **state)
{
    static char large[60000];
    AUTO(sbuf_release) struct sbuf none = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf script = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf keys = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf parts = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf want = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf other = SBUF_INIT;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(os_user_data("", "", &none, &err), ERR_OK);
    assert_int_equal(none.len, 0);
    assert_int_equal(os_user_data("#!/bin/sh\necho hi\n", "", &script, &err), ERR_OK);
    base64_add(&want, "#!/bin/sh\necho hi\n", 18);
    assert_string_equal(script.s, want.s);
    assert_int_equal(os_user_data(NULL, "ssh-ed25519 AAAA k\n", &keys, &err), ERR_OK);
    sbuf_clear(&want);
    base64_add(&want, "#!/bin/sh\nfor home", 18);
    assert_memory_equal(keys.s, want.s, want.len);
    assert_int_equal(os_user_data("#cloud-config\nx: y\n", "k\n", &parts, &err), ERR_OK);
    sbuf_clear(&want);
    base64_add(&want, "Content-Type: multipart/mixed", 27);
    assert_memory_equal(parts.s, want.s, want.len);
    assert_int_equal(os_user_data("#!/usr/bin/python3\n", "k\n", &other, &err), ERR_INVALID);
    assert_int_equal(os_user_data("#!/bin/sh\n", "k BATON_KEYS\n", &other, &err), ERR_INVALID);
    memset(large, 'x', sizeof(large) - 1);
    assert_int_equal(os_user_data(large, "", &other, &err), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auth_url),  cmocka_unit_test(attack_a_cloud_without_tls),
        cmocka_unit_test(test_endpoints), cmocka_unit_test(test_regions),
        cmocka_unit_test(test_words),     cmocka_unit_test(test_endpoint_of_region),
        cmocka_unit_test(attack_words),   cmocka_unit_test(test_next),
        cmocka_unit_test(test_small),     cmocka_unit_test(test_user_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
