/* Where an NFVO process may die, be overtaken by another, or lose time: every port call passes such
 * points. */
#ifndef TESTS_SIM_POINT_H
#define TESTS_SIM_POINT_H

#include <stdint.h>

#define POINTS(X)                                                                                  \
    X(BEFORE_LOAD)                                                                                 \
    X(AFTER_LOAD)                                                                                  \
    X(BEFORE_SAVE)                                                                                 \
    X(AFTER_SAVE)                                                                                  \
    X(AFTER_PREPARE)                                                                               \
    X(BEFORE_MARK)                                                                                 \
    X(AFTER_MARK)                                                                                  \
    X(BEFORE_PUBLISH)                                                                              \
    X(BEFORE_WRITE)                                                                                \
    X(BETWEEN_PUBLISHES)                                                                           \
    X(AFTER_PUBLISHES)                                                                             \
    X(BEFORE_ACK)                                                                                  \
    X(AFTER_ACK)                                                                                   \
    X(BEFORE_SETTLE)                                                                               \
    X(AFTER_SETTLE)                                                                                \
    X(BEFORE_DUE)                                                                                  \
    X(AFTER_UNSENT)                                                                                \
    X(IN_DOUBT)                                                                                    \
    X(WAITING)
enum point {
#define X(name) POINT_##name,
    POINTS(X)
#undef X
        POINT_N
};
extern const char *const point_names[POINT_N];

/* What stands between a port and the worker that calls it. NULL functions: nothing does (unit tests
 * of the ports). */
struct gate {
    void (*pass)(void *arg, enum point p); /* may take time, may never return */
    void (*wait)(void *arg, int64_t us);   /* until then, or until wake */
    void (*wake)(void *arg);
    void *arg;
};
static inline void gate_pass(const struct gate *g, enum point p)
{
    if (g && g->pass)
        g->pass(g->arg, p);
}

#endif
