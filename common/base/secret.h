/* Passwords and tokens as texts. */
#ifndef COMMON_BASE_SECRET_H
#define COMMON_BASE_SECRET_H

#include <stdbool.h>

/* Looks at all bytes, so that the time does not tell how many of the first ones were right. */
bool secret_equal(const char *a, const char *b);
void secret_free(char *secret); /* zeroes it first; NULL is fine */

#endif
