/* What the files of the agent share. One thread: the agent's loop waits for the broker, the journal
 * and the stop flag at once, and never for a script. */
#ifndef EMS_AGENT_AGENT_H
#define EMS_AGENT_AGENT_H

#include "common/base/arena.h"
#include "common/bus/bus.h"
#include "common/sys/backoff.h"
#include "ems-agent/exec/journal.h"
#include "ems-agent/options.h"
#include "ems-agent/settings.h"
#include "proto/messages/ems.h"

#include <pthread.h>

/* Where an answer goes, and which delivery it settles. Strings are owned. */
struct address {
    char *reply_to, *correlation_id; /* NULL: nobody waits, it is only acked */
    uint64_t tag, epoch;
};
void address_of(const struct bus_delivery *d, struct address *ret);
void address_release(struct address *a);

/* --- outbox.c: hello and answers, one at a time, each until the broker confirms it --- */
struct letter; /* an answer */
struct outbox {
    struct letter *first, *last;
    size_t n;
    uint64_t seq;      /* of what is in flight; 0: nothing */
    bool is_hello;     /* that is the hello */
    bool wants_hello;  /* said once per connection */
    int route;         /* of the hello: 0 exchange, 1 default exchange */
    int64_t due_at_us; /* nothing is tried before */
    struct backoff backoff;
    int refusal;             /* reply code of the last fault of the publishing channel */
    bool is_default_refused; /* the default exchange, on this connection */
};

/* --- run_queue.c: EXECUTE, one script at a time --- */
struct run;
struct run_queue {
    struct run *first, *last; /* the first is the one that runs */
    size_t n;
};

struct agent {
    struct options o;
    struct settings s;
    char *root;         /* of the scripts, absolute */
    char *scripts_path; /* SCRIPTS_PATH for scripts */
    struct runs journal;
    struct bus *bus;
    int wake; /* epoll: stop flag and journal */
    struct outbox outbox;
    struct run_queue run_queue;
    bool is_connected;
    unsigned fault_n; /* in a row, for the log */
    pthread_t thread;
};

/* agent.c: duties of main. */
MUST_USE enum err_code agent_open(void *agent, struct err *err);
void agent_close(void *agent);

/* outbox.c */
void outbox_init(struct agent *a);
void outbox_release(struct agent *a);
void outbox_send(struct agent *a, struct address *taken, const struct ems_reply *reply);
void outbox_on_event(struct agent *a, const struct bus_event *ev);
void outbox_pump(struct agent *a);            /* send what is due */
int64_t outbox_due_us(const struct agent *a); /* INT64_MAX: nothing */

/* commands.c: one request, answered or put in the run queue. One that is another agent's, or that a dead
 * letter brought, is dropped: only the broker's word for its author counts. */
void commands_handle(struct agent *a, const struct bus_delivery *d);

/* run_queue.c */
/* What shall be run: copied. name: for people. */
struct queued_run {
    const char *id, *name;
    const char *const *argv; /* ends with NULL, as envp */
    const char *const *envp;
    int64_t timeout_ms;
};
/* Is this command known (running, waiting, or over)? Then it is joined or answered; address taken.
 */
bool run_queue_join(struct agent *a, const char *id, struct address *taken);
void run_queue_submit(struct agent *a, const struct queued_run *job, struct address *taken);
void run_queue_preempt(struct agent *a);
void run_queue_look(struct agent *a);  /* has what runs ended? Then answer, and go on */
void run_queue_adopt(struct agent *a); /* runs of an agent before this one */
void run_queue_release(struct agent *a);
/* The answer to EMS_LOG; strings in arena. id "": what runs now. */
void run_queue_log(struct agent *a, const char *id, struct arena *arena, struct ems_reply *ret);

/* dependency.c: ob_parameters.json, .yaml and .sh, amqp-protocol.md 7.6. */
MUST_USE enum err_code dependency_save(const char *root, const char *relative, const char *json,
                                       struct err *err);

#endif
