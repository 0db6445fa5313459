/* What the lifecycle workers ask of the store beside the engine's own statements. */
#ifndef NFVO_STORE_STORE_ENGINE_H
#define NFVO_STORE_STORE_ENGINE_H

#include "nfvo/store/store.h"

#define STORE_HOSTNAME_BLOCK 100
/* First of STORE_HOSTNAME_BLOCK numbers that nobody ever had or will have. May run inside a
 * transaction; results stay until the caller clears them. */
MUST_USE enum err_code store_hostname_block(struct db *db, int64_t *ret_first, struct err *err);

/* A process says that it lives: for its peers, and for the people who look. */
struct store_process {
    const char *id, *host, *version;
    int64_t pid;
};
MUST_USE enum err_code store_heartbeat(struct db *db, const struct store_process *p,
                                       struct err *err);
/* And that it stops in good order. Its row stays: by it the next one knows how long nobody lived.
 */
MUST_USE enum err_code store_heartbeat_end(struct db *db, const char *process, struct err *err);
/* When nobody lived for a while, nobody could hear answers: all deadlines move by that time. Called
 * at start, before any worker. */
MUST_USE enum err_code store_absorb_downtime(struct db *db, struct err *err);

/* The process behind a VNFM's queue has died. A VNFM that acknowledges before it works (every
 * foreign one: no capability "correlation") has lost what it had in hand: its requests that were
 * delivered become due after a grace for answers under way, marked STORE_REQUEST_LOST, instead of
 * waiting for deadlines of half an hour. What is still in the outbox waits for it to come back.
 * type: what vnfr.endpoint names. */
#define STORE_REQUEST_LOST "lost"
MUST_USE enum err_code store_vnfm_requests_lost(struct db *db, const char *type, int64_t grace_us,
                                                int64_t *ret_n, struct err *err);

/* The process behind a driver's queue has died: the same for calls of drivers that acknowledge
 * before they work. A call names its queue in its data, STORE_CALL_IN_DOUBT before it where it may
 * not have been sent (nfvo/lifecycle/types.h). */
#define STORE_CALL_IN_DOUBT "doubt "
MUST_USE enum err_code store_driver_requests_lost(struct db *db, const char *queue,
                                                  int64_t grace_us, int64_t *ret_n,
                                                  struct err *err);

#endif
