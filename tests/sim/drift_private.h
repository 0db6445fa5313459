/* Between the files of the reconciler's database in memory (drift_store.c). */
#ifndef TESTS_SIM_DRIFT_PRIVATE_H
#define TESTS_SIM_DRIFT_PRIVATE_H

#include "tests/sim/drift.h"

#define HOUR_US INT64_C(3600000000)

#define REC_ADD(s, list, ...)                                                                      \
    ((list).at = arena_grow_array(&(s)->arena, (list).at, (list).n, sizeof(*(list).at)),           \
     (list).at[(list).n] = __VA_ARGS__, &(list).at[(list).n++])
#define REC_KEEP(list, x, condition)                                                               \
    do {                                                                                           \
        size_t kept_ = 0;                                                                          \
        for (size_t i_ = 0; i_ < (list).n; i_++) {                                                 \
            __typeof__(&(list).at[0]) x = &(list).at[i_];                                          \
            if (condition)                                                                         \
                (list).at[kept_++] = *x;                                                           \
        }                                                                                          \
        (list).n = kept_;                                                                          \
    } while (0)

struct rec *drift_rec(const struct db *db);
const char *drift_dup(struct sim *s, const char *text); /* NULL: "" */

/* --- arrays, as they are sent --- */
const char *drift_text_at(struct sim *s, const struct db_array *a, int index);
bool drift_array_has(struct sim *s, const struct db_array *a, const char *text);

/* --- a statement --- */
bool drift_is_there(struct db *db); /* before it; false: it fails */
enum err_code drift_refuse(struct err *err);
/* Behind one that is a transaction of its own: it is done, and that may be lost. */
enum err_code drift_is_done(struct db *db, struct err *err);

/* --- rows --- */
struct vnfr *drift_record_of(struct sim *s, const char *id, struct arena *a); /* NULL: none */
struct rec_watch *drift_watch_of(struct rec *rec, const char *pop);           /* NULL: none */
struct rec_alarm *drift_open_alarm(struct rec *rec, const char *subject);     /* NULL: none */
void drift_alarm_clear(struct rec_alarm *a, int64_t now);
void drift_apply_alarms(struct db *db);                /* of a look that is committed */
const char *drift_due_word(const struct rec_alarm *a); /* what its service is to be told */

#endif
