/* What has been run on this machine, one file per command id, so that a command is carried out once
 * whatever happens to the agent or the connection.
 *
 *   KEY.run    being run: a head of one page, then what the script has said so far. The runner
 * holds a lock (flock) on it as long as it lives, so who asks needs no process ids; when the last
 * holder closes it, inotify says so, however it ended KEY.done   the same file after the outcome
 * was written and synced: renamed
 *
 * A .run file without a lock and without an outcome is a run that was cut off: by a reboot, or by
 * whoever killed the runner. Nobody can tell whether the script did its work: EMS_STATE_UNKNOWN.
 * Unless its head says that it was only prepared, or was never written: then the script never
 * began, and the file is as good as none.
 *
 * Output: of each stream the first half of the limit, and in a ring behind it the last half. */
#ifndef EMS_AGENT_EXEC_JOURNAL_H
#define EMS_AGENT_EXEC_JOURNAL_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>

#define RUNS_KEY_SIZE  64
#define RUNS_BOOT_SIZE 80
#define RUNS_HEAD_SIZE 4096

enum run_phase { RUN_PREPARED = 1, RUN_STARTED, RUN_ENDED };
enum run_state { RUN_NORMAL, RUN_TIMEOUT, RUN_KILLED, RUN_UNKNOWN };
const char *run_state_name(enum run_state state); /* EMS_STATE_...; NULL for RUN_NORMAL */

/* As it stands in the file, in the machine's own byte order: it never leaves the machine. */
struct run_head {
    char magic[8];
    int32_t phase, state;
    int32_t status; /* as in the answer */
    int32_t runner; /* process id; means something only while the lock is held */
    int64_t started_wall_us, took_ms, timeout_ms;
    uint64_t total[2]; /* bytes of standard output and error so far */
    uint64_t half;     /* of the limit of each stream */
    char boot[RUNS_BOOT_SIZE];
    char id[256], name[256];
};
_Static_assert(sizeof(struct run_head) <= RUNS_HEAD_SIZE, "one page, one write");

struct runs {
    char *path;
    int dir;     /* of the folder */
    int lock;    /* one agent has one journal */
    int inotify; /* readable when a run has ended: runs_read_events, then look; -1: the system has
                    none left, look now and then */
    int64_t keep_n;
    char boot[RUNS_BOOT_SIZE];
};

/* The folder is made (0700) where missing. keep_n: outcomes kept. ERR_EXISTS:
 * another agent has it. */
MUST_USE enum err_code runs_open(struct runs *j, const char *path, int64_t keep_n, struct err *err);
void runs_close(struct runs *j);

/* The boot of this machine; in a container also the start of its process 1. runs_open adds a mark of
 * the file system, for servers that are rebuilt. */
void runs_read_boot(char out[RUNS_BOOT_SIZE]);

/* The file's name for a command id, whatever that holds: readable letters of it, then a hash. */
void runs_key(const char *id, char out[RUNS_KEY_SIZE]);

/* What is known of a command. RUN_LIVE: *ret_head as it is at this moment. RUN_OVER: the outcome; a
 * run that was cut off is made one here, and one that never began is removed (RUN_NONE). *ret_fd
 * (may be NULL) is given for runs_output, and -1 for RUN_NONE. */
enum run_place { RUN_NONE, RUN_LIVE, RUN_OVER };
enum run_place runs_find(struct runs *j, const char *key, struct run_head *ret_head, int *ret_fd);

/* A new .run file, locked, older outcomes pruned. head: id, name, timeout_ms, half are the
 * caller's; the rest is filled in. *ret_fd is given: the runner takes it. */
MUST_USE enum err_code runs_create(struct runs *j, const char *key, struct run_head *head,
                                   int *ret_fd, struct err *err);
/* For a command that is never to run: an outcome at once. */
MUST_USE enum err_code runs_write_outcome(struct runs *j, const char *key, struct run_head *head,
                                          struct err *err);

/* Keys of the runs that are live, one at a time from *position (0 at first); false: no more. */
bool runs_next_live(struct runs *j, long *position, char ret_key[RUNS_KEY_SIZE]);

/* Append what is kept of a stream (0 output, 1 error): all, or head, a line that says how much is
 * missing, and tail. */
void runs_output(int fd, const struct run_head *head, int stream, struct sbuf *out);

void runs_read_events(struct runs *j); /* makes the descriptor quiet again */

/* Ask the runner of this key to kill its script. Nothing happens when it has ended. */
void runs_kill(struct runs *j, const char *key);

/* --- for the runner: async-signal-safe --- */
void runs_put_head(int fd, const struct run_head *head);
void runs_put_output(int fd, struct run_head *head, int stream, const char *data, size_t len);
/* Write the outcome, sync, rename. false: it could not be written. */
bool runs_finish(int dir, const char *key, int fd, struct run_head *head);

#endif
