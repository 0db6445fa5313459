/* The life of a run: what is told to it, and what follows. */
#include "vnfm-generic/lifecycle/internal.h"

#include <string.h>

static const char *const state_words[] = {
    [STEP_PLANNED] = "planned", [STEP_SENT] = "sent",       [STEP_DONE] = "done",
    [STEP_FAILED] = "failed",   [STEP_UNKNOWN] = "unknown", [STEP_SKIPPED] = "skipped"};

const char *step_state_word(enum step_state state)
{
    return state_words[state];
}

enum step_state step_state_parse(const char *word)
{
    for (size_t i = 0; word && i < ARRAY_LEN(state_words); i++)
        if (strcmp(state_words[i], word) == 0)
            return (enum step_state)i;
    return STEP_PLANNED;
}

bool step_is_settled(const struct step *step)
{
    return step->state > STEP_SENT;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void wake_at(struct run *run, int64_t at)
{
    if (at < run->due_at)
        run->due_at = at;
}

/* --- what earlier lives did --- */

void run_started(struct run *run, int64_t started_at, int64_t now)
{
    run->started_at = started_at;
    run->adopted_at = now > started_at ? now : 0; /* the first life needs no grace */
}

static void take_outcome(struct run *run, struct step *step, const struct step_row *row)
{
    step->state = row->state;
    step->is_asked_for = row->state == STEP_SENT && strcmp(step->command, row->command) != 0;
    step->command = arena_strdup(run->arena, row->command);
    step->first_sent_at = row->first_sent_at;
    step->sent_at = row->sent_at;
    step->done_at = row->done_at;
    step->took_ms = row->took_ms;
    step->exit_code = row->exit_code;
    step->output = arena_strdup(run->arena, row->output ? row->output : "");
    step->err = arena_strdup(run->arena, row->err ? row->err : "");
    step->wants_resend = row->state == STEP_SENT;
    if (row->state == STEP_DONE) {
        step->sets = output_sets(run->arena, row->sets);
        record_publish(run, step);
    }
}

/* A script was started: what comes before it in the list was done then. It has no row. */
static void settle_before(struct run_host *host, int seq)
{
    for (int i = 0; i < seq; i++)
        if (host->steps[i]->kind != STEP_EXECUTE && host->steps[i]->state == STEP_PLANNED)
            host->steps[i]->state = STEP_DONE;
}

void run_adopt(struct run *run, const struct step_row *row)
{
    struct run_host *host = run_host_find(run, row->hostname);
    if (!host || row->seq < 0 || (uint32_t)row->seq >= host->n)
        return;
    struct step *step = host->steps[row->seq];
    if (strcmp(step->script, row->script) != 0 || strcmp(step->source, row->source) != 0)
        return; /* the request is not the same as before: its steps have other rows */
    take_outcome(run, step, row);
    if (step->kind == STEP_EXECUTE)
        settle_before(host, row->seq);
    if (row->state == STEP_FAILED || row->state == STEP_UNKNOWN)
        fault_of_step(run, host, step);
}

void run_was_done(struct run *run)
{
    run->end = (struct run_end){.is_over = true, .err = ERR_INIT};
}

void run_inherit(struct run *run, const struct step_row *row)
{
    struct run_host *host = run_host_find(run, row->hostname);
    if (!host || (row->state != STEP_DONE && row->state != STEP_SENT))
        return;
    for (uint32_t i = 0; i < host->n; i++) {
        struct step *step = host->steps[i];
        if (step->kind != STEP_EXECUTE || step->state != STEP_PLANNED ||
            strcmp(step->event, row->event) != 0 || strcmp(step->script, row->script) != 0 ||
            strcmp(step->source, row->source) != 0)
            continue;
        take_outcome(run, step, row);
        step->is_inherited = row->state == STEP_DONE;
        step->is_dirty = true;
        /* What was saved then may have been repaired since, and is saved again; but not under a
         * script that may be running there. */
        if (row->state == STEP_SENT)
            settle_before(host, step->seq);
        return;
    }
}

/* --- events --- */

static bool is_of_before(const struct run *run, const struct run_agent *agent)
{
    int64_t rebuilt_at = run->request->rebuilt_at;
    return rebuilt_at && agent->boot_at < rebuilt_at - run->limits->skew;
}

void run_hello(struct run *run, struct run_host *host, const struct run_agent *agent)
{
    if (is_of_before(run, agent))
        return;
    bool is_new = agent->hello_n > host->hello_n;
    host->has_journal = agent->has_journal;
    if (!is_new)
        return;
    host->hello_n = agent->hello_n;
    host->waits_since = 0;
    for (uint32_t i = 0; i < host->n; i++) {
        host->steps[i]->wants_resend |= host->steps[i]->state == STEP_SENT;
        host->steps[i]->retry_at = 0;
    }
}

struct step *run_step_find(const struct run *run, const char *command, struct run_host **ret_host)
{
    for (uint32_t i = 0; i < run->n_hosts; i++)
        for (uint32_t k = 0; k < run->hosts[i].n; k++)
            if (strcmp(run->hosts[i].steps[k]->command, command) == 0) {
                *ret_host = &run->hosts[i];
                return run->hosts[i].steps[k];
            }
    return NULL;
}

/* The last word of our guard script, when the host was restarted in the middle. */
static bool is_guard_unknown(const struct run_host *host, const struct ems_reply *reply)
{
    return !host->has_journal && reply->status == 125 && reply->err &&
           strstr(reply->err, "##baton unknown");
}

static enum step_state verdict(const struct run_host *host, const struct ems_reply *reply)
{
    if ((reply->state && strcmp(reply->state, EMS_STATE_UNKNOWN) == 0) ||
        is_guard_unknown(host, reply))
        return STEP_UNKNOWN;
    return reply->status == 0 && !reply->state ? STEP_DONE : STEP_FAILED;
}

static void settle(struct run *run, struct run_host *host, struct step *step, enum step_state state,
                   int64_t now)
{
    step->state = state;
    step->done_at = now;
    step->is_dirty = step->kind == STEP_EXECUTE || state != STEP_DONE;
    if (state != STEP_DONE)
        fault_of_step(run, host, step);
}

/* It was in hand when its run ended for another host's failure, or was cancelled; what it ended
 * with is no failure of the run that goes on. With the scripts as they are now. */
static void begin_anew(struct run *run, struct run_host *host, struct step *step)
{
    step->state = STEP_PLANNED;
    step->is_asked_for = false;
    step->command = run_command_id(run, host, step->seq);
    step->first_sent_at = step->sent_at = step->took_ms = 0;
    step->how = step->output = step->err = NULL;
    step->exit_code = 0;
    for (int i = 0; i < step->seq; i++)
        if (host->steps[i]->kind != STEP_EXECUTE)
            host->steps[i]->state = STEP_PLANNED;
    host->at = 0;
}

void run_reply(struct run *run, struct run_host *host, struct step *step,
               const struct ems_reply *reply, int64_t now)
{
    if (step_is_settled(step) || (reply->state && strcmp(reply->state, EMS_STATE_RUNNING) == 0))
        return;
    host->waits_since = 0;
    step->exit_code = (int)reply->status;
    step->took_ms = reply->took_ms > 0 ? reply->took_ms : (now - step->sent_at) / USEC_PER_MS;
    step->how = arena_strdup(run->arena, reply->state);
    step->output = output_bounded(run->arena, reply->output, OUTPUT_MAX);
    step->err = output_bounded(run->arena, reply->err, OUTPUT_MAX);
    enum step_state state = verdict(host, reply);
    if (state != STEP_DONE && step->is_asked_for) {
        begin_anew(run, host, step);
        return;
    }
    if (state == STEP_DONE && step->kind == STEP_EXECUTE) {
        step->sets = output_sets(run->arena, reply->output);
        record_publish(run, step);
    }
    settle(run, host, step, state, now);
}

void run_returned(struct run *run, struct run_host *host, struct step *step, int64_t now)
{
    if (step->state != STEP_SENT)
        return;
    step->state = STEP_PLANNED;
    step->is_returned = true;
    step->wants_resend = false;
    step->retry_at = now + run->limits->retry;
    if (!host->waits_since)
        host->waits_since = now;
}

void run_resend(struct run *run, int64_t now)
{
    (void)now;
    for (uint32_t i = 0; i < run->n_hosts; i++)
        for (uint32_t k = 0; k < run->hosts[i].n; k++)
            run->hosts[i].steps[k]->wants_resend |= run->hosts[i].steps[k]->state == STEP_SENT;
}

void run_cancel(struct run *run, const char *why)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_STATE, "%s of '%s' was cancelled: %s", action_word(run->request->action),
            run->vnfr->name ? run->vnfr->name : "", why);
    fault_end(run, NULL, NULL, &err);
}

/* --- deadlines --- */

static int64_t step_due_at(const struct run *run, const struct step *step)
{
    int64_t limit = run->limits->command;
    if (step->kind == STEP_EXECUTE)
        limit = (run->is_terminating ? run->limits->terminate : run->limits->script) +
                run->limits->slack;
    int64_t due = step->sent_at + limit, last = step->first_sent_at + 2 * limit;
    if (last < due) /* an agent that says hello again and again does not buy time for ever */
        due = last;
    return run->adopted_at ? later(due, run->adopted_at + run->limits->grace) : due;
}

static int64_t hello_due_at(const struct run *run, const struct run_host *host)
{
    if (host->waits_since) /* it was there, and is gone */
        return host->waits_since + (run->skips_absent ? run->limits->gone : run->limits->hello);
    int64_t due = run->started_at + run->limits->hello;
    return run->adopted_at ? later(due, run->adopted_at + run->limits->grace) : due;
}

/* A host that never said hello has nothing to end; one that did misses its scripts. */
static void skip_rest(struct run *run, struct run_host *host, int64_t now)
{
    for (uint32_t i = host->at; i < host->n; i++) {
        struct step *step = host->steps[i];
        if (step_is_settled(step))
            continue;
        step->state = STEP_SKIPPED;
        step->done_at = now;
        if (!step->first_sent_at)
            step->first_sent_at = step->sent_at = now;
        step->is_dirty = step->kind == STEP_EXECUTE;
        if (step->is_dirty && host->hello_n > 0)
            fault_skipped(run, host, step);
    }
    host->at = host->n;
}

static void silent(struct run *run, struct run_host *host, struct step *step, int64_t now)
{
    step->exit_code = -1;
    step->took_ms = (now - step->first_sent_at) / USEC_PER_MS;
    settle(run, host, step, step->kind == STEP_EXECUTE ? STEP_UNKNOWN : STEP_FAILED, now);
    if (run->is_terminating)
        skip_rest(run, host, now);
}

static bool waits_for_agent(const struct run_host *host)
{
    return host->at < host->n && (host->hello_n == 0 || host->waits_since);
}

static void move_on(struct run_host *host)
{
    while (host->at < host->n) {
        struct step *step = host->steps[host->at];
        if (step->is_guard && step->state == STEP_PLANNED && host->has_journal)
            step->state = STEP_DONE;
        if (!step_is_settled(step))
            return;
        host->at++;
    }
}

static void check_host(struct run *run, struct run_host *host, int64_t now)
{
    move_on(host);
    if (run->skips_absent && host->hello_n == 0)
        skip_rest(run, host, now);
    if (waits_for_agent(host)) {
        int64_t due = hello_due_at(run, host);
        if (now < due)
            wake_at(run, due);
        else if (run->skips_absent)
            skip_rest(run, host, now);
        else
            fault_no_hello(run, host, now - later(host->waits_since, run->started_at));
    }
    for (uint32_t i = host->at; i < host->n; i++) {
        struct step *step = host->steps[i];
        if (step->state != STEP_SENT)
            continue;
        if (now >= step_due_at(run, step))
            silent(run, host, step, now);
        else
            wake_at(run, step_due_at(run, step));
    }
    move_on(host);
}

/* --- what comes next --- */

static void send(struct run *run, struct run_host *host, struct step *step, int64_t now,
                 struct run_orders *orders)
{
    if (!step->first_sent_at)
        step->first_sent_at = now;
    step->sent_at = now;
    step->is_dirty |= step->kind == STEP_EXECUTE && step->state == STEP_PLANNED;
    step->state = STEP_SENT;
    step->wants_resend = false;
    orders->at = arena_grow_array(run->arena, orders->at, orders->n, sizeof(orders->at[0]));
    orders->at[orders->n++] = (struct run_send){host, step};
    wake_at(run, step_due_at(run, step));
}

/* By the agent, or by the guard script that was saved before. Else NEVER (design.md section 3). */
static bool bears_repeat(const struct run_host *host, const struct step *step)
{
    if (step->kind != STEP_EXECUTE || host->has_journal)
        return true;
    for (uint32_t i = 0; i < host->n; i++)
        if (host->steps[i]->is_guard)
            return host->steps[i]->state == STEP_DONE;
    return false;
}

/* Returns whether the host's next step may be looked at: commands that are no scripts go together.
 */
static bool proceed_step(struct run *run, struct run_host *host, struct step *step, int64_t now,
                         struct run_orders *orders)
{
    bool is_alone = step->kind == STEP_EXECUTE;
    move_on(host);
    if (is_alone && step != host->steps[host->at])
        return false;
    if (step->state == STEP_PLANNED && step->is_returned && now < step->retry_at)
        wake_at(run, step->retry_at);
    else if (step->state == STEP_PLANNED)
        send(run, host, step, now, orders);
    else if (step->state == STEP_SENT && step->wants_resend && bears_repeat(host, step))
        send(run, host, step, now, orders);
    else if (step->state == STEP_SENT && step->wants_resend)
        settle(run, host, step, STEP_UNKNOWN, now);
    return !is_alone;
}

static void proceed_host(struct run *run, struct run_host *host, int64_t now,
                         struct run_orders *orders)
{
    if (host->hello_n == 0)
        return;
    for (uint32_t i = host->at; i < host->n && !run->end.is_over; i++)
        if (!step_is_settled(host->steps[i]) &&
            !proceed_step(run, host, host->steps[i], now, orders) &&
            !step_is_settled(host->steps[i]))
            return;
    move_on(host);
}

static bool is_done(const struct run *run)
{
    for (uint32_t i = 0; i < run->n_hosts; i++)
        if (run->hosts[i].at < run->hosts[i].n)
            return false;
    return true;
}

void run_proceed(struct run *run, int64_t now, struct run_orders *orders)
{
    run->due_at = INT64_MAX;
    for (uint32_t i = 0; i < run->n_hosts && !run->end.is_over; i++)
        check_host(run, &run->hosts[i], now);
    for (uint32_t i = 0; i < run->n_hosts && !run->end.is_over; i++)
        proceed_host(run, &run->hosts[i], now, orders);
    if (!run->end.is_over && is_done(run))
        run->end = (struct run_end){.is_over = true, .err = ERR_INIT};
}
