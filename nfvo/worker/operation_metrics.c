#include "nfvo/worker/operation_metrics.h"

#include "common/metrics/metrics.h"
#include "nfvo/lifecycle/operation/operation.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/store/store_operation.h"

#include <string.h>

enum { M_BEGUN, M_ENDED, M_STOPPED, M_RETRIED, M_SECONDS, M_STEP_SECONDS, M_OPEN, M_N };
enum outcome { OUT_COMPLETED, OUT_PARTIALLY_COMPLETED, OUT_FAILED, OUT_ROLLED_BACK, OUT_N };

#define X(word, ...) #word,
static const char *const kinds[] = {OPERATION_KINDS(X) NULL};
#undef X
#define X(word, ...) #word,
static const char *const step_words[] = {STEP_KINDS(X) NULL};
#undef X
static const char *const outcomes[] = {"COMPLETED", "PARTIALLY_COMPLETED", "FAILED", "ROLLED_BACK",
                                       NULL};
/* Those before COMPLETED: is_open of the table. */
static const char *const states[] = {"STARTING", "PROCESSING", "FAILED_TEMP", "ROLLING_BACK", NULL};
_Static_assert(OPERATION_STATE_COMPLETED == ARRAY_LEN(states) - 1, "the open ones");
/* From a start that a VNFM answers at once to scripts that run into their deadline. */
static const double seconds[] = {0.1, 0.5, 2, 10, 60, 300, 1800, 7200, 0};

static const struct metric_def defs[M_N] = {
    [M_BEGUN] = {METRIC_COUNTER, "baton_operations_asked_total",
                 "Operations on network services that were taken, also those that are queued.",
                 .labels = {{"kind", kinds}}},
    [M_ENDED] = {METRIC_COUNTER, "baton_operations_ended_total", "Operations that ended.",
                 .labels = {{"kind", kinds}, {"outcome", outcomes}}},
    [M_STOPPED] = {METRIC_COUNTER, "baton_operations_stopped_total",
                   "Times that an operation failed and waited for somebody to decide.",
                   .labels = {{"kind", kinds}}},
    [M_RETRIED] = {METRIC_COUNTER, "baton_operation_steps_retried_total",
                   "Attempts at steps beyond their first, counted when the operation ends.",
                   .labels = {{"kind", kinds}}},
    [M_SECONDS] = {METRIC_HISTOGRAM, "baton_operation_seconds",
                   "Time from the request for an operation to its end.",
                   .labels = {{"kind", kinds}}, .buckets = seconds},
    [M_STEP_SECONDS] = {METRIC_HISTOGRAM, "baton_step_duration_seconds",
                        "Time from the last request of a step to its answer, of steps that were "
                        "done; counted when the operation ends.",
                        .labels = {{.name = "step", .values = step_words}}, .buckets = seconds,
                        .is_sparse = true},
    [M_OPEN] = {METRIC_GAUGE, "baton_operations_open",
                "Operations that have not ended; FAILED_TEMP waits for somebody to decide.",
                .labels = {{"state", states}}},
};

struct metrics *operation_metrics_new(void)
{
    return metrics_new(defs, M_N);
}

static enum outcome outcome_of(const struct operation *op)
{
    switch (op->state) {
    case OPERATION_STATE_COMPLETED:
        return op->is_partial ? OUT_PARTIALLY_COMPLETED : OUT_COMPLETED;
    case OPERATION_STATE_ROLLED_BACK:
        return OUT_ROLLED_BACK;
    default:
        return OUT_FAILED;
    }
}

static void note_end(struct metrics *m, const struct operation *op)
{
    int64_t retries = 0;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        retries += s->attempt > 1 ? s->attempt - 1 : 0;
        if (s->state == STEP_STATE_DONE && s->sent_at && s->done_at >= s->sent_at)
            metric_observe(m, M_STEP_SECONDS, (double)(s->done_at - s->sent_at) / 1e6, s->kind, 0);
    }
    metric_add(m, M_ENDED, 1, op->kind, outcome_of(op));
    metric_add(m, M_RETRIED, retries, op->kind, 0);
    metric_observe(m, M_SECONDS, (double)(op->ended_at - op->asked_at) / 1e6, op->kind, 0);
}

void operation_metrics_note(struct metrics *m, int64_t now, struct row *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct operation *op = rows[i]->kind == ROW_OPERATION ? rows[i]->decoded : NULL;
        if (!op)
            continue;
        if (rows[i]->mark == ROW_NEW)
            metric_add(m, M_BEGUN, 1, op->kind, 0);
        if (op->state_at != now) /* only steps of it went on */
            continue;
        if (operation_is_final(op))
            note_end(m, op);
        else if (op->state == OPERATION_STATE_FAILED_TEMP)
            metric_add(m, M_STOPPED, 1, op->kind, 0);
    }
}

enum err_code operation_metrics_count(struct metrics *m, struct db *db, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_operation_counts counts;
    enum err_code rc = store_operation_count(db, &a, &counts, err);
    for (unsigned s = 0; rc == ERR_OK && s < OPERATION_STATE_COMPLETED; s++) {
        int64_t n = 0;
        for (uint32_t i = 0; i < counts.n; i++)
            n += strcmp(counts.at[i].state, states[s]) == 0 ? counts.at[i].n : 0;
        metric_set(m, M_OPEN, n, s, 0);
    }
    return rc;
}
