/* The catalogue's rules: what is checked and filled in when a descriptor is onboarded. Pure: no
 * store, no clock. amqp-protocol.md 9.7, rest-api.md 2.1 and 2.3; messages are the reference's.
 *
 *     decode; catalogue_nsd_references (fetch those VNFDs, put them in place);
 *     rc = catalogue_onboard_nsd(nsd, &rules, a, err);      // nsd is complete: store it
 *
 * err.where is the JSON path of the fault, err.hint the next step. The first fault is reported.
 * Errors: ERR_INVALID (422), ERR_NOT_FOUND (404), ERR_SYNTAX (400: a required member is missing,
 * where the reference's schema check refuses the body). */
#ifndef NFVO_CATALOGUE_CATALOGUE_H
#define NFVO_CATALOGUE_CATALOGUE_H

#include "nfvo/catalogue/finding.h"
#include "proto/records/descriptor.h"

struct catalogue_rules {
    const char *project_id;
    const char *now;       /* for createdAt, updatedAt: "yyyy.MM.dd 'at' HH:mm:ss z" */
    bool is_start_ordered; /* then cyclic dependencies are refused (decisions.md D23) */
    /* An id that lives as long as the arena. */
    const char *(*make_id)(void *arg);
    void *arg;
    /* The stored descriptor (struct nsd, struct vnfd) that a changed one takes the place of; NULL:
     * it is new. The checks are the same; ids inside stay with what has them (record_keep_ids). */
    const void *old;
};

/* An element of nsd.vnfd that only refers to a stored VNFD: it has an id (rest-api.md 2.1, 2). */
bool catalogue_is_reference(const struct vnfd *vnfd);
/* "vendor/name/version" in its parts (copied into the arena), or ERR_NOT_FOUND. */
MUST_USE enum err_code catalogue_split_reference(const char *id, struct arena *a,
                                                 const char *ret_parts[3], struct err *err);

/* Before references are resolved: values that cannot be (a network that is none, a name of 100 kB),
 * ERR_INVALID; then required members (rest-api.md 1.8), ERR_SYNTAX. */
MUST_USE enum err_code catalogue_check_nsd_schema(const struct nsd *nsd, struct err *err);
MUST_USE enum err_code catalogue_check_vnfd_schema(const struct vnfd *vnfd, struct err *err);

/* References are resolved already: nsd.vnfd holds whole VNFDs. Ids that are there are kept (those
 * of references); all other ids are filled. */
MUST_USE enum err_code catalogue_onboard_nsd(struct nsd *nsd, const struct catalogue_rules *rules,
                                             struct arena *a, struct err *err);
/* A VNFD on its own, without package: additionally one VNFC in each VDU. */
MUST_USE enum err_code catalogue_onboard_vnfd(struct vnfd *vnfd,
                                              const struct catalogue_rules *rules, struct arena *a,
                                              struct err *err);
/* The same for a VNFD of a package, whose VDUs have their images already. */
MUST_USE enum err_code catalogue_onboard_packaged(struct vnfd *vnfd,
                                                  const struct catalogue_rules *rules,
                                                  struct arena *a, struct err *err);
/* All that catalogue_check_vnfd_schema would refuse; returns how many. */
int catalogue_vnfd_violations(const struct vnfd *vnfd,
                              void (*report)(void *arg, const char *path, const char *what),
                              void *arg);
/* All that the tables say of an NSD, but for what is inside of references. */
int catalogue_nsd_violations(const struct nsd *nsd,
                             void (*report)(void *arg, const char *path, const char *what),
                             void *arg);
/* What is taken and will probably not do what is meant: warnings and notes. Before onboarding, so
 * that paths are the user's; references resolved (what depends on one that is not is left out).
 * Nothing is taken for granted: members may be missing. */
void catalogue_advise_nsd(const struct nsd *nsd, struct arena *a, finding_fn *report, void *arg);
void catalogue_advise_vnfd(const struct vnfd *vnfd, struct arena *a, finding_fn *report, void *arg);
/* Members, at any depth, that the tables do not know, and what was probably meant. */
void catalogue_unknown_members(const struct proto_type *type, const void *rec,
                               void (*report)(void *arg, const char *path, const char *what),
                               void *arg);

#endif
