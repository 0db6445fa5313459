/* What is refused again and again is counted, and a flood of it cannot hide or grow anything. */
#include "nfvo/audit/repeats.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START INT64_C(1000000000)

struct want {
    const char *who, *from, *what, *object;
};

static struct audit_entry *entry(struct want w, enum audit_outcome outcome)
{
    return audit_entry_new(&(struct audit_record){.kind = AUDIT_REFUSAL,
                                                  .outcome = outcome,
                                                  .who = w.who,
                                                  .from = w.from,
                                                  .what = w.what,
                                                  .object = w.object},
                           1);
}

static bool is_written(struct repeats *r, struct want w, int64_t now)
{
    struct audit_entry *e = repeats_take(r, entry(w, AUDIT_REFUSED), now);
    bool is = e != NULL;
    free(e);
    return is;
}

static void counts_what_is_alike(void **state)
{
    struct repeats *r = repeats_new();
    struct want w = {"user", "::1", "DELETE /x/{id}", "/x/1"};
    (void)state;
    assert_true(is_written(r, w, START));
    for (int i = 0; i < 20; i++)
        assert_false(is_written(r, w, START + i));
    assert_null(repeats_due(r, START + AUDIT_REPEAT_US - 1));
    struct audit_entry *e = repeats_due(r, START + AUDIT_REPEAT_US);
    assert_non_null(e);
    assert_int_equal(e->row.times, 20);
    assert_string_equal(e->row.object, "/x/1");
    free(e);
    assert_false(repeats_are_waiting(r));
    assert_false(is_written(r, w, START + AUDIT_REPEAT_US + 1)); /* it goes on: one a window */
    assert_true(is_written(r, w, START + 4 * AUDIT_REPEAT_US) || repeats_are_waiting(r));
    repeats_free(r);
}

static void tells_apart_what_differs(void **state)
{
    struct repeats *r = repeats_new();
    (void)state;
    assert_true(is_written(r, (struct want){"a", "::1", "GET /x", "/x"}, START));
    assert_true(is_written(r, (struct want){"b", "::1", "GET /x", "/x"}, START));
    assert_true(is_written(r, (struct want){"a", "::1", "GET /y", "/x"}, START));
    assert_true(is_written(r, (struct want){"a", "::1", "GET /x", "/z"}, START));
    assert_false(is_written(r, (struct want){"a", "::1", "GET /x", "/x"}, START));
    repeats_free(r);
}

/* Whose password is guessed is not who guesses: each address has its own number of times. */
static void no_address_counts_for_another(void **state)
{
    struct repeats *r = repeats_new();
    struct want one = {"admin", "203.0.113.9", "login", ""},
                other = {"admin", "198.51.100.7", "login", ""};
    (void)state;
    assert_true(is_written(r, one, START));
    assert_true(is_written(r, other, START));
    for (int i = 0; i < 4; i++)
        assert_false(is_written(r, one, START));
    struct audit_entry *e = repeats_due(r, INT64_MAX);
    assert_string_equal(e->row.from, one.from);
    assert_int_equal(e->row.times, 4);
    free(e);
    assert_false(repeats_are_waiting(r));
    repeats_free(r);
}

/* Who has no name chooses the path: a thousand paths are one record, two addresses are two. */
static void nobody_is_told_by_address(void **state)
{
    struct repeats *r = repeats_new();
    unsigned written = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char path[32];
        snprintf(path, sizeof(path), "/x/%d", i);
        written +=
            is_written(r, (struct want){NULL, i % 2 ? "::1" : "::2", "GET /x/{id}", path}, START);
    }
    assert_int_equal(written, 2);
    repeats_free(r);
}

static void is_bounded(void **state)
{
    struct repeats *r = repeats_new();
    unsigned written = 0, due = 0;
    int64_t times = 0;
    struct audit_entry *e;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        char who[32];
        snprintf(who, sizeof(who), "u%d", i);
        written += is_written(r, (struct want){who, "::1", "GET /x", "/x"}, START);
    }
    assert_in_range(written, 10, 100);
    while ((e = repeats_due(r, START + AUDIT_REPEAT_US))) {
        assert_string_equal(e->row.what, "several");
        times += e->row.times;
        due++;
        free(e);
    }
    assert_int_equal(due, 1);
    assert_int_equal(times + written, 5000);
    repeats_free(r);
}

static void what_went_well_is_always_written(void **state)
{
    struct repeats *r = repeats_new();
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct audit_entry *e =
            repeats_take(r, entry((struct want){"a", "::1", "POST /x", "/x"}, AUDIT_OK), START);
        assert_non_null(e);
        free(e);
    }
    repeats_free(r);
}

static void texts_are_cut_and_clean(void **state)
{
    char name[AUDIT_TEXT_MAX + 50];
    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    name[0] = '\033';
    name[1] = '\n';
    name[2] = (char)0xff;
    name[AUDIT_TEXT_MAX - 1] = (char)0xc3; /* half of a character at the cut */
    name[AUDIT_TEXT_MAX] = (char)0xa4;
    struct audit_entry *e = entry((struct want){name, NULL, "", name}, AUDIT_OK);
    assert_int_equal(strlen(e->row.who), AUDIT_TEXT_MAX - 1);
    assert_memory_equal(e->row.who, "???x", 4);
    assert_string_equal(e->row.from, "");
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_is_alike),
        cmocka_unit_test(tells_apart_what_differs),
        cmocka_unit_test(no_address_counts_for_another),
        cmocka_unit_test(nobody_is_told_by_address),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(what_went_well_is_always_written),
        cmocka_unit_test(texts_are_cut_and_clean),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
