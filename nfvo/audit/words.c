#include "nfvo/audit/audit.h"

#define X(name, text) text,
const char *const audit_kind_names[] = {AUDIT_KINDS(X) NULL};
const char *const audit_outcome_names[] = {AUDIT_OUTCOMES(X) NULL};
#undef X
