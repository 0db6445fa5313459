/* A stand-in of the NFVO for tests of our SDKs: registers managers (real broker users with the
 * rights of proto/topology.h), grants and allocates, sends requests and collects their answers.
 * Single-threaded: it lives while one of its waiting functions runs.
 *
 *     struct mini_nfvo *nfvo = mini_nfvo_new(vhost);
 *     ...start a VNFM with --broker-user=nfvo->registrar, password "registrar"...
 *     mini_nfvo_await_consumer(nfvo, "dummy-7");
 *     const char *answer = mini_nfvo_ask(nfvo, "dummy-7", "{\"action\":\"START\",...}", "corr-1");
 *
 * Every wait has a deadline of 90 s and fails the test when it is over. */
#ifndef TESTS_SUPPORT_MINI_NFVO_H
#define TESTS_SUPPORT_MINI_NFVO_H

#include "common/base/arena.h"
#include "common/bus/bus.h"
#include "tests/support/broker.h"

#include <sys/types.h>

enum { MINI_ANSWERS_MAX = 4096 };

struct mini_nfvo {
    struct test_vhost *vhost;
    struct bus *bus;
    struct arena arena;         /* of all strings below, to the end of the test */
    char registrar[80];         /* the registration user of this vhost */
    bool is_refusing;           /* GRANT is answered with ERROR */
    const char *host_prefix;    /* of instances: <prefix>-<n>; NULL: "host" */
    const char *last_user_data; /* of ALLOCATE or SCALING */
    unsigned registers, unregisters, grants, allocates, scalings;
    const char *last_user;    /* that registered */
    unsigned refused;         /* times that a VNFM told of what it refused, by its own count */
    const char *last_refused; /* "ACCOUNT WORDS" */
    struct {
        const char *id, *body;
    } answers[MINI_ANSWERS_MAX];
    unsigned answer_n;
};

struct mini_nfvo *mini_nfvo_new(struct test_vhost *vhost); /* given */
void mini_nfvo_free(struct mini_nfvo *n);
void mini_nfvo_send(struct mini_nfvo *n, const char *queue, const char *body, const char *id);
/* The answer number `nth` (from 1) with this correlation id. Borrowed until the end. */
const char *mini_nfvo_await(struct mini_nfvo *n, const char *id, unsigned nth);
const char *mini_nfvo_ask(struct mini_nfvo *n, const char *queue, const char *body, const char *id);
void mini_nfvo_await_answers(struct mini_nfvo *n, unsigned count); /* in total */
void mini_nfvo_await_consumer(struct mini_nfvo *n, const char *queue);
void mini_nfvo_await_count(struct mini_nfvo *n, const unsigned *counter, unsigned at_least);
/* Of what the VNFM tells of refusals; takes a minute when only a part was in what it told first. */
void mini_nfvo_await_refused(struct mini_nfvo *n, unsigned at_least);
void mini_nfvo_pump(struct mini_nfvo *n, int ms); /* handle what comes within */

/* A program of ours, from the output directory that the test itself is in. args: ends with NULL. */
pid_t test_program_start(const char *name, const char *const *args);
int test_program_stop(pid_t pid, int signal); /* waits; the exit code, or 128 + signal */

#endif
