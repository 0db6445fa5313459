#include "tests/sim/fiber.h"

#include "common/base/mem.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE ((size_t)2 << 20)
#else
#define STACK_SIZE ((size_t)512 << 10)
#endif

struct fiber {
    struct fiber *next; /* in the list of spare ones */
    ucontext_t inside, outside;
    char *stack;
    void (*run)(void *arg);
    void *arg;
    void *fake; /* ASan's */
};

static struct fiber *spare, *current;

/* ASan has to be told which stack is in use. */
static void before_switch(void **fake, const void *bottom, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(fake, bottom, size);
#else
    (void)fake, (void)bottom, (void)size;
#endif
}

static void after_switch(void *fake, const void **bottom, size_t *size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake, bottom, size);
#else
    (void)fake, (void)bottom, (void)size;
#endif
}

static const void *outer_bottom;
static size_t outer_size;

static void entry(void)
{
    struct fiber *f = current;
    after_switch(NULL, &outer_bottom, &outer_size);
    f->run(f->arg);
    fiber_yield();
    abort(); /* resumed after its end */
}

/* Apart, and not inlined: getcontext returns twice as far as the compiler knows. */
static __attribute__((noinline)) void prepare(struct fiber *f)
{
    getcontext(&f->inside);
    f->inside.uc_stack.ss_sp = f->stack;
    f->inside.uc_stack.ss_size = STACK_SIZE;
    f->inside.uc_link = NULL;
    makecontext(&f->inside, entry, 0);
}

struct fiber *fiber_new(void (*run)(void *arg), void *arg)
{
    struct fiber *f = spare;
    if (f) {
        spare = f->next;
    } else {
        f = xcalloc(1, sizeof(*f));
        f->stack =
            mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (f->stack == MAP_FAILED)
            abort();
    }
    f->run = run;
    f->arg = arg;
    f->fake = NULL;
    prepare(f);
    return f;
}

void fiber_resume(struct fiber *f)
{
    void *fake = NULL;
    current = f;
    before_switch(&fake, f->stack, STACK_SIZE);
    swapcontext(&f->outside, &f->inside);
    after_switch(fake, NULL, NULL);
    current = NULL;
}

void fiber_yield(void)
{
    struct fiber *f = current;
    before_switch(&f->fake, outer_bottom, outer_size);
    swapcontext(&f->inside, &f->outside);
    after_switch(f->fake, &outer_bottom, &outer_size);
}

void fiber_free(struct fiber *f)
{
    if (!f)
        return;
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(f->stack, STACK_SIZE);
#endif
    f->next = spare;
    spare = f;
}

void fibers_release(void)
{
    while (spare) {
        struct fiber *f = spare;
        spare = f->next;
        munmap(f->stack, STACK_SIZE);
        free(f);
    }
}
