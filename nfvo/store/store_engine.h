/* What the lifecycle workers ask of the store beside the engine's own statements. */
#ifndef NFVO_STORE_STORE_ENGINE_H
#define NFVO_STORE_STORE_ENGINE_H

#include "nfvo/store/store.h"

#define STORE_HOSTNAME_BLOCK 100
/* First of STORE_HOSTNAME_BLOCK numbers that nobody ever had or will have. May run inside a
 * transaction; results stay until the caller clears them. */
MUST_USE enum err_code store_hostname_block(struct db *db, int64_t *ret_first, struct err *err);

/* A process says that it lives. */
MUST_USE enum err_code store_heartbeat(struct db *db, const char *process, struct err *err);
/* When nobody lived for a while, nobody could hear answers: all deadlines move by that time. Called
 * at start, before any worker. */
MUST_USE enum err_code store_absorb_downtime(struct db *db, struct err *err);

#endif
