/* An operation as it is stored, and as it is shown. Pure.
 *
 * Stored: columns id, kind, state, of what, who and when are the row's (lists and indexes go by
 * them), everything else is one document (measured: 1.5 % of a deployment; a row per step 4.5 %).
 * Words, never numbers of enums. */
#ifndef NFVO_LIFECYCLE_OPERATION_DOCUMENT_H
#define NFVO_LIFECYCLE_OPERATION_DOCUMENT_H

#include "nfvo/lifecycle/operation/runner.h"
#include "proto/records/operation.h"

/* Append the document of an operation. a: for what is built on the way. */
void operation_write(const struct operation *op, struct arena *a, struct sbuf *out);
/* The rest of an operation whose columns are in *op. ERR_SYNTAX, ERR_INVALID, ERR_LIMIT: err names
 * the place; *op is then as it was. A document that this program cannot have written is refused:
 * unknown words, numbers out of order, a step that waits for itself or a later one. */
MUST_USE enum err_code operation_read(const char *doc, size_t len, struct operation *op,
                                      struct arena *a, struct err *err);

/* What is shown beside the operation itself. */
struct operation_extras {
    const struct run *run;     /* for `next`, names, peers; its view may be NULL */
    const char *nsr_name;      /* NULL: not there any more */
    const char *basis;         /* of a plan (operate.h); NULL: none */
    const char *parameters;    /* JSON of the request, secrets masked; NULL: none */
    struct proto_strs differs; /* digest.h, after ROLLED_BACK */
    struct proto_strs warnings;
    struct proto_strs refused;  /* of a plan: by what runs now */
    bool is_plan;               /* a dry run: no id, no state */
    struct shown_pop_list pops; /* of a plan */
    /* What a plan says of a step beside the step itself; NULL: nothing. */
    void (*add)(void *arg, const struct plan_step *s, struct shown_step *ret);
    void *arg;
};
struct shown_operation *operation_show(const struct operation *op,
                                       const struct operation_extras *extras, struct arena *a);
/* "[1,2]"; nothing where there are none. */
struct proto_raw operation_numbers(const struct step_numbers *list, struct arena *a);
/* 2026-11-29T10:40:02.120Z; NULL for 0. */
const char *operation_time(int64_t us, struct arena *a);

#endif
