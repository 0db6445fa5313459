/* What a container is made of. */
#include "vim-drivers/docker/docker.h"

#include "vim-drivers/common/ip4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static bool holds(const struct sbuf *text, const char *part)
{
    return memmem(text->s, text->len, part, strlen(part)) != NULL;
}

static void test_create(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf agent = SBUF_INIT;
    const char *entry[] = {"/bin/run"}, *words[] = {"a \"b\""}, *caps[] = {"NET_ADMIN"};
    struct dk_nothing nothing = {.ignored = NULL};
    struct dk_nothing_pair port = {"80/tcp", &nothing};
    struct dk_image_config config = {
        .entrypoint = {entry, 1}, .command = {words, 1}, .user = "web:www", .ports = {&port, 1}};
    struct dk_image_inspect image = {.id = "sha256:1", .config = &config};
    struct dk_network one = {.id = "n1", .name = "one"}, two = {.id = "n2", .name = "two"};
    struct dk_port ports[] = {
        {.network = &two, .ip = ip4_parse("10.0.0.9"), .floating = ip4_parse("192.0.2.7")},
        {.network = &one}};
    struct ob_cloud_launch want = {.name = "web \"1\"",
                                   .token = "t",
                                   .user_data = "#!/bin/sh\n",
                                   .authorized_keys = "k\n",
                                   .flavour = {.name = "big", .vcpus = 8, .ram_mb = 64}};
    struct dk_options o = {.processes = 10, .capabilities = {caps, 1}};
    struct dk_body b = {.want = &want,
                        .image = &image,
                        .name = "baton-t",
                        .image_name = "web:1",
                        .project = "p",
                        .ports = ports,
                        .port_n = 2,
                        .cpus = 2,
                        .has_agent = true,
                        .o = &o};
    (void)state;
    dk_body_create(&b, &out);
    assert_has(out.s, "\"Image\":\"sha256:1\"");
    assert_has(out.s, "\"Hostname\":\"web--1-\"");
    assert_has(
        out.s,
        "\"Entrypoint\":[\"/opt/baton/bin/ems-agent\",\"--entry\",\"--user\",\"web:www\",\"--\"]");
    assert_has(out.s, "\"Cmd\":[\"/bin/run\",\"a \\\"b\\\"\"]");
    assert_has(out.s, "\"baton.name\":\"web \\\"1\\\"\"");
    assert_has(out.s, "\"baton.ports\":\"n2 n1\"");
    assert_has(out.s, "\"baton.floating\":\"192.0.2.7 n2\"");
    assert_has(out.s, "\"NetworkMode\":\"n2\"");
    assert_has(out.s, "\"Memory\":67108864,\"MemorySwap\":67108864");
    assert_has(out.s, "\"NanoCpus\":2000000000,\"PidsLimit\":80"); /* no more than the host has */
    assert_has(out.s, "\"CapAdd\":[\"NET_ADMIN\"]");
    assert_has(out.s,
               "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"192.0.2.7\",\"HostPort\":\"80\"}]}");
    assert_has(out.s, "{\"n2\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.9\"}}}");
    assert_null(strstr(out.s, "Privileged"));
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct dk_message *any; /* it is JSON */
    assert_int_equal(proto_decode(&dk_message_type, out.s, out.len, 0, &a, &any, NULL), ERR_OK);
    sbuf_clear(&out);
    sbuf_adds(&agent, "ELF");
    dk_body_archive(&b, &agent, &out);
    assert_true(holds(&out, "opt/baton/user-data"));
    assert_true(holds(&out, "root/.ssh/authorized_keys"));
    assert_true(holds(&out, "\"ips\":{\"two\":[\"10.0.0.9\"],\"one\":[]}"));
    /* What the VDU says. */
    struct ob_cloud_pair pairs[] = {{"env.A_1", "x=\"y\""}, {"command", "run it"}, {"other", "z"}};
    struct err err = ERR_INIT;
    sbuf_clear(&out);
    want.metadata = pairs;
    want.metadata_n = 3;
    assert_int_equal(dk_body_check(&want, &err), ERR_OK);
    dk_body_create(&b, &out);
    assert_has(out.s, "\"Env\":[\"A_1=x=\\\"y\\\"\",\"BATON_MODE=docker\"");
    assert_has(out.s, "\"--\"],\"Cmd\":[\"/bin/sh\",\"-c\",\"run it\"]");
    pairs[0].key = "env.A B";
    assert_int_equal(dk_body_check(&want, &err), ERR_INVALID);
    want.metadata_n = 0;
    /* Nothing to run: the image as it is. */
    sbuf_clear(&out);
    b.has_agent = false;
    b.port_n = 0;
    dk_body_create(&b, &out);
    assert_null(strstr(out.s, "Entrypoint"));
    assert_has(out.s, "\"NetworkMode\":\"none\"");
    /* An image's label of that name would be a claim to an address. */
    assert_has(out.s, "\"baton.floating\":\"\"");
    assert_has(out.s, "\"baton.ports\":\"\"");
    assert_int_equal(proto_decode(&dk_message_type, out.s, out.len, 0, &a, &any, NULL), ERR_OK);
}

/* Volumes, restart, health: what a VDU may say, and what becomes of it. */
static void test_life(void **state)
{
    static const struct {
        const char *key, *value, *want; /* want NULL: refused */
    } cases[] = {
        {"volumes", "/data", "\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/data\"}]"},
        {"volumes", "/a, /b", "{\"Type\":\"volume\",\"Target\":\"/b\"}]"},
        {"volumes", "/etc/shadow:/x", NULL},
        {"volumes", "/", NULL},
        {"volumes", "data", NULL},
        {"volumes", "/a/../b", NULL},
        {"volumes", "/1,/2,/3,/4,/5,/6,/7,/8,/9,/10,/11,/12,/13,/14,/15,/16,/17", NULL},
        {"restart", "always", "\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":0}"},
        {"restart", "on-failure:3", "{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}"},
        {"restart", "on-failure:", NULL},
        {"restart", "on-failure:x", NULL},
        {"restart", "always:3", NULL},
        {"restart", "alway", NULL},
        {"health.command", "wget -q \"x\"", "\"Test\":[\"CMD-SHELL\",\"wget -q \\\"x\\\"\"]"},
        {"health.interval", "10s", ",\"Interval\":10000000000"},
        {"health.start-period", "2m", ",\"StartPeriod\":120000000000"},
        {"health.retries", "5", ",\"Retries\":5"},
        {"health.interval", "10", NULL},
        {"health.interval", "99999s", NULL},
        {"health.timeout", "s", NULL},
        {"health.retries", "-1", NULL},
    };
    struct dk_image_inspect image = {.id = "sha256:1"};
    struct dk_options o = {.processes = 10};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct err err = ERR_INIT;
        struct dk_message *any;
        struct ob_cloud_pair pairs[] = {{"health.command", "true"}, {cases[i].key, cases[i].value}};
        struct ob_cloud_launch want = {
            .name = "w", .flavour = {.name = "f", .vcpus = 1}, .metadata = pairs, .metadata_n = 2};
        struct dk_body b = {.want = &want,
                            .image = &image,
                            .name = "baton-t",
                            .image_name = "web:1",
                            .project = "p",
                            .o = &o};
        if (strcmp(cases[i].key, pairs[0].key) == 0)
            want.metadata = &pairs[1], want.metadata_n = 1;
        enum err_code rc = dk_body_check(&want, &err);
        if ((rc == ERR_OK) != (cases[i].want != NULL))
            fail_msg("%s %s: %d %s", cases[i].key, cases[i].value, rc, err.msg);
        if (!cases[i].want)
            continue;
        dk_body_create(&b, &out);
        assert_has(out.s, cases[i].want);
        assert_int_equal(proto_decode(&dk_message_type, out.s, out.len, 0, &a, &any, NULL), ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_create), cmocka_unit_test(test_life)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
