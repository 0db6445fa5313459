#ifndef NFVO_WORKER_INTERNAL_H
#define NFVO_WORKER_INTERNAL_H

#include "nfvo/worker/workers.h"

#include "common/base/sbuf.h"

struct db;
struct seal;

/* strangers.c: messages whose author may not say that (nfvo/lifecycle/author.h), by room: logged
 * and shown in 'baton status' once a minute each, counted always. One a worker; zeroed is empty. */
enum { STRANGERS_MAX = 16, STRANGERS_PAUSE_S = 60 };
struct strangers {
    struct stranger {
        char room[128], what[200]; /* what: the first since it was told */
        int64_t n, told_at_us;     /* n: since it was told */
    } at[STRANGERS_MAX];
    size_t n;
    bool has_news;
};
void strangers_note(struct strangers *s, const char *room, const char *what, int64_t now_us);
/* Outside of a transaction; does nothing, as a rule. */
void strangers_tell(struct strangers *s, struct db *db, int64_t now_us);

/* render.c: PoPs with their secrets, packages, agents' passwords (enum reference_kind), for bodies
 * that leave. One cache a worker; a reference names the version it wants. */
struct render_cache;
struct render_cache *render_cache_new(const struct seal *seal);
void render_cache_free(struct render_cache *c);
struct db;
struct send_ref;
enum err_code render_reference(void *cache, struct db *db, const struct send_ref *ref, char **ret,
                               struct err *err);

#endif
