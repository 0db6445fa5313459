/* Accounts of peers: enrolled by an administrator before they start, or made by open registration.
 * The row (store_account.h) says what the broker shall have; account_converge brings it there, by
 * the management API. Whoever enrols has the password once, and needs no broker for that:
 *
 *     rc = account_enrol(db, seal, setup, &wish, &told, err);    // row; told.password
 *     rc = account_converge(&where, name, &is_done, err);        // room, user, rights, limits
 *
 * The registry does the second for all rows that are due (accounts_work), `nfvo --enrol` for its
 * own at once. Each step may be repeated, and by several NFVOs at once. */
#ifndef NFVO_VNFM_ACCOUNT_H
#define NFVO_VNFM_ACCOUNT_H

#include "common/base/arena.h"
#include "common/base/sbuf.h"
#include "nfvo/store/store_account.h"

struct management;
struct registry_setup;
struct seal;
struct topology_rights;

/* What is asked for. NULL or "" is left out. */
struct account_wish {
    const char *name;
    const char *kind;  /* vnfm (or left out), driver, monitor, subscriber, companion, collector */
    const char *type;  /* that it registers; of subscribers, companions and collectors: none */
    const char *queue; /* left out: the type; of subscribers, companions: what theirs begin with */
    const char *room;  /* left out: one of its own; of collectors: the agents' virtual host */
    const char *sdk;   /* of a VNFM: c, java, python, go; left out: not known */
    const char *project; /* whose events may be subscribed to from that room; an id */
    bool has_management;
};

struct account_told {
    struct sbuf password;
    const char *room; /* in the arena */
    bool is_new;
};
#define ACCOUNT_TOLD_INIT                                                                          \
    {                                                                                              \
        .password = SBUF_INIT                                                                      \
    }
void account_told_release(struct account_told *t); /* wipes */

/* A new account. ERR_EXISTS: the name is taken; ERR_STATE: another account serves the type, or the
 * room is not for it; ERR_INVALID, ERR_DENIED: names. Texts of told live in the arena. */
MUST_USE enum err_code account_enrol(struct db *db, const struct registry_setup *setup,
                                     const struct account_wish *wish, struct arena *a,
                                     struct account_told *ret, struct err *err);
/* Is it one of the words of wish.sdk? "" and NULL are. ERR_INVALID, with those that are. */
MUST_USE enum err_code account_check_sdk(const char *sdk, struct err *err);
/* Another password. Connections that are open stay. */
MUST_USE enum err_code account_rotate(struct db *db, const struct registry_setup *setup,
                                      const char *name, struct account_told *ret, struct err *err);
/* Its password, as it is. */
MUST_USE enum err_code account_password(const struct registry_setup *setup,
                                        const struct store_account *account, struct sbuf *ret,
                                        struct err *err);
/* A password that is told once, and what is stored of it, in the arena. */
void account_new_password(const struct registry_setup *setup, const char *name, struct arena *a,
                          struct sbuf *ret_password, const char **ret_sealed);

/* May this account register that type with that queue (NULL: a driver)? ERR_DENIED says why not. */
MUST_USE enum err_code account_may_register(const struct store_account *account, const char *type,
                                            const char *queue, struct err *err);
/* The account's row of proto/rights.h, in its room. r: RIGHTS_INIT. */
void account_rights(const struct store_account *account, struct topology_rights *r);
/* A room's virtual host: "" is the inner one. */
const char *account_vhost(const struct registry_setup *setup, const char *room);

struct account_place {
    struct management *management;
    const struct registry_setup *setup;
    struct db *db;
    /* The agents' virtual host was made anew. May be NULL. */
    void (*agents_vhost_made)(void *arg);
    void *arg;
};
/* Of a row that is not 'ready'; one of another NFVO's in hand, and one that is gone, are done.
 * *ret_is_done false, with ERR_OK: the next step can be taken in a second. */
MUST_USE enum err_code account_converge(const struct account_place *where, const char *name,
                                        bool *ret_is_done, struct err *err);

#endif
