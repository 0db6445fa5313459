#include "nfvo/lifecycle/operation/document.h"

#include "nfvo/lifecycle/operation/asked.h"
#include "proto/records/descriptor.h"

#include <string.h>

/* --- write ------------------------------------------------------------------------------------ */

struct proto_raw operation_numbers(const struct step_numbers *list, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    if (!list->n)
        return (struct proto_raw){0};
    for (uint32_t i = 0; i < list->n; i++)
        sbuf_addf(&out, "%c%u", i ? ',' : '[', list->at[i]);
    sbuf_addc(&out, ']');
    return (struct proto_raw){.at = arena_strndup(a, out.s, out.len), .n = out.len};
}

static struct stored_step *write_step(const struct plan_step *s, struct arena *a)
{
    struct stored_step *r = proto_new(&stored_step_type, a);
    r->n = s->n;
    r->kind = step_kind_word(s->kind);
    r->state = step_state_words[s->state];
    r->vnfr = s->vnfr;
    r->name = s->name;
    r->instance = s->instance;
    r->component = s->component;
    r->vdu = s->vdu;
    r->pop = s->pop;
    r->mode = s->mode;
    r->only = s->only;
    r->after = operation_numbers(&s->after, a);
    r->with = s->with;
    r->undo = s->undo != step_kinds[s->kind].undo ? step_undos[s->undo].word : NULL;
    r->undo_at = s->undo_at;
    r->form = s->form != FORM_MESSAGE ? step_form_words[s->form] : NULL;
    r->cause = s->cause != CAUSE_NONE ? fault_cause_words[s->cause] : NULL;
    r->attempt = s->attempt > 1 ? s->attempt : 0;
    r->since = s->since > 1 ? s->since : 0;
    r->if_changed = s->if_changed;
    r->is_always = s->is_always;
    r->is_touched = s->is_touched;
    r->is_anew = s->is_anew;
    r->is_undo_due = s->is_undo_due;
    r->is_machines = s->is_machines;
    r->needs_again = s->needs_again;
    r->sent_at = s->sent_at;
    r->done_at = s->done_at;
    r->not_before_at = s->not_before_at;
    r->stage = s->stage;
    r->policy = s->policy != POLICY_DEFAULT ? fault_policy_words[s->policy] : NULL;
    r->attempts = s->attempts;
    r->note = s->note;
    r->reason = s->reason;
    r->before = s->before;
    r->command = s->command;
    r->fault = s->fault;
    r->late_fault = s->late_fault;
    return r;
}

void operation_write(const struct operation *op, struct arena *a, struct sbuf *out)
{
    struct stored_operation *r = proto_new(&stored_operation_type, a);
    r->policy = op->policy != POLICY_DEFAULT ? fault_policy_words[op->policy] : NULL;
    r->attempts = op->attempts > 1 ? op->attempts : 0;
    r->cancel = op->cancel != CANCEL_NO ? cancel_mode_words[op->cancel] : NULL;
    r->is_rollback_pending = op->is_rollback_pending;
    r->is_undo_failed = op->is_undo_failed;
    r->is_partial = op->is_partial;
    r->is_run = op->is_run;
    r->superseded_by = op->superseded_by;
    r->queue_until_at = op->queue_until_at;
    if (op->asked && op->state == OPERATION_STATE_STARTING)
        r->asked = asked_write(op->asked, a);
    r->vnfrs = op->vnfrs;
    r->targets = op->targets;
    r->names = op->names;
    r->fault = op->fault;
    r->before = op->before;
    for (uint32_t i = 0; i < op->n_steps; i++)
        proto_list_add(&r->steps, write_step(&op->steps[i], a), a);
    proto_encode(&stored_operation_type, r, 0, out);
}

/* --- read ------------------------------------------------------------------------------------- */

/* A word of a list; NULL: what is left out means. -1, and err: not one of them. */
static int word(const char *const *words, int n, const char *text, int absent, const char *what,
                uint32_t step, struct err *err)
{
    for (int i = 0; text && i < n; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    if (!text)
        return absent;
    err_set(err, ERR_INVALID, "steps[%u].%s: '%.40s' is not known", step, what, text);
    err_where(err, "steps[%u].%s", step, what);
    return -1;
}

static enum err_code wrong(struct err *err, uint32_t step, const char *what)
{
    err_set(err, ERR_INVALID, "steps[%u].%s", step, what);
    return err_where(err, "steps[%u]", step);
}

/* "[1,2]": ascending numbers smaller than n. */
static enum err_code read_numbers(const struct proto_raw *raw, uint16_t n, struct step_numbers *ret,
                                  struct arena *a, struct err *err)
{
    const char *c = raw->at, *end = c ? c + raw->n : NULL;
    uint32_t value = 0, last = 0;
    bool has_digit = false;
    ret->at = NULL;
    ret->n = 0;
    if (!c)
        return ERR_OK;
    if (raw->n < 2 || *c != '[' || end[-1] != ']')
        return wrong(err, n - 1u, "after: must be a list of numbers");
    for (c++; c < end; c++) {
        if (*c >= '0' && *c <= '9' && value <= PLAN_STEPS_MAX) {
            value = value * 10 + (uint32_t)(*c - '0');
            has_digit = true;
        } else if ((*c == ',' || c == end - 1) && has_digit && value > last && value < n) {
            ret->at = arena_grow_array(a, ret->at, ret->n, sizeof(ret->at[0]));
            ret->at[ret->n++] = (uint16_t)value;
            last = value;
            value = 0;
            has_digit = false;
        } else if (*c != ' ' && !(c == end - 1 && ret->n == 0 && !has_digit)) {
            return wrong(err, n - 1u, "after: must be ascending numbers of steps before it");
        }
    }
    return ERR_OK;
}

static enum err_code read_words(const struct stored_step *r, uint32_t i, struct plan_step *s,
                                struct err *err)
{
    int kind = step_kind_parse(r->kind), undo = step_undo_parse(r->undo);
    int state = word(step_state_words, STEP_STATE_N, r->state, -1, "state", i, err);
    int form = word(step_form_words, FORM_N, r->form, FORM_MESSAGE, "form", i, err);
    int cause = word(fault_cause_words, CAUSE_N, r->cause, CAUSE_NONE, "cause", i, err);
    int policy = word(fault_policy_words, POLICY_N, r->policy, POLICY_DEFAULT, "policy", i, err);
    if (kind < 0)
        return wrong(err, i, "kind: is not known");
    if (r->undo && undo < 0)
        return wrong(err, i, "undo: is not known");
    if (!r->state)
        return wrong(err, i, "state: is missing");
    if (state < 0 || form < 0 || cause < 0 || policy < 0)
        return ERR_INVALID; /* word() said which */
    s->kind = kind;
    s->undo = r->undo ? (enum step_undo)undo : step_kinds[kind].undo;
    s->state = state;
    s->form = form;
    s->cause = cause;
    s->policy = policy;
    s->attempts = r->attempts > 0 && r->attempts <= VDU_ATTEMPTS_MAX ? (uint16_t)r->attempts : 0;
    return ERR_OK;
}

static enum err_code read_step(const struct stored_step *r, uint32_t i, struct plan_step *s,
                               struct arena *a, struct err *err)
{
    if (r->n != i + 1 || r->with < 0 || r->with > i)
        return wrong(err, i, "n: steps are numbered from 1, and stand behind earlier ones");
    if (r->attempt < 0 || r->attempt > UINT16_MAX || r->since < 0 || r->since > UINT16_MAX ||
        r->undo_at < 0 || r->undo_at > STEP_UNDO_STAGES)
        return wrong(err, i, "attempt: out of range");
    *s = (struct plan_step){
        .n = (uint16_t)(i + 1),
        .with = (uint16_t)r->with,
        .attempt = (uint16_t)(r->attempt ? r->attempt : 1),
        .since = (uint16_t)(r->since ? r->since : 1),
        .undo_at = (uint8_t)r->undo_at,
        .if_changed = r->if_changed,
        .is_always = r->is_always,
        .is_touched = r->is_touched,
        .is_anew = r->is_anew,
        .is_undo_due = r->is_undo_due,
        .is_machines = r->is_machines,
        .needs_again = r->needs_again,
        .vnfr = r->vnfr,
        .name = r->name,
        .instance = r->instance,
        .component = r->component,
        .vdu = r->vdu,
        .pop = r->pop,
        .mode = r->mode,
        .only = r->only,
        .sent_at = r->sent_at,
        .done_at = r->done_at,
        .not_before_at = r->not_before_at,
        .stage = r->stage,
        .note = r->note,
        .reason = r->reason,
        .before = r->before,
        .command = r->command,
        .fault = r->fault,
        .late_fault = r->late_fault,
    };
    enum err_code rc = read_words(r, i, s, err);
    return rc == ERR_OK ? read_numbers(&r->after, s->n, &s->after, a, err) : rc;
}

static int policy_of(const char *text, const char *const *words, int n)
{
    for (int i = 1; text && i < n; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return text ? -1 : 0;
}

enum err_code operation_read(const char *doc, size_t len, struct operation *op, struct arena *a,
                             struct err *err)
{
    struct stored_operation *r;
    enum err_code rc = proto_decode(&stored_operation_type, doc, len, 0, a, &r, err);
    if (rc != ERR_OK)
        return rc;
    int policy = policy_of(r->policy, fault_policy_words, POLICY_N);
    int cancel = policy_of(r->cancel, cancel_mode_words, ARRAY_LEN(cancel_mode_words));
    if (policy < 0 || cancel < 0 || r->attempts < 0 || r->attempts > UINT16_MAX)
        return err_set(err, ERR_INVALID, "policy, cancel or attempts: not known");
    if (r->steps.n > PLAN_STEPS_MAX)
        return err_set(err, ERR_LIMIT, "%u steps, at most %d", r->steps.n, PLAN_STEPS_MAX);
    struct plan_step *steps = arena_alloc(a, (r->steps.n + 1) * sizeof(*steps));
    for (uint32_t i = 0; i < r->steps.n && rc == ERR_OK; i++)
        rc = read_step(r->steps.at[i], i, &steps[i], a, err);
    if (rc != ERR_OK)
        return rc;
    op->policy = policy;
    op->cancel = cancel;
    op->attempts = (uint16_t)(r->attempts ? r->attempts : 1);
    op->is_rollback_pending = r->is_rollback_pending;
    op->is_undo_failed = r->is_undo_failed;
    op->is_partial = r->is_partial;
    op->is_run = r->is_run;
    op->superseded_by = r->superseded_by;
    op->queue_until_at = r->queue_until_at;
    op->asked = r->asked ? asked_read(r->asked, a) : NULL;
    op->vnfrs = r->vnfrs;
    op->targets = r->targets;
    op->names = r->names;
    op->fault = r->fault;
    op->before = r->before;
    op->steps = steps;
    op->n_steps = r->steps.n;
    return ERR_OK;
}
