/* Agents of servers that the kit's records pretend to have: what a VNFM's user data would start in
 * them. Each is a connection of its own to the agents' virtual host, with an account as the NFVO
 * gives it (rights.h, "agent"), and says and does what proto/doc/agent.md has: hello, commands,
 * answers, a journal. Scripts are not run; how they end is chosen by the scenario.
 *
 *     kit_agents_see(k, user_data)         the virtual host that it names; made, once
 *     kit_agents_start(k, host, ips)       its hello goes out when it is connected
 *     kit_agents_behave(k, KIT_AGENT_FAILS, "stop.sh")
 *     ... requests; kit_pump moves the agents, too ...
 *     kit_agents_ran(k, host, "stop.sh")
 *
 * A virtual host that is there already is somebody's, and is left alone: kit.agents_missing says so. */
#ifndef NFVO_CLI_KIT_AGENTS_H
#define NFVO_CLI_KIT_AGENTS_H

#include <jansson.h>
#include <stdbool.h>

struct kit;

enum kit_agent_manner {
    KIT_AGENT_RUNS,  /* every script ends with 0 */
    KIT_AGENT_FAILS, /* this one with KIT_AGENT_STATUS, and KIT_AGENT_SAYS on its error output */
    KIT_AGENT_CUT,   /* its connection breaks while this one runs; once */
    KIT_AGENT_MUTE,  /* this one does not end */
    KIT_AGENT_ABSENT /* servers that are made now have no agent */
};
enum { KIT_AGENT_STATUS = 3 };
#define KIT_AGENT_PRINTS "printed by the agent of the test kit" /* by each script, and its name */
#define KIT_AGENT_SAYS   "no space left on the kit's disk"

void kit_agents_see(struct kit *k, const char *user_data);
void kit_agents_start(struct kit *k, const char *hostname,
                      const json_t *ips); /* if there are any */
void kit_agents_behave(struct kit *k, enum kit_agent_manner manner, const char *script);
void kit_agents_pump(struct kit *k); /* kit.on_round */
void kit_agents_free(struct kit *k); /* before kit_broker_close */

/* How often a command to run this script came to that host, repeats of one id not counted. */
unsigned kit_agents_ran(const struct kit *k, const char *hostname, const char *script);
/* The n-th script that it ran, from 0; "": fewer. */
const char *kit_agents_nth(const struct kit *k, const char *hostname, unsigned n);
unsigned kit_agents_repeats(const struct kit *k, const char *hostname); /* of ids that it had */
/* Was a script of these bytes saved there, under this name, before any ran? */
bool kit_agents_saved(const struct kit *k, const char *hostname, const char *name,
                      const char *text);
bool kit_agents_is_at(struct kit *k, void *script); /* is a host mute, or cut, at it? */

#endif
