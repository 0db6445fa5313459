/* Between the files of lifecycle. */
#ifndef VNFM_GENERIC_LIFECYCLE_INTERNAL_H
#define VNFM_GENERIC_LIFECYCLE_INTERNAL_H

#include "vnfm-generic/lifecycle/run.h"

enum {
    OUTPUT_MAX = 64 * 1024, /* of one stream, stored: head and tail */
    TAIL_MAX = 2000,        /* shown with a fault */
    SET_VALUE_MAX = 64 * 1024,
    SETS_MAX = 64
};

/* output.c */
const char *output_bounded(struct arena *a, const char *text, size_t max);
/* The last lines of what a failed script said: its errors, else its output. */
const char *output_tail(struct arena *a, const struct step *step);
/* "##baton set KEY VALUE" lines. */
struct proto_strmap output_sets(struct arena *a, const char *text);

/* record.c */
void record_publish(struct run *run, const struct step *step); /* what it set, into provides */

/* fault.c: ends the run, unless it is over */
void fault_end(struct run *run, struct run_host *host, struct step *step, const struct err *err);
void fault_of_step(struct run *run, struct run_host *host, struct step *step);
void fault_no_hello(struct run *run, struct run_host *host, int64_t waited);

bool step_is_settled(const struct step *step);

#endif
