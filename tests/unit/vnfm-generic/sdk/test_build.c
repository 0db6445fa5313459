#include "vnfm-generic/sdk/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char vnfd_text[] =
    "{\"id\":\"d-1\",\"name\":\"web\",\"type\":\"webtype\",\"endpoint\":\"generic\",\"vendor\":"
    "\"acme\",\"version\":\"1.0\","
    "\"vnfPackageLocation\":\"p-1\",\"cyclicDependency\":true,"
    "\"lifecycle_event\":[{\"id\":\"le-1\",\"event\":\"START\",\"lifecycle_events\":[\"b.sh\",\"a."
    "sh\"]}],"
    "\"configurations\":{\"id\":\"co-1\",\"name\":\"conf\",\"configurationParameters\":[{\"id\":"
    "\"cp-1\",\"confKey\":\"k\",\"value\":\"v\"}]},"
    "\"provides\":[\"p1\",\"p2\"],\"requires\":{\"db\":{\"parameters\":[\"mgmt\",\"port\"]},"
    "\"dns\":{\"parameters\":[\"zone\"]}},"
    "\"virtual_link\":[{\"id\":\"vl-1\",\"name\":\"mgmt\"},{\"name\":\"internal\",\"extId\":"
    "\"own\"}],"
    "\"deployment_flavour\":[{\"flavour_key\":\"m1.small\"}],"
    "\"vdu\":[{\"id\":\"u-d\",\"hbVersion\":3,\"name\":\"v\",\"vm_image\":[\"i\"],\"metadata\":{"
    "\"az\":\"z\"},\"scale_in_out\":2,"
    "\"vnfc\":[{\"id\":\"c-d\",\"connection_point\":[{\"id\":\"cp-d\",\"virtual_link_reference\":"
    "\"mgmt\",\"fixedIp\":\"10.0.0.9\"}]}],"
    "\"vnfc_instance\":[{\"id\":\"stale\",\"hostname\":\"stale\"}]}]}";

static struct arena arena;

static struct vnfr *build(const char *name, const char *flavour, const struct vlr_list *vlrs)
{
    struct err err = ERR_INIT;
    struct vnfd *vnfd;
    if (proto_decode(&vnfd_type, vnfd_text, sizeof(vnfd_text) - 1, 0, &arena, &vnfd, &err) !=
        ERR_OK)
        fail_msg("%s", err.msg);
    return vnfr_build(vnfd, name, flavour, vlrs, "nsr-1", &arena);
}

static int clean(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_members(void **state)
{
    (void)state;
    struct vnfr *r = build("web-x", "m1.big", NULL);
    assert_string_equal(r->name, "web-x");
    assert_string_equal(r->type, "webtype");
    assert_string_equal(r->endpoint, "generic");
    assert_string_equal(r->parent_ns_id, "nsr-1");
    assert_string_equal(r->descriptor_reference, "d-1");
    assert_string_equal(r->package_id, "p-1");
    assert_string_equal(r->deployment_flavour_key, "m1.big");
    assert_true(r->cyclic_dependency);
    assert_null(r->id);
    assert_string_equal(build(NULL, NULL, NULL)->name, "web");
    assert_string_equal(build(NULL, NULL, NULL)->deployment_flavour_key, "m1.small");
}

/* Ids are the NFVO's to give; parent_vdu leads back. */
static void test_ids(void **state)
{
    (void)state;
    struct vnfr *r = build(NULL, NULL, NULL);
    struct vdu *v = r->vdu.at[0];
    assert_string_equal(v->parent_vdu, "u-d");
    assert_null(v->id);
    assert_int_equal(v->hb_version, 0);
    assert_null(v->vnfc.at[0]->id);
    assert_null(v->vnfc.at[0]->connection_point.at[0]->id);
    assert_null(r->lifecycle_event.at[0]->id);
    assert_null(r->configurations->id);
    assert_null(r->configurations->parameters.at[0]->id);
    assert_null(r->virtual_link.at[0]->id);
    assert_int_equal(v->vnfc_instance.n, 0);
    assert_string_equal(proto_strmap_get(&v->metadata, "az"), "z");
    assert_string_equal(v->vnfc.at[0]->connection_point.at[0]->fixed_ip, "10.0.0.9");
}

static void test_configurations(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vnfr *r = build(NULL, NULL, NULL);
    proto_encode(&vnfr_type, r, PROTO_COMPLETE, &text);
    static const char *const parts[] = {
        "\"configurations\":{\"name\":\"conf\",\"configurationParameters\":[{\"confKey\":\"k\","
        "\"value\":\"v\"}]}",
        "\"provides\":{\"name\":\"provides\",\"configurationParameters\":[{\"confKey\":\"p1\"},{"
        "\"confKey\":\"p2\"}]}",
        "\"requires\":{\"name\":\"requires\",\"configurationParameters\":[{\"confKey\":\"mgmt\"},{"
        "\"confKey\":\"port\"},{\"confKey\":\"zone\"}]}",
        "\"lifecycle_events\":[\"b.sh\",\"a.sh\"]", /* the order counts */
        "\"vnf_address\":[]",
        "\"lifecycle_event_history\":[]",
        "\"vnfc_instance\":[]"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!strstr(text.s, parts[i]))
            fail_msg("'%s' is not in %s", parts[i], text.s);
}

static void test_links(void **state)
{
    struct vlr vlr = {.name = "mgmt", .ext_id = "net-1"}, *at[] = {&vlr};
    struct vlr_list vlrs = {at, 1};
    (void)state;
    struct vnfr *r = build(NULL, NULL, &vlrs);
    assert_string_equal(r->virtual_link.at[0]->ext_id, "net-1");
    assert_string_equal(r->virtual_link.at[1]->ext_id, "own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_members, clean),
        cmocka_unit_test_teardown(test_ids, clean),
        cmocka_unit_test_teardown(test_configurations, clean),
        cmocka_unit_test_teardown(test_links, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
