/* A run of the generic VNFM on a bench: its request, the time, and what it orders; without anything but
 * the run (vnfm-generic/lifecycle/run.h). */
#ifndef TESTS_SUPPORT_RUN_BENCH_H
#define TESTS_SUPPORT_RUN_BENCH_H

#include "vnfm-generic/lifecycle/run.h"

struct bench {
    struct arena arena;
    struct run_request request;
    struct run_limits limits;
    struct run *run;
    struct run_orders orders;
    int64_t now;
};

extern const char bench_record[], bench_dependency[], bench_package[]; /* JSON */

void *bench_decode(struct bench *b, const struct proto_type *type, const char *text);
struct bench *bench_new(enum action action);
void bench_free(struct bench *b);
void bench_plan(struct bench *b);
void bench_hello(struct bench *b, const char *hostname, int64_t n, bool has_journal);
void bench_proceed(struct bench *b);
void bench_assert_orders(struct bench *b, const char *expected);
void bench_answer(struct bench *b, uint32_t order, int status, const char *output,
                  const char *state);
void bench_answer_all(struct bench *b);
const char *bench_env_of(struct bench *b, uint32_t order, const char *name);
struct step *bench_step_of(struct bench *b, const char *hostname, const char *script);
const struct vnfc_instance *bench_instance_of(struct bench *b, uint32_t i);

#endif
