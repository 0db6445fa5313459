/* Documents that are stored and read whole, one face for all tables that have (id, doc). */
#ifndef NFVO_STORE_STORE_DOC_H
#define NFVO_STORE_STORE_DOC_H

#include "nfvo/store/store.h"

enum store_table {
    STORE_PROJECT, /* of no project: the argument is ignored, as for persons and VNFMs */
    STORE_PERSON,
    STORE_NSD,
    STORE_VNFD,
    STORE_KEY,
    STORE_EVENT,
    STORE_VNFFGD,
    STORE_VLD,
    STORE_IMAGE,
    STORE_TABLE_N
};

/* Appends a JSON array, in the order of creation. */
MUST_USE enum err_code store_doc_list(struct db *db, enum store_table table, const char *project,
                                      struct sbuf *out, struct err *err);
/* Appends the document. ERR_NOT_FOUND. */
MUST_USE enum err_code store_doc_get(struct db *db, enum store_table table, const char *id,
                                     const char *project, struct sbuf *out, struct err *err);
/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_doc_set(struct db *db, enum store_table table, const char *id,
                                     const char *doc, struct err *err);
MUST_USE enum err_code store_doc_delete(struct db *db, enum store_table table, const char *id,
                                        const char *project, struct err *err);

/* --- catalogue --- */
struct nsd;
struct vnfd;
/* The NSD, its VNFDs (those that are stored already are left alone), which it holds, and the
 * packages that its VNFDs came with, whose identity is their own: one transaction. The documents
 * are encoded here. */
struct vnf_package_list;
MUST_USE enum err_code store_nsd_add(struct db *db, const struct nsd *nsd,
                                     const struct vnf_package_list *packages, struct err *err);
MUST_USE enum err_code store_vnfd_add(struct db *db, const struct vnfd *vnfd,
                                      const struct vnf_package_list *packages, struct err *err);
struct store_nsd_cascade {
    bool is_vnfd;    /* with the VNFDs that no other NSD holds */
    bool is_package; /* and with their packages, unless another VNFD is of them */
};
/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_nsd_delete(struct db *db, const char *id, const char *project,
                                        const struct store_nsd_cascade *cascade, struct err *err);
/* A changed one, by its id, and in the same transaction which VNFDs it holds: those that are not
 * stored yet are. ERR_STATE: it is not what it was. */
struct store_nsd_change {
    const char *was;     /* the document that was changed */
    const char *removed; /* a VNFD that it holds no longer, and that goes with it; NULL: none */
    bool is_package;     /* and its package, unless another VNFD is of it */
};
MUST_USE enum err_code store_nsd_set(struct db *db, const struct nsd *nsd,
                                     const struct store_nsd_change *change, struct err *err);
/* was: the document that was changed, NULL: whatever it is. ERR_NOT_FOUND; ERR_STATE: it is not what
 * it was. */
MUST_USE enum err_code store_vnfd_set(struct db *db, const struct vnfd *vnfd, const char *was,
                                      struct err *err);
/* A VNFD by vendor, name and version, the newest. ERR_NOT_FOUND. */
MUST_USE enum err_code store_vnfd_find(struct db *db, const char *project, const char *vendor,
                                       const char *name, const char *version, struct sbuf *out,
                                       struct err *err);
/* The id of an NSD that holds the VNFD, "" if none; but: not of this one (NULL: of any). */
MUST_USE enum err_code store_vnfd_user(struct db *db, const char *vnfd_id, const char *but,
                                       struct sbuf *out, struct err *err);
/* An NSR of the NSD that is not gone and not ACTIVE: ERR_OK and its document, or ERR_NOT_FOUND. */
MUST_USE enum err_code store_nsd_user(struct db *db, const char *nsd_id, struct sbuf *ret_doc,
                                      struct err *err);

/* --- forwarding graphs and virtual links apart from an NSD --- */
MUST_USE enum err_code store_doc_add(struct db *db, enum store_table table, const char *id,
                                     const char *project, const char *name, const char *doc,
                                     struct err *err);
/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_doc_replace(struct db *db, enum store_table table, const char *id,
                                         const char *name, const char *doc, struct err *err);
/* A VNF component of a VNFD, as JSON. ERR_NOT_FOUND. */
MUST_USE enum err_code store_component_get(struct db *db, const char *id, const char *project,
                                           struct sbuf *out, struct err *err);

/* --- keys --- */
struct ssh_key;
/* ERR_EXISTS: the name is taken in the project. */
MUST_USE enum err_code store_key_add(struct db *db, const struct ssh_key *key, struct err *err);

/* --- event subscriptions --- */
struct event_endpoint;
/* The equal one that is stored already, decoded into the arena, or NULL. */
MUST_USE enum err_code store_event_find(struct db *db, const struct event_endpoint *like,
                                        struct arena *a, struct event_endpoint **ret,
                                        struct err *err);
MUST_USE enum err_code store_event_add(struct db *db, const struct event_endpoint *e,
                                       struct err *err);

#endif
