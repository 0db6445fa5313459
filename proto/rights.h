/* Who may do what on the broker: one table. The rights that the NFVO puts, `make docs` (rights.md)
 * and tests/hostile come from it. trust.md 3; every pattern that is not marked was tried there.
 *
 *     AUTO(topology_rights_release) struct topology_rights r = RIGHTS_INIT;
 *     rights_of(RIGHTS_PEER, &(struct rights_names){.queue = "generic"}, &r);
 *
 * What keeps peers apart is the room (virtual host), not these patterns: whoever may write an
 * exchange reaches every queue that is bound to it in that virtual host, whatever routing keys it
 * is allowed (headers CC and BCC, dead letters, alternate exchanges). Inside a room they keep a
 * peer from the NFVO's queues: it may not read, delete or unbind them. "^$" allows nothing that has
 * a name.
 *
 * {queue}, {type}, {prefix}, {endpoint}, {host} stand for a name, quoted. */
#ifndef PROTO_RIGHTS_H
#define PROTO_RIGHTS_H

#include "proto/topology.h"

/* Where an account's rights hold. */
/* clang-format off */
#define RIGHTS_PLACES(X)                            \
    X(EVERYWHERE,  "every virtual host")            \
    X(ROOM,        "its own room")                  \
    X(OPEN_ROOM,   "the room of open registration") \
    X(AGENTS,      "the agents' virtual host")      \
    X(AGENT_ALONE, "a virtual host of its own")

#define PATTERN_GEN   "amq\\.gen-.*"
#define PATTERNS_PEER(Q)                          \
    "^(" PATTERN_GEN "|" Q ")$",                  \
    "^(amq\\.default|openbaton-exchange|" Q ")$", \
    "^(" PATTERN_GEN "|openbaton-exchange|" Q ")$"
#define PATTERN_BARE "(vim-drivers|monitor)\\.{type}\\.[A-Za-z0-9_-]+"
#define PATTERN_ANSWERS "nfvo\\.manager\\.handling|nfvo\\.replies|nfvo\\.reply\\..+"
#define PATTERN_UP    "ems\\.{endpoint}\\.(register|replies\\..+)"
#define PATTERN_AGENT "vnfm\\.{host}\\.actions"

/* name, word, place, tag on the broker, configure, write, read, exchanges that its topic rights are about (none: no topic
 * rights, every key), topic write, topic read, what it is */
#define RIGHTS_ACCOUNTS(X)                                                                                            \
    X(NFVO, "nfvo", EVERYWHERE, "administrator", ".*", ".*", ".*", RIGHTS_NO_EXCHANGE, "", "",                        \
      "the NFVO itself")                                                                                              \
    X(PEER, "peer", ROOM, "", PATTERNS_PEER("{queue}"), RIGHTS_NO_EXCHANGE, "", "",                                   \
      "a VNFM or driver with its queue, on any SDK, ours too. Every VNFM SDK of the reference and the Go drivers "    \
      "answer through the default exchange, which reaches this room only")                                            \
    X(DRIVER_BARE, "driver-bare", ROOM, "", PATTERNS_PEER(PATTERN_BARE),                                              \
      RIGHTS_NO_EXCHANGE, "", "",                                                                                     \
      "a driver that registers by its bare type (Python SDK): it chooses the name of its queue afterwards")           \
    X(SUBSCRIBER, "subscriber", ROOM, "", "^{prefix}\\..+$", "^(openbaton-exchange|{prefix}\\..+)$",                  \
      "^(openbaton-exchange|{prefix}\\..+)$", RIGHTS_EXCHANGE, "^nfvo\\.event\\.(register|unregister)$",              \
      "^{prefix}\\..+$",                                                                                              \
      "hears events on queues that begin with its prefix")                                                            \
    X(COMPANION, "companion", ROOM, "", PATTERNS_PEER("{prefix}\\..+"), RIGHTS_NO_EXCHANGE, "", "",                   \
      "an engine beside the NFVO (scaling, fault management): event queues that begin with its prefix, and calls to " \
      "the monitoring plugins that were put into its room")                                                           \
    X(MONITOR, "monitor", ROOM, "", PATTERNS_PEER("monitor\\.{type}\\.[A-Za-z0-9_-]+"), RIGHTS_NO_EXCHANGE, "", "",   \
      "a monitoring plugin; put it into the room of the companion that asks it")                                      \
    X(READER, "reader", ROOM, "management", "^$", "^$", "^$", RIGHTS_NO_EXCHANGE, "", "",                             \
      "reads the broker's management API about its own room. An account of another row that must do so as well "      \
      "(the Java engines look for their plugin there) gets the tag beside its own rights")                            \
    X(REGISTRATION, "registration", OPEN_ROOM, "", "^" PATTERN_GEN "$", "^(amq\\.default|openbaton-exchange)$",       \
      "^" PATTERN_GEN "$", RIGHTS_EXCHANGE, "^(nfvo\\.manager\\.handling|vnfm\\.nfvo\\.actions(\\.reply)?)$", "^$",   \
      "the well-known account; it exists only while registration is open. Its keys are for order, not a boundary")    \
    X(OPEN_VNFM, "open-vnfm", OPEN_ROOM, "", PATTERNS_PEER("{queue}"), RIGHTS_EXCHANGE,                               \
      "^(vnfm\\.nfvo\\.actions(\\.reply)?|" PATTERN_ANSWERS ")$", "^{queue}$",                                        \
      "a VNFM by open registration. It hears no other, but can write to all in that room")                            \
    X(OPEN_DRIVER, "open-driver", OPEN_ROOM, "", PATTERNS_PEER("{queue}"), RIGHTS_EXCHANGE,                           \
      "^(" PATTERN_ANSWERS ")$", "^{queue}$", "a driver by open registration; the same")                              \
    X(OPEN_DRIVER_BARE, "open-driver-bare", OPEN_ROOM, "", "^" PATTERN_BARE "$", "^(openbaton-exchange|" PATTERN_BARE \
      ")$", "^(openbaton-exchange|" PATTERN_BARE ")$", RIGHTS_EXCHANGE, "^(" PATTERN_ANSWERS ")$",                    \
      "^" PATTERN_BARE "$", "the same, by its bare type; it needs no reply queue and no default exchange")            \
    X(AGENTS_MANAGER, "agents-manager", AGENTS, "", "^" PATTERN_UP "$", "^(amq\\.default|" PATTERN_UP ")$",           \
      "^(ems\\.up|openbaton-exchange|" PATTERN_UP ")$", RIGHTS_BOTH_EXCHANGES, "^$", "^" PATTERN_UP "$",              \
      "the VNFM of agents: commands go through the default exchange. It binds its queues to openbaton-exchange too, " \
      "as long as agents of before ems.up are there")                                                                 \
    X(AGENT, "agent", AGENTS, "", "^" PATTERN_AGENT "$", "^ems\\.up$", "^" PATTERN_AGENT "$", RIGHTS_UP_EXCHANGE,     \
      "^(" PATTERN_UP "|ems\\.metrics)$", "^$",                                                                       \
      "our agent in a VNFC instance: hello, answers and metrics. Its keys are for order, not a boundary")             \
    X(AGENT_OLD, "agent-old", AGENTS, "", "^" PATTERN_AGENT "$", "^(openbaton-exchange|" PATTERN_AGENT ")$",          \
      "^(openbaton-exchange|" PATTERN_AGENT ")$", RIGHTS_EXCHANGE, "^" PATTERN_UP "$", "^" PATTERN_AGENT "$",         \
      "an agent launched before ems.up was there. These reach each other, whatever the patterns say")                 \
    X(AGENT_OLD_DEFAULT, "agent-old-default", AGENTS, "", "^" PATTERN_AGENT "$",                                      \
      "^(amq\\.default|openbaton-exchange|" PATTERN_AGENT "|ems\\.{endpoint}\\.register)$",                           \
      "^(openbaton-exchange|" PATTERN_AGENT ")$", RIGHTS_EXCHANGE, "^" PATTERN_UP "$",                                \
      "^(" PATTERN_AGENT "|ems\\.{endpoint}\\.register)$",                                                            \
      "the same, launched with agents-default-exchange")                                                              \
    X(AGENT_SHARED, "agent-shared", AGENTS, "", "^" PATTERN_AGENT "$",                                                \
      "^(amq\\.default|ems\\.up|" PATTERN_AGENT "|ems\\.{endpoint}\\.register)$",                                     \
      "^(openbaton-exchange|" PATTERN_AGENT ")$", RIGHTS_BOTH_EXCHANGES, "^" PATTERN_UP "$",                          \
      "^(" PATTERN_AGENT "|ems\\.{endpoint}\\.register)$",                                                            \
      "an unmodified agent launched before those had virtual hosts of their own. It reaches every agent there")       \
    X(AGENT_UNMODIFIED, "agent-unmodified", AGENT_ALONE, "", "^" PATTERN_AGENT "$",                                   \
      "^(amq\\.default|" PATTERN_AGENT "|ems\\.{endpoint}\\.register)$", "^(openbaton-exchange|" PATTERN_AGENT ")$",  \
      RIGHTS_EXCHANGE, "^$", "^(" PATTERN_AGENT "|ems\\.{endpoint}\\.register)$",                                     \
      "Open Baton's own agent: it answers through the default exchange, and binds its queue and the hello queue "     \
      "itself; by option only")                                                                                       \
    X(METRICS, "metrics", AGENTS, "", "^$", "^$", "^ems\\.metrics$", RIGHTS_NO_EXCHANGE, "", "",                      \
      "a collector of what agents measure (baton manager enrol NAME --kind collector); the queue is the NFVO's, bounded in " \
      "bytes and age, its oldest go first")
/* clang-format on */

enum rights_place {
#define X(name, text) RIGHTS_IN_##name,
    RIGHTS_PLACES(X)
#undef X
};
extern const char *const rights_place_texts[];

enum rights_account {
#define X(name, ...) RIGHTS_##name,
    RIGHTS_ACCOUNTS(X)
#undef X
        RIGHTS_ACCOUNT_N
};

struct rights_row {
    const char *word, *tag;
    enum rights_place place;
    const char *configure, *write, *read; /* with placeholders */
    const char *exchanges[TOPOLOGY_RIGHTS_EXCHANGES];
    const char *topic_write, *topic_read;
    const char *text;
};
extern const struct rights_row rights_rows[RIGHTS_ACCOUNT_N];

struct rights_names { /* those that the row asks for */
    const char *queue, *type, *prefix, *endpoint, *host;
};

/* The table's row with the names put in, into an empty r. A name that is missing, or not plain
 * (topology.h), gives no rights at all: "^$" everywhere. */
void rights_of(enum rights_account who, const struct rights_names *names,
               struct topology_rights *r);
/* The patterns of a room's own limits do not apply to the NFVO's queues: those that begin so. */
#define RIGHTS_NOT_OURS "^(?!nfvo\\.|vnfm\\.nfvo\\.)"

/* Appended: the table for people (Markdown), and as JSON for tests in other languages. */
void rights_describe(struct sbuf *out);
void rights_json(struct sbuf *out);

#endif
