#include "tests/support/registry_bed.h"

#include "common/sys/clock.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/store/store_account.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct registry_bed bed;

/* In the registry's thread: which PoPs were to be refreshed. */
static void refresh_pop(void *ctx, const char *pop_id)
{
    (void)ctx;
    atomic_fetch_add(strcmp(pop_id, "mine") == 0 ? &bed.refreshes : &bed.refreshes_of_others, 1);
}

void registry_bed_open(void)
{
    struct err err = ERR_INIT;
    if (!bed.rooms && rooms_open(&bed.rooms, bed.store->store, bed.inner->name, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    struct registry_setup setup = {.options = &bed.options,
                                   .bus = &bed.login,
                                   .store = bed.store->store,
                                   .rooms = bed.rooms,
                                   .refresh_pop = refresh_pop};
    if (registry_open(&bed.registry, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

int registry_bed_set_up(void **state)
{
    (void)state;
    bed.inner = test_vhost_new();
    bed.vhost = test_vhost_later();
    bed.store = test_nfvo_store_new("registry");
    bed.login = test_bus_options(bed.inner, "nfvo");
    snprintf(bed.registrar, sizeof(bed.registrar), "registrar-%s", bed.vhost->name);
    bed.options = (struct registry_options){.management_host = bed.vhost->host,
                                            .management_port = bed.vhost->management_port,
                                            .management_timeout_ms = 5000,
                                            .is_registration_open = true,
                                            .registration_room = bed.vhost->name,
                                            .room_max_queues = 100,
                                            .room_max_connections = 50,
                                            .room_max_bytes = 1000000,
                                            .account_max_channels = 50,
                                            .registration_user = bed.registrar,
                                            .registration_password = "knock",
                                            .check_interval_ms = 200,
                                            .unregister_grace_ms = 300,
                                            .has_registration_default_exchange = true};
    return 0;
}

char *registry_bed_own(const char *prefix)
{
    return arena_printf(&bed.memory, "%s-%s", prefix, bed.vhost->name);
}

static void drop_user(const char *user) /* absent is fine */
{
    test_broker_api(bed.vhost, "DELETE", arena_printf(&bed.memory, "users/%s", user), NULL, NULL);
}

int registry_bed_tear_down(void **state)
{
    struct store_account *all = NULL;
    size_t n = 0;
    (void)state;
    registry_close(bed.registry);
    bed.registry = NULL;
    rooms_close(bed.rooms);
    bed.rooms = NULL;
    drop_user(bed.registrar);
    assert_int_equal(store_accounts_all(bed.store->db, &bed.memory, &all, &n, NULL), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        drop_user(all[i].name);
        if (*all[i].room)
            test_broker_api(bed.vhost, "DELETE",
                            arena_printf(&bed.memory, "vhosts/%s", all[i].room), NULL, NULL);
    }
    test_nfvo_store_free(bed.store);
    test_vhost_free(bed.vhost);
    test_vhost_free(bed.inner);
    arena_release(&bed.memory);
    return 0;
}

/* --- a peer -------------------------------------------------------------------------------------
 */

struct bus *peer_connect(const char *user, const char *password)
{
    struct bus_options o = test_bus_options(bed.vhost, user);
    o.user = user;
    o.password = password;
    return bus_new(&o);
}

struct bus *peer_knock(void)
{
    struct bus *b = peer_connect(bed.registrar, "knock");
    bus_want_queue(b, &(struct bus_queue){.name = "answers",
                                          .is_server_named = true,
                                          .is_exclusive = true,
                                          .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "answers"});
    test_bus_await(b, BUS_READY);
    return b;
}

void registry_bed_ask(struct bus *b, const char *exchange, const char *body)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    struct bus_message m = {.exchange = exchange,
                            .routing_key = QUEUE_MANAGER_HANDLING,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = "corr-1",
                            .reply_to = bus_queue_name(b, "answers"),
                            .is_mandatory = true};
    if (bus_publish(b, &m, &seq, &err) != ERR_OK)
        fail_msg("publish: %s", err.msg);
}

struct manager_credentials *peer_answer(struct bus *b)
{
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    struct manager_credentials *c;
    struct err err = ERR_INIT;
    assert_string_equal(ev.delivery->correlation_id, "corr-1");
    assert_string_equal(ev.delivery->content_type, "text/plain");
    if (proto_decode(&manager_credentials_type, ev.delivery->body, ev.delivery->len, 0, &bed.memory,
                     &c, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
    assert_int_equal(strlen(c->password), 32);
    return c;
}

struct manager_credentials *peer_register(const char *exchange, const char *body)
{
    struct bus *b = peer_knock();
    registry_bed_ask(b, exchange, body);
    struct manager_credentials *c = peer_answer(b);
    bus_free(b);
    return c;
}

char *peer_vnfm_body(const char *type, const char *more)
{
    return arena_printf(
        &bed.memory,
        "{\"action\":\"register\",\"type\":\"%s\",\"vnfmManagerEndpoint\":{\"type\":"
        "\"%s\",\"endpoint\":\"%s\",\"endpointType\":\"RABBIT\",\"description\":"
        "\"x\",\"enabled\":true,\"active\":true%s}}",
        type, type, type, more);
}

void peer_say_goodbye(struct bus *b, const struct manager_credentials *c, const char *password,
                      const char *instance)
{
    registry_bed_ask(
        b, TOPOLOGY_EXCHANGE,
        arena_printf(&bed.memory,
                     "{\"action\":\"unregister\",\"type\":\"%s\",\"username\":\"%s\",\"password\":"
                     "\"%s\",\"vnfmManagerEndpoint\":{\"type\":\"%s\",\"endpoint\":\"%s\","
                     "\"endpointType\":\"RABBIT\"}%s}",
                     c->username, c->username, password, c->username, c->username, instance));
}

struct bus *peer_serve(const struct manager_credentials *c, const char *queue, bool is_auto_delete)
{
    struct bus *b = peer_connect(c->username, c->password);
    bus_want_queue(b, &(struct bus_queue){
                          .name = queue, .is_durable = true, .is_auto_delete = is_auto_delete});
    bus_want_binding(b, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    test_bus_await(b, BUS_READY);
    return b;
}

bool peer_can_log_in(const struct manager_credentials *c)
{
    struct bus *b = peer_connect(c->username, c->password);
    struct bus_event ev;
    do
        bus_next(b, &ev, -1, 5000);
    while (ev.type != BUS_READY && ev.type != BUS_FAULT);
    bus_free(b);
    return ev.type == BUS_READY;
}

int registry_bed_metric(const char *name)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    registry_render_metrics(bed.registry, &text);
    const char *at = strstr(text.s, arena_printf(&bed.memory, "\n%s ", name));
    return at ? atoi(at + strlen(name) + 2) : 0;
}

void registry_bed_await_metric(const char *name, int want)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (; registry_bed_metric(name) < want; poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("%s: %d, want %d", name, registry_bed_metric(name), want);
}
