/* What a pure decider sees and says: the value types between common/engine, which loads and stores,
 * and a domain's lifecycle folder, which decides. No I/O, no clock, no randomness: time and ids
 * come in (design.md, section 3).
 *
 * An aggregate is a root row and its members; one transaction locks one aggregate. Rows carry text
 * documents; the domain decodes what it needs and writes back what it changed. Everything lives in
 * the batch's arena. */
#ifndef COMMON_FSM_DECISION_H
#define COMMON_FSM_DECISION_H

#include "common/base/arena.h"
#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define ROW_KEYS_MAX 5
#define ID_SIZE      37 /* a uuid as text and its NUL */

/* --- rows --- */
enum row_mark { ROW_CLEAN, ROW_NEW, ROW_CHANGED, ROW_GONE };

struct row {
    uint8_t kind; /* index into the domain's table of row kinds */
    uint8_t mark; /* enum row_mark: what save has to do */
    int32_t phase;
    int64_t seq; /* roots only: numbers commands and outbox rows of the aggregate */
    const char *id, *agg;
    const char *key[ROW_KEYS_MAX]; /* by the kind's table of key columns; never NULL when saved, ""
                                      if empty */
    const char *doc, *state;       /* "" if empty */
    void *decoded;                 /* the domain's, not saved */
};
struct rows {
    struct row **at;
    uint32_t n;
};

/* --- commands: what is outstanding --- */
/* A request to a peer, a timer, or what another aggregate waits for from us. Every wait has one,
 * with a deadline. A reply counts only when it closes one. Its id is "<aggregate id>:<aggregate
 * kind>.<command kind>.<n>", so an answer finds its aggregate, and how to be read, by itself,
 * without a look into the store. */
struct command {
    const char *id, *agg;
    uint8_t agg_kind;
    uint8_t kind;        /* the domain's */
    uint8_t mark;        /* enum row_mark */
    const char *subject; /* row that it is about */
    int64_t due_at;      /* microseconds, database clock */
    const char *data;    /* the domain's, "" if none */
};
struct commands {
    struct command **at;
    uint32_t n;
};

/* --- sends: what goes out --- */
enum send_policy { /* may it be sent again after a crash between publish and confirm? (design.md,
                      "May it be sent again?") */
                   SEND_BLIND, /* yes: the peer recognises a repetition, or repeating does no harm
                                */
                   SEND_ASK,   /* no: in doubt, the domain is asked (its event "in doubt") and looks
                                  at the peer first */
                   SEND_NEVER, /* no: in doubt, the command runs into its deadline: outcome unknown
                                */
};
enum send_reply { /* how the answer finds its way back */
                  SEND_NO_REPLY,
                  SEND_REPLY_SHARED,  /* correlation id = command id, reply_to = the shared reply
                                         queue */
                  SEND_REPLY_PRIVATE, /* a queue per request, dead-lettered to the shared one */
};
struct send {
    const char *exchange, *key; /* exchange "" = default */
    const char *command; /* correlation id of requests; NULL for answers and internal events */
    const char *correlation_id; /* of answers: the request's own, echoed; NULL if it had none */
    const char *body; /* may hold references "\x01<name>\x01" that the publisher renders: secrets
                         never enter the outbox */
    int64_t until_at; /* an unroutable one is retried until then; 0 = an answer: once */
    uint8_t policy, reply;
    bool is_answer;   /* to a reply_to: a return is final (amq.gen-*), or meaningless
                         (amq.rabbitmq.reply-to.*) */
    bool is_internal; /* to one of our own aggregates */
};
struct sends {
    struct send **at;
    uint32_t n;
};

/* --- events: what subscribers may want to know --- */
struct outgoing_event {
    const char *action;                        /* word */
    const char *project_id, *nsr_id, *vnfr_id; /* vnfr_id NULL: the payload is the NSR */
    const char *endpoint_id;                   /* set by the domain: whom it goes to */
    const char *body;                          /* {"action":..,"payload":..} */
};
struct outgoing_events {
    struct outgoing_event **at;
    uint32_t n;
};

struct history_note { /* for people, kept beside the record */
    const char *doc;
};
struct history_notes {
    struct history_note **at;
    uint32_t n;
};

struct finished_operation { /* a synchronous REST call that ends here: HTTP status; body "" = what
                               is stored now */
    const char *id;
    int status;
    const char *body;
};
struct finished_operations {
    struct finished_operation **at;
    uint32_t n;
};

struct step { /* a machine went from one phase to another: for the log */
    const char *machine, *id, *name, *from, *event, *to;
    const char *reason; /* of a fault, else NULL */
};
struct steps {
    struct step *at;
    uint32_t n;
};

/* --- the question: what arrived --- */
struct intent {
    uint8_t agg_kind;
    const char *agg; /* aggregate id */
    int event;       /* the domain's */
    unsigned facts;  /* what has to be loaded beside the aggregate */
    const char
        *command; /* the command that it answers or whose deadline it is; NULL for requests */
    const char *subject;                   /* row that it is about, when known */
    const void *payload;                   /* decoded message, the domain's type by event */
    const char *reply_to, *correlation_id; /* of a peer's request */
};

/* --- the decision --- */
struct ids { /* port: where new ids come from */
    void *ctx;
    void (*make)(void *ctx, char out[ID_SIZE]);
    int64_t (*number)(void *ctx); /* never twice, for hostnames (decisions.md D20) */
};

struct decision {
    struct arena *arena;
    const struct ids *ids;
    int64_t now;          /* database clock, microseconds */
    const void *settings; /* the domain's options */
    const struct intent *in;
    /* the aggregate: rows may be added, changed, marked ROW_GONE; root is NULL when it does not
     * exist */
    struct row *root;
    struct rows rows; /* members, without root */
    struct commands commands;
    struct rows facts; /* rows of other aggregates, read only */
    void
        *model; /* the domain's decoded form of the aggregate; kept over the intents of one batch */
    /* what came of it */
    struct sends sends;
    struct outgoing_events events;
    struct history_notes notes;
    struct steps steps; /* of the current intent */
    enum { DECISION_APPLIED, DECISION_STALE, DECISION_EMPTY } outcome;
    struct err err;   /* for a user's command: refused, and why */
    const char *text; /* for a user's command: the answer */
    struct finished_operations operations;
};

/* Helpers of deciders. All memory from d->arena. */
const char *decision_new_id(struct decision *d);
struct row *decision_add_row(struct decision *d, int kind, const char *id,
                             int phase); /* ROW_NEW, member of d->root's aggregate */
void row_touch(struct row *r);           /* ROW_CLEAN -> ROW_CHANGED */
struct command *decision_open(struct decision *d, int kind, const char *subject, int64_t timeout_us,
                              const char *data);
void decision_close(struct command *c);
struct command *decision_find(const struct decision *d,
                              const char *command_id); /* open ones only */
struct command *decision_find_for(const struct decision *d, int kind,
                                  const char *subject); /* kind < 0: any */
/* false: not the id of a command of ours. */
bool command_id_parse(const char *id, struct arena *a, const char **ret_agg, int *ret_agg_kind,
                      int *ret_kind);
struct send *decision_send(struct decision *d, const char *exchange, const char *key,
                           const char *body);
/* Answer in->reply_to; nothing when the message was one-way. */
void decision_answer(struct decision *d, const char *reply_to, const char *correlation_id,
                     const char *body);

#endif
