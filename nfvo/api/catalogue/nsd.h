/* What the handlers of an NSD (nsd.c) and of its parts (nsd_parts.c) share. */
#ifndef NFVO_API_CATALOGUE_NSD_H
#define NFVO_API_CATALOGUE_NSD_H

#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/context.h"

/* One NSD on its way to another form of itself. */
struct nsd_change {
    struct call *call;
    struct sbuf was; /* as stored: nothing is saved over what somebody else saved meanwhile */
    struct nsd *old, *nsd;
    struct vnf_package_list packages; /* that new VNFDs came with */
};
#define NSD_CHANGE_INIT(c)                                                                         \
    {                                                                                              \
        .call = (c), .was = SBUF_INIT                                                              \
    }
void nsd_change_release(struct nsd_change *change);

/* nsd becomes a copy of the stored one. ERR_NOT_FOUND, with the reference's text. */
MUST_USE enum err_code nsd_change_begin(struct nsd_change *change, const char *id, struct err *err);
/* Check it as a new one, and store it. Its VNFDs that are new are stored too; removed: the id of one
 * that it holds no longer, and that goes with it (NULL: none). ERR_STATE: changed meanwhile. */
MUST_USE enum err_code nsd_change_end(struct nsd_change *change, const char *removed,
                                      struct err *err);

/* The NSD that the path names. */
MUST_USE enum err_code nsd_read(struct call *c, struct nsd **ret, struct err *err);
/* err tells that there is none. */
enum err_code nsd_not_found(const char *id, struct err *err);

#endif
