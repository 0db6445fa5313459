/* One request of the NFVO as a run: per instance a list of steps, each of which is one command to
 * the agent of that instance (amqp-protocol.md 7.4 to 7.6). Pure: no clock, bus or store.
 *
 *     struct run *run = run_plan(&request, &limits, arena, &err);    NULL: the request is refused
 *     run_started(run, started_at, now);  run_adopt(run, &row) ...   what earlier lives of it did
 *     run_hello(run, host, &facts) ...                               what is known of the agents
 *     for (;;) {
 *         run_proceed(run, now, &orders);        deadlines, next steps, the end
 *         ...write steps that are dirty and the run's end, COMMIT, then send orders...
 *         if (run->end.is_over) ...answer...
 *         ...wait for an event or run->due_at, tell the run by run_hello, run_reply, run_returned,
 *         run_cancel...
 *     }
 *
 * Instances go on in parallel, the scripts of an instance in order. The first failure ends the run;
 * no host starts a further script then. A command is sent again when it may have been lost: always
 * for those that bear repeats; an EXECUTE only because the host journals by command id, by its
 * agent or by our guard script. Otherwise its outcome is unknown, and that is an error. */
#ifndef VNFM_GENERIC_LIFECYCLE_RUN_H
#define VNFM_GENERIC_LIFECYCLE_RUN_H

#include "proto/messages/action.h"
#include "proto/messages/ems.h"
#include "proto/records/package.h"
#include "proto/records/record.h"

#define RUN_GUARD_SCRIPT "baton-guard.sh" /* on hosts whose agent keeps no journal */

enum step_kind {
    STEP_SAVE,       /* a script of the package */
    STEP_CLONE,      /* scriptsLink */
    STEP_REPLACE,    /* one script, of UPDATE */
    STEP_DEPENDENCY, /* ob_parameters.* */
    STEP_EXECUTE
};

enum step_state {
    STEP_PLANNED,
    STEP_SENT, /* or about to be: may have been started */
    STEP_DONE,
    STEP_FAILED,
    STEP_UNKNOWN, /* nobody can tell whether or how it ended */
    STEP_SKIPPED  /* TERMINATE on a host whose agent is not there */
};
const char *step_state_word(enum step_state state); /* "sent" */
enum step_state step_state_parse(const char *word); /* STEP_PLANNED when unknown */

struct step {
    enum step_kind kind;
    enum step_state state;
    int seq;             /* place in the host's list, from 0 */
    const char *command; /* id, deterministic: run, host, seq */
    const char *event;   /* "CONFIGURE"; "" for those that belong to none */
    const char *script;  /* as lifecycle_events names it, arguments included */
    const char *source;  /* CONFIGURE for one source instance: its id; else "" */
    const char *source_type;
    struct proto_bytes payload; /* SAVE, REPLACE */
    const char *text;           /* CLONE: URL; DEPENDENCY: JSON */
    bool is_guard;              /* STEP_SAVE of our guard: skipped when the agent has a journal */
    int64_t first_sent_at, sent_at, retry_at, done_at, took_ms;
    int exit_code;
    const char *output, *err; /* bounded */
    const char *how;          /* it ended, when not by itself: the agent's word; else NULL */
    struct proto_strmap sets; /* what it published */
    bool is_dirty;            /* its row is to be written */
    bool is_inherited;        /* done in the run that is resumed */
    bool is_asked_for;        /* sent in that run: when it failed there, it runs anew */
    bool wants_resend;        /* sent, but it or its answer may be lost */
    bool is_returned;         /* the agent's queue was not there: was not started */
};

struct run_host {
    const char *hostname;
    struct vnfc_instance *instance; /* of the run's record */
    struct step **steps;
    uint32_t n, at;  /* at: the first that is not settled; n: all are */
    int64_t hello_n; /* 0: none yet */
    bool has_journal;
    /* Of the scheduler: */
    bool may_be_unsaid;  /* its answers may come without their author */
    bool is_reached;     /* its agent is alone, and was asked for */
    int64_t waits_since; /* for a hello; 0: does not */
};

struct run_limits { /* microseconds */
    int64_t hello, script, terminate;
    int64_t slack;   /* beyond a script's limit, for the way */
    int64_t command; /* commands that are no scripts */
    int64_t retry;   /* until what found no queue is sent again */
    int64_t gone;    /* an agent that is away so long misses its TERMINATE script */
    int64_t grace;   /* after a start of ours, before old deadlines count */
    int64_t skew;    /* between the NFVO's clock and the store's, at most */
};
#define RUN_LIMITS_DEFAULT                                                                         \
    {                                                                                              \
        .hello = 500 * USEC_PER_SEC, .script = 900 * USEC_PER_SEC,                                 \
        .terminate = 120 * USEC_PER_SEC, .slack = 30 * USEC_PER_SEC,                               \
        .command = 120 * USEC_PER_SEC, .retry = 1 * USEC_PER_SEC, .gone = 10 * USEC_PER_SEC,       \
        .grace = 10 * USEC_PER_SEC, .skew = 60 * USEC_PER_SEC                                      \
    }

/* What the request said; all in the arena of the run, or longer-lived. */
struct run_request {
    const char *id;
    const char *root;   /* id of the first request of a chain of RESUMEs; NULL: this one is none */
    enum action action; /* of RESUME: the resumed one, is_resumed set */
    bool is_resumed;
    bool is_standby;    /* mode of SCALE_OUT */
    int64_t rebuilt_at; /* its servers were: agents of before do not count; 0: they were not */
    struct vnfr *vnfr;
    struct vnfc_instance *instance; /* the one it is about, or that goes away (SCALE_IN) */
    struct vnf_record_dependency *dependency;
    struct vnf_package *package;
    struct script *script;
    const char *cause;
    struct proto_bytes guard; /* text of the guard script */
};

struct run_end {
    bool is_over, has_failed;
    struct err err;
    const char *host, *script, *output_tail; /* NULL: no such */
    int exit_code;
};

struct run {
    const struct run_request *request;
    const struct run_limits *limits;
    struct arena *arena;
    struct vnfr *vnfr;
    struct run_host *hosts;
    uint32_t n_hosts;
    bool is_terminating; /* failures are noted (`noted`), and it goes on */
    bool skips_absent;   /* hosts that never said hello, or are gone, are left out */
    int64_t started_at, due_at, adopted_at;
    struct run_end end;
    struct run_end noted; /* has_failed: the first failure of a run that went on */
};

struct run_send {
    struct run_host *host;
    struct step *step;
};
struct run_orders {
    struct run_send *at; /* in the run's arena */
    uint32_t n;
};

/* NULL: *err says why, e.g. that the package lacks a script that an event names. */
struct run *run_plan(const struct run_request *request, const struct run_limits *limits,
                     struct arena *a, struct err *err);
/* started_at: of its first life. now: deadlines of earlier lives get limits->grace from here. */
void run_started(struct run *run, int64_t started_at, int64_t now);

struct step_row { /* as the store has it */
    const char *hostname, *command, *event, *script, *source, *output, *err, *sets;
    int seq, exit_code;
    enum step_state state;
    int64_t first_sent_at, sent_at, done_at, took_ms;
};
/* A row of this run; texts are copied. One that failed ends the run again: its answer may be asked
 * for once more, but what comes behind it must not run. */
void run_adopt(struct run *run, const struct step_row *row);
/* A row of the run that this one resumes: what was done is not done again; what was sent is asked
 * for by its old command id, and runs anew if it failed there; so does what failed or is unknown. */
void run_inherit(struct run *run, const struct step_row *row);

struct run_host *run_host_find(const struct run *run, const char *hostname);
struct run_agent {   /* as it is known */
    int64_t hello_n; /* greater than before: it (re)connected, commands to it may be lost */
    int64_t boot_at; /* when it said this boot of its host first; of one that says none: last */
    bool has_journal;
};
/* An agent of before the rebuild that the request is about has no effect. */
void run_hello(struct run *run, struct run_host *host, const struct run_agent *agent);
/* NULL when no step that waits has this command id. */
struct step *run_step_find(const struct run *run, const char *command, struct run_host **ret_host);
void run_reply(struct run *run, struct run_host *host, struct step *step,
               const struct ems_reply *reply, int64_t now);
/* It ended well before: nothing is sent, its answer is made again. */
void run_was_done(struct run *run);
/* The command certainly did not reach the agent. */
void run_returned(struct run *run, struct run_host *host, struct step *step, int64_t now);
/* Replies may have been lost: whatever waits for one is sent again. */
void run_resend(struct run *run, int64_t now);
void run_cancel(struct run *run, const char *why);
/* Fire deadlines, start what can be started, end what has ended. Appends to orders. Sets
 * run->due_at. */
void run_proceed(struct run *run, int64_t now, struct run_orders *orders);

/* The body of a step's command; its environment is made anew each time (7.5 [BUG]). */
void run_command_body(const struct run *run, const struct run_host *host, const struct step *step,
                      struct sbuf *out);
/* Name and value pairs of 7.5, for a script of `host`. */
struct proto_strmap run_environment(const struct run *run, const struct run_host *host,
                                    const struct step *step);

/* At the end: states, published values and history go into run->vnfr (and request->instance). */
void run_finish_record(struct run *run);

#endif
