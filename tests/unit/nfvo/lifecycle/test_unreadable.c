/* A stored document that cannot be read: whatever needs it is refused and changes nothing, in every
 * phase and for every intent; it is never taken for an empty one. */
#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum which { NSR_DOC, NSR_PRIVATE, VNFR_DOC, VNFR_PRIVATE, SERVER, POP_DOC, POP_PRIVATE, WHICH_N };

static const char *const garbled[] = {
    "{\"id\":\"nsr-1\",\"name\":", "not JSON",
    "{\"vdu\":7,\"vlr\":7,\"images\":7,\"candidates\":7,\"launchFault\":7,\"keys\":7,\"misses\":[],"
    "\"refreshedAt\":[]}"};

/* The place of that text; NULL: there is none in this phase. */
static const char **text_of(struct stage *s, int which)
{
    struct row *v = stage_vnfr(s, "client"), *i = stage_instance(s, "client");
    struct row *r = which <= NSR_PRIVATE    ? s->root
                    : which <= VNFR_PRIVATE ? v
                    : which == SERVER       ? i
                                            : s->facts.at[0];
    bool is_doc = which == NSR_DOC || which == VNFR_DOC || which == POP_DOC;
    const char **text = !r ? NULL : is_doc ? &r->doc : &r->state;
    return text && **text ? text : NULL;
}

static void vnfm(struct stage *s, const char *queue, const char *action, const char *vnf)
{
    stage_message(s, (struct message){
                         .queue = queue,
                         .reply_to = "amq.gen-asker",
                         .body = arena_printf(
                             &s->arena,
                             "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":{\"name\":\"%s\","
                             "\"id\":\"%s\",\"parent_ns_id\":\"nsr-1\",\"vdu\":[]}}",
                             action, vnf, stage_vnfr(s, vnf)->id)});
}

static void ask(struct stage *s, int n)
{
    static const char *const requests[] = {
        "GRANT_OPERATION", "ALLOCATE_RESOURCES", "UPDATEVNFR", "SCALING", "ERROR", "START"};
    if (n < 12)
        vnfm(s, QUEUE_ACTIONS_REPLY, requests[n % 6], n < 6 ? "client" : "web");
    else if (n == 12)
        stage_release_nsr(s);
    else if (n == 13)
        stage_deploy(s); /* the same command again */
}
enum { ASKED = 14 };

static const char *const answers[] = {
    "",
    "{\"answer\":{\"name\":\"x\",\"extId\":\"y\",\"status\":\"ACTIVE\",\"ips\":{\"net\":[\"10.0.0."
    "1\"]}}}",
    "{\"exception\":{\"detailMessage\":\"no\"}}",
    "{\"action\":\"ERROR\",\"virtualNetworkFunctionRecord\":{\"name\":\"client\"}}",
    "{\"action\":\"INSTANTIATE\",\"virtualNetworkFunctionRecord\":{\"name\":\"client\",\"vdu\":[]}"
    "}",
    "not JSON",
};

/* An intent, by number; false: there are no more. */
static bool intend(struct stage *s, uint32_t n)
{
    if (n < ASKED) {
        ask(s, (int)n);
        return true;
    }
    n -= ASKED;
    const uint32_t each = ARRAY_LEN(answers) + 2;
    if (n / each >= s->commands.n)
        return false;
    const struct command *c = s->commands.at[n / each];
    const char *id = arena_strdup(&s->arena, c->id);
    if (n % each < ARRAY_LEN(answers))
        stage_message(s, (struct message){.queue = QUEUE_REPLIES,
                                          .correlation_id = id,
                                          .body = answers[n % each]});
    else if (n % each == ARRAY_LEN(answers))
        stage_message(
            s, (struct message){.queue = QUEUE_INTERNAL,
                                .body = arena_printf(
                                    &s->arena,
                                    "{\"what\":\"prepared\",\"to\":\"nsr-1\",\"from\":\"pop-1\","
                                    "\"command\":\"%s\"}",
                                    id)});
    else
        stage_late(s, c->kind, c->subject);
    return true;
}

static int refused[WHICH_N], served[WHICH_N];

static void try_one(int phase, int which, const char *garbage)
{
    struct stage s;
    bool more = true;
    for (uint32_t n = 0; more; n++) { /* each from the same beginning */
        stage_init(&s, AGG_NSR, "nsr-1");
        stage_service(&s, NULL);
        stage_to(&s, phase);
        const char **text = text_of(&s, which);
        if (!text || phase == VNFR_GONE) {
            stage_release(&s);
            return;
        }
        *text = garbage;
        more = intend(&s, n);
        if (s.d.unreadable) {
            assert_int_not_equal(s.d.unreadable_why.code, ERR_OK);
            refused[which]++;
        } else if (more && s.root) {
            served[which]++;
        }
        text = s.root ? text_of(&s, which) : NULL;
        if (text && strcmp(*text, garbage) != 0)
            fail_msg("phase %s, document %d, intent %u: overwritten with %s",
                     vnfr_phase_names[phase], which, n, *text);
        stage_release(&s);
    }
}

static void test_nothing_is_overwritten(void **state)
{
    (void)state;
    for (int phase = VNFR_INSTANTIATING; phase < VNFR_GONE; phase++)
        for (int which = 0; which < WHICH_N; which++)
            for (size_t g = 0; g < ARRAY_LEN(garbled); g++)
                try_one(phase, which, garbled[g]);
    for (int which = 0; which < WHICH_N; which++)
        assert_true(refused[which] > 20);
    assert_int_equal(served[NSR_DOC], 0); /* every decision needs it */
    assert_true(served[VNFR_DOC] > 0);    /* the others' go on */
    assert_true(served[POP_DOC] > 0);
}

static void test_it_says_which_and_answers_the_vnfm(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    stage_to(&s, VNFR_GRANTED);
    struct row *v = stage_vnfr(&s, "client");
    v->doc = "{\"vdu\":[{\"vnfc\":7}]}";
    vnfm(&s, QUEUE_ACTIONS_REPLY, "ALLOCATE_RESOURCES", "client");
    assert_non_null(s.d.unreadable);
    assert_string_equal(s.d.unreadable->id, v->id);
    assert_string_equal(s.d.unreadable_why.where, "vdu[0].vnfc");

    struct decision answer = {.arena = &s.arena, .in = s.d.in, .settings = &s.settings};
    err_set(&answer.err, ERR_INTERNAL, "the stored document of vnfr 'x' cannot be read");
    s.domain.refused(&answer);
    assert_int_equal(answer.sends.n, 1);
    assert_string_equal(answer.sends.at[0]->key, "amq.gen-asker");
    assert_non_null(strstr(answer.sends.at[0]->body, "the stored document of vnfr 'x'"));
    stage_release(&s);
}

/* A service that waits for a PoP learns at once that its document cannot be read. */
static void test_an_unreadable_pop_answers_who_waits(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s, AGG_POP, "pop-1");
    s.root = stage_pop(&s, "pop-1", "test", NULL);
    s.root->doc = "not JSON";
    stage_message(&s,
                  (struct message){.queue = QUEUE_INTERNAL,
                                   .body = "{\"what\":\"prepare\",\"to\":\"pop-1\",\"toKind\":1,"
                                           "\"from\":\"nsr-1\",\"command\":\"nsr-1:0.5.3\"}"});
    assert_ptr_equal(s.d.unreadable, s.d.root);
    struct decision answer = {.arena = &s.arena, .in = s.d.in, .settings = &s.settings};
    err_set(&answer.err, ERR_INTERNAL, "the stored document of pop 'pop-1' cannot be read");
    s.domain.refused(&answer);
    assert_int_equal(answer.sends.n, 1);
    const char *body = answer.sends.at[0]->body;
    assert_non_null(strstr(body, "\"what\":\"prepared\",\"to\":\"nsr-1\""));
    assert_non_null(strstr(body, "\"command\":\"nsr-1:0.5.3\""));
    assert_non_null(strstr(body, "the stored document of pop 'pop-1' cannot be read"));
    stage_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_overwritten),
        cmocka_unit_test(test_it_says_which_and_answers_the_vnfm),
        cmocka_unit_test(test_an_unreadable_pop_answers_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
