/* Every exchange, queue and permission pattern of the product. Nowhere else is one spelled.
 * amqp-protocol.md 1 and 2, decisions.md D8, D9, D12. A queue's arguments are ours where no peer
 * declares the queue; peers' own queues keep the reference's (none). */
#ifndef PROTO_TOPOLOGY_H
#define PROTO_TOPOLOGY_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>

#define TOPOLOGY_EXCHANGE                                                                          \
    "openbaton-exchange" /* topic, durable: any other argument is a 406 for a peer */

/* Queues of the NFVO: quorum, durable, never auto-deleted, with a delivery limit and a dead-letter
 * queue (D12). */
#define QUEUE_MANAGER_HANDLING "nfvo.manager.handling" /* registration; single active consumer */
#define QUEUE_ACTIONS          "vnfm.nfvo.actions"
#define QUEUE_ACTIONS_REPLY    "vnfm.nfvo.actions.reply"
#define QUEUE_EVENT_REGISTER   "nfvo.event.register"
#define QUEUE_EVENT_UNREGISTER "nfvo.event.unregister"
#define QUEUE_REPLIES                                                                              \
    "nfvo.replies" /* answers to our requests: shared, and dead-lettered from per-request queues   \
                    */
#define QUEUE_INTERNAL     "nfvo.internal"     /* aggregates talking to each other */
#define QUEUE_DEAD_LETTERS "nfvo.dead-letters" /* classic, durable, bounded in length */

#define QUEUE_DELIVERY_LIMIT   8
#define QUEUE_DEAD_LETTERS_MAX 10000

/* Per-request reply queue of a peer that does not echo correlation ids: "nfvo.reply.<command id>".
 * Durable, no consumer, x-message-ttl 0, x-expires, dead-lettered to nfvo.replies;
 * x-first-death-queue then tells the request (design.md, "Which reply is whose"). */
#define QUEUE_REPLY_PREFIX     "nfvo.reply."
#define QUEUE_REPLY_EXPIRES_MS (24 * 3600 * 1000)

#define QUEUE_VIM_DRIVER_PREFIX "vim-drivers." /* vim-drivers.<type>.<name> */
#define QUEUE_MONITOR_PREFIX    "monitor."     /* monitor.<type>.<name> */

#define REGISTRATION_USER     "openbaton-manager-user"
#define REGISTRATION_PASSWORD "openbaton" /* well known: decisions.md D7; may only register */

/* --- agents (D9): a virtual host of their own, with an exchange of the same name --- */

#define AGENTS_VHOST                                                                               \
    "baton-agents" /* default of the options agents-vhost; made by the NFVO, exchange included */

/* Hellos: durable quorum queue of the VNFM with this endpoint, bound by its own name. */
void topology_hello_queue(const char *endpoint, struct sbuf *out); /* ems.<endpoint>.register */
/* Answers of agents: one exclusive queue per VNFM process, bound by its own name. */
void topology_agent_replies(const char *endpoint, const char *instance,
                            struct sbuf *out); /* ems.<endpoint>.replies.<instance> */
/* Commands: declared by the agent with the reference's arguments (not durable, auto-delete). */
void topology_agent_queue(const char *hostname, struct sbuf *out); /* vnfm.<hostname>.actions */
/* The broker user of one VNFC instance. */
void topology_agent_user(const char *hostname, struct sbuf *out); /* ems.<hostname> */

/* What a VNFM asks the NFVO to fill into user data, once per instance: "#Hostname=" becomes
 * "Hostname=<hostname>", and so on. An instance whose user data holds USER_DATA_EMS_USER gets a
 * broker user of its own in the agents' virtual host. */
#define USER_DATA_HOSTNAME     "#Hostname="
#define USER_DATA_EMS_USER     "#EmsUser="
#define USER_DATA_EMS_PASSWORD "#EmsPassword="

/* Names that peers choose become a broker user, a queue, and a binding key: letters, digits, dot,
 * dash and underscore only (a queue called "vim-drivers.*.*" would be bound with just that key, and
 * hear every driver's requests with the PoPs' passwords), and none of ours: a VNFM must not get the
 * NFVO's queues or a driver's, nor a plugin the NFVO's login by registering as "admin".
 * our_user: the NFVO's own broker login. ERR_DENIED says which name and why. */
MUST_USE enum err_code topology_check_vnfm(const char *user, const char *queue,
                                           const char *our_user, struct err *err);
MUST_USE enum err_code topology_check_plugin(const char *type, const char *our_user,
                                             struct err *err);

/* May events go to this queue? Not to ours or another peer's: whoever subscribes could have the
 * NFVO write where he must not. Subscribers call theirs "nfvo.fm.nsr.create". ERR_DENIED. */
MUST_USE enum err_code topology_check_subscriber(const char *queue, struct err *err);

/* What a broker user may do: three anchored patterns on names of queues and exchanges, and two on
 * routing keys of TOPOLOGY_EXCHANGE. A name that the checks above refuse gets no rights at all. */
struct topology_rights {
    struct sbuf configure, write, read;
    struct sbuf topic_write, topic_read;
};
#define TOPOLOGY_RIGHTS_INIT                                                                       \
    {                                                                                              \
        SBUF_INIT, SBUF_INIT, SBUF_INIT, SBUF_INIT, SBUF_INIT                                      \
    }
void topology_rights_release(struct topology_rights *r);
/* The registration user: writes key nfvo.manager.handling, reads amq.gen-* only (D8). It may use
 * the default exchange, since Python and Go VNFMs register through that, and reaches any queue by
 * name that way: tests/interop. Strict: without; then only drivers and Java VNFMs can register. */
void topology_rights_registration(struct topology_rights *r);
void topology_rights_registration_strict(struct topology_rights *r);
/* A VNFM with its queue; wants_default_exchange: for SDKs that publish through it (Python, Go). */
void topology_rights_vnfm(struct topology_rights *r, const char *queue, int wants_default_exchange);
/* A VIM driver or monitoring plugin. type: the full queue name "vim-drivers.test.test", or the bare
 * driver type, which the Python SDK sends: then any "vim-drivers.<type>.<name>" (2.2, TRAP), and
 * never the default exchange. */
void topology_rights_plugin(struct topology_rights *r, const char *type,
                            int wants_default_exchange);

/* An agent: its own queue, the hello and the answers. wants_default_exchange: an unmodified one,
 * which answers through it and binds the hello queue itself. */
void topology_rights_agent(struct topology_rights *r, const char *hostname, const char *endpoint,
                           int wants_default_exchange);
/* The VNFM of these agents, in their virtual host: the same user as in the main one. */
void topology_rights_agents_manager(struct topology_rights *r, const char *endpoint);

/* A plugin's type names its queue when it begins so; else it is a bare driver type. */
bool topology_is_plugin_queue(const char *type);
/* "vim-drivers.<type>.<name>": the type, borrowed from the queue's name. */
bool topology_driver_type(const char *queue, const char **ret_type, size_t *ret_len);

#endif
