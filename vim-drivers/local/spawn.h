/* Child processes of the driver: a command with a deadline, perhaps inside a network namespace or
 * with an overlay mounted in a mount namespace of its own, and detached copies of this program. */
#ifndef VIM_DRIVERS_LOCAL_SPAWN_H
#define VIM_DRIVERS_LOCAL_SPAWN_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>
#include <sys/types.h>

struct loc_spawn {
    const char *const *argv;    /* argv[0]: a path, or a name to be found in the usual folders */
    const char *const *env;     /* NULL: PATH and LC_ALL only */
    const char *in;             /* standard input; NULL: /dev/null */
    const char *netns;          /* file of a network namespace to enter; NULL: stay */
    bool wants_new_netns;       /* a fresh network namespace, for a probe */
    const char *disk_at, *disk; /* mount that file there, as a file system seen by the child only */
    const char *overlay_at,
        *overlay;               /* after that mount an overlay there, seen by the child only */
    const char *rootfs_private; /* NULL, or any text: a mount namespace of its own */
    int out_fd;         /* standard output and error; 0: captured, the tail goes into the error */
    int64_t timeout_ms; /* 0: 20 s */
};

/* Runs it to its end. ERR_IO: cannot be started, or ended with another status than 0 (err->sys);
 * ERR_TIMEOUT: killed. */
MUST_USE enum err_code loc_run(const struct loc_spawn *s, struct err *err);

/* This program again, in a session of its own, with argv[1..]; it outlives us. Standard input:
 * in_fd or /dev/null (-1); standard output and error: log_fd or /dev/null (-1). It says "ok" on
 * descriptor LOC_SAY_FD when it is up, or what failed; either is waited for. env NULL: as for
 * loc_run. *ret_pid is set whenever it was started. */
enum { LOC_SAY_FD = 3, LOC_LOCK_FD = 4 };
/* Until then it holds lock_fd, too: whoever has the lock knows that no companion of a driver that
 * was killed is still on its way. */
MUST_USE enum err_code loc_detach(const char *const *argv, const char *const *env, int in_fd,
                                  int log_fd, int lock_fd, pid_t *ret_pid, struct err *err);
/* First of all in such a program: what it execs does not inherit these descriptors. */
void loc_companion_begin(void);
/* Of such a program: "ok", or a reason; closes the descriptor. */
void loc_say(const char *text);

/* The path of this program; borrowed. */
const char *loc_own_path(void);
/* A program in the folders where the system keeps them; false: not there. */
bool loc_find_program(const char *name, char *out, size_t size);

#endif
