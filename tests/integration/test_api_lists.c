/* Lists of the REST API: any number of elements, whole, in pages, filtered, slim, compressed. */
#include "tests/support/api_fixture.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "common/sys/clock.h"

#define NSRS "/api/v1/ns-records"

/* NSRs with two VNFRs of 12 KB each: 3,000 are more than one answer of the database may hold. */
enum { MANY = 3000 };

static void add_nsrs(struct api_fixture *f, int n)
{
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    sbuf_addf(&sql,
              "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, created_at, "
              "doc, state) SELECT 'n' || i, 'n' || i, CASE i %% 10 WHEN 0 THEN 'FAILED' ELSE "
              "'ACTIVE' END, 1, "
              "'%s', 'service-' || i, 'd' || i %% 2, '', i / 7, '{\"id\":\"n' || i || '\",\"name\":"
              "\"service-' || i || '\",\"status\":\"' || CASE i %% 10 WHEN 0 THEN 'ERROR' ELSE "
              "'ACTIVE' END || '\",\"version\":\"1\",\"vlr\":[{\"status\":\"NULL\"}]}', '' FROM "
              "generate_series(1, %d) i;",
              f->project, n);
    sbuf_addf(
        &sql,
        "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) SELECT 'v' || i || "
        "'-' || k, 'n' || i, 'ACTIVE', 'vnf' || k, 'generic', '{\"id\":\"v' || i || '-' || k || "
        "'\",\"text\":\"' || repeat('x', 12000) || '\"}', '' FROM generate_series(1, %d) i, "
        "generate_series(1, 2) k",
        n);
    test_sql(f->db, sql.s);
}

/* --- calls ------------------------------------------------------------------------------------ */

struct got {
    struct api_fixture *f;
    struct sbuf body;
    size_t stop_at; /* the client hangs up behind so many bytes; 0: never */
};

static bool on_data(void *arg, const char *data, size_t n)
{
    struct got *g = arg;
    sbuf_add(&g->body, data, n);
    return !g->stop_at || g->body.len < g->stop_at;
}

/* GET of any length, with one header more. */
static int get(struct got *g, const char *path, const char *name, const char *value)
{
    struct api_fixture *f = g->f;
    char url[600], bearer[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", api_port(f->api), path);
    snprintf(bearer, sizeof(bearer), "Bearer %s", f->token);
    const struct http_header headers[] = {
        {"Authorization", bearer}, {"project-id", f->project}, {name, value}};
    sbuf_clear(&g->body);
    http_response_release(&f->res);
    enum err_code rc = http_client_call(f->client,
                                        &(struct http_call){.url = url,
                                                            .headers = headers,
                                                            .header_n = name ? 3 : 2,
                                                            .on_data = on_data,
                                                            .on_data_arg = g},
                                        &f->res, &f->err);
    if (rc != ERR_OK)
        print_error("%s: %s\n", path, f->err.msg);
    assert_int_equal(rc, ERR_OK);
    return f->res.status;
}

static json_t *list_of(const char *text, size_t len)
{
    json_error_t error;
    json_t *list = json_loadb(text, len, JSON_DECODE_ANY, &error);
    if (!list)
        print_error("%s at %d: %.200s\n", error.text, error.position, text);
    assert_true(json_is_array(list));
    return list;
}

static const char *id_of(const json_t *element)
{
    const char *id = json_string_value(json_object_get(element, "id"));
    return id ? id : json_string_value(element); /* drivers are names */
}

/* Appends "id " for each. */
static size_t add_ids(const json_t *list, struct sbuf *ids)
{
    size_t i;
    json_t *element;
    json_array_foreach(list, i, element) sbuf_addf(ids, "%s ", id_of(element));
    return json_array_size(list);
}

static size_t ids_of(struct got *g, const char *path, struct sbuf *ids)
{
    assert_int_equal(get(g, path, NULL, NULL), 200);
    json_t *list = list_of(g->body.s, g->body.len);
    size_t n = add_ids(list, ids);
    json_decref(list);
    return n;
}

/* The path of rel="next", or false. */
static bool next_page(const struct api_fixture *f, char path[600])
{
    const char *link = http_response_header(&f->res, "Link");
    if (!link)
        return false;
    assert_non_null(strstr(link, ">; rel=\"next\""));
    snprintf(path, 600, "%.*s", (int)strcspn(link + 1, ">"), link + 1);
    return true;
}

/* All pages, one behind the other. Returns how many pages. */
static int pages_of(struct got *g, const char *first, struct sbuf *ids)
{
    char path[600];
    int pages = 0;
    snprintf(path, sizeof(path), "%s", first);
    do {
        ids_of(g, path, ids);
        pages++;
        assert_true(pages < 10000);
    } while (next_page(g->f, path));
    return pages;
}

#define GOT(f)                                                                                     \
    {                                                                                              \
        (f), SBUF_INIT, 0                                                                          \
    }

/* --- tests ------------------------------------------------------------------------------------ */

static void any_number_is_answered(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    AUTO(sbuf_release) struct sbuf whole = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf paged = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf slim = SBUF_INIT;
    add_nsrs(f, MANY);
    assert_int_equal(ids_of(&g, NSRS, &whole), MANY);
    assert_true(g.body.len > 64u << 20);
    assert_null(http_response_header(&f->res, "Content-Length"));
    assert_int_equal(pages_of(&g, NSRS "?limit=700", &paged), MANY / 700 + 1);
    assert_string_equal(paged.s, whole.s);
    assert_int_equal(ids_of(&g, NSRS "?slim=true", &slim), MANY);
    assert_string_equal(slim.s, whole.s);
    assert_true(g.body.len < 2u << 20);
    assert_null(strstr(g.body.s, "xxx"));
    assert_non_null(strstr(g.body.s, "\"vnfr\":[{\"id\":\"v7-1\",\"name\":\"vnf1\""));

    g.stop_at = 1000000; /* a client that leaves in the middle */
    assert_int_equal(get(&g, NSRS, NULL, NULL), 200);
    g.stop_at = 0;
    assert_int_equal(get(&g, NSRS "?limit=1", NULL, NULL), 200);
    sbuf_release(&g.body);
}

static size_t count(struct got *g, const char *path)
{
    AUTO(sbuf_release) struct sbuf ids = SBUF_INIT;
    return ids_of(g, path, &ids);
}

static void filters_and_order(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    AUTO(sbuf_release) struct sbuf up = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf down = SBUF_INIT;
    char path[600];
    add_nsrs(f, 250);
    assert_int_equal(count(&g, NSRS "?status=ERROR"), 25);
    assert_int_equal(count(&g, NSRS "?status=NULL"), 0); /* that of a link inside is none */
    assert_int_equal(get(&g, NSRS "?status=x", NULL, NULL), 422);
    assert_non_null(strstr(f->res.body.s, "no service can have the status 'x'"));
    assert_non_null(strstr(f->res.body.s, "there are NULL, INITIALIZED, "));
    assert_int_equal(count(&g, NSRS "?name=service-7"), 1);
    assert_int_equal(count(&g, NSRS "?name=service-7*"), 11);
    assert_int_equal(count(&g, NSRS "?id=n1,n3,none&slim"), 2);
    assert_int_equal(count(&g, NSRS "?id=n1,n3&status=ERROR"), 0);
    assert_int_equal(count(&g, NSRS "?nsd=d1&status=ACTIVE&slim"), 125);
    assert_int_equal(count(&g, NSRS "?project=other"), 0);
    assert_int_equal(pages_of(&g, NSRS "?sort=-name&limit=20&nsd=d1", &down), 7);
    assert_int_equal(pages_of(&g, NSRS "?sort=name&limit=125&nsd=d1", &up), 1);
    assert_int_equal(strncmp(up.s, "n1 n101 n103 ", 13), 0);
    assert_int_equal(strncmp(down.s, "n99 n97 n95 ", 12), 0);
    assert_int_equal(up.len, down.len);

    /* Behind an element by its id; behind one that has gone by its link. */
    sbuf_clear(&up);
    ids_of(&g, NSRS "?limit=2&after=n27", &up);
    assert_string_equal(up.s, "n28 n29 ");
    ids_of(&g, NSRS "?limit=3", &up);
    assert_true(next_page(f, path));
    test_sql(f->db, "DELETE FROM nsr WHERE id IN ('n3', 'n4')");
    sbuf_clear(&up);
    ids_of(&g, path, &up);
    assert_string_equal(up.s, "n5 n6 n10 ");
    assert_int_equal(get(&g, NSRS "?after=n3", NULL, NULL), 422);
    sbuf_release(&g.body);
}

static void wrong_parameters_are_refused(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    static const char *const wrong[] = {"limit=0",
                                        "limit=1001",
                                        "limit=-1",
                                        "limit=9x",
                                        "limit=",
                                        "sort=size",
                                        "slim=maybe",
                                        "after=~",
                                        "after=none",
                                        "after=x~n1",
                                        "after=12~",
                                        "status~=x",
                                        "lmit=5",
                                        "Name=x",
                                        "after=1%00~",
                                        "after='%20OR~1",
                                        "sort=created,name",
                                        "limit=1&limit=2",
                                        "name=a&slim=true&name=a"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char path[200];
        snprintf(path, sizeof(path), "%s?%s", NSRS, wrong[i]);
        int status = get(&g, path, NULL, NULL);
        int want = strstr(wrong[i], "%00") ? 400 : 422; /* no escape of a query */
        if (status != want)
            print_error("%s: %d\n", wrong[i], status);
        assert_int_equal(status, want);
    }
    assert_int_equal(get(&g, NSRS "?lmit=5", NULL, NULL), 422);
    assert_non_null(strstr(f->res.body.s, "limit, after, sort, slim, name, status, nsd, project"));
    assert_int_equal(get(&g, NSRS "?_=1700000000", NULL, NULL), 200);
    sbuf_release(&g.body);
}

/* 250 rows of each kind: whole, in pages and backwards they are the same. */
static void all_kinds(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    static const struct {
        const char *path;
        size_t more; /* beside the 250: what the start makes */
        bool has_time;
    } kinds[] = {
        {"ns-records", 0, true},   {"ns-descriptors", 0, true}, {"vnf-descriptors", 0, true},
        {"vnf-packages", 0, true}, {"datacenters", 0, true},    {"vnfmanagers", 0, true},
        {"plugins", 0, false},     {"events", 0, true},         {"keys", 0, true},
        {"projects", 1, true},     {"users", 1, true},
    };
    add_nsrs(f, 250);
    const char *p = f->project;
    sbuf_addf(
        &sql,
        "CREATE TEMP TABLE x AS SELECT 'i' || i AS id, '%s'::text AS project, 'n' || i %% 9 || "
        "'-' || i AS name, (i / 3)::int8 AS at, '{\"id\":\"i' || i || '\",\"name\":\"n' || i "
        "%% 9 || '-' || i || '\"}' AS doc FROM generate_series(1, 250) i;",
        p);
    sbuf_adds(&sql,
              "INSERT INTO nsd (id, project_id, name, created_at, doc) SELECT id, project, name, "
              "at, doc FROM x;"
              "INSERT INTO vnfd (id, project_id, name, created_at, doc) SELECT id, project, name, "
              "at, doc FROM x;"
              "INSERT INTO vnf_package (id, project_id, name, identity, created_at, doc) SELECT "
              "id, project, name, id, at, doc FROM x;"
              "INSERT INTO vnf_package_script (id, package_id, name, doc) SELECT 's' || id, id, "
              "'a.sh', '{\"id\":\"s' || id || '\",\"name\":\"a.sh\"}' FROM x;"
              "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state, "
              "created_at) SELECT id, id, 'READY', 1, project, name, 'test', doc, '', at FROM x;"
              "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, doc, "
              "created_at) SELECT id, name, id, 'RABBIT', true, true, '', at FROM x;"
              "INSERT INTO vim_driver (queue, type, active) SELECT 'vim-drivers.test.' || id, "
              "'test', true FROM x;"
              "INSERT INTO event_endpoint (id, project_id, event, doc, created_at) SELECT id, CASE "
              "WHEN id LIKE '%7' THEN '*' ELSE project END, 'ERROR', doc, at FROM x;"
              "INSERT INTO ssh_key (id, project_id, name, doc, created_at) SELECT id, project, "
              "name, doc, at FROM x;"
              "INSERT INTO project (id, name, doc, created_at) SELECT id, name, doc, at FROM x;"
              "INSERT INTO person (id, name, password, doc, created_at) SELECT id, name, '', doc, "
              "at FROM x");
    test_sql(f->db, sql.s);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        AUTO(sbuf_release) struct sbuf whole = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf paged = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf slim = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf down = SBUF_INIT;
        char path[200];
        snprintf(path, sizeof(path), "/api/v1/%s", kinds[i].path);
        assert_int_equal(ids_of(&g, path, &whole), 250 + kinds[i].more);
        snprintf(path, sizeof(path), "/api/v1/%s?limit=40", kinds[i].path);
        assert_int_equal(pages_of(&g, path, &paged), 7);
        assert_string_equal(paged.s, whole.s);
        snprintf(path, sizeof(path), "/api/v1/%s?slim=1&limit=77", kinds[i].path);
        pages_of(&g, path, &slim);
        assert_string_equal(slim.s, whole.s);
        snprintf(path, sizeof(path), "/api/v1/%s?limit=41&sort=-%s", kinds[i].path,
                 kinds[i].has_time ? "created" : "name");
        assert_int_equal(pages_of(&g, path, &down), 7);
        assert_int_equal(down.len, whole.len);
        snprintf(path, sizeof(path), "/api/v1/%s?limit=41&sort=name", kinds[i].path);
        sbuf_clear(&down);
        assert_int_equal(pages_of(&g, path, &down), 7);
        assert_int_equal(down.len, whole.len);
    }
    sbuf_release(&g.body);
}

static void users_see_their_projects(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    test_sql(f->db, "INSERT INTO project (id, name, doc) VALUES ('p2', 'second', "
                    "'{\"id\":\"p2\",\"name\":\"second\"}'), ('p3', 'third', "
                    "'{\"id\":\"p3\",\"name\":\"third\"}')");
    assert_int_equal(count(&g, "/api/v1/projects"), 3);
    api_add_user(f, "guest", "GUEST", "second");
    assert_int_equal(api_login(f, "grant_type=password&username=guest&password=" FIXTURE_PASSWORD),
                     200);
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "value"));
    snprintf(f->project, sizeof(f->project), "p2");
    AUTO(sbuf_release) struct sbuf ids = SBUF_INIT;
    ids_of(&g, "/api/v1/projects", &ids);
    assert_string_equal(ids.s, "p2 ");
    sbuf_release(&g.body);
}

static void same_again_is_304(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    char etag[64];
    add_nsrs(f, 20);
    assert_int_equal(get(&g, NSRS "?limit=10", NULL, NULL), 200);
    snprintf(etag, sizeof(etag), "%s", http_response_header(&f->res, "ETag"));
    assert_string_equal(http_response_header(&f->res, "Cache-Control"), "private, no-cache");
    assert_int_equal(get(&g, NSRS "?limit=10", "If-None-Match", etag), 304);
    assert_int_equal(g.body.len + f->res.body.len, 0);
    test_sql(f->db, "UPDATE nsr SET doc = replace(doc, 'ACTIVE', 'ERROR') WHERE id = 'n2'");
    assert_int_equal(get(&g, NSRS "?limit=10", "If-None-Match", etag), 200);
    assert_non_null(g.body.s);
    sbuf_release(&g.body);
}

/* What gzip(1) would make of it. */
static void unzip(const struct sbuf *in, struct sbuf *out)
{
    z_stream z = {.next_in = (unsigned char *)in->s, .avail_in = (unsigned)in->len};
    static unsigned char room[65536];
    int rc = Z_OK;
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    while (rc == Z_OK) {
        z.next_out = room;
        z.avail_out = sizeof(room);
        rc = inflate(&z, Z_NO_FLUSH);
        sbuf_add(out, (const char *)room, sizeof(room) - z.avail_out);
    }
    assert_int_equal(rc, Z_STREAM_END); /* the end is there, too */
    inflateEnd(&z);
}

static void compressed(void **state)
{
    struct api_fixture *f = *state;
    struct got g = GOT(f);
    static const char *const paths[] = {NSRS "?limit=30", NSRS}; /* in one, and in pieces */
    add_nsrs(f, 300);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        AUTO(sbuf_release) struct sbuf plain = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf unzipped = SBUF_INIT;
        assert_int_equal(get(&g, paths[i], "Accept-Encoding", "br, gzip;q=0"), 200);
        assert_null(http_response_header(&f->res, "Content-Encoding"));
        assert_non_null(strstr(http_response_header(&f->res, "Content-Type"), "application/json"));
        sbuf_add(&plain, g.body.s, g.body.len);
        assert_int_equal(get(&g, paths[i], "Accept-Encoding", "deflate, gzip;q=0.7"), 200);
        assert_string_equal(http_response_header(&f->res, "Content-Encoding"), "gzip");
        assert_string_equal(http_response_header(&f->res, "Vary"), "Origin, Accept-Encoding");
        assert_true(g.body.len < plain.len / 10);
        unzip(&g.body, &unzipped);
        assert_int_equal(unzipped.len, plain.len);
        assert_string_equal(unzipped.s, plain.s);
    }
    assert_int_equal(get(&g, NSRS "?limit=1&slim", "Accept-Encoding", "gzip"), 200);
    assert_null(http_response_header(&f->res, "Content-Encoding")); /* too short to gain */
    sbuf_release(&g.body);
}

/* --- many releases ---------------------------------------------------------------------------- */

static void ids_as_body(struct sbuf *out, int from, int to)
{
    for (int i = from; i <= to; i++)
        sbuf_addf(out, "%s\"n%d\"", i == from ? "[" : ",", i);
    sbuf_addc(out, ']');
}

static const struct db_statement nsrs_left = {
    "nsrs_left", "SELECT count(*) FROM nsr WHERE phase <> 'TOMBSTONE'"};
static const struct db_statement wanted_left = {"wanted_left",
                                                "SELECT count(*) FROM release_wanted"};

static int64_t count_rows(struct api_fixture *f, const struct db_statement *st)
{
    struct db_result res;
    assert_int_equal(db_query(f->db, st, NULL, 0, &res, NULL), ERR_OK);
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(f->db);
    return n;
}

/* Accepted at once; begun behind, each once; nothing of it is lost when the process ends. */
static void many_are_released(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    add_nsrs(f, 500);
    ids_as_body(&body, 1, 501); /* the last is not there: none is touched */
    assert_int_equal(api_call(f, "POST", NSRS "/multipledelete", body.s), 404);
    assert_non_null(strstr(f->res.body.s, "n501"));
    assert_int_equal(count_rows(f, &wanted_left), 0);
    sbuf_clear(&body);
    ids_as_body(&body, 1, 500);
    assert_int_equal(api_call(f, "POST", NSRS "/multipledelete", body.s), 204);
    assert_int_equal(api_call(f, "POST", NSRS "/multipledelete", "[]"), 204);
    for (int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
         count_rows(f, &nsrs_left) > 0 || count_rows(f, &wanted_left) > 0;)
        assert_true(clock_mono_us() < until);
    assert_int_equal(api_call(f, "GET", "/api/v1/baton/status", NULL), 200);
    assert_non_null(strstr(f->res.body.s, "\"releases\" : {\"left\" : 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_number_is_answered),
        TEST(filters_and_order),
        TEST(wrong_parameters_are_refused),
        TEST(all_kinds),
        TEST(users_see_their_projects),
        TEST(same_again_is_304),
        TEST(compressed),
        TEST(many_are_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
