/* Between the files of this folder. */
#ifndef NFVO_STORE_INTERNAL_H
#define NFVO_STORE_INTERNAL_H

#include "nfvo/store/store.h"

/* The database's clock, in SQL. */
#define SQL_NOW "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
/* $2 is the project or "*". */
#define SQL_IN_PROJECT "($2::text = '*' OR project_id = $2::text)"

/* The project of a line of the history (h), which may outlive its network service. */
#define SQL_HISTORY_PROJECT "substring(h.doc FROM '\"project\":\"([^\"]*)\"')"

/* One column of documents as a JSON array, appended. */
MUST_USE enum err_code store_read_array(struct db *db, const struct db_statement *st,
                                        const struct db_param *params, size_t n, struct sbuf *out,
                                        struct err *err);
/* The first column of the first row, appended. ERR_NOT_FOUND without row. */
MUST_USE enum err_code store_read_text(struct db *db, const struct db_statement *st,
                                       const struct db_param *params, size_t n, struct sbuf *out,
                                       struct err *err);
/* A statement that changes rows; ret_n may be NULL. */
MUST_USE enum err_code store_write(struct db *db, const struct db_statement *st,
                                   const struct db_param *params, size_t n, int64_t *ret_n,
                                   struct err *err);

/* Queues the insertion of a VNFD. */
struct vnfd;
void store_vnfd_send(struct db *db, const struct vnfd *vnfd);

#endif
