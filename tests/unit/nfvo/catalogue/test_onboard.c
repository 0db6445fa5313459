/* Onboarding rules: a table of bad descriptors with the exact message and JSON path, and what good
 * ones become. */
#include "nfvo/catalogue/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VDU(members) "{\"vm_image\":[\"img\"]" members "}"
#define VNFD(name, members)                                                                        \
    "{\"name\":\"" name "\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"       \
    "\"generic\",\"vdu\":[" VDU("") "]" members "}"
#define NSD(members) "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\"" members "}"
/* A VNFD w whose only VDU has one VNFC with one connection point. */
#define WITH_POINT(point, members)                                                                 \
    "{\"name\":\"w\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"generic\","  \
    "\"vdu\":[" VDU(",\"vnfc\":[{\"connection_point\":[" point "]}]") "]" members "}"

struct ids {
    struct arena *a;
    unsigned n;
};

static const char *make_id(void *arg)
{
    struct ids *ids = arg;
    return arena_printf(ids->a, "id-%u", ++ids->n);
}

static enum err_code onboard(const char *text, bool is_ordered, struct arena *a, struct nsd **ret,
                             struct err *err)
{
    struct ids ids = {a, 0};
    struct catalogue_rules rules = {"p", "now", is_ordered, make_id, &ids, NULL};
    *err = (struct err)ERR_INIT;
    enum err_code rc = proto_decode(&nsd_type, text, strlen(text), 0, a, ret, err);
    assert_int_equal(rc, ERR_OK);
    rc = catalogue_check_nsd_schema(*ret, err);
    return rc == ERR_OK ? catalogue_onboard_nsd(*ret, &rules, a, err) : rc;
}

/* clang-format off */
static const struct {
    const char *nsd;
    enum err_code code;
    const char *where, *message;
} bad[] = {
    { "{\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[]}", ERR_SYNTAX, "name", "name: must not be empty" },
    { "{}", ERR_SYNTAX, "name", "name: must not be empty, vendor: must not be empty, version: must not be empty" },
    { NSD(""), ERR_INVALID, "vnfd", "The Network Service Descriptor has to have at least one VNFD." },
    { NSD(",\"vnfd\":[]"), ERR_INVALID, "vnfd", "The Network Service Descriptor has to have at least one VNFD." },
    { NSD(",\"vld\":[{\"name\":\"a\"},{}],\"vnfd\":[" VNFD("a", "") "]"), ERR_NOT_FOUND, "vld[1].name", "A VLD in the NSD has no name specified!" },
    { NSD(",\"vnfd\":[" VNFD("a", "") "," VNFD("b", "") "," VNFD("a", "") "]"), ERR_INVALID, "vnfd[2].name", "the VNFD name 'a' is used twice in the NSD" },
    { NSD(",\"vnfd\":[{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"vdu\":[]}]"), ERR_INVALID, "vnfd[0].endpoint", "VNFD 'a' has no endpoint" },
    { NSD(",\"vnfd\":[{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"g\"}]"), ERR_INVALID, "vnfd[0].vdu", "VNFD 'a' has no vdu" },
    { NSD(",\"vnfd\":[{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"endpoint\":\"g\"}]"), ERR_SYNTAX, "vnfd[0].type", "vnfd[0].type: must not be empty" },
    { NSD(",\"vnfd\":[{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"g\",\"vdu\":[" VDU("") ",{\"vm_image\":[\"\"]}]}]"), ERR_INVALID, "vnfd[0].vdu[1].vm_image", "At least one VDU in the VNFD a does not contain an image." },
#define SAYS(metadata) NSD(",\"vnfd\":[{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"g\",\"vdu\":[" VDU("") "," VDU(",\"metadata\":{\"x\":\"y\"," metadata "}") "]}]")
    { SAYS("\"baton.on-failure\":\"abort\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.on-failure]", "VNFD a: baton.on-failure is none that there is: 'abort'" },
    { SAYS("\"baton.on-failure\":\"\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.on-failure]", "VNFD a: baton.on-failure is none that there is: ''" },
    { SAYS("\"baton.attempts\":\"0\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.attempts]", "VNFD a: baton.attempts is no number of attempts: '0'" },
    { SAYS("\"baton.attempts\":\"11\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.attempts]", "VNFD a: baton.attempts is no number of attempts: '11'" },
    { SAYS("\"baton.attempts\":\"2x\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.attempts]", "VNFD a: baton.attempts is no number of attempts: '2x'" },
    { SAYS("\"baton.attempts\":\"000000000000000001\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.attempts]", "VNFD a: baton.attempts is no number of attempts: '000000000000000001'" },
    { SAYS("\"baton.heal\":\"always\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.heal]", "VNFD a: baton.heal is none that there is: 'always'" },
    { NSD(",\"vnfd\":[" VNFD("a", ",\"metadata\":{\"baton.heal\":\"vm\"}") "]"), ERR_INVALID, "vnfd[0].metadata[baton.heal]", "VNFD a: baton.heal is none that there is: 'vm'" },
    { NSD(",\"vnfd\":[" VNFD("a", ",\"metadata\":{\"baton.on-failure\":\"keep\"}") "]"), ERR_INVALID, "vnfd[0].metadata[baton.on-failure]", "VNFD a: metadata 'baton.on-failure' of a VNFD is not known" },
    { SAYS("\"baton.onfailure\":\"keep\""), ERR_INVALID, "vnfd[0].vdu[1].metadata[baton.onfailure]", "VNFD a: metadata 'baton.onfailure' of a VDU is not known" },
    { NSD(",\"vnfd\":[" VNFD("a", ",\"virtual_link\":[{\"cidr\":\"10.0.0.0/8\"}]") "]"), ERR_INVALID, "vnfd[0].virtual_link[0].name", "a virtual link of VNFD 'a' has no name" },
    { NSD(",\"vld\":[{\"name\":\"net\"}],\"vnfd\":[" VNFD("a", "") "," WITH_POINT("{\"virtual_link_reference\":\"other\"}", "") "]"), ERR_INVALID, "vnfd[1].vdu[0].vnfc[0].connection_point[0].virtual_link_reference", "VirtualLinkReference other not found in the virtual links defined in the vnfd" },
    { NSD(",\"vld\":[{\"name\":\"net\"}],\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.0\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[0].fixedIp", "vnfd[0].vdu[0].vnfc[0].connection_point[0].fixedIp: '10.0.0' is not an IPv4 address" },
    { NSD(",\"vld\":[{\"name\":\"net\"}],\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.0.2\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[0].fixedIp", "fixedIp '10.0.0.2' needs a cidr in virtual link 'net'" },
    { NSD(",\"vld\":[{\"name\":\"net\",\"cidr\":\"10.0.0.0/33\"}],\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.0.2\"}", "") "]"), ERR_INVALID, "vld[0].cidr", "vld[0].cidr: '10.0.0.0/33' is not an IPv4 network such as 10.0.0.0/24" },
    { NSD(",\"vld\":[{\"name\":\"net\",\"cidr\":\"10.0.0.0/24\"}],\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.1.2\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[0].fixedIp", "fixedIp '10.0.1.2' is not a usable host address in the cidr '10.0.0.0/24' of virtual link 'net'" },
    { NSD(",\"vld\":[{\"name\":\"net\",\"cidr\":\"10.0.0.0/24\"}],\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.0.0\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[0].fixedIp", "fixedIp '10.0.0.0' is not a usable host address in the cidr '10.0.0.0/24' of virtual link 'net'" },
    { NSD(",\"vld\":[{\"name\":\"net\",\"cidr\":\"10.0.0.0/24\"}],\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.0.255\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[0].fixedIp", "fixedIp '10.0.0.255' is not a usable host address in the cidr '10.0.0.0/24' of virtual link 'net'" },
    { NSD(",\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"n\",\"fixedIp\":\"10.0.0.2\"},{\"virtual_link_reference\":\"m\",\"fixedIp\":\"10.0.0.2\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[1].fixedIp", "fixedIp '10.0.0.2' is given twice in one VNFC" },
    { NSD(",\"vnfd\":[" VNFD("a", "") "," VNFD("b", ",\"lifecycle_event\":[{\"event\":\"START\"},{\"event\":\"INSTANTIATED\"}]") "]"), ERR_INVALID, "vnfd[1].lifecycle_event[1].event", "Event in one LifecycleEvent of VNFD b does not exist" },
    { NSD(",\"vnfd\":[" VNFD("b", ",\"lifecycle_event\":[{}]") "]"), ERR_INVALID, "vnfd[0].lifecycle_event[0].event", "Event in one LifecycleEvent of VNFD b does not exist" },
    { NSD(",\"vnfd\":[" VNFD("a", "") "],\"vnf_dependency\":[{\"target\":\"a\",\"parameters\":[\"x\"]}]"), ERR_SYNTAX, "vnf_dependency[0].source", "vnf_dependency[0].source: must not be empty" },
    { NSD(",\"vnfd\":[" VNFD("a", "") "],\"vnf_dependency\":[{\"source\":\"z\",\"target\":\"a\",\"parameters\":[\"x\"]}]"), ERR_INVALID, "vnf_dependency[0].source", "the dependency's source 'z' is no VNFD of the NSD" },
    { NSD(",\"vnfd\":[" VNFD("a", "") "," VNFD("b", "") "],\"vnf_dependency\":[{\"source\":\"b\",\"target\":\"a\"}]"), ERR_INVALID, "vnf_dependency[0].parameters", "the dependency from 'b' to 'a' has no parameters" },
    /* Before issue 8 these ran before the script did, as root. */
    { NSD(",\"vnfd\":[" VNFD("a", ",\"configurations\":{\"configurationParameters\":[{\"confKey\":\"k\"},{\"confKey\":\"LD_PRELOAD\"}]}") "]"), ERR_INVALID, "vnfd[0].configurations.configurationParameters[1].confKey", "no script may have the parameter 'LD_PRELOAD'" },
    { NSD(",\"vnfd\":[" VNFD("a", ",\"provides\":[\"ok\",\"BASH-ENV\"]") "]"), ERR_INVALID, "vnfd[0].provides[1]", "no script may have the parameter 'BASH-ENV'" },
    { NSD(",\"vnfd\":[" VNFD("a", "") ",{\"name\":\"b\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"LD\",\"endpoint\":\"g\",\"vdu\":[" VDU("") "]}],\"vnf_dependency\":[{\"source\":\"b\",\"target\":\"a\",\"parameters\":[\"PRELOAD\"]}]"), ERR_INVALID, "vnf_dependency[0].parameters[0]", "no script may have the parameter 'LD_PRELOAD'" },
    /* what would only fail where it is used: a driver, an index, a screen, a second line in user data */
    { NSD(",\"vld\":[{\"name\":\"net\",\"cidr\":\"not-a-cidr\"}],\"vnfd\":[" VNFD("a", "") "]"), ERR_INVALID, "vld[0].cidr", "vld[0].cidr: 'not-a-cidr' is not an IPv4 network such as 10.0.0.0/24" },
    { NSD(",\"vld\":[{\"name\":\"net\",\"dns\":[\"8.8.8.8\",\"x\"]}],\"vnfd\":[" VNFD("a", "") "]"), ERR_INVALID, "vld[0].dns[1]", "vld[0].dns[1]: 'x' is not an IP address" },
    { NSD(",\"vnfd\":[" VNFD("a\\nexport X=", "") "]"), ERR_INVALID, "vnfd[0].name", "vnfd[0].name: 'a?export X=' holds a line break or another control character" },
    { NSD(",\"vnfd\":[" WITH_POINT("{\"virtual_link_reference\":\"n\",\"floatingIp\":\"any\"}", "") "]"), ERR_INVALID, "vnfd[0].vdu[0].vnfc[0].connection_point[0].floatingIp", "vnfd[0].vdu[0].vnfc[0].connection_point[0].floatingIp: 'any' is neither an IPv4 address nor the word random" },
    { NSD(",\"vnfd\":[" VNFD("a", ",\"deployment_flavour\":[{\"flavour_key\":\"m1\",\"ram\":-1,\"disk\":3000000000}]") "]"), ERR_INVALID, "vnfd[0].deployment_flavour[0].ram", "vnfd[0].deployment_flavour[0].ram: must not be negative, vnfd[0].deployment_flavour[0].disk: does not fit 32 bits" },
    { NSD(",\"vnfd\":[{\"id\":\"v/n/1\",\"name\":\"a\\nb\"}],\"vld\":[{\"name\":\"x\\u007f\"}]"), ERR_INVALID, "vld[0].name", "vld[0].name: 'x?' holds a line break or another control character" },
    { "{\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":\"v/n/1\"}]}", ERR_SYNTAX, "name", "name: must not be empty" },
    { NSD(",\"vnfd\":[" VNFD("a", ",\"requires\":{\"z\":{\"parameters\":[\"x\"]}}") "]"), ERR_INVALID, "vnfd[0].requires.z", "VNFD 'a' requires 'z', which is no VNFD of the NSD" },
};
/* clang-format on */

static void refuses_with_path_and_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct nsd *nsd;
        struct err err;
        enum err_code rc = onboard(bad[i].nsd, false, &a, &nsd, &err);
        if (rc != bad[i].code || strcmp(err.where, bad[i].where) != 0)
            print_error("row %zu: %s\n", i, bad[i].nsd);
        assert_int_equal(rc, bad[i].code);
        assert_string_equal(err.where, bad[i].where);
        assert_string_equal(err.msg, bad[i].message);
    }
}

static void fills_in_what_is_missing(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsd *nsd;
    struct err err;
    assert_int_equal(
        onboard(NSD(",\"id\":\"mine\",\"vld\":[{\"name\":\"net\",\"cidr\":\"10.0.0.0/24\","
                    "\"poolName\":\"pool\"}],\"vnfd\":[" WITH_POINT(
                        "{\"virtual_link_reference\":\"net\",\"fixedIp\":\"10.0.0.254\"}", "") "]"),
                false, &a, &nsd, &err),
        ERR_OK);
    struct vdu *vdu = nsd->vnfd.at[0]->vdu.at[0];
    assert_string_equal(vdu->name, "w-1");
    assert_string_equal(vdu->vnfc.at[0]->connection_point.at[0]->chosen_pool, "pool");
    assert_string_not_equal(nsd->id, "mine");
    assert_non_null(vdu->vnfc.at[0]->connection_point.at[0]->id);
    assert_non_null(nsd->vld.at[0]->id);
    assert_true(nsd->enabled);
    assert_string_equal(nsd->created_at, "now");
    assert_string_equal(nsd->project_id, "p");
    assert_string_equal(nsd->vnfd.at[0]->project_id, "p");
}

static void names_vdus_around_given_names(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsd *nsd;
    struct err err;
    assert_int_equal(onboard(NSD(",\"vnfd\":[{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\","
                                 "\"type\":\"t\",\"endpoint\":\"g\",\"vdu\":[" VDU("") "," VDU(
                                     ",\"name\":\"a-1\"") "," VDU("") "]}]"),
                             false, &a, &nsd, &err),
                     ERR_OK);
    assert_string_equal(nsd->vnfd.at[0]->vdu.at[0]->name, "a-2");
    assert_string_equal(nsd->vnfd.at[0]->vdu.at[1]->name, "a-1");
    assert_string_equal(nsd->vnfd.at[0]->vdu.at[2]->name, "a-3");
}

static void keeps_ids_of_references_only(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsd *nsd;
    struct err err;
    assert_int_equal(onboard(NSD(",\"vnfd\":[" VNFD("a", ",\"id\":\"stored\"") "," VNFD(
                                 "b", ",\"configurations\":{\"id\":\"theirs\"}") "]"),
                             false, &a, &nsd, &err),
                     ERR_OK);
    assert_string_equal(nsd->vnfd.at[0]->id, "stored");
    assert_string_not_equal(nsd->vnfd.at[1]->configurations->id, "theirs");
}

static void merges_dependencies_of_requires(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsd *nsd;
    struct err err;
    assert_int_equal(onboard(NSD(",\"vnfd\":[" VNFD("a", "") "," VNFD(
                                 "b", ",\"requires\":{\"a\":{\"parameters\":[\"y\",\"x\"]},\"b\":{}"
                                      "}") "],"
                                           "\"vnf_dependency\":[{\"source\":{\"name\":\"a\"},"
                                           "\"target\":\"b\","
                                           "\"parameters\":[\"x\"]},{\"source\":\"a\",\"target\":"
                                           "\"b\",\"parameters\":"
                                           "[\"z\"]}]"),
                             false, &a, &nsd, &err),
                     ERR_OK);
    assert_int_equal(nsd->vnf_dependency.n, 1);
    const struct vnf_dependency *d = nsd->vnf_dependency.at[0];
    assert_string_equal(d->source, "a");
    assert_string_equal(d->target, "b");
    assert_int_equal(d->parameters.n, 3);
    assert_false(nsd->vnfd.at[0]->cyclic_dependency);
    assert_false(nsd->vnfd.at[1]->cyclic_dependency);
}

#define REQUIRES(name, of) VNFD(name, ",\"requires\":{\"" of "\":{\"parameters\":[\"x\"]}}")

/* a -> b -> c -> a is a cycle, d hangs on it, e depends on itself, f on nothing. */
#define CYCLE                                                                                      \
    NSD(",\"vnfd\":[" REQUIRES("a", "b") "," REQUIRES("b", "c") "," REQUIRES(                      \
        "c", "a") "," REQUIRES("d", "a") "," REQUIRES("e", "e") "," VNFD("f", "") "]")

static void marks_members_of_cycles(void **state)
{
    (void)state;
    static const bool want[] = {true, true, true, false, true, false};
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsd *nsd;
    struct err err;
    assert_int_equal(onboard(CYCLE, false, &a, &nsd, &err), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(nsd->vnfd.at[i]->cyclic_dependency, want[i]);
}

static void refuses_cycles_under_ordered_start(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsd *nsd;
    struct err err;
    assert_int_equal(onboard(CYCLE, true, &a, &nsd, &err), ERR_INVALID);
    assert_string_equal(err.msg, "VNFD 'a' is part of a cycle of dependencies");
    assert_string_equal(err.where, "vnfd[0]");
}

static enum err_code onboard_alone(const char *text, struct arena *a, struct vnfd **ret,
                                   struct err *err)
{
    struct ids ids = {a, 0};
    struct catalogue_rules rules = {"p", "now", false, make_id, &ids, NULL};
    *err = (struct err)ERR_INIT;
    assert_int_equal(proto_decode(&vnfd_type, text, strlen(text), 0, a, ret, err), ERR_OK);
    return catalogue_onboard_vnfd(*ret, &rules, a, err);
}

static void vnfd_alone_needs_a_vnfc(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vnfd *vnfd;
    struct err err;
    assert_int_equal(onboard_alone("{\"name\":\"a\"}", &a, &vnfd, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "You should specify at least one VDU in each VNFD!");
    assert_int_equal(onboard_alone(VNFD("a", ""), &a, &vnfd, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "You should specify at least one VNFC in each VDU!");
    assert_string_equal(err.where, "vdu[0].vnfc");
    assert_int_equal(onboard_alone(WITH_POINT("", ""), &a, &vnfd, &err), ERR_OK);
    assert_string_equal(vnfd->vdu.at[0]->name, "w-1");
}

static void splits_references(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *parts[3];
    struct err err = ERR_INIT;
    assert_int_equal(catalogue_split_reference("v/n/1/2", &a, parts, &err), ERR_OK);
    assert_string_equal(parts[0], "v");
    assert_string_equal(parts[1], "n");
    assert_string_equal(parts[2], "1/2");
    assert_int_equal(catalogue_split_reference("v/n", &a, parts, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "VNFD ID must be either in the format vendor/name/version");
    assert_int_equal(catalogue_split_reference("v//1", &a, parts, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_path_and_message),
        cmocka_unit_test(fills_in_what_is_missing),
        cmocka_unit_test(names_vdus_around_given_names),
        cmocka_unit_test(keeps_ids_of_references_only),
        cmocka_unit_test(merges_dependencies_of_requires),
        cmocka_unit_test(marks_members_of_cycles),
        cmocka_unit_test(refuses_cycles_under_ordered_start),
        cmocka_unit_test(vnfd_alone_needs_a_vnfc),
        cmocka_unit_test(splits_references),
    };
    return cmocka_run_group_tests_name("onboard", tests, NULL, NULL);
}
