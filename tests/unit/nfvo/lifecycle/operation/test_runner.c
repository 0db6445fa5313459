/* The runner, told as stories: a service, an operation, what happens to it, and what it does then
 * (runs.inc). And that no cell of the two matrices is without a story. */
#include "nfvo/lifecycle/operation/claims.h"
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct story {
    const char *what, *service, *request, *script, *trace;
};

/* clang-format off */
#define R(what, service, request, script, trace) { what, service, request, script, trace },
static const struct story stories[] = {
#include "tests/unit/nfvo/lifecycle/operation/runs.inc"
};
#undef R
/* clang-format on */

struct stage {
    struct arena arena;
    struct run run;
    struct operations open;
    struct operation *op;
    struct fault fault;
    struct sbuf out;
    char same[32]; /* VNFR that knows all values already; "all" */
};

static bool is_needed(void *arg, const struct operation *op, const struct plan_step *s)
{
    const struct stage *st = arg;
    (void)op;
    return strcmp(st->same, s->name) != 0 && strcmp(st->same, "all") != 0;
}

static void show(struct stage *st)
{
    for (uint32_t i = 0; i < st->run.actions.n; i++) {
        const struct run_action *a = &st->run.actions.at[i];
        if (a->what == RUN_CLOSE)
            continue;
        if (a->what == RUN_STATE)
            sbuf_addf(&st->out, " =%s", operation_state_words[a->state]);
        else
            sbuf_addf(&st->out, " %s %u", run_action_words[a->what], a->step->n);
        if (a->what == RUN_SEND || a->what == RUN_UNDO || a->what == RUN_APPLY)
            sbuf_addf(&st->out, " %s", step_kind_word(a->kind));
        if (a->what == RUN_SEND && a->form != FORM_MESSAGE)
            sbuf_addf(&st->out, "/%s", step_form_words[a->form]);
        sbuf_adds(&st->out, ",");
    }
    if (st->out.len && st->out.s[st->out.len - 1] == ',')
        sbuf_truncate(&st->out, st->out.len - 1);
    st->run.actions.n = 0;
}

static void news(struct stage *st, uint16_t n, const char *what)
{
    static const struct {
        const char *word;
        struct step_news news;
    } all[] = {
        {"OK", {.event = STEP_EV_OK}},
        {"FAULT", {.event = STEP_EV_FAULT, .cause = CAUSE_SCRIPT}},
        {"RESOURCES", {.event = STEP_EV_FAULT, .cause = CAUSE_RESOURCES}},
        {"UNSENT", {.event = STEP_EV_UNSENT}},
        {"OUT", {.event = STEP_EV_OUT}},
        {"OLD", {.event = STEP_EV_OK, .attempt = 1}},
        {"UNDO", {.event = STEP_EV_OK, .is_undo = true}},
        {"UNDOFAULT", {.event = STEP_EV_FAULT, .is_undo = true}},
        {"UNDOUNSENT", {.event = STEP_EV_UNSENT, .is_undo = true}},
        {"UNDOOUT", {.event = STEP_EV_OUT, .is_undo = true}},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (strcmp(all[i].word, what) == 0) {
            struct step_news one = all[i].news;
            one.fault = one.event == STEP_EV_FAULT ? &st->fault : NULL;
            run_step(&st->run, st->op, operation_step(st->op, n), &one);
            return;
        }
    fail_msg("what is '%s'?", what);
}

static void verb(struct stage *st, enum operation_event event, const char *arg)
{
    struct err err = ERR_INIT;
    struct run_ask ask = {.by = "op-2"};
    ask.consent.repeat = strcmp(arg, "repeat") == 0;
    ask.consent.unknown = strcmp(arg, "unknown=repeat") == 0 ? UNKNOWN_REPEAT
                          : strcmp(arg, "unknown=done") == 0 ? UNKNOWN_IS_DONE
                                                             : UNKNOWN_ASK;
    ask.cancel = strcmp(arg, "forceful") == 0 ? CANCEL_FORCEFUL : CANCEL_GRACEFUL;
    if (run_verb(&st->run, st->op, event, &ask, &err) != ERR_OK)
        sbuf_addf(&st->out, " (%s)", err.msg);
}

static void say_next(struct stage *st)
{
    struct proto_strs next = {0};
    run_next(&st->run, st->op, "demo", &next);
    for (uint32_t i = 0; i < next.n; i++)
        sbuf_addf(&st->out, "%s%s", i ? ", " : " ", next.at[i]);
}

static void play(struct stage *st, const char *line)
{
    char word[32] = "", arg[32] = "";
    sscanf(line, " %31s %31s", word, arg);
    if (strcmp(word, "begin") == 0)
        run_begin(&st->run, st->op);
    else if (strcmp(word, "overdue") == 0)
        run_overdue(&st->run, st->op);
    else if (strcmp(word, "same") == 0)
        snprintf(st->same, sizeof(st->same), "%s", arg);
    else if (strcmp(word, "policy") == 0)
        st->op->policy = fault_policy_parse(arg);
    else if (strcmp(word, "attempts") == 0)
        st->op->attempts = (uint16_t)atoi(arg);
    else if (strcmp(word, "wait") == 0)
        st->run.now += atoi(arg) * USEC_PER_SEC;
    else if (strcmp(word, "next") == 0)
        say_next(st);
    else if (strcmp(word, "supersede") == 0)
        run_supersede(&st->run, st->op, "op-2");
    else if (strcmp(word, "retry") == 0)
        verb(st, OPERATION_EV_RETRY, arg);
    else if (strcmp(word, "rollback") == 0)
        verb(st, OPERATION_EV_ROLLBACK, arg);
    else if (strcmp(word, "cancel") == 0)
        verb(st, OPERATION_EV_CANCEL, arg);
    else if (strcmp(word, "fail") == 0)
        verb(st, OPERATION_EV_FAIL, arg);
    else if (strcmp(word, "continue") == 0)
        verb(st, OPERATION_EV_CONTINUE, arg);
    else
        news(st, (uint16_t)atoi(word), arg);
}

static const char *tell(struct stage *st, const struct story *s)
{
    struct err err = ERR_INIT;
    struct plan plan;
    int made = 0;
    struct ids ids = {.ctx = &made, .make = scene_id};
    struct plan_request *q = scene_request(&st->arena, s->request);
    struct service_view *view = scene_read(&st->arena, s->service);
    char *save = NULL;
    if (plan_make(view, q, &ids, &st->arena, &plan, &err) != ERR_OK)
        fail_msg("%s: %s", s->what, err.msg);
    st->op = plan_operation(&plan, q, "op-1", view->id, 0, &st->arena);
    st->op->is_run = true; /* also a DEPLOY, whose phases would do it else */
    proto_list_add(&st->open, st->op, &st->arena);
    st->run = (struct run){.view = view,
                           .operations = &st->open,
                           .now = USEC_PER_SEC,
                           .arena = &st->arena,
                           .is_needed = is_needed,
                           .arg = st};
    for (char *line = strtok_r(arena_strdup(&st->arena, s->script), ";", &save); line;
         line = strtok_r(NULL, ";", &save)) {
        line += strspn(line, " ");
        sbuf_addf(&st->out, "%s%s:", st->out.len ? "\n" : "", line);
        play(st, line);
        run_settle(&st->run);
        show(st);
    }
    return arena_strndup(&st->arena, st->out.s, st->out.len);
}

static void print(const struct story *s, const char *got)
{
    printf("R(\"%s\",\n  \"%s\", \"%s\",\n  \"%s\",\n  \"", s->what, s->service, s->request,
           s->script);
    for (const char *c = got; *c; c++)
        if (*c == '\n')
            printf("\\n\"\n  \"");
        else
            printf(*c == '"' ? "\\%c" : "%c", *c);
    printf("\")\n");
}

static void test_stories(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct stage st = {.fault = {.code = "ERR_PEER", .message = "it broke"}, .out = SBUF_INIT};
        const char *got = tell(&st, &stories[i]);
        if (getenv("RUNS_PRINT"))
            print(&stories[i], got);
        else if (strcmp(got, stories[i].trace) != 0) {
            wrong++;
            print_error("%s\n--- got\n%s\n--- want\n%s\n", stories[i].what, got, stories[i].trace);
        }
        sbuf_release(&st.out);
        arena_release(&st.arena);
    }
    assert_int_equal(wrong, 0);
}

static int without_story(const struct fsm *m)
{
    int n = 0;
    for (int p = 0; p < m->n_phases; p++)
        for (int e = 0; e < m->n_events; e++)
            if (fsm_rule(m, p, e)->handle && !m->hits[p * m->n_events + e]) {
                print_error("%s: %s x %s: no story\n", m->name, m->phases[p], m->events[e]);
                n++;
            }
    return n;
}

/* Runs after the one above. */
static void test_every_cell_has_a_story(void **state)
{
    (void)state;
    assert_int_equal(without_story(&step_fsm) + without_story(&operation_fsm), 0);
}

static void test_empty_cells_do_nothing(void **state)
{
    (void)state;
    for (int p = 0; p < STEP_STATE_N; p++)
        for (int e = 0; e < STEP_EV_N; e++) {
            AUTO(arena_release) struct arena a = ARENA_INIT;
            struct plan_step s = {.n = 1, .kind = STEP_START, .state = p}, before = s;
            struct operation op = {.id = "op-1", .steps = &s, .n_steps = 1};
            struct run run = {.arena = &a, .operations = &(struct operations){0}};
            if (fsm_rule(&step_fsm, p, e)->handle)
                continue;
            assert_false(run_simple(&run, &op, &s, e));
            assert_memory_equal(&s, &before, sizeof(s));
            assert_int_equal(run.actions.n, 0);
        }
    for (int p = 0; p < OPERATION_STATE_N; p++)
        for (int e = 0; e < OPERATION_EV_N; e++) {
            AUTO(arena_release) struct arena a = ARENA_INIT;
            struct operation op = {.id = "op-1", .state = p}, before = op;
            struct run run = {.arena = &a, .operations = &(struct operations){0}};
            if (fsm_rule(&operation_fsm, p, e)->handle)
                continue;
            assert_false(run_event(&run, &op, e, NULL));
            assert_memory_equal(&op, &before, sizeof(op));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_every_cell_has_a_story),
        cmocka_unit_test(test_empty_cells_do_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
