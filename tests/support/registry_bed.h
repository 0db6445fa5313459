/* A registry (nfvo/vnfm) with open registration on a real broker and database, and the peers that
 * register there. One at a time; users are global on the broker, so names carry the vhost's.
 *
 *     cmocka_unit_test_setup_teardown(test, registry_bed_set_up, registry_bed_tear_down)
 *
 *     registry_bed_open();                    // after changes to bed.options
 *     struct manager_credentials *c = peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
 *     struct bus *b = peer_serve(c, registry_bed_own("java"), true);
 *
 * What returns text or credentials borrows from bed.memory. All fail the test on errors. */
#ifndef TESTS_SUPPORT_REGISTRY_BED_H
#define TESTS_SUPPORT_REGISTRY_BED_H

#include "common/base/arena.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <stdatomic.h>

struct registry_bed {
    struct test_vhost *inner, *vhost; /* the NFVO's own; the room where anybody may register */
    struct test_nfvo_store *store;
    struct registry_options options;
    struct bus_options login;  /* the NFVO's */
    struct registry *registry; /* NULL until registry_bed_open */
    struct rooms *rooms;
    struct arena memory;
    char registrar[128];                       /* the well-known account; password "knock" */
    atomic_int refreshes, refreshes_of_others; /* of the PoP 'mine', and of others */
};
extern struct registry_bed bed;

int registry_bed_set_up(void **state);
int registry_bed_tear_down(void **state);
void registry_bed_open(void);
char *registry_bed_own(const char *prefix); /* a name that no other test has */
int registry_bed_metric(const char *name);
void registry_bed_await_metric(const char *name, int want); /* until so many are counted */

/* --- peers; each bus is given --- */

struct bus *peer_connect(const char *user, const char *password);
/* As the well-known account, with a queue "answers". Waits until the registry has made it. */
struct bus *peer_knock(void);
/* A request to the registry, to be answered into "answers". */
void registry_bed_ask(struct bus *b, const char *exchange, const char *body);
struct manager_credentials *peer_answer(struct bus *b);
/* Both, on a connection of its own. */
struct manager_credentials *peer_register(const char *exchange, const char *body);
/* more: further members of the endpoint, after a comma. */
char *peer_vnfm_body(const char *type, const char *more);
void peer_say_goodbye(struct bus *b, const struct manager_credentials *c, const char *password,
                      const char *instance);
/* Its durable queue, as the peers' SDKs make it, with a consumer. */
struct bus *peer_serve(const struct manager_credentials *c, const char *queue, bool is_auto_delete);
bool peer_can_log_in(const struct manager_credentials *c);

#endif
