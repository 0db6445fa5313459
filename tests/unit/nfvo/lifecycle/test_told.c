/* Which targets do not know what their sources have: nfvo/lifecycle/told.h. */
#include "nfvo/lifecycle/told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WEB(id, name, status, port, instances)                                                     \
    "{\"id\":\"" id "\",\"name\":\"" name "\",\"type\":\"t\",\"status\":\"" status                 \
    "\",\"configurations\":{\"configurationParameters\":[{\"confKey\":\"port\",\"value\":\"" port  \
    "\"}]},\"vdu\":[{\"vnfc_instance\":[" instances "]}]}"
#define CLIENT(status) "{\"id\":\"c\",\"name\":\"client\",\"status\":\"" status "\"}"
#define HOST(id, state, ip)                                                                        \
    "{\"id\":\"" id "\",\"hostname\":\"host-" id "\",\"state\":\"" state                           \
    "\",\"ips\":[{\"netName\":\"net\",\"ip\":\"" ip "\"}]}"
/* Told: port 80, instance i with its address. */
#define TOLD                                                                                       \
    "[{\"target\":\"client\",\"idType\":{\"web\":\"t\"},\"parameters\":{\"t\":{\"parameters\":{"   \
    "\"port\":\"80\",\"other\":\"\"}}},\"vnfcParameters\":{\"t\":{\"parameters\":{\"i\":{"         \
    "\"parameters\":{\"net\":\"10.0.0.1\"}}}}}}]"
#define NSR(vnfrs, told)                                                                           \
    "{\"name\":\"shop\",\"status\":\"ACTIVE\",\"vnfr\":[" vnfrs "],\"vnf_dependency\":" told "}"

static const char *missing(struct arena *a, const char *text)
{
    struct nsr *nsr;
    struct err err = ERR_INIT;
    struct shown_untold_list list = {0};
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    if (proto_decode(&nsr_type, text, strlen(text), 0, a, &nsr, &err) != ERR_OK)
        fail_msg("%s: %s", text, err.msg);
    told_missing(nsr, a, &list);
    for (uint32_t i = 0; i < list.n; i++) {
        sbuf_addf(&out, "%s%s of %s:", i ? "; " : "", list.at[i]->target, list.at[i]->source);
        for (uint32_t k = 0; k < list.at[i]->what.n; k++)
            sbuf_addf(&out, "%s %s", k ? "," : "", list.at[i]->what.at[k]);
    }
    if (list.n)
        assert_string_equal(list.at[0]->next, "baton nsr configure shop client --tell");
    return arena_strndup(a, out.s ? out.s : "", out.len);
}

static const struct {
    const char *nsr, *want;
} cases[] = {
    {NSR(WEB("w", "web", "ACTIVE", "80", HOST("i", "ACTIVE", "10.0.0.1")) "," CLIENT("ACTIVE"),
         TOLD),
     ""},
    {NSR(WEB("w", "web", "ACTIVE", "81", HOST("i", "ACTIVE", "10.0.0.9")) "," CLIENT("ACTIVE"),
         TOLD),
     "client of web: port, net of host-i"},
    {NSR(WEB("w", "web", "INACTIVE", "81", "") "," CLIENT("INACTIVE"), TOLD),
     "client of web: port"},
    /* an instance more; what stands by or has failed is nothing for targets */
    {NSR(WEB("w", "web", "ACTIVE", "80",
             HOST("i", "ACTIVE", "10.0.0.1") "," HOST("k", "ACTIVE", "10.0.0.2") "," HOST(
                 "s", "STANDBY", "10.0.0.3") "," HOST("f", "FAILED",
                                                      "10.0.0.4")) "," CLIENT("ACTIVE"),
         TOLD),
     "client of web: instance host-k"},
    /* on its way: what is missing comes */
    {NSR(WEB("w", "web", "ACTIVE", "81", "") "," CLIENT("INITIALIZED"), TOLD), ""},
    {NSR(WEB("w", "web", "INITIALIZED", "81", "") "," CLIENT("ACTIVE"), TOLD), ""},
    {NSR(WEB("w", "web", "SCALING", "81", "") "," CLIENT("ACTIVE"), TOLD), ""},
    {NSR(CLIENT("ACTIVE"), TOLD), ""},
    /* two of one type: either's value is right */
    {NSR(WEB("w", "web", "ACTIVE", "81", "") "," WEB("w2", "web2", "ACTIVE", "80",
                                                     "") "," CLIENT("ACTIVE"),
         "[{\"target\":\"client\",\"idType\":{\"web\":\"t\",\"web2\":\"t\"},\"parameters\":{\"t\":{"
         "\"parameters\":{\"port\":\"80\"}}}}]"),
     ""},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        const char *got = missing(&a, cases[i].nsr);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu: '%s', not '%s'", i, got, cases[i].want);
    }
}

static void test_many(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf hosts = SBUF_INIT;
    (void)state;
    for (int i = 0; i < 20; i++)
        sbuf_addf(&hosts, "%s{\"id\":\"x%d\",\"hostname\":\"h%d\"}", i ? "," : "", i, i);
    const char *got = missing(
        &a, arena_printf(&a, NSR(WEB("w", "web", "ACTIVE", "80", "%s") "," CLIENT("ACTIVE"), TOLD),
                         hosts.s));
    assert_non_null(strstr(got, "instance h7, and 12 more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
