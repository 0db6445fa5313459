/* Dispatchers of events (nfvo/event) between a database, a broker and a subscriber's web server, for one
 * test.
 *
 *     event_bed_open(&bed);                         set_up; bed.options may be changed now
 *     event_bed_subscribe(&bed, "e1", "REST", event_bed_url(&bed));
 *     event_bed_add(&bed, "e1", 1, 3);
 *     event_bed_start(&bed, 0);
 *     event_bed_await_web(&bed, "1 2 3 ");
 *     event_bed_close(&bed);                        tear_down
 *
 * What is not as expected, or does not come, fails the test. */
#ifndef TESTS_SUPPORT_EVENT_BED_H
#define TESTS_SUPPORT_EVENT_BED_H

#include "common/base/arena.h"
#include "common/http/dial.h"
#include "nfvo/event/dispatcher.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <pthread.h>

enum { EVENT_BED_DISPATCHERS = 2 };

struct event_bed {
    struct test_vhost *vhost;
    struct test_nfvo_store *ts;
    struct dispatcher_options options;
    struct bus_options login;
    struct dial_rules dial; /* loopback is allowed, unless a test takes that back */
    struct dispatcher *dispatchers[EVENT_BED_DISPATCHERS];
    struct bus *bus; /* the test's own */
    struct arena memory;
    struct { /* a subscriber's */
        struct http_server *server;
        pthread_mutex_t lock;
        struct sbuf bodies; /* "1 2 3 " */
        int status, n;      /* of its answers; how many came */
    } web;
};

void event_bed_open(struct event_bed *bed);
void event_bed_close(struct event_bed *bed);
void event_bed_start(struct event_bed *bed, size_t i); /* dispatcher i */
void event_bed_stop(struct event_bed *bed, size_t i);  /* one that is not there: nothing */

void event_bed_subscribe(struct event_bed *bed, const char *id, const char *type,
                         const char *endpoint);
/* Events from..to with those numbers as bodies, spread over three streams, and the engine's word. */
void event_bed_add(struct event_bed *bed, const char *endpoint_id, int from, int to);
char *event_bed_url(struct event_bed *bed); /* of the web server; in the bed's memory */
void event_bed_want_queue(struct event_bed *bed, const char *name);

/* The next body on the test's queues, acknowledged; *ret_seq: its number. */
int event_bed_next(struct event_bed *bed, int64_t *ret_seq);
void event_bed_expect(struct event_bed *bed, int from, int to); /* and rising numbers */
void event_bed_await_web(struct event_bed *bed, const char *want);
void event_bed_await_nothing_left(struct event_bed *bed);

int event_bed_metric(struct event_bed *bed, const char *name); /* of all dispatchers */
void event_bed_await_metric(struct event_bed *bed, const char *name, int want);

#endif
