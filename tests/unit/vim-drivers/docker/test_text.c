/* What an engine is told, and what comes of what it says, hostile answers among it. */
#include "common/base/base64.h"
#include "vim-drivers/common/ip4.h"
#include "vim-drivers/docker/docker.h"
#include "vim-drivers/docker/records.h"
#include "vim-drivers/docker/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_address(void **state)
{
    static const struct {
        const char *url;
        bool has_ca;
        const char *want; /* NULL: refused */
        bool is_tls;
    } cases[] = {
        {"unix:///var/run/docker.sock", false, "http://engine /var/run/docker.sock", false},
        {"https://h.example:2376", false, "https://h.example:2376 ", true},
        {"https://h.example:2376/", false, "https://h.example:2376 ", true},
        {"tcp://10.0.0.1:2376", true, "https://10.0.0.1:2376 ", true},
        {"tcp://10.0.0.1:2375", false, "http://10.0.0.1:2375 ", false},
        {"http://[::1]:2375", false, "http://[::1]:2375 ", false},
        {"unix://docker.sock", false, NULL, false},
        {"https://h.example", false, NULL, false},
        {"https://user@h:1", false, NULL, false},
        {"https://h:1/x", false, NULL, false},
        {"https://h:123456", false, NULL, false},
        {"ftp://h:1", false, NULL, false},
        {"h:1", false, NULL, false},
        {"", false, NULL, false},
        {NULL, false, NULL, false},
        {"https://a b:1", false, NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dk_address a;
        struct err err = ERR_INIT;
        char got[500];
        enum err_code rc = dk_address_read(cases[i].url, cases[i].has_ca, &a, &err);
        snprintf(got, sizeof(got), "%s %s", a.url, a.socket);
        if ((rc == ERR_OK) != (cases[i].want != NULL) ||
            (cases[i].want && strcmp(got, cases[i].want) != 0))
            fail_msg("%s: %s %s", cases[i].url ? cases[i].url : "", got, err.msg);
        if (rc == ERR_OK)
            assert_int_equal(a.is_tls, cases[i].is_tls);
    }
}

static void test_version(void **state)
{
    static const char *const cases[][3] = {
        {"1.41", "1.12", "1.41"}, {"1.52", "1.44", "1.44"}, {"1.60", "1.50", "1.50"},
        {"1.24", NULL, "1.24"},   {"1.23", NULL, NULL},     {"", NULL, NULL},
        {"2.0", NULL, NULL},      {"1.41x", NULL, NULL},    {"1.9999", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char got[DK_VERSION_MAX] = "";
        enum err_code rc = dk_version_choose(cases[i][0], cases[i][1], got, NULL);
        if ((rc == ERR_OK) != (cases[i][2] != NULL) || (cases[i][2] && strcmp(got, cases[i][2])))
            fail_msg("%s: %s", cases[i][0], got);
    }
}

static void test_names(void **state)
{
    struct err err = ERR_INIT;
    char name[DK_NAME_MAX], other[DK_NAME_MAX], tag[DK_NAME_MAX], host[64], lengthy[300];
    (void)state;
    assert_int_equal(dk_name_of_token("0a-B.9", name, &err), ERR_OK);
    assert_string_equal(name, "0a-B.9");
    assert_int_equal(dk_name_of_token("a/b", name, &err), ERR_OK);
    assert_int_equal(dk_name_of_token("a_2fb", other, &err), ERR_OK);
    assert_string_not_equal(name, other);
    assert_int_equal(dk_name_of_token("", name, &err), ERR_INVALID);
    memset(lengthy, '/', sizeof(lengthy) - 1);
    lengthy[sizeof(lengthy) - 1] = '\0';
    assert_int_equal(dk_name_of_token(lengthy, name, &err), ERR_LIMIT);
    dk_hostname("web 1_x.y", host);
    assert_string_equal(host, "web-1-x.y");
    dk_hostname(lengthy, host);
    assert_int_equal(strlen(host), 63);
    assert_int_equal(dk_reference_read("h:5000/vnf/web:1", name, tag, &err), ERR_OK);
    assert_string_equal(name, "h:5000/vnf/web");
    assert_string_equal(tag, "1");
    assert_int_equal(dk_reference_read("h:5000/web", name, tag, &err), ERR_OK);
    assert_string_equal(name, "h:5000/web");
    assert_string_equal(tag, "latest");
    assert_int_equal(dk_reference_read("web@sha256:ab", name, tag, &err), ERR_OK);
    assert_string_equal(tag, "sha256:ab");
    assert_int_equal(dk_reference_read("", name, tag, &err), ERR_INVALID);
    assert_int_equal(dk_reference_read("a b", name, tag, &err), ERR_INVALID);
    assert_int_equal(dk_reference_read("a&tag=x", name, tag, &err), ERR_INVALID);
    assert_int_equal(dk_reference_read("a:", name, tag, &err), ERR_INVALID);
    assert_int_equal(dk_reference_read(lengthy, name, tag, &err), ERR_INVALID);
}

static void test_registries(void **state)
{
    static const char *const cases[][2] = {{"web", "docker.io"},
                                           {"vnf/web", "docker.io"},
                                           {"docker.io/vnf/web", "docker.io"},
                                           {"index.docker.io/web", "docker.io"},
                                           {"localhost/web", "localhost"},
                                           {"h:5000/web", "h:5000"},
                                           {"evil.example/docker.io/web", "evil.example"},
                                           {"docker.io.evil.example/web", "docker.io.evil.example"},
                                           {"docker.io:80/web", "docker.io:80"},
                                           {"Evil/web", "Evil"}};
    char got[DK_NAME_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        dk_registry_of(cases[i][0], got);
        assert_string_equal(got, cases[i][1]);
    }
}

/* Who may name an image would learn the PoP's password otherwise: from his own registry. */
static void attack_an_image_of_ones_own_registry(void **state)
{
    const char *registries[] = {"docker.io", "own.example:5000"};
    const struct dk_options o = {.registries = {registries, 2}};
    struct ob_cloud_pop pop = {.username = "u", .password = "p"};
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf want = SBUF_INIT;
    static const char text[] =
        "{\"username\":\"u\",\"password\":\"p\",\"serveraddress\":\"own.example:5000\"}";
    (void)state;
    dk_registry_auth(&o, &pop, "evil.example/vnf/web", &out);
    dk_registry_auth(&o, &pop, "own.example/vnf/web", &out);
    assert_int_equal(out.len, 0);
    dk_registry_auth(&o, &pop, "own.example:5000/vnf/web", &out);
    base64_add_url(&want, text, sizeof(text) - 1);
    assert_string_equal(out.s, want.s);
    sbuf_clear(&out);
    dk_registry_auth(&o, &pop, "vnf/web", &out);
    assert_true(out.len > 0);
    sbuf_clear(&out);
    pop.username = "";
    dk_registry_auth(&o, &pop, "vnf/web", &out);
    assert_int_equal(out.len, 0);
}

/* Answers are bounded one by one; a call reads many, and the process serves other clouds, too. */
static void attack_an_engine_that_says_much(void **state)
{
    struct engine e = {.res = HTTP_RESPONSE_INIT};
    struct err err = ERR_INIT;
    enum err_code rc = ERR_OK;
    (void)state;
    sbuf_addc(&e.res.body, '[');
    for (int i = 0; i < 50000; i++)
        sbuf_adds(&e.res.body, "{\"Id\":\"x\"},");
    sbuf_adds(&e.res.body, "{}]");
    for (int i = 0; i < 200 && rc == ERR_OK; i++) {
        struct dk_container_list list = {0};
        rc = engine_read_list(&e, &dk_container_type, &list, &err);
    }
    assert_int_equal(rc, ERR_LIMIT);
    assert_true(e.arena.used < (size_t)200 << 20);
    arena_release(&e.arena);
    http_response_release(&e.res);
}

/* A subnet that a VNFD's author says becomes a route of the engine's host. */
static void attack_a_subnet_that_is_others(void **state)
{
    const char *listed[] = {"10.0.0.0/8", "192.0.2.0/24"};
    const struct dk_options o = {.cidrs = {listed, 2}};
    static const struct {
        struct ip4_range range;
        bool is_here;
        const char *says; /* NULL: it may be */
    } cases[] = {{{0x0a630100, 24}, false, NULL},
                 {{0x0a630000, 16}, false, NULL},
                 {{0xc0000200, 24}, false, NULL},
                 {{0x0a000000, 8}, false, "no range"}, /* nothing would be left for others */
                 {{0x08080800, 24}, false, "'8.8.8.0/24' is no range"},
                 {{0xc0000000, 16}, false, "no range"},
                 {{0x7f050000, 24}, false, "no range"},
                 {{0x7f050000, 24}, true, "interface"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = ERR_INIT;
        enum err_code rc = dk_check_cidr(&o, cases[i].is_here, &cases[i].range, &err);
        assert_int_equal(rc, cases[i].says ? ERR_DENIED : ERR_OK);
        if (cases[i].says && !strstr(err.msg, cases[i].says))
            fail_msg("%zu: %s", i, err.msg);
    }
}

/* Read by the system's own tar. */
static void test_tar(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    char path[] = "/tmp/baton-tar.XXXXXX", line[200], got[400] = "";
    (void)state;
    dk_tar_folder(&out, "opt/x/", 0755);
    dk_tar_file(&out, "opt/x/f", 0700, "hello", 5);
    dk_tar_file(&out, "empty", 0600, "", 0);
    dk_tar_end(&out);
    assert_int_equal(out.len % 512, 0);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    assert_int_equal(fwrite(out.s, 1, out.len, f), out.len);
    fclose(f);
    snprintf(line, sizeof(line), "tar tvf %s | cut -c1-10 && tar xOf %s opt/x/f", path, path);
    f = popen(line, "r"); // NOLINT(cert-env33-c)
    size_t n = fread(got, 1, sizeof(got) - 1, f);
    got[n] = '\0';
    assert_int_equal(pclose(f), 0);
    assert_string_equal(got, "drwxr-xr-x\n-rwx------\n-rw-------\nhello");
    remove(path);
}

/* As it comes: in any pieces. */
static enum err_code stream(const char *text, size_t piece, struct err *err, char status[160])
{
    struct dk_stream s = DK_STREAM_INIT;
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += piece)
        if (!dk_stream_take(&s, text + at, len - at < piece ? len - at : piece))
            break;
    enum err_code rc = dk_stream_end(&s, err);
    snprintf(status, 160, "%s", s.status);
    dk_stream_release(&s);
    return rc;
}

static void test_stream(void **state)
{
    static const struct {
        const char *text;
        enum err_code want;
        const char *says;
    } cases[] = {
        {"{\"status\":\"a\"}\r\n{\"status\":\"Downloaded\"}\r\n", ERR_OK, "Downloaded"},
        {"{\"status\":\"a\"}\n{\"status\":\"b\"}", ERR_OK, "b"},
        {"", ERR_OK, ""},
        {"\r\n\r\n", ERR_OK, ""},
        /* A failure inside of a 200. */
        {"{\"status\":\"a\"}\n{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"no "
         "space\"}\n",
         ERR_PEER, "the engine says: no space"},
        {"{\"error\":\"gone\"}\n{\"status\":\"fine\"}\n", ERR_PEER, "the engine says: gone"},
        {"{\"status\":\"a\"}\n{\"stat", ERR_SYNTAX, ""}, /* cut off */
        {"<html>busy</html>\n", ERR_SYNTAX, ""},
        {"[1]\n", ERR_SYNTAX, ""},
        {"{\"status\":{\"x\":1}}\n", ERR_SYNTAX, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t piece = 1; piece < 64; piece += 7) {
            struct err err = ERR_INIT;
            char status[160];
            enum err_code rc = stream(cases[i].text, piece, &err, status);
            if (rc != cases[i].want || !strstr(rc == ERR_OK ? status : err.msg, cases[i].says))
                fail_msg("%s, by %zu: %s, %s", cases[i].text, piece, status, err.msg);
        }
}

/* Without an end it does not take memory without an end. */
static void test_endless_line(void **state)
{
    struct dk_stream s = DK_STREAM_INIT;
    char part[4096];
    unsigned n = 0;
    (void)state;
    memset(part, 'x', sizeof(part));
    while (dk_stream_take(&s, part, sizeof(part)) && n < 10000)
        n++;
    assert_true(n < 100);
    assert_int_equal(dk_stream_end(&s, NULL), ERR_LIMIT);
    dk_stream_release(&s);
}

/* Lists as engines send them, and as none should. */
static void test_records(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
    } cases[] = {
        {"[{\"Id\":\"a\",\"RepoTags\":null,\"Created\":5}]", true},
        {"[]", true},
        {"null", true},
        {"[{\"Id\":\"a\",\"RepoTags\":\"bb:1\"}]", false},
        {"[{\"Id\":{\"x\":1}}]", false},
        {"[{\"Id\":\"a\"", false},
        {"{\"message\":\"no\"}", false},
        {"page not found", false},
        {"", true}, /* nothing */
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a = ARENA_INIT;
        struct dk_image_list list = {0};
        enum err_code rc = proto_decode_list(&dk_image_type, cases[i].text, strlen(cases[i].text),
                                             &a, &list, NULL);
        if (cases[i].text[0] && (rc == ERR_OK) != cases[i].is_good)
            fail_msg("%s: %d", cases[i].text, rc);
        arena_release(&a);
    }
}

/* Names of the repository's images are a project's own, whatever is in them. */
static void test_own_names(void **state)
{
    static const char *const names[] = {"web", "web:1", "r.example:5000/a/b:1", "A b/../%\xc3\xa4"};
    char longest[DK_OWN_NAME_MAX + 2];
    struct arena a = ARENA_INIT;
    const char *got, *tag;
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *own = dk_own_name(names[i], "p-1", &a);
        assert_int_equal(strspn(own, "abcdef0123456789/notr"), strlen(own));
        tag = arena_printf(&a, "%s:latest", own);
        assert_true(dk_own_name_read(tag, "p-1", &a, &got));
        assert_string_equal(got, names[i]);
        assert_true(dk_own_name_read(tag, "p-2", &a, &got));
        assert_null(got);
        assert_true(dk_own_name_read(tag, "", &a, &got));
        assert_null(got);
    }
    memset(longest, 'x', sizeof(longest));
    longest[DK_OWN_NAME_MAX + 1] = '\0';
    assert_null(dk_own_name(longest, "p", &a));
    assert_null(dk_own_name("", "p", &a));
    assert_null(dk_own_name("x", "0123456789abcdef0123456789abcdef01234", &a));
    assert_string_equal(dk_own_name("x", "", &a), "baton/none/78");
    longest[DK_OWN_NAME_MAX] = '\0';
    assert_true(strlen(dk_own_name(longest, "0123456789abcdef0123456789abcdef0123", &a)) < 248);
    static const char *const bad[] = {"baton/702d31/7:latest", "baton/702d31/00:x",
                                      "baton/702d31/zz", "baton/702d31/", "baton/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(dk_own_name_read(bad[i], "p-1", &a, &got));
        assert_null(got);
    }
    assert_false(dk_own_name_read("batonx/702d31/77", "p-1", &a, &got));
    assert_false(dk_own_name_read("web:1", "p-1", &a, &got));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_tar),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_endless_line),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_registries),
        cmocka_unit_test(test_own_names),
        cmocka_unit_test(attack_an_image_of_ones_own_registry),
        cmocka_unit_test(attack_an_engine_that_says_much),
        cmocka_unit_test(attack_a_subnet_that_is_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
