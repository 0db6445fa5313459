/* An OpenStack as a cloud. The cloud is the store: what has to be known of a server stands in its
 * metadata and in the descriptions of its ports and floating addresses, all made with it in one
 * call. Nothing is kept here but logins, listings of the last moment, and what is being launched. */
#ifndef VIM_DRIVERS_OPENSTACK_OS_H
#define VIM_DRIVERS_OPENSTACK_OS_H

#include "common/base/arena.h"
#include "common/http/client.h"
#include "common/http/dial.h"
#include "vim-drivers/openstack/options.h"
#include "vim-drivers/openstack/records.h"
#include "vim-drivers/openstack/text.h"
#include "vim-drivers/sdk/ob_cloud.h"

#include <pthread.h>

/* Metadata of a server. */
#define OS_META_TOKEN   "baton.token"
#define OS_META_PROJECT "baton.project" /* of the NFVO; "": none */
#define OS_META_IMAGE   "baton.image"
#define OS_META_FLAVOUR "baton.flavour"
#define OS_META_REBUILD "baton.rebuild" /* id of the call that asked for the last rebuild */
#define OS_META_LINKS   "baton.link."   /* baton.link.<index of interface>: name of its link */
/* Descriptions: "baton:TOKEN" of ports and floating addresses (os_mark); of networks and routers: */
#define OS_NETWORK_MARK "Baton's network of project "
#define OS_ROUTER_MARK  "Baton's router"
#define OS_ROUTER_NAME  "baton-router"

enum { OS_CLIENTS_MAX = 64, OS_SESSIONS_MAX = 64, OS_ID_MAX = 80 };

/* Microversions of nova, by what they are needed for: os_minor. */
enum { OS_MINOR_NO_NETWORK = 37, OS_MINOR_FLAVOUR_NAME = 47, OS_MINOR_GROUP_POLICY = 64 };

enum os_list {
    OS_SERVERS,
    OS_FLAVOURS,
    OS_IMAGES,
    OS_NETWORKS,
    OS_SUBNETS,
    OS_PORTS,
    OS_FLOATING,
    OS_ROUTERS,
    OS_SECURITY,
    OS_GROUPS,
    OS_ZONES,
    OS_LIST_N
};

/* One listing that serves all who asked for one no older. */
struct os_listing {
    unsigned refs; /* by the session's lock */
    int64_t begun_us;
    struct os *os; /* counts its bytes */
    size_t bytes;
    struct arena arena;
    struct proto_list list; /* as os_server_list, ... */
};

struct os_launching { /* from the first look to the last */
    struct os_launching *next;
    char *token;
    char server[OS_ID_MAX]; /* its id, once it is posted */
    bool is_running;        /* a thread is at it; otherwise it waits for the cloud */
    int64_t touched_us;     /* when it began to wait */
    int64_t looked_us;      /* begin of the last listing that it saw; 0: none */
};

struct os_session { /* a login at one cloud */
    struct os_session *next;
    struct os *os;
    char *key; /* what it logs in by: secret */
    unsigned refs;
    int64_t used_us;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool is_busy;         /* a thread logs in */
    struct err login_err; /* of the last login: who waited for it shares it */
    char *token;
    uint64_t generation; /* of the token */
    int64_t renew_at_us;
    char project_id[OS_ID_MAX];
    char urls[OS_SERVICE_N][OS_URL_MAX];
    unsigned nova_minor;    /* of the highest microversion 2.x */
    int64_t pause_until_us; /* the cloud said 429 */
    int64_t swept_us;
    struct os_listing *listings[OS_LIST_N];
    bool is_listing[OS_LIST_N];
    struct err listing_err[OS_LIST_N]; /* the same of the last listing */
    int64_t changed_us[OS_LIST_N];     /* when we changed what is listed */
    struct os_launching *launching;
    unsigned launching_n;
    pthread_mutex_t networks; /* held while a network is made or removed: routers are shared */
};

struct os {
    const struct os_options *o;
    struct ob_cloud *cloud;
    int stop_fd;
    struct dial_rules outbound;
    pthread_mutex_t lock; /* of what follows */
    struct http_client *clients[OS_CLIENTS_MAX];
    size_t client_n;
    struct os_session *sessions;
    unsigned session_n;
    unsigned steps;        /* for die-at */
    _Atomic size_t listed; /* bytes of all listings that sessions keep */
};

MUST_USE enum err_code os_open(struct os *os, const struct os_options *o, struct err *err);
void os_close(struct os *os);
void os_step(struct os *os); /* a place where a test ends the driver: option die-at */
extern const struct ob_cloud_table os_table;

/* --- conn.c: one call of the NFVO at one cloud --- */
struct os_conn {
    struct os *os;
    struct ob_cloud_call *call;
    const struct ob_cloud_pop *pop;
    struct os_session *session;
    struct http_client *http;
    struct http_response res; /* of the last request */
    struct arena arena;       /* of what was decoded */
    struct os_listing *held[OS_LIST_N];
};

struct os_request {
    enum os_service service;
    const char *method; /* NULL: GET */
    const char *path;   /* behind the endpoint, escaped */
    const char *body;   /* NULL: none */
    const char *type;   /* NULL, with a body: JSON */
    int body_fd;        /* > 0, instead of body; body_len */
    size_t body_len;
    unsigned minor; /* of nova's microversion; 0: none said */
    int64_t timeout_ms;
};

/* Finds or makes the session; the first request logs in. ERR_UNAVAIL: the cloud wants a pause. Close it
 * in every case. */
MUST_USE enum err_code os_conn_open(struct os_conn *c, struct os *os, struct ob_cloud_call *call,
                                    struct err *err);
void os_conn_close(struct os_conn *c);
/* 2xx is ERR_OK. Else the service's own words with its request's id: see os_code. ERR_UNAVAIL: not
 * done, or not known whether (busy, 5xx, cut off): the whole call is to be tried again. Of a GET or
 * DELETE that was cut off it is tried at once. A token that was refused is renewed once. */
MUST_USE enum err_code os_ask(struct os_conn *c, const struct os_request *want, struct err *err);
/* The same, and the answer's object. */
MUST_USE enum err_code os_ask_one(struct os_conn *c, const struct os_request *want,
                                  struct os_one **ret, struct err *err);
/* DELETE; 404 is ERR_OK. */
MUST_USE enum err_code os_delete(struct os_conn *c, enum os_service service, const char *folder,
                                 const char *id, struct err *err);
/* minor, or 0 where nova is older. */
unsigned os_minor(const struct os_conn *c, unsigned minor);

/* --- session.c --- */
/* That of the PoP's credentials, made when there is none; not logged in yet. */
struct os_session *os_session_ref(struct os_conn *c);
void os_session_unref(struct os_session *s);
void os_session_free(struct os_session *s);
/* A token that is good for a while; *ret lives with the call. refused: the generation of one that
 * was not taken, 0: none. */
MUST_USE enum err_code os_session_token(struct os_conn *c, uint64_t refused, const char **ret,
                                        uint64_t *ret_generation, struct err *err);

/* --- request.c: what both use --- */
const char *os_pop_metadata(const struct os_conn *c, const char *key); /* NULL: none */
struct os_headers {
    struct http_header of[4];
    size_t n;
};
MUST_USE enum err_code os_http(struct os_conn *c, const char *url, const struct os_request *want,
                               const struct os_headers *headers, struct err *err);
MUST_USE enum err_code os_read(struct os_conn *c, const struct proto_type *type, struct arena *a,
                               void *ret, struct err *err);
/* The last answer was no success: as os_ask. */
MUST_USE enum err_code os_said(struct os_conn *c, const char *who, struct err *err);

/* --- listing.c --- */
void os_listing_unref(struct os_listing *l); /* by the session's lock; NULL is fine */

/* --- list.c --- */
/* query: "" or "a=b&c=d", only to make the answer shorter: services ignore filters that they do not
 * know, so the caller checks each element. */
MUST_USE enum err_code os_fetch(struct os_conn *c, enum os_list which, const char *query,
                                struct arena *a, void *ret_list, struct err *err);
/* The same of the whole list, shared by all calls; it began at or after not_before_us (clock_mono_us;
 * 0: any). The list is borrowed until os_conn_close. ret_begun may be NULL. */
MUST_USE enum err_code os_shared(struct os_conn *c, enum os_list which, int64_t not_before_us,
                                 void *ret_list, int64_t *ret_begun, struct err *err);

/* We changed something: listings that began before do not count. */
void os_forget(struct os_conn *c, enum os_list which);
/* Those that no call has in hand and that began before then. */
void os_listings_drop(struct os_session *s, int64_t before_us);

/* --- network.c --- */
/* By id, or else by name: the project's own, else one that others share. NULL: none. */
const struct os_network *os_network_find(const struct os_network_list *l, const char *project,
                                         const char *id, const char *name);
MUST_USE enum err_code os_list_networks(struct os_conn *c, struct err *err); /* to the call */
MUST_USE enum err_code os_create_network(void *arg, struct ob_cloud_call *call,
                                         const struct ob_cloud_network *want,
                                         struct ob_cloud_network *ret, struct err *err);
MUST_USE enum err_code os_delete_network(void *arg, struct ob_cloud_call *call, const char *id,
                                         bool *ret_was_there, struct err *err);

/* --- port.c: what a server is connected by --- */
/* All of the network; NULL: none. */
MUST_USE enum err_code os_ports_of(struct os_conn *c, const char *network, struct os_port_list *ret,
                                   struct err *err);
/* Those of the token, by interface: at[i] has the index i; NULL: not there. More than one of an index:
 * which one counts is the same for all who look, and the others are removed. */
MUST_USE enum err_code os_ports_find(struct os_conn *c, const char *token,
                                     const struct os_port *at[OB_CLOUD_PORTS_MAX], struct err *err);
/* Makes those that are missing. networks[i]: of want->ports[i]. */
MUST_USE enum err_code os_ports_make(struct os_conn *c, const struct ob_cloud_launch *want,
                                     const struct os_network *const *networks,
                                     const struct os_port *at[OB_CLOUD_PORTS_MAX], struct err *err);
MUST_USE enum err_code os_floating_make(struct os_conn *c, const struct ob_cloud_launch *want,
                                        const struct os_port *const *at,
                                        const char *ret_ip[OB_CLOUD_PORTS_MAX], struct err *err);
/* All of the token: floating addresses, then ports. */
MUST_USE enum err_code os_ports_remove(struct os_conn *c, const char *token, struct err *err);

/* --- sweep.c --- */
/* Those whose servers are not among `servers`, nor being launched, and that are old. */
void os_sweep(struct os_conn *c, const struct os_server_list *servers);

/* --- mark.c: what marks, owners and devices say (pure) --- */
const char *os_meta(const struct os_server *s, const char *key); /* "" without it */
bool os_server_is_theirs(const struct os_conn *c, const struct os_server *s);
bool os_port_is_bound(const struct os_port *p);
bool os_port_is_of_router(const struct os_port *p); /* its device is the router */

/* --- server.c --- */
void os_server_record(struct os_conn *c, const struct os_server *s, struct ob_cloud_server *ret);
/* NULL in *ret: not there. */
MUST_USE enum err_code os_server_get(struct os_conn *c, const char *id, struct os_server **ret,
                                     struct err *err);
MUST_USE enum err_code os_list_servers(void *arg, struct ob_cloud_call *call, struct err *err);
MUST_USE enum err_code os_delete_server(void *arg, struct ob_cloud_call *call, const char *id,
                                        struct err *err);
MUST_USE enum err_code os_rebuild(void *arg, struct ob_cloud_call *call, const char *id,
                                  const struct ob_cloud_image *image, struct ob_cloud_server *ret,
                                  struct err *err);

/* --- flight.c --- */
bool os_is_launching(struct os_session *s, const char *token);
/* NULL in *ret: not its turn yet. goes_on: the launch will be called again. */
void os_flight_begin(struct os_conn *c, const char *token, struct os_launching **ret);
void os_flight_end(struct os_conn *c, struct os_launching *mine, bool goes_on);

/* --- launch.c, body.c --- */
MUST_USE enum err_code os_launch(void *arg, struct ob_cloud_call *call,
                                 const struct ob_cloud_launch *want, struct ob_cloud_server *ret,
                                 struct err *err);
/* Of the VDU's metadata, else of the PoP's; NULL: none. */
const char *os_wish(const struct ob_cloud_pop *pop, const struct ob_cloud_launch *want,
                    const char *key);
struct os_body {
    const struct ob_cloud_launch *want;
    const struct ob_cloud_pop *pop;
    const struct os_options *o;
    const struct os_port *const *ports; /* want->port_n */
    const char *group;                  /* id of a server group; NULL: none */
    bool knows_no_network;              /* nova has OS_MINOR_NO_NETWORK */
};
/* The body of POST /servers. */
MUST_USE enum err_code os_body_server(const struct os_body *b, struct sbuf *out, struct err *err);

/* --- image.c, cloud.c --- */
MUST_USE enum err_code os_list_images(struct os_conn *c, int64_t not_before_us,
                                      struct err *err); /* to the call */
MUST_USE enum err_code os_add_image(void *arg, struct ob_cloud_call *call,
                                    const struct ob_cloud_new_image *want,
                                    struct ob_cloud_image *ret, struct err *err);
MUST_USE enum err_code os_update_image(void *arg, struct ob_cloud_call *call,
                                       const struct ob_cloud_image *want,
                                       struct ob_cloud_image *ret, struct err *err);
MUST_USE enum err_code os_delete_image(void *arg, struct ob_cloud_call *call, const char *id,
                                       bool *ret_was_there, struct err *err);

#endif
