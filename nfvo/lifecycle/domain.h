/* The NFVO's domain for common/engine: see types.h for what it works on. */
#ifndef NFVO_LIFECYCLE_DOMAIN_H
#define NFVO_LIFECYCLE_DOMAIN_H

#include "nfvo/lifecycle/types.h"

/* settings: a struct lifecycle_settings, borrowed for the domain's life. */
void nfvo_domain_init(struct domain *dom, const struct lifecycle_settings *settings);

#endif
