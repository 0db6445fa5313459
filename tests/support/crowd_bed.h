/* An honest peer and one that misbehaves, each enrolled, in a room of its own on a real broker; both
 * are served by one thread of the NFVO's bus_set, as its workers do. It answers what the honest one
 * asks, and only takes what the other one sends. */
#ifndef TESTS_SUPPORT_CROWD_BED_H
#define TESTS_SUPPORT_CROWD_BED_H

#include "common/base/arena.h"
#include "nfvo/vnfm/registry.h"
#include "tests/support/broker.h"
#include "tests/support/flood.h"
#include "tests/support/nfvo_store.h"

enum { CROWD_WINDOW = 8, CROWD_DEADLINE_S = 90, CROWD_ALL = 1 << 20 /* requests at most */ };

struct crowd_peer {
    const char *name, *room, *queue; /* room: its virtual host */
    struct bus_options login;
};

/* One at a time, since the NFVO's thread is. */
struct crowd {
    struct test_vhost *vhost; /* the NFVO's own */
    struct test_nfvo_store *ts;
    struct registry_options options;
    struct bus_options login;
    struct registry_setup setup;
    struct arena memory;
    struct crowd_peer honest, evil;
    struct bus *bus; /* the honest one's */
};
extern struct crowd crowd;

/* cmocka's; the honest peer's requests come through when it returns. */
int crowd_open(void **state);
int crowd_close(void **state);
/* And nfvo watches the broker, with its defaults; who is shut out stays so. */
int crowd_open_watched(void **state);
int crowd_close_watched(void **state);

struct bus *crowd_connect(const struct crowd_peer *p);
/* The honest peer sends n requests, whatever is open. */
void crowd_ask(unsigned n);
/* One event of the honest peer. Fails on whatever disturbs it, and on a request that has no way or
 * is answered twice. */
void crowd_pump(int timeout_ms);
/* Requests answered in a second, of `pace` a second that are sent unless CROWD_WINDOW are open. */
double crowd_rate(int pace, int measure_ms);
/* Each once, or the test fails. */
void crowd_await_all_answered(void);
/* Accounts of ours that nfvo's watch told of, or a limit refused, separated by blanks. The broker's
 * log has those of all tests. */
const char *crowd_refused(void);
/* What the other one left in its room goes, until no more of it comes: the broker may still be
 * reading. */
void crowd_clear(void);

#endif
