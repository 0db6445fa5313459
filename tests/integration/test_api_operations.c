/* The REST API: operations on network services. What the engine is asked for each call, what is
 * refused before, and how operations are shown; the engine is a fake. */
#include "tests/support/api_fixture.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NSR  "/api/v1/ns-records/n"
#define VNF  NSR "/vnfrecords/v"
#define VDUS VNF "/vdunits"
#define ONE  VDUS "/u/vnfcinstances/i"
#define OPS  "/api/v1/baton/operations"

/* A service n with VNF v: VDU u with instance i and VDU s with instance j; v depends on net. */
static void make_service(struct api_fixture *f, const char *nsr, const char *project)
{
    const char *p = strcmp(nsr, "n") == 0 ? "" : nsr;
    test_sql(f->db,
             api_text("INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, "
                      "doc, state) VALUES ('%s','%s','ACTIVE',1,'%s','demo','d','',"
                      "'{\"id\":\"%s\",\"name\":\"demo\",\"status\":\"ACTIVE\"}','{}')",
                      nsr, nsr, project, nsr));
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    sbuf_addf(
        &sql,
        "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('%sv','%s',"
        "'ACTIVE','web','generic','{\"id\":\"%sv\",\"name\":\"web\",\"endpoint\":\"generic\","
        "\"virtual_link\":[{\"name\":\"net\"},{\"name\":\"mgmt\"}],"
        "\"configurations\":{\"configurationParameters\":[{\"confKey\":\"port\",\"value\":"
        "\"80\"}]},\"vdu\":[{\"id\":\"u\",\"name\":\"front\",\"vnfc_instance\":[{\"id\":\"i\","
        "\"hostname\":\"web-1\"}]},{\"id\":\"s\",\"name\":\"back\",\"vnfc_instance\":[{\"id\":"
        "\"j\",\"hostname\":\"web-2\"}]}]}','')",
        p, nsr, p);
    test_sql(f->db, sql.s);
}

static int setup(void **state)
{
    int rc = api_fixture_setup(state);
    struct api_fixture *f = *state;
    make_service(f, "n", f->project);
    return rc;
}
#define OF_SERVICE(name) cmocka_unit_test_setup_teardown(name, setup, api_fixture_teardown)

#define ASKED(text) assert_string_equal(fake_engine_asked(f->engine), text)

/* --- each call asks for its operation --------------------------------------------------------- */

#define POINT "{\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}"

static const struct {
    const char *method, *path, *body;
    int status;
    const char *asked;
} calls[] = {
    {"POST", VDUS "/vnfcinstances", "{\"vnfComponent\":" POINT "}", 201,
     "SCALE_OUT vnfr=v vdu=- number=1 pop=- points=1"},
    {"POST", VDUS "//vnfcinstances/", "{\"vnfComponent\":" POINT ",\"vimInstanceNames\":[]}", 201,
     "SCALE_OUT vnfr=v vdu=- number=1 pop=- points=1"}, /* as the reference's CLI writes it */
    {"POST", VDUS "/u/vnfcinstances", "{\"number\":3,\"onFailure\":\"partial\"}", 201,
     "SCALE_OUT vnfr=v vdu=u number=3 pop=- policy=partial"},
    {"POST", VDUS "/u/vnfcinstances/standby", "{\"vnfComponent\":" POINT "}", 201,
     "SCALE_OUT vnfr=v vdu=u number=1 pop=- standby points=1"},
    {"POST", VDUS "/vnfcinstances",
     "{\"vdus\":[{\"vdu\":\"front\",\"number\":2},{\"vdu\":\"s\"}],\"onFailure\":\"keep\"}", 201,
     "SCALE_OUT vnfr=v vdu=u number=2 pop=- vdu=s number=1 pop=- policy=keep"},
    {"DELETE", VDUS "/vnfcinstances",
     "{\"vdus\":[{\"vdu\":\"back\",\"number\":64},{\"vdu\":\"front\"}]}", 204,
     "SCALE_IN vnfr=v vdu=s number=64 pop=- vdu=u number=1 pop=-"},
    {"DELETE", VDUS "/vnfcinstances", NULL, 204, "SCALE_IN vnfr=v vdu=- number=1 pop=-"},
    {"DELETE", VDUS "/u/vnfcinstances", NULL, 204, "SCALE_IN vnfr=v vdu=u number=1 pop=-"},
    {"DELETE", ONE, NULL, 204, "SCALE_IN vnfr=v instance=i"},
    {"POST", VDUS "/u/vnfcinstances/anything/switchtostandby", "{\"id\":\"i\"}", 201,
     "SWITCH vnfr=v failed=i"},
    {"POST", ONE "/actions", "{\"action\":\"HEAL\",\"cause\":\"it burns\"}", 201,
     "HEAL vnfr=v instance=i cause='it burns'"},
    {"POST", ONE "/actions", "{\"action\":\"HEAL\"}", 201, "HEAL vnfr=v instance=i cause=''"},
    {"POST", ONE "/start", NULL, 201, "START_INSTANCE vnfr=v instance=i"},
    {"POST", ONE "/stop", "", 201, "STOP_INSTANCE vnfr=v instance=i"},
    {"POST", VNF "/start", NULL, 201, "START_VNF vnfr=v"},
    {"POST", VNF "/stop", NULL, 201, "STOP_VNF vnfr=v"},
    {"POST", VNF "/update", "{}", 201, "UPDATE vnfr=v"},
    {"POST", VNF "/restart", "{\"imageName\":\"\"}", 201, "RESTART vnfr=v image=''"},
    {"POST", VNF "/execute-script", "#!/bin/sh\necho hello", 201,
     "EXECUTE vnfr=v script='#!/bin/sh\necho hello'"},
    {"PATCH", VNF "/configurations",
     "{\"configurationParameters\":[{\"confKey\":\"port\",\"value\":\"81\"}],\"strict\":true}", 202,
     "CONFIGURE vnfr=v port=81"},
    {"PATCH", VNF "/configurations", "{\"configurationParameters\":[]}", 202, "CONFIGURE vnfr=v"},
    {"PUT", VNF,
     "{\"id\":\"v\",\"name\":\"other\",\"configurations\":{\"configurationParameters\":[{"
     "\"confKey\":\"new\",\"value\":\"1\"}]},\"apply\":\"record\"}",
     202, "CONFIGURE vnfr=v new=1 record"},
    {"DELETE", VNF, NULL, 204, "REMOVE_VNF vnfr=v"},
    {"POST", NSR "/resume", NULL, 201, "RESUME"},
};

static void each_call_asks_for_its_operation(void **state)
{
    struct api_fixture *f = *state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        WANT(calls[i].status, api_call(f, calls[i].method, calls[i].path, calls[i].body));
        ASKED(calls[i].asked);
        const char *id = http_response_header(&f->res, "Operation-Id");
        assert_non_null(id);
        assert_string_equal(http_response_header(&f->res, "Location"), api_text(OPS "/%s", id));
        if (calls[i].status == 201)
            assert_string_equal(f->res.body.s, "{}");
        if (calls[i].status == 202)
            HAS("\"name\":\"web\"");
        WANT(200, api_call(f, calls[i].method, api_text("%s?plan=true&queue=1", calls[i].path),
                           calls[i].body));
        ASKED(api_text("%s queue plan", calls[i].asked));
        HAS("\"steps\":[]");
        assert_null(http_response_header(&f->res, "Operation-Id"));
        assert_null(http_response_header(&f->res, "Location"));
    }
}

static void a_step_is_tried_again(void **state)
{
    struct api_fixture *f = *state;
    WANT(201, api_call(f, "POST", VNF "/update?attempts=3", NULL));
    ASKED("UPDATE vnfr=v attempts=3");
    WANT(201, api_call(f, "POST", VNF "/update?attempts=1", NULL));
    ASKED("UPDATE vnfr=v");
}

/* --- what is refused before the engine is asked ----------------------------------------------- */

static const struct {
    const char *method, *path, *body;
    int status;
    const char *said;
} refusals[] = {
    {"POST", "/api/v1/ns-records/x/resume", NULL, 404, "NetworkServiceRecord with ID x not found"},
    {"POST", NSR "/vnfrecords/x/update", NULL, 404,
     "VNFR with ID x was not found in NSR with ID n"},
    {"POST", VDUS "/x/vnfcinstances", "{\"number\":1}", 404, "VDU with ID x was not found"},
    {"POST", VDUS "/u/vnfcinstances/x/start", NULL, 404, "VNFCInstance to be started NOT FOUND"},
    {"POST", VDUS "/s/vnfcinstances/i/stop", NULL, 404, "VNFCInstance to be stopped NOT FOUND"},
    {"DELETE", VDUS "/u/vnfcinstances/j", NULL, 404, "VNFCInstance with ID j was not found"},
    {"POST", VDUS "/u/vnfcinstances", "{}", 422, "It should include a field named: vnfComponent"},
    {"POST", VDUS "/u/vnfcinstances", "{\"vnfComponent\":{\"connection_point\":[]}}", 422,
     "No connection points were passed for scaling out."},
    {"POST", VDUS "/u/vnfcinstances", "{\"vnfComponent\":{\"connection_point\":[{}]}}", 422,
     "Connection points have to contain a virtual link reference."},
    {"POST", VDUS "/u/vnfcinstances",
     "{\"vnfComponent\":{\"connection_point\":[{\"virtual_link_reference\":\"lan\"}]}}", 422,
     "it has: net, mgmt"},
    {"POST", VDUS "/u/vnfcinstances", "{\"vnfComponent\":" POINT ",\"vimInstanceNames\":[\"x\"]}",
     404, "VimInstance names passed not found"},
    {"POST", VDUS "/u/vnfcinstances", "{\"number\":0}", 422, "number must be 1 to 64, not 0"},
    {"POST", VDUS "/u/vnfcinstances", "{\"number\":65}", 422, "number must be 1 to 64, not 65"},
    {"POST", VDUS "/u/vnfcinstances", "{\"number\":1,\"onFailure\":\"x\"}", 422,
     "keep, partial or rollback"},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"front\"},{\"vdu\":\"x\"}]}", 422,
     "\"object\":\"vdus[1].vdu\""},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"x\"}]}", 422, "it has: front, back"},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"number\":1}]}", 422, "which VDU?"},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vnf\":\"v\",\"vdu\":\"front\"}]}", 422,
     "the path names the VNF"},
    {"POST", NSR "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"front\"}]}", 422, "which VNF?"},
    {"POST", NSR "/vnfcinstances", "{\"vdus\":[{\"vnf\":\"x\",\"vdu\":\"front\"}]}", 422,
     "\"object\":\"vdus[0].vnf\""},
    {"POST", NSR "/vnfcinstances", "{\"vdus\":[{\"vnf\":\"v\",\"vdu\":\"x\"}]}", 422,
     "it has: front, back"},
    {"POST", NSR "/vnfcinstances", "{\"number\":1}", 422, "number does not go together with vdus"},
    {"DELETE", NSR "/vnfcinstances", NULL, 422, "vdus must name 1 to 64 VDUs, not 0"},
    {"DELETE", "/api/v1/ns-records/x/vnfcinstances", "{}", 404, "x not found"},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"u\"},{\"vdu\":\"front\"}]}", 422,
     "VDU 'front' is there twice"},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"u\",\"number\":65}]}", 422,
     "\"object\":\"vdus[0].number\""},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"u\",\"vimInstanceNames\":[\"x\"]}]}",
     404, "\"object\":\"vdus[0].vimInstanceNames\""},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[]}", 422, "vdus must name 1 to 64 VDUs, not 0"},
    {"POST", VDUS "/vnfcinstances", "{\"vdus\":[{\"vdu\":\"u\"}],\"number\":2}", 422,
     "number does not go together with vdus"},
    {"POST", VDUS "/u/vnfcinstances", "{\"vdus\":[{\"vdu\":\"u\"}]}", 422,
     "the path names a VDU, and the body several"},
    {"DELETE", ONE, "{\"vdus\":[{\"vdu\":\"u\"}]}", 422, "the path names a VDU"},
    {"POST", VDUS "/s/vnfcinstances/i/switchtostandby", "{\"id\":\"i\"}", 404,
     "VNFCInstance with ID i was not found in VDU 'back'"},
    {"POST", ONE "/switchtostandby", "{}", 404, "the body is the instance that failed"},
    {"POST", ONE "/actions", "{\"action\":\"DANCE\"}", 422,
     "no such action of an instance: 'DANCE'"},
    {"POST", VNF "/restart", "{}", 422, "a string field named: imageName"},
    {"POST", VNF "/upgrade", "{}", 422, "a string field named: vnfdId"},
    {"POST", VNF "/upgrade", "{\"vnfdId\":\"x\"}", 404,
     "VNFD with id x was not found in the project"},
    {"PUT", NSR "/vnfd/x", "{}", 404, "VNFD with id x was not found in the project"},
    {"POST", VNF "/execute-script", " \n", 422, "the script is empty"},
    {"POST", VNF "/execute-script", NULL, 422, "the script is empty"},
    {"PATCH", VNF "/configurations", "{}", 422, "the request changes no parameter"},
    {"PATCH", VNF "/configurations", "{\"configurationParameters\":[],\"apply\":\"record\"}", 422,
     "the request changes no parameter"},
    {"PUT", VNF, "{\"id\":\"v\",\"configurations\":{\"configurationParameters\":[]}}", 422,
     "the request changes no parameter"},
    {"PATCH", VNF "/configurations",
     "{\"strict\":true,\"configurationParameters\":[{\"confKey\":\"x\",\"value\":\"1\"}]}", 422,
     "VNF 'web' has no parameter 'x'"},
    {"PATCH", VNF "/configurations",
     "{\"apply\":\"x\",\"configurationParameters\":[{\"confKey\":\"x\",\"value\":\"1\"}]}", 422,
     "apply is 'record'"},
    {"DELETE", NSR "/vnfrecords/x", NULL, 404, "Not found VNFR x in the given NSR n"},
    {"GET", OPS "/x", NULL, 404, "No operation found with ID x"},
    {"POST", OPS "/x/retry", NULL, 404, "No operation found with ID x"},
    {"GET", OPS "?state=x", NULL, 422, "there is no state 'x'"},
    {"GET", OPS "?kind=x", NULL, 422, "SCALE_OUT"},
    {"GET", OPS "?limit=0", NULL, 422, "limit must be 1 to 500"},
    {"POST",
     VNF "/update?basis=0123456789012345678901234567890123456789012345678901234567890123456789",
     NULL, 422, "a basis has 1 to 64 characters"},
    {"POST", VNF "/update?attempts=11", NULL, 422, "attempts must be 1 to 10, not '11'"},
    {"POST", VNF "/update?attempts=", NULL, 422, "\"object\":\"attempts\""},
    {"POST", VNF "/update?attempts=2x", NULL, 422, "\"object\":\"attempts\""},
    {"GET", OPS "?colour=red", NULL, 422, "nsr, vnfr, state, kind, since, until, after, limit"},
    {"GET", "/api/v1/ns-records/x/operations", NULL, 404, "x not found"},
};

static void refused_before_the_engine_is_asked(void **state)
{
    struct api_fixture *f = *state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        WANT(refusals[i].status,
             api_call(f, refusals[i].method, refusals[i].path, refusals[i].body));
        HAS(refusals[i].said);
        ASKED("");
        assert_null(http_response_header(&f->res, "Operation-Id"));
    }
}

static void long_texts_are_refused(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    for (size_t i = 0; i < 1024 * 1024 + 1; i++)
        sbuf_addc(&body, '#');
    WANT(422, api_call(f, "POST", VNF "/execute-script", body.s));
    sbuf_truncate(&body, 1025);
    WANT(422,
         api_call(f, "PATCH", VNF "/configurations",
                  api_text("{\"configurationParameters\":[{\"confKey\":\"k\",\"value\":\"%s\"}]}",
                           body.s)));
    HAS("the value of 'k' has 1025 bytes; at most 1024 are taken");
    ASKED("");
}

static void the_engines_refusal_is_the_answer(void **state)
{
    struct api_fixture *f = *state;
    fake_engine_set(f->engine, FAKE_REFUSES);
    WANT(422, api_call(f, "POST", VNF "/update", NULL));
    HAS("the engine refuses");
    assert_null(http_response_header(&f->res, "Operation-Id"));
    WANT(422, api_call(f, "POST", VNF "/update?plan=true", NULL));
}

/* Asked for a plan, nothing is released. */
static void a_plan_of_a_release(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_call(f, "DELETE", NSR "?plan=true", NULL));
    WANT(200, api_call(f, "DELETE", NSR "?plan", NULL)); /* a plan, too: it must not delete */
    ASKED("RELEASE plan");
    assert_null(http_response_header(&f->res, "Operation-Id"));
    WANT(404, api_call(f, "DELETE", "/api/v1/ns-records/nobody?plan=true", NULL));
    WANT(422, api_call(f, "POST", "/api/v1/ns-records/multipledelete?plan=true", "[\"n\"]"));
    HAS("a plan is of one service");
    ASKED("RELEASE plan"); /* nothing else */
}

/* Of two that ask for the same, one only looks; in the order in which the log is written. */
static void a_plan_is_no_change(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_call(f, "POST", VNF "/update?plan=true", NULL));
    WANT(200, api_call(f, "DELETE", NSR "?plan=true", NULL));
    WANT(404, api_call(f, "POST", "/api/v1/ns-records/nobody?plan=true", "{}"));
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    WANT(404, api_call(f, "DELETE", "/api/v1/keys/none?plan=true", NULL)); /* it knows no plans */
    test_query_await(f->db,
                     "SELECT string_agg(what || ' ' || times, ', ' ORDER BY what) FROM audit "
                     "WHERE kind = 'change' AND who = 'admin'",
                     "DELETE /api/v1/keys/{id} 1, POST "
                     "/api/v1/ns-records/{id}/vnfrecords/{vnfrId}/update 1");
}

/* --- who may ---------------------------------------------------------------------------------- */

static void others_see_and_change_nothing(void **state)
{
    struct api_fixture *f = *state;
    char mine[64], other[64];
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    char id[64];
    snprintf(id, sizeof(id), "%s", http_response_header(&f->res, "Operation-Id"));
    snprintf(mine, sizeof(mine), "%s", f->project);
    api_make(f, "/api/v1/projects", "{\"name\":\"other\"}", other);
    api_add_user(f, "guest", "GUEST", "default");
    api_add_user(f, "stranger", "USER", "other");
    api_be(f, "guest");
    snprintf(f->project, sizeof(f->project), "%s", mine);
    WANT(200, api_call(f, "GET", api_text(OPS "/%s", id), NULL));
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        WANT(403, api_call(f, calls[i].method, calls[i].path, calls[i].body));
    WANT(403, api_call(f, "POST", api_text(OPS "/%s/fail", id), NULL));
    api_be(f, "stranger");
    snprintf(f->project, sizeof(f->project), "%s", other);
    WANT(404, api_call(f, "GET", api_text(OPS "/%s", id), NULL));
    WANT(404, api_call(f, "POST", api_text(OPS "/%s/fail", id), NULL));
    WANT(404, api_call(f, "GET", NSR "/operations", NULL));
    WANT(200, api_call(f, "GET", OPS, NULL));
    assert_string_equal(f->res.body.s, "[]");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        WANT(404, api_call(f, calls[i].method, calls[i].path, calls[i].body));
}

/* --- repeats ---------------------------------------------------------------------------------- */

static void a_repeat_is_the_same_operation(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    f->idempotency_key = "k";
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    snprintf(id, sizeof(id), "%s", http_response_header(&f->res, "Operation-Id"));
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    assert_string_equal(http_response_header(&f->res, "Idempotency-Replayed"), "true");
    assert_string_equal(http_response_header(&f->res, "Operation-Id"), id);
    WANT(422, api_call(f, "POST", VNF "/update?plan=true", NULL)); /* looking is not doing */
    HAS("the Idempotency-Key was used for another request");
    /* The process died before it wrote its answer. */
    test_sql(f->db, "UPDATE idempotency SET status = 0");
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    assert_string_equal(http_response_header(&f->res, "Operation-Id"), id);
    f->idempotency_key = NULL;
    WANT(200, api_call(f, "GET", OPS, NULL));
    const char *first = strstr(f->res.body.s, "\"askedBy\""); /* once each */
    HAS(id);
    assert_non_null(first);
    assert_null(strstr(first + 1, "\"askedBy\""));
}

/* --- how they are shown ----------------------------------------------------------------------- */

static void an_operation_is_shown(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_call(f, "POST", ONE "/actions", "{\"action\":\"HEAL\",\"cause\":\"it burns\"}"));
    snprintf(id, sizeof(id), "%s", http_response_header(&f->res, "Operation-Id"));
    WANT(200, api_call(f, "GET", api_text(OPS "/%s", id), NULL));
    HAS("\"kind\":\"HEAL\",\"state\":\"FAILED_TEMP\",\"origin\":\"user\",\"askedBy\":\"admin\"");
    HAS("\"askedAt\":\"1970-01-01T00:00:00.000Z\"");
    HAS("\"nsr\":{\"id\":\"n\",\"name\":\"demo\"},\"vnfr\":{\"id\":\"v\",\"name\":\"web\"}");
    HAS("\"parameters\":{\"cause\":\"it burns\"}");
    HAS("\"progress\":{\"done\":0,\"of\":1}");
    HAS("install.sh ended with 1");
    HAS(api_text("\"baton op fail %s\",\"baton nsr delete demo\"", id));
    HAS("\"steps\":[{\"n\":1,\"kind\":\"UPDATE\"");
    test_sql(f->db, "UPDATE operation SET instance_id = 'i'; INSERT INTO instance (id, agg, phase, "
                    "vnfr_id, pop_id, hostname, vc_id, agent, state) VALUES ('i', 'n', 'UP', 'v', "
                    "'p', 'web-1', '', '', '')");
    WANT(200, api_call(f, "GET", OPS, NULL));
    HAS("\"instance\":{\"id\":\"i\",\"name\":\"web-1\"}");
    WANT(200, api_call(f, "GET", NSR "/operations", NULL));
    HAS(id);
    HAS("\"steps\":[]");
    HAS("\"current\":{\"n\":1,\"kind\":\"UPDATE\"");
    /* How it may go on is a matter of its VNFM: this one would run all scripts again. */
    HAS(api_text("\"baton op retry %s --repeat\"", id));
    test_sql(f->db, "UPDATE vnfr SET state = '{\"correlates\":true}'");
    WANT(200, api_call(f, "GET", OPS, NULL));
    HAS(api_text("\"baton op retry %s\"", id));
    WANT(200, api_call(f, "GET", api_text(OPS "/%s", id), NULL));
    HAS(api_text("\"baton op retry %s\"", id));
    /* ... of that of the step which failed, in lists as on its own page. */
    test_sql(f->db,
             "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('t', 'n', "
             "'ACTIVE', 'client', 'generic', '', '{\"correlates\":true}');"
             "UPDATE operation SET doc = replace(doc, '\"of\":\"v\"', '\"of\":\"t\"')");
    WANT(200, api_call(f, "GET", OPS, NULL));
    HAS(api_text("\"baton op retry %s\"", id));
    WANT(200, api_call(f, "GET", api_text(OPS "/%s", id), NULL));
    HAS(api_text("\"baton op retry %s\"", id));
    WANT(200, api_call(f, "GET", api_text("/api/v1/baton/explain/%s", id), NULL));
    HAS("\"kind\" : \"operation\"");
    test_sql(f->db,
             "DELETE FROM instance; UPDATE operation SET doc = '{\"names\":{\"i\":\"web-1\"}}'");
    WANT(200, api_call(f, "GET", OPS, NULL));
    HAS("\"instance\":{\"id\":\"i\",\"name\":\"web-1\"}");    /* it is gone */
    test_sql(f->db, "UPDATE operation SET state = 'FAILED'"); /* nothing is to be done about it */
    WANT(200, api_call(f, "GET", OPS, NULL));
    HAS_NOT("\"current\"");
    HAS("\"next\":[]");
    WANT(200, api_call(f, "GET", "/api/v1/baton/explain/n", NULL));
    HAS("\"next\":[]");
    test_sql(f->db,
             "UPDATE nsr SET doc = replace(doc, 'ACTIVE', 'ERROR')"); /* but with the service */
    WANT(200, api_call(f, "GET", "/api/v1/baton/explain/n", NULL));
    HAS("\"next\":[\"baton nsr resume n --wait\",\"baton nsr delete n\"]");
    WANT(200, api_call(f, "GET", NSR, NULL));
    assert_string_equal(http_response_header(&f->res, "Link"),
                        "<" NSR "/operations>; rel=\"operations\"");
}

static void a_document_that_cannot_be_read_hides_no_others(void **state)
{
    struct api_fixture *f = *state;
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    test_sql(f->db, "UPDATE operation SET doc = '{\"steps\":[{\"n\":1,\"kind\":\"DANCE\",\"state\":"
                    "\"DONE\"}]}'");
    WANT(201, api_call(f, "POST", VNF "/stop", NULL));
    WANT(200, api_call(f, "GET", OPS, NULL));
    HAS("steps[0].kind: is not known");
    HAS("\"kind\":\"STOP_VNF\"");
}

static void lists_are_filtered_and_paged(void **state)
{
    struct api_fixture *f = *state;
    test_sql(f->db,
             api_text("INSERT INTO operation (id, agg, project_id, nsr_name, kind, state, vnfr_id, "
                      "origin, asked_by, asked_at, state_at, doc) SELECT 'op' || i, 'n', '%s', "
                      "'demo', CASE WHEN i < 3 THEN 'HEAL' ELSE 'UPDATE' END, CASE WHEN i = 5 THEN "
                      "'COMPLETED' ELSE 'PROCESSING' END, 'v', 'user', 'admin', i, i, '{}' FROM "
                      "generate_series(1, 5) i",
                      f->project));
    WANT(200, api_call(f, "GET", OPS "?limit=2", NULL));
    assert_string_equal(api_member(f, "id"), "op5");
    HAS("op4");
    HAS_NOT("op3");
    assert_string_equal(http_response_header(&f->res, "Link"),
                        "<" OPS "?limit=2&after=op4>; rel=\"next\"");
    WANT(200, api_call(f, "GET", OPS "?limit=2&after=op4", NULL));
    assert_string_equal(api_member(f, "id"), "op3");
    WANT(200, api_call(f, "GET", OPS "?limit=2&after=op2", NULL));
    HAS("op1");
    assert_null(http_response_header(&f->res, "Link"));
    WANT(200, api_call(f, "GET", OPS "?kind=heal", NULL));
    assert_string_equal(api_member(f, "id"), "op2");
    WANT(200, api_call(f, "GET", OPS "?state=open&vnfr=v&nsr=n", NULL));
    assert_string_equal(api_member(f, "id"), "op4");
    WANT(200, api_call(f, "GET", OPS "?since=1970-01-02", NULL));
    assert_string_equal(f->res.body.s, "[]");
    test_sql(f->db, "UPDATE operation SET asked_at = 172800000000 WHERE id = 'op3'");
    WANT(200, api_call(f, "GET", OPS "?since=1970-01-02&until=1970-01-04", NULL));
    HAS("\"op3\"");
    HAS_NOT("\"op4\"");
    WANT(200, api_call(f, "GET", OPS "?until=1970-01-02T00:00:00Z", NULL));
    HAS("\"op4\"");
    HAS_NOT("\"op3\"");
    WANT(422, api_call(f, "GET", OPS "?since=yesterday", NULL));
    HAS("since");
    WANT(200, api_call(f, "GET", OPS "?nsr=m", NULL));
    assert_string_equal(f->res.body.s, "[]");
}

/* --- verbs ------------------------------------------------------------------------------------ */

static void verbs_go_to_the_engine(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_call(f, "POST", VNF "/update", NULL));
    snprintf(id, sizeof(id), "%s", http_response_header(&f->res, "Operation-Id"));
    const struct {
        const char *verb, *body, *before, *behind; /* of the id */
    } verbs[] = {
        {"retry", NULL, "RETRY ", " by admin"},
        {"retry", "{\"repeat\":true}", "RETRY ", " repeat by admin"},
        {"retry", "{\"unknown\":\"repeat\"}", "RETRY ", " repeat unknown=repeat by admin"},
        {"retry", "{\"unknown\":\"done\"}", "RETRY ", " unknown=done by admin"},
        {"rollback", "{}", "ROLLBACK ", " by admin"},
        {"cancel", NULL, "CANCEL ", " graceful by admin"},
        {"cancel", "{\"mode\":\"FORCEFUL\"}", "CANCEL ", " forceful by admin"},
        {"fail", NULL, "FAIL ", " by admin"},
        {"continue", NULL, "CONTINUE ", " by admin"},
    };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        char asked[160];
        snprintf(asked, sizeof(asked), "%s%s%s", verbs[i].before, id, verbs[i].behind);
        WANT(202, api_call(f, "POST", api_text(OPS "/%s/%s", id, verbs[i].verb), verbs[i].body));
        ASKED(asked);
        HAS(id);
    }
    WANT(422, api_call(f, "POST", api_text(OPS "/%s/retry", id), "{\"unknown\":\"perhaps\"}"));
    HAS("unknown is 'repeat' or 'done'");
    WANT(422, api_call(f, "POST", api_text(OPS "/%s/cancel", id), "{\"mode\":\"x\"}"));
    HAS("GRACEFUL or FORCEFUL");
    test_sql(f->db, "UPDATE operation SET state = 'COMPLETED'");
    WANT(422, api_call(f, "POST", api_text(OPS "/%s/retry", id), NULL));
    HAS("has ended: it is COMPLETED");
}

/* --- VNFDs ------------------------------------------------------------------------------------ */

#define VNFD                                                                                       \
    "{\"name\":\"db\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"%s\","      \
    "\"vdu\":[{\"name\":\"%s\",\"vm_image\":[%s],\"vnfc\":[{\"connection_point\":[]}]},"           \
    "{\"name\":\"back\",\"vm_image\":[%s],\"vnfc\":[{\"connection_point\":[]}]}]}"

static void vnfds_are_looked_up(void **state)
{
    struct api_fixture *f = *state;
    char good[64], other[64], foreign[64];
    api_make(f, "/api/v1/vnf-descriptors", api_text(VNFD, "generic", "front", "\"img\"", "\"img\""),
             good);
    api_make(f, "/api/v1/vnf-descriptors", api_text(VNFD, "generic", "side", "\"img\"", "\"img\""),
             other);
    api_make(f, "/api/v1/vnf-descriptors", api_text(VNFD, "dummy", "front", "\"img\"", "\"img\""),
             foreign);
    WANT(201, api_call(f, "POST", VNF "/upgrade", api_text("{\"vnfdId\":\"%s\"}", good)));
    ASKED("UPGRADE vnfr=v vnfd=db");
    WANT(422, api_call(f, "POST", VNF "/upgrade", api_text("{\"vnfdId\":\"%s\"}", other)));
    HAS("VNFD 'db' has other VDUs than VNF 'web'");
    WANT(422, api_call(f, "POST", VNF "/upgrade", api_text("{\"vnfdId\":\"%s\"}", foreign)));
    HAS("is managed by 'dummy'");
    WANT(404, api_call(f, "PUT", api_text(NSR "/vnfd/%s", good), "{}"));
    HAS("VNFManager with endpoint: generic is not registered or not enabled or not active.");
}

static const struct CMUnitTest tests[] = {
    OF_SERVICE(each_call_asks_for_its_operation),
    OF_SERVICE(a_step_is_tried_again),
    OF_SERVICE(refused_before_the_engine_is_asked),
    OF_SERVICE(long_texts_are_refused),
    OF_SERVICE(the_engines_refusal_is_the_answer),
    OF_SERVICE(a_plan_of_a_release),
    OF_SERVICE(a_plan_is_no_change),
    OF_SERVICE(others_see_and_change_nothing),
    OF_SERVICE(a_repeat_is_the_same_operation),
    OF_SERVICE(an_operation_is_shown),
    OF_SERVICE(a_document_that_cannot_be_read_hides_no_others),
    OF_SERVICE(lists_are_filtered_and_paged),
    OF_SERVICE(verbs_go_to_the_engine),
    OF_SERVICE(vnfds_are_looked_up),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
