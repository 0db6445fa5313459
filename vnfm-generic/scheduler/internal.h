/* Between the files of the scheduler. Everything but the queue of events is its thread's. */
#ifndef VNFM_GENERIC_SCHEDULER_INTERNAL_H
#define VNFM_GENERIC_SCHEDULER_INTERNAL_H

#include "common/base/table.h"
#include "common/sys/ids.h"
#include "vnfm-generic/scheduler/scheduler.h"
#include "vnfm-generic/store/rows.h"

#include <pthread.h>

struct job { /* a request in hand */
    struct job *next;
    struct ob_request *handle;
    struct arena arena;
    struct run_request request;
    struct run *run; /* NULL: not planned yet */
    const char *package_text, *script_text, *resumed_id;
    const char *resumes; /* id of the request that RESUME resumes; NULL: the last that failed */
    const char *cancels; /* CANCEL: of the request that is to end */
    enum action resumed_action; /* what RESUME says of itself; ACTION_NONE: nothing */
    bool is_resume, is_anonymous, is_touched, is_log;
    struct run_orders orders; /* to be sent when the rows are committed */
    struct sent *sent;
    /* LOG_REQUEST */
    const char *hostname, *vnfr_name;
    bool may_be_unsaid; /* the author of its agent's answer */
    char log_command[ID_SIZE + 8];
    int64_t log_until; /* monotonic */
};

struct sent { /* finds the step of a reply; in the job's arena */
    struct table_entry by_command;
    struct sent *next;
    struct job *job;
    struct run_host *host;
    struct step *step;
};

enum event_kind {
    EVENT_JOB,
    EVENT_HELLO,
    EVENT_REPLY,
    EVENT_RETURNED,
    EVENT_READY,
    EVENT_NOTE,
    EVENT_LOOK,
    EVENT_ABANDON
};
struct event {
    struct event *next;
    enum event_kind kind;
    struct job *job;
    char *command; /* or a notification's payload, or a hostname */
    char *author;  /* NULL: not said */
    struct sbuf body;
    uint64_t tag, epoch;
};

struct hello {
    struct hello *next;
    struct arena arena;
    struct ems_hello *said;
    bool is_vouched; /* by the broker: its author is this host's agent */
    uint64_t tag, epoch;
};

/* What came from another login than its host's: told now and then, summed up. */
enum { IMPOSTORS_MAX = 8 };
struct impostor {
    char author[256], host[256]; /* both "": several */
    bool is_hello;
    int64_t n; /* since it was told last */
};

struct scheduler {
    const struct scheduler_options *o;
    struct db *db;
    pthread_t thread, listener;
    bool is_started;

    pthread_mutex_t lock;
    pthread_cond_t more;
    struct event *events, **events_tail;
    bool is_stopping;
    int stop_fd; /* of the listener */

    struct job *arriving, *runs, *logs, *cancels;
    struct hello *hellos;
    struct table sent; /* by command id */
    struct arena looks_arena;
    const char **looks; /* hosts that other processes heard of */
    uint32_t n_looks;
    bool looks_at_all, looks_for_cancelled, is_abandoned;
    bool is_careful; /* the last batch failed for what it holds: one by one */
    unsigned failures;
    struct impostor impostors[IMPOSTORS_MAX];
    int64_t impostors_at;       /* when they are told; 0: nothing to tell */
    int64_t offset_us;          /* the store's clock minus ours */
    int64_t retry_at, sweep_at; /* monotonic */
};

/* events.c */
void event_give(struct scheduler *c, enum event_kind kind, struct job *job, const char *text);
void event_free(struct event *e);
int64_t scheduler_now(const struct scheduler *c); /* the store's clock */

/* impostors.c */
/* Does the broker vouch that this agent's login is the author? NULL: nobody said who. */
enum author_is { AUTHOR_OWN, AUTHOR_UNSAID, AUTHOR_ANOTHER };
enum author_is author_of(const char *author, const char *hostname);
void impostor_note(struct scheduler *c, const char *author, const char *hostname, bool is_hello);
/* Of an answer: may it have effect? Else it is noted. */
bool is_heard(struct scheduler *c, const char *author, const char *hostname, bool may_be_unsaid);
void impostors_tell(struct scheduler *c); /* if it is time */

/* requests.c */
void job_free(struct scheduler *c, struct job *job);
void job_keep_package(struct job *job); /* what INSTANTIATE installs, for those that come behind */
void job_fail(struct scheduler *c, struct job *job, const struct err *err); /* takes */
void job_answer(struct scheduler *c, struct job *job); /* its run is over; takes */

/* arrivals.c: from the rows into memory. False: the database does not answer, or refuses. */
bool arrivals_take(struct scheduler *c, struct err *err);
bool scheduler_waits_for(const struct err *err); /* of the database: it will pass by itself */

/* logs.c */
void log_begin(struct scheduler *c, struct job *job); /* takes */
bool log_reply(struct scheduler *c, const char *author, const char *command,
               const struct ems_reply *reply);
int64_t logs_expire(struct scheduler *c); /* when the next is due */
bool job_is_released(
    const struct job *job); /* its RELEASE_RESOURCES is over, and not answered yet */
/* Into the answers of what is released: after this nobody can ask us for them. False: the database
 * does not answer. */
bool logs_of_released(struct scheduler *c, struct err *err);

/* listener.c */
void *listener_run(void *scheduler);

#endif
