/* A TCP proxy on loopback that misbehaves on command: what a broker looks like that stops reading,
 * or goes away and comes back. */
#ifndef TESTS_SUPPORT_PROXY_H
#define TESTS_SUPPORT_PROXY_H

#include <stdbool.h>

struct proxy;
struct proxy *proxy_new(const char *host, int port); /* given; runs in a thread of its own */
struct proxy *proxy_new_at(const char *host, int port, int own_port); /* 0: any */
void proxy_free(struct proxy *p);
int proxy_port(const struct proxy *p);
/* Stop reading from the client (its writes pile up and then block); what the server says still
 * passes. */
void proxy_stall(struct proxy *p, bool is_stalled);
/* Stop reading from both sides: a host that is gone without a word. */
void proxy_mute(struct proxy *p, bool is_mute);
/* Away: all connections are closed and new ones closed as soon as they are accepted. */
void proxy_down(struct proxy *p, bool is_down);

#endif
