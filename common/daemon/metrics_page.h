/* /metrics and /healthz of a process that serves no HTTP otherwise: a duty, behind what it shows.
 *
 *     static void render(const void *ctx, struct sbuf *out) { ... metrics_render(...) ... }
 *     rc = metrics_page_open(&x->page, &(struct metrics_page_setup){
 *              .listen = x->o.peer.metrics_listen, .process = "vnfm-generic",
 *              .version = BATON_VERSION, .render = render, .ctx = x}, err);
 *
 * Plain HTTP without a login, for a management network or loopback: it says how much is done, never
 * for whom. One thread; few connections, so that a flood of them costs nothing but itself. What every
 * process says of itself (metrics_render_process) is there without being asked for. */
#ifndef COMMON_DAEMON_METRICS_PAGE_H
#define COMMON_DAEMON_METRICS_PAGE_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdint.h>

struct metrics_page; /* opaque */

struct metrics_page_setup {
    const char *listen; /* ADDRESS:PORT, IPv6 in brackets; "" or NULL: nowhere */
    const char *process, *version;
    void (*render)(const void *ctx,
                   struct sbuf *out); /* in the page's thread; must not block. May be NULL */
    const void *ctx;
};
/* Texts are borrowed until metrics_page_close. *ret NULL: nowhere. ERR_INVALID: listen is no
 * ADDRESS:PORT; ERR_IO: it cannot be listened on. */
MUST_USE enum err_code metrics_page_open(struct metrics_page **ret,
                                         const struct metrics_page_setup *setup, struct err *err);
void metrics_page_close(struct metrics_page *p);          /* NULL is fine */
uint16_t metrics_page_port(const struct metrics_page *p); /* 0: nowhere */

/* A counter or gauge that is a number somewhere else, appended with its HELP and TYPE. */
void metrics_page_number(struct sbuf *out, const char *name, const char *type, const char *help,
                         uint64_t n);

#endif
