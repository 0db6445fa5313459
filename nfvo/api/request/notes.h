/* The history of requests on its way to the store: noted by any thread, written in batches by one.
 * rest-api.md 2.10; nfvo.history.level 1: neither GET nor PUT. */
#ifndef NFVO_API_REQUEST_NOTES_H
#define NFVO_API_REQUEST_NOTES_H

#include <stdbool.h>

struct db;
struct notes; /* opaque, thread-safe */

struct notes *notes_new(void);
void notes_free(struct notes *n);
/* true: the first one since the last notes_write, so wake the writer. Dropped when too many wait.
 */
bool notes_add(struct notes *n, const char *username, const char *method, const char *path,
               int status);
void notes_write(struct notes *n, struct db *db); /* all that is there; what fails is logged */

#endif
