/* Managers (VNFMs, VIM drivers, monitoring plugins) that register on QUEUE_MANAGER_HANDLING get a
 * broker user of their own with exactly their rights; and which of them are there is watched.
 * amqp-protocol.md 2, decisions.md D7, D8, D12, D13.
 *
 *     rc = registry_open(&nfvo->registry, &(struct registry_setup){
 *              .options = &nfvo->options.registry, .bus = &nfvo->bus_options,
 *              .store = nfvo->store }, err);
 *     setup.queue_exists = registry_queue_exists; setup.ctx = ... (event/dispatcher.h)
 *
 * Where a registration comes from says who asks: in the room of an enrolled account it is answered
 * with that account, in the room of open registration with an account of its own, made for it, and
 * nowhere with another's. A type or queue that somebody serves is not given away.
 * One registration: rows (password sealed) are committed, then user and rights are PUT through the
 * broker's management API (account.h), then the answer is sent, then the request acknowledged. A
 * crash in between repeats it; an account that nobody uses ends. One thread does it; it blocks on
 * the management API for at most management-timeout. With several NFVOs the queue has a single
 * active consumer. What cannot be done now (broker's management or database away) is kept, not
 * answered, and tried again with backoff; what cannot be read or is refused goes to
 * QUEUE_DEAD_LETTERS with its reason. */
#ifndef NFVO_VNFM_REGISTRY_H
#define NFVO_VNFM_REGISTRY_H

#include "common/base/sbuf.h"
#include "common/config/config.h"
#include "proto/topology.h"

struct registry; /* opaque */
struct audit;
struct bus_options;
struct rooms;
struct store;

struct registry_options {
    const char *management_host, *management_user, *management_password; /* "": the broker's */
    int64_t management_port, management_timeout_ms;
    bool has_management_tls;
    const char *management_ca;
    bool is_registration_open;
    const char *registration_room, *registration_project;
    const char *registration_user, *registration_password;
    int64_t check_interval_ms, absence_grace_ms, unregister_grace_ms;
    int64_t dead_letters_max, dead_letters_keep_ms;
    bool are_peers_administrators, has_registration_default_exchange;
    const char *agents_vhost; /* "" or NULL: agents get no logins */
    const char *agents_managers;
    bool has_agents_default_exchange;
    int64_t room_max_queues, room_max_connections, room_max_bytes, account_max_channels;
    int64_t account_max_work, account_max_traffic; /* a second; 0: no limit */
    int64_t account_pause_ms;
    int64_t agents_poll_ms; /* 0: POLL_MS of agents.c; no option, for tests of being woken */
    int64_t agents_own_max; /* unmodified agents */
    int64_t agents_connections_max, agents_channels_max, agents_queue_max; /* 0: no limit */
};

/* clang-format off */
#define REGISTRY_CONFIG(S, m)                                                                                              \
    CONFIG_STR(S, m.management_host, "broker-management-host", "", "host of the broker's management API; empty: the broker's"), \
    CONFIG_INT(S, m.management_port, "broker-management-port", "15672", 1, 65535, NULL, "port of the broker's management API"), \
    CONFIG_STR(S, m.management_user, "broker-management-user", "", "user of the management API, an administrator; empty: the broker's"), \
    CONFIG_SECRET(S, m.management_password, "broker-management-password", "", "its password; empty: the broker's"),        \
    CONFIG_BOOL(S, m.has_management_tls, "broker-management-tls", "no", "https for the management API"),                   \
    CONFIG_PATH(S, m.management_ca, "broker-management-ca", "", "PEM file of the authorities for that"),                   \
    CONFIG_DURATION(S, m.management_timeout_ms, "broker-management-timeout", "5s", 100, 60000, "longest call of the management API"), \
    CONFIG_BOOL(S, m.is_registration_open, "registration-open", "no", "for trials: let any VNFM or driver register with the well-known account, in the virtual host registration-room; all that are there can act for each other"), \
    CONFIG_STR(S, m.registration_room, "registration-room", "/", "virtual host of open registration; must be another one than broker-vhost and agents-vhost"),                   \
    CONFIG_STR(S, m.registration_project, "registration-project", "", "id of the project whose events may be heard from there; empty: none"), \
    CONFIG_STR(S, m.registration_user, "registration-user", REGISTRATION_USER, "broker user as which managers register there"),  \
    CONFIG_SECRET(S, m.registration_password, "registration-password", REGISTRATION_PASSWORD, "its password; the default is well known"), \
    CONFIG_DURATION(S, m.check_interval_ms, "manager-check-interval", "20s", 100, 3600000, "how often the managers' queues are looked at"), \
    CONFIG_DURATION(S, m.absence_grace_ms, "manager-absence-grace", "30s", 0, 3600000, "a VNFM or driver that is not seen for so long is gone; until then it counts as being there"), \
    CONFIG_DURATION(S, m.unregister_grace_ms, "manager-unregister-grace", "5s", 0, 60000, "how long a manager that unregisters may go on consuming"), \
    CONFIG_INT(S, m.dead_letters_max, "dead-letters-max", "64M", 65536, INT64_C(17179869184), "bytes", "messages that could not be read or delivered are kept up to this size; the oldest go first"), \
    CONFIG_DURATION(S, m.dead_letters_keep_ms, "dead-letters-keep", "7d", 60000, INT64_C(4233600000), "and for so long"), \
    CONFIG_BOOL(S, m.are_peers_administrators, "peers-administrator", "no", "make managers broker administrators, as Open Baton did"), \
    CONFIG_BOOL(S, m.has_registration_default_exchange, "registration-default-exchange", "yes", "let managers register through the default exchange (Python and Go VNFMs, Go drivers); no keeps those out, and is no boundary"), \
    CONFIG_STR(S, m.agents_vhost, "agents-vhost", AGENTS_VHOST, "virtual host of the agents in VNFC instances; the NFVO makes it, and a broker user in it per instance; empty: none"), \
    CONFIG_STR(S, m.agents_managers, "agents-managers", "generic", "VNFM types that command agents there, separated by blanks or commas"), \
    CONFIG_BOOL(S, m.has_agents_default_exchange, "agents-default-exchange", "no", "give an unmodified agent, as Open Baton's own EMS, a virtual host of its own, for which its user data asks (#EmsVirtualHost=); without it such an agent gets no login"), \
    CONFIG_INT(S, m.agents_own_max, "agents-own-max", "64", 0, 256, NULL, "unmodified agents at a time; each costs a virtual host, and its VNFM a connection"), \
    CONFIG_INT(S, m.agents_connections_max, "agents-connections-max", "4", 0, 1000, NULL, "connections of an agent's login; for those made from then on; 0: no limit"), \
    CONFIG_INT(S, m.agents_channels_max, "agents-channels-max", "8", 0, 10000, NULL, "and its channels"), \
    CONFIG_INT(S, m.agents_queue_max, "agents-queue-max", "64M", 0, INT64_C(17179869184), "bytes", "what waits in a queue of the agents' virtual host; 0: no limit"), \
    CONFIG_INT(S, m.room_max_queues, "room-max-queues", "4096", 16, 1000000, NULL, "queues in a room of peers; the NFVO's own count, and a reply queue for each open request to a peer that does not correlate"), \
    CONFIG_INT(S, m.room_max_connections, "room-max-connections", "64", 8, 100000, NULL, "connections to a room of peers, and of one account; the NFVO's own count: one for each worker, and two"), \
    CONFIG_INT(S, m.room_max_bytes, "room-max-bytes", "64M", 0, INT64_C(17179869184), "bytes", "messages in one queue of a peer; the oldest go first; 0: no limit"), \
    CONFIG_INT(S, m.account_max_channels, "account-max-channels", "256", 4, 65535, NULL, "channels of one account"), \
    CONFIG_INT(S, m.account_max_work, "account-max-work", "2500", 0, 10000000, NULL, "work that one account may give the broker, in small messages a second, beside twice what nfvo does in its room; anything else counts as what it costs: to declare a queue is some 70 messages, a login 200. Above that, on average over 10 s, its connections are closed, and it is shut out for account-pause; 0: no limit"), \
    CONFIG_INT(S, m.account_max_traffic, "account-max-traffic", "16M", 0, INT64_C(17179869184), "bytes", "the same of the bytes that it sends and gets, a second; 0: no limit"), \
    CONFIG_DURATION(S, m.account_pause_ms, "account-pause", "5m", 1000, 3600000, "how long an account that did too much is shut out the first time; twice as long each time that it does so again within the hour, to 64 times")
/* clang-format on */

struct registry_setup { /* all borrowed until registry_close */
    const struct registry_options *options;
    const struct bus_options *bus; /* the NFVO's own login: it may declare everything */
    struct store *store;
    struct audit *audit; /* NULL: the log only */
    struct rooms *rooms; /* NULL: the inner one only */
    /* A driver came, or came back: what its PoPs hold is to be looked at (2.3, item 5). In the
     * registry's thread, must not block. May be NULL. */
    void (*refresh_pop)(void *ctx, const char *pop_id);
    void *ctx;
};

/* Options that must fit each other. inner: the NFVO's own virtual host, broker-vhost; "" is "/".
 * Who registers openly shares a virtual host with all who do: it must be neither the NFVO's nor the
 * agents'. There is no default that is right for both kinds of installation: SDKs of others connect
 * to "/" unless they are told otherwise, and so did the NFVO always. So whoever opens registration
 * decides, and it does not start before. ERR_INVALID names both options and what to set. */
MUST_USE enum err_code registry_check_options(const struct registry_options *o, const char *inner,
                                              struct err *err);

/* Starts the thread; does not wait for the broker. Given: registry_close. ERR_IO, ERR_NOMEM,
 * ERR_INVALID as above. */
MUST_USE enum err_code registry_open(struct registry **ret, const struct registry_setup *setup,
                                     struct err *err);
void registry_close(struct registry *r); /* NULL is fine */

/* Any thread. May managers register: are queue and accounts there? */
bool registry_is_open(const struct registry *r);
/* Any thread. Does that wait for somebody to change something (a virtual host that is not ours, a
 * right that is missing), so that waiting is of no use? It is tried again nevertheless. */
bool registry_is_refused(const struct registry *r);
/* Any thread. ctx: the registry. From the last listing, else the management API is asked (blocks
 * at most management-timeout); true when that does not answer: nobody's subscription is to end
 * because the broker is slow. Fits struct dispatcher_setup.queue_exists. */
bool registry_queue_exists(void *ctx, const char *queue);
/* Any thread. Asks the management API now (blocks at most management-timeout a page). Left out: the
 * queues of the broker's log of other suites, which are in "/" because the exchange is there. */
struct management_queue;
MUST_USE enum err_code registry_list_queues(struct registry *r,
                                            void (*report)(void *arg,
                                                           const struct management_queue *queue),
                                            void *arg, struct err *err);
/* Any thread; block as registry_list_queues. Append the oldest 20 dead letters as a JSON list, which
 * stay where they are; delete them all. */
MUST_USE enum err_code registry_dead_letters(struct registry *r, struct sbuf *out, struct err *err);
MUST_USE enum err_code registry_drop_dead_letters(struct registry *r, struct err *err);
/* Any thread; broker_watch.h says what. */
bool registry_broker_has_alarm(const struct registry *r, struct sbuf *why);
void registry_render_broker(const struct registry *r, struct sbuf *out);
/* Any thread. Prometheus text, appended. */
void registry_render_metrics(const struct registry *r, struct sbuf *out);

#endif
