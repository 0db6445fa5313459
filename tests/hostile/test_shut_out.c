/* An enrolled peer floods the broker, and nfvo, which watches it, finds it and shuts it out; then an
 * honest peer in another room (tests/support/crowd_bed.h), which asks as often as it can, is
 * answered at half of the rate or more that it is answered at when it is alone. Nothing of it is
 * lost. The other one goes on to connect as fast as it can.
 *
 * Alone and beside are taken in turn, while the other stands still and goes on: what else this
 * machine does counts for both, the more turns there are. What harms the honest one does so on the
 * average of many. */
#include "common/sys/clock.h"
#include "tests/support/crowd_bed.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SHUT_OUT_S = 180, TURNS = 4, TURNS_MAX = 24, TURN_MS = 750, CLIENTS_MAX = 4 };

/* Of each kind of work: messages, answers, requests that the NFVO has to take, bytes, logins. What
 * four clients do that are shut out is to connect, which nobody but a firewall can limit: of them
 * it is shown that they are found, though the broker hardly answers. */
static const struct attack {
    enum flood_kind kind;
    int clients;
    double least; /* of the full rate */
} attacks[] = {{FLOOD_OWN, 1, 0.5}, {FLOOD_GETS, 1, 0.5}, {FLOOD_REQUESTS, 1, 0.5},
               {FLOOD_BIG, 1, 0.5}, {FLOOD_BIG, 4, 0},    {FLOOD_CONNECT, 1, 0.5}};

struct floods {
    struct flood at[CLIENTS_MAX];
    int n;
};

static void start(struct floods *f, const struct attack *a)
{
    for (f->n = 0; f->n < a->clients; f->n++)
        f->at[f->n] = flood_start(a->kind, &crowd.evil.login, crowd.evil.queue);
}

static void hold(struct floods *f, bool is_held)
{
    for (int i = 0; i < f->n; i++)
        flood_hold(&f->at[i], is_held);
}

static void stop(struct floods *f, uint64_t *ret_done, uint64_t *ret_refused)
{
    for (int i = 0; i < f->n; i++) {
        uint64_t done = 0, refused = 0;
        flood_stop(&f->at[i], &done, &refused);
        *ret_done += done;
        *ret_refused += refused;
    }
}

static bool is_refused(const struct floods *f)
{
    for (int i = 0; i < f->n; i++)
        if (f->at[i].counts[1] == 0)
            return false;
    return true;
}

/* Honest work goes on meanwhile, as much as there can be. */
static bool await_shut_out(const struct floods *f, int64_t began)
{
    while (strcmp(test_query(crowd.ts->db, "SELECT count(*) FROM account_shut WHERE NOT is_over"),
                  "1") != 0 ||
           !is_refused(f)) {
        crowd_rate(INT_MAX, 200);
        if (clock_mono_us() > began + SHUT_OUT_S * USEC_PER_SEC)
            return false;
    }
    return true;
}

/* Its time is over: it is let in again, and can work. */
static void await_let_in(void)
{
    struct err err = ERR_INIT;
    if (db_script(crowd.ts->db, "UPDATE account_shut SET until_at = 0", &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_query_await(crowd.ts->db, "SELECT count(*) FROM account_shut WHERE NOT is_over", "0");
    struct bus *b = crowd_connect(&crowd.evil);
    test_bus_await(b, BUS_READY);
    bus_free(b);
}

static void check_it_is_told(void)
{
    const char *words = test_query(
        crowd.ts->db, arena_printf(&crowd.memory,
                                   "SELECT words || hint FROM refusal WHERE kind = 'flood' AND "
                                   "account = '%s' AND about = 'vnfm'",
                                   crowd.evil.name));
    if (!strstr(words, "shut out until") || !strstr(words, "baton manager delete"))
        fail_msg("it is not told: '%s'", words);
    test_query_await(crowd.ts->db,
                     arena_printf(&crowd.memory, "SELECT count(*) > 0 FROM audit WHERE who = '%s'",
                                  crowd.evil.name),
                     "true");
    assert_string_equal(crowd_refused(), crowd.evil.name);
}

static void test_full_rate_beside(void **state)
{
    const struct attack *a = *state;
    struct floods f;
    uint64_t done = 0, refused = 0;
    int turns = 0;
    double alone = 0, beside = 0, at_first = crowd_rate(INT_MAX, TURN_MS);
    int64_t began = clock_mono_us();
    start(&f, a);
    double before = crowd_rate(INT_MAX, 2 * TURN_MS);
    bool is_shut_out = await_shut_out(&f, began);
    double took_s = (double)(clock_mono_us() - began) / USEC_PER_SEC;
    for (int i = 0; is_shut_out && (i < TURNS || (i < TURNS_MAX && beside < alone * a->least));
         i++) {
        beside += crowd_rate(INT_MAX, TURN_MS);
        hold(&f, true);
        alone += crowd_rate(INT_MAX, TURN_MS);
        hold(&f, false);
        turns++;
    }
    stop(&f, &done, &refused);
    assert_true(is_shut_out);
    beside /= turns;
    alone /= turns;
    printf("%d that %s: %.0f/s alone, %.0f/s beside; shut out after %.1f s, then %.0f/s alone, "
           "%.0f/s beside (%.0f %%); %llu done, %llu refused\n",
           a->clients, flood_texts[a->kind], at_first, before, took_s, alone, beside,
           100 * beside / alone, (unsigned long long)done, (unsigned long long)refused);
    crowd_await_all_answered();
    check_it_is_told();
    crowd_clear();
    await_let_in();
    if (beside < alone * a->least)
        fail_msg("%.0f %% of the requests that are answered without %d that %s",
                 100 * beside / alone, a->clients, flood_texts[a->kind]);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[ARRAY_LEN(attacks)];
    static char names[ARRAY_LEN(attacks)][100];
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        snprintf(names[i], sizeof(names[i]), "full rate beside %d that %s", attacks[i].clients,
                 flood_texts[attacks[i].kind]);
        tests[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = test_full_rate_beside,
                                       .initial_state = (void *)(uintptr_t)&attacks[i]};
    }
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("shut out", tests, ARRAY_LEN(tests), crowd_open_watched,
                                   crowd_close_watched);
}
