/* What is going on in the suite, for /metrics: how much of everything there is (counted in the store,
 * the same from every process), how long phases of VNFRs take, and how long peers need to answer, by
 * type of VNFM, driver and PoP (what this process decided: add the processes up). One for all
 * workers of a process; thread-safe. */
#ifndef NFVO_WORKER_SUITE_METRICS_H
#define NFVO_WORKER_SUITE_METRICS_H

#include "common/base/sbuf.h"
#include "common/fsm/decision.h"

struct db;
struct suite_metrics; /* opaque */

struct suite_metrics *suite_metrics_new(void); /* given: suite_metrics_free */
void suite_metrics_free(struct suite_metrics *s);
/* engine_options.log: after each decision. One that cannot be saved and is made again counts twice. */
void suite_metrics_decided(struct suite_metrics *s, const struct decision *d);
/* Blocks. */
enum err_code suite_metrics_count(struct suite_metrics *s, struct db *db, struct err *err);
void suite_metrics_render(const struct suite_metrics *s, struct sbuf *out);

#endif
