#include "ems-agent/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NEEDED "broker_ip=10.0.0.1\nhostname=web-1\nusername=ems.web-1\npassword=p\n"

static struct settings s;
static struct sbuf warnings = SBUF_INIT;
static struct err err;

static enum err_code parse(const char *text)
{
    settings_release(&s);
    sbuf_clear(&warnings);
    err = (struct err)ERR_INIT;
    return settings_parse("x.properties", text, &s, &warnings, &err);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("[ems]\n" NEEDED), ERR_OK);
    assert_string_equal(s.broker_ip, "10.0.0.1");
    assert_int_equal(s.broker_port, 5672);
    assert_string_equal(s.type, "generic");
    assert_string_equal(s.exchange, "openbaton-exchange");
    assert_false(settings_has_agents_exchange(&s));
    assert_string_equal(s.virtual_host, "/");
    assert_int_equal(s.heartbeat_s, 60);
    assert_true(s.is_autodelete);
    assert_false(s.is_tls);
    assert_string_equal(warnings.s, "");
}

/* As the reference's user data writes it, and as Python's parser takes it. */
static void test_all_keys(void **state)
{
    (void)state;
    assert_int_equal(parse("# a comment\n[other]\nhostname = wrong\n[ems]\r\n; another\n"
                           "Broker_IP : 10.0.0.2 \r\nbroker_port= 5673\nhostname\t=\tweb-2\n"
                           "type=media\nusername=u\npassword = a=b:c #d\nautodelete=false\n"
                           "exchange=ex\nheartbeat=120\nvirtual_host=baton-agents\ntls=true\n"
                           "tls_ca=/etc/ca.pem\ntls_insecure=no\n"),
                     ERR_OK);
    assert_string_equal(s.broker_ip, "10.0.0.2");
    assert_int_equal(s.broker_port, 5673);
    assert_string_equal(s.hostname, "web-2");
    assert_string_equal(s.type, "media");
    assert_string_equal(s.password, "a=b:c #d");
    assert_false(s.is_autodelete);
    assert_string_equal(s.exchange, "ex");
    assert_int_equal(s.heartbeat_s, 120);
    assert_string_equal(s.virtual_host, "baton-agents");
    assert_true(s.is_tls);
    assert_string_equal(s.tls_ca, "/etc/ca.pem");
    assert_false(s.is_tls_insecure);
}

static void test_unknown_is_only_reported(void **state)
{
    (void)state;
    assert_int_equal(parse("[ems]\n" NEEDED "colour=blue\nnonsense\nheartbeat=\n"), ERR_OK);
    assert_string_equal(warnings.s, "x.properties:6: unknown key 'colour'\n"
                                    "x.properties:7: 'nonsense' has no value\n");
    assert_int_equal(s.heartbeat_s, 60);
    assert_int_equal(parse("[ems]\n" NEEDED "autodelete=maybe\n"), ERR_OK);
    assert_true(s.is_autodelete);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message, *where;
    } cases[] = {
        {"[ems]\n" NEEDED "broker_port=0\n", "broker_port: '0' is not a port", "x.properties:6"},
        {"[ems]\n" NEEDED "broker_port=5672x\n", "broker_port: '5672x' is not a port",
         "x.properties:6"},
        {"[ems]\nheartbeat=-1\n", "heartbeat: '-1' is not a number of seconds up to 3600",
         "x.properties:2"},
        {"[ems]\ntls=perhaps\n", "tls: 'perhaps' is neither true nor false", "x.properties:2"},
        {"[ems]\n", "broker_ip is missing", "x.properties"},
        {NEEDED, "broker_ip is missing", "x.properties"},
        {"[ems]\nbroker_ip=x\nusername=u\n", "hostname is missing", "x.properties"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(parse(cases[i].text), ERR_INVALID);
        assert_string_equal(err.msg, cases[i].message);
        assert_string_equal(err.where, cases[i].where);
    }
}

static void test_tls_has_its_port(void **state)
{
    (void)state;
    assert_int_equal(parse("[ems]\n" NEEDED "tls=true\ntls_insecure=true\n"), ERR_OK);
    assert_int_equal(s.broker_port, 5671);
}

static void test_file(void **state)
{
    char path[] = "/tmp/baton-settings.XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    static const char text[] = "\xef\xbb\xbf[ems]\n" NEEDED; /* as editors on Windows save it */
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    settings_release(&s);
    assert_int_equal(settings_read(path, &s, &warnings, &err), ERR_OK);
    assert_string_equal(s.hostname, "web-1");
    settings_release(&s);
    assert_int_equal(ftruncate(fd, 100000), 0);
    assert_int_equal(settings_read(path, &s, &warnings, &err), ERR_LIMIT);
    close(fd);
    unlink(path);
    assert_int_equal(settings_read(path, &s, &warnings, &err), ERR_IO);
}

static void test_sample(void **state)
{
    (void)state;
    settings_release(&s);
    sbuf_clear(&warnings);
    assert_int_equal(settings_read("deploy/config/openbaton-ems.properties", &s, &warnings, &err),
                     ERR_OK);
    assert_string_equal(warnings.s, "");
    assert_string_equal(s.virtual_host, "baton-agents");
}

static int release(void **state)
{
    (void)state;
    settings_release(&s);
    sbuf_release(&warnings);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_unknown_is_only_reported),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_tls_has_its_port),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
