/* The REST API: descriptors, keys, subscriptions, records, PoPs; the engine is a fake. */
#include "nfvo/store/store_pop.h"
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
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s/", id), NULL));
    WANT(202, api_call(f, "PUT", api_text(NSDS "/%s", id),
                       api_text("{\"id\":\"%s\",\"name\":\"m\"}", id)));
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s", id), NULL));
    HAS("\"name\":\"m\",\"vendor\":\"v\"");
    WANT(422, api_call(f, "PUT", api_text(NSDS "/%s", id), "{}"));
    HAS("No id found in the passed NSD");
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s/vnfdescriptors", id), NULL));
    take_id(f, vnfd_id);
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s/vnfdescriptors/%s", id, vnfd_id), NULL));
    HAS("\"name\":\"a\"");
    WANT(404, api_call(f, "GET", api_text(NSDS "/%s/vnfdescriptors/x", id), NULL));
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s/vnfdependencies", id), NULL));
    HAS("\"source\":\"a\"");
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s/vnfdependencies/x", id), NULL));
    assert_string_equal(f->res.body.s, "");
    WANT(422, api_call(f, "DELETE", api_text(VNFDS "/%s", vnfd_id), NULL));
    HAS("is still onboarded and referencing this VNFD");
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", id), NULL));
    WANT(404, api_call(f, "GET", api_text(NSDS "/%s", id), NULL));
    HAS("Did not find a Network Service Descriptor with ID");
    WANT(422, api_call(f, "DELETE", api_text(NSDS "/%s", id), NULL));
    WANT(204, api_call(f, "DELETE", api_text(VNFDS "/%s", vnfd_id), NULL)); /* it had stayed */
}

/* What is checked when it is made is checked when it is changed; absent is not false. */
static void nsd_changes(void **state)
{
    struct api_fixture *f = *state;
    char id[64], vdu[64];
    WANT(201, api_call(f, "POST", NSDS, NSD));
    take_id(f, id);
    snprintf(vdu, sizeof(vdu), "%s",
             strstr(strstr(f->res.body.s, "\"vdu\":[{\"id\":\""), "id") + 5);
    vdu[36] = '\0';
    HAS("\"hbVersion\":0,\"projectId\":");
    HAS("\"shared\":false,\"metadata\":{}");
    WANT(400, api_call(f, "PUT", api_text(NSDS "/%s", id),
                       api_text("{\"id\":\"%s\",\"name\":\"\"}", id)));
    HAS("\"object\":\"name\"");
    WANT(400, api_call(f, "PUT", api_text(NSDS "/%s", id),
                       api_text("{\"id\":\"%s\",\"vendor\":\"\"}", id)));
    WANT(202, api_call(f, "PUT", api_text(NSDS "/%s", id),
                       api_text("{\"id\":\"%s\",\"version\":\"2\"}", id)));
    HAS("\"enabled\":true");
    HAS("\"version\":\"2\"");
    HAS("\"hbVersion\":1");
    HAS(vdu);
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s/vnfdependencies", id), NULL));
    HAS_NOT("},{");
    WANT(202, api_call(f, "PUT", api_text(NSDS "/%s", id),
                       api_text("{\"id\":\"%s\",\"enabled\":false}", id)));
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s", id), NULL));
    HAS("\"enabled\":false");
    HAS("\"shared\":false,\"metadata\":{}");
    WANT(400,
         api_call(f, "POST", NSDS, /* also by reference */
                  api_text("{\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":\"%s\"}]}", id)));
    HAS("name: must not be empty");
}

static void vnfd_changes(void **state)
{
    struct api_fixture *f = *state;
    char id[64], vdu[64], component[64];
    WANT(201, api_call(f, "POST", VNFDS, VNFD("a")));
    take_id(f, id);
    snprintf(vdu, sizeof(vdu), "%s",
             strstr(strstr(f->res.body.s, "\"vdu\":[{\"id\":\""), "id") + 5);
    snprintf(component, sizeof(component), "%s",
             strstr(strstr(f->res.body.s, "\"vnfc\":[{\"id\":\""), "id") + 5);
    vdu[36] = component[36] = '\0';
    WANT(202, api_call(f, "PUT", api_text(VNFDS "/%s", id), VNFD("a"))); /* a body without any id */
    HAS(id);
    HAS(vdu);
    HAS(component);
    HAS("\"hbVersion\":1");
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s/vdus/%s", id, vdu), NULL));
    WANT(404, api_call(f, "PUT", api_text(VNFDS "/%s", id),
                       "{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\"}"));
    WANT(202, api_call(f, "PUT", api_text(VNFDS "/%s", id), VNFD("b")));
    WANT(201, api_call(f, "POST", NSDS, /* found by its new name */
                       "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":"
                       "\"v/b/1\"}]}"));
    HAS(id);
}

static void nsd_refers_to_vnfds(void **state)
{
    struct api_fixture *f = *state;
    char a[64], nsd[64];
    WANT(201, api_call(f, "POST", VNFDS, VNFD("a")));
    take_id(f, a);
    WANT(201,
         api_call(f, "POST", NSDS,
                  api_text("{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":"
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
    WANT(204, api_call(f, "POST", NSDS "/multipledelete", api_text("[\"%s\"]", nsd)));
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s", a), NULL));
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
    WANT(404, api_call(f, "GET", api_text(NSDS "/%s", id), NULL));
    WANT(422, api_call(f, "DELETE", api_text(NSDS "/%s", id), NULL));
    WANT(200, api_call(f, "GET", NSDS, NULL));
    assert_string_equal(f->res.body.s, "[]");
    snprintf(f->project, sizeof(f->project), "*");
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s", id), NULL));
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
    WANT(200, api_call(f, "GET", api_text("/api/v1/keys/%s", id), NULL));
    WANT(204, api_call(f, "DELETE", api_text("/api/v1/keys/%s", id), NULL));
    WANT(404, api_call(f, "DELETE", api_text("/api/v1/keys/%s", id), NULL));
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
    body[9] = 's';                                          /* another name */
    WANT(201, api_call(f, "POST", "/api/v1/events", body)); /* nobody listens yet: D26 */
    /* D27: neither this host nor what only it reaches; logins and tokens are not shown again. */
    WANT(422,
         api_call(f, "POST", "/api/v1/events",
                  "{\"name\":\"m\",\"type\":\"REST\",\"endpoint\":\"http://169.254.169.254/x\","
                  "\"event\":\"ERROR\"}"));
    HAS("its address is not to be called (link-local)");
    WANT(201,
         api_call(f, "POST", "/api/v1/events",
                  "{\"name\":\"c\",\"type\":\"REST\",\"endpoint\":\"https://u:s3cret@example.com/"
                  "h?t=s3cret\",\"event\":\"ERROR\"}"));
    HAS("https://***@example.com/h?t=***");
    HAS_NOT("s3cret");
    WANT(200, api_call(f, "GET", "/api/v1/events", NULL));
    HAS("https://***@example.com/h?t=***");
    HAS_NOT("s3cret");
    WANT(400, api_call(f, "POST", "/api/v1/events", "{\"name\":\"e\"}"));
    WANT(200, api_call(f, "GET", "/api/v1/events", NULL));
    HAS("\"name\":\"r\"");
    HAS("\"name\":\"s\"");
    HAS_NOT("\"fault\"");
    test_sql(f->db, "UPDATE event_target SET fault = 'no \"connection\"' WHERE type = 'REST'");
    WANT(200, api_call(f, "GET", "/api/v1/events", NULL));
    HAS("\"fault\":{\"message\" : \"no \\\"connection\\\"\"");
    WANT(422, api_call(f, "POST", "/api/v1/events",
                       "{\"name\":\"j\",\"type\":\"JMS\",\"endpoint\":\"q\",\"event\":\"ERROR\"}"));
    HAS("\"object\":\"type\"");
    WANT(422,
         api_call(f, "POST", "/api/v1/events",
                  "{\"name\":\"j\",\"type\":\"REST\",\"endpoint\":\"q\",\"event\":\"ERROR\"}"));
    HAS("\"object\":\"endpoint\"");
    WANT(400,
         api_call(f, "POST", "/api/v1/events",
                  "{\"name\":\"j\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":\"FINISH\"}"));
    HAS("\"object\":\"event\"");
    WANT(422, api_call(f, "POST", "/api/v1/events",
                       "{\"name\":\"j\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":\"ERROR\","
                       "\"networkServiceId\":\"nope\"}"));
    HAS("there is no network service 'nope'");
    WANT(204, api_call(f, "DELETE", api_text("/api/v1/events/%s", id), NULL));
    WANT(404, api_call(f, "GET", api_text("/api/v1/events/%s", id), NULL));
    HAS("No Event found with ID");
}

/* --- PoPs --- */

/* What drivers will be given. */
static void assert_sealed_password(struct api_fixture *f, const char *pop, const char *password)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    struct err err = ERR_INIT;
    assert_int_equal(store_pop_open(f->db, store_seal(f->store), pop, &doc, &err), ERR_OK);
    assert_non_null(strstr(doc.s, api_text("\"password\":\"%s\"", password)));
}

static void pops_live(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_call(f, "POST", POPS, POP));
    take_id(f, id);
    HAS("\"password\":\"**********\"");
    HAS_NOT("hush");
    assert_sealed_password(f, id, "hush");
    WANT(422, api_call(f, "POST", POPS, POP));
    HAS("Vim Instance with name pop exists already in project");
    WANT(200, api_call(f, "GET", POPS "/", NULL));
    HAS("\"type\":\"test\"");
    HAS_NOT("hush");
    WANT(200, api_call(f, "GET", api_text(POPS "/%s", id), NULL));
    WANT(200, api_call(f, "GET", POPS "/search/findByName?name=pop", NULL));
    WANT(404, api_call(f, "GET", POPS "/search/findByName?name=nope", NULL));
    WANT(400, api_call(f, "GET", POPS "/search/findByName", NULL));
    WANT(200, api_call(f, "GET", api_text(POPS "/%s/refresh", id), NULL));
    HAS("\"name\":\"pop\"");
    WANT(202, api_call(f, "PUT", api_text(POPS "/%s", id),
                       "{\"name\":\"pop2\",\"authUrl\":\"x\",\"type\":\"test\",\"active\":true,"
                       "\"password\":\"**********\"}"));
    HAS("\"name\":\"pop2\"");
    WANT(202,
         api_call(f, "PUT", api_text(POPS "/%s", id), "{\"name\":\"pop2\",\"type\":\"test\"}"));
    HAS("\"active\":true");
    HAS("\"shared\":false,\"metadata\":{}");
    WANT(422, api_call(f, "PUT", api_text(POPS "/%s", id), "{\"name\":\"\",\"type\":\"test\"}"));
    assert_sealed_password(f, id, "hush"); /* masked keeps the old one */
    WANT(200, api_call(f, "GET", api_text(POPS "/%s/images", id), NULL));
    assert_string_equal(f->res.body.s, "[]");
    test_sql(f->db,
             api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                      "state) VALUES ('r','r','ACTIVE',1,'p','n','d','%s','{}','{}')",
                      id));
    WANT(422, api_call(f, "DELETE", api_text(POPS "/%s", id), NULL));
    HAS("while it is in use.");
    test_sql(f->db,
             api_text("UPDATE nsr SET pops = ''; INSERT INTO instance (id, agg, phase, vnfr_id, "
                      "pop_id, hostname, vc_id, state) VALUES ('i','r','DOUBT','v','%s','h','','')",
                      id));
    WANT(422, api_call(f, "DELETE", api_text(POPS "/%s", id), NULL));
    test_sql(f->db, "UPDATE nsr SET phase = 'TOMBSTONE'");
    WANT(204, api_call(f, "DELETE", api_text(POPS "/%s", id), NULL));
    WANT(404, api_call(f, "DELETE", api_text(POPS "/%s", id), NULL));
    WANT(404, api_call(f, "GET", api_text(POPS "/%s", id), NULL));
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
    WANT(200, api_call(f, "GET", api_text("/api/v1/operations/%s", id), NULL));
    HAS("\"state\":\"PENDING\"");
    assert_int_equal(store_rest_call_finish(f->db, id, 422, "{\"message\":\"no\"}", &err), ERR_OK);
    WANT(200, api_call(f, "GET", api_text("/api/v1/operations/%s", id), NULL));
    HAS("\"state\":\"FAILED\"");
    HAS("\"error\":{\"message\":\"no\"}");
    WANT(404, api_call(f, "GET", "/api/v1/operations/x", NULL));
}

/* Its id is in an error and in logs: that is no right to read what the driver said. */
static void operations_are_of_a_project(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    char path[128], own[64], none[128];
    f->options.operation_timeout_ms = 50;
    fake_engine_set(f->engine, FAKE_SILENT);
    WANT(500, api_call(f, "POST", POPS, POP));
    snprintf(path, sizeof(path), "/api/v1/operations/%.36s",
             strstr(f->res.body.s, "operations/") + strlen("operations/"));
    snprintf(own, sizeof(own), "%s", f->project);
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"other\"}"));
    snprintf(f->project, sizeof(f->project), "%s", api_member(f, "id"));
    WANT(200, api_call(f, "GET", path, NULL)); /* an administrator */
    api_add_user(f, "mallory", "USER", "other");
    api_be(f, "mallory");
    WANT(404, api_call(f, "GET", path, NULL));
    snprintf(none, sizeof(none), "No operation found with ID %s",
             path + strlen("/api/v1/operations/"));
    HAS(none);
    f->project[0] = '\0';
    WANT(404, api_call(f, "GET", path, NULL));
    snprintf(f->project, sizeof(f->project), "no-such-project");
    WANT(404, api_call(f, "GET", path, NULL));
    api_add_user(f, "alice", "GUEST", "default");
    api_be(f, "alice");
    WANT(404, api_call(f, "GET", path, NULL));
    snprintf(f->project, sizeof(f->project), "%s", own);
    WANT(200, api_call(f, "GET", path, NULL));
    f->project[0] = '\0'; /* as the hint of the error is typed */
    WANT(200, api_call(f, "GET", path, NULL));
    assert_int_equal(store_rest_call_add(f->db, "internal", NULL, 1000000, &err), ERR_OK);
    WANT(404, api_call(f, "GET", "/api/v1/operations/internal", NULL));
}

/* --- records --- */

static void services_live(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64], id[64];
    WANT(201, api_call(f, "POST", NSDS, NSD));
    take_id(f, nsd);
    WANT(404, api_call(f, "POST", NSRS "/none", NULL));
    HAS("NSD with ID none was not found");
    WANT(404, api_call(f, "POST", api_text(NSRS "/%s", nsd), "{\"keys\":[\"k\"]}"));
    HAS("No key found with name: k");
    WANT(422, api_call(f, "POST", api_text(NSRS "/%s", nsd), "{\"keys\":7}"));
    HAS("The passed request body is not correct.");
    WANT(404, api_call(f, "POST", api_text(NSRS "/%s", nsd), "{}"));
    HAS("VNFManager with endpoint: generic is not registered");
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('m', 'generic', 'generic', 'RABBIT', true, true, '')");
    WANT(200, api_call(f, "GET", "/api/v1/vnfmanagers/m", NULL));
    HAS("\"active\":true");
    WANT(404, api_call(f, "POST", api_text(NSRS "/%s", nsd), NULL));
    HAS("No PoP of the corresponding type in the catalogue.");
    WANT(201, api_call(f, "POST", POPS, POP));
    WANT(201, api_call(f, "POST", api_text(NSRS "/%s", nsd), NULL));
    take_id(f, id);
    HAS("\"vnfr\":[]");
    WANT(422, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
    HAS("is not yet in ACTIVE state but in NULL.");
    test_sql(f->db,
             api_text("INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                      "('w', '%s', 'GRANTING', 'b', 'g', '{\"id\":\"w\"}', ''), ('u', '%s', "
                      "'GRANTING', 'a', 'g', "
                      "'{\"id\":\"u\"}', ''), ('x', '%s', 'INSTANTIATING', 'c', 'g', '', '')",
                      id, id, id));
    WANT(200, api_call(f, "GET", api_text(NSRS "/%s", id), NULL));
    HAS("\"vnf_dependency\":[],\"vnfr\":[{\"lifecycle_event_history\":[],\"id\":\"u\"},{"
        "\"lifecycle_event_history\":[],\"id\":\"w\"}]}");
    WANT(200, api_call(f, "GET", NSRS, NULL));
    HAS("\"vnfr\":[{\"lifecycle_event_history\":[],\"id\":\"u\"},{\"lifecycle_event_history\":[],"
        "\"id\":\"w\"}]}]");
    WANT(200, api_call(f, "GET", api_text(NSRS "/%s/vnfrecords", id), NULL));
    assert_string_equal(f->res.body.s, "[{\"lifecycle_event_history\":[],\"id\":\"u\"},{"
                                       "\"lifecycle_event_history\":[],\"id\":\"w\"}]");
    WANT(200, api_call(f, "GET", api_text(NSRS "/%s/vnfrecords/w", id), NULL));
    assert_string_equal(f->res.body.s, "{\"lifecycle_event_history\":[],\"id\":\"w\"}");
    WANT(404, api_call(f, "GET", api_text(NSRS "/%s/vnfrecords/x", id), NULL));
    HAS("VNFR with ID x was not found in NSR with ID");
    WANT(202, api_call(f, "GET", api_text(NSRS "/%s/vnfrecords/w/history", id), NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(200, api_call(f, "GET", api_text(NSRS "/%s/vnfdependencies", id), NULL));
    WANT(200, api_call(f, "GET", api_text(NSRS "/%s/history", id), NULL));
    assert_string_equal(f->res.body.s, "[]");
    test_sql(f->db,
             api_text("INSERT INTO history (nsr_id, at, doc) VALUES ('%s', 5, '{\"k\":1}')", id));
    WANT(200, api_call(f, "GET", api_text(NSRS "/%s/history", id), NULL));
    HAS("\"at\":5,\"entry\":{\"k\":1}}]");
    test_sql(f->db, "UPDATE nsr SET phase = 'ACTIVE'"); /* ACTIVE ones do not hold the descriptor */
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
    fake_engine_set(f->engine, FAKE_REFUSES);
    WANT(422, api_call(f, "DELETE", api_text(NSRS "/%s", id), NULL));
    fake_engine_set(f->engine, FAKE_WORKS);
    WANT(204, api_call(f, "DELETE", api_text(NSRS "/%s", id), NULL));
    WANT(404, api_call(f, "GET", api_text(NSRS "/%s", id), NULL));
    HAS("NetworkServiceRecord with ID");
    WANT(404, api_call(f, "POST", NSRS "/multipledelete", api_text("[\"%s\"]", id)));
}

static void logs_are_asked_for(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    if (db_script(
            f->db,
            api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, "
                     "pops, doc, state) VALUES ('n', 'n', 'DEPLOYING', 1, '%s', 'n', 'd', '', "
                     "'{}', '{}'), ('foreign', 'foreign', 'DEPLOYING', 1, 'x', 'n', 'd', '', "
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

/* --- history of requests --- */

static void requests_are_remembered(void **state)
{
    struct api_fixture *f = *state;
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    WANT(201, api_call(f, "POST", NSDS, NSD));
    do /* written behind the answer, in batches */
        WANT(200, api_call(f, "GET", "/api/v1/history", NULL));
    while (!strstr(f->res.body.s, NSDS) && clock_mono_us() < deadline);
    HAS("\"username\":\"admin\",\"method\":\"POST\",\"path\":\"" NSDS
        "\",\"result\":\"201 Created\"");
    HAS_NOT("\"method\":\"GET\"");
}

/* --- values ------------------------------------------------------------------------------------
 */

#define KEYS "/api/v1/keys"

/* Where they come in, with their path: not where a driver, an index or a shell stumbles over them.
 */
static void values_are_checked_where_they_come_in(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64];
    static const struct {
        int status;
        const char *path, *body, *object;
    } rows[] = {
        {422, NSDS,
         "{\"name\":\"n\\nm\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" VNFD("a") "]}",
         "name"},
        {422, VNFDS,
         "{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\\u0001\",\"endpoint\":"
         "\"g\",\"vdu\":[]}",
         "type"},
        {422, NSDS,
         "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vld\":[{\"name\":\"l\",\"cidr\":"
         "\"10.0.0.0/33\"}],\"vnfd\":[{\"id\":\"v/a/1\"}]}",
         "vld[0].cidr"},
        {422, POPS, "{\"name\":\"p\\np\",\"authUrl\":\"x\",\"type\":\"test\"}", "name"},
        {422, POPS, "{\"name\":\"p\",\"authUrl\":\"x\",\"type\":\"te st\"}", "type"},
        {422, POPS,
         "{\"name\":\"p\",\"authUrl\":\"x\",\"type\":\"test\",\"location\":{\"name\":\"a\\tb\"}}",
         "location.name"},
        {400, KEYS, "{\"name\":\"k\\nk\",\"publicKey\":\"ssh-rsa AAAA\"}", "name"},
        {400, KEYS, "{\"name\":\"k\",\"publicKey\":\"ssh-rsa AAAA\\nssh-rsa BBBB\"}", "publicKey"},
        {400, "/api/v1/projects", "{\"name\":\"p\\np\"}", "name"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        WANT(rows[i].status, api_call(f, "POST", rows[i].path, rows[i].body));
        HAS(api_text("\"object\":\"%s\"", rows[i].object));
    }
    WANT(201,
         api_call(f, "POST", KEYS, "{\"name\":\"k\",\"publicKey\":\"ssh-rsa AAAA me@here\\n\"}"));
    HAS("\"publicKey\":\"ssh-rsa AAAA me@here\"");
    /* a byte order mark is nothing, and YAML is named */
    WANT(201, api_call(f, "POST", NSDS, "\xef\xbb\xbf" NSD));
    snprintf(nsd, sizeof(nsd), "%s", api_member(f, "id"));
    WANT(400, api_call(f, "POST", NSDS, "name: n\nvendor: v\n"));
    HAS("this is YAML, JSON is expected");
    /* a deployment's body */
    WANT(422, api_call(f, "POST", api_text(NSRS "/%s", nsd), "{\"monitoringIp\":\"3\"}"));
    HAS("\"object\":\"monitoringIp\"");
    WANT(422,
         api_call(f, "POST", api_text(NSRS "/%s", nsd), "{\"vduVimInstances\":{\"a\":[\"pop\"]}}"));
    HAS("\"object\":\"vduVimInstances.a\"");
    HAS("there are: a-1, b-1");
}

/* Taken, but not without a word. */
static void warnings_come_with_the_answer(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64];
    WANT(201, api_call(f, "POST", NSDS, NSD));
    snprintf(nsd, sizeof(nsd), "%s", api_member(f, "id"));
    HAS("\"warnings\":[{\"severity\":\"warning\",\"path\":\"vnf_dependency[0].parameters[0]\","
        "\"message\":"
        "\"VNFD 'b' asks for 'x' of 'a', which does not offer it");
    WANT(200, api_call(f, "GET", api_text(NSDS "/%s", nsd), NULL));
    HAS_NOT("warnings");
    WANT(201,
         api_call(
             f, "POST", VNFDS,
             "{\"name\":\"web\",\"vendor\":\"example\",\"version\":\"1.0\",\"type\":\"t\","
             "\"endpoint\":\"g\","
             "\"virtual_link\":[{\"name\":\"private\"}],\"vdu\":[{\"vm_image\":[\"i\"],\"vnfc\":[{"
             "\"connection_point\":[{\"virtual_link_reference\":\"private\"}]}]}]}"));
    HAS_NOT("warnings");
    WANT(201,
         api_call(f, "POST", NSDS,
                  "{\"name\":\"bad\",\"vendor\":\"example\",\"version\":\"1.0\",\"vld\":[{\"name\":"
                  "\"privat\"}],\"vnfd\":[{\"id\":\"example/web/1.0\"}]}"));
    HAS("no connection point uses the link 'privat'; VNFD 'web' uses 'private'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nsd_lives),
        TEST(nsd_changes),
        TEST(vnfd_changes),
        TEST(nsd_refers_to_vnfds),
        TEST(nsd_errors_have_a_path),
        TEST(projects_are_apart),
        TEST(keys_live),
        TEST(subscriptions_live),
        TEST(pops_live),
        TEST(pops_fail_with_the_drivers_words),
        TEST(operations_end_later),
        TEST(operations_are_of_a_project),
        TEST(services_live),
        TEST(logs_are_asked_for),
        TEST(requests_are_remembered),
        TEST(values_are_checked_where_they_come_in),
        TEST(warnings_come_with_the_answer),
    };
    return cmocka_run_group_tests_name("api_catalogue", tests, NULL, NULL);
}
