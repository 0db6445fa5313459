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

#define INSTANCE_STANDBY "STANDBY"
#define INSTANCE_FAILED  "FAILED"

/* record.c */
bool is_in_state(const struct vnfc_instance *instance, const char *state);
bool is_switch_to_standby(const struct run_request *request); /* HEAL by starting a standby */

/* plan.c */
const char *run_command_id(struct run *run, const struct run_host *host, int seq);

/* output.c */
const char *output_bounded(struct arena *a, const char *text, size_t max);
/* The last lines of what a failed script said: its errors, else its output. */
const char *output_tail(struct arena *a, const struct step *step);
/* "##baton set KEY VALUE" lines. */
struct proto_strmap output_sets(struct arena *a, const char *text);

/* record.c */
void record_publish(struct run *run, const struct step *step); /* what it set, into provides */

/* environment.c: ERR_DENIED, a parameter whose name would change how programs load */
MUST_USE enum err_code check_parameters(const struct run_request *q, struct arena *a,
                                        struct err *err);

/* fault.c: ends the run, unless it is over; one that is terminating notes its first and goes on */
void fault_end(struct run *run, struct run_host *host, struct step *step, const struct err *err);
void fault_of_step(struct run *run, struct run_host *host, struct step *step);
void fault_skipped(struct run *run, struct run_host *host, struct step *step);
void fault_no_hello(struct run *run, struct run_host *host, int64_t waited);

bool step_is_settled(const struct step *step);

#endif
