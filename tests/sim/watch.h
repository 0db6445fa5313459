/* What must hold of operations, transaction by transaction (operations.md 8). Only who an operation
 * is about, its stored document, the commands, and what VNFMs said are looked at: nothing that the
 * runner says of itself. */
#ifndef TESTS_SIM_WATCH_H
#define TESTS_SIM_WATCH_H

#include "common/engine/engine.h"
#include "tests/sim/sim.h"

void watch_start(struct sim *s); /* someone subscribes to what completed operations tell */
void watch_row(struct sim *s, const struct row *before, const struct row *after);
void watch_command(struct sim *s, const struct command *c); /* a new one */
void watch_event(struct sim *s, const struct outgoing_event *e);
void watch_note(struct sim *s, const char *doc);
void watch_saved(struct sim *s); /* the transaction ends */

/* A user lets a step run a second time, though its outcome is unknown. */
void watch_consent(struct sim *s, const char *operation);
/* A user looked, and says that it was done. */
void watch_vouch(struct sim *s, const char *operation);
/* A user wanted the deployment of that service to stop: it may be in ERROR though nothing failed. */
void watch_cancel(struct sim *s, const char *nsr);
bool watch_is_cancelled(const struct sim *s, const char *nsr);
/* A VNFM's ERROR to a request of an operation, under way, whose step was taken for DONE, since
 * nothing came: somebody must be able to read it. */
void watch_error(struct sim *s, const char *nsr, const char *vnfr, const char *command,
                 const char *text);
/* When it is quiet. has_gone(nsr): it was released, nobody reads its history. Nor that of a VNF which
 * was taken away. */
void watch_settled(struct sim *s, bool (*has_gone)(const struct sim *s, const char *nsr));

#endif
