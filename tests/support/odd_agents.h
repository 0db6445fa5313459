/* How the odd peer (odd_peer.h), as a VNFM, has scripts run by agents: right, but for the rules that
 * it is told to break. For its tests only: one command at a time, nothing survives it. */
#ifndef TESTS_SUPPORT_ODD_AGENTS_H
#define TESTS_SUPPORT_ODD_AGENTS_H

#include <jansson.h>
#include <stdbool.h>

struct odd_agents;
struct odd_agents_options { /* borrowed, all of it */
    const char *host, *vhost, *user, *password, *endpoint;
    int port;
    bool (*breaks)(void *arg, const char *rule);
    /* Takes said. */
    void (*answer)(void *arg, const char *reply_to, const char *id, json_t *said);
    void *arg;
};

struct odd_agents *odd_agents_new(const struct odd_agents_options *options); /* given */
void odd_agents_free(struct odd_agents *a);                                  /* NULL is fine */
void odd_agents_pump(struct odd_agents *a);
/* The scripts of the record's event, package's ones first (NULL: none). Takes said, which is answered
 * when they have ended. False: there is nothing to run, and said is not taken. */
bool odd_agents_run(struct odd_agents *a, const char *event, const json_t *record,
                    const json_t *package, const char *reply_to, const char *id, json_t *said);
/* What runs for this record has no answer any more. False: it is waited for (agent-silent). */
bool odd_agents_cancel(struct odd_agents *a, const char *record_id);
const char *odd_agents_output(const struct odd_agents *a); /* of all, a line each */

#endif
