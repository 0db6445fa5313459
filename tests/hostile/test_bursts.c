/* Honest work that comes all at once is no flood: nfvo's watch on the broker (tests/support/crowd_bed.h)
 * shuts nobody out. */
#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/sys/clock.h"
#include "proto/topology.h"
#include "tests/support/crowd_bed.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MSEC_PER_SEC = 1000 };
enum {
    FOUND_S = 18, /* in which a flood would be: 5 s until the broker counts, 10 s of it, a look */
    THREADS = 8,
    COME_S = 120
};

/* Those that come back, each with an account of its own, and the message that each of them sends. */
struct comer {
    const char *user, *queue;
};
struct crowd_of {
    const char *room, *exchange, *key; /* a virtual host */
    bool is_bound;                     /* its queue, to that exchange */
    struct comer *at;
    int n;
};
static const struct crowd_of *they;
static atomic_int came, failed;
static atomic_bool is_over;

static void wait_until_a_flood_were_found(void)
{
    int64_t until = clock_mono_us() + FOUND_S * USEC_PER_SEC;
    while (clock_mono_us() < until)
        crowd_pump(100);
}

static void check_nobody_is_shut_out(void)
{
    assert_string_equal(test_query(crowd.ts->db, "SELECT count(*) FROM account_shut"), "0");
    assert_string_equal(crowd_refused(), "");
}

/* --- many accounts ----------------------------------------------------------------------------- */

static struct bus *come(const struct comer *c)
{
    struct bus_options o = crowd.login;
    o.name = c->user;
    o.user = c->user;
    o.password = "comer";
    o.vhost = they->room;
    struct bus *bus = bus_new(&o);
    bus_want_queue(bus, &(struct bus_queue){.name = c->queue, .is_durable = true});
    if (they->is_bound)
        bus_want_binding(bus, &(struct bus_binding){
                                  .queue = c->queue, .exchange = they->exchange, .key = c->queue});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = c->queue, .prefetch = 1});
    return bus;
}

static bool speak(struct bus *bus)
{
    struct bus_message m = {
        .exchange = they->exchange, .routing_key = they->key, .body = "{}", .len = 2};
    struct bus_event ev;
    int64_t deadline = clock_mono_us() + COME_S * USEC_PER_SEC;
    while (!bus_has_all(bus) && clock_mono_us() < deadline)
        bus_next(bus, &ev, -1, 100);
    return bus_has_all(bus) && bus_publish(bus, &m, NULL, NULL) == ERR_OK;
}

/* One of THREADS: every THREADS-th of them. They stay until it is over. */
static void *bring(void *arg)
{
    struct bus **all = xcalloc((size_t)they->n, sizeof(struct bus *));
    struct bus_event ev;
    for (int i = (int)(intptr_t)arg; i < they->n; i += THREADS) {
        all[i] = come(&they->at[i]);
        atomic_fetch_add(speak(all[i]) ? &came : &failed, 1);
    }
    while (!is_over)
        for (int i = (int)(intptr_t)arg; i < they->n; i += THREADS)
            if (bus_next(all[i], &ev, -1, 1) == BUS_DELIVERY)
                bus_ack(all[i], ev.delivery->tag, ev.delivery->epoch);
    for (int i = 0; i < they->n; i++)
        bus_free(all[i]);
    free(all);
    return NULL;
}

static void api(const char *method, const char *path, const char *body)
{
    long status = test_broker_api(crowd.vhost, method, path, body, NULL);
    if (status / 100 != 2)
        fail_msg("%s %s: %ld", method, path, status);
}

/* Accounts of the broker, all by one call. */
static void make_accounts(const struct crowd_of *c)
{
    AUTO(sbuf_release) struct sbuf users = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf rights = SBUF_INIT;
    for (int i = 0; i < c->n; i++) {
        const char *comma = i ? "," : "";
        sbuf_addf(&users, "%s{\"name\":\"%s\",\"password\":\"comer\",\"tags\":\"\"}", comma,
                  c->at[i].user);
        sbuf_addf(&rights,
                  "%s{\"user\":\"%s\",\"vhost\":\"%s\",\"configure\":\".*\",\"write\":\".*\","
                  "\"read\":\".*\"}",
                  comma, c->at[i].user, c->room);
    }
    api("POST", "definitions",
        arena_printf(&crowd.memory, "{\"users\":[%s],\"permissions\":[%s]}", users.s, rights.s));
}

static void delete_accounts(const struct crowd_of *c)
{
    AUTO(sbuf_release) struct sbuf users = SBUF_INIT;
    for (int i = 0; i < c->n; i++)
        sbuf_addf(&users, "%s\"%s\"", i ? "," : "", c->at[i].user);
    api("POST", "users/bulk-delete", arena_printf(&crowd.memory, "{\"users\":[%s]}", users.s));
}

static void come_all(struct crowd_of *c, int n, const char *user, const char *queue,
                     const char *queue_end)
{
    pthread_t threads[THREADS];
    c->n = n;
    c->at = arena_alloc(&crowd.memory, (size_t)n * sizeof(c->at[0]));
    for (int i = 0; i < n; i++) {
        c->at[i].user = arena_printf(&crowd.memory, "%s%d-%s", user, i, crowd.vhost->name);
        c->at[i].queue = arena_printf(&crowd.memory, "%s%d%s", queue, i, queue_end);
    }
    make_accounts(c);
    they = c;
    came = failed = 0;
    is_over = false;
    int64_t began = clock_mono_us();
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, bring, (void *)i), 0);
    while (came + failed < n)
        crowd_pump(100);
    printf("%d came within %.1f s, %d did not\n", came,
           (double)(clock_mono_us() - began) / USEC_PER_SEC, failed);
    wait_until_a_flood_were_found();
    is_over = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    delete_accounts(c);
    check_nobody_is_shut_out();
    assert_int_equal(came, n);
}

/* --- tests -------------------------------------------------------------------------------------- */

/* As much honest work as there can be, for longer than a flood takes to be found. */
static void full_rate(void **state)
{
    (void)state;
    double rate = crowd_rate(INT_MAX, FOUND_S * MSEC_PER_SEC);
    crowd_await_all_answered();
    printf("%.0f/s\n", rate);
    check_nobody_is_shut_out();
}

/* What waited while it was away. */
static void requests_2000(void **state)
{
    (void)state;
    crowd_ask(2000);
    crowd_await_all_answered();
    wait_until_a_flood_were_found();
    check_nobody_is_shut_out();
}

/* After a restart of the broker: each declares, binds, consumes and registers. */
static void vnfms_300(void **state)
{
    struct crowd_of all = {.room = crowd.evil.room,
                           .exchange = TOPOLOGY_EXCHANGE,
                           .key = QUEUE_ACTIONS,
                           .is_bound = true};
    static const char *const limits[] = {"max-connections", "max-queues"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) /* one room for all, which is quicker made */
        api("PUT", arena_printf(&crowd.memory, "vhost-limits/%s/%s", crowd.evil.room, limits[i]),
            "{\"value\":-1}");
    come_all(&all, 300, "vnfm", "type.", "");
}

/* Agents of a service that says hello, to one VNFM, which answers each. */
static atomic_bool is_vnfm_over;
static atomic_int hellos;

static void *serve_agents(void *arg)
{
    struct bus *bus = arg;
    struct bus_event ev;
    while (!is_vnfm_over) {
        if (bus_next(bus, &ev, -1, 50) != BUS_DELIVERY)
            continue;
        struct bus_message m = {.routing_key = they->at[hellos % they->n].queue,
                                .body = ev.delivery->body,
                                .len = ev.delivery->len};
        if (bus_publish(bus, &m, NULL, NULL) == ERR_OK)
            hellos++;
        bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    }
    return NULL;
}

static void agents_500(void **state)
{
    struct crowd_of all = {.exchange = TOPOLOGY_AGENTS_EXCHANGE, .key = "ems.generic.register"};
    struct comer vnfm = {.user = arena_printf(&crowd.memory, "generic-%s", crowd.vhost->name),
                         .queue = all.key};
    struct crowd_of one = {.at = &vnfm, .n = 1};
    pthread_t thread;
    (void)state;
    all.room = one.room = crowd.options.agents_vhost;
    one.exchange = all.exchange;
    one.is_bound = true;
    make_accounts(&one);
    they = &one;
    struct bus *bus = come(&vnfm);
    while (!bus_has_all(bus))
        test_bus_await(bus, BUS_READY);
    hellos = 0;
    is_vnfm_over = false;
    they = &all;
    assert_int_equal(pthread_create(&thread, NULL, serve_agents, bus), 0);
    come_all(&all, 500, "ems.host", "vnfm.host", ".actions");
    is_vnfm_over = true;
    pthread_join(thread, NULL);
    bus_free(bus);
    delete_accounts(&one);
    assert_int_equal(hellos, 500);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_rate),
        cmocka_unit_test(requests_2000),
        cmocka_unit_test(vnfms_300),
        cmocka_unit_test(agents_500),
    };
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("bursts", tests, ARRAY_LEN(tests), crowd_open_watched,
                                   crowd_close_watched);
}
