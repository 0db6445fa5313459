/* What the handlers of NSDs, VNFDs and others share. */
#ifndef NFVO_API_DESCRIPTOR_H
#define NFVO_API_DESCRIPTOR_H

#include "nfvo/api/context.h"
#include "nfvo/catalogue/catalogue.h"

/* ERR_INVALID: onboarding needs one project, not "*". */
MUST_USE enum err_code descriptor_rules(struct call *c, struct catalogue_rules *ret,
                                        struct err *err);
/* The body is a list of ids; stops at the first error, as the reference does. */
MUST_USE enum err_code
descriptor_delete_many(struct call *c,
                       enum err_code (*remove_one)(struct call *c, const char *id, struct err *err),
                       struct err *err);
/* A vnfPackageLocation that is a URL becomes a package whose scripts every instance clones from
 * there (amqp-protocol.md 9.7, rule 8). Already stored when this returns. */
struct vnfd;
MUST_USE enum err_code descriptor_adopt_link(struct call *c, struct vnfd *vnfd, struct err *err);
/* c->project is one project. */
MUST_USE enum err_code call_one_project(struct call *c, struct err *err);

#endif
