/* The deploy plan: launch order and errors of rest-api.md 2.5. */
#include "nfvo/catalogue/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char nsd_text[] =
    "{\"id\":\"n\",\"vnfd\":[{\"id\":\"va\",\"name\":\"a\",\"endpoint\":\"generic\",\"vdu\":[{"
    "\"id\":\"d1\",\"name\":\"a-1\"},{\"id\":\"d2\",\"name\":\"a-2\",\"vimInstanceName\":[\"two:"
    "z1\"]}],\"configurations\":{\"name\":\"c\",\"configurationParameters\":[{\"confKey\":\"k\","
    "\"value\":\"old\"}]}},{\"id\":\"vb\",\"name\":\"b\",\"endpoint\":\"fixed-host\",\"vdu\":[{"
    "\"id\":\"d3\",\"name\":\"b-1\",\"vnfc\":[{\"connection_point\":[{\"virtual_link_reference\":"
    "\"net\"}]}]}],\"configurations\":{\"configurationParameters\":[{\"confKey\":\"ssh_net_ip\","
    "\"value\":\"10.0.0.9\"},{\"confKey\":\"ssh_username\",\"value\":\"u\"}]}}]}";
#define LOGIN                                                                                      \
    "\"configurations\":{\"b\":{\"configurationParameters\":[{\"confKey\":\"ssh_password\","       \
    "\"value\":\"p\"}]}}"

struct world {
    struct arena a;
    struct plan_pop pops[3];
    struct vnfm_endpoint generic, fixed;
    const struct vnfm_endpoint *endpoints[3];
    struct ssh_key key;
    const struct ssh_key *keys[1];
    struct plan_facts facts;
    struct proto_strs types;
    const char *type;
};

static const struct proto_strs *types_of(void *arg, const struct vnfd *vnfd)
{
    struct world *w = arg;
    return strcmp(vnfd->name, "a") == 0 && w->types.n ? &w->types : NULL;
}

static void make_world(struct world *w)
{
    *w = (struct world){
        .pops = {{"p1", "one", "test"}, {"p2", "two", "openstack.x"}, {"p3", "co:lon", "test"}},
        .generic = {.type = "generic", .active = true, .enabled = true},
        .fixed = {.type = "fixed-host", .active = true, .enabled = true},
        .key = {.name = "mykey", .public_key = "ssh-rsa x"},
        .type = "test",
    };
    w->endpoints[0] = &w->generic;
    w->endpoints[1] = &w->fixed;
    w->keys[0] = &w->key;
    w->facts = (struct plan_facts){.project_id = "p",
                                   .pops = w->pops,
                                   .pop_n = 3,
                                   .endpoints = w->endpoints,
                                   .endpoint_n = 2,
                                   .keys = w->keys,
                                   .key_n = 1,
                                   .vim_types = types_of,
                                   .arg = w};
}

static enum err_code plan(struct world *w, const char *body_text, struct deploy_plan *ret,
                          struct err *err)
{
    struct nsd *nsd;
    struct deploy_body *body = NULL;
    *err = (struct err)ERR_INIT;
    assert_int_equal(proto_decode(&nsd_type, nsd_text, strlen(nsd_text), 0, &w->a, &nsd, err),
                     ERR_OK);
    if (body_text)
        assert_int_equal(
            proto_decode(&deploy_body_type, body_text, strlen(body_text), 0, &w->a, &body, err),
            ERR_OK);
    return catalogue_plan_deploy(nsd, body, &w->facts, &w->a, ret, err);
}

static void takes_all_pops_when_nothing_is_named(void **state)
{
    (void)state;
    struct world w;
    struct deploy_plan p;
    struct err err;
    make_world(&w);
    assert_int_equal(
        plan(&w, "{" LOGIN ",\"keys\":[\"mykey\"],\"monitoringIp\":\"1.2.3.4\"}", &p, &err),
        ERR_OK);
    assert_int_equal(p.vdu_n, 3);
    assert_int_equal(p.vdus[0].candidate_n, 3);
    assert_string_equal(p.vdus[0].vdu_id, "d1");
    assert_int_equal(p.vdus[1].candidate_n, 1); /* the descriptor names it */
    assert_string_equal(p.vdus[1].candidates[0].pop_id, "p2");
    assert_string_equal(p.vdus[1].candidates[0].zone, "z1");
    assert_string_equal(p.vdus[2].vnfd_name, "b");
    assert_int_equal(p.key_n, 1);
    assert_string_equal(p.monitoring_ip, "1.2.3.4");
    assert_ptr_equal(p.vnfms[1], &w.fixed);
    arena_release(&w.a);
}

static void body_names_pops_by_vdu_name(void **state)
{
    (void)state;
    struct world w;
    struct deploy_plan p;
    struct err err;
    make_world(&w);
    assert_int_equal(plan(&w,
                          "{" LOGIN ",\"vduVimInstances\":{\"a-1\":[\"co:lon\",\"one:\"],\"a-2\":["
                          "\"one\"],\"b-1\":[]}}",
                          &p, &err),
                     ERR_OK);
    assert_string_equal(p.vdus[0].candidates[0].pop_id, "p3");
    assert_null(p.vdus[0].candidates[0].zone);
    assert_string_equal(p.vdus[0].candidates[1].pop_id, "p1");
    assert_null(p.vdus[0].candidates[1].zone);
    assert_string_equal(p.vdus[1].candidates[0].pop_id, "p1");
    assert_int_equal(p.vdus[2].candidate_n, 3);
    arena_release(&w.a);
}

/* What goes to a cloud, and stands in what an operator reads. */
static void a_zone_is_printable_and_short(void **state)
{
    static const char *const zones[] = {"\\u0001,\\\"x\\\",\\u0001pop:p2:0:", "a\\nb", "\\u007f",
                                        "\\u001b[2J"};
    (void)state;
    for (size_t i = 0; i <= ARRAY_LEN(zones); i++) {
        struct world w;
        struct deploy_plan p;
        struct err err;
        make_world(&w);
        char *zone = arena_alloc(&w.a, 130);
        memset(zone, 'z', 129);
        zone[129] = '\0';
        const char *body =
            arena_printf(&w.a, "{" LOGIN ",\"vduVimInstances\":{\"a-1\":[\"one\",\"one:%s\"]}}",
                         i < ARRAY_LEN(zones) ? zones[i] : zone);
        assert_int_equal(plan(&w, body, &p, &err), ERR_INVALID);
        assert_string_equal(err.where, "vduVimInstances.a-1[1]");
        assert_non_null(strstr(err.msg, "the zone of 'one' has "));
        arena_release(&w.a);
    }
}

static void merges_configurations_into_a_copy(void **state)
{
    (void)state;
    struct world w;
    struct deploy_plan p;
    struct err err;
    make_world(&w);
    assert_int_equal(
        plan(&w,
             "{\"configurations\":{\"a\":{\"configurationParameters\":[{\"confKey\":\"k\","
             "\"value\":\"new\"},{\"confKey\":\"l\",\"value\":\"more\",\"description\":\"\"}]},"
             "\"b\":{"
             "\"configurationParameters\":[{\"confKey\":\"ssh_password\",\"value\":\"p\"}]}}}",
             &p, &err),
        ERR_OK);
    const struct configuration *c = p.nsd->vnfd.at[0]->configurations;
    assert_int_equal(c->parameters.n, 2);
    assert_string_equal(c->parameters.at[0]->value, "new");
    assert_string_equal(c->parameters.at[1]->conf_key, "l");
    assert_string_equal(
        p.nsd->vnfd.at[1]->vdu.at[0]->vnfc.at[0]->connection_point.at[0]->floating_ip, "10.0.0.9");
    arena_release(&w.a);
}

static void respects_the_types_of_a_package(void **state)
{
    (void)state;
    struct world w;
    struct deploy_plan p;
    struct err err;
    make_world(&w);
    w.type = "openstack"; /* type openstack.x up to the dot */
    w.types = (struct proto_strs){&w.type, 1};
    assert_int_equal(plan(&w, "{" LOGIN "}", &p, &err), ERR_OK);
    assert_int_equal(p.vdus[0].candidate_n, 1);
    assert_string_equal(p.vdus[0].candidates[0].pop_id, "p2");
    w.type = "docker";
    assert_int_equal(plan(&w, "{" LOGIN "}", &p, &err), ERR_INVALID);
    assert_string_equal(
        err.msg,
        "No Vim Instance found for supporting the VNFD a (looking for vim type: [docker])");
    assert_string_equal(err.where, "vnfd[0].vdu[0]");
    arena_release(&w.a);
}

/* In the order in which they are checked: each row has the faults of all later ones too. */
static void reports_in_order(void **state)
{
    (void)state;
    struct world w;
    struct deploy_plan p;
    struct err err;
    make_world(&w);
    w.fixed.active = false;
    const char *body = "{\"keys\":[\"mykey\",\"none\"],\"vduVimInstances\":{\"a-1\":[\"x\"]}}";
    assert_int_equal(plan(&w, body, &p, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "No key found with name: none");
    assert_string_equal(err.where, "keys[1]");
    body = "{\"vduVimInstances\":{\"a-1\":[\"one\",\"x\"]}}";
    assert_int_equal(plan(&w, body, &p, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "VNFManager with endpoint: fixed-host is not registered or not "
                                 "enabled or not active.");
    assert_string_equal(err.where, "vnfd[1].endpoint");
    w.fixed.active = true;
    assert_int_equal(plan(&w, body, &p, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "Not found VIM instance: x");
    assert_string_equal(err.where, "vduVimInstances.a-1[1]");
    assert_int_equal(plan(&w, NULL, &p, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "Provide both ssh_username and ssh_password for the vnfd: b");
    w.facts.pop_n = 0;
    assert_int_equal(plan(&w, NULL, &p, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "No PoP of the corresponding type in the catalogue. Must be "
                                 "registered first...");
    arena_release(&w.a);
}

/* Each with the path and what there is. */
static void names_in_the_body_mean_something(void **state)
{
    (void)state;
    static const struct {
        const char *body, *where, *message, *hint;
    } rows[] = {
        {"{\"vduVimInstances\":{\"a\":[\"one\"]}}", "vduVimInstances.a",
         "vduVimInstances.a: the NSD has no VDU of this name", "there are: a-1, a-2, b-1"},
        {"{\"configurations\":{\"A\":{}}}", "configurations.A",
         "configurations.A: the NSD has no VNFD of this name", "there are: a, b"},
        {"{\"configurations\":{\"a\":{\"configurationParameters\":[{\"confKey\":\"k\"},{"
         "\"confKey\":\"K\","
         "\"value\":\"x\"}]}}}",
         "configurations.a.configurationParameters[1].confKey",
         "configurations.a.configurationParameters[1].confKey: VNFD 'a' has no parameter 'K'; a "
         "new "
         "one is added by giving it a description",
         "there are: k"},
        {"{\"configurations\":{\"a\":{\"configurationParameters\":[{\"value\":\"x\"}]}}}",
         "configurations.a.configurationParameters[0].confKey",
         "configurations.a.configurationParameters[0].confKey: must not be empty", ""},
        {"{\"configurations\":{\"a\":{\"configurationParameters\":[{\"confKey\":\"LD_PRELOAD\","
         "\"value\":\"/x.so\",\"description\":\"\"}]}}}",
         "configurations.a.configurationParameters[0].confKey",
         "no script may have the parameter 'LD_PRELOAD'",
         "it would change how programs are loaded: give it another name"},
        {"{\"vduVimInstance\":{}}", "vduVimInstance",
         "vduVimInstance: unknown member; is 'vduVimInstances' meant?", "there are: keys, vdu"},
        {"{\"configurations\":{\"a\":{\"parameters\":[]}}}", "configurations.a.parameters",
         "configurations.a.parameters: unknown member", "there are: keys, vdu"},
        {"{\"configurations\":{\"a\":{\"configurationParameters\":[{\"key\":\"k\"}]}}}",
         "configurations.a.configurationParameters[0].key",
         "configurations.a.configurationParameters[0].key: unknown member", "there are: keys, vdu"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        struct deploy_plan p;
        struct err err;
        make_world(&w);
        enum err_code rc = plan(&w, rows[i].body, &p, &err);
        if (rc != ERR_INVALID)
            print_error("row %zu: %s\n", i, rows[i].body);
        assert_int_equal(rc, ERR_INVALID);
        assert_string_equal(err.where, rows[i].where);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(strncmp(err.hint, rows[i].hint, strlen(rows[i].hint)), 0);
        arena_release(&w.a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all_pops_when_nothing_is_named),
        cmocka_unit_test(body_names_pops_by_vdu_name),
        cmocka_unit_test(a_zone_is_printable_and_short),
        cmocka_unit_test(merges_configurations_into_a_copy),
        cmocka_unit_test(respects_the_types_of_a_package),
        cmocka_unit_test(reports_in_order),
        cmocka_unit_test(names_in_the_body_mean_something),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
