#ifndef NFVO_WORKER_INTERNAL_H
#define NFVO_WORKER_INTERNAL_H

#include "nfvo/worker/workers.h"

struct seal;

/* render.c: PoPs with their secrets, for bodies that leave. One cache a worker; a reference names
 * the version it wants. */
struct render_cache;
struct render_cache *render_cache_new(const struct seal *seal);
void render_cache_free(struct render_cache *c);
struct db;
enum err_code render_reference(void *cache, struct db *db, const char *name, char **ret,
                               struct err *err);

#endif
