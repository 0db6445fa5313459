#include "tests/sim/watch_private.h"

#include "nfvo/lifecycle/operation/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena watch_scratch; /* one simulator, one thread */

static const enum action told_actions[] = {ACTION_SCALE_OUT, ACTION_SCALE_IN, ACTION_HEAL,
                                           ACTION_INSTANTIATE_FINISH};

void watch_start(struct sim *s)
{
    s->watch = arena_alloc(&s->arena, sizeof(*s->watch));
    for (size_t i = 0; i < ARRAY_LEN(told_actions); i++) {
        const char *word = action_word(told_actions[i]);
        struct row r = {.kind = ROW_INTEREST, .id = word, .agg = word, .doc = "", .state = ""};
        r.key[INTEREST_PROJECT] = "*";
        r.key[INTEREST_EVENT] = word;
        r.key[INTEREST_SUBJECT] = "";
        store_put(s, &r);
    }
}

void watch_add_name(struct sim *s, struct named **list, const char *name)
{
    struct named *n = arena_alloc(&s->arena, sizeof(*n));
    *n = (struct named){*list, arena_strdup(&s->arena, name)};
    *list = n;
}

bool watch_has(const struct named *list, const char *name)
{
    for (; list; list = list->next)
        if (strcmp(list->name, name) == 0)
            return true;
    return false;
}

void watch_consent(struct sim *s, const char *operation)
{
    watch_add_name(s, &s->watch->consents, operation);
}

void watch_vouch(struct sim *s, const char *operation)
{
    watch_add_name(s, &s->watch->vouched, operation);
}

void watch_cancel(struct sim *s, const char *nsr)
{
    watch_add_name(s, &s->watch->cancelled, nsr);
}

bool watch_is_cancelled(const struct sim *s, const char *nsr)
{
    return watch_has(s->watch->cancelled, nsr);
}

/* --- operations ------------------------------------------------------------------------------- */

struct operation *watch_read(struct sim *s, const struct row *r)
{
    struct operation *op = arena_alloc(&watch_scratch, sizeof(*op));
    struct err err = ERR_INIT;
    *op = (struct operation){.id = r->id,
                             .kind = operation_kind_parse(r->key[OPERATION_KIND]),
                             .state = r->phase,
                             .nsr = r->agg,
                             .vnfr = *r->key[OPERATION_VNFR] ? r->key[OPERATION_VNFR] : NULL};
    if (operation_read(r->doc, strlen(r->doc), op, &watch_scratch, &err) == ERR_OK)
        return op;
    sim_violate(s, "operation %.8s cannot be read: %s", r->id, err.msg);
    return NULL;
}

struct seen_step *watch_step_of(struct sim *s, const char *operation, uint16_t n)
{
    struct seen_step *x = s->watch->steps;
    for (; x; x = x->next)
        if (x->n == n && strcmp(x->operation, operation) == 0)
            return x;
    x = arena_alloc(&s->arena, sizeof(*x));
    *x = (struct seen_step){
        .next = s->watch->steps, .operation = arena_strdup(&s->arena, operation), .n = n};
    return s->watch->steps = x;
}

struct wiped *watch_wiped(struct sim *s, const char *vnfr)
{
    struct wiped *x = s->watch->wiped;
    for (; x; x = x->next)
        if (strcmp(x->vnfr, vnfr) == 0)
            return x;
    x = arena_alloc(&s->arena, sizeof(*x));
    *x = (struct wiped){.next = s->watch->wiped, .vnfr = arena_strdup(&s->arena, vnfr)};
    return s->watch->wiped = x;
}

void watch_step_violates(struct sim *s, const struct operation *op, const struct plan_step *x,
                         const char *what)
{
    sim_violate(s, "operation %s %.8s: step %u, %s, %s", operation_kind_word(op->kind), op->id,
                x->n, step_kind_word(x->kind), what);
}

static bool is_foreign(struct sim *s, const char *vnfr)
{
    const struct row *r = vnfr ? store_row(s, ROW_VNFR, vnfr) : NULL;
    struct vnfr_state *st = NULL;
    return r &&
           proto_decode(&vnfr_state_type, r->state, strlen(r->state), 0, &watch_scratch, &st,
                        NULL) == ERR_OK &&
           !st->correlates;
}

static bool is_satisfied(const struct operation *op, uint16_t n)
{
    const struct plan_step *before = operation_step(op, n);
    return step_is_satisfied(before) ||
           (before->state == STEP_STATE_FAILED &&
            (op->kind == OPERATION_RELEASE || op->policy == POLICY_PARTIAL));
}

/* From one document to the next. */
static void check_step(struct sim *s, const struct operation *op, const struct plan_step *was,
                       const struct plan_step *x)
{
    int from = was ? was->state : STEP_STATE_PLANNED;
    /* of a deployment: its VNF failed by itself afterwards, and is started again by a retry */
    bool is_again = op->is_run && was && x->attempt > was->attempt;
    if (from == STEP_STATE_DONE && !is_again && x->state != STEP_STATE_DONE &&
        x->state != STEP_STATE_UNDOING && x->state != STEP_STATE_UNDO_FAILED &&
        x->state != STEP_STATE_UNDONE)
        watch_step_violates(s, op, x, "was DONE, and goes again");
    for (uint32_t k = 0; x->state == STEP_STATE_SENT && k < x->after.n; k++)
        if (!is_satisfied(op, x->after.at[k]))
            watch_step_violates(s, op, x, "is sent before what it waits for");
    if (from == STEP_STATE_UNKNOWN && x->attempt > was->attempt && is_foreign(s, x->vnfr) &&
        step_kinds[x->kind].peer == PEER_VNFM && step_kinds[x->kind].again_foreign == SEND_NEVER &&
        step_kinds[x->kind].answers != ANSWERS_ANYTHING && /* its VNFR's phases send it once */
        !watch_has(s->watch->consents, op->id))
        watch_step_violates(s, op, x, "is repeated without consent, its outcome is unknown");
    if (operation_is_final(op) && step_is_open(x))
        watch_step_violates(s, op, x, "is open though the operation has ended");
}

static void note_step(struct sim *s, const struct operation *op, const struct plan_step *was,
                      const struct plan_step *x)
{
    struct seen_step *seen = watch_step_of(s, op->id, x->n);
    seen->state = x->state;
    bool is_failed =
        x->state == STEP_STATE_FAILED && (x->cause == CAUSE_SCRIPT || x->cause == CAUSE_OUTCOME);
    if (is_failed || x->state == STEP_STATE_DONE || x->state == STEP_STATE_UNKNOWN) {
        seen->has_run = true;
        seen->is_undone = false;
    }
    seen->is_newly_done = x->state == STEP_STATE_DONE && was && was->state != x->state &&
                          !watch_has(s->watch->vouched, op->id);
    /* One that launches another server says by being sent that the one before is gone. */
    bool is_told = x->state != STEP_STATE_SENT || x->kind == STEP_REBUILD;
    if ((!was || was->state != x->state) && is_told && x->state != STEP_STATE_PLANNED && x->vnfr) {
        struct change *c = arena_alloc(&s->arena, sizeof(*c));
        bool is_of_one = step_kinds[x->kind].takes == TAKES_BOTH ||
                         step_kinds[x->kind].takes == TAKES_INSTANCE ||
                         x->kind == STEP_MARK_FAILED || x->kind == STEP_REBUILD;
        *c = (struct change){.next = s->watch->ended, .vnfr = arena_strdup(&s->arena, x->vnfr)};
        c->instance = is_of_one && x->instance ? arena_strdup(&s->arena, x->instance) : NULL;
        s->watch->ended = c;
    }
}

/* Whatever may have had an effect is undone, not only what is DONE. */
static void check_rolled_back(struct sim *s, const struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i];
        const struct seen_step *seen = watch_step_of(s, op->id, x->n);
        enum step_kind first = step_undos[x->undo].stages[0];
        if (x->undo == UNDO_VNFR) /* by its VNFR's phases: invariants.c looks for what is left */
            continue;
        if (seen->has_run && !seen->is_undone && first < STEP_SELF &&
            step_kinds[first].peer == PEER_VNFM)
            watch_step_violates(s, op, x, "ran, and was not undone by the rollback");
    }
}

/* What could not be added is FAILED when its operation is given up, or goes on without it. */
static void note_given_up(struct sim *s, const struct operation *op)
{
    bool is_over = op->state == OPERATION_STATE_FAILED || op->state == OPERATION_STATE_COMPLETED;
    for (uint32_t i = 0; is_over && i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i];
        if (x->kind != STEP_SCALE_OUT || x->state == STEP_STATE_DONE || !x->instance)
            continue;
        struct change *c = arena_alloc(&s->arena, sizeof(*c));
        *c = (struct change){.next = s->watch->ended,
                             .vnfr = arena_strdup(&s->arena, x->vnfr),
                             .instance = arena_strdup(&s->arena, x->instance)};
        s->watch->ended = c;
    }
}

/* By the steps alone: whether its status may be ACTIVE (watch_status.c). */
static void note_rebuilt(struct sim *s, const struct operation *op, const struct plan_step *was,
                         const struct plan_step *x)
{
    bool is_over = was && was->state != x->state &&
                   (x->state == STEP_STATE_DONE ||
                    (x->state == STEP_STATE_UNDONE &&
                     (was->state == STEP_STATE_UNDOING || was->state == STEP_STATE_UNDO_FAILED)));
    if (!is_over || !x->vnfr)
        return;
    if (x->kind == STEP_REINSTANTIATE)
        watch_wiped(s, x->vnfr)->is_empty = false;
    for (uint32_t i = 0; x->kind == STEP_REBUILD && i < op->n_steps; i++)
        if (op->steps[i].kind == STEP_REINSTANTIATE)
            watch_wiped(s, x->vnfr)->is_empty = true;
}

static void on_operation(struct sim *s, const struct row *before, const struct row *after)
{
    arena_reset(&watch_scratch);
    const struct operation *was = before ? watch_read(s, before) : NULL,
                           *op = after ? watch_read(s, after) : was;
    struct watch *w = s->watch;
    if (!op || !after)
        return;
    w->nsr = arena_strdup(&s->arena, op->nsr);
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *old = was ? operation_step(was, op->steps[i].n) : NULL;
        check_step(s, op, old, &op->steps[i]);
        note_step(s, op, old, &op->steps[i]);
        note_rebuilt(s, op, old, &op->steps[i]);
    }
    if (op->state != OPERATION_STATE_STARTING && !operation_is_by_phases(op))
        watch_moves(s, op);
    if (!operation_is_by_phases(op) && op->state == OPERATION_STATE_PROCESSING &&
        (!was || was->state == OPERATION_STATE_STARTING))
        watch_add_name(s, &w->begun, op->id);
    if (was && was->state == op->state)
        return;
    note_given_up(s, op);
    if (op->state == OPERATION_STATE_ROLLED_BACK)
        check_rolled_back(s, op);
    if (op->state == OPERATION_STATE_FAILED && op->vnfr) { /* what it was making is marked so */
        struct change *c = arena_alloc(&s->arena, sizeof(*c));
        *c = (struct change){.next = w->ended, .vnfr = arena_strdup(&s->arena, op->vnfr)};
        w->ended = c;
    }
    if (op->state == OPERATION_STATE_COMPLETED)
        w->completed[operation_kinds[op->kind].finish]++;
}

/* "<vnfr>/<operation>/<step>/<attempt>/undo": a request of its undo, or the word that there is none
 * to be sent. */
void watch_command(struct sim *s, const struct command *c)
{
    char operation[64];
    unsigned n;
    if (sscanf(c->subject, "%*[^/]/%63[^/]/%u/", operation, &n) != 2)
        return;
    struct seen_step *x = watch_step_of(s, operation, (uint16_t)n);
    if (strstr(c->subject, "/undo"))
        x->is_undone = true;
    else if (c->kind != CMD_TIMER_OPERATION)
        watch_add_name(s, &x->commands, x->command = arena_strdup(&s->arena, c->id));
}

/* --- records ---------------------------------------------------------------------------------- */

static const struct vnfc_instance *instance_of(const struct vnfr *v, const char *id)
{
    for (uint32_t u = 0; u < v->vdu.n; u++)
        for (uint32_t k = 0; k < v->vdu.at[u]->vnfc_instance.n; k++) {
            const struct vnfc_instance *x = v->vdu.at[u]->vnfc_instance.at[k];
            if (x->id && strcmp(x->id, id) == 0)
                return x;
        }
    return NULL;
}

const struct vnfr *watch_record(const struct row *r)
{
    struct vnfr *v = NULL;
    return proto_decode(&vnfr_type, r->doc, strlen(r->doc), 0, &watch_scratch, &v, NULL) == ERR_OK
               ? v
               : NULL;
}

static void add_change(struct sim *s, const char *vnfr, const char *instance, const char *from,
                       const char *to)
{
    struct change *c = arena_alloc(&s->arena, sizeof(*c));
    *c = (struct change){.next = s->watch->instances,
                         .vnfr = arena_strdup(&s->arena, vnfr),
                         .instance = arena_strdup(&s->arena, instance),
                         .from = arena_strdup(&s->arena, from),
                         .to = arena_strdup(&s->arena, to)};
    s->watch->instances = c;
}

/* Of a VNFR that operations work on: what becomes of its instances. */
static void on_vnfr(struct sim *s, const struct row *before, const struct row *after)
{
    if (after && (!before || before->phase != after->phase))
        s->watch->nsr = arena_strdup(&s->arena, after->agg);
    if (before && before->phase == VNFR_ACTIVE)
        watch_old(s, before);
    if (!before || !after || before->phase != VNFR_ACTIVE || after->phase != VNFR_ACTIVE ||
        strcmp(before->doc, after->doc) == 0)
        return;
    arena_reset(&watch_scratch);
    const struct vnfr *was = watch_record(before), *is = watch_record(after);
    for (uint32_t u = 0; was && is && u < was->vdu.n; u++)
        for (uint32_t k = 0; k < was->vdu.at[u]->vnfc_instance.n; k++) {
            const struct vnfc_instance *x = was->vdu.at[u]->vnfc_instance.at[k];
            const struct vnfc_instance *now = x->id ? instance_of(is, x->id) : NULL;
            if (x->id && !now)
                watch_add_name(s, &s->watch->dropped, x->id);
            else if (now && strcmp(x->state ? x->state : "", now->state ? now->state : "") != 0)
                add_change(s, after->id, x->id, x->state ? x->state : "",
                           now->state ? now->state : "");
        }
    for (uint32_t u = 0; was && is && u < is->vdu.n; u++)
        for (uint32_t k = 0; k < is->vdu.at[u]->vnfc_instance.n; k++) {
            const struct vnfc_instance *x = is->vdu.at[u]->vnfc_instance.at[k];
            if (x->id && !instance_of(was, x->id) && watch_has(s->watch->dropped, x->id))
                sim_violate(s, "instance %.8s of VNFR %.8s was removed, and is back", x->id,
                            after->id);
        }
}

void watch_row(struct sim *s, const struct row *before, const struct row *after)
{
    int kind = after ? after->kind : before->kind;
    if (kind == ROW_OPERATION)
        on_operation(s, before, after);
    else if (kind == ROW_VNFR)
        on_vnfr(s, before, after);
}

/* --- what is told ----------------------------------------------------------------------------- */

void watch_event(struct sim *s, const struct outgoing_event *e)
{
    if (!e->vnfr_id)
        s->watch->told[action_parse(e->action)]++;
}

void watch_error(struct sim *s, const char *nsr, const char *vnfr, const char *command,
                 const char *text)
{
    const struct seen_step *x = s->watch->steps;
    while (x && (!x->command || strcmp(x->command, command) != 0))
        x = x->next;
    if (!x || x->state != STEP_STATE_DONE)
        return;
    struct said *e = arena_alloc(&s->arena, sizeof(*e));
    *e = (struct said){.next = s->watch->errors,
                       .nsr = arena_strdup(&s->arena, nsr),
                       .vnfr = arena_strdup(&s->arena, vnfr),
                       .command = arena_strdup(&s->arena, command),
                       .text = arena_strdup(&s->arena, text)};
    s->watch->errors = e;
}

void watch_note(struct sim *s, const char *doc)
{
    if (strstr(doc, "\"text\":\"vnf ") || strstr(doc, "\"text\":\"instance "))
        s->watch->difference = arena_strdup(&s->arena, doc);
    for (struct said *e = s->watch->errors; e; e = e->next)
        if (!e->is_read && strstr(doc, e->text))
            e->is_read = true;
}

/* A request that came twice (its sender died before it knew that it had gone out) is run twice by a
 * VNFM that does not recognise it, and fails twice: the command is over with the first ERROR. */
static bool is_known(const struct sim *s, const char *command)
{
    for (const struct said *e = s->watch->errors; e; e = e->next)
        if (e->is_read && strcmp(e->command, command) == 0)
            return true;
    return false;
}

void watch_settled(struct sim *s, bool (*has_gone)(const struct sim *s, const char *nsr))
{
    for (const struct said *e = s->watch->errors; e; e = e->next)
        if (!is_known(s, e->command) && !has_gone(s, e->nsr) && store_row(s, ROW_VNFR, e->vnfr))
            sim_violate(s, "a VNFM of NSR %.8s said '%s', and no history has it", e->nsr, e->text);
}

/* --- when the transaction ends ---------------------------------------------------------------- */

/* H2: an answer's record is an old copy; what it says of instances that its step is not about must
 * not come into ours. Standby and failed ones are not started with the others (O5). */
static void check_instances(struct sim *s)
{
    for (const struct change *x = s->watch->instances; x; x = x->next) {
        bool is_apart = strcmp(x->from, "STANDBY") == 0 || strcmp(x->from, "FAILED") == 0;
        /* What an operation was making is marked when a person fails that: no step ends then. */
        bool is_explained = strcmp(x->to, "FAILED") == 0;
        for (const struct change *c = s->watch->ended; c && !is_explained; c = c->next)
            is_explained = strcmp(c->vnfr, x->vnfr) == 0 &&
                           (c->instance ? strcmp(c->instance, x->instance) == 0 : !is_apart);
        if (!is_explained)
            sim_violate(s,
                        "instance %.8s of VNFR %.8s became %s out of %s, and no step of it ended",
                        x->instance, x->vnfr, x->to, x->from);
    }
}

static void check_told(struct sim *s)
{
    for (size_t i = 0; i < ARRAY_LEN(told_actions); i++) {
        enum action a = told_actions[i];
        int wanted = s->watch->completed[a], told = s->watch->told[a];
        if (a == ACTION_INSTANTIATE_FINISH ? told < wanted : told != wanted)
            sim_violate(s, "%d events %s, and %d operations that completed so", told,
                        action_word(a), wanted);
    }
}

void watch_saved(struct sim *s)
{
    struct watch *w = s->watch;
    check_instances(s);
    check_told(s);
    if (w->nsr && !*s->violation) {
        arena_reset(&watch_scratch);
        watch_open(s);
        watch_statuses(s);
        watch_ends(s);
    }
    w->instances = w->ended = NULL;
    w->moved = w->begun = NULL;
    w->olds = NULL;
    w->difference = NULL;
    w->nsr = NULL;
    memset(w->completed, 0, sizeof(w->completed));
    memset(w->told, 0, sizeof(w->told));
}
