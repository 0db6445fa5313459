#include "common/fsm/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void make_id(void *ctx, char out[ID_SIZE])
{
    int *n = ctx;
    snprintf(out, ID_SIZE, "id-%d", ++*n);
}

static struct decision decision_of(struct arena *a, const struct ids *ids, const struct intent *in)
{
    return (struct decision){.arena = a, .ids = ids, .in = in, .now = 1000};
}

/* What comes back from a peer as a command's id may be anything. */
static void test_command_id_parse(void **state)
{
    static const struct {
        const char *id;
        bool is_ours;
        const char *agg;
        int agg_kind, kind;
    } cases[] = {
        {"nsr-1:0.1.5", true, "nsr-1", 0, 1},
        {"a:1.13.99999999999", true, "a", 1, 13},
        {"a:255.255.x", true, "a", 255, 255},
        {NULL, false, NULL, 0, 0},
        {"", false, NULL, 0, 0},
        {":0.1.5", false, NULL, 0, 0},
        {"a", false, NULL, 0, 0},
        {"a:", false, NULL, 0, 0},
        {"a:1", false, NULL, 0, 0},
        {"a:1.", false, NULL, 0, 0},
        {"a:1.2", false, NULL, 0, 0},
        {"a:1.2.", false, NULL, 0, 0},
        {"a:-1.2.3", false, NULL, 0, 0},
        {"a:+1.2.3", false, NULL, 0, 0},
        {"a: 1.2.3", false, NULL, 0, 0},
        {"a:1.-2.3", false, NULL, 0, 0},
        {"a:256.2.3", false, NULL, 0, 0},
        {"a:1.999.3", false, NULL, 0, 0},
        {"a:1.0000001.3", false, NULL, 0, 0},
        {"a:0x1.2.3", false, NULL, 0, 0},
    };
    struct arena a = ARENA_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *agg = "untouched";
        int agg_kind = -7, kind = -7;
        bool is_ours = command_id_parse(cases[i].id, &a, &agg, &agg_kind, &kind);
        if (is_ours != cases[i].is_ours)
            fail_msg("'%s': %d", cases[i].id, is_ours);
        assert_string_equal(agg, is_ours ? cases[i].agg : "untouched");
        assert_int_equal(agg_kind, is_ours ? cases[i].agg_kind : -7);
        assert_int_equal(kind, is_ours ? cases[i].kind : -7);
    }
    arena_release(&a);
}

static void test_rows_belong_to_the_root(void **state)
{
    struct arena a = ARENA_INIT;
    int n = 0;
    struct ids ids = {.ctx = &n, .make = make_id};
    struct decision d = decision_of(&a, &ids, NULL);
    (void)state;
    struct row *root = decision_add_row(&d, 3, decision_new_id(&d), 7);
    struct row *member = decision_add_row(&d, 4, decision_new_id(&d), 8);
    assert_ptr_equal(d.root, root);
    assert_string_equal(root->agg, "id-1");
    assert_int_equal(d.rows.n, 1);
    assert_ptr_equal(d.rows.at[0], member);
    assert_string_equal(member->agg, "id-1");
    assert_int_equal(member->mark, ROW_NEW);
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        assert_string_equal(member->key[i], "");
    row_touch(member);
    assert_int_equal(member->mark, ROW_NEW);
    member->mark = ROW_CLEAN;
    row_touch(member);
    assert_int_equal(member->mark, ROW_CHANGED);
    member->mark = ROW_GONE;
    row_touch(member);
    assert_int_equal(member->mark, ROW_GONE);
    arena_release(&a);
}

static void test_commands(void **state)
{
    struct arena a = ARENA_INIT;
    struct intent in = {.agg_kind = 2};
    struct row root = {.id = "agg", .seq = 41};
    struct decision d = decision_of(&a, NULL, &in);
    const char *agg;
    int agg_kind, kind;
    (void)state;
    d.root = &root;
    struct command *first = decision_open(&d, 9, "subject", 500, NULL);
    struct command *second = decision_open(&d, 8, "subject", 0, "data");
    assert_string_equal(first->id, "agg:2.9.42");
    assert_string_equal(second->id, "agg:2.8.43");
    assert_int_equal(root.seq, 43);
    assert_int_equal(root.mark, ROW_CHANGED); /* or its number would be given twice */
    assert_int_equal(first->due_at, 1500);
    assert_string_equal(first->data, "");
    assert_string_equal(second->data, "data");
    assert_true(command_id_parse(first->id, &a, &agg, &agg_kind, &kind));
    assert_string_equal(agg, "agg");
    assert_int_equal(agg_kind, 2);
    assert_int_equal(kind, 9);

    assert_ptr_equal(decision_find(&d, "agg:2.9.42"), first);
    assert_null(decision_find(&d, "agg:2.9.44"));
    assert_null(decision_find(&d, NULL));
    assert_ptr_equal(decision_find_for(&d, 8, "subject"), second);
    assert_ptr_equal(decision_find_for(&d, -1, "subject"), first); /* any kind */
    assert_null(decision_find_for(&d, 8, "other"));
    decision_close(first);
    assert_null(decision_find(&d, "agg:2.9.42"));
    assert_ptr_equal(decision_find_for(&d, -1, "subject"), second);
    decision_close(NULL);
    arena_release(&a);
}

static void test_answers(void **state)
{
    struct arena a = ARENA_INIT;
    struct decision d = decision_of(&a, NULL, NULL);
    (void)state;
    decision_answer(&d, "", NULL, "c", "{}"); /* one-way: nobody waits */
    decision_answer(&d, "", "", "c", "{}");
    assert_int_equal(d.sends.n, 0);
    decision_answer(&d, "room", "amq.gen-1", NULL, "{}");
    const struct send *s = d.sends.at[0];
    assert_string_equal(s->exchange, ""); /* never the topic exchange: amqp-protocol.md 1.4 */
    assert_string_equal(s->key, "amq.gen-1");
    assert_null(s->correlation_id);
    assert_null(s->command);
    assert_true(s->is_answer);
    assert_int_equal(s->until_at, 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_id_parse),
        cmocka_unit_test(test_rows_belong_to_the_root),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
