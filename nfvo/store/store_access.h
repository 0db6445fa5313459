/* Persons and their tokens. A token is stored as its hash only (BLAKE2b, hex): whoever reads the
 * database cannot log in with what is there. */
#ifndef NFVO_STORE_STORE_ACCESS_H
#define NFVO_STORE_STORE_ACCESS_H

#include "nfvo/store/store.h"

struct user;

struct store_person {
    const char *id, *name, *password; /* password: argon2id string */
    bool is_enabled;
    const char *doc; /* struct user without password */
};

/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_person_find(struct db *db, const char *name, struct arena *a,
                                         struct store_person *ret, struct err *err);
/* ERR_EXISTS: the name is taken. user->password is not written into the document. */
MUST_USE enum err_code store_person_add(struct db *db, const struct user *user,
                                        const char *password_hash, struct err *err);
/* Ends the person's tokens, and forgets from where he has logged in: who knew the old password may
 * have been there. ERR_NOT_FOUND. */
MUST_USE enum err_code store_person_password(struct db *db, const char *id,
                                             const char *password_hash, struct err *err);
/* By id, else by name. ERR_NOT_FOUND. */
MUST_USE enum err_code store_person_get(struct db *db, const char *id_or_name, struct arena *a,
                                        struct store_person *ret, struct err *err);
/* By its id: document and enabled. One that is disabled loses the tokens. */
MUST_USE enum err_code store_person_set(struct db *db, const struct user *user, struct err *err);
MUST_USE enum err_code store_person_delete(struct db *db, const char *id, struct err *err);
/* Their ids and documents, in order of creation. */
MUST_USE enum err_code store_person_list(struct db *db, struct arena *a, struct store_docs *ret,
                                         struct err *err);
/* How many are enabled and have the role ADMIN. */
MUST_USE enum err_code store_person_admins(struct db *db, int64_t *ret, struct err *err);
/* The ids of the projects in which this user has a role and no other one who is enabled has, but by
 * being ADMIN of all: of text, added. */
MUST_USE enum err_code store_person_sole_projects(struct db *db, const struct user *user,
                                                  struct db_array *ret, struct err *err);
MUST_USE enum err_code store_person_count(struct db *db, int64_t *ret, struct err *err);

struct store_token {
    const char *hash, *refresh_hash;    /* refresh_hash NULL: it cannot be refreshed */
    const char *person_id, *service_id; /* one of them */
    const char *client;                 /* the address that logs in; NULL: not known */
    int64_t ttl_us, refresh_ttl_us;
    int64_t max; /* sessions of this person: the oldest of the client with the most of them
                    makes room, so that a script does not end what others began; 0: no limit */
};
/* Tokens that have expired are swept by the way. */
MUST_USE enum err_code store_token_add(struct db *db, const struct store_token *t, struct err *err);
/* Who bears it, and all that a request needs to know of them, as it is now: one query. */
struct store_bearer {
    const char *id, *name; /* a person's or a service's */
    const char *doc;       /* struct user without password, or struct service */
    bool is_service, is_enabled;
    int64_t left_us;          /* <= 0: expired */
    const char *project_name; /* of the project asked for; NULL: there is none of that id */
    const char *standing;     /* another text when anything of this has changed, but left_us */
};
/* project_id may be NULL. ERR_NOT_FOUND. */
MUST_USE enum err_code store_token_find(struct db *db, const char *hash, const char *project_id,
                                        struct arena *a, struct store_bearer *ret, struct err *err);
/* For what was allowed and goes on: the standing of each token with a project is appended, which is
 * "" when the token is none any more, its user is disabled, or it has expired. hashes, project_ids:
 * of text, as many of each; standings come in their order. */
MUST_USE enum err_code store_token_standings(struct db *db, struct db_array *hashes,
                                             struct db_array *project_ids,
                                             void (*tell)(void *arg, int i, const char *standing),
                                             void *arg, struct err *err);
#endif
