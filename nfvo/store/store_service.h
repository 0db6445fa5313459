/* Services (fault management, autoscaling, slicing): rest-api.md 1.6. A key is sealed, as what an
 * old client sends is encrypted with it (decisions.md D18); it is read for that, and to be shown
 * again to an administrator who makes the service anew. */
#ifndef NFVO_STORE_STORE_SERVICE_H
#define NFVO_STORE_STORE_SERVICE_H

#include "nfvo/store/store.h"

struct service;

/* ERR_EXISTS: the name is taken. */
MUST_USE enum err_code store_service_add(struct db *db, const struct seal *seal,
                                         const struct service *s, const char *key, struct err *err);
/* By its name. *ret_key: "" when it was lost with the sealing key. ERR_NOT_FOUND. */
MUST_USE enum err_code store_service_find(struct db *db, const struct seal *seal, const char *name,
                                          struct arena *a, struct service **ret,
                                          const char **ret_key, struct err *err);
/* Another key: ends the tokens that were got with the old one. */
MUST_USE enum err_code store_service_key(struct db *db, const struct seal *seal, const char *id,
                                         const char *key, struct err *err);
MUST_USE enum err_code store_service_set(struct db *db, const struct service *s, struct err *err);
/* With its key and tokens. ERR_NOT_FOUND. */
MUST_USE enum err_code store_service_delete(struct db *db, const char *id, struct err *err);
/* All, in order of creation. */
MUST_USE enum err_code store_service_list(struct db *db, struct arena *a, struct store_docs *ret,
                                          struct err *err);
/* Of each service the document and the key, until `tell` says true: it is the one. */
MUST_USE enum err_code store_service_keys(struct db *db, const struct seal *seal,
                                          bool (*tell)(void *arg, const char *doc, const char *key),
                                          void *arg, struct err *err);

/* A service's token. Its oldest ones end when there are more than STORE_SERVICE_TOKENS: each
 * process of it has one of its own, and gets another when it starts again. */
#define STORE_SERVICE_TOKENS 16
MUST_USE enum err_code store_service_token(struct db *db, const char *id, const char *hash,
                                           int64_t ttl_us, struct err *err);

#endif
