/* What is taken with a warning or a note: descriptors, and all that is said of them. */
#include "nfvo/catalogue/catalogue.h"

#include "common/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POINT(link) "{\"virtual_link_reference\":\"" link "\"}"
#define VNFD(name, points, members)                                                                \
    "{\"name\":\"" name "\",\"type\":\"" name "-type\",\"deployment_flavour\":[{\"flavour_key\":"  \
    "\"m\"}],\"vdu\":[{\"vnfc\":[{\"connection_point\":[" points "]}]}]" members "}"
#define NSD(vlds, vnfds, members) "{\"vld\":[" vlds "],\"vnfd\":[" vnfds "]" members "}"
#define NAMED(name)               "{\"name\":\"" name "\"}"

static void note(void *arg, enum finding_level level, const char *path, const char *what)
{
    sbuf_addf(arg, "%s %s: %s\n", finding_level_name(level), path, what);
}

/* clang-format off */
static const struct {
    const char *nsd, *said;
} rows[] = {
    { "{}", "" },
    { "{\"vnfd\":[{}],\"vld\":[{}],\"vnf_dependency\":[{}]}", "" },
    { NSD(NAMED("net"), VNFD("a", POINT("net"), ""), ""), "" },
    /* a parameter that nobody provides */
    { NSD(NAMED("net"), VNFD("a", POINT("net"), ",\"provides\":[\"p\"],\"configurations\":{\"configurationParameters\":[{\"confKey\":\"k\"}]}") "," VNFD("b", "", ""),
          ",\"vnf_dependency\":[{\"source\":\"a\",\"target\":\"b\",\"parameters\":[\"p\",\"k\",\"net\",\"hostname\",\"x\",\"net_floatingIp\"]}]"),
      "warning vnf_dependency[0].parameters[4]: VNFD 'b' asks for 'x' of 'a', which does not offer it: the variable a-type_x will be empty; 'a' offers k, p, net, hostname\n"
      "warning vnf_dependency[0].parameters[5]: VNFD 'b' asks for 'net_floatingIp' of 'a', which does not offer it: the variable a-type_net_floatingIp will be empty; 'a' offers k, p, net, hostname\n" },
    { NSD(NAMED("net"), VNFD("a", "{\"virtual_link_reference\":\"net\",\"floatingIp\":\"random\"}", "") "," VNFD("b", "", ",\"requires\":{\"a\":{\"parameters\":[\"net_floatingIp\",\"X\"]}}"), ""),
      "warning vnfd[1].requires.a.parameters[1]: VNFD 'b' asks for 'X' of 'a', which does not offer it: the variable a-type_X will be empty; 'a' offers net, net_floatingIp, hostname\n" },
    { NSD(NAMED("net"), VNFD("a", POINT("net"), ""), ",\"vnf_dependency\":[{\"source\":\"a\",\"target\":\"a\",\"parameters\":[\"net\"]}]"),
      "warning vnf_dependency[0].parameters[0]: VNFD 'a' asks for 'net' of 'a', which does not offer it: the variable a-type_net will be empty; 'a' offers nothing\n" },
    /* a source that only refers to a stored VNFD is not known here */
    { NSD("", "{\"id\":\"v/a/1\",\"name\":\"a\"}," VNFD("b", "", ""), ",\"vnf_dependency\":[{\"source\":\"a\",\"target\":\"b\",\"parameters\":[\"x\"]}]"), "" },
    /* links: one misspelled beside the one that was meant; one that is only not used */
    { NSD(NAMED("privat"), VNFD("web", POINT("private"), ",\"virtual_link\":[{\"name\":\"private\"}]"), ""),
      "warning vld[0].name: no connection point uses the link 'privat'; VNFD 'web' uses 'private', which the NSD does not declare: is 'private' meant?\n" },
    { NSD(NAMED("net") "," NAMED("spare"), VNFD("a", POINT("net"), ""), ""), "note vld[1].name: no connection point uses the link 'spare'\n" },
    { NSD(NAMED("net") "," NAMED("net"), VNFD("a", POINT("net"), ""), ""), "warning vld[1].name: 'net' is there twice: only one of them counts\n" },
    { NSD("{\"name\":\"net\",\"cidr\":\"10.0.0.7/24\"}", VNFD("a", POINT("net"), ""), ""), "note vld[0].cidr: '10.0.0.7/24' has bits behind its mask: the network is 10.0.0.0/24\n" },
    /* one VNFD */
    { NSD("", "{\"name\":\"a\",\"vdu\":[{\"name\":\"u\",\"scale_in_out\":1,\"vnfc\":[{},{}]},{\"name\":\"u\",\"computation_requirement\":\"m\"}]}", ""),
      "note vnfd[0].vdu[0].computation_requirement: neither the VDU nor the VNFD's deployment_flavour names a flavour, which most clouds need\n"
      "note vnfd[0].vdu[0].scale_in_out: 1 is less than the 2 vnfc that are launched at once\n"
      "warning vnfd[0].vdu[1].vnfc: a VDU without vnfc is never launched\n"
      "warning vnfd[0].vdu[1].name: 'u' is there twice: only one of them counts\n" },
    { NSD("", VNFD("a", "", ",\"lifecycle_event\":[{\"event\":\"START\"},{\"event\":\"START\"}],\"configurations\":{\"configurationParameters\":[{\"confKey\":\"k\"},{\"confKey\":\"k\"}]}"), ""),
      "warning vnfd[0].lifecycle_event[1].event: 'START' is there twice: only one of them counts\n"
      "warning vnfd[0].configurations.configurationParameters[1].confKey: 'k' is there twice: only one of them counts\n" },
};
/* clang-format on */

static void each_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
        struct nsd *nsd;
        struct err err = ERR_INIT;
        assert_int_equal(
            proto_decode(&nsd_type, rows[i].nsd, strlen(rows[i].nsd), 0, &a, &nsd, &err), ERR_OK);
        catalogue_advise_nsd(nsd, &a, note, &said);
        if (strcmp(said.s, rows[i].said) != 0)
            fail_msg("row %zu, got:\n%swant:\n%s", i, said.s, rows[i].said);
    }
}

/* Comparing names with names takes time with each pair: lists that no person wrote are left. */
static void long_lists_take_no_time(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
    struct nsd *nsd;
    struct err err = ERR_INIT;
    sbuf_adds(&text, "{\"vld\":[");
    for (int i = 0; i < 10000; i++)
        sbuf_addf(&text, "%s{\"name\":\"%d\"}", i ? "," : "", i / 2);
    sbuf_adds(&text, "],\"vnfd\":[{\"vdu\":[{\"vnfc\":[{\"connection_point\":[");
    for (int i = 0; i < 10000; i++)
        sbuf_addf(&text, "%s{\"virtual_link_reference\":\"x%d\"}", i ? "," : "", i);
    sbuf_adds(&text, "]}]}],\"deployment_flavour\":[{}]}]}");
    assert_int_equal(proto_decode(&nsd_type, text.s, text.len, 0, &a, &nsd, &err), ERR_OK);
    catalogue_advise_nsd(nsd, &a, note, &said);
    assert_string_equal(said.s, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_told_once),
                                       cmocka_unit_test(long_lists_take_no_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
