/* An enrolled peer misbehaves in its room as much as the broker lets it (tests/support/flood.h),
 * beside an honest one in a room of its own (tests/support/crowd_bed.h). The honest one asks 50
 * times a second, some services' worth, and is answered at half of the rate or more that it is
 * answered at when it is alone, each request once: as long as nobody has found out the other yet.
 * test_shut_out.c: when it was found. */
#include "common/sys/clock.h"
#include "tests/support/crowd_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PACE = 50, ALONE_MS = 1000, BESIDE_MS = 2000, ROUNDS = 3 };
enum { PEERS_N = FLOOD_HELLOS }; /* those that a peer may do */

/* Does it do what its name says, not only what is refused? */
static void await_some(struct flood *f, enum flood_kind kind)
{
    int64_t deadline = clock_mono_us() + CROWD_DEADLINE_S * USEC_PER_SEC;
    while ((f->counts[0] == 0 || (kind == FLOOD_QUEUES && f->counts[1] == 0)) &&
           clock_mono_us() < deadline)
        crowd_pump(10); /* a busy broker reaches the room's limit later */
}

/* Up to three rounds: this machine may be busy with other things, and 2 s of that prove nothing.
 * What harms the honest one does so in each of them. */
static void test_beside(void **state)
{
    enum flood_kind kind = (enum flood_kind)(size_t)*state;
    double alone = 1, beside = 0;
    for (int i = 0; i < ROUNDS && beside * 2 < alone; i++) {
        uint64_t done = 0, refused = 0;
        alone = crowd_rate(PACE, ALONE_MS);
        struct flood f = flood_start(kind, &crowd.evil.login, crowd.evil.queue);
        await_some(&f, FLOOD_N);
        beside = crowd_rate(PACE, BESIDE_MS);
        await_some(&f, kind);
        flood_stop(&f, &done, &refused);
        printf("%s: %.0f/s alone, %.0f/s beside (%.0f %%); %llu done, %llu refused\n",
               flood_texts[kind], alone, beside, 100 * beside / alone, (unsigned long long)done,
               (unsigned long long)refused);
        crowd_await_all_answered();
        crowd_clear();
        assert_true(done > 0);
        assert_true(kind != FLOOD_QUEUES || refused > 0);
    }
    if (beside * 2 < alone)
        fail_msg("%.0f requests a second alone, %.0f beside one that %s", alone, beside,
                 flood_texts[kind]);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[PEERS_N];
    for (size_t i = 0; i < PEERS_N; i++)
        tests[i] = (struct CMUnitTest){
            .name = flood_texts[i], .test_func = test_beside, .initial_state = (void *)i};
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("crowd", tests, PEERS_N, crowd_open, crowd_close);
}
