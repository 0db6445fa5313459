/* Offline check of a descriptor: everything that onboarding would refuse and that can be known
 * without a server. */
#ifndef NFVO_CLI_VALIDATE_H
#define NFVO_CLI_VALIDATE_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* path: JSON path, may be "". Both borrowed for the call. */
typedef void cli_finding_fn(void *arg, bool is_error, const char *path, const char *what);

/* All violations of the field tables, then the first one of the catalogue's rules; unknown members
 * as warnings (is_strict: errors). Returns the number of errors. */
int cli_validate_nsd(const char *text, size_t len, bool is_strict, cli_finding_fn *report,
                     void *arg);

#endif
