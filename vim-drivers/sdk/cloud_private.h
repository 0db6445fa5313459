/* Between the files of ob_cloud. */
#ifndef VIM_DRIVERS_SDK_CLOUD_PRIVATE_H
#define VIM_DRIVERS_SDK_CLOUD_PRIVATE_H

#include "common/base/arena.h"
#include "proto/records/vim.h"
#include "vim-drivers/sdk/ob_cloud.h"
#include "vim-drivers/sdk/ob_spent.h"

#include <pthread.h>

/* clang-format off */
#define CLOUD_POP_FIELDS(X) /* of the VIM instance what a driver connects by */ \
    X(STR, id,         "id",        _, OPTIONAL)                                \
    X(STR, name,       "name",      _, OPTIONAL)                                \
    X(STR, project_id, "projectId", _, OPTIONAL)                                \
    X(STR, auth_url,   "authUrl",   _, OPTIONAL)                                \
    X(STR, tenant,     "tenant",    _, OPTIONAL)                                \
    X(STR, domain,     "domain",    _, OPTIONAL)                                \
    X(STR, region,     "region",    _, OPTIONAL)                                \
    X(REC, location,   "location",  location, OPTIONAL)                         \
    X(STR, username,   "username",  _, OPTIONAL)                                \
    X(STR, password,   "password",  _, SECRET)                                  \
    X(STRMAP, metadata, "metadata", _, OPTIONAL)                                \
    X(STR, ssl_certificate, "openstackSslCertificate", _, SECRET)                                               \
    X(STR, ca,         "ca",        _, SECRET)                                  \
    X(STR, cert,       "cert",      _, SECRET)                                  \
    X(STR, docker_key, "dockerKey", _, SECRET)
PROTO_RECORD(cloud_pop, CLOUD_POP_FIELDS)
/* clang-format on */

struct cloud_method;

/* Hashes: two that are the same share what each would have alone. 0: nobody's. */
struct cloud_whose {
    uint64_t project, pop;
};

/* What a thread of the line has in hand. */
struct cloud_served {
    struct cloud_served *next;
    struct cloud_whose whose;
};

/* A call from its first try to its end. */
struct flight {
    struct flight *next; /* in the line of launches */
    struct ob_cloud *cloud;
    struct ob_call *call;
    const struct cloud_method *method;
    int64_t until_us;
    unsigned tries; /* that found no cloud */
    struct cloud_whose whose;
};

struct ob_cloud_call { /* one try */
    struct ob_cloud *cloud;
    struct ob_call *call;
    int64_t until_us, again_ms; /* again_ms > 0: it waits */
    unsigned tries;
    struct arena arena;
    struct ob_cloud_pop pop;
    struct image_list images;
    struct network_list networks;
    struct deployment_flavour_list flavours;
    struct server_list servers;
    struct availability_zone_list zones;
    const char *warning, *note; /* NULL: the cloud says nothing of the kind */
};

typedef enum err_code cloud_method_fn(struct ob_cloud_call *c, struct sbuf *answer,
                                      struct err *err);
struct cloud_method {
    const char *name;
    unsigned n_params;
    cloud_method_fn *run;
    bool is_slow; /* on the threads of launches */
};
extern const struct cloud_method cloud_methods[]; /* cloud_methods.c; ends with a zero row */
enum { CLOUD_METHODS_MAX = 32 };

struct ob_cloud {
    const struct ob_cloud_table *table;
    void *arg;
    struct ob_vim *vim;
    struct ob_spent *spent;
    bool is_spent_theirs;
    char *default_flavour, *type;
    int64_t call_timeout_ms;
    bool may_fetch_images, is_remote;
    void (*on_event)(void *arg, enum ob_vim_state state, int code, const char *text);
    void *on_event_arg;
    struct ob_vim_method methods[CLOUD_METHODS_MAX];
    int stop_fd;
    /* The line of launches, and who serves it. */
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct flight *head, **tail;
    pthread_t *threads;
    unsigned thread_n, thread_max, idle;
    struct cloud_served *served;
    bool is_ending;
};

/* cloud_records.c: the records of the wire out of ours, in the call's arena. */
struct image *cloud_image_record(const struct ob_cloud_image *i, struct arena *a);
struct network *cloud_network_record(const struct ob_cloud_network *n, struct arena *a);
struct deployment_flavour *cloud_flavour_record(const struct ob_cloud_flavour *f, struct arena *a);
struct server *cloud_server_record(const struct ob_cloud_server *s, struct arena *a);
/* Parameters. */
MUST_USE enum err_code cloud_read_pop(struct ob_cloud_call *c, struct err *err);
struct cloud_whose cloud_read_whose(struct ob_call *call);
/* All but image and flavour, of which the ids go to the two out-parameters. */
MUST_USE enum err_code cloud_read_launch(struct ob_cloud_call *c, struct ob_cloud_launch *ret,
                                         const char **ret_image, const char **ret_flavour,
                                         struct err *err);
/* The list of a launch as the lines of authorized_keys. ERR_INVALID: one is not a line. */
MUST_USE enum err_code cloud_read_keys(const char *json, size_t len, struct arena *a,
                                       const char **ret, struct err *err);

#endif
