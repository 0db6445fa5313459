/* The driver's own view of its cloud, which is this host: servers, networks, flavours, images. All
 * of it is guarded by one mutex; what takes time is done outside of it, while the object is marked
 * busy. */
#ifndef VIM_DRIVERS_LOCAL_LOCAL_H
#define VIM_DRIVERS_LOCAL_LOCAL_H

#include "common/base/arena.h"
#include "vim-drivers/common/ip4.h"
#include "vim-drivers/local/file.h"
#include "vim-drivers/local/options.h"

#include "common/sys/ids.h"

#include <pthread.h>

enum {
    LOC_NAME_MAX = 128,
    LOC_PROJECT_MAX = 64,
    LOC_NICS_MAX = 8,
    LOC_FAULT_MAX = 384,
    LOC_STATE_ID = 9,
    LOC_RECORD_MAX = 64 * 1024
};

enum loc_phase { LOC_MAKING, LOC_RUNNING, LOC_DELETING, LOC_FAILED, LOC_REBUILDING, LOC_PHASE_N };
extern const char *const loc_phase_names[LOC_PHASE_N];

struct loc_nic {
    char network[ID_SIZE], name[LOC_NAME_MAX];
    uint32_t ip;
    bool has_floating;
};

struct loc_flavour {
    struct loc_flavour *next;
    char name[LOC_NAME_MAX];
    int64_t vcpus, ram, disk;
    bool is_added; /* by addFlavor: it has a file */
};

struct loc_server {
    struct loc_server *next;
    char id[ID_SIZE], name[LOC_NAME_MAX], token[LOC_NAME_MAX], image[LOC_NAME_MAX];
    char project[LOC_PROJECT_MAX];  /* as a network's */
    char rebuild[LOC_NAME_MAX];     /* id of the call that rebuilt it last */
    int64_t created_at, updated_at; /* seconds since 1970; 0: not known */
    char boot[LOC_BOOT_MAX], fault[LOC_FAULT_MAX];
    struct loc_flavour flavour;
    int64_t disk_size; /* bytes; 0: not bounded */
    enum loc_phase phase;
    enum loc_mode mode;
    pid_t pid;
    uint64_t start;
    struct loc_nic nics[LOC_NICS_MAX];
    unsigned nic_n;
    bool is_busy; /* in somebody's hands: wait for `changed` */
};

/* Whose: the project of the PoP that a call is for, LOC_NO_PROJECT where that has none. A network
 * that the option shared-networks names is everybody's; so is what was made by a driver that did
 * not know projects yet. */
#define LOC_NO_PROJECT "-"
#define LOC_SHARED     "*"
#define LOC_OF_BEFORE  ""

struct loc_network {
    struct loc_network *next;
    char id[ID_SIZE], name[LOC_NAME_MAX], project[LOC_PROJECT_MAX];
    struct ip4_range range;
    unsigned number; /* of its bridge */
    unsigned zone;   /* in which the bridge is: fabric.c */
    bool is_busy;
};

struct ob_spent;
struct loc_image {
    struct loc_image *next;
    char name[LOC_NAME_MAX];
    char source[LOC_PATH_MAX]; /* folder or archive; "": the host's /usr */
    bool is_archive;
};

struct loc {
    struct loc_options *o;
    char id[LOC_STATE_ID]; /* of the state folder: eight digits that name what we make */
    char folder[LOC_PATH_MAX - 200];
    char boot[LOC_BOOT_MAX];
    enum loc_mode mode;
    bool has_cgroups, has_overlay, has_disk;
    char no_disk[160]; /* why not */
    int lock_fd;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct loc_server *servers;
    struct loc_network *networks;
    struct loc_flavour *flavours;
    struct loc_image *images;
    struct ob_spent *spent; /* tokens of deleted servers */
    char agent[LOC_PATH_MAX], tini[LOC_PATH_MAX];
    unsigned steps; /* for die-at */
};

/* <state>/<formatted>; never cut in practice: ids are short. */
void loc_path(const struct loc *l, char out[LOC_PATH_MAX], const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A place where a test ends the driver: option die-at. */
void loc_step(struct loc *l);

/* --- state.c: opening, saving --- */
/* Locks the folder, makes what is missing, reads all. ERR_STATE: another driver has it. */
MUST_USE enum err_code loc_state_open(struct loc *l, struct err *err);
void loc_state_close(struct loc *l);
/* Whatever else is in the folder: readers of a folder that is not (or no more) in use. */
MUST_USE enum err_code loc_save_server(struct loc *l, const struct loc_server *s, struct err *err);
MUST_USE enum err_code loc_save_network(struct loc *l, const struct loc_network *n,
                                        struct err *err);
MUST_USE enum err_code loc_save_flavour(struct loc *l, const struct loc_flavour *f,
                                        struct err *err);
MUST_USE enum err_code loc_forget(struct loc *l, const char *kind, const char *id, struct err *err);
MUST_USE enum err_code loc_save_mode(struct loc *l, struct err *err);

/* --- find (with the lock held) --- */
struct loc_server *loc_server_by_id(const struct loc *l, const char *id);
struct loc_server *loc_server_by_token(const struct loc *l, const char *token);
struct loc_network *loc_network_by_id(const struct loc *l, const char *id);
/* Of those that the project may use; its own one comes first where a name is shared, too. */
struct loc_network *loc_network_find(const struct loc *l, const char *project,
                                     const char *id_or_name);
bool loc_network_is_for(const struct loc_network *n, const char *project);
const struct loc_flavour *loc_flavour_find(const struct loc *l, const char *name);
const struct loc_image *loc_image_find(const struct loc *l, const char *name);
void loc_remove_server(struct loc *l, struct loc_server *s); /* out of the list, and freed */

/* --- server.c --- */
struct loc_launch {
    const char *project, *name, *image, *flavour, *token, *user_data; /* project NULL: none */
    const char *authorized_keys;                                      /* lines; NULL: none */
    struct {
        const char *network, *fixed_ip; /* id or name; NULL: any */
        bool has_floating;
    } nics[LOC_NICS_MAX];
    unsigned nic_n;
};
/* Blocks until the first process of the server runs. *ret is a copy. On failure ret->id tells
 * whether something is left ("": nothing). */
MUST_USE enum err_code loc_server_launch(struct loc *l, const struct loc_launch *want,
                                         struct loc_server *ret, struct err *err);
MUST_USE enum err_code loc_server_delete(struct loc *l, const char *id, bool *ret_was_there,
                                         struct err *err);
/* A new system from that image: same id, name, addresses, user data and keys. call: of the NFVO; one
 * that comes again has no effect, since what was installed meanwhile would be lost. NULL: not known.
 * On failure the server stays, as an ERROR, and can be rebuilt or deleted. */
MUST_USE enum err_code loc_server_rebuild(struct loc *l, const char *id, const char *image,
                                          const char *call, struct loc_server *ret,
                                          struct err *err);
/* After loc_state_open: removes what is half made or half deleted, sees to the networks. */
MUST_USE enum err_code loc_adopt(struct loc *l, struct err *err);

/* --- describe.c --- */
/* "ACTIVE", "ERROR", "BUILD", "REBUILD": what Open Baton calls it; and why. */
const char *loc_server_status(const struct loc *l, const struct loc_server *s,
                              const char **ret_why);
/* Text of <etc>/baton/metadata.json. */
void loc_metadata(const struct loc_server *s, struct sbuf *out);

/* --- keys.c --- */
/* Is that name in a server's folder the file of its keys? */
bool loc_keys_are(const char *name);
/* Beside the server's user data, for its start and each rebuild; kept: "" when there are none. */
MUST_USE enum err_code loc_keys_keep(const struct loc *l, const struct loc_server *s,
                                     const char *keys, struct err *err);
MUST_USE enum err_code loc_keys_kept(const struct loc *l, const struct loc_server *s,
                                     struct sbuf *out, struct err *err);
/* Those that are kept into the root file system at top: root/.ssh/authorized_keys, 0600, instead of
 * the image's. */
MUST_USE enum err_code loc_keys_place(const struct loc *l, const struct loc_server *s,
                                      const char *top, struct err *err);

/* --- network.c --- */
/* project NULL: none. One that is there already is the answer, too. */
MUST_USE enum err_code loc_network_create(struct loc *l, const char *project, const char *name,
                                          const char *cidr, struct loc_network *ret,
                                          struct err *err);
/* One of another project is not there. ERR_STATE: it has servers, or is everybody's. */
MUST_USE enum err_code loc_network_delete(struct loc *l, const char *project, const char *id,
                                          bool *ret_was_there, struct err *err);
/* With the lock held: is it told to that project? */
bool loc_network_is_listed(const struct loc *l, const struct loc_network *n, const char *project);
/* Of a driver that did not know projects: from now on everybody's, or nobody's. */
void loc_networks_settle(struct loc *l);
/* With the lock held: addresses for a server that is to be launched. */
MUST_USE enum err_code loc_nics_take(struct loc *l, const struct loc_launch *want,
                                     struct loc_server *s, struct err *err);

/* --- disk.c --- */
/* With the lock held: how large its disk will be, where those are bounded. It is what the flavour
 * says, but at most an eighth (or 512 MB) of what is left once all others have filled theirs: so
 * they never fill the host's disk, and the next ones get some, too. ERR_LIMIT. */
MUST_USE enum err_code loc_disk_plan(const struct loc *l, struct loc_server *s, struct err *err);

/* --- sharing.c: for people, with the lock held --- */
/* With whom the project shares what; "": with nobody. */
void loc_sharing_warn(const struct loc *l, const char *project, struct sbuf *out);
void loc_sharing_note(const struct loc *l, struct sbuf *out); /* what is not bounded here */
void loc_sharing_log(const struct loc *l, const struct loc_server *s);

/* --- flavour.c --- */
MUST_USE enum err_code loc_flavours_open(struct loc *l, struct err *err);
MUST_USE enum err_code loc_flavour_add(struct loc *l, const struct loc_flavour *f, struct err *err);

/* --- image.c --- */
MUST_USE enum err_code loc_images_scan(struct loc *l, struct err *err);
/* The folder with its root file system, unpacked now if need be. "" for the host. */
MUST_USE enum err_code loc_image_folder(struct loc *l, const char *name, char out[LOC_PATH_MAX],
                                        struct err *err);
int loc_unpack_main(int argc, char **argv); /* unpack.c: a process of its own */

/* --- what makes and ends a server, one per mode: plain.c, container.c --- */
struct loc_maker {
    /* Its folder <state>/instances/<id> is there, with user-data in it. Sets pid and start. */
    enum err_code (*start)(struct loc *l, struct loc_server *s, struct err *err);
    /* Ends all its processes and what belongs to it outside its folder; nothing there is fine. */
    enum err_code (*end)(struct loc *l, const struct loc_server *s, struct err *err);
};
extern const struct loc_maker loc_plain, loc_container;
const struct loc_maker *loc_maker_of(enum loc_mode mode);

/* --- fabric.c: the networks of runc mode --- */
MUST_USE enum err_code loc_fabric_open(struct loc *l, struct err *err); /* starts what is missing */
MUST_USE enum err_code loc_fabric_add_network(struct loc *l, const struct loc_network *n,
                                              struct err *err);
MUST_USE enum err_code loc_fabric_drop_network(struct loc *l, const struct loc_network *n,
                                               struct err *err);
MUST_USE enum err_code loc_fabric_attach(struct loc *l, const struct loc_server *s, pid_t pid,
                                         struct err *err);
void loc_fabric_check(struct loc *l); /* is it still there? else it is made again */
MUST_USE enum err_code loc_fabric_clean(struct loc *l, struct err *err);
int loc_fabric_main(int argc, char **argv); /* the fabric's own process */

/* --- shim.c: other processes that stay beside an instance --- */
int loc_console_main(int argc, char **argv);
int loc_plain_main(int argc, char **argv);

/* --- probe.c, clean.c --- */
/* Which mode works here, by trying it, and why. */
enum loc_mode loc_probe(struct loc *l, struct sbuf *why);
/* Everything that was ever made in this state folder, and the folder's content. The state is open.
 */
MUST_USE enum err_code loc_clean(struct loc *l, struct err *err);

#endif
