/* What a PoP lists against what should be there. */
#include "nfvo/lifecycle/reconcile/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static struct watched server(const char *id, const char *host, const char *vc)
{
    return (struct watched){
        .id = id, .hostname = host, .vc_id = vc, .is_judged = true, .detail = ""};
}

static const struct pop_listing *listing(const char *text)
{
    struct pop_listing *l = NULL;
    struct err err = ERR_INIT;
    if (proto_decode(&pop_listing_type, text, strlen(text), 0, &arena, &l, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return l;
}

static struct judged judge_by(struct watched *w, uint32_t n, const char *text)
{
    static const struct judge_limits limits = {50, 3};
    struct seen seen = {.listing = listing(text), .watched = w, .n = n};
    struct judged j;
    judge_match(&seen, &arena);
    judge(&seen, &limits, &arena, &j);
    return j;
}

/* As the store keeps it for the next listing. */
static void keep(struct watched *w, const struct judged *j)
{
    for (uint32_t i = 0; i < j->n; i++) {
        struct watched *x = &w[j->findings[i].of - w];
        x->kind = j->findings[i].kind;
        x->weight = j->findings[i].weight;
        x->believed = j->findings[i].believed;
        x->detail = j->findings[i].detail;
    }
    for (uint32_t i = 0; i < j->n; i++)
        w[j->findings[i].of - w].server = NULL;
}

/* One server as it is listed: what is found. */
static void test_kinds(void **state)
{
    static const struct {
        const char *listed;
        enum drift want;
    } cases[] = {
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"status\":\"ACTIVE\"}]}", DRIFT_NONE},
        {"{\"servers\":[{\"id\":\"vc\",\"name\":\"web-1\"}]}", DRIFT_NONE},
        {"{\"servers\":[{\"id\":\"vc\"}]}", DRIFT_NONE}, /* drivers need not say a name */
        {"{\"servers\":[{\"host\":\"web-1\"}]}", DRIFT_NONE},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"status\":\"MIGRATING\"}]}", DRIFT_NONE},
        {"{\"servers\":[]}", DRIFT_SERVER_GONE},
        {"{\"servers\":[{\"id\":\"other\",\"host\":\"web-10\"}]}", DRIFT_SERVER_GONE},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"status\":\"shutoff\"}]}",
         DRIFT_SERVER_STOPPED},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"status\":\"ERROR\"}]}",
         DRIFT_SERVER_STOPPED},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"bew-1\"}]}", DRIFT_SERVER_RENAMED},
        {"{\"servers\":[{\"id\":\"new\",\"host\":\"web-1\"}]}", DRIFT_SERVER_REPLACED},
        {"{\"servers\":[{\"id\":\"new\",\"host\":\"web-1\"},{\"id\":\"vc\",\"host\":\"web-1\"}]}",
         DRIFT_NONE}, /* the id counts, whatever the order */
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\"},{\"id\":\"new\",\"host\":\"web-1\"}]}",
         DRIFT_NONE},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"ips\":\"net=10.0.0.9\"}]}",
         DRIFT_SERVER_MOVED},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"ips\":\"net=10.0.0.20\"}]}",
         DRIFT_SERVER_MOVED},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"ips\":\"net=10.0.0.9 net=10.0.0.2\"}]}",
         DRIFT_NONE},
        {"{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"ips\":\"subnet=10.0.0.9\"}]}",
         DRIFT_NONE}, /* nothing is said of that network */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct watched w = server("i1", "web-1", "vc");
        w.addresses = "net=10.0.0.2";
        struct judged j = judge_by(&w, 1, cases[i].listed);
        enum drift got = j.n ? j.findings[0].kind : DRIFT_NONE;
        if (got != cases[i].want)
            fail_msg("case %zu: got %s, want %s", i, drift_rows[got].word,
                     drift_rows[cases[i].want].word);
        if (got != DRIFT_NONE)
            assert_int_equal(j.findings[0].believed, DRIFT_NONE); /* one listing is none */
    }
}

/* One was missing, another was launched in its place, and it is there again. */
static void test_second_of_a_name(void **state)
{
    static const char *const listed[] = {
        "{\"servers\":[{\"id\":\"old\",\"host\":\"web-1\"},{\"id\":\"vc\",\"host\":\"web-1\"}]}",
        "{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\"},{\"id\":\"old\",\"host\":\"web-1\"}]}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
        struct watched w = server("i1", "web-1", "vc");
        struct seen seen = {.listing = listing(listed[i]), .watched = &w, .n = 1};
        judge_match(&seen, &arena);
        assert_true(w.is_by_id);
        assert_string_equal(w.server->id, "vc");
        assert_int_equal(seen.n_strangers, 1);
        assert_string_equal(seen.strangers[0]->id, "old");
    }
}

static void test_two_listings(void **state)
{
    struct watched w = server("i1", "web-1", "vc");
    (void)state;
    struct judged j = judge_by(&w, 1, "{\"servers\":[]}");
    assert_true(j.is_unsure && !j.findings[0].is_new);
    keep(&w, &j);
    j = judge_by(&w, 1, "{\"servers\":[]}");
    assert_int_equal(j.findings[0].believed, DRIFT_SERVER_GONE);
    assert_true(j.findings[0].is_new && !j.is_unsure);
    keep(&w, &j);
    j = judge_by(&w, 1, "{\"servers\":[]}");
    assert_false(j.findings[0].is_new);
    keep(&w, &j);
    /* It is listed as stopped: gone is believed until that is. */
    j = judge_by(&w, 1,
                 "{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\",\"status\":\"SHUTOFF\"}]}");
    assert_int_equal(j.findings[0].kind, DRIFT_SERVER_STOPPED);
    assert_int_equal(j.findings[0].believed, DRIFT_SERVER_GONE);
    assert_true(j.is_unsure);
    keep(&w, &j);
    j = judge_by(&w, 1, "{\"servers\":[{\"id\":\"vc\",\"host\":\"web-1\"}]}");
    assert_int_equal(j.findings[0].believed, DRIFT_NONE); /* one good look ends it */
    assert_true(j.findings[0].is_new);
}

/* An answer that says nothing: five. */
static void test_weak_listings(void **state)
{
    struct watched w = server("i1", "web-1", "vc");
    (void)state;
    for (int i = 1; i <= 5; i++) {
        struct judged j = judge_by(&w, 1, "{\"weak\":true}");
        assert_int_equal(j.findings[0].believed, i < 5 ? DRIFT_NONE : DRIFT_SERVER_GONE);
        keep(&w, &j);
    }
}

static void test_not_judged(void **state)
{
    struct watched w = server("i1", "web-1", "vc");
    (void)state;
    w.is_judged = false;
    struct judged j = judge_by(&w, 1, "{\"servers\":[]}");
    assert_int_equal(j.n, 0);
}

/* What is ours in any phase is nobody else's; the rest may be an orphan. */
static void test_strangers(void **state)
{
    struct watched w[] = {server("i1", "web-1", "vc1"), server("i2", "web-2", "")};
    (void)state;
    w[1].is_judged = false;
    struct seen seen = {
        .listing = listing("{\"servers\":[{\"id\":\"vc1\",\"host\":\"x\"},{\"id\":\"q\",\"name\":"
                           "\"web-2\"},{\"id\":\"z\",\"host\":\"web-3\"},{}]}"),
        .watched = w,
        .n = 2};
    judge_match(&seen, &arena);
    assert_int_equal(seen.n_strangers, 2);
    assert_string_equal(seen.strangers[0]->id, "z");
}

/* More than the share, and more than a few. */
static void test_outage(void **state)
{
    static const struct {
        int n, listed;
        bool want;
    } cases[] = {{1, 0, false}, {2, 0, false}, {3, 0, true},     {3, 1, false},
                 {6, 3, false}, {6, 2, true},  {100, 50, false}, {100, 49, true}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct watched w[100];
        sbuf_adds(&text, "{\"servers\":[");
        for (int k = 0; k < cases[i].n; k++) {
            const char *vc = arena_printf(&arena, "vc%d", k);
            w[k] = server(vc, arena_printf(&arena, "web-%d", k), vc);
            if (k < cases[i].listed)
                sbuf_addf(&text, "%s{\"id\":\"vc%d\"}", k ? "," : "", k);
        }
        sbuf_adds(&text, "]}");
        struct judged j = judge_by(w, (uint32_t)cases[i].n, text.s);
        if (j.is_outage != cases[i].want)
            fail_msg("case %zu", i);
        assert_int_equal(j.n_down, cases[i].n - cases[i].listed);
    }
}

static void test_words(void **state)
{
    (void)state;
    for (int k = DRIFT_NONE + 1; k < DRIFT_N; k++)
        assert_int_equal(drift_parse(drift_rows[k].word), k);
    assert_int_equal(drift_parse(""), DRIFT_NONE);
    assert_int_equal(drift_parse(NULL), DRIFT_NONE);
    assert_true(judge_is_down("error") && !judge_is_down("BUILD") && !judge_is_down(NULL) &&
                !judge_is_down(""));
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_kinds, teardown),
        cmocka_unit_test_teardown(test_second_of_a_name, teardown),
        cmocka_unit_test_teardown(test_two_listings, teardown),
        cmocka_unit_test_teardown(test_weak_listings, teardown),
        cmocka_unit_test_teardown(test_not_judged, teardown),
        cmocka_unit_test_teardown(test_strangers, teardown),
        cmocka_unit_test_teardown(test_outage, teardown),
        cmocka_unit_test_teardown(test_words, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
