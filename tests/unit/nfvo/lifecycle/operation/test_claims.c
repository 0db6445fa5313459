/* Admission: the matrix running x new x where, generated from the claims, walked whole and compared
 * with what operations.md 4 says; then who waits, who is refused with which words, and who ends. */
#include "nfvo/lifecycle/operation/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Where the new one is, as seen from the running one: of VNFR v, instance i; target t. */
enum where { SAME_INSTANCE, OTHER_INSTANCE, TARGET, OTHER_VNFR, WHERE_N };

static struct operation make(struct arena *a, enum operation_kind kind, const char *vnfr,
                             const char *instance)
{
    struct operation op = {.id = "op", .kind = kind, .origin = "user", .asked_by = "eve"};
    const struct operation_kind_row *row = &operation_kinds[kind];
    op.vnfr = row->scope == SCOPE_NSR ? NULL : vnfr;
    op.instance = row->scope == SCOPE_INSTANCE ? instance : NULL;
    op.state = OPERATION_STATE_PROCESSING;
    if (kind == OPERATION_UPDATE_SCRIPT)
        proto_list_add(&op.vnfrs, vnfr, a);
    if (row->claims.target != CLAIM__ && strcmp(vnfr, "v") == 0)
        proto_list_add(&op.targets, "t", a);
    return op;
}

static bool conflict(struct arena *a, int running, int asked, enum where where)
{
    static const char *const vnfr[WHERE_N] = {"v", "v", "t", "w"};
    struct operation r = make(a, running, "v", "i");
    struct operation q = make(a, asked, vnfr[where], where == SAME_INSTANCE ? "i" : "j");
    q.state = OPERATION_STATE_STARTING;
    return operations_conflict(&r, false, &q);
}

/* For each kind that runs: of each new one ".": admitted everywhere; else where it conflicts, i same
 * instance, v same VNFR but another instance, t target, w other VNFR. */
/* clang-format off */
static const char *const matrix[OPERATION_KIND_N] = {
#include "tests/unit/nfvo/lifecycle/operation/admission.inc"
};
/* clang-format on */

static const char *row_of(struct arena *a, int running)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (int q = 0; q < OPERATION_KIND_N; q++) {
        size_t before = out.len;
        sbuf_adds(&out, q ? " " : "");
        for (int w = 0; w < WHERE_N; w++)
            if (conflict(a, running, q, w))
                sbuf_addc(&out, "ivtw"[w]);
        if (out.len == before + (q > 0))
            sbuf_addc(&out, '.');
    }
    return arena_strndup(a, out.s, out.len);
}

static void test_matrix(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    int wrong = 0;
    (void)state;
    for (int r = 0; r < OPERATION_KIND_N; r++) {
        const char *got = row_of(&a, r);
        if (matrix[r] && strcmp(got, matrix[r]) == 0)
            continue;
        print_error("    [OPERATION_%s] = \"%s\",\n", operation_kind_word(r), got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* The table in words of operations.md 4. */
static void test_what_the_table_says(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    static const int small[] = {OPERATION_HEAL, OPERATION_START_INSTANCE, OPERATION_STOP_INSTANCE};
    static const int large[] = {OPERATION_SCALE_OUT, OPERATION_SCALE_IN, OPERATION_SWITCH,
                                OPERATION_RESTART, OPERATION_CONFIGURE};
    static const int repair[] = {OPERATION_EXECUTE, OPERATION_UPDATE_SCRIPT};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        for (size_t k = 0; k < ARRAY_LEN(small); k++) {
            assert_true(conflict(&a, small[i], small[k], SAME_INSTANCE));
            assert_false(conflict(&a, small[i], small[k], OTHER_INSTANCE));
            assert_false(conflict(&a, small[i], small[k], TARGET));
        }
    for (size_t i = 0; i < ARRAY_LEN(large); i++)
        for (size_t k = 0; k < ARRAY_LEN(large); k++) {
            assert_true(conflict(&a, large[i], large[k], OTHER_INSTANCE));
            assert_true(conflict(&a, large[i], large[k], TARGET));
            assert_false(conflict(&a, large[i], large[k], OTHER_VNFR));
            assert_true(conflict(&a, large[i], small[k % 3], SAME_INSTANCE));
        }
    for (size_t i = 0; i < ARRAY_LEN(repair); i++)
        for (size_t k = 0; k < ARRAY_LEN(small); k++) {
            assert_false(conflict(&a, repair[i], small[k], SAME_INSTANCE));
            assert_true(conflict(&a, repair[i], large[k], SAME_INSTANCE));
            assert_false(conflict(&a, repair[i], repair[k % 2], SAME_INSTANCE));
        }
    for (int k = 0; k < OPERATION_KIND_N; k++)
        for (int w = 0; w < WHERE_N; w++)
            if (operation_kinds[k].claims.nsr == CLAIM_X)
                for (int q = 0; q < OPERATION_KIND_N; q++)
                    assert_true(conflict(&a, k, q, w) && conflict(&a, q, k, w));
}

static void test_claims_are_symmetric(void **state)
{
    (void)state;
    for (int a = 0; a < CLAIM_N; a++)
        for (int b = 0; b < CLAIM_N; b++)
            assert_int_equal(claims_go_together(a, b), claims_go_together(b, a));
}

struct scene {
    struct arena arena;
    struct operations open;
    struct run run;
    struct operation ops[64];
    uint32_t n;
    struct err err;
};

static void set_up(struct scene *s)
{
    *s = (struct scene){.err = ERR_INIT};
    s->run = (struct run){.operations = &s->open, .now = 90 * USEC_PER_SEC, .arena = &s->arena};
}

static struct operation *add(struct scene *s, enum operation_kind kind, const char *vnfr,
                             const char *instance, int op_state)
{
    struct operation *op = &s->ops[s->n];
    *op = make(&s->arena, kind, vnfr, instance);
    op->id = arena_printf(&s->arena, "op-%u", ++s->n);
    op->state = op_state;
    op->nsr = "nsr-1";
    op->steps = arena_alloc(&s->arena, sizeof(*op->steps));
    op->n_steps = 1;
    op->steps[0] = (struct plan_step){
        .n = 1,
        .kind = STEP_START,
        .vnfr = vnfr,
        .name = vnfr,
        .instance = instance,
        .state = op_state == OPERATION_STATE_FAILED_TEMP ? STEP_STATE_FAILED : STEP_STATE_SENT};
    proto_list_add(&s->open, op, &s->arena);
    return op;
}

static struct admitted try_it(struct scene *s, enum operation_kind kind, const char *vnfr,
                              const char *instance, bool may_queue)
{
    struct operation asked = make(&s->arena, kind, vnfr, instance);
    asked.state = OPERATION_STATE_STARTING;
    asked.nsr = "nsr-1";
    s->err = (struct err)ERR_INIT;
    return operation_admit(&s->run, &asked, may_queue, &s->err);
}

static void test_busy(void **state)
{
    struct scene s;
    (void)state;
    set_up(&s);
    struct operation *op = add(&s, OPERATION_SCALE_OUT, "v", NULL, OPERATION_STATE_PROCESSING);
    op->asked_by = "admin";
    struct admitted a = try_it(&s, OPERATION_SCALE_IN, "v", NULL, false);
    assert_int_equal(a.answer, REFUSE);
    assert_ptr_equal(a.busy, op);
    assert_string_equal(s.err.msg,
                        "Busy: operation SCALE_OUT op-1 of 'admin' runs since 90 s (step "
                        "1 of 1: START v)");
    assert_non_null(strstr(s.err.hint, "baton op wait op-1"));
    assert_int_equal(try_it(&s, OPERATION_SCALE_IN, "w", NULL, false).answer, ADMIT);
    assert_int_equal(try_it(&s, OPERATION_SCALE_IN, "v", NULL, true).answer, QUEUE);
    struct operation engine = make(&s.arena, OPERATION_SCALE_IN, "v", NULL);
    engine.origin = "engine"; /* never queues */
    assert_int_equal(operation_admit(&s.run, &engine, true, &s.err).answer, REFUSE);
    arena_release(&s.arena);
}

static void test_queue(void **state)
{
    struct scene s;
    (void)state;
    set_up(&s);
    struct operation *first = add(&s, OPERATION_SCALE_OUT, "v", NULL, OPERATION_STATE_PROCESSING);
    struct operation *second = add(&s, OPERATION_SCALE_IN, "v", NULL, OPERATION_STATE_STARTING);
    struct operation *third = add(&s, OPERATION_EXECUTE, "v", NULL, OPERATION_STATE_STARTING);
    assert_null(operation_next_queued(&s.run)); /* the third does not overtake the second */
    first->state = OPERATION_STATE_COMPLETED;
    assert_ptr_equal(operation_next_queued(&s.run), second);
    second->state = OPERATION_STATE_ROLLED_BACK; /* cancelled: nothing of it stays claimed */
    assert_ptr_equal(operation_next_queued(&s.run), third);
    first->state = OPERATION_STATE_PROCESSING;
    for (int i = 0; i < QUEUED_MAX - 1; i++)
        add(&s, OPERATION_EXECUTE, "v", NULL, OPERATION_STATE_STARTING);
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, true).answer, REFUSE);
    assert_non_null(strstr(s.err.msg, "8 operations"));
    arena_release(&s.arena);
}

/* Those that exclude none of their own are bounded: the oldest failed one makes room. */
static void test_room_beside_others(void **state)
{
    struct scene s;
    (void)state;
    set_up(&s);
    struct operation *all[BESIDE_MAX];
    for (int i = 0; i < BESIDE_MAX; i++) {
        assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, false).answer, ADMIT);
        all[i] = add(&s, i % 2 ? OPERATION_EXECUTE : OPERATION_UPDATE_SCRIPT, "v", NULL,
                     OPERATION_STATE_PROCESSING);
    }
    struct admitted full = try_it(&s, OPERATION_EXECUTE, "v", NULL, false);
    assert_int_equal(full.answer, REFUSE);
    assert_ptr_equal(full.busy, all[0]);
    assert_string_equal(s.err.msg, "Busy: 32 operations that run scripts on this service are under "
                                   "way already");
    assert_non_null(strstr(s.err.hint, "baton op wait op-1"));
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, true).answer, QUEUE);
    assert_int_equal(try_it(&s, OPERATION_HEAL, "w", "i", false).answer, ADMIT);
    all[5]->state = all[9]->state = OPERATION_STATE_FAILED_TEMP;
    struct admitted one = try_it(&s, OPERATION_EXECUTE, "v", NULL, false);
    assert_int_equal(one.answer, ADMIT);
    assert_int_equal(one.ended.n, 1);
    assert_ptr_equal(one.ended.at[0], all[5]);
    all[0]->state = OPERATION_STATE_COMPLETED;
    assert_int_equal(try_it(&s, OPERATION_UPDATE_SCRIPT, "v", NULL, false).ended.n, 0);
    arena_release(&s.arena);
}

/* What is left of the claims of what has failed. */
static void test_failed_temp(void **state)
{
    struct scene s;
    (void)state;
    set_up(&s);
    add(&s, OPERATION_SCALE_OUT, "v", NULL, OPERATION_STATE_FAILED_TEMP)->steps[0].instance = "new";
    assert_int_equal(try_it(&s, OPERATION_HEAL, "v", "i", false).answer, ADMIT);
    assert_int_equal(try_it(&s, OPERATION_HEAL, "v", "new", false).answer, REFUSE);
    assert_non_null(strstr(s.err.msg, "has failed and waits for a decision"));
    assert_non_null(strstr(s.err.hint, "baton op show op-1"));
    assert_int_equal(try_it(&s, OPERATION_SCALE_OUT, "v", NULL, false).answer, REFUSE);
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, false).answer, ADMIT);
    arena_release(&s.arena);

    set_up(&s); /* holds nothing, and the next one on the same thing ends it */
    struct operation *heal = add(&s, OPERATION_HEAL, "v", "i", OPERATION_STATE_FAILED_TEMP);
    struct admitted a = try_it(&s, OPERATION_HEAL, "v", "i", false);
    assert_int_equal(a.answer, ADMIT);
    assert_int_equal(a.ended.n, 1);
    assert_ptr_equal(a.ended.at[0], heal);
    assert_int_equal(try_it(&s, OPERATION_HEAL, "v", "j", false).ended.n, 0);
    arena_release(&s.arena);

    set_up(&s); /* a script is executed beside the deployment that failed: repair */
    struct operation *deploy = add(&s, OPERATION_DEPLOY, "v", NULL, OPERATION_STATE_FAILED_TEMP);
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, false).answer, ADMIT);
    assert_int_equal(try_it(&s, OPERATION_SCALE_OUT, "v", NULL, false).answer, REFUSE);
    deploy->state = OPERATION_STATE_PROCESSING;
    deploy->steps[0].state = STEP_STATE_SENT;
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, false).answer, REFUSE);
    deploy->steps[0].state = STEP_STATE_FAILED; /* isFailing */
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, false).answer, ADMIT);
    arena_release(&s.arena);
}

static void test_retry_takes_its_claims_again(void **state)
{
    struct scene s;
    (void)state;
    set_up(&s);
    struct operation *failed = add(&s, OPERATION_SCALE_OUT, "v", NULL, OPERATION_STATE_FAILED_TEMP);
    assert_int_equal(operation_reclaim(&s.run, failed, &s.err), ERR_OK);
    struct operation *heal = add(&s, OPERATION_HEAL, "v", "i", OPERATION_STATE_PROCESSING);
    assert_int_equal(operation_reclaim(&s.run, failed, &s.err), ERR_STATE);
    assert_non_null(strstr(s.err.msg, "op-2"));
    heal->state = OPERATION_STATE_COMPLETED;
    assert_int_equal(operation_reclaim(&s.run, failed, &s.err), ERR_OK);
    arena_release(&s.arena);
}

static void test_release(void **state)
{
    struct scene s;
    (void)state;
    set_up(&s);
    add(&s, OPERATION_SCALE_OUT, "v", NULL, OPERATION_STATE_PROCESSING);
    add(&s, OPERATION_HEAL, "w", "i", OPERATION_STATE_FAILED_TEMP);
    add(&s, OPERATION_EXECUTE, "v", NULL, OPERATION_STATE_STARTING);
    struct admitted a = try_it(&s, OPERATION_RELEASE, "v", NULL, false);
    assert_int_equal(a.answer, ADMIT);
    assert_int_equal(a.ended.n, 3);
    add(&s, OPERATION_RELEASE, "v", NULL, OPERATION_STATE_PROCESSING);
    assert_int_equal(try_it(&s, OPERATION_RELEASE, "v", NULL, false).answer, REFUSE);
    assert_int_equal(try_it(&s, OPERATION_EXECUTE, "v", NULL, false).answer, REFUSE);
    arena_release(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_what_the_table_says),
        cmocka_unit_test(test_claims_are_symmetric),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_room_beside_others),
        cmocka_unit_test(test_failed_temp),
        cmocka_unit_test(test_retry_takes_its_claims_again),
        cmocka_unit_test(test_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
