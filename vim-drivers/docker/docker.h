/* A Docker engine as a cloud. The engine is the store: what has to be known of a server stands in
 * the labels of its container, and its name is made of the client token, so the engine itself sees
 * to it that there is one for each. Nothing is kept here but what is being launched at the moment. */
#ifndef VIM_DRIVERS_DOCKER_DOCKER_H
#define VIM_DRIVERS_DOCKER_DOCKER_H

#include "common/base/arena.h"
#include "common/http/client.h"
#include "common/http/dial.h"
#include "vim-drivers/docker/options.h"
#include "vim-drivers/docker/records.h"
#include "vim-drivers/docker/text.h"
#include "vim-drivers/sdk/ob_cloud.h"

#include <pthread.h>

/* Labels. */
#define DK_LABEL_PROJECT  "baton.project" /* "": none */
#define DK_LABEL_TOKEN    "baton.token"   /* of a container */
#define DK_LABEL_NAME     "baton.name"    /* of the server */
#define DK_LABEL_IMAGE    "baton.image"
#define DK_LABEL_FLAVOUR  "baton.flavour"
#define DK_LABEL_PORTS    "baton.ports"    /* ids of its networks, in the order of its interfaces */
#define DK_LABEL_FLOATING "baton.floating" /* "ADDRESS NETWORK-ID", of each a word: several */
#define DK_LABEL_NETWORK  "baton.network"  /* of a network: its name for the NFVO */

#define DK_PREFIX "baton-" /* of containers' names */

enum { DK_CLIENTS_MAX = 32, DK_VERSIONS_MAX = 32, DK_FLAVOURS_MAX = 64, DK_FLAVOUR_NAME_MAX = 64 };

/* An address in a network, or a floating one (network ""), that a launch has chosen and that no
 * container shows yet. */
struct dk_reserved {
    struct dk_reserved *next;
    char network[80];
    uint32_t ip;
};
struct dk_launching {
    struct dk_launching *next;
    const char *name; /* of the container */
};

struct dk {
    const struct dk_options *o;
    struct ob_cloud *cloud;
    int stop_fd;
    char agent[4096]; /* "": none */
    struct ob_cloud_flavour flavours[DK_FLAVOURS_MAX];
    char flavour_names[DK_FLAVOURS_MAX][DK_FLAVOUR_NAME_MAX];
    size_t flavour_n;
    struct dial_rules outbound;
    pthread_mutex_t lock; /* of what follows */
    struct http_client *clients[DK_CLIENTS_MAX];
    size_t client_n;
    struct {
        char at[DK_SOCKET_MAX + 300];
        char version[DK_VERSION_MAX];
    } versions[DK_VERSIONS_MAX];
    unsigned version_next;
    struct dk_reserved *reserved;
    struct dk_launching *launching;
    unsigned steps; /* for die-at */
};

MUST_USE enum err_code dk_open(struct dk *d, const struct dk_options *o, struct err *err);
void dk_close(struct dk *d);
void dk_step(struct dk *d); /* a place where a test ends the driver: option die-at */
extern const struct ob_cloud_table dk_table;

/* --- engine.c: one call of the NFVO at one engine --- */
struct engine {
    struct dk *d;
    struct ob_cloud_call *call;
    const struct ob_cloud_pop *pop;
    struct dk_address at;
    char version[DK_VERSION_MAX];
    struct http_client *http;
    struct http_response res; /* of the last request */
    struct arena arena;       /* of what was decoded */
};

struct dk_request {
    const char *method; /* NULL: GET */
    const char *path;   /* behind the version, escaped */
    const void *body;
    size_t body_len;
    int body_fd;      /* > 0: body_len bytes of this file instead */
    const char *type; /* NULL, with a body: JSON */
    struct http_header header;
    int64_t timeout_ms; /* 0: 60 s; never more than the call has left */
    struct dk_stream *stream;
};

/* Connects, and agrees on a version. Close it in every case. ERR_DENIED: the PoP may not name that
 * engine; ERR_UNAVAIL: it is not there. */
MUST_USE enum err_code engine_open(struct engine *e, struct dk *d, struct ob_cloud_call *call,
                                   struct err *err);
void engine_close(struct engine *e);
/* 2xx, and 304 (it is so already), are ERR_OK. Else the engine's own words, by status: 404
 * ERR_NOT_FOUND, 409 ERR_EXISTS, 403 ERR_STATE, 401 ERR_AUTH, others ERR_PEER; and as
 * http_client_call. */
MUST_USE enum err_code engine_ask(struct engine *e, const struct dk_request *want, struct err *err);
MUST_USE enum err_code engine_get(struct engine *e, const char *path, struct err *err);
/* The answer as a record in the arena of e. */
MUST_USE enum err_code engine_read(struct engine *e, const struct proto_type *type, void *ret,
                                   struct err *err);
MUST_USE enum err_code engine_read_list(struct engine *e, const struct proto_type *type, void *ret,
                                        struct err *err);
void engine_show(const struct engine *e, char out[120]); /* where it is, for messages */

/* --- image.c --- */
MUST_USE enum err_code dk_list_images(struct engine *e, struct err *err); /* to the call */
/* By id or name; one that is not there is fetched. */
MUST_USE enum err_code dk_image_get(struct engine *e, const struct ob_cloud_image *want,
                                    struct dk_image_inspect **ret, struct err *err);
/* The PoP's username and password as a pull sends them, if they are for that repository's registry
 * (option registries); else nothing is added. The engine shows them to the registry that the image
 * names, and images are named by users who may not read a PoP's password. */
void dk_registry_auth(const struct dk_options *o, const struct ob_cloud_pop *pop,
                      const char *repository, struct sbuf *out);
/* Of the image repository: a tar that docker save made, or of a root file system, from a URL. It is
 * the project's own: on the engine it has a name that holds the project's. */
MUST_USE enum err_code dk_image_load(struct engine *e, const struct ob_cloud_new_image *want,
                                     struct ob_cloud_image *ret, struct err *err);
MUST_USE enum err_code dk_pull(struct engine *e, const char *reference, struct err *err);

/* --- archive.c --- */
/* Does the tar (also compressed) hold a saved image? Then *ret_fd is a copy of it, of *ret_n bytes,
 * under that one reference and no other name: what it was called where it was saved would take
 * that name away from an image of somebody else. -1: it is a root file system. ERR_INVALID: it is
 * neither, or of several images. */
struct download;
MUST_USE enum err_code dk_archive_rename(const struct download *f, const char *reference,
                                         int *ret_fd, int64_t *ret_n, struct err *err);

/* --- label.c --- */
const char *dk_label(const struct proto_strmap *labels, const char *key); /* "" without it */
const char *dk_container_name(const struct dk_container *c); /* without the slash; "" */
bool dk_network_is_ours(const struct dk_network *n);
bool dk_network_is_for(const struct dk_network *n, const char *project);
const char *dk_network_name(const struct dk_network *n); /* for the NFVO */

/* --- network.c --- */
struct ip4_range;
MUST_USE enum err_code dk_networks(struct engine *e, struct dk_network_list *ret, struct err *err);
/* NULL: none of that id, or else name, for the project. */
const struct dk_network *dk_network_find(const struct dk_network_list *l, const char *project,
                                         const char *id, const char *name);
const struct dk_subnet *dk_network_subnet(const struct dk_network *n);    /* IPv4; NULL: none */
void dk_list_networks(struct engine *e, const struct dk_network_list *l); /* to the call */
/* May a network that a user asks for have this range? One of the option cidrs, no larger than a /16
 * and, of an engine of this machine (is_here), none that a network of the machine itself has.
 * ERR_DENIED. */
MUST_USE enum err_code dk_check_cidr(const struct dk_options *o, bool is_here,
                                     const struct ip4_range *wanted, struct err *err);
MUST_USE enum err_code dk_create_network(void *arg, struct ob_cloud_call *call,
                                         const struct ob_cloud_network *want,
                                         struct ob_cloud_network *ret, struct err *err);
MUST_USE enum err_code dk_delete_network(void *arg, struct ob_cloud_call *call, const char *id,
                                         bool *ret_was_there, struct err *err);

/* --- server.c, launch.c --- */
/* All containers of ours, of every project. */
MUST_USE enum err_code dk_containers(struct engine *e, struct dk_container_list *ret,
                                     struct err *err);
/* What the NFVO is told of it. Texts live in the arena of e. */
void dk_server_record(struct engine *e, const struct dk_container *c,
                      const struct dk_network_list *networks, struct ob_cloud_server *ret);
/* NULL in *ret: there is none of that name for the project. */
MUST_USE enum err_code dk_find_container(struct engine *e, const char *name,
                                         const struct dk_container **ret, struct err *err);
MUST_USE enum err_code dk_remove_container(struct engine *e, const char *name, struct err *err);
MUST_USE enum err_code dk_list_servers(void *arg, struct ob_cloud_call *call, struct err *err);
MUST_USE enum err_code dk_delete_server(void *arg, struct ob_cloud_call *call, const char *id,
                                        struct err *err);
MUST_USE enum err_code dk_quota(void *arg, struct ob_cloud_call *call, struct ob_cloud_quota *ret,
                                struct err *err);
MUST_USE enum err_code dk_launch(void *arg, struct ob_cloud_call *call,
                                 const struct ob_cloud_launch *want, struct ob_cloud_server *ret,
                                 struct err *err);

/* --- address.c: which address a server gets in a network --- */
struct dk_port {
    const struct dk_network *network;
    const char *wanted; /* NULL: any */
    uint32_t ip;        /* 0: the engine's choice */
    const char *floating_wanted;
    uint32_t floating; /* 0: none */
};
/* For all ports, and reserved until dk_addresses_drop. */
MUST_USE enum err_code dk_addresses_take(struct engine *e, struct dk_port *ports, size_t n,
                                         const uint32_t *bad, size_t bad_n, struct err *err);
void dk_addresses_drop(struct dk *d, const struct dk_port *ports, size_t n);

/* --- body.c (pure): what a container is made of --- */
struct dk_body {
    const struct ob_cloud_launch *want;
    const struct dk_image_inspect *image;
    const char *name, *image_name, *project;
    const struct dk_port *ports;
    size_t port_n;
    int64_t cpus; /* of the engine's host; 0: not known */
    bool has_agent;
    const struct dk_options *o;
};
/* Is what the VDU's metadata say possible? ERR_INVALID. */
MUST_USE enum err_code dk_body_check(const struct ob_cloud_launch *want, struct err *err);
void dk_body_create(const struct dk_body *b, struct sbuf *out);
void dk_body_connect(const struct dk_port *p, const char *container, struct sbuf *out);
/* agent: its program. */
void dk_body_archive(const struct dk_body *b, const struct sbuf *agent, struct sbuf *out);

#endif
