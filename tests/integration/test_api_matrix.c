/* Who may make which call: one row for each route of the router, so that a new one must say whom it
 * lets through. What is asked here is only whether a call gets past the door: a call that is let
 * through may fail for its body or its id. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "nfvo/api/auth/service_key.h"
#include "nfvo/api/context.h"

#include <cmocka.h>

#define SERVICES "/api/v1/components/services"

/* What comes back at the door. */
enum door {
    LET_IN,
    NO_TOKEN, /* 401 */
    REFUSED,  /* 403 */
    NO_ROLE,  /* 400, as the reference: rest-api.md 1.5 */
};

/* Each in the project where they have their role, and with the id of another one. */
enum who { NOBODY, GUEST, USER, STRANGER, ADMIN, SERVICE, STRANGE_SERVICE, WHO_N };
static const char *const names[WHO_N] = {"nobody",
                                         "guest",
                                         "user",
                                         "a user of another project",
                                         "administrator",
                                         "service",
                                         "a service of another project"};

/* clang-format off */
#define CLASSES(X) /*  nobody    guest    user     stranger  admin   service  stranger */           \
    X(OPEN,        LET_IN,   LET_IN,  LET_IN,  LET_IN,   LET_IN, LET_IN,  LET_IN)  /* no token needed */ \
    X(OWN,         NO_TOKEN, LET_IN,  LET_IN,  LET_IN,   LET_IN, LET_IN,  LET_IN)  /* about oneself, or of no project */ \
    X(READ,        NO_TOKEN, LET_IN,  LET_IN,  NO_ROLE,  LET_IN, LET_IN,  NO_ROLE) \
    X(WRITE,       NO_TOKEN, REFUSED, LET_IN,  NO_ROLE,  LET_IN, LET_IN,  NO_ROLE) \
    X(ADMIN_READ,  NO_TOKEN, REFUSED, REFUSED, NO_ROLE,  LET_IN, REFUSED, NO_ROLE) \
    X(ADMIN_WRITE, NO_TOKEN, REFUSED, REFUSED, NO_ROLE,  LET_IN, REFUSED, NO_ROLE) \
    X(PERSON,      NO_TOKEN, LET_IN,  LET_IN,  LET_IN,   LET_IN, REFUSED, REFUSED) /* about oneself, and a service is none */ \
    X(OTHERS,      NO_TOKEN, REFUSED, REFUSED, REFUSED,  LET_IN, REFUSED, REFUSED) /* another user than oneself */

#define X(name, ...) name,
enum class { CLASSES(X) CLASS_N };
#undef X
#define X(name, ...) {__VA_ARGS__},
static const enum door doors[CLASS_N][WHO_N] = {CLASSES(X)};
#undef X

static const struct matrix_row {
    const char *call;
    enum class class;
} rows[] = {
    {"GET /doc", OPEN},
    {"GET /ui/{hash}/{name}", OPEN},
    {"GET /doc/{name}", OPEN},
    {"GET /doc/schemas/{name}", OPEN},
    {"GET /api/v1/baton/dead-letters", ADMIN_READ},
    {"DELETE /api/v1/baton/dead-letters", ADMIN_WRITE},
    {"GET /api/v1/baton/managers", READ},
    {"POST /api/v1/baton/managers", ADMIN_WRITE},
    {"GET /api/v1/baton/managers/{name}", READ},
    {"PATCH /api/v1/baton/managers/{name}", ADMIN_WRITE},
    {"POST /api/v1/baton/managers/{name}/rotate", ADMIN_WRITE},
    {"DELETE /api/v1/baton/managers/{name}", ADMIN_WRITE},
    {"POST /oauth/revoke", OPEN},
    {"GET /api/v1/sessions", OWN},
    {"DELETE /api/v1/sessions/{id}", OWN},
    {"POST /oauth/token", OPEN},
    {"POST /api/v1/ns-descriptors", WRITE},
    {"GET /api/v1/ns-descriptors", READ},
    {"POST /api/v1/ns-descriptors/multipledelete", WRITE},
    {"GET /api/v1/ns-descriptors/{id}", READ},
    {"PUT /api/v1/ns-descriptors/{id}", WRITE},
    {"DELETE /api/v1/ns-descriptors/{id}", WRITE},
    {"GET /api/v1/ns-descriptors/{id}/vnfdescriptors", READ},
    {"GET /api/v1/ns-descriptors/{id}/vnfdescriptors/{vnfdId}", READ},
    {"GET /api/v1/ns-descriptors/{id}/vnfdependencies", READ},
    {"GET /api/v1/ns-descriptors/{id}/vnfdependencies/{depId}", READ},
    {"POST /api/v1/vnf-descriptors", WRITE},
    {"GET /api/v1/vnf-descriptors", READ},
    {"POST /api/v1/vnf-descriptors/multipledelete", WRITE},
    {"GET /api/v1/vnf-descriptors/{id}", READ},
    {"PUT /api/v1/vnf-descriptors/{id}", WRITE},
    {"DELETE /api/v1/vnf-descriptors/{id}", WRITE},
    {"GET /api/v1/vnf-descriptors/{id}/vdus/{vduId}", READ},
    {"POST /api/v1/vnf-packages", WRITE},
    {"GET /api/v1/vnf-packages", READ},
    {"POST /api/v1/vnf-packages/multipledelete", WRITE},
    {"POST /api/v1/vnf-packages/marketdownload", WRITE},
    {"POST /api/v1/vnf-packages/package-repository-download", WRITE},
    {"GET /api/v1/vnf-packages/{id}", READ},
    {"PUT /api/v1/vnf-packages/{id}", WRITE},
    {"DELETE /api/v1/vnf-packages/{id}", WRITE},
    {"GET /api/v1/vnf-packages/{id}/scripts/{scriptId}", READ},
    {"PUT /api/v1/vnf-packages/{id}/scripts/{scriptId}", WRITE},
    {"GET /api/v1/ns-records", READ},
    {"POST /api/v1/ns-records/multipledelete", WRITE},
    {"POST /api/v1/ns-records/{id}", WRITE},
    {"GET /api/v1/ns-records/{id}", READ},
    {"PUT /api/v1/ns-records/{id}", WRITE},
    {"DELETE /api/v1/ns-records/{id}", WRITE},
    {"GET /api/v1/ns-records/{id}/history", READ},
    {"GET /api/v1/ns-records/{id}/vnfrecords", READ},
    {"GET /api/v1/ns-records/{id}/vnfrecords/{vnfrId}", READ},
    {"GET /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/history", READ},
    {"GET /api/v1/ns-records/{id}/vnfdependencies", READ},
    {"GET /api/v1/ns-records/{id}/vnfdependencies/{depId}", READ},
    {"POST /api/v1/datacenters", WRITE},
    {"GET /api/v1/datacenters", READ},
    {"POST /api/v1/datacenters/multipledelete", WRITE},
    {"GET /api/v1/datacenters/search/findByName", READ},
    {"GET /api/v1/datacenters/{id}", READ},
    {"PUT /api/v1/datacenters/{id}", WRITE},
    {"DELETE /api/v1/datacenters/{id}", WRITE},
    {"GET /api/v1/datacenters/{id}/refresh", READ},
    {"GET /api/v1/datacenters/{id}/images", READ},
    {"GET /api/v1/datacenters/{id}/images/{imageId}", READ},
    {"GET /api/v1/vnfmanagers", READ},
    {"GET /api/v1/vnfmanagers/{id}", READ},
    {"DELETE /api/v1/vnfmanagers/{id}", ADMIN_WRITE},
    {"GET /api/v1/plugins", READ},
    {"POST /api/v1/events", WRITE},
    {"GET /api/v1/events", READ},
    {"GET /api/v1/events/actions", READ},
    {"POST /api/v1/events/multipledelete", WRITE},
    {"GET /api/v1/events/{id}", READ},
    {"POST /api/v1/events/{id}/replay", WRITE},
    {"DELETE /api/v1/events/{id}", WRITE},
    {"PUT /api/v1/users/changepwd", PERSON},
    {"PUT /api/v1/users/changepwd/{username}", ADMIN_WRITE},
    {"GET /api/v1/users", READ},
    {"POST /api/v1/users", ADMIN_WRITE},
    {"POST /api/v1/users/multipledelete", ADMIN_WRITE},
    {"GET /api/v1/users/current", OWN},
    {"GET /api/v1/users/{id}", OTHERS},
    {"PUT /api/v1/users/{id}", ADMIN_WRITE},
    {"DELETE /api/v1/users/{id}", ADMIN_WRITE},
    {"DELETE /api/v1/users/{id}/roles/{project}", ADMIN_WRITE},
    {"GET /api/v1/projects", READ},
    {"POST /api/v1/projects", ADMIN_WRITE},
    {"POST /api/v1/projects/multipledelete", ADMIN_WRITE},
    {"GET /api/v1/projects/{id}", OWN},
    {"PUT /api/v1/projects/{id}", ADMIN_WRITE},
    {"DELETE /api/v1/projects/{id}", ADMIN_WRITE},
    {"GET /api/v1/components/services", ADMIN_READ},
    {"POST /api/v1/components/services/create", ADMIN_WRITE},
    {"POST /api/v1/components/services/register", OPEN},
    {"POST /api/v1/components/services/multipledelete", ADMIN_WRITE},
    {"DELETE /api/v1/components/services/{id}", ADMIN_WRITE},
    {"GET /api/v1/projects/{id}/use", OWN},
    {"GET /api/v1/quotas", READ},
    {"GET /api/v1/main/openbaton-rc", READ},
    {"POST /api/v1/keys", WRITE},
    {"GET /api/v1/keys", READ},
    {"POST /api/v1/keys/generate", WRITE},
    {"POST /api/v1/keys/multipledelete", WRITE},
    {"GET /api/v1/keys/{id}", READ},
    {"DELETE /api/v1/keys/{id}", WRITE},
    {"GET /api/v1/main/version", READ},
    {"GET /api/v1/version", READ},
    {"GET /api/v1/history", ADMIN_READ},
    {"GET /api/v1/history/{n}", ADMIN_READ},
    {"GET /api/v1/audit", ADMIN_READ},
    {"GET /api/v1/operations/{id}", READ},
    {"GET /api/v1/openapi.json", OPEN},
    {"GET /", OPEN},
    {"GET /env", READ},
    {"GET /configprops", OPEN},
    {"GET /metrics", OPEN},
    {"GET /healthz", OPEN},
    {"GET /readyz", OPEN},
    {"GET /api/v1/baton/explain/{id}", READ},
    {"GET /api/v1/baton/status", READ},
    {"GET /api/v1/baton/targets", READ},
    {"GET /api/v1/baton/events", READ},
    {"POST /api/v1/logs/{nsrId}/vnfrecord/{vnfrName}/hostname/{hostname}", WRITE},
    {"POST /api/v1/ns-descriptors/marketdownload", WRITE},
    {"POST /api/v1/ns-descriptors/package-repository-download", WRITE},
    {"POST /api/v1/ns-descriptors/{id}/vnfdescriptors", WRITE},
    {"PUT /api/v1/ns-descriptors/{id}/vnfdescriptors/{vnfdId}", WRITE},
    {"DELETE /api/v1/ns-descriptors/{id}/vnfdescriptors/{vnfdId}", WRITE},
    {"POST /api/v1/ns-descriptors/{id}/vnfdependencies", WRITE},
    {"PUT /api/v1/ns-descriptors/{id}/vnfdependencies/{depId}", WRITE},
    {"DELETE /api/v1/ns-descriptors/{id}/vnfdependencies/{depId}", WRITE},
    {"GET /api/v1/ns-descriptors/{id}/pnfdescriptors", READ},
    {"POST /api/v1/ns-descriptors/{id}/pnfdescriptors", WRITE},
    {"GET /api/v1/ns-descriptors/{id}/pnfdescriptors/{partId}", READ},
    {"PUT /api/v1/ns-descriptors/{id}/pnfdescriptors/{partId}", WRITE},
    {"DELETE /api/v1/ns-descriptors/{id}/pnfdescriptors/{partId}", WRITE},
    {"GET /api/v1/ns-descriptors/{id}/security", READ},
    {"POST /api/v1/ns-descriptors/{id}/security", WRITE},
    {"GET /api/v1/ns-descriptors/{id}/security/{partId}", READ},
    {"PUT /api/v1/ns-descriptors/{id}/security/{partId}", WRITE},
    {"DELETE /api/v1/ns-descriptors/{id}/security/{partId}", WRITE},
    {"POST /api/v1/nsd-tosca", WRITE},
    {"POST /api/v1/csar-nsd", WRITE},
    {"POST /api/v1/csar-vnfd", WRITE},
    {"POST /api/v1/csar-ns/marketdownload", WRITE},
    {"POST /api/v1/csar-vnf/marketdownload", WRITE},
    {"POST /api/v1/ns-records", WRITE},
    {"PUT /api/v1/ns-records/{id}/vnfd/{vnfdId}", WRITE},
    {"POST /api/v1/ns-records/{id}/resume", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/start", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/stop", WRITE},
    {"PATCH /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/configurations", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfd/{vnfdId}", WRITE},
    {"GET /api/v1/baton/operations", READ},
    {"GET /api/v1/baton/operations/{id}", READ},
    {"POST /api/v1/baton/operations/{id}/retry", WRITE},
    {"POST /api/v1/baton/operations/{id}/rollback", WRITE},
    {"POST /api/v1/baton/operations/{id}/cancel", WRITE},
    {"POST /api/v1/baton/operations/{id}/fail", WRITE},
    {"POST /api/v1/baton/operations/{id}/continue", WRITE},
    {"GET /api/v1/baton/alarms", READ},
    {"GET /api/v1/baton/alarms/{id}", READ},
    {"PATCH /api/v1/baton/alarms/{id}", WRITE},
    {"GET /api/v1/baton/pops/{id}/reconcile", READ},
    {"POST /api/v1/baton/pops/{id}/reconcile", WRITE},
    {"POST /api/v1/baton/pops/{id}/collect", WRITE},
    {"GET /api/v1/ns-records/{id}/operations", READ},
    {"POST /api/v1/ns-records/{id}/vnfrecords", WRITE},
    {"DELETE /api/v1/ns-records/{id}/vnfrecords/{vnfrId}", WRITE},
    {"PUT /api/v1/ns-records/{id}/vnfrecords/{vnfrId}", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/multipledelete", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/execute-script", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/update", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/upgrade", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/restart", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/vnfcinstances", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances/standby", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances/{instanceId}/switchtostandby", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances/{instanceId}/start", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances/{instanceId}/stop", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances/{instanceId}/actions", WRITE},
    {"DELETE /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/vnfcinstances", WRITE},
    {"DELETE /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances", WRITE},
    {"DELETE /api/v1/ns-records/{id}/vnfrecords/{vnfrId}/vdunits/{vduId}/vnfcinstances/{instanceId}", WRITE},
    {"POST /api/v1/ns-records/{id}/vnfcinstances", WRITE},
    {"DELETE /api/v1/ns-records/{id}/vnfcinstances", WRITE},
    {"GET /api/v1/ns-records/{id}/vnfdependenciesList", READ},
    {"POST /api/v1/ns-records/{id}/vnfdependencies", WRITE},
    {"PUT /api/v1/ns-records/{id}/vnfdependencies/{depId}", WRITE},
    {"DELETE /api/v1/ns-records/{id}/vnfdependencies/{depId}", WRITE},
    {"GET /api/v1/ns-records/{id}/pnfrecords", READ},
    {"POST /api/v1/ns-records/{id}/pnfrecords", WRITE},
    {"GET /api/v1/ns-records/{id}/pnfrecords/{partId}", READ},
    {"PUT /api/v1/ns-records/{id}/pnfrecords/{partId}", WRITE},
    {"DELETE /api/v1/ns-records/{id}/pnfrecords/{partId}", WRITE},
    {"POST /api/v1/datacenters/{id}/images", WRITE},
    {"PUT /api/v1/datacenters/{id}/images/{imageId}", WRITE},
    {"DELETE /api/v1/datacenters/{id}/images/{imageId}", WRITE},
    {"GET /api/v1/nfvimage", READ},
    {"POST /api/v1/nfvimage", WRITE},
    {"GET /api/v1/nfvimage/{id}", READ},
    {"DELETE /api/v1/nfvimage/{id}", WRITE},
    {"GET /api/v1/nfvimage/file/{id}", OPEN},
    {"GET /api/v1/plugins/{type}/{name}/{version}", READ},
    {"GET /api/v1/vnfcomponents", READ},
    {"GET /api/v1/vnfcomponents/{id}", READ},
    {"GET /api/v1/vnf-forwarding-graphs", READ},
    {"POST /api/v1/vnf-forwarding-graphs", WRITE},
    {"GET /api/v1/vnf-forwarding-graphs/{partId}", READ},
    {"PUT /api/v1/vnf-forwarding-graphs/{partId}", WRITE},
    {"DELETE /api/v1/vnf-forwarding-graphs/{partId}", WRITE},
    {"GET /api/v1/virtual-link-descriptors", READ},
    {"POST /api/v1/virtual-link-descriptors", WRITE},
    {"GET /api/v1/virtual-link-descriptors/{partId}", READ},
    {"PUT /api/v1/virtual-link-descriptors/{partId}", WRITE},
    {"DELETE /api/v1/virtual-link-descriptors/{partId}", WRITE},
    {"POST /admin/v1/vnfm-register", OPEN},
    {"POST /admin/v1/vnfm-unregister", OPEN},
    {"POST /admin/v1/vnfm-core-actions", OPEN},
    {"POST /admin/v1/vnfm-core-actions-reply", OPEN},
    {"POST /admin/v1/vnfm-core-grant", OPEN},
    {"POST /admin/v1/vnfm-core-allocate", OPEN},
    {"POST /admin/v1/vnfm-core-scale", OPEN},
};
/* clang-format on */

static enum door door_of(struct api_fixture *f, int status)
{
    if (status == 401)
        return strstr(f->res.body.s, "invalid_client") ? LET_IN : NO_TOKEN;
    if (strstr(f->res.body.s, "Old password is wrong") ||
        strstr(f->res.body.s, "the token is not for this image"))
        return LET_IN;
    if (status == 403) /* packages: the reference's status for what is not there */
        return strstr(f->res.body.s, "\"code\":\"ERR_NOT_FOUND\"") ? LET_IN : REFUSED;
    return status == 400 && strstr(f->res.body.s, " requesting method: ") ? NO_ROLE : LET_IN;
}

struct bed {
    struct api_fixture *f;
    char token[WHO_N][64], project[WHO_N][64];
};

static void log_in(struct bed *b, enum who who, const char *name)
{
    char form[128];
    struct api_fixture *f = b->f;
    snprintf(form, sizeof(form), "grant_type=password&username=%s&password=" FIXTURE_PASSWORD,
             name);
    assert_int_equal(api_login(f, form), 200);
    snprintf(b->token[who], sizeof(b->token[who]), "%s", api_member(f, "access_token"));
}

static void get_service_token(struct bed *b, char token[64])
{
    struct api_fixture *f = b->f;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf opened = SBUF_INIT;
    char key[32];
    static const char said[] = "{\"name\":\"fms\",\"action\":\"register\"}";
    assert_int_equal(
        api_call(f, "POST", SERVICES "/create", "{\"name\":\"fms\",\"roles\":[\"default\"]}"), 201);
    snprintf(key, sizeof(key), "%s", f->res.body.s);
    service_key_close(key, said, strlen(said), &body);
    assert_int_equal(api_call(f, "POST", SERVICES "/register", body.s), 201);
    const char *sealed = api_member(f, "token");
    assert_true(service_key_open(key, sealed, strlen(sealed), &opened));
    snprintf(token, 64, "%s", opened.s);
}

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof(*b));
    struct api_fixture *f = b->f = api_fixture_new();
    char other[64];
    if (api_call(f, "POST", "/api/v1/projects", "{\"name\":\"other\"}") != 201)
        return 1;
    snprintf(other, sizeof(other), "%s", api_member(f, "id"));
    api_add_user(f, "guest", "GUEST", "default");
    api_add_user(f, "user", "USER", "default");
    get_service_token(b, b->token[SERVICE]);
    snprintf(b->token[STRANGE_SERVICE], 64, "%s", b->token[SERVICE]);
    snprintf(b->token[ADMIN], 64, "%s", f->token);
    log_in(b, GUEST, "guest");
    log_in(b, USER, "user");
    snprintf(b->token[STRANGER], 64, "%s", b->token[USER]);
    for (int i = 0; i < WHO_N; i++)
        snprintf(b->project[i], 64, "%s",
                 i == STRANGER || i == STRANGE_SERVICE ? other : f->project);
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

static const struct matrix_row *row_of(const char *call)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].call, call) == 0)
            return &rows[i];
    return NULL;
}

/* "/a/{id}/b" as "/a/x/b". */
static void fill_path(const char *pattern, char *out, size_t size)
{
    size_t n = 0;
    for (const char *at = pattern; *at && n + 1 < size; at++) {
        bool is_name = *at == '{';
        out[n++] = is_name ? 'x' : *at;
        if (is_name)
            at += strcspn(at, "}");
    }
    out[n] = '\0';
}

static void calls_of(const struct endpoint *e, char *out, size_t size)
{
    snprintf(out, size, "%s %s", e->method, e->path);
}

/* Not one of them may be forgotten, in either direction. */
static void each_route_has_its_row(void **state)
{
    size_t routes = 0;
    char call[256];
    (void)state;
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++, routes++) {
            calls_of(e, call, sizeof(call));
            if (!row_of(call))
                fail_msg("'%s' has no row in tests/integration/test_api_matrix.c: who may call it?",
                         call);
        }
    assert_int_equal(routes, ARRAY_LEN(rows));
}

static void knock(struct bed *b, const struct endpoint *e, const struct matrix_row *row,
                  enum who who)
{
    struct api_fixture *f = b->f;
    char path[256];
    /* A stream does not end by itself: only who is not let in is tried. */
    if (doors[row->class][who] == LET_IN && strstr(e->path, "/baton/events"))
        return;
    fill_path(e->path, path, sizeof(path));
    snprintf(f->token, sizeof(f->token), "%s", b->token[who]);
    snprintf(f->project, sizeof(f->project), "%s", b->project[who]);
    int status = api_call(f, e->method, path, strcmp(e->method, "GET") == 0 ? NULL : "{}");
    assert_true(status > 0);
    enum door got = door_of(f, status);
    if (got != doors[row->class][who])
        fail_msg("%s by %s: status %d (door %d, not %d): %s", row->call, names[who], status, got,
                 doors[row->class][who], f->res.body.s);
}

static void each_role_gets_what_it_may(void **state)
{
    struct bed *b = *state;
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++) {
            char call[256];
            calls_of(e, call, sizeof(call));
            const struct matrix_row *row = row_of(call);
            for (int who = 0; row && who < WHO_N; who++)
                knock(b, e, row, (enum who)who);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_route_has_its_row),
        cmocka_unit_test_setup_teardown(each_role_gets_what_it_may, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
