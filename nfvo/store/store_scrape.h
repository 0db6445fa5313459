/* Where the instances of network services may be scraped: for Prometheus (GET /baton/targets). */
#ifndef NFVO_STORE_STORE_SCRAPE_H
#define NFVO_STORE_STORE_SCRAPE_H

#include "nfvo/store/store.h"

struct store_scrape {
    const char *project, *nsr, *nsr_name, *vnfr, *vnfr_name; /* names; ids of NSR, VNFR */
    const char *host, *vdu, *pop, *address;
    const char *metrics; /* what its descriptor says: metadata "baton.metrics"; "": nothing */
};
enum { STORE_SCRAPE_MAX = 20000 };

/* Servers that are up, with an address, of services that run (at most STORE_SCRAPE_MAX), in order of
 * service, VNF and host. project: a name or id; NULL: any. names: of the projects that may be seen; NULL: all.
 * all: also those whose descriptor says nothing of metrics. */
MUST_USE enum err_code store_scrape_list(struct db *db, const char *project, struct db_array *names,
                                         bool all, struct arena *a, struct store_scrape **ret,
                                         size_t *ret_n, struct err *err);

#endif
