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
#define QUEUE_INTERNAL "nfvo.internal" /* aggregates talking to each other */
#define QUEUE_DEAD_LETTERS                                                                         \
    "nfvo.dead-letters" /* classic, durable, bounded in length; in bytes and age by a policy       \
                           (nfvo/vnfm) */

#define QUEUE_DELIVERY_LIMIT   8
#define QUEUE_DEAD_LETTERS_MAX 10000
#define QUEUE_ROOM_MAX_BYTES   (256 << 20) /* of each queue of ours in a room of peers */

/* Per-request reply queue of a peer that does not echo correlation ids: "nfvo.reply.<command id>".
 * Durable, no consumer, x-message-ttl 0, x-expires, dead-lettered to nfvo.replies;
 * x-first-death-queue then tells the request (design.md, "Which reply is whose"). That of a request
 * that is never sent twice holds a copy of it, by x-max-length 1 and x-overflow reject-publish-dlx
 * instead of x-message-ttl: what comes behind the copy is dead-lettered. */
#define QUEUE_REPLY_PREFIX     "nfvo.reply."
#define QUEUE_REPLY_EXPIRES_MS (24 * 3600 * 1000)

/* The broker's own log, with log.exchange = true: the exchange is RabbitMQ's, in virtual host "/",
 * and no client may write it. Ours is a queue there per virtual host of a suite, bound by "error".
 */
#define QUEUE_BROKER_LOG_EXCHANGE   "amq.rabbitmq.log"
#define QUEUE_BROKER_LOG            "nfvo.broker-log"
#define QUEUE_BROKER_LOG_MAX        2000
#define QUEUE_BROKER_LOG_MAX_BYTES  (4 << 20)
#define QUEUE_BROKER_LOG_EXPIRES_MS (10 * 60 * 1000)

#define QUEUE_VIM_DRIVER_PREFIX "vim-drivers." /* vim-drivers.<type>.<name> */
#define QUEUE_MONITOR_PREFIX    "monitor."     /* monitor.<type>.<name> */

#define REGISTRATION_USER     "openbaton-manager-user"
#define REGISTRATION_PASSWORD "openbaton" /* well known: decisions.md D7; may only register */

/* --- agents (D9): a virtual host of their own, with two exchanges --- */

#define AGENTS_VHOST                                                                               \
    "baton-agents" /* default of the options agents-vhost; made by the NFVO, exchanges included */

/* Hellos and answers: all that an agent may write. No agent's queue is ever bound to it, because
 * who may write an exchange reaches every queue that is bound to it: the broker checks the routing
 * key only, and routes by the headers CC and BCC, dead letters and alternate exchanges as well.
 * Topic, durable. Commands go to an agent's queue by its name, through the VNFM's default exchange.
 * Agents of before, and unmodified ones, use TOPOLOGY_EXCHANGE there for both. */
#define TOPOLOGY_AGENTS_EXCHANGE "ems.up"

/* Requests to the VNFMs of a type that are called over HTTP (nfvo/vnfm/rest.h): durable quorum queue
 * of the NFVO in its inner room, bound by its own name. */
void topology_rest_vnfm_queue(const char *type, struct sbuf *out); /* vnfm.rest.<type> */
#define QUEUE_REST_VNFM_PREFIX "vnfm.rest."
/* Answers to what these VNFMs ask, of one NFVO process. It outlives its connection: an answer that
 * finds no queue says that the VNFM itself is gone. */
#define QUEUE_REST_ANSWERS_PREFIX     "nfvo.rest-answers."
#define QUEUE_REST_ANSWERS_EXPIRES_MS (10 * 60 * 1000)
#define QUEUE_REST_VNFM_EXPIRES_MS    (7 * 24 * 3600 * 1000) /* without anybody who takes from it */

/* Hellos: durable quorum queue of the VNFM with this endpoint, bound by its own name to both
 * exchanges; so are answers. */
void topology_hello_queue(const char *endpoint, struct sbuf *out); /* ems.<endpoint>.register */
/* Answers of agents: one exclusive queue per VNFM process, bound by its own name. */
void topology_agent_replies(const char *endpoint, const char *instance,
                            struct sbuf *out); /* ems.<endpoint>.replies.<instance> */
/* Commands: declared by the agent with the reference's arguments (not durable, auto-delete). */
void topology_agent_queue(const char *hostname, struct sbuf *out); /* vnfm.<hostname>.actions */
/* The broker user of one VNFC instance, and its virtual host, if it has one of its own. */
void topology_agent_user(const char *hostname, struct sbuf *out); /* ems.<hostname> */
/* Is it such a user? No other account is called so (nfvo/vnfm/account.c). */
bool topology_is_agent_user(const char *user);
/* Is it such a virtual host? Then the hostname, borrowed. */
const char *topology_agent_of_vhost(const char *vhost);

/* What agents measure: of the NFVO, bound by its own name; the oldest go, by bytes and age. */
#define QUEUE_AGENT_METRICS         "ems.metrics"
#define QUEUE_AGENT_METRICS_BYTES   (16 << 20)
#define QUEUE_AGENT_METRICS_KEEP_MS (60 * 1000)

/* What a VNFM asks the NFVO to fill into user data, once per instance: "#Hostname=" becomes
 * "Hostname=<hostname>", and so on. An instance whose user data holds USER_DATA_EMS_USER gets a
 * broker user of its own in the agents' virtual host. */
#define USER_DATA_HOSTNAME     "#Hostname="
#define USER_DATA_EMS_USER     "#EmsUser="
#define USER_DATA_EMS_PASSWORD "#EmsPassword="
/* For an agent that needs the default exchange, as Open Baton's own: "EmsVirtualHost=" and the name
 * of a virtual host in which it is alone. User data that holds it asks for one. */
#define USER_DATA_EMS_VHOST "#EmsVirtualHost="

/* Names that peers choose become a broker user, a queue, and a binding key: letters, digits, dot,
 * dash and underscore only (a queue called "vim-drivers.*.*" would be bound with just that key, and
 * hear every driver's requests with the PoPs' passwords), and none of ours: a VNFM must not get the
 * NFVO's queues or a driver's, nor a plugin the NFVO's login by registering as "admin".
 * our_user: the NFVO's own broker login. ERR_DENIED says which name and why. */
MUST_USE enum err_code topology_check_vnfm(const char *user, const char *queue,
                                           const char *our_user, struct err *err);
MUST_USE enum err_code topology_check_plugin(const char *type, const char *our_user,
                                             struct err *err);

/* May an answer go there? A request's reply_to is used only in the room (virtual host) that the
 * request came from, and there it names a reply queue of the broker's making (amq.gen-..., direct
 * reply-to) or a queue with a plain name that is neither ours nor a driver's nor an agent's.
 * ERR_DENIED. */
MUST_USE enum err_code topology_check_reply_to(const char *reply_to, struct err *err);

/* May a VNFM's or driver's answer go there? To the NFVO's reply queues, or where the above allows.
 */
bool topology_may_answer(const char *reply_to);

/* May events go to this queue? Not to ours or another peer's: whoever subscribes could have the
 * NFVO write where he must not. Subscribers call theirs "nfvo.fm.nsr.create". ERR_DENIED. */
MUST_USE enum err_code topology_check_subscriber(const char *queue, struct err *err);

/* The same of a prefix that all queues of a subscriber have ("nfvo.fm": nfvo.fm.nsr.create): none
 * of ours may begin with it and a dot. ERR_DENIED. */
MUST_USE enum err_code topology_check_prefix(const char *prefix, struct err *err);

/* What a broker user may do: three anchored patterns on names of queues and exchanges, and two on
 * routing keys of the topic exchanges that it may use. rights.h has the table. Keys are a boundary
 * for reading (binding) only; for writing they are good for order: see TOPOLOGY_AGENTS_EXCHANGE. A
 * name that the checks above refuse gets no rights at all. */
enum { TOPOLOGY_RIGHTS_EXCHANGES = 2 };
struct topology_rights {
    struct sbuf configure, write, read;
    struct sbuf topic_write, topic_read;
    const char *exchanges[TOPOLOGY_RIGHTS_EXCHANGES]; /* the rest is NULL */
};
/* clang-format off */
/* For rights.h, which fills in the exchanges too. */
#define RIGHTS_INIT {SBUF_INIT, SBUF_INIT, SBUF_INIT, SBUF_INIT, SBUF_INIT, {NULL}}
/* clang-format on */
#define TOPOLOGY_RIGHTS_INIT                                                                       \
    {                                                                                              \
        SBUF_INIT, SBUF_INIT, SBUF_INIT, SBUF_INIT, SBUF_INIT,                                     \
        {                                                                                          \
            TOPOLOGY_EXCHANGE                                                                      \
        }                                                                                          \
    }
void topology_rights_release(struct topology_rights *r);
/* --- rights of peers that share a virtual host, as before rooms; see rights.h --- */

/* The registration user: writes the keys nfvo.manager.handling, vnfm.nfvo.actions and
 * vnfm.nfvo.actions.reply, reads amq.gen-* only (D8). The keys of requests: the Java SDK changes
 * user and password of its connection factory after registering, but goes on with the connection
 * that is open (amqp-protocol.md 12). It may use the default exchange, since Python and Go VNFMs
 * register through that, and reaches any queue by name that way: tests/interop. Strict: without;
 * then only drivers and Java VNFMs can register. */
void topology_rights_registration(struct topology_rights *r);
void topology_rights_registration_strict(struct topology_rights *r);
/* A VNFM with its queue; wants_default_exchange: for SDKs that answer through it: all of the
 * reference's (Java, Python, Go). */
void topology_rights_vnfm(struct topology_rights *r, const char *queue, int wants_default_exchange);
/* A VIM driver or monitoring plugin. type: the full queue name "vim-drivers.test.test", or the bare
 * driver type, which the Python SDK sends: then any "vim-drivers.<type>.<name>" (2.2, TRAP), and
 * never the default exchange. */
void topology_rights_plugin(struct topology_rights *r, const char *type,
                            int wants_default_exchange);

/* An agent: its own queue, and hello and answers through TOPOLOGY_AGENTS_EXCHANGE. */
void topology_rights_agent(struct topology_rights *r, const char *hostname, const char *endpoint);
/* One launched before that exchange was there: it binds its queue to TOPOLOGY_EXCHANGE, and answers
 * through it. Whoever has these rights reaches all others that have them, whatever the patterns say
 * (CC); agents with the rights above are out of its reach. */
void topology_rights_agent_old(struct topology_rights *r, const char *hostname,
                               const char *endpoint, int wants_default_exchange);
/* An unmodified one, which answers through the default exchange and binds its queue and the hello
 * queue itself; ours, too, works with these rights. It reaches every agent in that virtual host. */
void topology_rights_agent_unmodified(struct topology_rights *r, const char *hostname,
                                      const char *endpoint);
/* The VNFM of these agents, in their virtual host: the same user as in the main one. Commands go
 * through the default exchange. */
void topology_rights_agents_manager(struct topology_rights *r, const char *endpoint);

/* Letters, digits, dot, dash and underscore; 1 to 200 of them. NULL is none. */
bool topology_is_plain(const char *name);
/* A plugin's type names its queue when it begins so; else it is a bare driver type. */
bool topology_is_plugin_queue(const char *type);
/* The queue of the broker's log for the suite in this virtual host. */
void topology_broker_log_queue(const char *vhost, struct sbuf *out);
/* "vnfm.<hostname>.actions": the hostname, borrowed from the queue's name. Not the NFVO's own queue
 * of that form. */
bool topology_agent_host(const char *queue, const char **ret_host, size_t *ret_len);
/* "vim-drivers.<type>.<name>": the type, borrowed from the queue's name. */
bool topology_driver_type(const char *queue, const char **ret_type, size_t *ret_len);

#endif
