#include "tests/sim/sim.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_init(struct sim *s, uint64_t seed)
{
    struct arena kept = s->arena;
    struct sim_event *heap = s->heap;
    size_t cap = s->cap_heap;
    *s = (struct sim){.seed = seed, .arena = kept, .heap = heap, .cap_heap = cap};
    arena_reset(&s->arena);
    s->rng = seed * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0xd1b54a32d192ed03);
    for (int i = 0; i < 4; i++)
        sim_random(s);
}

void sim_release(struct sim *s)
{
    free(s->heap);
    arena_release(&s->arena);
    *s = (struct sim){0};
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_at(struct sim *s, int64_t at, sim_fn *fn, void *arg, uint64_t tag)
{
    if (s->n_heap == s->cap_heap) {
        s->cap_heap = s->cap_heap ? s->cap_heap * 2 : 256;
        s->heap = xrealloc(s->heap, s->cap_heap * sizeof(*s->heap));
    }
    struct sim_event e = {at < s->now ? s->now : at, ++s->order, tag, fn, arg};
    size_t i = s->n_heap++;
    while (i > 0 && before(&e, &s->heap[(i - 1) / 2])) {
        s->heap[i] = s->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->heap[i] = e;
}

static struct sim_event pop(struct sim *s)
{
    struct sim_event top = s->heap[0], last = s->heap[--s->n_heap];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= s->n_heap)
            break;
        if (c + 1 < s->n_heap && before(&s->heap[c + 1], &s->heap[c]))
            c++;
        if (!before(&s->heap[c], &last))
            break;
        s->heap[i] = s->heap[c];
        i = c;
    }
    if (s->n_heap)
        s->heap[i] = last;
    return top;
}

void sim_run(struct sim *s, int64_t until)
{
    while (s->n_heap && !*s->violation && s->heap[0].at <= until) {
        struct sim_event e = pop(s);
        s->now = e.at;
        s->events++;
        e.fn(s, e.arg, e.tag);
    }
    if (!*s->violation && s->now < until)
        s->now = until;
}

/* xorshift64*: small, and good enough to choose with. */
uint64_t sim_random(struct sim *s)
{
    s->rng ^= s->rng >> 12;
    s->rng ^= s->rng << 25;
    s->rng ^= s->rng >> 27;
    return s->rng * UINT64_C(0x2545f4914f6cdd1d);
}

int64_t sim_between(struct sim *s, int64_t lo, int64_t hi)
{
    return hi <= lo ? lo : lo + (int64_t)((sim_random(s) >> 11) % (uint64_t)(hi - lo + 1));
}

bool sim_chance(struct sim *s, int per_mille)
{
    return per_mille > 0 && sim_between(s, 0, 999) < per_mille;
}

bool sim_faulty(struct sim *s, int per_mille)
{
    return !s->calm && sim_chance(s, per_mille);
}

int64_t sim_delay(struct sim *s, int64_t typical_us)
{
    int64_t most = sim_chance(s, 50) ? typical_us * 20 : typical_us * 2;
    return sim_between(s, typical_us / 4, most) + 1;
}

void sim_id(struct sim *s, char out[37])
{
    uint64_t n = ++s->ids;
    snprintf(out, 37, "%08llu-0000-4000-8000-%012llx", (unsigned long long)(n % 100000000),
             (unsigned long long)(s->seed & UINT64_C(0xffffffffffff)));
}

void sim_tell(struct sim *s, const char *from, const char *to, const char *fmt, ...)
{
    if (!s->tracing)
        return;
    va_list ap;
    va_start(ap, fmt);
    printf("%12.6f  %-24s %s %-24s ", (double)s->now / 1e6, from, *to ? "->" : "  ", to);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
}

void sim_violate(struct sim *s, const char *fmt, ...)
{
    if (*s->violation)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->violation, sizeof(s->violation), fmt, ap);
    va_end(ap);
    sim_tell(s, "!!!!", "", "VIOLATION: %s", s->violation);
}
