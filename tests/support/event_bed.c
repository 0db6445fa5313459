#include "tests/support/event_bed.h"

#include "common/base/mem.h"
#include "common/http/server.h"
#include "common/sys/clock.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void event_bed_start(struct event_bed *bed, size_t i)
{
    struct err err = ERR_INIT;
    struct dispatcher_setup setup = {
        .options = &bed->options, .bus = &bed->login, .store = bed->ts->store, .dial = &bed->dial};
    if (dispatcher_open(&bed->dispatchers[i], &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static enum http_result take(struct http_request *req, struct http_reply *reply)
{
    struct event_bed *bed = req->ctx;
    pthread_mutex_lock(&bed->web.lock);
    sbuf_addf(&bed->web.bodies, "%.*s ", (int)req->body_len, req->body);
    bed->web.n++;
    http_reply_static(reply, bed->web.status, HTTP_TYPE_TEXT, "thanks");
    pthread_mutex_unlock(&bed->web.lock);
    if (!http_request_has_type(req, "application/json"))
        http_reply_static(reply, 415, HTTP_TYPE_TEXT, "no");
    return HTTP_DONE;
}

void event_bed_open(struct event_bed *bed)
{
    static const struct http_route routes[] = {{"POST", "/e", take, 0}, {0}};
    struct err err = ERR_INIT;
    *bed = (struct event_bed){
        .vhost = test_vhost_new(),
        .ts = test_nfvo_store_new("event"),
        .options = {.http_threads = 2,
                    .attempts = 3,
                    .retry_ms = 50,
                    .http_timeout_ms = 2000,
                    .max_age_ms = 3600000,
                    .history_keep_ms = 86400000,
                    .operation_keep_ms = 86400000,
                    .endpoint_keep_ms = 86400000,
                    .replay_keep_ms = 3600000,
                    .poll_ms = 200,
                    .batch = 64},
        .web = {.lock = PTHREAD_MUTEX_INITIALIZER, .bodies = SBUF_INIT, .status = 200}};
    bed->login = test_bus_options(bed->vhost, "nfvo");
    if (dial_rules_parse(&bed->dial, (const char *const[]){"127.0.0.0/8"}, 1, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    bed->bus = bus_new(&bed->login);
    if (http_server_open(&bed->web.server,
                         &(struct http_server_options){.threads = 1, .routes = routes, .ctx = bed},
                         &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

void event_bed_stop(struct event_bed *bed, size_t i)
{
    dispatcher_close(bed->dispatchers[i]);
    bed->dispatchers[i] = NULL;
}

void event_bed_close(struct event_bed *bed)
{
    for (size_t i = 0; i < EVENT_BED_DISPATCHERS; i++)
        event_bed_stop(bed, i);
    bus_free(bed->bus);
    http_server_close(bed->web.server);
    sbuf_release(&bed->web.bodies);
    test_nfvo_store_free(bed->ts);
    test_vhost_free(bed->vhost);
    arena_release(&bed->memory);
}

void event_bed_subscribe(struct event_bed *bed, const char *id, const char *type,
                         const char *endpoint)
{
    test_sql(bed->ts->db,
             arena_printf(&bed->memory,
                          "INSERT INTO event_endpoint (id, project_id, event, doc) VALUES ('%s', "
                          "'*', 'ERROR', '{\"id\":\"%s\",\"name\":\"n\",\"type\":\"%s\","
                          "\"endpoint\":\"%s\",\"event\":\"ERROR\",\"projectId\":\"*\"}')",
                          id, id, type, endpoint));
}

void event_bed_add(struct event_bed *bed, const char *endpoint_id, int from, int to)
{
    test_sql(bed->ts->db,
             arena_printf(&bed->memory,
                          "INSERT INTO event_out (stream, endpoint_id, next_at, body) SELECT 's' "
                          "|| i %% 3, '%s', 0, i FROM generate_series(%d, %d) i ORDER BY i; "
                          "SELECT pg_notify('event', '')",
                          endpoint_id, from, to));
}

char *event_bed_url(struct event_bed *bed)
{
    return arena_printf(&bed->memory, "http://127.0.0.1:%u/e", http_server_port(bed->web.server));
}

void event_bed_want_queue(struct event_bed *bed, const char *name)
{
    bus_want_queue(bed->bus, &(struct bus_queue){.name = name});
    bus_want_consumer(bed->bus, &(struct bus_consumer){.queue = name, .prefetch = 1000});
    if (!bus_is_ready(bed->bus))
        test_bus_await(bed->bus, BUS_READY);
    else {
        struct bus_event ev; /* declares it; nothing else is under way */
        assert_int_equal(bus_next(bed->bus, &ev, -1, 0), BUS_TIMEOUT);
    }
}

int event_bed_next(struct event_bed *bed, int64_t *ret_seq)
{
    struct bus_event ev = test_bus_await(bed->bus, BUS_DELIVERY);
    const char *seq = bus_delivery_header(ev.delivery, "seq");
    assert_non_null(seq);
    assert_string_equal(ev.delivery->content_type, "text/plain");
    *ret_seq = atoll(seq);
    int n = atoi(ev.delivery->body);
    bus_ack(bed->bus, ev.delivery->tag, ev.delivery->epoch);
    return n;
}

void event_bed_expect(struct event_bed *bed, int from, int to)
{
    for (int64_t i = from, seq, last = 0; i <= to; i++, last = seq) {
        assert_int_equal(event_bed_next(bed, &seq), i);
        assert_true(seq > last);
    }
}

void event_bed_await_web(struct event_bed *bed, const char *want)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (;; poll(NULL, 0, 5)) {
        pthread_mutex_lock(&bed->web.lock);
        char *got = arena_strdup(&bed->memory, bed->web.bodies.s);
        pthread_mutex_unlock(&bed->web.lock);
        if (strcmp(got, want) == 0)
            return;
        if (clock_mono_us() > deadline)
            fail_msg("got '%s', want '%s'", got, want);
    }
}

void event_bed_await_nothing_left(struct event_bed *bed)
{
    test_query_await(bed->ts->db, "SELECT count(*) FROM event_out", "0");
}

int event_bed_metric(struct event_bed *bed, const char *name)
{
    int sum = 0;
    for (size_t i = 0; i < EVENT_BED_DISPATCHERS; i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (bed->dispatchers[i])
            dispatcher_render_metrics(bed->dispatchers[i], &text);
        const char *at = strstr(text.s, name);
        sum += at ? atoi(at + strlen(name)) : 0;
    }
    return sum;
}

void event_bed_await_metric(struct event_bed *bed, const char *name, int want)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (; event_bed_metric(bed, name) < want; poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("%s: %d, want %d", name, event_bed_metric(bed, name), want);
}
