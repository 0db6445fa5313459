/* Offline check of a descriptor: everything that onboarding would refuse and that can be known
 * without a server. */
#ifndef NFVO_CLI_VALIDATE_H
#define NFVO_CLI_VALIDATE_H

#include "common/base/err.h"
#include "nfvo/catalogue/finding.h"

#include <stdbool.h>
#include <stddef.h>

/* All violations of the field tables, then the first one of the catalogue's rules; unknown members
 * as warnings (is_strict: errors); then what onboarding would warn of. Returns the number of
 * errors. */
int cli_validate_nsd(const char *text, size_t len, bool is_strict, finding_fn *report, void *arg);

struct cli;
/* "FILE: 1 error, 2 warnings, 0 notes" to standard error; counts by enum finding_level. */
void cli_print_counts(struct cli *c, const char *file, const uint32_t counts[FINDING_LEVEL_N]);

#endif
