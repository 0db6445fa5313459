#include "nfvo/cli/validate.h"

#include "common/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void note(void *arg, enum finding_level level, const char *path, const char *what)
{
    sbuf_addf(arg, "%c %s: %s\n", "NWE"[level], path, what);
}

#define VDU(extra)                                                                                 \
    "{\"vm_image\":[\"i\"],\"scale_in_out\":1" extra                                               \
    ",\"vnfc\":[{\"connection_point\":[{\"virtual_link_reference\":\"p\"}]}]}"
#define VNFD(name, vdu)                                                                            \
    "{\"name\":\"" name                                                                            \
    "\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"dummy\","                 \
    "\"deployment_flavour\":[{\"flavour_key\":\"m1\"}],\"virtual_link\":[{\"name\":\"p\"}],"       \
    "\"vdu\":[" vdu "]}"
#define NSD(vnfds, rest)                                                                           \
    "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vld\":[{\"name\":\"p\"}]," rest          \
    "\"vnfd\":[" vnfds "]}"

static void findings_carry_their_path(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_strict;
        int errors;
        const char *says; /* in the findings; NULL: there are none */
    } cases[] = {
        {NSD(VNFD("a", VDU("")), ""), true, 0, NULL},
        {NSD(VNFD("a", VDU(",\"vmImage\":1")), ""), false, 0,
         "W vnfd[0].vdu[0].vmImage: unknown member; is 'vm_image' meant?"},
        {NSD(VNFD("a", VDU(",\"colour\":1")), ""), true, 1,
         "E vnfd[0].vdu[0].colour: unknown member\n"},
        {NSD(VNFD("a", "{\"vm_image\":[]}"), ""), false, 1, "E vnfd[0].vdu[0].vm_image"},
        {NSD(VNFD("a", VDU("")) "," VNFD("a", VDU("")), ""), false, 1, "E vnfd"},
        {NSD("{\"id\":\"x\"}", ""), false, 0, "N vnfd: refers"},
        {"\xef\xbb\xbf" NSD(VNFD("a", VDU("")), ""), true, 0, NULL},
        {"name: n\nvendor: v\n", false, 1, "E : this is YAML, JSON is expected"},
        {"{\"name\":[]}", false, 1, "E name: expected a string, found an array"},
        {"{\"name\":", false, 1, "E "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
        int errors =
            cli_validate_nsd(cases[i].text, strlen(cases[i].text), cases[i].is_strict, note, &said);
        if (errors != cases[i].errors ||
            (cases[i].says ? !strstr(said.s, cases[i].says) : said.len > 0))
            fail_msg("case %zu: %d errors, findings:\n%s", i, errors, said.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(findings_carry_their_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
