/* What the broker logs while a virtual host is deleted: nothing of rights, which would be logged
 * from inside of a transaction then (nfvo/vnfm/management_vhost.c). */
#include "common/base/arena.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/registry.h"
#include "tests/support/broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOG_EXCHANGE "amq.rabbitmq.log"

static struct test_vhost *vhost;
static struct arena memory;

static void must(const char *method, const char *path, const char *body)
{
    long status = test_broker_api(vhost, method, path, body, NULL);
    if (status / 100 != 2)
        fail_msg("%s %s: %ld", method, path, status);
}

/* A login with both kinds of rights. */
static const char *add_user(const char *room, const char *what)
{
    const char *user = arena_printf(&memory, "%s-%s", what, vhost->name);
    must("PUT", arena_printf(&memory, "users/%s", user), "{\"password\":\"x\",\"tags\":\"\"}");
    must("PUT", arena_printf(&memory, "permissions/%s/%s", room, user),
         "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}");
    must("PUT", arena_printf(&memory, "topic-permissions/%s/%s", room, user),
         "{\"exchange\":\"amq.topic\",\"write\":\".*\",\"read\":\".*\"}");
    return user;
}

/* A consumer of the whole log, which others write to as well. */
static struct bus *open_log(void)
{
    struct bus_options o = test_bus_options(vhost, "log");
    o.vhost = "/";
    struct bus *b = bus_new(&o);
    bus_want_queue(
        b, &(struct bus_queue){.name = "log", .is_server_named = true, .is_exclusive = true});
    bus_want_binding(b,
                     &(struct bus_binding){.queue = "log", .exchange = LOG_EXCHANGE, .key = "#"});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "log", .prefetch = 1000});
    test_bus_await(b, BUS_READY);
    return b;
}

/* The next line about the room. */
static const char *next_line(struct bus *log, const char *room)
{
    for (int64_t until = clock_mono_us() + 60 * USEC_PER_SEC; clock_mono_us() < until;) {
        struct bus_event ev;
        if (bus_next(log, &ev, -1, 1000) != BUS_DELIVERY)
            continue;
        bus_ack(log, ev.delivery->tag, ev.delivery->epoch);
        if (strstr(ev.delivery->body, arena_printf(&memory, "'%s'", room)))
            return arena_strndup(&memory, ev.delivery->body, ev.delivery->len);
    }
    fail_msg("the broker says nothing about '%s'", room);
    return "";
}

static void test_rights_go_before(void **state)
{
    struct registry_options options = {.management_host = vhost->host,
                                       .management_port = vhost->management_port,
                                       .management_timeout_ms = 30000,
                                       .agents_managers = ""};
    struct bus_options login = test_bus_options(vhost, "nfvo");
    struct registry_setup setup = {.options = &options, .bus = &login};
    const char *room = arena_printf(&memory, "%s.room", vhost->name);
    struct management m;
    struct err err = ERR_INIT;
    unsigned cleared = 0;
    (void)state;
    must("PUT", arena_printf(&memory, "vhosts/%s", room), "{}");
    const char *one = add_user(room, "one"), *two = add_user(room, "two");
    struct bus *log = open_log();
    management_init(&m, &setup, -1);
    if (management_delete_vhost(&m, room, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    const char *line;
    while (!strstr(line = next_line(log, room), "Deleting vhost"))
        cleared += strstr(line, "cleared") != NULL;
    assert_int_equal(cleared, 5); /* and the right of the one who made it */
    while (!strstr(line = next_line(log, room), "Stopping vhost supervisor"))
        assert_null(strstr(line, "cleared"));
    if (management_delete_vhost(&m, room, &err) != ERR_OK) /* absent is fine */
        fail_msg("%s", err.msg);
    management_release(&m);
    bus_free(log);
    test_user_free(vhost, one);
    test_user_free(vhost, two);
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rights_go_before, set_up, tear_down)};
    return cmocka_run_group_tests_name("a virtual host goes", tests, NULL, NULL);
}
