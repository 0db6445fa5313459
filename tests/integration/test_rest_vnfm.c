/* VNFMs over HTTP: nfvo/vnfm/rest.h against a real broker, a database, and an HTTP server that is a VNFM
 * of every temper. */
#include "common/base/mem.h"
#include "common/http/dial.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/vnfm/rest.h"
#include "proto/topology.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUEUE     QUEUE_REST_VNFM_PREFIX "t"
#define ANSWER_MS 30000

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct bus_options login;
static struct dial_rules dial;
static struct rest_vnfms *rest;
static struct rest_vnfms_setup setup;
static struct bus *bus;
static struct arena memory;

/* The VNFM: what it answers next, and what it was asked. */
static struct {
    struct http_server *server;
    pthread_mutex_t lock;
    const char *moods[4]; /* "503", a status; "hold"; else a body. NULL: "{}" */
    size_t mood_at;
    int posts, elsewhere;
    char key[128], body[256];
    sem_t go;
} vnfm = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum http_result on_post(struct http_request *req, struct http_reply *reply)
{
    const char *key = http_request_header(req, "Idempotency-Key");
    pthread_mutex_lock(&vnfm.lock);
    const char *mood = vnfm.mood_at < ARRAY_LEN(vnfm.moods) ? vnfm.moods[vnfm.mood_at++] : NULL;
    vnfm.posts++;
    snprintf(vnfm.key, sizeof(vnfm.key), "%s", key ? key : "");
    snprintf(vnfm.body, sizeof(vnfm.body), "%s", req->body);
    pthread_mutex_unlock(&vnfm.lock);
    int status = mood ? atoi(mood) : 0;
    if (mood && strcmp(mood, "hold") == 0)
        sem_wait(&vnfm.go);
    if (status == 302)
        http_reply_header(reply, "Location", "/elsewhere");
    if (status == 204)
        http_reply_empty(reply, 204);
    else if (status == 413) { /* too much */
        struct sbuf body = SBUF_INIT;
        for (int i = 0; i < 5 << 20; i += 16)
            sbuf_adds(&body, "0123456789abcdef");
        http_reply_sbuf(reply, 200, HTTP_TYPE_JSON, &body);
    } else
        http_reply_static(reply, status ? status : 200, HTTP_TYPE_JSON,
                          status || !mood || strcmp(mood, "hold") == 0 ? "{\"said\":\"so\"}"
                                                                       : mood);
    return HTTP_DONE;
}

static enum http_result on_elsewhere(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    vnfm.elsewhere++;
    http_reply_static(reply, 200, HTTP_TYPE_JSON, "{}");
    return HTTP_DONE;
}

static void open_rest(void)
{
    struct err err = ERR_INIT;
    if (rest_vnfms_open(&rest, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static void close_rest(void)
{
    rest_vnfms_close(rest);
    rest = NULL;
}

static void add_vnfm(uint16_t port, const char *capabilities)
{
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, "
                          "capabilities, doc) VALUES ('v', 't', 'http://127.0.0.1:%u', 'REST', "
                          "true, true, '%s', '{}')",
                          port, capabilities));
}

static int set_up(void **state)
{
    static const struct http_route routes[] = {{"POST", "/core-rest-actions", on_post, 0},
                                               {"GET", "/elsewhere", on_elsewhere, 0},
                                               {"POST", "/elsewhere", on_elsewhere, 0},
                                               {0}};
    struct err err = ERR_INIT;
    (void)state;
    vhost = test_vhost_new();
    ts = test_nfvo_store_new("rest_vnfm");
    login = test_bus_options(vhost, "nfvo");
    if (dial_rules_parse(&dial, (const char *const[]){"127.0.0.0/8"}, 1, &err) != ERR_OK ||
        http_server_open(&vnfm.server,
                         &(struct http_server_options){.threads = 4, .routes = routes},
                         &err) != ERR_OK)
        fail_msg("%s", err.msg);
    memset(vnfm.moods, 0, sizeof(vnfm.moods));
    vnfm.mood_at = 0;
    vnfm.posts = vnfm.elsewhere = 0;
    sem_init(&vnfm.go, 0, 0);
    setup = (struct rest_vnfms_setup){.bus = &login,
                                      .store = ts->store,
                                      .dial = &dial,
                                      .check_interval_ms = 200,
                                      .absence_grace_ms = 100,
                                      .doubt_ms = 300,
                                      .answer_ms = ANSWER_MS};
    bus = bus_new(&login);
    topology_declare(bus);
    topology_declare_rest_vnfm(bus, QUEUE);
    test_bus_await(bus, BUS_READY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_rest();
    bus_free(bus);
    http_server_close(vnfm.server);
    sem_destroy(&vnfm.go);
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

/* --- helpers -------------------------------------------------------------------------------- */

/* A request of the NFVO: its command, which is due in so many seconds. Returns its id. */
static const char *command_new(int due_s)
{
    char id[ID_SIZE];
    id_new(id);
    const char *command = arena_printf(&memory, "%s:0.1.1", id);
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, "
                          "data) VALUES ('%s', '%s', 'nsr', 'INSTANTIATE', 'v', (extract(epoch "
                          "FROM clock_timestamp()) * 1000000)::bigint + %d000000, '')",
                          command, id, due_s));
    return command;
}

static const char *reply_queue(const char *command)
{
    return arena_printf(&memory, QUEUE_REPLY_PREFIX "%s", command);
}

static void publish(const char *command, const char *action, bool is_ours)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    const char *reply_to = reply_queue(command);
    const char *body = arena_printf(
        &memory, "{\"action\":\"%s\",\"vnfr\":{\"id\":\"r\",\"parent_ns_id\":\"n\"}}", action);
    if (bus_publish(bus,
                    &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE,
                                          .routing_key = QUEUE,
                                          .body = body,
                                          .len = strlen(body),
                                          .correlation_id = command,
                                          .reply_to = reply_to,
                                          .user_id = is_ours ? login.user : NULL,
                                          .is_mandatory = true},
                    &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

/* Declared by the broker before the request goes out: an answer that finds no queue is dropped. */
static void want_reply_queue(const char *command)
{
    const char *name = reply_queue(command);
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    uint32_t messages, consumers;
    struct err err = ERR_INIT;
    struct bus_event ev;
    bus_want_queue(bus, &(struct bus_queue){.name = name});
    do {
        err = (struct err)ERR_INIT;
        if (bus_next(bus, &ev, -1, 5) == BUS_DELIVERY || clock_mono_us() > until)
            fail_msg("queue '%s' is not there: %s", name, bus_event_name(ev.type));
    } while (bus_queue_check(bus, name, &messages, &consumers, &err) != ERR_OK);
}

/* Its answer stays in its queue. */
static const char *ask_only(const char *command, const char *action)
{
    want_reply_queue(command);
    publish(command, action, true);
    return command;
}

static void has_no_answer(const char *command)
{
    uint32_t messages = 1, consumers;
    struct err err = ERR_INIT;
    if (bus_queue_check(bus, reply_queue(command), &messages, &consumers, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(messages, 0);
}

static const char *ask(const char *command, const char *action)
{
    want_reply_queue(command);
    bus_want_consumer(bus, &(struct bus_consumer){.queue = reply_queue(command)});
    publish(command, action, true);
    return command;
}

/* Its answer, good until the next one. */
static const char *answer_to(const char *command)
{
    for (;;) {
        struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
        bool is_it = strcmp(ev.delivery->queue, reply_queue(command)) == 0;
        const char *body = arena_strndup(&memory, ev.delivery->body, ev.delivery->len);
        bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
        if (is_it)
            return body;
    }
}

static void answer_has(const char *command, const char *text)
{
    const char *body = answer_to(command);
    if (!strstr(body, text))
        fail_msg("no '%s' in: %s", text, body);
}

static void await_posts(int n)
{
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    struct bus_event ev;
    for (int got = -1; got < n;) {
        pthread_mutex_lock(&vnfm.lock);
        got = vnfm.posts;
        pthread_mutex_unlock(&vnfm.lock);
        if (clock_mono_us() > until)
            fail_msg("%d posts, not %d", got, n);
        bus_next(bus, &ev, -1, 5);
    }
}

/* Whatever was taken before is acknowledged: nothing comes again to the next process. */
static void nothing_is_left(void)
{
    int posts = vnfm.posts;
    close_rest();
    open_rest();
    answer_has(ask(command_new(60), "INSTANTIATE"), "so");
    assert_int_equal(vnfm.posts, posts + 1);
}

/* --- to the VNFM ---------------------------------------------------------------------------- */

static void what_it_answers_is_the_answer(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    vnfm.moods[0] = "{\"action\":\"INSTANTIATE\"}";
    vnfm.moods[1] = "<html>"; /* whoever reads it says so */
    const char *command = command_new(60);
    answer_has(ask(command, "INSTANTIATE"), "{\"action\":\"INSTANTIATE\"}");
    assert_string_equal(vnfm.key, command);
    assert_non_null(strstr(vnfm.body, "\"action\":\"INSTANTIATE\""));
    answer_has(ask(command_new(60), "MODIFY"), "<html>");
    assert_int_equal(vnfm.posts, 2);
    nothing_is_left();
}

/* As the Java REST SDK: of some actions that is all there is to say, of others nothing. */
static void an_answer_without_a_body(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    for (size_t i = 0; i < 3; i++)
        vnfm.moods[i] = "204";
    const char *start = ask_only(command_new(60), "START");
    await_posts(1);
    const char *scale_in = ask(command_new(60), "SCALE_IN");
    assert_string_equal(answer_to(scale_in), "null");
    answer_has(ask(command_new(60), "RELEASE_RESOURCES"), "null");
    nothing_is_left();
    has_no_answer(start);
}

static void what_was_not_taken_is_sent_again(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    vnfm.moods[0] = "503";
    vnfm.moods[1] = "429";
    answer_has(ask(command_new(60), "START"), "so");
    assert_int_equal(vnfm.posts, 3);
    nothing_is_left();
}

static void what_is_no_answer_is_an_error(void **state)
{
    static const struct {
        const char *mood, *text;
    } rows[] = {{"500", "answered START with status 500: '{\\\"said\\\":\\\"so\\\"}'"},
                {"404", "status 404"},
                {"302", "redirects are not followed"},
                {"413", "answered START with more than 4194304 bytes"}};
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        vnfm.mood_at = 0;
        vnfm.moods[0] = rows[i].mood;
        const char *command = ask(command_new(60), "START"), *body = answer_to(command);
        assert_non_null(strstr(body, "{\"action\":\"ERROR\",\"virtualNetworkFunctionRecord\":{"));
        if (!strstr(body, rows[i].text))
            fail_msg("no '%s' in: %s", rows[i].text, body);
    }
    assert_int_equal(vnfm.elsewhere, 0);
    assert_int_equal(vnfm.posts, ARRAY_LEN(rows));
}

static void nobody_listens(void **state)
{
    (void)state;
    uint16_t port = http_server_port(vnfm.server);
    http_server_close(vnfm.server);
    vnfm.server = NULL;
    add_vnfm(port, "");
    open_rest();
    test_query_await(ts->db, "SELECT active FROM vnfm_endpoint", "false");
    const char *command = ask(command_new(3), "START"), *body = answer_to(command);
    if (!strstr(body, "ERR_UNAVAIL") || !strstr(body, "VNFM 't' at http://127.0.0.1:"))
        fail_msg("%s", body);
}

/* An address of this host that outbound-allow does not name. */
static void its_address_is_refused(void **state)
{
    (void)state;
    dial = (struct dial_rules){0};
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    answer_has(ask(command_new(60), "START"), "outbound-allow");
    assert_int_equal(vnfm.posts, 0);
}

static void only_what_the_nfvo_wrote(void **state)
{
    struct err err = ERR_INIT;
    uint32_t messages = 0, consumers;
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    publish(command_new(60), "START", false);
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    while (messages == 0) {
        struct bus_event ev;
        if (clock_mono_us() > until)
            fail_msg("it is no dead letter, and there were %d posts", vnfm.posts);
        bus_next(bus, &ev, -1, 10);
        assert_int_equal(bus_queue_check(bus, QUEUE_DEAD_LETTERS, &messages, &consumers, &err),
                         ERR_OK);
    }
    assert_int_equal(vnfm.posts, 0);
}

static void two_copies_are_one_request(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    vnfm.moods[0] = "hold";
    const char *command = ask(command_new(60), "START");
    await_posts(1);
    publish(command, "START", true);
    answer_has(ask(command_new(60), "MODIFY"), "so"); /* behind it, so the copy was taken */
    sem_post(&vnfm.go);
    answer_has(command, "so");
    assert_int_equal(vnfm.posts, 2);
}

/* --- a process ended with it in hand -------------------------------------------------------- */

static void another_had(const char *command, bool was_sent, int seconds_ago)
{
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO vnfm_call VALUES ('%s', 'another', (extract(epoch FROM "
                          "clock_timestamp()) * 1000000)::bigint - %d000000, %s)",
                          command, seconds_ago, was_sent ? "true" : "false"));
}

static void what_another_had_in_hand(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    const char *command = command_new(60);
    another_had(command, false, 60);
    answer_has(ask(command, "START"), "so");
    assert_int_equal(vnfm.posts, 1);
    command = command_new(60);
    another_had(command, true, 60);
    answer_has(ask(command, "INSTANTIATE"), "so");
    assert_int_equal(vnfm.posts, 2);
    command = command_new(60);
    another_had(command, true, 60);
    answer_has(ask(command, "START"), "it is not known what became of START at VNFM 't'");
    assert_int_equal(vnfm.posts, 2);
}

static void one_that_recognises_repetitions(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "client_token correlation");
    open_rest();
    const char *command = command_new(60);
    another_had(command, true, 60);
    answer_has(ask(command, "START"), "so");
    assert_string_equal(vnfm.key, command);
}

/* It told by itself, or nobody waits any more: no error comes behind. */
static void its_command_is_closed(void **state)
{
    (void)state;
    setup.doubt_ms = 60000;
    add_vnfm(http_server_port(vnfm.server), "");
    open_rest();
    const char *command = command_new(60);
    another_had(command, true, 60);
    ask_only(command, "START");
    test_query_await(ts->db, "SELECT count(*) FROM vnfm_call WHERE sender <> 'another'", "1");
    test_sql(ts->db, "DELETE FROM command");
    test_query_await(ts->db, "SELECT count(*) FROM vnfm_call", "0");
    nothing_is_left();
    has_no_answer(command);
}

/* While that one lives it is not ours to send. */
static void another_has_it_in_hand(void **state)
{
    (void)state;
    add_vnfm(http_server_port(vnfm.server), "");
    const char *command = command_new(60);
    another_had(command, true, -50);
    open_rest();
    ask(command, "INSTANTIATE");
    answer_has(ask(command_new(60), "START"), "so");
    assert_int_equal(vnfm.posts, 1);
    test_sql(ts->db, "UPDATE vnfm_call SET alive_at = 0 WHERE sender = 'another'");
    answer_has(command, "so");
}

/* --- from the VNFM -------------------------------------------------------------------------- */

struct heard {
    sem_t sem;
    enum err_code code;
    char body[64];
};

static void hear(void *arg, const struct err *err, const char *body, size_t len)
{
    struct heard *h = arg;
    h->code = err ? err->code : ERR_OK;
    snprintf(h->body, sizeof(h->body), "%.*s", (int)len, body);
    sem_post(&h->sem);
}

static void say(struct heard *h, bool wants_answer)
{
    sem_init(&h->sem, 0, 0);
    rest_vnfms_say(rest, wants_answer, "{\"a\":1}", 7, hear, h);
}

static struct bus_delivery *take_from(const char *queue)
{
    bus_want_consumer(bus, &(struct bus_consumer){.queue = queue});
    test_bus_await(bus, BUS_DELIVERY);
    struct bus_delivery *d = bus_take(bus);
    assert_string_equal(d->queue, queue);
    assert_string_equal(d->body, "{\"a\":1}");
    assert_null(d->user_id); /* what we vouch for is ours: this is a VNFM's */
    bus_ack(bus, d->tag, d->epoch);
    return d;
}

static void what_it_says_is_heard(void **state)
{
    struct heard told, asked;
    struct err err = ERR_INIT;
    uint64_t seq;
    (void)state;
    open_rest();
    say(&told, false);
    struct bus_delivery *d = take_from(QUEUE_ACTIONS);
    assert_null(d->reply_to);
    bus_delivery_free(d);
    sem_wait(&told.sem);
    assert_int_equal(told.code, ERR_OK);
    assert_string_equal(told.body, "");
    say(&asked, true);
    d = take_from(QUEUE_ACTIONS_REPLY);
    assert_int_equal(bus_publish(bus,
                                 &(struct bus_message){.routing_key = d->reply_to,
                                                       .body = "granted",
                                                       .len = 7,
                                                       .correlation_id = d->correlation_id},
                                 &seq, &err),
                     ERR_OK);
    test_bus_await(bus, BUS_CONFIRMED);
    sem_wait(&asked.sem);
    assert_int_equal(asked.code, ERR_OK);
    assert_string_equal(asked.body, "granted");
    bus_delivery_free(d);
}

/* A queue that takes nothing, and keeps count in another. */
static struct bus *refuse_all(const char *queue)
{
    static const struct bus_arg args[] = {
        {.name = "x-max-length", .type = BUS_INT, .integer = 0},
        {.name = "x-overflow", .type = BUS_STRING, .string = "reject-publish-dlx"},
        {.name = "x-dead-letter-exchange", .type = BUS_STRING, .string = ""},
        {.name = "x-dead-letter-routing-key", .type = BUS_STRING, .string = "refused"}};
    struct bus *b = bus_new(&login);
    test_queue_delete(vhost, queue);
    bus_want_queue(b, &(struct bus_queue){.name = "refused"});
    bus_want_queue(b, &(struct bus_queue){.name = queue, .args = args, .arg_n = ARRAY_LEN(args)});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "refused"});
    test_bus_await(b, BUS_READY);
    return b;
}

static void what_the_broker_refuses_is_not_sent_at_once(void **state)
{
    struct heard told;
    (void)state;
    struct bus *refusing = refuse_all(QUEUE_ACTIONS);
    open_rest();
    say(&told, false);
    test_bus_await(refusing, BUS_DELIVERY);
    bus_delivery_free(bus_take(refusing));
    int64_t first = clock_mono_us();
    test_bus_await(refusing, BUS_DELIVERY);
    bus_delivery_free(bus_take(refusing));
    assert_true(clock_mono_us() - first > USEC_PER_SEC / 2);
    bus_free(refusing);
    close_rest();
    sem_wait(&told.sem);
    assert_int_not_equal(told.code, ERR_OK);
}

static void what_is_not_answered(void **state)
{
    struct heard late, stopped, refused;
    (void)state;
    setup.answer_ms = 300;
    open_rest();
    say(&late, true);
    sem_wait(&late.sem);
    assert_int_equal(late.code, ERR_TIMEOUT);
    close_rest();
    setup.answer_ms = ANSWER_MS;
    open_rest();
    say(&stopped, true);
    rest_vnfms_drain(rest);
    sem_wait(&stopped.sem);
    assert_int_equal(stopped.code, ERR_UNAVAIL);
    say(&refused, true);
    sem_wait(&refused.sem);
    assert_int_equal(refused.code, ERR_UNAVAIL);
}

static void count(void *arg, const struct err *err, const char *body, size_t len)
{
    atomic_int *n = arg;
    (void)body, (void)len;
    n[err && err->code == ERR_LIMIT]++;
}

/* Whoever is let in may say much while the broker is away; what it has taken is not kept. */
static void attack_much_is_said(void **state)
{
    enum { LEN = 4 << 20, N = 64 << 20 };
    static atomic_int ended[2];
    AUTO(sbuf_release) struct sbuf much = SBUF_INIT;
    (void)state;
    sbuf_grow(&much, LEN);
    sbuf_addf(&much, "{\"a\":\"%0*d\"}", LEN - 16, 0);
    login.port = 1;
    setup.answer_ms = 10 * ANSWER_MS; /* it does not end by itself meanwhile */
    open_rest();
    for (int i = 0; i < N / LEN + 4; i++)
        rest_vnfms_say(rest, true, much.s, much.len, count, ended);
    assert_int_equal(ended[0], 0);
    assert_int_equal(ended[1], 4);
    close_rest();
    assert_int_equal(ended[0], N / LEN);
    /* More than half of it: a second one fits when the broker has the first. */
    login = test_bus_options(vhost, "nfvo");
    ended[0] = ended[1] = 0;
    sbuf_grow(&much, N / 2);
    sbuf_addf(&much, "%*s", N / 2, "");
    open_rest();
    rest_vnfms_say(rest, true, much.s, much.len, count, ended);
    int64_t until = clock_mono_us() + ANSWER_MS * USEC_PER_MS;
    for (bool is_in = false; !is_in && clock_mono_us() < until;) {
        struct heard told;
        int refused = ended[1];
        say(&told, false);
        sem_wait(&told.sem);
        rest_vnfms_say(rest, true, much.s, much.len, count, ended);
        is_in = refused == ended[1];
    }
    assert_true(clock_mono_us() < until);
    close_rest();
    assert_int_equal(ended[0], 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    struct err err = ERR_INIT;
    err_ignore(log_set_levels("crit", &err), "the tests make errors on purpose");
    const struct CMUnitTest tests[] = {T(what_it_answers_is_the_answer),
                                       T(an_answer_without_a_body),
                                       T(what_was_not_taken_is_sent_again),
                                       T(what_is_no_answer_is_an_error),
                                       T(nobody_listens),
                                       T(its_address_is_refused),
                                       T(only_what_the_nfvo_wrote),
                                       T(two_copies_are_one_request),
                                       T(what_another_had_in_hand),
                                       T(one_that_recognises_repetitions),
                                       T(its_command_is_closed),
                                       T(another_has_it_in_hand),
                                       T(what_it_says_is_heard),
                                       T(what_the_broker_refuses_is_not_sent_at_once),
                                       T(what_is_not_answered),
                                       T(attack_much_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
