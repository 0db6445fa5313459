/* The tables of operations, walked whole: what each row must have, and that no word or code comes
 * twice. */
#include "nfvo/lifecycle/operation/answers.h"
#include "nfvo/lifecycle/operation/kinds.h"
#include "nfvo/lifecycle/operation/retry.h"

#include "proto/records/descriptor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_operation_kinds(void **state)
{
    (void)state;
    for (int k = 0; k < OPERATION_KIND_N; k++) {
        const struct operation_kind_row *r = &operation_kinds[k];
        assert_int_equal(operation_kind_parse(r->word), k);
        assert_int_equal(operation_kind_of_code(r->code), k);
        assert_true(r->code > 0 && r->sentence && *r->sentence);
        assert_true(r->claims.nsr == CLAIM_X || r->claims.nsr == CLAIM_S);
        /* who excludes the whole service needs nothing below it; who does not, names its subject */
        assert_int_equal(r->claims.vnfr == CLAIM__, r->claims.nsr == CLAIM_X);
        assert_int_equal(r->claims.instance == CLAIM_X, r->scope == SCOPE_INSTANCE);
        assert_int_equal(*r->task != '\0', *r->task_done != '\0');
        assert_int_equal(*r->sol003 != '\0', *r->sol005 != '\0');
        if (r->class == CLASS_SIDE) /* INSTANTIATE_FINISH is for the life of a service (O11) */
            assert_int_not_equal(r->finish, ACTION_INSTANTIATE_FINISH);
        if (r->class == CLASS_LIFE) /* what is broken stays claimed until somebody decides */
            assert_int_equal(r->hold, HOLD_ALL);
    }
    assert_int_equal(operation_kind_parse("DEPLOYED"), -1);
    assert_int_equal(operation_kind_parse(NULL), -1);
    assert_int_equal(operation_kind_of_code(0), -1);
}

/* Codes are in the world: command ids, reply queues, agents' journals. */
static void test_codes_stay(void **state)
{
    (void)state;
    assert_int_equal(operation_kinds[OPERATION_DEPLOY].code, 1);
    assert_int_equal(operation_kinds[OPERATION_RESUME].code, 19);
    assert_int_equal(step_kinds[STEP_INSTANTIATE].code, 64);
    assert_int_equal(step_kinds[STEP_DROP_SERVICE].code, 88);
}

static void test_step_kinds(void **state)
{
    (void)state;
    for (int k = 0; k < STEP_KIND_N; k++) {
        const struct step_kind_row *r = &step_kinds[k];
        bool is_asked = r->peer != PEER_NFVO;
        assert_int_equal(step_kind_parse(r->word), k);
        assert_int_equal(step_kind_of_code(r->code), k);
        assert_true(r->code >= 64 && *r->sentence);
        /* who is asked has a deadline, an option for it, and something to say about silence */
        assert_int_equal(is_asked, r->deadline_us > 0);
        assert_int_equal(is_asked, *r->deadline != '\0');
        assert_int_equal(is_asked, r->answers != ANSWERS_NONE);
        assert_int_equal(r->peer == PEER_VNFM, r->action != ACTION_NONE);
        if (r->peer != PEER_VNFM)
            assert_int_equal(r->takes, TAKES_NONE);
        if (r->again_ours == SEND_NEVER)
            fail_msg("%s: our peers recognise repetitions", r->word);
        if (r->undo == UNDO_RESTORE && r->peer != PEER_NFVO)
            fail_msg("%s: only our own values can be restored", r->word);
    }
    assert_int_equal(step_kind_parse(NULL), -1);
    assert_int_equal(step_kind_of_code(1), -1);
}

static void test_undos(void **state)
{
    (void)state;
    for (int u = 0; u < STEP_UNDO_N; u++) {
        bool is_over = false;
        assert_int_equal(step_undo_parse(step_undos[u].word), u);
        assert_non_null(step_undos[u].sentence);
        for (int i = 0; i < STEP_UNDO_STAGES; i++) {
            enum step_kind stage = step_undos[u].stages[i];
            is_over = is_over || stage == STEP_NO;
            assert_int_equal(is_over, stage == STEP_NO); /* no gap */
        }
    }
}

/* Every request to a VNFM has its row in the table of answers, with an answer of its own. */
static void test_answers(void **state)
{
    (void)state;
    for (int k = 0; k < STEP_KIND_N; k++) {
        const struct step_answers_row *r = &step_answers_rows[k];
        assert_int_equal(step_kinds[k].peer == PEER_VNFM, r->action != ACTION_NONE);
        for (int sdk = 0; r->action && sdk < SDK_N; sdk++) {
            enum step_answers a = step_answers_of(k, sdk);
            assert_int_equal(a == ANSWERS_OPTIONAL, r->manner[sdk] == SDK_SILENT);
            assert_true(a != ANSWERS_BY_SDK);
            assert_true(sdk != SDK_C || a != ANSWERS_OPTIONAL); /* ours say what became of it */
            assert_true(answer_judge(k, false, sdk, REPLY_ACTION, r->action).is_ok);
            bool is_fault = answer_judge(k, false, sdk, REPLY_ERROR, ACTION_ERROR).is_ok;
            assert_int_equal(is_fault, step_kinds[k].answers == ANSWERS_ANYTHING);
        }
    }
    for (int sdk = 0; sdk < SDK_N; sdk++)
        assert_int_equal(sdk_parse(sdk_word(sdk)), sdk);
    assert_int_equal(sdk_parse("rust"), SDK_UNKNOWN);
}

static void test_verdicts(void **state)
{
    static const struct {
        enum step_kind step;
        bool is_resume;
        enum sdk sdk;
        enum reply_shape shape;
        enum action action;
        bool is_ok, ran_nothing, has_note;
    } cases[] = {
        {STEP_REINSTANTIATE, 0, SDK_GO, REPLY_ACTION, ACTION_UPDATE, 1, 1, 1},
        {STEP_REINSTANTIATE, 0, SDK_JAVA, REPLY_ACTION, ACTION_UPDATE, 0, 0, 1},
        {STEP_REINSTANTIATE, 0, SDK_UNKNOWN, REPLY_ACTION, ACTION_UPDATE, 1, 1, 1},
        {STEP_REINSTANTIATE, 0, SDK_PYTHON, REPLY_ACTION, ACTION_INSTANTIATE, 1, 1, 1},
        {STEP_INSTANTIATE, 0, SDK_GO, REPLY_ACTION, ACTION_UPDATE, 0, 0, 1},
        {STEP_INSTANTIATE, 0, SDK_JAVA, REPLY_NULL, 0, 0, 0, 1},
        {STEP_SCALE_OUT, 0, SDK_C, REPLY_ACTION, ACTION_SCALED, 1, 0, 0},
        {STEP_SCALE_OUT, 0, SDK_C, REPLY_ACTION, ACTION_SCALE_OUT, 0, 0, 1},
        {STEP_SCALE_OUT, 0, SDK_JAVA, REPLY_NULL, 0, 0, 0, 1},
        {STEP_SCALE_IN, 0, SDK_JAVA, REPLY_NULL, 0, 1, 0, 0},
        {STEP_EXECUTE, 0, SDK_GO, REPLY_NULL, 0, 1, 0, 1},
        {STEP_UPDATE, 0, SDK_JAVA, REPLY_NULL, 0, 1, 0, 1},
        {STEP_UPDATE, 0, SDK_GO, REPLY_NULL, 0, 0, 0, 1},
        {STEP_HEAL, 0, SDK_GO, REPLY_NULL, 0, 0, 0, 1},
        {STEP_START, 1, SDK_PYTHON, REPLY_ACTION, ACTION_RESUME, 1, 0, 0},
        {STEP_START, 0, SDK_PYTHON, REPLY_ACTION, ACTION_RESUME, 0, 0, 1},
        {STEP_START, 1, SDK_GO, REPLY_NULL, 0, 0, 0, 1},
        {STEP_START, 0, SDK_C, REPLY_UNREADABLE, 0, 0, 0, 1},
        {STEP_TERMINATE, 0, SDK_C, REPLY_ERROR, ACTION_ERROR, 1, 0, 1},
        {STEP_TERMINATE, 0, SDK_C, REPLY_UNREADABLE, 0, 1, 0, 1},
        {STEP_TERMINATE, 0, SDK_C, REPLY_NULL, 0, 1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verdict v = answer_judge(cases[i].step, cases[i].is_resume, cases[i].sdk,
                                        cases[i].shape, cases[i].action);
        if (v.is_ok != cases[i].is_ok || v.ran_nothing != cases[i].ran_nothing ||
            (v.note != NULL) != cases[i].has_note)
            fail_msg("case %zu: ok %d, ran nothing %d, note %s", i, v.is_ok, v.ran_nothing, v.note);
    }
}

/* Every way to fail has a form for every peer, and what is refused says what to type. */
static void test_retry_forms(void **state)
{
    const struct retry_consent none = {0}, all = {.repeat = true, .unknown = UNKNOWN_REPEAT};
    (void)state;
    for (int k = 0; k < STEP_KIND_N; k++)
        for (int cause = CAUSE_UNSENT; cause < CAUSE_N; cause++)
            for (int sdk = 0; sdk < SDK_N; sdk++) {
                struct plan_step s = {.kind = k, .cause = cause, .state = STEP_STATE_FAILED};
                enum step_form form = retry_form(&s, sdk, &none);
                assert_int_not_equal(retry_form(&s, sdk, &all), FORM_REFUSED);
                if (sdk == SDK_C) /* ours never need consent */
                    assert_int_not_equal(form, FORM_REFUSED);
                if (form == FORM_REFUSED)
                    assert_non_null(strstr(retry_refusal(&s), "retry"));
                if (step_kinds[k].peer == PEER_DRIVER)
                    assert_int_equal(form, FORM_LISTING);
                if (k == STEP_UPDATE_SCRIPT && sdk != SDK_C) /* the same text twice */
                    assert_int_equal(form, FORM_MESSAGE);
                else if (cause == CAUSE_OUTCOME && step_kinds[k].peer == PEER_VNFM &&
                         k != STEP_TERMINATE)
                    assert_int_equal(form, sdk == SDK_C ? FORM_SAME : FORM_REFUSED);
            }
    struct plan_step i = {.kind = STEP_START, .cause = CAUSE_SCRIPT, .instance = "i"};
    assert_int_equal(retry_form(&i, SDK_JAVA, &none), FORM_REFUSED);
    i.instance = NULL;
    assert_int_equal(retry_form(&i, SDK_JAVA, &none), FORM_RESUME);
    assert_int_equal(retry_form(&i, SDK_JAVA, &all), FORM_MESSAGE); /* it could not resume */
    assert_int_equal(retry_form(&i, SDK_C, &all), FORM_RESUME);
    /* Without its servers there is nothing to go on with: they are made anew. */
    struct plan_step v = {.kind = STEP_INSTANTIATE, .cause = CAUSE_SCRIPT, .is_touched = true};
    assert_int_equal(retry_form(&v, SDK_JAVA, &none), FORM_RESUME);
    assert_int_equal(retry_form(&v, SDK_JAVA, &all), FORM_ANEW);
    assert_int_equal(retry_form(&v, SDK_GO, &none), FORM_ANEW);
    v.cause = CAUSE_RESOURCES;
    assert_int_equal(retry_form(&v, SDK_C, &none), FORM_ANEW);
    v.cause = CAUSE_OUTCOME;
    assert_int_equal(retry_form(&v, SDK_UNKNOWN, &none), FORM_ANEW);
    v.is_machines = true; /* of a RESUME: its machine goes on from where it stands */
    assert_int_equal(retry_form(&v, SDK_C, &none), FORM_SAME);
    v.is_machines = v.is_touched = false;
    v.cause = CAUSE_UNSENT;
    assert_int_equal(retry_form(&v, SDK_C, &none), FORM_MESSAGE);
    v = (struct plan_step){.kind = STEP_TERMINATE, .state = STEP_STATE_UNKNOWN};
    assert_int_equal(retry_form(&v, SDK_UNKNOWN, &none), FORM_MESSAGE);
}

/* The catalogue checks VNFDs by a list of its own (proto). */
static void test_words_of_descriptors(void **state)
{
    (void)state;
    for (int i = 1; i < POLICY_N; i++)
        assert_string_equal(vdu_on_failure_words[i - 1], fault_policy_words[i]);
    assert_null(vdu_on_failure_words[POLICY_N - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_descriptors),
        cmocka_unit_test(test_operation_kinds),
        cmocka_unit_test(test_codes_stay),
        cmocka_unit_test(test_step_kinds),
        cmocka_unit_test(test_undos),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_retry_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
