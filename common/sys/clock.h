/* Time, in microseconds as int64_t. Logic never calls this: it is given `now` (design.md section
 * 3); the processes and the plumbing do.
 *
 * Monotonic time measures and sets deadlines inside one process; wall time goes into logs and
 * records. Database time (deadlines that survive the process) comes from common/db. */
#ifndef COMMON_SYS_CLOCK_H
#define COMMON_SYS_CLOCK_H

#include "common/base/macros.h"

#define CLOCK_TEXT_SIZE 25 /* "2026-11-22T10:00:00.123Z" and the NUL */

int64_t clock_mono_us(void); /* since some unspecified start; never goes back */
int64_t clock_wall_us(void); /* since 1970-01-01T00:00:00Z */

/* ISO 8601 in UTC with milliseconds. Years outside 0..9999 are clamped. */
void clock_text(int64_t wall_us, char out[CLOCK_TEXT_SIZE]);

/* Milliseconds that are left until a monotonic deadline, rounded up, at least 0, at most INT_MAX:
 * what poll() wants. */
int clock_left_ms(int64_t deadline_mono_us);

#endif
