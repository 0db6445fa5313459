/* Operations on network services, counted by what is committed: begun, ended, failed, how long they
 * took. One for all workers of a process; thread-safe. */
#ifndef NFVO_WORKER_OPERATION_METRICS_H
#define NFVO_WORKER_OPERATION_METRICS_H

#include "common/fsm/decision.h"

struct db;
struct metrics;
struct sbuf;

/* For metrics_free and metrics_render of common/metrics. */
struct metrics *operation_metrics_new(void);
/* engine_options.saved: rows that a transaction of that time has committed. */
void operation_metrics_note(struct metrics *m, int64_t now, struct row *const *rows, size_t n);
/* How many are open, by state: of all processes, as the store knows them. Blocks. */
enum err_code operation_metrics_count(struct metrics *m, struct db *db, struct err *err);

#endif
