#include "common/peer/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct thing {
    struct table_entry entry;
    struct timer timer;
    char key[16];
};

static void test_table(void **state)
{
    static struct thing things[1000];
    struct table t = {0};
    (void)state;
    assert_null(table_find(&t, "x"));
    table_remove(&t, &things[0].entry);
    for (int i = 0; i < 1000; i++) {
        snprintf(things[i].key, sizeof(things[i].key), "k%d", i);
        table_put(&t, &things[i].entry, things[i].key);
    }
    for (int i = 0; i < 1000; i += 2)
        table_remove(&t, &things[i].entry);
    assert_int_equal(t.n, 500);
    for (int i = 0; i < 1000; i++) {
        struct table_entry *e = table_find(&t, things[i].key);
        assert_ptr_equal(e, i % 2 ? &things[i].entry : NULL);
    }
    table_release(&t);
}

static void test_timers(void **state)
{
    static struct thing things[500];
    struct timers t = {0};
    int64_t last = -1;
    unsigned n = 0;
    (void)state;
    assert_null(timers_first(&t));
    for (unsigned i = 0; i < 500; i++)
        timers_set(&t, &things[i].timer, (int64_t)(i * 7919 % 500));
    for (unsigned i = 0; i < 500; i += 3)
        timers_unset(&t, &things[i].timer);
    for (unsigned i = 1; i < 500; i += 3)
        timers_set(&t, &things[i].timer, (int64_t)(i * 104729 % 1000)); /* moves it */
    timers_unset(&t, &things[0].timer);                                 /* unset already */
    for (struct timer *first; (first = timers_first(&t)) != NULL; n++) {
        assert_true(first->due_us >= last);
        last = first->due_us;
        timers_unset(&t, first);
    }
    assert_int_equal(n, 333);
    timers_release(&t);
}

struct counting {
    struct job job;
    _Atomic int *count;
};

static void count(struct job *job)
{
    ++*CONTAINER_OF(job, struct counting, job)->count;
}

static void test_pool(void **state)
{
    static struct counting many[2000];
    _Atomic int done = 0;
    struct pool pool;
    struct jobs jobs;
    (void)state;
    pool_init(&pool);
    jobs_init(&jobs);
    assert_int_equal(pool_start(&pool, 4, NULL), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = (struct counting){.job = {.run = count}, .count = &done};
        jobs_add(&jobs, &many[i].job);
        if (i % 7 == 0)
            pool_give(&pool, &jobs);
    }
    pool_give(&pool, &jobs);
    pool_stop(&pool); /* runs what is left */
    assert_int_equal(done, 2000);
    pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_timers),
                                       cmocka_unit_test(test_pool)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
