/* The REST API: parts of an NSD one by one, what belongs to no NSD, parts of a network service. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NSDS   "/api/v1/ns-descriptors"
#define VNFDS  "/api/v1/vnf-descriptors"
#define GRAPHS "/api/v1/vnf-forwarding-graphs"
#define LINKS  "/api/v1/virtual-link-descriptors"

#define VNFD_WITH(name, more)                                                                      \
    "{\"name\":\"" name "\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"       \
    "\"generic\"" more ",\"vdu\":[{\"vm_image\":[\"img\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define VNFD(name) VNFD_WITH(name, "")
#define NSD_OF(vnfds)                                                                              \
    "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" vnfds                          \
    "],\"vnf_dependency\":[{\"source\":\"a\",\"target\":\"b\",\"parameters\":[\"x\"]}]}"
#define NSD NSD_OF(VNFD("a") "," VNFD("b"))

struct bed {
    struct api_fixture *f;
    char nsd[64], part[64];
};

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof(*b));
    b->f = api_fixture_new();
    api_make(b->f, NSDS, NSD, b->nsd);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    api_fixture_free(b->f);
    free(b);
    return 0;
}

#undef TEST
#define TEST(name)    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define OF_NSD(path)  api_text(NSDS "/%s" path, b->nsd)
#define OF_PART(path) api_text(NSDS "/%s" path "/%s", b->nsd, b->part)

/* The id of the first part that the last answer lists. */
static void take_part(struct bed *b)
{
    snprintf(b->part, sizeof(b->part), "%s", api_member(b->f, "id"));
}

static void a_vnfd_joins_and_leaves(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    WANT(201, api_call(f, "POST", OF_NSD("/vnfdescriptors"),
                       VNFD_WITH("c", ",\"id\":\"mine\",\"requires\":{\"a\":{\"parameters\":["
                                      "\"y\"]}}")));
    HAS_NOT("\"mine\"");
    take_part(b);
    WANT(200, api_call(f, "GET", OF_NSD(""), NULL));
    HAS("\"name\":\"c\"");
    HAS("\"source\":\"a\",\"target\":\"c\""); /* what it requires */
    HAS("\"hbVersion\":1");
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s", b->part), NULL));
    HAS("\"name\":\"c\"");
    WANT(422, api_call(f, "POST", OF_NSD("/vnfdescriptors"), VNFD("c")));
    HAS("the VNFD name 'c' is used twice in the NSD");
    WANT(204, api_call(f, "DELETE", OF_PART("/vnfdescriptors"), NULL));
    WANT(404, api_call(f, "GET", api_text(VNFDS "/%s", b->part), NULL));
    WANT(200, api_call(f, "GET", OF_NSD(""), NULL));
    HAS_NOT("\"name\":\"c\"");
    HAS_NOT("\"target\":\"c\"");
}

static void a_vnfd_is_replaced_in_both_places(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    WANT(200, api_call(f, "GET", OF_NSD("/vnfdescriptors"), NULL));
    take_part(b);
    WANT(202,
         api_call(f, "PUT", OF_PART("/vnfdescriptors"), VNFD_WITH("a", ",\"provides\":[\"x\"]")));
    HAS(api_text("\"id\":\"%s\"", b->part));
    HAS("\"hbVersion\":1");
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s", b->part), NULL));
    HAS("\"provides\":[\"x\"]");
    WANT(200, api_call(f, "GET", OF_PART("/vnfdescriptors"), NULL));
    HAS("\"provides\":[\"x\"]");
    WANT(422, api_call(f, "PUT", OF_PART("/vnfdescriptors"), VNFD("other"))); /* b depends on a */
    HAS("the dependency's source 'a' is no VNFD of the NSD");
}

static void the_last_vnfd_and_one_of_another_nsd_stay(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    char other[64];
    WANT(200, api_call(f, "GET", OF_NSD("/vnfdescriptors"), NULL));
    take_part(b);
    api_make(f, NSDS,
             api_text("{\"name\":\"m\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":\"%s\"}"
                      "]}",
                      b->part),
             other);
    WANT(422, api_call(f, "DELETE", OF_PART("/vnfdescriptors"), NULL));
    HAS(api_text("NSD with id: %s is still onboarded and referencing this VNFD", other));
    WANT(403, api_call(f, "DELETE", api_text(NSDS "/%s/vnfdescriptors/%s", other, b->part), NULL));
    HAS("cannot contain less than 1 vnfd");
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", other), NULL));
    WANT(204, api_call(f, "DELETE", OF_PART("/vnfdescriptors"), NULL));
    WANT(200, api_call(f, "GET", OF_NSD("/vnfdependencies"), NULL));
    assert_string_equal(f->res.body.s, "[]"); /* those that named it are gone */
}

static void dependencies_change(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    WANT(201, api_call(f, "POST", OF_NSD("/vnfdependencies"),
                       "{\"source\":\"a\",\"target\":\"b\",\"parameters\":[\"z\"]}"));
    HAS("\"parameters\":[\"x\",\"z\"]"); /* one a pair */
    take_part(b);
    WANT(202, api_call(f, "PUT", OF_PART("/vnfdependencies"),
                       "{\"source\":\"b\",\"target\":\"a\",\"parameters\":[\"z\"]}"));
    HAS(api_text("\"id\":\"%s\"", b->part));
    WANT(422, api_call(f, "POST", OF_NSD("/vnfdependencies"),
                       "{\"source\":\"a\",\"target\":\"b\",\"parameters\":[]}"));
    WANT(404, api_call(f, "PUT", OF_NSD("/vnfdependencies/x"), "{}"));
    HAS("No VNFDependency with ID x found in NSD");
    WANT(204, api_call(f, "DELETE", OF_PART("/vnfdependencies"), NULL));
    WANT(200, api_call(f, "GET", OF_NSD("/vnfdependencies"), NULL));
    assert_string_equal(f->res.body.s, "[]");
}

/* It would be there again at once. */
static void what_is_required_is_not_removed(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    WANT(201, api_call(f, "POST", OF_NSD("/vnfdescriptors"),
                       VNFD_WITH("c", ",\"requires\":{\"a\":{\"parameters\":[\"y\"]}}")));
    WANT(201, api_call(f, "POST", OF_NSD("/vnfdependencies"),
                       "{\"source\":\"a\",\"target\":\"c\",\"parameters\":[\"y\"]}"));
    take_part(b);
    WANT(422, api_call(f, "DELETE", OF_PART("/vnfdependencies"), NULL));
    HAS("VNFD 'c' requires what 'a' provides");
}

static void parts_that_are_kept_are_kept_whole(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    WANT(200, api_call(f, "GET", OF_NSD("/pnfdescriptors"), NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(201, api_call(f, "POST", OF_NSD("/pnfdescriptors"),
                       "{\"id\":\"mine\",\"vendor\":\"p\",\"more\":{\"a\":[1,null]}}"));
    HAS("\"more\":{\"a\":[1,null]}");
    HAS_NOT("mine");
    take_part(b);
    WANT(202, api_call(f, "PUT", OF_PART("/pnfdescriptors"), "{\"vendor\":\"q\"}"));
    WANT(200, api_call(f, "GET", OF_PART("/pnfdescriptors"), NULL));
    HAS("\"vendor\":\"q\"");
    HAS("\"hbVersion\":1");
    WANT(200, api_call(f, "GET", OF_NSD("/security"), NULL));
    assert_string_equal(f->res.body.s, "");
    WANT(201, api_call(f, "POST", OF_NSD("/security"), "{\"signature\":\"s\"}"));
    WANT(200, api_call(f, "GET", OF_NSD(""), NULL));
    HAS("\"nsd_security\":{");
    WANT(204, api_call(f, "DELETE", OF_PART("/pnfdescriptors"), NULL));
    WANT(404, api_call(f, "GET", OF_PART("/pnfdescriptors"), NULL));
    HAS("PhysicalNetworkFunctionDescriptor with id");
    WANT(200, api_call(f, "GET", OF_NSD("/security"), NULL));
    take_part(b);
    WANT(204, api_call(f, "DELETE", OF_PART("/security"), NULL));
    WANT(200, api_call(f, "GET", OF_NSD(""), NULL));
    HAS_NOT("nsd_security");
    HAS("\"hbVersion\":5");
}

/* A member that was stored before anybody looked at it. */
static void a_pnfd_that_is_no_list_is_said_so(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    test_sql(f->db, "UPDATE nsd SET doc = left(doc, -1) || ',\"pnfd\":\"x\"}'");
    WANT(200, api_call(f, "GET", OF_NSD(""), NULL));
    WANT(400, api_call(f, "GET", OF_NSD("/pnfdescriptors"), NULL));
    HAS("the NSD's pnfd is no list of objects");
}

static void graphs_and_links_belong_to_a_project(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    char graph[64], link[64], other[64], first[64];
    api_make(f, GRAPHS, "{\"name\":\"g\",\"number_of_endpoints\":2}", graph);
    HAS("\"number_of_endpoints\":2");
    api_make(f, LINKS, "{\"name\":\"l\",\"cidr\":\"10.0.0.0/24\"}", link);
    WANT(400, api_call(f, "POST", LINKS, "{\"name\":\"l\",\"cidr\":\"ten\"}"));
    HAS("cidr");
    WANT(202, api_call(f, "PUT", api_text(LINKS "/%s", link), "{\"name\":\"k\"}"));
    HAS("\"hbVersion\":1");
    WANT(200, api_call(f, "GET", LINKS "?name=k*", NULL));
    HAS(link);
    api_make(f, "/api/v1/projects", "{\"name\":\"other\"}", other);
    snprintf(first, sizeof(first), "%s", f->project);
    snprintf(f->project, sizeof(f->project), "%s", other);
    WANT(200, api_call(f, "GET", GRAPHS, NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(404, api_call(f, "GET", api_text(GRAPHS "/%s", graph), NULL));
    WANT(404, api_call(f, "PUT", api_text(GRAPHS "/%s", graph), "{}"));
    WANT(404, api_call(f, "DELETE", api_text(LINKS "/%s", link), NULL));
    WANT(200, api_call(f, "GET", "/api/v1/vnfcomponents", NULL));
    assert_string_equal(f->res.body.s, "[]");
    snprintf(f->project, sizeof(f->project), "%s", first);
    WANT(422, api_call(f, "DELETE", api_text("/api/v1/projects/%s", first), NULL));
    HAS("1 forwarding graph ('g'), 1 virtual link ('k')");
}

static void components_are_those_of_the_vnfds(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    WANT(200, api_call(f, "GET", "/api/v1/vnfcomponents", NULL));
    take_part(b);
    assert_non_null(strstr(f->res.body.s, "},{"));
    WANT(200, api_call(f, "GET", api_text("/api/v1/vnfcomponents/%s", b->part), NULL));
    HAS(b->part);
    WANT(200, api_call(f, "GET", "/api/v1/vnfcomponents?limit=1", NULL));
    HAS(b->part);
    WANT(200,
         api_call(f, "GET", api_text("/api/v1/vnfcomponents?limit=1&after=%s", b->part), NULL));
    HAS_NOT(b->part);
    HAS("connection_point");
    WANT(404, api_call(f, "GET", "/api/v1/vnfcomponents/x", NULL));
}

static void who_tells_whom_is_listed_by_host(void **state)
{
    struct bed *b = *state;
    struct api_fixture *f = b->f;
    test_sql(f->db,
             api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                      "state) VALUES ('n','n','ACTIVE',1,'%s','demo','d','',"
                      "'{\"id\":\"n\",\"name\":\"demo\",\"vnf_dependency\":[{\"id\":\"d\","
                      "\"target\":\"web\",\"vnfcParameters\":{\"t\":{\"parameters\":{\"i\":{},"
                      "\"gone\":{}}}}}]}','{}')",
                      f->project));
    test_sql(f->db, "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                    "('v','n','ACTIVE','db','generic','{\"id\":\"v\",\"name\":\"db\",\"vdu\":[{"
                    "\"vnfc_instance\":[{\"id\":\"i\",\"hostname\":\"db-1\"}]}]}','')");
    WANT(200, api_call(f, "GET", "/api/v1/ns-records/n/vnfdependenciesList", NULL));
    assert_string_equal(f->res.body.s, "[{\"source\":\"db-1\",\"target\":\"web\"}]");
    WANT(422, api_call(f, "DELETE", "/api/v1/ns-records/n/vnfdependencies/d", NULL));
    HAS("the parameters that VNF 'web' gets are in use");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_vnfd_joins_and_leaves),
        TEST(a_vnfd_is_replaced_in_both_places),
        TEST(the_last_vnfd_and_one_of_another_nsd_stay),
        TEST(dependencies_change),
        TEST(what_is_required_is_not_removed),
        TEST(parts_that_are_kept_are_kept_whole),
        TEST(a_pnfd_that_is_no_list_is_said_so),
        TEST(graphs_and_links_belong_to_a_project),
        TEST(components_are_those_of_the_vnfds),
        TEST(who_tells_whom_is_listed_by_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
