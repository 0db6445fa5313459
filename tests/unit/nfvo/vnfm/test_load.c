/* Whose work at the broker is too much: nfvo/vnfm/load.c. */
#include "nfvo/vnfm/load.h"

#include "common/base/macros.h"
#include "common/sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { STEP_MS = 2500, SOON_MS = 1000, STATS_S = 5, WORK = 1000000, TRAFFIC = 16000000, NAME = 32 };

static const struct load_bounds bounds = {.work = WORK, .bytes = TRAFFIC};

struct actor {
    const char *name, *account, *room;
    double work, bytes; /* a second */
    int from_s, to_s;   /* as long as it is there */
    int phase_ms;       /* when the broker counts it */
    enum load_place place;
    bool is_nfvo, is_agent;
    int logins; /* a second */
};

struct told {
    char account[NAME];
    int64_t work, allowed_work, at_s;
    int n;
    bool is_bytes;
};
static struct told told;
static int64_t clock_ms, looked_ms;

static void on_excess(void *arg, const struct load_excess *x)
{
    (void)arg;
    snprintf(told.account, sizeof(told.account), "%s", x->account);
    told.work = x->work;
    told.is_bytes = x->is_bytes;
    assert_true(x->is_bytes ? x->bytes > x->allowed_bytes : x->work > x->allowed_work);
    told.allowed_work = x->allowed_work;
    told.at_s = told.n++ ? told.at_s : clock_ms / 1000;
}

/* The broker's counters move every 5 s, each at its own time. */
static int64_t counted_ms(const struct actor *a, int64_t now_ms)
{
    int64_t counted = (now_ms - a->phase_ms) / (STATS_S * 1000) * (STATS_S * 1000) + a->phase_ms;
    int64_t end = a->to_s * INT64_C(1000) < counted ? a->to_s * INT64_C(1000) : counted;
    return end > a->from_s * INT64_C(1000) ? end - a->from_s * INT64_C(1000) : 0;
}

static bool look(struct load *l, const struct actor *actors, size_t n, int64_t now_ms)
{
    load_begin(l);
    for (size_t i = 0; i < n; i++) {
        const struct actor *a = &actors[i];
        double s = (double)counted_ms(a, now_ms) / 1000;
        struct load_item item = {.name = a->name,
                                 .account = a->account,
                                 .room = a->room,
                                 .work = (int64_t)(s * a->work),
                                 .bytes = (int64_t)(s * a->bytes),
                                 .place = a->place,
                                 .is_nfvo = a->is_nfvo,
                                 .is_agent = a->is_agent};
        bool is_there = now_ms >= a->from_s * 1000 && now_ms < a->to_s * 1000;
        if (is_there && !a->logins)
            load_add(l, &item);
        for (int64_t k = a->logins * looked_ms / 1000; is_there && k < a->logins * now_ms / 1000;
             k++)
            load_login(l, &item);
    }
    looked_ms = now_ms;
    return load_end(l, now_ms * USEC_PER_MS, &bounds, on_excess, NULL);
}

static void play(const struct actor *actors, size_t n, int seconds)
{
    struct load *l = load_new();
    told = (struct told){.at_s = -1};
    looked_ms = 0;
    for (clock_ms = 0; clock_ms <= seconds * 1000;)
        clock_ms += look(l, actors, n, clock_ms) ? SOON_MS : STEP_MS; /* as load_watch.c */
    load_free(l);
}
#define PLAY(seconds, ...)                                                                         \
    do {                                                                                           \
        const struct actor cast[] = {__VA_ARGS__};                                                 \
        play(cast, ARRAY_LEN(cast), seconds);                                                      \
    } while (0)

static const struct actor nfvo = {.name = "n",
                                  .account = "nfvo",
                                  .room = "r",
                                  .work = 200,
                                  .to_s = 1000,
                                  .place = LOAD_ROOM,
                                  .is_nfvo = true};
static const struct actor vnfm = {.name = "v",
                                  .account = "vnfm",
                                  .room = "r",
                                  .work = 200,
                                  .to_s = 1000,
                                  .place = LOAD_ROOM,
                                  .phase_ms = 1000};

static struct actor with(struct actor a, double work, int from_s, int to_s)
{
    a.work = work;
    a.from_s = from_s;
    a.to_s = to_s;
    return a;
}

static void a_flood_is_found_soon(void **state)
{
    (void)state;
    for (int phase_ms = 0; phase_ms < STATS_S * 1000; phase_ms += 500) {
        struct actor flood = with(vnfm, 4.0 * WORK, 20, 1000);
        flood.phase_ms = phase_ms;
        PLAY(60, nfvo, flood);
        assert_string_equal(told.account, "vnfm");
        assert_true(told.n >= 1);
        assert_in_range(told.at_s, 20, 20 + 15);
        assert_in_range(told.work, 2 * WORK, 6 * WORK);
        assert_false(told.is_bytes);
    }
}

static void less_than_the_bound_is_never_too_much(void **state)
{
    (void)state;
    PLAY(300, nfvo, with(vnfm, 0.95 * WORK, 0, 1000));
    assert_int_equal(told.n, 0);
    PLAY(120, nfvo, with(vnfm, 1.5 * WORK, 0, 1000));
    assert_true(told.n > 0);
}

/* A fast machine at work: ten times the bound, and the NFVO beside it as much, whatever comes first
 * in the broker's counters, from one moment to the next. */
static void a_conversation_is_no_flood(void **state)
{
    (void)state;
    for (int phase_ms = 0; phase_ms < STATS_S * 1000; phase_ms += 500) {
        struct actor peer = with(vnfm, 14.0 * WORK, 20, 1000);
        peer.phase_ms = phase_ms;
        PLAY(200, with(nfvo, 10.0 * WORK, 20, 1000), peer);
        assert_int_equal(told.n, 0);
    }
}

/* What waited for it while it was away is done at once: 2,000 requests and answers. */
static void a_burst_is_no_flood(void **state)
{
    (void)state;
    PLAY(100, nfvo, with(vnfm, 2000.0 * 3 * LOAD_MESSAGE, 20, 22), nfvo);
    assert_int_equal(told.n, 0);
    PLAY(100, nfvo, with(vnfm, 4.0 * WORK, 20, 22));
    assert_int_equal(told.n, 0);
}

static void a_flood_in_a_room_costs_no_other_account(void **state)
{
    (void)state;
    struct actor evil = with(vnfm, 6.0 * WORK, 20, 1000);
    evil.name = "e";
    evil.account = "evil";
    PLAY(60, nfvo, with(vnfm, 0.5 * WORK, 0, 1000), evil);
    assert_string_equal(told.account, "evil");
    evil.room = "other";
    PLAY(60, with(nfvo, 5.0 * WORK, 0, 1000), with(vnfm, 5.0 * WORK, 0, 1000), evil);
    assert_string_equal(told.account, "evil");
}

static void two_that_flood_together_are_no_partners(void **state)
{
    (void)state;
    struct actor other = with(vnfm, 4.0 * WORK, 20, 1000);
    other.name = "o";
    other.account = "other";
    PLAY(60, nfvo, with(vnfm, 4.0 * WORK, 20, 1000), other);
    assert_true(told.n >= 2);
}

static void bytes_are_counted_too(void **state)
{
    (void)state;
    struct actor big = vnfm;
    big.bytes = 10.0 * TRAFFIC;
    PLAY(60, nfvo, big);
    assert_true(told.n > 0 && told.is_bytes);
    struct actor partner = nfvo;
    partner.bytes = 8.0 * TRAFFIC;
    PLAY(60, partner, big);
    assert_int_equal(told.n, 0);
}

/* Connections that end at once are seen by nobody: their logins are. */
static void logins_are_work(void **state)
{
    (void)state;
    struct actor churn = {
        .account = "evil", .room = "r", .to_s = 1000, .place = LOAD_ROOM, .logins = 100};
    PLAY(60, nfvo, churn);
    assert_string_equal(told.account, "evil");
    churn.logins = 4; /* ends and is started again, each time by 4 workers */
    PLAY(300, nfvo, churn);
    assert_int_equal(told.n, 0);
}

/* After a restart of the broker 300 VNFMs come back within a moment, each with its declarations. */
static void coming_back_is_no_flood(void **state)
{
    enum { N = 300, DECLARE = 27000, CONNECTIONS = 4 };
    static struct actor cast[3 * N];
    static char names[3 * N][NAME];
    (void)state;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 3; k++)
            snprintf(names[3 * i + k], NAME, "%d.%d", i, k);
        cast[3 * i] = with(nfvo, 200, 0, 1000);
        cast[3 * i + 1] = with(vnfm, 3.0 * DECLARE + 200, 20, 1000);
        cast[3 * i + 2] =
            (struct actor){.from_s = 20, .to_s = 23, .place = LOAD_ROOM, .logins = CONNECTIONS};
        for (int k = 0; k < 3; k++) {
            cast[3 * i + k].name = cast[3 * i + k].room = names[3 * i + k];
            cast[3 * i + k].room = names[3 * i];
            if (k)
                cast[3 * i + k].account = names[3 * i + 1];
        }
    }
    play(cast, ARRAY_LEN(cast), 60);
    assert_int_equal(told.n, 0);
}

/* Agents have no partner; their VNFM has them. */
static void agents_have_the_bound_alone(void **state)
{
    (void)state;
    struct actor commander = with(vnfm, 6.0 * WORK, 0, 1000);
    struct actor agents[8];
    commander.place = LOAD_AGENTS;
    for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
        static const char *const names[] = {"ems.0", "ems.1", "ems.2", "ems.3",
                                            "ems.4", "ems.5", "ems.6", "ems.7"};
        agents[i] = with(vnfm, 0.7 * WORK, 0, 1000);
        agents[i].name = agents[i].account = names[i];
        agents[i].place = LOAD_AGENTS;
        agents[i].is_agent = true;
    }
    PLAY(100, commander, agents[0], agents[1], agents[2], agents[3], agents[4], agents[5],
         agents[6], agents[7]);
    assert_int_equal(told.n, 0);
    agents[3].work = 3.0 * WORK;
    PLAY(100, commander, agents[0], agents[1], agents[2], agents[3], agents[4], agents[5],
         agents[6], agents[7]);
    assert_string_equal(told.account, "ems.3");
}

static void what_is_not_ours_is_not_looked_at(void **state)
{
    (void)state;
    struct actor other = with(vnfm, 50.0 * WORK, 0, 1000);
    other.place = LOAD_IGNORED;
    PLAY(60, other, with(nfvo, 50.0 * WORK, 0, 1000));
    assert_int_equal(told.n, 0);
}

/* An NFVO that starts beside a busy broker does not take what was done in a year for a flood. */
static void the_first_look_only_learns(void **state)
{
    (void)state;
    struct load *l = load_new();
    struct actor old = with(vnfm, 0.5 * WORK, 0, 100000);
    told = (struct told){0};
    for (clock_ms = 50000000; clock_ms <= 50060000; clock_ms += STEP_MS)
        look(l, &old, 1, clock_ms);
    load_free(l);
    assert_int_equal(told.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_found_soon),
        cmocka_unit_test(less_than_the_bound_is_never_too_much),
        cmocka_unit_test(a_conversation_is_no_flood),
        cmocka_unit_test(a_burst_is_no_flood),
        cmocka_unit_test(a_flood_in_a_room_costs_no_other_account),
        cmocka_unit_test(two_that_flood_together_are_no_partners),
        cmocka_unit_test(bytes_are_counted_too),
        cmocka_unit_test(logins_are_work),
        cmocka_unit_test(coming_back_is_no_flood),
        cmocka_unit_test(agents_have_the_bound_alone),
        cmocka_unit_test(what_is_not_ours_is_not_looked_at),
        cmocka_unit_test(the_first_look_only_learns),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
