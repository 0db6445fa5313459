/* Threads with a bounded queue, for what would block a thread that serves others. The order is
 * fair: those who wait are served in turn, one task each, so that one who brings a hundred does not
 * keep the others waiting; and who has a penalty is so many turns later. When the queue is full the
 * last one makes room for one who would stand in front of it.
 *
 *     struct request { struct task task; ... };
 *     r->task = (struct task){.run = on_turn, .who = r->user};
 *     if (!task_queue_push(q, &r->task, 1, 0))
 *         refuse(r);
 *
 * A task belongs to the queue from task_queue_push until run is called, which happens exactly once,
 * or task_queue_cancel takes it back; run may free it, or push it again. */
#ifndef COMMON_SYS_TASK_QUEUE_H
#define COMMON_SYS_TASK_QUEUE_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct task_queue; /* opaque, thread-safe */
struct task;

enum task_end {
    TASK_RUN,
    TASK_STOPPING, /* the queue stops: only give back what the task has */
    TASK_NO_ROOM   /* another one took its place: the same */
};
typedef void task_fn(struct task *t, enum task_end end);

struct task {
    task_fn *run;
    const char *who; /* whose turn it takes; borrowed while it waits */
    /* The queue's own. */
    struct task *next;
    uint64_t turn;
    int64_t from_us;
};

/* Given; starts the threads, in which no signal is handled. max: tasks that wait. NULL: no thread.
 */
struct task_queue *task_queue_new(unsigned threads, unsigned max);
/* penalty: turns that it waits longer; 0: it stands in front of all who have one. hold_us: not
 * before this time is over. false: there is no room, or the queue stops; run is not called. The
 * task that made room is run with TASK_NO_ROOM in this thread. */
bool task_queue_push(struct task_queue *q, struct task *t, unsigned penalty, int64_t hold_us);
/* true: it waited, and is the caller's again; false: it runs, or has run. */
bool task_queue_cancel(struct task_queue *q, struct task *t);
bool task_queue_has(struct task_queue *q, const char *who); /* does a task of this one wait? */
unsigned task_queue_waiting(struct task_queue *q);
/* Waits for what runs; what waits is run with TASK_STOPPING, in this thread. Later pushes fail.
 * NULL is fine. */
void task_queue_stop(struct task_queue *q);
void task_queue_free(struct task_queue *q); /* stops it first; NULL is fine */

#endif
