/* The history of requests on its way to the store: noted by any thread, written in batches by one.
 * rest-api.md 2.10; nfvo.history.level 1: neither GET nor PUT. */
#ifndef NFVO_API_REQUEST_REQUEST_LOG_H
#define NFVO_API_REQUEST_REQUEST_LOG_H

#include <stdbool.h>

struct db;
struct request_log; /* opaque, thread-safe */

/* wake_fd: an eventfd, borrowed: written when there is something to be written after there was nothing. */
struct request_log *request_log_new(int wake_fd);
void request_log_free(struct request_log *n);
/* One line of the history; wakes the writer. Dropped when too many wait. */
void request_log_note(struct request_log *n, const char *username, const char *method,
                      const char *path, int status);
void request_log_write(struct request_log *n,
                       struct db *db); /* all that is there; what fails is logged */

#endif
