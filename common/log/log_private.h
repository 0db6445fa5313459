/* Between the files of this folder only. */
#ifndef COMMON_LOG_LOG_PRIVATE_H
#define COMMON_LOG_LOG_PRIVATE_H

#include "common/log/log.h"

extern const char *const log_category_names[LOG_CATEGORY_N];
extern const char *const log_level_names[LOG_LEVEL_N];

/* line[len] is '\n' and is written along; a capture gets it with a NUL there instead. */
void log_output(enum log_category category, enum log_level level, char *line, size_t len);
void log_output_to(log_capture_fn *fn, void *arg); /* NULL: to the file again */

/* repeat.c: whether this line is to be written, or only counted. text: without the time; borrowed.
 */
bool log_repeat_admit(enum log_category category, enum log_level level, const char *text,
                      size_t len);
void log_repeat_forget(void); /* for tests: each begins anew */

#endif
