/* Who holds how much of a server: connections of an address, and bytes of bodies of an address and
 * of a user, in memory and on disk. Private to common/http. One lock; no function blocks. */
#ifndef COMMON_HTTP_LIMITS_H
#define COMMON_HTTP_LIMITS_H

#include "common/http/server.h"

#include <stdatomic.h>
#include <sys/socket.h>

struct http_limits; /* opaque */
struct http_party;  /* opaque: an address (of IPv6 its /64), or a user */

/* What the limits know of a connection; zeros at the beginning. */
struct http_seat {
    struct http_seat *next, *prev; /* of its party */
    struct http_party *party;
    int fd;
    bool is_counted;
    atomic_bool is_busy;           /* a request is in hand: it is not taken from its owner */
    _Atomic int64_t idle_since_us; /* monotonic; otherwise */
};

enum http_bytes { HTTP_BYTES_MEMORY, HTTP_BYTES_DISK, HTTP_BYTES_N };

struct http_limits *http_limits_new(const struct http_server_options *o); /* given; borrows o */
void http_limits_free(struct http_limits *l);                             /* NULL is fine */

/* A place for a connection that was accepted. When its address has as many as it may, or all places
 * are taken, the connection that waits longest for a request (of this address, or of the address
 * that has most) is shut down for it. false: all that could go are at work; refuse it. */
bool http_limits_enter(struct http_limits *l, struct http_seat *seat,
                       const struct sockaddr_storage *from);
void http_limits_leave(struct http_limits *l, struct http_seat *seat); /* before fd is closed */
unsigned http_limits_connections(struct http_limits *l);

struct http_party *http_limits_user(struct http_limits *l, const char *name); /* with a reference */
void http_limits_unref(struct http_limits *l, struct http_party *party);      /* NULL is fine */

/* n more bytes of a body for an address and a user (NULL: not known). NULL: they are counted; else
 * whose limit it is, as text, and nothing is counted. */
const char *http_limits_take(struct http_limits *l, enum http_bytes kind, size_t n,
                             struct http_party *address, struct http_party *user);
void http_limits_give(struct http_limits *l, enum http_bytes kind, size_t n,
                      struct http_party *address, struct http_party *user);
size_t http_limits_held(struct http_limits *l, enum http_bytes kind); /* in all, now */

#endif
