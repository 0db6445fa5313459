/* A VNFR's lifecycle_event_history: lines beside the document, which neither the document nor a
 * message carries. */
#include "tests/support/stage.h"

#include "common/base/sbuf.h"
#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

/* "0 GRANTED,1 ALLOCATE": the lines that the last decision noted of the client. */
static const char *noted(void)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (uint32_t i = 0; i < s.d.lines.n; i++) {
        const struct record_line *l = s.d.lines.at[i];
        struct row line = {.doc = l->doc};
        if (strcmp(l->subject, stage_vnfr(&s, "client")->id) == 0)
            sbuf_addf(&out, "%s%lld %s", out.len ? "," : "", (long long)l->n,
                      stage_text(stage_record(&s, &line), "event"));
    }
    return arena_strdup(&s.arena, out.s ? out.s : "");
}

static json_t *client(void)
{
    return stage_record(&s, stage_vnfr(&s, "client"));
}

static void test_lines_are_numbered_and_apart(void **state)
{
    (void)state;
    stage_to(&s, VNFR_GRANTED);
    assert_string_equal(noted(), "0 GRANTED");
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "client", NULL);
    stage_launched(&s, "client", NULL);
    assert_string_equal(noted(), "1 ALLOCATE");
    assert_null(json_object_get(client(), "lifecycle_event_history"));
    /* A Java VNFM adds to the list that it gets: it is there, and empty. */
    json_t *told = stage_body(&s, stage_sent(&s, "amq.gen-asker"));
    json_t *list = json_object_get(json_object_get(told, "vnfr"), "lifecycle_event_history");
    assert_true(json_is_array(list));
    assert_int_equal(json_array_size(list), 0);
}

static unsigned warnings(void)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        n += strstr(s.d.notes.at[i]->doc, "\"WARNING\"") &&
             strstr(s.d.notes.at[i]->doc, "the host is shared");
    return n;
}

/* What a PoP's driver warns of, once for the service, where its VNFs are placed. */
static void test_a_warning_of_the_pop(void **state)
{
    (void)state;
    struct row *pop = s.facts.at[0];
    pop->state = arena_printf(&s.arena, "{\"refreshedAt\":%lld,\"warning\":\"the host is shared\"}",
                              (long long)s.now);
    stage_to(&s, VNFR_GRANTED);
    assert_int_equal(warnings(), 1);
    stage_vnfm(&s, "GRANT_OPERATION", "server", NULL);
    assert_int_equal(warnings(), 0);
}

static void says(const char *history)
{
    stage_message(
        &s, (struct message){
                .queue = QUEUE_ACTIONS_REPLY,
                .reply_to = "amq.gen-asker",
                .body = arena_printf(&s.arena,
                                     "{\"action\":\"UPDATEVNFR\",\"virtualNetworkFunctionRecord\":{"
                                     "\"id\":\"%s\",\"name\":\"client\",\"parent_ns_id\":\"nsr-1\","
                                     "\"lifecycle_event_history\":[%s]}}",
                                     stage_vnfr(&s, "client")->id, history)});
}

static void test_what_a_vnfm_says(void **state)
{
    AUTO(sbuf_release) struct sbuf many = SBUF_INIT;
    (void)state;
    stage_to(&s, VNFR_GRANTED);
    says("{\"event\":\"CONFIGURE\",\"description\":\"a.sh\",\"executedAt\":\"1\"},"
         "{\"event\":\"CONFIGURE\",\"description\":\"b.sh\",\"executedAt\":\"2\"},"
         "{\"event\":\"CONFIGURE\",\"description\":\"a.sh\",\"executedAt\":\"1\"},"
         "{\"id\":\"ours\",\"event\":\"GRANTED\"},{\"description\":\"no event\"}");
    assert_string_equal(noted(), "1 CONFIGURE,2 CONFIGURE");
    assert_string_equal(s.d.lines.at[0]->key, "CONFIGURE\n1\na.sh"); /* the store keeps it once */
    assert_null(json_object_get(client(), "lifecycle_event_history"));
    for (int i = 0; i < 300; i++)
        sbuf_addf(&many, "%s{\"event\":\"START\",\"executedAt\":\"%d\"}", i ? "," : "", i);
    says(many.s);
    assert_int_equal(s.d.lines.n, 100); /* one message does not fill the store */
}

/* Written by a process before there were lines: they move once, in their order. */
static void test_an_old_document(void **state)
{
    (void)state;
    stage_to(&s, VNFR_GRANTED);
    struct row *v = stage_vnfr(&s, "client");
    v->state = arena_printf(&s.arena, "%s", strstr(v->state, "\"historyLines\":1") ? v->state : "");
    v->doc = arena_printf(&s.arena,
                          "{\"lifecycle_event_history\":[{\"id\":\"x\",\"event\":\"ONE\"},{\"id\":"
                          "\"y\",\"event\":\"TWO\"}],%s",
                          v->doc + 1);
    says("");
    assert_string_equal(noted(), "1 ONE,2 TWO");
    assert_null(json_object_get(client(), "lifecycle_event_history"));
    says("");
    assert_string_equal(noted(), "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        T(test_a_warning_of_the_pop),
        T(test_lines_are_numbered_and_apart),
        T(test_what_a_vnfm_says),
        T(test_an_old_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
