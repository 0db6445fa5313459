/* The document of an operation, as a row of the database has it. What is read could have been
 * written by this program: words that are known, numbers in order, no step that waits for itself or
 * a later one; and written again and read again it is the same. What is not, says why, and leaves
 * the operation as it was. */
#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finding(const char *what, const char *detail)
{
    fprintf(stderr, "finding: %s: %s\n", what, detail);
    abort();
}

static void check_step(const struct operation *op, uint32_t i, const char *text)
{
    const struct plan_step *s = &op->steps[i];
    if (s->n != i + 1 || operation_step(op, s->n) != s)
        finding("a number out of order", text);
    if ((int)s->kind < 0 || !step_kind_word(s->kind) || s->state < 0 || s->state >= STEP_STATE_N ||
        (int)s->form < 0 || s->form >= FORM_N || (int)s->cause < 0 || s->cause >= CAUSE_N)
        finding("a word that is none", text);
    if (s->with >= s->n || s->attempt == 0 || s->since == 0 || s->undo_at > STEP_UNDO_STAGES)
        finding("a number out of range", text);
    for (uint32_t k = 0; k < s->after.n; k++)
        if (s->after.at[k] == 0 || s->after.at[k] >= s->n ||
            (k && s->after.at[k] <= s->after.at[k - 1]))
            finding("a step waits for itself or a later one", text);
}

static void check_read(const struct operation *op, struct arena *a, const char *text)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT, again = SBUF_INIT;
    struct operation copy = {.id = op->id, .kind = op->kind};
    struct err err = ERR_INIT;
    if (op->n_steps > PLAN_STEPS_MAX || op->attempts == 0 || (int)op->policy < 0 ||
        op->policy >= POLICY_N || (int)op->cancel < 0 || op->cancel > CANCEL_FORCEFUL)
        finding("out of range", text);
    for (uint32_t i = 0; i < op->n_steps; i++)
        check_step(op, i, text);
    operation_current_step(op);
    operation_write(op, a, &out);
    if (operation_read(out.s, out.len, &copy, a, &err) != ERR_OK)
        finding(err.msg, out.s);
    operation_write(&copy, a, &again);
    if (strcmp(out.s, again.s) != 0)
        finding("written again it is another", again.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *text = arena_strndup(&a, (const char *)data, size);
    struct operation op = {.id = "op-1"}, before = op;
    struct err err = ERR_INIT;
    if (operation_read(text, size, &op, &a, &err) == ERR_OK)
        check_read(&op, &a, text);
    else if (!err.msg[0])
        finding("no reason", text);
    else if (memcmp(&op, &before, sizeof(op)) != 0)
        finding("changed by what is refused", text);
    return 0;
}
