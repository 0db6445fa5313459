#include "tests/sim/selftest.h"

#include "proto/topology.h"
#include "tests/sim/cloud.h"
#include "tests/sim/fake_bus.h"
#include "tests/sim/fiber.h"
#include "tests/sim/store.h"

#include <stdio.h>
#include <string.h>

static int failed;
#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            failed++;                                                                              \
            printf("selftest: %s:%d: %s\n", __func__, __LINE__, #what);                            \
        }                                                                                          \
    } while (0)

/* --- fibers and time --- */
static int steps;
static void stepping(void *arg)
{
    (void)arg;
    for (;;) {
        steps++;
        fiber_yield();
    }
}

static void test_fiber(void)
{
    struct fiber *f = fiber_new(stepping, NULL);
    fiber_resume(f);
    fiber_resume(f);
    fiber_free(f); /* never resumed again */
    CHECK(steps == 2);
}

static int64_t seen[3];
static int n_seen;
static void see(struct sim *s, void *arg, uint64_t tag)
{
    (void)arg, (void)tag;
    seen[n_seen++] = s->now;
}

static void test_time(struct sim *s)
{
    sim_init(s, 1);
    sim_at(s, 30, see, NULL, 0);
    sim_at(s, 10, see, NULL, 0);
    sim_at(s, 20, see, NULL, 0);
    sim_run(s, 25);
    CHECK(n_seen == 2 && seen[0] == 10 && seen[1] == 20 && s->now == 25);
}

/* --- broker --- */
struct client {
    struct bconn *conn;
    struct bconsumer *by[8];
    struct bmsg *got[8];
    int n, confirmed, returned;
};
static void on_delivery(void *ctx, struct bconsumer *c, struct bmsg *m)
{
    struct client *k = ctx;
    k->by[k->n] = c;
    k->got[k->n++] = m;
}
static void on_confirmed(void *ctx, uint64_t seq)
{
    (void)seq;
    ((struct client *)ctx)->confirmed++;
}
static void on_returned(void *ctx, uint64_t seq)
{
    (void)seq;
    ((struct client *)ctx)->returned++;
}
static const struct bconn_events events = {on_delivery, on_confirmed, on_returned, NULL};

static void send_text(struct client *k, const char *key, const char *text, bool mandatory,
                      const char *private_queue)
{
    struct publish p = {.exchange = "",
                        .key = key,
                        .body = text,
                        .len = strlen(text),
                        .mandatory = mandatory,
                        .reply_to = private_queue,
                        .wants_private_queue = private_queue != NULL};
    broker_publish(k->conn, &p);
}

static void connect(struct sim *s, struct client *k)
{
    *k = (struct client){0};
    k->conn = broker_connect(s, "client", &events, k);
}

static void test_redelivery(struct sim *s)
{
    struct client a, b;
    sim_init(s, 2);
    broker_init(s);
    s->weather.net_us = 100;
    broker_declare(s, "q", NULL, false);
    connect(s, &a);
    broker_consume(a.conn, "q", 10, false);
    send_text(&a, "q", "one", true, NULL);
    send_text(&a, "q", "two", true, NULL);
    send_text(&a, "nowhere", "three", true, NULL);
    sim_run(s, s->now + SEC);
    CHECK(a.n == 2 && a.confirmed == 2 && a.returned == 1);
    CHECK(a.n == 2 && strcmp(a.got[0]->body, "one") == 0);
    broker_ack(a.conn, a.by[0], a.got[0]);
    sim_run(s, s->now + SEC);
    broker_drop(a.conn, 0);
    connect(s, &b);
    broker_consume(b.conn, "q", 10, false);
    sim_run(s, s->now + SEC);
    CHECK(b.n == 1 && strcmp(b.got[0]->body, "two") == 0 && b.got[0]->deliveries == 2);
    CHECK(broker_waiting(s, "q") == 1);
}

static void test_reply_queues(struct sim *s)
{
    struct client nfvo, peer;
    sim_init(s, 3);
    broker_init(s);
    s->weather.net_us = 100;
    broker_declare(s, QUEUE_REPLIES, NULL, false);
    connect(s, &nfvo);
    connect(s, &peer);
    broker_consume(nfvo.conn, QUEUE_REPLIES, 10, true);
    broker_declare(s, "vnfm", NULL, true);
    broker_consume(peer.conn, "vnfm", 10, true);
    broker_declare(s, "amq.gen-1", peer.conn, false);
    send_text(&nfvo, "vnfm", "request", true, "nfvo.reply.c1");
    sim_run(s, s->now + SEC);
    CHECK(peer.n == 1 && strcmp(peer.got[0]->reply_to, "nfvo.reply.c1") == 0);
    send_text(&peer, "nfvo.reply.c1", "answer", false, NULL);
    sim_run(s, s->now + SEC);
    CHECK(nfvo.n == 1 && strcmp(nfvo.got[0]->first_death_queue, "nfvo.reply.c1") == 0);
    broker_drop(peer.conn, 0); /* exclusive and auto-delete queues go with their owner */
    sim_run(s, s->now + SEC);
    CHECK(!broker_find(s, "amq.gen-1") && !broker_find(s, "vnfm") &&
          broker_find(s, "nfvo.reply.c1"));
}

/* --- store --- */
static const struct row_kind kinds[] = {
    {.table = "thing", .keys = {"name"}, .has_doc = true, .has_state = true}};
static const struct agg_kind aggs[] = {{"thing", 0, {0}, 0}};
static const struct domain dom = {.rows = kinds, .n_rows = 1, .aggs = aggs, .n_aggs = 1};

static struct load load_one(struct session *ss, struct arena *a, const char *agg)
{
    struct intent *in = arena_alloc(a, sizeof(*in));
    const struct intent **list = arena_alloc(a, sizeof(*list));
    *in = (struct intent){.agg = agg};
    list[0] = in;
    struct load l = {.intents = list, .n = 1, .arena = a};
    struct err err = ERR_INIT;
    CHECK(ss->port.load(ss, &dom, &l, &err) == ERR_OK);
    return l;
}

static void test_transactions(struct sim *s)
{
    struct session one, two;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct row r = {.id = "t1",
                    .agg = "t1",
                    .mark = ROW_NEW,
                    .phase = 3,
                    .doc = "{}",
                    .key = {"x"}},
               *rows[] = {&r};
    struct save sv = {.rows = rows, .n_rows = 1};
    struct err err = ERR_INIT;
    sim_init(s, 4);
    store_init(s, &dom);
    session_open(&one, s, "one", NULL);
    session_open(&two, s, "two", NULL);
    CHECK(load_one(&one, &a, "t1").n_aggs == 1);
    CHECK(load_one(&two, &a, "t1").n_aggs == 0); /* locked, though there is none yet */
    CHECK(two.port.save(&two, &dom, &(struct save){0}, &err) == ERR_OK);
    session_close(&one); /* killed: nothing of it was */
    CHECK(!store_row(s, 0, "t1") && s->store->n_locks == 0);
    load_one(&two, &a, "t1");
    CHECK(two.port.save(&two, &dom, &sv, &err) == ERR_OK && store_row(s, 0, "t1"));
    struct load l = load_one(&one, &a, "t1");
    CHECK(l.n_aggs == 1 && l.aggs[0].root && l.aggs[0].root->phase == 3 && l.now == SIM_EPOCH);
    CHECK(one.port.save(&one, &dom, &sv, &err) == ERR_EXISTS && s->store->n_locks == 0);
    CHECK(!*s->violation);
}

static void test_outbox(struct sim *s)
{
    struct session ss;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct outbox_row o = {.stream = "t1",
                           .seq = 1,
                           .send = {.exchange = "", .key = "k", .body = "b"}},
                      *out[] = {&o};
    const struct outbox_row *sent[] = {&o};
    struct outbox_rows due;
    struct err err = ERR_INIT;
    sim_init(s, 5);
    store_init(s, &dom);
    session_open(&ss, s, "one", NULL);
    load_one(&ss, &a, "t1");
    CHECK(ss.port.save(&ss, &dom, &(struct save){.outbox = out, .n_outbox = 1}, &err) == ERR_OK);
    CHECK(ss.port.unsent(&ss, &a, 9, &due, &err) == ERR_OK &&
          due.n == 0); /* its writer publishes it */
    s->now += 3 * SEC;
    CHECK(ss.port.mark_maybe_sent(&ss, out, 1, &err) == ERR_OK);
    CHECK(ss.port.unsent(&ss, &a, 9, &due, &err) == ERR_OK && due.n == 1 && due.at[0]->maybe_sent);
    CHECK(ss.port.unsent(&ss, &a, 9, &due, &err) == ERR_OK && due.n == 0); /* leased */
    CHECK(ss.port.settle(&ss, &(struct save){.confirmed = sent, .n_confirmed = 1}, &err) ==
              ERR_OK &&
          s->store->n_outbox == 0);
}

static void test_json(void)
{
    static const char text[] = "[{\"a\":[1,\"]\"]}, \"b\\\"c\",[],{},7]";
    struct proto_raw p[8];
    CHECK(json_elements((struct proto_raw){text, sizeof(text) - 1}, p, 8) == 5);
    CHECK(p[1].n == 6 && p[4].n == 1 && *p[4].at == '7');
}

int selftest(void)
{
    struct sim s = {0};
    failed = 0;
    test_fiber();
    test_time(&s);
    test_redelivery(&s);
    test_reply_queues(&s);
    test_transactions(&s);
    test_outbox(&s);
    test_json();
    sim_release(&s);
    return failed;
}
