/* VNF packages: a document, and its scripts beside it. rest-api.md 2.4. */
#ifndef NFVO_STORE_STORE_PACKAGE_H
#define NFVO_STORE_STORE_PACKAGE_H

#include "nfvo/store/store.h"
#include "proto/records/package.h"

struct vnfd;

/* The package with its scripts, and its VNFD (NULL: none): one transaction. identity: what may be
 * there once in a project, any text. ERR_EXISTS: it is. */
MUST_USE enum err_code store_package_add(struct db *db, const struct vnf_package *package,
                                         const char *identity, const struct vnfd *vnfd,
                                         struct err *err);
/* hb_version counts its changes and those of its scripts. ERR_NOT_FOUND. */
MUST_USE enum err_code store_package_get(struct db *db, const char *id, const char *project,
                                         bool with_scripts, struct arena *a,
                                         struct vnf_package **ret, struct err *err);
/* The document alone; scripts stay. ERR_NOT_FOUND. */
MUST_USE enum err_code store_package_set(struct db *db, const struct vnf_package *package,
                                         struct err *err);
/* with_vnfd: its VNFD goes too. ERR_NOT_FOUND. */
MUST_USE enum err_code store_package_delete(struct db *db, const char *id, const char *project,
                                            bool with_vnfd, struct err *err);
/* The id of an NSD that holds the package's VNFD, "" if none; appended. */
MUST_USE enum err_code store_package_user(struct db *db, const char *id, struct sbuf *out,
                                          struct err *err);

/* The services of the package's own project, if it is that one ("*": any), that run a VNF of the
 * package, as their records say now: a scan, which is for what people do. A record of another project
 * that names the package gets no script of it. */
MUST_USE enum err_code store_package_services(struct db *db, const char *id, const char *project,
                                              struct arena *a, struct proto_strs *ret,
                                              struct err *err);

/* project: of the package. ERR_NOT_FOUND. */
MUST_USE enum err_code store_script_get(struct db *db, const char *package_id,
                                        const char *script_id, const char *project, struct arena *a,
                                        struct script **ret, struct err *err);
/* By script->id; the package's hb_version counts it. ERR_NOT_FOUND. */
MUST_USE enum err_code store_script_set(struct db *db, const char *package_id,
                                        const struct script *script, struct err *err);

#endif
