/* The engine's store on a schema of its own, for one test program: rows that tests write and load.
 *
 *     pg_bed_open(&bed, "store_pg");
 *     struct engine_pg *pg = pg_bed_session(&bed);
 *     struct engine_store s = engine_pg_store(pg);
 *     ... pg_bed_load(&bed, &s, "p1"), pg_bed_save(&bed, &s, &what) ...
 *     engine_pg_free(pg);
 *     pg_bed_close(&bed); */
#ifndef TESTS_SUPPORT_PG_BED_H
#define TESTS_SUPPORT_PG_BED_H

#include "common/ports/store_pg.h"
#include "nfvo/lifecycle/types.h"
#include "tests/support/nfvo_store.h"

struct pg_bed {
    struct test_nfvo_store *ts;
    struct lifecycle_settings settings;
    struct domain domain;
    struct arena arena; /* of all that is loaded and made */
};

void pg_bed_open(struct pg_bed *bed, const char *prefix);
void pg_bed_close(struct pg_bed *bed);
struct engine_pg *pg_bed_session(struct pg_bed *bed); /* given; its own connection */
/* As engine_pg_new wants it: finds no reference. */
enum err_code pg_bed_render(void *arg, struct db *db, const struct send_ref *ref, char **ret,
                            struct err *err);

/* Locks what it loads until pg_bed_save, of nothing if need be. They fail the test. */
struct load pg_bed_load_for(struct pg_bed *bed, const struct engine_store *s, struct intent what);
struct load pg_bed_load(struct pg_bed *bed, const struct engine_store *s, const char *pop);
void pg_bed_save(struct pg_bed *bed, const struct engine_store *s, const struct save *what);
/* Those of the outbox that are due. */
struct outbox_rows pg_bed_unsent(struct pg_bed *bed, const struct engine_store *s);

/* A request of a PoP, sent to room "lab", due at 77. */
struct command *pg_bed_command(struct pg_bed *bed, const char *id, const char *agg, int mark,
                               const char *data);

#endif
