/* What the handlers of NSDs, VNFDs and others share. */
#ifndef NFVO_API_CATALOGUE_DESCRIPTOR_H
#define NFVO_API_CATALOGUE_DESCRIPTOR_H

#include "nfvo/api/context.h"
#include "nfvo/catalogue/catalogue.h"

/* ERR_INVALID: onboarding needs one project, not "*". */
MUST_USE enum err_code descriptor_rules(struct call *c, struct catalogue_rules *ret,
                                        struct err *err);
/* For one that takes the place of a stored one, of that one's project. */
struct catalogue_rules descriptor_change_rules(struct call *c, const void *old,
                                               const char *project);
/* What onboarding takes with a warning: told in the log, and in the answer as the member
 * `warnings`, a list of {severity, path, message}. */
struct descriptor_advice {
    struct call *call;
    const char *kind; /* "nsd": for the log */
    struct sbuf list;
    uint32_t n;
};
void descriptor_advice_release(struct descriptor_advice *advice);
void descriptor_advise(void *advice, enum finding_level level, const char *path, const char *what);
/* Like call_json, with the warnings. id: of what was stored, for the log. */
void descriptor_answer(struct descriptor_advice *advice, const struct proto_type *type,
                       const void *rec, const char *id);
/* The body is a list of ids; stops at the first error, as the reference does. */
MUST_USE enum err_code
descriptor_delete_many(struct call *c,
                       enum err_code (*remove_one)(struct call *c, const char *id, struct err *err),
                       struct err *err);
/* A vnfPackageLocation that is a URL becomes a package whose scripts every instance clones from
 * there (amqp-protocol.md 9.7, rule 8): added to packages, to be stored with the VNFD. Any other is
 * the id of one that is stored, or ERR_NOT_FOUND. */
struct vnfd;
struct vnf_package_list;
MUST_USE enum err_code descriptor_adopt_link(struct call *c, struct vnfd *vnfd,
                                             struct vnf_package_list *packages, struct err *err);
/* c->project is one project. */
MUST_USE enum err_code call_one_project(struct call *c, struct err *err);

#endif
