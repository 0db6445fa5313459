/* rest-api.md section 2, call by call: each is there, with and without a slash at its end, takes
 * what is good and refuses what is not. Who may call it: test_api_matrix.c. What a call does in detail is in the
 * tests of its subject; here none is forgotten.
 *
 * {nsd}, {vnfd}, ... in a path or a body stand for an object that is made for this row; in the bad
 * call of a row that has no other body they are ids of nothing. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys/ids.h"
#include "nfvo/api/context.h"

#include <cmocka.h>

#define V1  "/api/v1"
#define NSD V1 "/ns-descriptors"
#define NSR V1 "/ns-records"
#define VNF NSR "/{nsr}/vnfrecords/{vnfr}"
#define VDU VNF "/vdunits"
#define ONE VDU "/{vdu}/vnfcinstances/{instance}"

#define VNFD_BODY(name)                                                                            \
    "{\"name\":\"" name "\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"       \
    "\"generic\",\"vdu\":[{\"vm_image\":[\"img\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define NSD_BODY                                                                                   \
    "{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\"vnfd\":[" VNFD_BODY("a") "," VNFD_BODY(  \
        "b") "],\"vnf_dependency\":[{\"source\":\"a\",\"target\":\"b\",\"parameters\":[\"x\"]}],"  \
             "\"pnfd\":[{\"id\":\"pnfd-1\",\"vendor\":\"p\"}],\"nsd_security\":{\"id\":\"sec-1\"," \
             "\"signature\":\"s\"}}"
#define DEPENDENCY "{\"source\":\"b\",\"target\":\"a\",\"parameters\":[\"y\"]}"
#define POP_BODY   "{\"name\":\"{new}\",\"authUrl\":\"x\",\"type\":\"test\",\"password\":\"hush\"}"
#define POINT      "{\"vnfComponent\":{\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}}"
#define USER_BODY                                                                                  \
    "{\"username\":\"{new}\",\"password\":\"Some-1-password\",\"enabled\":true,\"roles\":[{"       \
    "\"role\":\"USER\",\"project\":\"default\"}]}"
#define KEY_BODY                                                                                   \
    "{\"name\":\"{new}\",\"publicKey\":\"ssh-rsa "                                                 \
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 x\"}"
#define EVENT_BODY                                                                                 \
    "{\"name\":\"{new}\",\"type\":\"REST\",\"endpoint\":\"http://192.0.2.1:9/\",\"event\":"        \
    "\"INSTANTIATE\"}"
#define REST_VNFM                                                                                  \
    "{\"type\":\"{new}\",\"endpointType\":\"REST\",\"endpoint\":\"http://192.0.2.1:9\"}"
#define SAYS(action)                                                                               \
    "{\"action\":\"" action "\",\"virtualNetworkFunctionRecord\":{\"id\":\"v\",\"name\":\"n\","    \
    "\"parent_ns_id\":\"{new}\"}}"
#define NO_BROKER 500 /* here nobody takes it: test_rest_vnfm.c, tests/e2e/rest_vnfm.sh */
#define LATER     NULL, 501, NULL, 501 /* not built, and says so: decisions.md D29 */

/* clang-format off */
/* method, path; body of the good call and its status; body of the bad one (NULL: the same, about
 * nothing) and its status (0: there is none). */
static const struct contract_row {
    const char *method, *path, *body;
    int status;
    const char *bad_body;
    int bad_status;
} rows[] = {
    /* 1.1, 1.6 */
    {"POST",   "/oauth/token",                          NULL, 401, NULL, 401},
    {"POST",   V1 "/components/services/create",        "{\"name\":\"{new}\",\"roles\":[\"*\"]}", 201, "{\"name\":\"x\",\"roles\":[]}", 422},
    {"POST",   V1 "/components/services/register",      "x", 404, "", 404},
    {"GET",    V1 "/components/services",               NULL, 200, NULL, 0},
    {"DELETE", V1 "/components/services/{service}",     NULL, 204, NULL, 404},
    {"POST",   V1 "/components/services/multipledelete", "[\"{service}\"]", 204, "{}", 400},
    /* 2.1 */
    {"POST",   NSD,                                     NSD_BODY, 201, "{}", 400},
    {"POST",   NSD "/marketdownload",                   LATER},
    {"POST",   NSD "/package-repository-download",      LATER},
    {"GET",    NSD,                                     NULL, 200, NULL, 0},
    {"GET",    NSD "/{nsd}",                            NULL, 200, NULL, 404},
    {"PUT",    NSD "/{nsd}",                            "{\"id\":\"{nsd}\",\"name\":\"m\"}", 202, "{}", 422},
    {"DELETE", NSD "/{nsd}",                            NULL, 204, NULL, 422},
    {"POST",   NSD "/multipledelete",                   "[\"{nsd}\"]", 204, "{}", 400},
    {"GET",    NSD "/{nsd}/vnfdescriptors",             NULL, 200, NULL, 404},
    {"GET",    NSD "/{nsd}/vnfdescriptors/{nsd.vnfd}",  NULL, 200, NULL, 404},
    {"POST",   NSD "/{nsd}/vnfdescriptors",             VNFD_BODY("c"), 201, VNFD_BODY("a"), 422},
    {"PUT",    NSD "/{nsd}/vnfdescriptors/{nsd.vnfd}",  VNFD_BODY("a"), 202, "{}", 400},
    {"DELETE", NSD "/{nsd}/vnfdescriptors/{nsd.vnfd}",  NULL, 204, NULL, 404},
    {"GET",    NSD "/{nsd}/vnfdependencies",            NULL, 200, NULL, 404},
    {"GET",    NSD "/{nsd}/vnfdependencies/{nsd.dep}",  NULL, 200, NULL, 404},
    {"POST",   NSD "/{nsd}/vnfdependencies",            DEPENDENCY, 201, "{\"source\":\"b\",\"target\":\"z\",\"parameters\":[\"y\"]}", 422},
    {"PUT",    NSD "/{nsd}/vnfdependencies/{nsd.dep}",  DEPENDENCY, 202, "{\"source\":\"b\"}", 400},
    {"DELETE", NSD "/{nsd}/vnfdependencies/{nsd.dep}",  NULL, 204, NULL, 404},
    {"GET",    NSD "/{nsd}/pnfdescriptors",             NULL, 200, NULL, 404},
    {"GET",    NSD "/{nsd}/pnfdescriptors/pnfd-1",      NULL, 200, NULL, 404},
    {"POST",   NSD "/{nsd}/pnfdescriptors",             "{\"vendor\":\"p\",\"more\":[1]}", 201, "[]", 400},
    {"PUT",    NSD "/{nsd}/pnfdescriptors/pnfd-1",      "{\"vendor\":\"q\"}", 202, "[]", 400},
    {"DELETE", NSD "/{nsd}/pnfdescriptors/pnfd-1",      NULL, 204, NULL, 404},
    {"GET",    NSD "/{nsd}/security",                   NULL, 200, NULL, 404},
    {"POST",   NSD "/{nsd}/security",                   "{\"signature\":\"t\"}", 201, "[]", 400},
    {"PUT",    NSD "/{nsd}/security/sec-1",             "{\"signature\":\"t\"}", 202, "[]", 400},
    {"DELETE", NSD "/{nsd}/security/sec-1",             NULL, 204, NULL, 404},
    /* 2.2 */
    {"POST",   V1 "/nsd-tosca",                         LATER},
    {"POST",   V1 "/csar-nsd",                          LATER},
    {"POST",   V1 "/csar-vnfd",                         LATER},
    {"POST",   V1 "/csar-ns/marketdownload",            LATER},
    {"POST",   V1 "/csar-vnf/marketdownload",           LATER},
    /* 2.3 */
    {"POST",   V1 "/vnf-descriptors",                   VNFD_BODY("c"), 201, "{}", 400},
    {"GET",    V1 "/vnf-descriptors",                   NULL, 200, NULL, 0},
    {"GET",    V1 "/vnf-descriptors/{vnfd}",            NULL, 200, NULL, 404},
    {"PUT",    V1 "/vnf-descriptors/{vnfd}",            VNFD_BODY("d"), 202, "{}", 400},
    {"DELETE", V1 "/vnf-descriptors/{vnfd}",            NULL, 204, NULL, 404},
    {"POST",   V1 "/vnf-descriptors/multipledelete",    "[\"{vnfd}\"]", 204, "[\"x\"]", 404},
    {"GET",    V1 "/vnf-descriptors/{vnfd}/vdus/{vnfd.vdu}", NULL, 200, NULL, 404},
    /* 2.4: a file that is taken is in test_api_package.c */
    {"POST",   V1 "/vnf-packages",                      NULL, 422, "{}", 422},
    {"POST",   V1 "/vnf-packages/marketdownload",       "{\"link\":\"http://x/\"}", 422, "{}", 422},
    {"POST",   V1 "/vnf-packages/package-repository-download", "{\"link\":\"http://x/\"}", 422, "{}", 422},
    {"GET",    V1 "/vnf-packages",                      NULL, 200, NULL, 0},
    {"GET",    V1 "/vnf-packages/{package}",            NULL, 200, NULL, 404},
    {"PUT",    V1 "/vnf-packages/{package}",            "{\"name\":\"p\"}", 202, "[]", 400},
    {"DELETE", V1 "/vnf-packages/{package}",            NULL, 204, NULL, 403},
    {"POST",   V1 "/vnf-packages/multipledelete",       "[\"{package}\"]", 204, "[\"x\"]", 403},
    {"GET",    V1 "/vnf-packages/{package}/scripts/{script}", NULL, 200, NULL, 404},
    {"PUT",    V1 "/vnf-packages/{package}/scripts/{script}", "#!/bin/sh\n", 200, NULL, 404},
    /* 2.5 */
    {"POST",   NSR "/{nsd}",                            "{}", 201, "{\"keys\":1}", 422},
    {"POST",   NSR,                                     LATER}, /* always an error in the reference */
    {"GET",    NSR,                                     NULL, 200, NULL, 0},
    {"GET",    NSR "/{nsr}",                            NULL, 200, NULL, 404},
    {"PUT",    NSR "/{nsr}",                            "{}", 202, NULL, 404},
    {"DELETE", NSR "/{nsr}",                            NULL, 204, NULL, 404},
    {"POST",   NSR "/multipledelete",                   "[\"{nsr}\"]", 204, "[\"x\"]", 404},
    {"PUT",    NSR "/{nsr}/vnfd/{vnfd}",                "{}", 202, NULL, 404},
    {"POST",   NSR "/{nsr}/resume",                     NULL, 201, NULL, 404},
    {"GET",    NSR "/{nsr}/vnfrecords",                 NULL, 200, NULL, 404},
    {"GET",    VNF,                                     NULL, 200, NULL, 404},
    {"POST",   NSR "/{nsr}/vnfrecords",                 "{\"name\":\"x\"}", 201, "[]", 400},
    {"PUT",    VNF,                                     "{\"configurations\":{\"configurationParameters\":[{\"confKey\":\"k\",\"value\":\"v\"}]}}", 202, "[]", 400},
    {"DELETE", VNF,                                     NULL, 204, NULL, 404},
    {"POST",   NSR "/{nsr}/vnfrecords/multipledelete",  "[\"{vnfr}\"]", 204, "[\"x\"]", 404},
    {"POST",   VNF "/execute-script",                   "true", 201, NULL, 404},
    {"POST",   VNF "/update",                           NULL, 201, NULL, 404},
    {"POST",   VNF "/upgrade",                          "{\"vnfdId\":\"{vnfd}\"}", 201, "{}", 422},
    {"POST",   VNF "/restart",                          "{\"imageName\":\"\"}", 201, "{}", 422},
    {"POST",   VDU "/vnfcinstances",                    POINT, 201, "{}", 422},
    {"POST",   VDU "/{vdu}/vnfcinstances",              POINT, 201, "{}", 422},
    {"POST",   VDU "/{vdu}/vnfcinstances/standby",      POINT, 201, "{}", 422},
    {"POST",   ONE "/switchtostandby",                  "{\"id\":\"{instance}\"}", 201, "{}", 404},
    {"POST",   ONE "/start",                            "{}", 201, NULL, 404},
    {"POST",   ONE "/stop",                             "{}", 201, NULL, 404},
    {"POST",   ONE "/actions",                          "{\"action\":\"HEAL\"}", 201, "{}", 422},
    {"DELETE", VDU "/vnfcinstances",                    NULL, 204, NULL, 404},
    {"DELETE", VDU "/{vdu}/vnfcinstances",              NULL, 204, NULL, 404},
    {"DELETE", ONE,                                     NULL, 204, NULL, 404},
    {"GET",    NSR "/{nsr}/vnfdependencies",            NULL, 200, NULL, 404},
    {"GET",    NSR "/{nsr}/vnfdependencies/dep-1",      NULL, 200, NULL, 404},
    {"GET",    NSR "/{nsr}/vnfdependenciesList",        NULL, 200, NULL, 404},
    {"POST",   NSR "/{nsr}/vnfdependencies",            "{\"target\":\"web\"}", 201, "[]", 400},
    {"PUT",    NSR "/{nsr}/vnfdependencies/dep-1",      "{\"target\":\"web\"}", 202, "[]", 400},
    {"DELETE", NSR "/{nsr}/vnfdependencies/dep-1",      NULL, 422, NULL, 404}, /* in use */
    {"GET",    NSR "/{nsr}/pnfrecords",                 NULL, 200, NULL, 404},
    {"GET",    NSR "/{nsr}/pnfrecords/p",               NULL, 404, NULL, 404}, /* there are none */
    {"POST",   NSR "/{nsr}/pnfrecords",                 "{\"name\":\"p\"}", 201, "[]", 400},
    {"PUT",    NSR "/{nsr}/pnfrecords/p",               "{\"name\":\"p\"}", 202, "[]", 400},
    {"DELETE", NSR "/{nsr}/pnfrecords/p",               NULL, 404, NULL, 404},
    {"GET",    VNF "/history",                          NULL, 202, NULL, 404},
    /* 2.6 */
    {"POST",   V1 "/datacenters",                       POP_BODY, 201, "{\"name\":\"\"}", 422},
    {"GET",    V1 "/datacenters",                       NULL, 200, NULL, 0},
    {"GET",    V1 "/datacenters/{pop}",                 NULL, 200, NULL, 404},
    {"GET",    V1 "/datacenters/search/findByName?name={pop.name}", NULL, 200, NULL, 404},
    {"PUT",    V1 "/datacenters/{pop}",                 POP_BODY, 202, "[]", 400},
    {"DELETE", V1 "/datacenters/{pop}",                 NULL, 204, NULL, 404},
    {"POST",   V1 "/datacenters/multipledelete",        "[\"{pop}\"]", 204, "[\"x\"]", 404},
    {"GET",    V1 "/datacenters/{pop}/refresh",         NULL, 200, NULL, 404},
    {"GET",    V1 "/datacenters/{pop}/images",          NULL, 200, NULL, 404},
    {"GET",    V1 "/datacenters/{pop}/images/x",        NULL, 404, NULL, 404}, /* the fake has none */
    {"POST",   V1 "/datacenters/{pop}/images",          LATER},
    {"PUT",    V1 "/datacenters/{pop}/images/x",        LATER},
    {"DELETE", V1 "/datacenters/{pop}/images/x",        LATER},
    /* 2.7 */
    {"POST",   V1 "/nfvimage",                          NULL, 422, NULL, 422}, /* by query: test_api_image.c */
    {"GET",    V1 "/nfvimage",                          NULL, 200, NULL, 0},
    {"GET",    V1 "/nfvimage/x",                        NULL, 404, NULL, 404},
    {"DELETE", V1 "/nfvimage/x",                        NULL, 204, NULL, 204}, /* also when absent */
    {"GET",    V1 "/nfvimage/file/x",                   NULL, 403, NULL, 403}, /* no token */
    /* 2.8 */
    {"POST",   V1 "/keys",                              KEY_BODY, 201, "{\"name\":\"x\",\"publicKey\":\"y\"}", 422},
    {"POST",   V1 "/keys/generate",                     "{new}", 201, "", 422},
    {"GET",    V1 "/keys",                              NULL, 200, NULL, 0},
    {"GET",    V1 "/keys/{key}",                        NULL, 200, NULL, 404},
    {"DELETE", V1 "/keys/{key}",                        NULL, 204, NULL, 404},
    {"POST",   V1 "/keys/multipledelete",               "[\"{key}\"]", 204, "[\"x\"]", 404},
    {"POST",   V1 "/users",                             USER_BODY, 201, "{\"username\":\"x\"}", 422},
    {"GET",    V1 "/users",                             NULL, 200, NULL, 0},
    {"GET",    V1 "/users/{user}",                      NULL, 200, NULL, 404},
    {"GET",    V1 "/users/current",                     NULL, 200, NULL, 0},
    {"PUT",    V1 "/users/{user}",                      "{\"id\":\"{user}\",\"enabled\":true,\"roles\":[{\"role\":\"GUEST\",\"project\":\"default\"}]}", 202, "[]", 400},
    {"PUT",    V1 "/users/changepwd",                   "{\"old_pwd\":\"no\",\"new_pwd\":\"Some-1-password\"}", 403, "[]", 400},
    {"PUT",    V1 "/users/changepwd/{user.name}",       "{\"new_pwd\":\"Other-1-password\"}", 202, NULL, 404},
    {"DELETE", V1 "/users/{user}",                      NULL, 204, NULL, 404},
    {"POST",   V1 "/users/multipledelete",              "[\"{user}\"]", 204, "[\"x\"]", 404},
    {"POST",   V1 "/projects",                          "{\"name\":\"{new}\"}", 201, "[]", 400},
    {"GET",    V1 "/projects",                          NULL, 200, NULL, 0},
    {"GET",    V1 "/projects/{project}",                NULL, 200, NULL, 404},
    {"PUT",    V1 "/projects/{project}",                "{\"description\":\"d\"}", 202, "[]", 400},
    {"DELETE", V1 "/projects/{project}",                NULL, 204, NULL, 404},
    {"POST",   V1 "/projects/multipledelete",           "[\"{project}\"]", 204, "[\"x\"]", 404},
    {"GET",    V1 "/quotas",                            NULL, 200, NULL, 0},
    /* 2.9 */
    {"POST",   V1 "/events",                            EVENT_BODY, 201, "{}", 400},
    {"GET",    V1 "/events",                            NULL, 200, NULL, 0},
    {"GET",    V1 "/events/{event}",                    NULL, 200, NULL, 404},
    {"GET",    V1 "/events/actions",                    NULL, 200, NULL, 0},
    {"POST",   V1 "/events/{event}/replay",             "{\"after\":0}", 200, "{\"after\":-1}", 422},
    {"DELETE", V1 "/events/{event}",                    NULL, 204, NULL, 404},
    {"POST",   V1 "/events/multipledelete",             "[\"{event}\"]", 204, "[\"x\"]", 404},
    /* 2.10 */
    {"GET",    V1 "/vnfmanagers",                       NULL, 200, NULL, 0},
    {"GET",    V1 "/vnfmanagers/{vnfm}",                NULL, 200, NULL, 200}, /* an empty body, as the reference */
    {"DELETE", V1 "/vnfmanagers/{vnfm}",                NULL, 204, NULL, 404},
    {"GET",    V1 "/plugins",                           NULL, 200, NULL, 0},
    {"GET",    V1 "/plugins/t/n/1",                     LATER},
    {"GET",    V1 "/vnfcomponents",                     NULL, 200, NULL, 0},
    {"GET",    V1 "/vnfcomponents/{vnfd.component}",    NULL, 200, NULL, 404},
    {"GET",    V1 "/main/version",                      NULL, 200, NULL, 0},
    {"GET",    V1 "/main/openbaton-rc",                 NULL, 200, NULL, 0},
    {"GET",    V1 "/history",                           NULL, 200, NULL, 0},
    {"GET",    V1 "/history/1",                         NULL, 200, NULL, 0},
    {"POST",   V1 "/logs/{nsr}/vnfrecord/web/hostname/web-1", NULL, 200, NULL, 404},
    {"GET",    V1 "/security",                          NULL, 404, NULL, 0}, /* the reference's 404, which the dashboard expects */
    {"GET",    V1 "/configurations",                    NULL, 404, NULL, 0}, /* gone in 6.0.1 */
    {"PUT",    V1 "/configurations",                    "{}", 404, NULL, 0},
    /* 2.11 */
    {"POST",   V1 "/vnf-forwarding-graphs",             "{\"name\":\"g\",\"symmetry\":true}", 201, "[]", 400},
    {"GET",    V1 "/vnf-forwarding-graphs",             NULL, 200, NULL, 0},
    {"GET",    V1 "/vnf-forwarding-graphs/{graph}",     NULL, 200, NULL, 404},
    {"PUT",    V1 "/vnf-forwarding-graphs/{graph}",     "{\"name\":\"h\"}", 202, "[]", 400},
    {"DELETE", V1 "/vnf-forwarding-graphs/{graph}",     NULL, 204, NULL, 404},
    {"POST",   V1 "/virtual-link-descriptors",          "{\"name\":\"l\"}", 201, "{}", 400},
    {"GET",    V1 "/virtual-link-descriptors",          NULL, 200, NULL, 0},
    {"GET",    V1 "/virtual-link-descriptors/{link}",   NULL, 200, NULL, 404},
    {"PUT",    V1 "/virtual-link-descriptors/{link}",   "{\"name\":\"m\"}", 202, "{}", 400},
    {"DELETE", V1 "/virtual-link-descriptors/{link}",   NULL, 204, NULL, 404},
    /* 2.12 */
    {"POST",   "/admin/v1/vnfm-register",               REST_VNFM, 201, "{\"type\":\"t\"}", 400},
    {"POST",   "/admin/v1/vnfm-unregister",             REST_VNFM, 200, "{}", 400},
    {"POST",   "/admin/v1/vnfm-core-actions",           SAYS("START"), NO_BROKER, "{}", 400},
    {"POST",   "/admin/v1/vnfm-core-actions-reply",     SAYS("START"), NO_BROKER, SAYS("DANCE"), 400},
    {"POST",   "/admin/v1/vnfm-core-grant",             SAYS("GRANT_OPERATION"), NO_BROKER, SAYS("START"), 400},
    {"POST",   "/admin/v1/vnfm-core-allocate",          SAYS("ALLOCATE_RESOURCES"), NO_BROKER, SAYS("START"), 400},
    {"POST",   "/admin/v1/vnfm-core-scale",             SAYS("SCALING"), NO_BROKER, "[]", 400},
    /* 2.13 */
    {"GET",    "/",                                     NULL, 200, NULL, 0},
    {"GET",    V1 "/baton/dead-letters",                NULL, NO_BROKER, NULL, 0},
    {"DELETE", V1 "/baton/dead-letters",                NULL, NO_BROKER, NULL, 0},
    {"GET",    "/ui/0123456789abcdef/main.js",          NULL, 404, NULL, 0},
    {"GET",    "/env",                                  NULL, 200, NULL, 0},
    {"GET",    "/configprops",                          NULL, 200, NULL, 0},
    {"GET",    "/doc",                                  NULL, 200, NULL, 0},
    {"GET",    "/doc/openapi.json",                     NULL, 200, NULL, 0},
    {"GET",    "/doc/amqp-protocol.md",                 NULL, 200, NULL, 0},
    {"GET",    "/doc/x",                                NULL, 404, NULL, 0},
    {"GET",    "/doc/..%2f..%2fetc%2fpasswd",           NULL, 404, NULL, 0},
    {"GET",    "/doc/schemas/nsd.schema.json",          NULL, 200, NULL, 0},
    {"GET",    "/doc/schemas/x",                        NULL, 404, NULL, 0},
};
/* clang-format on */

#define WANT_MADE(f, path, text)                                                                   \
    do {                                                                                           \
        if (api_call((f), "POST", (path), (text)) != 201)                                          \
            fail_msg("make %s: %s", (path), (f)->res.body.s);                                      \
    } while (0)

/* --- objects ---------------------------------------------------------------------------------- */

/* One row's objects, made when they are first named. */
struct objects {
    struct api_fixture *f;
    bool is_nothing; /* they are ids of nothing */
    struct {
        char name[24], id[64];
    } at[12];
    size_t n;
};

static const char *fresh_id(void)
{
    char id[ID_SIZE];
    id_new(id);
    return api_text("%s", id);
}

static void put(struct objects *o, const char *name, const char *id)
{
    assert_true(o->n < ARRAY_LEN(o->at));
    snprintf(o->at[o->n].name, sizeof(o->at[0].name), "%s", name);
    snprintf(o->at[o->n++].id, sizeof(o->at[0].id), "%s", id);
}

static const char *get(const struct objects *o, const char *name)
{
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->at[i].name, name) == 0)
            return o->at[i].id;
    return NULL;
}

/* What stands in the last answer behind this text. */
static void put_behind(struct objects *o, const char *name, const char *text)
{
    char value[64];
    const char *at = strstr(o->f->res.body.s, text);
    if (!at)
        fail_msg("no %s in: %s", text, o->f->res.body.s);
    at += strlen(text);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\""), at);
    put(o, name, value);
}

static void make_nsr(struct objects *o)
{
    char id[64];
    struct api_fixture *f = o->f;
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    snprintf(id, sizeof(id), "%s", fresh_id());
    sbuf_addf(&sql,
              "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, state) "
              "VALUES ('%s','%s','ACTIVE',1,'%s','demo','d','',"
              "'{\"id\":\"%s\",\"name\":\"demo\",\"status\":\"ACTIVE\",\"vnf_dependency\":[{"
              "\"id\":\"dep-1\",\"target\":\"db\",\"vnfcParameters\":{\"t\":{\"vnfcId\":\"x\","
              "\"parameters\":{\"i-%s\":{\"parameters\":{}}}}}}]}','{}')",
              id, id, f->project, id, id);
    test_sql(f->db, sql.s);
    sbuf_clear(&sql);
    sbuf_addf(&sql,
              "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('v-%s','%s',"
              "'ACTIVE','web','generic','{\"id\":\"v-%s\",\"name\":\"web\",\"endpoint\":"
              "\"generic\",\"virtual_link\":[{\"name\":\"net\"}],\"vdu\":[{\"id\":\"u\",\"name\":"
              "\"a-1\",\"vnfc_instance\":[{\"id\":\"i-%s\",\"hostname\":\"web-1\"}]}]}','')",
              id, id, id, id);
    test_sql(f->db, sql.s);
    put(o, "nsr", id);
    put(o, "vnfr", api_text("v-%s", id));
    put(o, "vdu", "u");
    put(o, "instance", api_text("i-%s", id));
}

static void make_package(struct objects *o)
{
    const char *id = fresh_id();
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    sbuf_addf(&sql,
              "INSERT INTO vnf_package (id, project_id, name, identity, created_at, doc) VALUES "
              "('%s','%s','p','%s',1,'{\"id\":\"%s\",\"name\":\"p\"}')",
              id, o->f->project, id, id);
    test_sql(o->f->db, sql.s);
    sbuf_clear(&sql);
    sbuf_addf(&sql,
              "INSERT INTO vnf_package_script (id, package_id, name, doc) VALUES ('s-%s','%s',"
              "'s.sh','{\"id\":\"s-%s\",\"name\":\"s.sh\",\"payload\":\"Iw==\"}')",
              id, id, id);
    test_sql(o->f->db, sql.s);
    put(o, "package", id);
    put(o, "script", api_text("s-%s", id));
}

static void make_vnfm(struct objects *o)
{
    const char *id = fresh_id();
    test_sql(o->f->db, api_text("INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, "
                                "enabled, doc) VALUES ('%s','%s','q','RABBIT',true,true,'{}')",
                                id, id));
    put(o, "vnfm", id);
}

static void make_service(struct objects *o)
{
    const char *name = fresh_id();
    WANT_MADE(o->f, V1 "/components/services/create",
              api_text("{\"name\":\"%s\",\"roles\":[\"*\"]}", name));
    assert_int_equal(api_call(o->f, "GET", V1 "/components/services?limit=1&sort=-created", NULL),
                     200);
    put_behind(o, "service", "\"id\":\"");
}

static void make_nsd(struct objects *o)
{
    WANT_MADE(o->f, NSD, NSD_BODY);
    put_behind(o, "nsd", "\"id\":\"");
    assert_int_equal(api_call(o->f, "GET", api_text(NSD "/%s/vnfdescriptors", get(o, "nsd")), NULL),
                     200);
    put_behind(o, "nsd.vnfd", "\"id\":\"");
    assert_int_equal(
        api_call(o->f, "GET", api_text(NSD "/%s/vnfdependencies", get(o, "nsd")), NULL), 200);
    put_behind(o, "nsd.dep", "\"id\":\"");
}

static void make_vnfd(struct objects *o)
{
    WANT_MADE(o->f, V1 "/vnf-descriptors", VNFD_BODY("a"));
    put_behind(o, "vnfd", "\"id\":\"");
    put_behind(o, "vnfd.vdu", "\"vdu\":[{\"id\":\"");
    put_behind(o, "vnfd.component", "\"vnfc\":[{\"id\":\"");
}

static void fill(struct objects *o, const char *text, struct sbuf *out);

/* What one call makes: its id, and its name. */
static bool make_by_call(struct objects *o, const char *name)
{
    static const struct {
        const char *name, *path, *body;
    } calls[] = {
        {"pop", V1 "/datacenters", POP_BODY},
        {"key", V1 "/keys", KEY_BODY},
        {"user", V1 "/users", USER_BODY},
        {"project", V1 "/projects", "{\"name\":\"{new}\"}"},
        {"event", V1 "/events", EVENT_BODY},
        {"graph", V1 "/vnf-forwarding-graphs", "{\"name\":\"g\"}"},
        {"link", V1 "/virtual-link-descriptors", "{\"name\":\"l\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
        if (strcmp(calls[i].name, name) != 0)
            continue;
        fill(o, calls[i].body, &body);
        WANT_MADE(o->f, calls[i].path, body.s);
        put_behind(o, name, "\"id\":\"");
        put_behind(o, api_text("%s.name", name),
                   strcmp(name, "user") == 0 ? "\"username\":\"" : "\"name\":\"");
        return true;
    }
    return false;
}

static void make(struct objects *o, const char *name)
{
    static const struct {
        const char *name;
        void (*make)(struct objects *o);
    } makers[] = {
        {"nsr", make_nsr},         {"vnfr", make_nsr},        {"vdu", make_nsr},
        {"instance", make_nsr},    {"nsd", make_nsd},         {"vnfd", make_vnfd},
        {"vnfm", make_vnfm},       {"package", make_package}, {"script", make_package},
        {"service", make_service},
    };
    char whole[24];
    snprintf(whole, sizeof(whole), "%.*s", (int)strcspn(name, "."), name);
    for (size_t i = 0; i < ARRAY_LEN(makers); i++)
        if (strcmp(makers[i].name, whole) == 0) {
            makers[i].make(o);
            return;
        }
    if (!make_by_call(o, whole))
        fail_msg("the test knows no {%s}", name);
}

static const char *value_of(struct objects *o, const char *name)
{
    if (strcmp(name, "new") == 0)
        return fresh_id();
    if (o->is_nothing)
        return "nothing";
    if (!get(o, name))
        make(o, name);
    return get(o, name);
}

/* {name} of lower-case letters and dots; JSON has no such braces. */
static void fill(struct objects *o, const char *text, struct sbuf *out)
{
    for (const char *at = text; *at; at++) {
        char name[24];
        size_t n = *at == '{' ? strspn(at + 1, "abcdefghijklmnopqrstuvwxyz.") : 0;
        if (n == 0 || at[1 + n] != '}') {
            sbuf_addc(out, *at);
            continue;
        }
        snprintf(name, sizeof(name), "%.*s", (int)n, at + 1);
        sbuf_adds(out, value_of(o, name));
        at += n + 1;
    }
}

/* --- the calls -------------------------------------------------------------------------------- */

static int setup(void **state)
{
    int rc = api_fixture_setup(state);
    struct api_fixture *f = *state;
    test_sql(f->db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc) "
                    "VALUES ('g','generic','generic','RABBIT',true,true,'{}')");
    if (rc == 0 && api_call(f, "POST", V1 "/datacenters",
                            "{\"name\":\"pop\",\"authUrl\":\"x\",\"type\":\"test\"}") != 201)
        rc = -1;
    return rc;
}

/* A path that ends with a slash: in front of the query. */
static void put_slash(struct sbuf *path)
{
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    const char *q = strchr(path->s, '?');
    sbuf_adds(&query, q ? q : "");
    if (q)
        sbuf_truncate(path, (size_t)(q - path->s));
    sbuf_addc(path, '/');
    sbuf_adds(path, query.s ? query.s : "");
}

struct tried {
    const char *body;
    int status;
    bool is_bad, with_slash;
};

static int try(struct api_fixture *f, const struct contract_row *row, const struct tried *t)
{
    struct objects o = {.f = f, .is_nothing = t->is_bad && !row->bad_body};
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    fill(&o, row->path, &path);
    if (t->body)
        fill(&o, t->body, &body);
    if (t->with_slash)
        put_slash(&path);
    int status = api_call(f, row->method, path.s, t->body ? (body.s ? body.s : "") : NULL);
    if (status == t->status)
        return 0;
    print_error("%s %s %s%s: %d, not %d: %.300s\n", row->method, row->path,
                t->is_bad ? "with bad input" : "", t->with_slash ? "with a slash" : "", status,
                t->status, f->res.body.s);
    return 1;
}

static void each_call_answers_as_the_contract_says(void **state)
{
    struct api_fixture *f = *state;
    int wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct contract_row *r = &rows[i];
        const struct tried good = {r->body, r->status, false, false},
                           slash = {r->body, r->status, false, true},
                           bad = {r->bad_body ? r->bad_body : r->body, r->bad_status, true, false};
        wrong += try(f, r, &good);
        wrong += try(f, r, &slash);
        if (r->bad_status)
            wrong += try(f, r, &bad);
    }
    assert_int_equal(wrong, 0);
}

/* "/a/{id}/b" is the route of "/a/x/b". */
static bool is_route(const char *route, const char *path)
{
    for (; *route && *path && *path != '?'; route++, path++) {
        if (*route == '{') {
            route += strcspn(route, "}");
            path += strcspn(path, "/?");
            path--;
        } else if (*route != *path)
            return false;
    }
    return !*route && (!*path || *path == '?');
}

static bool has_row(const struct endpoint *e)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].method, e->method) == 0 && is_route(e->path, rows[i].path))
            return true;
    return false;
}

/* What is not built is part of the contract, too, or it need not be there. */
static void what_is_not_built_is_in_the_contract(void **state)
{
    (void)state;
    for (const struct endpoint *e = unbuilt_endpoints; e->method; e++)
        if (!has_row(e))
            fail_msg("%s %s has no row here", e->method, e->path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_built_is_in_the_contract),
        cmocka_unit_test_setup_teardown(each_call_answers_as_the_contract_says, setup,
                                        api_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
