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

/* --- mail.c: hello and answers, one at a time, each until the broker confirms it --- */
struct letter; /* an answer */
struct mail {
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

/* --- line.c: EXECUTE, one script at a time --- */
struct run;
struct line {
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
    struct mail mail;
    struct line line;
    bool is_connected;
    unsigned fault_n; /* in a row, for the log */
    pthread_t thread;
};

/* agent.c: duties of main. */
MUST_USE enum err_code agent_open(void *agent, struct err *err);
void agent_close(void *agent);

/* mail.c */
void mail_init(struct agent *a);
void mail_release(struct agent *a);
void mail_send(struct agent *a, struct address *taken, const struct ems_reply *reply);
void mail_on_event(struct agent *a, const struct bus_event *ev);
void mail_pump(struct agent *a);            /* send what is due */
int64_t mail_due_us(const struct agent *a); /* INT64_MAX: nothing */

/* commands.c: one request, answered or put in line. One that is another agent's, or that a dead
 * letter brought, is dropped: only the broker's word for its author counts. */
void commands_handle(struct agent *a, const struct bus_delivery *d);

/* line.c */
/* What shall be run: copied. name: for people. */
struct line_job {
    const char *id, *name;
    const char *const *argv; /* ends with NULL, as envp */
    const char *const *envp;
    int64_t timeout_ms;
};
/* Is this command known (running, waiting, or over)? Then it is joined or answered; address taken.
 */
bool line_join(struct agent *a, const char *id, struct address *taken);
void line_submit(struct agent *a, const struct line_job *job, struct address *taken);
void line_preempt(struct agent *a);
void line_look(struct agent *a);  /* has what runs ended? Then answer, and go on */
void line_adopt(struct agent *a); /* runs of an agent before this one */
void line_release(struct agent *a);
/* The answer to EMS_LOG; strings in arena. id "": what runs now. */
void line_log(struct agent *a, const char *id, struct arena *arena, struct ems_reply *ret);

/* dependency.c: ob_parameters.json, .yaml and .sh, amqp-protocol.md 7.6. */
MUST_USE enum err_code dependency_save(const char *root, const char *relative, const char *json,
                                       struct err *err);

#endif
