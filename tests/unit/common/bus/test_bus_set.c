/* Whose turn it is, without a broker: members that never connect, with events put into them by
 * hand. */
#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/bus/bus_set.h"
#include "common/bus/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static struct bus_set *set;

static struct bus *member(const char *name)
{
    struct bus *bus = bus_new(&(struct bus_options){.host = "nowhere"});

    bus->retry_at_ms = bus_now_ms() + 3600000;
    bus_set_add(set, name, bus);
    return bus;
}

static int set_up(void **state)
{
    (void)state;
    set = bus_set_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_set_free(set);
    return 0;
}

static void give(struct bus *bus, int n)
{
    for (int i = 0; i < n; i++)
        bus_event_push(&bus->events, BUS_CANCELLED, "q", NULL);
}

/* The members whose events came, in order. */
static void expect(const char *want)
{
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    const struct bus_member *from;
    struct bus_event ev;

    while (bus_set_next(set, &ev, &from, -1, 0) != BUS_TIMEOUT)
        sbuf_addf(&got, "%s", from->name);
    assert_null(from);
    assert_string_equal(got.s ? got.s : "", want);
}

static void members_are_served_in_turn(void **state)
{
    struct bus *a = member("a"), *b = member("b"), *c = member("c");

    (void)state;
    give(a, 5);
    give(b, 1);
    give(c, 2);
    expect("abcacaaa");
    give(c, 1);
    give(a, 2);
    expect("caa"); /* a was served last */
}

static void a_member_that_goes_takes_its_events_along(void **state)
{
    struct bus *a = member("a"), *b = member("b"), *c = member("c");
    const struct bus_member *from;
    struct bus_event ev;

    (void)state;
    uint32_t number = bus_set_find(set, "b")->number;
    assert_ptr_equal(bus_set_get(set, number)->bus, b);
    give(a, 1);
    give(b, 3);
    give(c, 2);
    bus_set_next(set, &ev, &from, -1, 0);
    bus_set_next(set, &ev, &from, -1, 0);
    assert_string_equal(from->name, "b");
    bus_set_remove(set, "b"); /* the one whose event is looked at */
    bus_set_remove(set, "of nobody");
    expect("cc");
    assert_null(bus_set_find(set, "b"));
    assert_null(bus_set_get(set, number));
    assert_int_equal(bus_set_count(set), 2);
    give(member("b"), 1);
    assert_true(bus_set_find(set, "b")->number > number + 1);
    expect("b");
}

static void an_event_lives_until_the_next_call(void **state)
{
    struct bus *a = member("a");
    const struct bus_member *from;
    struct bus_event ev;
    struct incoming in = {0};
    struct bus_delivery *d = bus_delivery_new(&in, "queue", &(amqp_basic_properties_t){0}, true);

    (void)state;
    give(member("b"), 1);
    bus_event_push_delivery(&a->events, BUS_DELIVERY, d);
    bus_event_push_delivery(&a->events, BUS_DELIVERY,
                            bus_delivery_new(&in, "other", &(amqp_basic_properties_t){0}, true));
    assert_int_equal(bus_set_next(set, &ev, &from, -1, 0), BUS_DELIVERY);
    assert_string_equal(ev.delivery->queue, "queue");
    assert_ptr_equal(bus_take(from->bus), d);
    assert_null(bus_take(from->bus));
    expect("ba"); /* the second delivery is not taken: the address sanitizer sees whether it is
                     freed */
    assert_string_equal(d->queue, "queue");
    bus_delivery_free(d);
}

static void a_queue_that_never_runs_dry_does_not_hide_a_wake(void **state)
{
    struct bus *a = member("a");
    const struct bus_member *from;
    struct bus_event ev;
    int fd = eventfd(1, EFD_CLOEXEC), n = 0;

    (void)state;
    do {
        give(a, 2);
        n++;
    } while (bus_set_next(set, &ev, &from, fd, 1000) != BUS_WAKE && n < 1000);
    close(fd);
    assert_null(from);
    assert_true(n <= 65);
}

static void an_empty_set_only_waits(void **state)
{
    const struct bus_member *from;
    struct bus_event ev;
    int fd = eventfd(1, EFD_CLOEXEC);

    (void)state;
    assert_int_equal(bus_set_next(set, &ev, &from, -1, 1), BUS_TIMEOUT);
    assert_int_equal(bus_set_next(set, &ev, &from, fd, 10000), BUS_WAKE);
    close(fd);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(members_are_served_in_turn),
        TEST(a_member_that_goes_takes_its_events_along),
        TEST(an_event_lives_until_the_next_call),
        TEST(a_queue_that_never_runs_dry_does_not_hide_a_wake),
        TEST(an_empty_set_only_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
