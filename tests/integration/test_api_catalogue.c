/* The REST API: descriptors, keys, subscriptions, records, PoPs; the engine is a fake. */
#include "tests/support/api_fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/clock.h"
#include "nfvo/store/store_misc.h"

#define WANT(status, ...)                                                                          \
    do {                                                                                           \
        int got_ = (__VA_ARGS__);                                                                  \
        if (got_ != (status))                                                                      \
            print_error("%s: %s\n", f->err.msg, f->res.body.s);                                    \
        assert_int_equal(got_, status);                                                            \
    } while (0)
#define HAS(text)                                                                                  \
    do {                                                                                           \
        if (!strstr(f->res.body.s, text))                                                          \
            print_error("no %s in: %s\n", text, f->res.body.s);                                    \
        assert_non_null(strstr(f->res.body.s, text));                                              \
    } while (0)
#define HAS_NOT(text) assert_null(strstr(f->res.body.s, text))

#define NSDS  "/api/v1/ns-descriptors"
#define VNFDS "/api/v1/vnf-descriptors"
#define NSRS  "/api/v1/ns-records"
#define POPS  "/api/v1/datacenters"

#define VNFD(name)                                                                                 \
    "{\"name\":\"" name "\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"       \
    "\"generic\",\"vdu\":[{\"vm_image\":[\"img\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define NSD_OF(vnfds)                                                                              \
    "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" vnfds                          \
    "],\"vnf_dependency\":[{\"source\":\"a\",\"target\":\"b\",\"parameters\":[\"x\"]}]}"
#define NSD NSD_OF(VNFD("a") "," VNFD("b"))
#define POP "{\"name\":\"pop\",\"authUrl\":\"x\",\"type\":\"test\",\"password\":\"hush\"}"

static int setup(void **state)
{
    *state = api_fixture_new();
    return 0;
}

static int teardown(void **state)
{
    api_fixture_free(*state);
    return 0;
}

/* Printf a path. */
static const char *at(const char *fmt, ...) PRINTF_LIKE(1, 2);
static const char *at(const char *fmt, ...)
{
    static char rows[4][300];
    static unsigned next;
    char *row = rows[next++ % 4];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(row, sizeof(rows[0]), fmt, ap);
    va_end(ap);
    return row;
}

/* The id of the object in the answer. (Members are written in the order of the table: id first.) */
static void take_id(struct api_fixture *f, char id[64])
{
    snprintf(id, 64, "%s", api_member(f, "id"));
}

/* --- descriptors ------------------------------------------------------------------------------ */

static void nsd_lives(void **state)
{
    struct api_fixture *f = *state;
    char id[64], vnfd_id[64];
    WANT(201, api_call(f, "POST", NSDS "/", NSD));
    take_id(f, id);
    HAS("\"enabled\":true");
    HAS("\"name\":\"a-1\"");
    WANT(200, api_call(f, "GET", NSDS, NULL));
    HAS(id);
    WANT(200, api_call(f, "GET", at(NSDS "/%s/", id), NULL));
    WANT(202, api_call(f, "PUT", at(NSDS "/%s", id), at("{\"id\":\"%s\",\"name\":\"m\"}", id)));
    WANT(200, api_call(f, "GET", at(NSDS "/%s", id), NULL));
    HAS("\"name\":\"m\",\"vendor\":\"v\"");
    WANT(422, api_call(f, "PUT", at(NSDS "/%s", id), "{}"));
    HAS("No id found in the passed NSD");
    WANT(200, api_call(f, "GET", at(NSDS "/%s/vnfdescriptors", id), NULL));
    take_id(f, vnfd_id);
    WANT(200, api_call(f, "GET", at(NSDS "/%s/vnfdescriptors/%s", id, vnfd_id), NULL));
    HAS("\"name\":\"a\"");
    WANT(404, api_call(f, "GET", at(NSDS "/%s/vnfdescriptors/x", id), NULL));
    WANT(200, api_call(f, "GET", at(NSDS "/%s/vnfdependencies", id), NULL));
    HAS("\"source\":\"a\"");
    WANT(200, api_call(f, "GET", at(NSDS "/%s/vnfdependencies/x", id), NULL));
    assert_string_equal(f->res.body.s, "");
    WANT(422, api_call(f, "DELETE", at(VNFDS "/%s", vnfd_id), NULL));
    HAS("is still onboarded and referencing this VNFD");
    WANT(204, api_call(f, "DELETE", at(NSDS "/%s", id), NULL));
    WANT(404, api_call(f, "GET", at(NSDS "/%s", id), NULL));
    HAS("Did not find a Network Service Descriptor with ID");
    WANT(422, api_call(f, "DELETE", at(NSDS "/%s", id), NULL));
    WANT(204, api_call(f, "DELETE", at(VNFDS "/%s", vnfd_id), NULL)); /* it had stayed */
}

static void nsd_refers_to_vnfds(void **state)
{
    struct api_fixture *f = *state;
    char a[64], nsd[64];
    WANT(201, api_call(f, "POST", VNFDS, VNFD("a")));
    take_id(f, a);
    WANT(201, api_call(f, "POST", NSDS,
                       at("{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":"
                          "\"%s\"}]}",
                          a)));
    take_id(f, nsd);
    HAS(a);
    HAS("\"endpoint\":\"generic\"");
    WANT(201, api_call(f, "POST", NSDS,
                       "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":"
                       "\"v/a/1\"}]}"));
    HAS(a);
    WANT(404, api_call(f, "POST", NSDS,
                       "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":"
                       "\"nope\"}]}"));
    HAS("Not found VNFD with ID: nope.");
    HAS("\"object\":\"vnfd[0].id\"");
    WANT(204, api_call(f, "POST", NSDS "/multipledelete", at("[\"%s\"]", nsd)));
    WANT(200, api_call(f, "GET", at(VNFDS "/%s", a), NULL));
}

static void nsd_errors_have_a_path(void **state)
{
    struct api_fixture *f = *state;
    WANT(422, api_call(f, "POST", NSDS, NSD_OF(VNFD("a"))));
    HAS("\"object\":\"vnf_dependency[0].target\"");
    WANT(400, api_call(f, "POST", NSDS, "{\"vnfd\":[]}"));
    WANT(404, api_call(f, "POST", VNFDS,
                       "{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\","
                       "\"type\":\"t\",\"vdu\":[{\"vm_image\":[\"i\"]}]}"));
    HAS("You should specify at least one VNFC in each VDU!");
}

static void projects_are_apart(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_call(f, "POST", NSDS, NSD));
    take_id(f, id);
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"other\"}"));
    snprintf(f->project, sizeof(f->project), "%s", api_member(f, "id"));
    WANT(404, api_call(f, "GET", at(NSDS "/%s", id), NULL));
    WANT(422, api_call(f, "DELETE", at(NSDS "/%s", id), NULL));
    WANT(200, api_call(f, "GET", NSDS, NULL));
    assert_string_equal(f->res.body.s, "[]");
    snprintf(f->project, sizeof(f->project), "*");
    WANT(200, api_call(f, "GET", at(NSDS "/%s", id), NULL));
    WANT(422, api_call(f, "POST", NSDS, NSD));
    HAS("must name one project");
}

/* --- keys, subscriptions -------------------------------------------------------------------------
 */

static void keys_live(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    const char *key = "{\"name\":\"k\",\"publicKey\":\"ssh-rsa YWJj me\"}";
    WANT(201, api_call(f, "POST", "/api/v1/keys", key));
    take_id(f, id);
    HAS("a9:99:3e:36:");
    WANT(422, api_call(f, "POST", "/api/v1/keys", key));
    HAS("A key with the name k exists already.");
    WANT(422, api_call(f, "POST", "/api/v1/keys", "{\"name\":\"l\",\"publicKey\":\"x\"}"));
    WANT(200, api_call(f, "GET", at("/api/v1/keys/%s", id), NULL));
    WANT(204, api_call(f, "DELETE", at("/api/v1/keys/%s", id), NULL));
    WANT(404, api_call(f, "DELETE", at("/api/v1/keys/%s", id), NULL));
    HAS("Not found key with id");
}

static int listener(int *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void subscriptions_live(void **state)
{
    struct api_fixture *f = *state;
    char id[64], body[300];
    int port, fd = listener(&port);
    WANT(201, api_call(f, "POST", "/api/v1/events",
                       "{\"name\":\"e\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":"
                       "\"ERROR\"}"));
    take_id(f, id);
    HAS(f->project);
    WANT(201, api_call(f, "POST", "/api/v1/events",
                       "{\"name\":\"e\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":"
                       "\"ERROR\"}"));
    assert_string_equal(api_member(f, "id"), id); /* the equal one */
    snprintf(body, sizeof(body),
             "{\"name\":\"r\",\"type\":\"REST\",\"endpoint\":\"http://127.0.0.1:%d/x\",\"event\":"
             "\"ERROR\",\"projectId\":\"*\"}",
             port);
    WANT(201, api_call(f, "POST", "/api/v1/events", body));
    close(fd);
    body[9] = 's'; /* another name */
    WANT(422, api_call(f, "POST", "/api/v1/events", body));
    HAS("must be there before it subscribes");
    WANT(400, api_call(f, "POST", "/api/v1/events", "{\"name\":\"e\"}"));
    WANT(200, api_call(f, "GET", "/api/v1/events", NULL));
    HAS("\"name\":\"r\"");
    HAS_NOT("\"name\":\"s\"");
    WANT(204, api_call(f, "DELETE", at("/api/v1/events/%s", id), NULL));
    WANT(404, api_call(f, "GET", at("/api/v1/events/%s", id), NULL));
    HAS("No Event found with ID");
}

/* --- PoPs
 * ------------------------------------------------------------------------------------------ */

static void pops_live(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_call(f, "POST", POPS, POP));
    take_id(f, id);
    HAS("\"password\":\"**********\"");
    HAS_NOT("hush");
    assert_string_equal(fake_engine_password(f->engine), "hush");
    WANT(422, api_call(f, "POST", POPS, POP));
    HAS("Vim Instance with name pop exists already in project");
    WANT(200, api_call(f, "GET", POPS "/", NULL));
    HAS("\"type\":\"test\"");
    HAS_NOT("hush");
    WANT(200, api_call(f, "GET", at(POPS "/%s", id), NULL));
    WANT(200, api_call(f, "GET", POPS "/search/findByName?name=pop", NULL));
    WANT(404, api_call(f, "GET", POPS "/search/findByName?name=nope", NULL));
    WANT(400, api_call(f, "GET", POPS "/search/findByName", NULL));
    WANT(200, api_call(f, "GET", at(POPS "/%s/refresh", id), NULL));
    HAS("\"name\":\"pop\"");
    WANT(202, api_call(f, "PUT", at(POPS "/%s", id),
                       "{\"name\":\"pop2\",\"authUrl\":\"x\",\"type\":\"test\",\"active\":true,"
                       "\"password\":\"**********\"}"));
    HAS("\"name\":\"pop2\"");
    assert_string_equal(fake_engine_password(f->engine), "hush"); /* masked keeps the old one */
    WANT(200, api_call(f, "GET", at(POPS "/%s/images", id), NULL));
    assert_string_equal(f->res.body.s, "[]");
    test_sql(f->db, at("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                       "state) VALUES ('r','r',1,1,'p','n','d','%s','{}','{}')",
                       id));
    WANT(422, api_call(f, "DELETE", at(POPS "/%s", id), NULL));
    HAS("while it is in use.");
    test_sql(f->db, at("UPDATE nsr SET pops = ''; INSERT INTO instance (id, agg, phase, vnfr_id, "
                       "pop_id, hostname, vc_id, state) VALUES ('i','r',1,'v','%s','h','','')",
                       id));
    WANT(422, api_call(f, "DELETE", at(POPS "/%s", id), NULL));
    test_sql(f->db, "UPDATE nsr SET phase = 100");
    WANT(204, api_call(f, "DELETE", at(POPS "/%s", id), NULL));
    WANT(404, api_call(f, "DELETE", at(POPS "/%s", id), NULL));
    WANT(404, api_call(f, "GET", at(POPS "/%s", id), NULL));
    HAS("VIM Instance with ID");
}

static int64_t count(struct api_fixture *f, const struct db_statement *st)
{
    struct db_result res;
    struct err err = ERR_INIT;
    assert_int_equal(db_query(f->db, st, NULL, 0, &res, &err), ERR_OK);
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(f->db);
    return n;
}

static void pops_fail_with_the_drivers_words(void **state)
{
    static const struct db_statement secrets = {"test_secrets", "SELECT count(*) FROM secret"};
    struct api_fixture *f = *state;
    WANT(422, api_call(f, "POST", POPS, "{\"type\":\"test\"}"));
    HAS("The VIM's name must not be empty or null.");
    WANT(422, api_call(f, "POST", POPS, "{\"name\":\"a\",\"type\":\"openstack.x\"}"));
    HAS("The VIM's tenant must not be empty or null.");
    fake_engine_set(f->engine, FAKE_FAILS);
    WANT(422, api_call(f, "POST", POPS, POP));
    HAS("{\"code\":\"Bad Request\",\"message\":\"the driver says no\"");
    HAS("\"fault\":{\"code\":\"ERR_PEER\",");
    HAS("\"hint\":\"h\"");
    fake_engine_set(f->engine, FAKE_REFUSES);
    WANT(422, api_call(f, "POST", POPS, POP));
    HAS("the engine refuses");
    assert_int_equal(count(f, &secrets), 0);
    WANT(200, api_call(f, "GET", POPS, NULL));
    assert_string_equal(f->res.body.s, "[]");
}

/* The deadline passes; the operation can be asked for, and ends later. */
static void operations_end_later(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    char id[64];
    f->options.operation_timeout_ms = 50;
    fake_engine_set(f->engine, FAKE_SILENT);
    WANT(500, api_call(f, "POST", POPS, POP));
    HAS("is not finished yet");
    const char *quote = strstr(f->res.body.s, "operations/");
    assert_non_null(quote);
    snprintf(id, sizeof(id), "%.36s", quote + strlen("operations/"));
    WANT(200, api_call(f, "GET", at("/api/v1/operations/%s", id), NULL));
    HAS("\"state\":\"PENDING\"");
    assert_int_equal(store_operation_finish(f->db, id, 422, "{\"message\":\"no\"}", &err), ERR_OK);
    WANT(200, api_call(f, "GET", at("/api/v1/operations/%s", id), NULL));
    HAS("\"state\":\"FAILED\"");
    HAS("\"error\":{\"message\":\"no\"}");
    WANT(404, api_call(f, "GET", "/api/v1/operations/x", NULL));
}

/* --- records
 * ----------------------------------------------------------------------------------------- */

static void services_live(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64], id[64];
    WANT(201, api_call(f, "POST", NSDS, NSD));
    take_id(f, nsd);
    WANT(404, api_call(f, "POST", NSRS "/none", NULL));
    HAS("NSD with ID none was not found");
    WANT(404, api_call(f, "POST", at(NSRS "/%s", nsd), "{\"keys\":[\"k\"]}"));
    HAS("No key found with name: k");
    WANT(422, api_call(f, "POST", at(NSRS "/%s", nsd), "{\"keys\":7}"));
    HAS("The passed request body is not correct.");
    WANT(404, api_call(f, "POST", at(NSRS "/%s", nsd), "{}"));
    HAS("VNFManager with endpoint: generic is not registered");
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('m', 'generic', 'generic', 'RABBIT', true, true, '')");
    WANT(200, api_call(f, "GET", "/api/v1/vnfmanagers/m", NULL));
    HAS("\"active\":true");
    WANT(404, api_call(f, "POST", at(NSRS "/%s", nsd), NULL));
    HAS("No PoP of the corresponding type in the catalogue.");
    WANT(201, api_call(f, "POST", POPS, POP));
    WANT(201, api_call(f, "POST", at(NSRS "/%s", nsd), NULL));
    take_id(f, id);
    HAS("\"vnfr\":[]");
    WANT(422, api_call(f, "DELETE", at(NSDS "/%s", nsd), NULL));
    HAS("is not yet in ACTIVE state but in NULL.");
    test_sql(f->db, at("INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                       "('w', '%s', 1, 'b', 'g', '{\"id\":\"w\"}', ''), ('u', '%s', 1, 'a', 'g', "
                       "'{\"id\":\"u\"}', ''), ('x', '%s', 0, 'c', 'g', '', '')",
                       id, id, id));
    WANT(200, api_call(f, "GET", at(NSRS "/%s", id), NULL));
    HAS("\"vnf_dependency\":[],\"vnfr\":[{\"id\":\"u\"},{\"id\":\"w\"}]}");
    WANT(200, api_call(f, "GET", NSRS, NULL));
    HAS("\"vnfr\":[{\"id\":\"u\"},{\"id\":\"w\"}]}]");
    WANT(200, api_call(f, "GET", at(NSRS "/%s/vnfrecords", id), NULL));
    assert_string_equal(f->res.body.s, "[{\"id\":\"u\"},{\"id\":\"w\"}]");
    WANT(200, api_call(f, "GET", at(NSRS "/%s/vnfrecords/w", id), NULL));
    assert_string_equal(f->res.body.s, "{\"id\":\"w\"}");
    WANT(404, api_call(f, "GET", at(NSRS "/%s/vnfrecords/x", id), NULL));
    HAS("VNFR with ID x was not found in NSR with ID");
    WANT(202, api_call(f, "GET", at(NSRS "/%s/vnfrecords/w/history", id), NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(200, api_call(f, "GET", at(NSRS "/%s/vnfdependencies", id), NULL));
    WANT(200, api_call(f, "GET", at(NSRS "/%s/history", id), NULL));
    assert_string_equal(f->res.body.s, "[]");
    test_sql(f->db, at("INSERT INTO history (nsr_id, at, doc) VALUES ('%s', 5, '{\"k\":1}')", id));
    WANT(200, api_call(f, "GET", at(NSRS "/%s/history", id), NULL));
    HAS("\"at\":5,\"entry\":{\"k\":1}}]");
    test_sql(f->db, "UPDATE nsr SET phase = 1"); /* ACTIVE ones do not hold the descriptor */
    WANT(204, api_call(f, "DELETE", at(NSDS "/%s", nsd), NULL));
    fake_engine_set(f->engine, FAKE_REFUSES);
    WANT(422, api_call(f, "DELETE", at(NSRS "/%s", id), NULL));
    fake_engine_set(f->engine, FAKE_WORKS);
    WANT(204, api_call(f, "DELETE", at(NSRS "/%s", id), NULL));
    WANT(404, api_call(f, "GET", at(NSRS "/%s", id), NULL));
    HAS("NetworkServiceRecord with ID");
    WANT(404, api_call(f, "POST", NSRS "/multipledelete", at("[\"%s\"]", id)));
}

static void logs_are_asked_for(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    if (db_script(f->db,
                  at("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, "
                     "pops, doc, state) VALUES ('n', 'n', 0, 1, '%s', 'n', 'd', '', "
                     "'{}', '{}'), ('foreign', 'foreign', 0, 1, 'x', 'n', 'd', '', "
                     "'{}', '{}')",
                     f->project),
                  &err) != ERR_OK)
        fail_msg("%s", err.msg);
#define OF(nsr, end) "/api/v1/logs/" nsr "/vnfrecord/web/hostname/web-1" end
    WANT(200, api_call(f, "POST", OF("n", ""), NULL));
    assert_string_equal(f->res.body.s, "[\"web\",\"web-1\",\"0\",\"0\"]");
    WANT(200, api_call(f, "POST", OF("n", "/"), "{\"lines\":7}"));
    assert_string_equal(f->res.body.s, "[\"web\",\"web-1\",\"7\",\"0\"]");
    WANT(200, api_call(f, "POST", OF("n", "?full=1"), "{}"));
    assert_string_equal(f->res.body.s, "[\"web\",\"web-1\",\"0\",\"1\"]");
    WANT(400, api_call(f, "POST", OF("n", ""), "["));
    WANT(422, api_call(f, "POST", OF("n", ""), "{\"lines\":-1}"));
    WANT(404, api_call(f, "POST", OF("foreign", ""), NULL));
    HAS("Error something was not found");
    WANT(404, api_call(f, "POST", OF("absent", ""), NULL));
    fake_engine_set(f->engine, FAKE_FAILS);
    WANT(422, api_call(f, "POST", OF("n", ""), NULL));
    HAS("the driver says no");
    fake_engine_set(f->engine, FAKE_REFUSES);
    WANT(422, api_call(f, "POST", OF("n", ""), NULL));
}

/* --- history of requests
 * -------------------------------------------------------------------------------- */

static void requests_are_remembered(void **state)
{
    struct api_fixture *f = *state;
    int64_t deadline = clock_mono_us() + 10 * USEC_PER_SEC;
    WANT(201, api_call(f, "POST", NSDS, NSD));
    do /* written behind the answer, in batches */
        WANT(200, api_call(f, "GET", "/api/v1/history", NULL));
    while (!strstr(f->res.body.s, NSDS) && clock_mono_us() < deadline);
    HAS("\"username\":\"admin\",\"method\":\"POST\",\"path\":\"" NSDS
        "\",\"result\":\"201 Created\"");
    HAS_NOT("\"method\":\"GET\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nsd_lives),
        TEST(nsd_refers_to_vnfds),
        TEST(nsd_errors_have_a_path),
        TEST(projects_are_apart),
        TEST(keys_live),
        TEST(subscriptions_live),
        TEST(pops_live),
        TEST(pops_fail_with_the_drivers_words),
        TEST(operations_end_later),
        TEST(services_live),
        TEST(logs_are_asked_for),
        TEST(requests_are_remembered),
    };
    return cmocka_run_group_tests_name("api_catalogue", tests, NULL, NULL);
}
