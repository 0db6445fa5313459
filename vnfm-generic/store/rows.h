/* The rows of the generic VNFM: runs, their steps, agents. All SQL of it is here. Functions that
 * say "queues" add statements to the transaction that the caller has begun; the results come from
 * db_result_next in that order. Used by one thread with one struct db. */
#ifndef VNFM_GENERIC_STORE_ROWS_H
#define VNFM_GENERIC_STORE_ROWS_H

#include "common/db/db.h"
#include "vnfm-generic/lifecycle/run.h"

MUST_USE enum err_code rows_migrate(struct db *db, struct err *err);

/* --- one request, looked up before its run is planned --- */

/* The unfinished run of a request that came without an id of its own, if any: NULL. In the arena.
 */
MUST_USE enum err_code rows_find_anonymous(struct db *db, const char *vnfr_id, const char *action,
                                           struct arena *a, const char **ret_id, struct err *err);
struct rows_resumed {
    const char *id;               /* of the latest run of the chain; NULL: there is none */
    const char *action;           /* "": it was cancelled before it came */
    const char *root;             /* of the chain */
    const char *package;          /* JSON, as INSTANTIATE or UPDATE left it; or NULL */
    const char *instance, *cause; /* or NULL */
    bool is_standby;
};
/* What a RESUME says that it resumes. */
struct rows_resumes {
    const char *id;       /* of the request; NULL: not said */
    const char *action;   /* its action; "": not said */
    const char *instance; /* hostname of the one that it was about; NULL: the whole VNFR */
};
/* The request with that id, or the latest RESUME of it. Without an id: the last one of the VNFR that
 * failed, and has not been done since, by whatever request; where an action is said, of those of that
 * action about the same. */
MUST_USE enum err_code rows_find_resumed(struct db *db, const char *vnfr_id,
                                         const struct rows_resumes *what, struct arena *a,
                                         struct rows_resumed *ret, struct err *err);
/* The package of a VNFR as it is stored: JSON, or NULL. */
MUST_USE enum err_code rows_find_package(struct db *db, const char *vnfr_id, struct arena *a,
                                         const char **ret, struct err *err);

/* --- a batch of arrivals and notes: queue all, db_commit, read all --- */

struct rows_arrival {
    const char *id, *vnfr_id, *vnfr_name, *action;
    const char *package;    /* JSON; NULL: leave what is stored */
    const char *script;     /* JSON; NULL: none replaces one of the stored package */
    const char *resumed_id; /* whose steps are wanted too; NULL: none */
    const char *root, *instance, *cause;
    bool is_standby;
    bool is_anonymous;
    bool is_instantiating; /* the VNFR may be new */
    bool is_releasing;     /* cancels the other runs of the VNFR */
    bool owns_hosts;       /* its hosts' agents become the VNFR's */
    const struct run *run;
};
struct rows_hello {
    const char *hostname, *boot;
    bool has_journal;
    bool is_vouched; /* the broker says that it is this host's agent. Else only hosts of before
                        (is_old) are heard, and no row is made */
};
/* The statements' results, in this order. */
enum rows_result {
    ROWS_NOW,       /* one row: microseconds */
    ROWS_VNFRS,     /* id, released_at */
    ROWS_CANCELLED, /* id: cancelled by releases of this batch */
    ROWS_RUNS,      /* id, started_at, cancelled_at, is its VNFR released, did it end well */
    ROWS_STEPS,     /* run_id, then as rows_step_read wants it */
    ROWS_AGENTS,    /* hostname, hello_n, has_journal, is_old, is_alone, boot_at */
    ROWS_UNSAID,    /* hostname: its hello was refused, since nobody says who sent it */
    ROWS_RESULT_N
};
struct rows_batch {
    const struct rows_arrival *arrivals;
    size_t n_arrivals;
    const struct rows_hello *hellos; /* no hostname twice */
    size_t n_hellos;
    const char *const *run_ids; /* of other runs, to see whether they were cancelled */
    size_t n_run_ids;
    const char *const *cancels; /* ids of requests that are to end, now or when they come */
    size_t n_cancels;
    const char *const *hostnames; /* of other hosts, to see whether they said hello */
    size_t n_hostnames;
    bool are_hosts_alone; /* of those that are owned now, and new: agents in virtual hosts of theirs
                           */
    const char *channel, *sender; /* of the notifications that other processes get */
};
/* One transaction, one round trip. ret: ROWS_RESULT_N results, valid until db_results_clear. */
MUST_USE enum err_code rows_load(struct db *db, const struct rows_batch *batch,
                                 struct db_result ret[static ROWS_RESULT_N], struct err *err);
/* Nothing of it ran: so that a RESUME of it is known. `run` is not looked at. */
MUST_USE enum err_code rows_refused(struct db *db, const struct rows_arrival *arrival,
                                    struct err *err);
/* Row i of ROWS_STEPS; borrowed from the result. */
const char *rows_step_read(const struct db_result *steps, int i, struct step_row *ret);

/* --- what was decided: queue, then db_commit --- */

struct rows_changes {
    struct db_array run, host, seq, command, event, script, source, state, first_sent, sent, done,
        took, exit, output, error, sets;
    struct db_array ended, has_failed;    /* runs */
    struct db_array released;             /* vnfrs: nothing of them goes on */
    struct db_array gone_host, gone_vnfr; /* their hosts, also those that never said hello */
};
void rows_changes_init(struct rows_changes *c);
void rows_changes_release(struct rows_changes *c);
void rows_add_step(struct rows_changes *c, const char *run_id, const struct run_host *host,
                   const struct step *step);
void rows_add_end(struct rows_changes *c, const char *run_id, bool has_failed,
                  const char *released_vnfr_id);
void rows_add_gone(struct rows_changes *c, const char *hostname, const char *vnfr_id);
bool rows_changes_any(const struct rows_changes *c);
/* One transaction, one round trip. Repeating it does no harm. */
MUST_USE enum err_code rows_save(struct db *db, struct rows_changes *c, struct err *err);

/* --- the rest --- */

/* Steps of a host, oldest first, at most `max` latest ones: as ROWS_STEPS, and has_journal and
 * is_old of its agent; results are to be cleared. vnfr_name NULL: of any. */
MUST_USE enum err_code rows_logs(struct db *db, const char *hostname, const char *vnfr_name,
                                 int max, struct db_result *ret, struct err *err);
/* Steps of all hosts of these VNFRs: as ROWS_STEPS, and the VNFR's id; by VNFR and host, oldest
 * first, at most 1,000, of each stream the end. Results are to be cleared. */
MUST_USE enum err_code rows_logs_of(struct db *db, struct db_array *vnfr_ids, struct db_result *ret,
                                    struct err *err);
/* Forget what ended longer ago than keep_us, marks of released VNFRs and hosts, and hosts that no
 * request named. */
MUST_USE enum err_code rows_sweep(struct db *db, int64_t keep_us, struct err *err);

#endif
