#include "common/sys/task_queue.h"

#include "common/base/macros.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The first job waits at the gate, so that what is pushed meanwhile queues up. */
struct bed {
    struct task_queue *queue;
    struct task gate;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open, is_held;
    char order[512];
    unsigned given_back;
};

struct note {
    struct task task;
    struct bed *bed;
    char text[8];
};

static void hold(struct task *t, enum task_end end)
{
    struct bed *b = CONTAINER_OF(t, struct bed, gate);
    (void)end;
    pthread_mutex_lock(&b->lock);
    b->is_held = true;
    pthread_cond_broadcast(&b->changed);
    while (!b->is_open)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

static void write_down(struct task *t, enum task_end end)
{
    struct note *n = CONTAINER_OF(t, struct note, task);
    pthread_mutex_lock(&n->bed->lock);
    if (end != TASK_RUN)
        n->bed->given_back++;
    else
        strcat(n->bed->order, n->text);
    pthread_mutex_unlock(&n->bed->lock);
    free(n);
}

static bool push_as(struct bed *b, const char *who, unsigned penalty, int64_t hold_us,
                    const char *text)
{
    struct note *n = calloc(1, sizeof(*n));
    n->bed = b;
    snprintf(n->text, sizeof(n->text), "%s ", text);
    n->task = (struct task){.run = write_down, .who = who};
    if (task_queue_push(b->queue, &n->task, penalty, hold_us))
        return true;
    free(n);
    return false;
}

static bool push(struct bed *b, const char *who, const char *text)
{
    return push_as(b, who, 0, 0, text);
}

static void begin(struct bed *b, unsigned max)
{
    *b = (struct bed){.queue = task_queue_new(1, max)};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->gate = (struct task){.run = hold, .who = "gate"};
    assert_true(task_queue_push(b->queue, &b->gate, 0, 0));
    pthread_mutex_lock(&b->lock);
    while (!b->is_held)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

static void open_gate(struct bed *b)
{
    pthread_mutex_lock(&b->lock);
    b->is_open = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

struct last {
    struct task task;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_done;
};

static void tell(struct task *t, enum task_end end)
{
    struct last *l = CONTAINER_OF(t, struct last, task);
    (void)end;
    pthread_mutex_lock(&l->lock);
    l->is_done = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

/* Many of one, then a few of others: the others come in between. */
static void everybody_in_turn(void **state)
{
    (void)state;
    struct bed b;
    struct last l = {
        {.run = tell, .who = "z"}, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    begin(&b, 100);
    for (int i = 1; i <= 5; i++) {
        char text[8];
        snprintf(text, sizeof(text), "a%d", i);
        assert_true(push(&b, "a", text));
    }
    assert_true(push(&b, "b", "b1"));
    assert_true(push(&b, "c", "c1"));
    assert_true(push(&b, "b", "b2"));
    for (int i = 0; i < 8; i++) /* behind all: the ninth turn of one more */
        assert_true(push(&b, "z", ""));
    assert_true(task_queue_push(b.queue, &l.task, 0, 0));
    open_gate(&b);
    pthread_mutex_lock(&l.lock);
    while (!l.is_done)
        pthread_cond_wait(&l.changed, &l.lock);
    pthread_mutex_unlock(&l.lock);
    char order[64] = "";
    for (char *word = strtok(b.order, " "); word; word = strtok(NULL, " "))
        strcat(strcat(order, word), " ");
    assert_string_equal(order, "a1 b1 c1 a2 b2 a3 a4 a5 ");
    task_queue_free(b.queue);
}

static void bounded_and_given_back(void **state)
{
    (void)state;
    struct bed b;
    begin(&b, 3);
    assert_true(push(&b, "a", "1"));
    assert_true(push(&b, "a", "2"));
    assert_true(push(&b, "b", "3"));
    assert_false(push(&b, "b", "4")); /* it would be the last itself */
    open_gate(&b);
    task_queue_free(b.queue); /* what was not begun is given back: nothing is lost */
    size_t done = strlen(b.order) / 2;
    assert_int_equal(done + b.given_back, 3);
}

/* Runs all that is queued: the last one has a penalty that nobody else has. */
static void finish(struct bed *b, const char *want)
{
    struct last l = {
        {.run = tell, .who = "z"}, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    assert_true(task_queue_push(b->queue, &l.task, 1000, 200000));
    open_gate(b);
    pthread_mutex_lock(&l.lock);
    while (!l.is_done)
        pthread_cond_wait(&l.changed, &l.lock);
    pthread_mutex_unlock(&l.lock);
    assert_string_equal(b->order, want);
    task_queue_free(b->queue);
}

/* Who guessed before waits for those who did not, whoever came first. */
static void penalties_stand_behind(void **state)
{
    struct bed b;
    (void)state;
    begin(&b, 100);
    assert_true(push_as(&b, "bad", 5, 0, "bad1"));
    assert_true(push_as(&b, "bad", 6, 0, "bad2"));
    assert_true(push_as(&b, "a", 0, 0, "a1"));
    assert_true(push_as(&b, "b", 1, 0, "b1"));
    finish(&b, "a1 b1 bad1 bad2 ");
}

/* A full queue does not keep out who would stand in front. */
static void the_last_makes_room(void **state)
{
    struct bed b;
    (void)state;
    begin(&b, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_true(push_as(&b, "bad", 5, 0, "bad"));
    assert_false(push_as(&b, "worse", 50, 0, "no"));
    assert_true(push_as(&b, "a", 0, 0, "a1"));
    assert_int_equal(b.given_back, 1);
    open_gate(&b);
    task_queue_free(b.queue);
    assert_int_equal(strlen(b.order) / 3 + b.given_back >= 3, true);
}

static void held_until_its_time(void **state)
{
    struct bed b;
    (void)state;
    begin(&b, 100);
    assert_true(push_as(&b, "held", 0, 100000, "held"));
    assert_true(push_as(&b, "a", 3, 0, "a1"));
    finish(&b, "a1 held ");
}

/* What waits can be taken back, what runs cannot. */
static void cancelled_while_it_waits(void **state)
{
    struct bed b;
    struct note n = {.bed = &b, .text = "no ", .task = {.run = write_down, .who = "a"}};
    (void)state;
    begin(&b, 100);
    assert_true(push(&b, "a", "a1"));
    assert_true(task_queue_push(b.queue, &n.task, 0, 0));
    assert_true(push(&b, "a", "a2"));
    assert_int_equal(task_queue_waiting(b.queue), 3);
    assert_true(task_queue_has(b.queue, "a"));
    assert_false(task_queue_has(b.queue, "gate")); /* it runs */
    assert_true(task_queue_cancel(b.queue, &n.task));
    assert_false(task_queue_cancel(b.queue, &n.task));
    assert_false(task_queue_cancel(b.queue, &b.gate));
    assert_int_equal(task_queue_waiting(b.queue), 2);
    finish(&b, "a1 a2 ");
}

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned there;
};

struct member {
    struct task task;
    struct crowd *crowd;
};

static void meet(struct task *t, enum task_end end)
{
    struct crowd *c = CONTAINER_OF(t, struct member, task)->crowd;
    assert_int_equal(end, TASK_RUN);
    pthread_mutex_lock(&c->lock);
    c->there++;
    pthread_cond_broadcast(&c->changed);
    while (c->there < 3)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static void as_many_at_a_time_as_threads(void **state)
{
    struct crowd c = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    struct member m[3];
    struct task_queue *q = task_queue_new(3, 10);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(m); i++) {
        m[i] = (struct member){{.run = meet, .who = "one"}, &c};
        assert_true(task_queue_push(q, &m[i].task, 1, 0));
    }
    pthread_mutex_lock(&c.lock);
    while (c.there < 3)
        pthread_cond_wait(&c.changed, &c.lock);
    pthread_mutex_unlock(&c.lock);
    task_queue_stop(q);
    assert_false(task_queue_push(q, &m[0].task, 1, 0));
    task_queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_in_turn),
        cmocka_unit_test(bounded_and_given_back),
        cmocka_unit_test(penalties_stand_behind),
        cmocka_unit_test(the_last_makes_room),
        cmocka_unit_test(held_until_its_time),
        cmocka_unit_test(cancelled_while_it_waits),
        cmocka_unit_test(as_many_at_a_time_as_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
