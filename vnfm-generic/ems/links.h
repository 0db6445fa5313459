/* The ways to all agents: the connection to their common virtual host, and one more for each
 * unmodified agent that is needed now, in the virtual host in which it is alone. What comes out of
 * that one is that agent's, whatever it says. At most EMS_LINKS_OWN of those are open; whoever is
 * needed beyond that waits for a place. Functions as in link.h, from any thread. */
#ifndef VNFM_GENERIC_EMS_LINKS_H
#define VNFM_GENERIC_EMS_LINKS_H

#include "vnfm-generic/ems/link.h"

enum { EMS_LINKS_OWN = 64 };

struct ems_links;

struct ems_links *ems_links_new(const struct ems_link_options *options); /* given */
MUST_USE enum err_code ems_links_start(struct ems_links *l, struct err *err);
void ems_links_stop(struct ems_links *l);
void ems_links_free(struct ems_links *l);

void ems_links_login(struct ems_links *l, const char *user, const char *password);
/* This host's agent is alone, and needed until as many calls of leave. Neither waits for the
 * broker. */
void ems_links_reach(struct ems_links *l, const char *hostname);
void ems_links_leave(struct ems_links *l, const char *hostname);
void ems_links_send(struct ems_links *l, const char *hostname, const char *command,
                    struct sbuf *body);
void ems_links_ack(struct ems_links *l, uint64_t tag, uint64_t epoch);

#endif
