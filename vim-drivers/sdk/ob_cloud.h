/* The typed shape of a driver: a cloud is a table of a dozen functions at most, and the rest of a driver
 * is here, once: the remote calls and their parameters, the records of the wire, resolution of
 * images and flavours, ssh keys, connection points in the order of their interfaces, client tokens,
 * a server that a failed launch left behind, tries again, and threads.
 *
 *     static enum ob_code launch(void *arg, struct ob_cloud_call *call,
 *                                const struct ob_cloud_launch *want, struct ob_cloud_server *ret,
 *                                struct ob_err *err)
 *     {
 *         ret->id = my_launch(arg, ob_cloud_pop(call)->auth_url, want->token, want->name);
 *         ret->name = want->name;
 *         ret->status = "ACTIVE";
 *         return OB_OK;
 *     }
 *     static const struct ob_cloud_table table = {.launch = launch, .refresh = refresh, ...};
 *
 *     struct ob_cloud *cloud = ob_cloud_new(&(struct ob_cloud_options){
 *         .vim = {.type = "mycloud", .broker = {.host = "10.0.0.5"}},
 *         .table = &table}, &err);
 *     if (!cloud || ob_cloud_start(cloud, &err) != OB_OK)
 *         return 1;
 *     wait_for_signal();
 *     ob_cloud_stop(cloud, 5000);
 *     ob_cloud_free(cloud);
 *
 * Threads: functions may block. Launches, rebuilds and added images run on threads of their own, at
 * most `launches` at once, the others wait in line: so one that waits for its cloud holds up neither
 * a listing nor a deletion. Everything else runs on the workers of ob_vim.h (option is_remote: on
 * those threads, too). Functions of one cloud
 * are called at the same time and must bear that.
 *
 * The cloud is the store: what a driver has to know of a server stands in the cloud's own labels or
 * metadata, above all the client token. A launch that comes again with a token gives the server of
 * that token, whole or half made; one whose server was deleted is refused (ob_spent.h, by
 * ob_cloud_spend and ob_cloud_check_spent). Of another project's servers and networks nothing is
 * told: functions look at ob_cloud_pop(call)->project.
 *
 * Errors: OB_ERR_UNAVAIL says that nothing reached the cloud; the call is tried again, with growing
 * delays and no thread, until it is too old. Every other error is answered as it is, hint included:
 * put the cloud's own words into it.
 *
 * Ownership: texts that a function gets end with the call; texts that it returns or adds are
 * borrowed until it returns. ob_cloud_text makes some that live as long as the call. */
#ifndef OB_CLOUD_H
#define OB_CLOUD_H

#include "vim-drivers/sdk/ob_vim.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ob_spent;
struct ob_cloud;      /* one driver */
struct ob_cloud_call; /* one call in hand */

enum { OB_CLOUD_PORTS_MAX = 16 };

struct ob_cloud_pair {
    const char *key, *value;
};

/* The PoP that a call is for. NULL: absent. Secrets are among it: never into logs or errors. */
struct ob_cloud_pop {
    const char *id, *name, *project; /* project "": none */
    const char *auth_url, *tenant, *domain, *region, *username, *password;
    const char *ca, *cert, *key; /* PEM texts of TLS */
    bool is_region_said;         /* region is the PoP's own member, not the name of its location */
    const struct ob_cloud_pair *metadata; /* metadata_n; "az": the zone that a launch is for */
    size_t metadata_n;
};

struct ob_cloud_image {
    const char *id, *name;
    const char *const *tags; /* further names; tag_n */
    size_t tag_n;
    const char *status;                         /* NULL: "ACTIVE" */
    int64_t created_at;                         /* seconds since 1970; 0: not known */
    const char *disk_format, *container_format; /* NULL: the cloud has no such thing */
    int64_t min_disk_gb, min_ram_mb;
    bool is_private; /* not everybody's */
};

struct ob_cloud_flavour {
    const char *id, *name; /* id NULL: the name */
    int64_t vcpus, ram_mb, disk_gb;
};

struct ob_cloud_subnet {
    const char *id, *name, *cidr, *gateway;
};

struct ob_cloud_network {
    const char *id, *name;
    const char *cidr, *gateway; /* NULL: none yet */
    bool is_shared;             /* not the project's own */
    bool is_external;           /* floating addresses are of such a one */
    /* Clouds whose subnets are objects of their own, as OpenStack: cidr and gateway are not looked
     * at then; subnet_n. */
    const struct ob_cloud_subnet *subnets;
    size_t subnet_n;
};

struct ob_cloud_new_image {
    const char *name;
    const char *url; /* where it is; with the name, what tells it from another one; "": not said */
    const char *fetch_url; /* the same with a token, which is a secret: what is fetched */
    const char *hash;      /* MD5 in hex; NULL: not told */
    const char *disk_format, *container_format; /* NULL: not told */
};

struct ob_cloud_port { /* a connection point; in the order of interfaces */
    const char *network,
        *network_id; /* name of the link; id, if one was given. Either may be NULL */
    const char *fixed_ip,
        *floating_ip; /* NULL: any, none; floating_ip "random" (or another word): any */
    const char *pool; /* of floating addresses: its name; NULL: any */
    int64_t interface_id;
};

struct ob_cloud_launch {
    const char *name, *token; /* token NULL: the launch cannot be told from another one */
    struct ob_cloud_image image;
    struct ob_cloud_flavour flavour;
    const char *user_data;       /* "": none */
    const char *authorized_keys; /* lines; "": none */
    const char *key_pair;
    const char *const *security_groups;
    size_t security_group_n;
    struct ob_cloud_port ports[OB_CLOUD_PORTS_MAX];
    size_t port_n;
    const struct ob_cloud_pair *metadata; /* of the VDU; metadata_n */
    size_t metadata_n;
};

struct ob_cloud_address {
    const char *network, *ip; /* name of the network */
    const char *floating_ip;  /* NULL: none */
};

struct ob_cloud_server {
    const char *id, *name; /* id NULL: there is none */
    const char *status;    /* "ACTIVE", "ERROR", "BUILD" */
    const char *why;       /* for people; NULL: nothing to say */
    const char *host;      /* where it runs; NULL: not known */
    const char *image, *flavour;
    int64_t vcpus, ram_mb, disk_gb; /* of its flavour; 0: not known */
    int64_t created_at, updated_at; /* seconds since 1970; 0: not known */
    const struct ob_cloud_address *addresses;
    size_t address_n;
};

struct ob_cloud_quota { /* -1: no bound */
    const char *tenant;
    int64_t instances, cores, ram_mb, floating_ips, key_pairs;
};

enum ob_cloud_wants { OB_CLOUD_IMAGES = 1, OB_CLOUD_NETWORKS = 2, OB_CLOUD_FLAVOURS = 4 };

/* NULL: the cloud has no such thing, and the call says so. refresh and launch are needed. */
struct ob_cloud_table {
    /* Lists what is wanted (a set of ob_cloud_wants) by ob_cloud_add_image, _network, _flavour. */
    enum ob_code (*refresh)(void *arg, struct ob_cloud_call *call, unsigned wants,
                            struct ob_err *err);
    /* The project's servers, by ob_cloud_add_server; not those that this process is launching. */
    enum ob_code (*list_servers)(void *arg, struct ob_cloud_call *call, struct ob_err *err);
    /* Returns when it runs. On failure ret->id names what is left of it and could not be removed. */
    enum ob_code (*launch)(void *arg, struct ob_cloud_call *call,
                           const struct ob_cloud_launch *want, struct ob_cloud_server *ret,
                           struct ob_err *err);
    enum ob_code (*rebuild)(void *arg, struct ob_cloud_call *call, const char *id,
                            const struct ob_cloud_image *image, struct ob_cloud_server *ret,
                            struct ob_err *err);
    /* ob_cloud_spend before anything of it goes. One that is not there is deleted: OB_OK. */
    enum ob_code (*delete_server)(void *arg, struct ob_cloud_call *call, const char *id,
                                  struct ob_err *err);
    /* One of that name that is there already is the answer, too. want: name, cidr. */
    enum ob_code (*create_network)(void *arg, struct ob_cloud_call *call,
                                   const struct ob_cloud_network *want,
                                   struct ob_cloud_network *ret, struct ob_err *err);
    enum ob_code (*delete_network)(void *arg, struct ob_cloud_call *call, const char *id,
                                   bool *ret_was_there, struct ob_err *err);
    /* One of that name and URL that is there is the answer, too; what is half made goes. */
    enum ob_code (*add_image)(void *arg, struct ob_cloud_call *call,
                              const struct ob_cloud_new_image *want, struct ob_cloud_image *ret,
                              struct ob_err *err);
    enum ob_code (*quota)(void *arg, struct ob_cloud_call *call, struct ob_cloud_quota *ret,
                          struct ob_err *err);
    /* NULL: what refresh lists is all there is. One of that name that is there is the answer, too,
     * and refused if other sizes are asked for: this is for new ones only. */
    enum ob_code (*add_flavour)(void *arg, struct ob_cloud_call *call,
                                const struct ob_cloud_flavour *want, struct ob_cloud_flavour *ret,
                                struct ob_err *err);
    /* want: id, and what is to change (NULL: nothing). */
    enum ob_code (*update_image)(void *arg, struct ob_cloud_call *call,
                                 const struct ob_cloud_image *want, struct ob_cloud_image *ret,
                                 struct ob_err *err);
    enum ob_code (*delete_image)(void *arg, struct ob_cloud_call *call, const char *id,
                                 bool *ret_was_there, struct ob_err *err);
    void (*qos)(void); /* reserved: NULL */
};

struct ob_cloud_options {
    struct ob_vim_options vim; /* methods, arg and has_client_token are the cloud's own matter */
    const struct ob_cloud_table *table;
    void *arg;                   /* of the table's functions */
    unsigned launches;           /* in flight at most, others wait [8] */
    int64_t call_timeout_ms;     /* tries of a call end after this [240000] */
    const char *spent_file;      /* ob_spent.h; NULL or "": in memory only */
    struct ob_spent *spent;      /* one that is open already, instead; borrowed */
    const char *default_flavour; /* of launches that name none; NULL: refused */
    bool is_remote;              /* its functions wait for a network: the threads of launches serve
                                  * all calls, half of them those of one PoP at most, three quarters
                                  * those of one project: a slow cloud holds up no other */
    bool may_fetch_images;       /* launch takes images, too, that no listing shows: id NULL then */
    void (*on_event)(void *arg, enum ob_vim_state state, int code, const char *text);
    void *on_event_arg;
};

/* Given. OB_ERR_INVALID: no table, or as ob_vim_new; OB_ERR_IO: the spent file. */
struct ob_cloud *ob_cloud_new(const struct ob_cloud_options *options, struct ob_err *err);
OB_MUST_USE enum ob_code ob_cloud_start(struct ob_cloud *cloud, struct ob_err *err);
/* As ob_vim_stop; what is not finished after grace_ms comes again, to a sibling or the next process:
 * its functions should end soon once ob_cloud_stop_fd is readable. Blocks until they did. */
void ob_cloud_stop(struct ob_cloud *cloud, int grace_ms);
void ob_cloud_free(struct ob_cloud *cloud);                      /* NULL is fine */
const struct ob_vim *ob_cloud_vim(const struct ob_cloud *cloud); /* borrowed: for its statistics */
int ob_cloud_stop_fd(const struct ob_cloud *cloud);              /* for poll; never read it */

/* --- in a function of the table --- */
const struct ob_cloud_pop *ob_cloud_pop(const struct ob_cloud_call *call);
const char *ob_cloud_call_id(const struct ob_cloud_call *call); /* as ob_call_id */
int64_t ob_cloud_left_ms(const struct ob_cloud_call *call);     /* of the call's time; at least 1 */
/* For functions that wait for their cloud: return what this returns, and the function is called
 * anew, from its beginning, after delay_ms. No thread waits meanwhile; it is over when the call is
 * too old, with the words that err has then. */
OB_MUST_USE enum ob_code ob_cloud_again(struct ob_cloud_call *call, int64_t delay_ms);
unsigned ob_cloud_tries(const struct ob_cloud_call *call); /* that failed with OB_ERR_UNAVAIL */
/* What lives as long as the call. Borrowed. */
const char *ob_cloud_text(struct ob_cloud_call *call, const char *text); /* a copy; NULL: NULL */
void *ob_cloud_alloc(struct ob_cloud_call *call, size_t size);           /* zeroed */
void ob_cloud_add_image(struct ob_cloud_call *call, const struct ob_cloud_image *image);
void ob_cloud_add_network(struct ob_cloud_call *call, const struct ob_cloud_network *network);
void ob_cloud_add_zone(struct ob_cloud_call *call, const char *name, bool is_available);
void ob_cloud_add_flavour(struct ob_cloud_call *call, const struct ob_cloud_flavour *flavour);
void ob_cloud_add_server(struct ob_cloud_call *call, const struct ob_cloud_server *server);
/* In refresh: what people of the project have to know of this cloud, e.g. with whom they share it.
 * It is in the history of their services. "": there is no such thing any more. */
void ob_cloud_warn(struct ob_cloud_call *call, const char *text);
void ob_cloud_note(struct ob_cloud_call *call, const char *text); /* less than a warning */
/* The server of this token is about to be deleted: no launch with it makes another. As
 * ob_spent_add. */
OB_MUST_USE enum ob_code ob_cloud_spend(struct ob_cloud_call *call, const char *token,
                                        struct ob_err *err);
/* For launches, after they looked for the server of this token and before they make one: it may have
 * been deleted since the call began, which was checked then. As ob_spent_check. */
OB_MUST_USE enum ob_code ob_cloud_check_spent(struct ob_cloud_call *call, const char *token,
                                              struct ob_err *err);
/* "NAME:VCPUS:RAM in MB:DISK in GB", e.g. of an option: name keeps it as long as *ret is used.
 * OB_ERR_INVALID, with what it should be. */
OB_MUST_USE enum ob_code ob_cloud_read_flavour(const char *text, char *name, size_t size,
                                               struct ob_cloud_flavour *ret, struct ob_err *err);
/* As there: a name of letters, digits, dot, dash and underscore; sizes that may be. OB_ERR_INVALID.
 */
OB_MUST_USE enum ob_code ob_cloud_check_flavour(const struct ob_cloud_flavour *flavour,
                                                struct ob_err *err);

#ifdef __cplusplus
}
#endif

#endif
