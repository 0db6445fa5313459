/* Every place of proto/rights.h as a virtual host of a real broker, with the queues and bindings
 * that are there in life: the NFVO's as it declares them, and others' as victims. What comes into a
 * victim is counted.
 *
 * The attacker's names are "mine" (queue, type, prefix, endpoint, host). */
#ifndef TESTS_SUPPORT_RIGHTS_BED_H
#define TESTS_SUPPORT_RIGHTS_BED_H

#include "common/base/arena.h"
#include "proto/rights.h"
#include "tests/support/broker.h"

struct intruder;

enum bed_place { /* two of a kind, where there are many in life */
                 BED_INNER,
                 BED_ROOM,
                 BED_OTHER_ROOM,
                 BED_OPEN,
                 BED_AGENTS,
                 BED_ALONE,
                 BED_OTHER_ALONE,
                 BED_PLACE_N
};

enum { BED_TO_OPENBATON = 1, BED_TO_UP = 2 }; /* bound to these exchanges by its own name */

struct bed_victim {
    const char *queue;
    unsigned places, bound; /* bits */
};
extern const struct bed_victim bed_victims[];
extern const size_t bed_victim_n;
extern const char *const bed_keys[]; /* the victims' names; ends with NULL */

struct rights_bed {
    struct test_vhost *vhosts[BED_PLACE_N];
    struct bus_options login[BED_PLACE_N]; /* the NFVO's, which may do all */
    struct intruder *owner[BED_PLACE_N];
    struct arena memory;
};

struct rights_bed *rights_bed_new(void); /* given */
void rights_bed_free(struct rights_bed *b);

/* Where accounts of this row live. */
enum bed_place rights_bed_place(enum rights_place place);
bool rights_bed_is_there(size_t victim, enum bed_place place);
bool rights_bed_has_exchange(enum bed_place place, const char *exchange);

/* A user with the row's rights in its place and nowhere else; password "secret". Its name, borrowed
 * from the bed; *ret_rights: RIGHTS_INIT, the caller's. */
const char *rights_bed_user(struct rights_bed *b, enum rights_account who,
                            struct topology_rights *ret_rights);

/* The same with rights of one's own choice, anywhere. */
void rights_bed_put_user(const struct test_vhost *v, const char *user, const char *tag,
                         const struct topology_rights *rights);

/* Into each queue of the place one message that no attacker may take. */
void rights_bed_put_honest(struct rights_bed *b, enum bed_place place);
/* Empties the queue: how many honest ones and others were in it. *ret_first: the first other one's
 * text, in the bed's memory. */
struct bed_count {
    size_t honest, hostile;
    const char *first;
};
struct bed_count rights_bed_empty(struct rights_bed *b, enum bed_place place, const char *queue);

#endif
