/* The REST API: VNF packages from upload to deployment; the engine is a fake. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nfvo/catalogue/package.h"
#include "nfvo/store/store_package.h"

#define PACKAGES "/api/v1/vnf-packages"
#define NSDS     "/api/v1/ns-descriptors"
#define VNFDS    "/api/v1/vnf-descriptors"
#define NSRS     "/api/v1/ns-records"

#define NSD(id) "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"id\":\"" id "\"}]}"

/* The value of the first member of that name; of packages and VNFDs the id comes first. */
static void take(struct api_fixture *f, const char *member, char out[64])
{
    const char *value = api_member(f, member);
    assert_non_null(value);
    snprintf(out, 64, "%s", value);
}

static void add(struct package_writer *w, const char *name, const char *text)
{
    assert_int_equal(catalogue_package_add(w, name, text, strlen(text), NULL), ERR_OK);
}

static int upload_for(struct api_fixture *f, const char *nfvo, const char *version,
                      const char *vim_type)
{
    AUTO(sbuf_release) struct sbuf tar = SBUF_INIT;
    struct package_writer *w = catalogue_package_writer_new(&tar);
    add(w, "Metadata.yaml",
        api_text("name: p\nvendor: v\nversion: %s\nnfvo_version: %s\nvim_types: [%s]\n", version,
                 nfvo, vim_type));
    add(w, "vnfd.json",
        "{\"name\":\"p\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"
        "\"generic\",\"lifecycle_event\":[{\"event\":\"START\",\"lifecycle_events\":[\"start.sh\"]}"
        "],\"vdu\":[{\"vm_image\":[\"i\"],\"vnfc\":[{\"connection_point\":[]}]}]}");
    add(w, "scripts/start.sh", "#!\xff");
    assert_int_equal(catalogue_package_writer_end(w, NULL), ERR_OK);
    return api_upload(f, PACKAGES "/", tar.s, tar.len);
}

/* A package p of this version for PoPs of this type. */
static int upload(struct api_fixture *f, const char *version, const char *vim_type)
{
    return upload_for(f, "6.0", version, vim_type);
}

static void service_of(struct api_fixture *f, const char *id, const char *project,
                       const char *package)
{
    test_sql(
        f->db,
        api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                 "state) VALUES ('%s','%s','ACTIVE',1,'%s','s','d','','{}','{}'); INSERT INTO "
                 "vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('%s','%s','ACTIVE',"
                 "'web','generic','{\"packageId\":\"%s\"}','')",
                 id, id, project, id, id, package));
}

/* A record of another project may name the package: none of its scripts goes there, whoever replaces
 * it. */
static void scripts_stay_in_their_project(void **state)
{
    struct api_fixture *f = *state;
    char id[64], script[64], other[64];
    WANT(200, upload(f, "1", "test"));
    take(f, "vnfPackageLocation", id);
    WANT(200, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    const char *scripts = strstr(f->res.body.s, "\"scripts\":[{\"id\":\"");
    assert_non_null(scripts);
    snprintf(script, sizeof(script), "%.36s", scripts + strlen("\"scripts\":[{\"id\":\""));
    api_make(f, "/api/v1/projects", "{\"name\":\"other\"}", other);
    service_of(f, "mine", f->project, id);
    service_of(f, "foreign", other, id);
    snprintf(f->project, sizeof(f->project), "*"); /* an admin, of all projects */
    fake_engine_set(f->engine, FAKE_REFUSES);
    WANT(200, api_call(f, "PUT", api_text(PACKAGES "/%s/scripts/%s", id, script), "new"));
    assert_string_equal(http_response_header(&f->res, "Warning"),
                        "299 - \"1 of 1 services that run with it keep their script: the engine "
                        "refuses\"");
}

static void package_lives(void **state)
{
    struct api_fixture *f = *state;
    char vnfd[64], id[64], script[64];
    WANT(200, upload(f, "1", "test"));
    take(f, "id", vnfd);
    take(f, "vnfPackageLocation", id);
    HAS("\"name\":\"p-1\""); /* its VDU */
    WANT(200, api_call(f, "GET", PACKAGES "/", NULL));
    HAS(id);
    HAS("\"name\":\"start.sh\",\"payload\":[35,33,-1]");
    HAS_NOT("scriptsLink");
    WANT(200, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    HAS("\"vimTypes\":[\"test\"]");
    HAS("\"vnfPackageMetadata\":{\"name\":\"p\",\"vendor\":\"v\",\"version\":\"1\",\"vnfmType\":"
        "\"generic\"");
    const char *scripts = strstr(f->res.body.s, "\"scripts\":[{\"id\":\"");
    assert_non_null(scripts);
    snprintf(script, sizeof(script), "%.36s", scripts + strlen("\"scripts\":[{\"id\":\""));
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s", vnfd), NULL));
    WANT(200, api_call(f, "GET", api_text(PACKAGES "/%s/scripts/%s", id, script), NULL));
    assert_memory_equal(f->res.body.s, "#!\xff", 3);
    assert_non_null(strstr(http_response_header(&f->res, "Content-Type"), "text/plain"));
    WANT(200, api_call(f, "PUT", api_text(PACKAGES "/%s/scripts/%s", id, script), "new"));
    assert_string_equal(f->res.body.s, "new");
    WANT(200, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    HAS("\"payload\":[110,101,119]");
    HAS("\"hbVersion\":1");
    WANT(404, api_call(f, "GET", api_text(PACKAGES "/%s/scripts/x", id), NULL));
    WANT(404, api_call(f, "PUT", api_text(PACKAGES "/x/scripts/%s", script), "new"));
    WANT(405, api_call(f, "DELETE", api_text(PACKAGES "/%s/scripts/%s", id, script), NULL));
    WANT(202, api_call(f, "PUT", api_text(PACKAGES "/%s", id),
                       "{\"name\":\"q\",\"nfvo_version\":\"9\",\"vimTypes\":[]}"));
    WANT(200, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    HAS("\"name\":\"q\"");
    HAS("\"vimTypes\":[\"test\"]");
    HAS("\"hbVersion\":2");
    HAS("\"payload\":[110,101,119]");
    WANT(204, api_call(f, "DELETE", api_text(PACKAGES "/%s", id), NULL));
    WANT(404, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    HAS("No VNFPackage found with ID");
    WANT(404, api_call(f, "GET", api_text(VNFDS "/%s", vnfd), NULL)); /* went with it */
    WANT(403, api_call(f, "DELETE", api_text(PACKAGES "/%s", id), NULL));
    HAS("Either not existing or not under the project chosen.");
    WANT(200, api_call(f, "GET", PACKAGES, NULL));
    assert_string_equal(f->res.body.s, "[]");
}

static void bad_uploads(void **state)
{
    struct api_fixture *f = *state;
    WANT(422, api_upload(f, PACKAGES, "", 0));
    HAS("File is null or empty!");
    WANT(422, api_call(f, "POST", PACKAGES, NULL));
    HAS("File is null or empty!");
    WANT(422, api_upload(f, PACKAGES, "hello", 5));
    HAS("{\"code\":\"Bad Request\",\"message\":\"Error opening the VNF package, ensure the "
        "extension is .tar and the archive is not corrupted\"");
    WANT(200, upload(f, "1", "test"));
    WANT(422, upload(f, "1", "other"));
    HAS("VNF package already exists.");
    WANT(200, upload(f, "2", "test"));
    WANT(422, api_call(f, "POST", PACKAGES "/marketdownload", "{\"link\":\"x\"}"));
    HAS("are not downloaded");
    WANT(422, api_call(f, "POST", PACKAGES "/package-repository-download", "{\"link\":\"x\"}"));
}

static void faults_have_a_line(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf tar = SBUF_INIT;
    struct package_writer *w = catalogue_package_writer_new(&tar);
    add(w, "Metadata.yaml", "name: p\nvendor: v\nnfvo_version: 7.0\nvim_types: [x]\n");
    add(w, "vnfd.json", "{}");
    assert_int_equal(catalogue_package_writer_end(w, NULL), ERR_OK);
    WANT(422, api_upload(f, PACKAGES, tar.s, tar.len));
    HAS("is not compatible with this NFVO version: 6.0.0-test.");
    HAS("\"object\":\"Metadata.yaml:3 nfvo_version\"");
}

/* More than fits into memory at once goes through a file. */
static void large_uploads(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf tar = SBUF_INIT;
    size_t size = 3 << 20;
    char *image = calloc(1, size);
    struct package_writer *w = catalogue_package_writer_new(&tar);
    assert_int_equal(catalogue_package_add(w, "images/x", image, size, NULL), ERR_OK);
    assert_int_equal(catalogue_package_writer_end(w, NULL), ERR_OK);
    free(image);
    WANT(422, api_upload(f, PACKAGES, tar.s, tar.len));
    HAS("There is no VNF descriptor in the VNF Package");
}

static void projects_are_apart(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(200, upload(f, "1", "test"));
    take(f, "vnfPackageLocation", id);
    WANT(201, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"other\"}"));
    snprintf(f->project, sizeof(f->project), "%s", api_member(f, "id"));
    WANT(404, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    WANT(403, api_call(f, "DELETE", api_text(PACKAGES "/%s", id), NULL));
    WANT(200, upload(f, "1", "test")); /* the same one, here */
}

static void what_an_nsd_uses_stays(void **state)
{
    struct api_fixture *f = *state;
    char id[64], vnfd[64], nsd[64];
    WANT(200, upload(f, "1", "test"));
    take(f, "id", vnfd);
    take(f, "vnfPackageLocation", id);
    WANT(201, api_call(f, "POST", NSDS, NSD("v/p/1")));
    take(f, "id", nsd);
    HAS(api_text("\"vnfPackageLocation\":\"%s\"", id));
    WANT(422, api_call(f, "DELETE", api_text(PACKAGES "/%s", id), NULL));
    HAS("It is not possible to remove a vnfPackage --> vnfdescriptor if the NSD is still "
        "onboarded");
    WANT(422, api_call(f, "POST", PACKAGES "/multipledelete", api_text("[\"%s\"]", id)));
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
    WANT(204, api_call(f, "DELETE", api_text(VNFDS "/%s", vnfd), NULL));
    WANT(404, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL)); /* went with its VNFD */
    f->options.is_package_cascade = false;
    WANT(200, upload(f, "1", "test"));
    take(f, "id", vnfd);
    take(f, "vnfPackageLocation", id);
    WANT(204, api_call(f, "POST", PACKAGES "/multipledelete", api_text("[\"%s\"]", id)));
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s", vnfd), NULL));
}

/* amqp-protocol.md 9.7, rule 8 */
static void a_url_becomes_a_package(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_call(f, "POST", NSDS,
                       "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[{\"name\":"
                       "\"w\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"
                       "\"generic\",\"vnfPackageLocation\":\"https://x.invalid/y.git\",\"vdu\":[{"
                       "\"vm_image\":[\"i\"]}]}]}"));
    take(f, "vnfPackageLocation", id);
    WANT(200, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    HAS("\"name\":\"w\"");
    HAS("\"scriptsLink\":\"https://x.invalid/y.git\"");
}

#define LINKED(name, url)                                                                          \
    "{\"name\":\"" name                                                                            \
    "\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"generic\","               \
    "\"vnfPackageLocation\":\"" url "\",\"vdu\":[{\"vm_image\":[\"i\"]}]}"
#define NSD_OF(vnfds) "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" vnfds "]}"

/* The reference's nfvo.vnfd.cascade.delete; off by default. */
static void nothing_is_left_behind(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64], other[64], vnfd[64], id[64];
    /* refused: what its first VNFD brought along is not stored */
    WANT(404,
         api_call(f, "POST", NSDS, NSD_OF(LINKED("a", "git://x/y") "," LINKED("b", "no-such"))));
    HAS("\"object\":\"vnfd[1].vnfPackageLocation\"");
    WANT(200, api_call(f, "GET", PACKAGES, NULL));
    assert_string_equal(f->res.body.s, "[]");
    /* with the option, VNFD and package go with the NSD, */
    f->options.is_vnfd_cascade = true;
    WANT(201, api_call(f, "POST", NSDS, NSD_OF(LINKED("a", "git://x/y"))));
    take(f, "id", nsd);
    WANT(200, api_call(f, "GET", PACKAGES, NULL));
    HAS("\"name\":\"a\"");
    HAS("\"vendor\":\"v\"");
    HAS("\"vnfPackageVersion\":\"1\"");
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
    WANT(200, api_call(f, "GET", PACKAGES, NULL));
    assert_string_equal(f->res.body.s, "[]");
    WANT(200, api_call(f, "GET", VNFDS, NULL));
    assert_string_equal(f->res.body.s, "[]");
    /* but not what another NSD uses; */
    WANT(200, upload(f, "1", "test"));
    take(f, "id", vnfd);
    take(f, "vnfPackageLocation", id);
    WANT(201, api_call(f, "POST", NSDS, NSD("v/p/1")));
    take(f, "id", nsd);
    WANT(201, api_call(f, "POST", NSDS, NSD("v/p/1")));
    take(f, "id", other);
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
    WANT(200, api_call(f, "GET", api_text(VNFDS "/%s", vnfd), NULL));
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", other), NULL));
    WANT(404, api_call(f, "GET", api_text(VNFDS "/%s", vnfd), NULL));
    WANT(404, api_call(f, "GET", api_text(PACKAGES "/%s", id), NULL));
    /* without it, both stay */
    f->options.is_vnfd_cascade = false;
    WANT(201, api_call(f, "POST", NSDS, NSD_OF(LINKED("a", "git://x/y"))));
    take(f, "id", nsd);
    WANT(204, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
    WANT(200, api_call(f, "GET", VNFDS, NULL));
    HAS("\"name\":\"a\"");
    WANT(422, api_call(f, "DELETE", api_text(NSDS "/%s", nsd), NULL));
}

/* The server's rule counts, whatever a client thinks of it. */
static void the_server_decides_on_versions(void **state)
{
    struct api_fixture *f = *state;
    WANT(422, upload_for(f, "5.0", "1", "test"));
    HAS("The NFVO Version: 5.0 specified in the Metadata is not compatible");
    f->options.is_version_checked = false;
    WANT(200, upload_for(f, "5.0", "1", "test"));
}

static void package_is_deployed(void **state)
{
    struct api_fixture *f = *state;
    char nsd[64], id[64];
    WANT(200, upload(f, "1", "cloud"));
    take(f, "vnfPackageLocation", id);
    WANT(201, api_call(f, "POST", NSDS, NSD("v/p/1")));
    take(f, "id", nsd);
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('m', 'generic', 'generic', 'RABBIT', true, true, '')");
    WANT(201, api_call(f, "POST", "/api/v1/datacenters",
                       "{\"name\":\"pop\",\"authUrl\":\"x\",\"type\":\"test\"}"));
    WANT(422, api_call(f, "POST", api_text(NSRS "/%s", nsd), NULL));
    HAS("No Vim Instance found for supporting the VNFD p (looking for vim type: [cloud])");
    WANT(201, api_call(f, "POST", "/api/v1/datacenters",
                       "{\"name\":\"pop2\",\"authUrl\":\"x\",\"type\":\"cloud.x\"}"));
    WANT(201, api_call(f, "POST", api_text(NSRS "/%s", nsd), NULL));
    test_sql(f->db, "DELETE FROM vnf_package");
    WANT(404, api_call(f, "POST", api_text(NSRS "/%s", nsd), NULL));
    HAS("is not there any more");
    HAS("\"object\":\"vnfd[0].vnfPackageLocation\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(package_lives),
        TEST(bad_uploads),
        TEST(scripts_stay_in_their_project),
        TEST(faults_have_a_line),
        TEST(large_uploads),
        TEST(projects_are_apart),
        TEST(what_an_nsd_uses_stays),
        TEST(a_url_becomes_a_package),
        TEST(package_is_deployed),
        TEST(nothing_is_left_behind),
        TEST(the_server_decides_on_versions),
    };
    return cmocka_run_group_tests_name("api_package", tests, NULL, NULL);
}
