/* Coroutines, so that a worker can be stopped inside of any port call: another worker goes on
 * meanwhile, or this one is never resumed, which is what kill -9 looks like. Stacks are kept and
 * used again. */
#ifndef TESTS_SIM_FIBER_H
#define TESTS_SIM_FIBER_H

struct fiber; /* opaque */
struct fiber *fiber_new(void (*run)(void *arg), void *arg);
void fiber_resume(struct fiber *f); /* from outside: runs it until it yields or returns */
void fiber_yield(void);             /* from inside */
void fiber_free(struct fiber *f);   /* from outside; whatever it was doing is never done */
void fibers_release(void);          /* gives the kept stacks back */

#endif
