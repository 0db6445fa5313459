/* What a server is made of. */
#include "vim-drivers/openstack/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static struct ob_cloud_launch want = {.name = "web \"1\"",
                                      .token = "t",
                                      .key_pair = "ops",
                                      .image = {.id = "i-1", .name = "bionic"},
                                      .flavour = {.id = "f-1", .name = "big"},
                                      .ports = {{.network = "front"}, {.network = NULL}},
                                      .port_n = 2};
static const struct os_port one = {.id = "p-1"}, two = {.id = "p-2"};
static const struct os_port *const ports[] = {&one, &two};
static const struct os_options options = {.boot_volume_gb = 0};

static struct os_body body(const struct ob_cloud_pop *pop)
{
    return (struct os_body){
        .want = &want, .pop = pop, .o = &options, .ports = ports, .knows_no_network = true};
}

static void test_create(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct ob_cloud_pair zone[] = {{"az", "az2"}};
    struct ob_cloud_pop pop = {.project = "p", .metadata = zone, .metadata_n = 1};
    struct os_body b = body(&pop);
    struct err err = ERR_INIT;
    (void)state;
    b.group = "g-1";
    assert_int_equal(os_body_server(&b, &out, &err), ERR_OK);
    assert_has(
        out.s,
        "{\"server\":{\"name\":\"web \\\"1\\\"\",\"flavorRef\":\"f-1\",\"imageRef\":\"i-1\"");
    assert_has(out.s, "\"key_name\":\"ops\",\"availability_zone\":\"az2\"");
    assert_has(out.s, "\"networks\":[{\"port\":\"p-1\"},{\"port\":\"p-2\"}]");
    assert_has(
        out.s,
        "\"metadata\":{\"baton.token\":\"t\",\"baton.project\":\"p\",\"baton.image\":\"bionic\"");
    assert_has(out.s, "\"baton.link.0\":\"front\"");
    assert_has(out.s, "},\"os:scheduler_hints\":{\"group\":\"g-1\"}}");
    assert_null(strstr(out.s, "user_data"));
    assert_null(strstr(out.s, "baton.link.1"));
}

/* The NFVO's zone goes before the VDU's; what is not ours stays out of the server's metadata. */
static void test_wishes(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct ob_cloud_pair zone[] = {{"az", "of-pop"}};
    const struct ob_cloud_pair of_vdu[] = {{"az", "of-vdu"},        {"boot_volume", "20"},
                                           {"config_drive", "yes"}, {"meta.colour", "blue"},
                                           {"env.X", "y"},          {"meta.baton.token", ""}};
    struct ob_cloud_pop pop = {.project = ""}, zoned = {.metadata = zone, .metadata_n = 1};
    struct os_body b = body(&pop);
    struct err err = ERR_INIT;
    (void)state;
    want.metadata = of_vdu;
    want.metadata_n = 5;
    assert_int_equal(os_body_server(&b, &out, &err), ERR_OK);
    assert_has(out.s, "\"availability_zone\":\"of-vdu\"");
    assert_has(out.s, "\"block_device_mapping_v2\":[{\"uuid\":\"i-1\"");
    assert_has(out.s, "\"delete_on_termination\":true,\"volume_size\":20}]");
    assert_has(out.s, "\"config_drive\":true");
    assert_has(out.s, "\"colour\":\"blue\"");
    assert_null(strstr(out.s, "imageRef"));
    assert_null(strstr(out.s, "env.X"));
    sbuf_clear(&out);
    b.pop = &zoned;
    assert_int_equal(os_body_server(&b, &out, &err), ERR_OK);
    assert_has(out.s, "\"availability_zone\":\"of-pop\"");
    want.metadata = NULL;
    want.metadata_n = 0;
}

static void test_refused(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct ob_cloud_pair size[] = {{"boot_volume", "20 GB"}};
    struct ob_cloud_pop pop = {.project = ""};
    struct os_body b = body(&pop);
    struct err err = ERR_INIT;
    (void)state;
    want.metadata = size;
    want.metadata_n = 1;
    assert_int_equal(os_body_server(&b, &out, &err), ERR_INVALID);
    want.metadata = NULL;
    want.metadata_n = 0;
}

/* Metadata of a VDU name no server of somebody else's. */
static void attack_our_marks(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct ob_cloud_pair marks[] = {{"meta.baton.token", "other"},
                                          {"meta.baton.project", "other"}};
    struct ob_cloud_pop pop = {.project = "p"};
    struct os_body b = body(&pop);
    struct err err = ERR_INIT;
    (void)state;
    want.metadata = marks;
    want.metadata_n = 2;
    assert_int_equal(os_body_server(&b, &out, &err), ERR_OK);
    assert_null(strstr(out.s, "other"));
    want.metadata = NULL;
    want.metadata_n = 0;
}

static void test_no_networks(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct ob_cloud_pop pop = {.project = ""};
    struct os_body b = body(&pop);
    struct err err = ERR_INIT;
    (void)state;
    want.port_n = 0;
    assert_int_equal(os_body_server(&b, &out, &err), ERR_OK);
    assert_has(out.s, "\"networks\":\"none\"");
    sbuf_clear(&out);
    b.knows_no_network = false;
    assert_int_equal(os_body_server(&b, &out, &err), ERR_OK);
    assert_null(strstr(out.s, "networks"));
    want.port_n = 2;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),      cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_refused),     cmocka_unit_test(attack_our_marks),
        cmocka_unit_test(test_no_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
