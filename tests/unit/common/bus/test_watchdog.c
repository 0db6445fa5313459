#include "common/bus/internal.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_shut_within(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) == 1 && (p.revents & (POLLIN | POLLHUP));
}

static void an_overdue_call_is_cut_and_no_other(void **state)
{
    struct guard late = {0}, early = {0}, idle = {0};
    int pair[3][2];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair[i]), 0);
    bus_guard_attach(&late, pair[0][0]);
    bus_guard_attach(&early, pair[1][0]);
    bus_guard_attach(&idle, pair[2][0]);
    bus_guard_arm(&idle, 1);
    bus_guard_disarm(&idle);
    bus_guard_arm(&early, 60000);
    bus_guard_arm(&late, 100);
    int64_t began = bus_now_ms();
    assert_true(is_shut_within(pair[0][1], 10000));
    assert_true(bus_now_ms() - began >= 90);
    assert_true(late.is_cut);
    assert_false(is_shut_within(pair[1][1], 0));
    assert_false(is_shut_within(pair[2][1], 0));

    /* A new connection of the same bus starts clean. */
    bus_guard_disarm(&late);
    bus_guard_attach(&late, pair[2][0]);
    assert_false(late.is_cut);
    bus_guard_arm(&late, 1);
    assert_true(is_shut_within(pair[2][1], 10000));
    bus_guard_detach(&early);
    bus_guard_detach(&late);
    bus_guard_detach(&late);
    bus_guard_detach(&idle);
    for (int i = 0; i < 3; i++) {
        close(pair[i][0]);
        close(pair[i][1]);
    }
}

/* Nothing was armed for longer than the thread stays awake: arming must wake it. */
static void a_sleeping_watchdog_wakes_up(void **state)
{
    struct guard g = {0};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    bus_guard_attach(&g, pair[0]);
    assert_false(is_shut_within(pair[1], 1500));
    bus_guard_arm(&g, 50);
    assert_true(is_shut_within(pair[1], 10000));
    bus_guard_detach(&g);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overdue_call_is_cut_and_no_other),
        cmocka_unit_test(a_sleeping_watchdog_wakes_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
