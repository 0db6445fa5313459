/* The REST API: If-Match. What changes a record goes on only if it still is what was read. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NSDS  "/api/v1/ns-descriptors"
#define VNFDS "/api/v1/vnf-descriptors"
#define POPS  "/api/v1/datacenters"
#define NSR   "/api/v1/ns-records/n"
#define VNF   NSR "/vnfrecords/v"

#define VNFD                                                                                       \
    "{\"name\":\"a\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"generic\","  \
    "\"vdu\":[{\"vm_image\":[\"img\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define NSD "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" VNFD "]}"
#define POP "{\"name\":\"pop\",\"authUrl\":\"x\",\"type\":\"test\",\"password\":\"hush\"}"

struct etag {
    char text[64];
};

static struct etag etag_of(struct api_fixture *f, const char *path)
{
    struct etag e = {""};
    f->if_match = NULL;
    WANT(200, api_call(f, "GET", path, NULL));
    snprintf(e.text, sizeof(e.text), "%s", http_response_header(&f->res, "ETag"));
    return e;
}

/* The change is refused by an old ETag, and taken with the present one, once. */
static void only_as_it_was(struct api_fixture *f, const char *record, const char *method,
                           const char *path, const char *body, int status)
{
    struct etag e = etag_of(f, record);
    f->if_match = "W/\"00112233445566778899aabbccddeeff\"";
    WANT(412, api_call(f, method, path, body));
    HAS("\"code\":\"ERR_STATE\"");
    HAS("it has changed since it was read");
    f->if_match = e.text;
    WANT(status, api_call(f, method, path, body));
    f->if_match = NULL;
}

static void descriptors_and_pops(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64], vnfd[64], pop[64];
    api_make(f, NSDS, NSD, nsd);
    api_make(f, VNFDS, VNFD, vnfd);
    api_make(f, POPS, POP, pop);
    const char *path = api_text(NSDS "/%s", nsd);
    struct etag first = etag_of(f, path);
    only_as_it_was(f, path, "PUT", path, api_text("{\"id\":\"%s\",\"name\":\"m\"}", nsd), 202);
    f->if_match = first.text; /* it changed by that */
    WANT(412, api_call(f, "PUT", api_text(NSDS "/%s", nsd),
                       api_text("{\"id\":\"%s\",\"name\":\"o\"}", nsd)));
    WANT(412, api_call(f, "POST", api_text(NSDS "/%s/pnfdescriptors", nsd), "{}"));
    path = api_text(NSDS "/%s", nsd);
    only_as_it_was(f, path, "POST", api_text(NSDS "/%s/pnfdescriptors", nsd), "{}", 201);
    path = api_text(VNFDS "/%s", vnfd);
    only_as_it_was(f, path, "PUT", path, VNFD, 202);
    path = api_text(POPS "/%s", pop);
    only_as_it_was(f, path, "PUT", path, POP, 202);
    path = api_text(POPS "/%s", pop);
    only_as_it_was(f, path, "DELETE", path, NULL, 204);
    path = api_text(VNFDS "/%s", vnfd);
    only_as_it_was(f, path, "DELETE", path, NULL, 204);
    path = api_text(NSDS "/%s", nsd);
    only_as_it_was(f, path, "DELETE", path, NULL, 204);
    f->if_match = "W/\"00112233445566778899aabbccddeeff\"";
    WANT(404, api_call(f, "PUT", api_text(VNFDS "/%s", vnfd), VNFD)); /* the handler's to tell */
    f->if_match = "*";
    WANT(404, api_call(f, "PUT", api_text(VNFDS "/%s", vnfd), VNFD));
}

/* What has no record yet. */
static void what_is_made_needs_no_etag(void **state)
{
    struct api_fixture *f = *state;
    f->if_match = "W/\"00112233445566778899aabbccddeeff\"";
    WANT(201, api_call(f, "POST", NSDS, NSD));
}

static void make_service(struct api_fixture *f)
{
    test_sql(f->db,
             api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                      "state) VALUES ('n','n','ACTIVE',1,'%s','demo','d','',"
                      "'{\"id\":\"n\",\"hbVersion\":3,\"name\":\"demo\"}','{}')",
                      f->project));
    test_sql(f->db, "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                    "('v','n','ACTIVE','web','generic','{\"id\":\"v\",\"name\":\"web\","
                    "\"vdu\":[{\"id\":\"u\"}]}','')");
}

/* An ETag of the VNF or of its service; the engine is asked for what was compared here. */
static void operations(void **state)
{
    struct api_fixture *f = *state;
    make_service(f);
    only_as_it_was(f, VNF, "POST", VNF "/update", NULL, 201);
    const char *asked = fake_engine_asked(f->engine);
    assert_non_null(strstr(asked, "UPDATE vnfr=v basis="));
    char basis[64];
    snprintf(basis, sizeof(basis), "%s", strstr(asked, "basis="));
    only_as_it_was(f, NSR, "POST", VNF "/vdunits/u/vnfcinstances", "{\"number\":1}", 201);
    assert_non_null(strstr(fake_engine_asked(f->engine), basis));
    only_as_it_was(f, NSR, "POST", VNF "/update?plan=true", NULL, 200);
    struct etag e = etag_of(f, VNF);
    test_sql(f->db, "UPDATE vnfr SET doc = replace(doc, '\"web\"', '\"web\",\"hbVersion\":1')");
    f->if_match = e.text;
    WANT(412, api_call(f, "POST", VNF "/update", NULL));
    only_as_it_was(f, VNF, "POST", VNF "/update", NULL, 201);
    assert_null(strstr(fake_engine_asked(f->engine), basis)); /* another version, another basis */
    f->if_match = "\"0123456789abcdef\"";                     /* of a plan: as it is */
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    assert_non_null(strstr(fake_engine_asked(f->engine), "basis=0123456789abcdef"));
    only_as_it_was(f, NSR, "DELETE", NSR, NULL, 204);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(descriptors_and_pops),
        TEST(what_is_made_needs_no_etag),
        TEST(operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
